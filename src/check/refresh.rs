//! Incremental refresh: documents that change later must not freeze in old partitions.

use super::placed;
use crate::base::Diagnostic;
use crate::model::{ColumnKind, PartitionSource};
use crate::project::Project;

/// Columns whose presence says that rows change after their date.
const MUTABLE: [&str; 5] = ["Status", "Amount Due", "Amount Due (base)", "Updated At", "Fully Paid Date"];

pub(super) fn check(project: &Project, out: &mut Vec<Diagnostic>) {
    for table in project.model.tables.iter().filter(|t| t.refresh_policy.is_some()) {
        if let Some(column) = table.columns.iter().find(|c| MUTABLE.iter().any(|name| c.name.eq_ignore_ascii_case(name))) {
            let message = format!("table `{}` is refreshed in parts, but its rows change after their date", table.name);
            let problem = placed(Diagnostic::warning("P0341", message), table.span, "has a `refresh-policy`");
            let problem = placed(problem, column.span, "this column changes later");
            out.push(problem.help("old partitions keep what they held: open amounts and statuses freeze; load the table whole"));
        }
        let is_data = table.partitions.iter().any(|p| matches!(p.source, PartitionSource::M(_)));
        if !is_data || table.columns.iter().all(|c| matches!(c.kind, ColumnKind::Calculated(_))) {
            let message = format!("table `{}` has a `refresh-policy` but no query that could be refreshed in parts", table.name);
            out.push(placed(Diagnostic::error("P0342", message), table.span, "this table"));
        }
    }
}
