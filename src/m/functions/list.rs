//! `List.*`: access, transformation, generation. Lists stream: nothing is read before somebody asks for it.

use std::rc::Rc;

use super::common::{Criteria, count, double_value, list, out_of_range};
use super::{ANY, Builtin, DATE, DATETIME, DATETIMEZONE, DURATION, FUNCTION, LIST, LOGICAL, NUMBER, TIME, arg, opt};
use crate::m::error::{Error, Result};
use crate::m::eval::{Caller, Interp};
use crate::m::value::{List, ListCursor, ListSource, Slot, TICKS_PER_DAY, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "List.Accumulate",
        params: &[arg("list", LIST), arg("seed", ANY), arg("accumulator", FUNCTION)],
        returns: ANY,
        about: "Folds the items into one value, from the first to the last.",
        source: "https://learn.microsoft.com/powerquery-m/list-accumulate",
        examples: &[("List.Accumulate({1, 2, 3}, 0, (sum, n) => sum + n)", "6")],
        run: accumulate,
    },
    Builtin {
        name: "List.AllTrue",
        params: &[arg("list", LIST)],
        returns: LOGICAL,
        about: "Whether all items are true.",
        source: "https://learn.microsoft.com/powerquery-m/list-alltrue",
        examples: &[("List.AllTrue({true, 1 < 2})", "true")],
        run: all_true,
    },
    Builtin {
        name: "List.Alternate",
        params: &[arg("list", LIST), arg("count", NUMBER), opt("repeatInterval", NUMBER), opt("offset", NUMBER)],
        returns: LIST,
        about: "Leaves items out and keeps items in turn, after an offset.",
        source: "https://learn.microsoft.com/powerquery-m/list-alternate",
        examples: &[("List.Alternate({1..6}, 1, 1)", "{2, 4, 6}")],
        run: alternate,
    },
    Builtin {
        name: "List.AnyTrue",
        params: &[arg("list", LIST)],
        returns: LOGICAL,
        about: "Whether any item is true.",
        source: "https://learn.microsoft.com/powerquery-m/list-anytrue",
        examples: &[("List.AnyTrue({false, 1 < 2})", "true")],
        run: any_true,
    },
    Builtin {
        name: "List.Buffer",
        params: &[arg("list", LIST)],
        returns: LIST,
        about: "The items, evaluated once and kept.",
        source: "https://learn.microsoft.com/powerquery-m/list-buffer",
        examples: &[("List.Buffer({1, 2})", "{1, 2}")],
        run: buffer,
    },
    Builtin {
        name: "List.Combine",
        params: &[arg("lists", LIST)],
        returns: LIST,
        about: "The items of several lists one after the other.",
        source: "https://learn.microsoft.com/powerquery-m/list-combine",
        examples: &[("List.Combine({{1}, {2, 3}})", "{1, 2, 3}")],
        run: combine,
    },
    Builtin {
        name: "List.Count",
        params: &[arg("list", LIST)],
        returns: NUMBER,
        about: "How many items there are.",
        source: "https://learn.microsoft.com/powerquery-m/list-count",
        examples: &[("List.Count({1, null})", "2")],
        run: list_count,
    },
    Builtin {
        name: "List.DateTimeZones",
        params: &[arg("start", DATETIMEZONE), arg("count", NUMBER), arg("step", DURATION)],
        returns: LIST,
        about: "Moments with a zone, a step apart.",
        source: "https://learn.microsoft.com/powerquery-m/list-datetimezones",
        examples: &[("List.Count(List.DateTimeZones(#datetimezone(2024, 1, 1, 0, 0, 0, 0, 0), 3, #duration(1, 0, 0, 0)))", "3")],
        run: steps,
    },
    Builtin {
        name: "List.DateTimes",
        params: &[arg("start", DATETIME), arg("count", NUMBER), arg("step", DURATION)],
        returns: LIST,
        about: "Moments, a step apart.",
        source: "https://learn.microsoft.com/powerquery-m/list-datetimes",
        examples: &[(
            "List.Last(List.DateTimes(#datetime(2024, 1, 1, 0, 0, 0), 2, #duration(0, 6, 0, 0)))",
            "#datetime(2024, 1, 1, 6, 0, 0)",
        )],
        run: steps,
    },
    Builtin {
        name: "List.Dates",
        params: &[arg("start", DATE), arg("count", NUMBER), arg("step", DURATION)],
        returns: LIST,
        about: "Dates, a step apart.",
        source: "https://learn.microsoft.com/powerquery-m/list-dates",
        examples: &[("List.Dates(#date(2024, 1, 31), 2, #duration(1, 0, 0, 0))", "{#date(2024, 1, 31), #date(2024, 2, 1)}")],
        run: steps,
    },
    Builtin {
        name: "List.Durations",
        params: &[arg("start", DURATION), arg("count", NUMBER), arg("step", DURATION)],
        returns: LIST,
        about: "Durations, a step apart.",
        source: "https://learn.microsoft.com/powerquery-m/list-durations",
        examples: &[("List.Durations(#duration(0, 1, 0, 0), 2, #duration(0, 1, 0, 0))", "{#duration(0, 1, 0, 0), #duration(0, 2, 0, 0)}")],
        run: steps,
    },
    Builtin {
        name: "List.First",
        params: &[arg("list", LIST), opt("defaultValue", ANY)],
        returns: ANY,
        about: "The first item, or a default for an empty list.",
        source: "https://learn.microsoft.com/powerquery-m/list-first",
        examples: &[("List.First({1, 2})", "1"), ("List.First({}, 0)", "0")],
        run: first,
    },
    Builtin {
        name: "List.FirstN",
        params: &[arg("list", LIST), arg("countOrCondition", ANY)],
        returns: ANY,
        about: "The first items, by number or while a condition holds.",
        source: "https://learn.microsoft.com/powerquery-m/list-firstn",
        examples: &[("List.FirstN({1, 2, 3}, 2)", "{1, 2}"), ("List.FirstN({1, 5, 2}, each _ < 3)", "{1}")],
        run: first_n,
    },
    Builtin {
        name: "List.Generate",
        params: &[arg("initial", FUNCTION), arg("condition", FUNCTION), arg("next", FUNCTION), opt("selector", FUNCTION)],
        returns: LIST,
        about: "Items from a state that is carried on while a condition holds.",
        source: "https://learn.microsoft.com/powerquery-m/list-generate",
        examples: &[
            ("List.Generate(() => 1, each _ < 20, each _ * 3)", "{1, 3, 9}"),
            ("List.Generate(() => [n = 3], each [n] > 0, each [n = [n] - 1], each [n] * 10)", "{30, 20, 10}"),
        ],
        run: generate,
    },
    Builtin {
        name: "List.InsertRange",
        params: &[arg("list", LIST), arg("index", NUMBER), arg("values", LIST)],
        returns: LIST,
        about: "The list with items put in at a position.",
        source: "https://learn.microsoft.com/powerquery-m/list-insertrange",
        examples: &[("List.InsertRange({1, 4}, 1, {2, 3})", "{1, 2, 3, 4}")],
        run: insert_range,
    },
    Builtin {
        name: "List.IsEmpty",
        params: &[arg("list", LIST)],
        returns: LOGICAL,
        about: "Whether there is no item.",
        source: "https://learn.microsoft.com/powerquery-m/list-isempty",
        examples: &[("List.IsEmpty({})", "true")],
        run: is_empty,
    },
    Builtin {
        name: "List.Last",
        params: &[arg("list", LIST), opt("defaultValue", ANY)],
        returns: ANY,
        about: "The last item, or a default for an empty list.",
        source: "https://learn.microsoft.com/powerquery-m/list-last",
        examples: &[("List.Last({1, 2})", "2")],
        run: last,
    },
    Builtin {
        name: "List.LastN",
        params: &[arg("list", LIST), opt("countOrCondition", ANY)],
        returns: ANY,
        about: "The last items, by number or while a condition holds from the end.",
        source: "https://learn.microsoft.com/powerquery-m/list-lastn",
        examples: &[("List.LastN({1, 2, 3}, 2)", "{2, 3}")],
        run: last_n,
    },
    Builtin {
        name: "List.MatchesAll",
        params: &[arg("list", LIST), arg("condition", FUNCTION)],
        returns: LOGICAL,
        about: "Whether a condition holds for all items.",
        source: "https://learn.microsoft.com/powerquery-m/list-matchesall",
        examples: &[("List.MatchesAll({1, 2}, each _ > 0)", "true")],
        run: matches_all,
    },
    Builtin {
        name: "List.MatchesAny",
        params: &[arg("list", LIST), arg("condition", FUNCTION)],
        returns: LOGICAL,
        about: "Whether a condition holds for any item.",
        source: "https://learn.microsoft.com/powerquery-m/list-matchesany",
        examples: &[("List.MatchesAny({1, 2}, each _ > 1)", "true")],
        run: matches_any,
    },
    Builtin {
        name: "List.NonNullCount",
        params: &[arg("list", LIST)],
        returns: NUMBER,
        about: "How many items are not null.",
        source: "https://learn.microsoft.com/powerquery-m/list-nonnullcount",
        examples: &[("List.NonNullCount({1, null})", "1")],
        run: non_null_count,
    },
    Builtin {
        name: "List.Numbers",
        params: &[arg("start", NUMBER), arg("count", NUMBER), opt("increment", NUMBER)],
        returns: LIST,
        about: "Numbers, a step apart.",
        source: "https://learn.microsoft.com/powerquery-m/list-numbers",
        examples: &[("List.Numbers(1, 3, 0.5)", "{1, 1.5, 2}")],
        run: numbers,
    },
    Builtin {
        name: "List.Positions",
        params: &[arg("list", LIST)],
        returns: LIST,
        about: "The positions of the items.",
        source: "https://learn.microsoft.com/powerquery-m/list-positions",
        examples: &[("List.Positions({\"a\", \"b\"})", "{0, 1}")],
        run: positions,
    },
    Builtin {
        name: "List.Range",
        params: &[arg("list", LIST), arg("offset", NUMBER), opt("count", NUMBER)],
        returns: LIST,
        about: "Items from an offset on.",
        source: "https://learn.microsoft.com/powerquery-m/list-range",
        examples: &[("List.Range({1, 2, 3, 4}, 1, 2)", "{2, 3}")],
        run: range,
    },
    Builtin {
        name: "List.RemoveFirstN",
        params: &[arg("list", LIST), opt("countOrCondition", ANY)],
        returns: LIST,
        about: "The list without its first items, by number or while a condition holds.",
        source: "https://learn.microsoft.com/powerquery-m/list-removefirstn",
        examples: &[("List.RemoveFirstN({1, 2, 3}, 2)", "{3}")],
        run: skip,
    },
    Builtin {
        name: "List.RemoveLastN",
        params: &[arg("list", LIST), opt("countOrCondition", ANY)],
        returns: LIST,
        about: "The list without its last items, by number or while a condition holds from the end.",
        source: "https://learn.microsoft.com/powerquery-m/list-removelastn",
        examples: &[("List.RemoveLastN({1, 2, 3})", "{1, 2}")],
        run: remove_last_n,
    },
    Builtin {
        name: "List.RemoveNulls",
        params: &[arg("list", LIST)],
        returns: LIST,
        about: "The items that are not null.",
        source: "https://learn.microsoft.com/powerquery-m/list-removenulls",
        examples: &[("List.RemoveNulls({1, null, 2})", "{1, 2}")],
        run: remove_nulls,
    },
    Builtin {
        name: "List.RemoveRange",
        params: &[arg("list", LIST), arg("index", NUMBER), opt("count", NUMBER)],
        returns: LIST,
        about: "The list without the items from a position on.",
        source: "https://learn.microsoft.com/powerquery-m/list-removerange",
        examples: &[("List.RemoveRange({1, 2, 3, 4}, 1, 2)", "{1, 4}")],
        run: remove_range,
    },
    Builtin {
        name: "List.Repeat",
        params: &[arg("list", LIST), arg("count", NUMBER)],
        returns: LIST,
        about: "The list several times over.",
        source: "https://learn.microsoft.com/powerquery-m/list-repeat",
        examples: &[("List.Repeat({1, 2}, 2)", "{1, 2, 1, 2}")],
        run: repeat,
    },
    Builtin {
        name: "List.ReplaceRange",
        params: &[arg("list", LIST), arg("index", NUMBER), arg("count", NUMBER), arg("replaceWith", LIST)],
        returns: LIST,
        about: "The list with the items of a range replaced by others.",
        source: "https://learn.microsoft.com/powerquery-m/list-replacerange",
        examples: &[("List.ReplaceRange({1, 7, 8, 5}, 1, 2, {2, 3, 4})", "{1, 2, 3, 4, 5}")],
        run: replace_range,
    },
    Builtin {
        name: "List.ReplaceValue",
        params: &[arg("list", LIST), arg("oldValue", ANY), arg("newValue", ANY), arg("replacer", FUNCTION)],
        returns: LIST,
        about: "The items with a value replaced by a replacer function.",
        source: "https://learn.microsoft.com/powerquery-m/list-replacevalue",
        examples: &[("List.ReplaceValue({1, 2, 1}, 1, 0, Replacer.ReplaceValue)", "{0, 2, 0}")],
        run: replace_value,
    },
    Builtin {
        name: "List.Reverse",
        params: &[arg("list", LIST)],
        returns: LIST,
        about: "The items in reverse order.",
        source: "https://learn.microsoft.com/powerquery-m/list-reverse",
        examples: &[("List.Reverse({1, 2, 3})", "{3, 2, 1}")],
        run: reverse,
    },
    Builtin {
        name: "List.Select",
        params: &[arg("list", LIST), arg("selection", FUNCTION)],
        returns: LIST,
        about: "The items for which a condition holds.",
        source: "https://learn.microsoft.com/powerquery-m/list-select",
        examples: &[("List.Select({1, 2, 3}, each _ > 1)", "{2, 3}")],
        run: select,
    },
    Builtin {
        name: "List.Single",
        params: &[arg("list", LIST)],
        returns: ANY,
        about: "The only item.",
        source: "https://learn.microsoft.com/powerquery-m/list-single",
        examples: &[("List.Single({5})", "5")],
        run: single,
    },
    Builtin {
        name: "List.SingleOrDefault",
        params: &[arg("list", LIST), opt("default", ANY)],
        returns: ANY,
        about: "The only item, or a default for an empty list.",
        source: "https://learn.microsoft.com/powerquery-m/list-singleordefault",
        examples: &[("List.SingleOrDefault({}, 0)", "0")],
        run: single_or_default,
    },
    Builtin {
        name: "List.Skip",
        params: &[arg("list", LIST), opt("countOrCondition", ANY)],
        returns: LIST,
        about: "The list without its first items, by number or while a condition holds.",
        source: "https://learn.microsoft.com/powerquery-m/list-skip",
        examples: &[("List.Skip({1, 2, 3})", "{2, 3}"), ("List.Skip({5, 4, 2, 6}, each _ > 3)", "{2, 6}")],
        run: skip,
    },
    Builtin {
        name: "List.Sort",
        params: &[arg("list", LIST), opt("comparisonCriteria", ANY)],
        returns: LIST,
        about: "The items in order: by value, by keys, or by a comparer.",
        source: "https://learn.microsoft.com/powerquery-m/list-sort",
        examples: &[
            ("List.Sort({2, 3, 1}, Order.Descending)", "{3, 2, 1}"),
            ("List.Sort({\"bb\", \"a\"}, each Text.Length(_))", "{\"a\", \"bb\"}"),
        ],
        run: sort,
    },
    Builtin {
        name: "List.Split",
        params: &[arg("list", LIST), arg("pageSize", NUMBER)],
        returns: LIST,
        about: "Lists of a size; the last may be shorter.",
        source: "https://learn.microsoft.com/powerquery-m/list-split",
        examples: &[("List.Split({1, 2, 3}, 2)", "{{1, 2}, {3}}")],
        run: split,
    },
    Builtin {
        name: "List.Times",
        params: &[arg("start", TIME), arg("count", NUMBER), arg("step", DURATION)],
        returns: LIST,
        about: "Times of day, a step apart.",
        source: "https://learn.microsoft.com/powerquery-m/list-times",
        examples: &[("List.Times(#time(23, 0, 0), 2, #duration(0, 1, 0, 0))", "{#time(23, 0, 0), #time(0, 0, 0)}")],
        run: steps,
    },
    Builtin {
        name: "List.Transform",
        params: &[arg("list", LIST), arg("transform", FUNCTION)],
        returns: LIST,
        about: "The results of a function for each item.",
        source: "https://learn.microsoft.com/powerquery-m/list-transform",
        examples: &[("List.Transform({1, 2}, each _ * 10)", "{10, 20}")],
        run: transform,
    },
    Builtin {
        name: "List.TransformMany",
        params: &[arg("list", LIST), arg("collectionTransform", FUNCTION), arg("resultTransform", FUNCTION)],
        returns: LIST,
        about: "The results of a function for each item and each of what another function makes of it.",
        source: "https://learn.microsoft.com/powerquery-m/list-transformmany",
        examples: &[("List.TransformMany({1, 2}, each {_, _ * 10}, (x, y) => x + y)", "{2, 11, 4, 22}")],
        run: transform_many,
    },
    Builtin {
        name: "List.Zip",
        params: &[arg("lists", LIST)],
        returns: LIST,
        about: "The first items together, the second items together …; what is missing is null.",
        source: "https://learn.microsoft.com/powerquery-m/list-zip",
        examples: &[("List.Zip({{1, 2}, {3}})", "{{1, 3}, {2, null}}")],
        run: zip,
    },
];

fn made(slots: Vec<Slot>) -> Result<Value> {
    Ok(Value::List(List::from_slots(slots)))
}

/// A lazy list whose number of items is that of another.
struct Counted<F> {
    like: List,
    open: F,
}

impl<F: Fn(&mut Interp) -> Result<Box<dyn ListCursor>>> ListSource for Counted<F> {
    fn open(&self, cx: &mut Interp) -> Result<Box<dyn ListCursor>> {
        (self.open)(cx)
    }

    fn count(&self, cx: &mut Interp) -> Result<Option<usize>> {
        self.like.count(cx).map(Some)
    }
}

struct Transformed {
    items: Box<dyn ListCursor>,
    caller: Rc<Caller>,
}

impl ListCursor for Transformed {
    fn next(&mut self, cx: &mut Interp) -> Result<Option<Slot>> {
        Ok(self.items.next(cx)?.map(|slot| match slot {
            Slot::Value(value) => Slot::call(&self.caller.function, value),
            lazy => {
                let caller = self.caller.clone();
                Slot::lazy(move |cx| {
                    let value = lazy.force(cx)?;
                    caller.call(cx, value)
                })
            }
        }))
    }

    fn next_value(&mut self, cx: &mut Interp) -> Result<Option<Value>> {
        match self.items.next_value(cx)? {
            Some(value) => self.caller.call(cx, value).map(Some),
            None => Ok(None),
        }
    }
}

fn transform(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let (items, caller) = (list(&args[0])?, Caller::new(args[1].clone()));
    let like = items.clone();
    let open = move |cx: &mut Interp| -> Result<Box<dyn ListCursor>> {
        Ok(Box::new(Transformed { items: items.open(cx)?, caller: caller.clone() }))
    };
    Ok(Value::List(List::lazy(Counted { like, open })))
}

struct Selected {
    items: Box<dyn ListCursor>,
    condition: Rc<Caller>,
}

impl ListCursor for Selected {
    fn next(&mut self, cx: &mut Interp) -> Result<Option<Slot>> {
        Ok(self.next_value(cx)?.map(Slot::Value))
    }

    fn next_value(&mut self, cx: &mut Interp) -> Result<Option<Value>> {
        while let Some(value) = self.items.next_value(cx)? {
            cx.tick()?;
            if self.condition.holds(cx, &value)? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }
}

fn select(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let (items, condition) = (list(&args[0])?, Caller::new(args[1].clone()));
    Ok(Value::List(List::lazy_with(move |cx| Ok(Box::new(Selected { items: items.open(cx)?, condition: condition.clone() })))))
}

struct NonNull(Box<dyn ListCursor>);

impl ListCursor for NonNull {
    fn next(&mut self, cx: &mut Interp) -> Result<Option<Slot>> {
        while let Some(value) = self.0.next_value(cx)? {
            cx.tick()?;
            if !value.is_null() {
                return Ok(Some(Slot::Value(value)));
            }
        }
        Ok(None)
    }
}

fn remove_nulls(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let items = list(&args[0])?;
    Ok(Value::List(List::lazy_with(move |cx| Ok(Box::new(NonNull(items.open(cx)?))))))
}

struct Generated {
    next: Rc<Caller>,
    condition: Rc<Caller>,
    selector: Option<Rc<Caller>>,
    /// What gives the state to test: the initial function, then the last state.
    state: State,
}

enum State {
    Initial(Value),
    After(Value),
    Ended,
}

impl Generated {
    fn advance(&mut self, cx: &mut Interp) -> Result<Option<Value>> {
        cx.tick()?;
        let state = match std::mem::replace(&mut self.state, State::Ended) {
            State::Initial(initial) => cx.call(&initial, &[])?,
            State::After(state) => self.next.call(cx, state)?,
            State::Ended => return Ok(None),
        };
        if !self.condition.holds(cx, &state)? {
            return Ok(None);
        }
        self.state = State::After(state.clone());
        Ok(Some(state))
    }
}

impl ListCursor for Generated {
    fn next(&mut self, cx: &mut Interp) -> Result<Option<Slot>> {
        Ok(self.advance(cx)?.map(|state| match &self.selector {
            Some(selector) => Slot::call(&selector.function, state),
            None => Slot::Value(state),
        }))
    }

    fn next_value(&mut self, cx: &mut Interp) -> Result<Option<Value>> {
        let Some(state) = self.advance(cx)? else { return Ok(None) };
        match &self.selector {
            Some(selector) => selector.call(cx, state).map(Some),
            None => Ok(Some(state)),
        }
    }
}

fn generate(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let initial = args[0].clone();
    let (condition, next) = (Caller::new(args[1].clone()), Caller::new(args[2].clone()));
    let selector = (!args[3].is_null()).then(|| Caller::new(args[3].clone()));
    Ok(Value::List(List::lazy_with(move |_| {
        Ok(Box::new(Generated {
            next: next.clone(),
            condition: condition.clone(),
            selector: selector.clone(),
            state: State::Initial(initial.clone()),
        }))
    })))
}

struct Concatenated {
    lists: Box<dyn ListCursor>,
    now: Option<Box<dyn ListCursor>>,
}

impl Concatenated {
    /// Moves to the next list; false at the end.
    fn step(&mut self, cx: &mut Interp) -> Result<bool> {
        match self.lists.next_value(cx)? {
            Some(next) => {
                self.now = Some(list(&next)?.open(cx)?);
                Ok(true)
            }
            None => Ok(false),
        }
    }
}

impl ListCursor for Concatenated {
    fn next(&mut self, cx: &mut Interp) -> Result<Option<Slot>> {
        loop {
            if let Some(now) = &mut self.now
                && let Some(slot) = now.next(cx)?
            {
                return Ok(Some(slot));
            }
            cx.tick()?;
            if !self.step(cx)? {
                return Ok(None);
            }
        }
    }

    fn next_value(&mut self, cx: &mut Interp) -> Result<Option<Value>> {
        loop {
            if let Some(now) = &mut self.now
                && let Some(value) = now.next_value(cx)?
            {
                return Ok(Some(value));
            }
            cx.tick()?;
            if !self.step(cx)? {
                return Ok(None);
            }
        }
    }
}

/// The lists of a list one after the other.
pub(super) fn concatenate(lists: List) -> List {
    List::lazy_with(move |cx| Ok(Box::new(Concatenated { lists: lists.open(cx)?, now: None })))
}

fn combine(_: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(Value::List(concatenate(list(&args[0])?)))
}

fn repeat(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let n = count("count", &args[1])?;
    let item = args[0].clone();
    struct Same(Value, usize);
    impl ListCursor for Same {
        fn next(&mut self, _: &mut Interp) -> Result<Option<Slot>> {
            if self.1 == 0 {
                return Ok(None);
            }
            self.1 -= 1;
            Ok(Some(Slot::Value(self.0.clone())))
        }
    }
    Ok(Value::List(concatenate(List::lazy_with(move |_| Ok(Box::new(Same(item.clone(), n)))))))
}

/// At most some items, after leaving some out.
struct Window {
    items: Box<dyn ListCursor>,
    skip: usize,
    take: usize,
}

impl ListCursor for Window {
    fn next(&mut self, cx: &mut Interp) -> Result<Option<Slot>> {
        while self.skip > 0 {
            cx.tick()?;
            self.skip -= 1;
            if self.items.next(cx)?.is_none() {
                self.take = 0;
                break;
            }
        }
        if self.take == 0 {
            return Ok(None);
        }
        self.take -= 1;
        self.items.next(cx)
    }
}

fn window(items: List, skip: usize, take: usize) -> Value {
    if let Some(slots) = items.items() {
        let start = skip.min(slots.len());
        let end = start.saturating_add(take).min(slots.len());
        return Value::List(List::from_slots(slots[start..end].to_vec()));
    }
    Value::List(List::lazy_with(move |cx| Ok(Box::new(Window { items: items.open(cx)?, skip, take }))))
}

/// Items while a condition holds.
struct While {
    items: Box<dyn ListCursor>,
    condition: Value,
    ended: bool,
}

impl ListCursor for While {
    fn next(&mut self, cx: &mut Interp) -> Result<Option<Slot>> {
        if self.ended {
            return Ok(None);
        }
        if let Some(value) = self.items.next_value(cx)?
            && cx.call_predicate(&self.condition, std::slice::from_ref(&value))?
        {
            return Ok(Some(Slot::Value(value)));
        }
        self.ended = true;
        Ok(None)
    }
}

/// Items from the first for which a condition does not hold.
struct After {
    items: Box<dyn ListCursor>,
    condition: Option<Value>,
}

impl ListCursor for After {
    fn next(&mut self, cx: &mut Interp) -> Result<Option<Slot>> {
        while let Some(condition) = &self.condition {
            cx.tick()?;
            let Some(value) = self.items.next_value(cx)? else { return Ok(None) };
            if !cx.call_predicate(condition, std::slice::from_ref(&value))? {
                self.condition = None;
                return Ok(Some(Slot::Value(value)));
            }
        }
        self.items.next(cx)
    }
}

fn is_function(value: &Value) -> bool {
    matches!(value.bare(), Value::Function(_))
}

fn first_n(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let items = list(&args[0])?;
    if is_function(&args[1]) {
        let condition = args[1].clone();
        return Ok(Value::List(List::lazy_with(move |cx| {
            Ok(Box::new(While { items: items.open(cx)?, condition: condition.clone(), ended: false }))
        })));
    }
    Ok(window(items, 0, count("count", &args[1])?))
}

fn skip(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let items = list(&args[0])?;
    if is_function(&args[1]) {
        let condition = args[1].clone();
        return Ok(Value::List(List::lazy_with(move |cx| {
            Ok(Box::new(After { items: items.open(cx)?, condition: Some(condition.clone()) }))
        })));
    }
    let n = if args[1].is_null() { 1 } else { count("count", &args[1])? };
    Ok(window(items, n, usize::MAX))
}

fn range(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let take = if args[2].is_null() { usize::MAX } else { count("count", &args[2])? };
    Ok(window(list(&args[0])?, count("offset", &args[1])?, take))
}

/// How many items at the end are meant: a number, or those for which a condition holds without a gap.
fn tail_count(cx: &mut Interp, slots: &[Slot], criterion: &Value) -> Result<usize> {
    if is_function(criterion) {
        let mut n = 0;
        for slot in slots.iter().rev() {
            let value = slot.force(cx)?;
            if !cx.call_predicate(criterion, &[value])? {
                break;
            }
            n += 1;
        }
        return Ok(n);
    }
    if criterion.is_null() { Ok(1) } else { Ok(count("count", criterion)?.min(slots.len())) }
}

fn last_n(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let slots = list(&args[0])?.slots(cx)?;
    let n = tail_count(cx, &slots, &args[1])?.min(slots.len());
    made(slots[slots.len() - n..].to_vec())
}

fn remove_last_n(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let slots = list(&args[0])?.slots(cx)?;
    let n = tail_count(cx, &slots, &args[1])?.min(slots.len());
    made(slots[..slots.len() - n].to_vec())
}

fn first(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let mut cursor = list(&args[0])?.open(cx)?;
    Ok(cursor.next_value(cx)?.unwrap_or_else(|| args[1].clone()))
}

fn last(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let items = list(&args[0])?;
    if let Some(slots) = items.items() {
        return slots.last().map_or(Ok(args[1].clone()), |slot| slot.force(cx));
    }
    let mut cursor = items.open(cx)?;
    let mut found = None;
    while let Some(slot) = cursor.next(cx)? {
        cx.tick()?;
        found = Some(slot);
    }
    found.map_or(Ok(args[1].clone()), |slot| slot.force(cx))
}

#[cold]
pub(super) fn too_few() -> Error {
    Error::expression("There weren't enough elements in the enumeration to complete the operation.")
}

#[cold]
pub(super) fn too_many() -> Error {
    Error::expression("There were too many elements in the enumeration to complete the operation.")
}

fn single(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let mut cursor = list(&args[0])?.open(cx)?;
    let Some(slot) = cursor.next(cx)? else { return Err(too_few().with_detail(args[0].clone())) };
    if cursor.next(cx)?.is_some() {
        return Err(too_many().with_detail(args[0].clone()));
    }
    slot.force(cx)
}

fn single_or_default(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    if list(&args[0])?.is_empty(cx)? { Ok(args[1].clone()) } else { single(cx, args) }
}

fn list_count(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    list(&args[0])?.count(cx).map(Value::count)
}

fn non_null_count(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let mut n = 0;
    list(&args[0])?.each(cx, |_, value| {
        n += i64::from(!value.is_null());
        Ok(true)
    })?;
    Ok(Value::Int(n))
}

fn is_empty(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    list(&args[0])?.is_empty(cx).map(Value::Logical)
}

fn positions(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let n = list(&args[0])?.count(cx)?;
    Ok(Value::List(List::range(0, n)))
}

fn buffer(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(Value::List(List::from_values(list(&args[0])?.values(cx)?)))
}

fn reverse(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let mut slots = list(&args[0])?.slots(cx)?;
    slots.reverse();
    made(slots)
}

fn accumulate(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let mut state = args[1].clone();
    list(&args[0])?.each(cx, |cx, item| {
        state = cx.call(&args[2], &[std::mem::take(&mut state), item])?;
        Ok(true)
    })?;
    Ok(state)
}

/// Whether a quantifier is settled by the first item whose truth is `stop`.
fn quantify(cx: &mut Interp, items: &Value, condition: Option<&Value>, stop: bool) -> Result<Value> {
    let mut answer = !stop;
    list(items)?.each(cx, |cx, item| {
        let truth = match condition {
            Some(condition) => cx.call_predicate(condition, &[item])?,
            None => match item.bare() {
                Value::Logical(b) => *b,
                other => return Err(Error::cannot_convert(other, "Logical")),
            },
        };
        if truth == stop {
            answer = stop;
        }
        Ok(truth != stop)
    })?;
    Ok(Value::Logical(answer))
}

fn all_true(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    quantify(cx, &args[0], None, false)
}

fn any_true(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    quantify(cx, &args[0], None, true)
}

fn matches_all(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    quantify(cx, &args[0], Some(&args[1]), false)
}

fn matches_any(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    quantify(cx, &args[0], Some(&args[1]), true)
}

fn alternate(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let slots = list(&args[0])?.slots(cx)?;
    let leave = count("count", &args[1])?;
    let keep = if args[2].is_null() { usize::MAX } else { count("repeatInterval", &args[2])? };
    let offset = if args[3].is_null() { 0 } else { count("offset", &args[3])? };
    if leave == 0 {
        return made(slots);
    }
    let mut out = slots[..offset.min(slots.len())].to_vec();
    let mut at = offset;
    while at < slots.len() {
        cx.tick()?;
        at = at.saturating_add(leave);
        let end = at.saturating_add(keep).min(slots.len());
        if at < end {
            out.extend_from_slice(&slots[at..end]);
        }
        at = at.saturating_add(keep);
    }
    made(out)
}

fn insert_range(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let mut slots = list(&args[0])?.slots(cx)?;
    let at = count("index", &args[1])?;
    if at > slots.len() {
        return Err(out_of_range("index", &args[1]));
    }
    let new = list(&args[2])?.slots(cx)?;
    slots.splice(at..at, new);
    made(slots)
}

fn remove_range(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let mut slots = list(&args[0])?.slots(cx)?;
    let at = count("index", &args[1])?;
    let n = if args[2].is_null() { 1 } else { count("count", &args[2])? };
    if at > slots.len() {
        return Err(out_of_range("index", &args[1]));
    }
    let end = at.saturating_add(n);
    if end > slots.len() {
        return Err(out_of_range("count", &args[2]));
    }
    slots.drain(at..end);
    made(slots)
}

fn replace_range(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let mut slots = list(&args[0])?.slots(cx)?;
    let (at, n) = (count("index", &args[1])?, count("count", &args[2])?);
    if at > slots.len() {
        return Err(out_of_range("index", &args[1]));
    }
    let end = at.saturating_add(n);
    if end > slots.len() {
        return Err(out_of_range("count", &args[2]));
    }
    let new = list(&args[3])?.slots(cx)?;
    slots.splice(at..end, new);
    made(slots)
}

fn replace_value(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let slots = list(&args[0])?.slots(cx)?;
    let (old, new, replacer) = (args[1].clone(), args[2].clone(), args[3].clone());
    let replaced = slots.into_iter().map(|slot| {
        let (old, new, replacer) = (old.clone(), new.clone(), replacer.clone());
        Slot::lazy(move |cx| {
            let value = slot.force(cx)?;
            cx.call(&replacer, &[value, old, new])
        })
    });
    made(replaced.collect())
}

fn split(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let size = count("pageSize", &args[1])?;
    if size == 0 {
        return Err(out_of_range("pageSize", &args[1]));
    }
    let slots = list(&args[0])?.slots(cx)?;
    Ok(Value::List(List::from_values(slots.chunks(size).map(|page| Value::List(List::from_slots(page.to_vec()))))))
}

fn zip(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let lists = list(&args[0])?.values(cx)?;
    let columns = lists.iter().map(|l| list(l)?.slots(cx)).collect::<Result<Vec<_>>>()?;
    let length = columns.iter().map(Vec::len).max().unwrap_or(0);
    Ok(Value::List(List::from_values((0..length).map(|i| {
        let row = columns.iter().map(|column| column.get(i).cloned().unwrap_or_else(|| Slot::Value(Value::Null))).collect();
        Value::List(List::from_slots(row))
    }))))
}

fn transform_many(_: &mut Interp, args: &[Value]) -> Result<Value> {
    let (items, collection, result) = (list(&args[0])?, args[1].clone(), args[2].clone());
    struct Pairs {
        items: Box<dyn ListCursor>,
        collection: Value,
        result: Value,
        now: Option<(Value, Box<dyn ListCursor>)>,
    }
    impl ListCursor for Pairs {
        fn next(&mut self, cx: &mut Interp) -> Result<Option<Slot>> {
            loop {
                cx.tick()?;
                if let Some((outer, inner)) = &mut self.now
                    && let Some(value) = inner.next_value(cx)?
                {
                    return cx.call(&self.result, &[outer.clone(), value]).map(|v| Some(Slot::Value(v)));
                }
                let Some(outer) = self.items.next_value(cx)? else { return Ok(None) };
                let many = cx.call(&self.collection, std::slice::from_ref(&outer))?;
                let inner = match many.bare() {
                    Value::Table(table) => List::from_values(super::table_rows::records(cx, table)?),
                    _ => list(&many)?,
                };
                self.now = Some((outer, inner.open(cx)?));
            }
        }
    }
    Ok(Value::List(List::lazy_with(move |cx| {
        Ok(Box::new(Pairs { items: items.open(cx)?, collection: collection.clone(), result: result.clone(), now: None }))
    })))
}

fn sort(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let criteria = Criteria::read(cx, &args[1])?;
    let values = list(&args[0])?.values(cx)?;
    let mut keyed = Vec::with_capacity(values.len());
    for value in values {
        keyed.push((criteria.keys(cx, &value)?, value));
    }
    let sorted = criteria.sort(cx, keyed)?;
    Ok(Value::List(List::from_values(sorted.into_iter().map(|(_, value)| value))))
}

fn numbers(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let n = count("count", &args[1])?;
    cx.charge(n.saturating_mul(24))?;
    if let (Some(start), true) = (args[0].as_i64(), args[2].is_null() || args[2].as_i64() == Some(1)) {
        return Ok(Value::List(List::range(start, n)));
    }
    let start = args[0].as_f64().unwrap_or(f64::NAN);
    let step = if args[2].is_null() { 1.0 } else { args[2].as_f64().unwrap_or(f64::NAN) };
    Ok(Value::List(List::from_values((0..n).map(|i| double_value(start + step * i as f64)))))
}

fn steps(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let n = count("count", &args[1])?;
    cx.charge(n.saturating_mul(24))?;
    let Value::Duration(step) = args[2] else { return Err(Error::cannot_convert(&args[2], "Duration")) };
    let start = match &args[0] {
        Value::Date(day) => i64::from(*day) * TICKS_PER_DAY,
        Value::DateTime(ticks) | Value::Time(ticks) | Value::Duration(ticks) => *ticks,
        Value::DateTimeZone { local, .. } => *local,
        other => return Err(Error::cannot_convert(other, "DateTime")),
    };
    let mut out = Vec::with_capacity(n);
    for i in 0..n {
        let at = (i as i64).checked_mul(step).and_then(|moved| moved.checked_add(start));
        let in_calendar = at.filter(|at| (0..=3_155_378_975_999_999_999).contains(at));
        let next = match (&args[0], at) {
            (Value::Time(_), Some(at)) => Some(Value::Time(at.rem_euclid(TICKS_PER_DAY))),
            (Value::Duration(_), Some(at)) => Some(Value::Duration(at)),
            (Value::Date(_), _) => in_calendar.map(|at| Value::Date((at / TICKS_PER_DAY) as i32)),
            (Value::DateTimeZone { offset, .. }, _) => in_calendar.map(|local| Value::DateTimeZone { local, offset: *offset }),
            _ => in_calendar.map(Value::DateTime),
        };
        out.push(next.ok_or_else(|| {
            Error::expression("The Date operation failed because the resulting value falls outside the range of allowed values.")
        })?);
    }
    Ok(Value::List(List::from_values(out)))
}
