//! Reads the served document, and holds answers against it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use jsonschema::Validator;
use reqwest::Response;
use serde_json::{Map, Value, json};

use crate::harness::{TestTwin, parts};

/// The served document.
pub(crate) struct Document {
    pub(crate) json: Value,
    /// By the text of the schema.
    validators: RefCell<HashMap<String, Rc<Validator>>>,
}

/// One operation of it.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) json: Value,
}

impl Operation {
    pub(crate) fn id(&self) -> &str {
        self.json["operationId"].as_str().unwrap()
    }

    pub(crate) fn audience(&self) -> Option<&str> {
        self.json["x-audience"].as_str()
    }

    pub(crate) fn is_emulated(&self) -> bool {
        self.json["x-emulated"] == true
    }

    pub(crate) fn tag(&self) -> &str {
        self.json["tags"][0].as_str().unwrap()
    }

    pub(crate) fn parameters(&self, place: &str) -> Vec<&Value> {
        let all = self.json["parameters"].as_array().unwrap().iter();
        all.filter(|parameter| parameter["in"] == place).collect()
    }

    /// The media type and the schema of the body.
    pub(crate) fn body(&self) -> Option<(&str, &Value)> {
        let content = self.json["requestBody"]["content"].as_object()?;
        let (media, body) = content.iter().next()?;
        Some((media, &body["schema"]))
    }
}

impl Document {
    pub(crate) async fn of(twin: &TestTwin) -> Self {
        let (status, json) = parts(twin.get("/_twin/openapi.json").await).await;
        assert_eq!(status, 200);
        Self {
            json,
            validators: RefCell::default(),
        }
    }

    pub(crate) fn operations(&self) -> Vec<Operation> {
        let mut all = Vec::new();
        for (path, item) in self.json["paths"].as_object().unwrap() {
            for (method, json) in item.as_object().unwrap() {
                all.push(Operation {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    json: json.clone(),
                });
            }
        }
        all
    }

    /// What a reference points at; what is no reference is itself.
    pub(crate) fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(reference) => self
                .json
                .pointer(reference.trim_start_matches('#'))
                .unwrap(),
            None => value,
        }
    }

    pub(crate) fn validator(&self, schema: &Value) -> Rc<Validator> {
        let mut validators = self.validators.borrow_mut();
        let known = validators.entry(schema.to_string());
        Rc::clone(known.or_insert_with(|| Rc::new(self.compiled(schema))))
    }

    fn compiled(&self, schema: &Value) -> Validator {
        let whole = json!({"allOf": [schema], "components": {"schemas": self.json["components"]["schemas"]}});
        jsonschema::options()
            .should_validate_formats(true)
            .build(&whole)
            .unwrap()
    }

    /// What an answer has that the document does not say of it.
    pub(crate) fn objection(&self, operation: &Operation, answer: &Answer) -> Option<String> {
        let declared = operation.json["responses"].get(answer.status.to_string());
        let Some(declared) = declared else {
            return Some(format!("status {} is not declared", answer.status));
        };
        let content = self.resolved(declared)["content"].as_object();
        let is_bodyless = content.is_none() || (answer.status == 404 && answer.body.is_empty());
        if is_bodyless {
            let is_wrong = !answer.body.is_empty();
            return is_wrong.then(|| format!("status {} has a body", answer.status));
        }
        let (media, declared) = content?.iter().next()?;
        if !answer.media.starts_with(media.as_str()) {
            return Some(format!("{} instead of {media}", answer.media));
        }
        let schema = declared.get("schema")?;
        let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else {
            return Some(format!("status {} has no JSON", answer.status));
        };
        let validator = self.validator(schema);
        let mut errors: Vec<String> = validator
            .iter_errors(&body)
            .take(3)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        errors.extend(self.silent(operation, answer.status, &body));
        (!errors.is_empty()).then(|| format!("status {}: {}", answer.status, errors.join("; ")))
    }

    /// The fields of an answer's entities that the document does not know.
    fn silent(&self, operation: &Operation, status: u16, body: &Value) -> Option<String> {
        let name = self.entity_name(operation).filter(|_| status < 300)?;
        let declared = self.fields().remove(&name)?;
        let silent: BTreeSet<&String> = entities(body)
            .into_iter()
            .filter_map(Value::as_object)
            .flat_map(Map::keys)
            .filter(|key| !key.starts_with("@odata.") && !declared.contains(key))
            .collect();
        (!silent.is_empty()).then(|| format!("{name} is not said to have {silent:?}"))
    }

    /// The name of the schema of the entities in an operation's answer.
    pub(crate) fn entity_name(&self, operation: &Operation) -> Option<String> {
        let responses = operation.json["responses"].as_object().unwrap();
        let (_, done) = responses
            .iter()
            .find(|(status, _)| status.starts_with('2'))?;
        let answer = &done["content"]["application/json"]["schema"];
        let places = [
            "/properties/value/items/$ref",
            "/allOf/0/$ref",
            "/items/$ref",
            "/$ref",
        ];
        let found = places
            .iter()
            .find_map(|place| answer.pointer(place)?.as_str())?;
        Some(found.rsplit('/').next()?.to_owned())
    }

    /// The fields that each schema of the components declares.
    pub(crate) fn fields(&self) -> BTreeMap<String, Vec<String>> {
        let schemas = self.json["components"]["schemas"].as_object().unwrap();
        schemas
            .iter()
            .filter_map(|(name, schema)| {
                let fields = schema["properties"].as_object()?.keys().cloned().collect();
                Some((name.clone(), fields))
            })
            .collect()
    }
}

/// The entities of a page, of a list, or the one that a body is.
pub(crate) fn entities(body: &Value) -> Vec<&Value> {
    match (body, body["value"].as_array()) {
        (Value::Array(entities), _) | (_, Some(entities)) => entities.iter().collect(),
        _ => vec![body],
    }
}

/// An answer, read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) media: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) async fn read(response: Response) -> Self {
        let media = response.headers().get("content-type");
        let media = media.map_or("", |media| media.to_str().unwrap()).to_owned();
        Self {
            status: response.status().as_u16(),
            media,
            body: response.bytes().await.unwrap().to_vec(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}
