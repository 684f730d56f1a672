//! Table functions: what columns they have and what row contexts their arguments see.

use std::sync::Arc;

use super::aggregate::agg_node;
use super::bound::{AggKind, GroupKey, Kind, N, Schema, SchemaColumn, Ty};
use super::calls::{Call, split_name};
use super::{Binder, Result, Scope, constant_of, error, make};
use crate::dax::catalog::{ColId, TableId, fold};
use crate::dax::syntax::ast::{Expr, ExprKind};
use crate::dax::syntax::lexer::date_literal;
use crate::table::Value;

/// Whether a function of this name gives a table.
pub(super) fn is_table_function(name: &str) -> bool {
    matches!(
        name,
        "FILTER"
            | "ALL"
            | "ALLNOBLANKROW"
            | "ALLEXCEPT"
            | "ALLSELECTED"
            | "VALUES"
            | "DISTINCT"
            | "CALCULATETABLE"
            | "TREATAS"
            | "SUMMARIZE"
            | "SUMMARIZECOLUMNS"
            | "ADDCOLUMNS"
            | "SELECTCOLUMNS"
            | "TOPN"
            | "TOPNSKIP"
            | "UNION"
            | "INTERSECT"
            | "EXCEPT"
            | "CROSSJOIN"
            | "GENERATE"
            | "GENERATEALL"
            | "GROUPBY"
            | "DATATABLE"
            | "ROW"
            | "GENERATESERIES"
            | "CALENDAR"
            | "CALENDARAUTO"
            | "NATURALINNERJOIN"
            | "NATURALLEFTOUTERJOIN"
            | "RELATEDTABLE"
            | "FILTERS"
            | "DATESYTD"
            | "DATESQTD"
            | "DATESMTD"
            | "DATESINPERIOD"
            | "DATESBETWEEN"
            | "DATEADD"
            | "PARALLELPERIOD"
            | "SAMEPERIODLASTYEAR"
            | "PREVIOUSDAY"
            | "PREVIOUSMONTH"
            | "PREVIOUSQUARTER"
            | "PREVIOUSYEAR"
            | "NEXTDAY"
            | "NEXTMONTH"
            | "NEXTQUARTER"
            | "NEXTYEAR"
            | "FIRSTDATE"
            | "LASTDATE"
            | "STARTOFMONTH"
            | "STARTOFQUARTER"
            | "STARTOFYEAR"
            | "ENDOFMONTH"
            | "ENDOFQUARTER"
            | "ENDOFYEAR"
            | "FIRSTNONBLANK"
            | "LASTNONBLANK"
            | "INDEX"
            | "OFFSET"
            | "WINDOW"
            | "SAMPLE"
            | "SUBSTITUTEWITHINDEX"
            | "ADDMISSINGITEMS"
            | "DETAILROWS"
            | "KEEPFILTERS"
            | "NONVISUAL"
    )
}

fn plain(columns: Vec<SchemaColumn>) -> Arc<Schema> {
    Arc::new(Schema { columns, bases: Vec::new(), may_repeat: true })
}

impl Binder<'_> {
    /// The literal name of an extension column.
    pub(super) fn column_name(&self, expr: &Expr, scope: &Scope) -> Result<String> {
        match &expr.kind {
            ExprKind::Text(name) => Ok(name.to_string()),
            _ => match constant_of(&self.scalar(expr, scope)?) {
                Some(Value::String(name)) => Ok(name.to_string()),
                _ => Err(error("D0260", "the name of a column must be a text in quotes", expr.at)),
            },
        }
    }

    pub(super) fn add_column(&self, columns: &mut Vec<SchemaColumn>, name: &str, ty: Ty, expr: &Expr) -> Result<()> {
        let (table, short) = split_name(name);
        if columns.iter().any(|c| fold(&c.name) == fold(short) && c.table.as_deref().map(fold) == table.map(fold)) {
            return Err(error("D0261", format!("the column name `[{name}]` is used twice"), expr.at));
        }
        columns.push(SchemaColumn { table: table.map(Arc::from), name: Arc::from(short), lineage: None, ty });
        Ok(())
    }

    fn unique_names(&self, columns: &[SchemaColumn], call: &Call<'_>) -> Result<()> {
        for (i, column) in columns.iter().enumerate() {
            if columns[..i]
                .iter()
                .any(|c| fold(&c.name) == fold(&column.name) && c.table.as_deref().map(fold) == column.table.as_deref().map(fold))
            {
                let message = format!("`{}` would have the column `{}` twice; rename one with SELECTCOLUMNS", call.name, column.label());
                return Err(error("D0261", message, call.at));
            }
        }
        Ok(())
    }

    /// A grouping column of a table expression: one of its own columns, or a column that a carried table reaches.
    pub(super) fn group_key(&self, expr: &Expr, schema: &Arc<Schema>, scope: &Scope) -> Result<(GroupKey, SchemaColumn)> {
        let inner = Scope { frames: vec![super::Frame { schema: schema.clone() }], ..Scope::home(scope.home) };
        if let ExprKind::Column { table: None, name, .. } = &expr.kind
            && let Some(index) = schema.columns.iter().position(|c| fold(&c.name) == fold(&name.text))
        {
            return Ok((GroupKey::Index(index), schema.columns[index].clone()));
        }
        if let Ok(column) = self.model_column(expr, scope) {
            if let Some(index) = schema.columns.iter().position(|c| c.lineage == Some(column)) {
                return Ok((GroupKey::Index(index), schema.columns[index].clone()));
            }
            for base in &schema.bases {
                if self.reaches(*base, self.catalog.table_of(column)) {
                    return Ok((GroupKey::Related(*base, column), self.schema_column(column)));
                }
            }
            let message =
                format!("the column `{}` is neither in the table nor in a table that it reaches", self.catalog.column_label(column));
            return Err(error("D0262", message, expr.at));
        }
        match self.bind(expr, &inner) {
            Ok(node) => match node.kind {
                Kind::Col { level: 0, index } => Ok((GroupKey::Index(index), schema.columns[index].clone())),
                _ => Err(error("D0227", "a column reference is expected here", expr.at)),
            },
            Err(e) => Err(e),
        }
    }

    #[allow(clippy::too_many_lines)]
    pub(super) fn table_call(&self, call: &Call<'_>, scope: &Scope) -> Result<Option<N>> {
        let at = call.at;
        let node = |kind: Kind, schema: Arc<Schema>| Ok(Some(make(kind, Ty::Variant, Some(schema), at)));
        let table_arg = |i: usize| -> Result<(N, Arc<Schema>)> {
            let table = self.table(call.need(i)?, scope)?;
            let schema = table.schema.clone().expect("checked to be a table");
            Ok((table, schema))
        };
        let level = scope.level();
        match call.name.as_str() {
            "CALCULATE" => self.calculate(call, scope, false).map(Some),
            "CALCULATETABLE" => self.calculate(call, scope, true).map(Some),
            "FILTER" => {
                call.arity(2, 2)?;
                let (table, schema) = table_arg(0)?;
                let predicate = self.scalar(call.need(1)?, &scope.push(&schema))?;
                if predicate.ty == Ty::Text {
                    return Err(error("D0232", "the condition of FILTER must be true or false, found text", predicate.at));
                }
                node(Kind::FilterRows { table, predicate, level }, schema)
            }
            "VALUES" | "DISTINCT" => {
                call.arity(1, 1)?;
                let arg = call.need(0)?;
                let blank = call.name == "VALUES";
                if let Some(table) = self.model_table(arg, scope) {
                    let base = make(Kind::Table { table, blank }, Ty::Variant, Some(self.table_schema(table)), at);
                    if blank {
                        return Ok(Some(base));
                    }
                    let schema = base.schema.clone().expect("a table");
                    return node(Kind::Distinct(base), schema);
                }
                if let ExprKind::Column { .. } = &arg.kind
                    && let Ok(column) = self.model_column(arg, scope)
                {
                    return node(Kind::Values { columns: vec![column], blank }, self.columns_schema(&[column]));
                }
                match self.bind(arg, scope) {
                    Ok(table) if table.schema.is_some() => {
                        if blank {
                            return Err(error("D0228", "VALUES needs a column or a table of the model", arg.at));
                        }
                        let schema = table.schema.clone().expect("tested");
                        node(Kind::Distinct(table), schema)
                    }
                    Err(e) => match self.model_column(arg, scope) {
                        Ok(column) => node(Kind::Values { columns: vec![column], blank }, self.columns_schema(&[column])),
                        Err(_) => Err(e),
                    },
                    Ok(_) => match self.model_column(arg, scope) {
                        Ok(column) => node(Kind::Values { columns: vec![column], blank }, self.columns_schema(&[column])),
                        Err(e) => Err(e),
                    },
                }
            }
            "ALL" | "ALLNOBLANKROW" => {
                let blank = call.name == "ALL";
                if call.args.is_empty() {
                    return Err(error("D0205", format!("`{}` without arguments may only be used as a filter of CALCULATE", call.name), at));
                }
                if let Some(table) = self.model_table(call.need(0)?, scope) {
                    call.arity(1, 1)?;
                    return node(Kind::AllTable { table, blank }, self.table_schema(table));
                }
                let columns = self.column_list(call, 0, scope)?;
                let schema = self.columns_schema(&columns);
                node(Kind::AllColumns { columns, blank }, schema)
            }
            "ALLEXCEPT" => {
                let Some(table) = self.model_table(call.need(0)?, scope) else {
                    return Err(error("D0228", "ALLEXCEPT needs a table of the model", at));
                };
                let mut except = Vec::new();
                for i in 1..call.args.len() {
                    except.push(self.model_column(call.need(i)?, scope)?);
                }
                let columns: Vec<ColId> =
                    self.catalog.tables[table as usize].columns.iter().copied().filter(|c| !except.contains(c)).collect();
                let schema = self.columns_schema(&columns);
                node(Kind::AllColumns { columns, blank: true }, schema)
            }
            "ALLSELECTED" => {
                if call.args.is_empty() {
                    return Err(error("D0205", "`ALLSELECTED` without arguments may only be used as a filter of CALCULATE", at));
                }
                if let Some(table) = self.model_table(call.need(0)?, scope) {
                    return node(Kind::AllSelectedTable(table), self.table_schema(table));
                }
                let columns = self.column_list(call, 0, scope)?;
                let schema = self.columns_schema(&columns);
                node(Kind::AllSelectedColumns(columns), schema)
            }
            "REMOVEFILTERS" | "ALLCROSSFILTERED" | "USERELATIONSHIP" | "CROSSFILTER" => {
                Err(error("D0263", format!("`{}` may only be used as a filter of CALCULATE", call.name), at))
            }
            "KEEPFILTERS" => {
                call.arity(1, 1)?;
                let (table, schema) = table_arg(0)?;
                node(Kind::KeepFilters(table), schema)
            }
            "NONVISUAL" => {
                call.arity(1, 1)?;
                let (table, schema) = table_arg(0)?;
                node(Kind::NonVisual(table), schema)
            }
            "FILTERS" => {
                call.arity(1, 1)?;
                let column = self.model_column(call.need(0)?, scope)?;
                node(Kind::Filters(column), self.columns_schema(&[column]))
            }
            "RELATEDTABLE" => {
                call.arity(1, 1)?;
                let Some(table) = self.model_table(call.need(0)?, scope) else {
                    return Err(error("D0228", "RELATEDTABLE needs a table of the model", at));
                };
                let base = make(Kind::Table { table, blank: false }, Ty::Variant, Some(self.table_schema(table)), at);
                Ok(Some(self.implicit_calculate(base)))
            }
            "TREATAS" => {
                call.arity(2, usize::MAX)?;
                let (table, schema) = table_arg(0)?;
                let columns = (1..call.args.len()).map(|i| self.model_column(call.need(i)?, scope)).collect::<Result<Vec<_>>>()?;
                if columns.len() != schema.columns.len() {
                    let message = format!("TREATAS names {} column(s) for a table of {}", columns.len(), schema.columns.len());
                    return Err(error("D0264", message, at));
                }
                let schema = self.columns_schema(&columns);
                node(Kind::TreatAs { table, columns }, schema)
            }
            "ROW" => {
                call.arity(2, usize::MAX)?;
                let mut columns = Vec::new();
                let mut exprs = Vec::new();
                self.named_pairs(call, 0, scope, scope, &mut columns, &mut exprs)?;
                node(Kind::Row(exprs), Arc::new(Schema { columns, bases: Vec::new(), may_repeat: false }))
            }
            "ADDCOLUMNS" => {
                call.arity(3, usize::MAX)?;
                let (table, schema) = table_arg(0)?;
                let mut columns = schema.columns.clone();
                let mut exprs = Vec::new();
                self.named_pairs(call, 1, scope, &scope.push(&schema), &mut columns, &mut exprs)?;
                let schema = Schema { columns, ..(*schema).clone() };
                node(Kind::AddColumns { table, exprs, level }, Arc::new(schema))
            }
            "SELECTCOLUMNS" => self.select_columns(call, scope).map(Some),
            "TOPN" | "TOPNSKIP" => {
                let skip_args = usize::from(call.name == "TOPNSKIP");
                call.arity(2 + skip_args, usize::MAX)?;
                let n = self.scalar(call.need(0)?, scope)?;
                let skip = if skip_args == 1 { Some(self.scalar(call.need(1)?, scope)?) } else { None };
                let (table, schema) = table_arg(1 + skip_args)?;
                let keys = self.keys(call, 2 + skip_args, true, &scope.push(&schema), scope)?;
                node(Kind::TopN { n, skip, table, keys, level }, schema)
            }
            "SAMPLE" => {
                call.arity(3, usize::MAX)?;
                let n = self.scalar(call.need(0)?, scope)?;
                let (table, schema) = table_arg(1)?;
                let keys = self.keys(call, 2, true, &scope.push(&schema), scope)?;
                node(Kind::Sample { n, table, keys, level }, schema)
            }
            "GENERATE" | "GENERATEALL" => {
                call.arity(2, 2)?;
                let (left, left_schema) = table_arg(0)?;
                let right = self.table(call.need(1)?, &scope.push(&left_schema))?;
                let right_schema = right.schema.clone().expect("a table");
                let schema = joined(&left_schema, &right_schema);
                self.unique_names(&schema.columns, call)?;
                node(Kind::Generate { left, right, all: call.name == "GENERATEALL", level }, schema)
            }
            "CROSSJOIN" => {
                call.arity(1, usize::MAX)?;
                let mut tables = Vec::new();
                let mut schema = Arc::new(Schema::default());
                for i in 0..call.args.len() {
                    let (table, next) = table_arg(i)?;
                    schema = joined(&schema, &next);
                    tables.push(table);
                }
                self.unique_names(&schema.columns, call)?;
                if tables.len() > 1 {
                    schema = Arc::new(Schema { may_repeat: true, ..(*schema).clone() });
                }
                node(Kind::CrossJoin(tables), schema)
            }
            "UNION" => {
                call.arity(2, usize::MAX)?;
                let mut tables = Vec::new();
                let mut columns: Vec<SchemaColumn> = Vec::new();
                for i in 0..call.args.len() {
                    let (table, schema) = table_arg(i)?;
                    if i == 0 {
                        columns = schema.columns.clone();
                    } else {
                        if columns.len() != schema.columns.len() {
                            return Err(error("D0265", "the tables of UNION must have the same number of columns", call.need(i)?.at));
                        }
                        for (have, new) in columns.iter_mut().zip(&schema.columns) {
                            have.ty = have.ty.unify(new.ty);
                            if have.lineage != new.lineage {
                                have.lineage = None;
                                have.table = None;
                            }
                        }
                    }
                    tables.push(table);
                }
                node(Kind::Union(tables), plain(columns))
            }
            "INTERSECT" | "EXCEPT" => {
                call.arity(2, 2)?;
                let (left, schema) = table_arg(0)?;
                let (right, other) = table_arg(1)?;
                if schema.columns.len() != other.columns.len() {
                    return Err(error("D0265", format!("the tables of {} must have the same number of columns", call.name), at));
                }
                let kind = if call.name == "INTERSECT" { Kind::Intersect(left, right) } else { Kind::Except(left, right) };
                node(kind, schema)
            }
            "NATURALINNERJOIN" | "NATURALLEFTOUTERJOIN" => self.natural_join(call, scope).map(Some),
            "DATATABLE" => self.data_table(call).map(Some),
            "GENERATESERIES" => {
                call.arity(2, 3)?;
                let start = self.scalar(call.need(0)?, scope)?;
                let end = self.scalar(call.need(1)?, scope)?;
                let step = call.get(2).map(|e| self.scalar(e, scope)).transpose()?;
                let mut ty = start.ty.unify(end.ty);
                if let Some(step) = &step {
                    ty = if ty == Ty::Date { ty } else { ty.unify(step.ty) };
                }
                let columns = vec![SchemaColumn { table: None, name: Arc::from("Value"), lineage: None, ty }];
                node(Kind::Series { start, end, step }, Arc::new(Schema { columns, bases: Vec::new(), may_repeat: false }))
            }
            "CALENDAR" => {
                call.arity(2, 2)?;
                let start = self.scalar(call.need(0)?, scope)?;
                let end = self.scalar(call.need(1)?, scope)?;
                node(Kind::Calendar { start, end }, dates_schema())
            }
            "CALENDARAUTO" => {
                call.arity(0, 1)?;
                let month = call.get(0).map(|e| self.scalar(e, scope)).transpose()?;
                node(Kind::CalendarAuto(month), dates_schema())
            }
            "SUMMARIZE" => self.summarize(call, scope).map(Some),
            "SUMMARIZECOLUMNS" => self.summarize_columns(call, scope).map(Some),
            "GROUPBY" => self.group_by(call, scope).map(Some),
            "CURRENTGROUP" => {
                call.arity(0, 0)?;
                let Some(schema) = scope.group.clone() else {
                    return Err(error("D0266", "CURRENTGROUP may only be used as the table of an iterator inside GROUPBY", at));
                };
                node(Kind::CurrentGroup, schema)
            }
            "SUBSTITUTEWITHINDEX" => {
                call.arity(4, usize::MAX)?;
                let (table, schema) = table_arg(0)?;
                let name = self.column_name(call.need(1)?, scope)?;
                let (index, index_schema) = table_arg(2)?;
                let keys = self.keys(call, 3, false, &scope.push(&index_schema), scope)?;
                let pairs: Vec<(usize, usize)> = common_columns(&schema, &index_schema);
                if pairs.is_empty() {
                    return Err(error("D0267", "the tables of SUBSTITUTEWITHINDEX have no common column", at));
                }
                let mut columns: Vec<SchemaColumn> =
                    schema.columns.iter().enumerate().filter(|(i, _)| !pairs.iter().any(|(p, _)| p == i)).map(|(_, c)| c.clone()).collect();
                self.add_column(&mut columns, &name, Ty::Int, call.need(1)?)?;
                node(Kind::SubstituteWithIndex { table, index, pairs, keys, level }, plain(columns))
            }
            "ADDMISSINGITEMS" => self.add_missing(call, scope).map(Some),
            "DETAILROWS" => {
                call.arity(1, 1)?;
                let measure = self.bind(call.need(0)?, scope)?;
                let Kind::Measure(id) = measure.kind else { return Err(error("D0233", "DETAILROWS takes a measure", measure.at)) };
                let def = &self.catalog.measures[id as usize];
                match &def.detail_rows {
                    Some(source) => {
                        let what = format!("detail rows of `{}`", def.name);
                        let parsed =
                            crate::dax::syntax::parse_expression(&source.text).map_err(|e| super::DaxError::from(e).inside(&what))?;
                        let rows = self.table(&parsed, &Scope::home(Some(def.table))).map_err(|e| e.inside(&what))?;
                        Ok(Some(self.implicit_calculate(rows)))
                    }
                    None => {
                        let table = def.table;
                        let base = make(Kind::Table { table, blank: false }, Ty::Variant, Some(self.table_schema(table)), at);
                        Ok(Some(self.implicit_calculate(base)))
                    }
                }
            }
            "TABLEOF" => {
                call.arity(1, 1)?;
                let arg = call.need(0)?;
                let table = match self.model_table(arg, scope) {
                    Some(table) => table,
                    None => match self
                        .bind(arg, scope)
                        .map(|n| if let Kind::Measure(id) = n.kind { Some(self.catalog.measures[id as usize].table) } else { None })
                    {
                        Ok(Some(table)) => table,
                        _ => self.catalog.table_of(self.model_column(arg, scope)?),
                    },
                };
                Ok(Some(make(Kind::Table { table, blank: false }, Ty::Variant, Some(self.table_schema(table)), at)))
            }
            "LINEST" | "LINESTX" => self.linest(call, scope).map(Some),
            "COLUMNSTATISTICS" => {
                call.arity(0, 0)?;
                let column = |name: &str, ty: Ty| SchemaColumn { table: None, name: Arc::from(name), lineage: None, ty };
                let columns = vec![
                    column("Table Name", Ty::Text),
                    column("Column Name", Ty::Text),
                    column("Min", Ty::Variant),
                    column("Max", Ty::Variant),
                    column("Cardinality", Ty::Int),
                    column("Max Length", Ty::Int),
                ];
                node(Kind::ColumnStatistics, plain(columns))
            }
            name if name.starts_with("INFO.") => {
                let Some(columns) = crate::dax::eval::info::schema::columns(name) else { return Ok(None) };
                if !call.args.len().is_multiple_of(2) || name.starts_with("INFO.VIEW.") && !call.args.is_empty() {
                    let message =
                        if name.starts_with("INFO.VIEW.") { "takes no arguments" } else { "takes pairs of a column's name and a value" };
                    return Err(error("D0205", format!("`{name}` {message}"), at));
                }
                let restrictions = (0..call.args.len()).map(|i| self.scalar(call.need(i)?, scope)).collect::<Result<Vec<_>>>()?;
                let columns =
                    columns.iter().map(|(n, ty)| SchemaColumn { table: None, name: Arc::from(*n), lineage: None, ty: *ty }).collect();
                node(Kind::Info(name.to_owned(), restrictions), plain(columns))
            }
            "ALLSELECTEDAPPLY" | "ALLSELECTEDREMOVE" | "ALWAYSAPPLY" | "DEPENDON" | "NONFILTER" | "SHADOWCLUSTER" => {
                call.arity(1, usize::MAX)?;
                self.table(call.need(0)?, scope).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Pairs of name and expression.
    pub(super) fn named_pairs(
        &self,
        call: &Call<'_>,
        from: usize,
        scope: &Scope,
        inner: &Scope,
        columns: &mut Vec<SchemaColumn>,
        exprs: &mut Vec<N>,
    ) -> Result<()> {
        if !(call.args.len() - from).is_multiple_of(2) {
            return Err(error("D0205", format!("`{}` takes pairs of a name and an expression", call.name), call.at));
        }
        for i in (from..call.args.len()).step_by(2) {
            let name = self.column_name(call.need(i)?, scope)?;
            let expr = self.scalar(call.need(i + 1)?, inner)?;
            self.add_column(columns, &name, expr.ty, call.need(i)?)?;
            exprs.push(expr);
        }
        Ok(())
    }

    fn select_columns(&self, call: &Call<'_>, scope: &Scope) -> Result<N> {
        call.arity(2, usize::MAX)?;
        let table = self.table(call.need(0)?, scope)?;
        let schema = table.schema.clone().expect("a table");
        let inner = scope.push(&schema);
        let level = scope.level();
        let mut columns: Vec<SchemaColumn> = Vec::new();
        let mut exprs = Vec::new();
        let mut i = 1;
        while i < call.args.len() {
            let expr = call.need(i)?;
            let is_name = matches!(expr.kind, ExprKind::Text(_));
            if is_name {
                let name = self.column_name(expr, scope)?;
                let value = self.scalar(call.need(i + 1)?, &inner)?;
                let lineage = match value.kind {
                    Kind::Col { level: at, index } if at == level => schema.columns[index].lineage,
                    _ => None,
                };
                self.add_column(&mut columns, &name, value.ty, expr)?;
                columns.last_mut().expect("just added").lineage = lineage;
                exprs.push(value);
                i += 2;
            } else {
                let value = self.scalar(expr, &inner)?;
                match value.kind {
                    Kind::Col { level: at, index } if at == level => {
                        columns.push(schema.columns[index].clone());
                    }
                    _ => match &expr.kind {
                        ExprKind::Column { name, .. } => {
                            columns.push(SchemaColumn { table: None, name: Arc::from(name.text.as_str()), lineage: None, ty: value.ty })
                        }
                        _ => return Err(error("D0260", "the name of a column must be a text in quotes", expr.at)),
                    },
                }
                exprs.push(value);
                i += 1;
            }
        }
        self.unique_names(&columns, call)?;
        Ok(make(
            Kind::SelectColumns { table, exprs, level },
            Ty::Variant,
            Some(Arc::new(Schema { columns, bases: Vec::new(), may_repeat: schema.may_repeat })),
            call.at,
        ))
    }

    fn natural_join(&self, call: &Call<'_>, scope: &Scope) -> Result<N> {
        call.arity(2, 2)?;
        let left = self.table(call.need(0)?, scope)?;
        let right = self.table(call.need(1)?, scope)?;
        let (ls, rs) = (left.schema.clone().expect("a table"), right.schema.clone().expect("a table"));
        let mut pairs = Vec::new();
        let mut related = Vec::new();
        for (i, a) in ls.columns.iter().enumerate() {
            for (j, b) in rs.columns.iter().enumerate() {
                match (a.lineage, b.lineage) {
                    (Some(x), Some(y)) => {
                        if x == y {
                            pairs.push((i, j));
                        } else if self.catalog.rels.iter().any(|r| r.active && ((r.from == x && r.to == y) || (r.from == y && r.to == x))) {
                            related.push((i, j));
                        }
                    }
                    (None, None) if fold(&a.name) == fold(&b.name) => pairs.push((i, j)),
                    (x, y) if fold(&a.name) == fold(&b.name) && x.is_some() != y.is_some() => {
                        let message =
                            format!("`{}` cannot join `{}` with `{}`: they come from different columns", call.name, a.label(), b.label());
                        return Err(error("D0268", message, call.at));
                    }
                    _ => {}
                }
            }
        }
        let by_relationship = pairs.is_empty() && !related.is_empty();
        if by_relationship {
            pairs = related;
        }
        if pairs.is_empty() {
            return Err(error("D0268", format!("no common join columns detected; `{}` needs at least one", call.name), call.at));
        }
        if !by_relationship {
            for (i, a) in ls.columns.iter().enumerate() {
                for (j, b) in rs.columns.iter().enumerate() {
                    let same = fold(&a.name) == fold(&b.name) && a.table.as_deref().map(fold) == b.table.as_deref().map(fold);
                    if same && a.lineage.is_some() && a.lineage != b.lineage && !pairs.contains(&(i, j)) {
                        return Err(error(
                            "D0268",
                            format!("`{}` cannot join `{}` with `{}`: different lineage", call.name, a.label(), b.label()),
                            call.at,
                        ));
                    }
                }
            }
        }
        let right_rest: Vec<usize> = (0..rs.columns.len()).filter(|j| by_relationship || !pairs.iter().any(|(_, p)| p == j)).collect();
        let mut columns = ls.columns.clone();
        columns.extend(right_rest.iter().map(|j| rs.columns[*j].clone()));
        self.unique_names(&columns, call)?;
        let outer = call.name == "NATURALLEFTOUTERJOIN";
        let mut bases = ls.bases.clone();
        if !outer {
            bases.extend(&rs.bases);
        }
        let schema = Schema { columns, bases, may_repeat: true };
        Ok(make(Kind::NaturalJoin { left, right, pairs, right_rest, outer }, Ty::Variant, Some(Arc::new(schema)), call.at))
    }

    fn data_table(&self, call: &Call<'_>) -> Result<N> {
        let n = call.args.len();
        if n < 3 || n.is_multiple_of(2) {
            return Err(error("D0205", "DATATABLE takes pairs of name and type, then the rows in braces", call.at));
        }
        let mut columns = Vec::new();
        for i in (0..n - 1).step_by(2) {
            let ExprKind::Text(name) = &call.need(i)?.kind else {
                return Err(error("D0260", "the name of a column must be a text in quotes", call.need(i)?.at));
            };
            let ty = match super::calls::keyword(call.need(i + 1)?).as_deref() {
                Some("INTEGER" | "INT64") => Ty::Int,
                Some("DOUBLE") => Ty::Double,
                Some("CURRENCY" | "DECIMAL") => Ty::Currency,
                Some("STRING") => Ty::Text,
                Some("BOOLEAN") => Ty::Boolean,
                Some("DATETIME") => Ty::Date,
                _ => {
                    return Err(error(
                        "D0208",
                        "the type must be INTEGER, DOUBLE, STRING, BOOLEAN, CURRENCY or DATETIME",
                        call.need(i + 1)?.at,
                    ));
                }
            };
            self.add_column(&mut columns, name, ty, call.need(i)?)?;
        }
        let ExprKind::Table(rows) = &call.need(n - 1)?.kind else {
            return Err(error("D0269", "the last argument of DATATABLE must be rows in braces", call.need(n - 1)?.at));
        };
        let mut values = Vec::with_capacity(rows.len());
        for row in rows {
            let ExprKind::Table(cells) = &row.kind else {
                return Err(error("D0269", "a row of DATATABLE is written in braces", row.at));
            };
            if cells.len() != columns.len() {
                return Err(error(
                    "D0269",
                    format!("a row of this DATATABLE needs {} values, found {}", columns.len(), cells.len()),
                    row.at,
                ));
            }
            let mut line = Vec::with_capacity(cells.len());
            for (cell, column) in cells.iter().zip(&columns) {
                let node = self.scalar(cell, &Scope::default())?;
                let Some(value) = constant_of(&node).or_else(|| match &node.kind {
                    Kind::Neg(inner) => constant_of(inner),
                    _ => None,
                }) else {
                    return Err(error("D0209", "DATATABLE takes constants only", cell.at));
                };
                line.push(
                    data_value(value, column.ty)
                        .ok_or_else(|| error("D0269", format!("the value does not fit the type of column `{}`", column.name), cell.at))?,
                );
            }
            values.push(line);
        }
        Ok(make(Kind::DataTable(values), Ty::Variant, Some(plain(columns)), call.at))
    }

    fn linest(&self, call: &Call<'_>, scope: &Scope) -> Result<N> {
        let level = scope.level();
        let (table, first) = if call.name == "LINESTX" {
            (self.table(call.need(0)?, scope)?, 1)
        } else {
            let column = self.model_column(call.need(0)?, scope)?;
            let table = self.catalog.table_of(column);
            (make(Kind::Table { table, blank: false }, Ty::Variant, Some(self.table_schema(table)), call.at), 0)
        };
        let inner = scope.push(table.schema.as_ref().expect("a table"));
        let y = self.scalar(call.need(first)?, &inner)?;
        let mut xs = Vec::new();
        let mut constant = None;
        for i in first + 1..call.args.len() {
            let node = self.scalar(call.need(i)?, &inner)?;
            if i == call.args.len() - 1 && !xs.is_empty() && node.ty == Ty::Boolean {
                constant = Some(node);
            } else {
                xs.push(node);
            }
        }
        if xs.is_empty() {
            return Err(error("D0205", format!("`{}` needs at least one column of x values", call.name), call.at));
        }
        let k = xs.len();
        let mut names: Vec<String> = (1..=k).map(|i| format!("Slope{i}")).collect();
        names.push("Intercept".to_owned());
        names.extend((1..=k).map(|i| format!("StandardErrorSlope{i}")));
        for name in [
            "StandardErrorIntercept",
            "CoefficientOfDetermination",
            "StandardError",
            "FStatistic",
            "DegreesOfFreedom",
            "RegressionSumOfSquares",
            "ResidualSumOfSquares",
        ] {
            names.push(name.to_owned());
        }
        let columns = names.into_iter().map(|n| SchemaColumn { table: None, name: Arc::from(n), lineage: None, ty: Ty::Double }).collect();
        Ok(make(Kind::Linest { table, y, xs, constant, level }, Ty::Variant, Some(plain(columns)), call.at))
    }

    /// COUNTROWS of a table, used by derived expressions.
    pub fn count_rows(&self, table: TableId) -> N {
        let at = crate::dax::syntax::Place::default();
        let node = make(Kind::Table { table, blank: false }, Ty::Variant, Some(self.table_schema(table)), at);
        agg_node(AggKind::CountRows, node, None, 0, false, at)
    }
}

fn dates_schema() -> Arc<Schema> {
    let columns = vec![SchemaColumn { table: None, name: Arc::from("Date"), lineage: None, ty: Ty::Date }];
    Arc::new(Schema { columns, bases: Vec::new(), may_repeat: false })
}

fn joined(left: &Schema, right: &Schema) -> Arc<Schema> {
    let mut columns = left.columns.clone();
    columns.extend(right.columns.iter().cloned());
    let mut bases = left.bases.clone();
    bases.extend(&right.bases);
    Arc::new(Schema { columns, bases, may_repeat: left.may_repeat || right.may_repeat })
}

/// Columns of the same lineage, or of the same name when neither has one.
fn common_columns(left: &Schema, right: &Schema) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for (i, a) in left.columns.iter().enumerate() {
        for (j, b) in right.columns.iter().enumerate() {
            if (a.lineage.is_some() && a.lineage == b.lineage)
                || (a.lineage.is_none() && b.lineage.is_none() && fold(&a.name) == fold(&b.name))
            {
                pairs.push((i, j));
            }
        }
    }
    pairs
}

/// A constant of DATATABLE in the type of its column.
fn data_value(value: Value, ty: Ty) -> Option<Value> {
    use crate::base::Currency;
    Some(match (ty, value) {
        (_, Value::Blank) => Value::Blank,
        (Ty::Int, Value::Int64(v)) => Value::Int64(v),
        (Ty::Int, Value::Double(v)) => Value::Int64(v.round() as i64),
        (Ty::Int, Value::String(s)) => Value::Int64(s.trim().parse().ok()?),
        (Ty::Int, Value::Boolean(b)) => Value::Int64(i64::from(b)),
        (Ty::Double, Value::Int64(v)) => Value::Double(v as f64),
        (Ty::Double, Value::Double(v)) => Value::Double(v),
        (Ty::Double, Value::String(s)) => Value::Double(s.trim().parse().ok()?),
        (Ty::Currency, Value::Int64(v)) => Value::Currency(Currency::from_f64(v as f64)?),
        (Ty::Currency, Value::Double(v)) => {
            let units = (v * 10_000.0).round();
            if units.abs() >= 9.2e18 || !units.is_finite() {
                return None;
            }
            Value::Currency(Currency(units as i64))
        }
        (Ty::Currency, Value::String(s)) => Value::Currency(s.trim().parse().ok()?),
        (Ty::Text, Value::String(s)) => Value::String(s),
        (Ty::Text, Value::Int64(v)) => Value::text(v.to_string()),
        (Ty::Text, Value::Double(v)) => Value::text(v.to_string()),
        (Ty::Text, Value::Boolean(b)) => Value::text(if b { "TRUE" } else { "FALSE" }),
        (Ty::Boolean, Value::Boolean(b)) => Value::Boolean(b),
        (Ty::Boolean, Value::Int64(v)) => Value::Boolean(v != 0),
        (Ty::Boolean, Value::String(s)) => Value::Boolean(
            s.trim()
                .parse::<bool>()
                .ok()
                .or_else(|| s.eq_ignore_ascii_case("true").then_some(true))
                .or_else(|| s.eq_ignore_ascii_case("false").then_some(false))?,
        ),
        (Ty::Date, Value::DateTime(d)) => Value::DateTime(d),
        (Ty::Date, Value::Int64(v)) => Value::DateTime(v as f64),
        (Ty::Date, Value::Double(v)) => Value::DateTime(v),
        (Ty::Date, Value::String(s)) => {
            let iso = s.replace('/', "-");
            Value::DateTime(date_literal(&iso).or_else(|| {
                // Month first, as the model's culture writes it.
                let parts: Vec<u32> = s.split(['/', '-']).filter_map(|p| p.trim().parse().ok()).collect();
                match parts.as_slice() {
                    [m, d, y] => crate::base::Date::from_ymd(*y as i32, *m, *d).map(|d| f64::from(d.0)),
                    _ => None,
                }
            })?)
        }
        _ => return None,
    })
}
