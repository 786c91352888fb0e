"""Three templates of the office, and mails that they answer."""

from __future__ import annotations

import email
import email.policy

from server.domain.template import Situation, Template
from server.replies.embedding import Embedder
from tests.contract.office import Agent, Office, Screen, mail

GREETING = "{{ customer_name }}\n\nお世話になっております。{{ our_company }}の{{ agent_name }}です。\n\n"
CLOSING = "\n\nご不明な点がございましたら、お気軽にお知らせください。\n何卒よろしくお願いいたします。"
TEMPLATES = (
    Template(
        id="where",
        title="配送状況のご案内",
        category="shipping_status",
        body=f"{GREETING}ご注文の配送状況をお調べしました。商品は発送済みで、運送会社のサイトで荷物の現在地をご確認いただけます。明日18時までに、到着予定日を改めてご連絡いたします。{CLOSING}",
    ),
    Template(
        id="invoice",
        title="領収書の発行",
        category="invoice",
        body=f"{GREETING}領収書の発行についてご案内いたします。マイページの注文履歴から、領収書のPDFをダウンロードしていただけます。明日18時までに、こちらからもお送りいたします。{CLOSING}",
    ),
    Template(
        id="late",
        title="お届け遅延のお詫び",
        category="not_arrived",
        situation=Situation.OUR_MISTAKE,
        body=f"{GREETING}商品のお届けが遅れており、誠に申し訳ございません。ご注文番号{{{{ order_number }}}}の荷物を運送会社に確認し、明日18時までに所在をご報告いたします。見つからない場合は、代わりの品を本日発送いたします。{CLOSING}",
    ),
)


def asks(number: int, text: str, **more: str) -> bytes:
    return mail(
        number, text=f"お世話になっております。みどり珈琲の田中です。\n\n{text}\n\nよろしくお願いいたします。", **more
    )


WHERE = "注文した荷物がいまどこにあるか、配送状況を教えてください。"
INVOICE = "先日の注文の領収書を発行してもらえますか。"
UPSET = "まだ商品が届きません。これで3回目の連絡です。いい加減にしてください。注文番号はA-10293です。"


def opened(office: Office, embedder: Embedder, agent: Agent, raw: bytes) -> Screen:
    """Open a mail that the worker has read."""
    agent.opens(raw)
    office.reads(embedder)
    return agent.opens(raw)


def proposed(screen: Screen) -> list[str]:
    """Return the ids of the templates in the order they stand."""
    shown = [one.args["shown"] for one in screen.buttons if one.args.get("shown")]
    return shown[0].split(",") if shown else []


def written(office: Office, screen: Screen, client: str) -> str:
    """Return the reply's text as the client got it."""
    if client == "outlook":
        text: str = screen.body["reply"]["text"]
        return text
    raw = next(reversed(office.google.drafts.values()))
    body: str = email.message_from_bytes(raw, policy=email.policy.default).get_content()
    return body.replace("\r\n", "\n")
