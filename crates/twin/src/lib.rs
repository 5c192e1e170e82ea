//! A Defender tenant on your own machine: sign-in, hunting, quotas, faults, clock, generated telemetry.
