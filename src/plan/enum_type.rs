use super::{Action, EnumPlace, Item, Step};
use crate::model::{EnumType, ObjectId};

/// True when the new labels are the old ones in the same order with others between.
pub(super) fn is_extension(old: &[String], new: &[String]) -> bool {
    let mut rest = new.iter();
    old.iter().all(|label| rest.any(|other| other == label))
}

/// The steps that add the labels `to` has and `from` has not.
pub(super) fn additions(from: &EnumType, to: &EnumType) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut previous: Option<&String> = None;
    let id = ObjectId::Enum(to.name.clone());
    for (at, label) in to.labels.iter().enumerate() {
        if !from.labels.contains(label) {
            let follows = to.labels.iter().skip(at).any(|l| from.labels.contains(l));
            let place = match previous {
                _ if !follows => EnumPlace::End,
                Some(before) => EnumPlace::After(before.clone()),
                None => match from.labels.first() {
                    Some(first) => EnumPlace::Before(first.clone()),
                    None => EnumPlace::End,
                },
            };
            let action = Action::AddEnumValue {
                ty: to.name.clone(),
                label: label.clone(),
                place,
                position: at,
            };
            // Nothing has to leave the type for it; what needs the label comes after.
            steps.push(Step::new(action).creates(Item::Object(id.clone())));
        }
        previous = Some(label);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::is_extension;

    #[test]
    fn extension_keeps_the_order() {
        let labels = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(is_extension(&labels("a b"), &labels("x a y b z")));
        assert!(!is_extension(&labels("a b"), &labels("b a")));
        assert!(!is_extension(&labels("a b"), &labels("a")));
    }
}
