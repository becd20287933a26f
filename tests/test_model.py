from pathlib import Path

import pytest
import spacy

from schemas.errors import UserError
from transforms.encode import ENCODER_VERSION
from transforms.model import DEFAULT_MODELS, load_model, model_name


def test_default_model_parses_and_is_loaded_once() -> None:
    nlp = load_model()
    assert nlp is load_model()
    assert nlp.has_pipe("parser")
    assert not nlp.has_pipe("ner")


def test_name_says_which_version() -> None:
    name, _, version = model_name(load_model(), "rules").rpartition("-")
    assert name in DEFAULT_MODELS
    assert version.startswith("3.")
    assert model_name(load_model(), "both") == f"{name}-{version} encoder-{ENCODER_VERSION}"


def test_unknown_model_is_one_clear_line() -> None:
    with pytest.raises(UserError, match="no language model 'en_core_web_none'") as caught:
        load_model("en_core_web_none")
    assert "\n" not in str(caught.value)


def test_model_without_parser_is_refused(tmp_path: Path) -> None:
    spacy.blank("en").to_disk(tmp_path / "blank")
    with pytest.raises(UserError, match="has no parser"):
        load_model(str(tmp_path / "blank"))
