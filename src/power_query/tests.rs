//! The shipped templates, rendered for every source.

use std::collections::BTreeSet;

use super::*;
use crate::m::syntax::parse_expression;
use crate::project::{self, Settings};
use crate::sample;

fn company() -> Vec<Packed> {
    sample::built_in_packed().to_vec()
}

fn queries(source: SourceKind, settings: Settings, sample: &[Packed]) -> Queries {
    let (mut project, diagnostics) = project::shipped();
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    project.settings = settings;
    render(&project, &Options { source, locale: "en", sample }).expect("the shipped templates render")
}

#[test]
fn every_source_renders_m_that_parses() {
    let company = company();
    for source in SourceKind::ALL {
        let queries = queries(*source, Settings::default(), &company);
        assert_eq!(queries.tables.len(), 11, "{source:?}: ten tables and the glossary");
        let expressions = queries.expressions.iter().map(|e| (&e.name, &e.expression.text));
        for (name, text) in queries.tables.iter().map(|(name, text)| (name, text)).chain(expressions) {
            if let Err(error) = parse_expression(text) {
                panic!("{source:?} {name}: {error:?}");
            }
        }
    }
}

#[test]
fn only_functions_that_are_needed_are_shared() {
    let names =
        |source| -> BTreeSet<String> { queries(source, Settings::default(), &[]).expressions.into_iter().map(|e| e.name).collect() };
    let sample = names(SourceKind::Sample);
    assert!(sample.contains("Companies") && sample.contains("AsOf") && !sample.contains("LivePages") && !sample.contains("CompanyFiles"));
    let folder = names(SourceKind::Folder);
    assert!(folder.contains("StoredTable") && folder.contains("Company Folder") && !folder.contains("Client Secret"));
    let live = names(SourceKind::CustomConnection);
    assert!(live.contains("XeroRequest") && live.contains("LiveReports") && live.contains("Client Secret"));
    let connector = names(SourceKind::Connector);
    assert!(connector.contains("Organisation Nickname 2") && !connector.contains("XeroRequest") && !connector.contains("LivePages"));
}

#[test]
fn a_folder_template_has_one_data_source_function() {
    for (kind, wanted, others) in [
        (FolderKind::Local, "Folder.Files", ["SharePoint.Files", "AzureStorage.DataLake"]),
        (FolderKind::SharePoint, "SharePoint.Files", ["Folder.Files", "AzureStorage.DataLake"]),
        (FolderKind::Adls, "AzureStorage.DataLake", ["SharePoint.Files", "Folder.Files"]),
    ] {
        let queries = queries(SourceKind::Folder, Settings { folder_kind: kind, ..Settings::default() }, &[]);
        let words: BTreeSet<&str> = queries.expressions.iter().flat_map(|e| text::identifiers(&e.expression.text)).collect();
        assert!(words.contains(wanted), "{kind:?}");
        assert!(others.iter().all(|other| !words.contains(other)), "{kind:?}");
    }
}

#[test]
fn no_table_query_refers_to_a_query_that_reads_a_source() {
    let functions: BTreeSet<String> = queries(SourceKind::Connector, Settings::default(), &[])
        .expressions
        .into_iter()
        .filter(|e| e.query_group.as_deref() == Some("Functions"))
        .map(|e| e.expression.text)
        .collect();
    for text in functions {
        let code = text.lines().find(|line| !line.trim_start().starts_with("//")).unwrap_or_default();
        assert!(code.starts_with('('), "a function: {code}");
    }
}

#[test]
fn no_query_reads_a_clock() {
    let company = company();
    for source in SourceKind::ALL {
        let queries = queries(*source, Settings::default(), &company);
        let texts = queries.tables.iter().map(|(_, text)| text).chain(queries.expressions.iter().map(|e| &e.expression.text));
        for word in texts.flat_map(|text| text::identifiers(text)) {
            assert!(!word.contains("LocalNow") && !word.contains("UtcNow") && !word.starts_with("Date.IsIn"), "{source:?}: {word}");
        }
    }
}

#[test]
fn the_fiscal_year_end_of_the_model_wins() {
    let settings = Settings { fiscal_year_end: Some((4, 5)), ..Settings::default() };
    let queries = queries(SourceKind::Folder, settings, &[]);
    let organisation = &queries.tables.iter().find(|(name, _)| name == "Organisation").expect("a table").1;
    assert!(organisation.contains("#\"Financial Year End Day\" = 5,") && organisation.contains("#\"Financial Year End Month\" = 4,"));
}

#[test]
fn a_template_that_does_not_exist_is_named() {
    let (mut project, _) = project::shipped();
    project.table_templates[0].template.value = "addreses".to_owned();
    let problems = render(&project, &Options { source: SourceKind::Folder, locale: "en", sample: &[] }).expect_err("no such template");
    assert_eq!(problems[0].code, "P0220");
    assert!(problems[0].help.iter().any(|help| help.contains("addresses")), "{:?}", problems[0].help);
}

#[test]
fn a_template_that_asks_for_nothing_known_is_an_error() {
    let (mut project, _) = project::shipped();
    project.templates.insert("tables/items.m.hbs", "{{{no_such_value}}}");
    let problems = render(&project, &Options { source: SourceKind::Folder, locale: "en", sample: &[] }).expect_err("strict");
    assert!(problems.iter().any(|problem| problem.code == "P0221" && problem.message.contains("tables/items")), "{problems:?}");
}

#[test]
fn the_glossary_speaks_the_language_of_the_build() {
    let (project, _) = project::shipped();
    let text = |locale| glossary::rows(&project, locale).join("\n");
    assert!(text("en").contains("\"Cash in\"") && text("fr-FR").contains("\"Encaissements\"") && text("nl").contains("\"Ontvangsten\""));
    assert_eq!(text("xx"), text("en"));
}

#[test]
fn the_connector_holds_no_secret_and_all_it_calls() {
    let (project, _) = project::shipped();
    let files = connector_files(&project.templates).expect("the shipped connector renders");
    let text = String::from_utf8(files.get("Xero.pq").expect("the section document").to_vec()).expect("UTF-8");
    for name in ["LivePages =", "LiveReports =", "AsDate =", "AsAtDate =", "StartLogin =", "FinishLogin =", "Refresh =", "Logout ="] {
        assert!(text.contains(name), "{name}");
    }
    assert!(files.get("resources.resx").is_some());
    if let Err(error) = crate::m::syntax::parse_document(&text) {
        panic!("{error:?}");
    }
}

/// The JSON of `entry`, evaluated beside the shared functions of `source` and `extra` members.
fn evaluate(source: SourceKind, extra: &str, entry: &str) -> String {
    let queries = queries(source, Settings::default(), &[]);
    let mut section = String::from("section S;\n");
    for expression in &queries.expressions {
        section.push_str(&format!("shared {} = {};\n", field(&expression.name), expression.expression.text));
    }
    for (name, text) in &queries.tables {
        section.push_str(&format!("shared {} = {text};\n", field(&format!("{name} Table"))));
    }
    section.push_str(extra);
    crate::m::with_stack(|| {
        let parsed = crate::m::syntax::parse_document(&section).expect("the section parses");
        let entry = parse_expression(entry).expect("the entry parses");
        let mut cx = crate::m::Interp::new(crate::m::Options::default(), crate::m::Sources::default());
        let value = cx.eval_document(&parsed.document, Some(&entry)).expect("the entry evaluates");
        crate::m::canon::to_json(&mut cx, &value).expect("the value is plain")
    })
}

#[test]
fn live_pages_follow_the_page_count_and_load_older_open_documents() {
    let fake = "shared Fake = (path, query, bucket) => [pagination = [pageCount = 2, itemCount = 1500], Invoices = {1}, \
                Asked = (query[where]? ?? \"\") & \" page \" & query[page]];\n";
    let asked =
        evaluate(SourceKind::CustomConnection, fake, "List.Transform(LivePages(Fake, \"Invoices\", #date(2024, 3, 1)), each [Asked])");
    assert_eq!(
        asked,
        "[\"Date>=DateTime(2024,03,01) page 1\",\"Date>=DateTime(2024,03,01) page 2\",\
         \"Date<DateTime(2024,03,01) AND Status==\\\"AUTHORISED\\\" page 1\",\"Date<DateTime(2024,03,01) AND Status==\\\"AUTHORISED\\\" page 2\"]"
    );
}

#[test]
fn live_pages_end_with_a_short_page_where_no_page_count_comes() {
    let fake = "shared Fake = (path, query, bucket) => [Contacts = List.Repeat({1}, if query[page] = \"3\" then 7 else 100), Page = query[page]];\n";
    let pages = evaluate(SourceKind::CustomConnection, fake, "List.Transform(LivePages(Fake, \"Contacts\", null), each [Page])");
    assert_eq!(pages, "[\"1\",\"2\",\"3\"]");
}

#[test]
fn live_reports_ask_each_month_end_from_the_month_before_the_start() {
    let fake = "shared Fake = (path, query, bucket) => [Reports = {[ReportTitles = {\"As at 12 November 2026\"}]}, Date = query[date]? ?? \"today\"];\n";
    let dates = evaluate(
        SourceKind::CustomConnection,
        fake,
        "List.Transform(LiveReports(Fake, #date(2026, 9, 15), null, null), each [Body][Date])",
    );
    assert_eq!(dates, "[\"2026-08-31\",\"2026-09-30\",\"2026-10-31\",\"today\"]");
}

#[test]
fn base_amounts_round_half_away_from_zero_in_decimal() {
    let values = evaluate(SourceKind::Folder, "", "{ToBase(1.005, 1), ToBase(-1.005, 1), ToBase(10, 3), ToBase(1, 0), ToBase(1, null)}");
    assert_eq!(values, "[{\"n\":\"1.01\"},{\"n\":\"-1.01\"},{\"n\":\"3.33\"},null,null]");
}

#[test]
fn dates_are_the_calendar_day_of_the_organisation() {
    let entry = "{AsDate(\"/Date(1539993600000+0000)/\"), AsDate(\"/Date(1539993600000+1300)/\"), AsDate(\"/Date(-86400000)/\"), \
                 AsDate(\"2018-10-20 00:00:00\"), AsDate(\"2018-10-20T00:00:00\"), AsDate(\"0001-01-01T00:00:00\"), AsDate(\"\")}";
    assert_eq!(
        evaluate(SourceKind::Folder, "", entry),
        "[{\"date\":\"2018-10-20\"},{\"date\":\"2018-10-20\"},{\"date\":\"1969-12-31\"},{\"date\":\"2018-10-20\"},{\"date\":\"2018-10-20\"},null,null]"
    );
}

#[test]
fn parameters_that_are_empty_give_empty_typed_tables() {
    for source in [SourceKind::Folder, SourceKind::CustomConnection] {
        let counts = evaluate(
            source,
            "",
            "{Table.RowCount(#\"Invoices Table\"), Table.ColumnCount(#\"Invoices Table\"), Table.RowCount(#\"Trial Balance Table\")}",
        );
        assert_eq!(counts, "[{\"n\":\"0\"},{\"n\":\"37\"},{\"n\":\"0\"}]", "{source:?}");
    }
}

#[test]
fn a_document_without_lines_stands_as_one_line_and_an_empty_report_keeps_its_month() {
    let company = "shared Company = [Nickname = null, Order = 1, Basis = \"Accrual\", Start Date = null, Missing = () => {}, \
        Pages = (endpoint) => Record.FieldOrDefault([Organisation = {[Organisations = {[OrganisationID = \"o\", BaseCurrency = \"AUD\"]}]}, \
        Invoices = {[Invoices = {[InvoiceID = \"i\", Type = \"ACCREC\", Status = \"PAID\", DateString = \"2024-01-31T00:00:00\", SubTotal = \"12.50\"], \
        [InvoiceID = \"v\", Type = \"ACCREC\", Status = \"VOIDED\", DateString = \"2024-01-31T00:00:00\"]}]}], endpoint, {}), \
        TrialBalances = () => {[Date = #date(2024, 1, 15), Body = [Reports = {[ReportTitles = {\"As at 31 January 2024\"}, Rows = {}]}]]}];\n";
    let documents = evaluate(SourceKind::Folder, company, "List.Transform(DocumentsOf(Company), each {[Id], [Date], [Rate]})");
    assert_eq!(documents, "[[\"i\",{\"date\":\"2024-01-31\"},{\"n\":\"1\"}]]");
    let reports = evaluate(SourceKind::Folder, company, "List.Transform(ReportsOf(Company), each {[As At], [Month End]})");
    assert_eq!(reports, "[[{\"date\":\"2024-01-31\"},{\"date\":\"2024-01-31\"}]]");
}
