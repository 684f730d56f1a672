//! `xero-pbit login`: sign in to Xero.

use std::time::Duration;

use super::session::{Session, ask, runtime, secret_or_ask, sign_in_failure};
use super::{Failure, Global};
use crate::host::config::Organisation;
use crate::host::key_store::KeyStore;
use crate::host::loopback::{Listener, Refusal};
use crate::mock::parse_form;
use crate::xero::scope;
use crate::xero::sign_in::{Connection, Pending, SignInError, event_of};
use crate::xero::token::{Token, TokenStore};
use crate::xero::words::typed;

/// Sign in to Xero.
///
/// Opens the browser, where you choose one organisation, and keeps the sign-in under NICKNAME. Run it again with the same nickname to renew it.
/// You need an app of your own in Xero (free): README, "Registering an app".
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  XERO_PBIT_CLIENT_ID=… xero-pbit login acme\n  xero-pbit login acme --no-browser\n  xero-pbit login acme --client-credentials"
)]
pub struct Args {
    /// Your own short name for the organisation
    #[arg(value_name = "NICKNAME", default_value = "default")]
    nickname: String,
    /// Print the address instead of opening a browser; paste back where the browser ends up
    #[arg(long)]
    no_browser: bool,
    /// A custom connection: client id and secret instead of a browser
    #[arg(long, conflicts_with = "no_browser")]
    client_credentials: bool,
    /// Which scopes to ask for: granular (apps since 2 March 2026) or broad (older apps)
    #[arg(long, value_enum, default_value = "granular")]
    scopes: Preset,
    /// Another scope to ask for; may be repeated
    #[arg(long = "add-scope", value_name = "SCOPE")]
    add_scope: Vec<String>,
    /// Also ask for what `pull --verify` needs
    #[arg(long)]
    verify: bool,
    /// Port of the address that Xero sends the browser back to
    #[arg(long, value_name = "N", default_value_t = 8400)]
    port: u16,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Preset {
    /// The scopes that every app has.
    Granular,
    /// The older, wider ones.
    Broad,
}

impl Args {
    fn wanted(&self) -> Vec<String> {
        let preset: &[&str] = match self.scopes {
            Preset::Granular => &scope::GRANULAR,
            Preset::Broad => &scope::BROAD,
        };
        let verify: &[&str] = if self.verify && self.scopes == Preset::Granular { &scope::VERIFY } else { &[] };
        let mut all: Vec<String> = preset.iter().chain(verify).map(|s| (*s).to_owned()).collect();
        for scope in &self.add_scope {
            if !all.contains(scope) {
                all.push(scope.clone());
            }
        }
        all
    }
}

pub(super) fn run(args: Args, global: &Global) -> Result<u8, Failure> {
    if args.nickname.trim().is_empty() || args.nickname.chars().any(char::is_control) {
        return Err(Failure::usage("a nickname is a short name such as `acme`"));
    }
    let session = Session::open()?;
    let known = session.config.organisations.get(&args.nickname).map(|o| o.client_id.clone());
    let client_id = session
        .config
        .client_id()
        .or(known)
        .or_else(|| ask("Client id of your Xero app: ", false))
        .ok_or_else(|| Failure::usage(format!(
            "which Xero app? set XERO_PBIT_CLIENT_ID to its client id\n  to make one (free): developer.xero.com, My Apps, New app, Mobile or desktop app, redirect URI http://localhost:{}/callback",
            args.port
        )))?;
    // Better now than after the sign-in in the browser.
    KeyStore::new(&args.nickname).and_then(|store| store.lock().map(drop)).map_err(Failure::usage)?;
    runtime()?.block_on(async {
        if args.client_credentials {
            custom_connection(session, &args, client_id, global).await
        } else {
            browser(session, &args, client_id, global).await
        }
    })
}

async fn custom_connection(mut session: Session, args: &Args, client_id: String, global: &Global) -> Result<u8, Failure> {
    let secret = secret_or_ask("Client secret: ")
        .ok_or_else(|| Failure::usage("a custom connection needs its secret: set XERO_PBIT_CLIENT_SECRET"))?;
    let scopes: Vec<String> = args.wanted().into_iter().filter(|s| s != "offline_access").collect();
    let token =
        session.xero.client_credentials(&client_id, &secret, &scopes).await.map_err(|error| sign_in_failure(&args.nickname, &error))?;
    let organisation = Organisation { client_id, custom_connection: true, scopes, ..Organisation::default() };
    let store = KeyStore::new(&args.nickname).map_err(Failure::usage)?;
    store.set_secret(&secret).map_err(Failure::usage)?;
    keep(&mut session, args, organisation, &token, &store, global)
}

async fn browser(mut session: Session, args: &Args, client_id: String, global: &Global) -> Result<u8, Failure> {
    let fail = |error| sign_in_failure(&args.nickname, &error);
    let secret = crate::host::config::client_secret();
    let listener = if args.no_browser { None } else { Some(Listener::bind(args.port).await.map_err(Failure::usage)?) };
    let redirect = listener.as_ref().map_or_else(|| format!("http://localhost:{}/callback", args.port), Listener::redirect);
    let pending = session.xero.start(&client_id, secret.clone(), &redirect, &args.wanted()).map_err(fail)?;
    let hint = "If the browser shows `invalid_scope`: an app made before 2 March 2026 may need `--scopes broad`, a newer one knows granular scopes only.\n\
                If it shows `invalid redirect`: register the address ";
    global.say(format!("{hint}{redirect} in your Xero app."));
    let (code, state) = match listener {
        Some(listener) => {
            global.say("Waiting for the browser (5 minutes; Ctrl-C stops). When none opens: the same command with --no-browser …");
            if open::that_detached(&pending.url).is_err() {
                eprintln!("Open this address in a browser on this machine:\n{}", pending.url);
            }
            let wait = listener.wait(Duration::from_secs(300), |state| pending.check_state(state).is_ok());
            let callback = tokio::select! {
                callback = wait => callback.map_err(|refusal| match refusal {
                    Refusal::Browser(name) => sign_in_failure(&args.nickname, &SignInError::Refused(name)),
                    Refusal::Nobody => Failure { code: 1, message: Some(format!("not signed in: {refusal}")), ..Failure::default() },
                })?,
                _ = tokio::signal::ctrl_c() => return Ok(130),
            };
            (callback.code, callback.state)
        }
        None => pasted(&args.nickname, &pending)?,
    };
    let token = session.xero.finish(&pending, &code, &state).await.map_err(fail)?;
    let connections = session.xero.connections(&token.access, event_of(&token.access).as_deref()).await.map_err(fail)?;
    let connection = choose(connections)?;
    // One consent, one token chain: a second nickname for the same organisation would rotate the first one's token away.
    if let Some((other, _)) =
        session.config.organisations.iter().find(|(name, o)| o.tenant_id == connection.tenant_id && **name != args.nickname)
    {
        return Err(Failure::usage(format!(
            "`{}` is already signed in under the nickname `{other}`; Xero allows one living sign-in per organisation\n  renew it with: xero-pbit login {}",
            connection.tenant_name.unwrap_or_default(),
            typed(other)
        )));
    }
    let organisation = Organisation {
        tenant_id: connection.tenant_id,
        name: connection.tenant_name.unwrap_or_default(),
        connection_id: connection.id,
        connected: connection.created_date_utc.unwrap_or_default().chars().take(10).collect(),
        client_id,
        custom_connection: false,
        scopes: args.wanted(),
        folder: session.config.organisations.get(&args.nickname).and_then(|o| o.folder.clone()),
        calls_left: None,
    };
    let store = KeyStore::new(&args.nickname).map_err(Failure::usage)?;
    if let Some(secret) = secret {
        store.set_secret(&secret).map_err(Failure::usage)?;
    }
    keep(&mut session, args, organisation, &token, &store, global)
}

fn keep(
    session: &mut Session,
    args: &Args,
    organisation: Organisation,
    token: &Token,
    store: &KeyStore,
    global: &Global,
) -> Result<u8, Failure> {
    {
        let _guard = store.lock().map_err(Failure::usage)?;
        store.save(token).map_err(Failure::usage)?;
    }
    let name = if organisation.name.is_empty() { "the custom connection".to_owned() } else { format!("`{}`", organisation.name) };
    // Another login may have written the file meanwhile.
    session.config = crate::host::config::Config::load().map_err(Failure::usage)?;
    session.config.organisations.insert(args.nickname.clone(), organisation);
    session.config.save().map_err(Failure::usage)?;
    global.say(format!("Signed in to {name} as `{}`. The sign-in is kept in {}.", args.nickname, store.place()));
    global.say(format!("Next: xero-pbit pull --organisation {} --out company", typed(&args.nickname)));
    Ok(0)
}

/// The address that the browser ended on, pasted by hand.
fn pasted(nickname: &str, pending: &Pending) -> Result<(String, String), Failure> {
    eprintln!(
        "Open this address in any browser:\n\n{}\n\nAfter signing in the browser shows a page that cannot be reached; copy its address here.",
        pending.url
    );
    let address = match ask("Address: ", false) {
        Some(address) => address,
        None => {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).map_err(|error| Failure::usage(format!("cannot read the address: {error}")))?;
            line.trim().to_owned()
        }
    };
    let form = address.split_once('?').map(|(_, query)| parse_form(query.split('#').next().unwrap_or_default())).unwrap_or_default();
    if let Some(error) = form.get("error") {
        return Err(sign_in_failure(nickname, &SignInError::Refused(error.clone())));
    }
    match (form.get("code"), form.get("state")) {
        (Some(code), Some(state)) => Ok((code.clone(), state.clone())),
        _ => Err(Failure::usage(
            "expected the whole address that the browser shows after the sign-in: it begins with http://localhost and holds `code` and `state`",
        )),
    }
}

/// The one organisation of this consent.
fn choose(connections: Vec<Connection>) -> Result<Connection, Failure> {
    let mut organisations: Vec<Connection> =
        connections.into_iter().filter(|c| c.tenant_type.is_empty() || c.tenant_type == "ORGANISATION").collect();
    match organisations.len() {
        1 => Ok(organisations.swap_remove(0)),
        0 => Err(Failure {
            code: 1,
            message: Some("no organisation was chosen in the browser; sign in again and choose one".to_owned()),
            ..Failure::default()
        }),
        _ => {
            let names: Vec<String> = organisations.iter().map(|c| c.tenant_name.clone().unwrap_or_default()).collect();
            let answer = ask(&format!("This sign-in reaches {}. Which one? ", names.join(", ")), false).unwrap_or_default();
            let found = organisations.iter().position(|c| c.tenant_name.as_deref().is_some_and(|n| n.eq_ignore_ascii_case(&answer)));
            found
                .map(|at| organisations.swap_remove(at))
                .ok_or_else(|| Failure::usage(format!("choose one organisation in the browser, or name one of: {}", names.join(", "))))
        }
    }
}
