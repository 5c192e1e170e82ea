//! Aggregate functions made from a state that holds all groups.
//!
//! An aggregate implements [`Groups`]; [`aggregate`] makes a DataFusion call of it that works with
//! and without groups, in one step and in two.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, ScalarValue, exec_err};
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, Expr, GroupsAccumulator, Signature,
    Volatility,
};

type Outcome<T> = Result<T, DataFusionError>;

/// The state of an aggregate for groups that are numbered from 0.
pub(super) trait Groups: Send + Sync {
    /// Makes room for so many groups in all.
    fn grow(&mut self, groups: usize);

    /// Takes in rows: `rows` says for each of them its place in `values` and its group.
    ///
    /// # Errors
    /// When the values are of the wrong type.
    fn update(
        &mut self,
        values: &[ArrayRef],
        rows: &mut dyn Iterator<Item = (usize, usize)>,
    ) -> Outcome<()>;

    /// Takes in states: row `i` of them belongs to `groups[i]`.
    ///
    /// # Errors
    /// When the states are of the wrong type.
    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Outcome<()>;

    /// The results of the first `count` groups, which are then forgotten.
    ///
    /// # Errors
    /// When a result cannot be made.
    fn evaluate(&mut self, count: usize) -> Outcome<ArrayRef>;

    /// The states of the first `count` groups, which are then forgotten.
    ///
    /// # Errors
    /// When a state cannot be made.
    fn state(&mut self, count: usize) -> Outcome<Vec<ArrayRef>>;

    /// How many groups there are.
    fn len(&self) -> usize;

    /// Bytes held, roughly.
    fn size(&self) -> usize;
}

/// What an aggregate is made of.
pub(super) struct Definition {
    /// Shows in plans only.
    pub(super) name: &'static str,
    /// The type of the result.
    pub(super) returns: DataType,
    /// The types of the states.
    pub(super) states: Vec<DataType>,
    /// Makes a state without groups.
    pub(super) make: Box<dyn Fn() -> Box<dyn Groups> + Send + Sync>,
}

/// A call of the aggregate on the arguments, over the rows where the filter is true.
pub(super) fn aggregate(
    definition: Definition,
    arguments: Vec<Expr>,
    filter: Option<Expr>,
) -> Expr {
    let function = Function {
        signature: Signature::variadic_any(Volatility::Immutable),
        definition: Arc::new(definition),
    };
    let function = Arc::new(AggregateUDF::new_from_impl(function));
    let filter = filter.map(Box::new);
    let call = AggregateFunction::new_udf(function, arguments, false, filter, Vec::new(), None);
    Expr::AggregateFunction(call)
}

/// Two functions are equal when they share the definition.
struct Function {
    signature: Signature,
    definition: Arc<Definition>,
}

impl Function {
    fn identity(&self) -> usize {
        Arc::as_ptr(&self.definition).addr()
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function")
            .field("name", &self.definition.name)
            .finish_non_exhaustive()
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

impl AggregateUDFImpl for Function {
    fn name(&self) -> &str {
        self.definition.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _argument_types: &[DataType]) -> Outcome<DataType> {
        Ok(self.definition.returns.clone())
    }

    fn accumulator(&self, _arguments: AccumulatorArgs<'_>) -> Outcome<Box<dyn Accumulator>> {
        Ok(Box::new(OneGroup((self.definition.make)())))
    }

    fn state_fields(&self, arguments: StateFieldsArgs<'_>) -> Outcome<Vec<FieldRef>> {
        let field = |(place, data_type): (usize, &DataType)| {
            let name = format!("{}[state {place}]", arguments.name);
            Arc::new(Field::new(name, data_type.clone(), true))
        };
        Ok(self
            .definition
            .states
            .iter()
            .enumerate()
            .map(field)
            .collect())
    }

    fn groups_accumulator_supported(&self, _arguments: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(
        &self,
        _arguments: AccumulatorArgs<'_>,
    ) -> Outcome<Box<dyn GroupsAccumulator>> {
        let groups = (self.definition.make)();
        Ok(Box::new(ManyGroups {
            groups,
            definition: Arc::clone(&self.definition),
        }))
    }
}

/// The state behind a `summarize` without keys.
struct OneGroup(Box<dyn Groups>);

impl fmt::Debug for OneGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneGroup")
    }
}

impl Accumulator for OneGroup {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Outcome<()> {
        let rows = values.first().map_or(0, Array::len);
        self.0.grow(1);
        self.0.update(values, &mut (0..rows).map(|row| (row, 0)))
    }

    fn evaluate(&mut self) -> Outcome<ScalarValue> {
        self.0.grow(1);
        ScalarValue::try_from_array(&self.0.evaluate(1)?, 0)
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.0.size()
    }

    fn state(&mut self) -> Outcome<Vec<ScalarValue>> {
        self.0.grow(1);
        let states = self.0.state(1)?;
        states
            .iter()
            .map(|state| ScalarValue::try_from_array(state, 0))
            .collect()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Outcome<()> {
        let rows = states.first().map_or(0, Array::len);
        self.0.grow(1);
        self.0.merge(states, &vec![0; rows])
    }
}

/// The state behind a `summarize` with keys.
struct ManyGroups {
    groups: Box<dyn Groups>,
    definition: Arc<Definition>,
}

impl ManyGroups {
    fn emitted(&self, emit: EmitTo) -> usize {
        match emit {
            EmitTo::All => self.groups.len(),
            EmitTo::First(count) => count,
        }
    }
}

/// The rows that a filter lets through, with their groups.
fn kept<'a>(
    groups: &'a [usize],
    filter: Option<&'a BooleanArray>,
) -> impl Iterator<Item = (usize, usize)> + 'a {
    let passes =
        move |row: usize| filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row));
    groups
        .iter()
        .enumerate()
        .filter(move |(row, _)| passes(*row))
        .map(|(row, &group)| (row, group))
}

impl GroupsAccumulator for ManyGroups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Outcome<()> {
        self.groups.grow(total_groups);
        self.groups.update(values, &mut kept(group_indices, filter))
    }

    fn evaluate(&mut self, emit: EmitTo) -> Outcome<ArrayRef> {
        self.groups.evaluate(self.emitted(emit))
    }

    fn state(&mut self, emit: EmitTo) -> Outcome<Vec<ArrayRef>> {
        self.groups.state(self.emitted(emit))
    }

    fn merge_batch(
        &mut self,
        states: &[ArrayRef],
        group_indices: &[usize],
        total_groups: usize,
    ) -> Outcome<()> {
        self.groups.grow(total_groups);
        self.groups.merge(states, group_indices)
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Outcome<Vec<ArrayRef>> {
        let Some(first) = values.first() else {
            return exec_err!("{}() has no argument", self.definition.name);
        };
        let groups: Vec<usize> = (0..first.len()).collect();
        let mut each = (self.definition.make)();
        each.grow(groups.len());
        each.update(values, &mut kept(&groups, filter))?;
        each.state(groups.len())
    }

    fn size(&self) -> usize {
        self.groups.size()
    }
}

/// The argument or state at a place.
pub(super) fn column(values: &[ArrayRef], place: usize) -> Outcome<&ArrayRef> {
    match values.get(place) {
        Some(column) => Ok(column),
        None => exec_err!("an aggregate was called without its argument {place}"),
    }
}
