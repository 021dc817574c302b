use super::Backend;

/// How many rows one INSERT can take, given that of one row: each column of each row may be a
/// parameter, and a statement has only so many.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # {
/// use dbkit::app::rows_at_once;
/// use diesel::SqliteConnection;
///
/// let sql = "INSERT INTO `t` (`a`, `b, c`) VALUES (?, ?) -- binds: []";
/// assert_eq!(rows_at_once::<SqliteConnection>(sql), 16_383);
/// # }
/// ```
#[must_use]
pub fn rows_at_once<C: Backend>(insert: &str) -> usize {
    let mut columns = 1;
    let mut quote = None;
    let list = insert.split_once('(').map_or("", |(_, list)| list);
    for c in list.chars() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '`') => quote = Some(c),
            (None, ',') => columns += 1,
            (None, ')') => break,
            (None, _) => {}
        }
    }
    (C::MAX_PARAMETERS / columns).max(1)
}
