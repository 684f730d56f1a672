//! Text functions; positions and lengths count UTF-16 units.

use super::support::{arg, double, flag, given, invalid, text, too_large, whole, whole_or};
use super::{Body, Function, Returns, ScalarContext, optional, scalar};
use crate::dax::error::{EvalError, EvalResult};
use crate::dax::scalar::{Rounding, round_to, to_number};
use crate::table::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    COMBINEVALUES,
    CONCATENATE,
    CONTAINSSTRING,
    CONTAINSSTRINGEXACT,
    EXACT,
    FIND,
    FIXED,
    LEFT,
    LEN,
    LOWER,
    MID,
    REPLACE,
    REPT,
    RIGHT,
    SEARCH,
    SUBSTITUTE,
    TRIM,
    UNICHAR,
    UNICODE,
    UPPER,
    VALUE,
];

const COMBINEVALUES: Function = Function {
    name: "COMBINEVALUES",
    params: &[scalar("delimiter"), scalar("expression1"), scalar("expression2").many()],
    returns: Returns::String,
    about: "Joins texts with a delimiter.",
    source: "https://learn.microsoft.com/dax/combinevalues-function-dax",
    examples: &[("COMBINEVALUES ( \",\", \"a\", BLANK (), \"c\" )", "\"a,,c\"")],
    body: Body::Scalar(combine_values),
};

const CONCATENATE: Function = Function {
    name: "CONCATENATE",
    params: &[scalar("text1"), scalar("text2")],
    returns: Returns::String,
    about: "Joins two texts.",
    source: "https://learn.microsoft.com/dax/concatenate-function-dax",
    examples: &[
        ("CONCATENATE ( \"Hello \", \"World\" )", "\"Hello World\""),
        ("ISBLANK ( CONCATENATE ( BLANK (), BLANK () ) )", "TRUE ()"),
    ],
    body: Body::Scalar(concatenate),
};

const CONTAINSSTRING: Function = Function {
    name: "CONTAINSSTRING",
    params: &[scalar("within_text"), scalar("find_text")],
    returns: Returns::Boolean,
    about: "Whether a text contains another, in any case; ? and * are wildcards.",
    source: "https://learn.microsoft.com/dax/containsstring-function-dax",
    examples: &[("CONTAINSSTRING ( \"abcd\", \"B?\" )", "TRUE ()")],
    body: Body::Scalar(contains_string),
};

const CONTAINSSTRINGEXACT: Function = Function {
    name: "CONTAINSSTRINGEXACT",
    params: &[scalar("within_text"), scalar("find_text")],
    returns: Returns::Boolean,
    about: "Whether a text contains another, letter by letter.",
    source: "https://learn.microsoft.com/dax/containsstringexact-function-dax",
    examples: &[("CONTAINSSTRINGEXACT ( \"abcd\", \"BC\" )", "FALSE ()")],
    body: Body::Scalar(contains_string_exact),
};

const EXACT: Function = Function {
    name: "EXACT",
    params: &[scalar("text1"), scalar("text2")],
    returns: Returns::Boolean,
    about: "Whether two texts are the same, case included.",
    source: "https://learn.microsoft.com/dax/exact-function-dax",
    examples: &[("EXACT ( \"a\", \"A\" )", "FALSE ()")],
    body: Body::Scalar(exact),
};

const FIND: Function = Function {
    name: "FIND",
    params: &[scalar("find_text"), scalar("within_text"), optional("start_num"), optional("not_found_value")],
    returns: Returns::Int64,
    about: "Position of a text in another, case-sensitive.",
    source: "https://learn.microsoft.com/dax/find-function-dax",
    examples: &[("FIND ( \"Bike\", \"Volume Bike Sellers\" )", "8"), ("FIND ( \"x\", \"abc\", 1, -1 )", "-1")],
    body: Body::Scalar(find),
};

const FIXED: Function = Function {
    name: "FIXED",
    params: &[scalar("number"), optional("decimals"), optional("no_commas")],
    returns: Returns::String,
    about: "A number rounded to decimals, as text.",
    source: "https://learn.microsoft.com/dax/fixed-function-dax",
    examples: &[("FIXED ( 1234.567, 1 )", "\"1,234.6\""), ("FIXED ( 1234.567, -2, TRUE () )", "\"1200\"")],
    body: Body::Scalar(fixed),
};

const LEFT: Function = Function {
    name: "LEFT",
    params: &[scalar("text"), optional("num_chars")],
    returns: Returns::String,
    about: "The first characters of a text.",
    source: "https://learn.microsoft.com/dax/left-function-dax",
    examples: &[("LEFT ( \"abc\", 2 )", "\"ab\""), ("LEFT ( \"abc\", 10 )", "\"abc\"")],
    body: Body::Scalar(left),
};

const LEN: Function = Function {
    name: "LEN",
    params: &[scalar("text")],
    returns: Returns::Int64,
    about: "Number of characters of a text.",
    source: "https://learn.microsoft.com/dax/len-function-dax",
    examples: &[("LEN ( \"abc\" )", "3"), ("LEN ( UNICHAR ( 128512 ) )", "2")],
    body: Body::Scalar(len),
};

const LOWER: Function = Function {
    name: "LOWER",
    params: &[scalar("text")],
    returns: Returns::String,
    about: "Small letters.",
    source: "https://learn.microsoft.com/dax/lower-function-dax",
    examples: &[("EXACT ( LOWER ( \"AB\" ), \"ab\" )", "TRUE ()")],
    body: Body::Scalar(lower),
};

const MID: Function = Function {
    name: "MID",
    params: &[scalar("text"), scalar("start_num"), scalar("num_chars")],
    returns: Returns::String,
    about: "Characters from a position on.",
    source: "https://learn.microsoft.com/dax/mid-function-dax",
    examples: &[("MID ( \"abcde\", 2, 3 )", "\"bcd\"")],
    body: Body::Scalar(mid),
};

const REPLACE: Function = Function {
    name: "REPLACE",
    params: &[scalar("old_text"), scalar("start_num"), scalar("num_chars"), scalar("new_text")],
    returns: Returns::String,
    about: "Replaces characters from a position on.",
    source: "https://learn.microsoft.com/dax/replace-function-dax",
    examples: &[("REPLACE ( \"abcdef\", 2, 3, \"X\" )", "\"aXef\"")],
    body: Body::Scalar(replace),
};

const REPT: Function = Function {
    name: "REPT",
    params: &[scalar("text"), scalar("num_times")],
    returns: Returns::String,
    about: "Repeats a text.",
    source: "https://learn.microsoft.com/dax/rept-function-dax",
    examples: &[("REPT ( \"85\", 3 )", "\"858585\"")],
    body: Body::Scalar(rept),
};

const RIGHT: Function = Function {
    name: "RIGHT",
    params: &[scalar("text"), optional("num_chars")],
    returns: Returns::String,
    about: "The last characters of a text.",
    source: "https://learn.microsoft.com/dax/right-function-dax",
    examples: &[("RIGHT ( \"abc\", 2 )", "\"bc\"")],
    body: Body::Scalar(right),
};

const SEARCH: Function = Function {
    name: "SEARCH",
    params: &[scalar("find_text"), scalar("within_text"), optional("start_num"), optional("not_found_value")],
    returns: Returns::Int64,
    about: "Position of a text in another, in any case; ? and * are wildcards, ~ takes their meaning away.",
    source: "https://learn.microsoft.com/dax/search-function-dax",
    examples: &[("SEARCH ( \"b?d\", \"aBcd\" )", "2"), ("SEARCH ( \"x\", \"abc\", 1, 0 )", "0")],
    body: Body::Scalar(search),
};

const SUBSTITUTE: Function = Function {
    name: "SUBSTITUTE",
    params: &[scalar("text"), scalar("old_text"), scalar("new_text"), optional("instance_num")],
    returns: Returns::String,
    about: "Replaces a text by another everywhere, or at one occurrence.",
    source: "https://learn.microsoft.com/dax/substitute-function-dax",
    examples: &[("SUBSTITUTE ( \"aaa\", \"a\", \"b\", 2 )", "\"aba\"")],
    body: Body::Scalar(substitute),
};

const TRIM: Function = Function {
    name: "TRIM",
    params: &[scalar("text")],
    returns: Returns::String,
    about: "Removes blanks at the ends and doubled ones inside.",
    source: "https://learn.microsoft.com/dax/trim-function-dax",
    examples: &[("TRIM ( \"  a   b \" )", "\"a b\"")],
    body: Body::Scalar(trim),
};

const UNICHAR: Function = Function {
    name: "UNICHAR",
    params: &[scalar("number")],
    returns: Returns::String,
    about: "The character of a Unicode number.",
    source: "https://learn.microsoft.com/dax/unichar-function-dax",
    examples: &[("UNICHAR ( 65 )", "\"A\"")],
    body: Body::Scalar(unichar),
};

const UNICODE: Function = Function {
    name: "UNICODE",
    params: &[scalar("text")],
    returns: Returns::Int64,
    about: "The Unicode number of the first character.",
    source: "https://learn.microsoft.com/dax/unicode-function-dax",
    examples: &[("UNICODE ( \"A\" )", "65")],
    body: Body::Scalar(unicode),
};

const UPPER: Function = Function {
    name: "UPPER",
    params: &[scalar("text")],
    returns: Returns::String,
    about: "Capital letters.",
    source: "https://learn.microsoft.com/dax/upper-function-dax",
    examples: &[("EXACT ( UPPER ( \"ab\" ), \"AB\" )", "TRUE ()")],
    body: Body::Scalar(upper),
};

const VALUE: Function = Function {
    name: "VALUE",
    params: &[scalar("text")],
    returns: Returns::Double,
    about: "The number that a text shows.",
    source: "https://learn.microsoft.com/dax/value-function-dax",
    examples: &[("VALUE ( \"3\" )", "3.0"), ("VALUE ( \"(5)\" )", "-5.0")],
    body: Body::Scalar(value),
};

/// Longest text that a function makes, in UTF-16 units.
const LONGEST: usize = 1 << 26;

fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

fn from_units(units: &[u16]) -> Value {
    Value::text(String::from_utf16_lossy(units))
}

/// A count that may not be negative.
fn count(name: &str, cx: &ScalarContext, args: &[Value], index: usize) -> EvalResult<usize> {
    let n = whole(cx, args, index)?;
    usize::try_from(n).map_err(|_| invalid(name))
}

/// A position, counted from 1, as an offset.
fn start(name: &str, cx: &ScalarContext, args: &[Value], index: usize) -> EvalResult<usize> {
    let n = whole(cx, args, index)?;
    if n < 1 { Err(invalid(name)) } else { Ok(n as usize - 1) }
}

fn len(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    if !given(args, 0) {
        return Ok(Value::Blank);
    }
    let text = text(cx, args, 0);
    Ok(Value::Int64(if text.is_ascii() { text.len() } else { text.encode_utf16().count() } as i64))
}

fn left(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let count = if args.len() > 1 { count("LEFT", cx, args, 1)? } else { 1 };
    if !given(args, 0) {
        return Ok(Value::Blank);
    }
    let text = text(cx, args, 0);
    if text.is_ascii() {
        return Ok(Value::text(&text[..count.min(text.len())]));
    }
    let units = units(&text);
    Ok(from_units(&units[..count.min(units.len())]))
}

fn right(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let count = if args.len() > 1 { count("RIGHT", cx, args, 1)? } else { 1 };
    if !given(args, 0) {
        return Ok(Value::Blank);
    }
    let text = text(cx, args, 0);
    if text.is_ascii() {
        return Ok(Value::text(&text[text.len().saturating_sub(count)..]));
    }
    let units = units(&text);
    Ok(from_units(&units[units.len().saturating_sub(count)..]))
}

fn mid(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (start, count) = (start("MID", cx, args, 1)?, count("MID", cx, args, 2)?);
    if !given(args, 0) {
        return Ok(Value::Blank);
    }
    let units = units(&text(cx, args, 0));
    let start = start.min(units.len());
    Ok(from_units(&units[start..start.saturating_add(count).min(units.len())]))
}

fn replace(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (start, count) = (start("REPLACE", cx, args, 1)?, count("REPLACE", cx, args, 2)?);
    let mut units = units(&text(cx, args, 0));
    let start = start.min(units.len());
    let end = start.saturating_add(count).min(units.len());
    units.splice(start..end, text(cx, args, 3).encode_utf16());
    Ok(from_units(&units))
}

fn rept(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let count = count("REPT", cx, args, 1)?;
    if !given(args, 0) {
        return Ok(Value::Blank);
    }
    let text = text(cx, args, 0);
    if text.len().saturating_mul(count) > LONGEST {
        return Err(too_large("REPT"));
    }
    Ok(Value::text(text.repeat(count)))
}

fn concatenate(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    if !given(args, 0) && !given(args, 1) {
        return Ok(Value::Blank);
    }
    Ok(Value::text(format!("{}{}", text(cx, args, 0), text(cx, args, 1))))
}

fn combine_values(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let texts: Vec<_> = (1..args.len()).map(|index| text(cx, args, index)).collect();
    Ok(Value::text(texts.join(&*text(cx, args, 0))))
}

fn exact(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    Ok(Value::Boolean(text(cx, args, 0) == text(cx, args, 1)))
}

/// Maps characters one to one; those with a longer counterpart (`ß`) stay.
fn map_case<I: Iterator<Item = char>>(text: &str, case: impl Fn(char) -> I) -> Value {
    let single = |c: char| {
        let mut mapped = case(c);
        match (mapped.next(), mapped.next()) {
            (Some(one), None) => one,
            _ => c,
        }
    };
    Value::text(text.chars().map(single).collect::<String>())
}

fn upper(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    Ok(if given(args, 0) { map_case(&text(cx, args, 0), char::to_uppercase) } else { Value::Blank })
}

fn lower(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    Ok(if given(args, 0) { map_case(&text(cx, args, 0), char::to_lowercase) } else { Value::Blank })
}

fn trim(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    if !given(args, 0) {
        return Ok(Value::Blank);
    }
    let text = text(cx, args, 0);
    Ok(Value::text(text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")))
}

fn substitute(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let instance = if given(args, 3) { Some(whole(cx, args, 3)?) } else { None };
    if instance.is_some_and(|n| n < 1) {
        return Err(invalid("SUBSTITUTE"));
    }
    if !given(args, 0) {
        return Ok(Value::Blank);
    }
    let (all, old, new) = (text(cx, args, 0), text(cx, args, 1), text(cx, args, 2));
    if old.is_empty() {
        return Ok(Value::String(all));
    }
    let result = match instance {
        None => all.replace(&*old, &new),
        Some(n) => match all.match_indices(&*old).nth(n as usize - 1) {
            Some((at, _)) => format!("{}{}{}", &all[..at], new, &all[at + old.len()..]),
            None => return Ok(Value::String(all)),
        },
    };
    if result.len() > 2 * LONGEST { Err(too_large("SUBSTITUTE")) } else { Ok(Value::text(result)) }
}

fn unichar(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    if !given(args, 0) {
        return Ok(Value::Blank);
    }
    let code = u32::try_from(whole(cx, args, 0)?).ok().filter(|code| *code != 0);
    code.and_then(char::from_u32).map(|c| Value::text(c.to_string())).ok_or_else(|| invalid("UNICHAR"))
}

fn unicode(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    Ok(text(cx, args, 0).chars().next().map_or(Value::Blank, |c| Value::Int64(i64::from(u32::from(c)))))
}

fn value(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    Ok(match to_number(cx, arg(args, 0))? {
        Value::DateTime(x) => Value::Double(x),
        other => other,
    })
}

fn fixed(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let x = double(cx, args, 0)?;
    let places = whole_or(cx, args, 1, 2)?;
    let plain = flag(cx, args, 2)?;
    if places.unsigned_abs() > 127 {
        return Err(invalid("FIXED"));
    }
    let rounded = round_to(x, places as i32, Rounding::HalfAway);
    let pattern =
        format!("{}{}{}", if plain { "0" } else { "#,##0" }, if places > 0 { "." } else { "" }, "0".repeat(places.max(0) as usize));
    Ok(Value::text(super::format::format_number(rounded, &pattern, cx.conventions())))
}

/// A piece of a search pattern.
#[derive(Clone, Copy, PartialEq)]
enum Piece {
    Unit(u16),
    Any,
    Many,
}

fn fold(unit: u16) -> u16 {
    let Some(c) = char::from_u32(u32::from(unit)) else { return unit };
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) if u32::from(one) < 0x1_0000 => u32::from(one) as u16,
        _ => unit,
    }
}

fn pattern(text: &str) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut rest = text.encode_utf16().peekable();
    while let Some(unit) = rest.next() {
        out.push(match unit {
            0x3F => Piece::Any,
            0x2A => Piece::Many,
            0x7E => match rest.next_if(|next| matches!(next, 0x3F | 0x2A | 0x7E)) {
                Some(literal) => Piece::Unit(literal),
                None => Piece::Unit(unit),
            },
            _ => Piece::Unit(fold(unit)),
        });
    }
    out
}

/// Whether the pattern matches a beginning of `text`.
fn matches_start(pattern: &[Piece], text: &[u16]) -> bool {
    // A trailing star matches whatever follows.
    let mut pattern = pattern;
    while let [head @ .., Piece::Many] = pattern {
        pattern = head;
    }
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        if p == pattern.len() {
            return true;
        }
        let fits = match pattern[p] {
            Piece::Many => {
                star = Some((p + 1, t));
                p += 1;
                continue;
            }
            Piece::Any => t < text.len(),
            Piece::Unit(unit) => text.get(t) == Some(&unit),
        };
        if fits {
            p += 1;
            t += 1;
            continue;
        }
        match star {
            Some((after, from)) if from < text.len() => {
                star = Some((after, from + 1));
                (p, t) = (after, from + 1);
            }
            _ => return false,
        }
    }
}

/// Offset of the first match at or after `from`; nothing is found at the end of the text, not even an empty pattern.
fn position_of(pattern: &[Piece], text: &[u16], from: usize) -> Option<usize> {
    let first = match pattern.first() {
        Some(Piece::Unit(unit)) => Some(*unit),
        _ => None,
    };
    (from..text.len()).find(|at| first.is_none_or(|unit| text[*at] == unit) && matches_start(pattern, &text[*at..]))
}

fn folded(text: &str) -> Vec<u16> {
    text.encode_utf16().map(fold).collect()
}

fn not_found(name: &str, args: &[Value]) -> EvalResult<Value> {
    match args.get(3) {
        Some(value) => Ok(value.clone()),
        None => {
            Err(EvalError::new("D0310", format!("The search Text provided to function '{name}' could not be found in the given text.")))
        }
    }
}

fn search(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let from = if given(args, 2) { start("SEARCH", cx, args, 2)? } else { 0 };
    let (find, within) = (text(cx, args, 0), text(cx, args, 1));
    match position_of(&pattern(&find), &folded(&within), from) {
        Some(at) => Ok(Value::Int64(at as i64 + 1)),
        None => not_found("SEARCH", args),
    }
}

fn find(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let from = if given(args, 2) { start("FIND", cx, args, 2)? } else { 0 };
    let (find, within) = (units(&text(cx, args, 0)), units(&text(cx, args, 1)));
    let found = (from..within.len()).find(|at| within[*at..].starts_with(&find));
    match found {
        Some(at) => Ok(Value::Int64(at as i64 + 1)),
        None => not_found("FIND", args),
    }
}

fn contains_string(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (within, find) = (text(cx, args, 0), text(cx, args, 1));
    let pattern = pattern(&find);
    let found = pattern.iter().all(|piece| *piece == Piece::Many) || position_of(&pattern, &folded(&within), 0).is_some();
    Ok(Value::Boolean(found))
}

fn contains_string_exact(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    Ok(Value::Boolean(text(cx, args, 0).contains(&*text(cx, args, 1))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(find: &str, within: &str) -> Option<usize> {
        position_of(&pattern(find), &folded(within), 0)
    }

    #[test]
    fn wildcards_match_units_and_runs() {
        assert_eq!(found("b?d", "aBcd"), Some(1));
        assert_eq!(found("a*d", "xabcd"), Some(1));
        assert_eq!(found("a*z", "xabcd"), None);
        assert_eq!(found("~*", "a*"), Some(1));
        assert_eq!(found("~~?", "x?"), None);
        assert_eq!(found("a?b", "a\u{1F600}b"), None);
        assert_eq!(found("b?", "ab"), None);
        assert_eq!(found("i", "xı"), None);
        assert_eq!(found("", "abc"), Some(0));
        assert_eq!(found("*", ""), None);
        assert_eq!(found("*b*c", "aabbcc"), Some(0));
    }
}
