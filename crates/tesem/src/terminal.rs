//! The terminal: data to standard output, everything else to standard error.

use std::io::{BufWriter, IsTerminal, Stdout, Write};

use clap::ColorChoice;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::CommonOptions;

/// What the person asked to see, and where it goes.
#[derive(Debug, Clone)]
pub(crate) struct Terminal {
    quiet: bool,
    progress: bool,
    color_out: bool,
    color_err: bool,
    bars: MultiProgress,
}

impl Terminal {
    /// Decides on colour and progress from the options, `NO_COLOR` and what the streams are.
    pub(crate) fn new(options: &CommonOptions) -> Self {
        let progress = !options.no_progress && !options.quiet && std::io::stderr().is_terminal();
        let target = if progress {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let color = !options.no_color && !no_color_set();
        Self {
            quiet: options.quiet,
            progress,
            color_out: color && std::io::stdout().is_terminal(),
            color_err: color && std::io::stderr().is_terminal(),
            bars: MultiProgress::with_draw_target(target),
        }
    }

    /// Where data goes.
    pub(crate) fn stdout(&self) -> BufWriter<Stdout> {
        BufWriter::new(std::io::stdout())
    }

    /// Whether standard output takes colour.
    pub(crate) fn color_out(&self) -> bool {
        self.color_out
    }

    /// Whether standard error takes colour.
    pub(crate) fn color_err(&self) -> bool {
        self.color_err
    }

    /// Whether a progress bar is wanted and visible.
    pub(crate) fn shows_progress(&self) -> bool {
        self.progress
    }

    /// A progress bar after `template`, below those that are there; hidden unless progress is wanted and visible.
    pub(crate) fn bar(&self, template: &str) -> ProgressBar {
        let bar = self.bars.add(ProgressBar::no_length());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar
    }

    /// A message for the person, unless `--quiet`.
    pub(crate) fn say(&self, message: &str) {
        if !self.quiet {
            self.write_err(message);
        }
    }

    /// Something the person has to do; shown even with `--quiet`, because nothing goes on without it.
    pub(crate) fn request(&self, message: &str) {
        self.write_err(message);
    }

    /// A warning; shown even with `--quiet`, because it is about the result.
    pub(crate) fn warn(&self, message: &str) {
        self.write_err(&format!("{} {message}", self.paint("warning:", "33;1")));
    }

    /// An error as [`crate::failure::render`] writes it.
    pub(crate) fn error(&self, rendered: &str) {
        let text = rendered.replacen("error:", &self.paint("error:", "31;1"), 1);
        self.write_err(&text);
    }

    fn paint(&self, text: &str, code: &str) -> String {
        if self.color_err {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    fn write_err(&self, text: &str) {
        // Nothing sensible is left to do when standard error is closed.
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }
}

/// For clap, which prints before the options are known.
pub(crate) fn color_choice() -> ColorChoice {
    if no_color_set() {
        ColorChoice::Never
    } else {
        ColorChoice::Auto
    }
}

/// `NO_COLOR` with any value but the empty one; see no-color.org.
fn no_color_set() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}
