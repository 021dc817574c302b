//! Rows in, the bytes of `COPY` out: binary where every type has a known form, else text (manual,
//! "COPY", "File Formats").

use super::bulk::Rows;
use super::generate::Cell;
use super::{Progress, SeedError};
use crate::database::interrupt;
use crate::model::{DataType, Model, TypeName};
use std::io::{self, Read};

/// How a column's values travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    Bool,
    Int2,
    Int4,
    Int8,
    Float4,
    Float8,
    Numeric,
    Text,
    Jsonb,
    Uuid,
    Date,
    Timestamp,
    Time,
    Bytes,
}

/// The binary form of a type; `None`: only its text form is known.
pub(super) fn wire(ty: &DataType, model: &Model) -> Option<Wire> {
    if ty.array {
        return None;
    }
    match &ty.name {
        TypeName::User(name) if model.enums.contains_key(name) => Some(Wire::Text),
        TypeName::User(name) => wire(&model.domains.get(name)?.base, model),
        TypeName::Builtin(name) => Some(match name.as_str() {
            "boolean" => Wire::Bool,
            "smallint" => Wire::Int2,
            "integer" => Wire::Int4,
            "bigint" => Wire::Int8,
            "real" => Wire::Float4,
            "double precision" => Wire::Float8,
            "numeric" => Wire::Numeric,
            "text" | "character varying" | "character" | "json" => Wire::Text,
            "jsonb" => Wire::Jsonb,
            "uuid" => Wire::Uuid,
            "date" => Wire::Date,
            "timestamp without time zone" | "timestamp with time zone" => Wire::Timestamp,
            "time without time zone" => Wire::Time,
            "bytea" => Wire::Bytes,
            _ => return None,
        }),
    }
}

/// PostgreSQL counts from 2000-01-01.
const EPOCH_DAYS: i64 = 10_957;
const EPOCH_MICROS: i64 = EPOCH_DAYS * 86_400_000_000;
const CHUNK: usize = 128 << 10;

/// What [`PgSession::copy_in`](crate::database::postgres::PgSession::copy_in) reads.
pub(super) struct Feed<'f, 'r> {
    rows: Rows<'r>,
    /// `None`: text.
    wires: Option<Vec<Wire>>,
    progress: &'f mut dyn Progress,
    table: String,
    total: Option<u64>,
    cells: Vec<Cell>,
    buffer: Vec<u8>,
    at: usize,
    done: u64,
    ended: bool,
    scratch: String,
    /// Why there are no more rows.
    pub error: Option<SeedError>,
}

impl<'f, 'r> Feed<'f, 'r> {
    pub fn new(
        (rows, total): (Rows<'r>, Option<u64>),
        wires: Option<Vec<Wire>>,
        table: String,
        progress: &'f mut dyn Progress,
    ) -> Self {
        let mut buffer = Vec::with_capacity(CHUNK + 4096);
        if wires.is_some() {
            buffer.extend_from_slice(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0");
        }
        Self {
            rows,
            wires,
            progress,
            table,
            total,
            cells: Vec::new(),
            buffer,
            at: 0,
            done: 0,
            ended: false,
            scratch: String::new(),
            error: None,
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        while self.buffer.len() < CHUNK && !self.ended {
            match self.rows.next(&mut self.cells) {
                Ok(true) => self.row(),
                Ok(false) => {
                    self.ended = true;
                    if self.wires.is_some() {
                        self.buffer.extend_from_slice(&(-1i16).to_be_bytes());
                    }
                }
                Err(error) => {
                    self.error = Some(error);
                    return Err(io::Error::other("the rows end here"));
                }
            }
        }
        if interrupt::requested() {
            self.error = Some(SeedError::Interrupted);
            return Err(io::Error::other("interrupted"));
        }
        self.progress.rows(&self.table, self.done, self.total);
        Ok(())
    }

    fn row(&mut self) {
        self.done += 1;
        match &self.wires {
            Some(wires) => {
                let count = i16::try_from(wires.len()).unwrap_or(i16::MAX);
                self.buffer.extend_from_slice(&count.to_be_bytes());
                for (cell, wire) in self.cells.iter().zip(wires) {
                    binary(cell, *wire, &mut self.buffer, &mut self.scratch);
                }
            }
            None => {
                for (number, cell) in self.cells.iter().enumerate() {
                    if number > 0 {
                        self.buffer.push(b'\t');
                    }
                    if *cell == Cell::Null {
                        self.buffer.extend_from_slice(b"\\N");
                        continue;
                    }
                    self.scratch.clear();
                    cell.write(&mut self.scratch);
                    escape(&self.scratch, &mut self.buffer);
                }
                self.buffer.push(b'\n');
            }
        }
    }
}

fn escape(text: &str, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            byte => out.push(byte),
        }
    }
}

impl Read for Feed<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.buffer.len() {
            if self.at > 0 {
                self.buffer.clear();
                self.at = 0;
            }
            if self.ended {
                return Ok(0);
            }
        }
        if self.at == 0 {
            self.fill()?;
        }
        let rest = self.buffer.get(self.at..).unwrap_or_default();
        let length = rest.len().min(out.len());
        if let (Some(to), Some(from)) = (out.get_mut(..length), rest.get(..length)) {
            to.copy_from_slice(from);
        }
        self.at += length;
        Ok(length)
    }
}

fn field(bytes: &[u8], out: &mut Vec<u8>) {
    let length = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

/// A value that does not fit its column becomes its text, which the server refuses by name.
fn binary(cell: &Cell, wire: Wire, out: &mut Vec<u8>, scratch: &mut String) {
    match (wire, cell) {
        (_, Cell::Null) => out.extend_from_slice(&(-1i32).to_be_bytes()),
        (Wire::Bool, Cell::Bool(value)) => field(&[u8::from(*value)], out),
        (Wire::Int2, Cell::Integer(number)) => match i16::try_from(*number) {
            Ok(number) => field(&number.to_be_bytes(), out),
            Err(_) => field(&number.to_be_bytes(), out),
        },
        (Wire::Int4, Cell::Integer(number)) => match i32::try_from(*number) {
            Ok(number) => field(&number.to_be_bytes(), out),
            Err(_) => field(&number.to_be_bytes(), out),
        },
        (Wire::Int8, Cell::Integer(number)) => field(&number.to_be_bytes(), out),
        (Wire::Float4, Cell::Real(number)) => field(&(*number as f32).to_be_bytes(), out),
        (Wire::Float8, Cell::Real(number)) => field(&number.to_be_bytes(), out),
        (Wire::Float4, Cell::Integer(number)) => field(&(*number as f32).to_be_bytes(), out),
        (Wire::Float8, Cell::Integer(number)) => field(&(*number as f64).to_be_bytes(), out),
        (Wire::Numeric, Cell::Decimal { digits, scale }) => numeric(*digits, *scale, out),
        (Wire::Numeric, Cell::Integer(number)) => numeric(*number, 0, out),
        (Wire::Text, Cell::Text(text)) => field(text.as_bytes(), out),
        (Wire::Uuid, Cell::Uuid(uuid)) => field(&uuid.to_be_bytes(), out),
        (Wire::Date, Cell::Date(days)) => {
            let days = i32::try_from(days - EPOCH_DAYS).unwrap_or(0);
            field(&days.to_be_bytes(), out);
        }
        (Wire::Timestamp, Cell::Timestamp(at) | Cell::TimestampZoned(at)) => {
            field(&(at - EPOCH_MICROS).to_be_bytes(), out);
        }
        (Wire::Time, Cell::Time(at)) => field(&at.to_be_bytes(), out),
        (Wire::Bytes, Cell::Bytes(bytes)) => field(bytes, out),
        (wire, cell) => {
            scratch.clear();
            if wire == Wire::Jsonb {
                // The version of the format.
                scratch.push('\u{1}');
            }
            cell.write(scratch);
            field(scratch.as_bytes(), out);
        }
    }
}

/// Groups of four decimal digits (src/backend/utils/adt/numeric.c, `numeric_recv`).
fn numeric(digits: i64, scale: u32, out: &mut Vec<u8>) {
    // The fraction is made a multiple of four digits long.
    let padding = (4 - scale % 4) % 4;
    let mut rest = u128::from(digits.unsigned_abs()) * 10u128.pow(padding);
    let mut groups = [0i16; 12];
    let mut count = 0usize;
    while rest > 0 {
        if let Some(group) = groups.get_mut(count) {
            *group = i16::try_from(rest % 10_000).unwrap_or(0);
        }
        rest /= 10_000;
        count += 1;
    }
    let fraction = i16::try_from((scale + padding) / 4).unwrap_or(0);
    let weight = i16::try_from(count).unwrap_or(0) - fraction - 1;
    let sign: u16 = if digits < 0 { 0x4000 } else { 0 };
    let length = i32::try_from(8 + 2 * count).unwrap_or(8);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(&i16::try_from(count).unwrap_or(0).to_be_bytes());
    out.extend_from_slice(&weight.to_be_bytes());
    out.extend_from_slice(&sign.to_be_bytes());
    out.extend_from_slice(&i16::try_from(scale).unwrap_or(0).to_be_bytes());
    for group in groups.iter().take(count).rev() {
        out.extend_from_slice(&group.to_be_bytes());
    }
}
