"""Fine-tune the sentence encoder of ``transforms/encoder`` on labelled sentences.

    python training/fit_encoder.py LABELLED NEWS third.pt --fold 0 --start second.pt

LABELLED is as for ``fit_weights.py``, NEWS as for ``news_labels.py``; ``own.gold.jsonl`` beside this file holds
invented sentences in near pairs. One input is a sentence with what stands before it in its article. The outputs are
four tags for the sentence, as the mean of four scores of its words (so that each word's share is known); for each
word, before the sentence too, whether it names who proposes, sets the condition or refuses; and, from the first
layers alone, whether the sentence has any tag (the glance that spares most sentences the other layers).
"""

import argparse
import random
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from bert import load_base
from fit_weights import FOLDS, folds_of
from inputs import OWN, read_labelled
from news_labels import LABELS, Pair, news_pairs
from tokenizers import Tokenizer
from torch import nn

from schemas.event import EVENT_TYPES
from transforms.encode import CONTEXT_SENTENCES, Encoding, encode_text, open_tokenizer
from transforms.gate import passes
from transforms.tag import one_line

TAGS = {"proposal": "PROPOSAL", "condition": "CONDITION", "refusal": "REFUSAL", "casualty_report": "CASUALTY"}
ACTED = EVENT_TYPES[:3]
HIDDEN = 384
BATCH = 32
HEAD_RATE = 10  # times the rate of the encoder
WARM_UP = 0.06
ACTOR_SHARE, GLANCE_SHARE = 0.3, 0.2  # of the loss
GLANCE_LAYERS = 2
OUTSIDE_GATE = 0.15  # share of the sentences without a tag that the gate stops, taken along as easy examples
# Words of names that do not tell who it is.
COMMON = frozenset(
    {"the", "a", "an", "of", "and", "or", "for", "to", "in", "on", "at", "by", "president", "minister", "prime"}
    | {"foreign", "spokesman", "spokeswoman", "official", "mr", "mrs", "ms"}
)


@dataclass(frozen=True, slots=True)
class Example:
    """An encoded sentence; ``tags`` are 0, 1 or -1 (not known), ``actors`` the same for each token and acted type."""

    encoding: Encoding
    tags: tuple[int, ...]
    actors: tuple[tuple[int, ...], ...]


class TagHead(nn.Module):
    """The encoder with one linear layer on each token, and one on the first layers."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = load_base()
        self.head = nn.Linear(HIDDEN, len(EVENT_TYPES) + len(ACTED))
        self.glance = nn.Linear(HIDDEN, 1)

    def forward(self, ids: Any, types: Any, mask: Any) -> tuple[Any, Any, Any]:
        """Return the scores of the sentences, of all tokens and of the glance.

        Types are 0 in the sentence and 1 before it.
        """
        hidden, bias = self.encoder.embed(ids, types, mask)
        hidden = self.encoder.through(hidden, bias, 0, GLANCE_LAYERS)
        chance = self.at_a_glance(hidden, types, mask)
        hidden = self.encoder.through(hidden, bias, GLANCE_LAYERS, None)
        return *self.score(hidden, types, mask), chance

    def at_a_glance(self, hidden: Any, types: Any, mask: Any) -> Any:
        """Return the log odds of any tag from the vectors of the first layers."""
        own = (mask * (1 - types)).unsqueeze(-1).to(hidden.dtype)
        return self.glance((hidden * own).sum(1) / own.sum(1)).squeeze(-1)

    def score(self, hidden: Any, types: Any, mask: Any) -> tuple[Any, Any]:
        """Return the scores from the vectors of the last layer."""
        tokens = self.head(hidden)
        own = (mask * (1 - types)).unsqueeze(-1).to(tokens.dtype)
        return (tokens[..., : len(EVENT_TYPES)] * own).sum(1) / own.sum(1), tokens


def with_context(rows: Sequence[dict[str, Any]]) -> Iterator[Pair]:
    """Yield each sentence with the sentences before it in its article, nearest first."""
    before: list[str] = []
    article = None
    for row in rows:
        if "before" in row:
            yield row, [row["before"]] if row["before"] else []
            continue
        if row["article"] != article:
            before, article = [], row["article"]
        yield row, before[::-1][:CONTEXT_SENTENCES]
        before.append(row["text"])


def example_of(tokenizer: Tokenizer, row: dict[str, Any], before: Sequence[str]) -> Example:
    """Return the example of a labelled sentence."""
    encoding = encode_text(tokenizer, one_line(row["text"]), [one_line(text) for text in before])
    contested = set(row.get("contested", ()))
    tags = tuple(-1 if tag in contested else int(tag in row["tags"]) for tag in TAGS.values())
    return Example(encoding, tags, tuple(actor_labels(encoding, row, kind) for kind in ACTED))


def actor_labels(encoding: Encoding, row: dict[str, Any], kind: str) -> tuple[int, ...]:
    """Return for each token whether it is part of a name of the actor; all -1 when nobody said who it is."""
    names = row.get("actors", {}).get(TAGS[kind], [])
    wanted = {word for name in names for word in name_words(name)}
    words = [encoding.word_at(place) if place else "" for place in encoding.places]
    found = [int(bool(wanted & set(name_words(word)))) for word in words]
    return tuple(found) if any(found) else (-1,) * len(found)


def name_words(name: str) -> list[str]:
    """Return the words of a name that tell who it is."""
    return [word for word in re.findall(r"[^\W\d_]+", name.lower()) if word not in COMMON and len(word) > 1]


def batches(examples: Sequence[Example], rng: random.Random) -> list[list[Example]]:
    """Return the examples in random batches of about one length."""
    order = list(examples)
    rng.shuffle(order)
    pools = [order[i : i + BATCH * 50] for i in range(0, len(order), BATCH * 50)]
    found = []
    for pool in pools:
        pool.sort(key=lambda example: len(example.encoding.ids))
        found += [pool[i : i + BATCH] for i in range(0, len(pool), BATCH)]
    rng.shuffle(found)
    return found


def padded(rows: Sequence[Sequence[int]], fill: int) -> Any:
    """Return the rows as one tensor."""
    width = max(map(len, rows))
    return torch.tensor([[*row, *[fill] * (width - len(row))] for row in rows])


def inputs_of(batch: Sequence[Example]) -> tuple[Any, Any, Any]:
    """Return ids, types and mask of a batch."""
    ids = [example.encoding.ids for example in batch]
    types = [example.encoding.types for example in batch]
    return padded(ids, 0), padded(types, 0), padded([[1] * len(row) for row in ids], 0)


def loss_of(model: TagHead, batch: Sequence[Example]) -> Any:
    """Return the loss of a batch: of the tags, and of the actors where they are known."""
    tags, tokens, chance = model(*inputs_of(batch))
    loss = masked_loss(tags, torch.tensor([example.tags for example in batch]))
    loss = loss + GLANCE_SHARE * masked_loss(chance, torch.tensor([any_tag(example) for example in batch]))
    for index in range(len(ACTED)):
        truth = padded([example.actors[index] for example in batch], -1)
        if (truth >= 0).any():
            loss = loss + ACTOR_SHARE * masked_loss(tokens[..., len(EVENT_TYPES) + index], truth)
    return loss


def any_tag(example: Example) -> int:
    """Return whether the sentence has any tag, -1 when only that of contested ones is open."""
    return 1 if 1 in example.tags else min(example.tags)


def masked_loss(scores: Any, truth: Any) -> Any:
    """Return the mean cross entropy over what is known."""
    known = truth >= 0
    return nn.functional.binary_cross_entropy_with_logits(scores[known].float(), truth[known].float())


class Masters:
    """AdamW on weights of 32 bits, of which the model that computes holds copies of 16 (Micikevicius et al. 2018).

    bfloat16 halves the time of a step, or better where the processor has instructions for it.
    """

    def __init__(self, model: TagHead, rate: float, total: int) -> None:
        rates = ((model.encoder, rate), (model.head, HEAD_RATE * rate), (model.glance, HEAD_RATE * rate))
        groups = [{"params": [part.detach().clone() for part in each.parameters()], "lr": lr} for each, lr in rates]
        self.weights = [weight for group in groups for weight in group["params"]]
        self.copies = [copy for each, _ in rates for copy in each.bfloat16().parameters()]
        self.optimizer = torch.optim.AdamW(groups, weight_decay=0.01, fused=True)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda step: min(1, step / (WARM_UP * total)) * max(0, 1 - step / total)
        )

    @torch.no_grad()
    def step(self) -> None:
        """Move the weights along the gradients of the copies, and copy them."""
        for weight, copy in zip(self.weights, self.copies, strict=True):
            weight.grad, copy.grad = copy.grad.float(), None
        nn.utils.clip_grad_norm_(self.weights, 1.0)
        self.optimizer.step()
        self.schedule.step()
        self.write_to(self.copies)

    @torch.no_grad()
    def write_to(self, copies: Sequence[Any]) -> None:
        """Copy the weights."""
        for weight, copy in zip(self.weights, copies, strict=True):
            copy.copy_(weight)


def train(examples: Sequence[Example], model: TagHead, *, rate: float, epochs: int, seed: int) -> None:
    """Fine-tune a model on examples."""
    rng = random.Random(seed)
    total = epochs * len(batches(examples, random.Random(0)))
    masters = Masters(model, rate, total)
    losses: list[float] = []
    started = time.time()
    model.train()
    for batch in (batch for _ in range(epochs) for batch in batches(examples, rng)):
        loss = loss_of(model, batch)
        loss.backward()
        masters.step()
        losses.append(float(loss.detach()))
        if len(losses) % 50 == 0:
            mean, seconds = np.mean(losses[-50:]), time.time() - started
            print(f"{len(losses)}/{total} loss {mean:.4f} {seconds:.0f} s", flush=True)
    masters.write_to(list(model.float().parameters()))


def labelled_pairs(folder: Path, fold: int | None, seed: int) -> list[Pair]:
    """Return the sentences to train on, each with what stands before it; those of a fold of articles are left out."""
    rows, more = (read_labelled(folder / f"{name}.gold.jsonl") for name in ("train", "more"))
    pairs = [pair for pair, number in zip(with_context(rows), folds_of(rows), strict=True) if number != fold]
    rng = random.Random(seed)
    return [
        pair
        for pair in [*pairs, *with_context(more)]
        if pair[0]["tags"] or passes(pair[0]["text"]) or rng.random() < OUTSIDE_GATE
    ]


def all_pairs(labelled: Path, news: Path, fold: int | None, seed: int) -> list[Pair]:
    """Return what one epoch sees: labelled sentences, invented ones, and those of other news."""
    return [
        *labelled_pairs(labelled, fold, seed),
        *with_context(read_labelled(OWN)),
        *news_pairs(news, LABELS),
    ]


def examples_of(pairs: Sequence[Pair]) -> list[Example]:
    """Return the examples of labelled sentences."""
    return [example_of(open_tokenizer(), row, before) for row, before in pairs]


def main() -> None:
    """Train and write the weights."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("labelled", type=Path)
    parser.add_argument("news", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--fold", type=int, choices=range(FOLDS), help="fold of articles to leave out")
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--rate", type=float, default=1e-4, help="learning rate at its height")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    model = TagHead()
    if options.start:
        model.load_state_dict(torch.load(options.start, weights_only=True), strict=False)
    examples = examples_of(all_pairs(options.labelled, options.news, options.fold, options.seed))
    print(f"{len(examples):,} sentences, {sum(len(each.encoding.ids) for each in examples):,} tokens", flush=True)
    train(examples, model, rate=options.rate, epochs=options.epochs, seed=options.seed)
    torch.save(model.state_dict(), options.output)


if __name__ == "__main__":
    main()
