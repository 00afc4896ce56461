"""caniemail.com's data: which mail program supports which feature.

`table.json` names source and date; `python -m bench.client_table` updates it.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

WORTH = {"y": 1.0, "a": 0.5, "n": 0.0}


@dataclass(frozen=True)
class Support:
    """The table. `features` maps a slug to a letter per client: y(es), a (partly), n(o) or u(?)."""

    updated: str
    source: str
    clients: dict[str, str]
    titles: dict[str, str]
    features: dict[str, dict[str, str]]

    def without(self, slug: str) -> list[str]:
        """The names of the clients that do not support a feature."""
        known = self.features.get(slug, {})
        return [self.clients[key] for key, letter in known.items() if letter == "n"]


@cache
def support() -> Support:
    """The table shipped with this version."""
    data = json.loads((files("previews.preflight.clients") / "table.json").read_text("utf-8"))
    clients: dict[str, str] = data["clients"]
    features = data["features"]
    return Support(
        updated=data["updated"],
        source=data["source"],
        clients=clients,
        titles={slug: feature["title"] for slug, feature in features.items()},
        features={
            slug: dict(zip(clients, feature["support"], strict=True))
            for slug, feature in features.items()
        },
    )


def scores(slugs: set[str]) -> dict[str, int]:
    """The percentage of these features that each client supports; partial support counts half."""
    table = support()
    found = {}
    for key, name in table.clients.items():
        letters = [table.features[slug][key] for slug in slugs if slug in table.features]
        worth = [WORTH[letter] for letter in letters if letter in WORTH]
        found[name] = round(100 * sum(worth) / len(worth)) if worth else 100
    return found
