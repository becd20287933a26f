"""A fast look at the words: sentences that no rule can fire on are never parsed."""

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


def passes(text: str) -> bool:
    """Tell whether a sentence has a word of the gate."""
    return gate().search(text) is not None


@cache
def gate() -> re.Pattern[str]:
    """Return the one pattern of the gate, compiled once per process."""
    own = _read("gate")
    starts = [*own["stems"], rf"(?:{'|'.join(own['words'])})\b", *own["phrases"]]
    return re.compile(rf"\b(?:{'|'.join(starts)})|{'|'.join(_read('casualties')['gate'])}", re.IGNORECASE)


def _read(stem: str) -> dict[str, Any]:
    return tomllib.loads(files("transforms").joinpath(f"rules/{stem}.toml").read_text(encoding="utf-8"))
