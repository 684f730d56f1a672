//! Where tables go. Object stores can stand behind the same small interface.
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::files;
use super::page_folder::write_whole;
use crate::base::Diagnostic;

/// Takes finished files; paths are relative, with `/`.
pub trait TableSink: Sync {
    /// Puts a file in place, whole or not at all.
    ///
    /// # Errors
    /// `F0002` when it cannot be written.
    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), Diagnostic>;

    /// Removes the slices below `folder` that an earlier run wrote and this one did not (`keep`). Nothing else is touched.
    ///
    /// # Errors
    /// `F0002` when one cannot be removed.
    fn keep_only(&self, folder: &str, keep: &BTreeSet<String>) -> Result<(), Diagnostic>;

    /// Removes a file; it may be gone already.
    ///
    /// # Errors
    /// `F0002` when it cannot be removed.
    fn remove(&self, path: &str) -> Result<(), Diagnostic>;
}

/// A local folder, or a network share.
pub struct FolderSink {
    root: PathBuf,
}

/// Stem of the file in the folder of a slice.
pub const SLICE: &str = "part";

impl FolderSink {
    /// Makes the folder.
    ///
    /// # Errors
    /// `F0002` when it cannot be made.
    pub fn new(root: &Path) -> Result<FolderSink, Diagnostic> {
        std::fs::create_dir_all(root).map_err(|error| files::problem("F0002", "make the folder", root, &error))?;
        Ok(FolderSink { root: root.to_owned() })
    }

    /// Files of slices below a folder, relative to the root.
    fn slices(&self, folder: &str, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(self.root.join(folder)).into_iter().flatten().flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = format!("{folder}/{name}");
            if entry.path().is_dir() {
                if name.starts_with("organisation=") || name.starts_with("year=") {
                    self.slices(&path, found);
                }
            } else if name == format!("{SLICE}.parquet") || name == format!("{SLICE}.csv") {
                found.push(path);
            }
        }
    }
}

impl TableSink for FolderSink {
    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), Diagnostic> {
        let path = self.root.join(path);
        write_whole(&path, bytes, false).map_err(|error| files::problem("F0002", "write", &path, &error))
    }

    fn keep_only(&self, folder: &str, keep: &BTreeSet<String>) -> Result<(), Diagnostic> {
        let mut found = Vec::new();
        self.slices(folder, &mut found);
        for old in found.into_iter().filter(|path| !keep.contains(path)) {
            let path = self.root.join(&old);
            std::fs::remove_file(&path).map_err(|error| files::problem("F0002", "remove", &path, &error))?;
            // Folders that hold something else stay.
            let mut above = path.parent();
            while let Some(folder) = above.filter(|folder| *folder != self.root && std::fs::remove_dir(folder).is_ok()) {
                above = folder.parent();
            }
        }
        Ok(())
    }

    fn remove(&self, path: &str) -> Result<(), Diagnostic> {
        let path = self.root.join(path);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(files::problem("F0002", "remove", &path, &error)),
            _ => Ok(()),
        }
    }
}
