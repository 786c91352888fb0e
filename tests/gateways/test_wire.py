"""What Google's transport does not ask of the wire; the rest is in tests/gateways/google/test_transport.py."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from server.gateways.transport import UnsafeAddressError, Wire, is_host, is_public
from tests.standins.crm.server import Vendor


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with Vendor() as running:
        yield running


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e", "::ffff:8.8.8.8"])  # fmt: skip
def test_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",  # this machine, its network
        "169.254.169.254", "fd00:ec2::254", "100.100.100.200", "192.0.0.192", "168.63.129.16",  # metadata of clouds
        "169.254.0.1", "100.64.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "198.18.0.1",  # link-local, CGNAT, multicast
        "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "fec0::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",  # IPv4 in IPv6's clothes
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::1", "2001:db8::1",
        "", "localhost", "1", "2130706433",
    ],
)  # fmt: skip
def test_everything_else_is_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "fd12:3456::1", "100.64.0.1", "8.8.8.8"]
)
def test_machines_inside_are_hosts(address: str) -> None:
    assert is_host(address)


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "fd00:ec2::254", "fd20:ce::254", "100.100.100.200",
     "192.0.0.192", "168.63.129.16", "fe80::1%eth0", "0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255", "", "localhost"],
)  # fmt: skip
def test_metadata_of_clouds_is_no_host_even_inside(address: str) -> None:
    assert not is_host(address)


def test_the_address_is_judged_that_is_connected_to(monkeypatch: pytest.MonkeyPatch, vendor: Vendor) -> None:
    """A name that was public when it was written down, and leads home when it is called."""
    port = int(vendor.url.rpartition(":")[2])

    def getaddrinfo(*_args: object, **_options: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    wire = Wire(largest=1000, allowed=is_public)
    with pytest.raises(UnsafeAddressError):
        wire.ask(f"http://crm.example:{port}/", deadline=time.monotonic() + 5, again=True)
    assert not vendor.connections


def test_of_several_addresses_only_those_that_are_allowed_are_tried(monkeypatch: pytest.MonkeyPatch, vendor: Vendor) -> None:  # fmt: skip
    port = int(vendor.url.rpartition(":")[2])

    def getaddrinfo(*_args: object, **_options: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ("127.0.0.2", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    wire = Wire(largest=1000, allowed=lambda ip: ip == "127.0.0.1")
    assert wire.ask(f"http://crm.example:{port}/", deadline=time.monotonic() + 5, again=True).status == 200
    assert vendor.connections == 1
    wire.close()


def test_a_request_that_may_be_asked_again_uses_a_kept_connection_whatever_its_method(vendor: Vendor) -> None:
    wire = Wire(largest=1000)
    for _ in range(3):
        wire.ask(f"{vendor.url}/search", "POST", b"{}", deadline=time.monotonic() + 5, again=True)
    assert vendor.connections == 1
    wire.ask(f"{vendor.url}/write", "POST", b"{}", deadline=time.monotonic() + 5, again=False)
    assert vendor.connections == 2
    wire.close()


def test_what_an_error_says_comes_back(vendor: Vendor) -> None:
    wire = Wire(largest=1000)
    vendor.misbehave("409")
    answer = wire.ask(vendor.url, deadline=time.monotonic() + 5, again=True)
    assert (answer.status, answer.body) == (409, b'{"error": "status 409"}')
    assert answer.headers["content-type"].startswith("application/json")
    wire.close()
