"""The distributed runner: one generic Faust agent for all stages. Only this module uses Faust.

Faust's own `await topic.send()` ignores a failed delivery and commits the offset, so the agent takes batches without
acknowledging (`noack_take`), publishes through our log, which waits for the broker's acknowledgement of every output,
and acknowledges last. Delivery is at least once, and every effect is idempotent; Faust's exactly-once is not used.
"""

import asyncio
import logging
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import faust
import uvloop
from faust.types import TP

from claimwire.config.credentials import broker_credentials, tls_context
from claimwire.config.settings import Settings
from claimwire.errors import MACHINE_FAULTS, ClaimwireError
from claimwire.log import Log, Message, Position, open_settings_log
from claimwire.log.holes import Holes
from claimwire.log.kafka import bootstrap_servers
from claimwire.log.kafka_consumers import message_of
from claimwire.runtime import metrics
from claimwire.runtime.liveness import Liveness
from claimwire.runtime.log_fields import bind
from claimwire.runtime.watchdog import Work, watch
from processors.flow import stages
from processors.learn.table import HostTable
from processors.rules import Rule
from processors.runners.children import stage_pool
from processors.runners.failures import Tally, attempt, published, settled
from processors.runners.partition_state import PartitionState
from processors.stage import Stage, StatefulStage

logger = logging.getLogger(__name__)
TAKE_SECONDS = 0.1
# A batch that arrives later than this after the last one shows that no records were waiting.
IDLE_SECONDS = 1.0
BEAT_SECONDS = 2.0
RETRY_SECONDS = 1.0
CRASH_LOOK_SECONDS = 0.2
RELEASE_SECONDS = 10.0


class StageWorker:
    """Agent of one stage: pool or partition states, and delivery."""

    def __init__(self, stage: Stage, app: Any, settings: Settings) -> None:
        self._stage, self._app, self._settings = stage, app, settings
        self._pool = stage_pool(stage, settings, is_durable=True)
        self._states: dict[int, PartitionState] = {}
        self._threads = ThreadPoolExecutor(1, stage.name, lambda: bind(part=stage.name))
        self.source = self._app.topic(
            stage.source.full_name(settings.namespace),
            key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw",
        )  # fmt: skip
        self._turn = asyncio.Lock()
        self._reader: Log | None = None
        self._holes: Holes | None = None
        self._hosts = HostTable() if stage.has_host_rules else None
        self.work = Work(stage.name, (stage.source,), self._owned_places, self._pages_done)
        self.has_joined = False

    def _pages_done(self) -> int:
        return self._pool.progress if self._pool else 0

    def _owned_places(self) -> list[Position]:
        if not self.has_joined:
            return []
        return [(self._stage.source.name, place.partition) for place in self._app.consumer.assignment()]

    async def beat(self) -> None:
        """Give signs of life while the event loop runs, even without records."""
        while not self._app.should_stop:
            self.work.beat()
            await asyncio.sleep(BEAT_SECONDS)

    async def run(self, stream: Any) -> None:
        """Process the batches of the stream."""
        ended = time.monotonic()
        async for events in stream.noack_take(self._settings.batch_size, within=TAKE_SECONDS):
            if time.monotonic() - ended > IDLE_SECONDS:
                self.work.take(0)
            waiting = list(events)
            while not await self._is_taken(waiting):
                await asyncio.sleep(RETRY_SECONDS)
            ended = time.monotonic()

    async def _is_taken(self, waiting: list[Any]) -> bool:
        """Process a batch and remove finished records from it. Errors other than the machine's end the process.

        Returns False after a fault of the machine: the remaining records must be retried.
        """
        async with self._turn:
            try:
                waiting[:] = self._owned(waiting)
                await self._take(waiting)
            except MACHINE_FAULTS as error:
                logger.warning("stage %s: %s; trying again", self._stage.name, error)
                return False
            except Exception as error:
                end_process(self._stage.name, error)
        return True

    def _owned(self, events: list[Any]) -> list[Any]:
        owned = self._app.consumer.assignment()
        return [e for e in events if TP(e.message.topic, e.message.partition) in owned]

    async def _take(self, waiting: list[Any]) -> None:
        """Process the records in parts, so that finished ones are acknowledged while a page is slow."""
        name = self._stage.source.name
        messages = [message_of(e.message, name, int((e.message.timestamp or 0) * 1000)) for e in waiting]
        loop = asyncio.get_running_loop()
        parts, done = self._parts(messages), 0
        while waiting:
            in_hand = self.work.holding({(m.topic, m.partition) for m in messages[done:]})
            with in_hand, metrics.STAGE_SECONDS.labels(self._stage.name).time():
                outputs = await loop.run_in_executor(self._threads, next, parts)
            mine = messages[done : done + len(outputs)]
            await loop.run_in_executor(self._threads, self._deliver, mine, outputs)
            self._acknowledge(waiting[: len(mine)], mine)
            del waiting[: len(mine)]
            done += len(mine)

    def _acknowledge(self, events: list[Any], messages: list[Message]) -> None:
        owned = self._owned(events)
        for event, message in zip(events, messages, strict=True):
            self._note_delivered(message)
            if event in owned:
                event.ack()
        self.work.take(len(events))
        metrics.RECORDS.labels(self._stage.name).inc(len(events))

    def _parts(self, messages: list[Message]) -> Iterator[list[list[Message]]]:
        """Yield the outputs or the dead letter of each record; in parts if child processes are used."""
        self._look_for_holes(messages)
        if isinstance(self._stage, StatefulStage):
            yield self._process_by_partition(messages)
            return
        taken, most = messages, self._settings.max_message_bytes
        if self._hosts is not None:
            self._hosts.refresh(self._log())
            taken = [self._hosts.attached(m) for m in messages]
        if self._pool is None:
            yield settled(self._stage, messages, [attempt(self._stage, m) for m in taken], most)
            return
        done, tally = 0, Tally()
        for results in self._pool.in_order(taken):
            yield settled(self._stage, messages[done : done + len(results)], results, most, tally)
            done += len(results)

    def _look_for_holes(self, messages: list[Message]) -> None:
        if self._holes is None:
            self._holes = Holes(self._log(), self._stage.name, (self._stage.source,))
        self._holes.look(messages)

    def _process_by_partition(self, messages: list[Message]) -> list[list[Message]]:
        found: dict[tuple[int, int], list[Message]] = {}
        for partition in sorted({m.partition for m in messages}):
            # A record in progress during a rebalance is delivered twice if the partition comes back.
            by_offset = {m.offset: m for m in messages if m.partition == partition}
            mine = [by_offset[offset] for offset in sorted(by_offset)]
            state = self._state(partition, mine[0].offset)
            outputs = state.process(mine, self._settings.max_message_bytes)
            found |= {(partition, m.offset): of_record for m, of_record in zip(mine, outputs, strict=True)}
        return [found[m.partition, m.offset] for m in messages]

    def _state(self, partition: int, first: int) -> PartitionState:
        state = self._states.get(partition)
        if state is None:
            assert isinstance(self._stage, StatefulStage)
            folder = Path(self._settings.data_dir) / "state"
            state = PartitionState(self._stage, partition, self._settings.namespace, folder)
            self._states[partition] = state
            state.catch_up(first, self._log(), self.work.excuse)
        elif first <= state.applied:
            # Redelivered, or its topic was recreated.
            state.catch_up(first, self._log(), self.work.excuse)
        state.note_ends(self._log())
        return state

    def _note_delivered(self, message: Message) -> None:
        state = self._states.get(message.partition)
        if state is not None:
            state.delivered(message.offset)

    def _log(self) -> Log:
        """Return the worker thread's log, for tables, decisions and outputs."""
        if self._reader is None:
            self._reader = open_settings_log(self._settings)
        return self._reader

    def _deliver(self, messages: list[Message], outputs: list[list[Message]]) -> None:
        """Publish and wait for the broker's acknowledgement of each record. Raises the delivery's error.

        Uses kafka-python, which takes a third of the time of Faust's sends for a batch.
        """
        count = published(self._log().publish, self._stage, messages, outputs)
        metrics.OUTPUTS.labels(self._stage.name).inc(count)

    async def release(self, revoked: set[TP]) -> None:
        """Close the states of revoked partitions after the current batch.

        A stage without state waits at most RELEASE_SECONDS: pages may be slow, and processing them twice does no harm.
        """
        if not isinstance(self._stage, StatefulStage):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._turn.acquire(), RELEASE_SECONDS)
                self._turn.release()
            return
        async with self._turn:
            for place in revoked:
                state = self._states.pop(place.partition, None)
                if state is not None:
                    state.close()

    def close(self) -> None:
        """End the children and close the states."""
        if self._pool is not None:
            self._pool.close()
        for state in self._states.values():
            state.close()
        if self._reader is not None:
            self._reader.close()


def end_process(name: str, error: BaseException) -> None:
    """Exit at once with status 1 and one log line; a supervisor restarts the process.

    Faust's `app.crash` would leave an idle process. Unacknowledged records are delivered again.
    """
    logger.critical("stage %s ends: %s", name, error or repr(error), exc_info=_unexpected(error))
    logging.shutdown()
    os._exit(1)


def _unexpected(error: BaseException) -> BaseException | None:
    return None if isinstance(error, ClaimwireError) else error


async def end_after_crash(app: Any, name: str) -> None:
    """Exit when a service of Faust (consumer, assignor) has crashed: Faust does not restart them."""
    while app.crash_reason is None:
        await asyncio.sleep(CRASH_LOOK_SECONDS)
    end_process(name, app.crash_reason)


def build_app(settings: Settings, stage: Stage) -> tuple[Any, StageWorker]:
    """Return the Faust app of one stage; its consumer group is NAMESPACE.STAGE, as in `claimwire.log`."""
    servers = ";".join(f"kafka://{s}" for s in bootstrap_servers(settings.broker))
    app = faust.App(
        f"{settings.namespace}.{stage.name}",
        broker=servers,
        broker_credentials=_credentials(settings),
        store="memory://",
        datadir=tempfile.mkdtemp(prefix="claimwire-faust-"),
        autodiscover=False,
        web_enabled=False,
        processing_guarantee="at_least_once",
        topic_disable_leader=True,
        topic_allow_declare=False,
        broker_session_timeout=settings.session_timeout,
        broker_heartbeat_interval=2.0,
        broker_commit_interval=1.0,
        broker_commit_every=1000,
        consumer_max_fetch_size=max(4 << 20, settings.max_message_bytes + 20_000),
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=settings.broker_instance or None,
        stream_buffer_maxsize=settings.batch_size * 4,
        worker_redirect_stdouts=False,
    )
    worker = StageWorker(stage, app, settings)
    app.agent(worker.source, name=stage.name)(worker.run)

    @app.on_partitions_revoked.connect(weak=False)
    async def release(_: Any, revoked: set[TP], **__: Any) -> None:
        await worker.release(revoked)

    @app.on_partitions_assigned.connect(weak=False)
    async def join(_: Any, __: set[TP], **___: Any) -> None:
        worker.has_joined = True

    app.task(worker.beat)
    return app, worker


def _credentials(settings: Settings) -> Any:
    """Return the credentials in Faust's form; None without TLS or user."""
    mine, is_encrypted = broker_credentials(settings), settings.broker.startswith("kafka+ssl:")
    context = tls_context("broker_ca", mine.ca) if is_encrypted else None
    if mine.user:
        return faust.SASLCredentials(
            username=mine.user, password=mine.password, mechanism=mine.mechanism, ssl_context=context
        )
    return faust.SSLCredentials(context) if context else None


def run_worker(
    settings: Settings, rules: tuple[Rule, ...], name: str, stop: threading.Event, liveness: Liveness
) -> int:
    """Run a stage on Kafka in this process until a signal."""
    bind(part=name)
    stage = next(s for s in stages(settings, rules) if s.name == name)
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    app, worker = build_app(settings, stage)
    liveness.add(stage.name, lambda: worker.work.beaten)
    runner = faust.Worker(app, loop=loop, loglevel=None, redirect_stdouts=False, override_logging=False, debug=False)
    guard = (open_settings_log(settings), worker.work, settings.stall_timeout, stop)
    threading.Thread(target=watch, args=guard, daemon=True).start()
    watching = loop.create_task(end_after_crash(app, stage.name))
    try:
        runner.execute_from_commandline()
    except SystemExit as end:
        return int(end.code or 0)
    finally:
        watching.cancel()
        stop.set()
        worker.close()
    return 0
