//! OAuth2 with Xero: authorisation code with PKCE, client credentials, renewal, connections.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth2::basic::{BasicClient, BasicErrorResponseType};
use oauth2::{
    AsyncHttpClient, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest as OauthRequest,
    HttpResponse as OauthResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, RevocationUrl, Scope,
    StandardRevocableToken, TokenResponse, TokenUrl,
};
use serde::{Deserialize, Serialize};

use super::token::Token;
use super::{Addresses, BoxFuture, Clock, HttpRequest, Secret, Transport, TransportError};

/// Why a sign-in does not work.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SignInError {
    /// There is no stored sign-in.
    #[error("not signed in")]
    NotSignedIn,
    /// Xero no longer takes the refresh token.
    #[error("Xero no longer accepts this sign-in (the refresh token was used elsewhere, revoked, or not used for 60 days)")]
    Ended,
    /// The client id or secret is wrong.
    #[error("Xero does not know this client id or secret")]
    Client,
    /// A custom connection that gives no token.
    #[error(
        "Xero does not accept this custom connection: the client id or secret is wrong, or the connection is inactive (not paid for, or not authorised again after its scopes changed)"
    )]
    CustomConnection,
    /// The scopes were refused.
    #[error("Xero refused the scopes that were asked for")]
    Scope,
    /// The answer came back with another `state`: not from our request.
    #[error("the answer belongs to another sign-in (its state differs)")]
    State,
    /// The user said no, or Xero did: the error's name, from the browser.
    #[error("not signed in: {}", refusal(.0))]
    Refused(String),
    /// Anything else that came back.
    #[error("Xero's sign-in answered unexpectedly: {0}")]
    Unexpected(String),
    /// No answer.
    #[error("cannot reach Xero's sign-in: {0}")]
    Network(#[from] TransportError),
    /// The token store.
    #[error("cannot use the token store: {0}")]
    Store(String),
}

/// A tenant that a sign-in reaches.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// Connection id, for disconnecting.
    pub id: String,
    /// What calls carry as `xero-tenant-id`.
    pub tenant_id: String,
    /// `ORGANISATION` for books.
    #[serde(default)]
    pub tenant_type: String,
    /// Name.
    #[serde(default)]
    pub tenant_name: Option<String>,
    /// The consent it came with.
    #[serde(default)]
    pub auth_event_id: Option<String>,
    /// ISO, no zone, UTC.
    #[serde(default)]
    pub created_date_utc: Option<String>,
}

/// A sign-in that waits for the browser.
#[derive(Debug)]
pub struct Pending {
    /// What the browser opens.
    pub url: String,
    state: Secret,
    verifier: Secret,
    redirect: String,
    client_id: String,
    client_secret: Option<Secret>,
}

impl Pending {
    /// Checks the answer's state without looking at its letters one by one in public.
    pub fn check_state(&self, state: &str) -> Result<(), SignInError> {
        let same = state.len() == self.state.reveal().len()
            && state.bytes().zip(self.state.reveal().bytes()).fold(0, |acc, (a, b)| acc | (a ^ b)) == 0;
        if same { Ok(()) } else { Err(SignInError::State) }
    }
}

/// Xero's identity service.
#[derive(Clone)]
pub struct Xero {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    addresses: Addresses,
}

/// Sends oauth2's requests through our transport.
struct Bridge(Arc<dyn Transport>);

impl<'c> AsyncHttpClient<'c> for Bridge {
    type Error = TransportError;
    type Future = BoxFuture<'c, Result<OauthResponse, TransportError>>;

    fn call(&'c self, request: OauthRequest) -> Self::Future {
        Box::pin(async move {
            let mut ours = HttpRequest::get(request.uri().to_string());
            ours.method = if request.method() == "POST" { "POST" } else { "GET" };
            for (name, value) in request.headers() {
                ours.headers.push((name.to_string(), value.to_str().unwrap_or_default().to_owned()));
            }
            ours.body = request.body().clone();
            let answer = self.0.send(ours).await?;
            // Nothing was decided about the sign-in: like an answer that never came.
            if matches!(answer.status, 408 | 429 | 500..) {
                return Err(TransportError(format!("status {}", answer.status)));
            }
            let mut builder = oauth2::http::Response::builder().status(answer.status);
            for (name, value) in &answer.headers {
                builder = builder.header(name, value);
            }
            builder.body(answer.body).map_err(|error| TransportError(error.to_string()))
        })
    }
}

fn bad_address(what: &str, error: impl std::fmt::Display) -> SignInError {
    SignInError::Unexpected(format!("the {what} address is not usable: {error}"))
}

impl Xero {
    /// Talks to `addresses` through `transport`.
    pub fn new(transport: Arc<dyn Transport>, clock: Arc<dyn Clock>, addresses: Addresses) -> Xero {
        Xero { transport, clock, addresses }
    }

    /// The address for the browser, and what is needed to finish. PKCE S256 always; a web app's secret is used beside it.
    ///
    /// # Errors
    /// When an address is malformed.
    pub fn start(&self, client_id: &str, client_secret: Option<Secret>, redirect: &str, scopes: &[String]) -> Result<Pending, SignInError> {
        let authorize = format!("{}/identity/connect/authorize", self.addresses.login);
        let client = BasicClient::new(ClientId::new(client_id.to_owned()))
            .set_auth_uri(AuthUrl::new(authorize).map_err(|error| bad_address("login", error))?)
            .set_redirect_uri(RedirectUrl::new(redirect.to_owned()).map_err(|error| bad_address("redirect", error))?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state) = client
            .authorize_url(CsrfToken::new_random)
            .add_scopes(scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(challenge)
            .url();
        Ok(Pending {
            url: url.to_string(),
            state: Secret::new(state.secret().clone()),
            verifier: Secret::new(verifier.secret().clone()),
            redirect: redirect.to_owned(),
            client_id: client_id.to_owned(),
            client_secret,
        })
    }

    /// Exchanges the code that the browser brought back.
    ///
    /// # Errors
    /// A state that differs, a code that Xero refuses, no answer.
    pub async fn finish(&self, pending: &Pending, code: &str, state: &str) -> Result<Token, SignInError> {
        pending.check_state(state)?;
        let client = BasicClient::new(ClientId::new(pending.client_id.clone()))
            .set_token_uri(self.token_url()?)
            .set_redirect_uri(RedirectUrl::new(pending.redirect.clone()).map_err(|error| bad_address("redirect", error))?)
            .set_auth_type(oauth2::AuthType::BasicAuth);
        let client = match &pending.client_secret {
            Some(secret) => client.set_client_secret(ClientSecret::new(secret.reveal().to_owned())),
            None => client,
        };
        let answer = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(pending.verifier.reveal().to_owned()))
            .request_async(&Bridge(self.transport.clone()))
            .await
            .map_err(token_error)?;
        Ok(self.token(&answer))
    }

    /// Renews; the answer carries a new refresh token.
    ///
    /// # Errors
    /// [`SignInError::Ended`] when Xero no longer takes the old one.
    pub async fn refresh(&self, client_id: &str, secret: Option<&Secret>, refresh: &Secret) -> Result<Token, SignInError> {
        let client = BasicClient::new(ClientId::new(client_id.to_owned())).set_token_uri(self.token_url()?);
        let client = match secret {
            Some(secret) => client.set_client_secret(ClientSecret::new(secret.reveal().to_owned())),
            None => client,
        };
        let old = RefreshToken::new(refresh.reveal().to_owned());
        let answer = client.exchange_refresh_token(&old).request_async(&Bridge(self.transport.clone())).await.map_err(token_error)?;
        let mut token = self.token(&answer);
        // An answer without a new refresh token leaves the old one in force.
        token.refresh.get_or_insert_with(|| refresh.clone());
        Ok(token)
    }

    /// A token of a custom connection.
    ///
    /// # Errors
    /// Wrong id or secret, an inactive connection, scopes that it lacks, no answer.
    pub async fn client_credentials(&self, client_id: &str, secret: &Secret, scopes: &[String]) -> Result<Token, SignInError> {
        let client = BasicClient::new(ClientId::new(client_id.to_owned()))
            .set_client_secret(ClientSecret::new(secret.reveal().to_owned()))
            .set_token_uri(self.token_url()?);
        let scopes = scopes.iter().filter(|s| *s != "offline_access").cloned().map(Scope::new);
        let answer = client.exchange_client_credentials().add_scopes(scopes).request_async(&Bridge(self.transport.clone())).await.map_err(
            |error| match token_error(error) {
                SignInError::Client | SignInError::Ended => SignInError::CustomConnection,
                other => other,
            },
        )?;
        Ok(self.token(&answer))
    }

    /// Ends the whole consent of this sign-in at Xero.
    ///
    /// # Errors
    /// When Xero does not answer as it should.
    pub async fn revoke(&self, client_id: &str, secret: Option<&Secret>, refresh: &Secret) -> Result<(), SignInError> {
        let url = RevocationUrl::new(format!("{}/connect/revocation", self.addresses.identity))
            .map_err(|error| bad_address("identity", error))?;
        let client = BasicClient::new(ClientId::new(client_id.to_owned())).set_revocation_url(url);
        let client = match secret {
            Some(secret) => client.set_client_secret(ClientSecret::new(secret.reveal().to_owned())),
            None => client,
        };
        let token = StandardRevocableToken::RefreshToken(RefreshToken::new(refresh.reveal().to_owned()));
        // oauth2 insists on https for revocation; a look-alike on loopback is asked directly.
        match client.revoke_token(token) {
            Ok(request) => request
                .request_async(&Bridge(self.transport.clone()))
                .await
                .map_err(|error| SignInError::Unexpected(brief(&error.to_string()))),
            Err(_) => {
                let mut request = HttpRequest::get(format!("{}/connect/revocation", self.addresses.identity))
                    .header("content-type", "application/x-www-form-urlencoded");
                request.method = "POST";
                request.body = format!("token={}&client_id={}", super::client::encode(refresh.reveal()), super::client::encode(client_id))
                    .into_bytes();
                self.transport.send(request).await?;
                Ok(())
            }
        }
    }

    /// The organisations of a token; with `event`, those of that consent alone.
    ///
    /// # Errors
    /// When the token is refused or the answer is not a list.
    pub async fn connections(&self, access: &Secret, event: Option<&str>) -> Result<Vec<Connection>, SignInError> {
        let query = event.map_or_else(String::new, |event| format!("?authEventId={}", super::client::encode(event)));
        let request = HttpRequest::get(format!("{}{query}", self.addresses.connections))
            .header("authorization", format!("Bearer {}", access.reveal()))
            .header("accept", "application/json");
        let answer = self.transport.send(request).await?;
        match answer.status {
            200 => {
                serde_json::from_slice(&answer.body).map_err(|error| SignInError::Unexpected(format!("the list of connections: {error}")))
            }
            401 => Err(SignInError::Ended),
            status => Err(SignInError::Unexpected(format!("status {status} for the list of connections"))),
        }
    }

    /// Disconnects one organisation from the app.
    ///
    /// # Errors
    /// When Xero does not confirm.
    pub async fn disconnect(&self, access: &Secret, connection: &str) -> Result<(), SignInError> {
        let mut request = HttpRequest::get(format!("{}/{connection}", self.addresses.connections))
            .header("authorization", format!("Bearer {}", access.reveal()));
        request.method = "DELETE";
        let answer = self.transport.send(request).await?;
        if matches!(answer.status, 200 | 204 | 404) {
            Ok(())
        } else {
            Err(SignInError::Unexpected(format!("status {} when disconnecting", answer.status)))
        }
    }

    fn token_url(&self) -> Result<TokenUrl, SignInError> {
        TokenUrl::new(format!("{}/connect/token", self.addresses.identity)).map_err(|error| bad_address("identity", error))
    }

    fn token(&self, answer: &oauth2::basic::BasicTokenResponse) -> Token {
        let now = self.clock.now_ms();
        let life = answer.expires_in().map_or(1_800_000, |d| d.as_millis() as i64);
        Token {
            access: Secret::new(answer.access_token().secret().clone()),
            refresh: answer.refresh_token().map(|r| Secret::new(r.secret().clone())),
            expires_ms: now + life,
            made_ms: now,
            scope: answer.scopes().map(|list| list.iter().map(|s| s.to_string()).collect::<Vec<_>>().join(" ")).unwrap_or_default(),
        }
    }
}

/// The consent that an access token came from: its claim `authentication_event_id`.
pub fn event_of(access: &Secret) -> Option<String> {
    claim(access, "authentication_event_id")
}

/// The Xero user that signed in: the token's claim `xero_userid`.
pub fn user_of(access: &Secret) -> Option<String> {
    claim(access, "xero_userid")
}

fn claim(access: &Secret, name: &str) -> Option<String> {
    let payload = access.reveal().split('.').nth(1)?;
    let bytes = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
    claims[name].as_str().map(str::to_owned)
}

/// The role of a user in an organisation, in Xero's words, from an answer of the endpoint `Users`.
///
/// ```
/// use xero_pbit::xero::sign_in::role_in;
/// let users = br#"{"Users":[{"UserID":"a","GlobalUserID":"g","OrganisationRole":"FINANCIALADVISER"}]}"#;
/// assert_eq!(role_in(users, "G").as_deref(), Some("Adviser"));
/// assert_eq!(role_in(users, "other"), None);
/// ```
pub fn role_in(users: &[u8], user: &str) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_slice(users).ok()?;
    let is_user = |record: &&serde_json::Value| {
        ["GlobalUserID", "UserID"].iter().any(|key| record[*key].as_str().is_some_and(|id| id.eq_ignore_ascii_case(user)))
    };
    let role = answer["Users"].as_array()?.iter().find(is_user)?["OrganisationRole"].as_str()?;
    let words = match role {
        "READONLY" => "Read only",
        "INVOICEONLY" => "Invoice only",
        "STANDARD" => "Standard",
        "FINANCIALADVISER" => "Adviser",
        "MANAGEDCLIENT" => "Managed client",
        "CASHBOOKCLIENT" => "Cashbook client",
        other => other,
    };
    Some(words.to_owned())
}

/// An error that the browser brought back, in words.
fn refusal(name: &str) -> String {
    let words = match name {
        "access_denied" => {
            "consent was not given (an organisation takes two uncertified apps at most: disconnect one in Xero under Settings, Connected apps)"
        }
        "invalid_scope" => "the app may not have all scopes that were asked for",
        "unauthorized_client" => "the app does not exist, or is not of the type Mobile or desktop app or Web app",
        "invalid_request" => "Xero does not understand the request: is the redirect address registered in the app?",
        "server_error" | "temporarily_unavailable" => "Xero's sign-in has a problem; try again later",
        _ => "Xero gave an error",
    };
    format!("{words} (`{}`)", brief(name))
}

fn token_error(error: RequestTokenError<TransportError, oauth2::basic::BasicErrorResponse>) -> SignInError {
    match error {
        RequestTokenError::ServerResponse(response) => match response.error() {
            BasicErrorResponseType::InvalidGrant => SignInError::Ended,
            BasicErrorResponseType::InvalidClient | BasicErrorResponseType::UnauthorizedClient => SignInError::Client,
            BasicErrorResponseType::InvalidScope => SignInError::Scope,
            other => SignInError::Unexpected(brief(other.as_ref())),
        },
        RequestTokenError::Request(error) => SignInError::Network(error),
        // The body may hold a token: say what kind of thing it was, not what was in it.
        RequestTokenError::Parse(_, _) => SignInError::Unexpected("a body that is not a token".to_owned()),
        RequestTokenError::Other(text) => SignInError::Unexpected(brief(&text)),
    }
}

fn brief(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}
