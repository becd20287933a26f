"""Sentences of unlabelled news that were labelled for training: ``*.labels.tsv`` hold labels, no texts.

Each line is: article and number of the sentence in it (roughly: sentences are split better since), the first eight
digits of the SHA-1 of its letters, tags (P, C, R, K for casualties; in lower case where coders would differ), and who
proposes, sets the condition or refuses. NEWS is a folder with the articles (``*.jsonl.gz`` of id, title and text).
"""

import gzip
import hashlib
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inputs import check

from transforms.clean import clean_text
from transforms.encode import CONTEXT_SENTENCES
from transforms.split import sentence_spans

LABELS = Path(__file__).parent / "news.labels.tsv"  # to train on: drawn for being hard
UNSEEN = Path(__file__).parent / "unseen.labels.tsv"  # of other articles, all sentences that pass the gate
TAG_OF = {"P": "PROPOSAL", "C": "CONDITION", "R": "REFUSAL", "K": "CASUALTY"}
HEAD = 200  # characters of the text in which a title may be repeated

Pair = tuple[dict[str, Any], list[str]]


def news_pairs(folder: Path, labels: Path) -> list[Pair]:
    """Return the sentences that a file labels, each with what stands before it, nearest first."""
    check(labels)
    wanted: defaultdict[str, dict[int, list[str]]] = defaultdict(dict)
    for line in labels.read_text(encoding="utf-8").splitlines():
        place, *label = line.split("\t")
        article, number = place.rsplit("#", 1)
        wanted[article][int(number)] = label
    total = sum(map(len, wanted.values()))
    found = [pair for record in _records(folder) for pair in _pairs_of(record, wanted.pop(record["id"], {}))]
    print(f"{len(found):,} of {total:,} labelled sentences of news found", file=sys.stderr)
    return found


def _records(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.jsonl.gz")):
        check(path)
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def _pairs_of(record: dict[str, Any], wanted: dict[int, list[str]]) -> Iterator[Pair]:
    if not wanted:
        return
    sentences = sentences_of(record)
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, sentence in enumerate(sentences):
        places[checksum_of(sentence)].append(place)
    for number, (checksum, tags, actors) in wanted.items():
        if places[checksum]:
            place = min(places[checksum], key=lambda place: abs(place - number))
            before = sentences[max(0, place - CONTEXT_SENTENCES) : place][::-1]
            yield {"text": sentences[place], **labels_of(tags, actors)}, before


def sentences_of(record: dict[str, Any]) -> list[str]:
    """Return the sentences of an article, of its title first where the text does not repeat it."""
    title, text = record.get("title") or "", record["text"]
    whole = clean_text(text if title in text[:HEAD] else f"{title}\n\n{text}")
    return [whole[start:end] for start, end in sentence_spans(whole)]


def checksum_of(sentence: str) -> str:
    """Return a checksum of the letters of a sentence."""
    letters = re.sub(r"\W+", " ", sentence.lower()).strip()
    return hashlib.sha1(letters.encode()).hexdigest()[:8]


def labels_of(tags: str, actors: str) -> dict[str, Any]:
    """Return tags, contested tags and actors as labelled files have them."""
    named = (part.split("=", 1) for part in actors.split("; ") if part)
    return {
        "tags": [tag for letter, tag in TAG_OF.items() if letter in tags],
        "contested": [tag for letter, tag in TAG_OF.items() if letter.lower() in tags],
        "actors": {TAG_OF[letter]: names.split("|") for letter, names in named},
    }
