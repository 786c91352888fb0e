"""Every kind of call that the kintone connector makes, held against kintone's own OpenAPI document (see prism.py)."""

from __future__ import annotations

import json

from msgspec.structs import replace

from server.domain.crm import Asked, Attachment, Connection, Order, Wanted
from server.gateways.crm.kintone import SPEC, connect
from tests.gateways.crm.contract import DOMAIN, LETTER, TARO, Safe
from tests.gateways.crm.prism import Watching, between
from tests.standins.crm.kintone import APPS, KintoneVendor

NOTATION = ("DELETE v1/records.json", "Request query must have required property 'ids'")
"""kintone wants `ids[0]`, as its reference has it ("delete records"); the document writes `ids`."""


def test_kintone_holds_nothing_against_our_calls() -> None:
    with KintoneVendor() as vendor, between("kintone", vendor.url) as url:
        line = Watching(SPEC)
        connection = Connection("k", "kintone", "k", {"url": url, "apps": json.dumps(APPS)})
        crm = connect(connection, Safe({"tokens": vendor.tokens}), line, lambda: 0)
        crm.check()
        (taro, *_) = crm.find(Wanted((Asked(TARO),), ("田中 太郎",), DOMAIN))
        crm.load(taro.ref)
        made = crm.log(replace(LETTER, files=(Attachment("納品書.pdf", "application/pdf", b"%PDF"),)), taro.ref)
        crm.unlog(made)
        crm.create(Order(key="t", kind="ticket", title="件名", record=taro.ref))
        line.close()
        assert set(line.violations) <= {NOTATION}
        assert {call.partition("?")[0] for call in line.seen} >= {
            "GET v1/app/form/fields.json",
            "GET v1/records.json",
            "GET v1/record.json",
            "POST v1/record.json",
            "POST v1/file.json",
        }
