//! Visual calculations: walks over the rows of a table laid out by WITH VISUAL SHAPE.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::filter::{Body, Filter, Origin};
use super::store::{Mask, Stored};
use super::value::TableVal;
use super::{Ctx, Session, fail};
use crate::dax::bind::bound::{Depth, N, VisualSpec, VisualStep};
use crate::dax::catalog::{ColId, Shape, TableId};
use crate::dax::error::EvalResult;
use crate::dax::scalar;
use crate::table::Value;

/// The rows of a laid-out table by axis.
#[derive(Debug)]
pub(crate) struct Matrix {
    shape: Arc<Shape>,
    rows: usize,
    /// `keys[axis][level][row]`: a number for the values of the level's columns.
    keys: Vec<Vec<Vec<u32>>>,
    /// `level[axis][row]`: how many levels the row groups by.
    level: Vec<Vec<usize>>,
    /// `rank[axis][row]`: place in the axis' own order.
    rank: Vec<Vec<u32>>,
}

/// The rows of a walk, divided and sorted.
#[derive(Debug)]
pub(crate) struct Layout {
    partitions: Vec<Vec<u32>>,
    /// Partition and position by row.
    place: Vec<(usize, usize)>,
    /// Whether a row sorts like the one before it in its partition.
    tied: Vec<bool>,
}

impl Matrix {
    /// Whether two rows stand at the same place of an axis, down to `depth` levels.
    fn same(&self, axis: usize, depth: usize, a: usize, b: usize) -> bool {
        (0..depth).all(|l| self.keys[axis][l][a] == self.keys[axis][l][b])
    }

    fn depth(&self, axes: &[usize]) -> usize {
        axes.iter().map(|a| self.shape.axes[*a].levels.len()).sum()
    }
}

fn order_with(x: &Value, y: &Value, descending: bool, blanks_first: Option<bool>) -> Ordering {
    match (x.is_blank(), y.is_blank(), blanks_first) {
        (true, false, Some(first)) => return if first { Ordering::Less } else { Ordering::Greater },
        (false, true, Some(first)) => return if first { Ordering::Greater } else { Ordering::Less },
        _ => {}
    }
    let order = super::key_order(x, y);
    if descending { order.reverse() } else { order }
}

impl Session<'_> {
    /// The storage of a column; `None` for a visual calculation that may not be evaluated now because another one is.
    pub(crate) fn open_column(&self, col: ColId) -> EvalResult<Option<Arc<Stored>>> {
        let def = &self.catalog.columns[col as usize];
        let waiting = def.query_expr.is_some()
            && self.catalog.tables[def.table as usize].visual.is_some()
            && !self.own_columns.borrow().contains_key(&col)
            && self.busy.borrow().iter().any(|(is_column, c)| *is_column && self.catalog.table_of(*c) == def.table);
        if waiting { Ok(None) } else { self.column(col).map(Some) }
    }

    /// Evaluates a visual calculation cell by cell.
    pub(super) fn evaluate_visual_column(&self, col: ColId, node: &N, rows: usize) -> EvalResult<Arc<Stored>> {
        let table = self.catalog.table_of(col);
        let root = self.root();
        let mut values = Vec::with_capacity(rows);
        for row in 0..rows as u32 {
            self.tick()?;
            values.push(self.scalar(node, &self.at_rows(table, &[row], &root)?)?);
        }
        let name = self.catalog.columns[col as usize].name.to_string();
        let column = self.store_values(&name, values, node.ty.data_type())?;
        Ok(Arc::new(Stored::new(column)))
    }

    /// A context in which only some rows of a laid-out table are visible.
    fn at_rows(&self, table: TableId, rows: &[u32], cx: &Ctx) -> EvalResult<Ctx> {
        let mask = Mask::from_rows(self.rows(table)?, rows.iter().copied());
        let cols = self.expanded_columns(&cx.fc, table);
        let fc = cx.fc.clear(&|c| cols.contains(&c));
        let mut filters = fc.filters.clone();
        let body = Body::Rows { table, mask: Rc::new(mask), full: true, rels: fc.rels.clone() };
        filters.push(Rc::new(Filter::new(cols, body, Origin::Explicit)));
        Ok(Ctx { fc: Rc::new(fc.with(filters)), ..cx.clone() })
    }

    fn matrix(&self, table: TableId) -> EvalResult<Rc<Matrix>> {
        if let Some(known) = self.matrices.borrow().get(&table) {
            return Ok(known.clone());
        }
        let shape = self.catalog.tables[table as usize].visual.clone().expect("a laid-out table");
        let rows = self.rows(table)?;
        let mut matrix = Matrix { shape: shape.clone(), rows, keys: Vec::new(), level: Vec::new(), rank: Vec::new() };
        for axis in &shape.axes {
            let mut keys = Vec::new();
            let mut level = vec![usize::MAX; rows];
            for (position, def) in axis.levels.iter().enumerate() {
                let stored = def.columns.iter().map(|c| self.column(*c)).collect::<EvalResult<Vec<_>>>()?;
                let mut numbers: HashMap<Vec<u32>, u32> = HashMap::new();
                let key = |row: usize| stored.iter().map(|s| s.dict().ids.at(row)).collect::<Vec<u32>>();
                let mut list = Vec::with_capacity(rows);
                for row in 0..rows {
                    let next = numbers.len() as u32;
                    list.push(*numbers.entry(key(row)).or_insert(next));
                }
                keys.push(list);
                if let Some(total) = def.total {
                    let total = self.column(total)?;
                    for (row, level) in level.iter_mut().enumerate() {
                        if *level == usize::MAX && total.value(row) == Value::Boolean(true) {
                            *level = position;
                        }
                    }
                }
            }
            level.iter_mut().filter(|l| **l == usize::MAX).for_each(|l| *l = axis.levels.len());
            let mut order: Vec<(Arc<Stored>, bool)> = Vec::new();
            for (col, descending) in &axis.order {
                order.push((self.column(*col)?, *descending));
            }
            for col in axis.levels.iter().flat_map(|l| &l.columns).filter(|c| !axis.order.iter().any(|(o, _)| o == *c)) {
                order.push((self.column(*col)?, false));
            }
            let compare = |a: usize, b: usize| {
                order
                    .iter()
                    .map(|(stored, descending)| {
                        let order = stored.dict().ids.at(a).cmp(&stored.dict().ids.at(b));
                        if *descending { order.reverse() } else { order }
                    })
                    .find(|o| o.is_ne())
                    .unwrap_or(Ordering::Equal)
            };
            let mut sorted: Vec<usize> = (0..rows).collect();
            sorted.sort_by(|a, b| compare(*a, *b));
            let mut rank = vec![0; rows];
            for (position, row) in sorted.iter().enumerate() {
                let same = position > 0 && compare(sorted[position - 1], *row).is_eq();
                rank[*row] = if same { rank[sorted[position - 1]] } else { position as u32 };
            }
            matrix.keys.push(keys);
            matrix.level.push(level);
            matrix.rank.push(rank);
        }
        let matrix = Rc::new(matrix);
        self.matrices.borrow_mut().insert(table, matrix.clone());
        Ok(matrix)
    }

    /// Divides the rows of the table by where they stand on the other axes, by level and by the reset, and sorts them.
    fn visual_layout(&self, spec: &VisualSpec, matrix: &Matrix, cx: &Ctx) -> EvalResult<Rc<Layout>> {
        let address = std::ptr::from_ref(spec) as usize;
        if let Some(known) = self.layouts.borrow().get(&address) {
            return Ok(known.clone());
        }
        let others: Vec<usize> = (0..matrix.shape.axes.len()).filter(|a| !spec.axes.contains(a)).collect();
        let partition = spec.partition.iter().map(|c| self.column(*c)).collect::<EvalResult<Vec<_>>>()?;
        let mut index: HashMap<Vec<u32>, usize> = HashMap::new();
        let mut partitions: Vec<Vec<u32>> = Vec::new();
        for row in 0..matrix.rows {
            let mut key: Vec<u32> = Vec::new();
            for axis in 0..matrix.shape.axes.len() {
                key.push(matrix.level[axis][row] as u32);
            }
            for axis in &others {
                key.extend((0..matrix.level[*axis][row]).map(|l| matrix.keys[*axis][l][row]));
            }
            key.extend(partition.iter().map(|s| s.dict().ids.at(row)));
            // The levels of the walked axes, one after the other.
            let path: Vec<u32> = spec
                .axes
                .iter()
                .flat_map(|a| (0..matrix.level[*a][row]).map(move |l| (*a, l)))
                .map(|(a, l)| matrix.keys[a][l][row])
                .collect();
            let kept = match spec.reset {
                0 => 0,
                n if n > 0 && path.len() as i64 <= n => {
                    // At or above the level of the reset every element stands alone.
                    key.push(u32::MAX);
                    key.push(row as u32);
                    0
                }
                n if n > 0 => n as usize,
                n => (path.len() as i64 + n).max(0) as usize,
            };
            key.extend(&path[..kept]);
            let part = *index.entry(key).or_insert_with(|| {
                partitions.push(Vec::new());
                partitions.len() - 1
            });
            partitions[part].push(row as u32);
        }
        let mut keys: Vec<Vec<Value>> = Vec::new();
        for (node, _, _) in &spec.order {
            let mut values = Vec::with_capacity(matrix.rows);
            for row in 0..matrix.rows as u32 {
                values.push(self.scalar(node, &self.at_rows(spec.table, &[row], cx)?)?);
            }
            keys.push(values);
        }
        let mut own: Vec<(Arc<Stored>, bool)> = Vec::new();
        if spec.blanks.is_some() && spec.order.is_empty() {
            for axis in &spec.axes {
                for (col, descending) in &matrix.shape.axes[*axis].order {
                    own.push((self.column(*col)?, *descending));
                }
            }
        }
        let compare = |a: u32, b: u32| -> Ordering {
            let (a, b) = (a as usize, b as usize);
            for (values, (_, descending, blanks)) in keys.iter().zip(&spec.order) {
                let order = order_with(&values[a], &values[b], *descending, *blanks);
                if order.is_ne() {
                    return order;
                }
            }
            for (stored, descending) in &own {
                let order = order_with(&stored.value(a), &stored.value(b), *descending, spec.blanks);
                if order.is_ne() {
                    return order;
                }
            }
            if keys.is_empty() {
                return spec
                    .axes
                    .iter()
                    .map(|x| matrix.rank[*x][a].cmp(&matrix.rank[*x][b]))
                    .find(|o| o.is_ne())
                    .unwrap_or(Ordering::Equal);
            }
            Ordering::Equal
        };
        let mut layout = Layout { partitions, place: vec![(0, 0); matrix.rows], tied: vec![false; matrix.rows] };
        for (part, rows) in layout.partitions.iter_mut().enumerate() {
            rows.sort_by(|a, b| {
                let by_rank =
                    || spec.axes.iter().map(|x| matrix.rank[*x][*a as usize].cmp(&matrix.rank[*x][*b as usize])).find(|o| o.is_ne());
                compare(*a, *b).then_with(|| by_rank().unwrap_or(Ordering::Equal))
            });
            for (position, row) in rows.iter().enumerate() {
                layout.place[*row as usize] = (part, position);
                layout.tied[*row as usize] = position > 0 && compare(rows[position - 1], *row).is_eq();
            }
        }
        let layout = Rc::new(layout);
        self.layouts.borrow_mut().insert(address, layout.clone());
        Ok(layout)
    }

    fn visual_number(&self, node: &N, cx: &Ctx) -> EvalResult<i64> {
        scalar::whole(&self.scalars, &self.scalar(node, cx)?)
    }

    /// Rows that a walk leads to from the visible ones, in order.
    fn walk(&self, spec: &VisualSpec, matrix: &Matrix, cx: &Ctx) -> EvalResult<Vec<u32>> {
        let visible = self.mask(spec.table, &cx.fc)?;
        let mut out: Vec<u32> = Vec::new();
        let mut chosen = vec![false; matrix.rows];
        let mut push = |row: usize| {
            if !std::mem::replace(&mut chosen[row], true) {
                out.push(row as u32);
            }
        };
        match &spec.step {
            VisualStep::Offset(n) => {
                let n = self.visual_number(n, cx)?;
                let layout = self.visual_layout(spec, matrix, cx)?;
                for row in visible.iter() {
                    let (part, position) = layout.place[row];
                    if let Some(target) = (position as i64).checked_add(n).and_then(|p| usize::try_from(p).ok())
                        && let Some(row) = layout.partitions[part].get(target)
                    {
                        push(*row as usize);
                    }
                }
            }
            VisualStep::Index(n) => {
                let n = self.visual_number(n, cx)?;
                let layout = self.visual_layout(spec, matrix, cx)?;
                for row in visible.iter() {
                    let rows = &layout.partitions[layout.place[row].0];
                    let target = match n {
                        0 => None,
                        n if n > 0 => usize::try_from(n - 1).ok(),
                        n => rows.len().checked_sub(n.unsigned_abs() as usize),
                    };
                    if let Some(row) = target.and_then(|t| rows.get(t)) {
                        push(*row as usize);
                    }
                }
            }
            VisualStep::Window(from, to, absolute) => {
                let bounds = [self.visual_number(from, cx)?, self.visual_number(to, cx)?];
                let layout = self.visual_layout(spec, matrix, cx)?;
                for row in visible.iter() {
                    let (part, position) = layout.place[row];
                    let rows = &layout.partitions[part];
                    let bound = |side: usize| match (absolute[side], bounds[side]) {
                        (false, n) => (position as i64).saturating_add(n),
                        (true, 0) => -(side as i64),
                        (true, n) if n > 0 => n - 1,
                        (true, n) => rows.len() as i64 + n,
                    };
                    let (low, high) = (bound(0).max(0), bound(1).min(rows.len() as i64 - 1));
                    (low..=high).for_each(|p| push(rows[p as usize] as usize));
                }
            }
            VisualStep::Collapse(depth) | VisualStep::Expand(depth) => {
                let down = matches!(spec.step, VisualStep::Expand(_));
                let full = matrix.depth(&spec.axes);
                let steps = match depth {
                    Depth::By(n) => Some(usize::try_from(self.visual_number(n, cx)?).unwrap_or(0)),
                    Depth::All => Some(full),
                    Depth::Columns(_) => None,
                };
                for row in visible.iter() {
                    let mut target: Vec<usize> = (0..matrix.shape.axes.len()).map(|a| matrix.level[a][row]).collect();
                    match (steps, depth) {
                        (Some(steps), _) if down => {
                            for _ in 0..steps {
                                let next = spec.axes.iter().find(|a| target[**a] < matrix.shape.axes[**a].levels.len());
                                let Some(axis) = next else { break };
                                target[*axis] += 1;
                            }
                        }
                        (Some(steps), _) => {
                            for _ in 0..steps {
                                let Some(axis) = spec.axes.iter().rev().find(|a| target[**a] > 0) else { break };
                                target[*axis] -= 1;
                            }
                        }
                        (None, Depth::Columns(columns)) => {
                            for axis in &spec.axes {
                                for (position, level) in matrix.shape.axes[*axis].levels.iter().enumerate() {
                                    if !level.columns.iter().any(|c| columns.contains(c)) {
                                        continue;
                                    }
                                    target[*axis] = if down { target[*axis].max(position + 1) } else { target[*axis].min(position) };
                                }
                            }
                        }
                        (None, _) => {}
                    }
                    for other in 0..matrix.rows {
                        let there = target.iter().enumerate().all(|(axis, level)| {
                            matrix.level[axis][other] == *level && matrix.same(axis, matrix.level[axis][row].min(*level), row, other)
                        });
                        if there {
                            push(other);
                        }
                    }
                }
            }
            VisualStep::Lookup(pairs, totals) => {
                let wanted = pairs.iter().map(|(c, n)| Ok((*c, self.scalar(n, cx)?))).collect::<EvalResult<Vec<_>>>()?;
                let named = |axis: usize| {
                    let levels = matrix.shape.axes[axis].levels.iter();
                    levels.enumerate().filter(|(_, l)| l.columns.iter().any(|c| wanted.iter().any(|(w, _)| w == c))).map(|(i, _)| i).max()
                };
                let stored = wanted.iter().map(|(c, _)| self.column(*c)).collect::<EvalResult<Vec<_>>>()?;
                for row in visible.iter() {
                    for other in 0..matrix.rows {
                        let there = (0..matrix.shape.axes.len()).all(|axis| {
                            let own = if *totals { 0 } else { matrix.level[axis][row] };
                            let target = named(axis).map_or(own, |l| own.max(l + 1));
                            matrix.level[axis][other] == target
                                && (0..own).all(|l| {
                                    let def = &matrix.shape.axes[axis].levels[l];
                                    def.columns.iter().any(|c| wanted.iter().any(|(w, _)| w == c))
                                        || matrix.keys[axis][l][row] == matrix.keys[axis][l][other]
                                })
                        });
                        if there && wanted.iter().zip(&stored).all(|((_, v), s)| scalar::identical(&s.value(other), v)) {
                            push(other);
                        }
                    }
                }
            }
            VisualStep::Rank { .. } | VisualStep::RowNumber | VisualStep::IsAtLevel(_) => {}
        }
        Ok(out)
    }

    /// A walk as a table of the rows it leads to.
    pub(crate) fn visual_table(&self, spec: &VisualSpec, cx: &Ctx) -> EvalResult<TableVal> {
        let matrix = self.matrix(spec.table)?;
        let rows = self.walk(spec, &matrix, cx)?;
        self.base_rows(spec.table, rows)
    }

    /// A walk that gives a value.
    pub(crate) fn visual_scalar(&self, spec: &VisualSpec, node: &N, cx: &Ctx) -> EvalResult<Value> {
        let matrix = self.matrix(spec.table)?;
        match &spec.step {
            VisualStep::IsAtLevel(column) => {
                let axis = spec.axes[0];
                let level = matrix.shape.axes[axis].levels.iter().position(|l| l.columns.contains(column)).unwrap_or(0);
                let visible = self.mask(spec.table, &cx.fc)?;
                Ok(Value::Boolean(visible.iter().next().is_some_and(|row| matrix.level[axis][row] > level)))
            }
            VisualStep::Rank { .. } | VisualStep::RowNumber => {
                let layout = self.visual_layout(spec, &matrix, cx)?;
                let visible = self.mask(spec.table, &cx.fc)?;
                let mut rows = visible.iter();
                let (Some(row), None) = (rows.next(), rows.next()) else { return Ok(Value::Blank) };
                let (part, position) = layout.place[row];
                let before = &layout.partitions[part][..=position];
                Ok(Value::Int64(match &spec.step {
                    VisualStep::RowNumber => position as i64 + 1,
                    VisualStep::Rank { dense: true } => before.iter().filter(|r| !layout.tied[**r as usize]).count() as i64,
                    _ => before.iter().rposition(|r| !layout.tied[*r as usize]).unwrap_or(0) as i64 + 1,
                }))
            }
            step => {
                let rows = self.walk(spec, &matrix, cx)?;
                if let VisualStep::Lookup(_, totals) = step {
                    match (rows.len(), totals) {
                        (1, _) => {}
                        (0, false) => return Ok(Value::Blank),
                        _ => return Err(fail("D0325", format!("the look-up finds {} cells of the visual", rows.len()), node.at)),
                    }
                }
                if rows.is_empty() {
                    return Ok(Value::Blank);
                }
                let value = spec.value.as_ref().expect("the binder gives a value");
                self.scalar(value, &self.at_rows(spec.table, &rows, cx)?)
            }
        }
    }

    /// Adds the combinations of the axes' elements that a laid-out table does not hold.
    pub(super) fn densify(&self, table: TableId, data: &[ColId], columns: &mut [Vec<Value>]) -> EvalResult<usize> {
        let shape = self.catalog.tables[table as usize].visual.clone().expect("a laid-out table");
        let Some(flag) = shape.densified.and_then(|c| data.iter().position(|d| *d == c)) else {
            return Ok(columns.first().map_or(0, Vec::len));
        };
        let rows = columns.iter().enumerate().filter(|(i, _)| *i != flag).map(|(_, c)| c.len()).next().unwrap_or(0);
        columns[flag] = vec![Value::Boolean(false); rows];
        let axes: Vec<Vec<usize>> = shape
            .axes
            .iter()
            .map(|a| a.levels.iter().flat_map(|l| l.columns.iter().copied().chain(l.total)).chain(a.order.iter().map(|(c, _)| *c)))
            .map(|cols| {
                let mut found: Vec<usize> = cols.filter_map(|c| data.iter().position(|d| *d == c)).collect();
                found.sort_unstable();
                found.dedup();
                found
            })
            .collect();
        let mut elements: Vec<Vec<usize>> = Vec::new();
        let mut numbers: Vec<Vec<usize>> = Vec::new();
        for axis in &axes {
            let mut seen: HashMap<Vec<super::value::Key>, usize> = HashMap::new();
            let (mut first, mut number) = (Vec::new(), Vec::with_capacity(rows));
            let keys = (0..rows).map(|row| axis.iter().map(|c| super::value::Key::of(&columns[*c][row])).collect::<Vec<_>>());
            for (row, key) in keys.enumerate() {
                number.push(*seen.entry(key).or_insert_with(|| {
                    first.push(row);
                    first.len() - 1
                }));
            }
            elements.push(first);
            numbers.push(number);
        }
        let total = elements.iter().map(Vec::len).try_fold(1_usize, usize::checked_mul).unwrap_or(usize::MAX);
        self.reserve(total.saturating_mul(columns.len() * 24))?;
        let mut there = vec![false; total];
        let place = |at: &dyn Fn(usize) -> usize| (0..axes.len()).fold(0, |sum, a| sum * elements[a].len() + at(a));
        for row in 0..rows {
            there[place(&|a| numbers[a][row])] = true;
        }
        for (mut missing, _) in there.iter().enumerate().filter(|(_, t)| !**t) {
            let mut cells = vec![Value::Blank; columns.len()];
            for axis in (0..axes.len()).rev() {
                let row = elements[axis][missing % elements[axis].len()];
                missing /= elements[axis].len();
                for c in &axes[axis] {
                    cells[*c] = columns[*c][row].clone();
                }
            }
            cells[flag] = Value::Boolean(true);
            columns.iter_mut().zip(cells).for_each(|(column, cell)| column.push(cell));
        }
        Ok(columns[flag].len())
    }
}
