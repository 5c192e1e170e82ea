//! Network connections.

use std::borrow::Cow;

use super::DeviceDay;
use crate::generate::calendar::MILLISECOND;
use crate::generate::process::ProcessRef;
use crate::generate::random::Stream;
use crate::generate::rows::{NetworkRow, Text};
use crate::generate::web::Host;

/// One end of a connection as the device sees it.
#[derive(Debug, Clone)]
pub(in crate::generate) struct Connection<'t> {
    pub(in crate::generate) action: &'static str,
    pub(in crate::generate) ip: Text<'t>,
    pub(in crate::generate) port: i32,
    pub(in crate::generate) url: Text<'t>,
    pub(in crate::generate) protocol: &'static str,
}

impl<'t> Connection<'t> {
    /// A connection that succeeded.
    pub(in crate::generate) fn to(
        ip: impl Into<Text<'t>>,
        port: i32,
        url: impl Into<Text<'t>>,
    ) -> Self {
        Self {
            action: "ConnectionSuccess",
            ip: ip.into(),
            port,
            url: url.into(),
            protocol: "Tcp",
        }
    }

    /// A connection to a well-known host, with its name in one of the forms in which the sensor gives it.
    pub(super) fn to_host(host: &'t Host, stream: &mut Stream) -> Self {
        let ip = match stream.below(100) {
            0..15 => Cow::Borrowed(host.ipv6.as_str()),
            15..17 => Cow::Owned(format!("::ffff:{}", host.ip)),
            _ => Cow::Borrowed(host.ip.as_str()),
        };
        let mut connection = Self::to(ip, 443, host.name.as_str());
        match stream.below(100) {
            0..70 => {}
            70..86 => connection.url = Cow::Owned(format!("https://{}{}", host.name, host.path)),
            86..90 => connection.url = Cow::Owned(format!("{}:443", host.name)),
            90..95 => {
                connection.port = 80;
                connection.url = Cow::Owned(format!("http://{}{}", host.name, host.path));
            }
            95..98 => connection.url = Cow::Borrowed(""),
            _ => connection.action = "ConnectionFailed",
        }
        connection
    }
}

impl<'t> DeviceDay<'_, 't> {
    /// Records a connection of a process.
    pub(in crate::generate) fn connect(
        &mut self,
        process: ProcessRef,
        at: i64,
        connection: Connection<'t>,
    ) -> Option<&mut NetworkRow<'t>> {
        let stamp = self.stamp(at)?;
        let local_ip = match connection.ip.contains(':') {
            true if connection.ip.starts_with("::ffff:") => {
                Cow::Owned(format!("::ffff:{}", self.local_ip))
            }
            true => Cow::Borrowed(self.device.ipv6.as_str()),
            false => Cow::Borrowed(self.local_ip),
        };
        self.rows.network.push(NetworkRow {
            stamp,
            process,
            action: connection.action,
            remote_ip: connection.ip,
            remote_port: connection.port,
            remote_url: connection.url,
            local_ip,
            local_port: ephemeral_port(stamp.report, at),
            protocol: connection.protocol,
            additional: Cow::Borrowed(""),
        });
        self.rows.network.last_mut()
    }

    /// Records a connection to a well-known host, and now and then what the sensor saw in it.
    pub(super) fn visit(
        &mut self,
        process: ProcessRef,
        at: i64,
        host: &'t Host,
        stream: &mut Stream,
    ) {
        self.connect(process, at, Connection::to_host(host, stream));
        match stream.below(100) {
            0..4 => self.inspect(process, at, host, "DnsConnectionInspected"),
            4..8 => self.inspect(process, at, host, "SslConnectionInspected"),
            8..10 => self.inspect(process, at, host, "HttpConnectionInspected"),
            _ => {}
        }
    }

    /// What the network sensor read in a connection: the host name is in the additional fields alone.
    fn inspect(&mut self, process: ProcessRef, at: i64, host: &'t Host, action: &'static str) {
        let name_server = super::super::site::name_server(self.device.site());
        let (ip, port, protocol, detail) = match action {
            "DnsConnectionInspected" => (
                Cow::Owned(name_server),
                53,
                "Udp",
                format!(
                    r#"{{"direction":"Out","query":"{}","qtype_name":"A","answers":["{}"]}}"#,
                    host.name, host.ip
                ),
            ),
            "SslConnectionInspected" => (
                Cow::Borrowed(host.ip.as_str()),
                443,
                "Tcp",
                format!(
                    r#"{{"direction":"Out","server_name":"{}","version":"TLSv13","established":true}}"#,
                    host.name
                ),
            ),
            _ => (
                Cow::Borrowed(host.ip.as_str()),
                80,
                "Tcp",
                format!(
                    r#"{{"direction":"Out","method":"GET","host":"{}","uri":"{}","status_code":200}}"#,
                    host.name, host.path
                ),
            ),
        };
        let connection = Connection {
            action,
            ip,
            port,
            url: Cow::Borrowed(""),
            protocol,
        };
        if let Some(row) = self.connect(process, at - 40 * MILLISECOND, connection) {
            row.additional = Cow::Owned(detail);
        }
    }
}

fn ephemeral_port(report: i64, at: i64) -> i32 {
    let drawn = (report * 7_919 + at / MILLISECOND).rem_euclid(16_000);
    49_152 + i32::try_from(drawn).unwrap_or(0)
}
