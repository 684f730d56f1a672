//! Every code that the DAX engine gives is explained in the documentation, and each means one thing.

use std::collections::BTreeSet;
use std::path::Path;

use libtest_mimic::Trial;

fn collect(folder: &Path, out: &mut BTreeSet<String>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, out)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&path)?;
            for (at, _) in text.match_indices("\"D0") {
                if let Some(code) = text.get(at + 1..at + 6)
                    && code[1..].bytes().all(|b| b.is_ascii_digit())
                {
                    out.insert(code.to_owned());
                }
            }
        }
    }
    Ok(())
}

pub fn trials() -> Vec<Trial> {
    vec![Trial::test("dax::every_code_is_documented", || {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut codes = BTreeSet::new();
        collect(&root.join("src/dax"), &mut codes)?;
        let mut docs = String::new();
        for file in ["errors-dax.md", "errors-data.md"] {
            docs.push_str(&std::fs::read_to_string(root.join("docs").join(file))?);
        }
        let missing: Vec<&String> = codes.iter().filter(|c| !docs.contains(c.as_str())).collect();
        if codes.len() < 50 {
            return Err(format!("only {} codes found", codes.len()).into());
        }
        if missing.is_empty() { Ok(()) } else { Err(format!("not in docs/errors-dax.md: {missing:?}").into()) }
    })]
}
