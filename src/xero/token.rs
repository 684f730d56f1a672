//! Access tokens: renewed ahead of expiry, one renewal at a time, the new refresh token stored before the access token is used.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::sign_in::{SignInError, Xero};
use super::{Clock, Secret};

/// A sign-in as Xero gave it.
#[derive(Clone, Debug)]
pub struct Token {
    /// Bearer token, 30 minutes.
    pub access: Secret,
    /// Rotating refresh token; absent for client credentials.
    pub refresh: Option<Secret>,
    /// When the access token ends, milliseconds since 1970.
    pub expires_ms: i64,
    /// When this token was made: a refresh token unused for 60 days dies.
    pub made_ms: i64,
    /// Scopes granted, separated by blanks.
    pub scope: String,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    access_token: String,
    refresh_token: Option<String>,
    expires_ms: i64,
    made_ms: i64,
    scope: String,
}

impl Token {
    /// The text to keep in a key store. Secret.
    pub fn to_text(&self) -> Secret {
        let stored = Stored {
            access_token: self.access.reveal().to_owned(),
            refresh_token: self.refresh.as_ref().map(|r| r.reveal().to_owned()),
            expires_ms: self.expires_ms,
            made_ms: self.made_ms,
            scope: self.scope.clone(),
        };
        Secret::new(serde_json::to_string(&stored).unwrap_or_default())
    }

    /// Reads what [`Token::to_text`] wrote; `None` for anything else.
    pub fn from_text(text: &str) -> Option<Token> {
        let stored: Stored = serde_json::from_str(text).ok()?;
        Some(Token {
            access: Secret::new(stored.access_token),
            refresh: stored.refresh_token.map(Secret::new),
            expires_ms: stored.expires_ms,
            made_ms: stored.made_ms,
            scope: stored.scope,
        })
    }
}

/// Keeps the token of one sign-in.
pub trait TokenStore: Send + Sync {
    /// The stored token.
    ///
    /// # Errors
    /// Why the store cannot be read.
    fn load(&self) -> Result<Option<Token>, String>;

    /// Replaces it, durably.
    ///
    /// # Errors
    /// Why the store cannot be written.
    fn save(&self, token: &Token) -> Result<(), String>;

    /// Holds a lock that other processes respect, until the guard is dropped.
    ///
    /// # Errors
    /// Why there is no lock to be had.
    fn lock(&self) -> Result<Box<dyn std::any::Any + Send>, String>;
}

/// How new tokens are got.
#[derive(Clone, Debug)]
pub enum Grant {
    /// A user signed in; `secret` only for a web app.
    Refresh {
        /// Client id of the app.
        client_id: String,
        /// Client secret, if the app has one.
        secret: Option<Secret>,
    },
    /// A custom connection.
    ClientCredentials {
        /// Client id.
        client_id: String,
        /// Client secret.
        secret: Secret,
        /// Scopes asked for.
        scopes: Vec<String>,
    },
}

/// Renew when less than this is left.
const MARGIN_MS: i64 = 120_000;
/// How often a renewal that got no answer is tried: the old refresh token stays good for 30 minutes after its first use.
const TRIES: u32 = 5;

/// The token in use, and the last one that Xero turned down: nobody uses that again, whatever its age.
#[derive(Default)]
struct Current {
    token: Option<Token>,
    refused: Option<Secret>,
}

/// Gives out a valid access token to any number of callers.
pub struct Tokens {
    xero: Xero,
    grant: Grant,
    store: Arc<dyn TokenStore>,
    clock: Arc<dyn Clock>,
    current: Mutex<Current>,
}

impl Tokens {
    /// Tokens of one sign-in.
    pub fn new(xero: Xero, grant: Grant, store: Arc<dyn TokenStore>, clock: Arc<dyn Clock>) -> Tokens {
        Tokens { xero, grant, store, clock, current: Mutex::default() }
    }

    /// A token that is good for at least two minutes and has not been refused.
    ///
    /// A renewal that has begun is carried to its end even when the caller gives up: Xero would know a new refresh token and we would not.
    /// [`Tokens::settle`] waits for it.
    ///
    /// # Errors
    /// When the sign-in is gone or cannot be renewed.
    pub async fn access(self: &Arc<Self>) -> Result<Token, SignInError> {
        {
            let current = self.current.lock().await;
            if let Some(token) = current.token.as_ref().filter(|token| self.is_usable(token, &current.refused)) {
                return Ok(token.clone());
            }
        }
        let tokens = self.clone();
        let renewal = tokio::spawn(async move { tokens.load_or_renew().await });
        renewal.await.unwrap_or_else(|error| Err(SignInError::Unexpected(error.to_string())))
    }

    /// Waits until no renewal is under way.
    pub async fn settle(&self) {
        drop(self.current.lock().await);
    }

    /// The server turned this token down: from now on nobody gets it.
    pub async fn refuse(&self, access: &Secret) {
        self.current.lock().await.refused = Some(access.clone());
    }

    fn is_usable(&self, token: &Token, refused: &Option<Secret>) -> bool {
        token.expires_ms - self.clock.now_ms() > MARGIN_MS && refused.as_ref() != Some(&token.access)
    }

    async fn load_or_renew(&self) -> Result<Token, SignInError> {
        let mut current = self.current.lock().await;
        if let Some(token) = current.token.as_ref().filter(|token| self.is_usable(token, &current.refused)) {
            return Ok(token.clone());
        }
        // Another process may hold the lock while it renews; what it stored is then good for us too.
        let guard = self.store.lock().map_err(SignInError::Store)?;
        let stored = self.store.load().map_err(SignInError::Store)?;
        if let Some(token) = stored.as_ref().filter(|token| self.is_usable(token, &current.refused)) {
            current.token = Some(token.clone());
            return Ok(token.clone());
        }
        let mut attempt = 0;
        let token = loop {
            match self.renew(stored.as_ref()).await {
                Err(SignInError::Network(_)) if attempt + 1 < TRIES => self.clock.sleep(1_000 << attempt).await,
                outcome => break outcome?,
            }
            attempt += 1;
        };
        self.store.save(&token).map_err(SignInError::Store)?;
        drop(guard);
        current.token = Some(token.clone());
        Ok(token)
    }

    async fn renew(&self, stored: Option<&Token>) -> Result<Token, SignInError> {
        match &self.grant {
            Grant::Refresh { client_id, secret } => {
                let refresh = stored.and_then(|t| t.refresh.clone()).ok_or(SignInError::NotSignedIn)?;
                let mut token = self.xero.refresh(client_id, secret.as_ref(), &refresh).await?;
                if token.scope.is_empty() {
                    token.scope = stored.map(|t| t.scope.clone()).unwrap_or_default();
                }
                Ok(token)
            }
            Grant::ClientCredentials { client_id, secret, scopes } => self.xero.client_credentials(client_id, secret, scopes).await,
        }
    }
}
