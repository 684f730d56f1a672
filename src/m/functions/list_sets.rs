//! `List.*` that compare items: membership, multisets, replacement.

use hashbrown::HashMap;

use super::common::{Equation, choice, list, need_text};
use super::{ANY, Builtin, LIST, LOGICAL, NUMBER, TEXT, arg, opt};
use crate::m::error::{Error, Result};
use crate::m::eval::Interp;
use crate::m::value::{Key, List, Slot, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "List.Contains",
        params: &[arg("list", LIST), arg("value", ANY), opt("equationCriteria", ANY)],
        returns: LOGICAL,
        about: "Whether the list has a value.",
        source: "https://learn.microsoft.com/powerquery-m/list-contains",
        examples: &[("List.Contains({1, 2, 3}, 2)", "true")],
        run: contains,
    },
    Builtin {
        name: "List.ContainsAll",
        params: &[arg("list", LIST), arg("values", LIST), opt("equationCriteria", ANY)],
        returns: LOGICAL,
        about: "Whether the list has all of some values.",
        source: "https://learn.microsoft.com/powerquery-m/list-containsall",
        examples: &[("List.ContainsAll({1, 2, 3}, {2, 4})", "false")],
        run: contains_all,
    },
    Builtin {
        name: "List.ContainsAny",
        params: &[arg("list", LIST), arg("values", LIST), opt("equationCriteria", ANY)],
        returns: LOGICAL,
        about: "Whether the list has any of some values.",
        source: "https://learn.microsoft.com/powerquery-m/list-containsany",
        examples: &[("List.ContainsAny({1, 2, 3}, {2, 4})", "true")],
        run: contains_any,
    },
    Builtin {
        name: "List.Difference",
        params: &[arg("list1", LIST), arg("list2", LIST), opt("equationCriteria", ANY)],
        returns: LIST,
        about: "The items that another list lacks; repeated items count.",
        source: "https://learn.microsoft.com/powerquery-m/list-difference",
        examples: &[("List.Difference({1, 1, 2}, {1})", "{1, 2}")],
        run: difference,
    },
    Builtin {
        name: "List.Distinct",
        params: &[arg("list", LIST), opt("equationCriteria", ANY)],
        returns: LIST,
        about: "The items without repetitions.",
        source: "https://learn.microsoft.com/powerquery-m/list-distinct",
        examples: &[("List.Distinct({1, 1, 2})", "{1, 2}"), ("List.Distinct({\"a\", \"A\"}, Comparer.OrdinalIgnoreCase)", "{\"a\"}")],
        run: distinct,
    },
    Builtin {
        name: "List.FindText",
        params: &[arg("list", LIST), arg("text", TEXT)],
        returns: LIST,
        about: "The items that contain a text.",
        source: "https://learn.microsoft.com/powerquery-m/list-findtext",
        examples: &[("List.FindText({\"abc\", \"def\"}, \"b\")", "{\"abc\"}")],
        run: find_text,
    },
    Builtin {
        name: "List.Intersect",
        params: &[arg("lists", LIST), opt("equationCriteria", ANY)],
        returns: LIST,
        about: "The items that all lists have; repeated items count.",
        source: "https://learn.microsoft.com/powerquery-m/list-intersect",
        examples: &[("List.Intersect({{1, 1, 2}, {1, 1, 3}})", "{1, 1}")],
        run: intersect,
    },
    Builtin {
        name: "List.IsDistinct",
        params: &[arg("list", LIST), opt("equationCriteria", ANY)],
        returns: LOGICAL,
        about: "Whether no item comes twice.",
        source: "https://learn.microsoft.com/powerquery-m/list-isdistinct",
        examples: &[("List.IsDistinct({1, 1})", "false")],
        run: is_distinct,
    },
    Builtin {
        name: "List.PositionOf",
        params: &[arg("list", LIST), arg("value", ANY), opt("occurrence", NUMBER), opt("equationCriteria", ANY)],
        returns: ANY,
        about: "Where a value stands: first, last or all places; -1 where it does not.",
        source: "https://learn.microsoft.com/powerquery-m/list-positionof",
        examples: &[("List.PositionOf({1, 2, 1}, 1, Occurrence.All)", "{0, 2}"), ("List.PositionOf({1}, 5)", "-1")],
        run: position_of,
    },
    Builtin {
        name: "List.PositionOfAny",
        params: &[arg("list", LIST), arg("values", LIST), opt("occurrence", NUMBER), opt("equationCriteria", ANY)],
        returns: ANY,
        about: "Where any of some values stands: first, last or all places.",
        source: "https://learn.microsoft.com/powerquery-m/list-positionofany",
        examples: &[("List.PositionOfAny({1, 2, 3}, {2, 3})", "1")],
        run: position_of_any,
    },
    Builtin {
        name: "List.RemoveItems",
        params: &[arg("list1", LIST), arg("list2", LIST)],
        returns: LIST,
        about: "The list without the items of another.",
        source: "https://learn.microsoft.com/powerquery-m/list-removeitems",
        examples: &[("List.RemoveItems({1, 2, 3, 2}, {2})", "{1, 3}")],
        run: remove_items,
    },
    Builtin {
        name: "List.RemoveMatchingItems",
        params: &[arg("list1", LIST), arg("list2", LIST), opt("equationCriteria", ANY)],
        returns: LIST,
        about: "The list without the items of another.",
        source: "https://learn.microsoft.com/powerquery-m/list-removematchingitems",
        examples: &[("List.RemoveMatchingItems({1, 2, 3, 2}, {2})", "{1, 3}")],
        run: remove_items,
    },
    Builtin {
        name: "List.ReplaceMatchingItems",
        params: &[arg("list", LIST), arg("replacements", LIST), opt("equationCriteria", ANY)],
        returns: LIST,
        about: "The items with values replaced by pairs of old and new.",
        source: "https://learn.microsoft.com/powerquery-m/list-replacematchingitems",
        examples: &[("List.ReplaceMatchingItems({1, 2, 1}, {{1, 9}})", "{9, 2, 9}")],
        run: replace_matching,
    },
    Builtin {
        name: "List.Union",
        params: &[arg("lists", LIST), opt("equationCriteria", ANY)],
        returns: LIST,
        about: "The items of all lists; repeated items count as often as in the list that has most.",
        source: "https://learn.microsoft.com/powerquery-m/list-union",
        examples: &[("List.Union({{1, 1}, {1, 2}})", "{1, 1, 2}")],
        run: union,
    },
];

/// A multiset of values under an equation.
pub(super) struct Bag {
    equation: Equation,
    hashed: HashMap<Key, usize>,
    listed: Vec<(Value, usize)>,
}

impl Bag {
    pub(super) fn new(equation: Equation) -> Bag {
        Bag { equation, hashed: HashMap::new(), listed: Vec::new() }
    }

    fn find(&self, cx: &mut Interp, projected: &Value) -> Result<Option<usize>> {
        for (at, (value, _)) in self.listed.iter().enumerate() {
            cx.tick()?;
            if self.equation.same(cx, value, projected)? {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// Adds a value; how many equal ones there were before.
    pub(super) fn add(&mut self, cx: &mut Interp, value: &Value) -> Result<usize> {
        let projected = self.equation.project(cx, value)?;
        if self.equation.hashes() {
            let n = self.hashed.entry(cx.key(&projected)?).or_insert(0);
            *n += 1;
            return Ok(*n - 1);
        }
        match self.find(cx, &projected)? {
            Some(at) => {
                self.listed[at].1 += 1;
                Ok(self.listed[at].1 - 1)
            }
            None => {
                self.listed.push((projected, 1));
                Ok(0)
            }
        }
    }

    /// How many values are equal to this.
    pub(super) fn count(&self, cx: &mut Interp, value: &Value) -> Result<usize> {
        let projected = self.equation.project(cx, value)?;
        if self.equation.hashes() {
            return Ok(self.hashed.get(&cx.key(&projected)?).copied().unwrap_or(0));
        }
        Ok(self.find(cx, &projected)?.map_or(0, |at| self.listed[at].1))
    }

    /// Takes one equal value out; whether there was one.
    pub(super) fn take(&mut self, cx: &mut Interp, value: &Value) -> Result<bool> {
        let projected = self.equation.project(cx, value)?;
        let left = if self.equation.hashes() {
            self.hashed.get_mut(&cx.key(&projected)?)
        } else {
            self.find(cx, &projected)?.map(|at| &mut self.listed[at].1)
        };
        match left {
            Some(n) if *n > 0 => {
                *n -= 1;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    pub(super) fn of(cx: &mut Interp, equation: Equation, values: &[Value]) -> Result<Bag> {
        let mut bag = Bag::new(equation);
        for value in values {
            bag.add(cx, value)?;
        }
        Ok(bag)
    }
}

fn made(values: Vec<Value>) -> Result<Value> {
    Ok(Value::List(List::from_values(values)))
}

/// Whether a text is among plain values at hand; none where it takes more to tell.
fn contains_text(args: &[Value]) -> Option<bool> {
    let [Value::List(list), Value::Text(wanted), Value::Null] = args else { return None };
    for item in list.items()? {
        match item {
            Slot::Value(Value::Text(text)) if text == wanted => return Some(true),
            Slot::Value(Value::Text(_) | Value::Null | Value::Logical(_) | Value::Int(_) | Value::Double(_)) => {}
            _ => return None,
        }
    }
    Some(false)
}

fn contains(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    if let Some(found) = contains_text(args) {
        return Ok(Value::Logical(found));
    }
    let equation = Equation::read(cx, &args[2])?;
    let wanted = equation.project(cx, &args[1])?;
    let mut found = false;
    list(&args[0])?.each(cx, |cx, item| {
        let projected = equation.project(cx, &item)?;
        found = equation.same(cx, &projected, &wanted)?;
        Ok(!found)
    })?;
    Ok(Value::Logical(found))
}

fn contains_all(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let equation = Equation::read(cx, &args[2])?;
    let items = list(&args[0])?.values(cx)?;
    let bag = Bag::of(cx, equation, &items)?;
    let mut all = true;
    list(&args[1])?.each(cx, |cx, value| {
        all = bag.count(cx, &value)? > 0;
        Ok(all)
    })?;
    Ok(Value::Logical(all))
}

fn contains_any(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let equation = Equation::read(cx, &args[2])?;
    let items = list(&args[0])?.values(cx)?;
    let bag = Bag::of(cx, equation, &items)?;
    let mut any = false;
    list(&args[1])?.each(cx, |cx, value| {
        any = bag.count(cx, &value)? > 0;
        Ok(!any)
    })?;
    Ok(Value::Logical(any))
}

fn distinct(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let mut bag = Bag::new(Equation::read(cx, &args[1])?);
    let mut out = Vec::new();
    list(&args[0])?.each(cx, |cx, item| {
        if bag.add(cx, &item)? == 0 {
            out.push(item);
        }
        Ok(true)
    })?;
    made(out)
}

fn is_distinct(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let mut bag = Bag::new(Equation::read(cx, &args[1])?);
    let mut distinct = true;
    list(&args[0])?.each(cx, |cx, item| {
        distinct = bag.add(cx, &item)? == 0;
        Ok(distinct)
    })?;
    Ok(Value::Logical(distinct))
}

fn difference(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let equation = Equation::read(cx, &args[2])?;
    let without = list(&args[1])?.values(cx)?;
    let mut bag = Bag::of(cx, equation, &without)?;
    let mut out = Vec::new();
    list(&args[0])?.each(cx, |cx, item| {
        if !bag.take(cx, &item)? {
            out.push(item);
        }
        Ok(true)
    })?;
    made(out)
}

fn lists_of(cx: &mut Interp, value: &Value) -> Result<Vec<Vec<Value>>> {
    let lists = list(value)?.values(cx)?;
    lists.iter().map(|l| list(l)?.values(cx)).collect()
}

fn intersect(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let mut lists = lists_of(cx, &args[0])?.into_iter();
    let Some(mut common) = lists.next() else { return made(Vec::new()) };
    for other in lists {
        let equation = Equation::read(cx, &args[1])?;
        let mut bag = Bag::of(cx, equation, &other)?;
        let mut kept = Vec::new();
        for item in common {
            if bag.take(cx, &item)? {
                kept.push(item);
            }
        }
        common = kept;
    }
    made(common)
}

fn union(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let equation = Equation::read(cx, &args[1])?;
    let mut out = Vec::new();
    let mut have = Bag::new(equation);
    for items in lists_of(cx, &args[0])? {
        let equation = Equation::read(cx, &args[1])?;
        let mut seen = Bag::new(equation);
        for item in items {
            let before = seen.add(cx, &item)?;
            if have.count(cx, &item)? <= before {
                have.add(cx, &item)?;
                out.push(item);
            }
        }
    }
    made(out)
}

fn remove_items(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let equation = Equation::read(cx, args.get(2).unwrap_or(&Value::Null))?;
    let without = list(&args[1])?.values(cx)?;
    let bag = Bag::of(cx, equation, &without)?;
    let mut out = Vec::new();
    list(&args[0])?.each(cx, |cx, item| {
        if bag.count(cx, &item)? == 0 {
            out.push(item);
        }
        Ok(true)
    })?;
    made(out)
}

/// First, last or all positions, as `Occurrence` asks.
pub(super) fn occurrences(found: &[usize], occurrence: &Value) -> Result<Value> {
    Ok(match choice(occurrence, 0, 0..=2, "occurrence")? {
        2 => Value::List(List::from_values(found.iter().map(|at| Value::count(*at)))),
        1 => found.last().map_or(Value::Int(-1), |at| Value::count(*at)),
        _ => found.first().map_or(Value::Int(-1), |at| Value::count(*at)),
    })
}

fn position_of(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let equation = Equation::read(cx, &args[3])?;
    let wanted = equation.project(cx, &args[1])?;
    let only_first = choice(&args[2], 0, 0..=2, "occurrence")? == 0;
    let (mut found, mut at) = (Vec::new(), 0);
    list(&args[0])?.each(cx, |cx, item| {
        let projected = equation.project(cx, &item)?;
        if equation.same(cx, &projected, &wanted)? {
            found.push(at);
        }
        at += 1;
        Ok(found.is_empty() || !only_first)
    })?;
    occurrences(&found, &args[2])
}

fn position_of_any(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let equation = Equation::read(cx, &args[3])?;
    let wanted = list(&args[1])?.values(cx)?;
    let bag = Bag::of(cx, equation, &wanted)?;
    let (mut found, mut at) = (Vec::new(), 0);
    list(&args[0])?.each(cx, |cx, item| {
        if bag.count(cx, &item)? > 0 {
            found.push(at);
        }
        at += 1;
        Ok(true)
    })?;
    occurrences(&found, &args[2])
}

fn replace_matching(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let equation = Equation::read(cx, &args[2])?;
    let mut pairs = Vec::new();
    for pair in list(&args[1])?.values(cx)? {
        let pair = list(&pair)?.values(cx)?;
        let [old, new] = pair.as_slice() else {
            return Err(Error::expression("A replacement must be a list of an old and a new value.").with_detail(args[1].clone()));
        };
        pairs.push((equation.project(cx, old)?, new.clone()));
    }
    let mut out = Vec::new();
    list(&args[0])?.each(cx, |cx, item| {
        let projected = equation.project(cx, &item)?;
        let mut result = item;
        for (old, new) in &pairs {
            if equation.same(cx, &projected, old)? {
                result = new.clone();
                break;
            }
        }
        out.push(result);
        Ok(true)
    })?;
    made(out)
}

/// Whether a text occurs in a value: in a text, or in any part of a list or record.
pub(super) fn has_text(cx: &mut Interp, value: &Value, wanted: &str) -> Result<bool> {
    match value.bare() {
        Value::Text(t) => Ok(t.contains(wanted)),
        Value::List(items) => {
            let mut found = false;
            items.each(cx, |cx, item| {
                found = has_text(cx, &item, wanted)?;
                Ok(!found)
            })?;
            Ok(found)
        }
        Value::Record(record) => {
            for cell in record.cells().iter() {
                let value = cell.force(cx)?;
                if has_text(cx, &value, wanted)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        _ => Ok(false),
    }
}

fn find_text(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let wanted = need_text(&args[1])?;
    let mut out = Vec::new();
    list(&args[0])?.each(cx, |cx, item| {
        if has_text(cx, &item, &wanted)? {
            out.push(item);
        }
        Ok(true)
    })?;
    made(out)
}
