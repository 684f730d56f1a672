//! The commands from sign-in to sign-out, killed, crowded, starved and faulted, over real sockets.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use serde_json::Value;
use xero_pbit::host::clock::now_ms;
use xero_pbit::mock::{Company, Limits, parse_faults};
use xero_pbit::sample::Country;

use super::desk::{Desk, FAST, Files, Said, company, later, leftovers, pages};
use super::{check, records};

pub fn trials() -> Vec<Trial> {
    let mut trials = vec![
        Trial::test("xero::command::from_login_to_logout", from_login_to_logout),
        Trial::test("xero::command::several_organisations", several_organisations),
        Trial::test("xero::command::custom_connection", custom_connection),
        Trial::test("xero::command::an_increment_applies_voids_and_deletes", an_increment_applies_voids_and_deletes),
        Trial::test("xero::command::killed_at_random_moments", killed_at_random_moments),
        Trial::test("xero::command::two_pulls_at_once", two_pulls_at_once),
        Trial::test("xero::command::disk_full", disk_full),
        Trial::test("xero::command::read_only_folder", read_only_folder),
        Trial::test("xero::command::refusals_in_words", refusals_in_words),
        Trial::test("xero::command::what_is_missing_reaches_alerts", what_is_missing_reaches_alerts),
        Trial::test("xero::command::what_is_lost_later_reaches_alerts", what_is_lost_later_reaches_alerts),
        Trial::test("xero::command::secrets_stay_secret", secrets_stay_secret),
    ];
    for (name, incremental) in [("full", false), ("incremental", true)] {
        trials.push(Trial::test(format!("xero::command::faults_over_sockets_{name}"), move || faults_over_sockets(incremental)));
    }
    trials
}

fn full() -> bool {
    std::env::var_os("XERO_PBIT_FULL").is_some()
}

fn from_login_to_logout() -> Result<(), Failed> {
    let desk = Desk::new(vec![company(31, 40, Country::Uk)], "", FAST);
    desk.run(&["status"]).is(1, &["No organisation is signed in yet", "xero-pbit login NICKNAME"])?;
    desk.run(&["status", "--json"]).is(1, &["[]"])?;
    desk.run(&["pull", "--out", "books"]).is(2, &["no organisation is signed in yet"])?;
    let login = desk.login("acme", &["--verify"]);
    login.is(0, &["Signed in to `", "as `acme`", "only you may read the file", "xero-pbit pull --organisation acme --out company"])?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &str| std::fs::metadata(desk.path(path)).map(|m| m.permissions().mode() & 0o777);
        check(mode("home/tokens/acme.token")? == 0o600, "only the owner may read the sign-in")?;
        check(mode("home/tokens")? == 0o700, "only the owner may list the sign-ins")?;
    }
    desk.login("other", &[]).is(2, &["is already signed in under the nickname `acme`", "xero-pbit login acme"])?;
    desk.run(&["organisations"]).is(0, &["acme", "connected", "ROLE", "Adviser"])?;
    desk.run(&["status"]).is(1, &["never pulled to the end: xero-pbit pull --organisation acme --out DIR"])?;
    desk.run(&["pull", "--organisation", "acne", "--out", "books"]).is(2, &["did you mean `acme`?"])?;
    desk.run(&["pull", "--organisation", "acme", "--out", "books", "--endpoints", "Invoice"]).is(2, &["did you mean `Invoices`?"])?;
    desk.run(&["pull", "--organisation", "acme", "--out", "books"]).is(0, &["records with", "in books"])?;
    desk.run(&["status"]).is(0, &["acme (", "records", "renew by"])?;
    let quiet = desk.run(&["status", "--quiet"]);
    check(quiet.code == Some(0) && quiet.out.is_empty() && quiet.err.is_empty(), format!("quiet when all is well: {quiet:?}"))?;
    desk.run(&["pull", "--organisation", "acme", "--out", "books", "--verify"])
        .is(0, &["amounts tie to Xero's own statements, 0 differ"])?;
    let events = desk.run(&["pull", "--organisation", "acme", "--out", "books", "--json"]);
    events.is(0, &[])?;
    let lines: Vec<Value> = events.out.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    check(lines.first().is_some_and(|l| l["event"] == "started" && l["kind"] == "incremental"), "the first event")?;
    check(lines.last().is_some_and(|l| l["event"] == "finished" && l["organisation"] == "acme"), "the last event")?;
    desk.run(&["nickname", "set", "acme", "acme ltd"]).is(0, &["`acme` is now `acme ltd`"])?;
    desk.run(&["pull", "--organisation", "acme ltd", "--out", "books"]).is(0, &[])?;
    age_token(&desk, "acme%20ltd", 56)?;
    desk.run(&["status"]).is(1, &["the sign-in ends on", "unless it is used: run a pull"])?;
    age_token(&desk, "acme%20ltd", 5)?;
    desk.run(&["status"]).is(1, &["the sign-in ended, unused for 60 days: xero-pbit login 'acme ltd'"])?;
    desk.run(&["logout", "acme ltd", "--revoke", "--disconnect"]).is(0, &["Forgot the sign-in of `acme ltd`."])?;
    check(!desk.path("home/tokens/acme%20ltd.token").exists(), "the sign-in is gone")?;
    desk.run(&["logout", "acme ltd"]).is(2, &["there is no organisation with the nickname `acme ltd`"])
}

/// Makes a stored sign-in look that many days older.
fn age_token(desk: &Desk, stem: &str, days: i64) -> Result<(), Failed> {
    let path = desk.path(&format!("home/tokens/{stem}.token"));
    let mut token: Value = serde_json::from_slice(&std::fs::read(&path)?)?;
    for key in ["made_ms", "expires_ms"] {
        token[key] = (token[key].as_i64().unwrap_or_default() - days * 86_400_000).into();
    }
    Ok(std::fs::write(&path, token.to_string())?)
}

fn several_organisations() -> Result<(), Failed> {
    let desk = Desk::new(vec![company(32, 30, Country::Nz), company(33, 30, Country::Uk)], "", FAST);
    desk.login("first", &[]).is(0, &[])?;
    desk.login("se/cond", &[]).is(0, &[])?;
    desk.run(&["pull", "--out", "books"]).is(2, &["which organisation? give the nickname of one: first, se/cond"])?;
    desk.run(&["pull", "--all", "--out", "books", "--jobs", "2"]).is(0, &["first: ", "se/cond: "])?;
    check(desk.path("books/first/Organisation/1.json").is_file(), "a folder for each")?;
    check(desk.path("books/se_cond/Organisation/1.json").is_file(), "nicknames become usable folder names")?;
    desk.run(&["pull", "--organisation", "first", "--out", "books/se_cond"]).is(2, &["X0302", "the folder holds the organisation"])?;
    desk.run(&["organisations", "--json"]).is(0, &["\"also_reachable\"", "\"role\":\"Adviser\""])?;
    partitions(&desk)?;
    desk.run(&["nickname", "set", "first", "se/cond"]).is(2, &["the nickname `se/cond` is taken"])?;
    desk.run(&["nickname", "remove", "first"]).is(0, &["Forgot `first`"])?;
    desk.run(&["nickname", "remove", "first"]).is(2, &["there is no nickname `first`; there are: se/cond"])
}

/// Tables in slices of an organisation and a year: together they are the tables, and a slice that is no more goes.
fn partitions(desk: &Desk) -> Result<(), Failed> {
    desk.run(&["refresh-tables", "--company", "books", "--out", "tables", "--format", "csv"]).is(0, &[])?;
    desk.run(&["refresh-tables", "--company", "books", "--out", "lake", "--format", "csv", "--partition"]).is(0, &[])?;
    // A quoted text may hold line ends.
    let lines = |path: &Path| -> Result<Vec<String>, Failed> {
        let mut records: Vec<String> = Vec::new();
        let mut open = false;
        for line in std::fs::read_to_string(path)?.lines() {
            match records.last_mut().filter(|_| open) {
                Some(last) => last.push_str(line),
                None => records.push(line.to_owned()),
            }
            open ^= line.matches('"').count() % 2 == 1;
        }
        Ok(records)
    };
    for (table, dated) in [("Invoices", true), ("Invoice Line Items", true), ("Trial Balance", true), ("Contacts", false)] {
        let mut whole = lines(&desk.path(&format!("tables/{table}.csv")))?;
        let mut slices = Vec::new();
        let (mut organisations, mut years) = (0, 0);
        for organisation in std::fs::read_dir(desk.path(&format!("lake/{table}")))?.flatten() {
            organisations += 1;
            let id = organisation.file_name().to_string_lossy().trim_start_matches("organisation=").to_owned();
            let inner: Vec<_> = std::fs::read_dir(organisation.path())?.flatten().map(|e| e.path()).collect();
            let files: Vec<_> = if dated { inner.iter().map(|path| path.join("part.csv")).collect() } else { inner };
            years += files.len();
            for file in files {
                let part = lines(&file)?;
                check(part.iter().skip(1).all(|line| line.contains(&id)), format!("{}: a row of another organisation", file.display()))?;
                slices.extend(part.into_iter().skip(1));
            }
        }
        whole.remove(0);
        whole.sort_unstable();
        slices.sort_unstable();
        check(organisations == 2 && years >= 2, format!("{table}: {organisations} organisations, {years} slices"))?;
        check(whole == slices, format!("{table}: the slices together are not the table"))?;
    }
    check(desk.path("lake/Glossary/part.csv").is_file(), "what belongs to nobody is not sliced")?;
    let stale = desk.path("lake/Invoices/organisation=gone/year=1999");
    std::fs::create_dir_all(&stale)?;
    std::fs::write(stale.join("part.csv"), "old")?;
    std::fs::write(desk.path("lake/Invoices/notes.txt"), "mine")?;
    desk.run(&["refresh-tables", "--company", "books", "--out", "lake", "--format", "csv", "--partition"]).is(0, &[])?;
    check(!desk.path("lake/Invoices/organisation=gone").exists(), "a slice that is no more goes")?;
    check(desk.path("lake/Invoices/notes.txt").is_file(), "what we did not write stays")?;
    // Whoever reads tables reads slices, too: DAX, and the template.
    desk.run(&["refresh-tables", "--company", "books", "--out", "lake-parquet", "--partition"]).is(0, &[])?;
    let ask = |data: &str| -> Result<String, Failed> {
        let columns = "Invoices[Invoice Key], Invoices[Date], Invoices[Status], Invoices[Currency Rate], \"Net\", [Invoiced sales], \"Lines\", CALCULATE ( COUNTROWS ( 'Invoice Line Items' ) )";
        let query = format!(
            "EVALUATE SUMMARIZECOLUMNS ( {columns} ) ORDER BY Invoices[Invoice Key] EVALUATE {{ COUNTROWS ( 'Date' ), COUNTROWS ( Glossary ), COUNTROWS ( Contacts ), COUNTROWS ( Alerts ) }}"
        );
        let said = desk.run(&["query", "--data", data, "--format", "csv", &query]);
        said.is(0, &[])?;
        check(said.out.lines().count() > 60, format!("too few rows to prove anything: {}", said.out))?;
        Ok(said.out)
    };
    let wanted = ask("tables")?;
    for lake in ["lake", "lake-parquet"] {
        check(ask(lake)? == wanted, format!("DAX over {lake} gives another answer than over whole tables"))?;
        desk.run(&["refresh-tables", "--source", "folder", "--company", lake, "--out", "again", "--format", "csv"]).is(0, &[])?;
        for entry in std::fs::read_dir(desk.path("tables"))?.flatten() {
            let name = entry.file_name();
            let (mut whole, mut again) = (lines(&entry.path())?, lines(&desk.path("again").join(&name))?);
            whole.sort_unstable();
            again.sort_unstable();
            check(whole == again, format!("{lake}: the template reads another {}", name.display()))?;
        }
    }
    // One form replaces the other.
    desk.run(&["refresh-tables", "--company", "books", "--out", "lake"]).is(0, &[])?;
    check(desk.path("lake/Invoices.parquet").is_file() && !desk.path("lake/Contacts").exists(), "whole tables replace slices")?;
    desk.run(&["refresh-tables", "--company", "books", "--out", "lake", "--partition"]).is(0, &[])?;
    check(!desk.path("lake/Invoices.parquet").exists(), "slices replace whole tables")?;
    desk.run(&["validate", "--company", "lake"]).is(2, &["V0101", "tables made by `refresh-tables` are for `query --data`"])
}

fn custom_connection() -> Result<(), Failed> {
    let desk = Desk::new(vec![company(34, 20, Country::Au)], "", FAST);
    desk.run(&["login", "direct", "--client-credentials"]).is(2, &["set XERO_PBIT_CLIENT_SECRET"])?;
    let login = desk.command(&["login", "direct", "--client-credentials"]).env("XERO_PBIT_CLIENT_SECRET", "hush-hush").output()?;
    Said::of(login).is(0, &["Signed in to the custom connection as `direct`"])?;
    desk.run(&["status"]).is(1, &["direct (custom connection)", "never pulled"])?;
    desk.run(&["pull", "--organisation", "direct", "--out", "books"]).is(0, &["direct: "])?;
    let organisations = desk.run(&["organisations"]);
    organisations.is(0, &["direct", "connected"])?;
    desk.run(&["status"]).is(0, &["direct ("])
}

fn an_increment_applies_voids_and_deletes() -> Result<(), Failed> {
    let files = company(35, 60, Country::Nz);
    let desk = Desk::new(vec![files.clone()], "", FAST);
    desk.login("acme", &[]).is(0, &[])?;
    desk.run(&["pull", "--organisation", "acme", "--out", "books"]).is(0, &[])?;
    let before = records(&pages(&desk.path("books")));
    let changed = later(&files, now_ms());
    replace(&desk, changed.clone());
    desk.run(&["pull", "--organisation", "acme", "--out", "books"]).is(0, &[])?;
    let after = records(&pages(&desk.path("books")));
    let fresh = Desk::new(vec![changed], "", FAST);
    fresh.login("acme", &[]).is(0, &[])?;
    fresh.run(&["pull", "--organisation", "acme", "--out", "books"]).is(0, &[])?;
    let anew = records(&pages(&fresh.path("books")));
    let state = |all: &BTreeMap<(String, String), String>, list: &str, status: &str| {
        all.iter().filter(|((folder, _), text)| folder == list && text.contains(&format!("\"Status\":\"{status}\""))).count()
    };
    for (list, status) in [("Invoices", "VOIDED"), ("Payments", "DELETED")] {
        let (old, new, full) = (state(&before, list, status), state(&after, list, status), state(&anew, list, status));
        check(new > old && new == full, format!("{list} {status}: {old} before, {new} after the increment, {full} in a full load"))?;
    }
    check(after.keys().eq(anew.keys()), "the same records as a full load")?;
    // The template reads the same from both.
    let tables = |desk: &Desk| -> Result<BTreeMap<String, Vec<u8>>, Failed> {
        desk.run(&["refresh-tables", "--company", "books", "--out", "tables/all", "--format", "csv"]).is(0, &[])?;
        Ok(pages(&desk.path("tables")))
    };
    let (one, other) = (tables(&desk)?, tables(&fresh)?);
    for (name, bytes) in &one {
        let sorted = |bytes: &[u8]| {
            let mut lines: Vec<String> = String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect();
            lines.sort_unstable();
            lines
        };
        check(other.get(name).is_some_and(|b| sorted(b) == sorted(bytes)), format!("{name} differs from that of a full load"))?;
    }
    Ok(())
}

fn replace(desk: &Desk, files: Files) {
    let company = Company::from_files(files).expect("a company folder");
    desk.server.mock.lock().expect("nobody panicked").replace(company);
}

/// Pages and what an undisturbed pull takes.
fn undisturbed(files: &Files, extra: &[&str]) -> Result<(BTreeMap<String, Vec<u8>>, Duration), Failed> {
    let desk = Desk::new(vec![files.clone()], "", FAST);
    desk.login("acme", &[]).is(0, &[])?;
    let started = Instant::now();
    let mut arguments = vec!["pull", "--organisation", "acme", "--out", "books"];
    arguments.extend(extra);
    desk.run(&arguments).is(0, &[])?;
    Ok((pages(&desk.path("books")), started.elapsed()))
}

/// SIGKILL at random moments, some of them in the middle of renewing the token: the next run brings exactly what an undisturbed one does.
fn killed_at_random_moments() -> Result<(), Failed> {
    let files = company(36, 40, Country::Uk);
    let (wanted, took) = undisturbed(&files, &[])?;
    let desk = Desk::new(vec![files], "", FAST);
    desk.login("acme", &[]).is(0, &[])?;
    let mut killed = 0;
    let rounds = if full() { 200 } else { 15 };
    // A fixed sequence: a failure can be played again.
    let mut random: u64 = 0x9E37_79B9_7F4A_7C15;
    for round in 0..rounds {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let wait = took.mul_f64(1.2 * (random >> 40) as f64 / f64::from(1 << 24));
        let out = format!("books{round}");
        let arguments = ["pull", "--organisation", "acme", "--out", &out];
        // The token ends at another call each time, so that some kills hit its renewal.
        let faults = parse_faults(&format!("expire#{}", 1 + round % 25))?;
        desk.server.mock.lock().expect("nobody panicked").set_faults(faults);
        let mut child = desk.start(&arguments);
        std::thread::sleep(wait);
        child.kill().expect("a child of ours");
        killed += usize::from(child.wait().expect("a child of ours").code().is_none());
        desk.run(&arguments).is(0, &[]).map_err(|error| format!("killed after {wait:?}: {error:?}"))?;
        let got = pages(&desk.path(&out));
        let differing: Vec<&String> = wanted.keys().chain(got.keys()).filter(|k| wanted.get(*k) != got.get(*k)).collect();
        check(differing.is_empty(), format!("killed after {wait:?}: {differing:?} differ"))?;
        let left = leftovers(&desk.path(&out));
        check(left.is_empty(), format!("killed after {wait:?}: {left:?} were left behind"))?;
        std::fs::remove_dir_all(desk.path(&out))?;
    }
    check(killed * 3 > rounds, format!("{killed} of {rounds} runs were killed before they ended: too few to prove anything"))
}

fn two_pulls_at_once() -> Result<(), Failed> {
    let files = company(37, 40, Country::Nz);
    let (wanted, _) = undisturbed(&files, &[])?;
    let desk = Desk::new(vec![files], "slow@Invoices", FAST);
    desk.login("acme", &[]).is(0, &[])?;
    let arguments = ["pull", "--organisation", "acme", "--out", "books"];
    let first = desk.start(&arguments);
    let lock = desk.path("books/.state/lock");
    let until = Instant::now() + Duration::from_secs(20);
    while std::fs::read(&lock).map_or(true, |text| text.is_empty()) && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
    }
    let holder = format!("process {}", first.id());
    let second = desk.run(&arguments);
    let first = first.wait_with_output().expect("a child of ours");
    second.is(2, &["X0303", "another pull", &holder, "works in `books`"])?;
    Said::of(first).is(0, &[])?;
    check(pages(&desk.path("books")) == wanted, "the first one is not disturbed")?;
    // Side by side in folders of their own they share one sign-in, which ends in the middle: only one renews it.
    desk.server.mock.lock().expect("nobody panicked").set_faults(parse_faults("expire#5")?);
    let children: Vec<_> = (0..3).map(|n| desk.start(&["pull", "--organisation", "acme", "--out", &format!("side{n}")])).collect();
    for child in children {
        Said::of(child.wait_with_output()?).is(0, &[])?;
    }
    for n in 0..3 {
        check(pages(&desk.path(&format!("side{n}"))) == wanted, "side by side: another result")?;
    }
    Ok(())
}

/// A file system of 300 KB, then one with room: the same command goes on.
fn disk_full() -> Result<(), Failed> {
    let can = Command::new("unshare")
        .args(["-rm", "sh", "-c", "mkdir m && mount -t tmpfs -o size=16k none m"])
        .current_dir(tempfile::tempdir()?.path())
        .stderr(Stdio::null())
        .status();
    if !can.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no file system of a chosen size can be mounted here (unshare -rm)");
        return Ok(());
    }
    let files = company(38, 60, Country::Uk);
    let (wanted, _) = undisturbed(&files, &[])?;
    let desk = Desk::new(vec![files], "", FAST);
    desk.login("acme", &[]).is(0, &[])?;
    std::fs::create_dir(desk.path("small"))?;
    let program = env!("CARGO_BIN_EXE_xero-pbit");
    let pull = format!("'{program}' pull --organisation acme --out small/books");
    // What lies in the full file system is copied out, for it is gone with the mount; then the command runs again where there is room.
    let script = format!("mount -t tmpfs -o size=300k none small && {pull}; code=$?; cp -a small copy; exit $code");
    let mut command = desk.command(&[]);
    let settings: Vec<(String, String)> =
        command.get_envs().filter_map(|(key, value)| Some((key.to_str()?.to_owned(), value?.to_str()?.to_owned()))).collect();
    command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", &script]).current_dir(desk.dir.path()).envs(settings).env_remove("XERO_PBIT_CLIENT_SECRET");
    Said::of(command.output()?).is(2, &["X0301", "the disk is full; make room and run the command again"])?;
    check(leftovers(&desk.path("copy/books")).iter().any(|name| name == "incoming"), "something was kept")?;
    let calls = |desk: &Desk| desk.server.mock.lock().expect("nobody panicked").log.len();
    let before = calls(&desk);
    desk.run(&["pull", "--organisation", "acme", "--out", "copy/books"]).is(0, &[])?;
    check(pages(&desk.path("copy/books")) == wanted, "with room again: another result")?;
    check(calls(&desk) - before < wanted.len(), "what was there already is not fetched again")
}

fn read_only_folder() -> Result<(), Failed> {
    let desk = Desk::new(vec![company(39, 20, Country::Nz)], "", FAST);
    desk.login("acme", &[]).is(0, &[])?;
    std::fs::write(desk.path("file"), "in the way")?;
    desk.run(&["pull", "--organisation", "acme", "--out", "file/books"]).is(2, &["X0301", "a file stands where a folder should be"])?;
    if !Path::new("/proc/self").exists() {
        eprintln!("skipped: no file system that nobody may write to");
        return Ok(());
    }
    desk.run(&["pull", "--organisation", "acme", "--out", "/proc/books"]).is(2, &["X0301", "cannot use the folder `/proc/books`"])
}

/// Errors as the program prints them, each with the way out.
fn refusals_in_words() -> Result<(), Failed> {
    let files = company(40, 20, Country::Uk);
    let pull = |faults: &str| -> Result<Said, Failed> {
        let desk = Desk::new(vec![files.clone()], faults, FAST);
        desk.login("acme", &[]).is(0, &[])?;
        Ok(desk.run(&["pull", "--organisation", "acme", "--out", "books"]))
    };
    pull("role@Organisation")?.is(
        1,
        &[
            "error[X0203]: acme: your Xero user may not read `Organisation`: it needs the role Standard + all reports, or Adviser",
            "change the role of your user",
        ],
    )?;
    pull("scope@Organisation")?.is(
        1,
        &[
            "error[X0202]: acme: `Organisation` needs the scope `accounting.settings.read`",
            "sign in again and allow all that is asked for: xero-pbit login acme",
        ],
    )?;
    pull("role@TrialBalance")?.is(1, &["! TrialBalance is left out: your Xero user may not read `Reports/TrialBalance`", "Adviser"])?;
    pull("day-limit@Invoices")?
        .is(3, &["error[X0201]: acme: the day's limit of calls is reached", "run the same command again after 20"])?;
    let desk = Desk::new(vec![files.clone()], "day-limit@Invoices", FAST);
    desk.login("acme", &[]).is(0, &[])?;
    let events = desk.run(&["pull", "--organisation", "acme", "--out", "books", "--json"]);
    let last: Value = serde_json::from_str(events.out.lines().last().unwrap_or_default())?;
    check(
        last["event"] == "stopped"
            && last["exit"] == 3
            && last["code"] == "X0201"
            && last["resume"].as_str().is_some_and(|r| r.ends_with('Z')),
        format!("the last event: {last}"),
    )?;
    // It never came to its end: status knows why, and where to.
    desk.run(&["status"])
        .is(1, &["never pulled to the end: xero-pbit pull --organisation acme --out /", "stopped: the day's limit of calls is reached"])?;
    pull("503%1")?.is(
        2,
        &[
            "acme: `Organisation`: status 503",
            ", try 3 of 5; waiting ",
            "error[X0207]: acme: `Organisation` failed 5 times: status 503",
            "run the same command again to continue",
        ],
    )?;
    let desk = Desk::new(vec![files.clone()], "", FAST);
    desk.login("acme", &[]).is(0, &[])?;
    let tenant = desk.server.mock.lock().expect("nobody panicked").tenants()[0].clone();
    desk.server.mock.lock().expect("nobody panicked").disconnect(&tenant);
    desk.run(&["pull", "--organisation", "acme", "--out", "books"])
        .is(1, &["error[X0204]: acme: this organisation is no longer connected to the app", "connect it again: xero-pbit login acme"])?;
    desk.run(&["organisations"]).is(1, &["disconnected: xero-pbit login acme"])?;
    // Somebody else used the refresh token, long ago.
    let path = desk.path("home/tokens/acme.token");
    let mut token: Value = serde_json::from_slice(&std::fs::read(&path)?)?;
    token["refresh_token"] = "gone".into();
    token["expires_ms"] = 0.into();
    std::fs::write(&path, token.to_string())?;
    desk.run(&["pull", "--organisation", "acme", "--out", "books"])
        .is(1, &["error[X0102]: acme: Xero no longer accepts this sign-in", "sign in again: xero-pbit login acme"])?;
    // A scope that the app may not have shows in the browser only; what comes back by hand is no address of ours.
    let denied =
        desk.command(&["login", "acme", "--no-browser"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().and_then(|mut child| {
            use std::io::Write;
            let answer = b"http://localhost:8400/callback?error=access_denied&state=x\n";
            child.stdin.take().expect("piped").write_all(answer)?;
            child.wait_with_output()
        })?;
    Said::of(denied).is(1, &["error[X0107]", "consent was not given", "two uncertified apps at most", "allow access in the browser"])?;
    let nowhere = desk
        .command(&["login", "b", "--client-credentials"])
        .env("XERO_PBIT_CLIENT_SECRET", "s")
        .env("XERO_PBIT_IDENTITY_URL", "http://127.0.0.1:9")
        .output()?;
    Said::of(nowhere).is(1, &["error[X0109]", "cannot reach Xero's sign-in", "check the network"])?;
    let clear = desk
        .command(&["login", "b", "--client-credentials"])
        .env("XERO_PBIT_CLIENT_SECRET", "s")
        .env("XERO_PBIT_IDENTITY_URL", "http://identity.example")
        .output()?;
    Said::of(clear).is(1, &["only https addresses are used, except on this machine"])
}

/// A role or a scope that is missing: the manifest says it, `status` says it, and after `refresh-tables` so does Alerts.
fn what_is_missing_reaches_alerts() -> Result<(), Failed> {
    let desk = Desk::new(vec![company(41, 30, Country::Uk)], "role@BankTransactions", FAST);
    desk.login("acme", &[]).is(0, &[])?;
    desk.run(&["pull", "--organisation", "acme", "--out", "books"]).is(1, &["! BankTransactions is left out"])?;
    let manifest: Value = serde_json::from_slice(&std::fs::read(desk.path("books/manifest.json"))?)?;
    let named = manifest["missing"].as_array().is_some_and(|all| {
        all.iter().any(|m| m["endpoint"] == "BankTransactions" && m["reason"].as_str().is_some_and(|r| r.contains("Adviser")))
    });
    check(named, format!("the manifest names it: {}", manifest["missing"]))?;
    desk.run(&["status"]).is(1, &["BankTransactions is missing: your Xero user may not read `BankTransactions`"])?;
    desk.run(&["refresh-tables", "--company", "books", "--out", "tables", "--format", "csv"]).is(0, &[])?;
    let alerts = std::fs::read_to_string(desk.path("tables/Alerts.csv"))?;
    let row = alerts.lines().find(|line| line.contains("Endpoints that were not loaded")).unwrap_or_default();
    check(row.contains("BankTransactions") && row.contains("ExpenseClaims"), format!("Alerts says so: {alerts}"))?;
    // Once the role is there, the next pull mends it.
    desk.run(&["pull", "--organisation", "acme", "--out", "books"]).is(0, &[])?;
    desk.run(&["status"]).is(0, &[])?;
    check(!load_alerts(&desk)?.iter().any(|line| line.contains("BankTransactions")), "Alerts says so still")
}

/// The rows of Alerts about the load, after `refresh-tables`.
fn load_alerts(desk: &Desk) -> Result<Vec<String>, Failed> {
    desk.run(&["refresh-tables", "--company", "books", "--out", "tables", "--format", "csv"]).is(0, &[])?;
    let alerts = std::fs::read_to_string(desk.path("tables/Alerts.csv"))?;
    Ok(alerts.lines().filter(|line| line.contains(",Load,")).map(str::to_owned).collect())
}

/// A role or a scope that is lost after a complete pull, and a pull that stops: the pages of before stay, and manifest, `status` and Alerts say so until
/// a pull has mended it.
fn what_is_lost_later_reaches_alerts() -> Result<(), Failed> {
    let desk = Desk::new(vec![company(47, 30, Country::Uk)], "", FAST);
    desk.login("acme", &[]).is(0, &[])?;
    let pull = || desk.run(&["pull", "--organisation", "acme", "--out", "books"]);
    let set = |spec: &str| desk.server.mock.lock().expect("nobody panicked").set_faults(parse_faults(spec).expect("faults of the test"));
    pull().is(0, &[])?;
    let before = records(&pages(&desk.path("books")));
    let quiet = |words: &[&str]| -> Result<(), Failed> {
        let alerts = load_alerts(&desk)?;
        check(!alerts.iter().any(|line| words.iter().any(|word| line.contains(word))), format!("Alerts says so still: {alerts:?}"))
    };
    quiet(&["could not renew", "The last pull"])?;
    for (fault, endpoint, word) in [
        ("role", "TrialBalance", "it needs the role Standard + all reports, or Adviser"),
        ("scope", "Invoices", "needs the scope `accounting.invoices.read`"),
    ] {
        set(&format!("{fault}@{endpoint}"));
        pull().is(1, &[&format!("! {endpoint} is left out"), word])?;
        desk.run(&["status"]).is(1, &[&format!("{endpoint} is missing"), word])?;
        let alerts = load_alerts(&desk)?;
        let says = |words: &[&str]| alerts.iter().any(|line| words.iter().all(|word| line.contains(word)));
        let renew = format!("Endpoints that the last pull could not renew, shown as of an earlier one: {endpoint},1,");
        check(says(&["Warning", &renew]) || says(&["Warning", &renew.replace(",1,", "\",1,")]), format!("{fault}: {alerts:?}"))?;
        check(says(&["Warning", &format!("The last pull: {endpoint}: "), word]), format!("{fault}: {alerts:?}"))?;
        check(records(&pages(&desk.path("books"))) == before, format!("{fault}: the pages of before stay"))?;
        set("");
        pull().is(0, &[])?;
        desk.run(&["status"]).is(0, &[])?;
        quiet(&["could not renew", "The last pull"])?;
    }
    // A pull that stops before its end.
    set("day-limit@Invoices");
    pull().is(3, &[])?;
    desk.run(&["status"])
        .is(1, &["the pull of 20", " UTC stopped: the day's limit of calls is reached; run the same command again after 20"])?;
    let alerts = load_alerts(&desk)?;
    check(
        alerts.iter().any(|line| line.contains("The last pull: stopped on 20") && line.contains("the day's limit of calls is reached")),
        format!("{alerts:?}"),
    )?;
    set("");
    pull().is(0, &[])?;
    desk.run(&["status"]).is(0, &[])?;
    quiet(&["could not renew", "The last pull"])?;
    // Whatever stands in a manifest: readers go by the pages.
    for manifest in [
        "",
        "{",
        "[]",
        "{\"missing\": 7, \"stopped\": []}",
        "{\"missing\": [1, {}, {\"endpoint\": {}}, {\"endpoint\": \"Items\"}], \"stopped\": {}}",
    ] {
        std::fs::write(desk.path("books/manifest.json"), manifest)?;
        load_alerts(&desk).map_err(|error| format!("with the manifest `{manifest}`: {error:?}"))?;
    }
    Ok(())
}

/// Everything that the tool wrote and printed, failures included, holds none of the secrets it used.
fn secrets_stay_secret() -> Result<(), Failed> {
    const SECRET: &str = "client-secret-3f9a1c77";
    let faults = "expire#4,html@Contacts,500@Items,truncate@Accounts,cut@Payments,429@Invoices,drop@BankTransfers,role@Overpayments,scope@Prepayments,500@token#2,html@token#3,truncate@token#4";
    let desk = Desk::new(vec![company(42, 20, Country::Uk), company(43, 20, Country::Nz)], faults, Limits { per_day: 60, ..FAST });
    let mut printed: Vec<String> = Vec::new();
    let mut secrets: Vec<String> = vec![SECRET.to_owned()];
    let mut note = |desk: &Desk, said: Said| {
        printed.push(format!("{}\n{}", said.out, said.err));
        for entry in std::fs::read_dir(desk.path("home/tokens")).into_iter().flatten().flatten() {
            if let Ok(token) = serde_json::from_slice::<Value>(&std::fs::read(entry.path()).unwrap_or_default()) {
                secrets.extend(["access_token", "refresh_token"].iter().filter_map(|key| token[*key].as_str().map(str::to_owned)));
            }
        }
    };
    let with_secret = |arguments: &[&str]| {
        Said::of(
            desk.command(arguments)
                .env("XERO_PBIT_CLIENT_SECRET", SECRET)
                .env("RUST_LOG", "trace")
                .env("RUST_BACKTRACE", "full")
                .output()
                .expect("it starts"),
        )
    };
    note(&desk, with_secret(&["login", "direct", "--client-credentials"]));
    for _ in 0..6 {
        note(&desk, desk.login("acme", &[]));
    }
    for arguments in [
        &["pull", "--organisation", "direct", "--out", "direct"][..],
        &["pull", "--organisation", "acme", "--out", "books"],
        &["pull", "--organisation", "acme", "--out", "books", "--json", "--full"],
        &["pull", "--organisation", "acme", "--out", "books", "--verify"],
        &["organisations", "--json"],
        &["status", "--json"],
        &["status"],
        &["schedule", "print", "github-actions", "--organisation", "acme", "--out", "books"],
        &["refresh-tables", "--company", "books", "--out", "tables"],
        &["build", "--out", "dist", "--source", "folder"],
        &["nickname", "set", "acme", "other"],
        &["pull", "--organisation", "other", "--out", "books", "--full"],
        &["logout", "other", "--revoke", "--disconnect"],
        &["logout", "direct", "--revoke"],
        &["login", "--help"],
    ] {
        note(&desk, with_secret(arguments));
    }
    secrets.sort_unstable();
    secrets.dedup();
    check(secrets.len() >= 6, format!("the run must have used some secrets, used {}", secrets.len()))?;
    // A JWT's three parts, each alone, would be as bad.
    let parts: Vec<&str> = secrets.iter().flat_map(|s| s.split('.').filter(|part| part.len() > 40).chain([s.as_str()])).collect();
    let common = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9";
    let holds = |text: &[u8]| {
        let text = String::from_utf8_lossy(text);
        parts
            .iter()
            .filter(|part| **part != common)
            .find(|part| text.contains(**part))
            .map(|part| part.chars().take(12).collect::<String>())
    };
    for text in &printed {
        if let Some(part) = holds(text.as_bytes()) {
            return Err(format!("`{part}…` was printed:\n{text}").into());
        }
    }
    let mut files = 0;
    let mut folders = vec![desk.dir.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)?.flatten() {
            let path = entry.path();
            if path.is_dir() {
                // The one place where sign-ins are kept; its rights are tested elsewhere.
                if path != desk.path("home/tokens") {
                    folders.push(path);
                }
            } else {
                files += 1;
                if let Some(part) = holds(&std::fs::read(&path)?) {
                    return Err(format!("`{part}…` is in {}", path.display()).into());
                }
            }
        }
    }
    check(files > 50, format!("only {files} files were looked at"))?;
    let left: Vec<String> =
        std::fs::read_dir(desk.path("home/tokens"))?.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    check(left.iter().all(|name| name.ends_with(".lock")), format!("after signing out nothing is kept: {left:?}"))
}

const FAULTS: [&str; 12] = ["429", "429-bare", "500", "502", "503", "504", "expire", "truncate", "cut", "drop", "html", "high-volume"];
const ENDPOINTS: [&str; 12] = [
    "Organisation",
    "Accounts",
    "Items",
    "BankTransfers",
    "Contacts",
    "Overpayments",
    "Prepayments",
    "CreditNotes",
    "Payments",
    "BankTransactions",
    "Invoices",
    "TrialBalance",
];

/// Each fault at each endpoint ends with the pages of a faultless run. By default each fault and each endpoint once; all pairs with `XERO_PBIT_FULL`.
fn faults_over_sockets(incremental: bool) -> Result<(), Failed> {
    let files = company(44, 30, Country::Nz);
    // Dated ahead: many runs follow, and a change from before a run's first pull is no news to it.
    let changed = later(&files, now_ms() + 1_800_000);
    let desk = Desk::new(vec![files.clone()], "", FAST);
    desk.login("acme", &[]).is(0, &[])?;
    let run = |out: &str, faults: &str| -> Result<(BTreeMap<(String, String), String>, Said), Failed> {
        let arguments = ["pull", "--organisation", "acme", "--out", out];
        let set =
            |spec: &str| desk.server.mock.lock().expect("nobody panicked").set_faults(parse_faults(spec).expect("faults of the test"));
        replace(&desk, files.clone());
        set("");
        if incremental {
            desk.run(&arguments).is(0, &[])?;
            replace(&desk, changed.clone());
        }
        set(faults);
        let mut said = desk.run(&arguments);
        if said.code == Some(2) {
            // A named error that resumes cleanly.
            said.is(2, &["error[X02"])?;
            said = desk.run(&arguments);
        }
        let got = records(&pages(&desk.path(out)));
        std::fs::remove_dir_all(desk.path(out))?;
        Ok((got, said))
    };
    let (wanted, said) = run("clean", "")?;
    said.is(0, &[])?;
    for (f, fault) in FAULTS.iter().enumerate() {
        for (e, endpoint) in ENDPOINTS.iter().enumerate() {
            // Only what is asked for in pieces can be asked for in smaller ones.
            let splits = matches!(*endpoint, "Invoices" | "CreditNotes" | "Payments" | "BankTransactions" | "Overpayments" | "Prepayments");
            if (*fault == "high-volume" && (!splits || incremental))
                || (!full() && (f + usize::from(incremental)) % 12 != (e * 5) % 12 && !(*fault == "high-volume" && e == 10))
            {
                continue;
            }
            let spec = format!("{fault}@{endpoint}");
            let (got, said) = run(&format!("faulty{f}-{e}"), &spec)?;
            said.is(0, &[]).map_err(|error| format!("{spec}: {error:?}"))?;
            check(got == wanted, format!("{spec}: another result"))?;
            check(
                desk.server
                    .mock
                    .lock()
                    .expect("nobody panicked")
                    .log
                    .iter()
                    .any(|call| call.fault.as_deref() == Some(&format!("{spec}#1"))),
                format!("{spec}: the fault never struck"),
            )?;
        }
    }
    Ok(())
}
