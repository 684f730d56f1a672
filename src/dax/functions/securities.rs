//! Prices, yields and coupons of securities, as Excel computes them.

use super::daycount::{Basis, Coupons, step};
use super::finance::day;
use super::support::{double, finite, flag, given, invalid, whole, whole_or};
use super::{Body, Function, Returns, ScalarContext, optional, scalar};
use crate::base::Date;
use crate::dax::error::EvalResult;
use crate::table::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    ACCRINT, ACCRINTM, COUPDAYBS, COUPDAYS, COUPDAYSNC, COUPNCD, COUPNUM, COUPPCD, DISC, DURATION, INTRATE, MDURATION, ODDFPRICE,
    ODDFYIELD, ODDLPRICE, ODDLYIELD, PRICE, PRICEDISC, PRICEMAT, RECEIVED, TBILLEQ, TBILLPRICE, TBILLYIELD, YIELD, YIELDDISC, YIELDMAT,
];

const ACCRINT: Function = Function {
    name: "ACCRINT",
    params: &[
        scalar("issue"),
        scalar("first_interest"),
        scalar("settlement"),
        scalar("rate"),
        scalar("par"),
        scalar("frequency"),
        optional("basis"),
        optional("calc_method"),
    ],
    returns: Returns::Double,
    about: "Accrued interest of a security with periodic interest.",
    source: "https://learn.microsoft.com/dax/accrint-function-dax",
    examples: &[("ROUND ( ACCRINT ( DATE ( 2008, 3, 1 ), DATE ( 2008, 8, 31 ), DATE ( 2008, 5, 1 ), 0.1, 1000, 2, 0 ), 4 )", "16.6667")],
    body: Body::Scalar(accrint),
};

const ACCRINTM: Function = Function {
    name: "ACCRINTM",
    params: &[scalar("issue"), scalar("maturity"), scalar("rate"), scalar("par"), optional("basis")],
    returns: Returns::Double,
    about: "Accrued interest of a security that pays at maturity.",
    source: "https://learn.microsoft.com/dax/accrintm-function-dax",
    examples: &[("ROUND ( ACCRINTM ( DATE ( 2008, 4, 1 ), DATE ( 2008, 6, 15 ), 0.1, 1000, 3 ), 4 )", "20.5479")],
    body: Body::Scalar(accrintm),
};

const COUPDAYBS: Function = Function {
    name: "COUPDAYBS",
    params: &[scalar("settlement"), scalar("maturity"), scalar("frequency"), optional("basis")],
    returns: Returns::Double,
    about: "Days from the beginning of the coupon period to settlement.",
    source: "https://learn.microsoft.com/dax/coupdaybs-function-dax",
    examples: &[("COUPDAYBS ( DATE ( 2011, 1, 25 ), DATE ( 2011, 11, 15 ), 2, 1 )", "71.0")],
    body: Body::Scalar(coupdaybs),
};

const COUPDAYS: Function = Function {
    name: "COUPDAYS",
    params: &[scalar("settlement"), scalar("maturity"), scalar("frequency"), optional("basis")],
    returns: Returns::Double,
    about: "Days of the coupon period that holds settlement.",
    source: "https://learn.microsoft.com/dax/coupdays-function-dax",
    examples: &[("COUPDAYS ( DATE ( 2011, 1, 25 ), DATE ( 2011, 11, 15 ), 2, 1 )", "181.0")],
    body: Body::Scalar(coupdays),
};

const COUPDAYSNC: Function = Function {
    name: "COUPDAYSNC",
    params: &[scalar("settlement"), scalar("maturity"), scalar("frequency"), optional("basis")],
    returns: Returns::Double,
    about: "Days from settlement to the next coupon.",
    source: "https://learn.microsoft.com/dax/coupdaysnc-function-dax",
    examples: &[("COUPDAYSNC ( DATE ( 2011, 1, 25 ), DATE ( 2011, 11, 15 ), 2, 1 )", "110.0")],
    body: Body::Scalar(coupdaysnc),
};

const COUPNCD: Function = Function {
    name: "COUPNCD",
    params: &[scalar("settlement"), scalar("maturity"), scalar("frequency"), optional("basis")],
    returns: Returns::DateTime,
    about: "The next coupon date after settlement.",
    source: "https://learn.microsoft.com/dax/coupncd-function-dax",
    examples: &[("COUPNCD ( DATE ( 2011, 1, 25 ), DATE ( 2011, 11, 15 ), 2, 1 )", "DATE ( 2011, 5, 15 )")],
    body: Body::Scalar(coupncd),
};

const COUPNUM: Function = Function {
    name: "COUPNUM",
    params: &[scalar("settlement"), scalar("maturity"), scalar("frequency"), optional("basis")],
    returns: Returns::Int64,
    about: "Number of coupons after settlement.",
    source: "https://learn.microsoft.com/dax/coupnum-function-dax",
    examples: &[("COUPNUM ( DATE ( 2007, 1, 25 ), DATE ( 2008, 11, 15 ), 2, 1 )", "4")],
    body: Body::Scalar(coupnum),
};

const COUPPCD: Function = Function {
    name: "COUPPCD",
    params: &[scalar("settlement"), scalar("maturity"), scalar("frequency"), optional("basis")],
    returns: Returns::DateTime,
    about: "The last coupon date before settlement.",
    source: "https://learn.microsoft.com/dax/couppcd-function-dax",
    examples: &[("COUPPCD ( DATE ( 2011, 1, 25 ), DATE ( 2011, 11, 15 ), 2, 1 )", "DATE ( 2010, 11, 15 )")],
    body: Body::Scalar(couppcd),
};

const DISC: Function = Function {
    name: "DISC",
    params: &[scalar("settlement"), scalar("maturity"), scalar("pr"), scalar("redemption"), optional("basis")],
    returns: Returns::Double,
    about: "Discount rate of a security.",
    source: "https://learn.microsoft.com/dax/disc-function-dax",
    examples: &[("ROUND ( DISC ( DATE ( 2018, 7, 1 ), DATE ( 2048, 1, 1 ), 97.975, 100, 1 ), 7 )", "0.0006864")],
    body: Body::Scalar(disc),
};

const DURATION: Function = Function {
    name: "DURATION",
    params: &[scalar("settlement"), scalar("maturity"), scalar("coupon"), scalar("yld"), scalar("frequency"), optional("basis")],
    returns: Returns::Double,
    about: "Macaulay duration of a security.",
    source: "https://learn.microsoft.com/dax/duration-function-dax",
    examples: &[("ROUND ( DURATION ( DATE ( 2018, 7, 1 ), DATE ( 2048, 1, 1 ), 0.08, 0.09, 2, 1 ), 6 )", "10.919145")],
    body: Body::Scalar(duration),
};

const INTRATE: Function = Function {
    name: "INTRATE",
    params: &[scalar("settlement"), scalar("maturity"), scalar("investment"), scalar("redemption"), optional("basis")],
    returns: Returns::Double,
    about: "Interest rate of a fully invested security.",
    source: "https://learn.microsoft.com/dax/intrate-function-dax",
    examples: &[("ROUND ( INTRATE ( DATE ( 2008, 2, 15 ), DATE ( 2008, 5, 15 ), 1000000, 1014420, 2 ), 5 )", "0.05768")],
    body: Body::Scalar(intrate),
};

const MDURATION: Function = Function {
    name: "MDURATION",
    params: &[scalar("settlement"), scalar("maturity"), scalar("coupon"), scalar("yld"), scalar("frequency"), optional("basis")],
    returns: Returns::Double,
    about: "Modified duration of a security.",
    source: "https://learn.microsoft.com/dax/mduration-function-dax",
    examples: &[("ROUND ( MDURATION ( DATE ( 2008, 1, 1 ), DATE ( 2016, 1, 1 ), 0.08, 0.09, 2, 1 ), 5 )", "5.73567")],
    body: Body::Scalar(mduration),
};

const ODDFPRICE: Function = Function {
    name: "ODDFPRICE",
    params: &[
        scalar("settlement"),
        scalar("maturity"),
        scalar("issue"),
        scalar("first_coupon"),
        scalar("rate"),
        scalar("yld"),
        scalar("redemption"),
        scalar("frequency"),
        optional("basis"),
    ],
    returns: Returns::Double,
    about: "Price of a security with an odd first period.",
    source: "https://learn.microsoft.com/dax/oddfprice-function-dax",
    examples: &[(
        "ROUND ( ODDFPRICE ( DATE ( 2008, 11, 11 ), DATE ( 2021, 3, 1 ), DATE ( 2008, 10, 15 ), DATE ( 2009, 3, 1 ), 0.0785, 0.0625, 100, 2, 1 ), 6 )",
        "113.597717",
    )],
    body: Body::Scalar(oddfprice),
};

const ODDFYIELD: Function = Function {
    name: "ODDFYIELD",
    params: &[
        scalar("settlement"),
        scalar("maturity"),
        scalar("issue"),
        scalar("first_coupon"),
        scalar("rate"),
        scalar("pr"),
        scalar("redemption"),
        scalar("frequency"),
        optional("basis"),
    ],
    returns: Returns::Double,
    about: "Yield of a security with an odd first period.",
    source: "https://learn.microsoft.com/dax/oddfyield-function-dax",
    examples: &[(
        "ROUND ( ODDFYIELD ( DATE ( 2008, 11, 11 ), DATE ( 2021, 3, 1 ), DATE ( 2008, 10, 15 ), DATE ( 2009, 3, 1 ), 0.0575, 84.5, 100, 2, 0 ), 6 )",
        "0.077246",
    )],
    body: Body::Scalar(oddfyield),
};

const ODDLPRICE: Function = Function {
    name: "ODDLPRICE",
    params: &[
        scalar("settlement"),
        scalar("maturity"),
        scalar("last_interest"),
        scalar("rate"),
        scalar("yld"),
        scalar("redemption"),
        scalar("frequency"),
        optional("basis"),
    ],
    returns: Returns::Double,
    about: "Price of a security with an odd last period.",
    source: "https://learn.microsoft.com/dax/oddlprice-function-dax",
    examples: &[(
        "ROUND ( ODDLPRICE ( DATE ( 2008, 2, 7 ), DATE ( 2008, 6, 15 ), DATE ( 2007, 10, 15 ), 0.0375, 0.0405, 100, 2, 0 ), 6 )",
        "99.878286",
    )],
    body: Body::Scalar(oddlprice),
};

const ODDLYIELD: Function = Function {
    name: "ODDLYIELD",
    params: &[
        scalar("settlement"),
        scalar("maturity"),
        scalar("last_interest"),
        scalar("rate"),
        scalar("pr"),
        scalar("redemption"),
        scalar("frequency"),
        optional("basis"),
    ],
    returns: Returns::Double,
    about: "Yield of a security with an odd last period.",
    source: "https://learn.microsoft.com/dax/oddlyield-function-dax",
    examples: &[(
        "ROUND ( ODDLYIELD ( DATE ( 2008, 4, 20 ), DATE ( 2008, 6, 15 ), DATE ( 2007, 12, 24 ), 0.0375, 99.875, 100, 2, 0 ), 6 )",
        "0.045192",
    )],
    body: Body::Scalar(oddlyield),
};

const PRICE: Function = Function {
    name: "PRICE",
    params: &[
        scalar("settlement"),
        scalar("maturity"),
        scalar("rate"),
        scalar("yld"),
        scalar("redemption"),
        scalar("frequency"),
        optional("basis"),
    ],
    returns: Returns::Double,
    about: "Price of a security with periodic interest.",
    source: "https://learn.microsoft.com/dax/price-function-dax",
    examples: &[("ROUND ( PRICE ( DATE ( 2008, 2, 15 ), DATE ( 2017, 11, 15 ), 0.0575, 0.065, 100, 2, 0 ), 6 )", "94.634362")],
    body: Body::Scalar(price),
};

const PRICEDISC: Function = Function {
    name: "PRICEDISC",
    params: &[scalar("settlement"), scalar("maturity"), scalar("discount"), scalar("redemption"), optional("basis")],
    returns: Returns::Double,
    about: "Price of a discounted security.",
    source: "https://learn.microsoft.com/dax/pricedisc-function-dax",
    examples: &[("ROUND ( PRICEDISC ( DATE ( 2008, 2, 16 ), DATE ( 2008, 3, 1 ), 0.0525, 100, 2 ), 4 )", "99.7958")],
    body: Body::Scalar(pricedisc),
};

const PRICEMAT: Function = Function {
    name: "PRICEMAT",
    params: &[scalar("settlement"), scalar("maturity"), scalar("issue"), scalar("rate"), scalar("yld"), optional("basis")],
    returns: Returns::Double,
    about: "Price of a security that pays interest at maturity.",
    source: "https://learn.microsoft.com/dax/pricemat-function-dax",
    examples: &[(
        "ROUND ( PRICEMAT ( DATE ( 2008, 2, 15 ), DATE ( 2008, 4, 13 ), DATE ( 2007, 11, 11 ), 0.061, 0.061, 0 ), 6 )",
        "99.984499",
    )],
    body: Body::Scalar(pricemat),
};

const RECEIVED: Function = Function {
    name: "RECEIVED",
    params: &[scalar("settlement"), scalar("maturity"), scalar("investment"), scalar("discount"), optional("basis")],
    returns: Returns::Double,
    about: "Amount received at maturity for a fully invested security.",
    source: "https://learn.microsoft.com/dax/received-function-dax",
    examples: &[("ROUND ( RECEIVED ( DATE ( 2008, 2, 15 ), DATE ( 2008, 5, 15 ), 1000000, 0.0575, 2 ), 2 )", "1014584.65")],
    body: Body::Scalar(received),
};

const TBILLEQ: Function = Function {
    name: "TBILLEQ",
    params: &[scalar("settlement"), scalar("maturity"), scalar("discount")],
    returns: Returns::Double,
    about: "Bond-equivalent yield of a treasury bill.",
    source: "https://learn.microsoft.com/dax/tbilleq-function-dax",
    examples: &[("ROUND ( TBILLEQ ( DATE ( 2008, 3, 31 ), DATE ( 2008, 6, 1 ), 0.0914 ), 6 )", "0.094151")],
    body: Body::Scalar(tbilleq),
};

const TBILLPRICE: Function = Function {
    name: "TBILLPRICE",
    params: &[scalar("settlement"), scalar("maturity"), scalar("discount")],
    returns: Returns::Double,
    about: "Price of a treasury bill.",
    source: "https://learn.microsoft.com/dax/tbillprice-function-dax",
    examples: &[("TBILLPRICE ( DATE ( 2008, 3, 31 ), DATE ( 2008, 6, 1 ), 0.09 )", "98.45")],
    body: Body::Scalar(tbillprice),
};

const TBILLYIELD: Function = Function {
    name: "TBILLYIELD",
    params: &[scalar("settlement"), scalar("maturity"), scalar("pr")],
    returns: Returns::Double,
    about: "Yield of a treasury bill.",
    source: "https://learn.microsoft.com/dax/tbillyield-function-dax",
    examples: &[("ROUND ( TBILLYIELD ( DATE ( 2008, 3, 31 ), DATE ( 2008, 6, 1 ), 98.45 ), 6 )", "0.091417")],
    body: Body::Scalar(tbillyield),
};

const YIELD: Function = Function {
    name: "YIELD",
    params: &[
        scalar("settlement"),
        scalar("maturity"),
        scalar("rate"),
        scalar("pr"),
        scalar("redemption"),
        scalar("frequency"),
        optional("basis"),
    ],
    returns: Returns::Double,
    about: "Yield of a security with periodic interest.",
    source: "https://learn.microsoft.com/dax/yield-function-dax",
    examples: &[("ROUND ( YIELD ( DATE ( 2008, 2, 15 ), DATE ( 2016, 11, 15 ), 0.0575, 95.04287, 100, 2, 0 ), 6 )", "0.065")],
    body: Body::Scalar(yield_),
};

const YIELDDISC: Function = Function {
    name: "YIELDDISC",
    params: &[scalar("settlement"), scalar("maturity"), scalar("pr"), scalar("redemption"), optional("basis")],
    returns: Returns::Double,
    about: "Annual yield of a discounted security.",
    source: "https://learn.microsoft.com/dax/yielddisc-function-dax",
    examples: &[("ROUND ( YIELDDISC ( DATE ( 2008, 2, 16 ), DATE ( 2008, 3, 1 ), 99.795, 100, 2 ), 7 )", "0.0528226")],
    body: Body::Scalar(yielddisc),
};

const YIELDMAT: Function = Function {
    name: "YIELDMAT",
    params: &[scalar("settlement"), scalar("maturity"), scalar("issue"), scalar("rate"), scalar("pr"), optional("basis")],
    returns: Returns::Double,
    about: "Annual yield of a security that pays interest at maturity.",
    source: "https://learn.microsoft.com/dax/yieldmat-function-dax",
    examples: &[(
        "ROUND ( YIELDMAT ( DATE ( 2008, 3, 15 ), DATE ( 2008, 11, 3 ), DATE ( 2007, 11, 8 ), 0.0625, 100.0123, 0 ), 6 )",
        "0.060954",
    )],
    body: Body::Scalar(yieldmat),
};

fn basis(name: &str, cx: &ScalarContext, args: &[Value], index: usize) -> EvalResult<Basis> {
    Basis::new(whole_or(cx, args, index, 0)?).ok_or_else(|| invalid(name))
}

/// Settlement and maturity, which must come in this order.
fn span(name: &str, cx: &ScalarContext, args: &[Value]) -> EvalResult<(Date, Date)> {
    let (settlement, maturity) = (day(name, cx, args, 0)?, day(name, cx, args, 1)?);
    if settlement >= maturity { Err(invalid(name)) } else { Ok((settlement, maturity)) }
}

/// An argument above zero.
fn positive(name: &str, cx: &ScalarContext, args: &[Value], index: usize) -> EvalResult<f64> {
    let x = double(cx, args, index)?;
    if x > 0.0 { Ok(x) } else { Err(invalid(name)) }
}

/// An argument that is not negative.
fn not_negative(name: &str, cx: &ScalarContext, args: &[Value], index: usize) -> EvalResult<f64> {
    let x = double(cx, args, index)?;
    if x >= 0.0 { Ok(x) } else { Err(invalid(name)) }
}

fn frequency(name: &str, cx: &ScalarContext, args: &[Value], index: usize) -> EvalResult<i32> {
    match whole(cx, args, index)? {
        n @ (1 | 2 | 4) => Ok(n as i32),
        _ => Err(invalid(name)),
    }
}

/// The coupons of a security; frequency and basis are the arguments from `index` on.
fn coupons(name: &str, cx: &ScalarContext, args: &[Value], index: usize) -> EvalResult<Coupons> {
    let (settlement, maturity) = span(name, cx, args)?;
    let frequency = frequency(name, cx, args, index)?;
    Ok(Coupons { settlement, maturity, frequency, basis: basis(name, cx, args, index + 1)? })
}

fn coupdaybs(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    coupons("COUPDAYBS", cx, args, 2).map(|c| Value::Double(c.days_before()))
}

fn coupdays(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    coupons("COUPDAYS", cx, args, 2).map(|c| Value::Double(c.period_days()))
}

fn coupdaysnc(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    coupons("COUPDAYSNC", cx, args, 2).map(|c| Value::Double(c.days_after()))
}

fn coupncd(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    coupons("COUPNCD", cx, args, 2).map(|c| Value::date(c.next()))
}

fn coupnum(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    coupons("COUPNUM", cx, args, 2).map(|c| Value::Int64(i64::from(c.count())))
}

fn couppcd(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    coupons("COUPPCD", cx, args, 2).map(|c| Value::date(c.previous()))
}

/// The length of one coupon period as interest formulas count it.
fn period_length(basis: Basis, frequency: i32, start: Date, end: Date) -> f64 {
    match basis {
        Basis::Actual => f64::from(end.0 - start.0),
        Basis::Actual365 => 365.0 / f64::from(frequency),
        _ => 360.0 / f64::from(frequency),
    }
}

/// Coupon periods, and parts of them, between two days; the periods begin at `anchor` and run both ways.
fn periods_between(from: Date, to: Date, anchor: Date, frequency: i32, basis: Basis) -> f64 {
    let months = 12 / frequency;
    let at = |k: i32| step(anchor, k * months);
    let mut k = ((from.year() - anchor.year()) * 12 + from.month() as i32 - anchor.month() as i32) / months - 1;
    while at(k + 1) <= from {
        k += 1;
    }
    let mut sum = 0.0;
    while at(k) < to {
        let (start, end) = (at(k), at(k + 1));
        sum += basis.days(start.max(from), end.min(to)) / period_length(basis, frequency, start, end);
        k += 1;
    }
    sum
}

fn accrint(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    const NAME: &str = "ACCRINT";
    let (issue, first, settlement) = (day(NAME, cx, args, 0)?, day(NAME, cx, args, 1)?, day(NAME, cx, args, 2)?);
    let (rate, par) = (positive(NAME, cx, args, 3)?, positive(NAME, cx, args, 4)?);
    let (frequency, basis) = (frequency(NAME, cx, args, 5)?, basis(NAME, cx, args, 6)?);
    let from_issue = if given(args, 7) { flag(cx, args, 7)? } else { true };
    if issue >= settlement {
        return Err(invalid(NAME));
    }
    let start = if !from_issue && settlement > first { first } else { issue };
    finite(NAME, par * rate / f64::from(frequency) * periods_between(start, settlement, first, frequency, basis))
}

fn accrintm(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    const NAME: &str = "ACCRINTM";
    let (issue, maturity) = span(NAME, cx, args)?;
    let (rate, par) = (positive(NAME, cx, args, 2)?, positive(NAME, cx, args, 3)?);
    finite(NAME, par * rate * basis(NAME, cx, args, 4)?.year_fraction(issue, maturity))
}

/// Two positive amounts and the years between settlement and maturity.
fn discounted(name: &str, cx: &ScalarContext, args: &[Value]) -> EvalResult<(f64, f64, f64)> {
    let (settlement, maturity) = span(name, cx, args)?;
    let years = basis(name, cx, args, 4)?.year_fraction(settlement, maturity);
    Ok((positive(name, cx, args, 2)?, positive(name, cx, args, 3)?, years))
}

fn disc(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (price, redemption, years) = discounted("DISC", cx, args)?;
    finite("DISC", (redemption - price) / redemption / years)
}

fn intrate(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (investment, redemption, years) = discounted("INTRATE", cx, args)?;
    finite("INTRATE", (redemption - investment) / investment / years)
}

fn received(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (investment, discount, years) = discounted("RECEIVED", cx, args)?;
    finite("RECEIVED", investment / (1.0 - discount * years))
}

fn pricedisc(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (discount, redemption, years) = discounted("PRICEDISC", cx, args)?;
    finite("PRICEDISC", redemption * (1.0 - discount * years))
}

fn yielddisc(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (price, redemption, years) = discounted("YIELDDISC", cx, args)?;
    finite("YIELDDISC", (redemption - price) / price / years)
}

/// The price per 100 of face value at a yield.
fn price_at(c: &Coupons, rate: f64, yld: f64, redemption: f64) -> f64 {
    let f = f64::from(c.frequency);
    let (count, length) = (c.count(), c.period_days());
    let (before, after) = (c.days_before() / length, c.days_after() / length);
    let coupon = 100.0 * rate / f;
    if count == 1 {
        return (redemption + coupon) / (1.0 + after * yld / f) - coupon * before;
    }
    let growth = 1.0 + yld / f;
    let coupons: f64 = (0..count).map(|k| coupon / growth.powf(f64::from(k) + after)).sum();
    redemption / growth.powf(f64::from(count - 1) + after) + coupons - coupon * before
}

fn price(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    const NAME: &str = "PRICE";
    let c = coupons(NAME, cx, args, 5)?;
    let (rate, yld, redemption) = (not_negative(NAME, cx, args, 2)?, not_negative(NAME, cx, args, 3)?, positive(NAME, cx, args, 4)?);
    finite(NAME, price_at(&c, rate, yld, redemption))
}

/// The yield at which a price, falling as the yield rises, has a value.
fn yield_for(frequency: i32, price: impl Fn(f64) -> f64, wanted: f64) -> f64 {
    let (mut low, mut high) = (-f64::from(frequency) * (1.0 - 1e-9), 1.0);
    while price(high) > wanted && high < 1e12 {
        high *= 2.0;
    }
    for _ in 0..300 {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if price(middle) > wanted {
            low = middle;
        } else {
            high = middle;
        }
    }
    low + (high - low) / 2.0
}

fn yield_(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    const NAME: &str = "YIELD";
    let c = coupons(NAME, cx, args, 5)?;
    let (rate, wanted, redemption) = (not_negative(NAME, cx, args, 2)?, positive(NAME, cx, args, 3)?, positive(NAME, cx, args, 4)?);
    finite(NAME, yield_for(c.frequency, |yld| price_at(&c, rate, yld, redemption), wanted))
}

fn duration_at(name: &str, cx: &ScalarContext, args: &[Value]) -> EvalResult<(f64, f64)> {
    let c = coupons(name, cx, args, 4)?;
    let (rate, yld) = (not_negative(name, cx, args, 2)?, not_negative(name, cx, args, 3)?);
    let f = f64::from(c.frequency);
    let count = c.count();
    let after = c.days_after() / c.period_days();
    let growth = 1.0 + yld / f;
    let (mut value, mut weighted) = (0.0, 0.0);
    for k in 0..count {
        let time = f64::from(k) + after;
        let amount = 100.0 * rate / f + if k == count - 1 { 100.0 } else { 0.0 };
        let present = amount / growth.powf(time);
        value += present;
        weighted += present * time;
    }
    Ok((weighted / value / f, growth))
}

fn duration(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    finite("DURATION", duration_at("DURATION", cx, args)?.0)
}

fn mduration(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (duration, growth) = duration_at("MDURATION", cx, args)?;
    finite("MDURATION", duration / growth)
}

/// Years from issue to maturity, from settlement to maturity and from issue to settlement.
fn at_maturity(name: &str, cx: &ScalarContext, args: &[Value]) -> EvalResult<(f64, f64, f64)> {
    let (settlement, maturity) = span(name, cx, args)?;
    let issue = day(name, cx, args, 2)?;
    let basis = basis(name, cx, args, 5)?;
    if issue > settlement {
        return Err(invalid(name));
    }
    let years = |a, b| basis.year_fraction(a, b);
    Ok((years(issue, maturity), years(settlement, maturity), years(issue, settlement)))
}

fn pricemat(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    const NAME: &str = "PRICEMAT";
    let (all, rest, accrued) = at_maturity(NAME, cx, args)?;
    let (rate, yld) = (not_negative(NAME, cx, args, 3)?, not_negative(NAME, cx, args, 4)?);
    finite(NAME, 100.0 * ((1.0 + all * rate) / (1.0 + rest * yld) - accrued * rate))
}

fn yieldmat(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    const NAME: &str = "YIELDMAT";
    let (all, rest, accrued) = at_maturity(NAME, cx, args)?;
    let (rate, price) = (not_negative(NAME, cx, args, 3)?, positive(NAME, cx, args, 4)?);
    finite(NAME, ((1.0 + all * rate) / (price / 100.0 + accrued * rate) - 1.0) / rest)
}

/// Days of a treasury bill, at most a year.
fn bill(name: &str, cx: &ScalarContext, args: &[Value]) -> EvalResult<(f64, f64)> {
    let (settlement, maturity) = span(name, cx, args)?;
    if maturity > settlement.add_months(12) {
        return Err(invalid(name));
    }
    Ok((f64::from(maturity.0 - settlement.0), positive(name, cx, args, 2)?))
}

fn tbilleq(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (days, discount) = bill("TBILLEQ", cx, args)?;
    if days <= 182.0 {
        return finite("TBILLEQ", 365.0 * discount / (360.0 - discount * days));
    }
    // Longer bills would pay a coupon after half a year.
    let price = 1.0 - discount * days / 360.0;
    let year = if days == 366.0 { 366.0 } else { 365.0 };
    let share = days / year;
    let root = (share * share - (2.0 * share - 1.0) * (1.0 - 1.0 / price)).sqrt();
    finite("TBILLEQ", 2.0 * (root - share) / (2.0 * share - 1.0))
}

fn tbillprice(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (days, discount) = bill("TBILLPRICE", cx, args)?;
    let price = 100.0 * (1.0 - discount * days / 360.0);
    if price < 0.0 { Err(invalid("TBILLPRICE")) } else { finite("TBILLPRICE", price) }
}

fn tbillyield(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let (days, price) = bill("TBILLYIELD", cx, args)?;
    finite("TBILLYIELD", (100.0 - price) / price * 360.0 / days)
}

/// A security with an odd first period; all amounts per 100 of face value.
struct OddFirst {
    settlement: Date,
    maturity: Date,
    issue: Date,
    first: Date,
    rate: f64,
    redemption: f64,
    frequency: i32,
    basis: Basis,
}

impl OddFirst {
    fn new(name: &str, cx: &ScalarContext, args: &[Value]) -> EvalResult<OddFirst> {
        let (settlement, maturity) = span(name, cx, args)?;
        let (issue, first) = (day(name, cx, args, 2)?, day(name, cx, args, 3)?);
        if !(maturity > first && first > settlement && settlement > issue) {
            return Err(invalid(name));
        }
        Ok(OddFirst {
            settlement,
            maturity,
            issue,
            first,
            rate: not_negative(name, cx, args, 4)?,
            redemption: positive(name, cx, args, 6)?,
            frequency: frequency(name, cx, args, 7)?,
            basis: basis(name, cx, args, 8)?,
        })
    }

    fn price(&self, yld: f64) -> f64 {
        let f = f64::from(self.frequency);
        let coupon = 100.0 * self.rate / f;
        let growth = 1.0 + yld / f;
        let periods = |from, to| periods_between(from, to, self.first, self.frequency, self.basis);
        let accrued = coupon * periods(self.issue, self.settlement);
        let first_coupon = coupon * periods(self.issue, self.first);
        // Whole coupon periods between settlement and the first coupon, and the part before them.
        let ahead = Coupons { settlement: self.settlement, maturity: self.first, frequency: self.frequency, basis: self.basis };
        let wait = f64::from(ahead.count() - 1) + ahead.days_after() / ahead.period_days();
        let months = (self.maturity.year() - self.first.year()) * 12 + self.maturity.month() as i32 - self.first.month() as i32;
        let later = (f64::from(months) * f / 12.0).ceil() as i32;
        let coupons: f64 = (1..=later).map(|k| coupon / growth.powf(f64::from(k) + wait)).sum();
        self.redemption / growth.powf(f64::from(later) + wait) + first_coupon / growth.powf(wait) + coupons - accrued
    }
}

fn oddfprice(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let odd = OddFirst::new("ODDFPRICE", cx, args)?;
    finite("ODDFPRICE", odd.price(not_negative("ODDFPRICE", cx, args, 5)?))
}

fn oddfyield(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let odd = OddFirst::new("ODDFYIELD", cx, args)?;
    let wanted = positive("ODDFYIELD", cx, args, 5)?;
    finite("ODDFYIELD", yield_for(odd.frequency, |yld| odd.price(yld), wanted))
}

/// Rate per coupon period (in percent of face value), redemption, frequency, and the periods of the odd last one: whole, accrued, left.
struct OddLast {
    coupon: f64,
    redemption: f64,
    frequency: f64,
    all: f64,
    accrued: f64,
    rest: f64,
}

impl OddLast {
    fn new(name: &str, cx: &ScalarContext, args: &[Value]) -> EvalResult<OddLast> {
        let (settlement, maturity) = span(name, cx, args)?;
        let last = day(name, cx, args, 2)?;
        if settlement <= last {
            return Err(invalid(name));
        }
        let (frequency, basis) = (frequency(name, cx, args, 6)?, basis(name, cx, args, 7)?);
        let periods = |from, to| periods_between(from, to, last, frequency, basis);
        Ok(OddLast {
            coupon: 100.0 * not_negative(name, cx, args, 3)? / f64::from(frequency),
            redemption: positive(name, cx, args, 5)?,
            frequency: f64::from(frequency),
            all: periods(last, maturity),
            accrued: periods(last, settlement),
            rest: periods(settlement, maturity),
        })
    }
}

fn oddlprice(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let odd = OddLast::new("ODDLPRICE", cx, args)?;
    let yld = not_negative("ODDLPRICE", cx, args, 4)?;
    let value = (odd.redemption + odd.all * odd.coupon) / (1.0 + odd.rest * yld / odd.frequency);
    finite("ODDLPRICE", value - odd.accrued * odd.coupon)
}

fn oddlyield(cx: &ScalarContext, args: &[Value]) -> EvalResult<Value> {
    let odd = OddLast::new("ODDLYIELD", cx, args)?;
    let paid = positive("ODDLYIELD", cx, args, 4)? + odd.accrued * odd.coupon;
    finite("ODDLYIELD", (odd.redemption + odd.all * odd.coupon - paid) / paid * odd.frequency / odd.rest)
}
