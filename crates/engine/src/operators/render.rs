//! `render`: says how the rows are to be drawn, and leaves them as they are.
//!
//! Source: learn.microsoft.com/kusto/query/render-operator.

use tesem_kql::ast::{Expr, ExprKind, Literal, Name, Property};

use crate::binder::Binder;
use crate::binder::fault::Bind;
use crate::binder::properties;
use crate::binder::relation::Relation;
use crate::result::Visualization;

pub(crate) fn bind(
    binder: &Binder<'_>,
    input: Relation,
    chart: &Name,
    properties: &[Property],
) -> Bind<Relation> {
    binder.note(format!(
        "`render {}` does not change the rows; drawing them is left to the caller",
        chart.text
    ));
    binder.visualize(Visualization {
        chart: chart.text.clone(),
        properties: properties
            .iter()
            .map(|property| (property.name.text.clone(), text_of(&property.value)))
            .collect(),
    });
    Ok(input)
}

fn text_of(value: &Expr) -> String {
    match &value.kind {
        ExprKind::Literal(Literal::Bool(Some(value))) => value.to_string(),
        ExprKind::Literal(Literal::Long(Some(value))) => value.to_string(),
        ExprKind::Literal(Literal::Real(Some(value))) => value.to_string(),
        _ => properties::word_of(value).unwrap_or_default().to_owned(),
    }
}
