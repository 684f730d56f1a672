//! ZIP archives: written byte for byte the same each time, read tolerantly.
//!
//! Written as Power BI Desktop does: deflate, no flags, no extra fields, no data descriptors, no folder entries, host 0.
//! Source: APPNOTE.TXT 6.3, sections 4.3.7, 4.3.12 and 4.3.16.

use std::io::Read;

use libdeflater::Crc;

use super::deflate::Deflater;
use crate::base::FileSet;

/// Time of all entries, 2020-02-02 02:02:02 as MS-DOS writes it. An odd one, so that our files can be told from others.
const DOS_TIME: u16 = 2 << 11 | 2 << 5 | 1;
const DOS_DATE: u16 = (2020 - 1980) << 9 | 2 << 5 | 2;
/// Largest archive member that is read.
const MAX_MEMBER: u64 = 512 << 20;

/// ASCII text whose UTF-16LE form was packed before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ready<'a> {
    /// The text.
    pub text: &'a str,
    /// Deflate blocks of its UTF-16LE form: none ends the stream, they end on a whole byte and do not look back at what is before them.
    pub packed: &'a [u8],
}

/// What an entry holds.
#[derive(Clone, Copy)]
pub(super) enum Piece<'a> {
    Plain(&'a [u8]),
    Ready(&'a Ready<'a>),
}

/// An archive that is being written.
pub(super) struct Writer {
    out: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
    /// One compressor for all: setting one up costs more than most entries.
    deflater: Deflater,
}

impl Writer {
    /// `room` is about how many bytes the entries have packed: buffers that grow leave others behind.
    pub(super) fn new(room: usize) -> Writer {
        Writer { out: Vec::with_capacity(room), directory: Vec::new(), count: 0, deflater: Deflater::new() }
    }

    /// Adds an entry; the name has forward slashes.
    pub(super) fn add(&mut self, name: &str, pieces: &[Piece<'_>]) {
        let offset = self.out.len();
        let fixed = offset + 4;
        let mut common = [0; 26];
        let utf8_name: u16 = if name.is_ascii() { 0 } else { 1 << 11 };
        for (at, number) in [20u16, utf8_name, 8, DOS_TIME, DOS_DATE].into_iter().enumerate() {
            common[2 * at..2 * at + 2].copy_from_slice(&number.to_le_bytes());
        }
        common[22..24].copy_from_slice(&(name.len() as u16).to_le_bytes());
        self.out.extend(0x0403_4b50u32.to_le_bytes());
        self.out.extend(common);
        self.out.extend(name.as_bytes());
        let start = self.out.len();
        let (mut check, mut length) = (Crc::new(), 0);
        for (at, piece) in pieces.iter().enumerate() {
            let ends = at + 1 == pieces.len();
            match piece {
                Piece::Plain(bytes) => {
                    length += bytes.len();
                    check.update(bytes);
                    self.deflater.pack(bytes, ends, &mut self.out);
                }
                Piece::Ready(ready) => {
                    length += 2 * ready.text.len();
                    check_wide(ready.text, &mut check);
                    self.out.extend(ready.packed);
                    if ends {
                        self.deflater.pack(&[], true, &mut self.out);
                    }
                }
            }
        }
        for (at, number) in [check.sum(), (self.out.len() - start) as u32, length as u32].into_iter().enumerate() {
            common[10 + 4 * at..14 + 4 * at].copy_from_slice(&number.to_le_bytes());
        }
        self.out[fixed..fixed + common.len()].copy_from_slice(&common);
        self.directory.extend(0x0201_4b50u32.to_le_bytes());
        self.directory.extend(20u16.to_le_bytes());
        self.directory.extend(common);
        // Comment length, disk, internal attributes; then external attributes.
        self.directory.extend([0u8; 6]);
        self.directory.extend(0u32.to_le_bytes());
        self.directory.extend((offset as u32).to_le_bytes());
        self.directory.extend(name.as_bytes());
        self.count += 1;
    }

    /// The archive.
    pub(super) fn finish(self) -> Vec<u8> {
        let Writer { mut out, directory, count, .. } = self;
        let start = out.len() as u32;
        out.extend(&directory);
        out.extend(0x0605_4b50u32.to_le_bytes());
        out.extend([0u8; 4]);
        out.extend(count.to_le_bytes());
        out.extend(count.to_le_bytes());
        out.extend((directory.len() as u32).to_le_bytes());
        out.extend(start.to_le_bytes());
        out.extend(0u16.to_le_bytes());
        out
    }
}

/// Adds the UTF-16LE form of an ASCII text to a checksum.
fn check_wide(text: &str, check: &mut Crc) {
    let mut wide = [0; 4096];
    for part in text.as_bytes().chunks(wide.len() / 2) {
        for (unit, byte) in wide.chunks_exact_mut(2).zip(part) {
            unit[0] = *byte;
        }
        check.update(&wide[..2 * part.len()]);
    }
}

/// An archive of the entries, in the order given; names have forward slashes.
pub(super) fn write<'a>(entries: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut archive = Writer::new(0);
    for (name, bytes) in entries {
        archive.add(name, &[Piece::Plain(bytes)]);
    }
    archive.finish()
}

/// The members of an archive; folders are left out, backslashes become slashes.
///
/// # Errors
/// A sentence that says why the bytes cannot be read.
pub(super) fn read(bytes: &[u8]) -> Result<FileSet, String> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).map_err(|error| match bytes {
        [] => "the file is empty".to_owned(),
        [b'<', ..] => "it is a web page or XML, not a ZIP archive".to_owned(),
        _ if bytes.starts_with(b"version https://git-lfs") => {
            "it is a Git LFS pointer; fetch the file itself with `git lfs pull`".to_owned()
        }
        _ => format!("not a ZIP archive: {error}"),
    })?;
    let mut files = FileSet::new();
    for index in 0..archive.len() {
        let member = archive.by_index(index).map_err(|error| format!("member {index} cannot be read: {error}"))?;
        if member.is_dir() {
            continue;
        }
        let name = String::from_utf8_lossy(member.name_raw()).replace('\\', "/").trim_start_matches('/').to_owned();
        if member.size() > MAX_MEMBER {
            return Err(format!("`{name}` is too large"));
        }
        let mut content = Vec::new();
        member.take(MAX_MEMBER).read_to_end(&mut content).map_err(|error| format!("`{name}` cannot be unpacked: {error}"))?;
        if !name.is_empty() {
            files.insert(name, content);
        }
    }
    Ok(files)
}

/// How many bytes of an archive come before the names and content of its members.
pub(super) const START: usize = 14;

/// Whether the first member carries the time that [`write`] gives.
pub(super) fn is_ours(bytes: &[u8]) -> bool {
    bytes.len() >= START
        && bytes.starts_with(b"PK\x03\x04")
        && bytes[10..12] == DOS_TIME.to_le_bytes()
        && bytes[12..14] == DOS_DATE.to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_read_back_and_repeat() {
        let entries: Vec<(&str, &[u8])> = vec![("Version", b"1"), ("Report/définition.json", &[b'x'; 5000]), ("empty", b"")];
        let archive = write(entries.clone());
        assert_eq!(archive, write(entries.clone()));
        assert!(is_ours(&archive));
        let files = read(&archive).unwrap();
        for (name, bytes) in entries {
            assert_eq!(files.get(name), Some(bytes), "{name}");
        }
        assert!(read(b"").unwrap_err().contains("empty"));
        assert!(read(b"version https://git-lfs.github.com/spec/v1").unwrap_err().contains("LFS"));
        assert!(read(&archive[..archive.len() / 2]).is_err());
    }

    #[test]
    fn what_was_packed_before_is_part_of_an_entry() {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let text = "a text that is long enough ".repeat(300);
        let mut packed = Vec::new();
        Deflater::new().pack(&wide(&text), false, &mut packed);
        let ready = Ready { text: &text, packed: &packed };
        let (before, after) = (wide("before"), wide("after"));
        let mut archive = Writer::new(0);
        archive.add("all", &[Piece::Plain(&before), Piece::Ready(&ready), Piece::Ready(&ready), Piece::Plain(&after)]);
        archive.add("last", &[Piece::Plain(b""), Piece::Ready(&ready)]);
        let files = read(&archive.finish()).unwrap();
        assert_eq!(files.get("all").unwrap(), wide(&format!("before{text}{text}after")));
        assert_eq!(files.get("last").unwrap(), wide(&text));
    }
}
