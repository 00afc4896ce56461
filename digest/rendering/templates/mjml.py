"""MJML to HTML by mrml; the only file that knows the library.

The input must have passed `markup.check`: deep nesting ends the process here.
"""

from mjml import mjml2html


def compile_mjml(source: str) -> str:
    """The HTML of an MJML document. Raises `ValueError` with the compiler's words.

    No web font is ever imported: fetching one would tell a third party who reads.
    """
    return mjml2html(source, fonts={})
