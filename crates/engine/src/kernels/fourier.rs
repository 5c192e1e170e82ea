//! The discrete Fourier transform for series of any length.
//!
//! Lengths that are powers of two are transformed by halving, all others by Bluestein's method, which makes a convolution of them
//! (en.wikipedia.org/wiki/Chirp_Z-transform#Bluestein's_algorithm): the time is n log n for every length.

use std::f64::consts::PI;
use std::ops::{Add, Mul, Sub};

/// A complex number.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Complex {
    /// The real part.
    pub(crate) real: f64,
    /// The imaginary part.
    pub(crate) imaginary: f64,
}

impl Complex {
    /// A number from its parts.
    pub(crate) const fn new(real: f64, imaginary: f64) -> Self {
        Self { real, imaginary }
    }

    /// The number on the unit circle at an angle.
    fn at_angle(angle: f64) -> Self {
        Self::new(angle.cos(), angle.sin())
    }

    fn conjugate(self) -> Self {
        Self::new(self.real, -self.imaginary)
    }

    /// The square of the distance from zero.
    pub(crate) fn power(self) -> f64 {
        self.real * self.real + self.imaginary * self.imaginary
    }

    fn scaled(self, by: f64) -> Self {
        Self::new(self.real * by, self.imaginary * by)
    }
}

impl Add for Complex {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::new(self.real + other.real, self.imaginary + other.imaginary)
    }
}

impl Sub for Complex {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self::new(self.real - other.real, self.imaginary - other.imaginary)
    }
}

impl Mul for Complex {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self::new(
            self.real * other.real - self.imaginary * other.imaginary,
            self.real * other.imaginary + self.imaginary * other.real,
        )
    }
}

/// The transform: Σ xₖ·e^(−2πi·jk/n) at place j.
pub(crate) fn forward(values: &[Complex]) -> Vec<Complex> {
    if values.len() < 2 {
        return values.to_vec();
    }
    if values.len().is_power_of_two() {
        return by_halving(values);
    }
    by_convolution(values)
}

/// The inverse transform: `inverse(forward(x))` is `x`.
#[expect(
    clippy::cast_precision_loss,
    reason = "series are shorter than 2^53 values"
)]
pub(crate) fn inverse(values: &[Complex]) -> Vec<Complex> {
    let conjugated: Vec<Complex> = values.iter().map(|value| value.conjugate()).collect();
    let scale = 1.0 / values.len().max(1) as f64;
    forward(&conjugated)
        .into_iter()
        .map(|value| value.conjugate().scaled(scale))
        .collect()
}

/// The even places and the odd places, transformed each and put together.
#[expect(
    clippy::cast_precision_loss,
    reason = "series are shorter than 2^53 values"
)]
fn by_halving(values: &[Complex]) -> Vec<Complex> {
    let length = values.len();
    if length < 2 {
        return values.to_vec();
    }
    let every_second = |from: usize| values.iter().skip(from).step_by(2).copied().collect();
    let (even, odd): (Vec<Complex>, Vec<Complex>) = (every_second(0), every_second(1));
    let (even, odd) = (by_halving(&even), by_halving(&odd));
    let turned: Vec<Complex> = odd
        .iter()
        .enumerate()
        .map(|(place, &value)| Complex::at_angle(-2.0 * PI * place as f64 / length as f64) * value)
        .collect();
    let low = even.iter().zip(&turned).map(|(&even, &odd)| even + odd);
    let high = even.iter().zip(&turned).map(|(&even, &odd)| even - odd);
    low.chain(high).collect()
}

fn by_convolution(values: &[Complex]) -> Vec<Complex> {
    let length = values.len();
    let chirp: Vec<Complex> = (0..length).map(|place| chirp(place, length)).collect();
    let padded = (2 * length).next_power_of_two();
    let mut turned: Vec<Complex> = values.iter().zip(&chirp).map(|(&a, &b)| a * b).collect();
    turned.resize(padded, Complex::default());
    let mut weights = vec![Complex::default(); padded];
    for (place, factor) in chirp.iter().enumerate() {
        for place in [place, (padded - place) % padded] {
            if let Some(weight) = weights.get_mut(place) {
                *weight = factor.conjugate();
            }
        }
    }
    let (turned, weights) = (by_halving(&turned), by_halving(&weights));
    let product: Vec<Complex> = turned.iter().zip(&weights).map(|(&a, &b)| a * b).collect();
    let convolved = inverse(&product);
    convolved.iter().zip(&chirp).map(|(&a, &b)| a * b).collect()
}

/// e^(−πi·k²/n); the square is reduced first, which keeps the angle exact for long series.
#[expect(
    clippy::cast_precision_loss,
    reason = "series are shorter than 2^53 values"
)]
fn chirp(place: usize, length: usize) -> Complex {
    let square = (place as u128 * place as u128) % (2 * length as u128);
    Complex::at_angle(-PI * square as f64 / length as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_definition(values: &[Complex]) -> Vec<Complex> {
        let length = values.len() as f64;
        (0..values.len())
            .map(|place| {
                values
                    .iter()
                    .enumerate()
                    .map(|(other, &value)| {
                        Complex::at_angle(-2.0 * PI * (place * other) as f64 / length) * value
                    })
                    .fold(Complex::default(), Add::add)
            })
            .collect()
    }

    #[test]
    fn equals_the_definition_for_every_length() {
        for length in 0..40_u32 {
            let values: Vec<Complex> = (0..length)
                .map(|place| Complex::new(f64::from(place * 7 % 11), f64::from(place * 5 % 3)))
                .collect();
            let transformed = forward(&values);
            let near = |a: &[Complex], b: &[Complex]| {
                a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| (a - b).power() < 1e-18)
            };
            assert!(near(&transformed, &by_definition(&values)), "{length}");
            assert!(near(&inverse(&transformed), &values), "{length}");
        }
    }
}
