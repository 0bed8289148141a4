"""A record that fails: whose fault it is, the dead letter that it becomes, and when the stage stops instead.

Both runners and the states of partitions go through here, so that a record ends in the same way on either log:

- its own fault (RECORD_FAULTS: bytes that are no record of the topic, a page that can't be parsed, an output too large for
  the log) makes a dead letter, however many there are in a row;
- the machine's fault (MACHINE_FAULTS: a full disk, no memory) makes none: the runner tries the same batch again;
- anything else is a fault of the program or of a server. It makes a dead letter too, but a stage that meets it in more
  than half of a batch stops and takes nothing.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from claimwire.errors import MACHINE_FAULTS, ClaimwireError, ContractError
from claimwire.failures import Failure, dead_letters, failure_of
from claimwire.log import Message
from claimwire.topics import BY_NAME
from processors.flow import Stage

# A batch smaller than this may fail whole without stopping the stage.
SMALL_BATCH = 10
Result = list[Message] | Exception


class StageStopped(ClaimwireError):
    """More than half of a batch failed: the fault is ours or the store's, not the records'."""


def attempt(stage: Stage, message: Message, state: Any = None) -> Result:
    """The outputs of a record, or the exception that it raised. Raises MACHINE_FAULTS."""
    try:
        return stage.process(message, state)
    except MACHINE_FAULTS:
        raise
    except Exception as error:
        return error


def attempt_in(db: sqlite3.Connection, stage: Stage, message: Message, state: Any) -> Result:
    """As `attempt`, within a transaction on `db`: a record that fails leaves the state as it was."""
    db.execute("SAVEPOINT record")
    result = attempt(stage, message, state)
    if isinstance(result, Exception):
        db.execute("ROLLBACK TO record")
        forget_caches(state)
    db.execute("RELEASE record")
    return result


def forget_caches(state: Any) -> None:
    """After a rollback, whatever `state` keeps in memory of its tables is wrong."""
    if hasattr(state, "forget_caches"):
        state.forget_caches()


def settled(
    stage: Stage, messages: Sequence[Message], results: Iterable[Result], max_bytes: int
) -> list[list[Message]]:
    """The messages to publish for each record of a batch: its outputs, or its dead letter.

    Raises StageStopped, before anything is published, where more than half of the batch failed by no fault of its own.
    """
    outputs: list[list[Message]] = []
    failures: list[Failure] = []
    for message, result in zip(messages, results, strict=True):
        fitting = result if isinstance(result, Exception) else _fitting(result, max_bytes)
        if isinstance(fitting, Exception):
            failures.append(failure_of(fitting))
            outputs.append(dead_letters(message, stage.name, failures[-1], has_article=stage.has_article))
        else:
            outputs.append(fitting)
    check_failures(stage.name, failures, len(messages))
    return outputs


def _fitting(outputs: list[Message], max_bytes: int) -> list[Message] | ContractError:
    for output in outputs:
        size = len(output.value or b"")
        if size > max_bytes:
            return ContractError(f"{output.topic}: record of {size} bytes is over {max_bytes}")
    return outputs


def check_failures(stage: str, failures: Sequence[Failure], total: int) -> None:
    """Raises StageStopped where more than half of a batch of at least SMALL_BATCH failed by no fault of its records."""
    ours = [failure for failure in failures if not failure.is_of_record]
    if total >= SMALL_BATCH and len(ours) > total / 2:
        raise StageStopped(f"stage {stage} stops: {len(ours)} of {total} records failed, the last with {ours[-1].text}")


def published(
    publish: Callable[[Sequence[Message]], None],
    stage: Stage,
    messages: Sequence[Message],
    outputs: Sequence[Sequence[Message]],
) -> int:
    """Publish the outputs of a batch; returns how many. Raises what `publish` raises.

    Of the snapshots of a table (a compacted topic) only the last of each key is published: the batch holds all of them.

    Where the log refuses one as too large (its own limit may be lower than ours), the records are published one by one, and
    the one that is to blame becomes a dead letter. Outputs that are published twice are the same records.
    """
    every = _newest(output for of_record in outputs for output in of_record)
    try:
        publish(every)
    except ContractError:
        for message, of_record in zip(messages, outputs, strict=True):
            try:
                publish(of_record)
            except ContractError as error:
                publish(dead_letters(message, stage.name, failure_of(error), has_article=stage.has_article))
    return len(every)


def _newest(outputs: Iterable[Message]) -> list[Message]:
    """The outputs in their order, without the snapshots that a later one replaces."""
    kept: dict[object, Message] = {}
    for number, output in enumerate(outputs):
        is_table = BY_NAME[output.topic].compacted
        place = (output.topic, output.key, output.partition) if is_table else number
        kept.pop(place, None)
        kept[place] = output
    return list(kept.values())
