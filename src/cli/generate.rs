//! `dbkit generate`

use super::output::{count, print};
use super::{Context, Exit, Stop, prompt, schema};
use crate::dialect;
use crate::diff::{Rename, reversed};
use crate::migration::{self, Migration, NewMigration, file_name, stamp};
use crate::model::{Dialect, Model};
use crate::plan::{HazardKind, Part, PlanOptions, Script, Style};
use crate::source::snapshot::{self, Head, Snapshot};
use chrono::{DateTime, Utc};
use std::path::{Path, PathBuf};

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Compares the schema files with what the folder of migrations adds up to and writes the\n\
                        difference, both ways. Needs no database.\n\n\
                        Example:\n  dbkit generate add_comments\n  dbkit generate --rename users.name:full_name\n  dbkit generate --check"
)]
pub struct Args {
    /// What the migration is called; made from its changes where it is left out
    #[arg(value_name = "NAME")]
    positional: Option<String>,
    /// What the migration is called
    #[arg(long, value_name = "NAME", conflicts_with = "positional")]
    name: Option<String>,
    /// Schema file (may be repeated; globs allowed)
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(super) schema: Vec<PathBuf>,
    /// Write an empty migration for hand-written SQL
    #[arg(long, conflicts_with = "check")]
    custom: bool,
    /// Print the SQL and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Write nothing; exit 3 when schema files and migrations disagree
    #[arg(long)]
    check: bool,
    /// What is renamed, not dropped and added: table.old:new, or old:new for a table
    #[arg(long, value_name = "OLD:NEW")]
    rename: Vec<String>,
    /// A drop next to an add is what it says, never a rename
    #[arg(long)]
    allow_destructive: bool,
    /// Plain statements in one migration, instead of forms that do not block a table in use
    #[arg(long)]
    fast: bool,
}

/// Writes the migration that leads from the folder's state to the schema files.
///
/// # Errors
/// Mistakes in files, an unanswered question, a folder that cannot be written.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let mut differs = false;
    for dialect in context.dialects() {
        differs |= one(args, context, dialect)?;
    }
    Ok(if args.check && differs { Exit::Pending } else { Exit::Done })
}

/// Both directions of a migration.
struct Made {
    up: Script,
    down: Script,
    snapshot: Snapshot,
}

fn one(args: &Args, context: &Context, dialect: Dialect) -> anyhow::Result<bool> {
    let dir = context.config.migration_dir(dialect);
    let migrations = if dir.is_dir() {
        migration::read(&dir).map_err(|e| Stop::error(Exit::Usage, e.to_string()))?
    } else {
        Vec::new()
    };
    let history = snapshot::fold(&migrations, dialect)
        .map_err(|e| Stop::error(Exit::Usage, e.to_string()))?;
    for fork in &history.forks {
        context.warn(&format!(
            "{} and {} were made on the same state: two branches were merged",
            fork.first, fork.second
        ));
    }
    if args.custom {
        let snapshot = Snapshot::between(&history.model, &history.model, history.head);
        let text = "-- Hand-written. Each statement ends with a semicolon.\n";
        let part = Part { transactional: true, statements: Vec::new() };
        let name = name(args, "custom")?;
        let folder = Folder { dir: &dir, migrations: &migrations, name: &name, now: Utc::now() };
        let path = folder.write(&part, text, text, &snapshot)?.1;
        print(&format!("{}\n", path.display()))?;
        return Ok(false);
    }
    let wanted = schema::load(context, dialect)?;
    let made = compare(args, &history.model, &wanted.model, &wanted.renames, history.head.clone())?;
    if made.up.is_empty() {
        // Models can differ where their SQL does not: spelling that a database does not keep.
        context.say(&format!("nothing to do: schema and {} migrations agree", dialect));
        return Ok(false);
    }
    report(context, &made);
    if args.check {
        print(&format!(
            "schema and {dialect} migrations disagree by {}; `dbkit generate` writes them\n{}",
            count(made.up.statements().count(), "statement"),
            sql(&made.up)
        ))?;
        return Ok(true);
    }
    if args.dry_run {
        print(&format!("-- up\n{}\n-- down\n{}", sql(&made.up), sql(&made.down)))?;
        return Ok(true);
    }
    let name = name(args, &described(&made.snapshot, &history.model))?;
    let folder = Folder { dir: &dir, migrations: &migrations, name: &name, now: Utc::now() };
    for path in folder.write_all(&made, &history.model, history.head)? {
        print(&format!("{}\n", path.display()))?;
    }
    Ok(true)
}

fn compare(
    args: &Args,
    from: &Model,
    to: &Model,
    declared: &[Rename],
    head: Option<Head>,
) -> anyhow::Result<Made> {
    let style = if args.fast { Style::Fast } else { Style::Safe };
    let options = PlanOptions { style };
    let mut renames = declared.to_vec();
    let (mut up, mut ambiguous) = dialect::script(from, to, &renames, &options)?;
    if !args.rename.is_empty() {
        renames.extend(schema::chosen_renames(&args.rename, &ambiguous)?);
        (up, ambiguous) = dialect::script(from, to, &renames, &options)?;
    }
    if !ambiguous.is_empty() && !args.allow_destructive {
        if !prompt::interactive() {
            return Err(schema::unanswered(&ambiguous));
        }
        renames.extend(schema::ask(&ambiguous)?);
        (up, _) = dialect::script(from, to, &renames, &options)?;
    }
    let (mut down, _) = dialect::script(to, from, &reversed(&renames), &options)?;
    if to.dialect == Dialect::Sqlite {
        dialect::sqlite::share_transactions(&mut up, &mut down);
    }
    Ok(Made { up, down, snapshot: Snapshot::between(from, to, head) })
}

/// Says aloud what is dangerous or has no way back.
fn report(context: &Context, made: &Made) {
    for note in &made.up.notes {
        context.say(&format!("note: {note}"));
    }
    for hazard in made.up.statements().flat_map(|statement| &statement.hazards) {
        context.say(&format!("hazard {}: {}", hazard.kind, hazard.consequence));
    }
}

fn name(args: &Args, otherwise: &str) -> anyhow::Result<String> {
    let given = args.positional.as_deref().or(args.name.as_deref()).unwrap_or(otherwise);
    file_name(given).map_err(|e| Stop::error(Exit::Usage, e.to_string()))
}

/// A name from what changes: `create_users`, `alter_users_and_2_more`.
fn described(snapshot: &Snapshot, before: &Model) -> String {
    let mut changes = Vec::new();
    for object in &snapshot.changed {
        let id = object.id();
        let verb = if before.object(&id).is_some() { "alter" } else { "create" };
        changes.push(format!("{verb} {}", bare(&id.to_string())));
    }
    changes.extend(snapshot.removed.iter().map(|id| format!("drop {}", bare(&id.to_string()))));
    if before.is_empty() && changes.len() > 1 {
        return "initial".to_owned();
    }
    let first: String = changes.first().map_or("change", String::as_str).chars().take(60).collect();
    match changes.len() {
        0 | 1 => first.replace('.', "_"),
        more => format!("{} and {} more", first.replace('.', "_"), more - 1),
    }
}

/// `table users` without its kind and arguments.
fn bare(id: &str) -> String {
    let name = id.split_once(' ').map_or(id, |(_, name)| name);
    name.split('(').next().unwrap_or(name).to_owned()
}

fn sql(script: &Script) -> String {
    script.parts.iter().map(part_sql).collect::<Vec<_>>().join("\n")
}

/// Statements with the reasons for caution above them.
fn part_sql(part: &Part) -> String {
    let mut text = String::new();
    for (at, statement) in part.statements.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        for hazard in &statement.hazards {
            let consequence = crate::cli::output::harmless(&hazard.consequence);
            text.push_str(&format!("-- {}: {consequence}\n", hazard.kind));
        }
        text.push_str(statement.sql.trim_end());
        text.push('\n');
    }
    text
}

/// Where new migrations go.
struct Folder<'a> {
    dir: &'a Path,
    migrations: &'a [Migration],
    name: &'a str,
    now: DateTime<Utc>,
}

impl Folder<'_> {
    /// One folder for each part. Going back takes them in the opposite order, so that the first
    /// part of the way back stands with the last part of the way there; each snapshot but the
    /// first changes nothing.
    fn write_all(
        &self,
        made: &Made,
        before: &Model,
        mut head: Option<Head>,
    ) -> anyhow::Result<Vec<PathBuf>> {
        let folders = pair(&made.up, &made.down);
        let mut newest = self.migrations.last().map(|m| m.version.clone());
        let mut paths = Vec::new();
        for (at, (up, down, transactional)) in folders.iter().enumerate() {
            let version = stamp(self.now, newest.as_ref());
            let snapshot = if at == 0 {
                made.snapshot.clone()
            } else {
                Snapshot::between(before, before, head.clone())
            };
            let name =
                if at == 0 { self.name.to_owned() } else { format!("{}_{}", self.name, at + 1) };
            let irreversible = irreversible(&made.up);
            let (up, mut down) = (up.clone(), down.clone());
            if down.is_empty() {
                down = "-- Nothing to undo here.\nSELECT 1;\n".to_owned();
            }
            if at == 0 && !irreversible.is_empty() {
                down = format!("{irreversible}{down}");
            }
            let path = migration::write(
                self.dir,
                &NewMigration {
                    version: &version,
                    name: &name,
                    up: if up.is_empty() { "SELECT 1;\n" } else { &up },
                    down: &down,
                    transactional: *transactional,
                    snapshot: &snapshot.to_json(),
                },
            )?;
            let plain = migration::Version::of_folder(&version);
            head = Some(snapshot.head(plain.as_str()));
            newest = Some(plain);
            paths.push(path);
        }
        Ok(paths)
    }

    fn write(
        &self,
        part: &Part,
        up: &str,
        down: &str,
        snapshot: &Snapshot,
    ) -> anyhow::Result<(String, PathBuf)> {
        let version = stamp(self.now, self.migrations.last().map(|m| &m.version));
        let path = migration::write(
            self.dir,
            &NewMigration {
                version: &version,
                name: self.name,
                up,
                down,
                transactional: part.transactional,
                snapshot: &snapshot.to_json(),
            },
        )?;
        Ok((version, path))
    }
}

/// Parts of both ways side by side: (up, down, run in a transaction). Where the counts or the
/// transactions differ, parts get folders of their own.
fn pair(up: &Script, down: &Script) -> Vec<(String, String, bool)> {
    let mut folders: Vec<(String, String, bool)> = Vec::new();
    let mut back: Vec<&Part> = down.parts.iter().collect();
    for part in &up.parts {
        // The last part there is undone by the first part back.
        let partner =
            back.last().filter(|p| p.transactional == part.transactional).map(|p| part_sql(p));
        if partner.is_some() {
            back.pop();
        }
        folders.push((part_sql(part), partner.unwrap_or_default(), part.transactional));
    }
    // What found no partner is undone before everything else that stands in its way: parts of
    // the way back keep their order.
    for part in back.into_iter().rev() {
        folders.push((String::new(), part_sql(part), part.transactional));
    }
    folders
}

/// What down.sql cannot bring back, as comments.
fn irreversible(up: &Script) -> String {
    up.statements()
        .flat_map(|statement| &statement.hazards)
        .filter(|hazard| matches!(hazard.kind, HazardKind::DataLoss | HazardKind::Irreversible))
        .map(|hazard| {
            format!(
                "-- Cannot bring back: up.sql {}.\n",
                super::output::harmless(&hazard.consequence)
            )
        })
        .collect()
}
