//! CSV bytes ↔ [`Table`]; the types come from the caller, nothing is guessed.
//!
//! The form is that of `xero-pbit query --data`: UTF-8 with an optional byte order mark, a header with the column names
//! (case-insensitive), `,` between fields, LF or CRLF. An empty field is BLANK and `""` the empty text; in a file of one
//! column an empty line is a BLANK row. Dates are ISO, booleans `true` and `false`, numbers have a decimal point.
//! Large files are read in pieces on all threads; the result does not depend on how many there are.

use std::fmt::Write as _;
use std::hash::BuildHasher;
use std::sync::Arc;

use base64::Engine as _;
use hashbrown::DefaultHashBuilder;
use hashbrown::hash_table::HashTable;
use rayon::prelude::*;

use super::{Column, ColumnData, DataType, Field, Table};
use crate::base::{Currency, Date, Diagnostic, nearest};

/// Pieces are at least this long; smaller files are read by one thread.
const PIECE_BYTES: usize = 1 << 20;
/// After so many errors a file is given up.
const MAX_ERRORS: usize = 20;

/// Reads a CSV file as the columns that `fields` names, in their order.
///
/// The answer has one column per field that is not calculated. Warnings: a column that the file lacks (`F0104`, all BLANK) and
/// one for a calculated column (`F0105`, ignored).
///
/// # Errors
/// `F0101` not UTF-8, `F0102` unknown column, `F0103` column given twice, `F0106` wrong number of fields, `F0107` a value that
/// does not fit its column, `F0108` a quote that is not closed or not doubled; each with file, line and column.
pub fn read(bytes: &[u8], file: &str, table: &str, fields: &[Field<'_>]) -> Result<(Table, Vec<Diagnostic>), Vec<Diagnostic>> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Err(error) = std::str::from_utf8(bytes) {
        let place = position(bytes, error.valid_up_to());
        return Err(vec![Diagnostic::error("F0101", "the file is not UTF-8").in_file(file, Some(place)).help("save it as UTF-8")]);
    }
    let (header, body) = read_header(bytes, file)?;
    let mut warnings = Vec::new();
    let layout = match_header(&header, fields, bytes, file, table, &mut warnings)?;
    let mut parts = read_body(bytes, body, &layout).map_err(|faults| {
        faults
            .into_iter()
            .map(|fault| {
                let mut diagnostic = Diagnostic::error(fault.code, fault.message).in_file(file, Some(position(bytes, fault.offset)));
                diagnostic.help = fault.help;
                diagnostic
            })
            .collect::<Vec<_>>()
    })?;
    let rows: usize = parts.iter().map(|part| part.rows).sum();
    let mut columns = Vec::with_capacity(fields.len());
    for (index, field) in fields.iter().enumerate().filter(|(_, field)| !field.calculated) {
        let column = match layout.iter().position(|target| *target == Target::Column(index, field.data_type)) {
            Some(place) => {
                let pieces: Vec<Cells> = parts.iter_mut().map(|part| std::mem::replace(&mut part.cells[place], Cells::new(None))).collect();
                concatenate(field.name, field.data_type, pieces, rows)
            }
            None => Column::blank(field.name, field.data_type, rows),
        };
        columns.push(column);
    }
    Ok((Table { name: table.to_owned(), columns }, warnings))
}

/// Writes a table in the form that [`read`] takes; the same table gives the same bytes.
pub fn write(table: &Table) -> Vec<u8> {
    let mut out = String::new();
    for (index, column) in table.columns.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_text(&mut out, &column.name, column.name.is_empty());
    }
    out.push('\n');
    for row in 0..table.rows() {
        for (index, column) in table.columns.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            if !column.is_blank(row) {
                push_cell(&mut out, column, row);
            }
        }
        out.push('\n');
    }
    out.into_bytes()
}

fn push_cell(out: &mut String, column: &Column, row: usize) {
    // Writing to a `String` cannot fail.
    let _ = match &column.data {
        ColumnData::Int64(v) => write!(out, "{}", v[row]),
        ColumnData::Double(v) => {
            let x = v[row];
            if x.is_nan() {
                out.write_str("NaN")
            } else if x.is_infinite() {
                out.write_str(if x > 0.0 { "Infinity" } else { "-Infinity" })
            } else if x != 0.0 && !(1e-5..1e17).contains(&x.abs()) {
                write!(out, "{x:e}")
            } else {
                write!(out, "{x}")
            }
        }
        ColumnData::Currency(v) => write!(out, "{}", Currency(v[row])),
        ColumnData::DateTime(v) => out.write_str(&iso_date_time(v[row])),
        ColumnData::Boolean(v) => out.write_str(if v[row] { "true" } else { "false" }),
        ColumnData::String { ids, dictionary } => {
            let text = &dictionary[ids[row] as usize];
            push_text(out, text, text.is_empty());
            Ok(())
        }
        ColumnData::Binary(v) => out.write_str(&base64::engine::general_purpose::STANDARD.encode(&v[row])),
    };
}

fn push_text(out: &mut String, text: &str, force: bool) {
    if force || text.contains([',', '"', '\n', '\r']) {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(text);
    }
}

/// `2024-01-31`, or with the time when there is one: `2024-01-31T10:00:00[.fff]`, rounded to the millisecond.
pub fn iso_date_time(serial: f64) -> String {
    let milliseconds = (serial * 86_400_000.0).round();
    if !milliseconds.is_finite() || milliseconds.abs() > 3e17 {
        return serial.to_string();
    }
    let milliseconds = milliseconds as i64;
    let date = Date(milliseconds.div_euclid(86_400_000) as i32);
    let time = milliseconds.rem_euclid(86_400_000);
    if time == 0 {
        return date.to_string();
    }
    let (seconds, rest) = (time / 1000, time % 1000);
    let mut text = format!("{date}T{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if rest != 0 {
        let _ = write!(text, ".{rest:03}");
    }
    text
}

/// The file name without extension for a table: characters that file systems refuse become `%XX`.
///
/// ```
/// use xero_pbit::table::csv::{decode_name, file_stem};
/// assert_eq!(file_stem("Profit/Loss 100%"), "Profit%2FLoss 100%25");
/// assert_eq!(decode_name("Profit%2FLoss 100%25"), "Profit/Loss 100%");
/// ```
pub fn file_stem(table: &str) -> String {
    let mut out = String::new();
    let last = table.chars().count().saturating_sub(1);
    for (index, c) in table.chars().enumerate() {
        let edge = index == last && (c == '.' || c == ' ') || index == 0 && c == '.';
        if edge || c.is_ascii_control() || "<>:\"/\\|?*%".contains(c) {
            let _ = write!(out, "%{:02X}", c as u32);
        } else {
            out.push(c);
        }
    }
    out
}

/// The table name that a file stem stands for; `%` without two hexadecimal digits stays as it is.
pub fn decode_name(stem: &str) -> String {
    let bytes = stem.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let code = (bytes[i] == b'%').then(|| stem.get(i + 1..i + 3)).flatten().and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code {
            Some(byte) => {
                out.push(byte);
                i += 3;
            }
            None => {
                out.push(bytes[i]);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// What becomes of the fields at one position.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Target {
    /// Cells of `fields[index]`.
    Column(usize, DataType),
    /// Read for its syntax only.
    Ignored,
}

struct Fault {
    code: &'static str,
    offset: usize,
    message: String,
    help: Option<String>,
}

fn position(bytes: &[u8], offset: usize) -> (usize, usize) {
    let before = &bytes[..offset.min(bytes.len())];
    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
    let start = before.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
    // Continuation bytes do not count, so that the column counts characters.
    (line, before[start..].iter().filter(|b| **b & 0xC0 != 0x80).count() + 1)
}

struct HeaderField {
    name: String,
    offset: usize,
}

fn read_header(bytes: &[u8], file: &str) -> Result<(Vec<HeaderField>, usize), Vec<Diagnostic>> {
    let mut fields = Vec::new();
    let mut at = 0;
    let mut scratch = Vec::new();
    loop {
        let offset = at;
        let field = next_field(bytes, &mut at, &mut scratch)
            .map_err(|fault| vec![Diagnostic::error(fault.code, fault.message).in_file(file, Some(position(bytes, fault.offset)))])?;
        let name = match field.text {
            Text::Plain(start, end) => String::from_utf8_lossy(&bytes[start..end]).into_owned(),
            Text::Quoted(start, end) => String::from_utf8_lossy(&bytes[start..end]).into_owned(),
            Text::Unescaped => String::from_utf8_lossy(&scratch).into_owned(),
        };
        fields.push(HeaderField { name, offset });
        if field.last {
            return Ok((fields, at));
        }
    }
}

fn match_header(
    header: &[HeaderField],
    fields: &[Field<'_>],
    bytes: &[u8],
    file: &str,
    table: &str,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Vec<Target>, Vec<Diagnostic>> {
    let mut errors = Vec::new();
    let mut layout = Vec::with_capacity(header.len());
    let mut given = vec![false; fields.len()];
    for column in header {
        let place = || Some(position(bytes, column.offset));
        let wanted = column.name.to_lowercase();
        let Some(index) = fields.iter().position(|field| field.name.to_lowercase() == wanted) else {
            let mut error =
                Diagnostic::error("F0102", format!("column `{}` is not in table `{table}`", column.name)).in_file(file, place());
            if let Some(near) = nearest(&column.name, fields.iter().map(|field| field.name)) {
                error = error.help(format!("a column with a similar name exists: `{near}`"));
            }
            errors.push(error);
            continue;
        };
        if std::mem::replace(&mut given[index], true) {
            errors.push(Diagnostic::error("F0103", format!("column `{}` is given twice", column.name)).in_file(file, place()));
        } else if fields[index].calculated {
            let message = format!("column `{}` of table `{table}` is calculated; the values of the file are ignored", fields[index].name);
            warnings.push(Diagnostic::warning("F0105", message).in_file(file, place()));
            layout.push(Target::Ignored);
        } else if fields[index].wanted {
            layout.push(Target::Column(index, fields[index].data_type));
        } else {
            layout.push(Target::Ignored);
        }
    }
    for (field, _) in fields.iter().zip(given).filter(|(field, given)| !given && !field.calculated) {
        let message = format!("column `{}` of table `{table}` is missing: all rows are BLANK", field.name);
        warnings.push(Diagnostic::warning("F0104", message).in_file(file, None));
    }
    if errors.is_empty() { Ok(layout) } else { Err(errors) }
}

/// The cells of one column in one piece of the file.
struct Cells {
    values: Values,
    blanks: Option<Vec<bool>>,
}

enum Values {
    Ignored,
    Whole(Vec<i64>),
    Float(Vec<f64>),
    Boolean(Vec<bool>),
    Text(Vec<u32>, Dictionary),
    Binary(Vec<Arc<[u8]>>),
}

/// Distinct texts in order of first appearance, without an allocation per row.
#[derive(Default)]
pub(super) struct Dictionary {
    index: HashTable<u32>,
    pub(super) texts: Vec<Arc<str>>,
    hasher: DefaultHashBuilder,
}

impl Dictionary {
    pub(super) fn id(&mut self, text: &str) -> u32 {
        let hash = self.hasher.hash_one(text.as_bytes());
        let texts = &self.texts;
        if let Some(id) = self.index.find(hash, |id| *texts[*id as usize] == *text) {
            return *id;
        }
        self.insert(hash, Arc::from(text))
    }

    pub(super) fn share(&mut self, text: &Arc<str>) -> u32 {
        let hash = self.hasher.hash_one(text.as_bytes());
        let texts = &self.texts;
        match self.index.find(hash, |id| texts[*id as usize] == *text) {
            Some(id) => *id,
            None => self.insert(hash, text.clone()),
        }
    }

    fn insert(&mut self, hash: u64, text: Arc<str>) -> u32 {
        let id = self.texts.len() as u32;
        self.texts.push(text);
        let (texts, hasher) = (&self.texts, &self.hasher);
        self.index.insert_unique(hash, id, |id| hasher.hash_one(texts[*id as usize].as_bytes()));
        id
    }
}

impl Cells {
    fn new(data_type: Option<DataType>) -> Cells {
        let values = match data_type {
            None => Values::Ignored,
            Some(DataType::Int64 | DataType::Currency) => Values::Whole(Vec::new()),
            Some(DataType::Double | DataType::DateTime) => Values::Float(Vec::new()),
            Some(DataType::Boolean) => Values::Boolean(Vec::new()),
            Some(DataType::String) => Values::Text(Vec::new(), Dictionary::default()),
            Some(DataType::Binary) => Values::Binary(Vec::new()),
        };
        Cells { values, blanks: None }
    }

    fn push_blank(&mut self, rows: usize) {
        match &mut self.values {
            Values::Ignored => return,
            Values::Whole(v) => v.push(0),
            Values::Float(v) => v.push(0.0),
            Values::Boolean(v) => v.push(false),
            Values::Text(ids, _) => ids.push(0),
            Values::Binary(v) => v.push(Arc::from(&[][..])),
        }
        self.blanks.get_or_insert_with(|| vec![false; rows]).push(true);
    }
}

struct Part {
    rows: usize,
    cells: Vec<Cells>,
}

fn concatenate(name: &str, data_type: DataType, pieces: Vec<Cells>, rows: usize) -> Column {
    let mut blanks: Option<Vec<bool>> = None;
    if pieces.iter().any(|piece| piece.blanks.is_some()) {
        let mut all = Vec::with_capacity(rows);
        for piece in &pieces {
            match &piece.blanks {
                Some(some) => all.extend_from_slice(some),
                None => all.resize(all.len() + piece.len(), false),
            }
        }
        blanks = Some(all);
    }
    let single = pieces.len() == 1;
    let (mut whole, mut float, mut boolean, mut ids, mut binary) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut dictionary = Dictionary::default();
    for piece in pieces {
        match piece.values {
            Values::Ignored => {}
            Values::Whole(v) if single => whole = v,
            Values::Float(v) if single => float = v,
            Values::Text(v, texts) if single => (ids, dictionary) = (v, texts),
            Values::Whole(v) => {
                whole.reserve_exact(if whole.is_empty() { rows } else { 0 });
                whole.extend(v);
            }
            Values::Float(v) => {
                float.reserve_exact(if float.is_empty() { rows } else { 0 });
                float.extend(v);
            }
            Values::Boolean(v) => boolean.extend(v),
            Values::Binary(v) => binary.extend(v),
            Values::Text(v, texts) => {
                let map: Vec<u32> = texts.texts.iter().map(|text| dictionary.share(text)).collect();
                // Blank rows hold id 0, which a piece of blanks alone does not have.
                ids.extend(v.into_iter().map(|id| map.get(id as usize).copied().unwrap_or(0)));
            }
        }
    }
    settle_blanks(&mut ids, blanks.as_deref(), &mut dictionary);
    let data = match data_type {
        DataType::Int64 => ColumnData::Int64(whole),
        DataType::Currency => ColumnData::Currency(whole),
        DataType::Double => ColumnData::Double(float),
        DataType::DateTime => ColumnData::DateTime(float),
        DataType::Boolean => ColumnData::Boolean(boolean),
        DataType::String => ColumnData::String { ids, dictionary: dictionary.texts },
        DataType::Binary => ColumnData::Binary(binary),
    };
    Column { name: name.to_owned(), data, blanks }
}

/// Gives blank rows of a text column the id 0, which then must exist.
pub(super) fn settle_blanks(ids: &mut [u32], blanks: Option<&[bool]>, dictionary: &mut Dictionary) {
    let Some(blanks) = blanks else { return };
    for (id, _) in ids.iter_mut().zip(blanks).filter(|(_, blank)| **blank) {
        *id = 0;
    }
    if dictionary.texts.is_empty() {
        dictionary.id("");
    }
}

impl Cells {
    fn len(&self) -> usize {
        match &self.values {
            Values::Ignored => 0,
            Values::Whole(v) => v.len(),
            Values::Float(v) => v.len(),
            Values::Boolean(v) => v.len(),
            Values::Text(v, _) => v.len(),
            Values::Binary(v) => v.len(),
        }
    }
}

fn read_body(bytes: &[u8], body: usize, layout: &[Target]) -> Result<Vec<Part>, Vec<Fault>> {
    let length = bytes.len().saturating_sub(body);
    if length >= 2 * PIECE_BYTES {
        let starts = piece_starts(bytes, body, (length / PIECE_BYTES).min(64));
        let parts: Result<Vec<Part>, Vec<Fault>> =
            starts.par_windows(2).map(|window| read_piece(bytes, window[0], window[1], layout)).collect();
        // A stray quote may have put a piece's start inside a quoted field: then read again from the top, in order.
        if let Ok(parts) = parts {
            return Ok(parts);
        }
    }
    Ok(vec![read_piece(bytes, body, bytes.len(), layout)?])
}

/// Offsets of records near equal distances, and the end: a line feed ends a record when the number of quotes before it is even.
fn piece_starts(bytes: &[u8], body: usize, pieces: usize) -> Vec<usize> {
    let bound = |k: usize| body + (bytes.len() - body) * k / pieces;
    let quotes: Vec<usize> =
        (0..pieces).into_par_iter().map(|k| bytes[bound(k)..bound(k + 1)].iter().filter(|b| **b == b'"').count()).collect();
    let mut starts = vec![body];
    let mut open = false;
    for k in 1..pieces {
        open ^= quotes[k - 1] % 2 == 1;
        let mut inside = open;
        let mut at = bound(k);
        while at < bytes.len() && (inside || bytes[at] != b'\n') {
            inside ^= bytes[at] == b'"';
            at += 1;
        }
        let start = (at + 1).min(bytes.len());
        if start > starts[starts.len() - 1] && start < bytes.len() {
            starts.push(start);
        }
    }
    starts.push(bytes.len());
    starts
}

enum Text {
    /// Not quoted: a range of the file.
    Plain(usize, usize),
    /// Quoted without doubled quotes: the range inside.
    Quoted(usize, usize),
    /// Quoted with doubled quotes, undone in the scratch buffer.
    Unescaped,
}

struct RawField {
    text: Text,
    last: bool,
}

/// Reads the field at `at` and moves behind its separator.
fn next_field(bytes: &[u8], at: &mut usize, scratch: &mut Vec<u8>) -> Result<RawField, Fault> {
    let start = *at;
    if bytes.get(start) != Some(&b'"') {
        let mut end = start;
        while end < bytes.len() && bytes[end] != b',' && bytes[end] != b'\n' {
            end += 1;
        }
        let last = bytes.get(end) != Some(&b',');
        *at = (end + 1).min(bytes.len() + 1);
        let stop = if last && end > start && bytes[end - 1] == b'\r' { end - 1 } else { end };
        return Ok(RawField { text: Text::Plain(start, stop), last });
    }
    let fault = |offset: usize, message: &str| Fault {
        code: "F0108",
        offset,
        message: message.to_owned(),
        help: Some("inside quotes write a quote twice".to_owned()),
    };
    let mut i = start + 1;
    let mut doubled = false;
    loop {
        match bytes.get(i) {
            None => return Err(fault(start, "the quote that opens this field is not closed")),
            Some(b'"') if bytes.get(i + 1) == Some(&b'"') => {
                doubled = true;
                i += 2;
            }
            Some(b'"') => break,
            Some(_) => i += 1,
        }
    }
    let end = i;
    i += 1;
    if bytes.get(i) == Some(&b'\r') && matches!(bytes.get(i + 1), None | Some(b'\n')) {
        i += 1;
    }
    let last = match bytes.get(i) {
        Some(b',') => false,
        None | Some(b'\n') => true,
        Some(_) => return Err(fault(i, "expected `,` or the end of the line after the closing quote")),
    };
    *at = (i + 1).min(bytes.len() + 1);
    if !doubled {
        return Ok(RawField { text: Text::Quoted(start + 1, end), last });
    }
    scratch.clear();
    let mut k = start + 1;
    while k < end {
        scratch.push(bytes[k]);
        k += if bytes[k] == b'"' { 2 } else { 1 };
    }
    Ok(RawField { text: Text::Unescaped, last })
}

fn read_piece(bytes: &[u8], start: usize, end: usize, layout: &[Target]) -> Result<Part, Vec<Fault>> {
    let mut cells: Vec<Cells> = layout
        .iter()
        .map(|target| match target {
            Target::Column(_, data_type) => Cells::new(Some(*data_type)),
            Target::Ignored => Cells::new(None),
        })
        .collect();
    let mut faults: Vec<Fault> = Vec::new();
    let mut scratch = Vec::new();
    let mut at = start;
    let mut rows = 0;
    while at < end {
        let line = at;
        if layout.len() > 1 && (bytes[at] == b'\n' || bytes[at..].starts_with(b"\r\n")) && rest_is_empty(&bytes[at..]) {
            break;
        }
        let mut count = 0;
        loop {
            let offset = at;
            let field = match next_field(bytes, &mut at, &mut scratch) {
                Ok(field) => field,
                Err(fault) => {
                    faults.push(fault);
                    return Err(faults);
                }
            };
            if count < layout.len() {
                let (text, quoted) = match field.text {
                    Text::Plain(a, b) => (&bytes[a..b], false),
                    Text::Quoted(a, b) => (&bytes[a..b], true),
                    Text::Unescaped => (&scratch[..], true),
                };
                if let Target::Column(_, data_type) = layout[count]
                    && let Err(expected) = push_field(&mut cells[count], data_type, text, quoted, rows)
                {
                    let found = String::from_utf8_lossy(text).chars().take(60).collect::<String>();
                    faults.push(Fault { code: "F0107", offset, message: format!("expected {expected}, found `{found}`"), help: None });
                }
            }
            count += 1;
            if field.last {
                break;
            }
        }
        if count != layout.len() {
            faults.push(Fault {
                code: "F0106",
                offset: line,
                message: format!("expected {} fields as in the header, found {count}", layout.len()),
                help: None,
            });
        }
        if faults.len() >= MAX_ERRORS {
            break;
        }
        rows += 1;
    }
    if faults.is_empty() { Ok(Part { rows, cells }) } else { Err(faults) }
}

fn rest_is_empty(bytes: &[u8]) -> bool {
    bytes.iter().all(|b| matches!(b, b'\n' | b'\r'))
}

fn push_field(cells: &mut Cells, data_type: DataType, text: &[u8], quoted: bool, rows: usize) -> Result<(), &'static str> {
    if text.is_empty() && !quoted {
        cells.push_blank(rows);
        return Ok(());
    }
    match &mut cells.values {
        Values::Ignored => return Ok(()),
        Values::Text(ids, dictionary) => {
            // The whole file was checked; separators are ASCII, so a field is valid as well.
            let text = std::str::from_utf8(text).map_err(|_| "UTF-8 text")?;
            ids.push(dictionary.id(text));
        }
        Values::Whole(v) if data_type == DataType::Currency => {
            v.push(parse_currency(text.trim_ascii()).ok_or("a decimal number within ±922337203685477.5807")?);
        }
        Values::Whole(v) => v.push(parse_whole(text.trim_ascii()).ok_or("a whole number")?),
        Values::Float(v) if data_type == DataType::DateTime => {
            v.push(parse_date_time(text.trim_ascii()).ok_or("a date such as 2024-01-31 or 2024-01-31T10:00:00")?);
        }
        Values::Float(v) => v.push(parse_double(text.trim_ascii()).ok_or("a number")?),
        Values::Boolean(v) => v.push(match text.trim_ascii() {
            b if b.eq_ignore_ascii_case(b"true") => true,
            b if b.eq_ignore_ascii_case(b"false") => false,
            _ => return Err("true or false"),
        }),
        Values::Binary(v) => {
            v.push(base64::engine::general_purpose::STANDARD.decode(text).map(Arc::from).map_err(|_| "bytes in base64")?);
        }
    }
    if let Some(blanks) = &mut cells.blanks {
        blanks.push(false);
    }
    Ok(())
}

fn digits(text: &[u8]) -> Option<i64> {
    if text.is_empty() || text.len() > 18 {
        return None;
    }
    text.iter().try_fold(0_i64, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
}

fn parse_whole(text: &[u8]) -> Option<i64> {
    let (negative, body) = match text.first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if let Some(n) = digits(body) {
        return Some(if negative { -n } else { n });
    }
    let text = std::str::from_utf8(text).ok()?;
    if let Ok(n) = text.parse::<i64>() {
        return Some(n);
    }
    // Tools that hold whole numbers as doubles write `3.0`.
    let x = parse_double(text.as_bytes())?;
    (x.fract() == 0.0 && x.abs() < 9.007_199_254_740_992e15).then_some(x as i64)
}

fn parse_currency(text: &[u8]) -> Option<i64> {
    let (negative, body) = match text.first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let point = body.iter().position(|b| *b == b'.').unwrap_or(body.len());
    let (whole, fraction) = (&body[..point], body.get(point + 1..).unwrap_or(&[]));
    if whole.len() <= 14 && fraction.len() <= 4 && !(whole.is_empty() && fraction.is_empty()) {
        let units = if whole.is_empty() { Some(0) } else { digits(whole) };
        let part = if fraction.is_empty() { Some(0) } else { digits(fraction) };
        if let (Some(units), Some(part)) = (units, part) {
            let n = units * Currency::SCALE + part * 10_i64.pow(4 - fraction.len() as u32);
            return Some(if negative { -n } else { n });
        }
    }
    std::str::from_utf8(text).ok()?.parse::<Currency>().ok().map(|amount| amount.0)
}

fn parse_double(text: &[u8]) -> Option<f64> {
    match text {
        b"NaN" => return Some(f64::NAN),
        b"Infinity" => return Some(f64::INFINITY),
        b"-Infinity" => return Some(f64::NEG_INFINITY),
        _ => {}
    }
    // The standard parser takes words such as `inf` as well.
    if !text.iter().all(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse::<f64>().ok().filter(|x| x.is_finite())
}

/// Reads `2024-01-31`, with or without a time of day after `T` or a blank.
pub(super) fn parse_date_time(text: &[u8]) -> Option<f64> {
    if text.len() < 10 {
        return None;
    }
    let date = parse_date(&text[..10])?;
    if text.len() == 10 {
        return Some(f64::from(date.0));
    }
    if !matches!(text[10], b'T' | b't' | b' ') {
        return None;
    }
    let time = &text[11..];
    if time.len() < 5 || time[2] != b':' {
        return None;
    }
    let (hour, minute) = (digits(&time[..2])?, digits(&time[3..5])?);
    let mut second = 0.0;
    if time.len() > 5 {
        if time[5] != b':' || time.len() < 8 {
            return None;
        }
        second = digits(&time[6..8])? as f64;
        if time.len() > 8 {
            if time[8] != b'.' || time.len() == 9 || time.len() > 18 {
                return None;
            }
            second += digits(&time[9..])? as f64 / 10_f64.powi(time.len() as i32 - 9);
        }
    }
    if hour > 23 || minute > 59 || second >= 60.0 {
        return None;
    }
    Some(f64::from(date.0) + ((hour * 3600 + minute * 60) as f64 + second) / 86_400.0)
}

fn parse_date(text: &[u8]) -> Option<Date> {
    if text[4] != b'-' || text[7] != b'-' {
        return None;
    }
    Date::from_ymd(digits(&text[..4])? as i32, digits(&text[5..7])? as u32, digits(&text[8..10])? as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Value;

    fn load(text: &str, fields: &[(&str, DataType)]) -> Result<(Table, Vec<Diagnostic>), Vec<Diagnostic>> {
        let fields: Vec<Field> = fields.iter().map(|(name, data_type)| Field::new(name, *data_type)).collect();
        read(text.as_bytes(), "T.csv", "T", &fields)
    }

    fn column(text: &str, data_type: DataType) -> Vec<Value> {
        let (table, _) = load(text, &[("c", data_type)]).unwrap();
        (0..table.rows()).map(|row| table.columns[0].get(row)).collect()
    }

    fn errors(text: &str, fields: &[(&str, DataType)]) -> Vec<String> {
        let place = |d: &Diagnostic| d.file.as_ref().and_then(|(_, p)| *p).unwrap_or_default();
        load(text, fields).unwrap_err().iter().map(|d| format!("{} {}:{} {}", d.code, place(d).0, place(d).1, d.message)).collect()
    }

    #[test]
    fn quoting_decides_between_blank_and_the_empty_text() {
        let text = "C\n\n\"\"\na\n\"x\"\"y\n,z\"\n";
        let expected = [Value::Blank, Value::text(""), Value::text("a"), Value::text("x\"y\n,z")];
        assert_eq!(column(text, DataType::String), expected);
        assert_eq!(column(&text.replace("a\n", "a\r\n"), DataType::String), expected);
        assert_eq!(column("\u{FEFF}c\r\n1\r\n\r\n3", DataType::Int64), [Value::Int64(1), Value::Blank, Value::Int64(3)]);
        assert!(column("c", DataType::Int64).is_empty());
        assert!(column("c\n", DataType::Int64).is_empty());
    }

    #[test]
    fn every_type_reads_its_form() {
        let doubles = column("c\n1.5\n-2E-3\nNaN\nInfinity\n-Infinity\n", DataType::Double);
        assert_eq!(format!("{doubles:?}"), "[Double(1.5), Double(-0.002), Double(NaN), Double(inf), Double(-inf)]");
        let money = column("c\n12.5\n-0.0001\n1e3\n.5\n1.00005\n", DataType::Currency);
        assert_eq!(money, [125_000, -1, 10_000_000, 5000, 10_001].map(|n| Value::Currency(Currency(n))));
        let dates = column("c\n2024-01-31\n2024-01-31T12:00:00\n2024-01-31 18:00:00.000\n", DataType::DateTime);
        assert_eq!(dates, [45322.0, 45322.5, 45322.75].map(Value::DateTime));
        assert_eq!(column("c\ntrue\nFALSE\n", DataType::Boolean), [true, false].map(Value::Boolean));
        assert_eq!(column("c\n-9223372036854775808\n3.0\n", DataType::Int64), [i64::MIN, 3].map(Value::Int64));
    }

    #[test]
    fn faults_carry_line_and_column() {
        let two = [("A", DataType::Int64), ("Bé", DataType::DateTime)];
        assert_eq!(
            errors("A,Bé\n1,2024-01-01\nx,2024-02-30\n", &two),
            [
                "F0107 3:1 expected a whole number, found `x`",
                "F0107 3:3 expected a date such as 2024-01-31 or 2024-01-31T10:00:00, found `2024-02-30`",
            ]
        );
        assert_eq!(errors("A,Bé\n1\n", &two), ["F0106 2:1 expected 2 fields as in the header, found 1"]);
        assert_eq!(errors("A,Be,A\n", &two)[0], "F0102 1:3 column `Be` is not in table `T`");
        assert_eq!(errors("A,Be,a\n", &two)[1], "F0103 1:6 column `a` is given twice");
        assert_eq!(errors("A,Bé\n1,\"x\n", &two), ["F0108 2:3 the quote that opens this field is not closed"]);
        assert_eq!(errors("A\n1.5\n", &two[..1]), ["F0107 2:1 expected a whole number, found `1.5`"]);
        assert_eq!(errors("A\n\"\"\n", &two[..1]), ["F0107 2:1 expected a whole number, found ``"]);
        assert_eq!(read(b"A\n\xff\n", "T.csv", "T", &[]).unwrap_err()[0].code, "F0101");
    }

    #[test]
    fn missing_and_calculated_columns_are_warnings() {
        let fields = [
            Field::new("A", DataType::Int64),
            Field::new("B", DataType::String),
            Field { calculated: true, ..Field::new("C", DataType::Int64) },
        ];
        let (table, warnings) = read(b"c,a\nzzz,1\n", "T.csv", "T", &fields).unwrap();
        assert_eq!(table.columns.iter().map(|c| c.get(0)).collect::<Vec<_>>(), [Value::Int64(1), Value::Blank]);
        assert_eq!(warnings.iter().map(|d| d.code).collect::<Vec<_>>(), ["F0105", "F0104"]);
    }

    #[test]
    fn pieces_give_what_one_pass_gives() {
        let mut text = String::from("n,t\n");
        for i in 0..150_000 {
            let _ = writeln!(
                text,
                "{},{}",
                if i % 7 == 0 { String::new() } else { i.to_string() },
                match i % 5 {
                    0 => "",
                    1 => "\"\"",
                    2 => "\"a\n\"\"b\"\"\"",
                    3 => "plain",
                    _ => "\"with, comma\"",
                }
            );
        }
        text = format!("{text}{}", &text[4..]);
        assert!(text.len() > 2 * PIECE_BYTES);
        let fields = [("n", DataType::Int64), ("t", DataType::String)];
        let (table, _) = load(&text, &fields).unwrap();
        assert_eq!(table.rows(), 300_000);
        let layout = [Target::Column(0, DataType::Int64), Target::Column(1, DataType::String)];
        let Ok(mut whole) = read_piece(text.as_bytes(), 4, text.len(), &layout) else { panic!("valid") };
        for (index, (name, data_type)) in fields.iter().enumerate() {
            let cells = std::mem::replace(&mut whole.cells[index], Cells::new(None));
            // Not `assert_eq`: it would print 300,000 cells.
            assert!(table.columns[index] == concatenate(name, *data_type, vec![cells], 300_000), "{name}");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        let columns = vec![
            Column::from_values("i", DataType::Int64, [Value::Blank, Value::Int64(-3)]).unwrap(),
            Column::from_values("d,", DataType::Double, [Value::Double(1e300), Value::Double(0.1)]).unwrap(),
            Column::from_values("t", DataType::String, [Value::text("a\"b\r\n"), Value::text("")]).unwrap(),
            Column::from_values("m", DataType::Currency, [Value::Currency(Currency(-12_345)), Value::Blank]).unwrap(),
            Column::from_values("w", DataType::DateTime, [Value::DateTime(45322.75), Value::DateTime(45322.0)]).unwrap(),
            Column::from_values("b", DataType::Boolean, [Value::Boolean(true), Value::Boolean(false)]).unwrap(),
        ];
        let table = Table { name: "T".into(), columns };
        let bytes = write(&table);
        let fields: Vec<Field> = table.columns.iter().map(|c| Field::new(&c.name, c.data_type())).collect();
        let (again, warnings) = read(&bytes, "T.csv", "T", &fields).unwrap();
        assert_eq!(again, table);
        assert!(warnings.is_empty());
    }

    fn cell(data_type: DataType) -> proptest::strategy::BoxedStrategy<Value> {
        use proptest::prelude::*;
        let some = match data_type {
            DataType::Int64 => any::<i64>().prop_map(Value::Int64).boxed(),
            DataType::Double => any::<f64>().prop_filter("NaN is unequal to itself", |x| !x.is_nan()).prop_map(Value::Double).boxed(),
            DataType::Currency => any::<i64>().prop_map(|n| Value::Currency(Currency(n))).boxed(),
            DataType::DateTime => (-657_434_i64..2_958_465, 0_i64..86_400)
                .prop_map(|(day, second)| Value::DateTime(day as f64 + second as f64 / 86_400.0))
                .boxed(),
            DataType::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
            DataType::String => any::<String>().prop_map(Value::text).boxed(),
            DataType::Binary => any::<Vec<u8>>().prop_map(|bytes| Value::Binary(bytes.into())).boxed(),
        };
        prop_oneof![1 => Just(Value::Blank), 4 => some].boxed()
    }

    proptest::proptest! {
        #[test]
        fn any_table_reads_back(
            rows in proptest::collection::vec(
                (cell(DataType::Int64), cell(DataType::Double), cell(DataType::Currency), cell(DataType::DateTime), cell(DataType::String), cell(DataType::Boolean)),
                0..20,
            )
        ) {
            let types = [DataType::Int64, DataType::Double, DataType::Currency, DataType::DateTime, DataType::String, DataType::Boolean];
            let rows: Vec<[Value; 6]> = rows.into_iter().map(|(a, b, c, d, e, f)| [a, b, c, d, e, f]).collect();
            let columns = types
                .iter()
                .enumerate()
                .map(|(k, t)| Column::from_values(format!("c{k}"), *t, rows.iter().map(|row| row[k].clone())).unwrap())
                .collect();
            let table = Table { name: "T".into(), columns };
            let fields: Vec<Field> = table.columns.iter().map(|c| Field::new(&c.name, c.data_type())).collect();
            let (again, _) = read(&write(&table), "T.csv", "T", &fields).map_err(|d| proptest::test_runner::TestCaseError::fail(format!("{d:?}")))?;
            for (a, b) in table.columns.iter().zip(&again.columns) {
                for row in 0..rows.len() {
                    match (a.get(row), b.get(row)) {
                        (Value::DateTime(x), Value::DateTime(y)) => proptest::prop_assert!((x - y).abs() < 1e-8),
                        (x, y) => proptest::prop_assert_eq!(x, y),
                    }
                }
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let fields = [Field::new("a", DataType::Int64), Field::new("b", DataType::String)];
            let _ = read(&bytes, "T.csv", "T", &fields);
            let mut text = b"a,b\n".to_vec();
            text.extend(bytes);
            let _ = read(&text, "T.csv", "T", &fields);
        }
    }
}
