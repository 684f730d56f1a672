//! A company as the server holds it: records of each endpoint, reports by file name.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use serde_json::value::RawValue;

use super::filter::{Condition, parse_where};
use super::{Answer, Request};

/// How an endpoint behaves.
struct Endpoint {
    /// Path segment and folder.
    name: &'static str,
    /// Key of the list.
    list: &'static str,
    /// Key of a record's id.
    id: &'static str,
    /// Whether it pages.
    paged: bool,
    /// Whether an answer without `page` lacks line items.
    lines: bool,
}

const fn endpoint(name: &'static str, list: &'static str, id: &'static str, paged: bool, lines: bool) -> Endpoint {
    Endpoint { name, list, id, paged, lines }
}

/// Source: Xero's OpenAPI file 16.1.0.
const ENDPOINTS: [Endpoint; 15] = [
    endpoint("Organisation", "Organisations", "OrganisationID", false, false),
    endpoint("Accounts", "Accounts", "AccountID", false, false),
    endpoint("Items", "Items", "ItemID", false, false),
    endpoint("Contacts", "Contacts", "ContactID", true, false),
    endpoint("Invoices", "Invoices", "InvoiceID", true, true),
    endpoint("CreditNotes", "CreditNotes", "CreditNoteID", true, true),
    endpoint("Payments", "Payments", "PaymentID", true, false),
    endpoint("Overpayments", "Overpayments", "OverpaymentID", true, false),
    endpoint("Prepayments", "Prepayments", "PrepaymentID", true, false),
    endpoint("BankTransactions", "BankTransactions", "BankTransactionID", true, true),
    endpoint("BankTransfers", "BankTransfers", "BankTransferID", false, false),
    endpoint("ExpenseClaims", "ExpenseClaims", "ExpenseClaimID", false, false),
    endpoint("Currencies", "Currencies", "Code", false, false),
    endpoint("TaxRates", "TaxRates", "Name", false, false),
    endpoint("TrackingCategories", "TrackingCategories", "TrackingCategoryID", false, false),
];

/// A record with what filters look at.
struct Record {
    raw: String,
    id: String,
    updated_ms: i64,
    /// All fields but lists.
    value: Value,
}

/// A file that is not what a company folder holds.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadError {
    /// The file.
    pub file: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.message)
    }
}

impl std::error::Error for LoadError {}

/// One organisation.
pub struct Company {
    /// Tenant id: derived from OrganisationID.
    pub tenant_id: String,
    /// Name.
    pub name: String,
    records: BTreeMap<&'static str, Vec<Record>>,
    reports: BTreeMap<String, Vec<u8>>,
}

impl Company {
    /// From the files of a company folder: path with `/` → bytes, in any order.
    ///
    /// # Errors
    /// The first file that is not a page of its endpoint; a folder without `Organisation/1.json`.
    pub fn from_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Company, LoadError> {
        let mut pages: BTreeMap<(&'static str, u64), (String, Vec<u8>)> = BTreeMap::new();
        let mut reports = BTreeMap::new();
        for (path, bytes) in files {
            let Some((folder, file)) = path.split_once('/') else { continue };
            let Some(stem) = file.strip_suffix(".json") else { continue };
            if let Some(e) = ENDPOINTS.iter().find(|e| e.name == folder) {
                if let Ok(number) = stem.parse() {
                    pages.insert((e.name, number), (path.clone(), bytes));
                }
            } else if matches!(folder, "TrialBalance" | "BalanceSheet" | "ProfitAndLoss" | "BankSummary") {
                reports.insert(format!("{folder}/{stem}"), bytes);
            }
        }
        let mut records: BTreeMap<&'static str, Vec<Record>> = BTreeMap::new();
        for ((name, _), (path, bytes)) in pages {
            let endpoint = ENDPOINTS.iter().find(|e| e.name == name).expect("pages are keyed by known endpoints");
            let list = records.entry(name).or_default();
            for record in read_page(endpoint, &path, &bytes)? {
                // There is one organisation: a later version stands where the earlier one stood. Other lists may be long; see `dedupe`.
                let known = if name == "Organisation" { list.iter().position(|old| old.id == record.id) } else { None };
                match known {
                    Some(at) => list[at] = record,
                    None => list.push(record),
                }
            }
        }
        for list in records.values_mut() {
            dedupe(list);
        }
        let Some(organisation) = records.get("Organisation").and_then(|list| list.first()) else {
            return Err(LoadError { file: "Organisation/1.json".to_owned(), message: "expected one organisation, found none".to_owned() });
        };
        let text = |key: &str| organisation.value[key].as_str().unwrap_or_default().to_owned();
        Ok(Company { tenant_id: text("OrganisationID"), name: text("Name"), records, reports })
    }

    /// Marks the first record of an endpoint as changed now, which moves it in modified-since answers.
    pub(super) fn touch(&mut self, endpoint: &str, now_ms: i64) {
        if let Some(record) =
            self.records.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case(endpoint)).and_then(|(_, list)| list.first_mut())
        {
            let moment = format!("/Date({now_ms}+0000)/");
            let mut whole: Value = serde_json::from_str(&record.raw).expect("a record is JSON");
            whole["UpdatedDateUTC"] = moment.clone().into();
            record.raw = whole.to_string();
            record.value["UpdatedDateUTC"] = moment.into();
            record.updated_ms = now_ms;
        }
    }

    pub(super) fn serve(&self, request: &Request, resource: &str) -> Answer {
        if let Some(report) = resource.strip_prefix("Reports/") {
            return self.report(request, report);
        }
        let Some(endpoint) = ENDPOINTS.iter().find(|e| e.name.eq_ignore_ascii_case(resource)) else {
            return super::problem(404, "NotFound", "The resource you're looking for cannot be found");
        };
        match self.list(request, endpoint) {
            Ok(answer) => answer,
            Err(message) => Answer::json(400, &serde_json::json!({"ErrorNumber": 16, "Type": "QueryParseException", "Message": message})),
        }
    }

    fn list(&self, request: &Request, endpoint: &Endpoint) -> Result<Answer, String> {
        let since = request.headers.get("if-modified-since").filter(|_| endpoint.name != "Organisation");
        let since_ms =
            since.map(|text| parse_since(text).ok_or_else(|| format!("If-Modified-Since `{text}` is not a date"))).transpose()?;
        let conditions = request.query("where").map(parse_where).transpose()?.unwrap_or_default();
        let list_of = |name: &str| request.query(name).map(|v| v.split(',').map(str::to_owned).collect::<Vec<_>>());
        let statuses = list_of("Statuses");
        let ids = list_of("IDs");
        let archived = request.query("includeArchived").is_some_and(|v| v.eq_ignore_ascii_case("true")) || since.is_some();
        let empty = Vec::new();
        let mut chosen: Vec<&Record> = self
            .records
            .get(endpoint.name)
            .unwrap_or(&empty)
            .iter()
            .filter(|r| since_ms.is_none_or(|ms| r.updated_ms >= ms))
            .filter(|r| statuses.as_ref().is_none_or(|s| r.value["Status"].as_str().is_some_and(|status| s.iter().any(|x| x == status))))
            .filter(|r| ids.as_ref().is_none_or(|ids| ids.contains(&r.id)))
            .filter(|r| endpoint.name != "Contacts" || archived || r.value["ContactStatus"].as_str() != Some("ARCHIVED"))
            .filter(|r| conditions.iter().all(|c: &Condition| c.holds(&r.value)))
            .collect();
        if let Some(order) = request.query("order") {
            let descending = order.to_ascii_uppercase().ends_with(" DESC");
            let key = order.split_whitespace().next().unwrap_or_default();
            if key == "UpdatedDateUTC" {
                chosen.sort_by_key(|r| r.updated_ms);
            } else if key == endpoint.id {
                chosen.sort_by(|a, b| a.id.cmp(&b.id));
            } else if matches!(key, "Date" | "Name") {
                chosen.sort_by_key(|r| r.value[key].as_str().map(super::filter::sort_key));
            } else {
                return Err(format!("No property or field '{key}' exists in type"));
            }
            if descending {
                chosen.reverse();
            }
        }
        let number = |name: &str| {
            request
                .query(name)
                .map(|v| v.parse::<usize>().ok().filter(|n| *n > 0).ok_or_else(|| format!("{name} must be a positive number")))
                .transpose()
        };
        let page = number("page")?;
        let mut body = String::from(
            r#"{"Id":"11111111-1111-4111-8111-111111111111","Status":"OK","ProviderName":"xero-pbit mock","DateTimeUTC":"/Date(1700000000000)/","#,
        );
        let items: Vec<&Record> = match page.filter(|_| endpoint.paged) {
            Some(page) => {
                let size = number("pageSize")?.unwrap_or(100);
                if size > 1_000 {
                    return Err("pageSize must be at most 1000".to_owned());
                }
                let count = chosen.len().div_ceil(size);
                body.push_str(&format!(
                    r#""pagination":{{"page":{page},"pageSize":{size},"pageCount":{count},"itemCount":{}}},"#,
                    chosen.len()
                ));
                chosen.into_iter().skip((page - 1) * size).take(size).collect()
            }
            None => chosen,
        };
        let strip = endpoint.lines && page.is_none();
        body.push_str(&format!("\"{}\":[", endpoint.list));
        for (i, record) in items.iter().enumerate() {
            if i > 0 {
                body.push(',');
            }
            if strip {
                let mut value: Value = serde_json::from_str(&record.raw).expect("a record is JSON");
                value["LineItems"] = Value::Array(Vec::new());
                body.push_str(&value.to_string());
            } else {
                body.push_str(&record.raw);
            }
        }
        body.push_str("]}");
        Ok(Answer {
            status: 200,
            headers: vec![("content-type".to_owned(), "application/json; charset=utf-8".to_owned())],
            body: body.into_bytes(),
            ..Answer::default()
        })
    }

    /// A saved report; an empty one of the right shape where none was saved.
    fn report(&self, request: &Request, report: &str) -> Answer {
        let key = match report {
            "TrialBalance" | "BalanceSheet" => request.query("date").map(|date| format!("{report}/{date}")),
            "ProfitAndLoss" | "BankSummary" => match (request.query("fromDate"), request.query("toDate")) {
                (Some(from), Some(to)) => Some(format!("{report}/{from}_{to}")),
                _ => None,
            },
            _ => return super::problem(404, "NotFound", "The resource you're looking for cannot be found"),
        };
        // Without a date, Xero answers as of its own today: the newest that the folder has.
        let prefix = format!("{report}/");
        let saved = match &key {
            Some(key) => self.reports.get(key),
            None => self.reports.range(prefix.clone()..).take_while(|(k, _)| k.starts_with(&prefix)).last().map(|(_, bytes)| bytes),
        };
        let body = saved.cloned().unwrap_or_else(|| {
            let columns = ["Account", "Debit", "Credit", "YTD Debit", "YTD Credit"].map(|value| serde_json::json!({ "Value": value }));
            let title = key.as_deref().and_then(|k| k.rsplit_once('/')).map_or(String::new(), |(_, dates)| long_date(dates));
            serde_json::json!({"Id": "11111111-1111-4111-8111-111111111111", "Status": "OK", "ProviderName": "xero-pbit mock", "DateTimeUTC": "/Date(1700000000000)/",
                "Reports": [{"ReportID": report, "ReportName": report, "ReportType": report, "ReportTitles": [report, self.name, title],
                    "ReportDate": "1 January 2000", "UpdatedDateUTC": "/Date(1700000000000)/", "Fields": [], "Rows": [{"RowType": "Header", "Cells": columns}]}]})
            .to_string()
            .into_bytes()
        });
        Answer {
            status: 200,
            headers: vec![("content-type".to_owned(), "application/json; charset=utf-8".to_owned())],
            body,
            ..Answer::default()
        }
    }
}

/// `As at 30 June 2024` from `2024-06-30`.
fn long_date(date: &str) -> String {
    date.parse::<jiff::civil::Date>().map(|day| day.strftime("As at %-d %B %Y").to_string()).unwrap_or_default()
}

fn dedupe(list: &mut Vec<Record>) {
    let mut last: BTreeMap<String, usize> = BTreeMap::new();
    for (i, record) in list.iter().enumerate() {
        last.insert(record.id.clone(), i);
    }
    if last.len() == list.len() {
        return;
    }
    let mut i = 0;
    list.retain(|record| {
        i += 1;
        record.id.is_empty() || last[&record.id] == i - 1
    });
}

fn read_page(endpoint: &Endpoint, path: &str, bytes: &[u8]) -> Result<Vec<Record>, LoadError> {
    let fail = |message: String| LoadError { file: path.to_owned(), message };
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let envelope: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(bytes).map_err(|error| fail(error.to_string()))?;
    let raw = envelope.get(endpoint.list).ok_or_else(|| fail(format!("expected a list `{}`, found none", endpoint.list)))?;
    let raws: Vec<Box<RawValue>> = serde_json::from_str(raw.get()).map_err(|error| fail(error.to_string()))?;
    raws.into_iter()
        .map(|raw| {
            let raw = raw.get().to_owned();
            let mut value: Value = serde_json::from_str(&raw).map_err(|error| fail(error.to_string()))?;
            let id = value[endpoint.id].as_str().unwrap_or_default().to_owned();
            let updated_ms = value["UpdatedDateUTC"].as_str().and_then(super::filter::wire_ms).unwrap_or(0);
            // Line items and the like are not filtered on; they would need several times the memory of the text.
            if let Some(map) = value.as_object_mut() {
                map.retain(|_, v| !v.is_array());
            }
            Ok(Record { raw, id, updated_ms, value })
        })
        .collect()
}

/// `2026-11-21T00:00:00Z`, with or without `Z`, or an HTTP date.
fn parse_since(text: &str) -> Option<i64> {
    let zoned = if text.ends_with('Z') || text.contains('+') { text.to_owned() } else { format!("{text}Z") };
    zoned.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond).or_else(|| {
        jiff::civil::DateTime::strptime("%a, %d %b %Y %H:%M:%S GMT", text)
            .ok()?
            .to_zoned(jiff::tz::TimeZone::UTC)
            .ok()
            .map(|z| z.timestamp().as_millisecond())
    })
}
