"""msgspec's shapes are learnt while modules are imported, when there is one thread (docs/adr/0023)."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LEARNING = frozenset({"json.decode", "msgpack.decode", "convert"})
"""What learns a shape when it is first called with one."""


def learns_late(source: str) -> Iterator[int]:
    """Give the lines of functions in which msgspec is asked for a shape that it may not know yet."""
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and _learns(node, in_init=getattr(function, "name", "") == "__init__"):
                    yield node.lineno


def _learns(call: ast.Call, *, in_init: bool) -> bool:
    _, _, name = ast.unparse(call.func).partition("msgspec.")
    if name in {"json.Decoder", "msgpack.Decoder"}:
        return not in_init
    return name in LEARNING and (name == "convert" or any(word.arg == "type" for word in call.keywords))


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("a = msgspec.json.Decoder(A).decode", []),
        ("a = msgspec.json.decode(b, type=A)", []),
        ("def f(b):\n    return msgspec.json.decode(b)", []),
        ("def f(b):\n    return msgspec.json.decode(b, type=A)", [2]),
        ("def f(b):\n    return msgspec.convert(b, A)", [2]),
        ("f = lambda b: msgspec.msgpack.decode(b, type=A)", [1]),
        ("async def f(b):\n    return msgspec.msgpack.Decoder(A).decode(b)", [2]),
        ("class C:\n    def __init__(self):\n        self.d = msgspec.json.Decoder(A)", []),
    ],
)
def test_what_learns_late_is_seen(source: str, lines: list[int]) -> None:
    assert list(learns_late(source)) == lines


def test_no_shape_is_learnt_while_requests_are_answered() -> None:
    late = [
        f"{file.relative_to(ROOT)}:{line}"
        for package in ("server", "cards")
        for file in sorted((ROOT / package).rglob("*.py"))
        if file.name != "prepared.py" and "node_modules" not in file.parts
        for line in learns_late(file.read_text())
    ]
    assert late == []


THREADS = """
import sys, threading
from msgspec import defstruct
from msgspec.json import Decoder
from server.domain.prepared import prepared
sys.setswitchinterval(1e-6)
for _ in range(40):
    part = defstruct("Part", [("a", int), ("b", str)])
    whole = defstruct("Whole", [("a", part), ("b", list[part]), ("c", dict[str, part])])
    convert, decode = prepared(whole), Decoder(whole).decode
    start = threading.Barrier(4)
    def go():
        start.wait()
        convert({"a": {"a": 1, "b": ""}, "b": [{"a": 1, "b": ""}], "c": {}})
        decode(b'{"a": {"a": 1, "b": ""}, "b": [{"a": 1, "b": ""}], "c": {}}')
    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""
"""With `msgspec.convert` and `msgspec.json.decode` in their place it ends by a signal within some of the rounds."""


def test_threads_may_use_a_prepared_shape_at_once() -> None:
    done = subprocess.run([sys.executable, "-c", THREADS], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
