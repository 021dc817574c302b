//! CSV text in, rows out. An empty field is null and `""` an empty text, as `dbkit inspect` writes
//! them; no field is a directive, for tables of other programs may hold any text.

use super::{Cell, Given, Row, place, table_of};
use crate::diagnostic::{Diagnostic, Place, SourceFile};
use crate::model::QName;
use crate::seed::files::SetFile;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// A field of a record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Field {
    pub text: String,
    pub quoted: bool,
    /// In the file.
    pub span: Range<usize>,
    /// From 1.
    pub line: usize,
}

impl Field {
    pub(in crate::seed) fn given(&self) -> Given {
        if self.text.is_empty() && !self.quoted {
            Given::Null
        } else {
            Given::Raw(self.text.clone())
        }
    }
}

/// What is wrong with the text, and where.
pub(crate) struct Broken {
    pub message: String,
    pub at: usize,
    pub line: usize,
}

/// Cuts CSV (RFC 4180) into records, one at a time.
pub(crate) struct Records<R> {
    input: R,
    position: usize,
    line: usize,
}

impl<R: BufRead> Records<R> {
    pub fn new(mut input: R) -> io::Result<Self> {
        let mut position = 0;
        if input.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
            input.consume(3);
            position = 3;
        }
        Ok(Self { input, position, line: 1 })
    }

    /// The next record; empty lines between records are none.
    pub fn next(&mut self, fields: &mut Vec<Field>) -> Result<bool, Broken> {
        let mut raw = Vec::new();
        loop {
            raw.clear();
            let (start, line) = (self.position, self.line);
            self.line(&mut raw)?;
            if raw.is_empty() {
                return Ok(false);
            }
            // A field in quotes goes on behind the end of the line.
            let mut open = odd_quotes(&raw);
            while open {
                let before = raw.len();
                self.line(&mut raw)?;
                open ^= odd_quotes(raw.get(before..).unwrap_or_default());
                if raw.len() == before {
                    let message = "a field in quotes is not closed".to_owned();
                    return Err(Broken { message, at: start, line });
                }
            }
            let text = std::str::from_utf8(&raw).map_err(|error| Broken {
                message: "this is not UTF-8".to_owned(),
                at: start + error.valid_up_to(),
                line,
            })?;
            let text = text.strip_suffix('\n').unwrap_or(text);
            let text = text.strip_suffix('\r').unwrap_or(text);
            if text.is_empty() {
                continue;
            }
            cut(text, start, line, fields)?;
            return Ok(true);
        }
    }

    fn line(&mut self, raw: &mut Vec<u8>) -> Result<(), Broken> {
        let before = raw.len();
        let limit = MAX_RECORD.saturating_sub(before) as u64;
        let result = (&mut self.input).take(limit).read_until(b'\n', raw);
        let broken = |message| Broken { message, at: self.position, line: self.line };
        result.map_err(|error| broken(format!("cannot read on: {error}")))?;
        if raw.len() >= MAX_RECORD {
            return Err(broken("a record of more than 16 MiB; is a quote missing?".to_owned()));
        }
        self.position += raw.len() - before;
        self.line += usize::from(raw.last() == Some(&b'\n'));
        Ok(())
    }
}

/// A quote that is never closed must not read the whole file into memory.
const MAX_RECORD: usize = 16 << 20;

/// True when a quote has no partner.
fn odd_quotes(raw: &[u8]) -> bool {
    raw.iter().filter(|byte| **byte == b'"').count() % 2 == 1
}

fn cut(text: &str, start: usize, line: usize, fields: &mut Vec<Field>) -> Result<(), Broken> {
    fields.clear();
    let mut rest = text;
    let mut line = line;
    loop {
        let at = start + (text.len() - rest.len());
        let broken = |message: &str| Broken { message: message.to_owned(), at, line };
        let mut field = Field { line, ..Field::default() };
        let after = if let Some(mut inner) = rest.strip_prefix('"') {
            field.quoted = true;
            loop {
                let end =
                    inner.find('"').ok_or_else(|| broken("a field in quotes is not closed"))?;
                let (part, after) = inner.split_at(end);
                field.text.push_str(part);
                inner = after.strip_prefix('"').unwrap_or(after);
                match inner.strip_prefix('"') {
                    Some(more) => {
                        field.text.push('"');
                        inner = more;
                    }
                    None => break,
                }
            }
            if !inner.is_empty() && !inner.starts_with(',') {
                return Err(broken("text behind the closing quote of a field"));
            }
            line += field.text.matches('\n').count();
            inner
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            let (part, after) = rest.split_at(end);
            field.text.push_str(part);
            after
        };
        field.span = at..start + (text.len() - after.len());
        fields.push(field);
        match after.strip_prefix(',') {
            Some(more) => rest = more,
            None => return Ok(()),
        }
    }
}

/// The header and what is wrong with it.
fn header(fields: &[Field]) -> Result<Vec<String>, Broken> {
    let mut names = BTreeSet::new();
    for field in fields {
        let broken = |message: String| Broken { message, at: field.span.start, line: field.line };
        if field.text.is_empty() {
            return Err(broken("a column without a name in the header".to_owned()));
        }
        if !names.insert(field.text.as_str()) {
            return Err(broken(format!("a second column {} in the header", field.text)));
        }
    }
    Ok(fields.iter().map(|field| field.text.clone()).collect())
}

/// Fields that are missing or too many.
fn ragged(columns: usize, fields: &[Field]) -> Option<Broken> {
    let first = fields.first()?;
    (fields.len() != columns).then(|| Broken {
        message: format!("{} fields, but the header has {columns}", fields.len()),
        at: first.span.start,
        line: first.line,
    })
}

/// The rows of a file that is held in memory.
pub(super) fn rows(file: &SetFile) -> Result<Vec<Row>, Vec<Diagnostic>> {
    let text = &file.file;
    let wrong = |broken: Broken| {
        let end = text.text.len().min(broken.at + 1);
        Diagnostic::error("seed-csv", broken.message).at(place(text, broken.at..end))
    };
    let mut records = Records::new(text.text.as_bytes()).map_err(|_| Vec::new())?;
    let mut fields = Vec::new();
    if !records.next(&mut fields).map_err(|broken| vec![wrong(broken)])? {
        let found = Diagnostic::error("seed-csv", "the file is empty: it needs a line of columns");
        return Err(vec![found.at(place(text, 0..0))]);
    }
    let columns = header(&fields).map_err(|broken| vec![wrong(broken)])?;
    let named: Vec<Place> = fields.iter().map(|field| place(text, field.span.clone())).collect();
    let table = table_of(file);
    let (mut rows, mut mistakes) = (Vec::new(), Vec::new());
    loop {
        match records.next(&mut fields) {
            Ok(false) => break,
            Ok(true) => {}
            Err(broken) => {
                mistakes.push(wrong(broken));
                break;
            }
        }
        if let Some(broken) = ragged(columns.len(), &fields) {
            mistakes.push(wrong(broken));
            continue;
        }
        let cells = columns.iter().zip(&named).zip(&fields).map(|((column, at), field)| Cell {
            column: column.clone(),
            column_place: at.clone(),
            value: field.given(),
            place: place(text, field.span.clone()),
        });
        let start = fields.first().map_or(0, |field| field.span.start);
        let end = fields.last().map_or(0, |field| field.span.end);
        rows.push(Row {
            layer: file.layer.clone(),
            set: file.set.clone(),
            table: table.clone(),
            place: place(text, start..end),
            cells: cells.collect(),
        });
    }
    if mistakes.is_empty() { Ok(rows) } else { Err(mistakes) }
}

/// The records of a file on disk.
pub(in crate::seed) type FileRecords = Records<BufReader<File>>;

/// A file that is read twice, from front to back, rather than held.
#[derive(Clone, Debug)]
pub(in crate::seed) struct CsvFile {
    pub set: String,
    pub path: PathBuf,
    pub table: QName,
    pub columns: Vec<String>,
    /// The header alone, for findings about it.
    pub header: Arc<SourceFile>,
    pub spans: Vec<Range<usize>>,
}

impl CsvFile {
    pub(super) fn open(file: &SetFile) -> Result<Self, Box<Diagnostic>> {
        let path = &file.file.path;
        let mut found = Self {
            set: file.set.clone(),
            path: path.clone(),
            table: table_of(file),
            columns: Vec::new(),
            header: Arc::clone(&file.file),
            spans: Vec::new(),
        };
        let mut fields = Vec::new();
        let mut records = found.records()?;
        records.next(&mut fields).map_err(|broken| found.mistake(&broken))?;
        found.columns = header(&fields).map_err(|broken| found.mistake(&broken))?;
        let text = fields.iter().map(|field| field.text.as_str()).collect::<Vec<_>>().join(",");
        let mut at = 0;
        for column in &found.columns {
            found.spans.push(at..at + column.len());
            at += column.len() + 1;
        }
        found.header = Arc::new(SourceFile { path: path.clone(), text });
        Ok(found)
    }

    /// The records, the header among them.
    pub fn records(&self) -> Result<FileRecords, Box<Diagnostic>> {
        let open = || Records::new(BufReader::with_capacity(1 << 20, File::open(&self.path)?));
        open().map_err(|error: io::Error| {
            let message = format!("cannot read {}: {error}", self.path.display());
            Box::new(Diagnostic::error("unreadable-file", message))
        })
    }

    /// The next record behind the header.
    pub fn read(&self, records: &mut FileRecords, fields: &mut Vec<Field>) -> Result<bool, Broken> {
        let more = records.next(fields)?;
        match ragged(self.columns.len(), fields) {
            Some(broken) if more => Err(broken),
            _ => Ok(more),
        }
    }

    /// The file is not in memory: what is told is read again.
    pub fn mistake(&self, broken: &Broken) -> Box<Diagnostic> {
        self.told("seed-csv", &broken.message, broken.at..broken.at + 1, broken.line)
    }

    /// A finding at a place of the file.
    pub fn told(
        &self,
        rule: &'static str,
        message: &str,
        span: Range<usize>,
        line: usize,
    ) -> Box<Diagnostic> {
        match self.excerpt(&span, line) {
            Some(at) => Box::new(Diagnostic::error(rule, message).at(at)),
            None => {
                let message = format!("{}:{line}: {message}", self.path.display());
                Box::new(Diagnostic::error(rule, message))
            }
        }
    }

    /// The line of a place, with as many empty ones before it as there are in the file.
    fn excerpt(&self, span: &Range<usize>, line: usize) -> Option<Place> {
        const BEFORE: usize = 2048;
        const AFTER: u64 = 512;
        if line > MAX_EMPTY_LINES {
            return None;
        }
        let start = span.start.saturating_sub(BEFORE);
        let mut file = File::open(&self.path).ok()?;
        file.seek(SeekFrom::Start(start as u64)).ok()?;
        let mut bytes = Vec::new();
        file.take(BEFORE as u64 + AFTER).read_to_end(&mut bytes).ok()?;
        let (before, after) = bytes.split_at_checked(span.start - start)?;
        let begin = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let before = String::from_utf8_lossy(before.get(begin..)?);
        let end = after.iter().position(|byte| *byte == b'\n').unwrap_or(after.len());
        let after = String::from_utf8_lossy(after.get(..end)?);
        let before = before.trim_start_matches('\u{feff}');
        let text = format!("{}{before}{}", "\n".repeat(line.saturating_sub(1)), after.trim_end());
        let at = line.saturating_sub(1) + before.len();
        let mut until = (at + span.len()).min(text.len());
        while !text.is_char_boundary(until) {
            until += 1;
        }
        let file = Arc::new(SourceFile { path: self.path.clone(), text });
        Some(Place { file, span: at..until.max(at) })
    }
}

/// Beyond, a place is told without its text: the lines before it would fill the memory.
const MAX_EMPTY_LINES: usize = 2_000_000;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Vec<String>>, String> {
        let mut records = Records::new(text.as_bytes()).unwrap();
        let (mut rows, mut fields) = (Vec::new(), Vec::new());
        while records.next(&mut fields).map_err(|b| format!("{}: {}", b.line, b.message))? {
            let shown = |f: &Field| if f.quoted { format!("'{}'", f.text) } else { f.text.clone() };
            rows.push(fields.iter().map(shown).collect());
        }
        Ok(rows)
    }

    #[test]
    fn records_are_cut() {
        let rows = read("\u{feff}a,b\r\n1,\"x,\"\"y\"\"\n2\"\n\n,\"\"\n").unwrap();
        assert_eq!(rows, [vec!["a", "b"], vec!["1", "'x,\"y\"\n2'"], vec!["", "''"]]);
        assert_eq!(read("a\n\"b").unwrap_err(), "2: a field in quotes is not closed");
        assert_eq!(read("a\n\"b\"c").unwrap_err(), "2: text behind the closing quote of a field");
        assert_eq!(read("a,\n").unwrap(), [["a", ""]]);
    }
}
