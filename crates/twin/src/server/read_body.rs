//! Reads a request body under a limit and a deadline.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::Bytes;

/// How much of a body over the limit is read and thrown away, so that a client that still sends can read the answer.
const DRAINED_MAX: usize = 64 * 1024 * 1024;

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyFault {
    /// More than the limit.
    TooLarge,
    /// Not complete in time.
    TooSlow,
    /// The client stopped, or its framing is broken.
    Broken,
}

/// The whole body, if it has at most `bytes_max` bytes and is there within `patience`.
pub(super) async fn read_body(
    body: Body,
    bytes_max: usize,
    patience: Duration,
) -> Result<Bytes, BodyFault> {
    match tokio::time::timeout(patience, read_all(body, bytes_max)).await {
        Ok(read) => read,
        Err(_) => Err(BodyFault::TooSlow),
    }
}

async fn read_all(mut body: Body, bytes_max: usize) -> Result<Bytes, BodyFault> {
    let (mut kept, mut seen) = (Vec::new(), 0_usize);
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(data) = frame.map_err(|_| BodyFault::Broken)?.into_data() else {
            continue;
        };
        seen = seen.saturating_add(data.len());
        if seen <= bytes_max {
            kept.extend_from_slice(&data);
        } else if seen > DRAINED_MAX.max(bytes_max) {
            break;
        }
    }
    if seen > bytes_max {
        Err(BodyFault::TooLarge)
    } else {
        Ok(Bytes::from(kept))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(length: usize, bytes_max: usize) -> Result<usize, BodyFault> {
        let body = Body::from(vec![b'x'; length]);
        read_body(body, bytes_max, Duration::from_secs(60))
            .await
            .map(|bytes| bytes.len())
    }

    #[tokio::test]
    async fn the_limit_is_exact() {
        assert_eq!(read(0, 0).await, Ok(0));
        assert_eq!(read(1_000, 1_000).await, Ok(1_000));
        assert_eq!(read(1_001, 1_000).await, Err(BodyFault::TooLarge));
    }
}
