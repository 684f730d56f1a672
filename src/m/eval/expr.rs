//! One function per form of expression.

use std::rc::Rc;

use super::direct::Ahead;
use super::interp::{Cell, Frame, Interp};
use super::node::{Check, Handler, Lambda, ListItem, Lookup, Node, TypeField, Unary};
use super::operators;
use crate::m::error::{Error, ErrorData, ErrorKind, Result};
use crate::m::value::{
    Field, Function, FunctionType, Kind, List, Name, Pending, Record, Slot, Table, TableType, Thunk, Type, TypeForm, Value,
};

impl Interp {
    /// Evaluates an expression in a scope, to a value whose parts may be lazy.
    pub fn eval(&mut self, node: &Node, frame: &Rc<Frame>) -> Result<Value> {
        match node {
            Node::Const(value) => Ok(value.clone()),
            Node::Variable { depth: 0, slot } => self.variable(frame, *slot as usize),
            Node::Variable { depth, slot } => {
                let frame = ancestor(frame, *depth).clone();
                self.variable(&frame, *slot as usize)
            }
            Node::Global { section, slot } => {
                if let Cell::Value(value) = &*self.program.frame(*section).cells[*slot as usize].borrow() {
                    return Ok(value.clone());
                }
                let frame = self.program.section_frame(*section);
                self.variable(&frame, *slot as usize)
            }
            Node::Cell(slot) => slot.force(self),
            Node::Fail(error) => Err(error.clone()),
            Node::Unary(operator, operand) => self.eval_unary(*operator, operand, frame),
            Node::Binary(operator, sides) => {
                let left = self.eval(&sides.0, frame)?;
                let right = self.eval(&sides.1, frame)?;
                operators::binary(self, *operator, &left, &right)
            }
            Node::And(sides) => match operators::as_logical(&self.eval(&sides.0, frame)?)? {
                Some(false) => Ok(Value::Logical(false)),
                left => match (left, operators::as_logical(&self.eval(&sides.1, frame)?)?) {
                    (_, Some(false)) => Ok(Value::Logical(false)),
                    (Some(true), Some(true)) => Ok(Value::Logical(true)),
                    _ => Ok(Value::Null),
                },
            },
            Node::Or(sides) => match operators::as_logical(&self.eval(&sides.0, frame)?)? {
                Some(true) => Ok(Value::Logical(true)),
                left => match (left, operators::as_logical(&self.eval(&sides.1, frame)?)?) {
                    (_, Some(true)) => Ok(Value::Logical(true)),
                    (Some(false), Some(false)) => Ok(Value::Logical(false)),
                    _ => Ok(Value::Null),
                },
            },
            Node::Coalesce(sides) => {
                let left = self.eval(&sides.0, frame)?;
                if left.is_null() { self.nested(|cx| cx.eval(&sides.1, frame)) } else { Ok(left) }
            }
            Node::Meta(sides) => {
                let value = self.eval(&sides.0, frame)?;
                let meta = self.eval(&sides.1, frame)?;
                match meta.bare() {
                    Value::Record(meta) => {
                        let merged = value.meta().merge(meta);
                        Ok(value.with_meta(merged))
                    }
                    other => Err(Error::cannot_convert(other, "Record")),
                }
            }
            Node::If(parts) => {
                let condition = self.nested(|cx| cx.eval(&parts.0, frame))?;
                match condition.bare() {
                    Value::Logical(true) => self.nested(|cx| cx.eval(&parts.1, frame)),
                    Value::Logical(false) => self.nested(|cx| cx.eval(&parts.2, frame)),
                    other => Err(Error::cannot_convert(other, "Logical")),
                }
            }
            Node::Let(variables, body) => {
                let scope = Frame::new(Some(frame.clone()), [], Some(variables.clone()));
                let result = self.nested(|cx| cx.eval(body, &scope));
                if Rc::strong_count(&scope) > 1 {
                    self.note_escaped(&scope);
                }
                result
            }
            Node::Record(shape, fields, ahead) => {
                ahead.begin();
                let mut cells = Vec::with_capacity(fields.len());
                for (at, field) in fields.iter().enumerate() {
                    cells.push(self.cell(field, frame, ahead, at, fields.len()));
                }
                Ok(Value::Record(Record::from_cells(shape.clone(), cells)))
            }
            Node::ScopedRecord(shape, fields, ahead) => {
                ahead.begin();
                let scope = Frame::new(Some(frame.clone()), [], Some(fields.clone()));
                let mut cells = Vec::with_capacity(fields.len());
                for (slot, field) in fields.iter().enumerate() {
                    let value = match self.ready(field, &scope) {
                        Some(value) => Some(value),
                        None => ahead.value(self, field, &scope, slot, fields.len()),
                    };
                    cells.push(match value {
                        Some(value) => {
                            *scope.cells[slot].borrow_mut() = Cell::Value(value.clone());
                            Slot::Value(value)
                        }
                        None => Slot::Lazy(Thunk::new(Pending::Variable(scope.clone(), slot as u32))),
                    });
                }
                if Rc::strong_count(&scope) > 1 {
                    self.note_escaped(&scope);
                }
                Ok(Value::Record(Record::from_cells(shape.clone(), cells)))
            }
            Node::List(items, ahead) => {
                ahead.begin();
                let mut cells = Vec::with_capacity(items.len());
                for (at, item) in items.iter().enumerate() {
                    cells.push(self.cell(item, frame, ahead, at, items.len()));
                }
                Ok(Value::List(List::from_slots(cells)))
            }
            Node::ListWithRanges(items) => self.eval_ranges(items, frame),
            Node::Field(access) => {
                let target = self.nested(|cx| cx.eval(&access.target, frame))?;
                self.access_field(&access.lookup, &target)
            }
            Node::Projection { target, names, optional } => {
                let target = self.eval(target, frame)?;
                self.project(&target, names, *optional)
            }
            Node::Item { target, optional } => {
                let list = self.nested(|cx| cx.eval(&target.0, frame))?;
                let index = self.eval(&target.1, frame)?;
                self.item(&list, &index, *optional)
            }
            Node::Call(callee, args) => {
                let callee = self.eval(callee, frame)?;
                if let Value::Function(function) = callee.bare() {
                    if let crate::m::value::Body::Closure(lambda, home) = function.body() {
                        return self.call_closure(lambda, home, args, frame);
                    }
                }
                let args = self.eval_args(args, frame, 0)?;
                self.call(&callee, &args)
            }
            Node::CallBuiltin(builtin, args) => {
                let given = args.len();
                if given > builtin.params.len() || given < builtin.params.len() && !builtin.params[given].optional {
                    let args = self.eval_args(args, frame, 0)?;
                    return self.call_builtin(builtin, &args);
                }
                let args = self.eval_args(args, frame, builtin.params.len())?;
                self.nested(|cx| cx.call_filled(builtin, &args, given))
            }
            Node::Lambda(lambda) => Ok(Value::Function(Function::closure(lambda.clone(), frame.clone()))),
            Node::Try(operand, handler) => self.eval_try(operand, handler, frame),
            Node::Error(operand) => {
                let value = self.eval(operand, frame)?;
                Err(self.raise(&value))
            }
            Node::As(operand, check) => {
                let value = self.nested(|cx| cx.eval(operand, frame))?;
                if check.accepts(&value) { Ok(value) } else { Err(Error::cannot_convert(&value, check.kind.title())) }
            }
            Node::Is(operand, Check { kind, nullable }) => {
                let value = self.nested(|cx| cx.eval(operand, frame))?;
                Ok(Value::Logical(Check { kind: *kind, nullable: *nullable }.accepts(&value)))
            }
            Node::TypeOf(_)
            | Node::TypeNullable(_)
            | Node::TypeList(_)
            | Node::TypeRecord(..)
            | Node::TypeTable(_)
            | Node::TypeTableOf(_)
            | Node::TypeFunction { .. } => self.eval_type(node, frame).map(Value::Type),
            Node::DataSource(kind, inner) => {
                let function = self.nested(|cx| cx.eval(inner, frame))?;
                Ok(super::program::for_source(kind, function))
            }
            Node::Shared => self.shared().map(Value::Record),
            Node::Sections => self.sections().map(Value::Record),
        }
    }

    /// The arguments, filled up with nulls to `least`.
    fn eval_args(&mut self, args: &[Node], frame: &Rc<Frame>, least: usize) -> Result<smallvec::SmallVec<[Value; 4]>> {
        let mut values = smallvec::SmallVec::with_capacity(args.len().max(least));
        for arg in args {
            values.push(self.nested(|cx| cx.eval(arg, frame))?);
        }
        while values.len() < least {
            values.push(Value::Null);
        }
        Ok(values)
    }

    /// Calls M code with arguments that are evaluated straight into its frame.
    fn call_closure(&mut self, lambda: &Rc<Lambda>, home: &Rc<Frame>, args: &[Node], frame: &Rc<Frame>) -> Result<Value> {
        let args = self.eval_args(args, frame, 0)?;
        if args.len() < lambda.required || args.len() > lambda.params.len() {
            return Err(super::interp::arity_error(args.len(), lambda.required, lambda.params.len()));
        }
        if let Some(result) = self.call_direct(lambda, home, &args) {
            return result;
        }
        let (mut callee, mut cells) = self.spare_frame();
        cells.extend(args.into_iter().map(|value| std::cell::RefCell::new(Cell::Value(value))));
        Rc::get_mut(&mut callee).expect("a spare frame has one owner").cells = cells;
        self.nested(|cx| cx.activate(lambda, home, callee))
    }

    fn eval_unary(&mut self, operator: Unary, operand: &Node, frame: &Rc<Frame>) -> Result<Value> {
        let value = self.nested(|cx| cx.eval(operand, frame))?;
        unary(operator, &value)
    }

    /// As [`Interp::lazy`] for cell `at` of `count` in a record or list, which may be evaluated ahead of its time.
    fn cell(&mut self, node: &Rc<Node>, frame: &Rc<Frame>, ahead: &Ahead, at: usize, count: usize) -> Slot {
        match ahead.value(self, node, frame, at, count) {
            Some(value) => Slot::Value(value),
            None => self.lazy(node, frame),
        }
    }

    /// A cell for an expression that is not needed yet; no thunk where the value is at hand.
    pub(super) fn lazy(&mut self, node: &Rc<Node>, frame: &Rc<Frame>) -> Slot {
        if let Some(value) = self.ready(node, frame) {
            return Slot::Value(value);
        }
        match &**node {
            Node::Cell(slot) => slot.clone(),
            Node::Variable { depth, slot } => {
                let frame = ancestor(frame, *depth).clone();
                self.variable_slot(&frame, *slot as usize)
            }
            _ => Slot::Lazy(Thunk::new(Pending::Code(node.clone(), frame.clone()))),
        }
    }

    /// The value of an expression that costs next to nothing and cannot fail; `None` leaves it to a thunk.
    fn ready(&mut self, node: &Node, frame: &Rc<Frame>) -> Option<Value> {
        match node {
            Node::Const(value) => Some(value.clone()),
            Node::Lambda(lambda) => Some(Value::Function(Function::closure(lambda.clone(), frame.clone()))),
            Node::Variable { depth, slot } => match &*ancestor(frame, *depth).cells[*slot as usize].borrow() {
                Cell::Value(value) => Some(value.clone()),
                _ => None,
            },
            Node::Field(access) if matches!(access.target, Node::Variable { .. }) => match self.ready(&access.target, frame)? {
                Value::Record(record) => access.lookup.find(&record).and_then(|cell| cell.cheap(self)),
                _ => None,
            },
            Node::Binary(operator, sides) => {
                let left = self.ready(&sides.0, frame)?;
                let right = self.ready(&sides.1, frame)?;
                operators::cheap(*operator, &left, &right)
            }
            _ => None,
        }
    }

    fn eval_ranges(&mut self, items: &[ListItem], frame: &Rc<Frame>) -> Result<Value> {
        if let [ListItem::Range(from, to)] = items {
            let (from, to) = (self.eval(from, frame)?, self.eval(to, frame)?);
            return operators::range(&from, &to).map(Value::List);
        }
        let mut cells = Vec::new();
        for item in items {
            match item {
                ListItem::One(node) => cells.push(self.lazy(node, frame)),
                ListItem::Range(from, to) => {
                    let (from, to) = (self.eval(from, frame)?, self.eval(to, frame)?);
                    let range = operators::range(&from, &to)?;
                    let count = range.count(self)?;
                    self.charge(count * size_of::<Slot>())?;
                    cells.extend(range.slots(self)?);
                }
            }
        }
        Ok(Value::List(List::from_slots(cells)))
    }

    pub(super) fn access_field(&mut self, access: &Lookup, target: &Value) -> Result<Value> {
        match target.bare() {
            Value::Record(record) => match access.find(record) {
                Some(cell) => self.nested(|cx| cell.force(cx)),
                None if access.optional => Ok(Value::Null),
                None => Err(record.missing(&access.name)),
            },
            Value::Table(table) => match table.shape().position(&access.name) {
                Some(at) => Ok(Value::List(column(table, at))),
                None if access.optional => Ok(Value::Null),
                None => Err(missing_column(&access.name)),
            },
            Value::Null if access.optional => Ok(Value::Null),
            other => Err(Error::expression(format!("We cannot apply field access to the type {}.", other.kind().title()))
                .with_detail(Value::Record(Record::new(vec![("Value", other.clone()), ("Key", Value::Text(access.name.clone()))])))),
        }
    }

    fn project(&mut self, target: &Value, names: &[Name], optional: bool) -> Result<Value> {
        match target.bare() {
            Value::Record(record) => {
                let mut pairs = Vec::with_capacity(names.len());
                for name in names {
                    match record.get(name) {
                        Some(cell) => pairs.push((name.clone(), cell.to_slot())),
                        None if optional => pairs.push((name.clone(), Slot::Value(Value::Null))),
                        None => return Err(record.missing(name)),
                    }
                }
                Record::from_pairs(pairs).map(Value::Record)
            }
            Value::Table(table) => {
                let mut places = Vec::with_capacity(names.len());
                for name in names {
                    match table.shape().position(name) {
                        Some(at) => places.push(Some(at)),
                        None if optional => places.push(None),
                        None => return Err(missing_column(name)),
                    }
                }
                let fields = names
                    .iter()
                    .zip(&places)
                    .map(|(name, place)| Field {
                        name: name.clone(),
                        ty: place.map_or_else(Type::any, |at| table.table_type().fields[at].ty.clone()),
                        optional: false,
                    })
                    .collect();
                Ok(Value::Table(select_columns(table, TableType::new(fields), places)))
            }
            Value::Null if optional => Ok(Value::Null),
            other => Err(Error::expression(format!("We cannot apply field access to the type {}.", other.kind().title()))),
        }
    }

    pub(super) fn item(&mut self, target: &Value, index: &Value, optional: bool) -> Result<Value> {
        match (target.bare(), index.bare()) {
            (Value::Null, _) if optional => Ok(Value::Null),
            (Value::List(list), index) if index.is_number() => {
                let at = self.item_index(index)?;
                match list.get(self, at)? {
                    Some(slot) => self.nested(|cx| slot.force(cx)),
                    None if optional => Ok(Value::Null),
                    None => Err(not_enough(target)),
                }
            }
            (Value::Table(table), index) if index.is_number() => {
                let at = self.item_index(index)?;
                match table.get(self, at)? {
                    Some(row) => Ok(table.row_value(row)),
                    None if optional => Ok(Value::Null),
                    None => Err(not_enough(target)),
                }
            }
            (Value::Table(table), Value::Record(key)) => self.find_row(table, key, optional),
            (Value::List(_), other) => Err(Error::cannot_convert(other, "Number")),
            (Value::Table(_), other) => Err(Error::cannot_convert(other, "Record")),
            (Value::Binary(binary), index) if index.is_number() => {
                let at = self.item_index(index)?;
                match binary.bytes(self)?.get(at) {
                    Some(byte) => Ok(Value::Int(i64::from(*byte))),
                    None if optional => Ok(Value::Null),
                    None => Err(not_enough(target)),
                }
            }
            (other, _) => Err(Error::expression(format!("We cannot apply indexing to the type {}.", other.kind().title()))),
        }
    }

    fn item_index(&mut self, index: &Value) -> Result<usize> {
        match index.as_i64() {
            Some(n) if n >= 0 => Ok(n as usize),
            Some(_) => Err(Error::expression("The index cannot be negative.").with_detail(index.clone())),
            None => Err(Error::expression("The index must be a whole number.").with_detail(index.clone())),
        }
    }

    fn find_row(&mut self, table: &Table, key: &Record, optional: bool) -> Result<Value> {
        let mut wanted = Vec::new();
        for (name, cell) in key.fields() {
            match table.shape().position(name) {
                Some(at) => wanted.push((at, cell.force(self)?)),
                None => return Err(missing_column(name)),
            }
        }
        let mut found = None;
        let mut cursor = table.open(self)?;
        while let Some(row) = cursor.next(self)? {
            self.tick()?;
            let mut all = true;
            for (at, want) in &wanted {
                let have = row[*at].force(self)?;
                if !self.equals(&have, want)? {
                    all = false;
                    break;
                }
            }
            if all {
                if found.is_some() {
                    return Err(Error::expression("The key matched more than one row in the table.")
                        .with_detail(self.record(vec![("Key", Value::Record(key.clone())), ("Table", Value::Table(table.clone()))])));
                }
                found = Some(row);
            }
        }
        match found {
            Some(row) => Ok(table.row_value(row)),
            None if optional => Ok(Value::Null),
            None => Err(Error::expression("The key didn't match any rows in the table.")
                .with_detail(self.record(vec![("Key", Value::Record(key.clone())), ("Table", Value::Table(table.clone()))]))),
        }
    }

    fn eval_try(&mut self, operand: &Node, handler: &Handler, frame: &Rc<Frame>) -> Result<Value> {
        let outcome = self.nested(|cx| cx.eval(operand, frame));
        match (outcome, handler) {
            (Err(error), _) if !error.is_catchable() => Err(error),
            (Ok(value), Handler::Record) => Ok(Value::Record(Record::new(vec![("HasError", Value::Logical(false)), ("Value", value)]))),
            (Err(error), Handler::Record) => {
                Ok(Value::Record(Record::new(vec![("HasError", Value::Logical(true)), ("Error", Value::Record(error.to_record()))])))
            }
            (Ok(value), _) => Ok(value),
            (Err(_), Handler::Otherwise(node)) => self.nested(|cx| cx.eval(node, frame)),
            (Err(error), Handler::Catch(lambda)) => {
                let lambda: &Rc<Lambda> = lambda;
                let args = [Value::Record(error.to_record())];
                let count = lambda.params.len().min(args.len());
                self.nested(|cx| cx.call_lambda(lambda, frame, &args[..count]))
            }
        }
    }

    /// What `error value` raises.
    pub(crate) fn raise(&mut self, value: &Value) -> Error {
        match self.try_raise(value) {
            Ok(error) | Err(error) => error,
        }
    }

    fn try_raise(&mut self, value: &Value) -> Result<Error> {
        let record = match value.bare() {
            Value::Text(text) => return Ok(Error::expression(text)),
            Value::Record(record) => record.clone(),
            other => return Ok(Error::cannot_convert(other, "Record")),
        };
        let field = |cx: &mut Interp, name: &str| record.optional_field(cx, name).map(Option::unwrap_or_default);
        let reason = match field(self, "Reason")?.bare() {
            Value::Text(reason) => reason.clone(),
            _ => Name::from("Expression.Error"),
        };
        let format = field(self, "Message.Format")?;
        let parameters = field(self, "Message.Parameters")?;
        let message = match field(self, "Message")?.bare() {
            Value::Text(message) => message.clone(),
            _ => match (format.bare(), parameters.bare()) {
                (Value::Text(format), Value::List(parameters)) => {
                    let values = parameters.values(self)?;
                    Name::from(fill_places(format, &values))
                }
                (Value::Text(format), _) => format.clone(),
                _ => Name::from(""),
            },
        };
        Ok(Error::from_data(ErrorData {
            kind: ErrorKind::Raised,
            reason,
            message,
            detail: field(self, "Detail")?,
            format,
            parameters,
            code: field(self, "ErrorCode")?,
        }))
    }

    /// A type expression.
    pub(super) fn eval_type(&mut self, node: &Node, frame: &Rc<Frame>) -> Result<Type> {
        Ok(match node {
            Node::TypeOf(inner) => self.eval_type(inner, frame)?,
            Node::TypeNullable(inner) => self.nested(|cx| cx.eval_type(inner, frame))?.to_nullable(),
            Node::TypeList(inner) => Type::list(self.nested(|cx| cx.eval_type(inner, frame))?),
            Node::TypeRecord(fields, open) => Type::record(self.eval_type_fields(fields, frame)?, *open),
            Node::TypeTable(fields) => Type::table(TableType::new(self.eval_type_fields(fields, frame)?)),
            Node::TypeTableOf(row) => {
                let row = self.nested(|cx| cx.eval_type(row, frame))?;
                match row.form() {
                    TypeForm::Record(record) => Type::table(TableType { fields: record.fields.clone(), keys: Vec::new() }),
                    TypeForm::Table(_) => row,
                    _ => return Err(Error::cannot_convert(&Value::Type(row), "Record")),
                }
            }
            Node::TypeFunction { params, required, returns } => {
                let params = self.eval_type_fields(params, frame)?;
                let returns = self.nested(|cx| cx.eval_type(returns, frame))?;
                Type::function(FunctionType { params, required: *required, returns })
            }
            other => {
                let value = self.nested(|cx| cx.eval(other, frame))?;
                match value.bare() {
                    Value::Type(ty) => ty.clone(),
                    other => return Err(Error::cannot_convert(other, Kind::Type.title())),
                }
            }
        })
    }

    fn eval_type_fields(&mut self, fields: &[TypeField], frame: &Rc<Frame>) -> Result<Vec<Field>> {
        let mut out: Vec<Field> = Vec::with_capacity(fields.len());
        for field in fields {
            let ty = match &field.ty {
                Some(node) => self.nested(|cx| cx.eval_type(node, frame))?,
                None => Type::any(),
            };
            out.push(Field { name: field.name.clone(), ty, optional: field.optional });
        }
        Ok(out)
    }
}

#[inline]
pub(super) fn ancestor(frame: &Rc<Frame>, depth: u32) -> &Rc<Frame> {
    let mut frame = frame;
    for _ in 0..depth {
        frame = frame.parent.as_ref().expect("the resolver counted the scopes");
    }
    frame
}

fn not_enough(detail: &Value) -> Error {
    Error::expression("There weren't enough elements in the enumeration to complete the operation.").with_detail(detail.clone())
}

/// `The column '…' of the table wasn't found.`
pub(crate) fn missing_column(name: &str) -> Error {
    Error::expression(format!("The column '{name}' of the table wasn't found.")).with_detail(Value::text(name))
}

/// A column of a table as a list that follows the table's rows.
pub(crate) fn column(table: &Table, at: usize) -> List {
    struct Column {
        rows: Box<dyn crate::m::value::RowCursor>,
        at: usize,
    }
    impl crate::m::value::ListCursor for Column {
        fn next(&mut self, cx: &mut Interp) -> Result<Option<Slot>> {
            Ok(self.rows.next(cx)?.map(|row| row[self.at].clone()))
        }
    }
    if let Some(rows) = table.held() {
        return List::from_slots(rows.iter().map(|row| row[at].clone()).collect());
    }
    let table = table.clone();
    List::lazy_with(move |cx| Ok(Box::new(Column { rows: table.open(cx)?, at })))
}

/// The table with the columns at `places` (null where there is none), rows streamed.
pub(crate) fn select_columns(table: &Table, ty: TableType, places: Vec<Option<usize>>) -> Table {
    struct Selected {
        rows: Box<dyn crate::m::value::RowCursor>,
        places: Rc<[Option<usize>]>,
    }
    struct Source {
        table: Table,
        places: Rc<[Option<usize>]>,
    }
    impl crate::m::value::RowSource for Source {
        fn open(&self, cx: &mut Interp) -> Result<Box<dyn crate::m::value::RowCursor>> {
            Ok(Box::new(Selected { rows: self.table.open(cx)?, places: self.places.clone() }))
        }
        fn count(&self, cx: &mut Interp) -> Result<Option<usize>> {
            self.table.count(cx).map(Some)
        }
    }
    impl crate::m::value::RowCursor for Selected {
        fn next(&mut self, cx: &mut Interp) -> Result<Option<Rc<[Slot]>>> {
            let Some(row) = self.rows.next(cx)? else { return Ok(None) };
            Ok(Some(self.places.iter().map(|at| at.map_or(Slot::Value(Value::Null), |at| row[at].clone())).collect()))
        }
    }
    Table::lazy(ty, Source { table: table.clone(), places: places.into() })
}

/// `#{0}` places filled with invariant texts; text itself without quotes.
pub(crate) fn fill_places(format: &str, values: &[Value]) -> String {
    let mut out = String::with_capacity(format.len());
    let mut rest = format;
    while let Some(start) = rest.find("#{") {
        out.push_str(&rest[..start]);
        let Some(end) = rest[start..].find('}') else {
            rest = &rest[start..];
            break;
        };
        let place = &rest[start + 2..start + end];
        match place.trim().parse::<usize>().ok().and_then(|at| values.get(at)) {
            Some(value) => match value.bare() {
                Value::Text(text) => out.push_str(text),
                Value::Null => {}
                other => out.push_str(&other.describe_scalar().unwrap_or_else(|| format!("[{}]", other.kind().title()))),
            },
            None => out.push_str(&rest[start..=start + end]),
        }
        rest = &rest[start + end + 1..];
    }
    out.push_str(rest);
    out
}

/// Any unary operator.
pub(super) fn unary(operator: Unary, value: &Value) -> Result<Value> {
    let bare = value.bare();
    Ok(match (operator, bare) {
        (_, Value::Null) => Value::Null,
        (Unary::Not, Value::Logical(b)) => Value::Logical(!b),
        (Unary::Not, other) => return Err(Error::cannot_convert(other, "Logical")),
        (Unary::Plus, Value::Int(_) | Value::Double(_) | Value::Decimal(_) | Value::Duration(_)) => bare.clone(),
        (Unary::Minus, Value::Int(n)) => n.checked_neg().map_or(Value::Double(-(*n as f64)), Value::Int),
        (Unary::Minus, Value::Double(n)) => Value::Double(-n),
        (Unary::Minus, Value::Decimal(n)) => Value::Decimal(-n),
        (Unary::Minus, Value::Duration(n)) => Value::Duration(n.wrapping_neg()),
        (_, other) => {
            let symbol = if operator == Unary::Minus { "-" } else { "+" };
            return Err(Error::expression(format!("We cannot apply operator {symbol} to type {}.", other.kind().title())));
        }
    })
}
