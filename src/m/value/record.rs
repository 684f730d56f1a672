//! Records: a shape shared by all records of the same making, and cells. A table's row is a record as it is.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::{Rc, Weak};

use hashbrown::HashMap;

use super::thunk::Unread;
use super::{Slot, Value};
use crate::m::error::{Error, Result};
use crate::m::eval::Interp;

/// A field or column name.
pub type Name = Rc<str>;

/// Distinct names in order. Shared, so that a place that selects a field can remember where it found it.
#[derive(Clone)]
pub struct Shape(Rc<ShapeData>);

struct ShapeData {
    /// Tells it apart from all other shapes of the thread.
    number: usize,
    names: Vec<Name>,
    index: OnceCell<HashMap<Name, u32>>,
    /// What it became with the fields of another shape, so that records of one making keep one shape.
    merged: RefCell<Option<(Weak<ShapeData>, Shape)>>,
}

/// Shapes up to this size are searched from left to right.
const LINEAR: usize = 8;

impl Shape {
    /// From names that are known to be distinct.
    pub fn new(names: Vec<Name>) -> Shape {
        let number = SHAPES.with(|shapes| shapes.replace(shapes.get() + 1));
        Shape(Rc::new(ShapeData { number, names, index: OnceCell::new(), merged: RefCell::new(None) }))
    }

    /// A number that no other shape of this thread has, counted from 0.
    #[inline]
    pub(crate) fn number(&self) -> usize {
        self.0.number
    }

    /// From names that may repeat.
    ///
    /// # Errors
    /// The first name that comes twice.
    pub fn distinct(names: Vec<Name>) -> std::result::Result<Shape, Name> {
        let shape = Shape::new(names);
        for (at, name) in shape.names().iter().enumerate() {
            if shape.position(name) != Some(at) {
                return Err(name.clone());
            }
        }
        Ok(shape)
    }

    /// The names in order.
    pub fn names(&self) -> &[Name] {
        &self.0.names
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.names.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.names.is_empty()
    }

    /// Where a name stands (the first place, should it repeat).
    #[inline]
    pub fn position(&self, name: &str) -> Option<usize> {
        if self.0.names.len() <= LINEAR {
            return self.0.names.iter().position(|n| &**n == name);
        }
        let index = self.0.index.get_or_init(|| {
            let mut index = HashMap::with_capacity(self.0.names.len());
            for (at, name) in self.0.names.iter().enumerate() {
                index.entry(name.clone()).or_insert(at as u32);
            }
            index
        });
        index.get(name).map(|at| *at as usize)
    }

    /// Whether both are the same object.
    #[inline]
    pub fn ptr_eq(&self, other: &Shape) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// These names, then those of `other` that are not among them.
    fn merge(&self, other: &Shape) -> Shape {
        if let Some((last, merged)) = &*self.0.merged.borrow() {
            if std::ptr::eq(last.as_ptr(), Rc::as_ptr(&other.0)) {
                return merged.clone();
            }
        }
        let mut names = self.names().to_vec();
        names.extend(other.names().iter().filter(|name| self.position(name).is_none()).cloned());
        let merged = Shape::new(names);
        *self.0.merged.borrow_mut() = Some((Rc::downgrade(&other.0), merged.clone()));
        merged
    }
}

/// The cells from a place of a stack on, taken off it.
pub(crate) fn taken(stack: &mut Vec<Slot>, from: usize) -> Rc<[Slot]> {
    // Many are copied as a piece, by way of memory of their own; few are as quickly moved one by one.
    if stack.len() - from >= 8 { Rc::from(stack.split_off(from)) } else { stack.drain(from..).collect() }
}

/// A record: ordered fields with unique names and lazy values.
#[derive(Clone)]
pub struct Record(Rc<RecordData>);

struct RecordData {
    shape: Shape,
    cells: Cells,
}

enum Cells {
    Made(Rc<[Slot]>),
    /// An object of a JSON text, of which nothing but the places of its values is known; its cells, once somebody wants all.
    Unread(Box<(Unread, OnceCell<Rc<[Slot]>>)>),
}

/// The cell of a field.
pub enum CellRef<'a> {
    /// A cell.
    Slot(&'a Slot),
    /// A value inside a JSON text, and which one of its object.
    Unread(&'a Unread, usize),
}

impl CellRef<'_> {
    /// The value, evaluating it if need be.
    #[inline]
    pub fn force(&self, cx: &mut Interp) -> Result<Value> {
        match self {
            CellRef::Slot(slot) => slot.force(cx),
            CellRef::Unread(unread, at) => unread.value(cx, *at),
        }
    }

    /// The value if it is at hand or can be read.
    #[inline]
    pub(crate) fn at_hand(&self, cx: &mut Interp) -> Option<Value> {
        match self {
            CellRef::Slot(slot) => slot.at_hand(cx),
            CellRef::Unread(unread, at) => unread.value(cx, *at).ok(),
        }
    }

    /// The value if it is at hand without evaluating or reading anything.
    pub fn ready(&self) -> Option<Value> {
        match self {
            CellRef::Slot(slot) => slot.ready(),
            CellRef::Unread(..) => None,
        }
    }

    /// As [`CellRef::at_hand`] for what costs next to nothing: no list or record is built.
    #[inline]
    pub(crate) fn cheap(&self, cx: &mut Interp) -> Option<Value> {
        match self {
            CellRef::Slot(slot @ Slot::Raw(..)) => slot.at_hand(cx),
            CellRef::Slot(slot) => slot.ready(),
            CellRef::Unread(unread, at) => unread.scalar(cx, *at),
        }
    }

    /// Whether the value is at hand or can be read.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self, CellRef::Slot(Slot::Value(_) | Slot::Raw(..)) | CellRef::Unread(..))
    }

    /// The cell itself.
    pub fn to_slot(&self) -> Slot {
        match self {
            CellRef::Slot(slot) => (*slot).clone(),
            CellRef::Unread(unread, at) => unread.slot(*at),
        }
    }
}

impl Drop for RecordData {
    fn drop(&mut self) {
        let Cells::Made(cells) = &mut self.cells else { return };
        if Rc::strong_count(cells) == 1 && !cells.is_empty() {
            let none = NO_CELLS.try_with(Rc::clone);
            if let Ok(none) = none {
                super::release::release(super::release::Cells::Record(std::mem::replace(cells, none)));
            }
        }
    }
}

thread_local! {
    static SHAPES: Cell<usize> = const { Cell::new(0) };
    static NO_CELLS: Rc<[Slot]> = Rc::from(Vec::new());
    static EMPTY: Record = Record(Rc::new(RecordData { shape: Shape::new(Vec::new()), cells: Cells::Made(Rc::from(Vec::new())) }));
}

impl Record {
    /// `[]`.
    pub fn empty() -> Record {
        EMPTY.with(Record::clone)
    }

    /// From names that are known to be distinct, with values.
    pub fn new<N: AsRef<str>>(fields: Vec<(N, Value)>) -> Record {
        let names = fields.iter().map(|(name, _)| Rc::from(name.as_ref())).collect();
        Record::from_cells(Shape::new(names), fields.into_iter().map(|(_, value)| Slot::Value(value)).collect())
    }

    /// From a shape and as many cells.
    pub fn from_cells(shape: Shape, cells: Vec<Slot>) -> Record {
        debug_assert_eq!(shape.len(), cells.len());
        Record(Rc::new(RecordData { shape, cells: Cells::Made(Rc::from(cells)) }))
    }

    /// A table's row as a record.
    pub fn from_row(shape: Shape, cells: Rc<[Slot]>) -> Record {
        debug_assert_eq!(shape.len(), cells.len());
        Record(Rc::new(RecordData { shape, cells: Cells::Made(cells) }))
    }

    /// An object of a JSON text whose values are read when somebody looks at them.
    pub(crate) fn unread(shape: Shape, unread: Unread) -> Record {
        debug_assert_eq!(shape.len(), unread.len());
        Record(Rc::new(RecordData { shape, cells: Cells::Unread(Box::new((unread, OnceCell::new()))) }))
    }

    /// From pairs that may repeat a name.
    ///
    /// # Errors
    /// `The field '…' already exists in the record.`
    pub fn from_pairs(pairs: Vec<(Name, Slot)>) -> Result<Record> {
        let (names, cells): (Vec<Name>, Vec<Slot>) = pairs.into_iter().unzip();
        match Shape::distinct(names) {
            Ok(shape) => Ok(Record::from_cells(shape, cells)),
            Err(name) => Err(Error::expression(format!("The field '{name}' already exists in the record."))
                .with_detail(Value::Record(Record::new(vec![("Name", Value::Text(name))])))),
        }
    }

    /// Names in order.
    pub fn shape(&self) -> &Shape {
        &self.0.shape
    }

    /// Cells in the order of [`Record::shape`].
    #[inline]
    pub fn cells(&self) -> &Rc<[Slot]> {
        match &self.0.cells {
            Cells::Made(cells) => cells,
            Cells::Unread(unread) => unread.1.get_or_init(|| (0..unread.0.len()).map(|at| unread.0.slot(at)).collect()),
        }
    }

    /// The cell at a place of [`Record::shape`].
    #[inline]
    pub fn cell(&self, place: usize) -> Option<CellRef<'_>> {
        match &self.0.cells {
            Cells::Made(cells) => cells.get(place).map(CellRef::Slot),
            Cells::Unread(unread) => (place < unread.0.len()).then_some(CellRef::Unread(&unread.0, place)),
        }
    }

    /// The cell of a field.
    #[inline]
    pub fn get(&self, name: &str) -> Option<CellRef<'_>> {
        self.0.shape.position(name).and_then(|at| self.cell(at))
    }

    /// The value of a field.
    ///
    /// # Errors
    /// `The field '…' of the record wasn't found.`, or what evaluating the field raises.
    pub fn field(&self, cx: &mut Interp, name: &str) -> Result<Value> {
        match self.get(name) {
            Some(slot) => slot.force(cx),
            None => Err(self.missing(name)),
        }
    }

    /// The value of a field, `None` when the record lacks it.
    pub fn optional_field(&self, cx: &mut Interp, name: &str) -> Result<Option<Value>> {
        self.get(name).map(|slot| slot.force(cx)).transpose()
    }

    /// The error of a field that is not there.
    #[cold]
    pub fn missing(&self, name: &str) -> Error {
        Error::expression(format!("The field '{name}' of the record wasn't found.")).with_detail(Value::Record(self.clone()))
    }

    /// Names and cells in order.
    pub fn fields(&self) -> impl Iterator<Item = (&Name, &Slot)> {
        self.0.shape.names().iter().zip(self.cells().iter())
    }

    /// Both records' fields; `other` wins, keeping the place of the first.
    pub fn merge(&self, other: &Record) -> Record {
        if other.shape().is_empty() {
            return self.clone();
        }
        if self.shape().is_empty() {
            return other.clone();
        }
        let shape = self.shape().merge(other.shape());
        let mut cells = self.cells().to_vec();
        cells.resize(shape.len(), Slot::Value(Value::Null));
        let mut next = self.shape().len();
        for (name, cell) in other.fields() {
            let at = self.shape().position(name).unwrap_or_else(|| {
                next += 1;
                next - 1
            });
            cells[at] = cell.clone();
        }
        Record::from_cells(shape, cells)
    }

    /// Whether both are the same object.
    pub fn ptr_eq(&self, other: &Record) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}
