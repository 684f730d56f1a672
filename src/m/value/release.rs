//! Freeing values that nest deeply without nesting as many calls.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::Slot;

/// Cells whose owner is gone.
pub(super) enum Cells {
    List(#[expect(dead_code, reason = "held to be dropped")] Vec<Slot>),
    Record(#[expect(dead_code, reason = "held to be dropped")] Rc<[Slot]>),
}

/// Below this depth values are freed on the spot.
const DEEP: u32 = 400;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static WAITING: RefCell<Vec<Cells>> = const { RefCell::new(Vec::new()) };
}

/// Frees cells; those that lie too deep wait until the outermost ones are done.
pub(super) fn release(cells: Cells) {
    let Ok(depth) = DEPTH.try_with(Cell::get) else { return };
    if depth >= DEEP {
        // While a thread ends its queue may be gone; then the cells are freed here after all.
        let _ = WAITING.try_with(|waiting| waiting.borrow_mut().push(cells));
        return;
    }
    let set = |depth| {
        let _ = DEPTH.try_with(|cell| cell.set(depth));
    };
    set(depth + 1);
    drop(cells);
    if depth == 0 {
        while let Some(cells) = WAITING.try_with(|waiting| waiting.borrow_mut().pop()).ok().flatten() {
            drop(cells);
        }
    }
    set(depth);
}
