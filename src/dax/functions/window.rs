//! Window functions, evaluated by the core.

use super::{Body, Function, ParamKind, Returns, param, scalar};

pub(super) const FUNCTIONS: &[Function] = &[INDEX, MATCHBY, OFFSET, ORDERBY, PARTITIONBY, RANK, ROWNUMBER, WINDOW];

const INDEX: Function = Function {
    name: "INDEX",
    params: &[
        scalar("position"),
        param("relation or axis", ParamKind::Any).opt(),
        param("order_by", ParamKind::Any).opt(),
        param("blanks", ParamKind::Any).opt(),
        param("partition_by", ParamKind::Any).opt(),
        param("match_by", ParamKind::Any).opt(),
        param("reset", ParamKind::Any).opt(),
    ],
    returns: Returns::Table,
    about: "The row at an absolute position of each partition.",
    source: "https://learn.microsoft.com/dax/index-function-dax",
    examples: &[("SUMX ( INDEX ( 1, ALL ( Products[Product] ), ORDERBY ( Products[Product] ) ), 1 )", "1")],
    body: Body::Special,
};

const MATCHBY: Function = Function {
    name: "MATCHBY",
    params: &[param("column", ParamKind::Column).opt().many()],
    returns: Returns::Table,
    about: "Names the columns that tell the current row.",
    source: "https://learn.microsoft.com/dax/matchby-function-dax",
    examples: &[("SUMX ( Products, ROWNUMBER ( Products, ORDERBY ( Products[Price] ), MATCHBY ( Products[Product] ) ) )", "6")],
    body: Body::Special,
};

const OFFSET: Function = Function {
    name: "OFFSET",
    params: &[
        scalar("delta"),
        param("relation or axis", ParamKind::Any).opt(),
        param("order_by", ParamKind::Any).opt(),
        param("blanks", ParamKind::Any).opt(),
        param("partition_by", ParamKind::Any).opt(),
        param("match_by", ParamKind::Any).opt(),
        param("reset", ParamKind::Any).opt(),
    ],
    returns: Returns::Table,
    about: "The row so many rows before or after the current one.",
    source: "https://learn.microsoft.com/dax/offset-function-dax",
    examples: &[(
        "SUMX ( ALL ( Products[Product] ), COUNTROWS ( OFFSET ( -1, ALL ( Products[Product] ), ORDERBY ( Products[Product] ) ) ) )",
        "2",
    )],
    body: Body::Special,
};

const ORDERBY: Function = Function {
    name: "ORDERBY",
    params: &[param("expression", ParamKind::Any).opt().many(), param("order", ParamKind::Any).opt().many()],
    returns: Returns::Table,
    about: "The order of rows for a window function.",
    source: "https://learn.microsoft.com/dax/orderby-function-dax",
    examples: &[("SUMX ( Products, ROWNUMBER ( Products, ORDERBY ( Products[Price], DESC ) ) )", "6")],
    body: Body::Special,
};

const PARTITIONBY: Function = Function {
    name: "PARTITIONBY",
    params: &[param("column", ParamKind::Column).opt().many()],
    returns: Returns::Table,
    about: "Divides the rows for a window function.",
    source: "https://learn.microsoft.com/dax/partitionby-function-dax",
    examples: &[("SUMX ( Products, ROWNUMBER ( Products, ORDERBY ( Products[Price] ), PARTITIONBY ( Products[Category] ) ) )", "4")],
    body: Body::Special,
};

const RANK: Function = Function {
    name: "RANK",
    params: &[
        param("ties", ParamKind::Keyword(&["SKIP", "DENSE"])).opt(),
        param("relation or axis", ParamKind::Any).opt(),
        param("order_by", ParamKind::Any).opt(),
        param("blanks", ParamKind::Any).opt(),
        param("partition_by", ParamKind::Any).opt(),
        param("match_by", ParamKind::Any).opt(),
        param("reset", ParamKind::Any).opt(),
    ],
    returns: Returns::Int64,
    about: "Rank of the current row in its partition.",
    source: "https://learn.microsoft.com/dax/rank-function-dax",
    examples: &[("SUMX ( Products, RANK ( DENSE, Products, ORDERBY ( Products[Price] ) ) )", "6")],
    body: Body::Special,
};

const ROWNUMBER: Function = Function {
    name: "ROWNUMBER",
    params: &[
        param("relation or axis", ParamKind::Any).opt(),
        param("order_by", ParamKind::Any).opt(),
        param("blanks", ParamKind::Any).opt(),
        param("partition_by", ParamKind::Any).opt(),
        param("match_by", ParamKind::Any).opt(),
        param("reset", ParamKind::Any).opt(),
    ],
    returns: Returns::Int64,
    about: "Number of the current row in its partition.",
    source: "https://learn.microsoft.com/dax/rownumber-function-dax",
    examples: &[("SUMX ( Products, ROWNUMBER ( Products, ORDERBY ( Products[Price] ) ) )", "6")],
    body: Body::Special,
};

const WINDOW: Function = Function {
    name: "WINDOW",
    params: &[
        scalar("from"),
        param("from_type", ParamKind::Keyword(&["REL", "ABS"])).opt(),
        scalar("to"),
        param("to_type", ParamKind::Keyword(&["REL", "ABS"])).opt(),
        param("relation or axis", ParamKind::Any).opt(),
        param("order_by", ParamKind::Any).opt(),
        param("blanks", ParamKind::Any).opt(),
        param("partition_by", ParamKind::Any).opt(),
        param("match_by", ParamKind::Any).opt(),
        param("reset", ParamKind::Any).opt(),
    ],
    returns: Returns::Table,
    about: "Several rows around the current one.",
    source: "https://learn.microsoft.com/dax/window-function-dax",
    examples: &[(
        "SUMX ( ALL ( Products[Product] ), COUNTROWS ( WINDOW ( 1, ABS, 0, REL, ALL ( Products[Product] ), ORDERBY ( Products[Product] ) ) ) )",
        "6",
    )],
    body: Body::Special,
};
