"""What Docker is asked to do, so that a command finds keys, store and broker in a container as it does here."""

import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from services.chassis.settings import ChassisSettings
from services.cli.container import in_directory, in_volume, run_in, run_of
from services.cli.failure import Failure

IMAGE, WORDS = "registry.example/driftmill@sha256:4ac1", ["rebuild", "v3"]


def settings(home: Path, **given: Any) -> ChassisSettings:
    return ChassisSettings(pipeline="payments", home=home, **given)


def told(home: Path, **extra: str) -> dict[str, str]:
    return {"DRIFTMILL_PIPELINE": "payments", "DRIFTMILL_HOME": str(home), "EDITOR": "vi", **extra}


def after(words: list[str], option: str) -> list[str]:
    return [word for one, word in pairwise(words) if one == option]


def test_a_command_is_run_once_and_reaches_what_this_machine_publishes() -> None:
    assert run_of(IMAGE, WORDS, ["--volume", "a:b"]) == [
        *("run", "--rm", "--init", "--network", "host", "--env", "NUMBA_CACHE_DIR=/tmp/numba", "--volume", "a:b"),
        *(IMAGE, "rebuild", "v3"),
    ]


def test_a_directory_is_where_it_is_here_and_is_only_read(tmp_path: Path) -> None:
    place = in_directory(settings(tmp_path), told(tmp_path, AWS_SECRET_ACCESS_KEY="hidden"))
    assert after(place, "--volume") == [f"{tmp_path}:{tmp_path}:ro"]
    assert after(place, "--user") == [f"{os.getuid()}:{os.getgid()}"]
    # by name: what a variable holds stands in no list of processes
    assert after(place, "--env") == ["AWS_SECRET_ACCESS_KEY", "DRIFTMILL_HOME", "DRIFTMILL_PIPELINE"]


@pytest.mark.parametrize(("store", "mounted"), [("file:///lake", ["/lake:/lake:ro"]), ("s3://lake/mill", [])])
def test_a_store_elsewhere_is_reached_too(tmp_path: Path, store: str, mounted: list[str]) -> None:
    place = in_directory(settings(tmp_path, store=store), told(tmp_path, DRIFTMILL_STORE=store))
    assert after(place, "--volume")[1:] == mounted
    assert "DRIFTMILL_STORE" in after(place, "--env")


def test_a_volume_is_where_the_image_has_its_home(tmp_path: Path) -> None:
    place = in_volume("mill_home", told(tmp_path))
    assert place == ["--volume", "mill_home:/var/lib/driftmill:ro", "--env", "DRIFTMILL_PIPELINE"]


def test_without_docker_it_is_said_what_is_lacking(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"Docker is needed to run registry.example/driftmill@sha256:4ac1"):
        run_in(IMAGE, WORDS, settings(tmp_path), told(tmp_path, PATH=str(tmp_path)), "")


def test_the_exit_code_is_the_command_s(tmp_path: Path) -> None:
    docker = tmp_path / "docker"
    asked = 'echo "$DRIFTMILL_PIPELINE $*" > "$DRIFTMILL_HOME/asked"'
    docker.write_text(f'#!/bin/sh\n[ "$1" = volume ] && exit 0\n{asked}\nexit 3\n')
    docker.chmod(0o755)
    assert run_in(IMAGE, WORDS, settings(tmp_path), told(tmp_path, PATH=str(tmp_path)), "home") == 3
    assert (tmp_path / "asked").read_text().startswith("payments run --rm --init --network host ")


def test_who_is_told_to_end_ends_the_container_first(tmp_path: Path) -> None:
    docker = tmp_path / "docker"
    docker.write_text(
        '#!/bin/sh\n[ "$1" = volume ] && exit 0\n'
        "trap 'echo ended > \"$DRIFTMILL_HOME/ended\"; exit 143' TERM\n"
        'kill -TERM $PPID\nwhile :; do read -r _ < "$DRIFTMILL_HOME/never"; done\n'
    )
    docker.chmod(0o755)
    os.mkfifo(tmp_path / "never")
    with pytest.raises(KeyboardInterrupt):
        run_in(IMAGE, WORDS, settings(tmp_path), told(tmp_path, PATH=str(tmp_path)), "home")
    assert (tmp_path / "ended").exists()


def test_a_volume_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    docker = tmp_path / "docker"
    docker.write_text('#!/bin/sh\necho "Error: no such volume: hom" >&2\n[ "$*" = "volume inspect hom" ] && exit 1\n')
    docker.chmod(0o755)
    with pytest.raises(Failure, match=r"no such volume: hom\n`docker volume ls` lists"):
        run_in(IMAGE, WORDS, settings(tmp_path), told(tmp_path, PATH=str(tmp_path)), "hom")
