use super::Shops;
use crate::support::{PgDatabase, Project};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

fn count(connection: &mut PgConnection, sql: &str) -> i64 {
    diesel::sql_query(sql).get_result::<Count>(connection).unwrap().count
}

#[test]
fn a_role_sees_and_writes_one_tenants_rows() {
    let shops = Shops::create("tenant_rows");
    let mut app = PgConnection::establish(&shops.url()).unwrap();
    assert_eq!(count(&mut app, "SELECT count(*) FROM orders"), 0);
    app.batch_execute("BEGIN; SELECT set_config('app.tenant_id', 'a', true)").unwrap();
    assert_eq!(count(&mut app, "SELECT count(*) FROM orders"), 1);
    assert_eq!(count(&mut app, "SELECT count(*) FROM shops WHERE id = 'b'"), 0);
    app.batch_execute("SAVEPOINT s").unwrap();
    for (sql, told) in [
        ("INSERT INTO orders (shop_id) VALUES ('b')", "row-level security"),
        ("UPDATE orders SET shop_id = 'b'", "row-level security"),
        // Order 2 is there, and is the other's.
        ("INSERT INTO lines (shop_id, order_id) VALUES ('a', 2)", "foreign key"),
    ] {
        let error = app.batch_execute(sql).unwrap_err().to_string();
        assert!(error.contains(told), "{sql}: {error}");
        app.batch_execute("ROLLBACK TO s").unwrap();
    }
    app.batch_execute("COMMIT").unwrap();
    // The setting is '' now, not unset.
    assert_eq!(count(&mut app, "SELECT count(*) FROM orders"), 0);
}

#[test]
fn pull_says_tenant_again_and_push_finds_nothing() {
    let shops = Shops::create("tenant_pull");
    let url = shops.database.url();
    let project = Project::with(&[("schema.rs", super::SCHEMA)]);
    let push = || {
        let args = ["push", "--database-url", url, "--schema", "schema.rs", "--yes"];
        project.dbkit(args).run().success().stdout_has("nothing to do");
    };
    push();
    project.dbkit(["pull", "--database-url", url, "--schema", "schema.rs"]).run().success();
    let text = std::fs::read_to_string(project.join("schema.rs")).unwrap();
    assert_eq!(text.matches("#[tenant(").count(), 3, "{text}");
    assert!(!text.contains("row_security"), "{text}");
    assert!(!project.join("schema.sql").exists());
    push();
    // One that is not quite as the attribute makes it is told in full.
    shops.database.execute("DROP INDEX lines_shop_id_idx");
    project.dbkit(["pull", "--database-url", url, "--schema", "schema.rs"]).run().success();
    let text = std::fs::read_to_string(project.join("schema.rs")).unwrap();
    assert!(text.contains("#[row_security]"), "{text}");
    assert!(project.join("schema.sql").exists());
    push();
}

#[test]
fn every_type_of_a_tenant_column_comes_back_as_written() {
    let database = PgDatabase::create("tenant_types");
    let types = [
        "SmallInt", "Integer", "BigInt", "Uuid", "Text", "Varchar", "Bpchar", "Kind", "Numeric",
        "Citext",
    ];
    let tables: String = types
        .iter()
        .map(|ty| {
            let column = format!("{}_id", ty.to_lowercase());
            format!("    #[tenant({column})]\n    table of_{column} ({column}) {{ {column} -> {ty}, }}\n")
        })
        .collect();
    let schema = format!("dbkit::schema! {{\n    enum Kind {{ A, B }}\n{tables}}}\n");
    let project = Project::with(&[("schema.rs", &schema)]);
    project.write("schema.sql", "CREATE EXTENSION citext;\n");
    let url = database.url();
    let push = ["push", "--database-url", url, "--schema", "schema.rs", "--yes"];
    project.dbkit(push).run().success();
    project.dbkit(["pull", "--database-url", url, "--schema", "schema.rs"]).run().success();
    let text = std::fs::read_to_string(project.join("schema.rs")).unwrap();
    assert_eq!(text.matches("#[tenant(").count(), types.len(), "{text}");
    project.dbkit(push).run().success().stdout_has("nothing to do");
}
