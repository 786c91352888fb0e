"""What Google posts: the documented event objects, as far as this product reads them.

Unknown fields are ignored, since Google adds some; a field of a wrong type is refused by name. Every field is optional
here because Google leaves out what is empty, off in the manifest or not granted: what an entry point needs is the
adapter's business. https://developers.google.com/workspace/add-ons/concepts/event-objects
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from server.domain.addresses import parse_addresses
from server.domain.errors import BadEvent
from server.domain.events import Place, Window

MAX_BODY: Final = 256 * 1024
"""Bytes. A real event is 4 to 6 KB, nearly all of it tokens; a field of the card adds at most a few thousand characters."""

_MESSAGE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9:_-]{0,199}", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_NUMBER: Final = 20  # an int64 with its sign

Value = TypeVar("Value")


class TimeZone(msgspec.Struct, frozen=True):
    """Where the agent's clock stands; the offset beside it is not read, the id says more."""

    id: str | None = None


class StringInputs(msgspec.Struct, frozen=True):
    """What text fields, lists and check boxes hold."""

    value: tuple[str, ...] | None = None


class DateInput(msgspec.Struct, frozen=True, rename="camel"):
    """A day picked; milliseconds at 00:00 UTC of it."""

    ms_since_epoch: int | str | None = None


class DateTimeInput(msgspec.Struct, frozen=True, rename="camel"):
    """A day and time picked. One of the flags false: that half was left empty."""

    ms_since_epoch: int | str | None = None
    has_date: bool | None = None
    has_time: bool | None = None


class TimeInput(msgspec.Struct, frozen=True):
    """A time of day picked. A zero may be left out, as in every JSON made of protocol buffers."""

    hours: int = 0
    minutes: int = 0


class Inputs(msgspec.Struct, frozen=True, rename="camel"):
    """One widget's value, in the one of the four forms that suits it."""

    string_inputs: StringInputs | None = None
    date_input: DateInput | None = None
    date_time_input: DateTimeInput | None = None
    time_input: TimeInput | None = None


class Common(msgspec.Struct, frozen=True, rename="camel"):
    """`commonEventObject`: the same in every Workspace application."""

    user_locale: str | None = None
    time_zone: TimeZone | None = None
    parameters: dict[str, str] | None = None
    form_inputs: dict[str, Inputs] | None = None


class Authorization(msgspec.Struct, frozen=True, rename="camel"):
    """`authorizationEventObject`: live tokens. Never logged, never kept."""

    user_o_auth_token: str | None = msgspec.field(default=None, name="userOAuthToken")
    system_id_token: str | None = None
    user_id_token: str | None = None
    authorized_scopes: tuple[str, ...] | None = None

    def __repr__(self) -> str:
        return "Authorization(...)"


class Gmail(msgspec.Struct, frozen=True, rename="camel"):
    """`gmail`: the open message, or the recipients of the open draft. The message ids are of Gmail's newer form (`msg-f:...`)."""

    message_id: str | None = None
    access_token: str | None = None
    to_recipients: tuple[str, ...] | None = None
    cc_recipients: tuple[str, ...] | None = None
    bcc_recipients: tuple[str, ...] | None = None

    def __repr__(self) -> str:
        return "Gmail(...)"


class Posted(msgspec.Struct, frozen=True):
    """The whole body."""

    common: Common = msgspec.field(default_factory=Common, name="commonEventObject")
    authorization: Authorization = msgspec.field(default_factory=Authorization, name="authorizationEventObject")
    gmail: Gmail = msgspec.field(default_factory=Gmail)


_decoder: Final = msgspec.json.Decoder(Posted)


def decode(body: bytes) -> Posted:
    """Read a body.

    Raises BadEvent, which names the field that is wrong and never repeats its value.
    """
    if len(body) > MAX_BODY:
        raise BadEvent(f"body: more than {MAX_BODY} bytes")
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError as error:
        # "Expected `str`, got `int` - at `$.gmail.messageId`": types and a path; names inside a map are shown as [...].
        raise BadEvent(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadEvent(f"body: not the JSON of an event ({type(error).__name__})") from None


EMAIL_SCOPE: Final = "https://www.googleapis.com/auth/userinfo.email"
RECIPIENTS_SCOPE: Final = "https://www.googleapis.com/auth/gmail.addons.current.message.metadata"
_MOST_RECIPIENTS: Final = 500


def is_compose(gmail: Gmail) -> bool:
    """Whether the event comes from a compose window whose recipients the add-on may see."""
    return not (gmail.to_recipients is None and gmail.cc_recipients is None and gmail.bcc_recipients is None)


def window(posted: Posted) -> Window:
    """The compose window: its recipients. Gmail tells neither the subject nor the thread."""
    gmail, granted = posted.gmail, posted.authorization.authorized_scopes
    written = [*(gmail.to_recipients or ()), *(gmail.cc_recipients or ()), *(gmail.bcc_recipients or ())]
    people = [one for text in written[:_MOST_RECIPIENTS] for one in parse_addresses(text) if one.email]
    known = is_compose(gmail) or granted is None or RECIPIENTS_SCOPE in granted
    return Window(tuple({one.email: one for one in reversed(people)}.values())[::-1], known=known)


def message_id(gmail: Gmail) -> str:
    """The open message's id, "" when no message is open. It becomes part of an address, so its alphabet is checked."""
    if not gmail.message_id:
        return ""
    if _MESSAGE_ID.fullmatch(gmail.message_id) is None:
        raise BadEvent("gmail.messageId: not an id of Gmail's")
    return gmail.message_id


def place(common: Common) -> Place:
    """The agent's language and time zone, as far as they are said and known here."""
    return Place(_language(common.user_locale or ""), _zone(common.time_zone.id if common.time_zone else None))


def _language(locale: str) -> str:
    # "ja" or "ja-JP"; older mobile apps write "ja_JP". Whoever reads neither of our languages is better off with English.
    if not locale:
        return ""
    return "ja" if locale[:2].lower() == "ja" and locale[2:3] in {"", "-", "_"} else "en"


def _zone(name: str | None) -> str:
    if not name:
        return ""
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):  # unknown, no valid key ("../x"), a folder of zones ("Asia")
        return ""


def form(inputs: Mapping[str, Inputs]) -> dict[str, tuple[str, ...]]:
    """What was typed and picked: names to values. Widgets without a value are absent, as in the event itself.

    Raises BadEvent for a date or time that does not exist.
    """
    values: dict[str, tuple[str, ...]] = {}
    for name, given in inputs.items():
        if given.string_inputs is not None:
            values[name] = given.string_inputs.value or ()
        elif given.date_time_input is not None:
            values[name] = _picked("dateTimeInput", given.date_time_input, _date_time)
        elif given.date_input is not None:
            values[name] = _picked("dateInput", given.date_input, _date)
        elif given.time_input is not None:
            values[name] = _picked("timeInput", given.time_input, _time)
    return values


def _picked(field: str, given: Value, read: Callable[[Value], str]) -> tuple[str, ...]:
    try:
        value = read(given)
    except (ValueError, OverflowError):
        raise BadEvent(f"commonEventObject.formInputs[...].{field}: no such date or time") from None
    return (value,) if value else ()


def _date_time(given: DateTimeInput) -> str:
    """As "YYYY-MM-DDTHH:MM"; midnight when only a day was picked, nothing when only a time was.

    [not established] Google's pages say of a picker's preset value that it is a UTC instant, drawn in the zone of
    `timezoneOffsetDate`, else in the user's; of the value that comes back they say "milliseconds since the epoch" and
    no zone. It is read here as the wall-clock time the agent saw, written as if it were UTC: so it is for a day alone,
    and so it is in either reading when the picker was drawn with `timezoneOffsetDate` 0.
    """
    if given.ms_since_epoch is None:
        return ""
    moment = _moment(given.ms_since_epoch)
    if given.has_date is False and given.has_time:
        return ""
    if given.has_time is False and given.has_date:
        return moment.strftime("%Y-%m-%dT00:00")
    return moment.strftime("%Y-%m-%dT%H:%M")


def _date(given: DateInput) -> str:
    return "" if given.ms_since_epoch is None else _moment(given.ms_since_epoch).strftime("%Y-%m-%d")


def _time(given: TimeInput) -> str:
    # Through a real time, so that 25:70 is refused.
    return datetime(1970, 1, 1, given.hours, given.minutes, tzinfo=UTC).strftime("%H:%M")


def _moment(milliseconds: int | str) -> datetime:
    # A number in Google's guide, an int64 as text in the chat.v1 schema: both are sent.
    if isinstance(milliseconds, str) and len(milliseconds) > _LONGEST_NUMBER:
        raise ValueError("too long for a number of milliseconds")
    moment = _EPOCH + timedelta(milliseconds=int(milliseconds))
    if moment.year < 1000:
        raise ValueError("before any year that strftime writes with four digits")
    return moment
