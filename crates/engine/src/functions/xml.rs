//! `parse_xml`: XML as a dynamic.
//!
//! | XML | JSON |
//! | --- | --- |
//! | `<e/>` | `{"e":null}` |
//! | `<e>text</e>` | `{"e":"text"}` |
//! | `<e name="value"/>` | `{"e":{"@name":"value"}}` |
//! | `<e name="value">text</e>` | `{"e":{"@name":"value","#text":"text"}}` |
//! | `<e><a>text</a><b>text</b></e>` | `{"e":{"a":"text","b":"text"}}` |
//! | `<e><a>text</a><a>text</a></e>` | `{"e":{"a":["text","text"]}}` |
//! | `<e>text<a>text</a></e>` | `{"e":{"#text":"text","a":"text"}}` |
//!
//! Source: learn.microsoft.com/kusto/query/parse-xml-function.

use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::text::text_at;
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::{DEPTH_MAX, Dynamic, DynamicValue, encode};
use crate::kernel;
use crate::kernels::rows;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[function(
    "parse_xml",
    1..=1,
    ResultName::FirstArgument,
    parse_xml,
)];

/// `parse_xml(text)`: null where the text is not well-formed XML.
///
/// Source: learn.microsoft.com/kusto/query/parse-xml-function.
fn parse_xml(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let inputs = vec![Arguments::new(context, arguments).string_or_dynamic()?];
    Ok(kernel::call(
        "parse_xml",
        inputs,
        ScalarType::Dynamic,
        context.span,
        |input| {
            let texts = input.strings(0)?;
            rows::dynamics(input.rows, |row, writer| {
                if let Some(tree) = document(text_at(&texts, row)) {
                    writer.value_of(Dynamic::new(&encode(&tree)));
                }
                Ok(())
            })
        },
    ))
}

/// The one element of a document, in a bag under its name.
fn document(text: &str) -> Option<DynamicValue> {
    let mut reader = Reader { rest: text };
    reader.skip_misc()?;
    let (name, value) = reader.element(DEPTH_MAX / 2)?;
    reader.skip_misc()?;
    reader
        .rest
        .is_empty()
        .then(|| DynamicValue::bag([(name, value)]))
}

struct Reader<'a> {
    rest: &'a str,
}

/// What an element holds, in the order in which names came first.
#[derive(Default)]
struct Content<'a> {
    members: Vec<(String, Vec<DynamicValue>)>,
    /// Where the member of a name is.
    places: std::collections::HashMap<&'a str, usize>,
}

impl<'a> Content<'a> {
    fn add(&mut self, key: &'a str, shown: String, value: DynamicValue) {
        let next = self.members.len();
        let place = *self.places.entry(key).or_insert(next);
        match self.members.get_mut(place) {
            Some((_, values)) => values.push(value),
            None => self.members.push((shown, vec![value])),
        }
    }

    fn into_value(self) -> DynamicValue {
        let one_or_all = |mut values: Vec<DynamicValue>| match values.len() {
            1 => values.pop().unwrap_or_default(),
            _ => DynamicValue::Array(values),
        };
        let mut members: Vec<(String, DynamicValue)> = self
            .members
            .into_iter()
            .map(|(name, values)| (name, one_or_all(values)))
            .collect();
        match members.as_slice() {
            [] => DynamicValue::Null,
            [(name, _)] if name == "#text" => {
                members.pop().map(|(_, text)| text).unwrap_or_default()
            }
            _ => DynamicValue::Bag(members),
        }
    }
}

impl<'a> Reader<'a> {
    fn take(&mut self, prefix: &str) -> bool {
        match self.rest.strip_prefix(prefix) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn until(&mut self, end: &str) -> Option<&'a str> {
        let (before, after) = self.rest.split_once(end)?;
        self.rest = after;
        Some(before)
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Skips white space, comments, declarations and the document type.
    fn skip_misc(&mut self) -> Option<()> {
        loop {
            self.space();
            if self.take("<!--") {
                self.until("-->")?;
            } else if self.take("<?") {
                self.until("?>")?;
            } else if self.take("<!DOCTYPE") {
                // Entities of its own could make a small text huge: such documents are refused.
                let doctype = self.until(">")?;
                if doctype.contains('[') {
                    return None;
                }
            } else {
                return Some(());
            }
        }
    }

    fn name(&mut self) -> Option<&'a str> {
        let is_name = |character: char| character.is_alphanumeric() || "_:-.".contains(character);
        let end = self
            .rest
            .find(|character| !is_name(character))
            .unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        let starts_well =
            name.starts_with(|first: char| first.is_alphabetic() || first == '_' || first == ':');
        starts_well.then_some(name)
    }

    /// Reads an element: its name and what it holds.
    fn element(&mut self, depth_left: usize) -> Option<(&'a str, DynamicValue)> {
        let depth_left = depth_left.checked_sub(1)?;
        if !self.take("<") {
            return None;
        }
        let name = self.name()?;
        let mut content = Content::default();
        loop {
            self.space();
            if self.take("/>") {
                return Some((name, content.into_value()));
            }
            if self.take(">") {
                break;
            }
            self.attribute(&mut content)?;
        }
        self.children(name, depth_left, &mut content)?;
        Some((name, content.into_value()))
    }

    fn attribute(&mut self, content: &mut Content<'a>) -> Option<()> {
        let start = self.rest;
        let name = self.name()?;
        self.space();
        if !self.take("=") {
            return None;
        }
        self.space();
        let quote = if self.take("\"") {
            "\""
        } else if self.take("'") {
            "'"
        } else {
            return None;
        };
        let value = self.until(quote)?;
        // The key reaches over the equals sign, so that no element has the same one.
        let key = start.get(..name.len() + 1)?;
        content.add(
            key,
            format!("@{name}"),
            DynamicValue::String(unescaped(value)?),
        );
        Some(())
    }

    fn children(&mut self, name: &str, depth_left: usize, content: &mut Content<'a>) -> Option<()> {
        loop {
            let end = self.rest.find('<')?;
            let (text, rest) = self.rest.split_at_checked(end)?;
            self.rest = rest;
            if !text.trim().is_empty() {
                content.add(
                    "#text",
                    "#text".to_owned(),
                    DynamicValue::String(unescaped(text)?),
                );
            }
            if self.take("</") {
                let closed = self.name()? == name;
                self.space();
                return (closed && self.take(">")).then_some(());
            }
            if self.take("<!--") {
                self.until("-->")?;
            } else if self.take("<![CDATA[") {
                let data = self.until("]]>")?.to_owned();
                content.add(
                    "#cdata-section",
                    "#cdata-section".to_owned(),
                    DynamicValue::String(data),
                );
            } else if self.take("<?") {
                self.until("?>")?;
            } else {
                let (child, value) = self.element(depth_left)?;
                content.add(child, child.to_owned(), value);
            }
        }
    }
}

/// Text with its entities replaced; none where one is not known.
fn unescaped(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        let (entity, after) = after.split_once(';')?;
        out.push_str(before);
        out.push(match entity {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "apos" => '\'',
            _ => numbered(entity)?,
        });
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

fn numbered(entity: &str) -> Option<char> {
    let digits = entity.strip_prefix('#')?;
    let number = match digits.strip_prefix('x') {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
        None => digits.parse(),
    };
    char::from_u32(number.ok()?)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{json, text};

    #[test]
    fn documented_forms() {
        for (xml, expected) in [
            ("<e/>", r#"{"e":null}"#),
            ("<e></e>", r#"{"e":null}"#),
            ("<e>text</e>", r#"{"e":"text"}"#),
            (r#"<e name="value" />"#, r#"{"e":{"@name":"value"}}"#),
            (
                r#"<e name="value">text</e>"#,
                r##"{"e":{"@name":"value","#text":"text"}}"##,
            ),
            (
                "<e> <a>text</a> <b>text</b></e>",
                r#"{"e":{"a":"text","b":"text"}}"#,
            ),
            (
                "<e><a>1</a><b/><a>2</a></e>",
                r#"{"e":{"a":["1","2"],"b":null}}"#,
            ),
            (
                "<e>text<a>text</a></e>",
                r##"{"e":{"#text":"text","a":"text"}}"##,
            ),
            (
                r#"<?xml version="1.0"?><!-- c --><e a='&lt;&#65;&#x42;'>&amp;</e>"#,
                r##"{"e":{"@a":"<AB","#text":"&"}}"##,
            ),
            (
                r#"<e name="1"><name>2</name></e>"#,
                r#"{"e":{"@name":"1","name":"2"}}"#,
            ),
            (
                r#"<EventData><Data Name="A">1</Data><Data Name="B"/></EventData>"#,
                r##"{"EventData":{"Data":[{"@Name":"A","#text":"1"},{"@Name":"B"}]}}"##,
            ),
        ] {
            assert_eq!(json("parse_xml", &[text(xml)]), expected, "{xml}");
        }
    }

    #[test]
    fn what_is_not_well_formed_is_null() {
        let deep = "<a>".repeat(10_000) + &"</a>".repeat(10_000);
        for xml in [
            "",
            "text",
            "<e>",
            "<e></f>",
            "<e a=1/>",
            "<e/><f/>",
            "<e>&unknown;</e>",
            "<e>&",
            "<!DOCTYPE x [<!ENTITY a \"b\">]><e/>",
            &deep,
        ] {
            assert_eq!(
                json("parse_xml", &[text(xml)]),
                "null",
                "{}",
                &xml[..xml.len().min(40)]
            );
        }
    }
}
