"""Every dependency must be free to ship with: no GPL (the LGPL is fine).

Playwright (Apache-2.0), the optional extra `pictures`, brings a Node.js (MIT) of its own. No
browser comes with it and none is downloaded: it drives the Chromium that is installed.
"""

from importlib.metadata import Distribution, distributions

COPYLEFT = ("GPL", "GENERAL PUBLIC LICENSE", "AFFERO")
LESSER = ("LGPL", "LESSER GENERAL PUBLIC", "LIBRARY GENERAL PUBLIC")


def licences_of(distribution: Distribution) -> list[str]:
    """The SPDX expression, else the classifiers, else the first line of the licence."""
    metadata = distribution.metadata
    expression = metadata.get("License-Expression")
    if expression:
        return expression.upper().replace("(", " ").replace(")", " ").split(" OR ")
    classifiers = [
        text.upper() for text in metadata.get_all("Classifier") or () if text.startswith("License")
    ]
    return classifiers or (metadata.get("License") or "").upper().splitlines()[:1]


def is_copyleft(licence: str) -> bool:
    lesser = any(word in licence for word in LESSER)
    return not lesser and any(word in licence for word in COPYLEFT)


def test_no_library_is_under_the_gpl() -> None:
    licences = {found.name: licences_of(found) for found in distributions()}
    assert {"sqlmodel", "playwright"} <= licences.keys()
    bound = {name: all_ for name, all_ in licences.items() if all_ and all(map(is_copyleft, all_))}
    assert bound == {}


def test_the_check_distinguishes_the_gpl_from_the_lgpl() -> None:
    assert is_copyleft("GPL-3.0-ONLY")
    assert is_copyleft("LICENSE :: OSI APPROVED :: GNU AFFERO GENERAL PUBLIC LICENSE V3")
    assert not is_copyleft("LGPL-3.0-ONLY")
    assert not is_copyleft("MIT")
