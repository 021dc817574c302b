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

/// What reads another tenant's rows and then puts everything back would be noticed by nobody later.
#[test]
fn raw_sql_that_leaves_the_tenant_is_not_sent() {
    let shops = Shops::create("tenant_confined");
    let db = open(&shops);
    let seen = std::cell::RefCell::new(Vec::<String>::new());
    let told = db.tenant("a").run(|c| -> Result<(), Error> {
        c.batch_execute("SET LOCAL app.tenant_id = 'b'")?;
        seen.borrow_mut().extend(orders::table.select(orders::shop_id).load::<String>(c)?);
        c.batch_execute("SET LOCAL app.tenant_id = 'a'")?;
        Ok(())
    });
    assert!(matches!(told, Err(Error::Tenant(_))), "{told:?}");
    assert!(seen.borrow().is_empty());
    // Swallowing it does not help: nothing of the unit is kept.
    let told = db.tenant("a").run(|c| -> Result<(), Error> {
        let sent = catch_unwind(AssertUnwindSafe(|| {
            c.batch_execute("SELECT set_config('app.tenant_id', 'b', true)")
        }));
        assert!(sent.is_err());
        diesel::delete(orders::table).execute(c)?;
        Ok(())
    });
    assert!(matches!(told, Err(Error::Tenant(_))), "{told:?}");
    // Nested transactions and savepoints are the tenant's, and what they leave is not.
    let told = db.tenant("a").run(|c| {
        c.transaction(|c| -> Result<(), Error> {
            diesel::delete(orders::table).execute(c)?;
            Ok(c.batch_execute("ROLLBACK; BEGIN; SET app.tenant_id = 'b'")?)
        })
    });
    assert!(matches!(told, Err(Error::Tenant(_))), "{told:?}");
    assert_eq!(metric(&db, "tenant_escapes_total"), "3");
    assert_eq!(shops.database.value("SELECT count(*) FROM orders"), "2");
    // A savepoint that is rolled back does not take the tenant with it.
    db.tenant("a")
        .run(|c| -> Result<(), Error> {
            c.batch_execute("SAVEPOINT s; SET LOCAL statement_timeout = '5s'; ROLLBACK TO s")?;
            assert_eq!(orders::table.select(orders::shop_id).load::<String>(c)?, ["a"]);
            Ok(())
        })
        .unwrap();
}

/// Doors beside plain queries: each shows one tenant's rows, or nothing.
#[test]
fn other_doors_lead_to_no_other_tenant() {
    let shops = Shops::create("tenant_doors");
    let (role, database) = (&shops.role, &shops.database);
    let owner = format!("{role}_owner");
    // A view and a function of an owner that is under policies itself.
    database.execute(&format!(
        "CREATE ROLE \"{owner}\"; GRANT ALL ON orders, lines TO \"{owner}\"; GRANT CREATE ON SCHEMA public TO \"{owner}\"; \
         SET ROLE \"{owner}\"; CREATE VIEW every AS SELECT * FROM orders; GRANT SELECT ON every TO \"{role}\"; \
         CREATE FUNCTION counted() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM orders'; \
         RESET ROLE; GRANT TEMPORARY ON DATABASE {} TO \"{role}\"",
        database.name
    ));
    let db = open(&shops);
    let number = |sql: &str| -> Result<i64, Error> {
        #[derive(QueryableByName)]
        struct Count {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        db.tenant("a").run(|c| Ok(diesel::sql_query(sql).get_result::<Count>(c)?.n))
    };
    for sql in [
        "SELECT count(*) AS n FROM every",
        "SELECT counted() AS n",
        "WITH gone AS (DELETE FROM lines RETURNING 1) SELECT count(*) AS n FROM gone",
        "SELECT count(*) AS n FROM orders WHERE row_security_active('orders')",
    ] {
        assert_eq!(number(sql).unwrap(), 1, "{sql}");
    }
    // Statistics hold values of rows that nobody but their tenant may see.
    database.execute("ANALYZE");
    assert_eq!(number("SELECT count(*) AS n FROM pg_stats WHERE tablename = 'orders'").unwrap(), 0);
    let held = |sql: &str| {
        let told = raw(&db, "a", sql);
        assert!(told.is_err(), "{sql}");
    };
    held("SET LOCAL row_security = off; SELECT * FROM orders");
    held("COPY orders FROM STDIN");
    held("TRUNCATE orders");
    held("ALTER TABLE orders DISABLE ROW LEVEL SECURITY");
    held("CREATE POLICY more ON orders USING (true)");
    held("INSERT INTO lines (shop_id, order_id) VALUES ('a', 2)");
    held("INSERT INTO lines (shop_id, order_id) VALUES ('b', 2)");
    held("INSERT INTO orders (id, shop_id) OVERRIDING SYSTEM VALUE VALUES (2, 'a')");
    held("UPDATE orders SET shop_id = 'b'");
    // A statement that one tenant prepared shows the other its own rows, where it is sent at all.
    let mut plain = db.connection().unwrap();
    plain.batch_execute("PREPARE mine AS SELECT count(*) FROM orders").unwrap();
    drop(plain);
    held("EXECUTE mine");
    assert_eq!(seen(&db, "b"), ["b"]);
    assert_eq!(database.value("SELECT string_agg(shop_id, ' ') FROM lines"), "b");
    drop(db);
    database.execute(&format!("DROP OWNED BY \"{owner}\"; DROP ROLE \"{owner}\""));
}

#[test]
fn what_a_session_keeps_does_not_reach_the_next_user() {
    let shops = Shops::create("tenant_session");
    let role = &shops.role;
    let allow = format!("GRANT TEMPORARY ON DATABASE {} TO \"{role}\"", shops.database.name);
    shops.database.execute(&allow);
    let db = open(&shops);
    for (leave, find) in [
        ("SELECT pg_advisory_lock(1)", None),
        ("LISTEN news", None),
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

/// With a role for each tenant the server itself keeps one out of another's schema.
#[test]
fn a_schema_and_a_role_for_each_tenant() {
    let database = PgDatabase::create("tenant_roles");
    let project = Project::empty();
    let name = &database.name;
    let (app, pattern) = (format!("{name}_app"), format!("{name}_{{}}"));
    project.write(
        "dbkit.toml",
        format!("dialects = [\"postgres\"]\n[tenancy]\nmode = \"schema\"\nrole = \"{app}\"\ntenant_role = \"{pattern}\"\n"),
    );
    project.write(
        "migrations/2026-01-01-000000_first/up.sql",
        "CREATE TABLE orders (id serial PRIMARY KEY, shop_id text NOT NULL);",
    );
    project
        .write("migrations/2026-01-01-000000_first/metadata.toml", "run_in_transaction = true\n");
    database.execute(&format!("CREATE ROLE \"{app}\" LOGIN NOINHERIT"));
    let run = |args: &[&str]| {
        let mut all = vec!["tenant"];
        all.extend(args);
        all.extend(["--database-url", database.url()]);
        project.dbkit(all).run()
    };
    for tenant in ["a", "b"] {
        run(&["create", tenant]).success();
    }
    let mut url = url::Url::parse(database.url()).unwrap();
    url.set_username(&app).unwrap();
    let mut settings = one_connection(Tenancy::Schema("tenant_{}".to_owned()));
    settings.tenant_role = Some(pattern.clone());
    let db = Db::<PgConnection>::open(url.as_str(), settings).unwrap();
    for tenant in ["a", "b"] {
        raw(&db, tenant, &format!("INSERT INTO orders (shop_id) VALUES ('{tenant}')")).unwrap();
        assert_eq!(seen(&db, tenant), [tenant]);
    }
    assert!(raw(&db, "a", "SELECT * FROM tenant_b.orders").is_err());
    assert!(raw(&db, "a", "RESET ROLE").is_err());
    // Names that are built at run time are the server's business.
    for call in ["table_to_xml", "pg_catalog.table_to_xml"] {
        assert!(
            raw(&db, "a", &format!("SELECT {call}('tenant_b.orders', true, true, '')")).is_err()
        );
    }
    let outside = db.run(|c| Ok::<_, Error>(c.batch_execute("SELECT * FROM tenant_b.orders")?));
    assert!(outside.unwrap_err().to_string().contains("permission denied"));
    let plain = |sql: &str| db.connection().unwrap().batch_execute(sql);
    plain(&format!("SET ROLE \"{name}_b\"")).unwrap();
    assert!(plain("SELECT * FROM tenant_b.orders").is_err(), "a role does not stay");
    run(&["doctor"]).success().stdout_has("0 broken");
    database.execute(&format!(
        "GRANT USAGE ON SCHEMA tenant_b TO \"{name}_a\"; GRANT SELECT ON tenant_b.orders TO PUBLIC"
    ));
    run(&["doctor"]).code(3).stdout_has("reads another tenant's rows");
    drop(db);
    for tenant in ["a", "b"] {
        run(&["drop", tenant, "--yes"]).success();
    }
    assert_eq!(
        database.value(&format!("SELECT count(*) FROM pg_roles WHERE rolname LIKE '{name}%'")),
        "1"
    );
    database.execute(&format!("DROP OWNED BY \"{app}\"; DROP ROLE \"{app}\""));
}

#[test]
fn a_database_for_each_tenant() {
    let main = PgDatabase::create("tenant_house");
    let name = &main.name;
    for tenant in ["a", "b"] {
        main.execute(&format!("CREATE DATABASE \"{name}_{tenant}\""));
    }
    let role = format!("{name}_app");
    main.execute(&format!("CREATE ROLE \"{role}\" LOGIN"));
    let url_of = |database: &str, user: &str| {
        let mut url = url::Url::parse(main.url()).unwrap();
        url.set_path(database);
        url.set_username(user).unwrap();
        String::from(url)
    };
    let admin = |tenant: &str, sql: &str| {
        let url = url_of(&format!("{name}_{tenant}"), "postgres");
        PgConnection::establish(&url).unwrap().batch_execute(sql).unwrap();
    };
    for tenant in ["a", "b"] {
        admin(
            tenant,
            &format!(
                "CREATE TABLE orders (id serial PRIMARY KEY, shop_id text); GRANT ALL ON orders, orders_id_seq TO \"{role}\""
            ),
        );
    }
    let pattern = |user: &str| url_of("PLACE", user).replace("PLACE", &format!("{name}_{{}}"));
    let mut settings = one_connection(Tenancy::Database(pattern(&role)));
    settings.tenant_pools = 1;
    settings.connect_timeout = std::time::Duration::from_secs(1);
    let db = Db::<PgConnection>::open(&url_of(name, &role), settings).unwrap();
    for round in 0..3 {
        for tenant in ["a", "b"] {
            raw(&db, tenant, &format!("INSERT INTO orders (shop_id) VALUES ('{tenant}')")).unwrap();
            assert_eq!(seen(&db, tenant).len(), round + 1);
            assert!(seen(&db, tenant).iter().all(|shop| shop == tenant));
            assert_eq!(metric(&db, "tenant_pools"), "1");
        }
    }
    for tenant in ["c", "a?user=postgres", "../a", "a/b", ""] {
        let told = raw(&db, tenant, "SELECT 1");
        assert!(matches!(told, Err(Error::Tenant(_))), "{tenant}: {told:?}");
    }
    // The only place is taken: another tenant waits, and is told.
    let told = db.tenant("a").run(|_| raw(&db, "b", "SELECT 1"));
    assert!(matches!(told, Err(Error::TenantsExhausted { open: 1, .. })), "{told:?}");
    drop(db);
    // A role that could look past a tenant's database does not come in.
    let mut settings = one_connection(Tenancy::Database(pattern("postgres")));
    settings.tenant_pools = 2;
    let db = Db::<PgConnection>::open(&url_of(name, &role), settings).unwrap();
    let told = raw(&db, "a", "SELECT 1");
    assert!(matches!(told, Err(Error::Refused(_))), "{told:?}");
    drop(db);
    for tenant in ["a", "b"] {
        admin(tenant, &format!("DROP OWNED BY \"{role}\""));
        main.execute(&format!("DROP DATABASE \"{name}_{tenant}\" WITH (FORCE)"));
    }
    main.execute(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\""));
}

#[test]
fn a_file_for_each_tenant() {
    let project = Project::with(&[]);
    let path = project.path().display().to_string();
    for tenant in ["a", "b"] {
        project
            .sqlite(&format!("{tenant}.db"))
            .execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, shop_id TEXT)");
    }
    let mut settings = one_connection(Tenancy::Database(format!("{path}/{{}}.db")));
    settings.tenant_pools = 8;
    let db = Db::<SqliteConnection>::open(&format!("{path}/main.db"), settings).unwrap();
    let run =
        |tenant: &str, sql: &str| db.tenant(tenant).run(|c| Ok::<_, Error>(c.batch_execute(sql)?));
    run("a", "INSERT INTO orders (shop_id) VALUES ('a')").unwrap();
    let count = |tenant: &str| -> Result<i64, Error> {
        db.tenant(tenant).run(|c| Ok(orders::table.count().get_result(c)?))
    };
    assert_eq!((count("a").unwrap(), count("b").unwrap()), (1, 0));
    let attach = format!("ATTACH '{path}/b.db' AS b; SELECT * FROM b.orders");
    let vacuum = format!("VACUUM INTO '{path}/b.db'");
    for sql in [attach.as_str(), vacuum.as_str(), "COMMIT; BEGIN"] {
        let told = run("a", sql);
        assert!(matches!(told, Err(Error::Tenant(_))), "{sql}: {told:?}");
    }
    let told = count("c");
    assert!(matches!(told, Err(Error::Tenant(_))), "{told:?}");
    assert!(!project.exists("c.db"), "a tenant that is none gets no file");
    assert!(matches!(count("../a"), Err(Error::Tenant(_))));
    // Threads of several tenants at once.
    std::thread::scope(|scope| {
        for tenant in ["a", "b", "a", "b"] {
            let run = &run;
            scope.spawn(move || {
                for _ in 0..20 {
                    run(tenant, &format!("INSERT INTO orders (shop_id) VALUES ('{tenant}')"))
                        .unwrap();
                }
            });
        }
    });
    assert_eq!((count("a").unwrap(), count("b").unwrap()), (41, 40));
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
