"""The closed vocabularies of records, readable by an older version that does not know all of their words."""

from enum import StrEnum
from typing import Self

UNKNOWN = "unknown"


class Vocabulary(StrEnum):
    """Base of every StrEnum in a record: decoding a word that this version does not know keeps it, as it stands.

    A newer process may write words that an older one has never seen, and a record is readable all the same. Such a word is
    a member that equals its text, is encoded as it came, is no member of the list (`list(Verdict)`, `word in Verdict`) and
    has `is_known` False. `Verdict("typo")` therefore raises nothing: check what a user typed by `known`.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        # msgspec and Enum both ask here for a value that is no member's (docs.python.org, "Supported _sunder_ names").
        if not isinstance(value, str):
            return None
        word = str.__new__(cls, value)
        word._name_, word._value_ = UNKNOWN.upper(), value
        return word

    @property
    def is_known(self) -> bool:
        """Whether this version has the word in its list."""
        return self._value_ in type(self)._value2member_map_

    @property
    def label(self) -> str:
        """The word, or `unknown`: for metrics and tables, whose values are a closed list."""
        return str(self.value) if self.is_known else UNKNOWN

    @classmethod
    def known(cls, text: str) -> Self | None:
        """The member of this list, None where `text` is not one."""
        word = cls(text)
        return word if word.is_known else None
