use super::{read, write};
use crate::base::{FileSet, SourceMap};
use crate::model::*;
use crate::table::DataType;

fn load(files: &[(&str, &str)]) -> Result<Model, Vec<String>> {
    let files: FileSet = files.iter().map(|(path, text)| (path.to_string(), text.as_bytes().to_vec())).collect();
    let mut sources = SourceMap::default();
    read(&files, "definition", "K", &mut sources).map_err(|problems| {
        let place = |d: &crate::base::Diagnostic| d.span().and_then(|s| sources.position(s)).map_or(0, |p| p.line);
        problems.iter().map(|d| format!("{} line {}: {}", d.code, place(d), d.message)).collect()
    })
}

/// The same model without places.
fn bare(mut model: Model) -> Model {
    fn strip(source: &mut Source) {
        source.origin = None;
    }
    for table in &mut model.tables {
        table.span = None;
        for column in &mut table.columns {
            column.span = None;
            if let ColumnKind::Calculated(source) = &mut column.kind {
                strip(source);
            }
        }
        for measure in &mut table.measures {
            measure.span = None;
            strip(&mut measure.expression);
            measure.format_string_definition.iter_mut().chain(&mut measure.detail_rows).for_each(strip);
            if let Some(kpi) = &mut measure.kpi {
                kpi.target.iter_mut().chain(&mut kpi.status).chain(&mut kpi.trend).for_each(strip);
            }
        }
        table.hierarchies.iter_mut().for_each(|h| h.span = None);
        for partition in &mut table.partitions {
            if let PartitionSource::M(source) | PartitionSource::Calculated(source) = &mut partition.source {
                strip(source);
            }
        }
        if let Some(group) = &mut table.calculation_group {
            for item in &mut group.items {
                item.span = None;
                strip(&mut item.expression);
                item.format_string_definition.iter_mut().for_each(strip);
            }
            for selection in group.multiple_or_empty_selection.iter_mut().chain(&mut group.no_selection) {
                strip(&mut selection.expression);
                selection.format_string_definition.iter_mut().for_each(strip);
            }
        }
        if let Some(policy) = &mut table.refresh_policy {
            strip(&mut policy.source_expression);
        }
    }
    model.relationships.iter_mut().for_each(|r| r.span = None);
    for expression in &mut model.expressions {
        expression.span = None;
        strip(&mut expression.expression);
    }
    for function in &mut model.functions {
        function.span = None;
        strip(&mut function.expression);
    }
    for permission in model.roles.iter_mut().flat_map(|r| &mut r.table_permissions) {
        permission.filter.iter_mut().for_each(strip);
    }
    model
}

#[test]
fn everything_survives_writing_and_reading() {
    let text = include_str!("../../../tests/format/everything.bim");
    let mut model = crate::format::tmsl::read(text, Default::default()).unwrap().0;
    model.name = "K".to_owned();
    // TMDL keeps no name for the partition that every calculation group has; Microsoft's object model calls it so.
    for table in model.tables.iter_mut().filter(|t| t.calculation_group.is_some()) {
        table.partitions[0].name = "Partition".to_owned();
        table.partitions[0].mode = "import".to_owned();
    }
    for (index, item) in model.tables.iter_mut().filter_map(|t| t.calculation_group.as_mut()).flat_map(|g| g.items.iter_mut().enumerate()) {
        item.ordinal = Some(index as i64);
    }
    let files = write(&model);
    let mut sources = SourceMap::default();
    let again = read(&files, "", "K", &mut sources).unwrap();
    let (model, again) = (bare(model), bare(again));
    for (a, b) in model.tables.iter().zip(&again.tables) {
        assert_eq!(a.columns, b.columns, "{}", a.name);
        assert_eq!(a.measures, b.measures, "{}", a.name);
        assert_eq!(a, b);
    }
    assert_eq!(model.cultures, again.cultures);
    assert_eq!(model, again);
    assert_eq!(write(&again), files);
}

#[test]
fn layouts_of_expressions() {
    let table = "table Sales\n\n\tmeasure A = 1 + 1\n\t\tformatString: 0\n\n\tmeasure B =\n\n\t\t\tVAR x = 1\n\n\t\t\tRETURN\n\t\t\t\tx\n\t\tisHidden\n\n\tmeasure 'C d' = ```\n\t\t\t  two  \n\t\t\t \n\t\t\tone\n\t\t\t```\n\n\tcolumn X\n\t\tdataType: int64\n\t\tsourceColumn: X\n";
    let model = load(&[("tables/Sales.tmdl", table)]).unwrap();
    let texts: Vec<&str> = model.tables[0].measures.iter().map(|m| m.expression.text.as_str()).collect();
    assert_eq!(texts, ["1 + 1", "VAR x = 1\n\nRETURN\n\tx", "  two  \n \none"]);
    assert!(model.tables[0].measures[1].is_hidden);
    let b = &model.tables[0].measures[1].expression;
    let at = b.text.find("RETURN").unwrap();
    assert_eq!(&table[b.locate(at, at + 6).unwrap().range()], "RETURN");
}

#[test]
fn spaces_crlf_and_bom_are_read() {
    let text = "\u{feff}table Sales\r\n    column Amount\r\n        dataType: decimal\r\n        summarizeBy: sum\r\n        sourceColumn: Amount\r\n    measure M =\r\n            SUM(Sales[Amount])\r\n        formatString: \"£\"#,0.00\r\n";
    let model = load(&[("tables/Sales.tmdl", text)]).unwrap();
    assert_eq!(model.tables[0].columns[0].data_type, Some(DataType::Currency));
    assert_eq!(model.tables[0].measures[0].expression.text, "SUM(Sales[Amount])");
    assert_eq!(model.tables[0].measures[0].format_string.as_deref(), Some("\"£\"#,0.00"));
}

#[test]
fn foreign_parts_are_carried_along() {
    let text = "table T\n\tshowAsVariationsOnly\n\n\tcolumn D\n\t\tdataType: dateTime\n\t\tisAvailableInMdx: false\n\t\tsourceColumn: D\n\n\t\tvariation Variation\n\t\t\tisDefault\n\t\t\trelationship: abc\n\n\t\tchangedProperty = IsHidden\n";
    let model = load(&[("tables/T.tmdl", text)]).unwrap();
    let other = &model.tables[0].columns[0].other;
    assert_eq!(other[0], ("isAvailableInMdx".to_owned(), "false".to_owned()));
    assert_eq!(other[1], ("variation Variation".to_owned(), "\nisDefault\nrelationship: abc".to_owned()));
    let written = write(&model);
    let written = std::str::from_utf8(written.get("tables/T.tmdl").unwrap()).unwrap();
    assert!(written.contains("\t\tvariation Variation\n\t\t\tisDefault\n\t\t\trelationship: abc\n"), "{written}");
}

#[test]
fn errors_name_line_and_reason() {
    let broken = [
        ("table T\n\tcolumn A\n\t\tdataType: intt64\n", "F0308 line 3: `intt64` is not a data type"),
        ("table 'T\n", "F0303 line 1: a quoted name stays open"),
        ("tabel T\n\tcolumn A\n", "F0302 line 1: `tabel` is not an object of a model"),
        ("table T\n\tmeasure A = ```\n\t\t\t1\n", "F0304 line 2: a block that begins with three backticks stays open"),
        ("table T\n\tcolumn A\n\t\tdataType: int64\n\t\t\tisHidden\n\t\t\t\tx\n", "F0301 line 4: invalid indentation"),
        ("table T\n\tmeasure A = 1\n\t\t 2\n", "F0302 line 3: this line is neither a property nor an object"),
        ("relationship r\n\tfromColumn: A\n\ttoColumn: B.C\n", "F0308 line 2: `fromColumn` is a column"),
        ("table T\ntable T\n", "F0309 line 2: table `T` is declared twice"),
        ("relationship r\n\ttoColumn: B.C\n", "F0307 line 1: a relationship has `fromColumn` and `toColumn`"),
    ];
    for (text, expected) in broken {
        match load(&[("a.tmdl", text)]) {
            Ok(_) => panic!("no error in {text}"),
            Err(problems) => assert_eq!(problems[0], expected, "{text}"),
        }
    }
    assert!(load(&[]).is_err());
}
