//! Filter functions and modifiers, evaluated by the core.

use super::{Body, Function, ParamKind, Returns, optional, param, scalar};

pub(super) const FUNCTIONS: &[Function] = &[
    ALL,
    ALLCROSSFILTERED,
    ALLEXCEPT,
    ALLNOBLANKROW,
    ALLSELECTED,
    CALCULATE,
    CALCULATETABLE,
    EARLIER,
    EARLIEST,
    FILTER,
    FIRSTNONBLANK,
    FIRSTNONBLANKVALUE,
    KEEPFILTERS,
    LASTNONBLANK,
    LASTNONBLANKVALUE,
    LOOKUPVALUE,
    REMOVEFILTERS,
    SELECTEDVALUE,
];

const ALL: Function = Function {
    name: "ALL",
    params: &[param("table or column", ParamKind::TableOrColumn).opt(), param("column", ParamKind::Column).opt().many()],
    returns: Returns::Table,
    about: "All rows or values regardless of filters; as an argument of CALCULATE removes filters.",
    source: "https://learn.microsoft.com/dax/all-function-dax",
    examples: &[
        ("COUNTROWS ( ALL ( Products[Category] ) )", "2"),
        ("CALCULATE ( [Total], ALL ( Products ), Products[Product] = \"Leek\" )", "CURRENCY ( 6 )"),
    ],
    body: Body::Special,
};

const ALLCROSSFILTERED: Function = Function {
    name: "ALLCROSSFILTERED",
    params: &[param("table", ParamKind::Table)],
    returns: Returns::Table,
    about: "Removes all filters that reach a table.",
    source: "https://learn.microsoft.com/dax/allcrossfiltered-function-dax",
    examples: &[("CALCULATE ( SUM ( Sales[Quantity] ), Products[Product] = \"Leek\", ALLCROSSFILTERED ( Sales ) )", "3")],
    body: Body::Special,
};

const ALLEXCEPT: Function = Function {
    name: "ALLEXCEPT",
    params: &[param("table", ParamKind::Table), param("column", ParamKind::Column).many()],
    returns: Returns::Table,
    about: "Removes all filters of a table except those on the columns named.",
    source: "https://learn.microsoft.com/dax/allexcept-function-dax",
    examples: &[(
        "CALCULATE ( CALCULATE ( SUM ( Sales[Quantity] ), ALLEXCEPT ( Sales, Sales[Product] ) ), Sales[Product] = \"Leek\", Sales[Quantity] > 100 )",
        "3",
    )],
    body: Body::Special,
};

const ALLNOBLANKROW: Function = Function {
    name: "ALLNOBLANKROW",
    params: &[param("table or column", ParamKind::TableOrColumn), param("column", ParamKind::Column).opt().many()],
    returns: Returns::Table,
    about: "As ALL, without the blank row of unmatched keys.",
    source: "https://learn.microsoft.com/dax/allnoblankrow-function-dax",
    examples: &[("COUNTROWS ( ALLNOBLANKROW ( Products ) )", "3")],
    body: Body::Special,
};

const ALLSELECTED: Function = Function {
    name: "ALLSELECTED",
    params: &[param("table or column", ParamKind::TableOrColumn).opt(), param("column", ParamKind::Column).opt().many()],
    returns: Returns::Table,
    about: "Rows or values under the selection outside of the visual or iteration.",
    source: "https://learn.microsoft.com/dax/allselected-function-dax",
    examples: &[("COUNTROWS ( ALLSELECTED ( Products ) )", "3")],
    body: Body::Special,
};

const CALCULATE: Function = Function {
    name: "CALCULATE",
    params: &[param("expression", ParamKind::RowExpression), param("filter", ParamKind::Filter).opt().many()],
    returns: Returns::Variant,
    about: "Evaluates an expression under changed filters; rows of outer iterators become filters.",
    source: "https://learn.microsoft.com/dax/calculate-function-dax",
    examples: &[
        ("CALCULATE ( SUM ( Sales[Quantity] ), Sales[Product] = \"Apple\" )", "35"),
        ("SUMX ( VALUES ( Products[Product] ), CALCULATE ( SUM ( Sales[Quantity] ) ) )", "44"),
    ],
    body: Body::Special,
};

const CALCULATETABLE: Function = Function {
    name: "CALCULATETABLE",
    params: &[param("table", ParamKind::Table), param("filter", ParamKind::Filter).opt().many()],
    returns: Returns::Table,
    about: "As CALCULATE, for a table.",
    source: "https://learn.microsoft.com/dax/calculatetable-function-dax",
    examples: &[("COUNTROWS ( CALCULATETABLE ( Sales, Products[Category] = \"Fruit\" ) )", "5")],
    body: Body::Special,
};

const EARLIER: Function = Function {
    name: "EARLIER",
    params: &[param("column", ParamKind::Column), optional("number")],
    returns: Returns::Variant,
    about: "Value of a column in an outer row context.",
    source: "https://learn.microsoft.com/dax/earlier-function-dax",
    examples: &[("SUMX ( Products, COUNTROWS ( FILTER ( Products, Products[Price] >= EARLIER ( Products[Price] ) ) ) )", "6")],
    body: Body::Special,
};

const EARLIEST: Function = Function {
    name: "EARLIEST",
    params: &[param("column", ParamKind::Column)],
    returns: Returns::Variant,
    about: "Value of a column in the outermost row context.",
    source: "https://learn.microsoft.com/dax/earliest-function-dax",
    examples: &[("SUMX ( Products, COUNTROWS ( FILTER ( Products, Products[Price] >= EARLIEST ( Products[Price] ) ) ) )", "6")],
    body: Body::Special,
};

const FILTER: Function = Function {
    name: "FILTER",
    params: &[param("table", ParamKind::Table), param("filter", ParamKind::RowExpression)],
    returns: Returns::Table,
    about: "The rows of a table for which a condition holds.",
    source: "https://learn.microsoft.com/dax/filter-function-dax",
    examples: &[("COUNTROWS ( FILTER ( Sales, Sales[Quantity] > 4 ) )", "3")],
    body: Body::Special,
};

const FIRSTNONBLANK: Function = Function {
    name: "FIRSTNONBLANK",
    params: &[param("column", ParamKind::TableOrColumn), param("expression", ParamKind::RowExpression)],
    returns: Returns::Table,
    about: "First value of a column for which an expression is not blank.",
    source: "https://learn.microsoft.com/dax/firstnonblank-function-dax",
    examples: &[("FIRSTNONBLANK ( Products[Product], [Total] )", "\"Apple\"")],
    body: Body::Special,
};

const FIRSTNONBLANKVALUE: Function = Function {
    name: "FIRSTNONBLANKVALUE",
    params: &[param("column", ParamKind::TableOrColumn), param("expression", ParamKind::RowExpression)],
    returns: Returns::Variant,
    about: "The expression at the first value of a column for which it is not blank.",
    source: "https://learn.microsoft.com/dax/firstnonblankvalue-function-dax",
    examples: &[("FIRSTNONBLANKVALUE ( Products[Product], [Total] )", "CURRENCY ( 42 )")],
    body: Body::Special,
};

const KEEPFILTERS: Function = Function {
    name: "KEEPFILTERS",
    params: &[param("expression", ParamKind::Filter)],
    returns: Returns::Table,
    about: "Adds a filter to those in force instead of replacing them.",
    source: "https://learn.microsoft.com/dax/keepfilters-function-dax",
    examples: &[(
        "CALCULATE ( CALCULATE ( COUNTROWS ( Products ), KEEPFILTERS ( Products[Product] = \"Pear\" ) ), Products[Product] = \"Leek\" )",
        "BLANK ()",
    )],
    body: Body::Special,
};

const LASTNONBLANK: Function = Function {
    name: "LASTNONBLANK",
    params: &[param("column", ParamKind::TableOrColumn), param("expression", ParamKind::RowExpression)],
    returns: Returns::Table,
    about: "Last value of a column for which an expression is not blank.",
    source: "https://learn.microsoft.com/dax/lastnonblank-function-dax",
    examples: &[("LASTNONBLANK ( Products[Product], [Total] )", "\"Pear\"")],
    body: Body::Special,
};

const LASTNONBLANKVALUE: Function = Function {
    name: "LASTNONBLANKVALUE",
    params: &[param("column", ParamKind::TableOrColumn), param("expression", ParamKind::RowExpression)],
    returns: Returns::Variant,
    about: "The expression at the last value of a column for which it is not blank.",
    source: "https://learn.microsoft.com/dax/lastnonblankvalue-function-dax",
    examples: &[("LASTNONBLANKVALUE ( Products[Product], [Total] )", "CURRENCY ( 9 )")],
    body: Body::Special,
};

const LOOKUPVALUE: Function = Function {
    name: "LOOKUPVALUE",
    params: &[
        param("result_column", ParamKind::Column),
        param("search_column", ParamKind::Column).many(),
        scalar("search_value").many(),
        optional("alternate_result"),
    ],
    returns: Returns::Variant,
    about: "Value of a column in the row that has the values searched for, regardless of filters.",
    source: "https://learn.microsoft.com/dax/lookupvalue-function-dax",
    examples: &[
        ("LOOKUPVALUE ( Products[Category], Products[Product], \"Leek\" )", "\"Vegetable\""),
        ("LOOKUPVALUE ( Products[Category], Products[Product], \"Plum\", \"none\" )", "\"none\""),
    ],
    body: Body::Special,
};

const REMOVEFILTERS: Function = Function {
    name: "REMOVEFILTERS",
    params: &[param("table or column", ParamKind::TableOrColumn).opt(), param("column", ParamKind::Column).opt().many()],
    returns: Returns::Table,
    about: "Removes filters; only as an argument of CALCULATE.",
    source: "https://learn.microsoft.com/dax/removefilters-function-dax",
    examples: &[("CALCULATE ( CALCULATE ( COUNTROWS ( Products ), REMOVEFILTERS () ), Products[Product] = \"Leek\" )", "3")],
    body: Body::Special,
};

const SELECTEDVALUE: Function = Function {
    name: "SELECTEDVALUE",
    params: &[param("column", ParamKind::Column), optional("alternate_result")],
    returns: Returns::Variant,
    about: "The only visible value of a column, otherwise the alternate.",
    source: "https://learn.microsoft.com/dax/selectedvalue-function-dax",
    examples: &[
        ("CALCULATE ( SELECTEDVALUE ( Products[Category] ), Products[Product] = \"Leek\" )", "\"Vegetable\""),
        ("SELECTEDVALUE ( Products[Category], \"several\" )", "\"several\""),
    ],
    body: Body::Special,
};
