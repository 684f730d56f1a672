//! Documents at hand: sections and their members, `#shared`, `#sections`.

use std::rc::Rc;

use super::interp::{Frame, Interp};
use super::resolve::Env;
use crate::m::error::{Error, Result};
use crate::m::functions::{self, Global};
use crate::m::syntax::ast::{self, Document, Expr, ExprKind};
use crate::m::value::{Function, FunctionType, Name, Native, NativeParam, Pending, Record, Shape, Slot, Thunk, TypeForm, Value};

/// Sections of all loaded documents.
#[derive(Default)]
pub(crate) struct Program {
    sections: Vec<Section>,
    shared: Option<Record>,
}

/// A section: members are variables of its frame.
struct Section {
    name: Name,
    /// Whether it is a connector: connector-only functions are visible, credentials are its own.
    connector: bool,
    members: Vec<Member>,
    frame: Rc<Frame>,
}

/// A member of a section.
struct Member {
    name: Name,
    shared: bool,
    attributes: Option<Record>,
}

impl Program {
    pub(super) fn section_frame(&self, section: u32) -> Rc<Frame> {
        self.sections[section as usize].frame.clone()
    }

    #[inline]
    pub(super) fn frame(&self, section: u32) -> &Frame {
        &self.sections[section as usize].frame
    }

    /// Whether a frame is that of a section.
    #[inline]
    pub(super) fn is_section(&self, frame: &Rc<Frame>) -> bool {
        self.sections.iter().any(|section| Rc::ptr_eq(&section.frame, frame))
    }

    pub(super) fn member(&self, section: u32, name: &str) -> Option<u32> {
        self.sections[section as usize].members.iter().position(|m| &*m.name == name).map(|at| at as u32)
    }

    pub(super) fn shared_member(&self, name: &str) -> Option<(u32, u32)> {
        self.sections.iter().zip(0..).find_map(|(section, at)| {
            let slot = section.members.iter().position(|m| m.shared && &*m.name == name)?;
            Some((at, slot as u32))
        })
    }

    pub(super) fn find_section(&self, name: &str) -> Option<u32> {
        self.sections.iter().position(|s| &*s.name == name).map(|at| at as u32)
    }

    /// The frames of all sections.
    pub(super) fn frames(&self) -> Vec<Rc<Frame>> {
        self.sections.iter().map(|section| section.frame.clone()).collect()
    }

    pub(super) fn forget_shared(&mut self) {
        self.shared = None;
    }

    pub(super) fn has_connector(&self) -> bool {
        self.sections.iter().any(|s| s.connector)
    }

    pub(super) fn is_connector(&self, section: u32) -> bool {
        self.sections[section as usize].connector
    }
}

impl Interp {
    /// Loads sections: names first, so that they see one another, then their members.
    ///
    /// # Errors
    /// Unknown names and names defined twice.
    pub fn load_sections(&mut self, sections: &[ast::Section], connector: bool) -> Result<()> {
        let base = self.program.sections.len();
        self.program.shared = None;
        for section in sections {
            let name = section.name.clone().unwrap_or_else(|| Name::from("Section1"));
            if self.program.find_section(&name).is_some() {
                return Err(Error::new("Expression.SyntaxError", format!("The section '{name}' is already defined.")));
            }
            let mut members: Vec<Member> = Vec::with_capacity(section.members.len());
            for member in &section.members {
                if members.iter().any(|m| m.name == member.binding.name) {
                    let message = format!("The member '{}' is already defined in the section.", member.binding.name);
                    return Err(Error::new("Expression.SyntaxError", message));
                }
                members.push(Member { name: member.binding.name.clone(), shared: member.shared, attributes: None });
            }
            self.program.sections.push(Section { name, connector, members, frame: Frame::root() });
        }
        for (at, section) in (base as u32..).zip(sections) {
            let mut nodes = Vec::with_capacity(section.members.len());
            for (slot, member) in (0u32..).zip(&section.members) {
                let node = self.resolve_member(&member.binding.value, at, slot)?;
                nodes.push(match member.data_source_kind() {
                    Some(kind) if connector => Rc::new(super::node::Node::DataSource(kind, node)),
                    _ => node,
                });
            }
            let frame = Frame::new(Some(Frame::root()), [], Some(nodes.into()));
            self.note_escaped(&frame);
            self.program.sections[at as usize].frame = frame;
            for (slot, member) in section.members.iter().enumerate() {
                if let Some(attributes) = &member.attributes {
                    let record = Expr { at: member.binding.at, kind: ExprKind::Record(attributes.clone()) };
                    if let Value::Record(record) = self.eval_in(&record, Env::Shared)?.into_bare() {
                        self.program.sections[at as usize].members[slot].attributes = Some(record);
                    }
                }
            }
        }
        Ok(())
    }

    /// Loads named queries as one section whose members all see one another, as in a model.
    ///
    /// # Errors
    /// Unknown names; the error says in which query.
    pub fn load_queries(&mut self, queries: &[(String, Expr)]) -> Result<()> {
        let at = self.program.sections.len() as u32;
        self.program.shared = None;
        let members = queries.iter().map(|(name, _)| Member { name: Name::from(name.as_str()), shared: true, attributes: None }).collect();
        self.program.sections.push(Section { name: Name::from("Section1"), connector: false, members, frame: Frame::root() });
        let mut nodes = Vec::with_capacity(queries.len());
        for (slot, (name, expr)) in (0u32..).zip(queries) {
            let node = self.resolve_member(expr, at, slot);
            nodes.push(node.map_err(|e| Error::new(e.reason(), format!("query `{name}`: {}", e.message())))?);
        }
        // The expressions see frames counted from here: a member is evaluated in the section's own frame.
        let frame = Frame::new(Some(Frame::root()), [], Some(nodes.into()));
        self.note_escaped(&frame);
        self.program.sections[at as usize].frame = frame;
        Ok(())
    }

    /// The value of a shared member.
    ///
    /// # Errors
    /// When there is none of that name, or what evaluating it raises.
    pub fn query(&mut self, name: &str) -> Result<Value> {
        match self.program.shared_member(name) {
            Some((section, slot)) => {
                let frame = self.program.section_frame(section);
                self.variable(&frame, slot as usize)
            }
            None => Err(Error::expression(format!("The name '{name}' wasn't recognized.  Make sure it's spelled correctly."))),
        }
    }

    /// The value of any member of a section.
    ///
    /// # Errors
    /// When there is none, or what evaluating it raises.
    pub fn section_member(&mut self, section: &str, name: &str) -> Result<Value> {
        let found = self.program.find_section(section).and_then(|s| self.program.member(s, name).map(|slot| (s, slot)));
        match found {
            Some((section, slot)) => {
                let frame = self.program.section_frame(section);
                self.variable(&frame, slot as usize)
            }
            None => Err(Error::expression(format!("The section member '{section}!{name}' wasn't found."))),
        }
    }

    /// The attributes of a member of a section, such as `[DataSource.Kind = "…"]`.
    pub fn member_attributes(&self, section: &str, name: &str) -> Option<Record> {
        let section = self.program.find_section(section)?;
        let slot = self.program.member(section, name)?;
        self.program.sections[section as usize].members[slot as usize].attributes.clone()
    }

    /// The value of a document: of its expression, or of `entry` in the sections' surroundings. Sections without `entry` give a record
    /// of what they share.
    ///
    /// # Errors
    /// Unknown names, and what the evaluation raises.
    pub fn eval_document(&mut self, document: &Document, entry: Option<&Expr>) -> Result<Value> {
        match document {
            Document::Expression(expr) => match entry {
                None => self.eval_in(expr, Env::Shared),
                Some(entry) => {
                    self.load_queries(&[("Query1".to_owned(), expr.clone())])?;
                    self.eval_in(entry, Env::Shared)
                }
            },
            Document::Sections(sections) => {
                let base = self.program.sections.len();
                self.load_sections(sections, true)?;
                match entry {
                    Some(entry) => {
                        let env = if sections.len() == 1 { Env::Section(base as u32) } else { Env::Shared };
                        self.eval_in(entry, env)
                    }
                    None => self.shared_record(base),
                }
            }
        }
    }

    fn shared_record(&mut self, base: usize) -> Result<Value> {
        let mut fields = Vec::new();
        for section in &self.program.sections[base..] {
            for (slot, member) in section.members.iter().enumerate().filter(|(_, m)| m.shared) {
                fields.push((member.name.clone(), member_slot(section, slot)));
            }
        }
        Record::from_pairs(fields).map(Value::Record)
    }

    /// `#shared`: the library and what documents share.
    pub(crate) fn shared(&mut self) -> Result<Record> {
        if let Some(shared) = &self.program.shared {
            return Ok(shared.clone());
        }
        let mut fields: Vec<(Name, Slot)> = Vec::new();
        for section in &self.program.sections {
            for (slot, member) in section.members.iter().enumerate().filter(|(_, m)| m.shared) {
                fields.push((member.name.clone(), member_slot(section, slot)));
            }
        }
        for name in functions::names() {
            if !functions::is_visible(name, false) || name.starts_with('#') {
                continue;
            }
            if let Some(global) = functions::lookup(name) {
                let value = self.global(global);
                fields.push((Name::from(name), Slot::Value(value)));
            }
        }
        // The sort is stable: a document's own name stands before the library's.
        fields.sort_by(|a, b| a.0.cmp(&b.0));
        fields.dedup_by(|a, b| a.0 == b.0);
        let (names, cells) = fields.into_iter().unzip();
        let shared = Record::from_cells(Shape::new(names), cells);
        self.program.shared = Some(shared.clone());
        Ok(shared)
    }

    /// `#sections`: each section as a record of its members.
    pub(crate) fn sections(&mut self) -> Result<Record> {
        let fields = self
            .program
            .sections
            .iter()
            .map(|section| {
                let names = section.members.iter().map(|m| m.name.clone()).collect();
                let cells = (0..section.members.len()).map(|slot| member_slot(section, slot)).collect();
                (section.name.clone(), Slot::Value(Value::Record(Record::from_cells(Shape::new(names), cells))))
            })
            .collect();
        Record::from_pairs(fields)
    }

    /// A name of the library as a value.
    pub(crate) fn global(&mut self, global: Global) -> Value {
        match global {
            Global::Function(builtin) => Value::Function(Function::builtin(builtin)),
            Global::Constant(constant) => constant.make(self),
        }
    }
}

/// A function of a connector that remembers, while it runs, for which data source it does.
pub(super) fn for_source(kind: &Name, function: Value) -> Value {
    let ty = function.ty();
    let TypeForm::Function(signature) = ty.form().clone() else { return function };
    let params = signature.params.iter().enumerate();
    let native = params.map(|(at, p)| NativeParam { name: "argument", ty: p.ty.clone(), optional: at >= signature.required }).collect();
    let kind = kind.clone();
    let meta = function.meta();
    let returns = signature.returns.clone();
    let run = move |cx: &mut Interp, args: &[Value]| {
        let path = source_path(cx, &kind, &signature, args)?;
        cx.call_for_source(&kind, path, &function, args)
    };
    let wrapped = Function::from_native(Native { params: native, returns, run: Box::new(run) });
    Value::Function(wrapped).with_type(ty).with_meta(meta)
}

/// The path of a data source: the required parameters as JSON, or the kind when there are none.
fn source_path(cx: &mut Interp, kind: &str, signature: &FunctionType, args: &[Value]) -> Result<String> {
    let mut fields = Vec::new();
    for (param, arg) in signature.params.iter().take(signature.required).zip(args) {
        let excluded = param.ty.meta().and_then(|m| m.get("DataSource.Path")).and_then(|cell| cell.ready());
        if !excluded.is_some_and(|v| matches!(v.bare(), Value::Logical(false))) {
            if param.ty.claim_name() == Some("Uri.Type") {
                if let Value::Text(uri) = arg.bare() {
                    return Ok(uri.to_string());
                }
            }
            fields.push((param.name.clone(), Slot::Value(arg.clone())));
        }
    }
    if fields.is_empty() {
        return Ok(kind.to_owned());
    }
    let record = Record::from_pairs(fields)?;
    crate::m::functions::json_write::to_text(cx, &Value::Record(record))
}

fn member_slot(section: &Section, slot: usize) -> Slot {
    Slot::Lazy(Thunk::new(Pending::Variable(section.frame.clone(), slot as u32)))
}
