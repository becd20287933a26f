"""What unpacks to more than any text would."""

MOST_UNPACKED = 100  # times the size as stored; texts unpack to 3 to 20 times theirs
_ALWAYS_UNPACKED = 2**17  # bytes, whatever their size as stored


def is_bomb(unpacked: int, stored: int) -> bool:
    """Tell whether so many bytes have become so many that it is no text."""
    return unpacked > max(_ALWAYS_UNPACKED, MOST_UNPACKED * stored)
