//! Reading model folders, writing what `build` makes.
#![allow(clippy::disallowed_methods)]

use std::collections::HashSet;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::base::{Diagnostic, FileSet};
use crate::project::Layer;

/// Largest file that is read as a part of a model folder: 64 MiB.
const MAX_FILE: u64 = 64 << 20;

/// A path as messages show it: with forward slashes.
pub fn shown(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// An error of the file system as a diagnostic that names the path.
pub fn problem(code: &'static str, doing: &str, path: &Path, error: &io::Error) -> Diagnostic {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "it does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::AlreadyExists => "a file is in its place".to_owned(),
        io::ErrorKind::NotADirectory => "it is a file, not a folder".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder, not a file".to_owned(),
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        _ => error.to_string(),
    };
    Diagnostic::error(code, format!("cannot {doing} `{}`: {reason}", shown(path))).in_file(shown(path), None)
}

/// Reads a file whole.
///
/// # Errors
/// `F0001` when it cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>, Diagnostic> {
    fs::read(path).map_err(|error| problem("F0001", "read", path, &error))
}

/// Reads the first bytes of a file, fewer where it has fewer.
///
/// # Errors
/// `F0001` when it cannot be read.
pub fn read_start(path: &Path, count: usize) -> Result<Vec<u8>, Diagnostic> {
    let mut bytes = Vec::with_capacity(count);
    let read = fs::File::open(path).and_then(|file| file.take(count as u64).read_to_end(&mut bytes));
    read.map_err(|error| problem("F0001", "read", path, &error))?;
    Ok(bytes)
}

/// Reads all files below a folder, sorted by path; names that begin with `.` are left out, symbolic links followed.
///
/// # Errors
/// `F0001` when something cannot be read.
pub fn read_tree(folder: &Path) -> Result<FileSet, Diagnostic> {
    let mut files = FileSet::new();
    walk(folder, "", 0, &mut files)?;
    Ok(files)
}

fn walk(folder: &Path, prefix: &str, depth: usize, files: &mut FileSet) -> Result<(), Diagnostic> {
    // A link to a parent folder would go round for ever.
    if depth > 32 {
        return Ok(());
    }
    for entry in fs::read_dir(folder).map_err(|error| problem("F0001", "read", folder, &error))? {
        let entry = entry.map_err(|error| problem("F0001", "read", folder, &error))?;
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') && name != ".platform" {
            continue;
        }
        let relative = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        let about = fs::metadata(&path).map_err(|error| problem("F0001", "read", &path, &error))?;
        if about.is_dir() {
            walk(&path, &relative, depth + 1, files)?;
        } else if about.len() > MAX_FILE {
            return Err(Diagnostic::error("F0001", "this file is too large for a model").in_file(shown(&path), None));
        } else {
            files.insert(relative, read(&path)?);
        }
    }
    Ok(())
}

/// Reads a declarative model folder and what it extends: the layers, the changed one first.
///
/// Only the files and folders that belong to a model are read, so that a `dist` folder beside them does no harm.
///
/// # Errors
/// `F0001` when the folder cannot be read, `P0215` when `extends` goes in a circle.
pub fn read_project(folder: &Path) -> Result<Vec<Layer>, Diagnostic> {
    let mut layers: Vec<Layer> = Vec::new();
    let mut seen: Vec<PathBuf> = Vec::new();
    let mut next = folder.to_owned();
    loop {
        let real = fs::canonicalize(&next).map_err(|error| problem("F0001", "read", &next, &error))?;
        if seen.contains(&real) {
            let place = shown(&next.join("model.yaml"));
            return Err(Diagnostic::error("P0215", "`extends` goes in a circle").in_file(place, None));
        }
        seen.push(real);
        let layer = read_layer(&next)?;
        let extends = layer.extends();
        layers.push(layer);
        match extends.as_deref() {
            None => break,
            Some("shipped") => {
                layers.push(Layer::shipped());
                break;
            }
            Some(path) => next = next.join(path),
        }
    }
    layers.reverse();
    Ok(layers)
}

fn read_layer(folder: &Path) -> Result<Layer, Diagnostic> {
    let mut files = FileSet::new();
    let listing = fs::read_dir(folder).map_err(|error| match error.kind() {
        io::ErrorKind::NotADirectory => problem("F0001", "read the model folder", folder, &error),
        _ if folder.is_file() => problem("F0001", "read the model folder", folder, &io::Error::from(io::ErrorKind::NotADirectory)),
        _ => problem("F0001", "read the model folder", folder, &error),
    })?;
    for entry in listing {
        let entry = entry.map_err(|error| problem("F0001", "read", folder, &error))?;
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if path.is_dir() {
            if matches!(name.as_str(), "tables" | "measures" | "pages" | "locales" | "templates" | "resources") {
                walk(&path, &name, 1, &mut files)?;
            }
        } else if name.ends_with(".yaml") || name.ends_with(".yml") {
            files.insert(name, read(&path)?);
        }
    }
    let name = shown(folder).trim_end_matches('/').to_owned();
    Ok(Layer { name: if name == "." { String::new() } else { name }, files })
}

/// Writes files below a folder, making folders as needed.
///
/// # Errors
/// `F0002` when something cannot be written.
pub fn write_tree(folder: &Path, files: &FileSet) -> Result<(), Diagnostic> {
    replace_tree(folder, &[], files.iter())
}

/// As [`write_tree`], and what lies under the `tops` (names in `folder`) and is not among the files is removed.
///
/// Files that have the right content already are left alone, as are the `.pbi` folders in which Power BI Desktop keeps its loaded data
/// and a user's own settings.
///
/// # Errors
/// `F0002` when a file or folder cannot be written or removed.
pub fn replace_tree<'a>(folder: &Path, tops: &[&str], files: impl Iterator<Item = (&'a str, &'a [u8])>) -> Result<(), Diagnostic> {
    fs::create_dir_all(folder).map_err(|error| problem("F0002", "make the folder", folder, &error))?;
    let mut there = Vec::new();
    for top in tops {
        list_top(&folder.join(top), &mut there).map_err(|error| problem("F0002", "list", &folder.join(top), &error))?;
    }
    let mut stale: HashSet<PathBuf> = there.into_iter().collect();
    let mut made: Option<PathBuf> = None;
    let mut room = vec![0; 1 << 16];
    for (path, bytes) in files {
        let target = folder.join(path);
        let is_there = stale.remove(&target);
        if is_there && holds(&target, bytes, &mut room).unwrap_or(false) {
            continue;
        }
        if !is_there && let Some(parent) = target.parent().filter(|parent| made.as_deref() != Some(*parent)) {
            fs::create_dir_all(parent).map_err(|error| problem("F0002", "make the folder", parent, &error))?;
            made = Some(parent.to_owned());
        }
        fs::write(&target, bytes).map_err(|error| problem("F0002", "write", &target, &error))?;
    }
    let mut stale: Vec<PathBuf> = stale.into_iter().collect();
    stale.sort_unstable();
    for path in &stale {
        remove(path)?;
        // Folders that are empty now; one that is not stays.
        let mut parent = path.parent();
        while let Some(folder) = parent.filter(|parent| fs::remove_dir(parent).is_ok()) {
            parent = folder.parent();
        }
    }
    Ok(())
}

/// Whether a file has this content; `room` is for pieces of it.
fn holds(path: &Path, bytes: &[u8], room: &mut [u8]) -> io::Result<bool> {
    let mut file = fs::File::open(path)?;
    let mut rest = bytes;
    loop {
        let count = file.read(room)?;
        match rest.split_at_checked(count) {
            Some((same, after)) if *same == room[..count] => rest = after,
            _ => return Ok(false),
        }
        // A file that gives less than there is room for has ended.
        if count < room.len() {
            return Ok(rest.is_empty());
        }
    }
}

/// All files at or under `path`, `.pbi` folders apart; nothing when there is nothing.
fn list_top(path: &Path, out: &mut Vec<PathBuf>) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(about) if about.is_dir() => list_all(path, out),
        Ok(_) => {
            out.push(path.to_owned());
            Ok(())
        }
    }
}

/// All files under a folder, `.pbi` folders apart.
fn list_all(folder: &Path, out: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            out.push(entry.path());
        } else if entry.file_name() != ".pbi" {
            list_all(&entry.path(), out)?;
        }
    }
    Ok(())
}

/// Removes a file or a whole folder; absent ones are fine.
///
/// # Errors
/// `F0002` when it cannot be removed.
pub fn remove(path: &Path) -> Result<(), Diagnostic> {
    let result = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(about) if about.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    };
    result.map_err(|error| problem("F0002", "replace", path, &error))
}

/// Whether something is there, a folder with nothing in it apart.
pub fn is_occupied(path: &Path) -> bool {
    match fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_some(),
        Err(_) => path.exists(),
    }
}
