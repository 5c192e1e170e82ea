//! KQL on DataFusion: binder, planner, functions, tables.
