//! Passes over the bound tree: what a node depends on, and its children.

use super::bound::{self, Deps, Kind, N};

/// Collects the dependencies of a node's children, the levels that the node itself opens taken away.
pub(super) fn children_deps(kind: &Kind) -> Deps {
    let mut deps = Deps::default();
    let own = |deps: &mut Deps, node: &N, level: usize| {
        let mut inner = node.deps.clone();
        inner.frames &= !(1u64 << level.min(63));
        deps.add(&inner);
    };
    match kind {
        Kind::Const(_) | Kind::NameOf(_) | Kind::DataTable(_) | Kind::ColumnStatistics => {}
        Kind::Info(_, items) => items.iter().for_each(|i| deps.add(&i.deps)),
        Kind::Var(id) => deps.vars.push(*id),
        Kind::Col { level, .. } => deps.frames |= 1 << (*level).min(63),
        Kind::Measure(_) | Kind::SelectedMeasure => {
            deps.filter = true;
            deps.transition = true;
        }
        Kind::IsSelectedMeasure(_) => deps.filter = true,
        Kind::Neg(a)
        | Kind::Not(a)
        | Kind::TableAsScalar(a)
        | Kind::Distinct(a)
        | Kind::KeepFilters(a)
        | Kind::NonVisual(a)
        | Kind::IsEmpty(a) => {
            deps.add(&a.deps);
        }
        Kind::Arith(_, a, b) | Kind::Cmp(_, a, b) | Kind::Intersect(a, b) | Kind::Except(a, b) => {
            deps.add(&a.deps);
            deps.add(&b.deps);
        }
        Kind::ArithChain(first, rest) => {
            deps.add(&first.deps);
            rest.iter().for_each(|(_, n)| deps.add(&n.deps));
        }
        Kind::Calendar { start, end } => {
            deps.add(&start.deps);
            deps.add(&end.deps);
        }
        Kind::Concat(items)
        | Kind::And(items)
        | Kind::Or(items)
        | Kind::Scalar(_, items)
        | Kind::CrossJoin(items)
        | Kind::Union(items)
        | Kind::Row(items) => {
            items.iter().for_each(|i| deps.add(&i.deps));
        }
        Kind::Op(op, items) => {
            items.iter().for_each(|i| deps.add(&i.deps));
            if matches!(op, bound::Op::SelectedMeasureName | bound::Op::SelectedMeasureFormat) {
                deps.filter = true;
            }
        }
        Kind::In(items, table) => {
            items.iter().for_each(|i| deps.add(&i.deps));
            deps.add(&table.deps);
        }
        Kind::Let(vars, body) => {
            vars.iter().for_each(|(_, v)| deps.add(&v.deps));
            deps.add(&body.deps);
            deps.vars.retain(|v| !vars.iter().any(|(id, _)| id == v));
        }
        Kind::Calculate(body, filters) => {
            let mut inner = body.deps.clone();
            inner.frames = 0;
            deps.add(&inner);
            for filter in filters {
                if let bound::FilterArg::Table { table, .. } = filter {
                    deps.add(&table.deps);
                }
            }
            // The transition turns every row context into filters.
            deps.filter = true;
            deps.transition = true;
        }
        Kind::Agg { table, expr, level, .. } => {
            deps.add(&table.deps);
            if let Some(expr) = expr {
                own(&mut deps, expr, *level);
            }
        }
        Kind::Percentile { table, expr, k, level, .. } => {
            deps.add(&table.deps);
            deps.add(&k.deps);
            own(&mut deps, expr, *level);
        }
        Kind::ConcatX { table, expr, delimiter, keys, level } => {
            deps.add(&table.deps);
            own(&mut deps, expr, *level);
            delimiter.iter().for_each(|d| deps.add(&d.deps));
            keys.iter().for_each(|(k, _)| own(&mut deps, k, *level));
        }
        Kind::RankX { table, expr, value, level, .. } => {
            deps.add(&table.deps);
            own(&mut deps, expr, *level);
            value.iter().for_each(|d| deps.add(&d.deps));
        }
        Kind::RankEq { value, column, .. } => {
            deps.add(&value.deps);
            deps.add(&column.deps);
        }
        Kind::Lookup { search, alternate, .. } => {
            search.iter().for_each(|(_, v)| deps.add(&v.deps));
            alternate.iter().for_each(|v| deps.add(&v.deps));
        }
        Kind::ContainsTable { table, search } => {
            deps.add(&table.deps);
            search.iter().for_each(|(_, v)| deps.add(&v.deps));
        }
        Kind::Related { level, .. } => deps.frames |= 1 << (*level).min(63),
        Kind::Path { level, .. } => deps.frames |= 1 << (*level).min(63),
        Kind::SelectedValue(_, alternate) => {
            deps.filter = true;
            alternate.iter().for_each(|v| deps.add(&v.deps));
        }
        Kind::HasOneValue(_)
        | Kind::HasOneFilter(_)
        | Kind::IsFiltered(..)
        | Kind::IsCrossFiltered(..)
        | Kind::IsInScope(_)
        | Kind::Table { .. }
        | Kind::Values { .. }
        | Kind::AllSelectedTable(_)
        | Kind::AllSelectedColumns(_)
        | Kind::Filters(_)
        | Kind::ExternalTable => deps.filter = true,
        Kind::DetailRows(_) => {
            deps.filter = true;
            deps.transition = true;
        }
        // ALL ignores the filter context, but security filters and relationships in force still count; they are fixed per query.
        Kind::AllTable { .. } | Kind::AllColumns { .. } => {}
        Kind::CurrentGroup | Kind::IsSubtotal(_) => deps.other = true,
        Kind::IsAfter { keys, .. } => keys.iter().for_each(|(a, b, _)| {
            deps.add(&a.deps);
            deps.add(&b.deps);
        }),
        Kind::FirstNonBlankValue { table, expr, level, .. } | Kind::FirstNonBlank { table, expr, level, .. } => {
            deps.add(&table.deps);
            own(&mut deps, expr, *level);
        }
        Kind::Window(spec) => {
            deps.filter = true;
            deps.transition = true;
            deps.add(&spec.relation.deps);
            spec.numbers.iter().for_each(|n| deps.add(&n.deps));
            spec.order.iter().for_each(|(n, _, _)| own(&mut deps, n, spec.level));
            for (level, _) in spec.outer.iter().flatten() {
                deps.frames |= 1 << (*level).min(63);
            }
        }
        Kind::Visual(spec) => {
            deps.filter = true;
            visual_nodes(spec, &mut |n| deps.add(&n.deps));
        }
        Kind::Linest { table, y, xs, constant, level } => {
            deps.add(&table.deps);
            own(&mut deps, y, *level);
            xs.iter().for_each(|x| own(&mut deps, x, *level));
            constant.iter().for_each(|c| deps.add(&c.deps));
        }
        Kind::Xirr { table, values, dates, guess, alternate, level } => {
            deps.add(&table.deps);
            own(&mut deps, values, *level);
            own(&mut deps, dates, *level);
            guess.iter().chain(alternate).for_each(|c| deps.add(&c.deps));
        }
        Kind::Xnpv { table, values, dates, rate, level } => {
            deps.add(&table.deps);
            own(&mut deps, values, *level);
            own(&mut deps, dates, *level);
            deps.add(&rate.deps);
        }
        Kind::NetworkDays { start, end, weekend, holidays } => {
            [Some(start), Some(end), weekend.as_ref(), holidays.as_ref()].into_iter().flatten().for_each(|c| deps.add(&c.deps));
        }
        Kind::ToText { table, args, .. } => {
            deps.add(&table.deps);
            args.iter().for_each(|c| deps.add(&c.deps));
        }
        Kind::FilterRows { table, predicate, level } => {
            deps.add(&table.deps);
            own(&mut deps, predicate, *level);
        }
        Kind::AddColumns { table, exprs, level }
        | Kind::SelectColumns { table, exprs, level }
        | Kind::Summarize { table, exprs, level, .. }
        | Kind::GroupBy { table, exprs, level, .. } => {
            deps.add(&table.deps);
            exprs.iter().for_each(|e| own(&mut deps, e, *level));
            if matches!(kind, Kind::Summarize { .. }) {
                deps.filter = true;
            }
            if matches!(kind, Kind::GroupBy { .. }) {
                deps.other = false;
            }
        }
        Kind::Constructor { rows } => rows.iter().flatten().for_each(|c| deps.add(&c.deps)),
        Kind::TopN { n, skip, table, keys, level } => {
            deps.add(&n.deps);
            skip.iter().for_each(|s| deps.add(&s.deps));
            deps.add(&table.deps);
            keys.iter().for_each(|(k, _)| own(&mut deps, k, *level));
        }
        Kind::Sample { n, table, keys, level } => {
            deps.add(&n.deps);
            deps.add(&table.deps);
            keys.iter().for_each(|(k, _)| own(&mut deps, k, *level));
        }
        Kind::Generate { left, right, level, .. } => {
            deps.add(&left.deps);
            own(&mut deps, right, *level);
        }
        Kind::NaturalJoin { left, right, .. } => {
            deps.add(&left.deps);
            deps.add(&right.deps);
        }
        Kind::TreatAs { table, .. } => deps.add(&table.deps),
        Kind::AddMissing { table, filters, .. } => {
            deps.filter = true;
            deps.add(&table.deps);
            filters.iter().for_each(|f| deps.add(&f.deps));
        }
        Kind::Series { start, end, step } => {
            deps.add(&start.deps);
            deps.add(&end.deps);
            step.iter().for_each(|s| deps.add(&s.deps));
        }
        Kind::CalendarAuto(month) => month.iter().for_each(|s| deps.add(&s.deps)),
        Kind::SummarizeColumns(spec) => {
            deps.filter = true;
            spec.exprs.iter().for_each(|(e, _)| deps.add(&e.deps));
            spec.filters.iter().chain(&spec.non_visual).chain(&spec.total_filters).for_each(|e| deps.add(&e.deps));
        }
        Kind::Time { dates, numbers, .. } => {
            deps.add(&dates.deps);
            numbers.iter().for_each(|s| deps.add(&s.deps));
        }
        Kind::SubstituteWithIndex { table, index, keys, level, .. } => {
            deps.add(&table.deps);
            deps.add(&index.deps);
            keys.iter().for_each(|(k, _)| own(&mut deps, k, *level));
        }
    }
    deps
}

/// The expressions of a walk over the visual matrix.
fn visual_nodes(spec: &bound::VisualSpec, visit: &mut dyn FnMut(&N)) {
    use bound::{Depth, VisualStep};
    match &spec.step {
        VisualStep::Offset(n) | VisualStep::Index(n) => visit(n),
        VisualStep::Window(from, to, _) => [from, to].into_iter().for_each(&mut *visit),
        VisualStep::Collapse(Depth::By(n)) | VisualStep::Expand(Depth::By(n)) => visit(n),
        VisualStep::Lookup(pairs, _) => pairs.iter().for_each(|(_, n)| visit(n)),
        VisualStep::Collapse(_) | VisualStep::Expand(_) | VisualStep::Rank { .. } | VisualStep::RowNumber | VisualStep::IsAtLevel(_) => {}
    }
    spec.order.iter().for_each(|(n, _, _)| visit(n));
    spec.value.iter().for_each(visit);
}

/// Calls `visit` for every direct child of a node.
pub fn children(node: &N, visit: &mut dyn FnMut(&N)) {
    match &node.kind {
        Kind::Neg(a)
        | Kind::Not(a)
        | Kind::TableAsScalar(a)
        | Kind::Distinct(a)
        | Kind::KeepFilters(a)
        | Kind::NonVisual(a)
        | Kind::IsEmpty(a) => visit(a),
        Kind::Arith(_, a, b) | Kind::Cmp(_, a, b) | Kind::Intersect(a, b) | Kind::Except(a, b) | Kind::Calendar { start: a, end: b } => {
            visit(a);
            visit(b);
        }
        Kind::ArithChain(first, rest) => {
            visit(first);
            rest.iter().for_each(|(_, n)| visit(n));
        }
        Kind::RankEq { value, column, .. } => {
            visit(value);
            visit(column);
        }
        Kind::Concat(items)
        | Kind::And(items)
        | Kind::Or(items)
        | Kind::Scalar(_, items)
        | Kind::Op(_, items)
        | Kind::CrossJoin(items)
        | Kind::Union(items)
        | Kind::Row(items) => {
            items.iter().for_each(visit);
        }
        Kind::In(items, table) => {
            items.iter().for_each(&mut *visit);
            visit(table);
        }
        Kind::Let(vars, body) => {
            vars.iter().for_each(|(_, v)| visit(v));
            visit(body);
        }
        Kind::Calculate(body, filters) => {
            visit(body);
            for filter in filters {
                if let bound::FilterArg::Table { table, .. } = filter {
                    visit(table);
                }
            }
        }
        Kind::Agg { table, expr, .. } => {
            visit(table);
            expr.iter().for_each(visit);
        }
        Kind::Percentile { table, expr, k, .. } => [table, expr, k].into_iter().for_each(visit),
        Kind::ConcatX { table, expr, delimiter, keys, .. } => {
            visit(table);
            visit(expr);
            delimiter.iter().for_each(&mut *visit);
            keys.iter().for_each(|(k, _)| visit(k));
        }
        Kind::RankX { table, expr, value, .. } => {
            visit(table);
            visit(expr);
            value.iter().for_each(visit);
        }
        Kind::Lookup { search, alternate, .. } => {
            search.iter().for_each(|(_, v)| visit(v));
            alternate.iter().for_each(visit);
        }
        Kind::ContainsTable { table, search } => {
            visit(table);
            search.iter().for_each(|(_, v)| visit(v));
        }
        Kind::SelectedValue(_, alternate) => alternate.iter().for_each(visit),
        Kind::IsAfter { keys, .. } => keys.iter().for_each(|(a, b, _)| {
            visit(a);
            visit(b);
        }),
        Kind::FirstNonBlankValue { table, expr, .. } | Kind::FirstNonBlank { table, expr, .. } => {
            visit(table);
            visit(expr);
        }
        Kind::Window(spec) => {
            visit(&spec.relation);
            spec.numbers.iter().for_each(&mut *visit);
            spec.order.iter().for_each(|(n, _, _)| visit(n));
        }
        Kind::Visual(spec) => visual_nodes(spec, visit),
        Kind::Info(_, items) => items.iter().for_each(visit),
        Kind::Linest { table, y, xs, constant, .. } => {
            visit(table);
            visit(y);
            xs.iter().chain(constant).for_each(visit);
        }
        Kind::Xirr { table, values, dates, guess, alternate, .. } => {
            [table, values, dates].into_iter().chain(guess).chain(alternate).for_each(visit);
        }
        Kind::Xnpv { table, values, dates, rate, .. } => [table, values, dates, rate].into_iter().for_each(visit),
        Kind::NetworkDays { start, end, weekend, holidays } => [start, end].into_iter().chain(weekend).chain(holidays).for_each(visit),
        Kind::ToText { table, args, .. } => {
            visit(table);
            args.iter().for_each(visit);
        }
        Kind::FilterRows { table, predicate, .. } => {
            visit(table);
            visit(predicate);
        }
        Kind::AddColumns { table, exprs, .. }
        | Kind::SelectColumns { table, exprs, .. }
        | Kind::Summarize { table, exprs, .. }
        | Kind::GroupBy { table, exprs, .. } => {
            visit(table);
            exprs.iter().for_each(visit);
        }
        Kind::Constructor { rows } => rows.iter().flatten().for_each(visit),
        Kind::TopN { n, skip, table, keys, .. } => {
            visit(n);
            skip.iter().for_each(&mut *visit);
            visit(table);
            keys.iter().for_each(|(k, _)| visit(k));
        }
        Kind::Sample { n, table, keys, .. } => {
            visit(n);
            visit(table);
            keys.iter().for_each(|(k, _)| visit(k));
        }
        Kind::Generate { left, right, .. } | Kind::NaturalJoin { left, right, .. } => {
            visit(left);
            visit(right);
        }
        Kind::TreatAs { table, .. } => visit(table),
        Kind::AddMissing { table, filters, .. } => {
            visit(table);
            filters.iter().for_each(visit);
        }
        Kind::Series { start, end, step } => [start, end].into_iter().chain(step).for_each(visit),
        Kind::CalendarAuto(month) => month.iter().for_each(visit),
        Kind::SummarizeColumns(spec) => {
            spec.filters.iter().chain(&spec.non_visual).chain(&spec.total_filters).for_each(&mut *visit);
            spec.levels.iter().flat_map(|l| &l.filters).for_each(&mut *visit);
            spec.exprs.iter().for_each(|(e, _)| visit(e));
        }
        Kind::Time { dates, numbers, .. } => {
            visit(dates);
            numbers.iter().for_each(visit);
        }
        Kind::SubstituteWithIndex { table, index, keys, .. } => {
            visit(table);
            visit(index);
            keys.iter().for_each(|(k, _)| visit(k));
        }
        _ => {}
    }
}
