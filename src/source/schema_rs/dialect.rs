use crate::model::Dialect;

/// What `pull` writes into the head of a file that describes an SQLite database: commands without
/// a database (`generate`) could not know it. Files for PostgreSQL need no such line.
pub(super) const SQLITE: &str = "// dialect: sqlite";

/// The dialect a schema file says it is written for, in one of the comments it begins with.
#[must_use]
pub fn of_text(text: &str) -> Option<Dialect> {
    text.lines()
        .map(str::trim)
        .take_while(|line| line.is_empty() || line.starts_with("//"))
        .find_map(|line| match line.strip_prefix("// dialect:")?.trim() {
            "sqlite" => Some(Dialect::Sqlite),
            "postgres" => Some(Dialect::Postgres),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::{SQLITE, of_text};
    use crate::model::Dialect;

    #[test]
    fn only_the_head_of_a_file_says_it() {
        assert_eq!(of_text(&format!("// x\n\n{SQLITE}\nmod a;")), Some(Dialect::Sqlite));
        assert_eq!(of_text(&format!("mod a;\n{SQLITE}\n")), None);
    }
}
