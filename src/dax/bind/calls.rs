//! Calls: which function a name means, its arity, and the rules of scalar functions that read tables or branch.

use std::sync::Arc;

use super::aggregate::agg_node;
use super::bound::{AggKind, ArithOp, Kind, N, Op, SchemaColumn, Ty};
use super::{Binder, Result, Scope, arith_type, binary, constant_of, error, make};
use crate::base::nearest;
use crate::dax::catalog::{TableId, fold};
use crate::dax::functions::{self, Body, ParamKind, Returns};
use crate::dax::syntax::ast::{BinaryOp, Expr, ExprKind, Name, Place};
use crate::table::Value;

/// A call being bound.
pub(super) struct Call<'e> {
    /// Upper case.
    pub name: String,
    pub args: &'e [Option<Expr>],
    pub at: Place,
}

impl<'e> Call<'e> {
    pub fn get(&self, index: usize) -> Option<&'e Expr> {
        self.args.get(index).and_then(Option::as_ref)
    }

    pub fn need(&self, index: usize) -> Result<&'e Expr> {
        self.get(index).ok_or_else(|| error("D0205", format!("`{}` needs at least {} argument(s)", self.name, index + 1), self.at))
    }

    pub fn arity(&self, min: usize, max: usize) -> Result<()> {
        let n = self.args.len();
        if n < min || n > max {
            let wanted = match (min, max) {
                (a, b) if a == b => format!("{a}"),
                (a, usize::MAX) => format!("at least {a}"),
                (a, b) => format!("{a} to {b}"),
            };
            return Err(error("D0205", format!("`{}` takes {wanted} argument(s), found {n}", self.name), self.at));
        }
        Ok(())
    }
}

/// A bare word in an argument.
pub(super) fn keyword(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Name(name) if !name.quoted => Some(name.text.to_ascii_uppercase()),
        ExprKind::Paren(inner) => keyword(inner),
        _ => None,
    }
}

impl Binder<'_> {
    pub(super) fn call(&self, name: &Name, args: &[Option<Expr>], at: Place, scope: &Scope) -> Result<N> {
        let upper = name.text.to_ascii_uppercase();
        let call = Call { name: upper, args, at };
        if let Some(index) = self.catalog.function(&name.text) {
            return self.user_function(index, &call, scope);
        }
        if scope.visual.is_some()
            && let Some(node) = self.visual_call(&call, scope)?
        {
            return Ok(node);
        }
        if let Some(node) = self.special(&call, scope)? {
            return Ok(node);
        }
        if let Some(node) = self.table_call(&call, scope)? {
            return Ok(node);
        }
        if let Some(node) = self.time_call(&call, scope)? {
            return Ok(node);
        }
        if let Some(node) = self.window_call(&call, scope)? {
            return Ok(node);
        }
        if let Some(function) = functions::find(&call.name) {
            return self.library(function, &call, scope);
        }
        let near = nearest(&name.text, functions::all().map(|f| f.name));
        let help = near.map(|n| format!("a function with a similar name exists: `{n}`"));
        Err(error("D0206", format!("`{}` is not a function", name.text), name.at).with_help(help))
    }

    fn library(&self, function: &'static functions::Function, call: &Call<'_>, scope: &Scope) -> Result<N> {
        match function.body {
            Body::Unsupported(why) => {
                return Err(error("D0207", format!("`{}` is not available: {why}", call.name), call.at).unsupported());
            }
            Body::Special if is_visual(&call.name) => {
                return Err(error("D0249", format!("`{}` may only be used in a visual calculation", call.name), call.at));
            }
            Body::Special => {
                let place = match call.name.as_str() {
                    "IGNORE" | "NONVISUAL" | "ROLLUPADDISSUBTOTAL" => "inside SUMMARIZECOLUMNS",
                    "ROLLUPISSUBTOTAL" => "inside ADDMISSINGITEMS",
                    "ROLLUP" | "ROLLUPGROUP" => "as a grouping argument of SUMMARIZE or SUMMARIZECOLUMNS",
                    "ORDERBY" | "PARTITIONBY" | "MATCHBY" => "as an argument of a window function",
                    _ => "elsewhere",
                };
                return Err(error("D0217", format!("`{}` may only be used {place}", call.name), call.at));
            }
            Body::Scalar(_) => {}
        }
        let params = function.params;
        let required = params.iter().filter(|p| !p.optional).count();
        let open = params.iter().any(|p| p.repeats);
        call.arity(required, if open { usize::MAX } else { params.len() })?;
        let mut args = Vec::with_capacity(call.args.len());
        for (index, arg) in call.args.iter().enumerate() {
            let param = params.get(index).or(params.last());
            let node = match arg {
                None => {
                    if param.is_some_and(|p| !p.optional && !p.repeats) {
                        return Err(error("D0205", format!("argument {} of `{}` must not be left out", index + 1, call.name), call.at));
                    }
                    make(Kind::Const(Value::Blank), Ty::Blank, None, call.at)
                }
                Some(expr) => match param.map(|p| p.kind) {
                    Some(ParamKind::Keyword(words)) => match keyword(expr) {
                        Some(word) if words.iter().any(|w| w.eq_ignore_ascii_case(&word)) => {
                            make(Kind::Const(Value::text(word)), Ty::Text, None, expr.at)
                        }
                        Some(word) if self.catalog.table(&word).is_none() && !scope.vars.iter().any(|v| v.name == fold(&word)) => {
                            let message =
                                format!("argument {} of `{}` must be one of {}, found `{word}`", index + 1, call.name, words.join(", "));
                            return Err(error("D0208", message, expr.at));
                        }
                        _ => self.scalar(expr, scope)?,
                    },
                    _ => self.scalar(expr, scope)?,
                },
            };
            args.push(node);
        }
        if call.name == "DIVIDE"
            && let Some(alternate) = args.get(2)
            && !self.is_constant_expr(alternate, scope)
        {
            return Err(error("D0209", "the alternate result of DIVIDE must be a constant", alternate.at));
        }
        let first = args.first().map_or(Ty::Variant, |a| a.ty);
        let ty = match function.returns {
            Returns::Int64 => Ty::Int,
            Returns::Double => Ty::Double,
            Returns::Currency => Ty::Currency,
            Returns::String => Ty::Text,
            Returns::Boolean => Ty::Boolean,
            Returns::DateTime => Ty::Date,
            Returns::SameAsFirst => first,
            Returns::Number if call.name == "DIVIDE" => match arith_type(ArithOp::Divide, first, args.get(1).map_or(Ty::Int, |a| a.ty)) {
                Ty::Variant => Ty::Variant,
                ty => ty,
            },
            Returns::Number | Returns::Variant | Returns::Table => Ty::Variant,
        };
        Ok(make(Kind::Scalar(function, args), ty, None, call.at))
    }

    fn is_constant_expr(&self, node: &N, scope: &Scope) -> bool {
        match &node.kind {
            Kind::Const(_) => true,
            Kind::Var(id) => scope.vars.iter().any(|v| v.id == *id && v.constant.is_some()),
            Kind::Scalar(_, args) => args.iter().all(|a| self.is_constant_expr(a, scope)),
            Kind::Neg(a) => self.is_constant_expr(a, scope),
            Kind::ArithChain(first, rest) => {
                self.is_constant_expr(first, scope) && rest.iter().all(|(_, n)| self.is_constant_expr(n, scope))
            }
            Kind::Arith(_, a, b) => self.is_constant_expr(a, scope) && self.is_constant_expr(b, scope),
            Kind::Concat(items) => items.iter().all(|a| self.is_constant_expr(a, scope)),
            Kind::Op(Op::Error, _) => true,
            _ => false,
        }
    }

    fn user_function(&self, index: usize, call: &Call<'_>, scope: &Scope) -> Result<N> {
        let def = &self.catalog.functions[index];
        let parsed = match &def.parsed {
            Some(parsed) => parsed.clone(),
            None => Arc::new(
                crate::dax::syntax::parse_function(&def.source.text)
                    .map_err(|e| super::DaxError::from(e).inside(&format!("function `{}`", def.name)))?,
            ),
        };
        if call.args.len() > parsed.params.len() {
            let message = format!("`{}` takes {} argument(s), found {}", def.name, parsed.params.len(), call.args.len());
            return Err(error("D0205", message, call.at));
        }
        let mut inner = Scope { frames: scope.frames.clone(), home: scope.home, calls: scope.calls + 1, ..Scope::default() };
        let mut lets = Vec::new();
        for (position, param) in parsed.params.iter().enumerate() {
            let given = call.get(position).map(|e| (e, scope));
            let default_scope = Scope::default();
            let Some((arg, arg_scope)) = given.or(param.default.as_ref().map(|d| (d, &default_scope))) else {
                return Err(error("D0205", format!("argument `{}` of `{}` is missing", param.name.text, def.name), call.at));
            };
            let has = |word: &str| param.words.iter().any(|w| w == word);
            let reference = ["ANYREF", "COLUMNREF", "TABLEREF", "MEASUREREF", "CALENDARREF", "EXPR"].iter().any(|w| has(w));
            if reference {
                if has("COLUMNREF") {
                    self.model_column(arg, arg_scope)?;
                }
                if has("TABLEREF") && self.model_table(arg, arg_scope).is_none() {
                    return Err(error(
                        "D0228",
                        format!("argument `{}` of `{}` must be a table of the model", param.name.text, def.name),
                        arg.at,
                    ));
                }
                inner.lazy.push(super::Lazy {
                    name: fold(&param.name.text),
                    expr: Arc::new(arg.clone()),
                    scope: Arc::new(arg_scope.clone()),
                });
                continue;
            }
            let node = if has("TABLE") { self.table(arg, arg_scope)? } else { self.bind(arg, arg_scope)? };
            let subtype = param.words.iter().find_map(|w| match w.as_str() {
                "INT64" => Some("INTEGER"),
                "DECIMAL" => Some("CURRENCY"),
                "DOUBLE" => Some("DOUBLE"),
                "STRING" => Some("STRING"),
                "DATETIME" => Some("DATETIME"),
                "BOOLEAN" => Some("BOOLEAN"),
                _ => None,
            });
            let node = match subtype {
                Some(target) => {
                    let node = self.as_scalar(node)?;
                    self.convert_node(node, target, call.at)?
                }
                None if has("SCALAR") || has("NUMERIC") || has("VARIANT") => self.as_scalar(node)?,
                None => node,
            };
            let id = self.declare(&mut inner, &param.name.text, &node);
            lets.push((id, node));
        }
        let key = format!("f{index}");
        let body = self
            .guarded(key, &format!("function `{}`", def.name), call.at, || self.bind(&parsed.body, &inner))
            .map_err(|e| if def.parsed.is_some() || e.code == "D0290" { e } else { e.inside(&format!("function `{}`", def.name)) })?;
        if lets.is_empty() {
            return Ok(body);
        }
        let (ty, schema) = (body.ty, body.schema.clone());
        Ok(make(Kind::Let(lets, body), ty, schema, call.at))
    }

    fn convert_node(&self, node: N, target: &str, at: Place) -> Result<N> {
        let Some(function) = functions::find("CONVERT") else {
            return Err(error("D0207", "CONVERT is not available", at));
        };
        let ty = match target {
            "INTEGER" => Ty::Int,
            "CURRENCY" => Ty::Currency,
            "DOUBLE" => Ty::Double,
            "STRING" => Ty::Text,
            "DATETIME" => Ty::Date,
            _ => Ty::Boolean,
        };
        let word = make(Kind::Const(Value::text(target)), Ty::Text, None, at);
        Ok(make(Kind::Scalar(function, vec![node, word]), ty, None, at))
    }

    /// Order keyword or number: `ASC`/`DESC`, `1`/`0`, `TRUE`/`FALSE`; `true` when descending.
    pub(super) fn order(&self, expr: Option<&Expr>, default: bool, scope: &Scope) -> Result<bool> {
        let Some(expr) = expr else { return Ok(default) };
        if let Some(word) = keyword(expr) {
            match word.as_str() {
                "ASC" | "TRUE" => return Ok(false),
                "DESC" | "FALSE" => return Ok(true),
                _ => {}
            }
        }
        let node = self.scalar(expr, scope)?;
        let value = match &node.kind {
            Kind::Const(value) => Some(value.clone()),
            Kind::Var(id) => scope.vars.iter().find(|v| v.id == *id).and_then(|v| v.constant.clone()),
            _ => None,
        };
        match value {
            Some(Value::Int64(0)) | Some(Value::Boolean(false)) => Ok(true),
            Some(Value::Int64(1)) | Some(Value::Boolean(true)) => Ok(false),
            Some(Value::Double(0.0)) => Ok(true),
            Some(Value::Double(1.0)) => Ok(false),
            Some(Value::Blank) => Ok(true),
            _ => Err(error("D0208", "the order must be ASC or DESC (or 1, TRUE, 0, FALSE)", expr.at)),
        }
    }

    /// Unifies the numeric types of branches.
    fn unify(&self, nodes: &[&N]) -> Ty {
        nodes.iter().map(|n| n.ty).fold(Ty::Blank, Ty::unify)
    }

    fn scalars(&self, call: &Call<'_>, scope: &Scope) -> Result<Vec<N>> {
        (0..call.args.len()).map(|i| self.scalar(call.need(i)?, scope)).collect()
    }

    #[allow(clippy::too_many_lines)]
    fn special(&self, call: &Call<'_>, scope: &Scope) -> Result<Option<N>> {
        use AggKind as A;
        let at = call.at;
        let op = |op: Op, args: Vec<N>, ty: Ty| Ok(Some(make(Kind::Op(op, args), ty, None, at)));
        let agg = |kind: A| self.aggregate(kind, call, scope).map(Some);
        let iter = |kind: A| self.iterate(kind, call, scope, 2).map(Some);
        match call.name.as_str() {
            "TRUE" => {
                call.arity(0, 0)?;
                Ok(Some(make(Kind::Const(Value::Boolean(true)), Ty::Boolean, None, at)))
            }
            "FALSE" => {
                call.arity(0, 0)?;
                Ok(Some(make(Kind::Const(Value::Boolean(false)), Ty::Boolean, None, at)))
            }
            "BLANK" => {
                call.arity(0, 0)?;
                Ok(Some(make(Kind::Const(Value::Blank), Ty::Blank, None, at)))
            }
            "AND" | "OR" => {
                call.arity(2, 2)?;
                let items = self.scalars(call, scope)?;
                let kind = if call.name == "AND" { Kind::And(items) } else { Kind::Or(items) };
                Ok(Some(make(kind, Ty::Boolean, None, at)))
            }
            "NOT" => {
                call.arity(1, 1)?;
                Ok(Some(make(Kind::Not(self.scalar(call.need(0)?, scope)?), Ty::Boolean, None, at)))
            }
            "IF" | "IF.EAGER" => {
                call.arity(2, 3)?;
                let test = self.scalar(call.need(0)?, scope)?;
                if test.ty == Ty::Text && !matches!(test.kind, Kind::Const(_)) {
                    return Err(error("D0232", "the condition of IF must be true or false, found text", test.at));
                }
                let then = match call.get(1) {
                    Some(e) => self.scalar(e, scope)?,
                    None => make(Kind::Const(Value::Blank), Ty::Blank, None, at),
                };
                let mut args = vec![test, then];
                if let Some(other) = call.get(2) {
                    args.push(self.scalar(other, scope)?);
                } else if call.args.len() == 2 && args[1].ty == Ty::Boolean {
                    args.push(make(Kind::Const(Value::Boolean(false)), Ty::Boolean, None, at));
                }
                let ty = self.unify(&args[1..].iter().collect::<Vec<_>>());
                op(if call.name == "IF" { Op::If } else { Op::IfEager }, args, ty)
            }
            "SWITCH" => {
                call.arity(2, usize::MAX)?;
                let mut args = self.scalars(call, scope)?;
                let results: Vec<&N> =
                    args.iter().enumerate().skip(1).filter(|(i, _)| i % 2 == 0 || *i == args.len() - 1).map(|(_, n)| n).collect();
                let ty = self.unify(&results);
                if args.len() % 2 == 1 && ty == Ty::Boolean {
                    args.push(make(Kind::Const(Value::Boolean(false)), Ty::Boolean, None, at));
                }
                // Cases are compared like `=`: different families of types are an error.
                let first = args[0].clone();
                let pairs = (args.len() - 1) / 2;
                for i in 0..pairs {
                    binary(BinaryOp::Equal, first.clone(), args[1 + 2 * i].clone(), args[1 + 2 * i].at)?;
                }
                op(Op::Switch, args, ty)
            }
            "IFERROR" => {
                call.arity(2, 2)?;
                let args = vec![self.shielded(call.need(0)?, scope)?, self.scalar(call.need(1)?, scope)?];
                let ty = args[0].ty.unify(args[1].ty);
                op(Op::IfError, args, ty)
            }
            "ISERROR" => {
                call.arity(1, 1)?;
                op(Op::IsError, vec![self.shielded(call.need(0)?, scope)?], Ty::Boolean)
            }
            "COALESCE" => {
                call.arity(2, usize::MAX)?;
                let args = self.scalars(call, scope)?;
                let ty = self.unify(&args.iter().collect::<Vec<_>>());
                op(Op::Coalesce, args, ty)
            }
            "ISBLANK" => {
                call.arity(1, 1)?;
                op(Op::IsBlank, self.scalars(call, scope)?, Ty::Boolean)
            }
            "ERROR" => {
                call.arity(1, 1)?;
                let args = self.scalars(call, scope)?;
                if !self.is_constant_expr(&args[0], scope) {
                    return Err(error("D0209", "the text of ERROR must be a constant", args[0].at));
                }
                op(Op::Error, args, Ty::Blank)
            }
            "MIN" | "MAX" if call.args.len() == 2 => {
                let args = self.scalars(call, scope)?;
                let ty = self.unify(&args.iter().collect::<Vec<_>>());
                op(if call.name == "MIN" { Op::Min2 } else { Op::Max2 }, args, ty)
            }
            "USERCULTURE" => {
                call.arity(0, 0)?;
                op(Op::UserCulture, Vec::new(), Ty::Text)
            }
            "EVALUATEANDLOG" => {
                call.arity(1, 3)?;
                self.bind(call.need(0)?, scope).map(Some)
            }
            "SUM" => agg(A::Sum),
            "AVERAGE" => agg(A::Average),
            "AVERAGEA" => agg(A::AverageA),
            "MIN" => agg(A::Min),
            "MAX" => agg(A::Max),
            "MINA" => agg(A::MinA),
            "MAXA" => agg(A::MaxA),
            "COUNT" => agg(A::Count),
            "COUNTA" => agg(A::CountA),
            "COUNTBLANK" => agg(A::CountBlank),
            "DISTINCTCOUNT" | "APPROXIMATEDISTINCTCOUNT" => agg(A::DistinctCount),
            "DISTINCTCOUNTNOBLANK" => agg(A::DistinctCountNoBlank),
            "PRODUCT" => agg(A::Product),
            "GEOMEAN" => agg(A::GeoMean),
            "MEDIAN" => agg(A::Median),
            "STDEV.S" => agg(A::StdevS),
            "STDEV.P" => agg(A::StdevP),
            "VAR.S" => agg(A::VarS),
            "VAR.P" => agg(A::VarP),
            "SUMX" => iter(A::Sum),
            "AVERAGEX" => iter(A::Average),
            "MINX" => self.iterate(A::Min, call, scope, 3).map(Some),
            "MAXX" => self.iterate(A::Max, call, scope, 3).map(Some),
            "COUNTX" => iter(A::Count),
            "COUNTAX" => iter(A::CountA),
            "PRODUCTX" => iter(A::Product),
            "GEOMEANX" => iter(A::GeoMean),
            "MEDIANX" => iter(A::Median),
            "STDEVX.S" => iter(A::StdevS),
            "STDEVX.P" => iter(A::StdevP),
            "VARX.S" => iter(A::VarS),
            "VARX.P" => iter(A::VarP),
            "PERCENTILE.INC" => self.percentile(call, scope, false, false).map(Some),
            "PERCENTILE.EXC" => self.percentile(call, scope, true, false).map(Some),
            "PERCENTILEX.INC" => self.percentile(call, scope, false, true).map(Some),
            "PERCENTILEX.EXC" => self.percentile(call, scope, true, true).map(Some),
            "COUNTROWS" => {
                call.arity(0, 1)?;
                let table = match call.get(0) {
                    Some(expr) => self.table(expr, scope)?,
                    None => match scope.home {
                        Some(table) => make(Kind::Table { table, blank: false }, Ty::Variant, Some(self.table_schema(table)), at),
                        None => return Err(error("D0205", "`COUNTROWS` without an argument needs a home table", at)),
                    },
                };
                Ok(Some(agg_node(A::CountRows, table, None, scope.level(), false, at)))
            }
            "ISEMPTY" => {
                call.arity(1, 1)?;
                Ok(Some(make(Kind::IsEmpty(self.table(call.need(0)?, scope)?), Ty::Boolean, None, at)))
            }
            "CONCATENATEX" => {
                call.arity(2, usize::MAX)?;
                let table = self.table(call.need(0)?, scope)?;
                let inner = scope.push(table.schema.as_ref().expect("a table"));
                let expr = self.scalar(call.need(1)?, &inner)?;
                let delimiter = call.get(2).map(|e| self.scalar(e, scope)).transpose()?;
                let keys = self.keys(call, 3, false, &inner, scope)?;
                Ok(Some(make(Kind::ConcatX { table, expr, delimiter, keys, level: scope.level() }, Ty::Text, None, at)))
            }
            "RANKX" => {
                call.arity(2, 5)?;
                let table = self.table(call.need(0)?, scope)?;
                let inner = scope.push(table.schema.as_ref().expect("a table"));
                let expr = self.scalar(call.need(1)?, &inner)?;
                let value = match call.get(2) {
                    Some(e) => Some(self.scalar(e, scope)?),
                    None => None,
                };
                let value = match value {
                    Some(v) => v,
                    // The same expression in the surrounding context.
                    None => self.scalar(call.need(1)?, scope)?,
                };
                let descending = self.order(call.get(3), true, scope)?;
                let dense = self.ties(call.get(4))?;
                let kind = Kind::RankX { table, expr, value: Some(value), descending, dense, level: scope.level() };
                Ok(Some(make(kind, Ty::Int, None, at)))
            }
            "RANK.EQ" => {
                call.arity(2, 3)?;
                let value = self.scalar(call.need(0)?, scope)?;
                let column = self.model_column(call.need(1)?, scope)?;
                let descending = self.order(call.get(2), true, scope)?;
                let kind = Kind::Table { table: self.catalog.table_of(column), blank: false };
                let table = make(kind, Ty::Variant, Some(self.table_schema(self.catalog.table_of(column))), at);
                let inner = scope.push(table.schema.as_ref().expect("a table"));
                let expr = self.column_node(&inner, scope.level(), self.catalog.columns[column as usize].index, at);
                let kind = Kind::RankX { table, expr, value: Some(value), descending, dense: false, level: scope.level() };
                // A value that is not in the column has no rank; `-1` levels are told apart by the operator around it.
                let rank = make(kind, Ty::Int, None, at);
                let values =
                    make(Kind::Values { columns: vec![column], blank: false }, Ty::Variant, Some(self.columns_schema(&[column])), at);
                let Kind::RankX { value: Some(value), .. } = &rank.kind else { unreachable!("built above") };
                let present = make(Kind::In(vec![value.clone()], values), Ty::Boolean, None, at);
                op(Op::If, vec![present, rank], Ty::Int)
            }
            "LOOKUPVALUE" => {
                call.arity(3, usize::MAX)?;
                let result = self.model_column(call.need(0)?, scope)?;
                let mut search = Vec::new();
                let mut i = 1;
                while i + 1 < call.args.len() {
                    let column = self.model_column(call.need(i)?, scope)?;
                    let value = self.scalar(call.need(i + 1)?, scope)?;
                    search.push((column, value));
                    i += 2;
                }
                let alternate = if i < call.args.len() { Some(self.scalar(call.need(i)?, scope)?) } else { None };
                let mut ty = Ty::of(self.catalog.columns[result as usize].data_type);
                if let Some(alternate) = &alternate {
                    ty = ty.unify(alternate.ty);
                }
                Ok(Some(make(Kind::Lookup { result, search, alternate }, ty, None, at)))
            }
            "CONTAINS" => {
                call.arity(3, usize::MAX)?;
                let table = self.table(call.need(0)?, scope)?;
                let schema = table.schema.clone().expect("a table");
                let inner = Scope { frames: vec![super::Frame { schema: schema.clone() }], ..Scope::home(scope.home) };
                let mut search = Vec::new();
                for i in (1..call.args.len()).step_by(2) {
                    let column = self.bind(call.need(i)?, &inner).or_else(|e| -> Result<N> {
                        let id = self.model_column(call.need(i)?, scope)?;
                        let index = schema.columns.iter().position(|c| c.lineage == Some(id)).ok_or(e)?;
                        Ok(self.column_node(&inner, 0, index, at))
                    })?;
                    let Kind::Col { index, .. } = column.kind else {
                        return Err(error("D0227", "a column reference is expected here", column.at));
                    };
                    search.push((index, self.scalar(call.need(i + 1)?, scope)?));
                }
                Ok(Some(make(Kind::ContainsTable { table, search }, Ty::Boolean, None, at)))
            }
            "CONTAINSROW" => {
                call.arity(2, usize::MAX)?;
                let table = self.table(call.need(0)?, scope)?;
                let values = (1..call.args.len()).map(|i| self.scalar(call.need(i)?, scope)).collect::<Result<Vec<_>>>()?;
                let width = table.schema.as_ref().map_or(0, |s| s.columns.len());
                if width != values.len() {
                    return Err(error(
                        "D0223",
                        format!("CONTAINSROW compares {} values with a table of {width} columns", values.len()),
                        at,
                    ));
                }
                Ok(Some(make(Kind::In(values, table), Ty::Boolean, None, at)))
            }
            "RELATED" => {
                call.arity(1, 1)?;
                let column = self.model_column(call.need(0)?, scope)?;
                self.related(column, scope, call.need(0)?.at).map(Some)
            }
            "EARLIER" | "EARLIEST" => self.earlier(call, scope).map(Some),
            "SELECTEDVALUE" => {
                call.arity(1, 2)?;
                let column = self.model_column(call.need(0)?, scope)?;
                let alternate = call.get(1).map(|e| self.scalar(e, scope)).transpose()?;
                let mut ty = Ty::of(self.catalog.columns[column as usize].data_type);
                if let Some(alternate) = &alternate {
                    ty = ty.unify(alternate.ty);
                }
                Ok(Some(make(Kind::SelectedValue(column, alternate), ty, None, at)))
            }
            "HASONEVALUE" => {
                call.arity(1, 1)?;
                Ok(Some(make(Kind::HasOneValue(self.model_column(call.need(0)?, scope)?), Ty::Boolean, None, at)))
            }
            "HASONEFILTER" => {
                call.arity(1, 1)?;
                Ok(Some(make(Kind::HasOneFilter(self.model_column(call.need(0)?, scope)?), Ty::Boolean, None, at)))
            }
            "ISFILTERED" | "ISCROSSFILTERED" => {
                call.arity(1, 1)?;
                let arg = call.need(0)?;
                let (columns, table): (Vec<_>, Option<TableId>) = match self.model_table(arg, scope) {
                    Some(table) => (self.catalog.tables[table as usize].columns.clone(), Some(table)),
                    None => (vec![self.model_column(arg, scope)?], None),
                };
                let kind = if call.name == "ISFILTERED" {
                    Kind::IsFiltered(columns, table)
                } else {
                    let of = table.unwrap_or_else(|| self.catalog.table_of(columns[0]));
                    Kind::IsCrossFiltered(columns, of)
                };
                Ok(Some(make(kind, Ty::Boolean, None, at)))
            }
            "ISINSCOPE" => {
                call.arity(1, 1)?;
                Ok(Some(make(Kind::IsInScope(self.model_column(call.need(0)?, scope)?), Ty::Boolean, None, at)))
            }
            "ISSUBTOTAL" => {
                call.arity(1, 1)?;
                let column = self.model_column(call.need(0)?, scope)?;
                let Some(position) = scope.summarize.iter().position(|c| *c == column) else {
                    return Err(error("D0229", "ISSUBTOTAL may only name a grouping column of the SUMMARIZE around it", at));
                };
                Ok(Some(make(Kind::IsSubtotal(vec![position]), Ty::Boolean, None, at)))
            }
            "ISONORAFTER" | "ISAFTER" => {
                call.arity(2, usize::MAX)?;
                let mut keys = Vec::new();
                let mut i = 0;
                while i + 1 < call.args.len() {
                    let left = self.scalar(call.need(i)?, scope)?;
                    let right = self.scalar(call.need(i + 1)?, scope)?;
                    i += 2;
                    let mut descending = false;
                    if let Some(word) = call.get(i).and_then(keyword).filter(|w| w == "ASC" || w == "DESC") {
                        descending = word == "DESC";
                        i += 1;
                    } else if i < call.args.len() && (call.args.len() - i) % 3 == 1 {
                        descending = self.order(call.get(i), false, scope)?;
                        i += 1;
                    }
                    keys.push((left, right, descending));
                }
                Ok(Some(make(Kind::IsAfter { keys, or_on: call.name == "ISONORAFTER" }, Ty::Boolean, None, at)))
            }
            "SELECTEDMEASURE" => {
                call.arity(0, 0)?;
                self.need_selected(call, scope)?;
                Ok(Some(make(Kind::SelectedMeasure, Ty::Variant, None, at)))
            }
            "SELECTEDMEASURENAME" => {
                self.need_selected(call, scope)?;
                op(Op::SelectedMeasureName, Vec::new(), Ty::Text)
            }
            "SELECTEDMEASUREFORMATSTRING" => {
                self.need_selected(call, scope)?;
                op(Op::SelectedMeasureFormat, Vec::new(), Ty::Text)
            }
            "ISSELECTEDMEASURE" => {
                call.arity(1, usize::MAX)?;
                self.need_selected(call, scope)?;
                let mut measures = Vec::new();
                for i in 0..call.args.len() {
                    let node = self.bind(call.need(i)?, scope)?;
                    let Kind::Measure(id) = node.kind else { return Err(error("D0233", "ISSELECTEDMEASURE takes measures", node.at)) };
                    measures.push(id);
                }
                Ok(Some(make(Kind::IsSelectedMeasure(measures), Ty::Boolean, None, at)))
            }
            "NAMEOF" => {
                call.arity(1, 1)?;
                let arg = call.need(0)?;
                let text = match self.model_table(arg, scope) {
                    Some(table) => format!("'{}'", self.catalog.tables[table as usize].name),
                    None => match self.model_column(arg, scope) {
                        Ok(column) => {
                            let def = &self.catalog.columns[column as usize];
                            format!("'{}'[{}]", self.catalog.tables[def.table as usize].name, def.name)
                        }
                        Err(e) => match self.bind(arg, scope) {
                            Ok(node) => match node.kind {
                                Kind::Measure(id) => {
                                    let def = &self.catalog.measures[id as usize];
                                    format!("'{}'[{}]", self.catalog.tables[def.table as usize].name, def.name)
                                }
                                _ => return Err(e),
                            },
                            Err(_) => return Err(e),
                        },
                    },
                };
                Ok(Some(make(Kind::Const(Value::text(text)), Ty::Text, None, at)))
            }
            "FIRSTNONBLANKVALUE" | "LASTNONBLANKVALUE" => {
                call.arity(2, 2)?;
                let table = self.values_of(call.need(0)?, scope)?;
                let schema = table.schema.clone().expect("values have a schema");
                if schema.columns.len() != 1 {
                    return Err(error("D0227", format!("`{}` needs a column", call.name), at));
                }
                // The row becomes a filter: the expression cannot read it any more.
                let expr = self.scalar(call.need(1)?, &scope.push(&schema).transitioned())?;
                let expr = self.implicit_calculate(expr);
                let ty = expr.ty;
                let kind = Kind::FirstNonBlankValue { table, expr, level: scope.level(), last: call.name.starts_with('L') };
                Ok(Some(make(kind, ty, None, at)))
            }
            "PATH" => {
                call.arity(2, 2)?;
                let id = self.model_column(call.need(0)?, scope)?;
                let parent = self.model_column(call.need(1)?, scope)?;
                let Some((level, index)) = self.find_in_frames(scope, |c| c.lineage == Some(id), 0) else {
                    return Err(error("D0211", "PATH needs a row context over the table of its columns", at));
                };
                Ok(Some(make(Kind::Path { id, parent, level, id_index: index }, Ty::Text, None, at)))
            }
            "XIRR" => {
                call.arity(3, 5)?;
                let table = self.table(call.need(0)?, scope)?;
                let inner = scope.push(table.schema.as_ref().expect("a table"));
                let values = self.scalar(call.need(1)?, &inner)?;
                let dates = self.scalar(call.need(2)?, &inner)?;
                let guess = call.get(3).map(|e| self.scalar(e, scope)).transpose()?;
                let alternate = call.get(4).map(|e| self.scalar(e, scope)).transpose()?;
                Ok(Some(make(Kind::Xirr { table, values, dates, guess, alternate, level: scope.level() }, Ty::Double, None, at)))
            }
            "XNPV" => {
                call.arity(4, 4)?;
                let table = self.table(call.need(0)?, scope)?;
                let inner = scope.push(table.schema.as_ref().expect("a table"));
                let values = self.scalar(call.need(1)?, &inner)?;
                let dates = self.scalar(call.need(2)?, &inner)?;
                let rate = self.scalar(call.need(3)?, scope)?;
                Ok(Some(make(Kind::Xnpv { table, values, dates, rate, level: scope.level() }, Ty::Double, None, at)))
            }
            "NETWORKDAYS" => {
                call.arity(2, 4)?;
                let start = self.scalar(call.need(0)?, scope)?;
                let end = self.scalar(call.need(1)?, scope)?;
                let weekend = call.get(2).map(|e| self.scalar(e, scope)).transpose()?;
                let holidays = call.get(3).map(|e| self.table(e, scope)).transpose()?;
                Ok(Some(make(Kind::NetworkDays { start, end, weekend, holidays }, Ty::Int, None, at)))
            }
            "TOCSV" | "TOJSON" => {
                call.arity(1, 4)?;
                let table = self.table(call.need(0)?, scope)?;
                let args = (1..call.args.len())
                    .map(|i| {
                        call.get(i).map_or_else(|| Ok(make(Kind::Const(Value::Blank), Ty::Blank, None, at)), |e| self.scalar(e, scope))
                    })
                    .collect::<Result<Vec<_>>>()?;
                Ok(Some(make(Kind::ToText { table, json: call.name == "TOJSON", args }, Ty::Text, None, at)))
            }
            _ => Ok(None),
        }
    }

    fn need_selected(&self, call: &Call<'_>, scope: &Scope) -> Result<()> {
        if scope.selected_measure {
            return Ok(());
        }
        Err(error("D0233", format!("`{}` may only be used in a calculation item", call.name), call.at))
    }

    /// An argument of IFERROR: an error in the text of a measure that it names counts as an error at run time.
    fn shielded(&self, expr: &Expr, scope: &Scope) -> Result<N> {
        match self.scalar(expr, scope) {
            Err(e) if e.object.is_some() && e.code != "D0290" => {
                let text = make(Kind::Const(Value::text(e.message.clone())), Ty::Text, None, expr.at);
                Ok(make(Kind::Op(Op::Error, vec![text]), Ty::Blank, None, expr.at))
            }
            other => other,
        }
    }

    pub(super) fn ties(&self, expr: Option<&Expr>) -> Result<bool> {
        let Some(expr) = expr else { return Ok(false) };
        match keyword(expr).as_deref() {
            Some("SKIP") => Ok(false),
            Some("DENSE") => Ok(true),
            _ => match &expr.kind {
                ExprKind::Text(word) if word.eq_ignore_ascii_case("SKIP") => Ok(false),
                ExprKind::Text(word) if word.eq_ignore_ascii_case("DENSE") => Ok(true),
                ExprKind::Int(0) => Ok(false),
                ExprKind::Int(1) => Ok(true),
                _ => Err(error("D0208", "ties must be SKIP or DENSE", expr.at)),
            },
        }
    }

    /// Pairs of order expression and direction from argument `from` on.
    pub(super) fn keys(&self, call: &Call<'_>, from: usize, descending: bool, inner: &Scope, scope: &Scope) -> Result<Vec<(N, bool)>> {
        let mut keys = Vec::new();
        let mut i = from;
        while i < call.args.len() {
            let Some(expr) = call.get(i) else {
                i += 2;
                continue;
            };
            let key = self.scalar(expr, inner)?;
            let order = self.order(call.get(i + 1), descending, scope)?;
            keys.push((key, order));
            i += 2;
        }
        Ok(keys)
    }

    /// RELATED: the nearest row context over a table that reaches the column's table.
    pub(super) fn related(&self, column: u32, scope: &Scope, at: Place) -> Result<N> {
        let target = self.catalog.table_of(column);
        let ty = self.schema_column(column).ty;
        for (level, frame) in scope.frames.iter().enumerate().rev() {
            if let Some(index) = frame.schema.columns.iter().position(|c| c.lineage == Some(column)) {
                return Ok(self.column_node(scope, level, index, at));
            }
            for base in &frame.schema.bases {
                if self.reaches(*base, target) {
                    return Ok(make(Kind::Related { column, level, base: *base }, ty, None, at));
                }
            }
        }
        let message = format!(
            "the column `{}` either doesn't exist or doesn't have a relationship to any table available in the current context",
            self.catalog.column_label(column)
        );
        Err(error("D0212", message, at))
    }

    /// Whether a table's expansion holds another table.
    pub(super) fn reaches(&self, from: TableId, to: TableId) -> bool {
        let mut seen = vec![from];
        let mut i = 0;
        while i < seen.len() {
            let table = seen[i];
            i += 1;
            if table == to {
                return true;
            }
            for rel in self.catalog.rels.iter().filter(|r| r.regular && r.active) {
                let (a, b) = (self.catalog.table_of(rel.from), self.catalog.table_of(rel.to));
                if a == table && !seen.contains(&b) {
                    seen.push(b);
                }
                if rel.one_to_one && b == table && !seen.contains(&a) {
                    seen.push(a);
                }
            }
        }
        false
    }

    fn earlier(&self, call: &Call<'_>, scope: &Scope) -> Result<N> {
        call.arity(1, 2)?;
        let expr = call.need(0)?;
        let steps = match call.get(1) {
            None => 1,
            Some(e) => match constant_of(&self.scalar(e, scope)?) {
                Some(Value::Int64(n)) if n >= 1 => n as usize,
                _ => return Err(error("D0208", "the second argument of EARLIER must be a positive number", e.at)),
            },
        };
        let ExprKind::Column { table, name, .. } = &expr.kind else {
            return Err(error("D0227", "a column reference is expected here", expr.at));
        };
        let matches = |c: &SchemaColumn| {
            fold(&c.name) == fold(&name.text) && table.as_ref().is_none_or(|t| c.table.as_ref().is_some_and(|ct| fold(ct) == fold(&t.text)))
        };
        let found = if call.name == "EARLIEST" {
            scope.frames.iter().enumerate().find_map(|(level, f)| f.schema.columns.iter().position(matches).map(|index| (level, index)))
        } else {
            self.find_in_frames(scope, matches, steps)
        };
        match found {
            Some((level, index)) => Ok(self.column_node(scope, level, index, call.at)),
            None => Err(error("D0213", format!("`{}` refers to an earlier row context which doesn't exist", call.name), call.at)),
        }
    }
}

/// Functions of visual calculations.
fn is_visual(name: &str) -> bool {
    matches!(
        name,
        "COLLAPSE"
            | "COLLAPSEALL"
            | "EXPAND"
            | "EXPANDALL"
            | "FIRST"
            | "ISATLEVEL"
            | "LAST"
            | "LOOKUP"
            | "LOOKUPWITHTOTALS"
            | "MOVINGAVERAGE"
            | "NEXT"
            | "PREVIOUS"
            | "RANGE"
            | "RUNNINGSUM"
    )
}

/// `T[c]` given as the name of an extension column.
pub(super) fn split_name(name: &str) -> (Option<&str>, &str) {
    if let (Some(open), true) = (name.find('['), name.ends_with(']')) {
        let table = name[..open].trim().trim_matches('\'');
        return (Some(table).filter(|t| !t.is_empty()), &name[open + 1..name.len() - 1]);
    }
    (None, name)
}
