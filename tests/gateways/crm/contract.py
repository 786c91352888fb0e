"""The small cast that every stand-in of a CRM holds, and what a vendor's office brings to the one suite (test_contract.py).

An office is a module of tests/gateways/crm/offices, named like the kind of its CRM; it has `OFFICE`, a subclass of Office.
Nothing else lists it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, ClassVar, Final, Self

import pytest
from msgspec.structs import replace

from server.domain.crm import (
    Asked,
    Connection,
    Creatable,
    Crm,
    CrmError,
    CrmKind,
    CrmRef,
    Delivery,
    Letter,
    Money,
    Trouble,
    Wanted,
)
from server.gateways.crm import MODULES, load
from server.gateways.crm.line import GuardedLine
from server.gateways.crm.spec import Spec
from tests.standins.crm.gate import MemoryGate
from tests.standins.crm.server import Answer, How, Request, Vendor

NOW: Final = 1_780_000_000_000  # 28 May 2026
YEAR: Final = 365 * 24 * 3_600_000

TARO: Final = "taro.tanaka@hokuto-foods.example"  # 田中 太郎 of 北都フーズ株式会社: all kinds of items
DOMAIN: Final = "hokuto-foods.example"
COMPANY: Final = "北都フーズ株式会社"
DEAL: Final = Money("1200000", "JPY")  # open
COMPLAINT: Final = "納品数が違う"  # the open one of two tickets
SHARED: Final = "info@minato-print.example"  # 港 一郎 and 港 花子
HANAKO: Final = "hanako.suzuki@gmail.com"  # 鈴木 "<b>花子</b>", with HTML in a note
BUSY: Final = "busy@many.example"  # 10,000 activities
NOBODY: Final = "nobody@nowhere.example"

NAMES: Final = ("田中 太郎", "港 一郎", "港 花子")
PRIVATE: Final = (TARO, SHARED, HANAKO, BUSY, "田中", "太郎", "港", "北都", COMPLAINT)
"""What may stand in no log line and in no text of an error."""

WANTED: Final = Wanted((Asked(TARO),), ("田中 太郎",), DOMAIN)
LETTER: Final = Letter(
    key="mail-0001",
    direction="in",
    subject="数量の確認",
    text="お世話になっております。\n<12箱> & 3袋をお願いします。",
    sender=TARO,
    sender_name="田中 太郎",
    recipients=("support@aoba.example",),
    at=NOW - 3_600_000,
    by="佐藤 美咲",
)

_TROUBLES: Final[Mapping[How, frozenset[Trouble | None]]] = {
    "401": frozenset({"refused"}),
    "403": frozenset({"refused"}),
    "404": frozenset({"missing"}),
    "409": frozenset({"conflict"}),
    "429": frozenset({"busy"}),
    "500": frozenset({"down"}),
    "503": frozenset({"down"}),
    "malformed": frozenset({"garbled"}),
    "strange": frozenset({"garbled"}),
    "slow": frozenset({"slow"}),
    "drip": frozenset({"slow"}),
    "half_closed": frozenset({"garbled", "down"}),
    "hang_up": frozenset({"down"}),
    "empty": frozenset({"garbled"}),
    "huge": frozenset({"garbled"}),
    "redirect": frozenset({"garbled"}),
}
HOWS: Final = tuple(_TROUBLES)


def wanted(email: str, *names: str, domain: str = "") -> Wanted:
    """A customer as the open mail shows one."""
    return Wanted((Asked(email),), names, domain)


class Safe:
    """Credentials in memory."""

    def __init__(self, credentials: Mapping[str, str]) -> None:
        self.kept = dict(credentials)

    def get(self) -> Mapping[str, str]:
        if not self.kept:
            raise CrmError("unset")
        return self.kept

    def put(self, credentials: Mapping[str, str]) -> None:
        self.kept = dict(credentials)


class Office:
    """One kind of CRM with its stand-in, connected as in production. What a vendor does otherwise, its subclass says."""

    kind: ClassVar[CrmKind]
    lacks: ClassVar[frozenset[str]] = frozenset()
    """Of the cast, what this CRM cannot hold: "company", "deal", "ticket", "order", "activity", "complaint", "currency", "html",
    "shared" (two people with one address), "busy", "role"; "calls": it makes none, and so none can fail."""
    tells_twice: ClassVar[bool] = True
    """A mail that is logged a second time is known by its key."""
    creates_once: ClassVar[frozenset[Creatable]] = frozenset()
    """What is known by its key when it is made a second time."""
    signed: ClassVar[bool] = True
    """Webhooks prove where they come from; else they are hints."""
    dated: ClassVar[bool] = True
    """A signed webhook is refused when it is old."""
    secrets: ClassVar[tuple[str, ...]] = ()
    """Further strings that may be written nowhere; the credentials' values are among them anyway."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        """`request` gives fixtures, to whoever needs a store."""
        self.vendor = self.open_vendor(request)
        self.now = NOW
        self.safe = Safe(self.credentials())
        self._lines: list[GuardedLine] = []

    # ------------------------------------------------------------------ what a subclass brings

    def open_vendor(self, request: pytest.FixtureRequest) -> Vendor:
        """The stand-in, with the cast in it."""
        pytest.fail(f"{self.kind}: every office brings its stand-in")

    def settings(self) -> dict[str, str]:
        """Of a connection that works, but for its defaults."""
        return {"url": self.vendor.url}

    def credentials(self) -> dict[str, str]:
        """What the vendor takes."""
        return {"token": "token-of-the-tests"}

    def wrong_settings(self) -> Mapping[str, Mapping[str, str]]:
        """Settings, by a name for each, that `connect` or `check` must refuse as "mapping", "unset", "missing" or "unsafe"."""
        return {}

    def writes(self, request: Request) -> bool:
        """Whether this call changes something."""
        return request.method != "GET"

    def revoke(self) -> None:
        """From now on the vendor refuses the credentials, each in its own way."""
        self.vendor.misbehave("401", times=None)

    def settle(self) -> None:
        """Let time pass until what was made can be found."""

    def logged(self) -> Sequence[str]:
        """The mails that lie in the CRM, each with subject and text."""
        pytest.fail(f"{self.kind}: its SPEC logs mails, so its office has to say which lie there")

    def delivery(self, ref: CrmRef) -> Delivery:
        """A webhook that says that this record has changed, at `self.now`, as the vendor sends it."""
        pytest.fail(f"{self.kind}: its SPEC has webhooks, so its office has to make one")

    def forged(self, delivery: Delivery) -> Delivery:
        """The same with something changed by whoever has no key."""
        return replace(delivery, body=delivery.body.replace(b"1", b"2").replace(b"a", b"b") + b" ")

    def garbled(self) -> Delivery | None:
        """A webhook that is signed well, with nonsense in it; None when that cannot be."""
        return None

    def troubles(self, operation: str, how: How) -> frozenset[Trouble | None]:
        """What "find", "load" or "check" may say to a misbehaviour that does not end; None: it does not mind."""
        return _TROUBLES[how]

    # ------------------------------------------------------------------ what the suite uses

    @property
    def spec(self) -> Spec:
        return load(self.kind).SPEC

    def connect(
        self,
        settings: Mapping[str, str] = MappingProxyType({}),
        *,
        seconds: float = 10.0,
        credentials: Mapping[str, str] | None = None,
    ) -> Crm:
        """A connection of its own, over a line as in production; it sleeps no pauses."""
        connection = Connection(
            id="c1",
            kind=self.kind,
            name="CRM",
            settings={**self.settings(), **settings},
            abilities=tuple(self.spec.abilities),
        )
        slept = [0.0]  # quotas are waited for in the gate's own time
        line = GuardedLine(
            self.spec,
            MemoryGate(lambda: sum(slept), failures=1_000),
            seconds=seconds,
            local=True,
            sleep=slept.append,
            random=lambda: 0.0,
        )
        self._lines.append(line)
        safe = self.safe if credentials is None else Safe(credentials)
        return load(self.kind).connect(connection, safe, line, lambda: self.now)

    def private(self) -> Sequence[str]:
        """What may stand in no log line and in no text of an error."""
        return [*PRIVATE, *self.secrets, *(value for value in self.credentials().values() if len(value) > 5)]

    def __enter__(self) -> Self:
        self.vendor.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        for line in self._lines:
            line.close()
        self.vendor.__exit__(kind, error, where)


def offices() -> Sequence[CrmKind]:
    """The kinds that have an office."""
    folder = Path(__file__).parent / "offices"
    return [kind for kind in MODULES if (folder / f"{kind}.py").is_file()]


def office_of(kind: CrmKind) -> type[Office]:
    """The office of one kind."""
    found: type[Office] = import_module(f"tests.gateways.crm.offices.{kind}").OFFICE
    return found


def distorted(answer: Answer, chance: random.Random) -> Answer:
    """A good answer with a few of its values replaced by others: of another type, empty, far too large."""
    try:
        tree = json.loads(answer.body)
    except ValueError:
        return answer
    places = list(_places(tree))
    strange: list[Any] = [
        None,
        False,
        True,
        0,
        -1,
        1.5,
        10**25,
        "",
        "\u202e<b>x</b>",
        "9" * 400,
        [],
        {},
        [None],
        {"a": 1},
        [[]],
        [{}],
    ]
    for holder, key in chance.sample(places, min(len(places), chance.randint(1, 4))):
        holder[key] = chance.choice(strange)
    return Answer(answer.status, json.dumps(tree).encode(), answer.headers)


def _places(tree: Any) -> Sequence[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    keys = tree.keys() if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in keys:
        found.append((tree, key))
        found.extend(_places(tree[key]))
    return found
