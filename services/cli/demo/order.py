"""What a demo plays, from the command line."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

PIPELINES = Path(__file__).resolve().parents[3] / "pipelines"
NAMES = ("payments", "bikes", "vehicles", "electricity", "flights")
_REAL = ("electricity", "flights")
"""Those that have no generated stream."""


@dataclass(frozen=True)
class DemoOrder:
    """A pipeline's directory and what its source is asked for."""

    directory: Path
    data: Path | None = None
    seed: int = 7
    options: dict[str, str] = field(default_factory=dict)
    keep: bool = False
    as_json: bool = False
    pace: str = "settled"
    step: str | None = None

    @property
    def drifts(self) -> bool:
        """Whether the story has a change of patterns that must be found."""
        return self.data is None and self.options.get("drift") != "none"


def read_order(arguments: Sequence[str]) -> DemoOrder:
    """Exits with code 2 for arguments that make no demo."""
    parser = _parser()
    given = parser.parse_args(arguments)
    directory = PIPELINES / given.pipeline if given.pipeline in NAMES else Path(given.pipeline)
    if not (directory / "source.py").is_file():
        parser.error(f"{given.pipeline} is none of {', '.join(NAMES)}, nor a pipeline directory with a source.py")
    if given.data is None and given.pipeline in _REAL:
        parser.error(f"{given.pipeline} plays a real stream: name its file with --data")
    if given.data is not None and not given.data.is_file():
        parser.error(f"there is no file {given.data}")
    options = {"drift": given.drift} if given.drift else {}
    options |= {"events": str(given.events)} if given.events else {}
    for pair in given.option:
        name, equals, value = pair.partition("=")
        if not equals:
            parser.error(f"--option is NAME=VALUE, not {pair}")
        options[name] = value
    data = given.data.resolve() if given.data else None
    return DemoOrder(directory.resolve(), data, given.seed, options, given.keep, given.json, given.pace, given.step)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/demo", description="Play a stream through the whole platform.")
    parser.add_argument("pipeline", nargs="?", default="payments", help=f"{', '.join(NAMES)} (default: payments)")
    parser.add_argument("--data", type=Path, help="file of a real stream, such as elec2.csv.gz")
    parser.add_argument("--seed", type=int, default=7, help="of the generated stream (default: 7)")
    parser.add_argument("--drift", help="day on which the generated patterns change, or none")
    parser.add_argument("--events", type=int, help="how many events (default: all that the source has)")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="for the pipeline's source")
    parser.add_argument("--keep", action="store_true", help="leave everything running at the end")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON; the account goes to stderr")
    parser.add_argument("--pace", default="settled", help="settled (default), or a multiple of event time")
    parser.add_argument("--step", help="event time between two rests, such as 7d (default: the pipeline's window)")
    return parser
