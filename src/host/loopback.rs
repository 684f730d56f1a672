//! The listener that the browser comes back to after the sign-in.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::mock::parse_form;

/// What the browser brought back.
#[derive(Debug)]
pub struct Callback {
    /// Authorisation code.
    pub code: String,
    /// State.
    pub state: String,
}

/// Listens on `localhost:port`, both address families: the browser chooses one.
pub struct Listener {
    sockets: Vec<TcpListener>,
    port: u16,
}

impl Listener {
    /// Binds the port on 127.0.0.1 and, where the machine has it, on ::1.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn bind(port: u16) -> Result<Listener, String> {
        let mut sockets = Vec::new();
        let first = TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| {
            format!("cannot listen on localhost:{port} ({error}); choose another port with --port and register http://localhost:PORT/callback in your Xero app")
        })?;
        let port = first.local_addr().map_err(|error| error.to_string())?.port();
        sockets.push(first);
        // A machine without IPv6 has no ::1; the browser then uses the other.
        if let Ok(socket) = TcpListener::bind(("::1", port)).await {
            sockets.push(socket);
        }
        Ok(Listener { sockets, port })
    }

    /// The address to register and to send the browser back to.
    pub fn redirect(&self) -> String {
        format!("http://localhost:{}/callback", self.port)
    }

    /// Waits for the browser. Requests for anything but `/callback`, from another host name, or with a state that `accept` refuses, get an error page
    /// and do not end the wait.
    ///
    /// # Errors
    /// When the sign-in was refused in the browser, or nobody came within `limit`.
    pub async fn wait(self, limit: Duration, accept: impl Fn(&str) -> bool) -> Result<Callback, String> {
        let accept_any = async {
            loop {
                let connection = match &self.sockets[..] {
                    [one] => one.accept().await,
                    [one, two, ..] => tokio::select! { c = one.accept() => c, c = two.accept() => c },
                    [] => return Err("no socket".to_owned()),
                };
                let Ok((stream, _)) = connection else { continue };
                // A browser may open a connection ahead and leave it idle: such a one must not block the real one.
                match tokio::time::timeout(Duration::from_secs(5), self.answer(stream, &accept)).await {
                    Ok(Some(outcome)) => return outcome,
                    _ => continue,
                }
            }
        };
        tokio::time::timeout(limit, accept_any).await.unwrap_or_else(|_| Err("nobody came back from the browser in time".to_owned()))
    }

    async fn answer(&self, mut stream: TcpStream, accept: &impl Fn(&str) -> bool) -> Option<Result<Callback, String>> {
        let mut buffer = Vec::new();
        let mut chunk = [0; 2048];
        while !buffer.windows(4).any(|w| w == b"\r\n\r\n") && buffer.len() < 16_384 {
            let n = stream.read(&mut chunk).await.ok()?;
            if n == 0 {
                return None;
            }
            buffer.extend_from_slice(&chunk[..n]);
        }
        let text = String::from_utf8_lossy(&buffer);
        let mut lines = text.split("\r\n");
        let mut words = lines.next()?.split(' ');
        let (method, target) = (words.next()?, words.next()?);
        let host = lines.find_map(|line| {
            line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("host")).map(|(_, value)| value.trim().to_owned())
        });
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        // A page elsewhere that resolves its own name to this machine sends its own name as host.
        let expected = format!("localhost:{}", self.port);
        if method != "GET" || path != "/callback" || host.as_deref() != Some(expected.as_str()) {
            page(&mut stream, 404, "Not here", "This address only finishes a sign-in to Xero.").await;
            return None;
        }
        let form: BTreeMap<String, String> = parse_form(query);
        let state = form.get("state").cloned().unwrap_or_default();
        if !accept(&state) {
            page(
                &mut stream,
                400,
                "Not our sign-in",
                "This answer does not belong to the sign-in that is waiting. Start it again from the terminal.",
            )
            .await;
            return None;
        }
        if let Some(error) = form.get("error") {
            page(&mut stream, 200, "Not signed in", "Xero did not allow the sign-in. The terminal says why; you can close this window.")
                .await;
            return Some(Err(error.chars().filter(|c| c.is_ascii_graphic()).take(60).collect()));
        }
        let Some(code) = form.get("code").filter(|code| !code.is_empty()) else {
            page(&mut stream, 400, "No code", "The answer holds no code. Start the sign-in again from the terminal.").await;
            return None;
        };
        page(&mut stream, 200, "Signed in to Xero", "You can close this window and go back to the terminal.").await;
        Some(Ok(Callback { code: code.clone(), state }))
    }
}

async fn page(stream: &mut TcpStream, status: u16, title: &str, text: &str) {
    let body = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>body{{font:18px/1.5 system-ui,sans-serif;max-width:32em;margin:15vh auto;padding:0 1em;color:#1b2733;background:#fff}}\
         @media(prefers-color-scheme:dark){{body{{color:#e8edf2;background:#14191f}}}}</style><h1>{title}</h1><p>{text}</p></html>"
    );
    let head = format!(
        "HTTP/1.1 {status} {}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\ncache-control: no-store\r\nreferrer-policy: no-referrer\r\n\
         content-security-policy: default-src 'none'; style-src 'unsafe-inline'\r\nconnection: close\r\n\r\n",
        if status == 200 { "OK" } else { "Refused" },
        body.len()
    );
    // The browser may be gone; the sign-in does not depend on the page.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body.as_bytes()).await;
    let _ = stream.shutdown().await;
}
