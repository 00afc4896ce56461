"""MJML to HTML by mrml, after checks that the compiler does not make.

The compiler passes a misspelt tag through, writes a line break in an attribute as
`\\n`, drops a tag in a wrong place, and on deep nesting ends the process. So every tag is
checked first, and a mistake is reported with the line of the template that wrote it.

This is the only file that knows the library.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NoReturn

from mjml import mjml2html

from digest.rendering.errors import TemplateError
from digest.rendering.templates.instrument import MARK

DEPTH = 64

_CONTENT = frozenset(
    {"mj-text", "mj-button", "mj-image", "mj-divider", "mj-spacer", "mj-table", "mj-raw"}
)
_HEAD = frozenset(
    {"mj-title", "mj-preview", "mj-attributes", "mj-style", "mj-breakpoint", "mj-raw"}
)
_SECTIONS = frozenset({"mj-section", "mj-raw", "mj-hero"})
_CHILDREN = {
    "": frozenset({"mjml"}),
    "mjml": frozenset({"mj-head", "mj-body"}),
    "mj-head": _HEAD,
    "mj-body": _SECTIONS | {"mj-wrapper"},
    "mj-wrapper": _SECTIONS,
    "mj-section": frozenset({"mj-column", "mj-group", "mj-raw"}),
    "mj-group": frozenset({"mj-column", "mj-raw"}),
    "mj-column": _CONTENT,
    "mj-hero": _CONTENT,
}
_KNOWN = frozenset({"mjml", "mj-all", "mj-class"}).union(*_CHILDREN.values())
_ACTIVE = frozenset({"script", "iframe", "object", "embed", "form", "base", "applet"})
_VOID = frozenset({"br", "hr", "img", "meta", "link", "wbr", "col", "area", "input"})

_TOKEN = re.compile(
    MARK.pattern + r"|(?P<comment><!--.*?-->)"
    r"|<(?P<close>/?)(?P<name>[A-Za-z][\w:.-]*)(?P<attributes>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>"
    r"|(?P<stray><)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([\w:.-]+)\s*=\s*(\"[^\"]*\"|'[^']*')")


@dataclass(frozen=True)
class Tag:
    """A tag in the filled MJML, and the place in a template that wrote it."""

    name: str
    closes: bool
    empty: bool
    attributes: str
    file: str
    line: int | None

    def refuse(self, reason: str) -> NoReturn:
        """Raise the `TemplateError` that names the place of the tag."""
        raise TemplateError(self.file, self.line, reason)


def compile_mjml(marked: str, paths: Sequence[str], entry: str) -> str:
    """The HTML of a filled MJML template.

    `marked` carries the marks of `instrument`, whose numbers are places in `paths`; `entry`
    is the template that was filled. Raises `TemplateError` with file and line.
    """
    source = _checked(marked, paths, entry)
    try:
        # Without fonts: importing a web font would tell a third party who reads.
        return mjml2html(source, fonts={})
    except ValueError as problem:
        raise TemplateError(entry, 1, f"the MJML compiler says: {problem}") from None


def heaviest_line(marked: str, paths: Sequence[str]) -> tuple[str, int]:
    """File and line of the template line that wrote most of the output."""
    weights: dict[tuple[str, int], int] = {}
    parts = MARK.split(marked)
    for file, line, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        place = paths[int(file)], int(line)
        weights[place] = weights.get(place, 0) + len(text)
    return max(weights, key=lambda place: weights[place])


def _checked(marked: str, paths: Sequence[str], entry: str) -> str:
    """The MJML without marks, if every tag is sound."""
    open_tags: list[Tag] = []
    for tag in _tags(marked, paths, entry):
        _check_name(tag)
        if tag.closes:
            _close(tag, open_tags)
            continue
        _check_attributes(tag)
        _check_place(tag, open_tags)
        if not tag.empty:
            open_tags.append(tag)
            if len(open_tags) > DEPTH:
                tag.refuse(f"tags are nested more than {DEPTH} deep")
    if open_tags:
        open_tags[-1].refuse(f"<{open_tags[-1].name}> is never closed")
    return MARK.sub("", marked)


def _tags(marked: str, paths: Sequence[str], entry: str) -> Iterator[Tag]:
    file, line = entry, None
    for match in _TOKEN.finditer(marked):
        if match[1]:
            file, line = paths[int(match[1])], int(match[2])
        elif match["comment"]:
            continue
        elif match["stray"]:
            raise TemplateError(
                file, line, "this < does not begin a tag; write &lt; or close the quotes"
            )
        else:
            inner = MARK.sub("", match["attributes"])
            name = match["name"].lower()
            empty = inner.rstrip().endswith("/") or name in _VOID
            yield Tag(name, bool(match["close"]), empty, inner, file, line)
            if marks := MARK.findall(match["attributes"]):
                file, line = paths[int(marks[-1][0])], int(marks[-1][1])


def _check_name(tag: Tag) -> None:
    if tag.name in _ACTIVE:
        tag.refuse(f"<{tag.name}> has no place in an email; remove it")
    if tag.name == "mj-include":
        tag.refuse('use {% include "file" %}; <mj-include> is not allowed')
    if tag.name.startswith("mj") and tag.name not in _KNOWN:
        close = get_close_matches(tag.name, _KNOWN, 1)
        hint = f"; did you mean <{close[0]}>?" if close else ""
        tag.refuse(f"there is no MJML tag <{tag.name}>{hint}")


def _close(tag: Tag, open_tags: list[Tag]) -> None:
    if not open_tags or open_tags[-1].name != tag.name:
        still = (
            f"; <{open_tags[-1].name}> of line {open_tags[-1].line} is open" if open_tags else ""
        )
        tag.refuse(f"</{tag.name}> closes no open tag{still}")
    open_tags.pop()


def _check_attributes(tag: Tag) -> None:
    for name, value in _ATTRIBUTE.findall(tag.attributes):
        if "\n" in value:
            tag.refuse(f"the attribute {name} of <{tag.name}> runs over several lines; use one")
        if name.lower().startswith("on"):
            tag.refuse(f"the attribute {name} is a script; remove it")
        scheme = "".join(value[1:-1].split()).lower()
        if name.lower() in ("href", "src") and scheme.startswith(("javascript:", "data:")):
            tag.refuse(f"the attribute {name} must be an http(s) link")


def _check_place(tag: Tag, open_tags: Sequence[Tag]) -> None:
    """Refuse MJML tags outside of their parents, which the compiler would print or drop."""
    parent = open_tags[-1].name if open_tags else ""
    if parent == "mj-attributes" or not (tag.name.startswith("mj") or parent in _CHILDREN):
        return
    if tag.name not in _CHILDREN.get(parent, ()):
        where = f"in <{parent}>" if parent else "at the top"
        tag.refuse(f"<{tag.name}> is not allowed {where}")
