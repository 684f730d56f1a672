//! Functions that only the service itself writes, or that need a running server.

use super::{Body, Function, ParamKind, Returns, param, scalar};

pub(super) const FUNCTIONS: &[Function] = &[
    ALLSELECTEDAPPLY,
    ALLSELECTEDREMOVE,
    ALWAYSAPPLY,
    DEPENDON,
    EXTERNALMEASURE,
    FILTERCLUSTER,
    GROUPCROSSAPPLY,
    GROUPCROSSAPPLYTABLE,
    NONFILTER,
    SAMPLEAXISWITHLOCALMINMAX,
    SAMPLECARTESIANPOINTSBYCOVER,
    SHADOWCLUSTER,
];

const ALLSELECTEDAPPLY: Function = Function {
    name: "ALLSELECTEDAPPLY",
    params: &[param("table", ParamKind::Table)],
    returns: Returns::Table,
    about: "A hint that the service writes into its own queries; gives its table.",
    source: "https://learn.microsoft.com/dax/allselectedapply-function-dax",
    examples: &[("COUNTROWS ( ALLSELECTEDAPPLY ( Products ) )", "3")],
    body: Body::Special,
};

const ALLSELECTEDREMOVE: Function = Function {
    name: "ALLSELECTEDREMOVE",
    params: &[param("table", ParamKind::Table), param("column", ParamKind::Column).opt().many()],
    returns: Returns::Table,
    about: "A hint that the service writes into its own queries; gives its table.",
    source: "https://learn.microsoft.com/dax/allselectedremove-function-dax",
    examples: &[("COUNTROWS ( ALLSELECTEDREMOVE ( Products ) )", "3")],
    body: Body::Special,
};

const ALWAYSAPPLY: Function = Function {
    name: "ALWAYSAPPLY",
    params: &[param("table", ParamKind::Table)],
    returns: Returns::Table,
    about: "A hint that the service writes into its own queries; gives its table.",
    source: "https://learn.microsoft.com/dax/alwaysapply-function-dax",
    examples: &[("COUNTROWS ( ALWAYSAPPLY ( Products ) )", "3")],
    body: Body::Special,
};

const DEPENDON: Function = Function {
    name: "DEPENDON",
    params: &[param("table", ParamKind::Table), param("column", ParamKind::Column).opt().many()],
    returns: Returns::Table,
    about: "A hint that the service writes into its own queries; gives its table.",
    source: "https://learn.microsoft.com/dax/dependon-function-dax",
    examples: &[("COUNTROWS ( DEPENDON ( Products ) )", "3")],
    body: Body::Special,
};

const EXTERNALMEASURE: Function = Function {
    name: "EXTERNALMEASURE",
    params: &[scalar("measure_name"), param("data_type", ParamKind::Any), scalar("connection")],
    returns: Returns::Variant,
    about: "A measure of a remote model.",
    source: "https://learn.microsoft.com/dax/externalmeasure-function-dax",
    examples: &[],
    body: Body::Unsupported("it asks another Analysis Services model, which is not there offline"),
};

const FILTERCLUSTER: Function = Function {
    name: "FILTERCLUSTER",
    params: &[param("column", ParamKind::Any).many()],
    returns: Returns::Table,
    about: "Internal to the service.",
    source: "https://learn.microsoft.com/dax/filtercluster-function-dax",
    examples: &[],
    body: Body::Unsupported("a hint that the service writes into its own rewritten queries; its effect is not documented for authors"),
};

const GROUPCROSSAPPLY: Function = Function {
    name: "GROUPCROSSAPPLY",
    params: &[param("column", ParamKind::Any).many()],
    returns: Returns::Table,
    about: "Internal to the service.",
    source: "https://learn.microsoft.com/dax/groupcrossapply-function-dax",
    examples: &[],
    body: Body::Unsupported("a hint that the service writes into its own rewritten queries; its effect is not documented for authors"),
};

const GROUPCROSSAPPLYTABLE: Function = Function {
    name: "GROUPCROSSAPPLYTABLE",
    params: &[param("column", ParamKind::Any).many()],
    returns: Returns::Table,
    about: "Internal to the service.",
    source: "https://learn.microsoft.com/dax/groupcrossapplytable-function-dax",
    examples: &[],
    body: Body::Unsupported("a hint that the service writes into its own rewritten queries; its effect is not documented for authors"),
};

const NONFILTER: Function = Function {
    name: "NONFILTER",
    params: &[param("table", ParamKind::Table)],
    returns: Returns::Table,
    about: "A hint that the service writes into its own queries; gives its table.",
    source: "https://learn.microsoft.com/dax/nonfilter-function-dax",
    examples: &[("COUNTROWS ( NONFILTER ( Products ) )", "3")],
    body: Body::Special,
};

const SAMPLEAXISWITHLOCALMINMAX: Function = Function {
    name: "SAMPLEAXISWITHLOCALMINMAX",
    params: &[scalar("size"), param("argument", ParamKind::Any).many()],
    returns: Returns::Table,
    about: "Reduces the points of a line chart.",
    source: "https://learn.microsoft.com/dax/sampleaxiswithlocalminmax-function-dax",
    examples: &[],
    body: Body::Unsupported("a sampling step of charts whose algorithm is not documented"),
};

const SAMPLECARTESIANPOINTSBYCOVER: Function = Function {
    name: "SAMPLECARTESIANPOINTSBYCOVER",
    params: &[scalar("size"), param("table", ParamKind::Table), param("argument", ParamKind::Any).many()],
    returns: Returns::Table,
    about: "Reduces the points of a scatter chart.",
    source: "https://learn.microsoft.com/dax/samplecartesianpointsbycover-function-dax",
    examples: &[],
    body: Body::Unsupported("a sampling step of charts whose algorithm is not documented"),
};

const SHADOWCLUSTER: Function = Function {
    name: "SHADOWCLUSTER",
    params: &[param("table", ParamKind::Table)],
    returns: Returns::Table,
    about: "A hint that the service writes into its own queries; gives its table.",
    source: "https://learn.microsoft.com/dax/shadowcluster-function-dax",
    examples: &[("COUNTROWS ( SHADOWCLUSTER ( Products ) )", "3")],
    body: Body::Special,
};
