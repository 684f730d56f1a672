//! What languages and regions write differently: separators, currency and percent patterns, names of months and days,
//! date and time patterns. DAX `FORMAT` and the M library read the same table.
//!
//! The values are those of .NET on Windows, which both engines run on; patterns are .NET date patterns and the numbered
//! currency and percent patterns of `NumberFormatInfo`. No I/O and no clock.

use std::fmt;

/// The conventions of one culture, for instance `en-NZ`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Culture {
    /// As .NET spells it; empty for the invariant culture.
    pub name: &'static str,
    /// Between whole part and fraction.
    pub decimal: &'static str,
    /// Between groups of digits.
    pub group: &'static str,
    /// Digits per group from the right; the last size repeats.
    pub group_sizes: &'static [u8],
    /// For instance `$`.
    pub currency_symbol: &'static str,
    /// Decimals of the `C` format.
    pub currency_digits: u8,
    /// Between whole part and fraction of money.
    pub currency_decimal: &'static str,
    /// Between groups of digits of money.
    pub currency_group: &'static str,
    /// `NumberFormatInfo.CurrencyPositivePattern`, 0–3.
    pub currency_positive: u8,
    /// `NumberFormatInfo.CurrencyNegativePattern`, 0–15.
    pub currency_negative: u8,
    /// `NumberFormatInfo.PercentPositivePattern`, 0–3.
    pub percent_positive: u8,
    /// `NumberFormatInfo.PercentNegativePattern`, 0–11.
    pub percent_negative: u8,
    /// `%`.
    pub percent_symbol: &'static str,
    /// `‰`.
    pub per_mille_symbol: &'static str,
    /// `+`.
    pub positive_sign: &'static str,
    /// `-`.
    pub negative_sign: &'static str,
    /// Not a number.
    pub nan: &'static str,
    /// Positive infinity.
    pub infinity: &'static str,
    /// Negative infinity.
    pub negative_infinity: &'static str,
    /// January to December.
    pub months: [&'static str; 12],
    /// January to December beside a day (`1 stycznia`); most languages: as `months`.
    pub months_genitive: [&'static str; 12],
    /// Short names.
    pub months_short: [&'static str; 12],
    /// Sunday to Saturday.
    pub days: [&'static str; 7],
    /// Short names, from Sunday.
    pub days_short: [&'static str; 7],
    /// Before noon.
    pub am: &'static str,
    /// After noon.
    pub pm: &'static str,
    /// What `/` of a pattern becomes.
    pub date_separator: &'static str,
    /// What `:` of a pattern becomes.
    pub time_separator: &'static str,
    /// 0 = Sunday … 6 = Saturday.
    pub first_day_of_week: u8,
    /// Pattern `d`.
    pub short_date: &'static str,
    /// Pattern `D`.
    pub long_date: &'static str,
    /// Pattern `t`.
    pub short_time: &'static str,
    /// Pattern `T`.
    pub long_time: &'static str,
    /// Pattern `M`.
    pub month_day: &'static str,
    /// Pattern `Y`.
    pub year_month: &'static str,
}

impl Culture {
    /// The culture of that name, in any case and with `-` or `_`; an unknown region gives its language, an unknown language
    /// `None`. The empty name is the invariant culture.
    ///
    /// ```
    /// use xero_pbit::base::Culture;
    /// assert_eq!(Culture::find("EN-nz").map(|c| c.short_date), Some("d/MM/yyyy"));
    /// assert_eq!(Culture::find("de-LI").map(|c| c.name), Some("de-DE"));
    /// assert!(Culture::find("xx-YY").is_none());
    /// ```
    pub fn find(name: &str) -> Option<&'static Culture> {
        if let Some(culture) = CULTURES.iter().find(|culture| culture.name == name) {
            return Some(culture);
        }
        let name = name.trim().replace('_', "-");
        if name.is_empty() || name.eq_ignore_ascii_case("iv") {
            return Some(&INVARIANT);
        }
        if let Some(culture) = CULTURES.iter().find(|culture| culture.name.eq_ignore_ascii_case(&name)) {
            return Some(culture);
        }
        let language = name.split('-').next().unwrap_or_default().to_ascii_lowercase();
        let language = if language == "no" || language == "nn" { "nb" } else { &language };
        CULTURES.iter().copied().find(|culture| culture.language() == language)
    }

    /// As [`Culture::find`], the invariant culture where nothing fits.
    pub fn get(name: &str) -> &'static Culture {
        Culture::find(name).unwrap_or(&INVARIANT)
    }

    /// All named cultures, the invariant one aside.
    pub fn all() -> &'static [&'static Culture] {
        CULTURES
    }

    /// The language, `en` of `en-NZ`; empty for the invariant culture.
    pub fn language(&self) -> &'static str {
        self.name.split('-').next().unwrap_or_default()
    }

    /// Upper case with the language's own rules (Turkish dotted i).
    pub fn to_upper(&self, text: &str) -> String {
        let special = matches!(self.language(), "tr" | "az");
        if text.is_ascii() && !special {
            return text.to_ascii_uppercase();
        }
        text.chars().flat_map(|c| if special && c == 'i' { Mapped::One('İ') } else { Mapped::upper(c) }).collect()
    }

    /// Lower case with the language's own rules (Turkish dotless i).
    pub fn to_lower(&self, text: &str) -> String {
        let special = matches!(self.language(), "tr" | "az");
        if text.is_ascii() && !special {
            return text.to_ascii_lowercase();
        }
        text.chars()
            .flat_map(|c| match c {
                'I' if special => Mapped::One('ı'),
                'İ' => Mapped::One('i'),
                c => Mapped::lower(c),
            })
            .collect()
    }
}

/// Case mapping keeps one character per character, as .NET does (`ß` stays).
enum Mapped {
    One(char),
    None,
}

impl Mapped {
    fn upper(c: char) -> Mapped {
        let mut upper = c.to_uppercase();
        match (upper.next(), upper.next()) {
            (Some(one), None) => Mapped::One(one),
            _ => Mapped::One(c),
        }
    }

    fn lower(c: char) -> Mapped {
        let mut lower = c.to_lowercase();
        match (lower.next(), lower.next()) {
            (Some(one), None) => Mapped::One(one),
            _ => Mapped::One(c),
        }
    }
}

impl Iterator for Mapped {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        match std::mem::replace(self, Mapped::None) {
            Mapped::One(c) => Some(c),
            Mapped::None => None,
        }
    }
}

impl fmt::Display for Culture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

const EN_MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/// The culture of no country, .NET's `CultureInfo.InvariantCulture`.
pub static INVARIANT: Culture = NEUTRAL;

const NEUTRAL: Culture = Culture {
    name: "",
    decimal: ".",
    group: ",",
    group_sizes: &[3],
    currency_symbol: "¤",
    currency_digits: 2,
    currency_decimal: ".",
    currency_group: ",",
    currency_positive: 0,
    currency_negative: 0,
    percent_positive: 0,
    percent_negative: 0,
    percent_symbol: "%",
    per_mille_symbol: "‰",
    positive_sign: "+",
    negative_sign: "-",
    nan: "NaN",
    infinity: "Infinity",
    negative_infinity: "-Infinity",
    months: EN_MONTHS,
    months_genitive: EN_MONTHS,
    months_short: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    days: ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
    days_short: ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"],
    am: "AM",
    pm: "PM",
    date_separator: "/",
    time_separator: ":",
    first_day_of_week: 0,
    short_date: "MM/dd/yyyy",
    long_date: "dddd, dd MMMM yyyy",
    short_time: "HH:mm",
    long_time: "HH:mm:ss",
    month_day: "MMMM dd",
    year_month: "yyyy MMMM",
};

const EN_US: Culture = Culture {
    name: "en-US",
    currency_symbol: "$",
    infinity: "∞",
    negative_infinity: "-∞",
    short_date: "M/d/yyyy",
    long_date: "dddd, MMMM d, yyyy",
    short_time: "h:mm tt",
    long_time: "h:mm:ss tt",
    month_day: "MMMM d",
    year_month: "MMMM yyyy",
    ..NEUTRAL
};

const EN_GB: Culture = Culture {
    name: "en-GB",
    currency_symbol: "£",
    currency_negative: 1,
    percent_positive: 1,
    percent_negative: 1,
    first_day_of_week: 1,
    short_date: "dd/MM/yyyy",
    long_date: "dd MMMM yyyy",
    short_time: "HH:mm",
    long_time: "HH:mm:ss",
    month_day: "d MMMM",
    ..EN_US
};

const EN_AU: Culture = Culture {
    name: "en-AU",
    currency_symbol: "$",
    short_date: "d/MM/yyyy",
    long_date: "dddd, d MMMM yyyy",
    short_time: "h:mm tt",
    long_time: "h:mm:ss tt",
    ..EN_GB
};

const EN_NZ: Culture = Culture { name: "en-NZ", ..EN_AU };

const EN_ZA: Culture = Culture {
    name: "en-ZA",
    decimal: ",",
    group: "\u{a0}",
    currency_symbol: "R",
    currency_decimal: ",",
    currency_group: "\u{a0}",
    first_day_of_week: 0,
    short_date: "yyyy/MM/dd",
    ..EN_GB
};

const EN_CA: Culture =
    Culture { name: "en-CA", date_separator: "-", currency_negative: 1, short_date: "yyyy-MM-dd", long_date: "MMMM d, yyyy", ..EN_US };

const EN_SG: Culture = Culture { name: "en-SG", first_day_of_week: 0, short_date: "d/M/yyyy", ..EN_AU };

const EN_HK: Culture = Culture { name: "en-HK", first_day_of_week: 0, short_date: "d/M/yyyy", ..EN_AU };

const EN_IN: Culture = Culture {
    name: "en-IN",
    group_sizes: &[3, 2],
    currency_symbol: "₹",
    currency_positive: 2,
    currency_negative: 12,
    date_separator: "-",
    short_date: "dd-MM-yyyy",
    ..EN_GB
};

const EN_IE: Culture = Culture { name: "en-IE", currency_symbol: "€", long_date: "dddd d MMMM yyyy", ..EN_GB };

/// Comma for decimals, euro behind the number: what most of the continent shares.
const CONTINENTAL: Culture = Culture {
    decimal: ",",
    group: ".",
    currency_symbol: "€",
    currency_decimal: ",",
    currency_group: ".",
    currency_positive: 3,
    currency_negative: 8,
    am: "",
    pm: "",
    first_day_of_week: 1,
    infinity: "∞",
    negative_infinity: "-∞",
    short_date: "dd/MM/yyyy",
    long_date: "dddd d MMMM yyyy",
    month_day: "d MMMM",
    year_month: "MMMM yyyy",
    ..NEUTRAL
};

const DE_MONTHS: [&str; 12] =
    ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"];

const DE_DE: Culture = Culture {
    name: "de-DE",
    months: DE_MONTHS,
    months_genitive: DE_MONTHS,
    months_short: ["Jan", "Feb", "Mrz", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"],
    days: ["Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"],
    days_short: ["So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"],
    date_separator: ".",
    short_date: "dd.MM.yyyy",
    long_date: "dddd, d. MMMM yyyy",
    month_day: "d. MMMM",
    ..CONTINENTAL
};

const AT_MONTHS: [&str; 12] =
    ["Jänner", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"];

const DE_AT: Culture = Culture {
    name: "de-AT",
    group: "\u{a0}",
    currency_group: "\u{a0}",
    currency_positive: 2,
    currency_negative: 9,
    months: AT_MONTHS,
    months_genitive: AT_MONTHS,
    months_short: ["Jän", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"],
    ..DE_DE
};

const DE_CH: Culture = Culture {
    name: "de-CH",
    decimal: ".",
    group: "’",
    currency_symbol: "CHF",
    currency_decimal: ".",
    currency_group: "’",
    currency_positive: 2,
    currency_negative: 2,
    percent_positive: 1,
    percent_negative: 1,
    ..DE_DE
};

const FR_MONTHS: [&str; 12] =
    ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"];

const FR_FR: Culture = Culture {
    name: "fr-FR",
    group: "\u{a0}",
    currency_group: "\u{a0}",
    months: FR_MONTHS,
    months_genitive: FR_MONTHS,
    months_short: ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."],
    days: ["dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"],
    days_short: ["dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."],
    ..CONTINENTAL
};

const FR_CA: Culture = Culture {
    name: "fr-CA",
    currency_symbol: "$",
    currency_negative: 15,
    date_separator: "-",
    first_day_of_week: 0,
    short_date: "yyyy-MM-dd",
    long_date: "d MMMM yyyy",
    ..FR_FR
};

const FR_BE: Culture = Culture { name: "fr-BE", date_separator: "-", short_date: "dd-MM-yy", ..FR_FR };

const FR_CH: Culture = Culture {
    name: "fr-CH",
    currency_symbol: "CHF",
    percent_positive: 1,
    percent_negative: 1,
    date_separator: ".",
    short_date: "dd.MM.yyyy",
    long_date: "dddd, d MMMM yyyy",
    ..FR_FR
};

const ES_MONTHS: [&str; 12] =
    ["enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"];

const ES_ES: Culture = Culture {
    name: "es-ES",
    months: ES_MONTHS,
    months_genitive: ES_MONTHS,
    months_short: ["ene.", "feb.", "mar.", "abr.", "may.", "jun.", "jul.", "ago.", "sep.", "oct.", "nov.", "dic."],
    days: ["domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"],
    days_short: ["do.", "lu.", "ma.", "mi.", "ju.", "vi.", "sá."],
    long_date: "dddd, d 'de' MMMM 'de' yyyy",
    short_time: "H:mm",
    long_time: "H:mm:ss",
    month_day: "d 'de' MMMM",
    year_month: "MMMM 'de' yyyy",
    ..CONTINENTAL
};

const ES_MX: Culture = Culture {
    name: "es-MX",
    decimal: ".",
    group: ",",
    currency_symbol: "$",
    currency_decimal: ".",
    currency_group: ",",
    currency_positive: 0,
    currency_negative: 1,
    percent_positive: 1,
    percent_negative: 1,
    days_short: ["dom.", "lun.", "mar.", "mié.", "jue.", "vie.", "sáb."],
    am: "a. m.",
    pm: "p. m.",
    first_day_of_week: 0,
    short_time: "hh:mm tt",
    long_time: "hh:mm:ss tt",
    ..ES_ES
};

const IT_MONTHS: [&str; 12] =
    ["gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"];

const IT_IT: Culture = Culture {
    name: "it-IT",
    percent_positive: 1,
    percent_negative: 1,
    months: IT_MONTHS,
    months_genitive: IT_MONTHS,
    months_short: ["gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"],
    days: ["domenica", "lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato"],
    days_short: ["dom", "lun", "mar", "mer", "gio", "ven", "sab"],
    ..CONTINENTAL
};

const NL_MONTHS: [&str; 12] =
    ["januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"];

const NL_NL: Culture = Culture {
    name: "nl-NL",
    currency_positive: 2,
    currency_negative: 12,
    percent_positive: 1,
    percent_negative: 1,
    months: NL_MONTHS,
    months_genitive: NL_MONTHS,
    months_short: ["jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"],
    days: ["zondag", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag"],
    days_short: ["zo", "ma", "di", "wo", "do", "vr", "za"],
    date_separator: "-",
    short_date: "d-M-yyyy",
    ..CONTINENTAL
};

const NL_BE: Culture = Culture { name: "nl-BE", date_separator: "/", short_date: "d/MM/yyyy", ..NL_NL };

const PT_MONTHS: [&str; 12] =
    ["janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro", "dezembro"];

const PT_BR: Culture = Culture {
    name: "pt-BR",
    currency_symbol: "R$",
    currency_positive: 2,
    currency_negative: 9,
    percent_positive: 1,
    percent_negative: 1,
    months: PT_MONTHS,
    months_genitive: PT_MONTHS,
    months_short: ["jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez"],
    days: ["domingo", "segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado"],
    days_short: ["dom", "seg", "ter", "qua", "qui", "sex", "sáb"],
    first_day_of_week: 0,
    long_date: "dddd, d 'de' MMMM 'de' yyyy",
    month_day: "d 'de' MMMM",
    year_month: "MMMM 'de' yyyy",
    ..CONTINENTAL
};

const PT_PT: Culture = Culture {
    name: "pt-PT",
    group: "\u{a0}",
    currency_symbol: "€",
    currency_group: "\u{a0}",
    currency_positive: 3,
    currency_negative: 8,
    first_day_of_week: 1,
    long_date: "d 'de' MMMM 'de' yyyy",
    ..PT_BR
};

const DA_MONTHS: [&str; 12] =
    ["januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september", "oktober", "november", "december"];

const DA_DK: Culture = Culture {
    name: "da-DK",
    currency_symbol: "kr.",
    months: DA_MONTHS,
    months_genitive: DA_MONTHS,
    months_short: ["jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec"],
    days: ["søndag", "mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag"],
    days_short: ["sø", "ma", "ti", "on", "to", "fr", "lø"],
    date_separator: "-",
    short_date: "dd-MM-yyyy",
    long_date: "d. MMMM yyyy",
    month_day: "d. MMMM",
    ..CONTINENTAL
};

const SV_MONTHS: [&str; 12] =
    ["januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober", "november", "december"];

const SV_SE: Culture = Culture {
    name: "sv-SE",
    group: "\u{a0}",
    currency_symbol: "kr",
    currency_group: "\u{a0}",
    months: SV_MONTHS,
    months_genitive: SV_MONTHS,
    months_short: ["jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec"],
    days: ["söndag", "måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag"],
    days_short: ["sö", "må", "ti", "on", "to", "fr", "lö"],
    date_separator: "-",
    short_date: "yyyy-MM-dd",
    long_date: "'den 'd MMMM yyyy",
    month_day: "'den 'd MMMM",
    ..CONTINENTAL
};

const NB_MONTHS: [&str; 12] =
    ["januar", "februar", "mars", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "desember"];

const NB_NO: Culture = Culture {
    name: "nb-NO",
    group: "\u{a0}",
    currency_symbol: "kr",
    currency_group: "\u{a0}",
    currency_positive: 2,
    currency_negative: 9,
    months: NB_MONTHS,
    months_genitive: NB_MONTHS,
    months_short: ["jan", "feb", "mar", "apr", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "des"],
    days: ["søndag", "mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag"],
    days_short: ["sø", "ma", "ti", "on", "to", "fr", "lø"],
    date_separator: ".",
    short_date: "dd.MM.yyyy",
    long_date: "dddd d. MMMM yyyy",
    month_day: "d. MMMM",
    ..CONTINENTAL
};

const FI_FI: Culture = Culture {
    name: "fi-FI",
    group: "\u{a0}",
    currency_group: "\u{a0}",
    months: [
        "tammikuu",
        "helmikuu",
        "maaliskuu",
        "huhtikuu",
        "toukokuu",
        "kesäkuu",
        "heinäkuu",
        "elokuu",
        "syyskuu",
        "lokakuu",
        "marraskuu",
        "joulukuu",
    ],
    months_genitive: [
        "tammikuuta",
        "helmikuuta",
        "maaliskuuta",
        "huhtikuuta",
        "toukokuuta",
        "kesäkuuta",
        "heinäkuuta",
        "elokuuta",
        "syyskuuta",
        "lokakuuta",
        "marraskuuta",
        "joulukuuta",
    ],
    months_short: ["tammi", "helmi", "maalis", "huhti", "touko", "kesä", "heinä", "elo", "syys", "loka", "marras", "joulu"],
    days: ["sunnuntai", "maanantai", "tiistai", "keskiviikko", "torstai", "perjantai", "lauantai"],
    days_short: ["su", "ma", "ti", "ke", "to", "pe", "la"],
    date_separator: ".",
    time_separator: ".",
    short_date: "d.M.yyyy",
    long_date: "dddd d. MMMM yyyy",
    short_time: "H.mm",
    long_time: "H.mm.ss",
    month_day: "d. MMMM",
    ..CONTINENTAL
};

const PL_PL: Culture = Culture {
    name: "pl-PL",
    group: "\u{a0}",
    currency_symbol: "zł",
    currency_group: "\u{a0}",
    percent_positive: 1,
    percent_negative: 1,
    months: [
        "styczeń",
        "luty",
        "marzec",
        "kwiecień",
        "maj",
        "czerwiec",
        "lipiec",
        "sierpień",
        "wrzesień",
        "październik",
        "listopad",
        "grudzień",
    ],
    months_genitive: [
        "stycznia",
        "lutego",
        "marca",
        "kwietnia",
        "maja",
        "czerwca",
        "lipca",
        "sierpnia",
        "września",
        "października",
        "listopada",
        "grudnia",
    ],
    months_short: ["sty", "lut", "mar", "kwi", "maj", "cze", "lip", "sie", "wrz", "paź", "lis", "gru"],
    days: ["niedziela", "poniedziałek", "wtorek", "środa", "czwartek", "piątek", "sobota"],
    days_short: ["niedz.", "pon.", "wt.", "śr.", "czw.", "pt.", "sob."],
    date_separator: ".",
    short_date: "dd.MM.yyyy",
    long_date: "dddd, d MMMM yyyy",
    ..CONTINENTAL
};

const CS_CZ: Culture = Culture {
    name: "cs-CZ",
    group: "\u{a0}",
    currency_symbol: "Kč",
    currency_group: "\u{a0}",
    months: ["leden", "únor", "březen", "duben", "květen", "červen", "červenec", "srpen", "září", "říjen", "listopad", "prosinec"],
    months_genitive: [
        "ledna",
        "února",
        "března",
        "dubna",
        "května",
        "června",
        "července",
        "srpna",
        "září",
        "října",
        "listopadu",
        "prosince",
    ],
    months_short: ["led", "úno", "bře", "dub", "kvě", "čvn", "čvc", "srp", "zář", "říj", "lis", "pro"],
    days: ["neděle", "pondělí", "úterý", "středa", "čtvrtek", "pátek", "sobota"],
    days_short: ["ne", "po", "út", "st", "čt", "pá", "so"],
    am: "dop.",
    pm: "odp.",
    date_separator: ".",
    short_date: "dd.MM.yyyy",
    long_date: "dddd d. MMMM yyyy",
    short_time: "H:mm",
    long_time: "H:mm:ss",
    month_day: "d. MMMM",
    ..CONTINENTAL
};

const TR_MONTHS: [&str; 12] =
    ["Ocak", "Şubat", "Mart", "Nisan", "Mayıs", "Haziran", "Temmuz", "Ağustos", "Eylül", "Ekim", "Kasım", "Aralık"];

const TR_TR: Culture = Culture {
    name: "tr-TR",
    currency_symbol: "₺",
    currency_positive: 0,
    currency_negative: 1,
    percent_positive: 2,
    percent_negative: 2,
    months: TR_MONTHS,
    months_genitive: TR_MONTHS,
    months_short: ["Oca", "Şub", "Mar", "Nis", "May", "Haz", "Tem", "Ağu", "Eyl", "Eki", "Kas", "Ara"],
    days: ["Pazar", "Pazartesi", "Salı", "Çarşamba", "Perşembe", "Cuma", "Cumartesi"],
    days_short: ["Paz", "Pzt", "Sal", "Çar", "Per", "Cum", "Cmt"],
    am: "ÖÖ",
    pm: "ÖS",
    date_separator: ".",
    short_date: "d.MM.yyyy",
    long_date: "d MMMM yyyy dddd",
    ..CONTINENTAL
};

const RU_RU: Culture = Culture {
    name: "ru-RU",
    group: "\u{a0}",
    currency_symbol: "₽",
    currency_group: "\u{a0}",
    nan: "не число",
    months: ["Январь", "Февраль", "Март", "Апрель", "Май", "Июнь", "Июль", "Август", "Сентябрь", "Октябрь", "Ноябрь", "Декабрь"],
    months_genitive: ["января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"],
    months_short: ["янв", "фев", "мар", "апр", "май", "июн", "июл", "авг", "сен", "окт", "ноя", "дек"],
    days: ["воскресенье", "понедельник", "вторник", "среда", "четверг", "пятница", "суббота"],
    days_short: ["Вс", "Пн", "Вт", "Ср", "Чт", "Пт", "Сб"],
    date_separator: ".",
    short_date: "dd.MM.yyyy",
    long_date: "d MMMM yyyy 'г.'",
    short_time: "H:mm",
    long_time: "H:mm:ss",
    ..CONTINENTAL
};

const NUMBERED_MONTHS: [&str; 12] = ["1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"];

const JA_JP: Culture = Culture {
    name: "ja-JP",
    currency_symbol: "¥",
    currency_digits: 0,
    currency_negative: 1,
    percent_positive: 1,
    percent_negative: 1,
    months: NUMBERED_MONTHS,
    months_genitive: NUMBERED_MONTHS,
    months_short: ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"],
    days: ["日曜日", "月曜日", "火曜日", "水曜日", "木曜日", "金曜日", "土曜日"],
    days_short: ["日", "月", "火", "水", "木", "金", "土"],
    am: "午前",
    pm: "午後",
    short_date: "yyyy/MM/dd",
    long_date: "yyyy'年'M'月'd'日'",
    short_time: "H:mm",
    long_time: "H:mm:ss",
    month_day: "M'月'd'日'",
    year_month: "yyyy'年'M'月'",
    ..EN_US
};

const ZH_MONTHS: [&str; 12] = ["一月", "二月", "三月", "四月", "五月", "六月", "七月", "八月", "九月", "十月", "十一月", "十二月"];

const ZH_CN: Culture = Culture {
    name: "zh-CN",
    currency_symbol: "¥",
    currency_negative: 2,
    percent_positive: 1,
    percent_negative: 1,
    months: ZH_MONTHS,
    months_genitive: ZH_MONTHS,
    months_short: NUMBERED_MONTHS,
    days: ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"],
    days_short: ["周日", "周一", "周二", "周三", "周四", "周五", "周六"],
    am: "上午",
    pm: "下午",
    first_day_of_week: 1,
    short_date: "yyyy/M/d",
    long_date: "yyyy'年'M'月'd'日'",
    short_time: "H:mm",
    long_time: "H:mm:ss",
    month_day: "M'月'd'日'",
    year_month: "yyyy'年'M'月'",
    ..EN_US
};

const ZH_TW: Culture = Culture {
    name: "zh-TW",
    currency_symbol: "NT$",
    currency_negative: 1,
    days_short: ["週日", "週一", "週二", "週三", "週四", "週五", "週六"],
    first_day_of_week: 0,
    short_time: "tt hh:mm",
    long_time: "tt hh:mm:ss",
    ..ZH_CN
};

const KO_MONTHS: [&str; 12] = ["1월", "2월", "3월", "4월", "5월", "6월", "7월", "8월", "9월", "10월", "11월", "12월"];

const KO_KR: Culture = Culture {
    name: "ko-KR",
    currency_symbol: "₩",
    currency_digits: 0,
    currency_negative: 1,
    percent_positive: 1,
    percent_negative: 1,
    months: KO_MONTHS,
    months_genitive: KO_MONTHS,
    months_short: ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"],
    days: ["일요일", "월요일", "화요일", "수요일", "목요일", "금요일", "토요일"],
    days_short: ["일", "월", "화", "수", "목", "금", "토"],
    am: "오전",
    pm: "오후",
    date_separator: "-",
    short_date: "yyyy-MM-dd",
    long_date: "yyyy'년' M'월' d'일' dddd",
    short_time: "tt h:mm",
    long_time: "tt h:mm:ss",
    month_day: "M'월' d'일'",
    year_month: "yyyy'년' M'월'",
    ..EN_US
};

/// The first culture of a language is the one that stands for it.
static CULTURES: &[&Culture] = &[
    &EN_US, &EN_GB, &EN_AU, &EN_NZ, &EN_ZA, &EN_CA, &EN_SG, &EN_HK, &EN_IN, &EN_IE, &DE_DE, &DE_AT, &DE_CH, &FR_FR, &FR_CA, &FR_BE, &FR_CH,
    &ES_ES, &ES_MX, &IT_IT, &NL_NL, &NL_BE, &PT_BR, &PT_PT, &DA_DK, &SV_SE, &NB_NO, &FI_FI, &PL_PL, &CS_CZ, &TR_TR, &RU_RU, &JA_JP, &ZH_CN,
    &ZH_TW, &KO_KR,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookup_ignores_case_and_falls_back_to_the_language() {
        assert_eq!(Culture::find("EN-us").map(|c| c.name), Some("en-US"));
        assert_eq!(Culture::find("en").map(|c| c.name), Some("en-US"));
        assert_eq!(Culture::find("fr-LU").map(|c| c.name), Some("fr-FR"));
        assert_eq!(Culture::find("no_NO").map(|c| c.name), Some("nb-NO"));
        assert_eq!(Culture::get("tlh").name, "");
    }

    #[test]
    fn every_culture_tells_its_separators_apart() {
        for culture in Culture::all() {
            assert_ne!(culture.decimal, culture.group, "{culture}");
            assert!(culture.short_date.contains('M') && culture.short_date.contains('d'), "{culture}");
            let distinct: std::collections::BTreeSet<_> = culture.months.iter().collect();
            assert_eq!(distinct.len(), 12, "{culture}");
        }
    }

    #[test]
    fn case_mapping_keeps_the_length_and_knows_turkish() {
        assert_eq!(Culture::get("de-DE").to_upper("straße"), "STRAßE");
        assert_eq!(Culture::get("tr-TR").to_upper("ilk"), "İLK");
        assert_eq!(Culture::get("tr-TR").to_lower("ILK"), "ılk");
    }
}
