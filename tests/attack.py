"""Run the command over hostile input: a warm process forks a child for every attack, watched and under limits.

Loading Beam, spaCy and the encoder takes seconds; a child of a process that has loaded them starts at once, and what it
takes of time and memory can be told from what the others took.
"""

import ctypes
import importlib
import json
import os
import resource
import signal
import struct
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

SECONDS = 5.0  # that an attack may take beyond the run of its neighbours
MEGABYTES = 300  # that it may add to their peak
SECRET = "root:x:0"  # what no table may hold
SOME = -1  # rejects: at least one
PORT = "HOSTILE_PORT"  # in the environment: where the hostile server listens
_HARD_SECONDS = 40
_HARD_BYTES = 3 * 2**30  # of address space, of which the stacks of 128 polling threads reserve one gigabyte
_WORKERS, _TOGETHER, _LONGEST_SUITE = 2, 8, 280
MODULES = ("hostile_texts", "hostile_formats", "hostile_feeds", "hostile_addresses")

# The good neighbours: one is read before the attack and one behind it, as sources are sorted by name.
NEIGHBOURS = {
    "0-before.jsonl": {
        "id": "before",
        "title": "Norvania offers talks",
        "text": "Norvania offered to hold talks with Estmark on Monday. At least 12 people were killed near Selim.",
        "published": "2025-04-21T08:00:00Z",
    },
    "~-after.jsonl": {
        "id": "after",
        "title": "Estmark rejects the plan",
        "text": "Estmark rejected the plan on Tuesday. Roth said Estmark would accept only if the army withdraws.",
        "published": "2025-04-22T08:00:00Z",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """Something hostile and what is to come of it.

    ``write`` puts it into a folder and may return arguments of the command in place of that folder. ``rejects``
    are the reasons of the rejects that are to come with their numbers, ``says`` a piece of a detail, ``articles`` how
    many articles are to come, or duplicates of those of other attacks. ``alone``: it does not share its run with other
    attacks, because it takes a second or has arguments of its own. ``source`` is a piece of its rows' ``source_uri``,
    with ``$`` for the end, where that is not its folder.
    """

    name: str
    write: Callable[[Path], list[str] | None]
    rejects: Mapping[str, int] = field(default_factory=dict)
    says: str = ""
    articles: int = 0
    alone: bool = False
    source: str = ""

    def is_of(self, source_uri: str) -> bool:
        """Tell whether a row is of this attack and not of another one in the same run."""
        return (self.source or f"/input/{self.name}/") in f"{source_uri}$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run did: ``status`` is negative when it was killed, ``megabytes`` its peak of resident memory.

    ``seconds`` are of the processor, as other work on the machine must not count; ``waited`` are those of the clock.
    """

    name: str
    status: int
    seconds: float
    waited: float
    megabytes: float


Content = str | bytes | Callable[[], str | bytes]


def file(
    name: str, content: Content, /, articles: int = 0, says: str = "", *, alone: bool = False, **rejects: int
) -> Attack:
    """Return the attack by one file; large content is made in time, not before."""
    return Attack(
        name=name,
        write=partial(put, content={name: content}),
        rejects=rejects,
        says=says,
        articles=articles,
        alone=alone,
    )


def put(folder: Path, content: Mapping[str, Content]) -> None:
    """Write files into a folder."""
    for name, made in content.items():
        data = made() if callable(made) else made
        (folder / name).write_bytes(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data)


def write_neighbours(folder: Path) -> None:
    """Write the neighbours' files."""
    folder.mkdir()
    for name, article in NEIGHBOURS.items():
        (folder / name).write_text(json.dumps(article) + "\n")


def runs() -> dict[str, list[Attack]]:
    """Return the attacks by runs: some that are quick share one."""
    found: dict[str, list[Attack]] = {"none": []}
    for module in MODULES:
        attacks: list[Attack] = importlib.import_module(module).ATTACKS
        together = [attack for attack in attacks if not attack.alone]
        for first in range(0, len(together), _TOGETHER):
            found[f"{module}-{first:02}"] = together[first : first + _TOGETHER]
        found |= {attack.name: [attack] for attack in attacks if attack.alone}
    return found


def run_all(folder: Path) -> dict[str, Outcome]:
    """Run all attacks in warm workers; what a run leaves lies in ``folder / NAME``."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COMMUNIQUE_")}
    names = [*runs()]
    workers = [
        subprocess.Popen(
            [sys.executable, __file__, str(folder), *names[first::_WORKERS]],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for first in range(_WORKERS)
    ]
    outcomes: dict[str, Outcome] = {}
    for worker in workers:
        answers, errors = worker.communicate(timeout=_LONGEST_SUITE)
        assert not worker.returncode, errors
        found = [Outcome(**json.loads(line)) for line in answers.splitlines()]
        outcomes |= {outcome.name: outcome for outcome in found}
    return outcomes


def _warm_up() -> None:
    """Load what every run loads, but start no thread: threads do not survive a fork."""
    from schemas.article import Article
    from transforms.split import split_article
    from transforms.tag import Tagger

    for number, article in enumerate(NEIGHBOURS.values()):
        made = Article(
            title=article["title"], text=article["text"], source_uri=str(number), source_format="jsonl", position=1
        )
        Tagger(None).tag_articles([split_article(made)])
    import transforms.feeds  # noqa: F401


def _forked(name: str, work: Callable[[], int]) -> Outcome:
    """Do something in a child, and kill it when it takes far too long."""
    started = time.monotonic()
    if not (child := os.fork()):
        status = 1
        try:
            status = work()
        except BaseException:
            traceback.print_exc()
        os._exit(status)
    while not (ended := os.wait4(child, os.WNOHANG))[0]:
        if time.monotonic() - started > _HARD_SECONDS:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.01)
    used = ended[2]
    return Outcome(
        name=name,
        status=os.waitstatus_to_exitcode(ended[1]),
        seconds=used.ru_utime + used.ru_stime,
        waited=time.monotonic() - started,
        megabytes=used.ru_maxrss / 1024,
    )


def _give_up_privileges() -> None:
    """Let files that are closed be closed for root, too."""
    ctypes.CDLL(None).capset(struct.pack("Ii", 0x20080522, 0), bytes(24))  # of version 3 of Linux' capabilities


def _run(name: str, attacks: Sequence[Attack], root: Path) -> Outcome:
    folder = root / name
    input_, output = folder / "input", folder / "output"
    output.mkdir(parents=True)

    def write() -> int:
        write_neighbours(input_)
        arguments = [f"--input={input_ / neighbour}" for neighbour in NEIGHBOURS]
        for attack in attacks:
            (input_ / attack.name).mkdir()
            arguments += attack.write(input_ / attack.name) or [f"--input={input_ / attack.name}"]
        (folder / "arguments").write_bytes(b"\0".join(map(os.fsencode, arguments)))
        return 0

    def run() -> int:
        from pipeline.__main__ import main

        for name, number in (("stdout", 1), ("stderr", 2)):
            os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT), number)
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + _HARD_BYTES, size + _HARD_BYTES))
        arguments = (folder / "arguments").read_bytes().split(b"\0")
        _give_up_privileges()
        status = main(["run", *map(os.fsdecode, arguments), "--output", str(output)])
        sys.stdout.flush()
        sys.stderr.flush()
        return status

    if _forked(name, write).status:
        raise RuntimeError(f"{name}: its files could not be written")
    return _forked(name, run)


def main(folder: str, *names: str) -> None:
    """Do the named runs and print what came of each as a line of JSON."""
    server = subprocess.Popen([sys.executable, Path(__file__).with_name("hostile_server.py")], stdout=subprocess.PIPE)
    assert server.stdout is not None
    _warm_up()
    os.environ[PORT] = server.stdout.readline().decode().strip()
    attacks = runs()
    for name in names:
        print(json.dumps(asdict(_run(name, attacks[name], Path(folder)))), flush=True)
    server.kill()
    server.wait()


if __name__ == "__main__":
    sys.modules["attack"] = sys.modules["__main__"]
    main(*sys.argv[1:])
