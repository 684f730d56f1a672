//! A small shop: 3 products, 8 sales of which one has an unknown product, a date table of two years.

use xero_pbit::dax::Engine;
use xero_pbit::model::{
    CalculationGroup, CalculationItem, Calendar, Column, Measure, Model, Relationship, Role, Source, Table, TablePermission,
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
