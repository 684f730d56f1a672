//! A Xero look-alike: request → answer, no sockets.
