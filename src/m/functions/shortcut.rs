//! Calls of library functions of which all but one argument (of arithmetic: two) are constants, without the machinery of
//! a call: constants are read once, and the values that come most often are answered at once. What a shortcut does not answer is left to
//! the function itself, which also makes the errors.

use std::ops::Range;

use super::convert::to_currency;
use super::number::{Rounding, rounded};
use super::value::exactly;
use crate::base::Culture;
use crate::m::eval::Binary;
use crate::m::value::{Slot, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND, Text, Value, day_from_civil, utf16_len};

/// A call of a library function, prepared.
pub(crate) enum Shortcut {
    /// `Currency.From` in a culture and rounding mode.
    Currency(&'static Culture, i64),
    /// `Number.Round` and its like, to some digits.
    Round(Value, Rounding),
    /// `Number.Abs`.
    Abs,
    /// `Value.Add` and its like in decimal precision; of two arguments.
    Exactly(Binary),
    /// `Text.From` in a culture that writes whole numbers with plain digits.
    TextFrom,
    /// `Text.Upper`, of texts that are.
    Upper,
    /// `Text.Lower`, of texts that are.
    Lower,
    /// `Text.StartsWith` a constant.
    StartsWith(Text),
    /// `Text.EndsWith` with a constant.
    EndsWith(Text),
    /// `Text.Length`.
    Length,
    /// `List.IsEmpty`.
    IsEmpty,
    /// `List.Contains` of a constant list of texts, and perhaps null; of its second argument.
    Among(Box<[Text]>, bool),
}

impl Shortcut {
    /// The shortcut for a call whose constant arguments are given.
    pub(crate) fn of(name: &str, args: &[Option<&Value>]) -> Option<Shortcut> {
        let whole = |at: usize| match args.get(at) {
            Some(Some(Value::Int(n))) => Some(*n),
            _ => None,
        };
        let is_left_out = |at: usize| matches!(args.get(at), None | Some(Some(Value::Null)));
        let culture = |at: usize| match args.get(at) {
            Some(Some(Value::Text(name))) => Culture::find(name),
            _ => None,
        };
        let text = |at: usize| match args.get(at) {
            Some(Some(Value::Text(text))) => Some(text.clone()),
            _ => None,
        };
        let half = |at: usize| if is_left_out(at) { Some(4) } else { whole(at).filter(|mode| (0..=4).contains(mode)) };
        let digits = |at: usize| {
            if is_left_out(at) { Some(Value::Null) } else { whole(at).filter(|places| (0..=12).contains(places)).map(Value::Int) }
        };
        let exact = |operator: Binary| (whole(2) == Some(1)).then_some(Shortcut::Exactly(operator));
        match name {
            "Currency.From" => Some(Shortcut::Currency(culture(1)?, half(2)?)),
            "Number.Round" => Some(Shortcut::Round(digits(1)?, Rounding::Half(half(2)?))),
            "Number.RoundDown" => Some(Shortcut::Round(digits(1)?, Rounding::Down)),
            "Number.RoundUp" => Some(Shortcut::Round(digits(1)?, Rounding::Up)),
            "Number.Abs" => Some(Shortcut::Abs),
            "Value.Add" => exact(Binary::Add),
            "Value.Subtract" => exact(Binary::Subtract),
            "Value.Multiply" => exact(Binary::Multiply),
            "Value.Divide" => exact(Binary::Divide),
            "Text.From" => Some(Shortcut::TextFrom).filter(|_| culture(1).is_some()),
            "Text.Upper" if is_left_out(1) => Some(Shortcut::Upper),
            "Text.Lower" if is_left_out(1) => Some(Shortcut::Lower),
            "Text.StartsWith" if is_left_out(2) => text(1).map(Shortcut::StartsWith),
            "Text.EndsWith" if is_left_out(2) => text(1).map(Shortcut::EndsWith),
            "Text.Length" => Some(Shortcut::Length),
            "List.IsEmpty" => Some(Shortcut::IsEmpty),
            "List.Contains" if is_left_out(2) => match args.first() {
                Some(Some(Value::List(list))) => {
                    let mut texts = Vec::new();
                    let mut has_null = false;
                    for item in list.items()? {
                        match item {
                            Slot::Value(Value::Text(text)) => texts.push(text.clone()),
                            Slot::Value(Value::Null) => has_null = true,
                            _ => return None,
                        }
                    }
                    Some(Shortcut::Among(texts.into(), has_null))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Which arguments are no constants: those it is asked with.
    #[inline]
    pub(crate) fn free(&self) -> Range<usize> {
        match self {
            Shortcut::Exactly(_) => 0..2,
            Shortcut::Among(..) => 1..2,
            _ => 0..1,
        }
    }

    /// The result for an argument; `None` where the function itself is to be asked.
    #[inline]
    pub(crate) fn one(&self, value: &Value) -> Option<Value> {
        let is_plain = |text: &str, other: fn(&u8) -> bool| text.is_ascii() && !text.as_bytes().iter().any(other);
        Some(match (self, value) {
            (Shortcut::Currency(culture, mode), Value::Int(_) | Value::Double(_) | Value::Decimal(_)) => {
                return to_currency(value, culture, *mode).ok();
            }
            (Shortcut::Round(digits, rounding), Value::Int(_) | Value::Double(_) | Value::Decimal(_)) => {
                return rounded(value, digits, *rounding).ok();
            }
            (Shortcut::Abs, Value::Double(n)) => Value::Double(n.abs()),
            (Shortcut::Abs, Value::Decimal(n)) => Value::Decimal(n.abs()),
            (Shortcut::Abs, Value::Int(n)) => Value::Int(n.checked_abs()?),
            (Shortcut::TextFrom, Value::Int(n)) => whole_text(*n)?,
            (Shortcut::TextFrom, Value::Text(_)) => value.clone(),
            (Shortcut::Upper, Value::Text(text)) if is_plain(text, u8::is_ascii_lowercase) => value.clone(),
            (Shortcut::Lower, Value::Text(text)) if is_plain(text, u8::is_ascii_uppercase) => value.clone(),
            (Shortcut::StartsWith(part), Value::Text(text)) => Value::Logical(text.starts_with(&**part)),
            (Shortcut::EndsWith(part), Value::Text(text)) => Value::Logical(text.ends_with(&**part)),
            (Shortcut::Length, Value::Text(text)) => Value::count(utf16_len(text)),
            (Shortcut::IsEmpty, Value::List(list)) => Value::Logical(list.items().map(<[Slot]>::is_empty)?),
            (Shortcut::Among(texts, _), Value::Text(text)) => Value::Logical(texts.iter().any(|other| other == text)),
            (Shortcut::Among(_, has_null), Value::Null) => Value::Logical(*has_null),
            (Shortcut::IsEmpty | Shortcut::Exactly(_), _) => return None,
            (_, Value::Null) => Value::Null,
            _ => return None,
        })
    }

    /// The result for two arguments, as [`Shortcut::one`].
    #[inline]
    pub(crate) fn two(&self, a: &Value, b: &Value) -> Option<Value> {
        match self {
            Shortcut::Exactly(operator) => exactly(*operator, a, b)?.ok(),
            _ => None,
        }
    }
}

/// What a call of constants gives that is a constant itself: `#date(1970, 1, 1)`, `#datetime(1970, 1, 1, 0, 0, 0)`.
pub(crate) fn constant(name: &str, args: &[Option<&Value>]) -> Option<Value> {
    let mut whole = [0_i64; 6];
    for (place, arg) in whole.iter_mut().zip(args) {
        let Some(Value::Int(n)) = arg else { return None };
        *place = *n;
    }
    let [year, month, day, hour, minute, second] = whole;
    if !(1..=9999).contains(&year) {
        return None;
    }
    let date = day_from_civil(i32::try_from(year).ok()?, u32::try_from(month).ok()?, u32::try_from(day).ok()?)?;
    match (name, args.len()) {
        ("#date", 3) => Some(Value::Date(date)),
        ("#datetime", 6) if (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second) => {
            let ticks = hour * TICKS_PER_HOUR + minute * TICKS_PER_MINUTE + second * TICKS_PER_SECOND;
            Some(Value::DateTime(i64::from(date) * TICKS_PER_DAY + ticks))
        }
        _ => None,
    }
}

/// The digits of a whole number that is not negative.
fn whole_text(n: i64) -> Option<Value> {
    let mut rest = u64::try_from(n).ok()?;
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    std::str::from_utf8(&digits[at..]).ok().map(Value::text)
}

#[cfg(test)]
mod tests {
    use super::{Shortcut, constant};
    use crate::m::functions::{Global, lookup};
    use crate::m::value::{Decimal, List, Value};
    use crate::m::{Interp, Options, Sources};

    #[test]
    fn a_shortcut_gives_what_the_function_gives() {
        let text = |t: &str| Value::text(t);
        let calls: Vec<(&str, Vec<Value>)> = vec![
            ("Currency.From", vec![text("en-US")]),
            ("Currency.From", vec![text("de-DE"), Value::Int(2)]),
            ("Currency.From", vec![text("en-US"), Value::Int(0)]),
            ("Number.Round", vec![]),
            ("Number.Round", vec![Value::Int(2)]),
            ("Number.Round", vec![Value::Int(2), Value::Int(2)]),
            ("Number.Round", vec![Value::Int(0), Value::Int(1)]),
            ("Number.RoundDown", vec![]),
            ("Number.RoundUp", vec![Value::Int(1)]),
            ("Number.Abs", vec![]),
            ("Text.From", vec![text("en-US")]),
            ("Text.From", vec![text("fr-FR")]),
            ("Text.Upper", vec![]),
            ("Text.Lower", vec![]),
            ("Text.StartsWith", vec![text("/Date(")]),
            ("Text.StartsWith", vec![text("")]),
            ("Text.EndsWith", vec![text("e")]),
            ("Text.Length", vec![]),
            ("List.IsEmpty", vec![]),
            ("List.Contains", vec![Value::List(List::from_values(vec![text("abc"), text("ABC-1")]))]),
            ("List.Contains", vec![Value::List(List::from_values(vec![Value::Null, text("")]))]),
            ("List.Contains", vec![Value::List(List::empty())]),
        ];
        let mut values = vec![
            Value::Null,
            Value::Logical(true),
            text(""),
            text("ABC-1"),
            text("abc"),
            text("é"),
            text("😀e"),
            text("/Date(15)/"),
            Value::Date(700_000),
            Value::List(List::empty()),
            Value::List(List::range(0, 3)),
            Value::List(List::from_values(vec![Value::Null])),
        ];
        values.extend([0, 1, -1, 7, 10, 123_456_789, i64::MAX, i64::MIN].map(Value::Int));
        values.extend([0.0, -0.0, 0.5, 1.5, 2.5, -2.5, 2.675, 1.005, 1e15, 1e300, -7.25, f64::NAN, f64::INFINITY].map(Value::Double));
        values
            .extend([0, 5, 25, -25, 1_234_567].into_iter().flat_map(|n| [0, 1, 3, 6].map(|scale| Value::Decimal(Decimal::new(n, scale)))));
        let mut cx = Interp::new(Options::default(), Sources::default());
        let mut answered = 0;
        for (name, others) in &calls {
            let Some(Global::Function(function)) = lookup(name) else { panic!("{name}") };
            let mut consts: Vec<Option<&Value>> = others.iter().map(Some).collect();
            let free = if *name == "List.Contains" { 1 } else { 0 };
            consts.insert(free, None);
            let shortcut = Shortcut::of(name, &consts).unwrap_or_else(|| panic!("{name} has no shortcut"));
            for value in &values {
                let Some(short) = shortcut.one(value) else { continue };
                assert_eq!(shortcut.free(), free..free + 1);
                let mut args = others.clone();
                args.insert(free, value.clone());
                let whole = cx.call_builtin(function, &args);
                assert_eq!(format!("{short:?}"), format!("{:?}", whole.expect(name)), "{name} {value:?}");
                answered += 1;
            }
        }
        for name in ["Value.Add", "Value.Subtract", "Value.Multiply", "Value.Divide"] {
            let Some(Global::Function(function)) = lookup(name) else { panic!("{name}") };
            let decimal = Value::Int(1);
            let shortcut = Shortcut::of(name, &[None, None, Some(&decimal)]).expect(name);
            for a in &values {
                for b in &values {
                    let Some(short) = shortcut.two(a, b) else { continue };
                    let whole = cx.call_builtin(function, &[a.clone(), b.clone(), decimal.clone()]);
                    assert_eq!(format!("{short:?}"), format!("{:?}", whole.expect(name)), "{name} {a:?} {b:?}");
                    answered += 1;
                }
            }
        }
        assert!(answered > 1000, "{answered}");
    }

    #[test]
    fn dates_of_constants_are_constants() {
        let mut cx = Interp::new(Options::default(), Sources::default());
        let mut made = 0;
        let days = [[1970, 1, 1], [1, 1, 1], [9999, 12, 28], [2024, 2, 29], [2023, 2, 29], [2020, 13, 1], [0, 1, 1], [1900, 6, 15]];
        let times = [[0, 0, 0], [23, 59, 59], [24, 0, 0], [1, 60, 0], [12, 30, 1]];
        for day in days {
            for time in times {
                let args: Vec<Value> = day.iter().chain(&time).map(|n| Value::Int(*n)).collect();
                for (name, count) in [("#date", 3), ("#datetime", 6)] {
                    let Some(Global::Function(function)) = lookup(name) else { panic!("{name}") };
                    let consts: Vec<Option<&Value>> = args[..count].iter().map(Some).collect();
                    let Some(short) = constant(name, &consts) else { continue };
                    let whole = cx.call_builtin(function, &args[..count]).expect(name);
                    assert_eq!(format!("{short:?}"), format!("{whole:?}"));
                    made += 1;
                }
            }
        }
        assert!(made > 20, "{made}");
        assert!(constant("#date", &[Some(&Value::Int(2020)), None, Some(&Value::Int(1))]).is_none());
    }
}
