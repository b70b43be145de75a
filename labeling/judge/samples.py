"""What is to be known of the sample of a judge: for who sends it, and who reads its scores."""

from collections.abc import Iterable, Mapping
from typing import Any

from labeling.judge.leaving import bare_warnings
from storage import Session
from storage.queries import judging


def design_warnings(design: Mapping[str, Any]) -> list[str]:
    """What whoever sends this sample away, or wants an estimate from it, should know."""
    return [*bare_warnings(design), *_sample_warnings(design)]


def _sample_warnings(design: Mapping[str, Any]) -> list[str]:
    if design["tasks"]:
        return [
            "The judge sees what people were asked about and nothing else: that tells how far the "
            "two agree. It cannot narrow the estimate, and `goldloop quality` will not let it."
        ]
    share, found = design["drawn"] / design["population"], list[str]()
    if uneven := uneven_because(design):
        found.append(
            f"The judge is sent {uneven}: agreement with people is then that on such interactions, "
            "which may be another one than on all traffic."
        )
    if share >= 1:
        return found
    return [
        *found,
        f"The judge sees {100 * share:.3g} % of {design['population']:,} interactions; the others "
        "count as average. For the estimate that leaves it the worth of a judge whose correlation "
        f"with people is {share**0.5:.2f} times as high: --rate 1 on a smaller window helps more.",
    ]


def uneven_because(design: Mapping[str, Any]) -> str | None:
    """What makes a sample another one than an even sample of all traffic, if anything does."""
    if design["tasks"]:
        return None
    if design["where"]:
        told = ", ".join(f"{key}={value}" for key, value in sorted(design["where"].items()))
        return f"only what has {told:.200}"
    if design["strategy"] != "random" and design["drawn"] < design["population"]:
        return f"more of what the strategy {design['strategy']} looks for"
    return None


def uneven_runs(session: Session, versions: Iterable[str | None]) -> list[str]:
    """What makes the samples of the runs of some judges uneven, each reason once."""
    told = judging.designs_of(session, [one for one in versions if one is not None])
    return list(dict.fromkeys(why for one in told if (why := uneven_because(one))))
