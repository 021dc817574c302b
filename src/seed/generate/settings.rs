//! A maker as a file asks for it.

use super::bounds::Bounds;
use super::defaults::{fake, moment, moments, range};
use super::maker::{Fake, Maker, Number, Part, Spread};
use super::request::{Spec, free_cell, number, range_of, text};
use super::target::{Target, typed};
use crate::seed::kind::Kind;
use crate::seed::read::{Given, Node, Shape};
use crate::seed::value::convert;
use std::sync::Arc;

pub(super) fn number_of(spec: &Spec, name: &str) -> Option<f64> {
    number(spec.get(name)?)
}

/// True when the settings name a maker, not only a share of nulls or a skew.
pub(super) fn says_how(spec: &Spec) -> bool {
    ["value", "choice", "weighted", "range", "fake", "template", "sequence", "json", "array"]
        .iter()
        .any(|name| spec.get(name).is_some())
}

/// A maker as a file asks for it.
pub(super) fn from_spec(spec: &Spec, target: &Target<'_>) -> Result<Maker, String> {
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
