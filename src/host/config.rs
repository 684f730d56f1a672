//! The configuration folder: which organisations have which nickname, which app they were signed in with. No secret is in it.
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::xero::Addresses;

/// `config.json`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
#[serde(default, rename_all = "kebab-case")]
pub struct Config {
    /// Client id used when neither the environment nor the sign-in names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Other addresses than Xero's, for proxies and tests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_url: Option<String>,
    /// See `api_url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections_url: Option<String>,
    /// See `api_url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_url: Option<String>,
    /// See `api_url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_url: Option<String>,
    /// Calls a minute and organisation, for apps whose limits are others than Xero's 60.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls_a_minute: Option<u32>,
    /// Nickname → organisation.
    pub organisations: BTreeMap<String, Organisation>,
}

/// An organisation that somebody signed in to.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
#[serde(default, rename_all = "kebab-case")]
pub struct Organisation {
    /// Tenant id; empty for a custom connection.
    pub tenant_id: String,
    /// Name in Xero.
    pub name: String,
    /// Connection id, for disconnecting.
    pub connection_id: String,
    /// When it was connected, as Xero says.
    pub connected: String,
    /// Client id of the app.
    pub client_id: String,
    /// Whether it is a custom connection (client credentials).
    pub custom_connection: bool,
    /// Scopes asked for.
    pub scopes: Vec<String>,
    /// Where the last pull went.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Calls left on the day of the last pull: (day, left).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls_left: Option<(String, i64)>,
}

/// The folder: `XERO_PBIT_HOME`, else the system's place for configuration.
///
/// # Errors
/// When the system does not say where that is.
pub fn folder() -> Result<PathBuf, String> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if let Some(home) = set("XERO_PBIT_HOME") {
        return Ok(home);
    }
    let base = if cfg!(windows) {
        set("APPDATA")
    } else if cfg!(target_os = "macos") {
        set("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")))
    };
    base.map(|base| base.join("xero-pbit"))
        .ok_or_else(|| "cannot tell where to keep the configuration; set XERO_PBIT_HOME to a folder".to_owned())
}

impl Config {
    /// Reads it; an absent one is empty.
    ///
    /// # Errors
    /// When it cannot be read or is damaged.
    pub fn load() -> Result<Config, String> {
        let path = folder()?.join("config.json");
        match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| format!("`{}` is damaged: {error}", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Config::default()),
            Err(error) => Err(format!("cannot read `{}`: {error}", path.display())),
        }
    }

    /// Writes it whole.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self) -> Result<(), String> {
        let path = folder()?.join("config.json");
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        super::page_folder::write_whole(&path, text.as_bytes(), true).map_err(|error| format!("cannot write `{}`: {error}", path.display()))
    }

    /// Where Xero is: environment, configuration, Xero's own addresses.
    pub fn addresses(&self) -> Addresses {
        let default = Addresses::default();
        let pick = |name: &str, configured: &Option<String>, default: String| {
            let set = std::env::var(name).ok().filter(|v| !v.is_empty()).or_else(|| configured.clone()).unwrap_or(default);
            set.trim_end_matches('/').to_owned()
        };
        Addresses {
            api: pick("XERO_PBIT_API_URL", &self.api_url, default.api),
            connections: pick("XERO_PBIT_CONNECTIONS_URL", &self.connections_url, default.connections),
            identity: pick("XERO_PBIT_IDENTITY_URL", &self.identity_url, default.identity),
            login: pick("XERO_PBIT_LOGIN_URL", &self.login_url, default.login),
        }
    }

    /// Calls a minute that one organisation is asked at most: environment, configuration, two below Xero's limit.
    pub fn calls_a_minute(&self) -> u32 {
        let set = std::env::var("XERO_PBIT_CALLS_A_MINUTE").ok().and_then(|text| text.parse().ok());
        set.or(self.calls_a_minute).filter(|calls| *calls > 0).unwrap_or(58)
    }

    /// The client id to use: environment, then configuration.
    pub fn client_id(&self) -> Option<String> {
        std::env::var("XERO_PBIT_CLIENT_ID").ok().filter(|v| !v.is_empty()).or_else(|| self.client_id.clone())
    }
}

/// The client secret from the environment; it is kept nowhere else in the clear.
pub fn client_secret() -> Option<crate::xero::Secret> {
    std::env::var("XERO_PBIT_CLIENT_SECRET").ok().filter(|v| !v.is_empty()).map(crate::xero::Secret::new)
}
