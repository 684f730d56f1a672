//! `xero-pbit organisations`: which organisations the sign-ins reach.

use std::io::Write;

use serde_json::json;

use super::session::{Session, runtime};
use super::{Failure, Global};
use crate::xero::sign_in::{role_in, user_of};
use crate::xero::words::typed;

/// List the organisations that your sign-ins reach, with your role in each.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  xero-pbit organisations --json")]
pub struct Args {
    /// One JSON document instead of a table
    #[arg(long)]
    json: bool,
    /// Only what is known on this machine; ask Xero nothing
    #[arg(long)]
    offline: bool,
}

pub(super) fn run(args: Args, global: &Global) -> Result<u8, Failure> {
    let session = Session::open()?;
    if session.config.organisations.is_empty() {
        global.say("No organisation is signed in yet. Sign in with: xero-pbit login NICKNAME");
    }
    let mut rows = Vec::new();
    let mut troubled = false;
    let runtime = runtime()?;
    for (nickname, organisation) in &session.config.organisations {
        let reach: Result<(Vec<String>, bool, Option<String>), String> = if args.offline || organisation.custom_connection {
            Ok((Vec::new(), true, None))
        } else {
            runtime.block_on(async {
                let tokens = session.tokens(nickname, organisation).map_err(|f| f.message.unwrap_or_default())?;
                let token = tokens.access().await.map_err(|error| error.to_string())?;
                let all = session.xero.connections(&token.access, None).await.map_err(|error| error.to_string())?;
                let connected = all.iter().any(|c| c.tenant_id == organisation.tenant_id);
                let others = all.into_iter().filter(|c| c.tenant_id != organisation.tenant_id).filter_map(|c| c.tenant_name).collect();
                let role = match user_of(&token.access) {
                    Some(user) if connected => {
                        let client = session.client(nickname, organisation).map_err(|f| f.message.unwrap_or_default())?;
                        // A courtesy: without the right to list users the rest is still worth knowing.
                        client.get("Users", &[], None).await.ok().and_then(|users| role_in(&users, &user))
                    }
                    _ => None,
                };
                Ok((others, connected, role))
            })
        };
        let state = match &reach {
            Ok((_, true, _)) => "connected".to_owned(),
            Ok((_, false, _)) => format!("disconnected: xero-pbit login {}", typed(nickname)),
            Err(reason) => format!("{reason}: xero-pbit login {}", typed(nickname)),
        };
        troubled |= !matches!(&reach, Ok((_, true, _)));
        let (others, role) = reach.map(|(others, _, role)| (others, role)).unwrap_or_default();
        rows.push((nickname, organisation, state, others, role));
    }
    let mut out = std::io::stdout().lock();
    let _ = if args.json {
        let list: Vec<_> = rows
            .iter()
            .map(|(nickname, o, state, others, role)| {
                json!({"nickname": nickname, "name": o.name, "tenant_id": o.tenant_id, "connected_since": o.connected, "custom_connection": o.custom_connection,
                    "role": role, "scopes": o.scopes, "state": state, "also_reachable": others})
            })
            .collect();
        writeln!(out, "{}", serde_json::Value::from(list))
    } else {
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::NOTHING).set_header(["NICKNAME", "ORGANISATION", "ROLE", "SINCE", "STATE"]);
        for (nickname, o, state, others, role) in &rows {
            let name = if o.custom_connection { "(custom connection)".to_owned() } else { o.name.clone() };
            let also = if others.is_empty() { String::new() } else { format!(" (this sign-in also reaches {})", others.join(", ")) };
            table.add_row([nickname.as_str(), &name, role.as_deref().unwrap_or("–"), &o.connected, &format!("{state}{also}")]);
        }
        if rows.is_empty() { Ok(()) } else { writeln!(out, "{table}") }
    };
    Ok(u8::from(troubled))
}
