//! Where sign-ins are kept: the system's key store on macOS and Windows, a file that only its owner may read elsewhere.
#![allow(clippy::disallowed_methods)]

use std::fs::OpenOptions;
use std::path::PathBuf;

use fs2::FileExt;

use super::page_folder::{private_folder, write_whole};
use super::pieces::Vault;
use crate::xero::token::{Token, TokenStore};

/// The token (and secret) of one nickname.
pub struct KeyStore {
    nickname: String,
    folder: PathBuf,
}

/// Name under which the system's key store lists our entries.
#[cfg(all(feature = "keyring", any(target_os = "macos", target_os = "windows")))]
const SERVICE: &str = "xero-pbit";

impl KeyStore {
    /// The store of a nickname.
    ///
    /// # Errors
    /// When there is no configuration folder.
    pub fn new(nickname: &str) -> Result<KeyStore, String> {
        Ok(KeyStore { nickname: nickname.to_owned(), folder: super::config::folder()?.join("tokens") })
    }

    /// A sentence that says where sign-ins are kept.
    pub fn place(&self) -> String {
        if system_store().is_some() {
            "the system's key store".to_owned()
        } else {
            format!("`{}` (there is no system key store; only you may read the file)", self.path("token").display())
        }
    }

    /// Nicknames may hold anything; file names may not.
    fn file_stem(&self) -> String {
        self.nickname
            .bytes()
            .map(|b| if b.is_ascii_alphanumeric() || b == b'-' { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect()
    }

    fn path(&self, ending: &str) -> PathBuf {
        self.folder.join(format!("{}.{ending}", self.file_stem()))
    }

    fn get(&self, what: &str) -> Result<Option<String>, String> {
        if let Some(store) = system_store() {
            return store.get(&format!("{}.{what}", self.file_stem()));
        }
        let path = self.path(what);
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("cannot read `{}`: {error}", path.display())),
        }
    }

    fn set(&self, what: &str, text: &str) -> Result<(), String> {
        if let Some(store) = system_store() {
            return store.set(&format!("{}.{what}", self.file_stem()), text);
        }
        let path = self.path(what);
        write_whole(&path, text.as_bytes(), true).map_err(|error| format!("cannot write `{}`: {error}", path.display()))
    }

    /// The client secret of a custom connection or web app.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn secret(&self) -> Result<Option<crate::xero::Secret>, String> {
        Ok(self.get("secret")?.map(crate::xero::Secret::new))
    }

    /// Keeps the client secret.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn set_secret(&self, secret: &crate::xero::Secret) -> Result<(), String> {
        self.set("secret", secret.reveal())
    }

    /// Moves everything to another nickname.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn rename(&self, to: &str) -> Result<(), String> {
        let target = KeyStore::new(to)?;
        for what in ["token", "secret"] {
            if let Some(text) = self.get(what)? {
                target.set(what, &text)?;
            }
        }
        self.forget()
    }

    /// Removes everything of this nickname.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn forget(&self) -> Result<(), String> {
        for what in ["token", "secret"] {
            if let Some(store) = system_store() {
                store.delete(&format!("{}.{what}", self.file_stem()))?;
            }
            let path = self.path(what);
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(format!("cannot remove `{}`: {error}", path.display()));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl TokenStore for KeyStore {
    fn load(&self) -> Result<Option<Token>, String> {
        Ok(self.get("token")?.and_then(|text| Token::from_text(&text)))
    }

    fn save(&self, token: &Token) -> Result<(), String> {
        self.set("token", token.to_text().reveal())
    }

    fn lock(&self) -> Result<Box<dyn std::any::Any + Send>, String> {
        let path = self.path("lock");
        private_folder(&self.folder).map_err(|error| {
            format!("cannot make `{}`, where sign-ins are kept: {error}; XERO_PBIT_HOME chooses another folder", self.folder.display())
        })?;
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| format!("cannot open `{}`: {error}", path.display()))?;
        file.lock_exclusive().map_err(|error| format!("cannot lock `{}`: {error}", path.display()))?;
        // Closing the file releases the lock, also when the process is killed.
        Ok(Box::new(file))
    }
}

/// The system's key store, entry by entry.
#[cfg(all(feature = "keyring", any(target_os = "macos", target_os = "windows")))]
struct System;

#[cfg(all(feature = "keyring", any(target_os = "macos", target_os = "windows")))]
impl System {
    fn entry(name: &str) -> Result<keyring_core::Entry, String> {
        keyring_core::Entry::new(SERVICE, name).map_err(System::problem)
    }

    fn problem(error: keyring_core::Error) -> String {
        format!("the system's key store: {error}")
    }
}

#[cfg(all(feature = "keyring", any(target_os = "macos", target_os = "windows")))]
impl Vault for System {
    fn get(&self, name: &str) -> Result<Option<String>, String> {
        match System::entry(name)?.get_secret() {
            Ok(bytes) => Ok(String::from_utf8(bytes).ok()),
            Err(keyring_core::Error::NoEntry) => Ok(None),
            Err(error) => Err(System::problem(error)),
        }
    }

    fn set(&self, name: &str, text: &str) -> Result<(), String> {
        System::entry(name)?.set_secret(text.as_bytes()).map_err(System::problem)
    }

    fn delete(&self, name: &str) -> Result<(), String> {
        match System::entry(name)?.delete_credential() {
            Ok(()) | Err(keyring_core::Error::NoEntry) => Ok(()),
            Err(error) => Err(System::problem(error)),
        }
    }
}

#[cfg(all(feature = "keyring", any(target_os = "macos", target_os = "windows")))]
fn system_store() -> Option<&'static dyn Vault> {
    use std::sync::OnceLock;
    // With XERO_PBIT_HOME set (tests, portable installations) everything stays in that folder.
    static READY: OnceLock<bool> = OnceLock::new();
    let ready = *READY.get_or_init(|| {
        if std::env::var_os("XERO_PBIT_HOME").is_some() {
            return false;
        }
        #[cfg(target_os = "macos")]
        let store = apple_native_keyring_store::keychain::Store::new();
        #[cfg(target_os = "windows")]
        let store = windows_native_keyring_store::Store::new();
        store.map(|store| keyring_core::set_default_store(store)).is_ok()
    });
    // The keychain takes texts of any length, and asks the user about each entry.
    #[cfg(target_os = "macos")]
    static STORE: System = System;
    #[cfg(target_os = "windows")]
    static STORE: super::pieces::Pieces<System> = super::pieces::Pieces { vault: System, most: 2_400 };
    ready.then_some(&STORE as &dyn Vault)
}

/// On Linux a key store that outlives a restart (Secret Service) needs an unlocked desktop session, which a scheduled pull does not have; kernel keyrings end
/// with the machine's uptime. The file serves every machine.
#[cfg(not(all(feature = "keyring", any(target_os = "macos", target_os = "windows"))))]
fn system_store() -> Option<&'static dyn Vault> {
    None
}
