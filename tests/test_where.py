import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.gazetteer import fold, load_lines, look_up
from transforms.where import Place, article_countries, find_place


def where(text: str, trigger: str, *, is_report: bool = True, **countries: float) -> str | None:
    found = find_place(text, text.index(trigger), countries, is_report=is_report)
    return f"{found.name} {found.country}" if found else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Two men were killed in Baghdad.", "Baghdad IRQ"),
        ("Two men were killed near Mosul on Monday.", "Mosul IRQ"),
        ("Two men were killed outside Kandahar.", "Kandahar AFG"),
        ("Two men were killed in northern Syria.", "Syria SYR"),
        ("Two men were killed in the Iraqi city of Fallujah.", "Fallujah IRQ"),
        ("Two men were killed in the southern province of Helmand.", "Helmand AFG"),
        ("Two men were killed in Kunduz province.", "Kunduz AFG"),
        ("Two men were killed in Syria's Idlib province.", "Idlib SYR"),
        ("Two men were killed in the West Bank.", "West Bank PSE"),
        ("Two men were killed in Gaza, officials said.", "Gaza PSE"),
        ("Two men were killed in eastern Ghouta.", "Ghouta SYR"),
        ("Two men were killed in Indian-administered Kashmir.", "Indian-administered Kashmir IND"),
        ("Two men were killed in the Donbas.", "Donbas UKR"),
        ("Two men were killed in Darfur.", "Darfur SDN"),
        ("Two men were killed in Kyiv.", "Kyiv UKR"),
        ("Two men were killed in Kiev.", "Kiev UKR"),
        ("Two men were killed in Bombay.", "Bombay IND"),
        ("Two men were killed in Rangoon.", "Rangoon MMR"),
        ("Two men were killed in Falluja.", "Falluja IRQ"),
        ("Two men were killed in Mazar-e-Sharif.", "Mazar-e-Sharif AFG"),
        ("Two men were killed in Deir Ezzor.", "Deir Ezzor SYR"),
        ("Two men were killed in Bogotá.", "Bogotá COL"),
        ("Two men were killed in Bogota.", "Bogota COL"),
        ("Two men were killed in São Paulo.", "São Paulo BRA"),
        ("Two men were killed in New York.", "New York USA"),
        ("Two men were killed in Brooklyn on Sunday.", "Brooklyn USA"),
        ("Two men were killed in St. Petersburg.", "St. Petersburg RUS"),
        ("Two men were killed in St. Petersburg, Fla., on Sunday.", "St. Petersburg USA"),
        ("Two men were killed in Paris, Texas.", "Paris USA"),
        ("Two men were killed in Birmingham, Alabama.", "Birmingham USA"),
        ("Two men were killed in Birmingham.", "Birmingham GBR"),
        ("Two men were killed in Cordoba, Argentina.", "Cordoba ARG"),
        ("Two men were killed in Tripoli (Lebanon).", "Tripoli LBN"),
        ("Two men were killed in Mill Road, Glasgow.", "Glasgow GBR"),
        ("Two men were killed in Nowheresville, Missouri.", "Nowheresville USA"),
        ("Two men were killed in the Iraqi town of Nowhereabad.", "Nowhereabad IRQ"),
        ("Two men were killed in Port Selim.", None),
        ("Two men were killed in Police custody.", None),
        ("Two men were killed in March.", None),
        ("Two men were killed in Jackson's house.", None),
        ("Two men were killed by Adela Roth.", None),
        ("The bombing of Aleppo killed two men.", "Aleppo SYR"),
        ("Two men were killed in the Kabul bombing.", "Kabul AFG"),
        ("The Las Vegas shooting: two men were killed.", "Las Vegas USA"),
        ("The Manchester Arena bombing killed two men.", None),
        ("KABUL, Afghanistan (AP) -- Two men were killed on Monday.", "KABUL AFG"),
        ("KABUL (Reuters) - Two men were killed in Kandahar on Monday.", "Kandahar AFG"),
        ("ahmedabad: two men were killed on monday.", "ahmedabad IND"),
        ("two men were killed in ahmedabad on monday.", "ahmedabad IND"),
        ("TWO MEN WERE KILLED IN DOWNTOWN BOGOTA BY GUNMEN.", "BOGOTA COL"),
        ("Two men were killed, the government in Baghdad said after blasts in Mosul.", "Mosul IRQ"),
        ("Two men were killed in a US strike on Syria.", "Syria SYR"),
        ("Two men were killed in Syria strike.", "Syria SYR"),
        ("Two Men Killed in Gaza Raid, Army Says", "Gaza PSE"),
    ],
)
def test_places(text: str, expected: str | None) -> None:
    assert where(text, "illed" if "illed" in text else "KILLED") == expected


@pytest.mark.parametrize(
    ("name", "countries", "expected"),
    [
        ("Hyderabad", {}, "IND"),
        ("Hyderabad", {"PAK": 3.0}, "PAK"),
        ("Cordoba", {"ARG": 4.0}, "ARG"),
        ("Tripoli", {"LBN": 4.0, "SYR": 1.0}, "LBN"),
        ("Tripoli", {"LBY": 4.0}, "LBY"),
        ("San Jose", {"CRI": 5.0}, "CRI"),
        ("San Jose", {"USA": 5.0}, "USA"),
        ("Birmingham", {"USA": 5.0}, "USA"),
        ("London", {"CAN": 5.0}, "GBR"),
        ("Georgia", {"RUS": 3.0, "GEO": 2.0}, "GEO"),
        ("Georgia", {"USA": 3.0}, "USA"),
        ("Kinston", {}, None),
        ("Kinston", {"USA": 1.0}, "USA"),
        ("Rafah", {"PSE": 2.0}, "PSE"),
        ("Kashmir", {}, None),
        ("Kashmir", {"IND": 3.0, "PAK": 2.0}, "IND"),
        ("Kashmir", {"PAK": 3.0}, "PAK"),
    ],
)
def test_the_article_decides_between_namesakes(name: str, countries: dict[str, float], expected: str | None) -> None:
    found = find_place(f"Two men were killed in {name}.", 13, countries, is_report=True)
    assert (found.country if found else None) == expected


def test_the_sentence_decides_between_namesakes() -> None:
    assert where("Two died in Hyderabad and three in Karachi.", "died") == "Hyderabad PAK"


@pytest.mark.parametrize(
    ("text", "trigger", "expected"),
    [
        ("Two were killed in Mosul and three were hurt in Basra.", "killed", "Mosul IRQ"),
        ("Two were killed in Mosul and three were hurt in Basra.", "hurt", "Basra IRQ"),
        ("Two were killed in Mosul. Talks were held in Geneva.", "held", "Geneva CHE"),
        ("The envoy flew from Cairo; two were killed in Mosul.", "killed", "Mosul IRQ"),
        ("In Iraq, two were killed in Mosul.", "killed", "Mosul IRQ"),
    ],
)
def test_the_nearest_place(text: str, trigger: str, expected: str) -> None:
    assert where(text, trigger) == expected


@pytest.mark.parametrize(
    ("text", "trigger", "expected"),
    [
        ("The envoy urged a truce at a meeting in Geneva.", "urged", "Geneva CHE"),
        ("Norvania rejected the proposal from Moscow.", "rejected", None),
        ("Norvania refused to fly to Cairo.", "refused", None),
        ("MOSCOW (Reuters) - Norvania rejected the proposal.", "rejected", None),
        ("Norvania urged talks in the Swiss city of Basel.", "urged", "Basel CHE"),
    ],
)
def test_acts_of_speech_need_in_or_at(text: str, trigger: str, expected: str | None) -> None:
    assert where(text, trigger, is_report=False) == expected


def test_coordinates() -> None:
    assert find_place("Two men were killed in Baghdad.", 13, is_report=True) == Place("Baghdad", "IRQ", 33.34, 44.4)
    unknown = find_place("Two men were killed in Nowheresville, Missouri.", 13, is_report=True)
    assert unknown == Place("Nowheresville", "USA", None, None)


def test_article_countries() -> None:
    text = "BAGHDAD (Reuters) - Iraq and Iran met. Iraqi officials praised Tehran. Michael Jordan was there."
    assert article_countries("Talks in Iraq", text) == {"IRQ": 5.0, "IRN": 2.0}


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Al Fallūjah", "al fallujah"),
        ("Saint-Denis", "st denis"),
        ("St. Petersburg", "st petersburg"),
        ("N'Djamena", "ndjamena"),
        ("Łódź", "lodz"),
        ("Ağrı", "agri"),
        ("Mazār-e Sharīf", "mazar e sharif"),
        ("", ""),
    ],
)
def test_fold(name: str, folded: str) -> None:
    assert fold(name) == folded


def test_table_is_sorted_and_whole() -> None:
    lines = load_lines()
    assert list(lines) == sorted(lines)
    assert len(lines) > 90_000
    for line in lines[::97]:
        name = line.split("\t")[0]
        assert name == fold(name)
        assert all(-90 <= row.latitude <= 90 and -180 <= row.longitude <= 180 for row in look_up(name))
        assert all(len(row.country) == 3 for row in look_up(name))


@given(st.text(max_size=80), st.integers(0, 80))
def test_any_text_is_read(text: str, trigger: int) -> None:
    found = find_place(text, min(trigger, len(text)), {}, is_report=True)
    assert found is None or found.name in text


@given(
    st.lists(
        st.sampled_from(
            ["in", "Kabul", "Kabul,", "Iraq", "(Iraq)", "of", "city", "the", "Syria's", "Mo.", "and", "(", "St."]
        ),
        max_size=10,
    )
)
def test_any_mix_of_place_words_is_read(words: list[str]) -> None:
    text = " ".join(words)
    found = find_place(text, 0, {}, is_report=True)
    assert found is None or found.name in text
