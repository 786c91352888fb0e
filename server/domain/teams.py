"""Which teams a mail belongs to: the ones whose shared addresses wrote or received it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from server.domain.mail import Mail


def owning_teams(mail: Mail, ours_by_address: Mapping[str, str]) -> tuple[str, ...]:
    """Team ids in order, the owner first, from a map of shared address (lower case) to team id; empty for a mail of no team.

    A shared address in From or Sender owns what it wrote. On a copy that a group rewrote, From is the group's own
    address and not the writer's: there the recipients decide, as on every other copy of the same mail.
    """
    written = [mail.sender.email]
    if mail.on_behalf_of:
        written.append(mail.on_behalf_of.email)
    received = [*(address.email for address in (*mail.to, *mail.cc)), *mail.delivered_to]
    order = [*received, *written] if _rewritten(mail, ours_by_address) else [*written, *received]
    return tuple(dict.fromkeys(_teams(order, ours_by_address)))


def _teams(emails: list[str], ours_by_address: Mapping[str, str]) -> Iterator[str]:
    for email in emails:
        if team := ours_by_address.get(email):
            yield team


def _rewritten(mail: Mail, ours_by_address: Mapping[str, str]) -> bool:
    """Whether the mail came from somebody outside, through a shared address that put itself into From."""
    domains = {address.rpartition("@")[2] for address in ours_by_address}
    behind = [*((mail.original_from,) if mail.original_from else ()), *mail.reply_to]
    return any(address.email and address.domain not in domains for address in behind)
