from collections import Counter
from pathlib import Path

import made
import pytest
from week import Feed
from week_check import differences, differences_within, ledger_faults, play

from pipeline.output import Output


@pytest.mark.timeout(600)
def test_a_watch_that_is_killed_again_and_again_writes_what_one_in_peace_writes(tmp_path: Path) -> None:
    report = play(tmp_path, feeds=12, hours=16, kills=3, seed=1)
    assert report.faults == []
    assert report.played.kills.total() == 3
    assert report.played.looks > 0
    assert report.rows["articles"] > 80
    assert report.rows["events"] > 150
    assert report.rows["rejects"] > 3


def test_feeds_of_the_week_do_all_that_feeds_do() -> None:
    feeds = [Feed(number, seed=1) for number in range(50)]
    answers = [feed.answer(hour, {}, f"/{feed.number}") for feed in feeds for hour in range(0, 168, 3)]
    statuses = Counter(answer.status for answer in answers if answer)
    assert {200, 301, 302, 410, 429, 500} == statuses.keys()
    assert None in answers
    feed = feeds[1]
    shown = {entry for hour in range(168) for entry in feed.entries(hour)}
    assert any(entry.revision == 2 for entry in shown)
    assert len({entry.published for entry in shown}) > len({entry.born for entry in shown})
    assert feed.entries(100) == feed.entries(100) != Feed(1, seed=2).entries(100)


def test_a_lost_and_a_doubled_row_are_seen(tmp_path: Path) -> None:
    one, other = Output(tmp_path / "one"), Output(tmp_path / "other")
    articles = [made.tagged(made.article(number)) for number in range(3)]
    made.write_run(one, "first", articles)
    made.write_run(other, "first", articles[:2])
    made.write_run(other, "second", articles[2:])
    assert differences(one.root, other.root) == []
    path = next((other.root / "articles").rglob("second-*.parquet"))
    path.with_name("again.parquet").write_bytes(path.read_bytes())
    assert len(differences(one.root, other.root)) == 2
    assert len(ledger_faults(other.root)) == 1
    path.unlink()
    path.with_name("again.parquet").unlink()
    assert len(differences(one.root, other.root)) == 2


def test_an_article_without_its_events_is_seen() -> None:
    assert differences_within([("a", 1, 2), ("b", 1, 0)], [("x", "a", 1), ("y", "a", 1)]) == []
    assert len(differences_within([("a", 1, 2)], [("x", "a", 1)])) == 1
    assert len(differences_within([], [("x", "a", 1)])) == 1
    assert len(differences_within([("a", 1, 2)], [("x", "a", 1), ("x", "a", 1)])) == 1
    assert len(differences_within([("a", 1, 0), ("a", 1, 0)], [])) == 1
