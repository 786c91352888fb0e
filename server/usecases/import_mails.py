"""Past mails become conversations and customers; running it again changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import msgspec

from server.domain.mail import Mail, MailKind
from server.domain.placing import Placing, placing_of
from server.domain.ports import Conversations, Imported
from server.domain.workspace import Workspace
from server.mail.parse import UnreadableMail, parse


class Source(Protocol):
    """A mail that lies somewhere."""

    @property
    def name(self) -> str:
        """What to call it to the administrator."""

    def read(self) -> bytes:
        """Raises OSError, KeyError."""


class Report(msgspec.Struct):
    """What an import came to."""

    imported: Imported = Imported()
    automatic: int = 0
    skipped: list[str] = []


def import_mails(
    conversations: Conversations,
    workspace: Workspace,
    sources: Iterable[Source],
    seen: Callable[[], None] = lambda: None,
) -> Report:
    """Read every source and write it down; what cannot be read is named in the report and skipped. `seen` is called for each."""
    report = Report()

    def placings() -> Iterator[Placing]:
        for source in sources:
            mail = _read(source, report)
            if mail is not None:
                report.automatic += mail.kind in {MailKind.AUTO_REPLY, MailKind.BOUNCE}
                yield placing_of(mail, workspace)
            seen()

    report.imported = conversations.ingest(workspace, placings())
    return report


def _read(source: Source, report: Report) -> Mail | None:
    try:
        return parse(source.read())
    except (OSError, KeyError) as error:
        report.skipped.append(f"{source.name}: cannot be read ({type(error).__name__})")
    except UnreadableMail as error:
        report.skipped.append(f"{source.name}: {error}")
    return None
