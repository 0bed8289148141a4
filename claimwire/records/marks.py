"""Marks of readers on stories and alerts: follow or mute a story, call an alert useful or wrong. A compacted topic."""

from claimwire.records.base import Record, Time
from claimwire.records.vocabulary import Vocabulary

KEY_LENGTH = 200


class MarkKind(Vocabulary):
    """`follow` and `mute` are of stories, `useful` and `wrong` of alerts."""

    FOLLOW = "follow"
    MUTE = "mute"
    USEFUL = "useful"
    WRONG = "wrong"


MARKED = {MarkKind.FOLLOW: "story", MarkKind.MUTE: "story", MarkKind.USEFUL: "alert", MarkKind.WRONG: "alert"}


class Mark(Record, frozen=True, kw_only=True):
    """A reader's mark on a story or an alert; a later one replaces it."""

    mark: MarkKind
    id: str
    at: Time

    @property
    def key(self) -> str:
        return mark_key(MARKED[self.mark], self.id)


def mark_key(of: str, ident: str) -> str:
    """Return the key of the mark of a `story` or an `alert`."""
    return f"{of}/{ident}"
