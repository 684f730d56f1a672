//! The only place with I/O: files, HTTP, sockets, clock, key store, browser.

pub mod clock;
pub mod company;
pub mod mock_server;
