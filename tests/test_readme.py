"""The README, the docs and the examples do what they say."""

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from pipeline.__main__ import EXIT_INTERRUPTED, split_command
from pipeline.option_list import OPTIONS
from pipeline.options import CompactOptions, RunOptions, WatchOptions, parse
from pipeline.run import EXIT_REJECTS
from schemas.errors import BusyError, UsageError, UserError

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in ROOT.glob("docs/*.md")}
PAGES["README.md"] = README
# Of Python, of the scorer, and of the scripts in training/ and benchmarks/.
FOREIGN_FLAGS = {"--help", "--version", "--events", "--articles", "--gold", "--fold", "--rounds"}


def blocks(language: str, page: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def python_blocks() -> list[str]:
    return [block for page in PAGES.values() for block in blocks("python", page)]


def shell(command: list[str], folder: Path) -> str:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COMMUNIQUE_")}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder like a clone, after the commands of the README."""
    folder = tmp_path_factory.mktemp("clone")
    (folder / "examples").symlink_to(ROOT / "examples")
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "activate").touch()
    for block in blocks("bash"):
        shell(["bash", "-euo", "pipefail", "-c", block], folder)
    return folder


def test_commands_make_the_tables(folder: Path) -> None:
    assert {path.name for path in (folder / "tables").iterdir()} >= {"articles", "events", "rejects", "runs"}


@pytest.mark.parametrize("block", python_blocks())
def test_python_blocks_run(block: str, folder: Path) -> None:
    compile(block, "README.md", "exec")
    modules = re.findall(r"^(?:import|from) (\w+)", block, re.MULTILINE)
    if missing := [name for name in modules if importlib.util.find_spec(name) is None]:
        pytest.skip(f"{missing[0]} is not installed; the block compiles")
    assert shell([sys.executable, "-W", "error", "-c", block], folder)


def test_row_is_a_real_one(folder: Path) -> None:
    (block,) = blocks("yaml")
    shown = dict(line.split(": ", 1) for line in block.splitlines())
    events = duckdb.read_parquet(str(folder / "tables/events/**/*.parquet"))
    found = events.filter(f"event_type = '{shown['event_type']}' AND sentence = '{shown['sentence']}'")
    rows = [dict(zip(found.columns, map(str, row), strict=True)) for row in found.fetchall()]
    assert shown in [{key: row[key] for key in shown} for row in rows]


def test_chores_exist() -> None:
    script = (ROOT / "run_local.sh").read_text(encoding="utf-8")
    chores = re.findall(r"\./run_local\.sh ([a-z]+)", README + PAGES["docs/operating.md"])
    assert chores
    assert all(f"\n{chore}() {{" in script for chore in chores)


def test_options_exist() -> None:
    known = {option.flag for option in OPTIONS} | FOREIGN_FLAGS
    named = {name: set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", page)) - known for name, page in PAGES.items()}
    assert not any(named.values()), named


def test_exit_statuses_agree() -> None:
    listed = {int(status) for status in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    errors = {kind.exit_status for kind in (UserError, UsageError, BusyError)}
    assert listed == errors | {0, EXIT_REJECTS, EXIT_INTERRUPTED}


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", PAGES[name]):
        path = (ROOT / name).parent / target if target else ROOT / name
        assert path.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_readme_stays_short() -> None:
    assert len(README.splitlines()) <= 250


def test_example_configuration_is_valid() -> None:
    options = parse(RunOptions, ["--config", str(ROOT / "examples/communique.toml")], {})
    assert options.input == ("examples/news",)
    watch = parse(WatchOptions, ["--config", str(ROOT / "examples/feeds.toml")], {})
    assert (watch.every, watch.compact) == (timedelta(minutes=5), True)


@pytest.mark.parametrize("path", ["crontab", "systemd/communique-watch.service", "systemd/communique.service"])
def test_example_commands_are_valid(path: str) -> None:
    text = (ROOT / "examples" / path).read_text(encoding="utf-8")
    commands = re.findall(r"bin/communique (\w+) ([^>\n]+)", text)
    assert commands
    kinds = {"run": RunOptions, "watch": WatchOptions, "compact": CompactOptions}
    for name, arguments in commands:
        places = {"/etc/communique.toml": str(ROOT / "examples/feeds.toml")}
        assert parse(kinds[name], [places.get(word, word) for word in shlex.split(arguments)], {})


def test_the_airflow_example_calls_run_as_airflow_does() -> None:
    """Its operator writes options as ``--name=value`` and adds a runner and labels."""
    text = (ROOT / "examples/airflow/communique_dag.py").read_text(encoding="utf-8")
    compile(text, "communique_dag.py", "exec")
    (options,) = re.findall(r"pipeline_options=\{(.*?)\}", text, re.DOTALL)
    flags = [f"--{name}={value}" for name, value in re.findall(r'"(\w+)": "([^"]+)"', options)]
    assert flags
    name, rest = split_command(["--runner=DirectRunner", "--labels=airflow-version=v3-1-0", "--json", *flags])
    assert (name, parse(RunOptions, rest, {}).json) == ("run", True)


def test_example_queries_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    connection = duckdb.connect()
    script = (ROOT / "examples/queries.sql").read_text(encoding="utf-8")
    results = [connection.execute(statement).fetchall() for statement in connection.extract_statements(script)]
    assert len(results) > 8
    assert results[-2] == []


def test_sample_articles_show_everything(folder: Path) -> None:
    events = duckdb.read_parquet(str(folder / "tables/events/**/*.parquet"))
    per_type = dict(events.aggregate("event_type, count(*)").fetchall())
    assert len(per_type) == 4
    assert min(per_type.values()) >= 5
    rejects = duckdb.read_parquet(str(folder / "tables/rejects/**/*.parquet"))
    assert {row[0] for row in rejects.select("reason").fetchall()} == {
        "bad_json",
        "duplicate",
        "empty",
        "not_an_object",
    }
    articles = duckdb.read_parquet(str(folder / "tables/articles/**/*.parquet"))
    formats = {row[0] for row in articles.select("source_format").distinct().fetchall()}
    assert formats == {"rss", "atom", "text", "html", "jsonl"}
