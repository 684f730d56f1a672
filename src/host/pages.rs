//! Pages of memory.

/// Memory is taken in small pages, where Linux would give two megabytes at the first touch: for commands that are over in a moment, and for
/// a refresh, whose many buffers and pieces leave the large ones partly empty. Other long commands are faster with large ones.
pub fn small_pages() {
    // A kernel that cannot do this is none that has large pages.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}
