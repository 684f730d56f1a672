//! Passing over JSON without building anything: where texts, numbers and whole values end.

use wide::u8x16;

/// A quick hash of few bytes.
pub(crate) fn bytes_hash(bytes: &[u8]) -> u64 {
    let mut hash = bytes.len() as u64;
    let mut take = |word: u64| hash = (hash.rotate_left(5) ^ word).wrapping_mul(0x517C_C1B7_2722_0A95);
    if let Some(last) = bytes.last_chunk::<8>() {
        let mut rest = bytes;
        while let Some((eight, more)) = rest.split_first_chunk::<8>().filter(|(_, more)| !more.is_empty()) {
            take(u64::from_le_bytes(*eight));
            rest = more;
        }
        // The last eight may overlap those before.
        take(u64::from_le_bytes(*last));
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        take(u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last)));
    } else {
        for byte in bytes {
            take(u64::from(*byte));
        }
    }
    hash ^ hash >> 29
}

/// Whether `bytes` begin with `few`, which are few: words of eight are compared without a call.
#[inline]
pub(super) fn begins(bytes: &[u8], few: &[u8]) -> bool {
    let Some(mut have) = bytes.get(..few.len()) else { return false };
    let (Some(a), Some(b)) = (have.last_chunk::<8>(), few.last_chunk::<8>()) else { return have == few };
    // The last eight tell most names apart; they may overlap those before.
    if a != b {
        return false;
    }
    let mut few = few;
    while let (Some((a, more)), Some((b, rest))) = (have.split_first_chunk::<8>(), few.split_first_chunk::<8>()) {
        if a != b {
            return false;
        }
        (have, few) = (more, rest);
    }
    true
}

/// Where the first quote or backslash is. Names, codes and ids end within the first bytes, mostly.
#[inline]
pub(super) fn text_end(bytes: &[u8]) -> Option<usize> {
    let (quote, backslash) = (u8x16::splat(b'"'), u8x16::splat(b'\\'));
    let mut rest = bytes;
    for at in [0, 16, 32] {
        let Some((sixteen, more)) = rest.split_first_chunk::<16>() else { break };
        let sixteen = u8x16::new(*sixteen);
        let found = (sixteen.simd_eq(quote) | sixteen.simd_eq(backslash)).to_bitmask();
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize);
        }
        rest = more;
    }
    memchr::memchr2(b'"', b'\\', rest).map(|at| bytes.len() - rest.len() + at)
}

/// Where a value ends that begins at a place; `None` for what is not well-formed, nested very deeply, or cut off.
pub(super) fn end_of(bytes: &[u8], mut at: usize) -> Option<usize> {
    let blanks = |mut at: usize| {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
            at += 1;
        }
        at
    };
    // Which of the containers around are objects, the innermost in the last bit, below a one.
    let mut around = 1_u64;
    loop {
        let mut is_closed = true;
        match *bytes.get(at)? {
            b'"' => at = text_behind(bytes, at + 1)?,
            open @ (b'{' | b'[') => {
                let is_object = open == b'{';
                if around >> 62 != 0 {
                    return None;
                }
                at = blanks(at + 1);
                if *bytes.get(at)? == open + 2 {
                    at += 1;
                } else {
                    around = around << 1 | u64::from(is_object);
                    is_closed = false;
                }
            }
            b'-' | b'0'..=b'9' => at = number_behind(bytes, at)?,
            b't' if bytes[at..].starts_with(b"true") => at += 4,
            b'f' if bytes[at..].starts_with(b"false") => at += 5,
            b'n' if bytes[at..].starts_with(b"null") => at += 4,
            _ => return None,
        }
        while is_closed {
            if around == 1 {
                return Some(at);
            }
            let is_object = around & 1 == 1;
            match *bytes.get(at)? {
                b',' => {
                    at = blanks(at + 1);
                    is_closed = false;
                }
                b'}' if is_object => {
                    around >>= 1;
                    at += 1;
                }
                b']' if !is_object => {
                    around >>= 1;
                    at += 1;
                }
                b' ' | b'\n' | b'\r' | b'\t' => at += 1,
                _ => return None,
            }
        }
        if around & 1 == 1 {
            if *bytes.get(at)? != b'"' {
                return None;
            }
            at = blanks(text_behind(bytes, at + 1)?);
            if *bytes.get(at)? != b':' {
                return None;
            }
            at = blanks(at + 1);
        }
    }
}

/// Behind the quote that ends a text.
#[inline]
fn text_behind(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += text_end(bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        match bytes.get(at + 1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => at += 2,
            b'u' if bytes.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit) => at += 6,
            _ => return None,
        }
    }
}

/// Behind a number.
#[inline]
fn number_behind(bytes: &[u8], mut at: usize) -> Option<usize> {
    let digits = |from: usize| {
        let mut at = from;
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        (at > from).then_some(at)
    };
    at = digits(at + usize::from(bytes.get(at) == Some(&b'-')))?;
    if bytes.get(at) == Some(&b'.') {
        at = digits(at + 1)?;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        at = digits(at + 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-'))))?;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::{begins, bytes_hash, end_of, text_end};

    #[test]
    fn few_bytes_are_compared_to_the_last() {
        let text: Vec<u8> = (0..40).collect();
        for length in 0..=40 {
            assert!(begins(&text, &text[..length]));
            for at in 0..length {
                let mut other = text[..length].to_vec();
                other[at] ^= 1;
                assert!(!begins(&text, &other), "{length} {at}");
                assert_ne!(bytes_hash(&text[..length]), bytes_hash(&other), "{length} {at}");
            }
        }
        assert!(!begins(&text[..3], &text[..4]));
    }

    #[test]
    fn texts_end_at_the_first_quote_or_backslash() {
        for length in 0..80 {
            for end in [b'"', b'\\'] {
                // A byte that differs from a quote in its last bit only must not be taken for one.
                let mut text = vec![b'#'; length];
                text.push(end);
                text.extend_from_slice(b"\"\\and more");
                assert_eq!(text_end(&text), Some(length));
            }
            assert_eq!(text_end(&vec![b'!'; length]), None);
        }
    }

    #[test]
    fn values_end_where_the_careful_way_says() {
        let good = [
            "0",
            "-1.5e+10",
            "true",
            "null",
            "\"\"",
            r#""a\u00e9\"\\/""#,
            "[]",
            "{}",
            "[ ]",
            "{ }",
            "[1,2]",
            "[ 1 , [ 2 ] ]",
            r#"{"a":1,"b":{"c":[true,false,null]}}"#,
            "{ \"a\" : { \"b\" : [ ] } }",
            "[[[[[[[[]]]]]]]]",
        ];
        for text in good {
            for tail in ["", ",", "}", " ]", "\"x"] {
                let whole = format!("{text}{tail}");
                let is_longer_number = text.ends_with(|c: char| c.is_ascii_digit()) && tail.starts_with(|c: char| c.is_ascii_digit());
                assert!(is_longer_number || end_of(whole.as_bytes(), 0) == Some(text.len()), "{whole}");
            }
        }
        let bad = [
            "",
            "-",
            "01x".get(3..).unwrap_or(""),
            "1.",
            "1e",
            "tru",
            "\"",
            r#""\x""#,
            r#""\u12g4""#,
            "[",
            "[1",
            "[1,",
            "[1,]",
            "[1}",
            "{",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":1",
            "{\"a\":1,}",
            "{\"a\" 1}",
            "{a:1}",
            "{1:2}",
            "[1 2]",
            "]",
            "+1",
            ".5",
            "nul",
        ];
        for text in bad {
            assert_eq!(end_of(text.as_bytes(), 0), None, "{text}");
        }
        // What nests deeper than this is left to the careful way.
        let deep = "[".repeat(100) + &"]".repeat(100);
        assert_eq!(end_of(deep.as_bytes(), 0), None);
    }
}
