"""The standard library's smtplib: threads that keep their connection, the bytes built beforehand.

Usage: python -m bench.senders.smtplib_threads PORT MESSAGES FILE THREADS.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from smtplib import SMTP

from bench.measurement import Measurement, Stopwatch


def send(port: int, messages: int, data: bytes, threads: int) -> Measurement:
    """Share the messages among the threads."""

    def lane(numbers: range) -> None:
        with SMTP("127.0.0.1", port) as client:
            for number in numbers:
                client.sendmail("bounces@example.org", [f"reader{number}@example.org"], data)

    watch = Stopwatch()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lane, [range(first, messages, threads) for first in range(threads)]))
    return watch.measure(messages)


if __name__ == "__main__":
    port, messages, file, threads = sys.argv[1:]
    send(int(port), int(messages), Path(file).read_bytes(), int(threads)).print()
