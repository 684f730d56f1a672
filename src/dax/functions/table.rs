//! Functions that make tables, evaluated by the core.

use super::{Body, Function, ParamKind, Returns, optional, param, scalar};

pub(super) const FUNCTIONS: &[Function] = &[
    ADDCOLUMNS,
    ADDMISSINGITEMS,
    CROSSJOIN,
    CURRENTGROUP,
    DATATABLE,
    DETAILROWS,
    DISTINCT,
    EXCEPT,
    FILTERS,
    GENERATE,
    GENERATEALL,
    GENERATESERIES,
    GROUPBY,
    IGNORE,
    INTERSECT,
    NATURALINNERJOIN,
    NATURALLEFTOUTERJOIN,
    ROLLUP,
    ROLLUPADDISSUBTOTAL,
    ROLLUPGROUP,
    ROLLUPISSUBTOTAL,
    ROW,
    SELECTCOLUMNS,
    SUBSTITUTEWITHINDEX,
    SUMMARIZE,
    SUMMARIZECOLUMNS,
    TOPN,
    TOPNSKIP,
    TREATAS,
    UNION,
    VALUES,
];

const ADDCOLUMNS: Function = Function {
    name: "ADDCOLUMNS",
    params: &[param("table", ParamKind::Table), scalar("name").many(), param("expression", ParamKind::RowExpression).many()],
    returns: Returns::Table,
    about: "Adds computed columns to a table.",
    source: "https://learn.microsoft.com/dax/addcolumns-function-dax",
    examples: &[("SUMX ( ADDCOLUMNS ( { 1, 2 }, \"d\", [Value] * 2 ), [d] )", "6")],
    body: Body::Special,
};

const ADDMISSINGITEMS: Function = Function {
    name: "ADDMISSINGITEMS",
    params: &[param("show_all_column", ParamKind::Any).many()],
    returns: Returns::Table,
    about: "Adds the combinations of columns that an aggregated table lacks.",
    source: "https://learn.microsoft.com/dax/addmissingitems-function-dax",
    examples: &[(
        "COUNTROWS ( ADDMISSINGITEMS ( Products[Category], SUMMARIZECOLUMNS ( Products[Category], \"t\", [Total] ), Products[Category] ) )",
        "2",
    )],
    body: Body::Special,
};

const CROSSJOIN: Function = Function {
    name: "CROSSJOIN",
    params: &[param("table", ParamKind::Table).many()],
    returns: Returns::Table,
    about: "Every row of one table with every row of the others.",
    source: "https://learn.microsoft.com/dax/crossjoin-function-dax",
    examples: &[(
        "COUNTROWS ( CROSSJOIN ( SELECTCOLUMNS ( { 1, 2 }, \"a\", [Value] ), SELECTCOLUMNS ( { 1, 2, 3 }, \"b\", [Value] ) ) )",
        "6",
    )],
    body: Body::Special,
};

const CURRENTGROUP: Function = Function {
    name: "CURRENTGROUP",
    params: &[],
    returns: Returns::Table,
    about: "The rows of the current group; only inside GROUPBY.",
    source: "https://learn.microsoft.com/dax/currentgroup-function-dax",
    examples: &[("SUMX ( GROUPBY ( Sales, Sales[Product], \"q\", SUMX ( CURRENTGROUP (), Sales[Quantity] ) ), [q] )", "44")],
    body: Body::Special,
};

const DATATABLE: Function = Function {
    name: "DATATABLE",
    params: &[param("name", ParamKind::Any).many()],
    returns: Returns::Table,
    about: "A table of constants with names and types of its columns.",
    source: "https://learn.microsoft.com/dax/datatable-function-dax",
    examples: &[("COUNTROWS ( DATATABLE ( \"a\", INTEGER, { { 1 }, { 2 } } ) )", "2")],
    body: Body::Special,
};

const DETAILROWS: Function = Function {
    name: "DETAILROWS",
    params: &[param("measure", ParamKind::Measure)],
    returns: Returns::Table,
    about: "The detail rows defined for a measure.",
    source: "https://learn.microsoft.com/dax/detailrows-function-dax",
    examples: &[("COUNTROWS ( DETAILROWS ( [Total] ) )", "6")],
    body: Body::Special,
};

const DISTINCT: Function = Function {
    name: "DISTINCT",
    params: &[param("table or column", ParamKind::Table)],
    returns: Returns::Table,
    about: "The distinct rows of a table or values of a column, without the blank row.",
    source: "https://learn.microsoft.com/dax/distinct-function-dax",
    examples: &[("COUNTROWS ( DISTINCT ( Sales[Product] ) )", "3")],
    body: Body::Special,
};

const EXCEPT: Function = Function {
    name: "EXCEPT",
    params: &[param("left", ParamKind::Table), param("right", ParamKind::Table)],
    returns: Returns::Table,
    about: "Rows of the first table that the second lacks.",
    source: "https://learn.microsoft.com/dax/except-function-dax",
    examples: &[("CONCATENATEX ( EXCEPT ( { 1, 2, 3 }, { 2 } ), [Value], \",\" )", "\"1,3\"")],
    body: Body::Special,
};

const FILTERS: Function = Function {
    name: "FILTERS",
    params: &[param("column", ParamKind::Column)],
    returns: Returns::Table,
    about: "The values by which a column is directly filtered.",
    source: "https://learn.microsoft.com/dax/filters-function-dax",
    examples: &[("CALCULATE ( COUNTROWS ( FILTERS ( Products[Product] ) ), Products[Product] IN { \"Leek\", \"Pear\" } )", "2")],
    body: Body::Special,
};

const GENERATE: Function = Function {
    name: "GENERATE",
    params: &[param("left", ParamKind::Table), param("right", ParamKind::Table)],
    returns: Returns::Table,
    about: "Each row of the first table with the rows of the second evaluated for it.",
    source: "https://learn.microsoft.com/dax/generate-function-dax",
    examples: &[("COUNTROWS ( GENERATE ( SELECTCOLUMNS ( { 1, 2, 3 }, \"n\", [Value] ), GENERATESERIES ( 1, [n] ) ) )", "6")],
    body: Body::Special,
};

const GENERATEALL: Function = Function {
    name: "GENERATEALL",
    params: &[param("left", ParamKind::Table), param("right", ParamKind::Table)],
    returns: Returns::Table,
    about: "As GENERATE, keeping rows for which the second table is empty.",
    source: "https://learn.microsoft.com/dax/generateall-function-dax",
    examples: &[("COUNTROWS ( GENERATEALL ( SELECTCOLUMNS ( { 1, 2 }, \"n\", [Value] ), FILTER ( { 9 }, [n] > 1 ) ) )", "2")],
    body: Body::Special,
};

const GENERATESERIES: Function = Function {
    name: "GENERATESERIES",
    params: &[scalar("start"), scalar("end"), optional("increment")],
    returns: Returns::Table,
    about: "One column `Value` from a start to an end by steps.",
    source: "https://learn.microsoft.com/dax/generateseries-function-dax",
    examples: &[("SUMX ( GENERATESERIES ( 1, 4 ), [Value] )", "10")],
    body: Body::Special,
};

const GROUPBY: Function = Function {
    name: "GROUPBY",
    params: &[
        param("table", ParamKind::Table),
        param("group_by_column", ParamKind::Column).opt().many(),
        optional("name").many(),
        param("expression", ParamKind::RowExpression).opt().many(),
    ],
    returns: Returns::Table,
    about: "Groups the rows of a table and aggregates each group.",
    source: "https://learn.microsoft.com/dax/groupby-function-dax",
    examples: &[("COUNTROWS ( GROUPBY ( Sales, Sales[Product] ) )", "3")],
    body: Body::Special,
};

const IGNORE: Function = Function {
    name: "IGNORE",
    params: &[param("expression", ParamKind::RowExpression)],
    returns: Returns::Variant,
    about: "Leaves an expression out when SUMMARIZECOLUMNS drops blank rows.",
    source: "https://learn.microsoft.com/dax/ignore-function-dax",
    examples: &[("COUNTROWS ( SUMMARIZECOLUMNS ( Products[Product], \"t\", [Total], \"one\", IGNORE ( 1 ) ) )", "3")],
    body: Body::Special,
};

const INTERSECT: Function = Function {
    name: "INTERSECT",
    params: &[param("left", ParamKind::Table), param("right", ParamKind::Table)],
    returns: Returns::Table,
    about: "Rows of the first table that the second has too.",
    source: "https://learn.microsoft.com/dax/intersect-function-dax",
    examples: &[("CONCATENATEX ( INTERSECT ( { 1, 2, 3 }, { 2, 3, 4 } ), [Value], \",\" )", "\"2,3\"")],
    body: Body::Special,
};

const NATURALINNERJOIN: Function = Function {
    name: "NATURALINNERJOIN",
    params: &[param("left", ParamKind::Table), param("right", ParamKind::Table)],
    returns: Returns::Table,
    about: "Joins two tables by their common columns.",
    source: "https://learn.microsoft.com/dax/naturalinnerjoin-function-dax",
    examples: &[("COUNTROWS ( NATURALINNERJOIN ( Sales, Products ) )", "6")],
    body: Body::Special,
};

const NATURALLEFTOUTERJOIN: Function = Function {
    name: "NATURALLEFTOUTERJOIN",
    params: &[param("left", ParamKind::Table), param("right", ParamKind::Table)],
    returns: Returns::Table,
    about: "Joins two tables by their common columns and keeps all rows of the first.",
    source: "https://learn.microsoft.com/dax/naturalleftouterjoin-function-dax",
    examples: &[("COUNTROWS ( NATURALLEFTOUTERJOIN ( Sales, Products ) )", "6")],
    body: Body::Special,
};

const ROLLUP: Function = Function {
    name: "ROLLUP",
    params: &[param("column", ParamKind::Column).many()],
    returns: Returns::Table,
    about: "Adds subtotals to the groups of SUMMARIZE.",
    source: "https://learn.microsoft.com/dax/rollup-function-dax",
    examples: &[("COUNTROWS ( SUMMARIZE ( Products, ROLLUP ( Products[Category] ) ) )", "3")],
    body: Body::Special,
};

const ROLLUPADDISSUBTOTAL: Function = Function {
    name: "ROLLUPADDISSUBTOTAL",
    params: &[param("grand_total_filter", ParamKind::Any).many()],
    returns: Returns::Table,
    about: "Adds subtotals and a flag column to the groups of SUMMARIZECOLUMNS.",
    source: "https://learn.microsoft.com/dax/rollupaddissubtotal-function-dax",
    examples: &[("COUNTROWS ( SUMMARIZECOLUMNS ( ROLLUPADDISSUBTOTAL ( Products[Category], \"total\" ), \"t\", [Total] ) )", "3")],
    body: Body::Special,
};

const ROLLUPGROUP: Function = Function {
    name: "ROLLUPGROUP",
    params: &[param("column", ParamKind::Column).many()],
    returns: Returns::Table,
    about: "Makes several columns one level of a rollup.",
    source: "https://learn.microsoft.com/dax/rollupgroup-function-dax",
    examples: &[(
        "COUNTROWS ( SUMMARIZECOLUMNS ( ROLLUPADDISSUBTOTAL ( ROLLUPGROUP ( Products[Category], Products[Product] ), \"total\" ), \"t\", [Total] ) )",
        "4",
    )],
    body: Body::Special,
};

const ROLLUPISSUBTOTAL: Function = Function {
    name: "ROLLUPISSUBTOTAL",
    params: &[param("grand_total_filter", ParamKind::Any).many()],
    returns: Returns::Table,
    about: "Pairs the columns of a rollup with flag columns for ADDMISSINGITEMS.",
    source: "https://learn.microsoft.com/dax/rollupissubtotal-function-dax",
    examples: &[],
    body: Body::Special,
};

const ROW: Function = Function {
    name: "ROW",
    params: &[scalar("name").many(), param("expression", ParamKind::RowExpression).many()],
    returns: Returns::Table,
    about: "A table of one row.",
    source: "https://learn.microsoft.com/dax/row-function-dax",
    examples: &[("SUMX ( ROW ( \"a\", 1, \"b\", 2 ), [a] + [b] )", "3")],
    body: Body::Special,
};

const SELECTCOLUMNS: Function = Function {
    name: "SELECTCOLUMNS",
    params: &[param("table", ParamKind::Table), param("name or expression", ParamKind::Any).many()],
    returns: Returns::Table,
    about: "A table of the columns named or computed.",
    source: "https://learn.microsoft.com/dax/selectcolumns-function-dax",
    examples: &[("SUMX ( SELECTCOLUMNS ( { 1, 2 }, \"d\", [Value] * 2 ), [d] )", "6")],
    body: Body::Special,
};

const SUBSTITUTEWITHINDEX: Function = Function {
    name: "SUBSTITUTEWITHINDEX",
    params: &[
        param("table", ParamKind::Table),
        scalar("index_column_name"),
        param("index_columns_table", ParamKind::Table),
        param("order_by", ParamKind::RowExpression).many(),
        param("order", ParamKind::Keyword(&["ASC", "DESC"])).opt().many(),
    ],
    returns: Returns::Table,
    about: "Replaces the common columns of two tables by a zero-based index.",
    source: "https://learn.microsoft.com/dax/substitutewithindex-function-dax",
    examples: &[(
        "MAXX ( SUBSTITUTEWITHINDEX ( VALUES ( Products[Product] ), \"i\", ALL ( Products[Product] ), Products[Product], ASC ), [i] )",
        "2",
    )],
    body: Body::Special,
};

const SUMMARIZE: Function = Function {
    name: "SUMMARIZE",
    params: &[param("table", ParamKind::Table), param("group_by_column", ParamKind::Any).opt().many()],
    returns: Returns::Table,
    about: "Groups the rows of a table by columns of it or of related tables.",
    source: "https://learn.microsoft.com/dax/summarize-function-dax",
    examples: &[("COUNTROWS ( SUMMARIZE ( Sales, Products[Category] ) )", "2")],
    body: Body::Special,
};

const SUMMARIZECOLUMNS: Function = Function {
    name: "SUMMARIZECOLUMNS",
    params: &[param("group_by_column", ParamKind::Any).opt().many()],
    returns: Returns::Table,
    about: "Groups by columns of any tables, under filters, dropping rows whose expressions are all blank.",
    source: "https://learn.microsoft.com/dax/summarizecolumns-function-dax",
    examples: &[("COUNTROWS ( SUMMARIZECOLUMNS ( Products[Category], \"t\", [Total] ) )", "2")],
    body: Body::Special,
};

const TOPN: Function = Function {
    name: "TOPN",
    params: &[
        scalar("n"),
        param("table", ParamKind::Table),
        param("order_by", ParamKind::RowExpression).opt().many(),
        param("order", ParamKind::Keyword(&["ASC", "DESC"])).opt().many(),
    ],
    returns: Returns::Table,
    about: "The first rows of a table in an order; ties of the last row are kept.",
    source: "https://learn.microsoft.com/dax/topn-function-dax",
    examples: &[("SUMX ( TOPN ( 2, { 5, 9, 1 }, [Value], ASC ), [Value] )", "6")],
    body: Body::Special,
};

const TOPNSKIP: Function = Function {
    name: "TOPNSKIP",
    params: &[
        scalar("n"),
        scalar("skip"),
        param("table", ParamKind::Table),
        param("order_by", ParamKind::RowExpression).opt().many(),
        param("order", ParamKind::Keyword(&["ASC", "DESC"])).opt().many(),
    ],
    returns: Returns::Table,
    about: "Rows of a table in an order after skipping some.",
    source: "https://learn.microsoft.com/dax/topnskip-function-dax",
    examples: &[("SUMX ( TOPNSKIP ( 1, 1, { 5, 9, 1 }, [Value], ASC ), [Value] )", "5")],
    body: Body::Special,
};

const TREATAS: Function = Function {
    name: "TREATAS",
    params: &[param("table", ParamKind::Table), param("column", ParamKind::Column).many()],
    returns: Returns::Table,
    about: "Applies the rows of a table as filters to columns of the model.",
    source: "https://learn.microsoft.com/dax/treatas-function-dax",
    examples: &[("CALCULATE ( SUM ( Sales[Quantity] ), TREATAS ( { \"Leek\" }, Products[Product] ) )", "3")],
    body: Body::Special,
};

const UNION: Function = Function {
    name: "UNION",
    params: &[param("table", ParamKind::Table).many()],
    returns: Returns::Table,
    about: "The rows of several tables with equally many columns.",
    source: "https://learn.microsoft.com/dax/union-function-dax",
    examples: &[("COUNTROWS ( UNION ( { 1 }, { 1 }, { 2 } ) )", "3")],
    body: Body::Special,
};

const VALUES: Function = Function {
    name: "VALUES",
    params: &[param("table or column", ParamKind::TableOrColumn)],
    returns: Returns::Table,
    about: "The visible values of a column or rows of a table, with the blank row.",
    source: "https://learn.microsoft.com/dax/values-function-dax",
    examples: &[("COUNTROWS ( VALUES ( Products[Category] ) )", "2")],
    body: Body::Special,
};
