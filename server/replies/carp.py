"""Replies that are put together for one mail: to an upset customer by CARP, and the one that asks for what is missing.

CARP: Control (what happens next, and by when), Acknowledge (what went wrong for them), Refocus, Problem-solve. Customers who
are upset read the first lines only, so the acknowledgement comes first of all, and never in the words of their anger.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from server.domain.template import Situation, Template
from server.domain.understanding import Understood
from server.domain.workspace import Names
from server.replies.facts import numbered
from server.replies.filling import Filled, fill, fill_text, gaps_in, tidy

ADDRESS: Final = Names(
    "{% if customer_company %}\n{{ customer_company }}\n{% endif %}\n{{ customer_name }}", "Hello {{ customer_name }},"
)
WHO: Final = Names(
    "{{ our_company }}{% if agent_role %} {{ agent_role }}{% endif %}の{{ agent_name }}です。",
    "My name is {{ agent_name }}{% if agent_role %}, {{ agent_role }}{% endif %} at {{ our_company }}.",
)
"""How every answer of ours begins: whom it speaks to, and who writes."""


class _Wrong(NamedTuple):
    """What went wrong in a category of question, and what we do about it."""

    said: Names
    remedy: Names


_ORDER: Final = Names(
    "{% if order_number %}（ご注文番号：{{ order_number }}）{% endif %}",
    "{% if order_number %} (order {{ order_number }}){% endif %}",
)
_YOUR_ORDER: Final = "your order{% if order_number %} {{ order_number }}{% endif %}"
_INVOICE: Final = Names(
    "{% if invoice_number %}（請求書番号：{{ invoice_number }}）{% endif %}",
    "{% if invoice_number %} (invoice {{ invoice_number }}){% endif %}",
)
_GENERAL: Final = _Wrong(
    Names(
        "このたびは、弊社の対応によりご不快な思いをおかけし、誠に申し訳ございません。",
        "I am very sorry for the trouble this has caused you.",
    ),
    Names(
        "いきさつを記録で確かめ、弊社の落ち度につきましては、費用を含めて弊社が責任を負います。",
        "I am going through our records; whatever was our fault, we put right at our own cost.",
    ),
)
_WENT_WRONG: Final[Mapping[str, _Wrong]] = MappingProxyType(
    {
        "shipping_status": _Wrong(
            Names(
                f"このたびは、ご注文の商品{_ORDER.ja}がいつ届くのか分からないままお待たせしてしまい、誠に申し訳ございません。",
                f"I am very sorry that you have been left waiting without knowing when {_YOUR_ORDER} will arrive.",
            ),
            Names(
                "お届けが間に合わない場合は、速達便への切り替えを弊社の負担で行います。",
                "If it would come too late for you, we change to express delivery at our own cost.",
            ),
        ),
        "not_arrived": _Wrong(
            Names(
                f"このたびは、お待ちいただいている商品{_ORDER.ja}がまだお手元に届かず、誠に申し訳ございません。",
                f"I am very sorry that {_YOUR_ORDER} has still not reached you.",
            ),
            Names(
                "お届けできない場合は、同じ商品を無料でお送りするか、代金を全額お返しいたします。",
                "If it cannot be delivered, we send the same goods again free of charge or refund the full amount, as you prefer.",
            ),
        ),
        "wrong_item": _Wrong(
            Names(
                f"このたびは、ご注文{_ORDER.ja}と異なる内容の商品をお届けしてしまい、誠に申し訳ございません。",
                f"I am very sorry that what you received is not what you ordered{_ORDER.en}.",
            ),
            Names(
                "正しい商品のお届けと、誤った商品のお引き取りにかかる費用は、すべて弊社が負担いたします。",
                "We pay all costs of sending the right goods and of collecting the wrong ones.",
            ),
        ),
        "defective": _Wrong(
            Names(
                'このたびは、{{ product | default: "お届けした商品" }}をお使いになれない状態でお届けしてしまい、誠に申し訳ございません。',
                'I am very sorry that {{ product | default: "the product you received" }} cannot be used as it should be.',
            ),
            Names(
                "新品への無償交換、または代金の全額返金の、ご希望に沿うほうで対応いたします。",
                "You can choose between a new one free of charge and a full refund.",
            ),
        ),
        "return_exchange": _Wrong(
            Names(
                f"このたびは、返品・交換のお手続き{_ORDER.ja}でお手間をおかけし、誠に申し訳ございません。",
                f"I am very sorry that returning your goods{_ORDER.en} has been so much trouble.",
            ),
            Names(
                "お引き取りの手配は弊社が行い、送料も弊社が負担いたします。",
                "We arrange the collection ourselves and pay for it.",
            ),
        ),
        "order_change": _Wrong(
            Names(
                f"このたびは、ご注文{_ORDER.ja}の変更・取り消しがご希望どおりに進まず、誠に申し訳ございません。",
                f"I am very sorry that the change to {_YOUR_ORDER} did not go as you asked.",
            ),
            Names(
                "ご希望と違う商品が届いた場合は、弊社の負担でお引き取りし、代金をお返しいたします。",
                "If goods arrive that you no longer want, we collect them at our own cost and refund you.",
            ),
        ),
        "stock": _Wrong(
            Names(
                'このたびは、{{ product | default: "ご希望の商品" }}をご用意できず、ご期待に沿えなかったこと、誠に申し訳ございません。',
                'I am very sorry that we did not have {{ product | default: "what you ordered" }} for you.',
            ),
            Names(
                "入荷分の優先的なお取り置き、または同等品への差額なしの変更を承ります。",
                "We keep one for you from the next delivery, or give you an equal product at no extra cost.",
            ),
        ),
        "quote": _Wrong(
            Names(
                "このたびは、お見積もりと価格のご案内が行き届かず、誠に申し訳ございません。",
                "I am very sorry that our prices and our quotation were not made clear to you.",
            ),
            Names(
                "先にご案内した金額のほうが低い場合は、その金額で承ります。",
                "If the amount we named first was lower, that amount holds.",
            ),
        ),
        "payment": _Wrong(
            Names(
                "このたびは、お支払いの手続きが進まず、お手間をおかけし、誠に申し訳ございません。",
                "I am very sorry that your payment did not go through as it should.",
            ),
            Names(
                "解決するまで商品を確保し、期限を過ぎても追加の費用はいただきません。",
                "We keep your goods aside until it is solved and charge nothing extra if the date passes.",
            ),
        ),
        "double_charge": _Wrong(
            Names(
                f"このたびは、ご請求の金額{_INVOICE.ja}についてご心配とお手間をおかけし、誠に申し訳ございません。",
                f"I am very sorry for the worry over the amount we charged you{_INVOICE.en}.",
            ),
            Names(
                "余分にいただいた金額は全額お返しし、手数料が生じた場合も弊社が負担いたします。",
                "Whatever was charged too much comes back in full, and we pay any bank fees it has caused.",
            ),
        ),
        "refund": _Wrong(
            Names(
                f"このたびは、返金{_ORDER.ja}をお待たせしてしまい、誠に申し訳ございません。",
                f"I am very sorry that you are still waiting for your refund{_ORDER.en}.",
            ),
            Names(
                "経理の責任者に直接依頼し、ほかの処理に先んじて振り込みます。",
                "I have asked the head of accounts to send it ahead of everything else.",
            ),
        ),
        "invoice": _Wrong(
            Names(
                f"このたびは、請求書・領収書{_INVOICE.ja}の不備でお手間をおかけし、誠に申し訳ございません。",
                f"I am very sorry for the trouble with your invoice or receipt{_INVOICE.en}.",
            ),
            Names(
                "正しい書類を再発行し、お急ぎの場合はPDFを先にお送りいたします。",
                "We issue a correct one, and send you the PDF first if you are in a hurry.",
            ),
        ),
        "login": _Wrong(
            Names(
                "このたびは、ログインできずお仕事やお手続きを止めてしまい、誠に申し訳ございません。",
                "I am very sorry that you were locked out and could not go on with your work.",
            ),
            Names(
                "入れない間に必要な操作は、ご本人の確認のうえ弊社で代わりに行います。",
                "Whatever cannot wait, we do for you once we have confirmed who you are.",
            ),
        ),
        "account_change": _Wrong(
            Names(
                "このたびは、ご登録情報の変更が正しく反映されず、誠に申し訳ございません。",
                "I am very sorry that the change to your details was not made as you asked.",
            ),
            Names(
                "弊社で登録を直し、以前の情報で送られた書類は再発行いたします。",
                "We correct the records ourselves and issue anew whatever went out with the old details.",
            ),
        ),
        "plan_change": _Wrong(
            Names(
                "このたびは、プランや契約更新のご案内が行き届かず、誠に申し訳ございません。",
                "I am very sorry that your plan or its renewal was not handled as you expected.",
            ),
            Names(
                "ご希望と異なる料金は、差額を日割りで計算してお返しいたします。",
                "Where you paid for something you did not want, we refund the difference by the day.",
            ),
        ),
        "cancellation": _Wrong(
            Names(
                "このたびは、ご解約をお考えになるほどのご不便をおかけし、誠に申し訳ございません。",
                "I am very sorry that our service has brought you to the point of leaving.",
            ),
            Names(
                "ご解約のお手続きは、ご希望の日付で弊社が行い、お手間はおかけいたしません。",
                "If you decide to leave, I will do it for you as of the day you choose.",
            ),
        ),
        "how_to": _Wrong(
            Names(
                "このたびは、使い方が分かりにくく、お時間を取らせてしまい、誠に申し訳ございません。",
                "I am very sorry that it was so hard to see how this works, and for the time it cost you.",
            ),
            Names(
                "画面を一緒に見ながら、ご希望の時間に無料で設定をお手伝いいたします。",
                "At a time that suits you, I will set it up together with you, free of charge.",
            ),
        ),
        "bug": _Wrong(
            Names(
                "このたびは、不具合により大切なお仕事を妨げてしまい、誠に申し訳ございません。",
                "I am very sorry that a fault in our service has held up your work.",
            ),
            Names(
                "お使いになれなかった期間の料金は、次回のご請求から差し引きます。",
                "The time in which you could not use it is taken off your next invoice.",
            ),
        ),
        "feature_request": _Wrong(
            Names(
                "このたびは、必要な機能が足りず、ご不便をおかけし、誠に申し訳ございません。",
                "I am very sorry that something you need is missing.",
            ),
            Names(
                "いまある機能で近いことを行う設定を、弊社で代わりに作ります。",
                "With what is there today, I will set up the closest thing to it for you.",
            ),
        ),
        "trial": _Wrong(
            Names(
                "このたびは、お試しのお手続きが円滑に進まず、誠に申し訳ございません。",
                "I am very sorry that your trial did not begin as it should.",
            ),
            Names(
                "ご不便をおかけした日数分、お試しの期間を延長いたします。",
                "We add the days that were lost to your trial.",
            ),
        ),
    }
)

_MINE: Final = Names(
    "解決するまで、私が責任を持って担当いたします。",
    "I have taken this over myself and will stay with it until it is solved.",
)
_CONTROL: Final = Names(
    "{{ promise_time | default: next_business_day }}までに、結果を私からメールでご連絡いたします。",
    "You will hear from me with the result by {{ promise_time | default: next_business_day }}.",
)
_DEADLINE: Final = Names(
    "{% if deadline %}{{ deadline }}までにとのご希望も承知しております。{% endif %}",
    "{% if deadline %}I have noted that you need this by {{ deadline }}.{% endif %}",
)
_REFOCUS: Final = Names("これからの対応を、次のとおりご案内いたします。", "This is what we are doing about it.")
_BENEFIT: Final = Names(
    '{% if benefit_code %}お詫びのしるしに、{{ benefit_name | default: "次回お使いいただける特典" }}をお贈りいたします。ご注文やご更新の際に、'
    "コード「{{ benefit_code }}」をご入力いただくとお使いになれます。{% endif %}",
    '{% if benefit_code %}As a token of our apology, please accept {{ benefit_name | default: "a benefit on your next order" }}: '
    "enter the code {{ benefit_code }} when you order or renew.{% endif %}",
)
_CLOSING: Final = Names(
    "この方法ではご希望に沿わない場合は、このメールにそのままご返信いただければ、私が別の方法をご用意いたします。\n"
    "お知らせいただいたおかげで、直すべき点が分かりました。ありがとうございました。",
    "If you would rather have it solved in another way, just answer this mail: it comes straight to me.\n"
    "Thank you for telling us. It shows us what we have to put right.",
)
_ASKING: Final = Names(
    "お問い合わせいただき、ありがとうございます。\n"
    + WHO.ja
    + """

{% if order_number %}
ご注文番号 {{ order_number }} は確認いたしました。
{% endif %}
早く正確にお答えするため、次の点を教えていただけますでしょうか。{% if questions %}お分かりになる範囲で、ひとことずつで結構です。{% endif %}

{{ questions }}

ご返信をいただきましたら、{{ promise_time | default: next_business_day }}までに私からお答えいたします。
分からない点は空欄のままで差し支えありません。こちらでお調べいたします。""",
    "Thank you for writing to us. "
    + WHO.en
    + """

{% if order_number %}
I have found your order {{ order_number }}.
{% endif %}
So that I can give you the right answer quickly, could you tell me this? A word or two is enough.

{{ questions }}

Once I have your answer, you will hear from me by {{ promise_time | default: next_business_day }}.
Leave out whatever you do not know: I will look it up.""",
)

_LIST_LINE: Final = re.compile(r"^\s*(?:\d{1,2}[.)．）]|[(（]\d{1,2}[)）]|[・•*-])\s*\S")
_SENTENCE: Final = re.compile(r"(?<=[。！？])(?!$)|(?<=[.!?])[ ]+(?=[A-Z\"“])")
_ADDRESSING: Final = re.compile(
    r"^(?:.{0,60}(?:様|御中|各位)|(?:hello|hi|dear|good (?:morning|afternoon))\b.{0,80},?)$", re.IGNORECASE
)
_PLEASANTRY: Final = re.compile(
    r"お世話になっ|ありがとうござい|お礼申し上げ|(?:よろしく|宜しく)お願い(?:いた|申し)|申し訳|お詫び(?:申し|いた)|ご(?:迷惑|不便|心配)をおかけし(?!ますが)"
    r"|ご不明な点|お気軽に|いつでも(?:ご連絡|ご返信)|このメールに(?:そのまま)?ご?返信|お待ち(?:いただけましたら|して(?:おり|い)ます)|今後とも|引き続き"
    r"|my name is|thank you|thanks for|i am (?:very |so |truly )?sorry|(?:we|i) apologi[sz]e|sorry for|let me know|feel free|best regards|kind regards"
    r"|(?:just|simply) answer this mail|any (?:other |further )?questions?",
    re.IGNORECASE,
)
"""Sentences that a reply to an upset customer has in its own form already, or that would sound hollow there."""

_PROMISE: Final = re.compile(
    r"までに.{0,30}(?:ご連絡|ご報告|お知らせ|ご回答|お答え)(?:いたし|し|差し上げ)|(?:次の)?ご報告は、.{1,30}までに"
    r"|\byou (?:will )?(?:hear from me|receive .{0,30}report)\b.*\bby\b|\bi will (?:tell|write|report|let you know)\b.*\bby\b",
    re.IGNORECASE,
)


_DATES: Final = ("promise_time", "today", "tomorrow", "next_business_day", "in_three_business_days", "deadline")

_REMEDY: Final = re.compile(
    r"お返し|返金|無料|無償|弊社が負担|弊社の負担|差し引|延長いたし"
    r"|refund|free of charge|at our own cost|we pay|taken off|money back|no extra cost",
    re.IGNORECASE,
)


def skeleton(
    language: str, facts: Mapping[str, str], understood: Understood | None = None, template: Template | None = None
) -> Filled:
    """Return the reply to an upset customer: apology, who cares for it, what happens by when, the template's substance, remedy.

    `template` is the best match; without one, the remedy of the mail's category stands in its place. With `benefit_code` among
    the facts, the benefit is offered. It is a draft: what it promises is the agent's to confirm.
    """
    category = (understood.category if understood else "") or (template.category if template else "")
    wrong = _WENT_WRONG.get(category, _GENERAL)
    matched = fill(template, facts) if template and template.language == language else None
    promise, middle = _substance(matched.body, facts) if matched and not matched.problems else ("", "")
    owned = template is not None and template.situation is Situation.OUR_MISTAKE and bool(middle)

    def said(words: Names) -> str:
        return fill_text(words.in_(language), facts, language).body

    space = " " if language == "en" else ""
    noted = "" if facts.get("deadline", "-") in middle else said(_DEADLINE)
    control = space.join(filter(None, (promise or said(_CONTROL), noted)))
    paragraphs = (
        said(ADDRESS),
        f"{said(wrong.said)}\n{said(WHO)}{space}{said(_MINE)}\n{control}",
        said(_REFOCUS) if middle else "",
        middle,
        "" if _REMEDY.search(middle) else said(wrong.remedy),  # a remedy that the template names is not named twice
        said(_BENEFIT),
        said(_CLOSING),
    )
    body = tidy("\n\n".join(filter(None, paragraphs)))
    subject = matched.subject if matched and owned else ""
    return Filled(subject, body, tuple(dict.fromkeys((*gaps_in(subject), *gaps_in(body)))))


def clarifying(language: str, facts: Mapping[str, str], questions: Sequence[str] = ()) -> Filled:
    """Return the reply that asks for what is missing, numbered so that it is easy to answer, and says by when we go on."""
    known = {**facts, "questions": numbered(questions)} if questions else facts
    return fill_text(f"{ADDRESS.in_(language)}\n\n{_ASKING.in_(language)}", known, language)


def _substance(body: str, facts: Mapping[str, str]) -> tuple[str, str]:
    """Divide a filled body into its promise of a next step and its middle: no greeting, introduction, apology or closing."""
    names = {facts[key] for key in ("customer_name", "customer_company") if facts.get(key)}
    dates = {facts[key] for key in _DATES if facts.get(key)}
    agent = facts.get("agent_name", "")
    promise = ""
    kept: list[str] = []
    for paragraph in body.split("\n\n"):
        lines = []
        for line in paragraph.split("\n"):
            if _LIST_LINE.match(line):
                lines.append(line)
                continue
            if line.strip(" \u3000,、") in names or _ADDRESSING.match(line.strip()):
                continue
            sentences = []
            for sentence in _SENTENCE.split(line):
                if _PLEASANTRY.search(sentence) or (agent and agent in sentence):
                    continue
                if not promise and _PROMISE.search(sentence) and any(date in sentence for date in dates):
                    promise = sentence.strip()
                    continue
                sentences.append(sentence)
            lines.append((" " if line.isascii() else "").join(sentences))
        kept.append("\n".join(filter(None, lines)))
    return promise, "\n\n".join(filter(None, kept))


def with_benefit(text: str, facts: Mapping[str, str], language: str) -> str:
    """Offer the benefit among the facts in a reply as the agent has it by now: before its closing paragraph."""
    offer = fill_text(_BENEFIT.in_(language), facts, language).body
    paragraphs = text.rstrip().split("\n\n")
    at = len(paragraphs) - 1 if len(paragraphs) > 1 else len(paragraphs)
    return "\n\n".join((*paragraphs[:at], offer, *paragraphs[at:]))
