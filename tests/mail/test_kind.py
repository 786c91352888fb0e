"""Who wrote a mail: machines are told by their headers, and a customer's mail through a list stays a customer's mail."""

import pytest

from server.domain.mail import MailKind
from server.mail import from_headers, split_header_block

ORDINARY, AUTO, BOUNCE, BULK = MailKind.ORDINARY, MailKind.AUTO_REPLY, MailKind.BOUNCE, MailKind.BULK
GROUP = "List-Id: <support.aoba.example>\nPrecedence: list\nList-Post: <mailto:support@aoba.example>\nX-Google-Group-Id: 1\n"


@pytest.mark.parametrize(
    ("block", "kind"),
    [
        ("Subject: hello", ORDINARY),
        ("Auto-Submitted: no", ORDINARY),
        ("Auto-Submitted: auto-replied (vacation)", AUTO),
        ("Auto-Submitted: auto-generated; x=y", AUTO),
        ("X-Autoreply: yes", AUTO),
        ("X-Autoreply: no", ORDINARY),
        ("Precedence: auto_reply", AUTO),
        ("X-Auto-Response-Suppress: All", ORDINARY),
        ("X-Auto-Response-Suppress: All\nSubject: =?utf-8?B?5LiN5Zyo44Gu44GK55+l44KJ44Gb?=", AUTO),
        ("Subject: 不在のお知らせをいただきました", ORDINARY),
        ("Subject: Re: 不在通知が届きました", ORDINARY),
        ("Subject: 自動返信: お問い合わせ", AUTO),
        ("Subject: 【自動返信】お問い合わせありがとうございます", AUTO),
        ("Subject: Re: 【自動返信】お問い合わせありがとうございます", ORDINARY),
        ("Subject: Out of Office: back on Monday", AUTO),
        ("Subject: out of office chairs", ORDINARY),
        ("Subject: Auto: insurance claim", ORDINARY),
        ("Subject: Auto: your message\nPrecedence: junk", AUTO),
        ("Return-Path: <>\nSubject: hello", ORDINARY),
        ("Return-Path: <>\nSubject: on vacation until Monday", AUTO),
        ("Return-Path: <>\nSubject: Undelivered Mail Returned to Sender", BOUNCE),
        ("From: MAILER-DAEMON@x.example\nReturn-Path: <>", BOUNCE),
        ("From: postmaster@x.example\nSubject: Undeliverable: hello", BOUNCE),
        ("From: postmaster@x.example\nSubject: question", ORDINARY),
        ("Subject: Undelivered parcels", ORDINARY),
        ("X-Failed-Recipients: a@b.example", BOUNCE),
        ("Content-Type: multipart/report; report-type=delivery-status; boundary=x", BOUNCE),
        ('Content-Type: multipart/report; boundary="x"; report-type="disposition-notification"', AUTO),
        ("List-Unsubscribe: <https://shop.example/u>", BULK),
        ("Precedence: bulk", BULK),
        ("Precedence: list", ORDINARY),
        ("List-Id: <x.y.example>", ORDINARY),
        (GROUP, ORDINARY),
        (f"{GROUP}List-Unsubscribe: <mailto:googlegroups-manage+1+unsubscribe@googlegroups.com>", ORDINARY),
        (f"{GROUP}List-Unsubscribe: <mailto:support+unsubscribe@aoba.example>", ORDINARY),
        (f"{GROUP}List-Unsubscribe: <https://shop.example/u>", BULK),
        ("X-ML-Name: support\nPrecedence: bulk", ORDINARY),
        (
            "X-BeenThere: support@aoba.example\nPrecedence: list\nList-Post: <mailto:support@aoba.example>\nList-Unsubscribe: <mailto:support-request@aoba.example>",
            ORDINARY,
        ),
    ],
)
def test_kinds(block: str, kind: MailKind) -> None:
    assert (
        from_headers(split_header_block(f"From: taro@midori.example\n{block}" if "From:" not in block else block)).kind
        is kind
    )
