"""How long work takes, in CPU seconds: a busy machine changes them less than the clock."""

import statistics
import time
from collections.abc import Callable
from typing import Any


def cpu(work: Callable[[], Any], times: int) -> tuple[float, Any]:
    """Median CPU seconds of `times` runs, and the last result."""
    seconds = []
    for _ in range(times):
        start = time.process_time()
        result = work()
        seconds.append(time.process_time() - start)
    return statistics.median(seconds), result
