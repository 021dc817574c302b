use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use std::sync::atomic::{AtomicU32, Ordering};

/// The server's maintenance database.
///
/// # Panics
/// When no server was given: a missing server is a failure, never a skip.
pub fn postgres_url() -> String {
    std::env::var("DBKIT_TEST_POSTGRES").ok().filter(|url| !url.is_empty()).expect(
        "DBKIT_TEST_POSTGRES is not set. Run the tests with `make test`, or with \
         `tests/with-postgres.sh cargo test`, which starts a throw-away PostgreSQL server.",
    )
}

/// A fresh database, dropped with the value.
pub struct PgDatabase {
    pub name: String,
    url: String,
}

impl PgDatabase {
    /// A new empty database whose name begins with `dbkit_<label>_`.
    pub fn create(label: &str) -> Self {
        let database = Self::name_only(label);
        connect(&postgres_url())
            .batch_execute(&format!("CREATE DATABASE \"{}\" TEMPLATE template0", database.name))
            .expect("the database is made");
        database
    }

    /// A name for a database that does not exist yet; it is dropped if the test makes it.
    pub fn name_only(label: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("dbkit_{label}_{}_{count}", std::process::id());
        let mut url = url::Url::parse(&postgres_url()).expect("DBKIT_TEST_POSTGRES is a URL");
        url.set_path(&name);
        Self { name, url: url.into() }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Runs statements, all in one go.
    #[track_caller]
    pub fn execute(&self, sql: &str) {
        if let Err(error) = connect(&self.url).batch_execute(sql) {
            panic!("{error}\n{sql}");
        }
    }

    /// The one column of a query as text; NULL is `None`.
    #[track_caller]
    pub fn values(&self, sql: &str) -> Vec<Option<String>> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Nullable<Text>)]
            value: Option<String>,
        }
        let wrapped = format!("SELECT (q.value)::text AS value FROM ({sql}) AS q(value)");
        match diesel::sql_query(wrapped).load::<Row>(&mut connect(&self.url)) {
            Ok(rows) => rows.into_iter().map(|row| row.value).collect(),
            Err(error) => panic!("{error}\n{sql}"),
        }
    }

    /// A session that has run these statements and stays open until it is dropped.
    #[track_caller]
    pub fn hold(&self, sql: &str) -> PgConnection {
        let mut connection = connect(&self.url);
        connection.batch_execute(sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
        connection
    }

    /// The only value of a query as text.
    #[track_caller]
    pub fn value(&self, sql: &str) -> String {
        let values = self.values(sql);
        assert!(values.len() == 1, "{} rows instead of one\n{sql}", values.len());
        values.into_iter().flatten().next().unwrap_or_else(|| panic!("NULL\n{sql}"))
    }
}

impl Drop for PgDatabase {
    fn drop(&mut self) {
        // A panic here would hide the one that ends the test.
        if let Ok(mut connection) = PgConnection::establish(&postgres_url()) {
            let sql = format!("DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)", self.name);
            let _ = connection.batch_execute(&sql);
        }
    }
}

fn connect(url: &str) -> PgConnection {
    PgConnection::establish(url).unwrap_or_else(|error| panic!("cannot connect: {error}"))
}
