//! The only place with I/O: files, HTTP, sockets, clock, key store, browser.

pub mod company;
pub mod data;
pub mod files;
pub mod m;
