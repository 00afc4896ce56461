"""The built wheel works outside the checkout, with templates, migrations and demonstration."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked into a folder at the front of the path."""
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    [wheel] = out.glob("*.whl")
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def python(installed: Path, cwd: Path, *words: str) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DIGEST_")}
    done = subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env={**environment, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_is_what_runs(installed: Path, tmp_path: Path) -> None:
    where = python(installed, tmp_path, "-c", "import digest, templates; print(digest.__file__)")
    assert where.startswith(str(installed))


def test_the_wheel_initialises_and_imports(installed: Path, tmp_path: Path) -> None:
    python(installed, tmp_path, "-m", "digest", "init")
    content = installed / "digest" / "demo" / "content" / "week-1.json"
    python(installed, tmp_path, "-m", "digest", "comparisons", "import", str(content))
    listed = json.loads(
        python(installed, tmp_path, "-m", "digest", "comparisons", "list", "--json")
    )
    assert len(listed) >= 3


def test_the_demonstration_accounts_for_every_reader(installed: Path, tmp_path: Path) -> None:
    words = ("-m", "digest", "demo", "--no-serve", "--dir", str(tmp_path / "demo"))
    output = python(installed, tmp_path, *words)
    assert "8 recipients = 8 accepted + 0 open" in output
    assert "7 recipients = 7 accepted + 0 open" in output
