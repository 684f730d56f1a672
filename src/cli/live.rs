//! Live sources from the command line: parameters from the environment, the connector's own sign-in.

use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use super::session::ask;
use super::{Failure, Global};
use crate::base::FileSet;
use crate::emit::CONNECTOR;
use crate::format::mez;
use crate::host::config::{Config, client_secret};
use crate::host::m::{consent_at_once, sources_at};
use crate::m::sources::{Credential, Secret, Sources};
use crate::m::syntax::ast::ExprKind;
use crate::m::syntax::parse_expression;
use crate::m::value::quote;
use crate::power_query::{Connector, LoginPage, SignedIn, connector_files};
use crate::project::raw::SourceKind;

/// What a live source runs with.
#[derive(Default)]
pub(super) struct Live {
    /// The connector and its credentials, for the `connector` source.
    pub(super) signed_in: Option<(Connector, Arc<SignedIn>)>,
}

/// How the connector signs in.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Credentials {
    /// Sign in with a browser (OAuth 2)
    Oauth,
    /// Client id and secret of a custom connection
    ClientCredentials,
}

/// Fills in what the parameters leave open, and signs in.
pub(super) fn open(
    kind: SourceKind,
    organisations: &[String],
    credentials: Credentials,
    templates: &FileSet,
    parameters: &mut Vec<(String, String)>,
    global: &Global,
) -> Result<Live, Failure> {
    if !matches!(kind, SourceKind::CustomConnection | SourceKind::Connector) {
        return Ok(Live::default());
    }
    let config = Config::load().map_err(Failure::usage)?;
    let client = match text_parameter(parameters, "Client ID") {
        Some(client) => client,
        None => {
            let client = config.client_id().ok_or_else(|| {
                Failure::usage("which Xero app? set XERO_PBIT_CLIENT_ID to the client id of your app (README, \"Registering an app\")")
            })?;
            parameters.push(("Client ID".to_owned(), quote(&client)));
            client
        }
    };
    if kind == SourceKind::CustomConnection {
        if text_parameter(parameters, "Client Secret").is_none() {
            parameters.push(("Client Secret".to_owned(), quote(&needed_secret()?)));
        }
        return Ok(Live::default());
    }
    for (nickname, name) in organisations.iter().zip(["Organisation Nickname", "Organisation Nickname 2"]) {
        parameters.push((name.to_owned(), quote(nickname)));
    }
    let nicknames: Vec<String> =
        ["Organisation Nickname", "Organisation Nickname 2"].iter().filter_map(|name| text_parameter(parameters, name)).collect();
    if nicknames.is_empty() {
        return Err(Failure::usage("which organisation? give it a nickname with --organisation NICKNAME"));
    }
    // What runs is what ships: the connector as it lies in its package.
    let documents = connector_files(templates).map_err(|problems| Failure::found(problems, Default::default()))?;
    let package = mez::write(CONNECTOR, &documents);
    let connector = mez::read(&package, "Xero.mez").map_err(|problem| problem.message).and_then(|files| Connector::read(&files));
    let connector = connector.map_err(Failure::usage)?;
    let addresses = config.addresses();
    let at = addresses.clone();
    let world = move || sources_at(&at);
    let signed_in = SignedIn::new(connector.clone(), Box::new(world.clone()));
    for nickname in &nicknames {
        let path = Connector::path(&[("clientId", &client), ("organisation", nickname)]);
        let failed = |why: String| Failure { code: 1, message: Some(format!("{nickname}: {why}")), ..Failure::default() };
        let credential = match credentials {
            Credentials::ClientCredentials => {
                let fields = vec![("Username".to_owned(), Secret(client.clone())), ("Password".to_owned(), Secret(needed_secret()?))];
                Credential { kind: "UsernamePassword".to_owned(), fields }
            }
            Credentials::Oauth => {
                let state = format!("{:016x}", std::hash::RandomState::new().build_hasher().finish());
                let mut consent = |page: &LoginPage| consent(nickname, page, &addresses);
                connector.sign_in(&world, &path, &state, &mut consent).map_err(failed)?
            }
        };
        signed_in.insert(path.clone(), credential);
        let shared = signed_in.clone();
        let tested = world.clone();
        let with_credentials = move || Sources { credentials: Some(shared.credentials()), ..tested() };
        connector.test(&with_credentials, &path).map_err(failed)?;
        global.say(format!("signed in to {nickname}"));
    }
    Ok(Live { signed_in: Some((connector, signed_in)) })
}

impl Live {
    /// The world of one evaluation, with the credentials of this run.
    pub(super) fn sources(&self) -> Sources {
        let sources = crate::host::m::sources();
        match &self.signed_in {
            Some((_, signed_in)) => Sources { credentials: Some(signed_in.credentials()), ..sources },
            None => sources,
        }
    }
}

fn needed_secret() -> Result<String, Failure> {
    match client_secret() {
        Some(secret) => Ok(secret.reveal().to_owned()),
        None => ask("Client secret of the custom connection: ", true)
            .filter(|answer| !answer.is_empty())
            .ok_or_else(|| Failure::usage("the client secret is missing: set XERO_PBIT_CLIENT_SECRET")),
    }
}

/// The page that the sign-in ends on: at once where the page consents by itself (the look-alike), else what the user pastes.
fn consent(nickname: &str, page: &LoginPage, addresses: &crate::xero::Addresses) -> Result<String, String> {
    if let Some(location) = consent_at_once(addresses, &page.login_uri)?.filter(|l| l.starts_with(&page.callback_uri)) {
        return Ok(location);
    }
    let _ = open::that_detached(&page.login_uri);
    let question = format!(
        "Sign in to Xero for `{nickname}` and choose the organisation:\n{}\nThen paste the whole address of the page that you end up on: ",
        page.login_uri
    );
    ask(&question, false).filter(|answer| !answer.is_empty()).ok_or_else(|| {
        "a sign-in needs a browser and a terminal; for unattended runs use --credentials client-credentials or `xero-pbit pull`".to_owned()
    })
}

/// The value of a parameter that is a text literal.
fn text_parameter(parameters: &[(String, String)], name: &str) -> Option<String> {
    let (_, text) = parameters.iter().rev().find(|(n, _)| n == name)?;
    match parse_expression(text).ok()?.kind {
        ExprKind::Text(text) => Some(text.to_string()),
        _ => None,
    }
}
