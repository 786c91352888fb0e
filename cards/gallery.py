"""An example of every block, and of every edge a block can meet: empty, long, hostile, many.

Tests hold each of these against the hosts' schemas, snapshots pin a few, and the gallery page draws them all.
"""

from __future__ import annotations

from collections.abc import Mapping

from cards.model import (
    Action,
    Block,
    Button,
    Buttons,
    Card,
    Choice,
    DateTime,
    Entry,
    Fact,
    Facts,
    Field,
    Header,
    Icon,
    Link,
    Notice,
    Option,
    Row,
    Section,
    Text,
    Timeline,
    Tone,
    Trend,
)

HOSTILE = (
    '<script>alert("x")</script><b>太字</b> <a href="https://evil.example">請求書</a> &lt;i&gt; &amp;amp; **強調** '
    "[link](https://evil.example) {{DATE(2026-05-10T10:00:00Z, LONG)}} ${name} "
    "\u202egnp.exe\u202c \u200b\u2060\ufeff\x00\x1b[31m 田\u0301\u0301\u0301\u0301\u0301\u0301\u0301中\ud800\r\n\r\n\r\n\r\n終わり"
)
_LONG = "お問い合わせいただいた件について、担当部署に確認しております。" * 400
_FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


def cards() -> Mapping[str, Card]:
    """The examples by name."""
    return {
        "message": _message(),
        "message-en": _message_en(),
        "text": _card(
            "text", *(Text(f"{tone}: 本文です。", tone, strong) for tone in Tone for strong in (False, True))
        ),
        "text-lines": _card("text-lines", Text("一行目\n二行目\n\n\n\n三行目", lines=2), Text(_LONG, lines=3)),
        "row": _row(),
        "icons": _card("icons", *(Row(icon.value, icon=icon) for icon in Icon)),
        "facts": _card("facts", Facts((Fact("プラン", "年間"), Fact("契約", "2027年3月まで"), Fact("R&D", "<20名>")))),
        "trend": _trend(),
        "timeline": _timeline(),
        "notice": _card("notice", *(Notice(f"{tone}: お知らせです。", tone) for tone in Tone), _refusal()),
        "inputs": _inputs(),
        "buttons": _buttons(),
        "sections": _sections(),
        "empty": _empty(),
        "hostile": _hostile(),
        "long": _long(),
        "many-rows": _many_rows(),
        "many-sections": _many_sections(),
        "many-options": _many_options(),
        "names": _names(),
    }


def _card(name: str, *blocks: Block, title: str = "見本") -> Card:
    return Card(name, Header(title), (Section(blocks),))


def _message() -> Card:
    claim = Button("担当する", Action("take", {"conversation": "c1"}), filled=True)
    menu = (Button("保留にする", Action("hold")), Button("対応不要にする", Action("dismiss"), enabled=False))
    history = tuple(
        Entry(f"Re: 納期のご相談 ({n})", "佐藤 美咲 · 5月10日(金)", "", Icon.OUTGOING if n % 2 else Icon.INCOMING)
        for n in range(12)
    )
    return Card(
        "message",
        Header("田中 太郎 様", "青葉商事株式会社 · 購買課", Icon.PERSON),
        (
            Section(
                (
                    Row("未対応", "担当者はいません", icon=Icon.STATUS_OPEN, strong=True),
                    Row("至急", below="返信期限 14:30 (あと1時間10分)", icon=Icon.PRIORITY, tone=Tone.DANGER),
                    Notice(
                        "ご不満の可能性:「3回目の連絡です」",
                        Tone.WARNING,
                        Button("違う", Action("correct")),
                    ),
                )
            ),
            Section((Buttons((claim, Button("返信を作成", Action("reply"))), menu, "その他の操作"),)),
            Section(
                (
                    Facts((Fact("プラン", "ビジネス"), Fact("契約", "2027年3月まで"))),
                    Facts((Fact("電話", "03-0000-0000"),)),
                    Text("HubSpot · 5分前", Tone.SUBTLE),
                ),
                title="お客様",
                collapsible=True,
                shown=1,
                id="customer",
            ),
            Section(
                (Timeline(history[:3]), Timeline(history[3:])),
                title="これまでのやり取り (12)",
                collapsible=True,
                shown=1,
                id="history",
            ),
            Section(
                (
                    Row("返金は承認済みです。", "佐藤 美咲 · 10:32", icon=Icon.NOTE),
                    Field("note", "メモを残す", hint="@名前で知らせる"),
                    Buttons((Button("残す", Action("note"), needs=("note",)),)),
                ),
                title="メモ (1)",
                collapsible=True,
                id="notes",
            ),
        ),
    )


def _message_en() -> Card:
    return Card(
        "message",
        Header("Emma Wilson", "Harbour Books · Purchasing", Icon.PERSON),
        (
            Section(
                (Row("In progress", "You, for 3 minutes", icon=Icon.STATUS_WORKING, tone=Tone.ACCENT, strong=True),)
            ),
            Section(
                (
                    Buttons(
                        (Button("Write a reply", Action("reply"), filled=True), Button("Done", Action("done"))),
                        (Button("Let go", Action("release")), Button("Put on hold", Action("hold"))),
                    ),
                )
            ),
            Section(
                (Timeline((Entry("Order 1024 is late", "Emma Wilson · 10:32", "I wrote twice.", Icon.INCOMING),)),),
                title="History (1)",
                collapsible=True,
                id="history",
            ),
        ),
        language="en",
    )


def _row() -> Card:
    action, link = Action("open", {"conversation": "c1"}), Link("https://crm.aoba.example/contacts/1")
    return _card(
        "row",
        Row("文だけ"),
        Row("ラベル付き", above="上", below="下"),
        Row("押せる行", icon=Icon.COMPANY, target=action),
        Row("外へのリンク", icon=Icon.INFO, target=link),
        Row("ボタン付き", icon=Icon.EYE, button=Button("開く", link)),
        Row("", above="文がない"),
        *(Row(f"{tone}", icon=Icon.CLOCK, tone=tone, strong=True) for tone in Tone),
    )


def _trend() -> Card:
    year = (40_000, 42_000, 0, 55_000, 61_000, 58_000, 500, 64_000, 70_000, 72_000, 71_000, 80_000)
    return _card(
        "trend",
        Facts((Fact("LTV", "¥1,200,000"),)),
        Trend(year, "月ごと: ¥40,000、¥42,000、…、¥80,000"),
        Trend((3.0, 2.0, 1.0), "月ごと: 3、2、1"),
        Trend(tuple(range(60)), "長い列"),
        Trend((0.0, -5.0), "何もない"),
        Trend((), "値がない"),
    )


def _timeline() -> Card:
    return _card(
        "timeline",
        Timeline(
            (
                Entry("納期の件", "田中 太郎 · 10:32", "お世話になっております。<至急>お願いします。", Icon.INCOMING),
                Entry("Re: 納期の件", "佐藤 美咲 · 10:40", icon=Icon.OUTGOING, target=Action("open")),
                Entry("引き継ぎ", "鈴木 一郎 · 5月9日(木)", "休暇のため", Icon.INTERNAL),
                Entry("", ""),
            )
        ),
    )


def _refusal() -> Notice:
    return Notice("佐藤さんが3秒前に担当しました。", Tone.WARNING, Button("引き継ぐ", Action("take_over")))


def _inputs() -> Card:
    options = (Option("a", "在庫確認"), Option("b", "返金待ち", selected=True), Option("c", "<社内> 確認"))
    return _card(
        "inputs",
        Field("reason", "理由", hint="相手に伝わります", max_length=200),
        Field("text", "本文", value="一行目\n二行目", multiline=True),
        Field("nameless", ""),
        Choice("hold", "保留の理由", options),
        Choice("tags", "タグ", (*options, Option("d", "請求", selected=True)), many=True),
        Choice("none", "選択肢なし", ()),
        DateTime("until", "いつまで", "2026-05-10T14:30"),
        DateTime("unset", "期限"),
        DateTime("broken", "壊れた値", "明日"),
        Buttons((Button("保存する", Action("save"), filled=True, needs=("reason", "until")),)),
    )


def _buttons() -> Card:
    return _card(
        "buttons",
        Buttons(()),
        Buttons(
            (
                Button("担当する", Action("take"), filled=True),
                Button("二つ目の塗り", Action("reply"), filled=True),
                Button("押せない", Action("done"), enabled=False),
                Button("CRMで開く", Link("https://crm.aoba.example/contacts/1")),
                Button("危ないリンク", Link("javascript:alert(1)")),
                Button("", Action("empty")),
            ),
            (
                Button("保留", Action("hold")),
                Button("ヘルプ", Link("https://help.aoba.example/")),
                Button("x", Link("")),
            ),
        ),
        Buttons((), (Button("手放す", Action("release")),), "操作"),
    )


def _sections() -> Card:
    two = (Text("一つ目"), Text("二つ目"))
    return Card(
        "sections",
        Header("折りたたみ", icon=Icon.COMPANY),
        (
            Section(two, title="開いたまま"),
            Section(two, title="全部たたむ", collapsible=True, id="a"),
            Section(two, title="一つ見せる", collapsible=True, shown=1, id="b"),
            Section(two, title="全部見せる", collapsible=True, shown=2, id="c"),
            Section(two, title="同じ名前", collapsible=True, id="a"),
            Section(two, collapsible=True),
            Section((), title="空の欄"),
        ),
    )


def _empty() -> Card:
    nothing = (Text(""), Row(""), Facts(()), Timeline(()), Buttons(()), Field("f", ""), Choice("c", "", ()))
    return Card("empty", Header(""), (Section(()), Section((*nothing, DateTime("d", ""), Notice("")))), language="")


def _hostile() -> Card:
    button = Button(HOSTILE, Action("x", {"y": HOSTILE}), filled=True, needs=("f",))
    return Card(
        "hostile",
        Header(HOSTILE, HOSTILE, Icon.PERSON),
        (
            Section(
                (
                    Text(HOSTILE, Tone.DANGER, strong=True),
                    Row(HOSTILE, HOSTILE, HOSTILE, Icon.WARNING, button=button, target=Link(HOSTILE)),
                    Facts((Fact(HOSTILE, HOSTILE),)),
                    Timeline((Entry(HOSTILE, HOSTILE, HOSTILE, target=Action("open")),)),
                    Notice(HOSTILE, Tone.DANGER, button),
                    Field("f", HOSTILE, HOSTILE, HOSTILE, multiline=True),
                    Choice("c", HOSTILE, (Option("v", HOSTILE, selected=True),)),
                    DateTime("d", HOSTILE, HOSTILE),
                    Buttons((button,), (button,), HOSTILE),
                ),
                title=HOSTILE,
                collapsible=True,
                shown=1,
                id="hostile",
            ),
        ),
    )


def _long() -> Card:
    return Card(
        "long",
        Header(_LONG, _LONG),
        (
            Section(
                (
                    Text(_LONG),
                    Row(_LONG, _LONG, _LONG),
                    Facts((Fact(_LONG, _LONG),)),
                    Timeline((Entry(_LONG, _LONG, _LONG),)),
                    Notice(_LONG),
                    Field("f", _LONG, _LONG, _LONG, max_length=100),
                    Buttons((Button(_LONG, Action("x")),)),
                    Text(_FAMILY * 2000),
                    Text("A" * 10_000),
                ),
                title=_LONG,
            ),
        ),
    )


def _many_rows() -> Card:
    rows = Timeline(tuple(Entry(f"件名 {n}", "田中 太郎") for n in range(300)))
    save = Buttons((Button("残す", Action("note"), filled=True),))
    return Card(
        "many-rows",
        Header("300件"),
        (
            Section((Row("先頭"),)),
            Section((rows, Field("note", "メモ"), save), title="やり取り"),
            Section((Text("後ろ"),), title="お客様 <b>"),
            Section((Text("さらに後ろ"),)),
        ),
    )


def _many_sections() -> Card:
    return Card(
        "many-sections",
        Header("120の欄"),
        tuple(Section((Text(f"本文 {n}"),), title=f"欄 {n}") for n in range(120)),
        language="en",
    )


def _many_options() -> Card:
    options = tuple(Option(str(n), f"担当者 {n}", selected=n in {3, 240}) for n in range(300))
    return _card(
        "many-options", Choice("one", "担当者", options), Choice("some", "タグ", options, many=True), title="選択肢300"
    )


def _names() -> Card:
    names = (
        "髙橋\u3000𠮷之助 様",
        "葛\U000e0100飾 区役所",
        "ﾀﾅｶ ﾀﾛｳ",
        "か\u3099行 が\u308a",
        "①㈱青葉商事",
        "O'Brien & Sons <sales>",
        "محمد عبد الله",
        "Zoë Müller-Łukasz",
        "ไทย ภาษา",
        _FAMILY,
        "\U0001f1ef\U0001f1f5 日本",
        "Anonymous\u200b\u202e",
    )
    return _card("names", *(Row(name, icon=Icon.PERSON) for name in names))
