"""Fit the weights of ``transforms/rules/weights.tsv.gz`` to labelled sentences.

    python training/fit_weights.py LABELLED NEWS            # prints the figures, writes the weights
    python training/fit_weights.py LABELLED NEWS --dry-run  # prints the figures

LABELLED holds ``train.gold.jsonl`` (all sentences of its articles) and ``more.gold.jsonl`` (single sentences, drawn for
the rare tags, which count less), each line with ``text``, ``tags`` and in train ``article``; NEWS is as for
``news_labels.py``. Needs scikit-learn 1.7 or later. The fit is the same whenever features, rules and labels are:
liblinear with a fixed seed, folds by article.
"""

import argparse
import gzip
import random
from collections.abc import Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
from inputs import OWN, read_labelled
from news_labels import LABELS, news_pairs
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from transforms.match import find_matches
from transforms.model import load_model
from transforms.tag import one_line
from transforms.weigh import WEIGHED, sentence_features

OUTPUT = Path(__file__).parent.parent / "transforms" / "rules" / "weights.tsv.gz"
STRENGTH = 0.2  # inverse strength of the regularisation; 0.05 to 1 differ by less than .01 of F1
MORE_WEIGHT = 0.3  # of a sentence of more.gold.jsonl, whose shares of tags are not natural
OWN_WEIGHT = 0.5  # of an invented sentence
NEWS_WEIGHT = 0.5  # of a sentence of other news, drawn for being hard
LEAST_SENTENCES = 3  # that a feature must stand in
LEAST_WEIGHT = 0.02
FOLDS = 5
THRESHOLDS = np.arange(0.1, 0.8, 0.01)
SMOOTHED = 9  # thresholds over which F1 is averaged before the best is taken


def features_of(rows: Sequence[dict[str, Any]]) -> Iterator[list[str]]:
    """Yield the features of each sentence, as tagging sees it."""
    for doc in load_model().pipe(one_line(row["text"]) for row in rows):
        yield sorted(sentence_features(doc, find_matches(doc)))


def read_rows(labelled: Path, news: Path) -> tuple[list[dict[str, Any]], Any, Any]:
    """Return the sentences to fit to, how much each counts, and the folds of the first of them, those of train."""
    train, more = (read_labelled(labelled / f"{name}.gold.jsonl") for name in ("train", "more"))
    own, other = read_labelled(OWN), [row for row, _ in news_pairs(news, LABELS)]
    counts = ((train, 1.0), (more, MORE_WEIGHT), (own, OWN_WEIGHT), (other, NEWS_WEIGHT))
    weights = np.concatenate([np.full(len(rows), weight) for rows, weight in counts])
    return [*train, *more, *own, *other], weights, folds_of(train)


def is_known(rows: Sequence[dict[str, Any]], tag: str) -> Any:
    """Return for each sentence whether coders agreed on a tag."""
    return np.array([tag not in row.get("contested", ()) for row in rows])


def matrix_of(rows: Sequence[dict[str, Any]]) -> tuple[Any, Any]:
    """Return which features each sentence has (sentences by features), and the names of the features."""
    vectorizer = CountVectorizer(analyzer=same, binary=True, min_df=LEAST_SENTENCES)
    matrix = vectorizer.fit_transform(features_of(rows)).astype(float)
    return matrix, vectorizer.get_feature_names_out()


def same(features: list[str]) -> list[str]:
    """Return the features as they are: they are the words of the vectorizer."""
    return features


def f1(truth: Any, said: Any) -> tuple[float, float, float]:
    """Return precision, recall and their harmonic mean."""
    right = (truth & said).sum()
    precision, recall = right / max(1, said.sum()), right / max(1, truth.sum())
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def fit(matrix: Any, truth: Any, weights: Any) -> LogisticRegression:
    """Return a fitted model."""
    model = LogisticRegression(C=STRENGTH, solver="liblinear", max_iter=300, random_state=0)
    return model.fit(matrix, truth, sample_weight=weights)


def folds_of(train: Sequence[dict[str, Any]]) -> Any:
    """Return the fold of each sentence; an article is in one fold."""
    articles = sorted({row["article"] for row in train})
    random.Random(0).shuffle(articles)
    fold = {article: number % FOLDS for number, article in enumerate(articles)}
    return np.array([fold[row["article"]] for row in train])


def unseen(matrix: Any, truth: Any, weights: Any, folds: Any) -> Any:
    """Return for each sentence of train the probability that a model gives which has not seen its article."""
    size = len(folds)
    found = np.zeros(size)
    for fold in range(FOLDS):
        seen = np.concatenate([folds != fold, np.ones(len(truth) - size, bool)])
        model = fit(matrix[seen], truth[seen], weights[seen])
        found[folds == fold] = model.predict_proba(matrix[:size][folds == fold])[:, 1]
    return found


def best_threshold(truth: Any, probability: Any) -> float:
    """Return the threshold with the highest F1, averaged over its neighbours."""
    scores = np.array([f1(truth, probability > threshold)[2] for threshold in THRESHOLDS])
    around = np.pad(scores, SMOOTHED // 2, mode="edge")
    return float(THRESHOLDS[np.convolve(around, np.ones(SMOOTHED) / SMOOTHED, "valid").argmax()])


def write(path: Path, names: Any, columns: Any, biases: Sequence[float], thresholds: Sequence[float]) -> None:
    """Write one line a feature: its name and a hundred times its weight for each event type."""
    lines = ["\t".join(["<bias>", *(f"{bias * 100:.1f}" for bias in biases)])]
    lines.append("\t".join(["<threshold>", *(f"{threshold * 100:.0f}" for threshold in thresholds)]))
    for name, weights in sorted(zip(names, columns, strict=True), key=itemgetter(0)):
        if np.abs(weights).max() >= LEAST_WEIGHT:
            lines.append("\t".join([" ".join(name.split()), *(f"{weight * 100:.0f}" for weight in weights)]))
    path.write_bytes(gzip.compress("\n".join(lines).encode(), 9, mtime=0))
    print(f"{len(lines) - 2:,} features, {path.stat().st_size:,} bytes")


def main() -> None:
    """Fit, say how good it is on articles not seen, and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("labelled", type=Path)
    parser.add_argument("news", type=Path)
    parser.add_argument("--dry-run", action="store_true")
    options = parser.parse_args()
    rows, shares, folds = read_rows(options.labelled, options.news)
    matrix, names = matrix_of(rows)
    columns, biases, thresholds = [], [], []
    for event_type in WEIGHED:
        truth = np.array([event_type.upper() in row["tags"] for row in rows])
        weights = shares * is_known(rows, event_type.upper())
        probability = unseen(matrix, truth, weights, folds)
        thresholds.append(best_threshold(truth[: len(folds)], probability))
        scores = f1(truth[: len(folds)], probability > thresholds[-1])
        print(f"{event_type:10} P={scores[0]:.3f} R={scores[1]:.3f} F1={scores[2]:.3f} from {thresholds[-1]:.2f} on")
        model = fit(matrix, truth, weights)
        columns.append(model.coef_[0])
        biases.append(model.intercept_[0])
    if not options.dry_run:
        write(OUTPUT, names, np.array(columns).T, biases, thresholds)


if __name__ == "__main__":
    main()
