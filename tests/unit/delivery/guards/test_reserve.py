"""New work waits while the disk has too little room, and resumes when there is room again."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from digest.delivery.guards.reserve import MB, DiskReserve


@dataclass
class Disk:
    """A disk whose free space the test sets; records every look at it."""

    free_mb: int = 1000
    looks: list[Path] = field(default_factory=list)
    monotonic: float = 0

    def usage(self, folder: Path) -> SimpleNamespace:
        self.looks.append(folder)
        return SimpleNamespace(free=self.free_mb * MB)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk()
    monkeypatch.setattr(shutil, "disk_usage", disk.usage)
    return disk


def test_below_the_reserve_no_work_is_begun_until_there_is_room(disk: Disk, tmp_path: Path) -> None:
    reserve = DiskReserve(tmp_path, 200, lambda: disk.monotonic)
    assert reserve.has_room()
    disk.free_mb, disk.monotonic = 199, 1
    assert not reserve.has_room()
    disk.free_mb, disk.monotonic = 200, 2
    assert reserve.has_room()


def test_the_disk_is_looked_at_at_most_once_a_second(disk: Disk, tmp_path: Path) -> None:
    reserve = DiskReserve(tmp_path, 200, lambda: disk.monotonic)
    for moment in (0, 0.4, 0.9, 1.0, 1.5, 2.0):
        disk.monotonic = moment
        reserve.has_room()
    assert len(disk.looks) == 3


def test_a_database_on_another_machine_has_no_reserve_here(disk: Disk) -> None:
    disk.free_mb = 0
    assert DiskReserve(None, 200).has_room()


def test_a_disk_whose_space_is_unknown_stops_nothing(tmp_path: Path) -> None:
    assert DiskReserve(tmp_path / "not there", 200).has_room()
