//! `Csv.Document`: delimited text as a table of texts.

use super::common::{choice, need_text};
use super::{ANY, Builtin, NUMBER, TABLE, arg, opt};
use crate::m::error::{Error, Result};
use crate::m::eval::Interp;
use crate::m::value::{Field, Kind, Row, RowCursor, Slot, Table, TableType, Type, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[Builtin {
    name: "Csv.Document",
    params: &[arg("source", ANY), opt("columns", ANY), opt("delimiter", ANY), opt("extraValues", NUMBER), opt("encoding", NUMBER)],
    returns: TABLE,
    about: "The rows of delimited text.",
    source: "https://learn.microsoft.com/powerquery-m/csv-document",
    examples: &[
        ("Csv.Document(\"a,b#(lf)1,2\")", "#table({\"Column1\", \"Column2\"}, {{\"a\", \"b\"}, {\"1\", \"2\"}})"),
        ("Csv.Document(\"a;\"\"b;c\"\"\", [Delimiter = \";\"])", "#table({\"Column1\", \"Column2\"}, {{\"a\", \"b;c\"}})"),
    ],
    run: document,
}];

/// How fields end.
#[derive(Clone)]
enum Delimiter {
    Text(String),
    Any(Vec<String>),
    WhiteSpace,
    /// Where the fields of each line begin, in characters.
    Positions(Vec<usize>),
}

impl Delimiter {
    fn read(cx: &mut Interp, value: &Value) -> Result<Delimiter> {
        Ok(match value.bare() {
            Value::Null => Delimiter::Text(",".to_owned()),
            Value::Text(t) if t.is_empty() => Delimiter::WhiteSpace,
            Value::Text(t) => Delimiter::Text(t.to_string()),
            Value::List(items) if items.open(cx)?.next_value(cx)?.is_some_and(|first| first.is_number()) => {
                let positions = items.values(cx)?.iter().map(|at| cx.index(at)).collect::<Result<Vec<_>>>()?;
                if !positions.is_sorted() {
                    return Err(Error::expression("The positions of the columns must be in ascending order.").with_detail(value.clone()));
                }
                Delimiter::Positions(positions)
            }
            Value::List(items) => Delimiter::Any(items.texts(cx)?.iter().map(|t| t.to_string()).collect()),
            other => return Err(Error::cannot_convert(other, "Text")),
        })
    }

    /// The length of a delimiter at the start of a rest; 0 where there is none.
    fn at(&self, rest: &str) -> usize {
        match self {
            Delimiter::Text(t) => {
                if rest.starts_with(&**t) {
                    t.len()
                } else {
                    0
                }
            }
            Delimiter::Any(all) => all.iter().filter(|t| rest.starts_with(&***t)).map(String::len).max().unwrap_or(0),
            Delimiter::WhiteSpace => rest.len() - rest.trim_start_matches([' ', '\t']).len(),
            Delimiter::Positions(_) => 0,
        }
    }
}

/// How a document is read.
#[derive(Clone)]
struct Format {
    delimiter: Delimiter,
    /// Quoted line breaks are content.
    quoted_breaks: bool,
    /// Quotes count wherever they stand.
    quote_always: bool,
    /// What comes of too many fields: 0 a list, 1 an error, 2 nothing.
    extra: i64,
}

/// The fields of each line. A quote opens a quoted part at the start of a field; two quotes in it stand for one.
fn parse(text: &str, format: &Format) -> Vec<Vec<String>> {
    if let Delimiter::Positions(starts) = &format.delimiter {
        return text.lines().map(|line| fixed(line, starts)).collect();
    }
    let mut rows = Vec::new();
    let mut row: Vec<String> = Vec::new();
    let mut field = String::new();
    let (mut at_start, mut inside, mut in_row) = (true, false, false);
    let bytes = text.as_bytes();
    // One ASCII byte that cannot be part of anything else is the common delimiter.
    let fast = match &format.delimiter {
        Delimiter::Text(t) if t.len() == 1 => Some(t.as_bytes()[0]),
        _ => None,
    };
    let mut i = 0;
    while i < bytes.len() {
        let b = bytes[i];
        if inside {
            if b == b'"' {
                if bytes.get(i + 1) == Some(&b'"') {
                    field.push('"');
                    i += 2;
                } else {
                    inside = false;
                    i += 1;
                }
                continue;
            }
            if format.quoted_breaks || !matches!(b, b'\r' | b'\n') {
                let end = bytes[i..]
                    .iter()
                    .position(|x| *x == b'"' || (!format.quoted_breaks && matches!(x, b'\r' | b'\n')))
                    .map_or(bytes.len(), |n| i + n);
                field.push_str(&text[i..end]);
                i = end;
                continue;
            }
            inside = false;
        }
        if b == b'"' && (at_start || format.quote_always) {
            (inside, at_start, in_row) = (true, false, true);
            i += 1;
            continue;
        }
        if matches!(b, b'\r' | b'\n') {
            row.push(std::mem::take(&mut field));
            rows.push(std::mem::take(&mut row));
            (at_start, in_row) = (true, false);
            i += if b == b'\r' && bytes.get(i + 1) == Some(&b'\n') { 2 } else { 1 };
            continue;
        }
        let cut = match fast {
            Some(delimiter) => usize::from(b == delimiter),
            None => format.delimiter.at(&text[i..]),
        };
        if cut > 0 {
            row.push(std::mem::take(&mut field));
            (at_start, in_row) = (true, true);
            i += cut;
            continue;
        }
        // Plain content up to what may mean something.
        let mut end = i + 1;
        if fast.is_some() {
            while end < bytes.len() && !matches!(bytes[end], b'\r' | b'\n' | b'"') && Some(bytes[end]) != fast {
                end += 1;
            }
        } else {
            while end < bytes.len() && !text.is_char_boundary(end) {
                end += 1;
            }
        }
        field.push_str(&text[i..end]);
        (at_start, in_row) = (false, true);
        i = end;
    }
    if in_row || !field.is_empty() || !row.is_empty() {
        row.push(field);
        rows.push(row);
    }
    rows
}

/// The fields of a line of fixed width: each from its place to the next one's, without the blanks that fill it up.
fn fixed(line: &str, starts: &[usize]) -> Vec<String> {
    let ends = starts.iter().skip(1).map(|end| Some(*end)).chain([None]);
    starts
        .iter()
        .zip(ends)
        .map(|(start, end)| {
            let length = end.map_or(usize::MAX, |end| end - start);
            line.chars().skip(*start).take(length).collect::<String>().trim_end().to_owned()
        })
        .collect()
}

fn made_rows(rows: Vec<Vec<String>>, width: usize, extra: i64) -> Vec<Row> {
    rows.into_iter()
        .map(|fields| {
            let too_many = fields.len() > width;
            if too_many && extra == 1 {
                let error = Error::data_format(format!("There were more columns in the result than expected. Count={width}"));
                return (0..width).map(|_| Slot::failed(error.clone())).collect();
            }
            let mut cells: Vec<Slot> = fields.into_iter().map(|f| Slot::Value(Value::from(f))).collect();
            if extra == 0 && width > 0 && cells.len() >= width {
                let rest = cells.split_off(width - 1);
                cells.push(Slot::Value(Value::List(crate::m::value::List::from_slots(rest))));
            }
            cells.truncate(width);
            while cells.len() < width {
                cells.push(Slot::Value(Value::text("")));
            }
            cells.into()
        })
        .collect()
}

/// The text of a text or binary.
pub(super) fn source_text(cx: &mut Interp, source: &Value, encoding: &Value) -> Result<String> {
    match source.bare() {
        Value::Text(t) => Ok(t.to_string()),
        Value::Binary(binary) => super::binary::decode(&binary.bytes(cx)?, encoding),
        other => Err(Error::cannot_convert(other, "Binary")),
    }
}

fn document(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let (mut columns, mut delimiter, mut extra, mut encoding) = (args[1].clone(), args[2].clone(), args[3].clone(), args[4].clone());
    let (mut quoted_breaks, mut quote_always) = (true, false);
    if let Value::Record(options) = args[1].bare() {
        super::common::check_options(
            options,
            "Csv.Document",
            &["Delimiter", "Columns", "Encoding", "CsvStyle", "QuoteStyle", "ExtraValues", "IncludeByteOrderMark"],
        )?;
        let part = |cx: &mut Interp, name: &str| options.optional_field(cx, name).map(Option::unwrap_or_default);
        columns = part(cx, "Columns")?;
        delimiter = part(cx, "Delimiter")?;
        extra = part(cx, "ExtraValues")?;
        encoding = part(cx, "Encoding")?;
        quoted_breaks = choice(&part(cx, "QuoteStyle")?, 1, 0..=1, "QuoteStyle")? == 1;
        quote_always = choice(&part(cx, "CsvStyle")?, 0, 0..=1, "CsvStyle")? == 1;
    }
    let format = Format {
        delimiter: Delimiter::read(cx, &delimiter)?,
        quoted_breaks,
        quote_always,
        extra: choice(&extra, 2, 0..=2, "extraValues")?,
    };
    let source = args[0].clone();
    if let Value::Text(t) = source.bare() {
        need_text(&Value::Text(t.clone()))?;
    }
    let typed = matches!(columns.bare(), Value::Type(_));
    match super::table_make::columns(cx, &columns)? {
        Some(ty) => {
            let ty = if typed { ty } else { all_text(ty) };
            let width = ty.fields.len();
            struct Lines(std::vec::IntoIter<Row>);
            impl RowCursor for Lines {
                fn next(&mut self, _: &mut Interp) -> Result<Option<Row>> {
                    Ok(self.0.next())
                }
            }
            Ok(Value::Table(Table::lazy_with(ty, move |cx| {
                let text = source_text(cx, &source, &encoding)?;
                Ok(Box::new(Lines(made_rows(parse(&text, &format), width, format.extra).into_iter())))
            })))
        }
        None => {
            let text = source_text(cx, &source, &encoding)?;
            let rows = parse(&text, &format);
            let width = rows.iter().map(Vec::len).max().unwrap_or(0);
            let ty = all_text(TableType::untyped(&super::table_make::numbered(width)));
            Ok(Value::Table(Table::new(ty, made_rows(rows, width, format.extra))))
        }
    }
}

fn all_text(ty: TableType) -> TableType {
    TableType::new(ty.fields.iter().map(|f| Field { name: f.name.clone(), ty: Type::primitive(Kind::Text), optional: false }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, format: &Format) -> String {
        parse(text, format).iter().map(|row| row.join("|")).collect::<Vec<_>>().join("/")
    }

    #[test]
    fn quotes_breaks_and_delimiters() {
        let plain = Format { delimiter: Delimiter::Text(",".to_owned()), quoted_breaks: true, quote_always: false, extra: 2 };
        assert_eq!(rows("a,b\r\n1,\"x,\"\"y\"\"\"\n", &plain), "a|b/1|x,\"y\"");
        assert_eq!(rows("a,\"b\nc\",d", &plain), "a|b\nc|d");
        assert_eq!(rows("a,b \"c\"", &plain), "a|b \"c\"");
        assert_eq!(rows("a\n\nb", &plain), "a//b");
        assert_eq!(rows("é,ü", &plain), "é|ü");
        let broken = Format { quoted_breaks: false, ..plain.clone() };
        assert_eq!(rows("\"a\nb\"", &broken), "a/b\"");
        let wide = Format { delimiter: Delimiter::Text("#|#".to_owned()), ..plain.clone() };
        assert_eq!(rows("a#|#b", &wide), "a|b");
        let blank = Format { delimiter: Delimiter::WhiteSpace, ..plain.clone() };
        assert_eq!(rows("a  b\tc", &blank), "a|b|c");
        let fixed = Format { delimiter: Delimiter::Positions(vec![0, 3, 5]), ..blank };
        assert_eq!(rows("ab cdé\nx", &fixed), "ab|cd|é/x||");
    }
}
