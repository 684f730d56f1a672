//! Names that people mistype, or write in another case.

/// The candidate most like `name`, if one is alike enough to be worth suggesting (case is ignored).
///
/// ```
/// assert_eq!(xero_pbit::base::nearest("Amout", ["Amount", "Date"]), Some("Amount"));
/// assert_eq!(xero_pbit::base::nearest("zzz", ["Amount", "Date"]), None);
/// ```
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let mut best: Option<(f64, &str)> = None;
    for candidate in candidates {
        let lower = candidate.to_lowercase();
        let score = if lower == wanted { 1.0 } else { strsim::normalized_damerau_levenshtein(&wanted, &lower) };
        if best.is_none_or(|(top, _)| score > top) {
            best = Some((score, candidate));
        }
    }
    best.filter(|(score, _)| *score >= 0.6).map(|(_, candidate)| candidate)
}

/// Whether two names are the same but for case, as Analysis Services compares names.
///
/// ```
/// assert!(xero_pbit::base::same_name("Due Date", "due date"));
/// assert!(xero_pbit::base::same_name("ÉTAT", "état"));
/// assert!(!xero_pbit::base::same_name("Etat", "État"));
/// ```
pub fn same_name(a: &str, b: &str) -> bool {
    match a.is_ascii() && b.is_ascii() {
        true => a.eq_ignore_ascii_case(b),
        false => a.to_lowercase() == b.to_lowercase(),
    }
}
