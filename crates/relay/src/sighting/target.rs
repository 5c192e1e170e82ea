//! The machine where something was seen.

use super::{Adapter, Facts};
use crate::ctim::{Observable, ObservedTime, Target};

/// A machine with its names and addresses, each once.
pub(super) fn target(
    name: Option<&str>,
    machine: Option<&str>,
    facts: &Facts,
    observed_time: ObservedTime,
) -> Target {
    let adapters = machine.and_then(|id| facts.adapters.get(id));
    let mut observables = Vec::new();
    let mut add = |observable: Option<Observable>| {
        if let Some(observable) = observable
            && !observables.contains(&observable)
        {
            observables.push(observable);
        }
    };
    add(typed("hostname", name));
    add(typed("ms_machine_id", machine));
    for Adapter { mac, addresses } in adapters.into_iter().flatten() {
        add(typed("mac_address", mac.as_deref()));
        addresses
            .iter()
            .for_each(|address| add(Observable::address(address)));
    }
    Target {
        kind: "endpoint",
        os: machine.and_then(|id| facts.os(id)),
        observed_time,
        observables,
    }
}

fn typed(kind: &str, value: Option<&str>) -> Option<Observable> {
    let value = value.filter(|value| !value.is_empty())?;
    Some(Observable::new(kind, value))
}
