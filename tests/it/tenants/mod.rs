//! Tenants: what the schema makes, what an application does with it, and the command.

mod app;
mod command;
mod repository;
mod rows;
mod schema;
mod scope;

use crate::support::{PgDatabase, Project, postgres_url};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

const SCHEMA: &str = r#"dbkit::schema! {
    #[tenant(id)]
    table shops (id) {
        id -> Text,
        domain -> Text,
    }
    #[tenant(shop_id)]
    table orders (id) {
        #[identity]
        id -> Integer,
        #[references(shops.id, on_delete = cascade)]
        shop_id -> Text,
    }
    #[tenant(shop_id)]
    table lines (id) {
        #[identity]
        id -> Integer,
        shop_id -> Text,
        #[references(orders.id, on_delete = cascade)]
        order_id -> Integer,
    }
}
"#;

/// Two shops with an order and a line each; order 1 is a's, order 2 is b's.
const ROWS: &str = "INSERT INTO shops VALUES ('a', 'a.example'), ('b', 'b.example'); \
    INSERT INTO orders (shop_id) VALUES ('a'), ('b'); \
    INSERT INTO lines (shop_id, order_id) VALUES ('a', 1), ('b', 2);";

/// A database with the tables, and a role that an application would use.
struct Shops {
    database: PgDatabase,
    role: String,
}

impl Shops {
    fn create(label: &str) -> Self {
        let database = PgDatabase::create(label);
        let project = Project::with(&[("schema.rs", SCHEMA)]);
        let url = database.url();
        project
            .dbkit(["push", "--database-url", url, "--schema", "schema.rs", "--yes"])
            .run()
            .success();
        database.execute(ROWS);
        let role = format!("{}_app", database.name);
        database.execute(&format!(
            "CREATE ROLE \"{role}\" LOGIN; \
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO \"{role}\""
        ));
        Self { database, role }
    }

    /// The URL with which the role comes in.
    fn url(&self) -> String {
        self.url_of(&self.role)
    }

    fn url_of(&self, role: &str) -> String {
        let mut url = url::Url::parse(self.database.url()).unwrap();
        url.set_username(role).unwrap();
        url.into()
    }
}

impl Drop for Shops {
    fn drop(&mut self) {
        let drop = format!("DROP OWNED BY \"{0}\"", self.role);
        if let Ok(mut connection) = PgConnection::establish(self.database.url()) {
            let _ = connection.batch_execute(&drop);
        }
        if let Ok(mut connection) = PgConnection::establish(&postgres_url()) {
            let _ = connection.batch_execute(&format!("DROP ROLE \"{}\"", self.role));
        }
    }
}
