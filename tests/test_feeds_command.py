import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import Answer, Loopback, item, rss, serving

from pipeline.__main__ import main

LOCAL = ["--allow-private-addresses", "--host-pause", "0"]


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as server:
        server.routes["/good"] = Answer(rss(item(1), item(2, date="")))
        server.routes["/page"] = Answer(b"<html>no</html>")
        server.routes["/moved"] = Answer(status=301, headers={"Location": "/good"})
        server.routes["/gone"] = Answer(status=410)
        server.routes["/odd"] = Answer(b"<rss>\x1b[31m\xe2\x80\xaered")
        yield server


def lines(text: str) -> dict[str, str]:
    """Return the printed lines by the last part of the feed's address."""
    return {line.split("  (")[0].rsplit("/")[-1]: line for line in text.splitlines()}


def test_check_prints_a_line_for_each_feed(
    server: Loopback, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = tmp_path / "feeds.txt"
    listed.write_text("\n".join([*(server.url + path for path in server.routes), "ftp://x.example/f", "missing.xml"]))
    assert main(["feeds", "check", "--feeds", str(listed), *LOCAL]) == 3
    out = capsys.readouterr().out
    found = lines(out)
    assert len(found) == len(server.routes) + 2
    assert found["good"].split()[:4] == ["ok", "2", "2025-04-22", "10:00"]
    assert "1 without a date" in found["good"]
    assert f"moved to {server.url}/good" in found["moved"]
    starts = {name: line.split()[0] for name, line in found.items()}
    assert starts["page"] == "not_a_feed"
    assert starts["gone"] == "gone"
    assert starts["f"] == "not_allowed"
    assert starts["missing.xml"] == "unreadable"
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_check_of_good_feeds_is_0_and_speaks_json(server: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feeds", "check", "--feed", f"{server.url}/good", "--json", *LOCAL]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    assert (found["status"], found["entries"], found["newest"]) == ("ok", 2, "2025-04-22T10:00:00+00:00")


def test_check_asks_whatever_the_state_says(server: Loopback) -> None:
    for _ in range(2):
        main(["feeds", "check", "--feed", f"{server.url}/gone", *LOCAL])
    assert len(server.seen) == 2


def test_list_shows_the_stored_state_and_forget_deletes_it(
    server: Loopback, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = ["--output", str(tmp_path / "out")]
    feeds = [f"--feed={server.url}{path}" for path in ("/good", "/page", "/moved", "/gone", "/none")]
    main(["run", *feeds, *output, *LOCAL, "--tagger", "rules"])
    capsys.readouterr()
    assert main(["feeds", "list", *output]) == 0
    found = lines(capsys.readouterr().out)
    assert found["good"].startswith("ok ")
    assert found["page"].startswith("not_a_feed ")
    assert found["gone"].startswith("gone ")
    assert "404 Not Found" in found["none"]
    assert f"moved to {server.url}/good" in found["moved"]
    assert main(["feeds", "list", "--json", *output]) == 0
    assert {json.loads(line)["failures"] for line in capsys.readouterr().out.splitlines()} == {0, 1}
    assert main(["feeds", "forget", f"--feed={server.url}/gone", *output]) == 0
    assert main(["feeds", "forget", f"--feed={server.url}/gone", *output]) == 1
    assert "nothing is known of" in capsys.readouterr().err
    main(["feeds", "list", *output])
    assert "gone" not in lines(capsys.readouterr().out)


@pytest.mark.parametrize("command", ["list", "forget"])
def test_an_output_that_is_none_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    arguments = ["--feed", "https://estmark.example/feed"] if command == "forget" else []
    assert main(["feeds", command, "--output", str(tmp_path / "none"), *arguments]) == 1
    assert "no tables of communiqué here" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_feeds_alone_says_what_else_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feeds"]) == 2
    assert "feeds check, feeds list, feeds forget" in capsys.readouterr().err


AS_NOBODY = """
import os, sys
import pipeline.feeds
from pipeline.__main__ import main
os.seteuid(65534)
sys.exit(main(["feeds", "list", "--output", sys.argv[1]]))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_somebody_who_may_not_write_can_list(server: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        output = Path(folder) / "out"
        main(["run", f"--feed={server.url}/good", "--output", str(output), *LOCAL, "--tagger", "rules"])
        command = [sys.executable, "-c", AS_NOBODY, str(output)]
        shown = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert shown.returncode == 0, shown.stderr
    assert lines(shown.stdout)["good"].startswith("ok ")


@pytest.mark.parametrize("command", ["list", "forget"])
def test_a_broken_state_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    ledger = tmp_path / "out" / "state" / "ledger.sqlite"
    ledger.parent.mkdir(parents=True)
    ledger.write_bytes(b"garbage" * 1_000)
    arguments = ["--feed", "https://estmark.example/feed"] if command == "forget" else []
    assert main(["feeds", command, "--output", str(tmp_path / "out"), *arguments]) == 1
    assert "is broken; the next run sets it aside" in capsys.readouterr().err
