//! What a run has worked out and later runs of the same program may use: a folder in the user's cache.
//!
//! The folder's name covers the program (its version, size and time of change) and whatever the caller names; another program or
//! another question never meets it. Anything unreadable counts as absent, and nothing here ever fails a run.

#![allow(clippy::disallowed_methods)]
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};

/// A folder of kept files.
#[derive(Clone, Debug)]
pub struct Kept {
    folder: PathBuf,
}

/// Where caches of this user are: `XERO_PBIT_HOME`, else the system's place. `XERO_PBIT_CACHE=off` turns them off.
fn base() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if set("XERO_PBIT_CACHE").is_some_and(|v| v.as_os_str().eq_ignore_ascii_case("off")) {
        return None;
    }
    if let Some(home) = set("XERO_PBIT_HOME") {
        return Some(home.join("cache"));
    }
    let base = if cfg!(windows) {
        set("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        set("HOME").map(|home| home.join("Library/Caches"))
    } else {
        set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")))
    };
    base.map(|base| base.join("xero-pbit"))
}

impl Kept {
    /// The folder for an answer to `question` by this very program; `None` when nothing is to be kept.
    pub fn of(kind: &str, question: &str) -> Option<Kept> {
        let program = fs::metadata(std::env::current_exe().ok()?).ok()?;
        let changed = program.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        let mut hash = DefaultHasher::new();
        (env!("CARGO_PKG_VERSION"), program.len(), changed.as_nanos(), question).hash(&mut hash);
        Some(Kept { folder: base()?.join(format!("{kind}-{:016x}", hash.finish())) })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A file's path, if it is there.
    pub fn file(&self, name: &str) -> Option<PathBuf> {
        let path = self.folder.join(name);
        path.is_file().then_some(path)
    }

    /// Keeps a file: written beside its place and moved there, so that other runs see all of it or nothing.
    pub fn keep(&self, name: &str, bytes: &[u8]) {
        let _ = self.try_keep(name, bytes);
    }

    fn try_keep(&self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        if !self.folder.is_dir() {
            self.drop_older();
            fs::create_dir_all(&self.folder)?;
        }
        let beside = self.folder.join(format!("{name}.{}.part", std::process::id()));
        let mut file = fs::File::create(&beside)?;
        let written = file.write_all(bytes).and_then(|()| fs::rename(&beside, self.folder.join(name)));
        if written.is_err() {
            let _ = fs::remove_file(&beside);
        }
        written
    }

    /// Removes folders of other programs or questions when there are more than a few.
    fn drop_older(&self) {
        let Some(parent) = self.folder.parent() else { return };
        let kind = self.folder.file_name().and_then(|n| n.to_str()).and_then(|n| n.rsplit_once('-')).map_or("", |(kind, _)| kind);
        let ours = |name: &str| {
            let rest = name.strip_prefix(kind).and_then(|r| r.strip_prefix('-'));
            rest.is_some_and(|r| r.len() == 16 && r.bytes().all(|b| b.is_ascii_hexdigit()))
        };
        let Ok(entries) = fs::read_dir(parent) else { return };
        let mut found: Vec<(std::time::SystemTime, PathBuf)> = entries
            .flatten()
            .filter(|e| e.file_name().to_str().is_some_and(ours))
            .filter_map(|e| Some((e.metadata().ok()?.modified().ok()?, e.path())))
            .collect();
        found.sort();
        for (_, path) in found.iter().rev().skip(3) {
            let _ = fs::remove_dir_all(path);
        }
    }
}
