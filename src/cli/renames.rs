//! Which drops and adds are renames: what `--rename` says, then what a person answers.

use super::{Exit, Stop, prompt};
use crate::diff::{Ambiguity, Rename};

/// Answers given so far; kept over several comparisons, so that no question comes twice.
pub(super) struct Answers<'a> {
    /// The values of `--rename`.
    given: &'a [String],
    /// A drop beside an add is what it says.
    assume_drops: bool,
    used: Vec<String>,
    possible: Vec<String>,
    answered: Vec<(String, bool)>,
}

impl<'a> Answers<'a> {
    pub(super) fn new(given: &'a [String], assume_drops: bool) -> Self {
        Self { given, assume_drops, used: Vec::new(), possible: Vec::new(), answered: Vec::new() }
    }

    /// Compares until every ambiguity is settled. A rename can bring up others (the columns of a
    /// renamed table), so the comparison is made again after each.
    ///
    /// # Errors
    /// The comparison's own, an unanswered question, a `--rename` that fits nothing.
    pub(super) fn settle<T>(
        &mut self,
        declared: &[Rename],
        mut compare: impl FnMut(&[Rename]) -> anyhow::Result<(T, Vec<Ambiguity>)>,
    ) -> anyhow::Result<(T, Vec<Rename>)> {
        let mut renames = declared.to_vec();
        loop {
            let (result, ambiguous) = compare(&renames)?;
            if let Some(rename) = self.by_flag(&ambiguous, &renames) {
                renames.push(rename);
                continue;
            }
            let open: Vec<&Ambiguity> = ambiguous
                .iter()
                .filter(|a| self.answer(&a.flag()) != Some(false) && !renames.contains(&a.rename))
                .collect();
            let Some(first) = open.first().filter(|_| !self.assume_drops) else {
                return Ok((result, renames));
            };
            if !prompt::interactive() {
                self.check_flags()?;
                return Err(unanswered(&open));
            }
            let flag = first.flag();
            let yes = match self.answer(&flag) {
                Some(answer) => answer,
                None => prompt::confirm(&first.question(), &format!("--rename {flag}"))?,
            };
            self.answered.push((flag, yes));
            if yes {
                renames.push(first.rename.clone());
            }
        }
    }

    /// Every `--rename` must have been good for something.
    ///
    /// # Errors
    /// One that was not, with those that would be.
    pub(super) fn check_flags(&self) -> anyhow::Result<()> {
        let Some(text) = self.given.iter().find(|text| !self.used.contains(text)) else {
            return Ok(());
        };
        let possible: Vec<&str> =
            self.possible.iter().filter(|p| !self.used.contains(p)).map(String::as_str).collect();
        let help = match dbkit_syntax::nearest(text, possible.iter().copied()) {
            Some(nearest) => format!("did you mean --rename {nearest}?"),
            None if possible.is_empty() => "nothing here looks like a rename".to_owned(),
            None => format!("possible are: {}", possible.join(", ")),
        };
        Err(Stop::error(
            Exit::Usage,
            format!(
                "--rename {text} names no column, table or label that goes beside one that comes\nhelp: {help}"
            ),
        ))
    }

    fn answer(&self, flag: &str) -> Option<bool> {
        self.answered.iter().find(|(known, _)| known == flag).map(|(_, answer)| *answer)
    }

    /// One at a time, so that the second of two that exclude each other is told as unused.
    fn by_flag(&mut self, ambiguous: &[Ambiguity], renames: &[Rename]) -> Option<Rename> {
        for flag in ambiguous.iter().map(Ambiguity::flag) {
            if !self.possible.contains(&flag) {
                self.possible.push(flag);
            }
        }
        let chosen = ambiguous
            .iter()
            .find(|a| self.given.contains(&a.flag()) && !renames.contains(&a.rename))?;
        self.used.push(chosen.flag());
        Some(chosen.rename.clone())
    }
}

/// What the user must decide: every pair that could be a rename, with the flags that answer.
fn unanswered(open: &[&Ambiguity]) -> anyhow::Error {
    let questions: Vec<(String, String)> = open
        .iter()
        .map(|ambiguity| (ambiguity.question(), format!("--rename {}", ambiguity.flag())))
        .collect();
    let mut text = String::new();
    for (question, flag) in &questions {
        text.push_str(&format!("{question} ({flag})\n"));
    }
    text.push_str("help: there is no terminal to answer on; use --rename for what is renamed, and --allow-destructive for what is really dropped and added");
    Stop::questions(text, &questions)
}
