"""Update what preflight knows about mail programs: `python -m bench.client_table`.

The facts are caniemail.com's (MIT), from the npm package `caniemail`, which carries
its data file; with a path as argument, from that data file.
"""

import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parents[1] / "previews/preflight/clients/table.json"
CLIENTS = {
    "gmail.desktop-webmail": "Gmail web",
    "gmail.ios": "Gmail iOS",
    "gmail.android": "Gmail Android",
    "outlook.windows": "Outlook Windows (Word)",
    "outlook.outlook-com": "Outlook.com",
    "outlook.macos": "Outlook Mac",
    "outlook.ios": "Outlook iOS",
    "outlook.android": "Outlook Android",
    "apple-mail.macos": "Apple Mail Mac",
    "apple-mail.ios": "Apple Mail iOS",
    "yahoo.desktop-webmail": "Yahoo web",
    "yahoo.android": "Yahoo Android",
    "samsung-email.android": "Samsung Email",
    "thunderbird.macos": "Thunderbird",
}


def main() -> None:
    data = json.loads(Path(sys.argv[1]).read_text("utf-8")) if sys.argv[1:] else fetched()
    features = {
        feature["slug"]: {
            "title": feature["title"],
            "tested": feature["last_test_date"],
            "support": "".join(support(feature["stats"], client) for client in CLIENTS),
        }
        for feature in sorted(data["data"], key=lambda feature: feature["slug"])
        if feature["category"] != "others"
    }
    lines = ",\n".join(
        f"  {json.dumps(slug)}: {json.dumps(feature, ensure_ascii=False)}"
        for slug, feature in features.items()
    )
    head = {
        "source": "https://www.caniemail.com (MIT), by way of the npm package caniemail",
        "updated": data["last_update_date"].split(" ")[0],
        "clients": CLIENTS,
    }
    TABLE.write_text(
        json.dumps(head, indent=1, ensure_ascii=False).removesuffix("\n}")
        + f',\n "features": {{\n{lines}\n }}\n}}\n',
        "utf-8",
    )
    print(f"{TABLE.name}: {len(features)} features, data of {head['updated']}")


def support(stats: dict[str, Any], client: str) -> str:
    """y, a (in part) or n, of the newest version tested; u for untested."""
    family, _, platform = client.partition(".")
    versions = stats.get(family, {}).get(platform)
    if not versions:
        return "u"
    return str(versions[max(versions, key=as_numbers)])[0]


def as_numbers(version: str) -> list[int]:
    """115.2 after 68.4; dates as well."""
    return [int(number) for number in re.findall(r"\d+", version)]


def fetched() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        packed = subprocess.run(
            ["npm", "pack", "caniemail", "--silent"],
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
        )
        archive = Path(folder) / packed.stdout.split()[-1]
        with tarfile.open(archive) as tar:
            found = tar.extractfile("package/data/caniemail.json")
            assert found is not None
            data: dict[str, Any] = json.load(found)
            return data


if __name__ == "__main__":
    main()
