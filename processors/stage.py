"""The form of a stage, as both runners use it."""

import sqlite3
from abc import ABC, abstractmethod
from typing import Any

from claimwire.log import Message
from claimwire.topics import Topic


class Stage(ABC):
    """A step of the flow: from the records of one topic to messages on others.

    `has_article`: its input has an article, so that a dead letter ends that
    article's revision in the ledger. `has_host_rules`: its input messages carry the rules of their hosts in a header.
    """

    name: str
    source: Topic
    has_article = True
    has_host_rules = False

    @abstractmethod
    def process(self, message: Message, state: Any) -> list[Message]:
        """Return the messages to publish for a record. Any exception makes a dead letter."""


class CpuBoundStage(Stage):
    """A stage that runs in child processes, for which it is pickled; it has no state.

    A record that times out or kills or fills its child is processed `plainly` in another, and then given up.
    """

    def warm(self) -> None:
        """Load in a child what `process` needs, before the time of its first record begins."""

    def plainly(self, message: Message) -> list[Message]:
        """Process a record in a way that takes less time and memory, if there is one."""
        return self.process(message, None)

    @abstractmethod
    def give_up(self, message: Message) -> list[Message]:
        """Return the messages to publish for a record that failed in both ways."""


class StatefulStage(Stage):
    """A stage with a state of its own. A lost one is rebuilt by `apply` on the decisions in the topic `recorded`."""

    recorded: Topic

    @abstractmethod
    def open_state(self, db: sqlite3.Connection, namespace: str) -> Any:
        """Open the state on a connection."""

    @abstractmethod
    def apply(self, message: Message, state: Any) -> None:
        """Fold a recorded decision into the state."""

    @abstractmethod
    def position(self, message: Message) -> tuple[int, int]:
        """Return partition and offset, in the source topic, of the record that a decision is on."""
