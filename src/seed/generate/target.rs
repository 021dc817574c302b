//! A column as makers see it: its type, what its checks ask for, its words.

use super::bounds::{Bounds, Checks};
use super::cell::{Cell, DAY};
use super::defaults::moment;
use super::words::Words;
use crate::database::Value;
use crate::model::{Column, DataType, Dialect, Model, Table, TypeName};
use crate::seed::keys;
use crate::seed::kind::Kind;
use crate::seed::read::Given;
use crate::seed::value::convert;

/// A column as makers see it.
pub(super) struct Target<'t> {
    pub name: &'t str,
    pub kind: Kind,
    pub bounds: Bounds,
    pub dialect: Dialect,
    pub words: &'static Words,
    pub unique: bool,
    pub scale: u32,
    pub precision: Option<u32>,
}

impl<'t> Target<'t> {
    pub fn of(
        column: &'t Column,
        table: &Table,
        checks: &Checks,
        words: &'static Words,
        model: &Model,
    ) -> Self {
        let alone = |set: &[String]| matches!(set, [one] if *one == column.name);
        let primary = table.primary_key.as_ref().is_some_and(|key| alone(&key.columns));
        let (precision, scale) = precision(&column.ty);
        let mut bounds = checks.columns.get(&column.name).cloned().unwrap_or_default();
        if let Some(length) = length(&column.ty) {
            bounds.max_length = Some(bounds.max_length.map_or(length, |old| old.min(length)));
        }
        let kind = Kind::of(&column.ty, model);
        if let Kind::Text { max: Some(length) } = kind {
            bounds.max_length = Some(bounds.max_length.map_or(length, |old| old.min(length)));
        }
        Self {
            name: &column.name,
            kind,
            bounds,
            dialect: model.dialect,
            words,
            unique: primary || keys::uniques(table).any(|set| alone(&set)),
            scale,
            precision,
        }
    }
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

pub(super) fn cell(given: &Given, target: &Target<'_>) -> Cell {
    convert(given, &target.kind, target.dialect).map_or(Cell::Null, |value| typed(&value, target))
}

pub(super) fn typed(value: &Value, target: &Target<'_>) -> Cell {
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
