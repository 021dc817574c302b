//! Which maker a column gets: as its file says, else by its foreign key, its checks, its name and
//! its type.

use super::bounds::{self, Bounds};
use super::cell::{Cell, DAY};
use super::maker::{Fake, Maker, Moment, Number, Parents, Part, Spread};
use super::request::{Request, Spec, free_cell, number, range_of, text};
use super::unique::Draft;
use super::words::{self, Words};
use crate::database::Value;
use crate::model::{ColumnValue, DataType, Dialect, ForeignKey, Model, Table, TypeName};
use crate::seed::check::is_rowid;
use crate::seed::keys;
use crate::seed::kind::{Kind, has_own_value};
use crate::seed::read::{Given, Node, Shape, time_offset};
use crate::seed::value::convert;
use std::collections::BTreeMap;
use std::sync::Arc;

/// 2024-01-01 and two years later: times that stay the same from day to day.
const FROM: i64 = 19_723 * DAY;
const UNTIL: i64 = 20_453 * DAY;
const SECOND: i64 = 1_000_000;

struct Target<'t> {
    name: &'t str,
    kind: Kind,
    bounds: Bounds,
    dialect: Dialect,
    words: &'static Words,
    unique: bool,
    scale: u32,
    precision: Option<u32>,
}

pub(super) fn makers(
    request: &Request,
    table: &Table,
    model: &Model,
    parents: &BTreeMap<usize, Arc<Parents>>,
    start: i64,
) -> Result<Vec<Draft>, String> {
    let checks = bounds::read(table, model.dialect);
    let mut drafts = Vec::new();
    let generated: Vec<_> = table
        .columns
        .iter()
        .filter(|column| !matches!(column.value, ColumnValue::Generated { .. }))
        .collect();
    for column in &generated {
        let spec = request.columns.get(&column.name);
        let kind = Kind::of(&column.ty, model);
        let alone = |set: &[String]| matches!(set, [one] if *one == column.name);
        let primary = table.primary_key.as_ref().is_some_and(|key| alone(&key.columns));
        let unique = primary || keys::uniques(table).any(|set| alone(&set));
        let locale = spec.and_then(|spec| text(spec.get("locale")?));
        let (precision, scale) = precision(&column.ty);
        let mut bounds = checks.columns.get(&column.name).cloned().unwrap_or_default();
        if let Some(length) = length(&column.ty) {
            bounds.max_length = Some(bounds.max_length.map_or(length, |old| old.min(length)));
        }
        let target = Target {
            name: &column.name,
            kind,
            bounds,
            dialect: model.dialect,
            words: locale.and_then(words::of).unwrap_or(request.words),
            unique,
            scale,
            precision,
        };
        let foreign = table
            .foreign_keys
            .iter()
            .enumerate()
            .find(|(_, key)| key.columns.contains(&column.name));
        let given = spec.is_some_and(says_how);
        let mut key = None;
        let maker = match (foreign, spec) {
            (_, Some(spec)) if given => {
                from_spec(spec, &target).map_err(|message| format!("{}: {message}", column.name))?
            }
            (Some((number, foreign)), _) if foreign.parent == table.name => {
                key = Some(number);
                tree(foreign, &column.name, &generated, spec)?
            }
            (Some((number, foreign)), _) => {
                key = Some(number);
                let found = parents.get(&number).cloned().unwrap_or_default();
                if found.keys.is_empty() {
                    if column.nullable {
                        Maker::Null
                    } else {
                        return Err(format!(
                            "{} refers to {}, which has no rows yet",
                            column.name, foreign.parent
                        ));
                    }
                } else {
                    let position = foreign.columns.iter().position(|c| *c == column.name);
                    let skew = spec.and_then(|spec| number_of(spec, "skew"));
                    let spread = skew.map_or(Spread::Uniform, Spread::Zipf);
                    Maker::Parent { parents: found, column: position.unwrap_or(0), spread }
                }
            }
            (None, _) if primary && matches!(target.kind, Kind::Integer { .. }) => {
                Maker::Sequence { start, step: 1 }
            }
            (None, _) => match ordered_after(&checks, &column.name, &generated) {
                Some(other) => Maker::After { other, most: 30 * DAY },
                None => match default(&target) {
                    Some(maker) => maker,
                    None if has_own_value(&column.value) || is_rowid(table, column) => continue,
                    None if column.nullable => Maker::Null,
                    None => {
                        return Err(format!(
                            "{} takes {}, which nothing makes by itself: say how, with columns.{} = \
                             {{ choice = [\"…\"] }}",
                            column.name,
                            target.kind.wants(),
                            column.name
                        ));
                    }
                },
            },
        };
        if let Kind::Integer { max, .. } = target.kind
            && let (Maker::Sequence { start, step }, super::Amount::Rows(rows)) =
                (&maker, &request.amount)
        {
            let last = i128::from(*start) + i128::from(*step) * (i128::from(*rows) - 1);
            if last > i128::from(max) {
                return Err(format!("{rows} rows, but {} ends at {max}", column.name));
            }
        }
        let nulls = match spec.and_then(|spec| number_of(spec, "null")) {
            Some(_) if !column.nullable => {
                return Err(format!("{} is not nullable", column.name));
            }
            Some(share) => share.clamp(0.0, 1.0),
            None if !column.nullable => -1.0,
            None if key.is_some()
                || given
                || matches!(maker, Maker::Null | Maker::After { .. }) =>
            {
                0.0
            }
            None => 0.1,
        };
        drafts.push(Draft { name: column.name.clone(), maker, nulls, key });
    }
    // What stands behind another column was counted among all; some may have been left out.
    let names: Vec<String> = drafts.iter().map(|draft| draft.name.clone()).collect();
    for draft in &mut drafts {
        if let Maker::After { other, .. } | Maker::Tree { column: other, .. } = &mut draft.maker {
            let name = generated.get(*other).map(|column| &column.name);
            *other = names.iter().position(|n| Some(n) == name).unwrap_or(usize::MAX);
        }
    }
    Ok(drafts)
}

fn number_of(spec: &Spec, name: &str) -> Option<f64> {
    number(spec.get(name)?)
}

/// True when the settings name a maker, not only a share of nulls or a skew.
fn says_how(spec: &Spec) -> bool {
    ["value", "choice", "weighted", "range", "fake", "template", "sequence", "json", "array"]
        .iter()
        .any(|name| spec.get(name).is_some())
}

fn tree(
    foreign: &ForeignKey,
    name: &str,
    columns: &[&crate::model::Column],
    spec: Option<&Spec>,
) -> Result<Maker, String> {
    let position = foreign.columns.iter().position(|column| column == name).unwrap_or(0);
    let parent = foreign.parent_columns.get(position);
    let column = columns.iter().position(|column| Some(&column.name) == parent);
    let whole = |name: &str, otherwise: u64| {
        let found = spec.and_then(|spec| spec.get(name)).and_then(range_of);
        found.map_or(otherwise, |(number, _)| number).max(1)
    };
    Ok(Maker::Tree {
        roots: whole("roots", 10),
        branches: whole("branches", 5),
        column: column.ok_or("the key it refers to is not generated")?,
    })
}

/// The column that this one must not be before: by a check, or by the usual names.
fn ordered_after(
    checks: &bounds::Checks,
    name: &str,
    columns: &[&crate::model::Column],
) -> Option<usize> {
    let position = |wanted: &str| columns.iter().position(|column| column.name == wanted);
    if let Some((first, _)) = checks.ordered.iter().find(|(_, second)| second == name) {
        return position(first);
    }
    let first = match name {
        "updated_at" | "modified_at" | "changed_at" | "deleted_at" | "finished_at" => "created_at",
        _ => return None,
    };
    position(first).filter(|at| {
        let own = columns.iter().find(|column| column.name == name);
        columns.get(*at).zip(own).is_some_and(|(a, b)| a.ty == b.ty)
    })
}

/// `varchar(36)`: 36.
fn length(ty: &DataType) -> Option<usize> {
    let TypeName::Builtin(name) = &ty.name else { return None };
    let lower = name.to_lowercase();
    if !lower.contains("char") {
        return None;
    }
    if let Some(modifier) = &ty.modifier {
        return modifier.parse().ok();
    }
    lower.split_once('(')?.1.split_once(')')?.0.trim().parse().ok()
}

/// `numeric(8, 2)`: precision and scale.
fn precision(ty: &DataType) -> (Option<u32>, u32) {
    let TypeName::Builtin(name) = &ty.name else { return (None, 2) };
    let inside = match &ty.modifier {
        Some(modifier) => modifier.clone(),
        None => match name.split_once('(').and_then(|(_, rest)| rest.split_once(')')) {
            Some((inside, _)) => inside.to_owned(),
            None => return (None, 2),
        },
    };
    let mut parts = inside.split(',').map(|part| part.trim().parse::<u32>().ok());
    let precision = parts.next().flatten();
    (precision, parts.next().flatten().unwrap_or(0).min(9))
}

/// A maker by checks, name and type.
fn default(target: &Target<'_>) -> Option<Maker> {
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

fn fake(target: &Target<'_>, fake: Fake) -> Maker {
    Maker::Fake {
        fake,
        words: target.words,
        min: target.bounds.min_length.unwrap_or(0),
        max: target.bounds.max_length,
    }
}

/// The maker of a text column by its name alone.
pub(super) fn text_like(name: &str) -> Option<Maker> {
    let target = Target {
        name,
        kind: Kind::Text { max: None },
        bounds: Bounds::default(),
        dialect: Dialect::Postgres,
        words: words::LOCALES.first()?,
        unique: true,
        scale: 0,
        precision: None,
    };
    Some(text_maker(&target, &name.to_lowercase()))
}

fn text_maker(target: &Target<'_>, name: &str) -> Maker {
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

fn numbers(target: &Target<'_>, low: f64, high: f64, number: Number, most: (f64, f64)) -> Maker {
    let (mut low, mut high) = (low, high);
    match (target.bounds.min, target.bounds.max) {
        (Some(min), Some(max)) => (low, high) = (min, max),
        (Some(min), None) => (low, high) = (min, min.max(0.0) + (high - low)),
        (None, Some(max)) => (low, high) = (low.min(max - (high - low)).max(low.min(max)), max),
        (None, None) => {}
    }
    range(low.max(most.0), high.min(most.1), number, Spread::Uniform, None)
}

fn range(low: f64, high: f64, number: Number, spread: Spread, step: Option<f64>) -> Maker {
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

fn moments(target: &Target<'_>, from: Option<i64>, until: Option<i64>) -> Maker {
    let bound = |text: &Option<String>| text.as_ref().and_then(|text| moment(text));
    let from = from.or_else(|| bound(&target.bounds.from));
    let until = until.or_else(|| bound(&target.bounds.until));
    let (min, max) = match (from, until) {
        (Some(from), Some(until)) => (from, until),
        (Some(from), None) => (from, from + (UNTIL - FROM)),
        (None, Some(until)) => (until - (UNTIL - FROM), until),
        (None, None) if target.kind == Kind::Time => (0, DAY - SECOND),
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

/// A time as text, in microseconds.
fn moment(text: &str) -> Option<i64> {
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

fn cell(given: &Given, target: &Target<'_>) -> Cell {
    convert(given, &target.kind, target.dialect).map_or(Cell::Null, |value| typed(&value, target))
}

fn typed(value: &Value, target: &Target<'_>) -> Cell {
    let Value::Text(text) = value else { return Cell::from_value(value) };
    match &target.kind {
        Kind::Uuid => match uuid::Uuid::try_parse(text) {
            Ok(uuid) => Cell::Uuid(uuid.as_u128()),
            Err(_) => Cell::Text(text.clone()),
        },
        Kind::Timestamp => moment(text).map_or(Cell::Text(text.clone()), Cell::Timestamp),
        Kind::TimestampZoned => moment(text).map_or(Cell::Text(text.clone()), Cell::TimestampZoned),
        Kind::Date => moment(text).map_or(Cell::Text(text.clone()), |at| Cell::Date(at / DAY)),
        Kind::Float => text.parse().map_or(Cell::Text(text.clone()), Cell::Real),
        Kind::Numeric => text.parse::<f64>().map_or(Cell::Text(text.clone()), |number| {
            let power = 10f64.powi(i32::try_from(target.scale).unwrap_or(0));
            Cell::Decimal { digits: (number * power).round() as i64, scale: target.scale }
        }),
        _ => Cell::Text(text.clone()),
    }
}

/// A maker as a file asks for it.
fn from_spec(spec: &Spec, target: &Target<'_>) -> Result<Maker, String> {
    let spread = match spec.get("spread").map(|node| (text(node), node)) {
        None => number_of(spec, "skew").map_or(Spread::Uniform, Spread::Zipf),
        Some((Some("uniform"), _)) => Spread::Uniform,
        Some((Some("normal"), _)) => Spread::Normal,
        Some((Some("exponential"), _)) => Spread::Exponential,
        Some((Some("zipf"), _)) => Spread::Zipf(number_of(spec, "skew").unwrap_or(1.1)),
        Some(_) => return Err("spread is uniform, normal, exponential or zipf".to_owned()),
    };
    let one = |node: &Node| {
        let value = convert(&node.given(), &target.kind, target.dialect)?;
        Ok::<_, String>(typed(&value, target))
    };
    if let Some(node) = spec.get("value") {
        return one(node).map(Maker::Constant);
    }
    if let Some(node) = spec.get("choice") {
        let Shape::List(items) = &node.shape else { return Err("choice is a list".to_owned()) };
        let values = items.iter().map(one).collect::<Result<Vec<_>, _>>()?;
        if values.is_empty() {
            return Err("nothing to choose from".to_owned());
        }
        let weights = match spec.get("weights").map(|node| &node.shape) {
            None => None,
            Some(Shape::List(items)) if items.len() == values.len() => {
                let weights: Option<Vec<f64>> = items.iter().map(number).collect();
                Some(sums(weights.ok_or("weights are numbers")?)?)
            }
            Some(_) => return Err("as many weights as choices".to_owned()),
        };
        return Ok(Maker::Choice { values, weights });
    }
    if let Some(node) = spec.get("weighted") {
        let Shape::Map(entries) = &node.shape else {
            return Err("weighted is a table: { open = 5, closed = 1 }".to_owned());
        };
        let mut values = Vec::new();
        let mut weights = Vec::new();
        for entry in entries {
            let value = convert(&Given::Raw(entry.key.clone()), &target.kind, target.dialect)?;
            values.push(typed(&value, target));
            weights.push(number(&entry.node).ok_or("weights are numbers")?);
        }
        return Ok(Maker::Choice { values, weights: Some(sums(weights)?) });
    }
    if let Some(node) = spec.get("range") {
        let Shape::List(items) = &node.shape else { return Err(RANGE.to_owned()) };
        let [low, high] = items.as_slice() else { return Err(RANGE.to_owned()) };
        let step = number_of(spec, "step");
        if target.kind.is_time() {
            let bound = |node: &Node| match node.given() {
                Given::Text(text) => moment(&text),
                Given::Time(time) => moment(&time.to_string()),
                _ => None,
            };
            let (Some(low), Some(high)) = (bound(low), bound(high)) else {
                return Err("a range of times: [\"2026-01-01\", \"now\"]".to_owned());
            };
            let Maker::Moments { min, max, step, moment, .. } =
                moments(target, Some(low), Some(high))
            else {
                return Err(RANGE.to_owned());
            };
            return Ok(Maker::Moments { min, max, step, moment, spread });
        }
        let (Some(low), Some(high)) = (number(low), number(high)) else {
            return Err(RANGE.to_owned());
        };
        let number = match target.kind {
            Kind::Integer { min, max } => {
                if low < min as f64 || high > max as f64 {
                    return Err(format!("the column takes {min} to {max}"));
                }
                Number::Integer
            }
            Kind::Numeric => Number::Decimal(target.scale),
            Kind::Float => Number::Real,
            _ => return Err(format!("a range, but the column takes {}", target.kind.wants())),
        };
        if high < low {
            return Err("the range is empty".to_owned());
        }
        return Ok(range(low, high, number, spread, step));
    }
    if let Some(node) = spec.get("fake") {
        let name = text(node).unwrap_or_default();
        if name == "uuid" {
            return Ok(Maker::Uuid { text: target.kind != Kind::Uuid });
        }
        let found = Fake::NAMES.iter().find(|(known, _)| *known == name);
        let names = Fake::NAMES.iter().map(|(name, _)| *name);
        return match found {
            Some((_, kind)) if matches!(target.kind, Kind::Text { .. } | Kind::Other) => {
                Ok(fake(target, *kind))
            }
            Some(_) => Err(format!("text, but the column takes {}", target.kind.wants())),
            None => Err(format!(
                "nothing is called {name:?}: there are {}",
                names.collect::<Vec<_>>().join(", ")
            )),
        };
    }
    if let Some(node) = spec.get("template") {
        return Ok(Maker::Template {
            parts: template(text(node).ok_or("a template is text")?)?,
            words: target.words,
        });
    }
    if let Some(node) = spec.get("sequence") {
        let start = number(node).ok_or("a sequence begins with a number")? as i64;
        return Ok(Maker::Sequence {
            start,
            step: number_of(spec, "step").map_or(1, |s| s as i64),
        });
    }
    if let Some(node) = spec.get("json") {
        return json(node, target);
    }
    if let Some(node) = spec.get("array") {
        let (min, max) = match spec.get("size") {
            None => (0, 3),
            Some(size) => range_of(size).ok_or("size is 3 or [0, 5]")?,
        };
        let kind = match &target.kind {
            Kind::Array(inner) => (**inner).clone(),
            _ => Kind::Text { max: None },
        };
        let item = Target { kind, bounds: Bounds::default(), unique: false, ..*target };
        let settings = match &node.shape {
            Shape::Map(settings) => settings.clone(),
            _ => return Err("array = { fake = \"word\" }".to_owned()),
        };
        let inner = Spec { settings, place: spec.place.clone() };
        return Ok(Maker::List { item: Box::new(from_spec(&inner, &item)?), min, max });
    }
    Err("nothing says how to make it".to_owned())
}

const RANGE: &str = "a range is [low, high]";

/// Every field a plain value, a maker, or an object of such.
fn json(node: &Node, target: &Target<'_>) -> Result<Maker, String> {
    let Shape::Map(entries) = &node.shape else {
        return Ok(Maker::Constant(free_cell(&node.given())));
    };
    let mut fields = Vec::new();
    for entry in entries {
        let maker = match &entry.node.shape {
            Shape::Map(settings) => {
                let inner = Spec {
                    settings: settings.clone(),
                    place: crate::diagnostic::Place {
                        file: Arc::new(crate::diagnostic::SourceFile {
                            path: Default::default(),
                            text: String::new(),
                        }),
                        span: 0..0,
                    },
                };
                let ranged = inner.get("range").is_some();
                let kind = if ranged {
                    Kind::Integer { min: i64::MIN, max: i64::MAX }
                } else {
                    Kind::Text { max: None }
                };
                let field = Target { kind, bounds: Bounds::default(), unique: false, ..*target };
                if says_how(&inner) {
                    from_spec(&inner, &field)?
                } else {
                    json(&entry.node, target)?
                }
            }
            _ => Maker::Constant(free_cell(&entry.node.given())),
        };
        fields.push((entry.key.clone(), maker));
    }
    Ok(Maker::Json { fields })
}

fn sums(weights: Vec<f64>) -> Result<Vec<f64>, String> {
    let mut total = 0.0;
    let mut sums = Vec::with_capacity(weights.len());
    for weight in weights {
        if !(weight >= 0.0 && weight.is_finite()) {
            return Err("weights are not negative".to_owned());
        }
        total += weight;
        sums.push(total);
    }
    if total > 0.0 { Ok(sums) } else { Err("all weights are 0".to_owned()) }
}

/// `user-{row}@{word}.org`
fn template(text: &str) -> Result<Vec<Result<String, Part>>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or("a brace is not closed")?;
        if !before.is_empty() {
            parts.push(Ok(before.to_owned()));
        }
        parts.push(Err(match name {
            "row" => Part::Row,
            name => Part::Fake(
                Fake::NAMES
                    .iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, kind)| *kind)
                    .ok_or_else(|| format!("nothing is called {{{name}}}"))?,
            ),
        }));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Ok(rest.to_owned()));
    }
    Ok(parts)
}
