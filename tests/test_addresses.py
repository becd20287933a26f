from transforms.addresses import has_secrets, redact


def test_redact() -> None:
    assert redact("https://roth:secret@estmark.example/a?b=c@d") == "https://estmark.example/a?b=c@d"
    assert redact("https://estmark.example/@roth") == "https://estmark.example/@roth"
    assert redact("/news/roth@estmark.txt") == "/news/roth@estmark.txt"
    assert redact("https://estmark.example/a?x=1&api_key=secret") == "https://estmark.example/a?x=1&api_key=***"
    assert redact("https://estmark.example/a?keyword=war&page=2") == "https://estmark.example/a?keyword=war&page=2"
    assert has_secrets("https://estmark.example/a?token=t")
    assert not has_secrets("https://estmark.example/a?b=c")
