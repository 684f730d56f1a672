//! TMDL text → a tree of [`Item`]s: keyword, name, value, description, children. Knows indentation and expressions, not
//! what the keywords mean.

use super::names;
use crate::base::{Diagnostic, FileId, Span};
use crate::model::{Origin, Source};

/// A property or an object.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// First word of the line, lower case: `measure`, `formatstring`.
    pub keyword: String,
    /// The first word as written.
    pub written: String,
    /// Name of an object.
    pub name: Option<String>,
    /// What follows `:` or `=`.
    pub value: Value,
    /// `///` lines above, joined with `\n`.
    pub description: String,
    /// Lines indented below it.
    pub children: Vec<Item>,
    /// The line without indentation.
    pub span: Span,
    /// Everything below the declaration, raw and without the common indentation.
    pub body: String,
}

/// What a line says.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// Nothing: a flag, or an object.
    None,
    /// After `:`.
    Text(String),
    /// After `=`.
    Expression(Source),
}

impl Item {
    /// The text of `name: text` or `name = text`.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::None => None,
            Value::Text(text) => Some(text),
            Value::Expression(source) => Some(&source.text),
        }
    }

    /// The expression, or the text as one.
    pub fn source(&self) -> Option<Source> {
        match &self.value {
            Value::Expression(source) => Some(source.clone()),
            Value::Text(text) => Some(Source::new(text.clone())),
            Value::None => None,
        }
    }

    /// The last child with a keyword (lower case).
    pub fn child(&self, keyword: &str) -> Option<&Item> {
        self.children.iter().rev().find(|child| child.keyword == keyword)
    }
}

struct Line<'t> {
    indent: usize,
    /// Offset of the first character after the indentation.
    start: usize,
    text: &'t str,
}

/// Reads one file. What is wrong is reported; the tree holds what could be read.
pub(super) fn parse(text: &str, file: FileId, diagnostics: &mut Vec<Diagnostic>) -> Vec<Item> {
    let mut lines = Vec::new();
    let mut unit = None;
    let mut offset = 0;
    for raw in text.split_inclusive('\n') {
        let line = raw.trim_end_matches(['\n', '\r']);
        let content = line.trim_start_matches([' ', '\t']);
        let indent = line.len() - content.len();
        if indent > 0 && !content.is_empty() && unit.is_none() {
            unit = Some(if line.starts_with('\t') { 1 } else { indent });
        }
        lines.push(Line { indent, start: offset + indent, text: content });
        offset += raw.len();
    }
    let mut parser = Parser { text, file, lines, unit: unit.unwrap_or(1), at: 0, diagnostics };
    let mut items = parser.items(None);
    // A script wraps the objects.
    if let [only] = items.as_slice()
        && matches!(only.keyword.as_str(), "createorreplace" | "create" | "alter")
    {
        items = only.children.clone();
    }
    items
}

struct Parser<'t, 'd> {
    text: &'t str,
    file: FileId,
    lines: Vec<Line<'t>>,
    unit: usize,
    at: usize,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl Parser<'_, '_> {
    fn span(&self, line: usize) -> Span {
        let line = &self.lines[line];
        Span::new(self.file, line.start, line.start + line.text.trim_end().len())
    }

    fn error(&mut self, code: &'static str, line: usize, message: &str, label: &str) {
        let span = self.span(line);
        self.diagnostics.push(Diagnostic::error(code, message).at(span, label));
    }

    /// The next line with text, from `self.at`.
    fn peek(&self) -> Option<usize> {
        (self.at..self.lines.len()).find(|i| !self.lines[*i].text.trim().is_empty())
    }

    fn items(&mut self, parent: Option<usize>) -> Vec<Item> {
        let mut items: Vec<Item> = Vec::new();
        let mut level: Option<usize> = None;
        let mut description: Vec<String> = Vec::new();
        while let Some(index) = self.peek() {
            let indent = self.lines[index].indent;
            if parent.is_some_and(|parent| indent <= parent) {
                break;
            }
            self.at = index + 1;
            let level = *level.get_or_insert(indent);
            if indent != level {
                self.error("F0301", index, "invalid indentation", "expected the indentation of the lines above");
                continue;
            }
            let text = self.lines[index].text;
            if let Some(words) = text.strip_prefix("///") {
                description.push(words.strip_prefix(' ').unwrap_or(words).trim_end().to_owned());
                continue;
            }
            if let Some(mut item) = self.item(index, indent) {
                item.description = std::mem::take(&mut description).join("\n");
                let from = self.at;
                if self.peek().is_some_and(|next| self.lines[next].indent > indent) {
                    if let (Value::Text(_), Some(next)) = (&item.value, self.peek()) {
                        self.error("F0301", next, "invalid indentation", "a property has nothing below it");
                    }
                    item.children = self.items(Some(indent));
                    item.body = self.raw(from, self.at);
                }
                items.push(item);
            }
        }
        items
    }

    /// Lines `from..to` without their common indentation, blank ends removed.
    fn raw(&self, from: usize, to: usize) -> String {
        let lines = &self.lines[from..to];
        let common = lines.iter().filter(|l| !l.text.trim().is_empty()).map(|l| l.indent).min().unwrap_or(0);
        let text: Vec<&str> = lines
            .iter()
            .map(|l| if l.text.trim().is_empty() { "" } else { &self.text[l.start - (l.indent - common)..l.start + l.text.len()] })
            .collect();
        text.join("\n").trim_matches('\n').to_owned()
    }

    fn item(&mut self, index: usize, indent: usize) -> Option<Item> {
        let text = self.lines[index].text;
        let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
        if end == 0 || !text.starts_with(char::is_alphabetic) {
            self.error("F0302", index, "this line is neither a property nor an object", "expected a keyword");
            return None;
        }
        let (word, rest) = text.split_at(end);
        let mut item = Item {
            keyword: word.to_lowercase(),
            written: word.to_owned(),
            name: None,
            value: Value::None,
            description: String::new(),
            children: Vec::new(),
            span: self.span(index),
            body: String::new(),
        };
        let mut rest = rest.trim_start();
        if let Some(value) = rest.strip_prefix(':') {
            item.value = Value::Text(names::read_text(value));
            return Some(item);
        }
        if !rest.is_empty() && !rest.starts_with('=') {
            let Some((name, after)) = names::name(rest) else {
                self.error("F0303", index, "a quoted name stays open", "expected a closing `'`");
                return Some(item);
            };
            item.name = Some(name);
            rest = after.trim_start();
            if item.keyword == "ref" {
                item.value = Value::Text(names::whole(rest.trim()));
                return Some(item);
            }
        }
        if let Some(value) = rest.strip_prefix('=') {
            let object = item.name.is_some()
                || matches!(
                    item.keyword.as_str(),
                    "formatstringdefinition"
                        | "detailrowsdefinition"
                        | "linguisticmetadata"
                        | "multipleoremptyselectionexpression"
                        | "noselectionexpression"
                );
            item.value = Value::Expression(self.expression(index, indent, value, object));
        } else if !rest.trim().is_empty() {
            self.error("F0302", index, "unexpected text after a name", "expected `=`, `:` or the end of the line");
        }
        Some(item)
    }

    fn expression(&mut self, index: usize, indent: usize, value: &str, object: bool) -> Source {
        let trimmed = value.trim();
        if trimmed == "```" {
            return self.fenced(index);
        }
        if !trimmed.is_empty() {
            let line = &self.lines[index];
            let start = line.start + (line.text.len() - value.len()) + (value.len() - value.trim_start().len());
            let span = Span::new(self.file, start, start + trimmed.len());
            return Source { text: trimmed.to_owned(), origin: Some(Origin { span, line_starts: vec![start as u32] }) };
        }
        let least = if object { indent + 2 * self.unit } else { indent + 1 };
        let Some(first) = self.peek().filter(|next| self.lines[*next].indent >= least) else {
            return Source::default();
        };
        let margin = self.lines[first].indent;
        let mut last = first;
        let mut next = first;
        while next < self.lines.len() {
            let line = &self.lines[next];
            if !line.text.trim().is_empty() {
                if line.indent < least {
                    break;
                }
                last = next;
            }
            next += 1;
        }
        self.at = last + 1;
        self.block(first, last, margin)
    }

    fn fenced(&mut self, index: usize) -> Source {
        let Some(close) = (self.at..self.lines.len()).find(|i| self.lines[*i].text.trim_end() == "```") else {
            self.error("F0304", index, "a block that begins with three backticks stays open", "no closing backticks");
            self.at = self.lines.len();
            return Source::default();
        };
        let first = self.at;
        self.at = close + 1;
        let margin = self.lines[close].indent;
        if close == first { Source::default() } else { self.block(first, close - 1, margin) }
    }

    /// Lines `first..=last`, each without up to `margin` characters of indentation.
    fn block(&self, first: usize, last: usize, margin: usize) -> Source {
        let mut text = String::new();
        let mut line_starts = Vec::new();
        let mut end = 0;
        for line in &self.lines[first..=last] {
            let start = line.start - line.indent.saturating_sub(margin);
            end = line.start + line.text.len();
            if !line_starts.is_empty() {
                text.push('\n');
            }
            line_starts.push(start as u32);
            text.push_str(&self.text[start..end]);
        }
        let start = line_starts.first().copied().unwrap_or(0) as usize;
        Source { text, origin: Some(Origin { span: Span::new(self.file, start, end), line_starts }) }
    }
}
