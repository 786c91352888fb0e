"""A Salesforce organisation as its published documents describe it: SOQL (as much as is asked), Composite, errors as [{"message", "errorCode"}]."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import jwt

from tests.standins.crm.server import Answer, Request, Vendor, says

CLIENT: Final = {"client_id": "3MVG9.client.of.the.tests", "client_secret": "1955279925675241571"}
TOKEN: Final = "00Dxx0000001gPL!session-1"
REFRESH: Final = "5Aep861.refresh-1"
_NOW: Final = "2026-05-20T03:00:00.000+0000"

_COMMON: Final = ("Id", "CreatedDate", "LastModifiedDate", "OwnerId")
FIELDS: Final[Mapping[str, Sequence[str]]] = {
    "Contact": (
        "FirstName", "LastName", "Email", "Alt_Email__c", "Title", "Phone", "MobilePhone", "Description", "AccountId", "Plan__c", "Reading__c",
        "Contract_End__c", "Ltv__c",
    ),
    "Lead": ("FirstName", "LastName", "Email", "Title", "Phone", "MobilePhone", "Description", "Company", "IsConverted", "Interest__c"),
    "Account": ("Name", "Website", "Phone", "Description", "Support__c"),
    "Case": (
        "CaseNumber", "Subject", "Status", "Priority", "Type", "Reason", "IsClosed", "Description", "ContactId", "AccountId", "SuppliedEmail",
        "SuppliedName",
    ),
    "Opportunity": ("Name", "StageName", "Amount", "IsClosed", "CloseDate", "Description", "AccountId"),
    "OpportunityContactRole": ("OpportunityId", "ContactId", "IsPrimary"),
    "Order": ("OrderNumber", "Status", "TotalAmount", "AccountId"),
    "Task": ("Subject", "Description", "Status", "IsClosed", "ActivityDate", "TaskSubtype", "WhoId", "WhatId", "AccountId"),
    "Event": ("Subject", "StartDateTime", "WhoId", "WhatId", "AccountId"),
    "EmailMessage": (
        "Subject", "TextBody", "FromAddress", "FromName", "ToAddress", "ToIds", "MessageDate", "Incoming", "Status", "MessageIdentifier",
        "ActivityId",
    ),
    "EmailMessageRelation": ("EmailMessageId", "RelationId", "RelationType", "RelationAddress"),
    "ContentVersion": ("Title", "PathOnClient", "VersionData", "FirstPublishLocationId", "ContentDocumentId"),
    "ContentDocument": ("LatestPublishedVersionId",),
    "ContentDocumentLink": ("LinkedEntityId", "ContentDocumentId"),
    "User": ("Name",),
}  # fmt: skip
_MONEY: Final = frozenset({"Opportunity", "Order", "Contact", "Account", "Lead"})
_PARENTS: Final = {
    "Account": ("AccountId", "Account"),
    "Owner": ("OwnerId", "User"),
    "Opportunity": ("OpportunityId", "Opportunity"),
    "ContentDocument": ("ContentDocumentId", "ContentDocument"),
}
_CHILDREN: Final = {"Tasks": "Task", "Events": "Event"}
_REQUIRED: Final = {
    "Contact": ("LastName",),
    "Opportunity": ("Name", "StageName", "CloseDate"),
    "ContentVersion": ("PathOnClient", "VersionData"),
    "EmailMessageRelation": ("EmailMessageId", "RelationType"),
}
_PREFIX: Final = {
    "Contact": "003", "Lead": "00Q", "Account": "001", "Case": "500", "Opportunity": "006", "OpportunityContactRole": "00K", "Order": "801",
    "Task": "00T", "Event": "00U", "EmailMessage": "02s", "EmailMessageRelation": "0DF", "ContentVersion": "068", "ContentDocument": "069",
    "ContentDocumentLink": "06A", "User": "005",
}  # fmt: skip

Row = dict[str, Any]


class Refused(Exception):
    """An error as the API writes it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status = status
        self.body = [{"message": message, "errorCode": code}]


def id_of(of: str, number: int) -> str:
    """An id of 18 characters."""
    return f"{_PREFIX[of]}{number:012d}AAA"


class SalesforceOrg(Vendor):
    """One organisation. `put` fills it; `rows` holds what it has."""

    def __init__(self) -> None:
        super().__init__()
        self.token = TOKEN
        self.refresh = REFRESH
        self.renewals = 0
        self.public_key = ""
        self.enhanced_email = True
        self.several_currencies = False
        self.hidden: set[str] = set()  # objects that this user may not see
        self.hidden_fields: set[str] = set()
        self.statuses = {"Completed", "Not Started"}
        self.rows: dict[str, dict[str, Row]] = {of: {} for of in FIELDS}
        self._next = 900_000
        self.put("User", 1, Name="佐藤 明子")

    def put(self, of: str, number: int, **fields: Any) -> str:
        """Keep a record."""
        made = id_of(of, number)
        own = {"Id": made, "CreatedDate": _NOW, "LastModifiedDate": _NOW, "OwnerId": id_of("User", 1)}
        self.rows[of][made] = {**own, **fields}
        return made

    # ------------------------------------------------------------------ answering

    def error(self, status: int, request: Request) -> Answer:
        """As in "Status Codes and Error Responses"."""
        code, message = {
            401: ("INVALID_SESSION_ID", "Session expired or invalid"),
            403: ("INSUFFICIENT_ACCESS", "insufficient access rights on object id"),
            404: ("NOT_FOUND", "The requested resource does not exist"),
            409: ("DUPLICATE_VALUE", "duplicate value found"),
            429: ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
            503: ("SERVER_UNAVAILABLE", "The server is unavailable"),
        }.get(status, ("UNKNOWN_EXCEPTION", "An unexpected error occurred."))
        return says([{"message": message, "errorCode": code}], status)

    def answer(self, request: Request) -> Answer:
        if request.path == "/services/oauth2/token":
            return self._login(request.form)
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return self.error(401, request)
        try:
            if request.method == "POST" and re.fullmatch(r"/services/data/v\d\d\.0/composite/", request.path):
                return self._composite(request.json)
            if request.method == "DELETE" and (
                found := re.fullmatch(r"/services/data/v\d\d\.0/sobjects/(\w+)/(\w+)", request.path)
            ):
                return self._delete(*found.groups())
        except Refused as refused:
            return says(refused.body, refused.status)
        return self.error(404, request)

    def _login(self, form: Mapping[str, str]) -> Answer:
        match form.get("grant_type"):
            case "client_credentials":
                good = CLIENT.items() <= form.items()
            case "refresh_token":
                good = form.get("refresh_token") == self.refresh and CLIENT.items() <= form.items()
            case "urn:ietf:params:oauth:grant-type:jwt-bearer":
                good = self._believed(form.get("assertion", ""))
            case _:
                good = False
        if not good:
            return says({"error": "invalid_grant", "error_description": "expired access/refresh token"}, 400)
        self.renewals += 1
        self.token = f"00Dxx0000001gPL!session-{self.renewals + 1}"
        return says(
            {"access_token": self.token, "instance_url": self.url, "token_type": "Bearer", "issued_at": "1780000000000"}
        )

    def _believed(self, assertion: str) -> bool:
        try:
            claims = jwt.decode(
                assertion,
                self.public_key,
                algorithms=["RS256"],
                audience="https://login.salesforce.com",
                options={"verify_exp": False},
            )
        except jwt.PyJWTError:
            return False
        return bool(claims["iss"] == CLIENT["client_id"] and claims["sub"] == "sobani@aoba.example")

    def _composite(self, body: Any) -> Answer:
        asked = body["compositeRequest"]
        if len(asked) > 25 or sum("/query/" in one["url"] for one in asked) > 5:
            raise Refused(400, "LIMIT_EXCEEDED", "too many subrequests")
        before = {of: dict(rows) for of, rows in self.rows.items()}
        made: dict[str, str] = {}
        parts: list[dict[str, Any]] = []
        failed = False
        for one in asked:
            status, said = 200, {}
            try:
                if one["method"] == "GET":
                    said = self.query(dict(parse_qsl(urlsplit(one["url"]).query))["q"])
                else:
                    of = unquote(urlsplit(one["url"]).path).rpartition("/")[2]
                    said = {"id": self._create(of, self._filled(one["body"], made)), "success": True, "errors": []}
                    made[one["referenceId"]], status = said["id"], 201
            except Refused as refused:
                status, said, failed = refused.status, refused.body, True  # type: ignore[assignment] # an error is a list
            parts.append({"body": said, "httpHeaders": {}, "httpStatusCode": status, "referenceId": one["referenceId"]})
        if failed and body["allOrNone"]:
            self.rows = before
            halted = [
                {
                    "errorCode": "PROCESSING_HALTED",
                    "message": "The transaction was rolled back since another operation in the same transaction failed.",
                }
            ]
            parts = [
                part if part["httpStatusCode"] >= 400 else {**part, "body": halted, "httpStatusCode": 400}
                for part in parts
            ]
        return says({"compositeResponse": parts})

    def _filled(self, body: Mapping[str, Any], made: Mapping[str, str]) -> Row:
        def fill(value: Any) -> Any:
            found = re.fullmatch(r"@\{(\w+)\.id\}", value) if isinstance(value, str) else None
            if not found:
                return value
            if found[1] not in made:
                raise Refused(400, "PROCESSING_HALTED", "Invalid reference specified.")
            return made[found[1]]

        return {name: fill(value) for name, value in body.items()}

    # ------------------------------------------------------------------ records

    def _seen(self, of: str) -> None:
        if of not in FIELDS or of in self.hidden or (of == "EmailMessage" and not self.enhanced_email):
            raise Refused(
                400,
                "INVALID_TYPE",
                f"sObject type '{of}' is not supported. If you are attempting to use a custom object, be sure to append the '__c'",
            )

    def _known(self, of: str, name: str) -> None:
        if name == "CurrencyIsoCode" and of in _MONEY and self.several_currencies:
            return
        if (name not in FIELDS[of] and name not in _COMMON) or name in self.hidden_fields:
            raise Refused(
                400,
                "INVALID_FIELD",
                f"\nSELECT {name} FROM {of}\n       ^\nERROR at Row:1:Column:8\nNo such column '{name}' on entity '{of}'.",
            )

    def _create(self, of: str, own: Row) -> str:
        try:
            self._seen(of)
        except Refused:
            raise Refused(404, "NOT_FOUND", "The requested resource does not exist") from None
        for name in own:
            self._known(of, name)
        if missing := [name for name in _REQUIRED.get(of, ()) if not own.get(name)]:
            raise Refused(400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]")
        for name, value in own.items():
            if (
                re.fullmatch(r"(?!Message).*Id|WhoId|WhatId", name)
                and value
                and not any(value in rows for rows in self.rows.values())
            ):
                raise Refused(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if of == "Task" and own.get("Status") not in self.statuses:
            raise Refused(
                400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Status: bad value for restricted picklist field"
            )
        self._next += 1
        own.setdefault("IsClosed", own.get("Status") == "Completed" if of == "Task" else False)
        made = self.put(of, self._next, **own)
        if of == "EmailMessage" and own.get("ToIds"):
            self._activity(made, own["ToIds"][0])
        if of == "EmailMessageRelation":
            self._activity(own["EmailMessageId"], own["RelationId"])
        if of == "ContentVersion":
            document = self.put("ContentDocument", self._next, LatestPublishedVersionId=made)
            self.rows[of][made]["ContentDocumentId"] = document
            self.put(
                "ContentDocumentLink",
                self._next,
                LinkedEntityId=own["FirstPublishLocationId"],
                ContentDocumentId=document,
            )
        return made

    def _activity(self, mail: str, who: str) -> None:
        """What the timeline shows of an EmailMessage: for all but cases Salesforce makes it by itself."""
        self._next += 1
        own = self.rows["EmailMessage"][mail]
        own["ActivityId"] = self.put(
            "Task",
            self._next,
            Subject=own["Subject"],
            TaskSubtype="Email",
            WhoId=who,
            IsClosed=True,
            ActivityDate=own["MessageDate"][:10],
        )

    def _delete(self, of: str, number: str) -> Answer:
        self._seen(of)
        own = self.rows[of].pop(number, None)
        if own is None:
            raise Refused(404, "ENTITY_IS_DELETED", "entity is deleted")
        self.rows["Task"].pop(own.get("ActivityId") or "", None)
        if of == "ContentDocument":
            self.rows["ContentVersion"] = {
                key: row for key, row in self.rows["ContentVersion"].items() if row["ContentDocumentId"] != number
            }
        return Answer(204)

    # ------------------------------------------------------------------ SOQL

    def query(self, soql: str) -> dict[str, Any]:
        """Answer a query as the Query resource does."""
        select = _Parser(soql).select()
        if tokens := select.rest:
            raise Refused(400, "MALFORMED_QUERY", f"unexpected token: '{tokens[0]}'")
        return self._result(select, select.of, list(self.rows.get(select.of, {}).values()))

    def _result(self, select: _Select, of: str, rows: Iterable[Row]) -> dict[str, Any]:
        self._seen(of)
        for column in select.columns:
            if isinstance(column, str):
                self._value(of, None, column)
        hits = [row for row in rows if select.where is None or self._meets(of, row, select.where)]
        if self.impostor and select.where is not None and of in {"Contact", "Lead", "Account"}:
            hits = [row for row in self.rows[of].values() if row not in hits][:1]
        for name, down in reversed(select.order):
            keys = {row["Id"]: self._value(of, row, name) for row in hits}
            hits.sort(key=lambda row, keys=keys: (keys[row["Id"]] is not None, keys[row["Id"]]), reverse=down)  # type: ignore[misc] # a lambda's default
        hits = hits[: select.limit]
        return {"totalSize": len(hits), "done": True, "records": [self._shown(of, row, select.columns) for row in hits]}

    def _shown(self, of: str, row: Row, columns: Sequence[str | _Select]) -> Row:
        shown: Row = {"attributes": {"type": of, "url": f"/services/data/v62.0/sobjects/{of}/{row['Id']}"}}
        for column in columns:
            if isinstance(column, str):
                at, *names = [*column.split("."), ""][:-1]
                if not names:
                    shown[at] = row.get(at)
                    continue
                parent = self._parent(of, row, at)
                if parent is None:
                    shown[at] = None
                else:
                    shown.setdefault(at, {"attributes": {"type": at}}).update(
                        {
                            key: value
                            for key, value in self._shown(_PARENTS[at][1], parent, [".".join(names)]).items()
                            if key != "attributes"
                        }
                    )
            else:
                child = _CHILDREN.get(column.of)
                if child is None:
                    raise Refused(400, "INVALID_FIELD", f"Didn't understand relationship '{column.of}' in field path.")
                key = "AccountId" if of == "Account" else "WhoId"
                theirs = [one for one in self.rows[child].values() if one.get(key) == row["Id"]]
                result = self._result(column, child, theirs)
                shown[column.of] = result if result["records"] else None
        return shown

    def _parent(self, of: str, row: Row, name: str) -> Row | None:
        if name not in _PARENTS or (name != "Owner" and _PARENTS[name][0] not in FIELDS[of]):
            raise Refused(400, "INVALID_FIELD", f"Didn't understand relationship '{name}' in field path.")
        key, to = _PARENTS[name]
        return self.rows[to].get(row.get(key) or "")

    def _value(self, of: str, row: Row | None, path: str) -> Any:
        name, _, rest = path.partition(".")
        if not rest:
            self._known(of, name)
            return None if row is None else row.get(name)
        parent = self._parent(of, row or {}, name)
        return self._value(_PARENTS[name][1], parent, rest)

    def _meets(self, of: str, row: Row, where: _Where) -> bool:
        if where[0] in {"AND", "OR"}:
            results = (self._meets(of, row, one) for one in where[1])
            return all(results) if where[0] == "AND" else any(results)
        operator, field, wanted = where
        value = self._value(of, row, field)
        match operator:
            case "IN" if isinstance(wanted, _Select):
                inner = self._result(wanted, wanted.of, self.rows[wanted.of].values())["records"]
                return value is not None and value in [one[str(wanted.columns[0])] for one in inner]
            case "IN":
                return str(value or "").lower() in [str(one).lower() for one in wanted]
            case "LIKE":
                pattern = "".join(
                    re.escape(part[1])
                    if part.startswith("\\")
                    else ".*"
                    if part == "%"
                    else "."
                    if part == "_"
                    else re.escape(part)
                    for part in re.findall(r"\\.|.", wanted)
                )
                return re.fullmatch(pattern, str(value or ""), re.IGNORECASE | re.DOTALL) is not None
            case "=" if isinstance(wanted, str) and wanted.startswith("LAST_N_DAYS:"):
                return True
            case _:
                return str(value).lower() == str(wanted).lower() if isinstance(value, str) else value == wanted


_Where = tuple[Any, ...]
_TOKENS: Final = re.compile(r"\s*('(?:\\.|[^'\\])*'|[(),]|!=|<=|>=|[=<>]|[A-Za-z0-9_.:+-]+|\S)")
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


class _Select:
    """One SELECT as it was read."""

    def __init__(self) -> None:
        self.columns: list[str | _Select] = []
        self.of = ""
        self.where: _Where | None = None
        self.order: list[tuple[str, bool]] = []
        self.limit: int | None = None
        self.rest: list[str] = []


class _Parser:
    """As much of SOQL as a connector asks, with the rule that AND and OR are not mixed without brackets."""

    def __init__(self, soql: str) -> None:
        self._tokens = _TOKENS.findall(soql)

    def select(self) -> _Select:
        made = _Select()
        self._want("SELECT")
        while True:
            if self._peek() == "(":
                self._tokens.pop(0)
                made.columns.append(self.select())
                self._want(")")
            else:
                made.columns.append(self._name())
            if self._peek() != ",":
                break
            self._tokens.pop(0)
        if len({str(one).lower() for one in made.columns if isinstance(one, str)}) != sum(
            isinstance(one, str) for one in made.columns
        ):
            raise Refused(400, "INVALID_FIELD", "duplicate field selected")
        self._want("FROM")
        made.of = self._name()
        if self._peek() == "WHERE":
            self._tokens.pop(0)
            made.where = self._condition()
        if self._peek() == "ORDER":
            self._tokens.pop(0)
            self._want("BY")
            while True:
                name = self._name()
                down = self._peek() == "DESC"
                if self._peek() in {"ASC", "DESC"}:
                    self._tokens.pop(0)
                made.order.append((name, down))
                if self._peek() != ",":
                    break
                self._tokens.pop(0)
        if self._peek() == "LIMIT":
            self._tokens.pop(0)
            made.limit = int(self._name())
        if self._peek() != ")":
            made.rest = self._tokens
        return made

    def _condition(self) -> _Where:
        parts, word = [self._atom()], ""
        while self._peek() in {"AND", "OR"}:
            found = self._tokens.pop(0)
            if word and found != word:
                raise Refused(400, "MALFORMED_QUERY", f"unexpected token: '{found}'")
            word = found
            parts.append(self._atom())
        if word == "OR" and any(one[0] == "IN" and isinstance(one[2], _Select) for one in parts):
            raise Refused(400, "MALFORMED_QUERY", "Semi join sub-selects are not allowed with the 'OR' operator")
        return (word, parts) if word else parts[0]

    def _atom(self) -> _Where:
        if self._peek() == "(":
            self._tokens.pop(0)
            inner = self._condition()
            self._want(")")
            return inner
        name, operator = self._name(), self._next_token()
        if operator not in {"=", "LIKE", "IN"}:
            raise Refused(400, "MALFORMED_QUERY", f"unexpected token: '{operator}'")
        if operator != "IN":
            return operator, name, self._literal(like=operator == "LIKE")
        self._want("(")
        if self._peek() == "SELECT":
            select = self.select()
            self._want(")")
            return operator, name, select
        several = [self._literal()]
        while self._peek() == ",":
            self._tokens.pop(0)
            several.append(self._literal())
        self._want(")")
        return operator, name, several

    def _literal(self, *, like: bool = False) -> Any:
        token = self._next_token()
        if token.startswith("'"):
            if len(token) < 2:
                raise Refused(400, "MALFORMED_QUERY", "line 1:1 mismatched character '<EOF>' expecting '''")
            keep: Callable[[re.Match[str]], str] = lambda found: (  # noqa: E731 - two lines
                found[0] if like and found[1] in "%_" else _ESCAPES.get(found[1], found[1])
            )
            return re.sub(r"\\(.)", keep, token[1:-1], flags=re.DOTALL)
        if token in {"true", "false"}:
            return token == "true"
        if not re.fullmatch(r"\d{4}-\d\d-\d\d|-?\d+(\.\d+)?|LAST_N_DAYS:\d+", token):
            raise Refused(400, "MALFORMED_QUERY", f"unexpected token: '{token}'")
        return token

    def _name(self) -> str:
        token = self._next_token()
        if not re.fullmatch(r"[A-Za-z0-9_.]+", token):
            raise Refused(400, "MALFORMED_QUERY", f"unexpected token: '{token}'")
        return token

    def _peek(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def _next_token(self) -> str:
        if not self._tokens:
            raise Refused(400, "MALFORMED_QUERY", "unexpected token: '<EOF>'")
        return str(self._tokens.pop(0))

    def _want(self, word: str) -> None:
        if (token := self._next_token()) != word:
            raise Refused(400, "MALFORMED_QUERY", f"unexpected token: '{token}'")


@cache
def _many() -> Mapping[str, Row]:
    made = SalesforceOrg.__new__(SalesforceOrg)
    made.rows = {"Task": {}}
    for n in range(10_000):
        made.put(
            "Task", 1_000 + n, Subject=f"Mail {n}", WhoId=id_of("Contact", 5), IsClosed=True, ActivityDate="2026-05-01"
        )
    return made.rows["Task"]


def cast() -> SalesforceOrg:
    """An organisation with the customers that all stand-ins share."""
    org = SalesforceOrg()
    account = org.put(
        "Account", 1, Name="北都フーズ株式会社", Website="https://www.hokuto-foods.example/jp/", Support__c="プレミアム"
    )
    org.put("Account", 2, Name="Evil", Website="hokuto-foods.example.evil.example")
    taro = org.put(
        "Contact",
        1,
        FirstName="太郎",
        LastName="田中",
        Email="taro.tanaka@hokuto-foods.example",
        Alt_Email__c="tanaka@hokuto.example",
        Title="購買部長",
        Phone="03-0000-0000",
        Description="<p>年度末に<b>更新</b></p>",
        AccountId=account,
        Plan__c="スタンダード",
        Reading__c="たなか たろう",
        Contract_End__c="2027-03-31",
        Ltv__c=3600000.0,
    )
    org.put(
        "Opportunity",
        1,
        Name="春の増量",
        StageName="提案",
        Amount=1200000.0,
        IsClosed=False,
        AccountId=account,
        CloseDate="2026-06-30",
        LastModifiedDate="2026-05-10T01:02:03.000+0000",
    )
    org.put("OpportunityContactRole", 1, OpportunityId=id_of("Opportunity", 1), ContactId=taro, IsPrimary=True)
    org.put(
        "Case",
        1,
        CaseNumber="00001001",
        Subject="納品数が違う",
        Status="新規",
        Type="苦情",
        IsClosed=False,
        ContactId=taro,
        AccountId=account,
        LastModifiedDate="2026-05-12T00:00:00.000+0000",
    )
    org.put(
        "Case",
        2,
        CaseNumber="00001002",
        Subject="請求書の宛名",
        Status="クローズ",
        IsClosed=True,
        ContactId=taro,
        AccountId=account,
        LastModifiedDate="2026-03-01T00:00:00.000+0000",
    )
    org.put(
        "Order",
        1,
        OrderNumber="00000101",
        Status="出荷済み",
        TotalAmount=98000.0,
        AccountId=account,
        LastModifiedDate="2026-04-20T00:00:00.000+0000",
    )
    org.put(
        "Task", 1, Subject="お見積もりの件", IsClosed=True, ActivityDate="2026-05-09", TaskSubtype="Email", WhoId=taro
    )
    org.put("Task", 2, Subject="価格の相談", IsClosed=True, ActivityDate="2026-05-08", TaskSubtype="Call", WhoId=taro)
    org.put("Event", 1, Subject="訪問", StartDateTime="2026-05-07T05:00:00.000+0000", WhoId=taro)
    org.put("Contact", 2, FirstName="一郎", LastName="港", Email="info@minato-print.example")
    org.put("Contact", 3, FirstName="花子", LastName="港", Email="info@minato-print.example")
    org.put(
        "Contact",
        4,
        FirstName="<b>花子</b>",
        LastName="鈴木",
        Email="hanako.suzuki@gmail.com",
        Description="<div>色が<br>違う<script>alert(1)</script></div>",
    )
    org.put("Contact", 5, FirstName="Busy", LastName="Many", Email="busy@many.example")
    org.put(
        "Lead",
        1,
        FirstName="次郎",
        LastName="佐々木",
        Email="jiro@shinki.example",
        Company="新規株式会社",
        IsConverted=False,
        Interest__c="デモ希望",
        Title="部長",
    )
    org.rows["Task"].update(_many())
    return org
