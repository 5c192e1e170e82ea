//! Every value is hostile.

use scraper::Html;
use tesem_console::hunt_report::Limits;
use tesem_hunt::BackendError;

use crate::report::{select, text};
use crate::world::{Planted, Ran, World, html, hunt};

/// Texts that would run, load, break out or mislead in a page that took them as they are.
pub(crate) const HOSTILE: [&str; 9] = [
    "<script>window.owned=1</script>",
    "</script><script>window.owned=1</script>",
    "</style></title></textarea><img src=http://127.0.0.1:9/x onerror=window.owned=1>",
    "\" autofocus onfocus=\"window.owned=1\" x=\"",
    "' onmouseover='window.owned=1' x='",
    "<svg/onload=window.owned=1>",
    "<!--<script>",
    "{{ 7*7 }}{% raw %}",
    "\u{202e}exe.fdp\u{200b}\u{0}\u{1b}[31m<b>",
];

/// A run in which every text that comes from outside is hostile.
pub(crate) fn hostile() -> Ran {
    let times = ["2026-11-01T10:00:00Z", "2026-11-20T11:00:00Z"];
    let mut planted: Vec<Planted> = HOSTILE
        .iter()
        .map(|text| Planted {
            file: (*text).to_owned(),
            ..Planted::domain("evil.com", text, &times)
        })
        .collect();
    planted.push(Planted::domain("evil.com", &"long".repeat(100_000), &times));
    let world = World {
        planted,
        refuse: |_| None,
    };
    // With a NUL the input would be no text at all.
    let lines = HOSTILE.join("\n").replace('\0', "");
    let list = format!("evil.com\nhttp://h.example.org/<script>'\"\n{lines}\n");
    hunt(HOSTILE[1], &list, &world)
}

/// A run in which every query fails for a hostile reason.
pub(crate) fn failed() -> Ran {
    let world = World {
        planted: Vec::new(),
        refuse: |_| Some(BackendError::Failed(HOSTILE.concat())),
    };
    hunt(HOSTILE[2], "evil.com\n", &world)
}

#[test]
fn hostile_values_are_text_and_nothing_else() {
    let (ran, failed) = (hostile(), failed());
    let html = html(
        &[ran.as_searched(HOSTILE[0]), failed.as_searched(HOSTILE[2])],
        Limits::default(),
    );
    let page = Html::parse_document(&html);
    assert_eq!(page.errors, Vec::<String>::new());
    let active =
        "img, [onfocus], [onmouseover], [onload], [onerror], [autofocus], svg[onload], b[x]";
    assert!(select(&page, active).is_empty());
    assert_eq!(
        (select(&page, "script").len(), select(&page, "style").len()),
        (1, 1)
    );
    let devices: Vec<String> = select(&page, "#devices th.value")
        .into_iter()
        .map(text)
        .collect();
    for one in &HOSTILE[..8] {
        let start: String = one.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            devices.iter().any(|device| device.starts_with(&start)),
            "{one}"
        );
    }
}

#[test]
fn characters_that_hide_or_reorder_are_spelt_out() {
    let ran = hostile();
    let html = html(&[ran.as_searched("demo")], Limits::default());
    assert!(html.contains("\\u{202e}exe.fdp\\u{200b}\\u{0}\\u{1b}[31m&lt;b&gt;"));
    assert!(!html.contains(['\u{202e}', '\u{200b}', '\u{0}', '\u{1b}']));
}

#[test]
fn long_values_are_cut() {
    let ran = hostile();
    let html = html(&[ran.as_searched("demo")], Limits::default());
    assert!(html.contains("… (400,000 characters)"));
    assert!(html.len() < 150_000, "{}", html.len());
}
