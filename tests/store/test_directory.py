"""Who an account is, while others sign in at the same moment and other copies of the service look on."""

from collections.abc import Callable, Mapping
from typing import Any

from server.commands import SAMPLES
from server.domain.events import Identity
from server.domain.workspace import Viewer
from server.store.connect import connect
from server.store.directory import RedisDirectory
from server.store.library import Library
from server.usecases.apply import apply


class Interrupted(Library):
    """Lets something happen between a copy's look at the directory and its next script."""

    meanwhile: Callable[[], object] | None = None

    def call(self, function: str, key: str, request: Mapping[str, object], *blobs: bytes) -> Any:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            meanwhile()
        return super().call(function, key, request, *blobs)


def newcomer(number: int) -> Identity:
    return Identity(
        "google", "aoba.example", f"10000000000000000000{number}", f"new-{number}@aoba.example", f"新人 {number}"
    )


def directory_at(url: str) -> tuple[RedisDirectory, Interrupted]:
    library = Interrupted(connect(url))
    directory = RedisDirectory(library, lambda: 0.0)
    apply(directory, (SAMPLES / "workspace.toml").read_text(encoding="utf-8"))
    return directory, library


def test_two_newcomers_who_sign_in_at_the_same_moment_are_both_let_in(redis_url: str) -> None:
    """One is bound and read between the other's look and binding: what was read then does not show the other yet."""
    directory, library = directory_at(redis_url)
    directory.viewer(newcomer(0))
    library.meanwhile = lambda: directory.viewer(newcomer(1))
    viewer = directory.viewer(newcomer(2))
    assert isinstance(viewer, Viewer)
    assert viewer.person is not None
    assert viewer.person.name == "新人 2"


def test_a_copy_that_has_noticed_a_newer_directory_names_who_signed_in_elsewhere(redis_url: str) -> None:
    here, _ = directory_at(redis_url)
    before = here.viewer(newcomer(1))
    assert isinstance(before, Viewer)
    elsewhere = RedisDirectory(Library(connect(redis_url)), lambda: 0.0)
    other = elsewhere.viewer(newcomer(2))
    assert isinstance(other, Viewer)
    assert other.id not in before.workspace.person_by_id
    here.notice(before.workspace, other.workspace.version)
    after = here.viewer(newcomer(1))
    assert isinstance(after, Viewer)
    assert after.workspace.person_by_id[other.id].name == "新人 2"
