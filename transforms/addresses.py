"""Addresses and names as they may be shown: without user names, passwords and keys, and without control characters."""

import re
from urllib.parse import parse_qsl, urlencode

_SHOWN = " \xa0\u202f\u3000"  # spaces in names of files; Python calls only the first one printable
_USER = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*://)([^/?#]*@)")
_SECRET_KEYS = re.compile(
    r"(?i)(?:^|[_-])(?:token|secret|password|passwd|pwd|auth|apikey|key|signature|sig|credential)s?$"
)


def redact(url: str) -> str:
    """Return an address without user name, password and the values of keys such as ``token``; other text as it is."""
    url = without_user(url)
    head, mark, query = url.partition("?")
    if not mark or "://" not in head:
        return url
    pairs = parse_qsl(query.partition("#")[0], keep_blank_values=True)
    if not any(_SECRET_KEYS.search(key) for key, _ in pairs):
        return url
    return (
        f"{head}?{urlencode([(key, '***' if _SECRET_KEYS.search(key) else value) for key, value in pairs], safe='*')}"
    )


def has_secrets(url: str) -> bool:
    """Tell whether an address holds what must not be written down."""
    return redact(url) != url


def without_user(url: str) -> str:
    """Return an address without user name and password."""
    return _USER.sub(r"\1", url)


def hide_secrets(text: str, url: str) -> str:
    """Return an error's text without the user name, the password and the query of the address."""
    user = _USER.match(url)
    text = text.replace(user[2], "") if user else text
    query = url.partition("?")[2] if has_secrets(url) else ""
    return text.replace(query, "***") if query else text


def printable(name: str) -> str:
    """Return the name of a file or an address as a table and a terminal can take it: U+FFFD for what neither shows."""
    return "".join(c if c.isprintable() or c in _SHOWN else "\ufffd" for c in name)
