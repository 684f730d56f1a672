//! Fields and constants as JSON expressions, and back.

use serde_json::Value;

use crate::format::json::{Json, json};
use crate::report::{Aggregation, Field, Literal};

/// How an expression names its table: by name, or by an alias of a filter's `From`.
#[derive(Default)]
pub(super) struct Aliases {
    /// (alias, table) in order of use.
    pub tables: Vec<(String, String)>,
}

impl Aliases {
    /// The alias of a table, made on first use: its first letter, numbered when taken.
    pub fn of(&mut self, table: &str) -> String {
        if let Some((alias, _)) = self.tables.iter().find(|(_, name)| name == table) {
            return alias.clone();
        }
        let letter = table.chars().find(char::is_ascii_alphabetic).map_or('t', |c| c.to_ascii_lowercase());
        let taken = |alias: &str| self.tables.iter().any(|(a, _)| a == alias);
        let alias = (0..).map(|n| if n == 0 { letter.to_string() } else { format!("{letter}{n}") }).find(|a| !taken(a)).expect("endless");
        self.tables.push((alias.clone(), table.to_owned()));
        alias
    }

    /// The `From` list.
    pub fn from<'a>(&self) -> Vec<Json<'a>> {
        self.tables.iter().map(|(alias, table)| json!({"Name": alias.clone(), "Entity": table.clone(), "Type": 0})).collect()
    }
}

/// A field as everywhere outside filters.
pub(super) fn field(field: &Field) -> Json<'_> {
    expression(field, &mut |table| json!({"SourceRef": {"Entity": table}}))
}

/// A field inside a filter.
pub(super) fn aliased<'a>(field: &'a Field, aliases: &mut Aliases) -> Json<'a> {
    expression(field, &mut |table| json!({"SourceRef": {"Source": aliases.of(table)}}))
}

fn expression<'a>(field: &'a Field, source: &mut dyn FnMut(&'a str) -> Json<'a>) -> Json<'a> {
    match field {
        Field::Column { table, column } => json!({"Column": {"Expression": source(table), "Property": column}}),
        Field::Measure { table, measure } => json!({"Measure": {"Expression": source(table), "Property": measure}}),
        Field::Aggregation { table, column, function } => {
            let column = json!({"Column": {"Expression": source(table), "Property": column}});
            json!({"Aggregation": {"Expression": column, "Function": function.code()}})
        }
        Field::Level { table, hierarchy, level } => {
            json!({"HierarchyLevel": {"Expression": {"Hierarchy": {"Expression": source(table), "Hierarchy": hierarchy}}, "Level": level}})
        }
        Field::Raw(value) => value.into(),
    }
}

/// A field from JSON; `tables` maps aliases to tables where there are any.
pub(super) fn read_field(value: &Value, tables: &dyn Fn(&str) -> Option<String>) -> Field {
    understand(value, tables).unwrap_or_else(|| Field::Raw(value.clone()))
}

fn understand(value: &Value, tables: &dyn Fn(&str) -> Option<String>) -> Option<Field> {
    let table = |expression: &Value| {
        let source = expression.get("SourceRef")?;
        match source.get("Entity") {
            Some(entity) => entity.as_str().map(str::to_owned),
            None => tables(source.get("Source")?.as_str()?),
        }
    };
    let text = |value: &Value, key: &str| value.get(key)?.as_str().map(str::to_owned);
    if let Some(column) = value.get("Column") {
        return Some(Field::Column { table: table(column.get("Expression")?)?, column: text(column, "Property")? });
    }
    if let Some(measure) = value.get("Measure") {
        return Some(Field::Measure { table: table(measure.get("Expression")?)?, measure: text(measure, "Property")? });
    }
    if let Some(aggregation) = value.get("Aggregation") {
        let column = aggregation.get("Expression")?.get("Column")?;
        let function = Aggregation::from_code(aggregation.get("Function")?.as_u64()?)?;
        return Some(Field::Aggregation { table: table(column.get("Expression")?)?, column: text(column, "Property")?, function });
    }
    let level = value.get("HierarchyLevel")?;
    let hierarchy = level.get("Expression")?.get("Hierarchy")?;
    Some(Field::Level {
        table: table(hierarchy.get("Expression")?)?,
        hierarchy: text(hierarchy, "Hierarchy")?,
        level: text(level, "Level")?,
    })
}

/// `{"Literal": {"Value": …}}`.
pub(super) fn literal<'a>(value: &Literal) -> Json<'a> {
    let text = match value {
        Literal::Text(text) => return text_literal(text),
        Literal::Integer(number) => format!("{number}L"),
        Literal::Number(number) => format!("{number}D"),
        Literal::Decimal(number) => format!("{number}M"),
        Literal::Bool(flag) => flag.to_string(),
        Literal::Date(date) => format!("datetime'{date}'"),
        Literal::Null => "null".to_owned(),
    };
    json!({"Literal": {"Value": text}})
}

/// The same of a text.
pub(super) fn text_literal<'a>(text: &str) -> Json<'a> {
    json!({"Literal": {"Value": quote(text)}})
}

/// A text as a literal's value: in single quotes, those inside doubled.
pub(super) fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A constant from `{"Literal": {"Value": …}}`.
pub(super) fn read_literal(value: &Value) -> Option<Literal> {
    let text = value.get("Literal")?.get("Value")?.as_str()?;
    if let Some(inner) = text.strip_prefix('\'').and_then(|t| t.strip_suffix('\'')) {
        return Some(Literal::Text(inner.replace("''", "'")));
    }
    if let Some(date) = text.strip_prefix("datetime'").and_then(|t| t.strip_suffix('\'')) {
        return Some(Literal::Date(date.to_owned()));
    }
    match text {
        "true" => return Some(Literal::Bool(true)),
        "false" => return Some(Literal::Bool(false)),
        "null" => return Some(Literal::Null),
        _ => {}
    }
    let number = text.get(..text.len().checked_sub(1)?)?;
    match text.as_bytes().last()? {
        b'L' => number.parse().ok().map(Literal::Integer),
        b'D' => number.parse().ok().map(Literal::Number),
        b'M' => number.parse::<f64>().ok().map(|_| Literal::Decimal(number.to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: Json<'_>) -> Value {
        json.to_value()
    }

    #[test]
    fn constants_survive() {
        let all = [
            Literal::Text("O'Brien".into()),
            Literal::Integer(-3),
            Literal::Number(12.5),
            Literal::Decimal("1.10".into()),
            Literal::Bool(true),
            Literal::Date("2026-01-31T00:00:00".into()),
            Literal::Null,
        ];
        for constant in all {
            assert_eq!(read_literal(&value(literal(&constant))), Some(constant));
        }
        assert_eq!(value(literal(&Literal::Text("O'Brien".into()))), serde_json::json!({"Literal": {"Value": "'O''Brien'"}}));
        assert_eq!(value(literal(&Literal::Number(12.0))), serde_json::json!({"Literal": {"Value": "12D"}}));
        assert_eq!(read_literal(&serde_json::json!({"Literal": {"Value": "12"}})), None, "numbers carry their type");
    }

    #[test]
    fn aliases_are_numbered_letters() {
        let mut aliases = Aliases::default();
        assert_eq!([aliases.of("Contacts"), aliases.of("Credit Notes"), aliases.of("Contacts"), aliases.of("1")], ["c", "c1", "c", "t"]);
    }

    #[test]
    fn fields_survive_with_aliases() {
        let fields = [
            Field::column("Date", "Month"),
            Field::measure("Measures", "Cash in"),
            Field::Aggregation { table: "Invoices".into(), column: "Amount".into(), function: Aggregation::Max },
            Field::Level { table: "Date".into(), hierarchy: "Calendar".into(), level: "Year".into() },
        ];
        for wanted in fields {
            assert_eq!(read_field(&value(field(&wanted)), &|_| None), wanted);
            let mut aliases = Aliases::default();
            let json = value(aliased(&wanted, &mut aliases));
            let tables = |alias: &str| aliases.tables.iter().find(|(a, _)| a == alias).map(|(_, t)| t.clone());
            assert_eq!(read_field(&json, &tables), wanted);
        }
    }
}
