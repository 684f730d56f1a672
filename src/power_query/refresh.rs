//! The queries of a model, executed: each table in an evaluation of its own, as a service refresh does, with its own caches.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::order;
use crate::m::load::{Loaded, Wanted, load};
use crate::m::syntax::ast::Document;
use crate::m::syntax::{parse_document, parse_expression};
use crate::m::{self, Interp, Sources};
use crate::model::{ColumnKind, Model, PartitionSource};
use crate::table::DataType;

/// What a refresh runs with.
pub struct Refresh<'a> {
    /// The model with its queries filled in.
    pub model: &'a Model,
    /// Parameters by name with M text in place of their own values.
    pub parameters: &'a [(String, String)],
    /// The connector's section document, if the queries use one, and its texts.
    pub connector: Option<(&'a str, m::eval::Extension)>,
    /// How each evaluation is run.
    pub options: m::Options,
    /// Whether each query is evaluated a first time for its columns, as Power BI Desktop does before it loads.
    pub schema_pass: bool,
    /// How many tables at a time; 0 for as many as there are processors.
    pub jobs: usize,
}

/// One table of a refresh.
#[derive(Debug)]
pub struct Refreshed {
    /// Name in the model.
    pub name: String,
    /// The rows, or why there are none.
    pub outcome: Result<Loaded, String>,
    /// How long its query took.
    pub elapsed: Duration,
    /// How many web requests its query sent.
    pub requests: u64,
}

impl Refresh<'_> {
    /// Names of the tables that have a query, in the order of the model.
    pub fn tables(&self) -> Vec<&str> {
        let has_query = |t: &&crate::model::Table| t.partitions.iter().any(|p| matches!(p.source, PartitionSource::M(_)));
        self.model.tables.iter().filter(has_query).map(|t| t.name.as_str()).collect()
    }

    /// Runs every query. `sources` gives each evaluation its own world. The answer is in the order of the model.
    pub fn run(&self, sources: &(dyn Fn() -> Sources + Sync)) -> Vec<Refreshed> {
        let results = Mutex::new(Vec::new());
        self.run_each(sources, &|refreshed| {
            if let Ok(mut results) = results.lock() {
                results.push(refreshed);
            }
        });
        let mut results = results.into_inner().unwrap_or_default();
        let names = self.tables();
        results.sort_by_key(|refreshed| names.iter().position(|name| *name == refreshed.name));
        results
    }

    /// As [`Refresh::run`]; `done` gets each table as soon as it is there, on the thread that made it.
    pub fn run_each(&self, sources: &(dyn Fn() -> Sources + Sync), done: &(dyn Fn(Refreshed) + Sync)) {
        let jobs = match self.jobs {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            jobs => jobs,
        };
        let order = order::queries(self.model);
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..jobs.min(order.len()) {
                scope.spawn(|| {
                    m::with_stack(|| {
                        let mut queries = None;
                        while let Some(name) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                            // Who waits for the table gets it before what its query held is given back.
                            done(self.table(name, &mut queries, sources));
                            if let Some(cx) = &mut queries {
                                cx.end_query();
                            }
                        }
                    });
                });
            }
        });
    }

    /// Runs the query of one table, whatever it needs of the others; `sources` gives the evaluation its world.
    pub fn one(&self, name: &str, sources: &(dyn Fn() -> Sources + Sync)) -> Refreshed {
        m::with_stack(|| self.table(name, &mut None, sources))
    }

    /// Runs the query of one table. The thread keeps the resolved queries from one table to the next; who calls ends the query, for caches
    /// of answers and values are not kept.
    fn table(&self, name: &str, queries: &mut Option<Interp>, sources: &(dyn Fn() -> Sources + Sync)) -> Refreshed {
        let start = Instant::now();
        let mut requests = 0;
        let outcome = match queries {
            Some(cx) => Ok(cx),
            None => self.open(sources()).map(|cx| queries.insert(cx)),
        };
        let outcome = outcome.and_then(|cx| {
            cx.restart_clock();
            if self.schema_pass {
                let schema = cx.query(name).map_err(|e| describe(cx, &e)).map(|_| ());
                requests += cx.requests_sent();
                cx.end_query();
                schema?;
            }
            let outcome = self.evaluate(name, cx);
            requests += cx.requests_sent();
            outcome
        });
        Refreshed { name: name.to_owned(), outcome, elapsed: start.elapsed(), requests }
    }

    /// An evaluator that knows all queries.
    fn open(&self, sources: Sources) -> Result<Interp, String> {
        let mut cx = Interp::new(self.options.clone(), sources);
        if let Some((text, extension)) = &self.connector {
            cx.extension = extension.clone();
            let parsed = parse_document(text).map_err(|e| format!("connector: {}", e.message))?;
            if let Document::Sections(sections) = &parsed.document {
                cx.load_sections(sections, true).map_err(|e| format!("connector: {e}"))?;
            }
        }
        let mut queries = Vec::new();
        let expressions = self.model.expressions.iter().map(|e| (e.name.as_str(), e.expression.text.as_str()));
        let tables = self.model.tables.iter().filter_map(|table| Some((table.name.as_str(), order::query(table)?)));
        for (query, text) in expressions.chain(tables) {
            let text = self.parameters.iter().rev().find(|(name, _)| name == query).map_or(text, |(_, text)| text.as_str());
            let expr = parse_expression(text).map_err(|e| format!("query `{query}`: {} at byte {}", e.message, e.at.start))?;
            queries.push((query.to_owned(), expr));
        }
        cx.load_queries(&queries).map_err(|e| e.to_string())?;
        Ok(cx)
    }

    fn evaluate(&self, name: &str, cx: &mut Interp) -> Result<Loaded, String> {
        let wanted: Vec<Wanted> = self
            .model
            .table(name)
            .into_iter()
            .flat_map(|table| &table.columns)
            .filter_map(|column| match &column.kind {
                ColumnKind::Data { source_column } => Some(Wanted {
                    source: if source_column.is_empty() { column.name.clone() } else { source_column.clone() },
                    name: column.name.clone(),
                    data_type: column.data_type.unwrap_or(DataType::String),
                }),
                _ => None,
            })
            .collect();
        let value = cx.query(name).map_err(|e| describe(cx, &e))?;
        load(cx, name, &value, Some(&wanted)).map_err(|e| describe(cx, &e))
    }
}

pub(super) fn describe(cx: &mut Interp, error: &m::Error) -> String {
    match m::canon::to_source(cx, &error.data().detail, 3) {
        Ok(detail) if detail != "null" => format!("{error} ({})", detail.chars().take(300).collect::<String>()),
        _ => error.to_string(),
    }
}
