//! Tables.

use super::quote::{ident, idents, literal, qname};
use super::{columns, comments, constraints, indexes, types};
use crate::diff::{Constraint, TableChange, constraints as all_constraints};
use crate::model::{Column, ColumnValue, Persistence, QName, ReplicaIdentity, Table};
use crate::plan::CopiedColumn;

/// CREATE TABLE, one column or constraint a line. What a partition or child inherits is left out.
pub(super) fn create(table: &Table) -> String {
    let unlogged = if table.persistence == Persistence::Unlogged { "UNLOGGED " } else { "" };
    let mut sql = format!("CREATE {unlogged}TABLE {}", qname(&table.name));
    let mut lines: Vec<String> = Vec::new();
    if table.of_type.is_some() {
        lines.extend(table.columns.iter().filter_map(typed_column));
    } else {
        let own = table.columns.iter().filter(|column| !column.inherited);
        lines.extend(own.map(columns::definition));
    }
    let own = all_constraints(table).into_iter().filter(|c| !c.is_inherited());
    lines.extend(own.map(|c| constraints::definition(&c, false)));
    if let Some(partition) = &table.partition_of {
        sql.push_str(&format!(" PARTITION OF {}", qname(&partition.parent)));
    } else if let Some(ty) = &table.of_type {
        sql.push_str(&format!(" OF {}", qname(ty)));
    }
    let bare = table.partition_of.is_some() || table.of_type.is_some();
    if !lines.is_empty() {
        sql.push_str(&format!(" (\n    {}\n)", lines.join(",\n    ")));
    } else if !bare {
        sql.push_str(" ()");
    }
    if let Some(partition) = &table.partition_of {
        sql.push_str(&format!(" {}", partition.bound));
    }
    if !table.inherits.is_empty() {
        let parents: Vec<String> = table.inherits.iter().map(qname).collect();
        sql.push_str(&format!(" INHERITS ({})", parents.join(", ")));
    }
    if let Some(key) = &table.partition_by {
        sql.push_str(&format!(" PARTITION BY {key}"));
    }
    if let Some(method) = &table.access_method {
        sql.push_str(&format!(" USING {}", ident(method)));
    }
    if !table.options.is_empty() {
        sql.push_str(&format!(" WITH ({})", indexes::options(&table.options)));
    }
    if let Some(tablespace) = &table.tablespace {
        sql.push_str(&format!(" TABLESPACE {}", ident(tablespace)));
    }
    sql.push(';');
    sql
}

/// What a table of a composite type says about a column: only what the type does not.
fn typed_column(column: &Column) -> Option<String> {
    let mut sql = String::new();
    if let ColumnValue::Default(expr) = &column.value {
        sql.push_str(&format!(" DEFAULT {expr}"));
    }
    if !column.nullable {
        sql.push_str(" NOT NULL");
    }
    (!sql.is_empty()).then(|| format!("{} WITH OPTIONS{sql}", ident(&column.name)))
}

/// The statements of one property's change.
pub(super) fn alter(table: &QName, change: &TableChange) -> Vec<String> {
    let start = format!("ALTER TABLE {}", qname(table));
    let one = |tail: String| vec![format!("{start} {tail};")];
    match change {
        TableChange::Comment(text) => {
            vec![comments::set("TABLE", &qname(table), text.as_deref())]
        }
        TableChange::Persistence(Persistence::Logged) => one("SET LOGGED".to_owned()),
        TableChange::Persistence(Persistence::Unlogged) => one("SET UNLOGGED".to_owned()),
        TableChange::Options { from, to } => indexes::option_changes(&start, from, to),
        TableChange::Tablespace(space) => {
            one(format!("SET TABLESPACE {}", ident(space.as_deref().unwrap_or("pg_default"))))
        }
        TableChange::AccessMethod(method) => {
            one(format!("SET ACCESS METHOD {}", ident(method.as_deref().unwrap_or("heap"))))
        }
        TableChange::OfType { to: Some(ty), .. } => one(format!("OF {}", qname(ty))),
        TableChange::OfType { to: None, .. } => one("NOT OF".to_owned()),
        TableChange::RowSecurity(true) => one("ENABLE ROW LEVEL SECURITY".to_owned()),
        TableChange::RowSecurity(false) => one("DISABLE ROW LEVEL SECURITY".to_owned()),
        TableChange::ForceRowSecurity(true) => one("FORCE ROW LEVEL SECURITY".to_owned()),
        TableChange::ForceRowSecurity(false) => one("NO FORCE ROW LEVEL SECURITY".to_owned()),
        TableChange::ReplicaIdentity(identity) => one(match identity {
            ReplicaIdentity::Default => "REPLICA IDENTITY DEFAULT".to_owned(),
            ReplicaIdentity::Nothing => "REPLICA IDENTITY NOTHING".to_owned(),
            ReplicaIdentity::Full => "REPLICA IDENTITY FULL".to_owned(),
            ReplicaIdentity::Index(name) => format!("REPLICA IDENTITY USING INDEX {}", ident(name)),
        }),
        _ => Vec::new(),
    }
}

/// Renames a table and takes the names of its parts off it.
pub(super) fn set_aside(
    table: &Table,
    aside: &QName,
    sequences: &[QName],
    freed: &[QName],
) -> Vec<String> {
    let mut out = Vec::new();
    for sequence in sequences {
        out.push(super::sequences::set_owner(sequence, None));
    }
    for sequence in freed {
        let short: String = sequence.name.chars().take(30).collect();
        let old = ident(&format!("{short}__dbkit_old"));
        out.push(format!("ALTER SEQUENCE {} RENAME TO {old};", qname(sequence)));
    }
    out.push(format!("ALTER TABLE {} RENAME TO {};", qname(&table.name), ident(&aside.name)));
    let is_foreign = |constraint: &Constraint| matches!(constraint, Constraint::ForeignKey(_));
    let mut all = all_constraints(table);
    // Those that refer to the table itself hold its keys.
    all.sort_by_key(|constraint| !is_foreign(constraint));
    for constraint in all {
        let Some(name) = constraint.name() else { continue };
        let foreign = is_foreign(&constraint);
        if foreign && constraint.is_inherited() {
            out.push(constraints::drop_leftover(aside, name));
        } else if foreign
            || constraint.has_index()
                // A partition is detached first, which makes its copies its own.
                && (!constraint.is_inherited() || table.partition_of.is_some())
        {
            out.push(constraints::drop(aside, name));
        }
    }
    let own = |i: &&crate::model::Index| i.attached_to.is_none() || table.partition_of.is_some();
    for index in table.indexes.iter().filter(own) {
        // Keys of partitions may be attached to it.
        let cascade = table.partition_by.is_some() && index.unique;
        out.push(indexes::drop(aside, &index.name, false, cascade));
    }
    for column in &table.columns {
        if matches!(column.value, ColumnValue::Identity(_)) {
            let column = ident(&column.name);
            out.push(format!("ALTER TABLE {} ALTER COLUMN {column} DROP IDENTITY;", qname(aside)));
        }
    }
    out
}

/// `INSERT INTO … SELECT`.
pub(super) fn copy(
    from: &QName,
    to: &QName,
    columns: &[CopiedColumn],
    keeps_identity: bool,
) -> String {
    if columns.is_empty() {
        return format!("INSERT INTO {}\nSELECT FROM {};", qname(to), qname(from));
    }
    let overriding = if keeps_identity { " OVERRIDING SYSTEM VALUE" } else { "" };
    let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
    let value = |column: &CopiedColumn| match &column.using {
        Some(using) => super::columns::convert(&column.name, &column.ty, using),
        None => ident(&column.name),
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    format!(
        "INSERT INTO {} ({}){overriding}\nSELECT {} FROM {};",
        qname(to),
        idents(&names),
        values.join(", "),
        qname(from)
    )
}

/// Renames a type or collation.
pub(super) fn set_type_aside(object: &crate::model::Object, aside: &QName) -> Vec<String> {
    use crate::model::Object;
    let (name, words) = match object {
        Object::Range(range) => return super::ranges::set_aside(range, aside),
        Object::Enum(o) => (&o.name, "TYPE"),
        Object::Composite(o) => (&o.name, "TYPE"),
        Object::Domain(o) => (&o.name, "DOMAIN"),
        Object::Collation(o) => (&o.name, "COLLATION"),
        _ => return Vec::new(),
    };
    let name = if words == "COLLATION" { qname(name) } else { types::user(name) };
    vec![format!("ALTER {words} {name} RENAME TO {};", ident(&aside.name))]
}

/// A type converted by way of text: the new one takes the name, the columns follow, the old one
/// goes.
pub(super) fn replace_type(
    from: &crate::model::Object,
    to: &crate::model::Object,
    changed: &[crate::plan::TypeColumn],
    labels: &[(String, String)],
) -> Vec<String> {
    use crate::model::{DataType, Object};
    let (name, words) = match to {
        Object::Enum(o) => (&o.name, "TYPE"),
        Object::Domain(o) => (&o.name, "DOMAIN"),
        Object::Composite(o) => (&o.name, "TYPE"),
        _ => return Vec::new(),
    };
    let old =
        name.sibling(format!("{}__dbkit_old", name.name.chars().take(30).collect::<String>()));
    let mut out =
        vec![format!("ALTER {words} {} RENAME TO {};", types::user(name), ident(&old.name))];
    out.extend(super::create_object(to));
    for place in changed {
        let column = ident(&place.column.column);
        let start = format!("ALTER TABLE {} ALTER COLUMN {column}", qname(&place.column.table));
        if place.default_before.is_some() {
            out.push(format!("{start} DROP DEFAULT;"));
        }
        let ty = types::render(&DataType { array: place.array, ..DataType::user(name.clone()) });
        let text = if place.array { "text[]" } else { "text" };
        let value = match (from, to) {
            (Object::Composite(a), Object::Composite(b)) if !place.array => {
                super::composites::converted(a, b, &column)
            }
            _ => relabelled(format!("{column}::{text}"), labels, place.array, &ty),
        };
        out.push(format!("{start} TYPE {ty} USING {value};"));
        if let Some(expr) = &place.default_after {
            out.push(format!("{start} SET DEFAULT {expr};"));
        }
    }
    out.push(format!("DROP {words} {};", qname(&old)));
    out
}

/// Text on its way to another enum, its labels exchanged.
fn relabelled(text: String, labels: &[(String, String)], array: bool, ty: &str) -> String {
    if labels.is_empty() {
        return format!("{text}::{ty}");
    }
    if array {
        let replaced = labels.iter().fold(text, |text, (old, new)| {
            format!("array_replace({text}, {}, {})", literal(old), literal(new))
        });
        return format!("{replaced}::{ty}");
    }
    let cases =
        labels.iter().map(|(old, new)| format!(" WHEN {} THEN {}", literal(old), literal(new)));
    format!("(CASE {text}{} ELSE {text} END)::{ty}", cases.collect::<String>())
}
