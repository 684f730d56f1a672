//! Words: contacts, items, line texts; among them those that break careless readers.

pub(super) const FIRST: &[&str] = &[
    "Alder",
    "Basalt",
    "Cedar",
    "Dune",
    "Ember",
    "Fjord",
    "Gable",
    "Harbour",
    "Iris",
    "Juniper",
    "Kestrel",
    "Lantern",
    "Meadow",
    "Northgate",
    "Orchard",
    "Pebble",
    "Quarry",
    "Rowan",
    "Saffron",
    "Timber",
    "Umber",
    "Vista",
    "Willow",
    "Yarrow",
    "Zephyr",
    "Copper",
    "Marlow",
    "Sable",
];

pub(super) const SECOND: &[&str] = &[
    "Bakery",
    "Cycles",
    "Design",
    "Education",
    "Fitness",
    "Gardens",
    "Holdings",
    "Imports",
    "Joinery",
    "Kitchens",
    "Logistics",
    "Media",
    "Nurseries",
    "Outdoors",
    "Partners",
    "Retail",
    "Studios",
    "Tours",
    "Utilities",
    "Ventures",
    "Workshop",
];

/// Names with quotes, emoji, 4-byte letters, right-to-left text, markup, leading characters that spreadsheets run.
pub(super) const ODD_CUSTOMERS: &[&str] = &[
    "\"Quoted\" & Sons",
    "O'Malley's Café ☕",
    "שלום טיולים בע\"מ",
    "𝒳-Treme 🚵 Tours",
    "=SUM(Cycles) & Co",
    "مؤسسة الرمال للتجارة",
    "<b>Bold</b> Interiors; Ltd",
    "  Spaces  Inside  ",
    "東京自転車株式会社",
];

pub(super) const SUPPLIERS: &[(&str, SupplierKind)] = &[
    ("Chainring Wholesale", SupplierKind::Goods),
    ("Pacific Rim Imports", SupplierKind::Goods),
    ("Hub & Spoke Distribution", SupplierKind::Goods),
    ("Torque Components", SupplierKind::Goods),
    ("Gearbox Contractors", SupplierKind::Direct),
    ("Swift Assembly", SupplierKind::Direct),
    ("Brightside Marketing", SupplierKind::Overhead),
    ("Gridline Energy", SupplierKind::Overhead),
    ("ParcelPath Couriers", SupplierKind::Overhead),
    ("Ledger & Lane Accountants", SupplierKind::Overhead),
    ("Cloudnine Software \u{2601}\u{fe0f}", SupplierKind::Overhead),
    ("Hightower Telecom", SupplierKind::Overhead),
    ("Spotless \"24/7\" Cleaning", SupplierKind::Overhead),
    ("Desk\\Depot", SupplierKind::Overhead),
    ("Fleetwood Motors", SupplierKind::Overhead),
    ("Castle & Moat Legal", SupplierKind::Overhead),
];

/// What a supplier's bills are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SupplierKind {
    /// Tracked stock.
    Goods,
    /// Cost of sales without stock.
    Direct,
    /// Everything else.
    Overhead,
}

/// Name, description, price in 1/100, what it costs in percent of the price, tracked.
pub(super) const GOODS: &[(&str, &str, i64, i64, bool)] = &[
    ("Touring Bicycle", "Steel touring bicycle, 27 speed", 129_900, 58, true),
    ("City Bicycle", "Step-through city bicycle", 84_900, 57, true),
    ("Helmet", "Helmet, EN 1078, sizes S\u{2013}XL", 8_950, 48, true),
    ("Pannier \"Atlas\"", "Pannier bag 25 l, 12\" \u{d7} 14\"", 12_900, 50, true),
    ("Chain, 11-speed", "Chain 116 links", 4_495, 52, true),
    ("Brake Pads", "Brake pads (pair)", 1_950, 45, true),
    ("Inner Tube", "Inner tube 28\u{2033}", 850, 40, true),
    ("Service, full", "Full service \u{1f527}", 18_500, 0, false),
    ("Labour", "Workshop labour, per hour", 9_600, 0, false),
    ("Guided Tour", "Guided tour, per person", 14_500, 30, false),
    ("Hire, daily", "Bicycle hire, per day", 4_500, 0, false),
    ("Gift Card", "Gift card 🎁", 5_000, 0, false),
];

pub(super) const SALE_TEXTS: &[&str] = &[
    "Consulting on fleet maintenance",
    "Project work, phase 2",
    "On-site support",
    "Custom frame painting",
    "Monthly retainer",
    "Workshop \u{2018}Ride safely\u{2019}",
    "Delivery and set-up\n(two floors up)",
    "Training day \u{1f6b2}",
];

pub(super) const BILL_TEXTS: &[&str] = &[
    "Invoice as agreed",
    "Monthly charge",
    "Usage in the period",
    "Materials\tand sundries",
    "Call-out fee",
    "Annual plan, pro rata",
    "Deliveries",
];

pub(super) const NOTE_TEXTS: &[&str] = &[
    "Deliver to the back door, please",
    "** Thank you for your business **",
    "=HYPERLINK(\"http://example.com\",\"see terms\")",
    "Ref: \u{5d4}\u{5d6}\u{5de}\u{5e0}\u{5d4} 1042",
    "Colour: \u{1f7e6} blue\r\nSize: 12\" \\ 30 cm",
    "",
];

pub(super) const REFERENCES: &[&str] = &["", "", "", "PO 4711", "Order \"B\"", "ref/2024; rush", "Project Ñandú", "🚚 express", "#00123"];

pub(super) const OFFICE_TEXTS: &[(&str, super::chart::Acc)] = &[
    ("Coffee and milk", super::chart::Acc::Entertainment),
    ("Fuel", super::chart::Acc::Motor),
    ("Stationery", super::chart::Acc::Printing),
    ("Train tickets", super::chart::Acc::Travel),
    ("App subscription", super::chart::Acc::Subscriptions),
    ("Postage", super::chart::Acc::FreightOut),
    ("Client lunch", super::chart::Acc::Entertainment),
    ("Hardware store", super::chart::Acc::Workshop),
    ("Toner", super::chart::Acc::Office),
    ("Key cutting", super::chart::Acc::General),
];

/// Account of an overhead supplier, by position.
pub(super) const OVERHEADS: &[super::chart::Acc] = &[
    super::chart::Acc::Advertising,
    super::chart::Acc::Power,
    super::chart::Acc::FreightOut,
    super::chart::Acc::Consulting,
    super::chart::Acc::Subscriptions,
    super::chart::Acc::Telephone,
    super::chart::Acc::Cleaning,
    super::chart::Acc::Office,
    super::chart::Acc::Motor,
    super::chart::Acc::Legal,
    super::chart::Acc::Workshop,
    super::chart::Acc::Travel,
    super::chart::Acc::Printing,
];
