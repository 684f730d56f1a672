//! The listener that the browser comes back to after the sign-in.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::mock::parse_form;

/// What the browser brought back.
#[derive(Debug)]
pub struct Callback {
    /// Authorisation code.
    pub code: String,
    /// State.
    pub state: String,
}

/// Why no answer was brought back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The browser came back with an error; its name as Xero gives it.
    #[error("{0}")]
    Browser(String),
    /// Nobody came in time.
    #[error("nobody came back from the browser in time")]
    Nobody,
}

/// Listens on `localhost:port`, both address families: the browser chooses one.
pub struct Listener {
    sockets: Vec<TcpListener>,
    port: u16,
}

/// Longest request that is read: an address with a code is far shorter.
const MAX_REQUEST: usize = 16_384;
/// How long a connection may take to say what it wants: browsers open some ahead and leave them idle.
const READ_WITHIN: Duration = Duration::from_secs(5);
/// Connections that are read at one time; more are closed unread.
const MAX_CONNECTIONS: usize = 64;

impl Listener {
    /// Binds the port on 127.0.0.1 and, where the machine has it, on ::1.
    ///
    /// # Errors
    /// When the port is taken, on either: the browser would bring the answer to somebody else.
    pub async fn bind(port: u16) -> Result<Listener, String> {
        let taken = |port: u16, error: std::io::Error| {
            format!(
                "cannot listen on localhost:{port} ({error}); choose another port with --port and register http://localhost:PORT/callback in your Xero app"
            )
        };
        let first = TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| taken(port, error))?;
        let port = first.local_addr().map_err(|error| error.to_string())?.port();
        let mut sockets = vec![first];
        match TcpListener::bind(("::1", port)).await {
            Ok(socket) => sockets.push(socket),
            Err(error) if error.kind() == ErrorKind::AddrInUse => return Err(taken(port, error)),
            // A machine without IPv6 has no ::1; the browser then uses the other.
            Err(_) => {}
        }
        Ok(Listener { sockets, port })
    }

    /// The address to register and to send the browser back to.
    pub fn redirect(&self) -> String {
        format!("http://localhost:{}/callback", self.port)
    }

    /// Waits for the browser. Requests for anything but `/callback`, from another host name or page, too long ones, and those with a state that
    /// `accept` refuses get an error page and do not end the wait. The first answer that is ours closes the port.
    ///
    /// # Errors
    /// When the sign-in was refused in the browser (the error's name as Xero gives it), or nobody came within `limit`.
    pub async fn wait(self, limit: Duration, accept: impl Fn(&str) -> bool) -> Result<Callback, Refusal> {
        let accept_any = async {
            // Connections are read side by side, so that an idle one does not hold up the real one.
            let mut reading = JoinSet::new();
            loop {
                let accept_one = async {
                    match &self.sockets[..] {
                        [one, two, ..] => tokio::select! { c = one.accept() => c, c = two.accept() => c },
                        [one] => one.accept().await,
                        [] => std::future::pending().await,
                    }
                };
                tokio::select! {
                    connection = accept_one => match connection {
                        Ok((stream, _)) if reading.len() < MAX_CONNECTIONS => {
                            reading.spawn(tokio::time::timeout(READ_WITHIN, read_request(stream)));
                        }
                        Ok(_) => {}
                        // Out of file handles, for instance: not a reason to spin.
                        Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                    },
                    Some(read) = reading.join_next() => {
                        if let Ok(Ok(Some((mut stream, request)))) = read {
                            let (page, outcome) = self.judge(&request, &accept);
                            // The browser may be gone, or slow; the sign-in does not depend on the page.
                            let _ = tokio::time::timeout(Duration::from_secs(2), show(&mut stream, &page)).await;
                            if let Some(outcome) = outcome {
                                return outcome.map_err(Refusal::Browser);
                            }
                        }
                    }
                }
            }
        };
        tokio::time::timeout(limit, accept_any).await.unwrap_or(Err(Refusal::Nobody))
    }

    /// What to show, and what it means for the sign-in, if anything.
    fn judge(&self, request: &[u8], accept: &impl Fn(&str) -> bool) -> (Page, Option<Result<Callback, String>>) {
        if request.len() > MAX_REQUEST {
            return (Page(431, "Too long", "This request is too long for a sign-in."), None);
        }
        let text = String::from_utf8_lossy(request);
        let mut lines = text.split("\r\n");
        let mut words = lines.next().unwrap_or_default().split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let headers: Vec<(String, &str)> =
            lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name.to_ascii_lowercase(), value.trim())).collect();
        let header = |wanted: &'static str| headers.iter().filter(move |(name, _)| name == wanted).map(|(_, value)| *value);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        // A page elsewhere that resolves its own name to this machine sends its own name as host; one that fetches sends its origin. A browser that
        // is redirected here sends the host of the address and no origin, or `null`.
        let host = format!("localhost:{}", self.port);
        let is_host = header("host").count() == 1 && header("host").all(|value| value.eq_ignore_ascii_case(&host));
        let is_origin = header("origin").all(|value| value == "null" || value == format!("http://{host}"));
        if method != "GET" || path != "/callback" || !is_host || !is_origin {
            return (Page(404, "Not here", "This address only finishes a sign-in to Xero."), None);
        }
        let twice = |name: &str| query.split('&').filter(|pair| pair.split('=').next() == Some(name)).count() > 1;
        let form: BTreeMap<String, String> = parse_form(query);
        let state = form.get("state").cloned().unwrap_or_default();
        if !accept(&state) || twice("state") || twice("code") {
            let text = "This answer does not belong to the sign-in that is waiting. Start it again from the terminal.";
            return (Page(400, "Not our sign-in", text), None);
        }
        if let Some(error) = form.get("error") {
            let text = "Xero did not allow the sign-in. The terminal says why; you can close this window.";
            let name = error.chars().filter(char::is_ascii_graphic).take(60).collect();
            return (Page(200, "Not signed in", text), Some(Err(name)));
        }
        let Some(code) = form.get("code").filter(|code| !code.is_empty()) else {
            return (Page(400, "No code", "The answer holds no code. Start the sign-in again from the terminal."), None);
        };
        let text = "You can close this window and go back to the terminal.";
        (Page(200, "Signed in to Xero", text), Some(Ok(Callback { code: code.clone(), state })))
    }
}

/// Reads up to the end of the headers, or to one byte more than is taken.
async fn read_request(mut stream: TcpStream) -> Option<(TcpStream, Vec<u8>)> {
    let mut buffer = Vec::new();
    let mut chunk = [0; 2048];
    while !buffer.windows(4).any(|w| w == b"\r\n\r\n") && buffer.len() <= MAX_REQUEST {
        let n = stream.read(&mut chunk).await.ok()?;
        if n == 0 {
            return None;
        }
        buffer.extend_from_slice(&chunk[..n]);
    }
    Some((stream, buffer))
}

/// Status, title, text.
struct Page(u16, &'static str, &'static str);

async fn show(stream: &mut TcpStream, Page(status, title, text): &Page) {
    let body = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>body{{font:18px/1.5 system-ui,sans-serif;max-width:32em;margin:15vh auto;padding:0 1em;color:#1b2733;background:#fff}}\
         @media(prefers-color-scheme:dark){{body{{color:#e8edf2;background:#14191f}}}}</style><h1>{title}</h1><p>{text}</p></html>"
    );
    let head = format!(
        "HTTP/1.1 {status} {}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\ncache-control: no-store\r\nreferrer-policy: no-referrer\r\n\
         content-security-policy: default-src 'none'; style-src 'unsafe-inline'\r\nconnection: close\r\n\r\n",
        if *status == 200 { "OK" } else { "Refused" },
        body.len()
    );
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body.as_bytes()).await;
    let _ = stream.shutdown().await;
}
