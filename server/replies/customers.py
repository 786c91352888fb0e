"""How customers' mails sound on the whole: the mean of their vectors, a language each.

Questions and answers are worded differently, and that difference is the same in every pair: taking the mean of the mails
from a mail, and the mean of the templates from a template, leaves what they are about. A team's own picks take over from
the means that are shipped. `python -m server.replies.customers` makes the shipped file anew from the mails below.
"""

from __future__ import annotations

import importlib.resources
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from server.replies.embedding import CharEmbedder, Embedder, Model, UseEmbedder
from server.replies.vectors import Vector

MAILS: Final[Mapping[str, tuple[str, ...]]] = {
    "ja": (
        "注文した品がいつ発送されるのか教えてください。",
        "荷物の追跡をしたいのですが、番号が分かりません。",
        "届く予定の日を過ぎても、まだ受け取れていません。",
        "配達完了になっていますが、荷物が見当たりません。",
        "頼んだものと違う品が入っていました。",
        "数が一つ足りないのですが、どうすればよいですか。",
        "届いた商品に傷があり、使えません。",
        "開けたときから壊れていたので、交換してほしいです。",
        "サイズが合わなかったので返品したいと思います。",
        "別の色に取り替えてもらうことはできますか。",
        "今朝の注文を取りやめたいのですが、間に合いますか。",
        "送り先の住所を書き間違えました。直していただけますか。",
        "この商品は次にいつ入荷しますか。",
        "売り切れの品を取り置きしてもらえますか。",
        "二十台まとめて購入する場合の価格を知りたいです。",
        "見積もりを来週までにいただけますか。",
        "カードで支払おうとするとエラーになります。",
        "銀行振込でも支払えますか。",
        "同じ金額が二回請求されているようです。",
        "請求額が契約と違うのはなぜでしょうか。",
        "返金はいつごろ口座に入りますか。",
        "まだお金が戻ってきていません。確認してください。",
        "領収書の宛名を会社名に変えて送ってください。",
        "先月分の請求書がまだ届いていません。",
        "パスワードを忘れてログインできません。",
        "確認コードのメールが来なくて困っています。",
        "登録しているメールアドレスを変えたいです。",
        "担当者が替わったので、名前の登録を変更してください。",
        "上のプランに切り替えるにはどうしたらいいですか。",
        "契約の更新をしない場合の手続きを知りたいです。",
        "解約したいので方法を教えてください。",
        "退会すると今までのデータは消えますか。",
        "一覧をファイルに書き出す方法が分かりません。",
        "設定の画面で何を選べばよいのでしょうか。",
        "昨日から画面が真っ白で動きません。",
        "急に遅くなり、仕事になりません。障害ですか。",
        "検索の結果を並べ替えられるようにしてほしいです。",
        "こういう機能があると助かるのですが、予定はありますか。",
        "導入を考えています。試しに使うことはできますか。",
        "一度説明を聞きたいので、日程を相談させてください。",
    ),
    "en": (
        "Could you tell me when my order will be shipped?",
        "I would like to track my parcel but I have no number.",
        "The delivery date has passed and nothing has come.",
        "It says delivered, but I cannot find the package.",
        "You sent me a different item from the one I ordered.",
        "One piece is missing from the box. What should I do?",
        "The product arrived with a scratch and I can't use it.",
        "It was broken when I opened it and I want a replacement.",
        "The size does not fit, so I want to send it back.",
        "Can I exchange it for another colour?",
        "I need to cancel the order I placed this morning.",
        "I made a mistake in the delivery address. Can you correct it?",
        "When will this item be back in stock?",
        "Is it possible to reserve one that is sold out?",
        "What is the price if we buy twenty of them?",
        "Please send us a quote by next week.",
        "I get an error when I try to pay by card.",
        "Can I pay by bank transfer instead?",
        "It looks like I have been charged twice.",
        "Why is the amount on my bill different from the contract?",
        "How long does a refund take to reach my account?",
        "I still haven't got my money back. Please check.",
        "Please issue the receipt in the name of our company.",
        "We have not received last month's invoice.",
        "I forgot my password and can't log in.",
        "The verification code never arrives.",
        "How do I change the e-mail address on my account?",
        "Our contact person has changed, please update the name.",
        "How can I move to a higher plan?",
        "What must I do if we don't want to renew?",
        "I want to cancel my subscription.",
        "If I close my account, is my data deleted?",
        "I can't work out how to export the list to a file.",
        "Which option should I choose on the settings page?",
        "Since yesterday the screen is blank and nothing works.",
        "Everything has become very slow. Is there an outage?",
        "It would be great if the results could be sorted.",
        "Are you planning to add this feature?",
        "We are thinking of using your service. Is there a trial?",
        "I would like to hear more. Can we arrange a call?",
    ),
}
"""Two mails for each of the commonest questions: what they are about cancels out in the mean."""

_FILE: Final = "customers.npz"


def means(model: Model) -> dict[str, Vector]:
    """The mean of mails by language, for this model; a workspace without picks starts from it."""
    if model == "char-1":
        return _means(CharEmbedder())
    shipped = np.load(io.BytesIO(importlib.resources.files("server.replies").joinpath(_FILE).read_bytes()))
    return {language: shipped[language].astype(np.float32) for language in MAILS}


def _means(embedder: Embedder) -> dict[str, Vector]:
    return {language: embedder.embed(mails).mean(axis=0).astype(np.float32) for language, mails in MAILS.items()}


def main() -> None:
    """Write the means of the model that needs its files, so that ranking needs only this one."""
    target = Path(__file__).with_name(_FILE)
    np.savez(
        target,
        allow_pickle=False,
        **{language: mean.astype(np.float32) for language, mean in _means(UseEmbedder()).items()},
    )


if __name__ == "__main__":
    main()
