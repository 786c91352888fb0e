"""The gallery's states of the CRM: what is known, what is guessed, what is wrong, and what was written into it."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from server.domain.conversation import Company, Customer, View
from server.domain.crm import (
    Ability,
    Asked,
    Candidate,
    Connection,
    CrmRef,
    Entry,
    Errand,
    Item,
    Made,
    Money,
    Reason,
    Record,
    Sight,
    Usage,
    Wanted,
)
from server.domain.outcomes import Ask, Done, HistoryPage, Outcome, Question, Refusal, Refused, Seen
from server.domain.workspace import Viewer, Workspace

_MINUTE: Final = 60_000
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR

HUBSPOT: Final = Connection("hubspot", "hubspot", "HubSpot", abilities=tuple(Ability))
KINTONE: Final = Connection(
    "kintone", "kintone", "顧客管理 (kintone)", abilities=(Ability.DEALS, Ability.TICKETS, Ability.WEBHOOKS)
)
_PAGE: Final = "https://crm.aoba.example/contacts/"


def crm_outcomes(
    aoba: Workspace, standard: View, now: int, hostile: str, long: str
) -> dict[str, tuple[Outcome, Viewer | None]]:
    """The states by name, made of the gallery's own company and customer."""
    workspace = replace(aoba, connections=(HUBSPOT, KINTONE))
    sato = Viewer(workspace, workspace.person_by_id["sato"], provider="google")
    suzuki = Viewer(workspace, workspace.person_by_id["suzuki"], provider="entra")
    shared = Viewer(workspace, None, shared="support@aoba.example", provider="google")
    calm = replace(standard, conversation=replace(standard.conversation, due=0, priority="", claim=None), present=())

    def seen(*entries: Entry, view: View = calm, **sight: object) -> Seen:
        return Seen(replace(view, crm=replace(Sight(entries), **sight)))

    full = _record(now)
    found = Entry(
        connection="hubspot", at=now - 5 * _MINUTE, state="found", record=full, reason=Reason.EXACT, tried=now
    )
    two = replace(found, candidates=(_candidate("1", "田中 太郎", Reason.EXACT), *_several()[1:]))
    contract = Entry(
        connection="kintone",
        at=now - 28 * _MINUTE,
        state="found",
        reason=Reason.ALIAS,
        record=Record(
            ref=CrmRef("kintone", "contact", "7"),
            plan="別のプラン",
            renewal="2027-03-31",
            more={"配送ルート": "東京B", "検収": "毎月25日"},
        ),
    )
    asked = Wanted((Asked("tanaka@midori.example"),), ("田中 太郎",), "midori.example")
    several = Entry(
        connection="hubspot", at=now - 2 * _MINUTE, state="several", wanted=asked, candidates=_several(), tried=now
    )
    firm = replace(
        found,
        reason=Reason.DOMAIN,
        record=Record(
            ref=CrmRef("hubspot", "company", "c9"),
            name="みどり食品株式会社",
            plan="法人 定期便",
            owner="伊藤 大輔",
            url=_PAGE + "c9",
        ),
        candidates=(
            Candidate(CrmRef("hubspot", "company", "c9"), "みどり食品株式会社", reason=Reason.DOMAIN),
            replace(_candidate("4", "田中 太郎", Reason.NAME), addresses=("taro@midori.example",)),
        ),
    )
    nobody = Entry(connection="hubspot", at=now - 4 * _MINUTE, state="none", wanted=asked, tried=now)
    stranger = replace(calm, customer=Customer("k1", addresses=("tanaka@midori.example",)), company=None, history=())
    old = replace(contract, at=now - 30 * _MINUTE, trouble="down", tried=now)
    failed = Entry(connection="kintone", at=0, state="failed", trouble="refused", tried=now)

    def errand(kind: str, state: str, **more: object) -> Errand:
        base = Errand(connection="hubspot", kind="log", by="sato", at=now - 3 * _MINUTE, state="done")
        return replace(base, kind=kind, state=state, **more)

    done = errand("log", "done", made=Made("e1", _PAGE + "1/engagements/1"))
    states: dict[str, tuple[Outcome, Viewer | None]] = {
        "crm-full": (seen(found, contract), sato),
        "crm-outlook": (seen(found, contract), suzuki),
        "crm-own-order": (
            seen(found),
            Viewer(
                replace(workspace, panel=("renewal", "value", "usage", "owner", "more", "later")),
                sato.person,
                provider="google",
            ),
        ),
        "crm-other-records": (seen(two), sato),
        "crm-long": (seen(replace(found, record=_long(full, now, long))), sato),
        "crm-candidates": (seen(several), sato),
        "crm-candidates-shared-account": (seen(several), shared),
        "crm-taken-off": (seen(replace(several, candidates=_several()[:1])), sato),
        "crm-company": (seen(firm), sato),
        "crm-unknown": (seen(nobody, view=stranger), sato),
        "crm-unknown-and-found": (seen(nobody, contract), sato),
        "crm-pending": (seen(pending=("hubspot", "kintone")), sato),
        "crm-pending-outlook": (seen(found, pending=("kintone",)), suzuki),
        "crm-broken": (seen(found, broken={"kintone": now + 8 * _MINUTE}), sato),
        "crm-broken-with-old": (seen(found, contract, broken={"kintone": now + 8 * _MINUTE}), sato),
        "crm-troubled": (seen(replace(found, trouble="slow"), old), sato),
        "crm-failed": (seen(failed), sato),
        "crm-only-known-to-it": (seen(found, view=stranger), sato),
        "crm-leaving": (seen(replace(found, record=_leaving(full, now)), view=replace(calm, history=())), sato),
        "crm-logged-by-colleague": (seen(found, errands=(done,)), suzuki),
        "crm-logged-by-me": (seen(found, errands=(done,)), sato),
        "crm-logging": (seen(found, errands=(errand("log", "waiting"),)), sato),
        "crm-unlogging": (seen(found, errands=(errand("log", "undoing"),)), suzuki),
        "crm-unlog-failed": (seen(found, errands=(replace(done, trouble="refused"),)), sato),
        "crm-log-failed": (seen(found, errands=(errand("log", "failed", trouble="refused"),)), sato),
        "crm-log-unsure": (seen(found, errands=(errand("log", "unsure", trouble="slow"),)), sato),
        "crm-created": (
            seen(
                found,
                errands=(
                    errand("ticket", "done", title="納品日の前倒し", made=Made("t1", _PAGE + "tickets/1")),
                    errand("deal", "waiting", title="追加の定期便"),
                ),
            ),
            sato,
        ),
        "crm-create-failed": (
            seen(found, errands=(errand("ticket", "failed", trouble="mapping"), errand("deal", "unsure"))),
            suzuki,
        ),
        "crm-hostile": (
            seen(replace(found, record=_hostile(full, now, hostile)), _hostile_choice(several, hostile)),
            sato,
        ),
        "crm-history": (HistoryPage(seen(found, view=replace(calm, more="p9")).view), sato),
        "crm-history-older": (HistoryPage(seen(found, view=replace(calm, more="p9")).view, now - 20 * _DAY), sato),
        "crm-english-customer": (
            seen(replace(found, record=_english(now)), view=replace(stranger, company=Company("harbour.example", ""))),
            sato,
        ),
        "crm-done-link": (Done(seen(found).view, "crm_link"), sato),
        "crm-done-log": (Done(seen(found, errands=(errand("log", "waiting"),)).view, "crm_log", "HubSpot"), sato),
        "crm-refused-logged": (Refused(Refusal.LOGGED, seen(found, errands=(done,)).view), suzuki),
    }
    questions: dict[Question, Sight] = {
        "crm_records": Sight((two,)),
        "crm_contact": Sight((nobody,)),
        "crm_ticket": Sight((found,)),
        "crm_deal": Sight((found,)),
    }
    for what, sight in questions.items():
        states[f"ask-{what.replace('_', '-')}"] = (Ask(what, replace(calm, crm=sight)), sato)
    states["ask-crm-records-none"] = (Ask("crm_records", replace(calm, crm=Sight((found,)))), sato)
    states["ask-crm-ticket-gone"] = (Ask("crm_ticket", calm), sato)
    return states


def _record(now: int) -> Record:
    return Record(
        ref=CrmRef("hubspot", "contact", "1"),
        name="田中 太郎",
        reading="たなか たろう",
        company="みどり食品株式会社",
        role="購買課 課長",
        addresses=("tanaka@midori.example",),
        phone="03-0000-0142",
        url=_PAGE + "1",
        owner="伊藤 大輔",
        plan="法人 定期便 (月2回)",
        contract_start="2025-04-01",
        contract_end="2027-03-31",
        renewal="2026-12-31",
        products=("深煎りブレンド 20kg", "デカフェ 5kg", "業務用ミル M-3"),
        environment=("青葉オーダー ver. 4.2", "ミル M-3 (2024年製)"),
        value=Money("3480000", "JPY"),
        trend=tuple(float(one) for one in (210, 215, 240, 250, 262, 258, 270, 284, 301, 322, 318, 350)),
        health=72,
        usage=(Usage("注文アプリ", now - 3 * _DAY, (42, 40, 44, 41, 43)), Usage("在庫予測", 0, (2, 3, 1))),
        unused=("自動発注", "請求書の一括ダウンロード"),
        last_contact=now - 12 * _DAY,
        note="納品は午前中のみ。検収は毎月25日。",
        more={"与信枠": "500万円"},
        items=(
            Item(
                "deal",
                "d1",
                "新店舗 3店分の定期便",
                now - 2 * _DAY,
                "見積提示",
                open=True,
                amount=Money("1200000", "JPY"),
                url=_PAGE + "d1",
                by="伊藤 大輔",
            ),
            Item("ticket", "t1", "納品数が違う", now - 5 * _DAY, "対応中", open=True, complaint=True, url=_PAGE + "t1"),
            Item("order", "o2", "11月分 深煎りブレンド 20kg", now - 9 * _DAY, "出荷済", amount=Money("86400", "JPY")),
            Item("activity", "a1", "電話: 新店舗の納品先を確認", now - 12 * _DAY, by="佐藤 美咲"),
            Item("ticket", "t0", "ログインできない", now - 34 * _DAY, "解決", url=_PAGE + "t0"),
            Item("order", "o1", "10月分 深煎りブレンド 20kg", now - 39 * _DAY, "完了", amount=Money("86400", "JPY")),
            Item("subscription", "s1", "定期便 (月2回)", now - 400 * _DAY, "継続中"),
        ),
    )


def _long(record: Record, now: int, long: str) -> Record:
    """Long everything, and as many items as are read."""
    items = tuple(
        Item(
            ("deal", "ticket", "order", "activity")[number % 4],
            f"i{number}",
            f"{number + 1}. {long}",
            now - number * 3 * _DAY,
            long[:40],
            open=number < 9,
            complaint=number in {1, 21},
            amount=Money(f"{10 ** (number % 12)}", ("JPY", "USD", "KWD", "")[number % 4]),
            url=_PAGE + f"i{number}",
            by=long[:30],
        )
        for number in range(40)
    )
    return replace(
        record,
        role=long,
        plan=long,
        owner=long,
        products=tuple(f"{number}{long[:30]}" for number in range(30)),
        trend=tuple(float(number % 7) for number in range(60)),
        more={f"{long[:40]}{number}": long for number in range(8)},
        note=long * 4,
        items=items,
    )


def _leaving(record: Record, now: int) -> Record:
    """Every sign at once."""
    return replace(
        record,
        contract_end="2026-10-31",
        renewal="",
        health=18,
        last_contact=now - 140 * _DAY,
        usage=(Usage("注文アプリ", now - 30 * _DAY, (42, 40, 44, 20, 9)),),
        items=(Item("ticket", "t1", "納品数が違う", now - 12 * _DAY, "対応中", open=True, complaint=True),),
        trend=(350.0, 322.0, 300.0, 240.0, 190.0, 120.0),
    )


def _english(now: int) -> Record:
    return Record(
        ref=CrmRef("hubspot", "lead", "8"),
        name="Emma Wilson",
        company="Harbour Books",
        role="Purchasing",
        url=_PAGE + "8",
        owner="Laura Bennett",
        plan="Annual",
        contract_start="2026-01-15",
        value=Money("1299.50", "USD"),
        trend=(90.5, 120.0, 99.5, 140.0),
        items=(
            Item(
                "deal", "d8", "Second shop", now - 40 * _MINUTE, "Negotiation", open=True, amount=Money("99.50", "USD")
            ),
            Item("activity", "a8", "Call about the second shop", now - _DAY),
        ),
    )


def _hostile(record: Record, now: int, hostile: str) -> Record:
    return replace(
        record,
        name=hostile,
        company=hostile,
        url="javascript:alert(1)",
        plan=hostile,
        owner="<img src=x onerror=alert(1)>",
        contract_start="2026-99-99",
        contract_end="<i>soon</i>",
        value=Money("1e999999", "<b>"),
        trend=(1.0, float("1e308"), -5.0, 0.0),
        more={hostile: hostile, "": "", "x": ""},
        items=(
            Item("ticket", "1", hostile, now - _DAY, hostile, open=True, url='https://crm.aoba.example/" onclick="x'),
            Item("order", "2", "", 0, "", amount=Money("NaN", "JPY"), url="http://crm.aoba.example/plain"),
        ),
    )


def _hostile_choice(several: Entry, hostile: str) -> Entry:
    one = Candidate(
        CrmRef("kintone", "contact", hostile),
        hostile,
        hostile,
        (hostile,),
        url="javascript:alert(1)",
        reason=Reason.EXACT,
    )
    return replace(several, connection="kintone", candidates=(one, replace(one, ref=CrmRef("kintone", "lead", "2"))))


def _candidate(number: str, name: str, reason: Reason) -> Candidate:
    return Candidate(
        CrmRef("hubspot", "contact", number),
        name,
        "みどり食品株式会社",
        ("tanaka@midori.example",),
        url=_PAGE + number,
        reason=reason,
    )


def _several() -> tuple[Candidate, ...]:
    return (
        _candidate("1", "田中 太郎", Reason.EXACT),
        _candidate("2", "田中 太郎 (購買)", Reason.EXACT),
        replace(_candidate("3", "Taro Tanaka", Reason.ALIAS), addresses=("t.tanaka@midori.example",)),
        replace(_candidate("4", "田中 太郎", Reason.NAME), addresses=("taro@midori.example",)),
        Candidate(
            CrmRef("hubspot", "company", "c9"), "みどり食品株式会社", domain="midori.example", reason=Reason.DOMAIN
        ),
    )
