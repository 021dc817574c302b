//! Hand-written texts against what the server prints: after canonicalisation nothing differs.

use crate::support::PgDatabase;
use dbkit::database::Session;
use dbkit::database::postgres::{ConnectOptions, PgSession, canonicalise};
use dbkit::model::{ColumnValue, Expr, Model, ObjectId, OnTable, QName, RoutineId};

const BUILT: &str = "
CREATE SCHEMA app;
CREATE TYPE status AS ENUM ('draft', 'done');
CREATE TYPE app.kind AS ENUM ('a', 'b');
CREATE DOMAIN positive AS int CONSTRAINT above CHECK (VALUE > 0) DEFAULT 1 + 1;
CREATE SEQUENCE app.counter;
CREATE TABLE item (
    id int PRIMARY KEY, name text, price numeric CONSTRAINT sane CHECK (price > 0 AND price < 1e6),
    status status DEFAULT 'draft', kind app.kind DEFAULT 'a', at timestamptz DEFAULT CURRENT_TIMESTAMP,
    number int DEFAULT nextval('app.counter'),
    shown text GENERATED ALWAYS AS (upper(name)) STORED,
    during tsrange, CONSTRAINT apart EXCLUDE USING gist (during WITH &&) WHERE (price > 1)
);
CREATE INDEX item_name ON item (lower(name), (price * 2)) WHERE status <> 'done';
CREATE TABLE app.event (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE app.event_1 PARTITION OF app.event FOR VALUES FROM ('2020-01-01') TO (MAXVALUE);
CREATE VIEW cheap AS SELECT id, name FROM item WHERE price < 10;
CREATE VIEW app.cheaper AS SELECT c.* FROM cheap c JOIN app.event e USING (id);
CREATE FUNCTION app.twice(a int) RETURNS int LANGUAGE sql RETURN a + a;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touch BEFORE UPDATE ON item FOR EACH ROW WHEN (NEW.name IS DISTINCT FROM OLD.name) EXECUTE FUNCTION touch();
CREATE POLICY own ON item FOR SELECT TO CURRENT_USER USING (name = CURRENT_USER);
CREATE RULE quiet AS ON DELETE TO item WHERE OLD.id = 1 DO INSTEAD NOTHING;
CREATE STATISTICS pairs ON name, price FROM item;
";

fn live(database: &PgDatabase) -> (PgSession, Model) {
    let mut session = PgSession::connect(database.url(), &ConnectOptions::default()).unwrap();
    let model = session.introspect().unwrap();
    (session, model)
}

fn q(name: &str) -> QName {
    QName::bare(name)
}

fn app(name: &str) -> QName {
    QName::new(Some("app"), name)
}

/// The same database in the words of a person.
fn written(live: &Model) -> Model {
    let mut model = live.clone();
    let item = model.tables.get_mut(&q("item")).unwrap();
    for (column, text) in [
        ("status", "'draft'"),
        ("kind", "'a'::app.kind"),
        ("at", "current_timestamp"),
        ("number", "nextval('app.counter')"),
        ("shown", "upper( name )"),
    ] {
        let column = item.columns.iter_mut().find(|c| c.name == column).unwrap();
        match &mut column.value {
            ColumnValue::Default(expr) | ColumnValue::Generated { expr, .. } => {
                *expr = Expr::new(text);
            }
            _ => panic!("{}", column.name),
        }
    }
    item.checks[0].expr = Expr::new("price > 0 and price < 1e6");
    item.exclusions[0].index.predicate = Some(Expr::new("price > 1"));
    item.indexes[0].elements[1].key = dbkit::model::IndexKey::Expr(Expr::new("price*2"));
    item.indexes[0].elements[0].opclass = Some("text_ops".into());
    item.indexes[0].predicate = Some(Expr::new("status != 'done'"));
    model.tables.get_mut(&app("event")).unwrap().partition_by = Some(Expr::new("range(at)"));
    let part = model.tables.get_mut(&app("event_1")).unwrap();
    part.partition_of.as_mut().unwrap().bound =
        Expr::new("for values from (date '2020-01-01') to (maxvalue)");
    let domain = model.domains.get_mut(&q("positive")).unwrap();
    domain.checks[0].expr = Expr::new("value > 0");
    domain.default = Some(Expr::new("1+1"));
    let view = model.views.get_mut(&q("cheap")).unwrap();
    view.query = "select id, name from public.item where price<10".into();
    view.columns.clear();
    let view = model.views.get_mut(&app("cheaper")).unwrap();
    view.query = "SELECT c.* FROM cheap c JOIN app.event e USING (id)".into();
    let twice = RoutineId { name: app("twice"), arguments: vec!["integer".into()] };
    model.routines.get_mut(&twice).unwrap().definition =
        "create function app.twice(a int) returns int language sql return a+a".into();
    let on = |name: &str| OnTable { table: q("item"), name: name.into() };
    model.triggers.get_mut(&on("touch")).unwrap().definition =
        "create trigger touch before update on item \
        for each row when (new.name is distinct from old.name) execute function touch()"
            .into();
    let policy = model.policies.get_mut(&on("own")).unwrap();
    policy.using = Some(Expr::new("name = current_user"));
    policy.roles = vec!["current_user".into()];
    model.rules.get_mut(&on("quiet")).unwrap().definition =
        "create rule quiet as on delete to item where old.id = 1 do instead nothing".into();
    model.statistics.get_mut(&q("pairs")).unwrap().definition =
        "create statistics pairs on name, price from item".into();
    model
}

fn differences(a: &Model, b: &Model) -> Vec<String> {
    let ids = a.object_ids().filter(|id| !a.same_object(b, id));
    ids.map(|id| format!("{:?}\n{:?}", a.object(&id), b.object(&id))).collect()
}

#[test]
fn what_a_person_writes_becomes_what_the_server_prints() {
    let database = PgDatabase::create("canonical");
    database.execute(BUILT);
    let (mut session, live) = live(&database);
    let wanted = written(&live);
    let canonical = canonicalise(&mut session, &wanted, &live).unwrap();
    assert_eq!(canonical.notes, Vec::<String>::new());
    assert_eq!(differences(&canonical.model, &live), Vec::<String>::new());
    // Nothing is left behind.
    assert_eq!(differences(&session.introspect().unwrap(), &live), Vec::<String>::new());
}

#[test]
fn new_things_beside_it_are_seen_by_changed_texts() {
    let database = PgDatabase::create("canonical");
    database.execute(BUILT);
    let (mut session, live) = live(&database);
    let mut wanted = live.clone();
    let mut table = wanted.tables[&q("item")].clone();
    table.name = q("other");
    table.columns.truncate(3);
    table.checks.clear();
    table.exclusions.clear();
    table.indexes.clear();
    wanted.tables.insert(table.name.clone(), table);
    wanted.views.get_mut(&q("cheap")).unwrap().query =
        "select i.id, i.name from item i join other using (id)".into();
    session.execute("BEGIN").unwrap();
    let canonical = canonicalise(&mut session, &wanted, &live).unwrap();
    session.execute("COMMIT").unwrap();
    assert_eq!(canonical.notes, Vec::<String>::new());
    assert_eq!(
        canonical.model.views[&q("cheap")].query,
        "SELECT i.id,\n    i.name\n   FROM (item i\n     JOIN other USING (id))"
    );
}

#[test]
fn what_the_server_cannot_read_stays_and_is_told() {
    let database = PgDatabase::create("canonical");
    database.execute(BUILT);
    let (mut session, live) = live(&database);
    let mut wanted = written(&live);
    wanted.tables.get_mut(&q("item")).unwrap().checks[0].expr = Expr::new("nothere > 0");
    let canonical = canonicalise(&mut session, &wanted, &live).unwrap();
    assert_eq!(canonical.notes.len(), 1);
    assert!(canonical.notes[0].contains("check sane of item"), "{:?}", canonical.notes);
    let ids: Vec<ObjectId> =
        live.object_ids().filter(|id| !live.same_object(&canonical.model, id)).collect();
    assert_eq!(ids, [ObjectId::Table(q("item"))]);
}

#[test]
fn nothing_is_asked_when_nothing_differs() {
    let database = PgDatabase::create("canonical");
    database.execute(BUILT);
    let (mut session, live) = live(&database);
    // In a failed transaction any question would be an error.
    session.execute("BEGIN").unwrap();
    session.execute("SELECT nothere").unwrap_err();
    assert_eq!(canonicalise(&mut session, &live, &live).unwrap().model, live);
}
