"""Features that break a message in some mail program, and features that few support."""

from collections.abc import Iterator

from previews.preflight.clients.features import used
from previews.preflight.clients.support import support
from previews.preflight.facts import Facts
from previews.preflight.finding import Finding, Rule, error, in_html, warning
from previews.preflight.rendered_message import RenderedMessage

_LAYOUT = "Outlook for Windows lays out with Word, and Gmail drops what it does not know."

FLEX = error(
    "CLI-001",
    "Flex or grid layout",
    _LAYOUT,
    "Use tables and inline blocks for layout.",
)
POSITION = error(
    "CLI-002", "Positioned elements", _LAYOUT, "Use tables for layout; remove position:."
)
BACKGROUND = error(
    "CLI-003",
    "A background image",
    "Outlook for Windows does not show it, and the text on it may become unreadable.",
    "Use a background colour.",
)
ACTIVE = error(
    "CLI-004",
    "Active content: scripts, forms, frames, video or audio",
    "It is removed or does nothing, and filters take it for an attack.",
    "Link to a page that has it.",
)
EXTERNAL_CSS = error(
    "CLI-005",
    "An external style sheet",
    "Gmail and Outlook do not load style sheets.",
    "Put the rules into shared/inline.css, or into the head's mj-style.",
)
VARIABLES = error(
    "CLI-006",
    "CSS variables or nesting",
    "Gmail and Outlook ignore a declaration with var(), and Gmail drops a whole nested block.",
    "Write the value itself.",
)
SVG = error(
    "CLI-007",
    "An SVG picture",
    "Gmail and Outlook do not show it.",
    "Use a PNG of twice the size.",
)
IMAGE_FORMAT = error(
    "CLI-008",
    "A picture in a format that some programs cannot show",
    "AVIF, WebP, HEIF and pictures embedded in the HTML fail in Outlook or Gmail.",
    "Use PNG, JPEG or GIF.",
)
UNSUPPORTED = warning(
    "CLI-020",
    "A feature that many mail programs do not support",
    "The message must be readable without it; see caniemail.com.",
    "Check the preview with styles off; use something simpler if it matters.",
)

# Features that block: without support, the layout or the meaning breaks.
HARD: dict[str, Rule] = {
    **dict.fromkeys(
        ("css-display-flex", "css-display-grid", "css-grid-template", "css-flex-direction"), FLEX
    ),
    **dict.fromkeys(("css-position", "css-inset"), POSITION),
    "css-background-image": BACKGROUND,
    "html-background": BACKGROUND,
    **dict.fromkeys(
        ("html-form", "html-object", "html-video", "html-audio", "html-dialog", "html-base"), ACTIVE
    ),
    **dict.fromkeys(("css-at-import",), EXTERNAL_CSS),
    **dict.fromkeys(("css-variables", "css-nesting"), VARIABLES),
    **dict.fromkeys(("html-svg", "image-svg"), SVG),
    **dict.fromkeys(("image-webp", "image-avif", "image-heif", "image-base64"), IMAGE_FORMAT),
}
# Features that many programs lack, where nothing is lost without support.
GRACEFUL = frozenset(
    [
        "css-at-media",
        "css-at-media-prefers-color-scheme",
        "css-at-media-hover",
        "css-at-supports",
        "css-at-media-prefers-reduced-motion",
        "css-border-radius",
        "css-color-scheme",
        "css-important",
        "css-letter-spacing",
        "css-max-width",
        "css-max-height",
        "css-opacity",
        "css-overflow",
        "css-word-spacing",
        "css-word-break",
        "css-overflow-wrap",
        "css-direction",
        "css-display-none",
        "css-display",
        "css-box-shadow",
        "css-text-shadow",
        "css-outline",
        "css-comments",
        "css-selector-attribute",
        "css-selector-id",
        "css-selector-child",
        "css-selector-universal",
        "css-selector-descendant",
        "css-selector-type",
        "css-selector-chaining",
        "css-selector-class",
        "css-selector-grouping",
        "css-sytem-ui",
        "css-border-collapse",
        "css-pseudo-class-hover",
        "css-transition",
        "css-cursor",
        "css-font-kerning",
        "css-rgba",
        "css-visibility",
        "css-text-underline-offset",
        "css-text-decoration-color",
        "css-text-decoration-thickness",
        "css-hyphens",
        "css-unit-initial",
        "html-lang",
        "html-dir",
        "html-aria-label",
        "html-aria-hidden",
        "html-role",
        "html-aria-describedby",
        "html-aria-labelledby",
        "html-semantics",
        "html-meta-color-scheme",
        "html-hidden",
        "html-style",
        "html-body",
        "html-doctype",
        "html-comments",
        "html-target",
        "html-width",
        "html-height",
        "html-loading-attribute",
        "html-srcset",
        "html-picture",
        "html-link",
    ]
)
MANY = 3


def hard(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Features that block, one finding per rule, with programs that lack support."""
    if message.page is None:
        return
    found = used(message.page)
    reported: set[str] = set()
    for slug, element in found.items():
        rule = HARD.get(slug)
        if rule and rule.code not in reported:
            reported.add(rule.code)
            broken = ", ".join(support().without(slug)[:4])
            title = support().titles.get(slug, slug)
            yield rule.found(f"{title} is not known to {broken}", in_html(element))


def active(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Active content that caniemail does not list: scripts, event handlers, form fields."""
    if message.page is None:
        return
    listed = {"form", "object", "video", "audio", "dialog", "base", "iframe", "embed"}
    for element in message.page.elements:
        handlers = [name for name in element.attributes if name.startswith("on")]
        fields = element.tag in ("script", "applet", "input", "select", "textarea", "button")
        if (fields or handlers) and not any(up.tag in listed for up in element.ancestors()):
            what = handlers[0] if handlers else f"<{element.tag}>"
            yield ACTIVE.found(f"{what} does nothing good in a mail", in_html(element))
            return


def external_css(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """`<link rel=stylesheet>` elements."""
    for element in message.page.named("link") if message.page else ():
        if "stylesheet" in element.get("rel").lower():
            yield EXTERNAL_CSS.found(f"from {element.get('href')}", in_html(element))


def soft(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Other features, reported if several programs lack support."""
    if message.page is None:
        return
    for slug, element in used(message.page).items():
        lacking = support().without(slug)
        if slug not in HARD and slug not in GRACEFUL and len(lacking) >= MANY:
            detail = f"{support().titles[slug]} is not known to {', '.join(lacking[:4])}"
            if len(lacking) > 4:
                detail += f" and {len(lacking) - 4} more"
            yield UNSUPPORTED.found(f"{detail} (caniemail, {support().updated})", in_html(element))


CHECKS = (hard, active, external_css, soft)
