"""One connection: its form, the test before it is saved, off and on, another webhook address, and the end of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec
from flask import Blueprint, Response, request

from server.domain.crm import Ability, Connection, CrmError, Trouble
from server.gateways.crm.spec import Setting, Spec
from server.screens import crm_page as words
from server.screens.crm_page import Problem
from server.web.crm.form import FRESH, Form, connection_of, leads_elsewhere, missing, shown, typed, unusable
from server.web.crm.site import Site
from server.web.pages import Desk

_TOKENS: Final = ("access_token", "refresh_token", "expires_at", "instance_url")
"""What consent at the vendor's brought; of no use with other credentials."""
_BEFORE_CONSENT: Final = frozenset({"unset", "refused", "mapping"})
"""What a test comes to where consent is missing; vendors say so in different ways."""
_HARMLESS: Final = frozenset({"client_secret"})
"""What can be replaced without giving consent anew."""


class _Look(NamedTuple):
    """What is known of the form when it is shown again."""

    problem: Problem | None = None
    why: Trouble | None = None
    wrong: tuple[str, ...] = ()
    works: str = ""
    tried: tuple[words.Found, ...] = ()
    anyway: bool = False


_NOTHING_YET: Final = _Look()


def add(routes: Blueprint, site: Site) -> None:
    """Add the routes of one connection."""

    @routes.get("/new/<kind>")
    def new(kind: str) -> Response:
        at = site.desk()
        spec = site.spec(kind)
        before = _empty(spec, words.kind_of(at.voice, spec.kind))
        return _editor(site, at, spec, before, shown(before, spec))

    @routes.get("/edit/<id_>")
    def edit(id_: str) -> Response:
        at = site.desk()
        before = site.connection(at, id_)
        spec = site.spec(before.kind)
        return _editor(site, at, spec, before, shown(before, spec))

    @routes.post("/new/<kind>")
    @routes.post("/edit/<id_>")
    def save(kind: str = "", id_: str = "") -> Response:
        at = site.desk()
        before = site.connection(at, id_) if id_ else None
        spec = site.spec(before.kind if before else kind)
        before = before or _empty(spec, words.kind_of(at.voice, spec.kind))
        held = site.connections.held(at.workspace, spec.kind, request.form.get("held", ""))
        form = typed(request.form, spec, held)
        kept = _kept(site, at, id_)
        wanted = connection_of(form, spec, before)
        if kept and leads_elsewhere(wanted, before, spec):
            # Else whoever gets at this page could have what is kept sent to a server of their own.
            kept = {}
            if not form.secrets:
                look = _Look(
                    words.elsewhere_of(at.voice), wrong=tuple(one.name for one in spec.secrets if one.required)
                )
                return _editor(site, at, spec, wanted, form, look, 422)
        if absent := missing(form, spec, kept):
            look = _Look(words.missing_of(at.voice, spec.kind, absent), wrong=absent)
            return _editor(site, at, spec, wanted, form, look, 422)
        if wrong := unusable(form, spec):
            look = _Look(words.unusable_of(at.voice, spec.kind, wrong), wrong=wrong)
            return _editor(site, at, spec, wanted, form, look, 422)
        # Of a new connection nothing is kept that a test could take instead of what was typed.
        credentials = {**_still_of_use(kept, form.secrets), **form.secrets} if form.secrets or not id_ else None
        deed = request.form.get("do", "save")
        look = _NOTHING_YET if deed == "anyway" else _tested(site, at, wanted, credentials, form.sample)
        # Consent comes after the first save: until then a client's own credentials may not be enough.
        known = credentials or kept
        may_agree = spec.oauth is not None and bool(known.get("client_id") or wanted.settings.get("client_id"))
        waits = may_agree and not _has_tokens(known) and look.why in _BEFORE_CONSENT
        if waits:
            look = _Look(words.waits_of(at.voice))
        if deed == "test":
            return _editor(site, at, spec, wanted, form, look._replace(anyway=False))
        if look.problem and not waits:
            return _editor(site, at, spec, wanted, form, look, 422)
        try:
            able = site.connectors.able(wanted)
        except CrmError:
            able = spec.abilities
        saved = msgspec.structs.replace(
            wanted, id=id_ or site.connections.new_id(at.workspace), abilities=tuple(sorted(able))
        )
        site.connections.save(at.workspace, saved, credentials)
        if look.works:
            site.connections.asked(at.workspace, saved.id, site.now, None)
        if waits:
            return site.see(f"{site.base}/edit/{saved.id}", "consent")
        return site.see(site.base, "works" if look.works else "saved")

    @routes.post("/switch/<id_>")
    def switch(id_: str) -> Response:
        at = site.desk()
        before = site.connection(at, id_)
        off = request.form.get("do", "off") == "off"
        site.connections.save(at.workspace, msgspec.structs.replace(before, off=off), None)
        return site.see(site.base, "off" if off else "on")

    @routes.post("/hook/<id_>")
    def hook(id_: str) -> Response:
        at = site.desk()
        before = site.connection(at, id_)
        site.connections.renew_hook(at.workspace, before.id)
        return site.see(f"{site.base}/edit/{before.id}", "hook")

    @routes.get("/remove/<id_>")
    def ask(id_: str) -> Response:
        at = site.desk()
        one = site.connection(at, id_)
        return site.page("remove", at, id=one.id, name=one.name, meaning=words.removing_of(at.voice, one))

    @routes.post("/remove/<id_>")
    def remove(id_: str) -> Response:
        at = site.desk()
        site.connections.remove(at.workspace, site.connection(at, id_).id)
        return site.see(site.base, "removed")


def _tested(site: Site, at: Desk, wanted: Connection, credentials: Mapping[str, str] | None, sample: str) -> _Look:
    """Ask the CRM with what was typed."""
    tries = site.connectors.tries(wanted.kind)
    if tries and not sample:
        return _Look(words.untried_of(at.voice), wrong=("sample",))
    try:
        tried = site.connectors.check(at.workspace, wanted, credentials, sample)
    except CrmError as error:
        return _Look(words.problem_of(at.voice, error), error.why, anyway=not tries)
    found = tuple(words.found_of(at.voice, name, value) for name, value in tried)
    return _Look(works=words.works_words(at.voice), tried=found)


def _editor(
    site: Site, at: Desk, spec: Spec, connection: Connection, form: Form, look: _Look = _NOTHING_YET, status: int = 200
) -> Response:
    id_ = connection.id
    kept = _kept(site, at, id_)
    has_hook = Ability.WEBHOOKS in spec.abilities and id_ != ""

    def entries(settings: tuple[Setting, ...], *, secret: bool) -> list[words.Entry]:
        return [
            words.entry_of(
                at.voice,
                spec.kind,
                (one.name, one.form, one.required, one.choices),
                value="" if secret else form.settings.get(one.name, ""),
                kept=_said_of_secret(at, one, form, kept) if secret else "",
                wrong=one.name in look.wrong,
            )
            for one in settings
        ]

    return site.page(
        "connection",
        at,
        status,
        id=id_,
        title=words.title_of(at.voice, spec.kind, connection if id_ else None),
        kind=words.kind_of(at.voice, spec.kind) if id_ and connection.name else "",
        form=form,
        settings=entries(spec.settings, secret=False),
        secrets=entries(spec.secrets, secret=True),
        fresh=words.fresh_of(at.voice, FRESH, form.fresh),
        trying=site.connectors.tries(spec.kind),
        again=f"{site.base}/edit/{id_}" if id_ else f"{site.base}/new/{spec.kind}",
        held=site.connections.hold(at.workspace, spec.kind, form.secrets) if form.secrets else "",
        problem=look.problem,
        works=look.works,
        tried=look.tried,
        anyway=look.anyway,
        redirect=f"{site.signin.public_url}/crm/agreed" if spec.oauth else "",
        has_hook=has_hook,
        hook=site.hook(at, connection) if has_hook else "",
        hook_how=words.hook_words(at.voice, spec.kind),
    )


def _said_of_secret(at: Desk, setting: Setting, form: Form, kept: Mapping[str, str]) -> str:
    if form.secrets.get(setting.name):
        return words.label_of(at.voice, "new_typed")
    return words.label_of(at.voice, "kept") if kept.get(setting.name) else ""


def _kept(site: Site, at: Desk, id_: str) -> Mapping[str, str]:
    """What is sealed of this connection: for what must not be asked again, never for a page."""
    if not id_:
        return {}
    try:
        return site.connections.credentials(at.workspace, id_)
    except CrmError:
        return {}


def _still_of_use(kept: Mapping[str, str], secrets: Mapping[str, str]) -> Mapping[str, str]:
    """What is kept, without the tokens of a consent that was given for other credentials."""
    if secrets.keys() <= _HARMLESS:
        return kept
    return {name: value for name, value in kept.items() if name not in _TOKENS}


def _has_tokens(credentials: Mapping[str, str]) -> bool:
    """Whether there is more than what consent is asked with."""
    return any(value for name, value in credentials.items() if name not in {"client_id", "client_secret"})


def _empty(spec: Spec, name: str) -> Connection:
    return Connection("", spec.kind, name, {one.name: one.default for one in spec.settings if one.default})
