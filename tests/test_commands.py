"""The commands beside the running service and without it: what they do, how they end, and that they never meet in each other's way."""

from __future__ import annotations

import json
import mailbox
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from email import message_from_bytes
from pathlib import Path

import pytest
from click.testing import CliRunner

from server.cli import main
from server.store.embedded import attach_or_start, is_running
from server.usecases.apply import apply
from server.wiring import open_store
from tests.contract.conftest import WORKSPACE
from tests.contract.office import mail
from tests.standins import entra

ROOT = Path(__file__).parents[1]
FILE = WORKSPACE.format(tenant=entra.TENANT)

pytestmark = pytest.mark.slow


def started(data: Path, *words: str) -> subprocess.Popen[str]:
    environment = {"PATH": os.environ["PATH"], "SOBANI_DATA": str(data), "LANG": "C.UTF-8"}
    return subprocess.Popen(
        [sys.executable, "-m", "server", *words],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ends(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    said, complained = process.communicate(timeout=60)
    return process.returncode, said, complained


def sobani(data: Path, *words: str) -> tuple[int, str, str]:
    """Run a command to its end: status, what it said, what it complained about."""
    return ends(started(data, *words))


def inside(data: Path, *words: str, given: bytes = b"") -> tuple[int, str, str]:
    """The same in this process. To start another takes longer than most commands; the other tests see that it can be done."""
    others = {name: None for name in os.environ if name.startswith("SOBANI_") or name == "REDIS_URL"}
    ended = CliRunner().invoke(main, words, input=given, env={**others, "SOBANI_DATA": str(data)})
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    return ended.exit_code, ended.stdout, ended.stderr


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "workspace.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def beside(data: Path) -> Iterator[Path]:
    """Return the data folder of a store that runs, with the workspace in it: commands attach in no time."""
    with attach_or_start(data) as server:
        store = open_store(server.url)
        apply(store.directory, FILE)
        store.library.client.close()
        yield data


def laid(folder: Path, names: Sequence[str]) -> Path:
    """Lay mails into a folder; a name is its number too."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / f"{name}.eml").write_bytes(mail(name, sender=f"客 <c{name}@shop{name}.example>"))
    return folder


def one_line(text: str) -> str:
    """Return the only line of a complaint; a traceback would be many."""
    assert text.startswith("sobani: ")
    assert text.count("\n") == 1, text
    return text


# ------------------------------------------------------------------ apply


def test_a_file_is_applied_with_and_without_the_running_store(data: Path, file: Path) -> None:
    status, said, complained = sobani(data, "apply", "--dry-run", str(file))
    assert (status, complained) == (0, "")
    assert "would change" in said
    assert sobani(data, "apply", str(file))[0] == 0
    assert not is_running(data), "who started the store has stopped it"
    with attach_or_start(data):
        assert sobani(data, "apply", str(file))[1] == "aoba: nothing to change\n"
        assert is_running(data)


def test_every_problem_of_a_file_is_a_line_and_the_status_is_1(data: Path, file: Path) -> None:
    file.write_text(FILE.replace('"Asia/Tokyo"', '"Mars"').replace('"yamamoto"]', '"ghost"]'), encoding="utf-8")
    status, said, complained = sobani(data, "apply", str(file))
    assert (status, said) == (1, "")
    assert "ghost" in complained
    assert all(line.startswith("sobani: ") for line in complained.splitlines())


@pytest.mark.parametrize("what", ["missing", "a folder", "not UTF-8"])
def test_a_file_that_cannot_be_read_is_one_line(data: Path, tmp_path: Path, what: str) -> None:
    path = tmp_path / "file.toml"
    if what == "a folder":
        path.mkdir()
    elif what == "not UTF-8":
        path.write_bytes(b"\xff\xfe")
    status, _, complained = sobani(data, "apply", str(path))
    assert status == 1
    assert str(path) in one_line(complained)


def test_a_bad_setting_is_one_line_and_status_2(data: Path, file: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "server", "apply", str(file)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "SOBANI_DATA": str(data), "REDIS_URL": "http://not-redis.example"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 2
    assert "REDIS_URL" in one_line(process.stderr)


def test_a_store_that_cannot_be_reached_is_one_line(data: Path, file: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "server", "apply", str(file)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "SOBANI_DATA": str(data), "REDIS_URL": "redis://127.0.0.1:1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1
    assert "cannot be reached" in one_line(process.stderr)


# ------------------------------------------------------------------ import


def test_mails_of_every_kind_of_place_are_brought_in_once(beside: Path, tmp_path: Path) -> None:
    folder = laid(tmp_path / "mails" / "deep", ["1", "2"])
    maildir = mailbox.Maildir(tmp_path / "maildir")
    maildir.add(message_from_bytes(mail("3")))
    maildir.close()
    box = mailbox.mbox(tmp_path / "old.mbox")
    for number in ("4", "5"):
        box.add(message_from_bytes(mail(number)))
    box.close()
    places = (str(folder.parent), str(tmp_path / "maildir"), str(tmp_path / "old.mbox"))
    status, said, _ = sobani(beside, "import", *places)
    assert (status, said) == (0, "5 new, 0 known, 0 not the team's, 0 of them automatic, 0 skipped\n")
    status, said, _ = sobani(beside, "import", *places)
    assert (status, said) == (0, "0 new, 5 known, 0 not the team's, 0 of them automatic, 0 skipped\n")


def test_what_cannot_be_read_is_named_with_its_reason_and_the_rest_goes_on(beside: Path, tmp_path: Path) -> None:
    folder = laid(tmp_path / "mails", ["1", "2"])
    (folder / "empty.eml").write_bytes(b"")
    (folder / "picture.eml").write_bytes(bytes(range(256)) * 40)
    status, said, complained = inside(beside, "import", str(folder), str(tmp_path / "nowhere"))
    assert status == 0
    assert said.startswith("2 new")
    assert "3 skipped" in said
    lines = [line for line in complained.splitlines() if line.startswith("skipped ")]
    for name in ("empty.eml", "picture.eml", "nowhere"):
        (line,) = [one for one in lines if name in one]
        assert line.partition(f"{name}: ")[2], line


def test_a_command_that_needs_a_workspace_says_which_there_are(beside: Path, tmp_path: Path) -> None:
    folder = laid(tmp_path / "mails", ["1"])
    assert "no workspace yet" in one_line(sobani(tmp_path / "empty", "import", str(folder))[2])
    assert "no workspace kita" in one_line(inside(beside, "import", "--workspace", "kita", str(folder))[2])
    other = tmp_path / "other.toml"
    other.write_text('[workspace]\nid = "kita"\nname = "北"\n[[team]]\nid = "t"\nname = "T"\n', encoding="utf-8")
    assert inside(beside, "apply", str(other))[0] == 0
    assert "aoba, kita" in one_line(inside(beside, "import", str(folder))[2])


# ------------------------------------------------------------------ explain


def test_a_mail_is_explained_as_json_and_as_text(beside: Path, tmp_path: Path) -> None:
    path = tmp_path / "one.eml"
    path.write_bytes(mail(1, references=["0"], cc="sato@aoba.example"))
    status, said, _ = inside(beside, "explain", "--json", str(path))
    assert status == 0
    found = json.loads(said)
    assert found["subject"] == "ご注文について"
    assert found["customer"] == {
        "email": "tanaka@midori.example",
        "name": "田中 太郎",
        "company_domain": "midori.example",
    }
    assert (found["team"], found["teams"]) == ("support", ["support"])
    assert found["ids"] == {
        "message_id": "1@mail.example",
        "references": ["0@mail.example"],
        "fingerprinted": False,
    }
    assert found["addresses"]["from"] == {"email": "tanaka@midori.example", "name": "田中 太郎"}
    assert [one["email"] for one in found["addresses"]["cc"]] == ["sato@aoba.example"]
    assert "注文の件" in found["new_text"]
    status, said, _ = inside(beside, "explain", str(path))
    assert status == 0
    assert "support" in said


def test_a_text_is_explained_with_mood_deadline_details_and_suggestions(beside: Path, tmp_path: Path) -> None:
    path = tmp_path / "one.txt"
    path.write_text(
        "注文番号A-10293の品がまだ届きません。これで3回目の連絡です。いい加減にしてください。\n本日17時までにご返事をください。\n",
        "utf-8",
    )
    status, said, _ = inside(beside, "explain", "--json", str(path))
    assert status == 0
    found = json.loads(said)
    assert (found["subject"], found["language"]) == ("", "ja")
    assert found["mood"]["dissatisfied"]["marked"]
    assert found["mood"]["dissatisfied"]["sentence"] in found["new_text"]
    assert [one["text"] for one in found["deadlines"]] == ["本日17時までに"]
    assert found["present"]["order_number"] == "A-10293"
    assert isinstance(found["missing"], list)
    assert 1 <= len(found["suggestions"]) <= 3
    assert all(one["reasons"] for one in found["suggestions"])
    assert found["suggestions"][0]["kind"] == "upset"
    status, said, _ = inside(beside, "explain", str(path))
    assert status == 0
    assert "(marked)" in said


def test_a_draft_is_checked_as_json_and_as_text(beside: Path, tmp_path: Path) -> None:
    path = tmp_path / "draft.txt"
    path.write_text("{{ customer_name }}\n\n了解しました。明日ご連絡いたします。\n", "utf-8")
    status, said, _ = inside(beside, "check", str(path), "--subject", "お問い合わせの件", "--json")
    assert status == 1
    findings = json.loads(said)["findings"]
    assert findings[0]["severity"] == "error"
    assert {"rule", "severity", "place", "replacement"} <= findings[0].keys()
    place = findings[0]["place"]
    assert path.read_text("utf-8")[place["start"] : place["end"]].strip() == "{{ customer_name }}"
    status, said, _ = inside(beside, "check", str(path), "--subject", "お問い合わせの件")
    assert status == 1
    assert "承知いたしました" in said
    path.write_text(
        "田中 太郎 様\n\n青葉商事の佐藤です。商品は本日発送いたしました。11月30日までに届きます。\n", "utf-8"
    )
    assert inside(beside, "check", str(path), "--subject", "発送のご連絡")[0] == 0


COMPLAINT = "注文番号A-10293の品がまだ届きません。\n本日17時までにご返事をください。\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "euc_jp", "iso2022_jp", "utf-16"])
def test_a_text_is_read_in_whatever_encoding_an_editor_leaves(beside: Path, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "one.txt"
    path.write_bytes("{{ customer_name }}\r\n\r\n了解しました。\r\n".encode(encoding))
    findings = json.loads(inside(beside, "check", str(path), "--subject", "返品のご案内", "--json")[1])["findings"]
    assert [one["quote"] for one in findings if one["rule"] == "rough"] == ["了解しました"]


def test_a_dash_is_what_comes_in(beside: Path) -> None:
    status, said, _ = inside(beside, "explain", "-", "--json", given=COMPLAINT.replace("\n", "\r\n").encode("cp932"))
    assert (status, json.loads(said)["new_text"]) == (0, COMPLAINT.strip())
    status, said, _ = inside(beside, "check", "-", "--subject", "返品のご案内", given="了解しました。".encode())
    assert status == 0
    assert "了解しました" in said


def test_a_draft_in_a_file_has_nothing_attached(beside: Path, tmp_path: Path) -> None:
    path = tmp_path / "draft.txt"
    path.write_text("田中様\n\n青葉商事の佐藤です。見積書を添付いたしましたので、ご確認ください。\n", "utf-8")
    status, said, _ = inside(beside, "check", str(path), "--subject", "お見積りの件", "--json")
    assert status == 0
    assert "attachment-missing" in [one["rule"] for one in json.loads(said)["findings"]]


@pytest.mark.parametrize(("name", "why"), [("gone.txt", "No such file or directory"), (".", "Is a directory")])
def test_a_file_that_cannot_be_read_is_named_with_the_reason(beside: Path, tmp_path: Path, name: str, why: str) -> None:
    path = f"{tmp_path}/{name}"
    for words in (("explain", path), ("check", path, "--subject", "x"), ("bench-mood", "--test", path)):
        status, said, complained = inside(beside, *words)
        assert (status, said) == (1, "")
        assert why in one_line(complained)


def test_answers_and_moods_are_measured_by_anybodys_files(beside: Path, tmp_path: Path) -> None:
    test, train, guesses = tmp_path / "test.csv", tmp_path / "train.csv", tmp_path / "guesses.csv"
    test.write_text("text,label\n荷物はどこですか,where\n領収書をください,invoice\n今日の天気は,oos\n", "utf-8")
    train.write_text("text,label\n荷物の配送状況を知りたい,where\n領収書を発行してください,invoice\n", "utf-8")
    status, said, _ = sobani(
        beside, "bench-replies", "--test", str(test), "--train", str(train), "--predictions", str(guesses)
    )
    assert status == 0
    figures = {one["name"]: one["value"] for one in map(json.loads, said.splitlines())}
    assert figures["top1"] == 100
    assert "oos_auroc" in figures
    assert guesses.read_text("utf-8").splitlines()[0] == "text,label,guess1,guess2,guess3"
    moods = tmp_path / "moods.csv"
    moods.write_text("text,dissatisfied\n対応がひどすぎます。,1\n領収書をください。,0\n", "utf-8")
    status, said, _ = inside(beside, "bench-mood", "--test", str(moods))
    assert status == 0
    assert {"name": "dissatisfied_auc", "value": 1.0, "unit": "ratio"} in map(json.loads, said.splitlines())
    moods.write_text("words\nx\n", "utf-8")
    status, said, complained = inside(beside, "bench-mood", "--test", str(moods))
    assert (status, said) == (1, "")
    assert one_line(complained)


@pytest.mark.parametrize("content", [b"", bytes(range(256)) * 10])
def test_what_is_no_mail_is_said_in_a_sentence(beside: Path, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.eml"
    path.write_bytes(content)
    status, said, complained = inside(beside, "explain", str(path))
    assert (status, said) == (1, "")
    assert len(one_line(complained)) > len("sobani: \n")


# ------------------------------------------------------------------ forget


def test_a_person_is_forgotten_and_what_went_is_said(beside: Path, tmp_path: Path) -> None:
    inside(beside, "import", str(laid(tmp_path / "mails", ["1", "2"])))
    status, said, _ = inside(beside, "forget", "C1@Shop1.Example")
    assert status == 0
    assert said.startswith("aoba: 1 conversations and 1 mails removed")
    assert inside(beside, "forget", "c1@shop1.example")[1].startswith("aoba: 0 conversations and 0 mails removed")
    assert inside(beside, "import", str(tmp_path / "mails"))[1].startswith("1 new, 1 known")


@pytest.mark.parametrize(
    ("address", "why"),
    [("nobody", "no e-mail address"), ("sato@aoba.example", "colleague"), ("support@aoba.example", "shared")],
)
def test_only_an_outsider_can_be_forgotten(beside: Path, address: str, why: str) -> None:
    status, said, complained = inside(beside, "forget", address)
    assert (status, said) == (1, "")
    assert why in one_line(complained)


# ------------------------------------------------------------------ all at once


def test_several_commands_at_once_on_one_folder_all_do_their_work(data: Path, file: Path, tmp_path: Path) -> None:
    """Without the service: each starts the store or meets another's; nothing is lost and nothing stays running."""
    sobani(data, "apply", str(file))
    folders = [laid(tmp_path / f"mails{n}", [f"{n}{m}" for m in range(5)]) for n in range(3)]
    running = [started(data, "import", str(folder)) for folder in folders]
    running += [started(data, "apply", str(file)), started(data, "import", str(folders[0]))]
    running.append(started(data, "explain", str(folders[0] / "00.eml")))
    ended = [ends(one) for one in running]
    assert [status for status, _, _ in ended] == [0] * len(running), ended
    assert not is_running(data)
    _, said, _ = sobani(data, "import", *map(str, folders))
    assert said.startswith("0 new, 15 known")


def test_help_needs_nothing(data: Path) -> None:
    for words in (("--help",), ("apply", "--help"), ("import", "--help"), ("forget", "--help")):
        status, said, complained = sobani(data, *words)
        assert (status, complained) == (0, "")
        assert "Usage" in said
    assert not data.exists()
