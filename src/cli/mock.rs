//! `xero-pbit mock`: a Xero look-alike on loopback.

use std::io::Write;
use std::path::PathBuf;

use serde_json::json;

use super::{Failure, Global};
use crate::host::{company, mock_server};
use crate::mock::{Limits, Mock, parse_faults};

/// Serve a Xero look-alike on loopback.
///
/// Signs in at once (OAuth2 with PKCE, client credentials), serves any company folder with Xero's paging, filters, limits and headers, and plays
/// faults on request. Prints one line of JSON with its addresses when it is ready and runs until it is interrupted.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  xero-pbit mock --port 0 --faults '429@Invoices%7,expire#20' --log calls.jsonl\n\n\
Faults: KIND[@ENDPOINT][#N|%N], comma-separated; #N strikes the Nth call only (default #1), %N every Nth.\n\
Kinds:\n\
  429          too many calls this minute, with Retry-After; 429-bare without it\n\
  day-limit    the day's calls are used up\n\
  500 502 503 504  that status\n\
  expire       the token is refused before its time\n\
  truncate     the body ends in the middle; cut: so does the connection\n\
  slow         the answer takes two seconds; drop: there is none\n\
  html         a page for people instead of JSON\n\
  change       a record changes while its list is read\n\
  role scope   the user's role, or the sign-in's scopes, do not allow it\n\
  high-volume  Xero wants a narrower question")]
pub struct Args {
    /// Company folder (or a folder of them) to serve; `sample` is the built-in company
    #[arg(long, value_name = "DIR|sample", default_value = "sample")]
    company: String,
    /// Port to listen on; 0 picks a free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
    /// What goes wrong, and when
    #[arg(long, value_name = "SPEC", default_value = "")]
    faults: String,
    /// Write one line of JSON per call to this file
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Calls a minute and organisation
    #[arg(long, value_name = "N", default_value_t = 60)]
    minute_limit: u32,
    /// Calls a day and organisation
    #[arg(long, value_name = "N", default_value_t = 5_000)]
    day_limit: u32,
    /// Scopes that the sign-in grants, separated by blanks; all when absent
    #[arg(long, value_name = "SCOPES")]
    scopes: Option<String>,
}

pub(super) fn run(args: Args, _global: &Global) -> Result<u8, Failure> {
    let faults = parse_faults(&args.faults).map_err(|error| Failure::usage(error.to_string()))?;
    let companies = company::load_mock_companies(&args.company).map_err(Failure::usage)?;
    let limits = Limits { per_minute: args.minute_limit, per_day: args.day_limit, ..Limits::default() };
    let mut mock = Mock::new(companies, limits, faults);
    mock.allow_scopes(args.scopes.map(|s| s.split_whitespace().map(str::to_owned).collect()));
    let log = args
        .log
        .as_ref()
        .map(|path| std::fs::File::create(path).map_err(|error| Failure::usage(format!("cannot write `{}`: {error}", path.display()))))
        .transpose()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::usage(format!("cannot start the server: {error}")))?;
    runtime.block_on(async {
        let server = mock_server::serve(mock, args.port, log)
            .await
            .map_err(|error| Failure::usage(format!("cannot listen on port {}: {error}; choose another with --port", args.port)))?;
        let base = server.base();
        let line =
            json!({"api": format!("{base}/api.xro/2.0"), "connections": format!("{base}/connections"), "identity": base, "login": base});
        let mut out = std::io::stdout();
        // Whoever started us may not read the line; the server runs all the same.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
        let _ = tokio::signal::ctrl_c().await;
        Ok(130)
    })
}
