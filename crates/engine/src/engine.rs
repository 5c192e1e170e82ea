//! The engine: answers queries over a database.

use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, GreedyMemoryPool, MemoryPool};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionConfig;
use jiff::Timestamp;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::watch;

use crate::binder::fault::{Bind, Fault};
use crate::binder::results::Output;
use crate::binder::tabular::{output_plan, visible};
use crate::binder::{Binder, Environment, NoRows, Runner};
use crate::catalog::stored::ReachStoredColumns;
use crate::catalog::{Column, Database};
use crate::error::EngineError;
use crate::execute::{self, BlockingRunner, Caps};
use crate::external::ExternalData;
use crate::ranges::SmallRanges;
use crate::result::{QueryResult, Visualization};
use crate::sequence::Planner;
use crate::sequential::ReadInOrder;
use crate::ticks;
use crate::yielding::YieldingJoins;

/// The stack of the engine's threads: plans nest as deep as queries do, and are walked by recursion.
const STACK_BYTES: usize = 128 << 20;
/// The part of a query's memory that a sort sets aside for merging.
const SET_ASIDE_PART: usize = 8;
/// Below this many rows in all tables a query runs on one thread: that is faster, and its rows come in the same order every time.
const ROWS_FOR_PARALLELISM: usize = 200_000;

/// How an engine runs its queries.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// How many threads work on all queries together.
    pub threads: NonZero<usize>,
    /// How many threads work on one query. With one, rows come in the same order every time; with more, unsorted rows of large tables
    /// come as they are found.
    pub threads_per_query: NonZero<usize>,
    /// How many bytes one query may hold in memory while it sorts, joins and groups.
    pub memory_max: usize,
    /// Where queries may put what does not fit into memory; `None` makes them fail instead.
    pub spill_directory: Option<PathBuf>,
    /// What `externaldata` may read: nothing, unless it says otherwise.
    pub external_data: ExternalData,
}

impl Default for EngineOptions {
    /// All processors, 2 GiB for a query, no spilling.
    fn default() -> Self {
        let threads = std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
        Self {
            threads,
            threads_per_query: threads,
            memory_max: 2 << 30,
            spill_directory: None,
            external_data: ExternalData::none(),
        }
    }
}

/// What to do with a result of more rows than allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TooManyRows {
    /// Hand out as many rows as are allowed and set [`QueryResult::truncated`], as advanced hunting does.
    #[default]
    Truncate,
    /// Fail with [`EngineError::TooManyRows`].
    Fail,
}

/// How one query runs.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// The time that `now()` gives.
    pub now: Timestamp,
    /// Only rows whose `Timestamp` lies in this range, ends included, are seen; tables without that column are seen whole.
    pub window: Option<(Timestamp, Timestamp)>,
    /// How many rows the result may have.
    pub rows_max: Option<usize>,
    /// What happens when it has more.
    pub too_many_rows: TooManyRows,
    /// How many bytes the values of the result may take.
    pub bytes_max: Option<usize>,
    /// How long the query may run.
    pub time_max: Option<Duration>,
}

impl RunOptions {
    /// No limits.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self {
            now,
            window: None,
            rows_max: None,
            too_many_rows: TooManyRows::default(),
            bytes_max: None,
            time_max: None,
        }
    }
}

/// Answers queries over a database. Cheap to share; each query runs on the engine's own threads and leaves the caller's free.
#[derive(Debug)]
pub struct Engine {
    database: Arc<Database>,
    options: EngineOptions,
    base: SessionState,
    runtime: Option<Runtime>,
    handle: Handle,
}

/// A query after binding.
struct Prepared {
    results: Vec<PreparedResult>,
    sequential: bool,
    notes: Vec<String>,
}

/// A result of a query after binding.
struct PreparedResult {
    plan: LogicalPlan,
    columns: Vec<Column>,
    name: Option<String>,
    visualization: Option<Visualization>,
}

impl Engine {
    /// An engine over a database.
    ///
    /// # Errors
    /// [`EngineError::Failed`] when its threads cannot be started.
    pub fn new(database: Arc<Database>, options: EngineOptions) -> Result<Self, EngineError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(options.threads.get())
            .thread_name("tesem-engine")
            .thread_stack_size(STACK_BYTES)
            .enable_all()
            .build()
            .map_err(|error| EngineError::Failed(error.to_string()))?;
        Ok(Self {
            database,
            options,
            base: SessionStateBuilder::new_with_default_features()
                .with_optimizer_rule(Arc::new(ReachStoredColumns))
                .with_physical_optimizer_rule(Arc::new(YieldingJoins))
                .with_query_planner(Arc::new(Planner))
                .build(),
            handle: runtime.handle().clone(),
            runtime: Some(runtime),
        })
    }

    /// The tables.
    #[must_use]
    pub fn database(&self) -> &Arc<Database> {
        &self.database
    }

    /// Answers a query. Dropping the future cancels the query.
    ///
    /// # Errors
    /// Any [`EngineError`]: the query is wrong, not supported, or exceeds a limit of `options`.
    pub async fn run(&self, query: &str, options: &RunOptions) -> Result<QueryResult, EngineError> {
        let runtime_env = self.runtime_env()?;
        let session = |threads| Arc::new(self.session(threads, Arc::clone(&runtime_env)));
        let answer = Answer {
            database: Arc::clone(&self.database),
            external_data: self.options.external_data.clone(),
            handle: self.handle.clone(),
            sequential: session(1),
            parallel: session(self.threads()),
            options: options.clone(),
        };
        let query = query.to_owned();
        let task = AbortOnDrop(self.handle.spawn(answer.answer(query)));
        execute::within(options.time_max, task.join()).await
    }

    /// The columns that a query would return, those of the first result where it has several; it is bound, but not run.
    ///
    /// # Errors
    /// [`EngineError::Syntax`], [`EngineError::Semantic`], [`EngineError::NotSupported`] or [`EngineError::LimitsExceeded`].
    pub fn check(&self, query: &str) -> Result<Vec<Column>, EngineError> {
        let bind = || {
            let environment = Environment {
                database: &self.database,
                now: ticks::UNIX_EPOCH,
                window: None,
                external_data: &self.options.external_data,
                runner: &NoRows,
            };
            let prepared = prepare(query, &environment)?;
            let first = prepared.results.into_iter().next();
            Ok(first.map_or_else(Vec::new, |first| first.columns))
        };
        on_deep_stack(bind)
    }

    /// How many threads a query gets: one where the tables are small.
    fn threads(&self) -> usize {
        let tables = self.database.names();
        let rows: usize = tables
            .filter_map(|name| self.database.table(name))
            .map(|table| table.rows().unwrap_or(ROWS_FOR_PARALLELISM))
            .sum();
        match rows {
            ROWS_FOR_PARALLELISM.. => self.options.threads_per_query.get(),
            _ => 1,
        }
    }

    fn session(&self, threads: usize, runtime_env: Arc<RuntimeEnv>) -> SessionState {
        let mut config = SessionConfig::new()
            .with_target_partitions(threads)
            .with_information_schema(false);
        let options = config.options_mut();
        options.execution.parquet.pushdown_filters = true;
        options.execution.parquet.reorder_filters = true;
        options.execution.collect_statistics = true;
        // Merging what was spilled needs memory too; DataFusion would set aside more than there is where there is little.
        let set_aside = options.execution.sort_spill_reservation_bytes;
        options.execution.sort_spill_reservation_bytes =
            set_aside.min(self.options.memory_max / SET_ASIDE_PART);
        let builder = SessionStateBuilder::new_from_existing(self.base.clone())
            .with_config(config)
            .with_runtime_env(runtime_env);
        match threads {
            1 => builder.with_physical_optimizer_rule(Arc::new(ReadInOrder)),
            _ => builder.with_physical_optimizer_rule(Arc::new(SmallRanges)),
        }
        .build()
    }

    /// A memory pool of its own for each query, so that one query cannot starve another. What was read about files is shared.
    fn runtime_env(&self) -> Result<Arc<RuntimeEnv>, EngineError> {
        let memory_max = self.options.memory_max;
        let (pool, disk): (Arc<dyn MemoryPool>, DiskManagerMode) =
            match &self.options.spill_directory {
                Some(directory) => (
                    Arc::new(FairSpillPool::new(memory_max)),
                    DiskManagerMode::Directories(vec![directory.clone()]),
                ),
                None => (
                    Arc::new(GreedyMemoryPool::new(memory_max)),
                    DiskManagerMode::Disabled,
                ),
            };
        RuntimeEnvBuilder::from_runtime_env(self.base.runtime_env())
            .with_memory_pool(pool)
            .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(disk))
            .build_arc()
            .map_err(|error| execute::error_of(&error))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Waiting for threads would block a caller that drops the engine inside a runtime of its own.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Runs one query on the engine's threads.
struct Answer {
    database: Arc<Database>,
    external_data: ExternalData,
    handle: Handle,
    sequential: Arc<SessionState>,
    parallel: Arc<SessionState>,
    options: RunOptions,
}

impl Answer {
    async fn answer(self, query: String) -> Result<QueryResult, EngineError> {
        let options = self.options.clone();
        let (sequential, parallel) = (Arc::clone(&self.sequential), Arc::clone(&self.parallel));
        // The binder's thread runs subqueries and cannot be aborted: it watches whether anybody still waits.
        let (_waiting, cancelled) = watch::channel(());
        let handle = self.handle.clone();
        let binding = handle.spawn_blocking(move || self.prepare(&query, cancelled));
        let prepared = binding
            .await
            .map_err(|error| EngineError::Failed(error.to_string()))??;
        let state = if prepared.sequential {
            sequential
        } else {
            parallel
        };
        let mut results = Vec::with_capacity(prepared.results.len());
        for result in prepared.results {
            results.push(computed(&state, result, &options).await?);
        }
        let mut results = results.into_iter();
        let first = results.next().unwrap_or_default();
        Ok(QueryResult {
            notes: prepared.notes,
            others: results.collect(),
            ..first
        })
    }

    fn prepare(
        &self,
        query: &str,
        cancelled: watch::Receiver<()>,
    ) -> Result<Prepared, EngineError> {
        let runner = BlockingRunner {
            handle: self.handle.clone(),
            state: Arc::clone(&self.sequential),
            cancelled,
        };
        let window = self.options.window;
        let environment = Environment {
            database: &self.database,
            now: ticks::from_timestamp(self.options.now),
            window: window
                .map(|(from, to)| (ticks::from_timestamp(from), ticks::from_timestamp(to))),
            external_data: &self.external_data,
            runner: &runner as &dyn Runner,
        };
        prepare(query, &environment)
    }
}

fn prepare(query: &str, environment: &Environment<'_>) -> Result<Prepared, EngineError> {
    let parsed = tesem_kql::parse(query);
    if parsed.has_errors() {
        let errors = parsed.diagnostics.into_iter();
        return Err(EngineError::Syntax(
            errors.filter(tesem_kql::Diagnostic::is_error).collect(),
        ));
    }
    let binder = Binder::new(environment);
    let bound = binder.query(&parsed.query).and_then(|outputs| {
        let results = outputs.into_iter().map(prepared_result);
        results.collect::<Bind<Vec<_>>>()
    });
    let results = bound.map_err(Fault::into_error)?;
    let sequential = binder.is_sequential();
    Ok(Prepared {
        results,
        sequential,
        notes: binder.into_notes(),
    })
}

fn prepared_result(output: Output) -> Bind<PreparedResult> {
    Ok(PreparedResult {
        plan: output_plan(&output.relation)?,
        columns: visible(&output.relation),
        name: output.name,
        visualization: output.visualization,
    })
}

/// Runs the plan of one result under the limits of its query.
async fn computed(
    state: &SessionState,
    result: PreparedResult,
    options: &RunOptions,
) -> Result<QueryResult, EngineError> {
    let types = result.columns.iter().map(|column| column.scalar_type);
    let caps = Caps {
        rows_max: options.rows_max,
        bytes_max: options.bytes_max,
        types: types.collect(),
    };
    let (batches, truncated) = execute::collect(state, &result.plan, &caps).await?;
    if let (true, TooManyRows::Fail, Some(rows_max)) =
        (truncated, options.too_many_rows, options.rows_max)
    {
        return Err(EngineError::TooManyRows { rows_max });
    }
    Ok(QueryResult {
        columns: result.columns,
        batches,
        truncated,
        notes: Vec::new(),
        visualization: result.visualization,
        name: result.name,
        others: Vec::new(),
    })
}

/// Runs something that may recurse deeply.
fn on_deep_stack<T: Send>(
    run: impl FnOnce() -> Result<T, EngineError> + Send,
) -> Result<T, EngineError> {
    let failed = |message: &str| EngineError::Failed(message.to_owned());
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, run)
            .map_err(|error| failed(&error.to_string()))?;
        thread
            .join()
            .unwrap_or_else(|_| Err(failed("the query could not be bound")))
    })
}

/// A task that ends when nobody waits for it any more.
struct AbortOnDrop(tokio::task::JoinHandle<Result<QueryResult, EngineError>>);

impl AbortOnDrop {
    async fn join(mut self) -> Result<QueryResult, EngineError> {
        match (&mut self.0).await {
            Ok(answer) => answer,
            Err(error) if error.is_cancelled() => Err(EngineError::Cancelled),
            Err(error) => Err(EngineError::Failed(error.to_string())),
        }
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
