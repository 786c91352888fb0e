"""The sample mailbox keeps what its README and the playground promise, down to the bytes."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pytest

import server
from server.domain.customers import external_party
from server.domain.workspace_file import read
from server.mail.parse import parse

PLAYGROUND = Path(server.__file__).parent / "web" / "playground"
MAILBOX = PLAYGROUND / "mailbox"
OURS = "aoba.example"
FREE_MAIL = {"tegami.example", "postbox.example"}
ADDRESS = re.compile(r"[\w.+-]+@([A-Za-z0-9.-]+)")


@dataclass(frozen=True)
class Sample:
    """One file, read with nothing but the standard library."""

    key: str
    raw: bytes

    @cached_property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=default)

    @property
    def body(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[2]

    @property
    def id(self) -> str:
        return str(self.message["Message-ID"] or "")

    @property
    def answers(self) -> str:
        return str(self.message["In-Reply-To"] or "")

    @property
    def references(self) -> list[str]:
        return re.findall(r"<[^>]+>", str(self.message["References"] or "")) + ([self.answers] if self.answers else [])

    @property
    def date(self) -> datetime:
        date = self.message["Date"].datetime
        assert isinstance(date, datetime)
        return date

    def addresses(self, *headers: str) -> list[str]:
        found = [self.message[header] for header in headers if self.message[header]]
        return [address.addr_spec.lower() for header in found for address in header.addresses]

    @cached_property
    def text(self) -> str:
        part = self.message.get_body(("plain", "html"))
        return str(part.get_content()) if part is not None else ""


@cache
def samples() -> tuple[Sample, ...]:
    files = sorted(MAILBOX.rglob("*.eml"))
    return tuple(Sample(file.relative_to(MAILBOX).as_posix(), file.read_bytes()) for file in files)


@cache
def workspace() -> dict[str, Any]:
    return tomllib.loads((PLAYGROUND / "workspace.toml").read_text(encoding="utf-8"))


def sample(name: str) -> Sample:
    return next(s for s in samples() if s.key.endswith(f"-{name}.eml"))


def customers() -> Iterator[str]:
    for s in samples():
        robot = s.message["List-Unsubscribe"] or s.message["Auto-Submitted"]
        original = s.message["X-Original-Sender"]
        for address in [str(original)] if original else s.addresses("From"):
            if s.key.startswith("shared/") and not robot and not address.endswith(OURS):
                yield address


def test_there_are_enough_mails_customers_and_companies() -> None:
    people = set(customers())
    assert len(samples()) >= 130
    assert len(people) >= 30
    assert len({address.partition("@")[2] for address in people} - FREE_MAIL) >= 20


def test_japanese_and_english_are_both_at_home() -> None:
    japanese = sum(bool(re.search("[\u3040-\u30ff]", s.text)) for s in samples())
    assert japanese >= 60
    assert len(samples()) - japanese >= 30


@pytest.mark.parametrize("s", samples(), ids=lambda s: s.key)
def test_each_file_is_a_mail_with_network_line_ends(s: Sample) -> None:
    assert b"\n" not in s.raw.replace(b"\r\n", b"")
    assert max(map(len, s.raw.split(b"\r\n"))) <= 998
    assert s.addresses("From")
    assert (
        datetime.fromisoformat("2026-08-20T00:00+09:00") <= s.date <= datetime.fromisoformat("2026-11-21T00:00+09:00")
    )
    assert [part for part in s.message.walk() if part.get_content_maintype() == "text"]


def test_ids_are_unique_and_exactly_one_mail_has_none() -> None:
    ids = Counter(s.id for s in samples())
    assert ids.pop("") == 1
    assert set(ids.values()) == {1}
    assert all(re.fullmatch(r"<[^<>@\s]+@[a-z0-9.-]+\.example>", found, re.IGNORECASE) for found in ids)


def test_every_reference_leads_to_a_mail_of_the_mailbox() -> None:
    known = {s.id for s in samples()}
    assert {found for s in samples() for found in s.references} <= known


def test_nothing_names_a_real_host_or_person() -> None:
    for s in samples():
        texts = [str(part.get_content()) for part in s.message.walk() if part.get_content_maintype() == "text"]
        text = "\n".join([*(str(value) for value in s.message.values()), *texts])
        text = re.sub(r"\x1b\$B.*?\x1b\(B", "", text)  # kanji of the mail without a charset look like addresses
        hosts = {
            found.lower().rstrip(".") for found in [*ADDRESS.findall(text), *re.findall(r"https?://([\w.-]+)", text)]
        }
        assert not [host for host in hosts if not host.endswith(".example")], s.key


def test_iso_2022_jp_is_there_plain_and_with_nec_characters_and_half_width_kana() -> None:
    plain = sample("sakura-1")
    assert plain.message.get_content_charset() == "iso-2022-jp"
    assert "さくら坂クリニックの井上です" in plain.body.decode("iso2022_jp")
    nec = sample("takasaki-1")
    # ① ㈱ 髙 﨑 in rows 13 and 92, which Python's codecs do not read; ESC ( I begins half-width kana.
    for raw in (b"\x1b$B-!", b"\x1b$B-j|byu", b"-b\x1b(B", b"\x1b(I15J"):
        assert raw in nec.body
    with pytest.raises(UnicodeDecodeError):
        nec.body.decode("iso2022_jp_ext")


def test_shift_jis_and_euc_jp_are_there_under_true_false_and_missing_labels() -> None:
    true, false = sample("fujimaki-4"), sample("tsubame-1")
    assert true.message.get_content_charset() == "shift_jis"
    assert "藤巻産業の藤巻でございます" in true.body.decode("cp932")
    assert false.message.get_content_charset() == "us-ascii"
    assert "つばめ運輸の清水です" in false.body.decode("cp932")
    assert re.search(rb"\r\nSubject: [^\r]*[\x80-\xff]", false.raw)
    euc = sample("fujimaki-3")
    assert euc.message.get_content_charset() == "euc-jp"
    assert "斎藤です" in euc.body.decode("euc_jp")
    unlabelled = sample("gakuen-1"), sample("gakuen-3")
    assert [s.message.get_content_charset() for s in unlabelled] == [None, None]
    assert "青空学園 事務局の森" in unlabelled[0].body.decode("iso2022_jp")
    assert "本日の会議で承認されました" in unlabelled[1].body.decode("utf-8")


def test_encodings_and_shapes_of_bodies_are_all_there() -> None:
    leaves = [part for s in samples() for part in s.message.walk() if not part.is_multipart()]
    assert {str(part["Content-Transfer-Encoding"] or "").lower() for part in leaves} >= {
        "7bit", "8bit", "base64", "quoted-printable", "",
    }  # fmt: skip
    kinds = {part.get_content_type() for s in samples() for part in s.message.walk()}
    assert kinds >= {
        "text/plain", "text/html", "multipart/alternative", "multipart/mixed", "multipart/report",
        "message/delivery-status", "message/rfc822", "application/pdf", "text/csv",
    }  # fmt: skip
    assert sum(s.message.get_content_type() == "text/html" for s in samples()) >= 3
    pdf = next(
        part for s in samples() for part in s.message.iter_attachments() if part.get_content_type() == "application/pdf"
    )
    assert pdf.get_content().startswith(b"%PDF-1.4")


def test_quotes_have_the_forms_of_outlook_gmail_apple_and_thunderbird_in_both_languages() -> None:
    html = "".join(
        str(part.get_content())
        for s in samples()
        for part in s.message.walk()
        if part.get_content_type() == "text/html"
    )
    for mark in ('class="gmail_quote', 'id="divRplyFwdMsg"', 'id="appendonsend"', "<b>差出人:</b>", "<b>From:</b>"):
        assert mark in html
    text = "\n".join(s.text for s in samples())
    for mark in (
        r"\n差出人: .+\r?\n送信日時: ",
        r"\nFrom: .+\r?\nSent: ",
        r"-----Original Message-----",
        r"---------- Forwarded message ---------",
        r"\n2026年\d+月\d+日\([月火水木金土日]\) \d+:\d\d .+ <[^>]+>:",
        r"\nOn \w{3}, \d+ \w{3} 2026 at [\d:]+, .+\r?\nwrote:",
        r"\n2026/\d\d/\d\d \d+:\d\d、.+のメール:",
        r"\nOn 2026/\d\d/\d\d \d+:\d\d, .+ wrote:",
        r"iPhoneから送信",
    ):
        assert re.search(mark, text), mark


def test_two_agents_answered_the_same_mail_six_minutes_apart() -> None:
    first, second = sample("shiomi-2"), sample("shiomi-3")
    assert first.answers == second.answers == sample("shiomi-1").id
    assert first.addresses("From") != second.addresses("From")
    assert second.date - first.date == timedelta(minutes=6)


def test_an_upset_customer_writes_for_the_third_time_and_a_promise_has_a_time() -> None:
    upset = sample("hokuto-4")
    assert "ご連絡は3回目です" in upset.text
    assert upset.id not in {s.answers for s in samples()}
    assert "9月29日（火）15時までにご連絡します" in sample("midori-2").text


@pytest.mark.parametrize("proof", ["kestrel-c1", "hokuto-4"])
def test_two_chains_are_proved_to_be_one_by_a_later_mail(proof: str) -> None:
    later = sample(proof)
    roots: dict[str, str] = {}

    def root(found: str) -> str:
        while roots.setdefault(found, found) != found:
            found = roots[found]
        return found

    for s in samples():
        if s.date < later.date:
            for found in s.references:
                roots[root(found)] = root(s.id)
    assert len({root(found) for found in later.references}) == 2


def test_one_answer_is_dated_before_the_mail_it_answers() -> None:
    dates = {s.id: s.date for s in samples()}
    early = [s.key for s in samples() if s.answers and s.date < dates[s.answers]]
    assert early == [sample("yamate-3").key]


def test_mail_that_is_not_plainly_from_its_customer_is_there() -> None:
    group = sample("fujimaki-1")
    assert group.addresses("From") == ["info@aoba.example"]
    assert group.addresses("Reply-To") == ["saito@fujimaki.example"]
    assert "saito@fujimaki.example" in str(group.message["X-Original-From"])
    behalf = sample("marukoshi-1")
    assert behalf.addresses("From") == ["abe@marukoshi.example"]
    assert behalf.addresses("Sender") == ["nishino@marukoshi.example"]
    form = workspace()["form"][0]
    mail = sample("form-1")
    assert mail.addresses("From") == [form["sender"]]
    assert form["subject_contains"] in str(mail.message["Subject"])
    assert f"{form['label']}：miura@cafe-hinata.example" in mail.text
    assert f"{form['name_label']}：三浦 沙織" in mail.text


def test_robots_are_there_and_say_so() -> None:
    assert sample("notice-bounce").message.get_content_type() == "multipart/report"
    assert sample("notice-auto").message["Auto-Submitted"] == "auto-replied"
    assert sum(s.message["List-Unsubscribe"] is not None for s in samples()) == 2


def test_mail_for_several_teams_for_a_private_team_and_a_notice_answered_by_strangers() -> None:
    teams = {address: team["id"] for team in workspace()["team"] for address in team["addresses"]}
    reached = [{teams.get(address) for address in s.addresses("To", "Cc")} - {None} for s in samples()]
    assert {"support", "sales"} in reached
    assert {"hr"} in reached
    notice = sample("notice-1")
    assert notice.addresses("From", "To") == ["support@aoba.example"] * 2
    strangers = {
        a.partition("@")[2]
        for s in samples()
        if s.answers == notice.id and not s.message["Auto-Submitted"]
        for a in s.addresses("From")
    }
    assert len(strangers) == 3


def test_private_folders_belong_to_people_and_hold_their_mail_only() -> None:
    people = {person["id"]: person["emails"] for person in workspace()["person"]}
    shared = {address for team in workspace()["team"] for address in team["addresses"]}
    private = [s for s in samples() if s.key.startswith("private/")]
    assert len(private) >= 9
    for s in private:
        reached = s.addresses("To", "Cc")
        assert set(people[s.key.split("/")[1]]) & set(reached)
        assert not shared & set(reached)
    known = {s.id for s in samples() if s.key.startswith("shared/")}
    assert any(s.answers in known for s in private), "a customer answers an agent alone, in a thread of the team"


def test_threads_are_worth_reading() -> None:
    thread = [s for s in samples() if "新店舗向けエスプレッソマシン" in str(s.message["Subject"])]
    writers = {address for s in thread for address in s.addresses("From")}
    assert len([s for s in thread if s.key.startswith("shared/")]) == 9
    assert len({w for w in writers if w.endswith(OURS)}) == 2
    assert len({w for w in writers if not w.endswith(OURS)}) == 2


def test_the_readme_names_every_file() -> None:
    readme = (MAILBOX / "README.md").read_text(encoding="utf-8")
    assert not [s.key for s in samples() if f"`{Path(s.key).stem}`" not in readme]


def test_people_of_the_workspace_have_roles_and_write_from_their_addresses() -> None:
    people = workspace()["person"]
    assert len(people) == 8
    assert {person["role"] for person in people} == {"agent", "lead", "admin"}
    writers = {address for s in samples() for address in s.addresses("From")}
    assert {email for person in people for email in person["emails"]} <= writers


def test_the_workspace_file_is_one_that_the_service_accepts() -> None:
    workspace = read((PLAYGROUND / "workspace.toml").read_text(encoding="utf-8"))
    assert [status.kind for status in workspace.statuses] == ["open", "working", "done"]
    assert [team.id for team in workspace.teams if team.private] == ["hr"]


def test_our_own_reading_finds_no_broken_letter_and_the_right_customers() -> None:
    workspace = read((PLAYGROUND / "workspace.toml").read_text(encoding="utf-8"))
    parties = {}
    for s in samples():
        mail = parse(s.raw)
        assert not re.search("[\ufffd\ue000-\uf8ff]|=\\?", mail.subject + mail.sender.name + mail.text), s.key
        parties[Path(s.key).stem.partition("-")[2]] = external_party(mail, workspace.ours, workspace.forms)
    named = {name: f"{party.name} {party.email}" if party else "" for name, party in parties.items()}
    assert named["fujimaki-1"] == "斎藤 学 saito@fujimaki.example"
    assert named["marukoshi-1"] == "阿部 誠一 abe@marukoshi.example"
    assert named["form-1"] == "三浦 沙織 miura@cafe-hinata.example"
    assert named["midori-2"] == "田中 太郎 tanaka@midori-coffee.example"
    assert named["takasaki-1"] == "髙﨑 一郎 ichiro@takasaki-shoten.example"
    assert named["internal-1"] == named["notice-1"] == ""
