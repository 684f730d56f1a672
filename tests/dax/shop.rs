//! A small shop: 3 products, 8 sales of which one has an unknown product, a date table of two years.

use xero_pbit::dax::Engine;
use xero_pbit::model::{
    CalculationGroup, CalculationItem, Calendar, Cardinality, Column, CrossFilter, Measure, Model, Relationship, Role, Source, Table,
    TablePermission,
};
use xero_pbit::table::{self, DataType, Value};

fn column(name: &str, data_type: DataType) -> Column {
    Column { name: name.into(), data_type: Some(data_type), ..Column::default() }
}

fn measure(name: &str, expression: &str) -> Measure {
    Measure { name: name.into(), expression: Source::new(expression), ..Measure::default() }
}

fn stored(name: &str, data_type: DataType, values: Vec<Value>) -> table::Column {
    table::Column::from_values(name, data_type, values).expect("cells of one type")
}

pub fn day(text: &str) -> f64 {
    f64::from(text.parse::<xero_pbit::base::Date>().expect("a date").0)
}

pub fn engine() -> Engine {
    let (model, data) = model_and_data();
    Engine::new(&model, data)
}

/// The shop with two calculation groups: periods, and outside of them scales.
pub fn engine_with_groups() -> Engine {
    let (mut model, data) = model_and_data();
    let mut group = |name: &str, column_name: &str, precedence: i32, items: &[(&str, &str)]| {
        let items = items.iter().map(|(name, expression)| CalculationItem {
            name: (*name).into(),
            expression: Source::new(*expression),
            ..CalculationItem::default()
        });
        let group = CalculationGroup { precedence, items: items.collect(), ..CalculationGroup::default() };
        model.tables.push(Table {
            name: name.into(),
            columns: vec![column(column_name, DataType::String)],
            calculation_group: Some(group),
            ..Table::default()
        });
    };
    group(
        "Period",
        "Item",
        10,
        &[
            ("now", "SELECTEDMEASURE ()"),
            ("to date", "CALCULATE ( SELECTEDMEASURE (), DATESYTD ( 'Date'[Day] ) )"),
            ("before", "CALCULATE ( SELECTEDMEASURE (), SAMEPERIODLASTYEAR ( 'Date'[Day] ) )"),
            ("before to date", "CALCULATE ( SELECTEDMEASURE (), SAMEPERIODLASTYEAR ( 'Date'[Day] ), Period[Item] = \"to date\" )"),
            ("name", "SELECTEDMEASURENAME ()"),
            ("units only", "IF ( ISSELECTEDMEASURE ( [Units] ), SELECTEDMEASURE () * 100, SELECTEDMEASURE () )"),
        ],
    );
    group("Scale", "By", 20, &[("ten", "SELECTEDMEASURE () * 10"), ("plus one", "SELECTEDMEASURE () + 1")]);
    Engine::new(&model, data)
}

/// Customers who share accounts: Customer ↔ Bridge ↔ Account ← Entry, one customer without an account, one account without a customer;
/// and limits by city, joined many to many.
pub fn bridge() -> Engine {
    let table_of = |name: &str, columns: &[(&str, DataType)]| Table {
        name: name.into(),
        columns: columns.iter().map(|(n, t)| column(n, *t)).collect(),
        ..Table::default()
    };
    let (int, text) = (DataType::Int64, DataType::String);
    let mut entry = table_of("Entry", &[("Account", int), ("Amount", int)]);
    entry.measures = vec![measure("Total", "SUM ( Entry[Amount] )")];
    let both = |from: &str, from_column: &str, to: &str, to_column: &str| Relationship {
        from_table: from.into(),
        from_column: from_column.into(),
        to_table: to.into(),
        to_column: to_column.into(),
        cross_filter: CrossFilter::Both,
        ..Relationship::default()
    };
    let single = |from: &str, from_column: &str, to: &str, to_column: &str| Relationship {
        cross_filter: CrossFilter::Single,
        ..both(from, from_column, to, to_column)
    };
    let rome = TablePermission { table: "Customer".into(), filter: Some(Source::new("Customer[City] = \"Rome\"")), ..Default::default() };
    let model = Model {
        tables: vec![
            table_of("Customer", &[("Id", int), ("Name", text), ("City", text)]),
            table_of("Account", &[("Id", int), ("Name", text)]),
            table_of("Bridge", &[("Customer", int), ("Account", int)]),
            entry,
            table_of("Limit", &[("City", text), ("Value", int)]),
        ],
        relationships: vec![
            both("Bridge", "Customer", "Customer", "Id"),
            both("Bridge", "Account", "Account", "Id"),
            single("Entry", "Account", "Account", "Id"),
            Relationship { to_cardinality: Cardinality::Many, ..single("Limit", "City", "Customer", "City") },
        ],
        roles: vec![Role { name: "Rome".into(), permission: "read".into(), table_permissions: vec![rome], ..Role::default() }],
        ..Model::default()
    };
    let ints = |items: &[i64]| items.iter().map(|v| Value::Int64(*v)).collect::<Vec<_>>();
    let texts = |items: &[&str]| items.iter().map(|v| Value::text(*v)).collect::<Vec<_>>();
    let data = [
        (
            "Customer",
            vec![
                ("Id", int, ints(&[1, 2, 3, 4])),
                ("Name", text, texts(&["Ann", "Bob", "Cid", "Dan"])),
                ("City", text, texts(&["Rome", "Rome", "Oslo", "Lima"])),
            ],
        ),
        ("Account", vec![("Id", int, ints(&[10, 11, 12, 13])), ("Name", text, texts(&["a", "b", "c", "nobody"]))]),
        ("Bridge", vec![("Customer", int, ints(&[1, 1, 2, 3])), ("Account", int, ints(&[10, 11, 11, 12]))]),
        ("Entry", vec![("Account", int, ints(&[10, 11, 11, 12, 13])), ("Amount", int, ints(&[100, 1000, 500, 20, 7]))]),
        ("Limit", vec![("City", text, texts(&["Rome", "Rome", "Oslo", "Bonn"])), ("Value", int, ints(&[1, 2, 4, 8]))]),
    ];
    let data = data
        .map(|(name, columns)| table::Table { name: name.into(), columns: columns.into_iter().map(|(n, t, v)| stored(n, t, v)).collect() });
    Engine::new(&model, Vec::from(data))
}

fn model_and_data() -> (Model, Vec<table::Table>) {
    let text = |items: &[&str]| items.iter().map(|s| if s.is_empty() { Value::Blank } else { Value::text(*s) }).collect::<Vec<_>>();
    let mut product = Table { name: "Product".into(), ..Table::default() };
    product.columns = vec![column("Code", DataType::String), column("Colour", DataType::String), column("Price", DataType::Currency)];
    let mut sales = Table { name: "Sales".into(), ..Table::default() };
    sales.columns = vec![
        column("Product", DataType::String),
        column("Day", DataType::DateTime),
        column("Paid Day", DataType::DateTime),
        column("Quantity", DataType::Int64),
        column("Rate", DataType::Double),
    ];
    sales.measures = vec![
        measure("Units", "SUM ( Sales[Quantity] )"),
        measure("Revenue", "SUMX ( Sales, Sales[Quantity] * RELATED ( Product[Price] ) )"),
    ];
    let mut date = Table { name: "Date".into(), data_category: Some("Time".into()), ..Table::default() };
    date.columns = vec![
        Column { is_key: true, ..column("Day", DataType::DateTime) },
        column("Year", DataType::Int64),
        column("Month", DataType::Int64),
    ];
    date.calendars = vec![Calendar {
        name: "Civil".into(),
        units: [("year", "Year"), ("monthOfYear", "Month"), ("date", "Day")].map(|(u, c)| (u.to_owned(), vec![c.to_owned()])).to_vec(),
        time_related: Vec::new(),
    }];
    let role = |name: &str, permission: TablePermission| Role {
        name: name.into(),
        permission: "read".into(),
        table_permissions: vec![permission],
        ..Role::default()
    };
    let relationship = |from: &str, to_table: &str, to: &str, is_active: bool| Relationship {
        from_table: "Sales".into(),
        from_column: from.into(),
        to_table: to_table.into(),
        to_column: to.into(),
        is_active,
        ..Relationship::default()
    };
    let model = Model {
        tables: vec![product, sales, date],
        roles: vec![
            role(
                "No prices",
                TablePermission { table: "Product".into(), columns: vec![("Price".into(), "none".into())], ..Default::default() },
            ),
            role(
                "No products",
                TablePermission { table: "Product".into(), metadata_permission: Some("none".into()), ..Default::default() },
            ),
        ],
        relationships: vec![
            relationship("Product", "Product", "Code", true),
            relationship("Day", "Date", "Day", true),
            relationship("Paid Day", "Date", "Day", false),
        ],
        ..Model::default()
    };
    let money = |units: i64| Value::Currency(xero_pbit::base::Currency(units));
    let days: Vec<f64> = (0..731).map(|d| day("2023-01-01") + f64::from(d)).collect();
    let part = |f: &dyn Fn(xero_pbit::base::Date) -> i64| {
        days.iter().map(|d| Value::Int64(f(xero_pbit::base::Date(*d as i32)))).collect::<Vec<_>>()
    };
    let on = |items: &[&str]| items.iter().map(|d| Value::DateTime(day(d))).collect::<Vec<_>>();
    let data = vec![
        table::Table {
            name: "Product".into(),
            columns: vec![
                stored("Code", DataType::String, text(&["apple", "pear", "plum"])),
                stored("Colour", DataType::String, text(&["red", "green", ""])),
                stored("Price", DataType::Currency, vec![money(12_500), money(20_000), money(5_000)]),
            ],
        },
        table::Table {
            name: "Sales".into(),
            columns: vec![
                stored("Product", DataType::String, text(&["apple", "APPLE", "pear", "pear", "plum", "kiwi", "apple", "pear"])),
                stored(
                    "Day",
                    DataType::DateTime,
                    on(&["2023-01-15", "2023-02-10", "2023-02-28", "2023-06-30", "2023-12-31", "2024-01-15", "2024-02-10", "2024-02-29"]),
                ),
                stored(
                    "Paid Day",
                    DataType::DateTime,
                    on(&["2023-01-20", "2023-03-10", "2023-03-28", "2023-07-30", "2024-01-31", "2024-02-15", "2024-03-10", "2024-03-29"]),
                ),
                stored("Quantity", DataType::Int64, [1, 2, 4, 8, 16, 32, 64, 128].map(Value::Int64).to_vec()),
                stored("Rate", DataType::Double, [0.5, 0.25, 1.0, 0.0, 2.0, 1.5, 0.75, 0.125].map(Value::Double).to_vec()),
            ],
        },
        table::Table {
            name: "Date".into(),
            columns: vec![
                stored("Day", DataType::DateTime, days.iter().map(|d| Value::DateTime(*d)).collect()),
                stored("Year", DataType::Int64, part(&|d| i64::from(d.year()))),
                stored("Month", DataType::Int64, part(&|d| i64::from(d.month()))),
            ],
        },
    ];
    (model, data)
}
