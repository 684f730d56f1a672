//! Aggregators over a column and their iterators, evaluated by the core.

use super::{Body, Function, ParamKind, Returns, optional, param};

pub(super) const FUNCTIONS: &[Function] = &[
    APPROXIMATEDISTINCTCOUNT,
    AVERAGE,
    AVERAGEA,
    AVERAGEX,
    COUNT,
    COUNTA,
    COUNTAX,
    COUNTBLANK,
    COUNTROWS,
    COUNTX,
    DISTINCTCOUNT,
    DISTINCTCOUNTNOBLANK,
    MAX,
    MAXA,
    MAXX,
    MIN,
    MINA,
    MINX,
    PRODUCT,
    PRODUCTX,
    SUM,
    SUMX,
];

const APPROXIMATEDISTINCTCOUNT: Function = Function {
    name: "APPROXIMATEDISTINCTCOUNT",
    params: &[param("column", ParamKind::Column)],
    returns: Returns::Int64,
    about: "Counts the distinct values of a column; here exactly.",
    source: "https://learn.microsoft.com/dax/approximate-distinctcount-function-dax",
    examples: &[("APPROXIMATEDISTINCTCOUNT ( Sales[Product] )", "3")],
    body: Body::Special,
};

const AVERAGE: Function = Function {
    name: "AVERAGE",
    params: &[param("column", ParamKind::Column)],
    returns: Returns::Number,
    about: "Mean of the non-blank numbers of a column; BLANK without any.",
    source: "https://learn.microsoft.com/dax/average-function-dax",
    examples: &[("AVERAGE ( Sales[Quantity] )", "44 / 6")],
    body: Body::Special,
};

const AVERAGEA: Function = Function {
    name: "AVERAGEA",
    params: &[param("column", ParamKind::Column)],
    returns: Returns::Number,
    about: "Mean of the non-blank values of a column, where TRUE is 1, FALSE and text 0.",
    source: "https://learn.microsoft.com/dax/averagea-function-dax",
    examples: &[("AVERAGEA ( Sales[Quantity] )", "44 / 6")],
    body: Body::Special,
};

const AVERAGEX: Function = Function {
    name: "AVERAGEX",
    params: &[param("table", ParamKind::Table), param("expression", ParamKind::RowExpression)],
    returns: Returns::Number,
    about: "Mean of an expression over the rows of a table; blank results do not count.",
    source: "https://learn.microsoft.com/dax/averagex-function-dax",
    examples: &[("AVERAGEX ( { 1, 2, 6 }, [Value] * 2 )", "6.0")],
    body: Body::Special,
};

const COUNT: Function = Function {
    name: "COUNT",
    params: &[param("column", ParamKind::Column)],
    returns: Returns::Int64,
    about: "Counts the non-blank values of a column; BLANK without any.",
    source: "https://learn.microsoft.com/dax/count-function-dax",
    examples: &[("COUNT ( Sales[Quantity] )", "6")],
    body: Body::Special,
};

const COUNTA: Function = Function {
    name: "COUNTA",
    params: &[param("column", ParamKind::Column)],
    returns: Returns::Int64,
    about: "Counts the non-blank values of a column of any type.",
    source: "https://learn.microsoft.com/dax/counta-function-dax",
    examples: &[("COUNTA ( Sales[Product] )", "6")],
    body: Body::Special,
};

const COUNTAX: Function = Function {
    name: "COUNTAX",
    params: &[param("table", ParamKind::Table), param("expression", ParamKind::RowExpression)],
    returns: Returns::Int64,
    about: "Counts the rows for which an expression is not blank.",
    source: "https://learn.microsoft.com/dax/countax-function-dax",
    examples: &[("COUNTAX ( { 1, 2, 3 }, IF ( [Value] > 1, \"x\" ) )", "2")],
    body: Body::Special,
};

const COUNTBLANK: Function = Function {
    name: "COUNTBLANK",
    params: &[param("column", ParamKind::Column)],
    returns: Returns::Int64,
    about: "Counts the blank values and empty texts of a column.",
    source: "https://learn.microsoft.com/dax/countblank-function-dax",
    examples: &[("COUNTBLANK ( Staff[Manager] )", "1")],
    body: Body::Special,
};

const COUNTROWS: Function = Function {
    name: "COUNTROWS",
    params: &[param("table", ParamKind::Table).opt()],
    returns: Returns::Int64,
    about: "Counts the rows of a table; BLANK when there is none.",
    source: "https://learn.microsoft.com/dax/countrows-function-dax",
    examples: &[("COUNTROWS ( Sales )", "6"), ("COUNTROWS ( FILTER ( Sales, FALSE () ) )", "BLANK ()")],
    body: Body::Special,
};

const COUNTX: Function = Function {
    name: "COUNTX",
    params: &[param("table", ParamKind::Table), param("expression", ParamKind::RowExpression)],
    returns: Returns::Int64,
    about: "Counts the rows for which an expression is a number, a date or a text.",
    source: "https://learn.microsoft.com/dax/countx-function-dax",
    examples: &[("COUNTX ( { 1, 2, 3 }, IF ( [Value] > 1, [Value] ) )", "2")],
    body: Body::Special,
};

const DISTINCTCOUNT: Function = Function {
    name: "DISTINCTCOUNT",
    params: &[param("column", ParamKind::Column)],
    returns: Returns::Int64,
    about: "Counts the distinct values of a column, BLANK being one of them.",
    source: "https://learn.microsoft.com/dax/distinctcount-function-dax",
    examples: &[("DISTINCTCOUNT ( Sales[Product] )", "3")],
    body: Body::Special,
};

const DISTINCTCOUNTNOBLANK: Function = Function {
    name: "DISTINCTCOUNTNOBLANK",
    params: &[param("column", ParamKind::Column)],
    returns: Returns::Int64,
    about: "Counts the distinct values of a column without BLANK.",
    source: "https://learn.microsoft.com/dax/distinctcountnoblank-function-dax",
    examples: &[("DISTINCTCOUNTNOBLANK ( Staff[Manager] )", "2")],
    body: Body::Special,
};

const MAX: Function = Function {
    name: "MAX",
    params: &[param("column or scalar", ParamKind::Any), optional("scalar")],
    returns: Returns::SameAsFirst,
    about: "Largest value of a column, or the larger of two scalars.",
    source: "https://learn.microsoft.com/dax/max-function-dax",
    examples: &[("MAX ( Sales[Quantity] )", "20"), ("MAX ( 3, 7 )", "7"), ("MAX ( -1, BLANK () )", "BLANK ()")],
    body: Body::Special,
};

const MAXA: Function = Function {
    name: "MAXA",
    params: &[param("column", ParamKind::Column)],
    returns: Returns::Number,
    about: "Largest value of a column, where TRUE is 1 and FALSE 0.",
    source: "https://learn.microsoft.com/dax/maxa-function-dax",
    examples: &[("MAXA ( Sales[Quantity] )", "20")],
    body: Body::Special,
};

const MAXX: Function = Function {
    name: "MAXX",
    params: &[param("table", ParamKind::Table), param("expression", ParamKind::RowExpression), optional("variant")],
    returns: Returns::Variant,
    about: "Largest result of an expression over the rows of a table.",
    source: "https://learn.microsoft.com/dax/maxx-function-dax",
    examples: &[("MAXX ( { 1, 5, 3 }, [Value] )", "5")],
    body: Body::Special,
};

const MIN: Function = Function {
    name: "MIN",
    params: &[param("column or scalar", ParamKind::Any), optional("scalar")],
    returns: Returns::SameAsFirst,
    about: "Smallest value of a column, or the smaller of two scalars.",
    source: "https://learn.microsoft.com/dax/min-function-dax",
    examples: &[("MIN ( Sales[Quantity] )", "2"), ("MIN ( 3, 7 )", "3")],
    body: Body::Special,
};

const MINA: Function = Function {
    name: "MINA",
    params: &[param("column", ParamKind::Column)],
    returns: Returns::Number,
    about: "Smallest value of a column, where TRUE is 1 and FALSE 0.",
    source: "https://learn.microsoft.com/dax/mina-function-dax",
    examples: &[("MINA ( Sales[Quantity] )", "2")],
    body: Body::Special,
};

const MINX: Function = Function {
    name: "MINX",
    params: &[param("table", ParamKind::Table), param("expression", ParamKind::RowExpression), optional("variant")],
    returns: Returns::Variant,
    about: "Smallest result of an expression over the rows of a table.",
    source: "https://learn.microsoft.com/dax/minx-function-dax",
    examples: &[("MINX ( { 4, 2, 3 }, [Value] )", "2")],
    body: Body::Special,
};

const PRODUCT: Function = Function {
    name: "PRODUCT",
    params: &[param("column", ParamKind::Column)],
    returns: Returns::Number,
    about: "Product of the numbers of a column.",
    source: "https://learn.microsoft.com/dax/product-function-dax",
    examples: &[("PRODUCT ( Products[Price] )", "3.6")],
    body: Body::Special,
};

const PRODUCTX: Function = Function {
    name: "PRODUCTX",
    params: &[param("table", ParamKind::Table), param("expression", ParamKind::RowExpression)],
    returns: Returns::Number,
    about: "Product of an expression over the rows of a table.",
    source: "https://learn.microsoft.com/dax/productx-function-dax",
    examples: &[("PRODUCTX ( { 2, 3, 4 }, [Value] )", "24")],
    body: Body::Special,
};

const SUM: Function = Function {
    name: "SUM",
    params: &[param("column", ParamKind::Column)],
    returns: Returns::Number,
    about: "Adds the numbers of a column; BLANK without any.",
    source: "https://learn.microsoft.com/dax/sum-function-dax",
    examples: &[("SUM ( Sales[Quantity] )", "44")],
    body: Body::Special,
};

const SUMX: Function = Function {
    name: "SUMX",
    params: &[param("table", ParamKind::Table), param("expression", ParamKind::RowExpression)],
    returns: Returns::Number,
    about: "Adds the results of an expression over the rows of a table.",
    source: "https://learn.microsoft.com/dax/sumx-function-dax",
    examples: &[("SUMX ( { 1, 2, 3 }, [Value] ^ 2 )", "14.0")],
    body: Body::Special,
};
