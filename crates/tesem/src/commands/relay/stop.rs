//! When to stop: Ctrl-C, and what systems send to services.

/// Waits for Ctrl-C, or for the signal to end.
#[cfg(unix)]
pub(super) async fn asked() {
    use tokio::signal::unix::{SignalKind, signal};
    let ended = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signals) => {
                signals.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = interrupted() => {}
        () = ended => {}
    }
}

/// Waits for Ctrl-C, or for the window or the system to close.
#[cfg(windows)]
pub(super) async fn asked() {
    use tokio::signal::windows::{ctrl_close, ctrl_shutdown};
    let closed = async {
        match (ctrl_close(), ctrl_shutdown()) {
            (Ok(mut close), Ok(mut shutdown)) => tokio::select! {
                _ = close.recv() => {}
                _ = shutdown.recv() => {}
            },
            _ => std::future::pending().await,
        }
    };
    tokio::select! {
        () = interrupted() => {}
        () = closed => {}
    }
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
