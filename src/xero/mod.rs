//! The Xero API client core: endpoints, paging, rate limits, token flow, and the download of a company. No sockets, no files, no clock.
//!
//! What it needs from outside it asks for with small traits: [`Transport`] sends a request, [`Clock`] tells and waits,
//! [`token::TokenStore`] keeps a sign-in, [`pull::Folder`] keeps pages. `host` implements them; tests use the look-alike of
//! `mock` under a virtual clock.

pub mod client;
pub mod endpoint;
pub mod limiter;
pub mod pull;
pub mod scope;
pub mod sign_in;
pub mod token;
mod transport;
pub mod verify;
pub mod words;

pub use transport::{Addresses, BoxFuture, Clock, HttpRequest, HttpResponse, Secret, Transport, TransportError};
