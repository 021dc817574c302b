use super::Shops;
use crate::support::{PgDatabase, Project, SqliteFile};
use dbkit::app::{Backend, Db, Error, PoolSettings, Tenancy};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

diesel::table! {
    orders (id) {
        id -> Integer,
        shop_id -> Text,
    }
}

/// One connection for all: whatever one leaves behind meets the other.
fn one_connection(tenancy: Tenancy) -> PoolSettings {
    let mut settings = PoolSettings::for_environment("test");
    settings.max_size = 1;
    settings.tenancy = Some(tenancy);
    settings
}

fn open(shops: &Shops) -> Db<PgConnection> {
    Db::open(&shops.url(), one_connection(Tenancy::Column)).unwrap()
}

fn seen(db: &Db<PgConnection>, tenant: &str) -> Vec<String> {
    let rows = orders::table.select(orders::shop_id);
    db.tenant(tenant).run(|c| -> Result<_, Error> { Ok(rows.load(c)?) }).unwrap()
}

fn raw(db: &Db<PgConnection>, tenant: &str, sql: &str) -> Result<(), Error> {
    db.tenant(tenant).run(|c| Ok(c.batch_execute(sql)?))
}

fn metric<C: Backend>(db: &Db<C>, name: &str) -> String {
    let text = db.metrics();
    let line = text.lines().find(|line| line.starts_with(&format!("dbkit_{name} "))).unwrap();
    line.rsplit(' ').next().unwrap().to_owned()
}

#[test]
fn two_tenants_take_turns_on_one_connection() {
    let shops = Shops::create("tenant_turns");
    let db = open(&shops);
    for round in 0..50 {
        for (tenant, other) in [("a", "b"), ("b", "a")] {
            assert_eq!(seen(&db, tenant), [tenant]);
            let panic = catch_unwind(AssertUnwindSafe(|| {
                db.tenant(tenant).run(|c| -> Result<(), Error> {
                    diesel::insert_into(orders::table)
                        .values(orders::shop_id.eq(tenant))
                        .execute(c)?;
                    panic!("round {round}");
                })
            }));
            assert!(panic.is_err());
            // Right behind the panic, on the same connection.
            assert_eq!(seen(&db, other), [other]);
            assert!(
                raw(&db, tenant, &format!("INSERT INTO orders (shop_id) VALUES ('{other}')"))
                    .is_err()
            );
            let nobody: i64 = db
                .run(|c| -> Result<_, Error> { Ok(orders::table.count().get_result(c)?) })
                .unwrap();
            assert_eq!(nobody, 0);
        }
    }
    assert_eq!(shops.database.value("SELECT count(*) FROM orders"), "2");
}

#[test]
fn raw_sql_that_sets_another_tenant_is_undone_and_leaves_nothing() {
    let shops = Shops::create("tenant_raw");
    let db = open(&shops);
    for sql in [
        "SET app.tenant_id = 'b'",
        "SET LOCAL app.tenant_id = 'b'; DELETE FROM orders",
        "SELECT set_config('app.tenant_id', 'b', false)",
        "RESET app.tenant_id",
        "COMMIT; SET app.tenant_id = 'b'; BEGIN",
        "ROLLBACK; BEGIN; SET LOCAL app.tenant_id = 'b'; DELETE FROM orders",
    ] {
        let told = raw(&db, "a", sql);
        assert!(matches!(told, Err(Error::Tenant(_))), "{sql}: {told:?}");
        assert_eq!(seen(&db, "a"), ["a"], "{sql}");
        let mut plain = db.connection().unwrap();
        assert_eq!(orders::table.count().get_result(&mut *plain), Ok(0), "{sql}");
    }
    assert_eq!(metric(&db, "tenant_escapes_total"), "6");
    assert_eq!(shops.database.value("SELECT count(*) FROM orders"), "2");
}

#[test]
fn what_a_session_keeps_does_not_reach_the_next_user() {
    let shops = Shops::create("tenant_session");
    let role = &shops.role;
    let allow = format!("GRANT TEMPORARY ON DATABASE {} TO \"{role}\"", shops.database.name);
    shops.database.execute(&allow);
    let db = open(&shops);
    for (leave, find) in [
        // What is set behind the back of a setting of the transaction outlives it.
        ("SET app.tenant_id = 'b'; SET LOCAL app.tenant_id = 'a'", None),
        ("DECLARE c CURSOR WITH HOLD FOR SELECT * FROM orders", Some("FETCH ALL FROM c")),
        ("CREATE TEMP TABLE mine AS SELECT * FROM orders", Some("SELECT * FROM mine")),
        ("SET search_path = pg_catalog", None),
        ("SELECT nextval('orders_id_seq')", Some("SELECT lastval()")),
    ] {
        if leave.contains("nextval") {
            shops.database.execute(&format!("GRANT USAGE ON SEQUENCE orders_id_seq TO \"{role}\""));
        }
        raw(&db, "a", leave).unwrap();
        let mut plain = db.connection().unwrap();
        assert_eq!(orders::table.count().get_result(&mut *plain), Ok(0), "{leave}");
        if let Some(find) = find {
            assert!(plain.batch_execute(find).is_err(), "{find}");
        }
    }
}

#[test]
fn the_system_comes_in_by_another_door() {
    let shops = Shops::create("tenant_system");
    let db = open(&shops);
    let count =
        |c: &mut PgConnection| -> Result<i64, Error> { Ok(orders::table.count().get_result(c)?) };
    assert!(db.system("report").run(count).unwrap_err().to_string().contains("with_system"));
    // Neither a superuser nor one that sees no more than the application.
    let told = db.clone().with_system(shops.database.url()).unwrap_err().to_string();
    assert!(told.contains("is a superuser"), "{told}");
    let told = db.clone().with_system(&shops.url()).unwrap_err().to_string();
    assert!(told.contains("has no BYPASSRLS"), "{told}");
    let system = format!("{}_system", shops.database.name);
    shops.database.execute(&format!(
        "CREATE ROLE \"{system}\" LOGIN BYPASSRLS; GRANT SELECT ON orders TO \"{system}\""
    ));
    let both = db.clone().with_system(&shops.url_of(&system)).unwrap();
    assert_eq!(both.system("report").run(count).unwrap(), 2);
    assert!(both.system(" ").run(count).unwrap_err().to_string().contains("needs a reason"));
    assert_eq!(metric(&both, "system_units_total"), "1");
    assert_eq!(seen(&both, "a"), ["a"]);
    drop(both);
    shops.database.execute(&format!("DROP OWNED BY \"{system}\"; DROP ROLE \"{system}\""));
}

#[test]
fn a_role_that_could_look_past_it_is_refused() {
    let shops = Shops::create("tenant_refused");
    let (role, database) = (&shops.role, &shops.database);
    let settings = || one_connection(Tenancy::Column);
    let refused = |url: &str, told: &str| match Db::<PgConnection>::open(url, settings()) {
        Err(Error::Refused(why)) => assert!(why.contains(told), "{why}"),
        other => panic!("{other:?}"),
    };
    refused(database.url(), "is a superuser");
    database.execute(&format!("ALTER ROLE \"{role}\" BYPASSRLS"));
    refused(&shops.url(), "has BYPASSRLS");
    database.execute(&format!(
        "ALTER ROLE \"{role}\" NOBYPASSRLS; CREATE ROLE \"{role}_other\" BYPASSRLS; \
         GRANT \"{role}_other\" TO \"{role}\""
    ));
    refused(&shops.url(), "may become");
    database.execute(&format!("DROP ROLE \"{role}_other\""));
    database.execute(&format!(
        "GRANT CREATE ON SCHEMA public TO \"{role}\"; ALTER TABLE lines OWNER TO \"{role}\"; \
         ALTER TABLE lines NO FORCE ROW LEVEL SECURITY"
    ));
    refused(&shops.url(), "lines has a tenant policy that");
    database.execute("ALTER TABLE lines DISABLE ROW LEVEL SECURITY");
    refused(&shops.url(), "lines has a tenant policy that is not enabled");
    let bare = PgDatabase::create("tenant_bare");
    bare.execute("CREATE TABLE things (id integer)");
    bare.execute(&format!("CREATE ROLE \"{}\" LOGIN", bare.name));
    let mut url = url::Url::parse(bare.url()).unwrap();
    url.set_username(&bare.name).unwrap();
    refused(url.as_str(), "no table has a tenant policy");
    bare.execute(&format!("DROP ROLE \"{}\"", bare.name));
}

#[test]
fn a_schema_for_each_tenant() {
    let database = PgDatabase::create("tenant_schemas");
    let role = format!("{}_app", database.name);
    database.execute(&format!(
        "CREATE ROLE \"{role}\" LOGIN; CREATE SCHEMA \"tenant_a\"; CREATE SCHEMA \"tenant_B-2\"; \
         CREATE TABLE tenant_a.orders (id integer, shop_id text); \
         CREATE TABLE \"tenant_B-2\".orders (id integer, shop_id text); \
         CREATE TABLE public.orders (id integer, shop_id text); \
         GRANT USAGE ON SCHEMA tenant_a, \"tenant_B-2\" TO \"{role}\"; \
         GRANT ALL ON tenant_a.orders, \"tenant_B-2\".orders, public.orders TO \"{role}\""
    ));
    let mut url = url::Url::parse(database.url()).unwrap();
    url.set_username(&role).unwrap();
    let tenancy = Tenancy::Schema("tenant_{}".to_owned());
    let db = Db::<PgConnection>::open(url.as_str(), one_connection(tenancy)).unwrap();
    for tenant in ["a", "B-2"] {
        raw(&db, tenant, &format!("INSERT INTO orders VALUES (1, '{tenant}')")).unwrap();
    }
    assert_eq!(seen(&db, "a"), ["a"]);
    assert_eq!(seen(&db, "B-2"), ["B-2"]);
    assert_eq!(database.value("SELECT count(*) FROM public.orders"), "0");
    for (tenant, told) in
        [("c", "no schema"), ("", "names no tenant"), (&"x".repeat(60), "63 bytes")]
    {
        let error = raw(&db, tenant, "SELECT 1").unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
    let error = raw(&db, "a", "SET search_path = \"tenant_B-2\"").unwrap_err().to_string();
    assert!(error.contains("another tenant"), "{error}");
    assert_eq!(seen(&db, "a"), ["a"]);
    drop(db);
    database.execute(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\""));
}

#[test]
fn sqlite_says_whose_the_unit_is() {
    let project = Project::with(&[]);
    let file = SqliteFile::new(project.join("app.db"));
    file.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, shop_id TEXT)");
    let none = Db::<SqliteConnection>::open(&file.url(), PoolSettings::default()).unwrap();
    let told = none.tenant("a").run(|_| Ok::<(), Error>(())).unwrap_err().to_string();
    assert!(told.contains("PoolSettings::tenancy"), "{told}");
    let db = Db::<SqliteConnection>::open(&file.url(), one_connection(Tenancy::Column)).unwrap();
    let tenant = db.tenant(7).unit().run(|unit| Ok::<_, Error>(unit.tenant().map(str::to_owned)));
    assert_eq!(tenant.unwrap().as_deref(), Some("7"));
    let schemas = one_connection(Tenancy::Schema("t_{}".to_owned()));
    assert!(Db::<SqliteConnection>::open(&file.url(), schemas).is_err());
}
