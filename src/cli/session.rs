//! What the commands that talk to Xero share: configuration, network, the sign-in of a nickname.

use std::sync::Arc;

use super::Failure;
use crate::host::clock::SystemClock;
use crate::host::config::{Config, Organisation, client_secret};
use crate::host::http::Http;
use crate::host::key_store::KeyStore;
use crate::xero::client::{ApiError, Client};
use crate::xero::limiter::Limiter;
use crate::xero::pull::PullError;
use crate::xero::sign_in::{SignInError, Xero};
use crate::xero::token::{Grant, Tokens};
use crate::xero::words::{self, typed};
use crate::xero::{Clock, Secret, Transport};

pub(super) struct Session {
    pub(super) config: Config,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) xero: Xero,
}

pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::usage(format!("cannot start: {error}")))
}

impl Session {
    pub(super) fn open() -> Result<Session, Failure> {
        let config = Config::load().map_err(Failure::usage)?;
        let transport: Arc<dyn Transport> = Arc::new(Http::new().map_err(Failure::usage)?);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let xero = Xero::new(transport.clone(), clock.clone(), config.addresses());
        Ok(Session { config, transport, clock, xero })
    }

    /// The organisation of a nickname; without one, the only one there is. Never "the first".
    pub(super) fn pick(&self, nickname: Option<&str>) -> Result<(String, Organisation), Failure> {
        let known: Vec<&str> = self.config.organisations.keys().map(String::as_str).collect();
        match nickname {
            Some(name) => match self.config.organisations.get(name) {
                Some(organisation) => Ok((name.to_owned(), organisation.clone())),
                None => {
                    let hint = crate::base::nearest(name, known.iter().copied())
                        .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                    Err(Failure::usage(format!(
                        "there is no organisation with the nickname `{name}`{hint}\n  sign in with: xero-pbit login {}",
                        typed(name)
                    )))
                }
            },
            None => match known[..] {
                [only] => Ok((only.to_owned(), self.config.organisations[only].clone())),
                [] => Err(Failure::usage("no organisation is signed in yet\n  sign in with: xero-pbit login NICKNAME")),
                _ => Err(Failure::usage(format!("which organisation? give the nickname of one: {}", known.join(", ")))),
            },
        }
    }

    pub(super) fn grant(&self, nickname: &str, organisation: &Organisation) -> Result<Grant, Failure> {
        let store = KeyStore::new(nickname).map_err(Failure::usage)?;
        let secret = store.secret().map_err(Failure::usage)?.or_else(client_secret);
        if organisation.custom_connection {
            let secret = secret.ok_or_else(|| {
                Failure::usage(format!(
                    "the client secret of `{nickname}` is gone\n  sign in again: xero-pbit login {} --client-credentials",
                    typed(nickname)
                ))
            })?;
            return Ok(Grant::ClientCredentials { client_id: organisation.client_id.clone(), secret, scopes: organisation.scopes.clone() });
        }
        Ok(Grant::Refresh { client_id: organisation.client_id.clone(), secret })
    }

    pub(super) fn tokens(&self, nickname: &str, organisation: &Organisation) -> Result<Arc<Tokens>, Failure> {
        let grant = self.grant(nickname, organisation)?;
        let store = Arc::new(KeyStore::new(nickname).map_err(Failure::usage)?);
        Ok(Arc::new(Tokens::new(self.xero.clone(), grant, store, self.clock.clone())))
    }

    pub(super) fn client(&self, nickname: &str, organisation: &Organisation) -> Result<Arc<Client>, Failure> {
        let tokens = self.tokens(nickname, organisation)?;
        let limiter = Arc::new(Limiter::new(self.clock.clone(), self.config.calls_a_minute()));
        let api = self.config.addresses().api;
        Ok(Arc::new(Client::new(self.transport.clone(), self.clock.clone(), tokens, limiter, api, organisation.tenant_id.clone())))
    }
}

/// A sign-in that does not work, with the command that mends it.
pub(super) fn sign_in_failure(nickname: &str, error: &SignInError) -> Failure {
    let code = if matches!(error, SignInError::Store(_)) { 2 } else { 1 };
    Failure { code, diagnostics: vec![words::sign_in(nickname, error)], ..Failure::default() }
}

/// A download that stopped, with the command that mends it and the exit code: 3 for a limit, 1 for rights, 2 otherwise.
pub(super) fn pull_failure(nickname: &str, error: &PullError) -> Failure {
    let code = match error {
        PullError::Api(ApiError::DayLimit { .. }) => 3,
        PullError::Api(ApiError::SignIn(error)) => return sign_in_failure(nickname, error),
        PullError::Api(ApiError::Scope { .. } | ApiError::Role { .. } | ApiError::Disconnected) => 1,
        _ => 2,
    };
    Failure { code, diagnostics: vec![words::pull(nickname, error, &local_time)], ..Failure::default() }
}

/// `2026-11-12 14:05` in this machine's time zone.
pub(super) fn local_time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .map(|t| t.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string())
        .unwrap_or_else(|_| "an unknown time".to_owned())
}

/// Asks a question on the terminal; `None` when nobody is there to answer.
pub(super) fn ask(question: &str, secret: bool) -> Option<String> {
    use std::io::IsTerminal;
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return None;
    }
    let mut editor = rustyline::Editor::<Masked, rustyline::history::MemHistory>::with_history(
        rustyline::Config::default(),
        rustyline::history::MemHistory::new(),
    )
    .ok()?;
    editor.set_helper(Some(Masked(secret)));
    let answer = editor.readline(question).ok()?.trim().to_owned();
    Some(answer).filter(|a| !a.is_empty())
}

/// Shows stars for what is typed when it is a secret.
struct Masked(bool);

impl rustyline::highlight::Highlighter for Masked {
    fn highlight<'l>(&self, line: &'l str, _pos: usize) -> std::borrow::Cow<'l, str> {
        if self.0 { "*".repeat(line.chars().count()).into() } else { line.into() }
    }

    fn highlight_char(&self, _line: &str, _pos: usize, _kind: rustyline::highlight::CmdKind) -> bool {
        self.0
    }
}
impl rustyline::completion::Completer for Masked {
    type Candidate = String;
}
impl rustyline::hint::Hinter for Masked {
    type Hint = String;
}
impl rustyline::validate::Validator for Masked {}
impl rustyline::Helper for Masked {}

/// A typed or piped secret, never an argument.
pub(super) fn secret_or_ask(question: &str) -> Option<Secret> {
    client_secret().or_else(|| ask(question, true).map(Secret::new))
}
