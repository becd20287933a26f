"""The data files of ``rules/``: words, patterns and numbers that the steps go by."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def read_file(stem: str) -> Mapping[str, Any]:
    """Return a file of ``rules/``, read once per process."""
    return tomllib.loads(files("transforms").joinpath(f"rules/{stem}.toml").read_text(encoding="utf-8"))
