//! Exit codes: part of the outer contract.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// Failed; nothing useful was produced.
    Failed,
    /// Wrong usage or configuration.
    Usage,
    /// Done, but some items failed; they are listed.
    Partial,
    /// `indicators plan --detailed-exitcode` found something to do.
    Changes,
    /// `hunt --fail-on-hit` found something.
    Hits,
    /// `assets import` failed, in a class of IBM's platform: 10, 20 or 50 to 55.
    Import(u8),
    /// Interrupted by the user; what was finished is kept.
    Interrupted,
}

impl Exit {
    /// The number the shell sees.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Partial => 3,
            Self::Changes => 4,
            Self::Hits => 5,
            Self::Import(class) => class,
            // 128 + SIGINT, which is what shells show for an interrupted program.
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
