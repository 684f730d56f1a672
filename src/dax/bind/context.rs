//! CALCULATE and its arguments.

use std::sync::Arc;

use super::bound::{Direction, FilterArg, Kind, N, Removal, Schema, Ty};
use super::calls::{Call, keyword};
use super::{Binder, Result, Scope, error, make};
use crate::dax::catalog::{ColId, RelId};
use crate::dax::syntax::ast::{BinaryOp, Expr, ExprKind, Place};

impl Binder<'_> {
    /// CALCULATE, CALCULATETABLE and what is written with them.
    pub(super) fn calculate(&self, call: &Call<'_>, scope: &Scope, table: bool) -> Result<N> {
        call.arity(1, usize::MAX)?;
        let body = self.bind(call.need(0)?, &scope.transitioned())?;
        let body = if table {
            if body.schema.is_none() {
                return Err(error("D0222", "CALCULATETABLE needs a table expression", body.at));
            }
            body
        } else {
            self.as_scalar(body)?
        };
        let mut filters = Vec::new();
        for arg in call.args.iter().skip(1).flatten() {
            self.filter_arg(arg, scope, false, &mut filters)?;
        }
        self.check_relationships(&filters, call.at)?;
        let (ty, schema) = (body.ty, body.schema.clone());
        Ok(make(Kind::Calculate(body, filters), ty, schema, call.at))
    }

    fn check_relationships(&self, filters: &[FilterArg], at: Place) -> Result<()> {
        let crossed: Vec<(RelId, Direction)> =
            filters.iter().filter_map(|f| if let FilterArg::Cross(r, d) = f { Some((*r, *d)) } else { None }).collect();
        for (i, (rel, direction)) in crossed.iter().enumerate() {
            if crossed[..i].iter().any(|(r, _)| r == rel) {
                return Err(error("D0241", "CALCULATE has two CROSSFILTERs of one relationship", at));
            }
            if *direction == Direction::None && filters.iter().any(|f| matches!(f, FilterArg::Use(r) if r == rel)) {
                return Err(error("D0241", "USERELATIONSHIP and CROSSFILTER ( …, NONE ) name the same relationship", at));
            }
        }
        Ok(())
    }

    /// The context transition that time-intelligence functions and RELATEDTABLE put around their argument.
    pub(super) fn implicit_calculate(&self, node: N) -> N {
        let (ty, schema, at) = (node.ty, node.schema.clone(), node.at);
        make(Kind::Calculate(node, Vec::new()), ty, schema, at)
    }

    fn relationship(&self, call: &Call<'_>, scope: &Scope) -> Result<(RelId, bool)> {
        let a = self.model_column(call.need(0)?, scope)?;
        let b = self.model_column(call.need(1)?, scope)?;
        let found = self.catalog.rels.iter().position(|r| (r.from == a && r.to == b) || (r.from == b && r.to == a));
        match found {
            Some(index) => Ok((index as RelId, self.catalog.rels[index].from == a)),
            None => {
                let message = format!("no relationship joins `{}` and `{}`", self.catalog.column_label(a), self.catalog.column_label(b));
                Err(error("D0242", message, call.at))
            }
        }
    }

    pub(super) fn filter_arg_pub(&self, expr: &Expr, scope: &Scope, out: &mut Vec<FilterArg>) -> Result<()> {
        self.filter_arg(expr, scope, false, out)
    }

    fn filter_arg(&self, expr: &Expr, scope: &Scope, keep: bool, out: &mut Vec<FilterArg>) -> Result<()> {
        match &expr.kind {
            ExprKind::Paren(inner) => return self.filter_arg(inner, scope, keep, out),
            ExprKind::Call { name, args } => {
                let call = Call { name: name.text.to_ascii_uppercase(), args, at: expr.at };
                match call.name.as_str() {
                    "KEEPFILTERS" => {
                        call.arity(1, 1)?;
                        return self.filter_arg(call.need(0)?, scope, true, out);
                    }
                    "USERELATIONSHIP" => {
                        call.arity(2, 2)?;
                        out.push(FilterArg::Use(self.relationship(&call, scope)?.0));
                        return Ok(());
                    }
                    "CROSSFILTER" => {
                        call.arity(3, 3)?;
                        let (rel, forward) = self.relationship(&call, scope)?;
                        let direction = match keyword(call.need(2)?).as_deref() {
                            Some("NONE") => Direction::None,
                            Some("BOTH") => Direction::Both,
                            Some("ONEWAY") => Direction::OneWay,
                            // The named side is the one whose filters travel; the columns' order tells which is left.
                            Some("ONEWAY_RIGHTFILTERSLEFT") => {
                                if forward {
                                    Direction::OneWay
                                } else {
                                    Direction::Reverse
                                }
                            }
                            Some("ONEWAY_LEFTFILTERSRIGHT") => {
                                if forward {
                                    Direction::Reverse
                                } else {
                                    Direction::OneWay
                                }
                            }
                            _ => {
                                return Err(error(
                                    "D0208",
                                    "the direction must be NONE, ONEWAY, BOTH, ONEWAY_LEFTFILTERSRIGHT or ONEWAY_RIGHTFILTERSLEFT",
                                    call.need(2)?.at,
                                ));
                            }
                        };
                        out.push(FilterArg::Cross(rel, direction));
                        return Ok(());
                    }
                    "ALL" | "REMOVEFILTERS" | "ALLNOBLANKROW" | "ALLEXCEPT" | "ALLSELECTED" | "ALLCROSSFILTERED" if !keep => {
                        out.push(FilterArg::Remove(self.removal(&call, scope)?));
                        return Ok(());
                    }
                    "AND" => {
                        for arg in args.iter().flatten() {
                            self.filter_arg(arg, scope, keep, out)?;
                        }
                        return Ok(());
                    }
                    _ => {}
                }
            }
            ExprKind::Chain(first, rest) if rest[0].0 == BinaryOp::And => {
                self.filter_arg(first, scope, keep, out)?;
                for (_, item) in rest {
                    self.filter_arg(item, scope, keep, out)?;
                }
                return Ok(());
            }
            _ => {}
        }
        if self.is_table_expr(expr, scope) {
            let table = self.table(expr, scope)?;
            out.push(FilterArg::Table { table, keep });
            return Ok(());
        }
        out.push(FilterArg::Table { table: self.predicate(expr, scope)?, keep });
        Ok(())
    }

    /// Whether an argument of CALCULATE is a table rather than a predicate.
    fn is_table_expr(&self, expr: &Expr, scope: &Scope) -> bool {
        match &expr.kind {
            ExprKind::Name(_) => self.bind(expr, scope).is_ok_and(|n| n.schema.is_some()),
            ExprKind::Table(_) => true,
            ExprKind::Let(vars, body) => {
                let mut inner = scope.clone();
                for (name, value) in vars {
                    let Ok(node) = self.bind(value, &inner) else { return false };
                    self.declare(&mut inner, &name.text, &node);
                }
                self.is_table_expr(body, &inner)
            }
            ExprKind::Call { name, .. } => {
                let upper = name.text.to_ascii_uppercase();
                // Scalar functions over columns are predicates; anything that binds to a table is a table.
                if self.catalog.function(&name.text).is_none()
                    && matches!(crate::dax::functions::find(&upper).map(|f| f.returns), Some(r) if r != crate::dax::functions::Returns::Table)
                {
                    return false;
                }
                match self.bind(expr, scope) {
                    Ok(node) => node.schema.is_some(),
                    Err(_) => super::tables::is_table_function(&upper),
                }
            }
            _ => false,
        }
    }

    /// `pred` as FILTER ( ALL ( its columns ), pred ).
    fn predicate(&self, expr: &Expr, scope: &Scope) -> Result<N> {
        let mut columns = Vec::new();
        self.predicate_columns(expr, scope, &mut columns)?;
        if columns.is_empty() {
            let message = "a predicate of CALCULATE must mention a column, as in `Table[Column] = value`";
            return Err(error("D0243", message, expr.at));
        }
        let table = self.catalog.table_of(columns[0]);
        if columns.iter().any(|c| self.catalog.table_of(*c) != table) {
            let message = "a predicate of CALCULATE may only mention columns of one table; use FILTER for more";
            return Err(error("D0244", message, expr.at));
        }
        let schema = self.columns_schema(&columns);
        let all = make(Kind::AllColumns { columns, blank: true }, Ty::Variant, Some(schema.clone()), expr.at);
        let mut inner = scope.clone();
        inner.frames.push(super::Frame { schema: schema.clone() });
        let predicate = self.scalar(expr, &inner)?;
        if predicate.ty == Ty::Text {
            return Err(error("D0232", "a predicate of CALCULATE must be true or false, found text", expr.at));
        }
        if contains_measure(&predicate, scope.level()) {
            let message = "a predicate of CALCULATE must not use a measure or CALCULATE; put the value in a variable or use FILTER";
            return Err(error("D0245", message, expr.at));
        }
        Ok(make(Kind::FilterRows { table: all, predicate, level: scope.level() }, Ty::Variant, Some(schema), expr.at))
    }

    /// Columns that a predicate reads from the row (not those inside aggregators).
    fn predicate_columns(&self, expr: &Expr, scope: &Scope, out: &mut Vec<ColId>) -> Result<()> {
        match &expr.kind {
            ExprKind::Column { table, name, .. } => {
                if table.is_none()
                    && (self.catalog.measure(&name.text).is_some()
                        || self
                            .find_in_frames(scope, |c| super::fold(&c.name) == super::fold(&name.text) && c.lineage.is_none(), 0)
                            .is_some())
                {
                    return Ok(());
                }
                let column = match self.model_column(expr, scope) {
                    Ok(column) => column,
                    // A column of the row context around that is not in the model is a plain value here.
                    Err(e) => return if self.scalar(expr, scope).is_ok() { Ok(()) } else { Err(e) },
                };
                if !out.contains(&column) {
                    out.push(column);
                }
            }
            ExprKind::Unary(_, inner) | ExprKind::Not(inner) | ExprKind::Paren(inner) => self.predicate_columns(inner, scope, out)?,
            ExprKind::Chain(first, rest) => {
                self.predicate_columns(first, scope, out)?;
                for (_, item) in rest {
                    self.predicate_columns(item, scope, out)?;
                }
            }
            ExprKind::In(left, right) => {
                self.predicate_columns(left, scope, out)?;
                if let ExprKind::Table(rows) = &right.kind {
                    for row in rows {
                        self.predicate_columns(row, scope, out)?;
                    }
                }
            }
            ExprKind::Row(items) => {
                for item in items {
                    self.predicate_columns(item, scope, out)?;
                }
            }
            ExprKind::Let(vars, body) => {
                for (_, value) in vars {
                    self.predicate_columns(value, scope, out)?;
                }
                self.predicate_columns(body, scope, out)?;
            }
            ExprKind::Call { name, args } => {
                let upper = name.text.to_ascii_uppercase();
                let scalar = match crate::dax::functions::find(&upper) {
                    Some(f) => matches!(f.body, crate::dax::functions::Body::Scalar(_)) || is_scalar_special(&upper),
                    None => is_scalar_special(&upper),
                };
                if scalar && !((upper == "MIN" || upper == "MAX") && args.len() == 1) {
                    for arg in args.iter().flatten() {
                        self.predicate_columns(arg, scope, out)?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// ALL, ALLEXCEPT, ALLSELECTED … as modifiers.
    pub(super) fn removal(&self, call: &Call<'_>, scope: &Scope) -> Result<Removal> {
        let selected = call.name == "ALLSELECTED";
        if call.args.is_empty() {
            if call.name == "ALLEXCEPT" || call.name == "ALLNOBLANKROW" {
                return Err(error("D0205", format!("`{}` needs an argument", call.name), call.at));
            }
            return Ok(if selected { Removal::SelectedEverything } else { Removal::Everything });
        }
        let first = call.need(0)?;
        if let Some(table) = self.model_table(first, scope) {
            if call.name == "ALLEXCEPT" {
                let mut columns = Vec::new();
                for i in 1..call.args.len() {
                    match self.model_table(call.need(i)?, scope) {
                        Some(t) => columns.extend(&self.catalog.tables[t as usize].columns),
                        None => columns.push(self.model_column(call.need(i)?, scope)?),
                    }
                }
                return Ok(Removal::Except(table, columns));
            }
            call.arity(1, 1)?;
            return Ok(match call.name.as_str() {
                "ALLSELECTED" => Removal::SelectedTable(table),
                "ALLCROSSFILTERED" => Removal::CrossFiltered(table),
                _ => Removal::Table(table),
            });
        }
        if matches!(call.name.as_str(), "ALLEXCEPT" | "ALLCROSSFILTERED") {
            return Err(error("D0228", format!("`{}` needs a table of the model", call.name), first.at));
        }
        let columns = self.column_list(call, 0, scope)?;
        Ok(if selected { Removal::SelectedColumns(columns) } else { Removal::Columns(columns) })
    }

    /// Column arguments from `from` on, all of one table.
    pub(super) fn column_list(&self, call: &Call<'_>, from: usize, scope: &Scope) -> Result<Vec<ColId>> {
        let mut columns = Vec::new();
        for i in from..call.args.len() {
            let column = self.model_column(call.need(i)?, scope)?;
            if columns.first().is_some_and(|c| self.catalog.table_of(*c) != self.catalog.table_of(column)) {
                let message = format!("all column arguments of `{}` must come from the same table", call.name);
                return Err(error("D0244", message, call.need(i)?.at));
            }
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        Ok(columns)
    }

    /// A column or table argument as VALUES/DISTINCT of it, in the context after transition.
    pub(super) fn values_of(&self, expr: &Expr, scope: &Scope) -> Result<N> {
        if let Ok(column) = self.model_column(expr, scope) {
            let schema: Arc<Schema> = self.columns_schema(&[column]);
            let values = make(Kind::Values { columns: vec![column], blank: false }, Ty::Variant, Some(schema), expr.at);
            return Ok(self.implicit_calculate(values));
        }
        self.table(expr, scope)
    }
}

fn is_scalar_special(name: &str) -> bool {
    matches!(
        name,
        "IF" | "IF.EAGER"
            | "SWITCH"
            | "AND"
            | "OR"
            | "NOT"
            | "TRUE"
            | "FALSE"
            | "BLANK"
            | "COALESCE"
            | "IFERROR"
            | "ISERROR"
            | "ISBLANK"
            | "MIN"
            | "MAX"
            | "DIVIDE"
            | "RELATED"
            | "CONTAINSROW"
            | "ISONORAFTER"
            | "ISAFTER"
            | "ERROR"
    )
}

/// Whether a predicate reaches a measure or CALCULATE outside of aggregators' own tables.
fn contains_measure(node: &N, level: usize) -> bool {
    let _ = level;
    node.deps.transition
}
