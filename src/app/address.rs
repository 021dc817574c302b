//! What the driver is given as the address of a database.

use super::PoolSettings;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// A server that is gone without a word is noticed after half a minute, not after the quarter of an
/// hour that TCP takes: what waits for it holds a connection of the pool. What the address says
/// itself stays.
pub(super) fn patient(address: &str, settings: &PoolSettings) -> String {
    let seconds = settings.connect_timeout.as_secs().max(2);
    let mut out = address.to_owned();
    for (name, value) in [
        ("connect_timeout", seconds),
        ("keepalives_idle", 15),
        ("keepalives_interval", 5),
        ("keepalives_count", 3),
        ("tcp_user_timeout", 30_000),
    ] {
        if address.contains(&format!("{name}=")) {
            continue;
        }
        let before = match (address.contains("://"), out.contains('?')) {
            (false, _) => " ",
            (true, false) => "?",
            (true, true) if out.ends_with(['?', '&']) => "",
            (true, true) => "&",
        };
        out.push_str(&format!("{before}{name}={value}"));
    }
    out
}

/// What ends the path of a `file:` URI, or begins an escape in it.
const SPECIAL: &AsciiSet = &CONTROLS.add(b'?').add(b'#').add(b'%');

/// SQLite would make a file that is missing: a tenant that is none would get a database.
pub(super) fn existing_file(path: &str) -> String {
    if path.starts_with("file:") {
        return path.to_owned();
    }
    format!("file:{}?mode=rw", utf8_percent_encode(path, SPECIAL))
}

#[cfg(test)]
mod tests {
    use super::{existing_file, patient};
    use crate::app::PoolSettings;

    #[test]
    fn what_the_address_says_stays() {
        let of = |address| patient(address, &PoolSettings::default());
        let plain = of("postgres://a@h/d");
        assert!(
            plain.starts_with("postgres://a@h/d?connect_timeout=2&keepalives_idle=15&"),
            "{plain}"
        );
        let said = of("postgres://a@h/d?sslmode=require&connect_timeout=9");
        assert!(
            said.starts_with("postgres://a@h/d?sslmode=require&connect_timeout=9&keep"),
            "{said}"
        );
        assert!(of("postgres://h/d?").starts_with("postgres://h/d?connect_timeout=2&"));
        assert!(of("host=h dbname=d").starts_with("host=h dbname=d connect_timeout=2 "));
    }

    #[test]
    fn a_path_is_a_path() {
        assert_eq!(existing_file("/a/b?c%.db"), "file:/a/b%3Fc%25.db?mode=rw");
        assert_eq!(existing_file("tenants/a.db"), "file:tenants/a.db?mode=rw");
    }
}
