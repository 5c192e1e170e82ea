//! What several tests need.

use jiff::{SignedDuration, Timestamp};
use tesem_hunt::{InputForm, InputSource, Intake, Plan, PlanOptions, TableReach, plan};

pub(crate) fn now() -> Timestamp {
    "2026-11-21T04:00:00Z".parse().unwrap()
}

pub(crate) fn options() -> PlanOptions {
    PlanOptions::new(now(), SignedDuration::from_hours(30 * 24), TableReach::All)
}

pub(crate) fn intake_of(text: &str) -> Intake {
    Intake::read(&[InputSource {
        name: "list.txt",
        bytes: text.as_bytes(),
        form: InputForm::Auto,
    }])
}

pub(crate) fn plan_of(text: &str) -> Plan {
    plan(intake_of(text), options()).unwrap()
}

/// Some of every kind that lists hold.
pub(crate) const MIXED: &str = "\
3395856ce81f2b7382dee72602f798b642f14140
275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f
44d88612fea8a8f36de82e1278abb02f
192.168.1.1
198.51.100.23
2001:db8::8a2e:1
203.0.112.0/22
evil.com
c2.evil.co.uk
https://bing.com
http://evil.com:8080/
https://evil.com/dl/payload.exe
http://evil.com/gate.php?id=7
phisher@evil.com
";
