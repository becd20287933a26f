import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parent.parent / "docs"
GENERATE = runpy.run_path(str(DOCS / "generate.py"))


@pytest.mark.parametrize("name", GENERATE["PAGES"])
def test_generated_tables_are_up_to_date(name: str) -> None:
    page = (DOCS / name).read_text(encoding="utf-8")
    assert "<!-- generated: " in page
    assert page == GENERATE["fill"](page), "run ./run_local.sh docs"


def test_table_escapes_bars() -> None:
    assert GENERATE["table"](("a", "b"), [("x|y", "z")]) == "| a | b |\n| --- | --- |\n| x\\|y | z |"


def test_empty_parts_are_filled_each_by_itself() -> None:
    part = "<!-- generated: formats -->\n<!-- end -->\n"
    filled = GENERATE["fill"](f"{part}between\n{part}")
    assert "\nbetween\n" in filled
    assert filled.count("`.jsonl`") == 2
