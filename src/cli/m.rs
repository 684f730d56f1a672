//! `xero-pbit m`: evaluate, parse and format Power Query M, list its library.
#![allow(clippy::disallowed_methods, reason = "reads the file that the user names")]

use std::io::{BufRead, IsTerminal, Read, Write};
use std::sync::mpsc;
use std::time::Duration;

use clap::Subcommand;
use serde_json::Value as Json;

use super::{Failure, Global};
use crate::base::{Diagnostic, SourceMap};
use crate::m::syntax::{Document, Parsed, parse_document, parse_expression};
use crate::m::{self, Error, Interp, Options, Sources, canon, functions};

/// Evaluate, parse, format Power Query M.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  xero-pbit m eval 'List.Sum(List.Transform({1..10}, each _ * _))'")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Evaluate an expression; on a terminal without one, a prompt
    #[command(
        after_help = "Examples:\n  xero-pbit m eval '1 + 1'\n  xero-pbit m eval --file query.pq\n  xero-pbit m eval --jsonl < requests.jsonl"
    )]
    Eval(Eval),
    /// Check the syntax
    #[command(after_help = "Example:\n  xero-pbit m parse --file query.pq")]
    Parse(Parse),
    /// Lay a text out
    #[command(after_help = "Example:\n  xero-pbit m format --write query.pq")]
    Format(Format),
    /// List the library, or show one function
    #[command(after_help = "Example:\n  xero-pbit m functions Text.Start")]
    Functions(Functions),
}

#[derive(clap::Args, Debug)]
struct Eval {
    /// The expression
    expression: Option<String>,
    /// Read the text from a file (`-`: standard input)
    #[arg(long, short, conflicts_with = "expression")]
    file: Option<String>,
    /// The expression to evaluate when the text holds section documents
    #[arg(long)]
    entry: Option<String>,
    /// One JSON request a line on standard input, one answer a line
    #[arg(long)]
    jsonl: bool,
    /// Print canonical JSON in place of M
    #[arg(long)]
    json: bool,
    /// Let the text use the network and files
    #[arg(long)]
    allow_io: bool,
    /// Seconds after which an evaluation is stopped
    #[arg(long, value_name = "SECONDS")]
    time_limit: Option<u64>,
}

#[derive(clap::Args, Debug)]
struct Parse {
    /// The text
    text: Option<String>,
    /// Read the text from a file (`-`: standard input)
    #[arg(long, short, conflicts_with = "text")]
    file: Option<String>,
    /// One JSON request a line on standard input, one answer a line
    #[arg(long)]
    jsonl: bool,
}

#[derive(clap::Args, Debug)]
struct Format {
    /// Files; without any, standard input goes to standard output
    files: Vec<String>,
    /// Rewrite the files
    #[arg(long, short)]
    write: bool,
    /// Exit with 1 when a file is not laid out this way
    #[arg(long)]
    check: bool,
}

#[derive(clap::Args, Debug)]
struct Functions {
    /// A name
    name: Option<String>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args, global: &Global) -> Result<u8, Failure> {
    match args.command {
        Command::Eval(args) if args.jsonl => jsonl(move |line| eval_line(line, &args)),
        Command::Eval(args) => eval(args, global),
        Command::Parse(args) if args.jsonl => jsonl(parse_line),
        Command::Parse(args) => parse(args, global),
        Command::Format(args) => format(args, global),
        Command::Functions(args) => list_functions(args),
    }
}

fn read_text(file: &str) -> Result<String, Failure> {
    if file == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(|e| Failure::usage(format!("standard input: {e}")))?;
        return Ok(text);
    }
    std::fs::read_to_string(file).map_err(|e| Failure::usage(format!("{file}: {e}")))
}

fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}");
}

fn syntax_failure(name: &str, text: &str, error: &m::syntax::SyntaxError, code: u8) -> Failure {
    let mut sources = SourceMap::default();
    let file = sources.add(name, text);
    let diagnostics = vec![Document::diagnostic(error, file)];
    Failure { code, diagnostics, sources, message: None }
}

fn sources(allow_io: bool) -> Sources {
    if allow_io { crate::host::m::sources() } else { crate::host::m::offline() }
}

fn options(allow_io: bool, time_limit: Option<Duration>) -> Options {
    Options { allow_io, time_limit, memory_limit: Some(2 << 30), ..Options::default() }
}

fn eval(args: Eval, global: &Global) -> Result<u8, Failure> {
    let (name, text) = match (&args.expression, &args.file) {
        (Some(expression), _) => ("expression".to_owned(), expression.clone()),
        (None, Some(file)) => (file.clone(), read_text(file)?),
        (None, None) if std::io::stdin().is_terminal() => return repl(&args, global),
        (None, None) => ("standard input".to_owned(), read_text("-")?),
    };
    m::with_stack(|| {
        let parsed = parse_document(&text).map_err(|e| syntax_failure(&name, &text, &e, 1))?;
        let entry = match &args.entry {
            Some(entry) => Some(parse_expression(entry).map_err(|e| syntax_failure("--entry", entry, &e, 1))?),
            None => None,
        };
        let mut cx = Interp::new(options(args.allow_io, args.time_limit.map(Duration::from_secs)), sources(args.allow_io));
        let shown = cx
            .eval_document(&parsed.document, entry.as_ref())
            .and_then(|value| if args.json { canon::to_json(&mut cx, &value) } else { canon::to_source(&mut cx, &value, 1000) });
        match shown {
            Ok(text) => {
                print(&text);
                Ok(0)
            }
            Err(error) => Err(Failure { code: 1, diagnostics: vec![eval_diagnostic(&mut cx, &error)], ..Failure::default() }),
        }
    })
}

fn eval_diagnostic(cx: &mut Interp, error: &Error) -> Diagnostic {
    let code = if error.is_unsupported() { "M0202" } else { "M0201" };
    let diagnostic = Diagnostic::error(code, error.to_string());
    match canon::to_source(cx, &error.data().detail, 5) {
        Ok(detail) if detail != "null" => diagnostic.help(format!("detail: {}", detail.chars().take(400).collect::<String>())),
        _ => diagnostic,
    }
}

fn repl(args: &Eval, global: &Global) -> Result<u8, Failure> {
    let mut editor = rustyline::DefaultEditor::new().map_err(|e| Failure::usage(e.to_string()))?;
    global.say("an M expression, several lines while brackets are open; `name = expression` defines a query; Ctrl+D ends");
    m::with_stack(|| {
        let mut queries: Vec<(String, m::syntax::ast::Expr)> = Vec::new();
        let mut pending = String::new();
        loop {
            let Ok(line) = editor.readline(if pending.is_empty() { "m> " } else { " …> " }) else { return Ok(0) };
            pending.push_str(&line);
            pending.push('\n');
            let text = pending.trim().to_owned();
            if text.is_empty() {
                pending.clear();
                continue;
            }
            let definition = text.split_once('=').filter(|(name, rest)| {
                m::syntax::is_identifier(name.trim()) && !rest.starts_with('>') && parse_expression(&text).is_err_and(|e| e.at.start > 0)
                    || { m::syntax::is_identifier(name.trim()) && !rest.starts_with('>') && parse_expression(rest).is_ok() }
            });
            let (name, source) = match definition {
                Some((name, rest)) => (Some(name.trim().to_owned()), rest.to_owned()),
                None => (None, text.clone()),
            };
            let expr = match parse_expression(&source) {
                Ok(expr) => expr,
                Err(error) if error.at.start as usize >= source.trim_end().len() && !line.trim().is_empty() => continue,
                Err(error) => {
                    syntax_failure("prompt", &source, &error, 1).print(global);
                    pending.clear();
                    continue;
                }
            };
            pending.clear();
            let _ = editor.add_history_entry(&text);
            if let Some(name) = name {
                queries.retain(|(n, _)| *n != name);
                queries.push((name, expr));
                continue;
            }
            let mut cx = Interp::new(options(args.allow_io, args.time_limit.map(Duration::from_secs)), sources(args.allow_io));
            let shown = cx.load_queries(&queries).and_then(|()| {
                let value = cx.eval_document(&Document::Expression(expr), None)?;
                canon::to_source(&mut cx, &value, 50)
            });
            match shown {
                Ok(text) => print(&text),
                Err(error) => global.draw(&[eval_diagnostic(&mut cx, &error)], &SourceMap::default()),
            }
        }
    })
}

fn parse(args: Parse, _global: &Global) -> Result<u8, Failure> {
    let (name, text) = match (args.text, args.file) {
        (Some(text), _) => ("text".to_owned(), text),
        (None, Some(file)) => (file.clone(), read_text(&file)?),
        (None, None) => ("standard input".to_owned(), read_text("-")?),
    };
    match parse_document(&text) {
        Ok(Parsed { document, .. }) => {
            print(m::syntax::print(&document).trim_end());
            Ok(0)
        }
        Err(error) => Err(syntax_failure(&name, &text, &error, 1)),
    }
}

fn format(args: Format, global: &Global) -> Result<u8, Failure> {
    if args.files.is_empty() {
        let text = read_text("-")?;
        let laid_out = m::syntax::format(&text).map_err(|e| syntax_failure("standard input", &text, &e, 2))?;
        let _ = std::io::stdout().lock().write_all(laid_out.as_bytes());
        return Ok(u8::from(args.check && laid_out != text));
    }
    let mut differ = false;
    for file in &args.files {
        let text = read_text(file)?;
        let laid_out = m::syntax::format(&text).map_err(|e| syntax_failure(file, &text, &e, 2))?;
        if args.check {
            if laid_out != text {
                differ = true;
                global.say(format!("{file} is laid out differently"));
            }
        } else if args.write {
            if laid_out != text {
                std::fs::write(file, &laid_out).map_err(|e| Failure::usage(format!("{file}: {e}")))?;
            }
        } else {
            let _ = std::io::stdout().lock().write_all(laid_out.as_bytes());
        }
    }
    Ok(u8::from(differ))
}

fn list_functions(args: Functions) -> Result<u8, Failure> {
    if let Some(name) = &args.name {
        let all = functions::all();
        let Some(function) = all.iter().find(|f| f.name.eq_ignore_ascii_case(name)) else {
            let names: Vec<&str> = all.iter().map(|f| f.name).collect();
            let near = crate::base::nearest(name, names.iter().copied());
            let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            return Err(Failure::usage(format!("there is no function `{name}`{hint}")));
        };
        print(&format!("{}\n\n{}\n{}", function.syntax(), function.about, function.source));
        for (code, result) in function.examples {
            print(&format!("\n  {code}\n  = {result}"));
        }
        return Ok(0);
    }
    for entry in functions::reference() {
        if args.json {
            let mut line = serde_json::Map::new();
            line.insert("name".to_owned(), Json::from(entry.name));
            line.insert("category".to_owned(), Json::from(entry.category));
            line.insert("syntax".to_owned(), Json::from(entry.syntax));
            line.insert("supported".to_owned(), Json::from(entry.supported));
            line.insert("why".to_owned(), entry.why.map_or(Json::Null, Json::from));
            print(&Json::Object(line).to_string());
        } else {
            print(&format!("{} {}", if entry.supported { " " } else { "-" }, entry.syntax));
        }
    }
    Ok(0)
}

/// How much longer than its own limit an evaluation may take before its thread is given up.
const GRACE: Duration = Duration::from_secs(4);
/// The limit of one line.
const LINE_LIMIT: Duration = Duration::from_secs(10);

/// Answers each line of standard input with a line, in order. A line that hangs or brings its thread down costs that line alone.
fn jsonl(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Result<u8, Failure> {
    let answer = std::sync::Arc::new(answer);
    let spawn = || {
        let (to_worker, requests) = mpsc::channel::<String>();
        let (to_main, answers) = mpsc::channel::<String>();
        let answer = answer.clone();
        let stack = Options::default().stack_bytes + (1 << 20);
        let started = std::thread::Builder::new().stack_size(stack).spawn(move || {
            for line in requests {
                let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| answer(&line)));
                let text = outcome.unwrap_or_else(|_| failure(&id_of(&line), "eval", "Expression.Error", "internal failure", true));
                if to_main.send(text).is_err() {
                    return;
                }
            }
        });
        started.map(|_| (to_worker, answers)).map_err(|e| Failure::usage(e.to_string()))
    };
    let (mut to_worker, mut answers) = spawn()?;
    let stdin = std::io::stdin().lock();
    let mut out = std::io::stdout().lock();
    for line in stdin.split(b'\n') {
        let line = line.map_err(|e| Failure::usage(format!("standard input: {e}")))?;
        let line = String::from_utf8_lossy(&line).into_owned();
        if line.trim().is_empty() {
            continue;
        }
        let _ = to_worker.send(line.clone());
        let text = match answers.recv_timeout(LINE_LIMIT + GRACE) {
            Ok(text) => text,
            Err(_) => {
                (to_worker, answers) = spawn()?;
                failure(&id_of(&line), "eval", "Expression.Error", "The evaluation took longer than its time limit.", false)
            }
        };
        let _ = writeln!(out, "{text}");
        let _ = out.flush();
    }
    Ok(0)
}

fn id_of(line: &str) -> Json {
    serde_json::from_str::<Json>(line).ok().and_then(|v| v.get("id").cloned()).unwrap_or(Json::Null)
}

fn failure(id: &Json, stage: &str, reason: &str, message: &str, unsupported: bool) -> String {
    let mut out = format!("{{\"id\":{id},\"ok\":false,\"stage\":\"{stage}\",\"error\":{{\"reason\":");
    canon::json_string(reason, &mut out);
    out.push_str(",\"message\":");
    canon::json_string(message, &mut out);
    out.push_str(&format!("}},\"unsupported\":{unsupported}}}"));
    out
}

struct Request {
    id: Json,
    code: String,
    entry: Option<String>,
}

fn request(line: &str) -> Result<Request, String> {
    let json: Json = serde_json::from_str(line).map_err(|e| failure(&Json::Null, "parse", "Request.Error", &e.to_string(), false))?;
    let id = json.get("id").cloned().unwrap_or(Json::Null);
    match json.get("code").and_then(Json::as_str) {
        Some(code) => Ok(Request { id, code: code.to_owned(), entry: json.get("entry").and_then(Json::as_str).map(str::to_owned) }),
        None => Err(failure(&id, "parse", "Request.Error", "the request has no \"code\"", false)),
    }
}

fn syntax_answer(id: &Json, error: &m::syntax::SyntaxError) -> String {
    failure(id, "parse", "Expression.SyntaxError", &error.message, false)
}

fn parse_line(line: &str) -> String {
    match request(line) {
        Ok(request) => match parse_document(&request.code) {
            Ok(_) => format!("{{\"id\":{},\"ok\":true}}", request.id),
            Err(error) => syntax_answer(&request.id, &error),
        },
        Err(answer) => answer,
    }
}

fn eval_line(line: &str, args: &Eval) -> String {
    let request = match request(line) {
        Ok(request) => request,
        Err(answer) => return answer,
    };
    let id = &request.id;
    let parsed = match parse_document(&request.code) {
        Ok(parsed) => parsed,
        Err(error) => return syntax_answer(id, &error),
    };
    let entry = match request.entry.as_deref().map(parse_expression).transpose() {
        Ok(entry) => entry,
        Err(error) => return syntax_answer(id, &error),
    };
    let limit = args.time_limit.map_or(LINE_LIMIT, Duration::from_secs).min(LINE_LIMIT);
    let mut cx = Interp::new(options(args.allow_io, Some(limit)), sources(args.allow_io));
    match cx.eval_document(&parsed.document, entry.as_ref()).and_then(|value| canon::to_json(&mut cx, &value)) {
        Ok(value) => format!("{{\"id\":{id},\"ok\":true,\"value\":{value}}}"),
        Err(error) => failure(id, "eval", error.reason(), error.message(), error.is_unsupported()),
    }
}
