"""The `goldloop` command. Everything heavy is imported inside the commands: help stays quick."""

import sys

import click

from server.cli import (
    adjudication,
    annotators,
    consensus,
    data,
    patterns,
    people,
    quality,
    queues,
    report,
    reports,
    run,
    texts,
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
    queues.queue,
    queues.draw,
    data.labels,
    reports.agreement,
    reports.quality,
    quality.judge,
    quality.wins,
    quality.plan,
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
):
    goldloop.add_command(_command)


def main() -> None:
    """Run the command: exit code 0 done, 1 failed, 2 wrong usage."""
    sys.exit(goldloop.main(standalone_mode=True))
