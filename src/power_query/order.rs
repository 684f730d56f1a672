//! In which order a refresh makes its tables: what is slow begins early, and what others wait for comes before what nobody waits for.

use std::cmp::Reverse;

use crate::model::{Model, PartitionSource, Table};

/// The M text of a table's query.
pub(super) fn query(table: &Table) -> Option<&str> {
    table.partitions.iter().find_map(|p| match &p.source {
        PartitionSource::M(m) => Some(m.text.as_str()),
        _ => None,
    })
}

/// Names of the tables that have a query, in the order in which they are best begun.
///
/// How long a query takes is not known before: rows that are details of other rows, which are details themselves, are the most, so the table
/// at the end of the longest chain of relationships begins. Then come those that the first calculated tables wait for, the longest query first.
pub fn queries(model: &Model) -> Vec<&str> {
    let calculated = calculated(model);
    let texts: Vec<&str> = calculated.iter().filter_map(|name| Some(model.table(name)?.calculated()?.text.as_str())).collect();
    let (names, queries): (Vec<&str>, Vec<&str>) =
        model.tables.iter().filter_map(|table| Some((table.name.as_str(), query(table)?))).unzip();
    let depths = depths(model, &names);
    // One step is what dimensions are away from facts.
    let deepest = depths.iter().copied().max().filter(|depth| *depth > 2);
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by_cached_key(|at| {
        let awaited = texts.iter().position(|dax| is_named(dax, names[*at])).unwrap_or(texts.len());
        (Some(depths[*at]) != deepest, awaited, Reverse(queries[*at].len()))
    });
    order.into_iter().map(|at| names[at]).collect()
}

/// Names of the calculated tables, those first that wait for the least work: for the shortest queries, and with the shortest text.
pub fn calculated(model: &Model) -> Vec<&str> {
    let mut order: Vec<(usize, usize, &str)> = Vec::new();
    for table in &model.tables {
        let Some(dax) = table.calculated() else { continue };
        let needs = model.tables.iter().filter(|other| is_named(&dax.text, &other.name)).filter_map(query);
        order.push((needs.map(str::len).sum(), dax.text.len(), &table.name));
    }
    order.sort_unstable();
    order.into_iter().map(|(_, _, name)| name).collect()
}

/// Chains of relationships are followed so far; those of a circle have no end.
const LONGEST_CHAIN: usize = 8;

/// How many tables of `tables` lie one behind the other on the longest way along the relationships from each.
fn depths(model: &Model, tables: &[&str]) -> Vec<usize> {
    let place = |name: &str| tables.iter().position(|table| *table == name);
    let ways: Vec<(usize, usize)> =
        model.relationships.iter().filter(|r| r.is_active).filter_map(|r| Some((place(&r.from_table)?, place(&r.to_table)?))).collect();
    let mut depths = vec![1; tables.len()];
    for _ in 1..LONGEST_CHAIN {
        let before = depths.clone();
        for (from, to) in &ways {
            depths[*from] = depths[*from].max(before[*to] + 1);
        }
    }
    depths
}

/// Whether a DAX text names a table, as `'Name'`, `Name[` or `Name )`. One that does it otherwise is waited for all the same.
fn is_named(dax: &str, table: &str) -> bool {
    dax.match_indices(table).any(|(at, _)| {
        let (before, after) = (dax[..at].chars().next_back(), dax[at + table.len()..].trim_start().chars().next());
        match before {
            Some('\'') => after == Some('\''),
            _ => matches!(after, Some('[' | ')' | ',')) && !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '[' | ']')),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Relationship;

    #[test]
    fn chains_and_circles_have_a_depth() {
        let between = |from: &str, to: &str| Relationship {
            from_table: from.to_owned(),
            to_table: to.to_owned(),
            is_active: true,
            ..Relationship::default()
        };
        let ways = [
            ("Lines", "Documents"),
            ("Documents", "Contacts"),
            ("Lines", "Items"),
            ("Round", "About"),
            ("About", "Round"),
            ("Self", "Self"),
        ];
        let model = Model { relationships: ways.map(|(from, to)| between(from, to)).into(), ..Model::default() };
        let tables = ["Contacts", "Documents", "Items", "Lines", "Round", "About", "Self"];
        assert_eq!(depths(&model, &tables), [1, 2, 1, 3, LONGEST_CHAIN, LONGEST_CHAIN, LONGEST_CHAIN]);
    }

    #[test]
    fn tables_are_named_in_several_ways() {
        for dax in ["SUM ( Items[Price] )", "COUNTROWS ( Items )", "FILTER(Items, TRUE())", "ROWS('Items')"] {
            assert!(is_named(dax, "Items"), "{dax}");
        }
        for dax in ["'Invoice Line Items'", "'Line Items'[Key]", "SubItems[Key]", "[Items]", "\"Items of\"", ""] {
            assert!(!is_named(dax, "Items"), "{dax}");
        }
        assert!(is_named("'Invoice Line Items'[Key]", "Invoice Line Items"));
    }
}
