"""Where past mails lie: what is found there, and that nothing stays open."""

from __future__ import annotations

import gc
import mailbox
import warnings
from email import message_from_bytes
from pathlib import Path

import pytest

from server.gateways import mail_files
from server.gateways.mail_files import mails_in

MAILS = [
    f"From: tanaka@midori.example\nSubject: {number}\n\n納期はいつですか。\n\n>From the beginning\n\n".encode()
    for number in range(3)
]


@pytest.fixture
def mbox(tmp_path: Path) -> Path:
    """Return a file as Python's own library writes it."""
    box = mailbox.mbox(tmp_path / "old.mbox")
    for mail in MAILS:
        box.add(message_from_bytes(mail))
    box.close()
    return tmp_path / "old.mbox"


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_every_mail_of_an_mbox_is_read_as_it_was(mbox: Path, line_end: bytes) -> None:
    mbox.write_bytes(mbox.read_bytes().replace(b"\n", line_end))
    found = list(mails_in(mbox))
    assert [mail.name for mail in found] == [f"{mbox}#{number}" for number in (1, 2, 3)]
    expected = [mail.replace(b"\n", line_end) for mail in MAILS]
    assert [mail.read() for mail in found] == expected
    assert found[1].read() == expected[1], "in any order, as often as one likes"


@pytest.mark.parametrize("read", [0, 1, 3])
def test_an_mbox_is_not_left_open_however_much_of_it_is_read(mbox: Path, read: int) -> None:
    found = list(mails_in(mbox))
    assert [mail.read() for mail in found[:read]] == MAILS[:read]
    with warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always", ResourceWarning)
        del found
        gc.collect()
    assert not [str(one.message) for one in complaints]


def test_an_mbox_that_has_gone_meanwhile_is_an_os_error(mbox: Path) -> None:
    first, *_ = mails_in(mbox)
    mbox.unlink()
    with pytest.raises(OSError, match="No such file"):
        first.read()


def test_a_mail_that_is_too_large_is_not_read_wherever_it_lies(mbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (mbox.parent / "one.eml").write_bytes(MAILS[0])
    monkeypatch.setattr(mail_files, "MAX_BYTES", 20)
    for mail in mails_in(mbox.parent):
        with pytest.raises(OSError, match="larger than 20 bytes"):
            mail.read()


def test_a_folder_is_searched_to_its_bottom(mbox: Path) -> None:
    deep = mbox.parent / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "one.eml").write_bytes(MAILS[0])
    (deep / "notes.txt").write_text("From here on: not a mail")
    maildir = mailbox.Maildir(mbox.parent / "maildir")
    maildir.add(message_from_bytes(MAILS[1]))
    maildir.close()
    assert [mail.read() for mail in mails_in(mbox.parent)] == [MAILS[0], MAILS[1], *MAILS]


def test_a_place_that_there_is_not_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(mails_in(tmp_path / "nowhere.eml"))
