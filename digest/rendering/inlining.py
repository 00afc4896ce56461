"""Moving CSS into style attributes by css-inline; the only file that knows the library."""

from css_inline import CSSInliner


def inline_css(html: str, css: str) -> str:
    """`html` with `css` written into its elements; its own style elements are kept as they are."""
    inliner = CSSInliner(
        inline_style_tags=False,
        keep_style_tags=True,
        keep_at_rules=True,
        load_remote_stylesheets=False,
        extra_css=css,
    )
    return inliner.inline(html)
