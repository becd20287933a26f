import json
import math
import signal
import sys
from subprocess import PIPE, Popen

import pytest

from transforms.document_child import LENGTH, OUT_OF_MEMORY, decode_feed, encode_feed
from transforms.draft import Draft, Feed, Flaw

COMMAND = [sys.executable, "-m", "transforms.document_child", "feed"]
RSS = b"<rss version='2.0'><channel><title>Wire</title><item><title>Talks</title></item></channel></rss>"
LARGE_ANSWER = RSS.replace(b"Wire", b"w" * 100_000).replace(
    b"<item>", b"<item><title>a</title></item>" * 5_000 + b"<item>"
)


def message(content: bytes) -> bytes:
    return LENGTH.pack(len(content)) + content


def request(data: bytes, **arguments: str | None) -> bytes:
    return message(json.dumps({"address": None, "charset": None} | arguments).encode()) + message(data)


def run(*requests: bytes) -> tuple[list[bytes], int]:
    """Return the answers of a child and its exit status."""
    with Popen(COMMAND, stdin=PIPE, stdout=PIPE) as process:
        output, _ = process.communicate(b"".join(requests), timeout=60)
    answers = []
    while output:
        (length,) = LENGTH.unpack(output[: LENGTH.size])
        answers.append(output[LENGTH.size : LENGTH.size + length])
        output = output[LENGTH.size + length :]
    return answers, process.returncode


@pytest.mark.parametrize(
    "feed",
    [
        Feed(),
        Feed(is_malformed=True),
        Feed((Draft(position=1, title="Größe", text="", authors=("Adela Roth", "Jon Vale")), Draft(published=7))),
        Feed((Draft(title="half \ud83d of a pair"), Flaw(reason="not_an_object", position=2, sample="5"))),
    ],
)
def test_a_feed_survives_the_way(feed: Feed) -> None:
    assert decode_feed(encode_feed(feed)) == feed


def test_numbers_that_are_none_survive_the_way() -> None:
    (draft,) = decode_feed(encode_feed(Feed((Draft(published=math.nan),)))).records
    assert isinstance(draft, Draft)
    assert math.isnan(draft.published)  # type: ignore[arg-type]


def test_it_answers_until_its_input_ends() -> None:
    address = {"address": "https://norvania.example/feed", "charset": "utf-8"}
    (ready, *answers), status = run(request(RSS), request(b"Talks", **address), request(RSS))
    assert (ready, status) == (b"", 0)
    first, second, third = map(decode_feed, answers)
    assert first == third == Feed((Draft(position=1, title="Talks", text="", source_name="Wire", source_format="rss"),))
    assert second == Feed((Flaw(reason="not_a_feed", sample="Talks"),))


def test_it_ends_with_a_status_of_its_own_when_memory_runs_out() -> None:
    answers, status = run(request(RSS), request(LARGE_ANSWER), request(RSS))
    assert (len(answers), status) == (2, OUT_OF_MEMORY)


def test_half_a_request_is_the_end() -> None:
    assert run(request(RSS)[:2]) == ([b""], 0)


def test_an_interrupt_is_ignored() -> None:
    with Popen(COMMAND, stdin=PIPE, stdout=PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.read(LENGTH.size) == LENGTH.pack(0)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(request(RSS), timeout=60)
    assert decode_feed(output[LENGTH.size :]).records
    assert process.returncode == 0
