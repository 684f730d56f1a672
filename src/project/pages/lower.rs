//! Decoded page files → [`Report`].

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::json;

use super::super::overlay;
use super::super::yaml::{Context, Decode, Kind, Node, Spanned};
use super::field::{Names, literal, resolve};
use super::format::Formatter;
use super::raw::*;
use super::theme::Styles;
use super::{Parts, constant_texts, dax_texts, theme};
use crate::base::{Diagnostic, FileSet, Span, nearest};
use crate::model::Model;
use crate::report::catalog::{self, VisualType};
use crate::report::{
    Color, Comparison, Condition, DateUnit, Field, Filter, FormatObject, Interaction, InteractionKind, Page, PageKind, Paragraph, Position,
    Projection, Property, Relative, Report, Role, Selector, Sort, SyncGroup, TextRun, Visual, VisualKind,
};

/// Pixels of one unit of a position.
const GRID: f64 = 8.0;
/// Width of the phone page in pixels.
const PHONE_WIDTH: f64 = 324.0;
/// Gap between visuals on the phone page.
const PHONE_GAP: f64 = 8.0;

pub fn report(parts: Parts<'_>, model: &Model, cx: &mut Context) -> Report {
    let before = cx.diagnostics.len();
    let (theme, styles) = theme::lower(parts.theme, cx);
    let mut report = Report { name: model.name.clone(), theme, ..Report::default() };
    report.settings = settings();
    report.objects.push(FormatObject::new("outspacePane", [("expanded", Property::Bool(false))]));
    for (culture, texts) in parts.texts {
        let words = report.translations.entry(culture.value.clone()).or_default();
        words.extend(texts.iter().map(|(english, text)| (english.value.clone(), text.clone())));
    }
    let is_frame = |node: &Node| node.get("kind").and_then(Node::as_text) == Some("frame");
    let frames: HashMap<String, &Node> =
        parts.pages.iter().filter(|node| is_frame(node)).filter_map(|n| Some((overlay::identity(n)?, n))).collect();
    let mut pages: Vec<RawPage> = Vec::new();
    for node in parts.pages.iter() {
        if is_frame(node) {
            // Decoded for its faults alone: pages decode it again with their own visuals.
            let _ = RawPage::decode(node, cx);
            continue;
        }
        let framed = with_frame(node, &frames, cx);
        let page = RawPage::decode(&framed, cx);
        pages.extend(page);
    }
    pages.sort_by_key(|page| page.order.unwrap_or(i64::MAX));
    unique(pages.iter().map(|page| &page.name), "page", cx);
    let names: Vec<(String, String)> =
        pages.iter().map(|page| (page.name.value.clone(), page.title.clone().unwrap_or_else(|| page.name.value.clone()))).collect();
    let index = Names::new(model);
    let mut lowering = Lowering { names: &index, styles: &styles, resources: parts.resources, pages: names, used: BTreeMap::new() };
    for page in pages {
        let page = lowering.page(page, cx);
        report.pages.push(page);
    }
    report.resources = lowering.used;
    // A fault of a frame is found by every page that has the frame.
    let mut unique: Vec<Diagnostic> = Vec::new();
    for diagnostic in cx.diagnostics.drain(before..) {
        if !unique.contains(&diagnostic) {
            unique.push(diagnostic);
        }
    }
    cx.diagnostics.extend(unique);
    // Words that a folder below has for what is gone go too.
    if cx.inherited > 0 {
        let shown: HashSet<String> =
            report.texts().into_iter().map(|shown| shown.text.to_owned()).chain(dax_texts(model)).chain(constant_texts(model)).collect();
        for (culture, texts) in parts.texts {
            let gone = texts.iter().filter(|(english, _)| cx.is_inherited(english.span) && !shown.contains(&english.value));
            if let Some(words) = report.translations.get_mut(&culture.value) {
                gone.for_each(|(english, _)| drop(words.remove(&english.value)));
            }
        }
    }
    report.landing_page = report.pages.first().map(|page| page.name.clone());
    report
}

fn settings() -> crate::report::Other {
    let settings = json!({
        "useStylableVisualContainerHeader": true,
        "exportDataMode": "AllowSummarized",
        "defaultDrillFilterOtherVisuals": true,
        "allowChangeFilterTypes": true,
        "useEnhancedTooltips": true,
        "useDefaultAggregateDisplayName": true,
        "pagesPosition": "PagesPane",
    });
    settings.as_object().cloned().unwrap_or_default()
}

/// The tree of a page with the visuals of its frame before its own; those of the same name are merged.
fn with_frame(node: &Node, frames: &HashMap<String, &Node>, cx: &mut Context) -> Node {
    let Some(wanted) = node.get("frame").filter(|frame| !frame.is_null()) else { return node.clone() };
    let name = wanted.as_text().unwrap_or_default();
    let Some(frame) = frames.get(name) else {
        let mut diagnostic = Diagnostic::error("R0116", format!("frame `{name}` not found")).at(wanted.span, "unknown frame");
        diagnostic = match nearest(name, frames.keys().map(String::as_str)) {
            Some(near) => diagnostic.help(format!("a frame with a similar name exists: `{near}`")),
            None => diagnostic.help("a file of `pages/` with `kind: frame` makes a frame"),
        };
        cx.diagnostics.push(diagnostic);
        return node.clone();
    };
    let own: &[Node] = node.get("visuals").and_then(Node::items).unwrap_or_default();
    let mut visuals: Vec<Node> = frame.get("visuals").and_then(Node::items).unwrap_or_default().to_vec();
    let mut added: Vec<Node> = Vec::new();
    for visual in own {
        let name = overlay::identity(visual);
        match visuals.iter_mut().find(|framed| name.is_some() && overlay::identity(framed) == name) {
            Some(framed) => overlay::merge(framed, visual, cx),
            None => added.push(visual.clone()),
        }
    }
    // What the frame marks as last (navigation) comes after the page's own visuals.
    let (first, last): (Vec<Node>, Vec<Node>) =
        visuals.into_iter().partition(|visual| visual.get("type").and_then(Node::as_text) != Some("page-navigator"));
    let all = first.into_iter().chain(added).chain(last).collect();
    let mut framed = node.clone();
    framed.set("visuals", Node { span: node.span, kind: Kind::Sequence(all) });
    for key in ["background", "filters"] {
        if let (None, Some(value)) = (node.get(key), frame.get(key)) {
            framed.set(key, value.clone());
        }
    }
    framed
}

/// Reports names that come twice (`R0113`).
fn unique<'n>(names: impl Iterator<Item = &'n Spanned<String>>, what: &str, cx: &mut Context) {
    let mut seen: HashMap<String, Span> = HashMap::new();
    for name in names {
        if let Some(first) = seen.get(&name.value.to_lowercase()) {
            let message = format!("{what} `{}` exists twice", name.value);
            cx.diagnostics.push(Diagnostic::error("R0113", message).at(name.span, "again here").at(*first, "first here"));
        } else {
            seen.insert(name.value.to_lowercase(), name.span);
        }
    }
}

struct Lowering<'a> {
    names: &'a Names<'a>,
    styles: &'a Styles,
    resources: &'a FileSet,
    /// (name, title) of every page.
    pages: Vec<(String, String)>,
    /// Images in use.
    used: BTreeMap<String, Vec<u8>>,
}

impl Lowering<'_> {
    fn resolve(&mut self, text: &Spanned<String>, cx: &mut Context) -> Option<Field> {
        resolve(text, self.names, cx)
    }

    fn measure(&mut self, name: &Spanned<String>, cx: &mut Context) -> Option<Property> {
        self.resolve(name, cx).map(Property::Field)
    }

    /// The title of a page that a link names (`R0109` when there is none).
    fn link(&self, name: &Spanned<String>, cx: &mut Context) -> Option<String> {
        if let Some((_, title)) = self.pages.iter().find(|(page, _)| *page == name.value) {
            return Some(title.clone());
        }
        let mut diagnostic = Diagnostic::error("R0109", format!("page `{}` not found", name.value)).at(name.span, "unknown page");
        diagnostic = match nearest(&name.value, self.pages.iter().map(|(page, _)| page.as_str())) {
            Some(near) => diagnostic.help(format!("a page with a similar name exists: `{near}`")),
            None => diagnostic.help("links name a page by its `name`, not by its title"),
        };
        cx.fail(diagnostic)
    }

    fn page(&mut self, raw: RawPage, cx: &mut Context) -> Page {
        unique(raw.visuals.iter().map(|visual| &visual.name), "visual", cx);
        let kind = raw.kind.unwrap_or(RawPageKind::Report);
        let (mut width, mut height) = if kind == RawPageKind::Tooltip { (320.0, 240.0) } else { (1280.0, 720.0) };
        match raw.size.as_deref() {
            Some([w, h]) if *w > 0.0 && *h > 0.0 => (width, height) = (*w, *h),
            Some(_) => {
                cx.diagnostics.push(Diagnostic::error("R0114", "a size is a width and a height in pixels").at(raw.span, "in this page"))
            }
            None => {}
        }
        let fields: Vec<Field> = raw.drill_through.iter().filter_map(|field| self.resolve(field, cx)).collect();
        if kind == RawPageKind::DrillThrough && raw.drill_through.is_empty() {
            let diagnostic = Diagnostic::error("R0120", format!("drill-through page `{}` names no field", raw.name.value));
            cx.diagnostics.push(
                diagnostic
                    .at(raw.name.span, "no `drill-through:`")
                    .help("list the fields whose value it takes: `drill-through: [\"Table[Column]\"]`"),
            );
        }
        let mut page = Page {
            display_name: raw.title.clone().unwrap_or_else(|| raw.name.value.clone()),
            name: raw.name.value.clone(),
            kind: match kind {
                RawPageKind::Tooltip => PageKind::Tooltip,
                RawPageKind::DrillThrough => PageKind::DrillThrough { fields, keeps_filters: true },
                RawPageKind::Report | RawPageKind::Frame => PageKind::Report,
            },
            width,
            height,
            fit: if kind == RawPageKind::Tooltip { crate::report::Fit::Actual } else { crate::report::Fit::Page },
            is_hidden: raw.hidden || matches!(kind, RawPageKind::Tooltip | RawPageKind::DrillThrough),
            span: Some(raw.name.span),
            ..Page::default()
        };
        if let Some(background) = &raw.background {
            let formatter = Formatter { names: self.names, styles: self.styles };
            if let Some(color) = formatter.color(background, None, cx) {
                for object in ["background", "outspace"] {
                    page.objects.push(FormatObject::new(
                        object,
                        [("color", Property::Color(color.clone())), ("transparency", Property::Number(0.0))],
                    ));
                }
            }
        }
        page.filters = raw.filters.iter().filter_map(|filter| self.filter(filter, cx)).collect();
        let mut order = 0;
        let mut phone = Phone::default();
        for visual in raw.visuals {
            let size = visual.mobile;
            let opens = visual.opens.clone().filter(|_| visual.r#type.0.value != "button");
            let Some(mut lowered) = self.visual(visual, &page.display_name, cx) else { continue };
            lowered.position.z = order * 1000;
            lowered.position.tab_order = if lowered.position.tab_order < 0 { -1 } else { order * 1000 };
            order += 1;
            lowered.mobile = size.map(|size| phone.place(size, lowered.position.tab_order));
            let link = opens.and_then(|target| self.link_over(&lowered, &target, cx));
            page.visuals.push(lowered);
            if let Some(mut link) = link {
                link.position.z = order * 1000;
                link.position.tab_order = order * 1000;
                if let Some(mobile) = &mut link.mobile {
                    mobile.z = link.position.z;
                    mobile.tab_order = link.position.tab_order;
                }
                order += 1;
                page.visuals.push(link);
            }
        }
        for raw in raw.interactions {
            let kind = match raw.reaction {
                RawReaction::Filter => InteractionKind::Filter,
                RawReaction::Highlight => InteractionKind::Highlight,
                RawReaction::None => InteractionKind::None,
            };
            for target in &raw.targets {
                for name in [&raw.source, target] {
                    if page.visual(name).is_none() {
                        let mut diagnostic =
                            Diagnostic::error("R0121", format!("visual `{}` not found on page `{}`", name.value, page.name))
                                .at(name.span, "unknown visual");
                        if let Some(near) = nearest(name, page.visuals.iter().map(|visual| visual.name.as_str())) {
                            diagnostic = diagnostic.help(format!("a visual with a similar name exists: `{near}`"));
                        }
                        cx.diagnostics.push(diagnostic);
                    }
                }
                page.interactions.push(Interaction { source: raw.source.value.clone(), target: target.value.clone(), kind });
            }
        }
        page
    }

    /// A transparent button over a visual, because Power BI follows links of buttons only; its frame shows under the pointer.
    fn link_over(&mut self, visual: &Visual, target: &Spanned<String>, cx: &mut Context) -> Option<Visual> {
        let title = self.link(target, cx)?;
        let off = |object: &str| FormatObject::new(object, [("show", Property::Bool(false))]);
        let mut link = Visual {
            name: format!("{} link", visual.name),
            kind: VisualKind::Visual("actionButton".to_owned()),
            position: visual.position,
            mobile: visual.mobile,
            span: visual.span,
            ..Visual::default()
        };
        link.objects = vec![
            FormatObject::new("icon", [("shapeType", Property::text("blank"))]).of(Selector::Id("default".into())),
            off("icon"),
            off("text"),
            off("fill"),
            FormatObject::new("outline", [("show", Property::Bool(true))]),
            FormatObject::new("outline", [("transparency", Property::Number(100.0))]).of(Selector::Id("default".into())),
        ];
        let mut hover = FormatObject::new("outline", [("transparency", Property::Number(0.0)), ("weight", Property::Number(2.0))]);
        if let Some(color) = self.styles.colors.get("accent") {
            hover.properties.insert("lineColor".into(), Property::hex(color.clone()));
        }
        link.objects.push(hover.of(Selector::Id("hover".into())));
        let words = format!("Open {title}");
        link.container = vec![FormatObject::new("general", [("altText", Property::text(words.clone()))]), page_link(&target.value, &words)];
        link.container.extend(["title", "background", "border", "dropShadow", "visualHeader"].map(off));
        Some(link)
    }

    fn visual(&mut self, raw: RawVisual, page_title: &str, cx: &mut Context) -> Option<Visual> {
        let word = &raw.r#type.0;
        let Some(kind) = VisualType::by_yaml(word) else {
            let words: Vec<&str> = catalog::TYPES.iter().map(|visual| visual.yaml).collect();
            let help = match nearest(word, words.iter().copied()) {
                Some(near) => format!("a visual type with a similar name exists: `{near}`"),
                None => format!("visual types: {}", words.join(", ")),
            };
            return cx.fail(
                Diagnostic::error("R0101", format!("`{}` is not a visual type", word.value))
                    .at(word.span, "unknown visual type")
                    .help(help),
            );
        };
        let mut visual = Visual {
            name: raw.name.value.clone(),
            kind: VisualKind::Visual(kind.name.to_owned()),
            is_hidden: raw.hidden,
            span: Some(raw.name.span),
            ..Visual::default()
        };
        visual.position = self.position(&raw, cx);
        if raw.decorative {
            visual.position.tab_order = -1;
        }
        self.roles(&raw, kind, &mut visual, cx);
        self.keys_fit(&raw, kind, cx);
        for sort in &raw.sort {
            let (field, descending) = match sort.value.strip_suffix(" descending") {
                Some(field) => (field, true),
                None => (sort.value.strip_suffix(" ascending").unwrap_or(&sort.value), false),
            };
            let text = Spanned { value: field.trim().to_owned(), span: sort.span };
            if let Some(field) = self.resolve(&text, cx) {
                visual.sort.push(Sort { field, descending });
            }
        }
        visual.filters = raw.filters.iter().filter_map(|filter| self.filter(filter, cx)).collect();
        visual.sync = raw.sync.as_ref().map(|name| SyncGroup { name: name.value.clone(), shares_field: true, shares_selection: true });
        self.container(&raw, kind, page_title, &mut visual, cx);
        self.objects(&raw, kind, page_title, &mut visual, cx);
        let formatter = Formatter { names: self.names, styles: self.styles };
        let series = formatter.series(&raw.colors, &visual, cx);
        let cells = formatter.cells(&raw.cells, &visual, cx);
        visual.objects.extend(series.into_iter().chain(cells));
        for object in formatter.objects(&raw.format, Some(kind), &visual, cx) {
            merge(&mut visual.objects, object);
        }
        for object in formatter.objects(&raw.container, None, &visual, cx) {
            merge(&mut visual.container, object);
        }
        for objects in [&mut visual.objects, &mut visual.container] {
            group(objects);
        }
        Some(visual)
    }

    fn position(&self, raw: &RawVisual, cx: &mut Context) -> Position {
        match raw.at.as_ref().map(|at| (at.value.as_slice(), at.span)) {
            Some(([x, y, width, height], _)) if *width > 0.0 && *height > 0.0 => {
                Position { x: x * GRID, y: y * GRID, width: width * GRID, height: height * GRID, z: 0, tab_order: 0 }
            }
            other => {
                let (message, span) = match other {
                    Some((_, span)) => ("a position is left, top, width and height in units of 8 pixels, the last two above 0", span),
                    None => ("a visual needs a position", raw.name.span),
                };
                cx.diagnostics.push(Diagnostic::error("R0114", message).at(span, "here").help("for instance `at: [2, 9, 38, 20]`"));
                Position::default()
            }
        }
    }

    fn roles(&mut self, raw: &RawVisual, kind: &'static VisualType, visual: &mut Visual, cx: &mut Context) {
        for (name, fields) in raw.data.iter() {
            let Some(role) = kind.roles.iter().find(|role| role.yaml == name.value) else {
                let known: Vec<&str> = kind.roles.iter().map(|role| role.yaml).collect();
                let help = match nearest(name, known.iter().copied()) {
                    Some(near) => format!("a role with a similar name exists: `{near}`"),
                    None if known.is_empty() => format!("a visual of type `{}` shows no data", kind.yaml),
                    None => format!("roles of `{}`: {}", kind.yaml, known.join(", ")),
                };
                let message = format!("visual type `{}` has no role `{}`", kind.yaml, name.value);
                cx.diagnostics.push(Diagnostic::error("R0102", message).at(name.span, "unknown role").help(help));
                continue;
            };
            let mut list = Vec::new();
            for raw in &fields.0 {
                // What was not found was reported; its place stays taken, so that nothing else is said about the role.
                let field = self.resolve(&raw.field, cx).unwrap_or(Field::Raw(serde_json::Value::Null));
                let mut projection = Projection::new(field);
                projection.display_name = raw.title.clone();
                projection.format = raw.format.clone();
                projection.span = Some(raw.field.span);
                // The first level of what groups is the one that is shown; tables have no such levels.
                projection.is_active = list.is_empty() && role.takes == catalog::Takes::Groups;
                list.push(projection);
            }
            if !list.is_empty() {
                visual.roles.push(Role { name: role.name.to_owned(), fields: list });
            }
        }
        visual.roles.sort_by_key(|role| kind.roles.iter().position(|r| r.name == role.name));
    }

    /// Keys that only some visual types have (`R0115`).
    fn keys_fit(&self, raw: &RawVisual, kind: &VisualType, cx: &mut Context) {
        let is_chart = kind.has_object("legend") || kind.has_object("labels");
        let is_grid = matches!(kind.name, "pivotTable" | "tableEx");
        let keys = [
            ("mode", raw.mode.is_some(), kind.is_slicer(), "slicers"),
            ("single", raw.single, kind.is_slicer(), "slicers"),
            ("sync", raw.sync.is_some(), kind.is_slicer(), "slicers"),
            ("selected", !raw.selected.is_empty(), kind.is_slicer(), "slicers"),
            ("legend", raw.legend.is_some(), kind.has_object("legend"), "charts with a legend"),
            ("labels", raw.labels, is_chart, "charts"),
            ("cells", !raw.cells.0.is_empty(), is_grid, "tables and matrices"),
            ("totals", raw.totals.is_some(), kind.name == "tableEx", "tables"),
            ("row-totals", raw.row_totals.is_some(), kind.name == "pivotTable", "matrices"),
            ("column-totals", raw.column_totals.is_some(), kind.name == "pivotTable", "matrices"),
            ("colors", !raw.colors.0.is_empty(), kind.has_object("dataPoint") || kind.has_object("sentimentColors"), "charts"),
            ("text", raw.text.is_some(), matches!(kind.name, "textbox" | "actionButton" | "shape"), "texts, buttons and shapes"),
            ("color", raw.color.is_some(), matches!(kind.name, "shape" | "cardVisual"), "shapes and cards"),
            ("image", raw.image.is_some(), kind.name == "image", "images"),
            ("drills", raw.drills.is_some(), kind.name == "actionButton", "buttons"),
            ("back", raw.back, kind.name == "actionButton", "buttons"),
            ("url", raw.url.is_some(), kind.name == "actionButton", "buttons"),
            ("units", raw.units.is_some(), is_chart || kind.name == "cardVisual", "charts and cards"),
            ("sort", !raw.sort.is_empty(), kind.has_data() && !kind.is_slicer(), "visuals that show data"),
        ];
        for (key, is_given, fits, owners) in keys {
            if is_given && !fits {
                let message = format!("key `{key}` has no meaning for visual type `{}`", kind.yaml);
                cx.diagnostics
                    .push(Diagnostic::error("R0115", message).at(raw.name.span, "in this visual").help(format!("`{key}` is for {owners}")));
            }
        }
    }

    fn text(&mut self, text: &RawText, page_title: &str, cx: &mut Context) -> Option<Property> {
        match text {
            RawText::Words(words) => Some(Property::text(words.replace("{page}", page_title))),
            RawText::Measure(name) => self.measure(name, cx),
            RawText::Off => None,
        }
    }

    /// Title, subtitle, alt text, link, tooltip.
    fn container(&mut self, raw: &RawVisual, kind: &VisualType, page_title: &str, visual: &mut Visual, cx: &mut Context) {
        let only_value = match visual.role("Data") {
            [one] if kind.name == "cardVisual" => Some(one.heading().to_owned()),
            _ => None,
        };
        let title = match (&raw.title, only_value) {
            (Some(RawText::Off), _) => None,
            (Some(text), _) => self.text(text, page_title, cx),
            (None, Some(name)) => Some(Property::text(name)),
            (None, None) => None,
        };
        // A slicer's heading is its own header, not the container's title.
        if let Some(title) = title.clone().filter(|_| kind.name != "slicer") {
            let heading = if kind.name == "cardVisual" { "Heading3" } else { "Heading2" };
            visual
                .container
                .push(FormatObject::new("title", [("show", Property::Bool(true)), ("text", title), ("heading", Property::text(heading))]));
        } else {
            visual.container.push(FormatObject::new("title", [("show", Property::Bool(false))]));
        }
        if let Some(subtitle) = raw.subtitle.as_ref().and_then(|text| self.text(text, page_title, cx)) {
            visual.container.push(FormatObject::new("subTitle", [("show", Property::Bool(true)), ("text", subtitle)]));
        }
        if let Some(alt) = raw.alt.as_ref().and_then(|text| self.text(text, page_title, cx)) {
            visual.container.push(FormatObject::new("general", [("altText", alt)]));
        }
        if kind.name == "actionButton" {
            self.button_link(raw, visual, cx);
        }
        if let Some(tooltip) = &raw.tooltip
            && self.link(tooltip, cx).is_some()
        {
            let target = Property::Page(tooltip.value.clone());
            visual.container.push(FormatObject::new(
                "visualTooltip",
                [("show", Property::Bool(true)), ("type", Property::text("Canvas")), ("section", target)],
            ));
        }
        let is_plain = matches!(kind.name, "textbox" | "shape" | "image" | "pageNavigator" | "actionButton");
        if kind.is_slicer() {
            // Header and list need 60 pixels; the default padding of 8 above and below would clip them at 64.
            let (two, eight) = (|| Property::Number(2.0), || Property::Number(8.0));
            visual.container.push(FormatObject::new("padding", [("top", two()), ("bottom", two()), ("left", eight()), ("right", eight())]));
        }
        if is_plain {
            for object in ["background", "border", "dropShadow", "visualHeader"] {
                visual.container.push(FormatObject::new(object, [("show", Property::Bool(false))]));
            }
            if kind.name != "actionButton" {
                let zero = || Property::Number(0.0);
                visual
                    .container
                    .push(FormatObject::new("padding", [("top", zero()), ("bottom", zero()), ("left", zero()), ("right", zero())]));
            }
        }
    }

    fn button_link(&mut self, raw: &RawVisual, visual: &mut Visual, cx: &mut Context) {
        let link = |kind: &str, extra: Option<(&'static str, Property)>, tooltip: Option<String>| {
            let mut object = FormatObject::new("visualLink", [("show", Property::Bool(true)), ("type", Property::text(kind))]);
            object.properties.extend(extra.map(|(name, value)| (name.to_owned(), value)));
            object.properties.extend(tooltip.map(|words| ("tooltip".to_owned(), Property::Text(words))));
            object
        };
        if let Some(target) = &raw.opens {
            if let Some(title) = self.link(target, cx) {
                visual.container.push(page_link(&target.value, &format!("Open {title}")));
            }
        } else if let Some(target) = &raw.drills {
            if let Some(title) = self.link(target, cx) {
                visual.container.push(link(
                    "Drillthrough",
                    Some(("drillthroughSection", Property::Page(target.value.clone()))),
                    Some(format!("Open {title}")),
                ));
            }
        } else if raw.back {
            visual.container.push(link("Back", None, Some("Back".to_owned())));
        } else if let Some(url) = &raw.url {
            if !url.starts_with("https://") {
                let diagnostic = Diagnostic::error("R0122", format!("`{url}` is not a web address that starts with `https://`"));
                cx.diagnostics.push(diagnostic.at(raw.name.span, "in this button"));
            }
            visual.container.push(link("WebUrl", Some(("webUrl", Property::text(url.clone()))), None));
        }
    }

    /// Presets of the visual type and the short keys.
    fn objects(&mut self, raw: &RawVisual, kind: &VisualType, page_title: &str, visual: &mut Visual, cx: &mut Context) {
        let formatter = Formatter { names: self.names, styles: self.styles };
        let flag = Property::Bool;
        let default = || Selector::Id("default".to_owned());
        let units = raw.units.map(|units| match units {
            RawUnits::Auto => 0.0,
            RawUnits::None => 1.0,
            RawUnits::Thousands => 1_000.0,
            RawUnits::Millions => 1_000_000.0,
        });
        let objects = &mut visual.objects;
        let mut put = |object: FormatObject| objects.push(object);
        match kind.name {
            "cardVisual" => {
                let several = raw.data.iter().any(|(name, fields)| name.value == "values" && fields.0.len() > 1);
                put(FormatObject::new("label", [("show", flag(several))]).of(default()));
                put(FormatObject::new("outline", [("show", flag(false))]).of(default()));
                let mut value = FormatObject::new("value", [("labelDisplayUnits", Property::Number(units.unwrap_or(1.0)))]);
                if let Some(color) = raw.color.as_ref().and_then(|node| formatter.color(node, None, cx)) {
                    value.properties.insert("fontColor".into(), Property::Color(color));
                }
                put(value.of(default()));
            }
            "slicer" => {
                let mode = match raw.mode.unwrap_or(RawSlicerMode::Dropdown) {
                    RawSlicerMode::Dropdown => "Dropdown",
                    RawSlicerMode::List => "Basic",
                    RawSlicerMode::Between => "Between",
                    RawSlicerMode::Before => "Before",
                    RawSlicerMode::After => "After",
                    RawSlicerMode::Buttons => "HorizontalList",
                };
                put(FormatObject::new("data", [("mode", Property::text(mode))]));
                put(FormatObject::new("selection", [("singleSelect", flag(raw.single)), ("selectAllCheckboxEnabled", flag(!raw.single))]));
                let words = match &raw.title {
                    Some(RawText::Words(words)) => Some(words.replace("{page}", page_title)),
                    _ => None,
                };
                let mut header = FormatObject::new("header", [("show", flag(words.is_some()))]);
                header.properties.extend(words.map(|words| ("text".to_owned(), Property::Text(words))));
                put(header);
            }
            "tableEx" | "pivotTable" => {
                let fit = [("autoSizeColumnWidth", flag(true)), ("columnAdjustment", Property::text("growToFit"))];
                put(FormatObject::new("columnHeaders", fit));
                if kind.name == "tableEx" {
                    put(FormatObject::new("total", [("totals", flag(raw.totals.unwrap_or(true)))]));
                } else {
                    let totals = [
                        ("rowSubtotals", flag(raw.row_totals.unwrap_or(true))),
                        ("columnSubtotals", flag(raw.column_totals.unwrap_or(true))),
                    ];
                    put(FormatObject::new("subTotals", totals));
                }
            }
            "textbox" => {
                put(FormatObject::new("general", [("paragraphs", Property::Paragraphs(paragraphs(raw, page_title, self.styles, cx)))]))
            }
            "shape" => {
                put(FormatObject::new("shape", [("tileShape", Property::text("rectangle"))]).of(default()));
                if let Some(color) = raw.color.as_ref().and_then(|node| formatter.color(node, None, cx)) {
                    put(FormatObject::new("fill", [("fillColor", Property::Color(color)), ("transparency", Property::Number(0.0))])
                        .of(default()));
                }
                put(FormatObject::new("outline", [("show", flag(false))]));
            }
            "actionButton" => button(raw, page_title, self.styles, &mut put, cx),
            "pageNavigator" => navigator(self.styles, &mut put),
            "image" => {
                if let Some(name) = &raw.image {
                    match self.resources.get(&name.value) {
                        Some(bytes) => {
                            self.used.insert(name.value.clone(), bytes.to_vec());
                            put(FormatObject::new(
                                "image",
                                [("sourceType", Property::text("image")), ("sourceFile", Property::Resource(name.value.clone()))],
                            ));
                        }
                        None => cx.diagnostics.push(
                            Diagnostic::error("R0123", format!("image `{}` not found", name.value))
                                .at(name.span, "no such file")
                                .help("images lie in the folder `resources` of the model"),
                        ),
                    }
                }
            }
            _ => {}
        }
        if kind.has_object("legend") && kind.has_data() {
            let has_series = raw.data.iter().any(|(role, _)| matches!(role.value.as_str(), "series" | "breakdown" | "details"))
                || visual.roles.iter().filter(|role| matches!(role.name.as_str(), "Y" | "Y2")).map(|role| role.fields.len()).sum::<usize>()
                    > 1
                || matches!(kind.name, "donutChart" | "pieChart");
            let place = match raw.legend {
                Some(RawLegend::None) => None,
                Some(RawLegend::Top) => Some("Top"),
                Some(RawLegend::Bottom) => Some("Bottom"),
                Some(RawLegend::Left) => Some("Left"),
                Some(RawLegend::Right) => Some("Right"),
                None if matches!(kind.name, "donutChart" | "pieChart") => Some("Right"),
                None => has_series.then_some("Top"),
            };
            let mut legend = FormatObject::new("legend", [("show", flag(place.is_some()))]);
            legend.properties.extend(place.map(|place| ("position".to_owned(), Property::text(place))));
            visual.objects.push(legend);
        }
        if kind.has_object("labels") && kind.has_data() && kind.name != "gauge" && (raw.labels || units.is_some()) {
            let mut labels = FormatObject::new("labels", [("show", flag(raw.labels))]);
            labels.properties.extend(units.map(|units| ("labelDisplayUnits".to_owned(), Property::Number(units))));
            visual.objects.push(labels);
        }
        if let Some(units) = units.filter(|_| kind.has_object("valueAxis")) {
            visual.objects.push(FormatObject::new("valueAxis", [("labelDisplayUnits", Property::Number(units))]));
        }
        if !raw.selected.is_empty()
            && let Some(field) = visual.role("Values").first().map(|projection| projection.field.clone())
        {
            let values = raw.selected.iter().filter_map(|node| literal(node, &field, self.names.model, cx)).collect();
            visual
                .objects
                .push(FormatObject::new("general", [("filter", Property::Selection(field, Condition::In { values, excludes: false }))]));
        }
    }

    fn filter(&mut self, raw: &RawFilter, cx: &mut Context) -> Option<Filter> {
        let raw = match raw {
            RawFilter::Flag(text) => {
                let field = self.resolve(text, cx)?;
                let values = vec![crate::report::Literal::Bool(true)];
                return Some(Filter { span: Some(text.span), ..Filter::new(field, Condition::In { values, excludes: false }) });
            }
            RawFilter::Condition(raw) => raw,
        };
        let field = self.resolve(&raw.field, cx)?;
        let mut conditions: Vec<Condition> = Vec::new();
        let value = |node: &Node, cx: &mut Context| literal(node, &field, self.names.model, cx);
        let comparisons = [
            (&raw.greater, Comparison::Greater),
            (&raw.at_least, Comparison::GreaterOrEqual),
            (&raw.less, Comparison::Less),
            (&raw.at_most, Comparison::LessOrEqual),
        ];
        for (node, comparison) in comparisons {
            if let Some(node) = node {
                conditions.push(Condition::Compare(comparison, value(node, cx)?));
            }
        }
        for (node, excludes) in [(&raw.is, false), (&raw.is_not, true)] {
            if let Some(node) = node {
                conditions.push(Condition::In { values: vec![value(node, cx)?], excludes });
            }
        }
        for (nodes, excludes) in [(&raw.r#in, false), (&raw.not_in, true)] {
            if let Some(nodes) = nodes {
                conditions.push(Condition::In { values: nodes.iter().filter_map(|node| value(node, cx)).collect(), excludes });
            }
        }
        match raw.between.as_deref() {
            Some([from, to]) => conditions.push(Condition::Between(value(from, cx)?, value(to, cx)?)),
            Some(_) => cx.diagnostics.push(Diagnostic::error("R0117", "`between` takes two values").at(raw.span, "in this filter")),
            None => {}
        }
        conditions.extend(raw.contains.clone().map(Condition::Contains));
        conditions.extend(raw.starts_with.clone().map(Condition::StartsWith));
        conditions.extend(raw.blank.map(|blank| if blank { Condition::IsBlank } else { Condition::IsNotBlank }));
        if let Some(relative) = &raw.relative {
            let unit = match relative.unit {
                RawUnit::Day => DateUnit::Day,
                RawUnit::Week => DateUnit::Week,
                RawUnit::Month => DateUnit::Month,
                RawUnit::Year => DateUnit::Year,
            };
            conditions.push(Condition::Relative(Relative { amount: relative.amount, unit, includes_today: !relative.without_today }));
        }
        if let Some(top) = &raw.top {
            let by = self.resolve(&top.by, cx)?;
            conditions.push(Condition::Top { count: top.count, is_bottom: top.bottom, by });
        }
        let condition = match (conditions.len(), conditions.pop()) {
            (1, Some(condition)) => condition,
            (0, _) if raw.shown => Condition::All,
            (2, Some(last)) if raw.is.is_none() && raw.top.is_none() && raw.relative.is_none() => {
                Condition::And(Box::new(conditions.pop().expect("two of them")), Box::new(last))
            }
            _ => {
                let help = "keys of a condition: `is`, `is-not`, `in`, `not-in`, `greater`, `at-least`, `less`, `at-most`, `between`, `contains`, `starts-with`, `blank`, `top`, `relative`";
                return cx.fail(
                    Diagnostic::error("R0117", "a filter takes one condition, or two comparisons")
                        .at(raw.span, "in this filter")
                        .help(help),
                );
            }
        };
        Some(Filter {
            is_hidden: !raw.shown && !raw.locked,
            is_locked: raw.locked,
            display_name: raw.title.clone(),
            span: Some(raw.field.span),
            ..Filter::new(field, condition)
        })
    }
}

/// A link to a page with the words that the pointer shows.
fn page_link(page: &str, words: &str) -> FormatObject {
    let properties = [
        ("show", Property::Bool(true)),
        ("type", Property::text("PageNavigation")),
        ("navigationSection", Property::Page(page.to_owned())),
        ("tooltip", Property::text(words)),
    ];
    FormatObject::new("visualLink", properties)
}

/// Properties given twice for one object and selector: the later win.
fn merge(objects: &mut Vec<FormatObject>, object: FormatObject) {
    match objects.iter_mut().find(|o| o.name == object.name && o.selector == object.selector) {
        Some(existing) => existing.properties.extend(object.properties),
        None => objects.push(object),
    }
}

/// Entries of one object together, in the order of its first entry, as files keep them.
fn group(objects: &mut [FormatObject]) {
    let names: Vec<String> = objects.iter().map(|object| object.name.clone()).collect();
    objects.sort_by_key(|object| names.iter().position(|name| *name == object.name));
}

fn style(name: Option<&Spanned<String>>, fallback: &str, styles: &Styles, cx: &mut Context) -> TextRun {
    let wanted = name.map_or(fallback, |name| name.value.as_str());
    match (styles.texts.get(wanted), name) {
        (Some(style), _) => style.clone(),
        (None, None) => TextRun::default(),
        (None, Some(name)) => {
            let mut diagnostic =
                Diagnostic::error("R0124", format!("the theme has no text style `{wanted}`")).at(name.span, "unknown style");
            diagnostic = match nearest(wanted, styles.texts.keys().map(String::as_str)) {
                Some(near) => diagnostic.help(format!("a style with a similar name exists: `{near}`")),
                None => diagnostic.help("styles stand under `text-styles` in `theme.yaml`"),
            };
            cx.diagnostics.push(diagnostic);
            TextRun::default()
        }
    }
}

fn paragraphs(raw: &RawVisual, page_title: &str, styles: &Styles, cx: &mut Context) -> Vec<Paragraph> {
    let mut list = Vec::new();
    for run in raw.text.as_ref().map_or(&[] as &[RawRun], |texts| &texts.0) {
        let look = style(run.style.as_ref().or(raw.style.as_ref()), "body", styles, cx);
        let run = TextRun { text: run.text.replace("{page}", page_title), url: run.url.clone(), style: look.style };
        list.push(Paragraph { runs: vec![run], alignment: None });
    }
    list
}

fn button(raw: &RawVisual, page_title: &str, styles: &Styles, put: &mut dyn FnMut(FormatObject), cx: &mut Context) {
    let flag = Property::Bool;
    let default = || Selector::Id("default".to_owned());
    let words = raw.text.as_ref().and_then(|texts| texts.0.first()).map(|run| run.text.replace("{page}", page_title));
    let icon = if raw.back && words.is_none() { "back" } else { "blank" };
    put(FormatObject::new("icon", [("shapeType", Property::text(icon))]).of(default()));
    put(FormatObject::new("icon", [("show", flag(icon != "blank"))]));
    put(FormatObject::new("text", [("show", flag(words.is_some()))]));
    if let Some(words) = words {
        let look = style(raw.style.as_ref(), "button", styles, cx);
        let mut text = FormatObject::new("text", [("text", Property::Text(words))]);
        if let Some(color) = look.style.get("color") {
            text.properties.insert("fontColor".into(), Property::hex(color.clone()));
        }
        if let Some(size) = look.style.get("fontSize").and_then(|size| size.trim_end_matches("pt").parse().ok()) {
            text.properties.insert("fontSize".into(), Property::Number(size));
        }
        put(text.of(default()));
    }
    let fill = styles.colors.get("button").or_else(|| styles.colors.get("backgroundLight"));
    put(FormatObject::new("fill", [("show", flag(fill.is_some()))]));
    if let Some(fill) = fill {
        put(FormatObject::new("fill", [("fillColor", Property::hex(fill.clone())), ("transparency", Property::Number(0.0))]).of(default()));
    }
    put(FormatObject::new("outline", [("show", flag(false))]));
}

fn navigator(styles: &Styles, put: &mut dyn FnMut(FormatObject)) {
    let no = || Property::Bool(false);
    put(FormatObject::new("pages", [("showHiddenPages", no()), ("showTooltipPages", no())]));
    put(FormatObject::new("layout", [("orientation", Property::Number(0.0)), ("cellPadding", Property::Integer(4))]));
    put(FormatObject::new("outline", [("show", no())]));
    let state = |name: &str| Selector::Id(name.to_owned());
    let color = |name: &str| styles.colors.get(name).cloned();
    put(FormatObject::new("fill", [("show", Property::Bool(true))]));
    for (name, fill, font, bold) in [
        ("default", "navigation", "navigation-text", false),
        ("hover", "navigation-hover", "navigation-text", false),
        ("selected", "accent", "on-accent", true),
    ] {
        if let Some(fill) = color(fill) {
            put(FormatObject::new("fill", [("fillColor", Property::Color(Color::Hex(fill))), ("transparency", Property::Number(0.0))])
                .of(state(name)));
        }
        let mut text = FormatObject::new("text", [("fontSize", Property::Number(10.0)), ("bold", Property::Bool(bold))]);
        if let Some(font) = color(font) {
            text.properties.insert("fontColor".into(), Property::hex(font));
        }
        put(text.of(state(name)));
    }
}

/// Places visuals on the phone page from top to bottom; two halves share a row.
#[derive(Default)]
struct Phone {
    y: f64,
    half: bool,
    row: f64,
}

impl Phone {
    fn place(&mut self, size: RawMobile, tab_order: i64) -> Position {
        let half_width = (PHONE_WIDTH - 3.0 * PHONE_GAP) / 2.0;
        let (width, height) = match size {
            RawMobile::Half => (half_width, 88.0),
            RawMobile::Wide => (PHONE_WIDTH - 2.0 * PHONE_GAP, 80.0),
            RawMobile::Chart => (PHONE_WIDTH - 2.0 * PHONE_GAP, 216.0),
            RawMobile::Tall => (PHONE_WIDTH - 2.0 * PHONE_GAP, 320.0),
        };
        let is_second = self.half && size == RawMobile::Half;
        if !is_second {
            self.y += self.row + PHONE_GAP;
        }
        self.half = size == RawMobile::Half && !is_second;
        self.row = height;
        let x = if is_second { PHONE_GAP * 2.0 + half_width } else { PHONE_GAP };
        Position { x, y: self.y, width, height, z: tab_order.max(0), tab_order: tab_order.max(0) }
    }
}
