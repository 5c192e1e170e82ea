//! The query part of an address.

use super::QueryFault;
use super::expression::Expression;
use super::parse::{parse, unknown_property};
use super::set::{EntitySet, Kind};
use crate::options::{SelectAndOrder, UnverifiedBehaviour};

/// Most properties in `$orderby` and `$select`.
const NAMES_MAX: usize = 100;

/// The options of one call.
#[derive(Debug, Default)]
pub(crate) struct QueryOptions {
    pub(crate) filter: Option<Expression>,
    pub(crate) top: Option<usize>,
    pub(crate) skip: usize,
    /// Name, kind, descending.
    pub(crate) order: Vec<(&'static str, Kind, bool)>,
    /// Empty for all.
    pub(crate) select: Vec<&'static str>,
    pub(crate) expand: Vec<&'static str>,
    pub(crate) counts: bool,
    /// What another part of the service reads: names without `$`, as they came.
    pub(crate) others: Vec<(String, String)>,
}

impl QueryOptions {
    /// Reads the query of a call on `set`.
    pub(crate) fn read(
        query: &str,
        set: &'static EntitySet,
        unverified: &UnverifiedBehaviour,
    ) -> Result<Self, QueryFault> {
        let mut options = Self::default();
        let mut seen: Vec<String> = Vec::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            if !name.starts_with('$') {
                options.others.push((name.into_owned(), value.into_owned()));
                continue;
            }
            if seen.iter().any(|other| *other == name) {
                return Err(QueryFault::new(format!(
                    "Query option '{name}' was specified more than once, but it must be specified at most once."
                )));
            }
            options.set(&name, &value, set, unverified)?;
            seen.push(name.into_owned());
        }
        Ok(options)
    }

    fn set(
        &mut self,
        name: &str,
        value: &str,
        set: &'static EntitySet,
        unverified: &UnverifiedBehaviour,
    ) -> Result<(), QueryFault> {
        let is_offered = unverified.select_and_order == SelectAndOrder::Evaluated;
        match name {
            "$filter" => self.filter = Some(parse(value, set)?),
            "$top" => self.top = Some(top(value, set.page_rows)?),
            "$skip" | "$skiptoken" => self.skip = number(name, value)?,
            "$count" => self.counts = flag(name, value)?,
            "$expand" => self.expand = expand(value, set)?,
            "$orderby" if is_offered => self.order = order(value, set)?,
            "$select" if is_offered => self.select = select(value, set)?,
            _ => {
                return Err(QueryFault::new(format!(
                    "The query parameter '{name}' is not supported."
                )));
            }
        }
        Ok(())
    }
}

fn number(name: &str, value: &str) -> Result<usize, QueryFault> {
    value.parse().map_err(|_| {
        QueryFault::new(format!(
            "Invalid value '{value}' for {name} query option found. The {name} query option requires a non-negative integer value."
        ))
    })
}

fn top(value: &str, most: usize) -> Result<usize, QueryFault> {
    let top = number("$top", value)?;
    if top <= most {
        return Ok(top);
    }
    Err(QueryFault::new(format!(
        "The limit of '{most}' for Top query has been exceeded. The value from the incoming request is '{top}'."
    )))
}

fn flag(name: &str, value: &str) -> Result<bool, QueryFault> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(QueryFault::new(format!(
            "Invalid value '{value}' for {name} query option found. Valid values are 'true' and 'false'."
        ))),
    }
}

fn expand(value: &str, set: &'static EntitySet) -> Result<Vec<&'static str>, QueryFault> {
    let known = |name: &str| {
        let found = set.expandable.iter().find(|known| **known == name);
        found.copied().ok_or_else(|| {
            QueryFault::new(format!(
                "The property '{name}' cannot be used in the $expand query option."
            ))
        })
    };
    names(value)?.into_iter().map(known).collect()
}

fn select(value: &str, set: &'static EntitySet) -> Result<Vec<&'static str>, QueryFault> {
    let known = |name: &str| {
        let found = set.property(name).map(|property| property.name);
        found.ok_or_else(|| unknown_property(name, set))
    };
    names(value)?.into_iter().map(known).collect()
}

fn order(
    value: &str,
    set: &'static EntitySet,
) -> Result<Vec<(&'static str, Kind, bool)>, QueryFault> {
    let known = |term: &str| {
        let mut words = term.split_ascii_whitespace();
        let name = words.next().unwrap_or_default();
        let descends = match (words.next(), words.next()) {
            (None | Some("asc"), None) => false,
            (Some("desc"), None) => true,
            _ => {
                return Err(QueryFault::new(format!(
                    "syntax error in $orderby: '{term}'."
                )));
            }
        };
        let property = set
            .property(name)
            .ok_or_else(|| unknown_property(name, set))?;
        if matches!(property.kind, Kind::Nested | Kind::Texts) {
            return Err(QueryFault::new(format!(
                "The property '{name}' cannot be used in the $orderby query option."
            )));
        }
        Ok((property.name, property.kind, descends))
    };
    names(value)?.into_iter().map(known).collect()
}

fn names(value: &str) -> Result<Vec<&str>, QueryFault> {
    let names: Vec<&str> = value.split(',').map(str::trim).collect();
    if names.len() > NAMES_MAX {
        return Err(QueryFault::new(format!(
            "more than {NAMES_MAX} properties are named."
        )));
    }
    Ok(names)
}
