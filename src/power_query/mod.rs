//! Handlebars templates + model + source → the M text of every query.
