//! Questions that change something, or make files.

use super::answer::{json, parse};
use super::api::Answer;
use crate::studio::data::{self, Change, Import, cascades, code, reading, statements};
use crate::studio::problem::Problem;
use crate::studio::project;
use crate::studio::state::Studio;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// Somebody else's lock is waited for as long.
const SAVE: Duration = Duration::from_secs(60);
const IMPORT: Duration = Duration::from_secs(600);
const PREVIEW: Duration = Duration::from_secs(15);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changes {
    changes: Vec<Change>,
}

pub(super) async fn preview(studio: &Studio, body: &[u8]) -> Answer {
    let Changes { changes } = parse(body)?;
    let schema = studio.schema().await?;
    let dialect = schema.dialect;
    let shown: Vec<String> =
        statements(&schema, &changes)?.iter().map(|statement| statement.shown(dialect)).collect();
    let diesel = code(&schema, &changes)?;
    let tenant = studio.tenant();
    let work = studio.browse.run(studio.ticket(None), Some(PREVIEW), true, move |desk| {
        reading(desk.session()?, tenant.as_deref(), |session| cascades(session, &schema, &changes))
    });
    let deletes = work.await?;
    let list: Vec<_> =
        shown.iter().enumerate().map(|(at, sql)| json!({ "change": at, "sql": sql })).collect();
    let sql = shown.join("\n");
    Ok(json(&json!({ "statements": list, "sql": sql, "diesel": diesel, "deletes": deletes })))
}

pub(super) async fn save(studio: &Studio, body: &[u8]) -> Answer {
    let Changes { changes } = parse(body)?;
    studio.check_writable()?;
    let schema = studio.schema().await?;
    let tenant = studio.tenant();
    let work = studio.write.run(studio.ticket(None), Some(SAVE), false, move |desk| {
        data::save(desk.session()?, &schema, &changes, tenant.as_deref())
    });
    let saved = work.await.inspect_err(|problem| studio.look_again(problem))?;
    Ok(json(&saved))
}

pub(super) async fn import(studio: &Studio, body: &[u8]) -> Answer {
    let wanted: Import = parse(body)?;
    studio.check_writable()?;
    let schema = studio.schema().await?;
    let tenant = studio.tenant();
    let work = studio.write.run(studio.ticket(None), Some(IMPORT), false, move |desk| {
        data::import(desk.session()?, &schema, &wanted, tenant.as_deref())
    });
    Ok(json(&json!({ "rows": work.await? })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    changes: Vec<Change>,
    name: String,
}

/// Files of the project are the user's own, whatever database is looked at.
pub(super) async fn save_as_seed(studio: &Studio, body: &[u8]) -> Answer {
    let File { changes, name } = parse(body)?;
    let schema = studio.schema().await?;
    let file = project::save_as_seed(&schema, &changes, &name, &studio.settings)?;
    Ok(json(&json!({ "file": file })))
}

pub(super) async fn save_as_migration(studio: &Studio, body: &[u8]) -> Answer {
    let File { changes, name } = parse(body)?;
    let schema = studio.schema().await?;
    let folder: Result<String, Problem> =
        project::save_as_migration(&schema, &changes, &name, &studio.settings);
    Ok(json(&json!({ "folder": folder? })))
}
