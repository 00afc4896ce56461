"""Transactional messages: a confirmation to a reader, a notice to the editor."""

from collections.abc import Mapping
from typing import Any

from digest.rendering.compiling import compile_html, compile_text, slot_tokens
from digest.rendering.content import template_model
from digest.rendering.content.issue_content import Site
from digest.rendering.message import segments
from digest.rendering.message.compiled import CompiledMessage
from digest.rendering.message.reader_slots import ADDRESS
from digest.rendering.templates.template_set import TemplateSet

SUBJECT, HTML_TEMPLATE, TEXT_TEMPLATE = "subject.txt.j2", "message.mjml.j2", "message.txt.j2"


def compile_transactional(
    name: str, context: Mapping[str, Any], site: Site, templates: TemplateSet
) -> CompiledMessage:
    """A message of kind `name` from the set's subject, HTML and text templates.

    `context` holds texts, numbers and lists of them; templates see it beside `site` and
    `reader.address`. The message has no list headers. Raises `TemplateError`, also where
    the context lacks a variable, and `MessageError`.
    """
    given = {key: template_model.clean(value) for key, value in context.items()}
    tokens = {ADDRESS: slot_tokens(repr(sorted(given.items())))[ADDRESS]}
    values = {
        **given,
        "site": template_model.clean(template_model.site_values(site)),
        "reader": tokens,
    }
    subject = " ".join(templates.sandbox.run(SUBJECT, values).split())
    marked = templates.sandbox.run(HTML_TEMPLATE, {**values, "subject": subject})
    message = CompiledMessage(
        kind=name,
        variant="all",
        subject=subject,
        sender=site.sender,
        reply_to=site.reply_to,
        list_name=None,
        list_id=None,
        feedback_id=None,
        html_segments=segments.cut(compile_html(marked, HTML_TEMPLATE, templates), tokens),
        text_segments=segments.cut(compile_text(TEXT_TEMPLATE, values, templates), tokens),
    )
    message.check_headers()
    return message
