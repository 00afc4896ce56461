"""`digest init`: create an installation, or upgrade the database of an existing one."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from digest.app import utc_now
from digest.errors import Misconfigured
from digest.keyfile import key_file, make_key_file
from digest.migrate import exists, upgrade
from digest.services.result import Result
from digest.settings import Settings
from digest.store import open_store
from schedules.editions import create_default


class Initialised(Result):
    """What was done. `revision` is the schema revision of the database now."""

    database: Literal["created", "up to date", "upgraded"]
    revision: str
    secret_key_created: bool


async def initialise(settings: Settings, clock: Callable[[], datetime] = utc_now) -> Initialised:
    """Make the secret key, the database and the default edition, each unless it exists.

    Safe to repeat. Raises `Misconfigured` where the folder cannot be written, and for a
    database that cannot be opened, is newer than this program, or has lost its key.
    """
    key_created = await _ensure_key(settings)
    before, after = await upgrade(settings.store_url)
    store = open_store(settings.store_url)
    try:
        async with store.write() as session:
            await create_default(session, clock(), name=settings.site_name)
    finally:
        await store.close()
    return Initialised(
        database="created" if before is None else "up to date" if before == after else "upgraded",
        revision=after,
        secret_key_created=key_created,
    )


async def _ensure_key(settings: Settings) -> bool:
    """Create the secret key of a new installation; True if it was created now."""
    if settings.secret_key or key_file(settings).exists():
        return False
    # A new key would invalidate every link already mailed, and suppressed addresses
    # would no longer be recognised, because their hashes are keyed with it.
    if await exists(settings.store_url):
        raise Misconfigured(
            f"there is a database but no {key_file(settings)}: "
            "restore the key from your backup, or set DIGEST_SECRET_KEY"
        )
    try:
        return make_key_file(settings.data_dir)
    except OSError as error:
        raise Misconfigured(f"cannot write to {settings.data_dir}: {error.strerror}") from None
