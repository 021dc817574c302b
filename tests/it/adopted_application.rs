//! An application of Diesel's whose schema.rs `dbkit pull` has written anew: the file that is
//! compiled here is what `pull` writes, and the application's queries work with it as before.

use crate::support::{PgDatabase, Project};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::serialize::{self, IsNull, Output, ToSql};
use schema::{customers, order_lines, orders};
use std::io::Write;

#[path = "../cases/adopted/schema.rs"]
mod schema;

const BEFORE: &str = include_str!("../cases/adopted/before.rs");
const UP: &str = include_str!("../cases/adopted/up.sql");
const DOWN: &str = include_str!("../cases/adopted/down.sql");

#[derive(AsExpression, Clone, Copy, Debug, FromSqlRow, PartialEq, Eq)]
#[diesel(sql_type = schema::sql_types::OrderState)]
enum State {
    Open,
    Paid,
}

impl ToSql<schema::sql_types::OrderState, Pg> for State {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let label: &[u8] = match self {
            Self::Open => b"open",
            Self::Paid => b"paid",
        };
        out.write_all(label)?;
        Ok(IsNull::No)
    }
}

impl FromSql<schema::sql_types::OrderState, Pg> for State {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        match bytes.as_bytes() {
            b"open" => Ok(Self::Open),
            b"paid" => Ok(Self::Paid),
            other => Err(format!("no state: {other:?}").into()),
        }
    }
}

#[derive(Debug, Identifiable, Queryable, Selectable)]
#[diesel(table_name = customers, check_for_backend(Pg))]
struct Customer {
    id: i32,
    email: String,
    #[diesel(column_name = type_)]
    kind: String,
}

#[derive(Associations, Debug, Identifiable, PartialEq, Queryable, Selectable)]
#[diesel(table_name = orders, belongs_to(Customer), check_for_backend(Pg))]
struct Order {
    id: i64,
    customer_id: i32,
    state: State,
    tags: Vec<Option<String>>,
    note: Option<String>,
}

#[derive(Insertable)]
#[diesel(table_name = orders)]
struct NewOrder<'a> {
    customer_id: i32,
    state: Option<State>,
    note: Option<&'a str>,
}

#[derive(AsChangeset)]
#[diesel(table_name = orders)]
struct Payment {
    state: State,
    tags: Vec<Option<String>>,
}

#[test]
fn what_pull_writes_is_what_the_application_was_compiled_with() {
    let database = PgDatabase::create("adopted_application");
    let project = Project::empty();
    let folder = "migrations/2023-01-01-000000_create";
    let manifest = "[package]\nname = \"shop\"\n[dependencies]\ndiesel = { version = \"2\", features = [\"postgres\"] }\n";
    project.write("Cargo.toml", manifest);
    project.write("diesel.toml", "[print_schema]\nfile = \"src/schema.rs\"\n");
    project.write("src/schema.rs", BEFORE);
    project.write(&format!("{folder}/up.sql"), UP);
    project.write(&format!("{folder}/down.sql"), DOWN);
    let run = |args: &[&str]| {
        let all = [args, &["--database-url", database.url()]].concat();
        project.dbkit(all).run().success()
    };
    run(&["init"]);
    run(&["migrate"]);
    run(&["pull"]);
    let compiled = include_str!("../cases/adopted/schema.rs");
    assert_eq!(project.read("src/schema.rs"), compiled);
    run(&["generate"]).stderr_has("nothing to do");
    run(&["check", "--database"]);

    let mut connection = PgConnection::establish(database.url()).unwrap();
    let c = &mut connection;
    let ada: Customer = diesel::insert_into(customers::table)
        .values(customers::email.eq("ada@example.com"))
        .returning(Customer::as_returning())
        .get_result(c)
        .unwrap();
    assert_eq!((ada.email.as_str(), ada.kind.as_str()), ("ada@example.com", "person"));
    let new = NewOrder { customer_id: ada.id, state: None, note: Some("gift") };
    let order: Order = diesel::insert_into(orders::table).values(&new).get_result(c).unwrap();
    assert_eq!((order.state, order.note.as_deref()), (State::Open, Some("gift")));
    let line = |position: i32, cents: i32| {
        (
            order_lines::order_id.eq(order.id),
            order_lines::position.eq(position),
            order_lines::cents.eq(cents),
        )
    };
    diesel::insert_into(order_lines::table)
        .values(&vec![line(1, 250), line(2, 750)])
        .execute(c)
        .unwrap();
    let total: Option<i64> = order_lines::table
        .inner_join(orders::table.inner_join(customers::table))
        .filter(customers::email.like("ada%").and(orders::state.eq(State::Open)))
        .select(diesel::dsl::sum(order_lines::cents))
        .first(c)
        .unwrap();
    assert_eq!(total, Some(1000));
    let payment = Payment { state: State::Paid, tags: vec![Some("fast".to_owned()), None] };
    diesel::update(&order).set(&payment).execute(c).unwrap();
    let paid = Order::belonging_to(&ada).select(Order::as_select()).load(c).unwrap();
    assert_eq!(paid, [Order { state: State::Paid, tags: payment.tags, ..order }]);
}
