use super::Project;
use std::fmt::Write;

/// Command lines with what they print, as a README shows them:
///
/// ```text
/// $ dbkit status --env dev   # a remark
/// expected output, where … stands for anything on a line and a line of … for any lines
/// $ dbkit status --check     # exit code 3
/// ```
///
/// Commands run in the project's folder, one after the other. stdout is compared, and with it
/// stderr where the command fails. `> FILE` keeps stdout. A command that runs until it is stopped
/// (`studio`, `--follow`) is stopped when it has printed its first line.
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
            if let Some(line) = line.strip_prefix("$ ") {
                let (command, remark) = line.split_once("  #").unwrap_or((line, ""));
                let code =
                    remark.split("exit code ").nth(1).and_then(|code| code.trim().parse().ok());
                steps.push(Step {
                    command: command.trim().to_owned(),
                    code: code.unwrap_or(0),
                    output: Vec::new(),
                });
            } else if let Some(step) = steps.last_mut() {
                step.output.push(line.to_owned());
            }
        }
        Self { steps }
    }

    /// The command lines, as they are written.
    pub fn commands(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().map(|step| step.command.as_str())
    }

    /// Runs every `dbkit` command of it; the number of those it ran.
    ///
    /// # Panics
    /// When an exit code or an output is another.
    #[track_caller]
    pub fn run(&self, project: &Project, environment: &[(&str, &str)]) -> usize {
        self.run_with(project, environment, &[])
    }

    /// The same with parts of the command lines replaced.
    ///
    /// # Panics
    /// When an exit code or an output is another.
    #[track_caller]
    pub fn run_with(
        &self,
        project: &Project,
        environment: &[(&str, &str)],
        replaced: &[(String, String)],
    ) -> usize {
        let mut told = String::new();
        let (mut wrong, mut ran) = (false, 0);
        for step in &self.steps {
            let _ = writeln!(told, "$ {}", step.command);
            let line = replaced
                .iter()
                .fold(step.command.clone(), |line, (old, new)| line.replace(old, new));
            let (line, file) =
                line.split_once(" > ").map_or((line.as_str(), None), |(l, f)| (l, Some(f)));
            let Some(arguments) = arguments(line) else { continue };
            ran += 1;
            let endless =
                arguments.iter().any(|word| word == "--follow") || arguments[0] == "studio";
            // Without a terminal it says so; what it does on one is tested elsewhere.
            let wants_terminal =
                arguments.iter().any(|word| word == "-i" || word == "--interactive");
            let mut command = project.dbkit(arguments);
            for (name, value) in environment {
                command = command.env(name, value);
            }
            if endless {
                let first = command.spawn().first_line();
                assert!(first.is_ok(), "{told}{first:?}");
                continue;
            }
            let outcome = command.run();
            if wants_terminal {
                assert!(
                    outcome.code == Some(2) && outcome.stderr.contains("terminal"),
                    "{outcome}"
                );
                continue;
            }
            if let Some(file) = file {
                project.write(file, &outcome.stdout);
            }
            let wanted: Vec<&str> = trimmed(step.output.iter().map(String::as_str).collect());
            let text = match step.code {
                0 => outcome.stdout.clone(),
                _ => format!("{}{}", outcome.stdout, outcome.stderr),
            };
            let text = replaced.iter().fold(text, |text, (old, new)| text.replace(new, old));
            let found: Vec<&str> = trimmed(text.lines().collect());
            if outcome.code != Some(step.code) || !(wanted.is_empty() || matches(&wanted, &found)) {
                wrong = true;
                let _ = writeln!(told, "--- wanted {}\n{}", step.code, wanted.join("\n"));
                let _ = writeln!(told, "--- found\n{outcome}");
            }
        }
        assert!(!wrong, "{told}");
        ran
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
