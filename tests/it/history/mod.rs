//! What becomes of migrations after they are written: the same story on both databases.

mod baseline;
mod check;
mod diff;
mod rebase;
mod repair;
mod replay;
mod squash;
mod texts;

use crate::support::{Outcome, PgDatabase, Project, SqliteFile};

/// A project folder and a database of either kind.
pub struct Stage {
    pub project: Project,
    database: Database,
}

enum Database {
    Postgres(PgDatabase),
    Sqlite(SqliteFile),
}

impl Stage {
    pub fn url(&self) -> String {
        match &self.database {
            Database::Postgres(database) => database.url().to_owned(),
            Database::Sqlite(file) => file.url(),
        }
    }

    pub fn is_postgres(&self) -> bool {
        matches!(self.database, Database::Postgres(_))
    }

    #[track_caller]
    pub fn execute(&self, sql: &str) {
        match &self.database {
            Database::Postgres(database) => database.execute(sql),
            Database::Sqlite(file) => file.execute(sql),
        }
    }

    #[track_caller]
    pub fn values(&self, sql: &str) -> Vec<String> {
        let values = match &self.database {
            Database::Postgres(database) => database.values(sql),
            Database::Sqlite(file) => file.values(sql),
        };
        values.into_iter().map(|value| value.unwrap_or_else(|| "NULL".to_owned())).collect()
    }

    /// Versions in Diesel's table.
    #[track_caller]
    pub fn ledger(&self) -> Vec<String> {
        self.values("SELECT version FROM __diesel_schema_migrations ORDER BY version")
    }

    /// Runs dbkit on the database and the folder `migrations`.
    pub fn run(&self, args: &[&str]) -> Outcome {
        let url = self.url();
        let mut all = args.to_vec();
        all.extend(["--database-url", &url, "--migration-dir", "migrations"]);
        self.project.dbkit(all).run()
    }

    /// Runs dbkit without a database, for this one's dialect.
    pub fn offline(&self, args: &[&str]) -> Outcome {
        let mut all = args.to_vec();
        all.extend(["--migration-dir", "migrations"]);
        self.project.dbkit(all).run()
    }
}

/// Plays a story on PostgreSQL and on SQLite.
pub fn both(label: &str, story: fn(&Stage)) {
    let project = Project::empty();
    let file = project.sqlite("story.db");
    file.execute("VACUUM");
    story(&Stage { project, database: Database::Sqlite(file) });
    let database = Database::Postgres(PgDatabase::create(label));
    story(&Stage { project: Project::empty(), database });
}

/// Three migrations by hand: `a`, `b`, `c` with one table each.
pub fn three(stage: &Stage) {
    for (day, name) in [(1, "a"), (2, "b"), (3, "c")] {
        let folder = format!("migrations/2024-01-0{day}-000000_{name}");
        let up = format!("CREATE TABLE {name} (\n    id INTEGER PRIMARY KEY\n);\n");
        stage.project.write(&format!("{folder}/up.sql"), up);
        stage.project.write(&format!("{folder}/down.sql"), format!("DROP TABLE {name};\n"));
    }
}
