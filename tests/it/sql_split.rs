//! Splitting scripts: cases in `tests/cases/split/*.txt`, and properties on any text.
//!
//! A case is the dialect on the first line, the script, a line `====`, and what comes out: one
//! line for each statement, or the error. `DBKIT_BLESS=1` writes what comes out into the case.

use dbkit::model::Dialect;
use dbkit::sql::lex::tokens;
use dbkit::sql::names::mentioned;
use dbkit::sql::split::{StatementKind, statements};
use proptest::prelude::*;
use std::fmt::Write as _;
use std::path::Path;

fn outcome(script: &str, dialect: Dialect) -> String {
    let mut out = String::new();
    match statements(script, dialect) {
        Err(error) => writeln!(out, "error: {error}").unwrap(),
        Ok(spans) => {
            for span in spans {
                let kind = match &span.kind {
                    StatementKind::Sql => String::new(),
                    StatementKind::CopyIn { data, .. } => {
                        format!(" data {:?}", &script[data.clone()])
                    }
                    StatementKind::MetaCommand => " meta".to_owned(),
                };
                writeln!(out, "{}{kind}: {:?}", span.line, span.sql(script)).unwrap();
            }
        }
    }
    out
}

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/split");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let (dialect, rest) = text.split_once('\n').unwrap();
        let dialect = if dialect == "sqlite" { Dialect::Sqlite } else { Dialect::Postgres };
        let (script, expected) = rest.split_once("\n====\n").unwrap();
        let found = outcome(script, dialect);
        if std::env::var_os("DBKIT_BLESS").is_some() {
            std::fs::write(&path, format!("{}\n{script}\n====\n{found}", dialect.as_str()))
                .unwrap();
        } else {
            assert_eq!(found, expected, "{}", path.display());
        }
        seen += 1;
    }
    assert!(seen >= 10, "only {seen} cases");
}

/// Text that looks like SQL often enough to reach every state.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "'",
            "\"",
            "$$",
            "$a$",
            "--",
            "/*",
            "*/",
            "\n",
            ";",
            "(",
            ")",
            "begin",
            " atomic ",
            "end",
            "case",
            "create ",
            "function ",
            "trigger ",
            "copy x from stdin;",
            "\\.\n",
            "\\d",
            "E'",
            "U&\"",
            "[",
            "]",
            "`",
            "é",
            "1.",
            "0x",
            "..",
            "::",
            "?",
            ":a",
            "@",
            " ",
            "x",
            "$1",
            "\\",
            "\u{feff}",
            "\0",
        ])
        .prop_map(str::to_owned),
        ".{0,4}",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn tokens_cover_the_text(text in soup(), postgres: bool) {
        let dialect = if postgres { Dialect::Postgres } else { Dialect::Sqlite };
        let mut at = 0;
        for token in tokens(&text, dialect) {
            prop_assert_eq!(token.span.start, at);
            prop_assert!(token.span.end > at && text.get(token.span.clone()).is_some());
            at = token.span.end;
        }
        prop_assert_eq!(at, text.len());
        let _ = mentioned(&text, dialect);
    }

    /// Statements and the trivia between them are the whole text.
    #[test]
    fn splitting_loses_nothing(text in soup(), postgres: bool) {
        let dialect = if postgres { Dialect::Postgres } else { Dialect::Sqlite };
        if let Ok(spans) = statements(&text, dialect) {
            let mut joined = String::new();
            let mut at = 0;
            for span in spans {
                let between = &text[at..span.range.start];
                prop_assert!(tokens(between, dialect).all(|t| t.is_trivia() || at == 0), "{:?}", between);
                prop_assert_eq!(span.line, 1 + text[..span.range.start].matches('\n').count());
                joined.push_str(between);
                joined.push_str(&text[span.range.clone()]);
                at = span.range.end;
            }
            joined.push_str(&text[at..]);
            prop_assert_eq!(joined, text);
        }
    }
}

#[test]
fn large_scripts_take_linear_time() {
    let row = "INSERT INTO t (a, b) VALUES (1, 'it''s; here'), (2, $$;$$); -- one\n";
    let script = row.repeat(100_000);
    let begin = std::time::Instant::now();
    assert_eq!(statements(&script, Dialect::Postgres).unwrap().len(), 100_000);
    assert!(begin.elapsed().as_secs() < 10, "{:?}", begin.elapsed());
}
