"""Run by the CRM's own Python: fills it with the cast, and prints the token and the first contact's id.

A file of its own, because the CRM's models are there only in its own environment.
"""

import json

import django  # type: ignore[import-not-found] # the CRM's environment alone has it

django.setup()

from cases.models import Case  # type: ignore[import-not-found] # noqa: E402 - only in the CRM's environment, after its setup
from common.models import Org, PersonalAccessToken, Profile  # type: ignore[import-not-found] # noqa: E402 - as above
from contacts.models import Contact  # type: ignore[import-not-found] # noqa: E402 - as above
from django.contrib.auth import get_user_model  # type: ignore[import-not-found] # noqa: E402 - as above
from opportunity.models import Opportunity  # type: ignore[import-not-found] # noqa: E402 - as above

org = Org.objects.create(name="青葉商事", default_currency="JPY")
user = get_user_model().objects.create(email="sato.misaki@aoba.example")
profile = Profile.objects.create(user=user, org=org, role="ADMIN", is_active=True)
token, _ = PersonalAccessToken.generate(profile, "Sobani")


def contact(last: str, first: str, email: str, **more: str) -> Contact:
    return Contact.objects.create(org=org, last_name=last, first_name=first, email=email, **more)


taro = contact(
    "田中",
    "太郎",
    "taro.tanaka@hokuto-foods.example",
    organization="北都フーズ株式会社",
    title="購買部",
    description="<p>月末締め</p>",
)
contact("別", "人", "x.taro.tanaka@hokuto-foods.example")
contact("港", "一郎", "info@minato-print.example")
contact(
    "鈴木",
    '"<b>花子</b>"',
    "hanako.suzuki@gmail.com",
    description='<div onclick="x()">紹介<script>alert(1)</script>済み</div>',
)
deal = Opportunity.objects.create(org=org, name="棚の更新", amount=1200000, currency="JPY", closed_on="2026-12-20")
deal.contacts.add(taro)
for name, status in (("納品数が違う", "New"), ("請求書の宛名", "Closed")):
    Case.objects.create(org=org, name=name, status=status, priority="Urgent").contacts.add(taro)
print(json.dumps({"token": token, "taro": str(taro.id)}))  # noqa: T201 - read by whoever runs this
