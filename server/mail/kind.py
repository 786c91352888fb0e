"""Who or what wrote a mail, from its headers. In doubt it is an ordinary mail: a missed question costs more than a shown notice."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from server.domain.mail import MailKind
from server.mail.words import parameters

_DAEMON = re.compile(
    r"^(?:mailer-daemon|mail-daemon|mail\.daemon|postmaster|mdaemon|maildelivery)(?:[+=.-]|@|$)", re.IGNORECASE
)
_BOUNCE_SUBJECT = re.compile(
    r"^(?:undeliver(?:able|ed)|delivery (?:status notification|failure|has failed|report|delayed)|mail delivery (?:failed|subsystem|system)"
    r"|returned mail|failure notice|failed delivery|mail system error|warning: could not send|message not delivered|non ?delivery"
    r"|配信不能|配信できません|配信エラー|送信エラー|メール配信エラー|エラーメール|未配信|宛先不明|不達)",
    re.IGNORECASE,
)
_AUTO_SUBJECT = re.compile(
    r"^(?:【\s*自動(?:返信|応答|送信|配信)|\[\s*自動(?:返信|応答)|[((\uff08]\s*自動(?:返信|応答)|自動(?:返信|応答)(?:メール|通知)?\s*[:\uff1a]"
    r"|automatic reply\s*[:\uff1a]|auto(?:matic)?[- ]?(?:reply|response)\s*[:\uff1a]|out of (?:the )?office(?:\s*(?:auto.?)?reply)?\s*[:\uff1a]"
    r"|out of office auto|abwesenheitsnotiz|réponse automatique|不在(?:通知|応答|返信|連絡)?\s*[:\uff1a])",
    re.IGNORECASE,
)
_MAYBE_AUTO_SUBJECT = re.compile(
    r"自動(?:返信|応答|送信)|不在(?:通知|の(?:お知らせ|ご?連絡)|にして|です|のため)|休暇中|^auto\s*:|auto.?(?:reply|response)|out of (?:the )?office|on (?:vacation|leave|holiday)",
    re.IGNORECASE,
)
_GROUP_SIGNS = (
    "x-original-from", "x-original-sender", "x-google-group-id", "mailing-list", "list-post", "x-beenthere", "x-mailman-version",
    "x-ml-name", "x-ml-count", "x-mlserver", "x-ml-info",
)  # fmt: skip
"""A list people write to: Google Groups, Mailman, fml. Its copies of a customer's mail are that mail."""
_UNSUBSCRIBE = re.compile(r"(?:https?://|@)([^\s/?>&,:]+)", re.IGNORECASE)
_LISTS = ("googlegroups.com", "groups.google.com", "google.com")


def kind_of(headers: Mapping[str, Sequence[str]], subject: str, sender: str) -> MailKind:
    """The kind of a mail with these headers (names in lower case), decoded subject and sender's address."""
    content, params = parameters(_first(headers, "content-type")[:2_000])
    report = params.get("report-type", "").lower() if content == "multipart/report" else ""
    null_path = any(value.strip() in {"<>", ""} for value in headers.get("return-path", ())[:1])
    daemon = bool(_DAEMON.match(sender))
    if report == "delivery-status" or content == "message/delivery-status" or "x-failed-recipients" in headers:
        return MailKind.BOUNCE
    if (daemon or null_path) and _BOUNCE_SUBJECT.match(subject):
        return MailKind.BOUNCE
    if daemon and (null_path or content == "multipart/report"):
        return MailKind.BOUNCE
    if report == "disposition-notification" or _is_auto(headers, subject, null_path=null_path):
        return MailKind.AUTO_REPLY
    return MailKind.BULK if _is_bulk(headers) else MailKind.ORDINARY


def _is_auto(headers: Mapping[str, Sequence[str]], subject: str, *, null_path: bool) -> bool:
    submitted = _word(headers, "auto-submitted")
    if submitted and submitted != "no":
        return True
    if any(
        _word(headers, name) not in {"", "no", "false", "0"}
        for name in ("x-autoreply", "x-autorespond", "x-autoresponder")
    ):
        return True
    if _word(headers, "precedence") in {"auto_reply", "auto-reply"} or _word(headers, "x-precedence") in {
        "auto_reply",
        "auto-reply",
    }:
        return True
    if _AUTO_SUBJECT.match(subject):
        return True
    # X-Auto-Response-Suppress asks us not to answer by machine: many a person's client and every shop sets it. Alone it says nothing.
    hinted = (
        null_path
        or "x-auto-response-suppress" in headers
        or "x-ms-exchange-inbox-rules-loop" in headers
        or _word(headers, "precedence") in {"bulk", "junk"}
    )
    return hinted and bool(_MAYBE_AUTO_SUBJECT.search(subject))


def _is_bulk(headers: Mapping[str, Sequence[str]]) -> bool:
    unsubscribe = " ".join(headers.get("list-unsubscribe", ()))[:4_000]
    if any(name in headers for name in _GROUP_SIGNS):
        # The group adds its own way out. One that leads elsewhere came with the mail: a newsletter sent to the group.
        own = {*_LISTS, *_list_domains(headers)}
        ways = [found.lower().rstrip(".") for found in _UNSUBSCRIBE.findall(unsubscribe)]
        return any(not any(way == known or way.endswith(f".{known}") for known in own) for way in ways)
    return bool(unsubscribe.strip()) or _word(headers, "precedence") in {"bulk", "junk"}


def _list_domains(headers: Mapping[str, Sequence[str]]) -> set[str]:
    """The list's own domains: of its address, and of its id, whose first label names the list."""
    found = {domain.lower() for domain in _UNSUBSCRIBE.findall(" ".join(headers.get("list-post", ()))[:2_000])}
    for value in headers.get("list-id", ())[:1]:
        name = value[:1_000].rpartition("<")[2].partition(">")[0].strip().lower()
        found |= {name, name.partition(".")[2]}
    for value in headers.get("mailing-list", ())[:1]:
        found.add(value[:1_000].partition("@")[2].partition(";")[0].strip().lower())
    return {domain for domain in found if domain}


def _first(headers: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(headers.get(name, ())), "")


def _word(headers: Mapping[str, Sequence[str]], name: str) -> str:
    """The first word of a header in lower case, without comments and parameters."""
    value = _first(headers, name)[:200].partition("(")[0].partition(";")[0].strip().lower()
    return value.split()[0] if value else ""
