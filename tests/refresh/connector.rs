//! The connector from sign-in to the end of its session, against the look-alike under a virtual clock.

use libtest_mimic::{Failed, Trial};
use xero_pbit::m::syntax::{Document, parse_document, parse_expression};
use xero_pbit::m::value::quote;
use xero_pbit::m::{self, Interp, Options, Sources, canon};
use xero_pbit::project::raw::SourceKind;
use xero_pbit::sample::Country;
use xero_pbit::table::Table;

use super::world::{World, company, connector, machine, name_of, path, project, refresh, tables};

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("refresh::connector_signs_in_renews_and_signs_out", signs_in_renews_and_signs_out),
        Trial::test("refresh::connector_test_connection_names_the_reason", test_connection),
        Trial::test("refresh::connector_refuses_a_foreign_answer", foreign_answer),
        Trial::test("refresh::connector_shows_a_navigation_table", navigation),
        Trial::test("refresh::connector_survives_tokens_that_end_in_the_middle", token_ends),
        Trial::test("refresh::connector_renews_a_token_whose_time_is_over", token_is_old),
        Trial::test("refresh::connector_names_an_organisation_that_was_disconnected", disconnected),
        Trial::test("refresh::connector_holds_two_organisations_apart", two_organisations),
        Trial::test("refresh::connector_takes_the_organisation_of_the_nickname", by_nickname),
    ]
}

fn signs_in_renews_and_signs_out() -> Result<(), Failed> {
    let pages = company(41, 40, 4, Country::Nz);
    let world = World::new(&[&pages], "");
    let connector = connector();
    let sources = || world.sources();
    let first = connector.sign_in(&sources, &path("acme"), "s-1", &mut |page| {
        assert!(page.login_uri.starts_with("https://login.xero.com/identity/connect/authorize?response_type=code&client_id=app&"));
        for part in ["code_challenge_method=S256", "state=s-1", "offline_access", "accounting.invoices.read"] {
            assert!(page.login_uri.contains(part), "{part} in {}", page.login_uri);
        }
        world.consent(page)
    })?;
    let field = |credential: &m::sources::Credential, name: &str| {
        credential.fields.iter().find(|(n, _)| n == name).map(|(_, secret)| secret.0.clone()).unwrap_or_default()
    };
    assert_eq!(first.kind, "OAuth2");
    assert!(!field(&first, "tenantId").is_empty() && field(&first, "expires_in") == "1800");
    let second = connector.refresh(&sources, &path("acme"), &first)?;
    assert_ne!(field(&first, "access_token"), field(&second, "access_token"));
    assert_ne!(field(&first, "refresh_token"), field(&second, "refresh_token"));
    assert_eq!(field(&first, "tenantId"), field(&second, "tenantId"));
    // The old refresh token works for half an hour more, then no longer.
    connector.refresh(&sources, &path("acme"), &first)?;
    world.pass_ms(31 * 60 * 1000);
    let why = connector.refresh(&sources, &path("acme"), &first).err().unwrap_or_default();
    assert!(why.contains("sign in again"), "{why}");
    let third = connector.refresh(&sources, &path("acme"), &second)?;
    let end = connector.logout(&sources, &third)?;
    assert!(end.starts_with("https://login.xero.com/"), "{end}");
    Ok(())
}

fn test_connection() -> Result<(), Failed> {
    let pages = company(42, 40, 4, Country::Nz);
    let world = World::new(&[&pages], "");
    let signed_in = world.sign_in(&["acme"])?;
    let with = || Sources { credentials: Some(signed_in.credentials()), ..world.sources() };
    connector().test(&with, &path("acme"))?;
    let why = connector().test(&with, &path("other")).err().unwrap_or_default();
    assert!(why.contains("credential"), "{why}");
    let tenant = world.mock.lock().expect("no panic").tenants()[0].clone();
    world.mock.lock().expect("no panic").disconnect(&tenant);
    let why = connector().test(&with, &path("acme")).err().unwrap_or_default();
    assert!(why.contains("disconnected"), "{why}");
    signed_in.insert(path("machine"), machine());
    connector().test(&with, &path("machine"))?;
    Ok(())
}

fn foreign_answer() -> Result<(), Failed> {
    let pages = company(43, 40, 4, Country::Nz);
    let world = World::new(&[&pages], "");
    let foreign = connector().sign_in(&|| world.sources(), &path("acme"), "s-1", &mut |page| {
        world.consent(page).map(|answer| answer.replace("state=s-1", "state=s-2"))
    });
    let why = foreign.err().unwrap_or_default();
    assert!(!why.is_empty(), "a foreign state passed");
    let elsewhere = connector().sign_in(&|| world.sources(), &path("acme"), "s", &mut |_| Ok("https://example.com/?code=1".to_owned()));
    assert!(elsewhere.is_err_and(|why| why.contains("did not end on")));
    let refused = connector().sign_in(&|| world.sources(), &path("acme"), "s", &mut |page| {
        Ok(format!("{}?error=access_denied&error_description=no&state=s", page.callback_uri))
    });
    let why = refused.err().unwrap_or_default();
    assert!(why.contains("access_denied"), "{why}");
    Ok(())
}

fn navigation() -> Result<(), Failed> {
    let pages = company(44, 40, 4, Country::Nz);
    let world = World::new(&[&pages], "");
    let signed_in = world.sign_in(&["acme"])?;
    let code = "let t = Xero.Contents(\"app\", \"acme\"), m = Value.Metadata(Value.Type(t)) in {Table.RowCount(t), \
                m[NavigationTable.NameColumn], m[NavigationTable.DataColumn], Table.Keys(t){0}[Columns], \
                Table.RowCount(t{[Key = \"Accounts\"]}[Data]) > 10, Record.HasFields(t{[Key = \"Invoices\"]}[Data]{0}[Record], \"InvoiceID\")}";
    let shown = m::with_stack(|| {
        let sources = Sources { credentials: Some(signed_in.credentials()), ..world.sources() };
        let mut cx = Interp::new(Options::default(), sources);
        let connector = connector();
        let (text, extension) = connector.document();
        cx.extension = extension;
        let parsed = parse_document(text).expect("M");
        let Document::Sections(sections) = &parsed.document else { panic!("a section document") };
        let outcome = cx.load_sections(sections, true).and_then(|()| {
            let expr = parse_expression(code).expect("M");
            let value = cx.eval_document(&Document::Expression(expr), None)?;
            canon::to_source(&mut cx, &value, 100)
        });
        outcome.unwrap_or_else(|e| e.to_string())
    });
    assert_eq!(shown, "{12, \"Name\", \"Data\", {\"Key\"}, true, true}");
    // Only what was looked at was asked for.
    assert!(world.log().iter().all(|entry| entry.path.ends_with("/Accounts") || entry.path.ends_with("/Invoices")), "{:?}", world.log());
    Ok(())
}

fn connected(world: &World, nicknames: &[&str]) -> Result<Vec<Table>, String> {
    let signed_in = world.sign_in(nicknames)?;
    load(world, nicknames, &signed_in)
}

fn load(world: &World, nicknames: &[&str], signed_in: &std::sync::Arc<xero_pbit::power_query::SignedIn>) -> Result<Vec<Table>, String> {
    let sources = || Sources { credentials: Some(signed_in.credentials()), ..world.sources() };
    let mut parameters = vec![("Client ID", quote("app")), ("Start Date", "#date(2026, 8, 1)".to_owned())];
    for (nickname, name) in nicknames.iter().zip(["Organisation Nickname", "Organisation Nickname 2"]) {
        parameters.push((name, quote(nickname)));
    }
    tables(refresh(&project(SourceKind::Connector, &Vec::new()), &parameters, Some(&connector()), &sources))
}

fn token_ends() -> Result<(), Failed> {
    let pages = company(45, 60, 4, Country::Nz);
    let wanted = connected(&World::new(&[&pages], ""), &["acme"])?;
    let world = World::new(&[&pages], "expire%7");
    assert_eq!(connected(&world, &["acme"])?, wanted);
    assert!(world.log().iter().any(|entry| entry.status == 401), "no token ended");
    Ok(())
}

fn token_is_old() -> Result<(), Failed> {
    let pages = company(46, 60, 4, Country::Nz);
    let world = World::new(&[&pages], "");
    let signed_in = world.sign_in(&["acme"])?;
    world.pass_ms(45 * 60 * 1000);
    load(&world, &["acme"], &signed_in)?;
    // The host knows how long a token lives: none that is over was sent.
    assert!(world.log().iter().all(|entry| entry.status != 401), "an old token was sent");
    Ok(())
}

fn disconnected() -> Result<(), Failed> {
    let (one, two) = (company(47, 40, 4, Country::Nz), company(48, 40, 4, Country::Au));
    let world = World::new(&[&one, &two], "");
    let signed_in = world.sign_in(&["first", "second"])?;
    let tenant = world.mock.lock().expect("no panic").tenants()[1].clone();
    world.mock.lock().expect("no panic").disconnect(&tenant);
    let why = load(&world, &["first", "second"], &signed_in).err().unwrap_or_default();
    assert!(why.contains("second") && why.contains("disconnected"), "{why}");
    load(&world, &["first"], &signed_in)?;
    Ok(())
}

fn two_organisations() -> Result<(), Failed> {
    let (one, two) = (company(49, 40, 4, Country::Nz), company(50, 40, 4, Country::Au));
    let both = connected(&World::new(&[&one, &two], ""), &["first", "second"])?;
    let alone = [connected(&World::new(&[&one], ""), &["first"])?, connected(&World::new(&[&two], ""), &["second"])?];
    for table in &both {
        let rows = |tables: &[Table]| tables.iter().find(|t| t.name == table.name).map_or(0, Table::rows);
        let wanted = if table.name == "Glossary" || table.name == "Measures" { rows(&alone[0]) } else { rows(&alone[0]) + rows(&alone[1]) };
        assert_eq!(table.rows(), wanted, "rows of {}", table.name);
    }
    Ok(())
}

/// A sign-in that gives several organisations is bound to the one that the nickname names, or refused.
fn by_nickname() -> Result<(), Failed> {
    let (one, two) = (company(51, 40, 4, Country::Nz), company(52, 40, 4, Country::Au));
    let world = World::new(&[&one, &two], "");
    // The consents of both nicknames are separate: each gets the organisation chosen there.
    let signed_in = world.sign_in(&["first", "second"])?;
    let tenant = |nickname: &str| {
        let credential = signed_in.get(&path(nickname)).expect("signed in");
        credential.fields.iter().find(|(name, _)| name == "tenantId").map(|(_, secret)| secret.0.clone()).unwrap_or_default()
    };
    let tenants = world.mock.lock().expect("no panic").tenants();
    assert_eq!([tenant("first"), tenant("second")], [tenants[0].clone(), tenants[1].clone()]);
    let tables = load(&world, &["second"], &signed_in)?;
    let organisation = tables.iter().find(|t| t.name == "Organisation").expect("a table");
    let shown = format!("{:?}", organisation.columns.iter().map(|c| c.get(0)).collect::<Vec<_>>());
    assert!(shown.contains(&name_of(&two)), "{shown}");
    Ok(())
}
