from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.option_list import OPTIONS
from pipeline.options import DESCRIPTIONS, RunOptions, described, new_run_id, options_of, parse, parser_of
from schemas.errors import UsageError

GOOD = ["--input", "news", "--output", "tables"]


def test_defaults():
    options = parse(RunOptions, GOOD, {})
    assert options == RunOptions(input=("news",), output=Path("tables"))


def test_every_field_is_an_option():
    declared = {name for kind in DESCRIPTIONS for name in kind.__dataclass_fields__}
    assert {option.name for option in OPTIONS} | {"beam"} == declared


def test_flags_are_typed():
    options = parse(
        RunOptions,
        [*GOOD, "--input", "more", "--since", "2025-04-01", "--limit", "5", "--dry-run", "--map=text=body"],
        {},
    )
    assert options.input == ("news", "more")
    assert options.since == datetime(2025, 4, 1, tzinfo=UTC)
    assert (options.limit, options.dry_run, options.map) == (5, True, ("text=body",))


def test_a_date_with_an_offset_becomes_utc():
    assert parse(RunOptions, [*GOOD, "--until", "2025-04-01T02:00:00+02:00"], {}).until == datetime(
        2025, 4, 1, tzinfo=UTC
    )


def test_flag_before_environment_before_file_before_default(tmp_path):
    config = tmp_path / "communique.toml"
    config.write_text('input = ["from-file"]\noutput = "from-file"\nlimit = 3\nfail-on = "any"\n')
    environment = {"COMMUNIQUE_CONFIG": str(config), "COMMUNIQUE_OUTPUT": "from-environment", "COMMUNIQUE_LIMIT": "4"}
    options = parse(RunOptions, ["--limit", "5"], environment)
    assert options.input == ("from-file",)
    assert options.output == Path("from-environment")
    assert (options.limit, options.fail_on, options.partition_by) == (5, "any", "month")


def test_lists_in_the_environment_stand_one_a_line():
    environment = {"COMMUNIQUE_FEED": "https://a.example/rss\nhttps://b.example/rss", "COMMUNIQUE_JSON": "yes"}
    options = parse(RunOptions, ["--output", "tables"], environment)
    assert options.feed == ("https://a.example/rss", "https://b.example/rss")
    assert options.json is True


def test_flags_of_beam_pass_through():
    assert parse(RunOptions, [*GOOD, "--direct_num_workers", "1"], {}).beam == ("--direct_num_workers", "1")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--output", "tables"], "nothing to read"),
        (["--input", "news"], "--output is missing"),
        ([*GOOD, "--inputs", "x"], "unknown option --inputs; did you mean '--input'?"),
        ([*GOOD, "--streming"], "did you mean '--streaming'?"),
        ([*GOOD, "news2"], "'news2' stands alone"),
        ([*GOOD, "--limit", "0"], "--limit: '0' is not a whole number"),
        ([*GOOD, "--limit"], "--limit: expected one argument"),
        ([*GOOD, "--since", "soon"], "--since: 'soon' is not a date"),
        ([*GOOD, "--run-id", "../x"], "--run-id: '../x' cannot be a run id"),
        ([*GOOD, "--partition-by", "mouth"], "did you mean 'month'?"),
        ([*GOOD, "--config", "absent.toml"], "absent.toml: No such file"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(arguments, message):
    with pytest.raises(UsageError) as error:
        parse(RunOptions, arguments, {})
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("inptu = 'x'", "unknown option 'inptu'; did you mean 'input'?"),
        ("output = [", "not valid TOML"),
        ("limit = [1]", "'limit' takes one value"),
        ("dry-run = 'maybe'", "neither true nor false"),
    ],
)
def test_a_bad_configuration_file_is_named(tmp_path, text, message):
    config = tmp_path / "bad.toml"
    config.write_text(text)
    with pytest.raises(UsageError) as error:
        parse(RunOptions, [*GOOD, "--config", str(config)], {})
    assert message in str(error.value)


def test_the_record_keeps_no_credentials():
    options = parse(RunOptions, ["--feed", "https://reader:secret@news.example/rss", "--output", "tables"], {})
    assert described(options)["feed"] == ["https://news.example/rss"]


def test_run_ids_sort_by_time():
    assert new_run_id(datetime(2025, 4, 22, 10, 15, tzinfo=UTC), "1f9a") == "20250422T101500Z-1f9a"


@pytest.mark.parametrize("kind", DESCRIPTIONS)
def test_help_names_every_option(kind):
    text = parser_of(kind).format_help()
    assert all(option.flag in text for option in options_of(kind))
