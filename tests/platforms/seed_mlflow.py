"""Fill an MLflow with traces, feedback and expected answers; runs in the environment of MLflow.

python seed_mlflow.py http://127.0.0.1:PORT
"""

import sys
import time

import mlflow
from mlflow.entities import AssessmentSource, SpanType

EXPERIMENT = "support-bot"
PERSON = AssessmentSource(source_type="HUMAN", source_id="u-1")
MODEL = AssessmentSource(source_type="LLM_JUDGE", source_id="judge-1")


def trace(number: int) -> str:
    question = f"Where is order {number}?"
    with mlflow.start_span("chat", span_type=SpanType.CHAIN) as root:
        mlflow.update_current_trace(
            metadata={"mlflow.trace.session": f"s-{number}", "mlflow.trace.user": "u-1"}
        )
        root.set_inputs({"question": question})
        with mlflow.start_span("model", span_type=SpanType.CHAT_MODEL) as call:
            messages = [{"role": "user", "content": question}]
            call.set_inputs({"model": "fake-mini", "messages": messages})
            said = {"role": "assistant", "content": "On its way."}
            call.set_outputs({"model": "fake-mini", "choices": [{"index": 0, "message": said}]})
        root.set_outputs("On its way.")
    return root.trace_id


def failing() -> None:
    try:
        with mlflow.start_span("chat", span_type=SpanType.CHAT_MODEL) as call:
            call.set_inputs({"messages": [{"role": "user", "content": "Fail, please."}]})
            raise RuntimeError("boom")
    except RuntimeError:
        return


def main(url: str) -> None:
    mlflow.set_tracking_uri(url)
    mlflow.set_experiment(EXPERIMENT)
    ids = [trace(number) for number in range(1, 25)]
    failing()
    mlflow.flush_trace_async_logging()
    while (
        sum(1 for one in mlflow.search_traces(return_type="list") if one.data.spans) < len(ids) + 1
    ):
        time.sleep(0.2)  # MLflow stores spans after it has answered
    say = mlflow.log_feedback
    say(trace_id=ids[0], name="user_feedback", value=True, source=PERSON, rationale="Quick.")
    say(trace_id=ids[1], name="rating", value=4.0, source=PERSON)
    say(trace_id=ids[2], name="correctness", value=0.25, source=MODEL)
    mlflow.log_expectation(trace_id=ids[3], name="answer", value="Tomorrow.", source=PERSON)


if __name__ == "__main__":
    main(sys.argv[1])
