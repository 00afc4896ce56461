"""The secret key: from the settings, else from the file that `digest init` creates."""

import os
import secrets
from pathlib import Path

from digest.errors import Misconfigured
from digest.settings import Settings
from subscribers.keys import Keyring

KEY_FILE = "secret.key"


def key_file(settings: Settings) -> Path:
    """Where the key is kept when no setting holds it."""
    return settings.data_dir / KEY_FILE


def read_keyring(settings: Settings) -> Keyring:
    """The keys from the settings, else from the key file. Raises `Misconfigured`."""
    try:
        if settings.secret_key:
            return Keyring.from_text(settings.secret_key.get_secret_value())
        return Keyring.from_text(key_file(settings).read_text(encoding="ascii"))
    except FileNotFoundError:
        raise Misconfigured(
            f"there is no secret key at {key_file(settings)}: run `digest init`"
        ) from None
    except ValueError as error:
        raise Misconfigured(f"DIGEST_SECRET_KEY: {error}") from None


def make_key_file(folder: Path) -> bool:
    """Write a new random key, readable by its owner only; False if there is a key already."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        # O_EXCL: of two `digest init` at the same time, only one creates the key.
        handle = os.open(folder / KEY_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32))
    return True
