//! `Json.*`: text to values and back.

use std::cell::RefCell;
use std::hash::{BuildHasher, Hasher};
use std::rc::Rc;
use std::sync::Arc;

use hashbrown::HashMap;

use super::json_hint::{Hint, Paths, child};
use super::json_outline::{self, Object, Outline};
use super::json_scan::{begins, bytes_hash, end_of, text_end};
use super::{ANY, BINARY, Builtin, NULLABLE_NUMBER, arg, opt};
use crate::m::error::{Error, Result};
use crate::m::eval::Interp;
use crate::m::value::{Bytes, JsonText, List, Name, Record, Shape, Slot, Unread, Value, taken};

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
    /// A name of a field, one object for all that are equal.
    fn name(&mut self, text: &str) -> Name {
        if let Some(name) = self.names.get(text) {
            return name.clone();
        }
        let name = Name::from(text);
        if self.names.len() < 65_536 {
            self.names.insert(Box::from(text), name.clone());
        }
        name
    }

    /// The shape of some names; one that names a field twice is an error.
    fn shape(&mut self, names: Vec<Name>) -> std::result::Result<Shape, Shape> {
        if let Some(shape) = self.shapes.get(&names) {
            return Ok(shape.clone());
        }
        let shape = Shape::new(names);
        if shape.names().iter().enumerate().any(|(at, name)| shape.position(name) != Some(at)) {
            return Err(shape);
        }
        if self.shapes.len() < 4096 {
            self.shapes.insert(shape.names().to_vec(), shape.clone());
        }
        Ok(shape)
    }

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
    let kept = Rc::new(JsonText::new(text.clone()));
    // What is left for later is found by a position of four bytes.
    let eager = u32::try_from(text.len()).is_err();
    let mut later = Later::default();
    if !eager && let Some(found) = json_outline::of(&text) {
        kept.note(found.clone());
        later.found = Some(found);
    }
    let later = (!eager).then_some(&mut later);
    let mut parser = Parser { cx, known: &mut known.borrow_mut(), text: &kept, later, bytes: &text, at: start, depth: 0 };
    let mut hint = Hint::default();
    // What a text that was no JSON left behind.
    parser.known.cells.clear();
    parser.blanks();
    let value = parser.value(&mut hint)?;
    parser.blanks();
    if parser.at < parser.bytes.len() {
        return Err(Error::data_format("We found extra characters at the end of JSON input.").with_detail(Value::Record(Record::new(
            vec![("Value", Value::from(parser.rest())), ("Position", Value::count(parser.at - start))],
        ))));
    }
    if let Some(Later { found: None, outline, is_odd, .. }) = parser.later {
        let mut outline = std::mem::take(outline);
        outline.places.shrink_to_fit();
        let outline = Arc::new(outline);
        if !*is_odd {
            json_outline::share(&text, &outline);
        }
        kept.note(outline);
    }
    Ok(value)
}

/// The values of objects that lie this deep (those of a list in an answer) are read when somebody looks at them; that they are well-formed
/// is seen at once.
const LATER_DEPTH: u32 = 3;

/// The fields of an object.
enum End {
    /// None.
    Empty,
    /// Those up to a field that is noted.
    Known(u32, Shape),
    /// Others; where a name repeats, the places of the values that count: the last value in the first place.
    Odd(Shape, Option<Vec<usize>>),
}

/// What is left for later of a text that is being read.
#[derive(Default)]
struct Later {
    /// What somebody else found in the same bytes; which of its objects comes next, and how those of each shape are made.
    found: Option<Arc<Outline>>,
    next: usize,
    made: Vec<Option<(Shape, Rc<RefCell<Hint>>)>>,
    /// What is found here: shapes by their own number and by that of the outline.
    outline: Outline,
    numbers: HashMap<usize, u32>,
    /// Whether there are objects that the outline does not tell enough about.
    is_odd: bool,
}

struct Parser<'a> {
    cx: &'a mut Interp,
    known: &'a mut Known,
    text: &'a Rc<JsonText>,
    /// What is left for later; `None` where nothing is.
    later: Option<&'a mut Later>,
    bytes: &'a [u8],
    at: usize,
    depth: u32,
}

/// Runs a parser inside a text that was checked before.
fn inside<T>(cx: &mut Interp, text: &Rc<JsonText>, at: u32, read: impl FnOnce(&mut Parser<'_>) -> Result<T>) -> Result<T> {
    let known = cx.json.names.clone();
    let mut known = known.borrow_mut();
    read(&mut Parser { cx, known: &mut known, text, later: None, bytes: text.bytes(), at: at as usize, depth: LATER_DEPTH })
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
            Some(b'{') if self.depth + 1 == LATER_DEPTH && self.later.is_some() => self.nest(hint, Self::unread),
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
        let Hint { objects, children } = hint;
        let end = self.fields(objects, |parser, at| {
            let value = parser.value(child(children, at))?;
            parser.known.cells.push(Slot::Value(value));
            Ok(())
        })?;
        let cells = taken(&mut self.known.cells, start);
        Ok(Value::Record(match end {
            End::Empty => Record::empty(),
            End::Known(_, shape) | End::Odd(shape, None) => Record::from_row(shape, cells),
            End::Odd(shape, Some(places)) => Record::from_cells(shape, places.into_iter().map(|at| cells[at].clone()).collect()),
        }))
    }

    /// An object of which only the places of its values are noted.
    fn unread(&mut self, hint: &mut Hint) -> Result<Value> {
        if let Some(value) = self.found() {
            return Ok(value);
        }
        let (start, is_found) = (self.at, self.later.as_ref().is_some_and(|later| later.found.is_some()));
        let first = self.later.as_ref().map_or(0, |later| later.outline.places.len());
        let end = self.fields(&mut hint.objects, |parser, _| {
            if let Some(later) = &mut parser.later {
                later.outline.places.push(parser.at as u32);
            }
            parser.pass()
        })?;
        let (shape, order, made) = match end {
            End::Empty => return Ok(Value::Record(Record::empty())),
            End::Known(end, shape) => (shape, None, hint.objects.made(end).map(|made| made.later.clone())),
            End::Odd(shape, order) => (shape, order, None),
        };
        // Nobody finds another object in the same bytes.
        let Some(later) = self.later.as_mut().filter(|_| !is_found) else { return Err(self.unexpected()) };
        later.is_odd |= made.is_none();
        let Outline { places, objects, .. } = &mut later.outline;
        if let Some(order) = order {
            let all = places.split_off(first);
            places.extend(order.into_iter().map(|place| all[place]));
        }
        let first = first as u32;
        if made.is_some() {
            objects.push(Object { start: start as u32, end: self.at as u32, shape: 0, first });
            let number = *later.numbers.entry(shape.number()).or_insert_with(|| later.outline.shape(shape.names()));
            later.outline.objects.last_mut().expect("one was added").shape = number;
        }
        let count = shape.len() as u32;
        Ok(Value::Record(Record::unread(shape, Unread::new(self.text.clone(), first, count, made.unwrap_or_default()))))
    }

    /// The object that begins here, if it was found before in the same bytes.
    fn found(&mut self) -> Option<Value> {
        let later = self.later.as_mut()?;
        let found = later.found.as_ref()?;
        let object = found.objects.get(later.next).filter(|object| object.start as usize == self.at)?;
        later.next += 1;
        let at = object.shape as usize;
        if later.made.len() <= at {
            later.made.resize(at + 1, None);
        }
        let (shape, hint) = later.made[at].get_or_insert_with(|| {
            let names = found.shapes[at].iter().map(|name| self.known.name(name)).collect();
            (self.known.shape(names).unwrap_or_else(|odd| odd), Rc::default())
        });
        let unread = Unread::new(self.text.clone(), object.first, shape.len() as u32, hint.clone());
        self.at = object.end as usize;
        Some(Value::Record(Record::unread(shape.clone(), unread)))
    }

    /// Reads the fields of an object, the values by `read`, and gives their names.
    fn fields(&mut self, paths: &mut Paths, mut read: impl FnMut(&mut Self, usize) -> Result<()>) -> Result<End> {
        self.at += 1;
        self.blanks();
        if self.bytes.get(self.at) == Some(&b'}') {
            self.at += 1;
            return Ok(End::Empty);
        }
        let mut last = paths.start();
        // The names, once there are too many to be noted.
        let mut apart: Option<Vec<Name>> = None;
        let mut count = 0;
        loop {
            // Mostly the next object is written as an earlier one.
            if apart.is_none() {
                if let Some((field, length)) = paths.predict(last, &self.bytes[self.at..]) {
                    last = field;
                    self.at += length;
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
            match &mut apart {
                Some(names) => names.push(self.name()?),
                None => match paths.find(last, |name| self.eat_name(name)) {
                    Some(field) => last = field,
                    None => {
                        let name = self.name()?;
                        // One that was written another way, or a new one.
                        match paths.find(last, |known| *known == name).or_else(|| paths.add(last, &name)) {
                            Some(field) => last = field,
                            None => {
                                let mut names = paths.names(last);
                                names.push(name);
                                apart = Some(names);
                            }
                        }
                    }
                },
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
        if apart.is_none() {
            if let Some(made) = paths.made(last) {
                return Ok(End::Known(last, made.shape.clone()));
            }
        }
        let is_noted = apart.is_none();
        let names = apart.unwrap_or_else(|| paths.names(last));
        let shape = match self.known.shape(names) {
            Ok(shape) => shape,
            Err(shape) => {
                let (shape, places) = last_wins(shape.names());
                return Ok(End::Odd(shape, Some(places)));
            }
        };
        if is_noted {
            paths.make(last, shape.clone());
            return Ok(End::Known(last, shape));
        }
        Ok(End::Odd(shape, None))
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
        Ok(self.known.name(&text))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::m::{Options, Sources};

    /// The objects of a list in an answer, of several orders of fields, empty ones and nested ones.
    fn answer(extra: &str) -> Bytes {
        let mut text = String::from("{\"Id\":\"x\",\"Rows\":[");
        for n in 0..4000 {
            let row = match n % 5 {
                0 => format!("{{\"a\":{n},\"b\":\"t{n}\",\"c\":{{\"d\":[{n},null]}}}}"),
                1 => format!("{{\"a\":{n},\"c\":{{}}}}"),
                2 => "{}".to_owned(),
                3 => format!("{{ \"b\" : \"é \\\" {n}\" , \"a\" : -{n}.5 }}"),
                _ => format!("{{\"z\":true,\"a\":{n}{}}}", ",\"more\":\"and more and more\""),
            };
            text.push_str(&row);
            text.push(',');
        }
        text.push_str(extra);
        text.push_str("]}");
        Arc::new(text.into_bytes())
    }

    fn shown(bytes: &Bytes) -> (String, Value) {
        let mut cx = Interp::new(Options::default(), Sources::default());
        let value = parse(&mut cx, bytes.clone()).expect("a JSON text");
        (crate::m::canon::to_source(&mut cx, &value, usize::MAX).expect("plain values"), value)
    }

    #[test]
    fn whoever_reads_the_same_bytes_gets_the_same_values() {
        for extra in ["{\"a\":1}", "{\"a\":1,\"b\":2,\"a\":3}", "1", "{\"q\\u0061\":1}"] {
            let bytes = answer(extra);
            let (first, held) = shown(&bytes);
            // A text with an object that names a field twice is read by everybody for himself.
            assert_eq!(json_outline::of(&bytes).is_some(), !extra.contains("\"b\":2"), "{extra}");
            let (second, _) = shown(&bytes);
            assert_eq!(first, second);
            drop(held);
            assert!(json_outline::of(&bytes).is_none());
            assert_eq!(first, shown(&bytes).0);
        }
    }
}
