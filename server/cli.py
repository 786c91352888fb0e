"""The command `sobani`. A command imports what it needs when it runs, so that `--help` answers at once.

To add a command: a function with @main.command() in this file, whose work is done elsewhere.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

import click

from server.settings import Settings, SettingsError, from_environment


def _sample(settings: Settings) -> None:
    from server.store.connect import connect  # noqa: PLC0415 - see the module's docstring
    from server.store.directory import RedisDirectory  # noqa: PLC0415 - see the module's docstring
    from server.store.embedded import address  # noqa: PLC0415 - see the module's docstring
    from server.store.library import Library  # noqa: PLC0415 - see the module's docstring

    # Every start asks this, and nearly always it is all there is to do: the rest is loaded only when it is needed.
    library = Library(connect(settings.redis_url or address(settings.data), threads=1))
    if RedisDirectory(library, time.monotonic).workspaces():
        return
    from server.commands import first_start as fill  # noqa: PLC0415 - see above

    fill(settings)


# Done once the store answers, before the service is said to run: what an empty store gets from the playground.
# Each step looks for itself whether it has anything to do.
FIRST_START: Final[tuple[Callable[[Settings], None], ...]] = (_sample,)


class _Group(click.Group):
    """Turns what an administrator can mend into one line and a status: 2 for settings, 1 for the rest."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise  # click's own ways to end
        except Exception as error:
            lines = _for_the_administrator(error)
            if not lines:
                raise
            for line in lines:
                click.echo(f"sobani: {line}", err=True)
            ctx.exit(2 if isinstance(error, SettingsError) else 1)


def _for_the_administrator(error: Exception) -> tuple[str, ...]:
    """Return what to tell about an error that an administrator can mend; nothing for a mistake of ours.

    The kinds are imported here: `run` and its parts need only some of them, and each start would pay for all.
    """
    from addon_manifests.build import ManifestError  # noqa: PLC0415 - see above
    from server.commands import CommandError  # noqa: PLC0415 - see above
    from server.domain.errors import RecordsUnavailable  # noqa: PLC0415 - see above
    from server.domain.workspace_file import WorkspaceFileError  # noqa: PLC0415 - see above
    from server.mail.parse import UnreadableMail  # noqa: PLC0415 - see above
    from server.store.embedded import EmbeddedError  # noqa: PLC0415 - see above
    from server.supervisor import StartError  # noqa: PLC0415 - see above

    if isinstance(error, WorkspaceFileError):
        return tuple(str(problem) for problem in error.problems)
    if isinstance(error, RecordsUnavailable):
        return (f"the store cannot be reached ({error})",)
    if isinstance(error, SettingsError | CommandError | EmbeddedError | ManifestError | StartError | UnreadableMail):
        return (str(error),)
    return ()


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sobani", message="%(prog)s %(version)s")
def main() -> None:
    """Sobani: the desk beside the open mail, for Gmail and for Outlook.

    Settings come from the environment; docs/administration.md lists them.
    """


@main.command()
def run() -> None:
    """Run the service until Ctrl-C."""
    from server import supervisor  # noqa: PLC0415 - see the module's docstring

    settings = from_environment(os.environ)
    supervisor.configure_logs(settings)
    # Alone on its line and without colour: scripts read it.
    supervisor.run(settings, say=lambda address: click.echo(address, color=False))


@main.command()
def doctor() -> None:
    """Say what is configured, reachable and wrong."""
    from server import telemetry  # noqa: PLC0415 - see the module's docstring
    from server.doctor import WRONG, examine  # noqa: PLC0415 - see the module's docstring

    settings = from_environment(os.environ)
    telemetry.configure("error")  # each call to a CRM has a line in the log, which nobody wants to read here
    findings = list(examine(settings, os.environ))
    for finding in findings:
        click.echo(f"{finding.mark:<7} {finding.about}: {finding.text}")
    sys.exit(1 if any(finding.mark == WRONG for finding in findings) else 0)


@main.command()
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.argument("file", type=click.Path(path_type=Path))
def apply(file: Path, *, dry_run: bool) -> None:
    """Apply a workspace FILE, as often as you like."""
    from server import commands  # noqa: PLC0415 - see the module's docstring

    applied = commands.apply(from_environment(os.environ), file, dry_run=dry_run)
    for line in applied.changes:
        click.echo(line)
    said = "would change" if dry_run else "changed"
    click.echo(
        f"{applied.workspace.id}: {len(applied.changes)} things {said}"
        if applied.changes
        else f"{applied.workspace.id}: nothing to change"
    )


@main.command("import")
@click.option("--workspace", default="", help="Workspace id; needed when there are several.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
def import_(paths: tuple[Path, ...], workspace: str) -> None:
    """Import past mails: .eml files, folders of them, Maildir, mbox."""
    from server import commands  # noqa: PLC0415 - see the module's docstring

    report = commands.import_paths(from_environment(os.environ), paths, workspace)
    for line in report.skipped:
        click.echo(f"skipped {line}", err=True)
    got = report.imported
    click.echo(
        f"{got.new} new, {got.known} known, {got.elsewhere} not the team's, "
        f"{report.automatic} of them automatic, {len(report.skipped)} skipped"
    )


@main.group()
def customers() -> None:
    """Bring the workspace's own customers in and out, as CSV files."""


@customers.command("import")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option(
    "--map", "columns", multiple=True, metavar="COLUMN=FIELD", help="What a column is; told by its name else."
)
@click.option("--workspace", default="", help="Workspace id; needed when there are several.")
@click.argument("file", type=click.Path(path_type=Path))
def import_customers(file: Path, columns: tuple[str, ...], workspace: str, *, dry_run: bool) -> None:
    """Bring in a FILE of customers; the status is 1 when a row was left out."""
    from server import commands  # noqa: PLC0415 - see the module's docstring

    chosen = {name: field for name, _, field in (one.rpartition("=") for one in columns)}
    brought = commands.import_customers(from_environment(os.environ), file, chosen, workspace, dry_run=dry_run)
    for name in brought.columns:
        click.echo(f"left out: column {name}", err=True)
    for line in brought.wrong:
        click.echo(f"left out: {line}", err=True)
    click.echo(brought.counts)
    sys.exit(1 if brought.wrong else 0)


@customers.command("export")
@click.option("--workspace", default="", help="Workspace id; needed when there are several.")
@click.option("--output", type=click.File("wb"), default="-", help="File to write, instead of the screen.")
def export_customers(output: BinaryIO, workspace: str) -> None:
    """Write all customers, in the form that `import` reads."""
    from server import commands  # noqa: PLC0415 - see the module's docstring

    commands.export_customers(from_environment(os.environ), workspace, output.write)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--workspace", default="", help="Workspace id; the only one when there is one.")
@click.argument("file", type=click.Path(path_type=Path))
def explain(file: Path, workspace: str, *, as_json: bool) -> None:
    """Say what Sobani makes of a FILE: a mail (.eml), or the text of one; - is what comes in."""
    from server import commands  # noqa: PLC0415 - see the module's docstring

    explanation = commands.explain(from_environment(os.environ), file, workspace)
    click.echo(commands.as_json(explanation) if as_json else commands.as_text(explanation))


@main.command()
@click.option("--subject", required=True, help="The subject of the draft.")
@click.option(
    "--language", type=click.Choice(["ja", "en"]), default=None, help="What it is written in; told from it else."
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--workspace", default="", help="Whose words are checked; the only one when there is one.")
@click.argument("file", type=click.Path(path_type=Path))
def check(file: Path, subject: str, language: str | None, workspace: str, *, as_json: bool) -> None:
    """Check the draft of a reply in FILE (- is what comes in); the status is 1 when something in it must not go out."""
    from server import commands  # noqa: PLC0415 - see the module's docstring

    checked = commands.check(from_environment(os.environ), file, subject, language or "", workspace)
    if as_json:
        click.echo(commands.as_json(checked))
    else:
        for one in checked.findings:
            instead = f" -> {one.replacement}" if one.replacement is not None else ""
            click.echo(f"{one.severity}: {one.says} [{one.rule}] {one.quote}{instead}")
    sys.exit(1 if any(one.severity == "error" for one in checked.findings) else 0)


@main.command("bench-replies")
@click.option("--test", required=True, type=click.Path(path_type=Path), help="Mails to rank for: CSV with text,label.")
@click.option("--train", type=click.Path(path_type=Path), help="Mails that were answered before: CSV with text,label.")
@click.option("--shots", type=click.IntRange(1), help="So many of them a label; all when it is left out.")
@click.option("--templates", type=click.Path(path_type=Path), help="The templates' texts: CSV with label,body.")
@click.option("--seed", default=0, help="Which of the answered mails are drawn.")
@click.option(
    "--predictions", type=click.Path(path_type=Path), help="Where to write the first three guesses for each mail."
)
def bench_replies(
    test: Path, train: Path | None, shots: int | None, templates: Path | None, seed: int, predictions: Path | None
) -> None:
    """Measure how well answers are ranked for anybody's mails; a JSON line a figure. The label `oos` is out of scope."""
    from server import commands  # noqa: PLC0415 - see the module's docstring

    files = {"test": test, "train": train, "templates": templates}
    for line in commands.bench_replies(files, shots, seed, predictions):
        click.echo(line)


@main.command("bench-mood")
@click.option(
    "--test", required=True, type=click.Path(path_type=Path), help="CSV with text and dissatisfied, urgent, churn."
)
@click.option("--predictions", type=click.Path(path_type=Path), help="Where to write the scores of each mail.")
def bench_mood(test: Path, predictions: Path | None) -> None:
    """Measure how well the upset, the urgent and those about to leave are told; a JSON line a figure."""
    from server import commands  # noqa: PLC0415 - see the module's docstring

    for line in commands.bench_mood(test, predictions):
        click.echo(line)


@main.command()
@click.option("--workspace", default="", help="Only in this workspace.")
@click.argument("address")
def forget(address: str, workspace: str) -> None:
    """Remove a customer's ADDRESS everywhere, and say what went."""
    from server import commands  # noqa: PLC0415 - see the module's docstring

    for line in commands.forget(from_environment(os.environ), address, workspace):
        click.echo(line)


@main.command()
@click.option("--url", default="", help="Where the hosts reach the service; SOBANI_PUBLIC_URL when it is left out.")
@click.option("--client-id", default="", help="Client id of the Entra app registration; SOBANI_ENTRA_CLIENT_ID else.")
@click.option("--output", type=click.File("wb"), default="-", help="File to write, instead of the screen.")
@click.argument("host", type=click.Choice(["gmail", "outlook", "outlook-json"]))
def manifest(host: str, url: str, client_id: str, output: BinaryIO) -> None:
    """Write the manifest that installs the add-on in HOST."""
    from importlib.metadata import version  # noqa: PLC0415 - see the module's docstring

    from addon_manifests import build  # noqa: PLC0415 - see the module's docstring

    # What is given needs no settings: a manifest can be made on any machine.
    url = url or from_environment(os.environ).public_url
    if host == "gmail":
        body = build.gmail(url)
    else:
        client_id = client_id or from_environment(os.environ).entra_client_id
        make = build.outlook_xml if host == "outlook" else build.outlook_json
        body = make(url, client_id, version("sobani"))
    output.write(body)


@main.command("_web", hidden=True)
@click.option("--application", required=True)
@click.option("--parent", type=int, required=True)
def web(parent: int, application: str) -> None:
    """Be the web part of `sobani run`."""
    from server import supervisor  # noqa: PLC0415 - see the module's docstring

    settings = from_environment(os.environ)
    supervisor.configure_logs(settings)
    supervisor.serve(settings, parent, application)


@main.command("_worker", hidden=True)
@click.option("--parent", type=int, required=True)
def worker(parent: int) -> None:
    """Be the worker part of `sobani run`."""
    from server import supervisor  # noqa: PLC0415 - see the module's docstring

    supervisor.configure_logs(from_environment(os.environ))
    supervisor.work(parent)


@main.command("_first-start", hidden=True)
def first_start() -> None:
    """Fill an empty store with the sample workspace and mailbox."""
    settings = from_environment(os.environ)
    for step in FIRST_START:
        step(settings)
