//! Each test has a database of its own: the tenants of seeds/test, with a schema for each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use dbkit::app::Db;
use dbkit::testing::{Template, TestDatabase};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use std::process::Command;
use std::sync::{Arc, Mutex};
use tenant_backend::schema::{TenantStatus, tenants};
use tenant_backend::tenant::{Documents, Members, NewMember, write_document};
use tenant_backend::{
    Error, MIGRATIONS, NewTenant, TENANT_MIGRATIONS, TenantContext, Tenants, health, open,
    run_seeders,
};

/// The program's role, which the migrations make.
const ROLE: &str = "backend_app";

fn database() -> TestDatabase<PgConnection> {
    let template = Template::of_project(env!("CARGO_MANIFEST_DIR")).unwrap();
    // In the template, so that it is done once: what `dbkit tenant create` does.
    let what = format!("a schema each, {}", TENANT_MIGRATIONS.last().unwrap().name);
    template
        .filled(&what, |url| {
            let mut c = PgConnection::establish(url)?;
            for slug in ["acme", "globex"] {
                c.batch_execute(&format!("CREATE SCHEMA tenant_{slug}"))?;
                c.batch_execute(&format!("SET search_path = tenant_{slug}, public"))?;
                for migration in TENANT_MIGRATIONS {
                    c.batch_execute(migration.up)?;
                }
                c.batch_execute(&format!(
                    "GRANT USAGE ON SCHEMA tenant_{slug} TO {ROLE}; GRANT SELECT, INSERT, UPDATE, \
                     DELETE ON ALL TABLES IN SCHEMA tenant_{slug} TO {ROLE}"
                ))?;
            }
            Ok(())
        })
        .fresh()
        .unwrap()
}

fn db(database: &TestDatabase<PgConnection>) -> Db<PgConnection> {
    open(&database.url_as(ROLE), "test").unwrap()
}

fn ada() -> NewMember {
    NewMember { email: "ada@example.org".to_owned(), name: "Ada".to_owned() }
}

#[test]
fn each_tenant_has_its_own() {
    let database = database();
    let db = db(&database);
    let acme = TenantContext::of_domain(&db, "acme.example").unwrap();
    let globex = TenantContext::of_domain(&db, "globex.example").unwrap();
    assert!(acme.tenant().has("documents") && !globex.tenant().has("documents"));
    write_document(&acme, &ada(), "Plan", |_| {}).unwrap();
    let count = |context: &TenantContext| {
        context
            .unit(|work| {
                let c = work.connection();
                Ok((Documents::count(c)?, Members::count(c)?))
            })
            .unwrap()
    };
    assert_eq!((count(&acme), count(&globex)), ((1, 1), (0, 0)));
    // The same address again, with somebody else.
    write_document(&globex, &ada(), "Plan", |_| {}).unwrap();
    assert_eq!((count(&acme), count(&globex)), ((1, 1), (1, 1)));
}

#[test]
fn who_is_unknown_or_suspended_has_no_context() {
    let database = database();
    let db = db(&database);
    let told = TenantContext::of_domain(&db, "nobody.example").unwrap_err();
    assert!(matches!(told, Error::NoTenant(_)), "{told}");
    db.run(|c| -> Result<(), Error> {
        let globex = tenants::table.filter(tenants::slug.eq("globex"));
        diesel::update(globex).set(tenants::status.eq(TenantStatus::Suspended)).execute(c)?;
        // One that has no schema yet.
        let new = ("new".to_owned(), "New".to_owned(), "new.example".to_owned());
        let new = NewTenant { slug: new.0, name: new.1, domain: new.2, status: None };
        assert_eq!(Tenants::insert(c, &new)?.status, TenantStatus::Trial);
        Ok(())
    })
    .unwrap();
    let told = TenantContext::of_domain(&db, "globex.example").unwrap_err();
    assert!(matches!(told, Error::Suspended(_)), "{told}");
    let new = TenantContext::of_domain(&db, "new.example").unwrap();
    let told = new.unit(|_| Ok(())).unwrap_err().to_string();
    assert!(told.contains("tenant_new"), "{told}");
}

#[test]
fn a_unit_of_work_stays_whole_and_tells_afterwards() {
    let database = database();
    let db = db(&database);
    let acme = TenantContext::of_domain(&db, "acme.example").unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = {
        let told = Arc::clone(&told);
        move |document: &tenant_backend::tenant::Document| {
            told.lock().unwrap().push(document.title.clone());
        }
    };
    // A title that the database refuses: the member is not there either.
    let error = write_document(&acme, &ada(), "with a \0", tell.clone()).unwrap_err();
    assert!(!error.to_string().is_empty());
    let members = acme.unit(|work| Ok(Members::count(work.connection())?)).unwrap();
    assert_eq!((members, told.lock().unwrap().len()), (0, 0));
    write_document(&acme, &ada(), "Plan", tell).unwrap();
    assert_eq!(*told.lock().unwrap(), ["Plan"]);
}

#[test]
fn seeders_seed_and_truncate_and_never_in_production() {
    let database = database();
    let c = &mut database.connect().unwrap();
    let slugs = |c: &mut PgConnection| {
        let slugs = tenants::table.order(tenants::slug).select(tenants::slug);
        slugs.load::<String>(c).unwrap()
    };
    for truncate in [false, true] {
        let error = run_seeders(c, "prod", truncate).unwrap_err().to_string();
        assert!(error.contains("environment prod is protected"), "{error}");
    }
    run_seeders(c, "dev", false).unwrap();
    assert_eq!(slugs(c), ["acme", "globex", "initech"]);
    run_seeders(c, "dev", false).unwrap();
    assert_eq!(slugs(c), ["acme", "globex", "initech"]);
    let report = run_seeders(c, "dev", true).unwrap();
    assert_eq!(report.truncated, ["TenantSeeder", "DatabaseSeeder"]);
    assert_eq!(slugs(c), ["acme", "initech"]);
}

#[test]
fn health_tells_the_version_and_what_is_pending() {
    let database = database();
    let healthy = health(&db(&database));
    assert!(healthy.is_ready());
    let newest = MIGRATIONS.last().unwrap().name;
    let version = healthy.migrations.unwrap().version.unwrap();
    assert!(newest.replace('-', "").starts_with(&version), "{version} {newest}");
    let sql = format!("DELETE FROM __diesel_schema_migrations WHERE version = '{version}'");
    database.connect().unwrap().batch_execute(&sql).unwrap();
    let behind = health(&db(&database));
    assert!(!behind.is_ready());
    assert_eq!(behind.migrations.unwrap().pending, [newest]);

    let run = |argument: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tenant-backend"));
        command.arg(argument).env("DATABASE_URL", database.url_as(ROLE)).env("APP_ENV", "test");
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    let (ready, text) = run("health");
    assert!(!ready && text.contains("\"pending\":["), "{text}");
    assert_eq!(run("acme.example"), (true, String::new()));
    assert_eq!(run("seed"), (true, "2 seeders ran\n".to_owned()));
    let error = open(database.url(), "test").unwrap_err().to_string();
    assert!(error.contains("tenants would not be kept apart"), "{error}");
}

#[derive(QueryableByName)]
struct Lacking {
    #[diesel(sql_type = Text)]
    name: String,
}

#[test]
fn every_table_has_the_base_columns() {
    let database = database();
    let c = &mut database.connect().unwrap();
    let sql = "SELECT t.table_schema || '.' || t.table_name AS name FROM information_schema.tables t \
        WHERE (t.table_schema = 'public' OR t.table_schema LIKE 'tenant%') AND t.table_name NOT LIKE '\\_\\_%' \
        AND 3 > (SELECT count(*) FROM information_schema.columns c WHERE c.table_schema = t.table_schema \
        AND c.table_name = t.table_name AND c.column_name IN ('id', 'created_at', 'updated_at') \
        AND c.is_nullable = 'NO')";
    let lacking: Vec<Lacking> = diesel::sql_query(sql).load(c).unwrap();
    let lacking: Vec<String> = lacking.into_iter().map(|row| row.name).collect();
    assert!(lacking.is_empty(), "{lacking:?}");
}
