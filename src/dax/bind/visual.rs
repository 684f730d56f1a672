//! Visual calculations: columns of a table laid out by WITH VISUAL SHAPE.
//!
//! The current cell is a filter over the rows of that table: a bare column is its one visible value, an aggregation runs over
//! the visible rows, and a walk along an axis evaluates its expression under another filter.

use std::sync::Arc;

use super::bound::{Depth, Kind, N, Schema, Ty, VisualSpec, VisualStep};
use super::calls::{Call, keyword};
use super::{Binder, Result, Scope, constant_of, error, make};
use crate::dax::catalog::{ColId, Shape, TableId, fold};
use crate::dax::syntax::ast::{Expr, ExprKind, Name, Place};
use crate::table::Value;

/// The optional arguments that the functions share, told apart by what they are.
#[derive(Default)]
struct Parts<'e> {
    axes: Vec<usize>,
    order: Option<Call<'e>>,
    partition: Vec<ColId>,
    blanks: Option<bool>,
    reset: i64,
    relation: bool,
}

impl Binder<'_> {
    /// A bare column in a visual calculation.
    pub(super) fn visual_bare(&self, name: &Name, at: Place, scope: &Scope) -> Option<N> {
        let table = scope.visual?;
        let column = self.catalog.column(table, &name.text)?;
        let wanted = fold(&name.text);
        if let Some((level, index)) = self.find_in_frames(scope, |c| fold(&c.name) == wanted, 0) {
            return Some(self.column_node(scope, level, index, at));
        }
        Some(self.visual_cell(column, at))
    }

    /// The value of a column in the current cell.
    pub(super) fn visual_cell(&self, column: ColId, at: Place) -> N {
        let schema = self.columns_schema(&[column]);
        let ty = schema.columns[0].ty;
        let values = make(Kind::Values { columns: vec![column], blank: false }, Ty::Variant, Some(schema), at);
        make(Kind::TableAsScalar(values), ty, None, at)
    }

    fn shape(&self, table: TableId) -> Arc<Shape> {
        self.catalog.tables[table as usize].visual.clone().expect("the scope of a laid-out table")
    }

    /// Axes named by an argument.
    fn axes(&self, expr: &Expr, shape: &Shape) -> Option<Vec<usize>> {
        let word = keyword(expr)?;
        word.split(' ').map(|w| shape.axes.iter().position(|a| a.name == w)).collect()
    }

    fn visual_column(&self, expr: &Expr, table: TableId) -> Option<ColId> {
        match &expr.kind {
            ExprKind::Paren(inner) => self.visual_column(inner, table),
            ExprKind::Column { table: named, name, level: None }
                if named.as_ref().is_none_or(|n| self.catalog.table(&n.text) == Some(table)) =>
            {
                self.catalog.column(table, &name.text)
            }
            _ => None,
        }
    }

    /// A grouping column of an axis: the axis and the level.
    fn group_column(&self, expr: &Expr, table: TableId, shape: &Shape) -> Result<(ColId, usize, usize)> {
        if let Some(column) = self.visual_column(expr, table) {
            for (axis, def) in shape.axes.iter().enumerate() {
                if let Some(level) = def.levels.iter().position(|l| l.columns.contains(&column)) {
                    return Ok((column, axis, level));
                }
            }
        }
        Err(error("D0253", "a grouping column of an axis is expected here", expr.at))
    }

    fn parts<'e>(&self, call: &Call<'e>, from: usize, table: TableId, shape: &Shape, scope: &Scope) -> Result<Parts<'e>> {
        let mut parts = Parts::default();
        for arg in call.args.iter().skip(from).flatten() {
            if let Some(axes) = self.axes(arg, shape) {
                parts.axes = axes;
                continue;
            }
            match keyword(arg).as_deref() {
                Some("DEFAULT" | "KEEP") => continue,
                Some("FIRST") => {
                    parts.blanks = Some(true);
                    continue;
                }
                Some("LAST") => {
                    parts.blanks = Some(false);
                    continue;
                }
                Some("NONE") => continue,
                Some("HIGHESTPARENT") => {
                    parts.reset = 1;
                    continue;
                }
                Some("LOWESTPARENT") => {
                    parts.reset = -1;
                    continue;
                }
                _ => {}
            }
            if let ExprKind::Call { name, args } = &arg.kind {
                let inner = Call { name: name.text.to_ascii_uppercase(), args, at: arg.at };
                match inner.name.as_str() {
                    "ORDERBY" => {
                        parts.order = Some(inner);
                        continue;
                    }
                    "PARTITIONBY" => {
                        for column in args.iter().flatten() {
                            let Some(column) = self.visual_column(column, table) else {
                                return Err(error("D0253", "PARTITIONBY takes columns of the visual", column.at));
                            };
                            parts.partition.push(column);
                        }
                        continue;
                    }
                    "MATCHBY" => continue,
                    _ => {}
                }
            }
            if let Some(column) = self.visual_column(arg, table) {
                let (_, axis, level) = self.group_column(arg, table, shape)?;
                let _ = (column, axis);
                parts.reset = level as i64 + 1;
                continue;
            }
            let node = self.bind(arg, scope)?;
            match constant_of(&node) {
                Some(Value::Int64(n)) => parts.reset = n,
                _ if node.schema.is_some() => parts.relation = true,
                _ => return Err(error("D0253", format!("this is no argument of `{}`", call.name), arg.at)),
            }
        }
        if parts.axes.is_empty() {
            parts.axes.push(0);
        }
        Ok(parts)
    }

    fn finish(&self, call: &Call<'_>, scope: &Scope, table: TableId, parts: Parts<'_>, step: VisualStep, value: Option<N>) -> Result<N> {
        let mut order = match &parts.order {
            Some(list) => self.order_keys(list, scope)?,
            None => Vec::new(),
        };
        order.iter_mut().for_each(|(_, _, blanks)| *blanks = blanks.or(parts.blanks));
        let number = matches!(step, VisualStep::Rank { .. } | VisualStep::RowNumber);
        let (ty, schema) = match (&value, &step) {
            (Some(value), _) => (value.ty, None),
            (None, VisualStep::IsAtLevel(_)) => (Ty::Boolean, None),
            (None, _) if number => (Ty::Int, None),
            (None, _) => (Ty::Variant, Some(self.visual_schema(table))),
        };
        let Parts { axes, blanks, partition, reset, .. } = parts;
        let spec = VisualSpec { table, axes, step, order, blanks, partition, reset, value };
        Ok(make(Kind::Visual(Box::new(spec)), ty, schema, call.at))
    }

    fn visual_schema(&self, table: TableId) -> Arc<Schema> {
        self.table_schema(table)
    }

    /// A whole number that must be known before evaluation.
    fn fixed(&self, expr: &Expr, scope: &Scope, what: &str) -> Result<i64> {
        match constant_of(&self.scalar(expr, scope)?) {
            Some(Value::Int64(n)) => Ok(n),
            _ => Err(error("D0209", format!("{what} must be a constant whole number"), expr.at)),
        }
    }

    fn count(&self, n: i64, at: Place) -> N {
        make(Kind::Const(Value::Int64(n)), Ty::Int, None, at)
    }

    /// The argument of an aggregation over the rows that a walk leads to.
    fn aggregate_of(&self, function: &str, call: &Call<'_>, scope: &Scope) -> Result<N> {
        let arg = call.need(0)?.clone();
        let name = Name { text: function.to_owned(), at: call.at, quoted: false };
        self.scalar(&Expr { kind: ExprKind::Call { name, args: vec![Some(arg)] }, at: call.at }, scope)
    }

    /// Functions of visual calculations; `None` for any other.
    #[allow(clippy::too_many_lines)]
    pub(super) fn visual_call(&self, call: &Call<'_>, scope: &Scope) -> Result<Option<N>> {
        let Some(table) = scope.visual else { return Ok(None) };
        let shape = self.shape(table);
        let at = call.at;
        let boolean = |expr: Option<&Expr>| match expr.map(|e| &e.kind) {
            Some(ExprKind::Name(n)) if n.text.eq_ignore_ascii_case("TRUE") => Some(true),
            Some(ExprKind::Name(n)) if n.text.eq_ignore_ascii_case("FALSE") => Some(false),
            Some(ExprKind::Call { name, args }) if args.is_empty() && name.text.eq_ignore_ascii_case("TRUE") => Some(true),
            Some(ExprKind::Call { name, args }) if args.is_empty() && name.text.eq_ignore_ascii_case("FALSE") => Some(false),
            _ => None,
        };
        let node = match call.name.as_str() {
            "RUNNINGSUM" => {
                call.arity(1, 5)?;
                let parts = self.parts(call, 1, table, &shape, scope)?;
                let value = self.aggregate_of("SUM", call, scope)?;
                let step = VisualStep::Window(self.count(1, at), self.count(0, at), [true, false]);
                self.finish(call, scope, table, parts, step, Some(value))?
            }
            "MOVINGAVERAGE" | "RANGE" => {
                let lead = usize::from(call.name == "MOVINGAVERAGE");
                call.arity(lead + 1, lead + 6)?;
                let n = self.fixed(call.need(lead)?, scope, if lead == 1 { "the window size" } else { "the step" })?;
                let given = boolean(call.get(lead + 1));
                let skip = given.is_some() || call.args.get(lead + 1).is_some_and(Option::is_none);
                let current = given.unwrap_or(true);
                let parts = self.parts(call, lead + 1 + usize::from(skip), table, &shape, scope)?;
                let out = i64::from(!current);
                let (from, to) = match (lead, n < 0) {
                    // As many elements as the window is wide, the current one among them or not.
                    (1, _) => (1 - n - out, -out),
                    (_, true) => (n, -out),
                    (_, false) => (out, n),
                };
                let value = if lead == 1 { Some(self.aggregate_of("AVERAGE", call, scope)?) } else { None };
                let step = VisualStep::Window(self.count(from, at), self.count(to, at), [false, false]);
                self.finish(call, scope, table, parts, step, value)?
            }
            "PREVIOUS" | "NEXT" => {
                call.arity(1, 6)?;
                let steps =
                    call.get(1).filter(|e| self.axes(e, &shape).is_none() && matches!(e.kind, ExprKind::Int(_) | ExprKind::Unary(..)));
                let skip = steps.is_some() || call.args.get(1).is_some_and(Option::is_none);
                let n = steps.map_or(Ok(1), |e| self.fixed(e, scope, "the number of steps"))?;
                let parts = self.parts(call, 1 + usize::from(skip), table, &shape, scope)?;
                let value = self.scalar(call.need(0)?, scope)?;
                let step = VisualStep::Offset(self.count(if call.name == "NEXT" { n } else { -n }, at));
                self.finish(call, scope, table, parts, step, Some(value))?
            }
            "FIRST" | "LAST" => {
                call.arity(1, 5)?;
                let parts = self.parts(call, 1, table, &shape, scope)?;
                let value = self.scalar(call.need(0)?, scope)?;
                let step = VisualStep::Index(self.count(if call.name == "FIRST" { 1 } else { -1 }, at));
                self.finish(call, scope, table, parts, step, Some(value))?
            }
            "COLLAPSE" | "EXPAND" | "COLLAPSEALL" | "EXPANDALL" => {
                call.arity(1, usize::MAX)?;
                let all = call.name.ends_with("ALL");
                // Without an expression it only navigates: the first argument is an axis.
                let moves_only = self.axes(call.need(0)?, &shape).is_some();
                let from = usize::from(!moves_only);
                let (axes, depth) = if let Some(axes) = self.axes(call.need(from)?, &shape) {
                    call.arity(from + 1, from + 1 + usize::from(!all))?;
                    let depth = match (all, call.get(from + 1)) {
                        (true, _) => Depth::All,
                        (false, Some(n)) => Depth::By(self.scalar(n, scope)?),
                        (false, None) => Depth::By(self.count(1, at)),
                    };
                    (axes, depth)
                } else if all {
                    return Err(error("D0253", format!("`{}` needs an axis", call.name), at));
                } else {
                    let (mut axes, mut columns) = (Vec::new(), Vec::new());
                    for i in from..call.args.len() {
                        let (column, axis, _) = self.group_column(call.need(i)?, table, &shape)?;
                        columns.push(column);
                        if !axes.contains(&axis) {
                            axes.push(axis);
                        }
                    }
                    (axes, Depth::Columns(columns))
                };
                let value = if moves_only { None } else { Some(self.scalar(call.need(0)?, scope)?) };
                let step = if call.name.starts_with('C') { VisualStep::Collapse(depth) } else { VisualStep::Expand(depth) };
                self.finish(call, scope, table, Parts { axes, ..Parts::default() }, step, value)?
            }
            "LOOKUP" | "LOOKUPWITHTOTALS" => {
                call.arity(1, usize::MAX)?;
                if call.args.len().is_multiple_of(2) {
                    return Err(error("D0205", format!("`{}` takes an expression and pairs of column and value", call.name), at));
                }
                let value = self.scalar(call.need(0)?, scope)?;
                let mut pairs = Vec::new();
                for i in (1..call.args.len()).step_by(2) {
                    let (column, _, _) = self.group_column(call.need(i)?, table, &shape)?;
                    pairs.push((column, self.scalar(call.need(i + 1)?, scope)?));
                }
                let parts = Parts { axes: (0..shape.axes.len()).collect(), ..Parts::default() };
                self.finish(call, scope, table, parts, VisualStep::Lookup(pairs, call.name == "LOOKUPWITHTOTALS"), Some(value))?
            }
            "ISATLEVEL" => {
                call.arity(1, 1)?;
                let (column, axis, _) = self.group_column(call.need(0)?, table, &shape)?;
                let parts = Parts { axes: vec![axis], ..Parts::default() };
                self.finish(call, scope, table, parts, VisualStep::IsAtLevel(column), None)?
            }
            "OFFSET" | "INDEX" | "ROWNUMBER" | "RANK" | "WINDOW" => {
                let mut next = 0;
                let step = match call.name.as_str() {
                    "OFFSET" => {
                        next = 1;
                        VisualStep::Offset(self.scalar(call.need(0)?, scope)?)
                    }
                    "INDEX" => {
                        next = 1;
                        VisualStep::Index(self.scalar(call.need(0)?, scope)?)
                    }
                    "ROWNUMBER" => VisualStep::RowNumber,
                    "RANK" => {
                        let word = call.get(0).and_then(keyword);
                        next = usize::from(
                            matches!(word.as_deref(), Some("DENSE" | "SKIP")) || call.args.first().is_some_and(Option::is_none),
                        );
                        VisualStep::Rank { dense: word.as_deref() == Some("DENSE") }
                    }
                    _ => {
                        let mut absolute = [false, false];
                        let mut bounds = Vec::new();
                        for side in &mut absolute {
                            bounds.push(self.scalar(call.need(next)?, scope)?);
                            next += 1;
                            match call.get(next).and_then(keyword).as_deref() {
                                Some("ABS") => {
                                    *side = true;
                                    next += 1;
                                }
                                Some("REL") => next += 1,
                                _ => next += usize::from(call.args.get(next).is_some_and(Option::is_none)),
                            }
                        }
                        let to = bounds.pop().expect("two bounds");
                        VisualStep::Window(bounds.pop().expect("two bounds"), to, absolute)
                    }
                };
                let parts = self.parts(call, next, table, &shape, scope)?;
                if parts.relation {
                    return Ok(None);
                }
                self.finish(call, scope, table, parts, step, None)?
            }
            _ => return Ok(None),
        };
        Ok(Some(node))
    }
}
