//! The whole reference: what the library has, and what it leaves out with the reason.

use super::all;

/// One function of the reference.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// What comes before the dot.
    pub category: String,
    /// How it is called.
    pub syntax: String,
    /// Whether it runs here.
    pub supported: bool,
    /// Why it does not.
    pub why: Option<&'static str>,
}

/// Every function of the reference, sorted by name.
pub fn reference() -> Vec<Entry> {
    let outside = |name: &str| super::outside::FUNCTIONS.iter().find(|f| f.name == name).map(|f| f.about);
    let mut entries: Vec<Entry> = all()
        .into_iter()
        .map(|f| {
            let why = outside(f.name);
            Entry { name: f.name, category: f.category().to_owned(), syntax: f.syntax(), supported: why.is_none(), why }
        })
        .collect();
    entries.sort_by_key(|e| e.name);
    entries
}

/// The reference page in Markdown, made from the descriptors.
pub fn page() -> String {
    use std::fmt::Write;
    let mut out =
        String::from("# M functions\n\nGenerated from the descriptors of the library; `xero-pbit m functions NAME` shows the same.\n");
    let functions = all();
    let outside = |name: &str| super::outside::FUNCTIONS.iter().any(|f| f.name == name);
    let mut category = "";
    for f in functions.iter().filter(|f| !outside(f.name)) {
        if f.category() != category {
            category = f.category();
            let _ = write!(out, "\n## {category}\n");
        }
        let _ = write!(out, "\n### {}\n\n```text\n{}\n```\n\n{}\n[Reference]({})\n", f.name, f.syntax(), f.about, f.source);
        if !f.examples.is_empty() {
            out.push_str("\n```text\n");
            for (code, result) in f.examples {
                let _ = writeln!(out, "{code}  // {result}");
            }
            out.push_str("```\n");
        }
    }
    out.push_str("\n## Not supported\n\nThese raise an error that `try` does not catch.\n\n");
    for f in functions.iter().filter(|f| outside(f.name)) {
        let _ = writeln!(out, "- `{}`: {}", f.name, f.about);
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::{FAMILIES, all, outside};
    use crate::m::syntax::parse_document;
    use crate::m::{Interp, Options, Sources, Value};

    fn run(code: &str) -> Result<(Interp, Value), String> {
        let parsed = parse_document(code).map_err(|error| format!("{code}: {error:?}"))?;
        let mut cx = Interp::new(Options::default(), Sources::default());
        let value = cx.eval_document(&parsed.document, None).map_err(|error| format!("{code}: {error}"))?;
        Ok((cx, value))
    }

    #[test]
    fn names_are_unique_and_described() {
        let mut seen = BTreeSet::new();
        for f in FAMILIES.iter().flat_map(|family| family.iter()) {
            assert!(seen.insert(f.name), "{} is there twice", f.name);
            assert!(f.about.ends_with('.'), "{}: {}", f.name, f.about);
            assert!(f.source.starts_with("https://learn.microsoft.com/"), "{}", f.name);
            let first_optional = f.params.iter().position(|p| p.optional).unwrap_or(f.params.len());
            assert!(f.params[first_optional..].iter().all(|p| p.optional), "{}: optional parameters come last", f.name);
        }
    }

    #[test]
    fn examples_give_what_they_say() {
        crate::m::with_stack(|| {
            let mut wrong = Vec::new();
            for f in all() {
                for (code, expected) in f.examples {
                    match (run(code), run(expected)) {
                        (Ok((mut cx, value)), Ok((_other, wanted))) => match cx.equals(&value, &wanted) {
                            Ok(true) => {}
                            Ok(false) => wrong.push(format!("{code} gives {value:?}, not {expected}")),
                            Err(error) => wrong.push(format!("{code}: {error}")),
                        },
                        (Err(error), _) | (_, Err(error)) => wrong.push(error),
                    }
                }
            }
            assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        });
    }

    #[test]
    fn what_is_out_of_scope_says_so_and_is_not_caught() {
        crate::m::with_stack(|| {
            let f = outside::FUNCTIONS.iter().find(|f| f.name == "Sql.Database").expect("a database is out of scope");
            assert!(f.examples.is_empty());
            let parsed = parse_document("try Sql.Database(\"a\", \"b\") otherwise 1").expect("the text is well-formed");
            let mut cx = Interp::new(Options::default(), Sources::default());
            let error = cx.eval_document(&parsed.document, None).expect_err("an unsupported function fails");
            assert!(error.is_unsupported());
        });
    }
}
