"""Reading the documented JSON format: one comparison, or a list of them."""

import json
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from digest.catalogue.names import fold, short_name_of
from digest.catalogue.pages.json_lines import JsonPath, line_numbers, nearest_line
from digest.catalogue.pages.json_model import ComparisonForm, ReviewForm, ToolForm
from digest.catalogue.pages.page import (
    FACTS,
    ComparisonPage,
    Fact,
    PageError,
    PageProblem,
    PageTool,
    SourceLocation,
    Take,
    problem_at,
)
from digest.catalogue.panel import reconcile_panel


@dataclass
class JsonReading:
    """The comparisons of one file; `unread` names those with errors by number."""

    pages: list[ComparisonPage] = field(default_factory=list)
    problems: list[PageProblem] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def read_json_pages(file: str, text: str) -> JsonReading:
    """Read all comparisons of a file. Raises `PageError` if the document as a whole is wrong."""
    document = _parse(text)
    lines = line_numbers(text)
    several = isinstance(document, list)
    if not several and not isinstance(document, dict):
        raise PageError("expected a comparison, or a list of comparisons", lines[()])
    if not document:
        raise PageError("there are no comparisons in it", lines[()])
    reading = JsonReading()
    for index, item in enumerate(document if several else [document]):
        origin = _Origin(file, lines, (index,) if several else ())
        _read_one(reading, origin, item, f"comparison {index + 1}")
    return reading


def _parse(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise PageError(f"not valid JSON: {error.msg}", error.lineno) from None
    except RecursionError:
        raise PageError("the JSON is nested too deeply") from None
    except ValueError as error:
        raise PageError(f"not valid JSON: {error}") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


@dataclass(frozen=True)
class _Origin:
    """The position of a comparison in a file."""

    file: str
    lines: dict[JsonPath, int]
    path: JsonPath

    def location(self, *steps: str | int) -> SourceLocation:
        return SourceLocation(self.file, nearest_line(self.lines, (*self.path, *steps)))


def _read_one(reading: JsonReading, origin: _Origin, item: Any, label: str) -> None:
    try:
        form = ComparisonForm.model_validate(item)
    except ValidationError as error:
        reading.problems += _problems(origin, error)
        reading.unread.append(label)
        return
    page = ComparisonPage(
        left=_tool(reading, origin, "left", form.left),
        right=_tool(reading, origin, "right", form.right),
        location=origin.location(),
        url=Fact(form.url, origin.location("url")) if form.url else None,
        slug=form.slug,
    )
    reading.pages.append(page)
    reading.read.append(page.title)


def _problems(origin: _Origin, error: ValidationError) -> list[PageProblem]:
    return [
        problem_at(
            origin.location(*fault["loc"]),
            ": ".join(
                part
                for part in (
                    ".".join(map(str, fault["loc"])),
                    fault["msg"].removeprefix("Value error, "),
                )
                if part
            ),
        )
        for fault in error.errors(include_url=False, include_input=False)
    ]


def _tool(reading: JsonReading, origin: _Origin, side: str, form: ToolForm) -> PageTool:
    location = origin.location(side)
    takes = tuple(
        _take(origin.location(side, "reviews", index), review)
        for index, review in enumerate(form.reviews)
    )
    counts_stated = form.ship is not None and form.skip is not None
    unknown = "ship" in form.model_fields_set and not counts_stated
    panel, warnings = reconcile_panel(
        form.panel_ship_percent,
        (form.ship, form.skip) if form.ship is not None and form.skip is not None else None,
        [form.verdict.replace("_", " ")] if form.verdict else [],
        [] if unknown else [take.verdict for take in takes],
    )
    reading.problems += [problem_at(location, message, "warning") for message in warnings]
    values = {name: getattr(form, name) for name in FACTS}
    if form.short_name == short_name_of(form.name):
        values.pop("short_name")  # `show` writes the default too, which no editor chose
    return PageTool(
        name=form.name,
        location=location,
        facts={n: Fact(v, origin.location(side, n)) for n, v in values.items() if v is not None},
        panel=panel,
        counts_stated=counts_stated,
        takes=takes,
        slug=form.slug,
    )


def _take(location: SourceLocation, form: ReviewForm) -> Take:
    return Take(
        location=location,
        quote=form.quote,
        persona=fold(form.persona) if form.persona else None,
        score=form.score,
        verdict=form.verdict,
        inferred=form.inferred,
    )
