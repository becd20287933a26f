from pathlib import Path

from week_check import play


def test_a_watch_that_is_killed_again_and_again_writes_what_one_in_peace_writes(tmp_path: Path) -> None:
    report = play(tmp_path, feeds=12, hours=24, kills=4, seed=3)
    assert report.faults == []
    assert report.played.kills.total() == 4
    assert report.played.looks > 0
    assert report.rows["articles"] > 50
    assert report.rows["events"] > 50
    assert report.rows["rejects"] > 0
