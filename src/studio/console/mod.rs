//! SQL that a person types.
//!
//! Each statement goes by itself, by the extended protocol, which takes no second one. Where nothing
//! may be written the database enforces it: PostgreSQL by a transaction whose mode is fixed, SQLite
//! by an authorizer.

mod allowed;
mod outside;
mod plan;

use super::data::{Cell, begin_reading, begin_writing, cells, end};
use super::problem::{Kind, Problem};
use crate::database::postgres::TransactionStatus;
use crate::database::sqlite::Restriction;
use crate::database::{Connection, DatabaseError, ErrorKind, Rows, Session, Value};
use crate::model::Dialect;
pub use crate::sql::classify::is_query;
use crate::sql::classify::{cannot_run_in_transaction, is_empty};
use crate::sql::split;
use serde::{Deserialize, Serialize};

pub use allowed::check;
pub use outside::{check_reading, check_view};
pub use plan::PlanNode;

/// Rows of one result at most.
const MOST: usize = 100_000;
/// What all of them hold, roughly: a page can show no more, and the program stays small.
const BYTES: usize = 16 << 20;
/// Rows fetched in one go.
const PART: usize = 250;
/// Statements at most.
const STATEMENTS: usize = 200;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Typed {
    #[serde(default)]
    pub request: Option<String>,
    pub sql: String,
    #[serde(default = "thousand")]
    pub limit: usize,
    #[serde(default = "half_a_minute")]
    pub timeout_ms: u64,
    #[serde(default)]
    pub explain: bool,
}

fn thousand() -> usize {
    1000
}

fn half_a_minute() -> u64 {
    30_000
}

#[derive(Debug, Default, Serialize)]
pub struct Results {
    pub results: Vec<Outcome>,
    pub notices: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanNode>,
    pub ms: f64,
}

impl Results {
    /// True when something other than rows may be different now.
    pub fn may_change_schema(&self) -> bool {
        let rows = ["INSERT", "UPDATE", "DELETE", "EXPLAIN", "SHOW", "SET"];
        let other = |outcome: &Outcome| {
            outcome.affected.is_some() && !rows.contains(&outcome.command.as_str())
        };
        self.results.iter().any(other)
    }
}

#[derive(Debug, Serialize)]
pub struct Outcome {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    /// Rows changed; nothing for a statement that only reads.
    affected: Option<u64>,
    truncated: bool,
    /// The statement's first word.
    command: String,
}

#[derive(Debug, Serialize)]
struct Column {
    name: String,
    #[serde(rename = "type")]
    ty: String,
}

/// One statement, and where it stands in what was typed.
pub struct Single<'t> {
    pub sql: &'t str,
    pub start: usize,
}

/// The statements of a text.
///
/// # Errors
/// Something that is never closed, nothing at all, too many.
pub fn singles(text: &str, dialect: Dialect) -> Result<Vec<Single<'_>>, Problem> {
    let spans = split::statements(text, dialect).map_err(|error| Problem {
        position: Some(character(text, error.at)),
        ..Problem::bad_request(error.to_string())
    })?;
    let all: Vec<Single<'_>> = spans
        .iter()
        .map(|span| Single { sql: span.sql(text), start: span.range.start })
        .filter(|single| !is_empty(single.sql, dialect))
        .collect();
    match all.len() {
        0 => Err(Problem::bad_request("there is no statement")),
        1..=STATEMENTS => Ok(all),
        _ => Err(Problem::bad_request(format!("more than {STATEMENTS} statements"))),
    }
}

/// A place in characters, from 1.
fn character(text: &str, at: usize) -> usize {
    text.char_indices().take_while(|(start, _)| *start < at).count() + 1
}

/// Runs what was typed. `writing` says whether anything may be changed.
///
/// # Errors
/// The first that fails; with several, none is kept.
pub fn run(
    connection: &mut Connection,
    typed: &Typed,
    writing: bool,
    tenant: Option<&str>,
) -> Result<Results, Problem> {
    let dialect = connection.dialect();
    let statements = singles(&typed.sql, dialect)?;
    let pooled = match connection {
        Connection::Postgres(session) => session.through_pooler()?,
        Connection::Sqlite(_) => false,
    };
    for single in &statements {
        let mut allowed = check(single.sql, dialect, writing);
        if !writing {
            allowed = allowed.and_then(|()| outside::check_reading(single.sql, dialect));
        }
        if pooled {
            allowed = allowed.and_then(|()| allowed::check_pooled(single.sql));
        }
        if tenant.is_some() {
            allowed = allowed.and_then(|()| outside::check_view(single.sql));
        }
        allowed.map_err(|problem| Problem {
            position: Some(character(&typed.sql, single.start)),
            ..problem
        })?;
    }
    let mut results = Results::default();
    let alone = match statements.as_slice() {
        [one] if writing && !typed.explain => {
            cannot_run_in_transaction(one.sql, dialect) && tenant.is_none()
        }
        _ => false,
    };
    if !alone {
        match writing && !typed.explain {
            true => begin_writing(connection, tenant)?,
            false => begin_reading(connection, tenant)?,
        }
    }
    let restriction = if writing { Restriction::Writing } else { Restriction::Reading };
    restrict(connection, Some(restriction))?;
    let done = each(connection, typed, &statements, alone, &mut results);
    let done = done.and_then(|()| still_viewed(connection, tenant));
    restrict(connection, None)?;
    if let Connection::Postgres(session) = connection {
        let notice = |notice: crate::database::postgres::Notice| {
            format!("{}: {}", notice.severity, notice.message)
        };
        results.notices = session.take_notices().into_iter().map(notice).collect();
    }
    let done = match alone {
        true => done,
        false => end(connection, writing && !typed.explain, done),
    };
    give_locks_back(connection)?;
    done.map(|()| results)
}

/// Advisory locks outlive a transaction that is rolled back: one that is left here would keep
/// migrations waiting for as long as the program runs.
fn give_locks_back(connection: &mut Connection) -> Result<(), DatabaseError> {
    match connection {
        Connection::Postgres(session)
            if session.transaction_status() == TransactionStatus::Idle =>
        {
            session.query("SELECT pg_catalog.pg_advisory_unlock_all()", &[]).map(drop)
        }
        _ => Ok(()),
    }
}

fn restrict(connection: &mut Connection, to: Option<Restriction>) -> Result<(), DatabaseError> {
    match connection {
        Connection::Sqlite(session) => session.restrict(to),
        Connection::Postgres(_) => Ok(()),
    }
}

fn each(
    connection: &mut Connection,
    typed: &Typed,
    statements: &[Single<'_>],
    alone: bool,
    results: &mut Results,
) -> Result<(), Problem> {
    let limit = typed.limit.clamp(1, MOST);
    for single in statements {
        let failed = |error: DatabaseError| refused(error, &typed.sql, single.start);
        if typed.explain {
            results.plan = Some(plan::explain(connection, single.sql).map_err(failed)?);
            continue;
        }
        results.results.push(one(connection, single.sql, limit).map_err(failed)?);
        if let Connection::Postgres(session) = connection
            && !alone
            && session.transaction_status() != TransactionStatus::InTransaction
        {
            // What came in the way of the transaction cannot be taken back.
            let message = "the statement ended the transaction it ran in";
            return Err(Problem { lost: true, ..Problem::new(Kind::Forbidden, message) });
        }
    }
    Ok(())
}

/// A function may have changed whose rows are seen: then nothing of it is shown or kept.
fn still_viewed(connection: &mut Connection, tenant: Option<&str>) -> Result<(), Problem> {
    let (Connection::Postgres(session), Some(tenant)) = (connection, tenant) else { return Ok(()) };
    let sql = "SELECT pg_catalog.current_setting('app.tenant_id', true)";
    let found = session.query(sql, &[])?;
    match found.rows.first().and_then(|row| row.first()).and_then(Value::as_text) {
        Some(now) if now == tenant => Ok(()),
        _ => Err(Problem::new(Kind::Forbidden, "the statement left the view of the tenant")),
    }
}

/// The database's error at its place in everything that was typed.
fn refused(error: DatabaseError, text: &str, start: usize) -> Problem {
    let position = error.position.map(|at| character(text, start + at));
    let denied = error.kind == ErrorKind::Denied && error.code.as_deref() == Some("SQLITE_AUTH");
    let problem = Problem { position, ..Problem::from(error) };
    match denied {
        true => Problem {
            kind: Kind::ReadOnly,
            message: "the console may not do this: it changes nothing while the environment is \
                      read-only, and never opens another file"
                .to_owned(),
            hint: None,
            ..problem
        },
        false => problem,
    }
}

fn one(connection: &mut Connection, sql: &str, limit: usize) -> Result<Outcome, DatabaseError> {
    let dialect = connection.dialect();
    let command: String = sql.chars().take_while(|c| c.is_alphabetic()).collect();
    let query = is_query(sql, dialect);
    let (found, truncated) = match query {
        true => some(connection, sql, limit)?,
        false => connection.query_at_most(sql, limit, BYTES)?,
    };
    let Rows { columns, types, rows, affected } = found;
    let types = types.into_iter().chain(std::iter::repeat(String::new()));
    Ok(Outcome {
        columns: columns.into_iter().zip(types).map(|(name, ty)| Column { name, ty }).collect(),
        rows: cells(rows, dialect),
        affected: (!query).then_some(affected),
        truncated,
        command: command.to_ascii_uppercase(),
    })
}

/// The first rows of a query; those that follow are not made.
fn some(
    connection: &mut Connection,
    sql: &str,
    limit: usize,
) -> Result<(Rows, bool), DatabaseError> {
    let (mut found, mut more, mut room) = (Rows::default(), false, BYTES);
    connection.query_in_parts(sql, &[], PART, &mut |part| {
        (found.columns, found.types) = (part.columns, part.types);
        for row in part.rows {
            if found.rows.len() == limit || room == 0 {
                more = true;
                break;
            }
            room = room.saturating_sub(row.iter().map(Value::size).sum());
            found.rows.push(row);
        }
        !more
    })?;
    Ok((found, more))
}
