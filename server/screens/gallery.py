"""An example of every state the sidebar can show, with a company that could exist: feeds snapshots, schemas and the gallery page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from cards.model import Effect
from server.domain.conversation import (
    Answered,
    Claim,
    ClaimEnd,
    Company,
    Composed,
    Conversation,
    Customer,
    Double,
    Draft,
    Happening,
    HistoryRow,
    Message,
    Note,
    Presence,
    Queue,
    QueueRow,
    Recipient,
    Sends,
    View,
)
from server.domain.events import Place
from server.domain.finding import Finding, Severity, Span
from server.domain.outcomes import (
    Ask,
    Choosing,
    Done,
    Editing,
    Failed,
    Found,
    HistoryPage,
    NotOurs,
    Outcome,
    Question,
    Refusal,
    Refused,
    Seen,
    Stranger,
    TimelinePage,
    Waiting,
    Writing,
)
from server.domain.reading import Pick, Reading, Solved
from server.domain.roles import Role
from server.domain.suggestion import Suggestion, Suggestions
from server.domain.template import Situation
from server.domain.understanding import Deadline, Mood, Sign, Understood
from server.domain.workspace import Benefit, Hold, Names, Person, Preferences, Priority, Status, Team, Viewer, Workspace
from server.screens import show
from server.screens.gallery_crm import crm_outcomes

NOW: Final = 1_795_138_320_000
"""Friday, 2026-11-20, 10:32 in Tokyo."""
_MINUTE: Final = 60_000
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR

AOBA: Final = Workspace(
    id="aoba",
    name="青葉商事",
    google_domains=("aoba.example",),
    teams=(
        Team("support", "サポート", ("support@aoba.example", "info@aoba.example"), default=True),
        Team("sales", "営業", ("sales@aoba.example",)),
        Team("hr", "採用", ("saiyo@aoba.example",), members=("yamamoto",), private=True),
    ),
    people=(
        Person("sato", "佐藤 美咲", ("sato@aoba.example",), Role.LEAD, "カスタマーサクセス"),
        Person("suzuki", "鈴木 健太", ("suzuki@aoba.example",)),
        Person("takahashi", "高橋 葵", ("takahashi@aoba.example",)),
        Person("clarke", "Emma Clarke", ("clarke@aoba.example",)),
        Person("ito", "伊藤 大輔", ("ito@aoba.example",), Role.ADMIN),
        Person("yamamoto", "山本 恵", ("yamamoto@aoba.example",), Role.LEAD),
    ),
    statuses=(
        Status("todo", "open", Names("未対応", "To do")),
        Status("doing", "working", Names("対応中", "In progress")),
        Status("done", "done", Names("対応済", "Done")),
    ),
    priorities=(
        Priority("urgent", 1, Names("至急対応", "Urgent")),
        Priority("later", 2, Names("後で返信", "Reply later")),
        Priority("none", 3, Names("対応不要", "No reply needed")),
    ),
    holds=(
        Hold("customer", Names("お客様の返事待ち", "Waiting for the customer")),
        Hold("internal", Names("社内確認中", "Checking internally")),
        Hold("shipment", Names("発送・入荷待ち", "Waiting for a shipment")),
    ),
    benefits=(
        Benefit("coupon", Names("次回10%割引クーポン", "10% off the next order"), "THANKS-10"),
        Benefit("beans", Names("お試し豆セット", "Beans to try"), "BEANS-3", 2),
    ),
    version=1,
)
SATO: Final = Viewer(AOBA, AOBA.person_by_id["sato"], provider="google")
SUZUKI: Final = Viewer(AOBA, AOBA.person_by_id["suzuki"], provider="entra")
SHARED: Final = Viewer(AOBA, None, shared="support@aoba.example", provider="google")

TANAKA: Final = Customer(
    "k1",
    name="田中 太郎",
    reading="たなか たろう",
    company="みどり食品株式会社",
    role="購買課 課長",
    note="納期のご連絡はお電話でもほしいとのこと。",
    language="ja",
    addresses=("tanaka@midori.example", "t.tanaka@midori.example"),
    since=NOW - 400 * _DAY,
    edited=True,
)
MIDORI: Final = Company("midori.example", "みどり食品株式会社")
_SUBJECT: Final = "コーヒー豆(定期便)の納品日について"
_SNIPPET: Final = "いつもお世話になっております。みどり食品の田中です。11月25日納品分について、23日に前倒しいただくことは可能でしょうか。"
FREE: Final = Conversation(
    id="c1",
    subject=_SUBJECT,
    teams=("support",),
    status="todo",
    kind="open",
    customer="tanaka@midori.example",
    created=NOW - 50 * _MINUTE,
    active=NOW - 42 * _MINUTE,
    version=3,
    state=2,
    direction="in",
    snippet=_SNIPPET,
    newest=NOW - 42 * _MINUTE,
    mails=3,
)
_MAIL: Final = Message(
    "m1", "c1", "tanaka@midori.example", "田中 太郎", (NOW - 42 * _MINUTE) // 1000, "in", f"Re: {_SUBJECT}", _SNIPPET
)
_MAILS: Final = (
    _MAIL,
    Message(
        "m2",
        "c1",
        "support@aoba.example",
        "青葉商事 サポート",
        (NOW - 20 * _HOUR) // 1000,
        "out",
        f"Re: {_SUBJECT}",
        "田中様 お問い合わせありがとうございます。青葉商事の鈴木です。次回の納品日は11月25日(水)の予定です。",
        by="suzuki",
    ),
    Message(
        "m3",
        "c1",
        "tanaka@midori.example",
        "田中 太郎",
        (NOW - 22 * _HOUR) // 1000,
        "in",
        _SUBJECT,
        "次回の定期便の納品日を教えていただけますでしょうか。",
    ),
)
_PAST: Final = (
    (
        "請求書の宛名変更のお願い",
        8,
        "out",
        "suzuki",
        "done",
        "宛名を「みどり食品株式会社 購買課」に変更し、再発行いたしました。",
    ),
    (
        "ミル刃の交換時期について",
        21,
        "out",
        "sato",
        "done",
        "ご使用頻度から、2027年1月ごろの交換をおすすめいたします。",
    ),
    (
        "青葉オーダーにログインできません",
        34,
        "out",
        "takahashi",
        "done",
        "パスワードの再設定をお願いいたします。手順は次のとおりです。",
    ),
    ("保守契約の更新", 52, "in", "ito", "done", "来年度も同じ内容で更新をお願いします。"),
    ("試飲会のご案内", 75, "out", "clarke", "done", "ご参加ありがとうございました。"),
    ("納品数量の誤り", 96, "out", "suzuki", "done", "このたびは数量を誤り、大変申し訳ございませんでした。"),
    ("デカフェの取り扱い", 130, "out", "sato", "done", "デカフェは2種類ご用意しております。"),
    ("紙フィルターのサイズ", 162, "out", "takahashi", "done", "お使いの機種には 102 サイズが合います。"),
    ("支払方法の変更", 201, "in", "suzuki", "done", "口座振替に変更したいのですが、手続きを教えてください。"),
    ("見積書のお願い (3階休憩室)", 240, "out", "ito", "done", "お見積書をお送りいたします。"),
)
_HISTORY: Final = tuple(
    HistoryRow(
        replace(
            FREE,
            id=f"c{number}",
            subject=subject,
            status=status,
            kind="done",
            direction="in" if way == "in" else "out",
            handler=handler,
            snippet=snippet,
            newest=NOW - days * _DAY,
            active=NOW - days * _DAY,
        ),
        "person",
    )
    for number, (subject, days, way, handler, status, snippet) in enumerate(_PAST, 10)
) + tuple(
    HistoryRow(
        replace(
            FREE, id=name, subject=subject, customer=f"{name}@midori.example", handler=handler, newest=NOW - days * _DAY
        ),
        "company",
    )
    for name, subject, handler, days in (
        ("kimura", "新店舗の開店に伴う機器の追加", "sato", 5),
        ("ono", "展示会で拝見した抽出機について", "", 63),
    )
)
_NOTES: Final = (
    Note(
        "n3",
        "suzuki",
        NOW - 25 * _MINUTE,
        "倉庫に確認中です。前倒しできるかは 11時ごろに分かります。@佐藤 ご確認ください。",
        ("sato",),
    ),
    Note("n2", "takahashi", NOW - 19 * _HOUR, "田中様は来週火曜までご出張とのこと。急ぎはお電話で。"),
    Note("n1", "sato", NOW - 8 * _DAY, "請求書は毎月末に二部ご希望。"),
)
_EVENTS: Final = (
    Happening(NOW - 25 * _MINUTE, "suzuki", "noted", "c1", {"note": "n3"}),
    Happening(NOW - 30 * _MINUTE, "", "claim_expired", "c1", {"owner": "takahashi"}),
    Happening(NOW - 40 * _MINUTE, "sato", "priority", "c1", {"from": "", "to": "urgent"}),
    Happening(NOW - 42 * _MINUTE, "", "reopened_by_customer", "c1"),
    Happening(NOW - 20 * _HOUR, "suzuki", "status", "c1", {"from": "doing", "to": "done"}),
    Happening(
        NOW - 21 * _HOUR, "suzuki", "taken_over", "c1", {"owner": "takahashi", "reason": "高橋さんが外出中のため"}
    ),
)
_MINE: Final = Claim("sato", NOW - 3 * _MINUTE, NOW + 27 * _MINUTE, 4)
_THEIRS: Final = Claim("suzuki", NOW - 3 * _MINUTE, NOW + 27 * _MINUTE, 4)
_DRAFTING: Final = Claim("sato", NOW - 12 * _MINUTE, NOW + 108 * _MINUTE, 4, drafting=True)
_WORKING: Final = replace(FREE, status="doing", kind="working", handler="sato", fence=4)
_DONE: Final = replace(
    FREE, status="done", kind="done", closed_by="suzuki", closed_at=NOW - 16 * _HOUR, handler="suzuki"
)
_EXPIRED: Final = replace(FREE, ended=ClaimEnd("takahashi", NOW - 30 * _MINUTE, "expired"), fence=3)
_HELD: Final = replace(FREE, status="doing", kind="working", hold="customer", assignee="sato")
_HOSTILE: Final = '<b>至急</b>\u202e[a](javascript:alert(1))\u200b{{DATE(2026-01-01)}}\x00"&amp;<script>'
_LONG: Final = (
    "【重要・要返信】業務用コーヒー機器の年次点検および保守契約更新に関するご案内ならびにお見積りのお願い(再送) " * 6
)


def standard() -> View:
    """The card that figures are measured with: a holder, 12 rows of history, 3 notes, all facts."""
    return View(
        now=NOW,
        message=_MAIL,
        conversation=replace(
            _WORKING,
            claim=_MINE,
            priority="urgent",
            due=NOW + 238 * _MINUTE,
            tags=("定期便", "納期"),
            teams=("support", "sales"),
        ),
        customer=TANAKA,
        company=MIDORI,
        history=_HISTORY,
        returning=True,
        more="p1",
        notes=_NOTES,
        note_count=3,
        timeline=_EVENTS,
        present=(Presence("takahashi", "viewing", NOW - 2 * _MINUTE),),
        mails=_MAILS,
    )


def _view(conversation: Conversation = FREE) -> View:
    return replace(standard(), conversation=conversation, present=(), more="")


_BARE: Final = View(
    NOW,
    Message("m9", "c9", "sasaki@hinata.example", "", NOW // 1000, "in"),
    replace(
        FREE,
        id="c9",
        subject="見積りのお願い",
        customer="sasaki@hinata.example",
        mails=1,
        snippet="",
        newest=NOW - 90 * _MINUTE,
    ),
    Customer("k9", addresses=("sasaki@hinata.example",)),
    None,
)
_FIRST: Final = replace(
    _BARE,
    customer=Customer("k9", name="佐々木 望", language="ja", addresses=("sasaki@hinata.example",)),
    company=Company("hinata.example", ""),
)


def _row(number: int, subject: str, name: str, age: int, **more: object) -> QueueRow:
    conversation = replace(FREE, id=f"q{number}", subject=subject, newest=NOW - age, active=NOW - age)
    return QueueRow(
        replace(conversation, **more),
        Customer(f"kq{number}", name=name, addresses=(f"customer{number}@hinata.example",)),
    )


_QUEUE: Final = Queue(
    NOW,
    {"mentions": 1, "overdue": 2, "unclaimed": 5, "mine": 2, "held": 3},
    mentions=(_row(1, _SUBJECT, "田中 太郎", 42 * _MINUTE, claim=_THEIRS),),
    overdue=(
        _row(
            2,
            "ご請求金額の相違について(3回目のご連絡)",
            "小林 由美",
            3 * _HOUR,
            due=NOW - 32 * _MINUTE,
            claim=_THEIRS,
            moods=("dissatisfied", "urgent"),
        ),
        _row(3, "Delivery address for order 2214", "Laura Bennett", 26 * _HOUR, due=NOW - 2 * _HOUR),
    ),
    unclaimed=(
        _row(4, "エスプレッソマシンの水漏れ", "カフェ・ノルド 三浦", 12 * _MINUTE),
        _row(5, "定期便の一時停止", "中村 彩", 2 * _HOUR, moods=("churn",)),
        _row(6, "", "", 20 * _HOUR),
    ),
    mine=(
        _row(7, "保守契約の更新", "斎藤 隆", 5 * _HOUR, claim=_MINE, due=NOW + 4 * _HOUR),
        _row(8, "サンプルのお礼", "John Miller", 3 * _DAY, assignee="sato"),
    ),
    held=(_row(9, "領収書の再発行", "森 さゆり", 2 * _DAY, hold="internal", assignee="takahashi"),),
)

_DRAFT: Final = Draft("sato", NOW - 12 * _MINUTE, "gmail", "r1", "1a", "g-sato")
_ASKING: Final = replace(_WORKING, asked=NOW - 42 * _MINUTE)
_ANSWERED: Final = replace(_ASKING, answered=Answered("sato", NOW - 4 * _MINUTE), claim=_MINE)
_DOUBLE: Final = replace(
    _ASKING,
    answered=Answered("takahashi", NOW - 2 * _MINUTE),
    double=Double("takahashi", "sato", NOW - 2 * _MINUTE),
    claim=_MINE,
)
_RECIPIENTS: Final = (
    Recipient(
        "tanaka@midori.example",
        "田中 太郎",
        TANAKA,
        MIDORI,
        replace(_WORKING, claim=_THEIRS),
        NOW - 42 * _MINUTE,
    ),
    Recipient(
        "ono@midori.example",
        "小野 真理子",
        None,
        MIDORI,
        replace(FREE, id="c5", subject="展示会のお礼"),
        NOW - 9 * _DAY,
    ),
    Recipient("sasaki@hinata.example", "", None, Company("hinata.example"), None),
)
_SENDS: Final = Sends(
    7, {"new": 61, "free": 48, "held": 3, "answered": 2}, {"no_token": 4, "timeout": 1, "unreachable": 1}
)

_CHANGED: Final = Suggestion(
    template="t1",
    title="納品日の変更のご案内",
    text=(
        "田中 太郎 様\n\nいつもお世話になっております。青葉商事の佐藤です。\n\n"
        "11月25日(水)納品分につきまして、11月23日(月)への前倒しを承りました。\n"
        "お届けの時間帯に変わりはございません。\n\nご不明な点がございましたら、お気軽にお知らせください。"
    ),
    picks=12,
    present=("order_number", "product"),
)
_DELAYED: Final = Suggestion(
    template="t2",
    title="お届け遅延のお詫びとお届け予定日のご案内",
    situation=Situation.OUR_MISTAKE,
    text="田中 太郎 様\n\nこのたびはお届けが遅れ、誠に申し訳ございません。ご注文 〔注文番号〕 は…",
    unfilled=("order_number",),
    picks=3,
)
_ASKING_BACK: Final = Suggestion(
    template="",
    kind="clarify",
    title="",
    situation=Situation.DETAIL_MISSING,
    text=(
        "田中 太郎 様\n\nお問い合わせありがとうございます。次の2点を教えていただけますでしょうか。\n"
        "1. 商品名\n2. 発生した日時"
    ),
)
_APOLOGY: Final = Suggestion(
    template="t3",
    kind="upset",
    title="請求額の訂正と再発行",
    situation=Situation.OUR_MISTAKE,
    text=(
        "田中 太郎 様\n\n青葉商事の佐藤です。三度もご連絡をいただき、誠に申し訳ございません。\n"
        "ご請求額に誤りがございました。本日中に訂正した請求書をお送りいたします。"
    ),
    picks=5,
    present=("invoice_number",),
)
_PROPOSED: Final = Suggestions((_CHANGED, _DELAYED, _ASKING_BACK))
_READ: Final = Understood(model="use-m3-1", vector=b"", language="ja", category="shipping_status")
_DRAFTED: Final = (
    "田中 太郎 さま\n\nお世話になっております。青葉商事の佐藤です。\n了解しました。11月23日(月)に前倒しいたします。\n"
    "納品書を添付いたしますので、ご確認下さい。〔注文番号〕"
)


def _found(rule: str, quote: str, to: str | None = None, *, error: bool = False) -> Finding:
    start = max(_DRAFTED.find(quote), 0)
    severity = Severity.ERROR if error else Severity.HINT
    return Finding(rule, severity, Span("body", start, start + len(quote)), quote, to)


def _answers() -> dict[str, tuple[Outcome, Viewer | None]]:
    """Suggestions, the editor, and what was understood of the mail."""
    mine = replace(_view(replace(_WORKING, claim=_MINE)), reading=Reading("use-m3-1", understood=_READ))
    offered = replace(mine, suggestions=_PROPOSED)
    upset = replace(
        mine,
        conversation=replace(mine.conversation, moods=("dissatisfied", "urgent", "churn")),
        reading=Reading(
            "use-m3-1",
            understood=replace(
                _READ,
                mood=Mood(
                    Sign(0.97, "3回目の連絡ですが、まだ正しい請求書が届きません。"),
                    Sign(0.91, "本日17時までにご回答ください。"),
                    Sign(0.8),
                ),
                deadlines=(Deadline("本日17時まで", (NOW + 388 * _MINUTE) // 1000, timed=True),),
            ),
        ),
        suggestions=Suggestions((_APOLOGY, _CHANGED)),
    )
    clarified = replace(
        offered,
        reading=Reading("use-m3-1", understood=replace(_READ, missing=("product", "occurred_at"))),
        suggestions=Suggestions((_ASKING_BACK, _DELAYED)),
    )
    by_day = replace(
        mine, reading=Reading(understood=replace(_READ, deadlines=(Deadline("来週火曜まで", NOW // 1000 + 345_600),)))
    )
    solved = (
        Solved("c21", "納品日を早めたい", "kato@hinata.example", "", NOW - 9 * _DAY, "suzuki", "t1"),
        Solved(
            "c22",
            "定期便の前倒し",
            "ono@midori.example",
            "次回分だけ早めていただけますか。",
            NOW - 30 * _DAY,
            "sato",
            "",
            "小野様\n\nお世話になっております。\n次回分は20日にお届けいたします。",
        ),
        Solved("c23", "", "mori@hinata.example", "前倒しは可能でしょうか。", NOW - 41 * _DAY),
    )
    pick = Pick("p1", "sato", NOW - _MINUTE, "t1", "as_is")
    picked = replace(offered, reading=Reading("use-m3-1", picks=(pick,), understood=_READ))
    strange = replace(_CHANGED, title=_HOSTILE, text=_HOSTILE * 4)
    found = (
        _found("left-over-variable", "〔注文番号〕", error=True),
        _found("rough", "了解しました", "承知いたしました"),
        _found("attachment-missing", "添付"),
        _found("spelling", "下さい", "ください"),
        _found("name-title", "さま", "様"),
    )
    writing = Editing(mine, _CHANGED.text, _CHANGED, placed=True)
    drafted = Editing(offered, _DRAFTED, _CHANGED, findings=found, checked=True)
    reply = Composed(NOW, replace(offered, conversation=replace(_ASKING, claim=_MINE)), _RECIPIENTS[:1])
    categories = ("shipping_status", "invoice", "保守契約")
    compose = Writing(reply, categories=categories)
    return {
        "suggestions": (Seen(offered), SATO),
        "suggestions-outlook": (Seen(replace(offered, conversation=replace(FREE, asked=NOW - 42 * _MINUTE))), SUZUKI),
        "suggestions-unfilled": (Seen(replace(offered, suggestions=Suggestions((_DELAYED, _CHANGED)))), SATO),
        "suggestions-clarify": (Seen(clarified), SATO),
        "suggestions-waiting": (Seen(replace(mine, suggestions=Suggestions(why="waiting"))), SATO),
        "suggestions-waiting-outlook": (Seen(replace(_view(), suggestions=Suggestions(why="waiting"))), SUZUKI),
        "suggestions-nothing-fits": (Seen(replace(mine, suggestions=Suggestions(why="nothing_fits"))), SATO),
        "suggestions-shared-account": (Seen(replace(_view(), suggestions=_PROPOSED)), SHARED),
        "suggestions-picked": (Seen(picked), SATO),
        "suggestions-similar": (Seen(replace(offered, reading=Reading(understood=_READ, similar=solved))), SATO),
        "suggestions-picked-unknown": (Seen(replace(picked, suggestions=None)), SATO),
        "suggestions-long": (
            Seen(
                replace(mine, suggestions=Suggestions((replace(_CHANGED, title=_LONG), replace(_DELAYED, title=_LONG))))
            ),
            SATO,
        ),
        "suggestions-hostile": (Seen(replace(mine, suggestions=Suggestions((strange, strange)))), SATO),
        "upset": (Seen(upset), SATO),
        "wanted-by-a-day": (Seen(by_day), SATO),
        "editor-empty": (Editing(mine), SATO),
        "editor-filled": (Editing(offered, _CHANGED.text, _CHANGED, placed=True), SATO),
        "editor-outlook": (Editing(_view(), _CHANGED.text, _CHANGED, placed=True), SUZUKI),
        "editor-upset": (Editing(upset, _APOLOGY.text, _APOLOGY, placed=True), SATO),
        "editor-benefits": (
            Editing(upset, _APOLOGY.text, _APOLOGY, benefits=AOBA.benefits),
            SATO,
        ),
        "editor-with-benefit": (
            Editing(upset, f"{_APOLOGY.text}\nTHANKS-10", _APOLOGY, benefits=AOBA.benefits, benefit="coupon"),
            SATO,
        ),
        "editor-first-look-unfilled": (Editing(offered, _DELAYED.text, _DELAYED, placed=True), SATO),
        "editor-clean": (replace(writing, placed=False, checked=True), SATO),
        "editor-language-model": (replace(writing, tasks=_TASKS), SATO),
        "editor-language-model-declined": (replace(writing, tasks=_TASKS, declined="lost"), SATO),
        "editor-findings": (replace(drafted, findings=found[:3]), SATO),
        "editor-more-findings": (replace(drafted, ignored=("keigo-double", "subject-long")), SATO),
        "editor-stopped-by-findings": (replace(drafted, why="findings"), SATO),
        "editor-unfilled": (Editing(offered, _DELAYED.text, _DELAYED, why="unfilled"), SATO),
        "editor-unfilled-unnamed": (Editing(offered, "〔注文番号〕", why="unfilled"), SATO),
        "editor-refused": (
            Editing(
                _view(replace(_WORKING, claim=_THEIRS)),
                _CHANGED.text,
                _CHANGED,
                everyone=False,
                refused=Refused(Refusal.HELD, _view(replace(_WORKING, claim=_THEIRS))),
            ),
            SATO,
        ),
        "editor-held": (Editing(_view(replace(_WORKING, claim=_THEIRS)), _CHANGED.text, _CHANGED), SATO),
        "editor-shared-account": (
            Editing(
                _view(), "承知いたしました。", refused=Refused(Refusal.NEEDS_NAME, _view(), {"acting_as": "suzuki"})
            ),
            SHARED,
        ),
        "editor-hostile": (
            Editing(
                replace(mine, customer=replace(TANAKA, name=_HOSTILE)),
                _HOSTILE,
                strange,
                findings=(_found("of-a-later-release", _HOSTILE, _HOSTILE),),
                checked=True,
            ),
            SATO,
        ),
        "compose-templates": (compose, SATO),
        "compose-found": (
            replace(compose, found=Found("納品", "shipping_status", (_CHANGED, _DELAYED), more=4)),
            SATO,
        ),
        "compose-found-nothing": (replace(compose, found=Found("領収書の再発行", "all")), SATO),
        "compose-findings": (
            Writing(Composed(NOW, None, _RECIPIENTS), text=_DRAFTED, findings=found, checked=True),
            SATO,
        ),
        "compose-clean": (Writing(Composed(NOW), text="承知いたしました。", checked=True), SUZUKI),
        "done-unpick": (Done(offered, "unpick"), SATO),
        "done-correct": (Done(mine, "correct"), SATO),
    }


_ASKED: Final[Mapping[Question, Conversation]] = {
    "take_over": replace(_WORKING, claim=_THEIRS),
    "hand_over": replace(_WORKING, claim=_MINE),
    "hold": replace(_WORKING, claim=_MINE),
    "assign": replace(FREE, assignee="suzuki"),
    "customer": FREE,
    "merge_customers": FREE,
    "split_address": FREE,
    "move": FREE,
    "unmerge": replace(FREE, parts=("c1", "c7", "c8")),
    "tags": replace(FREE, tags=("定期便", "納期")),
    "due": replace(FREE, due=NOW + 238 * _MINUTE),
    "status": FREE,
}


def outcomes() -> Mapping[str, tuple[Outcome, Viewer | None]]:
    """Every state as a use-case would answer it, with who looks."""
    mine = _view(replace(_WORKING, claim=_MINE))
    theirs = _view(replace(_WORKING, claim=_THEIRS))
    told = ClaimEnd("sato", NOW - 14 * _MINUTE, "taken_over", "suzuki", "佐藤さんが会議中で、お客様がお急ぎのため")
    states: dict[str, tuple[Outcome, Viewer | None]] = {
        "free": (Seen(_view()), SATO),
        "free-outlook": (Seen(_view()), SUZUKI),
        "standard": (Seen(standard()), SATO),
        "mine": (Seen(mine), SATO),
        "mine-drafting": (Seen(_view(replace(_WORKING, claim=_DRAFTING))), SATO),
        "colleague": (Seen(theirs), Viewer(AOBA, AOBA.person_by_id["takahashi"], provider="google")),
        "colleague-seen-by-lead": (Seen(theirs), SATO),
        "colleague-replying": (
            Seen(
                replace(
                    _view(replace(_WORKING, claim=replace(_THEIRS, drafting=True))),
                    present=(
                        Presence("suzuki", "replying", NOW - 2 * _MINUTE),
                        Presence("clarke", "viewing", NOW - 20_000),
                    ),
                )
            ),
            Viewer(AOBA, AOBA.person_by_id["takahashi"], provider="entra"),
        ),
        "mine-draft": (Seen(_view(replace(_ASKING, claim=_DRAFTING, draft=_DRAFT))), SATO),
        "mine-answered": (Seen(_view(_ANSWERED)), SATO),
        "colleague-draft": (
            Seen(_view(replace(_ASKING, claim=_DRAFTING, draft=_DRAFT))),
            Viewer(AOBA, AOBA.person_by_id["takahashi"], provider="google"),
        ),
        "draft-without-claim": (Seen(_view(replace(_ASKING, draft=_DRAFT))), SUZUKI),
        "answered-by-colleague": (Seen(_view(replace(_ANSWERED, claim=None))), SUZUKI),
        "answered-by-nobody-known": (
            Seen(_view(replace(_ASKING, answered=Answered("", NOW - 4 * _MINUTE)))),
            SUZUKI,
        ),
        "double-reply": (Seen(_view(_DOUBLE)), SATO),
        "double-reply-seen-by-the-other": (
            Seen(_view(_DOUBLE)),
            Viewer(AOBA, AOBA.person_by_id["takahashi"], provider="entra"),
        ),
        "expired": (Seen(_view(_EXPIRED)), SATO),
        "expired-mine": (Seen(_view(replace(_EXPIRED, ended=ClaimEnd("sato", NOW - 30 * _MINUTE, "expired")))), SATO),
        "done": (Seen(_view(_DONE)), SATO),
        "held": (Seen(_view(_HELD)), SATO),
        "assigned": (Seen(_view(replace(FREE, assignee="suzuki"))), SUZUKI),
        "overdue": (Seen(_view(replace(FREE, priority="urgent", due=NOW - 32 * _MINUTE))), SATO),
        "due-soon": (Seen(_view(replace(FREE, due=NOW + 40 * _MINUTE))), SATO),
        "busy": (
            Seen(
                replace(
                    _view(),
                    present=tuple(
                        Presence(one, "viewing", NOW - _MINUTE) for one in ("suzuki", "takahashi", "clarke", "ito")
                    ),
                )
            ),
            SATO,
        ),
        "unknown-customer": (Seen(_BARE), SATO),
        "first-time-customer": (Seen(_FIRST), SATO),
        "internal": (
            Seen(
                replace(
                    _BARE, customer=None, conversation=replace(_BARE.conversation, customer="", direction="internal")
                )
            ),
            SATO,
        ),
        "reached-by-row": (Seen(replace(_view(), message=None), over=True), SATO),
        "long": (
            Seen(
                replace(
                    _view(replace(_WORKING, claim=_THEIRS, subject=_LONG)),
                    customer=replace(TANAKA, name="寿限無" * 40, role=_LONG[:120]),
                )
            ),
            SATO,
        ),
        "hostile": (
            Seen(
                replace(
                    _view(replace(FREE, subject=_HOSTILE, tags=(_HOSTILE,))),
                    customer=replace(TANAKA, name=_HOSTILE, company=_HOSTILE, note=_HOSTILE),
                    notes=(Note("n1", "suzuki", NOW, _HOSTILE),),
                    returning=True,
                    history=(HistoryRow(replace(FREE, id="c3", subject=_HOSTILE, snippet=_HOSTILE), "person"),),
                )
            ),
            SATO,
        ),
        "told": (Seen(replace(theirs, told=told)), SATO),
        "told-with-draft": (Seen(replace(theirs, told=replace(told, draft=NOW - 20 * _MINUTE))), SATO),
        "told-overtaken": (
            Seen(replace(theirs, told=replace(told, how="overtaken", reason="", draft=NOW - 20 * _MINUTE))),
            SATO,
        ),
        "claim-ended-by-lead": (
            Seen(replace(_view(), told=replace(told, how="released", by="sato", owner="suzuki"))),
            SUZUKI,
        ),
        "handed-to-me": (
            Seen(
                _view(
                    replace(
                        _WORKING,
                        claim=replace(_MINE, since=NOW - 5 * _MINUTE),
                        ended=ClaimEnd(
                            "suzuki", NOW - 5 * _MINUTE, "handed_over", "suzuki", "英語のお客様のためお願いします"
                        ),
                    )
                )
            ),
            SATO,
        ),
        "fingerprinted": (Seen(replace(_view(), message=replace(_MAIL, fingerprinted=True))), SATO),
        "automatic-reply": (Seen(replace(_view(), message=replace(_MAIL, kind="auto_reply"))), SATO),
        "delivery-report": (Seen(replace(_view(), message=replace(_MAIL, kind="bounce"))), SATO),
        "parts": (Seen(_view(replace(FREE, parts=("c1", "c7")))), SATO),
        "shared-account": (Seen(_view()), SHARED),
        "shared-account-held": (Seen(theirs), SHARED),
        "home": (Waiting(_QUEUE), SATO),
        "home-empty": (Waiting(Queue(NOW, {})), SATO),
        "home-only-held": (Waiting(Queue(NOW, {"held": 1}, held=_QUEUE.held)), SUZUKI),
        "compose-reply": (Writing(Composed(NOW, _view(_ASKING), _RECIPIENTS[:1])), SUZUKI),
        "compose-reply-held": (Writing(Composed(NOW, theirs, _RECIPIENTS[:1])), SATO),
        "compose-reply-mine": (Writing(Composed(NOW, mine, _RECIPIENTS[:1])), SATO),
        "compose-took-over": (Writing(Composed(NOW, mine, _RECIPIENTS[:1]), said=Done(mine, "take_over")), SATO),
        "compose-refused": (Writing(Composed(NOW, theirs), said=Refused(Refusal.HELD, theirs)), SATO),
        "compose-new": (Writing(Composed(NOW, None, _RECIPIENTS)), SATO),
        "compose-many": (
            Writing(
                Composed(
                    NOW,
                    None,
                    tuple(Recipient(f"guest{n}@hinata.example", f"ゲスト {n}") for n in range(8)),
                )
            ),
            SATO,
        ),
        "compose-empty": (Writing(Composed(NOW)), SATO),
        "compose-no-permission": (Writing(Composed(NOW), known=False), SATO),
        "settings": (Choosing(Preferences()), SATO),
        "settings-chosen": (Choosing(Preferences("en", "sales", ("assigned",)), saved=True), SATO),
        "settings-administrator": (
            Choosing(Preferences(), _SENDS),
            Viewer(AOBA, AOBA.person_by_id["ito"], provider="entra"),
        ),
        "settings-no-sends": (
            Choosing(Preferences(), Sends(7)),
            Viewer(AOBA, AOBA.person_by_id["ito"], provider="google"),
        ),
        "settings-shared-account": (Choosing(Preferences()), SHARED),
        "consent": (Failed("consent_to_read"), SATO),
        "history": (HistoryPage(replace(_view(), more="p9")), SATO),
        "timeline": (TimelinePage(_view()), SATO),
        "private": (NotOurs(("support",)), SATO),
        "private-several-teams": (NotOurs(("support", "sales")), SUZUKI),
        "private-shared-account": (NotOurs(("support",)), SHARED),
        "private-no-team": (NotOurs(), SATO),
        "stranger-unknown-company": (Stranger(), None),
        "stranger-closed": (Stranger("aoba", ("伊藤 大輔",), "closed"), None),
        "stranger-archived": (Stranger("aoba", ("伊藤 大輔", "佐藤 美咲"), "archived"), None),
        "stranger-mismatch": (Stranger("aoba", ("伊藤 大輔",), "mismatch"), None),
        "stranger-guest": (Stranger("aoba", ("伊藤 大輔",), "guest"), None),
        "stranger-shared": (Stranger("aoba", ("伊藤 大輔",), "shared_refused"), None),
        "failed": (Failed("failed"), None),
        "failed-records": (Failed("records_unavailable", retryable=True), None),
        "failed-mail": (Failed("mail_unavailable", retryable=True), SATO),
        "failed-with-view": (Failed("mail_unavailable", retryable=True, view=_view()), SATO),
        "done-take": (Done(mine, "take"), SATO),
        "done-status": (Done(_view(_DONE), "status", "done"), SATO),
        "refused-held": (Refused(Refusal.HELD, theirs, {"note": "在庫は確認済みです"}), SATO),
        "refused-stale": (Refused(Refusal.STALE, mine, {}), SATO),
        "refused-needs-text": (Refused(Refusal.NEEDS_TEXT, theirs, {"reason": ""}, "take_over"), SATO),
        "refused-stale-take-over": (
            Refused(Refusal.STALE, theirs, {"reason": "お客様がお急ぎのため"}, "take_over"),
            SATO,
        ),
        "refused-needs-name": (Refused(Refusal.NEEDS_NAME, _view(), {"note": "確認しました"}), SHARED),
        "refused-too-old": (Refused(Refusal.TOO_OLD, mine, {"note": "昨日のうちに書いたメモ"}), SATO),
    }
    for what, conversation in _ASKED.items():
        states[f"ask-{what.replace('_', '-')}"] = (Ask(what, _view(conversation)), SATO)
    born_apart = replace(_MAILS[1], conversation="c7", subject="11月の定期便の数量変更")
    states["ask-unmerge"] = (Ask("unmerge", replace(_view(_ASKED["unmerge"]), mails=(_MAIL, born_apart))), SATO)
    states |= _answers()
    states |= crm_outcomes(AOBA, _view(), NOW, _HOSTILE, _LONG)
    states["ask-take-over-shared"] = (Ask("take_over", theirs), SHARED)
    return states


_TASKS = ("polish", "shorten", "translate_en", "draft")


def states(language: str) -> Mapping[str, Effect]:
    """Every state drawn in this language."""
    place = Place(language, "Asia/Tokyo")
    return {name: show(outcome, viewer, place) for name, (outcome, viewer) in outcomes().items()}
