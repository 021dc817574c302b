//! Two changes of one thing, put together: by table, column, constraint and label.

use crate::model::{Model, Object, ObjectId};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What came of putting a branch's change on top of another's.
#[derive(Clone, Debug)]
pub struct Merged {
    pub model: Model,
    /// What both changed differently, and nobody decided.
    pub conflicts: Vec<String>,
}

/// `theirs` with what leads from `base` to `mine`. Where both changed the same thing differently,
/// `decided` (what the merged schema files say) counts.
#[must_use]
pub fn merge(base: &Model, mine: &Model, theirs: &Model, decided: &Model) -> Merged {
    let mut model = theirs.clone();
    let mut conflicts = Vec::new();
    let ids: BTreeSet<ObjectId> = base.object_ids().chain(mine.object_ids()).collect();
    for id in ids.iter().filter(|id| !mine.same_object(base, id)) {
        if theirs.same_object(mine, id) {
            continue;
        }
        let theirs_unchanged = theirs.same_object(base, id);
        match (mine.object(id), theirs.object(id)) {
            (Some(object), _) if theirs_unchanged => {
                model.insert(object);
            }
            (None, _) if theirs_unchanged || decided.object(id).is_none() => {
                model.remove(id);
            }
            (Some(object), Some(other)) => {
                let mut found = Vec::new();
                let whole = |object: Option<Object>| {
                    object.and_then(|o| serde_json::to_value(o).ok()).unwrap_or_default()
                };
                let merged = values(
                    &whole(base.object(id)),
                    &whole(Some(object.clone())),
                    &whole(Some(other)),
                    &whole(decided.object(id)),
                    "",
                    &mut found,
                );
                model.insert(serde_json::from_value(merged).unwrap_or(object));
                conflicts.extend(found.into_iter().map(|place| format!("{id}{place}")));
            }
            (_, _) => match decided.object(id) {
                Some(object) => {
                    model.insert(object);
                }
                None => {
                    conflicts.push(format!("{id}: one branch removes it, the other changes it"))
                }
            },
        }
    }
    Merged { model, conflicts }
}

/// Lists whose elements stand for themselves, in any order.
const SETS: [&str; 7] =
    ["columns", "uniques", "foreign_keys", "checks", "exclusions", "indexes", "labels"];

fn values(
    base: &Value,
    mine: &Value,
    theirs: &Value,
    decided: &Value,
    place: &str,
    conflicts: &mut Vec<String>,
) -> Value {
    if mine == theirs || theirs == base {
        return mine.clone();
    }
    if mine == base {
        return theirs.clone();
    }
    let field = place.rsplit('.').next().unwrap_or_default();
    match (mine, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            let empty = Map::new();
            let old = base.as_object().unwrap_or(&empty);
            let wanted = decided.as_object().unwrap_or(&empty);
            let mut merged = Map::new();
            let names = b.keys().chain(a.keys().filter(|name| !b.contains_key(*name)));
            for name in names {
                let get = |map: &Map<String, Value>| map.get(name).cloned().unwrap_or_default();
                let place = format!("{place}.{name}");
                let value = values(&get(old), &get(a), &get(b), &get(wanted), &place, conflicts);
                if !value.is_null() {
                    merged.insert(name.clone(), value);
                }
            }
            Value::Object(merged)
        }
        (Value::Array(a), Value::Array(b)) if is_set(field, a) && is_set(field, b) => {
            list(base, a, b, decided, place, conflicts)
        }
        _ if !decided.is_null() => decided.clone(),
        _ => {
            conflicts.push(place.to_owned());
            mine.clone()
        }
    }
}

/// Elements by name: theirs in their order, then mine that are new, each behind the one it
/// follows in mine.
fn list(
    base: &Value,
    mine: &[Value],
    theirs: &[Value],
    decided: &Value,
    place: &str,
    conflicts: &mut Vec<String>,
) -> Value {
    let none = Vec::new();
    let old = base.as_array().unwrap_or(&none);
    let wanted = decided.as_array().unwrap_or(&none);
    let find = |list: &[Value], name: &str| list.iter().find(|v| key(v) == name).cloned();
    let mut merged: Vec<Value> = Vec::new();
    for element in theirs {
        let name = key(element);
        let before = find(old, &name);
        match (find(mine, &name), before) {
            (Some(own), before) => {
                let place = format!("{place}.{name}");
                let before = before.unwrap_or_default();
                let decided = find(wanted, &name).unwrap_or_default();
                merged.push(values(&before, &own, element, &decided, &place, conflicts));
            }
            // Mine took it away.
            (None, Some(before)) => {
                if before != *element && find(wanted, &name).is_some() {
                    merged.push(element.clone());
                }
            }
            (None, None) => merged.push(element.clone()),
        }
    }
    let mut last: Option<String> = None;
    for element in mine {
        let name = key(element);
        let known = find(theirs, &name).is_some();
        let taken_by_them = !known && find(old, &name).is_some_and(|before| before == *element);
        if !known && !taken_by_them {
            let at = last.as_ref().and_then(|last| merged.iter().position(|v| key(v) == *last));
            merged.insert(at.map_or(merged.len(), |at| at + 1), element.clone());
        }
        last = Some(name);
    }
    Value::Array(merged)
}

fn is_set(field: &str, elements: &[Value]) -> bool {
    SETS.contains(&field) && (field == "labels" || elements.iter().all(Value::is_object))
}

/// An element's name, or all of it where it has none.
fn key(element: &Value) -> String {
    match element.get("name").and_then(Value::as_str).or_else(|| element.as_str()) {
        Some(name) => name.to_owned(),
        None => element.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn merged(base: Value, mine: Value, theirs: Value, decided: Value) -> (Value, Vec<String>) {
        let mut conflicts = Vec::new();
        let value = values(&base, &mine, &theirs, &decided, "", &mut conflicts);
        (value, conflicts)
    }

    #[test]
    fn columns_of_both_branches_stay() {
        let column = |name: &str| json!({ "name": name, "ty": "integer" });
        let table = |names: &[&str]| json!({ "columns": names.iter().map(|n| column(n)).collect::<Vec<_>>() });
        let (found, conflicts) = merged(
            table(&["id", "old", "name"]),
            table(&["id", "mine", "name"]),
            table(&["id", "old", "name", "theirs"]),
            Value::Null,
        );
        assert_eq!(found, table(&["id", "mine", "name", "theirs"]));
        assert!(conflicts.is_empty());
    }

    #[test]
    fn labels_keep_their_place() {
        let (found, _) = merged(
            json!({ "labels": ["a", "z"] }),
            json!({ "labels": ["a", "m", "z"] }),
            json!({ "labels": ["a", "z", "t"] }),
            Value::Null,
        );
        assert_eq!(found, json!({ "labels": ["a", "m", "z", "t"] }));
    }

    #[test]
    fn what_both_changed_is_decided_or_a_conflict() {
        let table = |ty: &str| json!({ "columns": [{ "name": "age", "ty": ty }] });
        let (found, conflicts) =
            merged(table("int2"), table("int4"), table("int8"), table("numeric"));
        assert_eq!((found, conflicts.len()), (table("numeric"), 0));
        let (_, conflicts) = merged(table("int2"), table("int4"), table("int8"), Value::Null);
        assert_eq!(conflicts, [".columns.age.ty"]);
    }
}
