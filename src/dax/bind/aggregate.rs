//! Aggregators over columns and their iterators.

use super::bound::{AggKind, Kind, N, Ty};
use super::calls::Call;
use super::{Binder, Result, Scope, constant_of, error, make};
use crate::dax::syntax::ast::{Expr, Place};
use crate::table::Value;

impl Binder<'_> {
    /// The column argument of an aggregator, as table and row expression.
    pub(super) fn aggregated(&self, expr: &Expr, scope: &Scope) -> Result<(N, N)> {
        // A column of a variable's or query's table without lineage can only be reached by the X functions.
        let column = self.model_column(expr, scope)?;
        let table = self.catalog.table_of(column);
        let node = make(Kind::Table { table, blank: false }, Ty::Variant, Some(self.table_schema(table)), expr.at);
        let inner = scope.push(node.schema.as_ref().expect("tables have a schema"));
        let index = self.catalog.columns[column as usize].index;
        let value = self.column_node(&inner, scope.level(), index, expr.at);
        Ok((node, value))
    }

    pub(super) fn aggregate(&self, kind: AggKind, call: &Call<'_>, scope: &Scope) -> Result<N> {
        call.arity(1, 1)?;
        let (table, value) = self.aggregated(call.need(0)?, scope)?;
        self.check_aggregate(kind, &value, call)?;
        Ok(agg_node(kind, table, Some(value), scope.level(), false, call.at))
    }

    fn check_aggregate(&self, kind: AggKind, value: &N, call: &Call<'_>) -> Result<()> {
        use AggKind::{Average, GeoMean, Max, Median, Min, Product, StdevP, StdevS, Sum, VarP, VarS};
        let numeric = matches!(kind, Sum | Average | Product | GeoMean | Median | StdevS | StdevP | VarS | VarP);
        if numeric && matches!(value.ty, Ty::Text | Ty::Boolean | Ty::Binary) {
            let what = if value.ty == Ty::Text { "text" } else { "true/false" };
            return Err(error("D0231", format!("`{}` cannot work with values of type {what}", call.name), value.at));
        }
        if matches!(kind, Min | Max) && value.ty == Ty::Boolean {
            return Err(error("D0231", format!("`{}` cannot work with values of type true/false", call.name), value.at));
        }
        Ok(())
    }

    pub(super) fn iterate(&self, kind: AggKind, call: &Call<'_>, scope: &Scope, max: usize) -> Result<N> {
        call.arity(2, max)?;
        let table = self.table(call.need(0)?, scope)?;
        let inner = scope.push(table.schema.as_ref().expect("checked to be a table"));
        let value = self.scalar(call.need(1)?, &inner)?;
        self.check_aggregate(kind, &value, call)?;
        let variant = match call.get(2) {
            Some(flag) => matches!(constant_of(&self.scalar(flag, scope)?), Some(Value::Boolean(true) | Value::Int64(1))),
            None => false,
        };
        Ok(agg_node(kind, table, Some(value), scope.level(), variant, call.at))
    }

    pub(super) fn percentile(&self, call: &Call<'_>, scope: &Scope, exclusive: bool, iterator: bool) -> Result<N> {
        let (table, expr, k) = if iterator {
            call.arity(3, 3)?;
            let table = self.table(call.need(0)?, scope)?;
            let inner = scope.push(table.schema.as_ref().expect("a table"));
            (table, self.scalar(call.need(1)?, &inner)?, call.need(2)?)
        } else {
            call.arity(2, 2)?;
            let (table, value) = self.aggregated(call.need(0)?, scope)?;
            (table, value, call.need(1)?)
        };
        let k = self.scalar(k, scope)?;
        Ok(make(Kind::Percentile { table, expr, k, level: scope.level(), exclusive }, Ty::Double, None, call.at))
    }
}

/// An aggregation and its static type.
pub(super) fn agg_node(kind: AggKind, table: N, expr: Option<N>, level: usize, variant: bool, at: Place) -> N {
    use AggKind as A;
    let value = expr.as_ref().map_or(Ty::Blank, |e| e.ty);
    let ty = match kind {
        A::Sum => match value {
            Ty::Int | Ty::Currency | Ty::Double | Ty::Date => value,
            Ty::Boolean => Ty::Int,
            Ty::Blank => Ty::Blank,
            _ => Ty::Variant,
        },
        A::Average => match value {
            Ty::Currency => Ty::Currency,
            Ty::Date => Ty::Date,
            Ty::Int | Ty::Double => Ty::Double,
            _ => Ty::Variant,
        },
        A::Min | A::Max | A::MinA | A::MaxA => value,
        A::Count | A::CountA | A::CountBlank | A::CountRows | A::DistinctCount | A::DistinctCountNoBlank => Ty::Int,
        A::Product => Ty::Variant,
        _ => Ty::Double,
    };
    make(Kind::Agg { kind, table, expr, level, variant }, ty, None, at)
}
