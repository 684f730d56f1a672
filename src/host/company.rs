//! Company folders on disk, as the reference reads them.
#![allow(clippy::disallowed_methods)]

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::reference::Pages;
use crate::xero::pull::{Manifest, Stopped};

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

    fn start(&self, path: &str, most: u64) -> Result<Vec<u8>, String> {
        let read = || {
            let mut bytes = Vec::new();
            std::fs::File::open(self.root.join(path))?.take(most).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().map_err(|error: std::io::Error| format!("cannot read the file: {error}"))
    }

    fn display(&self, path: &str) -> String {
        self.root.join(path).to_string_lossy().replace('\\', "/")
    }
}

/// The companies that the look-alike serves: one folder, a folder of company folders, or `sample`.
///
/// # Errors
/// A sentence that names the file and what is wrong.
pub fn load_mock_companies(company: &str) -> Result<Vec<crate::mock::Company>, String> {
    use crate::mock::Company;
    if company == "sample" {
        return Company::from_files(crate::sample::built_in().to_vec()).map(|c| vec![c]).map_err(|error| error.to_string());
    }
    let root = Path::new(company);
    let load = |folder: &Path| -> Result<Company, String> {
        Company::from_files(files_below(folder)?).map_err(|error| format!("{}/{error}", folder.display()))
    };
    if root.join("Organisation").is_dir() {
        return Ok(vec![load(root)?]);
    }
    let folder = CompanyFolder::new(root);
    let mut names = folder.folders().map_err(|error| format!("{}: {error}", root.display()))?;
    names.sort_unstable();
    let below: Vec<PathBuf> = names.iter().map(|name| root.join(name)).filter(|path| path.join("Organisation").is_dir()).collect();
    if below.is_empty() {
        return Err(format!(
            "{}: expected a company folder with `Organisation/1.json`, or sub-folders that are company folders",
            root.display()
        ));
    }
    below.iter().map(|path| load(path)).collect()
}

/// All files one level below the folder's sub-folders: `Invoices/1.json` → bytes.
fn files_below(root: &Path) -> Result<Vec<(String, Vec<u8>)>, String> {
    let pages = CompanyFolder::new(root);
    let mut files = Vec::new();
    for folder in pages.folders().map_err(|error| format!("{}: {error}", root.display()))? {
        for file in pages.files(&folder).map_err(|error| format!("{}/{folder}: {error}", root.display()))? {
            let path = format!("{folder}/{file}");
            let bytes = Pages::read(&pages, &path).map_err(|error| format!("{}/{path}: {error}", root.display()))?;
            files.push((path, bytes));
        }
    }
    Ok(files)
}

/// The manifest of a folder that `pull` wrote; `None` when there is none.
///
/// # Errors
/// When it cannot be read or is damaged.
pub fn read_manifest(folder: &Path) -> Result<Option<Manifest>, String> {
    read_json(&folder.join("manifest.json"))
}

/// Why the first pull into a folder stopped; `None` when it did not, or when there has been one that ended.
///
/// # Errors
/// When it cannot be read or is damaged.
pub fn read_first_stop(folder: &Path) -> Result<Option<Stopped>, String> {
    read_json(&folder.join(crate::xero::pull::state::STOPPED))
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, String> {
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| format!("`{}` is damaged: {error}", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("cannot read `{}`: {error}", path.display())),
    }
}
