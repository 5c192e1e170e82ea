//! How an answer's body leaves the twin: at once, slowly, or not whole.

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::http::Response;
use bytes::Bytes;
use futures::stream;

use crate::fault::BodyFault;
use crate::reply::Reply;

/// Pieces of a slow body.
const PIECES: usize = 10;

/// How long the half of a body has to leave before the connection ends.
const CUT_AFTER: Duration = Duration::from_millis(20);

/// The response of a reply under a fault.
pub(super) fn deliver(mut reply: Reply, fault: BodyFault) -> Response<Body> {
    let half = reply.body.len() / 2;
    match fault {
        BodyFault::None => reply.into_response(),
        BodyFault::Truncated => {
            reply.body.truncate(half);
            reply.into_response()
        }
        BodyFault::Slow(time) => {
            let body = slow(&reply.body, time);
            reply.into_response_with(body)
        }
        BodyFault::Cut => {
            let body = cut(reply.body.slice(..half));
            reply.into_response_with(body)
        }
    }
}

/// A body in pieces, with pauses between them.
fn slow(bytes: &Bytes, time: Duration) -> Body {
    let length = bytes.len().div_ceil(PIECES).max(1);
    let pieces: Vec<Bytes> = bytes.chunks(length).map(Bytes::copy_from_slice).collect();
    let pause = time / u32::try_from(pieces.len().max(1)).unwrap_or(u32::MAX);
    let paced = stream::unfold(pieces.into_iter(), move |mut pieces| async move {
        let piece = pieces.next()?;
        tokio::time::sleep(pause).await;
        Some((Ok::<_, io::Error>(piece), pieces))
    });
    Body::from_stream(paced)
}

/// A body that breaks off, after what came before has left.
fn cut(first: Bytes) -> Body {
    let pieces = [Some(first), None].into_iter();
    Body::from_stream(stream::unfold(pieces, |mut pieces| async move {
        match pieces.next()? {
            Some(piece) => Some((Ok(piece), pieces)),
            None => {
                tokio::time::sleep(CUT_AFTER).await;
                Some((Err(io::Error::from(io::ErrorKind::ConnectionReset)), pieces))
            }
        }
    }))
}
