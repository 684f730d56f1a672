//! `Table.*` that bring rows together: groups, joins, pivots, ranks, profiles. Rows meet through hashed keys.

use std::rc::Rc;

use hashbrown::HashMap;

use super::common::{choice, comparer_says_equal, count, double_value, list, names, need_text, out_of_range};
use super::splitter::{compares_scalars, folded};
use super::table_columns::{check_distinct, places, table};
use super::{ANY, Builtin, FUNCTION, LIST, NUMBER, RECORD, TABLE, TEXT, arg, opt};
use crate::m::error::{Error, Result};
use crate::m::eval::Interp;
use crate::m::value::{Field, Key, Kind, List, Name, Record, Row, RowCursor, Shape, Slot, Table, TableType, Type, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "Table.AddJoinColumn",
        params: &[arg("table1", TABLE), arg("key1", ANY), arg("table2", ANY), arg("key2", ANY), arg("newColumnName", TEXT)],
        returns: TABLE,
        about: "The table with a column of the matching rows of another.",
        source: "https://learn.microsoft.com/powerquery-m/table-addjoincolumn",
        examples: &[(
            "Table.AddJoinColumn(#table({\"A\"}, {{1}}), \"A\", #table({\"K\"}, {{1}, {2}}), \"K\", \"J\"){0}[J]",
            "#table({\"K\"}, {{1}})",
        )],
        run: add_join_column,
    },
    Builtin {
        name: "Table.AddRankColumn",
        params: &[arg("table", TABLE), arg("newColumnName", TEXT), arg("comparisonCriteria", ANY), opt("options", RECORD)],
        returns: TABLE,
        about: "The table in order of criteria with a column of ranks.",
        source: "https://learn.microsoft.com/powerquery-m/table-addrankcolumn",
        examples: &[(
            "Table.AddRankColumn(#table({\"A\"}, {{1}, {2}}), \"R\", {\"A\", Order.Descending})",
            "#table({\"A\", \"R\"}, {{2, 1}, {1, 2}})",
        )],
        run: add_rank_column,
    },
    Builtin {
        name: "Table.AggregateTableColumn",
        params: &[arg("table", TABLE), arg("column", TEXT), arg("aggregations", LIST)],
        returns: TABLE,
        about: "Columns of the tables in a column aggregated into values.",
        source: "https://learn.microsoft.com/powerquery-m/table-aggregatetablecolumn",
        examples: &[(
            "Table.AggregateTableColumn(#table({\"T\"}, {{#table({\"x\"}, {{1}, {2}})}}), \"T\", {{\"x\", List.Sum, \"sum\"}})",
            "#table({\"sum\"}, {{3}})",
        )],
        run: aggregate_table_column,
    },
    Builtin {
        name: "Table.Group",
        params: &[
            arg("table", TABLE),
            arg("key", ANY),
            arg("aggregatedColumns", LIST),
            opt("groupKind", NUMBER),
            opt("comparer", FUNCTION),
        ],
        returns: TABLE,
        about: "Groups of rows with equal keys, with values that functions of each group give.",
        source: "https://learn.microsoft.com/powerquery-m/table-group",
        examples: &[(
            "Table.Group(#table({\"K\", \"V\"}, {{\"a\", 1}, {\"b\", 2}, {\"a\", 3}}), \"K\", {{\"S\", each List.Sum([V])}})",
            "#table({\"K\", \"S\"}, {{\"a\", 4}, {\"b\", 2}})",
        )],
        run: group,
    },
    Builtin {
        name: "Table.Join",
        params: &[
            arg("table1", TABLE),
            arg("key1", ANY),
            arg("table2", TABLE),
            arg("key2", ANY),
            opt("joinKind", NUMBER),
            opt("joinAlgorithm", NUMBER),
            opt("keyEqualityComparers", LIST),
        ],
        returns: TABLE,
        about: "The rows of two tables with equal keys, side by side.",
        source: "https://learn.microsoft.com/powerquery-m/table-join",
        examples: &[(
            "Table.Join(#table({\"A\"}, {{1}, {2}}), \"A\", #table({\"B\", \"C\"}, {{1, \"x\"}}), \"B\")",
            "#table({\"A\", \"B\", \"C\"}, {{1, 1, \"x\"}})",
        )],
        run: join,
    },
    Builtin {
        name: "Table.NestedJoin",
        params: &[
            arg("table1", TABLE),
            arg("key1", ANY),
            arg("table2", ANY),
            arg("key2", ANY),
            arg("newColumnName", TEXT),
            opt("joinKind", NUMBER),
            opt("keyEqualityComparers", LIST),
        ],
        returns: TABLE,
        about: "The rows of a table with a column of the matching rows of another.",
        source: "https://learn.microsoft.com/powerquery-m/table-nestedjoin",
        examples: &[(
            "Table.NestedJoin(#table({\"A\"}, {{1}, {2}}), \"A\", #table({\"B\"}, {{1}}), \"B\", \"J\", JoinKind.LeftOuter){1}[J]",
            "#table({\"B\"}, {})",
        )],
        run: nested_join,
    },
    Builtin {
        name: "Table.Partition",
        params: &[arg("table", TABLE), arg("column", TEXT), arg("groups", NUMBER), arg("hash", FUNCTION)],
        returns: LIST,
        about: "Tables of the rows that a hash function of a column puts together.",
        source: "https://learn.microsoft.com/powerquery-m/table-partition",
        examples: &[(
            "Table.Partition(#table({\"A\"}, {{1}, {2}, {3}}), \"A\", 2, each _)",
            "{#table({\"A\"}, {{2}}), #table({\"A\"}, {{1}, {3}})}",
        )],
        run: partition,
    },
    Builtin {
        name: "Table.PartitionValues",
        params: &[arg("table", TABLE)],
        returns: TABLE,
        about: "How the table is partitioned.",
        source: "https://learn.microsoft.com/powerquery-m/table-partitionvalues",
        examples: &[("Table.RowCount(Table.PartitionValues(#table({\"A\"}, {{1}})))", "0")],
        run: partition_values,
    },
    Builtin {
        name: "Table.Pivot",
        params: &[
            arg("table", TABLE),
            arg("pivotValues", LIST),
            arg("attributeColumn", TEXT),
            arg("valueColumn", TEXT),
            opt("aggregationFunction", FUNCTION),
        ],
        returns: TABLE,
        about: "Attributes and values become columns.",
        source: "https://learn.microsoft.com/powerquery-m/table-pivot",
        examples: &[(
            "Table.Pivot(#table({\"K\", \"A\", \"V\"}, {{\"x\", \"a\", 1}, {\"x\", \"b\", 2}}), {\"a\", \"b\"}, \"A\", \"V\")",
            "#table({\"K\", \"a\", \"b\"}, {{\"x\", 1, 2}})",
        )],
        run: pivot,
    },
    Builtin {
        name: "Table.Profile",
        params: &[arg("table", TABLE), opt("additionalAggregates", LIST)],
        returns: TABLE,
        about: "Least and greatest value, average and counts of each column.",
        source: "https://learn.microsoft.com/powerquery-m/table-profile",
        examples: &[("Table.Profile(#table({\"A\"}, {{1}, {3}})){0}[Average]", "2")],
        run: profile,
    },
    Builtin {
        name: "Table.Unpivot",
        params: &[arg("table", TABLE), arg("pivotColumns", LIST), arg("attributeColumn", TEXT), arg("valueColumn", TEXT)],
        returns: TABLE,
        about: "Columns become attributes and values; nulls are left out.",
        source: "https://learn.microsoft.com/powerquery-m/table-unpivot",
        examples: &[(
            "Table.Unpivot(#table({\"K\", \"a\", \"b\"}, {{\"x\", 1, null}}), {\"a\", \"b\"}, \"A\", \"V\")",
            "#table({\"K\", \"A\", \"V\"}, {{\"x\", \"a\", 1}})",
        )],
        run: unpivot,
    },
    Builtin {
        name: "Table.UnpivotOtherColumns",
        params: &[arg("table", TABLE), arg("pivotColumns", LIST), arg("attributeColumn", TEXT), arg("valueColumn", TEXT)],
        returns: TABLE,
        about: "All columns but some become attributes and values; nulls are left out.",
        source: "https://learn.microsoft.com/powerquery-m/table-unpivotothercolumns",
        examples: &[(
            "Table.UnpivotOtherColumns(#table({\"K\", \"a\"}, {{\"x\", 1}}), {\"K\"}, \"A\", \"V\")",
            "#table({\"K\", \"A\", \"V\"}, {{\"x\", \"a\", 1}})",
        )],
        run: unpivot_other,
    },
];

fn made(table: Table) -> Result<Value> {
    Ok(Value::Table(table))
}

/// How keys of one column are told apart.
#[derive(Clone)]
enum KeyRule {
    Equal,
    /// A comparer of the library under which folded texts are equal.
    Folded(Value),
    /// Any other comparer, asked for each pair.
    Asked(Value),
}

impl KeyRule {
    fn of(comparer: &Value) -> KeyRule {
        match comparer.bare() {
            Value::Null => KeyRule::Equal,
            _ if compares_scalars(comparer) => KeyRule::Folded(comparer.clone()),
            _ => KeyRule::Asked(comparer.clone()),
        }
    }

    fn key(&self, cx: &mut Interp, value: &Value) -> Result<Key> {
        match self {
            KeyRule::Folded(comparer) => {
                let value = folded(comparer, value);
                cx.key(&value)
            }
            _ => cx.key(value),
        }
    }
}

/// Operations given as one list or a list of lists.
fn operations(cx: &mut Interp, value: &Value) -> Result<Vec<Vec<Value>>> {
    let parts = list(value)?.values(cx)?;
    match parts.first().map(Value::bare) {
        None => Ok(Vec::new()),
        Some(Value::Text(_)) => Ok(vec![parts]),
        _ => parts.iter().map(|part| list(part)?.values(cx)).collect(),
    }
}

/// Groups of rows: the key's cells and the rows.
struct Groups {
    groups: Vec<(Vec<Slot>, Vec<Row>)>,
}

impl Groups {
    /// `whole` is whether a comparer sees the key as a record rather than a single value.
    fn build(cx: &mut Interp, t: &Table, at: &[usize], local: bool, comparer: &Value, whole: bool) -> Result<Groups> {
        let rule = KeyRule::of(comparer);
        let mut groups: Vec<(Vec<Slot>, Vec<Row>)> = Vec::new();
        let shape = Shape::new(at.iter().map(|p| t.column_names()[*p].clone()).collect());
        let key_value =
            |row: &Row| -> Value { Value::Record(Record::from_cells(shape.clone(), at.iter().map(|p| row[*p].clone()).collect())) };
        let asked = |cx: &mut Interp, comparer: &Value, first: &Row, row: &Row| -> Result<bool> {
            let (a, b) = if whole { (key_value(first), key_value(row)) } else { (first[at[0]].force(cx)?, row[at[0]].force(cx)?) };
            comparer_says_equal(cx, comparer, &a, &b)
        };
        let mut index: HashMap<Key, usize> = HashMap::new();
        let mut last: Option<Key> = None;
        t.each(cx, |cx, row| {
            if let KeyRule::Asked(comparer) = &rule {
                let candidates = if local { groups.len().saturating_sub(1)..groups.len() } else { 0..groups.len() };
                let mut found = None;
                for i in candidates {
                    let first = groups[i].1[0].clone();
                    if asked(cx, comparer, &first, &row)? {
                        found = Some(i);
                        break;
                    }
                }
                match found {
                    Some(i) => groups[i].1.push(row),
                    None => groups.push((at.iter().map(|p| row[*p].clone()).collect(), vec![row])),
                }
                return Ok(true);
            }
            let mut keys = Vec::with_capacity(at.len());
            for p in at {
                let value = row[*p].force(cx)?;
                keys.push(rule.key(cx, &value)?);
            }
            let key = if keys.len() == 1 { keys.swap_remove(0) } else { Key::Many(keys) };
            let known = if local {
                let same = last.as_ref() == Some(&key);
                last = Some(key);
                same.then(|| groups.len() - 1)
            } else {
                match index.entry(key) {
                    hashbrown::hash_map::Entry::Occupied(entry) => Some(*entry.get()),
                    hashbrown::hash_map::Entry::Vacant(entry) => {
                        entry.insert(groups.len());
                        None
                    }
                }
            };
            match known {
                Some(i) => groups[i].1.push(row),
                None => groups.push((at.iter().map(|p| row[*p].clone()).collect(), vec![row])),
            }
            Ok(true)
        })?;
        Ok(Groups { groups })
    }
}

struct Ready(std::vec::IntoIter<Row>);

impl RowCursor for Ready {
    fn next(&mut self, _: &mut Interp) -> Result<Option<Row>> {
        Ok(self.0.next())
    }
}

fn group(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let whole = matches!(args[1].bare(), Value::List(_));
    let keys = names(cx, &args[1])?;
    let at = places(&t, &keys)?;
    let local = choice(&args[3], 1, 0..=1, "groupKind")? == 0;
    let comparer = args[4].clone();
    let mut fields: Vec<Field> = at.iter().map(|p| t.table_type().fields[*p].clone()).collect();
    let mut functions = Vec::new();
    for operation in operations(cx, &args[2])? {
        let [name, function, rest @ ..] = operation.as_slice() else {
            return Err(Error::expression("Expected a list of a column name and a function.").with_detail(args[2].clone()));
        };
        let ty = match rest.first().map(Value::bare) {
            Some(Value::Type(ty)) => ty.clone(),
            _ => Type::any(),
        };
        fields.push(Field { name: need_text(name)?, ty, optional: false });
        functions.push(function.clone());
    }
    check_distinct(fields.iter().map(|f| &f.name))?;
    let source = t.clone();
    made(Table::lazy_with(TableType::new(fields), move |cx| {
        let groups = Groups::build(cx, &source, &at, local, &comparer, whole)?;
        let rows: Vec<Row> = groups
            .groups
            .into_iter()
            .map(|(keys, rows)| {
                let group = Value::Table(Table::new(source.table_type().clone(), rows));
                keys.into_iter().chain(functions.iter().map(|f| Slot::call(f, group.clone()))).collect()
            })
            .collect();
        Ok(Box::new(Ready(rows.into_iter())))
    }))
}

/// The right side of a join by key.
struct Index {
    hashed: HashMap<Key, Vec<usize>>,
    rows: Vec<Row>,
    /// Key values of each row, for comparers that must be asked.
    values: Vec<Vec<Value>>,
    rules: Vec<KeyRule>,
}

fn key_values(cx: &mut Interp, row: &Row, at: &[usize]) -> Result<Vec<Value>> {
    at.iter().map(|p| row[*p].force(cx)).collect()
}

impl Index {
    fn build(cx: &mut Interp, t: &Table, at: &[usize], rules: &[KeyRule]) -> Result<Index> {
        let rows = t.rows(cx)?;
        let mut index = Index { hashed: HashMap::with_capacity(rows.len()), rows: Vec::new(), values: Vec::new(), rules: rules.to_vec() };
        let asks = index.asks();
        for (i, row) in rows.iter().enumerate() {
            cx.tick()?;
            let values = key_values(cx, row, at)?;
            if asks {
                index.values.push(values);
            } else {
                index.hashed.entry(index_key(cx, rules, &values)?).or_default().push(i);
            }
        }
        index.rows = rows;
        Ok(index)
    }

    fn asks(&self) -> bool {
        self.rules.iter().any(|rule| matches!(rule, KeyRule::Asked(_)))
    }

    fn find(&self, cx: &mut Interp, values: &[Value]) -> Result<Vec<usize>> {
        if !self.asks() {
            let key = index_key(cx, &self.rules, values)?;
            return Ok(self.hashed.get(&key).cloned().unwrap_or_default());
        }
        let mut out = Vec::new();
        for (i, other) in self.values.iter().enumerate() {
            cx.tick()?;
            let mut equal = true;
            for ((rule, x), y) in self.rules.iter().zip(values).zip(other) {
                equal = equal
                    && match rule {
                        KeyRule::Equal => cx.equals(x, y)?,
                        KeyRule::Folded(comparer) | KeyRule::Asked(comparer) => comparer_says_equal(cx, comparer, x, y)?,
                    };
            }
            if equal {
                out.push(i);
            }
        }
        Ok(out)
    }
}

fn index_key(cx: &mut Interp, rules: &[KeyRule], values: &[Value]) -> Result<Key> {
    let mut keys = rules.iter().zip(values).map(|(rule, value)| rule.key(cx, value)).collect::<Result<Vec<_>>>()?;
    Ok(if keys.len() == 1 { keys.swap_remove(0) } else { Key::Many(keys) })
}

fn key_rules(cx: &mut Interp, comparers: &Value, width: usize) -> Result<Vec<KeyRule>> {
    let mut rules = match comparers.bare() {
        Value::Null => Vec::new(),
        other => list(other)?.values(cx)?.iter().map(KeyRule::of).collect(),
    };
    rules.resize(width, KeyRule::Equal);
    Ok(rules)
}

/// Both sides' key columns.
fn key_places(cx: &mut Interp, left: &Table, left_key: &Value, right: &Table, right_key: &Value) -> Result<(Vec<usize>, Vec<usize>)> {
    let (a, b) = (names(cx, left_key)?, names(cx, right_key)?);
    if a.len() != b.len() {
        return Err(Error::expression("The number of key columns of both tables must be the same."));
    }
    Ok((places(left, &a)?, places(right, &b)?))
}

/// What a join kind keeps of rows: matched ones, those only on the left, those only on the right.
struct Keeps {
    matched: bool,
    left: bool,
    right: bool,
    /// Each left row once, however many matches it has.
    left_once: bool,
    /// Each right row once.
    right_once: bool,
}

fn keeps(kind: i64) -> Keeps {
    let base = Keeps { matched: false, left: false, right: false, left_once: false, right_once: false };
    match kind {
        0 => Keeps { matched: true, ..base },
        1 => Keeps { matched: true, left: true, ..base },
        2 => Keeps { matched: true, right: true, ..base },
        3 => Keeps { matched: true, left: true, right: true, ..base },
        4 => Keeps { left: true, ..base },
        5 => Keeps { right: true, ..base },
        6 => Keeps { matched: true, left_once: true, ..base },
        _ => Keeps { matched: true, right_once: true, ..base },
    }
}

/// The arguments of a nested join.
struct Nested<'a> {
    left: Table,
    left_key: &'a Value,
    right: &'a Value,
    right_key: &'a Value,
    name: &'a Value,
    kind: i64,
    comparers: &'a Value,
}

fn nested(cx: &mut Interp, join: &Nested) -> Result<Value> {
    // The other table may be given as a function that is asked when it is needed.
    let Nested { left, left_key, right, right_key, name, kind, comparers } = join;
    let left = left.clone();
    let right_table = match right.bare() {
        Value::Function(_) => table(&cx.call(right, &[])?)?,
        other => table(other)?,
    };
    let (at_left, at_right) = key_places(cx, &left, left_key, &right_table, right_key)?;
    let rules = key_rules(cx, comparers, at_left.len())?;
    let mut fields = left.table_type().fields.to_vec();
    fields.push(Field { name: need_text(name)?, ty: right_table.ty(), optional: false });
    check_distinct(fields.iter().map(|f| &f.name))?;
    let keep = keeps(*kind);
    let width = left.shape().len();
    let ty = TableType { fields: Rc::new(fields), keys: left.table_type().keys.clone() };
    made(Table::lazy_with(ty, move |cx| {
        let index = Index::build(cx, &right_table, &at_right, &rules)?;
        let inner = |found: &[usize]| -> Slot {
            let rows = found.iter().map(|i| index.rows[*i].clone()).collect();
            Slot::Value(Value::Table(Table::new(right_table.table_type().clone(), rows)))
        };
        let mut used = vec![false; index.rows.len()];
        let mut out: Vec<Row> = Vec::new();
        left.each(cx, |cx, row| {
            let values = key_values(cx, &row, &at_left)?;
            let found = index.find(cx, &values)?;
            for i in &found {
                used[*i] = true;
            }
            if (found.is_empty() && keep.left) || (!found.is_empty() && keep.matched && !keep.right_once) {
                out.push(row.iter().cloned().chain(std::iter::once(inner(&found))).collect());
            }
            Ok(true)
        })?;
        if keep.right || keep.right_once {
            // Rows without partner, those with equal keys together.
            let mut seen: HashMap<Key, usize> = HashMap::new();
            let mut rest: Vec<Vec<usize>> = Vec::new();
            for (i, used) in used.iter().enumerate() {
                if *used != keep.right_once {
                    continue;
                }
                let values = key_values(cx, &index.rows[i], &at_right)?;
                let key = index_key(cx, &rules, &values)?;
                let place = *seen.entry(key).or_insert_with(|| rest.len());
                match rest.get_mut(place) {
                    Some(group) => group.push(i),
                    None => rest.push(vec![i]),
                }
            }
            for group in rest {
                out.push((0..width).map(|_| Slot::Value(Value::Null)).chain(std::iter::once(inner(&group))).collect());
            }
        }
        Ok(Box::new(Ready(out.into_iter())))
    }))
}

fn joined<'a>(args: &'a [Value], kind: i64, comparers: &'a Value) -> Result<Nested<'a>> {
    let left = table(&args[0])?;
    Ok(Nested { left, left_key: &args[1], right: &args[2], right_key: &args[3], name: &args[4], kind, comparers })
}

fn nested_join(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let kind = choice(&args[5], 1, 0..=7, "joinKind")?;
    nested(cx, &joined(args, kind, &args[6])?)
}

fn add_join_column(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    nested(cx, &joined(args, 1, &Value::Null)?)
}

fn join(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let (left, right) = (table(&args[0])?, table(&args[2])?);
    let kind = choice(&args[4], 0, 0..=7, "joinKind")?;
    let (at_left, at_right) = key_places(cx, &left, &args[1], &right, &args[3])?;
    let rules = key_rules(cx, &args[6], at_left.len())?;
    // A key column of the same name on both sides comes once.
    let mut shared: Vec<Option<usize>> = vec![None; right.shape().len()];
    for (l, r) in at_left.iter().zip(&at_right) {
        if left.column_names()[*l] == right.column_names()[*r] {
            shared[*r] = Some(*l);
        }
    }
    let mut fields = left.table_type().fields.to_vec();
    for (r, field) in right.table_type().fields.iter().enumerate() {
        if shared[r].is_none() {
            if left.shape().position(&field.name).is_some() {
                return Err(Error::expression(format!(
                    "A join operation cannot result in a table with duplicate column names (\"{}\").",
                    field.name
                )));
            }
            fields.push(field.clone());
        }
    }
    let keep = keeps(kind);
    let width = left.shape().len();
    made(Table::lazy_with(TableType::new(fields), move |cx| {
        let together = |left_row: Option<&Row>, right_row: Option<&Row>| -> Row {
            let mut cells: Vec<Slot> = match left_row {
                Some(row) => row.to_vec(),
                None => vec![Slot::Value(Value::Null); width],
            };
            for (r, place) in shared.iter().enumerate() {
                let cell = right_row.map_or(Slot::Value(Value::Null), |row| row[r].clone());
                match place {
                    Some(l) if left_row.is_none() => cells[*l] = cell,
                    Some(_) => {}
                    None => cells.push(cell),
                }
            }
            cells.into()
        };
        let mut out: Vec<Row> = Vec::new();
        // The smaller side is hashed and the other one streamed, which decides the order of an inner join.
        if kind == 0 && left.count(cx)? <= right.count(cx)? {
            let index = Index::build(cx, &left, &at_left, &rules)?;
            right.each(cx, |cx, row| {
                let values = key_values(cx, &row, &at_right)?;
                for i in index.find(cx, &values)? {
                    out.push(together(Some(&index.rows[i]), Some(&row)));
                }
                Ok(true)
            })?;
            return Ok(Box::new(Ready(out.into_iter())));
        }
        let index = Index::build(cx, &right, &at_right, &rules)?;
        let mut used = vec![false; index.rows.len()];
        left.each(cx, |cx, row| {
            let values = key_values(cx, &row, &at_left)?;
            let found = index.find(cx, &values)?;
            if found.is_empty() && keep.left {
                out.push(together(Some(&row), None));
            }
            for (n, i) in found.iter().enumerate() {
                let again = (keep.left_once && n > 0) || (keep.right_once && used[*i]);
                if keep.matched && !again {
                    let (l, r) = (Some(&row).filter(|_| !keep.right_once), Some(&index.rows[*i]).filter(|_| !keep.left_once));
                    out.push(together(l, r));
                }
                used[*i] = true;
            }
            Ok(true)
        })?;
        if keep.right {
            out.extend(index.rows.iter().zip(&used).filter(|(_, used)| !**used).map(|(row, _)| together(None, Some(row))));
        }
        Ok(Box::new(Ready(out.into_iter())))
    }))
}

/// The cells that stay, and the values of each attribute.
type PivotGroup = (Vec<Slot>, HashMap<Name, Vec<Slot>>);

fn pivot(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let wanted = names(cx, &args[1])?;
    let (attribute, value) = (need_text(&args[2])?, need_text(&args[3])?);
    let at = places(&t, &[attribute, value])?;
    let (attribute_at, value_at) = (at[0], at[1]);
    let rest: Vec<usize> = (0..t.shape().len()).filter(|p| *p != attribute_at && *p != value_at).collect();
    let value_type = if args[4].is_null() { t.table_type().fields[value_at].ty.clone() } else { Type::any() };
    let mut fields: Vec<Field> = rest.iter().map(|p| t.table_type().fields[*p].clone()).collect();
    fields.extend(wanted.iter().map(|name| Field { name: name.clone(), ty: value_type.clone(), optional: false }));
    check_distinct(fields.iter().map(|f| &f.name))?;
    let aggregate = args[4].clone();
    made(Table::lazy_with(TableType::new(fields), move |cx| {
        let mut groups: Vec<PivotGroup> = Vec::new();
        let mut index: HashMap<Key, usize> = HashMap::new();
        t.each(cx, |cx, row| {
            let keys = rest.iter().map(|p| row[*p].force(cx).and_then(|v| cx.key(&v))).collect::<Result<Vec<_>>>()?;
            let place = *index.entry(Key::Many(keys)).or_insert_with(|| groups.len());
            if place == groups.len() {
                groups.push((rest.iter().map(|p| row[*p].clone()).collect(), HashMap::new()));
            }
            let name = row[attribute_at].force(cx)?;
            if !name.is_null() {
                groups[place].1.entry(need_text(&name)?).or_default().push(row[value_at].clone());
            }
            Ok(true)
        })?;
        let rows: Vec<Row> = groups
            .into_iter()
            .map(|(keys, mut cells)| {
                let pivoted: Vec<Slot> = wanted
                    .iter()
                    .map(|name| {
                        let mut found = cells.remove(name).unwrap_or_default();
                        if !aggregate.is_null() {
                            return Slot::call(&aggregate, Value::List(List::from_slots(found)));
                        }
                        match found.len() {
                            0 => Slot::Value(Value::Null),
                            1 => found.swap_remove(0),
                            _ => Slot::failed(super::list::too_many().with_detail(Value::List(List::from_slots(found)))),
                        }
                    })
                    .collect();
                keys.into_iter().chain(pivoted).collect()
            })
            .collect();
        Ok(Box::new(Ready(rows.into_iter())))
    }))
}

/// A row for each column that is turned, in the order of the table's columns.
struct Unpivoted {
    rows: Box<dyn RowCursor>,
    stay: Rc<[usize]>,
    turn: Rc<[(usize, Name)]>,
    now: Option<(Row, usize)>,
}

impl RowCursor for Unpivoted {
    fn next(&mut self, cx: &mut Interp) -> Result<Option<Row>> {
        loop {
            cx.tick()?;
            if let Some((row, next)) = &mut self.now
                && let Some((at, name)) = self.turn.get(*next)
            {
                *next += 1;
                let is_null = match row[*at].force(cx) {
                    Ok(value) => value.is_null(),
                    Err(error) if error.is_catchable() => false,
                    Err(error) => return Err(error),
                };
                if !is_null {
                    let tail = [Slot::Value(Value::Text(name.clone())), row[*at].clone()];
                    return Ok(Some(self.stay.iter().map(|p| row[*p].clone()).chain(tail).collect()));
                }
                continue;
            }
            match self.rows.next(cx)? {
                Some(row) => self.now = Some((row, 0)),
                None => return Ok(None),
            }
        }
    }
}

fn turned(t: &Table, turn: Vec<usize>, attribute: &Value, value: &Value) -> Result<Value> {
    let stay: Rc<[usize]> = (0..t.shape().len()).filter(|p| !turn.contains(p)).collect();
    let mut fields: Vec<Field> = stay.iter().map(|p| t.table_type().fields[*p].clone()).collect();
    fields.push(Field { name: need_text(attribute)?, ty: Type::primitive(Kind::Text), optional: false });
    fields.push(Field { name: need_text(value)?, ty: Type::any(), optional: false });
    check_distinct(fields.iter().map(|f| &f.name))?;
    let turn: Rc<[(usize, Name)]> = turn.into_iter().map(|p| (p, t.column_names()[p].clone())).collect();
    let source = t.clone();
    made(Table::lazy_with(TableType::new(fields), move |cx| {
        Ok(Box::new(Unpivoted { rows: source.open(cx)?, stay: stay.clone(), turn: turn.clone(), now: None }))
    }))
}

fn unpivot(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let wanted = names(cx, &args[1])?;
    let mut turn = places(&t, &wanted)?;
    turn.sort_unstable();
    turned(&t, turn, &args[2], &args[3])
}

fn unpivot_other(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let wanted = names(cx, &args[1])?;
    let stay = places(&t, &wanted)?;
    turned(&t, (0..t.shape().len()).filter(|p| !stay.contains(p)).collect(), &args[2], &args[3])
}

fn aggregate_table_column(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let at = places(&t, &[need_text(&args[1])?])?[0];
    let mut aggregations = Vec::new();
    for operation in operations(cx, &args[2])? {
        let [column, function, name] = operation.as_slice() else {
            return Err(Error::expression("Expected a list of a column name, a function and a new name.").with_detail(args[2].clone()));
        };
        aggregations.push((need_text(column)?, function.clone(), need_text(name)?));
    }
    let old = &t.table_type().fields;
    let fields: Vec<Field> = old[..at]
        .iter()
        .cloned()
        .chain(aggregations.iter().map(|(_, _, name)| Field { name: name.clone(), ty: Type::any(), optional: false }))
        .chain(old[at + 1..].iter().cloned())
        .collect();
    check_distinct(fields.iter().map(|f| &f.name))?;
    made(super::table_columns::map_rows(&t, TableType::new(fields), move |_, row| {
        let cells = aggregations.iter().map(|(column, function, _)| {
            let (cell, column, function) = (row[at].clone(), column.clone(), function.clone());
            Slot::lazy(move |cx| {
                let inner = cell.force(cx)?;
                if inner.is_null() {
                    return Ok(Value::Null);
                }
                let inner = table(&inner)?;
                let place = inner.shape().position(&column).ok_or_else(|| crate::m::eval::missing_column(&column))?;
                cx.call(&function, &[Value::List(crate::m::eval::column(&inner, place))])
            })
        });
        Ok(row[..at].iter().cloned().chain(cells).chain(row[at + 1..].iter().cloned()).collect())
    }))
}

fn add_rank_column(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let mut kind = 0;
    if let Value::Record(options) = args[3].bare() {
        super::common::check_options(options, "Table.AddRankColumn", &["RankKind"])?;
        let given = options.optional_field(cx, "RankKind")?.unwrap_or_default();
        kind = choice(&given, 0, 0..=2, "RankKind")?;
    }
    let criteria = super::table_rows::criteria(cx, &t, &args[2])?;
    let sorted = super::table_rows::sorted(cx, &t, &args[2])?;
    let mut fields = t.table_type().fields.to_vec();
    fields.push(Field { name: need_text(&args[1])?, ty: Type::primitive(Kind::Number), optional: false });
    check_distinct(fields.iter().map(|f| &f.name))?;
    let mut rows: Vec<Row> = Vec::with_capacity(sorted.len());
    let (mut rank, mut dense) = (0, 0);
    for (i, (keys, row)) in sorted.iter().enumerate() {
        let tied = i > 0 && criteria.compare(cx, &sorted[i - 1].0, keys)?.is_eq();
        if !tied {
            rank = i as i64 + 1;
            dense += 1;
        }
        let shown = match kind {
            1 => dense,
            2 => i as i64 + 1,
            _ => rank,
        };
        rows.push(row.iter().cloned().chain(std::iter::once(Slot::Value(Value::Int(shown)))).collect());
    }
    made(Table::new(TableType::new(fields), rows))
}

fn partition(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let at = places(&t, &[need_text(&args[1])?])?[0];
    let n = count("groups", &args[2])?;
    if n == 0 {
        return Err(out_of_range("groups", &args[2]));
    }
    cx.charge(n.saturating_mul(32))?;
    let mut parts: Vec<Vec<Row>> = vec![Vec::new(); n];
    t.each(cx, |cx, row| {
        let value = row[at].force(cx)?;
        let hash = cx.call(&args[3], &[value])?;
        let hash = hash.as_i64().ok_or_else(|| Error::cannot_convert(&hash, "Number"))?;
        parts[hash.rem_euclid(n as i64) as usize].push(row);
        Ok(true)
    })?;
    Ok(Value::List(List::from_values(parts.into_iter().map(|rows| Value::Table(Table::new(t.table_type().clone(), rows))))))
}

fn partition_values(_: &mut Interp, args: &[Value]) -> Result<Value> {
    table(&args[0])?;
    made(Table::new(TableType::new(Vec::new()), Vec::new()))
}

fn profile(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let mut columns = vec!["Column", "Min", "Max", "Average", "StandardDeviation", "Count", "NullCount", "DistinctCount"]
        .into_iter()
        .map(Name::from)
        .collect::<Vec<_>>();
    let mut extra = Vec::new();
    if !args[1].is_null() {
        // Each: a name, a test of the column's type, an aggregation of the column's values.
        for item in list(&args[1])?.values(cx)? {
            let parts = list(&item)?.values(cx)?;
            let [name, test, function] = parts.as_slice() else {
                return Err(Error::expression("Expected a list of a name, a condition and a function.").with_detail(item.clone()));
            };
            columns.push(need_text(name)?);
            extra.push((test.clone(), function.clone()));
        }
    }
    let mut rows = Vec::new();
    for (at, field) in t.table_type().fields.clone().iter().enumerate() {
        let values = crate::m::eval::column(&t, at).values(cx)?;
        let present: Vec<&Value> = values.iter().filter(|v| !v.is_null()).collect();
        let (mut least, mut most): (Option<&Value>, Option<&Value>) = (None, None);
        for value in &present {
            if least.is_none_or(|l| cx.compare(value, l).is_ok_and(std::cmp::Ordering::is_lt)) {
                least = Some(value);
            }
            if most.is_none_or(|m| cx.compare(value, m).is_ok_and(std::cmp::Ordering::is_gt)) {
                most = Some(value);
            }
        }
        let numbers: Vec<f64> = present.iter().filter_map(|v| v.as_f64()).collect();
        let all_numbers = !numbers.is_empty() && numbers.len() == present.len();
        let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
        let deviation = (numbers.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (numbers.len() as f64 - 1.0)).sqrt();
        let mut distinct = hashbrown::HashSet::new();
        for value in &values {
            distinct.insert(cx.key(value)?);
        }
        let mut row = vec![
            Value::Text(field.name.clone()),
            least.cloned().unwrap_or_default(),
            most.cloned().unwrap_or_default(),
            if all_numbers { double_value(mean) } else { Value::Null },
            if all_numbers && numbers.len() > 1 { double_value(deviation) } else { Value::Null },
            Value::count(values.len()),
            Value::count(values.len() - present.len()),
            Value::count(distinct.len()),
        ];
        for (test, function) in &extra {
            let fits = cx.call_predicate(test, &[Value::Type(field.ty.clone())])?;
            row.push(if fits { cx.call(function, &[Value::List(List::from_values(values.iter().cloned()))])? } else { Value::Null });
        }
        rows.push(row.into_iter().map(Slot::Value).collect());
    }
    made(Table::new(TableType::untyped(&columns), rows))
}
