//! `tesem indicators`: the custom indicators of tenants.

#[cfg_attr(
    not(test),
    expect(dead_code, reason = "asked by the commands that plan")
)]
pub(crate) mod prevalence;
