//! JSON text as Xero writes it: `/Date(ms+0000)/`, amounts with fixed decimals, bare GUIDs.

use crate::base::Date;

/// A growing JSON text; commas are placed by looking at the last byte.
#[derive(Default)]
pub(super) struct Json(pub(super) Vec<u8>);

impl Json {
    fn separate(&mut self) {
        if let Some(last) = self.0.last()
            && !matches!(last, b'{' | b'[' | b':')
        {
            self.0.push(b',');
        }
    }

    fn key(&mut self, key: &str) {
        self.separate();
        self.0.push(b'"');
        self.0.extend_from_slice(key.as_bytes());
        self.0.extend_from_slice(b"\":");
    }

    /// `{` of a list's element.
    pub(super) fn open(&mut self) {
        self.separate();
        self.0.push(b'{');
    }

    pub(super) fn close(&mut self) {
        self.0.push(b'}');
    }

    pub(super) fn object(&mut self, key: &str) {
        self.key(key);
        self.0.push(b'{');
    }

    pub(super) fn list(&mut self, key: &str) {
        self.key(key);
        self.0.push(b'[');
    }

    pub(super) fn end_list(&mut self) {
        self.0.push(b']');
    }

    pub(super) fn empty_list(&mut self, key: &str) {
        self.key(key);
        self.0.extend_from_slice(b"[]");
    }

    fn escaped(&mut self, text: &str) {
        self.0.push(b'"');
        for byte in text.bytes() {
            match byte {
                b'"' => self.0.extend_from_slice(b"\\\""),
                b'\\' => self.0.extend_from_slice(b"\\\\"),
                b'\n' => self.0.extend_from_slice(b"\\n"),
                b'\r' => self.0.extend_from_slice(b"\\r"),
                b'\t' => self.0.extend_from_slice(b"\\t"),
                0..=0x1f => self.0.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
                _ => self.0.push(byte),
            }
        }
        self.0.push(b'"');
    }

    pub(super) fn text(&mut self, key: &str, text: &str) {
        self.key(key);
        self.escaped(text);
    }

    /// A text element of a list.
    pub(super) fn element(&mut self, text: &str) {
        self.separate();
        self.escaped(text);
    }

    pub(super) fn boolean(&mut self, key: &str, value: bool) {
        self.key(key);
        self.0.extend_from_slice(if value { b"true" } else { b"false" });
    }

    pub(super) fn integer(&mut self, key: &str, value: i64) {
        self.key(key);
        push_decimal(&mut self.0, value, 0);
    }

    /// An amount in cents, two decimals.
    pub(super) fn money(&mut self, key: &str, cents: i64) {
        self.key(key);
        push_decimal(&mut self.0, cents, 2);
    }

    /// A quantity or unit price in 1/10 000, four decimals.
    pub(super) fn fine(&mut self, key: &str, value: i64) {
        self.key(key);
        push_decimal(&mut self.0, value, 4);
    }

    /// A currency rate in millionths, six decimals.
    pub(super) fn rate(&mut self, key: &str, micro: i64) {
        self.key(key);
        push_decimal(&mut self.0, micro, 6);
    }

    pub(super) fn guid(&mut self, key: &str, guid: u128) {
        self.key(key);
        self.0.push(b'"');
        push_guid(&mut self.0, guid);
        self.0.push(b'"');
    }

    /// A calendar day, as midnight UTC.
    pub(super) fn day(&mut self, key: &str, date: Date) {
        self.moment(key, i64::from(date.to_unix_days()) * 86_400_000);
    }

    /// `/Date(ms+0000)/`.
    pub(super) fn moment(&mut self, key: &str, millis: i64) {
        self.key(key);
        self.0.extend_from_slice(b"\"/Date(");
        push_decimal(&mut self.0, millis, 0);
        self.0.extend_from_slice(b"+0000)/\"");
    }

    /// `/Date(ms)/`, as the envelope has it.
    pub(super) fn bare_moment(&mut self, key: &str, millis: i64) {
        self.key(key);
        self.0.extend_from_slice(b"\"/Date(");
        push_decimal(&mut self.0, millis, 0);
        self.0.extend_from_slice(b")/\"");
    }

    /// `2024-10-20T00:00:00`.
    pub(super) fn day_text(&mut self, key: &str, date: Date) {
        self.key(key);
        self.0.push(b'"');
        push_date(&mut self.0, date);
        self.0.extend_from_slice(b"T00:00:00\"");
    }

    /// `2018-11-02 16:31:30+00:00` or without the offset.
    pub(super) fn moment_text(&mut self, key: &str, millis: i64, offset: bool) {
        self.key(key);
        self.0.push(b'"');
        push_date(&mut self.0, Date::from_unix_days(millis.div_euclid(86_400_000) as i32));
        let seconds = millis.rem_euclid(86_400_000) / 1000;
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let zone = if offset { "+00:00" } else { "" };
        self.0.extend_from_slice(format!(" {hour:02}:{minute:02}:{second:02}{zone}\"").as_bytes());
    }

    /// Both forms of a date, as documents carry it: `DateString` and `Date`.
    pub(super) fn both(&mut self, key: &str, date: Date) {
        self.day_text(&format!("{key}String"), date);
        self.day(key, date);
    }
}

fn push_date(out: &mut Vec<u8>, date: Date) {
    let (year, month, day) = date.ymd();
    let digit = |value: u32| b'0' + (value % 10) as u8;
    let year = year as u32;
    out.extend_from_slice(&[
        digit(year / 1000),
        digit(year / 100),
        digit(year / 10),
        digit(year),
        b'-',
        digit(month / 10),
        digit(month),
        b'-',
        digit(day / 10),
        digit(day),
    ]);
}

pub(super) fn push_guid(out: &mut Vec<u8>, guid: u128) {
    for index in 0..32 {
        if matches!(index, 8 | 12 | 16 | 20) {
            out.push(b'-');
        }
        out.push(b"0123456789abcdef"[(guid >> (124 - 4 * index)) as usize & 15]);
    }
}

/// `value` / 10^`decimals` with exactly that many decimals.
pub(super) fn push_decimal(out: &mut Vec<u8>, value: i64, decimals: usize) {
    let mut digits = [0u8; 24];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    let mut count = 0;
    while rest > 0 || count <= decimals {
        if count == decimals && decimals > 0 {
            at -= 1;
            digits[at] = b'.';
        }
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        count += 1;
    }
    if value < 0 {
        at -= 1;
        digits[at] = b'-';
    }
    out.extend_from_slice(&digits[at..]);
}

/// `1234.50`, as reports and journals print it.
pub(super) fn decimal(cents: i64) -> String {
    let mut out = Vec::with_capacity(16);
    push_decimal(&mut out, cents, 2);
    String::from_utf8(out).expect("digits are ASCII")
}

pub(super) fn guid_text(guid: u128) -> String {
    let mut out = Vec::with_capacity(36);
    push_guid(&mut out, guid);
    String::from_utf8(out).expect("hexadecimal digits are ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_their_places() {
        for (cents, text) in [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (123, "1.23"), (-120_000, "-1200.00")] {
            assert_eq!(decimal(cents), text);
        }
        let mut out = Vec::new();
        push_decimal(&mut out, i64::MIN, 4);
        assert_eq!(out, b"-922337203685477.5808");
    }

    #[test]
    fn text_is_valid_json() {
        let mut json = Json::default();
        json.open();
        json.text("a", "q\" \\ \n \u{1} 𝒳 שלום");
        json.both("Date", "2024-02-29".parse().unwrap());
        json.empty_list("b");
        json.list("c");
        json.element("x");
        json.open();
        json.money("m", 1050);
        json.close();
        json.end_list();
        json.close();
        let value: serde_json::Value = serde_json::from_slice(&json.0).unwrap();
        assert_eq!(value["a"], "q\" \\ \n \u{1} 𝒳 שלום");
        assert_eq!(value["DateString"], "2024-02-29T00:00:00");
        assert_eq!(value["Date"], "/Date(1709164800000+0000)/");
        assert_eq!(value["c"][1]["m"], 10.5);
    }
}
