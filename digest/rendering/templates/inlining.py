"""CSS into style attributes by css-inline; the only file that knows the library."""

import re

from css_inline import CSSInliner

_KEEP = ' data-css-inline="ignore"'
_STYLE = re.compile(r"<style.*?</style>", re.DOTALL)
_CLASS = re.compile(r' class="([^"]*)"')


def inline_css(html: str, css: str) -> str:
    """`html` with `css` written into its elements; its own style elements stay as they are.

    Class names that no style element uses are dropped: their rules are inlined by then.
    """
    inliner = CSSInliner(
        keep_style_tags=True, minify_css=True, load_remote_stylesheets=False, extra_css=css
    )
    inlined = inliner.inline(html.replace("<style", f"<style{_KEEP}")).replace(_KEEP, "")
    return _drop_classes(inlined, _class_names("".join(_STYLE.findall(inlined))))


def _class_names(css: str) -> set[str]:
    return set(re.findall(r"\.([A-Za-z_][\w-]*)", css))


def _drop_classes(html: str, kept: set[str]) -> str:
    def attribute(match: re.Match[str]) -> str:
        names = [name for name in match[1].split() if name in kept]
        return f' class="{" ".join(names)}"' if names else ""

    return _CLASS.sub(attribute, html)
