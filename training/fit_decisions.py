"""Fit ``transforms/rules/decisions.toml``: how encoder, weights and rules are joined, and from where on it is an event.

    python training/fit_decisions.py LABELLED NEWS --fold 0            # prints the figures, writes the file
    python training/fit_decisions.py LABELLED NEWS --fold 0 --dry-run

The sentences are those of a fold of articles that the encoder in ``transforms/encoder`` has not seen (``fit_encoder.py
--fold``), and those of ``unseen.labels.tsv``; the weights are fitted anew without them. Needs scikit-learn 1.7 or
later.
"""

import argparse
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from fit_encoder import TAGS, with_context
from fit_weights import FOLDS, best_threshold, f1, fit, is_known, matrix_of, read_rows
from news_labels import UNSEEN, news_pairs
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from spacy.tokens import Doc

from schemas.event import EVENT_TYPES, EventType
from transforms.casualties import read_casualties
from transforms.decide import Evidence
from transforms.encode import load_encoder
from transforms.findings import gather
from transforms.gate import passes
from transforms.match import find_matches
from transforms.model import load_model
from transforms.odds import cut
from transforms.tag import one_line
from transforms.weigh import WEIGHED

OUTPUT = Path(__file__).parent.parent / "transforms" / "rules" / "decisions.toml"
TERMS = ("encoder", "weights", "rule")
KEPT = 0.999  # share of the events found that may not be lost by sparing the parse
MARGIN = 1.0  # log odds below that: a parse is cheap, and where rules are sure the encoder may be far off
KEPT_AT_A_GLANCE = 0.998  # share of the events that may not be lost by sparing the other layers of the encoder
BINS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
STRENGTH = 1.0
OTHERS_WEIGHT = 0.2  # of a sentence of unseen.labels.tsv: labelled as the encoder's sentences were, not by people


def weights_without(rows: Sequence[dict[str, Any]], shares: Any, apart: Any) -> dict[EventType, Any]:
    """Return for the sentences set apart the log odds that weights give which have not seen them."""
    matrix, _ = matrix_of(rows)
    found = {}
    for kind in WEIGHED:
        truth = np.array([TAGS[kind] in row["tags"] for row in rows])
        weights = shares * is_known(rows, TAGS[kind])
        found[kind] = fit(matrix[~apart], truth[~apart], weights[~apart]).decision_function(matrix[apart])
    return found


def evidence_of(doc: Doc, before: Sequence[str]) -> tuple[dict[EventType, Evidence], float]:
    """Return what speaks for each type in a sentence, as tagging sees it, and the chance at a glance."""
    scores = load_encoder().score(doc.text, [one_line(text) for text in before])
    assert scores is not None
    return gather(doc, find_matches(doc), read_casualties(doc), scores), scores.chance


def table_of(kind: EventType, evidence: Sequence[Mapping[EventType, Evidence]], weights: Any) -> Any:
    """Return the terms of one type, a row for each sentence."""
    terms = np.array([[getattr(found[kind], term) for term in TERMS] for found in evidence])
    if weights is not None:
        terms[:, TERMS.index("weights")] = [cut(score) for score in weights]
    return terms


def half_of_best(truth: Any, found: Any) -> float:
    """Return half of the best F1: for calibrated probabilities the threshold of the best F1 (Lipton et al. 2014).

    It hangs less on the few sentences near the threshold than the threshold that was best on them.
    """
    return f1(truth, found >= best_threshold(truth, found))[2] / 2


def report(kind: str, truth: Any, found: Any, threshold: float) -> None:
    """Print precision, recall and F1 from a threshold on, for all sentences of the fold."""
    precision, recall, mean = f1(truth, found >= threshold)
    print(f"{kind:32} P={precision:.3f} R={recall:.3f} F1={mean:.3f} from {threshold:.2f} on")


def reliability(truth: Any, found: Any) -> None:
    """Print how many of the sentences with about a probability hold an event."""
    for low, high in pairwise(BINS):
        within = (found >= low) & (found < high)
        if within.sum():
            print(f"    {low:.1f} to {high:.1f}: {truth[within].mean():.2f} of {within.sum()}")


def decision(kind: EventType, terms: Any, truth: Any, gated: Any, people: Any) -> tuple[list[str], Any]:
    """Fit one type; return its lines and which sentences rightly hold an event. What the gate stops is missed.

    ``people`` tells which sentences were labelled by people: figures and threshold are theirs.
    """
    model = LogisticRegression(C=STRENGTH)
    weights = np.where(people, 1.0, OTHERS_WEIGHT)[gated]
    joined = np.zeros(len(truth))
    unseen = {"cv": StratifiedKFold(10, shuffle=True, random_state=0), "params": {"sample_weight": weights}}
    joined[gated] = cross_val_predict(model, terms[gated], truth[gated], method="predict_proba", **unseen)[:, 1]
    for name, single in (("encoder", 1 / (1 + np.exp(-terms[:, 0]))), ("weights", 1 / (1 + np.exp(-terms[:, 1])))):
        single = np.where(gated, single, 0)[people]
        report(f"{kind} by {name}", truth[people], single, best_threshold(truth[people], single))
    threshold = half_of_best(truth[people], joined[people])
    report(f"{kind} by both", truth[people], joined[people], threshold)
    report(f"{kind} by both, others", truth[~people], joined[~people], threshold)
    reliability(truth[gated], joined[gated])
    model.fit(terms[gated], truth[gated], sample_weight=weights)
    reported = truth & (joined >= threshold)
    least = float(np.quantile(terms[reported, 0], 1 - KEPT)) - MARGIN
    print(f"    parsed: {(terms[gated, 0] >= least).mean():.2f} of the sentences that pass the gate")
    values = {"bias": model.intercept_[0], **dict(zip(TERMS, model.coef_[0], strict=True))}
    values |= {"threshold": threshold, "least_encoder": least}
    return [f"[{kind}]", *(f"{name} = {value:.3f}" for name, value in values.items()), ""], reported


def glance(chance: Any, truth: Any) -> list[str]:
    """Return the lines of the glance: the chance below which the encoder gives up."""
    least = float(np.quantile(chance[truth], 1 - KEPT_AT_A_GLANCE))
    print(f"encoded: {(chance >= least).mean():.2f} of the sentences that pass the gate")
    return ["[glance]", f"least_chance = {least:.3f}", ""]


def main() -> None:
    """Fit, say how good it is, and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("labelled", type=Path)
    parser.add_argument("news", type=Path)
    parser.add_argument("--fold", type=int, choices=range(FOLDS), default=0)
    parser.add_argument("--dry-run", action="store_true")
    options = parser.parse_args()
    rows, shares, folds = read_rows(options.labelled, options.news)
    others = news_pairs(options.news, UNSEEN)
    kept = folds == options.fold
    pairs = [pair for pair, is_kept in zip(with_context(rows[: len(folds)]), kept, strict=True) if is_kept] + others
    apart = np.concatenate([kept, np.zeros(len(rows) - len(kept), bool), np.ones(len(others), bool)])
    rows, shares = [*rows, *(row for row, _ in others)], np.concatenate([shares, np.ones(len(others))])
    docs = load_model().pipe(one_line(row["text"]) for row, _ in pairs)
    seen = [evidence_of(doc, before) for doc, (_, before) in zip(docs, pairs, strict=True)]
    evidence, chance = [each for each, _ in seen], np.array([each for _, each in seen])
    gated = np.array([passes(row["text"]) for row, _ in pairs])
    weights = weights_without(rows, shares, apart)
    lines = [
        "# How the evidence for each type is joined (transforms/decide.py); training/fit_decisions.py makes it.",
        "",
    ]
    people = np.arange(len(pairs)) < len(pairs) - len(others)
    found = np.zeros(len(pairs), bool)
    for kind in EVENT_TYPES:
        truth = np.array([TAGS[kind] in row["tags"] for row, _ in pairs])
        known = is_known([row for row, _ in pairs], TAGS[kind])
        table = table_of(kind, evidence, weights.get(kind))
        more_lines, reported = decision(kind, table[known], truth[known], gated[known], people[known])
        lines += more_lines
        found[np.flatnonzero(known)[reported]] = True
    lines += glance(chance[gated], found[gated])
    if not options.dry_run:
        OUTPUT.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
