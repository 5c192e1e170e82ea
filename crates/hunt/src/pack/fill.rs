//! From a checked query to the texts that are asked.

use tesem_kql::literal;

use super::check::PreparedQuery;
use super::list::IndicatorList;
use super::parts::{self, ListValues, PackPart};
use super::template::{Slot, Template};
use crate::intake::Intake;
use crate::query::TimeWindow;

/// A query with its values, ready to be written.
#[derive(Debug)]
pub(crate) struct Filler<'a> {
    query: &'a PreparedQuery,
    template: Template,
    window: TimeWindow,
    pub(crate) lists: Vec<ListValues>,
}

impl<'a> Filler<'a> {
    pub(crate) fn new(query: &'a PreparedQuery, intake: &Intake, window: TimeWindow) -> Self {
        let template = query.template();
        let lists = template
            .lists()
            .into_iter()
            .map(|list| ListValues {
                list,
                values: list
                    .values(intake, query.feed.as_deref(), query.label.as_deref())
                    .into_iter()
                    .map(|(_, value)| value)
                    .collect(),
            })
            .collect();
        Self {
            query,
            template,
            window,
            lists,
        }
    }

    /// A list without a value, for which there is nothing to ask.
    pub(crate) fn empty_list(&self) -> Option<IndicatorList> {
        let empty = self.lists.iter().find(|list| list.values.is_empty());
        empty.map(|list| list.list)
    }

    /// Whether the query may be asked in parts: not where it asks for what is in none of the values.
    pub(crate) fn may_be_parted(&self) -> bool {
        self.template.negated.is_empty()
    }

    /// The parts in which it is asked: their texts have at most `bytes_max` bytes, and each combination of values of different lists
    /// is in exactly one.
    ///
    /// # Errors
    /// What does not fit, as a sentence.
    pub(crate) fn parts(&self, bytes_max: usize) -> Result<Vec<PackPart>, String> {
        let fixed = self.write(|_| &[]).len();
        let costs: Vec<Vec<usize>> = self.lists.iter().map(|list| self.costs(list)).collect();
        let whole = fixed + costs.iter().flatten().sum::<usize>();
        if whole > bytes_max && !self.may_be_parted() {
            return Err(format!(
                "its text has {whole} bytes, and a query that excludes a list cannot be asked in parts; \
                 give fewer indicators or a larger --query-bytes (now {bytes_max})"
            ));
        }
        parts::divide(&costs, fixed, bytes_max).ok_or_else(|| {
            format!("its text does not fit into {bytes_max} bytes; give a larger --query-bytes")
        })
    }

    /// What each value of the list takes in the text, wherever the list stands.
    fn costs(&self, list: &ListValues) -> Vec<usize> {
        let here = Slot::List(list.list);
        let pieces = self.template.pieces.iter();
        let times = pieces.filter(|piece| piece.slot == here).count();
        let cost = |value: &String| times * (literal::string_length(value) + 1);
        list.values.iter().map(cost).collect()
    }

    /// The text of a part.
    pub(crate) fn text(&self, part: &PackPart) -> String {
        self.write(|list| self.values(part, list))
    }

    /// The values of a list in a part.
    fn values(&self, part: &PackPart, list: IndicatorList) -> &[String] {
        let position = self.lists.iter().position(|known| known.list == list);
        let values = position.and_then(|position| {
            let range = part.ranges.get(position)?.clone();
            self.lists.get(position)?.values.get(range)
        });
        values.unwrap_or_default()
    }

    fn write<'v>(&self, values: impl Fn(IndicatorList) -> &'v [String]) -> String {
        let value = |slot: &Slot| match slot {
            Slot::List(list) => literal::dynamic_array(values(*list).iter().map(String::as_str)),
            Slot::WindowStart => literal::datetime(self.window.start),
            Slot::WindowEnd => literal::datetime(self.window.end),
            Slot::Parameter(name) => self.query.parameter(name),
        };
        self.template.write(value).text
    }
}
