"""Which script letters are of, and whether they are there to look like others.

An address whose parts mix scripts (`аdmin`, its first letter Cyrillic) or are made of nothing but
the look-alikes of Latin letters (`сосо`, all Cyrillic) is made to be taken for another one. The
rule is "highly restrictive" of UTS #39 section 5.2, with its whole-script confusables of section 4
as browsers use them for domains.
"""

import re
from functools import lru_cache
from unicodedata import category, name

# Lower case letters that are drawn like Latin ones (UTS #39, confusables.txt), of the scripts
# that have enough of them to spell words.
LATIN_ALIKE = frozenset(
    "аеорсухіїјѕԁһӏԛԝѵѡьёѐ"  # Cyrillic
    "αγικνορυχϲϳάίόύϊϋΐΰ"  # Greek
    "աոսցքօյզհպԁ"  # Armenian
    "ꭰꭱꭲꭵꭹꭺꭼꮃꮇꮋꮍꮐꮒꮓꮞꮟꮢꮤꮥꮪꮮꮯꮲꮶꮷꮩ"  # Cherokee
    "ⲟⲣⲥⲭⲓⲕⲁⲉⲏⲩⲙⲛⲧ"  # Coptic
)
# Countries whose people read these letters as their own.
HOME = {
    "CYRILLIC": {
        "ru",
        "su",
        "by",
        "ua",
        "bg",
        "kz",
        "kg",
        "mn",
        "mk",
        "rs",
        "me",
        "ba",
        "tj",
        "uz",
    },
    "GREEK": {"gr", "cy"},
    "ARMENIAN": {"am"},
}
# Scripts that one language writes together, Latin with each of them.
TOGETHER = (
    {"LATIN", "CJK", "HIRAGANA", "KATAKANA"},
    {"LATIN", "CJK", "BOPOMOFO"},
    {"LATIN", "CJK", "HANGUL"},
)
ALIASES = {
    "KATAKANA-HIRAGANA": "HIRAGANA",
    "HALFWIDTH": "KATAKANA",
    "IDEOGRAPHIC": "CJK",
    "MASCULINE": "LATIN",
    "FEMININE": "LATIN",
}
PARTS = re.compile(r"[^\W_]+")


@lru_cache(maxsize=4_096)
def script_of(character: str) -> str | None:
    """The script of a letter, such as CYRILLIC; None for digits and marks, which all share."""
    if category(character)[0] != "L":
        return None
    word = name(character, "UNKNOWN").split()[0]
    return ALIASES.get(word, word)


def scripts_of(text: str) -> set[str]:
    """The scripts of the letters of a text."""
    return {script for character in text if (script := script_of(character))}


def imitates(text: str, *, beside: str) -> bool:
    """Whether a part of an address is made to look like another.

    `beside` is the top-level domain: where its script is at home nothing looks like Latin.
    """
    if text.isascii():
        return False
    home = scripts_of(beside) | {script for script, there in HOME.items() if beside in there}
    parts = PARTS.findall(text.lower())
    return any(_mixed(part) or _latin_alike(part, home) for part in parts)


def _mixed(part: str) -> bool:
    scripts = scripts_of(part)
    return len(scripts) > 1 and not any(scripts <= together for together in TOGETHER)


def _latin_alike(part: str, home: set[str]) -> bool:
    letters = {character for character in part if script_of(character)}
    return bool(letters) and not scripts_of(part) & home and letters <= LATIN_ALIKE
