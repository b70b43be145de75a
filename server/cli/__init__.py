"""The `goldloop` command. Everything heavy is imported inside the commands: help stays quick."""

import sys

import click

from server.cli import (
    adjudication,
    annotators,
    checks,
    connections,
    consensus,
    data,
    datasets,
    judging,
    layers,
    patterns,
    people,
    quality,
    queues,
    redaction,
    report,
    reports,
    run,
    sending,
    texts,
    traces,
    webhooks,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="goldloop", message="%(version)s")
def goldloop() -> None:
    """Label what your LLM system answers, trust the numbers, take the datasets away."""


for _command in (
    run.demo,
    run.serve,
    run.migrate,
    run.doctor,
    run.backup,
    run.restore,
    people.user,
    data.ingest,
    checks.check,
    redaction.redaction,
    connections.connection,
    connections.pull,
    traces.traces,
    queues.queue,
    queues.draw,
    data.labels,
    reports.agreement,
    reports.quality,
    quality.judge,
    judging.judging,
    quality.wins,
    quality.plan,
    layers.layers,
    reports.failures,
    patterns.pattern,
    texts.texts,
    consensus.consensus,
    reports.progress,
    report.report,
    report.reports,
    adjudication.disagreements,
    annotators.annotators,
    data.export,
    datasets.dataset,
    datasets.verify,
    sending.send,
    sending.sendings,
    webhooks.webhook,
):
    goldloop.add_command(_command)


def main() -> None:
    """Run the command: exit code 0 done, 1 failed, 2 wrong usage."""
    sys.exit(goldloop.main(standalone_mode=True))
