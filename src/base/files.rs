//! Files in memory.

use std::collections::BTreeMap;

use bytes::Bytes;

/// Files by relative path with forward slashes, in order of path: what a writer makes and a reader takes. Copies share their bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileSet {
    files: BTreeMap<String, Bytes>,
}

impl FileSet {
    /// No files.
    pub fn new() -> FileSet {
        FileSet::default()
    }

    /// Adds a file; the same path given again replaces it. `path` is relative, with `/`.
    pub fn insert(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        let path = path.into();
        debug_assert!(!path.starts_with('/') && !path.contains('\\') && !path.is_empty(), "relative path with slashes: {path}");
        self.files.insert(path, Bytes::from(bytes.into()));
    }

    /// Adds all files of `other` under the folder `prefix` (`""` for the top).
    pub fn extend_under(&mut self, prefix: &str, other: FileSet) {
        for (path, bytes) in other.files {
            let path = if prefix.is_empty() { path } else { format!("{prefix}/{path}") };
            self.files.insert(path, bytes);
        }
    }

    /// The bytes of a file.
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Bytes::as_ref)
    }

    /// The files below a folder, without its name in their paths; `""` gives all.
    pub fn under(&self, folder: &str) -> FileSet {
        if folder.is_empty() {
            return self.clone();
        }
        let prefix = format!("{folder}/");
        let inside = self.files.iter().filter_map(|(path, bytes)| Some((path.strip_prefix(&prefix)?.to_owned(), bytes.clone())));
        FileSet { files: inside.collect() }
    }

    /// Paths and bytes in order of path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> + Clone {
        self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_ref()))
    }

    /// How many files.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

impl FromIterator<(String, Vec<u8>)> for FileSet {
    fn from_iter<I: IntoIterator<Item = (String, Vec<u8>)>>(files: I) -> FileSet {
        FileSet { files: files.into_iter().map(|(path, bytes)| (path, bytes.into())).collect() }
    }
}

impl FromIterator<(String, &'static [u8])> for FileSet {
    fn from_iter<I: IntoIterator<Item = (String, &'static [u8])>>(files: I) -> FileSet {
        FileSet { files: files.into_iter().map(|(path, bytes)| (path, Bytes::from_static(bytes))).collect() }
    }
}
