"""Which team a mail belongs to, by the shared addresses it names."""

from pathlib import Path

import pytest

from server.domain.mail import Mail
from server.domain.teams import owning_teams
from server.mail import parse

FIXTURES = Path(__file__).parent.parent / "fixtures" / "mail"
SHARED = {"support@aoba.example": "support", "info@aoba.example": "support", "sales@aoba.example": "sales"}


def read(name: str) -> Mail:
    return parse((FIXTURES / f"{name}.eml").read_bytes())


@pytest.mark.parametrize(
    ("name", "teams"),
    [
        ("utf8_8bit", ("support",)),
        ("two_teams", ("sales", "support")),
        ("bcc_to_group", ("support",)),
        ("our_reply", ("support",)),
        ("group_rewritten", ("support",)),
        ("internal_mail", ()),
        ("newsletter", ("support",)),
    ],
)
def test_teams(name: str, teams: tuple[str, ...]) -> None:
    assert owning_teams(read(name), SHARED) == teams


def head(lines: str) -> Mail:
    return parse(f"Message-ID: <a@b.example>\r\n{lines}\r\n\r\ntext".encode())


def test_what_a_team_wrote_is_its_own_even_when_another_reads_it() -> None:
    assert owning_teams(head("From: support@aoba.example\r\nTo: sales@aoba.example, x@y.example"), SHARED) == (
        "support",
        "sales",
    )
    assert owning_teams(head("From: kenta@aoba.example\r\nSender: sales@aoba.example\r\nTo: x@y.example"), SHARED) == (
        "sales",
    )


def test_a_copy_that_a_group_rewrote_has_the_owner_of_every_other_copy() -> None:
    """The customer wrote to sales and, in Cc, to support; both groups send a copy on under their own name."""
    parts = "\r\nX-Original-From: taro@midori.example\r\nTo: sales@aoba.example\r\nCc: support@aoba.example"
    assert owning_teams(head(f"From: support@aoba.example{parts}"), SHARED) == ("sales", "support")
    assert owning_teams(head(f"From: sales@aoba.example{parts}"), SHARED) == ("sales", "support")


def test_a_mail_sent_blind_to_a_rewriting_group_still_has_a_team() -> None:
    assert owning_teams(head("From: support@aoba.example\r\nReply-To: taro@midori.example"), SHARED) == ("support",)
