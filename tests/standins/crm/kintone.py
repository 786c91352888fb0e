"""A kintone for tests: the playground's, as a server on the loopback, with the small cast that every stand-in has."""

from __future__ import annotations

import time
from functools import cache
from typing import Any, Final

import msgspec
import orjson

from server.web.playground.kintone import Answer as Said
from server.web.playground.kintone import App, Domain, Kintone, Row
from tests.standins.crm.server import Answer, Request, Vendor, says

CUSTOMERS, COMPANIES, DEALS, TICKETS, ORDERS, ACTIVITIES = 11, 12, 13, 14, 15, 16
TOKENS: Final = {app: f"token-of-app-{app}" for app in (CUSTOMERS, COMPANIES, DEALS, TICKETS, ORDERS, ACTIVITIES)}
BUSY: Final = 10_000

APPS: Final = {
    "customers": {
        "app": CUSTOMERS,
        "email": ["メール", "連絡先.メール_連絡先"],
        "name": "氏名",
        "reading": "ふりがな",
        "company": "会社名",
        "role": "役職",
        "phone": "電話",
        "owner": "担当",
        "plan": "プラン",
        "contract_start": "契約開始日",
        "contract_end": "契約終了日",
        "renewal": "更新日",
        "products": "製品",
        "environment": ["環境"],
        "value": "累計売上",
        "currency": "JPY",
        "trend": ["売上推移.売上"],
        "health": "健全度",
        "feature": "利用状況.機能",
        "feature_last": "利用状況.最終利用日",
        "feature_counts": ["利用状況.先々月", "利用状況.先月", "利用状況.今月"],
        "last_contact": "最終連絡",
        "note": "メモ",
        "key": "キー",
        "more": {"業種": "業種"},
    },
    "companies": {"app": COMPANIES, "name": "会社名", "domain": "ウェブサイト", "plan": "プラン", "owner": "担当"},
    "deals": {
        "app": DEALS,
        "link": "顧客番号",
        "title": "件名",
        "status": "確度",
        "closed": ["受注", "失注"],
        "date": "更新日時",
        "amount": "金額",
        "currency": "JPY",
        "owner": "担当",
        "key": "キー",
    },
    "tickets": {
        "app": TICKETS,
        "link": "顧客番号",
        "title": "件名",
        "text": "内容",
        "status": "対応状況",
        "open": ["未対応", "対応中"],
        "date": "受付日時",
        "complaint": "種別",
        "complaints": ["クレーム"],
        "owner": "担当",
        "key": "キー",
        "preset": {"対応状況": "未対応"},
    },
    "orders": {
        "app": ORDERS,
        "link": "会社名",
        "by": "company",
        "title": "注文番号",
        "status": "状態",
        "date": "注文日",
        "amount": "金額",
        "currency": "JPY",
    },
    "activities": {
        "app": ACTIVITIES,
        "link": "顧客番号",
        "title": "件名",
        "text": "内容",
        "date": "日時",
        "who": "記録者",
        "key": "キー",
        "files": "添付",
        "preset": {"種別": "メール"},
    },
}
"""The setting `apps` of this kintone."""

_TIMES: Final = {"更新日時": "UPDATED_TIME"}


def _fields(**types: str) -> dict[str, str | dict[str, str]]:
    return {**types, **_TIMES}


def domain() -> Domain:
    """The cast. Text fields hold what people type: an amount with commas, HTML in a name."""
    customers: list[Row] = [
        {
            "氏名": "田中 太郎",
            "ふりがな": "たなか たろう",
            "会社名": "北都フーズ株式会社",
            "メール": "taro.tanaka@hokuto-foods.example",
            "連絡先": [{"メール_連絡先": "tanaka@hokuto-foods.example"}],
            "役職": "購買部 課長",
            "電話": "011-000-0064",
            "担当": ["watanabe"],
            "プラン": "スタンダード",
            "契約開始日": "2024-04-01",
            "契約終了日": "2027-03-31",
            "更新日": "2027-01-31",
            "製品": ["AB-200", "GM-5"],
            "環境": "ver. 4.2",
            "累計売上": "12,000,000円",
            "売上推移": [{"売上": 300_000}, {"売上": 280_000}, {"売上": 90_000}],
            "健全度": 42,
            "利用状況": [
                {"機能": "発注", "最終利用日": "2026-11-18", "先々月": 40, "先月": 21, "今月": 9},
                {"機能": "定期便", "先々月": 0, "先月": 0, "今月": 0},
            ],
            "最終連絡": "2026-11-18T01:30:00Z",
            "メモ": "<div>請求書は<b>紙</b>で。</div><div>朝は不在</div>",
            "業種": "食品",
            "更新日時": "2026-11-18T01:30:00Z",
        },
        {"氏名": "港 一郎", "会社名": "みなと印刷", "メール": "info@minato-print.example"},
        {"氏名": "港 花子", "会社名": "みなと印刷", "メール": "info@minato-print.example"},
        {
            "氏名": "鈴木 <b>花子</b>",
            "メール": "hanako.suzuki@gmail.com",
            "メモ": "<p>お礼<script>alert(1)</script></p>",
        },
        {"氏名": "忙 多実", "会社名": "Many Ltd", "メール": "busy@many.example"},
    ]
    activities: list[Row] = [
        {"顧客番号": 1, "件名": f"電話 {n}", "種別": "電話", "日時": f"2026-11-1{n}T01:00:00Z"} for n in range(1, 4)
    ]
    activities += [
        {
            "顧客番号": 5,
            "件名": f"No. {n}",
            "種別": "メール",
            "日時": f"20{10 + n % 17}-{1 + n % 12:02}-{1 + n % 28:02}T01:00:00Z",
        }
        for n in range(BUSY)
    ]
    tickets: list[Row] = [
        {
            "顧客番号": 1,
            "件名": "納品数が違う",
            "対応状況": "対応中",
            "種別": "クレーム",
            "受付日時": "2026-11-17T03:00:00Z",
        },
        {
            "顧客番号": 1,
            "件名": "請求書の再発行",
            "対応状況": "完了",
            "種別": "依頼",
            "受付日時": "2026-10-02T03:00:00Z",
        },
    ]
    deal = {"顧客番号": 1, "件名": "新店舗 2台", "確度": "見積提出", "金額": 1_200_000, "担当": ["watanabe"]}
    order = {
        "会社名": "北都フーズ株式会社",
        "注文番号": "AO-261021-0233",
        "状態": "出荷待ち",
        "注文日": "2026-10-21",
        "金額": "48,000",
    }
    company = {
        "会社名": "北都フーズ株式会社",
        "ウェブサイト": "https://www.hokuto-foods.example/",
        "プラン": "スタンダード",
    }
    text, number, moment, day = "SINGLE_LINE_TEXT", "NUMBER", "DATETIME", "DATE"
    return Domain(
        people={"watanabe": "渡辺 さくら"},
        apps=[
            App(
                CUSTOMERS,
                "顧客",
                TOKENS[CUSTOMERS],
                {
                    **dict.fromkeys(
                        ("氏名", "ふりがな", "会社名", "役職", "プラン", "環境", "累計売上", "業種", "キー"), text
                    ),
                    **dict.fromkeys(("メール", "電話"), "LINK"),
                    **dict.fromkeys(("契約開始日", "契約終了日", "更新日"), day),
                    "連絡先": {"メール_連絡先": text},
                    "担当": "USER_SELECT",
                    "製品": "CHECK_BOX",
                    "売上推移": {"売上": number},
                    "健全度": "CALC",
                    "利用状況": {"機能": text, "最終利用日": day, "先々月": number, "先月": number, "今月": number},
                    "最終連絡": moment,
                    "メモ": "RICH_TEXT",
                    **_TIMES,
                },
                customers,
                unique=("キー",),
            ),
            App(
                COMPANIES,
                "会社",
                TOKENS[COMPANIES],
                _fields(会社名=text, ウェブサイト="LINK", プラン=text, 担当="USER_SELECT"),
                [company],
            ),
            App(
                DEALS,
                "案件",
                TOKENS[DEALS],
                _fields(顧客番号=number, 件名=text, 確度="DROP_DOWN", 金額=number, 担当="USER_SELECT", キー=text),
                [deal | {"更新日時": "2026-11-12T00:00:00Z"}],
            ),
            App(
                TICKETS,
                "問い合わせ",
                TOKENS[TICKETS],
                _fields(
                    顧客番号=number,
                    件名=text,
                    内容="RICH_TEXT",
                    対応状況="DROP_DOWN",
                    種別="RADIO_BUTTON",
                    受付日時=moment,
                    担当="USER_SELECT",
                    キー=text,
                ),
                tickets,
            ),
            App(
                ORDERS,
                "注文",
                TOKENS[ORDERS],
                _fields(会社名=text, 注文番号=text, 状態="DROP_DOWN", 注文日=day, 金額=text),
                [order],
            ),
            App(
                ACTIVITIES,
                "活動履歴",
                TOKENS[ACTIVITIES],
                _fields(
                    顧客番号=number,
                    件名=text,
                    内容="MULTI_LINE_TEXT",
                    種別="DROP_DOWN",
                    日時=moment,
                    記録者=text,
                    キー=text,
                    添付="FILE",
                ),
                activities,
                unique=("キー",),
            ),
        ],
    )


@cache
def _made() -> Kintone:
    return Kintone(domain(), time.time)


class KintoneVendor(Vendor):
    """The running stand-in."""

    def __init__(self, space: str = "") -> None:
        super().__init__()
        # Ten thousand records take a while to put together: once is enough, each vendor has lists of its own.
        made = _made()
        apps = [msgspec.structs.replace(app) for app in made.domain.apps]
        self.kintone = Kintone(Domain(made.domain.people, []), time.time, space)
        self.kintone.domain.apps += apps
        self.kintone._records.update({app: dict(records) for app, records in made._records.items()})

    @property
    def tokens(self) -> str:
        """One API token for each app."""
        return ",".join(TOKENS.values())

    def revoke(self) -> None:
        """Make every app a new token."""
        for app in self.kintone.domain.apps:
            app.token = f"new-{app.token}"

    def records(self, app: int) -> list[dict[str, Any]]:
        """What lies in an app: field code -> value."""
        return [{code: cell["value"] for code, cell in one.items()} for one in self.kintone._records[app].values()]

    def answer(self, request: Request) -> Answer:
        """As kintone answers; an impostor gives everybody the record of the busy one, whatever was asked."""
        if self.impostor and request.method == "GET":
            return says(self._other(request))
        query = request.target.partition("?")[2]
        said: Said = self.kintone.answer(request.method, request.path, query, request.headers, request.body)
        return Answer(said.status, orjson.dumps(said.content), {"Content-Type": "application/json;charset=UTF-8"})

    def error(self, status: int, request: Request) -> Answer:
        """Kintone's own form; what stands before it (429, 503) answers with a page."""
        known = {
            401: ("CB_AU01", "ログインしてください。"),
            403: ("GAIA_NO01", "このAPIトークンでは、指定したAPIを実行できません。"),
            404: ("GAIA_RE01", "指定したレコード（id: 1）が見つかりません。"),
            409: (
                "GAIA_CO02",
                "指定したrevisionは最新ではありません。ほかのユーザーがレコードを更新した可能性があります。",
            ),
            500: ("GAIA_DA00", "データベースへの接続に失敗しました。"),
        }
        if status not in known:
            return Answer(status, b"<html><body>cybozu.com</body></html>", {"Content-Type": "text/html"})
        code, message = known[status]
        return says({"code": code, "id": "RSJZInvaadAtWWjX72Vk", "message": message}, status)

    def _other(self, request: Request) -> object:
        app = int(request.param("app"))
        query = "app={}&query={}&totalCount=true".format(app, "limit 1")
        said = self.kintone.answer("GET", "/k/v1/records.json", query, {"x-cybozu-api-token": self.tokens}, b"").content
        assert isinstance(said, dict)
        return {"record": said["records"][0]} if request.path.endswith("/record.json") else said
