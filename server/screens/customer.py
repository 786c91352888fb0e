"""Who the conversation is with: the card's header, and what the team knows about the person."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from cards.model import Block, Buttons, Fact, Facts, Header, Icon, Section
from server.domain.conversation import Customer, View
from server.domain.workspace import Viewer
from server.screens.buttons import button, naming
from server.screens.words import Voice, catalogue, mark

FACTS_SHOWN: Final = 4
_LANGUAGES: Final = {"ja": mark("Japanese"), "en": mark("English")}


def header_of(voice: Voice, view: View) -> Header:
    """Name, reading, company and role; of somebody new the address, and that they are."""
    customer = view.customer
    address = view.conversation.customer or (customer.addresses[0] if customer and customer.addresses else "")
    if not address and not customer:
        return Header(voice.say("Internal mail"), voice.subject(view.conversation.subject), Icon.INTERNAL)
    name = customer.name if customer else ""
    known = [customer.reading, " · ".join(filter(None, (company_of(view), customer.role)))] if customer else []
    parts = list(filter(None, known))
    if name and not parts:
        parts.append(address)
    if is_new(view):
        parts.append(voice.say("First-time customer"))
    return Header(voice.customer(name) if name else address, " · ".join(parts), Icon.PERSON)


def customer_section(voice: Voice, viewer: Viewer, view: View, customer: Customer) -> Section:
    """Four facts first, the rest and the corrections folded."""
    facts = _facts(voice, view, customer)
    needs = naming(viewer)
    blocks: list[Block] = []
    if facts:
        blocks.append(Facts(facts[:FACTS_SHOWN]))
    if len(facts) > FACTS_SHOWN:
        blocks.append(Facts(facts[FACTS_SHOWN:]))
    blocks.append(_corrections(voice.language, needs, several=len(customer.addresses) > 1))
    return Section(tuple(blocks), title=voice.say("Customer"), collapsible=len(blocks) > 1, shown=1, id="customer")


@lru_cache(maxsize=16)
def _corrections(language: str, needs: tuple[str, ...], *, several: bool) -> Buttons:
    menu = [button(language, "merge_customers", needs)]
    if several:
        menu.append(button(language, "split_address", needs))
    label = catalogue(language).say("More about this customer")
    return Buttons((button(language, "customer", needs),), tuple(menu), label)


def is_new(view: View) -> bool:
    """Whether nothing but this one mail is known of the customer."""
    if view.customer and view.customer.edited:
        return False
    return view.conversation.mails <= 1 and not view.returning


def company_of(view: View) -> str:
    """The company as the team wrote it, else by the domain of the address."""
    written = view.customer.company if view.customer else ""
    return written or ((view.company.name or view.company.domain) if view.company else "")


def _facts(voice: Voice, view: View, customer: Customer) -> tuple[Fact, ...]:
    say = voice.say
    addresses = customer.addresses or ((view.conversation.customer,) if view.conversation.customer else ())
    wanted = (
        (say("Company"), company_of(view)),
        (say("Role"), customer.role),
        (say("Mail"), "\n".join(addresses)),
        (say("About"), customer.note),
        (say("Reading"), customer.reading),
        (say("Writes in"), say(_LANGUAGES[customer.language]) if customer.language in _LANGUAGES else ""),
    )
    return tuple(Fact(label, value) for label, value in wanted if value)
