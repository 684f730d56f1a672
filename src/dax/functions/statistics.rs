//! Statistical aggregators, ranks and samples, evaluated by the core.

use super::{Body, Function, ParamKind, Returns, optional, param, scalar};

pub(super) const FUNCTIONS: &[Function] = &[
    CONCATENATEX,
    GEOMEAN,
    GEOMEANX,
    LINEST,
    LINESTX,
    MEDIAN,
    MEDIANX,
    PERCENTILE_EXC,
    PERCENTILE_INC,
    PERCENTILEX_EXC,
    PERCENTILEX_INC,
    RANK_EQ,
    RANKX,
    SAMPLE,
    STDEV_P,
    STDEV_S,
    STDEVX_P,
    STDEVX_S,
    VAR_P,
    VAR_S,
    VARX_P,
    VARX_S,
    XIRR,
    XNPV,
];

const CONCATENATEX: Function = Function {
    name: "CONCATENATEX",
    params: &[
        param("table", ParamKind::Table),
        param("expression", ParamKind::RowExpression),
        optional("delimiter"),
        param("order_by", ParamKind::RowExpression).opt().many(),
        param("order", ParamKind::Keyword(&["ASC", "DESC"])).opt().many(),
    ],
    returns: Returns::String,
    about: "Joins the texts of an expression over the rows of a table.",
    source: "https://learn.microsoft.com/dax/concatenatex-function-dax",
    examples: &[("CONCATENATEX ( { 1, 2, 3 }, [Value], \"-\" )", "\"1-2-3\"")],
    body: Body::Special,
};

const GEOMEAN: Function = Function {
    name: "GEOMEAN",
    params: &[param("column", ParamKind::Column)],
    returns: Returns::Number,
    about: "Geometric mean of the numbers of a column.",
    source: "https://learn.microsoft.com/dax/geomean-function-dax",
    examples: &[("GEOMEAN ( Products[Price] )", "3.6 ^ ( 1 / 3 )")],
    body: Body::Special,
};

const GEOMEANX: Function = Function {
    name: "GEOMEANX",
    params: &[param("table", ParamKind::Table), param("expression", ParamKind::RowExpression)],
    returns: Returns::Number,
    about: "Geometric mean of an expression over the rows of a table.",
    source: "https://learn.microsoft.com/dax/geomeanx-function-dax",
    examples: &[("GEOMEANX ( { 1, 4 }, [Value] )", "2.0")],
    body: Body::Special,
};

const LINEST: Function = Function {
    name: "LINEST",
    params: &[param("column_y", ParamKind::Column), param("column_x", ParamKind::Any).many()],
    returns: Returns::Table,
    about: "The least-squares line through columns, as one row of statistics.",
    source: "https://learn.microsoft.com/dax/linest-function-dax",
    examples: &[("SUMX ( LINEST ( Sales[Quantity], Sales[Quantity] ), [Slope1] )", "1.0")],
    body: Body::Special,
};

const LINESTX: Function = Function {
    name: "LINESTX",
    params: &[
        param("table", ParamKind::Table),
        param("expression_y", ParamKind::RowExpression),
        param("expression_x", ParamKind::Any).many(),
    ],
    returns: Returns::Table,
    about: "The least-squares line through expressions over a table.",
    source: "https://learn.microsoft.com/dax/linestx-function-dax",
    examples: &[("SUMX ( LINESTX ( { 1, 2, 3 }, [Value] * 2 + 1, [Value] ), [Slope1] )", "2.0")],
    body: Body::Special,
};

const MEDIAN: Function = Function {
    name: "MEDIAN",
    params: &[param("column", ParamKind::Column)],
    returns: Returns::Number,
    about: "Middle value of a column.",
    source: "https://learn.microsoft.com/dax/median-function-dax",
    examples: &[("MEDIAN ( Sales[Quantity] )", "4.5")],
    body: Body::Special,
};

const MEDIANX: Function = Function {
    name: "MEDIANX",
    params: &[param("table", ParamKind::Table), param("expression", ParamKind::RowExpression)],
    returns: Returns::Number,
    about: "Middle value of an expression over the rows of a table.",
    source: "https://learn.microsoft.com/dax/medianx-function-dax",
    examples: &[("MEDIANX ( { 1, 7, 3 }, [Value] )", "3.0")],
    body: Body::Special,
};

const PERCENTILE_EXC: Function = Function {
    name: "PERCENTILE.EXC",
    params: &[param("column", ParamKind::Column), scalar("k")],
    returns: Returns::Double,
    about: "Percentile of a column, ends excluded.",
    source: "https://learn.microsoft.com/dax/percentile-exc-function-dax",
    examples: &[("PERCENTILE.EXC ( Sales[Quantity], 0.5 )", "4.5")],
    body: Body::Special,
};

const PERCENTILE_INC: Function = Function {
    name: "PERCENTILE.INC",
    params: &[param("column", ParamKind::Column), scalar("k")],
    returns: Returns::Double,
    about: "Percentile of a column, ends included.",
    source: "https://learn.microsoft.com/dax/percentile-inc-function-dax",
    examples: &[("PERCENTILE.INC ( Sales[Quantity], 1 )", "20.0")],
    body: Body::Special,
};

const PERCENTILEX_EXC: Function = Function {
    name: "PERCENTILEX.EXC",
    params: &[param("table", ParamKind::Table), param("expression", ParamKind::RowExpression), scalar("k")],
    returns: Returns::Double,
    about: "Percentile of an expression over a table, ends excluded.",
    source: "https://learn.microsoft.com/dax/percentilex-exc-function-dax",
    examples: &[("PERCENTILEX.EXC ( { 1, 2, 3 }, [Value], 0.5 )", "2.0")],
    body: Body::Special,
};

const PERCENTILEX_INC: Function = Function {
    name: "PERCENTILEX.INC",
    params: &[param("table", ParamKind::Table), param("expression", ParamKind::RowExpression), scalar("k")],
    returns: Returns::Double,
    about: "Percentile of an expression over a table, ends included.",
    source: "https://learn.microsoft.com/dax/percentilex-inc-function-dax",
    examples: &[("PERCENTILEX.INC ( { 1, 2, 3, 4, 5 }, [Value], 0.3 )", "2.2")],
    body: Body::Special,
};

const RANK_EQ: Function = Function {
    name: "RANK.EQ",
    params: &[scalar("value"), param("column", ParamKind::Column), param("order", ParamKind::Keyword(&["ASC", "DESC"])).opt()],
    returns: Returns::Int64,
    about: "Rank of a number among the values of a column.",
    source: "https://learn.microsoft.com/dax/rank-eq-function-dax",
    examples: &[("RANK.EQ ( 10, Sales[Quantity] )", "2")],
    body: Body::Special,
};

const RANKX: Function = Function {
    name: "RANKX",
    params: &[
        param("table", ParamKind::Table),
        param("expression", ParamKind::RowExpression),
        param("value", ParamKind::RowExpression).opt(),
        param("order", ParamKind::Keyword(&["ASC", "DESC"])).opt(),
        param("ties", ParamKind::Keyword(&["SKIP", "DENSE"])).opt(),
    ],
    returns: Returns::Int64,
    about: "Rank of an expression among its values over a table.",
    source: "https://learn.microsoft.com/dax/rankx-function-dax",
    examples: &[("RANKX ( { 10, 20, 30 }, [Value], 25 )", "2")],
    body: Body::Special,
};

const SAMPLE: Function = Function {
    name: "SAMPLE",
    params: &[
        scalar("n"),
        param("table", ParamKind::Table),
        param("order_by", ParamKind::RowExpression).many(),
        param("order", ParamKind::Keyword(&["ASC", "DESC"])).opt().many(),
    ],
    returns: Returns::Table,
    about: "Evenly spaced rows of a table in an order.",
    source: "https://learn.microsoft.com/dax/sample-function-dax",
    examples: &[("CONCATENATEX ( SAMPLE ( 3, GENERATESERIES ( 1, 9 ), [Value], ASC ), [Value], \",\", [Value] )", "\"1,5,9\"")],
    body: Body::Special,
};

const STDEV_P: Function = Function {
    name: "STDEV.P",
    params: &[param("column", ParamKind::Column)],
    returns: Returns::Double,
    about: "Standard deviation of a column as a population.",
    source: "https://learn.microsoft.com/dax/stdev-p-function-dax",
    examples: &[("STDEV.P ( Products[Price] )", "SQRT ( VAR.P ( Products[Price] ) )")],
    body: Body::Special,
};

const STDEV_S: Function = Function {
    name: "STDEV.S",
    params: &[param("column", ParamKind::Column)],
    returns: Returns::Double,
    about: "Standard deviation of a column as a sample.",
    source: "https://learn.microsoft.com/dax/stdev-s-function-dax",
    examples: &[("STDEV.S ( Products[Price] )", "SQRT ( VAR.S ( Products[Price] ) )")],
    body: Body::Special,
};

const STDEVX_P: Function = Function {
    name: "STDEVX.P",
    params: &[param("table", ParamKind::Table), param("expression", ParamKind::RowExpression)],
    returns: Returns::Double,
    about: "Standard deviation of an expression as a population.",
    source: "https://learn.microsoft.com/dax/stdevx-p-function-dax",
    examples: &[("STDEVX.P ( { 1, 3 }, [Value] )", "1.0")],
    body: Body::Special,
};

const STDEVX_S: Function = Function {
    name: "STDEVX.S",
    params: &[param("table", ParamKind::Table), param("expression", ParamKind::RowExpression)],
    returns: Returns::Double,
    about: "Standard deviation of an expression as a sample.",
    source: "https://learn.microsoft.com/dax/stdevx-s-function-dax",
    examples: &[("STDEVX.S ( { 1, 2, 3 }, [Value] )", "1.0")],
    body: Body::Special,
};

const VAR_P: Function = Function {
    name: "VAR.P",
    params: &[param("column", ParamKind::Column)],
    returns: Returns::Double,
    about: "Variance of a column as a population.",
    source: "https://learn.microsoft.com/dax/var-p-function-dax",
    examples: &[("VAR.P ( Staff[Id] )", "1.25")],
    body: Body::Special,
};

const VAR_S: Function = Function {
    name: "VAR.S",
    params: &[param("column", ParamKind::Column)],
    returns: Returns::Double,
    about: "Variance of a column as a sample.",
    source: "https://learn.microsoft.com/dax/var-s-function-dax",
    examples: &[("VAR.S ( Staff[Id] )", "5 / 3")],
    body: Body::Special,
};

const VARX_P: Function = Function {
    name: "VARX.P",
    params: &[param("table", ParamKind::Table), param("expression", ParamKind::RowExpression)],
    returns: Returns::Double,
    about: "Variance of an expression as a population.",
    source: "https://learn.microsoft.com/dax/varx-p-function-dax",
    examples: &[("VARX.P ( { 1, 2, 3, 4, 5 }, [Value] )", "2.0")],
    body: Body::Special,
};

const VARX_S: Function = Function {
    name: "VARX.S",
    params: &[param("table", ParamKind::Table), param("expression", ParamKind::RowExpression)],
    returns: Returns::Double,
    about: "Variance of an expression as a sample.",
    source: "https://learn.microsoft.com/dax/varx-s-function-dax",
    examples: &[("VARX.S ( { 1, 2, 3, 4, 5 }, [Value] )", "2.5")],
    body: Body::Special,
};

const XIRR: Function = Function {
    name: "XIRR",
    params: &[
        param("table", ParamKind::Table),
        param("values", ParamKind::RowExpression),
        param("dates", ParamKind::RowExpression),
        optional("guess"),
        optional("alternate_result"),
    ],
    returns: Returns::Double,
    about: "Internal rate of return of payments on given dates.",
    source: "https://learn.microsoft.com/dax/xirr-function-dax",
    examples: &[(
        "ROUND ( XIRR ( DATATABLE ( \"d\", DATETIME, \"v\", DOUBLE, { { \"2014-01-01\", -10000 }, { \"2014-03-01\", 2750 }, { \"2014-10-30\", 4250 }, { \"2015-02-15\", 3250 }, { \"2015-04-01\", 2750 } } ), [v], [d] ), 6 )",
        "0.374859",
    )],
    body: Body::Special,
};

const XNPV: Function = Function {
    name: "XNPV",
    params: &[
        param("table", ParamKind::Table),
        param("values", ParamKind::RowExpression),
        param("dates", ParamKind::RowExpression),
        scalar("rate"),
    ],
    returns: Returns::Double,
    about: "Present value of payments on given dates.",
    source: "https://learn.microsoft.com/dax/xnpv-function-dax",
    examples: &[(
        "ROUND ( XNPV ( DATATABLE ( \"d\", DATETIME, \"v\", DOUBLE, { { \"2014-01-01\", -10000 }, { \"2014-03-01\", 2750 }, { \"2014-10-30\", 4250 }, { \"2015-02-15\", 3250 }, { \"2015-04-01\", 2750 } } ), [v], [d], 0.09 ), 2 )",
        "2089.5",
    )],
    body: Body::Special,
};
