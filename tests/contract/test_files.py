"""The one path that takes much: who may use it, how much it takes, and how many at a time."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from typing import Any, Final

import pytest

from server.domain.events import FILES_MOST
from server.hosts.outlook.wire import MAX_BODY, MAX_FILES_BODY
from server.web.hosts import LARGEST_BODY
from tests.contract.office import Office, OutlookAgent, item_of, mail
from tests.standins.crm.memory import record

FILES: Final = "/outlook/action/files"
MAIL: Final = mail(1)


@pytest.fixture
def sato(office: Office) -> OutlookAgent:
    """Seat Sato at Outlook, with a CRM beside the mail."""
    office.has_a_crm(record())
    return office.at_outlook("sato@aoba.example")


class Untouched(BytesIO):
    """A body that must not be read."""

    def read(self, size: int | None = -1) -> bytes:
        raise AssertionError(f"{size} bytes were read")


def unread(length: int) -> dict[str, Any]:
    """Return what makes a request say that it is so long."""
    return {"wsgi.input": Untouched(), "CONTENT_LENGTH": str(length)}


def click(sato: OutlookAgent, wish: str = "1", **more: Any) -> dict[str, Any]:
    """Return the body of a click with a mail's attachments."""
    token = sato.opens(MAIL).button("crm_log", files=wish).token
    return {"action": token, "form": {}, "item": item_of(MAIL, sato.address), **more}


def letter_text(office: Office) -> str:
    office.does_errands()
    (letter,) = office.crm.letters.values()
    return letter.text


def test_a_stranger_is_not_read(office: Office, sato: OutlookAgent) -> None:
    answer = office.app.post(
        FILES,
        environ_overrides=unread(MAX_FILES_BODY),
        headers={"Authorization": "Bearer x.y.z"},
    )
    assert answer.status_code == 401


@pytest.mark.parametrize("path", ["/outlook/open", "/outlook/action", "/gmail/action"])
def test_other_paths_take_no_more_than_ever(office: Office, sato: OutlookAgent, path: str) -> None:
    answer = office.app.post(
        path,
        environ_overrides=unread(LARGEST_BODY + 1),
        headers={"Authorization": f"Bearer {sato.token()}"},
    )
    assert answer.status_code in {200, 400}  # Google reads cards at 200 only


def test_what_is_longer_than_files_can_be_is_not_read(office: Office, sato: OutlookAgent) -> None:
    answer = office.app.post(
        FILES,
        environ_overrides=unread(MAX_FILES_BODY + 1),
        headers={"Authorization": f"Bearer {sato.token()}"},
    )
    assert answer.status_code == 400


def test_four_megabytes_and_a_long_mail_fit(office: Office, sato: OutlookAgent) -> None:
    content = b64encode(b"z" * FILES_MOST).decode()
    text = "あ" * (MAX_BODY // 8)
    body = click(sato, files=[{"name": "図面.zip", "content": content}], left=["大きい.mov"])
    body["item"]["text"] = text
    assert sato._post(FILES, body).status == 200
    office.does_errands()
    (letter,) = office.crm.letters.values()
    assert [(one.name, one.type, len(one.content)) for one in letter.files] == [
        ("図面.zip", "application/zip", FILES_MOST)
    ]
    assert letter.text.endswith("[記録されていない添付ファイル: 大きい.mov]")


def test_the_service_counts_for_itself(office: Office, sato: OutlookAgent) -> None:
    half = b64encode(b"z" * (FILES_MOST // 2 + 1)).decode()
    files = [{"name": "a.zip", "content": half}, {"name": "b/../b.zip", "content": half}]
    sato._post(FILES, click(sato, files=files))
    assert letter_text(office).endswith("[記録されていない添付ファイル: b_.._b.zip]")


def test_files_that_no_button_has_asked_for_are_let_fall(office: Office, sato: OutlookAgent) -> None:
    files = [{"name": "a.txt", "content": "YQ=="}]
    sato._post(FILES, click(sato, "", files=files, left=["x.pdf"]))
    office.does_errands()
    (letter,) = office.crm.letters.values()
    assert letter.files == ()
    assert "x.pdf" not in letter.text


@pytest.mark.parametrize(
    "files",
    [[{"name": "a", "content": "%%%"}], [{"content": ""}], [{"name": 1, "content": ""}], [["a"]], {"a": "b"}, "a"],
    ids=range(6),
)
def test_what_is_no_file_is_refused(office: Office, sato: OutlookAgent, files: object) -> None:
    assert sato._post(FILES, click(sato, files=files)).status == 400
    office.does_errands()
    assert office.crm.letters == {}
