//! Tables: a type, and rows at hand or streamed.

use std::rc::Rc;

use super::{Name, Record, Shape, Slot, TableType, Type, TypeForm, Value};
use crate::m::error::Result;
use crate::m::eval::Interp;

/// The cells of one row, in the order of the table's columns.
pub type Row = Rc<[Slot]>;

/// A table.
#[derive(Clone)]
pub struct Table(Rc<TableData>);

struct TableData {
    shape: Shape,
    ty: TableType,
    full_type: std::cell::OnceCell<Type>,
    rows: Rc<Rows>,
}

enum Rows {
    Held(Vec<Row>),
    Lazy(Box<dyn RowSource>),
}

/// Rows on demand. Every use opens them anew; `Table.Buffer` pins.
pub trait RowSource {
    /// Starts an enumeration.
    fn open(&self, cx: &mut Interp) -> Result<Box<dyn RowCursor>>;

    /// The number of rows if it is known without producing any.
    fn count(&self, _cx: &mut Interp) -> Result<Option<usize>> {
        Ok(None)
    }

    /// What other representations of this table offer (`Table.View` handlers); none by default.
    fn view(&self) -> Option<&Record> {
        None
    }
}

/// One enumeration of rows.
pub trait RowCursor {
    /// The next row; `None` at the end.
    fn next(&mut self, cx: &mut Interp) -> Result<Option<Row>>;
}

struct HeldCursor {
    rows: Rc<Rows>,
    at: usize,
}

impl RowCursor for HeldCursor {
    #[inline]
    fn next(&mut self, _cx: &mut Interp) -> Result<Option<Row>> {
        let Rows::Held(rows) = &*self.rows else { return Ok(None) };
        let row = rows.get(self.at).cloned();
        self.at += 1;
        Ok(row)
    }
}

impl Table {
    /// A table of a type with rows at hand; each row has as many cells as the type has columns.
    pub fn new(ty: TableType, rows: Vec<Row>) -> Table {
        Table::build(ty, Rows::Held(rows))
    }

    /// Columns of type any with rows at hand.
    pub fn untyped(shape: &Shape, rows: Vec<Row>) -> Table {
        Table::new(TableType::untyped(shape.names()), rows)
    }

    /// A table whose rows `source` produces on demand.
    pub fn lazy(ty: TableType, source: impl RowSource + 'static) -> Table {
        Table::build(ty, Rows::Lazy(Box::new(source)))
    }

    /// A lazy table from a function that opens a cursor.
    pub fn lazy_with<F>(ty: TableType, open: F) -> Table
    where
        F: Fn(&mut Interp) -> Result<Box<dyn RowCursor>> + 'static,
    {
        struct Opened<F>(F);
        impl<F: Fn(&mut Interp) -> Result<Box<dyn RowCursor>>> RowSource for Opened<F> {
            fn open(&self, cx: &mut Interp) -> Result<Box<dyn RowCursor>> {
                (self.0)(cx)
            }
        }
        Table::lazy(ty, Opened(open))
    }

    fn build(ty: TableType, rows: Rows) -> Table {
        let shape = Shape::new(ty.fields.iter().map(|f| f.name.clone()).collect());
        Table(Rc::new(TableData { shape, ty, full_type: std::cell::OnceCell::new(), rows: Rc::new(rows) }))
    }

    /// The same rows under another type with as many columns (renamed, retyped, keyed).
    #[must_use]
    pub fn retyped(&self, ty: TableType) -> Table {
        debug_assert_eq!(ty.fields.len(), self.0.ty.fields.len());
        let same_names = ty.fields.iter().map(|f| &f.name).eq(self.0.shape.names());
        let shape = if same_names { self.0.shape.clone() } else { Shape::new(ty.fields.iter().map(|f| f.name.clone()).collect()) };
        Table(Rc::new(TableData { shape, ty, full_type: std::cell::OnceCell::new(), rows: self.0.rows.clone() }))
    }

    /// The same rows with an ascribed table type: columns by position; a type of another width or kind leaves the table as it is.
    #[must_use]
    pub fn with_type(&self, ty: &Type) -> Table {
        match ty.form() {
            TypeForm::Table(table) if table.fields.len() == self.0.ty.fields.len() => {
                let typed = self.retyped(table.clone());
                let _ = typed.0.full_type.set(ty.clone());
                typed
            }
            _ => self.clone(),
        }
    }

    /// Columns with types, and keys.
    pub fn table_type(&self) -> &TableType {
        &self.0.ty
    }

    /// Its type as a value.
    pub fn ty(&self) -> Type {
        self.0.full_type.get_or_init(|| Type::table(self.0.ty.clone())).clone()
    }

    /// Column names; the shape of its rows as records.
    #[inline]
    pub fn shape(&self) -> &Shape {
        &self.0.shape
    }

    /// Column names.
    pub fn column_names(&self) -> &[Name] {
        self.0.shape.names()
    }

    /// Starts an enumeration.
    pub fn open(&self, cx: &mut Interp) -> Result<Box<dyn RowCursor>> {
        match &*self.0.rows {
            Rows::Held(_) => Ok(Box::new(HeldCursor { rows: self.0.rows.clone(), at: 0 })),
            Rows::Lazy(source) => source.open(cx),
        }
    }

    /// The rows if they are at hand.
    pub fn held(&self) -> Option<&[Row]> {
        match &*self.0.rows {
            Rows::Held(rows) => Some(rows),
            Rows::Lazy(_) => None,
        }
    }

    /// The handlers of `Table.View`, if it is one.
    pub fn view(&self) -> Option<&Record> {
        match &*self.0.rows {
            Rows::Held(_) => None,
            Rows::Lazy(source) => source.view(),
        }
    }

    /// All rows; their cells may be unevaluated.
    pub fn rows(&self, cx: &mut Interp) -> Result<Vec<Row>> {
        if let Some(rows) = self.held() {
            return Ok(rows.to_vec());
        }
        let mut out = Vec::new();
        let mut cursor = self.open(cx)?;
        while let Some(row) = cursor.next(cx)? {
            cx.tick()?;
            out.push(row);
        }
        Ok(out)
    }

    /// Number of rows; evaluates no cell.
    pub fn count(&self, cx: &mut Interp) -> Result<usize> {
        match &*self.0.rows {
            Rows::Held(rows) => Ok(rows.len()),
            Rows::Lazy(source) => {
                if let Some(count) = source.count(cx)? {
                    return Ok(count);
                }
                let mut cursor = source.open(cx)?;
                let mut count = 0;
                while cursor.next(cx)?.is_some() {
                    cx.tick()?;
                    count += 1;
                }
                Ok(count)
            }
        }
    }

    /// The row at a position; `None` past the end.
    pub fn get(&self, cx: &mut Interp, index: usize) -> Result<Option<Row>> {
        if let Some(rows) = self.held() {
            return Ok(rows.get(index).cloned());
        }
        let mut cursor = self.open(cx)?;
        for _ in 0..index {
            cx.tick()?;
            if cursor.next(cx)?.is_none() {
                return Ok(None);
            }
        }
        cursor.next(cx)
    }

    /// Hands each row to `visit` until that gives `false`.
    pub fn each(&self, cx: &mut Interp, mut visit: impl FnMut(&mut Interp, Row) -> Result<bool>) -> Result<()> {
        let mut cursor = self.open(cx)?;
        while let Some(row) = cursor.next(cx)? {
            cx.tick()?;
            if !visit(cx, row)? {
                break;
            }
        }
        Ok(())
    }

    /// A row of this table as the record that `each` sees.
    #[inline]
    pub fn record(&self, row: Row) -> Record {
        Record::from_row(self.0.shape.clone(), row)
    }

    /// A row of this table as a record value.
    #[inline]
    pub fn row_value(&self, row: Row) -> Value {
        Value::Record(self.record(row))
    }

    /// Whether both are the same object.
    pub fn ptr_eq(&self, other: &Table) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}
