//! JSON text to encoded values in one pass.

use super::{DynamicError, Writer};

/// Why a text is not JSON that is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NotJson {
    Syntax,
    TooDeepOrLarge,
}

impl From<DynamicError> for NotJson {
    fn from(_: DynamicError) -> Self {
        Self::TooDeepOrLarge
    }
}

/// The encoded value of a JSON text, as `parse_json` reads it: text that is not JSON becomes a
/// string value, nothing but white space becomes null.
///
/// Source: learn.microsoft.com/kusto/query/parse-json-function.
#[must_use]
pub fn from_json(text: &str) -> Vec<u8> {
    let mut writer = Writer::new();
    append_json(text, &mut writer);
    writer.into_bytes()
}

/// Writes the value of a JSON text into a writer in which nothing is open; see [`from_json`].
pub fn append_json(text: &str, writer: &mut Writer) {
    writer.clear();
    if text.trim_ascii().is_empty() {
        writer.null();
        return;
    }
    let mut parser = Parser {
        bytes: text.as_bytes(),
        text,
        at: 0,
        scratch: String::new(),
    };
    if parser.document(writer).is_err() {
        writer.clear();
        writer.string(text);
    }
}

/// Whether one of eight bytes is a quote, a backslash or a control character.
///
/// Source: graphics.stanford.edu/~seander/bithacks.html, "Determine if a word has a byte less than n".
fn has_special(eight: u64) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let zero = |bytes: u64| bytes.wrapping_sub(ONES) & !bytes & HIGHS;
    let control = eight.wrapping_sub(ONES * 0x20) & !eight & HIGHS;
    (zero(eight ^ (ONES * 0x22)) | zero(eight ^ (ONES * 0x5c)) | control) != 0
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// Where strings with escapes are unescaped.
    scratch: String,
}

impl Parser<'_> {
    fn document(&mut self, writer: &mut Writer) -> Result<(), NotJson> {
        self.space();
        self.value(writer)?;
        self.space();
        if self.at == self.bytes.len() {
            Ok(())
        } else {
            Err(NotJson::Syntax)
        }
    }

    /// Reads one value. The writer bounds the depth, and with it the recursion.
    fn value(&mut self, writer: &mut Writer) -> Result<(), NotJson> {
        match self.peek() {
            Some(b'{') => self.bag(writer),
            Some(b'[') => self.array(writer),
            Some(b'"') => {
                let (from, to, escaped) = self.string()?;
                let plain = self.text.get(from..to).unwrap_or_default();
                writer.string(if escaped { &self.scratch } else { plain });
                Ok(())
            }
            Some(b't') => self.word("true").map(|()| writer.bool(true)),
            Some(b'f') => self.word("false").map(|()| writer.bool(false)),
            Some(b'n') => self.word("null").map(|()| writer.null()),
            Some(b'-' | b'0'..=b'9') => self.number(writer),
            _ => Err(NotJson::Syntax),
        }
    }

    fn bag(&mut self, writer: &mut Writer) -> Result<(), NotJson> {
        writer.open_bag()?;
        self.at += 1;
        self.space();
        if self.take(b'}') {
            return Ok(writer.close()?);
        }
        loop {
            self.space();
            let (from, to, escaped) = self.string()?;
            let plain = self.text.get(from..to).unwrap_or_default();
            writer.key(if escaped { &self.scratch } else { plain });
            self.space();
            self.expect(b':')?;
            self.space();
            self.value(writer)?;
            self.space();
            if self.take(b'}') {
                return Ok(writer.close()?);
            }
            self.expect(b',')?;
        }
    }

    fn array(&mut self, writer: &mut Writer) -> Result<(), NotJson> {
        writer.open_array()?;
        self.at += 1;
        self.space();
        if self.take(b']') {
            return Ok(writer.close()?);
        }
        loop {
            self.space();
            self.value(writer)?;
            self.space();
            if self.take(b']') {
                return Ok(writer.close()?);
            }
            self.expect(b',')?;
        }
    }

    /// Reads a string: where its text is, and whether it had escapes and is in `scratch` instead.
    fn string(&mut self) -> Result<(usize, usize, bool), NotJson> {
        self.expect(b'"')?;
        let from = self.at;
        self.plain_text()?;
        match self.peek() {
            Some(b'"') => {
                self.at += 1;
                Ok((from, self.at - 1, false))
            }
            Some(b'\\') => self.escaped_string(from),
            _ => Err(NotJson::Syntax),
        }
    }

    /// Goes on to the next quote, backslash or control character.
    fn plain_text(&mut self) -> Result<(), NotJson> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let (eights, _) = rest.as_chunks::<8>();
        let plain = eights
            .iter()
            .take_while(|eight| !has_special(u64::from_le_bytes(**eight)))
            .count();
        self.at += plain * 8;
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
        self.at += rest.iter().position(special).ok_or(NotJson::Syntax)?;
        Ok(())
    }

    fn escaped_string(&mut self, from: usize) -> Result<(usize, usize, bool), NotJson> {
        self.scratch.clear();
        let mut copied = from;
        loop {
            self.plain_text()?;
            self.scratch
                .push_str(self.text.get(copied..self.at).unwrap_or_default());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok((from, self.at - 1, true));
                }
                Some(b'\\') => self.escape()?,
                _ => return Err(NotJson::Syntax),
            }
            copied = self.at;
        }
    }

    fn escape(&mut self) -> Result<(), NotJson> {
        let kind = self
            .bytes
            .get(self.at + 1)
            .copied()
            .ok_or(NotJson::Syntax)?;
        self.at += 2;
        let character = match kind {
            b'"' | b'\\' | b'/' => char::from(kind),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => self.unicode_escape()?,
            _ => return Err(NotJson::Syntax),
        };
        self.scratch.push(character);
        Ok(())
    }

    fn unicode_escape(&mut self) -> Result<char, NotJson> {
        let first = self.hex4()?;
        if !(0xd800..0xdc00).contains(&first) {
            // A low surrogate alone has no character: the replacement character stands for it.
            return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        if self.bytes.get(self.at..self.at + 2) != Some(br"\u") {
            return Ok(char::REPLACEMENT_CHARACTER);
        }
        let before = self.at;
        self.at += 2;
        let second = self.hex4()?;
        if !(0xdc00..0xe000).contains(&second) {
            self.at = before;
            return Ok(char::REPLACEMENT_CHARACTER);
        }
        let code_point = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        Ok(char::from_u32(code_point).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex4(&mut self) -> Result<u32, NotJson> {
        let digits = self.text.get(self.at..self.at + 4).ok_or(NotJson::Syntax)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(NotJson::Syntax);
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).map_err(|_| NotJson::Syntax)
    }

    fn number(&mut self, writer: &mut Writer) -> Result<(), NotJson> {
        let start = self.at;
        self.take(b'-');
        let leading_zero = self.peek() == Some(b'0');
        let whole_digits = self.digits();
        if whole_digits == 0 || (leading_zero && whole_digits > 1) {
            return Err(NotJson::Syntax);
        }
        let mut is_real = false;
        if self.take(b'.') {
            is_real = true;
            self.some_digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            is_real = true;
            let _ = self.take(b'+') || self.take(b'-');
            self.some_digits()?;
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        match text.parse() {
            Ok(value) if !is_real => writer.long(value),
            // An integer that does not fit is read as a real, as its magnitude matters more.
            _ => writer.real(text.parse().map_err(|_| NotJson::Syntax)?),
        }
        Ok(())
    }

    fn digits(&mut self) -> usize {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        count
    }

    fn some_digits(&mut self) -> Result<(), NotJson> {
        if self.digits() > 0 {
            Ok(())
        } else {
            Err(NotJson::Syntax)
        }
    }

    fn word(&mut self, word: &str) -> Result<(), NotJson> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if !rest.starts_with(word.as_bytes()) {
            return Err(NotJson::Syntax);
        }
        self.at += word.len();
        Ok(())
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8) -> Result<(), NotJson> {
        if self.take(byte) {
            Ok(())
        } else {
            Err(NotJson::Syntax)
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }
}
