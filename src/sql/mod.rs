//! Reading SQL text: tokens, statements, names. One lexer for every stage that must look into SQL.
