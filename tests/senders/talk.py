"""What every sender asks the model: one question that is answered, and one that fails."""

import contextlib

from openai import OpenAI, RateLimitError

SYSTEM = {"role": "system", "content": "Be brief."}
QUESTION = {"role": "user", "content": "How do I get a refund?"}
FAILS = {"role": "user", "content": "FAIL please"}


def talk(client: OpenAI | None = None) -> None:
    """Ask both, as an application would; where the model is stands in OPENAI_BASE_URL."""
    client = client or OpenAI(max_retries=0)
    client.chat.completions.create(model="fake-mini", messages=[SYSTEM, QUESTION])
    with contextlib.suppress(RateLimitError):
        client.chat.completions.create(model="fake-mini", messages=[FAILS])
