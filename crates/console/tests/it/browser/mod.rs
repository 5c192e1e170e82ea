//! The report in a real browser: its script works, no script of a value runs, nothing is asked of a network, and it fits a phone.

mod devtools;

use std::path::Path;

use serde_json::json;
use tesem_console::hunt_report::Limits;

use crate::hostile::{failed, hostile};
use crate::world::{html, small};
use devtools::{Page, browser};

/// Puts a page into a file and opens it, `width` pixels wide.
fn open<'a>(browser: &'a mut devtools::Browser, folder: &Path, html: &str, width: u32) -> Page<'a> {
    let path = folder.join("report.html");
    std::fs::write(&path, html).unwrap();
    browser.open(&format!("file://{}", path.display()), width, 844)
}

const VISIBLE_ROWS: &str = "[...document.querySelectorAll('#coverage table.rows tbody tr')].filter(r => !r.hidden).map(r => r.cells[1].textContent)";

#[test]
fn in_a_browser_tables_are_searched_filtered_and_sorted() {
    let Some(mut browser) = browser() else { return };
    let folder = tempfile::tempdir().unwrap();
    let ran = small();
    let html = html(&[ran.as_searched("demo")], Limits::default());
    let mut page = open(&mut browser, folder.path(), &html, 1440);
    assert_eq!(
        page.evaluate("document.getElementById('tools').hidden"),
        json!(false)
    );

    page.press("/");
    page.insert_text("good.org CLEAR");
    page.wait_for("document.getElementById('found').textContent === '1 of 11 rows'");
    assert_eq!(page.evaluate(VISIBLE_ROWS), json!(["good.org"]));

    page.evaluate("document.getElementById('find').value = ''; document.querySelector('#verdicts input[value=hit]').click()");
    assert_eq!(
        page.evaluate(VISIBLE_ROWS),
        json!(["127.0.0.1", "not one thing!", "good.org"])
    );
    page.evaluate("document.querySelector('#verdicts input[value=hit]').click()");

    // By keyboard alone: focus the head's button, press Enter.
    page.evaluate("document.querySelectorAll('#indicators thead [role=button]')[2].focus()");
    let order = "[...document.querySelectorAll('#indicators .groups > tbody')].map(b => b.rows[0].cells[2].textContent)";
    page.press("Enter");
    assert_eq!(page.evaluate(order), json!(["1", "4"]));
    page.press("Enter");
    assert_eq!(page.evaluate(order), json!(["4", "1"]));
    let sorted = "document.querySelector('#indicators [aria-sort]').textContent + document.querySelector('#indicators [aria-sort]').getAttribute('aria-sort')";
    assert_eq!(page.evaluate(sorted), json!("Eventsdescending"));

    page.evaluate("document.getElementById('close').click()");
    assert_eq!(
        page.evaluate("document.querySelectorAll('main details[open]').length"),
        json!(0)
    );
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn in_a_browser_no_script_of_a_value_runs_and_nothing_is_requested() {
    let Some(mut browser) = browser() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (ran, failed) = (hostile(), failed());
    let tenants = [
        ran.as_searched("<script>window.owned=1</script>"),
        failed.as_searched("b"),
    ];
    let html = html(&tenants, Limits::default());
    let mut page = open(&mut browser, folder.path(), &html, 1440);
    page.evaluate("document.getElementById('open').click(); document.querySelectorAll('thead [role=button]').forEach(b => b.click())");
    assert_eq!(page.evaluate("typeof window.owned"), json!("undefined"));
    assert_eq!(
        page.requests().len(),
        1,
        "the page alone: {:?}",
        page.requests()
    );
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn in_a_browser_the_policy_stops_what_escaping_would_have_let_through() {
    let Some(mut browser) = browser() else { return };
    let folder = tempfile::tempdir().unwrap();
    let ran = small();
    let html = html(&[ran.as_searched("demo")], Limits::default());
    let injected =
        "<script>window.owned=1</script><img src=http://127.0.0.1:9/x onerror=window.owned=1>";
    let open_door = html.replacen("good.org", injected, 1);
    let mut page = open(&mut browser, folder.path(), &open_door, 1440);
    assert_eq!(page.evaluate("typeof window.owned"), json!("undefined"));
    assert!(
        !page.complaints().is_empty(),
        "the browser names what it refused"
    );
    assert_eq!(page.requests().len(), 1);

    // Without the policy the same page does run and ask: this test can see both.
    let policy = open_door.find("<meta http-equiv").unwrap()
        ..open_door.find("<meta name=\"referrer").unwrap();
    let mut unguarded = open_door;
    unguarded.replace_range(policy, "");
    let mut page = open(&mut browser, folder.path(), &unguarded, 1440);
    assert_eq!(page.evaluate("window.owned"), json!(1));
    assert_eq!(page.requests().len(), 2);
}

/// What reaches beyond the window without being in something that scrolls.
const WIDEST: &str = "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth && !e.closest('.scroll')).map(e => e.outerHTML.slice(0, 80)).join('; ')";

#[test]
fn in_a_browser_the_page_is_never_wider_than_its_window() {
    let Some(mut browser) = browser() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (small, hostile) = (small(), hostile());
    let pages = [
        html(&[small.as_searched("demo")], Limits::default()),
        html(
            &[hostile.as_searched("demo"), small.as_searched("x")],
            Limits::default(),
        ),
    ];
    for html in &pages {
        for width in [320, 390, 820, 1440] {
            let mut page = open(&mut browser, folder.path(), html, width);
            page.evaluate("document.getElementById('open').click()");
            let wide = page.evaluate("document.documentElement.scrollWidth");
            let widest = page.evaluate(WIDEST);
            assert_eq!(wide, json!(width), "{widest}");
        }
    }
}
