//! `Splitter.*`, `Combiner.*`, `Comparer.*`, `Replacer.*`: functions that make functions.

use std::cmp::Ordering;

use super::common::{choice, count, culture, flag, list, need_text, text};
use super::{ANY, ANY_NON_NULL, Builtin, FUNCTION, LIST, LOGICAL, NULLABLE_TEXT, NUMBER, TEXT, arg, opt};
use crate::base::Culture;
use crate::m::error::{Error, Result};
use crate::m::eval::Interp;
use crate::m::value::{Function, Kind, List, Native, NativeParam, Text, Type, Value, utf16_len, utf16_slice};

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "Combiner.CombineTextByDelimiter",
        params: &[arg("delimiter", TEXT), opt("quoteStyle", NUMBER)],
        returns: FUNCTION,
        about: "A function that joins texts with a delimiter.",
        source: "https://learn.microsoft.com/powerquery-m/combiner-combinetextbydelimiter",
        examples: &[("Combiner.CombineTextByDelimiter(\";\")({\"a\", \"b\"})", "\"a;b\"")],
        run: combine_text_by_delimiter,
    },
    Builtin {
        name: "Combiner.CombineTextByEachDelimiter",
        params: &[arg("delimiters", LIST), opt("quoteStyle", NUMBER)],
        returns: FUNCTION,
        about: "A function that joins texts with one delimiter after the other.",
        source: "https://learn.microsoft.com/powerquery-m/combiner-combinetextbyeachdelimiter",
        examples: &[("Combiner.CombineTextByEachDelimiter({\"=\", \"+\"})({\"a\", \"b\", \"c\"})", "\"a=b+c\"")],
        run: combine_text_by_each_delimiter,
    },
    Builtin {
        name: "Combiner.CombineTextByLengths",
        params: &[arg("lengths", LIST), opt("template", TEXT)],
        returns: FUNCTION,
        about: "A function that joins the starts of texts, each of its length.",
        source: "https://learn.microsoft.com/powerquery-m/combiner-combinetextbylengths",
        examples: &[("Combiner.CombineTextByLengths({1, 2})({\"aaa\", \"bbb\"})", "\"abb\"")],
        run: combine_text_by_lengths,
    },
    Builtin {
        name: "Combiner.CombineTextByPositions",
        params: &[arg("positions", LIST), opt("template", TEXT)],
        returns: FUNCTION,
        about: "A function that puts texts at positions.",
        source: "https://learn.microsoft.com/powerquery-m/combiner-combinetextbypositions",
        examples: &[("Combiner.CombineTextByPositions({0, 3})({\"ab\", \"cd\"})", "\"ab cd\"")],
        run: combine_text_by_positions,
    },
    Builtin {
        name: "Combiner.CombineTextByRanges",
        params: &[arg("ranges", LIST), opt("template", TEXT)],
        returns: FUNCTION,
        about: "A function that puts texts at positions, cut to lengths.",
        source: "https://learn.microsoft.com/powerquery-m/combiner-combinetextbyranges",
        examples: &[("Combiner.CombineTextByRanges({{0, 1}, {3, 2}})({\"abc\", \"def\"})", "\"a  de\"")],
        run: combine_text_by_ranges,
    },
    Builtin {
        name: "Comparer.Equals",
        params: &[arg("comparer", FUNCTION), arg("x", ANY), arg("y", ANY)],
        returns: LOGICAL,
        about: "Whether a comparer finds two values equal.",
        source: "https://learn.microsoft.com/powerquery-m/comparer-equals",
        examples: &[("Comparer.Equals(Comparer.OrdinalIgnoreCase, \"a\", \"A\")", "true")],
        run: comparer_equals,
    },
    Builtin {
        name: "Comparer.FromCulture",
        params: &[arg("culture", TEXT), opt("ignoreCase", LOGICAL)],
        returns: FUNCTION,
        about: "A comparer by the rules of a culture.",
        source: "https://learn.microsoft.com/powerquery-m/comparer-fromculture",
        examples: &[("Comparer.FromCulture(\"en-US\", true)(\"a\", \"A\")", "0")],
        run: comparer_from_culture,
    },
    Builtin {
        name: "Comparer.Ordinal",
        params: &[arg("x", ANY), arg("y", ANY)],
        returns: NUMBER,
        about: "The order of two values by code units.",
        source: "https://learn.microsoft.com/powerquery-m/comparer-ordinal",
        examples: &[("Comparer.Ordinal(\"a\", \"b\")", "-1")],
        run: comparer_ordinal,
    },
    Builtin {
        name: "Comparer.OrdinalIgnoreCase",
        params: &[arg("x", ANY), arg("y", ANY)],
        returns: NUMBER,
        about: "The order of two values by code units whatever their case.",
        source: "https://learn.microsoft.com/powerquery-m/comparer-ordinalignorecase",
        examples: &[("Comparer.OrdinalIgnoreCase(\"a\", \"A\")", "0")],
        run: comparer_ordinal_ignore_case,
    },
    Builtin {
        name: "Replacer.ReplaceText",
        params: &[arg("text", NULLABLE_TEXT), arg("old", TEXT), arg("new", TEXT)],
        returns: NULLABLE_TEXT,
        about: "The text with every occurrence of one text replaced by another.",
        source: "https://learn.microsoft.com/powerquery-m/replacer-replacetext",
        examples: &[("Replacer.ReplaceText(\"a.b\", \".\", \"-\")", "\"a-b\"")],
        run: replace_text,
    },
    Builtin {
        name: "Replacer.ReplaceValue",
        params: &[arg("value", ANY), arg("old", ANY), arg("new", ANY)],
        returns: ANY,
        about: "The new value where the value is the old one.",
        source: "https://learn.microsoft.com/powerquery-m/replacer-replacevalue",
        examples: &[("Replacer.ReplaceValue(1, 1, 2)", "2")],
        run: replace_value,
    },
    Builtin {
        name: "Splitter.SplitByNothing",
        params: &[],
        returns: FUNCTION,
        about: "A function that makes a list of its argument.",
        source: "https://learn.microsoft.com/powerquery-m/splitter-splitbynothing",
        examples: &[("Splitter.SplitByNothing()(5)", "{5}")],
        run: split_by_nothing,
    },
    Builtin {
        name: "Splitter.SplitTextByAnyDelimiter",
        params: &[arg("delimiters", LIST), opt("quoteStyle", NUMBER), opt("startAtEnd", LOGICAL)],
        returns: FUNCTION,
        about: "A function that splits text at any of some delimiters.",
        source: "https://learn.microsoft.com/powerquery-m/splitter-splittextbyanydelimiter",
        examples: &[("Splitter.SplitTextByAnyDelimiter({\",\", \";\"})(\"a,b;c\")", "{\"a\", \"b\", \"c\"}")],
        run: split_text_by_any_delimiter,
    },
    Builtin {
        name: "Splitter.SplitTextByCharacterTransition",
        params: &[arg("before", ANY_NON_NULL), arg("after", ANY_NON_NULL)],
        returns: FUNCTION,
        about: "A function that splits text where one kind of character follows another.",
        source: "https://learn.microsoft.com/powerquery-m/splitter-splittextbycharactertransition",
        examples: &[("Splitter.SplitTextByCharacterTransition({\"a\"..\"z\"}, {\"0\"..\"9\"})(\"ab12\")", "{\"ab\", \"12\"}")],
        run: split_text_by_character_transition,
    },
    Builtin {
        name: "Splitter.SplitTextByDelimiter",
        params: &[arg("delimiter", TEXT), opt("quoteStyle", NUMBER), opt("csvStyle", NUMBER)],
        returns: FUNCTION,
        about: "A function that splits text at a delimiter.",
        source: "https://learn.microsoft.com/powerquery-m/splitter-splittextbydelimiter",
        examples: &[("Splitter.SplitTextByDelimiter(\",\")(\"a,\"\"b,c\"\"\")", "{\"a\", \"b,c\"}")],
        run: split_text_by_delimiter,
    },
    Builtin {
        name: "Splitter.SplitTextByEachDelimiter",
        params: &[arg("delimiters", LIST), opt("quoteStyle", NUMBER), opt("startAtEnd", LOGICAL)],
        returns: FUNCTION,
        about: "A function that splits text at one delimiter after the other.",
        source: "https://learn.microsoft.com/powerquery-m/splitter-splittextbyeachdelimiter",
        examples: &[("Splitter.SplitTextByEachDelimiter({\"=\", \";\"})(\"a=b;c;d\")", "{\"a\", \"b\", \"c;d\"}")],
        run: split_text_by_each_delimiter,
    },
    Builtin {
        name: "Splitter.SplitTextByLengths",
        params: &[arg("lengths", LIST), opt("startAtEnd", LOGICAL)],
        returns: FUNCTION,
        about: "A function that splits text into parts of lengths.",
        source: "https://learn.microsoft.com/powerquery-m/splitter-splittextbylengths",
        examples: &[("Splitter.SplitTextByLengths({2, 3})(\"AB123\")", "{\"AB\", \"123\"}")],
        run: split_text_by_lengths,
    },
    Builtin {
        name: "Splitter.SplitTextByPositions",
        params: &[arg("positions", LIST), opt("startAtEnd", LOGICAL)],
        returns: FUNCTION,
        about: "A function that splits text at positions.",
        source: "https://learn.microsoft.com/powerquery-m/splitter-splittextbypositions",
        examples: &[("Splitter.SplitTextByPositions({0, 3})(\"ABC123\")", "{\"ABC\", \"123\"}")],
        run: split_text_by_positions,
    },
    Builtin {
        name: "Splitter.SplitTextByRanges",
        params: &[arg("ranges", LIST), opt("startAtEnd", LOGICAL)],
        returns: FUNCTION,
        about: "A function that takes parts of text by offset and length.",
        source: "https://learn.microsoft.com/powerquery-m/splitter-splittextbyranges",
        examples: &[("Splitter.SplitTextByRanges({{0, 2}, {3, null}})(\"ABCDE\")", "{\"AB\", \"DE\"}")],
        run: split_text_by_ranges,
    },
    Builtin {
        name: "Splitter.SplitTextByRepeatedLengths",
        params: &[arg("length", NUMBER), opt("startAtEnd", LOGICAL)],
        returns: FUNCTION,
        about: "A function that splits text into parts of one length.",
        source: "https://learn.microsoft.com/powerquery-m/splitter-splittextbyrepeatedlengths",
        examples: &[("Splitter.SplitTextByRepeatedLengths(2)(\"ABCDE\")", "{\"AB\", \"CD\", \"E\"}")],
        run: split_text_by_repeated_lengths,
    },
    Builtin {
        name: "Splitter.SplitTextByWhitespace",
        params: &[opt("quoteStyle", NUMBER)],
        returns: FUNCTION,
        about: "A function that splits text at white space.",
        source: "https://learn.microsoft.com/powerquery-m/splitter-splittextbywhitespace",
        examples: &[("Splitter.SplitTextByWhitespace()(\"a  b\")", "{\"a\", \"b\"}")],
        run: split_text_by_whitespace,
    },
];

fn made(run: impl Fn(&mut Interp, &[Value]) -> Result<Value> + 'static, parameter: &'static str) -> Function {
    Function::native(&[parameter], run)
}

/// A function of a text; null gives no parts.
fn splitter(split: impl Fn(&str) -> Vec<String> + 'static) -> Result<Value> {
    Ok(Value::Function(made(
        move |_, args| match args[0].bare() {
            Value::Null => Ok(Value::List(List::empty())),
            Value::Text(t) => Ok(Value::List(List::from_values(split(t).into_iter().map(Value::from)))),
            other => Err(Error::cannot_convert(other, "Text")),
        },
        "text",
    )))
}

/// Whether quotes are read (`QuoteStyle.Csv`, the default).
fn quotes(value: &Value) -> Result<bool> {
    Ok(choice(value, 1, 0..=1, "quoteStyle")? == 1)
}

/// What stands between delimiters; with quotes, delimiters inside them are content and the quotes fall away.
///
/// `which` gives the length of the delimiter at the start of a rest, if there is one, for the n-th cut.
fn cut(t: &str, quoted: bool, quote_anywhere: bool, which: impl Fn(&str, usize) -> Option<usize>) -> Vec<String> {
    let mut out = Vec::new();
    let mut part = String::new();
    let mut rest = t;
    let mut inside = false;
    let mut at_start = true;
    while let Some(c) = rest.chars().next() {
        if inside {
            if c == '"' {
                if rest[1..].starts_with('"') {
                    part.push('"');
                    rest = &rest[2..];
                } else {
                    inside = false;
                    rest = &rest[1..];
                }
                continue;
            }
        } else {
            if let Some(length) = which(rest, out.len()).filter(|n| *n > 0) {
                out.push(std::mem::take(&mut part));
                rest = &rest[length..];
                at_start = true;
                continue;
            }
            if quoted && c == '"' && (at_start || quote_anywhere) {
                inside = true;
                at_start = false;
                rest = &rest[1..];
                continue;
            }
        }
        at_start = false;
        part.push(c);
        rest = &rest[c.len_utf8()..];
    }
    out.push(part);
    out
}

/// The splitter that `Table.FromList` uses on its own.
pub(super) fn by_delimiter(delimiter: &str, quoted: bool) -> Function {
    let delimiter = delimiter.to_owned();
    made(
        move |_, args| match args[0].bare() {
            Value::Null => Ok(Value::List(List::empty())),
            Value::Text(t) => {
                let parts = cut(t, quoted, false, |rest, _| rest.starts_with(&*delimiter).then_some(delimiter.len()));
                Ok(Value::List(List::from_values(parts.into_iter().map(Value::from))))
            }
            other => Err(Error::cannot_convert(other, "Text")),
        },
        "text",
    )
}

fn split_by_nothing(_: &mut Interp, _: &[Value]) -> Result<Value> {
    Ok(Value::Function(made(|_, args| Ok(Value::List(List::from_values([args[0].clone()]))), "value")))
}

fn split_text_by_delimiter(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let delimiter = need_text(&args[0])?;
    choice(&args[2], 0, 0..=1, "csvStyle")?;
    Ok(Value::Function(by_delimiter(&delimiter, quotes(&args[1])?)))
}

fn texts_of(cx: &mut Interp, value: &Value) -> Result<Vec<Text>> {
    list(value)?.texts(cx)
}

/// The longest delimiter at the start of a text.
fn delimiter_at(rest: &str, delimiters: &[Text]) -> Option<usize> {
    delimiters.iter().filter(|d| rest.starts_with(&***d)).map(|d| d.len()).max()
}

fn reversed(t: &str) -> String {
    t.chars().rev().collect()
}

/// Splits from the end by splitting the mirror image.
fn mirrored(t: &str, split: impl Fn(&str) -> Vec<String>) -> Vec<String> {
    let mut parts: Vec<String> = split(&reversed(t)).iter().map(|p| reversed(p)).collect();
    parts.reverse();
    parts
}

fn mirror_all(delimiters: &[Text]) -> Vec<Text> {
    delimiters.iter().map(|d| Text::from(reversed(d))).collect()
}

fn split_text_by_any_delimiter(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let delimiters = texts_of(cx, &args[0])?;
    let quoted = quotes(&args[1])?;
    if flag(&args[2], false) {
        let delimiters = mirror_all(&delimiters);
        return splitter(move |t| mirrored(t, |t| cut(t, quoted, true, |rest, _| delimiter_at(rest, &delimiters))));
    }
    splitter(move |t| cut(t, quoted, false, |rest, _| delimiter_at(rest, &delimiters)))
}

fn split_text_by_each_delimiter(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let delimiters = texts_of(cx, &args[0])?;
    let quoted = quotes(&args[1])?;
    let nth = |delimiters: &[Text], rest: &str, n: usize| delimiters.get(n).filter(|d| rest.starts_with(&***d)).map(|d| d.len());
    if flag(&args[2], false) {
        let delimiters = mirror_all(&delimiters);
        return splitter(move |t| mirrored(t, |t| cut(t, quoted, true, |rest, n| nth(&delimiters, rest, n))));
    }
    splitter(move |t| cut(t, quoted, false, |rest, n| nth(&delimiters, rest, n)))
}

fn split_text_by_whitespace(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let quoted = quotes(&args[0])?;
    splitter(move |t| cut(t.trim(), quoted, false, |rest, _| Some(rest.len() - rest.trim_start().len())))
}

/// Characters of a list, or a function that knows them.
enum CharacterSet {
    Listed(Vec<Text>),
    Asked(Value),
}

impl CharacterSet {
    fn read(cx: &mut Interp, value: &Value) -> Result<CharacterSet> {
        match value.bare() {
            Value::Function(_) => Ok(CharacterSet::Asked(value.clone())),
            _ => Ok(CharacterSet::Listed(texts_of(cx, value)?)),
        }
    }

    fn has(&self, cx: &mut Interp, c: char) -> Result<bool> {
        let shown = c.to_string();
        match self {
            CharacterSet::Listed(all) => Ok(all.iter().any(|t| **t == *shown)),
            CharacterSet::Asked(function) => cx.call_predicate(function, &[Value::from(shown)]),
        }
    }
}

fn split_text_by_character_transition(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let (before, after) = (CharacterSet::read(cx, &args[0])?, CharacterSet::read(cx, &args[1])?);
    Ok(Value::Function(made(
        move |cx, args| {
            let Some(t) = text(&args[0]) else {
                return if args[0].is_null() { Ok(Value::List(List::empty())) } else { Err(Error::cannot_convert(&args[0], "Text")) };
            };
            let mut parts = vec![String::new()];
            let mut last = None;
            for c in t.chars() {
                if let Some(last) = last
                    && before.has(cx, last)?
                    && after.has(cx, c)?
                {
                    parts.push(String::new());
                }
                if let Some(part) = parts.last_mut() {
                    part.push(c);
                }
                last = Some(c);
            }
            Ok(Value::List(List::from_values(parts.into_iter().map(Value::from))))
        },
        "text",
    )))
}

fn numbers_of(cx: &mut Interp, value: &Value, name: &str) -> Result<Vec<usize>> {
    list(value)?.values(cx)?.iter().map(|v| count(name, v)).collect()
}

fn split_text_by_lengths(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let lengths = numbers_of(cx, &args[0], "lengths")?;
    let from_end = flag(&args[1], false);
    splitter(move |t| {
        let total = utf16_len(t);
        let mut out = Vec::new();
        let mut at = 0;
        for length in &lengths {
            if at >= total {
                break;
            }
            let n = (*length).min(total - at);
            let start = if from_end { total - at - n } else { at };
            out.push(utf16_slice(t, start, n));
            at += n;
        }
        if from_end {
            out.reverse();
        }
        out
    })
}

fn split_text_by_repeated_lengths(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let length = count("length", &args[0])?.max(1);
    let from_end = flag(&args[1], false);
    splitter(move |t| {
        let total = utf16_len(t);
        let mut out = Vec::new();
        let mut start = 0;
        let first = if from_end && !total.is_multiple_of(length) { total % length } else { length };
        let mut n = first;
        while start < total {
            out.push(utf16_slice(t, start, n));
            start += n;
            n = length;
        }
        out
    })
}

fn split_text_by_positions(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let positions = numbers_of(cx, &args[0], "positions")?;
    let from_end = flag(&args[1], false);
    splitter(move |t| {
        let total = utf16_len(t);
        let mut cuts: Vec<usize> = positions.iter().map(|p| if from_end { total.saturating_sub(*p) } else { (*p).min(total) }).collect();
        if from_end {
            cuts.reverse();
            cuts.insert(0, 0);
            cuts.dedup();
            if cuts.last() == Some(&total) {
                cuts.pop();
            }
        }
        let ends = cuts.iter().skip(1).copied().chain(std::iter::once(total));
        cuts.iter().zip(ends).map(|(start, end)| utf16_slice(t, *start, end.saturating_sub(*start))).collect()
    })
}

/// Offsets with lengths; no length means to the end.
fn ranges_of(cx: &mut Interp, value: &Value) -> Result<Vec<(usize, Option<usize>)>> {
    let mut out = Vec::new();
    for item in list(value)?.values(cx)? {
        let pair = list(&item)?.values(cx)?;
        let [offset, length] = pair.as_slice() else {
            return Err(Error::expression("A range must be a list of an offset and a length.").with_detail(item.clone()));
        };
        let length = if length.is_null() { None } else { Some(count("length", length)?) };
        out.push((count("offset", offset)?, length));
    }
    Ok(out)
}

fn split_text_by_ranges(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let ranges = ranges_of(cx, &args[0])?;
    let from_end = flag(&args[1], false);
    splitter(move |t| {
        let total = utf16_len(t);
        ranges
            .iter()
            .map(|(offset, length)| {
                if from_end {
                    let end = total.saturating_sub(*offset);
                    let n = length.unwrap_or(end).min(end);
                    return utf16_slice(t, end - n, n);
                }
                utf16_slice(t, *offset, length.unwrap_or(usize::MAX))
            })
            .collect()
    })
}

/// A part as it stands in joined text: with quotes where it would be misread.
fn quoted_part(part: &str, delimiter: &str, quoted: bool) -> String {
    let needs = quoted && (part.contains('"') || part.contains(['\r', '\n']) || (!delimiter.is_empty() && part.contains(delimiter)));
    if needs { format!("\"{}\"", part.replace('"', "\"\"")) } else { part.to_owned() }
}

/// Texts of a list; null is empty text.
fn parts_of(cx: &mut Interp, value: &Value) -> Result<Vec<String>> {
    let mut out = Vec::new();
    list(value)?.each(cx, |_, item| {
        out.push(match item.bare() {
            Value::Null => String::new(),
            Value::Text(t) => t.to_string(),
            other => return Err(Error::cannot_convert(other, "Text")),
        });
        Ok(true)
    })?;
    Ok(out)
}

/// The combiner that `Table.ToList` uses on its own.
pub(super) fn combine_by_delimiter(delimiter: &str, quoted: bool) -> Function {
    let delimiter = delimiter.to_owned();
    made(
        move |cx, args| {
            let parts = parts_of(cx, &args[0])?;
            Ok(Value::from(parts.iter().map(|p| quoted_part(p, &delimiter, quoted)).collect::<Vec<_>>().join(&delimiter)))
        },
        "texts",
    )
}

fn combine_text_by_delimiter(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let quoted = choice(&args[1], 0, 0..=1, "quoteStyle")? == 1;
    Ok(Value::Function(combine_by_delimiter(&need_text(&args[0])?, quoted)))
}

fn combine_text_by_each_delimiter(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let delimiters = texts_of(cx, &args[0])?;
    let quoted = choice(&args[1], 0, 0..=1, "quoteStyle")? == 1;
    Ok(Value::Function(made(
        move |cx, args| {
            let parts = parts_of(cx, &args[0])?;
            let mut out = String::new();
            for (i, part) in parts.iter().enumerate() {
                let delimiter = delimiters.get(i).map_or("", |d| &**d);
                out.push_str(&quoted_part(part, delimiter, quoted));
                if i + 1 < parts.len() {
                    out.push_str(delimiter);
                }
            }
            Ok(Value::from(out))
        },
        "texts",
    )))
}

/// Writes parts over a template of code units, which grows with blanks.
fn place(template: &str, parts: &[(usize, Option<usize>)], texts: &[String]) -> String {
    let mut units: Vec<u16> = template.encode_utf16().collect();
    for ((offset, length), t) in parts.iter().zip(texts) {
        let part: Vec<u16> = t.encode_utf16().take(length.unwrap_or(usize::MAX)).collect();
        let end = offset + part.len();
        if units.len() < end {
            units.resize(end, u16::from(b' '));
        }
        units[*offset..end].copy_from_slice(&part);
    }
    String::from_utf16_lossy(&units)
}

fn placer(ranges: Vec<(usize, Option<usize>)>, template: &Value) -> Result<Value> {
    let template = text(template).unwrap_or_default().to_owned();
    let put = move |cx: &mut Interp, args: &[Value]| {
        let parts = parts_of(cx, &args[0])?;
        let end = ranges.iter().zip(&parts).map(|((offset, _), part)| offset.saturating_add(part.len())).max().unwrap_or(0);
        cx.charge(end.saturating_mul(4))?;
        Ok(Value::from(place(&template, &ranges, &parts)))
    };
    Ok(Value::Function(made(put, "texts")))
}

fn combine_text_by_lengths(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let mut at = 0;
    let ranges = numbers_of(cx, &args[0], "lengths")?
        .into_iter()
        .map(|length| {
            let start = at;
            at = usize::saturating_add(at, length);
            (start, Some(length))
        })
        .collect();
    placer(ranges, &args[1])
}

fn combine_text_by_positions(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let positions = numbers_of(cx, &args[0], "positions")?;
    let ranges = positions.iter().enumerate().map(|(i, p)| (*p, positions.get(i + 1).map(|next| next.saturating_sub(*p)))).collect();
    placer(ranges, &args[1])
}

fn combine_text_by_ranges(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let ranges = ranges_of(cx, &args[0])?;
    placer(ranges, &args[1])
}

/// The name that tells comparers of this module from other functions.
const COMPARER_PARAMETER: &str = "x";

/// Whether a function is one of the library's comparers, which see texts and other scalars.
pub(super) fn compares_scalars(comparer: &Value) -> bool {
    match comparer.bare() {
        Value::Function(f) => match f.body() {
            crate::m::value::Body::Builtin(b) => b.name.starts_with("Comparer."),
            crate::m::value::Body::Native(n) => {
                n.params.len() == 2 && n.params[0].name == COMPARER_PARAMETER && n.returns.kind() == Kind::Number
            }
            crate::m::value::Body::Closure(..) => false,
        },
        _ => false,
    }
}

/// A value that is equal to another under a library comparer exactly when the comparer says so.
pub(super) fn folded(comparer: &Value, value: &Value) -> Value {
    let Value::Text(t) = value.bare() else { return value.clone() };
    let Value::Function(f) = comparer.bare() else { return value.clone() };
    let ignores_case = match f.body() {
        crate::m::value::Body::Builtin(b) => b.name == "Comparer.OrdinalIgnoreCase",
        // A comparer by culture: equal under it means equal after folding as it does.
        crate::m::value::Body::Native(n) => n.params[1].optional,
        crate::m::value::Body::Closure(..) => false,
    };
    if ignores_case { Value::from(Culture::get("").to_upper(t)) } else { value.clone() }
}

fn sign(order: Ordering) -> Value {
    Value::Int(match order {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    })
}

/// Two values under a rule for texts; other kinds in their own order.
fn compared(cx: &mut Interp, x: &Value, y: &Value, texts: impl Fn(&str, &str) -> Ordering) -> Result<Value> {
    Ok(sign(match (x.bare(), y.bare()) {
        (Value::Text(a), Value::Text(b)) => texts(a, b),
        (a, b) => cx.compare(a, b)?,
    }))
}

fn comparer_ordinal(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    compared(cx, &args[0], &args[1], |a, b| a.encode_utf16().cmp(b.encode_utf16()))
}

fn comparer_ordinal_ignore_case(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    compared(cx, &args[0], &args[1], super::text::compare_ignoring_case)
}

/// Order by letters first, then accents, then case (lower case first), as dictionaries do.
fn by_culture(a: &str, b: &str, culture: &Culture, ignore_case: bool) -> Ordering {
    use unicode_normalization::UnicodeNormalization;
    let letters = |t: &str| -> String { culture.to_lower(t).nfd().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).collect() };
    let weight = |c: char| (if c.is_alphanumeric() { if c.is_numeric() { 1 } else { 2 } } else { 0 }, c);
    let primary = letters(a).chars().map(weight).cmp(letters(b).chars().map(weight));
    let accents = |t: &str| culture.to_lower(t).nfd().collect::<String>();
    primary.then_with(|| accents(a).cmp(&accents(b))).then_with(|| if ignore_case { Ordering::Equal } else { b.cmp(a) })
}

fn comparer_from_culture(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let culture = culture(cx, &args[0])?;
    let ignore_case = flag(&args[1], false);
    let param = |name, optional| NativeParam { name, ty: Type::any(), optional };
    Ok(Value::Function(Function::from_native(Native {
        params: vec![param(COMPARER_PARAMETER, false), param("y", ignore_case)],
        returns: Type::primitive(Kind::Number),
        run: Box::new(move |cx, args| compared(cx, &args[0], &args[1], |a, b| by_culture(a, b, culture, ignore_case))),
    })))
}

fn comparer_equals(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    super::common::comparer_says_equal(cx, &args[0], &args[1], &args[2]).map(Value::Logical)
}

fn replace_text(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let (old, new) = (need_text(&args[1])?, need_text(&args[2])?);
    Ok(if old.is_empty() { args[0].clone() } else { Value::from(t.replace(&*old, &new)) })
}

fn replace_value(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(if cx.equals(&args[0], &args[1])? { args[2].clone() } else { args[0].clone() })
}
