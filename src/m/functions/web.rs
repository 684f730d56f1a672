//! `Web.Contents`, files and folders: requests go through the traits of `m::sources`, with the engine's own rules about caching,
//! credentials and repetition.
//!
//! Source: <https://learn.microsoft.com/powerquery-m/web-contents> and
//! <https://learn.microsoft.com/power-query/connectors/web/web-troubleshoot>.

use std::collections::HashMap;
use std::rc::Rc;

use super::common::need_text;
use super::{BINARY, Builtin, NULLABLE_RECORD, RECORD, TABLE, TEXT, arg, opt};
use crate::m::error::{Error, Result};
use crate::m::eval::{Interp, Privacy};
use crate::m::sources::{Credential, HttpRequest, HttpResponse};
use crate::m::value::{
    Binary, BinarySource, Bytes, Field, Function, Kind, Record, Shape, Slot, TICKS_PER_SECOND, Table, TableType, Type, Value,
};

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "File.Contents",
        params: &[arg("path", TEXT), opt("options", NULLABLE_RECORD)],
        returns: BINARY,
        about: "The bytes of a file, read when they are needed.",
        source: "https://learn.microsoft.com/powerquery-m/file-contents",
        examples: &[],
        run: file_contents,
    },
    Builtin {
        name: "Folder.Contents",
        params: &[arg("path", TEXT), opt("options", NULLABLE_RECORD)],
        returns: TABLE,
        about: "The files and folders in a folder.",
        source: "https://learn.microsoft.com/powerquery-m/folder-contents",
        examples: &[],
        run: |cx, args| folder(cx, &args[0], false),
    },
    Builtin {
        name: "Folder.Files",
        params: &[arg("path", TEXT), opt("options", NULLABLE_RECORD)],
        returns: TABLE,
        about: "The files in a folder and in all folders below it.",
        source: "https://learn.microsoft.com/powerquery-m/folder-files",
        examples: &[],
        run: |cx, args| folder(cx, &args[0], true),
    },
    Builtin {
        name: "Web.Contents",
        params: &[arg("url", TEXT), opt("options", NULLABLE_RECORD)],
        returns: BINARY,
        about: "What a web address answers; the request is sent when the bytes or the status are needed.",
        source: "https://learn.microsoft.com/powerquery-m/web-contents",
        examples: &[],
        run: web_contents,
    },
    Builtin {
        name: "Web.Headers",
        params: &[arg("url", TEXT), opt("options", NULLABLE_RECORD)],
        returns: RECORD,
        about: "The headers of what a web address answers.",
        source: "https://learn.microsoft.com/powerquery-m/web-headers",
        examples: &[],
        run: web_headers,
    },
];

const OPTIONS: [&str; 11] = [
    "ApiKeyName",
    "Content",
    "CredentialQuery",
    "ExcludedFromCacheKey",
    "Headers",
    "IsRetry",
    "ManualCredentials",
    "ManualStatusHandling",
    "Query",
    "RelativePath",
    "Timeout",
];

/// Answers of one evaluation, so that equal requests are sent once.
#[derive(Default)]
pub(crate) struct WebCache {
    answers: HashMap<CacheKey, Rc<HttpResponse>>,
    /// How many requests went out, repetitions included.
    pub(crate) sent: u64,
    /// Data sources read so far, with their privacy levels.
    read: Vec<(String, Privacy)>,
}

/// Refuses a source whose data may not meet those read before in this query.
///
/// The levels are those of the sources' owners; a source without one counts as private, as in the service.
///
/// Source: <https://learn.microsoft.com/power-query/privacy-levels>.
fn pass_firewall(cx: &mut Interp, kind: &str, path: &str) -> Result<()> {
    let Some(levels) = &cx.options.privacy else { return Ok(()) };
    let found = levels.iter().filter(|(start, _)| path.starts_with(start.as_str())).max_by_key(|(start, _)| start.len());
    let level = found.map_or(Privacy::Private, |(_, level)| *level);
    // A source is the host of an address, or the file.
    let source = match path.split_once("://") {
        Some((scheme, rest)) => format!("{kind} {scheme}://{}", rest.split(['/', '?', '#']).next().unwrap_or_default()),
        None => format!("{kind} {path}"),
    };
    if cx.web.read.iter().any(|(other, _)| *other == source) {
        return Ok(());
    }
    let clash = cx.web.read.iter().any(|(_, other)| level == Privacy::Private || *other == Privacy::Private);
    if clash {
        let message = "The query is accessing data sources that have privacy levels which cannot be used together. Please rebuild this data \
                       combination.";
        return Err(Error::new("Formula.Firewall", message).with_detail(Value::text(&source)));
    }
    cx.web.read.push((source, level));
    Ok(())
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct CacheKey {
    url: String,
    headers: Vec<(String, String)>,
    content: Option<Vec<u8>>,
    credential: Option<String>,
}

/// A request that has not been sent, or was answered.
struct WebBinary {
    url: String,
    base: String,
    headers: Vec<(String, String)>,
    excluded: Vec<String>,
    content: Option<Binary>,
    timeout_ticks: i64,
    manual: Vec<i64>,
    is_retry: bool,
    manual_credentials: bool,
    api_key_name: Option<String>,
    /// The data source (kind and path) for which the connector asks; `None` outside connectors.
    source: Option<(String, String)>,
    connector: bool,
}

/// Escapes all but the unreserved characters of RFC 3986.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// `a=1&b=2` from a record of texts and lists of texts.
fn query_text(cx: &mut Interp, query: &Record) -> Result<String> {
    let mut out = String::new();
    let mut add = |name: &str, value: &str| {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(&escape(name));
        out.push('=');
        out.push_str(&escape(value));
    };
    for (name, cell) in query.fields() {
        let value = cell.force(cx)?;
        match value.bare() {
            Value::Text(text) => add(name, text),
            Value::List(list) => list.texts(cx)?.iter().for_each(|text| add(name, text)),
            other => return Err(Error::cannot_convert(other, "Text")),
        }
    }
    Ok(out)
}

fn record_option(cx: &mut Interp, options: &Record, name: &str) -> Result<Option<Record>> {
    match options.optional_field(cx, name)?.unwrap_or_default().bare() {
        Value::Null => Ok(None),
        Value::Record(record) => Ok(Some(record.clone())),
        other => Err(Error::cannot_convert(other, "Record")),
    }
}

fn list_option(cx: &mut Interp, options: &Record, name: &str) -> Result<Vec<Value>> {
    match options.optional_field(cx, name)?.unwrap_or_default().bare() {
        Value::Null => Ok(Vec::new()),
        Value::List(list) => list.values(cx),
        other => Err(Error::cannot_convert(other, "List")),
    }
}

fn flag(cx: &mut Interp, options: &Record, name: &str) -> Result<bool> {
    Ok(matches!(options.optional_field(cx, name)?.unwrap_or_default().bare(), Value::Logical(true)))
}

fn append_query(url: &mut String, query: &str) {
    if query.is_empty() {
        return;
    }
    let (head, fragment) = match url.split_once('#') {
        Some((head, fragment)) => (head.to_owned(), Some(fragment.to_owned())),
        None => (url.clone(), None),
    };
    *url = head;
    url.push(if !url.contains('?') {
        '?'
    } else if url.ends_with(['?', '&']) {
        '\u{0}'
    } else {
        '&'
    });
    if url.ends_with('\u{0}') {
        url.pop();
    }
    url.push_str(query);
    if let Some(fragment) = fragment {
        url.push('#');
        url.push_str(&fragment);
    }
}

/// The base with a relative path behind its own, exactly one slash between.
fn join_path(base: &str, relative: &str) -> String {
    let (head, query) = match base.split_once('?') {
        Some((head, query)) => (head, Some(query)),
        None => (base, None),
    };
    let mut url = format!("{}/{}", head.trim_end_matches('/'), relative.trim_start_matches('/'));
    if let Some(query) = query {
        append_query(&mut url, query);
    }
    url
}

fn request(cx: &mut Interp, args: &[Value]) -> Result<WebBinary> {
    let base = need_text(&args[0])?.to_string();
    if !base.starts_with("http://") && !base.starts_with("https://") {
        return Err(Error::expression("The supplied URL must be a valid 'http:' or 'https:' URL.").with_detail(args[0].clone()));
    }
    let options = match &args[1] {
        Value::Record(options) => options.clone(),
        _ => Record::empty(),
    };
    for name in options.shape().names() {
        if !OPTIONS.contains(&&**name) {
            let message = format!("'{name}' isn't a valid Web.Contents option. Valid options are:\r\n{}", OPTIONS.join(", "));
            return Err(Error::expression(message).with_detail(Value::Text(name.clone())));
        }
    }
    let mut url = base.clone();
    match options.optional_field(cx, "RelativePath")?.unwrap_or_default().bare() {
        Value::Null => {}
        Value::Text(path) if path.is_empty() => {}
        Value::Text(path) => url = join_path(&url, path),
        other => return Err(Error::cannot_convert(other, "Text")),
    }
    for name in ["Query", "CredentialQuery"] {
        if let Some(query) = record_option(cx, &options, name)? {
            let query = query_text(cx, &query)?;
            append_query(&mut url, &query);
        }
    }
    let mut headers = Vec::new();
    if let Some(record) = record_option(cx, &options, "Headers")? {
        for (name, cell) in record.fields() {
            let value = cell.force(cx)?;
            match value.bare() {
                Value::Null => {}
                Value::Text(text) => headers.push((name.to_string(), text.to_string())),
                other => return Err(Error::cannot_convert(other, "Text")),
            }
        }
    }
    let content = match options.optional_field(cx, "Content")?.unwrap_or_default().bare() {
        Value::Null => None,
        Value::Binary(binary) => Some(binary.clone()),
        other => return Err(Error::cannot_convert(other, "Binary")),
    };
    let timeout_ticks = match options.optional_field(cx, "Timeout")?.unwrap_or_default().bare() {
        Value::Null => 100 * TICKS_PER_SECOND,
        Value::Duration(ticks) => *ticks,
        other => return Err(Error::cannot_convert(other, "Duration")),
    };
    let mut manual = Vec::new();
    for code in list_option(cx, &options, "ManualStatusHandling")? {
        manual.push(code.as_i64().ok_or_else(|| Error::cannot_convert(&code, "Number"))?);
    }
    let mut excluded = Vec::new();
    for name in list_option(cx, &options, "ExcludedFromCacheKey")? {
        excluded.push(need_text(&name)?.to_ascii_lowercase());
    }
    let api_key_name = match options.optional_field(cx, "ApiKeyName")?.unwrap_or_default().bare() {
        Value::Text(name) => Some(name.to_string()),
        _ => None,
    };
    Ok(WebBinary {
        base,
        url,
        headers,
        excluded,
        content,
        timeout_ticks,
        manual,
        is_retry: flag(cx, &options, "IsRetry")?,
        manual_credentials: flag(cx, &options, "ManualCredentials")?,
        api_key_name,
        source: cx.current_source(),
        connector: cx.has_connector(),
    })
}

fn web_contents(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let request = Rc::new(request(cx, args)?);
    let status = request.clone();
    let headers = request.clone();
    let content_type = request.clone();
    let address = request.url.clone();
    let uri = Function::native(&[], move |_, _| Ok(Value::text(&address)));
    let names = ["Response.Status", "Headers", "Content.Type", "Content.Uri"];
    let meta = Record::from_cells(
        Shape::new(names.iter().map(|name| Rc::from(*name)).collect()),
        vec![
            Slot::lazy(move |cx| status.answer(cx).map(|answer| Value::Int(i64::from(answer.status)))),
            Slot::lazy(move |cx| headers.answer(cx).map(|answer| Value::Record(header_record(&answer)))),
            Slot::lazy(move |cx| content_type.answer(cx).map(|answer| header(&answer, "content-type").map_or(Value::Null, Value::text))),
            Slot::Value(Value::Function(uri)),
        ],
    );
    Ok(Value::Binary(Binary::lazy(Body(request))).with_meta(meta))
}

fn web_headers(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let request = request(cx, args)?;
    request.answer(cx).map(|answer| Value::Record(header_record(&answer)))
}

fn header<'a>(answer: &'a HttpResponse, name: &str) -> Option<&'a str> {
    answer.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

fn header_record(answer: &HttpResponse) -> Record {
    let mut fields: Vec<(String, Value)> = Vec::new();
    for (name, value) in &answer.headers {
        if !fields.iter().any(|(n, _)| n.eq_ignore_ascii_case(name)) {
            // Names arrive in lower case; people write them as the documentation of HTTP does.
            let name = name.split('-').map(capital).collect::<Vec<_>>().join("-");
            fields.push((name, Value::text(value)));
        }
    }
    Record::new(fields)
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or(String::new(), |c| c.to_uppercase().chain(chars).collect())
}

struct Body(Rc<WebBinary>);

impl BinarySource for Body {
    fn read(&self, cx: &mut Interp) -> Result<Bytes> {
        self.0.answer(cx).map(|answer| Bytes::from(answer.body.clone()))
    }

    // Enumerating the binary again asks the cache of the evaluation.
    fn keep(&self) -> bool {
        false
    }
}

/// Statuses that the engine tries again by itself.
const REPEATED: [u16; 5] = [408, 429, 503, 504, 509];

impl WebBinary {
    fn credential(&self, cx: &mut Interp) -> Option<Credential> {
        let credentials = cx.sources.credentials.as_mut()?;
        match &self.source {
            Some((kind, path)) => credentials.find(kind, path),
            None if self.connector => None,
            None => credentials.find("Web", &self.base),
        }
    }

    fn answer(&self, cx: &mut Interp) -> Result<Rc<HttpResponse>> {
        let content = match &self.content {
            Some(content) => Some(content.bytes(cx)?.to_vec()),
            None => None,
        };
        let credential = if self.manual_credentials { None } else { self.credential(cx) };
        let anonymous = credential.as_ref().is_none_or(|c| c.kind == "Anonymous");
        let has_authorization = self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        if !self.connector && !anonymous {
            if has_authorization {
                return Err(Error::expression(
                    "The 'Authorization' header is only supported when connecting anonymously. These headers can be used with all \
                     authentication types: Accept, Accept-Charset, Accept-Encoding, Accept-Language, Cache-Control, Content-Type, \
                     If-Modified-Since, Prefer, Range, Referer",
                ));
            }
            if content.is_some() {
                return Err(Error::expression("Web.Contents with the Content option is only supported when connecting anonymously."));
            }
        }
        let mut key_headers: Vec<(String, String)> = self
            .headers
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
            .filter(|(name, _)| !self.excluded.contains(name))
            .collect();
        key_headers.sort();
        let key = CacheKey {
            url: self.url.clone(),
            headers: key_headers,
            content: content.clone(),
            credential: self.source.as_ref().filter(|_| !self.manual_credentials).map(|(kind, path)| format!("{kind}\u{0}{path}")),
        };
        if !self.is_retry {
            if let Some(answer) = cx.web.answers.get(&key) {
                return Ok(answer.clone());
            }
        }
        let answer = Rc::new(self.send(cx, content, credential)?);
        cx.web.answers.insert(key, answer.clone());
        Ok(answer)
    }

    fn send(&self, cx: &mut Interp, content: Option<Vec<u8>>, credential: Option<Credential>) -> Result<HttpResponse> {
        if !cx.options.allow_io {
            return Err(self.failed("web addresses are not used in this evaluation"));
        }
        match &self.source {
            Some((kind, path)) => pass_firewall(cx, kind, path)?,
            None => pass_firewall(cx, "Web", &self.base)?,
        }
        let mut credential = credential;
        let mut refreshed = false;
        let mut attempt = 0;
        loop {
            let mut request = HttpRequest {
                method: if content.is_some() { "POST" } else { "GET" },
                url: self.url.clone(),
                headers: self.headers.clone(),
                content: content.clone(),
                timeout_ticks: self.timeout_ticks,
                attempt,
            };
            self.authorize(credential.as_ref(), &mut request);
            let Some(http) = &mut cx.sources.http else {
                return Err(self.failed("there is no network in this evaluation"));
            };
            cx.web.sent += 1;
            let answer = http.send(&request).map_err(|why| self.failed(&why))?;
            let status = answer.status;
            let manual = self.manual.contains(&i64::from(status));
            if status == 401 && !refreshed && !self.manual_credentials {
                if let (Some((kind, path)), Some(credentials)) = (&self.source, &mut cx.sources.credentials) {
                    if let Some(fresh) = credentials.refresh(kind, path) {
                        credential = Some(fresh);
                        refreshed = true;
                        continue;
                    }
                }
            }
            if status < 400 || manual && (self.connector || !matches!(status, 401 | 403)) {
                return Ok(answer);
            }
            if REPEATED.contains(&status) && !manual && attempt < 3 {
                let wait = match header(&answer, "retry-after").and_then(|text| text.trim().parse::<f64>().ok()) {
                    Some(seconds) => seconds.clamp(0.5, 120.0),
                    None => 0.5 * f64::from(1 << attempt),
                };
                if let Some(clock) = &mut cx.sources.clock {
                    clock.sleep_ticks((wait * TICKS_PER_SECOND as f64) as i64);
                }
                attempt += 1;
                cx.tick()?;
                continue;
            }
            return Err(self.status_error(&answer));
        }
    }

    fn authorize(&self, credential: Option<&Credential>, request: &mut HttpRequest) {
        let Some(credential) = credential else { return };
        let field = |name: &str| credential.fields.iter().find(|(n, _)| n == name).map_or("", |(_, secret)| secret.0.as_str());
        match credential.kind.as_str() {
            "OAuth2" | "OAuth" => {
                request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
                request.headers.push(("Authorization".to_owned(), format!("Bearer {}", field("access_token"))));
            }
            "UsernamePassword" | "Basic" if !request.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case("authorization")) => {
                use base64::Engine;
                let pair = format!("{}:{}", field("Username"), field("Password"));
                let encoded = base64::engine::general_purpose::STANDARD.encode(pair);
                request.headers.push(("Authorization".to_owned(), format!("Basic {encoded}")));
            }
            "Key" => {
                if let Some(name) = &self.api_key_name {
                    let query = format!("{}={}", escape(name), escape(field("Key")));
                    append_query(&mut request.url, &query);
                }
            }
            _ => {}
        }
    }

    fn detail(&self) -> Value {
        Value::Record(Record::new(vec![
            ("DataSourceKind", Value::text("Web")),
            ("DataSourcePath", Value::text(&self.base)),
            ("Url", Value::text(&self.url)),
        ]))
    }

    fn failed(&self, why: &str) -> Error {
        Error::data_source(format!("Web.Contents failed to get contents from '{}': {why}", self.base)).with_detail(self.detail())
    }

    fn status_error(&self, answer: &HttpResponse) -> Error {
        let message = match answer.status {
            401 => "The credentials provided for the Web source are invalid.".to_owned(),
            403 => "Access to the resource is forbidden.".to_owned(),
            status => {
                let reason = if answer.reason.is_empty() { reason_of(status) } else { &answer.reason };
                format!("Web.Contents failed to get contents from '{}' ({status}): {reason}", self.url)
            }
        };
        Error::data_source(message).with_detail(self.detail())
    }
}

fn reason_of(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        404 => "Not Found",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        412 => "Precondition Failed",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        509 => "Bandwidth Limit Exceeded",
        _ => "Error",
    }
}

struct FileBinary {
    path: String,
    /// The folder that was listed, which is the data source; without one the file itself is.
    folder: Option<Rc<str>>,
    size: Option<u64>,
}

impl BinarySource for FileBinary {
    fn read(&self, cx: &mut Interp) -> Result<Bytes> {
        read_file(cx, &self.path, self.folder.as_deref().unwrap_or(&self.path))
    }

    fn length(&self, _cx: &mut Interp) -> Result<Option<i64>> {
        Ok(self.size.and_then(|size| i64::try_from(size).ok()))
    }

    fn keep(&self) -> bool {
        false
    }
}

fn file_error(path: &str, why: &str) -> Error {
    let detail = Value::Record(Record::new(vec![("DataSourceKind", Value::text("File")), ("DataSourcePath", Value::text(path))]));
    Error::data_source(format!("{path}: {why}")).with_detail(detail)
}

fn read_file(cx: &mut Interp, path: &str, source: &str) -> Result<Bytes> {
    if !cx.options.allow_io {
        return Err(file_error(path, "files are not read in this evaluation"));
    }
    pass_firewall(cx, "File", source)?;
    match &mut cx.sources.files {
        Some(files) => files.read(path).map_err(|why| file_error(path, &why)),
        None => Err(file_error(path, "there are no files in this evaluation")),
    }
}

fn file_contents(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let path = need_text(&args[0])?.to_string();
    Ok(Value::Binary(Binary::lazy(FileBinary { path, folder: None, size: None })))
}

fn folder(cx: &mut Interp, path: &Value, deep: bool) -> Result<Value> {
    let path = need_text(path)?.to_string();
    if !cx.options.allow_io {
        return Err(file_error(&path, "files are not read in this evaluation"));
    }
    let entries = match &mut cx.sources.files {
        Some(files) => files.list(&path, deep).map_err(|why| file_error(&path, &why))?,
        None => return Err(file_error(&path, "there are no files in this evaluation")),
    };
    let fields = vec![
        Field::new("Content", if deep { Type::primitive(Kind::Binary) } else { Type::any() }, false),
        Field::new("Name", Type::primitive(Kind::Text), false),
        Field::new("Extension", Type::primitive(Kind::Text), false),
        Field::new("Date accessed", Type::nullable(Kind::DateTime), false),
        Field::new("Date modified", Type::nullable(Kind::DateTime), false),
        Field::new("Date created", Type::nullable(Kind::DateTime), false),
        Field::new("Attributes", Type::primitive(Kind::Record), false),
        Field::new("Folder Path", Type::primitive(Kind::Text), false),
    ];
    let source: Rc<str> = Rc::from(path.as_str());
    let mut rows = Vec::with_capacity(entries.len());
    for entry in entries {
        let extension = entry.name.rfind('.').map_or("", |at| &entry.name[at..]);
        let full = format!("{}{}", entry.folder, entry.name);
        let content = match entry.size {
            Some(_) => Slot::Value(Value::Binary(Binary::lazy(FileBinary { path: full, folder: Some(source.clone()), size: entry.size }))),
            None => Slot::lazy(move |cx| folder(cx, &Value::text(&full), false)),
        };
        let attributes = Record::new(vec![
            ("Content Type", Value::Null),
            ("Kind", Value::text(if entry.size.is_some() { "File" } else { "Folder" })),
            ("Size", entry.size.map_or(Value::Null, |size| Value::Int(size as i64))),
            ("ReadOnly", Value::Logical(false)),
            ("Hidden", Value::Logical(entry.name.starts_with('.'))),
            ("System", Value::Logical(false)),
            ("Directory", Value::Logical(entry.size.is_none())),
        ]);
        let mut cells = vec![content, Slot::Value(Value::text(&entry.name)), Slot::Value(Value::text(extension))];
        cells.extend(entry.times.iter().map(|ticks| Slot::Value(Value::DateTime(*ticks))));
        cells.push(Slot::Value(Value::Record(attributes)));
        cells.push(Slot::Value(Value::text(&entry.folder)));
        rows.push(Rc::from(cells));
    }
    Ok(Value::Table(Table::new(TableType::new(fields), rows)))
}
