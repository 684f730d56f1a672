//! The custom connector as Power BI hosts it: sign-in, renewal, end of session, test of the connection, one credential for each data
//! source path.
//!
//! Source: <https://learn.microsoft.com/power-query/handling-authentication>,
//! <https://learn.microsoft.com/power-query/handling-gateway-support> (`TestConnection`).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::base::FileSet;
use crate::m::eval::Extension;
use crate::m::sources::{Clock, Credential, Credentials, Secret};
use crate::m::syntax::ast::Document;
use crate::m::syntax::{parse_document, parse_expression};
use crate::m::value::{List, Record, Value};
use crate::m::{self, Error, Interp, Sources, canon};

/// Ticks of 100 ns in a second.
const SECOND: i64 = 10_000_000;
/// A token is renewed when it has less than this left.
const MARGIN_SECS: i64 = 60;

/// Gives each evaluation its own world.
pub type World<'a> = dyn Fn() -> Sources + Send + Sync + 'a;

/// A connector's section document, texts and files.
#[derive(Clone, Debug)]
pub struct Connector {
    text: String,
    section: String,
    kind: String,
    extension: Extension,
}

/// Where a user signs in, and where the answer is awaited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginPage {
    /// The address to open.
    pub login_uri: String,
    /// The address that the sign-in ends on, with `code` and `state` in its query.
    pub callback_uri: String,
}

impl Connector {
    /// From the members of a `.mez`.
    ///
    /// # Errors
    /// A sentence: no section document, one that does not parse, no data source kind.
    pub fn read(files: &FileSet) -> Result<Connector, String> {
        let (path, bytes) = files.iter().find(|(path, _)| path.ends_with(".pq")).ok_or("the connector holds no section document")?;
        let text = String::from_utf8(bytes.to_vec()).map_err(|_| format!("{path} is not UTF-8 text"))?;
        let parsed = parse_document(&text).map_err(|e| format!("{path}: {}", e.message))?;
        let Document::Sections(sections) = &parsed.document else { return Err(format!("{path} is not a section document")) };
        let section = sections.first().and_then(|s| s.name.clone()).ok_or_else(|| format!("{path}: the section has no name"))?;
        let kind = sections.iter().flat_map(|s| &s.members).find_map(|m| m.data_source_kind());
        let kind = kind.ok_or_else(|| format!("{path} names no data source kind"))?.to_string();
        let strings = match files.get("resources.resx") {
            Some(resx) => texts(resx)?,
            None => HashMap::new(),
        };
        let files = files.iter().filter(|(p, _)| *p != path).map(|(p, bytes)| (p.to_owned(), bytes.to_vec())).collect();
        Ok(Connector { text, section: section.to_string(), kind, extension: Extension { strings, files } })
    }

    /// What [`super::Refresh::connector`] wants.
    pub fn document(&self) -> (&str, Extension) {
        (&self.text, self.extension.clone())
    }

    /// The data source kind, which credentials belong to.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The path of a data source: its required parameters as JSON, as they stand in the function's signature.
    pub fn path(parameters: &[(&str, &str)]) -> String {
        let mut out = String::from("{");
        for (at, (name, value)) in parameters.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            canon::json_string(name, &mut out);
            out.push(':');
            canon::json_string(value, &mut out);
        }
        out.push('}');
        out
    }

    /// `StartLogin`, the user's consent, `FinishLogin`. `consent` gets the page to open and gives the address that the sign-in ended on.
    ///
    /// # Errors
    /// A sentence: what the connector, the consent or the service says.
    pub fn sign_in(
        &self,
        world: &World<'_>,
        path: &str,
        state: &str,
        consent: &mut (dyn FnMut(&LoginPage) -> Result<String, String> + Send),
    ) -> Result<Credential, String> {
        let (page, context) = self.run(world, |cx, connector| {
            let start = connector.oauth(cx, "StartLogin")?;
            let started = cx.call(&start, &[Value::text(path), Value::text(state), Value::Null])?;
            let page = LoginPage { login_uri: text(cx, &started, "LoginUri")?, callback_uri: text(cx, &started, "CallbackUri")? };
            // The host keeps the context between the two calls as text.
            let context = field(cx, &started, "Context")?;
            Ok((page, canon::to_source(cx, &context, usize::MAX)?))
        })?;
        let answer = consent(&page)?;
        if !answer.starts_with(&page.callback_uri) {
            return Err(format!("the sign-in did not end on {}", page.callback_uri));
        }
        self.run(world, |cx, connector| {
            let context = parse_expression(&context).map_err(|e| Error::expression(e.message))?;
            let context = cx.eval_document(&Document::Expression(context), None)?;
            let finish = connector.oauth(cx, "FinishLogin")?;
            let token = cx.call(&finish, &[context, Value::text(&answer), Value::text(state)])?;
            credential(cx, &token)
        })
    }

    /// `Refresh`: a new credential from the old one's refresh token.
    ///
    /// # Errors
    /// As [`Connector::sign_in`].
    pub fn refresh(&self, world: &World<'_>, path: &str, old: &Credential) -> Result<Credential, String> {
        let token = secret(old, "refresh_token").ok_or("the credential cannot be renewed: sign in again")?;
        self.run(world, |cx, connector| {
            let refresh = connector.oauth(cx, "Refresh")?;
            let token = cx.call(&refresh, &[Value::text(path), Value::text(token)])?;
            credential(cx, &token)
        })
    }

    /// `Logout`: the address that ends the session.
    ///
    /// # Errors
    /// As [`Connector::sign_in`].
    pub fn logout(&self, world: &World<'_>, old: &Credential) -> Result<String, String> {
        let token = secret(old, "access_token").unwrap_or_default();
        self.run(world, |cx, connector| {
            let logout = connector.oauth(cx, "Logout")?;
            let address = cx.call(&logout, &[Value::text(token)])?;
            match address.bare() {
                Value::Text(address) => Ok(address.to_string()),
                other => Err(Error::cannot_convert(other, "Text")),
            }
        })
    }

    /// `TestConnection`: calls the function that it names, with the credential that `world` gives.
    ///
    /// # Errors
    /// As [`Connector::sign_in`].
    pub fn test(&self, world: &World<'_>, path: &str) -> Result<(), String> {
        self.run(world, |cx, connector| {
            let kind = cx.section_member(&connector.section, &connector.kind)?;
            let test = field(cx, &kind, "TestConnection")?;
            let call = cx.call(&test, &[Value::text(path)])?;
            let Value::List(call) = call.bare() else { return Err(Error::cannot_convert(&call, "List")) };
            let call = call.values(cx)?;
            let Some((name, arguments)) = call.split_first() else { return Err(Error::expression("TestConnection names no function")) };
            let Value::Text(name) = name.bare() else { return Err(Error::cannot_convert(name, "Text")) };
            let function = cx.query(name)?;
            let answer = cx.call(&function, arguments)?;
            // The answer is lazy; its first item shows whether the source answers.
            match answer.bare() {
                Value::List(list) => first(cx, list),
                Value::Table(table) => table.count(cx).map(|_| ()),
                _ => Ok(()),
            }
        })
    }

    fn oauth(&self, cx: &mut Interp, function: &str) -> m::Result<Value> {
        let mut at = cx.section_member(&self.section, &self.kind)?;
        for name in ["Authentication", "OAuth", function] {
            at = field(cx, &at, name)?;
        }
        Ok(at)
    }

    fn run<T: Send>(&self, world: &World<'_>, work: impl FnOnce(&mut Interp, &Connector) -> m::Result<T> + Send) -> Result<T, String> {
        m::with_stack(|| {
            let mut cx = Interp::new(m::Options { memory_limit: Some(4 << 30), ..m::Options::default() }, world());
            self.load(&mut cx).and_then(|()| work(&mut cx, self)).map_err(|error| super::refresh::describe(&mut cx, &error))
        })
    }

    fn load(&self, cx: &mut Interp) -> m::Result<()> {
        cx.extension = self.extension.clone();
        let parsed = parse_document(&self.text).map_err(|e| Error::expression(e.message))?;
        match &parsed.document {
            Document::Sections(sections) => cx.load_sections(sections, true),
            Document::Expression(_) => Err(Error::expression("the connector is not a section document")),
        }
    }
}

fn first(cx: &mut Interp, list: &List) -> m::Result<()> {
    let mut cursor = list.open(cx)?;
    match cursor.next(cx)? {
        Some(item) => item.force(cx).map(|_| ()),
        None => Ok(()),
    }
}

fn field(cx: &mut Interp, record: &Value, name: &str) -> m::Result<Value> {
    match record.bare() {
        Value::Record(fields) => match fields.optional_field(cx, name)? {
            Some(value) => Ok(value),
            None => Err(Error::expression(format!("The field '{name}' of the record wasn't found."))),
        },
        other => Err(Error::cannot_convert(other, "Record")),
    }
}

fn text(cx: &mut Interp, record: &Value, name: &str) -> m::Result<String> {
    match field(cx, record, name)?.bare() {
        Value::Text(text) => Ok(text.to_string()),
        other => Err(Error::cannot_convert(other, "Text")),
    }
}

/// The record that a sign-in gives, as the host stores it.
fn credential(cx: &mut Interp, token: &Value) -> m::Result<Credential> {
    let Value::Record(token) = token.bare() else { return Err(Error::cannot_convert(token, "Record")) };
    let fields = stored(cx, token)?;
    if !fields.iter().any(|(name, _)| name == "access_token") {
        return Err(Error::expression("the sign-in gave no access_token"));
    }
    Ok(Credential { kind: "OAuth2".to_owned(), fields })
}

fn stored(cx: &mut Interp, record: &Record) -> m::Result<Vec<(String, Secret)>> {
    let mut fields = Vec::new();
    for (name, cell) in record.fields() {
        let value = cell.force(cx)?;
        match value.bare() {
            Value::Text(text) => fields.push((name.to_string(), Secret(text.to_string()))),
            number if number.is_number() => fields.push((name.to_string(), Secret(number.number_text()))),
            _ => {}
        }
    }
    Ok(fields)
}

fn secret<'a>(credential: &'a Credential, name: &str) -> Option<&'a str> {
    credential.fields.iter().find(|(n, _)| n == name).map(|(_, secret)| secret.0.as_str())
}

/// The texts of a `resources.resx` by name.
fn texts(resx: &[u8]) -> Result<HashMap<String, String>, String> {
    let broken = |why: String| format!("resources.resx: {why}");
    let text = std::str::from_utf8(resx).map_err(|e| broken(e.to_string()))?;
    let mut reader = Reader::from_str(text);
    let mut found = HashMap::new();
    let (mut name, mut in_value, mut value) = (None, false, String::new());
    loop {
        match reader.read_event().map_err(|e| broken(e.to_string()))? {
            Event::Start(tag) if tag.name().as_ref() == "data" => {
                let attribute = tag.try_get_attribute("name").map_err(|e| broken(e.to_string()))?;
                name = attribute.map(|a| a.value.into_owned());
            }
            Event::Start(tag) if tag.name().as_ref() == "value" => (in_value, value) = (true, String::new()),
            Event::Text(part) if in_value => value.push_str(&part),
            Event::GeneralRef(entity) if in_value => value.push_str(match entity.as_ref() {
                "amp" => "&",
                "lt" => "<",
                "gt" => ">",
                "quot" => "\"",
                "apos" => "'",
                _ => return Err(broken("an entity that is none of XML's five".to_owned())),
            }),
            Event::End(tag) if tag.name().as_ref() == "value" => in_value = false,
            Event::End(tag) if tag.name().as_ref() == "data" => {
                if let Some(name) = name.take() {
                    found.insert(name, std::mem::take(&mut value));
                }
            }
            Event::Eof => return Ok(found),
            _ => {}
        }
    }
}

/// Credentials of a connector's data sources, shared by all evaluations of a refresh: a stale token is renewed once for all of them.
pub struct SignedIn {
    connector: Connector,
    world: Box<World<'static>>,
    entries: Mutex<BTreeMap<String, Entry>>,
}

struct Entry {
    credential: Credential,
    issued_ticks: i64,
}

impl SignedIn {
    /// Without any credential yet. `world` gives the evaluations that renew tokens their surroundings.
    pub fn new(connector: Connector, world: Box<World<'static>>) -> Arc<SignedIn> {
        Arc::new(SignedIn { connector, world, entries: Mutex::default() })
    }

    /// Stores the credential of a data source path.
    pub fn insert(&self, path: String, credential: Credential) {
        let issued_ticks = (self.world)().clock.map_or(0, |mut clock| clock.now_ticks());
        self.lock().insert(path, Entry { credential, issued_ticks });
    }

    /// The credential of a path, as it stands.
    pub fn get(&self, path: &str) -> Option<Credential> {
        self.lock().get(path).map(|entry| entry.credential.clone())
    }

    /// For one evaluation; addresses of the web are anonymous.
    pub fn credentials(self: &Arc<SignedIn>) -> Box<dyn Credentials> {
        Box::new(Handle { store: self.clone(), clock: (self.world)().clock, used: HashMap::new() })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The credential of a path, renewed when `stale` is the token that did not work, or its time is over.
    fn fresh(&self, path: &str, now_ticks: i64, stale: Option<&str>) -> Option<Credential> {
        let mut entries = self.lock();
        let entry = entries.get_mut(path)?;
        if entry.credential.kind != "OAuth2" {
            return stale.is_none().then(|| entry.credential.clone());
        }
        let life = secret(&entry.credential, "expires_in").and_then(|text| text.parse::<f64>().ok()).map(|seconds| seconds as i64);
        let is_over = life.is_some_and(|life| now_ticks >= entry.issued_ticks + (life - MARGIN_SECS).max(0) * SECOND);
        if is_over || stale.is_some() && stale == secret(&entry.credential, "access_token") {
            match self.connector.refresh(&*self.world, path, &entry.credential) {
                Ok(credential) => *entry = Entry { credential, issued_ticks: now_ticks },
                // The old token may still work; if it does not, the source says so.
                Err(_) if stale.is_none() => {}
                Err(_) => return None,
            }
        }
        Some(entry.credential.clone())
    }
}

struct Handle {
    store: Arc<SignedIn>,
    clock: Option<Box<dyn Clock>>,
    /// The token that each path got last.
    used: HashMap<String, String>,
}

impl Handle {
    fn give(&mut self, path: &str, stale: Option<&str>) -> Option<Credential> {
        let now = self.clock.as_mut().map_or(0, |clock| clock.now_ticks());
        let credential = self.store.fresh(path, now, stale)?;
        if let Some(token) = secret(&credential, "access_token") {
            self.used.insert(path.to_owned(), token.to_owned());
        }
        Some(credential)
    }
}

impl Credentials for Handle {
    fn find(&mut self, kind: &str, path: &str) -> Option<Credential> {
        if kind == self.store.connector.kind {
            return self.give(path, None);
        }
        (kind == "Web").then(|| Credential { kind: "Anonymous".to_owned(), fields: Vec::new() })
    }

    fn refresh(&mut self, kind: &str, path: &str) -> Option<Credential> {
        if kind != self.store.connector.kind {
            return None;
        }
        let stale = self.used.get(path).cloned();
        self.give(path, Some(stale.as_deref().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_a_resx_are_read_with_their_entities() {
        let resx = br#"<root><resheader name="version"><value>2.0</value></resheader>
            <data name="A" xml:space="preserve"><value>one &amp; two</value></data><data name="B"><value/></data></root>"#;
        let found = texts(resx).unwrap();
        assert_eq!(found.get("A").map(String::as_str), Some("one & two"));
        assert_eq!(found.len(), 2);
        assert!(texts(b"<root><data name=\"A\"><value>x</data></root>").is_err());
    }

    #[test]
    fn paths_are_the_required_parameters_as_json() {
        assert_eq!(Connector::path(&[("clientId", "a\"b"), ("organisation", "n")]), r#"{"clientId":"a\"b","organisation":"n"}"#);
    }
}
