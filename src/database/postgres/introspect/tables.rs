//! Relations of every kind, and who inherits from whom.

use super::catalog::{Catalog, Relation, class, is_bookkeeping};
use super::row::{Row, rows};
use crate::database::postgres::libpq::PgResult;
use crate::model::{Expr, PartitionOf, Persistence, QName, ReplicaIdentity, Table, View, ViewKind};

pub(super) fn relations_sql(_: i32) -> String {
    "SELECT c.oid, c.relname, c.relnamespace, c.relkind, c.relpersistence, c.relam, c.reltablespace, \
       c.reloptions, c.relrowsecurity, c.relforcerowsecurity, c.relreplident, c.reloftype, t.reloptions, \
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END, \
       CASE WHEN c.relispartition AND c.relkind IN ('r', 'p') THEN pg_get_expr(c.relpartbound, c.oid) END, \
       c.reltype \
     FROM pg_class c LEFT JOIN pg_class t ON t.oid = c.reltoastrelid AND t.reloptions IS NOT NULL \
     WHERE c.oid >= 16384 AND c.relkind <> 't'"
        .to_owned()
}

pub(super) fn relations(catalog: &mut Catalog, result: &PgResult) {
    for row in rows(result) {
        let (oid, schema, kind) = (row.number(0), row.number(2), row.code(3));
        let name = catalog.qname(schema, row.text(1));
        // A schema with nothing but another tool's books in it is part of them.
        if row.text(1) == "__drizzle_migrations"
            && let Some(own) = &name.schema
            && rows(result)
                .all(|other| other.number::<u32>(2) != schema || is_bookkeeping(other.text(1)))
        {
            catalog.model.schemas.remove(own);
        }
        let managed = catalog.is_managed(class::RELATION, oid, schema)
            && !is_bookkeeping(row.text(1))
            && row.code(4) != b't';
        if managed {
            match kind {
                b'r' | b'p' => {
                    let table = table(catalog, oid, name.clone(), row);
                    catalog.tables.insert(oid, table);
                }
                b'v' | b'm' => {
                    let view = view(catalog, oid, name.clone(), kind, row);
                    catalog.views.insert(oid, view);
                }
                _ => {}
            }
        }
        let relation = Relation {
            name,
            kind,
            managed,
            options: row.options(7),
            tablespace: row.number(6),
            unlogged: row.code(4) == b'u',
            access_method: row.number(5),
            row_type: row.number(15),
        };
        catalog.relations.insert(oid, relation);
    }
}

fn table(catalog: &Catalog, oid: u32, name: QName, row: Row<'_>) -> Table {
    let mut options = row.options(7);
    let toast = row.options(12);
    options.extend(toast.iter().map(|(key, v)| (format!("toast.{key}"), v.clone())));
    let of_type = catalog.types.get(&row.number(11));
    Table {
        comment: catalog.comment(class::RELATION, oid),
        persistence: if row.code(4) == b'u' { Persistence::Unlogged } else { Persistence::Logged },
        options,
        tablespace: catalog.tablespace(row.number(6)),
        access_method: access_method(catalog, row),
        partition_by: row.opt(13).map(Expr::new),
        // The parent is filled in when the inheritance tree is known.
        partition_of: row
            .opt(14)
            .map(|bound| PartitionOf { parent: QName::bare(""), bound: Expr::new(bound) }),
        of_type: of_type.map(|t| catalog.qname(t.schema, &t.name)),
        row_security: row.flag(8),
        force_row_security: row.flag(9),
        replica_identity: match row.code(10) {
            b'n' => ReplicaIdentity::Nothing,
            b'f' => ReplicaIdentity::Full,
            _ => ReplicaIdentity::Default,
        },
        ..Table::new(name)
    }
}

fn view(catalog: &Catalog, oid: u32, name: QName, kind: u8, row: Row<'_>) -> View {
    View {
        name,
        kind: if kind == b'm' { ViewKind::Materialized } else { ViewKind::View },
        columns: Vec::new(),
        query: String::new(),
        options: row.options(7),
        column_defaults: Default::default(),
        column_comments: Default::default(),
        indexes: Vec::new(),
        tablespace: catalog.tablespace(row.number(6)),
        access_method: access_method(catalog, row),
        comment: catalog.comment(class::RELATION, oid),
    }
}

fn access_method(catalog: &Catalog, row: Row<'_>) -> Option<String> {
    catalog.access_methods.get(&row.number(5)).filter(|name| *name != "heap").cloned()
}

pub(super) fn parents_sql(_: i32) -> String {
    "SELECT inhrelid, inhparent FROM pg_inherits ORDER BY inhrelid, inhseqno".to_owned()
}

pub(super) fn parents(catalog: &mut Catalog, result: &PgResult) {
    for row in rows(result) {
        catalog.parents.entry(row.number(0)).or_default().push(row.number(1));
    }
    for (oid, table) in &mut catalog.tables {
        let parents = catalog.parents.get(oid).map(Vec::as_slice).unwrap_or_default();
        let mut names =
            parents.iter().filter_map(|p| catalog.relations.get(p)).map(|p| p.name.clone());
        match &mut table.partition_of {
            Some(partition) => partition.parent = names.next().unwrap_or(partition.parent.clone()),
            None => table.inherits = names.collect(),
        }
    }
}
