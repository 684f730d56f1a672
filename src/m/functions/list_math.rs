//! `List.*` that calculate: sums, averages, extremes, quantiles. Nulls are left out.

use std::cmp::Ordering;

use super::common::{Criteria, Equation, choice, count, double_value, flag, list, out_of_range};
use super::{ANY, Builtin, LIST, LOGICAL, NULLABLE_NUMBER, NUMBER, RECORD, arg, opt};
use crate::m::error::{Error, Result};
use crate::m::eval::Interp;
use crate::m::value::{Decimal, Key, List, TICKS_PER_DAY, Value, operator_error};

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "List.Average",
        params: &[arg("list", LIST), opt("precision", NUMBER)],
        returns: ANY,
        about: "The average of numbers, dates, times or durations; null for an empty list.",
        source: "https://learn.microsoft.com/powerquery-m/list-average",
        examples: &[("List.Average({3, 4, 6, null})", "13 / 3"), ("List.Average({})", "null")],
        run: average,
    },
    Builtin {
        name: "List.Covariance",
        params: &[arg("numberList1", LIST), arg("numberList2", LIST)],
        returns: NULLABLE_NUMBER,
        about: "The covariance of two lists of numbers.",
        source: "https://learn.microsoft.com/powerquery-m/list-covariance",
        examples: &[("List.Covariance({1, 2, 3}, {1, 2, 3})", "2 / 3")],
        run: covariance,
    },
    Builtin {
        name: "List.Max",
        params: &[arg("list", LIST), opt("default", ANY), opt("comparisonCriteria", ANY), opt("includeNulls", LOGICAL)],
        returns: ANY,
        about: "The greatest item; a default for an empty list.",
        source: "https://learn.microsoft.com/powerquery-m/list-max",
        examples: &[("List.Max({1, 4, null, 3})", "4"), ("List.Max({}, -1)", "-1")],
        run: max,
    },
    Builtin {
        name: "List.MaxN",
        params: &[arg("list", LIST), arg("countOrCondition", ANY), opt("comparisonCriteria", ANY), opt("includeNulls", LOGICAL)],
        returns: LIST,
        about: "The greatest items in descending order, by number or while a condition holds.",
        source: "https://learn.microsoft.com/powerquery-m/list-maxn",
        examples: &[("List.MaxN({3, 4, 5, -1}, 2)", "{5, 4}")],
        run: max_n,
    },
    Builtin {
        name: "List.Median",
        params: &[arg("list", LIST), opt("comparisonCriteria", ANY)],
        returns: ANY,
        about: "The middle item.",
        source: "https://learn.microsoft.com/powerquery-m/list-median",
        examples: &[("List.Median({5, 3, 1, 7, 9})", "5"), ("List.Median({1, 2, 3, 4})", "2.5")],
        run: median,
    },
    Builtin {
        name: "List.Min",
        params: &[arg("list", LIST), opt("default", ANY), opt("comparisonCriteria", ANY), opt("includeNulls", LOGICAL)],
        returns: ANY,
        about: "The smallest item; a default for an empty list.",
        source: "https://learn.microsoft.com/powerquery-m/list-min",
        examples: &[("List.Min({3, 1, null})", "1")],
        run: min,
    },
    Builtin {
        name: "List.MinN",
        params: &[arg("list", LIST), arg("countOrCondition", ANY), opt("comparisonCriteria", ANY), opt("includeNulls", LOGICAL)],
        returns: LIST,
        about: "The smallest items in ascending order, by number or while a condition holds.",
        source: "https://learn.microsoft.com/powerquery-m/list-minn",
        examples: &[("List.MinN({3, 4, 5, -1}, 2)", "{-1, 3}")],
        run: min_n,
    },
    Builtin {
        name: "List.Mode",
        params: &[arg("list", LIST), opt("equationCriteria", ANY)],
        returns: ANY,
        about: "The most frequent item; the last of several.",
        source: "https://learn.microsoft.com/powerquery-m/list-mode",
        examples: &[("List.Mode({1, 2, 2, 3, 3})", "3")],
        run: mode,
    },
    Builtin {
        name: "List.Modes",
        params: &[arg("list", LIST), opt("equationCriteria", ANY)],
        returns: LIST,
        about: "All most frequent items.",
        source: "https://learn.microsoft.com/powerquery-m/list-modes",
        examples: &[("List.Modes({1, 2, 2, 3, 3})", "{2, 3}")],
        run: modes,
    },
    Builtin {
        name: "List.Percentile",
        params: &[arg("list", LIST), arg("percentiles", ANY), opt("options", RECORD)],
        returns: ANY,
        about: "The value below which a share of the items lies.",
        source: "https://learn.microsoft.com/powerquery-m/list-percentile",
        examples: &[("List.Percentile({5, 3, 1, 7, 9}, 0.25)", "3")],
        run: percentile,
    },
    Builtin {
        name: "List.Product",
        params: &[arg("numbersList", LIST), opt("precision", NUMBER)],
        returns: NULLABLE_NUMBER,
        about: "The product of numbers.",
        source: "https://learn.microsoft.com/powerquery-m/list-product",
        examples: &[("List.Product({2, null, 3})", "6")],
        run: product,
    },
    Builtin {
        name: "List.StandardDeviation",
        params: &[arg("numbersList", LIST)],
        returns: NULLABLE_NUMBER,
        about: "The standard deviation of a sample.",
        source: "https://learn.microsoft.com/powerquery-m/list-standarddeviation",
        examples: &[("List.StandardDeviation({1, 2, 3})", "1")],
        run: standard_deviation,
    },
    Builtin {
        name: "List.Sum",
        params: &[arg("list", LIST), opt("precision", NUMBER)],
        returns: ANY,
        about: "The sum of numbers or durations; null for an empty list.",
        source: "https://learn.microsoft.com/powerquery-m/list-sum",
        examples: &[("List.Sum({1, null, 2})", "3"), ("List.Sum({})", "null")],
        run: sum,
    },
];

/// The items without nulls.
fn values(cx: &mut Interp, value: &Value) -> Result<Vec<Value>> {
    let mut out = Vec::new();
    list(value)?.each(cx, |_, item| {
        if !item.is_null() {
            out.push(item.into_bare());
        }
        Ok(true)
    })?;
    Ok(out)
}

/// Numbers as doubles.
fn doubles(items: &[Value], operator: &str) -> Result<Vec<f64>> {
    items
        .iter()
        .map(|v| v.as_f64().ok_or_else(|| operator_error(operator, &items[0], items.iter().find(|v| !v.is_number()).unwrap_or(v))))
        .collect()
}

fn is_decimal(precision: &Value) -> Result<bool> {
    Ok(choice(precision, 0, 0..=1, "precision")? == 1)
}

fn sum(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let items = values(cx, &args[0])?;
    let Some(first) = items.first() else { return Ok(Value::Null) };
    if let Value::Duration(_) = first {
        let mut total = 0i64;
        for item in &items {
            let Value::Duration(ticks) = item else { return Err(operator_error("+", first, item)) };
            total = total.checked_add(*ticks).ok_or_else(|| {
                Error::expression("The Duration operation failed because the resulting value falls outside the range of allowed values.")
            })?;
        }
        return Ok(Value::Duration(total));
    }
    if is_decimal(&args[1])? {
        let mut total = Decimal::ZERO;
        for item in &items {
            let n = item.as_decimal().ok_or_else(|| operator_error("+", first, item))?;
            total = total.checked_add(n).ok_or_else(|| Error::expression("The number is out of range of a decimal value."))?;
        }
        return Ok(Value::Decimal(total));
    }
    let exact = items.iter().try_fold(0i64, |total, item| match item {
        Value::Int(n) => total.checked_add(*n).filter(|t| t.abs() <= 1 << 53),
        _ => None,
    });
    if let Some(total) = exact {
        return Ok(Value::Int(total));
    }
    Ok(double_value(doubles(&items, "+")?.iter().sum()))
}

fn product(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let items = values(cx, &args[0])?;
    if items.is_empty() {
        return Ok(Value::Null);
    }
    if is_decimal(&args[1])? {
        let mut total = Decimal::ONE;
        for item in &items {
            let n = item.as_decimal().ok_or_else(|| operator_error("*", &items[0], item))?;
            total = total.checked_mul(n).ok_or_else(|| Error::expression("The number is out of range of a decimal value."))?;
        }
        return Ok(Value::Decimal(total));
    }
    Ok(double_value(doubles(&items, "*")?.iter().product()))
}

/// Ticks of items that are all of one kind with ticks, with a maker of that kind.
fn ticks(items: &[Value]) -> Option<(Vec<i64>, Value)> {
    let first = items.first()?;
    let mut out = Vec::with_capacity(items.len());
    for item in items {
        out.push(match (first, item) {
            (Value::Date(_), Value::Date(d)) => i64::from(*d) * TICKS_PER_DAY,
            (Value::DateTime(_), Value::DateTime(t)) | (Value::Time(_), Value::Time(t)) | (Value::Duration(_), Value::Duration(t)) => *t,
            (Value::DateTimeZone { offset, .. }, Value::DateTimeZone { local, offset: own }) => {
                local + (i64::from(*offset) - i64::from(*own)) * 600_000_000
            }
            _ => return None,
        });
    }
    Some((out, first.clone()))
}

fn from_ticks(like: &Value, ticks: i64) -> Value {
    match like {
        Value::Date(_) => Value::Date(ticks.div_euclid(TICKS_PER_DAY) as i32),
        Value::DateTime(_) => Value::DateTime(ticks),
        Value::Time(_) => Value::Time(ticks),
        Value::DateTimeZone { offset, .. } => Value::DateTimeZone { local: ticks, offset: *offset },
        _ => Value::Duration(ticks),
    }
}

fn average_of(items: &[Value], decimal: bool) -> Result<Value> {
    if items.is_empty() {
        return Ok(Value::Null);
    }
    if let Some((all, like)) = ticks(items) {
        let total: i128 = all.iter().map(|t| i128::from(*t)).sum();
        return Ok(from_ticks(&like, (total / all.len() as i128) as i64));
    }
    if decimal {
        let mut total = Decimal::ZERO;
        for item in items {
            total += item.as_decimal().ok_or_else(|| operator_error("+", &items[0], item))?;
        }
        return Ok(Value::Decimal(total / Decimal::from(items.len())));
    }
    let all = doubles(items, "+")?;
    Ok(double_value(all.iter().sum::<f64>() / all.len() as f64))
}

fn average(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let decimal = is_decimal(&args[1])?;
    average_of(&values(cx, &args[0])?, decimal)
}

fn standard_deviation(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let items = values(cx, &args[0])?;
    if items.is_empty() {
        return Ok(Value::Null);
    }
    let all = doubles(&items, "-")?;
    if all.len() == 1 {
        return Ok(Value::Double(f64::NAN));
    }
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    let squares: f64 = all.iter().map(|x| (x - mean) * (x - mean)).sum();
    Ok(double_value((squares / (all.len() as f64 - 1.0)).sqrt()))
}

fn covariance(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let (a, b) = (list(&args[0])?.values(cx)?, list(&args[1])?.values(cx)?);
    if a.len() != b.len() {
        return Err(Error::expression("The lists must have the same number of items."));
    }
    let pairs: Vec<(f64, f64)> = a.iter().zip(&b).filter_map(|(x, y)| Some((x.as_f64()?, y.as_f64()?))).collect();
    if pairs.is_empty() {
        return Ok(Value::Null);
    }
    let n = pairs.len() as f64;
    let (mean_a, mean_b) = (pairs.iter().map(|p| p.0).sum::<f64>() / n, pairs.iter().map(|p| p.1).sum::<f64>() / n);
    Ok(double_value(pairs.iter().map(|(x, y)| (x - mean_a) * (y - mean_b)).sum::<f64>() / n))
}

/// The extreme item of a list: the last of equal ones for the greatest, the first for the smallest.
fn extreme(cx: &mut Interp, args: &[Value], want: Ordering) -> Result<Value> {
    let criteria = Criteria::read(cx, &args[2])?;
    let include_nulls = flag(&args[3], false);
    let mut best: Option<(Vec<Value>, Value)> = None;
    list(&args[0])?.each(cx, |cx, item| {
        if item.is_null() && !include_nulls {
            return Ok(true);
        }
        let keys = criteria.keys(cx, &item)?;
        let better = match &best {
            Some((old, _)) => criteria.compare(cx, &keys, old)? == want,
            None => true,
        };
        if better {
            best = Some((keys, item));
        }
        Ok(true)
    })?;
    Ok(best.map_or_else(|| args[1].clone(), |(_, item)| item))
}

fn max(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    extreme(cx, args, Ordering::Greater)
}

fn min(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    extreme(cx, args, Ordering::Less)
}

/// Items sorted by the criteria; nulls left out unless asked for.
fn sorted(cx: &mut Interp, items: &Value, criteria: &Value, nulls: bool) -> Result<Vec<Value>> {
    let criteria = Criteria::read(cx, criteria)?;
    let mut keyed = Vec::new();
    for item in list(items)?.values(cx)? {
        if nulls || !item.is_null() {
            keyed.push((criteria.keys(cx, &item)?, item));
        }
    }
    Ok(criteria.sort(cx, keyed)?.into_iter().map(|(_, item)| item).collect())
}

/// The first items by number or while a condition holds.
pub(super) fn take(cx: &mut Interp, items: Vec<Value>, criterion: &Value) -> Result<Vec<Value>> {
    if let Value::Function(_) = criterion.bare() {
        let mut out = Vec::new();
        for item in items {
            if !cx.call_predicate(criterion, std::slice::from_ref(&item))? {
                break;
            }
            out.push(item);
        }
        return Ok(out);
    }
    let n = count("countOrCondition", criterion)?;
    Ok(items.into_iter().take(n).collect())
}

fn max_n(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let mut items = sorted(cx, &args[0], &args[2], flag(&args[3], false))?;
    items.reverse();
    Ok(Value::List(List::from_values(take(cx, items, &args[1])?)))
}

fn min_n(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let items = sorted(cx, &args[0], &args[2], flag(&args[3], false))?;
    Ok(Value::List(List::from_values(take(cx, items, &args[1])?)))
}

fn median(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let items = sorted(cx, &args[0], &args[1], false)?;
    let n = items.len();
    if n == 0 {
        return Ok(Value::Null);
    }
    if n % 2 == 1 {
        return Ok(items[n / 2].clone());
    }
    let pair = &items[n / 2 - 1..=n / 2];
    if pair.iter().all(Value::is_number) || ticks(pair).is_some() { average_of(pair, false) } else { Ok(pair[0].clone()) }
}

/// The most frequent items in order of their first appearance.
fn most_frequent(cx: &mut Interp, args: &[Value]) -> Result<Vec<Value>> {
    let equation = Equation::read(cx, &args[1])?;
    let mut groups: Vec<(Value, Value, usize)> = Vec::new();
    let mut index: hashbrown::HashMap<Key, usize> = hashbrown::HashMap::new();
    for item in values(cx, &args[0])? {
        let projected = equation.project(cx, &item)?;
        let at = if equation.hashes() {
            let key = cx.key(&projected)?;
            *index.entry(key).or_insert_with(|| groups.len())
        } else {
            let mut at = groups.len();
            for (i, (other, ..)) in groups.iter().enumerate() {
                if equation.same(cx, other, &projected)? {
                    at = i;
                    break;
                }
            }
            at
        };
        match groups.get_mut(at) {
            Some(group) => group.2 += 1,
            None => groups.push((projected, item, 1)),
        }
    }
    let most = groups.iter().map(|g| g.2).max().unwrap_or(0);
    Ok(groups.into_iter().filter(|g| g.2 == most).map(|g| g.1).collect())
}

fn mode(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let found = most_frequent(cx, args)?;
    found.last().cloned().ok_or_else(|| super::list::too_few().with_detail(args[0].clone()))
}

fn modes(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    Ok(Value::List(List::from_values(most_frequent(cx, args)?)))
}

fn percentile(cx: &mut Interp, args: &[Value]) -> Result<Value> {
    let items = sorted(cx, &args[0], &Value::Null, false)?;
    let mode = match args[2].bare() {
        Value::Record(options) => {
            super::common::check_options(options, "List.Percentile", &["PercentileMode"])?;
            let mode = options.optional_field(cx, "PercentileMode")?.unwrap_or_default();
            choice(&mode, 1, 1..=4, "PercentileMode")?
        }
        _ => 1,
    };
    let all = doubles(&items, "+")?;
    let one = |p: &Value| -> Result<Value> {
        let share = p.as_f64().filter(|p| (0.0..=1.0).contains(p)).ok_or_else(|| out_of_range("percentiles", p))?;
        if all.is_empty() {
            return Ok(Value::Null);
        }
        let n = all.len() as f64;
        let between = |rank: f64| {
            // `rank` counts from 1.
            let low = (rank.floor().max(1.0) as usize).min(all.len());
            let high = (low + 1).min(all.len());
            let fraction = (rank - low as f64).clamp(0.0, 1.0);
            all[low - 1] + (all[high - 1] - all[low - 1]) * fraction
        };
        Ok(double_value(match mode {
            2 => {
                let rank = share * (n + 1.0);
                if rank < 1.0 || rank > n {
                    return Err(out_of_range("percentiles", p));
                }
                between(rank)
            }
            3 => all[((share * n).ceil().max(1.0) as usize).min(all.len()) - 1],
            _ => between(share * (n - 1.0) + 1.0),
        }))
    };
    match args[1].bare() {
        Value::List(shares) => {
            let shares = shares.values(cx)?;
            Ok(Value::List(List::from_values(shares.iter().map(one).collect::<Result<Vec<_>>>()?)))
        }
        share => one(share),
    }
}
