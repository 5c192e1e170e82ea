//! What readers and writers of one tenant share: settings and calls with JSON bodies.

use reqwest::Method;
use serde::Serialize;
use serde_json::{Map, Value};
use url::Url;

use crate::call::Caller;
use crate::endpoints::join;
use crate::retry::Repeat;
use crate::route::Route;
use crate::transport::Answer;
use crate::wire::Entity;
use crate::{AnswerProblem, ApiRequest, DefenderError, Service, TenantSettings};

/// How often a readable answer is asked for when JSON breaks off in the middle, as a cut connection behind a proxy
/// makes it look.
const READS_MAX: u32 = 3;

const JSON: &str = "application/json; charset=utf-8";

#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) settings: TenantSettings,
    pub(crate) caller: Caller,
}

impl Core {
    /// The address of a resource: `root` as written, then one segment for each of `segments`, whatever it holds.
    pub(crate) fn url(&self, service: Service, root: &str, segments: &[&str]) -> Url {
        let mut url = join(self.settings.endpoints.of(service), root);
        if let Ok(mut path) = url.path_segments_mut() {
            // A segment of dots would be taken for a step to another folder.
            path.extend(segments.iter().map(|segment| match *segment {
                "." | ".." | "" => "-",
                segment => segment,
            }));
        }
        url
    }

    /// Reads the JSON object at `url`, and gives the service's request id too.
    pub(crate) async fn get_object(
        &self,
        route: &Route,
        url: Url,
    ) -> Result<(Map<String, Value>, Option<String>), DefenderError> {
        let request = ApiRequest {
            method: Method::GET,
            url,
            content_type: JSON,
            body: Default::default(),
        };
        let mut reads = 0;
        loop {
            reads += 1;
            let answer = self.caller.call(&route.kind(), &request).await?;
            match object(&answer) {
                Ok(object) => return Ok((object, answer.request_id)),
                Err((_, Broken::Off)) if reads < READS_MAX && route.repeat == Repeat::Safe => {}
                Err((source, _)) => return Err(route.unreadable(answer.request_id, source)),
            }
        }
    }

    /// Reads the entity at `url`.
    pub(crate) async fn get<T: Entity>(&self, route: &Route, url: Url) -> Result<T, DefenderError> {
        let (object, request_id) = self.get_object(route, url).await?;
        entity(route, object, request_id)
    }

    /// Reads the entity at `url`, if there is one: 404 with an error of the service says that there is none. A 404
    /// without a body is an address that nobody serves.
    pub(crate) async fn find<T: Entity>(
        &self,
        route: &Route,
        url: Url,
    ) -> Result<Option<T>, DefenderError> {
        match self.get(route, url).await {
            Ok(entity) => Ok(Some(entity)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sends `body` and reads the object that comes back; nothing for an empty answer.
    pub(crate) async fn send_object(
        &self,
        route: &Route,
        method: Method,
        url: Url,
        body: &impl Serialize,
    ) -> Result<(Option<Map<String, Value>>, Option<String>), DefenderError> {
        let body = serde_json::to_vec(body).map_err(|error| DefenderError::Unfit {
            operation: route.operation,
            reason: error.to_string(),
        })?;
        let request = ApiRequest {
            method,
            url,
            content_type: JSON,
            body: body.into(),
        };
        let answer = self.caller.call(&route.kind(), &request).await?;
        if answer.body.is_empty() {
            return Ok((None, answer.request_id));
        }
        match object(&answer) {
            Ok(object) => Ok((Some(object), answer.request_id)),
            Err((source, _)) => Err(route.unreadable(answer.request_id, source)),
        }
    }

    /// Sends `body` and reads the entity that comes back.
    pub(crate) async fn send<T: Entity>(
        &self,
        route: &Route,
        url: Url,
        body: &impl Serialize,
    ) -> Result<T, DefenderError> {
        let (object, request_id) = self.send_object(route, Method::POST, url, body).await?;
        match object {
            Some(object) => entity(route, object, request_id),
            None => Err(route.unreadable(request_id, AnswerProblem::Missing { part: "body" })),
        }
    }

    /// Deletes what is at `url`.
    pub(crate) async fn delete(&self, route: &Route, url: Url) -> Result<(), DefenderError> {
        let request = ApiRequest {
            method: Method::DELETE,
            url,
            content_type: JSON,
            body: Default::default(),
        };
        self.caller.call(&route.kind(), &request).await.map(drop)
    }
}

pub(crate) fn entity<T: Entity>(
    route: &Route,
    object: Map<String, Value>,
    request_id: Option<String>,
) -> Result<T, DefenderError> {
    let shape = |problem: crate::wire::WireProblem| AnswerProblem::Shape {
        problem: problem.to_string(),
    };
    T::read(object).map_err(|problem| route.unreadable(request_id, shape(problem)))
}

/// Whether JSON ended too early or is something else.
enum Broken {
    Off,
    Otherwise,
}

/// Where the parser stopped. It quotes a value of another kind, which may be a signed address; that stays out.
fn stopped(error: &serde_json::Error) -> String {
    if !error.is_data() {
        return error.to_string();
    }
    let (line, column) = (error.line(), error.column());
    format!("something else than an object at line {line} column {column}")
}

fn object(answer: &Answer) -> Result<Map<String, Value>, (AnswerProblem, Broken)> {
    serde_json::from_slice(&answer.body).map_err(|error| {
        let problem = AnswerProblem::Json {
            content_type: answer.content_type.clone(),
            bytes: answer.body.len(),
            message: stopped(&error),
        };
        (
            problem,
            if error.is_eof() {
                Broken::Off
            } else {
                Broken::Otherwise
            },
        )
    })
}
