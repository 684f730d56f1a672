//! Places in source text: byte ranges that survive from YAML through DAX and M.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// A file registered in a [`SourceMap`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A half-open range of UTF-8 bytes in one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range `start..end` of `file`.
    pub fn new(file: FileId, start: usize, end: usize) -> Span {
        Span { file, start: start as u32, end: end as u32 }
    }

    /// The smallest span that covers both; `other` must lie in the same file.
    pub fn to(self, other: Span) -> Span {
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// As a range for slicing.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A one-based line and column; the column counts Unicode scalar values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// One-based line.
    pub line: usize,
    /// One-based column in characters.
    pub column: usize,
}

/// One text with the name that messages show.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Path or label as shown to people, with forward slashes.
    pub name: String,
    /// The whole text.
    pub text: Arc<str>,
    /// Found when a place is asked for: most files have nothing to complain about.
    line_starts: OnceLock<Vec<u32>>,
}

impl SourceFile {
    fn new(name: String, text: Arc<str>) -> SourceFile {
        SourceFile { name, text, line_starts: OnceLock::new() }
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| std::iter::once(0).chain(self.text.match_indices('\n').map(|(at, _)| at as u32 + 1)).collect())
    }

    /// Line and column of a byte offset; an offset past the end gives the end, one inside a character its start.
    pub fn position(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line_starts = self.line_starts();
        let line = line_starts.partition_point(|start| *start as usize <= offset) - 1;
        let start = line_starts[line] as usize;
        Position { line: line + 1, column: self.text[start..offset].chars().count() + 1 }
    }

    /// The bytes of a place of this file, cut to the text and widened to whole characters.
    pub fn range(&self, span: Span) -> std::ops::Range<usize> {
        let mut end = (span.end as usize).min(self.text.len());
        let mut start = (span.start as usize).min(end);
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        start..end
    }
}

/// All texts of a run, so that a [`Span`] can be shown as file, line and column.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// Registers a text; the same name may come twice.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        self.files.push(SourceFile::new(name.into(), text.into()));
        FileId(self.files.len() as u32 - 1)
    }

    /// The file of an id that this map gave out; `None` for a foreign id.
    pub fn get(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// Line and column of the start of `span`; `None` for a foreign file.
    pub fn position(&self, span: Span) -> Option<Position> {
        self.get(span.file).map(|file| file.position(span.start as usize))
    }

    /// All registered files in order of registration.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_and_lines_from_one() {
        let mut map = SourceMap::default();
        let id = map.add("a.yaml", "é = 1\nb");
        assert_eq!(map.position(Span::new(id, 0, 0)), Some(Position { line: 1, column: 1 }));
        assert_eq!(map.position(Span::new(id, 2, 3)), Some(Position { line: 1, column: 2 }));
        assert_eq!(map.position(Span::new(id, 7, 8)), Some(Position { line: 2, column: 1 }));
        assert_eq!(map.position(Span::new(id, 99, 99)), Some(Position { line: 2, column: 2 }));
        let file = map.get(id).unwrap();
        assert_eq!(file.range(Span::new(id, 1, 1)), 0..2);
        assert_eq!(file.range(Span::new(id, 3, 99)), 3..8);
        assert_eq!(map.position(Span::new(FileId(7), 0, 0)), None);
    }
}
