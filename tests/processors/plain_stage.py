"""A stage that does what a test says."""

from collections.abc import Callable
from typing import Any

from claimwire import topics
from claimwire.log import Message
from processors.stage import Stage


class PlainStage(Stage):
    """The stage `analyse`, with a function of the test's own."""

    name, source = "analyse", topics.RAW

    def __init__(self, process: Callable[[Message], list[Message]]) -> None:
        self._process = process

    def process(self, message: Message, state: Any) -> list[Message]:
        return self._process(message)
