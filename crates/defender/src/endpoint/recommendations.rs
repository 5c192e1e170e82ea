//! Security recommendations.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/recommendation.

use std::sync::Arc;

use super::list::{ItemStream, PAGE_MAX, list, related};
use super::{MachineReference, Vulnerability};
use crate::core::Core;
use crate::route::Route;
use crate::wire::entity;
use crate::{DefenderError, ListQuery, RecommendationId, Service};

entity! {
    /// A recommendation.
    pub struct Recommendation keyed by id {
        /// Its id.
        id: RecommendationId = "id",
        /// The product.
        product_name: Option<String> = "productName",
        /// What to do.
        recommendation_name: Option<String> = "recommendationName",
        /// How many vulnerabilities it mends.
        weaknesses: Option<i64> = "weaknesses",
        /// The product's vendor.
        vendor: Option<String> = "vendor",
        /// The version to go to.
        recommended_version: Option<String> = "recommendedVersion",
        /// Category.
        recommendation_category: Option<String> = "recommendationCategory",
        /// The category's part.
        sub_category: Option<String> = "subCategory",
        /// How much it matters.
        severity_score: Option<f64> = "severityScore",
        /// Whether there is a public exploit.
        public_exploit: Option<bool> = "publicExploit",
        /// Whether there is an alert.
        active_alert: Option<bool> = "activeAlert",
        /// Threats.
        associated_threats: Vec<String> = "associatedThreats",
        /// Kind of remedy.
        remediation_type: Option<String> = "remediationType",
        /// `Active` or `Exception`.
        status: Option<String> = "status",
        /// Gain in the configuration score.
        config_score_impact: Option<f64> = "configScoreImpact",
        /// Gain in the exposure score.
        exposure_impact: Option<f64> = "exposureImpact",
        /// Machines with the product.
        total_machine_count: Option<i64> = "totalMachineCount",
        /// Those of them that are exposed.
        exposed_machines_count: Option<i64> = "exposedMachinesCount",
        /// Those where the remedy would not disturb anybody.
        non_productivity_impacted_assets: Option<i64> = "nonProductivityImpactedAssets",
        /// The component.
        related_component: Option<String> = "relatedComponent",
        /// Exposed machines that matter most.
        exposed_critical_devices: Option<i64> = "exposedCriticalDevices",
    }
}

/// Recommendations for one tenant, from [`DefenderReader::recommendations`](crate::DefenderReader::recommendations).
#[derive(Debug, Clone)]
pub struct Recommendations {
    pub(crate) core: Arc<Core>,
}

const RECOMMENDATION: &[&str] = &["SecurityRecommendation.Read.All"];

pub(crate) const LIST_RECOMMENDATIONS: Route = Route::read(
    "list recommendations",
    "GET /api/recommendations",
    RECOMMENDATION,
);

impl Recommendations {
    /// Recommendations, at most 10,000 a page.
    #[must_use]
    pub fn list(&self, query: &ListQuery) -> ItemStream<Recommendation> {
        list(
            &self.core,
            LIST_RECOMMENDATIONS,
            &["recommendations"],
            query,
            PAGE_MAX,
        )
    }

    /// One recommendation; nothing where there is none.
    ///
    /// # Errors
    /// [`DefenderError`].
    pub async fn get(
        &self,
        id: &RecommendationId,
    ) -> Result<Option<Recommendation>, DefenderError> {
        let route = Route::read(
            "read a recommendation",
            "GET /api/recommendations/{id}",
            RECOMMENDATION,
        );
        self.core
            .find(
                &route,
                self.core
                    .url(Service::Defender, "/api", &["recommendations", id.as_str()]),
            )
            .await
    }

    /// Machines that a recommendation is for.
    #[must_use]
    pub fn machines(&self, id: &RecommendationId) -> ItemStream<MachineReference> {
        let endpoint = "GET /api/recommendations/{id}/machineReferences";
        let route = Route::read(
            "list machines of a recommendation",
            endpoint,
            RECOMMENDATION,
        );
        related(
            &self.core,
            route,
            &["recommendations", id.as_str(), "machineReferences"],
        )
    }

    /// Vulnerabilities that a recommendation mends.
    #[must_use]
    pub fn vulnerabilities(&self, id: &RecommendationId) -> ItemStream<Vulnerability> {
        let endpoint = "GET /api/recommendations/{id}/vulnerabilities";
        let route = Route::read(
            "list vulnerabilities of a recommendation",
            endpoint,
            &["Vulnerability.Read.All"],
        );
        related(
            &self.core,
            route,
            &["recommendations", id.as_str(), "vulnerabilities"],
        )
    }
}
