//! What was called.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;

/// One call of an emulated service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallRecord {
    /// When it arrived, on the twin's clock.
    pub time: Timestamp,
    /// The HTTP method.
    pub method: String,
    /// The path without the query string, as it was sent; its first 1,024 characters.
    pub path: String,
    /// The route that it found, such as `/api/machines/{id}`.
    pub route: Option<&'static str>,
    /// The client id of the app, where a token or a sign-in form names one.
    pub app: Option<String>,
    /// The HTTP status; `None` when the connection ended without an answer.
    pub status: Option<u16>,
    /// Rows of a hunting result.
    pub rows: Option<usize>,
    /// Bytes of the request body.
    pub request_bytes: usize,
    /// How long it took on the twin's clock, in milliseconds.
    pub duration_ms: i64,
    /// The service's id of the request.
    pub request_id: String,
    /// Whether a fault answered, delayed or dropped it.
    pub faulted: bool,
}

/// The latest calls, oldest first.
#[derive(Debug)]
pub(crate) struct CallLog {
    records: Mutex<VecDeque<CallRecord>>,
    records_max: usize,
}

impl CallLog {
    pub(crate) fn new(records_max: usize) -> Self {
        Self {
            records: Mutex::new(VecDeque::new()),
            records_max,
        }
    }

    pub(crate) fn add(&self, record: CallRecord) {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if records.len() >= self.records_max {
            records.pop_front();
        }
        records.push_back(record);
    }

    pub(crate) fn all(&self) -> Vec<CallRecord> {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        self.records
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}
