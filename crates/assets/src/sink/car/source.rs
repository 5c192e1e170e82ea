//! The source's own record: its save point, and the session of a full import.

use reqwest::Method;
use serde_json::json;

use super::CarError;
use super::client::{Call, CarClient};
use crate::import::Source;
use crate::save_point::SavePoint;

/// Name of the session of a full import.
const SESSION: &str = "full-import-in-progress";

/// What the service says where a session is open already.
const CONFLICT: u16 = 409;

/// What it says where none is.
const GONE: u16 = 404;

impl CarClient {
    /// The save point's text as it stands; nothing where there is none.
    async fn stored(&self, source: &Source) -> Result<Option<String>, CarError> {
        let call = Call::get(&["source", source.key()]);
        let answer = self.ask(&call).await?;
        let text = answer.text("model_state_id").map(str::trim);
        let text = text.filter(|text| answer.status == 200 && !text.is_empty());
        Ok(text.map(str::to_owned))
    }

    /// The save point; nothing where there is none or somebody else's text stands in its place.
    pub(super) async fn save_point(&self, source: &Source) -> Result<Option<SavePoint>, CarError> {
        let text = self.stored(source).await?;
        Ok(text.and_then(|text| SavePoint::from_text(&text).ok().flatten()))
    }

    /// Takes the save point back, so that the next import is full.
    pub(super) async fn forget(&self, source: &Source) -> Result<(), CarError> {
        if self.stored(source).await?.is_some() {
            self.put_save_point(source, "").await?;
        }
        Ok(())
    }

    pub(super) async fn put_save_point(&self, source: &Source, text: &str) -> Result<(), CarError> {
        let call = Call::new(Method::PATCH, &["source"])
            .with("key", source.key())
            .body(json!({"model_state_id": text}));
        self.ask_for(&call).await.map(drop)
    }

    /// Does work in a session, at the end of which the service closes what was not imported in it. The session is closed whatever comes of
    /// the work.
    pub(super) async fn in_session<T>(
        &self,
        source: &Source,
        work: impl Future<Output = Result<T, CarError>>,
    ) -> Result<T, CarError> {
        self.open_session(source).await?;
        let done = work.await;
        let closed = self.close_session(source).await;
        let done = done?;
        closed.map(|()| done)
    }

    async fn open_session(&self, source: &Source) -> Result<(), CarError> {
        let call = session(Method::POST, source);
        let mut started = self.start(&call).await;
        if let Err(CarError::Status {
            status: CONFLICT, ..
        }) = started
        {
            // An importer that died left it open. What closing takes is imported in the session that follows.
            self.close_session(source).await?;
            started = self.start(&call).await;
        }
        let opened = match started {
            Err(refused @ CarError::Status { .. }) => return Err(refused),
            Err(error) => Err(error),
            Ok(id) => self.done("begin a full import", &id).await,
        };
        if opened.is_err() {
            // It may be open all the same. The first error says more than one of closing would.
            let _ = self.close_session(source).await;
        }
        opened
    }

    async fn close_session(&self, source: &Source) -> Result<(), CarError> {
        let call = session(Method::DELETE, source);
        match self.work("end a full import", &call).await {
            // It was closed, and the answer that said so was lost.
            Err(CarError::Status { status: GONE, .. }) => Ok(()),
            other => other,
        }
    }
}

fn session(method: Method, source: &Source) -> Call {
    Call::new(method, &["source", source.key(), SESSION])
}
