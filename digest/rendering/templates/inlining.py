"""CSS into style attributes by css-inline; the only file that knows the library."""

from css_inline import CSSInliner


def inline_css(html: str, css: str) -> str:
    """`html` with `css` written into its elements; its own style elements stay as they are."""
    inliner = CSSInliner(
        inline_style_tags=False,
        keep_style_tags=True,
        minify_css=True,
        load_remote_stylesheets=False,
        extra_css=css,
    )
    return inliner.inline(html)
