"""SpamAssassin and rspamd on the exact bytes, where installed; offline, with a time limit."""

import asyncio
import json
import re
import shutil
from dataclasses import dataclass

from previews.preflight.finding import Finding, FindingPlace, error, warning

SECONDS = 40.0
FINE = {"SpamAssassin": 0.1, "rspamd": 0.3}
# Without the name of a sending host rspamd adds 2.5 points; the real one is not known here.
HOST = "mail.example.org"
SPAM = {"SpamAssassin": 5.0, "rspamd": 6.0}

POINTS = warning(
    "DLV-001",
    "A spam filter gives points",
    "A clean issue gets at most 0.1 from SpamAssassin and 0.3 from rspamd, offline.",
    "Look up the rules named; each is documented.",
)
IS_SPAM = error(
    "DLV-002",
    "A spam filter classifies it as spam",
    "Readers' servers would file or refuse it.",
    "Look up the rules named, the heaviest first.",
)
NO_FILTER = warning(
    "DLV-003",
    "No spam filter was run",
    "Neither SpamAssassin nor rspamd is installed here, or none answered.",
    "Install spamassassin or rspamd (Debian has both), or leave --scores out.",
)


@dataclass(frozen=True)
class Score:
    """One filter's points and the rules that gave them, the heaviest first."""

    filter: str
    points: float
    rules: tuple[str, ...]


async def ask_spam_filters(raw: bytes) -> tuple[list[Score], list[Finding]]:
    """The scores of the installed filters, and the findings that follow."""
    asked = await asyncio.gather(spamassassin(raw), rspamd(raw))
    scores = [score for score in asked if score is not None]
    if not scores:
        return [], [NO_FILTER.found("none is installed, or none answered", FindingPlace("message"))]
    return scores, [finding for score in scores if (finding := _finding(score))]


async def spamassassin(raw: bytes) -> Score | None:
    """`spamassassin -L -t`: local rules only. None if it is not installed or does not answer."""
    output = await _run(raw, "spamassassin", "-L", "-t")
    head = (output or b"").decode("utf-8", "replace")
    match = re.search(r"^X-Spam-Status:.*?score=(-?[\d.]+)", head, re.MULTILINE | re.DOTALL)
    if not match:
        return None
    lines = re.findall(r"^ *(-?\d+\.\d) ([A-Z][A-Z0-9_]{3,})\b", head, re.MULTILINE)
    heaviest = sorted(lines, key=lambda line: -abs(float(line[0])))
    rules = [f"{name} {points}" for points, name in heaviest if float(points)]
    return Score("SpamAssassin", float(match[1]), tuple(rules))


async def rspamd(raw: bytes, server: str = "127.0.0.1:11333") -> Score | None:
    """The score of a running rspamd, through `rspamc`; None if there is none."""
    output = await _run(raw, "rspamc", "--json", "--hostname", HOST, "--connect", server)
    try:
        answer = json.loads(output or b"")
        symbols = answer["symbols"].values()
        points = float(answer["score"])
    except (ValueError, KeyError, AttributeError):
        return None
    heaviest = sorted(symbols, key=lambda symbol: -abs(symbol["score"]))
    rules = [f"{symbol['name']} {symbol['score']:g}" for symbol in heaviest if symbol["score"]]
    return Score("rspamd", points, tuple(rules))


def _finding(score: Score) -> Finding | None:
    detail = f"{score.filter}: {score.points:g} points: {', '.join(score.rules[:5])}"
    if score.points >= SPAM[score.filter]:
        return IS_SPAM.found(detail, FindingPlace("message"))
    if score.points > FINE[score.filter]:
        return POINTS.found(detail, FindingPlace("message"))
    return None


async def _run(raw: bytes, program: str, *arguments: str) -> bytes | None:
    path = shutil.which(program)
    if path is None:
        return None
    process = await asyncio.create_subprocess_exec(
        path,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(SECONDS):
            output, _ = await process.communicate(raw)
    except TimeoutError:
        process.kill()
        await process.wait()
        return None
    return output
