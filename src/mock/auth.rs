//! Sign-in, tokens, connections.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Answer, Request, problem};

const ACCESS_LIFE_MS: i64 = 30 * 60 * 1000;
const GRACE_MS: i64 = 30 * 60 * 1000;
const REFRESH_LIFE_MS: i64 = 60 * 24 * 3600 * 1000;
const CODE_LIFE_MS: i64 = 5 * 60 * 1000;

/// An authorisation code waiting to be exchanged.
struct Code {
    client: String,
    redirect: String,
    challenge: Option<String>,
    scope: String,
    event: String,
    made_ms: i64,
}

struct Access {
    scope: String,
    event: String,
    expires_ms: i64,
    machine: bool,
}

struct Refresh {
    client: String,
    scope: String,
    event: String,
    made_ms: i64,
    rotated_ms: Option<i64>,
}

struct Connection {
    id: String,
    tenant: String,
    name: String,
    event: String,
    made_ms: i64,
}

/// All sign-in state.
pub(super) struct Auth {
    tenants: Vec<(String, String)>,
    codes: BTreeMap<String, Code>,
    access: BTreeMap<String, Access>,
    refresh: BTreeMap<String, Refresh>,
    connections: Vec<Connection>,
    revoked: BTreeSet<String>,
    counter: u64,
    pub(super) allowed_scopes: Option<Vec<String>>,
}

/// The granular scope an endpoint needs, with the broad one that covers it.
pub(super) fn scope_of(resource: &str) -> (&'static str, &'static str) {
    match resource {
        "Invoices" | "CreditNotes" => ("accounting.invoices.read", "accounting.transactions.read"),
        "Payments" | "Overpayments" | "Prepayments" => ("accounting.payments.read", "accounting.transactions.read"),
        "BankTransactions" | "BankTransfers" => ("accounting.banktransactions.read", "accounting.transactions.read"),
        "ExpenseClaims" => ("accounting.classicexpenses.read", "accounting.transactions.read"),
        "Contacts" => ("accounting.contacts.read", "accounting.contacts.read"),
        "Reports/TrialBalance" => ("accounting.reports.trialbalance.read", "accounting.reports.read"),
        "Reports/BankSummary" => ("accounting.reports.banksummary.read", "accounting.reports.read"),
        "Reports/BalanceSheet" => ("accounting.reports.balancesheet.read", "accounting.reports.read"),
        "Reports/ProfitAndLoss" => ("accounting.reports.profitandloss.read", "accounting.reports.read"),
        _ => ("accounting.settings.read", "accounting.settings.read"),
    }
}

impl Auth {
    pub(super) fn new(tenants: Vec<(String, String)>) -> Auth {
        Auth {
            tenants,
            codes: BTreeMap::new(),
            access: BTreeMap::new(),
            refresh: BTreeMap::new(),
            connections: Vec::new(),
            revoked: BTreeSet::new(),
            counter: 0,
            allowed_scopes: None,
        }
    }

    fn unique(&mut self, prefix: &str) -> String {
        self.counter += 1;
        let digest = Sha256::digest(format!("{prefix}-{}", self.counter));
        format!("{prefix}-{}", URL_SAFE_NO_PAD.encode(&digest[..18]))
    }

    /// A deterministic GUID, for connections and authentication events.
    fn guid(&mut self, prefix: &str) -> String {
        self.counter += 1;
        let hex: String = Sha256::digest(format!("{prefix}-{}", self.counter)).iter().take(16).map(|b| format!("{b:02x}")).collect();
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }

    pub(super) fn issue_for_all(&mut self, now_ms: i64) -> String {
        let event = self.guid("event");
        for (tenant, name) in self.tenants.clone() {
            let id = self.guid("connection");
            self.connections.push(Connection { id, tenant, name, event: event.clone(), made_ms: now_ms });
        }
        self.new_access("", event, now_ms, false)
    }

    pub(super) fn expire_all(&mut self) {
        for access in self.access.values_mut() {
            access.expires_ms = i64::MIN;
        }
    }

    pub(super) fn disconnect(&mut self, tenant: &str) {
        self.connections.retain(|c| c.tenant != tenant);
    }

    /// The consent page, which consents at once: redirects with a code, or with an error when a scope is not granted.
    pub(super) fn authorize(&mut self, request: &Request, now_ms: i64) -> Answer {
        let get = |name: &str| request.query(name).unwrap_or_default().to_owned();
        let redirect = get("redirect_uri");
        if get("response_type") != "code" || get("client_id").is_empty() {
            return page(500, "unauthorized_client", "response_type must be code and client_id must be given");
        }
        if !redirect.starts_with("https://") && !redirect.starts_with("http://localhost") {
            return page(500, "invalid_redirect_uri", "the redirect URI must be https or http://localhost");
        }
        let scope = get("scope");
        if let Some(allowed) = &self.allowed_scopes
            && let Some(bad) = scope.split_whitespace().find(|s| !allowed.iter().any(|a| a == s))
        {
            return page(500, "invalid_scope", bad);
        }
        if !get("code_challenge").is_empty() && get("code_challenge_method") != "S256" {
            return page(500, "invalid_request", "only S256 is supported");
        }
        // The next company that is not connected; when all are, the first again.
        let connected: BTreeSet<&str> = self.connections.iter().map(|c| c.tenant.as_str()).collect();
        let wanted = request.query("mock_tenant");
        let chosen = self
            .tenants
            .iter()
            .find(|(tenant, name)| wanted.map_or_else(|| !connected.contains(tenant.as_str()), |w| w == tenant || w == name))
            .or_else(|| self.tenants.first())
            .cloned();
        let event = self.guid("event");
        if let Some((tenant, name)) = chosen {
            let id = self.guid("connection");
            self.connections.retain(|c| c.tenant != tenant);
            self.connections.push(Connection { id, tenant, name, event: event.clone(), made_ms: now_ms });
        }
        let code = self.unique("code");
        let challenge = Some(get("code_challenge")).filter(|c| !c.is_empty());
        let location = format!(
            "{redirect}{}code={code}&scope={}&state={}",
            if redirect.contains('?') { '&' } else { '?' },
            encode(&scope),
            encode(&get("state"))
        );
        self.codes.insert(code, Code { client: get("client_id"), redirect, challenge, scope, event, made_ms: now_ms });
        Answer { status: 302, ..Answer::default() }.with("location", location)
    }

    pub(super) fn token(&mut self, request: &Request, now_ms: i64) -> Answer {
        let form = request.form();
        let get = |name: &str| form.get(name).cloned().unwrap_or_default();
        let basic = request.headers.get("authorization").and_then(|h| h.strip_prefix("Basic ")).and_then(|b| STANDARD.decode(b).ok());
        let basic = basic.and_then(|b| String::from_utf8(b).ok());
        let client = basic.as_deref().and_then(|b| b.split_once(':')).map_or_else(|| get("client_id"), |(id, _)| super::percent_decode(id));
        if client.is_empty() {
            return error("invalid_client");
        }
        match get("grant_type").as_str() {
            "authorization_code" => {
                let Some(code) = self.codes.remove(&get("code")) else { return error("invalid_grant") };
                let verifier = get("code_verifier");
                let pkce_holds = match &code.challenge {
                    Some(challenge) => URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) == *challenge,
                    None => basic.is_some(),
                };
                let valid = code.client == client && code.redirect == get("redirect_uri") && pkce_holds;
                if !valid || now_ms - code.made_ms > CODE_LIFE_MS || (code.challenge.is_some() && !(43..=128).contains(&verifier.len())) {
                    return error("invalid_grant");
                }
                self.grant(client, code.scope, code.event, now_ms)
            }
            "refresh_token" => {
                let old = get("refresh_token");
                let Some(refresh) = self.refresh.get_mut(&old) else { return error("invalid_grant") };
                let spent = refresh.rotated_ms.is_some_and(|at| now_ms - at > GRACE_MS);
                if spent || refresh.client != client || now_ms - refresh.made_ms > REFRESH_LIFE_MS || self.revoked.contains(&refresh.event)
                {
                    return error("invalid_grant");
                }
                refresh.rotated_ms.get_or_insert(now_ms);
                let (scope, event) = (refresh.scope.clone(), refresh.event.clone());
                self.grant(client, scope, event, now_ms)
            }
            "client_credentials" => {
                if basic.is_none() {
                    return error("invalid_client");
                }
                let scope = get("scope");
                if scope.split_whitespace().any(|s| s == "offline_access") {
                    return Answer::json(
                        400,
                        &json!({"error": "invalid_scope", "error_description": "Client credentials scope validation failed"}),
                    );
                }
                let event = self.guid("event");
                let access = self.new_access(&scope, event, now_ms, true);
                Answer::json(200, &json!({"access_token": access, "expires_in": 1800, "token_type": "Bearer", "scope": scope}))
            }
            _ => error("unsupported_grant_type"),
        }
    }

    fn grant(&mut self, client: String, scope: String, event: String, now_ms: i64) -> Answer {
        let access = self.new_access(&scope, event.clone(), now_ms, false);
        let mut body = json!({"access_token": access, "expires_in": 1800, "token_type": "Bearer", "scope": scope});
        if scope.split_whitespace().any(|s| s == "offline_access") {
            let token = self.unique("refresh");
            body["refresh_token"] = token.clone().into();
            self.refresh.insert(token, Refresh { client, scope, event, made_ms: now_ms, rotated_ms: None });
        }
        Answer::json(200, &body)
    }

    /// A token in JWT form, whose payload carries the claims that clients read. The signature is not one.
    fn new_access(&mut self, scope: &str, event: String, now_ms: i64, machine: bool) -> String {
        let signature = self.unique("signature");
        let scopes: Vec<&str> = scope.split_whitespace().collect();
        let payload = json!({"authentication_event_id": event, "exp": (now_ms + ACCESS_LIFE_MS) / 1000, "scope": scopes, "jti": signature,
            "xero_userid": super::USER});
        let token = format!(
            "{}.{}.{signature}",
            URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT"}"#),
            URL_SAFE_NO_PAD.encode(payload.to_string())
        );
        self.access.insert(token.clone(), Access { scope: scope.to_owned(), event, expires_ms: now_ms + ACCESS_LIFE_MS, machine });
        token
    }

    pub(super) fn revoke(&mut self, request: &Request) -> Answer {
        if let Some(refresh) = self.refresh.get(&request.form().get("token").cloned().unwrap_or_default()) {
            self.revoked.insert(refresh.event.clone());
        }
        let revoked = &self.revoked;
        self.access.retain(|_, a| !revoked.contains(&a.event));
        self.connections.retain(|c| !revoked.contains(&c.event));
        Answer { status: 200, ..Answer::default() }
    }

    fn bearer(&self, request: &Request, now_ms: i64) -> Result<&Access, Answer> {
        let token = request.headers.get("authorization").and_then(|h| h.strip_prefix("Bearer ")).unwrap_or_default();
        let access = self.access.get(token).ok_or_else(|| problem(401, "Unauthorized", "AuthenticationUnsuccessful"))?;
        if access.expires_ms <= now_ms {
            return Err(problem(401, "Unauthorized", "TokenExpired: token expired at the end of its 30 minutes"));
        }
        Ok(access)
    }

    pub(super) fn connections(&self, request: &Request, now_ms: i64) -> Answer {
        if let Err(answer) = self.bearer(request, now_ms) {
            return answer;
        }
        let event = request.query("authEventId");
        let list: Vec<_> = self
            .connections
            .iter()
            .filter(|c| event.is_none_or(|e| e == c.event))
            .map(|c| {
                let made = iso(c.made_ms);
                json!({"id": c.id, "authEventId": c.event, "tenantId": c.tenant, "tenantType": "ORGANISATION", "tenantName": c.name,
                    "createdDateUtc": made, "updatedDateUtc": made})
            })
            .collect();
        Answer::json(200, &list.into())
    }

    pub(super) fn delete_connection(&mut self, request: &Request, id: &str, now_ms: i64) -> Answer {
        if let Err(answer) = self.bearer(request, now_ms) {
            return answer;
        }
        let before = self.connections.len();
        self.connections.retain(|c| c.id != id);
        if self.connections.len() < before {
            Answer { status: 204, ..Answer::default() }
        } else {
            problem(404, "NotFound", "no such connection")
        }
    }

    /// Whether the request may read: gives the tenant, or the answer that refuses.
    pub(super) fn check(&self, request: &Request, now_ms: i64, (granular, broad): (&str, &str)) -> Result<String, Answer> {
        let access = self.bearer(request, now_ms)?;
        let scopes: Vec<&str> = access.scope.split_whitespace().collect();
        if !scopes.is_empty() && !scopes.contains(&granular) && !scopes.contains(&broad) {
            let challenge = format!("insufficient_scope, scope=\"{granular}\"");
            return Err(problem(401, "Unauthorized", "AuthorizationUnsuccessful").with("www-authenticate", challenge));
        }
        let tenant = request.headers.get("xero-tenant-id").map(String::as_str).unwrap_or_default();
        if access.machine {
            return self.tenants.first().map(|(t, _)| t.clone()).ok_or_else(|| problem(403, "Forbidden", "AuthenticationUnsuccessful"));
        }
        if self.connections.iter().any(|c| c.tenant == tenant) {
            Ok(tenant.to_owned())
        } else {
            Err(problem(403, "Forbidden", "AuthenticationUnsuccessful"))
        }
    }
}

fn error(code: &str) -> Answer {
    Answer::json(400, &json!({ "error": code }))
}

/// Xero's own error page, which never comes back to the client.
fn page(status: u16, error: &str, detail: &str) -> Answer {
    let body = format!("<html><body><h1>Error: {error}</h1><p>{detail}</p></body></html>").replace('&', "&amp;");
    Answer { status, headers: vec![("content-type".to_owned(), "text/html".to_owned())], body: body.into_bytes(), ..Answer::default() }
}

fn encode(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// `2026-11-12T08:00:00.0000000`: ISO with seven decimals and no `Z`, as /connections writes it.
fn iso(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map(|t| t.strftime("%Y-%m-%dT%H:%M:%S.0000000").to_string()).unwrap_or_default()
}
