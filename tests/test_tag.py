import pytest
from eager import run
from made import article

from schemas.event import TaggedArticle
from schemas.sentence import SplitArticle
from transforms.findings import clause_of
from transforms.split import split_article
from transforms.tag import CHUNK_SENTENCES, TagEvents, Tagger, one_line


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger()


def split(text: str, number: int = 1) -> SplitArticle:
    return split_article(article(number, title=None, text=text))


def types(tagger: Tagger, text: str) -> set[str]:
    return {event.finding.event_type for event in tagger.tag_articles([split(text)])[0].events}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Norvania urged Estmark to withdraw its troops from the border.", {"proposal"}),
        ("President Varga called for an immediate ceasefire.", {"proposal"}),
        ("The rebels demanded that the government release all prisoners.", {"condition"}),
        ("The government rejected the plan.", {"refusal"}),
        ("Estmark refused to hold talks with the rebels.", {"refusal"}),
        ("The minister declined to comment.", set()),
        ("The parade was cheerful and the weather was fine.", set()),
    ],
)
def test_types(tagger: Tagger, text: str, expected: set[str]) -> None:
    assert types(tagger, text) & {"proposal", "condition", "refusal"} == expected


def test_refusal_with_condition(tagger: Tagger) -> None:
    text = "The rebels refused to hold talks unless the army withdraws from Port Selim."
    assert types(tagger, text) == {"condition", "refusal"}


def test_events_keep_order_and_offsets(tagger: Tagger) -> None:
    text = "Nobody came.\nEstmark rejected the plan, the rebels demanded a vote.\nNorvania urged Estmark to reconsider."
    tagged = tagger.tag_articles([split("Nothing.", 2), split(text)])
    assert [one.sentence_count for one in tagged] == [1, 3]
    assert tagged[0].events == ()
    events = tagged[1].events
    assert [event.sentence.index for event in events] == sorted(event.sentence.index for event in events)
    assert {"rejected", "demanded", "urged"} <= {
        event.sentence.text[event.finding.trigger_start : event.finding.trigger_end] for event in events
    }
    assert all(0 < event.finding.confidence <= 1 for event in events)


def test_line_breaks_within_a_sentence_do_no_harm(tagger: Tagger) -> None:
    text = "The government of Norvania on Monday angrily rejected a new\nplan to withdraw its troops from the border."
    broken, whole = (tagger.tag_articles([split(one)])[0].events for one in (text, text.replace("\n", " ")))
    assert [event.finding.rule_id for event in broken] == [event.finding.rule_id for event in whole] != []


def test_same_events_alone_and_in_company(tagger: Tagger) -> None:
    articles = [split(f"Estmark rejected plan {n}. The rebels of zone {n} demanded talks.", n) for n in range(5)]
    assert tagger.tag_articles(articles) == [tagger.tag_articles([one])[0] for one in articles]


def test_nothing_in_nothing_out(tagger: Tagger) -> None:
    assert tagger.tag_articles([]) == []


def test_transform_rejects_only_the_article_that_fails() -> None:
    poison = SplitArticle(article(2), (None,))  # type: ignore[arg-type]
    tagged, rejects = run(TagEvents(), [split("Estmark rejected the plan."), poison], ("articles", "rejects"))
    assert [type(one) for one in tagged] == [TaggedArticle]
    assert [len(one.events) for one in tagged] == [1]
    assert [(reject.stage, reject.position) for reject in rejects] == [("tag", 2)]


def test_clause_ends_with_a_cycle_free_climb(tagger: Tagger) -> None:
    doc = tagger.nlp("Estmark said that it rejected the offer of talks.")
    assert clause_of(doc[7]).text == "rejected"


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("PORT SELIM (Reuters) - Estmark rejected it.", "Estmark rejected it."),
        ("PORT SELIM, Norvania -- The council met.", "The council met."),
        ("AP - Estmark rejected it.", "Estmark rejected it."),
        ("SELIM  The council met.", "The council met."),
        ("Estmark rejects truce - Selim Gazette", "Estmark rejects truce"),
        ("Estmark\nrejects\ttruce", "Estmark rejects truce"),
        ("BOMB EXPLODES - 30 INJURED", "BOMB EXPLODES - 30 INJURED"),
        ("The truce - a first - held.", "The truce - a first - held."),
    ],
)
def test_the_parser_sees_neither_dateline_nor_source(text: str, parsed: str) -> None:
    line = one_line(text)
    assert line.strip() == parsed
    assert len(line) == len(text)


def test_sentences_that_are_repeated_have_their_events_each(tagger: Tagger) -> None:
    line = "Estmark rejected the plan.\n"
    (tagged,) = tagger.tag_articles([split(line * 5)])
    assert [event.sentence.index for event in tagged.events] == [0, 1, 2, 3, 4]
    assert {event.finding.trigger_start for event in tagged.events} == {8}


def test_an_article_of_thousands_of_sentences_is_read_to_its_end(tagger: Tagger) -> None:
    (tagged,) = tagger.tag_articles([split("Estmark rejected the plan.\n" * (CHUNK_SENTENCES + 1))])
    assert len(tagged.events) == CHUNK_SENTENCES + 1


def test_lists_that_pass_for_a_sentence_are_left_out(tagger: Tagger) -> None:
    plan = "Estmark rejected the plan"
    assert "refusal" in types(tagger, f"{plan}{', the treaty' * 70}.")
    assert types(tagger, f"{plan}{', the treaty' * 90}.") == set()
