"""OpenLLMetry (Traceloop) for OpenAI's client."""

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from talk import talk

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
OpenAIInstrumentor().instrument(tracer_provider=provider)
around = {"session.id": "s-1", "user.id": "u-1"}
with trace.get_tracer("app").start_as_current_span("POST /chat", attributes=around) as span:
    talk()
    span.add_event(
        "gen_ai.evaluation.result",
        {"gen_ai.evaluation.name": "user_feedback", "gen_ai.evaluation.score.value": 1.0,
         "gen_ai.evaluation.score.label": "thumbs_up"},
    )  # fmt: skip
provider.shutdown()
