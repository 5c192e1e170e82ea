//! Plain text: a value a line, or running text.

use std::io::BufRead;

use tesem_observable::{Extracted, Extractor, recognise};

use super::lines::{self, LINE_BYTES_MAX, Line};
use crate::fetch::Input;
use crate::output::Output;
use crate::{Problem, RefusedBecause};

/// A list of values, or a text that holds some.
#[derive(Debug, Clone, Default)]
pub struct TextFeed {
    /// Running text, out of which observables are taken, in place of a value a line.
    pub running: bool,
    /// What starts a comment. `#`, `;` and `//` where nothing is given.
    pub comments: Vec<String>,
    /// A label of the [WHATWG standard](https://encoding.spec.whatwg.org), such as `windows-1251`; else it is found out.
    pub encoding: Option<String>,
}

const COMMENTS: [&str; 3] = ["#", ";", "//"];

impl TextFeed {
    pub(super) fn read(&self, input: Input, output: &mut Output) -> Result<(), Problem> {
        let what = output.document().to_owned();
        if !self.running {
            input.refuse_html(&what, "a list of values")?;
        }
        let mut reader = lines::decoded(input, self.encoding.as_deref(), &what)?;
        match self.running {
            true => running(&mut *reader, output),
            false => self.lines(&mut *reader, output),
        }
    }

    fn lines(&self, reader: &mut dyn BufRead, output: &mut Output) -> Result<(), Problem> {
        let own: Vec<&str> = self.comments.iter().map(String::as_str).collect();
        let marks = if own.is_empty() {
            COMMENTS.as_slice()
        } else {
            own.as_slice()
        };
        each_line(reader, output, |number, line, output| {
            let value = without_comment(line, marks);
            match value.is_empty() {
                true => {
                    output.context(if line.trim().is_empty() {
                        "empty line"
                    } else {
                        "comment"
                    });
                    Ok(())
                }
                false => output.value(number, recognise(of_hosts_file(value)), None),
            }
        })
    }
}

/// Hands on each line with its number; lines that are too long are refused.
pub(super) fn each_line(
    reader: &mut dyn BufRead,
    output: &mut Output,
    mut take: impl FnMut(u64, &str, &mut Output) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let what = output.document().to_owned();
    let mut line = Vec::new();
    for number in 1.. {
        match lines::next(reader, &mut line).map_err(|error| Problem::reading(&what, &error))? {
            Line::End => break,
            Line::Whole => take(number, &lines::text(&line), output)?,
            Line::TooLong => {
                let reason = RefusedBecause::TooLong(LINE_BYTES_MAX);
                output.refused(number, &lines::text(&line), reason)?;
            }
        }
    }
    Ok(())
}

/// The line before a comment. A mark within a value, as in a URL's fragment, starts none.
fn without_comment<'l>(line: &'l str, marks: &[&str]) -> &'l str {
    let line = line.trim();
    let starts = |mark: &&str| {
        let mut places = line.match_indices(*mark).map(|(at, _)| at);
        places.find(|at| {
            *at == 0
                || line
                    .get(..*at)
                    .is_some_and(|before| before.ends_with(char::is_whitespace))
        })
    };
    let end = marks.iter().filter_map(starts).min().unwrap_or(line.len());
    line.get(..end).unwrap_or_default().trim_end()
}

/// In a hosts file, which blocks names by sending them nowhere, the name is meant.
fn of_hosts_file(value: &str) -> &str {
    let mut words = value.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some("0.0.0.0" | "127.0.0.1" | "::" | "::1"), Some(name), None) => name,
        _ => value,
    }
}

/// Most bytes of running text that are looked at together.
const PART_BYTES: usize = 4 << 20;

fn running(reader: &mut dyn BufRead, output: &mut Output) -> Result<(), Problem> {
    let mut part = String::new();
    let (mut first, mut next) = (1, 1);
    each_line(reader, output, |number, line, output| {
        part.push_str(line);
        part.push('\n');
        next = number + 1;
        if part.len() >= PART_BYTES {
            extract(&part, first, output)?;
            part.clear();
            first = next;
        }
        Ok(())
    })?;
    extract(&part, first, output)
}

fn extract(text: &str, first_line: u64, output: &mut Output) -> Result<(), Problem> {
    for item in Extractor::new(text) {
        match item {
            Extracted::Found(found) => {
                output.found(first_line - 1 + found.line as u64, found.observable, None)?;
            }
            Extracted::Refused(refused) => {
                let refusal = tesem_observable::Refusal::new(refused.text, refused.reason);
                output.value(first_line - 1 + refused.line as u64, Err(refusal), None)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_end_values_but_are_not_found_within_them() {
        let cases = [
            ("evil.com # seen", "evil.com"),
            ("# evil.com", ""),
            ("http://evil.com/a#b", "http://evil.com/a#b"),
            ("http://evil.com/a;b ; note", "http://evil.com/a;b"),
            ("https://evil.com//x", "https://evil.com//x"),
            ("   ", ""),
        ];
        for (line, expected) in cases {
            assert_eq!(without_comment(line, &COMMENTS), expected, "{line}");
        }
    }

    #[test]
    fn the_name_of_a_hosts_file_is_meant() {
        assert_eq!(of_hosts_file("0.0.0.0 evil.com"), "evil.com");
        assert_eq!(of_hosts_file("1.2.3.4"), "1.2.3.4");
        assert_eq!(of_hosts_file("0.0.0.0"), "0.0.0.0");
    }
}
