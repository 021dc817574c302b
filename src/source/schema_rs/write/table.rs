//! One table: its attributes, its columns, and where each constraint is written.

use super::layout::{Arg, Attribute, comment};
use super::plan::Plan;
use super::{column_type, options};
use crate::dialect::postgres::quote;
use crate::model::{Column, ColumnRef, Mask, Model, Persistence, QName, ReplicaIdentity, Table};
use std::collections::BTreeMap;
use std::fmt::Write;

/// A table's text without its comments, in the parts in which it can be replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrittenTable {
    pub comment: Option<String>,
    /// Attributes and the line that opens the table.
    pub head: String,
    pub columns: Vec<WrittenColumn>,
}

/// A column's attributes and its line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrittenColumn {
    pub name: String,
    pub comment: Option<String>,
    pub text: String,
}

impl WrittenTable {
    pub fn write(&self, out: &mut String) {
        if let Some(text) = &self.comment {
            comment(text, 4, out);
        }
        out.push_str(&self.head);
        for column in &self.columns {
            if let Some(text) = &column.comment {
                comment(text, 8, out);
            }
            out.push_str(&column.text);
        }
        out.push_str("    }\n");
    }
}

/// Collects attributes of a table and of its columns, then writes it.
pub struct TableWriter<'a> {
    pub model: &'a Model,
    pub plan: &'a Plan<'a>,
    pub table: &'a Table,
    pub personal: &'a BTreeMap<ColumnRef, Option<Mask>>,
    /// Identifiers of the columns, by position.
    pub idents: &'a [String],
    pub attributes: Vec<Attribute>,
    pub column_attributes: Vec<Vec<Attribute>>,
}

impl<'a> TableWriter<'a> {
    pub fn new(
        model: &'a Model,
        plan: &'a Plan<'a>,
        table: &'a Table,
        personal: &'a BTreeMap<ColumnRef, Option<Mask>>,
    ) -> Self {
        Self {
            model,
            plan,
            table,
            personal,
            idents: plan.columns(&table.name),
            attributes: Vec::new(),
            column_attributes: vec![Vec::new(); table.columns.len()],
        }
    }

    /// The table's text in the parts in which it can be replaced.
    pub fn parts(mut self) -> WrittenTable {
        let ident = self.plan.table(&self.table.name).unwrap_or("unnamed");
        let schema = self.name_attributes(ident);
        self.own_attributes();
        let mut column_types = Vec::with_capacity(self.table.columns.len());
        for (column, ident) in self.table.columns.iter().zip(self.idents) {
            let mut attributes = Vec::new();
            if ident.trim_start_matches("r#") != column.name {
                attributes.push(Attribute::value("sql_name", Arg::text(&column.name)));
            }
            let ty = column_type(self.model, self.plan, column, &mut attributes);
            column_types.push(self.nullability(column, ty, &mut attributes));
            self.value_attributes(column, &mut attributes);
            let place = ColumnRef { table: self.table.name.clone(), column: column.name.clone() };
            match self.personal.get(&place) {
                None => {}
                Some(None) => attributes.push(Attribute::flag("pii")),
                Some(Some(mask)) => {
                    attributes.push(Attribute::value("pii", Arg::word(mask.word())));
                }
            }
            if let Some(slot) = self.column_attributes.get_mut(column_types.len() - 1) {
                *slot = attributes;
            }
        }
        self.primary_key();
        self.uniques();
        self.foreign_keys();
        self.checks();
        self.exclusions();
        self.indexes();
        self.storage_attributes();

        let mut head = String::new();
        for attribute in &self.attributes {
            attribute.write(4, &mut head);
        }
        let key = self.table.primary_key.as_ref().map_or(&[][..], |key| &key.columns);
        let key: Vec<&str> = key.iter().map(|name| self.ident(name).unwrap_or(name)).collect();
        let _ = writeln!(head, "    table {schema}{ident} ({}) {{", key.join(", "));
        let columns = self.table.columns.iter().zip(&self.column_attributes);
        let columns = columns.zip(self.idents.iter().zip(&column_types));
        let columns = columns.map(|((column, attributes), (ident, ty))| {
            let mut text = String::new();
            for attribute in attributes {
                attribute.write(8, &mut text);
            }
            let _ = writeln!(text, "        {ident} -> {ty},");
            WrittenColumn { name: column.name.clone(), comment: column.comment.clone(), text }
        });
        WrittenTable { comment: self.table.comment.clone(), head, columns: columns.collect() }
    }

    /// The position of the column of that name.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.table.columns.iter().position(|c| c.name == column)
    }

    pub fn ident(&self, column: &str) -> Option<&'a str> {
        self.idents.get(self.position(column)?).map(String::as_str)
    }

    /// A column inside an attribute: its identifier, or its name as a string when the table has
    /// no such column (a system column of SQLite, say).
    pub fn column_arg(&self, column: &str) -> Arg {
        self.ident(column).map_or_else(|| Arg::text(column), Arg::word)
    }

    pub fn column_args(&self, columns: &[String]) -> Vec<Arg> {
        columns.iter().map(|column| self.column_arg(column)).collect()
    }

    /// A word that switches something on, told apart from a column of the same name.
    pub fn flag(&self, word: &'static str) -> Arg {
        if self.idents.iter().any(|ident| ident == word) {
            Arg::pair(word, Arg::word("true"))
        } else {
            Arg::word(word)
        }
    }

    /// A table by its identifier, or by its name where the model does not have it.
    pub fn table_arg(&self, name: &QName) -> Arg {
        match self.plan.table(name) {
            Some(ident) => Arg::word(ident),
            None => Arg::text(quote::qname(name)),
        }
    }

    /// Adds what the identifier does not say; returns the schema to write before it.
    fn name_attributes(&mut self, ident: &str) -> String {
        let name = &self.table.name;
        let inline = name.schema.as_deref().filter(|schema| {
            super::super::identifiers::snake_case(schema) == **schema
                && syn::parse_str::<syn::Ident>(schema).is_ok()
        });
        if let (Some(schema), None) = (&name.schema, inline) {
            self.attributes.push(Attribute::value("schema", Arg::text(schema)));
        }
        if ident.trim_start_matches("r#") != name.name {
            self.attributes.push(Attribute::value("sql_name", Arg::text(&name.name)));
        }
        inline.map(|schema| format!("{schema}.")).unwrap_or_default()
    }

    /// Facts about the table as a whole that come before its keys.
    fn own_attributes(&mut self) {
        let table = self.table;
        if let Some(parent) = &table.partition_of {
            let args = vec![self.table_arg(&parent.parent), Arg::text(parent.bound.as_str())];
            self.attributes.push(Attribute::list("partition_of", args));
        }
        if let Some(key) = &table.partition_by {
            self.attributes.push(Attribute::value("partition_by", Arg::text(key.as_str())));
        }
        if !table.inherits.is_empty() {
            let parents = table.inherits.iter().map(|parent| self.table_arg(parent)).collect();
            self.attributes.push(Attribute::list("inherits", parents));
        }
        if let Some(ty) = &table.of_type {
            self.attributes.push(Attribute::value("of_type", Arg::text(quote::qname(ty))));
        }
        let tenant = self.plan.tenant(&table.name);
        if let Some(column) = tenant {
            self.attributes.push(Attribute::list("tenant", vec![self.column_arg(column)]));
        }
        for (flag, on) in [
            ("strict", table.strict),
            ("without_rowid", table.without_rowid),
            ("unlogged", table.persistence == Persistence::Unlogged),
            ("row_security", table.row_security && tenant.is_none()),
            ("force_row_security", table.force_row_security && tenant.is_none()),
        ] {
            if on {
                self.attributes.push(Attribute::flag(flag));
            }
        }
    }

    fn storage_attributes(&mut self) {
        let table = self.table;
        match &table.replica_identity {
            ReplicaIdentity::Default => {}
            ReplicaIdentity::Nothing => {
                self.attributes.push(Attribute::value("replica_identity", Arg::word("nothing")));
            }
            ReplicaIdentity::Full => {
                self.attributes.push(Attribute::value("replica_identity", Arg::word("full")));
            }
            ReplicaIdentity::Index(name) => {
                let index = Arg::pair("index", Arg::text(name));
                self.attributes.push(Attribute::list("replica_identity", vec![index]));
            }
        }
        if !table.options.is_empty() {
            self.attributes.push(Attribute::list("with", options(&table.options)));
        }
        if let Some(name) = &table.tablespace {
            self.attributes.push(Attribute::value("tablespace", Arg::text(name)));
        }
        if let Some(name) = &table.access_method {
            self.attributes.push(Attribute::value("access_method", Arg::text(name)));
        }
    }

    /// `Nullable<…>`; a key column that the database lets be NULL (SQLite) is marked instead, so
    /// that Diesel still reads it as a plain value.
    fn nullability(&self, column: &Column, ty: String, attributes: &mut Vec<Attribute>) -> String {
        if !column.nullable {
            return ty;
        }
        let key = self.table.primary_key.as_ref();
        if key.is_some_and(|key| key.columns.contains(&column.name)) {
            attributes.push(Attribute::flag("nullable"));
            return ty;
        }
        format!("Nullable<{ty}>")
    }
}
