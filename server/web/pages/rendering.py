"""Pages drawn with Jinja: a page's own templates, and those that all pages share."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final
from urllib.parse import quote

import jinja2

from server.web.pages.assets import Asset

PAGES: Final = ("queue", "templates", "crm", "customers")
STATIC: Final = resources.files("server.web.pages").joinpath("static")
_HTML: Final = resources.files("server.web.pages").joinpath("html")


class Renderer:
    """Draws the pages under one path.

    `root` is the path that all addresses of the service begin with, `name` the page's own, `links` are addresses of assets that
    another page serves.
    """

    def __init__(
        self,
        root: str,
        name: str,
        html: Traversable,
        assets: Mapping[str, Asset],
        *,
        links: Mapping[str, str] | None = None,
    ) -> None:
        base = f"{root}/{name}"
        self.assets = assets
        self.addresses = {
            **(links or {}),
            **{file: f"{base}/assets/{file}?v={asset.version}" for file, asset in assets.items()},
        }

        def source(file: str) -> str | None:
            found = next((one for folder in (html, _HTML) if (one := folder.joinpath(file)).is_file()), None)
            return found.read_text("utf-8") if found else None

        # Autoescape, since subjects, templates, names, files and what a CRM answers are other people's words.
        self._environment = jinja2.Environment(
            loader=jinja2.FunctionLoader(source),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {
            "pages": {page: f"{root}/{page}" for page in PAGES},
            "base": base,
            "page": name,
            "icon": f"{root}/manifests/icons/icon-32.png",
            "file": self.addresses,
            "styles": [address for file, address in self.addresses.items() if file.endswith(".css")],
            "scripts": [address for file, address in self.addresses.items() if file.endswith(".js")],
        }
        # Jinja's own filter leaves a slash as it is.
        self._environment.filters["part"] = lambda text: quote(str(text), safe="")

    def draw(self, name: str, language: str, /, **values: object) -> str:
        """Return a page, or a part of one."""
        return self._environment.get_template(f"{name}.html").render(language=language, **values)
