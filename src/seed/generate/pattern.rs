//! Texts of a shape: the regular expressions, `LIKE` and `GLOB` patterns that checks use, as far as
//! they are sequences of characters, classes and counts.

use super::hash::Chance;

/// So many characters of a set.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Piece {
    set: Vec<char>,
    min: u32,
    max: u32,
}

/// A sequence of pieces.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pattern(Vec<Piece>);

/// What an open end comes to.
const MORE: u32 = 8;
/// No piece is longer.
const LONGEST: u32 = 200;

impl Pattern {
    /// A regular expression without groups and alternatives.
    pub fn of_regex(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('^').unwrap_or(text);
        let end = rest.strip_suffix('$').filter(|body| !body.ends_with('\\'));
        let body = end.unwrap_or(rest);
        let mut pieces = Vec::new();
        let mut chars = body.chars().peekable();
        while let Some(c) = chars.next() {
            let set = match c {
                '[' => class(&mut chars, true)?,
                '\\' => escaped(chars.next()?)?,
                '.' => plain(),
                '(' | ')' | '|' | '^' | '$' | '*' | '+' | '?' | '{' | '}' => return None,
                c => vec![c],
            };
            let (min, max) = match chars.peek() {
                Some('*') => (0, MORE),
                Some('+') => (1, MORE),
                Some('?') => (0, 1),
                Some('{') => {
                    chars.next();
                    let inside: String = chars.by_ref().take_while(|c| *c != '}').collect();
                    pieces.push(counted(set, &inside)?);
                    continue;
                }
                _ => {
                    pieces.push(Piece { set, min: 1, max: 1 });
                    continue;
                }
            };
            chars.next();
            pieces.push(Piece { set, min, max });
        }
        Self::new(pieces)
    }

    /// `%` any text, `_` any character.
    pub fn of_like(text: &str) -> Option<Self> {
        if text.contains('\\') {
            return None;
        }
        let piece = |c| match c {
            '%' => Piece { set: plain(), min: 1, max: MORE },
            '_' => Piece { set: plain(), min: 1, max: 1 },
            c => Piece { set: vec![c], min: 1, max: 1 },
        };
        Self::new(text.chars().map(piece).collect())
    }

    /// `*` any text, `?` any character, `[…]` one of a class.
    pub fn of_glob(text: &str) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let (set, min, max) = match c {
                '*' => (plain(), 1, MORE),
                '?' => (plain(), 1, 1),
                '[' => (class(&mut chars, false)?, 1, 1),
                c => (vec![c], 1, 1),
            };
            pieces.push(Piece { set, min, max });
        }
        Self::new(pieces)
    }

    fn new(pieces: Vec<Piece>) -> Option<Self> {
        let fine = |piece: &Piece| !piece.set.is_empty() && piece.max <= LONGEST;
        (!pieces.is_empty() && pieces.iter().all(fine)).then_some(Self(pieces))
    }

    /// True when a text must have that character.
    pub fn needs(&self, c: char) -> bool {
        self.0.iter().any(|piece| piece.min > 0 && piece.set == [c])
    }

    /// The same with texts of at most so many characters; `None`: even the shortest is longer.
    pub fn within(&self, max: Option<usize>) -> Option<Self> {
        let Some(max) = max else { return Some(self.clone()) };
        let least: u32 = self.0.iter().map(|piece| piece.min).sum();
        let mut room = u32::try_from(max).unwrap_or(u32::MAX).checked_sub(least)?;
        let shorter = |piece: &Piece| {
            let more = (piece.max - piece.min).min(room);
            room -= more;
            Piece { max: piece.min + more, ..piece.clone() }
        };
        Some(Self(self.0.iter().map(shorter).collect()))
    }

    /// How many texts `at` tells apart: those of the greatest length.
    pub fn cardinality(&self) -> u64 {
        self.0.iter().fold(1u64, |all, piece| {
            let one = (piece.set.len() as u64).checked_pow(piece.max).unwrap_or(u64::MAX);
            all.saturating_mul(one)
        })
    }

    /// The text of that number, all pieces as long as they get.
    pub fn at(&self, mut number: u64, out: &mut String) {
        for piece in &self.0 {
            let size = piece.set.len() as u64;
            for _ in 0..piece.max {
                let at = usize::try_from(number % size).unwrap_or(0);
                number /= size;
                out.extend(piece.set.get(at));
            }
        }
    }

    pub fn draw(&self, chance: &mut Chance, out: &mut String) {
        for piece in &self.0 {
            let more = chance.below(u64::from(piece.max - piece.min) + 1);
            for _ in 0..u64::from(piece.min) + more {
                let at = usize::try_from(chance.below(piece.set.len() as u64)).unwrap_or(0);
                out.extend(piece.set.get(at));
            }
        }
    }
}

fn plain() -> Vec<char> {
    ('a'..='z').collect()
}

fn escaped(c: char) -> Option<Vec<char>> {
    Some(match c {
        'd' => ('0'..='9').collect(),
        'w' => ('a'..='z').chain('0'..='9').collect(),
        's' => vec![' '],
        c if c.is_alphanumeric() => return None,
        c => vec![c],
    })
}

fn class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, escapes: bool) -> Option<Vec<char>> {
    let not = chars.next_if(|c| *c == '^').is_some();
    let mut set: Vec<char> = Vec::new();
    loop {
        let c = match chars.next()? {
            ']' if !set.is_empty() => break,
            // `[[:alpha:]]` and its like.
            '[' => return None,
            '\\' if escapes => {
                set.extend(escaped(chars.next()?)?);
                continue;
            }
            c => c,
        };
        if chars.peek() != Some(&'-') {
            set.push(c);
            continue;
        }
        chars.next();
        match chars.peek().copied() {
            Some(']') | None => set.extend([c, '-']),
            Some(last) if c <= last && (last as u32) - (c as u32) < 256 => {
                chars.next();
                set.extend(c..=last);
            }
            Some(_) => return None,
        }
    }
    if not {
        set = plain().into_iter().chain('0'..='9').filter(|c| !set.contains(c)).collect();
    }
    set.sort_unstable();
    set.dedup();
    Some(set)
}

/// `{3}`, `{2,}`, `{2,5}`.
fn counted(set: Vec<char>, inside: &str) -> Option<Piece> {
    let (min, max) = match inside.split_once(',') {
        None => {
            let count = inside.trim().parse().ok()?;
            (count, count)
        }
        Some((min, "")) => {
            let min: u32 = min.trim().parse().ok()?;
            (min, min.checked_add(MORE)?)
        }
        Some((min, max)) => (min.trim().parse().ok()?, max.trim().parse().ok()?),
    };
    (min <= max).then_some(Piece { set, min, max })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::hash::Stream;
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn shapes_are_read() {
        let mut text = String::new();
        let code = Pattern::of_regex(r"^[A-Z]{3}-\d{4}$").unwrap();
        assert_eq!(code.cardinality(), 26u64.pow(3) * 10_000);
        code.at(1, &mut text);
        assert_eq!(text, "BAA-0000");
        assert!(Pattern::of_regex(r"^\+?[0-9 ]{7,15}$").is_some());
        assert!(Pattern::of_regex("^(a|b)$").is_none());
        assert!(Pattern::of_regex("^[[:alpha:]]+$").is_none());
        assert!(Pattern::of_like("%@%.%").unwrap().needs('@'));
        assert!(Pattern::of_glob("[A-Z][0-9]*").is_some());
        assert!(code.within(Some(7)).is_none());
    }

    proptest! {
        #[test]
        fn numbers_are_told_apart(
            min in 1u32..3, more in 0u32..3, seed in any::<u64>(), max in 4usize..9
        ) {
            let pattern = Pattern::of_regex(&format!("^[a-c]{{{min},{}}}-x?$", min + more)).unwrap();
            let Some(pattern) = pattern.within(Some(max)) else { return Ok(()) };
            let all = pattern.cardinality();
            let made: BTreeSet<String> = (0..all)
                .map(|number| {
                    let mut text = String::new();
                    pattern.at(number, &mut text);
                    text
                })
                .collect();
            prop_assert_eq!(made.len() as u64, all);
            let mut drawn = String::new();
            pattern.draw(&mut Stream::new(seed, "t", "c").row(0), &mut drawn);
            prop_assert!(drawn.contains('-') && drawn.len() <= max);
        }
    }
}
