//! The port that the browser comes back to, attacked.

use std::io::{Read, Write};
use std::net::{IpAddr, TcpStream};
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use xero_pbit::host::loopback::{Callback, Listener, Refusal};

use super::check;
use super::desk::RUNTIME;

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("xero::listener::only_our_own_answer_ends_the_wait", only_our_own_answer_ends_the_wait),
        Trial::test("xero::listener::both_address_families", both_address_families),
        Trial::test("xero::listener::an_error_from_the_browser_is_told", an_error_from_the_browser_is_told),
        Trial::test("xero::listener::idle_connections_hold_nothing_up", idle_connections_hold_nothing_up),
        Trial::test("xero::listener::a_taken_port_is_refused_on_either_family", a_taken_port_is_refused_on_either_family),
        Trial::test("xero::listener::nobody_comes", nobody_comes),
    ]
}

const STATE: &str = "the-state-of-this-sign-in";

/// A listener on a free port, waiting in the background for `STATE`.
fn wait(limit: Duration) -> (u16, tokio::task::JoinHandle<Result<Callback, Refusal>>) {
    let listener = RUNTIME.block_on(Listener::bind(0)).expect("a free port");
    let redirect = listener.redirect();
    let port = redirect.trim_start_matches("http://localhost:").trim_end_matches("/callback").parse().expect("a port");
    (port, RUNTIME.spawn(listener.wait(limit, |state| state == STATE)))
}

/// Sends text to the port; gives the status of the answer, 0 when the connection was closed without one.
fn send(address: &str, port: u16, request: &str) -> u16 {
    let ip: IpAddr = address.parse().expect("an address");
    let Ok(mut stream) = TcpStream::connect((ip, port)) else { return 0 };
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
    // The other side may stop reading in the middle; what it answered is still read.
    let _ = stream.write_all(request.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let text = String::from_utf8_lossy(&answer);
    text.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok()).unwrap_or(0)
}

fn get(port: u16, target: &str, headers: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: localhost:{port}\r\n{headers}\r\n")
}

fn only_our_own_answer_ends_the_wait() -> Result<(), Failed> {
    let (port, waiting) = wait(Duration::from_secs(30));
    let good = format!("/callback?code=the-code&state={STATE}");
    let attacks: Vec<(&str, u16, String)> = vec![
        ("wrong path", 404, get(port, &format!("/elsewhere?code=x&state={STATE}"), "")),
        ("favicon", 404, get(port, "/favicon.ico", "")),
        ("wrong state", 400, get(port, "/callback?code=x&state=guessed", "")),
        ("no state", 400, get(port, "/callback?code=x", "")),
        ("no code", 400, get(port, &format!("/callback?state={STATE}"), "")),
        ("an error without our state", 400, get(port, "/callback?error=access_denied&state=guessed", "")),
        ("state twice", 400, get(port, &format!("/callback?code=x&state=guessed&state={STATE}"), "")),
        ("code twice", 400, get(port, &format!("/callback?code=x&code=y&state={STATE}"), "")),
        ("foreign host", 404, format!("GET {good} HTTP/1.1\r\nHost: evil.example:{port}\r\n\r\n")),
        ("address instead of name", 404, format!("GET {good} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n")),
        ("another port", 404, format!("GET {good} HTTP/1.1\r\nHost: localhost:1\r\n\r\n")),
        ("no host", 404, format!("GET {good} HTTP/1.1\r\n\r\n")),
        ("two hosts", 404, get(port, &good, "Host: evil.example\r\n")),
        ("foreign origin", 404, get(port, &good, "Origin: https://evil.example\r\n")),
        ("POST", 404, get(port, &good, "").replacen("GET", "POST", 1)),
        ("oversized", 431, get(port, &good, &format!("X: {}\r\n", "x".repeat(20_000)))),
        ("not HTTP", 404, "\r\n\r\n".to_owned()),
        ("binary", 404, "\u{0}\u{1}\u{16}\u{3}\r\n\r\n".to_owned()),
        ("cut short", 0, String::new()),
    ];
    for (what, status, request) in &attacks {
        if request.is_empty() {
            drop(TcpStream::connect(("127.0.0.1", port))?);
            continue;
        }
        let got = send("127.0.0.1", port, request);
        // What is too long may be cut off before the page arrives.
        check(got == *status || (*status == 431 && got == 0), format!("{what}: expected {status}, got {got}"))?;
        check(!waiting.is_finished(), format!("{what} ended the wait"))?;
    }
    check(send("127.0.0.1", port, &get(port, &good, "")) == 200, "our own answer is taken")?;
    let callback = RUNTIME.block_on(waiting)??;
    check(callback.code == "the-code" && callback.state == STATE, "code and state")?;
    check(send("127.0.0.1", port, &get(port, &good, "")) == 0, "a second answer finds the port closed")
}

fn both_address_families() -> Result<(), Failed> {
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        eprintln!("skipped: this machine has no IPv6");
        return Ok(());
    }
    for address in ["::1", "127.0.0.1"] {
        let (port, waiting) = wait(Duration::from_secs(30));
        check(send(address, port, &get(port, &format!("/callback?code=c&state={STATE}"), "")) == 200, format!("{address} answers"))?;
        check(RUNTIME.block_on(waiting)??.code == "c", format!("{address} brings the code"))?;
    }
    Ok(())
}

fn an_error_from_the_browser_is_told() -> Result<(), Failed> {
    let (port, waiting) = wait(Duration::from_secs(30));
    check(send("127.0.0.1", port, &get(port, &format!("/callback?error=access_denied%0Ax&state={STATE}"), "")) == 200, "a page is shown")?;
    let outcome = RUNTIME.block_on(waiting)?;
    check(matches!(&outcome, Err(Refusal::Browser(name)) if name == "access_deniedx"), format!("{outcome:?}"))
}

fn idle_connections_hold_nothing_up() -> Result<(), Failed> {
    let (port, waiting) = wait(Duration::from_secs(30));
    let idle: Vec<TcpStream> = (0..20).map(|_| TcpStream::connect(("127.0.0.1", port))).collect::<Result<_, _>>()?;
    let started = std::time::Instant::now();
    check(send("127.0.0.1", port, &get(port, &format!("/callback?code=c&state={STATE}"), "")) == 200, "the real one is answered")?;
    check(RUNTIME.block_on(waiting)?.is_ok(), "and taken")?;
    drop(idle);
    check(started.elapsed() < Duration::from_secs(4), format!("it took {:?}", started.elapsed()))
}

fn a_taken_port_is_refused_on_either_family() -> Result<(), Failed> {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let Ok(taken) = std::net::TcpListener::bind(address) else { continue };
        let port = taken.local_addr()?.port();
        let outcome = RUNTIME.block_on(Listener::bind(port)).map(|_| ());
        let refused = matches!(&outcome, Err(why) if why.contains("choose another port with --port"));
        check(refused, format!("somebody listens on {address}: {outcome:?}"))?;
    }
    Ok(())
}

fn nobody_comes() -> Result<(), Failed> {
    let (_, waiting) = wait(Duration::from_millis(50));
    check(matches!(RUNTIME.block_on(waiting)?, Err(Refusal::Nobody)), "the wait ends")
}
