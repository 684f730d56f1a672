//! Models and table files on disk, as `query --model PATH --data DIR` names them.
#![allow(clippy::disallowed_methods)]

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use parquet::file::reader::{ChunkReader, Length};
use rayon::prelude::*;

use super::files;
use crate::base::{Diagnostic, SourceMap};
use crate::dax::TableSource;
use crate::format::{pbit, tmdl, tmsl};
use crate::model::{ColumnKind, Model};
use crate::project;
use crate::table::{self, DataType, Field, Table};

/// Reads a model of any form: a declarative folder, a PBIP or TMDL folder, a `.pbit`, a `.bim` or `model.json`.
///
/// # Errors
/// What cannot be read, with files and places.
pub fn read_model(path: &Path, sources: &mut SourceMap) -> Result<(Model, Vec<Diagnostic>), Vec<Diagnostic>> {
    let name = path.file_stem().map_or_else(|| "Model".to_owned(), |n| n.to_string_lossy().into_owned());
    if path.is_dir() {
        if let Some(definition) = definition_folder(path) {
            let tree = files::read_tree(&definition).map_err(|d| vec![d])?;
            let model = tmdl::read(&tree, &files::shown(&definition), name.trim_end_matches(".SemanticModel"), sources)?;
            return Ok((model, Vec::new()));
        }
        for inner in ["model.bim", "model.json"] {
            if path.join(inner).is_file() {
                return read_model(&path.join(inner), sources);
            }
        }
        let layers = files::read_project(path).map_err(|d| vec![d])?;
        let (read, diagnostics) = project::read(&layers);
        *sources = read.sources.clone();
        if diagnostics.iter().any(Diagnostic::is_error) {
            return Err(diagnostics);
        }
        return Ok((read.model, diagnostics));
    }
    let bytes = files::read(path).map_err(|d| vec![d])?;
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    if extension == "pbip" {
        let folder = path.with_file_name(format!("{name}.SemanticModel"));
        return read_model(&folder, sources);
    }
    if extension == "pbit" || bytes.starts_with(b"PK") {
        return Ok((pbit::read(&bytes, &name, sources)?.model, Vec::new()));
    }
    let shown = files::shown(path);
    let Ok(text) = String::from_utf8(bytes) else {
        return Err(vec![Diagnostic::error("F0305", "this file is not UTF-8 text").in_file(shown, None)]);
    };
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    let file = sources.add(shown, text.as_str());
    tmsl::read(&text, file)
}

/// The folder with the `.tmdl` files of a model, if `path` is or holds one.
fn definition_folder(path: &Path) -> Option<PathBuf> {
    let holds = |folder: &Path| {
        fs::read_dir(folder)
            .is_ok_and(|entries| entries.flatten().any(|e| e.path().extension().is_some_and(|x| x.eq_ignore_ascii_case("tmdl"))))
    };
    if holds(path) {
        return Some(path.to_owned());
    }
    let inner = path.join("definition");
    if holds(&inner) {
        return Some(inner);
    }
    let mut found: Vec<PathBuf> = fs::read_dir(path)
        .ok()?
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.file_name().is_some_and(|n| n.to_string_lossy().ends_with(".SemanticModel")))
        .collect();
    found.sort();
    found.into_iter().map(|p| p.join("definition")).find(|p| holds(p))
}

/// A table's columns as files name them.
#[derive(Debug)]
struct Shape {
    name: String,
    columns: Vec<(String, DataType, bool)>,
}

/// A folder with one file per table, or a folder of slices per table, read when a query touches the table.
#[derive(Debug)]
pub struct DataFolder {
    files: HashMap<String, Vec<PathBuf>>,
    shapes: HashMap<String, Shape>,
    found: Arc<Mutex<Vec<Diagnostic>>>,
}

impl DataFolder {
    /// Lists the folder; nothing is read yet.
    ///
    /// # Errors
    /// `F0001` when the folder cannot be listed.
    #[allow(clippy::result_large_err, reason = "a diagnostic, as everywhere in this layer")]
    pub fn new(folder: &Path, model: &Model) -> Result<DataFolder, Diagnostic> {
        let mut files = HashMap::new();
        let entries = fs::read_dir(folder).map_err(|e| files::problem("F0001", "list the data folder", folder, &e))?;
        let mut paths: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
        paths.sort();
        let (folders, whole): (Vec<PathBuf>, Vec<PathBuf>) = paths.into_iter().partition(|path| path.is_dir());
        for path in whole.into_iter().filter(|path| !data_extension(path).is_empty()) {
            let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
            files.entry(table::csv::decode_name(&stem).to_lowercase()).or_insert_with(|| vec![path]);
        }
        for path in folders {
            let name = path.file_name().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
            let mut found = Vec::new();
            slices(&path, &mut found);
            // As for whole files: where a slice is there in both forms, the first in order of names counts, for all slices alike.
            let extension = found.iter().map(|path| data_extension(path)).min().unwrap_or_default();
            found.retain(|path| data_extension(path) == extension);
            if !found.is_empty() {
                files.entry(table::csv::decode_name(&name).to_lowercase()).or_insert(found);
            }
        }
        let shape = |t: &crate::model::Table| Shape {
            name: t.name.clone(),
            columns: t
                .columns
                .iter()
                .map(|c| (c.name.clone(), c.data_type.unwrap_or(DataType::String), matches!(c.kind, ColumnKind::Calculated(_))))
                .collect(),
        };
        let shapes = model.tables.iter().map(|t| (t.name.to_lowercase(), shape(t))).collect();
        Ok(DataFolder { files, shapes, found: Arc::default() })
    }

    /// What reading found, warnings included; shared with whoever asks, so that it can be read after the engine took the folder.
    pub fn diagnostics(&self) -> Arc<Mutex<Vec<Diagnostic>>> {
        self.found.clone()
    }

    /// All files of a table, one below the other. What several slices warn of is said once.
    fn read_all(&self, paths: &[PathBuf], shape: &Shape) -> Result<(Table, Vec<Diagnostic>), Vec<Diagnostic>> {
        if let [path] = paths {
            return self.read(path, shape);
        }
        let parts: Vec<_> = paths.par_iter().map(|path| self.read(path, shape)).collect();
        let (mut tables, mut warnings, mut errors) = (Vec::new(), Vec::<Diagnostic>::new(), Vec::new());
        for part in parts {
            match part {
                Ok((table, found)) => {
                    tables.push(table);
                    for warning in found {
                        if !warnings.iter().any(|known| known.message == warning.message) {
                            warnings.push(warning);
                        }
                    }
                }
                Err(found) => errors.extend(found),
            }
        }
        match table::concat(tables) {
            Some(table) if errors.is_empty() => Ok((table, warnings)),
            _ => Err(errors),
        }
    }

    fn read(&self, path: &Path, shape: &Shape) -> Result<(Table, Vec<Diagnostic>), Vec<Diagnostic>> {
        let shown = files::shown(path);
        let fields: Vec<Field<'_>> = shape
            .columns
            .iter()
            .map(|(name, data_type, calculated)| Field { calculated: *calculated, ..Field::new(name, *data_type) })
            .collect();
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("parquet")) {
            let file = Placed::open(path).map_err(|e| vec![files::problem("F0001", "read", path, &e)])?;
            return table::parquet::read(file, &shown, &shape.name, &fields);
        }
        let bytes = files::read(path).map_err(|d| vec![d])?;
        table::csv::read(&bytes, &shown, &shape.name, &fields)
    }
}

/// `csv` or `parquet`; empty for other files.
fn data_extension(path: &Path) -> &'static str {
    let is = |wanted: &str| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(wanted));
    if is("csv") {
        "csv"
    } else if is("parquet") {
        "parquet"
    } else {
        ""
    }
}

/// Data files of a table in slices: in the folder itself and in folders named by what they hold (`year=2026`), as Hive, Spark and DuckDB lay them out.
/// Names that begin with `_` or `.` are theirs.
fn slices(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with(['_', '.']) {
            continue;
        }
        if path.is_dir() {
            if name.contains('=') {
                slices(&path, found);
            }
        } else if !data_extension(&path).is_empty() {
            found.push(path);
        }
    }
}

/// A file that several threads read at places of their own: a clone of a file would share its position.
#[derive(Debug)]
struct Placed {
    file: Arc<fs::File>,
    length: u64,
}

impl Placed {
    fn open(path: &Path) -> io::Result<Placed> {
        let file = fs::File::open(path)?;
        Ok(Placed { length: file.metadata()?.len(), file: Arc::new(file) })
    }
}

/// Reads onwards from a place.
#[derive(Debug)]
struct PlacedReader {
    file: Arc<fs::File>,
    at: u64,
}

impl Read for PlacedReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(unix)]
        let count = std::os::unix::fs::FileExt::read_at(&*self.file, buffer, self.at)?;
        #[cfg(windows)]
        let count = std::os::windows::fs::FileExt::seek_read(&*self.file, buffer, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Length for Placed {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Placed {
    type T = io::BufReader<PlacedReader>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        Ok(io::BufReader::new(PlacedReader { file: self.file.clone(), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<bytes::Bytes> {
        let left = usize::try_from(self.length.saturating_sub(start)).unwrap_or(usize::MAX);
        let mut buffer = vec![0; length.min(left)];
        PlacedReader { file: self.file.clone(), at: start }.read_exact(&mut buffer)?;
        if buffer.len() < length {
            return Err(parquet::errors::ParquetError::EOF(format!("expected {length} bytes at {start}, found {left}")));
        }
        Ok(buffer.into())
    }
}

impl TableSource for DataFolder {
    fn load(&self, name: &str) -> Result<Option<Table>, String> {
        let key = name.to_lowercase();
        let (Some(paths), Some(shape)) = (self.files.get(&key), self.shapes.get(&key)) else { return Ok(None) };
        let result = self.read_all(paths, shape);
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Ok((mut table, warnings)) => {
                found.extend(warnings);
                table.name = name.to_owned();
                Ok(Some(table))
            }
            Err(errors) => {
                let first = errors.first().map_or_else(String::new, |e| e.message.clone());
                found.extend(errors);
                Err(format!("table `{name}` cannot be read: {first}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Column, ColumnData};

    #[test]
    fn row_groups_are_read_on_several_threads_without_mixing() {
        let rows = 3 * (1 << 20) + 5;
        let ids: Vec<i64> = (0..rows).map(|i| i * 7919 % 1_000_003).collect();
        let column = |name: &str, data: ColumnData| Column { name: name.into(), data, blanks: None };
        let columns = vec![
            column("A", ColumnData::Int64(ids.clone())),
            column("B", ColumnData::Double(ids.iter().map(|v| *v as f64 / 8.0).collect())),
        ];
        let written = Table { name: "T".into(), columns };
        let folder = tempfile::tempdir().unwrap();
        table::parquet::write(&written, fs::File::create(folder.path().join("T.parquet")).unwrap()).unwrap();
        let mut model = Model::default();
        let mut shape = crate::model::Table { name: "T".into(), ..Default::default() };
        for (name, data_type) in [("A", DataType::Int64), ("B", DataType::Double)] {
            shape.columns.push(crate::model::Column { name: name.into(), data_type: Some(data_type), ..Default::default() });
        }
        model.tables.push(shape);
        let read = DataFolder::new(folder.path(), &model).unwrap().load("T").unwrap().unwrap();
        assert!(read == written, "the table reads back as it was written");
    }
}
