//! Connections that can be cut in the middle of a call, and that do not wait for ever.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};

/// Accepts connections, so many at a time.
pub(super) struct TwinListener {
    listener: TcpListener,
    places: Arc<Semaphore>,
    patience: Duration,
}

impl TwinListener {
    pub(super) fn new(listener: TcpListener, connections_max: usize, patience: Duration) -> Self {
        let places = Arc::new(Semaphore::new(
            connections_max.clamp(1, Semaphore::MAX_PERMITS),
        ));
        Self {
            listener,
            places,
            patience,
        }
    }
}

impl Listener for TwinListener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let (stream, address) = Listener::accept(&mut self.listener).await;
        (Connection::new(stream, self.patience, place), address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// What a handler can do with the connection it answers on.
#[derive(Debug, Clone)]
pub(super) struct ConnectionHandle {
    state: Arc<ConnectionState>,
}

#[derive(Debug, Default)]
struct ConnectionState {
    is_cut: AtomicBool,
    is_busy: AtomicBool,
    /// A call ended since the timer for the next request was last set.
    is_fresh: AtomicBool,
}

impl ConnectionHandle {
    /// Ends the connection: whatever is written from now on fails.
    pub(super) fn cut(&self) {
        self.state.is_cut.store(true, Ordering::SeqCst);
    }

    /// Marks the connection as busy with a call, so that its silence is not held against it.
    pub(super) fn busy(&self) -> BusyGuard {
        self.state.is_busy.store(true, Ordering::SeqCst);
        BusyGuard(Arc::clone(&self.state))
    }
}

impl Connected<IncomingStream<'_, TwinListener>> for ConnectionHandle {
    fn connect_info(stream: IncomingStream<'_, TwinListener>) -> Self {
        Self {
            state: Arc::clone(&stream.io().state),
        }
    }
}

/// Ends the busy time of a connection when dropped.
pub(super) struct BusyGuard(Arc<ConnectionState>);

impl Drop for BusyGuard {
    fn drop(&mut self) {
        self.0.is_fresh.store(true, Ordering::SeqCst);
        self.0.is_busy.store(false, Ordering::SeqCst);
    }
}

/// A TCP connection with a kill switch and two timers: one for a request that does not come, one for an answer nobody reads.
pub(super) struct Connection {
    stream: TcpStream,
    state: Arc<ConnectionState>,
    patience: Duration,
    read_timer: Pin<Box<Sleep>>,
    write_timer: Option<Pin<Box<Sleep>>>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Connection {
    fn new(stream: TcpStream, patience: Duration, place: Option<OwnedSemaphorePermit>) -> Self {
        Self {
            stream,
            state: Arc::default(),
            patience,
            read_timer: Box::pin(tokio::time::sleep(patience)),
            write_timer: None,
            _place: place,
        }
    }

    fn check_cut(&self) -> io::Result<()> {
        if self.state.is_cut.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }

    /// The time for the next request runs from the end of the last call.
    fn poll_read_timer(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let is_fresh = self.state.is_fresh.swap(false, Ordering::SeqCst);
        if is_fresh || self.state.is_busy.load(Ordering::SeqCst) {
            let deadline = Instant::now() + self.patience;
            self.read_timer.as_mut().reset(deadline);
        }
        match self.read_timer.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
            Poll::Pending => Ok(()),
        }
    }

    fn poll_written<T>(
        &mut self,
        context: &mut Context<'_>,
        poll: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if poll.is_ready() {
            self.write_timer = None;
            return poll;
        }
        let patience = self.patience;
        let timer = self
            .write_timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        match timer.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check_cut()?;
        let poll = Pin::new(&mut self.stream).poll_read(context, buffer);
        if poll.is_pending() {
            self.poll_read_timer(context)?;
        }
        poll
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check_cut()?;
        let poll = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.poll_written(context, poll)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check_cut()?;
        let poll = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.poll_written(context, poll)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check_cut()?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
