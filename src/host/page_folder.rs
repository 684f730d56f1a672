//! A company folder that is written to: whole files or nothing, one writer at a time.
#![allow(clippy::disallowed_methods)]

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};

use fs2::FileExt;

use crate::xero::pull::Folder;

/// Pages on disk.
pub struct PageFolder {
    root: PathBuf,
    /// Held as long as the folder is in use.
    _lock: File,
}

/// Why the folder cannot be used.
#[derive(Debug)]
pub enum OpenError {
    /// Another process works in it; what it wrote about itself.
    Busy(String),
    /// In words.
    Unusable(String),
}

impl PageFolder {
    /// Opens (and makes) a folder and locks it against other pulls.
    ///
    /// # Errors
    /// When it cannot be made or written, or another pull works in it.
    pub fn open(root: &Path) -> Result<PageFolder, OpenError> {
        let unusable = |error: &std::io::Error| OpenError::Unusable(problem("use the folder", root, error));
        fs::create_dir_all(root.join(".state")).map_err(|error| unusable(&error))?;
        let path = root.join(".state/lock");
        let mut lock =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path).map_err(|error| unusable(&error))?;
        if lock.try_lock_exclusive().is_err() {
            let mut holder = String::new();
            // The holder's note is a courtesy; without it the message says less.
            let _ = lock.read_to_string(&mut holder);
            return Err(OpenError::Busy(holder.trim().to_owned()));
        }
        let note = format!("process {}", std::process::id());
        let written = lock.set_len(0).and_then(|()| lock.rewind()).and_then(|()| lock.write_all(note.as_bytes()));
        written.map_err(|error| unusable(&error))?;
        sweep(root);
        sweep(&root.join(".state"));
        Ok(PageFolder { root: root.to_owned(), _lock: lock })
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }
}

/// Removes what a killed process was writing under another name. What cannot be removed does no harm.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_ours = name
            .to_str()
            .and_then(|n| n.strip_suffix(".tmp")?.rsplit_once('.'))
            .is_some_and(|(stem, process)| stem.contains(".json") && !process.is_empty() && process.bytes().all(|b| b.is_ascii_digit()));
        if is_ours {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn problem(doing: &str, path: &Path, error: &std::io::Error) -> String {
    let reason = match error.kind() {
        ErrorKind::StorageFull => "the disk is full; make room and run the command again, it continues where it stopped".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => "a file stands where a folder should be".to_owned(),
        ErrorKind::QuotaExceeded => "the quota is used up; make room and run the command again, it continues where it stopped".to_owned(),
        ErrorKind::FileTooLarge => "the file system takes no file of this size".to_owned(),
        _ => error.to_string(),
    };
    format!("cannot {doing} `{}`: {reason}", path.to_string_lossy().replace('\\', "/"))
}

/// Makes a rename durable; not all systems let a folder be synced, and none needs it to be correct.
fn sync_parent(path: &Path) {
    if cfg!(unix)
        && let Some(parent) = path.parent()
        && let Ok(folder) = File::open(parent)
    {
        let _ = folder.sync_all();
    }
}

/// Makes a folder that only its owner may look into.
pub fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut folders = fs::DirBuilder::new();
    folders.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        folders.mode(0o700);
    }
    folders.create(folder)
}

/// Writes a file under another name, then renames it: readers see the old or the new one, never half.
pub fn write_whole(path: &Path, bytes: &[u8], private: bool) -> std::io::Result<()> {
    write_as(path, bytes, private, true)
}

/// As [`write_whole`]; without `durable` a power cut may lose it, which a killed process cannot.
fn write_as(path: &Path, bytes: &[u8], private: bool, durable: bool) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        if private { private_folder(parent)? } else { fs::create_dir_all(parent)? }
    }
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let result = (|| {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        if private {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        #[cfg(not(unix))]
        let _ = private;
        let mut file = options.open(&temporary)?;
        file.write_all(bytes)?;
        if durable {
            file.sync_all()?;
        }
        fs::rename(&temporary, path)
    })();
    if result.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    if durable {
        sync_parent(path);
    }
    result
}

impl Folder for PageFolder {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        let path = self.path(path);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(problem("read", &path, &error)),
        }
    }

    fn write(&self, path: &str, bytes: &[u8]) -> Result<(), String> {
        let path = self.path(path);
        write_whole(&path, bytes, false).map_err(|error| problem("write", &path, &error))
    }

    fn write_draft(&self, path: &str, bytes: &[u8]) -> Result<(), String> {
        let path = self.path(path);
        write_as(&path, bytes, false, false).map_err(|error| problem("write", &path, &error))
    }

    fn append(&self, path: &str, line: &str) -> Result<(), String> {
        let path = self.path(path);
        let result = (|| {
            let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
            // One write, so that a kill leaves a cut line at worst and never two lines in one.
            file.write_all(format!("{line}\n").as_bytes())
        })();
        result.map_err(|error| problem("write", &path, &error))
    }

    fn rename(&self, from: &str, to: &str) -> Result<bool, String> {
        let (from, to) = (self.path(from), self.path(to));
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(|error| problem("write", &to, &error))?;
        }
        // A draft becomes a page: its bytes must be there before its name is. Windows syncs writable files only, hence the option.
        match OpenOptions::new().write(true).open(&from).and_then(|file| file.sync_all()) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(problem("write", &from, &error)),
            _ => {}
        }
        match fs::rename(&from, &to) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(problem("write", &to, &error)),
        }
    }

    fn settle(&self, folder: &str) -> Result<(), String> {
        sync_parent(&self.path(folder).join("any"));
        Ok(())
    }

    fn remove(&self, path: &str) -> Result<(), String> {
        let path = self.path(path);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(problem("remove", &path, &error)),
            _ => Ok(()),
        }
    }

    fn remove_all(&self, folder: &str) -> Result<(), String> {
        let path = self.path(folder);
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(problem("remove", &path, &error)),
            _ => Ok(()),
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, String> {
        let path = self.path(folder);
        match fs::read_dir(&path) {
            Ok(entries) => Ok(entries.flatten().filter(|e| e.path().is_file()).filter_map(|e| e.file_name().into_string().ok()).collect()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(problem("list", &path, &error)),
        }
    }
}
