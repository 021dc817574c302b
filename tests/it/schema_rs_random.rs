//! Random models: what is written reads back equal, with names and texts of all sorts. Random text:
//! the reader never panics.

use crate::schema_rs::{differences, read_back};
use dbkit::diagnostic::SourceFile;
use dbkit::dialect;
use dbkit::model::{
    Check, Collation, Column, ColumnRef, ColumnValue, DataType, Deferrable, Dialect, EnumType,
    Expr, FkAction, ForeignKey, GeneratedKind, Identity, IdentityMode, Index, IndexElement,
    IndexKey, MatchKind, Model, Nulls, Object, Order, PrimaryKey, QName, SchemaObject, Sequence,
    SequenceOptions, Table, Unique,
};
use dbkit::plan::{PlanOptions, Style};
use dbkit::source::schema_rs::{self, names::object_name};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Names people use, names that trip, and any others.
fn name() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec![
        "type",
        "Self",
        "self",
        "crate",
        "table",
        "columns",
        "star",
        "a-b",
        "a b",
        "a_b",
        "A_B",
        "--",
        "\"",
        "\\",
        "'",
        "x\ny",
        "*/",
        "r#x",
        "ä",
        "名前",
        "_",
        "__",
        "0",
        "id",
        "diesel",
        "text",
        "Text",
        "on_update",
        "name",
        "deferrable",
        "unique",
        "references",
        "desc",
        "where",
        "dsl",
        "i32",
        "{}",
        "#[x]",
        "e\u{301}",
        "\u{fb01}",
        "\u{200f}",
        "with",
        "Nullable",
    ]);
    prop_oneof![
        3 => "[a-d]{1,3}",
        3 => odd.prop_map(str::to_owned),
        2 => "[^\u{0}]{1,8}",
        1 => "[a-z_]{60,63}",
    ]
    .prop_filter("a name is there and fits", |name| !name.is_empty() && name.len() <= 63)
}

/// That many names no two of which are one to any of the databases.
fn names(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(name(), count).prop_map(|names| {
        let mut seen = BTreeSet::new();
        names.into_iter().filter(|name| seen.insert(name.to_ascii_lowercase())).collect()
    })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z ]{1,20}", "[^\u{0}]{1,12}", Just("a\r\nb".to_owned()), Just(" ".to_owned())]
}

/// What a column is besides its name.
#[derive(Clone, Debug)]
struct Shape {
    ty: usize,
    array: bool,
    nullable: bool,
    value: u8,
    comment: Option<String>,
    unique: bool,
    check: bool,
    index: Option<(bool, bool, bool)>,
    parent: Option<(usize, bool)>,
}

fn shape() -> impl Strategy<Value = Shape> {
    let marks =
        (any::<bool>(), any::<bool>(), prop::option::weighted(0.3, any::<(bool, bool, bool)>()));
    let kind = (0..200_usize, prop::bool::weighted(0.2), any::<bool>(), 0..9_u8);
    let parent = prop::option::weighted(0.3, (0..4_usize, any::<bool>()));
    (kind, prop::option::weighted(0.3, text()), marks, parent).prop_map(
        |((ty, array, nullable, value), comment, (unique, check, index), parent)| Shape {
            ty,
            array,
            nullable,
            value,
            comment,
            unique,
            check,
            index,
            parent,
        },
    )
}

/// A table: its name, whether it stands in another schema, its columns, its key.
type TableSpec = (String, bool, Vec<(String, Shape)>, Option<usize>, Option<String>, bool);

fn table() -> impl Strategy<Value = TableSpec> {
    let columns = (names(1..6), prop::collection::vec(shape(), 6))
        .prop_map(|(names, shapes)| names.into_iter().zip(shapes).collect());
    let comment = prop::option::weighted(0.3, text());
    let key = prop::option::weighted(0.9, 0..6_usize);
    (name(), prop::bool::weighted(0.2), columns, key, comment, any::<bool>())
}

fn column(name: &str, ty: DataType) -> Column {
    Column {
        name: name.to_owned(),
        ty,
        nullable: false,
        value: ColumnValue::None,
        collation: None,
        storage: None,
        compression: None,
        statistics: None,
        options: dbkit::model::Options::default(),
        inherited: false,
        not_null_conflict: None,
        comment: None,
    }
}

/// The model, built so that each database would take it.
struct Builder {
    model: Model,
    /// Names in use, for constraints and indexes.
    taken: BTreeSet<String>,
    enums: Vec<QName>,
    number: usize,
}

impl Builder {
    fn postgres(&self) -> bool {
        self.model.dialect == Dialect::Postgres
    }

    fn types(&self) -> Vec<DataType> {
        use dbkit::dialect::{postgres, sqlite};
        let mut types: Vec<DataType> = match self.model.dialect {
            Dialect::Postgres => postgres::types::diesel_names()
                .filter_map(postgres::types::from_diesel)
                // What a server has is `character(1)`.
                .filter(|ty| *ty != DataType::builtin("character"))
                .chain(
                    [
                        "numeric(10,2)",
                        "varchar(3)",
                        "char(7)",
                        "timestamptz(3)",
                        "tsvector",
                        "\"X y\"",
                        "s.t",
                        "bit(3)",
                        "interval day to second(2)",
                    ]
                    .map(|ty| postgres::types::parse(ty).unwrap()),
                )
                .collect(),
            Dialect::Sqlite => sqlite::types::diesel_names()
                .filter_map(sqlite::types::from_diesel)
                .chain(
                    ["VARCHAR(3)", "", "UNSIGNED BIG INT", "DECIMAL(10,5)", "ANY"]
                        .map(sqlite::types::parse),
                )
                .collect(),
        };
        if self.postgres() {
            types.extend(self.enums.iter().cloned().map(DataType::user));
        }
        types
    }

    /// The default name, or one of its own; on SQLite also none.
    fn constraint(&mut self, table: &str, column: &str, label: &str) -> Option<String> {
        self.number += 1;
        let default = object_name(table, Some(column), label);
        match self.number % 3 {
            0 if !self.postgres() => None,
            1 if self.postgres() && self.taken.insert(default.clone()) => Some(default),
            _ => Some(self.fresh(column)),
        }
    }

    fn fresh(&mut self, about: &str) -> String {
        self.number += 1;
        let clipped: String = about.chars().take(8).collect();
        let name = format!("n{} {clipped}", self.number);
        self.taken.insert(name.clone());
        name
    }

    fn value(&mut self, table: &QName, shape: &Shape, column: &mut Column, only_key: bool) {
        let ty = dbkit::dialect::postgres::types::render(&column.ty);
        let integer = matches!(ty.as_str(), "smallint" | "integer" | "bigint");
        column.value = match shape.value {
            0 => ColumnValue::Default(Expr::new("lower('A') || \"b\" /* \\ */")),
            1 => ColumnValue::Default(Expr::new("(1 + 1)")),
            2 => ColumnValue::Generated { expr: Expr::new("1 + 2"), kind: GeneratedKind::Stored },
            3 => ColumnValue::Generated { expr: Expr::new("'}'"), kind: GeneratedKind::Virtual },
            4 if integer && self.postgres() => ColumnValue::Identity(Identity {
                mode: IdentityMode::ByDefault,
                sequence: None,
                options: SequenceOptions { start: Some(7), cycle: true, ..Default::default() },
            }),
            5 if integer && self.postgres() && !column.nullable => {
                let name = table.sibling(object_name(&table.name, Some(&column.name), "seq"));
                if !self.taken.insert(name.name.clone()) {
                    return;
                }
                let quoted = dbkit::dialect::postgres::quote::qname(&name);
                let literal = dbkit::dialect::postgres::quote::literal(&quoted);
                self.model.insert(Object::Sequence(Box::new(Sequence {
                    name,
                    ty,
                    options: SequenceOptions::default(),
                    owned_by: Some(ColumnRef { table: table.clone(), column: column.name.clone() }),
                    unlogged: false,
                    comment: None,
                })));
                ColumnValue::Default(Expr::new(format!("nextval({literal}::regclass)")))
            }
            6 if only_key && !self.postgres() => {
                column.ty = DataType::builtin("INTEGER");
                ColumnValue::Identity(Identity {
                    mode: IdentityMode::Autoincrement,
                    sequence: None,
                    options: SequenceOptions::default(),
                })
            }
            _ => ColumnValue::None,
        };
    }

    fn table(&mut self, spec: &TableSpec) {
        let (name, elsewhere, columns, key, comment, flag) = spec;
        let schema = (*elsewhere && self.postgres()).then_some("Other");
        let name = QName::new(schema, name);
        if !self.taken.insert(name.name.to_ascii_lowercase()) {
            return;
        }
        let types = self.types();
        let mut table = Table { comment: comment.clone(), ..Table::new(name.clone()) };
        table.without_rowid = *flag && !self.postgres() && key.is_some();
        let key = key.map(|at| at % columns.len());
        for (at, (own, shape)) in columns.iter().enumerate() {
            let mut made = column(own, types[shape.ty % types.len()].clone());
            made.ty.array = shape.array && self.postgres();
            // SQLite lets a key be NULL, PostgreSQL does not.
            made.nullable = shape.nullable && (!self.postgres() || key != Some(at));
            made.comment.clone_from(&shape.comment);
            if let Some((parent, _)) = shape.parent {
                self.reference(&mut table, &mut made, parent, shape);
            }
            self.value(&name, shape, &mut made, key == Some(at) && !table.without_rowid);
            if shape.array && self.postgres() && shape.ty % 2 == 0 {
                made.collation = Some(Collation(QName::bare("C")));
            }
            self.constraints(&mut table, own, shape);
            table.columns.push(made);
        }
        if let Some(at) = key {
            let named = self.postgres().then(|| self.fresh("key"));
            table.primary_key = Some(PrimaryKey {
                name: named,
                columns: vec![columns[at].0.clone()],
                include: Vec::new(),
                deferrable: Deferrable::No,
                options: dbkit::model::Options::default(),
                tablespace: None,
                inherited_from: None,
                on_conflict: None,
                descending: Vec::new(),
                comment: None,
                index_comment: None,
                clustered: false,
            });
        }
        sort(&mut table);
        self.model.insert(Object::Table(Box::new(table)));
    }

    fn constraints(&mut self, table: &mut Table, own: &str, shape: &Shape) {
        if shape.unique {
            let named = self.constraint(&table.name.name, own, "key");
            table.uniques.push(Unique {
                behind_columns: false,
                clustered: false,
                name: named,
                include: Vec::new(),
                nulls_not_distinct: shape.nullable && self.postgres(),
                elements_sql: Vec::new(),
                deferrable: match shape.array && self.postgres() {
                    true => Deferrable::InitiallyDeferred,
                    false => Deferrable::No,
                },
                on_conflict: None,
                options: dbkit::model::Options::default(),
                tablespace: None,
                inherited_from: None,
                comment: shape.comment.clone(),
                index_comment: None,
                columns: vec![own.to_owned()],
            });
        }
        if shape.check {
            let named = self.constraint(&table.name.name, own, "check");
            let quoted = format!("\"{}\"", own.replace('"', "\"\""));
            table.checks.push(Check {
                name: named,
                expr: Expr::new(format!("{quoted} <> '\\ \n' AND {quoted} IS NOT NULL")),
                not_valid: shape.array && self.postgres(),
                no_inherit: false,
                inherited: false,
                comment: None,
            });
        }
        if let Some((unique, desc, expression)) = shape.index {
            let named = self.fresh(own);
            let key = match expression {
                true => IndexKey::Expr(Expr::new("lower('x' || \"a\")")),
                false => IndexKey::Column(own.to_owned()),
            };
            table.indexes.push(Index {
                name: named,
                unique,
                method: "btree".to_owned(),
                elements: vec![IndexElement {
                    key,
                    collation: expression.then(|| Collation(QName::bare("C"))),
                    opclass: (expression && self.postgres()).then(|| "text_ops".to_owned()),
                    order: if desc { Order::Desc } else { Order::Asc },
                    nulls: (desc && self.postgres()).then_some(Nulls::Last),
                }],
                include: Vec::new(),
                nulls_not_distinct: false,
                predicate: unique.then(|| Expr::new("1 = 1 -- x")),
                options: dbkit::model::Options::default(),
                tablespace: None,
                only: false,
                attached_to: None,
                invalid: false,
                clustered: false,
                statistics: BTreeMap::new(),
                comment: shape.comment.clone(),
            });
        }
    }

    /// A foreign key to the key of a table that is there; the column takes its type.
    fn reference(&mut self, table: &mut Table, own: &mut Column, parent: usize, shape: &Shape) {
        let Some(parent) = self.model.tables.values().nth(parent) else { return };
        let Some(key) = parent.primary_key.as_ref().map(|key| key.columns.clone()) else { return };
        own.ty = parent.column(&key[0]).unwrap().ty.clone();
        let parent = parent.name.clone();
        let deferred = shape.parent.is_some_and(|(_, deferred)| deferred);
        table.foreign_keys.push(ForeignKey {
            behind_columns: false,
            name: self.constraint(&table.name.name, &own.name, "fkey"),
            columns: vec![own.name.clone()],
            parent,
            parent_columns: key,
            on_delete: if shape.unique { FkAction::SetNull } else { FkAction::NoAction },
            on_delete_columns: Vec::new(),
            on_update: if shape.check { FkAction::Cascade } else { FkAction::NoAction },
            match_kind: MatchKind::Simple,
            deferrable: match deferred {
                true => Deferrable::InitiallyDeferred,
                false => Deferrable::No,
            },
            not_valid: false,
            inherited_from: None,
            comment: None,
        });
    }
}

fn sort(table: &mut Table) {
    fn key(name: Option<&String>) -> (bool, Option<String>) {
        (name.is_none(), name.cloned())
    }
    table.uniques.sort_by_key(|unique| key(unique.name.as_ref()));
    table.checks.sort_by_key(|check| key(check.name.as_ref()));
    table.foreign_keys.sort_by_key(|foreign| key(foreign.name.as_ref()));
    table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
}

fn model(dialect: Dialect) -> impl Strategy<Value = Model> {
    let enums = prop::collection::vec((name(), names(0..4), prop::option::of(text())), 0..3);
    (enums, prop::collection::vec(table(), 0..5)).prop_map(move |(enums, tables)| {
        let model = Model::new(dialect);
        let mut builder = Builder { model, taken: BTreeSet::new(), enums: Vec::new(), number: 0 };
        if builder.postgres() {
            for (name, labels, comment) in enums {
                let name = QName::bare(name);
                if builder.taken.insert(name.name.to_ascii_lowercase()) {
                    builder.enums.push(name.clone());
                    builder.model.insert(Object::Enum(Box::new(EnumType {
                        name,
                        labels,
                        comment,
                    })));
                }
            }
        }
        for spec in &tables {
            builder.table(spec);
        }
        let used = builder.model.tables.keys().any(|name| name.schema.is_some())
            || builder.model.sequences.keys().any(|name| name.schema.is_some());
        if used {
            let schema = SchemaObject { name: "Other".to_owned(), comment: None };
            builder.model.schemas.insert("Other".to_owned(), schema);
        }
        builder.model
    })
}

/// Pieces of schema files, put together without sense.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "dbkit::schema!",
        "table!",
        "joinable!",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "<",
        ">",
        "#",
        "!",
        "->",
        ",",
        ";",
        ".",
        "::",
        "=",
        "table",
        "enum",
        "mod",
        "struct",
        "use",
        "id",
        "users",
        "Nullable",
        "Integer",
        "\"now()\"",
        "'",
        "\"",
        "r#\"",
        "\\",
        "/*",
        "*/",
        "//",
        "\n",
        "1",
        "-1",
        "1.5",
        "99999999999999999999",
        "'a'",
        "true",
        "references",
        "index",
        "default",
        "unique",
        "foreign_key",
        "check",
        "desc",
        "nulls",
        "with",
        "on_delete",
        "cascade",
        "ß",
        "#[index(a, b desc)]",
        "#[references(users.id)]",
        "#[check]",
        "#[with(a = 1)]",
        "/// x\n",
        "#[derive(SqlType)]",
        "#[diesel(postgres_type(name = \"x\"))]",
        "#[partition_of(a, \"b\")]",
        "#[replica_identity(index = 3)]",
        "#[identity(start = -3)]",
        "#[sql_type = \"((\"]",
        "#[max_length = -1]",
        "#[precision()]",
        "#[options(\"x\")]",
        "#[sql_name = \"\"]",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.join(" "))
}

/// A schema with some characters taken out, doubled or replaced.
fn mutated() -> impl Strategy<Value = String> {
    let whole = include_str!("../cases/schema_rs/mistakes/defaults.txt");
    let whole: Vec<char> = whole.chars().take(1200).collect();
    let changes = prop::collection::vec((0..whole.len(), 0..3_u8, any::<char>()), 1..6);
    changes.prop_map(move |changes| {
        let mut text = whole.clone();
        for (at, how, with) in changes {
            let at = at.min(text.len() - 1);
            match how {
                0 => drop(text.remove(at)),
                1 => text.insert(at, text[at]),
                _ => text[at] = with,
            }
        }
        text.into_iter().collect()
    })
}

/// Reads the text for both databases and draws every mistake.
fn read(text: &str) {
    for dialect in [Dialect::Postgres, Dialect::Sqlite] {
        let file = Arc::new(SourceFile { path: "schema.rs".into(), text: text.to_owned() });
        let (_, mistakes) = schema_rs::read_all(&[file], dialect);
        for mistake in mistakes {
            assert!(!mistake.render(false).is_empty());
            let _ = mistake.place.map(|place| place.to_string());
        }
    }
}

/// Brings a file of the one model up to date with the other, half of whose tables it has, and says
/// what would be left to do for a push.
fn followed(old: &Model, new: &Model) -> Vec<String> {
    let (mut old, mut new) = (old.clone(), new.clone());
    if new.dialect == Dialect::Sqlite {
        // No database of SQLite has comments.
        for table in old.tables.values_mut().chain(new.tables.values_mut()) {
            table.comment = None;
            table.columns.iter_mut().for_each(|column| column.comment = None);
        }
    }
    for (at, (name, table)) in new.tables.iter().enumerate() {
        if at % 2 == 0 && !old.tables.contains_key(name) {
            let mut table = table.clone();
            let by = at % table.columns.len().max(1);
            table.columns.rotate_left(by);
            table.indexes.truncate(at);
            old.tables.insert(name.clone(), table);
        }
    }
    let text = schema_rs::write(&old);
    let file = Arc::new(SourceFile { path: "schema.rs".into(), text });
    // What was mixed may be no schema at all.
    let Ok(source) = schema_rs::read(&[file], new.dialect) else { return Vec::new() };
    let Some(updated) = schema_rs::update(&source, &source.model, &new) else {
        return vec!["it cannot be brought up to date".to_owned()];
    };
    let read = match read_back(&new, &updated.texts[0].1) {
        Ok(read) => read,
        Err(mistakes) => return mistakes,
    };
    let options = PlanOptions::new(Style::Fast);
    let left = dialect::script(&read, &new, &[], &options).unwrap().0;
    let left: Vec<String> = left.statements().map(|statement| statement.sql.clone()).collect();
    if left.is_empty() {
        left
    } else {
        left.into_iter().chain([updated.texts[0].1.clone()]).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_postgres_model_reads_back_equal(model in model(Dialect::Postgres)) {
        let found = differences(&model);
        prop_assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn any_sqlite_model_reads_back_equal(model in model(Dialect::Sqlite)) {
        let found = differences(&model);
        prop_assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn any_tokens_are_read_without_a_panic(text in soup()) {
        read(&text);
        read(&format!("dbkit::schema! {{ table t (id) {{ id -> Integer, {text} }} }}"));
        read(&format!("dbkit::schema! {{ {text} table t (id) {{ {text} id -> Integer }} }}"));
    }

    #[test]
    fn any_mutated_text_is_read_without_a_panic(text in mutated()) {
        read(&text);
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "\\PC{0,80}") {
        read(&text);
        read(&format!("dbkit::schema! {{ {text} }}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_postgres_file_follows_any_model(old in model(Dialect::Postgres), new in model(Dialect::Postgres)) {
        let found = followed(&old, &new);
        prop_assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn a_sqlite_file_follows_any_model(old in model(Dialect::Sqlite), new in model(Dialect::Sqlite)) {
        let found = followed(&old, &new);
        prop_assert!(found.is_empty(), "{}", found.join("\n"));
    }
}
