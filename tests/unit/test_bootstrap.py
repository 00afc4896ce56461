"""Decisions of the composition root."""

from pathlib import Path

from pydantic import SecretStr

from digest.bootstrap import _lock_folder
from digest.settings import Settings


def test_two_paths_of_one_database_have_one_folder_for_locks(
    tmp_path: Path, settings: Settings
) -> None:
    (tmp_path / "digest.db").touch()
    (tmp_path / "link.db").symlink_to(tmp_path / "digest.db")
    folders = {
        _lock_folder(
            settings.model_copy(
                update={"database_url": SecretStr(f"sqlite+aiosqlite:///{tmp_path / name}")}
            )
        )
        for name in ("digest.db", "link.db")
    }
    assert folders == {tmp_path / "digest.db.workers"}
