//! The DAX that a visual stands for: SUMMARIZECOLUMNS over its grouping fields with the filters of report, page, visual and selection.

use serde_json::Value as Json;

use crate::model::{Column, Model, Table};
use crate::report::{
    Aggregation, Color, Comparison, Condition, DateUnit, Field, Filter, InteractionKind, Literal, Page, Property, Relative, Report,
    Selector, Visual,
};

/// What somebody selected: values of a column.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// As DAX writes it: `'Date'[Month]`.
    pub column: String,
    /// Values as the page shows them.
    pub values: Vec<Json>,
}

/// A key for pre-computed answers; the page makes the same one.
pub fn key(selections: &[Selection]) -> String {
    let mut parts: Vec<String> = selections.iter().map(|s| format!("{}={}", s.column, Json::from(s.values.clone()))).collect();
    parts.sort();
    parts.join("&")
}

/// How a column's texts are made.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// By a format string.
    Format(String),
    /// By the format string in another column of the answer.
    Column(usize),
}

/// A value of a visual: where it stands in the answer and how it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// Its column.
    pub at: usize,
    /// Its text.
    pub shown: Shown,
}

/// Sums of a level: where the answer says that a row sums up, and which fields it sums up.
#[derive(Clone, Debug, PartialEq)]
struct Rollup {
    /// Column of the flag.
    at: usize,
    /// Depth of the row fields that a detail row has, or `None` for the column fields.
    depth: Option<usize>,
}

/// The query of a visual and how its answer is read.
#[derive(Clone, Debug, PartialEq)]
pub struct VisualQuery {
    /// The query.
    pub dax: String,
    /// Names of the columns that the places below count; an engine may answer them in another order.
    pub names: Vec<String>,
    /// Heading, role and reference of each grouping column and value.
    pub columns: Vec<Json>,
    /// Places of the grouping columns.
    pub groups: Vec<usize>,
    /// Values.
    pub values: Vec<Value>,
    /// Places of colours that measures give.
    pub extras: Vec<usize>,
    /// Conditional formats of the values; those with `at` have their colour in a column of their own behind the texts.
    pub styles: Vec<Json>,
    /// Most rows that are shown.
    pub limit: usize,
    /// How many of the grouping columns are rows of a matrix.
    rows: usize,
    is_matrix: bool,
    rollups: Vec<Rollup>,
    /// Places of the columns that order the column fields.
    order: Vec<usize>,
}

/// Rows of an answer by what they stand for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parts {
    /// Rows of each depth.
    pub levels: Vec<Vec<usize>>,
    /// Totals: of a table `all`; of a matrix `columns` (each depth without the column fields), `rows` (by the column fields), `all`.
    pub totals: Vec<(&'static str, Vec<usize>)>,
    /// Places of the grouping columns of each part: levels first, then totals.
    pub groups: Vec<Vec<usize>>,
    /// A row per head of a matrix in their order, where no total says it.
    pub order: Vec<usize>,
}

impl VisualQuery {
    /// How many of the grouping columns are rows.
    pub fn depth(&self) -> usize {
        if self.is_matrix { self.rows } else { self.groups.len() }
    }

    /// Sorts the rows of an answer into levels and totals. `cell` gives a cell by row and column.
    pub fn parts(&self, count: usize, cell: &dyn Fn(usize, usize) -> crate::table::Value) -> Parts {
        let (rows, across) = self.groups.split_at(if self.is_matrix { self.rows } else { self.groups.len() });
        let is_sum = |row: usize, at: usize| cell(row, at) == crate::table::Value::Boolean(true);
        let depths = if self.is_matrix { rows.len() } else { 1 };
        let mut levels = vec![Vec::new(); depths];
        let mut columns = vec![Vec::new(); depths];
        let (mut by, mut all) = (Vec::new(), Vec::new());
        for row in 0..count {
            let mut depth = depths;
            let mut is_across = true;
            for rollup in self.rollups.iter().filter(|r| is_sum(row, r.at)) {
                match rollup.depth {
                    Some(d) => depth = depth.min(d),
                    None => is_across = false,
                }
            }
            match (depth, is_across) {
                (0, true) if !across.is_empty() => by.push(row),
                (0, _) => all.push(row),
                (d, true) => levels[d - 1].push(row),
                (d, false) => columns[d - 1].push(row),
            }
        }
        let mut parts = Parts::default();
        for (d, found) in levels.into_iter().enumerate() {
            parts.levels.push(found);
            parts.groups.push(if self.is_matrix { [&rows[..=d], across].concat() } else { self.groups.clone() });
        }
        let has = |of: &dyn Fn(&Rollup) -> bool| self.rollups.iter().any(of);
        if has(&|r| r.depth.is_none()) {
            for (d, found) in columns.into_iter().enumerate() {
                parts.totals.push(("columns", found));
                parts.groups.push(rows[..=d].to_vec());
            }
        }
        let has_total = has(&|r| r.depth == Some(0));
        if has_total && !across.is_empty() {
            parts.totals.push(("rows", by));
            parts.groups.push(across.to_vec());
        } else if !across.is_empty() {
            // The heads of a matrix without a total over its rows stand in the order of their columns.
            let mut heads: Vec<usize> = parts.levels.iter().flatten().copied().collect();
            let keys: Vec<usize> = self.order.iter().chain(across).copied().collect();
            let compare = |a: &usize, b: &usize| {
                let pairs = keys.iter().map(|at| compare(&cell(*a, *at), &cell(*b, *at)));
                pairs.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
            };
            heads.sort_by(compare);
            heads.dedup_by(|a, b| across.iter().all(|at| cell(*a, *at) == cell(*b, *at)));
            parts.order = heads;
        }
        if has_total && (!all.is_empty() || across.is_empty()) {
            parts.totals.push(("all", all));
            parts.groups.push(Vec::new());
        }
        parts
    }
}

/// Order of two cells of a column.
fn compare(a: &crate::table::Value, b: &crate::table::Value) -> std::cmp::Ordering {
    use crate::table::Value as Cell;
    let number = |value: &Cell| match value {
        Cell::Int64(n) => Some(*n as f64),
        Cell::Double(x) | Cell::DateTime(x) => Some(*x),
        Cell::Currency(c) => Some(c.to_f64()),
        Cell::Boolean(b) => Some(f64::from(u8::from(*b))),
        Cell::Blank => Some(f64::NEG_INFINITY),
        Cell::String(_) | Cell::Binary(_) => None,
    };
    match (number(a), number(b), a, b) {
        (Some(x), Some(y), ..) => x.total_cmp(&y),
        (None, None, Cell::String(x), Cell::String(y)) => x.to_lowercase().cmp(&y.to_lowercase()).then_with(|| x.cmp(y)),
        (Some(_), None, ..) => std::cmp::Ordering::Less,
        (None, Some(_), ..) => std::cmp::Ordering::Greater,
        _ => std::cmp::Ordering::Equal,
    }
}

fn quote(name: &str) -> String {
    format!("'{}'", name.replace('\'', "''"))
}

fn bracket(name: &str) -> String {
    format!("[{}]", name.replace(']', "]]"))
}

fn text(value: &str) -> String {
    format!("\"{}\"", value.replace('"', "\"\""))
}

/// A grouping field as DAX; `None` for measures and expressions that only Power BI understands.
pub fn notation(model: &Model, field: &Field) -> Option<String> {
    match field {
        Field::Column { table, column } => Some(format!("{}{}", quote(table), bracket(column))),
        Field::Level { table, hierarchy, level } => {
            let found = model.table(table)?.hierarchies.iter().find(|h| h.name == *hierarchy)?.levels.iter().find(|l| l.name == *level)?;
            Some(format!("{}{}", quote(table), bracket(&found.column)))
        }
        _ => None,
    }
}

/// A value field as DAX.
fn value(field: &Field) -> Option<String> {
    match field {
        Field::Measure { measure, .. } => Some(bracket(measure)),
        Field::Aggregation { table, column, function } => {
            let column = format!("{}{}", quote(table), bracket(column));
            let name = match function {
                Aggregation::Sum => "SUM",
                Aggregation::Average => "AVERAGE",
                Aggregation::DistinctCount => "DISTINCTCOUNT",
                Aggregation::Min => "MIN",
                Aggregation::Max => "MAX",
                Aggregation::Count => "COUNTA",
                Aggregation::Median => "MEDIAN",
                Aggregation::StandardDeviation => "STDEV.P",
                Aggregation::Variance => "VAR.P",
            };
            Some(format!("{name} ( {column} )"))
        }
        _ => None,
    }
}

/// How a value is written: the visual's own format, the measure's dynamic or static one, the column's. `Err` is the DAX of a dynamic one.
fn format(model: &Model, field: &Field, own: Option<&str>) -> Result<String, String> {
    if let Some(own) = own {
        return Ok(own.to_owned());
    }
    match field {
        Field::Measure { measure, .. } => match model.measure(measure) {
            Some((_, m)) => match (&m.format_string_definition, &m.format_string) {
                (Some(dax), _) => Err(dax.text.trim().to_owned()),
                (None, format) => Ok(format.clone().unwrap_or_default()),
            },
            None => Ok(String::new()),
        },
        Field::Aggregation { table, column, .. } => {
            let format = model.table(table).and_then(|t| t.column(column)).and_then(|c| c.format_string.clone());
            Ok(format.unwrap_or_else(|| "#,0.##".to_owned()))
        }
        _ => Ok(String::new()),
    }
}

fn literal(value: &Literal) -> String {
    match value {
        Literal::Text(s) => text(s),
        Literal::Integer(n) => n.to_string(),
        Literal::Number(x) => format!("{x}"),
        Literal::Decimal(s) => s.clone(),
        Literal::Bool(b) => if *b { "TRUE ()" } else { "FALSE ()" }.to_owned(),
        Literal::Date(iso) => date(iso),
        Literal::Null => "BLANK ()".to_owned(),
    }
}

fn date(iso: &str) -> String {
    match iso.get(..10).and_then(|d| d.parse::<crate::base::Date>().ok()) {
        Some(day) => {
            let (y, m, d) = day.ymd();
            format!("DATE ( {y}, {m}, {d} )")
        }
        None => text(iso),
    }
}

fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "=",
        Comparison::NotEqual => "<>",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
    }
}

/// A condition over an expression; `None` where only Power BI can tell.
fn condition(of: &str, condition: &Condition) -> Option<String> {
    Some(match condition {
        Condition::All => return None,
        Condition::In { values, excludes } => {
            let list: Vec<String> = values.iter().map(literal).collect();
            let holds = format!("{of} IN {{ {} }}", list.join(", "));
            if *excludes { format!("NOT ( {holds} )") } else { holds }
        }
        Condition::Compare(comparison, value) => {
            format!("{of} {} {}", sign(*comparison), literal(value))
        }
        Condition::Between(low, high) => format!("{of} >= {} && {of} <= {}", literal(low), literal(high)),
        Condition::Contains(part) => format!("SEARCH ( {}, {of}, 1, 0 ) > 0", text(part)),
        Condition::StartsWith(part) => format!("SEARCH ( {}, {of}, 1, 0 ) = 1", text(part)),
        Condition::IsBlank => format!("ISBLANK ( {of} )"),
        Condition::IsNotBlank => format!("NOT ISBLANK ( {of} )"),
        Condition::And(a, b) => format!("( {} ) && ( {} )", self::condition(of, a)?, self::condition(of, b)?),
        Condition::Or(a, b) => format!("( {} ) || ( {} )", self::condition(of, a)?, self::condition(of, b)?),
        Condition::Not(a) => format!("NOT ( {} )", self::condition(of, a)?),
        Condition::Top { .. } | Condition::Relative(_) | Condition::Raw(..) => return None,
    })
}

/// A filter on a column as a table, as Power BI writes it; filters on measures are [`having`]. `others` are the filters that rank with a Top N.
fn filter(model: &Model, one: &Filter, others: &[String]) -> Option<String> {
    let column = notation(model, &one.field)?;
    let values = format!("KEEPFILTERS ( VALUES ( {column} ) )");
    match &one.condition {
        Condition::In { values, excludes: false } => {
            let list: Vec<String> = values.iter().map(literal).collect();
            Some(format!("TREATAS ( {{ {} }}, {column} )", list.join(", ")))
        }
        Condition::Top { count, is_bottom, by } => {
            let by = value(by)?;
            let top = format!("TOPN ( {count}, VALUES ( {column} ), CALCULATE ( {by} ), {} )", if *is_bottom { "ASC" } else { "DESC" });
            Some(if others.is_empty() { top } else { format!("CALCULATETABLE ( {top}, {} )", others.join(", ")) })
        }
        Condition::Relative(relative) => {
            let (from, to) = days(*relative);
            Some(format!("FILTER ( {values}, {column} >= {from} && {column} < {to} )"))
        }
        other => Some(format!("FILTER ( {values}, {} )", condition(&column, other)?)),
    }
}

/// First day of a relative period and the day after its last.
fn days(relative: Relative) -> (String, String) {
    let n = relative.amount.abs();
    let moved = |amount: i64| match relative.unit {
        DateUnit::Day => format!("TODAY () + {amount}"),
        DateUnit::Week => format!("TODAY () + {}", amount * 7),
        DateUnit::Month => format!("EDATE ( TODAY (), {amount} )"),
        DateUnit::Year => format!("EDATE ( TODAY (), {} )", amount * 12),
    };
    let after = |day: String, is_later: bool| if is_later { format!("{day} + 1") } else { day };
    match relative.amount {
        0 => match relative.unit {
            DateUnit::Day => ("TODAY ()".to_owned(), "TODAY () + 1".to_owned()),
            DateUnit::Week => ("TODAY () - WEEKDAY ( TODAY (), 2 ) + 1".to_owned(), "TODAY () - WEEKDAY ( TODAY (), 2 ) + 8".to_owned()),
            DateUnit::Month => ("EOMONTH ( TODAY (), -1 ) + 1".to_owned(), "EOMONTH ( TODAY (), 0 ) + 1".to_owned()),
            DateUnit::Year => ("DATE ( YEAR ( TODAY () ), 1, 1 )".to_owned(), "DATE ( YEAR ( TODAY () ) + 1, 1, 1 )".to_owned()),
        },
        amount if amount < 0 => (after(moved(-n), relative.includes_today), after("TODAY ()".to_owned(), relative.includes_today)),
        _ => (after("TODAY ()".to_owned(), !relative.includes_today), after(moved(n), !relative.includes_today)),
    }
}

fn constant(value: &Json) -> String {
    match value {
        Json::String(s) if s.len() == 10 && s.parse::<crate::base::Date>().is_ok() => date(s),
        Json::String(s) => text(s),
        Json::Bool(b) => if *b { "TRUE ()" } else { "FALSE ()" }.to_owned(),
        Json::Number(n) => n.to_string(),
        _ => "BLANK ()".to_owned(),
    }
}

/// A selection as a table argument; `{"from": …, "to": …}` is a range with both ends.
fn selected(selection: &Selection) -> String {
    let column = &selection.column;
    if let [Json::Object(range)] = selection.values.as_slice() {
        let bounds = [("from", ">="), ("to", "<=")];
        let tests: Vec<String> = bounds
            .iter()
            .filter_map(|(key, sign)| Some(format!("{column} {sign} {}", constant(range.get(*key).filter(|v| !v.is_null())?))))
            .collect();
        let test = if tests.is_empty() { "TRUE ()".to_owned() } else { tests.join(" && ") };
        return format!("FILTER ( KEEPFILTERS ( VALUES ( {column} ) ), {test} )");
    }
    let list: Vec<String> = selection.values.iter().map(constant).collect();
    format!("TREATAS ( {{ {} }}, {column} )", list.join(", "))
}

/// Whether a text is a column of the model as [`notation`] writes it; a selection that is not one is no filter.
pub fn is_column(model: &Model, notation: &str) -> bool {
    column_of(model, notation).is_some()
}

/// Whether a visual lets readers choose.
pub fn is_slicer(visual: &Visual) -> bool {
    crate::report::catalog::VisualType::by_name(visual.type_name()).is_some_and(|kind| kind.is_slicer())
}

/// What a slicer has chosen when the report is opened; `None` for nothing, and for what only Power BI understands.
pub fn chosen_at_first(model: &Model, visual: &Visual) -> Option<Selection> {
    let Some(Property::Selection(field, condition)) = visual.object("general", "filter").filter(|_| is_slicer(visual)) else { return None };
    let range = |from: Json, to: Json| vec![serde_json::json!({"from": from, "to": to})];
    let values = match condition {
        Condition::In { values, excludes: false } => values.iter().map(literal_json).collect(),
        Condition::Compare(Comparison::Equal, one) => vec![literal_json(one)],
        Condition::Compare(Comparison::GreaterOrEqual, from) => range(literal_json(from), Json::Null),
        Condition::Compare(Comparison::LessOrEqual, to) => range(Json::Null, literal_json(to)),
        Condition::Between(from, to) => range(literal_json(from), literal_json(to)),
        _ => return None,
    };
    if values.is_empty() { None } else { Some(Selection { column: notation(model, field)?, values }) }
}

/// A value of a file as cells of answers have it.
fn literal_json(value: &Literal) -> Json {
    match value {
        Literal::Text(text) => text.as_str().into(),
        Literal::Integer(n) => (*n).into(),
        Literal::Number(x) => (*x).into(),
        Literal::Decimal(text) => text.parse::<f64>().map_or(Json::Null, Json::from),
        Literal::Bool(b) => (*b).into(),
        Literal::Date(iso) => iso.get(..10).unwrap_or(iso).into(),
        Literal::Null => Json::Null,
    }
}

/// Whether a selection reaches a visual: not a slicer by its own column, and not where the page says that the slicer has no effect.
fn reaches(model: &Model, page: &Page, visual: &Visual, selection: &Selection) -> bool {
    let of = |visual: &Visual| visual.fields().next().and_then(|(_, f)| notation(model, &f.field));
    if is_slicer(visual) && of(visual).as_deref() == Some(selection.column.as_str()) {
        return false;
    }
    !page.visuals.iter().filter(|v| v.type_name() == "slicer" && of(v).as_deref() == Some(selection.column.as_str())).any(|slicer| {
        page.interactions.iter().any(|i| i.source == slicer.name && i.target == visual.name && i.kind == InteractionKind::None)
    })
}

/// The filters that apply to a visual.
fn filters(model: &Model, report: &Report, page: &Page, visual: &Visual, selections: &[Selection]) -> Vec<String> {
    let fixed = || report.filters.iter().chain(&page.filters).chain(&visual.filters);
    let is_top = |one: &&Filter| matches!(one.condition, Condition::Top { .. });
    let chosen = selections.iter().filter(|s| reaches(model, page, visual, s)).map(selected);
    let mut all: Vec<String> = fixed().filter(|one| !is_top(one)).filter_map(|one| filter(model, one, &[])).chain(chosen).collect();
    let tops: Vec<String> = fixed().filter(is_top).filter_map(|one| filter(model, one, &all)).collect();
    all.extend(tops);
    all
}

/// Conditional formats of a value: what the page needs and the DAX of those that a measure gives.
fn styles(visual: &Visual, values: &[(&Field, Option<&str>, &str, String, String)]) -> (Vec<Json>, Vec<String>) {
    let (mut found, mut measures) = (Vec::new(), Vec::new());
    for (index, (field, _, _, _, reference)) in values.iter().enumerate() {
        let of = |selector: &Selector| match selector {
            Selector::Field(name) | Selector::Each { field: Some(name), .. } => name == reference,
            _ => false,
        };
        let is_each = |o: &crate::report::FormatObject| o.name == "dataPoint" && matches!(o.selector, Selector::Each { field: None, .. });
        for object in visual.objects.iter().filter(|o| of(&o.selector) || is_each(o)) {
            for (property, kind) in [("fontColor", "font"), ("backColor", "back"), ("fill", "fill")] {
                let Some(Property::Color(color)) = object.properties.get(property) else { continue };
                let mut style = serde_json::json!({"value": index, "kind": kind});
                match color {
                    // A series of one colour has it whatever its figures are.
                    Color::Hex(_) if kind == "fill" => continue,
                    Color::Hex(hex) => style["color"] = hex.as_str().into(),
                    Color::Field(by) => {
                        let Some(by) = value(by) else { continue };
                        style["at"] = measures.len().into();
                        measures.push(by);
                    }
                    Color::Rules(rules) if rules.iter().any(|rule| rule.field == **field) => {
                        let rules = rules.iter().filter(|rule| rule.field == **field).map(|rule| {
                            let sign = sign(rule.comparison);
                            let bound = match &rule.value {
                                Literal::Integer(n) => Json::from(*n),
                                Literal::Number(x) => Json::from(*x),
                                Literal::Decimal(text) => text.parse::<f64>().map_or(Json::Null, Json::from),
                                Literal::Text(text) => text.as_str().into(),
                                _ => Json::Null,
                            };
                            serde_json::json!([sign, bound, rule.color])
                        });
                        style["rules"] = rules.collect();
                    }
                    Color::Gradient(gradient) if gradient.by == **field => {
                        let stop = |stop: &crate::report::Stop| serde_json::json!([stop.value, stop.color]);
                        style["scale"] =
                            std::iter::once(&gradient.min).chain(&gradient.mid).chain(std::iter::once(&gradient.max)).map(stop).collect();
                    }
                    _ => continue,
                }
                found.push(style);
            }
            if let Some(Property::Raw(bars)) = object.properties.get("dataBars") {
                let color = |key: &str| {
                    let text = bars[key]["solid"]["color"]["expr"]["Literal"]["Value"].as_str().unwrap_or_default();
                    Json::from(text.trim_matches('\''))
                };
                found.push(serde_json::json!({"value": index, "kind": "bar", "positive": color("positiveColor"), "negative": color("negativeColor")}));
            }
        }
    }
    (found, measures)
}

/// A field as one value under the visual's filters, for dynamic titles.
pub fn scalar(model: &Model, report: &Report, page: &Page, visual: &Visual, field: &Field, selections: &[Selection]) -> Option<String> {
    let value = value(field)?;
    let filters = filters(model, report, page, visual, selections);
    Some(if filters.is_empty() { value } else { format!("CALCULATE ( {value}, {} )", filters.join(", ")) })
}

/// Conditions on measures: which groups stay.
fn having(model: &Model, one: &Filter) -> Option<(String, String)> {
    if notation(model, &one.field).is_some() {
        return None;
    }
    Some((value(&one.field)?, condition("[m]", &one.condition)?))
}

/// A name that no other column of the query has.
fn unique(wanted: &str, taken: &mut Vec<String>) -> String {
    let plain: String = wanted.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let mut name = plain.clone();
    let mut n = 1;
    while taken.contains(&name) {
        name = format!("{plain}_{n}");
        n += 1;
    }
    taken.push(name.clone());
    name
}

/// The columns of an answer while a query is written.
#[derive(Default)]
struct Layout {
    arguments: Vec<String>,
    /// Names of the answer's columns.
    names: Vec<String>,
    /// Keys of the order: expression and whether it descends.
    keys: Vec<(String, bool)>,
}

impl Layout {
    /// A grouping column with those that sort it; the places of the column and of its sorter.
    fn columns(
        &mut self,
        columns: &[String],
        sorted: &[Option<String>],
        descends: &dyn Fn(&str) -> bool,
    ) -> (Vec<usize>, Vec<usize>, Vec<String>) {
        let (mut at, mut sorters, mut written) = (Vec::new(), Vec::new(), Vec::new());
        for (column, sorter) in columns.iter().zip(sorted) {
            at.push(self.names.len());
            self.names.push(column.clone());
            written.push(column.clone());
            if let Some(sorter) = sorter.as_ref().filter(|s| !columns.contains(s)) {
                sorters.push(self.names.len());
                self.names.push(sorter.clone());
                written.push(sorter.clone());
                self.keys.push((sorter.clone(), descends(column)));
            }
            self.keys.push((column.clone(), descends(column)));
        }
        (at, sorters, written)
    }
}

/// The query of a visual; `None` for one that shows no data.
pub fn of(model: &Model, report: &Report, page: &Page, visual: &Visual, selections: &[Selection]) -> Option<VisualQuery> {
    let is_matrix = visual.type_name() == "pivotTable" && visual.fields().any(|(role, _)| role == "Rows");
    let mut groups: Vec<(String, &str, String, String)> = Vec::new();
    let mut values: Vec<(&Field, Option<&str>, &str, String, String)> = Vec::new();
    for (role, projection) in visual.fields() {
        // A field in a tooltip does not change what the visual shows.
        if role == "Tooltips" {
            continue;
        }
        if let Some(column) = notation(model, &projection.field) {
            if !groups.iter().any(|(c, ..)| *c == column) {
                groups.push((column, role, projection.heading().to_owned(), projection.query_ref()));
            }
        } else if value(&projection.field).is_some() {
            values.push((&projection.field, projection.format.as_deref(), role, projection.heading().to_owned(), projection.query_ref()));
        }
    }
    if groups.is_empty() && values.is_empty() {
        return None;
    }
    if is_matrix {
        // Rows before columns, whatever the order of the file.
        groups.sort_by_key(|(_, role, ..)| *role != "Rows");
    }
    let filters = filters(model, report, page, visual, selections);
    let mut names: Vec<String> = Vec::new();
    let mut variables: Vec<(String, String)> = Vec::new();
    for (i, table) in filters.into_iter().enumerate() {
        variables.push((format!("__DS0FilterTable{}", if i == 0 { String::new() } else { (i + 1).to_string() }), table));
    }
    let mut tables: Vec<String> = variables.iter().map(|(name, _)| name.clone()).collect();
    let sorter = |column: &String| sort_column(model, column);
    let all_groups: Vec<String> = groups.iter().map(|(column, ..)| column.clone()).collect();
    // Conditions on measures keep or drop whole groups, and totals are over those that stay.
    if !all_groups.is_empty() {
        let conditions = visual.filters.iter().filter_map(|one| having(model, one)).collect::<Vec<_>>();
        for (i, (measure, test)) in conditions.into_iter().enumerate() {
            let name = format!("__ValueFilterDM{}", i + 1);
            let of: Vec<String> = all_groups.iter().chain(&tables).cloned().collect();
            variables.push((
                name.clone(),
                format!("FILTER ( KEEPFILTERS ( SUMMARIZECOLUMNS ( {}, \"m\", {measure} ) ), {test} )", of.join(", ")),
            ));
            tables.push(name);
        }
    }
    let direction =
        |column: &str| visual.sort.iter().any(|sort| sort.descending && notation(model, &sort.field).as_deref() == Some(column));
    let is_on = |object: &str, property: &str| visual.object(object, property) != Some(&Property::Bool(false));
    let mut layout = Layout::default();
    let mut rollups = Vec::new();
    let mut order = Vec::new();
    let mut places = Vec::new();
    let mut has_total_row = false;
    let row_count = groups.iter().filter(|(_, role, ..)| is_matrix && *role == "Rows").count();
    if is_matrix {
        let outer = groups.first().map(|(.., reference)| reference.as_str());
        let off = visual.objects.iter().any(|o| {
            o.name == "subTotals"
                && matches!(&o.selector, Selector::Field(name) if Some(name.as_str()) == outer)
                && o.properties.get("levelSubtotalEnabled") == Some(&Property::Bool(false))
        });
        let has_total = is_on("subTotals", "rowSubtotals") && !off;
        has_total_row = has_total;
        let mut levels = Vec::new();
        for (depth, (column, ..)) in groups[..row_count].iter().enumerate() {
            let flag = if depth == 0 { "IsGrandTotalRowTotal".to_owned() } else { format!("IsDM{depth}Total") };
            let is_summed = depth > 0 || has_total;
            if is_summed {
                layout.keys.push((bracket(&flag), true));
            }
            let (at, _, written) = layout.columns(std::slice::from_ref(column), &[sorter(column)], &direction);
            places.extend(at);
            let group = if written.len() > 1 { format!("ROLLUPGROUP ( {} )", written.join(", ")) } else { written.join(", ") };
            if is_summed {
                rollups.push(Rollup { at: layout.names.len(), depth: Some(depth) });
                layout.names.push(bracket(&flag));
                levels.push(format!("{group}, {}", text(&flag)));
            } else {
                layout.arguments.extend(written);
            }
        }
        if !levels.is_empty() {
            layout.arguments.push(format!("ROLLUPADDISSUBTOTAL (\n\t\t\t\t{}\n\t\t\t)", levels.join(",\n\t\t\t\t")));
        }
        let across: Vec<String> = all_groups[row_count..].to_vec();
        if !across.is_empty() {
            let is_summed = is_on("subTotals", "columnSubtotals");
            if is_summed {
                layout.keys.push(("[IsGrandTotalColumnTotal]".to_owned(), true));
            }
            let sorters: Vec<Option<String>> = across.iter().map(sorter).collect();
            let (at, sorted, written) = layout.columns(&across, &sorters, &direction);
            places.extend(at);
            order = sorted;
            if is_summed {
                rollups.push(Rollup { at: layout.names.len(), depth: None });
                layout.names.push("[IsGrandTotalColumnTotal]".to_owned());
                layout
                    .arguments
                    .push(format!("ROLLUPADDISSUBTOTAL ( ROLLUPGROUP ( {} ), \"IsGrandTotalColumnTotal\" )", written.join(", ")));
            } else {
                layout.arguments.extend(written);
            }
        }
    } else if !all_groups.is_empty() {
        let is_summed = visual.type_name() == "tableEx" && !values.is_empty() && is_on("total", "totals");
        has_total_row = is_summed;
        if is_summed {
            layout.keys.push(("[IsGrandTotalRowTotal]".to_owned(), true));
        }
        let sorters: Vec<Option<String>> = all_groups.iter().map(sorter).collect();
        let (at, _, written) = layout.columns(&all_groups, &sorters, &direction);
        places.extend(at);
        if is_summed {
            rollups.push(Rollup { at: layout.names.len(), depth: Some(0) });
            layout.names.push("[IsGrandTotalRowTotal]".to_owned());
            layout.arguments.push(format!("ROLLUPADDISSUBTOTAL ( ROLLUPGROUP ( {} ), \"IsGrandTotalRowTotal\" )", written.join(", ")));
        } else {
            layout.arguments.extend(written);
        }
    }
    layout.arguments.extend(tables);
    let mut shown = Vec::new();
    for (field, own, ..) in &values {
        let name = unique(field.name(), &mut names);
        layout.arguments.push(format!("{}, {}", text(&name), value(field)?));
        let at = layout.names.len();
        layout.names.push(bracket(&name));
        shown.push((name, *field, format(model, field, *own), at));
    }
    let mut made = Vec::new();
    for (name, _, format, at) in &shown {
        let by = match format {
            Ok(format) => Shown::Format(format.clone()),
            Err(dax) => {
                let name = unique(&format!("v_{name}_FormatString"), &mut names);
                layout.arguments.push(format!("{}, IGNORE ( {dax} )", text(&name)));
                layout.names.push(bracket(&name));
                Shown::Column(layout.names.len() - 1)
            }
        };
        made.push(Value { at: *at, shown: by });
    }
    let (styles, colors) = styles(visual, &values);
    let mut extras = Vec::new();
    for dax in &colors {
        let name = unique("Colour", &mut names);
        layout.arguments.push(format!("{}, IGNORE ( {dax} )", text(&name)));
        extras.push(layout.names.len());
        layout.names.push(bracket(&name));
    }
    // The order: totals first, then as the visual sorts, then by the grouping columns.
    let mut keys: Vec<(String, bool)> = Vec::new();
    if !is_matrix {
        keys.extend(layout.keys.iter().filter(|(key, _)| key.starts_with("[Is")).cloned());
        for sort in &visual.sort {
            match notation(model, &sort.field) {
                Some(column) => {
                    let by = layout.keys.iter().position(|(key, _)| *key == column);
                    // The sorting column, when there is one, stands before its column.
                    if let Some(at) = by {
                        let sorter = sorter(&column).filter(|s| at > 0 && layout.keys[at - 1].0 == *s);
                        keys.extend(sorter.map(|s| (s, sort.descending)));
                        keys.push((column, sort.descending));
                    }
                }
                None => keys
                    .extend(shown.iter().find(|(_, field, ..)| **field == sort.field).map(|(name, ..)| (bracket(name), sort.descending))),
            }
        }
    } else if let Some((name, descends)) = visual.sort.iter().find_map(|sort| {
        let found = shown.iter().find(|(_, field, ..)| **field == sort.field)?;
        Some((bracket(&found.0), sort.descending))
    }) {
        keys.extend(layout.keys.iter().filter(|(key, _)| key.starts_with("[Is")).cloned());
        keys.push((name, descends));
    }
    for key in &layout.keys {
        if !keys.iter().any(|(name, _)| *name == key.0) {
            keys.push(key.clone());
        }
    }
    let limit = match visual.type_name() {
        "tableEx" => 500,
        "pivotTable" => 20_000,
        _ => 3_000,
    };
    let core = format!("SUMMARIZECOLUMNS (\n\t\t\t{}\n\t\t)", layout.arguments.join(",\n\t\t\t"));
    variables.push(("__DS0Core".to_owned(), core));
    let mut dax = String::from("DEFINE\n");
    for (name, table) in &variables {
        dax.push_str(&format!("\tVAR {name} =\n\t\t{table}\n"));
    }
    if keys.is_empty() {
        dax.push_str("EVALUATE\n\t__DS0Core\n");
    } else {
        let most = limit + 1 + usize::from(has_total_row);
        let window: Vec<String> = keys.iter().map(|(key, descends)| format!("{key}, {}", if *descends { "DESC" } else { "ASC" })).collect();
        let by: Vec<String> = keys.iter().map(|(key, descends)| format!("{key}{}", if *descends { " DESC" } else { "" })).collect();
        // A matrix is read whole: a cut would take some of its columns away.
        if is_matrix {
            dax.push_str("EVALUATE\n\t__DS0Core\n");
        } else {
            dax.push_str(&format!("\tVAR __DS0PrimaryWindowed =\n\t\tTOPN ( {most}, __DS0Core, {} )\n", window.join(", ")));
            dax.push_str("EVALUATE\n\t__DS0PrimaryWindowed\n");
        }
        dax.push_str(&format!("ORDER BY\n\t{}\n", by.join(", ")));
    }
    let names = layout
        .names
        .iter()
        .map(|name| column_of(model, name).map_or_else(|| name.clone(), |(t, c)| format!("{}{}", t.name, bracket(&c.name))))
        .collect();
    let mut columns: Vec<Json> =
        groups.iter().map(|(column, role, heading, reference)| serde_json::json!({"name": heading, "role": role, "ref": reference, "column": column, "format": column_format(model, column)})).collect();
    for (_, _, role, heading, reference) in &values {
        columns.push(serde_json::json!({"name": heading, "role": role, "ref": reference}));
    }
    Some(VisualQuery {
        dax,
        names,
        columns,
        groups: places,
        values: made,
        extras,
        styles,
        limit,
        rows: row_count,
        is_matrix,
        rollups,
        order,
    })
}

fn column_of<'a>(model: &'a Model, notation: &str) -> Option<(&'a Table, &'a Column)> {
    model.tables.iter().find_map(|table| {
        let name = notation.strip_prefix(&quote(&table.name))?;
        Some((table, table.columns.iter().find(|c| bracket(&c.name) == name)?))
    })
}

/// The column that a column is sorted by.
fn sort_column(model: &Model, notation: &str) -> Option<String> {
    let (table, column) = column_of(model, notation)?;
    column.sort_by.as_ref().map(|by| format!("{}{}", quote(&table.name), bracket(by)))
}

fn column_format(model: &Model, notation: &str) -> Option<String> {
    column_of(model, notation)?.1.format_string.clone()
}
