"""Every export in the real tool: installed, run by the commands of its page, on loopback alone.

    python bench/exports.py [NAME ...] [--keep FOLDER]

One line per tool: what it loaded and scored, seconds with the installation, size of what was
installed. Each tool has an environment of its own, deleted when it is done unless kept in a
folder. The model is a server in this process that speaks the OpenAI protocol; so is Langfuse, which
answers as its server was seen to. Phoenix is the real one. TRL trains a tiny model made of noise.
promptfoo needs npx.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request
import venv
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from storage import ensure_current, open_store
from tests.exported import EVIL, QUEUE, RIGHT, SCORED, Model, fill, run_page, served

TINY = """
import sys
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
bytes_ = pre_tokenizers.ByteLevel(add_prefix_space=False)
made = Tokenizer(models.BPE())
made.pre_tokenizer, made.decoder = bytes_, decoders.ByteLevel()
special = ["<pad>", "<s>", "</s>"]
made.train_from_iterator(["hello"], trainers.BpeTrainer(
    vocab_size=300, special_tokens=special, initial_alphabet=bytes_.alphabet()))
words = PreTrainedTokenizerFast(
    tokenizer_object=made, pad_token="<pad>", bos_token="<s>", eos_token="</s>")
words.chat_template = (
    "{% for m in messages %}<s>{{ m['role'] }}: {{ m['content'] }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant: {% endif %}")
words.save_pretrained(sys.argv[1])
LlamaForCausalLM(LlamaConfig(
    vocab_size=len(words), hidden_size=16, intermediate_size=32, num_hidden_layers=1,
    num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=1024,
)).save_pretrained(sys.argv[1])
"""


@dataclass
class Place:
    """Where a tool runs."""

    folder: Path
    python: Path
    output: str = ""


@dataclass(frozen=True)
class Tool:
    """How a tool is tried, beside the commands of its page."""

    told: Callable[[Place], str]
    """What it did; raises when that is not what it should have done."""
    env: Mapping[str, str] = field(default_factory=dict)
    around: Callable[[Place], Any] | None = None
    """A server that it needs, as a context that gives environment variables."""


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def right(found: float, total: int = SCORED) -> str:
    """Raises unless the model was right where it should be."""
    assert abs(found - RIGHT / SCORED) < 1e-9, found
    return f"{total} samples, right {found:.2f}"


def inspect(place: Place) -> str:
    log = json.loads((place.folder / "bench/scored.json").read_text())
    scores = {one["name"]: one["metrics"] for one in log["results"]["scores"]}
    assert scores["human_rating"]["mean"]["value"] == 3.0
    assert f"{RIGHT / SCORED:.3f}" in place.output
    return f"{SCORED} samples, right {RIGHT / SCORED:.2f}; replayed, human_rating mean 3.0"


def promptfoo(place: Place) -> str:
    told = json.loads((place.folder / "bench/results.json").read_text())["results"]
    assert told["stats"]["errors"] == 0, told["stats"]
    assert "sk-loopback" not in json.dumps(told)
    asked = json.dumps([one["prompt"]["raw"] for one in told["results"]])
    assert json.dumps(json.dumps(EVIL))[3:-3] in asked
    return right(told["stats"]["successes"] / SCORED)


def lm_eval(place: Place) -> str:
    [found] = (place.folder / "bench/results").rglob("results_*.json")
    told = json.loads(found.read_text())["results"][f"goldloop_{QUEUE}"]
    return right(told["includes,none"]) + f", exact {told['exact_match,none']:.2f}"


def openai_evals(place: Place) -> str:
    told = [one for one in lines(place.folder / "bench/log.jsonl") if "final_report" in one]
    return right(told[0]["final_report"]["accuracy"])


def deepeval(place: Place) -> str:
    assert f"{SCORED} total tests" in place.output
    assert "Passed: 1" in place.output
    return f"{SCORED} goldens, exact 1"


def ragas(place: Place) -> str:
    told = lines(place.folder / "bench/scores.jsonl")
    code = "import sys, ragas; print(len(ragas.EvaluationDataset.from_jsonl(sys.argv[1])))"
    long = place.folder / "bench/conversations.jsonl"
    loaded = subprocess.check_output([place.python, "-c", code, long], text=True)
    found = right(sum(one["string_present"] for one in told) / len(told), len(told))
    return f"{found}; {int(loaded)} multi-turn"


def huggingface(place: Place) -> str:
    assert f"num_rows: {SCORED}" in place.output
    return f"{SCORED} rows in test, 3 in unscored"


def trl(place: Place) -> str:
    kinds = ("sft", "dpo", "kto")
    assert all((place.folder / f"train/{QUEUE}-{one}/config.json").exists() for one in kinds)
    return "trained on " + ", ".join(
        f"{len(lines(place.folder / f'train/{one}.jsonl'))} {one}" for one in kinds
    )


@contextmanager
def tiny(place: Place) -> Iterator[dict[str, str]]:
    """A model of noise, for which torch comes without what a GPU needs."""
    install(place, "trl", "torch")
    model = place.folder / "tiny"
    subprocess.run([place.python, "-c", TINY, model], check=True, capture_output=True)
    yield {"MODEL": str(model)}


class Langfuse(ThreadingHTTPServer):
    """What was sent to it, by path."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), LangfuseReply)
        self.items: list[tuple[str, Any]] = []


class LangfuseReply(BaseHTTPRequestHandler):
    """Answers as a Langfuse server does to a new dataset and a new item."""

    server: Langfuse

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        now = "2026-11-21T06:33:35.000Z"
        told = {"createdAt": now, "updatedAt": now, "projectId": "p", "datasetId": "d"}
        told |= {"id": "d", "metadata": None, "mediaReferences": [], **body}
        told["status"] = body.get("status") or "ACTIVE"
        self.server.items.append((self.path, body))
        data = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_args: Any) -> None:
        """Nobody reads it."""


@contextmanager
def langfuse_server(_place: Place) -> Iterator[dict[str, str]]:
    """What Langfuse answers, remembered in the output."""
    server = Langfuse()
    url = f"http://127.0.0.1:{server.server_port}"
    keys = {"LANGFUSE_PUBLIC_KEY": "pk-lf-1", "LANGFUSE_SECRET_KEY": "sk-lf-1"}
    with served(server):
        yield keys | {"LANGFUSE_BASE_URL": url, "LANGFUSE_HOST": url}
    items = [body for path, body in server.items if path == "/api/public/dataset-items"]
    written = lines(_place.folder / "items/items.jsonl")
    keys_ = ("datasetName", "id", "input", "expectedOutput", "metadata")
    assert [[one[key] for key in keys_] for one in items] == [
        [one[key] for key in keys_] for one in written
    ]


def langfuse(place: Place) -> str:
    assert f"{SCORED} items" in place.output
    return f"{SCORED} items arrived as they were written, on a loopback server"


@contextmanager
def phoenix_server(place: Place) -> Iterator[dict[str, str]]:
    """A real Phoenix."""
    install(place, "arize-phoenix")
    ports = []
    for _ in range(2):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            ports.append(str(free.getsockname()[1]))
    env = os.environ | {
        "PHOENIX_HOST": "127.0.0.1", "PHOENIX_PORT": ports[0], "PHOENIX_GRPC_PORT": ports[1],
        "PHOENIX_WORKING_DIR": str(place.folder / "phoenix"), "PHOENIX_TELEMETRY_ENABLED": "false",
        "HOME": str(place.folder),
    }  # fmt: skip
    url = f"http://127.0.0.1:{ports[0]}"
    command = [place.python.parent / "phoenix", "serve"]
    running = subprocess.Popen(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until_healthy(url)
        yield {"PHOENIX_COLLECTOR_ENDPOINT": url}
        with urllib.request.urlopen(f"{url}/v1/datasets") as answer:
            [made] = json.load(answer)["data"]
        assert (made["name"], made["example_count"]) == (QUEUE, SCORED)
    finally:
        running.terminate()
        try:
            running.wait(30)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def until_healthy(url: str) -> None:
    """Wait for a server, at most two minutes."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        with suppress(OSError), urllib.request.urlopen(f"{url}/healthz"):
            return
        time.sleep(0.5)
    raise TimeoutError(url)


def phoenix(place: Place) -> str:
    assert f"{SCORED} examples" in place.output
    return f"{SCORED} examples in a real Phoenix"


TOOLS = {
    "inspect": Tool(inspect, {"MODEL": "openai-api/local/fake-mini"}),
    "promptfoo": Tool(promptfoo),
    "lm-eval": Tool(lm_eval),
    "openai-evals": Tool(openai_evals),
    "deepeval": Tool(deepeval),
    "ragas": Tool(ragas),
    "huggingface": Tool(huggingface),
    "trl": Tool(trl, {"OPTIONS": "--use_cpu --bf16 false --report_to none --max_steps 2"}, tiny),
    "langfuse": Tool(langfuse, around=langfuse_server),
    "phoenix": Tool(phoenix, around=phoenix_server),
}


def install(place: Place, *names: str) -> None:
    command = [place.python, "-m", "pip", "install", "--quiet", *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr[-3_000:]


def run(name: str, tool: Tool, folder: Path, database: str, model: Model) -> str:
    """Install a tool and run its page; what it did."""
    home = folder / "env"
    if not home.exists():
        venv.create(home, with_pip=True)
    place = Place(folder, home / "bin" / "python")
    npm = Path(shutil.which("npx") or "/usr/bin/npx").parent
    env = {
        "MODEL": "gpt-4o-mini", "OPENAI_BASE_URL": model.url, "OPENAI_API_KEY": "sk-loopback",
        "LOCAL_BASE_URL": model.url, "LOCAL_API_KEY": "sk-loopback",
        "HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1", "RAGAS_DO_NOT_TRACK": "true",
        "PROMPTFOO_DISABLE_TELEMETRY": "1", "PROMPTFOO_DISABLE_UPDATE": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1", "INSPECT_DISPLAY": "plain",
        "PIP_QUIET": "1", "npm_config_loglevel": "error",
        "npm_config_cache": str(home / "npm"), **registries(), **tool.env,
    }  # fmt: skip
    for old in ("bench", "train", "items"):
        shutil.rmtree(folder / old, ignore_errors=True)
    with (tool.around or plain)(place) as more:
        path = f"{home / 'bin'}:{npm}"
        done = run_page(f"exports/{name}.md", folder, database, path, env | more)
        place.output = done.stdout + done.stderr
        if done.returncode:
            raise AssertionError(place.output[-3_000:])
    return tool.told(place)


@contextmanager
def plain(_place: Place) -> Iterator[dict[str, str]]:
    """Nothing around."""
    yield {}


def registries() -> dict[str, str]:
    """Where this machine installs from, if it says so in its environment."""
    kept = ("PIP_", "NPM_", "npm_", "UV_", "SSL_", "REQUESTS_", "NODE_EXTRA", "http", "no_", "HTTP")
    return {name: value for name, value in os.environ.items() if name.startswith(kept)}


def size_of(folder: Path) -> int:
    return sum(one.lstat().st_size for one in folder.rglob("*") if not one.is_dir())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(TOOLS))
    parser.add_argument("--keep", metavar="FOLDER", help="keep environments there")
    given = parser.parse_args()
    unlike = (AssertionError, LookupError, ValueError, OSError, subprocess.SubprocessError)
    failed = []
    with tempfile.TemporaryDirectory() as scratch, served(model := Model()):
        database = f"sqlite:///{scratch}/exports.db"
        store = open_store(database)
        ensure_current(store)
        fill(store)
        store.close()
        print(f"{datetime.now(UTC):%Y-%m-%d}: {SCORED} scored samples, {RIGHT} of them right")
        for name in given.names or TOOLS:
            folder = Path(given.keep or scratch, name).resolve()
            folder.mkdir(parents=True, exist_ok=True)
            start = time.perf_counter()
            try:
                told = run(name, TOOLS[name], folder, database, model)
            except unlike:
                failed.append(name)
                told = f"FAILED: {traceback.format_exc(limit=-1)}"
            seconds, size = time.perf_counter() - start, size_of(folder / "env") / 1e6
            print(f"{name:13} {seconds:4.0f} s {size:6.0f} MB  {told}", flush=True)
            if not given.keep:
                shutil.rmtree(folder, ignore_errors=True)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
