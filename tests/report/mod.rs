//! Pages: the shipped ones, a tiny one, and what is said about bad ones.
#![allow(clippy::disallowed_methods)]

use std::fmt::Write as _;

use libtest_mimic::{Failed, Trial};
use xero_pbit::base::{Diagnostic, FileSet, SourceMap};
use xero_pbit::check::report::{TILES, check};
use xero_pbit::format::pbir;
use xero_pbit::model::Model;
use xero_pbit::project::{self, Layer, yaml};
use xero_pbit::report::{Condition, Literal, Report, VisualKind, localise};

/// The model and theme that the small pages stand on.
const MODEL: &str = "name: Tiny\nculture: en-US\nsource: sample\n";
const DATE: &str = "name: Date\ncolumns:\n  - {name: Date, type: date, key: true}\n  - {name: Month, type: text}\nsource: {dax: 'x'}\n";
const BANK: &str = "name: Bank\ncolumns:\n  - {name: Amount, type: decimal}\n  - {name: Name, type: text}\nsource: {dax: 'x'}\n";
const MEASURES: &str = "table: Bank\nmeasures:\n  - {name: Cash in, expression: '1'}\n  - {name: Cash out, expression: '2'}\n";
const THEME: &str =
    "name: Tiny\npalette: {ink: '#112233', gain: '#0B6A63'}\ndataColors: [$gain]\nforeground: $ink\nbackground: '#FFFFFF'\n";
const FRAME: &str =
    "name: Standard\nkind: frame\nvisuals:\n  - {name: Title, type: text, at: [1, 80, 40, 5], text: '{page}', alt: '{page}'}\n";
const CUSTOMER: &str = "name: Customer\nvisuals: []\n";

fn tiny(page: &str) -> (Model, Report, Vec<Diagnostic>, SourceMap) {
    let mut files = FileSet::new();
    for (path, text) in [
        ("model.yaml", MODEL),
        ("tables/date.yaml", DATE),
        ("tables/bank.yaml", BANK),
        ("measures/cash.yaml", MEASURES),
        ("theme.yaml", THEME),
        ("pages/0-frame.yaml", FRAME),
        ("pages/customer.yaml", CUSTOMER),
        ("pages/page.yaml", page),
    ] {
        files.insert(path, text);
    }
    let (project, mut problems) = project::read(&[Layer { name: String::new(), files }]);
    problems.extend(check(&project.report, &project.model));
    (project.model, project.report, problems, project.sources)
}

fn shown(problems: &[Diagnostic], sources: &SourceMap) -> String {
    problems.iter().map(|d| xero_pbit::cli::render(d, sources, false)).collect::<Vec<_>>().join("\n")
}

/// Compares with a file of `tests/report`; `UPDATE_EXPECTED=1` writes it, to be read before it is committed.
fn expect(file: &str, found: &str) -> Result<(), Failed> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report").join(file);
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(&path, found)?;
    }
    let wanted = std::fs::read_to_string(&path)?.replace("\r\n", "\n");
    if wanted == found { Ok(()) } else { Err(format!("{file} differs; found:\n{found}").into()) }
}

/// Each section of `invalid.txt`, with its page named, and what is said about it.
fn invalid() -> Result<(), Failed> {
    let mut out = String::new();
    for section in include_str!("invalid.txt").replace("\r\n", "\n").split("--- ").filter(|section| !section.is_empty()) {
        let (title, page) = section.split_once('\n').ok_or("a section has a title")?;
        let (_, _, problems, sources) = tiny(&format!("name: Page\n{page}"));
        if problems.is_empty() {
            return Err(format!("nothing is said about: {title}").into());
        }
        let _ = writeln!(out, "--- {title}\n{}", shown(&problems, &sources));
    }
    expect("invalid.expected.txt", &out)
}

const PAGE: &str = r##"name: Cash
frame: Standard
visuals:
  - {name: Title, text: Cash and bank}
  - name: Cash in
    type: card
    at: [1, 1, 18, 8]
    data: {values: Cash in}
    filters: [{field: "Date[Month]", in: [Jan, "O'Feb"]}]
    alt: Money received
    opens: Customer
    mobile: half
  - name: By month
    type: column
    at: [1, 10, 78, 40]
    data: {category: "Date[Month]", values: [Cash in, {field: "sum(Bank[Amount])", title: Amount}]}
    sort: [Cash in descending]
    colors: {Cash in: [{when: "< 0", color: "#A8440F"}, {when: ">= 0", color: gain}]}
    filters: [{field: "Date[Month]", top: {count: 5, by: "sum(Bank[Amount])"}}, {field: Cash in, greater: 0}]
    title: Cash by month
    alt: {measure: Cash out}
"##;

fn snapshot() -> Result<(), Failed> {
    let (_, report, problems, sources) = tiny(PAGE);
    if !problems.is_empty() {
        return Err(shown(&problems, &sources).into());
    }
    let mut out = String::new();
    for (path, bytes) in pbir::write(&report).iter() {
        let _ = write!(out, "=== {path}\n{}", String::from_utf8_lossy(bytes));
    }
    expect("tiny.expected.txt", &out)
}

/// Takes away what files do not keep: places, and translations into other languages.
fn without_places(mut report: Report) -> Report {
    report.translations.clear();
    for filter in &mut report.filters {
        filter.span = None;
    }
    for page in &mut report.pages {
        page.span = None;
        page.filters.iter_mut().for_each(|filter| filter.span = None);
        for visual in &mut page.visuals {
            visual.span = None;
            visual.filters.iter_mut().for_each(|filter| filter.span = None);
            visual.roles.iter_mut().flat_map(|role| &mut role.fields).for_each(|projection| projection.span = None);
        }
    }
    report
}

fn same(wanted: Report, files: &FileSet) -> Result<(), Failed> {
    let read = pbir::read(files, &wanted.name);
    if !read.diagnostics.is_empty() {
        return Err(shown(&read.diagnostics, &SourceMap::default()).into());
    }
    let (mut wanted, found) = (without_places(wanted), read.report);
    wanted.theme.name.clone_from(&found.theme.name);
    for (a, b) in wanted.pages.iter().zip(&found.pages) {
        for (a, b) in a.visuals.iter().zip(&b.visuals) {
            if a != b {
                return Err(format!("visual differs:\n{a:#?}\n{b:#?}").into());
            }
        }
        if a != b {
            return Err(format!("page `{}` differs", a.name).into());
        }
    }
    if wanted != found { Err("report differs".into()) } else { Ok(()) }
}

fn round_trip_tiny() -> Result<(), Failed> {
    let (_, report, _, _) = tiny(PAGE);
    let files = pbir::write(&report);
    same(report, &files)
}

fn round_trip_shipped() -> Result<(), Failed> {
    let (project, _) = project::shipped();
    let files = pbir::write(&project.report);
    same(project.report.clone(), &files)?;
    let again = pbir::write(&pbir::read(&files, "x").report);
    if again == files { Ok(()) } else { Err("a second writing gives other bytes".into()) }
}

fn shipped_is_clean() -> Result<(), Failed> {
    let (project, mut problems) = project::shipped();
    problems.extend(check(&project.report, &project.model));
    problems.retain(|problem| problem.code.starts_with('R') || problem.is_error());
    if !problems.is_empty() {
        return Err(shown(&problems, &project.sources).into());
    }
    let pages: Vec<&str> = project.report.pages.iter().filter(|page| !page.is_hidden).map(|page| page.name.as_str()).collect();
    let wanted = [
        "Dashboard",
        "Bank Accounts",
        "Customer",
        "Suppliers",
        "Inventory",
        "Profit and Loss",
        "Balance Sheet",
        "Health",
        "Glossary and Technical Notes",
    ];
    if pages != wanted {
        return Err(format!("pages: {pages:?}").into());
    }
    if let Ok(folder) = std::env::var("REPORT_OUT") {
        for (path, bytes) in pbir::write(&project.report).iter() {
            let path = std::path::Path::new(&folder).join(path);
            std::fs::create_dir_all(path.parent().ok_or("a folder")?)?;
            std::fs::write(path, bytes)?;
        }
    }
    Ok(())
}

fn translations_are_complete() -> Result<(), Failed> {
    let (project, _) = project::shipped();
    if project.report.translations.len() < 2 {
        return Err("French and Dutch are missing".into());
    }
    for (culture, words) in &project.report.translations {
        let mut report = project.report.clone();
        localise(&mut report, culture, words, &|_| None);
        let same_ids = report.pages.iter().zip(&project.report.pages).all(|(a, b)| pbir::page_id(a) == pbir::page_id(b));
        if !same_ids {
            return Err("identifiers depend on the language".into());
        }
        if culture != "en-US" && report.page("Dashboard").is_none_or(|page| page.display_name == "Dashboard" && culture == "fr-FR") {
            return Err(format!("the dashboard keeps its English title in {culture}").into());
        }
    }
    Ok(())
}

/// `docs/tiles.md` says of every tile what the dashboard does: family, filter of the visual, page that a click opens.
fn tiles_are_documented() -> Result<(), Failed> {
    let (project, _) = project::shipped();
    let dashboard = project.report.page("Dashboard").ok_or("a dashboard")?;
    let docs = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tiles.md"))?;
    for (index, tile) in TILES.iter().enumerate() {
        let start = format!("| {} | {} | `{}` |", index + 1, tile.name, tile.name);
        let row = docs.lines().find(|line| line.starts_with(&start)).ok_or_else(|| format!("no row for tile {}", tile.name))?;
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let visual = tile.visual(dashboard).ok_or_else(|| format!("no tile {}", tile.name))?;
        let mut filters: Vec<String> = Vec::new();
        for filter in &visual.filters {
            match &filter.condition {
                Condition::Top { count: 10, .. } => filters.push("ten largest".to_owned()),
                Condition::In { values, .. } if values == &[Literal::Bool(true)] => filters.push(filter.field.name().to_owned()),
                _ => {}
            }
        }
        let filters = if filters.is_empty() { "none".to_owned() } else { filters.join(", ") };
        let family = if tile.is_now { "now" } else { "period" };
        if cells[4] != family || cells[5].split(':').next() != Some(filters.as_str()) {
            return Err(format!("tile {} is {family} and filtered by {filters}, the documentation says: {row}", tile.name).into());
        }
        if tile.opens(dashboard) != Some(tile.page) {
            return Err(format!("{} opens {:?}, not {}", tile.name, tile.opens(dashboard), tile.page).into());
        }
    }
    Ok(())
}

/// Reports of other programs: everything there is kept or understood, nothing panics.
fn foreign() -> Result<(), Failed> {
    let mut files = FileSet::new();
    files.insert("definition/report.json", r#"{"themeCollection":{"baseTheme":{"name":"CY24SU10","type":"SharedResources"}}}"#);
    files.insert("definition/pages/pages.json", r#"{"pageOrder":["p1","p2","gone"],"activePageName":"p1"}"#);
    files.insert("definition/pages/p1/page.json", "\u{feff}{\"name\":\"p1\",\"displayName\":\"One\",\"width\":800,\"height\":600}");
    files.insert("definition/pages/p2/page.json", "{ not json");
    files.insert(
        "definition/pages/p1/visuals/v1/visual.json",
        r#"{"name":"v1","position":{"x":1,"y":2,"width":3,"height":4,"z":5},"visual":{"visualType":"Acme_1234","query":{"queryState":{"Odd":{"projections":[
            {"field":{"SparklineData":{}},"queryRef":"x","nativeQueryRef":"x"}]}}},"objects":{"odd":[{"properties":{"p":{"expr":{"Strange":{}}}},"selector":{"data":[{"scopeId":{}}]}}]}}}"#,
    );
    files.insert(
        "definition/pages/p1/visuals/v2/visual.json",
        r#"{"name":"v2","position":{},"visualGroup":{"displayName":"G","groupMode":"ScaleMode"}}"#,
    );
    files.insert("definition/pages/p1/visuals/v3/visual.json", "[]");
    let read = pbir::read(&files, "Foreign");
    let codes: Vec<&str> = read.diagnostics.iter().map(|problem| problem.code).collect();
    if codes != ["F0601", "F0602"] {
        return Err(format!("codes: {codes:?}").into());
    }
    let page = read.report.pages.first().ok_or("one page")?;
    let kinds: Vec<&VisualKind> = page.visuals.iter().map(|visual| &visual.kind).collect();
    if page.visuals.len() != 3 || !kinds.iter().any(|kind| matches!(kind, VisualKind::Visual(name) if name == "Acme_1234")) {
        return Err(format!("visuals: {kinds:?}").into());
    }
    let out = pbir::write(&read.report);
    let text = String::from_utf8_lossy(out.get("definition/pages/p1/visuals/v1/visual.json").ok_or("the visual is written")?).into_owned();
    for kept in ["SparklineData", "Strange", "scopeId", "Acme_1234"] {
        if !text.contains(kept) {
            return Err(format!("{kept} is lost:\n{text}").into());
        }
    }
    Ok(())
}

/// Reports saved by Power BI Desktop and others, where the shared samples are at hand: read, written, read again, the same.
fn samples_survive() -> Result<(), Failed> {
    let samples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples");
    if !samples.is_dir() {
        println!("skipped: no ../shared/samples");
        return Ok(());
    }
    for (folder, least) in [("project/verified-demo.Report", 25), ("project/official-scaffold/Demo.Report", 0), ("visuals-real", 10)] {
        let root = samples.join(folder);
        let mut files = FileSet::new();
        let folder_is_flat = folder == "visuals-real";
        if folder_is_flat {
            files.insert("definition/pages/p/page.json", r#"{"name":"p","displayName":"P"}"#);
            files.insert("definition/pages/pages.json", r#"{"pageOrder":["p"]}"#);
        }
        let mut open = vec![root.clone()];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(&folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    let name = path.strip_prefix(&root)?.to_string_lossy().replace('\\', "/");
                    // A folder of single visuals is read as a page of them.
                    let name = match name.strip_suffix(".json") {
                        Some(visual) if folder_is_flat => format!("definition/pages/p/visuals/{visual}/visual.json"),
                        _ => name,
                    };
                    files.insert(name, std::fs::read(&path)?);
                }
            }
        }
        let first = pbir::read(&files, "Sample");
        let visuals: usize = first.report.pages.iter().map(|page| page.visuals.len()).sum();
        if !first.diagnostics.is_empty() || visuals < least || (first.report.theme.json.is_empty() && !folder_is_flat) {
            return Err(format!("{folder}: {visuals} visuals, {:?}", first.diagnostics).into());
        }
        let mut second = pbir::read(&pbir::write(&first.report), "Sample").report;
        second.theme.name.clone_from(&first.report.theme.name);
        if let (Some(a), Some(b)) = (&first.report.custom_theme, &mut second.custom_theme) {
            b.name.clone_from(&a.name);
        }
        // Our provenance is added on the way.
        second.name.clone_from(&first.report.name);
        for (a, b) in first.report.pages.iter().zip(&second.pages) {
            for (a, b) in a.visuals.iter().zip(&b.visuals) {
                if a != b {
                    return Err(format!("{folder}: visual differs:\n{a:#?}\n{b:#?}").into());
                }
            }
            if a != b {
                return Err(format!("{folder}: page `{}` differs:\n{a:#?}\n{b:#?}", a.name).into());
            }
        }
    }
    Ok(())
}

/// Editors complete and check the shipped files with the schemas that we print.
fn shipped_files_fit_their_schemas() -> Result<(), Failed> {
    let files = project::shipped::files();
    for (kind, folder) in [("page", "pages/"), ("theme", "theme.yaml"), ("locale", "locales/report.")] {
        let schema = project::schema::schema(kind).ok_or_else(|| format!("no schema for {kind}"))?;
        let validator = jsonschema::validator_for(&schema).map_err(|error| error.to_string())?;
        let mut seen = 0;
        for (path, bytes) in files.iter().filter(|(path, _)| path.starts_with(folder)) {
            let mut cx = yaml::Context::default();
            let text = std::str::from_utf8(bytes)?;
            let node = yaml::parse(text, xero_pbit::base::FileId(0), &mut cx).ok_or("not YAML")?;
            if let Err(error) = validator.validate(&node.to_json()) {
                return Err(format!("{path}: {error} at {}", error.instance_path()).into());
            }
            seen += 1;
        }
        if seen == 0 {
            return Err(format!("no file of {kind}").into());
        }
        let wrong =
            serde_json::json!({"name": "x", "visuals": [{"name": "a", "type": "colum", "nonsense": 1}], "paletta": {}, "reports": {}});
        if validator.is_valid(&wrong) {
            return Err(format!("the schema of {kind} accepts nonsense").into());
        }
    }
    Ok(())
}

/// An overlay adds, changes and removes visuals and pages by name.
fn overlays_change_pages() -> Result<(), Failed> {
    let mut files = FileSet::new();
    files.insert("model.yaml", "extends: shipped\n");
    let page = "change:\n  - name: Dashboard\n    visuals:\n      change: [{name: Cash in, title: Receipts}]\n      remove: [Equity]\n      \
                add: [{name: Margin, type: card, at: [101, 68, 18, 17], data: {values: Gross profit percentage}, alt: Margin}]\nremove: [Cash tooltip]\n";
    files.insert("pages/mine.yaml", page);
    files.insert("pages/extra.yaml", "name: Extra\norder: 50\nframe: Standard\nvisuals:\n  - {name: A, type: card, at: [1, 11, 24, 10], data: {values: Cash in}, alt: A}\n");
    let (project, mut problems) = project::read(&[Layer::shipped(), Layer { name: "mine".to_owned(), files }]);
    problems.extend(check(&project.report, &project.model));
    let errors: Vec<Diagnostic> = problems.iter().filter(|problem| problem.is_error()).cloned().collect();
    let shown = shown(&errors, &project.sources);
    // The removed tooltip page is still named by two charts, which is said.
    if errors.len() != 2 || !errors.iter().all(|problem| problem.code == "R0109" && problem.message.contains("Cash tooltip")) {
        return Err(format!("errors:\n{shown}").into());
    }
    if !problems.iter().any(|problem| problem.code == "R0216" && problem.message.contains("Equity")) {
        return Err("nothing is said about the tile that is gone".into());
    }
    let dashboard = project.report.page("Dashboard").ok_or("a dashboard")?;
    let title = dashboard.visual("Cash in").and_then(|visual| visual.title().cloned());
    if title != Some(xero_pbit::report::Property::text("Receipts")) {
        return Err(format!("title: {title:?}").into());
    }
    if dashboard.visual("Equity").is_some() || dashboard.visual("Margin").is_none() || project.report.page("Extra").is_none() {
        return Err("the overlay was not applied".into());
    }
    Ok(())
}

/// All trials of this topic.
pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("report/shipped_pages_have_no_faults", shipped_is_clean),
        Trial::test("report/bad_pages_are_explained", invalid),
        Trial::test("report/tiny_page_gives_these_files", snapshot),
        Trial::test("report/tiny_page_survives_a_round_trip", round_trip_tiny),
        Trial::test("report/shipped_pages_survive_a_round_trip", round_trip_shipped),
        Trial::test("report/other_languages_keep_identifiers", translations_are_complete),
        Trial::test("report/tiles_are_documented", tiles_are_documented),
        Trial::test("report/foreign_reports_are_read", foreign),
        Trial::test("report/samples_survive", samples_survive),
        Trial::test("report/shipped_files_fit_their_schemas", shipped_files_fit_their_schemas),
        Trial::test("report/overlays_change_pages", overlays_change_pages),
    ]
}
