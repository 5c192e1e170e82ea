//! Reads keys and values out of texts, for `parse-kv`.
//!
//! Source: learn.microsoft.com/kusto/query/parse-kv-operator. What that page leaves open is not guessed: the text is then refused, see
//! [`Unclear`].

use std::borrow::Cow;

use regex::Regex;

/// A pair of quotes: what opens and what closes.
pub(crate) type Quote = (char, char);

/// Why a text is refused: what in it is documented nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unclear {
    /// A quote is opened and not closed.
    #[error("`parse-kv` of a quote that does not end")]
    OpenQuote,
    /// An escape stands before a character that needs none.
    #[error("`parse-kv` of an escape before a character that is no quote")]
    Escape,
    /// In greedy mode a value is followed by a key that is not wanted.
    #[error("`parse-kv` in greedy mode of a text with a key that is not listed")]
    UnlistedKey,
    /// Without delimiters, words can be paired in more than one way.
    #[error("`parse-kv` without delimiters of a text whose words do not come in pairs")]
    Pairs,
}

/// How a text is divided.
#[derive(Debug)]
pub(crate) enum Division {
    /// `pair_delimiter` and `kv_delimiter`, neither empty; in greedy mode a value goes on to the next key.
    Delimiters {
        /// What stands between pairs.
        pair: String,
        /// What stands between a key and its value.
        key: String,
        /// Whether values may hold the delimiter of pairs.
        greedy: bool,
    },
    /// No delimiters: everything but letters and digits divides.
    Words,
    /// Each match of an expression is a pair: its first group is the key, its second the value.
    Pattern(Regex),
}

/// What a `parse-kv` looks for.
#[derive(Debug)]
pub(crate) struct KeyValues {
    /// The keys.
    pub(crate) keys: Vec<String>,
    /// How the text is divided.
    pub(crate) division: Division,
    /// The quotes that keys and values may stand in.
    pub(crate) quotes: Vec<Quote>,
    /// What may stand before a quote inside quotes.
    pub(crate) escapes: Vec<char>,
}

/// The value of each key; nothing where the text does not have it.
pub(crate) type Found<'t> = Vec<Option<Cow<'t, str>>>;

impl KeyValues {
    /// The values of the keys in a text; of several for one key the first.
    ///
    /// # Errors
    /// When it is documented nowhere what the text means.
    pub(crate) fn read<'t>(&self, text: &'t str) -> Result<Found<'t>, Unclear> {
        let mut found = vec![None; self.keys.len()];
        match &self.division {
            Division::Delimiters { pair, key, greedy } => {
                let reader = Reader {
                    keys: self,
                    text,
                    pair,
                    key,
                    greedy: *greedy,
                    next_key: Next::default(),
                    next_pair: Next::default(),
                };
                reader.read(&mut found)?;
            }
            Division::Words => self.words(text, &mut found)?,
            Division::Pattern(pattern) => {
                for groups in pattern.captures_iter(text) {
                    let group = |index| groups.get(index).map_or("", |group| group.as_str());
                    self.put(&mut found, group(1).trim(), group(2).trim().into());
                }
            }
        }
        Ok(found)
    }

    fn put<'t>(&self, found: &mut Found<'t>, key: &str, value: Cow<'t, str>) {
        let place = self.keys.iter().position(|wanted| wanted == key);
        if let Some(slot) = place.and_then(|place| found.get_mut(place)) {
            slot.get_or_insert(value);
        }
    }

    /// What stands in quotes at a place, and where it ends; nothing where no quote opens.
    fn quoted<'t>(
        &self,
        text: &'t str,
        start: usize,
    ) -> Result<Option<(Cow<'t, str>, usize)>, Unclear> {
        let rest = text.get(start..).unwrap_or_default();
        let Some(first) = rest.chars().next() else {
            return Ok(None);
        };
        let Some(quote) = self.quotes.iter().find(|(open, _)| *open == first) else {
            return Ok(None);
        };
        let begin = start + first.len_utf8();
        let mut unescaped: Option<String> = None;
        let mut characters = text.get(begin..).unwrap_or_default().char_indices();
        while let Some((at, character)) = characters.next() {
            if self.escapes.contains(&character) {
                let (_, escaped) = characters.next().ok_or(Unclear::OpenQuote)?;
                let is_special =
                    [quote.0, quote.1].contains(&escaped) || self.escapes.contains(&escaped);
                if !is_special {
                    return Err(Unclear::Escape);
                }
                let so_far = || text.get(begin..begin + at).unwrap_or_default().to_owned();
                unescaped.get_or_insert_with(so_far).push(escaped);
            } else if character == quote.1 {
                let end = begin + at + character.len_utf8();
                let plain = text.get(begin..begin + at).unwrap_or_default();
                let inner = unescaped.map_or(Cow::Borrowed(plain), Cow::Owned);
                return Ok(Some((inner, end)));
            } else if let Some(unescaped) = &mut unescaped {
                unescaped.push(character);
            }
        }
        Err(Unclear::OpenQuote)
    }

    /// A key is followed by its value. Whether words are paired two by two from the start, or a key can be any word, is not documented:
    /// where it makes a difference the text is refused.
    fn words<'t>(&self, text: &'t str, found: &mut Found<'t>) -> Result<(), Unclear> {
        let words = self.all_words(text)?;
        for [key, value] in words.as_chunks::<2>().0 {
            self.put(found, key, value.clone());
        }
        for (wanted, paired) in self.keys.iter().zip(found) {
            let place = words.iter().position(|word| word == wanted);
            let next = place.and_then(|place| words.get(place + 1));
            if next != paired.as_ref() {
                return Err(Unclear::Pairs);
            }
        }
        Ok(())
    }

    fn all_words<'t>(&self, text: &'t str) -> Result<Vec<Cow<'t, str>>, Unclear> {
        let mut words = Vec::new();
        let mut at = 0;
        while let Some(character) = text.get(at..).and_then(|rest| rest.chars().next()) {
            if let Some((word, end)) = self.quoted(text, at)? {
                words.push(word);
                at = end;
            } else if character.is_alphanumeric() {
                let rest = text.get(at..).unwrap_or_default();
                let length = rest.find(|character: char| !character.is_alphanumeric());
                let end = at + length.unwrap_or(rest.len());
                words.push(Cow::Borrowed(text.get(at..end).unwrap_or_default()));
                at = end;
            } else {
                at += character.len_utf8();
            }
        }
        Ok(words)
    }
}

/// Where a delimiter occurs next; it is looked for again only when the reader has passed it.
#[derive(Debug, Default)]
struct Next {
    known: Option<Option<usize>>,
}

impl Next {
    fn after(&mut self, text: &str, delimiter: &str, from: usize) -> Option<usize> {
        match self.known {
            Some(None) => None,
            Some(Some(place)) if place >= from => Some(place),
            _ => {
                let rest = text.get(from..).unwrap_or_default();
                let place = rest.find(delimiter).map(|place| from + place);
                self.known = Some(place);
                place
            }
        }
    }
}

/// Reads a text with delimiters.
struct Reader<'r, 't> {
    keys: &'r KeyValues,
    text: &'t str,
    pair: &'r str,
    key: &'r str,
    greedy: bool,
    next_key: Next,
    next_pair: Next,
}

impl<'t> Reader<'_, 't> {
    fn read(mut self, found: &mut Found<'t>) -> Result<(), Unclear> {
        let mut at = 0;
        while at < self.text.len() {
            let (key, after) = match self.key_at(at)? {
                Step::Skip(next) => {
                    at = next;
                    continue;
                }
                Step::Read(key, after) => (key, after),
            };
            let (value, next) = self.value_at(after)?;
            self.keys.put(found, &key, value);
            at = next;
        }
        Ok(())
    }

    /// The key at a place and where its value begins, or the place to go on where there is none.
    fn key_at(&mut self, at: usize) -> Result<Step<'t>, Unclear> {
        let start = self.after_spaces(at);
        if let Some((key, end)) = self.keys.quoted(self.text, start)? {
            let delimiter = self.after_spaces(end);
            let begins = self.rest(delimiter).starts_with(self.key);
            return Ok(match begins {
                true => Step::Read(key, delimiter + self.key.len()),
                false => Step::Skip(self.after_pair(end)),
            });
        }
        let Some(key_end) = self.next_key.after(self.text, self.key, at) else {
            return Ok(Step::Skip(self.text.len()));
        };
        match self.next_pair.after(self.text, self.pair, at) {
            Some(pair) if pair < key_end => Ok(Step::Skip(pair + self.pair.len())),
            _ => {
                let key = self.text.get(at..key_end).unwrap_or_default().trim();
                Ok(Step::Read(Cow::Borrowed(key), key_end + self.key.len()))
            }
        }
    }

    /// The value at a place, and where the next pair begins.
    fn value_at(&mut self, at: usize) -> Result<(Cow<'t, str>, usize), Unclear> {
        let start = match self.rest(at).starts_with(self.pair) {
            true => at,
            false => self.after_spaces(at),
        };
        if let Some((value, end)) = self.keys.quoted(self.text, start)? {
            return Ok((value, self.after_pair(end)));
        }
        let end = match self.greedy {
            true => self.greedy_end(at)?,
            false => self.next_pair.after(self.text, self.pair, at),
        };
        let end = end.unwrap_or(self.text.len());
        let value = self.text.get(at..end).unwrap_or_default().trim();
        let next = (end + self.pair.len()).min(self.text.len());
        Ok((Cow::Borrowed(value), next))
    }

    /// Where the delimiter before the next key stands.
    fn greedy_end(&mut self, at: usize) -> Result<Option<usize>, Unclear> {
        let mut from = at;
        while let Some(key_end) = self.next_key.after(self.text, self.key, from) {
            let between = self.text.get(from..key_end).unwrap_or_default();
            if let Some(pair) = between.rfind(self.pair) {
                let key_start = from + pair + self.pair.len();
                let key = self.text.get(key_start..key_end).unwrap_or_default().trim();
                return match self.keys.keys.iter().any(|wanted| wanted == key) {
                    true => Ok(Some(from + pair)),
                    false => Err(Unclear::UnlistedKey),
                };
            }
            from = key_end + self.key.len();
        }
        Ok(None)
    }

    fn rest(&self, at: usize) -> &'t str {
        self.text.get(at..).unwrap_or_default()
    }

    fn after_spaces(&self, at: usize) -> usize {
        let rest = self.rest(at);
        at + rest.len() - rest.trim_start().len()
    }

    fn after_pair(&mut self, at: usize) -> usize {
        let pair = self.next_pair.after(self.text, self.pair, at);
        pair.map_or(self.text.len(), |place| place + self.pair.len())
    }
}

enum Step<'t> {
    Read(Cow<'t, str>, usize),
    Skip(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(keys: &KeyValues, text: &str) -> Result<String, Unclear> {
        let found = keys.read(text)?;
        let shown: Vec<&str> = found
            .iter()
            .map(|value| value.as_deref().unwrap_or("-"))
            .collect();
        Ok(shown.join("|"))
    }

    fn key_values(division: Division) -> KeyValues {
        KeyValues {
            keys: ["a", "b", "c d"].map(str::to_owned).to_vec(),
            division,
            quotes: vec![('"', '"'), ('(', ')')],
            escapes: vec!['\\'],
        }
    }

    fn delimiters(pair: &str, key: &str, greedy: bool) -> Division {
        Division::Delimiters {
            pair: pair.to_owned(),
            key: key.to_owned(),
            greedy,
        }
    }

    #[test]
    fn texts_with_delimiters() {
        let comma = key_values(delimiters(",", ":", false));
        let space = key_values(delimiters(" ", "=", false));
        for (keys, text, expected) in [
            (&comma, "a: 1 , b:two words,c d: x", Ok("1|two words|x")),
            (&comma, "junk, a:1, a:2", Ok("1|-|-")),
            (&comma, "a:1:2,b:", Ok("1:2||-")),
            (&comma, "", Ok("-|-|-")),
            (&comma, "no pairs at all", Ok("-|-|-")),
            (&comma, "a:\"x,y\" tail, (c d) : (p:q)", Ok("x,y|-|p:q")),
            (
                &comma,
                r#"a:"say \"no\" \\ ",b:1"#,
                Ok(r#"say "no" \ |1|-"#),
            ),
            (&comma, r#"a:"open"#, Err(Unclear::OpenQuote)),
            (&comma, r#"a:"tab\t""#, Err(Unclear::Escape)),
            (&space, "a=1 2 b=3", Ok("1|3|-")),
            (&space, "a= b=3", Ok("|3|-")),
            (&space, "x \"c d\"=4  b=5", Ok("-|5|4")),
            (&space, "A=1 é=ü b=ß", Ok("-|ß|-")),
        ] {
            assert_eq!(read(keys, text), expected.map(str::to_owned), "{text}");
        }
    }

    #[test]
    fn greedy_values_go_on_to_the_next_key() {
        let greedy = key_values(delimiters(" ", "=", true));
        for (text, expected) in [
            ("a=1 2 3 b=x y", Ok("1 2 3|x y|-")),
            ("a=\"1 2\" b=x", Ok("1 2|x|-")),
            ("b=p?q=r a=1", Ok("1|p?q=r|-")),
            ("a=1 2 x=3 b=4", Err(Unclear::UnlistedKey)),
        ] {
            assert_eq!(read(&greedy, text), expected.map(str::to_owned), "{text}");
        }
    }

    #[test]
    fn texts_without_delimiters_and_with_a_pattern() {
        let words = key_values(Division::Words);
        for (text, expected) in [
            ("x-1 [a: 22, b=\"y z\"]", Ok("22|y z|-")),
            ("b 1 \"c d\" 2", Ok("-|1|2")),
            ("x a: 22", Err(Unclear::Pairs)),
            ("", Ok("-|-|-")),
        ] {
            assert_eq!(read(&words, text), expected.map(str::to_owned), "{text}");
        }
        let pattern = Regex::new(r"<([\w ]+)> *([^<]*)").unwrap();
        let pattern = key_values(Division::Pattern(pattern));
        let found = read(&pattern, "<a> 1 <c d >two <a>3");
        assert_eq!(found, Ok("1|-|two".to_owned()));
    }
}
