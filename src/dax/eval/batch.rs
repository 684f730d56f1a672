//! Evaluating an expression for many rows or groups at once.

use std::rc::Rc;

use super::value::TableVal;
use super::{Ctx, Session};
use crate::dax::bind::bound::N;
use crate::dax::catalog::ColId;
use crate::dax::error::EvalResult;
use crate::table::Value;

impl Session<'_> {
    /// An expression for every row of a table, the row being its innermost row context; `None` when rows go one by one.
    pub(crate) fn batch_rows(&self, _table: &Rc<TableVal>, _node: &N, _cx: &Ctx, _keep: bool) -> EvalResult<Option<Vec<Value>>> {
        Ok(None)
    }

    /// An expression for every group; `None` when groups go one by one.
    pub(crate) fn batch_groups(&self, _groups: &Rc<TableVal>, _columns: &[ColId], _node: &N, _cx: &Ctx) -> EvalResult<Option<Vec<Value>>> {
        Ok(None)
    }
}
