//! Emitted report + data → HTML pages with real figures.
//!
//! In: a [`Report`] as read back from PBIR, its model, an engine with data. Out: one self-contained HTML file, or the answers of a local server.
//! [`query`] turns a visual into the DAX it stands for (the shape that Power BI sends), [`Preview::page`] evaluates a page under a selection, and
//! `assets/` holds the page itself: its query layer is one interface with two sources, pre-computed answers and the server.

pub mod diff;
pub mod query;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use serde_json::{Value as Json, json};

use crate::dax::functions::{ScalarContext, format_value};
use crate::dax::{Engine, Options, ResultTable};
use crate::model::Model;
use crate::report::{Action, Color, Page, PageKind, Property, Report, Selector, Visual};
use crate::table::Value;
use query::{Selection, VisualQuery};

/// The page's script and style; charts are drawn by Apache ECharts (Apache-2.0, see `assets/`).
const ECHARTS: &str = include_str!("assets/echarts.min.js");
const SCRIPT: &str = include_str!("assets/preview.js");
const STYLE: &str = include_str!("assets/preview.css");

/// A report over data.
pub struct Preview<'a> {
    /// The report.
    pub report: &'a Report,
    /// Its model.
    pub model: &'a Model,
    /// The engine over the data.
    pub engine: &'a Engine,
    now: f64,
    memory: Arc<Memory>,
}

/// Answers of one engine, so that a selection is computed once; kept while only the report changes.
#[derive(Debug, Default)]
pub struct Memory {
    /// Query and answer by all that the query's visual shows.
    answers: Mutex<HashMap<String, (String, Arc<Json>)>>,
    /// Whether a page was answered: what is calculated at load is then there.
    is_warm: AtomicBool,
}

impl Memory {
    /// What stays true when measures of the model are others and its rows are not: answers whose queries name none that changed, and none
    /// that names one of those.
    pub fn after(&self, old: &Model, new: &Model) -> Memory {
        let folded = |text: &str| text.to_lowercase();
        // What a figure and its text come from; places in files are no part of it.
        let measures = |model: &Model| -> BTreeMap<String, [String; 2]> {
            let all = model.tables.iter().flat_map(|table| &table.measures);
            let by = |m: &crate::model::Measure| m.format_string_definition.as_ref().map_or_else(String::new, |dax| dax.text.clone());
            all.map(|m| (folded(&format!("[{}]", m.name.replace(']', "]]"))), [m.expression.text.clone(), by(m)])).collect()
        };
        let (before, after) = (measures(old), measures(new));
        let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
        let mut changed: Vec<&String> = names.clone().filter(|name| before.get(*name) != after.get(*name)).collect();
        let texts: Vec<(&String, String)> = after.iter().map(|(name, parts)| (name, folded(&parts.join(" ")))).collect();
        // Whoever names a changed one is another as well; a column of that name does no harm.
        let mut next = 0;
        while let Some(name) = changed.get(next).copied() {
            next += 1;
            let by = texts.iter().filter(|(other, text)| text.contains(name.as_str()) && !changed.contains(other)).map(|(other, _)| *other);
            let by: Vec<&String> = by.collect();
            changed.extend(by);
        }
        let kept = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let stays = |dax: &str| {
            let dax = folded(dax);
            !changed.iter().any(|name| dax.contains(name.as_str()))
        };
        let answers = kept.iter().filter(|(_, (dax, _))| stays(dax)).map(|(key, answer)| (key.clone(), answer.clone())).collect();
        Memory { answers: Mutex::new(answers), is_warm: AtomicBool::new(true) }
    }
}

/// Answers that are kept.
const MEMORY: usize = 4_000;

/// Stack of a thread that evaluates: measures in measures in measures.
const STACK: usize = 64 << 20;

/// How much may be pre-computed for a single file.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Bytes of answers.
    pub bytes: usize,
    /// Seconds.
    pub seconds: f64,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget { bytes: 1_000_000, seconds: 20.0 }
    }
}

impl<'a> Preview<'a> {
    /// A report over the data of an engine; `now` is the moment of TODAY, days since 1899-12-30.
    pub fn new(report: &'a Report, model: &'a Model, engine: &'a Engine, now: f64) -> Preview<'a> {
        Preview { report, model, engine, now, memory: Arc::default() }
    }

    /// The same with the answers that another preview of this engine has given.
    pub fn remembering(mut self, memory: Arc<Memory>) -> Preview<'a> {
        self.memory = memory;
        self
    }

    /// What the page needs to know of the report whatever is selected.
    pub fn outline(&self) -> Json {
        let pages: Vec<Json> = self
            .report
            .pages
            .iter()
            .map(|page| {
                let visuals: Vec<Json> = seen(page).map(|visual| self.visual_outline(page, visual)).collect();
                let kind = match page.kind {
                    PageKind::Tooltip => "tooltip",
                    PageKind::DrillThrough { .. } => "drill-through",
                    _ => "report",
                };
                let drill: Vec<String> = match &page.kind {
                    PageKind::DrillThrough { fields, .. } => fields.iter().filter_map(|f| query::notation(self.model, f)).collect(),
                    _ => Vec::new(),
                };
                let chosen: Vec<Json> = page
                    .visuals
                    .iter()
                    .filter_map(|visual| Some((visual, query::chosen_at_first(self.model, visual)?)))
                    .map(|(visual, selection)| json!({"id": visual.name, "sync": visual.sync.as_ref().map(|s| s.name.clone()), "hidden": visual.is_hidden, "column": selection.column, "values": selection.values}))
                    .collect();
                json!({"name": page.name, "title": page.display_name, "kind": kind, "chosen": chosen, "drill": drill, "hidden": page.is_hidden, "width": page.width, "height": page.height,
                    "visuals": visuals})
            })
            .collect();
        let theme = self.report.custom_theme.as_ref().unwrap_or(&self.report.theme);
        let colors = theme.json.get("dataColors").cloned().unwrap_or(Json::Null);
        let signs: serde_json::Map<String, Json> =
            ["good", "bad", "neutral"].iter().filter_map(|key| Some(((*key).to_owned(), theme.color(key)?.into()))).collect();
        json!({"name": self.report.name, "locale": self.report.locale, "pages": pages, "colors": colors, "signs": signs,
            "landing": self.report.first_page().map(|page| page.name.as_str())})
    }

    fn visual_outline(&self, page: &Page, visual: &Visual) -> Json {
        let mut p = visual.position;
        // What lies in a group counts from the group's corner.
        for group in groups(page, visual) {
            p.x += group.position.x;
            p.y += group.position.y;
        }
        let action = visual.action().map(|action| match action {
            Action::Page(name) => json!({"page": name}),
            Action::DrillThrough(name) => json!({"drill": name}),
            Action::Back => json!({"back": true}),
            Action::Url(url) if url.starts_with("https://") => json!({"url": url}),
            _ => Json::Null,
        });
        let text = |property: Option<&Property>| match property {
            Some(Property::Text(text)) => Json::from(text.as_str()),
            _ => Json::Null,
        };
        let number = |property: Option<&Property>| match property {
            Some(Property::Number(x)) => Json::from(*x),
            Some(Property::Integer(n)) => Json::from(*n),
            _ => Json::Null,
        };
        let mut colors = serde_json::Map::new();
        for object in visual.objects.iter().filter(|o| o.name == "dataPoint") {
            if let (Selector::Field(field), Some(Property::Color(color))) = (&object.selector, object.properties.get("fill")) {
                colors.insert(field.clone(), self.color(color));
            }
        }
        let paragraphs: Vec<Json> = visual
            .objects
            .iter()
            .filter_map(|o| o.properties.get("paragraphs"))
            .filter_map(|p| if let Property::Paragraphs(list) = p { Some(list) } else { None })
            .flatten()
            .map(|paragraph| {
                let runs: Vec<Json> =
                    paragraph.runs.iter().map(|run| json!({"text": run.text, "style": run.style.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect::<BTreeMap<String, String>>()})).collect();
                json!({"runs": runs, "align": paragraph.alignment})
            })
            .collect();
        let fill = ["fill", "background"]
            .iter()
            .find_map(|object| visual.object(object, "fillColor").or_else(|| visual.container(object, "color")));
        let font = visual.object("value", "fontColor").or_else(|| visual.object("labels", "color"));
        let color_of = |property: Option<&Property>| match property {
            Some(Property::Color(color)) => self.color(color),
            _ => Json::Null,
        };
        json!({
            "id": visual.name, "type": visual.type_name(), "x": p.x, "y": p.y, "w": p.width, "h": p.height, "z": p.z, "tab": p.tab_order,
            "wrap": self.wraps(visual), "title": visual.title().map_or_else(|| automatic_title(visual), |title| text(Some(title))), "alt": text(visual.alt_text()), "action": action, "colors": colors, "paragraphs": paragraphs,
            "fill": color_of(fill), "font": color_of(font), "text": text(visual.object("text", "text")),
            "heading": text(visual.object("header", "text")), "mode": text(visual.object("data", "mode")),
            "legend": if visual.object("legend", "show") == Some(&Property::Bool(false)) { Json::Null } else { text(visual.object("legend", "position")) },
            "labels": visual.object("labels", "show") == Some(&Property::Bool(true)),
            "size": number(visual.object("value", "fontSize")),
            "plain": visual.container("background", "show") == Some(&Property::Bool(false)),
            "mobile": visual.mobile.map(|m| json!([m.x, m.y, m.width, m.height])),
            "sync": visual.sync.as_ref().map(|s| s.name.clone()),
            "single": visual.object("selection", "strictSingleSelect") == Some(&Property::Bool(true)) || visual.object("selection", "singleSelect") == Some(&Property::Bool(true)),
            "tooltip": visual.tooltip_page(),
            "fields": visual.fields().map(|(role, f)| json!({"role": role, "name": f.heading(), "ref": f.query_ref(), "value": f.field.is_value(), "column": query::notation(self.model, &f.field)})).collect::<Vec<_>>(),
        })
    }

    /// Whether a title may take two lines: the visual says it, or the theme for its type.
    fn wraps(&self, visual: &Visual) -> bool {
        if let Some(Property::Bool(wraps)) = visual.container("title", "titleWrap") {
            return *wraps;
        }
        let theme = self.report.custom_theme.as_ref().unwrap_or(&self.report.theme);
        let of = |kind: &str| theme.json.get("visualStyles")?[kind]["*"]["title"][0]["titleWrap"].as_bool();
        of(visual.type_name()).or_else(|| of("*")).unwrap_or(false)
    }

    fn color(&self, color: &Color) -> Json {
        match color {
            Color::Hex(hex) => hex.as_str().into(),
            Color::Theme { id, .. } => json!({ "theme": id }),
            _ => Json::Null,
        }
    }

    /// The answers of all visuals of a page under a selection: visual name → answer.
    pub fn page(&self, page: usize, selections: &[Selection]) -> Json {
        // A selection comes from a browser; only columns of the model become part of a query.
        let selections: Vec<Selection> = selections.iter().filter(|s| query::is_column(self.model, &s.column)).cloned().collect();
        let Some(page) = self.report.pages.get(page) else { return Json::Object(serde_json::Map::new()) };
        let visuals: Vec<&Visual> = seen(page).collect();
        let found: Vec<OnceLock<Option<Json>>> = visuals.iter().map(|_| OnceLock::new()).collect();
        let next = AtomicUsize::new(0);
        // Each takes the next visual until none is left.
        let work = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some((visual, place)) = visuals.get(at).zip(found.get(at)) else { break };
                let _ = place.set(self.visual(page, visual, &selections));
            }
        };
        // Two threads that both need a calculated column at first would both calculate it.
        let is_warm = self.memory.is_warm.load(Ordering::Relaxed);
        let threads = if is_warm { std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(visuals.len()) } else { 1 };
        std::thread::scope(|scope| {
            for _ in 1..threads {
                // Without a second thread the first does it all.
                let _ = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
            }
            work();
        });
        self.memory.is_warm.store(true, Ordering::Relaxed);
        let answers = visuals.iter().zip(found).filter_map(|(visual, answer)| Some((visual.name.clone(), answer.into_inner()??)));
        Json::Object(answers.collect())
    }

    /// The answer of a visual: its dynamic texts and its data; `None` for one that shows neither.
    fn visual(&self, page: &Page, visual: &Visual, selections: &[Selection]) -> Option<Json> {
        let mut answer = serde_json::Map::new();
        for (key, property) in [("title", visual.title()), ("subtitle", visual.subtitle()), ("alt", visual.alt_text())] {
            if let Some(Property::Field(field)) = property {
                let text = query::scalar(self.model, self.report, page, visual, field, selections).map(|dax| self.text(&dax));
                answer.insert(key.to_owned(), text.map_or(Json::Null, Json::from));
            } else if let (true, Some(Property::Text(text))) = (key == "subtitle", property) {
                answer.insert(key.to_owned(), text.as_str().into());
            }
        }
        if let Some(query) = query::of(self.model, self.report, page, visual, selections) {
            answer.insert("data".to_owned(), self.answer(&query).as_ref().clone());
        }
        if answer.is_empty() { None } else { Some(Json::Object(answer)) }
    }

    fn options(&self) -> Options {
        Options { culture: self.report.locale.clone(), now: self.now, ..Options::default() }
    }

    fn text(&self, dax: &str) -> String {
        match self.engine.evaluate_expr(dax, &self.options()) {
            Ok(Value::Blank) => String::new(),
            Ok(Value::String(text)) => text.to_string(),
            Ok(other) => cell(&other).as_str().map_or_else(|| cell(&other).to_string(), str::to_owned),
            Err(error) => error.message,
        }
    }

    /// Evaluates the query of a visual; the same query is not run twice.
    pub fn answer(&self, query: &VisualQuery) -> Arc<Json> {
        let memory = || self.memory.answers.lock().unwrap_or_else(PoisonError::into_inner);
        // Visuals with one query may still write its figures in different ways.
        let key = format!("{query:?}");
        if let Some((_, known)) = memory().get(&key) {
            return known.clone();
        }
        let answer = Arc::new(self.evaluated(query));
        let mut memory = memory();
        if memory.len() >= MEMORY {
            memory.clear();
        }
        memory.insert(key, (query.dax.clone(), answer.clone()));
        answer
    }

    fn evaluated(&self, query: &VisualQuery) -> Json {
        let started = Instant::now();
        let options = self.options();
        let rows = match self.engine.evaluate(&query.dax, &options) {
            Ok(tables) => tables.into_iter().next().map(|table| in_order(table, &query.names)).unwrap_or_default(),
            Err(error) => return json!({"error": error.message, "dax": [query.dax], "columns": query.columns}),
        };
        let scalars = ScalarContext {
            culture: options.culture.clone().unwrap_or_else(|| self.model.culture.clone()),
            now: options.now,
            ..ScalarContext::default()
        };
        let culture = scalars.conventions();
        let parts = query.parts(rows.len(), &|row, at| rows[row][at].clone());
        let line = |row: usize, groups: &[usize]| -> Json {
            let row = &rows[row];
            let mut cells: Vec<Json> = groups.iter().map(|at| cell(&row[*at])).collect();
            for value in &query.values {
                let shown = match &row[value.at] {
                    Value::Blank => Json::Null,
                    // A text that is no number keeps itself.
                    Value::String(text) => text.as_ref().into(),
                    other => match &value.shown {
                        query::Shown::Format(format) => format_value(&scalars, other, format, culture).into(),
                        query::Shown::Column(at) => match &row[*at] {
                            Value::String(format) => format_value(&scalars, other, format, culture).into(),
                            _ => format_value(&scalars, other, "", culture).into(),
                        },
                    },
                };
                cells.push(cell(&row[value.at]));
                cells.push(shown);
            }
            cells.extend(query.extras.iter().map(|at| cell(&row[*at])));
            Json::Array(cells)
        };
        let lines = |rows: &[usize], groups: &[usize]| -> Json { rows.iter().take(query.limit).map(|row| line(*row, groups)).collect() };
        let most = parts.levels.iter().map(Vec::len).max().unwrap_or_default();
        let depth = parts.levels.len();
        let levels: Vec<Json> = parts.levels.iter().zip(&parts.groups).map(|(rows, groups)| lines(rows, groups)).collect();
        let mut totals: Vec<Json> =
            parts.totals.iter().zip(&parts.groups[depth..]).map(|((kind, rows), groups)| json!([kind, lines(rows, groups)])).collect();
        if !parts.order.is_empty() {
            let across = &query.groups[query.depth()..];
            let heads: Vec<Json> = parts.order.iter().map(|row| across.iter().map(|at| cell(&rows[*row][*at])).collect()).collect();
            totals.push(json!(["order", heads]));
        }
        let ms = (started.elapsed().as_secs_f64() * 10_000.0).round() / 10.0;
        json!({"columns": query.columns, "groups": query.groups.len(), "levels": levels, "totals": totals, "styles": query.styles,
            "rows": most, "limit": query.limit, "dax": [query.dax], "ms": ms})
    }

    /// The one file: outline, answers without a selection, and as many answers as the budget allows: for one value of each slicer, for
    /// the marks of each page, for the details of one value.
    pub fn html(&self, base: &[Json], budget: Budget) -> String {
        let started = Instant::now();
        let mut variants = serde_json::Map::new();
        let mut bytes = 0;
        let mut complete = true;
        let first: Vec<Vec<Selection>> = (0..self.report.pages.len()).map(|page| self.chosen_at_first(page)).collect();
        let opened = first.iter().enumerate().filter(|(_, chosen)| !chosen.is_empty()).map(|(page, chosen)| (page, chosen.clone()));
        let likely = self.wanted(base).into_iter().map(|(page, column, value)| {
            let others = first[page].iter().filter(|one| one.column != column).cloned();
            (page, others.chain(std::iter::once(Selection { column: column.clone(), values: vec![value] })).collect())
        });
        let must = opened.clone().count();
        for (at, (page, selections)) in opened.chain(likely).enumerate() {
            let selections: Vec<Selection> = selections;
            let key = format!("{page}|{}", query::key(&selections));
            if variants.contains_key(&key) {
                continue;
            }
            // What is shown when the report is opened is there in any case.
            if at >= must && (bytes > budget.bytes || started.elapsed().as_secs_f64() > budget.seconds) {
                complete = false;
                break;
            }
            let answer = difference(&base[page], self.page(page, &selections));
            bytes += answer.to_string().len() + key.len();
            variants.insert(key, answer);
        }
        let payload = json!({"outline": self.outline(), "base": base, "variants": variants, "complete": complete, "serve": false});
        document(&self.report.name, self.report.locale.as_deref(), &payload.to_string())
    }

    /// What the slicers that count for a page have chosen when the report is opened, its own and those in step with all pages.
    pub fn chosen_at_first(&self, page: usize) -> Vec<Selection> {
        let mut chosen: BTreeMap<String, Selection> = BTreeMap::new();
        for (at, other) in self.report.pages.iter().enumerate() {
            for visual in other.visuals.iter().filter(|visual| at == page || visual.sync.is_some()) {
                if let Some(selection) = query::chosen_at_first(self.model, visual) {
                    chosen.insert(selection.column.clone(), selection);
                }
            }
        }
        chosen.into_values().collect()
    }

    /// Selections that somebody is likely to make, the likeliest first.
    fn wanted(&self, base: &[Json]) -> Vec<(usize, String, Json)> {
        let mut wanted = Vec::new();
        let shown: Vec<usize> = (0..self.report.pages.len()).filter(|i| self.report.pages[*i].kind == PageKind::Report).collect();
        // Each slicer has its turn; one with a single value changes least.
        let (single, columns): (Vec<_>, Vec<_>) = self.slicer_values(base).into_iter().partition(|(_, values)| values.len() < 2);
        let most = columns.iter().map(|(_, values)| values.len()).max().unwrap_or_default();
        let turns = (0..most).flat_map(|turn| columns.iter().filter_map(move |(column, values)| Some((column, values.get(turn)?))));
        for (column, value) in turns.chain(single.iter().flat_map(|(column, values)| values.iter().map(move |value| (column, value)))) {
            wanted.extend(shown.iter().map(|page| (*page, column.clone(), value.clone())));
        }
        let drills: Vec<String> = self
            .report
            .pages
            .iter()
            .filter_map(|page| if let PageKind::DrillThrough { fields, .. } = &page.kind { Some(fields) } else { None })
            .flatten()
            .filter_map(|field| query::notation(self.model, field))
            .collect();
        let mut marks: Vec<(String, Json)> = Vec::new();
        for &page in &shown {
            for visual in self.report.pages[page].visuals.iter().filter(|v| !v.is_hidden && !query::is_slicer(v)) {
                let data = &base[page][visual.name.as_str()]["data"];
                let columns: Vec<&str> = data["columns"].as_array().into_iter().flatten().filter_map(|c| c["column"].as_str()).collect();
                // A row of a table stands for the value that opens details, as in the page.
                let at = columns.iter().position(|c| visual.type_name() == "tableEx" && drills.iter().any(|d| d == c)).unwrap_or(0);
                let Some(column) = columns.get(at) else { continue };
                for row in data["levels"][0].as_array().into_iter().flatten().take(8) {
                    if !row[at].is_null() {
                        wanted.push((page, (*column).to_owned(), row[at].clone()));
                        marks.push(((*column).to_owned(), row[at].clone()));
                    }
                }
            }
        }
        for (index, page) in self.report.pages.iter().enumerate() {
            let fields: Vec<String> = match &page.kind {
                PageKind::DrillThrough { fields, .. } => fields.iter().filter_map(|f| query::notation(self.model, f)).collect(),
                PageKind::Tooltip => marks.iter().map(|(column, _)| column.clone()).collect(),
                PageKind::Report => continue,
            };
            wanted.extend(
                marks.iter().filter(|(column, _)| fields.contains(column)).map(|(column, value)| (index, column.clone(), value.clone())),
            );
        }
        wanted
    }

    /// The answers of every page without a selection.
    pub fn base(&self) -> Vec<Json> {
        (0..self.report.pages.len()).map(|page| self.page(page, &[])).collect()
    }

    /// Visuals whose query fails: page, visual, why.
    pub fn broken(&self, base: &[Json]) -> Vec<(String, String, String)> {
        let mut broken = Vec::new();
        for (page, answers) in self.report.pages.iter().zip(base) {
            for (visual, answer) in answers.as_object().into_iter().flatten() {
                if let Some(why) = answer["data"]["error"].as_str() {
                    broken.push((page.name.clone(), visual.clone(), why.to_owned()));
                }
            }
        }
        broken
    }

    /// Values of each slicer's column, those of synchronised slicers once.
    fn slicer_values(&self, base: &[Json]) -> Vec<(String, Vec<Json>)> {
        let mut seen: Vec<(String, Vec<Json>)> = Vec::new();
        for (page, answers) in self.report.pages.iter().zip(base) {
            for visual in page.visuals.iter().filter(|v| query::is_slicer(v)) {
                let Some(column) = visual.fields().next().and_then(|(_, f)| query::notation(self.model, &f.field)) else { continue };
                if seen.iter().any(|(c, _)| *c == column) {
                    continue;
                }
                let rows = answers[visual.name.as_str()]["data"]["levels"][0].as_array().cloned().unwrap_or_default();
                let mut values: Vec<Json> = rows.into_iter().filter_map(|row| row.get(0).cloned()).filter(|v| !v.is_null()).collect();
                // Days by the hundred are left to the server.
                if values.len() > 60 {
                    continue;
                }
                values.reverse();
                seen.push((column, values));
            }
        }
        seen
    }
}

/// The page that asks a server for all of its answers; `version` counts the server's rebuilds and `outline` is [`Preview::outline`] as text.
pub fn served(name: &str, locale: Option<&str>, outline: &str, version: u64) -> String {
    let payload = format!("{{\"outline\":{outline},\"base\":[],\"variants\":{{}},\"complete\":true,\"serve\":true,\"version\":{version}}}");
    document(name, locale, &payload)
}

fn document(name: &str, locale: Option<&str>, payload: &str) -> String {
    // Only the two scripts and the style of this page may run, whatever else finds its way in.
    static POLICY: OnceLock<String> = OnceLock::new();
    let policy = POLICY.get_or_init(|| {
        format!(
            "default-src 'none'; script-src {} {}; style-src {}; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'",
            source(ECHARTS),
            source(SCRIPT),
            source(STYLE)
        )
    });
    // `<` cannot close the script element when it is written as an escape; nothing from the books is ever markup.
    let data = payload.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
    // The head is on the screen before the scripts have run.
    let title = escape(name);
    let lang = escape(locale.unwrap_or("en").split('-').next().unwrap_or("en"));
    format!(
        "<!doctype html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<div id=\"app\"><header class=\"bar\"><h1>{title}</h1></header></div>\n\
         <script type=\"application/json\" id=\"data\">{data}</script>\n<script>{ECHARTS}</script>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )
}

/// The groups around a visual, the nearest first.
fn groups<'p>(page: &'p Page, visual: &'p Visual) -> Vec<&'p Visual> {
    let mut found: Vec<&Visual> = Vec::new();
    let mut inner = visual;
    while let Some(group) = inner.group.as_ref().and_then(|name| page.visuals.iter().find(|v| v.name == *name)) {
        // A broken file may name groups in a circle.
        if found.len() >= page.visuals.len() {
            break;
        }
        found.push(group);
        inner = group;
    }
    found
}

/// The visuals of a page that are shown: not hidden themselves, and in no hidden group.
fn seen(page: &Page) -> impl Iterator<Item = &Visual> {
    page.visuals.iter().filter(|visual| !visual.is_hidden && !groups(page, visual).iter().any(|group| group.is_hidden))
}

/// Rows of an answer with their columns in the order of `names`.
fn in_order(table: ResultTable, names: &[String]) -> Vec<Vec<Value>> {
    let place = |(index, name): (usize, &String)| table.columns.iter().position(|c| c.name == *name).unwrap_or(index);
    let places: Vec<usize> = names.iter().enumerate().map(place).collect();
    table.rows.iter().map(|row| places.iter().map(|at| row.get(*at).cloned().unwrap_or(Value::Blank)).collect()).collect()
}

/// The title that Power BI gives a chart that has none of its own: values by category.
fn automatic_title(visual: &Visual) -> Json {
    let kind = visual.type_name();
    let is_chart = kind.ends_with("Chart") || matches!(kind, "treemap" | "gauge" | "funnel" | "kpi");
    if !is_chart || visual.container("title", "show") == Some(&Property::Bool(false)) {
        return Json::Null;
    }
    let fields = || visual.fields().filter(|(role, _)| *role != "Tooltips");
    let mut values: Vec<&str> = fields().filter(|(_, f)| f.field.is_value()).map(|(_, f)| f.heading()).collect();
    values.dedup();
    let by: Vec<&str> = fields().filter(|(_, f)| !f.field.is_value()).map(|(_, f)| f.heading()).collect();
    let title = [values.join(", "), by.join(", ")].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    if title.is_empty() { Json::Null } else { title.into() }
}

/// The answers that a selection changes, without what the page knows from the answers without one.
fn difference(base: &Json, answers: Json) -> Json {
    let Json::Object(answers) = answers else { return answers };
    let mut changed = serde_json::Map::new();
    for (name, mut answer) in answers {
        let before = &base[name.as_str()];
        let same = ["title", "subtitle", "alt"].iter().all(|key| answer[*key] == before[*key])
            && answer["data"]["levels"] == before["data"]["levels"]
            && answer["data"]["totals"] == before["data"]["totals"]
            && answer["data"]["error"] == before["data"]["error"];
        if same {
            continue;
        }
        if let Some(data) = answer.get_mut("data").and_then(Json::as_object_mut) {
            data.retain(|key, _| matches!(key.as_str(), "levels" | "totals" | "rows" | "error"));
        }
        changed.insert(name, answer);
    }
    Json::Object(changed)
}

/// A source expression of the content security policy.
fn source(text: &str) -> String {
    use base64::Engine as _;
    use sha2::Digest as _;
    format!("'sha256-{}'", base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(text.as_bytes())))
}

/// A cell as JSON: dates as ISO text, numbers as numbers.
fn cell(value: &Value) -> Json {
    match value {
        Value::Blank => Json::Null,
        Value::Int64(n) => (*n).into(),
        Value::Double(x) => serde_json::Number::from_f64(*x).map_or(Json::Null, Json::Number),
        Value::Currency(c) => serde_json::Number::from_f64(c.to_f64()).map_or(Json::Null, Json::Number),
        Value::String(text) => text.as_ref().into(),
        Value::Boolean(b) => (*b).into(),
        Value::DateTime(serial) => crate::base::Date(serial.floor() as i32).to_string().into(),
        Value::Binary(_) => Json::Null,
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
