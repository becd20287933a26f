"""Changes to a text that leave every character where it is, so that offsets stay true."""

import re

# What is left of character references and line breaks once an archive has lost their ampersands and turned the breaks
# into backslashes ("Norvania #39;s", " quot;no quot;", "five miners\were killed").
_CLITIC = re.compile(r" ?&?(?:#0*39|#0*146|#8217|apos|rsquo);(s|t|re|ve|ll|d|m)?(?!\w)")
_OPENING = re.compile(r" ?&?(?:quot|#0*34|#0*147|#8220|ldquo);(?=\w)")
_CLOSING = re.compile(r" ?&?(?:quot|#0*34|#0*148|#8221|rdquo);")
_SIGNS = {"#36": "$", "#036": "$", "amp": "&", "#38": "&", "#038": "&", "#39": "'", "#145": "'", "#151": "-"}
_SIGN = re.compile(rf" &?({'|'.join(_SIGNS)});")
_BACKSLASH = re.compile(r"\\(?=[\w\s\"'$(\\]|$)")
_REMNANT = re.compile(r"\w;|\\")


def lower(text: str) -> str:
    """Return the text in lower case, character for character (some characters grow when lowered)."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def unbroken(text: str) -> str:
    """Return the text with spaces for line breaks and tabs, and remnants of escapes as what they stood for."""
    text = text.replace("\n", " ").replace("\t", " ")
    return _mended(text) if _REMNANT.search(text) else text


def _mended(text: str) -> str:
    text = _BACKSLASH.sub(" ", text)
    text = _CLITIC.sub(lambda found: ("'" + (found[1] or "")).ljust(len(found[0])), text)
    text = _OPENING.sub(lambda found: '"'.rjust(len(found[0])), text)
    text = _CLOSING.sub(lambda found: '"'.ljust(len(found[0])), text)
    return _SIGN.sub(lambda found: _SIGNS[found[1]].rjust(len(found[0])), text)
