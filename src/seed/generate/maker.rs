//! What makes the values of one column.

use super::cell::{Cell, DAY};
use super::hash::Chance;
use super::pattern::Pattern;
use super::words::{COMPANIES, COMPANY_KINDS, HANDLES, Words};
use crate::seed::ledger::Range;
use std::fmt::Write;
use std::sync::Arc;

/// How often which part of a range is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Spread {
    Uniform,
    /// Around the middle; nearly all within three deviations, a sixth of the range each.
    Normal,
    /// The greater the exponent, the more of the first.
    Zipf(f64),
    /// Small ones often.
    Exponential,
}

impl Spread {
    /// A place in `0..size`.
    pub fn draw(self, chance: &mut Chance, size: u64) -> u64 {
        let place = |share: f64| ((share * size as f64) as u64).min(size.saturating_sub(1));
        match self {
            Self::Uniform => chance.below(size),
            Self::Normal => {
                // The sum of twelve has a deviation of one (Irwin-Hall).
                let sum: f64 = (0..12).map(|_| chance.share()).sum();
                place(((sum - 6.0) / 6.0 + 0.5).clamp(0.0, 1.0))
            }
            Self::Exponential => place((-(1.0 - chance.share()).ln() / 5.0).min(1.0)),
            Self::Zipf(exponent) => {
                // The inverse of the continuous distribution with the density x^-exponent.
                let share = chance.share();
                let size = size as f64;
                let drawn = if (exponent - 1.0).abs() < 1e-9 {
                    (size + 1.0).powf(share)
                } else {
                    let power = 1.0 - exponent;
                    (1.0 + share * ((size + 1.0).powf(power) - 1.0)).powf(1.0 / power)
                };
                ((drawn - 1.0) as u64).min(size as u64 - 1)
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fake {
    FirstName,
    LastName,
    Name,
    Email,
    UserName,
    Phone,
    City,
    Street,
    Postcode,
    Country,
    Company,
    Url,
    Slug,
    Word,
    Title,
    Sentence,
    Paragraph,
    Text,
    Hex,
    Ip,
    Colour,
}

impl Fake {
    pub const NAMES: &[(&str, Self)] = &[
        ("first_name", Self::FirstName),
        ("last_name", Self::LastName),
        ("name", Self::Name),
        ("email", Self::Email),
        ("user_name", Self::UserName),
        ("phone", Self::Phone),
        ("city", Self::City),
        ("street", Self::Street),
        ("postcode", Self::Postcode),
        ("country", Self::Country),
        ("company", Self::Company),
        ("url", Self::Url),
        ("slug", Self::Slug),
        ("word", Self::Word),
        ("title", Self::Title),
        ("sentence", Self::Sentence),
        ("paragraph", Self::Paragraph),
        ("lorem", Self::Text),
        ("text", Self::Text),
        ("hex", Self::Hex),
        ("ip", Self::Ip),
        ("colour", Self::Colour),
        ("color", Self::Colour),
    ];

    fn write(self, chance: &mut Chance, words: &Words, out: &mut String) {
        match self {
            Self::FirstName => out.push_str(chance.pick(words.first)),
            Self::LastName => out.push_str(chance.pick(words.last)),
            Self::Name => {
                let (first, last) = (chance.pick(words.first), chance.pick(words.last));
                let (one, two) = if words.code == "ja" { (last, first) } else { (first, last) };
                out.push_str(one);
                out.push(' ');
                out.push_str(two);
            }
            Self::Email => {
                self.handle(chance, out);
                out.push_str("@example.com");
            }
            Self::UserName => self.handle(chance, out),
            Self::Phone => {
                for c in words.phone.chars() {
                    if c == '#' { digit(chance, out) } else { out.push(c) }
                }
            }
            Self::City => out.push_str(chance.pick(words.city)),
            Self::Street => {
                let (street, number) = (chance.pick(words.street), 1 + chance.below(199));
                // Writing to a String does not fail.
                let _ = if words.number_first {
                    write!(out, "{number} {street}")
                } else {
                    write!(out, "{street} {number}")
                };
            }
            Self::Postcode => (0..5).for_each(|_| digit(chance, out)),
            Self::Country => out.push_str(words.country),
            Self::Company => {
                out.push_str(chance.pick(COMPANIES));
                out.push(' ');
                out.push_str(chance.pick(COMPANY_KINDS));
            }
            Self::Url => {
                out.push_str("https://example.com/");
                self.handle(chance, out);
            }
            Self::Slug => {
                out.push_str(chance.pick(HANDLES));
                out.push('-');
                out.push_str(chance.pick(HANDLES));
            }
            Self::Word => out.push_str(chance.pick(words.text)),
            Self::Title => {
                let count = 2 + chance.below(4);
                self.words(chance, words, count, out);
            }
            Self::Sentence => self.sentence(chance, words, out),
            Self::Paragraph | Self::Text => {
                let count =
                    if self == Self::Text { 1 + chance.below(3) } else { 3 + chance.below(4) };
                for number in 0..count {
                    if number > 0 {
                        out.push(' ');
                    }
                    self.sentence(chance, words, out);
                }
            }
            Self::Hex => {
                let _ = write!(out, "{:016x}{:016x}", chance.next(), chance.next());
            }
            Self::Ip => {
                let bits = chance.next();
                let _ =
                    write!(out, "10.{}.{}.{}", bits & 255, bits >> 8 & 255, 1 + (bits >> 16) % 254);
            }
            Self::Colour => {
                let _ = write!(out, "#{:06x}", chance.next() & 0xff_ffff);
            }
        }
    }

    fn handle(self, chance: &mut Chance, out: &mut String) {
        out.push_str(chance.pick(HANDLES));
        // Writing to a String does not fail.
        let _ = write!(out, "{}", chance.below(10_000));
    }

    fn sentence(self, chance: &mut Chance, words: &Words, out: &mut String) {
        let count = 4 + chance.below(8);
        self.words(chance, words, count, out);
        out.push(if words.code == "ja" { '。' } else { '.' });
    }

    fn words(self, chance: &mut Chance, words: &Words, count: u64, out: &mut String) {
        let start = out.len();
        for number in 0..count {
            if number > 0 && words.code != "ja" {
                out.push(' ');
            }
            out.push_str(chance.pick(words.text));
        }
        let first = out.get(start..).and_then(|text| text.chars().next());
        if let Some(first) = first {
            let upper: String = first.to_uppercase().collect();
            out.replace_range(start..start + first.len_utf8(), &upper);
        }
    }
}

fn digit(chance: &mut Chance, out: &mut String) {
    out.push(char::from(b'0' + u8::try_from(chance.below(10)).unwrap_or(0)));
}

/// The keys that a foreign key may take: one tuple for each parent.
#[derive(Debug, Default)]
pub(super) struct Parents {
    pub keys: Vec<Vec<Cell>>,
}

/// Numbers as the column holds them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Integer,
    Decimal(u32),
    /// Hundredths.
    Real,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    Date,
    Timestamp,
    TimestampZoned,
    Time,
    /// Seconds, as a number.
    Unix,
}

#[derive(Clone, Debug)]
pub(super) enum Maker {
    Null,
    Constant(Cell),
    Choice {
        values: Vec<Cell>,
        weights: Option<Vec<f64>>,
    },
    Numbers {
        min: i64,
        max: i64,
        step: i64,
        number: Number,
        spread: Spread,
    },
    Moments {
        min: i64,
        max: i64,
        step: i64,
        moment: Moment,
        spread: Spread,
    },
    Sequence {
        start: i64,
        step: i64,
    },
    /// Whole-number keys, on behind those that were given before.
    Keys(Arc<Vec<Range>>),
    Uuid {
        text: bool,
    },
    Fake {
        fake: Fake,
        words: &'static Words,
        min: usize,
        max: Option<usize>,
    },
    Pattern(Pattern),
    Template {
        parts: Vec<Result<String, Part>>,
        words: &'static Words,
    },
    Json {
        fields: Vec<(String, Maker)>,
    },
    List {
        item: Box<Maker>,
        min: u64,
        max: u64,
    },
    Parent {
        parents: Arc<Parents>,
        column: usize,
        spread: Spread,
    },
    /// A column of an earlier row of the same table; none for the first ones.
    Tree {
        roots: u64,
        branches: u64,
        column: usize,
    },
    /// At most so much after the value of another column of the row.
    After {
        other: usize,
        most: i64,
    },
    Bytes,
}

/// What stands in braces in a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Row,
    Fake(Fake),
}

impl Maker {
    /// How many different values there are; `None`: as many as one likes.
    pub fn cardinality(&self) -> Option<u64> {
        match self {
            Self::Null | Self::Constant(_) | Self::After { .. } => Some(1),
            Self::Choice { values, .. } => Some(values.len() as u64),
            Self::Pattern(pattern) => Some(pattern.cardinality()),
            Self::Numbers { min, max, step, .. } | Self::Moments { min, max, step, .. } => {
                let range = u64::try_from(i128::from(*max) - i128::from(*min)).unwrap_or(0);
                Some((range / step.unsigned_abs().max(1)).saturating_add(1))
            }
            Self::Fake { max: Some(max), .. } if *max < 12 => {
                36u64.checked_pow(u32::try_from(*max).unwrap_or(1))
            }
            Self::Parent { parents, .. } => Some(parents.keys.len() as u64),
            Self::Template { parts, .. } if !parts.contains(&Err(Part::Row)) => Some(1),
            Self::Sequence { .. }
            | Self::Keys(_)
            | Self::Uuid { .. }
            | Self::Fake { .. }
            | Self::Template { .. } => None,
            // Nothing tells these apart by construction.
            Self::Json { .. } | Self::List { .. } | Self::Tree { .. } | Self::Bytes => Some(1),
        }
    }

    /// A value by chance.
    pub fn draw(&self, chance: &mut Chance, row: u64, cells: &[Cell], out: &mut Cell) {
        match self {
            Self::Choice { values, weights } => {
                let index = match weights {
                    None => chance.below(values.len() as u64),
                    Some(weights) => {
                        let total = weights.last().copied().unwrap_or(1.0);
                        let share = chance.share() * total;
                        weights.partition_point(|sum| *sum <= share) as u64
                    }
                };
                self.at(index, chance, out);
            }
            Self::Numbers { spread, .. }
            | Self::Moments { spread, .. }
            | Self::Parent { spread, .. } => {
                let size = self.cardinality().unwrap_or(1);
                let index = spread.draw(chance, size);
                self.at(index, chance, out);
            }
            Self::Fake { fake, words, min, max } => out.set_text(|text| {
                fake.write(chance, words, text);
                fit(text, *min, *max, chance, words);
            }),
            Self::Template { .. } | Self::Sequence { .. } | Self::Keys(_) | Self::Uuid { .. } => {
                self.at(row, chance, out);
            }
            Self::Pattern(pattern) => out.set_text(|text| pattern.draw(chance, text)),
            Self::Json { fields } => {
                let mut object = serde_json::Map::new();
                let mut cell = Cell::Null;
                for (name, maker) in fields {
                    maker.draw(chance, row, cells, &mut cell);
                    object.insert(name.clone(), cell.json());
                }
                out.set_text(|text| text.push_str(&serde_json::Value::Object(object).to_string()));
            }
            Self::List { item, min, max } => {
                let count = min + chance.below(max - min + 1);
                let one = |_| {
                    let mut cell = Cell::Null;
                    item.draw(chance, row, cells, &mut cell);
                    cell
                };
                *out = Cell::List((0..count).map(one).collect());
            }
            Self::After { other, most } => {
                let delay = i64::try_from(chance.below(most.unsigned_abs() + 1)).unwrap_or(0);
                let delay = delay / 1_000_000 * 1_000_000;
                *out = match cells.get(*other) {
                    Some(Cell::Timestamp(at)) => Cell::Timestamp(at + delay),
                    Some(Cell::TimestampZoned(at)) => Cell::TimestampZoned(at + delay),
                    Some(Cell::Date(day)) => Cell::Date(day + 1 + delay / DAY),
                    Some(Cell::Time(at)) => Cell::Time((at + delay % 3_600_000_000).min(DAY - 1)),
                    Some(Cell::Integer(number)) => Cell::Integer(number + 1 + delay % 100),
                    Some(Cell::Real(number)) => Cell::Real(number + 1.0 + (delay % 100) as f64),
                    Some(Cell::Decimal { digits, scale }) => Cell::Decimal {
                        digits: digits + 10i64.pow(*scale) * (1 + delay % 100),
                        scale: *scale,
                    },
                    _ => Cell::Null,
                };
            }
            Self::Bytes => {
                let count = 8 + usize::try_from(chance.below(24)).unwrap_or(0);
                let bytes = (0..count).map(|_| chance.next().to_le_bytes().first().copied());
                *out = Cell::Bytes(bytes.map(Option::unwrap_or_default).collect());
            }
            // The generator knows the other row.
            Self::Tree { .. } | Self::Null | Self::Constant(_) => self.at(0, chance, out),
        }
    }

    /// The value of that number; different ones for different numbers below the cardinality.
    pub fn at(&self, index: u64, chance: &mut Chance, out: &mut Cell) {
        let signed = i64::try_from(index).unwrap_or(i64::MAX);
        match self {
            Self::Constant(value) => out.clone_from(value),
            Self::Choice { values, .. } => {
                let value = usize::try_from(index).ok().and_then(|index| values.get(index));
                match value {
                    Some(value) => out.clone_from(value),
                    None => *out = values.last().cloned().unwrap_or_default(),
                }
            }
            Self::Numbers { min, step, number, .. } => {
                let value = min.saturating_add(signed.saturating_mul(*step));
                *out = match number {
                    Number::Integer => Cell::Integer(value),
                    Number::Decimal(scale) => Cell::Decimal { digits: value, scale: *scale },
                    Number::Real => Cell::Real(value as f64 / 100.0),
                };
            }
            Self::Moments { min, step, moment, .. } => {
                let at = min.saturating_add(signed.saturating_mul(*step));
                *out = match moment {
                    Moment::Date => Cell::Date(at.div_euclid(DAY)),
                    Moment::Timestamp => Cell::Timestamp(at),
                    Moment::TimestampZoned => Cell::TimestampZoned(at),
                    Moment::Time => Cell::Time(at.rem_euclid(DAY)),
                    Moment::Unix => Cell::Integer(at.div_euclid(1_000_000)),
                };
            }
            Self::Sequence { start, step } => {
                *out = Cell::Integer(start.saturating_add(signed.saturating_mul(*step)));
            }
            Self::Pattern(pattern) => out.set_text(|text| pattern.at(index, text)),
            Self::Keys(ranges) => *out = Cell::Integer(key(ranges, index)),
            Self::Uuid { text } => {
                // 62 bits hold the number, multiplied by an odd one; the others are by chance.
                let low = index.wrapping_mul(0x9e37_79b9_7f4a_7c15) & (u64::MAX >> 2) | 1 << 63;
                let high = chance.next() & !0xf000 | 0x4000;
                let uuid = u128::from(high) << 64 | u128::from(low);
                if *text {
                    out.set_text(|text| Cell::Uuid(uuid).write(text));
                } else {
                    *out = Cell::Uuid(uuid);
                }
            }
            Self::Fake { max: Some(max), .. } if *max < 12 => out.set_text(|text| {
                let digits = base36(index);
                (digits.len()..*max).for_each(|_| text.push('0'));
                text.push_str(&digits);
            }),
            Self::Fake { fake, words, min, max } => out.set_text(|text| {
                let number = base36(index);
                let most = max.map(|max| max.saturating_sub(number.len() + 1));
                match fake {
                    Fake::Email => {
                        text.push_str(chance.pick(HANDLES));
                        text.push('.');
                        text.push_str(&number);
                        text.push_str("@example.com");
                        if max.is_some_and(|max| text.len() > max) {
                            text.clear();
                            text.push_str(&number);
                            text.push_str("@x.io");
                        }
                        return;
                    }
                    _ => fake.write(chance, words, text),
                }
                fit(text, min.saturating_sub(number.len() + 1), most, chance, words);
                let separator = match fake {
                    Fake::Slug | Fake::Url => '-',
                    Fake::UserName | Fake::Hex => '_',
                    _ => ' ',
                };
                text.push(separator);
                text.push_str(&number);
            }),
            Self::Template { parts, words } => out.set_text(|text| {
                for part in parts {
                    match part {
                        Ok(plain) => text.push_str(plain),
                        Err(Part::Fake(fake)) => fake.write(chance, words, text),
                        Err(Part::Row) => {
                            // Writing to a String does not fail.
                            let _ = write!(text, "{}", index.saturating_add(1));
                        }
                    }
                }
            }),
            Self::Parent { parents, column, .. } => {
                let key = usize::try_from(index).ok().and_then(|index| parents.keys.get(index));
                match key.and_then(|key| key.get(*column)) {
                    Some(value) => out.clone_from(value),
                    None => *out = Cell::Null,
                }
            }
            _ => *out = Cell::Null,
        }
    }
}

/// The key of the row of that number.
fn key(ranges: &[Range], row: u64) -> i64 {
    let mut left = row;
    for range in ranges {
        if left < range.rows {
            return range.first.saturating_add(i64::try_from(left).unwrap_or(i64::MAX));
        }
        left -= range.rows;
    }
    i64::MAX
}

fn base36(mut number: u64) -> String {
    let mut digits = Vec::new();
    loop {
        let digit = u32::try_from(number % 36).unwrap_or(0);
        digits.push(char::from_digit(digit, 36).unwrap_or('0'));
        number /= 36;
        if number == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}

/// Makes a text as long as the column asks for.
fn fit(text: &mut String, min: usize, max: Option<usize>, chance: &mut Chance, words: &Words) {
    if min > 0 {
        let mut length = text.chars().count();
        while length < min {
            let word = chance.pick(words.text);
            text.push(' ');
            text.push_str(word);
            length += 1 + word.chars().count();
        }
    }
    if let Some(max) = max
        && text.len() > max
        && let Some((end, _)) = text.char_indices().nth(max)
    {
        text.truncate(end);
        let whole = text.trim_end().len();
        if text.get(..whole).is_some_and(|t| t.chars().count() >= min) {
            text.truncate(whole);
        }
    }
}
