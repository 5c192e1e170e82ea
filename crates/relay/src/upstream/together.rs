//! Questions that have to wait are asked together.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use async_trait::async_trait;
use futures::FutureExt;
use futures::future::{BoxFuture, WeakShared};
use tesem_defender::DefenderError;

use super::flights::Flight;
use super::pace::Turns;
use super::{SharedResult, Upstream};

/// A kind of questions of which one call can ask several.
#[async_trait]
pub(super) trait Hunt: Clone + Hash + Eq + Send + Sync + 'static {
    /// What a question names.
    type Value: Clone + Hash + Eq + Send + Sync + 'static;
    /// What all get whose questions were asked together.
    type Found: Clone + Send + Sync + 'static;

    /// Most values of one call.
    fn values_max(&self) -> usize;

    /// Makes a call for `values`.
    async fn ask(
        &self,
        upstream: &dyn Upstream,
        values: &[Self::Value],
    ) -> SharedResult<Self::Found>;
}

/// Asks each question when its turn has come, together with those of its kind that came while it waited.
pub(super) struct Together<H: Hunt> {
    upstream: Arc<dyn Upstream>,
    turns: Arc<Turns>,
    waiting: Mutex<HashMap<H, Batch<H>>>,
}

/// Questions that wait for their turn.
struct Batch<H: Hunt> {
    questions: Arc<Questions<H>>,
    answer: WeakShared<BoxFuture<'static, Answer<H>>>,
}

/// Those that somebody waits for; nothing once they were asked.
type Questions<H> = Mutex<Option<Vec<Weak<[<H as Hunt>::Value]>>>>;

struct Answer<H: Hunt> {
    found: SharedResult<H::Found>,
    /// Of how many values.
    values: usize,
}

impl<H: Hunt> Clone for Answer<H> {
    fn clone(&self) -> Self {
        Self {
            found: self.found.clone(),
            values: self.values,
        }
    }
}

impl<H: Hunt> Together<H> {
    pub(super) fn new(upstream: Arc<dyn Upstream>, turns: Arc<Turns>) -> Self {
        Self {
            upstream,
            turns,
            waiting: Mutex::default(),
        }
    }

    /// What a call finds that asks for `values`, each of which is there once, and perhaps for more. Where others may be to blame that
    /// it failed, `values` are asked for alone.
    ///
    /// `values` are at most as many as one call may ask for.
    pub(super) async fn ask(&self, hunt: H, values: &[H::Value]) -> SharedResult<H::Found> {
        let question: Arc<[H::Value]> = values.into();
        let answer = self.join(&hunt, &question).await;
        match answer.found {
            Err(error) if answer.values > question.len() && blames_question(&error) => {
                let _turn = self.turns.turn().await;
                hunt.ask(&*self.upstream, &question).await
            }
            found => found,
        }
    }

    fn join(&self, hunt: &H, question: &Arc<[H::Value]>) -> Flight<Answer<H>> {
        let mut waiting = locked(&self.waiting);
        waiting.retain(|_, batch| batch.is_waiting());
        let joined = waiting
            .get(hunt)
            .and_then(|batch| batch.join(hunt, question));
        if let Some(answer) = joined {
            return answer;
        }
        let questions = Arc::new(Mutex::new(Some(vec![Arc::downgrade(question)])));
        let (upstream, turns) = (Arc::clone(&self.upstream), Arc::clone(&self.turns));
        let answer = answer(upstream, turns, hunt.clone(), Arc::clone(&questions));
        let answer = answer.boxed().shared();
        let batch = answer.downgrade().map(|answer| Batch { questions, answer });
        waiting.extend(batch.map(|batch| (hunt.clone(), batch)));
        answer
    }
}

impl<H: Hunt> Batch<H> {
    fn is_waiting(&self) -> bool {
        self.answer.upgrade().is_some() && locked(&self.questions).is_some()
    }

    /// Adds a question, unless it is too late for it or there is no room.
    fn join(&self, hunt: &H, question: &Arc<[H::Value]>) -> Option<Flight<Answer<H>>> {
        let answer = self.answer.upgrade()?;
        let mut questions = locked(&self.questions);
        let questions = questions.as_mut()?;
        questions.push(Arc::downgrade(question));
        if distinct(questions).len() > hunt.values_max() {
            questions.pop();
            return None;
        }
        Some(answer)
    }
}

async fn answer<H: Hunt>(
    upstream: Arc<dyn Upstream>,
    turns: Arc<Turns>,
    hunt: H,
    questions: Arc<Questions<H>>,
) -> Answer<H> {
    let _turn = turns.turn().await;
    let questions = locked(&questions).take().unwrap_or_default();
    let values = distinct(&questions);
    tracing::debug!(
        questions = questions.len(),
        values = values.len(),
        "hunting"
    );
    Answer {
        found: hunt.ask(&*upstream, &values).await,
        values: values.len(),
    }
}

/// The values of all questions that somebody still waits for, each once.
fn distinct<V: Clone + Hash + Eq>(questions: &[Weak<[V]>]) -> Vec<V> {
    let mut seen = HashSet::new();
    let mut values = Vec::new();
    for question in questions.iter().filter_map(Weak::upgrade) {
        let new = question
            .iter()
            .filter(|value| seen.insert((*value).clone()));
        values.extend(new.cloned());
    }
    values
}

/// Whether what was asked for is the reason, and not the service or our access to it.
fn blames_question(error: &DefenderError) -> bool {
    let status = error.refusal().map(|refusal| refusal.status);
    status == Some(400) || error.hunting_problem().is_some()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
