//! Functions that group: SUMMARIZE, SUMMARIZECOLUMNS, GROUPBY, ADDMISSINGITEMS.

use std::sync::Arc;

use super::bound::{GroupLevel, Kind, N, Schema, SchemaColumn, SummarizeColumns, SummarizeGroup, Ty};
use super::calls::Call;
use super::{Binder, Result, Scope, error, make};
use crate::dax::catalog::ColId;
use crate::dax::syntax::ast::{Expr, ExprKind};

impl Binder<'_> {
    pub(super) fn summarize(&self, call: &Call<'_>, scope: &Scope) -> Result<N> {
        call.arity(1, usize::MAX)?;
        let table = self.table(call.need(0)?, scope)?;
        let source = table.schema.clone().expect("a table");
        let level = scope.level();
        let mut groups: Vec<SummarizeGroup> = Vec::new();
        let mut columns: Vec<SchemaColumn> = Vec::new();
        let mut rollups = 0;
        let mut i = 1;
        let mut add = |expr: &Expr, rollup: usize| -> Result<()> {
            let (key, column) = self.group_key(expr, &source, scope)?;
            if columns.iter().any(|c| c.label() == column.label()) {
                return Ok(());
            }
            groups.push(SummarizeGroup { source: key, column: column.lineage, rollup });
            columns.push(column);
            Ok(())
        };
        while i < call.args.len() {
            let expr = call.need(i)?;
            match &expr.kind {
                ExprKind::Text(_) => break,
                ExprKind::Call { name, args }
                    if name.text.eq_ignore_ascii_case("ROLLUP") || name.text.eq_ignore_ascii_case("ROLLUPGROUP") =>
                {
                    let group = name.text.eq_ignore_ascii_case("ROLLUPGROUP");
                    if group {
                        rollups += 1;
                    }
                    for arg in args.iter().flatten() {
                        match &arg.kind {
                            ExprKind::Call { name, args } if name.text.eq_ignore_ascii_case("ROLLUPGROUP") => {
                                rollups += 1;
                                for arg in args.iter().flatten() {
                                    add(arg, rollups)?;
                                }
                            }
                            _ => {
                                if !group {
                                    rollups += 1;
                                }
                                add(arg, rollups)?;
                            }
                        }
                    }
                }
                _ => add(expr, 0)?,
            }
            i += 1;
        }
        let mut inner = scope.push(&source);
        inner.summarize = groups.iter().filter_map(|g| g.column).collect();
        let mut exprs = Vec::new();
        self.named_pairs(call, i, scope, &inner, &mut columns, &mut exprs)?;
        let schema = Arc::new(Schema { columns, bases: Vec::new(), may_repeat: false });
        Ok(make(Kind::Summarize { table, groups, exprs, level }, Ty::Variant, Some(schema), call.at))
    }

    pub(super) fn group_by(&self, call: &Call<'_>, scope: &Scope) -> Result<N> {
        call.arity(1, usize::MAX)?;
        let table = self.table(call.need(0)?, scope)?;
        let source = table.schema.clone().expect("a table");
        let level = scope.level();
        let mut columns = Vec::new();
        let mut keys = Vec::new();
        let mut i = 1;
        while i < call.args.len() && !matches!(call.need(i)?.kind, ExprKind::Text(_)) {
            let (key, column) = self.group_key(call.need(i)?, &source, scope)?;
            keys.push(key);
            columns.push(column);
            i += 1;
        }
        let mut inner = scope.push(&Arc::new(Schema { columns: columns.clone(), ..Schema::default() }));
        inner.group = Some(source);
        let mut exprs = Vec::new();
        self.named_pairs(call, i, scope, &inner, &mut columns, &mut exprs)?;
        for expr in &exprs {
            if expr.deps.transition || expr.deps.filter {
                return Err(error("D0266", "an expression of GROUPBY may only aggregate CURRENTGROUP with an iterator", expr.at));
            }
        }
        Ok(make(
            Kind::GroupBy { table, keys, exprs, level },
            Ty::Variant,
            Some(Arc::new(Schema { columns, bases: Vec::new(), may_repeat: false })),
            call.at,
        ))
    }

    #[allow(clippy::too_many_lines)]
    pub(super) fn summarize_columns(&self, call: &Call<'_>, scope: &Scope) -> Result<N> {
        let mut spec = SummarizeColumns {
            levels: Vec::new(),
            columns: Vec::new(),
            filters: Vec::new(),
            non_visual: Vec::new(),
            exprs: Vec::new(),
            lead: 0,
            total_filters: Vec::new(),
            total_rollups: Vec::new(),
            rollups: 0,
        };
        let mut columns: Vec<SchemaColumn> = Vec::new();
        let mut i = 0;
        let inner = scope.transitioned();
        // Group columns first, then the flags of subtotals.
        let mut flags: Vec<(usize, String, &Expr)> = Vec::new();
        while i < call.args.len() {
            let expr = call.need(i)?;
            let upper = match &expr.kind {
                ExprKind::Call { name, .. } => name.text.to_ascii_uppercase(),
                ExprKind::Column { .. } => {
                    let column = self.model_column(expr, scope)?;
                    if spec.columns.contains(&column) {
                        return Err(error("D0261", format!("the column `{}` is used twice", self.catalog.column_label(column)), expr.at));
                    }
                    spec.columns.push(column);
                    columns.push(self.schema_column(column));
                    spec.levels.push(GroupLevel { columns: vec![column], rollup: None, flag: None, filters: Vec::new() });
                    i += 1;
                    continue;
                }
                _ => break,
            };
            match upper.as_str() {
                "ROLLUPADDISSUBTOTAL" | "ROLLUPISSUBTOTAL" => {
                    let ExprKind::Call { args, .. } = &expr.kind else { unreachable!("matched above") };
                    self.rollup(args, scope, &mut spec, &mut columns, &mut flags)?;
                    i += 1;
                }
                "ROLLUPGROUP" | "ROLLUP" => {
                    let ExprKind::Call { args, .. } = &expr.kind else { unreachable!("matched above") };
                    for arg in args.iter().flatten() {
                        let column = self.model_column(arg, scope)?;
                        spec.columns.push(column);
                        columns.push(self.schema_column(column));
                        spec.levels.push(GroupLevel { columns: vec![column], rollup: None, flag: None, filters: Vec::new() });
                    }
                    i += 1;
                }
                _ => break,
            }
        }
        for (level, flag, name) in flags {
            self.add_column(&mut columns, &flag, Ty::Boolean, name)?;
            spec.levels[level].flag = Some(columns.len() - 1);
        }
        while i < call.args.len() {
            let expr = call.need(i)?;
            if matches!(expr.kind, ExprKind::Text(_)) {
                break;
            }
            let table = self.table(expr, scope)?;
            match &table.kind {
                Kind::NonVisual(inner) => spec.non_visual.push(inner.clone()),
                _ => spec.filters.push(table),
            }
            i += 1;
        }
        spec.lead = columns.len();
        while i < call.args.len() {
            let name = self.column_name(call.need(i)?, scope)?;
            let value = call.need(i + 1)?;
            let (value, counts) = match &value.kind {
                ExprKind::Call { name, args } if name.text.eq_ignore_ascii_case("IGNORE") => match args.as_slice() {
                    [Some(inner)] => (inner, false),
                    _ => return Err(error("D0205", "`IGNORE` takes 1 argument", value.at)),
                },
                _ => (value, true),
            };
            let node = self.scalar(value, &inner)?;
            self.add_column(&mut columns, &name, node.ty, call.need(i)?)?;
            spec.exprs.push((node, counts));
            i += 2;
        }
        if columns.is_empty() {
            return Err(error("D0205", "`SUMMARIZECOLUMNS` needs a grouping column or an expression", call.at));
        }
        let schema = Arc::new(Schema { columns, bases: Vec::new(), may_repeat: false });
        Ok(make(Kind::SummarizeColumns(Box::new(spec)), Ty::Variant, Some(schema), call.at))
    }

    fn rollup<'e>(
        &self,
        args: &'e [Option<Expr>],
        scope: &Scope,
        spec: &mut SummarizeColumns,
        columns: &mut Vec<SchemaColumn>,
        flags: &mut Vec<(usize, String, &'e Expr)>,
    ) -> Result<()> {
        let mut pending: Vec<N> = Vec::new();
        let mut i = 0;
        let mut first = true;
        while i < args.len() {
            let Some(expr) = &args[i] else {
                i += 1;
                continue;
            };
            let group: Option<Vec<ColId>> = match &expr.kind {
                ExprKind::Column { .. } => Some(vec![self.model_column(expr, scope)?]),
                ExprKind::Call { name, args } if name.text.eq_ignore_ascii_case("ROLLUPGROUP") => {
                    Some(args.iter().flatten().map(|a| self.model_column(a, scope)).collect::<Result<_>>()?)
                }
                _ => None,
            };
            let Some(group) = group else {
                let table = self.table(expr, scope)?;
                if first {
                    spec.total_filters.push(table);
                    spec.total_rollups.push(spec.rollups);
                } else {
                    pending.push(table);
                    if let Some(last) = spec.levels.last_mut() {
                        last.filters.append(&mut pending);
                    }
                }
                i += 1;
                continue;
            };
            first = false;
            for column in &group {
                if spec.columns.contains(column) {
                    return Err(error("D0261", format!("the column `{}` is used twice", self.catalog.column_label(*column)), expr.at));
                }
                spec.columns.push(*column);
                columns.push(self.schema_column(*column));
            }
            let Some(name) = args.get(i + 1).and_then(Option::as_ref) else {
                return Err(error("D0205", "every column of ROLLUPADDISSUBTOTAL is followed by the name of its flag", expr.at));
            };
            let flag = self.column_name(name, scope)?;
            flags.push((spec.levels.len(), flag, name));
            spec.levels.push(GroupLevel { columns: group, rollup: Some(spec.rollups), flag: None, filters: Vec::new() });
            i += 2;
        }
        spec.rollups += 1;
        Ok(())
    }

    pub(super) fn add_missing(&self, call: &Call<'_>, scope: &Scope) -> Result<N> {
        let mut show = Vec::new();
        let mut i = 0;
        while i < call.args.len() {
            match &call.need(i)?.kind {
                ExprKind::Column { .. } => show.push(self.model_column(call.need(i)?, scope)?),
                ExprKind::Call { name, args } if name.text.to_ascii_uppercase().starts_with("ROLLUP") => {
                    for arg in args.iter().flatten().filter(|a| matches!(a.kind, ExprKind::Column { .. })) {
                        if let Ok(column) = self.model_column(arg, scope) {
                            show.push(column);
                        }
                    }
                }
                _ => break,
            }
            i += 1;
        }
        let table = self.table(call.need(i)?, scope)?;
        let schema = table.schema.clone().expect("a table");
        // `[flag]` in ROLLUPISSUBTOTAL names a column of that table, not of the model.
        let is_flag = |arg: &Expr| match &arg.kind {
            ExprKind::Column { table: None, name, .. } => {
                schema.columns.iter().position(|c| c.lineage.is_none() && super::fold(&c.name) == super::fold(&name.text))
            }
            _ => None,
        };
        let mut flags = Vec::new();
        let mut filters = Vec::new();
        for arg in call.args.iter().skip(i + 1).flatten() {
            match &arg.kind {
                ExprKind::Column { .. } => {
                    self.model_column(arg, scope)?;
                }
                ExprKind::Call { name, args } if name.text.to_ascii_uppercase().starts_with("ROLLUP") => {
                    for arg in args.iter().flatten().filter(|a| matches!(a.kind, ExprKind::Column { .. })) {
                        match is_flag(arg) {
                            Some(flag) => flags.push(flag),
                            None => {
                                self.model_column(arg, scope)?;
                            }
                        }
                    }
                }
                _ => filters.push(self.table(arg, scope)?),
            }
        }
        let show =
            show.iter()
                .map(|c| {
                    schema.columns.iter().position(|s| s.lineage == Some(*c)).ok_or_else(|| {
                        error("D0262", format!("the column `{}` is not in the table", self.catalog.column_label(*c)), call.at)
                    })
                })
                .collect::<Result<Vec<_>>>()?;
        Ok(make(Kind::AddMissing { table, show, flags, filters }, Ty::Variant, Some(schema), call.at))
    }
}
