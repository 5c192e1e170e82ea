//! `ipv4_lookup` and `ipv6_lookup`: rows of a table of networks beside the rows whose address lies in them.
//!
//! A row that lies in several networks comes once for each. Source: learn.microsoft.com/kusto/query/ipv4-lookup-plugin and
//! …/ipv6-lookup-plugin.

use datafusion::arrow::array::{ArrayRef, AsArray, RecordBatch, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::common::DataFusionError;
use tesem_kql::ast::{Expr, ExprKind, Literal};
use tesem_kql::types::ScalarType;

use super::address_index::{AddressIndex, Network};
use super::bag_unpack::known;
use super::call::Call;
use crate::binder::fault::{Bind, Fault};
use crate::binder::names::Names;
use crate::binder::relation::Relation;
use crate::binder::row::Row;
use crate::binder::tabular::visible;
use crate::catalog::Column;
use crate::error::codes;
use crate::functions::{addresses, addresses_v6};
use crate::types::value_at;

/// How many rows a lookup may give.
const ROWS_MAX: usize = 20_000_000;

/// What the two plugins differ in.
struct Family {
    width: u32,
    parse: fn(&str) -> Option<Network>,
    /// Recorded answers have the columns of the networks first for IPv6, and behind the others for IPv4.
    lookup_first: bool,
    takes_extra_keys: bool,
}

pub(super) fn bind_v4(call: &Call<'_, '_, '_>, input: &Relation) -> Bind<Relation> {
    let family = Family {
        width: 32,
        parse: |text| addresses::v4(text).map(|address| (u128::from(address.bits), address.prefix)),
        lookup_first: false,
        takes_extra_keys: true,
    };
    bind(call, input, &family)
}

pub(super) fn bind_v6(call: &Call<'_, '_, '_>, input: &Relation) -> Bind<Relation> {
    let family = Family {
        width: 128,
        parse: |text| addresses_v6::v6_compared(text).map(|address| (address.bits, address.prefix)),
        lookup_first: true,
        takes_extra_keys: false,
    };
    bind(call, input, &family)
}

/// One side: its columns and rows, and the keys among them.
struct Side {
    columns: Vec<Column>,
    rows: RecordBatch,
    address: usize,
    extra: Vec<usize>,
}

fn bind(call: &Call<'_, '_, '_>, input: &Relation, family: &Family) -> Bind<Relation> {
    call.check(usize::MAX, &["return_unmatched"])?;
    call.without_schema()?;
    let networks = call.binder.table(call.scope, call.required(0)?)?;
    let (extra, unmatched) = rest(call, family)?;
    let source = side(call, input, call.required(1)?, &extra)?;
    let lookup = side(call, &networks, call.required(2)?, &extra)?;
    same_types(call, &source, &lookup)?;
    let (left, right) = pairs(call, &source, &lookup, family, unmatched)?;
    let left = UInt32Array::from(left);
    let right = UInt32Array::from(right);
    let source_arrays = taken(source.rows.columns(), &left)?;
    let mut names = Names::with_taken(source.columns.iter().map(|column| column.name.as_str()));
    let mut looked_up = Vec::new();
    for (index, (column, array)) in lookup
        .columns
        .iter()
        .zip(taken(lookup.rows.columns(), &right)?)
        .enumerate()
    {
        if !lookup.extra.contains(&index) {
            let name = names.derived(&column.name);
            if family.lookup_first && name != column.name {
                return Err(call.not_supported("columns of one name on both sides"));
            }
            looked_up.push((Column::new(name, column.scalar_type), array));
        }
    }
    let source: Vec<_> = source.columns.into_iter().zip(source_arrays).collect();
    let output = match family.lookup_first {
        true => looked_up.into_iter().chain(source),
        false => source.into_iter().chain(looked_up),
    };
    let (columns, arrays): (Vec<Column>, Vec<ArrayRef>) = output.unzip();
    known(call, &columns, arrays, left.len())
}

/// The further keys, and whether rows without a network stay.
fn rest<'q>(call: &Call<'_, '_, 'q>, family: &Family) -> Bind<(Vec<&'q Expr>, bool)> {
    let mut extra: Vec<&Expr> = call.positional().skip(3).collect();
    let is_flag = |expr: &&Expr| matches!(expr.kind, ExprKind::Literal(Literal::Bool(_)));
    let last = extra.pop_if(|expr| is_flag(expr));
    let flag = match call.named("return_unmatched").or(last) {
        Some(expr) => call.constant(expr, ScalarType::Bool)?.constant_bool(),
        None => Some(false),
    };
    if !family.takes_extra_keys && !extra.is_empty() {
        return Err(call.not_supported("further keys"));
    }
    Ok((extra, flag.unwrap_or_default()))
}

fn side<'q>(
    call: &Call<'_, '_, 'q>,
    relation: &Relation,
    address: &'q Expr,
    extra: &[&'q Expr],
) -> Bind<Side> {
    let position = call.column(relation, address)?;
    let bound = call
        .binder
        .scalar(&Row::of(relation, call.scope), address)?;
    if bound.scalar_type != ScalarType::String {
        return Err(Fault::wrong_type(
            "the address",
            "a string",
            bound.scalar_type,
            address.span,
        ));
    }
    let extra = extra.iter().map(|expr| call.column(relation, expr));
    Ok(Side {
        columns: visible(relation),
        rows: call.binder.rows_of(relation)?,
        address: position,
        extra: extra.collect::<Bind<_>>()?,
    })
}

fn same_types(call: &Call<'_, '_, '_>, source: &Side, lookup: &Side) -> Bind<()> {
    let type_of = |side: &Side, key: usize| side.columns.get(key).map(|column| column.scalar_type);
    let mut keys = source.extra.iter().zip(&lookup.extra);
    match keys.all(|(left, right)| type_of(source, *left) == type_of(lookup, *right)) {
        true => Ok(()),
        false => {
            let message = "further keys must have the same type on both sides";
            Err(Fault::wrong(codes::WRONG_TYPE, message, call.span))
        }
    }
}

type Pairs = (Vec<u32>, Vec<Option<u32>>);

/// The rows of the source with the row of the lookup table that each meets.
fn pairs(
    call: &Call<'_, '_, '_>,
    source: &Side,
    lookup: &Side,
    family: &Family,
    unmatched: bool,
) -> Bind<Pairs> {
    let mut index = AddressIndex::new(family.width);
    for (row, network) in (0..).zip(addresses(lookup, family)) {
        if let Some(network) = network {
            index.insert(network, row);
        }
    }
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for (row, address) in (0..).zip(addresses(source, family)) {
        let found = address
            .map(|address| index.matches(address))
            .unwrap_or_default();
        let found = found
            .into_iter()
            .filter(|other| meets(source, row, lookup, *other));
        let before = right.len();
        right.extend(found.map(Some));
        if right.len() == before && unmatched {
            right.push(None);
        }
        left.resize(right.len(), row);
        if right.len() > ROWS_MAX {
            let what = format!("`{}` gives more than {ROWS_MAX} rows", call.name.text);
            return Err(Fault::too_large(what));
        }
    }
    Ok((left, right))
}

fn addresses(side: &Side, family: &Family) -> Vec<Option<Network>> {
    let texts = side
        .rows
        .columns()
        .get(side.address)
        .and_then(|array| array.as_string_view_opt());
    let texts = texts.into_iter().flatten();
    texts.map(|text| text.and_then(family.parse)).collect()
}

/// Whether the further keys are equal.
fn meets(source: &Side, row: u32, lookup: &Side, other: u32) -> bool {
    let cell = |side: &Side, key: usize, row: u32| {
        let scalar_type = side.columns.get(key)?.scalar_type;
        Some(value_at(
            side.rows.columns().get(key)?,
            row as usize,
            scalar_type,
        ))
    };
    let mut keys = source.extra.iter().zip(&lookup.extra);
    keys.all(|(left, right)| cell(source, *left, row) == cell(lookup, *right, other))
}

fn taken(arrays: &[ArrayRef], rows: &UInt32Array) -> Bind<Vec<ArrayRef>> {
    let taken = arrays.iter().map(|array| take(array, rows, None));
    let taken: Result<Vec<ArrayRef>, _> = taken.collect();
    Ok(taken.map_err(DataFusionError::from)?)
}
