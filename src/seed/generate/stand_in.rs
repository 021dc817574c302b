//! Values that stand in for others: of the same type and within the same checks.

use super::bounds;
use super::cell::Cell;
use super::defaults::default;
use super::hash::Stream;
use super::maker::Maker;
use super::target::Target;
use super::words;
use crate::database::Value;
use crate::model::{Column, Model, Table, TypeName};
use crate::seed::kind::Kind;
use crate::sql::names;

/// Makes values for columns that share theirs.
#[derive(Debug)]
pub(in crate::seed) struct StandIn {
    maker: Maker,
    pub max_length: Option<usize>,
    pub min_length: usize,
    /// Only some values are allowed.
    pub few: bool,
    /// A check asks for something that nothing here understands.
    pub strict: bool,
}

/// Numbers that are told apart; a few digits in base 36.
const MOST: u64 = 2_000_000_000;

impl StandIn {
    /// `None`: nothing makes values of that type.
    pub fn of(columns: &[(&Table, &Column)], model: &Model) -> Option<Self> {
        let words = words::LOCALES.first()?;
        let (mut target, mut strict) = (None::<Target<'_>>, false);
        for (table, column) in columns {
            let checks = bounds::read(table, model.dialect);
            strict |= is_in_domain(column, model)
                || checks.columns.get(&column.name).is_some_and(|bounds| bounds.pattern.is_some())
                || table.checks.iter().any(|check| {
                    let name = check.name.as_deref().unwrap_or(check.expr.as_str());
                    checks.unknown.iter().any(|unknown| unknown == name)
                        && names::mentioned(check.expr.as_str(), model.dialect)
                            .contains(&column.name)
                });
            let next = Target::of(column, table, &checks, words, model);
            match &mut target {
                None => target = Some(next),
                Some(first) => first.bounds.narrow(next.bounds),
            }
        }
        let mut target = target?;
        // Numbers have little room where the column need not be unique.
        target.unique = matches!(target.kind, Kind::Integer { .. });
        let maker = default(&target)?;
        Some(Self {
            max_length: target.bounds.max_length,
            min_length: target.bounds.min_length.unwrap_or(0),
            few: matches!(maker, Maker::Choice { .. }),
            maker,
            strict,
        })
    }

    /// A value like those the generator makes; for different numbers perhaps the same one.
    pub fn like(&self, number: u64) -> Value {
        let mut chance = Stream::new(number, "", "").row(0);
        let mut cell = Cell::Null;
        self.maker.draw(&mut chance, number % MOST, &[], &mut cell);
        value(&cell)
    }

    /// As `like`, with the number in the value as far as its type has room.
    pub fn numbered(&self, number: u64) -> Value {
        let mut chance = Stream::new(number, "", "").row(0);
        let mut cell = Cell::Null;
        let index = number % self.maker.cardinality().unwrap_or(MOST).max(1);
        match self.maker {
            // These are not made by number.
            Maker::Json { .. } | Maker::List { .. } | Maker::Bytes => {
                self.maker.draw(&mut chance, index, &[], &mut cell);
            }
            _ => self.maker.at(index, &mut chance, &mut cell),
        }
        value(&cell)
    }
}

fn is_in_domain(column: &Column, model: &Model) -> bool {
    let TypeName::User(name) = &column.ty.name else { return false };
    model.domains.get(name).is_some_and(|domain| !domain.checks.is_empty())
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Bool(yes) => Value::Bool(*yes),
        Cell::Integer(number) => Value::Integer(*number),
        Cell::Real(number) => Value::Real(*number),
        Cell::Bytes(bytes) => Value::Blob(bytes.clone()),
        other => {
            let mut text = String::new();
            other.write(&mut text);
            Value::Text(text)
        }
    }
}
