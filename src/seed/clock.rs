//! Times relative to now.

use super::kind::Kind;
use super::read::Offset;
use crate::database::Value;
use crate::model::Dialect;
use chrono::{DateTime, Months, NaiveDateTime, TimeDelta, Utc};

/// The moment all relative times of a run are seen from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock(pub DateTime<Utc>);

impl Default for Clock {
    fn default() -> Self {
        Self(Utc::now())
    }
}

impl Clock {
    /// The time in UTC, whole seconds.
    pub(super) fn at(self, offset: Offset) -> Option<NaiveDateTime> {
        let now = self.0.naive_utc();
        let time = if offset.day { chrono::NaiveTime::MIN } else { now.time() };
        let start = now.date().and_time(time);
        let months = Months::new(u32::try_from(offset.months.unsigned_abs()).ok()?);
        let moved = if offset.months < 0 {
            start.checked_sub_months(months)?
        } else {
            start.checked_add_months(months)?
        };
        moved.checked_add_signed(TimeDelta::try_seconds(offset.seconds)?)
    }

    pub(super) fn value(
        self,
        offset: Offset,
        kind: &Kind,
        dialect: Dialect,
    ) -> Result<Value, String> {
        let time = self.at(offset).ok_or("this time is out of range")?;
        let format = match kind {
            Kind::Timestamp => "%Y-%m-%d %H:%M:%S",
            Kind::Text { .. } if dialect == Dialect::Sqlite => "%Y-%m-%d %H:%M:%S",
            Kind::TimestampZoned => "%Y-%m-%d %H:%M:%S+00:00",
            Kind::Date => "%Y-%m-%d",
            Kind::Time => "%H:%M:%S",
            Kind::Integer { .. } => return Ok(Value::Integer(time.and_utc().timestamp())),
            _ => return Err(format!("a time here, but the column takes {}", kind.wants())),
        };
        Ok(Value::Text(time.format(format).to_string()))
    }
}
