//! Statements as far as rules look at them.

use std::ops::Range;

/// One statement of a migration.
#[derive(Clone, Debug)]
pub struct Statement {
    /// In the file, without COPY data.
    pub span: Range<usize>,
    /// From the first word to the name of what it is about: what a caret is drawn under.
    pub head: Range<usize>,
    pub kind: Kind,
    /// Statements with the same number share a transaction; `None` has one of its own.
    pub transaction: Option<usize>,
    /// `generate` has marked it as rewriting, scanning or blocking a table.
    pub marked: bool,
}

/// Names are folded; those of the default schema stand without it.
#[derive(Clone, Debug)]
pub enum Kind {
    CreateTable {
        name: String,
        columns: Vec<ColumnDef>,
        constraints: Vec<ConstraintDef>,
    },
    AlterTable {
        name: String,
        actions: Vec<Action>,
    },
    CreateIndex {
        table: String,
        unique: bool,
        concurrently: bool,
    },
    Drop {
        what: &'static str,
        names: Vec<String>,
        concurrently: bool,
        cascade: bool,
    },
    Reindex {
        concurrently: bool,
    },
    Refresh {
        concurrently: bool,
    },
    Truncate,
    Delete {
        table: String,
        filtered: bool,
    },
    Update {
        table: String,
        filtered: bool,
    },
    Vacuum {
        full: bool,
    },
    Cluster,
    Lock {
        table: String,
    },
    AlterType {
        name: String,
        change: TypeChange,
    },
    /// `ALTER something … SET SCHEMA` of what is neither table nor type.
    SetSchema,
    /// `ALTER … RENAME TO` of a view, sequence, function and so on.
    Rename {
        what: &'static str,
        name: String,
    },
    /// `SET [LOCAL] name = value`; the value as written.
    Set {
        name: String,
        value: String,
    },
    /// BEGIN, COMMIT and what else steers a transaction.
    Transaction,
    Other,
}

#[derive(Clone, Debug)]
pub struct Action {
    pub span: Range<usize>,
    pub kind: ActionKind,
}

#[derive(Clone, Debug)]
pub enum ActionKind {
    AddColumn(ColumnDef),
    DropColumn {
        name: String,
    },
    RenameColumn {
        from: String,
    },
    RenameTable,
    SetType {
        column: String,
    },
    SetNotNull {
        column: String,
    },
    DropNotNull {
        column: String,
    },
    AddConstraint(ConstraintDef),
    DropConstraint {
        name: String,
    },
    Validate {
        name: String,
    },
    DisableTrigger {
        name: String,
    },
    EnableTrigger,
    SetSchema,
    AttachPartition {
        partition: String,
    },
    DetachPartition {
        concurrently: bool,
    },
    /// SET LOGGED, SET TABLESPACE, SET ACCESS METHOD.
    Rewrite,
    Other,
}

#[derive(Clone, Debug)]
pub struct ConstraintDef {
    pub name: Option<String>,
    pub span: Range<usize>,
    pub kind: ConstraintKind,
    pub not_valid: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConstraintKind {
    /// The column, where the check says nothing but `column IS NOT NULL`.
    Check {
        not_null: Option<String>,
    },
    ForeignKey,
    PrimaryKey {
        using_index: bool,
    },
    Unique {
        using_index: bool,
    },
    Exclude,
    NotNull,
}

#[derive(Clone, Debug)]
pub struct ColumnDef {
    pub name: String,
    pub span: Range<usize>,
    /// In lower case with single spaces, without modifier: `character varying`.
    pub ty: String,
    /// Whether the type has a length or precision.
    pub modified: bool,
    pub array: bool,
    pub ty_span: Range<usize>,
    pub not_null: bool,
    pub default: Option<Range<usize>>,
    pub identity: bool,
    /// `GENERATED ALWAYS AS (…) STORED`
    pub stored: bool,
    pub primary_key: bool,
    pub unique: bool,
    pub references: bool,
    pub check: bool,
}

#[derive(Clone, Debug)]
pub enum TypeChange {
    AddValue { label: String },
    RenameValue,
    Rename,
    SetSchema,
    Attribute,
    Other,
}
