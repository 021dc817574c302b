//! `dbkit check`

use super::findings::{self, Found, Looked};
use super::folders::{Made, sql};
use super::migrations::History;
use super::output::{count, harmless, print};
use super::{Context, Exit, Format, schema};
use crate::config::OlderMigrations;
use crate::database::Access;
use crate::diagnostic::Severity;
use crate::history::{self, Finding};
use crate::migration;
use crate::model::Dialect;
use crate::plan::Style;
use crate::source::lineage::Lineage;
use crate::source::schema_rs;
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Offline: schema files parse, schema and migrations agree, no two branches were merged without\n\
                  being joined, every migration has a way back, and the rules of docs/lint are kept (levels:\n\
                  [lint] in dbkit.toml). With a database as well: applied migrations\n\
                  are as they were, and the database is what they add up to. With --replay: all migrations\n\
                  make what the schema files say, and the way back of each works.\n\n\
                  Exit code 3 when there is a finding that is no warning.\n\n\
                  Example:\n  dbkit check\n  dbkit check --env prod --format github"
)]
pub struct Args {
    /// Schema file (may be repeated; globs allowed)
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(super) schema: Vec<PathBuf>,
    /// Look at the database too; implied by --database-url and --env
    #[arg(long)]
    database: bool,
    /// Run every migration on a scratch database beside the target's (a file, or a database of the
    /// same server), compare, and go back and forth over each with made-up rows
    #[arg(long)]
    replay: bool,
    /// Look at files only, whatever else is given
    #[arg(long, conflicts_with_all = ["database", "replay"])]
    offline: bool,
    /// Exit code 3 for warnings, too
    #[arg(long)]
    strict: bool,
}

/// Looks for everything that is wrong and prints it.
///
/// # Errors
/// No connection, where there is to be one. What is wrong with files is a finding.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let mut all = Vec::new();
    let mut notes = Vec::new();
    let mut looked_at = 0;
    for dialect in context.dialects() {
        let (found, number) = offline(context, dialect)?;
        looked_at += number;
        all.extend(found.into_iter().map(|finding| Found { dialect, finding }));
    }
    let given = context.global.database_url.is_some() || context.global.env.is_some();
    // With --replay the target may be there only to say which server to use.
    let live = args.database || (given && !args.offline && !args.replay);
    findings::only_once(&mut all);
    let broken = all.iter().any(|found| found.finding.code.starts_with("unreadable"));
    // What has run is known without the schema files.
    let history_broken = all
        .iter()
        .any(|found| matches!(found.finding.code, "unreadable-migrations" | "unreadable-snapshot"));
    if live && !history_broken {
        let mut history = History::open(context, Access::Read)?;
        let dialect = history.target.dialect();
        let mut found = database(context, &mut history, &mut notes)?;
        if context.config.older_migrations.value == OlderMigrations::Apply {
            found.retain(|finding| finding.code != "older");
        }
        all.extend(found.into_iter().map(|finding| Found { dialect, finding }));
    }
    if args.replay && !broken {
        let target = context.direct_target()?;
        let dialect = target.dialect();
        let found = super::replay::findings(context, &target, &mut notes)?;
        all.extend(found.into_iter().map(|finding| Found { dialect, finding }));
    }
    for note in &notes {
        context.say(&format!("note: {note}"));
    }
    let text = match context.global.format {
        Format::Json => findings::json(&all, &notes)?,
        Format::Github => findings::github(&all, context),
        _ => {
            let looked = Looked { migrations: looked_at, live, replay: args.replay };
            findings::human(&all, &looked, context)
        }
    };
    print(&text)?;
    let counts = |found: &Found| args.strict || found.finding.level == Severity::Error;
    Ok(if all.iter().any(counts) { Exit::Pending } else { Exit::Done })
}

/// What files alone show, and how many migrations were looked at.
fn offline(context: &Context, dialect: Dialect) -> anyhow::Result<(Vec<Finding>, usize)> {
    let dir = context.config.migration_dir(dialect);
    let unreadable = |code, error: String| {
        let (message, help) = error.split_once("\nhelp: ").unwrap_or((error.as_str(), ""));
        Finding::new(code, dir.display().to_string(), message, help)
    };
    let migrations = if dir.is_dir() {
        match migration::read(&dir) {
            Ok(migrations) => migrations,
            Err(error) => {
                return Ok((vec![unreadable("unreadable-migrations", error.to_string())], 0));
            }
        }
    } else {
        Vec::new()
    };
    let lineage = match Lineage::read(&migrations, dialect) {
        Ok(lineage) => lineage,
        Err(error) => {
            let found = vec![unreadable("unreadable-snapshot", error.to_string())];
            return Ok((found, migrations.len()));
        }
    };
    let mut found = match history::offline(&migrations, &lineage) {
        Ok(found) => found,
        Err(error) => vec![unreadable("unreadable-migrations", error.to_string())],
    };
    let source = schema::read(context, dialect)?;
    found.extend(super::lint::findings(context, &migrations, &lineage, source.as_ref().ok())?);
    match source {
        Err(mistakes) => found.extend(mistakes.iter().map(|m| Finding::of("schema", m))),
        Ok(_) if lineage.entries.is_empty() && !migrations.is_empty() => found.push(Finding::new(
            "no-snapshot",
            dir.display().to_string(),
            format!(
                "{} without a snapshot: what they make is not known here",
                count(migrations.len(), "migration")
            ),
            "`dbkit baseline` takes the snapshot from a database where all of them have run; `dbkit generate --baseline` notes that they make what schema.rs says",
        )),
        // What a merged history adds up to is not known before it is mended.
        Ok(_) if lineage.forks().iter().any(|fork| !fork.shared.is_empty()) => {}
        Ok(wanted) => {
            let model = context.filtered(lineage.model());
            let wanted = match schema_rs::completed(wanted, &model) {
                Ok(completed) => completed.source,
                Err(mistakes) => {
                    found.extend(mistakes.iter().map(|m| Finding::of("schema", m)));
                    return Ok((found, migrations.len()));
                }
            };
            let made = Made::new(&model, &wanted.model, &wanted.renames, None, Style::Fast)?;
            let up = made.up();
            if !up.is_empty() {
                let differences = history::differences(&model, &wanted.model, &wanted.renames);
                let objects: Vec<&str> = differences.iter().map(|d| d.object.as_str()).collect();
                found.push(
                    Finding::new(
                        "schema-differs",
                        "schema",
                        format!("schema and migrations disagree about {}", objects.join(", ")),
                        "`dbkit generate` writes the migration",
                    )
                    .detail(sql(&up)),
                );
            }
        }
    }
    Ok((found, migrations.len()))
}

/// What the ledger and the database show.
fn database(
    context: &Context,
    history: &mut History,
    notes: &mut Vec<String>,
) -> anyhow::Result<Vec<Finding>> {
    let standing = history.standing()?;
    let (ledger, connection) = (&history.ledger, &mut history.connection);
    let mut found = history::applied(&standing, &history.migrations, |version| {
        Ok::<_, anyhow::Error>(ledger.kept(connection, version)?)
    })?;
    let pending = standing.iter().filter(|line| line.standing == crate::ledger::Standing::Pending);
    let pending = pending.count();
    if pending > 0 {
        notes.push(format!("{} pending on {}", count(pending, "migration"), history.target));
    }
    let lineage = Lineage::read(&history.migrations, history.target.dialect())?;
    if lineage.entries.is_empty() {
        if standing.iter().any(history::has_run) {
            notes.push(
                "drift is not looked for: no migration has a snapshot; `dbkit baseline` takes one from the database"
                    .to_owned(),
            );
        }
        return Ok(found);
    }
    if let Some(part) = history::half_applied(&lineage, &standing) {
        notes.push(format!(
            "drift is not looked for: {part} and what comes before it are one change, of which a part has run; `dbkit migrate` runs the rest, `dbkit rollback` takes the part back"
        ));
        return Ok(found);
    }
    let expected = context.filtered(history::expected(&lineage, &standing));
    let beside = history::beside(&mut history.connection, &expected)?;
    notes.extend(beside.notes.iter().map(|note| harmless(note)));
    found.extend(history::drift(&history::differences(&beside.other, &beside.live, &[])));
    Ok(found)
}
