//! `xero-pbit preview`.
#![allow(clippy::disallowed_methods)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};

use tokio::sync::watch;

use super::{Failure, Global, build, company};
use crate::base::{Date, Diagnostic, FileSet, SourceMap};
use crate::check::CheckedModel;
use crate::dax::Engine;
use crate::emit;
use crate::format::{pbir, pbit};
use crate::host::data::{DataFolder, read_model};
use crate::host::files;
use crate::host::preview_server::{self, Ask, Shown};
use crate::m;
use crate::model::Model;
use crate::power_query::Refresh;
use crate::preview::{Budget, Memory, Preview};
use crate::project::Trees;
use crate::project::raw::SourceKind;
use crate::report::{Page, PageKind, Report};
use crate::table::Table;

/// See the report without Power BI.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  xero-pbit preview\n  xero-pbit preview --model my-model --serve\n  xero-pbit preview --company acme --png pictures --locale fr\n  xero-pbit preview --model Sales.pbip --data tables"
)]
pub struct Args {
    /// Model folder, .pbip or .pbit; without it the shipped model
    #[arg(long, value_name = "PATH")]
    model: Option<PathBuf>,
    /// Company folder of raw pages; without it the built-in company
    #[arg(long, value_name = "DIR")]
    company: Option<PathBuf>,
    /// One CSV or Parquet file per table instead of running the queries
    #[arg(long, value_name = "DIR", conflicts_with = "company")]
    data: Option<PathBuf>,
    /// The file to write
    #[arg(long, value_name = "FILE", default_value = "preview.html")]
    out: PathBuf,
    /// Serve on this computer and reload when a file of the model changes
    #[arg(long, conflicts_with = "out")]
    serve: bool,
    /// Port of the server; 0 picks a free one
    #[arg(long, value_name = "N", default_value_t = 0, requires = "serve")]
    port: u16,
    /// Also take a picture of every page, with Chromium or Chrome
    #[arg(long, value_name = "DIR", conflicts_with = "serve")]
    png: Option<PathBuf>,
    /// Language of the report's texts
    #[arg(long, value_name = "LANGUAGE")]
    locale: Option<String>,
    /// The day that is taken as today
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
}

/// What is asked for: a model, its data and the language of its report.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    /// Model folder, PBIP or template; the shipped model when absent.
    pub(super) model: Option<PathBuf>,
    /// Raw pages.
    pub(super) company: Option<PathBuf>,
    /// Tables.
    pub(super) data: Option<PathBuf>,
    /// Language of the report.
    pub(super) locale: Option<String>,
    /// Today.
    pub(super) as_of: Option<Date>,
}

/// A report over its model.
pub(super) struct Opened {
    /// As read back from the files that `build` writes.
    pub(super) report: Report,
    /// The model behind it.
    pub(super) model: Model,
    /// Rows of the imported tables; kept for a rebuild.
    pub(super) tables: Option<Arc<Vec<Table>>>,
    /// What the model was made of, so that a change of pages alone does not make it again.
    origin: Option<Origin>,
}

/// The declarative project that a report and its model were made of, so that a change is answered by what it changed.
struct Origin {
    checked: CheckedModel,
    trees: Arc<Trees>,
    /// The report as it was written.
    emitted: Report,
}

impl Origin {
    /// Whether the model of `checked` goes into files as it did.
    fn has_model_of(&self, checked: &CheckedModel) -> bool {
        let (own, other) = (self.checked.project(), checked.project());
        self.checked.has_model_of(other) && own.report.translations == other.report.translations
    }
}

impl Opened {
    /// A report and model without rows.
    pub(super) fn bare(model: Model, report: Report) -> Opened {
        Opened { report, model, tables: None, origin: None }
    }
}

impl Wanted {
    /// Whether the model is a project or template of Power BI rather than YAML.
    pub(super) fn is_foreign(&self) -> bool {
        self.model.as_deref().is_some_and(|path| path.is_file() || report_folder(path).is_some())
    }

    /// Files and folders whose change calls for a rebuild.
    fn watched(&self) -> Vec<PathBuf> {
        let Some(path) = &self.model else { return Vec::new() };
        let full = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let Some(report) = report_folder(path).filter(|_| self.is_foreign()) else { return vec![full(path)] };
        let model = model_folder(&report).unwrap_or_else(|| report.with_extension("SemanticModel"));
        let all = [report, model].into_iter().chain(path.is_file().then(|| path.clone()));
        all.filter(|path| path.exists()).map(|path| full(&path)).collect()
    }

    /// Reads model and report.
    pub(super) fn read(&self, global: &Global) -> Result<(Model, Report), Failure> {
        let (model, report, _) = self.read_after(None, global)?;
        Ok((model, report))
    }

    /// The same; `before` lends its model when the project says nothing else.
    fn read_after(&self, before: Option<&Opened>, global: &Global) -> Result<(Model, Report, Option<Origin>), Failure> {
        if self.is_foreign() {
            let (model, report) = self.read_foreign(global)?;
            return Ok((model, report, None));
        }
        let kind = if self.company.is_some() { SourceKind::Folder } else { SourceKind::Sample };
        let origin = before.and_then(|opened| opened.origin.as_ref());
        let trees = origin.map(|origin| origin.trees.clone()).unwrap_or_default();
        let known = origin.map(|origin| &origin.checked);
        let (checked, sources) = build::load_checked_after(known, Some(&trees), self.model.as_deref(), Some(kind), global)?;
        let locale = self.locale.as_deref().map(|wanted| build::culture(&checked, wanted)).transpose()?;
        let options = emit::Options { source: kind, locale: locale.clone(), ..emit::Options::all(&checked) };
        let model = match before.filter(|_| origin.is_some_and(|origin| origin.has_model_of(&checked))) {
            Some(opened) => opened.model.clone(),
            None => emit::model(&checked, &options).map_err(|problems| Failure::found(problems, sources.clone()))?,
        };
        let emitted = emit::report(&checked, locale.as_deref()).into_owned();
        let project = checked.project();
        let mut report = read_back(&emitted, &project.model.name, before)?;
        report.locale = Some(locale.unwrap_or_else(|| project.model.culture.clone()));
        // Files of a report are in one language; `diff` compares the words of all.
        report.translations = project.report.translations.clone();
        Ok((model, report, Some(Origin { checked, trees, emitted })))
    }

    fn read_foreign(&self, global: &Global) -> Result<(Model, Report), Failure> {
        let path = self.model.as_deref().unwrap_or(Path::new("."));
        let mut sources = SourceMap::default();
        // A report says where its model lies; a path that is a model itself stands for it.
        let is_model = path.extension().is_some_and(|x| x.eq_ignore_ascii_case("SemanticModel") || x.eq_ignore_ascii_case("pbit"));
        let named = report_folder(path).filter(|_| !is_model).and_then(|report| model_folder(&report));
        let (model, warnings) =
            read_model(named.as_deref().unwrap_or(path), &mut sources).map_err(|d| Failure::input(d, sources.clone()))?;
        global.draw(&warnings, &sources);
        let one = |d: Diagnostic| Failure::input(vec![d], SourceMap::default());
        let (files, name): (FileSet, String) = if path.extension().is_some_and(|x| x.eq_ignore_ascii_case("pbit")) {
            let name = path.file_stem().map_or_else(|| "Report".to_owned(), |n| n.to_string_lossy().into_owned());
            let bytes = files::read(path).map_err(one)?;
            (pbit::read(&bytes, &name, &mut sources).map_err(|d| Failure::input(d, sources.clone()))?.report, name)
        } else {
            let Some(folder) = report_folder(path) else {
                return Err(Failure::usage(format!("`{}` has no report: there is no folder `….Report` beside the model", path.display())));
            };
            let name = folder.file_stem().map_or_else(|| "Report".to_owned(), |n| n.to_string_lossy().into_owned());
            (files::read_tree(&folder).map_err(one)?, name)
        };
        let read = pbir::read(&files, &name);
        if read.report.pages.is_empty() {
            let mut failure = Failure::input(read.diagnostics, SourceMap::default());
            failure.message = Some("the report has no pages in the PBIR format; save it as PBIP with Power BI Desktop".to_owned());
            return Err(failure);
        }
        global.draw(&read.diagnostics, &SourceMap::default());
        let mut report = read.report;
        if let Some(locale) = &self.locale {
            report.locale = Some(locale.clone());
        }
        Ok((model, report))
    }

    /// Reads everything; `before` lends its rows when the queries are the same, and all that is made of them when only measures differ.
    pub(super) fn open(&self, before: Option<(&Opened, &Arc<Engine>)>, global: &Global) -> Result<(Opened, Arc<Engine>), Failure> {
        let (model, report, origin) = self.read_after(before.map(|(opened, _)| opened), global)?;
        if let Some((opened, engine)) = before {
            let tables = opened.tables.clone();
            if opened.model == model {
                return Ok((Opened { report, model, tables, origin }, engine.clone()));
            }
            if let Some(engine) = same_queries(&opened.model, &model).then(|| engine.renewed(&model)).flatten() {
                return Ok((Opened { report, model, tables, origin }, Arc::new(engine)));
            }
        }
        if let Some(data) = &self.data {
            let folder = DataFolder::new(data, &model).map_err(|d| Failure::input(vec![d], SourceMap::default()))?;
            let engine = Engine::new(&model, folder);
            return Ok((Opened { report, model, tables: None, origin }, Arc::new(engine)));
        }
        let same = before.and_then(|(opened, _)| opened.tables.clone().filter(|_| same_queries(&opened.model, &model)));
        let tables = match same {
            Some(tables) => tables,
            None if self.is_foreign() => Arc::new(self.refresh(&model)?),
            None => {
                // Its warnings were drawn when the report was read.
                let quiet = Global { quiet: true, ..global.clone() };
                Arc::new(company::load(self.model.as_deref(), self.company.as_deref(), self.as_of, &quiet)?)
            }
        };
        let engine = Engine::new(&model, tables.clone());
        Ok((Opened { report, model, tables: Some(tables), origin }, Arc::new(engine)))
    }

    /// Runs the queries of a template or project, over a company folder where it has that parameter.
    fn refresh(&self, model: &Model) -> Result<Vec<Table>, Failure> {
        let parameters = company::parameters(self.company.as_deref(), self.as_of)?;
        let refresh = Refresh {
            model,
            parameters: &parameters,
            connector: None,
            schema_pass: false,
            options: m::Options { memory_limit: Some(8 << 30), time_limit: None, ..m::Options::default() },
            jobs: 0,
        };
        let mut tables = Vec::new();
        let mut problems = Vec::new();
        for result in refresh.run(&crate::host::m::sources) {
            match result.outcome {
                Ok(loaded) => tables.push(loaded.table),
                Err(why) => problems.push(Diagnostic::error("M0203", format!("table `{}`: {why}", result.name))),
            }
        }
        if problems.is_empty() { Ok(tables) } else { Err(Failure::input(problems, SourceMap::default())) }
    }
}

/// The report as the files of `emitted` say it. Pages that were written before as they are now are not written and read again.
fn read_back(emitted: &Report, name: &str, before: Option<&Opened>) -> Result<Report, Failure> {
    let known = before.and_then(|opened| Some((opened.origin.as_ref()?, &opened.report)));
    // Pages name each other: the same pages have to be there.
    let names =
        |report: &Report| -> Vec<(String, Option<String>)> { report.pages.iter().map(|p| (p.name.clone(), p.id.clone())).collect() };
    let known = known.filter(|(origin, report)| names(&origin.emitted) == names(emitted) && report.pages.len() == emitted.pages.len());
    let is_known = |at: usize| known.is_some_and(|(origin, _)| origin.emitted.pages[at] == emitted.pages[at]);
    let mut changed = Report { pages: Vec::new(), ..emitted.clone() };
    for (at, page) in emitted.pages.iter().enumerate() {
        changed.pages.push(if is_known(at) { Page { visuals: Vec::new(), ..page.clone() } } else { page.clone() });
    }
    let read = pbir::read(&pbir::write(&changed), name);
    if read.diagnostics.iter().any(Diagnostic::is_error) {
        return Err(Failure::found(read.diagnostics, SourceMap::default()));
    }
    let mut report = read.report;
    if let Some((_, kept)) = known {
        for (at, page) in report.pages.iter_mut().enumerate().filter(|(at, _)| is_known(*at)) {
            page.clone_from(&kept.pages[at]);
        }
    }
    Ok(report)
}

/// Whether two models load the same rows.
fn same_queries(a: &Model, b: &Model) -> bool {
    let queries = |model: &Model| -> Vec<(String, String)> {
        let tables = model.tables.iter().flat_map(|t| t.partitions.iter().map(|p| (t.name.clone(), query_text(&p.source))));
        tables.chain(model.expressions.iter().map(|e| (e.name.clone(), e.expression.text.clone()))).collect()
    };
    queries(a) == queries(b)
}

fn query_text(source: &crate::model::PartitionSource) -> String {
    match source {
        crate::model::PartitionSource::M(text) => text.text.clone(),
        _ => String::new(),
    }
}

/// The folder of the report that belongs to a project: what a `.pbip` file names, or the folder beside the model.
fn report_folder(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    let sibling = |stem: &str| Some(path.with_file_name(format!("{stem}.Report"))).filter(|folder| folder.is_dir());
    if path.is_file() {
        let stem = name.strip_suffix(".pbip")?;
        let named = json_file(path).and_then(|json| {
            let reports = json["artifacts"].as_array()?.iter();
            reports
                .filter_map(|one| one["report"]["path"].as_str())
                .map(|report| path.with_file_name(report))
                .find(|folder| folder.is_dir())
        });
        return named.or_else(|| sibling(stem));
    }
    if name.ends_with(".Report") {
        return Some(path.to_owned());
    }
    if let Some(stem) = name.strip_suffix(".SemanticModel") {
        return sibling(stem);
    }
    let mut found: Vec<PathBuf> = std::fs::read_dir(path)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .filter(|p| p.is_dir() && p.file_name().is_some_and(|n| n.to_string_lossy().ends_with(".Report")))
        .collect();
    found.sort();
    found.into_iter().next()
}

/// The folder of the model that a report's `definition.pbir` names.
fn model_folder(report: &Path) -> Option<PathBuf> {
    let json = json_file(&report.join("definition.pbir"))?;
    let path = json["datasetReference"]["byPath"]["path"].as_str()?;
    Some(report.join(path)).filter(|folder| folder.is_dir())
}

fn json_file(path: &Path) -> Option<serde_json::Value> {
    let text = std::fs::read_to_string(path).ok()?;
    serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()
}

pub(super) fn run(args: Args, global: &Global) -> Result<u8, Failure> {
    let wanted = Wanted { model: args.model, company: args.company, data: args.data, locale: args.locale, as_of: args.as_of };
    if args.serve {
        return serve(wanted, args.port, global);
    }
    let (opened, engine) = wanted.open(None, global)?;
    let preview = Preview::new(&opened.report, &opened.model, &engine, now());
    let base = preview.base();
    let html = preview.html(&base, Budget::default());
    let written = std::fs::write(&args.out, &html);
    written.map_err(|error| Failure::usage(format!("`{}` cannot be written: {error}", args.out.display())))?;
    let broken = preview.broken(&base);
    for (page, visual, why) in &broken {
        global.say(format!("warning: page `{page}`, visual `{visual}`: {why}"));
    }
    global.say(format!("{}  open it in any browser", args.out.display()));
    if let Some(folder) = &args.png {
        pictures(&args.out, folder, &opened.report, global)?;
    }
    Ok(u8::from(!broken.is_empty()))
}

fn serve(wanted: Wanted, port: u16, global: &Global) -> Result<u8, Failure> {
    let shown = Arc::new(watch::Sender::new(Shown::default()));
    let (asks, asked) = mpsc::channel();
    let watched = wanted.watched();
    let (ready, is_ready) = mpsc::channel();
    let (thread_shown, thread_global) = (shown.clone(), global.clone());
    // One thread answers and rebuilds, in the order in which it is asked.
    std::thread::Builder::new()
        .name("engine".to_owned())
        .stack_size(64 << 20)
        .spawn(move || answer(&wanted, &asked, &thread_shown, &ready, &thread_global))
        .map_err(|error| Failure::usage(format!("no thread for the engine: {error}")))?;
    if let Ok(Err(failure)) = is_ready.recv() {
        return Err(failure);
    }
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::usage(format!("no runtime for the server: {error}")))?;
    let _watcher = match preview_server::watch(&watched, asks.clone()) {
        Ok(watcher) => Some(watcher),
        Err(error) => {
            let shown: Vec<String> = watched.iter().map(|path| format!("`{}`", path.display())).collect();
            global.say(format!("warning: changes of {} are not seen: {error}", shown.join(", ")));
            None
        }
    };
    runtime.block_on(async {
        let bound = preview_server::bind(port).await;
        let (listener, port) = bound.map_err(|error| Failure::usage(format!("port {port} cannot be used: {error}")))?;
        let _ = writeln!(std::io::stdout(), "http://127.0.0.1:{port}/");
        let _ = std::io::stdout().flush();
        global.say("stop it with Ctrl+C");
        let served = preview_server::serve(listener, port, shown, asks).await;
        served.map_err(|error| Failure::usage(format!("the server stopped: {error}")))
    })?;
    Ok(0)
}

/// The thread of the engine: builds, answers, rebuilds.
fn answer(
    wanted: &Wanted,
    asked: &mpsc::Receiver<Ask>,
    shown: &watch::Sender<Shown>,
    ready: &mpsc::Sender<Result<(), Failure>>,
    global: &Global,
) {
    let (mut opened, mut engine) = match wanted.open(None, global) {
        Ok(pair) => pair,
        Err(failure) => {
            // Nobody waits when the process is ending.
            let _ = ready.send(Err(failure));
            return;
        }
    };
    let mut memory = Arc::new(Memory::default());
    let mut held: Option<Ask> = None;
    // Milliseconds of the start: a page of an earlier server on this port sees that this is another one.
    let mut version = ((now() - 25_569.0) * 86_400_000.0) as u64;
    loop {
        let preview = Preview::new(&opened.report, &opened.model, &engine, now()).remembering(memory.clone());
        {
            let outline = preview.outline().to_string();
            let (name, locale) = (opened.report.name.clone(), opened.report.locale.clone());
            shown.send_modify(|shown| *shown = Shown { name, locale, outline, version, problem: None, changes: shown.changes + 1 });
        }
        // Only the first time does somebody wait.
        let _ = ready.send(Ok(()));
        let (next, kept) = loop {
            let Some(ask) = held.take().or_else(|| asked.recv().ok()) else { return };
            match ask {
                Ask::Page(page, selections, reply) => {
                    // A browser that went away or chose something else meanwhile wants no answer.
                    if !reply.is_closed() {
                        let _ = reply.send(preview.page(page, &selections));
                    }
                }
                Ask::Rebuild => {
                    held = quiet(asked);
                    match wanted.open(Some((&opened, &engine)), global) {
                        Ok((next, same)) if next.report == opened.report && next.model == opened.model && Arc::ptr_eq(&same, &engine) => {
                            shown.send_if_modified(|shown| shown.tell(None));
                        }
                        Ok((next, found)) => {
                            let kept = if Arc::ptr_eq(&found, &engine) {
                                memory.clone()
                            } else if found.shares_rows_with(&engine) {
                                Arc::new(memory.after(&opened.model, &next.model))
                            } else {
                                Arc::default()
                            };
                            break ((next, found), kept);
                        }
                        Err(failure) => {
                            failure.print(global);
                            shown.send_if_modified(|shown| shown.tell(Some(failure.text())));
                        }
                    }
                }
            }
        };
        (opened, engine) = next;
        memory = kept;
        version += 1;
        global.say("reloaded");
    }
}

/// Waits until nothing is saved any more, as an editor saves in several steps; gives back another request that came meanwhile.
fn quiet(asked: &mpsc::Receiver<Ask>) -> Option<Ask> {
    loop {
        match asked.recv_timeout(std::time::Duration::from_millis(20)) {
            Ok(Ask::Rebuild) => {}
            Ok(other) => return Some(other),
            Err(_) => return None,
        }
    }
}

/// The moment of TODAY.
pub(super) fn now() -> f64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    25_569.0 + since.as_secs_f64() / 86_400.0
}

/// One picture per page.
fn pictures(html: &Path, folder: &Path, report: &Report, global: &Global) -> Result<(), Failure> {
    let browser = browser().ok_or_else(|| {
        Failure::usage("no Chromium, Chrome or Edge found for the pictures; name one with the environment variable XERO_PBIT_CHROMIUM")
    })?;
    std::fs::create_dir_all(folder).map_err(|error| Failure::usage(format!("`{}` cannot be made: {error}", folder.display())))?;
    let full = |path: &Path| std::fs::canonicalize(path).map_err(|error| Failure::usage(format!("`{}`: {error}", path.display())));
    let address = file_address(&full(html)?);
    let folder = full(folder)?;
    for (index, page) in report.pages.iter().enumerate().filter(|(_, page)| page.kind == PageKind::Report && !page.is_hidden) {
        let slug: String = page.name.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
        let picture = folder.join(format!("{:02}-{slug}.png", index + 1));
        // An earlier picture must not stand in for one that failed.
        let _ = std::fs::remove_file(&picture);
        let status = Command::new(&browser)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--virtual-time-budget=3000",
                "--window-size=1280,720",
            ])
            .args(["--disable-extensions", "--no-first-run", "--force-device-scale-factor=1"])
            .arg(format!("--screenshot={}", picture.display()))
            .arg(format!("{address}#page={index}&picture"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .map_err(|error| Failure::usage(format!("`{}` cannot be started: {error}", browser.display())))?;
        if !status.success() || !picture.is_file() {
            return Err(Failure::usage(format!("`{}` took no picture of page `{}` ({status})", browser.display(), page.name)));
        }
        // Fewer colours, a smaller file; a browser that writes another kind of PNG keeps its own.
        if let Some(smaller) = std::fs::read(&picture).ok().as_deref().and_then(crate::format::png::with_palette) {
            std::fs::write(&picture, smaller)
                .map_err(|error| Failure::usage(format!("`{}` cannot be written: {error}", picture.display())))?;
        }
        global.say(format!("{}", picture.display()));
    }
    Ok(())
}

fn file_address(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    let mut address = String::from(if text.starts_with('/') { "file://" } else { "file:///" });
    for byte in text.bytes() {
        match byte {
            b'/' | b':' | b'-' | b'_' | b'.' | b'~' => address.push(byte as char),
            byte if byte.is_ascii_alphanumeric() => address.push(byte as char),
            byte => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address
}

/// A browser of the Chromium family.
fn browser() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("XERO_PBIT_CHROMIUM") {
        return Some(PathBuf::from(named));
    }
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge", "microsoft-edge"];
    let folders: Vec<PathBuf> = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    let on_path =
        names.iter().flat_map(|name| folders.iter().flat_map(move |folder| [folder.join(name), folder.join(format!("{name}.exe"))]));
    let usual = [
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
        "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
        "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
    ];
    on_path.chain(usual.iter().map(PathBuf::from)).find(|path| path.is_file())
}
