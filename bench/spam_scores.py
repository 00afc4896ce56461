"""How SpamAssassin and rspamd score the shipped issue: `python -m bench.spam_scores [--install]`.

Offline: SpamAssassin with local rules only, rspamd started here with its network modules off.
Exits with status 1 above the limits of 0.1 and 0.3 points. `--install` gets both from Debian.
"""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from digest.demo.environment import free_port
from digest.rendering.issue import compile_issue
from digest.rendering.templates.template_set import load_templates
from digest.services.workbench.samples import READER, SITE, sample_content
from previews.preflight.deliverability.spam_filters import FINE, Score, rspamd, spamassassin

PACKAGES = ("spamassassin", "rspamd")
SAMPLES = ("everyday", "fifty-reviews", "no-panel")
OFFLINE = (
    "surbl",
    "rbl",
    "fuzzy_check",
    "asn",
    "spf",
    "dkim",
    "dmarc",
    "arc",
    "mx_check",
    "phishing",
)


def main() -> int:
    if "--install" in sys.argv:
        install()
    with run_rspamd() as server:
        scores = asyncio.run(ask_all(server))
    over = [score for _, score in scores if score.points > FINE[score.filter]]
    for name, score in scores:
        rules = ", ".join(score.rules) or "no rule"
        print(f"{name:16} {score.filter:13} {score.points:6.2f}  {rules}")
    missing = set(FINE) - {score.filter for _, score in scores}
    for name in sorted(missing):
        print(f"{name}: not asked; it is not installed or does not answer")
    return 1 if over or missing else 0


async def ask_all(server: str | None) -> list[tuple[str, Score]]:
    found = []
    for name in SAMPLES:
        raw = message(name)
        for asked in (spamassassin(raw), rspamd(raw, server) if server else None):
            score = await asked if asked else None
            if score is not None:
                found.append((name, score))
    return found


def message(name: str) -> bytes:
    """The message as it is sent, dated now, because filters penalise a date in the future."""
    compiled = compile_issue(sample_content(name), SITE, load_templates("weekly"))
    return compiled.fill(READER._replace(date=datetime.now(UTC)))


@contextlib.contextmanager
def run_rspamd() -> Iterator[str | None]:
    """Run rspamd on a free port; yields its address, or None if it is not installed."""
    path = shutil.which("rspamd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if path is None:
        yield None
        return
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port(0)
        folder.chmod(0o777)
        configuration = folder / "rspamd.conf"
        configuration.write_text(configuration_text(folder, port))
        process = subprocess.Popen(
            [path, "-f", "-i", "-c", str(configuration)],
            stdout=subprocess.DEVNULL,
            stderr=(folder / "stderr").open("w"),
        )
        try:
            yield f"127.0.0.1:{port}" if is_ready(port, process) else None
        finally:
            process.terminate()
            process.wait(30)


def configuration_text(folder: Path, port: int) -> str:
    """Configuration: Debian's rules and scores, one scanner, no module that uses the network."""
    off = "\n".join(f"{module} {{ enabled = false; }}" for module in OFFLINE)
    return f"""
.include "$CONFDIR/common.conf"
{off}
options {{
  pidfile = "{folder}/rspamd.pid";
  dns {{ nameserver = ["127.0.0.1:1:1"]; timeout = 0.1s; retransmits = 1; }}
}}
logging {{ type = "file"; filename = "{folder}/log"; level = "error"; }}
worker {{ type = "normal"; bind_socket = "127.0.0.1:{port}"; count = 1; }}
"""


def is_ready(port: int, process: "subprocess.Popen[bytes]") -> bool:
    for _ in range(100):
        ping = ["rspamc", "--connect", f"127.0.0.1:{port}", "--timeout", "2", "uptime"]
        if process.poll() is not None:
            return False
        if subprocess.run(ping, capture_output=True, check=False).returncode == 0:
            return True
        time.sleep(0.2)
    return True


def install() -> None:
    subprocess.run(["apt-get", "update", "-qq"], check=True)
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES]
    subprocess.run(command, check=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


if __name__ == "__main__":
    sys.exit(main())
