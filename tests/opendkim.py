"""OpenDKIM as a verifier that shares no code with us or with dkimpy (Debian's package opendkim).

It reads the published keys from a file, so nothing is asked of any name server.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from digest.rendering.message.dkim import SigningKey

SAYS = re.compile(r"verification \(s=(\S+?),? d=\S+?, .*?\) (succeeded|failed)")


@dataclass(frozen=True)
class OpenDkim:
    """The program, and a folder for its files."""

    program: str
    folder: Path

    def accepts(self, message: bytes, domain: str, keys: Sequence[SigningKey]) -> bool:
        """Whether the first signature holds that OpenDKIM looks at; keys are published at once."""
        published = self.folder / "published"
        published.write_text("".join(f"{key.name(domain)} {key.record()}\n" for key in keys))
        settings = self.folder / "opendkim.conf"
        settings.write_text(
            f"Mode v\nTestPublicKeys {published}\nTemporaryDirectory {self.folder}\n"
        )
        (self.folder / "message").write_bytes(message)
        ran = subprocess.run(
            [self.program, "-x", settings, "-t", self.folder / "message"],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        said = SAYS.search(ran.stdout)
        assert said, f"OpenDKIM said neither yes nor no: {ran.stdout}{ran.stderr}"
        return said[2] == "succeeded"


def find_opendkim(folder: Path) -> OpenDkim:
    """Skips the test where OpenDKIM is not installed; in CI that is a failure."""
    program = shutil.which("opendkim", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if program is None:
        reason = "the second DKIM verifier is not installed: apt-get install opendkim"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return OpenDkim(program, folder)
