"""What a relay's refusal is about: the reader, the relay and us, or the message."""

from digest.delivery.replies.classify import classify
from digest.delivery.replies.kinds import ABOUT_RELAY, NOT_THE_READERS, ReplyKind, Stage

__all__ = ["ABOUT_RELAY", "NOT_THE_READERS", "ReplyKind", "Stage", "classify"]
