"""Fetches artefacts with an installed `mvn`, which knows the user's mirrors and local repository."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from services.broker.artifacts import Artifact

_TIMEOUT_SECONDS = 900

_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>driftmill</groupId><artifactId>broker</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>{dependencies}</dependencies></project>
"""
_DEPENDENCY = """<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version><type>{}</type>{}
<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions></dependency>
"""


def fetch_with_maven(artifacts: Sequence[Artifact], directory: Path) -> bool:
    """Copies the artefacts into `directory`, unchecked. False if there is no `mvn` or it fails."""
    command = shutil.which("mvn")
    if command is None:
        return False
    pom = directory / "pom.xml"
    pom.write_text(_POM.format(dependencies="".join(map(_dependency, artifacts))), encoding="utf-8")
    arguments = ["-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={directory}"]
    try:
        run = subprocess.run([command, *arguments], capture_output=True, timeout=_TIMEOUT_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return run.returncode == 0


def _dependency(artifact: Artifact) -> str:
    group, name, version, packaging, classifier = map(escape, artifact.parts)
    return _DEPENDENCY.format(
        group, name, version, packaging, f"<classifier>{classifier}</classifier>" if classifier else ""
    )
