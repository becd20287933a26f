import pytest

from transforms.connect import is_public


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("0.0.0.0", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::5db8:d822", False),
        ("64:ff9b:1::1", False),
        ("2002:a00:1::", False),
        ("::7f00:1", False),
        ("fec0::1", False),
        ("2001:db8::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::", False),
    ],
)
def test_is_public(address: str, wanted: bool) -> None:
    assert is_public(address) is wanted
