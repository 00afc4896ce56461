"""An issue's content to compiled messages: templates filled, compiled, and cut at the slots."""

import re
from collections.abc import Sequence

from digest.rendering.compiling import compile_html, compile_text, slot_tokens
from digest.rendering.content import template_model
from digest.rendering.content.issue_content import IssueContent, Site
from digest.rendering.errors import TemplateError
from digest.rendering.message import segments
from digest.rendering.message.compiled import ISSUE, CompiledMessage
from digest.rendering.message.headers import sender_of
from digest.rendering.message.reader_slots import ROOM, UNSUBSCRIBE
from digest.rendering.message.segments import Segments
from digest.rendering.templates.mjml import heaviest_line
from digest.rendering.templates.subprocess_compiler import compile_in_subprocess
from digest.rendering.templates.template_set import TemplateSet

ALL = "all"
WEB = "web"
VARIANTS = (ALL, WEB)
WARN_BYTES = 80_000
MOST_BYTES = 100_000
HTML_TEMPLATE, TEXT_TEMPLATE = "issue.mjml.j2", "issue.txt.j2"


def compile_issue(
    content: IssueContent, site: Site, templates: TemplateSet, variant: str = ALL
) -> CompiledMessage:
    """The message that every reader of a variant gets, without their own values.

    `web` is the version for the archive: it has a sign-up link instead of the reader's
    footer, and no slots. Raises `TemplateError` where the template is at fault or the HTML passes
    100,000 bytes, `MessageError` where a header cannot be written.
    """
    return compile_variants(content, site, templates, (variant,))[variant]


def compile_variants(
    content: IssueContent, site: Site, templates: TemplateSet, variants: Sequence[str] = VARIANTS
) -> dict[str, CompiledMessage]:
    """The message of each variant.

    Templates other than the shipped ones are compiled in one subprocess for all variants.
    """
    if templates.is_shipped:
        return {key: compile_in_process(content, site, templates, key) for key in variants}
    made = compile_in_subprocess(content, site, templates, variants)
    return dict(zip(variants, made, strict=True))


def compile_in_process(
    content: IssueContent, site: Site, templates: TemplateSet, variant: str = ALL
) -> CompiledMessage:
    """`compile_issue` in this process, also of templates that are not the shipped ones."""
    if variant not in VARIANTS:
        raise ValueError(f"no variant {variant!r}")
    tokens = {} if variant == WEB else slot_tokens(content.model_dump_json())
    values = template_model.issue_values(content, site, tokens)
    marked = templates.sandbox.run(HTML_TEMPLATE, values)
    page = segments.cut(compile_html(marked, HTML_TEMPLATE, templates), tokens)
    text = segments.cut(compile_text(TEXT_TEMPLATE, values, templates), tokens)
    if variant != WEB:
        _check_unsubscribe(page, text)
    _check_size(page, marked, templates)
    domain = sender_of(site.sender).domain
    message = CompiledMessage(
        kind=ISSUE,
        variant=variant,
        subject=content.subject,
        sender=site.sender,
        reply_to=site.reply_to,
        list_name=content.edition_name,
        list_id=f"{content.edition}.{domain}",
        feedback_id=f"{content.number}:{content.edition}:{ISSUE}:{sender_id(domain)}",
        html_segments=page,
        text_segments=text,
    )
    message.check_headers()
    return message


def sender_id(domain: str) -> str:
    """The SenderId of a Feedback-ID: 5 to 15 characters that are the same in every mail.

    Gmail's feedback loop reports complaints by it.
    """
    letters = re.sub(r"[^a-z0-9]", "", domain.lower())
    return letters[:15] if len(letters) >= 5 else f"{letters}digest"


def _check_unsubscribe(page: Segments, text: Segments) -> None:
    """Refuse a template without an unsubscribe link that can be followed in both parts."""
    linked = any(
        name == UNSUBSCRIBE and before.endswith('href="')
        for before, name in zip(page[::2], page[1::2], strict=False)
    )
    reason = f"there is no unsubscribe link; print {{{{ reader.{UNSUBSCRIBE} }}}}"
    if not linked:
        raise TemplateError(HTML_TEMPLATE, 1, f"{reason} in an href")
    if UNSUBSCRIBE not in segments.slots_of(text):
        raise TemplateError(TEXT_TEMPLATE, 1, reason)


def _check_size(page: Segments, marked: str, templates: TemplateSet) -> None:
    """Refuse HTML that Gmail would clip (at 102 KB); the error names the line to shorten."""
    size = sum(len(literal.encode()) for literal in page[::2])
    size += sum(ROOM[name] for name in page[1::2])
    if size > MOST_BYTES:
        file, line = heaviest_line(marked, templates.sandbox.paths)
        raise TemplateError(
            file,
            line,
            f"the HTML would have {size:,} bytes, at most {MOST_BYTES:,} are allowed, and this "
            "line writes most of it; take fewer comparisons",
        )
