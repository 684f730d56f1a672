//! Tree → text: on one line, or laid out.

use super::ast::*;
use super::names::{field_name, quoted_identifier};
use super::parser::{Parsed, SyntaxError, parse_document};
use crate::m::value::quote;

/// Lines are broken when they would be longer.
const WIDTH: usize = 100;

/// How tightly a form binds; see the levels of the parser.
fn level(kind: &ExprKind) -> u8 {
    match kind {
        ExprKind::Each(_)
        | ExprKind::Function(_)
        | ExprKind::Let(..)
        | ExprKind::If(_)
        | ExprKind::Try(_)
        | ExprKind::TryOtherwise(..)
        | ExprKind::TryCatch(..)
        | ExprKind::Error(_) => 0,
        ExprKind::Logic(Logic::Coalesce, ..) => 1,
        ExprKind::Logic(Logic::Or, ..) => 2,
        ExprKind::Logic(Logic::And, ..) => 3,
        ExprKind::Is(..) => 4,
        ExprKind::As(..) => 5,
        ExprKind::Binary(operator, ..) => match operator {
            Binary::Equal | Binary::NotEqual => 6,
            Binary::Less | Binary::LessOrEqual | Binary::Greater | Binary::GreaterOrEqual => 7,
            Binary::Add | Binary::Subtract | Binary::Combine => 8,
            Binary::Multiply | Binary::Divide => 9,
        },
        ExprKind::Logic(Logic::Meta, ..) => 10,
        ExprKind::Unary(..) | ExprKind::Type(_) => 11,
        _ => 12,
    }
}

/// The document on as few lines as possible; it reads back as the same tree.
pub fn print(document: &Document) -> String {
    match document {
        Document::Expression(expr) => print_expr(expr),
        Document::Sections(sections) => {
            let mut out = String::new();
            for section in sections {
                if let Some(attributes) = &section.attributes {
                    Flat { out: &mut out, limit: usize::MAX }.bindings('[', attributes, ']');
                    out.push('\n');
                }
                out.push_str("section");
                if let Some(name) = &section.name {
                    out.push(' ');
                    out.push_str(&quoted_identifier(name));
                }
                out.push_str(";\n");
                for member in &section.members {
                    let mut flat = Flat { out: &mut out, limit: usize::MAX };
                    if let Some(attributes) = &member.attributes {
                        flat.bindings('[', attributes, ']');
                        flat.put(" ");
                    }
                    if member.shared {
                        flat.put("shared ");
                    }
                    flat.put(&quoted_identifier(&member.binding.name));
                    flat.put(" = ");
                    flat.expr(&member.binding.value, 0);
                    flat.put(";\n");
                }
            }
            out
        }
    }
}

/// An expression on one line (apart from text literals with line breaks, which are escaped).
pub fn print_expr(expr: &Expr) -> String {
    let mut out = String::new();
    Flat { out: &mut out, limit: usize::MAX }.expr(expr, 0);
    out
}

/// Lays a text out: `let` variables, long lists, records and calls one per line, comments kept.
///
/// # Errors
/// When the text is not M.
pub fn format(text: &str) -> Result<String, SyntaxError> {
    let Parsed { document, comments } = parse_document(text)?;
    let mut layout = Layout { out: String::new(), comments, next: 0 };
    match &document {
        Document::Expression(expr) => {
            layout.comments_before(expr.at.start, 0);
            layout.expr(expr, 0, 0);
        }
        Document::Sections(sections) => {
            for (index, section) in sections.iter().enumerate() {
                if index > 0 {
                    layout.out.push('\n');
                }
                layout.section(section);
            }
        }
    }
    layout.rest();
    let mut out = layout.out;
    out.truncate(out.trim_end().len());
    out.push('\n');
    Ok(out)
}

/// Writes without line breaks until `limit` bytes are exceeded.
struct Flat<'a> {
    out: &'a mut String,
    limit: usize,
}

impl Flat<'_> {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn full(&self) -> bool {
        self.out.len() > self.limit
    }

    fn separated<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        for (at, item) in items.iter().enumerate() {
            if self.full() {
                return;
            }
            if at > 0 {
                self.put(", ");
            }
            write(self, item);
        }
    }

    fn bindings(&mut self, open: char, fields: &[Binding], close: char) {
        self.out.push(open);
        self.separated(fields, |flat, field| {
            flat.put(&field_name(&field.name));
            flat.put(" = ");
            flat.expr(&field.value, 0);
        });
        self.out.push(close);
    }

    fn expr(&mut self, expr: &Expr, least: u8) {
        if self.full() {
            return;
        }
        stacker::maybe_grow(64 << 10, 4 << 20, || {
            if level(&expr.kind) < least {
                self.put("(");
                self.kind(&expr.kind);
                self.put(")");
            } else {
                self.kind(&expr.kind);
            }
        });
    }

    fn target(&mut self, target: Option<&Expr>) {
        if let Some(target) = target {
            self.expr(target, 12);
        }
    }

    fn question(&mut self, optional: bool) {
        if optional {
            self.put("?");
        }
    }

    fn infix(&mut self, a: &Expr, operator: &str, b: &Expr, level: u8) {
        self.expr(a, level);
        self.put(" ");
        self.put(operator);
        self.put(" ");
        self.expr(b, level + 1);
    }

    fn kind(&mut self, kind: &ExprKind) {
        match kind {
            ExprKind::Null => self.put("null"),
            ExprKind::Logical(b) => self.put(if *b { "true" } else { "false" }),
            ExprKind::Number(text) => self.put(text),
            ExprKind::Text(text) => self.put(&quote(text)),
            ExprKind::Verbatim(text) => {
                self.put("#!");
                self.put(&quote(text));
            }
            ExprKind::Identifier { name, inclusive } => {
                if *inclusive {
                    self.put("@");
                }
                if name.starts_with('#') && super::names::KEYWORDS.contains(&&**name) {
                    self.put(name);
                } else {
                    self.put(&quoted_identifier(name));
                }
            }
            ExprKind::SectionMember { section, name } => {
                self.put(&quoted_identifier(section));
                self.put("!");
                self.put(&quoted_identifier(name));
            }
            ExprKind::NotImplemented => self.put("..."),
            ExprKind::Paren(inner) => {
                self.put("(");
                self.expr(inner, 0);
                self.put(")");
            }
            ExprKind::List(items) => {
                self.put("{");
                self.separated(items, |flat, item| match item {
                    Item::One(e) => flat.expr(e, 0),
                    Item::Range(a, b) => {
                        flat.expr(a, 0);
                        flat.put(dots(a, b));
                        flat.expr(b, 0);
                    }
                });
                self.put("}");
            }
            ExprKind::Record(fields) => self.bindings('[', fields, ']'),
            ExprKind::Call(callee, args) => {
                self.expr(callee, 12);
                self.put("(");
                self.separated(args, |flat, arg| flat.expr(arg, 0));
                self.put(")");
            }
            ExprKind::Field { target, name, optional } => {
                self.target(target.as_deref());
                self.put("[");
                self.put(&field_name(name));
                self.put("]");
                self.question(*optional);
            }
            ExprKind::Projection { target, names, optional } => {
                self.target(target.as_deref());
                self.put("[");
                self.separated(names, |flat, name| {
                    flat.put("[");
                    flat.put(&field_name(name));
                    flat.put("]");
                });
                self.put("]");
                self.question(*optional);
            }
            ExprKind::Item { target, index, optional } => {
                self.expr(target, 12);
                self.put("{");
                self.expr(index, 0);
                self.put("}");
                self.question(*optional);
            }
            ExprKind::Unary(operator, operand) => {
                self.put(match operator {
                    Unary::Minus => "-",
                    Unary::Plus => "+",
                    Unary::Not => "not ",
                });
                self.expr(operand, 11);
            }
            ExprKind::Binary(operator, a, b) => self.infix(a, operator.symbol(), b, level(kind)),
            ExprKind::Logic(operator, a, b) => self.infix(a, logic_symbol(*operator), b, level(kind)),
            ExprKind::As(e, ty) => {
                self.expr(e, 5);
                self.put(" as ");
                self.primitive(*ty);
            }
            ExprKind::Is(e, ty) => {
                self.expr(e, 4);
                self.put(" is ");
                self.primitive(*ty);
            }
            ExprKind::Each(body) => {
                self.put("each ");
                self.expr(body, 0);
            }
            ExprKind::Function(function) => self.function(function),
            ExprKind::Let(bindings, body) => {
                self.put("let ");
                self.separated(bindings, |flat, b| {
                    flat.put(&quoted_identifier(&b.name));
                    flat.put(" = ");
                    flat.expr(&b.value, 0);
                });
                self.put(" in ");
                self.expr(body, 0);
            }
            ExprKind::If(parts) => {
                self.put("if ");
                self.expr(&parts.0, 0);
                self.put(" then ");
                self.expr(&parts.1, 0);
                self.put(" else ");
                self.expr(&parts.2, 0);
            }
            ExprKind::Try(e) => {
                self.put("try ");
                self.try_operand(e);
            }
            ExprKind::TryOtherwise(e, other) => {
                self.put("try ");
                self.try_operand(e);
                self.put(" otherwise ");
                self.expr(other, 0);
            }
            ExprKind::TryCatch(e, function) => {
                self.put("try ");
                self.try_operand(e);
                self.put(" catch ");
                self.function(function);
            }
            ExprKind::Error(e) => {
                self.put("error ");
                self.expr(e, 0);
            }
            ExprKind::Type(ty) => {
                self.put("type ");
                self.type_expr(ty);
            }
        }
    }

    /// The operand of `try`: one that ends in another `try` would take the handler for itself.
    fn try_operand(&mut self, operand: &Expr) {
        let least = if ends_in_try(operand) { 1 } else { 0 };
        self.expr(operand, least);
    }

    fn signature(&mut self, function: &FunctionExpr) {
        self.put("(");
        self.separated(&function.params, |flat, param| {
            if param.optional {
                flat.put("optional ");
            }
            flat.put(&quoted_identifier(&param.name));
            if let Some(ty) = param.ty {
                flat.put(" as ");
                flat.primitive(ty);
            }
        });
        self.put(")");
        if let Some(ty) = function.returns {
            self.put(" as ");
            self.primitive(ty);
        }
        self.put(" =>");
    }

    fn function(&mut self, function: &FunctionExpr) {
        self.signature(function);
        self.put(" ");
        self.expr(&function.body, 0);
    }

    fn primitive(&mut self, ty: Primitive) {
        if ty.nullable {
            self.put("nullable ");
        }
        self.put(ty.kind.name());
    }

    fn type_expr(&mut self, ty: &TypeExpr) {
        if self.full() {
            return;
        }
        match &ty.kind {
            TypeKind::Primitive(kind) => self.put(kind.name()),
            TypeKind::Nullable(inner) => {
                self.put("nullable ");
                self.type_expr(inner);
            }
            TypeKind::List(inner) => {
                self.put("{");
                self.type_expr(inner);
                self.put("}");
            }
            TypeKind::Record(fields, open) => self.type_fields(fields, *open),
            TypeKind::Table(fields) => {
                self.put("table ");
                self.type_fields(fields, false);
            }
            TypeKind::TableOf(row) => {
                self.put("table ");
                self.expr(row, 12);
            }
            TypeKind::Function(params, returns) => {
                self.put("function (");
                self.separated(params, |flat, param| {
                    if param.optional {
                        flat.put("optional ");
                    }
                    flat.put(&quoted_identifier(&param.name));
                    if let Some(ty) = &param.ty {
                        flat.put(" as ");
                        flat.type_expr(ty);
                    }
                });
                self.put(") as ");
                self.type_expr(returns);
            }
            TypeKind::Expr(e) => self.expr(e, 12),
        }
    }

    fn type_fields(&mut self, fields: &[TypeField], open: bool) {
        self.put("[");
        self.separated(fields, |flat, field| flat.type_field(field));
        if open {
            self.put(if fields.is_empty() { "..." } else { ", ..." });
        }
        self.put("]");
    }

    fn type_field(&mut self, field: &TypeField) {
        if field.optional {
            self.put("optional ");
        }
        // A name that reads like the word itself is quoted.
        let name = field_name(&field.name);
        if name == "optional" || name.starts_with("optional ") {
            self.put("#");
            self.put(&quote(&field.name));
        } else {
            self.put(&name);
        }
        if let Some(ty) = &field.ty {
            self.put(" = ");
            self.type_expr(ty);
        }
    }
}

/// The dots of a range, kept apart from dots of its ends (`...`, `.5`).
fn dots(a: &Expr, b: &Expr) -> &'static str {
    if print_expr(a).ends_with('.') || print_expr(b).starts_with('.') { " .. " } else { ".." }
}

/// Whether text that follows could be taken for a handler of a `try` at the end of `expr`.
fn ends_in_try(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Try(_) => true,
        ExprKind::TryOtherwise(_, e) | ExprKind::Each(e) | ExprKind::Error(e) | ExprKind::Let(_, e) => ends_in_try(e),
        ExprKind::TryCatch(_, f) | ExprKind::Function(f) => ends_in_try(&f.body),
        ExprKind::If(parts) => ends_in_try(&parts.2),
        _ => false,
    }
}

fn logic_symbol(operator: Logic) -> &'static str {
    match operator {
        Logic::And => "and",
        Logic::Or => "or",
        Logic::Coalesce => "??",
        Logic::Meta => "meta",
    }
}

struct Layout {
    out: String,
    comments: Vec<Comment>,
    next: usize,
}

const STEP: usize = 4;

impl Layout {
    fn line(&mut self, indent: usize) {
        let end = self.out.trim_end_matches(' ').len();
        self.out.truncate(end);
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    fn at_line_start(&self) -> bool {
        self.out.rsplit('\n').next().is_none_or(|line| line.trim().is_empty())
    }

    /// Puts the comments that stand before `pos`.
    fn comments_before(&mut self, pos: u32, indent: usize) {
        while let Some(comment) = self.comments.get(self.next).filter(|c| c.at.start < pos) {
            let (text, line_comment) = (comment.text.clone(), comment.text.starts_with("//"));
            let own_line = comment.own_line;
            self.next += 1;
            if !self.at_line_start() {
                if own_line {
                    self.line(indent);
                } else if !self.out.ends_with([' ', '(', '[', '{']) {
                    self.out.push(' ');
                }
            }
            self.out.push_str(&text);
            if line_comment || own_line {
                self.line(indent);
            } else {
                self.out.push(' ');
            }
        }
    }

    /// A comma, with a comment that stands behind it on the same line.
    fn comma(&mut self, next: u32) {
        self.out.push(',');
        if let Some(comment) = self.comments.get(self.next).filter(|c| c.at.start < next && !c.own_line) {
            let text = comment.text.clone();
            self.next += 1;
            self.out.push(' ');
            self.out.push_str(&text);
        }
    }

    fn rest(&mut self) {
        while let Some(comment) = self.comments.get(self.next) {
            let (text, own_line) = (comment.text.clone(), comment.own_line);
            self.next += 1;
            if !self.out.is_empty() {
                if own_line {
                    self.line(0);
                } else {
                    self.out.push(' ');
                }
            }
            self.out.push_str(&text);
        }
    }

    fn has_comment(&self, at: Range) -> bool {
        self.comments.get(self.next).is_some_and(|c| c.at.start < at.end)
    }

    fn column(&self) -> usize {
        self.out.rsplit('\n').next().map_or(0, |line| line.chars().count())
    }

    /// The text on one line if it fits and holds neither comment nor `let`.
    fn flat(&self, at: Range, write: impl FnOnce(&mut Flat<'_>)) -> Option<String> {
        if self.has_comment(at) {
            return None;
        }
        let room = WIDTH.saturating_sub(self.column()).max(20);
        let mut out = String::new();
        write(&mut Flat { out: &mut out, limit: room });
        (out.len() <= room).then_some(out)
    }

    fn section(&mut self, section: &Section) {
        if let Some(attributes) = &section.attributes {
            self.bindings('[', attributes, ']', u32::MAX, 0, true);
            self.out.push('\n');
        }
        self.out.push_str("section");
        if let Some(name) = &section.name {
            self.out.push(' ');
            self.out.push_str(&quoted_identifier(name));
        }
        self.out.push_str(";\n");
        for member in &section.members {
            self.out.push('\n');
            let start = member.attributes.as_ref().and_then(|a| a.first()).map_or(member.binding.at.start, |b| b.at.start);
            self.comments_before(start, 0);
            if let Some(attributes) = &member.attributes {
                self.bindings('[', attributes, ']', member.binding.at.start, 0, true);
                self.out.push('\n');
            }
            if member.shared {
                self.out.push_str("shared ");
            }
            self.binding(&member.binding, 0, quoted_identifier(&member.binding.name));
            self.out.push_str(";\n");
        }
    }

    fn binding(&mut self, binding: &Binding, indent: usize, name: String) {
        self.out.push_str(&name);
        self.out.push_str(" =");
        let breaks = matches!(binding.value.kind, ExprKind::Let(..) | ExprKind::If(_))
            && (matches!(binding.value.kind, ExprKind::Let(..))
                || self.flat(binding.value.at, |f| f.expr(&binding.value, 0)).is_none_or(|s| s.len() + name.len() > WIDTH));
        if breaks {
            self.line(indent + STEP);
            self.comments_before(binding.value.at.start, indent + STEP);
            self.expr(&binding.value, indent + STEP, 0);
        } else {
            self.out.push(' ');
            self.comments_before(binding.value.at.start, indent + STEP);
            self.expr(&binding.value, indent, 0);
        }
    }

    fn bindings(&mut self, open: char, fields: &[Binding], close: char, end: u32, indent: usize, fits: bool) {
        let at = Range { start: fields.first().map_or(0, |f| f.at.start), end: fields.last().map_or(0, |f| f.value.at.end) };
        if fits {
            if let Some(flat) = self.flat(at, |f| f.bindings(open, fields, close)) {
                self.out.push_str(&flat);
                return;
            }
        }
        self.out.push(open);
        for (index, field) in fields.iter().enumerate() {
            self.line(indent + STEP);
            self.comments_before(field.at.start, indent + STEP);
            self.binding(field, indent + STEP, field_name(&field.name));
            if let Some(next) = fields.get(index + 1) {
                self.comma(next.at.start);
            }
        }
        if end != u32::MAX {
            self.closing_comments(end, indent);
        }
        self.line(indent);
        self.out.push(close);
    }

    fn closing_comments(&mut self, end: u32, indent: usize) {
        while let Some(comment) = self.comments.get(self.next).filter(|c| c.at.start < end) {
            let (text, own_line) = (comment.text.clone(), comment.own_line);
            self.next += 1;
            if own_line {
                self.line(indent + STEP);
            } else {
                self.out.push(' ');
            }
            self.out.push_str(&text);
        }
    }

    fn expr(&mut self, expr: &Expr, indent: usize, least: u8) {
        self.comments_before(expr.at.start, indent);
        let has_let = matches!(expr.kind, ExprKind::Let(..));
        if !has_let {
            if let Some(flat) = self.flat(expr.at, |f| f.expr(expr, least)).filter(|flat| !flat.contains("let ") || flat.len() < 60) {
                self.out.push_str(&flat);
                return;
            }
        }
        if level(&expr.kind) < least {
            self.out.push('(');
            self.line(indent + STEP);
            self.kind(expr, indent + STEP);
            self.line(indent);
            self.out.push(')');
        } else {
            stacker::maybe_grow(64 << 10, 4 << 20, || self.kind(expr, indent));
        }
    }

    fn items<T>(
        &mut self,
        open: char,
        items: &[T],
        close: char,
        end: u32,
        indent: usize,
        start: impl Fn(&T) -> u32,
        write: impl Fn(&mut Self, &T, usize),
    ) {
        self.out.push(open);
        for (index, item) in items.iter().enumerate() {
            self.line(indent + STEP);
            self.comments_before(start(item), indent + STEP);
            write(self, item, indent + STEP);
            if let Some(next) = items.get(index + 1) {
                self.comma(start(next));
            }
        }
        self.closing_comments(end, indent);
        self.line(indent);
        self.out.push(close);
    }

    fn kind(&mut self, expr: &Expr, indent: usize) {
        match &expr.kind {
            ExprKind::Let(bindings, body) => {
                self.out.push_str("let");
                for (index, binding) in bindings.iter().enumerate() {
                    self.line(indent + STEP);
                    self.comments_before(binding.at.start, indent + STEP);
                    self.binding(binding, indent + STEP, quoted_identifier(&binding.name));
                    if let Some(next) = bindings.get(index + 1) {
                        self.comma(next.at.start);
                    }
                }
                // Comments between the last variable and the body go before the body.
                self.line(indent);
                self.out.push_str("in");
                self.line(indent + STEP);
                self.comments_before(body.at.start, indent + STEP);
                self.expr(body, indent + STEP, 0);
            }
            ExprKind::If(parts) => {
                self.out.push_str("if ");
                self.expr(&parts.0, indent, 0);
                self.out.push_str(" then");
                self.line(indent + STEP);
                self.expr(&parts.1, indent + STEP, 0);
                self.line(indent);
                self.out.push_str("else");
                if matches!(parts.2.kind, ExprKind::If(_)) && !self.has_comment(Range { start: 0, end: parts.2.at.start }) {
                    self.out.push(' ');
                    self.expr(&parts.2, indent, 0);
                } else {
                    self.line(indent + STEP);
                    self.expr(&parts.2, indent + STEP, 0);
                }
            }
            ExprKind::Each(body) => self.prefixed("each", body, indent),
            ExprKind::Error(body) => self.prefixed("error", body, indent),
            ExprKind::Try(body) => self.prefixed_at("try", body, indent, ends_in_try(body)),
            ExprKind::TryOtherwise(body, other) => {
                self.prefixed_at("try", body, indent, ends_in_try(body));
                self.line(indent);
                self.prefixed("otherwise", other, indent);
            }
            ExprKind::TryCatch(body, function) => {
                self.prefixed_at("try", body, indent, ends_in_try(body));
                self.line(indent);
                self.out.push_str("catch ");
                self.function(function, indent);
            }
            ExprKind::Function(function) => self.function(function, indent),
            ExprKind::Paren(inner) => {
                self.out.push('(');
                self.line(indent + STEP);
                self.expr(inner, indent + STEP, 0);
                self.closing_comments(expr.at.end, indent);
                self.line(indent);
                self.out.push(')');
            }
            ExprKind::List(items) if !items.is_empty() => {
                let start = |item: &Item| match item {
                    Item::One(e) | Item::Range(e, _) => e.at.start,
                };
                self.items('{', items, '}', expr.at.end, indent, start, |layout, item, indent| match item {
                    Item::One(e) => layout.expr(e, indent, 0),
                    Item::Range(a, b) => {
                        layout.expr(a, indent, 0);
                        layout.out.push_str(dots(a, b));
                        layout.expr(b, indent, 0);
                    }
                });
            }
            ExprKind::Record(fields) if !fields.is_empty() => self.bindings('[', fields, ']', expr.at.end, indent, false),
            ExprKind::Call(callee, args) if !args.is_empty() => {
                self.expr(callee, indent, 12);
                self.items('(', args, ')', expr.at.end, indent, |e| e.at.start, |layout, arg, indent| layout.expr(arg, indent, 0));
            }
            ExprKind::Field { target: Some(target), name, optional } => {
                self.expr(target, indent, 12);
                self.out.push_str(&format!("[{}]{}", field_name(name), if *optional { "?" } else { "" }));
            }
            ExprKind::Projection { target: Some(target), names, optional } => {
                self.expr(target, indent, 12);
                let names: Vec<String> = names.iter().map(|n| format!("[{}]", field_name(n))).collect();
                self.out.push_str(&format!("[{}]{}", names.join(", "), if *optional { "?" } else { "" }));
            }
            ExprKind::Item { target, index, optional } => {
                self.expr(target, indent, 12);
                self.out.push('{');
                self.expr(index, indent, 0);
                self.out.push('}');
                if *optional {
                    self.out.push('?');
                }
            }
            ExprKind::Unary(operator, operand) => {
                self.out.push_str(match operator {
                    Unary::Minus => "-",
                    Unary::Plus => "+",
                    Unary::Not => "not ",
                });
                self.expr(operand, indent, 11);
            }
            ExprKind::Binary(operator, a, b) => self.infix(a, operator.symbol(), b, level(&expr.kind), indent),
            ExprKind::Logic(operator, a, b) => self.infix(a, logic_symbol(*operator), b, level(&expr.kind), indent),
            ExprKind::As(e, ty) => {
                self.expr(e, indent, 5);
                self.out.push_str(" as ");
                Flat { out: &mut self.out, limit: usize::MAX }.primitive(*ty);
            }
            ExprKind::Is(e, ty) => {
                self.expr(e, indent, 4);
                self.out.push_str(" is ");
                Flat { out: &mut self.out, limit: usize::MAX }.primitive(*ty);
            }
            ExprKind::Type(ty) => {
                self.out.push_str("type ");
                self.type_expr(ty, indent, expr.at.end);
            }
            other => Flat { out: &mut self.out, limit: usize::MAX }.kind(other),
        }
    }

    fn type_expr(&mut self, ty: &TypeExpr, indent: usize, end: u32) {
        let (fields, open) = match &ty.kind {
            TypeKind::Table(fields) if !fields.is_empty() => {
                self.out.push_str("table ");
                (fields, false)
            }
            TypeKind::Record(fields, open) if !fields.is_empty() => (fields, *open),
            TypeKind::Nullable(inner) => {
                self.out.push_str("nullable ");
                return self.type_expr(inner, indent, end);
            }
            _ => return Flat { out: &mut self.out, limit: usize::MAX }.type_expr(ty),
        };
        self.out.push('[');
        for (index, field) in fields.iter().enumerate() {
            self.line(indent + STEP);
            self.comments_before(field.ty.as_ref().map_or(0, |t| t.at.start), indent + STEP);
            Flat { out: &mut self.out, limit: usize::MAX }.type_field(field);
            if index + 1 < fields.len() || open {
                self.comma(fields.get(index + 1).and_then(|f| f.ty.as_ref()).map_or(end, |t| t.at.start));
            }
        }
        if open {
            self.line(indent + STEP);
            self.out.push_str("...");
        }
        self.closing_comments(end, indent);
        self.line(indent);
        self.out.push(']');
    }

    fn infix(&mut self, a: &Expr, operator: &str, b: &Expr, level: u8, indent: usize) {
        self.expr(a, indent, level);
        let fits = self.flat(b.at, |f| f.expr(b, level + 1)).is_some_and(|s| s.len() + operator.len() + 2 + self.column() <= WIDTH);
        if fits {
            self.out.push(' ');
        } else {
            self.line(indent + STEP);
        }
        self.out.push_str(operator);
        self.out.push(' ');
        self.expr(b, indent + STEP, level + 1);
    }

    fn prefixed(&mut self, word: &str, body: &Expr, indent: usize) {
        self.prefixed_at(word, body, indent, false);
    }

    fn prefixed_at(&mut self, word: &str, body: &Expr, indent: usize, guarded: bool) {
        self.out.push_str(word);
        if matches!(body.kind, ExprKind::Let(..)) && !guarded {
            self.line(indent + STEP);
            self.expr(body, indent + STEP, 0);
        } else {
            self.out.push(' ');
            self.expr(body, indent, u8::from(guarded));
        }
    }

    fn function(&mut self, function: &FunctionExpr, indent: usize) {
        Flat { out: &mut self.out, limit: usize::MAX }.signature(function);
        if self.flat(function.body.at, |f| f.expr(&function.body, 0)).is_some_and(|s| s.len() < 60 && !s.contains("let ")) {
            self.out.push(' ');
            self.expr(&function.body, indent, 0);
        } else {
            self.line(indent + STEP);
            self.expr(&function.body, indent + STEP, 0);
        }
    }
}
