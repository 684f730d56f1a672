//! Window functions: INDEX, OFFSET, WINDOW, RANK, ROWNUMBER and their modifiers.

use std::sync::Arc;

use super::bound::{Kind, N, Schema, Ty, WindowKind, WindowSpec};
use super::calls::{Call, keyword};
use super::{Binder, Result, Scope, error, make};
use crate::dax::catalog::ColId;
use crate::dax::syntax::ast::{Expr, ExprKind};

/// The arguments of a window function told apart by what they are.
#[derive(Default)]
struct Parts<'e> {
    relation: Option<&'e Expr>,
    order: Option<Call<'e>>,
    partition: Option<Call<'e>>,
    matching: Option<Call<'e>>,
}

impl Binder<'_> {
    pub(super) fn window_call(&self, call: &Call<'_>, scope: &Scope) -> Result<Option<N>> {
        let (kind, leading) = match call.name.as_str() {
            "INDEX" => (WindowKind::Index, 1),
            "OFFSET" => (WindowKind::Offset, 1),
            "WINDOW" => (WindowKind::Window, 4),
            "ROWNUMBER" => (WindowKind::RowNumber, 0),
            "RANK" => (WindowKind::Rank { dense: false }, 0),
            _ => return Ok(None),
        };
        let mut kind = kind;
        let mut numbers = Vec::new();
        let mut absolute = [false, false];
        let mut next = 0;
        if leading == 1 {
            numbers.push(self.scalar(call.need(0)?, scope)?);
            next = 1;
        } else if leading == 4 {
            for side in &mut absolute {
                numbers.push(self.scalar(call.need(next)?, scope)?);
                next += 1;
                match call.get(next).and_then(keyword).as_deref() {
                    Some("ABS") => {
                        *side = true;
                        next += 1;
                    }
                    Some("REL") => next += 1,
                    _ if call.args.get(next).is_some_and(Option::is_none) && next < 4 => next += 1,
                    _ => {}
                }
            }
        } else if matches!(kind, WindowKind::Rank { .. }) {
            match call.get(0).and_then(keyword).as_deref() {
                Some("DENSE") => {
                    kind = WindowKind::Rank { dense: true };
                    next = 1;
                }
                Some("SKIP") => next = 1,
                _ if call.args.first().is_some_and(Option::is_none) => next = 1,
                _ => {}
            }
        }
        let mut parts = Parts::default();
        for arg in call.args.iter().skip(next).flatten() {
            if let Some(word) = keyword(arg) {
                match word.as_str() {
                    "KEEP" | "DEFAULT" | "FIRST" | "LAST" => continue,
                    "NONE" | "HIGHESTPARENT" | "LOWESTPARENT" | "ROWS" | "COLUMNS" if self.catalog.table(&word).is_none() => {
                        return Err(error("D0249", format!("`{word}` may only be used in a visual calculation"), arg.at));
                    }
                    _ => {}
                }
            }
            if let ExprKind::Call { name, args } = &arg.kind {
                let inner = Call { name: name.text.to_ascii_uppercase(), args, at: arg.at };
                match inner.name.as_str() {
                    "ORDERBY" => {
                        parts.order = Some(inner);
                        continue;
                    }
                    "PARTITIONBY" => {
                        parts.partition = Some(inner);
                        continue;
                    }
                    "MATCHBY" => {
                        parts.matching = Some(inner);
                        continue;
                    }
                    _ => {}
                }
            }
            if parts.relation.is_some() {
                return Err(error("D0205", format!("`{}` has one argument too many", call.name), arg.at));
            }
            parts.relation = Some(arg);
        }
        self.window(call, scope, kind, numbers, absolute, parts).map(Some)
    }

    fn default_relation(&self, call: &Call<'_>, parts: &Parts<'_>, scope: &Scope) -> Result<N> {
        let mut columns: Vec<ColId> = Vec::new();
        for list in [&parts.order, &parts.partition].into_iter().flatten() {
            for arg in list.args.iter().flatten() {
                if keyword(arg).is_some() {
                    continue;
                }
                if let Ok(column) = self.model_column(arg, scope)
                    && !columns.contains(&column)
                {
                    columns.push(column);
                }
            }
        }
        if columns.is_empty() {
            let message = format!("`{}` needs a relation, or ORDERBY or PARTITIONBY with columns", call.name);
            return Err(error("D0250", message, call.at));
        }
        let table = self.catalog.table_of(columns[0]);
        if columns.iter().any(|c| self.catalog.table_of(*c) != table) {
            let message = "without a relation all columns of ORDERBY and PARTITIONBY must come from one table";
            return Err(error("D0250", message, call.at));
        }
        let schema = self.columns_schema(&columns);
        Ok(make(Kind::AllSelectedColumns(columns), Ty::Variant, Some(schema), call.at))
    }

    fn window(
        &self,
        call: &Call<'_>,
        scope: &Scope,
        kind: WindowKind,
        numbers: Vec<N>,
        absolute: [bool; 2],
        parts: Parts<'_>,
    ) -> Result<N> {
        let relation = match parts.relation {
            Some(expr) => self.table(expr, scope)?,
            None => self.default_relation(call, &parts, scope)?,
        };
        let schema: Arc<Schema> = relation.schema.clone().expect("a table");
        let level = scope.level();
        let inner = scope.push(&schema);
        let find = |list: &Option<Call<'_>>| -> Result<Vec<usize>> {
            let mut found = Vec::new();
            for arg in list.iter().flat_map(|l| l.args.iter().flatten()) {
                let node = self.scalar(arg, &inner)?;
                match node.kind {
                    Kind::Col { level: at, index } if at == level => found.push(index),
                    _ => return Err(error("D0250", "the columns of PARTITIONBY and MATCHBY must belong to the relation", arg.at)),
                }
            }
            Ok(found)
        };
        let partition = find(&parts.partition)?;
        let matching = find(&parts.matching)?;
        let mut order = match &parts.order {
            Some(list) => self.order_keys(list, &inner)?,
            None => Vec::new(),
        };
        if order.is_empty() {
            for index in (0..schema.columns.len()).filter(|i| !partition.contains(i)) {
                order.push((self.column_node(&inner, level, index, call.at), false, None));
            }
        }
        let scalar = matches!(kind, WindowKind::Rank { .. } | WindowKind::RowNumber);
        if scalar && !schema.columns.is_empty() && schema.columns.iter().all(|c| c.lineage.is_none()) {
            let message = format!("the relation of `{}` must hold at least one column of the model", call.name);
            return Err(error("D0250", message, call.at));
        }
        if schema.may_repeat && matching.is_empty() && !matches!(kind, WindowKind::Rank { .. }) {
            let message = format!("the relation of `{}` may have duplicate rows; add MATCHBY", call.name);
            return Err(error("D0251", message, call.at));
        }
        let outer = schema
            .columns
            .iter()
            .map(|c| match c.lineage {
                Some(id) => self.find_in_frames(scope, |f| f.lineage == Some(id), 0),
                None => self.find_in_frames(scope, |f| f.lineage.is_none() && super::fold(&f.name) == super::fold(&c.name), 0),
            })
            .collect();
        let spec = WindowSpec { kind, numbers, absolute, relation, order, partition, matching, level, outer };
        let (ty, schema) = if scalar { (Ty::Int, None) } else { (Ty::Variant, Some(schema)) };
        Ok(make(Kind::Window(Box::new(spec)), ty, schema, call.at))
    }

    /// The keys of ORDERBY, each with descending and, where it is said, blanks first: the order is an argument of its own
    /// (`DESC`, `DESC BLANKS LAST`), and so may be the place of blanks.
    pub(super) fn order_keys(&self, list: &Call<'_>, scope: &Scope) -> Result<Vec<(N, bool, Option<bool>)>> {
        let mut keys = Vec::new();
        let mut i = 0;
        while i < list.args.len() {
            let Some(expr) = list.get(i) else {
                i += 1;
                continue;
            };
            let key = self.scalar(expr, scope)?;
            i += 1;
            let mut descending = false;
            let mut blanks = None;
            while let Some(arg) = list.args.get(i) {
                match arg.as_ref().map(|a| (keyword(a), a)) {
                    None => {}
                    Some((_, Expr { kind: ExprKind::Int(n @ (0 | 1)), .. })) => descending = *n == 0,
                    Some((Some(words), at)) if is_order(&words) => {
                        for word in words.split(' ') {
                            match word {
                                "DESC" => descending = true,
                                "FIRST" => blanks = Some(true),
                                "LAST" => blanks = Some(false),
                                "ASC" | "BLANKS" | "DEFAULT" => {}
                                other => {
                                    let message =
                                        format!("`{other}` is no order; ASC or DESC, then BLANKS FIRST, LAST or DEFAULT, is expected");
                                    return Err(error("D0208", message, at.at));
                                }
                            }
                        }
                    }
                    _ => break,
                }
                i += 1;
            }
            keys.push((key, descending, blanks));
        }
        Ok(keys)
    }
}

/// Whether a bare word begins an order rather than being the next key, such as a variable.
fn is_order(words: &str) -> bool {
    matches!(words.split(' ').next(), Some("ASC" | "DESC" | "BLANKS" | "FIRST" | "LAST" | "DEFAULT"))
}
