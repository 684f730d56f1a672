//! The model as the binder and the evaluator see it: numbered tables, columns, measures and relationships with name lookup.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::{self, Cardinality, CrossFilter, Model, Source};
use crate::table::DataType;

/// Number of a table.
pub type TableId = u32;
/// Number of a column, unique over all tables.
pub type ColId = u32;
/// Number of a measure.
pub type MeasureId = u32;
/// Number of a relationship.
pub type RelId = u32;

/// A table.
#[derive(Clone, Debug)]
pub struct TableDef {
    /// Name.
    pub name: Arc<str>,
    /// Columns in model order.
    pub columns: Vec<ColId>,
    /// The column with the dates of a marked date table.
    pub date_column: Option<ColId>,
    /// DAX of a calculated table.
    pub calculated: Option<Source>,
    /// Index into [`Catalog::groups`].
    pub group: Option<usize>,
    /// Defined by the query and laid out for visual calculations.
    pub visual: Option<Arc<Shape>>,
    /// The definition that the query gave.
    pub query_expr: Option<Arc<super::syntax::Expr>>,
}

/// The axes of a table that visual calculations walk along.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Axes in order; the first is walked when none is named.
    pub axes: Vec<Axis>,
    /// The column that is true in rows that were added.
    pub densified: Option<ColId>,
}

/// One axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// `ROWS` or `COLUMNS`, upper case.
    pub name: String,
    /// Levels from the highest.
    pub levels: Vec<Level>,
    /// Order of its elements: column, and whether it descends.
    pub order: Vec<(ColId, bool)>,
}

/// A level of an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// Its grouping columns.
    pub columns: Vec<ColId>,
    /// The column that is true in rows that do not group by them.
    pub total: Option<ColId>,
}

/// A column.
#[derive(Clone, Debug)]
pub struct ColumnDef {
    /// Its table.
    pub table: TableId,
    /// Position in the table.
    pub index: usize,
    /// Name.
    pub name: Arc<str>,
    /// Type, if the model states one.
    pub data_type: Option<DataType>,
    /// DAX of a calculated column.
    pub calculated: Option<Source>,
    /// Definition that the query gave.
    pub query_expr: Option<Arc<super::syntax::Expr>>,
    /// Whether the model promises unique values.
    pub is_key: bool,
    /// Name of the column in a calculated table's result.
    pub source_name: String,
    /// Level of a built-in date hierarchy, if this column stands behind one.
    pub sort_by: Option<String>,
}

/// A measure.
#[derive(Clone, Debug)]
pub struct MeasureDef {
    /// Home table.
    pub table: TableId,
    /// Name.
    pub name: Arc<str>,
    /// DAX text of a model measure.
    pub source: Source,
    /// Tree of a measure that the query defines.
    pub query_expr: Option<Arc<super::syntax::Expr>>,
    /// Static format.
    pub format: Option<String>,
    /// Dynamic format.
    pub format_expr: Option<Source>,
    /// Rows behind it.
    pub detail_rows: Option<Source>,
}

/// A relationship.
#[derive(Clone, Debug)]
pub struct RelDef {
    /// Column of the many side.
    pub from: ColId,
    /// Column of the one side.
    pub to: ColId,
    /// Expands the many side's table: many-to-one or one-to-one within one store.
    pub regular: bool,
    /// Expands both ways.
    pub one_to_one: bool,
    /// Used unless told otherwise.
    pub active: bool,
    /// Filters travel both ways.
    pub both: bool,
    /// Security travels both ways.
    pub security_both: bool,
    /// Only days are compared.
    pub date_part: bool,
}

/// A calculation group.
#[derive(Clone, Debug)]
pub struct GroupDef {
    /// Its table.
    pub table: TableId,
    /// The column with the items' names.
    pub column: ColId,
    /// Higher applies outside.
    pub precedence: i32,
    /// Items in order.
    pub items: Vec<model::CalculationItem>,
    /// What happens with several items.
    pub multiple: Option<model::CalculationSelection>,
    /// What happens without a selection.
    pub none: Option<model::CalculationSelection>,
}

/// A user-defined function.
#[derive(Clone, Debug)]
pub struct FunctionDef {
    /// Name.
    pub name: String,
    /// DAX of a model function.
    pub source: Source,
    /// Tree of a query's function.
    pub parsed: Option<Arc<super::syntax::ast::FunctionDef>>,
}

/// A calendar of calendar-based time intelligence.
#[derive(Clone, Debug)]
pub struct CalendarDef {
    /// Name.
    pub name: String,
    /// Its table.
    pub table: TableId,
    /// Unit (`year`, `quarterOfYear`, `date` …, lower case) and its columns.
    pub units: Vec<(String, Vec<ColId>)>,
    /// Columns that only relate to time.
    pub related: Vec<ColId>,
}

/// Everything that has a name.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Tables.
    pub tables: Vec<TableDef>,
    /// Columns of all tables.
    pub columns: Vec<ColumnDef>,
    /// Measures.
    pub measures: Vec<MeasureDef>,
    /// Relationships.
    pub rels: Vec<RelDef>,
    /// Calculation groups, highest precedence first.
    pub groups: Vec<GroupDef>,
    /// User-defined functions.
    pub functions: Vec<FunctionDef>,
    /// Calendars.
    pub calendars: Vec<CalendarDef>,
    /// What it was made of, for the INFO functions.
    pub model: Arc<Model>,
    table_names: HashMap<String, TableId>,
    column_names: HashMap<(TableId, String), ColId>,
    measure_names: HashMap<String, MeasureId>,
}

/// Names are compared without case.
pub fn fold(name: &str) -> String {
    if name.is_ascii() { name.to_ascii_lowercase() } else { name.to_lowercase() }
}

impl CalendarDef {
    /// The primary column of a unit.
    pub fn column(&self, unit: &str) -> Option<ColId> {
        self.units.iter().find(|(u, _)| u == unit).and_then(|(_, columns)| columns.first()).copied()
    }

    /// Columns whose values together name a period; `None` when the calendar does not know it.
    pub fn period(&self, period: super::bind::bound::Period) -> Option<Vec<ColId>> {
        use super::bind::bound::Period;
        let part = |unit: &str, of: Period| -> Option<Vec<ColId>> {
            let column = self.column(unit)?;
            let mut columns = self.period(of)?;
            columns.push(column);
            Some(columns)
        };
        let whole = |unit: &str| self.column(unit).map(|c| vec![c]);
        match period {
            Period::Day => whole("date"),
            Period::Year => whole("year"),
            Period::Quarter => whole("quarter").or_else(|| part("quarterofyear", Period::Year)),
            Period::Month => {
                let month = whole("month").or_else(|| part("monthofyear", Period::Year));
                month.or_else(|| part("monthofquarter", Period::Quarter))
            }
            Period::Week => {
                let week = whole("week").or_else(|| part("weekofyear", Period::Year));
                week.or_else(|| part("weekofquarter", Period::Quarter)).or_else(|| part("weekofmonth", Period::Month))
            }
        }
    }
}

impl Catalog {
    /// Numbers the objects of a model. Relationships whose ends do not exist are left out; `check` reports them.
    pub fn new(model: &Model) -> Catalog {
        let mut catalog = Catalog { model: Arc::new(model.clone()), ..Catalog::default() };
        for table in &model.tables {
            let id = catalog.add_table(&table.name);
            catalog.tables[id as usize].calculated = table.calculated().cloned();
            for column in &table.columns {
                if column.kind == model::ColumnKind::RowNumber {
                    continue;
                }
                let col = catalog.add_column(id, &column.name, column.data_type);
                let def = &mut catalog.columns[col as usize];
                def.is_key = column.is_key;
                def.sort_by = column.sort_by.clone();
                match &column.kind {
                    model::ColumnKind::Calculated(source) => def.calculated = Some(source.clone()),
                    model::ColumnKind::Data { source_column } => def.source_name = source_column.clone(),
                    model::ColumnKind::RowNumber => {}
                }
            }
            if table.is_date_table() {
                let key = table.columns.iter().find(|c| c.is_key && c.data_type == Some(DataType::DateTime));
                catalog.tables[id as usize].date_column = key.and_then(|c| catalog.column(id, &c.name));
            }
            if let Some(group) = &table.calculation_group {
                let text = catalog.tables[id as usize]
                    .columns
                    .iter()
                    .copied()
                    .find(|c| catalog.columns[*c as usize].data_type.is_none_or(|t| t == DataType::String));
                let column = text.unwrap_or_else(|| catalog.add_column(id, "Name", Some(DataType::String)));
                catalog.columns[column as usize].data_type = Some(DataType::String);
                let mut items = group.items.clone();
                items.sort_by_key(|item| item.ordinal.unwrap_or(i64::MAX));
                catalog.groups.push(GroupDef {
                    table: id,
                    column,
                    precedence: group.precedence,
                    items,
                    multiple: group.multiple_or_empty_selection.clone(),
                    none: group.no_selection.clone(),
                });
            }
        }
        catalog.groups.sort_by_key(|g| std::cmp::Reverse(g.precedence));
        for (index, group) in catalog.groups.iter().enumerate() {
            catalog.tables[group.table as usize].group = Some(index);
        }
        for table in &model.tables {
            let Some(id) = catalog.table(&table.name) else { continue };
            for measure in &table.measures {
                catalog.add_measure(MeasureDef {
                    table: id,
                    name: Arc::from(measure.name.as_str()),
                    source: measure.expression.clone(),
                    query_expr: None,
                    format: measure.format_string.clone(),
                    format_expr: measure.format_string_definition.clone(),
                    detail_rows: measure.detail_rows.clone(),
                });
            }
            for calendar in &table.calendars {
                let columns = |names: &[String]| names.iter().filter_map(|n| catalog.column(id, n)).collect::<Vec<_>>();
                let units = calendar.units.iter().map(|(unit, names)| (unit.to_lowercase(), columns(names))).collect();
                let related = columns(&calendar.time_related);
                catalog.calendars.push(CalendarDef { name: calendar.name.clone(), table: id, units, related });
            }
        }
        for rel in &model.relationships {
            let find = |table: &str, column: &str| catalog.table(table).and_then(|t| catalog.column(t, column));
            let (Some(from), Some(to)) = (find(&rel.from_table, &rel.from_column), find(&rel.to_table, &rel.to_column)) else { continue };
            // A one-to-many relationship is written the other way round.
            let (from, to, from_card, to_card) = match (rel.from_cardinality, rel.to_cardinality) {
                (Cardinality::One, Cardinality::Many) => (to, from, Cardinality::Many, Cardinality::One),
                (a, b) => (from, to, a, b),
            };
            catalog.rels.push(RelDef {
                from,
                to,
                regular: to_card == Cardinality::One,
                one_to_one: from_card == Cardinality::One && to_card == Cardinality::One,
                active: rel.is_active,
                both: rel.cross_filter == CrossFilter::Both,
                security_both: rel.security_both,
                date_part: rel.join_on_date_part,
            });
        }
        for function in &model.functions {
            catalog.functions.push(FunctionDef { name: function.name.clone(), source: function.expression.clone(), parsed: None });
        }
        catalog
    }

    /// Whether both models hold the same data, whatever their measures: tables, columns, relationships and what calculations rest on.
    pub(super) fn same_data(&self, other: &Catalog) -> bool {
        let (a, b) = (&self.model, &other.model);
        let same_table = |(a, b): (&model::Table, &model::Table)| {
            a.name == b.name
                && a.columns == b.columns
                && a.calculated() == b.calculated()
                && a.calculation_group == b.calculation_group
                && a.calendars == b.calendars
                && a.is_date_table() == b.is_date_table()
        };
        a.relationships == b.relationships
            && a.functions == b.functions
            && a.tables.len() == b.tables.len()
            && a.tables.iter().zip(&b.tables).all(same_table)
    }

    /// Adds an empty table.
    pub fn add_table(&mut self, name: &str) -> TableId {
        let id = self.tables.len() as TableId;
        self.tables.push(TableDef {
            name: Arc::from(name),
            columns: Vec::new(),
            date_column: None,
            calculated: None,
            group: None,
            visual: None,
            query_expr: None,
        });
        self.table_names.insert(fold(name), id);
        id
    }

    /// Adds a column at the end of a table.
    pub fn add_column(&mut self, table: TableId, name: &str, data_type: Option<DataType>) -> ColId {
        let id = self.columns.len() as ColId;
        let index = self.tables[table as usize].columns.len();
        self.columns.push(ColumnDef {
            table,
            index,
            name: Arc::from(name),
            data_type,
            calculated: None,
            query_expr: None,
            is_key: false,
            source_name: name.to_owned(),
            sort_by: None,
        });
        self.tables[table as usize].columns.push(id);
        self.column_names.insert((table, fold(name)), id);
        id
    }

    /// Takes away a table and its columns: nothing finds them by name.
    pub fn remove_table(&mut self, table: TableId) {
        self.table_names.retain(|_, id| *id != table);
        self.column_names.retain(|(t, _), _| *t != table);
        let gone: Vec<MeasureId> = (0..self.measures.len() as MeasureId).filter(|m| self.measures[*m as usize].table == table).collect();
        self.measure_names.retain(|_, id| !gone.contains(id));
        // Suggestions of similar names must not give it away either.
        self.tables[table as usize].name = Arc::from("");
    }

    /// Takes away a column: nothing finds it by name, and its table comes without it.
    pub fn remove_column(&mut self, column: ColId) {
        self.column_names.retain(|_, id| *id != column);
        let table = self.table_of(column);
        self.tables[table as usize].columns.retain(|c| *c != column);
        for (index, col) in self.tables[table as usize].columns.iter().enumerate() {
            self.columns[*col as usize].index = index;
        }
    }

    /// Adds a measure, hiding an earlier one of the same name.
    pub fn add_measure(&mut self, measure: MeasureDef) -> MeasureId {
        let id = self.measures.len() as MeasureId;
        self.measure_names.insert(fold(&measure.name), id);
        self.measures.push(measure);
        id
    }

    /// A table by name.
    pub fn table(&self, name: &str) -> Option<TableId> {
        self.table_names.get(&fold(name)).copied()
    }

    /// A column by name.
    pub fn column(&self, table: TableId, name: &str) -> Option<ColId> {
        self.column_names.get(&(table, fold(name))).copied()
    }

    /// A measure by name.
    pub fn measure(&self, name: &str) -> Option<MeasureId> {
        self.measure_names.get(&fold(name)).copied()
    }

    /// A function of the user by name.
    pub fn function(&self, name: &str) -> Option<usize> {
        self.functions.iter().rposition(|f| f.name.eq_ignore_ascii_case(name))
    }

    /// A calendar by name.
    pub fn calendar(&self, name: &str) -> Option<usize> {
        let wanted = fold(name);
        self.calendars.iter().position(|c| fold(&c.name) == wanted)
    }

    /// The table of a column.
    pub fn table_of(&self, column: ColId) -> TableId {
        self.columns[column as usize].table
    }

    /// `Table[Column]`.
    pub fn column_label(&self, column: ColId) -> String {
        let def = &self.columns[column as usize];
        format!("{}[{}]", self.tables[def.table as usize].name, def.name)
    }
}
