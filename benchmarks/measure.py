"""What a command costs: time, work and memory, as the system counts them."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

SAMPLE = Path(__file__).resolve().parent.parent / "examples" / "news"
_BYTES_PER_UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command took: seconds on the clock, seconds of all processors, and its peak of memory in megabytes."""

    wall: float
    cpu: float
    peak: float


def measure(command: Sequence[str]) -> tuple[Cost, dict[str, Any]]:
    """Run a command; return its cost and the object in the last line of its standard output."""
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        output = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            sys.exit(f"{' '.join(command)} failed:\n{errors.read().decode(errors='replace')}")
    cost = Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _BYTES_PER_UNIT / 1e6)
    return cost, json.loads(output.splitlines()[-1])


def run_command(inputs: Sequence[str], output: Path, limit: int | None) -> list[str]:
    """Return the command that reads the inputs into a new output."""
    command = [sys.executable, "-m", "pipeline", "run", "--output", str(output), "--json", "--fail-on", "never"]
    for pattern in inputs or [str(SAMPLE)]:
        command += ["--input", pattern]
    return command + (["--limit", str(limit)] if limit else [])


def middle(costs: Sequence[Cost]) -> Cost:
    """Return the median of each figure."""
    return Cost(*(median(getattr(cost, name) for cost in costs) for name in Cost.__slots__))
