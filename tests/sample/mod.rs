//! Made-up companies: the books balance, lists and reports tie, pages look like Xero's, hledger agrees.
#![allow(clippy::disallowed_methods)]

mod books;
mod hledger;
mod schema;

use std::collections::BTreeMap;

use libtest_mimic::{Failed, Trial};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestRunner};
use xero_pbit::base::Date;
use xero_pbit::sample::{self, Country, Options};

use books::Books;

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("sample::the_books_balance_and_tie", the_books_balance_and_tie),
        Trial::test("sample::random_companies_keep_every_invariant", random_companies_keep_every_invariant),
        Trial::test("sample::the_same_options_give_the_same_bytes", the_same_options_give_the_same_bytes),
        Trial::test("sample::full_pages_hold_a_thousand_records", full_pages_hold_a_thousand_records),
        Trial::test("sample::everything_the_readers_must_bear_occurs", everything_the_readers_must_bear_occurs),
        Trial::test("sample::the_built_in_company_is_up_to_date", the_built_in_company_is_up_to_date),
        Trial::test("sample::the_checks_notice_a_changed_figure", the_checks_notice_a_changed_figure),
        Trial::test("sample::the_command_writes_company_folders", the_command_writes_company_folders),
        Trial::test("sample::pages_are_valid_by_xeros_openapi_files", schema::pages_are_valid_by_xeros_openapi_files),
        Trial::test("sample::hledger_agrees_with_the_trial_balances", hledger::agrees_with_the_trial_balances),
    ]
}

pub fn pages(options: &Options) -> BTreeMap<String, Vec<u8>> {
    let mut pages: Vec<(String, Vec<u8>)> = Vec::new();
    sample::generate(options, &mut pages).expect("memory does not fail");
    let count = pages.len();
    let pages: BTreeMap<String, Vec<u8>> = pages.into_iter().collect();
    assert_eq!(pages.len(), count, "a path was written twice");
    pages
}

/// Country, year end, foreign currencies, as-at day.
fn companies() -> Vec<Options> {
    let day = |text: &str| -> Date { text.parse().unwrap() };
    let with =
        |options: Options, year_end: (u32, u32), foreign: bool, as_of: &str| Options { year_end, foreign, as_of: day(as_of), ..options };
    vec![
        Options::built_in(),
        with(Options::new(2, 200, 14, Country::Uk), (4, 5), true, "2025-04-05"),
        with(Options::new(3, 200, 27, Country::Ca), (2, 29), true, "2024-02-29"),
        with(Options::new(4, 400, 13, Country::Nl), (12, 31), false, "2026-01-01"),
        with(Options::new(5, 150, 18, Country::Fr), (12, 31), true, "2025-12-31"),
        with(Options::new(6, 300, 25, Country::Nz), (3, 31), false, "2026-11-12"),
        with(Options::new(7, 250, 20, Country::Us), (6, 15), true, "2026-06-16"),
    ]
}

fn the_books_balance_and_tie() -> Result<(), Failed> {
    for options in companies() {
        Books::read(&pages(&options)).check(&options).map_err(|text| format!("{options:?}: {text}"))?;
    }
    Ok(())
}

fn random_companies_keep_every_invariant() -> Result<(), Failed> {
    let strategy = (
        0u64..1 << 48,
        1u32..160,
        1u32..30,
        0usize..Country::ALL.len(),
        (1u32..=12, 1u32..=31),
        (42_000i32..46_500),
        proptest::bool::ANY,
        proptest::bool::ANY,
    )
        .prop_map(|(seed, documents, months, country, year_end, as_of, foreign, revaluation)| Options {
            year_end,
            as_of: Date(as_of),
            foreign,
            revaluation,
            ..Options::new(seed, documents, months, Country::ALL[country])
        });
    let config = Config { cases: 40, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&strategy, |options| {
            Books::read(&pages(&options)).check(&options).map_err(proptest::test_runner::TestCaseError::fail)?;
            Ok(())
        })
        .map_err(|error| error.to_string().into())
}

/// FNV-1a, 64 bits: a fingerprint that needs no library.
fn fingerprint(pages: &BTreeMap<String, Vec<u8>>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for byte in pages.iter().flat_map(|(path, bytes)| path.bytes().chain(bytes.iter().copied())) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    }
    hash
}

fn the_same_options_give_the_same_bytes() -> Result<(), Failed> {
    let mut seen = Vec::new();
    for seed in 1..5 {
        let options = Options::new(seed, 120, 8, Country::ALL[seed as usize]);
        let (once, again) = (fingerprint(&pages(&options)), fingerprint(&pages(&options)));
        assert_eq!(once, again);
        assert!(!seen.contains(&once), "seed {seed} gives the company of another seed");
        seen.push(once);
    }
    Ok(())
}

fn full_pages_hold_a_thousand_records() -> Result<(), Failed> {
    let pages = pages(&Options::new(11, 2_300, 12, Country::Uk));
    let mut counts = Vec::new();
    for page in 1.. {
        let Some(bytes) = pages.get(&format!("Invoices/{page}.json")) else { break };
        let json: serde_json::Value = serde_json::from_slice(bytes)?;
        assert_eq!(json["pagination"]["page"], page);
        assert_eq!(json["pagination"]["pageSize"], 1000);
        assert_eq!(json["pagination"]["pageCount"], 3);
        assert_eq!(json["pagination"]["itemCount"], 2_300);
        // The pagination object comes before the records, as Xero sends it.
        let text = std::str::from_utf8(bytes)?;
        assert!(text.find("\"pagination\"") < text.find("\"Invoices\""));
        counts.push(json["Invoices"].as_array().map_or(0, Vec::len));
    }
    assert_eq!(counts, [1000, 1000, 300]);
    Ok(())
}

fn everything_the_readers_must_bear_occurs() -> Result<(), Failed> {
    let options = Options::new(21, 1_500, 26, Country::Au);
    let books = Books::read(&pages(&options));
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut see = |name: String| *seen.entry(name).or_default() += 1;
    for invoice in books.list("Invoices") {
        see(format!("{} {}", books::text(&invoice["Type"]), books::text(&invoice["Status"])));
        see(format!("amounts {}", books::text(&invoice["LineAmountTypes"])));
        if invoice.get("DueDate").is_none() {
            see("no due date".to_owned());
        }
        if invoice.get("CurrencyRate").is_none() {
            see("no rate".to_owned());
        }
        if books::day(&invoice["DateString"]) > options.as_of {
            see("dated ahead".to_owned());
        }
        let date = books::day(&invoice["DateString"]);
        if invoice.get("DueDateString").is_some_and(|due| books::day(due).year() > date.year() + 50) {
            see("absurd due date".to_owned());
        }
        for payment in invoice["Payments"].as_array().into_iter().flatten() {
            if books::ms_day(&payment["Date"]) < date {
                see("paid before its date".to_owned());
            }
        }
        if invoice["Payments"].as_array().is_some_and(|list| list.len() > 1) {
            see("paid in parts".to_owned());
        }
        for line in invoice["LineItems"].as_array().into_iter().flatten() {
            if line.get("AccountCode").is_none() {
                see("line of text".to_owned());
            } else if books::cents(&line["LineAmount"]) == 0 {
                see("line of zero".to_owned());
            } else if books::cents(&line["LineAmount"]) < 0 {
                see("negative line".to_owned());
            }
            for key in ["DiscountRate", "DiscountAmount", "ItemCode"] {
                if line.get(key).is_some() {
                    see(key.to_owned());
                }
            }
            see(format!("tracking {}", line["Tracking"].as_array().map_or(0, Vec::len)));
        }
    }
    for (endpoint, key) in [
        ("CreditNotes", "Type"),
        ("Overpayments", "Type"),
        ("Prepayments", "Type"),
        ("BankTransactions", "Type"),
        ("Payments", "PaymentType"),
    ] {
        for record in books.list(endpoint) {
            see(format!("{endpoint} {} {}", books::text(&record[key]), books::text(&record["Status"])));
        }
    }
    for claim in books.list("ExpenseClaims") {
        see(format!("claim {}", books::text(&claim["Status"])));
    }
    for contact in books.list("Contacts") {
        see(format!("contact {}", books::text(&contact["ContactStatus"])));
        if contact.get("MergedToContactID").is_some() {
            see("merged contact".to_owned());
        }
        let name = books::text(&contact["Name"]);
        for (what, test) in [
            ("4-byte letters", name.chars().any(|c| c as u32 > 0xFFFF)),
            ("right-to-left", name.chars().any(|c| ('\u{590}'..'\u{700}').contains(&c))),
            ("quotes", name.contains('"')),
        ] {
            if test {
                see(what.to_owned());
            }
        }
    }
    for account in books.list("Accounts") {
        see(format!("account {}", books::text(&account["Status"])));
    }
    if books.balances.values().any(|rows| rows.iter().any(|row| row.id == "FXGROUPID")) {
        see("FXGROUPID".to_owned());
    }
    let wanted = [
        "ACCREC PAID",
        "ACCREC AUTHORISED",
        "ACCREC DRAFT",
        "ACCREC SUBMITTED",
        "ACCREC VOIDED",
        "ACCREC DELETED",
        "ACCPAY PAID",
        "ACCPAY AUTHORISED",
        "ACCPAY DRAFT",
        "ACCPAY SUBMITTED",
        "ACCPAY VOIDED",
        "ACCPAY DELETED",
        "amounts Exclusive",
        "amounts Inclusive",
        "amounts NoTax",
        "no due date",
        "absurd due date",
        "no rate",
        "dated ahead",
        "paid before its date",
        "paid in parts",
        "line of text",
        "line of zero",
        "negative line",
        "DiscountRate",
        "DiscountAmount",
        "ItemCode",
        "tracking 0",
        "tracking 1",
        "tracking 2",
        "CreditNotes ACCRECCREDIT PAID",
        "CreditNotes ACCPAYCREDIT PAID",
        "CreditNotes ACCRECCREDIT AUTHORISED",
        "CreditNotes ACCRECCREDIT VOIDED",
        "Overpayments RECEIVE-OVERPAYMENT PAID",
        "Overpayments RECEIVE-OVERPAYMENT AUTHORISED",
        "Overpayments SPEND-OVERPAYMENT PAID",
        "Prepayments RECEIVE-PREPAYMENT PAID",
        "Prepayments SPEND-PREPAYMENT PAID",
        "BankTransactions RECEIVE AUTHORISED",
        "BankTransactions SPEND AUTHORISED",
        "BankTransactions SPEND DELETED",
        "BankTransactions RECEIVE-OVERPAYMENT AUTHORISED",
        "BankTransactions RECEIVE-PREPAYMENT AUTHORISED",
        "BankTransactions RECEIVE-TRANSFER AUTHORISED",
        "BankTransactions SPEND-TRANSFER AUTHORISED",
        "Payments ACCRECPAYMENT AUTHORISED",
        "Payments ACCPAYPAYMENT AUTHORISED",
        "Payments ACCRECPAYMENT DELETED",
        "Payments ARCREDITPAYMENT AUTHORISED",
        "Payments APCREDITPAYMENT AUTHORISED",
        "Payments AROVERPAYMENTPAYMENT AUTHORISED",
        "claim PAID",
        "claim AUTHORISED",
        "contact ACTIVE",
        "contact ARCHIVED",
        "merged contact",
        "4-byte letters",
        "right-to-left",
        "quotes",
        "account ACTIVE",
        "account ARCHIVED",
        "FXGROUPID",
    ];
    let missing: Vec<&str> = wanted.into_iter().filter(|name| !seen.contains_key(*name)).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("never seen: {missing:?}").into()) }
}

fn the_built_in_company_is_up_to_date() -> Result<(), Failed> {
    let fresh = pages(&Options::built_in());
    if std::env::var_os("XERO_PBIT_ACCEPT").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/model/sample/company.json");
        std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/model/sample"))?;
        let packed = sample::pack(fresh.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())));
        let lines: Vec<String> = packed.iter().map(|file| format!("[\"{}\", \"{}\"]", file.path, file.text)).collect();
        std::fs::write(path, format!("[\n{}\n]\n", lines.join(",\n")))?;
        return Ok(());
    }
    let stored: BTreeMap<String, Vec<u8>> = sample::built_in().iter().cloned().collect();
    for (path, bytes) in &fresh {
        if stored.get(path) != Some(bytes) {
            return Err(format!("`{path}` differs from the built-in company; run once with XERO_PBIT_ACCEPT=1").into());
        }
    }
    assert_eq!(stored.len(), fresh.len());
    // Reports are for `validate` alone; the template carries the rest.
    let carried = |path: &str| !["ProfitAndLoss/", "BalanceSheet/", "BankSummary/"].iter().any(|report| path.starts_with(report));
    let packed: usize = sample::built_in_packed().iter().filter(|file| carried(&file.path)).map(|file| file.text.len()).sum();
    assert!(packed / 4 * 3 <= 300_000, "{packed} letters of base64");
    Ok(())
}

/// The page with the last digit of the `nth` amount after `key` changed.
fn falsified(page: &[u8], key: &str, nth: usize) -> Vec<u8> {
    let text = std::str::from_utf8(page).expect("pages are UTF-8");
    let mut ends = text.match_indices(key).filter_map(|(at, _)| {
        let start = at + key.len();
        let length = text[start..].find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'))?;
        (text[start..start + length].contains('.') && length > 0).then_some(start + length - 1)
    });
    let end = ends.nth(nth).unwrap_or_else(|| panic!("no {key}"));
    let mut page = page.to_vec();
    page[end] = if page[end] == b'0' { b'1' } else { b'0' };
    page
}

fn the_checks_notice_a_changed_figure() -> Result<(), Failed> {
    let options = Options { foreign: false, ..Options::new(31, 200, 14, Country::Uk) };
    let good = pages(&options);
    Books::read(&good).check(&options)?;
    let month = "2026-10-01_2026-10-31";
    for (path, key, nth) in [
        ("Invoices/1.json".to_owned(), "\"AmountDue\":", 3),
        ("Invoices/1.json".to_owned(), "\"AmountPaid\":", 40),
        ("Invoices/1.json".to_owned(), "\"SubTotal\":", 5),
        ("Invoices/1.json".to_owned(), "\"TaxAmount\":", 9),
        ("Payments/1.json".to_owned(), "\"BankAmount\":", 120),
        ("CreditNotes/1.json".to_owned(), "\"RemainingCredit\":", 0),
        ("BankTransactions/1.json".to_owned(), "\"Total\":", 11),
        ("Items/1.json".to_owned(), "\"TotalCostPool\":", 0),
        ("TrialBalance/2026-10-31.json".to_owned(), "\"Value\":\"", 4),
        ("TrialBalance/2026-11-12.json".to_owned(), "\"Value\":\"", 60),
        ("BalanceSheet/2026-10-31.json".to_owned(), "\"Value\":\"", 2),
        (format!("ProfitAndLoss/{month}.json"), "\"Value\":\"", 1),
        (format!("BankSummary/{month}.json"), "\"Value\":\"", 3),
    ] {
        let mut pages = good.clone();
        let page = pages.get_mut(&path).ok_or(format!("no {path}"))?;
        *page = falsified(page, key, nth);
        if Books::read(&pages).check(&options).is_ok() {
            return Err(format!("nobody notices that amount {nth} of {key} in {path} is wrong").into());
        }
    }
    // Transfers whose legs are listed as bank transactions are not read twice; of the first ones some are not.
    let noticed = (0..8).filter(|&nth| {
        let mut pages = good.clone();
        let page = falsified(&pages["BankTransfers/1.json"], "\"Amount\":", nth);
        pages.insert("BankTransfers/1.json".to_owned(), page);
        Books::read(&pages).check(&options).is_err()
    });
    assert!(noticed.count() >= 2);
    Ok(())
}

fn the_command_writes_company_folders() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let run = |arguments: &[&str]| {
        std::process::Command::new(env!("CARGO_BIN_EXE_xero-pbit")).arg("sample").args(arguments).current_dir(folder.path()).output()
    };
    let list = |path: &str| -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder.path().join(path))
            .map(|entries| entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
            .unwrap_or_default();
        names.sort();
        names
    };
    let one = run(&[
        "--size",
        "40",
        "--country",
        "uk",
        "--fiscal-year-end",
        "04-05",
        "--as-of",
        "2026-04-05",
        "--out",
        "one",
        "--journal",
        "hledger",
    ])?;
    assert!(one.status.success() && one.stdout.is_empty(), "{}", String::from_utf8_lossy(&one.stderr));
    let expected = Options { year_end: (4, 5), as_of: "2026-04-05".parse()?, ..Options::new(1, 40, 26, Country::Uk) };
    for (path, bytes) in pages(&expected) {
        assert!(std::fs::read(folder.path().join("one").join(&path))? == bytes, "{path}");
    }
    assert!(std::fs::read_to_string(folder.path().join("one.journal"))?.contains("2026-04-0"));
    // A second run leaves nothing of the first one behind.
    let again = run(&["--size", "40", "--as-of", "2025-04-05", "--out", "one", "--quiet"])?;
    assert!(again.status.success() && again.stderr.is_empty());
    assert_eq!(list("one/TrialBalance").last().map(String::as_str), Some("2025-04-05.json"));
    let three = run(&["--size", "20", "--organisations", "3", "--out", "group"])?;
    assert!(three.status.success());
    assert_eq!(list("group"), ["au-1", "au-2", "nz-3"]);
    assert_eq!(list("group/nz-3/Organisation"), ["1.json"]);
    let name = |path: &str| std::fs::read_to_string(folder.path().join(path)).map(|text| text.split("\"Name\":").nth(1).map(str::to_owned));
    assert_ne!(name("group/au-1/Organisation/1.json")?, name("group/au-2/Organisation/1.json")?);
    for (arguments, part) in [
        (&["--out", "x", "--fiscal-year-end", "02-30"][..], "month and a day"),
        (&["--out", "x", "--country", "de"], "au, nz, uk"),
        (&["--out", "x", "--as-of", "9999-12-31"], "between 1990 and 2100"),
        (&["--out", "x", "--as-of", "today"], "2024-06-30"),
        (&["--out", "x", "--size", "huge"], "tiny, small"),
        (&["--out", "one", "--organisations", "2"], "a company already"),
        (&["--out", "group"], "holds companies"),
        (&[], "--out"),
    ] {
        let output = run(arguments)?;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(message.contains(part), "{message}");
    }
    Ok(())
}
