"""The shipped templates: `email/<edition>/` for mails, `web/` for pages."""

from pathlib import Path

PATH = Path(__file__).parent
