//! Tokens → tree. The first error ends the parse of a document; what follows it would be guesswork.
//!
//! Source: <https://learn.microsoft.com/powerquery-m/m-spec-consolidated-grammar>, with the associativity of the real engine.

use super::ast::*;
use super::lexer::{Lexer, Token, unescape};
use crate::m::value::{Kind, Name, Text};

/// What is wrong with a text, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where.
    pub at: Range,
    /// What was expected and what was found.
    pub message: String,
}

type Parse<T> = Result<T, SyntaxError>;

/// How deep expressions may nest.
const MAX_DEPTH: u32 = 2_000;
/// How long a chain of operators may be; each link is a level of the tree.
const MAX_CHAIN: u32 = 20_000;

/// A tree with the comments of its text.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The document.
    pub document: Document,
    /// Comments in order.
    pub comments: Vec<Comment>,
}

/// Reads an expression or section document.
///
/// # Errors
/// The first thing that is not M.
pub fn parse_document(text: &str) -> Parse<Parsed> {
    let mut parser = Parser::new(text);
    let document = parser.document()?;
    Ok(Parsed { document, comments: parser.lexer.comments })
}

/// Reads one expression.
///
/// # Errors
/// The first thing that is not M.
pub fn parse_expression(text: &str) -> Parse<Expr> {
    let mut parser = Parser::new(text);
    let expr = parser.expr()?;
    parser.finish()?;
    Ok(expr)
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    token: Token,
    at: Range,
    /// End of the token before.
    end: u32,
    depth: u32,
}

#[derive(Clone, Copy)]
struct Mark {
    pos: usize,
    token: Token,
    at: Range,
    end: u32,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Parser<'a> {
        let mut lexer = Lexer::new(text);
        let (token, at) = lexer.next();
        Parser { lexer, token, at, end: 0, depth: 0 }
    }

    fn mark(&self) -> Mark {
        Mark { pos: self.lexer.pos, token: self.token, at: self.at, end: self.end }
    }

    fn reset(&mut self, mark: Mark) {
        self.lexer.pos = mark.pos;
        self.token = mark.token;
        self.at = mark.at;
        self.end = mark.end;
    }

    #[inline]
    fn bump(&mut self) {
        self.end = self.at.end;
        (self.token, self.at) = self.lexer.next();
    }

    fn eat(&mut self, token: Token) -> bool {
        let found = self.token == token;
        if found {
            self.bump();
        }
        found
    }

    fn expect(&mut self, token: Token, what: &str) -> Parse<()> {
        if self.eat(token) { Ok(()) } else { Err(self.unexpected(what)) }
    }

    #[cold]
    fn unexpected(&self, expected: &str) -> SyntaxError {
        let message = match self.token {
            Token::Bad(why) => why.to_owned(),
            Token::End => format!("expected {expected}, found the end of the text"),
            _ => format!("expected {expected}, found `{}`", self.slice(self.at)),
        };
        SyntaxError { at: self.at, message }
    }

    fn slice(&self, at: Range) -> &'a str {
        &self.lexer.text[at.start as usize..at.end as usize]
    }

    fn is_word(&self, word: &str) -> bool {
        self.token == Token::Identifier && self.slice(self.at) == word
    }

    fn finish(&mut self) -> Parse<()> {
        if self.token == Token::End { Ok(()) } else { Err(self.unexpected("an operator or the end")) }
    }

    fn text_of(&self, at: Range, open: usize) -> String {
        let raw = &self.lexer.text[at.start as usize + open..at.end as usize - 1];
        // What is no escape stays as it is written; Microsoft's parser accepts it too.
        unescape(raw).unwrap_or_else(|_| raw.to_owned())
    }

    // ---- documents

    fn document(&mut self) -> Parse<Document> {
        let start = self.mark();
        if self.token == Token::OpenBracket {
            // Attributes of a section look like a record: what follows decides.
            if let Ok(attributes) = self.attributes() {
                if self.token == Token::Section {
                    return self.sections(Some(attributes));
                }
            }
            self.reset(start);
        }
        if self.token == Token::Section {
            return self.sections(None);
        }
        let expr = self.expr()?;
        self.finish()?;
        Ok(Document::Expression(expr))
    }

    fn attributes(&mut self) -> Parse<Vec<Binding>> {
        match self.record_literal()? {
            Expr { kind: ExprKind::Record(fields), .. } => Ok(fields),
            _ => Err(self.unexpected("attributes")),
        }
    }

    fn sections(&mut self, mut attributes: Option<Vec<Binding>>) -> Parse<Document> {
        let mut sections = Vec::new();
        loop {
            let (section, next) = self.section(attributes.take())?;
            sections.push(section);
            if self.token != Token::Section {
                return Ok(Document::Sections(sections));
            }
            attributes = next;
        }
    }

    /// A section, and the attributes of the next one if they were read.
    fn section(&mut self, attributes: Option<Vec<Binding>>) -> Parse<(Section, Option<Vec<Binding>>)> {
        self.bump();
        let name = if self.token == Token::Semicolon { None } else { Some(self.identifier()?.0) };
        self.expect(Token::Semicolon, "`;`")?;
        let mut members = Vec::new();
        let mut next = None;
        while self.token != Token::End && self.token != Token::Section {
            let attributes = if self.token == Token::OpenBracket { Some(self.attributes()?) } else { None };
            if self.token == Token::Section {
                next = attributes;
                break;
            }
            let shared = self.eat(Token::Shared);
            let (name, at) = self.identifier()?;
            self.expect(Token::Equal, "`=`")?;
            let value = self.expr()?;
            self.expect(Token::Semicolon, "`;`")?;
            members.push(SectionMember { attributes, shared, binding: Binding { name, at, value } });
        }
        Ok((Section { attributes, name, members }, next))
    }

    /// A plain or quoted identifier.
    fn identifier(&mut self) -> Parse<(Name, Range)> {
        let at = self.at;
        let name = match self.token {
            Token::Identifier => Name::from(self.slice(at)),
            Token::Quoted => Name::from(self.text_of(at, 2)),
            _ => return Err(self.unexpected("a name")),
        };
        self.bump();
        Ok((name, at))
    }

    // ---- expressions

    fn expr(&mut self) -> Parse<Expr> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(SyntaxError { at: self.at, message: "the expression is nested too deeply".to_owned() });
        }
        let result = stacker::maybe_grow(128 << 10, 4 << 20, || self.expr_inner());
        self.depth -= 1;
        result
    }

    fn expr_inner(&mut self) -> Parse<Expr> {
        let start = self.at.start;
        let kind = match self.token {
            Token::Each => {
                self.bump();
                ExprKind::Each(Box::new(self.expr()?))
            }
            Token::Let => self.let_expr()?,
            Token::If => {
                self.bump();
                let condition = self.expr()?;
                self.expect(Token::Then, "`then`")?;
                let yes = self.expr()?;
                self.expect(Token::Else, "`else`")?;
                ExprKind::If(Box::new((condition, yes, self.expr()?)))
            }
            Token::Error => {
                self.bump();
                ExprKind::Error(Box::new(self.expr()?))
            }
            Token::Try => self.try_expr()?,
            Token::OpenParen => match self.function()? {
                Some(function) => ExprKind::Function(Box::new(function)),
                None => return self.binary(0),
            },
            _ => return self.binary(0),
        };
        Ok(self.node(start, kind))
    }

    fn node(&self, start: u32, kind: ExprKind) -> Expr {
        Expr { at: Range { start, end: self.end }, kind }
    }

    fn let_expr(&mut self) -> Parse<ExprKind> {
        self.bump();
        let mut bindings = Vec::new();
        loop {
            let (name, at) = self.identifier()?;
            self.expect(Token::Equal, "`=`")?;
            let value = self.expr()?;
            bindings.push(Binding { name, at, value });
            if !self.eat(Token::Comma) {
                break;
            }
        }
        self.expect(Token::In, "`,` or `in`")?;
        Ok(ExprKind::Let(bindings, Box::new(self.expr()?)))
    }

    fn try_expr(&mut self) -> Parse<ExprKind> {
        self.bump();
        let operand = Box::new(self.expr()?);
        if self.eat(Token::Otherwise) {
            return Ok(ExprKind::TryOtherwise(operand, Box::new(self.expr()?)));
        }
        if self.is_word("catch") {
            self.bump();
            let at = self.at;
            return match self.function()? {
                Some(f) if f.params.len() <= 1 && f.returns.is_none() && f.params.iter().all(|p| p.ty.is_none() && !p.optional) => {
                    Ok(ExprKind::TryCatch(operand, Box::new(f)))
                }
                _ => Err(SyntaxError { at, message: "`catch` needs a function of no or one untyped parameter".to_owned() }),
            };
        }
        Ok(ExprKind::Try(operand))
    }

    /// A function expression, or nothing (and the position unchanged) when the parenthesis opens something else.
    fn function(&mut self) -> Parse<Option<FunctionExpr>> {
        let start = self.mark();
        if self.token != Token::OpenParen {
            return Ok(None);
        }
        match self.signature() {
            Ok((params, returns)) if self.token == Token::Arrow => {
                self.bump();
                let mut optional = false;
                for param in &params {
                    if optional && !param.optional {
                        return Err(SyntaxError { at: start.at, message: "optional parameters come last".to_owned() });
                    }
                    optional |= param.optional;
                }
                let body = self.expr()?;
                Ok(Some(FunctionExpr { params, returns, body }))
            }
            _ => {
                self.reset(start);
                Ok(None)
            }
        }
    }

    fn signature(&mut self) -> Parse<(Vec<Parameter>, Option<Primitive>)> {
        self.bump();
        let mut params = Vec::new();
        if self.token != Token::CloseParen {
            loop {
                let mut optional = false;
                if self.is_word("optional") {
                    let mark = self.mark();
                    self.bump();
                    optional = matches!(self.token, Token::Identifier | Token::Quoted);
                    if !optional {
                        self.reset(mark);
                    }
                }
                let (name, _) = self.identifier()?;
                let ty = if self.eat(Token::As) { Some(self.primitive()?) } else { None };
                params.push(Parameter { name, ty, optional });
                if !self.eat(Token::Comma) {
                    break;
                }
            }
        }
        self.expect(Token::CloseParen, "`)`")?;
        let returns = if self.eat(Token::As) { Some(self.primitive()?) } else { None };
        Ok((params, returns))
    }

    /// `[nullable] primitive-type`.
    fn primitive(&mut self) -> Parse<Primitive> {
        let nullable = self.is_word("nullable");
        if nullable {
            self.bump();
        }
        match self.primitive_kind() {
            Some(kind) => {
                self.bump();
                Ok(Primitive { kind, nullable })
            }
            None => Err(self.unexpected("the name of a primitive type")),
        }
    }

    fn primitive_kind(&self) -> Option<Kind> {
        match self.token {
            Token::Null => Some(Kind::Null),
            Token::Type => Some(Kind::Type),
            Token::Identifier => Kind::from_name(self.slice(self.at)),
            _ => None,
        }
    }

    /// Operators from level `least` up: 0 `??`, 1 or, 2 and, 3 is, 4 as, 5 equality, 6 relation, 7 sum, 8 product, 9 meta.
    fn binary(&mut self, least: u8) -> Parse<Expr> {
        let start = self.at.start;
        let mut left = self.unary()?;
        let mut chain = 0;
        // After `is T` and `as T` nothing that binds tighter can follow.
        let mut most = 9;
        loop {
            let (level, operator) = match self.token {
                Token::Coalesce => (0, Operator::Logic(Logic::Coalesce)),
                Token::Or => (1, Operator::Logic(Logic::Or)),
                Token::And => (2, Operator::Logic(Logic::And)),
                Token::Is => (3, Operator::Is),
                Token::As => (4, Operator::As),
                Token::Equal => (5, Operator::Binary(Binary::Equal)),
                Token::NotEqual => (5, Operator::Binary(Binary::NotEqual)),
                Token::Less => (6, Operator::Binary(Binary::Less)),
                Token::LessOrEqual => (6, Operator::Binary(Binary::LessOrEqual)),
                Token::Greater => (6, Operator::Binary(Binary::Greater)),
                Token::GreaterOrEqual => (6, Operator::Binary(Binary::GreaterOrEqual)),
                Token::Plus => (7, Operator::Binary(Binary::Add)),
                Token::Minus => (7, Operator::Binary(Binary::Subtract)),
                Token::Ampersand => (7, Operator::Binary(Binary::Combine)),
                Token::Star => (8, Operator::Binary(Binary::Multiply)),
                Token::Slash => (8, Operator::Binary(Binary::Divide)),
                Token::Meta => (9, Operator::Logic(Logic::Meta)),
                _ => return Ok(left),
            };
            if level < least || level > most {
                return Ok(left);
            }
            if matches!(operator, Operator::Is | Operator::As) {
                most = level;
            }
            chain += 1;
            if chain > MAX_CHAIN {
                return Err(SyntaxError { at: self.at, message: "the expression has too many operators in a row".to_owned() });
            }
            self.bump();
            let kind = match operator {
                Operator::Is => ExprKind::Is(Box::new(left), self.primitive()?),
                Operator::As => ExprKind::As(Box::new(left), self.primitive()?),
                Operator::Binary(operator) => ExprKind::Binary(operator, Box::new(left), Box::new(self.binary(level + 1)?)),
                Operator::Logic(operator) => ExprKind::Logic(operator, Box::new(left), Box::new(self.binary(level + 1)?)),
            };
            left = self.node(start, kind);
        }
    }

    fn unary(&mut self) -> Parse<Expr> {
        let start = self.at.start;
        let operator = match self.token {
            Token::Plus => Unary::Plus,
            Token::Minus => Unary::Minus,
            Token::Not => Unary::Not,
            Token::Type => {
                self.bump();
                let ty = self.type_expr(true)?;
                return Ok(self.node(start, ExprKind::Type(Box::new(ty))));
            }
            _ => return self.primary(),
        };
        self.bump();
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(SyntaxError { at: self.at, message: "the expression is nested too deeply".to_owned() });
        }
        let operand = stacker::maybe_grow(128 << 10, 4 << 20, || self.unary());
        self.depth -= 1;
        let operand = operand?;
        Ok(self.node(start, ExprKind::Unary(operator, Box::new(operand))))
    }

    fn primary(&mut self) -> Parse<Expr> {
        let start = self.at.start;
        let at = self.at;
        let mut expr = match self.token {
            Token::Identifier | Token::Quoted => {
                let (name, _) = self.identifier()?;
                if self.token == Token::Bang {
                    self.bump();
                    let (member, _) = self.identifier()?;
                    self.node(start, ExprKind::SectionMember { section: name, name: member })
                } else {
                    self.node(start, ExprKind::Identifier { name, inclusive: false })
                }
            }
            Token::At => {
                self.bump();
                let (name, _) = self.identifier()?;
                self.node(start, ExprKind::Identifier { name, inclusive: true })
            }
            Token::OpenParen => {
                self.bump();
                let inner = self.expr()?;
                self.expect(Token::CloseParen, "`)`")?;
                self.node(start, ExprKind::Paren(Box::new(inner)))
            }
            Token::OpenBrace => self.list()?,
            Token::OpenBracket => self.bracket()?,
            _ => {
                let kind = match self.token {
                    Token::Number => ExprKind::Number(Text::from(self.slice(at))),
                    Token::Text => ExprKind::Text(Text::from(self.text_of(at, 1))),
                    Token::HashName => ExprKind::Identifier { name: Name::from(self.slice(at)), inclusive: false },
                    Token::Null => ExprKind::Null,
                    Token::True => ExprKind::Logical(true),
                    Token::False => ExprKind::Logical(false),
                    Token::Ellipsis => ExprKind::NotImplemented,
                    Token::Verbatim => ExprKind::Verbatim(Text::from(self.text_of(at, 3))),
                    _ => return Err(self.unexpected("an expression")),
                };
                self.bump();
                self.node(start, kind)
            }
        };
        let mut chain = 0;
        loop {
            chain += 1;
            if chain > MAX_CHAIN {
                return Err(SyntaxError { at: self.at, message: "the expression has too many operators in a row".to_owned() });
            }
            let kind = match self.token {
                Token::OpenParen => {
                    self.bump();
                    let mut args = Vec::new();
                    if self.token != Token::CloseParen {
                        loop {
                            args.push(self.expr()?);
                            if !self.eat(Token::Comma) {
                                break;
                            }
                        }
                    }
                    self.expect(Token::CloseParen, "`,` or `)`")?;
                    ExprKind::Call(Box::new(expr), args)
                }
                Token::OpenBrace => {
                    self.bump();
                    let index = self.expr()?;
                    self.expect(Token::CloseBrace, "`}`")?;
                    let optional = self.eat(Token::Question);
                    ExprKind::Item { target: Box::new(expr), index: Box::new(index), optional }
                }
                Token::OpenBracket => self.selector(Some(Box::new(expr)))?,
                _ => return Ok(expr),
            };
            expr = self.node(start, kind);
        }
    }

    fn list(&mut self) -> Parse<Expr> {
        let start = self.at.start;
        self.bump();
        let mut items = Vec::new();
        if self.token != Token::CloseBrace {
            loop {
                let first = self.expr()?;
                items.push(if self.eat(Token::DotDot) { Item::Range(first, self.expr()?) } else { Item::One(first) });
                if !self.eat(Token::Comma) {
                    break;
                }
            }
        }
        self.expect(Token::CloseBrace, "`,` or `}`")?;
        Ok(self.node(start, ExprKind::List(items)))
    }

    /// `[` where an expression starts: a record, or access to a field of `_`.
    fn bracket(&mut self) -> Parse<Expr> {
        let start = self.mark();
        self.bump();
        let record = match self.token {
            Token::CloseBracket => true,
            Token::OpenBracket => false,
            _ => {
                self.reset(start);
                self.name_after(start.at.end)?;
                self.token == Token::Equal
            }
        };
        self.reset(start);
        if record {
            self.record_literal()
        } else {
            let kind = self.selector(None)?;
            Ok(self.node(start.at.start, kind))
        }
    }

    /// Reads a field name that starts at or after byte `from`, and the token behind it.
    fn name_after(&mut self, from: u32) -> Parse<(Name, Range)> {
        match self.lexer.field_name(from as usize) {
            Some((at, quoted)) => {
                let name = if quoted { Name::from(self.text_of(at, 2)) } else { Name::from(self.slice(at)) };
                self.end = at.end;
                (self.token, self.at) = self.lexer.next();
                Ok((name, at))
            }
            None => {
                self.lexer.pos = from as usize;
                (self.token, self.at) = self.lexer.next();
                Err(self.unexpected("a field name"))
            }
        }
    }

    fn record_literal(&mut self) -> Parse<Expr> {
        let start = self.at.start;
        let mut before = self.at.end;
        let mut fields = Vec::new();
        let mark = self.mark();
        self.bump();
        if self.token != Token::CloseBracket {
            self.reset(mark);
            loop {
                let (name, at) = self.name_after(before)?;
                self.expect(Token::Equal, "`=`")?;
                let value = self.expr()?;
                fields.push(Binding { name, at, value });
                if self.token != Token::Comma {
                    break;
                }
                before = self.at.end;
            }
        }
        self.expect(Token::CloseBracket, "`,` or `]`")?;
        Ok(self.node(start, ExprKind::Record(fields)))
    }

    /// `[name]` or `[[a], [b]]`, the bracket being the current token, with `?` if it follows.
    fn selector(&mut self, target: Option<Box<Expr>>) -> Parse<ExprKind> {
        let open = self.at.end;
        let mark = self.mark();
        self.bump();
        if self.token == Token::OpenBracket {
            let mut names = Vec::new();
            loop {
                if self.token != Token::OpenBracket {
                    return Err(self.unexpected("`[`"));
                }
                let (name, _) = self.name_after(self.at.end)?;
                self.expect(Token::CloseBracket, "`]`")?;
                names.push(name);
                if !self.eat(Token::Comma) {
                    break;
                }
            }
            self.expect(Token::CloseBracket, "`,` or `]`")?;
            let optional = self.eat(Token::Question);
            return Ok(ExprKind::Projection { target, names, optional });
        }
        self.reset(mark);
        let (name, _) = self.name_after(open)?;
        self.expect(Token::CloseBracket, "`]`")?;
        let optional = self.eat(Token::Question);
        Ok(ExprKind::Field { target, name, optional })
    }

    // ---- types

    /// A type. `operand`: after `type`, where an expression is at most a primary one without suffix for primitive names.
    fn type_expr(&mut self, operand: bool) -> Parse<TypeExpr> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(SyntaxError { at: self.at, message: "the type is nested too deeply".to_owned() });
        }
        let result = stacker::maybe_grow(128 << 10, 4 << 20, || self.type_inner(operand));
        self.depth -= 1;
        result
    }

    fn type_inner(&mut self, operand: bool) -> Parse<TypeExpr> {
        let start = self.at.start;
        let word_type = self.token == Token::Type && (!operand || !self.type_follows());
        let kind = match self.token {
            Token::OpenBracket => {
                let (fields, open) = self.type_fields()?;
                TypeKind::Record(fields, open)
            }
            Token::OpenBrace => {
                self.bump();
                let item = self.type_expr(operand)?;
                self.expect(Token::CloseBrace, "`}`")?;
                TypeKind::List(Box::new(item))
            }
            Token::Null => {
                self.bump();
                TypeKind::Primitive(Kind::Null)
            }
            Token::Type if word_type => {
                self.bump();
                if self.starts_type() { return self.type_expr(operand) } else { TypeKind::Primitive(Kind::Type) }
            }
            Token::Identifier => match self.slice(self.at) {
                "nullable" => {
                    self.bump();
                    TypeKind::Nullable(Box::new(self.type_expr(operand)?))
                }
                "table" => {
                    self.bump();
                    match self.token {
                        Token::OpenBracket => {
                            let (fields, open) = self.type_fields()?;
                            if open {
                                return Err(self.unexpected("a closed row type"));
                            }
                            TypeKind::Table(fields)
                        }
                        Token::Identifier | Token::Quoted | Token::At | Token::OpenParen if !self.is_word("catch") => {
                            TypeKind::TableOf(Box::new(self.primary()?))
                        }
                        _ => TypeKind::Primitive(Kind::Table),
                    }
                }
                "function" => {
                    self.bump();
                    if self.token == Token::OpenParen { self.function_type()? } else { TypeKind::Primitive(Kind::Function) }
                }
                word => match Kind::from_name(word) {
                    Some(kind) => {
                        self.bump();
                        TypeKind::Primitive(kind)
                    }
                    None => TypeKind::Expr(Box::new(self.primary()?)),
                },
            },
            _ => TypeKind::Expr(Box::new(self.primary()?)),
        };
        Ok(TypeExpr { at: Range { start, end: self.end }, kind })
    }

    /// Whether the token after the current one can start a type.
    fn type_follows(&mut self) -> bool {
        let mark = self.mark();
        self.bump();
        let follows = self.starts_type();
        self.reset(mark);
        follows
    }

    fn starts_type(&self) -> bool {
        matches!(
            self.token,
            Token::Identifier
                | Token::Quoted
                | Token::At
                | Token::OpenParen
                | Token::OpenBracket
                | Token::OpenBrace
                | Token::Null
                | Token::Type
                | Token::HashName
        ) && !self.is_word("catch")
    }

    /// `[a = T, optional b, ...]`, the bracket being the current token.
    fn type_fields(&mut self) -> Parse<(Vec<TypeField>, bool)> {
        let mut fields = Vec::new();
        let mut before = self.at.end;
        let mark = self.mark();
        self.bump();
        if self.eat(Token::CloseBracket) {
            return Ok((fields, false));
        }
        if self.token != Token::Ellipsis {
            self.reset(mark);
        }
        let mut open = false;
        loop {
            let here = self.mark();
            self.lexer.pos = before as usize;
            let (token, at) = self.lexer.next();
            if token == Token::Ellipsis {
                self.end = at.end;
                (self.token, self.at) = self.lexer.next();
                open = true;
                break;
            }
            self.reset(here);
            let (mut name, at) = self.name_after(before)?;
            let mut optional = false;
            // The word before a name, plain or quoted, is read as part of it.
            let words = self.slice(at);
            if words.strip_prefix("optional").is_some_and(|rest| rest.starts_with([' ', '\t', '\u{A0}', '\u{3000}'])) {
                optional = true;
                (name, _) = self.name_after(at.start + "optional".len() as u32)?;
            } else if words == "optional" && self.token == Token::Quoted {
                optional = true;
                (name, _) = self.name_after(at.end)?;
            }
            let ty = if self.eat(Token::Equal) { Some(self.type_expr(false)?) } else { None };
            fields.push(TypeField { name, ty, optional });
            if self.token != Token::Comma {
                break;
            }
            before = self.at.end;
        }
        self.expect(Token::CloseBracket, "`,` or `]`")?;
        Ok((fields, open))
    }

    fn function_type(&mut self) -> Parse<TypeKind> {
        self.bump();
        let mut params = Vec::new();
        if self.token != Token::CloseParen {
            loop {
                let mut optional = false;
                if self.is_word("optional") {
                    let mark = self.mark();
                    self.bump();
                    optional = matches!(self.token, Token::Identifier | Token::Quoted);
                    if !optional {
                        self.reset(mark);
                    }
                }
                let (name, _) = self.identifier()?;
                let ty = if self.eat(Token::As) { Some(self.type_expr(false)?) } else { None };
                params.push(TypeField { name, ty, optional });
                if !self.eat(Token::Comma) {
                    break;
                }
            }
        }
        self.expect(Token::CloseParen, "`)`")?;
        self.expect(Token::As, "`as`")?;
        Ok(TypeKind::Function(params, Box::new(self.type_expr(false)?)))
    }
}

enum Operator {
    Binary(Binary),
    Logic(Logic),
    Is,
    As,
}

/// The value of a number literal.
pub fn number_literal(text: &str) -> crate::m::value::Value {
    use crate::m::value::Value;
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return match i64::from_str_radix(hex, 16) {
            Ok(n) => Value::Int(n),
            Err(_) => Value::Double(hex.chars().fold(0.0, |n, c| n * 16.0 + f64::from(c.to_digit(16).unwrap_or(0)))),
        };
    }
    match text.parse::<i64>() {
        Ok(n) => Value::Int(n),
        Err(_) => match text.parse::<f64>() {
            Ok(n) => crate::m::value::double_to_i64(n).filter(|_| n.abs() < 9e15).map_or(Value::Double(n), Value::Int),
            Err(_) => Value::Null,
        },
    }
}

impl Document {
    /// A syntax error as a diagnostic of `file`.
    pub fn diagnostic(error: &SyntaxError, file: crate::base::FileId) -> crate::base::Diagnostic {
        let span = crate::base::Span { file, start: error.at.start, end: error.at.end.max(error.at.start) };
        crate::base::Diagnostic::error("M0101", error.message.clone()).at(span, "here")
    }
}
