//! Time intelligence: periods found from the dates in force.

use super::bound::{Extension, FilterArg, Kind, N, Shift, Time, Ty};
use super::calls::{Call, keyword};
use super::{Binder, Result, Scope, error, make};
use crate::dax::bind::bound::Period;
use crate::dax::catalog::ColId;
use crate::dax::syntax::ast::{Expr, ExprKind};
use crate::table::{DataType, Value};

/// The dates argument of a time-intelligence function.
struct Dates {
    node: N,
    column: ColId,
    calendar: Option<usize>,
}

impl Binder<'_> {
    /// The dates argument: a column (with transition), a table of one date column, or a calendar.
    fn dates(&self, expr: &Expr, scope: &Scope) -> Result<Dates> {
        if let ExprKind::Name(name) = &expr.kind
            && self.catalog.table(&name.text).is_none()
            && let Some(calendar) = self.catalog.calendar(&name.text)
        {
            let Some(column) = self.catalog.calendars[calendar].column("date") else {
                let message = format!("the calendar `{}` has no column of dates", name.text);
                return Err(error("D0246", message, expr.at));
            };
            let label = self.catalog.column_label(column);
            let text = label.split_once('[').map_or(label.as_str(), |(t, _)| t).replace('\'', "''");
            let reference = crate::dax::syntax::parse_expression(&format!(
                "'{text}'[{}]",
                self.catalog.columns[column as usize].name.replace(']', "]]")
            ))?;
            let node = self.values_of(&reference, scope)?;
            return Ok(Dates { node, column, calendar: Some(calendar) });
        }
        let node = self.values_of(expr, scope)?;
        let schema = node.schema.clone().expect("values have a schema");
        let column = match schema.columns.as_slice() {
            [column] => column.lineage,
            _ => return Err(error("D0247", "a time-intelligence function needs one column of dates", expr.at)),
        };
        let Some(column) = column else {
            return Err(error("D0247", "a time-intelligence function needs a date column of the model", expr.at));
        };
        if self.catalog.columns[column as usize].data_type.is_some_and(|t| t != DataType::DateTime) {
            let message = format!("`{}` is not a column of dates", self.catalog.column_label(column));
            return Err(error("D0247", message, expr.at));
        }
        Ok(Dates { node, column, calendar: None })
    }

    fn period(&self, expr: &Expr) -> Result<Period> {
        match keyword(expr).as_deref() {
            Some("DAY") => Ok(Period::Day),
            Some("WEEK") => Ok(Period::Week),
            Some("MONTH") => Ok(Period::Month),
            Some("QUARTER") => Ok(Period::Quarter),
            Some("YEAR") => Ok(Period::Year),
            _ => Err(error("D0208", "the interval must be DAY, MONTH, QUARTER or YEAR", expr.at)),
        }
    }

    /// A year end such as `"6-30"`.
    fn year_end(&self, expr: &Expr, scope: &Scope) -> Result<(u32, u32)> {
        let node = self.scalar(expr, scope)?;
        let bad = || error("D0248", "the year end must be a text such as \"6-30\"", expr.at);
        let text = match &node.kind {
            Kind::Const(Value::String(text)) => text.to_string(),
            Kind::Const(Value::DateTime(day)) => {
                let (_, m, d) = crate::base::Date(day.floor() as i32).ymd();
                return Ok((m, d));
            }
            Kind::Var(id) => match scope.vars.iter().find(|v| v.id == *id).and_then(|v| v.constant.clone()) {
                Some(Value::String(text)) => text.to_string(),
                _ => return Err(bad()),
            },
            _ => return Err(bad()),
        };
        parse_year_end(&text).ok_or_else(bad)
    }

    fn time_node(&self, time: Time, period: Period, dates: Dates, numbers: Vec<N>, year_end: Option<(u32, u32)>, call: &Call<'_>) -> N {
        let Dates { node: dates, column, calendar } = dates;
        let schema = self.columns_schema(&[column]);
        make(
            Kind::Time { time, period, dates, column, numbers, year_end, shift: Shift::default(), calendar },
            Ty::Variant,
            Some(schema),
            call.at,
        )
    }

    /// The same, after checking what needs a calendar and what the calendar has.
    #[allow(clippy::too_many_arguments)]
    fn time_node_checked(
        &self,
        time: Time,
        period: Period,
        dates: Dates,
        numbers: Vec<N>,
        year_end: Option<(u32, u32)>,
        shift: Shift,
        call: &Call<'_>,
    ) -> Result<N> {
        match dates.calendar {
            None if period == Period::Week => {
                return Err(error("D0246", format!("`{}` by weeks needs a calendar, not a column of dates", call.name), call.at));
            }
            Some(calendar) if self.catalog.calendars[calendar].period(period).is_none() => {
                let name = &self.catalog.calendars[calendar].name;
                let unit = format!("{period:?}").to_lowercase();
                return Err(error("D0246", format!("the calendar `{name}` has no column for the {unit}"), call.at));
            }
            _ => {}
        }
        let mut node = self.time_node(time, period, dates, numbers, year_end, call);
        if let Some(Kind::Time { shift: place, .. }) = std::sync::Arc::get_mut(&mut node).map(|n| &mut n.kind) {
            *place = shift;
        }
        Ok(node)
    }

    /// The extension and truncation of DATEADD.
    fn shift(&self, call: &Call<'_>) -> Result<Shift> {
        let mut shift = Shift::default();
        if let Some(expr) = call.get(3) {
            shift.extension = match keyword(expr).as_deref() {
                Some("EXTENDING") => Extension::Extending,
                Some("PRECISE") => Extension::Precise,
                Some("ENDALIGNED") => Extension::EndAligned,
                _ => return Err(error("D0208", "the extension must be EXTENDING, PRECISE or ENDALIGNED", expr.at)),
            };
        }
        if let Some(expr) = call.get(4) {
            shift.blanks = match keyword(expr).as_deref() {
                Some("BLANKS") => true,
                Some("ANCHORED") => false,
                _ => return Err(error("D0208", "the truncation must be BLANKS or ANCHORED", expr.at)),
            };
        }
        Ok(shift)
    }

    fn total(&self, call: &Call<'_>, scope: &Scope, time: Time, period: Period, yearly: bool) -> Result<N> {
        call.arity(2, if yearly { 4 } else { 3 })?;
        let body = self.scalar(call.need(0)?, &scope.transitioned())?;
        let dates = self.dates(call.need(1)?, scope)?;
        let mut year_end = None;
        let mut filters = Vec::new();
        for i in 2..call.args.len() {
            let Some(arg) = call.get(i) else { continue };
            let literal = matches!(arg.kind, ExprKind::Text(_) | ExprKind::Date(_));
            if yearly && (literal || i == 3) {
                year_end = Some(self.year_end(arg, scope)?);
            } else {
                self.filter_arg_pub(arg, scope, &mut filters)?;
            }
        }
        let window = self.time_node_checked(time, period, dates, Vec::new(), year_end, Shift::default(), call)?;
        filters.insert(0, FilterArg::Table { table: window, keep: false });
        let ty = body.ty;
        Ok(make(Kind::Calculate(body, filters), ty, None, call.at))
    }

    pub(super) fn time_call(&self, call: &Call<'_>, scope: &Scope) -> Result<Option<N>> {
        use Period::{Day, Month, Quarter, Week, Year};
        let dates = |i: usize| self.dates(call.need(i)?, scope);
        let yearly = |i: usize| call.get(i).map(|e| self.year_end(e, scope)).transpose();
        let simple = |time: Time, period: Period, max: usize| {
            call.arity(1, max)?;
            let end = if max > 1 { yearly(1)? } else { None };
            self.time_node_checked(time, period, dates(0)?, Vec::new(), end, Shift::default(), call).map(Some)
        };
        match call.name.as_str() {
            "DATESYTD" => simple(Time::DatesYtd, Year, 2),
            "DATESQTD" => simple(Time::DatesQtd, Quarter, 1),
            "DATESMTD" => simple(Time::DatesMtd, Month, 1),
            "DATESWTD" => simple(Time::DatesWtd, Week, 1),
            "SAMEPERIODLASTYEAR" => simple(Time::SamePeriodLastYear, Year, 1),
            "PREVIOUSDAY" => simple(Time::Previous, Day, 1),
            "PREVIOUSWEEK" => simple(Time::Previous, Week, 1),
            "PREVIOUSMONTH" => simple(Time::Previous, Month, 1),
            "PREVIOUSQUARTER" => simple(Time::Previous, Quarter, 1),
            "PREVIOUSYEAR" => simple(Time::Previous, Year, 2),
            "NEXTDAY" => simple(Time::Next, Day, 1),
            "NEXTWEEK" => simple(Time::Next, Week, 1),
            "NEXTMONTH" => simple(Time::Next, Month, 1),
            "NEXTQUARTER" => simple(Time::Next, Quarter, 1),
            "NEXTYEAR" => simple(Time::Next, Year, 2),
            "FIRSTDATE" => simple(Time::FirstDate, Day, 1),
            "LASTDATE" => simple(Time::LastDate, Day, 1),
            "STARTOFWEEK" => simple(Time::StartOf, Week, 1),
            "STARTOFMONTH" => simple(Time::StartOf, Month, 1),
            "STARTOFQUARTER" => simple(Time::StartOf, Quarter, 1),
            "STARTOFYEAR" => simple(Time::StartOf, Year, 2),
            "ENDOFWEEK" => simple(Time::EndOf, Week, 1),
            "ENDOFMONTH" => simple(Time::EndOf, Month, 1),
            "ENDOFQUARTER" => simple(Time::EndOf, Quarter, 1),
            "ENDOFYEAR" => simple(Time::EndOf, Year, 2),
            "DATEADD" | "PARALLELPERIOD" => {
                call.arity(3, if call.name == "DATEADD" { 5 } else { 3 })?;
                let number = self.scalar(call.need(1)?, scope)?;
                let period = self.period(call.need(2)?)?;
                let time = if call.name == "DATEADD" { Time::DateAdd } else { Time::ParallelPeriod };
                if time == Time::ParallelPeriod && period == Day {
                    return Err(error("D0208", "PARALLELPERIOD takes MONTH, QUARTER or YEAR", call.need(2)?.at));
                }
                let shift = self.shift(call)?;
                self.time_node_checked(time, period, dates(0)?, vec![number], None, shift, call).map(Some)
            }
            "DATESINPERIOD" => {
                call.arity(4, 5)?;
                let start = self.scalar(call.need(1)?, scope)?;
                let number = self.scalar(call.need(2)?, scope)?;
                let period = self.period(call.need(3)?)?;
                self.time_node_checked(Time::DatesInPeriod, period, dates(0)?, vec![start, number], None, Shift::default(), call).map(Some)
            }
            "DATESBETWEEN" => {
                call.arity(3, 3)?;
                let blank = || make(Kind::Const(Value::Blank), Ty::Blank, None, call.at);
                let bound = |i: usize| call.get(i).map_or_else(|| Ok(blank()), |e| self.scalar(e, scope));
                Ok(Some(self.time_node(Time::DatesBetween, Day, dates(0)?, vec![bound(1)?, bound(2)?], None, call)))
            }
            "TOTALYTD" => self.total(call, scope, Time::DatesYtd, Year, true).map(Some),
            "TOTALQTD" => self.total(call, scope, Time::DatesQtd, Quarter, false).map(Some),
            "TOTALMTD" => self.total(call, scope, Time::DatesMtd, Month, false).map(Some),
            "TOTALWTD" => self.total(call, scope, Time::DatesWtd, Week, false).map(Some),
            "CLOSINGBALANCEWEEK" => self.total(call, scope, Time::EndOf, Week, false).map(Some),
            "CLOSINGBALANCEMONTH" => self.total(call, scope, Time::EndOf, Month, false).map(Some),
            "CLOSINGBALANCEQUARTER" => self.total(call, scope, Time::EndOf, Quarter, false).map(Some),
            "CLOSINGBALANCEYEAR" => self.total(call, scope, Time::EndOf, Year, true).map(Some),
            "OPENINGBALANCEWEEK" => self.total(call, scope, Time::Opening, Week, false).map(Some),
            "OPENINGBALANCEMONTH" => self.total(call, scope, Time::Opening, Month, false).map(Some),
            "OPENINGBALANCEQUARTER" => self.total(call, scope, Time::Opening, Quarter, false).map(Some),
            "OPENINGBALANCEYEAR" => self.total(call, scope, Time::Opening, Year, true).map(Some),
            "FIRSTNONBLANK" | "LASTNONBLANK" => {
                call.arity(2, 2)?;
                let table = self.values_of(call.need(0)?, scope)?;
                let schema = table.schema.clone().expect("values have a schema");
                if schema.columns.len() != 1 {
                    return Err(error("D0227", format!("`{}` needs a column", call.name), call.at));
                }
                let inner = scope.push(&schema);
                let expr = self.scalar(call.need(1)?, &inner)?;
                let kind = Kind::FirstNonBlank { table, expr, level: scope.level(), last: call.name.starts_with('L') };
                Ok(Some(make(kind, Ty::Variant, Some(schema), call.at)))
            }
            _ => Ok(None),
        }
    }
}

/// `6-30`, `6/30`, `30/6`, `2023-06-30`, `June 30`.
fn parse_year_end(text: &str) -> Option<(u32, u32)> {
    if let Some(day) = crate::dax::syntax::lexer::date_literal(text) {
        let (_, m, d) = crate::base::Date(day.floor() as i32).ymd();
        return Some((m, d));
    }
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let parts: Vec<&str> = text.split(['-', '/', '.', ' ', ',']).filter(|p| !p.is_empty()).collect();
    let named = parts.iter().find_map(|p| MONTHS.iter().position(|m| p.to_lowercase().starts_with(m)).map(|i| i as u32 + 1));
    let numbers: Vec<u32> = parts.iter().filter_map(|p| p.parse().ok()).collect();
    let (month, day) = match (named, numbers.as_slice()) {
        (Some(month), [day, ..]) => (month, *day),
        (None, [a, b, ..]) if *a <= 12 => (*a, *b),
        (None, [a, b, ..]) if *b <= 12 => (*b, *a),
        _ => return None,
    };
    // A leap day means the end of February.
    ((1..=12).contains(&month) && day >= 1 && day <= crate::base::Date::from_ymd(2024, month, 1)?.end_of_month().day())
        .then_some((month, day))
}
