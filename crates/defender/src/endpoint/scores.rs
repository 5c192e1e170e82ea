//! Scores.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/get-exposure-score, get-device-secure-score and
//! get-machine-group-exposure-score.

use std::sync::Arc;

use jiff::Timestamp;

use super::list::{ItemStream, related};
use crate::core::Core;
use crate::route::Route;
use crate::wire::entity;
use crate::{DefenderError, Service};

entity! {
    /// A score at a time.
    pub struct Score {
        /// When.
        time: Option<Timestamp> = "time",
        /// The score.
        score: Option<f64> = "score",
    }
}

entity! {
    /// A device group's score. The list also tells which ids groups have.
    pub struct GroupScore {
        /// The group.
        rbac_group_id: Option<i64> = "rbacGroupId",
        /// Its name.
        rbac_group_name: Option<String> = "rbacGroupName",
        /// When.
        time: Option<Timestamp> = "time",
        /// The score.
        score: Option<f64> = "score",
    }
}

/// Scores of one tenant, from [`DefenderReader::scores`](crate::DefenderReader::scores).
#[derive(Debug, Clone)]
pub struct Scores {
    pub(crate) core: Arc<Core>,
}

const SCORE: &[&str] = &["Score.Read.All"];

pub(crate) const READ_EXPOSURE_SCORE: Route =
    Route::read("read the exposure score", "GET /api/exposureScore", SCORE);

impl Scores {
    /// How exposed the organisation is: 0 to 100, low is good.
    ///
    /// # Errors
    /// [`DefenderError`].
    pub async fn exposure(&self) -> Result<Score, DefenderError> {
        self.core
            .get(
                &READ_EXPOSURE_SCORE,
                self.core.url(Service::Defender, "/api", &["exposureScore"]),
            )
            .await
    }

    /// How well machines are configured, high is good.
    ///
    /// # Errors
    /// [`DefenderError`].
    pub async fn configuration(&self) -> Result<Score, DefenderError> {
        let route = Route::read(
            "read the configuration score",
            "GET /api/configurationScore",
            SCORE,
        );
        self.core
            .get(
                &route,
                self.core
                    .url(Service::Defender, "/api", &["configurationScore"]),
            )
            .await
    }

    /// How exposed each device group is.
    #[must_use]
    pub fn exposure_by_group(&self) -> ItemStream<GroupScore> {
        let endpoint = "GET /api/exposureScore/ByMachineGroups";
        let route = Route::read("list exposure scores of groups", endpoint, SCORE);
        related(&self.core, route, &["exposureScore", "ByMachineGroups"])
    }
}
