//! Sort orders, levels, keys, date tables, roles and calculation groups name what exists and make sense.

use super::{placed, suggest};
use crate::base::Diagnostic;
use crate::model::{ColumnKind, Model, Table};
use crate::project::Project;
use crate::table::DataType;

pub(super) fn check(project: &Project, out: &mut Vec<Diagnostic>) {
    let model = &project.model;
    for table in &model.tables {
        sort_orders(table, out);
        hierarchies(table, out);
        keys(table, out);
        if let Some(group) = table.calculation_group.as_ref().filter(|g| g.items.is_empty()) {
            let message = format!("calculation group `{}` has no items", table.name);
            let _ = group;
            out.push(placed(Diagnostic::error("P0307", message), table.span, "this table"));
        }
        let data = table.columns.iter().any(|c| !matches!(c.kind, ColumnKind::Calculated(_)));
        if !data {
            let message = format!("table `{}` has no column that its source gives", table.name);
            out.push(placed(Diagnostic::error("P0307", message), table.span, "this table"));
        }
    }
    if model.tables.is_empty() {
        out.push(Diagnostic::error("P0307", "the model has no table").help("add one under `tables/`"));
    }
    levels(project, out);
    roles(model, out);
}

fn sort_orders(table: &Table, out: &mut Vec<Diagnostic>) {
    for column in &table.columns {
        let Some(by) = &column.sort_by else { continue };
        let Some(other) = table.column(by) else {
            let message = format!("column `{}` is sorted by `{by}`, which is not in table `{}`", column.name, table.name);
            let problem = placed(Diagnostic::error("P0303", message), column.span, "this column");
            out.push(suggest(problem, "column", by, table.columns.iter().map(|c| c.name.as_str())));
            continue;
        };
        // Follow the chain; a circle never ends.
        let mut next = other;
        for _ in 0..table.columns.len() {
            if next.name.eq_ignore_ascii_case(&column.name) {
                let message = format!("the sort order of column `{}` goes in a circle", column.name);
                out.push(placed(Diagnostic::error("P0304", message), column.span, "this column"));
                break;
            }
            match next.sort_by.as_deref().and_then(|by| table.column(by)) {
                Some(column) => next = column,
                None => break,
            }
        }
    }
}

fn hierarchies(table: &Table, out: &mut Vec<Diagnostic>) {
    for hierarchy in &table.hierarchies {
        if hierarchy.levels.is_empty() {
            let message = format!("hierarchy `{}` has no levels", hierarchy.name);
            out.push(placed(Diagnostic::error("P0307", message), hierarchy.span, "this hierarchy"));
        }
        for (index, level) in hierarchy.levels.iter().enumerate() {
            if table.column(&level.column).is_none() {
                let message = format!(
                    "level `{}` of hierarchy `{}` names column `{}`, which is not in table `{}`",
                    level.name, hierarchy.name, level.column, table.name
                );
                let problem = placed(Diagnostic::error("P0303", message), hierarchy.span, "this hierarchy");
                out.push(suggest(problem, "column", &level.column, table.columns.iter().map(|c| c.name.as_str())));
            }
            let twice = hierarchy.levels[..index]
                .iter()
                .any(|l| l.name.eq_ignore_ascii_case(&level.name) || l.column.eq_ignore_ascii_case(&level.column));
            if twice {
                let message = format!("hierarchy `{}` has level or column `{}` twice", hierarchy.name, level.name);
                out.push(placed(Diagnostic::error("P0301", message), hierarchy.span, "this hierarchy"));
            }
        }
    }
}

fn keys(table: &Table, out: &mut Vec<Diagnostic>) {
    let keys: Vec<_> = table.columns.iter().filter(|c| c.is_key).collect();
    if let [first, second, ..] = keys.as_slice() {
        let message = format!("table `{}` has more than one key", table.name);
        let problem = placed(Diagnostic::error("P0305", message), second.span, "second key");
        out.push(placed(problem, first.span, "first key"));
    }
    let is_time = table.data_category.as_deref().is_some_and(|c| c.eq_ignore_ascii_case("Time"));
    if is_time && !keys.iter().any(|key| key.data_type == Some(DataType::DateTime)) {
        let message = format!("date table `{}` has no key of type `date`", table.name);
        let problem = placed(Diagnostic::error("P0306", message), table.span, "`data-category: Time` makes it a date table");
        out.push(problem.help("set `key: true` on its date column"));
    }
}

/// The model's level of compatibility covers what it uses.
fn levels(project: &Project, out: &mut Vec<Diagnostic>) {
    let model = &project.model;
    let level = model.compatibility_level;
    let dynamic = model.tables.iter().flat_map(|t| &t.measures).find(|m| m.format_string_definition.is_some());
    if level == 0 {
        // `model.yaml` could not be read, which has been said.
    } else if !(1500..=1800).contains(&level) {
        let message = format!("{level} is not a compatibility level of Power BI");
        out.push(Diagnostic::error("P0308", message).help("1601 fits all features but DAX functions and calendars, which need 1702"));
    } else if let Some(measure) = dynamic.filter(|_| level < 1601) {
        let message = format!("measure `{}` has a `format-expression`, which needs compatibility level 1601", measure.name);
        out.push(placed(Diagnostic::error("P0308", message), measure.span, "this measure"));
    } else if let Some(function) = model.functions.first().filter(|_| level < 1702) {
        let message = format!("function `{}` needs compatibility level 1702, the model has {level}", function.name);
        out.push(placed(Diagnostic::error("P0308", message), function.span, "this function"));
    }
}

fn roles(model: &Model, out: &mut Vec<Diagnostic>) {
    for role in &model.roles {
        for permission in role.table_permissions.iter().filter(|p| model.table(&p.table).is_none()) {
            let message = format!("role `{}` filters table `{}`, which does not exist", role.name, permission.table);
            let place = permission.filter.as_ref().and_then(|f| f.origin.as_ref()).map(|o| o.span);
            let problem = placed(Diagnostic::error("P0303", message), place, "its filter");
            out.push(suggest(problem, "table", &permission.table, model.tables.iter().map(|t| t.name.as_str())));
        }
    }
}
