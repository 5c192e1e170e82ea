//! Geohash: rectangles named by base-32 digits.
//!
//! The crate `geohash` ends at 12 digits, the service at 18. Source: learn.microsoft.com/kusto/query/geo-point-to-geohash-function.

use super::super::arguments::Arguments;
use super::super::{ResultName, ScalarFunction, function};
use super::geojson::GeoJson;
use super::kernels::{self, Cell, Unsupported};
use super::points::{reals, whole};
use crate::bound::{Bound, CallContext, CallError};

const DEFAULT: ResultName = ResultName::Default;

pub(in super::super) const FUNCTIONS: &[ScalarFunction] = &[
    function("geo_point_to_geohash", 2..=3, DEFAULT, from_point),
    function(
        "geo_geohash_to_central_point",
        1..=1,
        DEFAULT,
        central_point,
    ),
    function("geo_geohash_to_polygon", 1..=1, DEFAULT, to_polygon),
    function("geo_geohash_neighbors", 1..=1, DEFAULT, neighbors),
];

type Call = Result<Bound, CallError>;

/// The digits; a digit's place is its value.
const DIGITS: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";

/// Most digits of a geohash.
///
/// Source: learn.microsoft.com/kusto/query/geo-point-to-geohash-function.
const DIGITS_MAX: usize = 18;

const DIGITS_DEFAULT: i64 = 5;

/// The columns from -180 and the rows from -90 degrees, in units that halve the world so many times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rectangle {
    column: u64,
    column_bits: u32,
    row: u64,
    row_bits: u32,
}

impl Rectangle {
    /// The rectangle that holds the point.
    fn around(longitude: f64, latitude: f64, digits: usize) -> Self {
        let bits = digits * 5;
        let (column_bits, row_bits) = (bits.div_ceil(2), bits / 2);
        Self {
            column: halvings(longitude, 180.0, column_bits),
            column_bits: u32::try_from(column_bits).unwrap_or_default(),
            row: halvings(latitude, 90.0, row_bits),
            row_bits: u32::try_from(row_bits).unwrap_or_default(),
        }
    }

    /// Longitudes in even bits, latitudes in odd bits, from the left.
    fn parse(text: &str) -> Cell<Self> {
        if text.is_empty() || text.len() > DIGITS_MAX {
            return Ok(None);
        }
        let mut rectangle = Self::around(0.0, 0.0, 0);
        for byte in text.bytes() {
            let Some(digit) = DIGITS.iter().position(|&digit| digit == byte) else {
                return match byte.is_ascii_uppercase() {
                    true => Err(Unsupported::new("a geohash in capital letters")),
                    false => Ok(None),
                };
            };
            for bit in (0..5).rev().map(|bit| digit as u64 >> bit & 1) {
                rectangle.push(bit);
            }
        }
        Ok(Some(rectangle))
    }

    fn push(&mut self, bit: u64) {
        if self.column_bits == self.row_bits {
            self.column = self.column << 1 | bit;
            self.column_bits += 1;
        } else {
            self.row = self.row << 1 | bit;
            self.row_bits += 1;
        }
    }

    fn text(&self) -> String {
        let (mut column, mut row) = (self.column_bits, self.row_bits);
        let mut bits = (0..self.column_bits + self.row_bits).map(|index| {
            let (value, left) = if index % 2 == 0 {
                (self.column, &mut column)
            } else {
                (self.row, &mut row)
            };
            *left -= 1;
            (value >> *left & 1) as usize
        });
        let mut text = String::new();
        while let Some(first) = bits.next() {
            let digit = bits
                .by_ref()
                .take(4)
                .fold(first, |digit, bit| digit << 1 | bit);
            text.push(char::from(DIGITS[digit % DIGITS.len()]));
        }
        text
    }

    /// West, south, east and north in degrees.
    fn bounds(&self) -> [f64; 4] {
        let (width, height) = (size(360.0, self.column_bits), size(180.0, self.row_bits));
        [
            edge(self.column, width, 180.0),
            edge(self.row, height, 90.0),
            edge(self.column + 1, width, 180.0),
            edge(self.row + 1, height, 90.0),
        ]
    }

    /// The rectangle so many columns and rows away; columns go around the Earth.
    fn neighbor(&self, columns: i64, rows: i64) -> Option<Self> {
        let row = self.row.checked_add_signed(rows)?;
        let column = self.column.wrapping_add_signed(columns) & ((1 << self.column_bits) - 1);
        (row < 1 << self.row_bits).then_some(Self {
            column,
            row,
            ..*self
        })
    }
}

fn halvings(value: f64, limit: f64, bits: usize) -> u64 {
    let (mut low, mut high) = (-limit, limit);
    let mut path = 0;
    for _ in 0..bits {
        let middle = f64::midpoint(low, high);
        let is_upper = value >= middle;
        path = path << 1 | u64::from(is_upper);
        if is_upper {
            low = middle;
        } else {
            high = middle;
        }
    }
    path
}

fn size(world: f64, bits: u32) -> f64 {
    world / 2_f64.powi(bits.cast_signed())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "18 digits give indexes of 45 bits"
)]
fn edge(index: u64, size: f64, limit: f64) -> f64 {
    index as f64 * size - limit
}

/// `geo_point_to_geohash(longitude, latitude [, accuracy])`: 1 to 18 digits, 5 unless given; empty where an argument is out of range.
///
/// Source: learn.microsoft.com/kusto/query/geo-point-to-geohash-function.
fn from_point(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let mut inputs = reals(&mut arguments, 2)?;
    inputs.push(whole(context, &mut arguments, DIGITS_DEFAULT)?);
    Ok(kernels::text(
        context,
        "geo_point_to_geohash",
        inputs,
        |row| {
            let position = row.real(0).zip(row.real(1));
            let digits = row.long(2).and_then(|digits| usize::try_from(digits).ok());
            Ok(position
                .zip(digits)
                .filter(|(_, digits)| (1..=DIGITS_MAX).contains(digits))
                .filter(|((longitude, latitude), _)| {
                    longitude.abs() <= 180.0 && latitude.abs() <= 90.0
                })
                .map(|((longitude, latitude), digits)| {
                    Rectangle::around(longitude, latitude, digits).text()
                }))
        },
    ))
}

/// A function of a geohash that gives GeoJSON.
fn geometry(
    context: &CallContext<'_>,
    name: &'static str,
    arguments: Vec<Bound>,
    shape: fn(&Rectangle) -> GeoJson,
) -> Call {
    let inputs = vec![Arguments::new(context, arguments).string()?];
    Ok(kernels::geometry(context, name, inputs, move |row| {
        Ok(Rectangle::parse(row.text(0))?.as_ref().map(shape))
    }))
}

/// `geo_geohash_to_central_point(geohash)`.
///
/// Source: learn.microsoft.com/kusto/query/geo-geohash-to-central-point-function.
fn central_point(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    geometry(
        context,
        "geo_geohash_to_central_point",
        arguments,
        |rectangle| {
            let [west, south, east, north] = rectangle.bounds();
            GeoJson::Point([f64::midpoint(west, east), f64::midpoint(south, north)])
        },
    )
}

/// `geo_geohash_to_polygon(geohash)`.
///
/// Source: learn.microsoft.com/kusto/query/geo-geohash-to-polygon-function.
fn to_polygon(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    geometry(context, "geo_geohash_to_polygon", arguments, |rectangle| {
        let [west, south, east, north] = rectangle.bounds();
        GeoJson::Polygon(vec![vec![
            [west, south],
            [east, south],
            [east, north],
            [west, north],
            [west, south],
        ]])
    })
}

/// `geo_geohash_neighbors(geohash)`: the eight around it, documented in no order; this is the order of an observed answer.
///
/// Source: learn.microsoft.com/kusto/query/geo-geohash-neighbors-function.
fn neighbors(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    const AROUND: [(i64, i64); 8] = [
        (-1, 0),
        (-1, -1),
        (0, -1),
        (1, -1),
        (1, 1),
        (1, 0),
        (0, 1),
        (-1, 1),
    ];
    let inputs = vec![Arguments::new(context, arguments).string()?];
    Ok(kernels::texts(
        context,
        "geo_geohash_neighbors",
        inputs,
        |row| {
            let Some(rectangle) = Rectangle::parse(row.text(0))? else {
                return Ok(None);
            };
            let neighbors: Option<Vec<String>> = AROUND
                .iter()
                .map(|&(columns, rows)| Some(rectangle.neighbor(columns, rows)?.text()))
                .collect();
            match neighbors {
                Some(neighbors) => Ok(Some(neighbors)),
                None => Err(Unsupported::new("a geohash at a pole")),
            }
        },
    ))
}
