"""Templates in Redis, and what a copy holds in memory of them: one matrix per team, read again when its numbers have moved."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, cast

import msgspec

from server.domain.errors import RecordsUnavailable
from server.domain.reading import Reading
from server.domain.template import Revision, Statistics, Template
from server.domain.workspace import Viewer, Workspace
from server.store.connect import FAILURES
from server.store.keys import prefix, sequence
from server.store.library import Library
from server.store.outbox import vectors_of

SHELVES: Final = 64
"""Teams whose matrices a copy holds: 1,000 templates are 2 MB."""

_template = msgspec.msgpack.Decoder(Template).decode
_revision = msgspec.msgpack.Decoder(Revision).decode
