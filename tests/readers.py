"""What readers and editors do through the services, for tests that need it only in passing."""

from digest.app import App
from digest.services.actor import Actor, Channel
from digest.services.readers.erase import erase_reader
from digest.services.readers.signup import request_signup, work_off_signups
from subscribers.address import EmailAddress

EDITOR = Actor(Channel.COMMAND_LINE, "test")


async def sign_up(app: App, address: str, edition: str = "weekly") -> None:
    """Fill in the form on the front page, and let the sender decide about it."""
    actor = Actor(Channel.HOME_FORM)
    await request_signup(app, actor, EmailAddress.parse(address), edition)
    await work_off_signups(app)


async def erase(app: App, address: str) -> None:
    """Erase a reader, as an editor does."""
    await erase_reader(app, EDITOR, EmailAddress.parse(address))
