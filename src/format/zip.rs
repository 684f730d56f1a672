//! ZIP archives: written byte for byte the same each time, read tolerantly.
//!
//! Written as Power BI Desktop does: deflate, no flags, no extra fields, no data descriptors, no folder entries, host 0.
//! Source: APPNOTE.TXT 6.3, sections 4.3.7, 4.3.12 and 4.3.16.

use std::io::Read;

use libdeflater::{CompressionLvl, Compressor, crc32};

use crate::base::FileSet;

/// Time of all entries, 2020-02-02 02:02:02 as MS-DOS writes it. An odd one, so that our files can be told from others.
const DOS_TIME: u16 = 2 << 11 | 2 << 5 | 1;
const DOS_DATE: u16 = (2020 - 1980) << 9 | 2 << 5 | 2;
/// How hard entries are compressed: quick, as templates are written far more often than sent.
const LEVEL: i32 = 1;
/// Largest archive member that is read.
const MAX_MEMBER: u64 = 512 << 20;

/// An archive of the entries, in the order given; names have forward slashes.
pub(super) fn write<'a>(entries: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let entries: Vec<(&str, &[u8])> = entries.into_iter().collect();
    let lengths = || entries.iter().map(|(_, bytes)| bytes.len());
    // Room is made once: buffers that grow leave others behind.
    let mut out = Vec::with_capacity(lengths().sum::<usize>() / 3);
    let mut directory = Vec::with_capacity(128 * entries.len());
    // One compressor for all: setting one up costs more than most entries.
    let mut compressor = Compressor::new(CompressionLvl::new(LEVEL).expect("a level between 0 and 12"));
    let mut packed = vec![0; compressor.deflate_compress_bound(lengths().max().unwrap_or(0))];
    let mut count: u16 = 0;
    for (name, bytes) in entries {
        let offset = out.len() as u32;
        let length = compressor.deflate_compress(bytes, &mut packed).expect("the bound is enough");
        let packed = &packed[..length];
        let mut common = Vec::with_capacity(26);
        let utf8_name: u16 = if name.is_ascii() { 0 } else { 1 << 11 };
        for number in [20u16, utf8_name, 8, DOS_TIME, DOS_DATE] {
            common.extend(number.to_le_bytes());
        }
        for number in [crc32(bytes), packed.len() as u32, bytes.len() as u32] {
            common.extend(number.to_le_bytes());
        }
        common.extend((name.len() as u16).to_le_bytes());
        common.extend(0u16.to_le_bytes());
        out.extend(0x0403_4b50u32.to_le_bytes());
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(packed);
        directory.extend(0x0201_4b50u32.to_le_bytes());
        directory.extend(20u16.to_le_bytes());
        directory.extend(&common);
        // Comment length, disk, internal attributes; then external attributes.
        directory.extend([0u8; 6]);
        directory.extend(0u32.to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
        count += 1;
    }
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
}
