//! `xero-pbit logout`: forget a sign-in.

use super::session::{Session, runtime, sign_in_failure};
use super::{Failure, Global};
use crate::host::key_store::KeyStore;
use crate::xero::sign_in::SignInError;
use crate::xero::token::TokenStore;
use crate::xero::words::typed;

/// Forget a sign-in.
///
/// Removes the stored sign-in of NICKNAME from this machine. With --revoke Xero ends it too, with --disconnect the organisation is
/// disconnected from your app.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  xero-pbit logout acme --revoke")]
pub struct Args {
    /// Nickname of the organisation
    #[arg(value_name = "NICKNAME")]
    nickname: Option<String>,
    /// End the consent at Xero, for all organisations that you connected to this app
    #[arg(long)]
    revoke: bool,
    /// Disconnect this organisation from the app
    #[arg(long)]
    disconnect: bool,
}

pub(super) fn run(args: Args, global: &Global) -> Result<u8, Failure> {
    let mut session = Session::open()?;
    let (nickname, organisation) = session.pick(args.nickname.as_deref())?;
    let store = KeyStore::new(&nickname).map_err(Failure::usage)?;
    let mut warning = None;
    if args.revoke || args.disconnect {
        let outcome: Result<(), SignInError> = runtime()?.block_on(async {
            if args.disconnect {
                let tokens = session.tokens(&nickname, &organisation).map_err(|_| SignInError::NotSignedIn)?;
                let token = tokens.access().await?;
                session.xero.disconnect(&token.access, &organisation.connection_id).await?;
            }
            if args.revoke {
                let token = store.load().map_err(SignInError::Store)?.ok_or(SignInError::NotSignedIn)?;
                let secret = store.secret().map_err(SignInError::Store)?;
                if let Some(refresh) = &token.refresh {
                    session.xero.revoke(&organisation.client_id, secret.as_ref(), refresh).await?;
                }
            }
            Ok(())
        });
        // What is on this machine goes in any case; what could not be told to Xero is said.
        warning = outcome.err();
    }
    store.forget().map_err(Failure::usage)?;
    session.config.organisations.remove(&nickname);
    session.config.save().map_err(Failure::usage)?;
    global.say(format!("Forgot the sign-in of `{nickname}`."));
    // Xero ends a consent for all organisations that this user connected to the app.
    let others: Vec<String> = session
        .config
        .organisations
        .iter()
        .filter(|(_, o)| args.revoke && warning.is_none() && !o.custom_connection && o.client_id == organisation.client_id)
        .map(|(name, _)| format!("xero-pbit login {}", typed(name)))
        .collect();
    if !others.is_empty() && !organisation.custom_connection {
        global.say(format!(
            "Xero ends the consent for all organisations that you connected to this app. If `status` or `pull` says so, sign in again: {}",
            others.join(", ")
        ));
    }
    match warning {
        None => Ok(0),
        Some(error) => {
            let mut failure = sign_in_failure(&nickname, &error);
            for diagnostic in &mut failure.diagnostics {
                diagnostic.message = format!("the sign-in is gone from this machine, but Xero was not told: {error}");
                diagnostic.help = Some("you can disconnect the app in Xero: Settings, Connected apps".to_owned());
            }
            Err(failure)
        }
    }
}
