from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.gazetteer import load_lines
from transforms.nations import count_countries, country_names, country_of, demonym_countries, load_names


def of(name: str | None, year: int | None = 2015, **nearby: float) -> str | None:
    return country_of(name, date(year, 6, 1) if year else None, nearby)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("France", "FRA"),
        ("the United States", "USA"),
        ("US", "USA"),
        ("U.S.", "USA"),
        ("UK", "GBR"),
        ("the UAE", "ARE"),
        ("North Korea", "PRK"),
        ("Burma", "MMR"),
        ("Soviet Union", "RUS"),
        ("Turkish government", "TUR"),
        ("Israelis", "ISR"),
        ("Palestinians", "PSE"),
        ("South Korean troops", "KOR"),
        ("Turkey’s prime minister", "TUR"),
        ("Syria's Kurds", "SYR"),
        ("government of Mali", "MLI"),
        ("Moscow", "RUS"),
        ("Kremlin", "RUS"),
        ("the White House", "USA"),
        ("Downing Street", "GBR"),
        ("Foreign Ministry in Tehran", "IRN"),
        ("Hamas", "PSE"),
        ("Hezbollah", "LBN"),
        ("Taliban", "AFG"),
        ("Pakistani Taliban", "PAK"),
        ("FARC rebels", "COL"),
        ("PKK", "TUR"),
        ("IRA", "GBR"),
        ("ETA", "ESP"),
        ("LTTE", "LKA"),
        ("Tamil Tigers", "LKA"),
        ("Lord's Resistance Army", "UGA"),
        ("New People’s Army", "PHL"),
        ("Knesset", "ISR"),
        ("State Duma", "RUS"),
        ("Pentagon", "USA"),
        ("Iranian-backed Houthis", "YEM"),
        ("Texas", "USA"),
        ("New Mexico", "USA"),
        ("African Americans", "USA"),
        ("vhp", "IND"),
        ("FMLN", "SLV"),
        ("IRAN", "IRN"),
        ("US ambassador to the United Nations", "USA"),
        ("US special envoy for Syria", "USA"),
        ("Jordan", "JOR"),
        ("Jordan's King", "JOR"),
        ("Chad", "TCD"),
    ],
)
def test_countries_of_parties(name: str, expected: str) -> None:
    assert of(name) == expected


@pytest.mark.parametrize(
    "name",
    [
        None,
        "",
        ",",
        "police",
        "Adela Roth",
        "Minister Adela Roth",
        "United Nations",
        "UN Security Council",
        "UN envoy for Syria",
        "NATO",
        "European Union",
        "Brussels",
        "al-Qaeda",
        "Islamic State",
        "Latin American countries",
        "France and Germany",
        "Iran, Iraq",
        "critics of Israel",
        "ambassador to Iraq",
        "sanctions against Iran",
        "Michael Jordan",
        "Chad Smith",
        "Kathy Ireland",
        "Mark Cuban",
        "Georgia",
        "Congress",
        "Yugoslavia",
    ],
)
def test_null_rather_than_a_guess(name: str | None) -> None:
    assert of(name) is None


@pytest.mark.parametrize(
    ("name", "year", "expected"),
    [
        ("Ronald Reagan", 1986, "USA"),
        ("Reagan", 1986, "USA"),
        ("Gorbachev", 1988, "RUS"),
        ("Thatcher", 1985, "GBR"),
        ("Nakasone", 1987, "JPN"),
        ("Bush", 1990, "USA"),
        ("Bush", 2004, "USA"),
        ("President Clinton", 1996, "USA"),
        ("Milosevic", 1999, "SRB"),
        ("Slobodan Milošević", 1999, "SRB"),
        ("Arafat", 2001, "PSE"),
        ("Saddam", 2002, "IRQ"),
        ("Saddam Hussein", 2002, "IRQ"),
        ("Putin", 2014, "RUS"),
        ("Russian Foreign Minister Sergei Lavrov", 2014, "RUS"),
        ("Kremlin spokesman Dmitry Peskov", 2018, "RUS"),
        ("Merkel", 2015, "DEU"),
        ("Erdoğan", 2016, "TUR"),
        ("Recep Tayyip Erdogan", 2016, "TUR"),
        ("Assad regime", 2016, "SYR"),
        ("Bashar al-Assad", 2016, "SYR"),
        ("Trump administration", 2018, "USA"),
        ("Kim Jong Un", 2018, "PRK"),
        ("Moon Jae-in", 2018, "KOR"),
        ("Xi Jinping", 2019, "CHN"),
        ("Zelenskyy", 2023, "UKR"),
        ("Israel’s Gantz", 2024, "ISR"),
        ("vajpayee", 2002, "IND"),
        ("Prime Minister Boris Johnson", 2020, "GBR"),
        ("Prime Minister Johnson", 2020, "GBR"),
        # Out of office, or one of many who bear the name:
        ("Johnson", 2020, None),
        ("Kim", 2018, None),
        ("Reagan", 2015, None),
        ("Merkel", 1990, None),
        ("Hussein", 2002, None),
        ("Bernard Thatcher", 1985, None),
        # From a country to an organisation and back:
        ("Ban Ki-moon", 2005, "KOR"),
        ("Ban Ki-moon", 2010, None),
        ("Donald Tusk", 2010, "POL"),
        ("Donald Tusk", 2016, None),
        ("Donald Tusk", 2024, "POL"),
        ("Kofi Annan", 2003, None),
        ("UN envoy Staffan de Mistura", 2016, None),
    ],
)
def test_leaders_in_their_years(name: str, year: int, expected: str | None) -> None:
    assert of(name, year) == expected


def test_full_names_need_no_date() -> None:
    assert of("Angela Merkel", None) == "DEU"
    assert of("Ban Ki-moon", None) is None


def test_the_article_decides_where_a_name_is_of_several() -> None:
    assert of("Congress", IND=5.0, PAK=1.0) == "IND"
    assert of("Congress", USA=5.0) == "USA"
    assert of("Georgia", GEO=2.0, RUS=4.0) == "GEO"
    assert of("Kim", 2018, PRK=9.0, USA=4.0) == "PRK"
    assert of("Johnson", 2020, USA=3.0) is None


def test_two_leaders_have_no_country() -> None:
    assert of("South Korean President Park Geun-hye and Japanese Prime Minister Shinzo Abe", 2016) is None


def test_count_countries() -> None:
    text = (
        "Iraq's army met Iranian forces near Baghdad. The Iraqi premier thanked the UN. Chad Smith sang in New Mexico."
    )
    assert count_countries(text) == {"IRQ": 3, "IRN": 1, "USA": 1}


def test_tables_agree() -> None:
    codes = {line.split("\t")[1] for line in load_lines()}
    assert set(country_names().values()) <= codes
    assert set(demonym_countries().values()) <= set(country_names().values())
    assert {country for countries in load_names().values() for country in countries} <= set(country_names().values())


@pytest.mark.parametrize("name", ["Afghan", "Congolese", "South Sudanese", "Emirati"])
def test_nationalities(name: str) -> None:
    assert of(name) == {"Afghan": "AFG", "Congolese": None, "South Sudanese": "SSD", "Emirati": "ARE"}[name]


@given(st.text(max_size=60))
def test_any_name_is_read(name: str) -> None:
    found = country_of(name, date(2015, 1, 1), {"USA": 1.0})
    assert found is None or found.isupper()
