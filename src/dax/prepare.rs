//! The definitions of a query, added to the names of the model: measures, variables, tables, columns, functions, parameters.

use std::sync::Arc;

use super::bind::bound::{N, Ty};
use super::bind::{BindCache, Binder, Scope};
use super::catalog::{Axis, Catalog, ColId, Level, MeasureDef, Shape, TableId, fold};
use super::engine::{DaxError, Dependencies};
use super::syntax::ast::{Definition, Expr, ExprKind, Query, UnaryOp, VisualShape};
use super::syntax::parse_expression;
use crate::model;
use crate::table::{DataType, Value};

/// A catalog with a query's definitions, and the values of `@name`.
pub(super) fn define(
    mut catalog: Catalog,
    query: &Query,
    parameters: &[(String, Value)],
) -> Result<(Catalog, Vec<(String, Value)>), DaxError> {
    let mut parameters = parameters.to_vec();
    add_names(&mut catalog, query)?;
    for definition in &query.definitions {
        if let Definition::Parameter(name, expr) = definition {
            let value = constant(expr).ok_or_else(|| DaxError::bind("D0209", "an MPARAMETER must be a constant", expr.at))?;
            parameters.push((name.text.clone(), value));
        }
    }
    // Tables get their columns one after the other, in the order in which they are defined.
    for definition in &query.definitions {
        let Definition::Table(name, expr, shape) = definition else { continue };
        let id = catalog.table(&name.text).expect("defined above");
        let columns: Vec<(String, Option<DataType>)> = {
            let temporary = BindCache::default();
            let binder = Binder::new(&catalog, &temporary, &parameters);
            declare_vars(&binder, query, false)?;
            let node = binder.table(expr, &Scope::default())?;
            node.schema.as_ref().expect("a table").columns.iter().map(|c| (c.name.to_string(), c.ty.data_type())).collect()
        };
        for (column, ty) in columns {
            catalog.add_column(id, &column, ty);
        }
        if let Some(shape) = shape {
            let shape = lay_out(&mut catalog, id, shape)?;
            catalog.tables[id as usize].visual = Some(Arc::new(shape));
        }
    }
    for definition in &query.definitions {
        if let Definition::Column(table, name, expr) = definition {
            let Some(id) = catalog.table(&table.text) else {
                return Err(DaxError::bind("D0202", format!("cannot find table `{}`", table.text), table.at));
            };
            if catalog.column(id, &name.text).is_some() {
                let message = format!("table `{}` has a column `{}` already", table.text, name.text);
                return Err(DaxError::bind("D0216", message, name.at));
            }
            let col = catalog.add_column(id, &name.text, None);
            catalog.columns[col as usize].query_expr = Some(Arc::new(expr.clone()));
        }
    }
    Ok((catalog, parameters))
}

/// Binds what a query defines; its variables come back with their numbers.
pub(super) fn bind_definitions(binder: &Binder<'_>, query: &Query) -> Result<Vec<(u32, N)>, DaxError> {
    let globals = declare_vars(binder, query, true)?;
    for definition in &query.definitions {
        match definition {
            Definition::Measure(_, name, _) => {
                if let Some(id) = binder.catalog.measure(&name.text) {
                    binder.bind_measure(id)?;
                }
            }
            Definition::Column(table, name, _) => {
                if let Some(col) = binder.catalog.table(&table.text).and_then(|t| binder.catalog.column(t, &name.text)) {
                    binder.bind_column(col)?;
                }
            }
            _ => {}
        }
    }
    Ok(globals)
}

/// Declares the variables of DEFINE; with `strict`, errors in them count.
fn declare_vars(binder: &Binder<'_>, query: &Query, strict: bool) -> Result<Vec<(u32, N)>, DaxError> {
    let mut globals = Vec::new();
    for definition in &query.definitions {
        if let Definition::Var(name, expr) = definition {
            match binder.bind(expr, &Scope::default()) {
                Ok(node) => {
                    let id = binder.declare_global(&name.text, &node);
                    globals.push((id, node));
                }
                Err(e) if strict => return Err(e),
                Err(_) => {}
            }
        }
    }
    Ok(globals)
}

/// Resolves the axes of a visual shape against the columns of its table, and adds the column of DENSIFY.
fn lay_out(catalog: &mut Catalog, table: TableId, shape: &VisualShape) -> Result<Shape, DaxError> {
    let column = |catalog: &Catalog, expr: &Expr| -> Result<ColId, DaxError> {
        let found = match &expr.kind {
            ExprKind::Column { name, level: None, .. } => catalog.column(table, &name.text),
            _ => None,
        };
        found.ok_or_else(|| {
            let message = format!("the visual shape names a column that table `{}` does not have", catalog.tables[table as usize].name);
            DaxError::bind("D0252", message, expr.at)
        })
    };
    let mut axes = Vec::new();
    let mut used: Vec<ColId> = Vec::new();
    for axis in &shape.axes {
        let mut levels = Vec::new();
        for (columns, total) in &axis.groups {
            let mut found = Vec::new();
            for expr in columns {
                let id = column(catalog, expr)?;
                if used.contains(&id) {
                    let message = format!("`{}` stands on the axes twice", catalog.column_label(id));
                    return Err(DaxError::bind("D0252", message, expr.at));
                }
                used.push(id);
                found.push(id);
            }
            levels.push(Level { columns: found, total: total.as_ref().map(|e| column(catalog, e)).transpose()? });
        }
        let order = axis.order_by.iter().map(|key| Ok((column(catalog, &key.expr)?, key.descending)));
        let order = order.collect::<Result<Vec<_>, DaxError>>()?;
        axes.push(Axis { name: axis.name.clone(), levels, order });
    }
    let densified = shape.densify.as_ref().map(|name| catalog.add_column(table, name, Some(DataType::Boolean)));
    Ok(Shape { axes, densified })
}

fn constant(expr: &Expr) -> Option<Value> {
    Some(match &expr.kind {
        ExprKind::Int(v) => Value::Int64(*v),
        ExprKind::Double(v) => Value::Double(*v),
        ExprKind::Text(v) => Value::String(v.clone()),
        ExprKind::Date(v) => Value::DateTime(*v),
        ExprKind::Paren(inner) => constant(inner)?,
        ExprKind::Unary(UnaryOp::Minus, inner) => match constant(inner)? {
            Value::Int64(v) => Value::Int64(v.wrapping_neg()),
            Value::Double(v) => Value::Double(-v),
            _ => return None,
        },
        ExprKind::Name(name) if name.text.eq_ignore_ascii_case("TRUE") => Value::Boolean(true),
        ExprKind::Name(name) if name.text.eq_ignore_ascii_case("FALSE") => Value::Boolean(false),
        ExprKind::Call { name, args } if args.is_empty() => match name.text.to_ascii_uppercase().as_str() {
            "TRUE" => Value::Boolean(true),
            "FALSE" => Value::Boolean(false),
            "BLANK" => Value::Blank,
            _ => return None,
        },
        _ => return None,
    })
}

/// Adds the names of DEFINE to a catalog.
fn add_names(catalog: &mut Catalog, query: &Query) -> Result<(), DaxError> {
    let mut seen: Vec<(&str, String)> = Vec::new();
    for definition in &query.definitions {
        let (kind, name) = match definition {
            Definition::Table(name, ..) => ("table", name),
            Definition::Function(name, _) => ("function", name),
            Definition::Measure(_, name, _) => ("measure", name),
            Definition::Var(name, _) => ("variable", name),
            _ => continue,
        };
        let key = (kind, fold(&name.text));
        if seen.contains(&key) {
            return Err(DaxError::bind("D0216", format!("the query defines {kind} `{}` twice", name.text), name.at));
        }
        seen.push(key);
        match definition {
            Definition::Table(_, expr, _) => {
                let id = catalog.add_table(&name.text);
                catalog.tables[id as usize].query_expr = Some(Arc::new(expr.clone()));
            }
            Definition::Function(_, def) => {
                if super::functions::find(&name.text).is_some() {
                    return Err(DaxError::bind("D0215", format!("`{}` is the name of a built-in function", name.text), name.at));
                }
                catalog.functions.push(super::catalog::FunctionDef {
                    name: name.text.clone(),
                    source: model::Source::default(),
                    parsed: Some(Arc::new(def.clone())),
                });
            }
            _ => {}
        }
    }
    for definition in &query.definitions {
        if let Definition::Measure(table, name, expr) = definition {
            let Some(id) = catalog.table(&table.text) else {
                return Err(DaxError::bind("D0202", format!("cannot find table `{}`", table.text), table.at));
            };
            catalog.add_measure(MeasureDef {
                table: id,
                name: Arc::from(name.text.as_str()),
                source: model::Source::default(),
                query_expr: Some(Arc::new(expr.clone())),
                format: None,
                format_expr: None,
                detail_rows: None,
            });
        }
    }
    Ok(())
}

/// Gives calculated tables the columns and types that the model leaves to the engine.
pub(super) fn complete_tables(catalog: &mut Catalog) {
    for _ in 0..catalog.tables.len() {
        let mut changed = false;
        for table in 0..catalog.tables.len() as TableId {
            let def = &catalog.tables[table as usize];
            let Some(source) = &def.calculated else { continue };
            let data: Vec<ColId> = def.columns.iter().copied().filter(|c| catalog.columns[*c as usize].calculated.is_none()).collect();
            if !data.is_empty() && data.iter().all(|c| catalog.columns[*c as usize].data_type.is_some()) {
                continue;
            }
            let Ok(expr) = parse_expression(&source.text) else { continue };
            let columns: Vec<(String, Ty)> = {
                let cache = BindCache::default();
                let binder = Binder::new(catalog, &cache, &[]);
                match binder.table(&expr, &Scope::default()) {
                    Ok(node) => node.schema.as_ref().expect("a table").columns.iter().map(|c| (c.name.to_string(), c.ty)).collect(),
                    Err(_) => continue,
                }
            };
            if data.is_empty() {
                for (name, ty) in columns {
                    catalog.add_column(table, &name, ty.data_type());
                }
                changed = true;
            } else {
                for (position, col) in data.into_iter().enumerate() {
                    let def = &mut catalog.columns[col as usize];
                    if def.data_type.is_some() {
                        continue;
                    }
                    let wanted = fold(def.source_name.rsplit('[').next().unwrap_or("").trim_end_matches(']'));
                    let found = columns.iter().find(|(n, _)| fold(n) == wanted).or(columns.get(position));
                    if let Some(ty) = found.and_then(|(_, ty)| ty.data_type()) {
                        def.data_type = Some(ty);
                        changed = true;
                    }
                }
            }
        }
        if !changed {
            break;
        }
    }
}

/// What a query names itself, not what the measures in it name.
pub(super) fn query_names(catalog: &Catalog, text: &str) -> Result<Dependencies, DaxError> {
    let query = super::syntax::parse_query(text)?;
    let (catalog, parameters) = define(catalog.clone(), &query, &[])?;
    let cache = BindCache::default();
    let binder = Binder::new(&catalog, &cache, &parameters);
    declare_vars(&binder, &query, true)?;
    let tables = query.evaluates.iter().map(|e| &e.table);
    binder.names_of(tables)
}
