//! Handlebars templates + model + source → the M text of every query.
//!
//! In: a [`Project`] with the files of `templates/`, the source to build for, and for the `sample` source the raw pages of the built-in
//! company. Out: one M expression per table with a template, and the shared expressions: parameters, the source function `Companies` and the
//! functions that the tables need. Out of scope: evaluating M (`m`) and writing files (`format`, `emit`).
//!
//! Layout of `templates/`: `tables/<name>.m.hbs` maps raw answers to one table, `functions/<Name>.m.hbs` holds one shared function,
//! `sources/<source>.m.hbs` gives the function `Companies`, `connector/` the custom connector, `glossary/<language>.txt` notes.

mod calls;
mod compile;
mod connector;
mod glossary;
mod order;
mod refresh;
#[cfg(test)]
mod tests;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use compile::compiled;
use handlebars::{Context, Handlebars, Output, RenderContext, Renderable, no_escape};
use serde_json::{Value as Json, json};

pub use calls::{Call, calls_per_refresh};
pub use connector::{Connector, LoginPage, SignedIn, World};
pub use order::{calculated, queries};
pub use refresh::{Refresh, Refreshed};
pub use text::{field, literal};

use crate::base::{Diagnostic, FileSet, nearest};
use crate::model::{ColumnKind, NamedExpression, PartitionSource, Source, Table};
use crate::project::Project;
use crate::project::lineage::uuid;
use crate::project::raw::{FolderKind, SourceKind};
use crate::sample::Packed;
use crate::table::DataType;

/// What to render for.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    /// Where the data comes from.
    pub source: SourceKind,
    /// Language of the glossary: `en`, `fr`, `nl` or a culture such as `fr-FR`.
    pub locale: &'a str,
    /// For [`SourceKind::Sample`]: files of a company folder.
    pub sample: &'a [Packed],
}

/// M of a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Queries {
    /// Table → M of its partition, in the order of the model.
    pub tables: Vec<(String, String)>,
    /// Parameters, then functions in order of name.
    pub expressions: Vec<NamedExpression>,
}

/// Renders the queries of `project`.
///
/// # Errors
/// Templates that do not exist or do not render (P0220, P0221).
pub fn render(project: &Project, options: &Options<'_>) -> Result<Queries, Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    let templates = Templates::new(&project.templates)?;
    let common = context(project, options);
    let mut tables = Vec::new();
    for template in &project.table_templates {
        let Some(table) = project.model.table(&template.table) else { continue };
        let name = format!("tables/{}", template.template.value);
        if !templates.texts.contains_key(&name) {
            let known: Vec<&str> = templates.texts.keys().filter_map(|key| key.strip_prefix("tables/")).collect();
            let mut problem = Diagnostic::error("P0220", format!("template `{}` not found", template.template.value))
                .at(template.template.span, "no such file in `templates/tables`");
            if let Some(near) = nearest(&template.template.value, known) {
                problem = problem.help(format!("a template with a similar name exists: `{near}`"));
            }
            diagnostics.push(problem);
            continue;
        }
        match tables_query(&templates, &common, project, options, table, &template.template.value) {
            Ok(text) => tables.push((table.name.clone(), text)),
            Err(problem) => diagnostics.push(problem),
        }
    }

    // Functions that a table needs, directly or through another function.
    let mut functions: BTreeMap<String, Rc<String>> = BTreeMap::new();
    let mut waiting: Vec<Rc<String>> = tables.iter().map(|(_, text)| Rc::new(text.clone())).collect();
    waiting.extend(project.model.tables.iter().flat_map(|t| &t.partitions).filter_map(|p| match &p.source {
        PartitionSource::M(m) => Some(Rc::new(m.text.clone())),
        _ => None,
    }));
    let known: BTreeSet<&str> = templates.texts.keys().filter_map(|key| key.strip_prefix("functions/")).collect();
    while let Some(text) = waiting.pop() {
        for word in text::identifiers(&text) {
            let template = match word {
                "Companies" => format!("sources/{}", options.source.as_str()),
                _ if known.contains(word) => format!("functions/{word}"),
                _ => continue,
            };
            if functions.contains_key(word) {
                continue;
            }
            let rendered = match word {
                "Companies" => companies(&templates, &common, options),
                _ => templates.render(&template, common.clone(), 0),
            };
            let text = Rc::new(rendered.unwrap_or_else(|problem| {
                diagnostics.push(problem);
                String::new()
            }));
            functions.insert(word.to_owned(), text.clone());
            waiting.push(text);
        }
    }
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    let parameters = project.parameters.iter().filter(|p| p.sources.contains(&options.source)).map(|p| p.expression());
    let functions = functions.into_iter().map(|(name, text)| NamedExpression {
        lineage_tag: Some(uuid(&["expression", &name])),
        description: String::new(),
        expression: Source::new(Rc::unwrap_or_clone(text)),
        query_group: Some("Functions".to_owned()),
        annotations: vec![("PBI_NavigationStepName".into(), "Navigation".into()), ("PBI_ResultType".into(), "Function".into())],
        span: None,
        name,
    });
    Ok(Queries { tables, expressions: parameters.chain(functions).collect() })
}

/// The queries with other options but the same source as `before` was rendered for, in the model's own language: only what they change is
/// rendered again.
///
/// # Errors
/// As [`render`].
pub fn render_again(project: &Project, options: &Options<'_>, mut before: Queries) -> Result<Queries, Vec<Diagnostic>> {
    let templates = Templates::new(&project.templates)?;
    let common = context(project, options);
    let mut problems = Vec::new();
    let other_language = options.locale != project.model.culture;
    for template in project.table_templates.iter().filter(|t| t.template.value == "glossary" && other_language) {
        let Some(table) = project.model.table(&template.table) else { continue };
        let text = tables_query(&templates, &common, project, options, table, "glossary");
        let slot = before.tables.iter_mut().find(|(name, _)| *name == table.name).map(|(_, text)| text);
        match (text, slot) {
            (Ok(text), Some(slot)) => *slot = text,
            (Ok(_), None) => {}
            (Err(problem), _) => problems.push(problem),
        }
    }
    if let Some(function) = before.expressions.iter_mut().find(|e| e.name == "Companies") {
        match companies(&templates, &common, options) {
            Ok(text) => function.expression = Source::new(text),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(before) } else { Err(problems) }
}

/// The source function.
fn companies(templates: &Templates<'_>, common: &Json, options: &Options<'_>) -> Result<String, Diagnostic> {
    let mut data = common.clone();
    let room = options.sample.iter().map(|file| file.path.len() + file.text.len() + 64).sum();
    // Moved, never copied: the pages are large.
    data["sample"] = match options.source {
        SourceKind::Sample => Json::Object([("endpoints".to_owned(), sample(options.sample))].into_iter().collect()),
        _ => Json::Null,
    };
    templates.render(&format!("sources/{}", options.source.as_str()), data, room)
}

/// The query of a table from `templates/tables/<template>`.
fn tables_query(
    templates: &Templates<'_>,
    common: &Json,
    project: &Project,
    options: &Options<'_>,
    table: &Table,
    template: &str,
) -> Result<String, Diagnostic> {
    let mut data = common.clone();
    data["row_type"] = json!(row_type(table));
    data["table_text"] = json!(literal(&table.name));
    data["glossary"] = if template == "glossary" { json!(glossary::rows(project, options.locale)) } else { json!([]) };
    templates.render(&format!("tables/{template}"), data, 0)
}

/// Renders the queries and puts them into the model: partitions of tables with a template, parameters and functions as shared expressions.
///
/// # Errors
/// As [`render`].
pub fn fill(project: &mut Project, options: &Options<'_>) -> Result<(), Vec<Diagnostic>> {
    let queries = render(project, options)?;
    for (name, text) in queries.tables {
        let Some(table) = project.model.tables.iter_mut().find(|table| table.name == name) else { continue };
        for partition in &mut table.partitions {
            if matches!(partition.source, PartitionSource::M(_)) {
                partition.source = PartitionSource::M(Source::new(text.clone()));
            }
        }
        if let Some(policy) = &mut table.refresh_policy {
            policy.source_expression.text = policy.source_expression.text.replace("{rows}", &text);
        }
    }
    project.model.expressions = queries.expressions;
    Ok(())
}

/// The files of the custom connector without its icons: `Xero.pq` and `resources.resx`, as they lie in the `.mez`.
///
/// # Errors
/// Templates that do not render (P0221).
pub fn connector_files(templates: &FileSet) -> Result<FileSet, Vec<Diagnostic>> {
    let sources = Templates::new(templates)?;
    let mut functions = Vec::new();
    for name in ["AsAtDate", "AsDate", "LivePages", "LiveReports"] {
        let text = sources.render(&format!("functions/{name}"), json!({}), 0).map_err(|problem| vec![problem])?;
        functions.push(json!({ "name": name, "text": text }));
    }
    let mut files = FileSet::new();
    for (path, bytes) in templates.under("connector").iter() {
        match path.strip_suffix(".hbs") {
            Some(plain) => {
                let data = json!({ "functions": functions });
                let text = sources.render(&format!("connector/{plain}"), data, 0).map_err(|problem| vec![problem])?;
                files.insert(plain, format!("{text}\n"));
            }
            None => files.insert(path, bytes),
        }
    }
    Ok(files)
}

/// The `.hbs` files, compiled when they are first rendered: most hold nothing to fill in.
struct Templates<'a> {
    /// By path without `.hbs` (and `.m`), so that `tables/invoices.m.hbs` is `tables/invoices`.
    texts: BTreeMap<String, (&'a str, &'a str)>,
    engine: Handlebars<'static>,
}

impl<'a> Templates<'a> {
    fn new(files: &'a FileSet) -> Result<Templates<'a>, Vec<Diagnostic>> {
        let mut engine = Handlebars::new();
        engine.set_strict_mode(true);
        engine.register_escape_fn(no_escape);
        let mut texts = BTreeMap::new();
        let mut problems = Vec::new();
        for (path, bytes) in files.iter() {
            let Some(name) = path.strip_suffix(".hbs") else { continue };
            let name = name.strip_suffix(".m").unwrap_or(name);
            match std::str::from_utf8(bytes) {
                Ok(text) => drop(texts.insert(name.to_owned(), (path, text))),
                Err(_) => {
                    problems.push(Diagnostic::error("P0101", "this file is not UTF-8 text").in_file(format!("templates/{path}"), None))
                }
            }
        }
        for name in texts.values().filter(|(_, text)| may_include(text)).flat_map(|(_, text)| partials(text)) {
            let Some((path, text)) = texts.get(name) else { continue };
            if engine.has_template(name) {
                continue;
            }
            if let Err(error) = engine.register_template_string(name, text) {
                problems.push(unreadable(path, &error));
            }
        }
        if problems.is_empty() { Ok(Templates { texts, engine }) } else { Err(problems) }
    }

    /// The text of a template with the values of `data`, tidied; `room` is how long these are, when they are long.
    ///
    /// # Errors
    /// P0221 when there is no such template, or it cannot be read or filled in.
    fn render(&self, name: &str, data: Json, room: usize) -> Result<String, Diagnostic> {
        let Some((path, text)) = self.texts.get(name) else {
            return Err(
                Diagnostic::error("P0221", format!("template `{name}` does not exist")).in_file(format!("templates/{name}.m.hbs"), None)
            );
        };
        if !text.contains("{{") {
            return Ok(tidy((*text).to_owned()));
        }
        let template = compiled(text).map_err(|error| unreadable(path, &error))?;
        let (context, mut state) = (Context::from(data), RenderContext::new(None));
        let mut out = Rendered(String::with_capacity(text.len() + room));
        template.render(&self.engine, &context, &mut state, &mut out).map(|()| out.0).map(tidy).map_err(|error| broken(name, &error))
    }
}

/// What a template gives.
struct Rendered(String);

impl Output for Rendered {
    fn write(&mut self, piece: &str) -> std::io::Result<()> {
        self.0.push_str(piece);
        Ok(())
    }
}

/// Whether there is something like `{{>` or `{{~#>`, found without looking for each tag: few templates include others.
fn may_include(text: &str) -> bool {
    // A tag has at least two more bytes at its end.
    let from = |at: usize| text.as_bytes().get(at..(text.len() + at).saturating_sub(4)).unwrap_or_default().iter();
    let places = from(0).zip(from(1)).zip(from(2)).zip(from(3)).zip(from(4));
    places.fold(false, |any, ((((a, b), c), d), e)| any | (*a == b'{') & (*b == b'{') & ((*c == b'>') | (*d == b'>') | (*e == b'>')))
}

/// The names of the templates that `text` includes: `{{> name}}` and `{{#> name}}`.
fn partials(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{").skip(1).filter_map(|rest| {
        let rest = rest.trim_start_matches(['~', '#']).strip_prefix('>')?.trim_start();
        Some(&rest[..rest.find([' ', '}', '~', '\n'])?])
    })
}

fn unreadable(path: &str, error: &handlebars::TemplateError) -> Diagnostic {
    let message = format!("the template cannot be read: {}", error.reason());
    Diagnostic::error("P0221", message).in_file(format!("templates/{path}"), error.pos())
}

fn broken(name: &str, error: &handlebars::RenderError) -> Diagnostic {
    let message = format!("template `{name}` does not render: {}", error.reason());
    Diagnostic::error("P0221", message).help("templates are strict: a value that does not exist is an error")
}

/// What every template may use.
fn context(project: &Project, options: &Options<'_>) -> Json {
    let kind = project.settings.folder_kind;
    json!({
        "source": options.source.as_str(),
        "is_folder": options.source == SourceKind::Folder,
        "is_sharepoint": options.source == SourceKind::Folder && kind == FolderKind::SharePoint,
        "is_adls": options.source == SourceKind::Folder && kind == FolderKind::Adls,
        "fiscal_year_end": project.settings.fiscal_year_end.map(|(month, day)| json!({ "month": month.to_string(), "day": day.to_string() })),
    })
}

/// The pages of the built-in company by endpoint, in numeric order of pages.
fn sample(files: &[Packed]) -> Json {
    const ENDPOINTS: [&str; 13] = [
        "Accounts",
        "BankTransactions",
        "BankTransfers",
        "Contacts",
        "CreditNotes",
        "ExpenseClaims",
        "Invoices",
        "Items",
        "Organisation",
        "Overpayments",
        "Payments",
        "Prepayments",
        "TrialBalance",
    ];
    // Number of the page (0 for a date), its file name, what it holds.
    type Page<'a> = (u64, &'a str, &'a str);
    let mut endpoints: BTreeMap<&str, Vec<Page<'_>>> = BTreeMap::new();
    for Packed { path, text, .. } in files {
        let Some((endpoint, file)) = path.split_once('/') else { continue };
        let Some(stem) = file.strip_suffix(".json") else { continue };
        if ENDPOINTS.contains(&endpoint) {
            endpoints.entry(endpoint).or_default().push((stem.parse().unwrap_or(0), stem, text));
        }
    }
    endpoints
        .into_iter()
        .map(|(endpoint, mut pages)| {
            pages.sort_unstable_by_key(|(number, stem, _)| (*number, *stem));
            let entry = |name: &str, value: Json| (name.to_owned(), value);
            let page = |(_, stem, text): &Page<'_>| [entry("name", literal(stem).into()), entry("text", literal(text).into())];
            let pages: Json = pages.iter().map(|parts| page(parts).into_iter().collect::<Json>()).collect();
            [entry("name", endpoint.into()), entry("pages", pages)].into_iter().collect::<Json>()
        })
        .collect()
}

/// `type table [#"Invoice Key" = nullable text, …]`: the columns that come from the query, in the order of the model.
pub fn row_type(table: &Table) -> String {
    let columns = table.columns.iter().filter_map(|column| match &column.kind {
        ColumnKind::Data { source_column } => {
            let is_date = column.format_string.as_deref().is_some_and(is_date_format);
            Some(format!("{} = {}", field(source_column), m_type(column.data_type, is_date)))
        }
        _ => None,
    });
    format!("type table [{}]", columns.collect::<Vec<_>>().join(", "))
}

/// Whether a format shows no time, so that the column holds dates.
fn is_date_format(format: &str) -> bool {
    !format.contains(['h', 'H', 's']) && !format.eq_ignore_ascii_case("General Date") || format.eq_ignore_ascii_case("Short Date")
}

fn m_type(data_type: Option<DataType>, is_date: bool) -> &'static str {
    match data_type {
        Some(DataType::Int64) => "Int64.Type",
        Some(DataType::Double) => "nullable number",
        Some(DataType::Currency) => "Currency.Type",
        Some(DataType::Boolean) => "nullable logical",
        Some(DataType::DateTime) if is_date => "nullable date",
        Some(DataType::DateTime) => "nullable datetime",
        Some(DataType::Binary) => "nullable binary",
        Some(DataType::String) | None => "nullable text",
    }
}

/// Without blanks at line ends, blank lines in a row, and outer blank lines.
fn tidy(text: String) -> String {
    let mut was_blank = true;
    let is_tidy = |line: &str| {
        let is_blank = line.is_empty();
        let ends_well = line.trim_end().len() == line.len() && !(is_blank && was_blank);
        was_blank = is_blank;
        ends_well
    };
    // Most are, and one of them is long.
    if !text.contains('\r') && text.strip_suffix('\n').unwrap_or(&text).split('\n').all(is_tidy) {
        let mut text = text;
        text.truncate(text.trim_end().len());
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut was_blank = true;
    for line in text.lines().map(str::trim_end) {
        if line.is_empty() && was_blank {
            continue;
        }
        was_blank = line.is_empty();
        out.push_str(line);
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out
}
