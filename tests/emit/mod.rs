//! What `build` writes: the tiny model's files to be read whole, the shipped one's by hash, the examples.

mod command;
mod reference;

use libtest_mimic::{Failed, Trial};
use sha2::{Digest, Sha256};
use xero_pbit::base::SourceMap;
use xero_pbit::check::{self, CheckedModel};
use xero_pbit::cli::render;
use xero_pbit::emit::{self, Options};
use xero_pbit::format::{FileSet, pbit, tmdl, tmsl};
use xero_pbit::host::files;
use xero_pbit::project::raw::SourceKind;
use xero_pbit::project::{self, Layer};

fn checked(layers: &[Layer]) -> Result<CheckedModel, Failed> {
    let (project, loading) = project::read(layers);
    let sources = project.sources.clone();
    check::check(project, loading)
        .map_err(|found| Failed::from(found.iter().map(|d| render(d, &sources, false)).collect::<Vec<_>>().join("\n")))
}

fn emitted(checked: &CheckedModel, options: &Options<'_>) -> Result<FileSet, Failed> {
    emit::files(checked, options).map_err(|found| Failed::from(format!("{found:?}")))
}

fn text_of(files: &FileSet, keep: impl Fn(&str) -> bool) -> String {
    let shown = files.iter().filter(|(path, _)| keep(path));
    shown.map(|(path, bytes)| format!("=== {path}\n{}\n", String::from_utf8_lossy(bytes))).collect()
}

/// All trials of this topic.
pub fn trials() -> Vec<Trial> {
    let mut trials = vec![
        Trial::test("emit/tiny_model", || {
            let checked = checked(&[crate::model::tiny()])?;
            let files = emitted(&checked, &Options { mez: false, pbit: false, ..Options::all(&checked) })?;
            let model = text_of(&files, |path| path.contains(".SemanticModel/") && !path.ends_with("diagramLayout.json"));
            crate::snapshot("tests/emit", "tiny_model", &model)
        }),
        Trial::test("emit/tiny_small_files", || {
            let checked = checked(&[crate::model::tiny()])?;
            let files = emitted(&checked, &Options { mez: false, pbit: false, ..Options::all(&checked) })?;
            let wanted = [".platform", ".pbip", ".pbir", ".gitignore", "report.json", "pages.json", "version.json"];
            crate::snapshot("tests/emit", "tiny_small_files", &text_of(&files, |path| wanted.iter().any(|end| path.ends_with(end))))
        }),
        Trial::test("emit/template_and_project_hold_the_same", || same_model(crate::model::tiny())),
        Trial::test("emit/every_key_in_template_and_project", || same_model(crate::model::valid("every-key"))),
        Trial::test("emit/same_bytes_again", || {
            let checked = checked(&[crate::model::tiny()])?;
            let options = Options::all(&checked);
            let (first, second) = (emitted(&checked, &options)?, emitted(&checked, &options)?);
            if first == second { Ok(()) } else { Err(Failed::from("the second build differs")) }
        }),
        Trial::test("emit/shipped_identifiers", shipped_identifiers),
        Trial::test("emit/shipped_hashes", shipped_hashes),
    ];
    for source in SourceKind::ALL {
        trials.push(Trial::test(format!("emit/shipped_{}", source.as_str()), move || {
            let checked = checked(&[Layer::shipped()])?;
            let files = emitted(&checked, &Options { source: *source, ..Options::all(&checked) })?;
            let package = pbit::read(files.get("Xero.pbit").ok_or("no template")?, "Xero.pbit", &mut SourceMap::default())
                .map_err(|found| Failed::from(format!("{found:?}")))?;
            let count = package.model.tables.len();
            if count < 16 { Err(Failed::from(format!("{count} tables"))) } else { Ok(()) }
        }));
    }
    for example in ["margin-measure", "extra-page", "rebranded", "budget-table"] {
        trials.push(Trial::test(format!("emit/examples/{example}"), move || {
            let layers = files::read_project(&std::path::Path::new("examples").join(example)).map_err(|d| Failed::from(d.message))?;
            let checked = checked(&layers)?;
            let files = emitted(&checked, &Options { source: SourceKind::Folder, ..Options::all(&checked) })?;
            let name = &checked.project().model.name;
            if files.get(&format!("{name}.pbit")).is_none() { Err(Failed::from("no template")) } else { Ok(()) }
        }));
    }
    trials.extend(command::trials());
    trials.extend(reference::trials());
    trials
}

/// The model in the `.pbit` and in TMDL, and the report's files in both, are the same.
fn same_model(layer: Layer) -> Result<(), Failed> {
    let checked = checked(&[layer])?;
    let name = &checked.project().model.name;
    let set = emitted(&checked, &Options::all(&checked))?;
    let mut sources = SourceMap::default();
    let template = format!("{name}.pbit");
    let package =
        pbit::read(set.get(&template).ok_or("no template")?, &template, &mut sources).map_err(|d| Failed::from(format!("{d:?}")))?;
    let folder = set.under(&format!("{name}.SemanticModel/definition"));
    let read = tmdl::read(&folder, "", name, &mut sources).map_err(|d| Failed::from(format!("{d:?}")))?;
    for (path, text) in tmdl::write(&package.model).iter() {
        if folder.get(path) != Some(text) {
            return Err(Failed::from(format!("{path} differs when the template is read and written")));
        }
    }
    let again = tmsl::write(&read, "id");
    if again != tmsl::write(&package.model, "id") {
        return Err(Failed::from(format!("the models differ:\n{again}\n{}", tmsl::write(&package.model, "id"))));
    }
    for (path, bytes) in package.report.iter() {
        if set.get(&format!("{name}.Report/{path}")) != Some(bytes) {
            return Err(Failed::from(format!("{path} differs")));
        }
    }
    Ok(())
}

/// Hashes of what the shipped model becomes: a line per file, one per page of the report, the template's own parts by entry.
fn shipped_hashes() -> Result<(), Failed> {
    let checked = checked(&[Layer::shipped()])?;
    let set = emitted(&checked, &Options { source: SourceKind::Folder, ..Options::all(&checked) })?;
    let mut parts: std::collections::BTreeMap<String, Sha256> = std::collections::BTreeMap::new();
    let mut add = |path: &str, bytes: &[u8]| {
        // `…/pages/<page>/…`: all files of a page together.
        let page = path.split_once("/pages/").and_then(|(before, rest)| Some(format!("{before}/pages/{}", rest.split_once('/')?.0)));
        let hash = parts.entry(page.unwrap_or_else(|| path.to_owned())).or_default();
        hash.update(path.as_bytes());
        hash.update(bytes);
    };
    for (path, bytes) in set.iter() {
        if !path.ends_with(".pbit") && !path.ends_with(".mez") {
            add(path, bytes);
            continue;
        }
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes))?;
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index)?;
            let name = entry.name()?.into_owned();
            // The report is the same in the project: `emit/template_and_project_hold_the_same`.
            if !name.starts_with("Report/") {
                let mut content = Vec::new();
                std::io::Read::read_to_end(&mut entry, &mut content)?;
                add(&format!("{path}!{name}"), &content);
            }
        }
    }
    let lines = parts.into_iter().map(|(path, hash)| {
        let digest: String = hash.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect();
        format!("{digest}  {path}\n")
    });
    crate::snapshot("tests/emit", "shipped_hashes", &lines.collect::<String>())
}

/// Identifiers of the shipped model are unique; their hash is kept, so that a change of them is seen.
fn shipped_identifiers() -> Result<(), Failed> {
    let (project, _) = project::shipped();
    let mut seen = std::collections::BTreeMap::new();
    for table in &project.model.tables {
        let mut add = |tag: &Option<String>, what: String| match tag {
            Some(tag) => {
                seen.insert(tag.clone(), what.clone()).map_or(Ok(()), |other| Err(Failed::from(format!("{what} and {other} share a tag"))))
            }
            None => Err(Failed::from(format!("{what} has no tag"))),
        };
        add(&table.lineage_tag, table.name.clone())?;
        for column in &table.columns {
            add(&column.lineage_tag, format!("{}[{}]", table.name, column.name))?;
        }
        for measure in &table.measures {
            add(&measure.lineage_tag, format!("[{}]", measure.name))?;
        }
    }
    let known = "Invoices";
    let tag = project.model.table(known).and_then(|t| t.lineage_tag.clone()).unwrap_or_default();
    let digest: String = Sha256::digest(format!("{known} {tag}")).iter().map(|b| format!("{b:02x}")).collect();
    crate::snapshot("tests/emit", "identifier_of_invoices", &format!("{known} {tag} {digest}"))
}
