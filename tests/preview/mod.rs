//! The preview: figures of the shipped pages, hostile names, the size of the file.

use libtest_mimic::{Failed, Trial};
use serde_json::Value as Json;
use xero_pbit::base::{Diagnostic, FileSet};
use xero_pbit::check;
use xero_pbit::dax::{Engine, Options};
use xero_pbit::emit;
use xero_pbit::format::pbir;
use xero_pbit::m;
use xero_pbit::model::{PartitionSource, Source};
use xero_pbit::power_query::Refresh;
use xero_pbit::preview::query::Selection;
use xero_pbit::preview::{Budget, Preview};
use xero_pbit::project::raw::SourceKind;
use xero_pbit::project::{self, Layer};
use xero_pbit::table::{Column, DataType, Table, Value};

const HOSTILE: &str = "</script><img src=x onerror=alert(1)>\"'&";

/// A model with one table, one page and a name that would break out of a page.
fn tiny(check: impl FnOnce(&Preview<'_>) -> Result<(), Failed>) -> Result<(), Failed> {
    over_sales(
        "name: Page\nvisuals:\n  - {name: Card, type: card, at: [1, 1, 20, 10], data: {values: Total}, alt: Total}\n  \
         - {name: Bars, type: bar, at: [1, 12, 40, 30], data: {category: 'Sales[Customer]', values: Total}, title: Bars, alt: Bars}\n  \
         - {name: Who, type: slicer, at: [60, 1, 20, 10], data: {field: 'Sales[Customer]'}, title: Who, alt: Who}\n",
        check,
    )
}

/// The same with a page of its own.
fn over_sales(page: &str, check: impl FnOnce(&Preview<'_>) -> Result<(), Failed>) -> Result<(), Failed> {
    let mut files = FileSet::new();
    for (path, text) in [
        ("model.yaml", "name: Tiny\nculture: en-US\nsource: sample\n"),
        (
            "tables/sales.yaml",
            "name: Sales\ncolumns:\n  - {name: Customer, type: text}\n  - {name: Amount, type: double}\nsource: {m-text: 'let rows = 1 in rows'}\n",
        ),
        ("measures/all.yaml", "table: Sales\nmeasures:\n  - {name: Total, expression: 'SUM ( Sales[Amount] )', format: '#,0.00'}\n"),
        ("theme.yaml", "name: Tiny\npalette: {ink: '#112233'}\ndataColors: [$ink]\nforeground: $ink\nbackground: '#FFFFFF'\n"),
        ("pages/page.yaml", page),
    ] {
        files.insert(path, text);
    }
    let (mut project, _) = project::read(&[Layer { name: String::new(), files }]);
    // The rows come from the test, not from a query.
    for partition in project.model.tables.iter_mut().flat_map(|table| &mut table.partitions) {
        partition.source = PartitionSource::M(Source::default());
    }
    let report = pbir::read(&pbir::write(&project.report), "Tiny").report;
    let names = [HOSTILE, "Plain"].map(Value::text);
    let columns = vec![
        Column::from_values("Customer", DataType::String, names).map_err(|e| format!("{e:?}"))?,
        Column::from_values("Amount", DataType::Double, [Value::Double(1234.5), Value::Double(10.0)]).map_err(|e| format!("{e:?}"))?,
    ];
    let engine = Engine::new(&project.model, vec![Table { name: "Sales".to_owned(), columns }]);
    check(&Preview::new(&report, &project.model, &engine, Options::default().now))
}

fn ensure(holds: bool, why: &str) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(why.to_owned().into()) }
}

/// The payload inside a page.
fn payload(html: &str) -> Result<Json, Failed> {
    let start = html.find("id=\"data\">").ok_or("no payload")? + 10;
    let end = start + html[start..].find("</script>").ok_or("no end of the payload")?;
    Ok(serde_json::from_str(&html[start..end])?)
}

fn hostile_names_stay_data() -> Result<(), Failed> {
    tiny(|preview| {
        let html = preview.html(&preview.base(), Budget::default());
        ensure(!html.contains("<img src=x"), "a name became markup")?;
        ensure(html.matches("</script>").count() == 3, "a name closed a script")?;
        let base = &payload(&html)?["base"][0];
        let rows = base["Bars"]["data"]["levels"][0].as_array().ok_or("no rows")?;
        ensure(rows.iter().any(|row| row[0] == HOSTILE), "the name is not in the data as it is")?;
        let policy = html.split("Content-Security-Policy\" content=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("");
        ensure(policy.starts_with("default-src 'none'"), "no content security policy")?;
        ensure(!policy.contains("unsafe") && policy.matches("'sha256-").count() == 3, "scripts are allowed by more than their hash")
    })
}

fn selections_filter_what_they_reach() -> Result<(), Failed> {
    tiny(|preview| {
        let one =
            |values: Json| Selection { column: "'Sales'[Customer]".to_owned(), values: values.as_array().cloned().unwrap_or_default() };
        let answers = preview.page(0, &[one(serde_json::json!(["Plain"]))]);
        ensure(answers["Card"]["data"]["levels"][0][0][1] == "10.00", "the card is not filtered")?;
        ensure(answers["Who"]["data"]["levels"][0].as_array().map(Vec::len) == Some(2), "a slicer is filtered by itself")?;
        let hostile = preview.page(0, &[one(serde_json::json!([HOSTILE]))]);
        ensure(hostile["Card"]["data"]["levels"][0][0][1] == "1,234.50", "a value with quotes does not filter")?;
        let injected = Selection { column: "'Sales'[Customer] ) ) EVALUATE ( Sales".to_owned(), values: vec!["x".into()] };
        let plain = preview.page(0, &[injected]);
        ensure(plain["Card"]["data"]["levels"] == preview.page(0, &[])["Card"]["data"]["levels"], "a column that is none filters")?;
        let html = preview.html(&preview.base(), Budget::default());
        let variants = &payload(&html)?["variants"];
        ensure(
            variants["0|'Sales'[Customer]=[\"Plain\"]"]["Card"]["data"]["levels"][0][0][1] == "10.00",
            "the variant is not pre-computed",
        )?;
        let none = preview.html(&preview.base(), Budget { bytes: 0, seconds: 60.0 });
        ensure(
            payload(&none)?["complete"] == true || payload(&none)?["variants"].as_object().is_some_and(|v| v.len() <= 1),
            "the budget is not kept",
        )
    })
}

fn shipped_pages_show_the_engines_figures() -> Result<(), Failed> {
    let (mut project, loading) = project::shipped();
    project.settings.source = SourceKind::Sample;
    let checked = check::check(project, loading).map_err(|problems| format!("{problems:?}"))?;
    let options =
        emit::Options { source: SourceKind::Sample, sample: xero_pbit::sample::built_in_packed(), ..emit::Options::all(&checked) };
    let model = emit::model(&checked, &options).map_err(|problems| format!("{problems:?}"))?;
    let refresh = Refresh { model: &model, parameters: &[], connector: None, schema_pass: false, options: m::Options::default(), jobs: 0 };
    let mut tables = Vec::new();
    for one in refresh.run(&xero_pbit::host::m::sources) {
        tables.push(one.outcome.map_err(|why| format!("{}: {why}", one.name))?.table);
    }
    let name = &checked.project().model.name;
    let report = pbir::read(&pbir::write(&emit::report(&checked, None)), name).report;
    let engine = Engine::new(&model, tables);
    let preview = Preview::new(&report, &model, &engine, Options::default().now);
    let base = preview.base();
    let broken = preview.broken(&base);
    ensure(broken.is_empty(), &format!("queries fail: {broken:?}"))?;
    let sheet = report.pages.iter().position(|page| page.name == "Balance Sheet").ok_or("no balance sheet")?;
    for measure in ["Total assets", "Total liabilities", "Equity", "Working capital"] {
        let shown = &base[sheet][measure]["data"]["levels"][0][0];
        let (value, _) = engine.evaluate_typed(&format!("[{measure}]"), &Options::default()).map_err(|e| e.message)?;
        let number = match value {
            Value::Currency(c) => c.to_f64(),
            Value::Double(x) => x,
            other => return Err(format!("{measure} is {other:?}").into()),
        };
        ensure(shown[0].as_f64() == Some(number), &format!("{measure}: the page has {}, the engine {number}", shown[0]))?;
        ensure(shown[1].as_str().is_some_and(|text| text.contains('.')), &format!("{measure} has no text"))?;
    }
    let html = preview.html(&base, Budget { seconds: 10.0, ..Budget::default() });
    ensure(html.len() <= 3_000_000, &format!("the file has {} bytes", html.len()))
}

/// What slicers have chosen is there when the report is opened, also without any room for other selections.
fn slicers_start_with_what_they_have_chosen() -> Result<(), Failed> {
    let with = |visual: &str| {
        format!("name: Page\nvisuals:\n  - {{name: Card, type: card, at: [1, 1, 20, 10], data: {{values: Total}}, alt: Total}}\n{visual}")
    };
    let chosen = with(
        "  - {name: Who, type: slicer, at: [60, 1, 20, 10], data: {field: 'Sales[Customer]'}, title: Who, alt: Who, selected: [Plain]}\n",
    );
    over_sales(&chosen, |preview| {
        let first = preview.chosen_at_first(0);
        let wanted = Selection { column: "'Sales'[Customer]".to_owned(), values: vec!["Plain".into()] };
        ensure(first == [wanted], &format!("chosen at first: {first:?}"))?;
        let html = preview.html(&preview.base(), Budget { bytes: 0, seconds: 60.0 });
        let payload = payload(&html)?;
        ensure(payload["outline"]["pages"][0]["chosen"][0]["values"][0] == "Plain", "the page does not know what is chosen")?;
        let shown = &payload["variants"]["0|'Sales'[Customer]=[\"Plain\"]"]["Card"]["data"]["levels"][0][0][1];
        ensure(*shown == "10.00", &format!("the card shows {shown}"))
    })?;
    // A slicer that nobody sees filters as well; its list is not filtered by itself.
    let list = with("  - {name: Who, type: list-slicer, at: [60, 1, 20, 10], data: {field: 'Sales[Customer]'}, title: Who, alt: Who}\n");
    over_sales(&list, |preview| {
        ensure(preview.chosen_at_first(0).is_empty(), "something is chosen")?;
        let plain = Selection { column: "'Sales'[Customer]".to_owned(), values: vec!["Plain".into()] };
        let answers = preview.page(0, &[plain]);
        ensure(answers["Who"]["data"]["levels"][0].as_array().map(Vec::len) == Some(2), "a list slicer is filtered by itself")
    })
}

/// A project that is read and checked after another gives what it gives on its own, whatever changed between the two.
fn a_change_is_checked_like_a_new_project() -> Result<(), Failed> {
    let layers = |path: &str, from: &str, to: &str| -> Result<Vec<Layer>, Failed> {
        let mut layer = Layer::shipped();
        let text = String::from_utf8(layer.files.get(path).ok_or(format!("no file {path}"))?.to_vec())?;
        ensure(from.is_empty() || text.contains(from), &format!("{path} has no `{from}`"))?;
        layer.files.insert(path, text.replacen(from, to, 1));
        Ok(vec![layer])
    };
    let page = "pages/05-inventory.yaml";
    let trees = std::sync::Arc::new(project::Trees::default());
    let (before, loading) = project::read_again(&layers(page, "", "")?, &trees);
    let checked = check::check(before, loading).map_err(|problems| format!("{problems:?}"))?;
    for (path, from, to) in [
        (page, "title: Share of products in sales", "title: Share"),
        (page, "type: treemap", "type: treemop"),
        (page, "values: Monthly sales amount by product", "values: Monthly sales amount by produkt"),
        ("measures/balance-sheet.yaml", "SUM (", "SUMM ("),
        ("model.yaml", "culture: en-US", "culture: de-DE"),
    ] {
        let changed = layers(path, from, to)?;
        let (alone, mut told) = project::read(&changed);
        let (after, mut again) = project::read_again(&changed, &trees);
        ensure(alone.model == after.model && alone.report == after.report && told == again, &format!("{path}, `{to}`: read otherwise"))?;
        // Whether a project without errors is found, and what is said of it.
        let said = |result: Result<check::CheckedModel, Vec<Diagnostic>>| match result {
            Ok(checked) => (true, checked.warnings().to_vec()),
            Err(problems) => (false, problems),
        };
        let (fresh, kept) = (
            said(check::check(alone, std::mem::take(&mut told))),
            said(check::check_after(Some(&checked), after, std::mem::take(&mut again))),
        );
        ensure(fresh == kept, &format!("{path}, `{to}`: alone {fresh:?}, after another {kept:?}"))?;
        let is_wrong = ["treemop", "produkt", "SUMM"].iter().any(|word| to.contains(word));
        ensure(fresh.0 != is_wrong, &format!("{path}, `{to}`: {fresh:?}"))?;
    }
    Ok(())
}

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("preview::slicers_start_with_what_they_have_chosen", slicers_start_with_what_they_have_chosen),
        Trial::test("preview::a_change_is_checked_like_a_new_project", a_change_is_checked_like_a_new_project),
        Trial::test("preview::hostile_names_stay_data", hostile_names_stay_data),
        Trial::test("preview::selections_filter_what_they_reach", selections_filter_what_they_reach),
        Trial::test("preview::shipped_pages_show_the_engines_figures", shipped_pages_show_the_engines_figures),
    ]
}
