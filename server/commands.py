"""What the commands beside `run` and `doctor` do: each works with the running service's store, or starts one for itself."""

from __future__ import annotations

import codecs
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Final

import click
import msgspec

from server.domain import customer_file
from server.domain.addresses import clean_email
from server.domain.finding import Span
from server.domain.mail import Address, Mail
from server.domain.workspace import Viewer, Workspace
from server.gateways.mail_files import MailFile, mails_in
from server.mail.charsets import decode
from server.mail.language import language_of
from server.mail.newtext import read_text
from server.mail.parse import parse
from server.replies import bench as reply_bench
from server.replies import embedding, mood_bench, starter
from server.replies.check import Draft
from server.replies.check import check as check_draft
from server.replies.shelf import Stock, packed_vectors
from server.screens import customers_page
from server.screens.findings import sentence_of_finding
from server.screens.times import Clock, zone
from server.screens.words import Voice, catalogue
from server.settings import Settings, secret_keys
from server.store.embedded import attach_or_start
from server.usecases import import_customers as customers
from server.usecases.apply import Applied
from server.usecases.apply import apply as apply_file
from server.usecases.checking import policy_of
from server.usecases.explain import Explanation, Party
from server.usecases.explain import explain as explain_mail
from server.usecases.import_mails import Report, import_mails
from server.web.playground.kintone import sample_connection
from server.wiring import Store, open_store, store_url

SAMPLES: Final = resources.files("server.web.playground")


class Checked(msgspec.Struct, frozen=True):
    """A finding as the command prints it."""

    rule: str
    severity: str
    place: Span
    quote: str
    replacement: str | None
    says: str


class Check(msgspec.Struct, frozen=True):
    """What the check says to a draft, most serious first."""

    findings: list[Checked]


class BroughtIn(msgspec.Struct, frozen=True):
    """What came of a file of customers: counts, columns that were left out, rows that were, each with its reason."""

    counts: str
    columns: list[str]
    wrong: list[str]


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
        applied = apply_file(store.directory, text, dry_run=dry_run)
        if not dry_run:
            store.answers.seed(applied.workspace, starter.load())
        return applied


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
    """Say what we make of a mail (.eml) or of a text, for the workspace if there is one. Raises CommandError, UnreadableMail."""
    mail = _mail_at(path)
    embedder = embedding.load()
    with store_of(settings) as store:
        known = store.directory.workspaces()
        where = the_workspace(store, workspace) if workspace or len(known) == 1 else None

        def stock(team: str) -> Stock:
            found = store.outbox.stock(where.id, team, embedder.model) if where else None
            if found and found.vectors:
                return found
            # Nothing has been read here yet: what a workspace starts with says as much.
            templates = {one.id: one for one in (found.templates.values() if found else ())} or {
                one.id: one for one in starter.load()
            }
            return Stock(embedder.model, templates, packed_vectors(templates.values(), embedder), {}, {})

        return explain_mail(mail, where, embedder, stock, int(time.time() * 1000))


_MAIL_HEADER: Final = re.compile(rb"(?:[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*)+\r?\n")
_MAIL_NAMES: Final = re.compile(rb"^(?:from|message-id|received|return-path):", re.IGNORECASE | re.MULTILINE)


def _mail_at(path: Path) -> Mail:
    """Return the mail in a file; a text that begins with no header of a mail is taken for what a customer wrote."""
    raw = _bytes_at(path)
    head = _MAIL_HEADER.match(raw[:65_536])
    if path.suffix == ".eml" or (head and _MAIL_NAMES.search(head[0])):
        return parse(raw)
    text = _text_of(raw)
    new = read_text(text, "").new
    return Mail("", (), 0, Address(""), text=new[:20_000], body=text[:20_000], language=language_of(new))


def _bytes_at(path: Path) -> bytes:
    """What the file holds; "-" is what comes in."""
    try:
        return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror or type(error).__name__}") from error


def _text_of(raw: bytes) -> str:
    """The text of a file that says nothing of its encoding: editors leave more than UTF-8."""
    wide = "utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else ""
    return decode(raw, wide).replace("\r\n", "\n")


def check(settings: Settings, path: Path, subject: str, language: str, workspace: str) -> Check:
    """Check a draft in a file, by the workspace's own words if there is one. Raises CommandError, RecordsUnavailable."""
    body = _text_of(_bytes_at(path))
    with store_of(settings) as store:
        known = store.directory.workspaces()
        where = the_workspace(store, workspace) if workspace or len(known) == 1 else Workspace("", "")
    now = int(time.time() * 1000)
    draft = Draft(
        body=body,
        subject=subject,
        language=language or language_of(body),
        our_company=where.name,
        has_attachment=False,
        now=now,
        zone=where.time_zone,
    )
    spoken = "en" if draft.language == "en" else "ja"
    voice = Voice(spoken, where, "", "", Clock(now, zone("", where.time_zone), catalogue(spoken).dates))
    findings = [
        Checked(
            rule=one.rule,
            severity=one.severity.value,
            place=one.place,
            quote=one.quote,
            replacement=one.replacement,
            says=sentence_of_finding(voice, one),
        )
        for one in check_draft(draft, policy_of(Viewer(where, None)))
    ]
    return Check(findings)


def bench_replies(
    files: Mapping[str, Path | None], shots: int | None, seed: int, predictions: Path | None
) -> list[str]:
    """Measure the ranking of answers. Raises CommandError."""
    data = {name: _bytes_at(path) for name, path in files.items() if path}
    try:
        lines, guesses = reply_bench.main_lines(data, shots, seed, embedding.load())
    except reply_bench.BadFile as error:
        raise CommandError(str(error)) from error
    _write(predictions, guesses)
    return lines


def bench_mood(test: Path, predictions: Path | None) -> list[str]:
    """Measure the reading of moods. Raises CommandError."""
    try:
        lines, scores = mood_bench.main_lines(_bytes_at(test), embedding.load())
    except reply_bench.BadFile as error:
        raise CommandError(str(error)) from error
    _write(predictions, scores)
    return lines


def import_customers(
    settings: Settings, path: Path, columns: Mapping[str, str], workspace: str, *, dry_run: bool
) -> BroughtIn:
    """Bring in a file of customers. Raises CommandError, RecordsUnavailable."""
    data = _bytes_at(path)
    with store_of(settings) as store:
        where = the_workspace(store, workspace)
        voice = Voice("en", where, "", "", Clock(0, zone(where.time_zone), catalogue("en").dates))
        try:
            table = customer_file.read(data)
        except customer_file.BadFile as error:
            raise CommandError(f"{path}: {customers_page.file_problem(voice, error.why)}") from error
        if unknown := [name for name in columns if name not in table.header]:
            raise CommandError(f"{path} has no column {', '.join(unknown)}")
        known = {*customer_file.COLUMNS, "more", ""}
        if unknown := [field for field in columns.values() if field not in known]:
            raise CommandError(f"there is no field {', '.join(unknown)}")
        guessed = zip(table.header, customer_file.guess(table.header), strict=True)
        mapping = tuple(columns.get(name, field) for name, field in guessed)
        if twice := customer_file.mapped_twice(mapping):
            raise CommandError(customers_page.twice_words(voice, twice))
        if not {"id", "addresses"} & {*mapping}:
            raise CommandError(customers_page.unknown_words(voice))
        made = customers.plan(store.own, where, table, mapping, zone(where.time_zone))
        if not dry_run:
            made, is_written = customers.carry_out(store.own, where, table, mapping, zone(where.time_zone), made.mark)
            if not is_written:
                raise CommandError(customers_page.said_of(voice, "meanwhile"))
        said = "would be " if dry_run else ""
        return BroughtIn(
            f"{made.new} {said}new, {made.changed} {said}changed, {made.same} unchanged, {len(made.wrong)} left out",
            [name for name, field in zip(table.header, mapping, strict=True) if not field],
            [f"{line.text} {line.quote}".rstrip() for line in customers_page.wrong_of(voice, made.wrong)],
        )


def export_customers(settings: Settings, workspace: str, write: Callable[[bytes], object]) -> None:
    """Write all customers as a file that `import_customers` reads. Raises CommandError, RecordsUnavailable."""
    with store_of(settings) as store:
        for lines in customers.export(store.own, the_workspace(store, workspace).id):
            write(lines)


def _write(path: Path | None, text: str) -> None:
    try:
        if path:
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {type(error).__name__}") from error


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
            own = store.own.forget(where.id, email)
            went = store.conversations.forget(where, email)
            yield (
                f"{where.id}: {went.conversations} conversations and {went.mails} mails removed, {went.notes} notes with them; "
                f"{went.shortened} conversations with others shortened; {went.customers + own} customer records removed"
            )


def first_start(settings: Settings) -> None:
    """Fill an empty store with the sample workspace and mailbox (the playground's)."""
    with store_of(settings) as store:
        if store.directory.workspaces():
            return
        applied = apply_file(store.directory, (SAMPLES / "workspace.toml").read_text(encoding="utf-8"))
        store.answers.seed(applied.workspace, starter.load())
        store.connections.save(applied.workspace.id, *sample_connection(settings.public_url))
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
        *(
            f"{feeling:<13}{sign.score:.2f}{' (marked)' if sign.marked else ''}"
            + (f' by "{sign.sentence}"' if sign.sentence else "")
            for feeling, sign in say.mood.items()
        ),
        *(f"wanted by   {one.at} ({one.text})" for one in say.deadlines),
        f"asks about  {say.category or 'nothing we know by name'}",
        *(f"gives       {kind}: {value}" for kind, value in say.present.items()),
        *((f"lacks       {', '.join(say.missing)}",) if say.missing else ()),
        *(
            f"suggestion  {one.title} ({one.kind}, {one.score:.2f}): {'; '.join(one.reasons)}"
            for one in say.suggestions
        ),
        "",
        say.new_text,
    ]
    return "\n".join(lines)


def _shown(party: Party) -> str:
    return f"{party.name} <{party.email}>" if party.name else party.email
