"""Broken input of every format, through reading, splitting, tagging and staging: no case raises, all is accounted for.

``COMMUNIQUE_MUTATIONS=20000`` sets the number of cases; without it there are few, and always the same.
"""

import os
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import made
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from mutants import KINDS, Case, mutants

from pipeline.output import Output
from schemas.article import Article
from schemas.event import TaggedArticle
from schemas.reject import Reject
from schemas.source import Source
from schemas.tables import TABLES
from transforms.counters import reset_tally, tally
from transforms.read import REASONS, ReadSettings, read_source
from transforms.split import MAX_SENTENCE, split_article
from transforms.stage import ShardWriter, staged_files
from transforms.tag import Tagger

ASKED = int(os.environ.get("COMMUNIQUE_MUTATIONS", "0"))
CASES = max((ASKED or 300) // len(KINDS), 1)
MOST_SECONDS = 30  # for one case, on a machine with other work to do
NOW = datetime(2025, 5, 1, 12, tzinfo=UTC)
UNCLEAN = re.compile(r"[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
# What code raises that has not reckoned with something; libraries say OSError, ArrowInvalid and the like.
UNFORESEEN = re.compile(r"\b(?:Assertion|Attribute|Index|Key|Recursion|Type|Value|Unicode\w+)Error\b")
READ_SETTINGS = st.sampled_from(
    [
        ReadSettings(),
        ReadSettings(),
        ReadSettings(since=datetime(2025, 4, 22, 9, tzinfo=UTC), default_language="en"),
        ReadSettings(until=datetime(2025, 4, 22, 9, tzinfo=UTC), max_characters=200),
    ]
)
ran: Counter[str] = Counter()
slowest: dict[str, float] = {}


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger(kind="rules")


def now() -> datetime:
    return NOW


@pytest.mark.timeout(0 if ASKED else 120)
@pytest.mark.parametrize("kind", KINDS)
def test_broken_input_becomes_articles_and_rejects(kind: str, tagger: Tagger, tmp_path: Path) -> None:
    @settings(
        max_examples=CASES,
        deadline=None,
        derandomize=not ASKED,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=mutants(kind), read=READ_SETTINGS, is_tagged=st.sampled_from([True, False, False, False]))
    def check(case: Case, read: ReadSettings, is_tagged: bool) -> None:
        started = time.monotonic()
        check_case(case, read, tagger if is_tagged else None, tmp_path)
        seconds = time.monotonic() - started
        slowest[kind] = max(seconds, slowest.get(kind, 0))
        ran[kind] += 1
        assert seconds < MOST_SECONDS

    check()


def test_as_many_cases_ran_as_were_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    if set(ran) != set(KINDS):
        pytest.skip("not all formats were chosen")
    assert min(ran.values()) >= CASES
    if ASKED:
        with capsys.disabled():
            print(f"\n{ran.total():,} cases, slowest", {kind: round(seconds, 2) for kind, seconds in slowest.items()})


def check_case(case: Case, read: ReadSettings, tagger: Tagger | None, folder: Path) -> None:
    path = folder / f"case{case.suffix}"
    path.write_bytes(case.data)
    reset_tally()
    found = list(read_source(Source(str(path), is_feed=case.is_feed), read, now))
    articles = [item for item in found if isinstance(item, Article)]
    rejects = [item for item in found if isinstance(item, Reject)]
    check_counters(len(articles), len(rejects))
    for reject in rejects:
        assert reject.detail.startswith(REASONS[reject.reason])
        assert reject.reason != "unreadable" or not UNFORESEEN.search(reject.detail), reject
    check_tables([*tag(articles, tagger), *rejects], folder / "out")


def check_counters(articles: int, rejects: int) -> None:
    counts = Counter(tally())
    assert (counts["articles_read"], counts["rejects_read"]) == (articles, rejects)
    assert counts["records"] == articles + rejects + counts["outside_period"]


def tag(articles: list[Article], tagger: Tagger | None) -> list[TaggedArticle]:
    """Return the articles, with their events when there is a tagger; check every sentence."""
    if tagger is None:
        return [TaggedArticle(article, 0, ()) for article in articles]
    split = [split_article(article) for article in articles]
    for article, sentences in ((one.article, one.sentences) for one in split):
        for sentence in sentences:
            assert getattr(article, sentence.field)[sentence.start : sentence.end] == sentence.text
            assert 0 < len(sentence.text) <= MAX_SENTENCE
    return tagger.tag_articles(split)


def check_tables(items: list[TaggedArticle | Reject], folder: Path) -> None:
    """Stage the items as a run does and look at what is on the disk."""
    stage = made.stage_settings(Output(folder))
    writer = ShardWriter(stage)
    for item in items:
        writer.add(item)
    writer.flush()
    rows = {table: [*_rows(Path(stage.folder), table)] for table in TABLES}
    shutil.rmtree(folder, ignore_errors=True)
    articles = [item for item in items if isinstance(item, TaggedArticle)]
    assert len(rows["articles"]) == len(articles)
    assert len(rows["rejects"]) == len(items) - len(articles)
    assert len(rows["events"]) == sum(len(article.events) for article in articles)
    check_offsets(rows["events"], {row["_record"]: row for row in rows["articles"]})


def _rows(folder: Path, table: str) -> Iterator[dict]:
    for path in staged_files(folder, table):
        staged = pq.read_table(path, use_threads=False)
        staged.validate(full=True)
        for row in staged.to_pylist():
            texts = [value for value in row.values() if isinstance(value, str)] + row.get("authors", [])
            assert not any(map(UNCLEAN.search, texts)), row
            yield row


def check_offsets(events: list[dict], articles: dict[str, dict]) -> None:
    for event in events:
        field = articles[event["_record"]][event["sentence_field"]]
        assert field[event["sentence_start"] : event["sentence_end"]] == event["sentence"]
        assert field[event["trigger_start"] : event["trigger_end"]] == event["trigger_text"]
