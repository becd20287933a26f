"""Attacks on the command, each with good neighbours in the same run: bounded, rejected, and the others are read."""

import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import made
import pytest
from attack import MEGABYTES, NEIGHBOURS, SECONDS, SECRET, SOME, Attack, Outcome, run_all, runs

from schemas.reject import DETAIL_CHARACTERS
from schemas.tables import TABLES
from transforms.read import REASONS

pytestmark = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="measures by /proc")

RUNS = runs()
ATTACKS = [(run, attack) for run, attacks in RUNS.items() for attack in attacks]
CLOCKS = {"run_id", "fetched_at", "rejected_at", "source_uri"}
UNCLEAN = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="communique-hostile-") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@pytest.fixture(scope="module")
def outcomes(root: Path) -> dict[str, Outcome]:
    return run_all(root)


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    return made.rows(folder / "output", table)


def by_neighbours(folder: Path, table: str) -> list[dict[str, Any]]:
    """Return what is in a table of the neighbours."""
    names = {str(folder / "input" / name) for name in NEIGHBOURS}
    ids = [row["article_id"] for row in rows(folder, "articles") if row["source_uri"] in names]
    found = [row for row in rows(folder, table) if row["article_id"] in ids]
    return sorted(({k: v for k, v in row.items() if k not in CLOCKS} for row in found), key=str)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


@pytest.mark.parametrize("name", RUNS)
def test_a_run_is_bounded_and_its_neighbours_are_read(name: str, outcomes: dict[str, Outcome], root: Path) -> None:
    outcome, baseline, folder = outcomes[name], outcomes["none"], root / name
    assert (outcome.status, (folder / "stderr").read_text()) == (0, "")
    assert not UNCLEAN.search((folder / "stdout").read_text())
    assert outcome.seconds - baseline.seconds < SECONDS
    assert outcome.megabytes - baseline.megabytes < MEGABYTES
    for table in ("articles", "events"):
        assert by_neighbours(folder, table) == by_neighbours(root / "none", table) != []
    for table in TABLES:
        found = [text for row in rows(folder, table) for text in texts([*row.values()])]
        assert not [text for text in found if UNCLEAN.search(text) or SECRET in text]
    fields = {(row["article_id"], row["revision"]): row for row in rows(folder, "articles")}
    for event in rows(folder, "events"):
        text = fields[event["article_id"], event["revision"]][event["sentence_field"]]
        assert text[event["sentence_start"] : event["sentence_end"]] == event["sentence"]


@pytest.mark.parametrize(("run", "attack"), ATTACKS, ids=[attack.name for _, attack in ATTACKS])
def test_an_attack_becomes_what_it_is(run: str, attack: Attack, outcomes: dict[str, Outcome], root: Path) -> None:
    assert outcomes[run].status == 0
    rejects = [row for row in rows(root / run, "rejects") if attack.is_of(row["source_uri"])]
    reasons = Counter(row["reason"] for row in rejects)
    twice = 0 if "duplicate" in attack.rejects else reasons.pop("duplicate", 0)
    assert dict(reasons) == {reason: reasons[reason] or 1 if n == SOME else n for reason, n in attack.rejects.items()}
    assert attack.says in "\n".join(row["detail"] for row in rejects)
    assert all(row["detail"].startswith(REASONS.get(row["reason"], "")) for row in rejects)
    assert all(len(row["detail"]) <= DETAIL_CHARACTERS for row in rejects)
    articles = [row for row in rows(root / run, "articles") if attack.is_of(row["source_uri"])]
    assert len(articles) + twice == attack.articles
