//! `xero-pbit nickname`: set or remove the nickname of an organisation.

use super::{Failure, Global};
use crate::host::config::Config;
use crate::host::key_store::KeyStore;

/// Set or remove the nickname of an organisation.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  xero-pbit nickname set acme acme-nz\n  xero-pbit nickname remove acme-nz")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand, Debug)]
enum Action {
    /// Call the organisation OLD by the nickname NEW
    Set {
        /// The nickname it has now
        old: String,
        /// The nickname it gets
        new: String,
    },
    /// Forget the nickname and its sign-in
    Remove {
        /// The nickname
        name: String,
    },
}

pub(super) fn run(args: Args, global: &Global) -> Result<u8, Failure> {
    let mut config = Config::load().map_err(Failure::usage)?;
    let unknown = |config: &Config, name: &str| {
        let known: Vec<&str> = config.organisations.keys().map(String::as_str).collect();
        Failure::usage(format!(
            "there is no nickname `{name}`; there are: {}",
            if known.is_empty() { "none".to_owned() } else { known.join(", ") }
        ))
    };
    match args.action {
        Action::Set { old, new } => {
            if config.organisations.contains_key(&new) {
                return Err(Failure::usage(format!("the nickname `{new}` is taken; remove it first or choose another")));
            }
            if new.trim().is_empty() {
                return Err(Failure::usage("a nickname is a short name such as `acme`"));
            }
            let Some(organisation) = config.organisations.remove(&old) else { return Err(unknown(&config, &old)) };
            KeyStore::new(&old).and_then(|store| store.rename(&new)).map_err(Failure::usage)?;
            config.organisations.insert(new.clone(), organisation);
            config.save().map_err(Failure::usage)?;
            global.say(format!("`{old}` is now `{new}`."));
        }
        Action::Remove { name } => {
            if config.organisations.remove(&name).is_none() {
                return Err(unknown(&config, &name));
            }
            KeyStore::new(&name).and_then(|store| store.forget()).map_err(Failure::usage)?;
            config.save().map_err(Failure::usage)?;
            global.say(format!("Forgot `{name}` and its sign-in."));
        }
    }
    Ok(0)
}
