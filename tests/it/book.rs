//! The book in `docs/`: every command block of it runs, every link of it leads somewhere.
//!
//! `tests/cases/book/<page>.txt` says what lies there before a page begins, and what lies there at
//! a heading that starts afresh:
//!
//! ```text
//! -- section HEADING         from here on for the part of the page under that heading
//! -- database postgres       instead of a SQLite file; its URL is `DATABASE_URL`
//! -- replace TEXT            what the page writes for the database's URL
//! -- replace TEXT => OTHER   what the page writes for something smaller
//! -- file NAME               a file of the project
//! -- run ARGS                `dbkit ARGS`
//! -- sql                     statements
//! -- remove DIR              a folder that is gone
//! -- unset                   no `DATABASE_URL`
//! -- variable NAME           another variable with the database's URL
//! -- project DIR             everything of a folder of the repository
//! ```

use crate::support::{PgDatabase, Project, SqliteFile, Transcript};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Commands of other programs that the book shows; what they do is tested elsewhere or nowhere.
const OTHERS: [&str; 10] = [
    "cargo",
    "docker",
    "make",
    "benches/run.sh",
    "TABLES=200",
    "git",
    "mkdir",
    "cd",
    "man",
    "rustup",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Pages of the book, by their path below `docs`, without `.md`.
fn pages() -> BTreeMap<String, String> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    let docs = root().join("docs");
    let mut found = Vec::new();
    walk(&docs, &mut found);
    let name = |path: &Path| {
        path.strip_prefix(&docs).unwrap().with_extension("").to_string_lossy().into_owned()
    };
    found
        .into_iter()
        .map(|path| (name(&path), std::fs::read_to_string(&path).unwrap()))
        .filter(|(name, _)| name != "SUMMARY")
        .collect()
}

/// What lies ready: the steps of a case, by the heading from which on they hold.
fn cases(page: &str) -> BTreeMap<String, Vec<(String, String, String)>> {
    let file = root().join("tests/cases/book").join(format!("{}.txt", page.replace('/', "_")));
    let mut sections: BTreeMap<String, Vec<(String, String, String)>> = BTreeMap::new();
    let Ok(text) = std::fs::read_to_string(&file) else { return sections };
    sections.insert(String::new(), Vec::new());
    let mut section = String::new();
    for part in format!("\n{text}").split("\n-- ").skip(1) {
        let (head, body) = part.split_once('\n').unwrap_or((part, ""));
        let (kind, rest) = head.split_once(' ').unwrap_or((head, ""));
        if kind == "section" {
            section = rest.to_owned();
            sections.entry(section.clone()).or_default();
        } else {
            let step = (kind.to_owned(), rest.to_owned(), format!("{body}\n"));
            sections.entry(section.clone()).or_default().push(step);
        }
    }
    sections
}

/// A project with a database, made ready.
struct Desk {
    project: Project,
    /// Kept for as long as the project is.
    _database: Option<PgDatabase>,
    url: String,
    replaced: Vec<(String, String)>,
    variables: Vec<(String, String)>,
}

impl Desk {
    fn lay(page: &str, steps: &[(String, String, String)]) -> Self {
        let project = Project::empty();
        let wants_server =
            steps.iter().any(|(kind, rest, _)| kind == "database" && rest == "postgres");
        let label = format!("book_{}", page.replace(['/', '-'], "_"));
        let database = wants_server.then(|| PgDatabase::create(&label));
        let url =
            database.as_ref().map_or_else(|| "sqlite://app.db".to_owned(), |d| d.url().to_owned());
        let variables = vec![("DATABASE_URL".to_owned(), url.clone())];
        let mut desk = Self { project, _database: database, url, replaced: Vec::new(), variables };
        for (kind, rest, body) in steps {
            match kind.as_str() {
                "database" => {}
                "replace" => desk.replaced.push(match rest.split_once(" => ") {
                    Some((old, new)) => (old.to_owned(), new.to_owned()),
                    None => (rest.clone(), desk.url.clone()),
                }),
                "file" => desk.project.write(rest, body.replace("{url}", &desk.url)),
                "run" => {
                    let words = rest.split_whitespace();
                    desk.project.dbkit(words).env("DATABASE_URL", &desk.url).run().success();
                }
                "sql" => match &desk._database {
                    Some(database) => database.execute(body),
                    None => SqliteFile::new(desk.project.join("app.db")).execute(body),
                },
                "remove" => std::fs::remove_dir_all(desk.project.join(rest)).unwrap(),
                "unset" => desk.variables.clear(),
                "variable" => desk.variables.push((rest.clone(), desk.url.clone())),
                "project" => copy(&root().join(rest), desk.project.path()),
                other => panic!("{page}: unknown step {other}"),
            }
        }
        desk
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

/// Blocks of a page in order: the heading they stand under, their language, their text.
fn blocks(text: &str) -> Vec<(String, String, String)> {
    let (mut heading, mut open) = (String::new(), None::<(String, String)>);
    let mut found = Vec::new();
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => open = Some((language.to_owned(), String::new())),
            (Some(_), Some(_)) => {
                let (language, text) = open.take().unwrap();
                found.push((heading.clone(), language, text));
            }
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {
                if let Some(title) = line.strip_prefix("## ") {
                    title.clone_into(&mut heading);
                }
            }
        }
    }
    found
}

/// The file that a block lays down: `toml` whose first line is `# seeds/dev/users.toml`.
fn file_of<'t>(language: &str, text: &'t str) -> Option<&'t str> {
    let marks = match language {
        "toml" => ["# ", ""],
        "rust" => ["// ", ""],
        "sql" => ["-- ", ""],
        _ => return None,
    };
    let name = text.lines().next()?.strip_prefix(marks[0])?.trim();
    (name.contains('.') && !name.contains(' ')).then_some(name)
}

fn run_page(page: &str, text: &str) {
    let cases = cases(page);
    let mut desk: Option<Desk> = None;
    let mut section = String::new();
    for (heading, language, text) in blocks(text) {
        if heading != section && cases.contains_key(&heading) {
            (desk, section) = (None, heading.clone());
        }
        let transcript = Transcript::parse(&text);
        let own = transcript.commands().filter(|command| command.starts_with("dbkit ")).count();
        if language != "console" || own == 0 {
            for command in transcript.commands().filter(|_| language == "console") {
                let program = command.split(' ').next().unwrap();
                assert!(OTHERS.contains(&program), "{page}: what is {program}?");
            }
            // A page that is followed from an empty folder lays its files down itself.
            if let (Some(name), Some(desk)) = (file_of(&language, &text), &desk) {
                desk.project.write(name, &text);
            }
            continue;
        }
        let steps = cases.get(&section).unwrap_or_else(|| {
            panic!(
                "{page}: there is no tests/cases/book/{page}.txt for the commands of \"{heading}\""
            )
        });
        let desk = desk.get_or_insert_with(|| Desk::lay(page, steps));
        let environment: Vec<(&str, &str)> =
            desk.variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(transcript.run_with(&desk.project, &environment, &desk.replaced), own, "{page}");
    }
}

#[test]
fn every_command_of_the_book_runs() {
    let mut with_commands = BTreeSet::new();
    for (page, text) in pages() {
        if text.contains("```console\n") {
            with_commands.insert(page.replace('/', "_"));
        }
        run_page(&page, &text);
    }
    for entry in std::fs::read_dir(root().join("tests/cases/book")).unwrap() {
        let name = entry.unwrap().path().with_extension("");
        let name = name.file_name().unwrap().to_string_lossy().into_owned();
        assert!(with_commands.contains(&name), "no page has commands for {name}.txt");
    }
}

#[test]
fn every_page_is_in_the_summary_and_every_link_leads_somewhere() {
    let docs = root().join("docs");
    let summary = std::fs::read_to_string(docs.join("SUMMARY.md")).unwrap();
    let mut texts: Vec<(PathBuf, String)> = pages()
        .into_iter()
        .map(|(page, text)| (docs.join(page).with_extension("md"), text))
        .collect();
    for (path, _) in &texts {
        let name = path.strip_prefix(&docs).unwrap().to_string_lossy();
        assert!(summary.contains(&format!("({name})")), "{name} is not in docs/SUMMARY.md");
    }
    texts.push((docs.join("SUMMARY.md"), summary));
    for name in ["README.md", "CONTRIBUTING.md"] {
        texts.push((root().join(name), std::fs::read_to_string(root().join(name)).unwrap()));
    }
    for (path, text) in texts {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") || link.starts_with('#') || link.contains([' ', '\n']) {
                continue;
            }
            let file = link.split('#').next().unwrap();
            let target = path.parent().unwrap().join(file);
            assert!(target.exists(), "{}: {link} leads nowhere", path.display());
        }
    }
}
