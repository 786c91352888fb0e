"""The command `sobani`. A command imports what it needs when it runs, so that `--help` answers at once.

To add a command: a function with @main.command() in this file, whose work is done elsewhere.
"""

import os
import sys
from collections.abc import Callable
from typing import Final

import click

from server.settings import Settings, SettingsError, from_environment

# Done once the store answers, before the service is said to run: what an empty store gets from the playground.
# Each step looks for itself whether it has anything to do.
FIRST_START: Final[tuple[Callable[[Settings], None], ...]] = ()


class _Group(click.Group):
    """Turns what an administrator can mend into one line and a status: 2 for settings, 1 for the rest."""

    def invoke(self, ctx: click.Context) -> object:
        from server.store.embedded import EmbeddedError  # noqa: PLC0415 - --help needs none of it
        from server.supervisor import StartError  # noqa: PLC0415 - --help needs none of it

        try:
            return super().invoke(ctx)
        except SettingsError as error:
            click.echo(f"sobani: {error}", err=True)
            ctx.exit(2)
        except (EmbeddedError, StartError) as error:
            click.echo(f"sobani: {error}", err=True)
            ctx.exit(1)


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
    from server.doctor import WRONG, examine  # noqa: PLC0415 - see the module's docstring

    settings = from_environment(os.environ)
    findings = list(examine(settings, os.environ))
    for finding in findings:
        click.echo(f"{finding.mark:<7} {finding.about}: {finding.text}")
    sys.exit(1 if any(finding.mark == WRONG for finding in findings) else 0)


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
