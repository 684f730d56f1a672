//! The function table as the Markdown of `docs/dax-functions.md`.

use std::fmt::Write as _;

use super::{Body, with_categories};

/// The reference page: categories in alphabetical order, functions by name, each with syntax, sentence, examples and its page at
/// Microsoft; functions without meaning offline say why.
pub fn reference_page() -> String {
    let mut categories: Vec<&str> = with_categories().map(|(category, _)| category).collect();
    categories.sort_unstable();
    categories.dedup();
    let supported = with_categories().filter(|(_, f)| !matches!(f.body, Body::Unsupported(_))).count();
    let mut out = String::from("# DAX functions\n\n");
    // Writing to a `String` cannot fail.
    let _ = writeln!(
        out,
        "{supported} functions run offline. This page is made from the function table of the engine; `xero-pbit dax functions NAME` shows \
         one of them. The examples run as tests over the small model in `tests/dax_functions`.\n"
    );
    for category in &categories {
        let anchor: String = category.to_lowercase().replace(' ', "-");
        let _ = writeln!(out, "- [{category}](#{anchor})");
    }
    for category in categories {
        let _ = write!(out, "\n## {category}\n");
        for (_, function) in with_categories().filter(|(found, _)| *found == category) {
            let _ = write!(out, "\n### {}\n\n`{}`\n\n", function.name, function.syntax());
            match function.body {
                Body::Unsupported(why) => {
                    let _ = writeln!(out, "Not available: {why}. ([reference]({}))", function.source);
                }
                _ => {
                    let _ = writeln!(out, "{} ([reference]({}))", function.about, function.source);
                }
            }
            if !function.examples.is_empty() {
                out.push_str("\n```dax\n");
                for (expression, result) in function.examples {
                    let _ = writeln!(out, "{expression}  -- {result}");
                }
                out.push_str("```\n");
            }
        }
    }
    out
}
