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


class _Sections(click.Group):
    """The commands in the order of the work, each with its whole sentence."""

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """Write them, section by section."""
        for title, commands in _SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl(
                    [(str(one.name), one.get_short_help_str(200)) for one in commands]
                )


@click.group(
    cls=_Sections,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="goldloop", message="%(version)s")
def goldloop() -> None:
    """Label what your LLM system answers, trust the numbers, take the datasets away."""


_SECTIONS: dict[str, tuple[click.Command, ...]] = {
    "Run": (
        run.demo, run.serve, people.user, run.doctor, run.migrate, run.backup, run.restore,
    ),
    "In": (
        data.ingest, connections.connection, connections.pull, traces.traces,
        redaction.redaction, checks.check,
    ),
    "Label": (
        queues.queue, queues.draw, quality.plan, texts.texts, reports.progress, data.labels,
        adjudication.disagreements, consensus.consensus,
    ),
    "Numbers": (
        report.report, report.reports, reports.quality, reports.agreement, reports.failures,
        patterns.pattern, quality.wins, annotators.annotators,
    ),
    "A model as a judge": (judging.judging, quality.judge, layers.layers),
    "Out": (
        data.export, datasets.dataset, datasets.verify, sending.send, sending.sendings,
        webhooks.webhook,
    ),
}  # fmt: skip
for _commands in _SECTIONS.values():
    for _command in _commands:
        goldloop.add_command(_command)


def main() -> None:
    """Run the command: exit code 0 done, 1 failed, 2 wrong usage."""
    sys.exit(goldloop.main(standalone_mode=True))
