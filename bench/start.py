"""First start to ready, idle memory, and how long the command line takes to say what it can.

    python bench/start.py [--rounds 3]

Beside it: a Python that only imports Gradio, and a Python that does nothing.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.stage import GOLDLOOP, Server


def timed(command: list[str], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def main() -> int:
    parser = argparse.ArgumentParser(description="First start, idle memory, help.")
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    ready, idle = [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{Path(folder) / 'new.db'}"
            server = Server(url, log=Path(folder) / "server.log")
            ready.append(server.start())
            time.sleep(2)
            idle.append(server.rss_mb())
            server.stop()
    gradio = timed([sys.executable, "-c", "import gradio"], rounds)
    told = timed([str(GOLDLOOP), "--help"], rounds)
    nothing = timed([sys.executable, "-c", "pass"], rounds)
    print(f"first start to ready {statistics.median(ready):.2f} s (import gradio {gradio:.2f} s)")
    print(f"idle memory {statistics.median(idle):.0f} MB")
    print(f"goldloop --help {told:.3f} s (Python alone {nothing:.3f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
