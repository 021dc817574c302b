//! The attributes of the schema language: one table for parser, macro, reader and documentation.

/// Where an attribute may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Table,
    Column,
    Enum,
    Label,
}

impl Target {
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Table => "a table",
            Self::Column => "a column",
            Self::Enum => "an enum",
            Self::Label => "a label",
        }
    }
}

/// What may follow an attribute's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Nothing: `#[strict]`
    Flag,
    /// One string: `#[default = "now()"]`
    Text,
    /// One string, number or boolean: `#[default = 0]`
    Value,
    /// One whole number: `#[max_length = 36]`
    Integer,
    /// One number or several: `#[precision = 3]`, `#[precision(10, 2)]`
    IntegerOrList,
    /// One word: `#[storage = external]`
    Word,
    /// Arguments in parentheses: `#[unique(a, b)]`
    List,
    /// Nothing or arguments: `#[identity]`, `#[identity(always)]`
    FlagOrList,
    /// Nothing, a word or arguments: `#[pii]`, `#[pii = hash]`, `#[pii(mask = hash)]`
    FlagOrWord,
    /// A string or arguments: `#[check = "a > 0"]`, `#[check("a > 0", name = "positive")]`
    TextOrList,
}

/// One attribute as the language knows it.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    pub name: &'static str,
    pub targets: &'static [Target],
    pub shape: Shape,
    /// May stand several times on one thing.
    pub repeats: bool,
    pub example: &'static str,
}

const TABLE: &[Target] = &[Target::Table];
const COLUMN: &[Target] = &[Target::Column];
const BOTH: &[Target] = &[Target::Table, Target::Column];
const LABEL: &[Target] = &[Target::Label];
const NAMED: &[Target] = &[Target::Table, Target::Column, Target::Enum, Target::Label];

const fn known(
    name: &'static str,
    targets: &'static [Target],
    shape: Shape,
    example: &'static str,
) -> Known {
    Known { name, targets, shape, repeats: false, example }
}

const fn repeated(
    name: &'static str,
    targets: &'static [Target],
    shape: Shape,
    example: &'static str,
) -> Known {
    Known { name, targets, shape, repeats: true, example }
}

/// Every attribute, sorted by name.
pub const KNOWN: &[Known] = &[
    known("access_method", TABLE, Shape::Text, r#"#[access_method = "heap"]"#),
    known("autoincrement", COLUMN, Shape::Flag, "#[autoincrement]"),
    repeated("check", BOTH, Shape::TextOrList, r#"#[check("price > 0", name = "positive_price")]"#),
    known("collate", COLUMN, Shape::TextOrList, r#"#[collate = "de-x-icu"]"#),
    known(
        "comment",
        &[Target::Table, Target::Column, Target::Enum],
        Shape::Text,
        r#"#[comment = "Shown to nobody"]"#,
    ),
    known("compression", COLUMN, Shape::Word, "#[compression = lz4]"),
    known("default", COLUMN, Shape::Value, r#"#[default = "now()"]"#),
    repeated(
        "exclude",
        TABLE,
        Shape::List,
        r#"#[exclude(room with "=", during with "&&", method = "gist", name = "no_overlap")]"#,
    ),
    known("force_row_security", TABLE, Shape::Flag, "#[force_row_security]"),
    repeated(
        "foreign_key",
        TABLE,
        Shape::List,
        "#[foreign_key((a, b) references parent(x, y), on_delete = cascade)]",
    ),
    known("generated", COLUMN, Shape::TextOrList, r#"#[generated = "price * quantity"]"#),
    known("identity", COLUMN, Shape::FlagOrList, "#[identity(always, start = 1000)]"),
    repeated(
        "index",
        BOTH,
        Shape::FlagOrList,
        r#"#[index(user_id, created_at desc, where = "deleted_at IS NULL")]"#,
    ),
    known("inherited", COLUMN, Shape::Flag, "#[inherited]"),
    known("inherits", TABLE, Shape::List, "#[inherits(animals)]"),
    known("max_length", COLUMN, Shape::Integer, "#[max_length = 36]"),
    known("not_null", COLUMN, Shape::List, "#[not_null(on_conflict = ignore)]"),
    known("nullable", COLUMN, Shape::Flag, "#[nullable]"),
    known("of_type", TABLE, Shape::TextOrList, r#"#[of_type = "address"]"#),
    known("on_update", COLUMN, Shape::Text, r#"#[on_update = "now()"]"#),
    known("options", COLUMN, Shape::List, r#"#[options(n_distinct = "-0.5")]"#),
    known("partition_by", TABLE, Shape::Text, r#"#[partition_by = "RANGE (created_at)"]"#),
    known("partition_of", TABLE, Shape::List, r#"#[partition_of(events, "FOR VALUES IN ('eu')")]"#),
    known("pii", COLUMN, Shape::FlagOrWord, "#[pii = hash]"),
    known("precision", COLUMN, Shape::IntegerOrList, "#[precision(10, 2)]"),
    known("primary_key", TABLE, Shape::List, r#"#[primary_key(name = "users_pk")]"#),
    repeated("references", COLUMN, Shape::List, "#[references(users.id, on_delete = cascade)]"),
    repeated("renamed_from", NAMED, Shape::Text, r#"#[renamed_from = "old_name"]"#),
    repeated("replaces", LABEL, Shape::Text, r#"#[replaces = "cancelled"]"#),
    known("replica_identity", TABLE, Shape::FlagOrList, "#[replica_identity(full)]"),
    known("row_security", TABLE, Shape::Flag, "#[row_security]"),
    known("schema", &[Target::Table, Target::Enum], Shape::Text, r#"#[schema = "auth"]"#),
    known("serial", COLUMN, Shape::FlagOrList, "#[serial]"),
    known("sql_name", NAMED, Shape::Text, r#"#[sql_name = "type"]"#),
    known("sql_type", COLUMN, Shape::Text, r#"#[sql_type = "numeric(10, 2)"]"#),
    known("statistics", COLUMN, Shape::Integer, "#[statistics = 500]"),
    known("storage", COLUMN, Shape::Word, "#[storage = external]"),
    known("strict", TABLE, Shape::Flag, "#[strict]"),
    known("tablespace", TABLE, Shape::Text, r#"#[tablespace = "fast"]"#),
    known("tenant", TABLE, Shape::List, "#[tenant(organisation_id)]"),
    repeated(
        "unique",
        BOTH,
        Shape::FlagOrList,
        r#"#[unique(tenant_id, email, name = "one_email")]"#,
    ),
    known("unlogged", TABLE, Shape::Flag, "#[unlogged]"),
    known(
        "using",
        COLUMN,
        Shape::List,
        r#"#[using("price::integer", from = "text", back = "price::text")]"#,
    ),
    known("with", TABLE, Shape::List, "#[with(fillfactor = 70)]"),
    known("without_rowid", TABLE, Shape::Flag, "#[without_rowid]"),
];

/// The attribute of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.name == name)
}

/// True when the language has an attribute of that name anywhere.
#[must_use]
pub fn is_known(name: &str) -> bool {
    find(name).is_some()
}

/// Rust's and Diesel's own attributes, which are passed on.
#[must_use]
pub fn is_foreign(name: &str) -> bool {
    matches!(
        name,
        "doc"
            | "allow"
            | "warn"
            | "deny"
            | "expect"
            | "cfg"
            | "cfg_attr"
            | "deprecated"
            | "diesel"
            | "derive"
            | "rustfmt"
    )
}

/// The known name for that target that a misspelled one is nearest to.
#[must_use]
pub fn nearest(name: &str, target: Target) -> Option<&'static str> {
    let known = KNOWN.iter().filter(|known| known.targets.contains(&target));
    crate::nearest(name, known.map(|known| known.name))
}
