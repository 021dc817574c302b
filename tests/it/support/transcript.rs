use super::Project;
use std::fmt::Write;

/// Command lines with what they print, as a README shows them:
///
/// ```text
/// $ dbkit status --env dev
/// expected output, where … stands for anything on a line and a line of … for any lines
/// ```
///
/// Commands run in the project's folder, one after the other. stdout is compared; stderr only
/// where the command fails. `? 3` on the first line of the output is the wanted exit code.
pub struct Transcript {
    steps: Vec<Step>,
}

struct Step {
    command: String,
    code: i32,
    output: Vec<String>,
}

impl Transcript {
    pub fn parse(text: &str) -> Self {
        let mut steps: Vec<Step> = Vec::new();
        for line in text.lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                let command = command.split("  #").next().unwrap_or(command).trim().to_owned();
                steps.push(Step { command, code: 0, output: Vec::new() });
            } else if let Some(step) = steps.last_mut() {
                match line.strip_prefix("? ") {
                    Some(code) => step.code = code.trim().parse().expect("an exit code"),
                    None => step.output.push(line.to_owned()),
                }
            }
        }
        Self { steps }
    }

    /// The console blocks of a Markdown text, one transcript each.
    pub fn blocks(markdown: &str) -> Vec<Self> {
        let parts = markdown.split("```console\n").skip(1);
        parts.map(|part| Self::parse(part.split("```").next().unwrap_or(""))).collect()
    }

    pub fn commands(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().map(|step| step.command.as_str())
    }

    /// Runs every `dbkit` command of it.
    ///
    /// # Panics
    /// When an exit code or an output is another.
    #[track_caller]
    pub fn run(&self, project: &Project, environment: &[(&str, &str)]) {
        let mut told = String::new();
        let mut wrong = false;
        for step in &self.steps {
            let _ = writeln!(told, "$ {}", step.command);
            let Some(arguments) = arguments(&step.command) else { continue };
            let mut command = project.dbkit(arguments);
            for (name, value) in environment {
                command = command.env(name, value);
            }
            let outcome = command.run();
            let wanted: Vec<&str> = trimmed(step.output.iter().map(String::as_str).collect());
            let found: Vec<&str> = trimmed(outcome.stdout.lines().collect());
            if outcome.code != Some(step.code) || !(wanted.is_empty() || matches(&wanted, &found)) {
                wrong = true;
                let _ = writeln!(told, "--- wanted {}\n{}", step.code, wanted.join("\n"));
                let _ = writeln!(told, "--- found\n{outcome}");
            }
        }
        assert!(!wrong, "{told}");
    }
}

/// The words behind `dbkit` (or `cargo run --`); `None` for another program's command.
fn arguments(command: &str) -> Option<Vec<String>> {
    let rest = command.strip_prefix("cargo run -- ").or_else(|| command.strip_prefix("dbkit "))?;
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in rest.chars() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, ' ') => words.push(String::new()),
            (_, c) => words.last_mut().expect("never empty").push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    Some(words)
}

fn trimmed(mut lines: Vec<&str>) -> Vec<&str> {
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
    lines
}

fn matches(wanted: &[&str], found: &[&str]) -> bool {
    match (wanted.split_first(), found.split_first()) {
        (None, None) => true,
        (Some((&"…", rest)), _) => (0..=found.len()).any(|n| matches(rest, &found[n..])),
        (Some((want, more)), Some((have, rest))) => line_matches(want, have) && matches(more, rest),
        _ => false,
    }
}

fn line_matches(wanted: &str, found: &str) -> bool {
    let mut parts = wanted.split('…');
    let Some(mut rest) = found.strip_prefix(parts.next().unwrap_or("")) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}
