"""The first lines of a reply that is begun without words: whom it speaks to."""

from __future__ import annotations

from server.domain.conversation import View


def salutation(view: View, language: str) -> str:
    """Return the customer's name as a letter begins, and a line to go on; "" for somebody without a name."""
    customer = view.customer
    name = customer.name if customer else ""
    if not name or "@" in name:
        return ""
    if language == "en":
        return f"Hello {name},\n\n"
    company = (customer.company if customer else "") or (view.company.name if view.company else "")
    return f"{company}\n{name} 様\n\n" if company else f"{name} 様\n\n"
