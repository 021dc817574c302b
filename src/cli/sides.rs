//! What `diff` compares: schema files, a folder of migrations, a database.

use super::{Context, Exit, Stop, generate, schema};
use crate::config::Target;
use crate::database::{Access, Connection};
use crate::model::{Dialect, Model};
use crate::source::lineage::Lineage;
use crate::source::{Source, files};
use std::path::{Path, PathBuf};

/// One side of a comparison, as the user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// The schema files of the settings.
    Schema,
    /// The folder of migrations of the settings.
    Migrations,
    /// The database of the settings.
    Database,
    /// Nothing at all.
    Empty,
    Environment(String),
    Url(String),
    SchemaFile(PathBuf),
    Folder(PathBuf),
}

/// Reads what `--from` and `--to` take.
pub(super) fn parse(text: &str) -> Result<Side, String> {
    Ok(match text {
        "schema" => Side::Schema,
        "migrations" => Side::Migrations,
        "database" => Side::Database,
        "empty" => Side::Empty,
        _ => {
            if let Some(name) = text.strip_prefix("env:") {
                return Ok(Side::Environment(name.to_owned()));
            }
            let path = Path::new(text);
            if path.extension().is_some_and(|extension| extension == "rs") {
                Side::SchemaFile(path.to_owned())
            } else if path.is_dir() {
                Side::Folder(path.to_owned())
            } else if text.contains(':') || path.is_file() {
                Side::Url(text.to_owned())
            } else {
                return Err("sides are schema, migrations, database, env:NAME, empty, a URL, a schema file (.rs) or a folder of migrations".to_owned());
            }
        }
    })
}

/// A side that is being looked at.
pub(super) enum Opened {
    Offline(Source),
    Live(Box<Connection>),
}

impl Side {
    /// The database's address, where the side is one.
    pub(super) fn target(&self, context: &Context) -> anyhow::Result<Option<Target>> {
        let mut global = context.global.clone();
        match self {
            Self::Database => return Ok(Some(context.config.target()?)),
            Self::Url(url) => global.database_url = Some(url.clone()),
            Self::Environment(name) => {
                global.database_url = None;
                global.env = Some(name.clone());
            }
            _ => return Ok(None),
        }
        Ok(Some(Context::new(global, Vec::new())?.config.target()?))
    }

    pub(super) fn open(&self, context: &Context, dialect: Dialect) -> anyhow::Result<Opened> {
        let plain = |model: Model| Opened::Offline(Source::of(model));
        if let Some(target) = self.target(context)? {
            context.say(&format!("database: {target} ({})", target.origin));
            let connection = context.connect_filtered(&target, Access::Read)?;
            return Ok(Opened::Live(Box::new(connection)));
        }
        Ok(match self {
            Self::Schema => {
                let found = schema::read(context, dialect)?;
                Opened::Offline(found.map_err(|found| schema::mistakes(context, &found))?)
            }
            Self::SchemaFile(path) => {
                let found = files::load(std::slice::from_ref(path), &[], dialect);
                Opened::Offline(found.map_err(|found| schema::mistakes(context, &found))?)
            }
            Self::Migrations => {
                plain(folder(&context.config.migration_dir(dialect), dialect, context)?)
            }
            Self::Folder(path) => plain(folder(path, dialect, context)?),
            _ => plain(Model::new(dialect)),
        })
    }
}

fn folder(dir: &Path, dialect: Dialect, context: &Context) -> anyhow::Result<Model> {
    if !dir.is_dir() {
        return Err(Stop::error(
            Exit::Usage,
            format!("there is no folder {}\nhelp: name it with --migration-dir", dir.display()),
        ));
    }
    let lineage: Lineage = generate::lineage(dir, dialect)?;
    if !lineage.without.is_empty() {
        context.warn(&format!(
            "without a snapshot, so that what they change is not known: {}",
            lineage.without.join(", ")
        ));
    }
    Ok(context.filtered(lineage.model()))
}
