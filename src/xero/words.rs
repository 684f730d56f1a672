//! Errors as people read them: what happened, in Xero's terms, and the command or the click that mends it.

use super::client::ApiError;
use super::pull::PullError;
use super::scope;
use super::sign_in::SignInError;
use crate::base::Diagnostic;

/// A nickname (or path) as it is typed in a shell.
///
/// ```
/// use xero_pbit::xero::words::typed;
/// assert_eq!(typed("acme-nz"), "acme-nz");
/// assert_eq!(typed("O'Neil & Co"), r"'O'\''Neil & Co'");
/// ```
pub fn typed(text: &str) -> String {
    let plain = !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "-_./=:@".contains(c));
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// A sign-in that does not work.
pub fn sign_in(nickname: &str, error: &SignInError) -> Diagnostic {
    let name = typed(nickname);
    let (code, help) = match error {
        SignInError::NotSignedIn => ("X0101", Some(format!("sign in: xero-pbit login {name}"))),
        SignInError::Ended => ("X0102", Some(format!("sign in again: xero-pbit login {name}"))),
        SignInError::Client => {
            ("X0103", Some("check the client id (XERO_PBIT_CLIENT_ID) and, for a web app, the client secret".to_owned()))
        }
        SignInError::CustomConnection => {
            ("X0104", Some(format!("look at it at developer.xero.com under My Apps, then: xero-pbit login {name} --client-credentials")))
        }
        SignInError::Scope => ("X0105", Some(scopes())),
        SignInError::State => ("X0106", Some(format!("begin again, and use the newest address only: xero-pbit login {name}"))),
        SignInError::Refused(why) => match why.as_str() {
            "invalid_scope" => ("X0107", Some(scopes())),
            "access_denied" => ("X0107", Some(format!("allow access in the browser: xero-pbit login {name}"))),
            _ => ("X0107", None),
        },
        SignInError::Unexpected(_) => ("X0108", Some("try again; when it stays so, a proxy may be answering instead of Xero".to_owned())),
        SignInError::Network(_) => ("X0109", Some("check the network and the proxy, then run the same command again".to_owned())),
        SignInError::Store(_) => ("X0110", None),
    };
    finish(code, format!("{nickname}: {error}"), help)
}

fn scopes() -> String {
    "an app made since 2 March 2026 takes granular scopes only (--scopes granular, the default), an older one --scopes broad; leave out \
     --add-scope and --verify for what the app may not have"
        .to_owned()
}

/// A failed call. `time` writes a moment (milliseconds since 1970) as people read it.
pub fn api(nickname: &str, error: &ApiError, time: &dyn Fn(i64) -> String) -> Diagnostic {
    let name = typed(nickname);
    let (code, help) = match error {
        ApiError::SignIn(error) => return sign_in(nickname, error),
        ApiError::DayLimit { resume_ms } => {
            let when = time(*resume_ms);
            let help = format!(
                "run the same command again after {when}; it continues where it stopped (a free app has 1,000 calls a day and organisation)"
            );
            ("X0201", Some(help))
        }
        ApiError::Scope { scope, .. } => {
            let how = if scope::GRANULAR.contains(scope) { String::new() } else { format!(" --add-scope {scope}") };
            ("X0202", Some(format!("sign in again and allow all that is asked for: xero-pbit login {name}{how}")))
        }
        ApiError::Role { .. } => (
            "X0203",
            Some("ask the organisation's Xero adviser to change the role of your user, then run the same command again".to_owned()),
        ),
        ApiError::Disconnected => ("X0204", Some(format!("connect it again: xero-pbit login {name}"))),
        ApiError::HighVolume { .. } => {
            ("X0205", Some("ask for less with --since DATE, or with --full when only changes were asked for".to_owned()))
        }
        ApiError::NotFound { .. } => ("X0206", Some("leave it out with --endpoints".to_owned())),
        ApiError::Failed { .. } => (
            "X0207",
            Some(
                "what was downloaded is kept; run the same command again to continue (status.xero.com says when Xero has a problem)"
                    .to_owned(),
            ),
        ),
        ApiError::BadAnswer { .. } => ("X0208", Some("what was downloaded is kept; run the same command again to continue".to_owned())),
    };
    finish(code, format!("{nickname}: {error}"), help)
}

/// A download that stopped.
pub fn pull(nickname: &str, error: &PullError, time: &dyn Fn(i64) -> String) -> Diagnostic {
    match error {
        PullError::Api(error) => api(nickname, error, time),
        PullError::Folder(_) => finish("X0301", format!("{nickname}: {error}"), None),
        PullError::OtherOrganisation { .. } => {
            finish("X0302", format!("{nickname}: {error}"), Some("choose another folder with --out".to_owned()))
        }
    }
}

/// Why an endpoint is left out, and what mends it: for the manifest, `status` and the end of a pull.
pub fn missing(nickname: &str, error: &ApiError) -> String {
    match error {
        ApiError::Role { .. } => format!("{error}; ask the organisation's Xero adviser to change the role of your user"),
        ApiError::Scope { path, .. } => not_granted(nickname, path),
        other => other.to_string(),
    }
}

/// A scope that the sign-in does not have, and the command that asks for it.
pub fn not_granted(nickname: &str, path: &str) -> String {
    let (granular, broad) = scope::needed(path);
    let name = typed(nickname);
    let endpoint = path.trim_start_matches("Reports/");
    if path == "ExpenseClaims" {
        return format!(
            "classic expense claims need the scope `{granular}`, which apps made since 2 March 2026 do not get; with an older app: xero-pbit login {name} \
             --scopes broad"
        );
    }
    let how = if scope::GRANULAR.contains(&granular) {
        String::new()
    } else if scope::VERIFY.contains(&granular) {
        " --verify".to_owned()
    } else {
        format!(" --add-scope {granular}")
    };
    format!("`{endpoint}` needs the scope `{granular}` (or `{broad}`), which this sign-in does not have: xero-pbit login {name}{how}")
}

fn finish(code: &'static str, message: String, help: Option<String>) -> Diagnostic {
    let diagnostic = Diagnostic::error(code, message);
    match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Code, message and help as one text.
    fn text(diagnostic: &Diagnostic) -> String {
        format!("{}: {} | {}", diagnostic.code, diagnostic.message, diagnostic.help.as_deref().unwrap_or("-"))
    }

    fn of_api(error: ApiError) -> String {
        text(&api("acme", &error, &|ms| format!("<{ms}>")))
    }

    fn path() -> String {
        "Reports/TrialBalance".to_owned()
    }

    #[test]
    fn a_role_is_named() {
        assert_eq!(
            of_api(ApiError::Role { path: path() }),
            "X0203: acme: your Xero user may not read `Reports/TrialBalance`: it needs the role Standard + all reports, or Adviser | \
             ask the organisation's Xero adviser to change the role of your user, then run the same command again"
        );
        assert!(
            missing("acme", &ApiError::Role { path: path() })
                .ends_with("ask the organisation's Xero adviser to change the role of your user")
        );
    }

    #[test]
    fn a_scope_is_named_with_its_endpoint() {
        let error = ApiError::Scope { path: path(), scope: "accounting.reports.trialbalance.read" };
        assert_eq!(
            of_api(error),
            "X0202: acme: `Reports/TrialBalance` needs the scope `accounting.reports.trialbalance.read`, which this sign-in does not have | \
             sign in again and allow all that is asked for: xero-pbit login acme"
        );
        assert!(
            missing("acme", &ApiError::Scope { path: path(), scope: "accounting.reports.trialbalance.read" })
                .ends_with("xero-pbit login acme")
        );
        let verify = not_granted("a b", "Reports/BalanceSheet");
        assert!(
            verify.starts_with("`BalanceSheet` needs the scope `accounting.reports.balancesheet.read` (or `accounting.reports.read`)"),
            "{verify}"
        );
        assert!(verify.ends_with(": xero-pbit login 'a b' --verify"), "{verify}");
    }

    #[test]
    fn a_disconnected_tenant_says_how_to_connect() {
        assert_eq!(
            of_api(ApiError::Disconnected),
            "X0204: acme: this organisation is no longer connected to the app | connect it again: xero-pbit login acme"
        );
    }

    #[test]
    fn a_day_limit_says_when_to_go_on() {
        let text = of_api(ApiError::DayLimit { resume_ms: 42 });
        assert!(text.starts_with("X0201: acme: the day's limit of calls is reached | run the same command again after <42>;"), "{text}");
    }

    #[test]
    fn two_uncertified_apps_are_the_limit() {
        let text = text(&sign_in("acme", &SignInError::Refused("access_denied".to_owned())));
        assert!(text.contains("an organisation takes two uncertified apps at most"), "{text}");
        assert!(text.ends_with("allow access in the browser: xero-pbit login acme"), "{text}");
    }

    #[test]
    fn an_inactive_custom_connection_is_named() {
        let text = text(&sign_in("my books", &SignInError::CustomConnection));
        assert!(text.contains("or the connection is inactive (not paid for, or not authorised again after its scopes changed)"), "{text}");
        assert!(text.ends_with("xero-pbit login 'my books' --client-credentials"), "{text}");
    }

    #[test]
    fn an_ended_sign_in_says_why_and_how_to_renew() {
        assert_eq!(
            text(&sign_in("acme", &SignInError::Ended)),
            "X0102: acme: Xero no longer accepts this sign-in (the refresh token was used elsewhere, revoked, or not used for 60 days) | \
             sign in again: xero-pbit login acme"
        );
    }

    #[test]
    fn what_the_browser_brings_is_cut_and_cleaned() {
        let text = text(&sign_in("acme", &SignInError::Refused(format!("evil\u{1b}[31m{}", "x".repeat(500)))));
        assert!(!text.contains('\u{1b}') && text.len() < 250, "{text}");
    }
}
