//! Bytes in hexadecimal digits.

/// Two lower-case digits a byte.
///
/// ```
/// assert_eq!(xero_pbit::base::hex(&[0, 0xAB, 7]), "00ab07");
/// ```
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| DIGITS[usize::from(digit)] as char).collect()
}
