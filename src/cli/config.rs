//! `dbkit config`

use super::output::{Grid, print};
use super::{Context, Exit};
use crate::config::Setting;

#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  dbkit config --env test")]
pub struct Args {}

/// Prints every setting in force and its origin.
///
/// # Errors
/// When stdout cannot be written.
pub fn run(_: &Args, context: &Context) -> anyhow::Result<Exit> {
    let config = &context.config;
    let mut rows: Vec<(&str, String, String)> = Vec::new();
    let mut add = |name, value: String, origin: String| rows.push((name, value, origin));
    let list = |setting: &Setting<Vec<String>>| setting.value.join(", ");
    match config.target() {
        Ok(target) => {
            add("database", target.to_string(), target.origin.to_string());
            if let Ok(direct) = config.direct_target()
                && direct.location != target.location
            {
                add("database for migrations", direct.to_string(), direct.origin.to_string());
            }
            for (name, setting) in config.connection_settings(&target) {
                add(name, setting.value, setting.origin.to_string());
            }
            let protected = target
                .environment
                .as_ref()
                .map_or_else(|| "default".to_owned(), |name| format!("environment {name}"));
            add("protected", target.protected.to_string(), protected);
        }
        Err(error) => {
            let first = error.to_string().lines().next().unwrap_or_default().to_owned();
            add("database", "-".to_owned(), first);
        }
    }
    if let Some(environment) = &config.environment {
        add("environment", environment.value.clone(), environment.origin.to_string());
    }
    add("schema", list(&config.schema), config.schema.origin.to_string());
    add("sql", list(&config.sql), config.sql.origin.to_string());
    add(
        "migrations",
        config.migrations.value.display().to_string(),
        config.migrations.origin.to_string(),
    );
    add("seeds", config.seeds.value.display().to_string(), config.seeds.origin.to_string());
    let dialects: Vec<_> = config.dialects.value.iter().map(|d| d.as_str()).collect();
    add("dialects", dialects.join(", "), config.dialects.origin.to_string());
    add(
        "older_migrations",
        format!("{:?}", config.older_migrations.value).to_lowercase(),
        config.older_migrations.origin.to_string(),
    );
    add(
        "commit_wait",
        format!("{:?}", config.commit_wait.value).to_lowercase(),
        config.commit_wait.origin.to_string(),
    );
    if context.json() {
        let settings: serde_json::Map<String, serde_json::Value> = rows
            .into_iter()
            .map(|(name, value, origin)| {
                (name.to_owned(), serde_json::json!({ "value": value, "origin": origin }))
            })
            .collect();
        print(&format!("{}\n", serde_json::to_string_pretty(&settings)?))?;
    } else {
        let mut grid = Grid::new(["setting", "value", "from"]);
        for (name, value, origin) in rows {
            grid.row([name.to_owned(), value, origin]);
        }
        print(&grid.render(context.terminal))?;
    }
    for file in &config.overwritten_by_diesel {
        context.warn(&format!(
            "diesel.toml lets `diesel migration run` overwrite {}: take print_schema.file out of it",
            file.display()
        ));
    }
    Ok(Exit::Done)
}
