import made
import pytest
from eager import run

from transforms.ledger import SkipKnown, fill_ledger, is_known, open_ledger


@pytest.fixture
def path(tmp_path):
    known = made.article(1)
    ledger = open_ledger(tmp_path / "state" / "ledger.sqlite")
    fill_ledger(ledger, [(known.article_id, known.content_hash, 1, "first")], [])
    ledger.close()
    return tmp_path / "state" / "ledger.sqlite"


def test_known_means_the_same_content_by_another_run(path):
    ledger = open_ledger(path)
    assert is_known(ledger, made.article(1), "second")
    assert not is_known(ledger, made.article(1), "first")
    assert not is_known(ledger, made.article(1, text="Edited."), "second")
    ledger.close()


def test_skip_known_passes_on_what_is_new(path):
    assert run(SkipKnown(str(path), "second"), [made.article(1), made.article(2)]) == [made.article(2)]
