"""`make bench`: fetch the peers, send in turns, time the stages, write and print the table."""

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

from bench import contenders, peers, several_workers
from bench.contenders import Contender
from bench.installation import CONNECTIONS, EIGHT_CARDS, ROOT, BenchInstallation, prepare
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
    options = _arguments()
    WORK.mkdir(parents=True, exist_ok=True)
    figures = Figures()
    with ExitStack() as stack:
        try:
            postfix = peers.fetch_postfix(WORK)
            port = stack.enter_context(sink(postfix))
        except peers.PeerMissing as reason:
            raise SystemExit(f"without smtp-sink nothing can be measured: {reason}") from None
        _print("preparing")
        small, _ = prepare(WORK / "small", port, READERS)
        message = WORK / "message.eml"
        small.measure("bench.stages", "message", str(message))
        if not LEAST_SIZE <= message.stat().st_size <= MOST_SIZE:
            raise SystemExit(
                f"a message of {message.stat().st_size:,} bytes is not of realistic size"
            )
        small.measure("bench.stages", "freeze", str(READERS))
        senders = _senders(figures, postfix, port, small, message)
        large = FULL if options.full else LARGE
        try:
            cluster = stack.enter_context(several_workers.postgresql())
        except peers.PeerMissing as reason:
            figures.missing.append(f"{MANY}: {reason}")
        else:
            senders.append(_prepare_workers(figures, cluster, port, large))
        _send_in_turns(figures, senders, options.rounds)
        _time_stages(figures, port, small, large)
    _publish(figures, options.rounds, message.stat().st_size)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--full", action="store_true", help="a million readers, many minutes")
    return parser.parse_args()


def _senders(
    figures: Figures, postfix: peers.Postfix, port: int, frozen: BenchInstallation, message: Path
) -> list[Contender]:
    size, key = message.stat().st_size, _make_key()
    found = [
        Contender(SOURCE, lambda: contenders.smtp_source(postfix, port, SOURCE_MESSAGES, size)),
        Contender(OURS, lambda: contenders.digest_worker(frozen, MESSAGES)),
        Contender(SIGNED, lambda: contenders.digest_worker(frozen, MESSAGES, key)),
        Contender(
            AIOSMTPLIB,
            lambda: contenders.python_peer(
                "aiosmtplib_pool", port, PEER_MESSAGES, message, CONNECTIONS
            ),
        ),
        Contender(
            SMTPLIB,
            lambda: contenders.python_peer(
                "smtplib_threads", port, PEER_MESSAGES, message, contenders.THREADS
            ),
        ),
    ]
    try:
        modules = peers.fetch_nodemailer(WORK)
    except peers.PeerMissing as reason:
        figures.missing.append(f"{NODEMAILER}: {reason}")
    else:
        found.append(
            Contender(
                NODEMAILER, lambda: contenders.nodemailer(modules, port, PEER_MESSAGES, message)
            )
        )
    return found


def _prepare_workers(figures: Figures, cluster: Cluster, port: int, readers: int) -> Contender:
    frozen, _ = several_workers.prepare_on_postgresql(cluster, WORK / "many", port, READERS)
    _, figures.stages["freeze on PostgreSQL"] = several_workers.prepare_on_postgresql(
        cluster, WORK / "many large", port, readers
    )
    _print(f"froze {readers:,} readers on PostgreSQL")
    workers = several_workers.WorkerGroup(cluster, frozen)
    return Contender(MANY, lambda: workers.send(MESSAGES))


def _make_key() -> Path:
    """A DKIM key for this run only."""
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


def _send_in_turns(figures: Figures, senders: list[Contender], rounds: int) -> None:
    found = defaultdict(list)
    for name, measured in contenders.run_in_turns(senders, rounds):
        found[name].append(measured)
        _print(f"{name:20} {measured.rate:8,.0f} messages/s")
    figures.rounds = dict(found)


def _time_stages(figures: Figures, port: int, small: BenchInstallation, readers: int) -> None:
    eight, _ = prepare(WORK / "eight", port, 1, EIGHT_CARDS)
    figures.stages["compile"] = eight.measure("bench.stages", "compile", str(COMPILATIONS))
    large, figures.stages["import"] = prepare(WORK / "large", port, readers)
    _print(f"imported {readers:,} readers")
    figures.stages["freeze"] = large.measure("bench.stages", "freeze", str(readers))
    _print(f"froze {readers:,} readers")
    _send_first_and_last(figures, small, large)
    for stage in ("report", "metrics", "export"):
        figures.stages[stage] = large.measure("bench.stages", stage, str(readers))


def _send_first_and_last(
    figures: Figures, small: BenchInstallation, large: BenchInstallation
) -> None:
    """Send the first and the last messages to a large audience, in turns with a small one.

    The messages in between are marked as accepted, so that the ledger is as it would be then.
    """
    for name in (FIRST, LAST):
        if name == LAST:
            left = (SCALE_ROUNDS + 1) * SCALE_MESSAGES  # a stopping worker sends some more
            large.measure("bench.stages", "forward", str(left))
        for _ in range(SCALE_ROUNDS):
            figures.scale[name].append(
                (
                    contenders.digest_worker(small, SCALE_MESSAGES),
                    contenders.continue_digest_worker(large, SCALE_MESSAGES),
                )
            )
        _print(f"sent the {name} messages of the large audience")


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
        "stages": {name: asdict(measured) for name, measured in figures.stages.items()},
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
    """The commit that was measured; `-dirty` if files differ from it."""
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _print(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
