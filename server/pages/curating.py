"""What a lead does with a pattern of tasks: take it as a version of a dataset."""

from urllib.parse import urlencode

from labeling.datasets.recipe import Recipe
from labeling.datasets.versions import DatasetSpec, add_from_queues, create_dataset
from server.api.deps import House
from server.pages.calls import Answer
from server.pages.deciding import pattern_of
from server.pages.told import Told
from storage import NotFound
from storage.queries import datasets, queues
from storage.queries.accounts import Account


def take_dataset(house: House, who: Account, asked: Told) -> Answer:
    """Make the next version of a dataset out of a pattern; begin the dataset if there is none."""
    queue, name = asked.needed("queue"), asked.needed("into")
    recipe = Recipe((queue,), where=pattern_of(asked.needed("pattern")).where)
    with house.store.read() as session:
        queues.queue_named(session, queue)  # a dataset is not begun for nothing
    if not _is_there(house, name):
        spec = DatasetSpec(name, asked.needed("licence"))
        create_dataset(house.store, spec, house.clock(), who)
    note = asked.text("note") or ""
    made = add_from_queues(house.store, name, recipe, house.clock(), by=who, note=note)
    said = f"{name} has version {made['version']} with {made['items']:,} items."
    if not made["new"]:
        said = f"Nothing is different: {name} stays at version {made['version']}."
    elif made["left_out"]:
        said += f" {len(made['left_out']):,} stay out: they would tie splits together."
    return {"go": "?" + urlencode({"queue": queue, "section": "exports"}), "said": said}


def _is_there(house: House, name: str) -> bool:
    with house.store.read() as session:
        try:
            datasets.dataset_named(session, name)
        except NotFound:
            return False
    return True
