//! The engines that answer hunting queries.

use std::sync::Arc;

use tesem_engine::{Engine, EngineOptions};

use crate::envelope::Face;
use crate::error::TwinError;
use crate::prepared::PreparedTenant;

/// One engine for each set of tables that a face reaches.
#[derive(Debug)]
pub(crate) struct HuntingRuntime {
    everything: Engine,
    endpoint: Engine,
}

impl HuntingRuntime {
    pub(crate) fn new(prepared: &PreparedTenant) -> Result<Self, TwinError> {
        let engine = |database| {
            let options = EngineOptions {
                external_data: prepared.external_data.clone(),
                ..EngineOptions::default()
            };
            Engine::new(database, options).map_err(|error| TwinError::Threads {
                source: std::io::Error::other(error),
            })
        };
        Ok(Self {
            everything: engine(Arc::clone(&prepared.database))?,
            endpoint: engine(Arc::clone(&prepared.endpoint_database))?,
        })
    }

    /// The engine over the tables that a face reaches.
    pub(crate) fn engine(&self, face: Face) -> &Engine {
        match face {
            Face::Endpoint => &self.endpoint,
            _ => &self.everything,
        }
    }
}
