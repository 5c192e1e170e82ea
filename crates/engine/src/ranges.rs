//! Cuts large files into ranges small enough for threads to share the work evenly.
//!
//! DataFusion gives each thread one range of a file. Files are sorted by time, so that what a time filter leaves over often lies in the
//! range of one thread. Threads that are done take over ranges that nobody has opened yet: many small ones keep all of them busy.

use std::sync::Arc;

use datafusion::common::DataFusionError;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::datasource::listing::{FileRange, PartitionedFile};
use datafusion::datasource::physical_plan::{
    FileGroup, FileScanConfig, FileScanConfigBuilder, ParquetSource,
};
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;

/// A few row groups.
const RANGE_BYTES: i64 = 32 << 20;

/// Cuts the files of scans that several threads share.
#[derive(Debug)]
pub(crate) struct SmallRanges;

impl PhysicalOptimizerRule for SmallRanges {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        if !config.execution.enable_file_stream_work_stealing {
            return Ok(plan);
        }
        let cut = plan.transform_up(|plan| {
            let scan = plan.downcast_ref::<DataSourceExec>().and_then(cut_scan);
            Ok(match scan {
                Some(scan) => Transformed::yes(scan),
                None => Transformed::no(plan),
            })
        })?;
        Ok(cut.data)
    }

    fn name(&self) -> &'static str {
        "small_ranges"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn cut_scan(scan: &DataSourceExec) -> Option<Arc<dyn ExecutionPlan>> {
    let (config, _) = scan.downcast_to_file_source::<ParquetSource>()?;
    let is_shared = config.file_groups.len() > 1
        && !config.preserve_order
        && config.output_partitioning.is_none();
    if !is_shared || config.limit.is_some() {
        return None;
    }
    let groups = config.file_groups.iter().map(cut_group).collect();
    let config: FileScanConfig = FileScanConfigBuilder::from(config.clone())
        .with_file_groups(groups)
        .build();
    Some(DataSourceExec::from_data_source(config))
}

fn cut_group(group: &FileGroup) -> FileGroup {
    let files = group.iter().flat_map(cut_file);
    FileGroup::new(files.collect())
}

fn cut_file(file: &PartitionedFile) -> Vec<PartitionedFile> {
    let size = i64::try_from(file.object_meta.size).unwrap_or(i64::MAX);
    let (start, end) = match &file.range {
        Some(range) => (range.start, range.end),
        None => (0, size),
    };
    if end.saturating_sub(start) <= RANGE_BYTES {
        return vec![file.clone()];
    }
    let starts = std::iter::successors(Some(start), |from| Some(from + RANGE_BYTES));
    starts
        .take_while(|from| *from < end)
        .map(|from| PartitionedFile {
            range: Some(FileRange {
                start: from,
                end: end.min(from + RANGE_BYTES),
            }),
            ..file.clone()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_the_file_without_gaps() {
        for (size, given, count) in [
            (10, None, 1),
            (100 << 20, None, 4),
            (100 << 20, Some((50 << 20, 100 << 20)), 2),
            (64 << 20, None, 2),
        ] {
            let mut file = PartitionedFile::new("a.parquet", size);
            file.range = given.map(|(start, end)| FileRange { start, end });
            let ranges: Vec<(i64, i64)> = cut_file(&file)
                .iter()
                .filter_map(|part| part.range.as_ref())
                .map(|range| (range.start, range.end))
                .collect();
            if count == 1 {
                assert!(ranges.is_empty());
                continue;
            }
            assert_eq!(ranges.len(), count);
            let (start, end) = given.unwrap_or((0, i64::try_from(size).unwrap()));
            assert_eq!((ranges[0].0, ranges[count - 1].1), (start, end));
            assert!(ranges.windows(2).all(|pair| pair[0].1 == pair[1].0));
        }
    }
}
