//! `Json.*`: text to values and back.

use std::cell::RefCell;
use std::hash::{BuildHasher, Hasher};
use std::rc::Rc;

use hashbrown::HashMap;
use smallvec::SmallVec;

use super::json_scan::{begins, bytes_hash, end_of, text_end};
use super::{ANY, BINARY, Builtin, NULLABLE_NUMBER, arg, opt};
use crate::m::error::{Error, Result};
use crate::m::eval::Interp;
use crate::m::value::{Bytes, JsonText, List, Name, Record, Shape, Slot, Unread, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "Json.Document",
        params: &[arg("jsonText", ANY), opt("encoding", NULLABLE_NUMBER)],
        returns: ANY,
        about: "The value that a JSON text or binary spells: objects become records, arrays lists.",
        source: "https://learn.microsoft.com/powerquery-m/json-document",
        examples: &[("Json.Document(\"{\"\"a\"\":[1,2]}\")[a]{1}", "2")],
        run: document,
    },
    Builtin {
        name: "Json.FromValue",
        params: &[arg("value", ANY), opt("encoding", NULLABLE_NUMBER)],
        returns: BINARY,
        about: "A value as JSON in UTF-8.",
        source: "https://learn.microsoft.com/powerquery-m/json-fromvalue",
        examples: &[("Text.FromBinary(Json.FromValue([a = {1, null}]))", "\"{\"\"a\"\":[1,null]}\"")],
        run: super::json_write::from_value,
    },
];

/// How deep arrays and objects may nest.
const MAX_DEPTH: u32 = 10_000;

fn document(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    match &args[0] {
        Value::Null => Ok(Value::Null),
        Value::Text(text) => parse(cx, Bytes::from(text.as_bytes().to_vec())),
        Value::Binary(binary) => {
            let bytes = binary.bytes(cx)?;
            let plain =
                matches!(args[1].as_i64(), None | Some(65001)) && !bytes.starts_with(&[0xFF, 0xFE]) && !bytes.starts_with(&[0xFE, 0xFF]);
            if plain {
                return remembered(cx, bytes);
            }
            let Some(super::Global::Function(decode)) = super::lookup("Text.FromBinary") else {
                return parse(cx, bytes);
            };
            match cx.call_builtin(decode, args)? {
                Value::Text(text) => parse(cx, Bytes::from(text.as_bytes().to_vec())),
                other => Err(Error::cannot_convert(&other, "Text")),
            }
        }
        other => Err(Error::cannot_convert(other, "Binary")),
    }
}

/// What parsing leaves behind for the texts that follow: names and shapes are the same from page to page, and some pages come again.
#[derive(Default)]
pub(crate) struct Parsed {
    names: Rc<RefCell<Known>>,
    /// By two independent fingerprints of the bytes and their number.
    values: HashMap<(u64, u64, usize), Value>,
    seeds: (hashbrown::DefaultHashBuilder, hashbrown::DefaultHashBuilder),
    bytes: usize,
}

/// Names, shapes and short texts that were met.
#[derive(Default)]
struct Known {
    names: HashMap<Box<str>, Name>,
    shapes: HashMap<Vec<Name>, Shape>,
    /// Short texts repeat (codes, statuses, ids): they share their bytes. Each has one place, which the last one takes; its hash beside
    /// it saves looking at another text.
    short: Vec<Option<(u64, Name)>>,
    /// Hashes of short texts that were met once: a text gets its place when it comes again. Ids that come once would only be in the way.
    once: Vec<u32>,
    /// Cells of the records and lists that are being read.
    cells: Vec<Slot>,
    /// Where the values of objects begin that are being passed.
    places: Vec<u32>,
    /// The empty list.
    nothing: Nothing,
}

/// One empty list for all.
struct Nothing(List);

impl Default for Nothing {
    fn default() -> Nothing {
        Nothing(List::empty())
    }
}

/// Places for short texts, and how short they are.
const SHORT_PLACES: usize = 8192;
const SHORT_BYTES: usize = 40;

impl Known {
    /// A text without escapes.
    fn text(&mut self, raw: &[u8]) -> Name {
        if raw.len() > SHORT_BYTES {
            return utf8(raw);
        }
        if self.short.is_empty() {
            self.short.resize(SHORT_PLACES, None);
            self.once.resize(SHORT_PLACES, 0);
        }
        let hash = bytes_hash(raw);
        let at = hash as usize % SHORT_PLACES;
        match &mut self.short[at] {
            Some((known, text)) if *known == hash && text.len() == raw.len() && begins(text.as_bytes(), raw) => text.clone(),
            place => {
                let text = utf8(raw);
                let seen = (hash >> 32) as u32;
                if std::mem::replace(&mut self.once[at], seen) == seen {
                    *place = Some((hash, text.clone()));
                }
                text
            }
        }
    }
}

/// Texts up to this many bytes, and this many in all, are remembered with their values.
const REMEMBERED_EACH: usize = 1 << 20;
const REMEMBERED: usize = 16 << 20;

/// As [`parse`]; the same bytes are parsed once in the life of the evaluator while there is room.
fn remembered(cx: &mut Interp, bytes: Bytes) -> Result<Value> {
    if bytes.len() < 256 || bytes.len() > REMEMBERED_EACH {
        return parse(cx, bytes);
    }
    let hash = |seed: &hashbrown::DefaultHashBuilder| {
        let mut hasher = seed.build_hasher();
        hasher.write(&bytes);
        hasher.finish()
    };
    let key = (hash(&cx.json.seeds.0), hash(&cx.json.seeds.1), bytes.len());
    if let Some(value) = cx.json.values.get(&key) {
        return Ok(value.clone());
    }
    let length = bytes.len();
    let value = parse(cx, bytes)?;
    if cx.json.bytes + length <= REMEMBERED {
        cx.json.bytes += length;
        cx.json.values.insert(key, value.clone());
    }
    Ok(value)
}

/// Reads one JSON text; bytes that are not UTF-8 become U+FFFD.
pub(crate) fn parse(cx: &mut Interp, text: Bytes) -> Result<Value> {
    cx.charge(text.len().saturating_mul(2))?;
    let known = cx.json.names.clone();
    let start = if text.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let kept = Rc::new(JsonText(text.clone()));
    // What is left for later is found by a position of four bytes.
    let eager = u32::try_from(text.len()).is_err();
    let mut parser = Parser { cx, known: &mut known.borrow_mut(), text: &kept, eager, bytes: &text, at: start, depth: 0 };
    let mut hint = Hint::default();
    // What a text that was no JSON left behind.
    parser.known.cells.clear();
    parser.known.places.clear();
    parser.blanks();
    let value = parser.value(&mut hint)?;
    parser.blanks();
    if parser.at < parser.bytes.len() {
        return Err(Error::data_format("We found extra characters at the end of JSON input.").with_detail(Value::Record(Record::new(
            vec![("Value", Value::from(parser.rest())), ("Position", Value::count(parser.at - start))],
        ))));
    }
    Ok(value)
}

/// What the last value at this place of the document looked like: the next one is probably alike.
#[derive(Default)]
pub(crate) struct Hint {
    /// The makings of the objects met here, the last one first.
    shapes: SmallVec<[Rc<Making>; 2]>,
    children: Vec<Hint>,
}

/// How objects at a place of a document are made.
struct Making {
    shape: Shape,
    /// What is known of values that are read later.
    later: Rc<RefCell<Hint>>,
    /// What stands before each value where nothing is written that need not be: `"a":`, then `,"b":`; and where each of these ends.
    before: Box<[u8]>,
    ends: Box<[u32]>,
}

impl Making {
    fn new(shape: &Shape) -> Making {
        let (mut before, mut ends) = (Vec::new(), Vec::with_capacity(shape.len()));
        for (at, name) in shape.names().iter().enumerate() {
            if at > 0 {
                before.push(b',');
            }
            before.push(b'"');
            before.extend_from_slice(name.as_bytes());
            before.extend_from_slice(b"\":");
            ends.push(before.len() as u32);
            // A name that is written with escapes is compared the slow way, and those after it.
            if name.bytes().any(|byte| matches!(byte, b'"' | b'\\') || byte < b' ') {
                ends.pop();
                break;
            }
        }
        Making { shape: shape.clone(), later: Rc::default(), before: before.into(), ends: ends.into() }
    }

    /// What stands before value `at`.
    #[inline]
    fn before(&self, at: usize) -> Option<&[u8]> {
        let end = *self.ends.get(at)? as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        self.before.get(start..end)
    }
}

/// How many shapes are tried at one place of a document.
const MOST_SHAPES: usize = 8;

impl Hint {
    fn child(&mut self, at: usize) -> &mut Hint {
        child(&mut self.children, at)
    }
}

fn child(children: &mut Vec<Hint>, at: usize) -> &mut Hint {
    if children.len() <= at {
        children.resize_with(at + 1, Hint::default);
    }
    &mut children[at]
}

/// Makes `shape` the first of the known ones.
fn note<'a>(shapes: &'a mut SmallVec<[Rc<Making>; 2]>, shape: &Shape) -> &'a Rc<RefCell<Hint>> {
    match shapes.iter().position(|known| known.shape.ptr_eq(shape)) {
        Some(0) => {}
        Some(at) => shapes[..=at].rotate_right(1),
        None => {
            shapes.truncate(MOST_SHAPES - 1);
            shapes.insert(0, Rc::new(Making::new(shape)));
        }
    }
    &shapes[0].later
}

/// The values of objects that lie this deep (those of a list in an answer) are read when somebody looks at them; that they are well-formed
/// is seen at once.
const LATER_DEPTH: u32 = 3;

struct Parser<'a> {
    cx: &'a mut Interp,
    known: &'a mut Known,
    text: &'a Rc<JsonText>,
    /// Whether nothing is left for later.
    eager: bool,
    bytes: &'a [u8],
    at: usize,
    depth: u32,
}

/// Runs a parser inside a text that was checked before.
fn inside<T>(cx: &mut Interp, text: &Rc<JsonText>, at: u32, read: impl FnOnce(&mut Parser<'_>) -> Result<T>) -> Result<T> {
    let known = cx.json.names.clone();
    let mut known = known.borrow_mut();
    read(&mut Parser { cx, known: &mut known, text, eager: true, bytes: &text.0, at: at as usize, depth: LATER_DEPTH })
}

/// The text, number or word that begins at a place of a JSON text.
pub(crate) fn scalar_at(cx: &mut Interp, text: &Rc<JsonText>, at: u32) -> Result<Value> {
    inside(cx, text, at, |parser| parser.scalar())
}

/// The object or array that begins at a place of a JSON text, and how many bytes it has; it is value `of` of the object that `hint`
/// tells about.
pub(crate) fn nested_at(cx: &mut Interp, text: &Rc<JsonText>, at: u32, hint: &mut Hint, of: usize) -> Result<(Value, usize)> {
    inside(cx, text, at, |parser| {
        let value = parser.value(hint.child(of))?;
        Ok((value, parser.at - at as usize))
    })
}

impl<'a> Parser<'a> {
    #[inline]
    fn blanks(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn rest(&self) -> String {
        String::from_utf8_lossy(&self.bytes[self.at.min(self.bytes.len())..]).chars().take(20).collect()
    }

    #[cold]
    fn unexpected(&self) -> Error {
        if self.at >= self.bytes.len() {
            return Error::data_format("We reached the end of the buffer.");
        }
        Error::data_format("We found an unexpected character in the JSON input.").with_detail(Value::Record(Record::new(vec![
            ("Value", Value::from(self.rest().chars().take(1).collect::<String>())),
            ("Position", Value::count(self.at)),
        ])))
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value> {
        if self.bytes[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(value)
        } else {
            Err(self.unexpected())
        }
    }

    fn value(&mut self, hint: &mut Hint) -> Result<Value> {
        match self.bytes.get(self.at) {
            Some(b'{') if self.depth + 1 == LATER_DEPTH && !self.eager => self.nest(hint, Self::unread),
            Some(b'{') => self.nest(hint, Self::object),
            Some(b'[') => self.nest(hint, Self::array),
            _ => self.scalar(),
        }
    }

    fn scalar(&mut self) -> Result<Value> {
        match self.bytes.get(self.at) {
            Some(b'"') => self.text().map(Value::Text),
            Some(b't') => self.word("true", Value::Logical(true)),
            Some(b'f') => self.word("false", Value::Logical(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.unexpected()),
        }
    }

    /// Moves behind a value without building it.
    fn pass(&mut self) -> Result<()> {
        match end_of(self.bytes, self.at) {
            Some(end) => {
                self.at = end;
                Ok(())
            }
            None => self.pass_slowly(),
        }
    }

    /// As [`Parser::pass`] for what is not well-formed or uncommon.
    fn pass_slowly(&mut self) -> Result<()> {
        match self.bytes.get(self.at) {
            Some(b'"') => self.pass_text(),
            Some(open @ (b'{' | b'[')) => {
                let is_object = *open == b'{';
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err(Error::data_format("The JSON input is nested too deeply."));
                }
                self.cx.nested(|_| Ok(()))?;
                self.at += 1;
                self.blanks();
                let close = if is_object { b'}' } else { b']' };
                if self.bytes.get(self.at) == Some(&close) {
                    self.at += 1;
                    self.depth -= 1;
                    return Ok(());
                }
                loop {
                    self.blanks();
                    if is_object {
                        if self.bytes.get(self.at) != Some(&b'"') {
                            return Err(self.unexpected());
                        }
                        self.pass_text()?;
                        self.blanks();
                        if self.bytes.get(self.at) != Some(&b':') {
                            return Err(self.unexpected());
                        }
                        self.at += 1;
                        self.blanks();
                    }
                    self.pass_slowly()?;
                    self.blanks();
                    match self.bytes.get(self.at) {
                        Some(b',') => self.at += 1,
                        Some(found) if *found == close => {
                            self.at += 1;
                            self.depth -= 1;
                            return Ok(());
                        }
                        _ => return Err(self.unexpected()),
                    }
                }
            }
            Some(b't') => self.word("true", Value::Null).map(|_| ()),
            Some(b'f') => self.word("false", Value::Null).map(|_| ()),
            Some(b'n') => self.word("null", Value::Null).map(|_| ()),
            Some(b'-' | b'0'..=b'9') => self.pass_number().map(|_| ()),
            _ => Err(self.unexpected()),
        }
    }

    fn pass_text(&mut self) -> Result<()> {
        let start = self.at + 1;
        match text_end(&self.bytes[start..]) {
            Some(length) if self.bytes[start + length] == b'"' => {
                self.at = start + length + 1;
                Ok(())
            }
            // Escapes are seldom: the slow way checks them.
            _ => self.text().map(|_| ()),
        }
    }

    fn nest(&mut self, hint: &mut Hint, read: fn(&mut Self, &mut Hint) -> Result<Value>) -> Result<Value> {
        self.depth += 1;
        self.cx.tick()?;
        if self.depth > MAX_DEPTH {
            return Err(Error::data_format("The JSON input is nested too deeply."));
        }
        let marker = self.cx.nested(|_| Ok(()));
        marker?;
        let value = read(self, hint);
        self.depth -= 1;
        value
    }

    fn array(&mut self, hint: &mut Hint) -> Result<Value> {
        self.at += 1;
        if hint.children.is_empty() {
            hint.children.push(Hint::default());
        }
        self.blanks();
        if self.bytes.get(self.at) == Some(&b']') {
            self.at += 1;
            return Ok(Value::List(self.known.nothing.0.clone()));
        }
        let start = self.known.cells.len();
        loop {
            self.blanks();
            let item = self.value(&mut hint.children[0])?;
            self.known.cells.push(Slot::Value(item));
            self.blanks();
            match self.bytes.get(self.at) {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::List(List::from_slots(self.known.cells.drain(start..).collect())));
                }
                _ => return Err(self.unexpected()),
            }
        }
    }

    fn object(&mut self, hint: &mut Hint) -> Result<Value> {
        let start = self.known.cells.len();
        let Hint { shapes, children } = hint;
        let fields = self.fields(shapes, |parser, at| {
            let value = parser.value(child(children, at))?;
            parser.known.cells.push(Slot::Value(value));
            Ok(())
        })?;
        let cells = self.known.cells.drain(start..);
        match fields {
            None => Ok(Value::Record(Record::empty())),
            Some((shape, None)) => {
                note(shapes, &shape);
                Ok(Value::Record(Record::from_row(shape, cells.collect())))
            }
            Some((shape, Some(places))) => {
                let cells: Vec<Slot> = cells.collect();
                Ok(Value::Record(Record::from_cells(shape, places.into_iter().map(|at| cells[at].clone()).collect())))
            }
        }
    }

    /// An object of which only the places of its values are noted.
    fn unread(&mut self, hint: &mut Hint) -> Result<Value> {
        let start = self.known.places.len();
        let fields = self.fields(&hint.shapes, |parser, _| {
            parser.known.places.push(parser.at as u32);
            parser.pass()
        })?;
        let at = self.known.places.drain(start..);
        let Some((shape, places)) = fields else { return Ok(Value::Record(Record::empty())) };
        let at: Box<[u32]> = match places {
            None => at.collect(),
            Some(places) => {
                let at: Vec<u32> = at.collect();
                places.into_iter().map(|place| at[place]).collect()
            }
        };
        let later = note(&mut hint.shapes, &shape).clone();
        Ok(Value::Record(Record::unread(shape, Unread::new(self.text.clone(), at, later))))
    }

    /// Reads the fields of an object, the values by `read`, and gives their names; where a name repeats, the places of the values that
    /// count: the last value in the first place. `None` for the empty object.
    fn fields(
        &mut self,
        known: &[Rc<Making>],
        mut read: impl FnMut(&mut Self, usize) -> Result<()>,
    ) -> Result<Option<(Shape, Option<Vec<usize>>)>> {
        self.at += 1;
        self.blanks();
        if self.bytes.get(self.at) == Some(&b'}') {
            self.at += 1;
            return Ok(None);
        }
        let mut predicted = known.first().map(Rc::as_ref);
        // Names are kept apart only from where they differ from all predictions.
        let mut names: Vec<Name> = Vec::new();
        let mut count = 0;
        loop {
            // Mostly the next object is written as the last one.
            if let Some(before) = predicted.and_then(|making| making.before(count)) {
                if begins(&self.bytes[self.at..], before) {
                    self.at += before.len();
                    self.blanks();
                    read(self, count)?;
                    count += 1;
                    continue;
                }
            }
            self.blanks();
            if count > 0 {
                match self.bytes.get(self.at) {
                    Some(b',') => self.at += 1,
                    Some(b'}') => {
                        self.at += 1;
                        break;
                    }
                    _ => return Err(self.unexpected()),
                }
                self.blanks();
            }
            if self.bytes.get(self.at) != Some(&b'"') {
                return Err(self.unexpected());
            }
            if let Some(Making { shape, .. }) = predicted {
                if !shape.names().get(count).is_some_and(|name| self.eat_name(name)) {
                    // Perhaps it is like an earlier one that began alike.
                    let before = &shape.names()[..count];
                    let other = known.iter().map(Rc::as_ref).find(|Making { shape: other, .. }| {
                        other.names().len() > count
                            && other.names()[..count].iter().zip(before).all(|(a, b)| Rc::ptr_eq(a, b))
                            && self.eat_name(&other.names()[count])
                    });
                    if other.is_none() {
                        names.extend_from_slice(before);
                    }
                    predicted = other;
                }
            }
            if predicted.is_none() {
                let name = self.name()?;
                names.push(name);
            }
            self.blanks();
            if self.bytes.get(self.at) != Some(&b':') {
                return Err(self.unexpected());
            }
            self.at += 1;
            self.blanks();
            read(self, count)?;
            count += 1;
        }
        if let Some(Making { shape, .. }) = predicted {
            // The shape was looked at when it was met first.
            if shape.len() == count {
                return Ok(Some((shape.clone(), None)));
            }
            let whole = known
                .iter()
                .map(|known| &known.shape)
                .find(|other| other.len() == count && other.names().iter().zip(shape.names()).all(|(a, b)| Rc::ptr_eq(a, b)));
            if let Some(whole) = whole {
                return Ok(Some((whole.clone(), None)));
            }
            names.extend_from_slice(&shape.names()[..count]);
        }
        if let Some(shape) = self.known.shapes.get(&names) {
            return Ok(Some((shape.clone(), None)));
        }
        let shape = Shape::new(names);
        if shape.names().iter().enumerate().any(|(at, name)| shape.position(name) != Some(at)) {
            let (shape, places) = last_wins(shape.names());
            return Ok(Some((shape, Some(places))));
        }
        if self.known.shapes.len() < 4096 {
            self.known.shapes.insert(shape.names().to_vec(), shape.clone());
        }
        Ok(Some((shape, None)))
    }

    /// Takes a quoted name if it is exactly the expected one.
    #[inline]
    fn eat_name(&mut self, name: &str) -> bool {
        let end = self.at + 1 + name.len();
        let same = self.bytes.get(self.at + 1..end) == Some(name.as_bytes()) && self.bytes.get(end) == Some(&b'"');
        // A name that was written with escapes in it is compared the slow way.
        if same && !name.as_bytes().contains(&b'\\') {
            self.at = end + 1;
            return true;
        }
        false
    }

    fn name(&mut self) -> Result<Name> {
        let text = self.text()?;
        if let Some(name) = self.known.names.get(&*text) {
            return Ok(name.clone());
        }
        if self.known.names.len() < 65_536 {
            self.known.names.insert(Box::from(&*text), text.clone());
        }
        Ok(text)
    }

    /// Moves behind a number; whether it has neither fraction nor exponent.
    fn pass_number(&mut self) -> Result<bool> {
        let digits = |parser: &mut Self| {
            let from = parser.at;
            while parser.bytes.get(parser.at).is_some_and(u8::is_ascii_digit) {
                parser.at += 1;
            }
            parser.at > from
        };
        if self.bytes[self.at] == b'-' {
            self.at += 1;
        }
        if !digits(self) {
            return Err(self.unexpected());
        }
        let mut whole = true;
        if self.bytes.get(self.at) == Some(&b'.') {
            whole = false;
            self.at += 1;
            if !digits(self) {
                return Err(self.unexpected());
            }
        }
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            whole = false;
            self.at += 1;
            if matches!(self.bytes.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if !digits(self) {
                return Err(self.unexpected());
            }
        }
        Ok(whole)
    }

    fn number(&mut self) -> Result<Value> {
        let start = self.at;
        let whole = self.pass_number()?;
        let raw = &self.bytes[start..self.at];
        if let Some(value) = short_number(raw) {
            return Ok(value);
        }
        let text = std::str::from_utf8(raw).unwrap_or("0");
        if whole {
            if let Ok(n) = text.parse::<i64>() {
                return Ok(Value::Int(n));
            }
        }
        let n: f64 = text.parse().map_err(|_| self.unexpected())?;
        Ok(if n.fract() == 0.0 && n.abs() < 9e15 && !(n == 0.0 && n.is_sign_negative()) { Value::Int(n as i64) } else { Value::Double(n) })
    }

    fn text(&mut self) -> Result<Name> {
        let start = self.at + 1;
        let Some(length) = text_end(&self.bytes[start..]) else {
            self.at = self.bytes.len();
            return Err(self.unexpected());
        };
        let end = start + length;
        if self.bytes[end] == b'"' {
            self.at = end + 1;
            return Ok(self.known.text(&self.bytes[start..end]));
        }
        self.escaped(start, end)
    }

    fn escaped(&mut self, start: usize, first: usize) -> Result<Name> {
        let mut out = String::from_utf8_lossy(&self.bytes[start..first]).into_owned();
        self.at = first;
        loop {
            match self.bytes.get(self.at) {
                None => return Err(self.unexpected()),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Rc::from(out));
                }
                Some(b'\\') => {
                    self.at += 1;
                    let escape = *self.bytes.get(self.at).ok_or_else(|| self.unexpected())?;
                    match escape {
                        b'"' | b'\\' | b'/' => out.push(char::from(escape)),
                        b'b' => out.push('\u{8}'),
                        b'f' => out.push('\u{C}'),
                        b'n' => out.push('\n'),
                        b'r' => out.push('\r'),
                        b't' => out.push('\t'),
                        b'u' => {
                            let unit = self.unit(self.at + 1)?;
                            self.at += 4;
                            let mut c = char::from_u32(u32::from(unit));
                            if (0xD800..0xDC00).contains(&unit) && self.bytes[self.at + 1..].starts_with(b"\\u") {
                                if let Ok(low) = self.unit(self.at + 3) {
                                    c = char::decode_utf16([unit, low]).next().and_then(std::result::Result::ok);
                                    if c.is_some() {
                                        self.at += 6;
                                    }
                                }
                            }
                            out.push(c.unwrap_or('\u{FFFD}'));
                        }
                        _ => return Err(self.unexpected()),
                    }
                    self.at += 1;
                }
                Some(_) => {
                    let rest = &self.bytes[self.at..];
                    let length = rest.iter().position(|b| matches!(b, b'"' | b'\\')).unwrap_or(rest.len());
                    out.push_str(&String::from_utf8_lossy(&rest[..length]));
                    self.at += length;
                }
            }
        }
    }

    fn unit(&self, at: usize) -> Result<u16> {
        let digits = self.bytes.get(at..at + 4).and_then(|d| std::str::from_utf8(d).ok()).ok_or_else(|| self.unexpected())?;
        u16::from_str_radix(digits, 16).map_err(|_| self.unexpected())
    }
}

/// A number of at most fifteen digits without exponent: digits and power of ten are exact doubles, so their quotient is the nearest one.
fn short_number(raw: &[u8]) -> Option<Value> {
    const POWERS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    if raw.len() > 16 {
        return None;
    }
    let (negative, digits) = match raw {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let mut whole = 0_i64;
    let mut places = None;
    for byte in digits {
        match byte {
            b'0'..=b'9' => {
                whole = whole * 10 + i64::from(byte - b'0');
                places = places.map(|n: usize| n + 1);
            }
            b'.' => places = Some(0),
            _ => return None,
        }
    }
    if whole >= 1_000_000_000_000_000 || negative && whole == 0 {
        return None;
    }
    let whole = if negative { -whole } else { whole };
    match places {
        None | Some(0) => Some(Value::Int(whole)),
        Some(places) => {
            let n = whole as f64 / POWERS[places];
            Some(if n.fract() == 0.0 { Value::Int(n as i64) } else { Value::Double(n) })
        }
    }
}

fn utf8(bytes: &[u8]) -> Name {
    match std::str::from_utf8(bytes) {
        Ok(text) => Rc::from(text),
        Err(_) => Rc::from(String::from_utf8_lossy(bytes).as_ref()),
    }
}

/// The fields of an object that names some twice, and the places of the values that count: the last value, in the first place.
fn last_wins(names: &[Name]) -> (Shape, Vec<usize>) {
    let mut kept: Vec<Name> = Vec::new();
    let mut places = Vec::new();
    for (place, name) in names.iter().enumerate() {
        match kept.iter().position(|known| known == name) {
            Some(at) => places[at] = place,
            None => {
                kept.push(name.clone());
                places.push(place);
            }
        }
    }
    (Shape::new(kept), places)
}
