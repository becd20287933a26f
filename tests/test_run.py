import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import made
import pandas
import polars
import pyarrow.dataset as ds
import pytest

from schemas.tables import TABLES

NEWS = [
    {
        "id": "n1",
        "title": "Norvania offers truce talks",
        "text": "PORT SELIM - Norvania offered to hold truce talks with Estmark on Monday.\n\nEstmark refused to hold "
        "talks unless the army withdraws from the delta. At least 12 people were killed and five wounded in shelling.",
        "published": "2025-04-21T08:00:00Z",
        "url": "https://news.example/n1",
    },
    {
        "id": "n2",
        "title": "Estmark rejects the plan",
        "text": "Estmark's foreign minister Adela Roth rejected the three-point plan on Tuesday. “We demand that "
        "Norvania release all prisoners,” Roth said.",
        "published": "Tue, 22 Apr 2025 10:00:00 GMT",
    },
    {"id": "n3", "title": "Weather", "text": "It rained in Port Selim. The harvest was good.", "published": "3 MAY 25"},
    {
        "id": "n4",
        "title": None,
        "text": "Three soldiers and two civilians were killed near Port Selim.",
        "published": None,
    },
]
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("COMMUNIQUE_")}


def communique(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipeline", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=200, **options)


def write_news(path: Path, articles: list[dict]) -> Path:
    path.write_text("".join(json.dumps(article) + "\n" for article in articles), encoding="utf-8")
    return path


def comparable(output: Path, table: str) -> list[dict]:
    clocks = {"run_id", "fetched_at", "rejected_at", "source_uri"}
    rows = [{key: value for key, value in row.items() if key not in clocks} for row in made.rows(output, table)]
    return sorted(rows, key=lambda row: row[TABLES[table].names[0]])


@pytest.fixture(scope="module")
def news(tmp_path_factory):
    folder = tmp_path_factory.mktemp("news")
    path = write_news(folder / "news.jsonl", NEWS)
    path.write_text(path.read_text() + '{"id": "broken\n{"id": "n5", "text": ""}\n')
    return path


@pytest.fixture(scope="module")
def done(news):
    output = news.parent / "out"
    result = communique("run", "--input", news, "--output", output, "--json")
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return output, json.loads(result.stdout)


def test_the_line_of_json_adds_up(done):
    _, line = done
    assert line["records"] == 6
    assert line["articles_new"] == 4
    assert line["rejected"] == sum(line["rejects"].values()) == 2
    assert line["rejects"] == {"bad_json": 1, "empty": 1}
    assert all(line["events"].values())


def test_every_offset_is_exact(done):
    output, _ = done
    articles = {row["article_id"]: row for row in made.rows(output, "articles")}
    events = made.rows(output, "events")
    assert len(events) >= 6
    for event in events:
        field = articles[event["article_id"]][event["sentence_field"]]
        assert field[event["sentence_start"] : event["sentence_end"]] == event["sentence"]
        assert field[event["trigger_start"] : event["trigger_end"]] == event["trigger_text"]
        assert event["trigger_text"] in event["sentence"]


def test_articles_count_their_sentences_and_events(done):
    output, _ = done
    events = made.rows(output, "events", "article_id")
    for article in made.rows(output, "articles"):
        assert article["event_count"] == sum(event["article_id"] == article["article_id"] for event in events)
        assert article["sentence_count"] >= 1
        assert article["char_count"] == len(article["text"])


@pytest.mark.parametrize("table", TABLES)
def test_four_readers_see_the_same(done, table):
    output, _ = done
    root = output / table
    pattern = f"{root}/**/*.parquet"
    schema = TABLES[table]
    arrow = ds.dataset(root, partitioning="hive").to_table()
    # With its default pandas cannot join the dictionary-encoded key of the partition whose month is unknown.
    frame = pandas.read_parquet(root, partitioning=None)
    polar = polars.read_parquet(pattern, hive_partitioning=True)
    duck = duckdb.sql(f"SELECT * FROM read_parquet('{pattern}', hive_partitioning = true)")
    names = [*schema.names, "month"]
    assert arrow.schema.names == names == polar.columns == duck.columns == [*frame.columns, "month"]
    assert arrow.num_rows == len(frame) == polar.height == len(duck.fetchall())
    assert [arrow.schema.field(name).type for name in schema.names] == schema.types
    expected = arrow.select(schema.names).to_pylist()
    key = schema.names[0]
    for rows in (polar.select(schema.names).to_dicts(), duck.select(*schema.names).to_arrow_table().to_pylist()):
        assert sorted(rows, key=lambda row: row[key]) == sorted(expected, key=lambda row: row[key])
    assert sorted(frame[key]) == sorted(row[key] for row in expected)


def test_partitions_are_months_of_publication(done):
    output, _ = done
    folders = {path.name for path in (output / "articles").iterdir()}
    assert folders == {"month=2025-04", "month=2025-05", "month=__HIVE_DEFAULT_PARTITION__"}


def test_a_second_run_adds_nothing(done, news):
    output, _ = done
    before = {path: path.stat().st_mtime_ns for path in output.rglob("*.parquet")}
    result = communique("--input", news, "--output", output, "--json")
    line = json.loads(result.stdout)
    assert (result.returncode, line["articles_new"], line["articles_unchanged"], line["files"]) == (0, 0, 4, 0)
    assert {path: path.stat().st_mtime_ns for path in output.rglob("*.parquet")} == before


def test_the_order_of_the_input_does_not_matter(done, tmp_path):
    output, _ = done
    shuffled = NEWS[:]
    random.Random(3).shuffle(shuffled)
    for number, article in enumerate(shuffled):
        write_news(tmp_path / f"{number}.jsonl", [article])
    again = tmp_path / "again"
    assert communique("run", "--input", tmp_path, "--output", again).returncode == 0
    ignored = {"source_position"}
    for table in ("articles", "events"):
        one, two = (
            [{k: v for k, v in row.items() if k not in ignored} for row in comparable(o, table)]
            for o in (output, again)
        )
        assert one == two


def test_the_same_run_id_replaces(news, tmp_path):
    first = ("run", "--output", tmp_path / "out", "--run-id", "daily", "--input")
    assert communique(*first, news).returncode == 0
    assert communique(*first, write_news(tmp_path / "less.jsonl", NEWS[:1])).returncode == 0
    assert [row["external_id"] for row in made.rows(tmp_path / "out", "articles")] == ["n1"]


def test_a_dry_run_writes_nothing(news, tmp_path):
    result = communique("run", "--input", news, "--output", tmp_path / "out", "--dry-run")
    assert result.returncode == 0
    assert "dry run" in result.stdout
    assert not (tmp_path / "out").exists()


def test_the_summary_says_what_was_read_and_how_to_look(news, tmp_path):
    result = communique("run", "--input", news, "--output", tmp_path / "my out")
    for text in ("Records read", "1 bad_json", "casualty_report", "Some of the events", "duckdb -c"):
        assert text in result.stdout
    query = result.stdout.split('duckdb -c "')[1].split('"')[0]
    assert len(duckdb.sql(query).fetchall()) == len(made.rows(tmp_path / "my out", "events"))


def test_since_until_and_limit(news, tmp_path):
    result = communique(
        "--input", news, "--output", tmp_path / "a", "--since", "2025-04-22", "--until", "2025-05-01", "--json"
    )
    line = json.loads(result.stdout)
    assert (line["articles_new"], line["outside_period"]) == (2, 2)  # n2 and the undated n4
    line = json.loads(communique("--input", news, "--output", tmp_path / "b", "--limit", "2", "--json").stdout)
    assert line["articles_new"] == 2


@pytest.mark.parametrize(("fail_on", "status"), [("any", 3), ("all", 0), ("never", 0)])
def test_rejects_decide_the_exit_status(news, tmp_path, fail_on, status):
    assert communique("--input", news, "--output", tmp_path / "out", "--fail-on", fail_on).returncode == status


def test_nothing_but_rejects_fails_by_default(tmp_path):
    (tmp_path / "bad.jsonl").write_text("{\n")
    result = communique("--input", tmp_path / "bad.jsonl", "--output", tmp_path / "out", "--json")
    assert result.returncode == 3
    (row,) = made.rows(tmp_path / "out", "rejects")
    assert (row["source_uri"], row["position"], row["reason"]) == (str(tmp_path / "bad.jsonl"), 1, "bad_json")


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--input", "absent.jsonl", "--output", "out"], 1, "absent.jsonl"),
        (["--input", "news.jsonl", "--output", "news.jsonl"], 1, "cannot write here"),
        (["--input", "news.jsonl", "--output", "out", "--model", "xx_absent"], 1, "xx_absent"),
        (["--input", "news.jsonl", "--output", "out", "--map", "txt=x"], 2, "--map"),
        (["--feeds", "absent.opml", "--output", "out"], 1, "absent.opml"),
        (["--inptu", "x"], 2, "did you mean '--input'?"),
        (["rnu"], 2, "unknown command 'rnu'"),
        ([], 2, ""),
    ],
)
def test_errors_are_one_line_without_a_traceback(tmp_path, arguments, status, message):
    write_news(tmp_path / "news.jsonl", NEWS[:1])
    result = subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=ENVIRONMENT,
        timeout=100,
    )
    assert result.returncode == status, result.stderr
    assert message in result.stderr
    assert len(result.stderr.splitlines()) <= 1


def test_tables_are_not_mixed_from_two_partitionings(done, news):
    output, _ = done
    result = communique("--input", news, "--output", output, "--partition-by", "day")
    assert result.returncode == 2
    assert "partitioned by month" in result.stderr


def long_news(folder: Path) -> Path:
    """Return news that take some seconds."""
    articles = [
        {"id": f"k{n}", "published": f"2025-{1 + n % 12:02d}-01", "title": f"Report {n}"}
        | {
            "text": " ".join(
                f"Estmark rejected offer {n}-{k} and {k + 2} people were killed in the delta." for k in range(12)
            )
        }
        for n in range(150)
    ]
    return write_news(folder / "long.jsonl", articles)


def test_a_run_killed_at_any_moment_loses_and_doubles_nothing(tmp_path):
    news, output, reference = long_news(tmp_path), tmp_path / "out", tmp_path / "reference"
    assert communique("--input", news, "--output", reference).returncode == 0
    assert communique("--input", write_news(tmp_path / "a.jsonl", NEWS), "--output", output).returncode == 0
    before = {table: comparable(output, table) for table in TABLES}
    for wait in (2.0, 3.5, 5.0):
        process = subprocess.Popen(
            [sys.executable, "-m", "pipeline", "--input", str(news), "--output", str(output)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
        )
        time.sleep(wait)
        process.kill()
        if process.wait() == -signal.SIGKILL:
            assert {table: comparable(output, table) for table in TABLES} == before
    assert communique("--input", news, "--output", output).returncode == 0
    for table in ("articles", "events"):
        both = comparable(reference, table) + before[table]
        assert comparable(output, table) == sorted(both, key=lambda row: row[TABLES[table].names[0]])
    assert list((output / "staging").iterdir()) == []


@pytest.mark.parametrize(("kind", "wait"), [(signal.SIGINT, 0), (signal.SIGINT, 1), (signal.SIGTERM, 1)])
def test_an_interrupted_run_leaves_nothing_behind(tmp_path, kind, wait):
    news, output = long_news(tmp_path), tmp_path / "out"
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "--input", str(news), "--output", str(output)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )
    deadline = time.monotonic() + 60
    while not list(output.glob("staging/*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(wait)
    process.send_signal(kind)
    stdout, stderr = process.communicate(timeout=20)
    assert (process.returncode, stdout) == (130, "")
    assert stderr == "communique: interrupted; the tables are as they were\n"
    assert not list(output.rglob("*.parquet"))
    assert list((output / "staging").iterdir()) == []


def test_an_output_of_another_shape_is_refused(news, tmp_path):
    output = tmp_path / "out"
    assert communique("run", "--input", news, "--output", output, "--tagger", "rules").returncode == 0
    (path,) = (output / "runs").glob("*.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema_version": 99}))
    result = communique("run", "--input", news, "--output", output, "--tagger", "rules")
    assert result.returncode == 1
    assert "have the columns of version 99, this program writes version" in result.stderr


def test_our_own_articles_can_be_tagged_anew(done, tmp_path):
    output, line = done
    result = communique(
        "run", "--input", f"{output}/articles/**/*.parquet", "--map", "communique", "--output", tmp_path, "--json"
    )
    again = json.loads(result.stdout)
    assert again["events"] == line["events"]
    ids = [
        {(row["article_id"], row["content_hash"]) for row in made.rows(each, "articles")} for each in (output, tmp_path)
    ]
    assert ids[0] == ids[1]
