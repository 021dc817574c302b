use crate::modules::content::schema::{NodeKind, nodes};
use dbkit::app::{Db, Error};
use diesel::prelude::*;
use uuid::Uuid;

/// A page or a block.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable)]
#[diesel(table_name = nodes, check_for_backend(diesel::pg::Pg))]
pub struct Node {
    pub id: Uuid,
    pub workspace_id: i64,
    pub parent_id: Option<Uuid>,
    pub kind: NodeKind,
    pub path: String,
    pub position: i32,
    pub content: String,
    pub metadata: serde_json::Value,
}

#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = nodes)]
pub struct NewNode {
    pub id: Uuid,
    pub workspace_id: i64,
    pub parent_id: Option<Uuid>,
    pub kind: NodeKind,
    pub path: String,
    pub position: i32,
    pub content: String,
    pub metadata: serde_json::Value,
}

impl NewNode {
    /// A page, or a block on a page.
    #[must_use]
    pub fn at(workspace_id: i64, path: &str, page: Option<&str>, position: i32) -> Self {
        Self {
            id: node_id(workspace_id, path),
            workspace_id,
            parent_id: page.map(|page| node_id(workspace_id, page)),
            kind: if page.is_some() { NodeKind::Block } else { NodeKind::Page },
            path: path.to_owned(),
            position,
            content: String::new(),
            metadata: serde_json::json!({ "source": path }),
        }
    }
}

/// The queries that every table wants.
#[derive(dbkit::Repository)]
#[repository(table = nodes, entity = Node, id = Uuid, new = NewNode, connection = PgConnection)]
pub struct Nodes;

/// The node of a path: the same one whenever and wherever it is imported.
#[must_use]
pub fn node_id(workspace_id: i64, path: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("workspace/{workspace_id}{path}").as_bytes())
}

/// Brings a whole workspace in, as it is in the repository now: all of it or nothing. However many
/// nodes there are, no statement gets more than the 65,535 parameters that PostgreSQL takes.
///
/// # Errors
/// The database's; a block whose page is not among the nodes.
pub fn import(db: &Db<PgConnection>, workspace_id: i64, new: &[NewNode]) -> Result<usize, Error> {
    db.unit().run(|work| {
        let c = work.connection();
        let old = nodes::table.filter(nodes::workspace_id.eq(workspace_id));
        diesel::delete(old).execute(c)?;
        // Pages first: a block refers to its page.
        let (pages, blocks): (Vec<_>, Vec<_>) =
            new.iter().cloned().partition(|node| node.parent_id.is_none());
        Ok(Nodes::insert_many(c, &pages)? + Nodes::insert_many(c, &blocks)?)
    })
}

/// What is on a page, in its order; the index on (parent_id, position) has it so.
///
/// # Errors
/// The database's.
pub fn children(c: &mut PgConnection, page: Uuid) -> QueryResult<Vec<Node>> {
    nodes::table
        .filter(nodes::parent_id.eq(page))
        .order(nodes::position)
        .select(Node::as_select())
        .load(c)
}
