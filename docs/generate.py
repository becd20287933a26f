"""Write the tables in docs/ anew from the data files that the program itself reads: ./run_local.sh docs."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pipeline import options as commands
from schemas.tables import load_columns
from transforms.files import FORMATS

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("input.md", "tables.md", "operating.md", "tagging.md")

# Reasons that do not come from reading.
LATER_REASONS = {
    "duplicate": "The same article with the same text was read before in the same run",
    "split_failed": "The article could not be cut into sentences",
    "tag_failed": "The article's sentences could not be parsed",
    "unwritable": "A value does not fit its column",
}
_PART = re.compile(r"(<!-- generated: (\w+)(?: (\w+))? -->\n)(?:(?!<!--).)*(<!-- end -->)", re.DOTALL)


def fill(page: str) -> str:
    """Return a page with each part between ``<!-- generated: NAME -->`` and ``<!-- end -->`` made anew."""
    return _PART.sub(_fill_part, page)


def _fill_part(part: re.Match[str]) -> str:
    start, name, argument, end = part.groups()
    makers = {
        "columns": columns,
        "reasons": reasons,
        "formats": formats,
        "keys": keys,
        "options": options,
        "codes": codes,
    }
    return f"{start}{makers[name](argument)}\n{end}"


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def columns(name: str) -> str:
    """Return the columns of a table from ``schemas/columns.toml``."""
    described = load_columns()[name]["columns"]
    rows = [
        (f"`{column}`", spec["type"], "" if spec.get("required") else "yes", spec["description"])
        for column, spec in described.items()
    ]
    return table(("column", "type", "may be null", "meaning"), rows)


def reasons(_: str) -> str:
    """Return why input is rejected, from ``transforms/reasons.toml``."""
    meanings = {**_toml("transforms/reasons.toml"), **LATER_REASONS}
    return table(("reason", "meaning"), ((f"`{reason}`", meaning) for reason, meaning in meanings.items()))


def codes(_: str) -> str:
    """Return the codes of the event types, from ``transforms/rules/codes.toml``."""
    rows = [
        (f"`{event_type}`", f"`{subtype}`" if subtype else "not known", code["plover"], code["cameo"])
        for event_type, subtypes in _toml("transforms/rules/codes.toml").items()
        for subtype, code in subtypes.items()
    ]
    return table(("event_type", "event_subtype", "plover", "cameo"), rows)


def formats(_: str) -> str:
    """Return which suffix is read as what."""
    suffixes: dict[str, list[str]] = {}
    for suffix, name in FORMATS.items():
        suffixes.setdefault(name, []).append(suffix)
    return table(("format", "suffixes"), ((name, _code(known)) for name, known in suffixes.items()))


def keys(_: str) -> str:
    """Return where the fields of an article are looked for, from ``transforms/mappings.toml``."""
    mappings = _toml("transforms/mappings.toml")
    default: Mapping[str, Sequence[str]] = mappings.pop("default")
    mappings.pop("wrappers")
    rows = [
        (field, _code(names), *(_code([preset[field]]) if field in preset else "" for preset in mappings.values()))
        for field, names in default.items()
    ]
    return table(("field", "keys by default", *(_code([preset]) for preset in mappings)), rows)


def _code(words: Iterable[str]) -> str:
    return " ".join(f"`{word}`" for word in words)


def options(command: str) -> str:
    """Return all options of a command, which is named by the class of its options."""
    listed = commands.options_of(getattr(commands, command))
    return table(("option", "meaning"), ((f"`{_written(o.flag, o.metavar)}`", o.help) for o in listed))


def _written(flag: str, metavar: str | None) -> str:
    return f"{flag} {metavar}" if metavar else flag


def _toml(path: str) -> dict[str, dict[str, str]]:
    return tomllib.loads((ROOT / path).read_text(encoding="utf-8"))


def main() -> None:
    """Write all pages anew."""
    for name in PAGES:
        path = ROOT / "docs" / name
        path.write_text(fill(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
