//! `query` without a model keeps the tables of the built-in company: a run that finds them answers as one that makes them.

use std::process::Command;

use libtest_mimic::{Failed, Trial};

fn query(home: &std::path::Path, cache: &str) -> Result<String, Failed> {
    let text = "EVALUATE SUMMARIZECOLUMNS ( Organisation[Organisation Name], \"rows\", COUNTROWS ( Organisation ) ) EVALUATE Organisation";
    let done = Command::new(env!("CARGO_BIN_EXE_xero-pbit"))
        .args(["query", "--format", "json", text])
        .env("XERO_PBIT_HOME", home)
        .env("XERO_PBIT_CACHE", cache)
        .output()?;
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stderr).into_owned().into());
    }
    Ok(String::from_utf8(done.stdout)?)
}

pub fn trials() -> Vec<Trial> {
    vec![Trial::test("dax::kept_tables_answer_as_fresh_ones", || {
        let home = tempfile::tempdir()?;
        let fresh = query(home.path(), "off")?;
        if home.path().join("cache").exists() {
            return Err("the cache was turned off and yet written".into());
        }
        let first = query(home.path(), "on")?;
        let folder = std::fs::read_dir(home.path().join("cache"))?.next().ok_or("nothing was kept")??.path();
        for file in ["model.bim", "Organisation.parquet"] {
            if !folder.join(file).is_file() {
                return Err(format!("`{file}` was not kept").into());
            }
        }
        let second = query(home.path(), "on")?;
        // A damaged file counts as absent.
        std::fs::write(folder.join("Organisation.parquet"), b"PAR1")?;
        let third = query(home.path(), "on")?;
        if fresh == first && first == second && second == third { Ok(()) } else { Err(format!("{fresh}{first}{second}{third}").into()) }
    })]
}
