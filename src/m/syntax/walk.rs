//! Visits the parts of a tree.

use super::ast::*;

/// Hands each expression directly below `expr` to `visit`.
pub fn children<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    match &expr.kind {
        ExprKind::Null
        | ExprKind::Logical(_)
        | ExprKind::Number(_)
        | ExprKind::Text(_)
        | ExprKind::Verbatim(_)
        | ExprKind::Identifier { .. }
        | ExprKind::SectionMember { .. }
        | ExprKind::NotImplemented => {}
        ExprKind::Paren(e)
        | ExprKind::Each(e)
        | ExprKind::Try(e)
        | ExprKind::Error(e)
        | ExprKind::Unary(_, e)
        | ExprKind::As(e, _)
        | ExprKind::Is(e, _) => {
            visit(e);
        }
        ExprKind::List(items) => {
            for item in items {
                match item {
                    Item::One(e) => visit(e),
                    Item::Range(a, b) => {
                        visit(a);
                        visit(b);
                    }
                }
            }
        }
        ExprKind::Record(fields) => fields.iter().for_each(|f| visit(&f.value)),
        ExprKind::Call(callee, args) => {
            visit(callee);
            args.iter().for_each(visit);
        }
        ExprKind::Field { target, .. } | ExprKind::Projection { target, .. } => {
            if let Some(target) = target {
                visit(target);
            }
        }
        ExprKind::Item { target, index, .. } => {
            visit(target);
            visit(index);
        }
        ExprKind::Binary(_, a, b) | ExprKind::Logic(_, a, b) | ExprKind::TryOtherwise(a, b) => {
            visit(a);
            visit(b);
        }
        ExprKind::Function(f) => visit(&f.body),
        ExprKind::TryCatch(e, f) => {
            visit(e);
            visit(&f.body);
        }
        ExprKind::Let(bindings, body) => {
            bindings.iter().for_each(|b| visit(&b.value));
            visit(body);
        }
        ExprKind::If(parts) => {
            visit(&parts.0);
            visit(&parts.1);
            visit(&parts.2);
        }
        ExprKind::Type(ty) => type_children(ty, visit),
    }
}

fn type_children<'a>(ty: &'a TypeExpr, visit: &mut dyn FnMut(&'a Expr)) {
    match &ty.kind {
        TypeKind::Primitive(_) => {}
        TypeKind::Nullable(t) | TypeKind::List(t) => type_children(t, visit),
        TypeKind::Record(fields, _) | TypeKind::Table(fields) => {
            fields.iter().filter_map(|f| f.ty.as_ref()).for_each(|t| type_children(t, visit));
        }
        TypeKind::TableOf(e) | TypeKind::Expr(e) => visit(e),
        TypeKind::Function(params, returns) => {
            params.iter().filter_map(|f| f.ty.as_ref()).for_each(|t| type_children(t, visit));
            type_children(returns, visit);
        }
    }
}

/// Whether `test` holds for `expr` or anything inside it.
pub fn any(expr: &Expr, test: &dyn Fn(&Expr) -> bool) -> bool {
    let mut stack = vec![expr];
    while let Some(expr) = stack.pop() {
        if test(expr) {
            return true;
        }
        children(expr, &mut |child| stack.push(child));
    }
    false
}
