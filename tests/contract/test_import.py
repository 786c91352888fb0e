"""Past mails: what an import makes of them."""

from __future__ import annotations

from server.domain.placing import placing_of
from server.mail.parse import parse
from tests.contract.office import Office, mail


def test_an_import_leaves_open_what_the_customer_asked_last_and_lately(office: Office, client: str) -> None:
    """What we answered is done, what is long past is done, a robot's mail is no question."""
    workspace = office.store.directory.workspace("aoba")
    assert workspace
    mails = [
        mail("old", subject="昔の質問", date="Mon, 01 Jun 2026 10:00:00 +0900"),
        mail("new", sender="山本 <yama@kita.example>", subject="最近の質問", date="Fri, 20 Nov 2026 10:00:00 +0900"),
        mail("q", sender="林 <hayashi@minami.example>", subject="答えた質問", date="Thu, 19 Nov 2026 10:00:00 +0900"),
        mail(
            "a",
            sender="support@aoba.example",
            to="hayashi@minami.example",
            references=["q"],
            date="Thu, 19 Nov 2026 11:00:00 +0900",
        ),
        mail("r", sender="自動 <robot@nishi.example>", subject="不在のお知らせ", Auto_Submitted="auto-replied"),
    ]
    report = office.store.conversations.ingest(workspace, [placing_of(parse(raw), workspace) for raw in mails])
    assert (report.new, report.known, report.elsewhere) == (5, 0, 0)
    again = office.store.conversations.ingest(workspace, [placing_of(parse(raw), workspace) for raw in mails])
    assert (again.new, again.known) == (0, 5)
    home = office.at(client, "sato@aoba.example").goes_home()
    assert "最近の質問" in home.text
    for settled in ("昔の質問", "答えた質問", "不在のお知らせ"):
        assert settled not in home.text


def test_a_robots_mail_is_no_question_when_it_is_opened_either(office: Office, client: str) -> None:
    sato = office.at(client, "sato@aoba.example")
    sato.opens(mail("r", sender="自動 <robot@nishi.example>", subject="不在のお知らせ", Auto_Submitted="auto-replied"))
    assert "不在のお知らせ" not in sato.goes_home().text
