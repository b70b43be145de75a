"""`goldloop agreement`, `quality`, `failures`, `progress`: what the labels say."""

from collections.abc import Mapping
from typing import Any

import click

from server.cli.context import answer, as_json, fails_cleanly, figure, now, opened, table
from server.cli.told import agreement_text

_field = click.option("--field", help="Which field of the form; default: the first that fits.")
_queue = click.argument("queue_name", metavar="QUEUE")


@click.command()
@_queue
@_field
@click.option("--model", help="Only interactions of this model.")
@click.option("--category", help="Only interactions of this category.")
@click.option(
    "--cluster",
    type=click.Choice(["conversation", "user"]),
    help="Whose tasks say much the same: intervals go by them.",
)
@click.option(
    "--width", type=float, default=0.1, show_default=True, help="Half-width to plan tasks for."
)
@as_json
@fails_cleanly
def agreement(queue_name: str, json_: bool, **chosen: Any) -> None:
    """How far annotators agree beyond chance: overall, per pair, over time, by segment."""
    from labeling.agreement import agreement_report

    with opened() as store, store.snapshot() as session:
        found = agreement_report(session, queue_name, **chosen)
    answer(found, json_, lambda: agreement_text(found))


@click.command()
@_queue
@_field
@click.option(
    "--by", help="Split by these, with commas: category,model,variant,source,week,tags,flags."
)
@click.option(
    "--poststratify",
    type=click.Choice(["none", "confidence", "category", "model"]),
    help="Meet the known totals of these classes; default: none.",
)
@click.option("--judge", help="Which judge's scores may help; default: the one with most.")
@as_json
@fails_cleanly
def quality(
    queue_name: str,
    field: str | None,
    by: str | None,
    poststratify: str | None,
    judge: str | None,
    json_: bool,
) -> None:
    """Estimate the quality of the whole traffic from the labels of a targeted sample."""
    from labeling.overview import scales_of
    from labeling.quality import quality_report
    from labeling.weighing import SPLIT_BY

    segments = SPLIT_BY if by is None else tuple(by.split(","))
    with opened() as store, store.snapshot() as session:
        found = quality_report(
            session,
            queue_name,
            now(),
            field=field,
            by=segments,
            poststratify=poststratify,
            judge=judge,
        )
        low, high = scales_of(session, queue_name).get(found["field"], (0, 1))
    answer(found, json_, lambda: quality_text(found, low, high))


def quality_text(found: Mapping[str, Any], low: float, high: float) -> str:
    """The report on quality; `low` and `high` are the ends of its field."""
    from server.pages.wide import not_compared, why_wide

    why = why_wide(found["estimate"])
    lines = [
        f"{found['field']}: {found['labelled']} labelled tasks speak for "
        f"{found['population']} interactions",
        f"  estimate         {figure(found['estimate'])}",
        *([f"    {why}"] if why else []),
        f"  unweighted mean  {figure(found['unweighted_mean'])}",
    ]
    if found["judge"]:
        lines.append(f"  with the judge   {figure(found['judge']['estimate'])}")
        lines += [f"  {told}" for told in (found["judge"]["sentence"], *found["judge"]["warnings"])]
    lines += [f"  {tag:16} {figure(fig)}" for tag, fig in found["rates"].items()]
    for segment, figures in found["by"].items():
        for value, fig in figures.items():
            mark = not_compared(fig, low, high)
            lines.append(f"  {segment} {value}: {figure(fig)}{f'  {mark}' if mark else ''}")
    return "\n".join(lines)


@click.command()
@_queue
@click.option(
    "--depth",
    type=click.IntRange(1, 2),
    default=2,
    show_default=True,
    help="1: single values of attributes; 2: pairs of them as well.",
)
@click.option("--by", help="Only these attributes, with commas between them.")
@click.option("--clusters", is_flag=True, help="Group the texts that fail.")
@click.option(
    "--vectors",
    type=click.Path(exists=True, dir_okay=False),
    help="A Parquet file with embeddings to group by: source, id, vector.",
)
@click.option(
    "--where",
    multiple=True,
    metavar="NAME=VALUE",
    help="List the labelled tasks of this pattern instead, failing ones first.",
)
@as_json
@fails_cleanly
def failures(  # noqa: PLR0913 - one parameter per option
    queue_name: str,
    depth: int,
    by: str | None,
    clusters: bool,
    vectors: str | None,
    where: tuple[str, ...],
    json_: bool,
) -> None:
    """Where the system fails: rates of failures and issues, patterns that stand out, changes."""
    from labeling.attributes import ATTRIBUTES, parse_pattern
    from labeling.failing import failing_tasks
    from labeling.failures import Asked, failures_report
    from server.cli import told_failures
    from storage.sources.vectors import read_vectors

    if where:
        with opened() as store, store.snapshot() as session:
            found = failing_tasks(session, queue_name, now(), parse_pattern(where))
        answer(found, json_, lambda: told_failures.tasks(found))
        return
    names = ATTRIBUTES if by is None else tuple(by.split(","))
    given = read_vectors(vectors) if vectors else None
    asked = Asked(depth, names, clusters or given is not None, given)
    with opened() as store, store.snapshot() as session:
        found = failures_report(session, queue_name, now(), asked)
    answer(found, json_, lambda: told_failures.report(found))


@click.command()
@_queue
@as_json
@fails_cleanly
def progress(queue_name: str, json_: bool) -> None:
    """How far a queue is, and who has done what."""
    from labeling.reports import progress_report

    with opened() as store, store.snapshot() as session:
        found = progress_report(session, queue_name)
    headings = {"name": "ANNOTATOR", "labels": "LABELS", "leased": "OPEN", "skipped": "SKIPPED"}
    answer(
        found,
        json_,
        lambda: (
            f"{found['labels_done']} of {found['labels_needed']} labels on {found['tasks']} "
            f"tasks\n{table(found['by_annotator'], headings, 'nobody has labelled yet')}"
        ),
    )
