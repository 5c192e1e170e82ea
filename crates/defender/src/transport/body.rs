//! Reading an answer's body with a limit.

use std::time::Duration;

use reqwest::Response;

use super::TransportFailure;

/// Most bytes that are set aside on the word of a `Content-Length` header.
const TRUSTED_LENGTH_MAX: usize = 8 << 20;

/// The whole body, decompressed; never more than `limit` bytes of it in memory.
pub(super) async fn read(
    mut response: Response,
    limit: usize,
    waited: Duration,
) -> Result<Vec<u8>, TransportFailure> {
    let announced = response
        .content_length()
        .and_then(|length| usize::try_from(length).ok());
    let mut body = Vec::with_capacity(
        announced
            .unwrap_or_default()
            .min(TRUSTED_LENGTH_MAX)
            .min(limit),
    );
    loop {
        let chunk = response.chunk().await;
        let Some(chunk) = chunk.map_err(|error| failure(error, body.len(), waited))? else {
            return Ok(body);
        };
        if chunk.len() > limit - body.len() {
            return Err(TransportFailure::AnswerTooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
}

fn failure(error: reqwest::Error, received: usize, waited: Duration) -> TransportFailure {
    let source = error.without_url();
    if source.is_timeout() {
        return TransportFailure::TimedOut { waited };
    }
    TransportFailure::AnswerCutOff { received, source }
}
