//! Whether a text is a list or running text.

use super::InputForm;
use super::list::{Line, items};

/// How many lines are looked at.
const LINES_LOOKED_AT: usize = 200;

/// The form of a text, by the rule that [`InputForm::Auto`] states.
pub(super) fn guess(text: &str) -> InputForm {
    let telling = text
        .lines()
        .map(Line::of)
        .filter(|line| !line.item.is_empty())
        .take(LINES_LOOKED_AT);
    let (mut all, mut listed) = (0_usize, 0_usize);
    for line in telling {
        all += 1;
        listed += usize::from(looks_listed(&line));
    }
    if listed * 2 >= all {
        InputForm::List
    } else {
        InputForm::Text
    }
}

/// A line of a list is one word, recognised or not, or has an item in a cell.
fn looks_listed(line: &Line<'_>) -> bool {
    let is_word = !line.item.contains(char::is_whitespace) && !line.item.contains(['<', '{', '"']);
    is_word || items(line.item).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_follows_the_majority_of_lines() {
        let cases = [
            ("nothing at all", "", InputForm::List),
            ("one defanged item", "evil[.]com", InputForm::List),
            (
                "a list with a comment",
                "# C2\nevil.com\n1.2.3.4 # seen\n",
                InputForm::List,
            ),
            (
                "a table",
                "value,type\nevil.com,a domain\n8.8.8.8,an address\n",
                InputForm::List,
            ),
            (
                "a sentence",
                "The actor used evil[.]com and 8.8.8.8.",
                InputForm::Text,
            ),
            (
                "JSON",
                "{\n  \"value\": \"evil.com\",\n  \"type\": \"domain\"\n}",
                InputForm::Text,
            ),
            (
                "mostly garbage words",
                "foo\nbar\nevil.com\nbaz",
                InputForm::List,
            ),
        ];
        for (name, text, expected) in cases {
            assert_eq!(guess(text), expected, "{name}");
        }
    }
}
