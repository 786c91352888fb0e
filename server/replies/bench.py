"""How well answers are ranked for anybody's mails: the work of `sobani bench-replies`, by the code that serves.

Files are CSV with a header: text,label for mails, label,body for templates; other columns are passed over. The label
`oos` is a mail that no template answers: it counts for oos_auroc alone.
"""

from __future__ import annotations

import csv
import io
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from server.mail.language import language_of
from server.mail.newtext import read_text
from server.replies.embedding import Embedder, Model
from server.replies.gist import Gist, Wording, gist, template_vectors
from server.replies.ranking import Entry, Ranking, Shelf, rank, refit, shelve
from server.replies.rarity import Corpus, with_mail
from server.replies.vectors import Vector, nothing, pack, plus

OUTSIDE: Final = "oos"
_GUESSES: Final = 3
_LONGEST_FIELD: Final = 4_000_000


class BadFile(Exception):
    """A file that cannot be used: `str()` says which row and why."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One row of a file: a mail and the template that answers it, or a template's body and its name."""

    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Prediction:
    text: str
    label: str
    guesses: tuple[str, ...]


def read_rows(data: bytes, name: str, text: str = "text") -> list[Labelled]:
    """Rows of a CSV file with the columns `text` (so named) and label. Raises BadFile, which names row and reason."""
    try:
        decoded = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise BadFile(f"{name}, line {_line_of(data, exc.start)}: is not UTF-8") from exc
    csv.field_size_limit(_LONGEST_FIELD)
    reader = csv.DictReader(io.StringIO(decoded, newline=""), strict=True)
    rows: list[Labelled] = []
    line = 1  # where the row at hand begins: a field may hold line breaks
    try:
        missing = [column for column in (text, "label") if column not in (reader.fieldnames or ())]
        if missing:
            raise BadFile(f"{name}, line 1: the header lacks {' and '.join(missing)}")
        line = reader.line_num + 1
        for row in reader:
            body, label = row[text], row["label"]
            if body is None or not (label or "").strip():
                raise BadFile(f"{name}, line {line}: has no {'label' if body is not None else text}")
            rows.append(Labelled(body, label.strip()))
            line = reader.line_num + 1
    except csv.Error as exc:
        raise BadFile(f"{name}, line {line}: {exc}") from exc
    if not rows:
        raise BadFile(f"{name}: has no row under its header")
    return rows


def _line_of(data: bytes, place: int) -> int:
    return data[:place].count(b"\n") + 1


def sampled(rows: Sequence[Labelled], shots: int | None, seed: int) -> list[Labelled]:
    """`shots` rows of each label, drawn by the seed, in the order of the file; all of them without a number."""
    by_label: dict[str, list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        by_label[row.label].append(at)
    draw = np.random.default_rng(seed)
    chosen = [int(at) for label in sorted(by_label) for at in draw.permutation(by_label[label])[:shots]]
    return [rows[at] for at in sorted(chosen)]


def bench_replies(
    test: Sequence[Labelled],
    train: Sequence[Labelled],
    shots: int | None,
    templates: Sequence[Labelled],
    seed: int,
    embedder: Embedder,
) -> tuple[list[Figure], list[Prediction]]:
    """Rank the test's mails among the labels, taught by the templates' text, by mails as picks, or by both."""
    picks = [row for row in sampled(train, shots, seed) if row.label != OUTSIDE]
    if not picks and not templates:
        raise BadFile("nothing to rank: give templates, mails to learn from, or both")
    if not any(row.label != OUTSIDE for row in test):
        raise BadFile(f"every row of the test is {OUTSIDE}: there is nothing to guess")
    corpus = Corpus()
    learned: list[tuple[str, Gist]] = []
    for row in picks:
        read = gist(_new_text(row.text), embedder, corpus)
        learned.append((row.label, read))
    for _, read in learned:
        corpus = with_mail(corpus, read.sentences, read.vectors)
    shelf = _shelf(picks, [(label, pack(read.vector)) for label, read in learned], templates, embedder)
    predictions: list[Prediction] = []
    rankings: list[Ranking] = []
    began = time.perf_counter()
    for row in test:
        new = _new_text(row.text)
        ranking = rank(shelf, gist(new, embedder, corpus).vector, language_of(new), most=len(shelf.ids))
        rankings.append(ranking)
        names = tuple(ranked.id for ranked in ranking.best[:_GUESSES])
        predictions.append(Prediction(row.text, row.label, (*names, "", "", "")[:_GUESSES]))
    per_mail = (time.perf_counter() - began) * 1000 / len(test)
    return [*_quality(test, rankings), Figure("ms_per_mail", round(per_mail, 2), "ms")], predictions


def _new_text(text: str) -> str:
    return read_text(text, "").new


def _shelf(
    mails: Sequence[Labelled],
    examples: Sequence[tuple[str, bytes]],
    templates: Sequence[Labelled],
    embedder: Embedder,
) -> Shelf:
    """The team that these files describe, its templates named by their labels."""
    texts: dict[str, list[str]] = defaultdict(list)
    for row in [*templates, *mails]:
        texts[row.label].append(row.text)
    spoken = Counter(filter(None, (language_of(" ".join(bodies)) for bodies in texts.values())))
    ordinary = spoken.most_common(1)[0][0] if spoken else "en"
    languages = {label: language_of(" ".join(bodies)) or ordinary for label, bodies in texts.items()}
    wordings = [Wording(row.label, row.text, languages[row.label]) for row in templates]
    own = dict(zip((row.label for row in templates), template_vectors(wordings, embedder), strict=True))
    sums = {label: nothing(embedder.dimensions) for label in texts}
    picks = Counter(label for label, _ in examples)
    for label, packed in examples:
        sums[label] = plus(sums[label], packed)
    blank: Vector = np.zeros(embedder.dimensions, dtype=np.float32)
    entries = [
        Entry(label, languages[label], pack(own.get(label, blank)), sums[label].astype("<i4").tobytes(), picks[label])
        for label in sorted(texts)
    ]
    return shelve(embedder.model, entries, refit(entries, examples, embedder.model))


def _quality(test: Sequence[Labelled], rankings: Sequence[Ranking]) -> Iterator[Figure]:
    places: list[int] = []  # of the right template; 0 where it is not on the shelf or nothing was ranked
    inside: list[float] = []
    outside: list[float] = []
    for row, ranking in zip(test, rankings, strict=True):
        if row.label == OUTSIDE:
            outside.append(ranking.outside)
            continue
        inside.append(ranking.outside)
        places.append(next((at for at, one in enumerate(ranking.best, 1) if one.id == row.label), 0))
    for most in (1, 3):
        share = sum(0 < place <= most for place in places) / len(places)
        yield Figure(f"top{most}", round(100 * share, 2), "percent")
    yield Figure("mrr", round(sum(1 / place for place in places if place) / len(places), 4), "ratio")
    if outside:
        yield Figure("oos_auroc", round(auroc(outside, inside), 4), "ratio")


def auroc(higher: Sequence[float], lower: Sequence[float]) -> float:
    """How often one of the first is above one of the second; ties count half."""
    below = np.sort(np.array(lower))
    left = np.searchsorted(below, higher, side="left")
    right = np.searchsorted(below, higher, side="right")
    return float((left + right).sum()) / (2 * len(higher) * len(lower))


def rank_speed(dimensions: int, seed: int, templates: int = 1000, rounds: int = 200) -> Figure:
    """How long one ranking takes among that many templates, the mail's vector at hand: the median."""
    draw = np.random.default_rng(seed)
    model: Model = "use-m3-1" if dimensions == 512 else "char-1"
    vectors = draw.standard_normal((templates, dimensions)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    shelf = shelve(model, [Entry(f"{at:04}", "ja", pack(row)) for at, row in enumerate(vectors)])
    times: list[float] = []
    for at in range(rounds):
        began = time.perf_counter()
        rank(shelf, vectors[at % templates], "ja")
        times.append(time.perf_counter() - began)
    return Figure("rank_ms_1000", round(float(np.median(times)) * 1000, 3), "ms")


_MAIL: Final = (
    "お世話になっております。青葉商事の田中と申します。\n先週の火曜日に注文した加湿器（注文番号 A-10482）が、"
    "お届け予定日を三日過ぎてもまだ届いておりません。\n追跡番号で確認したところ、一昨日から「持ち出し中」のまま動いていないようです。"
    "運送会社にも電話をしましたが、発送元に確認してほしいとのことでした。\n金曜日に来客があり、その日に使う予定で購入したものです。"
    "それまでに届かないようでしたら、ほかの店で買いますので、代金をお返しいただけないでしょうか。\n"
    "届く見込みがあるのかどうかだけでも、明日の午前中までに教えていただけると助かります。\n"
    "お忙しいところ恐れ入りますが、どうぞよろしくお願いいたします。"
)
"""Three hundred characters of an ordinary mail."""


def embedding_cost(embedder: Embedder, rounds: int = 15) -> Figure:
    """Processor time of reading one mail of 300 characters, all threads counted: the median."""
    times: list[float] = []
    for _ in range(rounds):
        began = time.process_time()
        gist(_MAIL, embedder, Corpus())
        times.append(time.process_time() - began)
    return Figure("embed_cpu_ms", round(float(np.median(times)) * 1000, 1), "ms")


def main_lines(files: Mapping[str, bytes], shots: int | None, seed: int, embedder: Embedder) -> tuple[list[str], str]:
    """JSON lines of the figures, and the predictions as CSV. `files`: "test", and "train" or "templates" or both.

    Raises BadFile.
    """
    test = read_rows(files["test"], "test")
    train = read_rows(files["train"], "train") if "train" in files else []
    templates = read_rows(files["templates"], "templates", "body") if "templates" in files else []
    twice = [label for label, count in Counter(row.label for row in templates).items() if count > 1]
    if twice:
        raise BadFile(f"templates: {twice[0]} stands there more than once")
    figures, predictions = bench_replies(test, train, shots, templates, seed, embedder)
    figures += [rank_speed(embedder.dimensions, seed), embedding_cost(embedder)]
    return [msgspec.json.encode(figure).decode() for figure in figures], predictions_csv(predictions)


def predictions_csv(predictions: Iterable[Prediction]) -> str:
    """text,label,guess1,guess2,guess3, a row a mail in the order of the test."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["text", "label", *(f"guess{at}" for at in range(1, _GUESSES + 1))])
    writer.writerows([one.text, one.label, *one.guesses] for one in predictions)
    return out.getvalue()
