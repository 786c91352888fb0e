"""Who the conversation is with: the card's header, and what the team knows about the person."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from cards.model import Block, Buttons, Fact, Facts, Header, Icon, Section
from server.domain.conversation import Customer, View
from server.domain.workspace import Viewer
from server.screens.buttons import button, naming
from server.screens.crm import sources
from server.screens.crm_said import person_of, records_of
from server.screens.panel import chosen, crm_facts, open_words, signs_of, trend_of
from server.screens.words import Voice, catalogue, mark

FACTS_SHOWN: Final = 4
_LANGUAGES: Final = {"ja": mark("Japanese"), "en": mark("English")}


def header_of(voice: Voice, view: View) -> Header:
    """Name, reading, company and role; of somebody new the address, and that they are."""
    customer = view.customer
    address = view.conversation.customer or (customer.addresses[0] if customer and customer.addresses else "")
    if not address and not customer:
        return Header(voice.say("Internal mail"), voice.subject(view.conversation.subject), Icon.INTERNAL)
    record = person_of(voice, view)
    name = (customer.name if customer else "") or (record.name if record else "")
    reading = (customer.reading if customer else "") or (record.reading if record else "")
    parts = list(filter(None, (reading, " · ".join(filter(None, (company_of(voice, view), role_of(voice, view)))))))
    if not customer:
        parts = []
    if name and not parts:
        parts.append(address)
    if is_new(view) and record is None:
        parts.append(voice.say("First-time customer"))
    return Header(voice.customer(name) if name else address, " · ".join(parts), Icon.PERSON)


def customer_section(voice: Voice, viewer: Viewer, view: View, customer: Customer) -> Section:
    """Four facts first, the rest and the corrections folded."""
    records = records_of(voice, view)
    # The header says the role already.
    known = [(name, fact) for name, fact in crm_facts(voice, records) if name != "role"]
    facts = [*known, *(("", fact) for fact in _facts(voice, view, customer))]
    first, rest = facts[:FACTS_SHOWN], facts[FACTS_SHOWN:]
    trend = trend_of(voice, records)
    opened = open_words(voice, records)
    top = [fact for _, fact in first]
    if opened:  # the value stays above its picture
        at = len(top) - (first[-1][0] == "value" and bool(trend)) if first else 0
        top.insert(at, Fact(voice.say_as("customer's things in CRMs", "Open"), opened))
    shown: list[Block] = [
        *_block(top),
        *(trend if "value" in dict(first) else ()),
        *signs_of(voice, view, records),
        *sources(voice, viewer, view),
    ]
    folded: list[Block] = [
        *_block([fact for _, fact in rest]),
        *(trend if "value" not in dict(first) else ()),
        _corrections(voice.language, naming(viewer), several=len(customer.addresses) > 1),
    ]
    if not shown:
        return Section(tuple(folded), title=voice.say("Customer"), id="customer")
    blocks = (*shown, *folded)
    return Section(blocks, title=voice.say("Customer"), collapsible=True, shown=len(shown), id="customer")


def _block(facts: list[Fact]) -> list[Block]:
    return [Facts(tuple(facts))] if facts else []


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


def company_of(voice: Voice, view: View) -> str:
    """The company as the team wrote it, else as a CRM has it, else the domain of the address."""
    written = (view.customer.company if view.customer else "") or (view.company.name if view.company else "")
    if written:
        return written
    records = records_of(voice, view)
    companies = (one.name if one.ref.kind == "company" else one.company for one in records)
    return next(filter(None, companies), "") or (view.company.domain if view.company else "")


def role_of(voice: Voice, view: View) -> str:
    """The role as the team wrote it, else as a CRM has it, where the workspace shows that."""
    record = person_of(voice, view) if "role" in chosen(voice) else None
    return (view.customer.role if view.customer else "") or (record.role if record else "")


def _facts(voice: Voice, view: View, customer: Customer) -> tuple[Fact, ...]:
    say = voice.say
    addresses = customer.addresses or ((view.conversation.customer,) if view.conversation.customer else ())
    wanted = (
        (say("Company"), company_of(voice, view)),
        (say("Role"), role_of(voice, view)),
        (say("Mail"), "\n".join(addresses)),
        (say("About"), customer.note),
        (say("Reading"), customer.reading or next((one.reading for one in records_of(voice, view) if one.reading), "")),
        (say("Writes in"), say(_LANGUAGES[customer.language]) if customer.language in _LANGUAGES else ""),
    )
    return tuple(Fact(label, value) for label, value in wanted if value)
