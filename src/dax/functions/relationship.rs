//! Functions along relationships, evaluated by the core.

use super::{Body, Function, ParamKind, Returns, param};

pub(super) const FUNCTIONS: &[Function] = &[CROSSFILTER, PATH, RELATED, RELATEDTABLE, USERELATIONSHIP];

const CROSSFILTER: Function = Function {
    name: "CROSSFILTER",
    params: &[
        param("left_column", ParamKind::Column),
        param("right_column", ParamKind::Column),
        param("direction", ParamKind::Keyword(&["NONE", "ONEWAY", "BOTH", "ONEWAY_LEFTFILTERSRIGHT", "ONEWAY_RIGHTFILTERSLEFT"])),
    ],
    returns: Returns::Table,
    about: "Sets the direction of a relationship for CALCULATE.",
    source: "https://learn.microsoft.com/dax/crossfilter-function-dax",
    examples: &[(
        "CALCULATE ( COUNTROWS ( Products ), CROSSFILTER ( Sales[Product], Products[Product], BOTH ), Sales[Quantity] = 3 )",
        "1",
    )],
    body: Body::Special,
};

const PATH: Function = Function {
    name: "PATH",
    params: &[param("id_column", ParamKind::Column), param("parent_column", ParamKind::Column)],
    returns: Returns::String,
    about: "The ids from the root of a hierarchy to the current row, divided by `|`.",
    source: "https://learn.microsoft.com/dax/path-function-dax",
    examples: &[("CONCATENATEX ( Staff, PATH ( Staff[Id], Staff[Manager] ), \";\", Staff[Id] )", "\"1;1|2;1|2|3;1|4\"")],
    body: Body::Special,
};

const RELATED: Function = Function {
    name: "RELATED",
    params: &[param("column", ParamKind::Column)],
    returns: Returns::Variant,
    about: "Value of a column in the related row on the one side.",
    source: "https://learn.microsoft.com/dax/related-function-dax",
    examples: &[("MAXX ( FILTER ( Sales, Sales[Quantity] = 3 ), RELATED ( Products[Category] ) )", "\"Vegetable\"")],
    body: Body::Special,
};

const RELATEDTABLE: Function = Function {
    name: "RELATEDTABLE",
    params: &[param("table", ParamKind::Table)],
    returns: Returns::Table,
    about: "The rows of a table related to the current row.",
    source: "https://learn.microsoft.com/dax/relatedtable-function-dax",
    examples: &[("SUMX ( FILTER ( Products, Products[Product] = \"Apple\" ), COUNTROWS ( RELATEDTABLE ( Sales ) ) )", "3")],
    body: Body::Special,
};

const USERELATIONSHIP: Function = Function {
    name: "USERELATIONSHIP",
    params: &[param("left_column", ParamKind::Column), param("right_column", ParamKind::Column)],
    returns: Returns::Table,
    about: "Activates an inactive relationship for CALCULATE.",
    source: "https://learn.microsoft.com/dax/userelationship-function-dax",
    examples: &[("CALCULATE ( SUM ( Sales[Quantity] ), USERELATIONSHIP ( Sales[Product], Products[Product] ) )", "44")],
    body: Body::Special,
};
