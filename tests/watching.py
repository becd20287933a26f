"""A ``communique watch`` that a test looks at from outside."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("COMMUNIQUE_")}


class Watching:
    """A ``communique watch`` in a process of its own."""

    def __init__(self, output: Path, *arguments: str) -> None:
        fixed = ["--output", str(output), "--allow-private-addresses", "--host-pause", "0", "--tagger", "rules"]
        command = [sys.executable, "-m", "pipeline", "watch", *fixed, *arguments]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
        )

    def __enter__(self) -> "Watching":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def line(self) -> dict[str, Any]:
        """Return the next cycle's line."""
        assert self.process.stdout
        text = self.process.stdout.readline()
        assert text, self.process.communicate()[1]
        return json.loads(text)

    def end(self, kind: signal.Signals) -> tuple[int, float, str]:
        """Send a signal; return the exit status, the seconds that it took, and what was said."""
        start = time.monotonic()
        self.process.send_signal(kind)
        errors = self.process.communicate(timeout=60)[1]
        return self.process.returncode, time.monotonic() - start, errors
