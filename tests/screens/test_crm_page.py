"""What the connections' page says is wrong: in the administrator's language, and no names of our own faults."""

from __future__ import annotations

import pytest

from server.domain.crm import Ability, Connection, CrmError, Trouble
from server.domain.workspace import Viewer
from server.screens.crm_page import line_of, problem_of
from server.screens.gallery import AOBA, NOW
from server.screens.queue_page import voice_of

VOICE = voice_of(Viewer(AOBA, AOBA.person_by_id["sato"]), "ja", "Asia/Tokyo", NOW)


@pytest.mark.parametrize(
    ("why", "detail", "said"),
    [
        ("down", "gaierror", "この名前のサーバーは見つかりません。"),
        ("down", "ConnectionRefusedError", "このアドレスからは応答がありません。"),
        ("down", "SSLCertVerificationError", "サーバーの証明書が、このアドレスには有効ではありません。"),
        ("down", "RemoteDisconnected", ""),
        ("slow", "no answer in time", ""),
        ("unsafe", "an address inside", ""),
        ("down", "status 503", "status 503"),
        ("mapping", "fields, line 1: not a JSONPath", "fields, line 1: not a JSONPath"),
    ],
)
def test_a_detail_says_more_than_the_sentence_or_is_left_out(why: Trouble, detail: str, said: str) -> None:
    assert problem_of(VOICE, CrmError(why, detail)).detail == said


def test_the_last_webhook_has_its_age() -> None:
    hooks = Connection("x", "kintone", "顧客管理", abilities=(Ability.WEBHOOKS,))
    assert line_of(VOICE, hooks, None, NOW - 180_000).hook == "Webhook の最終受信 3分前"
