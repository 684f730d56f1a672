//! Bytes in use by the calling thread, for budgets.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::ffi::{c_int, c_long};

use mimalloc::MiMalloc;

thread_local! {
    static IN_USE: Cell<isize> = const { Cell::new(0) };
}

/// An allocator made for many small pieces (templates, syntax trees, M values), counting per thread.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[inline]
fn count(bytes: isize) {
    // A thread that is being torn down has no counter any more; nobody asks it either.
    let _ = IN_USE.try_with(|cell| cell.set(cell.get().wrapping_add(bytes)));
}

/// Whether every block of the allocator is aligned enough. The functions for a given alignment take larger blocks than they are asked for,
/// and longer to free them.
#[inline]
fn is_plain(align: usize) -> bool {
    align <= 8
}

// SAFETY: every call is handed to mimalloc; what it is asked for has the size and the alignment of the layout, for it aligns all blocks to a
// word at least; counting touches no memory of the allocation.
unsafe impl GlobalAlloc for Counting {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        if is_plain(layout.align()) {
            // SAFETY: any size may be asked for.
            return unsafe { libmimalloc_sys::mi_malloc(layout.size()) }.cast();
        }
        // SAFETY: same contract as ours.
        unsafe { MiMalloc.alloc(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: same contract as ours; mimalloc frees blocks of all its functions alike.
        unsafe { MiMalloc.dealloc(pointer, layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        if is_plain(layout.align()) {
            // SAFETY: any size may be asked for.
            return unsafe { libmimalloc_sys::mi_zalloc(layout.size()) }.cast();
        }
        // SAFETY: same contract as ours.
        unsafe { MiMalloc.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(new_size as isize - layout.size() as isize);
        if is_plain(layout.align()) {
            // SAFETY: the pointer is one of ours, so mimalloc made the block.
            return unsafe { libmimalloc_sys::mi_realloc(pointer.cast(), new_size) }.cast();
        }
        // SAFETY: same contract as ours.
        unsafe { MiMalloc.realloc(pointer, layout, new_size) }
    }
}

unsafe extern "C" {
    /// Sets an option of mimalloc, by its number in `mimalloc.h`.
    fn mi_option_set(option: c_int, value: c_long);
}

/// Freed memory stays with the process, where the allocator would soon give it back to the system and fetch it again: for commands that are over in a
/// moment.
pub fn keep_freed() {
    const PURGE_DELAY: c_int = 15;
    // SAFETY: the function belongs to the linked library; it takes any number, and -1 means never.
    unsafe { mi_option_set(PURGE_DELAY, -1) };
}

/// Bytes that this thread has allocated and not freed (freed elsewhere counts for the other thread); never below 0.
pub fn in_use() -> usize {
    IN_USE.with(Cell::get).max(0) as usize
}
