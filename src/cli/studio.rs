//! `dbkit studio`

use super::output::print;
use super::{Context, Exit, Stop};
use crate::database::interrupt;
use crate::studio::{Environment, Server, Settings, StartError};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

#[derive(clap::Args, Debug)]
#[command(
    after_help = "The page and the server are in this program: nothing comes from the internet. Only this machine\n\
                  can reach it, and only the browser that opens the printed address. Ctrl-C ends it.\n\n\
                  Examples:\n  dbkit studio\n  dbkit studio --env staging --read-only\n  dbkit studio --port 4983 --no-open"
)]
pub struct Args {
    /// Port to listen on; without: any free one
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// Address to listen on instead of 127.0.0.1; others can then reach it, without encryption
    #[arg(long, value_name = "ADDR")]
    host: Option<IpAddr>,
    /// Do not open a browser
    #[arg(long)]
    no_open: bool,
    /// Write nothing, whatever the page asks for
    #[arg(long)]
    read_only: bool,
}

/// Serves the page until Ctrl-C.
///
/// # Errors
/// No connection, an address that is taken.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let target = context.target()?;
    let host = args.host.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    if !host.is_loopback() {
        context.warn(&format!(
            "listening on {host}: others on the network can reach the page, and what it sends is \
             not encrypted"
        ));
    }
    // Waits for a server that is starting up, and tells what is wrong as every command does.
    drop(context.connect(&target, crate::database::Access::Read)?);
    let name = target.environment.clone();
    let mut environments = context.config.environments();
    let section = environments.find(|(known, _)| Some(*known) == name.as_deref());
    let colour = section.and_then(|(_, section)| section.colour.clone());
    let settings = Settings {
        address: SocketAddr::new(host, args.port),
        read_only: args.read_only,
        environment: Environment { name, colour },
        root: context.config.root.clone(),
        seeds: context.config.seeds.value.clone(),
        migrations: context.config.migration_dir(target.dialect()),
        target,
    };
    let server = Server::bind(settings).map_err(failed)?;
    for warning in server.warnings() {
        context.warn(warning);
    }
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let stop = std::sync::Mutex::new(Some(stop));
    ctrlc::set_handler(move || {
        // Statements that are running are ended, their transactions rolled back.
        interrupt::request();
        if let Ok(mut stop) = stop.lock() {
            drop(stop.take());
        }
    })?;
    let url = server.url();
    let shown = match context.json() {
        true => format!("{}\n", serde_json::json!({ "url": url })),
        false => format!("{url}\n"),
    };
    print(&shown)?;
    if !args.no_open && context.terminal && has_desktop() {
        // Where nothing opens it the address is there to be clicked on.
        open::that_detached(&url).ok();
    }
    context.say("Ctrl-C ends it");
    server
        .run(async {
            stopped.await.ok();
        })
        .map_err(failed)?;
    Ok(Exit::Done)
}

fn failed(error: StartError) -> anyhow::Error {
    let exit = match error {
        StartError::Listen { .. } => Exit::Usage,
        StartError::Database(_) => Exit::NoConnection,
        StartError::Serve(_) => Exit::Unexpected,
    };
    let help = match &error {
        StartError::Listen { .. } => "\nhelp: name another port with --port, or leave it out",
        _ => "",
    };
    Stop::error(exit, format!("{error}{help}"))
}

/// On Unix a browser needs a display; over ssh there is none.
fn has_desktop() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(any(windows, target_os = "macos")) || set("DISPLAY") || set("WAYLAND_DISPLAY")
}
