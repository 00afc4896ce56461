"""An issue's content to a compiled message: fill, check, compile, inline, cut at the slots."""

import hashlib
import re
from collections.abc import Mapping, Sequence

from digest.rendering.content import template_model
from digest.rendering.content.issue_content import IssueContent, Site
from digest.rendering.errors import TemplateError
from digest.rendering.message import segments
from digest.rendering.message.compiled import ISSUE, CompiledMessage
from digest.rendering.message.headers import Mailbox
from digest.rendering.message.reader_values import BODY_SLOTS, ROOM, UNSUBSCRIBE
from digest.rendering.message.segments import Segments
from digest.rendering.templates import guard, markup
from digest.rendering.templates.inlining import inline_css
from digest.rendering.templates.mjml import compile_mjml
from digest.rendering.templates.template_set import TemplateSet

ALL = "all"
WEB = "web"
VARIANTS = (ALL, WEB)
WARN_BYTES = 80_000
MOST_BYTES = 100_000
HTML_TEMPLATE, TEXT_TEMPLATE, CSS = "issue.mjml.j2", "issue.txt.j2", "shared/inline.css"


def compile_issue(
    content: IssueContent, site: Site, templates: TemplateSet, variant: str = ALL
) -> CompiledMessage:
    """The message that an issue sends to every reader of a variant.

    `web` is the archive's version: a sign-up link instead of the reader's footer, no
    slots. Raises `TemplateError` where the template is at fault or the HTML passes
    100,000 bytes, `MessageError` where a header cannot be written.
    """
    return compile_variants(content, site, templates, (variant,))[variant]


def compile_variants(
    content: IssueContent, site: Site, templates: TemplateSet, variants: Sequence[str] = VARIANTS
) -> dict[str, CompiledMessage]:
    """The message of each variant. Templates other than the shipped ones are compiled in a
    process of their own, one for all (see `guard`)."""
    if templates.is_shipped:
        return {key: compile_here(content, site, templates, key) for key in variants}
    made = guard.compile_apart(content, site, templates, variants)
    return dict(zip(variants, made, strict=True))


def compile_here(
    content: IssueContent, site: Site, templates: TemplateSet, variant: str = ALL
) -> CompiledMessage:
    """`compile_issue` in this process, whatever the templates."""
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
    domain = Mailbox.parse(site.sender).domain
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


def compile_html(marked: str, entry: str, templates: TemplateSet) -> str:
    """Filled MJML to HTML with inlined CSS; white space is folded. Raises `TemplateError`."""
    source = markup.check(marked, templates.sandbox.paths, entry)
    try:
        compiled = compile_mjml(source)
    except ValueError as problem:
        raise TemplateError(entry, 1, f"the MJML compiler says: {problem}") from None
    page = inline_css(compiled, templates.text(CSS))
    _check_remnants(page, entry)
    return _tidy(page)


def compile_text(path: str, values: Mapping[str, object], templates: TemplateSet) -> str:
    """The text part: no white space at line ends, at most one empty line in a row."""
    lines = [line.rstrip() for line in templates.sandbox.run(path, values).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"


def slot_tokens(content: str) -> dict[str, str]:
    """What stands for each slot while compiling; no content can contain its own tokens."""
    digest = hashlib.sha256(content.encode()).hexdigest()[:24]
    return {name: f"slot-{digest}-{at}-" for at, name in enumerate(BODY_SLOTS)}


def sender_id(domain: str) -> str:
    """The SenderId of Feedback-ID: 5 to 15 characters, the same in every mail."""
    letters = re.sub(r"[^a-z0-9]", "", domain.lower())
    return letters[:15] if len(letters) >= 5 else f"{letters}digest"


def _check_unsubscribe(page: Segments, text: Segments) -> None:
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
    size = sum(len(literal.encode()) for literal in page[::2])
    size += sum(ROOM[name] for name in page[1::2])
    if size > MOST_BYTES:
        file, line = markup.heaviest(marked, templates.sandbox.paths)
        raise TemplateError(
            file,
            line,
            f"the HTML would have {size:,} bytes, at most {MOST_BYTES:,} are allowed, and this "
            "line writes most of it; take fewer comparisons",
        )


def _check_remnants(page: str, entry: str) -> None:
    """The content is escaped, and only templates can leave a `<mj-` behind."""
    if found := re.search(r"</?(mj-[\w-]*|mjml)", page):
        raise TemplateError(entry, 1, f"the compiler left {found[0]} standing")


# The compiler hides the preheader in white on white as well, which filters count.
_SUPERFLUOUS = ("<![endif]--><!--[if mso | IE]>", "<tbody>", "</tbody>")
_WHITE_ON_WHITE = "font-size:1px;color:#ffffff;"


def _tidy(page: str) -> str:
    """Fewer bytes for the same page; runs of white space become one character, so the mail
    has no preformatted text."""
    for superfluous in _SUPERFLUOUS:
        page = page.replace(superfluous, "")
    page = page.replace(_WHITE_ON_WHITE, "font-size:1px;", 1)
    return re.sub(r"\s+", lambda space: "\n" if "\n" in space[0] else " ", page, flags=re.ASCII)
