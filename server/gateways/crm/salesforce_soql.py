"""SOQL, Salesforce's language of queries, put together so that no text gets out of its quotation marks."""

from __future__ import annotations

from collections.abc import Iterable


def select(columns: str, of: str, where: str, rest: str = "") -> str:
    """SOQL. Texts in `where` come from `quoted` and `listed`, ids and the names of fields were held against their patterns."""
    return " ".join(filter(None, (f"SELECT {columns} FROM {of}", where and f"WHERE {where}", rest)))  # noqa: S608 - see above


def website(field: str, domain: str) -> str:
    """Conditions on a web site. No wildcard in front: over a large organisation that takes minutes."""
    from simple_salesforce.format import format_soql  # noqa: PLC0415 - as in Api._sides

    starts = [f"{scheme}{www}{domain}" for scheme in ("", "https://", "http://") for www in ("", "www.")]
    return " OR ".join(format_soql(f"{field} LIKE '{{:like}}%'", one) for one in starts)


def quoted(value: str) -> str:
    """A text as SOQL quotes it."""
    from simple_salesforce.format import quote_soql_value  # noqa: PLC0415 - as in Api._sides

    return str(quote_soql_value(value))


def listed(several: Iterable[str]) -> str:
    """Texts as SOQL has them after IN."""
    from simple_salesforce.format import quote_soql_value  # noqa: PLC0415 - as in Api._sides

    return str(quote_soql_value(list(several)))
