use super::Outcome;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Ctrl-C, as the terminal gets it.
pub const INTERRUPT: &str = "\u{3}";
/// Ctrl-D on an empty line.
pub const END: &str = "\u{4}";

/// Runs dbkit on a terminal of its own and types an answer whenever a question ends in `[y/N] `.
/// Everything it wrote is in `stdout`; the code is `None` when a signal ended it.
pub fn on_terminal(directory: impl AsRef<Path>, args: &[&str], answers: &[&str]) -> Outcome {
    let (master, slave) = open();
    let shared = || Stdio::from(slave.try_clone().expect("a descriptor"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_dbkit"));
    command
        .args(args)
        .current_dir(directory.as_ref())
        .env_clear()
        .env("HOME", directory.as_ref())
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
    let mut child = command.spawn().expect("the binary starts");
    drop(command);
    drop(slave);
    let mut terminal = File::from(master);
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

fn open() -> (OwnedFd, OwnedFd) {
    let (mut master, mut slave) = (0, 0);
    let size = libc::winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: both descriptors are written before they are used, and owned by nobody else.
    unsafe {
        let null = std::ptr::null_mut();
        let made = libc::openpty(&mut master, &mut slave, null, null.cast(), &raw const size as _);
        assert_eq!(made, 0, "a terminal");
        (OwnedFd::from_raw_fd(master), OwnedFd::from_raw_fd(slave))
    }
}
