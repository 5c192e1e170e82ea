//! What a unit is in terms of the base unit of its quantity.

/// How numbers of a unit become numbers of the base unit and back. The service goes through the base unit, which shows in the last
/// digits of its answers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scale {
    /// It is the base unit.
    Base,
    /// So many base units.
    Times(f64),
    /// The base unit is so many of it.
    Over(f64),
    /// It is to the base unit as the first number to the second.
    Ratio(f64, f64),
    /// Anything else.
    Formula {
        to_base: fn(f64) -> f64,
        from_base: fn(f64) -> f64,
    },
    /// A unit of the service whose size there is not known: versions of the library differ and no answer is recorded.
    Unsettled,
}

/// A unit of measurement.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit {
    /// Its name in a query.
    pub(super) name: &'static str,
    scale: Scale,
    /// What its prefix multiplies by; 1 where it has none.
    prefix: f64,
}

/// A unit without a prefix.
pub(super) const fn unit(name: &'static str, scale: Scale) -> Unit {
    prefixed(name, 1.0, scale)
}

/// A unit with a prefix; the scale is that of the unit without it.
pub(super) const fn prefixed(name: &'static str, prefix: f64, scale: Scale) -> Unit {
    Unit {
        name,
        scale,
        prefix,
    }
}

impl Unit {
    /// Whether its size is known.
    pub(super) const fn is_settled(&self) -> bool {
        !matches!(self.scale, Scale::Unsettled)
    }

    /// A number of it as a number of base units; not a number for an unsettled unit.
    pub(super) fn unit_to_base(self, value: f64) -> f64 {
        let value = match self.scale {
            Scale::Base => value,
            Scale::Times(factor) => value * factor,
            Scale::Over(divisor) => value / divisor,
            Scale::Ratio(factor, divisor) => value * factor / divisor,
            Scale::Formula { to_base, .. } => to_base(value),
            Scale::Unsettled => f64::NAN,
        };
        value * self.prefix
    }

    /// A number of base units as a number of it; not a number for an unsettled unit.
    pub(super) fn base_to_unit(self, value: f64) -> f64 {
        let value = match self.scale {
            Scale::Base => value,
            Scale::Times(factor) => value / factor,
            Scale::Over(divisor) => value * divisor,
            Scale::Ratio(factor, divisor) => value * divisor / factor,
            Scale::Formula { from_base, .. } => from_base(value),
            Scale::Unsettled => f64::NAN,
        };
        value / self.prefix
    }
}
