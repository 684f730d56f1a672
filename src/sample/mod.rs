//! Made-up companies: journals first, documents as their cause → raw API pages.
