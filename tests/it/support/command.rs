use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

/// The dbkit binary, run without a terminal and without anything of the caller's environment that
/// could change what it does.
pub struct Dbkit {
    command: Command,
    line: String,
}

impl Dbkit {
    /// Ready to run in the given folder.
    pub fn new(directory: impl AsRef<Path>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dbkit"));
        command
            .current_dir(directory.as_ref())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", directory.as_ref())
            .stdin(Stdio::null());
        Self { command, line: "dbkit".to_owned() }
    }

    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.line.push(' ');
        self.line.push_str(&arg.as_ref().to_string_lossy());
        self.command.arg(arg);
        self
    }

    pub fn args<I, S>(self, args: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        args.into_iter().fold(self, Self::arg)
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs to the end.
    pub fn run(mut self) -> Outcome {
        let output = self.command.output().expect("the binary starts");
        Outcome::new(self.line, output)
    }
}

/// The binary at work.
pub struct Running {
    child: std::process::Child,
    line: String,
}

impl Dbkit {
    /// Starts and does not wait.
    pub fn spawn(mut self) -> Running {
        let command = self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Running { child: command.spawn().expect("the binary starts"), line: self.line }
    }
}

impl Running {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The first line on stdout; then it is killed. All of stderr where there is no line.
    pub fn first_line(mut self) -> Result<String, String> {
        use std::io::{BufRead, BufReader, Read};
        let mut line = String::new();
        if let Some(stdout) = self.child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line).expect("stdout is text");
        }
        self.child.kill().expect("it is a child");
        let mut told = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            stderr.read_to_string(&mut told).expect("stderr is text");
        }
        self.child.wait().expect("it is a child");
        if line.is_empty() { Err(told) } else { Ok(line) }
    }

    /// Waits for the end.
    pub fn wait(self) -> Outcome {
        let output = self.child.wait_with_output().expect("the binary ends");
        Outcome::new(self.line, output)
    }
}

/// What a run of the binary left behind. Each assertion shows all of it when it fails.
#[derive(Debug)]
pub struct Outcome {
    line: String,
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    /// What a finished process left behind; `line` is how it was called.
    pub fn new(line: String, output: std::process::Output) -> Self {
        Self {
            line,
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }

    #[track_caller]
    pub fn code(self, wanted: i32) -> Self {
        assert!(self.code == Some(wanted), "wanted exit code {wanted}\n{self}");
        self
    }

    #[track_caller]
    pub fn success(self) -> Self {
        self.code(0)
    }

    #[track_caller]
    pub fn stdout_has(self, part: &str) -> Self {
        assert!(self.stdout.contains(part), "stdout lacks {part:?}\n{self}");
        self
    }

    #[track_caller]
    pub fn stderr_has(self, part: &str) -> Self {
        assert!(self.stderr.contains(part), "stderr lacks {part:?}\n{self}");
        self
    }

    /// Neither stream may hold it: a password, an escape sequence.
    #[track_caller]
    pub fn nowhere(self, part: &str) -> Self {
        let shown = self.stdout.contains(part) || self.stderr.contains(part);
        assert!(!shown, "{part:?} must not be shown\n{self}");
        self
    }

    #[track_caller]
    pub fn stdout_is(self, wanted: &str) -> Self {
        assert!(self.stdout == wanted, "wanted stdout\n{wanted}\n{self}");
        self
    }

    /// The error that `--format json` writes to stderr, where every line is an object.
    #[track_caller]
    pub fn error(&self) -> serde_json::Value {
        let mut lines = self.stderr.lines().map(|line| {
            let parsed = serde_json::from_str::<serde_json::Value>(line);
            parsed.unwrap_or_else(|error| panic!("{error} in {line:?}\n{self}"))
        });
        let error = lines.rfind(|line| line.get("error").is_some());
        error.unwrap_or_else(|| panic!("no error\n{self}"))
    }

    /// Stdout as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let code = self.code.map_or_else(|| "killed".to_owned(), |code| code.to_string());
        writeln!(f, "$ {}\nexit code: {code}", self.line)?;
        writeln!(f, "--- stdout\n{}", self.stdout)?;
        writeln!(f, "--- stderr\n{}", self.stderr)
    }
}
