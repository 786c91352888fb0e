"""What the commands beside `run` and `doctor` do: each works with the running service's store, or starts one for itself."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Final

import click
import msgspec

from server.domain.addresses import clean_email
from server.domain.workspace import Workspace
from server.gateways.mail_files import MailFile, mails_in
from server.mail.parse import parse
from server.settings import Settings, secret_keys
from server.store.embedded import attach_or_start
from server.usecases.apply import Applied
from server.usecases.apply import apply as apply_file
from server.usecases.explain import Explanation, Party
from server.usecases.explain import explain as explain_mail
from server.usecases.import_mails import Report, import_mails
from server.wiring import Store, open_store, store_url

SAMPLES: Final = resources.files("server.web.playground")


class CommandError(Exception):
    """What the administrator can mend, in one line."""


@contextmanager
def store_of(settings: Settings) -> Iterator[Store]:
    """Give the store: the configured one, the one of the service that runs here, or one of our own for the while."""
    if settings.redis_url is not None:
        yield open_store(settings.redis_url, secret_keys(settings))
        return
    with attach_or_start(settings.data):
        yield open_store(store_url(settings), secret_keys(settings))


def the_workspace(store: Store, wanted: str) -> Workspace:
    """Return the workspace of this id, or the only one there is. Raises CommandError."""
    ids = store.directory.workspaces()
    if not wanted and len(ids) != 1:
        raise CommandError(
            f"--workspace is needed: there are {', '.join(ids)}" if ids else "there is no workspace yet: apply a file"
        )
    workspace = store.directory.workspace(wanted or ids[0])
    if workspace is None:
        raise CommandError(f"there is no workspace {wanted}")
    return workspace


def apply(settings: Settings, path: Path, *, dry_run: bool) -> Applied:
    """Apply a workspace file. Raises WorkspaceFileError, RecordsUnavailable, CommandError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {type(error).__name__}") from error
    with store_of(settings) as store:
        return apply_file(store.directory, text, dry_run=dry_run)


def import_paths(settings: Settings, paths: Sequence[Path], workspace: str) -> Report:
    """Import what lies at the paths, with a progress bar where somebody watches. Raises CommandError, RecordsUnavailable."""
    with store_of(settings) as store:
        into = the_workspace(store, workspace)
        files: list[MailFile] = []
        skipped: list[str] = []
        for path in paths:
            try:
                files += mails_in(path)
            except OSError as error:
                skipped.append(f"{path}: cannot be read ({type(error).__name__})")
        with click.progressbar(length=len(files), label="import", file=sys.stderr) as bar:
            report = import_mails(store.conversations, into, files, partial(bar.update, 1))
        report.skipped = skipped + report.skipped
        return report


def explain(settings: Settings, path: Path, workspace: str) -> Explanation:
    """Say what we make of a mail, for the workspace if there is one. Raises CommandError, UnreadableMail."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {type(error).__name__}") from error
    mail = parse(raw)
    with store_of(settings) as store:
        known = store.directory.workspaces()
        return explain_mail(mail, the_workspace(store, workspace) if workspace or len(known) == 1 else None)


def forget(settings: Settings, address: str, workspace: str) -> Iterable[str]:
    """Forget an address in one workspace or in all; a line for each. Raises CommandError, RecordsUnavailable."""
    email = clean_email(address)
    if "@" not in email:
        raise CommandError(f"{address!r} is no e-mail address")
    with store_of(settings) as store:
        chosen = [workspace] if workspace else list(store.directory.workspaces())
        for workspace_id in chosen:
            where = the_workspace(store, workspace_id)
            if email in where.ours.addresses:
                raise CommandError(
                    f"{email} is a colleague's or shared address of {where.id}: take it out of the workspace file"
                )
            went = store.conversations.forget(where, email)
            yield (
                f"{where.id}: {went.conversations} conversations and {went.mails} mails removed, {went.notes} notes with them; "
                f"{went.shortened} conversations with others shortened; {went.customers} customer records removed"
            )


def first_start(settings: Settings) -> None:
    """Fill an empty store with the sample workspace and mailbox (the playground's)."""
    with store_of(settings) as store:
        if store.directory.workspaces():
            return
        apply_file(store.directory, (SAMPLES / "workspace.toml").read_text(encoding="utf-8"))
        with resources.as_file(SAMPLES / "mailbox" / "shared") as folder:
            import_mails(store.conversations, the_workspace(store, ""), list(mails_in(folder)))


def as_json(value: msgspec.Struct) -> str:
    """Return the value as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def as_text(explanation: Explanation) -> str:
    """Return the explanation as lines for a terminal."""
    say, addresses, ids = explanation, explanation.addresses, explanation.ids
    found = f"{say.customer.name} <{say.customer.email}>" if say.customer else "nobody outside"
    lines = [
        f"subject     {say.subject}",
        f"from        {_shown(addresses.sender)}",
        *(f"to          {_shown(one)}" for one in addresses.to),
        *(f"cc          {_shown(one)}" for one in addresses.cc),
        f"customer    {found}"
        + (f" of {say.customer.company_domain}" if say.customer and say.customer.company_domain else ""),
        f"team        {', '.join(say.teams) or 'none'}",
        f"kind        {say.kind}, {say.direction or 'direction unknown without a workspace'}, {say.language or 'language unsure'}",
        f"message id  {ids.message_id}"
        + (" (our fingerprint: the mail has no usable Message-ID)" if ids.fingerprinted else ""),
        *(f"refers to   {one}" for one in ids.references),
        "",
        say.new_text,
    ]
    return "\n".join(lines)


def _shown(party: Party) -> str:
    return f"{party.name} <{party.email}>" if party.name else party.email
