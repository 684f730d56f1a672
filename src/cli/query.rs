//! `xero-pbit query`: DAX against any model and data.
#![allow(clippy::disallowed_methods, reason = "reads the clock that NOW and TODAY show")]

use std::io::{BufRead, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use serde_json::{Value as Json, json};

use super::{Failure, Global};
use crate::base::{Date, Diagnostic, SourceMap};
use crate::dax::syntax::{self, Parsed};
use crate::dax::{DaxError, Engine, Options, ResultTable, Stage, TableSource};
use crate::host::data::{DataFolder, read_model};
use crate::host::kept::Kept;
use crate::m;
use crate::model::{Model, PartitionSource};
use crate::power_query::{self, Refresh};
use crate::project::Project;
use crate::project::raw::SourceKind;
use crate::sample;
use crate::table::{DataType, Table, Value};

/// Run DAX against any model and data.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  xero-pbit query --model model.bim --data tables 'EVALUATE Sales'
  xero-pbit query --model model.bim --data tables --jsonl < requests.jsonl
  xero-pbit query 'EVALUATE { [Cash in] }'")]
pub struct Args {
    /// A model: YAML folder, PBIP or TMDL folder, .pbit, .bim or model.json; the shipped one by default
    #[arg(long, value_name = "PATH")]
    model: Option<PathBuf>,
    /// One CSV or Parquet file per table
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A company folder of raw pages: the template's own queries make the tables
    #[arg(long, value_name = "DIR", conflicts_with = "data")]
    company: Option<PathBuf>,
    /// Take this day as today; the company needs a trial balance of it
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
    /// How answers are printed
    #[arg(long, default_value = "table", value_name = "FORMAT")]
    format: Format,
    /// A security role; several are joined
    #[arg(long, value_name = "NAME")]
    role: Vec<String>,
    /// One JSON request a line on standard input, one answer a line
    #[arg(long, conflicts_with_all = ["query", "explain"])]
    jsonl: bool,
    /// Print the bound tree with row counts and times
    #[arg(long)]
    explain: bool,
    /// Longest time of a query, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    timeout: f64,
    /// Most memory of a query's intermediate tables, for instance 512M or 4G
    #[arg(long, value_name = "BYTES", default_value = "2G", value_parser = parse_bytes)]
    max_memory: usize,
    /// What USERNAME and USERPRINCIPALNAME answer
    #[arg(long, value_name = "NAME", default_value = "")]
    user: String,
    /// A query (EVALUATE …) or a scalar expression; `-` reads it from standard input
    query: Option<String>,
}

/// How answers are printed.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// For people.
    Table,
    /// Comma-separated values.
    Csv,
    /// One JSON document.
    Json,
}

fn parse_bytes(text: &str) -> Result<usize, String> {
    let lower = text.trim().to_lowercase();
    let digits = lower.trim_end_matches(['b', 'i']);
    let (number, unit) = match digits.chars().last() {
        Some('k') => (&digits[..digits.len() - 1], 1 << 10),
        Some('m') => (&digits[..digits.len() - 1], 1 << 20),
        Some('g') => (&digits[..digits.len() - 1], 1 << 30),
        _ => (digits, 1),
    };
    let value: f64 = number.trim().parse().map_err(|_| "expected a size such as 512M or 4G".to_owned())?;
    if value.is_finite() && value > 0.0 { Ok((value * f64::from(unit)) as usize) } else { Err("the size must be positive".to_owned()) }
}

/// An engine and what reading its data found.
struct Opened {
    engine: Engine,
    found: Arc<Mutex<Vec<Diagnostic>>>,
    sources: SourceMap,
}

impl Opened {
    fn take(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut *self.found.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Tables made by the template's own queries, each when a DAX query first touches it.
struct Books {
    project: Project,
    source: SourceKind,
    parameters: Vec<(String, String)>,
    filled: OnceLock<Result<Model, String>>,
}

impl Books {
    fn new(project: Project, source: SourceKind, parameters: Vec<(String, String)>) -> Books {
        Books { project, source, parameters, filled: OnceLock::new() }
    }

    /// The model with its queries written for the source.
    fn model(&self) -> Result<&Model, String> {
        let fill = || {
            let mut project = self.project.clone();
            let sample = if self.source == SourceKind::Sample { sample::built_in_packed() } else { &[] };
            let options = power_query::Options { source: self.source, locale: "en", sample };
            match power_query::fill(&mut project, &options) {
                Ok(()) => Ok(project.model),
                Err(problems) => Err(problems.first().map_or_else(String::new, |p| p.message.clone())),
            }
        };
        self.filled.get_or_init(fill).as_ref().map_err(Clone::clone)
    }
}

impl TableSource for Books {
    fn load(&self, table: &str) -> Result<Option<Table>, String> {
        let model = self.model()?;
        let has_query = |t: &crate::model::Table| t.partitions.iter().any(|p| matches!(p.source, PartitionSource::M(_)));
        if !model.table(table).is_some_and(has_query) {
            return Ok(None);
        }
        let options = m::Options { memory_limit: Some(4 << 30), ..m::Options::default() };
        let refresh = Refresh { model, parameters: &self.parameters, connector: None, schema_pass: false, options, jobs: 1 };
        match refresh.one(table, &crate::host::m::sources).outcome {
            Ok(loaded) => Ok(Some(loaded.table)),
            Err(why) => Err(format!("table `{table}`: {why}")),
        }
    }
}

/// The built-in company with its tables as an earlier run left them; the others are made and kept.
struct KeptBooks {
    kept: Kept,
    data: DataFolder,
    as_of: Option<Date>,
    books: OnceLock<Result<Books, String>>,
}

impl KeptBooks {
    fn books(&self) -> Result<&Books, String> {
        let make = || {
            let (project, notes) = crate::project::shipped();
            match notes.iter().find(|n| n.is_error()) {
                Some(problem) => Err(problem.message.clone()),
                None => Ok(Books::new(project, SourceKind::Sample, as_of_parameter(self.as_of))),
            }
        };
        self.books.get_or_init(make).as_ref().map_err(Clone::clone)
    }
}

impl TableSource for KeptBooks {
    fn load(&self, table: &str) -> Result<Option<Table>, String> {
        if let Ok(Some(found)) = self.data.load(table) {
            return Ok(Some(found));
        }
        let made = self.books()?.load(table)?;
        if let Some(made) = &made {
            let mut bytes = Vec::new();
            if crate::table::parquet::write(made, &mut bytes).is_ok() {
                self.kept.keep(&format!("{}.parquet", crate::table::csv::file_stem(table)), &bytes);
            }
        }
        Ok(made)
    }
}

/// The shipped model over the built-in company, from what an earlier run of this program kept; `None` when that is not at hand.
fn open_kept(kept: &Kept, as_of: Option<Date>) -> Option<Opened> {
    let path = kept.file("model.bim")?;
    let (model, _) = read_model(&path, &mut SourceMap::default()).ok()?;
    let data = DataFolder::new(kept.folder(), &model).ok()?;
    let books = KeptBooks { kept: kept.clone(), data, as_of, books: OnceLock::new() };
    Some(Opened { engine: Engine::new(&model, books), found: Arc::default(), sources: SourceMap::default() })
}

/// Keeps the names of a model, without the queries of its tables.
fn keep_model(kept: &Kept, model: &Model) {
    let mut model = model.clone();
    model.expressions.clear();
    for table in &mut model.tables {
        table.partitions.retain(|p| !matches!(p.source, PartitionSource::M(_)));
    }
    let text = crate::format::tmsl::write(&model, "Model").to_string();
    // Only what reads back as the same model is any use.
    let mut sources = SourceMap::default();
    let file = sources.add("model.bim", text.as_str());
    if crate::format::tmsl::read(&text, file).is_ok_and(|(read, _)| same_names(&read, &model)) {
        kept.keep("model.bim", text.as_bytes());
    }
}

/// Whether two models have the same tables, columns, measures and relationships for DAX.
fn same_names(a: &Model, b: &Model) -> bool {
    let tables = |m: &Model| -> Vec<(String, Vec<(String, Option<DataType>)>, Vec<(String, String)>)> {
        let columns = |t: &crate::model::Table| t.columns.iter().map(|c| (c.name.clone(), c.data_type)).collect();
        let measures = |t: &crate::model::Table| t.measures.iter().map(|m| (m.name.clone(), m.expression.text.clone())).collect();
        m.tables.iter().map(|t| (t.name.clone(), columns(t), measures(t))).collect()
    };
    let joins = |m: &Model| -> Vec<(String, String, String, String, bool)> {
        let ends = |r: &crate::model::Relationship| {
            (r.from_table.clone(), r.from_column.clone(), r.to_table.clone(), r.to_column.clone(), r.is_active)
        };
        m.relationships.iter().map(ends).collect()
    };
    tables(a) == tables(b) && joins(a) == joins(b)
}

fn as_of_parameter(as_of: Option<Date>) -> Vec<(String, String)> {
    let parameter = |day: Date| {
        let (year, month, date) = day.ymd();
        ("AsOf".to_owned(), format!("#date({year}, {month}, {date})"))
    };
    as_of.map(parameter).into_iter().collect()
}

/// A declarative model whose tables come from a company folder, or from the sample company.
fn open_books(args: &Args, global: &Global) -> Result<Opened, Failure> {
    let kept = match (&args.model, &args.company) {
        (None, None) => Kept::of("built-in", &args.as_of.map_or_else(String::new, |d| format!("{:?}", d.ymd()))),
        _ => None,
    };
    if let Some(opened) = kept.as_ref().and_then(|kept| open_kept(kept, args.as_of)) {
        return Ok(opened);
    }
    let source = if args.company.is_some() { SourceKind::Folder } else { SourceKind::Sample };
    let (project, sources) = match &args.model {
        None => {
            let (project, notes) = crate::project::shipped();
            let sources = project.sources.clone();
            if notes.iter().any(Diagnostic::is_error) {
                return Err(Failure::input(notes, sources));
            }
            (project, sources)
        }
        Some(path) => {
            let (checked, sources) = super::build::load_checked(Some(path), Some(source), global)?;
            (checked.project().clone(), sources)
        }
    };
    let mut parameters = Vec::new();
    if let Some(company) = &args.company {
        let full = std::fs::canonicalize(company).map_err(|e| Failure::usage(format!("{}: {e}", company.display())))?;
        parameters.push(("Company Folder".to_owned(), m::value::quote(&full.to_string_lossy())));
        if super::company::is_cash_basis(&full) {
            parameters.push(("Accounting Basis".to_owned(), m::value::quote("Cash")));
        }
    }
    parameters.extend(as_of_parameter(args.as_of));
    let model = project.model.clone();
    if let Some(kept) = kept {
        keep_model(&kept, &model);
        if let Ok(data) = DataFolder::new(kept.folder(), &model) {
            let books = OnceLock::from(Ok(Books::new(project, source, parameters)));
            let books = KeptBooks { kept, data, as_of: args.as_of, books };
            return Ok(Opened { engine: Engine::new(&model, books), found: Arc::default(), sources });
        }
    }
    let books = Books::new(project, source, parameters);
    Ok(Opened { engine: Engine::new(&model, books), found: Arc::default(), sources })
}

/// Whether a path names a declarative model folder.
fn is_declarative(path: &Path) -> bool {
    path.join("model.yaml").is_file() || path.join("model.yml").is_file()
}

fn open(args: &Args, global: &Global) -> Result<Opened, Failure> {
    let declarative = args.model.as_deref().is_none_or(is_declarative);
    if args.company.is_some() && !declarative {
        return Err(Failure::usage("`--company` needs a declarative model: the queries of other models are never run"));
    }
    if args.data.is_none() && (args.company.is_some() || args.model.is_none()) {
        return open_books(args, global);
    }
    let mut sources = SourceMap::default();
    let (model, notes) = match &args.model {
        Some(path) => read_model(path, &mut sources).map_err(|d| Failure::input(d, sources.clone()))?,
        None => {
            let (project, notes) = crate::project::shipped();
            sources = project.sources.clone();
            (project.model, notes)
        }
    };
    if notes.iter().any(Diagnostic::is_error) {
        return Err(Failure::input(notes, sources));
    }
    global.draw(&notes, &sources);
    match &args.data {
        Some(folder) => {
            let data = DataFolder::new(folder, &model).map_err(|d| Failure::input(vec![d], sources.clone()))?;
            let found = data.diagnostics();
            Ok(Opened { engine: Engine::new(&model, data), found, sources })
        }
        None => Ok(Opened { engine: Engine::new(&model, Vec::<Table>::new()), found: Arc::default(), sources }),
    }
}

fn now() -> f64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    25_569.0 + since.as_secs_f64() / 86_400.0
}

pub(super) fn run(args: Args, global: &Global) -> Result<u8, Failure> {
    let opened = open(&args, global)?;
    if !args.timeout.is_finite() || args.timeout < 0.0 {
        return Err(Failure::usage("the time limit must be a positive number of seconds"));
    }
    let options = Options {
        roles: args.role.clone(),
        now: now(),
        user: args.user.clone(),
        timeout: Some(Duration::from_secs_f64(args.timeout.min(1e9))),
        max_memory: args.max_memory,
        ..Options::default()
    };
    if args.jsonl {
        return json_lines(&opened, &options, global);
    }
    let text = match args.query.as_deref() {
        Some("-") => read_stdin()?,
        Some(text) => text.to_owned(),
        None if std::io::stdin().is_terminal() => return prompt(&opened, &options, args.format, global),
        None => read_stdin()?,
    };
    if args.explain {
        return match opened.engine.explain(&text, &options) {
            Ok(plan) => {
                print(&plan);
                Ok(0)
            }
            Err(e) => Err(failure(&opened, &text, &e)),
        };
    }
    let result = evaluate(&opened.engine, &text, &options);
    match result {
        Ok(tables) => {
            global.draw(&opened.take(), &opened.sources);
            print(&show(&tables, args.format));
            Ok(0)
        }
        Err(e) => Err(failure(&opened, &text, &e)),
    }
}

fn read_stdin() -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|e| Failure::usage(format!("cannot read standard input: {e}")))?;
    Ok(text)
}

/// A closed pipe is the reader's choice, not an error.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// A query's tables; a scalar expression is a table of one cell.
fn evaluate(engine: &Engine, text: &str, options: &Options) -> Result<Vec<ResultTable>, DaxError> {
    match syntax::parse_any(text)? {
        Parsed::Query(query) => engine.evaluate_query(&query, options),
        Parsed::Expression(_) => scalar(engine, text, options).map(|t| vec![t]),
    }
}

fn scalar(engine: &Engine, text: &str, options: &Options) -> Result<ResultTable, DaxError> {
    let (value, data_type) = engine.evaluate_typed(text, options)?;
    Ok(ResultTable { columns: vec![crate::dax::ResultColumn { name: "[Value]".to_owned(), data_type }], rows: vec![vec![value]] })
}

fn failure(opened: &Opened, text: &str, e: &DaxError) -> Failure {
    let found = opened.take();
    if found.iter().any(Diagnostic::is_error) {
        return Failure::input(found, opened.sources.clone());
    }
    let mut sources = SourceMap::default();
    let file = sources.add("query", text);
    Failure::found(vec![e.diagnostic(Some(file))], sources)
}

/// Tables as text.
fn show(tables: &[ResultTable], format: Format) -> String {
    match format {
        Format::Json => {
            let results: Vec<Json> = tables.iter().map(result_json).collect();
            json!({ "results": results }).to_string() + "\n"
        }
        Format::Csv => tables.iter().map(csv).collect::<Vec<_>>().join("\n"),
        Format::Table => {
            let mut out = String::new();
            for table in tables {
                let mut drawn = comfy_table::Table::new();
                drawn.load_style(comfy_table::presets::UTF8_FULL_CONDENSED);
                drawn.set_header(table.columns.iter().map(|c| c.name.clone()));
                for row in &table.rows {
                    drawn.add_row(row.iter().map(plain));
                }
                out.push_str(&format!("{drawn}\n{} row(s)\n", table.rows.len()));
            }
            out
        }
    }
}

fn csv(table: &ResultTable) -> String {
    let quote = |text: &str| {
        if text.is_empty() || text.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.to_owned()
        }
    };
    let mut out = table.columns.iter().map(|c| quote(&c.name)).collect::<Vec<_>>().join(",") + "\n";
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(|v| if v.is_blank() { String::new() } else { quote(&plain(v)) }).collect();
        out.push_str(&cells.join(","));
        out.push('\n');
    }
    out
}

/// A cell as text.
fn plain(value: &Value) -> String {
    match cell(value) {
        Json::Null => String::new(),
        Json::String(text) => text,
        other => other.to_string(),
    }
}

/// A cell as answers write it.
fn cell(value: &Value) -> Json {
    match value {
        Value::Blank => Json::Null,
        Value::Int64(v) => json!(v),
        Value::Double(v) if v.is_nan() => json!("NaN"),
        Value::Double(v) if v.is_infinite() => json!(if *v > 0.0 { "Infinity" } else { "-Infinity" }),
        Value::Double(v) => json!(v),
        Value::Currency(v) => json!(v.to_string()),
        Value::String(v) => json!(&**v),
        Value::Boolean(v) => json!(v),
        Value::DateTime(v) if !v.is_finite() => json!(if v.is_nan() { "NaN" } else { "Infinity" }),
        Value::DateTime(v) => {
            let text = crate::table::csv::iso_date_time(*v);
            json!(if text.contains('T') { text } else { text + "T00:00:00" })
        }
        Value::Binary(bytes) => {
            use base64::Engine as _;
            json!(base64::engine::general_purpose::STANDARD.encode(bytes))
        }
    }
}

fn result_json(table: &ResultTable) -> Json {
    let columns: Vec<Json> = table.columns.iter().enumerate().map(|(i, c)| json!({ "name": c.name, "type": table.type_name(i) })).collect();
    let rows: Vec<Json> = table.rows.iter().map(|r| Json::Array(r.iter().map(cell).collect())).collect();
    json!({ "columns": columns, "rows": rows })
}

fn json_lines(opened: &Opened, options: &Options, global: &Global) -> Result<u8, Failure> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().split(b'\n') {
        let line = line.map_err(|e| Failure::usage(format!("cannot read standard input: {e}")))?;
        let line = String::from_utf8_lossy(&line);
        if line.trim().is_empty() {
            continue;
        }
        let reply = request(&opened.engine, &line, options);
        let found = opened.take();
        if found.iter().any(Diagnostic::is_error) {
            let _ = out.flush();
            return Err(Failure::input(found, opened.sources.clone()));
        }
        global.draw(&found, &opened.sources);
        if writeln!(out, "{reply}").and_then(|()| out.flush()).is_err() {
            return Ok(0);
        }
    }
    Ok(0)
}

fn request(engine: &Engine, line: &str, options: &Options) -> Json {
    let asked: Json = match serde_json::from_str(line) {
        Ok(json @ Json::Object(_)) => json,
        _ => return refused(&Json::Null, "the line is not a JSON object"),
    };
    let id = asked.get("id").cloned().unwrap_or(Json::Null);
    let mut options = options.clone();
    if let Some(role) = asked.get("role") {
        let names: Option<Vec<String>> = match role {
            Json::Null => Some(Vec::new()),
            Json::String(name) => Some(vec![name.clone()]),
            Json::Array(names) => names.iter().map(|n| n.as_str().map(str::to_owned)).collect(),
            _ => None,
        };
        let Some(names) = names else { return refused(&id, "`role` must be a name") };
        options.roles = names;
    }
    let text = |key: &str| asked.get(key).and_then(Json::as_str);
    let start = Instant::now();
    let result: Result<Vec<ResultTable>, DaxError> = if let Some(query) = text("query") {
        guarded(|| engine.evaluate(query, &options))
    } else if let Some(expr) = text("expr") {
        guarded(|| scalar(engine, expr, &options).map(|t| vec![t]))
    } else if let Some(source) = text("parse") {
        return match guarded(|| syntax::parse_any(source).map(|_| ()).map_err(DaxError::from)) {
            Ok(()) => json!({ "id": id, "ok": true }),
            Err(e) => failed(&id, &e),
        };
    } else {
        return refused(&id, "expected `query`, `expr` or `parse` with a text");
    };
    match result {
        Ok(tables) => {
            let ms = (start.elapsed().as_secs_f64() * 1e6).round() / 1e3;
            json!({ "id": id, "ok": true, "results": tables.iter().map(result_json).collect::<Vec<_>>(), "ms": ms })
        }
        Err(e) => failed(&id, &e),
    }
}

/// A line that makes the engine fail must not take the others with it.
fn guarded<T>(run: impl FnOnce() -> Result<T, DaxError>) -> Result<T, DaxError> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_or_else(|_| {
        let mut error = DaxError::bind("D0399", "the engine failed on this text; please report it", syntax::Place::default());
        error.stage = Stage::Eval;
        error.unsupported = true;
        Err(error)
    })
}

fn failed(id: &Json, e: &DaxError) -> Json {
    let message = match &e.help {
        Some(help) => format!("{}; {help}", e.message),
        None => e.message.clone(),
    };
    json!({
        "id": id, "ok": false, "stage": e.stage.name(),
        "error": { "message": message, "offset": e.place.map_or(0, |p| p.start), "code": e.code },
        "unsupported": e.unsupported
    })
}

fn refused(id: &Json, message: &str) -> Json {
    json!({ "id": id, "ok": false, "stage": "parse", "error": { "message": message, "offset": 0 }, "unsupported": false })
}

/// Completes names of tables, columns, measures and functions.
struct Names {
    words: Vec<String>,
}

impl rustyline::Helper for Names {}
impl rustyline::highlight::Highlighter for Names {}
impl rustyline::hint::Hinter for Names {
    type Hint = String;
}

impl rustyline::completion::Completer for Names {
    type Candidate = String;

    fn complete(&self, line: &str, pos: usize, _: &rustyline::Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        let start = line[..pos]
            .rfind(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '\'' | '[' | '\\')))
            .map_or(0, |i| i + line[i..].chars().next().map_or(1, char::len_utf8));
        let typed = line[start..pos].to_lowercase();
        if typed.is_empty() {
            return Ok((start, Vec::new()));
        }
        Ok((start, self.words.iter().filter(|w| w.to_lowercase().starts_with(&typed)).cloned().collect()))
    }
}

impl rustyline::validate::Validator for Names {
    fn validate(
        &self,
        context: &mut rustyline::validate::ValidationContext<'_>,
    ) -> rustyline::Result<rustyline::validate::ValidationResult> {
        use rustyline::validate::ValidationResult;
        let text = context.input();
        if text.trim_start().starts_with('\\') || text.ends_with("\n") || text.trim().is_empty() {
            return Ok(ValidationResult::Valid(None));
        }
        // An unfinished text goes on in the next line; an empty line sends it as it is.
        match syntax::parse_any(text) {
            Err(e) if e.at.start as usize >= text.trim_end().len() || e.code == "D0101" => Ok(ValidationResult::Incomplete),
            _ => Ok(ValidationResult::Valid(None)),
        }
    }
}

fn prompt(opened: &Opened, options: &Options, format: Format, global: &Global) -> Result<u8, Failure> {
    let catalog = opened.engine.catalog();
    let mut words: Vec<String> = crate::dax::functions::all().map(|f| f.name.to_owned()).collect();
    words.extend(
        ["EVALUATE", "DEFINE", "MEASURE", "VAR", "RETURN", "ORDER BY", "\\tables", "\\measures", "\\explain", "\\quit"].map(str::to_owned),
    );
    for column in &catalog.columns {
        let table = &catalog.tables[column.table as usize].name;
        words.push(format!("'{table}'[{}]", column.name));
        words.push(format!("{table}[{}]", column.name));
    }
    words.extend(catalog.measures.iter().map(|m| format!("[{}]", m.name)));
    words.sort();
    words.dedup();
    let mut editor: rustyline::Editor<Names, rustyline::history::DefaultHistory> =
        rustyline::Editor::new().map_err(|e| Failure::usage(format!("cannot use the terminal: {e}")))?;
    editor.set_helper(Some(Names { words }));
    global.say("DAX: EVALUATE …, or a scalar expression; \\tables, \\measures, \\explain QUERY, \\quit");
    loop {
        let line = match editor.readline("dax> ") {
            Ok(line) => line,
            Err(rustyline::error::ReadlineError::Interrupted) => continue,
            Err(_) => return Ok(0),
        };
        let text = line.trim();
        if text.is_empty() {
            continue;
        }
        let _ = editor.add_history_entry(text);
        if let Some(command) = text.strip_prefix('\\') {
            let (word, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
            match word {
                "q" | "quit" | "exit" => return Ok(0),
                "tables" => {
                    for table in &catalog.tables {
                        print(&format!("{} ({} columns)\n", table.name, table.columns.len()));
                    }
                }
                "measures" => {
                    for measure in &catalog.measures {
                        print(&format!("[{}]\n", measure.name));
                    }
                }
                "explain" => match opened.engine.explain(rest, options) {
                    Ok(plan) => print(&plan),
                    Err(e) => failure(opened, rest, &e).print(global),
                },
                "help" | "h" | "?" => print("\\tables, \\measures, \\explain QUERY, \\quit\n"),
                _ => print(&format!("no command \\{word}; there are \\tables, \\measures, \\explain QUERY, \\quit\n")),
            }
            continue;
        }
        let start = Instant::now();
        match evaluate(&opened.engine, text, options) {
            Ok(tables) => {
                print(&show(&tables, format));
                global.say(format!("{:.1} ms", start.elapsed().as_secs_f64() * 1000.0));
            }
            Err(e) => failure(opened, text, &e).print(global),
        }
    }
}
