"""kintone's REST API as we use it: no maintained client exists, and what there is to call is little."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from msgspec.json import Decoder

from server.domain.crm import CrmError, Trouble
from server.gateways.crm import kintone_cells as cells
from server.gateways.crm import values
from server.gateways.crm.line import unless_gone
from server.gateways.crm.spec import Line, Reply, Secrets

_LONGEST_URL: Final = 6_000  # kintone ends at 8 KB, its host's name included
_HOST: Final = re.compile(r"[a-z0-9][a-z0-9-]*(?:\.s)?\.(?:cybozu\.com|kintone\.com|cybozu\.cn)")
_TOKEN: Final = re.compile(r"[!-+\--~]{1,200}")
_ERROR_CODE: Final = re.compile(r"[A-Z]{2,8}_[A-Z]{2}\d{2}")

_TROUBLES: Final[tuple[tuple[str, Trouble], ...]] = (
    ("GAIA_IA", "refused"),  # IA02: no token of this app among those given
    ("GAIA_NO", "refused"),  # NO01: the token may not do this
    ("CB_AU", "refused"),
    ("CB_WA", "refused"),
    ("CB_NO", "refused"),
    ("GAIA_RE01", "missing"),
    ("GAIA_TM", "busy"),
    ("GAIA_DA02", "busy"),  # the database could not be locked: the same again may do
    ("GAIA_RE18", "busy"),
    ("GAIA_CO", "conflict"),
    # AP01 app, IQ and QU query, FC01 field, IL23 guest space, LO04 lookup: what the settings name is not there.
    ("GAIA_", "mapping"),
    ("CB_VA01", "mapping"),
    ("CB_IL", "mapping"),
    ("CB_IJ", "mapping"),
)
"""By the beginning of the code; the first that fits."""


class _Records(msgspec.Struct, frozen=True):
    records: list[dict[str, object]]
    totalCount: str | int | None = None  # noqa: N815 - kintone's name


class _Record(msgspec.Struct, frozen=True):
    record: dict[str, object]


class _Made(msgspec.Struct, frozen=True):
    id: str | int


class _FileKey(msgspec.Struct, frozen=True):
    fileKey: str  # noqa: N815 - kintone's name


class _Form(msgspec.Struct, frozen=True):
    properties: dict[str, cells.FormField]


class _Error(msgspec.Struct, frozen=True):
    code: str = ""
    message: str = ""


_RECORDS: Final = Decoder(_Records)
_RECORD: Final = Decoder(_Record)
_MADE: Final = Decoder(_Made)
_FILE_KEY: Final = Decoder(_FileKey)
_FORM: Final = Decoder(_Form)
_ERROR: Final = Decoder(_Error)


class Api:
    """The apps of one domain. Safe between threads. All raise CrmError. `codes`: fields that an error may name."""

    def __init__(self, url: str, space: str, codes: Collection[str], secrets: Secrets, line: Line) -> None:
        self._url = address(url)
        self._space = space
        self._codes = codes
        self._secrets = secrets
        self._line = line

    def records(
        self,
        app: int,
        conditions: Sequence[str],
        codes: Sequence[str],
        *,
        order: str = "$id",
        limit: int,
        counted: bool = False,
        cost: int,
    ) -> tuple[list[dict[str, object]], int]:
        """Records of a query, newest or highest number first, and how many there are in all.

        `counted`: those that were not read, too; it is what makes kintone slow.
        """
        condition = " and ".join(f"({one})" for one in conditions)
        query = f"{condition} order by {order} desc limit {limit}"
        # A table is asked for as a whole.
        fields = list(dict.fromkeys(("$id", *(code.partition(".")[0] for code in codes))))[:100]
        params = [("app", str(app)), ("query", query), *((f"fields[{at}]", code) for at, code in enumerate(fields))]
        if counted:
            params.append(("totalCount", "true"))
        if len(urlencode(params, quote_via=quote)) <= _LONGEST_URL:
            reply = self._send("GET", "records.json", params, cost=cost)
        else:
            body = {"app": app, "query": query, "fields": fields, "totalCount": counted}
            headers = {"X-HTTP-Method-Override": "GET"}
            reply = self._send("POST", "records.json", headers=headers, json=body, repeatable=True, cost=cost)
        answer = values.decode(reply.body, _RECORDS)
        total = values.whole(answer.totalCount) if answer.totalCount is not None else None
        return answer.records[:limit], max(total or 0, len(answer.records))

    def record(self, app: int, number: str) -> dict[str, object]:
        """One record."""
        params = [("app", str(app)), ("id", number)]
        return values.decode(self._send("GET", "record.json", params).body, _RECORD).record

    def create(self, app: int, record: Mapping[str, object]) -> str:
        """Make a record, and tell its number."""
        reply = self._send("POST", "record.json", json={"app": app, "record": record}, cost=1)
        return values.ident(values.decode(reply.body, _MADE).id)

    def delete(self, app: str, number: str) -> None:
        """Delete a record."""
        with unless_gone():
            self._send("DELETE", "records.json", [("app", app), ("ids[0]", number)])

    def upload(self, name: str, kind: str, content: bytes) -> str:
        """Upload a file; what no record takes up is deleted by kintone after three days (file/upload-file)."""
        edge = "sobani-" + "".join(f"{len(content):x}")
        while edge.encode() in content:
            edge += "-"
        safe = re.sub(r'[\r\n"\\]', "_", name) or "file"
        head = (
            f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{safe}"\r\n'
            f"Content-Type: {re.sub('[^!-~]', '', kind) or 'application/octet-stream'}\r\n\r\n"
        )
        body = head.encode() + content + f"\r\n--{edge}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={edge}"}
        reply = self._send("POST", "file.json", headers=headers, body=body, cost=0)
        return values.decode(reply.body, _FILE_KEY).fileKey

    def form(self, app: int) -> Mapping[str, cells.FormField]:
        """The fields of an app, by their codes."""
        return values.decode(self._send("GET", "app/form/fields.json", [("app", str(app))]).body, _FORM).properties

    def show(self, app: int, number: str) -> str:
        """Where kintone shows a record."""
        space = f"guest/{self._space}/" if self._space else ""
        return f"{self._url}/k/{space}{app}/show#record={number}"

    def _send(
        self,
        method: str,
        path: str,
        params: Sequence[tuple[str, str]] = (),
        *,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        body: bytes | None = None,
        repeatable: bool | None = None,
        cost: int = 1,
    ) -> Reply:
        tokens = list(filter(None, re.split(r"[,\s]+", self._secrets.get().get("tokens", ""))))
        if not tokens or len(tokens) > 9 or not all(map(_TOKEN.fullmatch, tokens)):
            raise CrmError("unset", "kintone: one to nine API tokens are needed")
        space = f"guest/{self._space}/" if self._space else ""
        try:
            return self._line.send(
                method,
                f"{self._url}/k/{space}v1/{path}",
                params=params,
                headers={"X-Cybozu-API-Token": ",".join(tokens), **(headers or {})},
                json=json,
                body=body,
                repeatable=repeatable,
                cost=cost,
            )
        except CrmError as error:
            raise self._named(error) from None

    def _named(self, error: CrmError) -> CrmError:
        """The same error by kintone's own code, which says more than the status."""
        try:
            told = _ERROR.decode(error.body) if error.body else _Error()
        except (msgspec.DecodeError, UnicodeDecodeError):
            return error
        if not _ERROR_CODE.fullmatch(told.code):
            return error
        why = error.why
        if error.status < 500 or error.status == 520:  # 520 is for whatever has no status of its own
            why = next((why for start, why in _TROUBLES if told.code.startswith(start)), why)
        if error.status == 429:
            why = "busy"
        detail = f"kintone {told.code}"
        if why == "mapping":
            # The message may quote values; a field of the mapping that stands in it is what an administrator must know.
            detail += f" {max((code for code in self._codes if code in told.message), key=len, default='')}"
        return CrmError(why, detail.rstrip(), retry_after=error.retry_after, status=error.status, body=error.body)


def address(url: str) -> str:
    """The hosts that kintone has, or this machine, for a stand-in: whether that may be called, the line says."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise CrmError("unsafe", "kintone: not an address") from None
    if parts.query or parts.fragment or parts.username or "@" in parts.netloc:
        raise CrmError("unsafe", "kintone: only the address of the domain")
    if host in {"127.0.0.1", "localhost", "::1"} and parts.scheme in {"http", "https"}:
        return url
    if parts.scheme != "https" or port or not _HOST.fullmatch(host):
        raise CrmError("unsafe", "kintone: https://….cybozu.com, .kintone.com or .cybozu.cn")
    return f"https://{host}"  # whatever page was copied from the browser
