import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import made
import pytest

from pipeline.commit import recover
from pipeline.output import Output
from pipeline.records import listed_files
from schemas.errors import UserError
from transforms.ledger import is_sound, open_ledger


@pytest.fixture
def output(tmp_path: Path) -> Output:
    output = Output(tmp_path / "out")
    for n in range(3):
        made.write_run(
            output, f"run-{n}", [made.tagged(made.article(number)) for number in range(n * 200, n * 200 + 200)]
        )
    made.write_run(output, "last", [made.reject(1)])
    return output


def in_ledger(output: Output) -> list[tuple]:
    with closing(sqlite3.connect(output.ledger)) as ledger:
        articles = ledger.execute("SELECT article_id, content_hash, revision, run_id FROM articles ORDER BY 1, 2")
        return articles.fetchall() + ledger.execute("SELECT reject_id, run_id FROM rejects ORDER BY 1").fetchall()


def beside_ledger(output: Output) -> list[str]:
    return sorted(path.name for path in output.ledger.parent.iterdir() if path.name.startswith("ledger"))


def garbage(path: Path) -> None:
    path.write_bytes(b"no database at all\n" * 1_000)


def truncation(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def a_cut_within_a_page(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1_000])


def no_bytes(path: Path) -> None:
    path.write_bytes(b"")


def another_database(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as ledger:
        ledger.execute("CREATE TABLE cats (name TEXT)")


def overwritten_pages(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))


DAMAGES = [garbage, truncation, a_cut_within_a_page, no_bytes, another_database, overwritten_pages]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_broken_ledger_is_set_aside_and_made_anew(output, caplog, damage):
    before = in_ledger(output)
    damage(output.ledger)
    broken = output.ledger.read_bytes()
    with output.locked(), caplog.at_level(logging.WARNING, logger="communique"):
        recover(output)
    assert in_ledger(output) == before
    kept, ledger = sorted(beside_ledger(output), reverse=True)
    assert ledger == "ledger.sqlite"
    assert kept.startswith("ledger.sqlite.broken-2")
    assert (output.ledger.parent / kept).read_bytes() == broken
    assert kept in caplog.text
    assert made.write_run(output, "again", [made.tagged(made.article(1))])["articles_unchanged"] == 1


def test_a_sound_ledger_is_left_alone(output, caplog):
    before = output.ledger.stat().st_ino
    with output.locked():
        recover(output)
    assert output.ledger.stat().st_ino == before
    assert beside_ledger(output) == ["ledger.sqlite"]
    assert not caplog.records


def test_what_a_lost_ledger_has_left_beside_it_is_not_taken_for_the_new_ones(output):
    before = in_ledger(output)
    for side in ("-wal", "-shm"):
        Path(f"{output.ledger}{side}").write_bytes(b"\x37\x7f\x06\x82" * 1_000)
    output.ledger.unlink()
    with output.locked():
        recover(output)
    assert in_ledger(output) == before
    assert beside_ledger(output) == ["ledger.sqlite"]


def test_a_ledger_that_was_being_made_anew_is_made_again(output):
    before = in_ledger(output)
    output.ledger.unlink()
    open_ledger(output.ledger.with_name("ledger.sqlite.draft")).close()
    with output.locked():
        recover(output)
    assert in_ledger(output) == before


def test_a_ledger_that_cannot_be_opened_is_not_called_broken(tmp_path):
    (tmp_path / "ledger.sqlite").mkdir()
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        is_sound(tmp_path / "ledger.sqlite")


def test_a_table_that_is_lost_with_the_ledger_is_named(output: Output) -> None:
    lost = next(output.root / file.path for file in listed_files(output) if file.table == "articles")
    lost.unlink()
    output.ledger.unlink()
    with output.locked(), pytest.raises(UserError, match=rf"{lost.name} is lost; restore it from a backup"):
        recover(output)


def test_files_that_a_restored_backup_holds_beyond_its_records_are_set_aside(output: Output) -> None:
    record = next(path for path in output.runs.glob("run-2*.json"))
    unlisted = {file.path for file in listed_files(output) if file.path.split("/")[-1].startswith("run-2")}
    record.unlink()
    output.ledger.unlink()
    assert len(made.rows(output, "articles")) == 600
    articles = [made.tagged(made.article(number)) for number in range(400, 600)]
    assert made.write_run(output, "again", articles)["articles_new"] == 200
    assert len(made.rows(output, "articles")) == 600
    aside = output.root / "state" / "unlisted"
    assert {path.relative_to(aside).as_posix() for path in aside.rglob("*.parquet")} == unlisted != set()
