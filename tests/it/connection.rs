//! Getting to a server: TLS, passwords, waiting, and what is said when it does not work.

use crate::support::{Door, Outcome, PgDatabase, Project, Server, postgres_url};
use std::time::{Duration, Instant};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/tls");

fn status(project: &Project, url: &str, args: &[&str]) -> Outcome {
    project.dbkit(["inspect", "--database-url", url]).args(args).run()
}

fn port_of(url: &str) -> u16 {
    url::Url::parse(url).unwrap().port().unwrap_or(5432)
}

#[test]
fn tls_and_passwords() {
    let server = Server::start();
    let fixture = |name: &str| std::fs::read_to_string(format!("{FIXTURES}/{name}")).unwrap();
    server.write("server.crt", fixture("server.crt").trim());
    server.write("server.key", fixture("server.key").trim());
    server.execute(
        "SET password_encryption = 'scram-sha-256'; CREATE ROLE app LOGIN PASSWORD 'p@ss/w:rd'",
    );
    server.execute("ALTER SYSTEM SET ssl = on");
    server.write(
        "pg_hba.conf",
        "hostssl all app all scram-sha-256\nhostnossl all app all reject\nhost all postgres all trust",
    );
    server.execute("SELECT pg_reload_conf()");
    std::thread::sleep(Duration::from_millis(300));

    let project = Project::empty();
    let password = "p%40ss%2Fw%3Ard";
    let with =
        |query: &str| status(&project, &server.url("app", password, query), &["--wait", "5"]);
    let (right, other) = (format!("{FIXTURES}/server.crt"), format!("{FIXTURES}/other.crt"));
    with("sslmode=require").success();
    with(&format!("sslmode=verify-full&sslrootcert={right}")).success();
    for (query, reason) in [
        (format!("sslmode=verify-full&sslrootcert={other}"), "certificate verify failed"),
        ("sslmode=verify-full&sslrootcert=/nowhere.crt".to_owned(), "/nowhere.crt"),
        ("sslmode=disable".to_owned(), "pg_hba.conf"),
        ("sslmode=sometimes".to_owned(), "sslmode"),
    ] {
        let begin = Instant::now();
        let told = with(&query).code(7).stderr_has(reason).stderr_has("help: ");
        assert!(begin.elapsed() < Duration::from_secs(4), "waited in vain\n{told}");
        told.nowhere("p@ss").nowhere("p%40ss");
    }
    // The certificate's name is localhost, not the address.
    let by_address =
        server.url("app", password, &format!("sslmode=verify-full&sslrootcert={right}"));
    status(&project, &by_address.replace("localhost", "127.0.0.1"), &[]).code(7);

    // A relative certificate of dbkit.toml stands beside it.
    std::fs::copy(&right, project.join("root.crt")).unwrap();
    project.write(
        "dbkit.toml",
        format!(
            "[env.tls]\nurl = \"{}\"\nsslmode = \"verify-full\"\nsslrootcert = \"root.crt\"\n",
            server.url("app", password, "")
        ),
    );
    std::fs::create_dir(project.join("sub")).unwrap();
    crate::support::Dbkit::new(project.join("sub"))
        .args(["inspect", "--env", "tls"])
        .run()
        .success();
    let settings = project.read("dbkit.toml").replace("verify-full", "verify-ful");
    project.write("dbkit.toml", settings);
    let told = project.dbkit(["inspect", "--env", "tls"]).run().code(2);
    told.stderr_has("did you mean `verify-full`?").nowhere("p%40ss");

    // A wrong password is told at once: no second try can help (libpq tries without TLS once).
    let door = Door::before(server.port(), 0);
    let wrong = format!("postgres://app:wrong-one@localhost:{}/postgres", door.port);
    let begin = Instant::now();
    let told = status(&project, &wrong, &["--wait", "30", "--verbose"]).code(7);
    assert!(begin.elapsed() < Duration::from_secs(10) && door.opened() <= 2, "{told}");
    told.stderr_has("help: correct the user").nowhere("wrong-one");
    let none = format!("postgres://app@localhost:{}/postgres", server.port());
    status(&project, &none, &[]).code(7).stderr_has("help: give a password");
}

#[test]
fn a_server_that_starts_up_is_waited_for() {
    let door = Door::before(port_of(&postgres_url()), 3);
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", door.port);
    let project = Project::empty();
    status(&project, &url, &["--wait", "0"]).code(7).stderr_has("starting up");
    let told = status(&project, &url, &["--wait", "20"]).success();
    told.stderr_has("waiting up to 20 s for the server").stderr_has("starting up");
    assert_eq!(door.opened(), 4);
}

#[test]
fn waiting_has_an_end() {
    let project = Project::empty();
    let begin = Instant::now();
    let told = status(&project, "postgres://u:hush@127.0.0.1:1/d", &["--wait", "1"]).code(7);
    assert!(begin.elapsed() < Duration::from_secs(5));
    told.stderr_has("help: start the server").nowhere("hush");
    let told = status(&project, "postgres://u:hush@no-such-host.invalid/d", &["--wait", "0"]);
    told.code(7).stderr_has("help: correct the host's name").nowhere("hush");
    let socket = "postgres://u@%2Fnowhere%2Fat-all/d";
    status(&project, socket, &["--wait", "0"]).code(7).stderr_has("/nowhere/at-all");
}

#[test]
fn a_missing_database_names_the_next_action() {
    let missing = PgDatabase::name_only("connection");
    status(&Project::empty(), missing.url(), &[])
        .code(7)
        .stderr_has("does not exist")
        .stderr_has("make it with `dbkit prepare`");
}
