"""LangSmith's client: LANGSMITH_ENDPOINT and its key are all that is changed."""

from langsmith import Client, get_current_run_tree, traceable
from langsmith.wrappers import wrap_openai
from openai import OpenAI
from talk import talk

client = Client()
about: list[str] = []


@traceable(name="POST /chat", client=client, metadata={"session_id": "s-1", "user_id": "u-1"})
def answer() -> None:
    about.append(str(get_current_run_tree().id))
    talk(wrap_openai(OpenAI(max_retries=0), tracing_extra={"client": client}))


answer()
client.flush()
client.create_feedback(about[0], "user_feedback", score=1, comment="clear")
client.flush()
