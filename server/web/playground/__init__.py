"""Two simulated mail clients over a sample mailbox, for a first look, for designers and for tests.

The playground plays Google's and Microsoft's part: it signs tokens, sends the documented events over HTTP and serves the
calls the service makes in return. The service cannot tell the difference, so whatever works here ran through the code that
runs in production. It lets anybody be anybody: the settings refuse it with an address that others can reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from flask import Blueprint

from server.web.playground.blueprint import Config, create_blueprint

__all__ = ["Config", "create_blueprint", "playground_blueprint"]


class Project(Protocol):
    """A Google Cloud project that the service believes."""

    @property
    def service_account_email(self) -> str: ...
    @property
    def client_id(self) -> str: ...


class ServiceSettings(Protocol):
    """What the playground reads of the service's settings."""

    @property
    def public_url(self) -> str: ...
    @property
    def data(self) -> Path: ...
    @property
    def google_projects(self) -> Sequence[Project]: ...
    @property
    def entra_url(self) -> str: ...
    @property
    def entra_client_id(self) -> str: ...


def playground_blueprint(settings: ServiceSettings) -> Blueprint:
    """The playground of a service with these settings."""
    project = settings.google_projects[0]
    return create_blueprint(
        Config(
            public_url=settings.public_url,
            google_service_account=project.service_account_email,
            google_client_id=project.client_id,
            entra_url=settings.entra_url,
            entra_client_id=settings.entra_client_id,
            key_file=settings.data / "playground-key.pem",
        )
    )
