//! Visuals lie on the page, apart from each other, large enough; links lead somewhere; screen readers have words.

use super::{at, at_page};
use crate::base::Diagnostic;
use crate::report::catalog::VisualType;
use crate::report::{Action, Page, PageKind, Property, Report, Visual, VisualKind};

/// Most visuals on a page and pages in a report that the Power BI service takes.
const MAX_VISUALS: usize = 300;
const MAX_PAGES: usize = 1000;

pub(super) fn check(report: &Report, found: &mut Vec<Diagnostic>) {
    if report.pages.len() > MAX_PAGES {
        let message = format!("a report has at most {MAX_PAGES} pages, this one has {}", report.pages.len());
        found.push(Diagnostic::error("R0218", message));
    }
    for page in &report.pages {
        if page.visuals.len() > MAX_VISUALS {
            let message = format!("a page has at most {MAX_VISUALS} visuals, `{}` has {}", page.name, page.visuals.len());
            found.push(at_page(Diagnostic::error("R0218", message), page, "this page"));
        }
        for visual in page.visuals.iter().filter(|visual| is_drawn(visual)) {
            on_canvas(page, visual, found);
            large_enough(page, visual, found);
            words(page, visual, found);
            links(report, page, visual, found);
        }
        overlaps(page, found);
    }
}

fn is_drawn(visual: &Visual) -> bool {
    matches!(visual.kind, VisualKind::Visual(_)) && !visual.is_hidden && visual.group.is_none()
}

fn on_canvas(page: &Page, visual: &Visual, found: &mut Vec<Diagnostic>) {
    let p = &visual.position;
    let (right, bottom) = (p.x + p.width, p.y + p.height);
    if p.x < 0.0 || p.y < 0.0 || right > page.width || bottom > page.height {
        let message = format!(
            "`{}` lies outside the page: it reaches from ({}, {}) to ({right}, {bottom}), the page is {} × {}",
            visual.name, p.x, p.y, page.width, page.height
        );
        found.push(at(
            Diagnostic::error("R0210", message).help("positions are in units of 8 pixels; a page is 160 × 90 units"),
            page,
            visual,
            None,
            "off the page",
        ));
    }
}

/// Height below which Power BI cuts a list that opens: its box and, above it, its header (Microsoft's validator of reports says the same).
const DROPDOWN_WITH_HEADER: f64 = 76.0;

fn large_enough(page: &Page, visual: &Visual, found: &mut Vec<Diagnostic>) {
    let Some(kind) = VisualType::by_name(visual.type_name()) else { return };
    let has_header = visual.object("header", "show") != Some(&Property::Bool(false));
    let opens = matches!(visual.object("data", "mode"), Some(Property::Text(mode)) if mode == "Dropdown");
    let is_dropdown = kind.name == "slicer" && opens && has_header;
    let least = match () {
        () if visual.title().is_none() && kind.name == "cardVisual" => 24.0,
        () if is_dropdown => DROPDOWN_WITH_HEADER,
        () => kind.min_height,
    };
    if visual.position.height > 0.0 && visual.position.height < least {
        let what = if is_dropdown {
            "a slicer that opens a list below its header".to_owned()
        } else {
            format!("a visual of type `{}`", kind.yaml)
        };
        let message = format!("`{}` is {} pixels high, {what} needs {least}", visual.name, visual.position.height);
        let units = least / 8.0;
        let problem = Diagnostic::warning("R0212", message).help(format!("give it a height of {units} units in `at:`"));
        found.push(at(problem, page, visual, None, "its content is cut off"));
    }
}

/// Whether a visual may share its area with another: backgrounds below, transparent buttons above.
fn may_cover(lower: &Visual, upper: &Visual) -> bool {
    let is_background = matches!(lower.type_name(), "shape" | "image");
    let is_transparent = upper.type_name() == "actionButton" && upper.object("fill", "show") == Some(&Property::Bool(false));
    is_background || is_transparent
}

fn overlaps(page: &Page, found: &mut Vec<Diagnostic>) {
    let drawn: Vec<&Visual> = page.visuals.iter().filter(|visual| is_drawn(visual)).collect();
    for (index, a) in drawn.iter().enumerate() {
        for b in &drawn[index + 1..] {
            let (lower, upper) = if a.position.z <= b.position.z { (a, b) } else { (b, a) };
            if a.position.overlaps(&b.position) && !may_cover(lower, upper) {
                let message = format!("`{}` lies over `{}`", upper.name, lower.name);
                let mut problem = at(Diagnostic::warning("R0211", message), page, upper, None, "this visual");
                if let Some(span) = lower.span {
                    problem = problem.at(span, "over this one");
                }
                found.push(problem);
            }
        }
    }
}

/// Alt text of everything that the keyboard reaches (`R0213`).
fn words(page: &Page, visual: &Visual, found: &mut Vec<Diagnostic>) {
    let is_decoration = visual.position.tab_order < 0 || matches!(visual.type_name(), "shape");
    let has_words = match visual.alt_text() {
        Some(Property::Text(text)) => !text.trim().is_empty(),
        Some(_) => true,
        None => false,
    };
    if !is_decoration && !has_words {
        let message = format!("`{}` has no alt text", visual.name);
        let help = "say in a few words what it shows (`alt: …`), or mark it `decorative: true`";
        found.push(at(Diagnostic::warning("R0213", message).help(help), page, visual, None, "screen readers have nothing to say"));
    }
}

/// Links lead to pages of the right kind (`R0214`).
fn links(report: &Report, page: &Page, visual: &Visual, found: &mut Vec<Diagnostic>) {
    let mut problem = |message: String| found.push(at(Diagnostic::error("R0214", message), page, visual, None, "this link"));
    match visual.action() {
        Some(Action::Page(target)) => match report.page(target) {
            None => problem(format!("link to page `{target}`, which does not exist")),
            Some(to) if to.kind == PageKind::Tooltip => problem(format!("link to page `{target}`, which is a tooltip")),
            Some(_) => {}
        },
        Some(Action::DrillThrough(target)) => match report.page(target) {
            None => problem(format!("drill-through to page `{target}`, which does not exist")),
            Some(to) if !matches!(to.kind, PageKind::DrillThrough { .. }) => {
                problem(format!("drill-through to page `{target}`, which is no drill-through page"));
            }
            Some(_) => {}
        },
        _ => {}
    }
    if let Some(target) = visual.tooltip_page() {
        match report.page(target) {
            None => problem(format!("tooltip page `{target}` does not exist")),
            Some(to) if to.kind != PageKind::Tooltip => problem(format!("page `{target}` is no tooltip page")),
            Some(_) => {}
        }
    }
}
