//! Loans, savings, rates and depreciation, as Excel computes them.

use super::daycount::Basis;
use super::support::{arg, double, double_or, finite, flag, invalid, truncated, whole, whole_or};
use super::{Body, Function, Returns, ScalarContext, optional, scalar};
use crate::base::Date;
use crate::dax::error::{EvalError, EvalResult};
use crate::dax::scalar::to_date_time;
use crate::table::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    AMORDEGRC, AMORLINC, CUMIPMT, CUMPRINC, DB, DDB, DOLLARDE, DOLLARFR, EFFECT, FV, IPMT, ISPMT, NOMINAL, NPER, PDURATION, PMT, PPMT, PV,
    RATE, RRI, SLN, SYD, VDB,
];

const AMORDEGRC: Function = Function {
    name: "AMORDEGRC",
    params: &[
        scalar("cost"),
        scalar("date_purchased"),
        scalar("first_period"),
        scalar("salvage"),
        scalar("period"),
        scalar("rate"),
        optional("basis"),
    ],
    returns: Returns::Double,
    about: "French degressive depreciation of a period.",
    source: "https://learn.microsoft.com/dax/amordegrc-function-dax",
    examples: &[("AMORDEGRC ( 2400, DATE ( 2008, 8, 19 ), DATE ( 2008, 12, 31 ), 300, 1, 0.15, 1 )", "776.0")],
    body: Body::Scalar(amordegrc),
};

const AMORLINC: Function = Function {
    name: "AMORLINC",
    params: &[
        scalar("cost"),
        scalar("date_purchased"),
        scalar("first_period"),
        scalar("salvage"),
        scalar("period"),
        scalar("rate"),
        optional("basis"),
    ],
    returns: Returns::Double,
    about: "French linear depreciation of a period.",
    source: "https://learn.microsoft.com/dax/amorlinc-function-dax",
    examples: &[("AMORLINC ( 2400, DATE ( 2008, 8, 19 ), DATE ( 2008, 12, 31 ), 300, 1, 0.15, 1 )", "360.0")],
    body: Body::Scalar(amorlinc),
};

const CUMIPMT: Function = Function {
    name: "CUMIPMT",
    params: &[scalar("rate"), scalar("nper"), scalar("pv"), scalar("start_period"), scalar("end_period"), scalar("type")],
    returns: Returns::Double,
    about: "Interest paid on a loan between two periods.",
    source: "https://learn.microsoft.com/dax/cumipmt-function-dax",
    examples: &[("ROUND ( CUMIPMT ( 0.09 / 12, 360, 125000, 1, 1, 0 ), 2 )", "-937.5")],
    body: Body::Scalar(cumipmt),
};

const CUMPRINC: Function = Function {
    name: "CUMPRINC",
    params: &[scalar("rate"), scalar("nper"), scalar("pv"), scalar("start_period"), scalar("end_period"), scalar("type")],
    returns: Returns::Double,
    about: "Principal paid on a loan between two periods.",
    source: "https://learn.microsoft.com/dax/cumprinc-function-dax",
    examples: &[("ROUND ( CUMPRINC ( 0.09 / 12, 360, 125000, 1, 1, 0 ), 4 )", "-68.2783")],
    body: Body::Scalar(cumprinc),
};

const DB: Function = Function {
    name: "DB",
    params: &[scalar("cost"), scalar("salvage"), scalar("life"), scalar("period"), optional("month")],
    returns: Returns::Double,
    about: "Fixed-declining depreciation of a period.",
    source: "https://learn.microsoft.com/dax/db-function-dax",
    examples: &[("ROUND ( DB ( 1000000, 100000, 6, 1, 7 ), 2 )", "186083.33")],
    body: Body::Scalar(db),
};

const DDB: Function = Function {
    name: "DDB",
    params: &[scalar("cost"), scalar("salvage"), scalar("life"), scalar("period"), optional("factor")],
    returns: Returns::Double,
    about: "Double-declining depreciation of a period.",
    source: "https://learn.microsoft.com/dax/ddb-function-dax",
    examples: &[("DDB ( 2400, 300, 10, 1, 2 )", "480.0")],
    body: Body::Scalar(ddb),
};

const DOLLARDE: Function = Function {
    name: "DOLLARDE",
    params: &[scalar("fractional_dollar"), scalar("fraction")],
    returns: Returns::Double,
    about: "A price in fractions as a decimal number.",
    source: "https://learn.microsoft.com/dax/dollarde-function-dax",
    examples: &[("DOLLARDE ( 1.02, 16 )", "1.125")],
    body: Body::Scalar(dollarde),
};

const DOLLARFR: Function = Function {
    name: "DOLLARFR",
    params: &[scalar("decimal_dollar"), scalar("fraction")],
    returns: Returns::Double,
    about: "A decimal price in fractions.",
    source: "https://learn.microsoft.com/dax/dollarfr-function-dax",
    examples: &[("DOLLARFR ( 1.125, 16 )", "1.02")],
    body: Body::Scalar(dollarfr),
};

const EFFECT: Function = Function {
    name: "EFFECT",
    params: &[scalar("nominal_rate"), scalar("npery")],
    returns: Returns::Double,
    about: "Effective annual rate of a nominal one.",
    source: "https://learn.microsoft.com/dax/effect-function-dax",
    examples: &[("ROUND ( EFFECT ( 0.0525, 4 ), 7 )", "0.0535427")],
    body: Body::Scalar(effect),
};

const FV: Function = Function {
    name: "FV",
    params: &[scalar("rate"), scalar("nper"), scalar("pmt"), optional("pv"), optional("type")],
    returns: Returns::Double,
    about: "Future value of constant payments.",
    source: "https://learn.microsoft.com/dax/fv-function-dax",
    examples: &[("ROUND ( FV ( 0.06 / 12, 10, -200, -500, 1 ), 2 )", "2581.4")],
    body: Body::Scalar(fv),
};

const IPMT: Function = Function {
    name: "IPMT",
    params: &[scalar("rate"), scalar("per"), scalar("nper"), scalar("pv"), optional("fv"), optional("type")],
    returns: Returns::Double,
    about: "Interest part of a payment.",
    source: "https://learn.microsoft.com/dax/ipmt-function-dax",
    examples: &[("ROUND ( IPMT ( 0.1 / 12, 1, 36, 8000 ), 2 )", "-66.67")],
    body: Body::Scalar(ipmt),
};

const ISPMT: Function = Function {
    name: "ISPMT",
    params: &[scalar("rate"), scalar("per"), scalar("nper"), scalar("pv")],
    returns: Returns::Double,
    about: "Interest of a period with even principal payments.",
    source: "https://learn.microsoft.com/dax/ispmt-function-dax",
    examples: &[("ROUND ( ISPMT ( 0.1 / 12, 1, 36, 8000000 ), 2 )", "-64814.81")],
    body: Body::Scalar(ispmt),
};

const NOMINAL: Function = Function {
    name: "NOMINAL",
    params: &[scalar("effect_rate"), scalar("npery")],
    returns: Returns::Double,
    about: "Nominal rate of an effective annual one.",
    source: "https://learn.microsoft.com/dax/nominal-function-dax",
    examples: &[("ROUND ( NOMINAL ( 0.053543, 4 ), 7 )", "0.0525003")],
    body: Body::Scalar(nominal),
};

const NPER: Function = Function {
    name: "NPER",
    params: &[scalar("rate"), scalar("pmt"), scalar("pv"), optional("fv"), optional("type")],
    returns: Returns::Double,
    about: "Number of periods of constant payments.",
    source: "https://learn.microsoft.com/dax/nper-function-dax",
    examples: &[("ROUND ( NPER ( 0.12 / 12, -100, -1000, 10000, 1 ), 6 )", "59.673866")],
    body: Body::Scalar(nper),
};

const PDURATION: Function = Function {
    name: "PDURATION",
    params: &[scalar("rate"), scalar("pv"), scalar("fv")],
    returns: Returns::Double,
    about: "Periods until an investment reaches a value.",
    source: "https://learn.microsoft.com/dax/pduration-function-dax",
    examples: &[("ROUND ( PDURATION ( 0.025, 2000, 2200 ), 6 )", "3.859866")],
    body: Body::Scalar(pduration),
};

const PMT: Function = Function {
    name: "PMT",
    params: &[scalar("rate"), scalar("nper"), scalar("pv"), optional("fv"), optional("type")],
    returns: Returns::Double,
    about: "Constant payment of a loan.",
    source: "https://learn.microsoft.com/dax/pmt-function-dax",
    examples: &[("ROUND ( PMT ( 0.08 / 12, 10, 10000 ), 2 )", "-1037.03")],
    body: Body::Scalar(pmt),
};

const PPMT: Function = Function {
    name: "PPMT",
    params: &[scalar("rate"), scalar("per"), scalar("nper"), scalar("pv"), optional("fv"), optional("type")],
    returns: Returns::Double,
    about: "Principal part of a payment.",
    source: "https://learn.microsoft.com/dax/ppmt-function-dax",
    examples: &[("ROUND ( PPMT ( 0.08, 10, 10, 200000 ), 2 )", "-27598.05")],
    body: Body::Scalar(ppmt),
};

const PV: Function = Function {
    name: "PV",
    params: &[scalar("rate"), scalar("nper"), scalar("pmt"), optional("fv"), optional("type")],
    returns: Returns::Double,
    about: "Present value of constant payments.",
    source: "https://learn.microsoft.com/dax/pv-function-dax",
    examples: &[("ROUND ( PV ( 0.08 / 12, 240, 500, 0, 0 ), 2 )", "-59777.15")],
    body: Body::Scalar(pv),
};

const RATE: Function = Function {
    name: "RATE",
    params: &[scalar("nper"), scalar("pmt"), scalar("pv"), optional("fv"), optional("type"), optional("guess")],
    returns: Returns::Double,
    about: "Rate of interest of constant payments.",
    source: "https://learn.microsoft.com/dax/rate-function-dax",
    examples: &[("ROUND ( RATE ( 48, -200, 8000 ), 6 )", "0.007701")],
    body: Body::Scalar(rate),
};

const RRI: Function = Function {
    name: "RRI",
    params: &[scalar("nper"), scalar("pv"), scalar("fv")],
    returns: Returns::Double,
    about: "Rate of growth from one value to another.",
    source: "https://learn.microsoft.com/dax/rri-function-dax",
    examples: &[("ROUND ( RRI ( 96, 10000, 11000 ), 9 )", "0.000993307")],
    body: Body::Scalar(rri),
};

const SLN: Function = Function {
    name: "SLN",
    params: &[scalar("cost"), scalar("salvage"), scalar("life")],
    returns: Returns::Double,
    about: "Straight-line depreciation of a period.",
    source: "https://learn.microsoft.com/dax/sln-function-dax",
    examples: &[("SLN ( 30000, 7500, 10 )", "2250.0")],
    body: Body::Scalar(sln),
};

const SYD: Function = Function {
    name: "SYD",
    params: &[scalar("cost"), scalar("salvage"), scalar("life"), scalar("per")],
    returns: Returns::Double,
    about: "Sum-of-years depreciation of a period.",
    source: "https://learn.microsoft.com/dax/syd-function-dax",
    examples: &[("ROUND ( SYD ( 30000, 7500, 10, 1 ), 2 )", "4090.91")],
    body: Body::Scalar(syd),
};

const VDB: Function = Function {
    name: "VDB",
    params: &[
        scalar("cost"),
        scalar("salvage"),
        scalar("life"),
        scalar("start_period"),
        scalar("end_period"),
        optional("factor"),
        optional("no_switch"),
    ],
    returns: Returns::Double,
    about: "Declining depreciation between two moments, switching to the straight line.",
    source: "https://learn.microsoft.com/dax/vdb-function-dax",
    examples: &[("ROUND ( VDB ( 2400, 300, 10 * 12, 6, 18 ), 2 )", "396.31")],
    body: Body::Scalar(vdb),
};

/// Growth of one unit and the sum of payments of one unit, over `n` periods.
fn annuity(rate: f64, n: f64, at_start: bool) -> (f64, f64) {
    if rate == 0.0 {
        return (1.0, n);
    }
    let growth = (1.0 + rate).powf(n);
    let sum = if rate.abs() < 1e-8 { (n * rate.ln_1p()).exp_m1() / rate } else { (growth - 1.0) / rate };
    (growth, if at_start { sum * (1.0 + rate) } else { sum })
}

fn future_value(rate: f64, n: f64, payment: f64, present: f64, at_start: bool) -> f64 {
    let (growth, sum) = annuity(rate, n, at_start);
    -(present * growth + payment * sum)
}

fn payment(rate: f64, n: f64, present: f64, future: f64, at_start: bool) -> f64 {
    let (growth, sum) = annuity(rate, n, at_start);
    -(present * growth + future) / sum
}

/// The interest part of payment `period`.
fn interest(rate: f64, period: f64, n: f64, present: f64, future: f64, at_start: bool) -> f64 {
    let payment = payment(rate, n, present, future, at_start);
    if at_start && period == 1.0 {
        return 0.0;
    }
    let balance = future_value(rate, period - 1.0, payment, present, at_start);
    balance * rate / if at_start { 1.0 + rate } else { 1.0 }
}

/// Payments at the start of periods (1) or at their end (0, the default).
fn at_start(name: &str, cx: &ScalarContext, args: &[Value], index: usize) -> EvalResult<bool> {
    match whole_or(cx, args, index, 0)? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(invalid(name)),
    }
}

fn fv(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let start = at_start("FV", cx, args, 4)?;
    finite("FV", future_value(double(cx, args, 0)?, double(cx, args, 1)?, double(cx, args, 2)?, double(cx, args, 3)?, start))
}

fn pv(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (growth, sum) = annuity(double(cx, args, 0)?, double(cx, args, 1)?, at_start("PV", cx, args, 4)?);
    finite("PV", -(double(cx, args, 3)? + double(cx, args, 2)? * sum) / growth)
}

fn pmt(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let start = at_start("PMT", cx, args, 4)?;
    finite("PMT", payment(double(cx, args, 0)?, double(cx, args, 1)?, double(cx, args, 2)?, double(cx, args, 3)?, start))
}

fn nper(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (rate, payment, present, future) = (double(cx, args, 0)?, double(cx, args, 1)?, double(cx, args, 2)?, double(cx, args, 3)?);
    let start = at_start("NPER", cx, args, 4)?;
    if rate == 0.0 {
        return finite("NPER", -(present + future) / payment);
    }
    let due = payment * if start { 1.0 + rate } else { 1.0 };
    finite("NPER", ((due - future * rate) / (due + present * rate)).ln() / rate.ln_1p())
}

/// Rate, period, number of periods, present and future value of IPMT and PPMT.
fn part(name: &str, cx: &ScalarContext, args: &[Value]) -> EvalResult<(f64, f64)> {
    let (rate, period, n) = (double(cx, args, 0)?, double(cx, args, 1)?, double(cx, args, 2)?);
    let (present, future) = (double(cx, args, 3)?, double(cx, args, 4)?);
    let start = at_start(name, cx, args, 5)?;
    if period < 1.0 || period >= n + 1.0 {
        return Err(invalid(name));
    }
    let interest = interest(rate, period, n, present, future, start);
    Ok((interest, payment(rate, n, present, future, start) - interest))
}

fn ipmt(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    finite("IPMT", part("IPMT", cx, args)?.0)
}

fn ppmt(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    finite("PPMT", part("PPMT", cx, args)?.1)
}

fn ispmt(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (rate, period, n, present) = (double(cx, args, 0)?, double(cx, args, 1)?, double(cx, args, 2)?, double(cx, args, 3)?);
    finite("ISPMT", -present * rate * (1.0 - period / n))
}

/// The interest and principal summed over periods.
fn cumulative(name: &str, cx: &ScalarContext, args: &[Value]) -> EvalResult<(f64, f64)> {
    let (rate, n, present) = (double(cx, args, 0)?, double(cx, args, 1)?, double(cx, args, 2)?);
    let (first, last) = (whole(cx, args, 3)?, whole(cx, args, 4)?);
    let start = at_start(name, cx, args, 5)?;
    if rate <= 0.0 || n <= 0.0 || present <= 0.0 || first < 1 || first > last || last as f64 > n || last > 1_000_000 {
        return Err(invalid(name));
    }
    let each = payment(rate, n, present, 0.0, start);
    let sum: f64 = (first..=last).map(|period| interest(rate, period as f64, n, present, 0.0, start)).sum();
    Ok((sum, each * (last - first + 1) as f64 - sum))
}

fn cumipmt(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    finite("CUMIPMT", cumulative("CUMIPMT", cx, args)?.0)
}

fn cumprinc(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    finite("CUMPRINC", cumulative("CUMPRINC", cx, args)?.1)
}

fn rate(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (n, payment, present, future) = (double(cx, args, 0)?, double(cx, args, 1)?, double(cx, args, 2)?, double(cx, args, 3)?);
    let start = at_start("RATE", cx, args, 4)?;
    if n <= 0.0 {
        return Err(invalid("RATE"));
    }
    let f = |rate: f64| future_value(rate, n, payment, present, start) - future;
    solve(double_or(cx, args, 5, 0.1)?, f)
        .map(Value::Double)
        .ok_or_else(|| EvalError::new("D0304", "The calculation of function 'RATE' does not converge; give a better guess."))
}

/// A zero of `f` above −1 near a guess: secant steps first, then a search for a change of sign.
fn solve(guess: f64, f: impl Fn(f64) -> f64) -> Option<f64> {
    let (mut a, mut b) = (guess, guess + 1e-4);
    let (mut fa, mut fb) = (f(a), f(b));
    for _ in 0..100 {
        if fb == 0.0 || (b - a).abs() <= 1e-15 * b.abs().max(1e-3) {
            break;
        }
        let next = b - fb * (b - a) / (fb - fa);
        if !next.is_finite() || next <= -1.0 {
            break;
        }
        (a, fa) = (b, fb);
        b = next;
        fb = f(b);
    }
    let scale = f(guess + 0.5).abs().max(f(guess).abs()).max(1e-300);
    if b.is_finite() && b > -1.0 && fb.is_finite() && (fb == 0.0 || fb.abs() <= 1e-9 * scale && (b - a).abs() <= 1e-7) {
        return Some(b);
    }
    // Rates on both sides of the guess, further and further out.
    let grid: Vec<f64> = (0..400).map(|k| -0.999_999 + (1.02_f64.powi(k) - 1.0) * 0.02).collect();
    let bracket = grid.windows(2).filter(|w| f(w[0]).is_finite() && f(w[1]).is_finite() && f(w[0]).signum() != f(w[1]).signum());
    let nearest = bracket.min_by(|x, y| (x[0] - guess).abs().total_cmp(&(y[0] - guess).abs()))?;
    let (mut low, mut high) = (nearest[0], nearest[1]);
    let sign = f(low).signum();
    for _ in 0..200 {
        let middle = low + (high - low) / 2.0;
        if f(middle).signum() == sign {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(low + (high - low) / 2.0)
}

/// XNPV: the value of payments at the date of the first one.
///
/// # Errors
/// `D0308` without payments, or when one lies before the first.
pub fn net_present_value(values: &[f64], dates: &[f64], rate: f64) -> EvalResult<f64> {
    let Some(first) = dates.first() else { return Err(invalid("XNPV")) };
    if rate <= -1.0 || dates.iter().any(|date| date.floor() < first.floor()) {
        return Err(invalid("XNPV"));
    }
    Ok(values.iter().zip(dates).map(|(value, date)| value / (1.0 + rate).powf((date.floor() - first.floor()) / 365.0)).sum())
}

/// XIRR: the rate at which the payments are worth nothing at the date of the first one.
///
/// # Errors
/// `D0304` when there is no such rate, as without a payment in each direction.
pub fn internal_rate(values: &[f64], dates: &[f64], guess: Option<f64>) -> EvalResult<f64> {
    let missing = || EvalError::new("D0304", "The calculation of function 'XIRR' cannot find a rate; payments of both signs are needed.");
    let Some(first) = dates.first() else { return Err(missing()) };
    if !values.iter().any(|v| *v > 0.0) || !values.iter().any(|v| *v < 0.0) {
        return Err(missing());
    }
    let f = |rate: f64| -> f64 {
        values.iter().zip(dates).map(|(value, date)| value / (1.0 + rate).powf((date.floor() - first.floor()) / 365.0)).sum()
    };
    solve(guess.unwrap_or(0.1), f).ok_or_else(missing)
}

fn effect(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (rate, n) = (double(cx, args, 0)?, truncated(cx, args, 1)?);
    if rate <= 0.0 || n < 1.0 {
        return Err(invalid("EFFECT"));
    }
    finite("EFFECT", (1.0 + rate / n).powf(n) - 1.0)
}

fn nominal(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (rate, n) = (double(cx, args, 0)?, truncated(cx, args, 1)?);
    if rate <= 0.0 || n < 1.0 {
        return Err(invalid("NOMINAL"));
    }
    finite("NOMINAL", n * ((1.0 + rate).powf(1.0 / n) - 1.0))
}

fn rri(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (n, present, future) = (double(cx, args, 0)?, double(cx, args, 1)?, double(cx, args, 2)?);
    if n <= 0.0 || present == 0.0 {
        return Err(invalid("RRI"));
    }
    finite("RRI", (future / present).powf(1.0 / n) - 1.0)
}

fn pduration(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (rate, present, future) = (double(cx, args, 0)?, double(cx, args, 1)?, double(cx, args, 2)?);
    if rate <= 0.0 || present <= 0.0 || future <= 0.0 {
        return Err(invalid("PDURATION"));
    }
    finite("PDURATION", (future.ln() - present.ln()) / rate.ln_1p())
}

/// Decimal places that the numerator of a fraction takes.
fn fraction_scale(name: &str, cx: &ScalarContext, args: &[Value]) -> EvalResult<(f64, f64)> {
    let fraction = truncated(cx, args, 1)?;
    if fraction < 1.0 {
        return Err(invalid(name));
    }
    Ok((fraction, 10_f64.powf(fraction.log10().ceil())))
}

fn dollarde(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (fraction, scale) = fraction_scale("DOLLARDE", cx, args)?;
    let price = double(cx, args, 0)?;
    finite("DOLLARDE", price.trunc() + (price - price.trunc()) * scale / fraction)
}

fn dollarfr(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (fraction, scale) = fraction_scale("DOLLARFR", cx, args)?;
    let price = double(cx, args, 0)?;
    finite("DOLLARFR", price.trunc() + (price - price.trunc()) * fraction / scale)
}

fn sln(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    finite("SLN", (double(cx, args, 0)? - double(cx, args, 1)?) / double(cx, args, 2)?)
}

fn syd(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (cost, salvage, life, period) = (double(cx, args, 0)?, double(cx, args, 1)?, double(cx, args, 2)?, double(cx, args, 3)?);
    if salvage < 0.0 || life < 1.0 || period < 1.0 || period > life {
        return Err(invalid("SYD"));
    }
    finite("SYD", (cost - salvage) * (life - period + 1.0) * 2.0 / (life * (life + 1.0)))
}

fn db(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (cost, salvage, life) = (double(cx, args, 0)?, double(cx, args, 1)?, double(cx, args, 2)?);
    let (period, month) = (whole(cx, args, 3)?, whole_or(cx, args, 4, 12)?);
    let last = if month < 12 { life.ceil() + 1.0 } else { life.ceil() };
    if cost < 0.0 || salvage < 0.0 || life <= 0.0 || period < 1 || period as f64 > last || !(1..=12).contains(&month) {
        return Err(invalid("DB"));
    }
    if cost == 0.0 {
        return Ok(Value::Double(0.0));
    }
    let rate = ((1.0 - (salvage / cost).powf(1.0 / life)) * 1000.0).round() / 1000.0;
    let first = cost * rate * month as f64 / 12.0;
    if period == 1 {
        return finite("DB", first);
    }
    let mut depreciation = (cost - first) * (1.0 - rate).powf(period as f64 - 2.0) * rate;
    if period as f64 > life {
        depreciation *= (12 - month) as f64 / 12.0;
    }
    finite("DB", depreciation)
}

fn ddb(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (cost, salvage, life, period) = (double(cx, args, 0)?, double(cx, args, 1)?, double(cx, args, 2)?, double(cx, args, 3)?);
    let factor = double_or(cx, args, 4, 2.0)?;
    if cost < 0.0 || salvage < 0.0 || life <= 0.0 || period < 1.0 || period > life || factor <= 0.0 {
        return Err(invalid("DDB"));
    }
    finite("DDB", declining(cost, salvage, life, period, factor))
}

/// Declining-balance depreciation of one period, never below the salvage value.
fn declining(cost: f64, salvage: f64, life: f64, period: f64, factor: f64) -> f64 {
    let rate = factor / life;
    let (before, after) = if rate >= 1.0 {
        (if period == 1.0 { cost } else { 0.0 }, 0.0)
    } else {
        (cost * (1.0 - rate).powf(period - 1.0), cost * (1.0 - rate).powf(period))
    };
    (before - after.max(salvage)).max(0.0)
}

/// Depreciation up to `period`, switching to the straight line over `rest` periods once that is more.
fn switching(cost: f64, salvage: f64, life: f64, rest: f64, period: f64, factor: f64) -> f64 {
    let end = period.ceil();
    let mut left = cost - salvage;
    let mut straight = None;
    let mut sum = 0.0;
    for i in 1..=end as i64 {
        let i = i as f64;
        let mut term = match straight {
            Some(line) => line,
            None => {
                let declining = declining(cost, salvage, life, i, factor);
                let line = left / (rest - (i - 1.0));
                if line > declining {
                    straight = Some(line);
                    line
                } else {
                    left -= declining;
                    declining
                }
            }
        };
        if i == end {
            term *= period + 1.0 - end;
        }
        sum += term;
    }
    sum
}

fn vdb(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (cost, salvage, life) = (double(cx, args, 0)?, double(cx, args, 1)?, double(cx, args, 2)?);
    let (start, end) = (double(cx, args, 3)?, double(cx, args, 4)?);
    let factor = double_or(cx, args, 5, 2.0)?;
    let bad = start < 0.0 || end < start || end > life || cost < 0.0 || salvage < 0.0 || life <= 0.0 || factor <= 0.0 || life > 1e6;
    if bad {
        return Err(invalid("VDB"));
    }
    let (first, last) = (start.floor(), end.ceil());
    if flag(cx, args, 6)? {
        let share = |period: f64| (end.min(period) - start.max(period - 1.0)).max(0.0);
        let sum: f64 = ((first as i64 + 1)..=last as i64).map(|i| declining(cost, salvage, life, i as f64, factor) * share(i as f64)).sum();
        return finite("VDB", sum);
    }
    let book = |at: f64| cost - switching(cost, salvage, life, life, at, factor);
    let mut part = 0.0;
    if start != first {
        part += (start - first) * switching(book(first), salvage, life, life - first, 1.0, factor);
    }
    if end != last {
        part += (last - end) * switching(book(last - 1.0), salvage, life, life - last + 1.0, 1.0, factor);
    }
    finite("VDB", switching(book(first), salvage, life, life - first, last - first, factor) - part)
}

struct Amortisation {
    cost: f64,
    salvage: f64,
    period: i64,
    rate: f64,
    first_year: f64,
}

fn amortisation(name: &str, cx: &ScalarContext, args: &[Value]) -> EvalResult<Amortisation> {
    let basis = Basis::new(whole_or(cx, args, 6, 0)?).filter(|basis| *basis != Basis::Actual360).ok_or_else(|| invalid(name))?;
    let (purchased, first) = (day(name, cx, args, 1)?, day(name, cx, args, 2)?);
    let (cost, salvage, period, rate) = (double(cx, args, 0)?, double(cx, args, 3)?, whole(cx, args, 4)?, double(cx, args, 5)?);
    if purchased > first || cost < 0.0 || salvage < 0.0 || salvage > cost || period < 0 || rate <= 0.0 {
        return Err(invalid(name));
    }
    Ok(Amortisation { cost, salvage, period, rate, first_year: basis.year_fraction(purchased, first) })
}

fn amordegrc(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let a = amortisation("AMORDEGRC", cx, args)?;
    let life = 1.0 / a.rate;
    let coefficient = if life < 3.0 {
        1.0
    } else if life < 5.0 {
        1.5
    } else if life <= 6.0 {
        2.0
    } else {
        2.5
    };
    let rate = a.rate * coefficient;
    let mut depreciation = (a.first_year * rate * a.cost).round();
    let mut book = a.cost - depreciation;
    let mut rest = book - a.salvage;
    for n in 0..a.period.min(10_000) {
        depreciation = (rate * book).round();
        rest -= depreciation;
        if rest < 0.0 {
            return Ok(Value::Double(if a.period - n <= 1 { (book * 0.5).round() } else { 0.0 }));
        }
        book -= depreciation;
    }
    finite("AMORDEGRC", depreciation)
}

fn amorlinc(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let a = amortisation("AMORLINC", cx, args)?;
    let each = a.cost * a.rate;
    let first = a.rate * a.first_year * a.cost;
    let full = ((a.cost - a.salvage - first) / each).trunc();
    let period = a.period as f64;
    finite(
        "AMORLINC",
        if period == 0.0 {
            first
        } else if period <= full {
            each
        } else if period == full + 1.0 {
            a.cost - a.salvage - each * full - first
        } else {
            0.0
        },
    )
}

/// The argument as a day.
pub(super) fn day(name: &str, cx: &ScalarContext, args: &[Value], index: usize) -> EvalResult<Date> {
    let serial = to_date_time(cx, arg(args, index))?.unwrap_or(0.0).floor();
    if (0.0..2_958_466.0).contains(&serial) { Ok(Date(serial as i32)) } else { Err(invalid(name)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) {
        assert!((a - b).abs() <= 1e-9 * b.abs().max(1.0), "{a} is not {b}");
    }

    /// Values of Microsoft's documentation pages.
    #[test]
    fn documented_values() {
        near(payment(0.06 / 12.0, 216.0, 0.0, 50_000.0, false), -129.081_160_867_991);
        near(declining(1e6, 0.0, 10.0, 5.0, 1.5), 78_300.937_5);
        near(switching(2400.0, 300.0, 3650.0, 3650.0, 1.0, 2.0), 1.315_068_493_150_68);
        let dates = [41_640.0, 41_699.0, 41_942.0, 42_050.0, 42_095.0];
        let values = [-10_000.0, 2750.0, 4250.0, 3250.0, 2750.0];
        let rate = internal_rate(&values, &dates, None).unwrap();
        assert!((rate - 0.374_859).abs() < 1e-6, "{rate}");
        assert!(net_present_value(&values, &dates, rate).unwrap().abs() < 1e-6);
        near(net_present_value(&[-10_000.0, 2750.0], &[0.0, 365.0], 0.1).unwrap(), -7500.0);
        assert!(internal_rate(&[1.0, 2.0], &[0.0, 1.0], None).is_err());
    }
}
