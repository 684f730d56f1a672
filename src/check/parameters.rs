//! Parameters: defaults fit their types, choices contain the default, no secret is stored.

use crate::base::Diagnostic;
use crate::project::Project;
use crate::project::raw::{ParameterType, Scalar};

pub(super) fn check(project: &Project, out: &mut Vec<Diagnostic>) {
    for parameter in &project.parameters {
        for value in parameter.default.iter().chain(&parameter.values) {
            let fits = match (&value.value, parameter.kind) {
                (Scalar::Text(text), ParameterType::Date) => text.len() == 10 && text.parse::<crate::base::Date>().is_ok(),
                (Scalar::Text(text), ParameterType::DateTime) => text.get(..10).is_some_and(|day| day.parse::<crate::base::Date>().is_ok()),
                (Scalar::Text(_), ParameterType::Text) => true,
                (Scalar::Number(_), ParameterType::Number) => true,
                (Scalar::Boolean(_), ParameterType::Boolean) => true,
                _ => false,
            };
            if !fits {
                let message = format!("a value of parameter `{}` is not a {}", parameter.name.value, parameter.kind.as_str());
                let problem = Diagnostic::error("P0331", message).at(value.span, format!("expected a {}", parameter.kind.as_str()));
                out.push(problem.help(match parameter.kind {
                    ParameterType::Date | ParameterType::DateTime => "write dates as 'YYYY-MM-DD'",
                    ParameterType::Text => "put quotes around it",
                    ParameterType::Number => "write a number",
                    ParameterType::Boolean => "write true or false",
                }));
            }
        }
        if let Some(default) = &parameter.default
            && !parameter.values.is_empty()
            && !parameter.values.iter().any(|value| value.value == default.value)
        {
            let message = format!("the default of parameter `{}` is not among its values", parameter.name.value);
            out.push(Diagnostic::error("P0332", message).at(default.span, "not a value to choose"));
        }
        let filled = parameter.default.as_ref().filter(|d| !matches!(&d.value, Scalar::Text(text) if text.is_empty()));
        if let Some(default) = filled.filter(|_| parameter.secret) {
            let message = format!("parameter `{}` is secret, yet the project holds a value for it", parameter.name.value);
            let problem = Diagnostic::error("P0333", message).at(default.span, "a secret in clear text");
            out.push(problem.help("set `default: null` and revoke this secret: whoever has the file has it"));
        }
    }
}
