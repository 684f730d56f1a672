//! `xero-pbit`: Xero books in Power BI, as code.
//!
//! Four pipelines, each a chain of plain functions whose types name the stage:
//!
//! ```text
//! model files ─load→ RawProject ─lower→ (Model, Report) ─check→ CheckedModel ─emit→ FileSet ─write→ .pbit or folder
//! DAX text    ─lex→ Token ─parse→ ast::Expr ─bind→ bound::Expr ─plan→ Plan ─eval→ Table or Value
//! M text      ─lex→ Token ─parse→ ast::Expr ─resolve→ Program ─force→ Value ─→ Table
//! raw pages   ─the template's own M→ 13 tables ─DAX→ figures ═compare═ figures ←reference─ raw pages
//! ```
//!
//! Modules are listed in import order: a module may use those above it, never those below.

pub mod base;
pub mod table;

pub mod model;
pub mod report;

pub mod project;

pub mod format;

pub mod dax;

pub mod m;

pub mod power_query;

pub mod check;

pub mod emit;

pub mod xero;

pub mod mock;

pub mod sample;

pub mod reference;

pub mod validate;

pub mod preview;

pub mod host;

pub mod cli;
