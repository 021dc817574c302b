use super::Outcome;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Runs the real diesel_cli in a folder.
///
/// # Panics
/// When it is not installed: a missing peer is a failure, never a skip.
pub fn diesel(directory: impl AsRef<Path>, database_url: &str, args: &[&str]) -> Outcome {
    let output = Command::new(program())
        .args(args)
        .current_dir(directory.as_ref())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", directory.as_ref())
        .env("DATABASE_URL", database_url)
        .stdin(Stdio::null())
        .output()
        .expect("diesel starts");
    Outcome::new(format!("diesel {}", args.join(" ")), output)
}

fn program() -> PathBuf {
    if let Some(path) = std::env::var_os("DBKIT_TEST_DIESEL") {
        return path.into();
    }
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/bin/diesel");
    assert!(
        installed.is_file(),
        "diesel_cli is not installed. Run `make tools`, or set DBKIT_TEST_DIESEL to its path."
    );
    installed
}
