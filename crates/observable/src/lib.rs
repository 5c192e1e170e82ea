//! Typed observables: recognise, refang, extract, validate, normalise.
