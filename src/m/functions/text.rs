//! `Text.*`: positions count UTF-16 code units from 0; null text gives null.

use std::cmp::Ordering;

use super::common::{choice, count, culture, function, need_text, out_of_range, text};
use super::{ANY, Builtin, FUNCTION, LIST, NULLABLE_LOGICAL, NULLABLE_NUMBER, NULLABLE_TEXT, NUMBER, TEXT, TYPE, arg, convert, opt};
use crate::m::error::{Error, Result};
use crate::m::eval::Interp;
use crate::m::value::{List, Value, utf16_char_at, utf16_len, utf16_slice};

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "Text.AfterDelimiter",
        params: &[arg("text", NULLABLE_TEXT), arg("delimiter", TEXT), opt("index", ANY)],
        returns: ANY,
        about: "What follows a delimiter: the first one, the one with an index, or one counted from the end; empty where it does not occur.",
        source: "https://learn.microsoft.com/powerquery-m/text-afterdelimiter",
        examples: &[
            ("Text.AfterDelimiter(\"a=b=c\", \"=\")", "\"b=c\""),
            ("Text.AfterDelimiter(\"a=b=c\", \"=\", {0, RelativePosition.FromEnd})", "\"c\""),
        ],
        run: after_delimiter,
    },
    Builtin {
        name: "Text.At",
        params: &[arg("text", NULLABLE_TEXT), arg("index", NUMBER)],
        returns: NULLABLE_TEXT,
        about: "The character at a position.",
        source: "https://learn.microsoft.com/powerquery-m/text-at",
        examples: &[("Text.At(\"Xero\", 1)", "\"e\"")],
        run: at,
    },
    Builtin {
        name: "Text.BeforeDelimiter",
        params: &[arg("text", NULLABLE_TEXT), arg("delimiter", TEXT), opt("index", ANY)],
        returns: ANY,
        about: "What precedes a delimiter: the first one, the one with an index, or one counted from the end; the whole text where it does not occur.",
        source: "https://learn.microsoft.com/powerquery-m/text-beforedelimiter",
        examples: &[("Text.BeforeDelimiter(\"a=b=c\", \"=\")", "\"a\""), ("Text.BeforeDelimiter(\"abc\", \"=\")", "\"abc\"")],
        run: before_delimiter,
    },
    Builtin {
        name: "Text.BetweenDelimiters",
        params: &[
            arg("text", NULLABLE_TEXT),
            arg("startDelimiter", TEXT),
            arg("endDelimiter", TEXT),
            opt("startIndex", ANY),
            opt("endIndex", ANY),
        ],
        returns: ANY,
        about: "What stands between a start delimiter and the end delimiter after it.",
        source: "https://learn.microsoft.com/powerquery-m/text-betweendelimiters",
        examples: &[("Text.BetweenDelimiters(\"a <b> c\", \"<\", \">\")", "\"b\"")],
        run: between_delimiters,
    },
    Builtin {
        name: "Text.Clean",
        params: &[arg("text", NULLABLE_TEXT)],
        returns: NULLABLE_TEXT,
        about: "The text without control characters.",
        source: "https://learn.microsoft.com/powerquery-m/text-clean",
        examples: &[("Text.Clean(\"a#(lf)b\")", "\"ab\"")],
        run: clean,
    },
    Builtin {
        name: "Text.Combine",
        params: &[arg("texts", LIST), opt("separator", TEXT)],
        returns: TEXT,
        about: "The texts one after the other, with a separator between them; nulls are left out.",
        source: "https://learn.microsoft.com/powerquery-m/text-combine",
        examples: &[("Text.Combine({\"a\", null, \"b\"}, \", \")", "\"a, b\"")],
        run: combine,
    },
    Builtin {
        name: "Text.Contains",
        params: &[arg("text", NULLABLE_TEXT), arg("substring", TEXT), opt("comparer", FUNCTION)],
        returns: NULLABLE_LOGICAL,
        about: "Whether the text contains another, compared exactly or with a comparer.",
        source: "https://learn.microsoft.com/powerquery-m/text-contains",
        examples: &[
            ("Text.Contains(\"Invoice\", \"voice\")", "true"),
            ("Text.Contains(\"Invoice\", \"VOICE\", Comparer.OrdinalIgnoreCase)", "true"),
        ],
        run: contains,
    },
    Builtin {
        name: "Text.End",
        params: &[arg("text", NULLABLE_TEXT), arg("count", NUMBER)],
        returns: NULLABLE_TEXT,
        about: "The last characters of a text.",
        source: "https://learn.microsoft.com/powerquery-m/text-end",
        examples: &[("Text.End(\"INV-0042\", 4)", "\"0042\"")],
        run: end,
    },
    Builtin {
        name: "Text.EndsWith",
        params: &[arg("text", NULLABLE_TEXT), arg("substring", TEXT), opt("comparer", FUNCTION)],
        returns: NULLABLE_LOGICAL,
        about: "Whether the text ends with another.",
        source: "https://learn.microsoft.com/powerquery-m/text-endswith",
        examples: &[("Text.EndsWith(\"report.csv\", \".csv\")", "true")],
        run: ends_with,
    },
    Builtin {
        name: "Text.Format",
        params: &[arg("formatString", TEXT), arg("arguments", ANY), opt("culture", TEXT)],
        returns: TEXT,
        about: "Fills `#{0}` places from a list or `#[name]` places from a record.",
        source: "https://learn.microsoft.com/powerquery-m/text-format",
        examples: &[("Text.Format(\"#{0} of #{1}\", {1, 2})", "\"1 of 2\""), ("Text.Format(\"#[n] due\", [n = 3])", "\"3 due\"")],
        run: format,
    },
    Builtin {
        name: "Text.From",
        params: &[arg("value", ANY), opt("culture", TEXT)],
        returns: NULLABLE_TEXT,
        about: "The text of a scalar value in a culture.",
        source: "https://learn.microsoft.com/powerquery-m/text-from",
        examples: &[("Text.From(1.5)", "\"1.5\""), ("Text.From(1.5, \"de-DE\")", "\"1,5\""), ("Text.From(true)", "\"true\"")],
        run: from,
    },
    Builtin {
        name: "Text.InferNumberType",
        params: &[arg("text", TEXT), opt("culture", TEXT)],
        returns: TYPE,
        about: "The narrowest number type that holds a number written as text.",
        source: "https://learn.microsoft.com/powerquery-m/text-infernumbertype",
        examples: &[("Text.InferNumberType(\"12\") = Int64.Type", "true")],
        run: infer_number_type,
    },
    Builtin {
        name: "Text.Insert",
        params: &[arg("text", NULLABLE_TEXT), arg("offset", NUMBER), arg("newText", TEXT)],
        returns: NULLABLE_TEXT,
        about: "The text with another put in at a position.",
        source: "https://learn.microsoft.com/powerquery-m/text-insert",
        examples: &[("Text.Insert(\"ac\", 1, \"b\")", "\"abc\"")],
        run: insert,
    },
    Builtin {
        name: "Text.Length",
        params: &[arg("text", NULLABLE_TEXT)],
        returns: NULLABLE_NUMBER,
        about: "How many characters the text has.",
        source: "https://learn.microsoft.com/powerquery-m/text-length",
        examples: &[("Text.Length(\"Xero\")", "4")],
        run: length,
    },
    Builtin {
        name: "Text.Lower",
        params: &[arg("text", NULLABLE_TEXT), opt("culture", TEXT)],
        returns: NULLABLE_TEXT,
        about: "The text in lower case.",
        source: "https://learn.microsoft.com/powerquery-m/text-lower",
        examples: &[("Text.Lower(\"ABC\")", "\"abc\"")],
        run: lower,
    },
    Builtin {
        name: "Text.Middle",
        params: &[arg("text", NULLABLE_TEXT), arg("start", NUMBER), opt("count", NUMBER)],
        returns: NULLABLE_TEXT,
        about: "Characters from a position on; what lies past the end is left out.",
        source: "https://learn.microsoft.com/powerquery-m/text-middle",
        examples: &[("Text.Middle(\"abcdef\", 2, 3)", "\"cde\""), ("Text.Middle(\"abc\", 5)", "\"\"")],
        run: middle,
    },
    Builtin {
        name: "Text.NewGuid",
        params: &[],
        returns: TEXT,
        about: "A new random GUID.",
        source: "https://learn.microsoft.com/powerquery-m/text-newguid",
        examples: &[("Text.Length(Text.NewGuid())", "36")],
        run: new_guid,
    },
    Builtin {
        name: "Text.PadEnd",
        params: &[arg("text", NULLABLE_TEXT), arg("count", NUMBER), opt("character", TEXT)],
        returns: NULLABLE_TEXT,
        about: "The text filled up at its end to a length.",
        source: "https://learn.microsoft.com/powerquery-m/text-padend",
        examples: &[("Text.PadEnd(\"7\", 3, \"0\")", "\"700\"")],
        run: pad_end,
    },
    Builtin {
        name: "Text.PadStart",
        params: &[arg("text", NULLABLE_TEXT), arg("count", NUMBER), opt("character", TEXT)],
        returns: NULLABLE_TEXT,
        about: "The text filled up at its start to a length.",
        source: "https://learn.microsoft.com/powerquery-m/text-padstart",
        examples: &[("Text.PadStart(\"7\", 3, \"0\")", "\"007\"")],
        run: pad_start,
    },
    Builtin {
        name: "Text.PositionOf",
        params: &[arg("text", TEXT), arg("substring", TEXT), opt("occurrence", NUMBER), opt("comparer", FUNCTION)],
        returns: ANY,
        about: "Where a text occurs: first, last or all places; -1 where it does not.",
        source: "https://learn.microsoft.com/powerquery-m/text-positionof",
        examples: &[("Text.PositionOf(\"a-b-c\", \"-\")", "1"), ("Text.PositionOf(\"a-b-c\", \"-\", Occurrence.All)", "{1, 3}")],
        run: position_of,
    },
    Builtin {
        name: "Text.PositionOfAny",
        params: &[arg("text", TEXT), arg("characters", LIST), opt("occurrence", NUMBER)],
        returns: ANY,
        about: "Where any of some characters occurs: first, last or all places; -1 where none does.",
        source: "https://learn.microsoft.com/powerquery-m/text-positionofany",
        examples: &[("Text.PositionOfAny(\"a-b+c\", {\"+\", \"-\"})", "1")],
        run: position_of_any,
    },
    Builtin {
        name: "Text.Proper",
        params: &[arg("text", NULLABLE_TEXT), opt("culture", TEXT)],
        returns: NULLABLE_TEXT,
        about: "The first letter of each word in upper case, all others in lower case.",
        source: "https://learn.microsoft.com/powerquery-m/text-proper",
        examples: &[("Text.Proper(\"BANK of the north\")", "\"Bank Of The North\"")],
        run: proper,
    },
    Builtin {
        name: "Text.Range",
        params: &[arg("text", NULLABLE_TEXT), arg("offset", NUMBER), opt("count", NUMBER)],
        returns: NULLABLE_TEXT,
        about: "Characters from a position on, which must all exist.",
        source: "https://learn.microsoft.com/powerquery-m/text-range",
        examples: &[("Text.Range(\"abcdef\", 2, 3)", "\"cde\"")],
        run: range,
    },
    Builtin {
        name: "Text.Remove",
        params: &[arg("text", NULLABLE_TEXT), arg("removeChars", ANY)],
        returns: NULLABLE_TEXT,
        about: "The text without certain characters.",
        source: "https://learn.microsoft.com/powerquery-m/text-remove",
        examples: &[("Text.Remove(\"1,234\", \",\")", "\"1234\"")],
        run: remove,
    },
    Builtin {
        name: "Text.RemoveRange",
        params: &[arg("text", NULLABLE_TEXT), arg("offset", NUMBER), opt("count", NUMBER)],
        returns: NULLABLE_TEXT,
        about: "The text without the characters from a position on.",
        source: "https://learn.microsoft.com/powerquery-m/text-removerange",
        examples: &[("Text.RemoveRange(\"abcd\", 1, 2)", "\"ad\"")],
        run: remove_range,
    },
    Builtin {
        name: "Text.Repeat",
        params: &[arg("text", NULLABLE_TEXT), arg("count", NUMBER)],
        returns: NULLABLE_TEXT,
        about: "The text several times over.",
        source: "https://learn.microsoft.com/powerquery-m/text-repeat",
        examples: &[("Text.Repeat(\"ab\", 2)", "\"abab\"")],
        run: repeat,
    },
    Builtin {
        name: "Text.Replace",
        params: &[arg("text", NULLABLE_TEXT), arg("old", TEXT), arg("new", TEXT)],
        returns: NULLABLE_TEXT,
        about: "The text with every occurrence of one text replaced by another.",
        source: "https://learn.microsoft.com/powerquery-m/text-replace",
        examples: &[("Text.Replace(\"a.b.c\", \".\", \"-\")", "\"a-b-c\"")],
        run: replace,
    },
    Builtin {
        name: "Text.ReplaceRange",
        params: &[arg("text", NULLABLE_TEXT), arg("offset", NUMBER), arg("count", NUMBER), arg("newText", TEXT)],
        returns: NULLABLE_TEXT,
        about: "The text with the characters of a range replaced by another text.",
        source: "https://learn.microsoft.com/powerquery-m/text-replacerange",
        examples: &[("Text.ReplaceRange(\"abcd\", 1, 2, \"X\")", "\"aXd\"")],
        run: replace_range,
    },
    Builtin {
        name: "Text.Reverse",
        params: &[arg("text", NULLABLE_TEXT)],
        returns: NULLABLE_TEXT,
        about: "The characters in reverse order.",
        source: "https://learn.microsoft.com/powerquery-m/text-reverse",
        examples: &[("Text.Reverse(\"abc\")", "\"cba\"")],
        run: reverse,
    },
    Builtin {
        name: "Text.Select",
        params: &[arg("text", NULLABLE_TEXT), arg("selectChars", ANY)],
        returns: NULLABLE_TEXT,
        about: "The text with only certain characters kept.",
        source: "https://learn.microsoft.com/powerquery-m/text-select",
        examples: &[("Text.Select(\"a1b2\", {\"0\"..\"9\"})", "\"12\"")],
        run: select,
    },
    Builtin {
        name: "Text.Split",
        params: &[arg("text", TEXT), arg("separator", TEXT)],
        returns: LIST,
        about: "The parts of a text between separators.",
        source: "https://learn.microsoft.com/powerquery-m/text-split",
        examples: &[("Text.Split(\"a;b;c\", \";\")", "{\"a\", \"b\", \"c\"}")],
        run: split,
    },
    Builtin {
        name: "Text.SplitAny",
        params: &[arg("text", TEXT), arg("separators", TEXT)],
        returns: LIST,
        about: "The parts of a text between any of the separator characters.",
        source: "https://learn.microsoft.com/powerquery-m/text-splitany",
        examples: &[("Text.SplitAny(\"a;b,c\", \";,\")", "{\"a\", \"b\", \"c\"}")],
        run: split_any,
    },
    Builtin {
        name: "Text.Start",
        params: &[arg("text", NULLABLE_TEXT), arg("count", NUMBER)],
        returns: NULLABLE_TEXT,
        about: "The first characters of a text.",
        source: "https://learn.microsoft.com/powerquery-m/text-start",
        examples: &[("Text.Start(\"INV-0042\", 3)", "\"INV\"")],
        run: start,
    },
    Builtin {
        name: "Text.StartsWith",
        params: &[arg("text", NULLABLE_TEXT), arg("substring", TEXT), opt("comparer", FUNCTION)],
        returns: NULLABLE_LOGICAL,
        about: "Whether the text starts with another.",
        source: "https://learn.microsoft.com/powerquery-m/text-startswith",
        examples: &[("Text.StartsWith(\"INV-0042\", \"INV\")", "true")],
        run: starts_with,
    },
    Builtin {
        name: "Text.ToList",
        params: &[arg("text", TEXT)],
        returns: LIST,
        about: "The characters as a list.",
        source: "https://learn.microsoft.com/powerquery-m/text-tolist",
        examples: &[("Text.ToList(\"abc\")", "{\"a\", \"b\", \"c\"}")],
        run: to_list,
    },
    Builtin {
        name: "Text.Trim",
        params: &[arg("text", NULLABLE_TEXT), opt("trim", ANY)],
        returns: NULLABLE_TEXT,
        about: "The text without white space, or the given characters, at both ends.",
        source: "https://learn.microsoft.com/powerquery-m/text-trim",
        examples: &[("Text.Trim(\"  a b  \")", "\"a b\""), ("Text.Trim(\"--a-\", \"-\")", "\"a\"")],
        run: trim,
    },
    Builtin {
        name: "Text.TrimEnd",
        params: &[arg("text", NULLABLE_TEXT), opt("trim", ANY)],
        returns: NULLABLE_TEXT,
        about: "The text without white space, or the given characters, at its end.",
        source: "https://learn.microsoft.com/powerquery-m/text-trimend",
        examples: &[("Text.TrimEnd(\" a \")", "\" a\"")],
        run: trim_end,
    },
    Builtin {
        name: "Text.TrimStart",
        params: &[arg("text", NULLABLE_TEXT), opt("trim", ANY)],
        returns: NULLABLE_TEXT,
        about: "The text without white space, or the given characters, at its start.",
        source: "https://learn.microsoft.com/powerquery-m/text-trimstart",
        examples: &[("Text.TrimStart(\"007\", \"0\")", "\"7\"")],
        run: trim_start,
    },
    Builtin {
        name: "Text.Upper",
        params: &[arg("text", NULLABLE_TEXT), opt("culture", TEXT)],
        returns: NULLABLE_TEXT,
        about: "The text in upper case.",
        source: "https://learn.microsoft.com/powerquery-m/text-upper",
        examples: &[("Text.Upper(\"abc\")", "\"ABC\"")],
        run: upper,
    },
];

fn some(text: impl Into<String>) -> Result<Value> {
    Ok(Value::from(text.into()))
}

fn length(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(text(&args[0]).map_or(Value::Null, |t| Value::count(utf16_len(t))))
}

fn at(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let index = count("index", &args[1])?;
    utf16_char_at(t, index).map(Value::from).ok_or_else(|| out_of_range("index", &args[1]))
}

fn start(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    some(utf16_slice(t, 0, count("count", &args[1])?))
}

fn end(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let n = count("count", &args[1])?;
    some(utf16_slice(t, utf16_len(t).saturating_sub(n), n))
}

fn middle(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let start = count("start", &args[1])?;
    let n = if args[2].is_null() { usize::MAX } else { count("count", &args[2])? };
    some(utf16_slice(t, start, n))
}

/// Offset and length of a range that must lie within the text.
fn checked_range(t: &str, offset: &Value, length: &Value) -> Result<(usize, usize)> {
    let total = utf16_len(t);
    let start = count("offset", offset)?;
    if start > total {
        return Err(out_of_range("offset", offset));
    }
    if length.is_null() {
        return Ok((start, total - start));
    }
    let n = count("count", length)?;
    if start + n > total {
        return Err(out_of_range("count", length));
    }
    Ok((start, n))
}

fn range(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let (start, n) = checked_range(t, &args[1], &args[2])?;
    some(utf16_slice(t, start, n))
}

/// The text before and after a range of code units.
fn around(t: &str, start: usize, n: usize) -> (String, String) {
    (utf16_slice(t, 0, start), utf16_slice(t, start + n, usize::MAX))
}

fn remove_range(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let one = Value::Int(1);
    let (start, n) = checked_range(t, &args[1], if args[2].is_null() { &one } else { &args[2] })?;
    let (before, after) = around(t, start, n);
    some(before + &after)
}

fn replace_range(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let (start, n) = checked_range(t, &args[1], &args[2])?;
    let (before, after) = around(t, start, n);
    some(before + &need_text(&args[3])? + &after)
}

fn insert(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let (start, _) = checked_range(t, &args[1], &Value::Int(0))?;
    let (before, after) = around(t, start, 0);
    some(before + &need_text(&args[2])? + &after)
}

fn lower(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    some(culture(cx, &args[1])?.to_lower(t))
}

fn upper(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    some(culture(cx, &args[1])?.to_upper(t))
}

fn proper(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let culture = culture(cx, &args[1])?;
    let mut out = String::with_capacity(t.len());
    let mut in_word = false;
    let mut buffer = [0; 4];
    for c in t.chars() {
        let letter: &str = c.encode_utf8(&mut buffer);
        if c.is_alphabetic() {
            out.push_str(&if in_word { culture.to_lower(letter) } else { culture.to_upper(letter) });
            in_word = true;
        } else {
            // Within a word an apostrophe, a digit or a mark does not begin a new one.
            in_word = in_word && (c == '\'' || c == '’' || c.is_numeric() || is_mark(c));
            out.push(c);
        }
    }
    some(out)
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}')
}

fn clean(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    some(t.chars().filter(|c| !c.is_control()).collect::<String>())
}

fn reverse(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    some(t.chars().rev().collect::<String>())
}

fn repeat(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let n = count("count", &args[1])?;
    cx.charge(t.len().saturating_mul(n))?;
    some(t.repeat(n))
}

fn replace(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let (old, new) = (need_text(&args[1])?, need_text(&args[2])?);
    if old.is_empty() {
        return Ok(args[0].clone());
    }
    some(t.replace(&*old, &new))
}

/// Characters given as one text of length 1 or a list of such.
fn characters(cx: &mut Interp, value: &Value) -> Result<Vec<char>> {
    let single = |value: &Value| -> Result<char> {
        let t = need_text(value)?;
        let mut chars = t.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) => Ok(c),
            _ => Err(Error::expression("The value isn't a single-character string.").with_detail(value.clone())),
        }
    };
    match value.bare() {
        Value::List(list) => {
            let mut out = Vec::new();
            list.each(cx, |_, item| {
                out.push(single(&item)?);
                Ok(true)
            })?;
            Ok(out)
        }
        other => Ok(vec![single(other)?]),
    }
}

fn remove(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let drop = characters(cx, &args[1])?;
    some(t.chars().filter(|c| !drop.contains(c)).collect::<String>())
}

fn select(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let keep = characters(cx, &args[1])?;
    some(t.chars().filter(|c| keep.contains(c)).collect::<String>())
}

/// What is cut off at the ends: white space, or the characters of the argument.
fn trim_set(cx: &mut Interp, value: &Value) -> Result<Option<Vec<char>>> {
    if value.is_null() { Ok(None) } else { characters(cx, value).map(Some) }
}

fn trim(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let set = trim_set(cx, &args[1])?;
    some(t.trim_matches(|c: char| set.as_ref().map_or(c.is_whitespace(), |set| set.contains(&c))))
}

fn trim_start(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let set = trim_set(cx, &args[1])?;
    some(t.trim_start_matches(|c: char| set.as_ref().map_or(c.is_whitespace(), |set| set.contains(&c))))
}

fn trim_end(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let set = trim_set(cx, &args[1])?;
    some(t.trim_end_matches(|c: char| set.as_ref().map_or(c.is_whitespace(), |set| set.contains(&c))))
}

fn padding(t: &str, args: &[Value]) -> Result<String> {
    let want = count("count", &args[1])?;
    let fill = match text(&args[2]) {
        None => " ",
        Some(c) if utf16_len(c) == 1 => c,
        Some(_) => return Err(Error::expression("The value isn't a single-character string.").with_detail(args[2].clone())),
    };
    Ok(fill.repeat(want.saturating_sub(utf16_len(t))))
}

fn pad_start(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    cx.charge(count("count", &args[1])?)?;
    some(padding(t, args)? + t)
}

fn pad_end(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    cx.charge(count("count", &args[1])?)?;
    some(t.to_owned() + &padding(t, args)?)
}

fn combine(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Value::List(list) = &args[0] else { return Err(Error::cannot_convert(&args[0], "List")) };
    let separator = text(&args[1]).unwrap_or_default();
    let mut out = String::new();
    let mut first = true;
    list.each(cx, |_, item| {
        match item.bare() {
            Value::Null => {}
            Value::Text(part) => {
                if !first {
                    out.push_str(separator);
                }
                first = false;
                out.push_str(part);
            }
            other => return Err(Error::cannot_convert(other, "Text")),
        }
        Ok(true)
    })?;
    some(out)
}

fn split(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let (t, separator) = (need_text(&args[0])?, need_text(&args[1])?);
    if separator.is_empty() {
        return Ok(Value::List(List::from_values([args[0].clone()])));
    }
    Ok(Value::List(List::from_values(t.split(&*separator).map(Value::from))))
}

fn split_any(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let (t, separators) = (need_text(&args[0])?, need_text(&args[1])?);
    let parts = t.split(|c: char| separators.contains(c)).map(Value::from);
    Ok(Value::List(List::from_values(parts)))
}

fn to_list(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = need_text(&args[0])?;
    Ok(Value::List(List::from_values(t.chars().map(|c| Value::from(c.to_string())))))
}

fn from(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let culture = culture(cx, &args[1])?;
    convert::text_from(cx, &args[0], culture)
}

fn new_guid(cx: &mut Interp, _: &[Value]) -> Result<Value> {
    let (high, low) = (cx.random_u64(), cx.random_u64());
    let high = (high & 0xFFFF_FFFF_FFFF_0FFF) | 0x4000;
    let low = (low & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000;
    let hex = format!("{high:016x}{low:016x}");
    some(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
}

fn infer_number_type(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let culture = culture(cx, &args[1])?;
    let t = need_text(&args[0])?;
    let name = match crate::m::text_format::parse_number(&t, culture) {
        None => return Err(Error::data_format("We couldn't convert to Number.").with_detail(args[0].clone())),
        Some(_) if t.contains(culture.percent_symbol) => "Percentage.Type",
        Some(_) if t.contains(culture.currency_symbol) => "Currency.Type",
        Some(crate::m::text_format::Number::Int(_)) => "Int64.Type",
        Some(_) => "Double.Type",
    };
    Ok(Value::Type(crate::m::value::Type::claim(crate::m::value::Kind::Number, name)))
}

/// How two texts are told apart inside a longer one.
enum Matcher {
    Ordinal,
    Comparer(Value),
}

impl Matcher {
    fn read(value: &Value) -> Result<Matcher> {
        if value.is_null() {
            return Ok(Matcher::Ordinal);
        }
        function(value)?;
        Ok(Matcher::Comparer(value.clone()))
    }

    /// The code unit positions where `part` occurs, without overlaps.
    fn positions(&self, cx: &mut Interp, t: &str, part: &str, only_first: bool) -> Result<Vec<usize>> {
        if part.is_empty() {
            return Ok(vec![0]);
        }
        let mut out = Vec::new();
        match self {
            Matcher::Ordinal => {
                let ascii = t.is_ascii();
                for (byte, _) in t.match_indices(part) {
                    out.push(if ascii { byte } else { utf16_len(&t[..byte]) });
                    if only_first {
                        break;
                    }
                }
            }
            Matcher::Comparer(comparer) => {
                let width = utf16_len(part);
                let total = utf16_len(t);
                let mut at = 0;
                while at + width <= total {
                    cx.tick()?;
                    let window = Value::from(utf16_slice(t, at, width));
                    if super::common::comparer_says_equal(cx, comparer, &window, &Value::text(part))? {
                        out.push(at);
                        if only_first {
                            break;
                        }
                        at += width;
                    } else {
                        at += 1;
                    }
                }
            }
        }
        Ok(out)
    }

    fn same(&self, cx: &mut Interp, a: &str, b: &str) -> Result<bool> {
        match self {
            Matcher::Ordinal => Ok(a == b),
            Matcher::Comparer(comparer) => super::common::comparer_says_equal(cx, comparer, &Value::text(a), &Value::text(b)),
        }
    }
}

fn contains(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let part = need_text(&args[1])?;
    let found = Matcher::read(&args[2])?.positions(cx, t, &part, true)?;
    Ok(Value::Logical(!found.is_empty()))
}

fn starts_with(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let part = need_text(&args[1])?;
    if args[2].is_null() {
        return Ok(Value::Logical(t.starts_with(&*part)));
    }
    let head = utf16_slice(t, 0, utf16_len(&part));
    Ok(Value::Logical(Matcher::read(&args[2])?.same(cx, &head, &part)?))
}

fn ends_with(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let part = need_text(&args[1])?;
    if args[2].is_null() {
        return Ok(Value::Logical(t.ends_with(&*part)));
    }
    let width = utf16_len(&part);
    let Some(from) = utf16_len(t).checked_sub(width) else { return Ok(Value::Logical(false)) };
    let tail = utf16_slice(t, from, width);
    Ok(Value::Logical(Matcher::read(&args[2])?.same(cx, &tail, &part)?))
}

/// First, last or all of some positions, as `Occurrence` asks.
fn occurrences(found: Vec<usize>, occurrence: &Value) -> Result<Value> {
    Ok(match choice(occurrence, 0, 0..=2, "occurrence")? {
        2 => Value::List(List::from_values(found.into_iter().map(Value::count))),
        1 => found.last().map_or(Value::Int(-1), |at| Value::count(*at)),
        _ => found.first().map_or(Value::Int(-1), |at| Value::count(*at)),
    })
}

fn position_of(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let (t, part) = (need_text(&args[0])?, need_text(&args[1])?);
    let only_first = args[2].is_null() || args[2].as_i64() == Some(0);
    let found = Matcher::read(&args[3])?.positions(cx, &t, &part, only_first)?;
    occurrences(found, &args[2])
}

fn position_of_any(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = need_text(&args[0])?;
    let wanted = characters(cx, &args[1])?;
    let mut found = Vec::new();
    let mut at = 0;
    for c in t.chars() {
        if wanted.contains(&c) {
            found.push(at);
        }
        at += c.len_utf16();
    }
    occurrences(found, &args[2])
}

/// Which delimiter is meant: how many to skip, and whether from the end.
fn delimiter_index(cx: &mut Interp, value: &Value, name: &str) -> Result<(usize, bool)> {
    match value.bare() {
        Value::Null => Ok((0, false)),
        Value::List(list) => {
            let parts = list.values(cx)?;
            let index = count(name, parts.first().unwrap_or(&Value::Int(0)))?;
            let from_end = choice(parts.get(1).unwrap_or(&Value::Null), 0, 0..=1, name)? == 1;
            Ok((index, from_end))
        }
        other => Ok((count(name, other)?, false)),
    }
}

/// The byte range of the chosen delimiter.
fn find_delimiter(t: &str, delimiter: &str, (index, from_end): (usize, bool)) -> Option<(usize, usize)> {
    if delimiter.is_empty() {
        let at = if from_end { t.len() } else { 0 };
        return Some((at, at));
    }
    let found = if from_end { t.rmatch_indices(delimiter).nth(index) } else { t.match_indices(delimiter).nth(index) };
    found.map(|(at, part)| (at, at + part.len()))
}

fn after_delimiter(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let which = delimiter_index(cx, &args[2], "index")?;
    match find_delimiter(t, &need_text(&args[1])?, which) {
        Some((_, end)) => some(&t[end..]),
        // Counted from the end, a delimiter that is not there leaves everything behind it.
        None if which.1 => some(t),
        None => some(""),
    }
}

fn before_delimiter(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let which = delimiter_index(cx, &args[2], "index")?;
    match find_delimiter(t, &need_text(&args[1])?, which) {
        Some((start, _)) => some(&t[..start]),
        None if which.1 => some(""),
        None => some(t),
    }
}

fn between_delimiters(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let (from, to) = (need_text(&args[1])?, need_text(&args[2])?);
    let first = delimiter_index(cx, &args[3], "startIndex")?;
    let second = delimiter_index(cx, &args[4], "endIndex")?;
    let Some((start, after)) = find_delimiter(t, &from, first) else { return some("") };
    // The end delimiter is sought behind the start delimiter, or in front of it when counted from the end.
    if second.1 {
        let (_, from_end) = second;
        return match find_delimiter(&t[..start], &to, (second.0, from_end)) {
            Some((_, end)) => some(&t[end..start]),
            None => some(""),
        };
    }
    match find_delimiter(&t[after..], &to, second) {
        Some((end, _)) => some(&t[after..after + end]),
        None => some(""),
    }
}

fn format(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let pattern = need_text(&args[0])?;
    let culture = culture(cx, &args[2])?;
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest: &str = &pattern;
    let invalid = || Error::expression("The format string is not valid.").with_detail(args[0].clone());
    while let Some(at) = rest.find('#') {
        out.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        let value = match (tail.chars().next(), args[1].bare()) {
            (Some('{'), Value::List(list)) => {
                let end = tail.find('}').ok_or_else(invalid)?;
                let index: usize = tail[1..end].trim().parse().map_err(|_| invalid())?;
                rest = &tail[end + 1..];
                match list.get(cx, index)? {
                    Some(slot) => slot.force(cx)?,
                    None => return Err(Error::expression("There weren't enough elements in the enumeration to complete the operation.")),
                }
            }
            (Some('['), Value::Record(record)) => {
                let end = tail.find(']').ok_or_else(invalid)?;
                rest = &tail[end + 1..];
                record.field(cx, tail[1..end].trim())?
            }
            (Some('{'), other) => return Err(Error::cannot_convert(other, "List")),
            (Some('['), other) => return Err(Error::cannot_convert(other, "Record")),
            _ => {
                out.push('#');
                rest = tail;
                continue;
            }
        };
        if let Value::Text(shown) = convert::text_from(cx, &value, culture)? {
            out.push_str(&shown);
        }
    }
    out.push_str(rest);
    some(out)
}

/// Ordinal order of two texts without regard to case, as `Comparer.OrdinalIgnoreCase` gives it.
pub(super) fn compare_ignoring_case(a: &str, b: &str) -> Ordering {
    let invariant = crate::base::Culture::get("");
    invariant.to_upper(a).encode_utf16().cmp(invariant.to_upper(b).encode_utf16())
}
