"""Mistakes in what the issue says, to whom and when."""

from datetime import UTC, date, datetime
from typing import Any

from previews.preflight.facts import FlipFact
from tests.unit.previews.preflight.seeding import Seed, known, printed, templated, written

AT = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)


def _set(**values: str) -> Any:
    return lambda data: data.update(values)


def _twice(data: dict[str, Any]) -> None:
    data["cards"].append(data["cards"][-1])


def _other_way_round(data: dict[str, Any]) -> None:
    card = dict(data["cards"][0])
    card["left"], card["right"] = card["right"], {**card["left"], "seen_above": True}
    card["left"] = {**card["left"], "quotes": [], "seen_above": True}
    card["right"] = {**card["right"], "quotes": []}
    data["cards"].append({**card, "slug": "quarry-vs-lantern-3"})


def _quoted_twice(data: dict[str, Any]) -> None:
    quotes = data["cards"][0]["left"]["quotes"]
    quotes[1] = {**quotes[1], "text": quotes[0]["text"]}


def _figures(name: str, **values: Any) -> Any:
    """Change a tool everywhere, so that only its figures are wrong."""
    in_card = dict(values)
    if "percent" in in_card:
        in_card["panel_ship_percent"] = in_card.pop("percent")

    def change(data: dict[str, Any]) -> None:
        for line in data["glance"]:
            line.update(values if line["name"] == name else {})
        for card in data["cards"]:
            for side in (card["left"], card["right"]):
                side["tool"].update(in_card if side["tool"]["name"] == name else {})

    return change


def _score(data: dict[str, Any]) -> None:
    data["cards"][0]["left"]["quotes"][0]["score"] = 184


def _flip(**values: str) -> Any:
    return lambda data: data["flips"][0].update(values)


def _quote(text: str) -> Any:
    return lambda data: data["cards"][0]["left"]["quotes"][0].update(text=text)


SEEDS = [
    Seed("CNT-001", "an empty subject", known(subject=" ")),
    Seed(
        "CNT-002",
        "a subject of 70 characters",
        written(_set(subject="Ferry flips to split; Quarry ships; and here is all the rest of it")),
    ),
    Seed(
        "CNT-003",
        "a subject that comes late to its verdict",
        written(_set(subject="Everything about tools, Ferry splits")),
    ),
    Seed("CNT-004", "an issue number for a subject", written(_set(subject="Issue 42"))),
    Seed("CNT-005", "no preheader", written(_set(preheader=""))),
    Seed(
        "CNT-005",
        "a preheader that the HTML does not begin with",
        templated(
            "issue.mjml.j2",
            "{{ head(issue.subject, issue.preheader) }}",
            '{{ head(issue.subject, "") }}',
        ),
    ),
    Seed("CNT-006", "a preheader of 10 characters", written(_set(preheader="More in it"))),
    Seed(
        "CNT-007",
        "a preheader that repeats the subject",
        written(_set(preheader="Ferry flips to split; Quarry ships")),
    ),
    Seed(
        "CNT-008", "a shouting subject", written(_set(subject="FERRY FLIPS TO SPLIT; QUARRY SHIPS"))
    ),
    Seed("CNT-008", "a row of exclamation marks", written(_set(subject="Ferry flips to split!!"))),
    Seed(
        "CNT-009",
        "the subject of last week",
        known(previous_subjects={41: "Ferry flips to split; Quarry ships"}),
    ),
    Seed(
        "CNT-020",
        "an expression that was not filled",
        written(_set(sentence="Hello {{ reader.first_name }}, here is the week.")),
    ),
    Seed(
        "CNT-020",
        "another system's merge tag",
        written(_set(sentence="Hello *|FNAME|*, here is the week.")),
    ),
    Seed(
        "CNT-020",
        "a Jinja tag in the template",
        printed(text=("At a glance\n", "At a glance {% if x %}\n")),
    ),
    Seed("CNT-021", "TK", written(_set(sentence="A week of TK tools, and one more."))),
    Seed("CNT-021", "lorem ipsum", written(_set(sentence="Lorem ipsum dolor sit amet."))),
    Seed(
        "CNT-021",
        "a TODO in the template",
        templated("footer.mjml.j2", "All issues</a>", "All issues</a> TODO: more"),
    ),
    Seed("CNT-021", "insert sentence here", written(_set(sentence="Insert sentence here."))),
    Seed(
        "CNT-022",
        "None for a percentage",
        printed(html=(">50%<", ">None%<")),
    ),
    Seed(
        "CNT-022",
        "undefined in the text",
        printed(text=("Community: 128 votes", "Community: undefined")),
    ),
    Seed(
        "CNT-023",
        "an apostrophe decoded wrongly",
        written(_set(sentence="It is the toolâ€™s week.")),
    ),
    Seed(
        "CNT-023",
        "what cannot be decoded",
        written(_quote("It is the tool\ufffds week, and it shows in every file that it wrote.")),
    ),
    Seed(
        "CNT-024",
        "an ampersand escaped twice",
        written(_set(sentence="Ship &amp; skip this week.")),
    ),
    Seed(
        "CNT-025", "a tag in the text part", printed(text=("A week of tools", "<p>A week of tools"))
    ),
    Seed("CNT-026", "a spam phrase", written(_set(sentence="Act now: a limited time offer."))),
    Seed(
        "CNT-027",
        "a shouting headline",
        written(_set(headline="FERRY FLIPS TO SPLIT, PARROT 🦜 STUDIO FLIPS TO SKIP")),
    ),
    Seed(
        "CNT-028",
        "no postal address in the text",
        printed(text=("1 Test Street, 10115 Berlin", "")),
    ),
    Seed(
        "CNT-028",
        "no postal address in the HTML",
        printed(html=("1 Test Street, 10115 Berlin", "")),
    ),
    Seed("CNT-028", "no postal address set", known(postal_address="")),
    Seed(
        "CNT-029",
        "braces in a quote",
        written(_quote("It prints {{ name }} where the name should be, which is honest at least.")),
    ),
    Seed("CNT-040", "a comparison twice", written(_twice)),
    Seed("CNT-040", "a comparison the other way round", written(_other_way_round)),
    Seed(
        "CNT-041",
        "a comparison already sent",
        known(already_sent={"lantern-3-vs-ferry": "sent in #41"}),
    ),
    Seed("CNT-042", "a quote twice", written(_quoted_twice)),
    Seed("CNT-043", "a tool that the glance lacks", written(lambda data: data["glance"].pop(2))),
    Seed("CNT-044", "more comparisons than the maximum", known(max_items=2)),
    Seed("CNT-050", "75 % of 2 and 1", written(_figures("Lantern 3", ship=2, skip=1))),
    Seed("CNT-051", "SHIP at 25 %", written(_figures("Loom & Ledger <beta>", verdict="ship"))),
    Seed(
        "CNT-052",
        "one figure in the glance, another in the card",
        written(lambda data: data["glance"][5].update(percent=30, ship=3, skip=7)),
    ),
    Seed("CNT-053", "a score of 184", written(_score)),
    Seed(
        "CNT-054",
        "another percentage in the text",
        printed(text=("Ferry: 50% (2 ship / 2 skip)", "Ferry: 75% (3 ship / 1 skip)")),
    ),
    Seed("CNT-054", "another percentage in the HTML", printed(html=(">50%<", ">57%<"))),
    Seed("CNT-060", "a first verdict printed as a flip", written(_flip(before="no_take"))),
    Seed("CNT-060", "a flip to the same verdict", written(_flip(before="split"))),
    Seed(
        "CNT-060",
        "a flip that the store does not know",
        known(true_flips=(FlipFact("Parrot 🦜 Studio", "SHIP", "SKIP"),)),
    ),
    Seed("CNT-060", "a flip to another verdict than the badge's", written(_flip(after="skip"))),
    Seed(
        "CNT-061",
        "a flip that is not printed",
        known(
            true_flips=(
                FlipFact("Ferry", "SHIP", "SPLIT"),
                FlipFact("Parrot 🦜 Studio", "SHIP", "SKIP"),
                FlipFact("Lantern 3", "SKIP", "SHIP"),
            )
        ),
    ),
    Seed("CNT-070", "nobody to send to", known(recipients=0)),
    Seed("CNT-071", "half of the subscribers suppressed", known(recipients=50, subscribed=100)),
    Seed(
        "CNT-072",
        "twice the readers of last time",
        known(recipients=200, subscribed=200, previous_recipients=100),
    ),
    Seed("CNT-073", "three in the morning", known(sends_at=AT.replace(hour=3))),
    Seed("CNT-074", "Christmas", known(sends_at=AT.replace(day=25), issue_date=date(2026, 12, 25))),
    Seed(
        "CNT-074",
        "Good Friday",
        known(sends_at=AT.replace(2027, 3, 26), issue_date=date(2027, 3, 26)),
    ),
    Seed("CNT-075", "yesterday's date", known(sends_at=AT.replace(day=9))),
]
