//! `Table.*` that change rows: filter, skip, sort, distinct, fill, insert, match. Rows stream where order allows it.

use std::cmp::Ordering;
use std::rc::Rc;

use super::common::{Criteria, choice, comparer_says_equal, count, list, names, need_text, out_of_range, record, required_args};
use super::list_sets::{has_text, occurrences};
use super::table_columns::{map_rows, places, table};
use super::table_make::field_selector;
use super::{ANY, Builtin, FUNCTION, LIST, LOGICAL, NUMBER, RECORD, TABLE, TEXT, arg, opt};
use crate::m::error::{Error, Result};
use crate::m::eval::{Interp, Quick, combine_tables};
use crate::m::value::{List, Name, Record, Row, RowCursor, RowSource, Shape, Slot, Table, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "Table.AlternateRows",
        params: &[arg("table", TABLE), arg("offset", NUMBER), arg("skip", NUMBER), arg("take", NUMBER)],
        returns: TABLE,
        about: "Keeps rows up to an offset, then leaves out and keeps rows in turn.",
        source: "https://learn.microsoft.com/powerquery-m/table-alternaterows",
        examples: &[("Table.AlternateRows(#table({\"A\"}, {{1}, {2}, {3}}), 1, 1, 1)", "#table({\"A\"}, {{1}, {3}})")],
        run: alternate_rows,
    },
    Builtin {
        name: "Table.ClearDown",
        params: &[arg("table", TABLE), arg("columns", LIST)],
        returns: TABLE,
        about: "Values that repeat those of the row above become null.",
        source: "https://learn.microsoft.com/powerquery-m/table-cleardown",
        examples: &[("Table.ClearDown(#table({\"A\"}, {{1}, {1}}), {\"A\"})", "#table({\"A\"}, {{1}, {null}})")],
        run: clear_down,
    },
    Builtin {
        name: "Table.Combine",
        params: &[arg("tables", LIST), opt("columns", ANY)],
        returns: TABLE,
        about: "The rows of several tables; the union of their columns.",
        source: "https://learn.microsoft.com/powerquery-m/table-combine",
        examples: &[("Table.Combine({#table({\"A\"}, {{1}}), #table({\"B\"}, {{2}})})", "#table({\"A\", \"B\"}, {{1, null}, {null, 2}})")],
        run: combine,
    },
    Builtin {
        name: "Table.Contains",
        params: &[arg("table", TABLE), arg("row", RECORD), opt("equationCriteria", ANY)],
        returns: LOGICAL,
        about: "Whether the table has a row.",
        source: "https://learn.microsoft.com/powerquery-m/table-contains",
        examples: &[("Table.Contains(#table({\"A\", \"B\"}, {{1, 2}}), [A = 1, B = 2])", "true")],
        run: contains,
    },
    Builtin {
        name: "Table.ContainsAll",
        params: &[arg("table", TABLE), arg("rows", LIST), opt("equationCriteria", ANY)],
        returns: LOGICAL,
        about: "Whether the table has all of some rows.",
        source: "https://learn.microsoft.com/powerquery-m/table-containsall",
        examples: &[("Table.ContainsAll(#table({\"A\"}, {{1}, {2}}), {[A = 1], [A = 3]})", "false")],
        run: contains_all,
    },
    Builtin {
        name: "Table.ContainsAny",
        params: &[arg("table", TABLE), arg("rows", LIST), opt("equationCriteria", ANY)],
        returns: LOGICAL,
        about: "Whether the table has any of some rows.",
        source: "https://learn.microsoft.com/powerquery-m/table-containsany",
        examples: &[("Table.ContainsAny(#table({\"A\"}, {{1}, {2}}), {[A = 1], [A = 3]})", "true")],
        run: contains_any,
    },
    Builtin {
        name: "Table.Distinct",
        params: &[arg("table", TABLE), opt("equationCriteria", ANY)],
        returns: TABLE,
        about: "The rows without repetitions, of the whole row or of some columns.",
        source: "https://learn.microsoft.com/powerquery-m/table-distinct",
        examples: &[("Table.Distinct(#table({\"A\", \"B\"}, {{1, 2}, {1, 3}}), \"A\")", "#table({\"A\", \"B\"}, {{1, 2}})")],
        run: distinct,
    },
    Builtin {
        name: "Table.FillDown",
        params: &[arg("table", TABLE), arg("columns", LIST)],
        returns: TABLE,
        about: "Null becomes the value of the row above.",
        source: "https://learn.microsoft.com/powerquery-m/table-filldown",
        examples: &[("Table.FillDown(#table({\"A\"}, {{1}, {null}}), {\"A\"})", "#table({\"A\"}, {{1}, {1}})")],
        run: fill_down,
    },
    Builtin {
        name: "Table.FillUp",
        params: &[arg("table", TABLE), arg("columns", LIST)],
        returns: TABLE,
        about: "Null becomes the value of the row below.",
        source: "https://learn.microsoft.com/powerquery-m/table-fillup",
        examples: &[("Table.FillUp(#table({\"A\"}, {{null}, {1}}), {\"A\"})", "#table({\"A\"}, {{1}, {1}})")],
        run: fill_up,
    },
    Builtin {
        name: "Table.FindText",
        params: &[arg("table", TABLE), arg("text", TEXT)],
        returns: TABLE,
        about: "The rows that contain a text.",
        source: "https://learn.microsoft.com/powerquery-m/table-findtext",
        examples: &[("Table.FindText(#table({\"A\"}, {{\"abc\"}, {\"d\"}}), \"b\")", "#table({\"A\"}, {{\"abc\"}})")],
        run: find_text,
    },
    Builtin {
        name: "Table.First",
        params: &[arg("table", TABLE), opt("default", ANY)],
        returns: ANY,
        about: "The first row, or a default.",
        source: "https://learn.microsoft.com/powerquery-m/table-first",
        examples: &[("Table.First(#table({\"A\"}, {{1}, {2}}))", "[A = 1]")],
        run: first,
    },
    Builtin {
        name: "Table.FirstN",
        params: &[arg("table", TABLE), arg("countOrCondition", ANY)],
        returns: TABLE,
        about: "The first rows, by number or while a condition holds.",
        source: "https://learn.microsoft.com/powerquery-m/table-firstn",
        examples: &[("Table.FirstN(#table({\"A\"}, {{1}, {2}}), 1)", "#table({\"A\"}, {{1}})")],
        run: first_n,
    },
    Builtin {
        name: "Table.FirstValue",
        params: &[arg("table", TABLE), opt("default", ANY)],
        returns: ANY,
        about: "The first cell of the first row, or a default.",
        source: "https://learn.microsoft.com/powerquery-m/table-firstvalue",
        examples: &[("Table.FirstValue(#table({\"A\"}, {{1}, {2}}))", "1")],
        run: first_value,
    },
    Builtin {
        name: "Table.InsertRows",
        params: &[arg("table", TABLE), arg("offset", NUMBER), arg("rows", LIST)],
        returns: TABLE,
        about: "The table with rows put in at a position.",
        source: "https://learn.microsoft.com/powerquery-m/table-insertrows",
        examples: &[("Table.InsertRows(#table({\"A\"}, {{1}}), 0, {[A = 0]})", "#table({\"A\"}, {{0}, {1}})")],
        run: insert_rows,
    },
    Builtin {
        name: "Table.IsDistinct",
        params: &[arg("table", TABLE), opt("comparisonCriteria", ANY)],
        returns: LOGICAL,
        about: "Whether no row comes twice.",
        source: "https://learn.microsoft.com/powerquery-m/table-isdistinct",
        examples: &[("Table.IsDistinct(#table({\"A\"}, {{1}, {1}}))", "false")],
        run: is_distinct,
    },
    Builtin {
        name: "Table.Last",
        params: &[arg("table", TABLE), opt("default", ANY)],
        returns: ANY,
        about: "The last row, or a default.",
        source: "https://learn.microsoft.com/powerquery-m/table-last",
        examples: &[("Table.Last(#table({\"A\"}, {{1}, {2}}))", "[A = 2]")],
        run: last,
    },
    Builtin {
        name: "Table.LastN",
        params: &[arg("table", TABLE), arg("countOrCondition", ANY)],
        returns: TABLE,
        about: "The last rows, by number or while a condition holds from the end.",
        source: "https://learn.microsoft.com/powerquery-m/table-lastn",
        examples: &[("Table.LastN(#table({\"A\"}, {{1}, {2}}), 1)", "#table({\"A\"}, {{2}})")],
        run: last_n,
    },
    Builtin {
        name: "Table.MatchesAllRows",
        params: &[arg("table", TABLE), arg("condition", FUNCTION)],
        returns: LOGICAL,
        about: "Whether a condition holds for all rows.",
        source: "https://learn.microsoft.com/powerquery-m/table-matchesallrows",
        examples: &[("Table.MatchesAllRows(#table({\"A\"}, {{1}, {2}}), each [A] > 0)", "true")],
        run: matches_all,
    },
    Builtin {
        name: "Table.MatchesAnyRows",
        params: &[arg("table", TABLE), arg("condition", FUNCTION)],
        returns: LOGICAL,
        about: "Whether a condition holds for any row.",
        source: "https://learn.microsoft.com/powerquery-m/table-matchesanyrows",
        examples: &[("Table.MatchesAnyRows(#table({\"A\"}, {{1}, {2}}), each [A] > 1)", "true")],
        run: matches_any,
    },
    Builtin {
        name: "Table.Max",
        params: &[arg("table", TABLE), arg("comparisonCriteria", ANY), opt("default", ANY)],
        returns: ANY,
        about: "The greatest row by criteria, or a default.",
        source: "https://learn.microsoft.com/powerquery-m/table-max",
        examples: &[("Table.Max(#table({\"A\"}, {{1}, {2}}), \"A\")", "[A = 2]")],
        run: max,
    },
    Builtin {
        name: "Table.MaxN",
        params: &[arg("table", TABLE), arg("comparisonCriteria", ANY), arg("countOrCondition", ANY)],
        returns: TABLE,
        about: "The greatest rows in descending order, by number or while a condition holds.",
        source: "https://learn.microsoft.com/powerquery-m/table-maxn",
        examples: &[("Table.MaxN(#table({\"A\"}, {{1}, {3}, {2}}), \"A\", 2)", "#table({\"A\"}, {{3}, {2}})")],
        run: max_n,
    },
    Builtin {
        name: "Table.Min",
        params: &[arg("table", TABLE), arg("comparisonCriteria", ANY), opt("default", ANY)],
        returns: ANY,
        about: "The smallest row by criteria, or a default.",
        source: "https://learn.microsoft.com/powerquery-m/table-min",
        examples: &[("Table.Min(#table({\"A\"}, {{2}, {1}}), \"A\")", "[A = 1]")],
        run: min,
    },
    Builtin {
        name: "Table.MinN",
        params: &[arg("table", TABLE), arg("comparisonCriteria", ANY), arg("countOrCondition", ANY)],
        returns: TABLE,
        about: "The smallest rows in ascending order, by number or while a condition holds.",
        source: "https://learn.microsoft.com/powerquery-m/table-minn",
        examples: &[("Table.MinN(#table({\"A\"}, {{3}, {1}, {2}}), \"A\", 2)", "#table({\"A\"}, {{1}, {2}})")],
        run: min_n,
    },
    Builtin {
        name: "Table.PositionOf",
        params: &[arg("table", TABLE), arg("row", RECORD), opt("occurrence", ANY), opt("equationCriteria", ANY)],
        returns: ANY,
        about: "Where a row stands: first, last or all places; -1 where it does not.",
        source: "https://learn.microsoft.com/powerquery-m/table-positionof",
        examples: &[("Table.PositionOf(#table({\"A\"}, {{1}, {2}}), [A = 2])", "1")],
        run: position_of,
    },
    Builtin {
        name: "Table.PositionOfAny",
        params: &[arg("table", TABLE), arg("rows", LIST), opt("occurrence", NUMBER), opt("equationCriteria", ANY)],
        returns: ANY,
        about: "Where any of some rows stands: first, last or all places.",
        source: "https://learn.microsoft.com/powerquery-m/table-positionofany",
        examples: &[("Table.PositionOfAny(#table({\"A\"}, {{1}, {2}}), {[A = 2], [A = 3]})", "1")],
        run: position_of_any,
    },
    Builtin {
        name: "Table.Range",
        params: &[arg("table", TABLE), arg("offset", NUMBER), opt("count", NUMBER)],
        returns: TABLE,
        about: "Rows from an offset on.",
        source: "https://learn.microsoft.com/powerquery-m/table-range",
        examples: &[("Table.Range(#table({\"A\"}, {{1}, {2}, {3}}), 1, 1)", "#table({\"A\"}, {{2}})")],
        run: range,
    },
    Builtin {
        name: "Table.RemoveFirstN",
        params: &[arg("table", TABLE), opt("countOrCondition", ANY)],
        returns: TABLE,
        about: "The table without its first rows, by number or while a condition holds.",
        source: "https://learn.microsoft.com/powerquery-m/table-removefirstn",
        examples: &[("Table.RemoveFirstN(#table({\"A\"}, {{1}, {2}}))", "#table({\"A\"}, {{2}})")],
        run: skip,
    },
    Builtin {
        name: "Table.RemoveLastN",
        params: &[arg("table", TABLE), opt("countOrCondition", ANY)],
        returns: TABLE,
        about: "The table without its last rows, by number or while a condition holds from the end.",
        source: "https://learn.microsoft.com/powerquery-m/table-removelastn",
        examples: &[("Table.RemoveLastN(#table({\"A\"}, {{1}, {2}}))", "#table({\"A\"}, {{1}})")],
        run: remove_last_n,
    },
    Builtin {
        name: "Table.RemoveMatchingRows",
        params: &[arg("table", TABLE), arg("rows", LIST), opt("equationCriteria", ANY)],
        returns: TABLE,
        about: "The table without some rows.",
        source: "https://learn.microsoft.com/powerquery-m/table-removematchingrows",
        examples: &[(
            "Table.RemoveMatchingRows(#table({\"A\", \"B\"}, {{1, 2}, {3, 4}}), {[A = 1]}, \"A\")",
            "#table({\"A\", \"B\"}, {{3, 4}})",
        )],
        run: remove_matching,
    },
    Builtin {
        name: "Table.RemoveRows",
        params: &[arg("table", TABLE), arg("offset", NUMBER), opt("count", NUMBER)],
        returns: TABLE,
        about: "The table without the rows from an offset on.",
        source: "https://learn.microsoft.com/powerquery-m/table-removerows",
        examples: &[("Table.RemoveRows(#table({\"A\"}, {{1}, {2}, {3}}), 1)", "#table({\"A\"}, {{1}, {3}})")],
        run: remove_rows,
    },
    Builtin {
        name: "Table.RemoveRowsWithErrors",
        params: &[arg("table", TABLE), opt("columns", LIST)],
        returns: TABLE,
        about: "The rows whose cells have no error.",
        source: "https://learn.microsoft.com/powerquery-m/table-removerowswitherrors",
        examples: &[("Table.RemoveRowsWithErrors(#table({\"A\"}, {{error \"x\"}, {1}}))", "#table({\"A\"}, {{1}})")],
        run: remove_errors,
    },
    Builtin {
        name: "Table.Repeat",
        params: &[arg("table", TABLE), arg("count", NUMBER)],
        returns: TABLE,
        about: "The rows several times over.",
        source: "https://learn.microsoft.com/powerquery-m/table-repeat",
        examples: &[("Table.Repeat(#table({\"A\"}, {{1}}), 2)", "#table({\"A\"}, {{1}, {1}})")],
        run: repeat,
    },
    Builtin {
        name: "Table.ReplaceMatchingRows",
        params: &[arg("table", TABLE), arg("replacements", LIST), opt("equationCriteria", ANY)],
        returns: TABLE,
        about: "The table with rows replaced by pairs of old and new.",
        source: "https://learn.microsoft.com/powerquery-m/table-replacematchingrows",
        examples: &[("Table.ReplaceMatchingRows(#table({\"A\"}, {{1}, {2}}), {{[A = 1], [A = 9]}})", "#table({\"A\"}, {{9}, {2}})")],
        run: replace_matching,
    },
    Builtin {
        name: "Table.ReplaceRows",
        params: &[arg("table", TABLE), arg("offset", NUMBER), arg("count", NUMBER), arg("rows", LIST)],
        returns: TABLE,
        about: "The table with the rows of a range replaced by others.",
        source: "https://learn.microsoft.com/powerquery-m/table-replacerows",
        examples: &[("Table.ReplaceRows(#table({\"A\"}, {{1}, {2}}), 0, 1, {[A = 9]})", "#table({\"A\"}, {{9}, {2}})")],
        run: replace_rows,
    },
    Builtin {
        name: "Table.ReverseRows",
        params: &[arg("table", TABLE)],
        returns: TABLE,
        about: "The rows in reverse order.",
        source: "https://learn.microsoft.com/powerquery-m/table-reverserows",
        examples: &[("Table.ReverseRows(#table({\"A\"}, {{1}, {2}}))", "#table({\"A\"}, {{2}, {1}})")],
        run: reverse_rows,
    },
    Builtin {
        name: "Table.SelectRows",
        params: &[arg("table", TABLE), arg("condition", FUNCTION)],
        returns: TABLE,
        about: "The rows for which a condition holds.",
        source: "https://learn.microsoft.com/powerquery-m/table-selectrows",
        examples: &[("Table.SelectRows(#table({\"A\"}, {{1}, {2}}), each [A] > 1)", "#table({\"A\"}, {{2}})")],
        run: select_rows,
    },
    Builtin {
        name: "Table.SelectRowsWithErrors",
        params: &[arg("table", TABLE), opt("columns", LIST)],
        returns: TABLE,
        about: "The rows with an error in a cell.",
        source: "https://learn.microsoft.com/powerquery-m/table-selectrowswitherrors",
        examples: &[("Table.RowCount(Table.SelectRowsWithErrors(#table({\"A\"}, {{error \"x\"}, {1}})))", "1")],
        run: select_errors,
    },
    Builtin {
        name: "Table.SingleRow",
        params: &[arg("table", TABLE)],
        returns: RECORD,
        about: "The only row.",
        source: "https://learn.microsoft.com/powerquery-m/table-singlerow",
        examples: &[("Table.SingleRow(#table({\"A\"}, {{1}}))", "[A = 1]")],
        run: single_row,
    },
    Builtin {
        name: "Table.Skip",
        params: &[arg("table", TABLE), opt("countOrCondition", ANY)],
        returns: TABLE,
        about: "The table without its first rows, by number or while a condition holds.",
        source: "https://learn.microsoft.com/powerquery-m/table-skip",
        examples: &[("Table.Skip(#table({\"A\"}, {{1}, {2}}), 1)", "#table({\"A\"}, {{2}})")],
        run: skip,
    },
    Builtin {
        name: "Table.Sort",
        params: &[arg("table", TABLE), arg("comparisonCriteria", ANY)],
        returns: TABLE,
        about: "The rows in order of columns or of what functions give.",
        source: "https://learn.microsoft.com/powerquery-m/table-sort",
        examples: &[("Table.Sort(#table({\"A\"}, {{1}, {2}}), {{\"A\", Order.Descending}})", "#table({\"A\"}, {{2}, {1}})")],
        run: sort,
    },
    Builtin {
        name: "Table.Split",
        params: &[arg("table", TABLE), arg("pageSize", NUMBER)],
        returns: LIST,
        about: "Tables of a number of rows; the last may be shorter.",
        source: "https://learn.microsoft.com/powerquery-m/table-split",
        examples: &[("List.Count(Table.Split(#table({\"A\"}, {{1}, {2}, {3}}), 2))", "2")],
        run: split,
    },
    Builtin {
        name: "Table.SplitAt",
        params: &[arg("table", TABLE), arg("count", NUMBER)],
        returns: LIST,
        about: "The first rows and the rest.",
        source: "https://learn.microsoft.com/powerquery-m/table-splitat",
        examples: &[("Table.SplitAt(#table({\"A\"}, {{1}, {2}}), 1)", "{#table({\"A\"}, {{1}}), #table({\"A\"}, {{2}})}")],
        run: split_at,
    },
];

fn made(table: Table) -> Result<Value> {
    Ok(Value::Table(table))
}

/// Rows at hand under the table's type.
fn held(t: &Table, rows: Vec<Row>) -> Result<Value> {
    made(Table::new(t.table_type().clone(), rows).with_type(&t.ty()))
}

/// All rows as record values.
pub(super) fn records(cx: &mut Interp, t: &Table) -> Result<Vec<Value>> {
    Ok(t.rows(cx)?.into_iter().map(|row| t.row_value(row)).collect())
}

struct Filtered<F> {
    rows: Box<dyn RowCursor>,
    keep: Rc<F>,
}

impl<F: Fn(&mut Interp, &Row) -> Result<bool>> RowCursor for Filtered<F> {
    fn next(&mut self, cx: &mut Interp) -> Result<Option<Row>> {
        while let Some(row) = self.rows.next(cx)? {
            cx.tick()?;
            if (self.keep)(cx, &row)? {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }
}

/// The rows that `keep` lets pass.
pub(super) fn filter_rows(t: &Table, keep: impl Fn(&mut Interp, &Row) -> Result<bool> + 'static) -> Table {
    let (source, keep) = (t.clone(), Rc::new(keep));
    Table::lazy_with(t.table_type().clone(), move |cx| Ok(Box::new(Filtered { rows: source.open(cx)?, keep: keep.clone() })))
        .with_type(&t.ty())
}

fn select_rows(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let (shape, condition) = (t.shape().clone(), args[1].clone());
    let quick = Quick::of(&condition, Some(&shape));
    made(filter_rows(&t, move |cx, row| match quick.as_ref().and_then(|quick| quick.row(cx, row)) {
        Some(Value::Logical(keep)) => Ok(keep),
        Some(Value::Null) => Ok(false),
        _ => cx.call_predicate(&condition, &[Value::Record(Record::from_row(shape.clone(), row.clone()))]),
    }))
}

/// At most some rows, after leaving some out.
struct Window {
    rows: Box<dyn RowCursor>,
    skip: usize,
    take: usize,
}

impl RowCursor for Window {
    fn next(&mut self, cx: &mut Interp) -> Result<Option<Row>> {
        while self.skip > 0 {
            cx.tick()?;
            self.skip -= 1;
            if self.rows.next(cx)?.is_none() {
                self.take = 0;
                break;
            }
        }
        if self.take == 0 {
            return Ok(None);
        }
        self.take -= 1;
        self.rows.next(cx)
    }
}

/// Rows from an offset on, at most some.
pub(super) fn window(t: &Table, skip: usize, take: usize) -> Table {
    let ty = t.table_type().clone();
    if let Some(rows) = t.held() {
        let start = skip.min(rows.len());
        let end = start.saturating_add(take).min(rows.len());
        return Table::new(ty, rows[start..end].to_vec()).with_type(&t.ty());
    }
    let source = t.clone();
    Table::lazy_with(ty, move |cx| Ok(Box::new(Window { rows: source.open(cx)?, skip, take }))).with_type(&t.ty())
}

fn is_function(value: &Value) -> bool {
    matches!(value.bare(), Value::Function(_))
}

/// Rows while a condition holds, or from the first for which it does not.
struct Gate {
    rows: Box<dyn RowCursor>,
    shape: Shape,
    condition: Value,
    open: bool,
    leading: bool,
}

impl RowCursor for Gate {
    fn next(&mut self, cx: &mut Interp) -> Result<Option<Row>> {
        loop {
            if self.leading && !self.open {
                return Ok(None);
            }
            let Some(row) = self.rows.next(cx)? else { return Ok(None) };
            if !self.leading && self.open {
                return Ok(Some(row));
            }
            cx.tick()?;
            let holds = cx.call_predicate(&self.condition, &[Value::Record(Record::from_row(self.shape.clone(), row.clone()))])?;
            match (self.leading, holds) {
                (true, true) => return Ok(Some(row)),
                (true, false) => self.open = false,
                (false, true) => {}
                (false, false) => {
                    self.open = true;
                    return Ok(Some(row));
                }
            }
        }
    }
}

fn gated(t: &Table, condition: &Value, leading: bool) -> Table {
    let (source, condition) = (t.clone(), condition.clone());
    Table::lazy_with(t.table_type().clone(), move |cx| {
        let rows = source.open(cx)?;
        Ok(Box::new(Gate { rows, shape: source.shape().clone(), condition: condition.clone(), open: leading, leading }))
    })
    .with_type(&t.ty())
}

fn first_n(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    if is_function(&args[1]) {
        return made(gated(&t, &args[1], true));
    }
    made(window(&t, 0, count("countOrCondition", &args[1])?))
}

fn skip(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    if is_function(&args[1]) {
        return made(gated(&t, &args[1], false));
    }
    let n = if args[1].is_null() { 1 } else { count("countOrCondition", &args[1])? };
    made(window(&t, n, usize::MAX))
}

fn range(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let take = if args[2].is_null() { usize::MAX } else { count("count", &args[2])? };
    made(window(&table(&args[0])?, count("offset", &args[1])?, take))
}

fn tail_count(cx: &mut Interp, t: &Table, rows: &[Row], criterion: &Value) -> Result<usize> {
    if is_function(criterion) {
        let mut n = 0;
        for row in rows.iter().rev() {
            if !cx.call_predicate(criterion, &[t.row_value(row.clone())])? {
                break;
            }
            n += 1;
        }
        return Ok(n);
    }
    Ok(if criterion.is_null() { 1 } else { count("countOrCondition", criterion)? }.min(rows.len()))
}

fn last_n(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let rows = t.rows(cx)?;
    let n = tail_count(cx, &t, &rows, &args[1])?;
    held(&t, rows[rows.len() - n.min(rows.len())..].to_vec())
}

fn remove_last_n(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let rows = t.rows(cx)?;
    let n = tail_count(cx, &t, &rows, &args[1])?;
    held(&t, rows[..rows.len() - n.min(rows.len())].to_vec())
}

fn alternate_rows(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let (offset, leave, keep) = (count("offset", &args[1])?, count("skip", &args[2])?, count("take", &args[3])?);
    let rows = t.rows(cx)?;
    if leave == 0 {
        return held(&t, rows);
    }
    let mut out = rows[..offset.min(rows.len())].to_vec();
    let mut at = offset;
    while at < rows.len() {
        cx.tick()?;
        at = at.saturating_add(leave);
        let end = at.saturating_add(keep).min(rows.len());
        if at < end {
            out.extend_from_slice(&rows[at..end]);
        }
        at = at.saturating_add(keep);
    }
    held(&t, out)
}

fn combine(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let parts = list(&args[0])?.values(cx)?.iter().map(table).collect::<Result<Vec<_>>>()?;
    let ty = super::table_make::columns(cx, &args[1])?;
    made(combine_tables(&parts, ty))
}

fn repeat(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let n = count("count", &args[1])?;
    cx.charge(n.saturating_mul(64))?;
    made(combine_tables(&vec![t.clone(); n], Some(t.table_type().clone())))
}

fn first(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    Ok(t.get(cx, 0)?.map_or_else(|| args[1].clone(), |row| t.row_value(row)))
}

fn first_value(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let row = table(&args[0])?.get(cx, 0)?;
    match row.as_ref().and_then(|row| row.first()) {
        Some(cell) => cell.force(cx),
        None => Ok(args[1].clone()),
    }
}

fn last(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let mut found = None;
    t.each(cx, |_, row| {
        found = Some(row);
        Ok(true)
    })?;
    Ok(found.map_or_else(|| args[1].clone(), |row| t.row_value(row)))
}

fn single_row(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let mut rows = t.open(cx)?;
    let Some(row) = rows.next(cx)? else { return Err(super::list::too_few().with_detail(args[0].clone())) };
    if rows.next(cx)?.is_some() {
        return Err(super::list::too_many().with_detail(args[0].clone()));
    }
    Ok(t.row_value(row))
}

fn reverse_rows(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let mut rows = t.rows(cx)?;
    rows.reverse();
    held(&t, rows)
}

/// Rows given as records, in the order of the table's columns.
fn rows_of(cx: &mut Interp, t: &Table, value: &Value) -> Result<Vec<Row>> {
    let items = match value.bare() {
        Value::Table(other) => records(cx, other)?,
        other => list(other)?.values(cx)?,
    };
    items.iter().map(|item| row_of(t, &record(item)?)).collect()
}

fn row_of(t: &Table, r: &Record) -> Result<Row> {
    if let Some(extra) = r.shape().names().iter().find(|n| t.shape().position(n).is_none()) {
        return Err(crate::m::eval::missing_column(extra));
    }
    Ok(t.column_names().iter().map(|n| r.get(n).map_or_else(|| Slot::failed(r.missing(n)), |cell| cell.to_slot())).collect())
}

/// The rows with a range of them replaced.
fn spliced(cx: &mut Interp, args: &[Value], offset: &Value, n: usize, new: &Value) -> Result<Value> {
    let t = table(&args[0])?;
    let mut rows = t.rows(cx)?;
    let at = count("offset", offset)?;
    if at > rows.len() {
        return Err(out_of_range("offset", offset));
    }
    let fresh = if new.is_null() { Vec::new() } else { rows_of(cx, &t, new)? };
    let end = at.saturating_add(n).min(rows.len());
    rows.splice(at..end, fresh);
    held(&t, rows)
}

fn insert_rows(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    spliced(cx, args, &args[1], 0, &args[2])
}

fn remove_rows(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let n = if args[2].is_null() { 1 } else { count("count", &args[2])? };
    spliced(cx, args, &args[1], n, &Value::Null)
}

fn replace_rows(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let n = count("count", &args[2])?;
    spliced(cx, args, &args[1], n, &args[3])
}

fn quantify(cx: &mut Interp, args: &[Value], stop: bool) -> Result<Value> {
    let t = table(&args[0])?;
    let mut answer = !stop;
    t.each(cx, |cx, row| {
        let holds = cx.call_predicate(&args[1], &[t.row_value(row)])?;
        if holds == stop {
            answer = stop;
        }
        Ok(holds != stop)
    })?;
    Ok(Value::Logical(answer))
}

fn matches_all(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    quantify(cx, args, false)
}

fn matches_any(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    quantify(cx, args, true)
}

/// Sort criteria of a table: column names select fields.
pub(super) fn criteria(cx: &mut Interp, t: &Table, value: &Value) -> Result<Criteria> {
    let shape = t.shape().clone();
    Criteria::read_with(cx, value, &move |_, name| match shape.position(name) {
        Some(_) => Ok(Some(field_selector(name))),
        None => Err(crate::m::eval::missing_column(name)),
    })
}

/// The rows in order of the criteria.
pub(super) fn sorted(cx: &mut Interp, t: &Table, value: &Value) -> Result<Vec<(Vec<Value>, Row)>> {
    let criteria = criteria(cx, t, value)?;
    let mut keyed = Vec::new();
    for row in t.rows(cx)? {
        cx.tick()?;
        keyed.push((criteria.keys(cx, &t.row_value(row.clone()))?, row));
    }
    criteria.sort(cx, keyed)
}

fn sort(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let by = args[1].clone();
    struct Sorted(std::vec::IntoIter<Row>);
    impl RowCursor for Sorted {
        fn next(&mut self, _: &mut Interp) -> Result<Option<Row>> {
            Ok(self.0.next())
        }
    }
    struct Source {
        table: Table,
        by: Value,
    }
    impl RowSource for Source {
        fn open(&self, cx: &mut Interp) -> Result<Box<dyn RowCursor>> {
            let rows: Vec<Row> = sorted(cx, &self.table, &self.by)?.into_iter().map(|(_, row)| row).collect();
            Ok(Box::new(Sorted(rows.into_iter())))
        }
        fn count(&self, cx: &mut Interp) -> Result<Option<usize>> {
            self.table.count(cx).map(Some)
        }
    }
    made(Table::lazy(t.table_type().clone(), Source { table: t.clone(), by }).with_type(&t.ty()))
}

fn extreme(cx: &mut Interp, args: &[Value], want: Ordering) -> Result<Value> {
    let t = table(&args[0])?;
    let criteria = criteria(cx, &t, &args[1])?;
    let mut best: Option<(Vec<Value>, Row)> = None;
    t.each(cx, |cx, row| {
        let keys = criteria.keys(cx, &t.row_value(row.clone()))?;
        let better = match &best {
            Some((old, _)) => criteria.compare(cx, &keys, old)? == want,
            None => true,
        };
        if better {
            best = Some((keys, row));
        }
        Ok(true)
    })?;
    Ok(best.map_or_else(|| args[2].clone(), |(_, row)| t.row_value(row)))
}

fn max(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    extreme(cx, args, Ordering::Greater)
}

fn min(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    extreme(cx, args, Ordering::Less)
}

fn extremes(cx: &mut Interp, args: &[Value], descending: bool) -> Result<Value> {
    let t = table(&args[0])?;
    let mut rows: Vec<Row> = sorted(cx, &t, &args[1])?.into_iter().map(|(_, row)| row).collect();
    if descending {
        rows.reverse();
    }
    let mut out = Vec::new();
    if is_function(&args[2]) {
        for row in rows {
            if !cx.call_predicate(&args[2], &[t.row_value(row.clone())])? {
                break;
            }
            out.push(row);
        }
    } else {
        rows.truncate(count("countOrCondition", &args[2])?);
        out = rows;
    }
    held(&t, out)
}

fn max_n(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    extremes(cx, args, true)
}

fn min_n(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    extremes(cx, args, false)
}

fn split(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let size = count("pageSize", &args[1])?;
    if size == 0 {
        return Err(out_of_range("pageSize", &args[1]));
    }
    let rows = t.rows(cx)?;
    let pages = rows.chunks(size).map(|page| held(&t, page.to_vec())).collect::<Result<Vec<_>>>()?;
    Ok(Value::List(List::from_values(pages)))
}

fn split_at(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let n = count("count", &args[1])?;
    Ok(Value::List(List::from_values([Value::Table(window(&t, 0, n)), Value::Table(window(&t, n, usize::MAX))])))
}

/// How rows are told apart: by all columns, some columns, or what functions give, each under a comparer.
pub(super) struct RowEquation(Vec<(Option<Value>, Option<Value>)>);

impl RowEquation {
    /// Reads the criteria of `Table.Distinct` and its siblings.
    pub(super) fn read(cx: &mut Interp, value: &Value) -> Result<RowEquation> {
        let part = |cx: &mut Interp, value: &Value| -> Result<(Option<Value>, Option<Value>)> {
            Ok(match value.bare() {
                Value::Text(name) => (Some(field_selector(name)), None),
                Value::Function(f) if required_args(f) >= 2 => (None, Some(value.clone())),
                Value::Function(_) => (Some(value.clone()), None),
                Value::List(items) => {
                    let items = items.values(cx)?;
                    let mut out = (None, None);
                    for item in &items {
                        match item.bare() {
                            Value::Text(name) => out.0 = Some(field_selector(name)),
                            Value::Function(f) if required_args(f) >= 2 => out.1 = Some(item.clone()),
                            Value::Function(_) => out.0 = Some(item.clone()),
                            other => return Err(Error::expression("The equation criteria are not valid.").with_detail(other.clone())),
                        }
                    }
                    out
                }
                other => return Err(Error::expression("The equation criteria are not valid.").with_detail(other.clone())),
            })
        };
        Ok(RowEquation(match value.bare() {
            Value::Null => Vec::new(),
            Value::List(items) => {
                let items = items.values(cx)?;
                let pair = items.len() == 2 && is_function(&items[1]) && !matches!(items[0].bare(), Value::List(_));
                if pair { vec![part(cx, value)?] } else { items.iter().map(|item| part(cx, item)).collect::<Result<Vec<_>>>()? }
            }
            _ => vec![part(cx, value)?],
        }))
    }

    /// What is compared in place of a row.
    pub(super) fn project(&self, cx: &mut Interp, row: &Value) -> Result<Vec<Value>> {
        if self.0.is_empty() {
            return Ok(vec![row.clone()]);
        }
        self.0
            .iter()
            .map(|(key, _)| match key {
                Some(key) => cx.call(key, std::slice::from_ref(row)),
                None => Ok(row.clone()),
            })
            .collect()
    }

    pub(super) fn same(&self, cx: &mut Interp, a: &[Value], b: &[Value]) -> Result<bool> {
        for (at, (x, y)) in a.iter().zip(b).enumerate() {
            let equal = match self.0.get(at).and_then(|(_, comparer)| comparer.as_ref()) {
                Some(comparer) => values_equal(cx, comparer, x, y)?,
                None => cx.equals(x, y)?,
            };
            if !equal {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn hashes(&self) -> bool {
        self.0.iter().all(|(_, comparer)| comparer.is_none())
    }
}

/// A comparer's verdict; records are compared field by field.
fn values_equal(cx: &mut Interp, comparer: &Value, x: &Value, y: &Value) -> Result<bool> {
    if let (Value::Record(a), Value::Record(b), true) = (x.bare(), y.bare(), super::splitter::compares_scalars(comparer)) {
        for (name, cell) in a.fields() {
            let Some(other) = b.get(name) else { return Ok(false) };
            let (p, q) = (cell.force(cx)?, other.force(cx)?);
            if !comparer_says_equal(cx, comparer, &p, &q)? {
                return Ok(false);
            }
        }
        return Ok(a.shape().len() == b.shape().len());
    }
    comparer_says_equal(cx, comparer, x, y)
}

/// Rows seen so far under an equation.
struct Seen {
    equation: RowEquation,
    hashed: hashbrown::HashSet<crate::m::value::Key>,
    listed: Vec<Vec<Value>>,
}

impl Seen {
    fn new(equation: RowEquation) -> Seen {
        Seen { equation, hashed: hashbrown::HashSet::new(), listed: Vec::new() }
    }

    /// Adds a row; whether it was new.
    fn add(&mut self, cx: &mut Interp, row: &Value) -> Result<bool> {
        let projected = self.equation.project(cx, row)?;
        if self.equation.hashes() {
            let keys = projected.iter().map(|v| cx.key(v)).collect::<Result<Vec<_>>>()?;
            return Ok(self.hashed.insert(crate::m::value::Key::Many(keys)));
        }
        for other in &self.listed {
            cx.tick()?;
            if self.equation.same(cx, other, &projected)? {
                return Ok(false);
            }
        }
        self.listed.push(projected);
        Ok(true)
    }
}

fn distinct(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let criteria = args[1].clone();
    struct Distinct {
        rows: Box<dyn RowCursor>,
        shape: Shape,
        seen: Seen,
    }
    impl RowCursor for Distinct {
        fn next(&mut self, cx: &mut Interp) -> Result<Option<Row>> {
            while let Some(row) = self.rows.next(cx)? {
                cx.tick()?;
                if self.seen.add(cx, &Value::Record(Record::from_row(self.shape.clone(), row.clone())))? {
                    return Ok(Some(row));
                }
            }
            Ok(None)
        }
    }
    RowEquation::read(cx, &criteria)?;
    let source = t.clone();
    made(
        Table::lazy_with(t.table_type().clone(), move |cx| {
            let seen = Seen::new(RowEquation::read(cx, &criteria)?);
            Ok(Box::new(Distinct { rows: source.open(cx)?, shape: source.shape().clone(), seen }))
        })
        .with_type(&t.ty()),
    )
}

fn is_distinct(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let mut seen = Seen::new(RowEquation::read(cx, &args[1])?);
    let mut distinct = true;
    t.each(cx, |cx, row| {
        distinct = seen.add(cx, &t.row_value(row))?;
        Ok(distinct)
    })?;
    Ok(Value::Logical(distinct))
}

/// The fields of a row that a wanted row names.
fn narrowed(row: &Value, wanted: &Record) -> Value {
    let Value::Record(r) = row.bare() else { return row.clone() };
    let mut fields: Vec<(Name, Slot)> = Vec::new();
    for name in wanted.shape().names() {
        match r.get(name) {
            Some(cell) => fields.push((name.clone(), cell.to_slot())),
            None => return row.clone(),
        }
    }
    let (names, cells): (Vec<Name>, Vec<Slot>) = fields.into_iter().unzip();
    Value::Record(Record::from_cells(Shape::new(names), cells))
}

/// Whether a table's row is a wanted one: by the criteria, else by the fields that the wanted row has.
fn is_wanted(cx: &mut Interp, equation: &RowEquation, row: &Value, wanted: &Record) -> Result<bool> {
    let target = Value::Record(wanted.clone());
    let row = if equation.0.iter().all(|(key, _)| key.is_none()) { narrowed(row, wanted) } else { row.clone() };
    let (a, b) = (equation.project(cx, &row)?, equation.project(cx, &target)?);
    equation.same(cx, &a, &b)
}

fn wanted_rows(cx: &mut Interp, value: &Value) -> Result<Vec<Record>> {
    match value.bare() {
        Value::Record(r) => Ok(vec![r.clone()]),
        Value::Table(t) => records(cx, t)?.iter().map(record).collect(),
        other => list(other)?.values(cx)?.iter().map(record).collect(),
    }
}

fn contains(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    contains_any(cx, args)
}

fn contains_any(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let found = found_positions(cx, args, &args[2], true)?;
    Ok(Value::Logical(!found.is_empty()))
}

fn contains_all(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    for wanted in wanted_rows(cx, &args[1])? {
        let one = [args[0].clone(), Value::Record(wanted)];
        if found_positions(cx, &one, &args[2], true)?.is_empty() {
            return Ok(Value::Logical(false));
        }
    }
    Ok(Value::Logical(true))
}

/// Where the table's rows are wanted ones.
fn found_positions(cx: &mut Interp, args: &[Value], criteria: &Value, only_first: bool) -> Result<Vec<usize>> {
    let t = table(&args[0])?;
    let wanted = wanted_rows(cx, &args[1])?;
    let equation = RowEquation::read(cx, criteria)?;
    let (mut found, mut at) = (Vec::new(), 0);
    t.each(cx, |cx, row| {
        let row = t.row_value(row);
        for r in &wanted {
            if is_wanted(cx, &equation, &row, r)? {
                found.push(at);
                break;
            }
        }
        at += 1;
        Ok(found.is_empty() || !only_first)
    })?;
    Ok(found)
}

fn position_of(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let only_first = choice(&args[2], 0, 0..=2, "occurrence")? == 0;
    let found = found_positions(cx, args, &args[3], only_first)?;
    occurrences(&found, &args[2])
}

fn position_of_any(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    position_of(cx, args)
}

fn remove_matching(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let wanted = wanted_rows(cx, &args[1])?;
    let equation = RowEquation::read(cx, &args[2])?;
    let shape = t.shape().clone();
    made(filter_rows(&t, move |cx, row| {
        let row = Value::Record(Record::from_row(shape.clone(), row.clone()));
        for r in &wanted {
            if is_wanted(cx, &equation, &row, r)? {
                return Ok(false);
            }
        }
        Ok(true)
    }))
}

fn replace_matching(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let equation = RowEquation::read(cx, &args[2])?;
    let mut pairs = Vec::new();
    for pair in list(&args[1])?.values(cx)? {
        let pair = list(&pair)?.values(cx)?;
        let [old, new] = pair.as_slice() else {
            return Err(Error::expression("A replacement must be a list of an old and a new row.").with_detail(args[1].clone()));
        };
        pairs.push((record(old)?, row_of(&t, &record(new)?)?));
    }
    let shape = t.shape().clone();
    made(map_rows(&t, t.table_type().clone(), move |cx, row| {
        let value = Value::Record(Record::from_row(shape.clone(), row.clone()));
        for (old, new) in &pairs {
            if is_wanted(cx, &equation, &value, old)? {
                return Ok(new.clone());
            }
        }
        Ok(row)
    }))
}

fn error_places(cx: &mut Interp, t: &Table, columns: &Value) -> Result<Vec<usize>> {
    if columns.is_null() {
        return Ok((0..t.shape().len()).collect());
    }
    let wanted = names(cx, columns)?;
    places(t, &wanted)
}

fn has_error(cx: &mut Interp, row: &Row, at: &[usize]) -> Result<bool> {
    for at in at {
        match row[*at].force(cx) {
            Err(error) if error.is_catchable() => return Ok(true),
            Err(error) => return Err(error),
            Ok(_) => {}
        }
    }
    Ok(false)
}

fn remove_errors(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let at = error_places(cx, &t, &args[1])?;
    made(filter_rows(&t, move |cx, row| Ok(!has_error(cx, row, &at)?)))
}

fn select_errors(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let at = error_places(cx, &t, &args[1])?;
    made(filter_rows(&t, move |cx, row| has_error(cx, row, &at)))
}

fn find_text(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let wanted = need_text(&args[1])?;
    made(filter_rows(&t, move |cx, row| {
        for cell in row.iter() {
            let value = cell.force(cx)?;
            if has_text(cx, &value, &wanted)? {
                return Ok(true);
            }
        }
        Ok(false)
    }))
}

/// Nulls filled from the row before in the order given.
fn filled(cx: &mut Interp, t: &Table, columns: &Value, upward: bool) -> Result<Value> {
    let wanted = names(cx, columns)?;
    let at = places(t, &wanted)?;
    let mut rows = t.rows(cx)?;
    if upward {
        rows.reverse();
    }
    let mut last: Vec<Slot> = vec![Slot::Value(Value::Null); at.len()];
    for row in &mut rows {
        cx.tick()?;
        let mut cells: Option<Vec<Slot>> = None;
        for (i, at) in at.iter().enumerate() {
            let is_null = match row[*at].force(cx) {
                Ok(value) => value.is_null(),
                Err(error) if error.is_catchable() => false,
                Err(error) => return Err(error),
            };
            if is_null {
                cells.get_or_insert_with(|| row.to_vec())[*at] = last[i].clone();
            } else {
                last[i] = row[*at].clone();
            }
        }
        if let Some(cells) = cells {
            *row = cells.into();
        }
    }
    if upward {
        rows.reverse();
    }
    held(t, rows)
}

fn fill_down(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    filled(cx, &table(&args[0])?, &args[1], false)
}

fn fill_up(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    filled(cx, &table(&args[0])?, &args[1], true)
}

fn clear_down(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let t = table(&args[0])?;
    let wanted = names(cx, &args[1])?;
    let at = places(&t, &wanted)?;
    let mut before: Option<Vec<Value>> = None;
    let mut rows = t.rows(cx)?;
    for row in &mut rows {
        let now = at.iter().map(|at| row[*at].force(cx)).collect::<Result<Vec<_>>>()?;
        let mut cells = row.to_vec();
        if let Some(before) = &before {
            // Cleared together, when all of them repeat.
            let mut repeats = true;
            for (x, y) in before.iter().zip(&now) {
                repeats = repeats && cx.equals(x, y)?;
            }
            if repeats {
                for at in &at {
                    cells[*at] = Slot::Value(Value::Null);
                }
            }
        }
        before = Some(now);
        *row = cells.into();
    }
    held(&t, rows)
}
