import pytest
from eager import run
from made import article

from schemas.article import Article
from transforms.split import MAX_SENTENCE, SplitSentences, is_hard_wrapped, sentence_spans, split_article

WRAPPED = """The government of Norvania rejected a plan to withdraw its
troops from the border, a spokesman said.
    Estmark had offered talks in Port Selim, where the two sides
last met in March.

A mediator, Dr. Adela Roth, called on both armies to hold their
fire until Friday."""


def texts(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


def test_sentences_and_lines() -> None:
    text = (
        "Peace talks fail\n\nMr. Roth left the U.N. office at 5 p.m. on Monday.  He gave no reason. \n\tNobody came.\n"
    )
    assert texts(text) == [
        "Peace talks fail",
        "Mr. Roth left the U.N. office at 5 p.m. on Monday.",
        "He gave no reason.",
        "Nobody came.",
    ]


def test_title_comes_first_and_the_index_counts_on() -> None:
    split = split_article(article(title="Norvania says no", text="Estmark had asked. Nobody came."))
    assert [(s.field, s.index, s.text) for s in split.sentences] == [
        ("title", 0, "Norvania says no"),
        ("text", 1, "Estmark had asked."),
        ("text", 2, "Nobody came."),
    ]


@pytest.mark.parametrize(
    "text", ["", " \n\t\n ", "\u00a0\n", "One.", "Ça va.\nNaïve Ünal said “no.” 👍 Then he left.", WRAPPED]
)
def test_offsets_are_exact(text: str) -> None:
    split = split_article(article(title=None, text=text))
    for sentence in split.sentences:
        assert text[sentence.start : sentence.end] == sentence.text == sentence.text.strip() != ""


def test_lines_broken_at_one_width_are_joined() -> None:
    assert is_hard_wrapped(WRAPPED)
    assert texts(WRAPPED) == [
        "The government of Norvania rejected a plan to withdraw its\ntroops from the border, a spokesman said.",
        "Estmark had offered talks in Port Selim, where the two sides\nlast met in March.",
        "A mediator, Dr. Adela Roth, called on both armies to hold their\nfire until Friday.",
    ]
    assert is_hard_wrapped(WRAPPED.upper())


@pytest.mark.parametrize(
    "text",
    [
        "Norvania rejects the plan of its neighbour for peace\nEstmark calls for new talks in Port Selim before winter",
        "He came on Monday.\nShe had left on Sunday.\nNobody knew where the two of them would meet again.",
        "Shr 12 cts vs 14 cts\nNet 1,300 vs 1,500\nRevs 14.2 mln vs 13.9 mln",
        "One line that goes on and on, " * 10 + "\nand ends here.",
    ],
)
def test_other_lines_are_not_joined(text: str) -> None:
    assert not is_hard_wrapped(text)


@pytest.mark.parametrize("text", ["x" * 20_000, "word " * 5_000, "a. " * 5_000, "(" * 9_000])
def test_nothing_is_longer_than_the_limit_and_nothing_is_lost(text: str) -> None:
    pieces = texts(text)
    assert max(map(len, pieces)) <= MAX_SENTENCE
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_long_lines_are_cut_between_sentences() -> None:
    text = "The envoy left. Nobody from the Selim council came to the talks on Monday. " * 300
    assert set(texts(text)) == {"The envoy left.", "Nobody from the Selim council came to the talks on Monday."}


def test_transform_splits_and_rejects() -> None:
    broken = article(2, text=None)
    split, rejects = run(SplitSentences(), [article(), broken], ("articles", "rejects"))
    assert [len(one.sentences) for one in split] == [3]
    assert [(r.stage, r.reason, r.position) for r in rejects] == [("split", "split_failed", 2)]
    assert isinstance(split[0].article, Article)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("He mourned a man he had never met.  And after this he left.", 2),
        ("A gunman wounded five people, reported Metro. Police hold him.", 2),
        ("The talks were over by spring. “We gave all we had,” he said.", 2),
        ("The towns were fed and prisoners freed.Yet the talks failed.", 2),
        ("He called U.S. Secretary of State Adela Roth on Monday.", 1),
        ("He had lived in the U.S. He came back.", 2),
        ("A man died in Selim, said police Lt. Oskar Brenn.", 1),
        ("The group known as T.A.K. said it had done it.", 1),
        ("He works for Brenn Corp. Police asked him in.", 1),
        ("Where can they go? - Selim Gazette", 1),
        ("Read it at Example.Com or Example.Net today.", 1),
    ],
)
def test_boundaries_that_news_makes_hard(text: str, sentences: int) -> None:
    assert len(texts(text)) == sentences, texts(text)
