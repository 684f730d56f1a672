//! Documents at hand: sections and their members, `#shared`, `#sections`.

use std::rc::Rc;

use super::interp::{Frame, Interp};
use crate::m::error::Result;
use crate::m::functions::{self, Global};
use crate::m::value::{Function, Name, Record, Shape, Slot, Value};

/// Sections of all loaded documents.
#[derive(Default)]
pub(crate) struct Program {
    pub(super) sections: Vec<Section>,
    shared: Option<Record>,
}

/// A section: members are variables of its frame.
pub(crate) struct Section {
    /// Its name.
    pub name: Name,
    /// Members in order: name, whether shared, attributes.
    pub members: Vec<Member>,
    /// Their values.
    pub frame: Rc<Frame>,
}

/// A member of a section.
pub(crate) struct Member {
    /// Its name.
    pub name: Name,
    /// Whether other documents see it.
    pub shared: bool,
}

impl Program {
    pub(super) fn section_frame(&self, section: u32) -> Rc<Frame> {
        self.sections[section as usize].frame.clone()
    }
}

impl Interp {
    /// `#shared`: the library and what documents share.
    pub(crate) fn shared(&mut self) -> Result<Record> {
        if let Some(shared) = &self.program.shared {
            return Ok(shared.clone());
        }
        let mut fields: Vec<(Name, Slot)> = Vec::new();
        for section in &self.program.sections {
            for (slot, member) in section.members.iter().enumerate().filter(|(_, m)| m.shared) {
                let thunk = crate::m::value::Thunk::new(crate::m::value::Pending::Variable(section.frame.clone(), slot as u32));
                fields.push((member.name.clone(), Slot::Lazy(thunk)));
            }
        }
        for name in functions::names() {
            if let Some(global) = functions::lookup(name) {
                let value = self.global(global);
                fields.push((Name::from(name), Slot::Value(value)));
            }
        }
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
                let cells = (0..section.members.len())
                    .map(|slot| {
                        let pending = crate::m::value::Pending::Variable(section.frame.clone(), slot as u32);
                        Slot::Lazy(crate::m::value::Thunk::new(pending))
                    })
                    .collect();
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
