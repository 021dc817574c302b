use super::Outcome;
use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZero;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Ctrl-C, as the terminal gets it.
pub const INTERRUPT: &str = "\u{3}";
/// Ctrl-D on an empty line.
pub const END: &str = "\u{4}";

/// dbkit on a terminal of its own, its standard output too.
fn spawn(directory: &Path, args: &[&str]) -> (File, Child) {
    let (master, slave) = open();
    let shared = || Stdio::from(slave.try_clone().expect("a descriptor"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_dbkit"));
    command
        .args(args)
        .current_dir(directory)
        .env_clear()
        .env("HOME", directory)
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .stdin(shared())
        .stdout(shared())
        .stderr(shared());
    // SAFETY: both calls are async-signal-safe, and the terminal is the child's stdin by then.
    unsafe {
        command.pre_exec(|| {
            libc::setsid();
            libc::ioctl(0, libc::TIOCSCTTY as _, 0);
            Ok(())
        });
    }
    let child = command.spawn().expect("the binary starts");
    (File::from(master), child)
}

/// Runs dbkit on a terminal of its own and types an answer whenever a question ends in `[y/N] `.
/// Everything it wrote is in `stdout`; the code is `None` when a signal ended it.
pub fn on_terminal(directory: impl AsRef<Path>, args: &[&str], answers: &[&str]) -> Outcome {
    let (mut terminal, mut child) = spawn(directory.as_ref(), args);
    let mut shown = Vec::new();
    let mut answers = answers.iter();
    let mut buffer = [0; 4096];
    // Reading fails (EIO) when the last process on the terminal has ended.
    while let Ok(length @ 1..) = terminal.read(&mut buffer) {
        shown.extend_from_slice(&buffer[..length]);
        if shown.ends_with(b"[y/N] ") {
            let answer = answers.next().expect("an answer for every question");
            terminal.write_all(answer.as_bytes()).expect("the answer is typed");
        }
    }
    let status = child.wait().expect("the binary ends");
    assert!(answers.next().is_none(), "a question was not asked");
    let output = std::process::Output { status, stdout: shown, stderr: Vec::new() };
    Outcome::new(format!("dbkit {} (on a terminal)", args.join(" ")), output)
}

/// How long anything on a terminal may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A program that draws over the whole terminal, seen as a terminal shows it.
pub struct Screen {
    terminal: File,
    child: Child,
    parser: vt100::Parser,
}

impl Screen {
    pub fn start(directory: impl AsRef<Path>, args: &[&str]) -> Self {
        let (terminal, child) = spawn(directory.as_ref(), args);
        Self { terminal, child, parser: vt100::Parser::new(size(24), size(80), 0) }
    }

    /// Waits until the screen holds the text, and returns all of it.
    #[track_caller]
    pub fn shows(&mut self, text: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let shown = self.parser.screen().contents();
            if shown.contains(text) {
                return shown;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(self.drawn(left), "no {text:?} on the screen:\n{shown}");
        }
    }

    /// Takes what is written within that time; false when nothing is.
    fn drawn(&mut self, within: Duration) -> bool {
        let fd = self.terminal.as_raw_fd();
        let mut entry = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
        let millis = i32::try_from(within.as_millis()).expect("a short time");
        // SAFETY: one structure that outlives the call.
        if unsafe { libc::poll(&raw mut entry, 1, millis) } < 1 {
            return false;
        }
        let mut buffer = [0; 4096];
        // Reading fails (EIO) when the program has ended and nothing is left.
        let Ok(length @ 1..) = self.terminal.read(&mut buffer) else { return false };
        self.parser.process(&buffer[..length]);
        true
    }

    pub fn types(&mut self, keys: &str) -> &mut Self {
        self.terminal.write_all(keys.as_bytes()).expect("the keys are typed");
        self
    }

    pub fn resize(&mut self, rows: u16, columns: u16) {
        let size = libc::winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: the descriptor is open, and the structure outlives the call.
        let done = unsafe {
            libc::ioctl(self.terminal.as_raw_fd(), libc::TIOCSWINSZ as _, &raw const size)
        };
        assert_eq!(done, 0, "a new size");
        self.parser.screen_mut().set_size(self::size(rows), self::size(columns));
    }

    pub fn signal(&self, signal: i32) {
        let pid = i32::try_from(self.child.id()).expect("a process");
        // SAFETY: a signal to a child that was not waited for yet.
        unsafe { libc::kill(pid, signal) };
    }

    /// Waits for the end. Returns the code, and whether the terminal is as it was: lines are typed
    /// with an echo, nothing is drawn over.
    #[track_caller]
    pub fn ends(mut self) -> (Option<i32>, bool) {
        let code = self.code();
        while self.drawn(Duration::from_millis(300)) {}
        // SAFETY: the structure is plain data that the call fills in.
        let modes = unsafe {
            let mut modes: libc::termios = std::mem::zeroed();
            libc::tcgetattr(self.terminal.as_raw_fd(), &raw mut modes);
            modes.c_lflag
        };
        let cooked = modes & libc::ICANON != 0 && modes & libc::ECHO != 0;
        let screen = self.parser.screen();
        (code, cooked && !screen.alternate_screen() && !screen.hide_cursor())
    }

    /// Closes the window under the program and waits for its end.
    #[track_caller]
    pub fn closes(mut self) {
        let nothing = File::open("/dev/null").expect("a descriptor");
        drop(std::mem::replace(&mut self.terminal, nothing));
        self.code();
    }

    #[track_caller]
    fn code(&mut self) -> Option<i32> {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.code();
            }
            let shown = self.parser.screen().contents();
            assert!(Instant::now() < end, "it does not end:\n{shown}");
            // What it still writes must not fill the terminal up.
            self.drawn(Duration::from_millis(10));
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A failed test leaves no program behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn size(number: u16) -> NonZero<u16> {
    NonZero::new(number).expect("a size")
}

fn open() -> (OwnedFd, OwnedFd) {
    let (mut master, mut slave) = (0, 0);
    let size = libc::winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: both descriptors are written before they are used, and owned by nobody else.
    unsafe {
        let null = std::ptr::null_mut();
        let made = libc::openpty(&mut master, &mut slave, null, null.cast(), &raw const size as _);
        assert_eq!(made, 0, "a terminal");
        // The program must not hold its own window open.
        libc::fcntl(master, libc::F_SETFD, libc::FD_CLOEXEC);
        (OwnedFd::from_raw_fd(master), OwnedFd::from_raw_fd(slave))
    }
}
