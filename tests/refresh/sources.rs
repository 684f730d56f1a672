//! Cell by cell the same tables from all sources over the same company.

use libtest_mimic::{Failed, Trial};
use xero_pbit::m::value::quote;
use xero_pbit::project::raw::SourceKind;
use xero_pbit::sample::Country;
use xero_pbit::table::{Table, csv, parquet};

use super::world::{Pages, World, company, connector, machine, path, project, refresh, start_date, tables, write};

pub fn trials() -> Vec<Trial> {
    let full = std::env::var_os("XERO_PBIT_FULL").is_some_and(|value| value != "0");
    let countries = [Country::Uk, Country::Au, Country::Us, Country::Nz, Country::Fr, Country::Nl, Country::Ca];
    let count = if full { 21 } else { 2 };
    let mut trials: Vec<Trial> = (0..count)
        .map(|at: usize| {
            let country = countries[at % countries.len()];
            let name = format!("refresh::all_sources_give_the_same_tables_{}", at + 1);
            Trial::test(name, move || same_tables(&company(900 + at as u64, 60 + 40 * (at as u32 % 4), 6 + at as u32 % 9, country)))
        })
        .collect();
    trials.push(Trial::test("refresh::a_difference_between_sources_is_noticed", a_difference_is_noticed));
    trials
}

/// What a live source cannot give: its scope is not granted to new apps.
const NOT_LIVE: [&str; 1] = ["Expense Claims"];

fn cells(table: &Table) -> Vec<String> {
    let mut rows: Vec<String> = (0..table.rows())
        .map(|row| table.columns.iter().map(|c| format!("{}={:?}", c.name, c.get(row))).collect::<Vec<_>>().join("|"))
        .collect();
    // A table has no order.
    rows.sort_unstable();
    rows
}

/// The first difference between two sets of tables.
fn difference(one: &[Table], other: &[Table], leave_out: &[&str]) -> Option<String> {
    for table in one {
        if leave_out.contains(&table.name.as_str()) {
            continue;
        }
        let Some(same) = other.iter().find(|t| t.name == table.name) else { return Some(format!("`{}` is missing", table.name)) };
        let (a, b) = (cells(table), cells(same));
        if a.len() != b.len() {
            return Some(format!("`{}`: {} rows and {} rows", table.name, a.len(), b.len()));
        }
        if let Some((x, y)) = a.iter().zip(&b).find(|(x, y)| x != y) {
            return Some(format!("`{}`:\n  {x}\n  {y}", table.name));
        }
    }
    None
}

fn same_tables(pages: &Pages) -> Result<(), Failed> {
    let start = start_date(pages);
    let folder = tempfile::tempdir()?;
    write(folder.path(), pages);
    let at = |folder: &std::path::Path| ("Company Folder", quote(&folder.to_string_lossy()));
    let disk = xero_pbit::host::m::sources;
    let from_folder = project(SourceKind::Folder, &Vec::new());
    let raw = tables(refresh(&from_folder, &[at(folder.path()), ("Start Date", start.clone())], None, &disk))?;
    assert!(raw.iter().find(|t| t.name == "Invoice Line Items").is_some_and(|t| t.rows() > 50), "a company with documents");

    // Tables that were made before, as Parquet and as CSV.
    for extension in ["parquet", "csv"] {
        let made = tempfile::tempdir()?;
        for table in &raw {
            let mut bytes = Vec::new();
            match extension {
                "csv" => bytes = csv::write(table),
                _ => parquet::write(table, &mut bytes).map_err(|e| e.to_string())?,
            }
            std::fs::write(made.path().join(format!("{}.{extension}", csv::file_stem(&table.name))), bytes)?;
        }
        let stored = tables(refresh(&from_folder, &[at(made.path())], None, &disk)).map_err(|why| format!("{extension}: {why}"))?;
        if let Some(difference) = difference(&raw, &stored, &[]) {
            return Err(format!("raw pages and {extension}: {difference}").into());
        }
    }

    // The template that carries its company; it has no start date.
    let whole = tables(refresh(&from_folder, &[at(folder.path())], None, &disk))?;
    let carried = tables(refresh(&project(SourceKind::Sample, pages), &[], None, &disk))?;
    if let Some(difference) = difference(&whole, &carried, &[]) {
        return Err(format!("folder and sample: {difference}").into());
    }

    let client = [("Client ID", quote("app")), ("Client Secret", quote("secret")), ("Start Date", start.clone())];
    let world = World::new(&[pages], "");
    let live = tables(refresh(&project(SourceKind::CustomConnection, &Vec::new()), &client, None, &|| world.sources()))?;
    // Which answers are missing, and when they were given, are matters of the source.
    let own = |tables: &[Table]| -> Vec<Table> {
        tables.iter().cloned().map(|table| without(table, &["Nickname", "Missing Data", "Loaded UTC"])).collect()
    };
    if let Some(difference) = difference(&own(&raw), &own(&live), &NOT_LIVE) {
        return Err(format!("folder and custom connection: {difference}").into());
    }

    let model = project(SourceKind::Connector, &Vec::new());
    let nickname = [("Client ID", quote("app")), ("Organisation Nickname", quote("acme")), ("Start Date", start)];
    for is_machine in [false, true] {
        let world = World::new(&[pages], "");
        let signed_in = world.sign_in(if is_machine { &[] } else { &["acme"] })?;
        if is_machine {
            signed_in.insert(path("acme"), machine());
        }
        let sources = || xero_pbit::m::Sources { credentials: Some(signed_in.credentials()), ..world.sources() };
        let live = tables(refresh(&model, &nickname, Some(&connector()), &sources))?;
        if let Some(difference) = difference(&own(&raw), &own(&live), &NOT_LIVE) {
            return Err(format!("folder and connector (client credentials: {is_machine}): {difference}").into());
        }
    }
    Ok(())
}

fn without(mut table: Table, columns: &[&str]) -> Table {
    table.columns.retain(|c| !columns.contains(&&*c.name));
    table
}

fn a_difference_is_noticed() -> Result<(), Failed> {
    let pages = company(7, 40, 4, Country::Au);
    let one = tables(refresh(&project(SourceKind::Sample, &pages), &[], None, &xero_pbit::host::m::sources))?;
    let mut changed = pages.clone();
    for (path, bytes) in &mut changed {
        if path == "Items/1.json" {
            *bytes = String::from_utf8_lossy(bytes).replacen("\"Name\":\"", "\"Name\":\"x", 1).into_bytes();
        }
    }
    let other = tables(refresh(&project(SourceKind::Sample, &changed), &[], None, &xero_pbit::host::m::sources))?;
    match difference(&one, &other, &[]) {
        Some(text) if text.starts_with("`Items`") => Ok(()),
        found => Err(format!("{found:?}").into()),
    }
}
