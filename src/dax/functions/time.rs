//! Time intelligence, evaluated by the core.

use super::{Body, Function, ParamKind, Returns, optional, param, scalar};

pub(super) const FUNCTIONS: &[Function] = &[
    CLOSINGBALANCEMONTH,
    CLOSINGBALANCEQUARTER,
    CLOSINGBALANCEWEEK,
    CLOSINGBALANCEYEAR,
    DATEADD,
    DATESBETWEEN,
    DATESINPERIOD,
    DATESMTD,
    DATESQTD,
    DATESWTD,
    DATESYTD,
    ENDOFMONTH,
    ENDOFQUARTER,
    ENDOFWEEK,
    ENDOFYEAR,
    FIRSTDATE,
    LASTDATE,
    NEXTDAY,
    NEXTMONTH,
    NEXTQUARTER,
    NEXTWEEK,
    NEXTYEAR,
    OPENINGBALANCEMONTH,
    OPENINGBALANCEQUARTER,
    OPENINGBALANCEWEEK,
    OPENINGBALANCEYEAR,
    PARALLELPERIOD,
    PREVIOUSDAY,
    PREVIOUSMONTH,
    PREVIOUSQUARTER,
    PREVIOUSWEEK,
    PREVIOUSYEAR,
    SAMEPERIODLASTYEAR,
    STARTOFMONTH,
    STARTOFQUARTER,
    STARTOFWEEK,
    STARTOFYEAR,
    TOTALMTD,
    TOTALQTD,
    TOTALWTD,
    TOTALYTD,
];

const CLOSINGBALANCEMONTH: Function = Function {
    name: "CLOSINGBALANCEMONTH",
    params: &[param("expression", ParamKind::RowExpression), param("dates", ParamKind::Any), param("filter", ParamKind::Filter).opt()],
    returns: Returns::Variant,
    about: "An expression on the last day of the month.",
    source: "https://learn.microsoft.com/dax/closingbalancemonth-function-dax",
    examples: &[("CALCULATE ( CLOSINGBALANCEMONTH ( SUM ( Sales[Quantity] ), Dates[Date] ), Dates[Date] = DATE ( 2024, 2, 10 ) )", "3")],
    body: Body::Special,
};

const CLOSINGBALANCEQUARTER: Function = Function {
    name: "CLOSINGBALANCEQUARTER",
    params: &[param("expression", ParamKind::RowExpression), param("dates", ParamKind::Any), param("filter", ParamKind::Filter).opt()],
    returns: Returns::Variant,
    about: "An expression on the last day of the quarter.",
    source: "https://learn.microsoft.com/dax/closingbalancequarter-function-dax",
    examples: &[(
        "CALCULATE ( CLOSINGBALANCEQUARTER ( SUM ( Sales[Quantity] ), Dates[Date] ), Dates[Date] = DATE ( 2024, 2, 10 ) )",
        "BLANK ()",
    )],
    body: Body::Special,
};

const CLOSINGBALANCEWEEK: Function = Function {
    name: "CLOSINGBALANCEWEEK",
    params: &[param("expression", ParamKind::RowExpression), param("dates", ParamKind::Any), param("filter", ParamKind::Filter).opt()],
    returns: Returns::Variant,
    about: "An expression on the last day of the week.",
    source: "https://learn.microsoft.com/dax/closingbalanceweek-function-dax",
    examples: &[],
    body: Body::Special,
};

const CLOSINGBALANCEYEAR: Function = Function {
    name: "CLOSINGBALANCEYEAR",
    params: &[
        param("expression", ParamKind::RowExpression),
        param("dates", ParamKind::Any),
        param("filter", ParamKind::Filter).opt(),
        optional("year_end_date"),
    ],
    returns: Returns::Variant,
    about: "An expression on the last day of the year.",
    source: "https://learn.microsoft.com/dax/closingbalanceyear-function-dax",
    examples: &[(
        "CALCULATE ( CLOSINGBALANCEYEAR ( SUM ( Sales[Quantity] ), Dates[Date] ), Dates[Date] = DATE ( 2024, 2, 10 ) )",
        "BLANK ()",
    )],
    body: Body::Special,
};

const DATEADD: Function = Function {
    name: "DATEADD",
    params: &[
        param("dates", ParamKind::Any),
        scalar("number_of_intervals"),
        param("interval", ParamKind::Keyword(&["DAY", "WEEK", "MONTH", "QUARTER", "YEAR"])),
        param("extension", ParamKind::Keyword(&["EXTENDING", "PRECISE", "ENDALIGNED"])).opt(),
        param("truncation", ParamKind::Keyword(&["BLANKS", "ANCHORED"])).opt(),
    ],
    returns: Returns::Table,
    about: "The visible dates shifted by so many days, weeks, months, quarters or years.",
    source: "https://learn.microsoft.com/dax/dateadd-function-dax",
    examples: &[(
        "CALCULATE ( MINX ( DATEADD ( Dates[Date], -1, MONTH ), Dates[Date] ), Dates[Date] = DATE ( 2024, 3, 31 ) )",
        "DATE ( 2024, 2, 29 )",
    )],
    body: Body::Special,
};

const DATESBETWEEN: Function = Function {
    name: "DATESBETWEEN",
    params: &[param("dates", ParamKind::Any), scalar("start_date"), scalar("end_date")],
    returns: Returns::Table,
    about: "The dates from one to another, both included; a blank bound is the end of the column.",
    source: "https://learn.microsoft.com/dax/datesbetween-function-dax",
    examples: &[("COUNTROWS ( DATESBETWEEN ( Dates[Date], DATE ( 2024, 1, 30 ), DATE ( 2024, 2, 2 ) ) )", "4")],
    body: Body::Special,
};

const DATESINPERIOD: Function = Function {
    name: "DATESINPERIOD",
    params: &[
        param("dates", ParamKind::Any),
        scalar("start_date"),
        scalar("number_of_intervals"),
        param("interval", ParamKind::Keyword(&["DAY", "WEEK", "MONTH", "QUARTER", "YEAR"])),
        param("end_behavior", ParamKind::Keyword(&["EXTENDING", "PRECISE", "ENDALIGNED"])).opt(),
    ],
    returns: Returns::Table,
    about: "The dates of a period that starts or ends at a date.",
    source: "https://learn.microsoft.com/dax/datesinperiod-function-dax",
    examples: &[("COUNTROWS ( DATESINPERIOD ( Dates[Date], DATE ( 2024, 2, 29 ), -1, MONTH ) )", "29")],
    body: Body::Special,
};

const DATESMTD: Function = Function {
    name: "DATESMTD",
    params: &[param("dates", ParamKind::Any)],
    returns: Returns::Table,
    about: "The dates from the start of the month to the last visible date.",
    source: "https://learn.microsoft.com/dax/datesmtd-function-dax",
    examples: &[("CALCULATE ( COUNTROWS ( DATESMTD ( Dates[Date] ) ), Dates[Date] = DATE ( 2024, 2, 10 ) )", "10")],
    body: Body::Special,
};

const DATESQTD: Function = Function {
    name: "DATESQTD",
    params: &[param("dates", ParamKind::Any)],
    returns: Returns::Table,
    about: "The dates from the start of the quarter to the last visible date.",
    source: "https://learn.microsoft.com/dax/datesqtd-function-dax",
    examples: &[("CALCULATE ( COUNTROWS ( DATESQTD ( Dates[Date] ) ), Dates[Date] = DATE ( 2024, 2, 10 ) )", "41")],
    body: Body::Special,
};

const DATESWTD: Function = Function {
    name: "DATESWTD",
    params: &[param("dates", ParamKind::Any)],
    returns: Returns::Table,
    about: "The dates from the start of the week to the last visible date.",
    source: "https://learn.microsoft.com/dax/dateswtd-function-dax",
    examples: &[],
    body: Body::Special,
};

const DATESYTD: Function = Function {
    name: "DATESYTD",
    params: &[param("dates", ParamKind::Any), optional("year_end_date")],
    returns: Returns::Table,
    about: "The dates from the start of the year to the last visible date.",
    source: "https://learn.microsoft.com/dax/datesytd-function-dax",
    examples: &[("CALCULATE ( COUNTROWS ( DATESYTD ( Dates[Date] ) ), Dates[Date] = DATE ( 2024, 2, 10 ) )", "41")],
    body: Body::Special,
};

const ENDOFMONTH: Function = Function {
    name: "ENDOFMONTH",
    params: &[param("dates", ParamKind::Any)],
    returns: Returns::Table,
    about: "Last date of the month of the last visible date.",
    source: "https://learn.microsoft.com/dax/endofmonth-function-dax",
    examples: &[(
        "CALCULATE ( MINX ( ENDOFMONTH ( Dates[Date] ), Dates[Date] ), Dates[Date] = DATE ( 2024, 2, 10 ) )",
        "DATE ( 2024, 2, 29 )",
    )],
    body: Body::Special,
};

const ENDOFQUARTER: Function = Function {
    name: "ENDOFQUARTER",
    params: &[param("dates", ParamKind::Any)],
    returns: Returns::Table,
    about: "Last date of the quarter of the last visible date.",
    source: "https://learn.microsoft.com/dax/endofquarter-function-dax",
    examples: &[(
        "CALCULATE ( MINX ( ENDOFQUARTER ( Dates[Date] ), Dates[Date] ), Dates[Date] = DATE ( 2024, 2, 10 ) )",
        "DATE ( 2024, 3, 31 )",
    )],
    body: Body::Special,
};

const ENDOFWEEK: Function = Function {
    name: "ENDOFWEEK",
    params: &[param("dates", ParamKind::Any)],
    returns: Returns::Table,
    about: "Last date of the week of the last visible date.",
    source: "https://learn.microsoft.com/dax/endofweek-function-dax",
    examples: &[],
    body: Body::Special,
};

const ENDOFYEAR: Function = Function {
    name: "ENDOFYEAR",
    params: &[param("dates", ParamKind::Any), optional("year_end_date")],
    returns: Returns::Table,
    about: "Last date of the year of the last visible date.",
    source: "https://learn.microsoft.com/dax/endofyear-function-dax",
    examples: &[(
        "CALCULATE ( MINX ( ENDOFYEAR ( Dates[Date] ), Dates[Date] ), Dates[Date] = DATE ( 2024, 2, 10 ) )",
        "DATE ( 2024, 12, 31 )",
    )],
    body: Body::Special,
};

const FIRSTDATE: Function = Function {
    name: "FIRSTDATE",
    params: &[param("dates", ParamKind::Any)],
    returns: Returns::Table,
    about: "The first visible date.",
    source: "https://learn.microsoft.com/dax/firstdate-function-dax",
    examples: &[("FIRSTDATE ( Sales[Date] )", "DATE ( 2023, 2, 10 )")],
    body: Body::Special,
};

const LASTDATE: Function = Function {
    name: "LASTDATE",
    params: &[param("dates", ParamKind::Any)],
    returns: Returns::Table,
    about: "The last visible date.",
    source: "https://learn.microsoft.com/dax/lastdate-function-dax",
    examples: &[("LASTDATE ( Sales[Date] )", "DATE ( 2024, 3, 15 )")],
    body: Body::Special,
};

const NEXTDAY: Function = Function {
    name: "NEXTDAY",
    params: &[param("dates", ParamKind::Any)],
    returns: Returns::Table,
    about: "All dates of the day after the last visible date.",
    source: "https://learn.microsoft.com/dax/nextday-function-dax",
    examples: &[("CALCULATE ( COUNTROWS ( NEXTDAY ( Dates[Date] ) ), Dates[Date] = DATE ( 2023, 2, 10 ) )", "1")],
    body: Body::Special,
};

const NEXTMONTH: Function = Function {
    name: "NEXTMONTH",
    params: &[param("dates", ParamKind::Any)],
    returns: Returns::Table,
    about: "All dates of the month after the last visible date.",
    source: "https://learn.microsoft.com/dax/nextmonth-function-dax",
    examples: &[("CALCULATE ( COUNTROWS ( NEXTMONTH ( Dates[Date] ) ), Dates[Date] = DATE ( 2023, 2, 10 ) )", "31")],
    body: Body::Special,
};

const NEXTQUARTER: Function = Function {
    name: "NEXTQUARTER",
    params: &[param("dates", ParamKind::Any)],
    returns: Returns::Table,
    about: "All dates of the quarter after the last visible date.",
    source: "https://learn.microsoft.com/dax/nextquarter-function-dax",
    examples: &[("CALCULATE ( COUNTROWS ( NEXTQUARTER ( Dates[Date] ) ), Dates[Date] = DATE ( 2023, 2, 10 ) )", "91")],
    body: Body::Special,
};

const NEXTWEEK: Function = Function {
    name: "NEXTWEEK",
    params: &[param("dates", ParamKind::Any)],
    returns: Returns::Table,
    about: "All dates of the week after the last visible date.",
    source: "https://learn.microsoft.com/dax/nextweek-function-dax",
    examples: &[],
    body: Body::Special,
};

const NEXTYEAR: Function = Function {
    name: "NEXTYEAR",
    params: &[param("dates", ParamKind::Any), optional("year_end_date")],
    returns: Returns::Table,
    about: "All dates of the year after the last visible date.",
    source: "https://learn.microsoft.com/dax/nextyear-function-dax",
    examples: &[("CALCULATE ( COUNTROWS ( NEXTYEAR ( Dates[Date] ) ), Dates[Date] = DATE ( 2023, 2, 10 ) )", "366")],
    body: Body::Special,
};

const OPENINGBALANCEMONTH: Function = Function {
    name: "OPENINGBALANCEMONTH",
    params: &[param("expression", ParamKind::RowExpression), param("dates", ParamKind::Any), param("filter", ParamKind::Filter).opt()],
    returns: Returns::Variant,
    about: "An expression on the last day before the month.",
    source: "https://learn.microsoft.com/dax/openingbalancemonth-function-dax",
    examples: &[(
        "CALCULATE ( OPENINGBALANCEMONTH ( SUM ( Sales[Quantity] ), Dates[Date] ), Dates[Date] = DATE ( 2024, 2, 29 ) )",
        "BLANK ()",
    )],
    body: Body::Special,
};

const OPENINGBALANCEQUARTER: Function = Function {
    name: "OPENINGBALANCEQUARTER",
    params: &[param("expression", ParamKind::RowExpression), param("dates", ParamKind::Any), param("filter", ParamKind::Filter).opt()],
    returns: Returns::Variant,
    about: "An expression on the last day before the quarter.",
    source: "https://learn.microsoft.com/dax/openingbalancequarter-function-dax",
    examples: &[(
        "CALCULATE ( OPENINGBALANCEQUARTER ( SUM ( Sales[Quantity] ), Dates[Date] ), Dates[Date] = DATE ( 2024, 2, 29 ) )",
        "BLANK ()",
    )],
    body: Body::Special,
};

const OPENINGBALANCEWEEK: Function = Function {
    name: "OPENINGBALANCEWEEK",
    params: &[param("expression", ParamKind::RowExpression), param("dates", ParamKind::Any), param("filter", ParamKind::Filter).opt()],
    returns: Returns::Variant,
    about: "An expression on the last day before the week.",
    source: "https://learn.microsoft.com/dax/openingbalanceweek-function-dax",
    examples: &[],
    body: Body::Special,
};

const OPENINGBALANCEYEAR: Function = Function {
    name: "OPENINGBALANCEYEAR",
    params: &[
        param("expression", ParamKind::RowExpression),
        param("dates", ParamKind::Any),
        param("filter", ParamKind::Filter).opt(),
        optional("year_end_date"),
    ],
    returns: Returns::Variant,
    about: "An expression on the last day before the year.",
    source: "https://learn.microsoft.com/dax/openingbalanceyear-function-dax",
    examples: &[(
        "CALCULATE ( OPENINGBALANCEYEAR ( SUM ( Sales[Quantity] ), Dates[Date] ), Dates[Date] = DATE ( 2024, 2, 29 ) )",
        "BLANK ()",
    )],
    body: Body::Special,
};

const PARALLELPERIOD: Function = Function {
    name: "PARALLELPERIOD",
    params: &[
        param("dates", ParamKind::Any),
        scalar("number_of_intervals"),
        param("interval", ParamKind::Keyword(&["DAY", "WEEK", "MONTH", "QUARTER", "YEAR"])),
    ],
    returns: Returns::Table,
    about: "Whole months, quarters or years parallel to the visible dates.",
    source: "https://learn.microsoft.com/dax/parallelperiod-function-dax",
    examples: &[("CALCULATE ( COUNTROWS ( PARALLELPERIOD ( Dates[Date], -1, MONTH ) ), Dates[Date] = DATE ( 2024, 3, 15 ) )", "29")],
    body: Body::Special,
};

const PREVIOUSDAY: Function = Function {
    name: "PREVIOUSDAY",
    params: &[param("dates", ParamKind::Any)],
    returns: Returns::Table,
    about: "All dates of the day before the first visible date.",
    source: "https://learn.microsoft.com/dax/previousday-function-dax",
    examples: &[("CALCULATE ( COUNTROWS ( PREVIOUSDAY ( Dates[Date] ) ), Dates[Date] = DATE ( 2024, 5, 10 ) )", "1")],
    body: Body::Special,
};

const PREVIOUSMONTH: Function = Function {
    name: "PREVIOUSMONTH",
    params: &[param("dates", ParamKind::Any)],
    returns: Returns::Table,
    about: "All dates of the month before the first visible date.",
    source: "https://learn.microsoft.com/dax/previousmonth-function-dax",
    examples: &[("CALCULATE ( COUNTROWS ( PREVIOUSMONTH ( Dates[Date] ) ), Dates[Date] = DATE ( 2024, 5, 10 ) )", "30")],
    body: Body::Special,
};

const PREVIOUSQUARTER: Function = Function {
    name: "PREVIOUSQUARTER",
    params: &[param("dates", ParamKind::Any)],
    returns: Returns::Table,
    about: "All dates of the quarter before the first visible date.",
    source: "https://learn.microsoft.com/dax/previousquarter-function-dax",
    examples: &[("CALCULATE ( COUNTROWS ( PREVIOUSQUARTER ( Dates[Date] ) ), Dates[Date] = DATE ( 2024, 5, 10 ) )", "91")],
    body: Body::Special,
};

const PREVIOUSWEEK: Function = Function {
    name: "PREVIOUSWEEK",
    params: &[param("dates", ParamKind::Any)],
    returns: Returns::Table,
    about: "All dates of the week before the first visible date.",
    source: "https://learn.microsoft.com/dax/previousweek-function-dax",
    examples: &[],
    body: Body::Special,
};

const PREVIOUSYEAR: Function = Function {
    name: "PREVIOUSYEAR",
    params: &[param("dates", ParamKind::Any), optional("year_end_date")],
    returns: Returns::Table,
    about: "All dates of the year before the first visible date.",
    source: "https://learn.microsoft.com/dax/previousyear-function-dax",
    examples: &[("CALCULATE ( COUNTROWS ( PREVIOUSYEAR ( Dates[Date] ) ), Dates[Date] = DATE ( 2024, 5, 10 ) )", "365")],
    body: Body::Special,
};

const SAMEPERIODLASTYEAR: Function = Function {
    name: "SAMEPERIODLASTYEAR",
    params: &[param("dates", ParamKind::Any)],
    returns: Returns::Table,
    about: "The visible dates one year earlier.",
    source: "https://learn.microsoft.com/dax/sameperiodlastyear-function-dax",
    examples: &[(
        "CALCULATE ( CALCULATE ( SUM ( Sales[Quantity] ), SAMEPERIODLASTYEAR ( Dates[Date] ) ), Dates[Date] = DATE ( 2024, 2, 10 ) )",
        "20",
    )],
    body: Body::Special,
};

const STARTOFMONTH: Function = Function {
    name: "STARTOFMONTH",
    params: &[param("dates", ParamKind::Any)],
    returns: Returns::Table,
    about: "First date of the month of the first visible date.",
    source: "https://learn.microsoft.com/dax/startofmonth-function-dax",
    examples: &[(
        "CALCULATE ( MINX ( STARTOFMONTH ( Dates[Date] ), Dates[Date] ), Dates[Date] = DATE ( 2024, 2, 10 ) )",
        "DATE ( 2024, 2, 1 )",
    )],
    body: Body::Special,
};

const STARTOFQUARTER: Function = Function {
    name: "STARTOFQUARTER",
    params: &[param("dates", ParamKind::Any)],
    returns: Returns::Table,
    about: "First date of the quarter of the first visible date.",
    source: "https://learn.microsoft.com/dax/startofquarter-function-dax",
    examples: &[(
        "CALCULATE ( MINX ( STARTOFQUARTER ( Dates[Date] ), Dates[Date] ), Dates[Date] = DATE ( 2024, 2, 10 ) )",
        "DATE ( 2024, 1, 1 )",
    )],
    body: Body::Special,
};

const STARTOFWEEK: Function = Function {
    name: "STARTOFWEEK",
    params: &[param("dates", ParamKind::Any)],
    returns: Returns::Table,
    about: "First date of the week of the first visible date.",
    source: "https://learn.microsoft.com/dax/startofweek-function-dax",
    examples: &[],
    body: Body::Special,
};

const STARTOFYEAR: Function = Function {
    name: "STARTOFYEAR",
    params: &[param("dates", ParamKind::Any), optional("year_end_date")],
    returns: Returns::Table,
    about: "First date of the year of the first visible date.",
    source: "https://learn.microsoft.com/dax/startofyear-function-dax",
    examples: &[(
        "CALCULATE ( MINX ( STARTOFYEAR ( Dates[Date] ), Dates[Date] ), Dates[Date] = DATE ( 2024, 2, 10 ) )",
        "DATE ( 2024, 1, 1 )",
    )],
    body: Body::Special,
};

const TOTALMTD: Function = Function {
    name: "TOTALMTD",
    params: &[param("expression", ParamKind::RowExpression), param("dates", ParamKind::Any), param("filter", ParamKind::Filter).opt()],
    returns: Returns::Variant,
    about: "An expression over the dates from the start of the month to the last visible date.",
    source: "https://learn.microsoft.com/dax/totalmtd-function-dax",
    examples: &[("CALCULATE ( TOTALMTD ( SUM ( Sales[Quantity] ), Dates[Date] ), Dates[Date] = DATE ( 2024, 2, 29 ) )", "8")],
    body: Body::Special,
};

const TOTALQTD: Function = Function {
    name: "TOTALQTD",
    params: &[param("expression", ParamKind::RowExpression), param("dates", ParamKind::Any), param("filter", ParamKind::Filter).opt()],
    returns: Returns::Variant,
    about: "An expression over the dates from the start of the quarter to the last visible date.",
    source: "https://learn.microsoft.com/dax/totalqtd-function-dax",
    examples: &[("CALCULATE ( TOTALQTD ( SUM ( Sales[Quantity] ), Dates[Date] ), Dates[Date] = DATE ( 2024, 2, 29 ) )", "22")],
    body: Body::Special,
};

const TOTALWTD: Function = Function {
    name: "TOTALWTD",
    params: &[param("expression", ParamKind::RowExpression), param("dates", ParamKind::Any), param("filter", ParamKind::Filter).opt()],
    returns: Returns::Variant,
    about: "An expression over the dates from the start of the week to the last visible date.",
    source: "https://learn.microsoft.com/dax/totalwtd-function-dax",
    examples: &[],
    body: Body::Special,
};

const TOTALYTD: Function = Function {
    name: "TOTALYTD",
    params: &[
        param("expression", ParamKind::RowExpression),
        param("dates", ParamKind::Any),
        param("filter", ParamKind::Filter).opt(),
        optional("year_end_date"),
    ],
    returns: Returns::Variant,
    about: "An expression over the dates from the start of the year to the last visible date.",
    source: "https://learn.microsoft.com/dax/totalytd-function-dax",
    examples: &[("CALCULATE ( TOTALYTD ( SUM ( Sales[Quantity] ), Dates[Date] ), Dates[Date] = DATE ( 2024, 2, 29 ) )", "22")],
    body: Body::Special,
};
