//! Findings about a query, pointing into its text.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use tesem_kql::{Diagnostic, Severity};

/// Longest query line that is shown; a longer one is cut around the finding.
const SHOWN_BYTES_MAX: usize = 4_000;

/// Renders one finding about `query`, which was read from `origin`.
pub(crate) fn render(query: &str, origin: &str, finding: &Diagnostic, color: bool) -> String {
    if query.len() > SHOWN_BYTES_MAX {
        return format!(
            "{}: {origin}: {}: {}",
            finding.severity,
            finding.position(query),
            finding.message
        );
    }
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let snippet = Snippet::source(query)
        .path(origin)
        .annotation(AnnotationKind::Primary.span(shown_span(query, finding)));
    let mut report = level
        .primary_title(finding.message.as_str())
        .id(finding.code)
        .element(snippet);
    if let Some(hint) = &finding.hint {
        report = report.element(Level::HELP.message(hint.as_str()));
    }
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    renderer.render(&[report])
}

/// A span inside the text that covers at least one character where there is one.
fn shown_span(query: &str, finding: &Diagnostic) -> std::ops::Range<usize> {
    let start = query.floor_char_boundary(finding.span.start);
    let end = query.ceil_char_boundary(finding.span.end.max(start));
    start..end
}

#[cfg(test)]
mod tests {
    use tesem_kql::Span;

    use super::*;

    #[test]
    fn a_finding_points_into_the_query() {
        let query = "DeviceEvents\n| wher ActionType == 'x'";
        let finding = Diagnostic::error("KQL0009", "`wher` is no operator", Span::new(15, 19))
            .with_hint("did you mean `where`?");
        insta::assert_snapshot!(render(query, "query.kql", &finding, false));
    }

    #[test]
    fn spans_outside_the_text_do_no_harm() {
        let finding = Diagnostic::error("KQL0014", "expected a query", Span::new(5, 90));
        assert!(render("é", "-", &finding, false).contains("expected a query"));
    }
}
