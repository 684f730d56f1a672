//! Runs the template's M and DAX over a company, compares with `reference`, reports.
