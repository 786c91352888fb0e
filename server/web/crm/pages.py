"""The page's templates and files, read once when the service starts."""

from __future__ import annotations

from importlib import resources
from typing import Final
from urllib.parse import quote

import jinja2

from server.screens.crm_page import labels_of
from server.web.queue.pages import Pages as QueuePages
from server.web.queue.pages import read_file

_HTML: Final = resources.files("server.web.crm").joinpath("html")
_STATIC: Final = resources.files("server.web.crm").joinpath("static")
_TEMPLATES: Final = resources.files("server.web.templates").joinpath("static")

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""The only script is the closed door's, which asks once more for a page that a link on another site led to."""


class Pages:
    """Draws the pages. `root` is the path that all addresses of the service begin with."""

    def __init__(self, root: str) -> None:
        base = f"{root}/crm"
        # Fields, buttons, lists: as on the templates' pages.
        self.files = {
            "templates.css": read_file(_TEMPLATES, "templates.css"),
            "crm.css": read_file(_STATIC, "crm.css"),
        }
        self.door = QueuePages(root)
        # Autoescape, since names, settings and what a CRM answers are other people's words.
        self._environment = jinja2.Environment(
            loader=jinja2.FunctionLoader(lambda name: _HTML.joinpath(name).read_text("utf-8")),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["base"] = base
        self._environment.globals["queue"] = f"{root}/queue"
        self._environment.globals["templates"] = f"{root}/templates"
        self._environment.globals["customers"] = f"{root}/customers"
        self._environment.globals["icon"] = f"{root}/manifests/icons/icon-32.png"
        self._environment.globals["file"] = {
            name: f"{base}/assets/{name}?v={file.version}" for name, file in self.files.items()
        } | {"colours.css": f"{root}/queue/assets/colours.css?v={self.door.files['colours.css'].version}"}
        # Jinja's own filter leaves a slash as it is.
        self._environment.filters["part"] = lambda text: quote(str(text), safe="")

    def draw(self, name: str, language: str, /, **values: object) -> str:
        """Return one page."""
        return self._environment.get_template(f"{name}.html").render(w=labels_of(language), language=language, **values)
