//! A structure as people and programs read it.

use super::{ColumnDetail, Part, PartKind, Structure};
use crate::database::Value;
use crate::inspect::{Align, Count, Page, human_size, table};
use crate::terminal::harmless;
use serde_json::{Map, Value as Json, json};

/// A heading with a table under it; cells are harmless, empty where there is nothing.
struct Section {
    title: &'static str,
    heading: Vec<(&'static str, Align)>,
    rows: Vec<Vec<String>>,
}

const PARTS: [(&str, &[PartKind]); 8] = [
    ("Keys", &[PartKind::PrimaryKey, PartKind::Unique, PartKind::ForeignKey]),
    ("Checks", &[PartKind::Check]),
    ("Exclusions", &[PartKind::Exclusion]),
    ("Indexes", &[PartKind::Index]),
    ("Referred to by", &[PartKind::ReferencedBy]),
    ("Triggers", &[PartKind::Trigger]),
    ("Policies", &[PartKind::Policy]),
    ("Partitions", &[PartKind::Partition]),
];

impl Structure {
    /// Aligned tables under headings; `columns` is the terminal's width, if it has one.
    #[must_use]
    pub fn tables(&self, columns: Option<usize>) -> String {
        let mut out = format!("{}\n", self.head());
        for section in self.sections() {
            out.push_str(&format!("\n{}\n", section.title));
            out.push_str(&table::table(&section.heading, &section.rows, columns));
        }
        out
    }

    /// Lists of what each part has; nothing is cut.
    #[must_use]
    pub fn vertical(&self) -> String {
        let mut out = format!("{}\n", self.head());
        for section in self.sections() {
            out.push_str(&format!("\n-- {} --\n", section.title));
            let widest = section.heading.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
            for (number, row) in section.rows.iter().enumerate() {
                if number > 0 {
                    out.push('\n');
                }
                let filled = section.heading.iter().zip(row).filter(|(_, cell)| !cell.is_empty());
                for ((name, _), cell) in filled {
                    out.push_str(&format!("{name:widest$}  {cell}\n"));
                }
            }
        }
        out
    }

    /// Tables of Markdown under headings.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = format!("# {}\n", table::markdown_cell(&self.head()));
        for section in self.sections() {
            let names = section.heading.iter().map(|(name, _)| (*name).to_owned()).collect();
            out.push_str(&format!("\n## {}\n\n", section.title));
            out.push_str(&table::markdown_of(names, section.rows.into_iter()));
        }
        out
    }

    /// One row for each column and each part, for CSV and lines of JSON.
    #[must_use]
    pub fn flat(&self) -> Page {
        let text = |text: &str| Value::Text(text.to_owned());
        let some = |value: Option<&String>| value.map_or(Value::Null, |value| text(value));
        let columns = self.columns.iter().map(|column| {
            vec![
                text("column"),
                text(&column.name),
                text(&column.ty),
                Value::Bool(column.nullable),
                value_of(column).map_or(Value::Null, Value::Text),
                Value::Null,
                some(column.comment.as_ref()),
            ]
        });
        let parts = self.parts.iter().map(|part| {
            vec![
                text(part.kind.name()),
                some(shown_name(part).as_ref()),
                Value::Null,
                Value::Null,
                text(&part.definition),
                part.bytes.and_then(|n| i64::try_from(n).ok()).map_or(Value::Null, Value::Integer),
                some(part.comment.as_ref()),
            ]
        });
        let names = ["object", "name", "type", "nullable", "definition", "bytes", "comment"];
        Page {
            columns: names.map(str::to_owned).into(),
            rows: columns.chain(parts).collect(),
            ..Page::default()
        }
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> Json {
        let columns: Vec<Json> = self
            .columns
            .iter()
            .map(|column| {
                let (default, generated) = match column.generated {
                    true => (None, column.default.as_ref()),
                    false => (column.default.as_ref(), None),
                };
                json!({
                    "name": column.name,
                    "type": column.ty,
                    "nullable": column.nullable,
                    "default": default,
                    "generated": generated,
                    "identity": column.identity,
                    "comment": column.comment,
                })
            })
            .collect();
        let of = |kinds: &[PartKind]| -> Vec<Json> {
            self.parts.iter().filter(|part| kinds.contains(&part.kind)).map(part_json).collect()
        };
        let primary = self.parts.iter().find(|part| part.kind == PartKind::PrimaryKey);
        json!({
            "table": self.table.name.to_string(),
            "kind": self.table.kind,
            "comment": self.comment,
            "rows": self.table.rows.map(|count| count.rows),
            "rows_exact": self.table.rows.map(|count| count.exact),
            "bytes": self.table.bytes,
            "columns": columns,
            "primary_key": primary.map(part_json),
            "uniques": of(&[PartKind::Unique]),
            "foreign_keys": of(&[PartKind::ForeignKey]),
            "checks": of(&[PartKind::Check]),
            "exclusions": of(&[PartKind::Exclusion]),
            "indexes": of(&[PartKind::Index]),
            "referenced_by": of(&[PartKind::ReferencedBy]),
            "triggers": of(&[PartKind::Trigger]),
            "policies": of(&[PartKind::Policy]),
            "partitions": of(&[PartKind::Partition]),
        })
    }

    /// `comments: table, 42 rows, 16.0 KiB`
    fn head(&self) -> String {
        let mut out = format!("{}: {}", self.table.name, self.table.kind);
        if let Some(count) = self.table.rows {
            let one = count == Count { rows: 1, exact: true };
            out.push_str(&format!(", {count} {}", if one { "row" } else { "rows" }));
        }
        if let Some(bytes) = self.table.bytes {
            out.push_str(&format!(", {}", human_size(bytes)));
        }
        if let Some(comment) = &self.comment {
            out.push_str(&format!("; {comment}"));
        }
        harmless(&out)
    }

    fn sections(&self) -> Vec<Section> {
        let columns = self.columns.iter().map(|column| {
            let null = if column.nullable { "" } else { "NOT NULL" };
            let cells = [Some(&column.name), Some(&column.ty), Some(&null.to_owned())].map(shown);
            let value = value_of(column).map(|value| harmless(&value)).unwrap_or_default();
            [cells.to_vec(), vec![value, shown(column.comment.as_ref())]].concat()
        });
        let heading = ["column", "type", "null", "default", "comment"];
        let columns = Section {
            title: "Columns",
            heading: heading.map(|name| (name, Align::Left)).into(),
            rows: columns.collect(),
        };
        let parts = PARTS.iter().map(|(title, kinds)| {
            let parts = self.parts.iter().filter(|part| kinds.contains(&part.kind));
            let rows = parts.map(|part| {
                let bytes = part.bytes.map(human_size).unwrap_or_default();
                let name = shown(shown_name(part).as_ref());
                vec![name, harmless(&part.definition), bytes, shown(part.comment.as_ref())]
            });
            let heading = [
                ("name", Align::Left),
                ("definition", Align::Left),
                ("size", Align::Right),
                ("comment", Align::Left),
            ];
            Section { title, heading: heading.into(), rows: rows.collect() }
        });
        let all = std::iter::once(columns).chain(parts);
        all.filter(|section| !section.rows.is_empty()).map(Section::filled).collect()
    }
}

impl Section {
    /// Without columns that are empty in every row.
    fn filled(mut self) -> Self {
        let used: Vec<bool> = (0..self.heading.len())
            .map(|at| self.rows.iter().any(|row| row.get(at).is_some_and(|cell| !cell.is_empty())))
            .collect();
        let mut keep = used.iter();
        self.heading.retain(|_| keep.next() == Some(&true));
        for row in &mut self.rows {
            let mut keep = used.iter();
            row.retain(|_| keep.next() == Some(&true));
        }
        self
    }
}

fn shown(text: Option<&String>) -> String {
    text.map(|text| harmless(text)).unwrap_or_default()
}

/// What fills the column when nothing is given.
fn value_of(column: &ColumnDetail) -> Option<String> {
    match (column.identity, &column.default, column.generated) {
        (Some(identity), ..) => Some(format!("identity {identity}")),
        (None, Some(expr), true) => Some(format!("generated {expr}")),
        (None, default, _) => default.clone(),
    }
}

/// A part of another table stands under that one's name.
fn shown_name(part: &Part) -> Option<String> {
    match (&part.kind, &part.other) {
        (PartKind::ReferencedBy, Some((table, _))) => {
            Some(format!("{table} ({})", part.columns.join(", ")))
        }
        (PartKind::Partition, Some((table, _))) => Some(table.to_string()),
        _ => part.name.clone(),
    }
}

fn part_json(part: &Part) -> Json {
    let mut object = Map::new();
    object.insert("name".to_owned(), json!(part.name));
    if !part.columns.is_empty() {
        object.insert("columns".to_owned(), json!(part.columns));
    }
    object.insert("definition".to_owned(), json!(part.definition));
    if let Some((table, columns)) = &part.other {
        object.insert("table".to_owned(), json!(table.to_string()));
        if !columns.is_empty() {
            object.insert("parent_columns".to_owned(), json!(columns));
        }
    }
    if part.kind == PartKind::Index {
        object.insert("unique".to_owned(), json!(part.definition.starts_with("UNIQUE ")));
    }
    if part.bytes.is_some() {
        object.insert("bytes".to_owned(), json!(part.bytes));
    }
    object.insert("comment".to_owned(), json!(part.comment));
    Json::Object(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_columns_are_left_out() {
        let section = Section {
            title: "t",
            heading: vec![("a", Align::Left), ("b", Align::Left), ("c", Align::Left)],
            rows: vec![vec!["1".to_owned(), String::new(), "3".to_owned()]],
        };
        let filled = section.filled();
        assert_eq!(filled.rows, [["1", "3"]]);
        assert_eq!(filled.heading, [("a", Align::Left), ("c", Align::Left)]);
    }
}
