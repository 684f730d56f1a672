//! Functions of visual calculations, valid only in a virtual table with a visual shape; evaluated by the core.

use super::{Body, Function, ParamKind, Returns, optional, param, scalar};

pub(super) const FUNCTIONS: &[Function] = &[
    COLLAPSE,
    COLLAPSEALL,
    EXPAND,
    EXPANDALL,
    FIRST,
    ISATLEVEL,
    LAST,
    LOOKUP,
    LOOKUPWITHTOTALS,
    MOVINGAVERAGE,
    NEXT,
    PREVIOUS,
    RANGE,
    RUNNINGSUM,
];

const COLLAPSE: Function = Function {
    name: "COLLAPSE",
    params: &[param("expression", ParamKind::RowExpression), param("axis or column", ParamKind::Any).many()],
    returns: Returns::Variant,
    about: "Evaluates an expression at a higher level of the axis.",
    source: "https://learn.microsoft.com/dax/collapse-function-dax",
    examples: &[],
    body: Body::Special,
};

const COLLAPSEALL: Function = Function {
    name: "COLLAPSEALL",
    params: &[param("expression", ParamKind::RowExpression), param("axis", ParamKind::Any)],
    returns: Returns::Variant,
    about: "Evaluates an expression at the highest level of the axis.",
    source: "https://learn.microsoft.com/dax/collapseall-function-dax",
    examples: &[],
    body: Body::Special,
};

const EXPAND: Function = Function {
    name: "EXPAND",
    params: &[param("expression", ParamKind::RowExpression), param("axis or column", ParamKind::Any).many()],
    returns: Returns::Variant,
    about: "Evaluates an expression at a lower level of the axis.",
    source: "https://learn.microsoft.com/dax/expand-function-dax",
    examples: &[],
    body: Body::Special,
};

const EXPANDALL: Function = Function {
    name: "EXPANDALL",
    params: &[param("expression", ParamKind::RowExpression), param("axis", ParamKind::Any)],
    returns: Returns::Variant,
    about: "Evaluates an expression at the lowest level of the axis.",
    source: "https://learn.microsoft.com/dax/expandall-function-dax",
    examples: &[],
    body: Body::Special,
};

const FIRST: Function = Function {
    name: "FIRST",
    params: &[
        param("column", ParamKind::RowExpression),
        param("axis", ParamKind::Any).opt(),
        param("order_by", ParamKind::Any).opt(),
        param("blanks", ParamKind::Any).opt(),
        param("reset", ParamKind::Any).opt(),
    ],
    returns: Returns::Variant,
    about: "Value in the first row of the axis.",
    source: "https://learn.microsoft.com/dax/first-function-dax",
    examples: &[],
    body: Body::Special,
};

const ISATLEVEL: Function = Function {
    name: "ISATLEVEL",
    params: &[param("column", ParamKind::Column)],
    returns: Returns::Boolean,
    about: "Whether a column is present at the current level.",
    source: "https://learn.microsoft.com/dax/isatlevel-function-dax",
    examples: &[],
    body: Body::Special,
};

const LAST: Function = Function {
    name: "LAST",
    params: &[
        param("column", ParamKind::RowExpression),
        param("axis", ParamKind::Any).opt(),
        param("order_by", ParamKind::Any).opt(),
        param("blanks", ParamKind::Any).opt(),
        param("reset", ParamKind::Any).opt(),
    ],
    returns: Returns::Variant,
    about: "Value in the last row of the axis.",
    source: "https://learn.microsoft.com/dax/last-function-dax",
    examples: &[],
    body: Body::Special,
};

const LOOKUP: Function = Function {
    name: "LOOKUP",
    params: &[param("expression", ParamKind::RowExpression), param("column", ParamKind::Column).many(), scalar("value").many()],
    returns: Returns::Variant,
    about: "Evaluates an expression where the columns have the values given; filters on other columns stay.",
    source: "https://learn.microsoft.com/dax/lookup-function-dax",
    examples: &[],
    body: Body::Special,
};

const LOOKUPWITHTOTALS: Function = Function {
    name: "LOOKUPWITHTOTALS",
    params: &[param("expression", ParamKind::RowExpression), param("column", ParamKind::Column).many(), scalar("value").many()],
    returns: Returns::Variant,
    about: "As LOOKUP, where columns not named are at their totals.",
    source: "https://learn.microsoft.com/dax/lookupwithtotals-function-dax",
    examples: &[],
    body: Body::Special,
};

const MOVINGAVERAGE: Function = Function {
    name: "MOVINGAVERAGE",
    params: &[
        param("column", ParamKind::RowExpression),
        scalar("window_size"),
        optional("include_current"),
        param("axis", ParamKind::Any).opt(),
        param("order_by", ParamKind::Any).opt(),
        param("blanks", ParamKind::Any).opt(),
        param("reset", ParamKind::Any).opt(),
    ],
    returns: Returns::Number,
    about: "Mean over the last rows of the axis.",
    source: "https://learn.microsoft.com/dax/movingaverage-function-dax",
    examples: &[],
    body: Body::Special,
};

const NEXT: Function = Function {
    name: "NEXT",
    params: &[
        param("column", ParamKind::RowExpression),
        optional("steps"),
        param("axis", ParamKind::Any).opt(),
        param("order_by", ParamKind::Any).opt(),
        param("blanks", ParamKind::Any).opt(),
        param("reset", ParamKind::Any).opt(),
    ],
    returns: Returns::Variant,
    about: "Value in a following row of the axis.",
    source: "https://learn.microsoft.com/dax/next-function-dax",
    examples: &[],
    body: Body::Special,
};

const PREVIOUS: Function = Function {
    name: "PREVIOUS",
    params: &[
        param("column", ParamKind::RowExpression),
        optional("steps"),
        param("axis", ParamKind::Any).opt(),
        param("order_by", ParamKind::Any).opt(),
        param("blanks", ParamKind::Any).opt(),
        param("reset", ParamKind::Any).opt(),
    ],
    returns: Returns::Variant,
    about: "Value in a preceding row of the axis.",
    source: "https://learn.microsoft.com/dax/previous-function-dax",
    examples: &[],
    body: Body::Special,
};

const RANGE: Function = Function {
    name: "RANGE",
    params: &[
        scalar("step"),
        optional("include_current"),
        param("axis", ParamKind::Any).opt(),
        param("order_by", ParamKind::Any).opt(),
        param("blanks", ParamKind::Any).opt(),
        param("reset", ParamKind::Any).opt(),
    ],
    returns: Returns::Table,
    about: "The rows around the current one on the axis.",
    source: "https://learn.microsoft.com/dax/range-function-dax",
    examples: &[],
    body: Body::Special,
};

const RUNNINGSUM: Function = Function {
    name: "RUNNINGSUM",
    params: &[
        param("column", ParamKind::RowExpression),
        param("axis", ParamKind::Any).opt(),
        param("order_by", ParamKind::Any).opt(),
        param("blanks", ParamKind::Any).opt(),
        param("reset", ParamKind::Any).opt(),
    ],
    returns: Returns::Number,
    about: "Sum along the axis up to the current row.",
    source: "https://learn.microsoft.com/dax/runningsum-function-dax",
    examples: &[],
    body: Body::Special,
};
