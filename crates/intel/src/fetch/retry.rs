//! Tries, and the waits between them.

use std::sync::Arc;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable, Sleeper};

use super::FetchSettings;
use crate::clock::Wait;
use crate::{Clock, Problem};

/// Waits by the injected clock.
struct ByClock(Arc<dyn Clock>);

impl Sleeper for ByClock {
    type Sleep = Wait;

    fn sleep(&self, span: Duration) -> Wait {
        self.0.sleep(span)
    }
}

/// The first wait; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// Repeats a request that only reads while its failure may pass. A server's `Retry-After` goes before the own waits.
pub(super) async fn with_retries<T, F>(
    settings: &FetchSettings,
    clock: &Arc<dyn Clock>,
    ask: impl FnMut() -> F,
) -> Result<T, Problem>
where
    F: Future<Output = Result<T, Problem>>,
{
    let waits = ExponentialBuilder::new()
        .with_min_delay(FIRST_WAIT)
        .with_max_delay(settings.wait_max)
        .with_max_times(settings.tries.saturating_sub(1))
        .with_jitter();
    let wait_max = settings.wait_max;
    ask.retry(waits)
        .sleep(ByClock(Arc::clone(clock)))
        .when(Problem::is_transient)
        .notify(|problem, wait| tracing::debug!(%problem, ?wait, "a feed's request is repeated"))
        .adjust(move |problem, own| adjusted(problem, own, wait_max))
        .await
}

fn adjusted(problem: &Problem, own: Option<Duration>, wait_max: Duration) -> Option<Duration> {
    let own = own?;
    match problem.retry_after() {
        Some(asked) if asked > wait_max => None,
        Some(asked) => Some(asked),
        None => Some(own),
    }
}
