//! The pass over a block: finds tokens and hands the interesting ones on.

use std::ops::Range;

use crate::refang::Refanged;
use crate::{Observable, Reason};

/// Something found in a refanged block, with its place there.
#[derive(Debug)]
pub(super) struct Hit {
    pub(super) span: Range<usize>,
    pub(super) outcome: Result<Observable, Reason>,
    pub(super) port: Option<u16>,
}

/// What a byte means to the scanner. Zero ends a token.
const WORD: u8 = 1;
const DOT: u8 = 2;
const COLON: u8 = 4;
const AT: u8 = 8;
const BEYOND_ASCII: u8 = 16;

/// Marks that make a token worth a look.
const MARKS: u8 = DOT | COLON | AT;

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0_u8;
    loop {
        classes[byte as usize] = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'+' => WORD,
            b'.' => DOT,
            b':' => COLON,
            b'@' => AT,
            0x80.. => BEYOND_ASCII,
            _ => 0,
        };
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    classes
};

fn class(byte: u8) -> u8 {
    CLASSES.get(usize::from(byte)).copied().unwrap_or(0)
}

/// Fewest bytes of a token without marks that can hold a hash.
const PLAIN_TOKEN_BYTES_MIN: usize = 30;

/// Reads a refanged block from left to right.
pub(super) struct Scanner<'r> {
    pub(super) refanged: &'r Refanged<'r>,
    pub(super) text: &'r str,
    pub(super) bytes: &'r [u8],
    /// Everything before this was read.
    pub(super) at: usize,
    /// Where the line starts that `at` lies in.
    pub(super) line_start: usize,
    /// Where the last version number ended, for enumerations of them.
    pub(super) version_end: Option<usize>,
    /// Where a host stands that follows another one after a slash.
    pub(super) listed_at: Option<usize>,
    /// The stretch without the borders of a path that was looked at last.
    pub(super) path_looked_at: Range<usize>,
    hits: Vec<Hit>,
}

impl<'r> Scanner<'r> {
    pub(super) fn new(refanged: &'r Refanged<'r>) -> Self {
        let text: &str = &refanged.text;
        Self {
            refanged,
            text,
            bytes: text.as_bytes(),
            at: 0,
            line_start: 0,
            version_end: None,
            listed_at: None,
            path_looked_at: 0..0,
            hits: Vec::new(),
        }
    }

    /// Everything in the block.
    pub(super) fn hits(mut self) -> Vec<Hit> {
        while self.skip_delimiters() {
            let start = self.at;
            let marks = self.skip_token();
            let is_plain = marks & (MARKS | BEYOND_ASCII) == 0;
            if is_plain && self.at - start < PLAIN_TOKEN_BYTES_MIN {
                continue;
            }
            match self.url_at_token_end(start) {
                Some(url_start) => {
                    let colon = self.at;
                    self.look_at(start..url_start, marks);
                    self.at = colon;
                    self.web_address(url_start);
                }
                None => self.look_at(start..self.at, marks),
            }
        }
        self.hits
    }

    fn skip_delimiters(&mut self) -> bool {
        while let Some(byte) = self.bytes.get(self.at) {
            if class(*byte) != 0 {
                return true;
            }
            self.at += 1;
            if *byte == b'\n' {
                self.line_start = self.at;
            }
        }
        false
    }

    /// Moves behind the token and gives the classes of its bytes.
    fn skip_token(&mut self) -> u8 {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let mut marks = 0;
        let mut length = 0;
        for byte in rest {
            let class = class(*byte);
            if class == 0 {
                break;
            }
            marks |= class;
            length += 1;
        }
        self.at += length;
        marks
    }

    fn look_at(&mut self, span: Range<usize>, marks: u8) {
        match marks & BEYOND_ASCII {
            0 => self.token(span),
            _ => self.token_of_other_script(span),
        }
    }

    pub(super) fn slice(&self, span: Range<usize>) -> &'r str {
        self.text.get(span).unwrap_or_default()
    }

    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    pub(super) fn byte_before(&self, at: usize) -> Option<u8> {
        at.checked_sub(1).and_then(|before| self.byte(before))
    }

    pub(super) fn is_defanged(&self, span: &Range<usize>) -> bool {
        self.refanged.is_defanged(span)
    }

    pub(super) fn push(&mut self, span: Range<usize>, outcome: Result<Observable, Reason>) {
        self.hits.push(Hit {
            span,
            outcome,
            port: None,
        });
    }

    pub(super) fn push_with_port(
        &mut self,
        span: Range<usize>,
        observable: Observable,
        port: Option<u16>,
    ) {
        self.hits.push(Hit {
            span,
            outcome: Ok(observable),
            port,
        });
    }

    pub(super) fn refuse(&mut self, span: Range<usize>, reason: Reason) {
        self.push(span, Err(reason));
    }
}
