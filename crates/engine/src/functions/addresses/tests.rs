//! Answers of the functions of the family.

use super::super::testing::{check, dynamic, eval, json, text};
use super::*;
use crate::Value::{Bool, Long, Null};

#[test]
fn ipv4_as_numbers() {
    check(
        "parse_ipv4",
        &[
            (&[text("192.168.1.1")], Long(3_232_235_777)),
            (&[text("192.168.1.1/24")], Long(3_232_235_776)),
            (&[text("255.255.255.255/31")], Long(4_294_967_294)),
            (&[text("0.0.0.0/0")], Long(0)),
            (&[text("127.0.0.256")], Null(ScalarType::Long)),
            (&[text("1.2.3.4/33")], Null(ScalarType::Long)),
            (&[text("")], Null(ScalarType::Long)),
        ],
    );
    check(
        "parse_ipv4_mask",
        &[(&[text("127.0.0.1"), Long(24)], Long(2_130_706_432))],
    );
    check(
        "ipv4_netmask_suffix",
        &[
            (&[text("192.168.1.1/24")], Long(24)),
            (&[text("10.1.2.3")], Long(32)),
        ],
    );
    check(
        "ipv4_is_private",
        &[
            (&[text("10.1.2.3")], Bool(true)),
            (&[text("192.168.1.1/24")], Bool(true)),
            (&[text("172.32.0.1")], Bool(false)),
            (&[text("127.0.0.1")], Bool(false)),
            (&[text("192.0.0.0/8")], Bool(false)),
            (&[text("x")], Null(ScalarType::Bool)),
        ],
    );
}

#[test]
fn ipv4_comparison() {
    check(
        "ipv4_compare",
        &[
            (&[text("192.168.1.1/30"), text("192.168.1.255/24")], Long(0)),
            (
                &[text("192.168.1.1"), text("192.168.1.0"), Long(31)],
                Long(0),
            ),
            (&[text("192.168.1.1"), text("192.168.1.2")], Long(-1)),
        ],
    );
    check(
        "ipv4_is_in_range",
        &[(&[text("192.168.1.1"), text("192.168.1.255/24")], Bool(true))],
    );
    check(
        "ipv4_is_in_any_range",
        &[
            (
                &[
                    text("192.168.1.6"),
                    text("192.168.1.1/24"),
                    text("10.0.0.1/8"),
                ],
                Bool(true),
            ),
            (
                &[text("127.0.0.1"), dynamic(r#"["127.0.0.1","192.168.1.1"]"#)],
                Bool(true),
            ),
            (
                &[text("1.1.1.1"), dynamic(r#"["x","192.168.1.1/16"]"#)],
                Bool(false),
            ),
            (&[text("1.1.1.1"), text("x")], Null(ScalarType::Bool)),
        ],
    );
    assert_eq!(
        json(
            "ipv4_range_to_cidr_list",
            &[text("1.1.128.0"), text("1.1.140.255")]
        ),
        r#"["1.1.128.0/21","1.1.136.0/22","1.1.140.0/24"]"#
    );
    assert_eq!(ranges(0, u32::MAX), [(0, 0)]);
    assert_eq!(ranges(5, 4), []);
}

#[test]
fn ipv4_text() {
    check(
        "format_ipv4",
        &[
            (&[text("192.168.1.1"), Long(24)], text("192.168.1.0")),
            (&[text("192.168.1.1/24"), Long(32)], text("192.168.1.0")),
            (&[text("192.168.1.1/24"), Long(-1)], text("")),
            (&[Long(3_232_235_777)], text("192.168.1.1")),
        ],
    );
    check(
        "format_ipv4_mask",
        &[(&[text("192.168.1.1"), Long(24)], text("192.168.1.0/24"))],
    );
    let line = || text("05:04:54 127.0.0.1 GET /favicon.ico 404");
    check(
        "has_ipv4",
        &[
            (&[line(), text("127.0.0.1")], Bool(true)),
            (
                &[text("05:04:54127.0.0.1 GET"), text("127.0.0.1")],
                Bool(false),
            ),
            (&[text("127.0.0.256"), text("127.0.0.256")], Bool(false)),
        ],
    );
    check(
        "has_any_ipv4",
        &[(
            &[line(), dynamic(r#"["127.0.0.1","127.0.0.2"]"#)],
            Bool(true),
        )],
    );
    check(
        "has_any_ipv4_prefix",
        &[
            (&[line(), text("127.0."), text("192.168.")], Bool(true)),
            (&[line(), text("127.0")], Bool(false)),
            (&[text("05:04:54127.0.0.1"), text("127.0.")], Bool(false)),
            (&[text("x 127.0.0.256"), text("127.0.")], Bool(false)),
        ],
    );
    assert!(eval("has_ipv4", &[line(), Long(1)]).is_err());
}

#[test]
fn ipv6() {
    check(
        "parse_ipv6",
        &[
            (
                &[text("192.168.255.255/24")],
                text("0000:0000:0000:0000:0000:ffff:c0a8:ff00"),
            ),
            (&[text("x")], text("")),
        ],
    );
    check(
        "parse_ipv6_mask",
        &[
            (
                &[text("192.168.255.255/24"), Long(124)],
                text("0000:0000:0000:0000:0000:ffff:c0a8:ff00"),
            ),
            (
                &[text("fe80::85d:e82c:9446:7994/120"), Long(124)],
                text("fe80:0000:0000:0000:085d:e82c:9446:7900"),
            ),
            (
                &[text("::192.168.255.255"), Long(128)],
                text("0000:0000:0000:0000:0000:0000:c0a8:ffff"),
            ),
            (
                &[text("::192.168.255.255/24"), Long(128)],
                text("0000:0000:0000:0000:0000:0000:c0a8:ff00"),
            ),
        ],
    );
    check(
        "ipv6_compare",
        &[
            (&[text("192.168.1.1"), text("::ffff:c0a8:0101")], Long(0)),
            (
                &[
                    text("::192.168.1.1/30"),
                    text("192.168.1.255/24"),
                    Long(127),
                ],
                Long(0),
            ),
            (
                &[
                    text("fe80::85d:e82c:9446:7994/127"),
                    text("fe80::85d:e82c:9446:7998"),
                    Long(120),
                ],
                Long(0),
            ),
            (&[text("fe80::1"), text("fe80::2")], Long(-1)),
        ],
    );
    check(
        "ipv6_is_in_any_range",
        &[(
            &[
                text("a5e:f127:8a9d:146d:e102:b5d3:c756:abd1"),
                dynamic(
                    r#"["a5e:f127:8a9d:146d:e102:b5d3:c755:f6cd/112","0:0:0:0:0:ffff:c0a8:ac/60"]"#,
                ),
            ],
            Bool(false),
        )],
    );
}
