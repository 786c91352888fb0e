"""A person is one, whatever the client; whoever is nobody here leaves no trace; the workspace file may be applied again and again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import redis

from server.domain.events import Identity
from server.domain.outcomes import Stranger
from server.domain.workspace import Viewer
from server.domain.workspace_file import WorkspaceFileError
from server.store.directory import RedisDirectory
from server.usecases.apply import apply
from tests.contract.conftest import WORKSPACE
from tests.contract.office import Office, mail
from tests.standins import entra

FILE = WORKSPACE.format(tenant=entra.TENANT)
SATO = 'id = "sato"\nname = "佐藤 美咲"\nemails = ["sato@aoba.example"]'


def everything(office: Office) -> Mapping[bytes, bytes | None]:
    """Return every key and its whole value."""
    client = office.store.library.client
    assert isinstance(client, redis.Redis)
    return {key: client.dump(key) for key in client.scan_iter(count=1000)}


def both(person: str) -> tuple[str, str]:
    return f"{person}@aoba.example", person


def closed(text: str = FILE) -> str:
    return text.replace("open_to_domain = true", "open_to_domain = false")


# ------------------------------------------------------------------ one person


def test_what_one_claims_in_one_client_is_ones_own_in_the_other(office: Office, clients: tuple[str, str]) -> None:
    raw = mail(1)
    here, there = office.at(clients[0], "sato@aoba.example"), office.at(clients[1], "sato@aoba.example")
    here.clicks(here.opens(raw).button("take"))
    card = there.opens(raw)
    assert card.has("release")
    assert there.clicks(card.button("release")).has("take")


def test_after_the_first_sign_in_only_the_account_counts(office: Office, client: str) -> None:
    """A new name and e-mail address are the same person; another account with the old address is not."""
    raw = mail(1)
    sato = office.at(client, "sato@aoba.example", subject="account-1")
    sato.clicks(sato.opens(raw).button("take"))
    renamed = office.at(client, "misaki.tanaka@aoba.example", subject="account-1")
    assert renamed.opens(raw).has("release")
    before = everything(office)
    impostor = office.at(client, "sato@aoba.example", subject="account-2")
    card = impostor.opens(raw)
    assert not card.buttons
    assert "田中" not in card.text
    assert everything(office) == before


@pytest.mark.parametrize("claims", [{"acct": 1}, {"idp": "https://sts.windows.net/other/"}])
@pytest.mark.parametrize("address", ["partner@elsewhere.example", "sato@aoba.example", "support@aoba.example"])
def test_a_guest_is_refused_whatever_address_they_come_with(
    office: Office, address: str, claims: dict[str, Any]
) -> None:
    before = everything(office)
    card = office.at_outlook(address, **claims).opens(mail(1))
    assert card.status == 200
    assert not card.buttons
    assert "田中" not in card.text
    assert everything(office) == before


def test_a_newcomer_of_the_domain_is_the_same_person_in_the_other_client(
    office: Office, clients: tuple[str, str]
) -> None:
    raw = mail(1)
    here, there = office.at(clients[0], "new@aoba.example"), office.at(clients[1], "new@aoba.example")
    here.clicks(here.opens(raw).button("take"))
    assert there.opens(raw).has("release")
    assert not office.at(clients[1], "other@aoba.example").opens(raw).has("release")


def test_a_newcomer_whom_the_file_names_later_becomes_that_person(office: Office, clients: tuple[str, str]) -> None:
    raw = mail(1)
    here, there = office.at(clients[0], "kimura@aoba.example"), office.at(clients[1], "kimura@aoba.example")
    claimed = here.clicks(here.opens(raw).button("take"))
    here.clicks(claimed.button("note"), {"note": "木村のメモ"})
    apply(
        office.store.directory,
        f'{FILE}\n[[person]]\nid = "kimura"\nname = "木村 拓"\nemails = ["kimura@aoba.example"]\n',
    )
    seen = office.at(clients[0], "suzuki@aoba.example").opens(raw)
    assert "木村" in seen.text
    mine = there.opens(raw)
    assert "木村のメモ" in mine.text
    assert here.opens(raw).has("release")


# ------------------------------------------------------------------ nobody


def test_a_closed_workspace_says_whom_to_ask_and_makes_nothing(office: Office, client: str) -> None:
    apply(office.store.directory, closed())
    before = everything(office)
    stranger = office.at(client, "new@aoba.example")
    for card in (stranger.opens(mail(1)), stranger.goes_home()):
        assert "伊藤 大輔" in card.text
        assert not card.buttons
    assert everything(office) == before


def test_an_unknown_company_learns_nothing_and_leaves_nothing(office: Office, client: str) -> None:
    before = everything(office)
    elsewhere = (
        {"domain": "nobody.example"} if client == "gmail" else {"tenant": "99999999-6f0e-4b0e-9d3c-52a1a7f1c009"}
    )
    stranger = office.at(client, "sato@aoba.example", **elsewhere)
    for card in (stranger.opens(mail(1)), stranger.goes_home()):
        assert "青葉" not in card.text
        assert "伊藤" not in card.text
        assert not card.buttons
    assert everything(office) == before


def test_a_consumer_account_is_of_no_company(office: Office) -> None:
    before = everything(office)
    card = office.at_gmail("sato@aoba.example", domain=None).goes_home()
    assert not card.buttons
    assert everything(office) == before


def test_somebody_who_left_is_refused_and_their_name_stays_in_what_they_did(office: Office, client: str) -> None:
    raw = mail(1)
    sato, suzuki = office.at(client, "sato@aoba.example"), office.at(client, "suzuki@aoba.example")
    sato.clicks(sato.opens(raw).button("note"), {"note": "引き継ぎのメモ"})
    apply(office.store.directory, FILE.replace(f'[[person]]\n{SATO}\nrole = "lead"\n', ""))
    assert not sato.opens(raw).buttons
    assert not office.at(client, "sato@aoba.example", subject="a new account").opens(raw).buttons
    card = suzuki.opens(raw)
    assert "佐藤" in card.text
    assert "引き継ぎのメモ" in card.text
    question = suzuki.clicks(card.button("ask", what="assign"))
    assert (
        "佐藤" not in str(question.body).split("selectionInput")[-1].split("Input.ChoiceSet")[-1].partition("items")[2]
    )


# ------------------------------------------------------------------ several at one account


def test_a_shared_account_sees_who_has_it_and_must_say_who_acts(office: Office, clients: tuple[str, str]) -> None:
    raw = mail(1)
    suzuki, shared = office.at(clients[0], "suzuki@aoba.example"), office.at(clients[1], "support@aoba.example")
    card = shared.opens(raw)
    refused = shared.clicks(card.button("note"), {"note": "名乗っていないメモ"})
    assert "名乗っていないメモ" in "".join(refused.fields.values())
    assert "名乗っていないメモ" not in suzuki.opens(raw).text
    shared.clicks(refused.button("note"), {"note": "佐藤のメモ", "acting_as": "sato"})
    seen = suzuki.opens(raw)
    assert "佐藤のメモ" in seen.text
    shared.clicks(card.button("take"), {"acting_as": "sato"})
    taken = (
        shared.clicks(shared.opens(raw).button("take"), {"acting_as": "sato"})
        if shared.opens(raw).has("take")
        else card
    )
    assert taken.status == 200
    assert "佐藤" in suzuki.opens(raw).text
    assert office.at(clients[0], "sato@aoba.example").opens(raw).has("release")
    assert "佐藤" in shared.opens(raw).text


@pytest.mark.parametrize("named", ["nobody", "", "shared:support@aoba.example"])
def test_naming_somebody_who_is_nobody_is_naming_nobody(office: Office, client: str, named: str) -> None:
    raw = mail(1)
    shared = office.at(client, "support@aoba.example")
    refused = shared.clicks(shared.opens(raw).button("take"), {"acting_as": named})
    assert refused.has("take")


def test_a_name_from_a_list_opens_no_private_team_and_lends_no_role(office: Office, client: str) -> None:
    """Whoever sits at support@ may name anybody: that proves nothing."""
    secret = mail(1, to="hr@aoba.example", subject="給与の改定について")
    member, shared = office.at(client, "yamamoto@aoba.example"), office.at(client, "support@aoba.example")
    member.opens(secret)
    order = mail(2)
    noted = shared.clicks(shared.opens(order).button("note"), {"note": "覚え", "acting_as": "yamamoto"})
    assert "覚え" in noted.text
    assert "給与" not in str(noted.body)
    suzuki = office.at(client, "suzuki@aoba.example")
    suzuki.clicks(suzuki.opens(order).button("take"))
    card = shared.opens(order)
    assert not any(one.args.get("others") for one in card.buttons)
    shared_viewer = office.store.directory.viewer(
        Identity("google", "aoba.example", "g-support@aoba.example", "support@aoba.example")
    )
    assert isinstance(shared_viewer, Viewer)
    named = shared_viewer.named(shared_viewer.workspace.person_by_id["yamamoto"])
    assert "hr" not in named.teams
    assert shared_viewer.named(shared_viewer.workspace.person_by_id["ito"]).role == "agent"


def test_shared_accounts_can_be_refused(office: Office, client: str) -> None:
    apply(office.store.directory, FILE.replace("[workspace]\n", '[workspace]\nshared_accounts = "refuse"\n'))
    before = everything(office)
    card = office.at(client, "support@aoba.example").opens(mail(1))
    assert not card.buttons
    assert "田中" not in card.text
    assert everything(office) == before


# ------------------------------------------------------------------ the file


def test_applying_again_changes_nothing(office: Office) -> None:
    before = everything(office)
    assert apply(office.store.directory, FILE).changes == ()
    assert everything(office) == before


def test_a_dry_run_says_what_would_change_and_changes_nothing(office: Office) -> None:
    before = everything(office)
    changed = FILE.replace("佐藤 美咲", "佐藤 みさき").replace(
        'google_domains = ["aoba.example"]', 'google_domains = ["b.example"]'
    )
    lines = apply(office.store.directory, changed, dry_run=True).changes
    assert any("sato" in line and "みさき" in line for line in lines)
    assert everything(office) == before


def test_a_changed_name_is_shown_with_what_was_done_under_the_old_one(office: Office, client: str) -> None:
    raw = mail(1)
    sato, suzuki = office.at(client, "sato@aoba.example"), office.at(client, "suzuki@aoba.example")
    sato.clicks(sato.opens(raw).button("take"))
    apply(office.store.directory, FILE.replace("佐藤 美咲", "高梨 美咲"))
    assert "高梨" in suzuki.opens(raw).text
    assert sato.opens(raw).has("release")


def test_what_the_file_leaves_out_is_archived_and_old_conversations_still_name_it(office: Office, client: str) -> None:
    """Teams, statuses, priorities and holds."""
    more = f"""{FILE}
[[status]]
id = "asking"
kind = "waiting"
name = {{ ja = "問い合わせ中", en = "Asking" }}
[[priority]]
id = "vip"
name = {{ ja = "大切なお客様", en = "VIP" }}
"""
    apply(office.store.directory, more)
    raw, sales = mail(1), mail(2, to="sales@aoba.example", sender="b@b.example")
    sato, suzuki = office.at(client, "sato@aoba.example"), office.at(client, "suzuki@aoba.example")
    card = sato.clicks(sato.opens(raw).button("priority", priority="vip"))
    assert "大切なお客様" in card.text
    sato.opens(sales)
    without_sales = FILE.replace('[[team]]\nid = "sales"\nname = "営業"\naddresses = ["sales@aoba.example"]\n', "")
    lines = apply(office.store.directory, without_sales).changes
    assert {"- team sales (archived)", "- priority vip (archived)", "- status asking (archived)"} <= set(lines)
    seen = suzuki.opens(raw)
    assert "大切なお客様" in seen.text
    assert not any(one.args.get("priority") == "vip" for one in seen.buttons)
    assert "営業" in suzuki.opens(sales).text
    fresh = suzuki.opens(mail(3, to="sales@aoba.example", sender="c@c.example"))
    assert not fresh.has("take"), "an archived team receives nothing new"
    assert "+ team sales (back from the archive)" in apply(office.store.directory, FILE).changes


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ('google_domains = ["aoba.example"]', "aoba.example"),
        (f'entra_tenants = ["{entra.TENANT}"]', entra.TENANT),
        ("", "support@aoba.example"),
    ],
)
def test_what_another_workspace_has_is_refused_and_nothing_is_taken(office: Office, line: str, named: str) -> None:
    address = "support@aoba.example" if not line else "help@kita.example"
    other = (
        f'[workspace]\nid = "kita"\nname = "北"\n{line}\n[[team]]\nid = "t"\nname = "T"\n'
        f'addresses = ["free@kita.example", "{address}"]\n'
    )
    before = everything(office)
    for dry_run in (True, False):
        with pytest.raises(WorkspaceFileError, match=named):
            apply(office.store.directory, other, dry_run=dry_run)
    assert everything(office) == before


def test_what_a_workspace_gives_up_another_may_take(office: Office) -> None:
    other = '[workspace]\nid = "kita"\nname = "北"\n[[team]]\nid = "t"\nname = "T"\naddresses = ["info@aoba.example"]\n'
    apply(office.store.directory, FILE.replace(', "info@aoba.example"', ""))
    assert apply(office.store.directory, other).changes


def test_every_problem_of_a_bad_file_is_named() -> None:
    bad = """
[workspace]
id = "Not An Id"
name = "x"
time_zone = "../../etc/passwd"
claim_minutes = 0
google_domains = ["no domain"]
entra_tenants = ["no guid"]
[[team]]
id = "a"
name = "A"
addresses = ["same@x.example", "not an address"]
members = ["ghost"]
default = true
[[team]]
id = "a"
name = "A again"
addresses = ["same@x.example"]
default = true
"""
    with pytest.raises(WorkspaceFileError) as caught:
        apply(NOWHERE, bad)
    said = "\n".join(caught.value.problems)
    for named in ("Not An Id", "time_zone", "claim_minutes", "no domain", "no guid", "same@x.example", "not an address",
                  "ghost", "stands twice", "default"):  # fmt: skip
        assert named in said
    assert len(caught.value.problems) >= 10


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ("", "workspace"),
        ("x = [", "TOML"),
        ('[workspace]\nid = "a"\nname = 5\n', "name"),
        ('[workspace]\nid = "a"\nname = "A"\nnew_setting = 1\n', "new_setting"),
        (
            '[workspace]\nid = "a"\nname = "A"\n[[status]]\nid = "s"\nkind = "odd"\nname = { ja = "x", en = "x" }\n',
            "kind",
        ),
    ],
)
def test_a_file_of_another_shape_says_where(bad: str, named: str) -> None:
    with pytest.raises(WorkspaceFileError) as caught:
        apply(NOWHERE, bad)
    assert all(named in problem for problem in caught.value.problems)


class _Nowhere:
    """Stands for a store that a bad file never reaches."""

    def described(self, workspace_id: str) -> Any:
        raise AssertionError(workspace_id)

    owned_elsewhere = register = store = described


NOWHERE: Any = _Nowhere()


# ------------------------------------------------------------------ running copies


def test_running_copies_follow_within_a_minute(office: Office) -> None:
    now = [0.0]
    copy = RedisDirectory(office.store.library, lambda: now[0])
    sato = Identity("google", "aoba.example", "g-1", "sato@aoba.example", "")
    assert name_of(copy, sato) == "佐藤 美咲"
    apply(office.store.directory, FILE.replace("佐藤 美咲", "高梨 美咲"))
    assert name_of(copy, sato) == "佐藤 美咲"
    now[0] = 61.0
    assert name_of(copy, sato) == "高梨 美咲"


def test_a_copy_follows_at_once_when_an_answer_shows_a_newer_directory(office: Office, client: str) -> None:
    """The office's own copy has a clock that stands nearly still; another copy applies a file."""
    raw = mail(1)
    sato, suzuki = office.at(client, "sato@aoba.example"), office.at(client, "suzuki@aoba.example")
    sato.clicks(sato.opens(raw).button("take"))
    assert "佐藤" in suzuki.opens(raw).text
    elsewhere = RedisDirectory(office.store.library, lambda: 0.0)
    apply(elsewhere, FILE.replace("佐藤 美咲", "高梨 美咲"))
    suzuki.opens(raw)
    assert "高梨" in suzuki.opens(raw).text


def name_of(directory: RedisDirectory, identity: Identity) -> str:
    viewer = directory.viewer(identity)
    assert not isinstance(viewer, Stranger)
    assert viewer.person
    return viewer.person.name
