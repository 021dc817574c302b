//! Reading SQL text: tokens, statements, names. One lexer for every stage that must look into SQL.

pub mod classify;
pub mod cursor;
pub mod lex;
pub mod names;
pub mod split;
pub mod uses;
