import threading
import time
from itertools import pairwise

from transforms.turns import HOSTS_AT_ONCE, REQUESTS_AT_ONCE, Turns, ask_hosts


def test_a_host_is_asked_once_at_a_time_with_a_pause_between() -> None:
    turns, spans = Turns(0.05), []

    def ask() -> None:
        with turns.turn("Estmark.example"):
            start = time.monotonic()
            time.sleep(0.02)
            spans.append((start, time.monotonic()))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spans.sort()
    assert all(later[0] - earlier[1] >= 0.05 for earlier, later in pairwise(spans))


def test_hosts_do_not_wait_for_each_other() -> None:
    turns = Turns(10)
    start = time.monotonic()
    for host in ("a.example", "b.example", "c.example"):
        with turns.turn(host) as seconds:
            assert seconds() < 1
    assert time.monotonic() - start < 1


def test_few_requests_are_at_work_at_a_time_while_many_hosts_have_their_pause() -> None:
    turns, at_work, most = Turns(1), [], []

    def ask(host: str) -> None:
        with turns.turn(host):
            at_work.append(host)
            most.append(len(at_work))
            time.sleep(0.01)
            at_work.remove(host)

    start = time.monotonic()
    items = [(f"{number}.example", f"{number}.example") for number in range(HOSTS_AT_ONCE)] * 2
    assert len(ask_hosts(items, ask, lambda _: False, ask)) == 2 * HOSTS_AT_ONCE
    assert max(most) <= REQUESTS_AT_ONCE
    assert time.monotonic() - start < 3
