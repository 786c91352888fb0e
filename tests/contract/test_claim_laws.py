"""Laws of the claim, whatever three agents do in whatever order: held against a small model."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from server.domain.changes import AddNote, Change, HandOver, Release, StartReply, Take, TakeOver
from server.domain.conversation import View
from server.domain.events import Identity
from server.domain.placing import placing_of
from server.domain.ports import Acted, Target
from server.domain.workspace import Viewer
from server.mail.parse import parse
from tests.contract.office import Office, mail

AGENTS = ("sato", "suzuki", "ito")
agents = st.sampled_from(AGENTS)


@pytest.fixture
def machine(office: Office) -> type[RuleBasedStateMachine]:
    """Return the machine over this test's office."""
    viewers: dict[str, Viewer] = {}
    for name in AGENTS:
        viewer = office.store.directory.viewer(Identity("google", "aoba.example", name, f"{name}@aoba.example"))
        assert isinstance(viewer, Viewer)
        viewers[name] = viewer
    conversations = office.store.conversations
    numbers = iter(range(10**6))

    class Claims(RuleBasedStateMachine):
        """Model: who holds it and until when; what each agent's card was drawn from."""

        @initialize()
        def open_a_mail(self) -> None:
            self.owner, self.until, self.fence, self.clicks, self.notes = "", 0, 0, 0, 0
            self.once: list[tuple[str, Target, Change, str, str]] = []
            raw = mail(f"law-{next(numbers)}", sender="客 <kyaku@law.example>")
            workspace = viewers["sato"].workspace
            opened = conversations.open_mail(viewers["sato"], placing_of(parse(raw), workspace))
            assert isinstance(opened, View)
            self.conversation = opened.conversation.id
            self.cards = dict.fromkeys(AGENTS, opened.conversation.state)

        def act(self, who: str, change: Change, expected: str) -> View:
            self.clicks += 1
            target, once = Target(self.conversation, self.cards[who]), f"{self.conversation}-{self.clicks}"
            acted = conversations.act(viewers[who], target, change, once=once)
            assert isinstance(acted, Acted)
            assert acted.code == expected
            assert not acted.replayed
            self.once.append((who, target, change, once, acted.code))
            self.cards[who] = acted.view.conversation.state
            self.seen(acted.view)
            return acted.view

        def seen(self, view: View) -> None:
            """Any answer shows the model's truth, and the fence never falls."""
            claim = view.conversation.claim
            if claim is None and self.owner and self.until <= view.now:
                self.owner = ""
            assert (claim.owner if claim else "") == self.owner
            assert view.conversation.fence >= self.fence
            self.fence = view.conversation.fence
            self.until = claim.expires if claim else 0

        def look(self, who: str) -> View:
            view = conversations.open_conversation(viewers[who], Target(self.conversation, 0))
            assert isinstance(view, View)
            self.seen(view)
            return view

        def fresh(self, who: str, view: View) -> bool:
            return self.cards[who] == view.conversation.state

        @rule(who=agents)
        def draws_a_card(self, who: str) -> None:
            self.cards[who] = self.look(who).conversation.state

        @rule(who=agents, drafting=st.booleans())
        def takes(self, who: str, drafting: bool) -> None:
            view = self.look(next(a for a in AGENTS if a != self.owner))
            if self.owner and self.owner != who:
                expected = "held"
            elif self.owner == who or self.fresh(who, view):
                expected = "ok"
            else:
                expected = "stale"
            before = self.owner
            self.owner = who if expected == "ok" else before
            self.act(who, StartReply() if drafting else Take(), expected)

        @rule(who=agents)
        def releases(self, who: str) -> None:
            view = self.look(next(a for a in AGENTS if a != self.owner))
            fresh = self.fresh(who, view)
            if not self.owner:
                expected = "not_mine" if fresh else "stale"
            elif self.owner != who:
                expected = "not_mine"
            else:
                expected = "ok" if fresh else "stale"
            if expected == "ok":
                self.owner = ""
            self.act(who, Release(), expected)

        @rule(who=agents, to=agents)
        def hands_over(self, who: str, to: str) -> None:
            view = self.look(next(a for a in AGENTS if a != self.owner))
            expected = ("ok" if self.fresh(who, view) else "stale") if self.owner == who else "not_mine"
            if expected == "ok":
                self.owner = to
            self.act(who, HandOver(to), expected)

        @rule(who=agents, behind=st.integers(0, 1))
        def takes_over(self, who: str, behind: int) -> None:
            view = self.look(next(a for a in AGENTS if a != self.owner))
            claim = view.conversation.claim
            expected = "ok" if claim and claim.owner != who and not behind else "stale"
            if expected == "ok":
                self.owner = who
            self.act(who, TakeOver("急ぎ", (claim.fence if claim else 0) - behind), expected)

        @rule(who=agents)
        def writes_a_note(self, who: str) -> None:
            self.notes += 1
            assert self.act(who, AddNote(f"メモ{self.notes}"), "ok").note_count == self.notes

        @rule(data=st.data())
        def a_host_replays_a_click(self, data: st.DataObject) -> None:
            """However late, a replay answers as the click did and changes nothing."""
            if not self.once:
                return
            who, target, change, once, code = data.draw(st.sampled_from(self.once))
            before = self.look(next(a for a in AGENTS if a != self.owner)).conversation
            acted = conversations.act(viewers[who], target, change, once=once)
            assert isinstance(acted, Acted)
            assert (acted.code, acted.replayed) == (code, True)
            assert acted.view.conversation.version == before.version
            assert acted.view.note_count == self.notes
            self.seen(acted.view)

        @rule(minutes=st.integers(1, 40))
        def time_passes(self, minutes: int) -> None:
            office.later(minutes)

        @invariant()
        def the_queue_agrees(self) -> None:
            for name in AGENTS:
                view = self.look(next(a for a in AGENTS if a != self.owner))
                mine = {row.conversation.id for row in conversations.queue(viewers[name]).mine}
                assert (self.conversation in mine) == (self.owner == name), view.conversation

    return Claims


def test_the_claim_keeps_its_laws(machine: type[RuleBasedStateMachine]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
