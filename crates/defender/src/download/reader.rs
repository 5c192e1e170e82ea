//! Bytes of a response to lines.

use std::io::Write;
use std::time::Duration;

use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use reqwest::Response;

use super::lines::{LINE_BYTES_MAX, Lines};
use crate::TransportFailure;

/// How much is decompressed at a time: at most a thousandfold of it comes out.
const SLICE_BYTES: usize = 8 << 10;

/// How much of a refusal is read.
const HEAD_BYTES: usize = 16 << 10;

/// How a gzip file begins (RFC 1952, section 2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// A file on its way. Whether it is compressed is told by its first bytes: some servers decompress on the way and say
/// nothing of it.
pub(super) struct Reader {
    response: Response,
    /// Bytes that came and were not looked at yet.
    waiting: Bytes,
    content: Content,
    received: usize,
}

enum Content {
    Unknown(Vec<u8>),
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
    Plain(Vec<u8>),
    Over,
}

/// Why there are no more lines.
pub(super) enum Failed {
    Transport(TransportFailure),
    /// The file ends before its end.
    CutOff,
    /// It is something else than a file of lines.
    Damaged(&'static str),
}

impl Reader {
    pub(super) fn new(response: Response) -> Self {
        Self {
            response,
            waiting: Bytes::new(),
            content: Content::Unknown(Vec::new()),
            received: 0,
        }
    }

    /// Some whole lines, maybe none; nothing after the last one.
    pub(super) async fn next(&mut self, waited: Duration) -> Result<Option<Lines>, Failed> {
        if self.waiting.is_empty() {
            match self.response.chunk().await {
                Ok(Some(chunk)) => self.waiting = chunk,
                Ok(None) => return self.finish(),
                Err(error) => return Err(Failed::Transport(self.failure(error, waited))),
            }
        }
        let slice = self.waiting.split_to(self.waiting.len().min(SLICE_BYTES));
        self.received += slice.len();
        self.content.push(&slice)?;
        self.content.lines().map(Some)
    }

    fn finish(&mut self) -> Result<Option<Lines>, Failed> {
        match std::mem::replace(&mut self.content, Content::Over) {
            Content::Over => Ok(None),
            Content::Unknown(_) => Err(Failed::CutOff),
            Content::Gzip(decoder) => {
                let rest = decoder.finish().map_err(|_| Failed::CutOff)?;
                Ok(Some(Lines::last(rest)))
            }
            Content::Plain(rest) => Ok(Some(Lines::last(rest))),
        }
    }

    fn failure(&self, error: reqwest::Error, waited: Duration) -> TransportFailure {
        let source = error.without_url();
        if source.is_timeout() {
            return TransportFailure::TimedOut { waited };
        }
        TransportFailure::AnswerCutOff {
            received: self.received,
            source,
        }
    }
}

impl Content {
    fn push(&mut self, bytes: &[u8]) -> Result<(), Failed> {
        match self {
            Self::Over => Err(Failed::Damaged("goes on after its end")),
            Self::Plain(text) => {
                text.extend_from_slice(bytes);
                Ok(())
            }
            Self::Gzip(decoder) => decoder
                .write_all(bytes)
                .map_err(|_| Failed::Damaged("is no gzip file")),
            Self::Unknown(head) => {
                head.extend_from_slice(bytes);
                if head.len() < GZIP_MAGIC.len() {
                    return Ok(());
                }
                let head = std::mem::take(head);
                *self = if head.starts_with(&GZIP_MAGIC) {
                    Self::Gzip(Box::new(MultiGzDecoder::new(Vec::new())))
                } else {
                    Self::Plain(Vec::new())
                };
                self.push(&head)
            }
        }
    }

    fn lines(&mut self) -> Result<Lines, Failed> {
        let text = match self {
            Self::Plain(text) => text,
            Self::Gzip(decoder) => decoder.get_mut(),
            Self::Unknown(_) | Self::Over => return Ok(Lines::default()),
        };
        let lines = Lines::take(text);
        if text.len() > LINE_BYTES_MAX {
            return Err(Failed::Damaged("has a line of more than 16 MB"));
        }
        Ok(lines)
    }
}

/// The beginning of a body that is only looked at by people.
pub(super) async fn head(mut response: Response) -> Vec<u8> {
    let mut head = Vec::new();
    while head.len() < HEAD_BYTES {
        match response.chunk().await {
            Ok(Some(chunk)) => head.extend_from_slice(&chunk),
            Ok(None) | Err(_) => break,
        }
    }
    head.truncate(HEAD_BYTES);
    head
}
