//! Text stands out from what lies behind it: at least 4.5 : 1.
//!
//! Source: WCAG 2.2, success criterion 1.4.3, <https://www.w3.org/TR/WCAG22/#contrast-minimum>.

use super::at;
use crate::base::Diagnostic;
use crate::report::{Color, Page, Property, Report, Selector, Visual};

const LEAST: f64 = 4.5;

/// How much two colours `#RRGGBB` differ, 1 to 21; `None` when one is not a colour.
///
/// ```
/// use xero_pbit::check::report::ratio;
/// assert_eq!(ratio("#000000", "#FFFFFF"), Some(21.0));
/// assert_eq!(ratio("black", "#FFFFFF"), None);
/// ```
pub fn ratio(a: &str, b: &str) -> Option<f64> {
    let (a, b) = (luminance(a)?, luminance(b)?);
    Some((a.max(b) + 0.05) / (a.min(b) + 0.05))
}

fn luminance(hex: &str) -> Option<f64> {
    let digits = hex.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let channel = |index: usize| {
        let value = f64::from(u8::from_str_radix(&digits[index..index + 2], 16).ok()?) / 255.0;
        Some(if value <= 0.03928 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) })
    };
    Some(0.2126 * channel(0)? + 0.7152 * channel(2)? + 0.0722 * channel(4)?)
}

pub(super) fn check(report: &Report, found: &mut Vec<Diagnostic>) {
    let theme = &report.theme;
    let background = theme.color("background").unwrap_or("#FFFFFF");
    let mut pairs: Vec<(String, String, &str)> = Vec::new();
    for key in ["foreground", "foregroundNeutralSecondary", "hyperlink"] {
        pairs.extend(theme.color(key).map(|color| (format!("`{key}`"), color.to_owned(), "the background")));
    }
    for (name, class) in theme.json.get("textClasses").and_then(|c| c.as_object()).into_iter().flatten() {
        pairs.extend(
            class.get("color").and_then(|c| c.as_str()).map(|color| (format!("text class `{name}`"), color.to_owned(), "the background")),
        );
    }
    for (what, color, on) in pairs {
        if let Some(ratio) = ratio(&color, background).filter(|ratio| *ratio < LEAST) {
            found.push(weak(format!("{what} of the theme ({color}) on {on} ({background})"), ratio).in_file("theme.yaml", None));
        }
    }
    for page in &report.pages {
        for visual in &page.visuals {
            visual_texts(report, page, visual, background, found);
        }
    }
}

fn weak(what: String, ratio: f64) -> Diagnostic {
    Diagnostic::warning("R0215", format!("{what} has a contrast of {ratio:.1} : 1")).help(format!("texts need at least {LEAST} : 1"))
}

fn visual_texts(report: &Report, page: &Page, visual: &Visual, paper: &str, found: &mut Vec<Diagnostic>) {
    let behind = behind(report, page, visual, paper);
    let mut seen: Vec<(String, String)> = Vec::new();
    for object in visual.objects.iter().chain(&visual.container) {
        let is_plain = matches!(&object.selector, Selector::All) || object.selector == Selector::Id("default".to_owned());
        for (name, property) in &object.properties {
            match property {
                Property::Color(Color::Hex(color)) if name == "fontColor" => {
                    // A button's or a navigator's text lies on the fill of the same state.
                    let fill = match &object.selector {
                        Selector::Id(_) if object.name == "text" => fill_of(visual, &object.selector).unwrap_or_else(|| behind.clone()),
                        _ => behind.clone(),
                    };
                    seen.push((color.clone(), fill));
                }
                Property::Paragraphs(paragraphs) if is_plain => {
                    let colors = paragraphs.iter().flat_map(|p| &p.runs).filter_map(|run| run.style.get("color"));
                    seen.extend(colors.map(|color| (color.clone(), behind.clone())));
                }
                _ => {}
            }
        }
    }
    seen.sort();
    seen.dedup();
    for (color, behind) in seen {
        if let Some(ratio) = ratio(&color, &behind).filter(|ratio| *ratio < LEAST) {
            found.push(at(weak(format!("text {color} on {behind} in `{}`", visual.name), ratio), page, visual, None, "hard to read"));
        }
    }
}

fn fill_of(visual: &Visual, selector: &Selector) -> Option<String> {
    let fill = visual.objects.iter().find(|object| object.name == "fill" && object.selector == *selector)?;
    hex(fill.properties.get("fillColor")?)
}

fn hex(property: &Property) -> Option<String> {
    match property {
        Property::Color(Color::Hex(color)) => Some(color.clone()),
        _ => None,
    }
}

/// The colour behind a visual's texts: its own background, else the shape below it, else the page.
fn behind(report: &Report, page: &Page, visual: &Visual, paper: &str) -> String {
    if visual.container("background", "show") != Some(&Property::Bool(false)) {
        return visual.container("background", "color").and_then(hex).unwrap_or_else(|| paper.to_owned());
    }
    let below = page.visuals.iter().filter(|other| other.type_name() == "shape" && other.position.z < visual.position.z);
    let covering = below.filter(|other| other.position.overlaps(&visual.position)).max_by_key(|other| other.position.z);
    if let Some(color) = covering.and_then(|shape| fill_of(shape, &Selector::Id("default".to_owned()))) {
        return color;
    }
    let own = page.objects.iter().find(|object| object.name == "background").and_then(|object| hex(object.properties.get("color")?));
    own.or_else(|| {
        let theme = report.theme.json.get("visualStyles")?.get("page")?.get("*")?.get("background")?.get(0)?;
        theme.get("color")?.get("solid")?.get("color")?.as_str().map(str::to_owned)
    })
    .unwrap_or_else(|| paper.to_owned())
}
