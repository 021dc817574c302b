//! `-- dbkit: allow rule, rule` in SQL and `// dbkit: allow rule` in a schema file.

use std::collections::BTreeMap;
use std::ops::Range;

/// A comment that silences rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// The line it stands on, from 1.
    pub line: usize,
    /// Rules with their places in the text.
    pub rules: Vec<(String, Range<usize>)>,
    /// It stands behind something on its line, not on a line of its own.
    pub behind: bool,
}

/// All such comments of a text. `mark` is what begins a comment: `--` or `//`.
#[must_use]
pub fn read(text: &str, mark: &str) -> Vec<Silence> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let begin = start;
        start += line.len();
        let Some(comment) = line.find(mark) else { continue };
        let after = comment + mark.len();
        let rest = line.get(after..).unwrap_or("");
        let trimmed = rest.trim_start();
        let Some(list) = trimmed.strip_prefix("dbkit:").map(str::trim_start) else { continue };
        let Some(list) = list.strip_prefix("allow") else { continue };
        let mut place = begin + line.len() - list.len();
        let mut rules = Vec::new();
        for part in list.split_inclusive([',', ' ', '\t', '\r', '\n']) {
            let name = part.trim_end_matches([',', ' ', '\t', '\r', '\n']);
            if name.starts_with('(') || name == "--" || name == "because" {
                break;
            }
            if !name.is_empty() {
                rules.push((name.to_owned(), place..place + name.len()));
            }
            place += part.len();
        }
        let behind = !line.get(..comment).unwrap_or("").trim().is_empty();
        found.push(Silence { line: at + 1, rules, behind });
    }
    found
}

/// Which lines each rule is silent on, when a comment covers the lines that `covers` gives for
/// the line it stands on.
#[must_use]
pub fn lines(
    silences: &[Silence],
    covers: impl Fn(&Silence) -> Range<usize>,
) -> BTreeMap<String, Vec<Range<usize>>> {
    let mut silent: BTreeMap<String, Vec<Range<usize>>> = BTreeMap::new();
    for silence in silences {
        for (rule, _) in &silence.rules {
            silent.entry(rule.clone()).or_default().push(covers(silence));
        }
    }
    silent
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn comments_name_rules() {
        let text = "-- dbkit: allow drop-table, drop-column\nDROP TABLE a; -- dbkit: allow x (why)\n-- dbkit is fine\n";
        let found = read(text, "--");
        let told: Vec<_> = found
            .iter()
            .map(|s| {
                let rules: Vec<_> = s.rules.iter().map(|(name, _)| name.as_str()).collect();
                (s.line, s.behind, rules.join(" "))
            })
            .collect();
        assert_eq!(
            told,
            [(1, false, "drop-table drop-column".to_owned()), (2, true, "x".to_owned())]
        );
        for (name, span) in found.iter().flat_map(|s| &s.rules) {
            assert_eq!(text.get(span.clone()), Some(name.as_str()));
        }
    }
}
