//! Plans as migration folders on disk.

use crate::dialect::{self, Stretch};
use crate::diff::{Rename, diff};
use crate::migration::{self, NewMigration, Replaces, Version, stamp};
use crate::model::Model;
use crate::plan::{HazardKind, Part, PlanOptions, Script, Style};
use crate::source::snapshot::{Generated, Head, Snapshot};
use chrono::{DateTime, Utc};
use std::path::{Path, PathBuf};

/// All statements of a script, parts apart.
pub(super) fn sql(script: &Script) -> String {
    script.parts.iter().map(part_sql).collect::<Vec<_>>().join("\n")
}

/// Statements with the reasons for caution above them.
pub(super) fn part_sql(part: &Part) -> String {
    let mut text = String::new();
    for (at, statement) in part.statements.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        for hazard in &statement.hazards {
            let consequence = super::output::harmless(&hazard.consequence);
            text.push_str(&format!("-- {}: {consequence}\n", hazard.kind));
        }
        text.push_str(statement.sql.trim_end());
        text.push('\n');
    }
    text
}

/// Both directions of a migration.
pub(super) struct Made {
    /// Each goes back by itself.
    pub stretches: Vec<Stretch>,
    pub snapshot: Snapshot,
    /// A person had a part in it.
    pub by_hand: bool,
}

impl Made {
    /// Plans both ways. The snapshot notes the renames that the plan carries out.
    pub(super) fn new(
        from: &Model,
        to: &Model,
        renames: &[Rename],
        parent: Option<Head>,
        style: Style,
    ) -> anyhow::Result<Self> {
        let options = PlanOptions::new(style);
        let (up, _) = dialect::script(from, to, renames, &options)?;
        Self::with_up(up, from, to, renames, parent, &options)
    }

    /// The same with one way planned already.
    pub(super) fn with_up(
        up: Script,
        from: &Model,
        to: &Model,
        renames: &[Rename],
        parent: Option<Head>,
        options: &PlanOptions,
    ) -> anyhow::Result<Self> {
        let stretches = dialect::stretches(up, from, to, renames, options)?;
        let mut carried = Vec::new();
        if !renames.is_empty() {
            carried = diff(from, to, renames).renames;
            carried.retain(|rename| renames.contains(rename));
        }
        let snapshot = Snapshot { renames: carried, ..Snapshot::between(from, to, parent) };
        Ok(Self { stretches, snapshot, by_hand: false })
    }

    /// The whole way there.
    pub(super) fn up(&self) -> Script {
        joined(self.stretches.iter().map(|stretch| &stretch.up))
    }

    /// The whole way back.
    pub(super) fn down(&self) -> Script {
        joined(self.stretches.iter().rev().map(|stretch| &stretch.down))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.stretches.iter().all(|stretch| stretch.up.is_empty() && stretch.down.is_empty())
    }
}

fn joined<'a>(scripts: impl Iterator<Item = &'a Script>) -> Script {
    let mut whole = Script::default();
    for script in scripts {
        whole.parts.extend(script.parts.iter().cloned());
        whole.notes.extend(script.notes.iter().cloned());
    }
    whole
}

/// Where new migrations go.
pub(super) struct Folder<'a> {
    pub dir: &'a Path,
    /// The newest version there is.
    pub newest: Option<Version>,
    pub now: DateTime<Utc>,
}

impl Folder<'_> {
    /// One folder for each part; each snapshot but the first changes nothing. Returns paths, and
    /// the head after the last.
    pub(super) fn write_all(
        &mut self,
        first_name: &str,
        made: &Made,
    ) -> anyhow::Result<(Vec<PathBuf>, Option<Head>)> {
        let mut head = made.snapshot.parent.clone();
        let mut paths = Vec::new();
        for stretch in &made.stretches {
            let irreversible = irreversible(&stretch.up);
            for (at, parts) in stretch.folders().into_iter().enumerate() {
                let snapshot = if paths.is_empty() {
                    made.snapshot.clone()
                } else {
                    let nothing = Snapshot::unchanged(made.snapshot.dialect, head.clone());
                    Snapshot { continues: true, apart: at == 0, ..nothing }
                };
                let name = match paths.len() {
                    0 => first_name.to_owned(),
                    before => format!("{first_name}_{}", before + 1),
                };
                let mut up = parts.up.map(part_sql).unwrap_or_default();
                if up.is_empty() {
                    up = "SELECT 1;\n".to_owned();
                }
                let mut down = parts.down.map(part_sql).unwrap_or_default();
                if down.is_empty() {
                    down = "-- Nothing to undo here.\nSELECT 1;\n".to_owned();
                }
                if at == 0 && !irreversible.is_empty() {
                    down = format!("{irreversible}{down}");
                }
                let generated = (!made.by_hand).then(|| Generated::of(&up, &down));
                let snapshot = Snapshot { generated, ..snapshot };
                let transactional = parts.transactional;
                let (path, after) = self.write(&name, &up, &down, transactional, &snapshot)?;
                head = Some(after);
                paths.push(path);
            }
        }
        Ok((paths, head))
    }

    /// Writes one folder, newer than all before. Returns its path and the head after it.
    pub(super) fn write(
        &mut self,
        name: &str,
        up: &str,
        down: &str,
        transactional: bool,
        snapshot: &Snapshot,
    ) -> anyhow::Result<(PathBuf, Head)> {
        let version = stamp(self.now, self.newest.as_ref());
        let path = migration::write(
            self.dir,
            &NewMigration {
                version: &version,
                name,
                up,
                down,
                transactional,
                snapshot: &snapshot.to_json(),
                replaces: Replaces::default(),
            },
        )?;
        let plain = Version::of_folder(&version);
        let head = snapshot.head(plain.as_str());
        self.newest = Some(plain);
        Ok((path, head))
    }
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
