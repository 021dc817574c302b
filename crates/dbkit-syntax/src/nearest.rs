//! What a misspelled name was meant to be.

/// The candidate most like the word, whatever its case: at most two letters away (one in a short
/// word), or its beginning. `None` when nothing is alike; the first of equals in order of name.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let length = lower.chars().count();
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let other = candidate.to_lowercase();
            let distance = strsim::damerau_levenshtein(&lower, &other);
            let shorter = length.min(other.chars().count());
            let misspelled = distance <= 2 && distance < shorter;
            // `comment` for `comments_archive`, `okay` for `ok`.
            let begun = shorter > 1 && (other.starts_with(&lower) || lower.starts_with(&other));
            (misspelled || begun).then_some((
                distance,
                strsim::levenshtein(word, candidate),
                candidate,
            ))
        })
        .min()
        .map(|(_, _, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn only_what_is_alike() {
        let known = ["users", "user_roles", "notes", "Total", "id", "ix"];
        for (word, found) in [
            ("user", Some("users")),
            ("usres", Some("users")),
            ("USERS", Some("users")),
            ("user_role", Some("user_roles")),
            ("total", Some("Total")),
            ("ntoe", Some("notes")),
            ("xy", None),
            ("okay", None),
            ("i", None),
            ("", None),
            ("payments", None),
        ] {
            assert_eq!(nearest(word, known), found, "{word}");
        }
    }
}
