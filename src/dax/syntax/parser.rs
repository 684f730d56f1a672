//! Tokens → syntax tree, by precedence climbing.

use super::SyntaxError;
use super::ast::{
    BinaryOp, Definition, Evaluate, Expr, ExprKind, FunctionDef, FunctionParam, Name, OrderKey, Place, Query, UnaryOp, VisualAxis,
    VisualShape,
};
use super::lexer::{Kind, Token, lex};

/// How deep expressions may nest; real measures stay below 200.
const MAX_DEPTH: u32 = 3000;

type Result<T> = std::result::Result<T, SyntaxError>;

/// An expression or a query.
#[derive(Clone, Debug, PartialEq)]
pub enum Parsed {
    /// A scalar or table expression.
    Expression(Expr),
    /// `DEFINE … EVALUATE …`.
    Query(Query),
}

/// Reads an expression.
///
/// # Errors
/// The first thing that is not DAX.
pub fn parse_expression(text: &str) -> Result<Expr> {
    let mut parser = Parser::new(text)?;
    parser.skip_leading_equals();
    let expr = parser.expr()?;
    parser.end()?;
    Ok(expr)
}

/// Reads a query.
///
/// # Errors
/// The first thing that is not DAX.
pub fn parse_query(text: &str) -> Result<Query> {
    let mut parser = Parser::new(text)?;
    let query = parser.query()?;
    parser.end()?;
    Ok(query)
}

/// Reads the parameters and body of a user-defined function, `( … ) => …`.
///
/// # Errors
/// The first thing that is not DAX.
pub fn parse_function(text: &str) -> Result<FunctionDef> {
    let mut parser = Parser::new(text)?;
    parser.skip_leading_equals();
    let function = parser.function()?;
    parser.end()?;
    Ok(function)
}

/// Reads whichever it is: a text that starts with DEFINE or EVALUATE is a query.
///
/// # Errors
/// The first thing that is not DAX.
pub fn parse_any(text: &str) -> Result<Parsed> {
    let parser = Parser::new(text)?;
    if parser.is_word("DEFINE") || parser.is_word("EVALUATE") {
        parse_query(text).map(Parsed::Query)
    } else {
        parse_expression(text).map(Parsed::Expression)
    }
}

struct Parser {
    tokens: Vec<Token>,
    pos: usize,
    depth: u32,
}

impl Parser {
    fn new(text: &str) -> Result<Parser> {
        Ok(Parser { tokens: lex(text)?.0, pos: 0, depth: 0 })
    }

    fn peek(&self) -> &Token {
        &self.tokens[self.pos.min(self.tokens.len() - 1)]
    }

    fn peek_at(&self, ahead: usize) -> &Kind {
        &self.tokens[(self.pos + ahead).min(self.tokens.len() - 1)].kind
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        if self.pos + 1 < self.tokens.len() {
            self.pos += 1;
        }
        token
    }

    fn is(&self, symbol: &str) -> bool {
        matches!(&self.peek().kind, Kind::Symbol(s) if *s == symbol)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(&self.peek().kind, Kind::Ident(w) if w.eq_ignore_ascii_case(word))
    }

    fn is_word_at(&self, ahead: usize, word: &str) -> bool {
        matches!(self.peek_at(ahead), Kind::Ident(w) if w.eq_ignore_ascii_case(word))
    }

    fn eat(&mut self, symbol: &str) -> bool {
        let found = self.is(symbol);
        if found {
            self.next();
        }
        found
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.next();
        }
        found
    }

    fn skip_leading_equals(&mut self) {
        // Editors show measures as `= SUM ( … )`.
        self.eat("=");
    }

    fn found(&self) -> String {
        match &self.peek().kind {
            Kind::End => "the end of the text".to_owned(),
            Kind::Symbol(s) => format!("`{s}`"),
            Kind::Ident(w) => format!("`{w}`"),
            Kind::Quoted(w) => format!("`'{w}'`"),
            Kind::Bracket(w) => format!("`[{w}]`"),
            Kind::Parameter(w) => format!("`@{w}`"),
            Kind::Int(_) | Kind::Double(_) => "a number".to_owned(),
            Kind::Text(_) => "a text".to_owned(),
            Kind::Date(_) => "a date".to_owned(),
        }
    }

    fn expected(&self, what: &str) -> SyntaxError {
        SyntaxError::new("D0105", format!("expected {what}, found {}", self.found()), self.peek().at)
    }

    fn expect(&mut self, symbol: &str) -> Result<Token> {
        if self.is(symbol) { Ok(self.next()) } else { Err(self.expected(&format!("`{symbol}`"))) }
    }

    fn expect_word(&mut self, word: &str) -> Result<()> {
        if self.eat_word(word) { Ok(()) } else { Err(self.expected(word)) }
    }

    fn end(&mut self) -> Result<()> {
        if matches!(self.peek().kind, Kind::End) { Ok(()) } else { Err(self.expected("an operator or the end of the expression")) }
    }

    fn query(&mut self) -> Result<Query> {
        let mut query = Query::default();
        if self.eat_word("DEFINE") {
            loop {
                if self.is_word("EVALUATE") || matches!(self.peek().kind, Kind::End) {
                    break;
                }
                query.definitions.push(self.definition()?);
            }
            if query.definitions.is_empty() {
                return Err(self.expected("MEASURE, VAR, TABLE, COLUMN or FUNCTION after DEFINE"));
            }
        }
        while self.eat_word("EVALUATE") {
            let table = self.expr()?;
            let mut order_by = Vec::new();
            let mut start_at = Vec::new();
            if self.is_word("ORDER") && self.is_word_at(1, "BY") {
                self.next();
                self.next();
                order_by = self.order_keys()?;
            }
            if self.is_word("START") && self.is_word_at(1, "AT") {
                let at = self.next().at;
                self.next();
                loop {
                    start_at.push(self.expr()?);
                    if !self.eat(",") {
                        break;
                    }
                }
                if start_at.len() > order_by.len() {
                    return Err(SyntaxError::new("D0106", "START AT has more values than ORDER BY has keys", at));
                }
            }
            query.evaluates.push(Evaluate { table, order_by, start_at });
            self.eat(";");
        }
        if query.evaluates.is_empty() {
            return Err(self.expected("EVALUATE"));
        }
        Ok(query)
    }

    fn order_keys(&mut self) -> Result<Vec<OrderKey>> {
        let mut keys = Vec::new();
        loop {
            let expr = self.expr()?;
            let descending = self.eat_word("DESC");
            if !descending {
                self.eat_word("ASC");
            }
            keys.push(OrderKey { expr, descending });
            if !self.eat(",") {
                return Ok(keys);
            }
        }
    }

    fn definition(&mut self) -> Result<Definition> {
        let token = self.next();
        let Kind::Ident(word) = &token.kind else {
            self.pos = self.pos.saturating_sub(1);
            return Err(self.expected("MEASURE, VAR, TABLE, COLUMN, FUNCTION or EVALUATE"));
        };
        match word.to_ascii_uppercase().as_str() {
            "MEASURE" | "COLUMN" => {
                let table = self.table_name()?;
                let Kind::Bracket(text) = self.peek().kind.clone() else { return Err(self.expected("a name in brackets")) };
                let name = Name { text, at: self.next().at, quoted: false };
                self.expect("=")?;
                let body = self.expr()?;
                Ok(if word.eq_ignore_ascii_case("MEASURE") {
                    Definition::Measure(table, name, body)
                } else {
                    Definition::Column(table, name, body)
                })
            }
            "VAR" => {
                let name = self.variable_name()?;
                self.expect("=")?;
                Ok(Definition::Var(name, self.expr()?))
            }
            "TABLE" => {
                let name = self.table_name()?;
                self.expect("=")?;
                let body = self.expr()?;
                let shape = if self.eat_word("WITH") {
                    self.expect_word("VISUAL")?;
                    self.expect_word("SHAPE")?;
                    Some(self.visual_shape()?)
                } else {
                    None
                };
                Ok(Definition::Table(name, body, shape))
            }
            "FUNCTION" => {
                let name = self.table_name()?;
                self.expect("=")?;
                Ok(Definition::Function(name, self.function()?))
            }
            "MPARAMETER" => {
                let name = self.table_name()?;
                self.expect("=")?;
                Ok(Definition::Parameter(name, self.expr()?))
            }
            _ => {
                self.pos = self.pos.saturating_sub(1);
                Err(self.expected("MEASURE, VAR, TABLE, COLUMN, FUNCTION or EVALUATE"))
            }
        }
    }

    fn visual_shape(&mut self) -> Result<VisualShape> {
        let mut shape = VisualShape::default();
        while self.eat_word("AXIS") {
            let Kind::Ident(name) = self.next().kind else { return Err(self.expected("the name of an axis")) };
            let mut axis = VisualAxis { name: name.to_ascii_uppercase(), ..VisualAxis::default() };
            while self.eat_word("GROUP") {
                let mut columns = vec![self.expr()?];
                while self.eat(",") {
                    columns.push(self.expr()?);
                }
                let total = if self.eat_word("TOTAL") { Some(self.expr()?) } else { None };
                axis.groups.push((columns, total));
            }
            if self.is_word("ORDER") && self.is_word_at(1, "BY") {
                self.next();
                self.next();
                axis.order_by = self.order_keys()?;
            }
            shape.axes.push(axis);
        }
        if shape.axes.is_empty() {
            return Err(self.expected("AXIS"));
        }
        if self.eat_word("DENSIFY") {
            let Kind::Text(name) = self.next().kind else { return Err(self.expected("a column name in quotes after DENSIFY")) };
            shape.densify = Some(name.to_string());
        }
        Ok(shape)
    }

    fn table_name(&mut self) -> Result<Name> {
        let token = self.peek().clone();
        let name = match token.kind {
            Kind::Ident(text) => Name { text, at: token.at, quoted: false },
            Kind::Quoted(text) => Name { text, at: token.at, quoted: true },
            _ => return Err(self.expected("a name")),
        };
        self.next();
        Ok(name)
    }

    fn variable_name(&mut self) -> Result<Name> {
        let token = self.peek().clone();
        let Kind::Ident(text) = token.kind else { return Err(self.expected("the name of a variable")) };
        if text.contains('.') {
            return Err(SyntaxError::new("D0107", format!("the variable name `{text}` must not hold a dot"), token.at));
        }
        self.next();
        Ok(Name { text, at: token.at, quoted: false })
    }

    fn function(&mut self) -> Result<FunctionDef> {
        self.expect("(")?;
        let mut params = Vec::new();
        if !self.is(")") {
            loop {
                let name = self.variable_name()?;
                let mut words = Vec::new();
                if self.eat(":") {
                    while let Kind::Ident(word) = self.peek().kind.clone() {
                        words.push(word.to_ascii_uppercase());
                        self.next();
                    }
                }
                let default = if self.eat("=") { Some(self.expr()?) } else { None };
                params.push(FunctionParam { name, words, default });
                if !self.eat(",") {
                    break;
                }
            }
        }
        self.expect(")")?;
        self.expect("=>")?;
        Ok(FunctionDef { params, body: self.expr()? })
    }

    /// One more level of nesting, on a bigger stack when this one runs short.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Parser) -> Result<T>) -> Result<T> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(SyntaxError::new("D0108", format!("the expression nests deeper than {MAX_DEPTH} levels"), self.peek().at));
        }
        let result = stacker::maybe_grow(128 * 1024, 4 * 1024 * 1024, || parse(self));
        self.depth -= 1;
        result
    }

    fn expr(&mut self) -> Result<Expr> {
        self.nested(|p| p.binary(0))
    }

    /// The operators of a level, loosest first.
    fn operator(&self, level: usize) -> Option<BinaryOp> {
        let Kind::Symbol(symbol) = &self.peek().kind else { return None };
        Some(match (level, *symbol) {
            (0, "||") => BinaryOp::Or,
            (1, "&&") => BinaryOp::And,
            (2, "=") => BinaryOp::Equal,
            (2, "==") => BinaryOp::StrictEqual,
            (2, "<>") => BinaryOp::NotEqual,
            (2, "<") => BinaryOp::Less,
            (2, "<=") => BinaryOp::LessEqual,
            (2, ">") => BinaryOp::Greater,
            (2, ">=") => BinaryOp::GreaterEqual,
            (4, "&") => BinaryOp::Concat,
            (5, "+") => BinaryOp::Add,
            (5, "-") => BinaryOp::Subtract,
            (6, "*") => BinaryOp::Multiply,
            (6, "/") => BinaryOp::Divide,
            _ => return None,
        })
    }

    /// Levels: 0 `||`, 1 `&&`, 2 NOT and comparisons, 3 IN, 4 `&`, 5 `+ -`, 6 `* /`, 7 signs.
    fn binary(&mut self, level: usize) -> Result<Expr> {
        if level == 2 && self.is_not() {
            let start = self.next().at;
            let inner = self.nested(|p| p.binary(2))?;
            let at = start.to(inner.at);
            return Ok(Expr { kind: ExprKind::Not(Box::new(inner)), at });
        }
        if level == 3 {
            let mut left = self.binary(4)?;
            let mut count = 0;
            while self.eat_word("IN") {
                count += 1;
                if count > MAX_DEPTH {
                    return Err(SyntaxError::new("D0108", format!("more than {MAX_DEPTH} times IN in one chain"), self.peek().at));
                }
                let right = self.binary(4)?;
                let at = left.at.to(right.at);
                left = Expr { kind: ExprKind::In(Box::new(left), Box::new(right)), at };
            }
            return Ok(left);
        }
        if level == 7 {
            return self.unary();
        }
        let first = self.binary(level + 1)?;
        let mut rest = Vec::new();
        while let Some(op) = self.operator(level) {
            self.next();
            rest.push((op, self.binary(level + 1)?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        let at = first.at.to(rest[rest.len() - 1].1.at);
        Ok(Expr { kind: ExprKind::Chain(Box::new(first), rest), at })
    }

    /// NOT as an operator; a table or column may be called Not.
    fn is_not(&self) -> bool {
        self.is_word("NOT")
    }

    fn unary(&mut self) -> Result<Expr> {
        let op = if self.is("-") {
            UnaryOp::Minus
        } else if self.is("+") {
            UnaryOp::Plus
        } else if self.is_not() {
            return self.nested(|p| p.binary(2));
        } else {
            return self.power();
        };
        let start = self.next().at;
        let inner = self.nested(|p| p.unary())?;
        let at = start.to(inner.at);
        Ok(Expr { kind: ExprKind::Unary(op, Box::new(inner)), at })
    }

    fn power(&mut self) -> Result<Expr> {
        let base = self.primary()?;
        if !self.eat("^") {
            return Ok(base);
        }
        let exponent = self.nested(|p| p.unary())?;
        let at = base.at.to(exponent.at);
        Ok(Expr { kind: ExprKind::Chain(Box::new(base), vec![(BinaryOp::Power, exponent)]), at })
    }

    fn primary(&mut self) -> Result<Expr> {
        let token = self.peek().clone();
        let at = token.at;
        let kind = match token.kind {
            Kind::Int(v) => ExprKind::Int(v),
            Kind::Double(v) => ExprKind::Double(v),
            Kind::Text(v) => ExprKind::Text(v),
            Kind::Date(v) => ExprKind::Date(v),
            Kind::Parameter(v) => ExprKind::Parameter(v),
            Kind::Quoted(text) => {
                self.next();
                return self.table_or_column(Name { text, at, quoted: true });
            }
            Kind::Bracket(text) => {
                self.next();
                return Ok(Expr { kind: ExprKind::Column { table: None, name: Name { text, at, quoted: false }, level: None }, at });
            }
            Kind::Ident(word) => return self.word(word, at),
            Kind::Symbol("(") => return self.nested(|p| p.parenthesis()),
            Kind::Symbol("{") => return self.nested(|p| p.table_constructor()),
            _ => return Err(self.expected("an expression")),
        };
        self.next();
        Ok(Expr { kind, at })
    }

    fn parenthesis(&mut self) -> Result<Expr> {
        let start = self.next().at;
        let mut items = vec![self.expr()?];
        while self.eat(",") {
            items.push(self.expr()?);
        }
        let at = start.to(self.expect(")")?.at);
        let kind = match items.len() {
            1 => ExprKind::Paren(Box::new(items.remove(0))),
            _ => ExprKind::Row(items),
        };
        Ok(Expr { kind, at })
    }

    fn table_constructor(&mut self) -> Result<Expr> {
        let start = self.next().at;
        let mut rows = vec![self.expr()?];
        while self.eat(",") {
            rows.push(self.expr()?);
        }
        let at = start.to(self.expect("}")?.at);
        Ok(Expr { kind: ExprKind::Table(rows), at })
    }

    fn table_or_column(&mut self, table: Name) -> Result<Expr> {
        let Kind::Bracket(text) = self.peek().kind.clone() else {
            return Ok(Expr { at: table.at, kind: ExprKind::Name(table) });
        };
        let bracket = self.next().at;
        let mut at = table.at.to(bracket);
        let mut level = None;
        if self.is(".")
            && let Kind::Bracket(text) = self.peek_at(1).clone()
        {
            self.next();
            let place = self.next().at;
            at = at.to(place);
            level = Some(Name { text, at: place, quoted: false });
        }
        let name = Name { text, at: bracket, quoted: false };
        Ok(Expr { kind: ExprKind::Column { table: Some(table), name, level }, at })
    }

    fn word(&mut self, word: String, at: Place) -> Result<Expr> {
        if word.eq_ignore_ascii_case("VAR") && matches!(self.peek_at(1), Kind::Ident(_)) {
            return self.nested(|p| p.variables());
        }
        for reserved in ["RETURN", "EVALUATE", "DEFINE"] {
            if word.eq_ignore_ascii_case(reserved) {
                return Err(self.expected("an expression"));
            }
        }
        self.next();
        if self.is("(") {
            return self.nested(|p| p.call(word, at));
        }
        // Two axes of a visual calculation: `ROWS COLUMNS`.
        for (first, second) in [("ROWS", "COLUMNS"), ("COLUMNS", "ROWS")] {
            if word.eq_ignore_ascii_case(first) && self.is_word(second) {
                let at = at.to(self.next().at);
                return Ok(Expr { kind: ExprKind::Name(Name { text: format!("{first} {second}"), at, quoted: false }), at });
            }
        }
        // A direction with the place of blanks: `DESC BLANKS LAST`.
        let direction = ["ASC", "DESC"].iter().any(|d| word.eq_ignore_ascii_case(d)) && self.is_word("BLANKS");
        if direction || (word.eq_ignore_ascii_case("BLANKS") && ["FIRST", "LAST", "DEFAULT"].iter().any(|w| self.is_word(w))) {
            let mut text = word.to_ascii_uppercase();
            let mut end = at;
            while let Kind::Ident(next) = self.peek().kind.clone() {
                text = format!("{text} {}", next.to_ascii_uppercase());
                end = self.next().at;
            }
            return Ok(Expr { kind: ExprKind::Name(Name { text, at: at.to(end), quoted: false }), at: at.to(end) });
        }
        self.table_or_column(Name { text: word, at, quoted: false })
    }

    fn call(&mut self, word: String, at: Place) -> Result<Expr> {
        self.next();
        let mut args = Vec::new();
        if !self.is(")") {
            loop {
                if self.is(",") || self.is(")") {
                    args.push(None);
                } else {
                    args.push(Some(self.expr()?));
                }
                if !self.eat(",") {
                    break;
                }
            }
        }
        if !self.is(")") {
            return Err(self.expected("`,` or `)`"));
        }
        let end = self.next().at;
        Ok(Expr { kind: ExprKind::Call { name: Name { text: word, at, quoted: false }, args }, at: at.to(end) })
    }

    fn variables(&mut self) -> Result<Expr> {
        let start = self.peek().at;
        let mut variables = Vec::new();
        while self.eat_word("VAR") {
            let name = self.variable_name()?;
            self.expect("=")?;
            variables.push((name, self.expr()?));
        }
        if !self.eat_word("RETURN") {
            return Err(self.expected("VAR or RETURN"));
        }
        let body = self.expr()?;
        let at = start.to(body.at);
        Ok(Expr { kind: ExprKind::Let(variables, Box::new(body)), at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precedence_is_that_of_the_reference() {
        let Expr { kind: ExprKind::Unary(UnaryOp::Minus, inner), .. } = parse_expression("-2^2").unwrap() else {
            panic!("sign is outside")
        };
        assert!(matches!(inner.kind, ExprKind::Chain(_, _)));
        assert!(matches!(parse_expression("NOT 1 = 2").unwrap().kind, ExprKind::Not(_)));
        let Expr { kind: ExprKind::Chain(first, _), .. } = parse_expression("2 IN {1,2} = TRUE()").unwrap() else { panic!("comparison") };
        assert!(matches!(first.kind, ExprKind::In(_, _)));
    }

    #[test]
    fn hostile_nesting_is_an_error() {
        let text = "(".repeat(100_000);
        assert_eq!(parse_expression(&text).unwrap_err().code, "D0108");
        let text = "-".repeat(1) + &"- ".repeat(100_000) + "1";
        assert!(parse_expression(&text).is_err());
    }

    #[test]
    fn two_dashes_are_a_comment() {
        assert_eq!(parse_expression("5--3").unwrap().kind, ExprKind::Int(5));
    }
}
