//! Bytes, possibly fetched only when something looks at them.

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

use crate::m::error::{Error, Result};
use crate::m::eval::Interp;

/// Bytes that threads may share.
pub type Bytes = Arc<Vec<u8>>;

/// A binary value.
#[derive(Clone)]
pub struct Binary(Rc<BinaryData>);

enum BinaryData {
    Bytes(Bytes),
    Lazy(Box<dyn BinarySource>, OnceCell<Bytes>),
}

/// Bytes that come from elsewhere when they are asked for.
pub trait BinarySource {
    /// Fetches the bytes.
    fn read(&self, cx: &mut Interp) -> Result<Bytes>;

    /// Their number, if that is cheaper to find than the bytes.
    fn length(&self, _cx: &mut Interp) -> Result<Option<i64>> {
        Ok(None)
    }

    /// Whether one reading serves all uses of this value (the source caches, or may not be asked twice).
    fn keep(&self) -> bool {
        true
    }
}

impl Binary {
    /// From bytes.
    pub fn new(bytes: impl Into<Bytes>) -> Binary {
        Binary(Rc::new(BinaryData::Bytes(bytes.into())))
    }

    /// Bytes on demand.
    pub fn lazy(source: impl BinarySource + 'static) -> Binary {
        Binary(Rc::new(BinaryData::Lazy(Box::new(source), OnceCell::new())))
    }

    /// The bytes, fetched if need be.
    pub fn bytes(&self, cx: &mut Interp) -> Result<Bytes> {
        match &*self.0 {
            BinaryData::Bytes(bytes) => Ok(bytes.clone()),
            BinaryData::Lazy(source, kept) => {
                if let Some(bytes) = kept.get() {
                    return Ok(bytes.clone());
                }
                let bytes = source.read(cx)?;
                if source.keep() {
                    let _ = kept.set(bytes.clone());
                }
                Ok(bytes)
            }
        }
    }

    /// Their number.
    pub fn len(&self, cx: &mut Interp) -> Result<i64> {
        match &*self.0 {
            BinaryData::Bytes(bytes) => Ok(bytes.len() as i64),
            BinaryData::Lazy(source, kept) => match kept.get() {
                Some(bytes) => Ok(bytes.len() as i64),
                None => match source.length(cx)? {
                    Some(length) => Ok(length),
                    None => i64::try_from(self.bytes(cx)?.len()).map_err(|_| Error::expression("The binary is too long.")),
                },
            },
        }
    }

    /// Whether there is no byte.
    pub fn is_empty(&self, cx: &mut Interp) -> Result<bool> {
        Ok(self.len(cx)? == 0)
    }
}
