//! Questions about contexts and tables, evaluated by the core.

use super::{Body, Function, ParamKind, Returns, param, scalar};

pub(super) const FUNCTIONS: &[Function] = &[
    COLUMNSTATISTICS,
    CONTAINS,
    CONTAINSROW,
    HASONEFILTER,
    HASONEVALUE,
    ISAFTER,
    ISCROSSFILTERED,
    ISEMPTY,
    ISERROR,
    ISFILTERED,
    ISINSCOPE,
    ISONORAFTER,
    ISSELECTEDMEASURE,
    ISSUBTOTAL,
    NAMEOF,
    NONVISUAL,
    SELECTEDMEASURE,
    SELECTEDMEASUREFORMATSTRING,
    SELECTEDMEASURENAME,
    TABLEOF,
];

const COLUMNSTATISTICS: Function = Function {
    name: "COLUMNSTATISTICS",
    params: &[],
    returns: Returns::Table,
    about: "Smallest, largest, number of distinct values and longest text of every column.",
    source: "https://learn.microsoft.com/dax/columnstatistics-function-dax",
    examples: &[("COUNTROWS ( FILTER ( COLUMNSTATISTICS (), [Table Name] = \"Products\" ) ) > 2", "TRUE ()")],
    body: Body::Special,
};

const CONTAINS: Function = Function {
    name: "CONTAINS",
    params: &[param("table", ParamKind::Table), param("column", ParamKind::Column).many(), scalar("value").many()],
    returns: Returns::Boolean,
    about: "Whether a table has a row with the values given.",
    source: "https://learn.microsoft.com/dax/contains-function-dax",
    examples: &[("CONTAINS ( Products, Products[Product], \"Leek\" )", "TRUE ()")],
    body: Body::Special,
};

const CONTAINSROW: Function = Function {
    name: "CONTAINSROW",
    params: &[param("table", ParamKind::Table), scalar("value").many()],
    returns: Returns::Boolean,
    about: "Whether a table has the row given; the same as IN.",
    source: "https://learn.microsoft.com/dax/containsrow-function-dax",
    examples: &[("CONTAINSROW ( { 1, 2 }, 2 )", "TRUE ()")],
    body: Body::Special,
};

const HASONEFILTER: Function = Function {
    name: "HASONEFILTER",
    params: &[param("column", ParamKind::Column)],
    returns: Returns::Boolean,
    about: "Whether a column is directly filtered by exactly one value.",
    source: "https://learn.microsoft.com/dax/hasonefilter-function-dax",
    examples: &[("CALCULATE ( HASONEFILTER ( Products[Product] ), Products[Product] = \"Leek\" )", "TRUE ()")],
    body: Body::Special,
};

const HASONEVALUE: Function = Function {
    name: "HASONEVALUE",
    params: &[param("column", ParamKind::Column)],
    returns: Returns::Boolean,
    about: "Whether exactly one value of a column is visible.",
    source: "https://learn.microsoft.com/dax/hasonevalue-function-dax",
    examples: &[("HASONEVALUE ( Products[Product] )", "FALSE ()")],
    body: Body::Special,
};

const ISAFTER: Function = Function {
    name: "ISAFTER",
    params: &[param("value", ParamKind::Any).many()],
    returns: Returns::Boolean,
    about: "Whether a row sorts after another: pairs of values, each with an order.",
    source: "https://learn.microsoft.com/dax/isafter-function-dax",
    examples: &[("ISAFTER ( 3, 2, ASC )", "TRUE ()"), ("ISAFTER ( 2, 2, ASC )", "FALSE ()")],
    body: Body::Special,
};

const ISCROSSFILTERED: Function = Function {
    name: "ISCROSSFILTERED",
    params: &[param("table or column", ParamKind::TableOrColumn)],
    returns: Returns::Boolean,
    about: "Whether any filter reaches a column or table.",
    source: "https://learn.microsoft.com/dax/iscrossfiltered-function-dax",
    examples: &[("CALCULATE ( ISCROSSFILTERED ( Products[Category] ), Products[Product] = \"Leek\" )", "TRUE ()")],
    body: Body::Special,
};

const ISEMPTY: Function = Function {
    name: "ISEMPTY",
    params: &[param("table", ParamKind::Table)],
    returns: Returns::Boolean,
    about: "Whether a table has no row.",
    source: "https://learn.microsoft.com/dax/isempty-function-dax",
    examples: &[("ISEMPTY ( FILTER ( Sales, FALSE () ) )", "TRUE ()")],
    body: Body::Special,
};

const ISERROR: Function = Function {
    name: "ISERROR",
    params: &[scalar("value")],
    returns: Returns::Boolean,
    about: "Whether a value is an error, or a division by zero.",
    source: "https://learn.microsoft.com/dax/iserror-function-dax",
    examples: &[("ISERROR ( 1 / 0 )", "TRUE ()"), ("ISERROR ( 1 )", "FALSE ()")],
    body: Body::Special,
};

const ISFILTERED: Function = Function {
    name: "ISFILTERED",
    params: &[param("table or column", ParamKind::TableOrColumn)],
    returns: Returns::Boolean,
    about: "Whether a column, or any column of a table, is directly filtered.",
    source: "https://learn.microsoft.com/dax/isfiltered-function-dax",
    examples: &[("CALCULATE ( ISFILTERED ( Products[Product] ), Products[Product] = \"Leek\" )", "TRUE ()")],
    body: Body::Special,
};

const ISINSCOPE: Function = Function {
    name: "ISINSCOPE",
    params: &[param("column", ParamKind::Column)],
    returns: Returns::Boolean,
    about: "Whether a column is a level of the current group.",
    source: "https://learn.microsoft.com/dax/isinscope-function-dax",
    examples: &[("ISINSCOPE ( Products[Product] )", "FALSE ()")],
    body: Body::Special,
};

const ISONORAFTER: Function = Function {
    name: "ISONORAFTER",
    params: &[param("value", ParamKind::Any).many()],
    returns: Returns::Boolean,
    about: "Whether a row sorts at or after another: pairs of values, each with an order.",
    source: "https://learn.microsoft.com/dax/isonorafter-function-dax",
    examples: &[("ISONORAFTER ( 2, 2, ASC )", "TRUE ()"), ("ISONORAFTER ( 1, 2, DESC )", "TRUE ()")],
    body: Body::Special,
};

const ISSELECTEDMEASURE: Function = Function {
    name: "ISSELECTEDMEASURE",
    params: &[param("measure", ParamKind::Measure).many()],
    returns: Returns::Boolean,
    about: "Whether the measure that a calculation item wraps is one of those named.",
    source: "https://learn.microsoft.com/dax/isselectedmeasure-function-dax",
    examples: &[],
    body: Body::Special,
};

const ISSUBTOTAL: Function = Function {
    name: "ISSUBTOTAL",
    params: &[param("column", ParamKind::Column)],
    returns: Returns::Boolean,
    about: "Whether a column is a subtotal in the current row of SUMMARIZE.",
    source: "https://learn.microsoft.com/dax/issubtotal-function-dax",
    examples: &[(
        "SUMX ( SUMMARIZE ( Products, ROLLUP ( Products[Category] ), \"s\", ISSUBTOTAL ( Products[Category] ) ), IF ( [s], 1, 0 ) )",
        "1",
    )],
    body: Body::Special,
};

const NAMEOF: Function = Function {
    name: "NAMEOF",
    params: &[param("object", ParamKind::Any), param("component", ParamKind::Any).opt(), param("escaped", ParamKind::Any).opt()],
    returns: Returns::String,
    about: "The name of a column, measure or table as text.",
    source: "https://learn.microsoft.com/dax/nameof-function-dax",
    examples: &[("NAMEOF ( Products[Product] )", "\"'Products'[Product]\"")],
    body: Body::Special,
};

const NONVISUAL: Function = Function {
    name: "NONVISUAL",
    params: &[param("expression", ParamKind::Filter)],
    returns: Returns::Table,
    about: "Marks a filter of SUMMARIZECOLUMNS as not restricting measures.",
    source: "https://learn.microsoft.com/dax/nonvisual-function-dax",
    examples: &[(
        "COUNTROWS ( SUMMARIZECOLUMNS ( Products[Product], NONVISUAL ( TREATAS ( { \"Leek\" }, Products[Product] ) ), \"t\", [Total] ) )",
        "1",
    )],
    body: Body::Special,
};

const SELECTEDMEASURE: Function = Function {
    name: "SELECTEDMEASURE",
    params: &[],
    returns: Returns::Variant,
    about: "The measure that a calculation item wraps.",
    source: "https://learn.microsoft.com/dax/selectedmeasure-function-dax",
    examples: &[],
    body: Body::Special,
};

const SELECTEDMEASUREFORMATSTRING: Function = Function {
    name: "SELECTEDMEASUREFORMATSTRING",
    params: &[],
    returns: Returns::String,
    about: "The format of the measure that a calculation item wraps.",
    source: "https://learn.microsoft.com/dax/selectedmeasureformatstring-function-dax",
    examples: &[],
    body: Body::Special,
};

const SELECTEDMEASURENAME: Function = Function {
    name: "SELECTEDMEASURENAME",
    params: &[],
    returns: Returns::String,
    about: "The name of the measure that a calculation item wraps.",
    source: "https://learn.microsoft.com/dax/selectedmeasurename-function-dax",
    examples: &[],
    body: Body::Special,
};

const TABLEOF: Function = Function {
    name: "TABLEOF",
    params: &[param("reference", ParamKind::Any)],
    returns: Returns::Table,
    about: "The table of a column, measure or calendar.",
    source: "https://learn.microsoft.com/dax/tableof-function-dax",
    examples: &[("COUNTROWS ( TABLEOF ( Products[Product] ) )", "3")],
    body: Body::Special,
};
