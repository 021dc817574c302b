//! Keys, checks and exclusions: on the column where one column and the order allow it, else on the
//! table.

use super::super::fit::fits;
use super::super::{default_names, mentions};
use super::column::conflict_word;
use super::layout::{Arg, Attribute};
use super::options;
use super::plan;
use super::table::TableWriter;
use crate::model::{Deferrable, Dialect, FkAction, ForeignKey, MatchKind, Options};

impl TableWriter<'_> {
    /// What the list of key columns does not say about the primary key.
    pub fn primary_key(&mut self) {
        let Some(key) = &self.table.primary_key else { return };
        let parts = default_names::primary_key(key);
        let mut args = self.name_arg(key.name.as_deref(), &parts);
        let down = |(column, down): (&String, &bool)| down.then(|| self.column_arg(column));
        let descending: Vec<Arg> =
            key.columns.iter().zip(&key.descending).filter_map(down).collect();
        if !descending.is_empty() {
            args.push(Arg::List("desc".to_owned(), descending));
        }
        self.include(&key.include, &mut args);
        args.extend(deferrable(key.deferrable));
        args.extend(key.on_conflict.map(|c| Arg::pair("on_conflict", conflict_word(c))));
        storage(&key.options, key.tablespace.as_deref(), &mut args);
        if key.clustered {
            args.push(self.flag("clustered"));
        }
        notes(&key.inherited_from, &key.comment, &key.index_comment, &mut args);
        if !args.is_empty() {
            self.attributes.push(Attribute::list("primary_key", args));
        }
    }

    pub fn uniques(&mut self) {
        let homes = self.homes(self.table.uniques.iter().map(|unique| {
            let single = match unique.columns.as_slice() {
                [only] if !unique.behind_columns => self.position(only),
                _ => None,
            };
            (single, unique.name.is_some())
        }));
        for (unique, home) in self.table.uniques.iter().zip(homes) {
            let parts = default_names::unique(unique);
            let mut args = match home {
                Some(_) => Vec::new(),
                None => self.column_args(&unique.columns),
            };
            args.extend(self.name_arg(unique.name.as_deref(), &parts));
            if !unique.elements_sql.is_empty() {
                let elements = unique.elements_sql.iter().map(Arg::text).collect();
                args.push(Arg::List("elements".to_owned(), elements));
            }
            self.include(&unique.include, &mut args);
            if unique.nulls_not_distinct {
                args.push(self.flag("nulls_not_distinct"));
            }
            args.extend(deferrable(unique.deferrable));
            args.extend(unique.on_conflict.map(|c| Arg::pair("on_conflict", conflict_word(c))));
            storage(&unique.options, unique.tablespace.as_deref(), &mut args);
            if unique.clustered {
                args.push(self.flag("clustered"));
            }
            notes(&unique.inherited_from, &unique.comment, &unique.index_comment, &mut args);
            self.place(home, Attribute::list("unique", args));
        }
    }

    pub fn foreign_keys(&mut self) {
        let homes = self.homes(self.table.foreign_keys.iter().map(|key| {
            let single = match (key.columns.as_slice(), key.parent_columns.as_slice()) {
                ([only], [_]) if !key.behind_columns => self.position(only),
                _ => None,
            };
            (single, key.name.is_some())
        }));
        for (key, home) in self.table.foreign_keys.iter().zip(homes) {
            let (name, mut args) = match home {
                Some(_) => ("references", self.parent(key)),
                None => {
                    let mut args = self.column_args(&key.columns);
                    args.push(Arg::List("references".to_owned(), self.parent(key)));
                    ("foreign_key", args)
                }
            };
            args.extend(self.name_arg(key.name.as_deref(), &default_names::foreign_key(key)));
            args.extend(action("on_delete", key.on_delete));
            if !key.on_delete_columns.is_empty() {
                let columns = self.column_args(&key.on_delete_columns);
                args.push(Arg::List("on_delete_columns".to_owned(), columns));
            }
            args.extend(action("on_update", key.on_update));
            match key.match_kind {
                MatchKind::Simple => {}
                MatchKind::Full => args.push(Arg::pair("match", Arg::word("full"))),
                MatchKind::Partial => args.push(Arg::pair("match", Arg::word("partial"))),
            }
            args.extend(deferrable(key.deferrable));
            if key.not_valid {
                args.push(Arg::word("not_valid"));
            }
            notes(&key.inherited_from, &key.comment, &None, &mut args);
            self.place(home, Attribute::list(name, args));
        }
    }

    /// The columns a foreign key points at: `users.id`; by SQL name where the model has no such
    /// table or column (SQLite allows both).
    fn parent(&self, key: &ForeignKey) -> Vec<Arg> {
        let columns = self.plan.columns(&key.parent);
        let parent = self.model.tables.get(&key.parent);
        let ident = |column: &String| {
            let at = parent?.columns.iter().position(|c| c.name == *column)?;
            Some(Arg::word(format!("{}.{}", self.plan.table(&key.parent)?, columns.get(at)?)))
        };
        // SQLite takes a key that does not fit; a reader takes it for a slip unless it is exact.
        let odd = self.model.dialect == Dialect::Sqlite
            && parent.is_some_and(|parent| !fits(self.table, key, parent, Dialect::Sqlite));
        let known: Option<Vec<Arg>> =
            key.parent_columns.iter().map(ident).collect::<Option<_>>().filter(|_| !odd);
        // SQLite's `REFERENCES parent` has no columns when the parent is not there.
        known.filter(|known| !known.is_empty()).unwrap_or_else(|| {
            let mut args = vec![Arg::pair("table", Arg::text(&key.parent.name))];
            if let Some(schema) = &key.parent.schema {
                args.push(Arg::pair("schema", Arg::text(schema)));
            }
            if !key.parent_columns.is_empty() {
                let columns = key.parent_columns.iter().map(Arg::text).collect();
                args.push(Arg::List("columns".to_owned(), columns));
            }
            args
        })
    }

    pub fn checks(&mut self) {
        let names: Vec<&str> = self.table.columns.iter().map(|c| c.name.as_str()).collect();
        let dialect = self.model.dialect;
        let homes = self.homes(self.table.checks.iter().map(|check| {
            let single = match mentions::columns(check.expr.as_str(), &names, dialect).as_slice() {
                [only] => Some(*only),
                _ => None,
            };
            (single, check.name.is_some())
        }));
        for (check, home) in self.table.checks.iter().zip(homes) {
            let parts = default_names::check(check, self.table, dialect);
            let mut args = vec![Arg::text(check.expr.as_str())];
            args.extend(self.name_arg(check.name.as_deref(), &parts));
            for (word, on) in [
                ("not_valid", check.not_valid),
                ("no_inherit", check.no_inherit),
                ("inherited", check.inherited),
            ] {
                if on {
                    args.push(Arg::word(word));
                }
            }
            notes(&None, &check.comment, &None, &mut args);
            self.place(home, Attribute::list("check", args));
        }
    }

    pub fn exclusions(&mut self) {
        for exclusion in &self.table.exclusions {
            let mut args: Vec<Arg> = exclusion
                .index
                .elements
                .iter()
                .enumerate()
                .map(|(at, element)| {
                    self.element(element, exclusion.operators.get(at).map(String::as_str))
                })
                .collect();
            let parts = default_names::exclusion(exclusion);
            args.extend(self.name_arg(Some(&exclusion.name), &parts));
            self.index_options(&exclusion.index, &mut args);
            args.extend(deferrable(exclusion.deferrable));
            notes(&None, &exclusion.comment, &exclusion.index.comment, &mut args);
            self.attributes.push(Attribute::list("exclude", args));
        }
    }

    pub fn include(&self, columns: &[String], args: &mut Vec<Arg>) {
        if !columns.is_empty() {
            args.push(Arg::List("include".to_owned(), self.column_args(columns)));
        }
    }

    fn name_arg(&self, name: Option<&str>, parts: &default_names::Parts) -> Vec<Arg> {
        if plan::omit(self.plan, self.model.dialect, self.table, name, parts) {
            return Vec::new();
        }
        name.map(|name| Arg::pair("name", Arg::text(name))).into_iter().collect()
    }

    fn place(&mut self, home: Option<usize>, attribute: Attribute) {
        match home.and_then(|at| self.column_attributes.get_mut(at)) {
            Some(column) => column.push(attribute),
            None => self.attributes.push(attribute),
        }
    }

    /// Where each of a list is written: at its only column, or at the table (`None`).
    ///
    /// Unnamed ones (SQLite) keep the order they have in the model, and a reader sees those of
    /// columns first: as soon as one does not stand in that order, it and all after it go to the
    /// table.
    fn homes(&self, items: impl Iterator<Item = (Option<usize>, bool)>) -> Vec<Option<usize>> {
        let mut last = Some(0);
        items
            .map(|(column, named)| {
                if named {
                    return column;
                }
                last = column.filter(|at| last.is_some_and(|last| *at >= last));
                last
            })
            .collect()
    }
}

pub fn deferrable(deferrable: Deferrable) -> Option<Arg> {
    match deferrable {
        Deferrable::No => None,
        Deferrable::InitiallyImmediate => Some(Arg::word("deferrable")),
        Deferrable::InitiallyDeferred => {
            Some(Arg::pair("deferrable", Arg::word("initially_deferred")))
        }
    }
}

fn action(key: &'static str, action: FkAction) -> Option<Arg> {
    let word = match action {
        FkAction::NoAction => return None,
        FkAction::Restrict => "restrict",
        FkAction::Cascade => "cascade",
        FkAction::SetNull => "set_null",
        FkAction::SetDefault => "set_default",
    };
    Some(Arg::pair(key, Arg::word(word)))
}

/// Storage parameters and tablespace of an index.
pub fn storage(map: &Options, tablespace: Option<&str>, args: &mut Vec<Arg>) {
    if !map.is_empty() {
        args.push(Arg::List("with".to_owned(), options(map)));
    }
    if let Some(name) = tablespace {
        args.push(Arg::pair("tablespace", Arg::text(name)));
    }
}

fn notes(
    inherited_from: &Option<String>,
    comment: &Option<String>,
    index_comment: &Option<String>,
    args: &mut Vec<Arg>,
) {
    for (key, text) in
        [("inherited_from", inherited_from), ("comment", comment), ("index_comment", index_comment)]
    {
        if let Some(text) = text {
            args.push(Arg::pair(key, Arg::text(text)));
        }
    }
}
