//! Tables of dates and working days, evaluated by the core.

use super::{Body, Function, ParamKind, Returns, optional, param, scalar};

pub(super) const FUNCTIONS: &[Function] = &[CALENDAR, CALENDARAUTO, NETWORKDAYS];

const CALENDAR: Function = Function {
    name: "CALENDAR",
    params: &[scalar("start_date"), scalar("end_date")],
    returns: Returns::Table,
    about: "One column `Date` with every day from one date to another.",
    source: "https://learn.microsoft.com/dax/calendar-function-dax",
    examples: &[("COUNTROWS ( CALENDAR ( DATE ( 2024, 1, 1 ), DATE ( 2024, 12, 31 ) ) )", "366")],
    body: Body::Special,
};

const CALENDARAUTO: Function = Function {
    name: "CALENDARAUTO",
    params: &[optional("fiscal_year_end_month")],
    returns: Returns::Table,
    about: "One column `Date` that covers whole fiscal years around all dates of the model.",
    source: "https://learn.microsoft.com/dax/calendarauto-function-dax",
    examples: &[("MINX ( CALENDARAUTO (), [Date] )", "DATE ( 2023, 1, 1 )")],
    body: Body::Special,
};

const NETWORKDAYS: Function = Function {
    name: "NETWORKDAYS",
    params: &[scalar("start_date"), scalar("end_date"), optional("weekend"), param("holidays", ParamKind::Table).opt()],
    returns: Returns::Int64,
    about: "Counts the working days between two dates, both included.",
    source: "https://learn.microsoft.com/dax/networkdays-function-dax",
    examples: &[
        ("NETWORKDAYS ( DATE ( 2022, 5, 28 ), DATE ( 2022, 5, 30 ) )", "1"),
        ("NETWORKDAYS ( DATE ( 2024, 1, 1 ), DATE ( 2024, 1, 31 ), 1, { DATE ( 2024, 1, 1 ) } )", "22"),
    ],
    body: Body::Special,
};
