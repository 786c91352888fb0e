from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
import structlog
import urllib3
from hubspot.crm.contacts import ApiClient, Configuration
from structlog.testing import LogCapture

from server.domain.crm import CrmError, Trouble
from server.domain.errors import RecordsUnavailable
from server.gateways.crm.line import GuardedLine, Permit, unless_gone
from server.gateways.crm.riders import Pool, requests_session
from server.gateways.crm.spec import Quota, Reply, Spec
from tests.standins.crm.gate import MemoryGate
from tests.standins.crm.server import Answer, How, Request, Vendor, says

SLACK = 10.0  # for a busy machine; what is slow here takes thirty seconds


@dataclass
class Time:
    """Seconds, as whoever sleeps moves them on; with `real`, the clock's own on top."""

    real: bool = True
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return 1000.0 + sum(self.slept) + (time.monotonic() if self.real else 0.0)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class Echo(Vendor):
    answers: Answer | Callable[[Request], Answer] | None = None

    def answer(self, request: Request) -> Answer:
        if self.answers is not None:
            return self.answers if isinstance(self.answers, Answer) else self.answers(request)
        return says({"method": request.method, "target": request.target, "body": request.body.decode()})


@pytest.fixture
def vendor() -> Iterator[Echo]:
    with Echo() as running:
        yield running


@pytest.fixture
def now() -> Time:
    return Time()


@pytest.fixture
def gate(now: Time) -> MemoryGate:
    return MemoryGate(now.clock)


def spec(*quotas: Quota, at_once: int = 4) -> Spec:
    return Spec("http", (), (), frozenset(), quotas, at_once, {"find": 1, "load": 1}, largest=100_000)


Lines = Callable[..., GuardedLine]


@pytest.fixture
def open_line(gate: MemoryGate, now: Time) -> Iterator[Lines]:
    opened: list[GuardedLine] = []

    def open_(spec_: Spec | None = None, *, seconds: float = 10.0, local: bool = True) -> GuardedLine:
        line = GuardedLine(
            spec_ or spec(),
            gate,
            seconds=seconds,
            local=local,
            clock=now.clock,
            sleep=now.sleep,
            random=lambda: 0.5,
        )
        opened.append(line)
        return line

    yield open_
    for line in opened:
        line.close()


@pytest.fixture
def line(open_line: Lines) -> GuardedLine:
    return open_line()


def trouble(call: Callable[[], object]) -> CrmError:
    with pytest.raises(CrmError) as caught:
        call()
    return caught.value


def test_an_answer_comes_back_whole(vendor: Echo, line: GuardedLine) -> None:
    reply = line.send(
        "get",
        f"{vendor.url}/顧客?a=1",
        params=[("mail", "a+b@x.example"), ("name", "田中 太郎")],
        headers={"X-Key": "k"},
    )
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("application/json")
    assert line.json(reply) == {
        "method": "GET",
        "target": "/%E9%A1%A7%E5%AE%A2?a=1&mail=a%2Bb%40x.example&name=%E7%94%B0%E4%B8%AD%20%E5%A4%AA%E9%83%8E",
        "body": "",
    }
    assert vendor.calls[0].headers["x-key"] == "k"


def test_what_is_percent_encoded_already_stays_so(vendor: Echo, line: GuardedLine) -> None:
    line.send("GET", f"{vendor.url}/a%2Fb?q=%40&json={{}}#part")
    assert vendor.calls[0].target == "/a%2Fb?q=%40&json=%7B%7D"


def test_json_is_sent_as_json(vendor: Echo, line: GuardedLine) -> None:
    line.send("POST", vendor.url, json={"名": [1, None]})
    (call,) = vendor.calls
    assert (call.json, call.headers["content-type"]) == ({"名": [1, None]}, "application/json")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"a": NaN}'], ids=repr)
def test_what_is_not_json_is_garbled(line: GuardedLine, body: bytes) -> None:
    assert trouble(lambda: line.json(Reply(200, {}, body))).why == "garbled"


def test_json_may_begin_with_a_byte_order_mark(line: GuardedLine) -> None:
    assert line.json(Reply(200, {}, b'\xef\xbb\xbf{"a": 1}')) == {"a": 1}


TROUBLES: Mapping[How, Trouble] = {
    "401": "refused",
    "403": "refused",
    "404": "missing",
    "409": "conflict",
    "429": "busy",
    "500": "down",
    "503": "down",
    "slow": "slow",
    "drip": "slow",
    "half_closed": "garbled",
    "hang_up": "down",
    "huge": "garbled",
    "redirect": "garbled",
}


@pytest.mark.parametrize("how", TROUBLES)
def test_each_failure_has_its_name(vendor: Echo, open_line: Lines, how: How) -> None:
    vendor.misbehave(how, times=None)
    began = time.monotonic()
    error = trouble(lambda: open_line(seconds=0.5).send("GET", vendor.url))
    assert error.why == TROUBLES[how]
    assert time.monotonic() - began < 0.5 + SLACK
    assert all(call.path == "/" for call in vendor.calls)  # the redirect is not followed


@pytest.mark.parametrize(
    ("status", "why"),
    [(400, "mapping"), (422, "mapping"), (410, "missing"), (402, "refused"), (302, "garbled"), (504, "down")],
)
def test_other_statuses_have_their_names_too(vendor: Echo, line: GuardedLine, status: int, why: str) -> None:
    vendor.answers = says({"code": "X"}, status)
    error = trouble(lambda: line.send("GET", vendor.url))
    assert (error.why, error.status, error.body) == (why, status, b'{"code": "X"}')


def test_nobody_listening_is_down(line: GuardedLine, vendor: Echo) -> None:
    url = vendor.url
    vendor.__exit__(None, None, None)
    assert trouble(lambda: line.send("GET", url)).why == "down"
    vendor._server = type(
        "Closed", (), {"shutdown": lambda _: None, "server_close": lambda _: None}
    )()  # it is closed once more


def test_what_is_repeatable_is_tried_again_after_a_pause_with_jitter(
    vendor: Echo, line: GuardedLine, now: Time
) -> None:
    vendor.misbehave("503", times=2)
    assert line.send("GET", vendor.url).status == 200
    assert now.slept == [0.1, 0.2]
    vendor.misbehave("500", times=2)
    assert line.send("POST", vendor.url, json={}, repeatable=True).status == 200


def test_no_more_than_three_tries_are_made(vendor: Echo, line: GuardedLine) -> None:
    vendor.misbehave("503", times=None)
    assert trouble(lambda: line.send("GET", vendor.url)).why == "down"
    assert len(vendor.calls) == 3


@pytest.mark.parametrize("how", ["401", "403", "404", "409", "malformed", "half_closed", "huge", "redirect"])
def test_what_would_fail_again_is_not_tried_again(vendor: Echo, line: GuardedLine, how: How) -> None:
    vendor.misbehave(how)
    try:
        line.send("GET", vendor.url)
    except CrmError:
        assert len(vendor.calls) == 1
    else:
        assert how == "malformed"


@pytest.mark.parametrize("how", ["500", "503", "429", "hang_up", "half_closed", "slow"])
def test_what_is_not_repeatable_is_sent_once(vendor: Echo, open_line: Lines, how: How) -> None:
    vendor.misbehave(how)
    trouble(lambda: open_line(seconds=1.0).send("POST", vendor.url, json={}))
    assert len(vendor.calls) == 1


def test_what_is_not_repeatable_goes_over_a_connection_of_its_own(vendor: Echo, line: GuardedLine) -> None:
    for _ in range(3):
        line.send("GET", vendor.url)
    assert vendor.connections == 1
    vendor.hang_up_on_the_idle()
    line.send("POST", vendor.url, json={})
    assert vendor.connections == 2
    assert len(vendor.calls) == 4


def test_retry_after_is_waited_for_when_it_fits(vendor: Echo, line: GuardedLine, now: Time) -> None:
    vendor.misbehave("429", retry_after=3)
    assert line.send("GET", vendor.url).status == 200
    assert now.slept == [3.1]


def test_retry_after_that_does_not_fit_is_handed_on(
    vendor: Echo, line: GuardedLine, now: Time, gate: MemoryGate
) -> None:
    vendor.misbehave("429", retry_after=60)
    error = trouble(lambda: line.send("GET", vendor.url))
    assert (error.why, error.retry_after, now.slept) == ("busy", 60.0, [])
    assert gate.results == [(False, 60.0)]
    assert trouble(lambda: line.send("GET", vendor.url)).why == "broken"  # everybody leaves it alone for so long
    assert len(vendor.calls) == 1


def test_retry_after_may_be_a_date_by_the_servers_own_clock(vendor: Echo, line: GuardedLine) -> None:
    headers = {"Date": "Sun, 10 May 2026 12:30:00 GMT", "Retry-After": "Sun, 10 May 2026 12:31:30 GMT"}
    vendor.answers = Answer(429, b"", headers)
    assert trouble(lambda: line.send("GET", vendor.url)).retry_after == 90.0


@pytest.mark.parametrize("written", ["", "soon", "-5", "Sun, 10 May 2026 12:31:30 GMT", "1e999", "²"])
def test_a_retry_after_that_says_nothing_is_none(vendor: Echo, line: GuardedLine, written: str) -> None:
    vendor.answers = Answer(429, b"", {"Retry-After": written.encode().decode("latin-1")})
    assert trouble(lambda: line.send("GET", vendor.url)).retry_after == 0.0


def test_several_calls_can_share_one_deadline(vendor: Echo, line: GuardedLine, now: Time) -> None:
    with line.within(2.0):
        line.send("GET", vendor.url)
        now.sleep(1.5)
        line.send("GET", vendor.url)
        with line.within(5.0):
            now.sleep(1.0)
            assert trouble(lambda: line.send("GET", vendor.url)).why == "slow"
    assert line.send("GET", vendor.url).status == 200
    assert len(vendor.calls) == 3


def test_a_deadline_binds_its_own_thread_only(vendor: Echo, line: GuardedLine, now: Time) -> None:
    with line.within(1.0), ThreadPoolExecutor(1) as pool:
        now.sleep(2.0)
        assert pool.submit(line.send, "GET", vendor.url).result().status == 200


def test_no_more_calls_are_made_at_a_time_than_the_crm_bears(vendor: Echo, open_line: Lines) -> None:
    running, most, lock = 0, 0, threading.Lock()

    def answer(_: Request) -> Answer:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1
        return says({})

    vendor.answers = answer
    line = open_line(spec(at_once=2))
    with ThreadPoolExecutor(8) as pool:
        assert all(reply.status == 200 for reply in pool.map(lambda _: line.send("GET", vendor.url), range(20)))
    assert most == 2
    assert vendor.connections <= 2


def test_whoever_finds_no_place_in_time_hears_that_we_are_busy(vendor: Echo, open_line: Lines) -> None:
    line = open_line(spec(at_once=1), seconds=0.6)
    vendor.misbehave("slow")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(trouble, lambda: line.send("GET", vendor.url))
        while not vendor.calls:
            time.sleep(0.005)
        with line.within(0.1):
            assert trouble(lambda: line.send("GET", vendor.url)).why == "busy"
        assert first.result().why == "slow"
    assert len(vendor.calls) == 1


def test_the_quota_is_waited_for_when_that_fits(vendor: Echo, open_line: Lines, now: Time) -> None:
    line = open_line(spec(Quota(2, 5.0)))
    for _ in range(3):
        line.send("GET", vendor.url)
    assert len(now.slept) == 1
    assert 4.0 < now.slept[0] < 5.1


def test_a_quota_that_is_used_up_for_longer_is_busy_and_no_fault_of_the_crms(
    vendor: Echo, open_line: Lines, gate: MemoryGate
) -> None:
    line = open_line(spec(Quota(100, 1.0), Quota(2, 3600.0)))
    line.send("GET", vendor.url, cost=2)
    error = trouble(lambda: line.send("GET", vendor.url))
    assert error.why == "busy"
    assert 3500 < error.retry_after <= 3600
    assert len(vendor.calls) == 1
    assert gate.results == [(True, 0.0)]


def test_a_crm_that_is_down_is_left_alone_and_then_asked_by_one(vendor: Echo, open_line: Lines, now: Time) -> None:
    line = open_line()
    vendor.misbehave("500", times=None)
    assert [trouble(lambda: line.send("POST", vendor.url)).why for _ in range(6)] == ["down"] * 5 + ["broken"]
    assert len(vendor.calls) == 5
    now.sleep(31)
    vendor.behave()
    vendor.misbehave("slow")
    with ThreadPoolExecutor(1) as pool:
        probe = pool.submit(trouble, lambda: open_line(seconds=0.5).send("GET", vendor.url))
        while not vendor.calls:
            time.sleep(0.005)
        assert trouble(lambda: line.send("GET", vendor.url)).why == "broken"  # one is asking already
        assert probe.result().why == "slow"
    assert trouble(lambda: line.send("GET", vendor.url)).why == "broken"  # for another pause
    now.sleep(31)
    assert line.send("GET", vendor.url).status == line.send("GET", vendor.url).status == 200


@pytest.mark.parametrize("how", ["401", "403", "404", "409", "redirect", "huge"])
def test_what_is_no_illness_of_the_crm_does_not_break_the_circuit(
    vendor: Echo, line: GuardedLine, gate: MemoryGate, how: How
) -> None:
    vendor.misbehave(how, times=None)
    for _ in range(6):
        trouble(lambda: line.send("GET", vendor.url))
    assert [ok for ok, _ in gate.results] == [True] * 6


def test_a_broken_circuit_costs_no_call(vendor: Echo, line: GuardedLine, gate: MemoryGate) -> None:
    gate.left(ok=False, pause=100)
    for _ in range(100):
        assert trouble(lambda: line.send("GET", vendor.url)).why == "broken"
    assert not vendor.calls


class _NoRedis:
    """A gate whose store goes away between a call and its end."""

    def enter(self, quotas: Sequence[tuple[int, float]], cost: int) -> Permit:
        return MemoryGate(time.monotonic).enter(quotas, cost)

    def left(self, *, ok: bool, pause: float = 0.0) -> object:
        raise RecordsUnavailable("gone")


def test_what_was_done_is_not_lost_when_the_store_goes_away(vendor: Echo) -> None:
    line = GuardedLine(spec(), _NoRedis(), local=True)
    assert line.send("POST", vendor.url, json={}).status == 200
    line.close()


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.example/", "ftp://crm.example/", "file:///etc/passwd", "https://", "https:///x", "//crm.example/", "crm.example", "",
        "https://user:secret@crm.example/", "https://@crm.example/", "https://[::1", "https://crm.example:99999/", "https://" + "a" * 300 + ".example/",
        "gopher://crm.example", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_only_https_to_a_host_is_called(open_line: Lines, gate: MemoryGate, url: str) -> None:
    error = trouble(lambda: open_line(local=False).send("GET", url))
    assert error.why == "unsafe"
    assert "secret" not in str(error)
    assert not gate.entered


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "2130706433",
        "0x7f000001",
        "127.1",
        "10.0.0.1",
        "169.254.169.254",
        "[::ffff:127.0.0.1]",
    ],
)
def test_addresses_inside_are_not_called(open_line: Lines, host: str) -> None:
    assert trouble(lambda: open_line(local=False).send("GET", f"https://{host}/")).why in {"unsafe", "down"}


def test_this_machine_is_called_only_by_a_local_line(open_line: Lines, vendor: Echo) -> None:
    https = vendor.url.replace("http:", "https:")
    assert trouble(lambda: open_line(local=False).send("GET", https)).why == "unsafe"
    assert not vendor.connections
    assert open_line().send("GET", vendor.url).status == 200


def test_no_line_leads_to_a_clouds_metadata(open_line: Lines) -> None:
    for host in ("169.254.169.254", "[::ffff:169.254.169.254]", "[fd00:ec2::254]"):
        assert trouble(lambda host=host: open_line().send("GET", f"http://{host}/latest")).why == "unsafe"  # type: ignore[misc] # bound at once


@pytest.mark.parametrize("token", ["ａｂｃ", "abc\r\nX-Evil: 1", "abc\x00", "鍵"])
def test_a_token_that_cannot_be_one_is_refused_before_the_call(line: GuardedLine, vendor: Echo, token: str) -> None:
    error = trouble(lambda: line.send("GET", vendor.url, headers={"Authorization": f"Bearer {token}"}))
    assert error.why == "refused"
    assert token not in str(error)
    assert not vendor.calls


def test_a_line_end_cannot_be_smuggled_into_the_request(line: GuardedLine, vendor: Echo) -> None:
    for url in (f"{vendor.url}/a\r\nX-Evil: 1", f"{vendor.url}/a b", f"{vendor.url}/?q=\r\nX: 1"):
        line.send("GET", url)
    assert all("x-evil" not in call.headers and "x" not in call.headers for call in vendor.calls)


@pytest.mark.parametrize("how", [None, *TROUBLES, "malformed", "empty"])
def test_nothing_private_reaches_a_log_or_an_error(
    vendor: Echo,
    open_line: Lines,
    how: How | None,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    # Whatever an application of another test has configured: the line's own words, all of them.
    captured = LogCapture()
    everything = structlog.make_filtering_bound_logger(logging.DEBUG)
    monkeypatch.setattr(
        "server.gateways.crm.line.log",
        structlog.wrap_logger(structlog.PrintLogger(), processors=[captured], wrapper_class=everything),
    )
    if how:
        vendor.misbehave(how, times=None)
    said = ""
    try:
        open_line(seconds=0.4).send(
            "GET",
            f"{vendor.url}/taro@x.example?key=hidden",
            params=[("q", "taro@x.example")],
            headers={"Authorization": "Bearer hidden"},
        )
    except CrmError as error:
        said = f"{error!r} {error.__cause__!r} {error.__context__ if not error.__suppress_context__ else ''}"
    logs = captured.entries
    for private in ("taro", "hidden", vendor.url):
        assert private not in f"{said}{logs}{caplog.text}"
    assert logs[0]["event"] == "crm_call"
    assert set(logs[0]) <= {"event", "log_level", "component", "name", "status", "outcome", "attempt", "ms"}


def test_what_is_gone_already_needs_no_deleting(vendor: Echo, line: GuardedLine) -> None:
    vendor.misbehave("404")
    with unless_gone():
        line.send("DELETE", f"{vendor.url}/x")
    vendor.misbehave("403")
    with pytest.raises(CrmError), unless_gone():
        line.send("DELETE", f"{vendor.url}/x")


# ------------------------------------------------------------------ libraries on the line


def test_requests_rides_on_the_line(vendor: Echo, line: GuardedLine) -> None:
    with requests_session(line) as session:
        answer = session.post(
            f"{vendor.url}/x", params={"q": "a b"}, json={"n": 1}, headers={"Authorization": "Bearer t"}, timeout=1
        )
    assert answer.json() == {"method": "POST", "target": "/x?q=a+b", "body": '{"n": 1}'}
    assert answer.status_code == 200
    assert vendor.calls[0].headers["authorization"] == "Bearer t"
    assert vendor.calls[0].headers["content-length"] == "8"


def test_requests_raises_what_the_line_raises(vendor: Echo, line: GuardedLine) -> None:
    session = requests_session(line, repeatable=lambda method, url: method == "GET" or url.endswith("/search"))
    vendor.misbehave("401")
    error = trouble(lambda: session.get(vendor.url, timeout=1))
    assert (error.why, error.status, error.body) == ("refused", 401, b'{"error": "status 401"}')
    vendor.misbehave("503", times=2)
    assert session.post(f"{vendor.url}/search", json={}, timeout=1).status_code == 200
    vendor.misbehave("503", times=None)
    trouble(lambda: session.post(f"{vendor.url}/write", json={}, timeout=1))
    assert len([call for call in vendor.calls if call.path == "/write"]) == 1


def test_requests_takes_no_password_from_the_machine(
    vendor: Echo, line: GuardedLine, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    netrc = f"{tmp_path}/netrc"
    with open(netrc, "w", encoding="ascii") as file:  # noqa: PTH123 - a name for the environment
        file.write("machine 127.0.0.1 login me password hidden\n")
    monkeypatch.setenv("NETRC", netrc)
    assert requests_session(line).get(vendor.url, timeout=1).status_code == 200
    assert "authorization" not in vendor.calls[0].headers


def test_generated_clients_ride_on_the_line(vendor: Echo, line: GuardedLine) -> None:
    client = ApiClient(Configuration(host=vendor.url))
    assert isinstance(client.rest_client.pool_manager, urllib3.PoolManager)
    client.rest_client.pool_manager = Pool(line, repeatable=lambda *_: True)
    answer = client.rest_client.POST(f"{vendor.url}/search", headers={"Authorization": "Bearer t"}, body={"q": 1})
    assert (answer.status, answer.getheader("Content-Type")) == (200, "application/json; charset=utf-8")
    got = client.rest_client.GET(f"{vendor.url}/one", query_params=[("a", "b c"), ("a", "d")])
    assert b"/one?a=b%20c&a=d" in got.data
    vendor.misbehave("404")
    error = trouble(lambda: client.rest_client.GET(f"{vendor.url}/none"))
    assert (error.why, error.body) == ("missing", b'{"error": "status 404"}')


def test_generated_clients_may_send_forms(vendor: Echo, line: GuardedLine) -> None:
    pool = Pool(line)
    reply = pool.request(
        "POST", vendor.url, fields={"code": "x y"}, encode_multipart=False, headers={"content-type": "ignored"}
    )
    assert vendor.calls[0].form == {"code": "x y"}
    assert dict(reply.getheaders())["content-type"] == reply.getheader("content-type")
