//! The state of an evaluation, and how it calls, forces and counts.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use smallvec::SmallVec;

use super::node::{Lambda, Node};
use crate::m::error::{Error, Result};
use crate::m::functions::Builtin;
use crate::m::sources::Sources;
use crate::m::value::{Body, Kind, Native, Record, Slot, Value};

/// Variables of one activation: parameters, `let` variables, fields of a record that see one another.
pub struct Frame {
    pub(super) parent: Option<Rc<Frame>>,
    /// Expressions of the variables that follow the parameters.
    pub(super) variables: Option<Rc<[Rc<Node>]>>,
    pub(super) params: usize,
    /// For which data source of a connector the code runs; 0 for none.
    pub(super) source: u32,
    pub(super) cells: Vec<RefCell<Cell>>,
}

/// A variable.
pub(super) enum Cell {
    Value(Value),
    Pending,
    Running,
    Failed(Error),
}

impl Frame {
    pub(super) fn new(parent: Option<Rc<Frame>>, args: impl IntoIterator<Item = Value>, variables: Option<Rc<[Rc<Node>]>>) -> Rc<Frame> {
        let mut cells: Vec<RefCell<Cell>> = args.into_iter().map(|v| RefCell::new(Cell::Value(v))).collect();
        let params = cells.len();
        if let Some(variables) = &variables {
            cells.extend((0..variables.len()).map(|_| RefCell::new(Cell::Pending)));
        }
        let source = parent.as_ref().map_or(0, |parent| parent.source);
        Rc::new(Frame { parent, variables, params, source, cells })
    }

    /// The frame without variables that everything at the top refers to.
    pub fn root() -> Rc<Frame> {
        Frame::new(None, [], None)
    }

    /// Forgets all values, so that frames that refer to one another in a circle are freed.
    pub(super) fn clear(&self) {
        for cell in &self.cells {
            if let Ok(mut cell) = cell.try_borrow_mut() {
                let old = std::mem::replace(&mut *cell, Cell::Pending);
                drop(cell_value(old));
            }
        }
    }
}

fn cell_value(cell: Cell) -> Option<Value> {
    match cell {
        Cell::Value(value) => Some(value),
        _ => None,
    }
}

/// The privacy level of a data source: whose data may travel to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privacy {
    /// Travels to no other source.
    Private,
    /// Travels to other organisational sources.
    Organizational,
    /// Travels anywhere.
    Public,
}

/// How an evaluation is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// `en-US` unless a document says otherwise.
    pub culture: String,
    /// Wall-clock limit.
    pub time_limit: Option<Duration>,
    /// Bytes that the evaluation may hold.
    pub memory_limit: Option<usize>,
    /// Stack that the evaluation may use; the thread must have it.
    pub stack_bytes: usize,
    /// Whether `Web.Contents` and files may be used at all.
    pub allow_io: bool,
    /// Privacy levels of data sources by the beginning of their path; `None` switches the formula firewall off.
    pub privacy: Option<Vec<(String, Privacy)>>,
    /// Minutes east of UTC taken as local time.
    pub zone_minutes: i16,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            culture: "en-US".to_owned(),
            time_limit: None,
            memory_limit: None,
            stack_bytes: 256 << 20,
            allow_io: true,
            privacy: None,
            zone_minutes: 0,
        }
    }
}

/// What a connector's package holds beside its code.
#[derive(Clone, Debug, Default)]
pub struct Extension {
    /// Texts by id (`Extension.LoadString`).
    pub strings: std::collections::HashMap<String, String>,
    /// Files by name (`Extension.Contents`).
    pub files: std::collections::HashMap<String, Vec<u8>>,
}

/// One evaluation: budgets, options and the world outside.
pub struct Interp {
    /// How it is run.
    pub options: Options,
    /// The world outside.
    pub sources: Sources,
    /// Documents at hand.
    pub(crate) program: super::program::Program,
    /// Texts and files of the connector.
    pub extension: Extension,
    pub(crate) web: crate::m::functions::web::WebCache,
    data_sources: Vec<(String, String)>,
    /// Parsed JSON texts by fingerprint, for files and pages that several queries read.
    pub(crate) json: crate::m::functions::json::Parsed,
    pub(super) source: u32,
    /// Constant for one evaluation (`DateTimeZone.FixedUtcNow`).
    pub(crate) fixed_now: Option<i64>,
    steps: u64,
    charged: usize,
    deadline: Option<Instant>,
    stack_floor: usize,
    escaped: Vec<std::rc::Weak<Frame>>,
    /// Frames of calls that are over.
    spare: Vec<Rc<Frame>>,
    sweep_at: usize,
    random: u64,
    /// How much more may be evaluated ahead of its time.
    pub(super) fuel: u32,
    /// Cells of records that are being made.
    pub(super) scratch: Vec<Slot>,
    /// Which query is evaluated; what was remembered for another one is void.
    pub(super) generation: u64,
}

/// The library's part of the stack that is left when the limit strikes, for unwinding and messages.
const STACK_RESERVE: usize = 512 << 10;
/// How many frames are kept for the next calls.
const SPARE_FRAMES: usize = 64;

impl Interp {
    /// An evaluation on this thread, whose stack must have [`Options::stack_bytes`] left.
    pub fn new(options: Options, sources: Sources) -> Interp {
        let marker = 0u8;
        let here = std::ptr::from_ref(&marker) as usize;
        let stack_floor = here.saturating_sub(options.stack_bytes.saturating_sub(STACK_RESERVE));
        let deadline = options.time_limit.map(|limit| Instant::now() + limit);
        Interp {
            options,
            sources,
            program: super::program::Program::default(),
            extension: Extension::default(),
            web: Default::default(),
            data_sources: Vec::new(),
            json: Default::default(),
            source: 0,
            fixed_now: None,
            steps: 0,
            charged: 0,
            deadline,
            stack_floor,
            escaped: Vec::new(),
            spare: Vec::new(),
            sweep_at: 1024,
            random: 0x9E37_79B9_7F4A_7C15,
            fuel: 0,
            scratch: Vec::new(),
            generation: 1,
        }
    }

    /// Counts a step of a loop; now and then looks at the clock.
    ///
    /// # Errors
    /// When time or memory is used up.
    #[inline]
    pub fn tick(&mut self) -> Result<()> {
        self.steps += 1;
        if self.steps & 0xFFF == 0 { self.check_budget() } else { Ok(()) }
    }

    #[cold]
    fn check_budget(&mut self) -> Result<()> {
        if self.deadline.is_some_and(|deadline| Instant::now() > deadline) {
            return Err(Error::resource("The evaluation took longer than its time limit."));
        }
        if let Some(limit) = self.options.memory_limit {
            if crate::base::memory::in_use() > limit {
                return Err(Error::resource("The evaluation used more memory than its limit."));
            }
        }
        Ok(())
    }

    /// Announces an allocation of `bytes`; call it before making something whose size the query chose.
    ///
    /// # Errors
    /// When memory is used up.
    pub fn charge(&mut self, bytes: usize) -> Result<()> {
        let limit = self.options.memory_limit.unwrap_or(4 << 30);
        if bytes > limit {
            return Err(Error::resource("The evaluation used more memory than its limit."));
        }
        self.charged = self.charged.saturating_add(bytes);
        if self.charged > 64 << 20 {
            self.charged = 0;
            self.check_budget()?;
        }
        Ok(())
    }

    /// Runs something one level deeper.
    ///
    /// # Errors
    /// When the stack is used up.
    #[inline]
    pub fn nested<T>(&mut self, run: impl FnOnce(&mut Interp) -> Result<T>) -> Result<T> {
        let marker = 0u8;
        if (std::ptr::from_ref(&marker) as usize) < self.stack_floor {
            return Err(Error::resource("Evaluation resulted in a stack overflow and cannot continue."));
        }
        run(self)
    }

    /// Whether the stack allows one level more.
    ///
    /// # Errors
    /// When the stack is used up.
    #[inline]
    pub(super) fn room(&self) -> Result<()> {
        let marker = 0u8;
        if (std::ptr::from_ref(&marker) as usize) < self.stack_floor {
            return Err(Error::resource("Evaluation resulted in a stack overflow and cannot continue."));
        }
        Ok(())
    }

    /// Time is measured from now on; the steps so far are forgotten.
    pub fn restart_clock(&mut self) {
        self.deadline = self.options.time_limit.map(|limit| Instant::now() + limit);
        self.steps = 0;
        self.fixed_now = None;
    }

    /// The effective culture's name.
    pub fn culture(&self) -> &str {
        &self.options.culture
    }

    /// Now, in ticks of 100 ns since 0001-01-01 UTC.
    pub fn now_utc(&mut self) -> i64 {
        match &mut self.sources.clock {
            Some(clock) => clock.now_ticks(),
            None => 719_162 * crate::m::value::TICKS_PER_DAY,
        }
    }

    /// Now, the same throughout the evaluation.
    pub fn fixed_now_utc(&mut self) -> i64 {
        match self.fixed_now {
            Some(now) => now,
            None => {
                let now = self.now_utc();
                self.fixed_now = Some(now);
                now
            }
        }
    }

    /// Minutes east of UTC that count as local.
    pub fn local_offset(&self) -> i16 {
        self.options.zone_minutes
    }

    /// 64 random bits.
    pub fn random_u64(&mut self) -> u64 {
        match &mut self.sources.rng {
            Some(rng) => rng.next_u64(),
            None => {
                // xorshift64*: repeatable when nobody provides randomness.
                self.random ^= self.random >> 12;
                self.random ^= self.random << 25;
                self.random ^= self.random >> 27;
                self.random.wrapping_mul(0x2545_F491_4F6C_DD1D)
            }
        }
    }

    /// A whole number that is zero or more, as positions and counts are.
    ///
    /// # Errors
    /// `Expression.Error` when it is none.
    pub fn index(&self, value: &Value) -> Result<usize> {
        match value.as_i64() {
            Some(n) if n >= 0 => Ok(n as usize),
            Some(_) => Err(Error::expression("The value cannot be negative.").with_detail(value.clone())),
            None if value.is_number() => Err(Error::expression("The value must be a whole number.").with_detail(value.clone())),
            None => Err(Error::cannot_convert(value, "Number")),
        }
    }

    /// Calls a function value.
    ///
    /// # Errors
    /// When `function` is none, the number or kinds of arguments are wrong, or the function fails.
    pub fn call(&mut self, function: &Value, args: &[Value]) -> Result<Value> {
        let Value::Function(function) = function.bare() else {
            return Err(Error::cannot_convert(function, "Function"));
        };
        self.nested(|cx| match function.body() {
            Body::Closure(lambda, frame) => cx.call_lambda(lambda, frame, args),
            Body::Builtin(builtin) => cx.call_builtin(builtin, args),
            Body::Native(native) => cx.call_native(native, args),
        })
    }

    /// Calls a function that must give a logical; null counts as false.
    ///
    /// # Errors
    /// As [`Interp::call`], and when the result is of another kind.
    pub fn call_predicate(&mut self, function: &Value, args: &[Value]) -> Result<bool> {
        let result = self.call(function, args)?;
        match result.bare() {
            Value::Logical(b) => Ok(*b),
            Value::Null => Ok(false),
            other => Err(Error::cannot_convert(other, "Logical")),
        }
    }

    /// Calls M code.
    pub(super) fn call_lambda(&mut self, lambda: &Rc<Lambda>, frame: &Rc<Frame>, args: &[Value]) -> Result<Value> {
        let count = args.len();
        if count != lambda.params.len() && (count < lambda.required || count > lambda.params.len()) {
            return Err(arity_error(count, lambda.required, lambda.params.len()));
        }
        if let Some(result) = self.call_direct(lambda, frame, args) {
            return result;
        }
        let (mut callee, cells) = self.spare_frame();
        let activation = Rc::get_mut(&mut callee).expect("a spare frame has one owner");
        activation.cells = cells;
        activation.cells.extend(args.iter().map(|value| RefCell::new(Cell::Value(value.clone()))));
        self.activate(lambda, frame, callee)
    }

    /// A frame that nobody uses, with its empty cells taken out.
    #[inline]
    pub(super) fn spare_frame(&mut self) -> (Rc<Frame>, Vec<RefCell<Cell>>) {
        match self.spare.pop() {
            Some(mut frame) => {
                let cells = Rc::get_mut(&mut frame).map(|f| std::mem::take(&mut f.cells)).unwrap_or_default();
                (frame, cells)
            }
            None => (Rc::new(Frame { parent: None, variables: None, params: 0, source: 0, cells: Vec::new() }), Vec::new()),
        }
    }

    /// Evaluates the body of `lambda`, whose arguments are the cells of `callee`; their number has been checked.
    pub(super) fn activate(&mut self, lambda: &Rc<Lambda>, home: &Rc<Frame>, mut callee: Rc<Frame>) -> Result<Value> {
        self.tick()?;
        let caller = self.source;
        {
            let frame = Rc::get_mut(&mut callee).expect("an activation starts with one owner");
            while frame.cells.len() < lambda.params.len() {
                frame.cells.push(RefCell::new(Cell::Value(Value::Null)));
            }
            frame.params = lambda.params.len();
            if !lambda.unchecked {
                for (param, cell) in lambda.params.iter().zip(&mut frame.cells) {
                    if let (Some(check), Cell::Value(value)) = (param.check, cell.get_mut()) {
                        if !check.accepts(value) && !(param.optional && value.is_null()) {
                            return Err(Error::cannot_convert(value, check.kind.title()));
                        }
                    }
                }
            }
            if let Some(variables) = &lambda.variables {
                frame.cells.extend((0..variables.len()).map(|_| RefCell::new(Cell::Pending)));
                frame.variables = Some(variables.clone());
            }
            // A helper at the level of the section works for the data source of its caller.
            frame.source = if home.source != 0 { home.source } else { caller };
            self.source = frame.source;
            frame.parent = Some(home.clone());
        }
        let result = self.eval(&lambda.body, &callee);
        self.source = caller;
        match Rc::get_mut(&mut callee) {
            // Nobody kept the activation: its memory serves the next call.
            Some(frame) if self.spare.len() < SPARE_FRAMES => {
                frame.cells.clear();
                frame.parent = None;
                frame.variables = None;
                self.spare.push(callee);
            }
            Some(_) => {}
            None if lambda.variables.is_some() => self.note_escaped(&callee),
            None => {}
        }
        let result = result?;
        match lambda.returns {
            Some(check) if !check.accepts(&result) => Err(Error::cannot_convert(&result, check.kind.title())),
            _ => Ok(result),
        }
    }

    /// Remembers a frame that outlives its activation, to be freed with the evaluation.
    pub(super) fn note_escaped(&mut self, frame: &Rc<Frame>) {
        self.escaped.push(Rc::downgrade(frame));
        if self.escaped.len() >= self.sweep_at {
            self.escaped.retain(|frame| frame.strong_count() > 0);
            self.sweep_at = (self.escaped.len() * 2).max(1024);
        }
    }

    /// Calls a function of the library: checks the arguments, then runs it.
    pub fn call_builtin(&mut self, builtin: &'static Builtin, args: &[Value]) -> Result<Value> {
        let params = builtin.params;
        if args.len() > params.len() || args.len() < params.len() && !params[args.len()].optional {
            return Err(arity_error(args.len(), builtin.min_args(), params.len()));
        }
        for (param, arg) in params.iter().zip(args) {
            if !param.ty.accepts(arg) {
                return Err(Error::cannot_convert(arg, param.ty.kind.title()));
            }
        }
        self.run_builtin(builtin, args)
    }

    /// As [`Interp::call_builtin`] for a call in the text, whose number of arguments has been checked and filled up with nulls: only the
    /// first `given` were written.
    #[inline]
    pub(super) fn call_filled(&mut self, builtin: &'static Builtin, args: &[Value], given: usize) -> Result<Value> {
        let mut is_plain = args.len() == builtin.params.len();
        for (at, param) in builtin.params[..given].iter().enumerate() {
            let arg = &args[at];
            if param.ty.kind != Kind::Any && !param.ty.accepts(arg) {
                return Err(Error::cannot_convert(arg, param.ty.kind.title()));
            }
            is_plain &= !matches!(arg, Value::Tagged(_));
        }
        if is_plain {
            return (builtin.run)(self, args);
        }
        self.run_builtin(builtin, args)
    }

    fn run_builtin(&mut self, builtin: &'static Builtin, args: &[Value]) -> Result<Value> {
        let params = builtin.params;
        let tagged = args.iter().zip(params).any(|(arg, param)| matches!(arg, Value::Tagged(_)) && !param.tagged);
        if args.len() == params.len() && !tagged {
            return (builtin.run)(self, args);
        }
        let mut full: SmallVec<[Value; 6]> = SmallVec::with_capacity(params.len());
        for (arg, param) in args.iter().zip(params) {
            full.push(if param.tagged { arg.clone() } else { arg.bare().clone() });
        }
        full.resize(params.len(), Value::Null);
        (builtin.run)(self, &full)
    }

    fn call_native(&mut self, native: &Native, args: &[Value]) -> Result<Value> {
        let required = native.params.iter().filter(|p| !p.optional).count();
        if args.len() < required || args.len() > native.params.len() {
            return Err(arity_error(args.len(), required, native.params.len()));
        }
        if args.len() == native.params.len() {
            return (native.run)(self, args);
        }
        let mut full: SmallVec<[Value; 6]> = args.iter().cloned().collect();
        full.resize(native.params.len(), Value::Null);
        (native.run)(self, &full)
    }

    /// The value of a variable, evaluated on first use; one that demands itself is a cyclic reference.
    #[inline]
    pub(crate) fn variable(&mut self, frame: &Rc<Frame>, slot: usize) -> Result<Value> {
        if let Cell::Value(value) = &*frame.cells[slot].borrow() {
            return Ok(value.clone());
        }
        self.demand(frame, slot)
    }

    #[inline(never)]
    fn demand(&mut self, frame: &Rc<Frame>, slot: usize) -> Result<Value> {
        match &*frame.cells[slot].borrow() {
            Cell::Value(value) => return Ok(value.clone()),
            Cell::Failed(error) => return Err(error.clone()),
            Cell::Running => return Err(Error::expression("A cyclic reference was encountered during evaluation.")),
            Cell::Pending => {}
        }
        let Some(node) = frame.variables.as_ref().and_then(|v| v.get(slot - frame.params)).cloned() else {
            return Err(Error::expression("The evaluation has ended."));
        };
        *frame.cells[slot].borrow_mut() = Cell::Running;
        let result = self.in_frame(frame, |cx| cx.nested(|cx| cx.eval(&node, frame)));
        *frame.cells[slot].borrow_mut() = match &result {
            Ok(value) => Cell::Value(value.clone()),
            Err(error) => Cell::Failed(error.clone()),
        };
        result
    }

    /// Runs something that a frame deferred, for the data source of that frame.
    #[inline]
    pub(crate) fn in_frame<T>(&mut self, frame: &Frame, run: impl FnOnce(&mut Interp) -> T) -> T {
        if frame.source == 0 || frame.source == self.source {
            return run(self);
        }
        let caller = std::mem::replace(&mut self.source, frame.source);
        let result = run(self);
        self.source = caller;
        result
    }

    /// Kind and path of the data source for which a connector's code runs.
    pub(crate) fn current_source(&self) -> Option<(String, String)> {
        let at = if self.source == 0 { self.data_sources.len() } else { self.source as usize };
        at.checked_sub(1).and_then(|at| self.data_sources.get(at)).cloned()
    }

    /// Calls a function of a connector for a data source.
    pub(crate) fn call_for_source(&mut self, kind: &str, path: String, function: &Value, args: &[Value]) -> Result<Value> {
        let source = (kind.to_owned(), path);
        let at = match self.data_sources.iter().position(|s| *s == source) {
            Some(at) => at,
            None => {
                self.data_sources.push(source);
                self.data_sources.len() - 1
            }
        };
        let caller = std::mem::replace(&mut self.source, at as u32 + 1);
        let result = self.call(function, args);
        self.source = caller;
        result
    }

    /// Whether a connector is loaded.
    pub(crate) fn has_connector(&self) -> bool {
        self.program.has_connector()
    }

    /// How many requests the evaluation has sent, repetitions included.
    pub fn requests_sent(&self) -> u64 {
        self.web.sent
    }

    /// A cell for a variable, without evaluating it.
    pub(super) fn variable_slot(&mut self, frame: &Rc<Frame>, slot: usize) -> Slot {
        match &*frame.cells[slot].borrow() {
            Cell::Value(value) => Slot::Value(value.clone()),
            Cell::Failed(error) => Slot::failed(error.clone()),
            Cell::Pending | Cell::Running => {
                Slot::Lazy(crate::m::value::Thunk::new(crate::m::value::Pending::Variable(frame.clone(), slot as u32)))
            }
        }
    }

    /// Frees what refers to itself in a circle. Values of this evaluation must not be used afterwards.
    pub fn finish(&mut self) {
        for frame in std::mem::take(&mut self.escaped) {
            if let Some(frame) = frame.upgrade() {
                frame.clear();
            }
        }
    }

    /// Ends the evaluation of one query: what it holds and the answers it got are forgotten, the documents stay.
    pub fn end_query(&mut self) {
        self.finish();
        self.web = Default::default();
        self.generation += 1;
        self.program.forget_shared();
        for frame in self.program.frames() {
            frame.clear();
            self.note_escaped(&frame);
        }
    }

    /// A record value for error details and the like.
    pub fn record(&self, fields: Vec<(&str, Value)>) -> Value {
        Value::Record(Record::new(fields))
    }
}

impl Drop for Interp {
    fn drop(&mut self) {
        self.finish();
    }
}

/// `2 arguments were passed to a function which expects 1.`
#[cold]
pub(crate) fn arity_error(given: usize, required: usize, most: usize) -> Error {
    let expects = if required == most { format!("{required}") } else { format!("between {required} and {most}") };
    let verb = if given == 1 { "argument was" } else { "arguments were" };
    Error::expression(format!("{given} {verb} passed to a function which expects {expects}."))
}
