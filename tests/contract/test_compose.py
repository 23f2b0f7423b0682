"""The containers against the code: every service is there, is watched, and has only settings that exist."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from services.chassis.settings import ChassisSettings
from services.cli.supervisor import SERVICES as SUPERVISED
from services.contracts.pipeline import load
from services.contracts.topics import SERVICES, entity_of, service_of, staged
from services.ingestion.settings import IngestionSettings
from services.lake.settings import LakeSettings
from services.training.settings import TrainingSettings
from services.validation.settings import ValidationSettings

ROOT = Path(__file__).parents[2]
ONE_SHOT = {"storage", "init"}
OUTSIDE = {"kafka", "schemas", "prometheus"}
VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}")
HEALTH_PORT = "8000"

# What differs because a container is a machine of its own; names in braces are filled in by the local broker.
PLACE = {
    *("process.roles", "node.id", "controller.quorum.voters", "listeners", "advertised.listeners", "log.dirs"),
    *("listener.security.protocol.map", "inter.broker.listener.name", "controller.listener.names"),
}


def containers_of(pipeline: str) -> dict[str, str]:
    """Service, or stage of one, by the name of its container."""
    stages = staged(SERVICES, load(ROOT / "pipelines" / pipeline).resolved.stages)
    return {stage.replace(".", "-"): stage for stage in stages}


CONTAINERS = containers_of("payments")
"""Those of the pipeline that compose starts by default."""


def parsed(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def yaml(path: str) -> Any:
    return parsed((ROOT / path).read_text())


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml("docker-compose.yml")["services"]
    return found


def artifacts(server: str) -> str:
    version: str = tomllib.loads((ROOT / "infra/broker/artifacts.toml").read_text())[server]["version"]
    return version


def test_every_service_has_its_container() -> None:
    assert set(SERVICES) == set(SUPERVISED)
    assert set(yaml("docker-compose.yml")["services"]) == {*CONTAINERS, *ONE_SHOT, *OUTSIDE}


@pytest.mark.parametrize("service", CONTAINERS)
def test_a_service_runs_itself_once_everything_is_prepared(compose: dict[str, Any], service: str) -> None:
    assert_runs(compose[service], CONTAINERS[service])


def test_another_pipeline_s_stages_run_as_documented() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    (block,) = re.findall(r"```yaml\n(  features-.*?)```", (ROOT / "docs/containers.md").read_text(), re.DOTALL)
    (own,) = re.findall(r"^  features-terminal:\n(?:    .*\n)+", text, re.MULTILINE)
    made, wanted = parsed(text.replace(own, block))["services"], containers_of("flights")
    assert made.keys() == {*wanted, *ONE_SHOT, *OUTSIDE}
    for name, stage in wanted.items():
        assert_runs(made[name], stage)
        assert made[name].keys() >= parsed(text)["services"]["features-terminal"].keys()


def assert_runs(container: dict[str, Any], stage: str) -> None:
    entity = ["--entity", entity_of(stage)] if entity_of(stage) else []
    assert container["command"] == ["run", service_of(stage), *entity, "--port", HEALTH_PORT]
    assert container["depends_on"] == {"init": {"condition": "service_completed_successfully"}}
    assert container["restart"] == "unless-stopped"


@pytest.mark.parametrize("service", CONTAINERS)
def test_a_service_is_healthy_when_it_says_that_it_is_ready(compose: dict[str, Any], service: str) -> None:
    command = compose[service]["healthcheck"]["test"]
    assert command[:3] == ["CMD", "python", "-c"]
    assert f'"127.0.0.1", {HEALTH_PORT}' in command[3]
    assert '"/ready"' in command[3]
    assert compose[service]["environment"]["DRIFTMILL_HTTP_HOST"] == "0.0.0.0"  # asked by Prometheus from outside
    compile(command[3], service, "exec")


def test_preparation_waits_for_a_healthy_broker_and_registry(compose: dict[str, Any]) -> None:
    healthy = {"condition": "service_healthy"}
    assert compose["init"]["depends_on"] == {"kafka": healthy, "schemas": healthy}
    assert {name for name in OUTSIDE if "test" in compose[name]["healthcheck"]} == OUTSIDE
    assert compose["init"]["restart"] == "no"


def test_every_image_is_pinned_and_can_be_replaced(compose: dict[str, Any]) -> None:
    images = {name: VARIABLE.fullmatch(container["image"]) for name, container in compose.items()}
    assert [name for name, image in images.items() if image is None] == []
    tags = {image[2].partition(":")[2] for image in images.values() if image}
    assert not tags & {"", "latest"}


def test_broker_and_registry_are_the_versions_that_run_without_containers(compose: dict[str, Any]) -> None:
    assert f":-apache/kafka:{artifacts('kafka')}}}" in compose["kafka"]["image"]
    assert f":-apicurio/apicurio-registry-mem:{artifacts('registry')}}}" in compose["schemas"]["image"]


def test_the_broker_is_set_as_the_local_one(compose: dict[str, Any]) -> None:
    lines = (ROOT / "infra/broker/server.properties").read_text().splitlines()
    local = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    wanted = {f"KAFKA_{name.replace('.', '_').upper()}": value for name, value in local.items() if name not in PLACE}
    given = {name: str(value) for name, value in compose["kafka"]["environment"].items()}
    assert wanted.items() <= given.items()


def test_only_the_own_machine_reaches_published_ports(compose: dict[str, Any]) -> None:
    published = [port for container in compose.values() for port in container.get("ports", ())]
    assert len(published) == 4
    assert [port for port in published if not port.startswith("127.0.0.1:${")] == []


def test_the_advertised_port_is_the_published_one(compose: dict[str, Any]) -> None:
    (port,) = compose["kafka"]["ports"]
    outside = port.rpartition(":")[0]
    assert compose["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].endswith(f"HOST://{outside}")


def test_containers_get_only_settings_that_exist(compose: dict[str, Any]) -> None:
    kinds = (ChassisSettings, IngestionSettings, ValidationSettings, LakeSettings, TrainingSettings)
    known = {f"DRIFTMILL_{name.upper()}" for kind in kinds for name in kind.model_fields}
    given = {name for container in compose.values() for name in container.get("environment", ())}
    assert {name for name in given if name.startswith("DRIFTMILL_")} - known == set()


def test_runs_are_told_the_image_that_they_are_worked_on_in(compose: dict[str, Any]) -> None:
    assert compose["training"]["environment"]["DRIFTMILL_RUN_IMAGE"] == compose["training"]["image"]
    assert "DRIFTMILL_RUN_IMAGE" not in compose["lake"]["environment"]


def test_nothing_of_ours_runs_as_root_or_with_privileges(compose: dict[str, Any]) -> None:
    for service in (*CONTAINERS, *ONE_SHOT):
        assert not {"user", "privileged", "cap_add", "pid", "network_mode"} & set(compose[service])
    user = re.findall(r"^USER (\d+):(\d+)$", (ROOT / "infra/docker/Dockerfile").read_text(), re.MULTILINE)
    assert len(user) == 1
    assert int(user[0][0]) >= 10_000
    assert compose["schemas"]["user"].split(":")[0] == user[0][0]


def test_the_image_is_made_of_the_lock_and_of_nothing_from_the_network_besides() -> None:
    text = (ROOT / "infra/docker/Dockerfile").read_text()
    installs = re.findall(r"pip install (.*?)(?<!\\)\n", text, re.DOTALL)
    assert len(installs) == 2
    assert "--require-hashes -r /build/requirements.txt" in installs[0]
    assert "--no-index --no-deps --no-build-isolation" in installs[1]
    assert 'ENTRYPOINT ["driftmill"]' in text


def test_the_build_is_given_what_the_project_is_made_of() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {
        *("pyproject.toml", "requirements.txt", project["project"].get("readme", "pyproject.toml")),
        *project["project"]["license-files"],
        *wheel["packages"],
        *wheel["force-include"],
    }
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in lines
    assert needed <= {line[1:] for line in lines if line.startswith("!")}


def test_prometheus_asks_every_service() -> None:
    jobs = yaml("infra/prometheus/prometheus.yml")["scrape_configs"]
    (job,) = (job for job in jobs if job["job_name"] == "driftmill")
    targets = [target for group in job["static_configs"] for target in group["targets"]]
    assert sorted(targets) == sorted(f"{service}:{HEALTH_PORT}" for service in CONTAINERS)


def test_prometheus_is_given_its_file(compose: dict[str, Any]) -> None:
    mounted = [volume for volume in compose["prometheus"]["volumes"] if volume.startswith("./")]
    assert mounted == ["./infra/prometheus/prometheus.yml:/etc/prometheus/prometheus.yml:ro"]


def test_every_variable_is_documented_with_its_default() -> None:
    text = (ROOT / "docs/containers.md").read_text()
    documented = dict(re.findall(r"^\| `([A-Z_]+)` \| (?:`([^`]*)`)?", text, re.MULTILINE))
    assert documented == dict(VARIABLE.findall((ROOT / "docker-compose.yml").read_text()))
