"""The questions that support teams meet most, with names: templates and mails are sorted by them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from server.domain.workspace import Names

CATEGORIES: Final[Mapping[str, Names]] = {
    "shipping_status": Names("配送状況", "Shipping status"),
    "not_arrived": Names("商品の未着・遅延", "Late or missing delivery"),
    "wrong_item": Names("商品違い・不足", "Wrong or missing item"),
    "defective": Names("不良・破損", "Defective or damaged"),
    "return_exchange": Names("返品・交換", "Return or exchange"),
    "order_change": Names("注文の変更・取消", "Change or cancel an order"),
    "stock": Names("在庫・入荷", "Stock"),
    "quote": Names("見積もり・価格", "Prices and quotes"),
    "payment": Names("支払い方法・決済エラー", "Payment"),
    "double_charge": Names("二重請求・請求の誤り", "Wrong charge"),
    "refund": Names("返金", "Refund"),
    "invoice": Names("請求書・領収書", "Invoice or receipt"),
    "login": Names("ログイン・パスワード", "Sign-in and password"),
    "account_change": Names("登録情報の変更", "Change of account details"),
    "plan_change": Names("プラン変更・契約更新", "Plan and renewal"),
    "cancellation": Names("解約・退会", "Cancellation"),
    "how_to": Names("使い方", "How to use it"),
    "bug": Names("不具合・障害", "Faults and outages"),
    "feature_request": Names("要望・改善提案", "Feature request"),
    "trial": Names("導入相談・お試し", "Trial and onboarding"),
}
"""Id -> name. A team's own categories are words of its own and stand beside these."""


def name_of(category: str, language: str) -> str:
    """The category's name; a team's own word is its own name."""
    known = CATEGORIES.get(category)
    return known.in_(language) if known else category
