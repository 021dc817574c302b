use crate::config::Target;
use std::net::SocketAddr;
use std::path::PathBuf;

/// What the server shows, and how far it may go.
#[derive(Clone, Debug)]
pub struct Settings {
    pub target: Target,
    /// Where to listen; port 0 for any free one.
    pub address: SocketAddr,
    /// Nothing may be written, whatever the environment.
    pub read_only: bool,
    pub environment: Environment,
    /// The project's folder: files that are made have names relative to it.
    pub root: PathBuf,
    pub seeds: PathBuf,
    pub migrations: PathBuf,
}

/// The environment as the page shows it.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    pub name: Option<String>,
    pub colour: Option<String>,
}

impl Settings {
    /// The name of the project's folder.
    #[must_use]
    pub fn project(&self) -> String {
        // The current folder is an empty path here.
        let root = std::env::current_dir().unwrap_or_default().join(&self.root);
        let name = root.file_name().map(|name| name.to_string_lossy().into_owned());
        name.unwrap_or_default()
    }
}
