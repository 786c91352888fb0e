"""kintone's part: a few apps of records, and the calls that the connector makes of its REST API, with kintone's own errors.

What it knows of queries, field types and errors is from cybozu.dev and kintone.dev, as server.gateways.crm.kintone has it. Kept in memory.
kintone.json holds the company's customers with everything that belongs to them: the people of the sample mailbox, as of its last morning.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import parse_qs

import msgspec

from server.domain.crm import Connection
from server.gateways.crm import kintone
from server.mail.html import read_html

Row = dict[str, Any]
"""Field code -> value as a person would write it down."""

_Record = dict[str, Any]
"""Field code -> type and value, as kintone sends it."""

SAMPLE: Final = Path(__file__).parent / "kintone.json"
STATES: Final = ("running", "slow", "down")
State = Literal["running", "slow", "down"]
SLOW_SECONDS: Final = 0.4  # a call; a look-up makes half a dozen, and must come through
CONNECTION: Final = "kintone"

_LIKE: Final = frozenset({"SINGLE_LINE_TEXT", "MULTI_LINE_TEXT", "RICH_TEXT", "LINK", "FILE"})
_NOT_IN: Final = frozenset(
    {"MULTI_LINE_TEXT", "RICH_TEXT", "DATE", "DATETIME", "TIME", "CREATED_TIME", "UPDATED_TIME", "FILE"}
)
_COMPARED: Final = frozenset(
    {"NUMBER", "CALC", "DATE", "DATETIME", "TIME", "CREATED_TIME", "UPDATED_TIME", "RECORD_NUMBER", "__ID__"}
)
_PEOPLE: Final = frozenset({"USER_SELECT", "ORGANIZATION_SELECT", "GROUP_SELECT", "STATUS_ASSIGNEE"})
_LISTS: Final = frozenset({"CHECK_BOX", "MULTI_SELECT", "FILE"})
_OWN: Final = {"$id": "__ID__", "$revision": "__REVISION__", "作成日時": "CREATED_TIME", "更新日時": "UPDATED_TIME"}

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<sign>[(),]|!=|>=|<=|=|>|<)|(?P<word>[^\s"(),!=<>]+))\s*""", re.DOTALL
)
_PATH: Final = re.compile(r"/k/(?:guest/(?P<space>\d+)/)?v1/(?P<what>records?|file|app/form/fields)\.json")
_FILENAME: Final = re.compile(rb'name="file"; filename="([^"\r\n]*)"')
_WORDS: Final = re.compile(r"[a-z0-9]+|[^\W\da-z_]+", re.IGNORECASE)


class Answer(NamedTuple):
    """A status, and what is sent as JSON."""

    status: int
    content: object


class RefusedError(Exception):
    """A kintone error: its status and code, and the `errors` that some have."""

    def __init__(self, status: int, code: str, message: str, errors: object = None) -> None:
        self.status = status
        self.code = code
        self.errors = errors
        super().__init__(message)


class App(msgspec.Struct, forbid_unknown_fields=True):
    """An app: its fields by type, a table as the fields inside it, and its records, numbered from 1."""

    id: int
    name: str
    token: str
    fields: dict[str, str | dict[str, str]]
    records: list[Row] = []
    unique: tuple[str, ...] = ()  # fields that take no value twice

    def type_of(self, code: str) -> str:
        """The type of a field that a query names, inside a table or not. Raises RefusedError."""
        if code in _OWN:
            return _OWN[code]
        found = self.fields.get(code)
        if isinstance(found, str):
            return found
        for inner in self.fields.values():
            if isinstance(inner, dict) and code in inner:
                return inner[code]
        raise RefusedError(400, "GAIA_IQ11", f"指定されたフィールド（{code}）が見つかりません。")

    def inside(self, code: str) -> bool:
        """Whether the field stands in a table."""
        return any(isinstance(inner, dict) and code in inner for inner in self.fields.values())


class Domain(msgspec.Struct):
    """People by login name, and apps."""

    people: dict[str, str]
    apps: list[App]


class _Sample(msgspec.Struct, forbid_unknown_fields=True):
    """kintone.json: the apps without their records, and the customers with theirs, by `_KINDS`."""

    people: dict[str, str]
    apps: list[App]
    customers: list[Row]


_read_sample: Final = msgspec.json.Decoder(_Sample).decode


_KINDS: Final = {"案件": 102, "問い合わせ": 103, "注文": 104, "活動": 105}

MAPPING: Final[Mapping[str, object]] = {
    "customers": {
        "app": 101,
        "email": ["メールアドレス", "別のアドレス.アドレス"],
        "name": "氏名",
        "reading": "ふりがな",
        "company": "会社名",
        "domain": "ドメイン",
        "role": "役職",
        "phone": "電話番号",
        "owner": "担当者",
        "plan": "プラン",
        "contract_start": "契約開始日",
        "contract_end": "契約終了日",
        "renewal": "更新期限",
        "products": "製品",
        "environment": ["環境"],
        "value": "累計売上",
        "currency_field": "通貨",
        "trend": ["売上推移.売上"],
        "health": "健全度",
        "feature": "利用状況.機能",
        "feature_last": "利用状況.最終利用日",
        "feature_counts": ["利用状況.三か月前", "利用状況.二か月前", "利用状況.先月", "利用状況.今月"],
        "last_contact": "最終連絡日時",
        "note": "メモ",
        "key": "キー",
        "more": {"業種": "業種"},
    },
    "deals": {
        "app": 102,
        "link": "顧客番号",
        "title": "案件名",
        "status": "フェーズ",
        "open": ["商談中", "見積提出"],
        "date": "更新日",
        "amount": "見込み金額",
        "currency_field": "通貨",
        "owner": "担当者",
        "text": "内容",
        "key": "キー",
        "preset": {"フェーズ": "商談中"},
    },
    "tickets": {
        "app": 103,
        "link": "顧客番号",
        "title": "件名",
        "status": "対応状況",
        "open": ["未対応", "対応中", "回答待ち"],
        "date": "受付日時",
        "complaint": "種別",
        "complaints": ["クレーム"],
        "owner": "担当者",
        "text": "内容",
        "key": "キー",
        "preset": {"対応状況": "未対応", "種別": "質問"},
    },
    "orders": {
        "app": 104,
        "link": "顧客番号",
        "title": "件名",
        "status": "状態",
        "open": ["出荷準備中"],
        "date": "注文日",
        "amount": "金額",
        "currency_field": "通貨",
    },
    "activities": {
        "app": 105,
        "link": "顧客番号",
        "title": "件名",
        "date": "日時",
        "owner": "担当者",
        "text": "内容",
        "who": "記録者",
        "key": "キー",
        "files": "添付",
        "preset": {"方法": "メール"},
    },
}
"""The setting `apps` of the sample workspace's connection."""


def sample_connection(public_url: str) -> tuple[Connection, Mapping[str, str]]:
    """The sample workspace's CRM and its credentials, at the service's own address."""
    connection = Connection(
        id=CONNECTION,
        kind="kintone",
        name="顧客管理 (kintone)",
        settings={"url": f"{public_url}/playground/kintone", "apps": json.dumps(MAPPING, ensure_ascii=False, indent=1)},
    )
    able = kintone.able(connection)
    tokens = [app.token for app in sample_domain().apps]
    return msgspec.structs.replace(connection, abilities=tuple(sorted(able))), {"tokens": ",".join(tokens)}


def sample_domain(file: Path = SAMPLE) -> Domain:
    """The customers of a file, each record in its own app."""
    sample = _read_sample(file.read_bytes())
    apps = {app.id: app for app in sample.apps}
    for number, row in enumerate(sample.customers, start=1):
        apps[101].records.append({code: value for code, value in row.items() if code not in _KINDS})
        for kind, app in _KINDS.items():
            apps[app].records += [{"顧客番号": number, **one} for one in row.get(kind, ())]
    return Domain(sample.people, sample.apps)


@dataclass(slots=True)
class Kintone:
    """One domain. Safe between threads; `clock` gives seconds."""

    domain: Domain
    clock: Callable[[], float]
    space: str = ""  # its apps are in this guest space
    _records: dict[int, dict[int, _Record]] = field(default_factory=dict, init=False)
    _files: dict[str, str] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        for app in self.domain.apps:
            numbered = enumerate(app.records, start=1)
            self._records[app.id] = {number: self._record(app, number, row) for number, row in numbered}

    def answer(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Serve one call; header names are in lower case."""
        try:
            return Answer(200, self._served(method, path, query, headers, body))
        except RefusedError as refused:
            content = {"code": refused.code, "id": "1505999166-897850006", "message": str(refused)}
            return Answer(refused.status, content if refused.errors is None else {**content, "errors": refused.errors})

    def page(self, app: int) -> str | None:
        """The page of an app's records, of which the address's fragment shows one; None when there is no such app."""
        found = next((one for one in self.domain.apps if one.id == app), None)
        if found is None:
            return None
        with self._lock:
            records = dict(self._records[app])
        articles = []
        for number, record in records.items():
            lines = [(code, _readable(cell)) for code, cell in record.items() if not code.startswith("$")]
            terms = "".join(f"<dt>{escape(code)}</dt><dd>{escape(text)}</dd>" for code, text in lines if text)
            articles.append(f'<article id="record={number}"><dl>{terms}</dl></article>')
        return (
            f'<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>{escape(found.name)}</title>'
            '<link rel="stylesheet" href="/playground/static/playground.css"></head>'
            f'<body class="crm"><h1>kintone: {escape(found.name)}</h1>{"".join(articles)}</body></html>'
        )

    def _served(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> object:
        known = _PATH.fullmatch(path)
        if known is None:
            raise RefusedError(404, "CB_NO01", "指定されたページが見つかりません。")
        kind = headers.get("content-type", "")
        if method == "GET" and not body and kind:
            raise RefusedError(400, "CB_IL02", "不正なリクエストです。")
        wanted = _params(query)
        if kind.startswith("application/json"):
            try:
                wanted = {**wanted, **json.loads(body)}
            except (ValueError, TypeError):
                raise RefusedError(400, "CB_IJ01", "不正なJSON文字列です。") from None
        tokens = [token.strip() for token in headers.get("x-cybozu-api-token", "").split(",") if token.strip()]
        if not tokens:
            raise RefusedError(401, "CB_AU01", "ログインしてください。")
        method = headers.get("x-http-method-override", method)
        with self._lock:
            if known["what"] == "file" and method == "POST":
                return {"fileKey": self._keep(kind, body)}
            app = self._app(wanted, tokens, known["space"] or "")
            match method, known["what"]:
                case "GET", "record":
                    return {"record": self._shown(app, _number(wanted, "id"))}
                case "GET", "records":
                    return self._found(app, wanted)
                case "POST", "record":
                    return self._added(app, wanted)
                case "DELETE", "records":
                    return self._deleted(app, wanted)
                case "GET", "app/form/fields":
                    return {
                        "properties": {code: _form(code, kind) for code, kind in app.fields.items()},
                        "revision": "1",
                    }
                case _:
                    raise RefusedError(405, "CB_IL02", "不正なリクエストです。")

    def _app(self, wanted: Mapping[str, object], tokens: Sequence[str], space: str) -> App:
        number = _number(wanted, "app")
        app = next((one for one in self.domain.apps if one.id == number), None)
        if app is None:
            raise RefusedError(
                404, "GAIA_AP01", f"指定したアプリ（id: {number}）が見つかりません。削除されている可能性があります。"
            )
        if app.token not in tokens:
            raise RefusedError(400, "GAIA_IA02", "指定したAPIトークンは、アプリで生成されたトークンと異なります。")
        if space != self.space:
            message = "ゲストスペース内のアプリを操作する場合は、リクエストの送信先を「/k/guest/（ゲストスペースのID）/v1/...」にします。"
            raise RefusedError(520, "GAIA_IL23", message)
        return app

    def _shown(self, app: App, number: int) -> _Record:
        found = self._records[app.id].get(number)
        if found is None:
            raise RefusedError(404, "GAIA_RE01", f"指定したレコード（id: {number}）が見つかりません。")
        return found

    def _found(self, app: App, wanted: Mapping[str, Any]) -> object:
        asked = _Query(app, str(wanted.get("query", "")))
        hits = asked.sorted([record for record in self._records[app.id].values() if asked.holds(record)])
        shown = set(wanted.get("fields") or ())
        page = hits[asked.offset : asked.offset + asked.limit]
        records = [{code: one for code, one in record.items() if not shown or code in shown} for record in page]
        counted = str(wanted.get("totalCount", "")).lower() == "true"
        return {"records": records, "totalCount": str(len(hits)) if counted else None}

    def _added(self, app: App, wanted: Mapping[str, Any]) -> object:
        given: object = wanted.get("record")
        row: Row = {}
        for code, cell in given.items() if isinstance(given, dict) else ():
            kind = app.fields.get(code)
            if kind is None:
                continue  # as in kintone, what is no field is passed over
            value: Any = cell.get("value") if isinstance(cell, dict) else None
            if kind in {"CREATED_TIME", "UPDATED_TIME", "RECORD_NUMBER", "CALC"}:
                raise RefusedError(400, "GAIA_UN10", f"{kind}型のフィールドに値を設定することはできません。")
            if kind in _LISTS | _PEOPLE and not isinstance(value, list):
                raise RefusedError(
                    400, "CB_VA01", "入力内容が正しくありません。", _told(code, "配列で指定してください。")
                )
            if code in app.unique and any(value in _values(other, code) for other in self._records[app.id].values()):
                told = _told(code, "値がほかのレコードと重複しています。")
                raise RefusedError(400, "CB_VA01", "入力内容が正しくありません。", told)
            if kind == "FILE":
                value = [{"fileKey": one["fileKey"], "name": self._named(one["fileKey"])} for one in value]
            elif kind in _PEOPLE:
                value = [one["code"] for one in value]
            row[code] = value
        row["更新日時"] = f"{datetime.fromtimestamp(self.clock(), UTC):%Y-%m-%dT%H:%M:00Z}"
        number = max(self._records[app.id], default=0) + 1
        self._records[app.id][number] = self._record(app, number, row)
        return {"id": str(number), "revision": "1"}

    def _deleted(self, app: App, wanted: Mapping[str, Any]) -> object:
        rows = self._records[app.id]
        ids = [int(one) for one in wanted.get("ids") or ()]
        for number in ids:
            if number not in rows:
                raise RefusedError(404, "GAIA_RE01", f"指定したレコード（id: {number}）が見つかりません。")
        for number in ids:
            del rows[number]
        return {}

    def _keep(self, kind: str, body: bytes) -> str:
        name = _FILENAME.search(body) if kind.startswith("multipart/form-data; boundary=") else None
        if name is None:
            raise RefusedError(400, "CB_IL02", "不正なリクエストです。")
        key = f"20261120-{len(self._files) + 1:08d}"
        self._files[key] = name[1].decode("utf-8", "replace")
        return key

    def _named(self, key: str) -> str:
        if key not in self._files:
            raise RefusedError(404, "GAIA_BL01", f"指定したファイル（id: {key}）が見つかりません。")
        return self._files[key]

    def _record(self, app: App, number: int, row: Row) -> _Record:
        """A record as kintone sends it: every field of the app, also the empty ones."""
        record: _Record = {
            "$id": {"type": "__ID__", "value": str(number)},
            "$revision": {"type": "__REVISION__", "value": "1"},
        }
        for code, kind in app.fields.items():
            if isinstance(kind, str):
                record[code] = {"type": kind, "value": self._sent(kind, row.get(code))}
                continue
            # In kintone.json a line of a table is its values in order, or its only value.
            rows = [
                line if isinstance(line, dict) else dict(zip(kind, _many(line), strict=True))
                for line in row.get(code) or ()
            ]
            lines = [
                {
                    "id": str(number * 1000 + at),
                    "value": {
                        name: {"type": one, "value": self._sent(one, line.get(name))} for name, one in kind.items()
                    },
                }
                for at, line in enumerate(rows)
            ]
            record[code] = {"type": "SUBTABLE", "value": lines}
        return record

    def _sent(self, kind: str, value: object) -> object:
        if kind in _PEOPLE:
            logins = [value] if isinstance(value, str) else value if isinstance(value, list) else []
            return [{"code": login, "name": self.domain.people.get(login, login)} for login in logins]
        if kind in _LISTS:
            return value if isinstance(value, list) else []
        if value is None:
            return None if kind in {"DROP_DOWN", "RADIO_BUTTON", "DATE", "TIME"} else ""
        return str(value)


@dataclass(slots=True)
class Moods:
    """A kintone that can be slow, or down: what its callers do then is to be seen in the playground."""

    kintone: Kintone
    sleep: Callable[[float], None] = time.sleep
    state: State = "running"

    def answer(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Serve one call, as the state has it."""
        if self.state == "down":
            return Answer(503, {"message": "Service Unavailable"})
        if self.state == "slow":
            self.sleep(SLOW_SECONDS)
        return self.kintone.answer(method, path, query, headers, body)


class _Query:
    """A query, read once. Raises RefusedError, as kintone does for what it does not understand."""

    def __init__(self, app: App, written: str) -> None:
        self._app = app
        self._tokens = list(_tokens(written))
        self._at = 0
        self.limit, self.offset = 100, 0
        self._orders: list[tuple[str, bool]] = []
        self.holds: Callable[[Mapping[str, object]], bool] = lambda _: True
        if self._tokens and self._word() not in {"order", "limit", "offset"}:
            self.holds = self._either()
        self._options()

    def sorted(self, records: list[dict[str, object]]) -> list[dict[str, object]]:
        """In the order asked for; else the newest first."""
        for code, descending in reversed(self._orders or [("$id", True)]):
            records.sort(key=lambda record: _sort_key(_values(record, code)), reverse=descending)
        return records

    def _either(self) -> Callable[[Mapping[str, object]], bool]:
        parts = [self._both()]
        while self._word() == "or":
            self._at += 1
            parts.append(self._both())
        return lambda record: any(part(record) for part in parts)

    def _both(self) -> Callable[[Mapping[str, object]], bool]:
        parts = [self._one()]
        while self._word() == "and":
            self._at += 1
            parts.append(self._one())
        return lambda record: all(part(record) for part in parts)

    def _one(self) -> Callable[[Mapping[str, object]], bool]:
        if self._word() == "(":
            self._at += 1
            inside = self._either()
            self._expect(")")
            return inside
        code = self._take()
        kind = self._app.type_of(code)
        negate = self._word() == "not"
        self._at += negate
        operator = self._take()
        wanted = self._list() if operator == "in" else [self._value()]
        self._allowed(code, kind, operator)
        test = _TESTS[operator]

        def holds(record: Mapping[str, object]) -> bool:
            return test(_values(record, code), wanted) != negate

        return holds

    def _allowed(self, code: str, kind: str, operator: str) -> None:
        if operator not in _TESTS:
            raise _unreadable()
        if self._app.inside(code) and operator in {"=", "!="}:
            message = f"レコードを読み込めません。テーブルに設定している場合、{kind}のフィールドタイプには、演算子{operator}を使用できません。"
            raise RefusedError(400, "GAIA_IQ07", message)
        wrong = {
            "in": kind in _NOT_IN,
            "like": kind not in _LIKE,
            "=": kind in _LISTS | _PEOPLE | {"STATUS", "DROP_DOWN", "RADIO_BUTTON", "MULTI_LINE_TEXT", "RICH_TEXT"},
        }.get(operator, operator in {">", "<", ">=", "<="} and kind not in _COMPARED)
        if wrong:
            raise RefusedError(
                400, "GAIA_IQ03", f"{code}フィールドのフィールドタイプには演算子{operator}を使用できません。"
            )

    def _options(self) -> None:
        while self._at < len(self._tokens):
            match self._take():
                case "order":
                    self._expect("by")
                    self._order()
                    while self._word() == ",":
                        self._at += 1
                        self._order()
                case "limit":
                    self.limit = self._count(500, "GAIA_QU01")
                case "offset":
                    self.offset = self._count(10_000, "GAIA_QU02")
                case _:
                    raise _unreadable()

    def _order(self) -> None:
        code = self._take()
        self._app.type_of(code)
        descending = self._word() != "asc"
        self._at += self._word() in {"asc", "desc"}
        self._orders.append((code, descending))

    def _count(self, most: int, code: str) -> int:
        written = self._take()
        if not written.isdigit():
            raise _unreadable()
        if int(written) > most:
            raise RefusedError(400, code, f"{most}以下でなければなりません。")
        return int(written)

    def _list(self) -> list[str]:
        self._expect("(")
        found = [self._value()]
        while self._word() == ",":
            self._at += 1
            found.append(self._value())
        self._expect(")")
        return found

    def _value(self) -> str:
        written = self._take()
        if written.startswith('"'):
            return re.sub(r"\\(.)", r"\1", written[1:-1], flags=re.DOTALL)
        if not re.fullmatch(r"-?\d+(?:\.\d+)?", written):
            raise _unreadable()
        return written

    def _word(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        word = self._word()
        if not word:
            raise _unreadable()
        self._at += 1
        return word

    def _expect(self, word: str) -> None:
        if self._take() != word:
            raise _unreadable()


def _tokens(written: str) -> Iterator[str]:
    at = 0
    while at < len(written):
        found = _TOKEN.match(written, at)
        if found is None:
            raise _unreadable()
        at = found.end()
        yield found["text"] or found["sign"] or found["word"]


def _values(record: Mapping[str, object], code: str) -> list[str]:
    """What a field holds, as text; inside tables, that of every line."""
    cell = record.get(code)
    if isinstance(cell, dict):
        value = cell["value"]
        if isinstance(value, list):
            return [one["code"] if isinstance(one, dict) and "code" in one else str(one) for one in value]
        return ["" if value is None else str(value)]
    tables = [one["value"] for one in record.values() if isinstance(one, dict) and one.get("type") == "SUBTABLE"]
    return [str(line["value"][code]["value"]) for table in tables for line in table if code in line["value"]]


def _sort_key(found: Sequence[str]) -> tuple[float, str]:
    first = found[0] if found else ""
    return (float(first) if re.fullmatch(r"-?\d+(?:\.\d+)?", first) else 0.0, first)


def _like(found: Sequence[str], wanted: Sequence[str]) -> bool:
    """Words in a row, whatever stands between them: kintone's search knows no substrings of Latin words."""
    words = [word.lower() for word in _WORDS.findall(wanted[0])]
    for text in found:
        there = [word.lower() for word in _WORDS.findall(text)]
        if words and any(there[at : at + len(words)] == words for at in range(len(there))):
            return True
        if not wanted[0].isascii() and wanted[0] in text:
            return True
    return False


def _compare(
    holds: Callable[[tuple[float, str], tuple[float, str]], bool],
) -> Callable[[Sequence[str], Sequence[str]], bool]:
    return lambda found, wanted: any(one and holds(_sort_key([one]), _sort_key(wanted)) for one in found)


_TESTS: Final[Mapping[str, Callable[[Sequence[str], Sequence[str]], bool]]] = {
    "=": lambda found, wanted: not set(found).isdisjoint(wanted),
    "!=": lambda found, wanted: set(found).isdisjoint(wanted),
    "in": lambda found, wanted: not set(found).isdisjoint(wanted),
    "like": _like,
    ">": _compare(lambda one, other: one > other),
    "<": _compare(lambda one, other: one < other),
    ">=": _compare(lambda one, other: one >= other),
    "<=": _compare(lambda one, other: one <= other),
}


def _params(query: str) -> dict[str, object]:
    """The query's parameters; `fields[0]` and `ids[0]` are lists."""
    found: dict[str, object] = {}
    for name, many in parse_qs(query, keep_blank_values=True).items():
        key, bracket, _ = name.partition("[")
        known = found.setdefault(key, [] if bracket else many[0])
        if bracket and isinstance(known, list):
            known += many
    return found


def _number(wanted: Mapping[str, object], name: str) -> int:
    written = str(wanted.get(name, ""))
    if not written.isdigit() or int(written) == 0:
        told = {name: {"messages": ["最小でも1以上です。" if written else "必須です。"]}}
        raise RefusedError(400, "CB_VA01", "入力内容が正しくありません。", told)
    return int(written)


def _readable(cell: object) -> str:
    """What a field holds, for a page: people and files by name, a table line by line."""
    value = cell.get("value") if isinstance(cell, dict) else cell
    if isinstance(value, list):
        lines = [one.get("value", one.get("name")) if isinstance(one, dict) else one for one in value]
        rows = [
            " / ".join(filter(None, map(_readable, line.values()))) if isinstance(line, dict) else str(line)
            for line in lines
        ]
        return "\n".join(rows)
    return "" if value is None else read_html(str(value)).whole if str(value).startswith("<") else str(value)


def _many(line: object) -> list[object]:
    return line if isinstance(line, list) else [line]


def _form(code: str, kind: str | dict[str, str]) -> dict[str, object]:
    if isinstance(kind, dict):
        return {
            "type": "SUBTABLE",
            "code": code,
            "label": code,
            "fields": {name: _form(name, one) for name, one in kind.items()},
        }
    return {"type": kind, "code": code, "label": code, "noLabel": False}


def _told(code: str, message: str) -> object:
    return {f"record.{code}.value": {"messages": [message]}}


def _unreadable() -> RefusedError:
    return RefusedError(
        400, "CB_VA01", "入力内容が正しくありません。", {"query": {"messages": ["クエリ記法が間違っています。"]}}
    )
