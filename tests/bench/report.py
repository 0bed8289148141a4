"""Lines and rates of the benchmarks."""

import json
import resource
import time
from collections.abc import Callable


def report(name: str, value: float, unit: str, baseline: str, base: float) -> None:
    """One line; `base` is the baseline's value in the same unit."""
    line = {"name": name, "value": round(value, 3), "unit": unit, "baseline": f"{baseline}: {base:.3f}",
            "ratio": round(value / base, 3)}  # fmt: skip
    print(json.dumps(line), flush=True)


def rate(count: int, work: Callable[[], object]) -> float:
    """Things a second of wall time."""
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)


def cpu_rate(count: int, work: Callable[[], object]) -> float:
    """Things a CPU-second of this process."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return count / (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
