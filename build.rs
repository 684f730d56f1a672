//! Lists the shipped model and templates, so that they travel inside the binary and adding a file needs no edit of code; YAML is parsed here, and the
//! built-in company packed as templates carry it.
#![allow(clippy::disallowed_methods)]

#[path = "src/format/deflate.rs"]
mod deflate;
#[path = "src/project/events.rs"]
#[allow(dead_code, reason = "reading packed events is the program's part")]
mod events;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    println!("cargo:rerun-if-changed=src/project/events.rs");
    println!("cargo:rerun-if-changed=src/format/deflate.rs");
    let target = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let mut out = String::from("&[\n");
    for folder in ["model", "templates"] {
        println!("cargo:rerun-if-changed={folder}");
        let mut files = Vec::new();
        walk(&root.join(folder), &mut files)?;
        files.sort();
        for file in files {
            let relative = file.strip_prefix(&root).unwrap_or(&file).to_string_lossy().replace('\\', "/");
            println!("cargo:rerun-if-changed={relative}");
            let packed = if relative.ends_with(".yaml") { packed(&file)? } else { None };
            let events = match packed {
                Some(packed) => {
                    let name = target.join(format!("{}.events", relative.replace('/', ".")));
                    fs::write(&name, packed)?;
                    format!("include_bytes!({:?})", name.to_string_lossy())
                }
                None => "&[]".to_owned(),
            };
            writeln!(out, "    ({relative:?}, include_bytes!({:?}), {events}),", file.to_string_lossy()).map_err(io::Error::other)?;
        }
    }
    out.push_str("]\n");
    fs::write(target.join("shipped.rs"), out)?;
    sample(&root, &target)
}

/// The files of the built-in company, a list of paths and base64 without escapes, with what they are in UTF-16LE and deflate: most of a template is these.
fn sample(root: &Path, target: &Path) -> io::Result<()> {
    let text = fs::read_to_string(root.join("model/sample/company.json"))?;
    let strings: Vec<&str> = text.split('"').skip(1).step_by(2).collect();
    let mut deflater = deflate::Deflater::new();
    let mut out = String::from("&[\n");
    for (number, pair) in strings.chunks_exact(2).enumerate() {
        let wide: Vec<u8> = pair[1].bytes().flat_map(|byte| [byte, 0]).collect();
        let mut packed = Vec::new();
        deflater.pack(&wide, false, &mut packed);
        let name = target.join(format!("sample.{number}.deflate"));
        fs::write(&name, packed)?;
        let parts = format!(
            "path: Cow::Borrowed({:?}), text: Cow::Borrowed({:?}), wide: include_bytes!({:?})",
            pair[0],
            pair[1],
            name.to_string_lossy()
        );
        writeln!(out, "    Packed {{ {parts} }},").map_err(io::Error::other)?;
    }
    out.push_str("]\n");
    fs::write(target.join("sample.rs"), out)
}

/// The events of a file whose text is as the program will see it.
fn packed(file: &Path) -> io::Result<Option<Vec<u8>>> {
    let text = fs::read_to_string(file)?;
    let changed = text.starts_with('\u{feff}') || text.contains('\r');
    Ok(if changed { None } else { events::pack(&text) })
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
