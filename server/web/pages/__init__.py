"""What the web pages behind one session (queue, templates, crm, customers) share: sign-in, headers, refusals, drawing.

A page is a `SignedInSite` (what its routes share) and a blueprint made by `signed_in`, to which its own routes are added.
"""

from __future__ import annotations

from server.web.pages.blueprint import signed_in
from server.web.pages.forms import FormSite
from server.web.pages.site import Desk, Refusal, SignedInSite

__all__ = ["Desk", "FormSite", "Refusal", "SignedInSite", "signed_in"]
