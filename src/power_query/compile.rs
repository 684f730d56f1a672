//! Compiling handlebars templates. Their grammar looks at every character for a tag, and templates of M are long texts with few tags, so that
//! only the lines around tags are given to it.

use handlebars::Template;
use handlebars::template::TemplateElement as Element;

/// What stands for a piece of text that was set aside: this, its number, and this again.
const MARK: char = '\u{1}';
/// Shorter pieces stay: setting them aside gains nothing.
const SHORT: usize = 40;

/// A template, as `Template::compile` makes it.
pub(super) fn compiled(text: &str) -> Result<Template, handlebars::TemplateError> {
    if let Some((short, pieces)) = set_aside(text)
        && let Ok(mut template) = Template::compile(&short)
        && put_back(&mut template, &pieces) == pieces.len()
    {
        return Ok(template);
    }
    // Also for a message with the right place.
    Template::compile(text)
}

/// The text with its long pieces between tags set aside, and these pieces. A piece is whole lines without the blanks and line ends around them, which say
/// whether a tag stands alone. `None` for what is better left alone: escaped tags, raw blocks, comments, which may hold tags.
fn set_aside(text: &str) -> Option<(String, Vec<&str>)> {
    if text.contains(MARK) || text.contains("{{{{") || text.contains("\\{{") || text.contains("{{!") {
        return None;
    }
    let mut out = String::new();
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        // Up to the next tag; the line of the tag before it and its own line stay.
        let (plain, tag) = rest.split_at(rest.find("{{").unwrap_or(rest.len()));
        let first = if out.is_empty() { 0 } else { plain.find('\n').unwrap_or(plain.len()) };
        let last = if tag.is_empty() { plain.len() } else { plain.rfind('\n').unwrap_or(0) };
        let piece = plain.get(first..last).unwrap_or("").trim();
        if piece.len() >= SHORT {
            let start = piece.as_ptr() as usize - plain.as_ptr() as usize;
            out.push_str(&plain[..start]);
            out.push_str(&format!("{MARK}{}{MARK}", pieces.len()));
            out.push_str(&plain[start + piece.len()..]);
            pieces.push(piece);
        } else {
            out.push_str(plain);
        }
        let end = tag.find("}}").map_or(tag.len(), |at| at + 2);
        out.push_str(&tag[..end]);
        rest = &tag[end..];
    }
    Some((out, pieces))
}

/// Puts the pieces back into the texts of a template; how many there were.
fn put_back(template: &mut Template, pieces: &[&str]) -> usize {
    let mut count = 0;
    for element in &mut template.elements {
        count += match element {
            Element::RawString(text) => put_back_text(text, pieces),
            Element::HelperBlock(block) => block.template.iter_mut().chain(&mut block.inverse).map(|inner| put_back(inner, pieces)).sum(),
            Element::DecoratorBlock(block) | Element::PartialBlock(block) => {
                block.template.iter_mut().map(|inner| put_back(inner, pieces)).sum()
            }
            _ => 0,
        };
    }
    count
}

fn put_back_text(text: &mut String, pieces: &[&str]) -> usize {
    if !text.contains(MARK) {
        return 0;
    }
    let mut count = 0;
    let mut out = String::with_capacity(text.len());
    for (at, part) in text.split(MARK).enumerate() {
        // Every other part is a number.
        match part.parse::<usize>().ok().filter(|_| at % 2 == 1).and_then(|number| pieces.get(number)) {
            Some(piece) => {
                out.push_str(piece);
                count += 1;
            }
            None => out.push_str(part),
        }
    }
    *text = out;
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Templates are equal but for the places of their elements.
    fn same(a: &Template, b: &Template) -> bool {
        let inner = |a: &Option<Template>, b: &Option<Template>| match (a, b) {
            (Some(a), Some(b)) => same(a, b),
            (a, b) => a.is_none() && b.is_none(),
        };
        a.elements.len() == b.elements.len()
            && a.elements.iter().zip(&b.elements).all(|(a, b)| match (a, b) {
                (Element::HelperBlock(a), Element::HelperBlock(b)) => {
                    a.name == b.name && a.params == b.params && inner(&a.template, &b.template) && inner(&a.inverse, &b.inverse)
                }
                (Element::DecoratorBlock(a), Element::DecoratorBlock(b)) | (Element::PartialBlock(a), Element::PartialBlock(b)) => {
                    a.name == b.name && a.indent == b.indent && inner(&a.template, &b.template)
                }
                (a, b) => a == b,
            })
    }

    #[test]
    fn shipped_templates_compile_to_the_same() {
        let files = crate::project::shipped::files().under("templates");
        let mut short = 0;
        for (path, bytes) in files.iter().filter(|(path, _)| path.ends_with(".hbs")) {
            let text = std::str::from_utf8(bytes).unwrap();
            assert!(same(&compiled(text).unwrap(), &Template::compile(text).unwrap()), "{path}");
            short += usize::from(set_aside(text).is_some_and(|(short, _)| short.len() < text.len()));
        }
        assert!(short > 10, "{short} templates have pieces that are set aside");
    }

    #[test]
    fn lines_around_tags_decide_about_blanks() {
        let long = "x = 1, // a line that is long enough to be set aside for a while";
        let texts = [
            format!("{long}\n\n  {{{{#if a}}}}\n  {long}\n\n{{{{else}}}}\n{long}  \n  {{{{~/if~}}}}  \n\n  {long}\n{{{{b}}}}{long}"),
            format!("{{{{#each a}}}}{long}\n{long}\n  {{{{/each}}}}\n{long}"),
            format!("{{{{#> p}}}}\n  {long}\n{{{{/p}}}}"),
            format!("{long}\n{{{{> p}}}}\n\n\n{long}\n"),
            format!("\\{{{{a}}}}\n{long}\n{{{{b}}}}"),
            format!("{{{{!-- {{{{a}}}} --}}}}\n{long}\n{{{{b}}}}"),
            format!("{MARK}0{MARK}\n{long}\n{{{{b}}}}"),
        ];
        for text in texts {
            assert!(same(&compiled(&text).unwrap(), &Template::compile(&text).unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_broken_is_said_of_the_whole_text() {
        let text = format!("{}\n{{{{#if a}}}}\n", "x = 1, // a line\n".repeat(9));
        assert_eq!(compiled(&text).unwrap_err().pos(), Template::compile(&text).unwrap_err().pos());
    }
}
