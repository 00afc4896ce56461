"""The secret key: from the settings, else from a file that `digest init` makes."""

import os
import secrets
from pathlib import Path

from digest.errors import Misconfigured
from digest.settings import Settings
from subscribers.keys import Keyring

KEY_FILE = "secret.key"


def read_keyring(settings: Settings) -> Keyring:
    """The keys from the settings, else from the key file. Raises `Misconfigured`."""
    try:
        if settings.secret_key:
            return Keyring.from_text(settings.secret_key.get_secret_value())
        return Keyring.from_text((settings.data_dir / KEY_FILE).read_text(encoding="ascii"))
    except FileNotFoundError:
        raise Misconfigured(
            f"there is no secret key at {settings.data_dir / KEY_FILE}: run `digest init`"
        ) from None
    except ValueError as error:
        raise Misconfigured(f"DIGEST_SECRET_KEY: {error}") from None


def make_key_file(folder: Path) -> bool:
    """Write a fresh random key, readable by the owner only; False if there is one already."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(folder / KEY_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32))
    return True
