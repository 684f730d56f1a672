//! `Binary.*`, `#binary`, text encodings, `Lines.*` and `Character.*`.

use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::common::{choice, count, flag, need_text, out_of_range, text};
use super::{ANY, BINARY, Builtin, LIST, LOGICAL, NULLABLE_BINARY, NULLABLE_NUMBER, NULLABLE_TEXT, NUMBER, RECORD, TEXT, arg, opt};
use crate::m::error::{Error, Result};
use crate::m::eval::Interp;
use crate::m::value::{Binary, List, Record, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "#binary",
        params: &[arg("value", ANY)],
        returns: ANY,
        about: "Bytes from a list of numbers or Base64 text.",
        source: "https://learn.microsoft.com/powerquery-m/sharpbinary",
        examples: &[("#binary({1, 255})", "#binary(\"Af8=\")")],
        run: make_binary,
    },
    Builtin {
        name: "Binary.ApproximateLength",
        params: &[arg("binary", NULLABLE_BINARY)],
        returns: NULLABLE_NUMBER,
        about: "About how many bytes there are.",
        source: "https://learn.microsoft.com/powerquery-m/binary-approximatelength",
        examples: &[("Binary.ApproximateLength(#binary({1, 2}))", "2")],
        run: length,
    },
    Builtin {
        name: "Binary.Buffer",
        params: &[arg("binary", NULLABLE_BINARY)],
        returns: NULLABLE_BINARY,
        about: "The bytes, fetched once and kept.",
        source: "https://learn.microsoft.com/powerquery-m/binary-buffer",
        examples: &[("Binary.Buffer(#binary({1, 2}))", "#binary({1, 2})")],
        run: buffer,
    },
    Builtin {
        name: "Binary.Combine",
        params: &[arg("binaries", LIST)],
        returns: BINARY,
        about: "The bytes of several binaries one after the other.",
        source: "https://learn.microsoft.com/powerquery-m/binary-combine",
        examples: &[("Binary.Combine({#binary({1}), #binary({2})})", "#binary({1, 2})")],
        run: combine,
    },
    Builtin {
        name: "Binary.Compress",
        params: &[arg("binary", NULLABLE_BINARY), arg("compressionType", NUMBER)],
        returns: NULLABLE_BINARY,
        about: "The bytes compressed.",
        source: "https://learn.microsoft.com/powerquery-m/binary-compress",
        examples: &[("Binary.Decompress(Binary.Compress(#binary({7, 7}), Compression.Deflate), Compression.Deflate)", "#binary({7, 7})")],
        run: compress,
    },
    Builtin {
        name: "Binary.Decompress",
        params: &[arg("binary", NULLABLE_BINARY), arg("compressionType", NUMBER)],
        returns: NULLABLE_BINARY,
        about: "The bytes that were compressed.",
        source: "https://learn.microsoft.com/powerquery-m/binary-decompress",
        examples: &[(
            "Text.FromBinary(Binary.Decompress(Binary.FromText(\"S0xKBgA=\", BinaryEncoding.Base64), Compression.Deflate))",
            "\"abc\"",
        )],
        run: decompress,
    },
    Builtin {
        name: "Binary.From",
        params: &[arg("value", ANY), opt("encoding", NUMBER)],
        returns: NULLABLE_BINARY,
        about: "A binary, or the bytes that a text encodes.",
        source: "https://learn.microsoft.com/powerquery-m/binary-from",
        examples: &[("Binary.From(\"1011\")", "Binary.FromText(\"1011\", BinaryEncoding.Base64)")],
        run: from,
    },
    Builtin {
        name: "Binary.FromList",
        params: &[arg("list", LIST)],
        returns: BINARY,
        about: "Bytes from a list of numbers.",
        source: "https://learn.microsoft.com/powerquery-m/binary-fromlist",
        examples: &[("Binary.FromList({1, 2})", "#binary({1, 2})")],
        run: from_list,
    },
    Builtin {
        name: "Binary.FromText",
        params: &[arg("text", NULLABLE_TEXT), opt("encoding", NUMBER)],
        returns: NULLABLE_BINARY,
        about: "The bytes that a text encodes as Base64 or hexadecimal digits.",
        source: "https://learn.microsoft.com/powerquery-m/binary-fromtext",
        examples: &[("Binary.FromText(\"1011\", BinaryEncoding.Hex)", "#binary({16, 17})")],
        run: from_text,
    },
    Builtin {
        name: "Binary.InferContentType",
        params: &[arg("source", BINARY)],
        returns: RECORD,
        about: "What kind of content the bytes seem to be.",
        source: "https://learn.microsoft.com/powerquery-m/binary-infercontenttype",
        examples: &[("Binary.InferContentType(Text.ToBinary(\"[1]\"))[Content.Type]", "\"application/json\"")],
        run: infer_content_type,
    },
    Builtin {
        name: "Binary.Length",
        params: &[arg("binary", NULLABLE_BINARY)],
        returns: NULLABLE_NUMBER,
        about: "How many bytes there are.",
        source: "https://learn.microsoft.com/powerquery-m/binary-length",
        examples: &[("Binary.Length(#binary({1, 2}))", "2")],
        run: length,
    },
    Builtin {
        name: "Binary.Range",
        params: &[arg("binary", BINARY), arg("offset", NUMBER), opt("count", NUMBER)],
        returns: BINARY,
        about: "Bytes from an offset on.",
        source: "https://learn.microsoft.com/powerquery-m/binary-range",
        examples: &[("Binary.Range(#binary({0, 1, 2, 3}), 1, 2)", "#binary({1, 2})")],
        run: range,
    },
    Builtin {
        name: "Binary.Split",
        params: &[arg("binary", BINARY), arg("pageSize", NUMBER)],
        returns: LIST,
        about: "Binaries of a size; the last may be shorter.",
        source: "https://learn.microsoft.com/powerquery-m/binary-split",
        examples: &[("Binary.Split(#binary({1, 2, 3}), 2)", "{#binary({1, 2}), #binary({3})}")],
        run: split,
    },
    Builtin {
        name: "Binary.ToList",
        params: &[arg("binary", BINARY)],
        returns: LIST,
        about: "The bytes as numbers.",
        source: "https://learn.microsoft.com/powerquery-m/binary-tolist",
        examples: &[("Binary.ToList(#binary({1, 2}))", "{1, 2}")],
        run: to_list,
    },
    Builtin {
        name: "Binary.ToText",
        params: &[arg("binary", NULLABLE_BINARY), opt("encoding", NUMBER)],
        returns: NULLABLE_TEXT,
        about: "The bytes as Base64 or hexadecimal digits.",
        source: "https://learn.microsoft.com/powerquery-m/binary-totext",
        examples: &[("Binary.ToText(#binary({16, 255}), BinaryEncoding.Hex)", "\"10ff\"")],
        run: to_text,
    },
    Builtin {
        name: "Character.FromNumber",
        params: &[arg("number", NULLABLE_NUMBER)],
        returns: NULLABLE_TEXT,
        about: "The character of a number.",
        source: "https://learn.microsoft.com/powerquery-m/character-fromnumber",
        examples: &[("Character.FromNumber(65)", "\"A\"")],
        run: from_number,
    },
    Builtin {
        name: "Character.ToNumber",
        params: &[arg("character", NULLABLE_TEXT)],
        returns: NULLABLE_NUMBER,
        about: "The number of a character.",
        source: "https://learn.microsoft.com/powerquery-m/character-tonumber",
        examples: &[("Character.ToNumber(\"A\")", "65")],
        run: to_number,
    },
    Builtin {
        name: "Lines.FromBinary",
        params: &[arg("binary", BINARY), opt("quoteStyle", ANY), opt("includeLineSeparators", LOGICAL), opt("encoding", NUMBER)],
        returns: LIST,
        about: "The lines of a binary.",
        source: "https://learn.microsoft.com/powerquery-m/lines-frombinary",
        examples: &[("Lines.FromBinary(Text.ToBinary(\"a#(lf)b\"))", "{\"a\", \"b\"}")],
        run: lines_from_binary,
    },
    Builtin {
        name: "Lines.FromText",
        params: &[arg("text", TEXT), opt("quoteStyle", ANY), opt("includeLineSeparators", LOGICAL)],
        returns: LIST,
        about: "The lines of a text.",
        source: "https://learn.microsoft.com/powerquery-m/lines-fromtext",
        examples: &[("Lines.FromText(\"a#(cr)#(lf)b\")", "{\"a\", \"b\"}")],
        run: lines_from_text,
    },
    Builtin {
        name: "Lines.ToBinary",
        params: &[arg("lines", LIST), opt("lineSeparator", TEXT), opt("encoding", NUMBER), opt("includeByteOrderMark", LOGICAL)],
        returns: BINARY,
        about: "Lines as a binary, each with a separator after it.",
        source: "https://learn.microsoft.com/powerquery-m/lines-tobinary",
        examples: &[("Text.FromBinary(Lines.ToBinary({\"a\", \"b\"}, \"#(lf)\"))", "\"a#(lf)b#(lf)\"")],
        run: lines_to_binary,
    },
    Builtin {
        name: "Lines.ToText",
        params: &[arg("lines", LIST), opt("lineSeparator", TEXT)],
        returns: TEXT,
        about: "Lines as a text, each with a separator after it.",
        source: "https://learn.microsoft.com/powerquery-m/lines-totext",
        examples: &[("Lines.ToText({\"a\", \"b\"}, \"#(lf)\")", "\"a#(lf)b#(lf)\"")],
        run: lines_to_text,
    },
    Builtin {
        name: "Text.FromBinary",
        params: &[arg("binary", NULLABLE_BINARY), opt("encoding", NUMBER)],
        returns: NULLABLE_TEXT,
        about: "The text of encoded bytes.",
        source: "https://learn.microsoft.com/powerquery-m/text-frombinary",
        examples: &[("Text.FromBinary(#binary({72, 105}))", "\"Hi\"")],
        run: text_from_binary,
    },
    Builtin {
        name: "Text.ToBinary",
        params: &[arg("text", NULLABLE_TEXT), opt("encoding", NUMBER), opt("includeByteOrderMark", LOGICAL)],
        returns: NULLABLE_BINARY,
        about: "A text as encoded bytes.",
        source: "https://learn.microsoft.com/powerquery-m/text-tobinary",
        examples: &[("Text.ToBinary(\"Hi\")", "#binary({72, 105})")],
        run: text_to_binary,
    },
];

/// Base64 without padding or with, as .NET reads it; white space is skipped before.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::RequireCanonical)
        .with_decode_allow_trailing_bits(true),
);

/// Base64 text of bytes.
pub(super) fn base64(bytes: &[u8]) -> String {
    LENIENT.encode(bytes)
}

/// The binary of an argument.
pub(super) fn binary(value: &Value) -> Result<Binary> {
    match value.bare() {
        Value::Binary(binary) => Ok(binary.clone()),
        other => Err(Error::cannot_convert(other, "Binary")),
    }
}

fn made(bytes: Vec<u8>) -> Value {
    Value::Binary(Binary::new(bytes))
}

fn byte(value: &Value) -> Result<u8> {
    value.as_i64().and_then(|n| u8::try_from(n).ok()).ok_or_else(|| {
        if value.is_number() {
            Error::expression("The number is out of range of a 8 bit integer value.").with_detail(value.clone())
        } else {
            Error::cannot_convert(value, "Number")
        }
    })
}

fn bytes_of_list(cx: &mut Interp, list: &List) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    list.each(cx, |_, item| {
        out.push(byte(&item)?);
        Ok(true)
    })?;
    Ok(out)
}

fn make_binary(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    match &args[0] {
        Value::Null => Ok(Value::Null),
        Value::List(list) => bytes_of_list(cx, list).map(made),
        other => from_value(cx, other, 0),
    }
}

/// Bytes of a binary, a text in an encoding (0 Base64, 1 hexadecimal) or a list.
pub(super) fn from_value(_: &mut Interp, value: &Value, encoding: i64) -> Result<Value> {
    match value.bare() {
        Value::Null | Value::Binary(_) => Ok(value.bare().clone()),
        Value::Text(t) => decode_digits(t, encoding).map(made).ok_or_else(|| {
            Error::data_format(if encoding == 1 { "The text isn't valid hexadecimal." } else { "Invalid binary encoding." })
                .with_detail(value.clone())
        }),
        other => Err(Error::cannot_convert(other, "Binary")),
    }
}

fn decode_digits(t: &str, encoding: i64) -> Option<Vec<u8>> {
    if encoding == 1 {
        let hex = t.as_bytes();
        if !hex.len().is_multiple_of(2) || !hex.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        return hex.chunks(2).map(|pair| std::str::from_utf8(pair).ok().and_then(|p| u8::from_str_radix(p, 16).ok())).collect();
    }
    let compact: Vec<u8> = t.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    LENIENT.decode(compact).ok()
}

fn encoding_of(value: &Value) -> Result<i64> {
    choice(value, 0, 0..=1, "encoding")
}

fn from(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let encoding = encoding_of(&args[1])?;
    match &args[0] {
        Value::List(list) => bytes_of_list(cx, list).map(made),
        other => from_value(cx, other, encoding),
    }
}

fn from_text(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let encoding = encoding_of(&args[1])?;
    from_value(cx, &args[0], encoding)
}

fn from_list(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let list = super::common::list(&args[0])?;
    bytes_of_list(cx, &list).map(made)
}

fn to_text(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Value::Binary(binary) = &args[0] else { return Ok(Value::Null) };
    let bytes = binary.bytes(cx)?;
    Ok(Value::from(if encoding_of(&args[1])? == 1 { bytes.iter().map(|b| format!("{b:02x}")).collect() } else { base64(&bytes) }))
}

fn to_list(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let bytes = binary(&args[0])?.bytes(cx)?;
    Ok(Value::List(List::from_values(bytes.iter().map(|b| Value::Int(i64::from(*b))))))
}

fn length(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Value::Binary(binary) = &args[0] else { return Ok(Value::Null) };
    Ok(Value::Int(binary.len(cx)?))
}

fn buffer(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Value::Binary(binary) = &args[0] else { return Ok(Value::Null) };
    Ok(Value::Binary(Binary::new(binary.bytes(cx)?)))
}

fn combine(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let list = super::common::list(&args[0])?;
    let mut out = Vec::new();
    list.each(cx, |cx, item| {
        if !item.is_null() {
            out.extend_from_slice(&binary(&item)?.bytes(cx)?);
        }
        Ok(true)
    })?;
    Ok(made(out))
}

fn range(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let bytes = binary(&args[0])?.bytes(cx)?;
    let start = count("offset", &args[1])?.min(bytes.len());
    let n = if args[2].is_null() { usize::MAX } else { count("count", &args[2])? };
    Ok(made(bytes[start..start.saturating_add(n).min(bytes.len())].to_vec()))
}

fn split(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let bytes = binary(&args[0])?.bytes(cx)?;
    let size = count("pageSize", &args[1])?;
    if size == 0 {
        return Err(out_of_range("pageSize", &args[1]));
    }
    Ok(Value::List(List::from_values(bytes.chunks(size).map(|chunk| made(chunk.to_vec())))))
}

/// Names of `Compression.Type` by number.
fn codec_name(codec: i64) -> &'static str {
    match codec {
        2 => "Compression.Snappy",
        3 => "Compression.Brotli",
        4 => "Compression.LZ4",
        _ => "Compression.Zstandard",
    }
}

fn compress(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Value::Binary(binary) = &args[0] else { return Ok(Value::Null) };
    let bytes = binary.bytes(cx)?;
    let level = flate2::Compression::default();
    let out = match choice(&args[1], 0, -1..=5, "compressionType")? {
        -1 => Ok(bytes.to_vec()),
        0 => {
            let mut writer = flate2::write::GzEncoder::new(Vec::new(), level);
            writer.write_all(&bytes).and_then(|()| writer.finish())
        }
        1 => {
            let mut writer = flate2::write::DeflateEncoder::new(Vec::new(), level);
            writer.write_all(&bytes).and_then(|()| writer.finish())
        }
        other => return Err(Error::unsupported(codec_name(other))),
    };
    out.map(made).map_err(|error| Error::data_format(error.to_string()))
}

fn decompress(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Value::Binary(binary) = &args[0] else { return Ok(Value::Null) };
    let bytes = binary.bytes(cx)?;
    // The budget bounds what a small file may blow up to.
    let limit = cx.options.memory_limit.unwrap_or(1 << 30) as u64;
    let mut out = Vec::new();
    let read = match choice(&args[1], 0, -1..=5, "compressionType")? {
        -1 => return Ok(args[0].clone()),
        0 => flate2::read::MultiGzDecoder::new(&bytes[..]).take(limit).read_to_end(&mut out),
        1 => flate2::read::DeflateDecoder::new(&bytes[..]).take(limit).read_to_end(&mut out),
        other => return Err(Error::unsupported(codec_name(other))),
    };
    read.map_err(|_| Error::data_format("Block length does not match with its complement."))?;
    cx.charge(out.len())?;
    Ok(made(out))
}

fn infer_content_type(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let bytes = binary(&args[0])?.bytes(cx)?;
    let head = &bytes[..bytes.len().min(4096)];
    let starts = |magic: &[u8]| head.starts_with(magic);
    let shown = String::from_utf8_lossy(head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head));
    let start = shown.trim_start();
    let kind = if starts(b"PK\x03\x04") {
        "application/zip"
    } else if starts(b"%PDF") {
        "application/pdf"
    } else if starts(b"\x1f\x8b") {
        "application/gzip"
    } else if starts(b"PAR1") {
        "application/vnd.apache.parquet"
    } else if starts(b"\x89PNG") {
        "image/png"
    } else if starts(b"\xff\xd8\xff") {
        "image/jpeg"
    } else if start.starts_with(['{', '[']) {
        "application/json"
    } else if start.to_ascii_lowercase().starts_with("<!doctype html") || start.to_ascii_lowercase().starts_with("<html") {
        "text/html"
    } else if start.starts_with('<') {
        "text/xml"
    } else if head.contains(&0) {
        "application/octet-stream"
    } else {
        return Ok(delimited(&shown));
    };
    Ok(Value::Record(Record::new(vec![("Content.Type", Value::text(kind))])))
}

/// Text that looks delimited, with how often each candidate occurs.
fn delimited(shown: &str) -> Value {
    let lines: Vec<&str> = shown.lines().take(20).collect();
    let score = |delimiter: char| {
        let counts: Vec<usize> = lines.iter().map(|line| line.matches(delimiter).count()).collect();
        let first = counts.first().copied().unwrap_or(0);
        if first > 0 && counts.iter().all(|n| *n == first) { first } else { 0 }
    };
    let best = [',', '\t', ';', '|'].into_iter().map(|d| (score(d), d)).filter(|(n, _)| *n > 0).max_by_key(|(n, _)| *n);
    let mut fields = vec![("Content.Type", Value::text(if best.is_some() { "text/csv" } else { "text/plain" }))];
    fields.push(("Content.Encoding", Value::Int(65001)));
    if let Some((n, delimiter)) = best {
        fields.push(("Csv.PotentialDelimiters", Value::List(List::from_values([Value::from(delimiter.to_string())]))));
        fields.push(("Csv.PotentialPositions", Value::List(List::from_values([Value::count(n)]))));
    }
    Value::Record(Record::new(fields))
}

fn from_number(_: &mut Interp, args: &[Value]) -> Result<Value> {
    if args[0].is_null() {
        return Ok(Value::Null);
    }
    let c = args[0].as_i64().and_then(|n| u32::try_from(n).ok()).and_then(char::from_u32);
    c.map(|c| Value::from(c.to_string())).ok_or_else(|| out_of_range("number", &args[0]))
}

fn to_number(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    let mut chars = t.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Ok(Value::Int(i64::from(u32::from(c)))),
        _ => Err(Error::expression("The value isn't a single-character string.").with_detail(args[0].clone())),
    }
}

/// Bytes 0x80–0x9F of Windows-1252.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–',
    '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

fn utf16(bytes: &[u8], big_endian: bool) -> String {
    let units: Vec<u16> = bytes
        .chunks(2)
        .map(|c| {
            let pair = [c[0], c.get(1).copied().unwrap_or(0)];
            if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
        })
        .collect();
    String::from_utf16_lossy(&units)
}

/// Text of bytes in a code page (`TextEncoding`); a byte order mark is honoured and dropped.
pub(super) fn decode(bytes: &[u8], encoding: &Value) -> Result<String> {
    let page = match encoding.bare() {
        Value::Null => 65001,
        other => other.as_i64().ok_or_else(|| out_of_range("encoding", encoding))?,
    };
    if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        return Ok(String::from_utf8_lossy(rest).into_owned());
    }
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        return Ok(utf16(rest, false));
    }
    if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        return Ok(utf16(rest, true));
    }
    Ok(match page {
        65001 | 65000 => String::from_utf8_lossy(bytes).into_owned(),
        1200 => utf16(bytes, false),
        1201 => utf16(bytes, true),
        20127 => bytes.iter().map(|b| if *b < 128 { char::from(*b) } else { '?' }).collect(),
        28591 => bytes.iter().map(|b| char::from(*b)).collect(),
        1252 | 0 => {
            bytes.iter().map(|b| if (0x80..0xA0).contains(b) { WINDOWS_1252[usize::from(*b) - 0x80] } else { char::from(*b) }).collect()
        }
        other => return Err(Error::unsupported(format!("text encoding {other}"))),
    })
}

/// Bytes of a text in a code page.
pub(super) fn encode(t: &str, encoding: &Value, mark: bool) -> Result<Vec<u8>> {
    let page = match encoding.bare() {
        Value::Null => 65001,
        other => other.as_i64().ok_or_else(|| out_of_range("encoding", encoding))?,
    };
    let mut out = Vec::with_capacity(t.len() + 3);
    match page {
        65001 => {
            if mark {
                out.extend_from_slice(b"\xef\xbb\xbf");
            }
            out.extend_from_slice(t.as_bytes());
        }
        1200 | 1201 => {
            if mark {
                out.extend_from_slice(if page == 1200 { b"\xff\xfe" } else { b"\xfe\xff" });
            }
            for unit in t.encode_utf16() {
                out.extend_from_slice(&if page == 1200 { unit.to_le_bytes() } else { unit.to_be_bytes() });
            }
        }
        20127 => out.extend(t.chars().map(|c| if c.is_ascii() { c as u8 } else { b'?' })),
        28591 => out.extend(t.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))),
        1252 | 0 => out.extend(t.chars().map(|c| match WINDOWS_1252.iter().position(|x| *x == c) {
            Some(at) => 0x80 + at as u8,
            None => u8::try_from(u32::from(c)).ok().filter(|b| !(0x80..0xA0).contains(b)).unwrap_or(b'?'),
        })),
        other => return Err(Error::unsupported(format!("text encoding {other}"))),
    }
    Ok(out)
}

fn text_from_binary(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Value::Binary(binary) = &args[0] else { return Ok(Value::Null) };
    Ok(Value::from(decode(&binary.bytes(cx)?, &args[1])?))
}

fn text_to_binary(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let Some(t) = text(&args[0]) else { return Ok(Value::Null) };
    encode(t, &args[1], flag(&args[2], false)).map(made)
}

/// Lines with or without their ends; with quotes, a line break inside them is content.
fn lines(t: &str, quotes: bool, keep_ends: bool) -> Vec<Value> {
    let mut out = Vec::new();
    let bytes = t.as_bytes();
    let (mut start, mut i, mut quoted) = (0, 0, false);
    while i < bytes.len() {
        match bytes[i] {
            b'"' if quotes => quoted = !quoted,
            b'\r' | b'\n' if !quoted => {
                let end = if bytes[i] == b'\r' && bytes.get(i + 1) == Some(&b'\n') { i + 2 } else { i + 1 };
                out.push(Value::text(&t[start..if keep_ends { end } else { i }]));
                start = end;
                i = end;
                continue;
            }
            _ => {}
        }
        i += 1;
    }
    if start < bytes.len() {
        out.push(Value::text(&t[start..]));
    }
    out
}

/// `quoteStyle` may be a member of `QuoteStyle` or a logical.
fn has_quotes(value: &Value) -> bool {
    matches!(value.bare(), Value::Logical(true)) || value.as_i64() == Some(1)
}

fn lines_from_text(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = need_text(&args[0])?;
    Ok(Value::List(List::from_values(lines(&t, has_quotes(&args[1]), flag(&args[2], false)))))
}

fn lines_from_binary(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let bytes = binary(&args[0])?.bytes(cx)?;
    let t = decode(&bytes, &args[3])?;
    Ok(Value::List(List::from_values(lines(&t, has_quotes(&args[1]), flag(&args[2], false)))))
}

fn joined(cx: &mut Interp, list: &Value, separator: &Value) -> Result<String> {
    let separator = text(separator).unwrap_or("\r\n");
    let mut out = String::new();
    super::common::list(list)?.each(cx, |_, line| {
        out.push_str(&need_text(&line)?);
        out.push_str(separator);
        Ok(true)
    })?;
    Ok(out)
}

fn lines_to_text(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    joined(cx, &args[0], &args[1]).map(Value::from)
}

fn lines_to_binary(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = joined(cx, &args[0], &args[1])?;
    encode(&t, &args[2], flag(&args[3], false)).map(made)
}
