//! The only place with I/O: files, HTTP, sockets, clock, key store, browser.

pub mod clock;
pub mod company;
pub mod config;
pub mod data;
pub mod files;
pub mod http;
pub mod kept;
pub mod key_store;
pub mod loopback;
pub mod m;
pub mod mock_server;
pub mod page_folder;
pub mod pages;
mod pieces;
pub mod preview_server;
pub mod tables;
