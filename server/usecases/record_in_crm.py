"""An agent has something written into the CRM, once for the whole team: the open mail, or a contact, ticket or deal made of it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final, cast, get_args

import msgspec

from server.domain.changes import Change, CreateInCrm, LogMail
from server.domain.conversation import View
from server.domain.crm import Ability, Connection, Creatable, CrmRef, Letter, Money, Order
from server.domain.errors import MailUnavailable, TooLong
from server.domain.events import Files
from server.domain.figures import amount_of, currency_in
from server.domain.mail import Mail
from server.domain.outcomes import Done, Failed, NotOurs, Outcome, Refusal, Refused
from server.domain.placing import placing_of
from server.domain.ports import Elsewhere
from server.domain.roles import may
from server.domain.workspace import Names, Viewer
from server.usecases.acting import acting, refused
from server.usecases.desk import Command, Desk

LONGEST: Final = {"title": 200, "name": 120, "company": 120, "text": 4000, "amount": 40}

NOT_ALONG: Final = Names("記録されていない添付ファイル", "Attachments that are not recorded here")
"""What stands in the CRM, for whoever reads it there."""

_json = msgspec.json.Encoder()
_msgpack = msgspec.msgpack.Encoder()  # attachments stay as long as they are

Make = Callable[[Command, Viewer, Connection, View, Mail], Change | Refusal]


def log_mail(desk: Desk, command: Command) -> Outcome:
    """Have the open mail written down at the customer's record; a colleague who was first is named."""
    return _written(desk, command, "", _letter)


def create_in_crm(desk: Desk, command: Command) -> Outcome:
    """Have a contact, ticket or deal made of the open mail."""
    what = command.args.get("what", "")
    if what not in get_args(Creatable):
        return refused(desk, command, Refusal.UNKNOWN_VALUE)
    return _written(desk, command, f"crm_{what}", _order)


def _written(desk: Desk, command: Command, question: str, make: Make) -> Outcome:
    viewer = acting(command)
    if viewer is None:
        return refused(desk, command, Refusal.NEEDS_NAME, question)
    if not may(viewer.role, "work"):
        return refused(desk, command, Refusal.NOT_ALLOWED, question)
    connection = next((one for one in viewer.workspace.connections if one.id == command.args.get("connection")), None)
    if connection is None or connection.off or not command.target.message or command.mail is None:
        return refused(desk, command, Refusal.UNKNOWN_VALUE, question)
    try:
        mail = command.mail()
    except MailUnavailable as error:
        return Failed(public=error.public, retryable=error.retryable, keeps_card=True)
    placing = placing_of(mail, viewer.workspace)
    if command.target.message not in (placing.key, placing.key2):
        return refused(desk, command, Refusal.OTHER_MAIL, question)
    view = desk.conversations.open_conversation(viewer, command.target)
    if isinstance(view, Elsewhere):
        return NotOurs()
    try:
        change = make(command, viewer, connection, view, mail)
    except MailUnavailable as error:  # its attachments
        return Failed(public=error.public, retryable=error.retryable, keeps_card=True)
    if isinstance(change, Refusal):
        return Refused(change, view, command.kept, question)
    acted = desk.conversations.act(viewer, command.target, change, once=command.once)
    if isinstance(acted, Elsewhere):
        return NotOurs()
    if acted.code == "ok":
        deed = "crm_log" if isinstance(change, LogMail) else "crm_create"
        return Done(acted.view, deed, connection.name, acted.replayed)
    return Refused(Refusal(acted.code), acted.view, command.kept)


def _letter(command: Command, viewer: Viewer, connection: Connection, view: View, mail: Mail) -> Change | Refusal:
    ref = _record_of(view, connection)
    if ref is None or Ability.LOG not in connection.abilities or view.message is None:
        return Refusal.UNKNOWN_VALUE
    wanted = bool(command.args.get("files")) and Ability.LOG_FILES in connection.abilities
    found = command.files() if wanted and command.files else Files()
    text = mail.text or mail.body
    if found.left:
        text = f"{text}\n\n[{NOT_ALONG.in_(viewer.workspace.language)}: {', '.join(found.left)}]"
    letter = Letter(
        key=command.target.message,
        direction=view.message.direction,
        subject=mail.subject,
        text=text,
        sender=mail.sender.email,
        sender_name=mail.sender.name,
        recipients=tuple(one.email for one in (*mail.to, *mail.cc) if one.email)[:50],
        at=mail.date * 1000,
        by=viewer.person.name if viewer.person else viewer.shared,
        files=found.files,
    )
    return LogMail(connection.id, ref.kind, ref.id, _msgpack.encode(letter), wanted)


def _order(command: Command, _viewer: Viewer, connection: Connection, view: View, mail: Mail) -> Change | Refusal:
    what = cast("Creatable", command.args["what"])
    if Ability(f"create_{what}") not in connection.abilities:
        return Refusal.UNKNOWN_VALUE
    title, name, company, text = (_typed(command, field) for field in ("title", "name", "company", "text"))
    if not (name if what == "contact" else title):
        return Refusal.NEEDS_TEXT
    amount = _amount(_typed(command, "amount"))
    if isinstance(amount, Refusal):
        return amount
    customer = view.customer
    order = Order(
        key=f"{command.target.message}:{what}",
        kind=what,
        title=title or name,
        text=text or (mail.text if what == "ticket" else ""),
        name=name or (customer.name if customer else ""),
        email=view.conversation.customer,
        company=company or (customer.company if customer else ""),
        amount=amount,
        record=_record_of(view, connection),
    )
    return CreateInCrm(connection.id, what, order.title, _json.encode(order).decode())


def _record_of(view: View, connection: Connection) -> CrmRef | None:
    entry = next((one for one in view.crm.entries if one.connection == connection.id), None) if view.crm else None
    return entry.record.ref if entry and entry.record else None


def _typed(command: Command, name: str) -> str:
    """Return what was typed, NULs taken out. Raises TooLong: nothing is cut off behind the agent's back."""
    text = command.typed(name).replace("\0", "")
    if len(text) > LONGEST[name]:
        raise TooLong(name)
    return text


def _amount(typed: str) -> Money | Refusal | None:
    """Read "1,200,000", "¥1200000", "120万円" or "99.50" (half or full width); in the CRM's own currency where none is said."""
    if not typed.strip():
        return None
    amount = amount_of(typed)
    return Money(amount, currency_in(typed)) if amount and 0 <= Decimal(amount) < 10**15 else Refusal.UNKNOWN_VALUE
