//! The browser's view of a database: a server on this machine that holds the page, and answers it.
//!
//! `http` decides who may ask and in which form, `data` turns a request into statements, `lanes`
//! runs them on connections that do not get in each other's way, `console` takes what a person types,
//! `project` reads and makes files of the project. What a browser sends names tables
//! and columns that are looked up in the database's own description; it never names a database, a
//! file or a host.

mod console;
mod data;
mod http;
mod lanes;
mod problem;
mod project;
mod settings;
mod state;

pub use http::{Server, StartError};
pub use settings::{Environment, Settings};
