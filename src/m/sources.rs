//! What M needs from outside: small traits, implemented in `host/` and, in memory, by tests.

use std::fmt::Debug;

use super::value::Bytes;

/// Everything outside an evaluation.
#[derive(Default)]
pub struct Sources {
    /// HTTP.
    pub http: Option<Box<dyn Http>>,
    /// Files.
    pub files: Option<Box<dyn Files>>,
    /// Time; without one the Unix epoch stands still.
    pub clock: Option<Box<dyn Clock>>,
    /// Random bytes; without one a fixed sequence.
    pub rng: Option<Box<dyn Rng>>,
    /// Credentials.
    pub credentials: Option<Box<dyn Credentials>>,
    /// Where `Diagnostics.Trace` goes.
    pub trace: Option<Box<dyn Trace>>,
}

impl Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sources").finish_non_exhaustive()
    }
}

/// One request as it leaves the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET`, or `POST` when there is content.
    pub method: &'static str,
    /// The whole address.
    pub url: String,
    /// Headers in order.
    pub headers: Vec<(String, String)>,
    /// The body of a POST.
    pub content: Option<Vec<u8>>,
    /// How long to wait, in ticks of 100 ns.
    pub timeout_ticks: i64,
    /// 0 for the first try, then 1, 2, 3 for automatic repetitions.
    pub attempt: u32,
}

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpResponse {
    /// Status code.
    pub status: u16,
    /// The status line's words, if any.
    pub reason: String,
    /// Headers in order.
    pub headers: Vec<(String, String)>,
    /// The body, decompressed.
    pub body: Vec<u8>,
}

/// Sends requests; redirects are followed and compression undone below this line.
pub trait Http {
    /// Sends one request.
    ///
    /// # Errors
    /// A sentence that says what went wrong below HTTP (no connection, time-out, certificate).
    fn send(&mut self, request: &HttpRequest) -> Result<HttpResponse, String>;
}

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// Name with extension.
    pub name: String,
    /// The folder, ending in a separator.
    pub folder: String,
    /// Bytes; `None` for a folder.
    pub size: Option<u64>,
    /// Ticks of 100 ns since 0001-01-01, UTC: accessed, modified, created.
    pub times: [i64; 3],
}

/// Reads files.
pub trait Files {
    /// The bytes of a file.
    ///
    /// # Errors
    /// A sentence; the engine adds the path.
    fn read(&mut self, path: &str) -> Result<Bytes, String>;

    /// The entries of a folder, `deep` with all folders below.
    ///
    /// # Errors
    /// A sentence; the engine adds the path.
    fn list(&mut self, path: &str, deep: bool) -> Result<Vec<FileEntry>, String>;
}

/// Tells the time and waits.
pub trait Clock {
    /// Ticks of 100 ns since 0001-01-01, UTC.
    fn now_ticks(&mut self) -> i64;

    /// Minutes east of UTC of the machine's zone.
    fn offset_minutes(&mut self) -> i16 {
        0
    }

    /// Waits; a virtual clock moves on at once.
    fn sleep_ticks(&mut self, ticks: i64);
}

/// Random bytes.
pub trait Rng {
    /// 64 random bits.
    fn next_u64(&mut self) -> u64;
}

/// A credential for a data source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credential {
    /// `Anonymous`, `Windows`, `UsernamePassword`, `Key`, `OAuth2`.
    pub kind: String,
    /// Further fields of `Extension.CurrentCredential` (`access_token`, `Username`, `Password`, `Key`, …).
    pub fields: Vec<(String, Secret)>,
}

/// A text that no message shows.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(pub String);

impl Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// Finds credentials.
pub trait Credentials {
    /// The credential for a kind of source (`Web`, a connector's name) and path; `None` when there is none.
    fn find(&mut self, kind: &str, path: &str) -> Option<Credential>;

    /// Asks for a fresh token after a 401; `None` when that is not possible.
    fn refresh(&mut self, _kind: &str, _path: &str) -> Option<Credential> {
        None
    }
}

/// Receives trace messages.
pub trait Trace {
    /// One message of `Diagnostics.Trace`.
    fn message(&mut self, level: i64, text: &str);
}
