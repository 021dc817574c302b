//! CSV files too large to be held.

use crate::support::{Project, SqliteFile};
use std::fmt::Write;

#[test]
fn mistakes_have_a_place_and_nothing_is_written() {
    let mut text = String::from("\u{feff}id,name,n\r\n");
    for number in 0..240_000 {
        let n = if number == 200_000 { "oops" } else { "7" };
        writeln!(text, "{number},the name of row {number} is long,{n}\r").unwrap();
    }
    assert!(text.len() > 8 << 20);
    let project = Project::with(&[("seeds/dev/c.csv", &text)]);
    let file = SqliteFile::new(project.join("large.db"));
    file.execute("CREATE TABLE c (id integer PRIMARY KEY, name text NOT NULL, n integer)");
    let seed = || project.dbkit(["seed", "--env", "dev", "--database-url", &file.url()]).run();
    let outcome = seed();
    assert_eq!(outcome.code, Some(6), "{outcome}");
    let place = "seeds/dev/c.csv:200002:39";
    for part in [place, "200000,the name of row 200000 is long,oops", "^^^^", "a whole number"] {
        assert!(outcome.stderr.contains(part), "lacks {part}: {outcome}");
    }
    assert_eq!(file.values("SELECT count(*) FROM c"), [Some("0".to_owned())]);

    project.write("seeds/dev/c.csv", text.replace("oops", "8"));
    let outcome = seed();
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert_eq!(file.values("SELECT sum(n) FROM c"), [Some("1680001".to_owned())]);
}
