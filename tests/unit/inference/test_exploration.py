import hashlib

from services.inference.domain.exploration import Exploration
from tests.unit.inference.scene import PIPELINE, pipeline

IDS = [f"payment-{number}" for number in range(20_000)]


def test_nothing_is_marked_where_the_file_does_not_ask_for_it() -> None:
    for found in (PIPELINE, pipeline(acted="{when: decision, label: censored}")):
        exploration = Exploration.of(found)
        assert (exploration.drawn, exploration.propensity) == (None, None)


def test_so_large_a_share_is_marked_as_the_file_says() -> None:
    """A draw of 20,000 at 5 % has a standard deviation of 31."""
    exploration = Exploration.of(pipeline(acted="{when: decision, label: censored, explore: 5%}"))
    assert exploration == Exploration("shop", 20)
    assert exploration.propensity == 0.05
    assert abs(sum(exploration.marks(IDS)) - 1_000) < 4 * 31


def test_the_mark_follows_from_the_id_and_the_pipeline_alone() -> None:
    marks = Exploration("shop", 20).marks(IDS)
    assert Exploration("shop", 20).marks(reversed(IDS)) == marks[::-1]
    assert Exploration("other", 20).marks(IDS) != marks
    digest = hashlib.sha256(f"shop/{IDS[marks.index(True)]}".encode()).digest()
    assert int.from_bytes(digest[:8], "big") % 20 == 0
