"""Two ways to call a method of an Odoo model: XML-RPC up to version 18, JSON-2 from 19 on.

Read for this (odoo/documentation and odoo/odoo on GitHub):
- content/developer/reference/external_rpc_api.rst: `/xmlrpc/2/common` (version, authenticate), `/xmlrpc/2/object` (execute_kw).
  Deprecated since 19; the notice in addons/rpc/controllers/__init__.py names version 22 for its removal, the document 20.
- external_api.rst of 19.0: POST /json/2/MODEL/METHOD, `Authorization: bearer KEY`, X-Odoo-Database where one host has several
  databases; an error is {"name", "message", "arguments", "context", "debug"}. Only on the Custom plan of odoo.com.
- addons/rpc/controllers/xmlrpc.py: a fault comes with status 200; code 3 is AccessDenied, 4 AccessError, 2 any UserError (ValidationError
  and MissingError are such), 1 whatever else, with a traceback as its text.
- odoo/http.py, Json2Dispatcher.handle_error: a UserError has a status of its own (404 MissingError, 403 AccessError, 422 the rest); what
  is none is 500, so a field that does not exist is a "server error" too.
- addons/rpc/controllers/__init__.py: GET /web/version (19 and later; 404 before).
"""

from __future__ import annotations

import re
import xmlrpc.client
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol
from xml.parsers.expat import ExpatError

from defusedxml.xmlrpc import DefusedExpatParser

from server.domain.crm import CrmError, Trouble
from server.gateways.crm import values
from server.gateways.crm.spec import Line

_WRITE: Final = frozenset({"create", "unlink", "write", "message_post"})
_NO_FIELD: Final = re.compile(r"Invalid field|has no attribute|Unknown field")
_NO_MODEL: Final = re.compile(r"Object \S+ doesn't exist|the model \S+ does not exist")
_GONE: Final = re.compile(r"MissingError|Record does not exist or has been deleted")
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even as a reference; the standard library writes it all the same."""
_NO_DATABASE: Final = re.compile(r'database "[^"]*" does not exist')
_FAULTS: Final[Mapping[int, Trouble]] = {2: "mapping", 3: "refused"}


class Account(NamedTuple):
    """Who calls which database."""

    url: str
    database: str
    login: str
    key: str


class NotForUs(CrmError):
    """A model that is not installed ("missing"), or that this user may not read ("refused"). The key itself is good."""


class Rpc(Protocol):
    """One way to call methods. Raises CrmError, NotForUs."""

    def call(self, model: str, method: str, ids: Sequence[int] = (), /, **named: object) -> object:
        """Call a method on these records, or on the model when there are none."""

    def create(self, model: str, fields: Sequence[Mapping[str, object]], context: Mapping[str, object]) -> object:
        """Make records; one id for each comes back."""


class Json2:
    """From version 19 on."""

    def __init__(self, line: Line, account: Account) -> None:
        self._line = line
        self._account = account

    def call(self, model: str, method: str, ids: Sequence[int] = (), /, **named: object) -> object:
        headers = {"Authorization": f"bearer {self._account.key}"}
        if self._account.database:
            headers["X-Odoo-Database"] = self._account.database
        try:
            reply = self._line.send(
                "POST",
                f"{self._account.url}/json/2/{model}/{method}",
                headers=headers,
                json={**({"ids": list(ids)} if ids else {}), **named},
                repeatable=method not in _WRITE,
            )
        except CrmError as error:
            raise _refusal(error) from None
        return values.decode(reply.body, values.ANYTHING)

    def create(self, model: str, fields: Sequence[Mapping[str, object]], context: Mapping[str, object]) -> object:
        return self.call(model, "create", vals_list=fields, context=context)


class XmlRpc:
    """Up to version 18. The user's number is asked for once."""

    def __init__(self, line: Line, account: Account) -> None:
        self._line = line
        self._account = account
        self._user = 0

    def call(self, model: str, method: str, ids: Sequence[int] = (), /, **named: object) -> object:
        return self._execute(model, method, [list(ids)] if ids else [], named)

    def create(self, model: str, fields: Sequence[Mapping[str, object]], context: Mapping[str, object]) -> object:
        # By place: the dispatcher looks at its first argument to tell one record from several (odoo/api.py, call_kw).
        return self._execute(model, "create", [fields], {"context": context})

    def _execute(self, model: str, method: str, placed: Sequence[object], named: Mapping[str, object]) -> object:
        account = self._account
        if not self._user:
            found = _xml(
                self._line, account.url, "common", "authenticate", [account.database, account.login, account.key, {}]
            )
            if not isinstance(found, int) or not found:  # False: no such user, or a wrong key
                raise CrmError("refused", "no such user, or a wrong key")
            self._user = found
        arguments = [account.database, self._user, account.key, model, method, placed, named]
        return _xml(self._line, account.url, "object", "execute_kw", arguments, repeatable=method not in _WRITE)


def version(line: Line, url: str) -> int:
    """The major version of the server behind an address: 17, 19; "saas~18.3" is 18."""
    try:
        said = values.decode(line.send("GET", f"{url}/web/version").body, values.OBJECT)
        return _major(values.at(said, "version_info", 0))
    except CrmError as error:
        if error.why not in {"missing", "garbled", "refused"}:  # before 19 it is a 404, a page or the way to one
            raise
    return _major(values.at(_xml(line, url, "common", "version", []), "server_version_info", 0))


def _major(said: object) -> int:
    found = re.search(r"\d{1,3}", str(said))
    if found is None:
        raise CrmError("garbled", "not a version")
    return int(found[0])


def _xml(
    line: Line, url: str, service: str, method: str, arguments: Sequence[Any], *, repeatable: bool = True
) -> object:
    body = _NOT_XML.sub("", xmlrpc.client.dumps(tuple(arguments), method)).encode()
    reply = line.send(
        "POST", f"{url}/xmlrpc/2/{service}", headers={"Content-Type": "text/xml"}, body=body, repeatable=repeatable
    )
    unmarshaller = xmlrpc.client.Unmarshaller()
    try:
        parser = DefusedExpatParser(unmarshaller, forbid_dtd=True)
        parser.feed(reply.body)
        parser.close()
        found = unmarshaller.close()
    except xmlrpc.client.Fault as fault:
        raise _fault(fault, reply.body) from None
    except (
        ExpatError,
        xmlrpc.client.Error,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        AssertionError,
        OverflowError,
    ):
        raise CrmError("garbled", "not an answer of XML-RPC", body=reply.body) from None
    return found[0] if len(found) == 1 else None


def _fault(fault: xmlrpc.client.Fault, body: bytes) -> CrmError:
    """What a fault means. Its text is the customer's data as often as not, and stays out of ours."""
    text = str(fault.faultString)
    if fault.faultCode == 4 or _NO_MODEL.search(text):
        return NotForUs("missing" if _NO_MODEL.search(text) else "refused", f"fault {fault.faultCode}", body=body)
    why = _FAULTS.get(fault.faultCode, "down")
    if _GONE.search(text) or _NO_DATABASE.search(text):
        why = "missing"
    elif _NO_FIELD.search(text):
        why = "mapping"
    return CrmError(why, f"fault {fault.faultCode}", body=body)


def _refusal(error: CrmError) -> CrmError:
    """An error of JSON-2 by the name of its exception, where its status says too little."""
    try:
        said = values.decode(error.body, values.OBJECT)
    except CrmError:
        return error
    name, message = str(said.get("name", "")), str(said.get("message", ""))
    detail = f"status {error.status}"
    if name.endswith(".AccessError"):
        return NotForUs("refused", detail, status=error.status, body=error.body)
    if _NO_MODEL.search(message):
        return NotForUs("missing", detail, status=error.status, body=error.body)
    if error.status == 500 and _NO_FIELD.search(message):
        return CrmError("mapping", detail, status=error.status, body=error.body)
    return error
