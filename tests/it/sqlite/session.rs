use dbkit::database::sqlite::{OpenMode, SqliteSession};
use dbkit::database::{DatabaseError, ErrorKind, Session, Value};
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn open_error(path: &std::path::Path, mode: OpenMode) -> DatabaseError {
    SqliteSession::open(path.to_str().unwrap(), mode).err().unwrap()
}

#[test]
fn a_missing_file_is_only_made_when_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    for mode in [OpenMode::ReadOnly, OpenMode::ReadWrite] {
        let error = open_error(&path, mode);
        assert_eq!(error.kind, ErrorKind::Unreachable);
        assert!(error.message.contains("a.db") && error.hint.is_some(), "{error}");
        assert!(!path.exists());
    }
    drop(SqliteSession::open(path.to_str().unwrap(), OpenMode::Create).unwrap());
    let deep = dir.path().join("none/a.db");
    assert!(open_error(&deep, OpenMode::Create).message.contains("there is no folder"));
    assert!(open_error(dir.path(), OpenMode::Create).message.contains("is a folder"));
}

#[test]
fn what_is_no_database_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("noise.db");
    fs::write(&path, vec![7_u8; 8192]).unwrap();
    let error = open_error(&path, OpenMode::ReadWrite);
    assert_eq!(error.kind, ErrorKind::Corrupt);
    assert!(error.hint.unwrap().contains("encrypted"));

    // A newer file format: byte 18 and 19 of the header are the versions to write and to read.
    let newer = dir.path().join("newer.db");
    let mut session = SqliteSession::open(newer.to_str().unwrap(), OpenMode::Create).unwrap();
    session.execute("CREATE TABLE t (a)").unwrap();
    drop(session);
    let mut bytes = fs::read(&newer).unwrap();
    bytes[47] = 9;
    fs::write(&newer, bytes).unwrap();
    let error = open_error(&newer, OpenMode::ReadWrite);
    assert!(error.hint.unwrap().contains("newer SQLite"), "{}", error.message);
}

/// A database whose bytes are changed afterwards.
fn doctored(path: &std::path::Path, sql: &str, change: impl FnOnce(&mut Vec<u8>)) {
    drop(fs::remove_file(path));
    SqliteSession::open(path.to_str().unwrap(), OpenMode::Create).unwrap().execute(sql).unwrap();
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

#[test]
fn what_a_newer_sqlite_wrote_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let target = path.to_str().unwrap();
    let table = "CREATE TABLE t (a); INSERT INTO t VALUES (1)";
    // Bytes 18 and 19: the format a program must know to write and to read.
    doctored(&path, table, |bytes| bytes[18..20].fill(3));
    let error = open_error(&path, OpenMode::ReadOnly);
    assert_eq!(error.kind, ErrorKind::Corrupt);
    assert!(error.message.ends_with("format 3 of a newer SQLite and cannot be read"), "{error}");
    doctored(&path, table, |bytes| bytes[18] = 3);
    assert!(open_error(&path, OpenMode::ReadWrite).message.ends_with("cannot be written"));
    let mut reader = SqliteSession::open(target, OpenMode::ReadOnly).unwrap();
    assert_eq!(reader.query("SELECT a FROM t", &[]).unwrap().rows, [[Value::Integer(1)]]);
    assert_eq!(reader.newer_writer(), None);

    let unknown = "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema VALUES
        ('table', 'n', 'n', 0, 'CREATE TABLE n (a) FROM THE FUTURE')";
    doctored(&path, unknown, |_| ());
    let hint = open_error(&path, OpenMode::ReadWrite).hint.unwrap();
    assert!(hint.contains("or a newer SQLite made it"), "{hint}");
    doctored(&path, unknown, |bytes| bytes[96..100].copy_from_slice(&3_999_001_u32.to_be_bytes()));
    let hint = open_error(&path, OpenMode::ReadWrite).hint.unwrap();
    assert!(hint.starts_with("SQLite 3.999.1 wrote the file"), "{hint}");
    doctored(&path, table, |bytes| bytes[96..100].copy_from_slice(&3_999_001_u32.to_be_bytes()));
    let session = SqliteSession::open(target, OpenMode::ReadOnly).unwrap();
    assert_eq!(session.newer_writer().as_deref(), Some("3.999.1"));
}

#[test]
fn damage_is_told_wherever_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let rows = "CREATE TABLE t (a); WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 999)
        INSERT INTO t SELECT hex(randomblob(50)) FROM c";
    for at in [5_000, 100, 9_000] {
        doctored(&path, rows, |bytes| bytes.truncate(at));
        assert_eq!(open_error(&path, OpenMode::ReadOnly).kind, ErrorKind::Corrupt, "{at}");
    }
    doctored(&path, rows, |bytes| bytes[100..4096].fill(0xa5));
    assert_eq!(open_error(&path, OpenMode::ReadOnly).kind, ErrorKind::Corrupt);
    // A page of a table is read when its rows are.
    doctored(&path, rows, |bytes| bytes[4096..8192].fill(0xa5));
    let mut session = SqliteSession::open(path.to_str().unwrap(), OpenMode::ReadOnly).unwrap();
    let error = session.query("SELECT count(*) FROM t", &[]).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Corrupt);
    assert!(error.hint.unwrap().contains("damaged"));
}

#[test]
fn every_way_to_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("ein Ordner %41 ü");
    fs::create_dir(&folder).unwrap();
    let path = folder.join("a?b#c.db");
    let plain = path.to_str().unwrap();
    SqliteSession::open(plain, OpenMode::Create).unwrap().execute("CREATE TABLE t (a)").unwrap();
    std::os::unix::fs::symlink(&path, dir.path().join("link.db")).unwrap();
    let base = dir.path().display();
    let encoded = "ein%20Ordner%20%2541%20%C3%BC/a%3Fb%23c.db";
    for target in [
        plain.to_owned(),
        format!("sqlite://{base}/{encoded}"),
        format!("sqlite:{base}/{encoded}?mode=ro"),
        format!("file:{base}/{encoded}"),
        format!("file://localhost{base}/{encoded}?immutable=1"),
        format!("file://{base}/{encoded}?mode=ro&cache=private"),
        format!("{base}/link.db"),
    ] {
        let mut session = SqliteSession::open(&target, OpenMode::ReadOnly).unwrap();
        assert_eq!(session.introspect().unwrap().tables.len(), 1, "{target}");
    }
    for (target, reason) in [
        (format!("file://elsewhere{base}/{encoded}"), "elsewhere"),
        (format!("file:{base}/{encoded}?vfs=none"), "no such vfs"),
        (format!("sqlite://{base}/none.db?mode=rw"), "there is no database file"),
    ] {
        let error = SqliteSession::open(&target, OpenMode::ReadOnly).err().unwrap();
        assert!(error.message.contains(reason), "{target}: {error}");
    }
    // A database in memory leaves nothing behind.
    let before = fs::read_dir(dir.path()).unwrap().count();
    SqliteSession::open("sqlite::memory:", OpenMode::Create).unwrap();
    SqliteSession::open("file:x?mode=memory", OpenMode::Create).unwrap();
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), before);
    assert!(!std::path::Path::new("x").exists() && !std::path::Path::new(":memory:").exists());
}

#[test]
fn a_write_ahead_log_is_read_with_its_last_rows() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let mut writer = SqliteSession::open(path.to_str().unwrap(), OpenMode::Create).unwrap();
    writer.query("PRAGMA journal_mode = WAL", &[]).unwrap();
    writer.execute("CREATE TABLE t (a); PRAGMA wal_checkpoint; INSERT INTO t VALUES (1)").unwrap();
    let copy = |parts: &[&str]| {
        let to = dir.path().join(format!("copy{}.db", parts.len()));
        for part in parts {
            let beside = |path: &std::path::Path| format!("{}{part}", path.display());
            fs::copy(beside(&path), beside(&to)).unwrap();
        }
        let mut session = SqliteSession::open(to.to_str().unwrap(), OpenMode::ReadOnly).unwrap();
        session.query("SELECT count(*) FROM t", &[]).unwrap().rows[0][0].clone()
    };
    assert_eq!(copy(&["", "-wal", "-shm"]), Value::Integer(1));
    assert_eq!(copy(&["", "-wal"]), Value::Integer(1));
    // Without its log the file is what the last checkpoint made it.
    assert_eq!(copy(&[""]), Value::Integer(0));
}

#[test]
fn a_reader_may_not_write() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let target = path.to_str().unwrap();
    SqliteSession::open(target, OpenMode::Create).unwrap().execute("CREATE TABLE t (a)").unwrap();
    let mut reader = SqliteSession::open(target, OpenMode::ReadOnly).unwrap();
    assert_eq!(reader.query("SELECT * FROM t", &[]).unwrap().columns, ["a"]);
    assert_eq!(reader.execute("DROP TABLE t").unwrap_err().kind, ErrorKind::Denied);
    let names: Vec<_> = fs::read_dir(dir.path()).unwrap().collect();
    assert_eq!(names.len(), 1, "{names:?}");

    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    let write = SqliteSession::open(target, OpenMode::ReadWrite);
    // The superuser may write to any file.
    if let Ok(mut session) = write
        && fs::OpenOptions::new().write(true).open(&path).is_err()
    {
        assert_eq!(session.execute("DROP TABLE t").unwrap_err().kind, ErrorKind::Denied);
    }
}

#[test]
fn a_lock_of_another_is_waited_for_and_then_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let target = path.to_str().unwrap();
    let mut first = SqliteSession::open(target, OpenMode::Create).unwrap();
    first.execute("CREATE TABLE t (a); BEGIN IMMEDIATE").unwrap();
    let mut second = SqliteSession::open(target, OpenMode::ReadWrite).unwrap();
    second.set_lock_timeout(std::time::Duration::from_millis(20)).unwrap();
    let error = second.execute("INSERT INTO t VALUES (1)").unwrap_err();
    assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::LockTimeout, Some("SQLITE_BUSY")));
    first.execute("COMMIT").unwrap();
    second.execute("INSERT INTO t VALUES (1)").unwrap();
}

#[test]
fn errors_have_a_place_in_the_script() {
    let mut session = SqliteSession::open(":memory:", OpenMode::Create).unwrap();
    let sql = "CREATE TABLE t (a);\nSELECT a, nope FROM t;";
    let error = session.execute(sql).unwrap_err();
    assert_eq!(error.position, sql.find("nope"));
    let error = session.query("SELECT b FROM t", &[]).unwrap_err();
    assert_eq!(error.position, Some(7));
    let sql = "CREATE TABLE u (a NOT NULL);\nINSERT INTO u VALUES (NULL);";
    let error = session.execute(sql).unwrap_err();
    assert_eq!(error.position, sql.find("INSERT"));
    assert_eq!(error.code.as_deref(), Some("SQLITE_CONSTRAINT_NOTNULL"));
    session.execute("SELECT 'open").unwrap_err();
}

#[test]
fn values_travel_without_loss() {
    let mut session = SqliteSession::open(":memory:", OpenMode::Create).unwrap();
    let binds = [
        Value::Null,
        Value::Bool(true),
        Value::Integer(i64::MAX),
        Value::Real(0.1),
        Value::Text("é\0'".into()),
        Value::Blob(vec![0, 255]),
    ];
    let rows = session.query("SELECT ?1, ?2, ?3, ?4, ?5, ?6", &binds).unwrap();
    let mut expected = binds.to_vec();
    expected[1] = Value::Integer(1);
    assert_eq!(rows.rows, [expected]);
    assert!(session.query("SELECT ?1", &[]).is_err());
    assert!(session.query("SELECT 1; SELECT 2", &[]).is_err());
    session.execute("CREATE TABLE t (a INTEGER)").unwrap();
    let inserted = session.query("INSERT INTO t VALUES (1), (2) RETURNING a", &[]).unwrap();
    assert_eq!((inserted.affected, inserted.rows.len()), (2, 2));
    assert_eq!(inserted.types, ["INTEGER"]);
    assert_eq!(session.query("SELECT a FROM t", &[]).unwrap().affected, 0);
}

#[test]
fn a_running_statement_can_be_stopped() {
    let mut session = SqliteSession::open(":memory:", OpenMode::Create).unwrap();
    let handle = session.interrupt_handle();
    let stopper = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(100));
        handle.interrupt();
    });
    let endless =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n";
    assert_eq!(session.query(endless, &[]).unwrap_err().kind, ErrorKind::Cancelled);
    stopper.join().unwrap();
}

#[test]
fn foreign_keys_are_enforced_also_after_a_broken_script() {
    let mut session = SqliteSession::open(":memory:", OpenMode::Create).unwrap();
    let on = |session: &mut SqliteSession| {
        session.query("PRAGMA foreign_keys", &[]).unwrap().rows[0][0] == Value::Integer(1)
    };
    assert!(on(&mut session));
    session.execute("PRAGMA foreign_keys = OFF; BEGIN; CREATE TABLE t (a); nonsense").unwrap_err();
    assert!(session.in_transaction());
    session.recover().unwrap();
    assert!(on(&mut session) && !session.in_transaction());
    assert!(session.query("SELECT * FROM t", &[]).is_err());
}
