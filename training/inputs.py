"""The inputs of the training scripts, and whether they are the ones that the shipped data was made from."""

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHECKSUMS = Path(__file__).parent / "inputs.sha256"
# Invented sentences in near pairs: what looks like an event and is none, and what is one and does not look like it.
OWN = Path(__file__).parent / "own.gold.jsonl"


def read_labelled(path: Path) -> list[dict[str, Any]]:
    """Return the labelled sentences of a file; warn when it is not the file of the shipped data."""
    check(path)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def check(path: Path) -> None:
    """Warn when a file is not the one that the shipped data was made from."""
    known = dict(_checksums())
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if known.get(path.name) != found:
        print(f"{path}: not the file of {CHECKSUMS.name}; what is made of it will differ", file=sys.stderr)


def _checksums() -> Iterator[tuple[str, str]]:
    for line in CHECKSUMS.read_text(encoding="utf-8").splitlines():
        checksum, name = line.split()
        yield name, checksum
