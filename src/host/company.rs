//! Company folders on disk, as the reference reads them.
#![allow(clippy::disallowed_methods)]

use std::path::{Path, PathBuf};

use crate::reference::Pages;

/// A folder of raw pages, or of company folders.
pub struct CompanyFolder {
    root: PathBuf,
}

impl CompanyFolder {
    /// The folder at `root`; whether it exists shows when it is read.
    pub fn new(root: impl Into<PathBuf>) -> CompanyFolder {
        CompanyFolder { root: root.into() }
    }

    fn entries(&self, folder: &Path, want_folders: bool) -> Result<Vec<String>, String> {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && folder != self.root => return Ok(Vec::new()),
            Err(error) => return Err(format!("cannot list the folder: {error}")),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| format!("cannot list the folder: {error}"))?;
            // Metadata follows links, so that a linked company folder counts as a folder.
            let is_folder = std::fs::metadata(entry.path()).is_ok_and(|m| m.is_dir());
            if is_folder == want_folders
                && let Ok(name) = entry.file_name().into_string()
            {
                names.push(name);
            }
        }
        Ok(names)
    }
}

impl Pages for CompanyFolder {
    fn files(&self, folder: &str) -> Result<Vec<String>, String> {
        if !self.root.is_dir() {
            return Err("expected a folder, found none".to_owned());
        }
        self.entries(&self.root.join(folder), false)
    }

    fn folders(&self) -> Result<Vec<String>, String> {
        self.entries(&self.root, true)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        std::fs::read(self.root.join(path)).map_err(|error| format!("cannot read the file: {error}"))
    }

    fn display(&self, path: &str) -> String {
        self.root.join(path).to_string_lossy().replace('\\', "/")
    }
}
