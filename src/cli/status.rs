//! `xero-pbit status`: what needs attention.

use std::io::Write;
use std::path::Path;

use serde_json::json;

use super::session::{Session, local_time};
use super::{Failure, Global};
use crate::host::key_store::KeyStore;
use crate::xero::pull::{Manifest, Stopped};
use crate::xero::scope;
use crate::xero::token::TokenStore;
use crate::xero::words::typed;

/// Say what needs attention.
///
/// For each organisation: health of the sign-in, last pull, rows, calls left, what is missing and the command that mends it. Asks Xero nothing.
/// Exits with 1 when something needs attention, so that a scheduler can mail it.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  xero-pbit status || mail -s 'Xero needs attention' me@example.com")]
pub struct Args {
    /// One JSON document
    #[arg(long)]
    json: bool,
}

const DAY_MS: i64 = 86_400_000;

pub(super) fn run(args: Args, global: &Global) -> Result<u8, Failure> {
    let session = Session::open()?;
    let now = session.clock.now_ms();
    let mut list = Vec::new();
    let mut attention = false;
    for (nickname, organisation) in &session.config.organisations {
        let mut problems: Vec<String> = Vec::new();
        let name = typed(nickname);
        let again = if organisation.custom_connection { format!("{name} --client-credentials") } else { name.clone() };
        let token = KeyStore::new(nickname).and_then(|store| store.load()).map_err(Failure::usage)?;
        let renew_by = token.as_ref().filter(|t| t.refresh.is_some()).map(|t| t.made_ms + 60 * DAY_MS);
        match (&token, renew_by) {
            (None, _) => problems.push(format!("not signed in: xero-pbit login {again}")),
            (Some(_), Some(by)) if by <= now => problems.push(format!("the sign-in ended, unused for 60 days: xero-pbit login {name}")),
            (Some(_), Some(by)) if by - now < 7 * DAY_MS => {
                problems.push(format!("the sign-in ends on {} unless it is used: run a pull", local_time(by)))
            }
            (Some(_), None) if !organisation.custom_connection => {
                problems.push(format!("the sign-in cannot be renewed (no offline_access): xero-pbit login {name}"))
            }
            _ => {}
        }
        let granted = token.as_ref().map(|t| t.scope.clone()).unwrap_or_default();
        if !granted.is_empty() && !scope::covers(&granted, "Reports/TrialBalance") {
            problems.push(format!("the scope accounting.reports.trialbalance.read is missing: xero-pbit login {name}"));
        }
        let folder = organisation.folder.as_deref();
        let manifest = match folder {
            Some(folder) => crate::host::company::read_manifest(Path::new(folder)).map_err(Failure::usage)?,
            None => None,
        };
        let pull = format!("xero-pbit pull --organisation {name} --out {}", folder.map_or_else(|| "DIR".to_owned(), typed));
        let stop = |stopped: &Stopped| {
            let help = stopped.help.as_ref().map_or_else(String::new, |help| format!("; {help}"));
            format!("the pull of {} stopped: {}{help}", stopped.at, stopped.reason)
        };
        match &manifest {
            None => {
                problems.push(format!("never pulled to the end: {pull}"));
                if let Some(folder) = folder {
                    problems.extend(crate::host::company::read_first_stop(Path::new(folder)).map_err(Failure::usage)?.as_ref().map(stop));
                }
            }
            Some(m) => {
                if now - m.last_pull_ms > 2 * DAY_MS {
                    problems.push(format!("last pulled {}: {pull}", local_time(m.last_pull_ms)));
                }
                problems.extend(m.stopped.as_ref().map(stop));
                problems.extend(
                    m.missing.iter().filter(|x| x.endpoint != "ExpenseClaims").map(|x| format!("{} is missing: {}", x.endpoint, x.reason)),
                );
            }
        }
        attention |= !problems.is_empty();
        let rows: usize = manifest.as_ref().map_or(0, |m| m.files.values().map(|f| f.rows).sum());
        list.push(json!({
            "nickname": nickname, "name": organisation.name, "custom_connection": organisation.custom_connection, "signed_in": token.is_some(), "renew_by": renew_by.map(local_time),
            "last_pull": manifest.as_ref().map(|m: &Manifest| local_time(m.last_pull_ms)), "last_full_pull": manifest.as_ref().map(|m| local_time(m.last_full_ms)),
            "rows": rows, "folder": organisation.folder,
            "calls_left_today": organisation.calls_left.as_ref().filter(|(day, _)| *day == local_time(now)[..10]).map(|(_, left)| left),
            "attention": problems,
        }));
    }
    let mut out = std::io::stdout().lock();
    if args.json {
        let _ = writeln!(out, "{}", serde_json::Value::from(list));
        // No organisation at all is nothing that a scheduler should be content with.
        return Ok(u8::from(attention || session.config.organisations.is_empty()));
    }
    if list.is_empty() {
        global.say("No organisation is signed in yet. Sign in with: xero-pbit login NICKNAME");
        return Ok(1);
    }
    // Quiet leaves out what is well, so that a scheduler mails nothing on a good day.
    for one in list.iter().filter(|one| !global.quiet || one["attention"].as_array().is_some_and(|a| !a.is_empty())) {
        let text = |key: &str| one[key].as_str().unwrap_or("–").to_owned();
        let left = one["calls_left_today"].as_i64().map_or_else(String::new, |n| format!(", {n} calls left today"));
        let _ = writeln!(
            out,
            "{} ({}): last pull {}, {} records{left}, renew by {}",
            text("nickname"),
            if text("name").is_empty() { "custom connection".to_owned() } else { text("name") },
            text("last_pull"),
            one["rows"],
            text("renew_by")
        );
        for problem in one["attention"].as_array().into_iter().flatten() {
            let _ = writeln!(out, "  ! {}", problem.as_str().unwrap_or_default());
        }
    }
    Ok(u8::from(attention))
}
