"""Load three published sets into a running server, through its REST interface alone.

    python examples/load_real_data.py DATA --url http://127.0.0.1:8000 --token TOKEN

DATA is a folder that holds `evouna_nq/`, `pandalm/` and `xstest/`. The token belongs to an admin,
who may both ingest and create queues. The server must know the guidelines beside this file:
start it with GOLDLOOP_GUIDELINES=examples/guidelines.

EVOUNA's answers become interactions to label; their confidence and flags are derived (see
real_sets.py). The published labels of PandaLM and XSTest are imported under guidelines of their
own. Running it twice changes nothing: the server recognises rows, queues and the seed of the draw.
"""

import argparse
import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from real_sets import RealSet, Row, evouna, pandalm, xstest

BATCH_ROWS = 1_000
DRAW = {"strategy": "mixture", "size": 400, "seed": 20_261_101}
COEFFICIENTS = (
    "percent_agreement",
    "cohen_kappa",
    "cohen_kappa_linear",
    "cohen_kappa_quadratic",
)
SHOWN_REJECTIONS = 3


class Refused(Exception):
    """The server answered with an error."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        try:
            self.error: Row = response.json()["error"]
        except (ValueError, KeyError, TypeError):
            self.error = {"code": "unknown", "message": response.text[:300]}
        asked = f"{response.request.method} {response.request.url.path}"
        super().__init__(f"{asked}: {self.status} {_told(self.error)}")


def main() -> int:
    """Load all sets; 0 when every row was taken, 1 otherwise."""
    arguments = _arguments()
    sets = [
        evouna(arguments.data / "evouna_nq"),
        pandalm(arguments.data / "pandalm"),
        xstest(arguments.data / "xstest"),
    ]
    headers = {"Authorization": f"Bearer {arguments.token}"}
    try:
        with httpx.Client(base_url=arguments.url, headers=headers, timeout=120) as client:
            rejected = sum(load(client, one) for one in sets)
            print()
            for one in sets:
                print_agreement(client, one)
    except (Refused, httpx.TransportError) as error:
        print(f"stopped: {error}", file=sys.stderr)
        return 1
    print_where_to_look(arguments.url, sets)
    return 1 if rejected else 0


def load(client: httpx.Client, real: RealSet) -> int:
    """Send one set: interactions, queue, then its labels or a draw. Returns the rows refused."""
    name = real.queue["name"]
    print(f"\n{real.source}: {real.note}")
    rejected = send_rows(client, "/v1/interactions", real.interactions, "interactions")
    print(f"  queue {name}: {ensure_queue(client, real.queue)}")
    if real.labels:
        return rejected + send_rows(client, f"/v1/queues/{name}/labels", real.labels, "labels")
    print(f"  draw: {draw_once(client, name, real.source)}")
    return rejected


def send_rows(client: httpx.Client, path: str, rows: list[Row], what: str) -> int:
    """Send rows in batches and say what became of them. Returns the number refused."""
    accepted = duplicate = 0
    rejections: list[Row] = []
    headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
    for start, body in _batches(rows):
        reply = call(client, "POST", path, content=body, headers=headers)
        accepted += reply["accepted"]
        duplicate += reply["duplicate"]
        rejections += [{**one, "index": start + one["index"]} for one in reply["rejected"]]
    print(f"  {what}: {accepted} new, {duplicate} known, {len(rejections)} refused")
    for one in rejections[:SHOWN_REJECTIONS]:
        print(f"    row {one['index']}: {_told(one['error'])}")
    return len(rejections)


def ensure_queue(client: httpx.Client, queue: Row) -> str:
    """Create the queue unless it is there."""
    try:
        call(client, "GET", f"/v1/queues/{queue['name']}")
    except Refused as refused:
        if refused.status != httpx.codes.NOT_FOUND:
            raise
        call(client, "POST", "/v1/queues", json=queue)
        return "created"
    return "there already"


def draw_once(client: httpx.Client, queue: str, source: str) -> str:
    """Draw the default mixture; a seed is good for one draw, so that a second run draws nothing."""
    request = {**DRAW, "where": {"source": source}}
    try:
        drawn = call(client, "POST", f"/v1/queues/{queue}/draws", json=request)
    except Refused as refused:
        if refused.error.get("code") != "seed_reused":
            raise
        return f"made in an earlier run (seed {DRAW['seed']})"
    width = drawn["expected_half_width"]["value"]
    expected = "" if width is None else f", expected half-width {width:.3f}"
    return f"{drawn['drawn']} of {drawn['eligible']} eligible, seed {drawn['seed']}{expected}"


def print_agreement(client: httpx.Client, real: RealSet) -> None:
    """Print how far the annotators of a queue agree so far."""
    name = real.queue["name"]
    report = call(client, "GET", f"/v1/queues/{name}/agreement", params={"field": real.field})
    print(f"{name}, field {real.field}: {report['tasks']} tasks, {report['labels']} labels")
    for coefficient in COEFFICIENTS:
        if coefficient in report["coefficients"]:
            print(f"  {coefficient:<22} {_figure(report['coefficients'][coefficient])}")
    for pair in report["pairs"]:
        print(f"  {pair['a']} and {pair['b']}: kappa {_figure(pair['cohen_kappa'])}")


def print_where_to_look(url: str, sets: list[RealSet]) -> None:
    """Print the pages on which the loaded data can be seen."""
    queue = next(one.queue["name"] for one in sets if not one.labels)
    print(f"\nAgreement, disagreements, exports:  {url}/lead")
    print(f"Label as an annotator:              {url}/label?queue={queue}")


def call(client: httpx.Client, method: str, path: str, **request: Any) -> Row:
    """One request; the JSON answer, or Refused."""
    response = client.request(method, path, **request)
    if response.is_error:
        raise Refused(response)
    answer: Row = response.json()
    return answer


def _batches(rows: list[Row]) -> Iterator[tuple[int, bytes]]:
    for start in range(0, len(rows), BATCH_ROWS):
        batch = rows[start : start + BATCH_ROWS]
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in batch)
        yield start, gzip.compress(lines.encode(), compresslevel=1)


def _told(error: Row) -> str:
    field = f"{error['field']}: " if error.get("field") else ""
    hint = f" ({error['hint']})" if error.get("hint") else ""
    return f"{field}{error['message']}{hint}"


def _figure(figure: Row) -> str:
    if figure["value"] is None:
        return f"-  ({figure['reason']})"
    interval = figure["ci"]
    shown = "" if interval is None else f"  [{interval[0]:.4f}, {interval[1]:.4f}]"
    return f"{figure['value']:.4f}{shown}  n {figure['n']}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("data", type=Path, help="folder with evouna_nq, pandalm and xstest")
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="where the server listens")
    parser.add_argument("--token", required=True, help="token of an admin")
    arguments = parser.parse_args()
    arguments.url = arguments.url.rstrip("/")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
