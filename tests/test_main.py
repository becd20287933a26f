import io
import json
import logging
import subprocess
import sys

import pytest

from pipeline import __version__
from pipeline.__main__ import main
from pipeline.log import LOGGER, set_up_logging
from pipeline.progress import describe, progress
from pipeline.summary import counts_text


@pytest.fixture(autouse=True)
def _logging_as_it_was():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def test_help_and_version(capsys):
    assert main(["--help"]) == 0
    assert "communique COMMAND" in capsys.readouterr().out
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"communique {__version__}\n"


def test_help_of_run(capsys):
    assert main(["run", "--help"]) == 0
    assert "--input PATTERN" in capsys.readouterr().out


def test_help_loads_neither_beam_nor_spacy():
    code = "import sys; from pipeline.__main__ import main; main(['run', '--help']); print('spacy' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert result.stdout.endswith("False\n")


def test_a_usage_error_is_one_line(capsys):
    assert main(["rum"]) == 2
    assert capsys.readouterr().err == "communique: unknown command 'rum'; see communique --help\n"


def test_what_nobody_expected_is_one_line_too(capsys, monkeypatch):
    def broken(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipeline.options.parse", broken)
    assert main(["run", "--input", "x"]) == 1
    assert "failed, the tables are as they were: OSError: [Errno 28] No space left" in capsys.readouterr().err


def test_an_interrupt_is_130(capsys, monkeypatch):
    def interrupted(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.options.parse", interrupted)
    assert main(["run"]) == 130


@pytest.mark.parametrize(("verbose", "lines"), [(False, 1), (True, 2)])
def test_logs_as_json(capsys, verbose, lines):
    set_up_logging("json", verbose=verbose)
    LOGGER.info("begun")
    LOGGER.warning("a “quoted” word")
    logging.getLogger("apache_beam").info("noise")
    entries = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert len(entries) == lines
    assert (entries[-1]["level"], entries[-1]["message"]) == ("warning", "a “quoted” word")


def test_progress_is_quiet_where_there_is_no_terminal(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with progress(100):
        pass
    assert stream.getvalue() == ""


def test_progress_describes_what_was_done():
    assert describe({"articles": 1200, "sentences": 9000, "events": 31, "rejects_read": 2}, 10) == (
        "1,200 articles, 9,000 sentences, 31 events, 2 rejects, 120 articles/s"
    )


@pytest.mark.parametrize(
    ("bounds", "text"),
    [
        ((5, 5, None, None), "5 killed"),
        ((12, None, 3, 4), "12+ killed, 3-4 injured"),
        ((None, 10, 0, 0), "≤10 killed, 0 injured"),
        ((None, None, None, None), ""),
    ],
)
def test_counts_in_a_few_characters(bounds, text):
    names = ("killed_low", "killed_high", "injured_low", "injured_high")
    assert counts_text(dict(zip(names, bounds, strict=True))) == text
