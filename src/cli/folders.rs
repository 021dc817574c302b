//! Plans as migration folders on disk.

use crate::dialect;
use crate::diff::{Rename, diff, reversed};
use crate::migration::{self, NewMigration, Replaces, Version, stamp};
use crate::model::{Dialect, Model};
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
    pub up: Script,
    pub down: Script,
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
        mut up: Script,
        from: &Model,
        to: &Model,
        renames: &[Rename],
        parent: Option<Head>,
        options: &PlanOptions,
    ) -> anyhow::Result<Self> {
        let conversions = options.conversions.reversed(renames);
        let back = |style| {
            let options = PlanOptions { style, conversions: conversions.clone() };
            dialect::script(to, from, &reversed(renames), &options).map(|(script, _)| script)
        };
        let mut down = back(options.style)?;
        // Gentle forms in more parts than the way there has would need folders that do nothing there.
        if pair(&up, &down).len() > up.parts.len() {
            let fast = back(Style::Fast)?;
            if pair(&up, &fast).len() < pair(&up, &down).len() {
                down = fast;
            }
        }
        if to.dialect == Dialect::Sqlite {
            dialect::sqlite::share_transactions(&mut up, &mut down);
        }
        let mut carried = Vec::new();
        if !renames.is_empty() {
            carried = diff(from, to, renames).renames;
            carried.retain(|rename| renames.contains(rename));
        }
        let snapshot = Snapshot { renames: carried, ..Snapshot::between(from, to, parent) };
        Ok(Self { up, down, snapshot, by_hand: false })
    }
}

/// Where new migrations go.
pub(super) struct Folder<'a> {
    pub dir: &'a Path,
    /// The newest version there is.
    pub newest: Option<Version>,
    pub now: DateTime<Utc>,
}

impl Folder<'_> {
    /// One folder for each part. Going back takes them in the opposite order, so that the first
    /// part of the way back stands with the last part of the way there; each snapshot but the
    /// first changes nothing. Returns paths, and the head after the last.
    pub(super) fn write_all(
        &mut self,
        first_name: &str,
        made: &Made,
    ) -> anyhow::Result<(Vec<PathBuf>, Option<Head>)> {
        let mut head = made.snapshot.parent.clone();
        let mut paths = Vec::new();
        for (at, (up, down, transactional)) in pair(&made.up, &made.down).iter().enumerate() {
            let snapshot = if at == 0 {
                made.snapshot.clone()
            } else {
                let nothing = Snapshot::unchanged(made.snapshot.dialect, head.clone());
                Snapshot { continues: true, ..nothing }
            };
            let name = match at {
                0 => first_name.to_owned(),
                _ => format!("{first_name}_{}", at + 1),
            };
            let irreversible = irreversible(&made.up);
            let up = if up.is_empty() { "SELECT 1;\n" } else { up };
            let mut down = down.clone();
            if down.is_empty() {
                down = "-- Nothing to undo here.\nSELECT 1;\n".to_owned();
            }
            if at == 0 && !irreversible.is_empty() {
                down = format!("{irreversible}{down}");
            }
            let generated = (!made.by_hand).then(|| Generated::of(up, &down));
            let snapshot = Snapshot { generated, ..snapshot };
            let (path, after) = self.write(&name, up, &down, *transactional, &snapshot)?;
            head = Some(after);
            paths.push(path);
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
