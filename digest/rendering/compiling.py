"""Filled templates to the HTML and the text of a message, as issues and other mails share it."""

import hashlib
import re
from collections.abc import Mapping

from digest.rendering.errors import TemplateError
from digest.rendering.message.reader_slots import BODY_SLOTS
from digest.rendering.templates.inlining import inline_css
from digest.rendering.templates.mjml import compile_mjml
from digest.rendering.templates.page_tree import edit_page
from digest.rendering.templates.template_set import TemplateSet

CSS = "shared/inline.css"

# Tags without effect: without the first, two conditional comments for Outlook become one,
# and HTML parsers add the bodies of tables themselves.
_SUPERFLUOUS = ("<![endif]--><!--[if mso | IE]>", "<tbody>", "</tbody>")


def compile_html(marked: str, entry: str, templates: TemplateSet) -> str:
    """Filled MJML with marks of its lines, to HTML with inlined CSS and folded white space.

    `entry` is the template that was filled. Raises `TemplateError`.
    """
    page = inline_css(compile_mjml(marked, templates.sandbox.paths, entry), templates.text(CSS))
    page = edit_page(page)
    _check_remnants(page, entry)
    return _shortened(page)


def compile_text(path: str, values: Mapping[str, object], templates: TemplateSet) -> str:
    """The text part: no white space at line ends, at most one empty line in a row."""
    lines = [line.rstrip() for line in templates.sandbox.run(path, values).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"


def slot_tokens(content: str) -> dict[str, str]:
    """The text that stands for each slot while a message with this content is compiled.

    It is made from a hash of the content, so no content can contain its own tokens.
    """
    digest = hashlib.sha256(content.encode()).hexdigest()[:24]
    return {name: f"slot-{digest}-{at}-" for at, name in enumerate(BODY_SLOTS)}


def _check_remnants(page: str, entry: str) -> None:
    """Refuse MJML in the result. Content is escaped, so only a template can have left it."""
    if found := re.search(r"</?(mj-[\w-]*|mjml)", page):
        raise TemplateError(entry, 1, f"the compiler left {found[0]} in the HTML")


def _shortened(page: str) -> str:
    """The page of `edit_page` in fewer bytes.

    In it a `<` is always markup. Runs of white space become one character, so a mail has no
    preformatted text.
    """
    for superfluous in _SUPERFLUOUS:
        page = page.replace(superfluous, "")
    return re.sub(r"\s+", lambda space: "\n" if "\n" in space[0] else " ", page, flags=re.ASCII)
