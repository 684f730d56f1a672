//! The engine: a model and its data, ready to answer queries.

use std::collections::BTreeSet;
use std::fmt;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::bind::bound::{Kind, N};
use super::bind::{BindCache, Binder, Scope};
use super::catalog::{Catalog, ColId, RelId, TableId};
use super::error::{EvalError, EvalResult};
use super::eval::codes::Codes;
use super::eval::store::{Mask, Stored};
use super::eval::value::TableVal;
use super::eval::{Budget, Session};
use super::functions::ScalarContext;
use super::prepare::{bind_definitions, complete_tables, define};
use super::syntax::ast::{Evaluate, Place, Query};
use super::syntax::{parse_any, parse_expression, parse_query};
use crate::model::{self, Model};
use crate::table::{Column, DataType, Table, Value};

pub use super::outcome::{DaxError, Stage};

/// Gives tables when they are first touched.
pub trait TableSource: Send + Sync {
    /// The rows of an imported table; `None` when there are none. Columns may be in any order; missing ones are blank.
    ///
    /// # Errors
    /// Why the table cannot be read, as a sentence.
    fn load(&self, table: &str) -> Result<Option<Table>, String>;

    /// As [`TableSource::load`] for those who keep their tables: what they share is copied column by column when it is needed.
    ///
    /// # Errors
    /// Why the table cannot be read, as a sentence.
    fn share(&self, table: &str) -> Result<Option<Arc<Table>>, String> {
        Ok(self.load(table)?.map(Arc::new))
    }
}

/// Tables that are all there.
impl TableSource for Vec<Table> {
    fn load(&self, table: &str) -> Result<Option<Table>, String> {
        let wanted = super::catalog::fold(table);
        Ok(self.iter().find(|t| super::catalog::fold(&t.name) == wanted).cloned())
    }
}

/// Tables, each of which somebody else keeps as well.
impl TableSource for Vec<Arc<Table>> {
    fn load(&self, table: &str) -> Result<Option<Table>, String> {
        Ok(self.share(table)?.map(|found| found.as_ref().clone()))
    }

    fn share(&self, table: &str) -> Result<Option<Arc<Table>>, String> {
        let wanted = super::catalog::fold(table);
        Ok(self.iter().find(|t| super::catalog::fold(&t.name) == wanted).cloned())
    }
}

/// Tables that somebody else keeps as well.
impl TableSource for Arc<Vec<Table>> {
    fn load(&self, table: &str) -> Result<Option<Table>, String> {
        self.as_ref().load(table)
    }
}

/// How to evaluate.
#[derive(Clone, Debug)]
pub struct Options {
    /// Security roles; a user with several sees what any of them shows.
    pub roles: Vec<String>,
    /// The moment of NOW and TODAY in UTC, days since 1899-12-30.
    pub now: f64,
    /// What USERNAME and USERPRINCIPALNAME answer.
    pub user: String,
    /// Culture; the model's when absent.
    pub culture: Option<String>,
    /// Values of `@name`.
    pub parameters: Vec<(String, Value)>,
    /// Longest time of one query.
    pub timeout: Option<Duration>,
    /// Most bytes of intermediate tables.
    pub max_memory: usize,
    /// Evaluates one context and one row at a time; slow, to check the quick way against.
    #[doc(hidden)]
    pub one_by_one: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            roles: Vec::new(),
            now: ScalarContext::default().now,
            user: String::new(),
            culture: None,
            parameters: Vec::new(),
            timeout: None,
            max_memory: 2 << 30,
            one_by_one: false,
        }
    }
}

/// A column of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultColumn {
    /// `Table[Column]`, or `[Name]` for an added one.
    pub name: String,
    /// The type that the binder found, if it is one type.
    pub data_type: Option<DataType>,
}

/// The answer of one EVALUATE.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultTable {
    /// Columns in order.
    pub columns: Vec<ResultColumn>,
    /// Rows in order; each as long as `columns`.
    pub rows: Vec<Vec<Value>>,
}

impl ResultTable {
    /// The type of a column's non-blank values as answers name it: `variant` where they differ.
    pub fn type_name(&self, column: usize) -> &'static str {
        let mut types = self.rows.iter().filter_map(|r| r[column].data_type());
        match types.next() {
            None => self.columns[column].data_type.map_or("variant", DataType::name),
            Some(first) => {
                if types.all(|t| t == first) {
                    first.name()
                } else {
                    "variant"
                }
            }
        }
    }
}

/// What an expression names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dependencies {
    /// Tables.
    pub tables: BTreeSet<String>,
    /// Table and column.
    pub columns: BTreeSet<(String, String)>,
    /// Measures.
    pub measures: BTreeSet<String>,
}

/// Rows of a loaded table.
#[derive(Debug)]
struct Loaded {
    rows: usize,
    columns: Vec<(ColId, OnceLock<Arc<Stored>>)>,
    /// Where columns that are not there yet come from, if somebody else keeps the table.
    shared: Option<Arc<Table>>,
}

/// Rows and columns of a calculated table.
type CalculatedTable = (usize, Vec<Arc<Stored>>);

/// The data of an engine: loaded, derived and indexed when first needed.
pub struct Store {
    source: Box<dyn TableSource>,
    tables: Vec<OnceLock<Result<Loaded, EvalError>>>,
    relationships: Vec<OnceLock<Arc<Codes>>>,
    blank_rows: Vec<OnceLock<bool>>,
    row_classes: Vec<OnceLock<Option<Arc<Vec<u32>>>>>,
    calculated_columns: Vec<OnceLock<Arc<Stored>>>,
    calculated_tables: Vec<OnceLock<CalculatedTable>>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("tables", &self.tables.len()).finish_non_exhaustive()
    }
}

impl Store {
    fn new(catalog: &Catalog, source: Box<dyn TableSource>) -> Store {
        fn slots<T>(n: usize) -> Vec<OnceLock<T>> {
            (0..n).map(|_| OnceLock::new()).collect()
        }
        Store {
            source,
            tables: slots(catalog.tables.len()),
            relationships: slots(catalog.rels.len()),
            blank_rows: slots(catalog.tables.len()),
            row_classes: slots(catalog.tables.len()),
            calculated_columns: slots(catalog.columns.len()),
            calculated_tables: slots(catalog.tables.len()),
        }
    }

    /// Number of tables of the model (not of a query).
    pub(crate) fn table_count(&self) -> usize {
        self.tables.len()
    }

    fn loaded(&self, catalog: &Catalog, table: TableId) -> EvalResult<&Loaded> {
        self.tables[table as usize]
            .get_or_init(|| {
                let def = &catalog.tables[table as usize];
                let found =
                    self.source.share(&def.name).map_err(|message| EvalError { catchable: false, ..EvalError::new("D0340", message) })?;
                let (mut own, shared) = match found.map(Arc::try_unwrap) {
                    None => (Table::default(), None),
                    Some(Ok(own)) => (own, None),
                    Some(Err(shared)) => (Table::default(), Some(shared)),
                };
                let rows = shared.as_ref().map_or(own.rows(), |table| table.rows());
                let mut columns = Vec::new();
                for col in &def.columns {
                    let wanted = &catalog.columns[*col as usize];
                    if wanted.calculated.is_some() {
                        continue;
                    }
                    let position = |table: &Table| {
                        let name = super::catalog::fold(&wanted.name);
                        table.columns.iter().position(|c| super::catalog::fold(&c.name) == name)
                    };
                    let stored = OnceLock::new();
                    if shared.as_ref().is_none_or(|table| position(table).is_none()) {
                        let column = match position(&own) {
                            Some(at) => own.columns.swap_remove(at),
                            None => Column::blank(wanted.name.to_string(), wanted.data_type.unwrap_or(DataType::String), rows),
                        };
                        let _ = stored.set(Arc::new(Stored::new(column)));
                    }
                    columns.push((*col, stored));
                }
                Ok(Loaded { rows, columns, shared })
            })
            .as_ref()
            .map_err(Clone::clone)
    }

    pub(crate) fn rows(&self, catalog: &Catalog, table: TableId) -> EvalResult<usize> {
        Ok(self.loaded(catalog, table)?.rows)
    }

    pub(crate) fn column(&self, catalog: &Catalog, col: ColId) -> EvalResult<Arc<Stored>> {
        let table = catalog.table_of(col);
        let loaded = self.loaded(catalog, table)?;
        let stored = loaded.columns.iter().find(|(c, _)| *c == col).and_then(|(_, stored)| match (stored.get(), &loaded.shared) {
            (Some(stored), _) => Some(stored),
            (None, Some(table)) => {
                let name = super::catalog::fold(&catalog.columns[col as usize].name);
                let column = table.columns.iter().find(|c| super::catalog::fold(&c.name) == name)?;
                Some(stored.get_or_init(|| Arc::new(Stored::new(column.clone()))))
            }
            (None, None) => None,
        });
        match stored {
            Some(stored) => Ok(stored.clone()),
            None => Err(EvalError::new("D0341", format!("the column `{}` has no data", catalog.column_label(col)))),
        }
    }

    pub(crate) fn relationship(&self, rel: RelId) -> Option<Arc<Codes>> {
        self.relationships[rel as usize].get().cloned()
    }

    pub(crate) fn keep_relationship(&self, rel: RelId, rows: &Arc<Codes>) {
        // A second thread may have been first; both computed the same.
        let _ = self.relationships[rel as usize].set(rows.clone());
    }

    pub(crate) fn blank_row(&self, table: TableId) -> Option<bool> {
        self.blank_rows.get(table as usize)?.get().copied()
    }

    pub(crate) fn keep_blank_row(&self, table: TableId, found: bool) {
        if let Some(slot) = self.blank_rows.get(table as usize) {
            let _ = slot.set(found);
        }
    }

    /// Where the classes of equal rows of a table are kept; `None` for the table of a query.
    pub(crate) fn row_classes(&self, table: TableId) -> Option<&OnceLock<Option<Arc<Vec<u32>>>>> {
        self.row_classes.get(table as usize)
    }

    pub(crate) fn calculated_column(&self, col: ColId) -> Option<Arc<Stored>> {
        self.calculated_columns.get(col as usize)?.get().cloned()
    }

    pub(crate) fn keep_column(&self, col: ColId, stored: &Arc<Stored>) {
        if let Some(slot) = self.calculated_columns.get(col as usize) {
            let _ = slot.set(stored.clone());
        }
    }

    pub(crate) fn calculated_table(&self, table: TableId) -> Option<CalculatedTable> {
        self.calculated_tables.get(table as usize)?.get().cloned()
    }

    pub(crate) fn keep_table(&self, table: TableId, rows: usize, columns: &[Arc<Stored>]) {
        if let Some(slot) = self.calculated_tables.get(table as usize) {
            let _ = slot.set((rows, columns.to_vec()));
        }
    }
}

/// A model with its data.
///
/// ```
/// use xero_pbit::dax::{Engine, Options};
/// use xero_pbit::model::{Column, Measure, Model, Source, Table};
/// use xero_pbit::table::{self, DataType, Value};
///
/// let mut sales = Table { name: "Sales".into(), ..Table::default() };
/// for (name, data_type) in [("Product", DataType::String), ("Amount", DataType::Int64)] {
///     sales.columns.push(Column { name: name.into(), data_type: Some(data_type), ..Column::default() });
/// }
/// let total = Measure { name: "Total".into(), expression: Source::new("SUM ( Sales[Amount] )"), ..Measure::default() };
/// sales.measures.push(total);
/// let model = Model { tables: vec![sales], ..Model::default() };
///
/// let product = table::Column::from_values("Product", DataType::String, ["a", "b", "a"].map(Value::text)).unwrap();
/// let amount = table::Column::from_values("Amount", DataType::Int64, [1, 2, 4].map(Value::Int64)).unwrap();
/// let data = vec![table::Table { name: "Sales".into(), columns: vec![product, amount] }];
///
/// let engine = Engine::new(&model, data);
/// let options = Options::default();
/// assert_eq!(engine.evaluate_expr("[Total] * 2", &options), Ok(Value::Int64(14)));
/// let answer = engine.evaluate("EVALUATE SUMMARIZECOLUMNS ( Sales[Product], \"T\", [Total] ) ORDER BY Sales[Product]", &options).unwrap();
/// assert_eq!(answer[0].rows[0], [Value::text("a"), Value::Int64(5)]);
/// ```
#[derive(Debug)]
pub struct Engine {
    catalog: Catalog,
    store: Arc<Store>,
    cache: BindCache,
    culture: String,
    roles: Vec<model::Role>,
}

impl Engine {
    /// Takes the names of a model; data are fetched from `source` when a query first touches their table.
    pub fn new(model: &Model, source: impl TableSource + 'static) -> Engine {
        let mut catalog = Catalog::new(model);
        complete_tables(&mut catalog);
        let store = Store::new(&catalog, Box::new(source));
        Engine::over(catalog, Arc::new(store), model)
    }

    fn over(catalog: Catalog, store: Arc<Store>, model: &Model) -> Engine {
        let culture = if model.culture.is_empty() { "en-US".to_owned() } else { model.culture.clone() };
        Engine { catalog, store, cache: BindCache::default(), culture, roles: model.roles.clone() }
    }

    /// Whether both have what is loaded and calculated in common.
    pub fn shares_rows_with(&self, other: &Engine) -> bool {
        Arc::ptr_eq(&self.store, &other.store)
    }

    /// An engine for a model that differs in measures alone, over the data that this one has loaded and calculated already.
    ///
    /// `None` when tables, columns or relationships differ, or when a calculated table or column uses a measure.
    pub fn renewed(&self, model: &Model) -> Option<Engine> {
        let mut catalog = Catalog::new(model);
        complete_tables(&mut catalog);
        if !catalog.same_data(&self.catalog) || self.calculations_use_measures() {
            return None;
        }
        Some(Engine::over(catalog, Arc::clone(&self.store), model))
    }

    fn calculations_use_measures(&self) -> bool {
        let cache = BindCache::default();
        let binder = Binder::new(&self.catalog, &cache, &[]);
        for (id, column) in self.catalog.columns.iter().enumerate() {
            if column.calculated.is_some() && binder.bind_column(id as ColId).is_err() {
                return true;
            }
        }
        for table in &self.catalog.tables {
            if let Some(source) = &table.calculated
                && parse_expression(&source.text).map_err(DaxError::from).and_then(|e| binder.table(&e, &Scope::default())).is_err()
            {
                return true;
            }
        }
        cache.has_measures()
    }

    /// Names of the model.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn scalars(&self, options: &Options) -> ScalarContext {
        ScalarContext {
            culture: options.culture.clone().unwrap_or_else(|| self.culture.clone()),
            now: options.now,
            user: options.user.clone(),
            ..ScalarContext::default()
        }
    }

    fn session<'e>(&'e self, catalog: &'e Catalog, binder: &'e Binder<'e>, options: &Options) -> Result<Session<'e>, DaxError> {
        let budget = Budget::new(options.timeout.map(|t| Instant::now() + t), options.max_memory);
        let mut session = Session::new(catalog, &self.store, binder, self.scalars(options), budget);
        session.one_by_one = options.one_by_one;
        if !options.roles.is_empty() {
            self.secure(&session, options)?;
        }
        Ok(session)
    }

    /// The roles of the options.
    fn chosen(&self, options: &Options) -> Result<Vec<&model::Role>, DaxError> {
        let mut chosen = Vec::new();
        for name in &options.roles {
            let Some(role) = self.roles.iter().find(|r| r.name.eq_ignore_ascii_case(name)) else {
                let near = crate::base::nearest(name, self.roles.iter().map(|r| r.name.as_str()));
                let help = near.map(|n| format!("a role with a similar name exists: `{n}`"));
                return Err(DaxError::bind("D0214", format!("the model has no role `{name}`"), Place::default()).with_help(help));
            };
            chosen.push(role);
        }
        Ok(chosen)
    }

    /// The catalog without what object-level security hides; `None` when nothing is hidden. Several roles see what one of them sees.
    fn visible(&self, options: &Options) -> Result<Option<Catalog>, DaxError> {
        let chosen = self.chosen(options)?;
        if chosen.is_empty() {
            return Ok(None);
        }
        let hides = |word: &str| word.eq_ignore_ascii_case("none");
        let mut tables = Vec::new();
        let mut columns = Vec::new();
        for (id, table) in self.catalog.tables.iter().enumerate() {
            let wanted = super::catalog::fold(&table.name);
            let permissions: Vec<Option<&model::TablePermission>> =
                chosen.iter().map(|r| r.table_permissions.iter().find(|p| super::catalog::fold(&p.table) == wanted)).collect();
            let hidden = |p: &Option<&model::TablePermission>| p.and_then(|p| p.metadata_permission.as_deref()).is_some_and(hides);
            if permissions.iter().all(hidden) {
                tables.push(id as TableId);
                continue;
            }
            for col in &table.columns {
                let name = super::catalog::fold(&self.catalog.columns[*col as usize].name);
                let none = |p: &Option<&model::TablePermission>| {
                    hidden(p) || p.is_some_and(|p| p.columns.iter().any(|(c, word)| super::catalog::fold(c) == name && hides(word)))
                };
                if permissions.iter().all(none) {
                    columns.push(*col);
                }
            }
        }
        if tables.is_empty() && columns.is_empty() {
            return Ok(None);
        }
        // Whatever is loaded or calculated knows nothing of roles.
        let binder = Binder::new(&self.catalog, &self.cache, &[]);
        let session = self.session(&self.catalog, &binder, &Options { roles: Vec::new(), ..options.clone() })?;
        for (col, def) in self.catalog.columns.iter().enumerate() {
            let calculated = def.calculated.is_some() || self.catalog.tables[def.table as usize].calculated.is_some();
            if calculated || columns.contains(&(col as ColId)) {
                session.column(col as ColId)?;
            }
        }
        let mut catalog = self.catalog.clone();
        tables.into_iter().for_each(|t| catalog.remove_table(t));
        columns.into_iter().for_each(|c| catalog.remove_column(c));
        Ok(Some(catalog))
    }

    /// Evaluates the row filters of the roles.
    fn secure(&self, session: &Session<'_>, options: &Options) -> Result<(), DaxError> {
        let chosen = self.chosen(options)?;
        // What is calculated at load knows nothing of roles.
        for col in 0..self.catalog.columns.len() as ColId {
            let def = &self.catalog.columns[col as usize];
            if def.calculated.is_some() || self.catalog.tables[def.table as usize].calculated.is_some() {
                session.column(col)?;
            }
        }
        let mut allowed: Vec<(TableId, Mask)> = Vec::new();
        for table in 0..self.catalog.tables.len() as TableId {
            let name = &self.catalog.tables[table as usize].name;
            let mut open = false;
            let mut union: Option<Mask> = None;
            for role in &chosen {
                let permission = role.table_permissions.iter().find(|p| super::catalog::fold(&p.table) == super::catalog::fold(name));
                let Some(filter) = permission.and_then(|p| p.filter.as_ref()) else {
                    open = true;
                    break;
                };
                let what = format!("role `{}` on table `{name}`", role.name);
                let expr = parse_expression(&filter.text).map_err(|e| DaxError::from(e).inside(&what))?;
                let scope = Scope::row_of(session.binder, table);
                let node = session.binder.scalar(&expr, &scope).map_err(|e| e.inside(&what))?;
                let rows = session.rows(table)?;
                let value = Rc::new(session.base_rows(table, (0..rows as u32).collect())?);
                let verdicts = session.map_rows(&value, &node, &session.root(), false)?;
                let mut pass = Vec::with_capacity(rows + 1);
                for verdict in &verdicts {
                    pass.push(super::scalar::to_bool(&session.scalars, verdict)?);
                }
                pass.push(false);
                let mask = Mask::from_fn(rows, |r| pass[r]);
                union = Some(match union {
                    None => mask,
                    Some(have) => Mask::from_fn(rows, |r| have.has(r) || mask.has(r)),
                });
            }
            if let (false, Some(mask)) = (open, union) {
                allowed.push((table, mask));
            }
        }
        session.install_security(allowed)?;
        Ok(())
    }

    /// Evaluates a query: one answer per EVALUATE.
    ///
    /// # Errors
    /// What is wrong with the text, the names in it, or the data under it.
    pub fn evaluate(&self, query: &str, options: &Options) -> Result<Vec<ResultTable>, DaxError> {
        let query = parse_query(query)?;
        self.evaluate_query(&query, options)
    }

    /// Evaluates a query that was read already.
    ///
    /// # Errors
    /// What is wrong with the names in it, or the data under it.
    pub fn evaluate_query(&self, query: &Query, options: &Options) -> Result<Vec<ResultTable>, DaxError> {
        self.with_query(query, options, |session| query.evaluates.iter().map(|e| answer(session, e, &Scope::default())).collect())
    }

    /// Starts a session that knows the definitions of a query.
    fn with_query<T>(
        &self,
        query: &Query,
        options: &Options,
        run: impl FnOnce(&Session<'_>) -> Result<T, DaxError>,
    ) -> Result<T, DaxError> {
        let visible = self.visible(options)?;
        if query.definitions.is_empty() {
            let own = BindCache::default();
            let (catalog, cache) = visible.as_ref().map_or((&self.catalog, &self.cache), |catalog| (catalog, &own));
            let binder = Binder::new(catalog, cache, &options.parameters);
            return run(&self.session(catalog, &binder, options)?);
        }
        let catalog = visible.unwrap_or_else(|| self.catalog.clone());
        let (catalog, parameters) = define(catalog, query, &options.parameters)?;
        let cache = BindCache::default();
        let binder = Binder::new(&catalog, &cache, &parameters);
        let globals = bind_definitions(&binder, query)?;
        let session = self.session(&catalog, &binder, options)?;
        *session.globals.borrow_mut() = globals;
        run(&session)
    }

    /// Evaluates a scalar expression with no filters.
    ///
    /// # Errors
    /// What is wrong with the text, the names in it, or the data under it.
    pub fn evaluate_expr(&self, expr: &str, options: &Options) -> Result<Value, DaxError> {
        Ok(self.evaluate_typed(expr, options)?.0)
    }

    /// The same, with the static type.
    ///
    /// # Errors
    /// As [`Engine::evaluate_expr`].
    pub fn evaluate_typed(&self, expr: &str, options: &Options) -> Result<(Value, Option<DataType>), DaxError> {
        let expr = parse_expression(expr)?;
        let visible = self.visible(options)?;
        let own = BindCache::default();
        let (catalog, cache) = visible.as_ref().map_or((&self.catalog, &self.cache), |catalog| (catalog, &own));
        let binder = Binder::new(catalog, cache, &options.parameters);
        let node = binder.scalar(&expr, &Scope::default())?;
        let session = self.session(catalog, &binder, options)?;
        let value = session.scalar(&node, &session.root())?;
        Ok((value, node.ty.data_type()))
    }

    /// Checks an expression or query without evaluating it.
    ///
    /// # Errors
    /// What is wrong with the text or the names in it.
    pub fn check(&self, text: &str) -> Result<(), DaxError> {
        let query = match parse_any(text)? {
            super::syntax::Parsed::Query(query) => query,
            super::syntax::Parsed::Expression(expr) => {
                let binder = Binder::new(&self.catalog, &self.cache, &[]);
                return binder.bind(&expr, &Scope::default()).map(|_| ());
            }
        };
        let each = |binder: &Binder<'_>| query.evaluates.iter().try_for_each(|e| bind_evaluate(binder, e, &Scope::default()).map(|_| ()));
        if query.definitions.is_empty() {
            return each(&Binder::new(&self.catalog, &self.cache, &[]));
        }
        let (catalog, parameters) = define(self.catalog.clone(), &query, &[])?;
        let cache = BindCache::default();
        let binder = Binder::new(&catalog, &cache, &parameters);
        bind_definitions(&binder, &query)?;
        each(&binder)
    }

    /// Everything wrong with the DAX of the model, each with the object it stands in.
    pub fn check_model(&self) -> Vec<DaxError> {
        let binder = Binder::new(&self.catalog, &self.cache, &[]);
        let mut errors = Vec::new();
        for id in 0..self.catalog.measures.len() {
            errors.extend(binder.bind_measure(id as u32).err());
        }
        for (id, column) in self.catalog.columns.iter().enumerate() {
            if column.calculated.is_some() {
                errors.extend(binder.bind_column(id as ColId).err());
            }
        }
        for table in &self.catalog.tables {
            if let Some(source) = &table.calculated {
                let what = format!("table `{}`", table.name);
                let bound = parse_expression(&source.text).map_err(DaxError::from).and_then(|e| binder.table(&e, &Scope::default()));
                errors.extend(bound.err().map(|e| e.inside(&what)));
            }
        }
        for group in &self.catalog.groups {
            for item in &group.items {
                let what = format!("calculation item `{}`", item.name);
                let scope = Scope::item(group.table);
                for source in std::iter::once(&item.expression).chain(&item.format_string_definition) {
                    let bound = parse_expression(&source.text).map_err(DaxError::from).and_then(|e| binder.scalar(&e, &scope));
                    errors.extend(bound.err().map(|e| e.inside(&what)));
                }
            }
        }
        for role in &self.roles {
            for permission in &role.table_permissions {
                let (Some(filter), Some(table)) = (&permission.filter, self.catalog.table(&permission.table)) else { continue };
                let what = format!("role `{}` on table `{}`", role.name, permission.table);
                let scope = Scope::row_of(&binder, table);
                let bound = parse_expression(&filter.text).map_err(DaxError::from).and_then(|e| binder.scalar(&e, &scope));
                errors.extend(bound.err().map(|e| e.inside(&what)));
            }
        }
        errors
    }

    /// What a measure names itself (not what the measures in it name).
    ///
    /// # Errors
    /// When there is no such measure, or its text is wrong.
    pub fn dependencies(&self, measure: &str) -> Result<Dependencies, DaxError> {
        let Some(id) = self.catalog.measure(measure) else {
            return Err(DaxError::bind("D0204", format!("cannot find measure `[{measure}]`"), Place::default()));
        };
        let cache = BindCache::default();
        let binder = Binder::new(&self.catalog, &cache, &[]);
        binder.bind_measure(id)?;
        Ok(binder.named())
    }

    /// The rows of a table as loaded or calculated.
    ///
    /// # Errors
    /// When there is no such table, or it cannot be loaded or calculated.
    pub fn table(&self, name: &str, options: &Options) -> Result<Table, DaxError> {
        let Some(id) = self.catalog.table(name) else {
            return Err(DaxError::bind("D0202", format!("cannot find table `{name}`"), Place::default()));
        };
        let binder = Binder::new(&self.catalog, &self.cache, &[]);
        let session = self.session(&self.catalog, &binder, options)?;
        let mut columns = Vec::new();
        session.rows(id)?;
        for col in &self.catalog.tables[id as usize].columns {
            let mut column = session.column(*col)?.column.clone();
            column.name = self.catalog.columns[*col as usize].name.to_string();
            columns.push(column);
        }
        Ok(Table { name: self.catalog.tables[id as usize].name.to_string(), columns })
    }

    /// The bound form and the work of each part of a query, as text for people.
    ///
    /// # Errors
    /// As [`Engine::evaluate`].
    pub fn explain(&self, query: &str, options: &Options) -> Result<String, DaxError> {
        let explained = match parse_any(query)? {
            super::syntax::Parsed::Query(query) => query,
            super::syntax::Parsed::Expression(expr) => {
                let binder = Binder::new(&self.catalog, &self.cache, &options.parameters);
                let node = binder.bind(&expr, &Scope::default())?;
                let session = self.session(&self.catalog, &binder, options)?;
                return super::explain::explain(&session, &node, query);
            }
        };
        self.with_query(&explained, options, |session| {
            let mut out = String::new();
            for evaluate in &explained.evaluates {
                let bound = bind_evaluate(session.binder, evaluate, &Scope::default())?;
                out.push_str(&super::explain::explain(session, &bound.table, query)?);
            }
            Ok(out)
        })
    }
}

/// An EVALUATE with its names resolved.
struct BoundEvaluate {
    table: N,
    keys: Vec<(N, bool)>,
    starts: Vec<N>,
}

fn bind_evaluate(binder: &Binder<'_>, evaluate: &Evaluate, scope: &Scope) -> Result<BoundEvaluate, DaxError> {
    let table = binder.table(&evaluate.table, scope)?;
    let schema = table.schema.clone().expect("a table");
    let key_scope = scope.clone().with_frame(&schema);
    let keys = evaluate.order_by.iter().map(|key| Ok((binder.scalar(&key.expr, &key_scope)?, key.descending)));
    let keys = keys.collect::<Result<Vec<_>, DaxError>>()?;
    if evaluate.start_at.len() > keys.len() {
        let message = format!("START AT has {} values for {} keys of ORDER BY", evaluate.start_at.len(), keys.len());
        return Err(DaxError::bind("D0209", message, evaluate.start_at[keys.len()].at));
    }
    let mut starts = Vec::new();
    for start in &evaluate.start_at {
        let bound = binder.scalar(start, scope)?;
        if !matches!(bound.kind, Kind::Const(_)) {
            return Err(DaxError::bind("D0209", "START AT takes constants", start.at));
        }
        starts.push(bound);
    }
    Ok(BoundEvaluate { table, keys, starts })
}

/// Evaluates one EVALUATE with its ORDER BY and START AT.
fn answer(session: &Session<'_>, evaluate: &Evaluate, scope: &Scope) -> Result<ResultTable, DaxError> {
    let BoundEvaluate { table: node, keys, starts } = bind_evaluate(session.binder, evaluate, scope)?;
    let schema = node.schema.clone().expect("a table");
    let cx = session.root();
    let value: Rc<TableVal> = session.table(&node, &cx)?;
    let order: Vec<u32> = if keys.is_empty() {
        (0..value.n as u32).collect()
    } else {
        let (order, columns) = session.sorted(&value, &keys, &cx)?;
        let starts = starts.iter().map(|s| session.scalar(s, &cx)).collect::<EvalResult<Vec<_>>>()?;
        order
            .into_iter()
            .filter(|row| {
                for ((start, column), (_, descending)) in starts.iter().zip(&columns).zip(&keys) {
                    let ordering = super::eval::key_order(&column[*row as usize], start);
                    let ordering = if *descending { ordering.reverse() } else { ordering };
                    if ordering.is_ne() {
                        return ordering.is_gt();
                    }
                }
                true
            })
            .collect()
    };
    session.reserve(value.n * schema.columns.len() * 24)?;
    let rows = order.iter().map(|r| value.row(*r as usize)).collect();
    let columns = schema.columns.iter().map(|c| ResultColumn { name: c.label(), data_type: c.ty.data_type() }).collect();
    Ok(ResultTable { columns, rows })
}
