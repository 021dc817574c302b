//! `dbkit init`

use super::init_found::{
    Backends, backends, diesel_features, newest_of_others, schema_files, set_up_for,
};
use super::{Context, Exit, Global, Stop, output};
use crate::config::Location;
use crate::migration::foreign::{self, Tool};
use crate::migration::{Migration, Version};
use crate::model::Dialect;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Beside an existing Diesel project it takes the schema file and the migrations' folder from\n\
                  diesel.toml. Files that are there are never overwritten.\n\n\
                  Another tool's history is taken over with --from: its files become migrations here, and what its\n\
                  ledger says has run is noted as applied, without running. Its files and its ledger stay.\n\n\
                  Example:\n  dbkit init --dialect sqlite\n  dbkit init --from drizzle --dry-run"
)]
pub struct Args {
    /// Folder of the project; made when it is missing
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,
    /// Database to write migrations for; repeat for both
    #[arg(long, value_name = "DIALECT", value_parser = parse_dialect)]
    dialect: Vec<Dialect>,
    /// Take over the history of another tool: drizzle, prisma, refinery or sqlx
    #[arg(long, value_name = "TOOL", value_parser = super::init_from::parse_tool)]
    from: Option<Tool>,
    /// The folder of that tool's migrations, where it is not the usual one
    #[arg(long, value_name = "DIR", requires = "from")]
    from_dir: Option<PathBuf>,
    /// Show what would be taken over, and write nothing
    #[arg(long, requires = "from")]
    dry_run: bool,
}

pub(super) fn parse_dialect(word: &str) -> Result<Dialect, String> {
    match word {
        "postgres" | "postgresql" | "pg" => Ok(Dialect::Postgres),
        "sqlite" => Ok(Dialect::Sqlite),
        _ => Err("known dialects are postgres and sqlite".to_owned()),
    }
}

/// Writes the files a project lacks.
///
/// # Errors
/// A file that cannot be written, a diesel.toml that cannot be read.
pub fn run(args: &Args, global: Global) -> anyhow::Result<Exit> {
    let cannot = |path: &Path, error: &std::io::Error| {
        Stop::error(Exit::Unexpected, format!("cannot write {}: {error}", path.display()))
    };
    fs::create_dir_all(&args.directory).map_err(|error| cannot(&args.directory, &error))?;
    std::env::set_current_dir(&args.directory).map_err(|error| cannot(&args.directory, &error))?;
    let context = Context::new(global.clone(), Vec::new())?;
    let mut found = Found::look(&context, &args.dialect);
    let taken = match args.from {
        Some(tool) => {
            let dir = args.from_dir.as_deref();
            Some(super::init_from::look(&context, tool, dir, &found.dialects)?)
        }
        None => None,
    };
    if let Some(taken) = &taken {
        if args.dry_run {
            taken.show(&context, &context.config.migration_dir(taken.dialect))?;
            return Ok(Exit::Done);
        }
        found.dialects = vec![taken.dialect];
        found.before = taken.newest();
    }
    // The history of another tool is no empty project: its database says what the schema is.
    let other = foreign::detect(Path::new("")).filter(|_| found.newest.is_none());
    found.existing |= taken.is_some() || other.is_some();

    let (mut told, mut created, mut kept) = (String::new(), Vec::new(), Vec::new());
    for (name, text) in found.files() {
        let path = Path::new(&name);
        if path.exists() {
            let _ = writeln!(told, "kept     {name}");
            kept.push(name);
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| cannot(parent, &error))?;
        }
        fs::write(path, text).map_err(|error| cannot(path, &error))?;
        let _ = writeln!(told, "created  {name}");
        created.push(name);
    }
    if !context.json() {
        output::print(&told)?;
    }
    for file in &found.overwritten {
        context.warn(&format!(
            "diesel.toml lets `diesel migration run` overwrite {}; take print_schema.file out of it, \
             for with dbkit that file is the source",
            file.display()
        ));
    }
    for name in &found.backends.others {
        context.warn(&format!("dbkit knows no {name}: its migrations are left alone"));
    }
    // With the settings just written.
    let written = Context::new(Global { wait: global.wait.or(Some(1)), ..global }, Vec::new())?;
    if let Some(taken) = &taken {
        taken.take_over(&written)?;
    } else if let Some((tool, dir)) = &other {
        tell(&context, &created, &kept)?;
        context.say(&format!(
            "{} holds the history of {tool}: `dbkit init --from {}` takes it over",
            dir.display(),
            tool.as_str()
        ));
        return Ok(Exit::Done);
    }
    let mut adopted = false;
    if taken.is_none() && found.newest.is_some() || taken.is_some() && !context.json() {
        let done = super::init_adopt::run(&written)?;
        adopted = done.all;
        created.extend(done.snapshots);
    }
    if taken.is_none() {
        tell(&context, &created, &kept)?;
    }
    if found.lacks_dependency {
        let features: Vec<String> =
            found.dialects.iter().map(|dialect| format!("{:?}", dialect.as_str())).collect();
        context.say(&format!(
            "add to Cargo.toml: dbkit = {{ package = \"diesel-dbkit\", version = \"0.1\", \
             default-features = false, features = [{}] }}",
            features.join(", ")
        ));
    }
    context.say(if adopted {
        "next: `dbkit pull` makes the schema files say what the database knows: indexes, defaults, checks …"
    } else if found.existing && found.newest.is_some() {
        "next: `dbkit baseline` adopts the database your migrations made (without one: `dbkit generate --baseline`)"
    } else if found.existing {
        "next: `dbkit generate NAME --dry-run` shows what schema.rs says beyond the migrations"
    } else {
        "next: `dbkit generate create_users`, then `dbkit prepare`"
    });
    Ok(Exit::Done)
}

/// The files, for programs.
fn tell(context: &Context, created: &[String], kept: &[String]) -> anyhow::Result<()> {
    if context.json() {
        output::print(&format!("{}\n", serde_json::json!({ "created": created, "kept": kept })))?;
    }
    Ok(())
}

/// What is there already.
struct Found {
    /// The project has a schema or migrations of its own.
    existing: bool,
    /// The newest of its migrations, where dbkit wrote none of them.
    newest: Option<Migration>,
    /// The newest version from before dbkit.
    before: Option<Version>,
    backends: Backends,
    /// The schema written here needs the macro.
    lacks_dependency: bool,
    schema: Vec<String>,
    migrations: Option<String>,
    dialects: Vec<Dialect>,
    /// `DATABASE_URL` is set here: the development database.
    has_database_url: bool,
    /// The files of `print_schema` in diesel.toml.
    overwritten: Vec<PathBuf>,
    name: String,
}

impl Found {
    fn look(context: &Context, asked: &[Dialect]) -> Self {
        let config = &context.config;
        let overwritten = config.overwritten_by_diesel.clone();
        let schema = schema_files(&overwritten);
        let here = std::env::current_dir().unwrap_or_default();
        let backends = backends(&config.migrations.value);
        let url = config.variables.get("DATABASE_URL");
        let mut dialects = asked.to_vec();
        if dialects.is_empty() {
            let of_url = url.and_then(|url| Location::parse(&url.value, &url.origin).ok());
            dialects = match of_url {
                Some(Location::Postgres { .. }) => vec![Dialect::Postgres],
                Some(Location::Sqlite { .. }) => vec![Dialect::Sqlite],
                None => diesel_features(),
            };
        }
        if dialects.is_empty() {
            dialects.extend(set_up_for(&config.migrations.value));
        }
        if asked.is_empty() && !backends.known.is_empty() {
            dialects = backends.known.iter().map(|(dialect, _)| *dialect).collect();
        }
        if dialects.is_empty() {
            dialects.push(Dialect::Sqlite);
        }
        dialects.sort();
        dialects.dedup();
        let mut dir = config.migrations.value.clone();
        let mut folder = dir.clone();
        if let Some((_, name)) = backends.known.iter().find(|(known, _)| dialects.contains(known)) {
            folder = folder.join(name);
            if dialects.len() == 1 {
                dir.clone_from(&folder);
            }
        }
        // diesel_cli writes an absolute path, which is another on every machine.
        let migrations = dir.strip_prefix(&here).unwrap_or(&dir);
        let migrations =
            Some(migrations.to_path_buf()).filter(|dir| dir != Path::new("migrations"));
        let name = std::env::current_dir()
            .ok()
            .and_then(|dir| dir.file_name().map(|name| name.to_string_lossy().into_owned()))
            .unwrap_or_default();
        let newest = newest_of_others(&folder);
        Self {
            before: newest.as_ref().map(|migration| migration.version.clone()),
            newest,
            existing: schema.iter().any(|file| file.exists()) || Path::new("diesel.toml").exists(),
            lacks_dependency: !schema.iter().any(|file| file.exists())
                && fs::read_to_string("Cargo.toml")
                    .is_ok_and(|text| !text.contains("diesel-dbkit")),
            schema: schema.iter().map(|file| slashes(file)).collect(),
            backends,
            migrations: migrations.map(|dir| slashes(&dir)),
            dialects,
            has_database_url: url.is_some(),
            overwritten,
            name: database_name(&name),
        }
    }

    fn files(&self) -> Vec<(String, String)> {
        let mut files = vec![("dbkit.toml".to_owned(), self.settings())];
        if let (false, Some(schema)) = (self.existing, self.schema.first()) {
            files.push((schema.clone(), SCHEMA.to_owned()));
            files.push(("seeds/dev/users.toml".to_owned(), SEED.to_owned()));
        }
        files
    }

    fn settings(&self) -> String {
        let mut text = String::from(
            "# dbkit's settings. `dbkit config` shows every value and where it came from.\n\n",
        );
        let _ = writeln!(text, "schema = {:?}", self.schema);
        if let Some(migrations) = &self.migrations {
            let _ = writeln!(text, "migrations = {migrations:?}");
        }
        let dialects: Vec<String> =
            self.dialects.iter().map(|dialect| format!("{:?}", dialect.as_str())).collect();
        let _ = writeln!(text, "dialects = [{}]", dialects.join(", "));
        text.push_str("default_env = \"dev\"\n");
        // SQLite where there is a choice: it needs no server.
        let sqlite = self.dialects.contains(&Dialect::Sqlite);
        let url = |env: &str| match sqlite {
            true => format!("sqlite://{env}.db"),
            false => format!("postgres://postgres@localhost/{}_{env}", self.name),
        };
        let dev = if self.has_database_url { "${DATABASE_URL}".to_owned() } else { url("dev") };
        let _ = write!(
            text,
            "\n[env.dev]\nurl = {dev:?}\n\n[env.test]\nurl = {:?}\n\n\
             # Seeds, resets and destructive pushes are refused here.\n\
             [env.prod]\nurl = \"${{PRODUCTION_DATABASE_URL}}\"\nprotected = true\n",
            url("test"),
        );
        if let Some(newest) = &self.before {
            let _ = write!(
                text,
                "\n[lint]\n# What ran before dbkit came is not looked at.\nstart_after = {:?}\n",
                newest.as_str()
            );
        }
        text
    }
}

fn slashes(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// A folder's name as the beginning of a database's.
fn database_name(folder: &str) -> String {
    let name: String = folder
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .collect();
    if name.starts_with(|c: char| c.is_ascii_lowercase()) { name } else { format!("app{name}") }
}

const SCHEMA: &str = r#"//! The schema. `dbkit generate NAME` writes the migration for an edit here.

dbkit::schema! {
    enum Role { Reader, Writer }

    #[index(created_at)]
    table users (id) {
        id -> Integer,
        #[unique]
        email -> Text,
        #[default = "'reader'"]
        role -> Role,
        #[default = "now()"]
        created_at -> Timestamp,
    }
}
"#;

const SEED: &str = r#"# Rows for `dbkit seed --env dev`. Those every environment needs belong into seeds/common.

[[users]]
id = 1
email = "ada@example.org"
role = "writer"
created_at = 2026-01-01T09:00:00

[[users]]
id = 2
email = "grace@example.org"
created_at = 2026-01-02T09:00:00
"#;
