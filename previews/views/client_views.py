"""The client views by name: which client each imitates, and how."""

from collections.abc import Callable
from dataclasses import dataclass

from previews.markup.colours import ColourScheme
from previews.views.colour_schemes import painted
from previews.views.inversion import fully_inverted, partly_inverted
from previews.views.outlook import as_outlook
from previews.views.reduced import without_images, without_styles


@dataclass(frozen=True)
class ClientView:
    """One way to show the HTML. `note` says what is emulated, and how closely."""

    key: str
    name: str
    note: str
    draw: Callable[[str], str]
    images: bool = True


def _light(html: str) -> str:
    return painted(html, ColourScheme.LIGHT)


CLIENT_VIEWS = {
    view.key: view
    for view in (
        ClientView("light", "Light", "Unchanged, on a device in the light scheme.", _light),
        ClientView(
            "dark",
            "Dark",
            "The mail's own dark colours: Apple Mail, and other clients that ask for "
            "prefers-color-scheme.",
            lambda html: painted(html, ColourScheme.DARK),
        ),
        ClientView(
            "inverted",
            "Inverted, full",
            "Forced by the client, as in Outlook's mobile apps: every colour is inverted. An "
            "approximation; the real rules are not public.",
            fully_inverted,
        ),
        ClientView(
            "half-inverted",
            "Inverted, partial",
            "Forced by the client, as in Gmail's app for Android: light backgrounds and dark text "
            "are inverted, dark areas stay. An approximation; the real rules are not public.",
            partly_inverted,
        ),
        ClientView(
            "no-images",
            "Images off",
            "Pictures are not loaded; dashed boxes show their alternative texts.",
            lambda html: without_images(_light(html)),
            images=False,
        ),
        ClientView(
            "no-styles",
            "Styles stripped",
            "Without style elements, as Gmail shows a mail it has clipped, or one of another "
            "provider's account. Style attributes stay.",
            without_styles,
        ),
        ClientView(
            "outlook",
            "Outlook branch",
            "Classic Outlook for Windows: its conditional comments apply, and max-width, "
            "background images, rounded corners, media queries and padding outside of cells are "
            "ignored. Word's own line breaking is not emulated.",
            lambda html: as_outlook(_light(html)),
        ),
    )
}
