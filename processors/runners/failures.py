"""Handling of failed records, shared by both runners and the partition states:

- a fault of the record (RECORD_FAULTS: invalid bytes, a page that cannot be parsed, an output too large for the log)
  makes a dead letter; any number of them in a row is accepted;
- a fault of the machine (MACHINE_FAULTS: a full disk, no memory) makes none: the runner retries the batch;
- any other exception is a fault of the program or of a server. It makes a dead letter too, but the stage stops if more
  than half of a batch fails like that.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from claimwire.errors import MACHINE_FAULTS, ClaimwireError, ContractError
from claimwire.failures import Failure, dead_letters, failure_of
from claimwire.log import Message
from claimwire.topics import BY_NAME
from processors.stage import Stage

# A smaller batch may fail completely without stopping the stage.
SMALL_BATCH = 10
Result = list[Message] | Exception


class StageStopped(ClaimwireError):
    """More than half of a batch failed: the cause is the program or a server, not the records."""


def attempt(stage: Stage, message: Message, state: Any = None) -> Result:
    """Process a record and return its outputs or its exception. Raises MACHINE_FAULTS."""
    try:
        return stage.process(message, state)
    except MACHINE_FAULTS:
        raise
    except Exception as error:
        return error


def attempt_in(db: sqlite3.Connection, stage: Stage, message: Message, state: Any) -> Result:
    """Do `attempt` in a savepoint of `db`: a failed record leaves the state unchanged."""
    db.execute("SAVEPOINT record")
    result = attempt(stage, message, state)
    if isinstance(result, Exception):
        db.execute("ROLLBACK TO record")
        forget_caches(state)
    db.execute("RELEASE record")
    return result


def forget_caches(state: Any) -> None:
    """Reload the state after a rollback, since its caches of the tables are wrong."""
    if hasattr(state, "forget_caches"):
        state.forget_caches()


@dataclass
class Tally:
    """Number of records of a batch so far, and their failures; a batch may be settled in parts."""

    records: int = 0
    failures: list[Failure] = field(default_factory=list)


def settled(
    stage: Stage, messages: Sequence[Message], results: Iterable[Result], max_bytes: int, tally: Tally | None = None
) -> list[list[Message]]:
    """Return the messages to publish for each record of a batch, or of its next part: its outputs or its dead letter.

    Raises StageStopped, before anything of the part is published, if more than half of the batch so far failed without
    fault of its records.
    """
    outputs: list[list[Message]] = []
    tally = tally or Tally()
    for message, result in zip(messages, results, strict=True):
        fitting = result if isinstance(result, Exception) else _fitting(result, max_bytes)
        if isinstance(fitting, Exception):
            tally.failures.append(failure_of(fitting))
            outputs.append(dead_letters(message, stage.name, tally.failures[-1], has_article=stage.has_article))
        else:
            outputs.append(fitting)
    tally.records += len(messages)
    check_failures(stage.name, tally.failures, tally.records)
    return outputs


def _fitting(outputs: list[Message], max_bytes: int) -> list[Message] | ContractError:
    for output in outputs:
        size = len(output.value or b"")
        if size > max_bytes:
            return ContractError(f"{output.topic}: record of {size} bytes is over {max_bytes}")
    return outputs


def check_failures(stage: str, failures: Sequence[Failure], total: int) -> None:
    """Raise StageStopped if more than half of at least SMALL_BATCH records failed without fault of their own."""
    ours = [failure for failure in failures if not failure.is_of_record]
    if total >= SMALL_BATCH and len(ours) > total / 2:
        raise StageStopped(f"stage {stage} stops: {len(ours)} of {total} records failed, the last with {ours[-1].text}")


def published(
    publish: Callable[[Sequence[Message]], None],
    stage: Stage,
    messages: Sequence[Message],
    outputs: Sequence[Sequence[Message]],
) -> int:
    """Publish the outputs of a batch; return their number. Raises the errors of `publish`.

    Of snapshots on a compacted topic only the last of each key in the batch is published.

    If the log rejects an output as too large (its limit may be lower than ours), outputs are published record by
    record, and the record with the large one becomes a dead letter. Outputs that are published twice are identical.
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
    """Return the outputs in order, without snapshots that a later one replaces."""
    kept: dict[object, Message] = {}
    for number, output in enumerate(outputs):
        is_table = BY_NAME[output.topic].compacted
        place = (output.topic, output.key, output.partition) if is_table else number
        kept.pop(place, None)
        kept[place] = output
    return list(kept.values())
