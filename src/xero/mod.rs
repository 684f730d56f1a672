//! The Xero API client core: records, endpoints, paging, rate limits, token flow. No sockets.
