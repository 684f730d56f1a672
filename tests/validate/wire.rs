//! Pages as the world gives them: Xero's own example answers, and pages that are broken in every way we have seen.

use std::path::Path;
use std::process::{Command, Output};

use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};
use xero_pbit::sample::{Country, Options};

use super::company;

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("validate::xero_s_own_examples_make_a_company", xero_s_own_examples_make_a_company),
        Trial::test("validate::broken_pages_are_told_with_file_and_place", broken_pages_are_told_with_file_and_place),
        Trial::test("validate::what_xero_really_sends_is_read", what_xero_really_sends_is_read),
        Trial::test("validate::odd_books_agree", odd_books_agree),
    ]
}

fn run(command: &str, company: &Path, rest: &[&str]) -> std::io::Result<Output> {
    Command::new(env!("CARGO_BIN_EXE_xero-pbit")).arg(command).arg("--company").arg(company).args(rest).output()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Rows of a table that `refresh-tables` wrote; names have no line breaks in these companies.
fn rows(folder: &Path, table: &str) -> Result<usize, Failed> {
    Ok(std::fs::read_to_string(folder.join(format!("{table}.csv")))?.lines().count() - 1)
}

fn xero_s_own_examples_make_a_company() -> Result<(), Failed> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/xero/examples");
    if !examples.is_dir() {
        println!("skipped: {} is not there", examples.display());
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let mut records = std::collections::BTreeMap::new();
    for (endpoint, key) in [
        ("Organisation", "Organisations"),
        ("Accounts", "Accounts"),
        ("BankTransactions", "BankTransactions"),
        ("BankTransfers", "BankTransfers"),
        ("Contacts", "Contacts"),
        ("CreditNotes", "CreditNotes"),
        ("ExpenseClaims", "ExpenseClaims"),
        ("Invoices", "Invoices"),
        ("Items", "Items"),
        ("Overpayments", "Overpayments"),
        ("Payments", "Payments"),
        ("Prepayments", "Prepayments"),
    ] {
        let bytes = std::fs::read(examples.join(format!("{endpoint}.json")))?;
        let page: Value = serde_json::from_slice(&bytes)?;
        records.insert(endpoint, page[key].as_array().map_or(0, Vec::len));
        std::fs::create_dir(folder.path().join(endpoint))?;
        std::fs::write(folder.path().join(endpoint).join("1.json"), bytes)?;
    }
    std::fs::create_dir(folder.path().join("TrialBalance"))?;
    std::fs::copy(examples.join("Reports_TrialBalance.json"), folder.path().join("TrialBalance/2019-04-24.json"))?;

    let made = tempfile::tempdir()?;
    let output = run("refresh-tables", folder.path(), &["--out", &made.path().to_string_lossy(), "--format", "csv"])?;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    for (table, count) in [
        ("Organisation", 1),
        ("Xero Accounts", records["Accounts"]),
        ("Contacts", records["Contacts"]),
        ("Items", records["Items"]),
        ("Expense Claims", records["ExpenseClaims"]),
        // Its rows with an account; the total row is none.
        ("Trial Balance", 19),
        ("Month End", 1),
    ] {
        assert_eq!(rows(made.path(), table)?, count, "{table}");
    }
    // Every document but the voided and deleted ones.
    let documents = ["Invoices", "CreditNotes", "Overpayments", "Prepayments"].iter().map(|e| records[e]).sum::<usize>();
    let kept = rows(made.path(), "Invoices")?;
    assert!(kept > 0 && kept <= documents, "{kept} of {documents}");

    let output = run("validate", folder.path(), &["--random", "5", "--format", "json"])?;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let report: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(report["as_of"], "2019-04-24");
    assert_eq!(report["records"]["Invoices"]["read"], records["Invoices"]);
    assert!(report["summary"]["equal"].as_u64() > Some(500), "{}", report["summary"]);

    let out = tempfile::tempdir()?;
    let output = Command::new(env!("CARGO_BIN_EXE_xero-pbit")).args(["build", "--source", "folder", "--out"]).arg(out.path()).output()?;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let made: Vec<_> = std::fs::read_dir(out.path())?.filter_map(Result::ok).map(|e| e.path()).collect();
    assert!(made.iter().any(|p| p.extension().is_some_and(|e| e == "pbit")), "{made:?}");
    Ok(())
}

/// Books in which the two routes once did not agree: each oddity is kept here.
fn odd_books_agree() -> Result<(), Failed> {
    fn each(company: &Path, list: &str, change: &mut dyn FnMut(usize, &mut Value)) -> Result<(), Failed> {
        let file = company.join(list).join("1.json");
        let mut page: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
        let key = if list == "Organisation" { "Organisations" } else { list };
        for (at, record) in page[key].as_array_mut().into_iter().flatten().enumerate() {
            change(at, record);
        }
        Ok(std::fs::write(file, page.to_string())?)
    }
    let prove = |name: &str, company: &Path| -> Result<Option<String>, Failed> {
        let project = super::model(None)?;
        let tables = super::tables(&project, company, None).map_err(|e| format!("{name}: {e}"))?;
        let dates = tables.iter().find(|t| t.name == "Invoices").map_or(0, xero_pbit::table::Table::rows);
        assert!(dates > 0, "{name}: no document was read");
        let report = super::prove(&project, &std::sync::Arc::new(tables), &super::figures(company, None)?, 4);
        Ok(super::complaints(&report).map(|text| format!("{name}: {text}")))
    };
    let mut problems = Vec::new();

    // Without any trial balance there is no Today: this month's profit is blank, and the calendar is that of the documents.
    let folder = small(85);
    std::fs::remove_dir_all(folder.path().join("TrialBalance"))?;
    problems.extend(prove("no trial balance", folder.path())?);

    let folder = small(86);
    let company = folder.path();
    // Neither a month nor a day.
    each(company, "Organisation", &mut |_, o| o["FinancialYearEndMonth"] = json!(0))?;
    each(company, "Organisation", &mut |_, o| o["FinancialYearEndDay"] = json!(0))?;
    // Items that share a code, and one without.
    each(company, "Items", &mut |at, item| {
        if at < 3 {
            item["Code"] = json!("SAME");
        } else if at == 3 {
            item["Code"] = Value::Null;
        }
    })?;
    each(company, "Invoices", &mut |at, invoice| match at % 6 {
        // Foreign, and nobody knows the rate: neither its amount nor its quantity is sold.
        0 => {
            invoice["CurrencyCode"] = json!("JPY");
            invoice["CurrencyRate"] = Value::Null;
        }
        1 => {
            invoice["CurrencyCode"] = json!("JPY");
            invoice["CurrencyRate"] = json!(0);
        }
        // A record without an id is no record.
        2 => invoice["InvoiceID"] = Value::Null,
        // A state that Xero does not know, whatever its letters.
        3 => invoice["Status"] = json!("authorised"),
        // More decimals than an amount has.
        4 => invoice["Total"] = json!(invoice["Total"].as_f64().unwrap_or_default() + 0.004_95),
        _ => {}
    })?;
    // Money that goes to and fro on one day.
    each(company, "BankTransfers", &mut |_, transfer| transfer["ToBankAccount"] = transfer["FromBankAccount"].clone())?;
    problems.extend(prove("odd records", company)?);
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}

fn small(seed: u64) -> tempfile::TempDir {
    company(&Options { as_of: "2025-05-31".parse().expect("a day"), ..Options::new(seed, 25, 2, Country::Nz) })
}

/// Changes the first invoice.
fn with_invoice(company: &Path, change: Value) -> Result<(), Failed> {
    let file = company.join("Invoices/1.json");
    let mut page: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
    let invoice = page["Invoices"][0].as_object_mut().ok_or("no invoice")?;
    invoice.extend(change.as_object().cloned().unwrap_or_default());
    Ok(std::fs::write(file, page.to_string())?)
}

fn broken_pages_are_told_with_file_and_place() -> Result<(), Failed> {
    type Break = fn(&Path) -> Result<(), Failed>;
    fn replace(company: &Path, text: &[u8]) -> Result<(), Failed> {
        Ok(std::fs::write(company.join("Invoices/1.json"), text)?)
    }
    let cases: [(&str, Break, &str); 12] = [
        (
            "truncated",
            |c| {
                let bytes = std::fs::read(c.join("Invoices/1.json"))?;
                replace(c, &bytes[..bytes.len() / 2])
            },
            "ends in the middle",
        ),
        ("nothing", |c| replace(c, b""), "ends in the middle"),
        ("a web page", |c| replace(c, b"<html>503</html>"), "found HTML"),
        ("text", |c| replace(c, b"hello"), "expected value at line 1"),
        ("a list", |c| replace(c, b"[]"), "expected a record with a list `Invoices`"),
        (
            "another endpoint",
            |c| Ok(std::fs::copy(c.join("Contacts/1.json"), c.join("Invoices/1.json")).map(|_| ())?),
            "expected a list `Invoices`, found the keys",
        ),
        ("an error answer", |c| replace(c, br#"{"Title":"Forbidden","Status":403}"#), "found the keys `Title`"),
        ("no record", |c| replace(c, br#"{"Invoices":["x"]}"#), "Invoices[0]"),
        ("an amount of words", |c| with_invoice(c, json!({"SubTotal": "abc"})), "Invoices[0].SubTotal: expected a number, found `\"abc\"`"),
        ("an amount of yes", |c| with_invoice(c, json!({"AmountDue": true})), "Invoices[0].AmountDue: expected a number, found `true`"),
        ("a date of words", |c| with_invoice(c, json!({"Date": "yesterday"})), "Invoices[0].Date: expected a date, found `yesterday`"),
        (
            "a trial balance without headings",
            |c| {
                Ok(std::fs::write(
                    c.join("TrialBalance/2025-05-31.json"),
                    r#"{"Reports":[{"ReportTitles":["As at 31 May 2025"],"Rows":[{"RowType":"Section"}]}]}"#,
                )?)
            },
            "expected a header row",
        ),
    ];
    let mut problems = Vec::new();
    for (name, damage, wanted) in cases {
        let folder = small(81);
        damage(folder.path())?;
        for command in ["reference", "validate"] {
            let output = run(command, folder.path(), &["--format", "json"])?;
            let said = said(&output);
            let file = if wanted.contains("header") { "TrialBalance/2025-05-31.json" } else { "Invoices/1.json" };
            if output.status.code() != Some(2) || !said.contains(wanted) || !said.contains(file) || !output.stdout.is_empty() {
                problems.push(format!("{command}, {name}: {:?} {said}", output.status.code()));
            }
        }
    }
    // The tables alone: the queries fail, the file is named.
    let folder = small(82);
    replace(folder.path(), b"{\"Invoices\":[")?;
    let made = tempfile::tempdir()?;
    let output = run("refresh-tables", folder.path(), &["--out", &made.path().to_string_lossy()])?;
    if output.status.code() != Some(2) || !said(&output).contains("Invoices/1.json") {
        problems.push(format!("refresh-tables: {:?} {}", output.status.code(), said(&output)));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}

/// Numbers as texts, the other form of dates, keys that are absent or null, words that nobody has heard of: read, and both routes agree.
fn what_xero_really_sends_is_read() -> Result<(), Failed> {
    fn each(value: &mut Value, change: &dyn Fn(&str, &mut Value)) {
        match value {
            Value::Array(list) => list.iter_mut().for_each(|v| each(v, change)),
            Value::Object(fields) => {
                for (key, value) in fields.iter_mut() {
                    change(key, value);
                    each(value, change);
                }
            }
            _ => {}
        }
    }
    let everywhere = |company: &Path, change: &dyn Fn(&str, &mut Value)| -> Result<(), Failed> {
        for endpoint in std::fs::read_dir(company)?.filter_map(Result::ok).map(|e| e.path()).filter(|p| p.is_dir()) {
            for file in std::fs::read_dir(endpoint)?.filter_map(Result::ok).map(|e| e.path()) {
                let mut page: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
                each(&mut page, change);
                std::fs::write(file, page.to_string())?;
            }
        }
        Ok(())
    };
    let as_texts = |key: &str, value: &mut Value| {
        if value.is_number() && !key.starts_with("page") {
            *value = value.to_string().into();
        }
    };
    let as_iso = |_: &str, value: &mut Value| {
        let millis = value.as_str().and_then(|t| t.strip_prefix("/Date(")?.split(['+', ')']).next()?.parse::<i64>().ok());
        if let Some(millis) = millis {
            let day = xero_pbit::base::Date::from_ymd(1970, 1, 1)
                .map(|epoch| xero_pbit::base::Date(epoch.0 + millis.div_euclid(86_400_000) as i32));
            *value = day.map_or(Value::Null, |day| format!("{day}T00:00:00").into());
        }
    };
    let as_null = |key: &str, value: &mut Value| {
        if ["DueDate", "DueDateString", "Reference", "Tracking", "UpdatedDateUTC", "DateString", "LineItemID", "Description"].contains(&key)
        {
            *value = Value::Null;
        }
    };
    let unknown = |key: &str, value: &mut Value| {
        if key == "TaxType" || key == "ContactStatus" || (key == "Type" && value == "OVERHEADS") {
            *value = "SOMETHINGNEW".into();
        }
    };
    let plain = small(83);
    let figures = |company: &Path| -> Result<Value, Failed> {
        let output = run("reference", company, &["--format", "json"])?;
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        Ok(serde_json::from_slice::<Value>(&output.stdout)?["measures"].take())
    };
    let wanted = figures(plain.path())?;
    type Change<'a> = &'a dyn Fn(&str, &mut Value);
    let cases: [(&str, Change<'_>, bool); 4] =
        [("texts", &as_texts, true), ("dates", &as_iso, true), ("nulls", &as_null, false), ("unknown", &unknown, false)];
    for (name, change, same) in cases {
        let folder = small(83);
        everywhere(folder.path(), change)?;
        assert!(!same || figures(folder.path())? == wanted, "{name}: the same books in another form give other figures");
        let output = run("validate", folder.path(), &["--format", "json"])?;
        assert_eq!(
            output.status.code(),
            Some(0),
            "{name}: {} {}",
            said(&output),
            String::from_utf8_lossy(&output.stdout).chars().take(600).collect::<String>()
        );
    }
    // A record of a kind that is not known is set aside, aloud.
    let folder = small(84);
    with_invoice(folder.path(), json!({"Type": "ACCWHAT"}))?;
    let output = run("reference", folder.path(), &["--format", "json"])?;
    assert!(said(&output).contains("1 neither ACCREC nor ACCPAY"), "{}", said(&output));
    Ok(())
}
