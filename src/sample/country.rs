//! What differs from country to country: currency, tax, year end, places.

/// A country that Xero serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Country {
    /// Australia.
    Au,
    /// New Zealand.
    Nz,
    /// United Kingdom.
    Uk,
    /// United States.
    Us,
    /// Canada.
    Ca,
    /// France.
    Fr,
    /// The Netherlands.
    Nl,
}

/// A rate of tax: the name of its type and hundredths of a percent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tax {
    pub(super) sale: &'static str,
    pub(super) purchase: &'static str,
    pub(super) sale_rate: i64,
    pub(super) purchase_rate: i64,
}

pub(super) struct Facts {
    pub(super) code: &'static str,
    pub(super) version: &'static str,
    pub(super) currency: &'static str,
    pub(super) timezone: &'static str,
    pub(super) country: &'static str,
    pub(super) phone: &'static str,
    pub(super) suffix: &'static str,
    pub(super) tax_name: &'static str,
    pub(super) year_end: (u32, u32),
    /// Code and mean units per 1 of the base currency, in millionths.
    pub(super) foreign: [(&'static str, i64); 2],
    pub(super) standard: Tax,
    pub(super) reduced: Tax,
    pub(super) zero: Tax,
    pub(super) cities: &'static [(&'static str, &'static str, &'static str)],
    pub(super) companies: &'static [&'static str],
    pub(super) people: &'static [(&'static str, &'static str)],
}

const fn tax(sale: &'static str, purchase: &'static str, rate: i64) -> Tax {
    Tax { sale, purchase, sale_rate: rate, purchase_rate: rate }
}

impl Country {
    /// Every country, in the order of the command line's list.
    pub const ALL: [Country; 7] = [Country::Au, Country::Nz, Country::Uk, Country::Us, Country::Ca, Country::Fr, Country::Nl];

    /// The word that the command line uses.
    pub fn word(self) -> &'static str {
        match self {
            Country::Au => "au",
            Country::Nz => "nz",
            Country::Uk => "uk",
            Country::Us => "us",
            Country::Ca => "ca",
            Country::Fr => "fr",
            Country::Nl => "nl",
        }
    }

    /// The ordinary year end there: month and day.
    pub fn year_end(self) -> (u32, u32) {
        self.facts().year_end
    }

    /// The base currency of companies there.
    pub fn currency(self) -> &'static str {
        self.facts().currency
    }

    pub(super) fn facts(self) -> &'static Facts {
        match self {
            Country::Au => &AU,
            Country::Nz => &NZ,
            Country::Uk => &UK,
            Country::Us => &US,
            Country::Ca => &CA,
            Country::Fr => &FR,
            Country::Nl => &NL,
        }
    }
}

const ENGLISH: &[(&str, &str)] = &[
    ("Grace", "Nguyen"),
    ("Oliver", "Marsh"),
    ("Priya", "Raman"),
    ("Tom", "O'Brien"),
    ("Hana", "Kawakami"),
    ("Lachlan", "Boyd"),
    ("Amelia", "Stone"),
    ("Noah", "Te Rangi"),
];

static AU: Facts = Facts {
    code: "AU",
    version: "AU",
    currency: "AUD",
    timezone: "AUSEASTERNSTANDARDTIME",
    country: "Australia",
    phone: "61",
    suffix: "Pty Ltd",
    tax_name: "GST",
    year_end: (6, 30),
    foreign: [("USD", 655_000), ("NZD", 1_090_000)],
    standard: tax("OUTPUT", "INPUT", 1000),
    reduced: tax("EXEMPTOUTPUT", "EXEMPTEXPENSES", 0),
    zero: tax("EXEMPTEXPORT", "INPUTTAXED", 0),
    cities: &[("Melbourne", "VIC", "3000"), ("Sydney", "NSW", "2000"), ("Brisbane", "QLD", "4000"), ("Hobart", "TAS", "7000")],
    companies: &["Kookaburra Cycles", "Banksia Supply", "Southern Cross Outfitters", "Wattle & Co"],
    people: ENGLISH,
};
static NZ: Facts = Facts {
    code: "NZ",
    version: "NZ",
    currency: "NZD",
    timezone: "NEWZEALANDSTANDARDTIME",
    country: "New Zealand",
    phone: "64",
    suffix: "Limited",
    tax_name: "GST",
    year_end: (3, 31),
    foreign: [("AUD", 915_000), ("USD", 602_000)],
    standard: tax("OUTPUT2", "INPUT2", 1500),
    reduced: tax("NONE", "NONE", 0),
    zero: tax("ZERORATED", "ZERORATED", 0),
    cities: &[("Wellington", "", "6011"), ("Auckland", "", "1010"), ("Tauranga", "", "3110"), ("Ōtautahi Christchurch", "", "8011")],
    companies: &["Tūī Trading", "Fernleaf Goods", "Harbour Works", "Kōwhai Supplies"],
    people: ENGLISH,
};
static UK: Facts = Facts {
    code: "GB",
    version: "UK",
    currency: "GBP",
    timezone: "GMTSTANDARDTIME",
    country: "United Kingdom",
    phone: "44",
    suffix: "Ltd",
    tax_name: "VAT",
    year_end: (3, 31),
    foreign: [("EUR", 1_165_000), ("USD", 1_290_000)],
    standard: tax("OUTPUT2", "INPUT2", 2000),
    reduced: tax("RROUTPUT", "RRINPUT", 500),
    zero: tax("ZERORATEDOUTPUT", "ZERORATEDINPUT", 0),
    cities: &[("London", "Greater London", "EC1V 9BD"), ("Leeds", "West Yorkshire", "LS1 4AP"), ("Bristol", "", "BS1 5TR")],
    companies: &["Thistle & Thorn", "Pennine Provisions", "Clockwork Bicycles", "Tideway Stores"],
    people: ENGLISH,
};
static US: Facts = Facts {
    code: "US",
    version: "US",
    currency: "USD",
    timezone: "EASTERNSTANDARDTIME",
    country: "United States",
    phone: "1",
    suffix: "LLC",
    tax_name: "Sales Tax",
    year_end: (12, 31),
    foreign: [("EUR", 920_000), ("CAD", 1_370_000)],
    standard: Tax { sale: "OUTPUT", purchase: "INPUT", sale_rate: 825, purchase_rate: 0 },
    reduced: tax("NONE", "NONE", 0),
    zero: tax("NONE", "NONE", 0),
    cities: &[("Portland", "OR", "97205"), ("Austin", "TX", "78701"), ("Columbus", "OH", "43215")],
    companies: &["Cascade Outfitters", "Bluebonnet Supply", "Prairie Works", "Lakeside Goods"],
    people: ENGLISH,
};
static CA: Facts = Facts {
    code: "CA",
    version: "GLOBAL",
    currency: "CAD",
    timezone: "EASTERNSTANDARDTIME",
    country: "Canada",
    phone: "1",
    suffix: "Inc.",
    tax_name: "HST",
    year_end: (12, 31),
    foreign: [("USD", 731_000), ("EUR", 676_000)],
    standard: tax("TAX002", "TAX004", 1300),
    reduced: tax("TAX001", "TAX003", 500),
    zero: tax("NONE", "NONE", 0),
    cities: &[("Toronto", "ON", "M5V 2T6"), ("Montréal", "QC", "H2Y 1C6"), ("Halifax", "NS", "B3J 1S9")],
    companies: &["Maple Ridge Supply", "Érable & Fils", "Northern Lights Cycles", "Chinook Goods"],
    people: &[("Chloé", "Tremblay"), ("Liam", "MacDonald"), ("Émile", "Gagnon"), ("Sarah", "Singh"), ("Wei", "Chen"), ("Ava", "Roy")],
};
static FR: Facts = Facts {
    code: "FR",
    version: "GLOBAL",
    currency: "EUR",
    timezone: "ROMANCESTANDARDTIME",
    country: "France",
    phone: "33",
    suffix: "SARL",
    tax_name: "TVA",
    year_end: (12, 31),
    foreign: [("USD", 1_085_000), ("GBP", 857_000)],
    standard: tax("OUTPUT", "INPUT", 2000),
    reduced: tax("TAX001", "TAX002", 550),
    zero: tax("NONE", "NONE", 0),
    cities: &[("Lyon", "Rhône", "69002"), ("Paris", "Île-de-France", "75011"), ("Nantes", "Loire-Atlantique", "44000")],
    companies: &["L'Atelier du Vélo", "Maison Bérénice", "Comptoir de l'Œuvre", "Les Établis"],
    people: &[
        ("Élodie", "Lefèvre"),
        ("Jean-Noël", "Garçon"),
        ("Maëlys", "D'Aubigné"),
        ("Karim", "Benali"),
        ("Zoé", "Cœur"),
        ("Luc", "Martin"),
    ],
};
static NL: Facts = Facts {
    code: "NL",
    version: "GLOBAL",
    currency: "EUR",
    timezone: "WEUROPESTANDARDTIME",
    country: "Netherlands",
    phone: "31",
    suffix: "B.V.",
    tax_name: "BTW",
    year_end: (12, 31),
    foreign: [("USD", 1_085_000), ("GBP", 857_000)],
    standard: tax("OUTPUT", "INPUT", 2100),
    reduced: tax("TAX001", "TAX002", 900),
    zero: tax("NONE", "NONE", 0),
    cities: &[("Utrecht", "Utrecht", "3511 AX"), ("'s-Hertogenbosch", "Noord-Brabant", "5211 JR"), ("Groningen", "Groningen", "9712 HW")],
    companies: &["Fietsenmakerij De Kade", "Van der Berg & Zn", "Grachten Handel", "IJsselwerk"],
    people: &[
        ("Sanne", "de Vries"),
        ("Daan", "van 't Hoff"),
        ("Femke", "IJzerman"),
        ("Bram", "Jansen"),
        ("Noor", "El Amrani"),
        ("Joris", "Müller"),
    ],
};
