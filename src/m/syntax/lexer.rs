//! Text → tokens, one at a time; where a field name is expected the parser asks for one.

use std::rc::Rc;

use super::ast::{Comment, Range};
use super::names::{continues_identifier, starts_identifier};

/// What a token is. Texts and names are cut from the source by the parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    End,
    Identifier,
    Quoted,
    Number,
    Text,
    Verbatim,
    /// `#date`, `#table` …: a name.
    HashName,
    And,
    As,
    Each,
    Else,
    Error,
    False,
    If,
    In,
    Is,
    Let,
    Meta,
    Not,
    Null,
    Or,
    Otherwise,
    Section,
    Shared,
    Then,
    True,
    Try,
    Type,
    Comma,
    Semicolon,
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    NotEqual,
    Plus,
    Minus,
    Star,
    Slash,
    Ampersand,
    OpenParen,
    CloseParen,
    OpenBracket,
    CloseBracket,
    OpenBrace,
    CloseBrace,
    At,
    Bang,
    Question,
    Coalesce,
    Arrow,
    DotDot,
    Ellipsis,
    /// Not M; the message says why.
    Bad(&'static str),
}

pub(super) struct Lexer<'a> {
    pub text: &'a str,
    pub pos: usize,
    pub comments: Vec<Comment>,
    /// Comments before this byte are already kept; backtracking reads them again.
    seen: usize,
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str) -> Lexer<'a> {
        let pos = if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
        Lexer { text, pos, comments: Vec::new(), seen: 0 }
    }

    #[inline]
    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }

    fn skip_blanks(&mut self) -> Option<&'static str> {
        loop {
            match self.byte(self.pos) {
                b' ' | b'\t' | b'\r' | b'\n' | 0x0B | 0x0C => self.pos += 1,
                b'/' if self.byte(self.pos + 1) == b'/' => {
                    let start = self.pos;
                    let rest = &self.text[start..];
                    let end = rest.find(['\r', '\n', '\u{85}', '\u{2028}', '\u{2029}']).map_or(self.text.len(), |n| start + n);
                    self.comment(start, end);
                    self.pos = end;
                }
                b'/' if self.byte(self.pos + 1) == b'*' => {
                    let start = self.pos;
                    let Some(end) = self.text[start + 2..].find("*/") else {
                        self.pos = self.text.len();
                        return Some("this comment has no end");
                    };
                    let end = start + 2 + end + 2;
                    self.comment(start, end);
                    self.pos = end;
                }
                0x80.. => {
                    let c = self.text[self.pos..].chars().next().unwrap_or('a');
                    if c.is_whitespace() || c == '\u{FEFF}' {
                        self.pos += c.len_utf8();
                    } else {
                        return None;
                    }
                }
                _ => return None,
            }
        }
    }

    #[cold]
    fn comment(&mut self, start: usize, end: usize) {
        if start < self.seen {
            return;
        }
        self.seen = end;
        let line = self.text[..start].rfind('\n').map_or(0, |n| n + 1);
        let own_line = self.text[line..start].trim().is_empty();
        self.comments.push(Comment {
            at: Range { start: start as u32, end: end as u32 },
            text: Rc::from(self.text[start..end].trim_end()),
            own_line,
        });
    }

    /// The next token and its range.
    pub fn next(&mut self) -> (Token, Range) {
        if let Some(message) = self.skip_blanks() {
            return (Token::Bad(message), self.range(self.pos));
        }
        let start = self.pos;
        let token = self.scan(start);
        (token, self.range(start))
    }

    fn range(&self, start: usize) -> Range {
        Range { start: start as u32, end: self.pos as u32 }
    }

    fn one(&mut self, token: Token) -> Token {
        self.pos += 1;
        token
    }

    fn two(&mut self, token: Token) -> Token {
        self.pos += 2;
        token
    }

    fn scan(&mut self, start: usize) -> Token {
        let (b, n) = (self.byte(start), self.byte(start + 1));
        match b {
            0 if start >= self.text.len() => Token::End,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => self.word(start),
            b'0'..=b'9' => self.number(start),
            b'"' => match self.text_end(start) {
                Some(end) => {
                    self.pos = end;
                    Token::Text
                }
                None => {
                    self.pos = self.text.len();
                    Token::Bad("this text has no closing quote")
                }
            },
            b'#' => self.hash(start, n),
            b',' => self.one(Token::Comma),
            b';' => self.one(Token::Semicolon),
            b'=' if n == b'>' => self.two(Token::Arrow),
            b'=' => self.one(Token::Equal),
            b'<' if n == b'=' => self.two(Token::LessOrEqual),
            b'<' if n == b'>' => self.two(Token::NotEqual),
            b'<' => self.one(Token::Less),
            b'>' if n == b'=' => self.two(Token::GreaterOrEqual),
            b'>' => self.one(Token::Greater),
            b'+' => self.one(Token::Plus),
            b'-' => self.one(Token::Minus),
            b'*' => self.one(Token::Star),
            b'/' => self.one(Token::Slash),
            b'&' => self.one(Token::Ampersand),
            b'(' => self.one(Token::OpenParen),
            b')' => self.one(Token::CloseParen),
            b'[' => self.one(Token::OpenBracket),
            b']' => self.one(Token::CloseBracket),
            b'{' => self.one(Token::OpenBrace),
            b'}' => self.one(Token::CloseBrace),
            b'@' => self.one(Token::At),
            b'!' => self.one(Token::Bang),
            b'?' if n == b'?' => self.two(Token::Coalesce),
            b'?' => self.one(Token::Question),
            b'.' if n.is_ascii_digit() => self.number(start),
            b'.' if n == b'.' && self.byte(start + 2) == b'.' => {
                self.pos += 3;
                Token::Ellipsis
            }
            b'.' if n == b'.' => self.two(Token::DotDot),
            _ => {
                self.pos += 1;
                Token::Bad("this character has no meaning here")
            }
        }
    }

    /// The end of one identifier segment that starts at `at`.
    fn segment(&self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut end = at;
        loop {
            match bytes.get(end) {
                Some(b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_') => end += 1,
                Some(0x80..) => match self.text[end..].chars().next() {
                    Some(c) if continues_identifier(c) => end += c.len_utf8(),
                    _ => return end,
                },
                _ => return end,
            }
        }
    }

    fn starts(&self, at: usize) -> bool {
        match self.byte(at) {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => true,
            0x80.. => self.text[at..].chars().next().is_some_and(starts_identifier),
            _ => false,
        }
    }

    fn word(&mut self, start: usize) -> Token {
        if !self.starts(start) {
            self.pos += self.text[start..].chars().next().map_or(1, char::len_utf8);
            return Token::Bad("this character has no meaning here");
        }
        let mut end = self.segment(start);
        let mut dotted = false;
        // Microsoft's lexer takes digits after a dot as well.
        while self.byte(end) == b'.' && (self.starts(end + 1) || self.byte(end + 1).is_ascii_digit()) {
            end = self.segment(end + 1);
            dotted = true;
        }
        self.pos = end;
        if dotted { Token::Identifier } else { keyword(&self.text[start..end]) }
    }

    fn number(&mut self, start: usize) -> Token {
        let digits = |mut at: usize| {
            while self.byte(at).is_ascii_digit() {
                at += 1;
            }
            at
        };
        if self.byte(start) == b'0' && matches!(self.byte(start + 1), b'x' | b'X') {
            let mut end = start + 2;
            while self.byte(end).is_ascii_hexdigit() {
                end += 1;
            }
            self.pos = end;
            return if end == start + 2 { Token::Bad("hexadecimal digits are missing") } else { Token::Number };
        }
        let mut end = digits(start);
        if self.byte(end) == b'.' && self.byte(end + 1).is_ascii_digit() {
            end = digits(end + 1);
        }
        if matches!(self.byte(end), b'e' | b'E') {
            let sign = usize::from(matches!(self.byte(end + 1), b'+' | b'-'));
            if self.byte(end + 1 + sign).is_ascii_digit() {
                end = digits(end + 1 + sign);
            }
        }
        self.pos = end;
        Token::Number
    }

    /// One past the closing quote of the text whose opening quote is at `start`.
    fn text_end(&self, start: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = start + 1;
        loop {
            at += bytes.get(at..)?.iter().position(|b| *b == b'"')?;
            if bytes.get(at + 1) != Some(&b'"') {
                return Some(at + 1);
            }
            at += 2;
        }
    }

    fn hash(&mut self, start: usize, n: u8) -> Token {
        match n {
            b'"' => match self.text_end(start + 1) {
                Some(end) => {
                    self.pos = end;
                    Token::Quoted
                }
                None => {
                    self.pos = self.text.len();
                    Token::Bad("this name has no closing quote")
                }
            },
            b'!' if self.byte(start + 2) == b'"' => match self.text_end(start + 2) {
                Some(end) => {
                    self.pos = end;
                    Token::Verbatim
                }
                None => {
                    self.pos = self.text.len();
                    Token::Bad("this verbatim literal has no closing quote")
                }
            },
            _ => {
                let end = self.segment(start + 1);
                self.pos = end.max(start + 1);
                match &self.text[start..end] {
                    "#binary" | "#date" | "#datetime" | "#datetimezone" | "#duration" | "#infinity" | "#nan" | "#sections" | "#shared"
                    | "#table" | "#time" => Token::HashName,
                    _ => Token::Bad("no keyword starts like this"),
                }
            }
        }
    }

    /// A field name at `from` (blanks and comments skipped): quoted, or words with single-line blanks and dots between them. Gives the
    /// range of the name and leaves the position behind it; `None` when there is none.
    pub fn field_name(&mut self, from: usize) -> Option<(Range, bool)> {
        self.pos = from;
        if self.skip_blanks().is_some() {
            return None;
        }
        let start = self.pos;
        let is_quoted = |lexer: &Self, at: usize| lexer.byte(at) == b'#' && lexer.byte(at + 1) == b'"';
        let mut quoted = is_quoted(self, start);
        let mut end = if quoted { self.text_end(start + 1)? } else { self.segment(start) };
        if end == start {
            return None;
        }
        loop {
            let mut next = end;
            if self.byte(next) == b'.' && self.byte(next + 1) != b'.' {
                next += 1;
            } else {
                while matches!(self.byte(next), b' ' | b'\t') || self.text[next..].starts_with(['\u{A0}', '\u{3000}']) {
                    next += self.text[next..].chars().next().map_or(1, char::len_utf8);
                }
                if next == end {
                    break;
                }
            }
            // Quoted words among others are part of the name as they are written.
            let stop = if is_quoted(self, next) { self.text_end(next + 1).unwrap_or(next) } else { self.segment(next) };
            if stop == next {
                break;
            }
            quoted = false;
            end = stop;
        }
        self.pos = end;
        Some((self.range(start), quoted))
    }
}

fn keyword(word: &str) -> Token {
    match word {
        "and" => Token::And,
        "as" => Token::As,
        "each" => Token::Each,
        "else" => Token::Else,
        "error" => Token::Error,
        "false" => Token::False,
        "if" => Token::If,
        "in" => Token::In,
        "is" => Token::Is,
        "let" => Token::Let,
        "meta" => Token::Meta,
        "not" => Token::Not,
        "null" => Token::Null,
        "or" => Token::Or,
        "otherwise" => Token::Otherwise,
        "section" => Token::Section,
        "shared" => Token::Shared,
        "then" => Token::Then,
        "true" => Token::True,
        "try" => Token::Try,
        "type" => Token::Type,
        _ => Token::Identifier,
    }
}

/// The content of a text literal or quoted name: quotes undoubled, escapes resolved.
///
/// # Errors
/// What is wrong with an escape.
pub(super) fn unescape(raw: &str) -> Result<String, &'static str> {
    if !raw.contains(['"', '#']) {
        return Ok(raw.to_owned());
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(['"', '#']) {
        out.push_str(&rest[..at]);
        let tail = &rest[at..];
        if tail.starts_with('"') {
            out.push('"');
            rest = tail.strip_prefix("\"\"").unwrap_or(&tail[1..]);
        } else if let Some(inside) = tail.strip_prefix("#(") {
            let Some(end) = inside.find(')') else { return Err("this escape has no closing parenthesis") };
            let mut pending_high: Option<u16> = None;
            for part in inside[..end].split(',') {
                escape(part.trim(), &mut out, &mut pending_high)?;
            }
            rest = &inside[end + 1..];
            // A pair of surrogates may be written as two escapes.
            if let Some(high) = pending_high {
                let low = rest.strip_prefix("#(").and_then(|r| r.split_once(')')).and_then(|(hex, tail)| {
                    let low = u16::from_str_radix(hex, 16).ok().filter(|_| hex.len() == 4)?;
                    char::decode_utf16([high, low]).next()?.ok().map(|c| (c, tail))
                });
                match low {
                    Some((c, tail)) => {
                        out.push(c);
                        rest = tail;
                    }
                    None => out.push('\u{FFFD}'),
                }
            }
        } else {
            out.push('#');
            rest = &tail[1..];
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn escape(part: &str, out: &mut String, pending_high: &mut Option<u16>) -> Result<(), &'static str> {
    match part {
        "cr" => out.push('\r'),
        "lf" => out.push('\n'),
        "tab" => out.push('\t'),
        "#" => out.push('#'),
        hex if (hex.len() == 4 || hex.len() == 8) && hex.bytes().all(|b| b.is_ascii_hexdigit()) => {
            let code = u32::from_str_radix(hex, 16).map_err(|_| "this escape is not a character")?;
            match char::from_u32(code) {
                Some(c) => {
                    if pending_high.take().is_some() {
                        out.push('\u{FFFD}');
                    }
                    out.push(c);
                }
                None if (0xD800..0xDC00).contains(&code) => *pending_high = Some(code as u16),
                None if (0xDC00..0xE000).contains(&code) => match pending_high.take() {
                    Some(high) => out.push(char::decode_utf16([high, code as u16]).next().and_then(Result::ok).unwrap_or('\u{FFFD}')),
                    None => out.push('\u{FFFD}'),
                },
                None => return Err("this escape is not a character"),
            }
        }
        _ => return Err("an escape is cr, lf, tab, # or four or eight hexadecimal digits"),
    }
    Ok(())
}
