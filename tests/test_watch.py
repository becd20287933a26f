import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import made
import pytest
from loopback import Answer, Loopback, item, rss, serving
from watching import ENVIRONMENT, Watching


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as server:
        yield server


def test_a_new_entry_is_in_the_tables_after_the_next_look(server: Loopback, tmp_path: Path) -> None:
    server.routes["/feed"] = Answer(rss(item(1)))
    with Watching(tmp_path / "out", "--feed", f"{server.url}/feed", "--every", "1s") as watching:
        first = watching.line()
        assert (first["cycle"], first["articles_new"], first["events"]["refusal"]) == (1, 1, 3)
        assert first["feeds"]["changed"] == 1
        server.routes["/feed"] = Answer(rss(item(2), item(1)))
        lines = [watching.line() for _ in range(2)]
        assert sum(line["articles_new"] for line in lines) == 1
        assert sorted(row["external_id"] for row in made.rows(tmp_path / "out", "articles")) == ["est-1", "est-2"]
        assert watching.line()["run_id"] is None  # nothing new, nothing written
        status, seconds, errors = watching.end(signal.SIGTERM)
        assert (status, errors) == (0, "")
        assert seconds < 10
        assert len(list((tmp_path / "out" / "runs").iterdir())) == 2


def test_an_edited_entry_is_a_new_revision_and_a_changed_timestamp_is_none(server: Loopback, tmp_path: Path) -> None:
    server.routes["/feed"] = Answer(rss(item(1)))
    with Watching(tmp_path / "out", "--feed", f"{server.url}/feed", "--every", "1s") as watching:
        watching.line()
        server.routes["/feed"] = Answer(rss(item(1, date="Wed, 23 Apr 2025 11:00:00 GMT")))
        lines = [watching.line() for _ in range(2)]
        assert [sum(line[key] for line in lines) for key in ("records", "articles_new", "articles_revised")] == [
            1,
            0,
            0,
        ]
        server.routes["/feed"] = Answer(rss(item(1, "Estmark rejected the new plan, too.")))
        while not (line := watching.line())["articles_revised"]:
            pass
        watching.end(signal.SIGTERM)
        articles = made.rows(tmp_path / "out", "articles")
        assert len({row["article_id"] for row in articles}) == 1
        assert sorted(row["revision"] for row in articles) == [1, 2]
        assert {row["revision"] for row in made.rows(tmp_path / "out", "events")} == {1, 2}
        assert line["run_id"]


def test_only_one_at_a_time_writes(server: Loopback, tmp_path: Path) -> None:
    server.routes["/feed"] = Answer(rss(item(1)))
    arguments = ["--feed", f"{server.url}/feed", "--every", "1h"]
    with Watching(tmp_path / "out", *arguments) as watching:
        watching.line()
        with Watching(tmp_path / "out", *arguments) as second:
            assert "another run is writing here" in second.process.communicate(timeout=60)[1]
            assert second.process.returncode == 75
            watching.end(signal.SIGTERM)


def test_a_list_of_feeds_is_read_again_each_time(server: Loopback, tmp_path: Path) -> None:
    server.routes["/a"], server.routes["/b"] = Answer(rss(item(1))), Answer(rss(item(2)))
    listed = tmp_path / "feeds.txt"
    listed.write_text(f"{server.url}/a\n")
    with Watching(tmp_path / "out", "--feeds", str(listed), "--every", "1s") as watching:
        watching.line()
        listed.write_text("")
        assert [watching.line()["feeds"]["unchanged"] for _ in range(3)] == [1, 1, 1]  # the first may have begun before
        listed.write_text(f"{server.url}/a\n{server.url}/b\n")
        lines = [watching.line() for _ in range(3)]
        assert sum(line["articles_new"] for line in lines) == 1
        status, _, errors = watching.end(signal.SIGTERM)
        assert status == 0
        assert "going on with the feeds as they were" in errors


def test_what_a_watch_cannot_do_is_a_usage_error() -> None:
    command = [sys.executable, "-m", "pipeline", "watch", "--output", "x", "--feed", "y", "--limit", "3"]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=60)
    assert done.returncode == 2
    assert "unknown option --limit" in done.stderr
