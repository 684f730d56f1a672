//! The model as it goes into files: queries filled in for one source, words in place, annotations that Power BI Desktop reads.

use crate::model::*;
use crate::power_query::Queries;
use crate::project::Project;
use crate::project::lineage::uuid;

/// The model for one source.
pub(super) fn prepare(project: &Project, queries: Queries) -> Model {
    let mut model = project.model.clone();
    for (table, text) in queries.tables {
        let table = model.tables.iter_mut().find(|t| t.name == table);
        if let Some(PartitionSource::M(empty)) = table.and_then(|t| t.partitions.first_mut()).map(|p| &mut p.source) {
            *empty = Source::new(text);
        }
    }
    let mut expressions = queries.expressions;
    refresh(&mut model, &mut expressions);
    model.expressions = expressions;
    for table in &mut model.tables {
        words(table);
        for text in texts(table) {
            tidy(&mut text.text);
        }
    }
    for expression in &mut model.expressions {
        tidy(&mut expression.expression.text);
        expression.description = one_line(&expression.description);
    }
    for translation in model.cultures.iter_mut().flat_map(|c| c.translations.values_mut()) {
        translation.description = translation.description.as_deref().map(one_line);
    }
    model.description = one_line(&model.description);
    let mut groups: Vec<String> = Vec::new();
    let used =
        model.expressions.iter().map(|e| &e.query_group).chain(model.tables.iter().flat_map(|t| &t.partitions).map(|p| &p.query_group));
    for group in used.flatten() {
        if !groups.contains(group) {
            groups.push(group.clone());
        }
    }
    model.query_groups = groups;
    if !model.cultures.iter().any(|c| c.name.eq_ignore_ascii_case(&model.culture)) {
        model.cultures.insert(0, Culture { name: model.culture.clone(), ..Culture::default() });
    }
    model.cultures.sort_by_key(|c| !c.name.eq_ignore_ascii_case(&model.culture));
    // The words of the model's own language are the names themselves.
    let own = model.culture.clone();
    model.cultures.iter_mut().filter(|c| c.name.eq_ignore_ascii_case(&own)).for_each(|c| c.translations.clear());
    let order: Vec<&str> =
        model.expressions.iter().map(|e| e.name.as_str()).chain(model.tables.iter().filter(is_query).map(|t| t.name.as_str())).collect();
    let order = serde_json::to_string(&order).expect("a list of texts always prints");
    model.annotations.extend([
        ("__PBI_TimeIntelligenceEnabled".to_owned(), "0".to_owned()),
        ("PBI_QueryOrder".to_owned(), order),
        ("PBI_ProTooling".to_owned(), "[\"DevMode\"]".to_owned()),
    ]);
    model
}

fn is_query(table: &&Table) -> bool {
    table.partitions.iter().any(|p| matches!(p.source, PartitionSource::M(_)))
}

/// Refresh policies: the table's own query, cut by RangeStart and RangeEnd, which become parameters.
fn refresh(model: &mut Model, expressions: &mut Vec<NamedExpression>) {
    let mut any = false;
    for table in &mut model.tables {
        let own = match table.partitions.first().map(|p| &p.source) {
            Some(PartitionSource::M(text)) => text.text.clone(),
            _ => continue,
        };
        if let Some(policy) = &mut table.refresh_policy {
            let filter = policy.source_expression.text.replace("{rows}", "Rows");
            let cut = format!("let\n    Rows =\n{}\nin\n    {filter}", indented(&own, 8));
            policy.source_expression = Source::new(cut.clone());
            if let Some(partition) = table.partitions.first_mut() {
                partition.source = PartitionSource::M(Source::new(cut));
            }
            any = true;
        }
    }
    if any {
        for (name, year) in [("RangeStart", 2020), ("RangeEnd", 2030)] {
            expressions.push(NamedExpression {
                name: name.to_owned(),
                description: "Set by Power BI for incremental refresh.".to_owned(),
                expression: Source::new(format!(
                    "#datetime({year}, 1, 1, 0, 0, 0) meta [IsParameterQuery=true, Type=\"DateTime\", IsParameterQueryRequired=true]"
                )),
                query_group: Some("Parameters".to_owned()),
                lineage_tag: Some(uuid(&["expression", name])),
                annotations: vec![("PBI_ResultType".to_owned(), "DateTime".to_owned())],
                span: None,
            });
        }
    }
}

fn indented(text: &str, by: usize) -> String {
    let margin = " ".repeat(by);
    text.lines().map(|line| if line.is_empty() { String::new() } else { format!("{margin}{line}") }).collect::<Vec<_>>().join("\n")
}

/// Synonyms go into descriptions, which Copilot reads; Q&A and its linguistic schema are being retired.
fn words(table: &mut Table) {
    let with = |description: &str, synonyms: &mut Vec<String>| {
        let mut text = one_line(description);
        if !synonyms.is_empty() {
            if !text.is_empty() {
                text.push_str(if text.ends_with(['.', '!', '?']) { " " } else { ". " });
            }
            text.push_str(&format!("Synonyms: {}.", synonyms.join(", ")));
            synonyms.clear();
        }
        text
    };
    table.description = one_line(&table.description);
    for column in &mut table.columns {
        column.description = with(&column.description, &mut column.synonyms);
    }
    for measure in &mut table.measures {
        measure.description = with(&measure.description, &mut measure.synonyms);
    }
    for hierarchy in &mut table.hierarchies {
        hierarchy.description = one_line(&hierarchy.description);
    }
}

fn one_line(text: &str) -> String {
    let bytes = text.as_bytes();
    // Most are one line of words with single blanks.
    if text.is_ascii() && !bytes.iter().any(|byte| *byte < b' ') && bytes.windows(2).all(|two| two != b"  ") && text.trim() == text {
        return text.to_owned();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The DAX and M of a table.
fn texts(table: &mut Table) -> Vec<&mut Source> {
    let mut out: Vec<&mut Source> = Vec::new();
    for column in &mut table.columns {
        if let ColumnKind::Calculated(text) = &mut column.kind {
            out.push(text);
        }
    }
    for measure in &mut table.measures {
        out.push(&mut measure.expression);
        out.extend(measure.format_string_definition.iter_mut().chain(&mut measure.detail_rows));
    }
    for partition in &mut table.partitions {
        if let PartitionSource::M(text) | PartitionSource::Calculated(text) = &mut partition.source {
            out.push(text);
        }
    }
    for item in table.calculation_group.iter_mut().flat_map(|group| &mut group.items) {
        out.push(&mut item.expression);
        out.extend(&mut item.format_string_definition);
    }
    out.extend(table.refresh_policy.iter_mut().map(|policy| &mut policy.source_expression));
    out
}

/// Tabs become four spaces, blanks at line ends go, as do empty lines at the ends: the text then needs no fence in TMDL.
fn tidy(text: &mut String) {
    if text.contains('\t') || text.lines().any(|line| line.ends_with(' ')) || text.trim() != text.as_str() {
        let lines: Vec<String> = text.replace('\t', "    ").lines().map(|line| line.trim_end().to_owned()).collect();
        let lines = lines.join("\n");
        let lines = lines.trim_matches('\n');
        // The first line sets the margin.
        let margin = lines.len() - lines.trim_start_matches(' ').len();
        *text = lines
            .lines()
            .map(|line| line.get(margin.min(line.len() - line.trim_start().len())..).unwrap_or(""))
            .collect::<Vec<_>>()
            .join("\n");
    }
}
