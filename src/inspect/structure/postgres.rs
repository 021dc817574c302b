//! PostgreSQL says its constraints and indexes in SQL by itself.

use super::{ColumnDetail, Part, PartKind, Structure};
use crate::database::{DatabaseError, Session, Value};
use crate::dialect::postgres::quote;
use crate::inspect::TableInfo;
use crate::model::QName;

const COMMENT: &str = "SELECT pg_catalog.obj_description(pg_catalog.to_regclass($1), 'pg_class')";

const COLUMNS: &str = "\
    SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), NOT a.attnotnull, \
      pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attgenerated <> '', a.attidentity::text, \
      pg_catalog.col_description(a.attrelid, a.attnum) \
    FROM pg_catalog.pg_attribute a \
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
    WHERE a.attrelid = pg_catalog.to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped \
    ORDER BY a.attnum";

/// Names of columns travel as JSON: they may hold anything. A partition's foreign key is its root's
/// where the root is looked at, its own where the partition is.
const CONSTRAINTS: &str = "\
    SELECT c.contype::text, c.conname, c.conrelid = t.oid, \
      (SELECT pg_catalog.json_agg(a.attname ORDER BY k.at)::text \
         FROM pg_catalog.unnest(c.conkey) WITH ORDINALITY AS k (number, at) \
         JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number), \
      (SELECT pg_catalog.json_agg(a.attname ORDER BY k.at)::text \
         FROM pg_catalog.unnest(c.confkey) WITH ORDINALITY AS k (number, at) \
         JOIN pg_catalog.pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number), \
      pg_catalog.pg_get_constraintdef(c.oid, true), o.relname, n.nspname, \
      CASE WHEN c.conindid <> 0 AND c.contype <> 'f' THEN pg_catalog.pg_relation_size(c.conindid) END, \
      pg_catalog.obj_description(c.oid, 'pg_constraint') \
    FROM (SELECT pg_catalog.to_regclass($1)::oid AS oid) t \
    JOIN pg_catalog.pg_constraint c ON c.conrelid = t.oid \
      OR (c.confrelid = t.oid AND c.contype = 'f' AND c.conparentid = 0) \
    LEFT JOIN pg_catalog.pg_class o \
      ON o.oid = CASE WHEN c.conrelid = t.oid THEN c.confrelid ELSE c.conrelid END \
    LEFT JOIN pg_catalog.pg_namespace n ON n.oid = o.relnamespace \
    WHERE c.contype IN ('p', 'u', 'f', 'c', 'x')";

/// Those that no constraint has made; a partitioned one is as large as its leaves.
const INDEXES: &str = "\
    SELECT c.relname, i.indisunique, i.indisvalid, pg_catalog.pg_get_indexdef(i.indexrelid), \
      (SELECT pg_catalog.json_agg(a.attname ORDER BY k.at)::text \
         FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, at) \
         JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number \
         WHERE k.at <= i.indnkeyatts), \
      CASE c.relkind WHEN 'I' THEN (SELECT sum(pg_catalog.pg_relation_size(t.relid))::bigint \
           FROM pg_catalog.pg_partition_tree(c.oid) t WHERE t.isleaf) \
         ELSE pg_catalog.pg_relation_size(c.oid) END, \
      pg_catalog.obj_description(c.oid, 'pg_class') \
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
    WHERE i.indrelid = pg_catalog.to_regclass($1) \
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint x \
        WHERE x.conindid = i.indexrelid AND x.contype IN ('p', 'u', 'x'))";

/// Triggers, policies and partitions: kind, name, definition, schema and name of the other table.
const OTHERS: &str = "\
    SELECT 't', t.tgname::text, pg_catalog.pg_get_triggerdef(t.oid, true), NULL::text, NULL::text \
    FROM pg_catalog.pg_trigger t \
    WHERE t.tgrelid = pg_catalog.to_regclass($1) AND NOT t.tgisinternal \
    UNION ALL \
    SELECT 'p', p.policyname::text, p.permissive || ' FOR ' || p.cmd || ' TO ' \
        || pg_catalog.array_to_string(p.roles, ', ') \
        || coalesce(' USING (' || p.qual || ')', '') \
        || coalesce(' WITH CHECK (' || p.with_check || ')', ''), NULL, NULL \
    FROM pg_catalog.pg_policies p \
    JOIN pg_catalog.pg_class c ON c.relname = p.tablename AND c.oid = pg_catalog.to_regclass($1) \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname = p.schemaname \
    UNION ALL \
    SELECT 'c', NULL, pg_catalog.pg_get_expr(c.relpartbound, c.oid, true), n.nspname::text, c.relname::text \
    FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    WHERE i.inhparent = pg_catalog.to_regclass($1)";

pub(super) fn structure(
    session: &mut dyn Session,
    table: TableInfo,
) -> Result<Structure, DatabaseError> {
    let schema = table.name.schema.as_deref().unwrap_or("public");
    let name = format!("{}.{}", quote::ident(schema), quote::ident(&table.name.name));
    let mut ask = |sql: &str| session.query(sql, &[Value::Text(name.clone())]);
    let comment = ask(COMMENT)?.rows.first().and_then(|row| row.first()).and_then(text);
    let columns = ask(COLUMNS)?.rows.iter().filter_map(|row| column(row)).collect();
    let mut parts: Vec<Part> =
        ask(CONSTRAINTS)?.rows.iter().filter_map(|row| constraint(row)).collect();
    parts.extend(ask(INDEXES)?.rows.iter().filter_map(|row| index(row)));
    parts.extend(ask(OTHERS)?.rows.iter().filter_map(|row| other(row)));
    Ok(Structure { table, comment, columns, parts })
}

fn text(value: &Value) -> Option<String> {
    value.as_text().map(str::to_owned)
}

fn names(value: &Value) -> Vec<String> {
    value.as_text().and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}

fn bytes(value: &Value) -> Option<u64> {
    value.as_integer().and_then(|bytes| u64::try_from(bytes).ok())
}

fn qname(schema: &Value, name: &Value) -> Option<QName> {
    let schema = schema.as_text().filter(|schema| *schema != "public");
    Some(QName::new(schema, name.as_text()?))
}

fn column(row: &[Value]) -> Option<ColumnDetail> {
    let [name, ty, nullable, default, generated, identity, comment] = row else { return None };
    Some(ColumnDetail {
        name: text(name)?,
        ty: text(ty)?,
        nullable: nullable.as_bool() == Some(true),
        default: text(default),
        generated: generated.as_bool() == Some(true),
        identity: match identity.as_text() {
            Some("a") => Some("always"),
            Some("d") => Some("by default"),
            _ => None,
        },
        comment: text(comment),
    })
}

fn constraint(row: &[Value]) -> Option<Part> {
    let [kind, name, own, columns, theirs, definition, other, schema, size, comment] = row else {
        return None;
    };
    let own = own.as_bool() == Some(true);
    let kind = match kind.as_text()? {
        "p" => PartKind::PrimaryKey,
        "u" => PartKind::Unique,
        "c" => PartKind::Check,
        "x" => PartKind::Exclusion,
        _ if own => PartKind::ForeignKey,
        _ => PartKind::ReferencedBy,
    };
    Some(Part {
        kind,
        name: text(name),
        columns: names(columns),
        definition: text(definition)?,
        other: qname(schema, other).map(|other| (other, names(theirs))),
        bytes: bytes(size),
        comment: text(comment),
    })
}

fn index(row: &[Value]) -> Option<Part> {
    let [name, unique, valid, definition, columns, size, comment] = row else { return None };
    let whole = text(definition)?;
    let name = text(name)?;
    let start = match unique.as_bool() {
        Some(true) => "CREATE UNIQUE INDEX ",
        _ => "CREATE INDEX ",
    };
    // What stands in front of the method repeats the name of the index and of the table.
    let rest = whole.strip_prefix(start).and_then(|rest| rest.strip_prefix(&*quote::ident(&name)));
    let rest = rest.and_then(|rest| rest.split_once(" USING ")).map_or(&*whole, |(_, rest)| rest);
    let unique = if unique.as_bool() == Some(true) { "UNIQUE " } else { "" };
    let valid = if valid.as_bool() == Some(false) { " (invalid)" } else { "" };
    Some(Part {
        kind: PartKind::Index,
        name: Some(name),
        columns: names(columns),
        definition: format!("{unique}{rest}{valid}"),
        other: None,
        bytes: bytes(size),
        comment: text(comment),
    })
}

fn other(row: &[Value]) -> Option<Part> {
    let [kind, name, definition, schema, table] = row else { return None };
    let kind = match kind.as_text()? {
        "t" => PartKind::Trigger,
        "p" => PartKind::Policy,
        _ => PartKind::Partition,
    };
    Some(Part {
        kind,
        name: text(name),
        columns: Vec::new(),
        definition: text(definition)?,
        other: qname(schema, table).map(|name| (name, Vec::new())),
        bytes: None,
        comment: None,
    })
}
