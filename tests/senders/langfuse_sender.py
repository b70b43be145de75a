"""Langfuse's client: LANGFUSE_HOST and its two keys are all that is changed."""

from langfuse import get_client, propagate_attributes
from langfuse.openai import OpenAI
from talk import talk

langfuse = get_client()
with (
    langfuse.start_as_current_observation(as_type="span", name="POST /chat"),
    propagate_attributes(session_id="s-1", user_id="u-1", tags=["prod"]),
):
    talk(OpenAI(max_retries=0))
    langfuse.score_current_trace(name="user_feedback", value=1, data_type="BOOLEAN")
langfuse.flush()
langfuse.shutdown()
