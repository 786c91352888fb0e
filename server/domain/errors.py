"""The errors of the product: each carries one plain sentence's key for the user and whether trying again helps."""

from __future__ import annotations

from typing import ClassVar


class SobaniError(Exception):
    """The job could not be done. `public` is a key of screens.problem's sentences; `str(error)` is for the log."""

    public: ClassVar[str] = "failed"
    retryable: ClassVar[bool] = False
    status: ClassVar[int] = 500


class Unauthenticated(SobaniError):
    """The request does not prove who sends it. `reason` is logged; the token never is."""

    public = "unauthenticated"
    status = 401

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BadEvent(SobaniError):
    """The body is no event we know: not JSON, missing fields, wrong types, too large. `str(error)` names the field, never its value."""

    public = "bad_event"
    status = 400


class MailUnavailable(SobaniError):
    """The open mail could not be read from its mailbox (slow, failing, not allowed). `reason`: timeout | refused | consent | missing | failed."""

    public = "mail_unavailable"
    retryable = True
    status = 200

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ConsentNeeded(SobaniError):
    """The agent has not granted what this needs. `scopes` are Google's names of it; the host asks, and repeats the click."""

    public = "consent"
    status = 200

    def __init__(self, *scopes: str) -> None:
        super().__init__(" ".join(scopes))
        self.scopes = scopes


class DraftUnavailable(SobaniError):
    """The mailbox made no draft. `reason`: timeout | refused | missing | failed."""

    public = "draft_unavailable"
    retryable = True
    status = 200

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Crowded(SobaniError):
    """More requests of a heavy kind than are served at a time; nothing was read of this one."""

    public = "crowded"
    retryable = True
    status = 503


class RecordsUnavailable(SobaniError):
    """The shared state (Redis) cannot be reached or answers an error: nothing was changed that we know of."""

    public = "records_unavailable"
    retryable = True
    status = 503


class TooLong(SobaniError):
    """What was typed is longer than what is kept of it: said, not cut. `str(error)` names the field."""

    public = "too_long"
    status = 200


class BadAction(SobaniError):
    """A click's token is forged, of another workspace or of another agent."""

    public = "bad_action"
    status = 403


class ActionTooOld(SobaniError):
    """A click's token was sealed more than a working day ago."""

    public = "action_too_old"
    status = 200
