//! A Xero look-alike: request → answer, no sockets and no clock of its own.
//!
//! [`Mock::answer`] takes a request and the present moment and returns what Xero would: OAuth2 with PKCE and rotating refresh
//! tokens, connections, all list endpoints with paging and filters, reports, limits with their headers, and faults on request.
//! It serves any company folder (`company::Company`). `host::mock_server` puts it on a loopback port; tests call it directly
//! under a virtual clock. It shares no wire types with `xero`, so that one mistake cannot hide in both.

mod auth;
mod company;
mod faults;
mod filter;
mod limits;

use std::collections::BTreeMap;

use serde_json::json;

pub use company::{Company, LoadError};
pub use faults::{Fault, FaultKind, FaultSpecError, parse_faults};
pub use limits::Limits;

/// An HTTP request, reduced to what Xero looks at.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET`, `POST`, `DELETE`.
    pub method: String,
    /// Path below the server's root, percent-decoded, for instance `/api.xro/2.0/Invoices`.
    pub path: String,
    /// Decoded query parameters in order.
    pub query: Vec<(String, String)>,
    /// Headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Body.
    pub body: Vec<u8>,
}

impl Request {
    /// The first query parameter of a name.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    fn form(&self) -> BTreeMap<String, String> {
        parse_form(&String::from_utf8_lossy(&self.body))
    }
}

/// Decodes `a=b&c=d`.
pub fn parse_form(text: &str) -> BTreeMap<String, String> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decode(key), percent_decode(value))
        })
        .collect()
}

/// Decodes `%XX` and `+`; a lone `%` stays.
pub fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = |b: u8| char::from(b).to_digit(16);
        match bytes[i] {
            b'%' if i + 2 < bytes.len() => match (hex(bytes[i + 1]), hex(bytes[i + 2])) {
                (Some(high), Some(low)) => {
                    out.push((high * 16 + low) as u8);
                    i += 2;
                }
                _ => out.push(b'%'),
            },
            b'+' => out.push(b' '),
            other => out.push(other),
        }
        i += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// What goes back over the wire.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
    /// Wait this long before answering.
    pub delay_ms: u64,
    /// Declare the full length but send only this many bytes and close.
    pub cut_at: Option<usize>,
    /// Close without any answer.
    pub drop: bool,
}

impl Answer {
    fn json(status: u16, body: &serde_json::Value) -> Answer {
        Answer {
            status,
            headers: vec![("content-type".to_owned(), "application/json; charset=utf-8".to_owned())],
            body: body.to_string().into_bytes(),
            ..Answer::default()
        }
    }

    fn with(mut self, name: &str, value: impl ToString) -> Answer {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// The first header of a name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// A line of the call log.
#[derive(Clone, Debug, serde::Serialize)]
pub struct LogEntry {
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// Method.
    pub method: String,
    /// Path.
    pub path: String,
    /// Query as `name=value`; nothing secret is ever in it.
    pub query: Vec<String>,
    /// Tenant asked for.
    pub tenant: String,
    /// `If-Modified-Since`, when sent.
    pub if_modified_since: Option<String>,
    /// Status answered.
    pub status: u16,
    /// Fault that was played, if any.
    pub fault: Option<String>,
    /// Bytes of the body.
    pub bytes: usize,
}

/// The user who signs in, in every organisation.
const USER: &str = "55555555-5555-4555-8555-555555555555";

/// The server's state.
pub struct Mock {
    companies: Vec<Company>,
    auth: auth::Auth,
    limits: limits::Windows,
    faults: faults::Schedule,
    /// All calls so far.
    pub log: Vec<LogEntry>,
}

impl Mock {
    /// Serves `companies`; each is one tenant. The sign-in page consents at once to the next company not connected yet (or all
    /// connected again in turn).
    pub fn new(companies: Vec<Company>, limits: Limits, faults: Vec<Fault>) -> Mock {
        Mock {
            auth: auth::Auth::new(companies.iter().map(|c| (c.tenant_id.clone(), c.name.clone())).collect()),
            companies,
            limits: limits::Windows::new(limits),
            faults: faults::Schedule::new(faults),
            log: Vec::new(),
        }
    }

    /// Connects every company beforehand and gives out a token for all of them: for tests that skip the sign-in.
    pub fn issue_token(&mut self, now_ms: i64) -> String {
        self.auth.issue_for_all(now_ms)
    }

    /// Scopes that the sign-in grants; anything else asked for fails the consent. `None` grants everything.
    pub fn allow_scopes(&mut self, scopes: Option<Vec<String>>) {
        self.auth.allowed_scopes = scopes;
    }

    /// Plays other faults from now on.
    pub fn set_faults(&mut self, faults: Vec<Fault>) {
        self.faults = faults::Schedule::new(faults);
    }

    /// Cuts a tenant off, as a user does in Xero's settings.
    pub fn disconnect(&mut self, tenant_id: &str) {
        self.auth.disconnect(tenant_id);
    }

    /// Replaces the company of the same tenant, for incremental pulls.
    pub fn replace(&mut self, company: Company) {
        if let Some(old) = self.companies.iter_mut().find(|c| c.tenant_id == company.tenant_id) {
            *old = company;
        }
    }

    /// Tenant ids, in order.
    pub fn tenants(&self) -> Vec<String> {
        self.companies.iter().map(|c| c.tenant_id.clone()).collect()
    }

    /// Answers one request at `now_ms` (milliseconds since 1970). `in_flight` counts the requests under way, this one included.
    pub fn answer(&mut self, request: &Request, now_ms: i64, in_flight: u32) -> Answer {
        let (answer, fault) = self.route(request, now_ms, in_flight);
        self.log.push(LogEntry {
            at_ms: now_ms,
            method: request.method.clone(),
            path: request.path.clone(),
            query: request
                .query
                .iter()
                .filter(|(k, _)| !matches!(k.as_str(), "code" | "state" | "code_challenge"))
                .map(|(k, v)| format!("{k}={v}"))
                .collect(),
            tenant: request.headers.get("xero-tenant-id").cloned().unwrap_or_default(),
            if_modified_since: request.headers.get("if-modified-since").cloned(),
            status: answer.status,
            fault,
            bytes: answer.body.len(),
        });
        answer
    }

    fn route(&mut self, request: &Request, now_ms: i64, in_flight: u32) -> (Answer, Option<String>) {
        let path = request.path.trim_end_matches('/');
        match (request.method.as_str(), path) {
            ("GET", "/identity/connect/authorize") => return (self.auth.authorize(request, now_ms), None),
            ("POST", "/connect/token") => {
                if let Some(fault) = self.faults.next("token") {
                    return (fault.answer(Answer::default()), Some(fault.to_string()));
                }
                return (self.auth.token(request, now_ms), None);
            }
            ("GET", "/identity/connect/endsession") => return (Answer { status: 200, ..Answer::default() }, None),
            ("POST", "/connect/revocation") => return (self.auth.revoke(request), None),
            ("GET", "/connections") => return (self.auth.connections(request, now_ms), None),
            ("DELETE", _) if path.starts_with("/connections/") => {
                return (self.auth.delete_connection(request, &path["/connections/".len()..], now_ms), None);
            }
            _ => {}
        }
        let Some(resource) = path.strip_prefix("/api.xro/2.0/") else {
            return (problem(404, "NotFound", "The resource you're looking for cannot be found"), None);
        };
        if request.method != "GET" {
            return (problem(405, "MethodNotAllowed", "read-only"), None);
        }
        let endpoint = resource.strip_prefix("Reports/").unwrap_or(resource).to_owned();
        let tenant = match self.auth.check(request, now_ms, auth::scope_of(resource)) {
            Ok(tenant) => tenant,
            Err(answer) => return (answer, None),
        };
        // The free Organisation endpoint counts like the others.
        let headers = match self.limits.take(&tenant, now_ms, in_flight) {
            Ok(headers) => headers,
            Err(answer) => return (answer, None),
        };
        if let Some(fault) = self.faults.next(&endpoint) {
            if fault.kind == FaultKind::Expire {
                self.auth.expire_all();
            }
            if let Some(mut answer) = fault.instead() {
                answer.headers.extend(headers);
                return (answer, Some(fault.to_string()));
            }
            if fault.kind == FaultKind::Change
                && let Some(company) = self.companies.iter_mut().find(|c| c.tenant_id == tenant)
            {
                company.touch(&endpoint, now_ms);
            }
            let mut answer = self.serve(request, resource, &tenant);
            answer.headers.extend(headers);
            return (fault.answer(answer), Some(fault.to_string()));
        }
        let mut answer = self.serve(request, resource, &tenant);
        answer.headers.extend(headers);
        (answer, None)
    }

    fn serve(&self, request: &Request, resource: &str, tenant: &str) -> Answer {
        let Some(company) = self.companies.iter().find(|c| c.tenant_id == tenant) else {
            return problem(403, "Forbidden", "AuthenticationUnsuccessful");
        };
        if resource == "Users" {
            let user = json!({"UserID": USER, "GlobalUserID": USER, "EmailAddress": "user@example.com", "FirstName": "Ada", "LastName": "Example",
                "UpdatedDateUTC": "/Date(1700000000000+0000)/", "IsSubscriber": false, "OrganisationRole": "FINANCIALADVISER"});
            return Answer::json(200, &json!({"Id": "11111111-1111-4111-8111-111111111111", "Status": "OK", "Users": [user]}));
        }
        company.serve(request, resource)
    }
}

/// The error body of the authorisation family.
fn problem(status: u16, title: &str, detail: &str) -> Answer {
    Answer::json(
        status,
        &json!({
            "Type": null, "Title": title, "Status": status, "Detail": detail,
            "Instance": "00000000-0000-0000-0000-000000000000", "Extensions": {}
        }),
    )
}
