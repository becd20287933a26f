"""Changes to a text that leave every character where it is, so that offsets stay true."""


def lower(text: str) -> str:
    """Return the text in lower case, character for character (some characters grow when lowered)."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def unbroken(text: str) -> str:
    """Return the text with spaces for line breaks and tabs."""
    return text.replace("\n", " ").replace("\t", " ")
