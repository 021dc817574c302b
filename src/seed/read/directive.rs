//! Strings that begin with `@` and stand for another value.

use super::Given;
use std::path::Path;
use uuid::Uuid;

/// A value that only the column, the clock or the database completes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::seed) enum Directive {
    Reference(Reference),
    Time(Offset),
    /// Hashed when the row is known: its key is part of the salt.
    Password(String),
}

/// `@table.key`; which part names the table is known with the schema only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::seed) struct Reference {
    pub text: String,
}

/// A time as seen from the moment the row is inserted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::seed) struct Offset {
    /// From the beginning of the day (UTC).
    pub day: bool,
    pub months: i64,
    pub seconds: i64,
}

/// What a mistake says, and its help.
pub(super) type Mistake = (String, &'static str);

const KNOWN: &str = "directives are @null, @now, @today, @uuid:NAME, @env:NAME, @file:PATH, \
                     @password:TEXT and @TABLE.KEY; write \"@@…\" for text with a leading @";

/// A string that begins with `@` is a directive; `@@` stands for one `@`. Inside lists and maps
/// (JSON) strings are only strings.
pub(super) fn top_level(given: Given, file: &Path) -> Result<Given, Mistake> {
    let Given::Text(text) = &given else { return Ok(given) };
    let Some(rest) = text.strip_prefix('@') else { return Ok(given) };
    if rest.starts_with('@') {
        return Ok(Given::Text(rest.to_owned()));
    }
    if rest == "null" {
        return Ok(Given::Null);
    }
    if let Some(offset) = time_offset(rest) {
        return Ok(Given::Directive(Directive::Time(offset?)));
    }
    match rest.split_once(':') {
        Some(("uuid", name)) => {
            Ok(Given::Text(Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string()))
        }
        Some(("env", name)) => environment(name),
        Some(("file", path)) => {
            let path = file.parent().unwrap_or(Path::new("")).join(path);
            std::fs::read(&path).map(Given::Bytes).map_err(|error| {
                (
                    format!("cannot read {}: {error}", path.display()),
                    "the path is seen from the seed file",
                )
            })
        }
        Some(("password", text)) => Ok(Given::Directive(Directive::Password(text.to_owned()))),
        _ if rest
            .split_once('.')
            .is_some_and(|(table, key)| !table.is_empty() && !key.is_empty()) =>
        {
            Ok(Given::Directive(Directive::Reference(Reference { text: rest.to_owned() })))
        }
        _ => Err((format!("unknown directive {text}"), KNOWN)),
    }
}

/// `NAME`, or `NAME:-text` for what to take when it is not set.
fn environment(text: &str) -> Result<Given, Mistake> {
    let (name, otherwise) = match text.split_once(":-") {
        Some((name, otherwise)) => (name, Some(otherwise)),
        None => (text, None),
    };
    match (std::env::var(name), otherwise) {
        (Ok(value), _) => Ok(Given::Raw(value)),
        (Err(std::env::VarError::NotPresent), Some(otherwise)) => {
            Ok(Given::Raw(otherwise.to_owned()))
        }
        (Err(error), _) => Err((
            format!("{name}: {error}"),
            "set it, or write @env:NAME:-text for a value without it",
        )),
    }
}

/// `now`, `today - 1d`, `now + 2h 30m`. `None`: the text is no such thing.
pub(in crate::seed) fn time_offset(text: &str) -> Option<Result<Offset, Mistake>> {
    let (day, rest) = match text.strip_prefix("now") {
        Some(rest) => (false, rest),
        None => (true, text.strip_prefix("today")?),
    };
    let rest = rest.trim_start();
    if !rest.is_empty() && !rest.starts_with(['+', '-']) {
        return None;
    }
    Some(offset(rest).map(|(months, seconds)| Offset { day, months, seconds }).ok_or_else(|| {
        (
            format!("{text:?} is no time"),
            "write now - 3d, now + 2h 30m, today - 1w; units are s, m, h, d, w, mo, y",
        )
    }))
}

fn offset(text: &str) -> Option<(i64, i64)> {
    let (mut months, mut seconds) = (0i64, 0i64);
    let mut sign = 1;
    let mut rest = text.trim();
    let mut expects_number = false;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(['+', '-']) {
            if expects_number {
                return None;
            }
            sign = if rest.starts_with('-') { -1 } else { 1 };
            rest = after.trim_start();
            expects_number = true;
            continue;
        }
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, after) = rest.split_at_checked(digits)?;
        let number = sign * number.parse::<i64>().ok()?;
        let after = after.trim_start();
        let end = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(end)?;
        let (per_month, per_second) = match unit {
            "s" | "sec" | "second" | "seconds" => (0, 1),
            "m" | "min" | "minute" | "minutes" => (0, 60),
            "h" | "hour" | "hours" => (0, 3600),
            "d" | "day" | "days" => (0, 86_400),
            "w" | "week" | "weeks" => (0, 604_800),
            "mo" | "month" | "months" => (1, 0),
            "y" | "year" | "years" => (12, 0),
            _ => return None,
        };
        months = months.checked_add(number.checked_mul(per_month)?)?;
        seconds = seconds.checked_add(number.checked_mul(per_second)?)?;
        rest = after.trim_start();
        expects_number = false;
    }
    (!expects_number).then_some((months, seconds))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        let read = |text| time_offset(text).map(Result::ok);
        assert_eq!(read("now"), Some(Some(Offset::default())));
        let three_days = Offset { seconds: -3 * 86_400, ..Offset::default() };
        assert_eq!(read("now - 3d"), Some(Some(three_days)));
        let mixed = Offset { day: true, months: 13, seconds: 5400 };
        assert_eq!(read("today + 1y 1mo 1h + 30 m"), Some(Some(mixed)));
        assert_eq!(read("now - 3"), Some(None));
        assert_eq!(read("now -"), Some(None));
        assert_eq!(read("now - 999999999999999999y"), Some(None));
        assert_eq!(read("nowhere"), None);
    }
}
