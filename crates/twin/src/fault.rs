//! Faults: answers, delays and dropped connections that a test asks for.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode};
use jiff::{SignedDuration, Timestamp};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::iso;
use crate::odata::PageFault;
use crate::pattern;

/// The longest delay that a fault may ask for.
pub(crate) const DELAY_MAX: Duration = Duration::from_secs(600);

/// The most rules at a time.
const RULES_MAX: usize = 1_000;

/// What `POST /_twin/faults` takes: which calls, and what happens to them.
///
/// Without `calls` and `rate` it hits the next call that fits. With `rate` alone it goes on until the faults are cleared.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultRule {
    /// The path; `*` stands for any characters.
    #[serde(default = "any_path")]
    path: String,
    /// The method; any when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    /// The answer's status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// The answer's body: a string as it is, anything else as JSON; the service's usual body when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
    /// The answer's headers, such as `Retry-After`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
    /// Milliseconds to wait before anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delay_ms: Option<u64>,
    /// Drops the connection: before the work, after it was done, or in the middle of the answer's body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    drop: Option<DropWhen>,
    /// Whether `status` replaces the answer before or after the work was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    when: Option<When>,
    /// Cuts the answer's body in half; its length is that of the half.
    #[serde(default, skip_serializing_if = "is_false")]
    truncate: bool,
    /// Milliseconds over which the answer's body comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    slow_ms: Option<u64>,
    /// Moves the clock before the work: seconds, or an ISO 8601 duration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    clock: Option<Value>,
    /// Revokes the call's token: this call and all later ones with the same token are answered with 401.
    #[serde(default, skip_serializing_if = "is_false")]
    revoke: bool,
    /// Breaks the page of a collection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    page: Option<PageFault>,
    /// How many calls it hits; a limit also for `rate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    calls: Option<u64>,
    /// The share of fitting calls that it hits, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rate: Option<f64>,
    /// Seeds `rate`: the same seed and order of calls hit the same calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
}

/// Around the work of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum When {
    /// Nothing was done.
    Before,
    /// Everything was done; only the client does not learn of it.
    After,
}

/// When a connection is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DropWhen {
    /// Nothing was done.
    Before,
    /// Everything was done; only the client does not learn of it.
    After,
    /// The client has the status and half of the body.
    During,
}

/// What happens to one call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fault {
    pub(crate) delay: Duration,
    /// How far the clock jumps before the work.
    pub(crate) clock: SignedDuration,
    pub(crate) work: WorkFault,
    pub(crate) effect: Effect,
    pub(crate) body: BodyFault,
}

/// What goes wrong inside the service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct WorkFault {
    /// The call's token is good no more.
    pub(crate) revokes: bool,
    pub(crate) page: Option<PageFault>,
}

/// How the answer's body reaches the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyFault {
    /// As it is.
    None,
    /// Half of it, as if that were all.
    Truncated,
    /// All of it, spread over a time.
    Slow(Duration),
    /// Half of it, then the connection ends.
    Cut,
}

/// What happens after the delay.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Effect {
    /// The call goes on as usual.
    None,
    /// The connection ends.
    Drop(When),
    /// Another answer.
    Answer(When, FaultAnswer),
}

/// The answer that a fault gives.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FaultAnswer {
    pub(crate) status: StatusCode,
    /// `None` for the service's usual body.
    pub(crate) body: Option<FaultBody>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

/// A body that a fault gives.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FaultBody {
    Text(String),
    Json(Value),
}

/// The rules, in the order they were given.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    rules: Mutex<Vec<ActiveRule>>,
}

#[derive(Debug)]
struct ActiveRule {
    rule: FaultRule,
    fault: Fault,
    /// Calls it may still hit.
    left: Option<u64>,
    random: ChaCha8Rng,
}

/// A rule and how often it can still hit.
#[derive(Debug, Serialize)]
pub(crate) struct RuleView {
    rule: FaultRule,
    calls_left: Option<u64>,
}

impl Faults {
    /// Adds all of `rules`, or none and says why.
    pub(crate) fn add(&self, rules: Vec<FaultRule>) -> Result<(), String> {
        let added = rules
            .into_iter()
            .map(ActiveRule::new)
            .collect::<Result<Vec<_>, _>>()?;
        let mut active = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        if active.len() + added.len() > RULES_MAX {
            return Err(format!("there are at most {RULES_MAX} faults at a time"));
        }
        active.extend(added);
        Ok(())
    }

    pub(crate) fn clear(&self) {
        self.rules
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    pub(crate) fn list(&self) -> Vec<RuleView> {
        let rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let view = |active: &ActiveRule| RuleView {
            rule: active.rule.clone(),
            calls_left: active.left,
        };
        rules.iter().map(view).collect()
    }

    /// What happens to a call: the first rule that fits and hits. Rules that are used up go.
    pub(crate) fn hit(&self, method: &str, path: &str) -> Option<Fault> {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let fault = rules
            .iter_mut()
            .find_map(|rule| (rule.fits(method, path) && rule.hits()).then(|| rule.fault.clone()));
        rules.retain(|rule| rule.left != Some(0));
        fault
    }
}

impl ActiveRule {
    fn new(rule: FaultRule) -> Result<Self, String> {
        let fault = fault(&rule)?;
        check_counts(&rule)?;
        let once = if rule.rate.is_none() { Some(1) } else { None };
        let left = rule.calls.or(once);
        let random = ChaCha8Rng::seed_from_u64(rule.seed.unwrap_or(0));
        Ok(Self {
            rule,
            fault,
            left,
            random,
        })
    }

    fn fits(&self, method: &str, path: &str) -> bool {
        let has_method = self
            .rule
            .method
            .as_deref()
            .is_none_or(|own| own.eq_ignore_ascii_case(method));
        has_method && pattern::fits(&self.rule.path, path)
    }

    fn hits(&mut self) -> bool {
        let is_hit = self
            .rule
            .rate
            .is_none_or(|rate| share(self.random.next_u64()) < rate);
        if let Some(left) = self.left.as_mut().filter(|_| is_hit) {
            *left = left.saturating_sub(1);
        }
        is_hit
    }
}

/// A random number as a share from 0 to below 1.
#[expect(
    clippy::cast_precision_loss,
    reason = "53 bits are exactly what an f64 holds"
)]
fn share(random: u64) -> f64 {
    (random >> 11) as f64 / (1_u64 << 53) as f64
}

fn check_counts(rule: &FaultRule) -> Result<(), String> {
    if rule.calls == Some(0) {
        return Err("`calls` must be at least 1".to_owned());
    }
    match rule.rate {
        Some(rate) if !(0.0..=1.0).contains(&rate) => Err("`rate` must be from 0 to 1".to_owned()),
        None if rule.seed.is_some() => Err("`seed` needs a `rate`".to_owned()),
        _ => Ok(()),
    }
}

fn fault(rule: &FaultRule) -> Result<Fault, String> {
    let delay = Duration::from_millis(rule.delay_ms.unwrap_or(0));
    if delay > DELAY_MAX {
        return Err(format!(
            "`delay_ms` must be at most {}",
            DELAY_MAX.as_millis()
        ));
    }
    let effect = match (rule.drop, rule.status) {
        (Some(_), Some(_)) => return Err("`drop` and `status` exclude each other".to_owned()),
        (Some(DropWhen::Before), None) => Effect::Drop(When::Before),
        (Some(DropWhen::After), None) => Effect::Drop(When::After),
        (Some(DropWhen::During), None) => Effect::None,
        (None, Some(status)) => {
            Effect::Answer(rule.when.unwrap_or(When::Before), answer(rule, status)?)
        }
        (None, None) if rule.has_other_effect() => Effect::None,
        (None, None) => {
            return Err(
                "one of `status`, `drop`, `delay_ms`, `truncate`, `slow_ms`, `clock`, `revoke` and `page` is needed"
                    .to_owned(),
            );
        }
    };
    let is_answer = matches!(effect, Effect::Answer(..));
    if !is_answer && (rule.body.is_some() || !rule.headers.is_empty() || rule.when.is_some()) {
        return Err("`body`, `headers` and `when` need a `status`".to_owned());
    }
    Ok(Fault {
        delay,
        clock: clock_jump(rule.clock.as_ref())?,
        work: WorkFault {
            revokes: rule.revoke,
            page: rule.page,
        },
        effect,
        body: body_fault(rule)?,
    })
}

fn body_fault(rule: &FaultRule) -> Result<BodyFault, String> {
    let is_cut = rule.drop == Some(DropWhen::During);
    match (rule.truncate, rule.slow_ms, is_cut) {
        (false, None, false) => Ok(BodyFault::None),
        (true, None, false) => Ok(BodyFault::Truncated),
        (false, None, true) => Ok(BodyFault::Cut),
        (false, Some(milliseconds), false) if milliseconds <= milliseconds_max() => {
            Ok(BodyFault::Slow(Duration::from_millis(milliseconds)))
        }
        (false, Some(_), false) => Err(format!("`slow_ms` must be at most {}", milliseconds_max())),
        _ => Err(
            "`truncate`, `slow_ms` and a drop `during` the answer exclude each other".to_owned(),
        ),
    }
}

fn milliseconds_max() -> u64 {
    u64::try_from(DELAY_MAX.as_millis()).unwrap_or(u64::MAX)
}

fn clock_jump(jump: Option<&Value>) -> Result<SignedDuration, String> {
    let read = match jump {
        None => return Ok(SignedDuration::ZERO),
        Some(Value::Number(seconds)) => seconds
            .as_f64()
            .and_then(|seconds| SignedDuration::try_from_secs_f64(seconds).ok()),
        Some(Value::String(text)) => iso::duration(text, Timestamp::UNIX_EPOCH),
        Some(_) => None,
    };
    read.ok_or_else(|| {
        "`clock` must be seconds or an ISO 8601 duration such as \"PT1H\"".to_owned()
    })
}

impl FaultRule {
    /// Whether it does something beside answering and dropping.
    fn has_other_effect(&self) -> bool {
        self.delay_ms.is_some()
            || self.truncate
            || self.slow_ms.is_some()
            || self.clock.is_some()
            || self.revoke
            || self.page.is_some()
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn answer(rule: &FaultRule, status: u16) -> Result<FaultAnswer, String> {
    let status = StatusCode::from_u16(status)
        .ok()
        .filter(|status| !status.is_informational() && status.as_u16() < 600)
        .ok_or_else(|| format!("`status` {status} is not from 200 to 599"))?;
    let body = rule.body.clone().map(|body| match body {
        Value::String(text) => FaultBody::Text(text),
        json => FaultBody::Json(json),
    });
    let headers = rule
        .headers
        .iter()
        .map(|(name, value)| header(name, value))
        .collect::<Result<_, _>>()?;
    Ok(FaultAnswer {
        status,
        body,
        headers,
    })
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let wrong = |_| format!("`{name}: {value}` is not a header");
    let header =
        HeaderName::from_bytes(name.as_bytes()).map_err(|error| wrong(error.to_string()))?;
    let is_ours =
        header == "content-length" || header == "transfer-encoding" || header == "connection";
    if is_ours {
        return Err(format!(
            "`{name}` cannot be set: the connection depends on it"
        ));
    }
    let value = HeaderValue::from_str(value).map_err(|error| wrong(error.to_string()))?;
    Ok((header, value))
}

fn any_path() -> String {
    "*".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(json: &str) -> Faults {
        let faults = Faults::default();
        faults
            .add(vec![serde_json::from_str(json).unwrap()])
            .unwrap();
        faults
    }

    #[test]
    fn a_rule_hits_the_next_calls_that_fit() {
        let faults = faults(r#"{"path": "/api/*", "method": "post", "status": 503, "calls": 2}"#);
        let hits = |method, path| faults.hit(method, path).is_some();
        assert!(!hits("POST", "/v1.0/x"));
        assert!(!hits("GET", "/api/x"));
        assert!(hits("POST", "/api/x"));
        assert!(hits("POST", "/api/y"));
        assert!(!hits("POST", "/api/x"));
        assert!(faults.list().is_empty());
    }

    #[test]
    fn a_rate_hits_its_share_and_the_same_calls_for_the_same_seed() {
        let hits = |seed: u64| {
            let faults = faults(&format!(
                r#"{{"status": 500, "rate": 0.1, "seed": {seed}}}"#
            ));
            (0..10_000)
                .map(|_| faults.hit("GET", "/x").is_some())
                .collect::<Vec<_>>()
        };
        let (one, same, other) = (hits(1), hits(1), hits(2));
        let count = one.iter().filter(|hit| **hit).count();
        assert!((900..1_100).contains(&count), "{count}");
        assert_eq!(one, same);
        assert_ne!(one, other);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let cases = [
            ("{}", "is needed"),
            (r#"{"status": 99}"#, "not from 200 to 599"),
            (r#"{"status": 101}"#, "not from 200 to 599"),
            (r#"{"status": 500, "drop": "after"}"#, "exclude each other"),
            (r#"{"status": 500, "calls": 0}"#, "at least 1"),
            (r#"{"status": 500, "rate": 1.5}"#, "from 0 to 1"),
            (r#"{"status": 500, "seed": 1}"#, "needs a `rate`"),
            (r#"{"drop": "before", "body": {}}"#, "need a `status`"),
            (r#"{"delay_ms": 600001}"#, "at most"),
            (r#"{"slow_ms": 600001}"#, "at most"),
            (r#"{"slow_ms": 1, "truncate": true}"#, "exclude each other"),
            (
                r#"{"drop": "during", "truncate": true}"#,
                "exclude each other",
            ),
            (r#"{"clock": "soon"}"#, "ISO 8601"),
            (r#"{"clock": 1e300}"#, "ISO 8601"),
            (
                r#"{"status": 500, "headers": {"a b": "c"}}"#,
                "is not a header",
            ),
            (
                r#"{"status": 500, "headers": {"a": "b\nc"}}"#,
                "is not a header",
            ),
            (
                r#"{"status": 500, "headers": {"Content-Length": "1"}}"#,
                "cannot be set",
            ),
        ];
        for (json, expected) in cases {
            let rule = serde_json::from_str(json).unwrap();
            let error = Faults::default().add(vec![rule]).unwrap_err();
            assert!(error.contains(expected), "{json}: {error}");
        }
    }
}
