"""The Gmail deployment, as Google's own schema reads it."""

from __future__ import annotations

from typing import Any

import pytest
from google.cloud.gsuiteaddons_v1.types import Deployment
from google.protobuf import json_format  # type: ignore[import-untyped]  # protobuf ships no type hints

from tests.addon_manifests import sample


def parsed(manifest: Any) -> Deployment:
    """Google's strict reading, without the one field that is newer than the published schema."""
    options = dict(manifest["addOns"]["httpOptions"])
    assert options.pop("granularOauthPermissionSupport") in {"OPT_IN", "OPT_OUT"}
    older = {**manifest, "addOns": {**manifest["addOns"], "httpOptions": options}}
    deployment = Deployment()
    json_format.ParseDict(older, Deployment.pb(deployment), ignore_unknown_fields=False)
    return deployment


def test_googles_schema_knows_every_field_and_value() -> None:
    add_ons = parsed(sample.gmail()).add_ons
    assert add_ons.common.name == "Sobani"
    assert add_ons.common.use_locale_from_app
    assert add_ons.http_options.authorization_header.name == "SYSTEM_ID_TOKEN"
    assert add_ons.gmail.compose_trigger.draft_access.name == "METADATA"
    assert add_ons.gmail.contextual_triggers[0].unconditional is not None


def test_a_misspelt_field_would_be_refused() -> None:
    manifest = sample.gmail()
    manifest["addOns"]["common"]["homePageTrigger"] = manifest["addOns"]["common"].pop("homepageTrigger")
    with pytest.raises(json_format.ParseError):
        parsed(manifest)


def test_consent_is_asked_scope_by_scope() -> None:
    assert sample.gmail()["addOns"]["httpOptions"]["granularOauthPermissionSupport"] == "OPT_IN"


def test_cards_may_link_to_the_service_alone() -> None:
    assert sample.gmail()["addOns"]["common"]["openLinkUrlPrefixes"] == [f"{sample.BASE}/"]


def test_nothing_it_asks_for_is_restricted() -> None:
    """Restricted scopes need a yearly security assessment; those of add-ons for the current message never are."""
    for scope in sample.gmail()["oauthScopes"]:
        assert scope.rpartition("/")[2].startswith(("gmail.addons.", "userinfo.email", "script.locale"))


def test_google_calls_paths_without_query_strings() -> None:
    """Whether a token is addressed to the query string too is nowhere said."""
    assert not any("?" in address for address in sample.addresses(sample.gmail()))


def test_the_name_is_one_the_store_takes() -> None:
    name = sample.gmail()["addOns"]["common"]["name"]
    assert len(name) <= 50
    assert "google" not in name.lower()
