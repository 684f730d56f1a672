//! What a refresh from a live source asks of Xero: as many calls as are promised, of the endpoints that are mapped, whatever goes wrong.

use std::collections::{BTreeMap, BTreeSet};

use libtest_mimic::{Failed, Trial};
use xero_pbit::m::value::quote;
use xero_pbit::power_query::{Refresh, calls_per_refresh};
use xero_pbit::project::raw::SourceKind;
use xero_pbit::sample::Country;

use super::world::{Pages, World, company, project, refresh, start_date, tables};

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("refresh::a_live_refresh_costs_what_is_promised", promised),
        Trial::test("refresh::no_query_downloads_what_it_does_not_map", mapped),
        Trial::test("refresh::refusals_and_ended_tokens_lose_nothing", nothing_lost),
        Trial::test("refresh::a_used_up_day_names_the_way_out", day_limit),
    ]
}

fn parameters(pages: &Pages) -> [(&'static str, String); 3] {
    [("Client ID", quote("app")), ("Client Secret", quote("secret")), ("Start Date", start_date(pages))]
}

/// Records of an endpoint in the raw pages.
fn records(pages: &Pages, endpoint: &str) -> u32 {
    let of = |bytes: &[u8]| {
        let page: serde_json::Value = serde_json::from_slice(bytes).expect("JSON");
        page[endpoint].as_array().map_or(0, Vec::len) as u32
    };
    let prefix = format!("{endpoint}/");
    pages.iter().filter(|(path, _)| path.starts_with(&prefix)).map(|(_, bytes)| of(bytes)).sum()
}

fn promised() -> Result<(), Failed> {
    let pages = company(31, 2_300, 5, Country::Nz);
    let months = pages.iter().filter(|(path, _)| path.starts_with("TrialBalance/")).count() as u32 - 1;
    let model = project(SourceKind::CustomConnection, &Vec::new());
    let promises = calls_per_refresh(SourceKind::CustomConnection);
    for table in tables(refresh(&model, &parameters(&pages), None, &|| World::new(&[&pages], "").sources()))? {
        let world = World::new(&[&pages], "");
        let texts: Vec<(String, String)> = parameters(&pages).iter().map(|(n, v)| ((*n).to_owned(), v.clone())).collect();
        let one =
            Refresh { model: &model.model, parameters: &texts, connector: None, options: Default::default(), schema_pass: false, jobs: 1 };
        one.one(&table.name, &|| world.sources()).outcome?;
        let made = world.log().len() as u32;
        let promise = promises.iter().find(|call| call.table == table.name);
        // With a start date documents are asked for twice: those from that day on, and older ones that are still open.
        let dated = |call: &xero_pbit::power_query::Call| {
            call.paged.iter().filter(|e| !matches!(**e, "Contacts" | "Payments" | "BankTransactions")).count() as u32
        };
        let most = promise.map_or(0, |call| call.count(|endpoint| records(&pages, endpoint), months) + dated(call));
        if made > most {
            return Err(format!("`{}` made {made} calls, {most} are promised", table.name).into());
        }
        if promise.is_some_and(|call| !call.paged.is_empty()) && made < 2 {
            return Err(format!("`{}` made {made} calls only", table.name).into());
        }
    }
    Ok(())
}

fn mapped() -> Result<(), Failed> {
    let wanted: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("Organisation", &["Organisation"][..]),
        ("Xero Accounts", &["Organisation", "Accounts"]),
        ("Contacts", &["Organisation", "Contacts"]),
        ("Addresses", &["Organisation", "Contacts"]),
        ("Items", &["Organisation", "Items"]),
        ("Invoices", &["Organisation", "Invoices", "CreditNotes", "Overpayments", "Prepayments", "BankTransactions"]),
        ("Invoice Line Items", &["Organisation", "Invoices", "CreditNotes", "Overpayments", "Prepayments", "BankTransactions", "Accounts"]),
        ("Bank Statements", &["Organisation", "Accounts", "BankTransactions", "Payments", "BankTransfers"]),
        ("Trial Balance", &["Organisation", "Accounts", "Reports/TrialBalance"]),
        ("Expense Claims", &["Organisation"]),
        ("Glossary", &[]),
    ]);
    let pages = company(32, 80, 4, Country::Au);
    let model = project(SourceKind::CustomConnection, &Vec::new());
    let texts: Vec<(String, String)> = parameters(&pages).iter().map(|(n, v)| ((*n).to_owned(), v.clone())).collect();
    let one =
        Refresh { model: &model.model, parameters: &texts, connector: None, options: Default::default(), schema_pass: false, jobs: 1 };
    for name in one.tables() {
        let world = World::new(&[&pages], "");
        one.one(name, &|| world.sources()).outcome?;
        let asked: BTreeSet<String> = world.log().iter().map(|entry| entry.path.trim_start_matches("/api.xro/2.0/").to_owned()).collect();
        let may = wanted.get(name).copied().unwrap_or(&[]);
        if let Some(other) = asked.iter().find(|endpoint| !may.contains(&endpoint.as_str())) {
            return Err(format!("`{name}` downloads {other}").into());
        }
    }
    Ok(())
}

/// One call in fifty is refused, the service is away now and then, tokens end between pages: the tables are the same.
fn nothing_lost() -> Result<(), Failed> {
    let pages = company(33, 1_200, 5, Country::Uk);
    let model = project(SourceKind::CustomConnection, &Vec::new());
    let calm = World::new(&[&pages], "");
    let wanted = tables(refresh(&model, &parameters(&pages), None, &|| calm.sources()))?;
    let rough = World::new(&[&pages], "429%10,503%17,429-bare#23");
    let found = tables(refresh(&model, &parameters(&pages), None, &|| rough.sources()))?;
    if wanted != found {
        return Err("the tables differ".into());
    }
    assert!(rough.log().iter().any(|entry| entry.status == 429) && rough.log().iter().any(|entry| entry.status == 503));
    Ok(())
}

fn day_limit() -> Result<(), Failed> {
    let pages = company(34, 40, 4, Country::Au);
    let world = World::new(&[&pages], "day-limit%1");
    let signed_in = world.sign_in(&["acme"])?;
    let sources = || xero_pbit::m::Sources { credentials: Some(signed_in.credentials()), ..world.sources() };
    let nickname = [("Client ID", quote("app")), ("Organisation Nickname", quote("acme"))];
    let results = refresh(&project(SourceKind::Connector, &Vec::new()), &nickname, Some(&super::world::connector()), &sources);
    let invoices = results.into_iter().find(|r| r.name == "Invoices").expect("a table");
    match invoices.outcome {
        Err(why) if why.contains("xero-pbit pull") && why.contains("daily limit") => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}
