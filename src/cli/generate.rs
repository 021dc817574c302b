//! `dbkit generate`

use super::folders::{Folder, Made as Both, sql};
use super::output::{count, harmless, print};
use super::renames::Answers;
use super::{Context, Exit, Stop, schema};
use crate::dialect;
use crate::migration::{self, Migration, file_name};
use crate::model::{Dialect, Model};
use crate::plan::{HazardKind, PlanOptions, Script, Style};
use crate::source::Source;
use crate::source::lineage::Lineage;
use crate::source::snapshot::{Head, Snapshot};
use chrono::Utc;
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
    /// Note that the migrations so far, written by hand or by Diesel, make what schema.rs says
    #[arg(long, conflicts_with_all = ["check", "custom"])]
    baseline: bool,
    /// After a merge: make a branch's migrations again on top of the other's; the newest branch, or
    /// the one that FOLDER is on
    #[arg(
        long,
        value_name = "FOLDER",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        conflicts_with_all = ["check", "custom", "baseline", "positional", "name"]
    )]
    rebase: Option<String>,
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

/// Writes the migrations that lead from the folders' state to the schema files. Every dialect is
/// planned, and every question answered, before the first file is written.
///
/// # Errors
/// Mistakes in files, an unanswered question, a folder that cannot be written.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let dialects = context.dialects();
    name(args, "migration")?;
    if let Some(name) = &args.rebase {
        let name = Some(name.as_str()).filter(|name| !name.is_empty());
        let style = if args.fast { Style::Fast } else { Style::Safe };
        return super::rebase::run(context, name, style, args.dry_run);
    }
    // A check asks nothing: whatever the answer, schema and migrations disagree.
    let mut answers = Answers::new(&args.rename, args.allow_destructive || args.check);
    let mut drafts = Vec::new();
    for dialect in &dialects {
        drafts.push(draft(args, context, *dialect, &mut answers)?);
    }
    answers.check_flags()?;
    let now = Utc::now();
    let mut told = Vec::new();
    for draft in &drafts {
        let folders = match &draft.made {
            Made::Nothing | Made::Conflict(_) => Vec::new(),
            _ if args.check || args.dry_run => Vec::new(),
            Made::Script(script) => {
                let name = name(args, &described(&script.snapshot, &draft.model))?;
                draft.folder(now).write_all(&name, script)?.0
            }
            Made::Empty(snapshot, text) => {
                let name = name(args, text.name)?;
                vec![draft.folder(now).write(&name, text.up, text.down, true, snapshot)?.0]
            }
        };
        if context.json() {
            told.push(draft.json(&folders));
        } else {
            show(args, context, draft, dialects.len() > 1, &folders)?;
        }
    }
    let differs = drafts.iter().any(|draft| !matches!(draft.made, Made::Nothing));
    if context.json() {
        let json = serde_json::json!({ "differs": differs, "dialects": told });
        print(&format!("{}\n", serde_json::to_string_pretty(&json)?))?;
    }
    Ok(if args.check && differs { Exit::Pending } else { Exit::Done })
}

/// What is to be written for one dialect.
struct Draft {
    dialect: Dialect,
    dir: PathBuf,
    migrations: Vec<Migration>,
    /// What the migrations add up to.
    model: Model,
    made: Made,
}

enum Made {
    Nothing,
    Script(Box<Both>),
    /// A folder without statements.
    Empty(Box<Snapshot>, &'static Text),
    /// Nobody knows what the migrations add up to: why.
    Conflict(String),
}

/// What stands in the files of a folder without statements.
struct Text {
    name: &'static str,
    up: &'static str,
    down: &'static str,
}

const CUSTOM: Text = Text {
    name: "custom",
    up: "-- Hand-written. Each statement ends with a semicolon.\n",
    down: "-- Hand-written. Each statement ends with a semicolon.\n",
};

const BASELINE: Text = Text {
    name: "baseline",
    up: "-- The migrations before this one make what schema.rs says.\nSELECT 1;\n",
    down: "-- Nothing to undo here.\nSELECT 1;\n",
};

fn draft(
    args: &Args,
    context: &Context,
    dialect: Dialect,
    answers: &mut Answers<'_>,
) -> anyhow::Result<Draft> {
    let dir = context.config.migration_dir(dialect);
    let migrations = migrations(&dir)?;
    // Before the snapshots, because parsing takes more memory than its result.
    let wanted = match args.custom {
        true => None,
        false => {
            let found = schema::read(context, dialect)?;
            Some(found.map_err(|found| schema::mistakes(context, &found))?)
        }
    };
    let lineage =
        Lineage::read(&migrations, dialect).map_err(|e| Stop::error(Exit::Usage, e.to_string()))?;
    let conflict = conflict(context, &lineage);
    let (parent, merges) = (lineage.head(), lineage.other_heads());
    let model = context.filtered(lineage.into_model());
    if let Some(conflict) = conflict {
        if !args.check {
            return Err(Stop::error(Exit::Refused, conflict));
        }
        return Ok(Draft { dialect, dir, migrations, model, made: Made::Conflict(conflict) });
    }
    let wanted = match wanted {
        Some(wanted) => Some(schema::completed(context, wanted, &model)?),
        None => None,
    };
    let made = match wanted {
        None => {
            let snapshot = Snapshot { merges, ..Snapshot::unchanged(dialect, parent) };
            Made::Empty(Box::new(snapshot), &CUSTOM)
        }
        Some(wanted) if args.baseline => {
            let snapshot = Snapshot { merges, ..Snapshot::between(&model, &wanted.model, parent) };
            Made::Empty(Box::new(snapshot), &BASELINE)
        }
        Some(wanted) => {
            if parent.is_none() && !migrations.is_empty() {
                context.warn(&format!(
                    "{} has {} without a snapshot: what they make is not known here. Where they make \
                     what schema.rs says, begin with `dbkit generate --baseline`",
                    dir.display(),
                    count(migrations.len(), "migration")
                ));
            }
            match compare(args, &model, &wanted, parent, answers)? {
                Made::Script(mut made) => {
                    made.snapshot.merges = merges;
                    Made::Script(made)
                }
                other => other,
            }
        }
    };
    Ok(Draft { dialect, dir, migrations, model, made })
}

/// The migrations of a folder that need not exist yet.
pub(super) fn migrations(dir: &Path) -> anyhow::Result<Vec<Migration>> {
    if !dir.is_dir() {
        return Ok(Vec::new());
    }
    migration::read(dir).map_err(|e| Stop::error(Exit::Usage, e.to_string()))
}

/// How the migrations of a folder descend from each other.
pub(super) fn lineage(dir: &Path, dialect: Dialect) -> anyhow::Result<Lineage> {
    Lineage::read(&migrations(dir)?, dialect).map_err(|e| Stop::error(Exit::Usage, e.to_string()))
}

/// What forbids a migration on top of this folder: branches that change the same objects, of
/// which nobody knows what they add up to. Other forks are joined, and said aloud.
fn conflict(context: &Context, lineage: &Lineage) -> Option<String> {
    for fork in lineage.forks() {
        let told = format!(
            "{} and {} were made on the same state: two branches were merged",
            fork.first.join(", "),
            fork.second.join(", ")
        );
        if fork.shared.is_empty() {
            context.warn(&told);
            continue;
        }
        let shared: Vec<String> = fork.shared.iter().map(|id| harmless(&id.to_string())).collect();
        return Some(format!(
            "{told}, and both change {}\nhelp: `dbkit generate --rebase` redoes {} on top of the other",
            shared.join(", "),
            fork.second.join(", ")
        ));
    }
    None
}

fn compare(
    args: &Args,
    from: &Model,
    wanted: &Source,
    parent: Option<Head>,
    answers: &mut Answers<'_>,
) -> anyhow::Result<Made> {
    let style = if args.fast { Style::Fast } else { Style::Safe };
    let options = PlanOptions { style, conversions: wanted.conversions.clone() };
    let to = &wanted.model;
    let (up, renames) = answers
        .settle(&wanted.renames, |renames| Ok(dialect::script(from, to, renames, &options)?))?;
    // Models can differ where their SQL does not: spelling that a database does not keep.
    if up.is_empty() {
        return Ok(Made::Nothing);
    }
    if !args.check {
        let kept = HazardKind::ALL.into_iter().filter(|kind| *kind != HazardKind::NoConversion);
        super::hazards::refuse(&up, &kept.collect::<Vec<_>>(), args.allow_destructive)?;
    }
    Ok(Made::Script(Box::new(Both::with_up(up, from, to, &renames, parent, &options)?)))
}

/// What people read: dangers on stderr, then the folders or the SQL.
fn show(
    args: &Args,
    context: &Context,
    draft: &Draft,
    several: bool,
    folders: &[PathBuf],
) -> anyhow::Result<()> {
    let dialect = draft.dialect;
    if let Made::Script(made) = &draft.made {
        let up = made.up();
        for note in &up.notes {
            context.say(&format!("note: {}", harmless(note)));
        }
        for hazard in up.statements().flat_map(|statement| &statement.hazards) {
            context.say(&super::hazards::line(hazard));
        }
    }
    let of = if several { format!(" ({dialect})") } else { String::new() };
    match &draft.made {
        Made::Conflict(conflict) => print(&format!("{conflict}\n"))?,
        Made::Nothing => {
            context.say(&format!("nothing to do: schema and {dialect} migrations agree"));
        }
        Made::Script(made) if args.check => print(&format!(
            "schema and {dialect} migrations disagree by {}; `dbkit generate` writes them\n{}",
            count(made.up().statements().count(), "statement"),
            sql(&made.up())
        ))?,
        Made::Script(made) if args.dry_run => {
            let (up, down) = (sql(&made.up()), sql(&made.down()));
            print(&format!("-- up{of}\n{up}\n-- down{of}\n{down}"))?;
        }
        Made::Empty(_, text) if args.dry_run => {
            print(&format!("-- up{of}\n{}\n-- down{of}\n{}", text.up, text.down))?;
        }
        _ => {
            for path in folders {
                print(&format!("{}\n", path.display()))?;
            }
        }
    }
    Ok(())
}

impl Draft {
    fn folder(&self, now: chrono::DateTime<Utc>) -> Folder<'_> {
        Folder { dir: &self.dir, newest: self.migrations.last().map(|m| m.version.clone()), now }
    }

    fn json(&self, folders: &[PathBuf]) -> serde_json::Value {
        let statements = |script: &Script| -> Vec<serde_json::Value> {
            let all = script.statements();
            all.map(|s| serde_json::json!({ "sql": s.sql, "hazards": s.hazards })).collect()
        };
        let (up, down, notes) = match &self.made {
            Made::Script(made) => {
                let up = made.up();
                (statements(&up), statements(&made.down()), up.notes)
            }
            Made::Nothing | Made::Empty(..) | Made::Conflict(_) => Default::default(),
        };
        let folders: Vec<String> = folders.iter().map(|path| path.display().to_string()).collect();
        serde_json::json!({
            "dialect": self.dialect,
            "folders": folders,
            "up": up,
            "down": down,
            "notes": notes,
            "conflict": match &self.made {
                Made::Conflict(conflict) => Some(conflict),
                _ => None,
            },
        })
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
        let verb = if before.contains(&id) { "alter" } else { "create" };
        changes.push(format!("{verb} {}", bare(&id.to_string())));
    }
    changes.extend(snapshot.removed.iter().map(|id| format!("drop {}", bare(&id.to_string()))));
    if before.is_empty() && changes.len() > 1 {
        return "initial".to_owned();
    }
    let first: String = changes.first().map_or("change", String::as_str).chars().take(60).collect();
    match changes.len() {
        0 | 1 => first,
        more => format!("{first} and {} more", more - 1),
    }
}

/// `table users` without its kind and arguments, as a file name can hold it.
fn bare(id: &str) -> String {
    let name = id.split_once(' ').map_or(id, |(_, name)| name);
    let name = name.split('(').next().unwrap_or(name);
    name.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '_' }).collect()
}
