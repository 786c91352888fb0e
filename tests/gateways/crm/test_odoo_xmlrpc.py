"""The contract of test_contract.py for an Odoo before JSON-2: the server is older, the suite the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest

from server.domain.crm import Crm
from tests.gateways.crm import test_contract as suite
from tests.gateways.crm.contract import Office
from tests.gateways.crm.offices.odoo import OdooOffice


class OlderOffice(OdooOffice):
    release: ClassVar[int] = 17


@pytest.fixture
def office(request: pytest.FixtureRequest) -> Iterator[Office]:
    with OlderOffice(request) as opened:
        yield opened


@pytest.fixture
def crm(office: Office) -> Crm:
    return office.connect()


# Strange values are put into JSON; test_odoo.py has what is strange in XML.
_OTHERWISE = {"test_an_answer_with_strange_values_in_it_is_read_or_refused"}
globals().update(
    {name: test for name, test in vars(suite).items() if name.startswith("test_") and name not in _OTHERWISE}
)
