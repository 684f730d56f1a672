//! `refresh-tables` as a user runs it, against the look-alike on a loopback port.

use std::path::Path;
use std::process::{Command, Output};

use libtest_mimic::{Failed, Trial};
use xero_pbit::host::mock_server::{self, MockServer};
use xero_pbit::mock::{Company, Limits, Mock};
use xero_pbit::sample::Country;

use super::world::{company, write};

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("refresh::the_command_signs_in_to_the_connector_and_loads", the_connector),
        Trial::test("refresh::the_command_loads_from_a_custom_connection", custom_connection),
        Trial::test("refresh::the_command_says_what_is_missing", what_is_missing),
        Trial::test("refresh::the_glossary_speaks_the_language_asked_for", glossary),
        Trial::test("refresh::a_disk_that_takes_nothing_is_an_error", no_disk),
        Trial::test("refresh::privacy_levels_that_clash_are_refused", privacy),
    ]
}

struct Xero {
    server: MockServer,
    _runtime: tokio::runtime::Runtime,
}

fn xero(companies: Vec<super::world::Pages>) -> Result<Xero, Failed> {
    let companies = companies.into_iter().map(|pages| Company::from_files(pages).map_err(|e| e.to_string())).collect::<Result<_, _>>()?;
    let limits = Limits { per_minute: 100_000, per_day: 100_000, concurrent: 5 };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let server = runtime.block_on(mock_server::serve(Mock::new(companies, limits, Vec::new()), 0, None))?;
    Ok(Xero { server, _runtime: runtime })
}

fn run(xero: Option<&Xero>, environment: &[(&str, &str)], arguments: &[&str]) -> Result<Output, Failed> {
    let home = tempfile::tempdir()?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_xero-pbit"));
    command.arg("refresh-tables").args(arguments).env("XERO_PBIT_HOME", home.path()).stdin(std::process::Stdio::null());
    for name in ["XERO_PBIT_CLIENT_ID", "XERO_PBIT_CLIENT_SECRET"] {
        command.env_remove(name);
    }
    if let Some(xero) = xero {
        let base = xero.server.base();
        command.env("XERO_PBIT_API_URL", format!("{base}/api.xro/2.0")).env("XERO_PBIT_CONNECTIONS_URL", format!("{base}/connections"));
        command.env("XERO_PBIT_IDENTITY_URL", &base).env("XERO_PBIT_LOGIN_URL", &base);
    }
    Ok(command.envs(environment.iter().copied()).output()?)
}

fn good(output: &Output) -> Result<String, Failed> {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(said) } else { Err(format!("{:?}: {said}", output.status.code()).into()) }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}

fn the_connector() -> Result<(), Failed> {
    let (one, two) = (company(61, 40, 4, Country::Nz), company(62, 40, 4, Country::Au));
    let xero = xero(vec![one, two])?;
    let out = tempfile::tempdir()?;
    let arguments = [
        "--source",
        "connector",
        "--organisation",
        "kiwi",
        "--organisation",
        "roo",
        "--format",
        "csv",
        "--out",
        text(out.path()),
        "--parameter",
        "Start Date=#date(2026, 8, 1)",
    ];
    let said = good(&run(Some(&xero), &[("XERO_PBIT_CLIENT_ID", "app")], &arguments)?)?;
    assert!(said.contains("signed in to kiwi") && said.contains("signed in to roo"), "{said}");
    assert!(said.contains("requests"), "{said}");
    let organisations = std::fs::read_to_string(out.path().join("Organisation.csv"))?;
    assert_eq!(organisations.lines().count(), 3, "{organisations}");
    assert!(out.path().join("Date.csv").is_file() && out.path().join("Alerts.csv").is_file(), "calculated tables too");
    // Client credentials, the connector's second kind, belong to one organisation.
    let arguments = ["--source", "connector", "--organisation", "kiwi", "--credentials", "client-credentials", "--out", text(out.path())];
    good(&run(Some(&xero), &[("XERO_PBIT_CLIENT_ID", "app"), ("XERO_PBIT_CLIENT_SECRET", "s")], &arguments)?)?;
    assert!(out.path().join("Invoices.parquet").is_file());
    Ok(())
}

fn custom_connection() -> Result<(), Failed> {
    let xero = xero(vec![company(63, 40, 4, Country::Nz)])?;
    let out = tempfile::tempdir()?;
    let arguments = ["--source", "custom-connection", "--out", text(out.path()), "--format", "csv"];
    let output = run(Some(&xero), &[("XERO_PBIT_CLIENT_ID", "app"), ("XERO_PBIT_CLIENT_SECRET", "hush-hush")], &arguments)?;
    let said = good(&output)?;
    assert!(!said.contains("hush-hush"));
    assert!(std::fs::read_to_string(out.path().join("Invoices.csv"))?.lines().count() > 20);
    Ok(())
}

fn what_is_missing() -> Result<(), Failed> {
    let out = tempfile::tempdir()?;
    for (source, environment, wanted) in [
        ("connector", &[][..], "XERO_PBIT_CLIENT_ID"),
        ("connector", &[("XERO_PBIT_CLIENT_ID", "app")][..], "--organisation"),
        ("custom-connection", &[("XERO_PBIT_CLIENT_ID", "app")][..], "XERO_PBIT_CLIENT_SECRET"),
    ] {
        let output = run(None, environment, &["--source", source, "--out", text(out.path())])?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.code() != Some(2) || !said.contains(wanted) {
            return Err(format!("{source}: {:?} {said}", output.status.code()).into());
        }
    }
    Ok(())
}

fn glossary() -> Result<(), Failed> {
    let out = tempfile::tempdir()?;
    let mut texts = Vec::new();
    for locale in ["en", "fr", "nl"] {
        good(&run(None, &[], &["--source", "sample", "--locale", locale, "--format", "csv", "--out", text(out.path())])?)?;
        texts.push(std::fs::read_to_string(out.path().join("Glossary.csv"))?);
    }
    assert!(texts[0] != texts[1] && texts[1] != texts[2] && texts[0] != texts[2]);
    let unknown = run(None, &[], &["--source", "sample", "--locale", "xx", "--out", text(out.path())])?;
    assert_eq!(unknown.status.code(), Some(2));
    Ok(())
}

fn no_disk() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("file");
    std::fs::write(&file, "x")?;
    let output = run(None, &[], &["--source", "sample", "--out", text(&file)])?;
    assert_eq!(output.status.code(), Some(2));
    // A table's file cannot be made where a folder of that name lies.
    let out = folder.path().join("out");
    std::fs::create_dir_all(out.join("Invoices.parquet"))?;
    let output = run(None, &[], &["--source", "sample", "--out", text(&out)])?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("Invoices.parquet"), "{said}");
    Ok(())
}

fn privacy() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    write(folder.path(), &company(64, 40, 4, Country::Nz));
    let out = tempfile::tempdir()?;
    let base = ["--company", text(folder.path()), "--out", text(out.path())];
    good(&run(None, &[], &[&base[..], &["--privacy", "/=private"]].concat())?)?;
    let xero = xero(vec![company(65, 40, 4, Country::Nz)])?;
    let environment = [("XERO_PBIT_CLIENT_ID", "app"), ("XERO_PBIT_CLIENT_SECRET", "s")];
    let live = ["--source", "custom-connection", "--out", text(out.path())];
    let organizational = ["--privacy", "https://api.xero.com=organizational", "--privacy", "https://identity.xero.com=organizational"];
    good(&run(Some(&xero), &environment, &[&live[..], &organizational].concat())?)?;
    let output = run(Some(&xero), &environment, &[&live[..], &["--privacy", "https://api.xero.com=private"]].concat())?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("Formula.Firewall"), "{said}");
    Ok(())
}
