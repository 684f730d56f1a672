//! `BinaryFormat.*`: functions that read values from bytes, and functions that combine them.
//!
//! A format is a function of a binary. Inside another format it reads on from where that one stands: the stream being read is
//! kept beside the evaluation, and the argument is null.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use super::common::{choice, double_value, list, record};
use super::{ANY, BINARY, Builtin, FUNCTION, LIST, NUMBER, RECORD, TYPE, arg, opt};
use crate::m::error::{Error, Result};
use crate::m::eval::Interp;
use crate::m::value::{Binary, Body, Bytes, Decimal, Function, Key, List, Name, Record, Slot, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "BinaryFormat.7BitEncodedSignedInteger",
        params: &[arg("binary", BINARY)],
        returns: ANY,
        about: "Reads a signed number of variable length.",
        source: "https://learn.microsoft.com/powerquery-m/binaryformat-7bitencodedsignedinteger",
        examples: &[("#\"BinaryFormat.7BitEncodedSignedInteger\"(#binary({2}))", "2")],
        run: read_signed_7bit,
    },
    Builtin {
        name: "BinaryFormat.7BitEncodedUnsignedInteger",
        params: &[arg("binary", BINARY)],
        returns: ANY,
        about: "Reads an unsigned number of variable length.",
        source: "https://learn.microsoft.com/powerquery-m/binaryformat-7bitencodedunsignedinteger",
        examples: &[("#\"BinaryFormat.7BitEncodedUnsignedInteger\"(#binary({172, 2}))", "300")],
        run: read_unsigned_7bit,
    },
    Builtin {
        name: "BinaryFormat.Binary",
        params: &[opt("length", ANY)],
        returns: FUNCTION,
        about: "A format that reads bytes.",
        source: "https://learn.microsoft.com/powerquery-m/binaryformat-binary",
        examples: &[("BinaryFormat.Binary(2)(#binary({1, 2, 3}))", "#binary({1, 2})")],
        run: binary_format,
    },
    Builtin {
        name: "BinaryFormat.Byte",
        params: &[arg("binary", BINARY)],
        returns: ANY,
        about: "Reads a byte.",
        source: "https://learn.microsoft.com/powerquery-m/binaryformat-byte",
        examples: &[("BinaryFormat.Byte(#binary({7}))", "7")],
        run: read_byte,
    },
    Builtin {
        name: "BinaryFormat.ByteOrder",
        params: &[arg("binaryFormat", FUNCTION), arg("byteOrder", NUMBER)],
        returns: FUNCTION,
        about: "A format that reads in a byte order.",
        source: "https://learn.microsoft.com/powerquery-m/binaryformat-byteorder",
        examples: &[("BinaryFormat.ByteOrder(BinaryFormat.UnsignedInteger16, ByteOrder.LittleEndian)(#binary({1, 0}))", "1")],
        run: byte_order,
    },
    Builtin {
        name: "BinaryFormat.Choice",
        params: &[arg("binaryFormat", FUNCTION), arg("chooseFunction", FUNCTION), opt("type", TYPE), opt("combineFunction", FUNCTION)],
        returns: FUNCTION,
        about: "A format that chooses the next by a value it has read.",
        source: "https://learn.microsoft.com/powerquery-m/binaryformat-choice",
        examples: &[(
            "BinaryFormat.Choice(BinaryFormat.Byte, (n) => BinaryFormat.List(BinaryFormat.Byte, n))(#binary({2, 3, 4, 5}))",
            "{3, 4}",
        )],
        run: choose,
    },
    Builtin {
        name: "BinaryFormat.Decimal",
        params: &[arg("binary", BINARY)],
        returns: ANY,
        about: "Reads a .NET decimal of 16 bytes.",
        source: "https://learn.microsoft.com/powerquery-m/binaryformat-decimal",
        examples: &[(
            "BinaryFormat.ByteOrder(BinaryFormat.Decimal, ByteOrder.LittleEndian)(#binary({5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0}))",
            "0.5",
        )],
        run: read_decimal,
    },
    Builtin {
        name: "BinaryFormat.Double",
        params: &[arg("binary", BINARY)],
        returns: ANY,
        about: "Reads a double.",
        source: "https://learn.microsoft.com/powerquery-m/binaryformat-double",
        examples: &[("BinaryFormat.Double(#binary({63, 248, 0, 0, 0, 0, 0, 0}))", "1.5")],
        run: read_double,
    },
    Builtin {
        name: "BinaryFormat.Group",
        params: &[arg("binaryFormat", FUNCTION), arg("group", LIST), opt("extra", FUNCTION), opt("lastKey", ANY)],
        returns: FUNCTION,
        about: "A format that reads items behind keys in any order.",
        source: "https://learn.microsoft.com/powerquery-m/binaryformat-group",
        examples: &[("BinaryFormat.Group(BinaryFormat.Byte, {{1, BinaryFormat.Byte, BinaryOccurrence.Required}})(#binary({1, 9}))", "{9}")],
        run: group,
    },
    Builtin {
        name: "BinaryFormat.Length",
        params: &[arg("binaryFormat", FUNCTION), arg("length", ANY)],
        returns: FUNCTION,
        about: "A format that reads within a number of bytes.",
        source: "https://learn.microsoft.com/powerquery-m/binaryformat-length",
        examples: &[("BinaryFormat.Length(BinaryFormat.List(BinaryFormat.Byte), 2)(#binary({1, 2, 3}))", "{1, 2}")],
        run: limited,
    },
    Builtin {
        name: "BinaryFormat.List",
        params: &[arg("binaryFormat", FUNCTION), opt("countOrCondition", ANY)],
        returns: FUNCTION,
        about: "A format that reads a list: to the end, a number of items, or while a condition holds.",
        source: "https://learn.microsoft.com/powerquery-m/binaryformat-list",
        examples: &[("BinaryFormat.List(BinaryFormat.Byte, 2)(#binary({1, 2, 3}))", "{1, 2}")],
        run: list_format,
    },
    Builtin {
        name: "BinaryFormat.Null",
        params: &[arg("binary", BINARY)],
        returns: ANY,
        about: "Reads nothing.",
        source: "https://learn.microsoft.com/powerquery-m/binaryformat-null",
        examples: &[("BinaryFormat.Null(#binary({1}))", "null")],
        run: read_null,
    },
    Builtin {
        name: "BinaryFormat.Record",
        params: &[arg("record", RECORD)],
        returns: FUNCTION,
        about: "A format that reads the fields of a record.",
        source: "https://learn.microsoft.com/powerquery-m/binaryformat-record",
        examples: &[("BinaryFormat.Record([a = BinaryFormat.Byte, b = 5])(#binary({1}))", "[a = 1, b = 5]")],
        run: record_format,
    },
    Builtin {
        name: "BinaryFormat.SignedInteger16",
        params: &[arg("binary", BINARY)],
        returns: ANY,
        about: "Reads a signed number of 2 bytes.",
        source: "https://learn.microsoft.com/powerquery-m/binaryformat-signedinteger16",
        examples: &[("BinaryFormat.SignedInteger16(#binary({255, 254}))", "-2")],
        run: read_i16,
    },
    Builtin {
        name: "BinaryFormat.SignedInteger32",
        params: &[arg("binary", BINARY)],
        returns: ANY,
        about: "Reads a signed number of 4 bytes.",
        source: "https://learn.microsoft.com/powerquery-m/binaryformat-signedinteger32",
        examples: &[("BinaryFormat.SignedInteger32(#binary({0, 0, 1, 0}))", "256")],
        run: read_i32,
    },
    Builtin {
        name: "BinaryFormat.SignedInteger64",
        params: &[arg("binary", BINARY)],
        returns: ANY,
        about: "Reads a signed number of 8 bytes.",
        source: "https://learn.microsoft.com/powerquery-m/binaryformat-signedinteger64",
        examples: &[("BinaryFormat.SignedInteger64(#binary({0, 0, 0, 0, 0, 0, 0, 3}))", "3")],
        run: read_i64,
    },
    Builtin {
        name: "BinaryFormat.Single",
        params: &[arg("binary", BINARY)],
        returns: ANY,
        about: "Reads a number of 4 bytes in floating point.",
        source: "https://learn.microsoft.com/powerquery-m/binaryformat-single",
        examples: &[("BinaryFormat.Single(#binary({63, 192, 0, 0}))", "1.5")],
        run: read_single,
    },
    Builtin {
        name: "BinaryFormat.Text",
        params: &[arg("length", ANY), opt("encoding", NUMBER)],
        returns: FUNCTION,
        about: "A format that reads text of a length in bytes.",
        source: "https://learn.microsoft.com/powerquery-m/binaryformat-text",
        examples: &[("BinaryFormat.Text(2)(#binary({72, 105, 33}))", "\"Hi\"")],
        run: text_format,
    },
    Builtin {
        name: "BinaryFormat.Transform",
        params: &[arg("binaryFormat", FUNCTION), arg("function", FUNCTION)],
        returns: FUNCTION,
        about: "A format that applies a function to what it has read.",
        source: "https://learn.microsoft.com/powerquery-m/binaryformat-transform",
        examples: &[("BinaryFormat.Transform(BinaryFormat.Byte, (n) => n + 1)(#binary({1}))", "2")],
        run: transform,
    },
    Builtin {
        name: "BinaryFormat.UnsignedInteger16",
        params: &[arg("binary", BINARY)],
        returns: ANY,
        about: "Reads an unsigned number of 2 bytes.",
        source: "https://learn.microsoft.com/powerquery-m/binaryformat-unsignedinteger16",
        examples: &[("BinaryFormat.UnsignedInteger16(#binary({1, 0}))", "256")],
        run: read_u16,
    },
    Builtin {
        name: "BinaryFormat.UnsignedInteger32",
        params: &[arg("binary", BINARY)],
        returns: ANY,
        about: "Reads an unsigned number of 4 bytes.",
        source: "https://learn.microsoft.com/powerquery-m/binaryformat-unsignedinteger32",
        examples: &[("BinaryFormat.UnsignedInteger32(#binary({0, 0, 1, 0}))", "256")],
        run: read_u32,
    },
    Builtin {
        name: "BinaryFormat.UnsignedInteger64",
        params: &[arg("binary", BINARY)],
        returns: ANY,
        about: "Reads an unsigned number of 8 bytes.",
        source: "https://learn.microsoft.com/powerquery-m/binaryformat-unsignedinteger64",
        examples: &[("BinaryFormat.UnsignedInteger64(#binary({0, 0, 0, 0, 0, 0, 1, 0}))", "256")],
        run: read_u64,
    },
];

/// Bytes being read.
struct Stream {
    bytes: Bytes,
    at: Cell<usize>,
    end: Cell<usize>,
    little: Cell<bool>,
}

thread_local! {
    /// The streams of the formats that are reading, the innermost last.
    static ACTIVE: RefCell<Vec<Rc<Stream>>> = const { RefCell::new(Vec::new()) };
}

impl Stream {
    fn take(&self, count: usize) -> Result<&[u8]> {
        let start = self.at.get();
        if count > self.end.get() - start {
            return Err(Error::data_format("We found an unexpected end of the binary data."));
        }
        self.at.set(start + count);
        Ok(&self.bytes[start..start + count])
    }

    fn is_done(&self) -> bool {
        self.at.get() >= self.end.get()
    }

    /// Bytes in the order from high to low.
    fn number<const N: usize>(&self) -> Result<[u8; N]> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N)?);
        if self.little.get() {
            out.reverse();
        }
        Ok(out)
    }
}

/// Runs a reader on the binary of the argument, or on the stream of the format around it.
fn on_stream(cx: &mut Interp, argument: &Value, read: impl FnOnce(&mut Interp, &Rc<Stream>) -> Result<Value>) -> Result<Value> {
    let inherited = if argument.is_null() { ACTIVE.with(|active| active.borrow().last().cloned()) } else { None };
    if let Some(stream) = inherited {
        return cx.nested(|cx| read(cx, &stream));
    }
    let bytes = super::binary::binary(argument)?.bytes(cx)?;
    let end = bytes.len();
    let stream = Rc::new(Stream { bytes, at: Cell::new(0), end: Cell::new(end), little: Cell::new(false) });
    ACTIVE.with(|active| active.borrow_mut().push(stream.clone()));
    let result = cx.nested(|cx| read(cx, &stream));
    ACTIVE.with(|active| active.borrow_mut().pop());
    result
}

/// The name of the parameter by which formats made here are known.
const PARAMETER: &str = "binary";

fn is_format(value: &Value) -> bool {
    match value.bare() {
        Value::Function(f) => match f.body() {
            Body::Builtin(b) => b.name.starts_with("BinaryFormat."),
            Body::Native(n) => n.params.len() == 1 && n.params[0].name == PARAMETER,
            Body::Closure(..) => false,
        },
        _ => false,
    }
}

/// Reads on with another format.
fn read_on(cx: &mut Interp, stream: &Rc<Stream>, format: &Value) -> Result<Value> {
    if let Value::Function(f) = format.bare() {
        match f.body() {
            Body::Builtin(b) if b.name.starts_with("BinaryFormat.") => return (b.run)(cx, &[Value::Null]),
            Body::Native(n) if is_format(format) => return (n.run)(cx, &[Value::Null]),
            _ => {}
        }
    }
    // Any other function gets all that is left.
    let rest = stream.take(stream.end.get() - stream.at.get())?.to_vec();
    cx.call(format, &[Value::Binary(Binary::new(rest))])
}

fn format(read: impl Fn(&mut Interp, &Rc<Stream>) -> Result<Value> + 'static) -> Result<Value> {
    Ok(Value::Function(Function::native(&[PARAMETER], move |cx, args| on_stream(cx, &args[0], |cx, stream| read(cx, stream)))))
}

macro_rules! numbers {
    ($($name:ident $ty:ident $size:literal $make:expr;)*) => {
        $(fn $name(cx: &mut Interp, args: &[Value]) -> Result<Value> {
            on_stream(cx, &args[0], |_, stream| Ok($make($ty::from_be_bytes(stream.number::<$size>()?))))
        })*
    };
}

numbers! {
    read_byte u8 1 |n| Value::Int(i64::from(n));
    read_i16 i16 2 |n| Value::Int(i64::from(n));
    read_i32 i32 4 |n| Value::Int(i64::from(n));
    read_i64 i64 8 Value::Int;
    read_u16 u16 2 |n| Value::Int(i64::from(n));
    read_u32 u32 4 |n| Value::Int(i64::from(n));
    read_u64 u64 8 |n| i64::try_from(n).map_or(Value::Double(n as f64), Value::Int);
    read_single f32 4 |n| double_value(f64::from(n));
    read_double f64 8 double_value;
}

fn read_null(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    on_stream(cx, &args[0], |_, _| Ok(Value::Null))
}

fn seven_bits(stream: &Stream) -> Result<u64> {
    let mut out = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = stream.take(1)?[0];
        out |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Ok(out);
        }
    }
    Err(Error::data_format("The 7-bit encoded integer is too long."))
}

fn read_unsigned_7bit(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    on_stream(cx, &args[0], |_, stream| seven_bits(stream).map(|n| i64::try_from(n).map_or(Value::Double(n as f64), Value::Int)))
}

fn read_signed_7bit(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    on_stream(cx, &args[0], |_, stream| Ok(Value::Int(seven_bits(stream)? as i64)))
}

fn read_decimal(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    on_stream(cx, &args[0], |_, stream| {
        let mut bytes: [u8; 16] = stream.number()?;
        bytes.reverse();
        let part = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let flags = part(12);
        let scale = flags >> 16 & 0xFF;
        if scale > 28 {
            return Err(Error::data_format("The bytes are no decimal number."));
        }
        Ok(Value::Decimal(Decimal::from_parts(part(0), part(4), part(8), flags >> 31 == 1, scale)))
    })
}

/// A length given as a number, or by a format that reads it.
fn length_of(cx: &mut Interp, stream: &Rc<Stream>, length: &Value) -> Result<usize> {
    let value = if length.is_number() { length.clone() } else { read_on(cx, stream, length)? };
    super::common::count("length", &value)
}

fn binary_format(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let length = args[0].clone();
    format(move |cx, stream| {
        let n = if length.is_null() { stream.end.get() - stream.at.get() } else { length_of(cx, stream, &length)? };
        Ok(Value::Binary(Binary::new(stream.take(n)?.to_vec())))
    })
}

fn text_format(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let (length, encoding) = (args[0].clone(), args[1].clone());
    format(move |cx, stream| {
        let n = length_of(cx, stream, &length)?;
        Ok(Value::from(super::binary::decode(stream.take(n)?, &encoding)?))
    })
}

fn byte_order(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let inner = args[0].clone();
    let little = choice(&args[1], 1, 0..=1, "byteOrder")? == 0;
    format(move |cx, stream| {
        let before = stream.little.replace(little);
        let result = read_on(cx, stream, &inner);
        stream.little.set(before);
        result
    })
}

fn limited(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let (inner, length) = (args[0].clone(), args[1].clone());
    format(move |cx, stream| {
        let n = length_of(cx, stream, &length)?;
        let end = stream.at.get().saturating_add(n);
        if end > stream.end.get() {
            return Err(Error::data_format("We found an unexpected end of the binary data."));
        }
        let before = stream.end.replace(end);
        let result = read_on(cx, stream, &inner);
        stream.end.set(before);
        stream.at.set(end);
        result
    })
}

fn transform(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let (inner, function) = (args[0].clone(), args[1].clone());
    format(move |cx, stream| {
        let value = read_on(cx, stream, &inner)?;
        cx.call(&function, &[value])
    })
}

fn choose(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let (inner, function, combine) = (args[0].clone(), args[1].clone(), args[3].clone());
    format(move |cx, stream| {
        let value = read_on(cx, stream, &inner)?;
        let next = cx.call(&function, std::slice::from_ref(&value))?;
        let second = read_on(cx, stream, &next)?;
        if combine.is_null() { Ok(second) } else { cx.call(&combine, &[value, second]) }
    })
}

fn list_format(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let (inner, limit) = (args[0].clone(), args[1].clone());
    format(move |cx, stream| {
        let mut out = Vec::new();
        if limit.is_number() || is_format(&limit) {
            for _ in 0..length_of(cx, stream, &limit)? {
                cx.tick()?;
                out.push(read_on(cx, stream, &inner)?);
            }
        } else {
            while !stream.is_done() {
                cx.tick()?;
                let before = stream.at.get();
                let item = read_on(cx, stream, &inner)?;
                out.push(item.clone());
                // The item that ends the list belongs to it.
                if !limit.is_null() && !cx.call_predicate(&limit, &[item])? {
                    break;
                }
                if stream.at.get() == before {
                    return Err(Error::data_format("The format of the items reads no byte, so the list has no end."));
                }
            }
        }
        Ok(Value::List(List::from_values(out)))
    })
}

fn record_format(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let fields = record(&args[0])?;
    format(move |cx, stream| {
        let mut pairs: Vec<(Name, Slot)> = Vec::new();
        for (name, cell) in fields.fields() {
            let value = cell.force(cx)?;
            // What is no format stands for itself.
            let value = if is_format(&value) { read_on(cx, stream, &value)? } else { value };
            pairs.push((name.clone(), Slot::Value(value)));
        }
        Record::from_pairs(pairs).map(Value::Record)
    })
}

/// One kind of item of a group.
struct Item {
    format: Value,
    occurrence: i64,
    default: Value,
    transform: Value,
}

fn group(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let key_format = args[0].clone();
    let mut items = Vec::new();
    let mut index: HashMap<Key, usize> = HashMap::new();
    for item in list(&args[1])?.values(cx)? {
        let parts = list(&item)?.values(cx)?;
        let [key, format, rest @ ..] = parts.as_slice() else {
            return Err(
                Error::expression("An item of a group must be a list of a key, a format and an occurrence.").with_detail(item.clone())
            );
        };
        index.insert(cx.key(key)?, items.len());
        let part = |at: usize| rest.get(at).cloned().unwrap_or_default();
        let occurrence = choice(&part(0), 0, 0..=2, "occurrence")?;
        items.push(Item { format: format.clone(), occurrence, default: part(1), transform: part(2) });
    }
    let (extra, last) = (args[2].clone(), args[3].clone());
    format(move |cx, stream| {
        let mut found: Vec<Vec<Value>> = items.iter().map(|_| Vec::new()).collect();
        while !stream.is_done() {
            cx.tick()?;
            let key = read_on(cx, stream, &key_format)?;
            if !last.is_null() && cx.equals(&key, &last)? {
                break;
            }
            match index.get(&cx.key(&key)?) {
                Some(at) => {
                    let value = read_on(cx, stream, &items[*at].format)?;
                    // A single item that comes again counts as it comes last.
                    if items[*at].occurrence != 2 {
                        found[*at].clear();
                    }
                    found[*at].push(value);
                }
                None if !extra.is_null() => {
                    let format = cx.call(&extra, &[key])?;
                    read_on(cx, stream, &format)?;
                }
                None => return Err(Error::data_format("A key is not part of the group.").with_detail(key)),
            }
        }
        let mut out = Vec::with_capacity(items.len());
        for (item, mut values) in items.iter().zip(found) {
            let value = match (item.occurrence, values.is_empty()) {
                (2, true) if !item.default.is_null() => item.default.clone(),
                (2, _) => Value::List(List::from_values(values)),
                (1, true) if item.default.is_null() => return Err(Error::data_format("A required key of the group is missing.")),
                (_, true) => item.default.clone(),
                (_, false) => values.swap_remove(0),
            };
            out.push(if item.transform.is_null() { value } else { cx.call(&item.transform, &[value])? });
        }
        Ok(Value::List(List::from_values(out)))
    })
}
