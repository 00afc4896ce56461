"""`make bench`: bring the peers, send in turns, time the stages, write and print the table."""

import argparse
import json
import os
import platform
import subprocess
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bench import many, peers, turns
from bench.installation import CONNECTIONS, EIGHT_CARDS, ROOT, Installation, prepare
from bench.report import sender_table, stage_table, target_table
from bench.sink import sink
from bench.targets import (
    AIOSMTPLIB,
    FIRST,
    LAST,
    MANY,
    NODEMAILER,
    OURS,
    SIGNED,
    SMTPLIB,
    SOURCE,
    Figures,
    targets,
)
from bench.turns import Sender
from tests.postgres import Cluster

WORK = ROOT / "var" / "bench"
RESULTS = ROOT / "bench" / "results"
READERS, MESSAGES, PEER_MESSAGES, SOURCE_MESSAGES = 10_000, 5_000, 2_000, 5_000
LARGE, FULL = 100_000, 1_000_000
SCALE_MESSAGES, SCALE_ROUNDS = 3_000, 3
COMPILATIONS = 50
LEAST_SIZE, MOST_SIZE = 47_000, 53_000


def main() -> None:
    """Measure, then write and print."""
    asked = _arguments()
    WORK.mkdir(parents=True, exist_ok=True)
    figures = Figures()
    with ExitStack() as stack:
        try:
            postfix = peers.bring_postfix(WORK)
            port = stack.enter_context(sink(postfix))
        except peers.Missing as reason:
            raise SystemExit(f"without smtp-sink nothing can be measured: {reason}") from None
        _say("preparing")
        small, _ = prepare(WORK / "small", port, READERS)
        message = WORK / "message.eml"
        small.measure("bench.stages", "message", str(message))
        if not LEAST_SIZE <= message.stat().st_size <= MOST_SIZE:
            raise SystemExit(f"a message of {message.stat().st_size:,} bytes is not the real size")
        small.measure("bench.stages", "freeze", str(READERS))
        senders = _senders(figures, postfix, port, small, message)
        large = FULL if asked.full else LARGE
        try:
            cluster = stack.enter_context(many.postgresql())
        except peers.Missing as reason:
            figures.missing.append(f"{MANY}: {reason}")
        else:
            senders.append(_prepare_many(figures, cluster, port, large))
        _send_in_turns(figures, senders, asked.rounds)
        _time_stages(figures, port, small, large)
    _publish(figures, asked.rounds, message.stat().st_size)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--full", action="store_true", help="a million readers, many minutes")
    return parser.parse_args()


def _senders(
    figures: Figures, postfix: peers.Postfix, port: int, frozen: Installation, message: Path
) -> list[Sender]:
    size, key = message.stat().st_size, _make_key()
    found = [
        Sender(SOURCE, lambda: turns.smtp_source(postfix, port, SOURCE_MESSAGES, size)),
        Sender(OURS, lambda: turns.digest_worker(frozen, MESSAGES)),
        Sender(SIGNED, lambda: turns.digest_worker(frozen, MESSAGES, key)),
        Sender(
            AIOSMTPLIB,
            lambda: turns.python_peer("aiosmtplib_pool", port, PEER_MESSAGES, message, CONNECTIONS),
        ),
        Sender(
            SMTPLIB,
            lambda: turns.python_peer(
                "smtplib_threads", port, PEER_MESSAGES, message, turns.THREADS
            ),
        ),
    ]
    try:
        modules = peers.bring_nodemailer(WORK)
    except peers.Missing as reason:
        figures.missing.append(f"{NODEMAILER}: {reason}")
    else:
        found.append(
            Sender(NODEMAILER, lambda: turns.nodemailer(modules, port, PEER_MESSAGES, message))
        )
    return found


def _prepare_many(figures: Figures, cluster: Cluster, port: int, readers: int) -> Sender:
    frozen, _ = many.prepare_on(cluster, WORK / "many", port, READERS)
    _, figures.stages["freeze on PostgreSQL"] = many.prepare_on(
        cluster, WORK / "many large", port, readers
    )
    _say(f"froze {readers:,} readers on PostgreSQL")
    workers = many.Workers(cluster, frozen)
    return Sender(MANY, lambda: workers.send(MESSAGES))


def _make_key() -> Path:
    """A key for this run only."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    file = WORK / "dkim.pem"
    file.touch(mode=0o600)
    file.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


def _send_in_turns(figures: Figures, senders: list[Sender], rounds: int) -> None:
    found = defaultdict(list)
    for name, taken in turns.take_turns(senders, rounds):
        found[name].append(taken)
        _say(f"{name:20} {taken.rate:8,.0f} messages/s")
    figures.rounds = dict(found)


def _time_stages(figures: Figures, port: int, small: Installation, readers: int) -> None:
    eight, _ = prepare(WORK / "eight", port, 1, EIGHT_CARDS)
    figures.stages["compile"] = eight.measure("bench.stages", "compile", str(COMPILATIONS))
    large, figures.stages["import"] = prepare(WORK / "large", port, readers)
    _say(f"imported {readers:,} readers")
    figures.stages["freeze"] = large.measure("bench.stages", "freeze", str(readers))
    _say(f"froze {readers:,} readers")
    _send_at_both_ends(figures, small, large)
    for stage in ("report", "metrics", "export"):
        figures.stages[stage] = large.measure("bench.stages", stage, str(readers))


def _send_at_both_ends(figures: Figures, small: Installation, large: Installation) -> None:
    """The first messages to a large audience and its last, each in turn with a small one's.

    What lies between them is skipped: the ledger is as it would be then.
    """
    for name in (FIRST, LAST):
        if name == LAST:
            left = (SCALE_ROUNDS + 1) * SCALE_MESSAGES  # a worker that stops sends some more
            large.measure("bench.stages", "forward", str(left))
        for _ in range(SCALE_ROUNDS):
            figures.scale[name].append(
                (turns.digest_worker(small, SCALE_MESSAGES), turns.send_on(large, SCALE_MESSAGES))
            )
        _say(f"sent the {name} messages of the large audience")


def _publish(figures: Figures, rounds: int, size: int) -> None:
    about = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "rounds": rounds,
        "message_bytes": size,
    }
    table = targets(figures)
    lines = [
        f"# `make bench`, {about['at']}",
        f"Commit {about['commit']}, {about['cores']} cores, Python {about['python']}, "
        f"{rounds} rounds in turns, {size:,} bytes a message, smtp-sink on loopback.",
        target_table(table),
        sender_table(figures.rounds, SOURCE),
        stage_table(figures.stages),
        *(f"Not measured: {line}" for line in figures.missing),
    ]
    text = "\n\n".join(lines) + "\n"
    found = {
        **about,
        "missing": figures.missing,
        "targets": [{**asdict(target), "met": target.met} for target in table],
        "rounds_taken": {k: [asdict(one) for one in v] for k, v in figures.rounds.items()},
        "stages": {name: asdict(taken) for name, taken in figures.stages.items()},
        "scale": {
            name: [{"small": asdict(small), "large": asdict(large)} for small, large in pairs]
            for name, pairs in figures.scale.items()
        },
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "latest.json").write_text(json.dumps(found, indent=1) + "\n")
    (RESULTS / "latest.md").write_text(text)
    print(text)


def _commit() -> str:
    """What was measured; `-dirty` when files differ from it."""
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _say(what: str) -> None:
    print(what, flush=True)


if __name__ == "__main__":
    main()
