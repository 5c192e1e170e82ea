//! Values that differ from row to row.
//!
//! They are numbers of a generator that starts from the time of the query and the place of the call: other queries get other
//! numbers, and a query that is run again at the same time gets the same ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::kernel;
use crate::kernels::rows;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("rand", 0..=1, ResultName::Default, rand),
    function("new_guid", 0..=0, ResultName::Default, new_guid),
];

/// A SplitMix64 generator (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014) that all batches of rows share.
#[derive(Debug)]
struct Generator(AtomicU64);

impl Generator {
    /// The distance between the states of the generator.
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

    fn of(context: &CallContext<'_>) -> Arc<Self> {
        let place = (context.span.start as u64).wrapping_mul(Self::STEP);
        let seed = mix(context.now.cast_unsigned()).wrapping_add(place);
        Arc::new(Self(AtomicU64::new(seed)))
    }

    fn next(&self) -> u64 {
        let state = self.0.fetch_add(Self::STEP, Ordering::Relaxed);
        mix(state.wrapping_add(Self::STEP))
    }

    /// A number from 0 up to, but not including, 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are a real's digits")]
    fn share(&self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn mix(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// `rand()`: a real from 0 up to 1. `rand(count)`: one of the whole numbers 0 to count - 1, as a real; null for a count below 1.
///
/// Source: learn.microsoft.com/kusto/query/rand-function.
fn rand(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let generator = Generator::of(context);
    let mut arguments = Arguments::new(context, arguments);
    let (real, span) = (ScalarType::Real, context.span);
    let Some(count) = arguments.optional(Arguments::integer)? else {
        return Ok(kernel::call_volatile(
            "rand",
            Vec::new(),
            real,
            span,
            move |input| rows::reals(input.rows, |_| Some(generator.share())),
        ));
    };
    if matches!(count.constant_long(), Some(0 | 1)) {
        return Err(context.not_supported("rand() of 0 or 1"));
    }
    Ok(kernel::call_volatile(
        "rand",
        vec![count],
        real,
        span,
        move |input| {
            let counts = input.longs(0)?;
            rows::reals(input.rows, |row| {
                let count = rows::at(&counts, row).filter(|&count| count > 0)?;
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "a share of it is wanted, not the number"
                )]
                let count = count as f64;
                Some((generator.share() * count).floor())
            })
        },
    ))
}

/// `new_guid()`: a random guid (version 4).
///
/// Source: learn.microsoft.com/kusto/query/new-guid-function.
fn new_guid(context: &CallContext<'_>, _arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let generator = Generator::of(context);
    let (guid, span) = (ScalarType::Guid, context.span);
    Ok(kernel::call_volatile(
        "new_guid",
        Vec::new(),
        guid,
        span,
        move |input| {
            rows::guids(input.rows, |_| {
                let bits = u128::from(generator.next()) << 64 | u128::from(generator.next());
                let random = uuid::Builder::from_random_bytes(bits.to_be_bytes());
                Some(random.into_uuid().as_u128())
            })
        },
    ))
}
