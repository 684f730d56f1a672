//! `Extension.*` and `Crypto.*`: what only connectors see.

use sha2::Digest;

use super::common::need_text;
use super::{ANY, BINARY, Builtin, NULLABLE_BINARY, NULLABLE_LOGICAL, RECORD, TEXT, arg, opt};
use super::{Constant, ConstantValue};
use crate::m::error::{Error, Result};
use crate::m::eval::Interp;
use crate::m::value::{Binary, Record, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "Crypto.CreateHash",
        params: &[arg("algorithm", ANY), arg("binary", BINARY)],
        returns: BINARY,
        about: "The hash of bytes; in connectors only.",
        source: "https://learn.microsoft.com/powerquery-m/crypto-createhash",
        examples: &[],
        run: create_hash,
    },
    Builtin {
        name: "Crypto.CreateHmac",
        params: &[arg("algorithm", ANY), arg("key", BINARY), arg("binary", BINARY)],
        returns: BINARY,
        about: "The keyed hash of bytes; in connectors only.",
        source: "https://learn.microsoft.com/powerquery-m/crypto-createhmac",
        examples: &[],
        run: create_hmac,
    },
    Builtin {
        name: "Extension.Contents",
        params: &[arg("name", TEXT)],
        returns: NULLABLE_BINARY,
        about: "A file of the connector.",
        source: "https://learn.microsoft.com/powerquery-m/extension-contents",
        examples: &[],
        run: contents,
    },
    Builtin {
        name: "Extension.CurrentApplication",
        params: &[],
        returns: RECORD,
        about: "The application that runs the connector.",
        source: "https://learn.microsoft.com/powerquery-m/extension-currentapplication",
        examples: &[],
        run: |cx, _| Ok(cx.record(vec![("Name", Value::text("xero-pbit"))])),
    },
    Builtin {
        name: "Extension.CurrentCredential",
        params: &[opt("forceRefresh", NULLABLE_LOGICAL)],
        returns: RECORD,
        about: "The credential of the data source that is being read.",
        source: "https://learn.microsoft.com/powerquery-m/extension-currentcredential",
        examples: &[],
        run: current_credential,
    },
    Builtin {
        name: "Extension.LoadString",
        params: &[arg("id", TEXT)],
        returns: TEXT,
        about: "A text of the connector in the language of the reader.",
        source: "https://learn.microsoft.com/powerquery-m/extension-loadstring",
        examples: &[],
        run: load_string,
    },
    Builtin {
        name: "Extension.Module",
        params: &[arg("name", TEXT)],
        returns: RECORD,
        about: "The members of another module: there is none here.",
        source: "https://learn.microsoft.com/powerquery-m/extension-module",
        examples: &[],
        run: |_, args| Err(Error::expression(format!("The module {:?} isn't loaded.", need_text(&args[0])?))),
    },
];

const fn member(name: &'static str, number: i64) -> Constant {
    Constant { name, value: ConstantValue::Enum(number, "CryptoAlgorithm.Type") }
}

pub(super) const CONSTANTS: &[Constant] = &[
    member("CryptoAlgorithm.MD5", 0),
    member("CryptoAlgorithm.SHA1", 1),
    member("CryptoAlgorithm.SHA256", 2),
    member("CryptoAlgorithm.SHA384", 3),
    member("CryptoAlgorithm.SHA512", 4),
];

fn hash(algorithm: &Value, parts: &[&[u8]]) -> Result<Vec<u8>> {
    fn run<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
        let mut digest = D::new();
        for part in parts {
            digest.update(part);
        }
        digest.finalize().to_vec()
    }
    Ok(match algorithm.as_i64() {
        Some(1) => run::<sha1::Sha1>(parts),
        Some(2) => run::<sha2::Sha256>(parts),
        Some(3) => run::<sha2::Sha384>(parts),
        Some(4) => run::<sha2::Sha512>(parts),
        _ => return Err(Error::expression("The hash algorithm isn't supported.").with_detail(algorithm.clone())),
    })
}

fn create_hash(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let Value::Binary(binary) = &args[1] else { return Err(Error::cannot_convert(&args[1], "Binary")) };
    let bytes = binary.bytes(cx)?;
    hash(&args[0], &[&bytes]).map(|hash| Value::Binary(Binary::new(hash)))
}

fn create_hmac(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let (Value::Binary(key), Value::Binary(message)) = (&args[1], &args[2]) else {
        return Err(Error::cannot_convert(&args[1], "Binary"));
    };
    let (key, message) = (key.bytes(cx)?, message.bytes(cx)?);
    let block = if args[0].as_i64().is_some_and(|n| n >= 3) { 128 } else { 64 };
    let mut padded = if key.len() > block { hash(&args[0], &[&key])? } else { key.to_vec() };
    padded.resize(block, 0);
    let inner: Vec<u8> = padded.iter().map(|b| b ^ 0x36).collect();
    let outer: Vec<u8> = padded.iter().map(|b| b ^ 0x5C).collect();
    let inner = hash(&args[0], &[&inner, &message])?;
    hash(&args[0], &[&outer, &inner]).map(|hash| Value::Binary(Binary::new(hash)))
}

fn contents(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let name = need_text(&args[0])?;
    match cx.extension.files.get(&*name) {
        Some(bytes) => Ok(Value::Binary(Binary::new(bytes.clone()))),
        None => Err(Error::expression(format!("The connector has no file '{name}'."))),
    }
}

fn load_string(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let id = need_text(&args[0])?;
    Ok(cx.extension.strings.get(&*id).map_or(Value::Text(id), Value::text))
}

fn current_credential(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let fresh = matches!(args[0], Value::Logical(true));
    let source = cx.current_source();
    let found = match (&source, &mut cx.sources.credentials) {
        (Some((kind, path)), Some(credentials)) if fresh => credentials.refresh(kind, path),
        (Some((kind, path)), Some(credentials)) => credentials.find(kind, path),
        _ => None,
    };
    let Some(credential) = found else {
        return Err(Error::new("DataSource.Error", "There are no credentials for this data source."));
    };
    let mut fields = vec![("AuthenticationKind".to_owned(), Value::text(&credential.kind))];
    let mut properties = Vec::new();
    for (name, secret) in &credential.fields {
        match name.as_str() {
            "access_token" | "Username" | "Password" | "Key" | "expires" | "refresh_token" => {
                fields.push((name.clone(), Value::text(&secret.0)));
            }
            _ => properties.push((name.clone(), Value::text(&secret.0))),
        }
    }
    fields.push(("Properties".to_owned(), Value::Record(Record::new(properties))));
    Ok(Value::Record(Record::new(fields)))
}
