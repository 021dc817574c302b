//! A maker by a column's checks, name and type.

use super::bounds::Bounds;
use super::cell::{Cell, DAY};
use super::maker::{Fake, Maker, Moment, Number, Spread};
use super::pattern::Pattern;
use super::target::{Target, cell};
use crate::seed::kind::Kind;
use crate::seed::read::{Given, time_offset};

/// 2024-01-01 and two years later: times that stay the same from day to day.
const FROM: i64 = 19_723 * DAY;
const UNTIL: i64 = 20_453 * DAY;
/// 1950-01-01 to 2005-12-31: grown-ups.
const BORN_FROM: i64 = -7_305 * DAY;
const BORN_UNTIL: i64 = 13_148 * DAY;
const SECOND: i64 = 1_000_000;

/// A maker by checks, name and type.
pub(super) fn default(target: &Target<'_>) -> Option<Maker> {
    let name = target.name.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if let Some(values) = &target.bounds.among {
        let cells = values.iter().map(|value| cell(&Given::Raw(value.clone()), target)).collect();
        return Some(Maker::Choice { values: cells, weights: None });
    }
    if target.bounds.json && matches!(target.kind, Kind::Text { .. }) {
        // What is an array on PostgreSQL is checked text on SQLite; a list fits either.
        let (words, fake) = (target.words, Fake::Word);
        let item = Box::new(Maker::Fake { fake, words, min: 0, max: None });
        return Some(Maker::List { item, min: 0, max: 3 });
    }
    Some(match &target.kind {
        Kind::Bool => {
            Maker::Choice { values: vec![Cell::Bool(false), Cell::Bool(true)], weights: None }
        }
        Kind::Enum(labels) => Maker::Choice {
            values: labels.iter().map(|label| Cell::Text(label.clone())).collect(),
            weights: None,
        },
        Kind::Integer { min, max } => {
            let (low, high) = if target.unique {
                (1, (*max).min(i64::from(i32::MAX)))
            } else if has(&["year"]) {
                (1990, 2026)
            } else if name == "age" {
                (18, 90)
            } else if has(&["rating", "stars"]) {
                (1, 5)
            } else if has(&["percent"]) {
                (0, 100)
            } else if has(&["quantity", "count", "amount"]) {
                (1, 20)
            } else {
                (1, 1000)
            };
            numbers(target, low as f64, high as f64, Number::Integer, (*min as f64, *max as f64))
        }
        Kind::Numeric => {
            let whole = target.precision.map_or(9, |p| p.saturating_sub(target.scale)).min(9);
            let most = 10f64.powi(i32::try_from(whole).unwrap_or(9)) - 1.0;
            let number = Number::Decimal(target.scale);
            numbers(target, 1.0, most.min(999.0), number, (-most, most))
        }
        Kind::Float => {
            let (low, high) = match () {
                () if has(&["lat"]) => (-90.0, 90.0),
                () if has(&["lon", "lng"]) => (-180.0, 180.0),
                () => (0.0, 1000.0),
            };
            numbers(target, low, high, Number::Real, (-1e12, 1e12))
        }
        Kind::Text { .. } => text_maker(target, &name),
        Kind::Timestamp | Kind::TimestampZoned | Kind::Date | Kind::Time => {
            moments(target, None, None)
        }
        Kind::Json => Maker::Json {
            fields: vec![
                ("tag".to_owned(), fake(target, Fake::Word)),
                (
                    "count".to_owned(),
                    Maker::Numbers {
                        min: 1,
                        max: 100,
                        step: 1,
                        number: Number::Integer,
                        spread: Spread::Uniform,
                    },
                ),
            ],
        },
        Kind::Array(inner) => {
            let item = Target {
                kind: (**inner).clone(),
                bounds: Bounds::default(),
                unique: false,
                name: target.name,
                ..*target
            };
            let item = match default(&item)? {
                Maker::Fake { words, min, max, .. } => {
                    Maker::Fake { fake: Fake::Word, words, min, max }
                }
                other => other,
            };
            Maker::List { item: Box::new(item), min: 0, max: 3 }
        }
        Kind::Uuid => Maker::Uuid { text: false },
        Kind::Bytes => Maker::Bytes,
        Kind::Other => return None,
    })
}

pub(super) fn fake(target: &Target<'_>, fake: Fake) -> Maker {
    Maker::Fake {
        fake,
        words: target.words,
        min: target.bounds.min_length.unwrap_or(0),
        max: target.bounds.max_length,
    }
}

/// The shape a check asks for, unless the usual text for that name has it.
fn pattern(target: &Target<'_>, name: &str) -> Option<Pattern> {
    let pattern = target.bounds.pattern.as_ref()?.within(target.bounds.max_length)?;
    let usual = name.contains("mail") && pattern.needs('@');
    (!usual).then_some(pattern)
}

fn text_maker(target: &Target<'_>, name: &str) -> Maker {
    if let Some(pattern) = pattern(target, name) {
        return Maker::Pattern(pattern);
    }
    let room = target.bounds.max_length.is_none_or(|max| max >= 36);
    let ends = |words: &[&str]| words.iter().any(|word| name.ends_with(word));
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if room && (name == "id" || ends(&["_id", "uuid", "guid"])) {
        return Maker::Uuid { text: true };
    }
    // SQLite keeps arrays as JSON text, and says so in a check.
    let kind = match () {
        () if has(&["email", "e_mail"]) => Fake::Email,
        () if has(&["first_name", "given_name", "firstname"]) => Fake::FirstName,
        () if has(&["last_name", "family_name", "surname", "lastname"]) => Fake::LastName,
        () if has(&["user_name", "username", "login", "handle", "nick"]) => Fake::UserName,
        () if has(&["phone", "mobile", "fax"]) => Fake::Phone,
        () if has(&["city", "town"]) => Fake::City,
        () if has(&["street", "address"]) => Fake::Street,
        () if has(&["postcode", "postal", "zip"]) => Fake::Postcode,
        () if has(&["country"]) => Fake::Country,
        () if has(&["company", "organisation", "organization", "employer"]) => Fake::Company,
        () if has(&["url", "link", "website", "homepage"]) => Fake::Url,
        () if has(&["slug", "key", "code"]) => Fake::Slug,
        () if has(&["title", "subject", "headline"]) => Fake::Title,
        () if has(&["token", "hash", "secret", "password", "digest"]) => Fake::Hex,
        () if name == "ip" || has(&["ip_addr"]) => Fake::Ip,
        () if has(&["colour", "color"]) => Fake::Colour,
        () if name == "name" || ends(&["full_name", "author", "owner"]) => Fake::Name,
        () if has(&[
            "text",
            "body",
            "content",
            "description",
            "comment",
            "message",
            "note",
            "bio",
        ]) =>
        {
            Fake::Text
        }
        () if target.bounds.max_length.is_some_and(|max| max < 40) => Fake::Word,
        () => Fake::Sentence,
    };
    fake(target, kind)
}

pub(super) fn numbers(
    target: &Target<'_>,
    low: f64,
    high: f64,
    number: Number,
    most: (f64, f64),
) -> Maker {
    let (mut low, mut high) = (low, high);
    match (target.bounds.min, target.bounds.max) {
        (Some(min), Some(max)) => (low, high) = (min, max),
        (Some(min), None) => (low, high) = (min, min.max(0.0) + (high - low)),
        (None, Some(max)) => (low, high) = (low.min(max - (high - low)).max(low.min(max)), max),
        (None, None) => {}
    }
    range(low.max(most.0), high.min(most.1), number, Spread::Uniform, None)
}

pub(super) fn range(
    low: f64,
    high: f64,
    number: Number,
    spread: Spread,
    step: Option<f64>,
) -> Maker {
    let factor = match number {
        Number::Integer => 1.0,
        Number::Decimal(scale) => 10f64.powi(i32::try_from(scale).unwrap_or(0)),
        Number::Real => 100.0,
    };
    let whole = |value: f64| (value * factor).round() as i64;
    Maker::Numbers {
        min: whole(low),
        max: whole(high.max(low)),
        step: step.map_or(1, whole).max(1),
        number,
        spread,
    }
}

pub(super) fn moments(target: &Target<'_>, from: Option<i64>, until: Option<i64>) -> Maker {
    let bound = |text: &Option<String>| text.as_ref().and_then(|text| moment(text));
    let from = from.or_else(|| bound(&target.bounds.from));
    let until = until.or_else(|| bound(&target.bounds.until));
    let (min, max) = match (from, until) {
        (Some(from), Some(until)) => (from, until),
        (Some(from), None) => (from, from + (UNTIL - FROM)),
        (None, Some(until)) => (until - (UNTIL - FROM), until),
        (None, None) if target.kind == Kind::Time => (0, DAY - SECOND),
        (None, None) if born(target.name) => (BORN_FROM, BORN_UNTIL),
        (None, None) => (FROM, UNTIL),
    };
    let moment = match target.kind {
        Kind::Date => Moment::Date,
        Kind::TimestampZoned => Moment::TimestampZoned,
        Kind::Time => Moment::Time,
        Kind::Integer { .. } => Moment::Unix,
        _ => Moment::Timestamp,
    };
    let step = match moment {
        Moment::Date => DAY,
        _ if target.unique => 1000,
        _ => SECOND,
    };
    Maker::Moments { min, max: max.max(min), step, moment, spread: Spread::Uniform }
}

fn born(name: &str) -> bool {
    let name = name.to_lowercase();
    name == "dob" || name.contains("birth") || name.contains("born")
}

/// A time as text, in microseconds.
pub(super) fn moment(text: &str) -> Option<i64> {
    if let Some(Ok(offset)) = time_offset(text) {
        return Some(crate::seed::Clock::default().at(offset)?.and_utc().timestamp_micros());
    }
    let text = text.trim().replace('T', " ");
    let text = text.trim_end_matches('Z').trim_end_matches("+00:00").trim_end_matches("+00");
    if let Ok(time) = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f") {
        return Some(time.and_utc().timestamp_micros());
    }
    let date = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros())
}
