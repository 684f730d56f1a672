//! Pages of memory.

/// For commands that are over in a moment: memory is taken in small pages, where Linux would give two megabytes at the first touch. A longer
/// command is faster with large ones.
pub fn small_pages() {
    // A kernel that cannot do this is none that has large pages.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}
