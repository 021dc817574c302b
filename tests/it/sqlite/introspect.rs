use dbkit::database::Session;
use dbkit::database::sqlite::{OpenMode, SqliteSession};
use dbkit::model::{
    ColumnValue, Deferrable, FkAction, GeneratedKind, IndexKey, Model, OnConflict, Order, QName,
};

fn introspect(sql: &str) -> Model {
    let mut session = SqliteSession::open(":memory:", OpenMode::Create).unwrap();
    session.execute(sql).unwrap();
    session.introspect().unwrap()
}

#[test]
fn everything_of_a_table() {
    let model = introspect(
        r#"
        CREATE TABLE Parent (a INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT, UNIQUE (a, b));
        CREATE TABLE "child table" (
            id varchar ( 36 ) CONSTRAINT pk PRIMARY KEY DESC ON CONFLICT REPLACE,
            [no type],
            `n` decimal(10, 2) NOT NULL ON CONFLICT IGNORE DEFAULT -1.5,
            t TEXT DEFAULT (datetime('now')) COLLATE NOCASE CHECK (t <> ''),
            p1 int REFERENCES PARENT ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
            g int GENERATED ALWAYS AS (n * 2) STORED UNIQUE,
            v AS (n + 1),
            CONSTRAINT odd CHECK (n > 0) -- a comment
            CONSTRAINT u UNIQUE (T COLLATE BINARY DESC, n) ON CONFLICT FAIL,
            FOREIGN KEY (P1, t) REFERENCES parent (A, B) ON UPDATE SET NULL
        );
        CREATE TABLE w (a TEXT, b INT, PRIMARY KEY (B, A)) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX i ON "CHILD table" (T COLLATE rtrim DESC, lower(id), n ASC) WHERE n > 1;
        CREATE VIEW v (x) AS SELECT a FROM parent;
        CREATE TRIGGER tr INSTEAD OF DELETE ON V BEGIN DELETE FROM parent; SELECT 1; END;
        CREATE TABLE __diesel_schema_migrations (version);
        CREATE VIRTUAL TABLE f USING fts5(body);
        ALTER TABLE w ADD COLUMN extra TEXT;
        "#,
    );
    let table = &model.tables[&QName::bare("child table")];
    let names: Vec<_> = table.columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["id", "no type", "n", "t", "p1", "g", "v"]);
    assert_eq!(table.columns[0].ty.modifier.as_deref(), Some("36"));
    assert_eq!(table.columns[2].value, ColumnValue::Default(dbkit::model::Expr::new("-1.5")));
    assert_eq!(table.columns[2].not_null_conflict, Some(OnConflict::Ignore));
    assert!(
        matches!(&table.columns[3].value, ColumnValue::Default(e) if e.as_str() == "datetime('now')")
    );
    assert!(table.columns[3].collation.is_some());
    let generated = |n: usize| match &table.columns[n].value {
        ColumnValue::Generated { kind, .. } => *kind,
        other => panic!("{other:?}"),
    };
    assert_eq!((generated(5), generated(6)), (GeneratedKind::Stored, GeneratedKind::Virtual));
    let key = table.primary_key.as_ref().unwrap();
    assert_eq!((key.name.as_deref(), key.descending.as_slice()), (Some("pk"), &[true][..]));
    assert_eq!(table.checks.len(), 2);
    assert_eq!(table.checks[0].name.as_deref(), Some("odd"));
    assert_eq!(table.uniques[0].elements_sql, ["COLLATE BINARY DESC", ""]);
    assert_eq!(table.uniques[0].columns, ["t", "n"]);
    assert_eq!(table.foreign_keys[0].parent, QName::bare("Parent"));
    assert_eq!(table.foreign_keys[0].parent_columns, ["a"]);
    assert_eq!(table.foreign_keys[0].deferrable, Deferrable::InitiallyDeferred);
    assert_eq!(table.foreign_keys[1].columns, ["p1", "t"]);
    assert_eq!(table.foreign_keys[1].parent_columns, ["a", "b"]);
    assert_eq!(table.foreign_keys[1].on_update, FkAction::SetNull);
    let index = &table.indexes[0];
    assert_eq!(index.elements[0].key, IndexKey::Column("t".into()));
    assert_eq!(index.elements[0].order, Order::Desc);
    assert!(matches!(&index.elements[1].key, IndexKey::Expr(e) if e.as_str() == "lower(id)"));
    assert_eq!(index.predicate.as_ref().unwrap().as_str(), "n > 1");
    let strict = &model.tables[&QName::bare("w")];
    assert!(strict.strict && strict.without_rowid && !strict.columns[0].nullable);
    assert_eq!(strict.columns[2].name, "extra");
    assert_eq!(model.views[&QName::bare("v")].columns, ["x"]);
    assert_eq!(model.triggers.keys().next().unwrap().table, QName::bare("v"));
    let left: Vec<_> = model.unmodelled.iter().map(ToString::to_string).collect();
    assert_eq!(left[0], "shadow table f_config");
    assert_eq!(left.last().unwrap(), "virtual table f");
}
