import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = (ROOT / "run_local.sh").read_text(encoding="utf-8")
CHORES = ("run", "test", "lint", "types", "check", "bench", "docs", "help")
SYSTEM_PATH = "/usr/bin:/bin"

# Stands in for a Python that makes virtual environments and runs pip: notes down what it is asked for.
FAKE_PYTHON = """\
#!/bin/bash
if [ "$1 $2" = "-m venv" ]; then
  mkdir -p "$4/bin" && cp "$0" "$4/bin/python" && echo "VIRTUAL_ENV=$4" >"$4/bin/activate"
  printf '#!/bin/bash\\necho ran "$@"\\n' >"$4/bin/communique" && chmod +x "$4/bin/communique"
fi
if [ "$1" = "-m" ]; then echo "${*:2:2}" >>"$LOG"; fi
"""


def bash(script: Path, *arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith("COMMUNIQUE_")} | environment
    command = ["bash", str(script), *arguments]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=200)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a clone in a path with spaces: the script and what it installs from."""
    clone = tmp_path / "a clone of mine"
    (clone / ".ci").mkdir(parents=True)
    for name in ("run_local.sh", "pyproject.toml", ".ci/constraints.txt"):
        shutil.copy(ROOT / name, clone / name)
    return clone


@pytest.fixture
def fake(tmp_path: Path) -> dict[str, str]:
    """Return an environment without uv, in which Python is a stand-in."""
    if shutil.which("uv", path=SYSTEM_PATH):
        pytest.skip("uv is part of the system")
    python = tmp_path / "python-like"
    python.write_text(FAKE_PYTHON)
    python.chmod(0o755)
    return {"PYTHON": str(python), "LOG": str(tmp_path / "log"), "PATH": SYSTEM_PATH}


def take_log(fake: dict[str, str]) -> list[str]:
    log = Path(fake["LOG"])
    lines = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return lines


@pytest.mark.parametrize("name", ["run_local.sh", ".ci/run"])
def test_scripts_parse_and_can_be_started(name: str) -> None:
    assert subprocess.run(["bash", "-n", str(ROOT / name)]).returncode == 0
    assert os.access(ROOT / name, os.X_OK)


def test_script_needs_no_newer_bash_than_macos_has() -> None:
    assert not re.search(r"mapfile|readarray|declare -A|local -n|\$\{\w+(,,|\^\^|@)|&>>|\|&|wait -n", SCRIPT)


def test_help_lists_the_chores(tmp_path: Path) -> None:
    for arguments in (["help"], ["--help"]):
        done = bash(ROOT / "run_local.sh", *arguments, cwd=tmp_path)
        assert done.returncode == 0
        assert all(re.search(rf"^  {chore} ", done.stdout, re.MULTILINE) for chore in CHORES)
    assert all(f"\n{chore}() {{" in SCRIPT for chore in CHORES)


def test_unknown_chore_is_a_usage_error(tmp_path: Path) -> None:
    done = bash(ROOT / "run_local.sh", "tset", cwd=tmp_path)
    assert done.returncode == 2
    assert "unknown chore 'tset'" in done.stderr


def test_arguments_go_to_the_command_and_paths_count_from_where_one_is(clone: Path, tmp_path: Path) -> None:
    (clone / ".venv").mkdir()
    (clone / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    stamp = subprocess.run(
        ["bash", "-c", "{ pwd; cat pyproject.toml .ci/constraints.txt; } | cksum"], cwd=clone, capture_output=True
    )
    (clone / ".venv" / "installed.base").write_bytes(stamp.stdout)
    (tmp_path / "my news").mkdir()
    (tmp_path / "my news" / "one.txt").write_text("Estmark refused to hold talks.\n")
    done = bash(clone / "run_local.sh", "--input", "my news", "--output", "my tables", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["articles_new"] == 1
    assert (tmp_path / "my tables" / "runs").is_dir()


def test_without_arguments_the_sample_is_run(clone: Path, tmp_path: Path, fake: dict[str, str]) -> None:
    done = bash(clone / "run_local.sh", cwd=tmp_path, **fake)
    assert done.stdout == f"ran run --input {clone}/examples/news --output {clone}/output --run-id sample\n"


def test_installs_once(clone: Path, tmp_path: Path, fake: dict[str, str]) -> None:
    assert bash(clone / "run_local.sh", "run", "--dry-run", cwd=tmp_path, **fake).returncode == 0
    assert take_log(fake) == ["venv --clear", "pip install"]
    done = bash(clone / "run_local.sh", "run", "--dry-run", cwd=clone, **fake)
    assert (done.stdout, done.stderr) == ("ran run --dry-run\n", "")
    assert take_log(fake) == []


def test_installs_again_when_the_constraints_change(clone: Path, tmp_path: Path, fake: dict[str, str]) -> None:
    bash(clone / "run_local.sh", "run", cwd=tmp_path, **fake)
    take_log(fake)
    with (clone / ".ci" / "constraints.txt").open("a") as constraints:
        constraints.write("another==1\n")
    bash(clone / "run_local.sh", "run", cwd=tmp_path, **fake)
    assert take_log(fake) == ["pip --version", "pip install"]


def test_installs_anew_when_the_folder_was_moved(clone: Path, tmp_path: Path, fake: dict[str, str]) -> None:
    bash(clone / "run_local.sh", "run", cwd=tmp_path, **fake)
    take_log(fake)
    moved = clone.rename(tmp_path / "moved")
    assert bash(moved / "run_local.sh", "run", "-x", cwd=tmp_path, **fake).stdout == "ran run -x\n"
    assert take_log(fake) == ["venv --clear", "pip install"]


def test_old_python_is_a_clear_error(clone: Path, tmp_path: Path, fake: dict[str, str]) -> None:
    Path(fake["PYTHON"]).write_text("#!/bin/bash\nexit 1\n")
    done = bash(clone / "run_local.sh", cwd=tmp_path, **fake)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("is not a Python 3.11 or later")
