"""Clean text: valid Unicode, ``\\n`` as the only line end, plain spaces, no control characters, no markup."""

import codecs
import html
import re

from lxml import etree  # type: ignore[import-untyped]

# C0 and C1 controls, soft hyphen, zero-width space and marks, bidirectional controls, noncharacters.
# U+200C and U+200D stay: Persian, Indic scripts and emoji need them.
_DROPPED = "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff"
_LINE_ENDS = "\x0b\x0c\x1c-\x1f\x85\u2028\u2029"
_SPACES = "\xa0\u1680\u2000-\u200a\u202f\u205f\u3000"
_UNCLEAN = re.compile(f"[\r{_DROPPED}{_LINE_ENDS}{_SPACES}\ud800-\udfff]")
_DROPPED_CHARACTERS = re.compile(f"[{_DROPPED}]+")
_LINE_END = re.compile(f"\r\n?|[{_LINE_ENDS}]")
_SPACE = re.compile(f"[{_SPACES}]")
_SURROGATE = re.compile("[\ud800-\udfff]")

_ENDLESS_REFERENCE = re.compile(r"&#\d{100,};?")
_TAG = re.compile(r"<[a-zA-Z/!?]")
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_LINE_BLANKS = re.compile(r" *\n *")
_MANY_LINES = re.compile(r"\n{3,}")
_LONGEST_LANGUAGE = 35  # BCP 47 asks for room for 35 characters

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_HIDDEN_TAGS = frozenset({"script", "style", "noscript", "template", "object", "iframe", "svg", "head"})
_PARAGRAPH_TAGS = frozenset(
    {"address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer"}
    | {
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "ul",
    }
)
_LINE_TAGS = frozenset({"br", "li", "tr", "caption", "option"})


def bom_encoding(data: bytes) -> tuple[str, int] | None:
    """Return the encoding that a byte order mark at the start announces and the mark's length."""
    return next(((encoding, len(bom)) for bom, encoding in _BOMS if data.startswith(bom)), None)


def decode(data: bytes, declared: str | None = None) -> str:
    """Return bytes as text: by byte order mark, else as declared, else UTF-8; what is invalid becomes U+FFFD."""
    if marked := bom_encoding(data):
        return data[marked[1] :].decode(marked[0], "replace")
    return data.decode(_known_encoding(declared) or "utf-8", "replace")


def clean_text(text: str) -> str:
    """Return text with lines ended by newline, plain spaces, no control characters and no lone surrogates."""
    if not _UNCLEAN.search(text):
        return text.strip()
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = _LINE_END.sub("\n", text)
    text = _SPACE.sub(" ", text)
    return _DROPPED_CHARACTERS.sub("", text).strip()


def clean_line(text: str | None) -> str | None:
    """Return text as one clean line, None when nothing is left."""
    return " ".join(clean_text(text).split()) or None if text else None


def clean_language(text: str | None) -> str | None:
    """Return a language tag such as ``en`` or ``en-GB``; None when the text is none."""
    language = (clean_line(text) or "").replace("_", "-")
    return language if language and len(language) <= _LONGEST_LANGUAGE and " " not in language else None


def html_to_text(markup: str) -> str:
    """Return the clean text of an HTML fragment: entities and tags gone, paragraphs and line breaks as newlines.

    Text without any tag keeps its own lines.
    """
    if not _TAG.search(markup):
        return clean_text(_unescape(markup) if "&" in markup else markup)
    parser = etree.HTMLParser(target=_TextTarget(), encoding="utf-8")
    parser.feed(clean_text(markup).encode("utf-8"))
    text = _LINE_BLANKS.sub("\n", clean_text(parser.close()))
    return _MANY_LINES.sub("\n\n", text)


def _unescape(text: str) -> str:
    """Return text with its entities resolved. Python refuses to read numbers of thousands of digits."""
    return html.unescape(_ENDLESS_REFERENCE.sub("\ufffd", text))


class _TextTarget:
    """Collects the visible text of an HTML parser's events."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._hidden = 0

    def start(self, tag: str, _attributes: object) -> None:
        self._hidden += tag in _HIDDEN_TAGS
        self._break(tag)

    def end(self, tag: str) -> None:
        self._hidden -= tag in _HIDDEN_TAGS
        if tag not in _LINE_TAGS:
            self._break(tag)

    def data(self, data: str) -> None:
        if not self._hidden:
            self._parts.append(_BLANKS.sub(" ", data))

    def close(self) -> str:
        return _join(self._parts)

    def _break(self, tag: str) -> None:
        if tag in _PARAGRAPH_TAGS:
            self._parts.append("\n\n")
        elif tag in _LINE_TAGS:
            self._parts.append("\n")
        elif tag in {"td", "th"}:
            self._parts.append(" ")


def _join(parts: list[str]) -> str:
    """Join the parts; neighbouring blanks of two parts become one."""
    return re.sub(r" {2,}", " ", "".join(parts))


def _known_encoding(name: str | None) -> str | None:
    """Return a text encoding that Python knows by this name; Latin-1 means Windows-1252, as in browsers."""
    try:
        known = codecs.lookup((name or "").strip()).name
        b"\xff".decode(known, "replace")  # leaves out codecs that are no character sets, such as idna
    except (LookupError, ValueError):
        return None
    return "cp1252" if known in {"iso8859-1", "ascii"} else known
