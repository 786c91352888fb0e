"""The page's templates and files, read once when the service starts."""

from __future__ import annotations

from importlib import resources
from typing import Final
from urllib.parse import quote

import jinja2

from server.screens.template_page import labels_of
from server.web.queue.pages import Pages as QueuePages
from server.web.queue.pages import read_file

_HTML: Final = resources.files("server.web.templates").joinpath("html")
_STATIC: Final = resources.files("server.web.templates").joinpath("static")
_FILES: Final = ("templates.css", "templates.js")

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class Pages:
    """Draws the pages. `root` is the path that all addresses of the service begin with."""

    def __init__(self, root: str) -> None:
        base = f"{root}/templates"
        self.files = {name: read_file(_STATIC, name) for name in _FILES}
        self.door = QueuePages(root)
        # Autoescape, since templates, subjects and names are other people's words.
        self._environment = jinja2.Environment(
            loader=jinja2.FunctionLoader(lambda name: _HTML.joinpath(name).read_text("utf-8")),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["base"] = base
        self._environment.globals["queue"] = f"{root}/queue"
        self._environment.globals["icon"] = f"{root}/manifests/icons/icon-32.png"
        self._environment.globals["file"] = {
            name: f"{base}/assets/{name}?v={file.version}" for name, file in self.files.items()
        } | {"colours.css": f"{root}/queue/assets/colours.css?v={self.door.files['colours.css'].version}"}
        # Jinja's own filter leaves a slash as it is.
        self._environment.filters["part"] = lambda text: quote(str(text), safe="")

    def draw(self, name: str, language: str, /, **values: object) -> str:
        """Return one page, or a part of one."""
        return self._environment.get_template(f"{name}.html").render(w=labels_of(language), language=language, **values)
