"""The lead's look at how carefully people label."""

from labeling.queues import change_queue
from labeling.rules import CARE
from server.pages.sections.carefulness import carefulness

FIG = {"value": 0.9, "ci": [0.6, 0.98], "n": 10, "method": "share"}
QUEUE = {"name": "q", **dict.fromkeys(CARE), "gold_rate": 0.1, "repeat_rate": 0}


def row(name, **more):
    return {
        "annotator": name, "state": "open", "answered": 0, "right": 0, "tasks": 5, "attempt": 1,
        "admitted": False, **more,
    }  # fmt: skip


def test_nothing_where_the_queue_does_not_look():
    report = {"gold": [], "repeats": [], "qualification": []}
    assert carefulness({**QUEUE, "gold_rate": 0}, report) is None


def test_people_their_figures_and_what_a_lead_can_do():
    report = {
        "gold": [{"annotator": "<b>ann", "n": 10, "right": 9, "rate": FIG}],
        "repeats": [
            {"annotator": "bob", "n": 3, "right": 3, "rate": {**FIG, "n": 3, "note": "few"}}
        ],
        "qualification": [
            row("ann"),
            row("bob", admitted=True),
            row("cy", state="qualifying", answered=2, right=1),
            row("dee", state="not_qualified", answered=5, right=3),
        ],
    }
    page = str(carefulness({**QUEUE, "qualification": {"tasks": 5, "pass": 0.8}}, report))
    assert "&lt;b&gt;ann" in page
    assert "90.0 %" in page
    assert "60.0 to 98.0 %" in page
    assert "Fewer than ten say little" in page
    assert "Let in by a lead" in page
    assert page.count('data-act="admit"') == 2
    assert page.count('data-act="again"') == 1
    assert 'aria-label="Let dee try again"' in page


def test_the_lead_lets_somebody_in_from_the_page(city):
    from server.pages.lead import Office
    from server.pages.told import Told

    city.queue()
    with city.house.store.write() as session:
        rules = {"qualification": {"tasks": 5, "pass": 0.8}}
        change_queue(session, "q", rules, city.clock.now)
    acts = Office(city.house).acts()
    lee = city.accounts["lee"]
    said = acts["admit"](lee, Told({"queue": ["q"], "annotator": ["ann"]}))
    assert said["said"] == "ann may label here."
    shown = acts["show"](lee, Told({"queue": ["q"], "section": ["people"]}))
    assert "Let in by a lead" in str(shown["parts"]["ld-page"])
