//! A small model for the targets that need names.

use xero_pbit::dax::Engine;
use xero_pbit::model::{Column, Measure, Model, Relationship, Source, Table};
use xero_pbit::table::{self, DataType, Value};

pub fn engine() -> Engine {
    let column = |name: &str, data_type: DataType| Column { name: name.into(), data_type: Some(data_type), ..Column::default() };
    let f = Table {
        name: "F".into(),
        columns: vec![column("k", DataType::Int64), column("x", DataType::Double), column("d", DataType::DateTime)],
        measures: vec![Measure { name: "m".into(), expression: Source::new("SUM ( F[x] )"), ..Measure::default() }],
        ..Table::default()
    };
    let d = Table {
        name: "D".into(),
        columns: vec![Column { is_key: true, ..column("k", DataType::Int64) }, column("n", DataType::String)],
        ..Table::default()
    };
    let join = Relationship {
        from_table: "F".into(),
        from_column: "k".into(),
        to_table: "D".into(),
        to_column: "k".into(),
        ..Relationship::default()
    };
    let cells = |name: &str, data_type: DataType, values: Vec<Value>| {
        table::Column::from_values(name, data_type, values).expect("cells of one type")
    };
    let data = vec![
        table::Table {
            name: "F".into(),
            columns: vec![
                cells("k", DataType::Int64, vec![Value::Int64(1), Value::Int64(2), Value::Blank]),
                cells("x", DataType::Double, vec![Value::Double(1.5), Value::Double(-2.0), Value::Double(0.0)]),
                cells("d", DataType::DateTime, vec![Value::DateTime(45_000.0), Value::DateTime(45_031.0), Value::Blank]),
            ],
        },
        table::Table {
            name: "D".into(),
            columns: vec![
                cells("k", DataType::Int64, vec![Value::Int64(1), Value::Int64(3)]),
                cells("n", DataType::String, vec![Value::text("a"), Value::text("b")]),
            ],
        },
    ];
    Engine::new(&Model { tables: vec![f, d], relationships: vec![join], ..Model::default() }, data)
}
