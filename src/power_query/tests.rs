//! The shipped templates, rendered for every source.

use std::collections::BTreeSet;

use super::*;
use crate::m::syntax::parse_expression;
use crate::project::{self, Settings};
use crate::sample;

fn company() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    sample::generate(&sample::Options::built_in(), &mut files).expect("memory takes every file");
    files
}

fn queries(source: SourceKind, settings: Settings, sample: &[(String, Vec<u8>)]) -> Queries {
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
    let files = connector(&project.templates).expect("the shipped connector renders");
    let text = String::from_utf8(files.get("Xero.pq").expect("the section document").to_vec()).expect("UTF-8");
    for name in ["LivePages =", "LiveReports =", "AsDate =", "AsAtDate =", "StartLogin =", "FinishLogin =", "Refresh =", "Logout ="] {
        assert!(text.contains(name), "{name}");
    }
    assert!(files.get("resources.resx").is_some());
    if let Err(error) = crate::m::syntax::parse_document(&text) {
        panic!("{error:?}");
    }
}
