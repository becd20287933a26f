from contextlib import closing
from dataclasses import replace
from pathlib import Path

import made

from pipeline.decide import decisions, take_over
from schemas.feed import FeedState, feed_id
from transforms.feed_state import forget_feed, load_feeds, stage_feeds
from transforms.ledger import open_ledger

STATE = FeedState(
    feed_id=feed_id("https://estmark.example/feed"),
    url="https://estmark.example/feed",
    etag='W/"caf\xe9"',
    modified="Tue, 22 Apr 2025 10:00:00 GMT",
    digest="00ff",
    checked_at=made.APRIL,
    changed_at=None,
    next_check=made.APRIL,
    status="http_status",
    failures=2,
    error="500",
    moved_to="https://estmark.example/new",
    is_gone=True,
)


def take(path: Path, *states: FeedState) -> None:
    staged = path.with_name("decided")
    with decisions(path, staged) as ledger:
        ledger.executescript(
            "CREATE TABLE staged.run (run_id); CREATE TABLE staged.articles (article_id, content_hash, revision);"
            "CREATE TABLE staged.rejects (reject_id)"
        )
        stage_feeds(ledger, states)
        take_over(ledger)
    staged.unlink()


def test_states_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    fresh = FeedState(feed_id="f", url="https://norvania.example/rss")
    take(path, STATE, fresh)
    with closing(open_ledger(path)) as ledger:
        assert load_feeds(ledger) == {STATE.feed_id: STATE, "f": fresh}
    take(path, replace(STATE, failures=0, is_gone=False))
    with closing(open_ledger(path)) as ledger:
        assert load_feeds(ledger)[STATE.feed_id] == replace(STATE, failures=0, is_gone=False)
        assert forget_feed(ledger, STATE.feed_id)
        assert not forget_feed(ledger, STATE.feed_id)
        assert list(load_feeds(ledger)) == ["f"]


def test_when_a_feed_is_due() -> None:
    state = FeedState(feed_id="f", url="u")
    assert state.is_due(made.APRIL)
    assert replace(state, next_check=made.APRIL).is_due(made.APRIL)
    assert replace(state, next_check=made.APRIL.replace(microsecond=900_000)).is_due(made.APRIL)
    assert not replace(state, next_check=made.APRIL.replace(second=2)).is_due(made.APRIL)
    assert not replace(state, is_gone=True).is_due(made.APRIL)
