"""Archives of loaded Java classes, which let a server start three times as fast from the second time on.

A process without an archive writes one into its directory when it ends in order; it is then kept in the cache for all
clones. JEP 350 (dynamic archives, Java 13) and JEP 514 (one-step AOT caches, Java 25: these need no archive of the JDK
itself, which a slimmed runtime lacks). A Java that cannot use an archive ignores it.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from services.broker.java import Java

_SUFFIX = ".classes"
_FIRST_WITH_AOT = 25
_QUIET = "-Xlog:disable"


@dataclass(frozen=True, slots=True)
class ClassArchives:
    """The archives kept in `directory`, one for each server and Java version."""

    directory: Path

    def use(self, server: str, java: Java) -> list[str]:
        """Options that make Java use the archive of `server`, if there is one."""
        option = "-XX:AOTCache" if java.major >= _FIRST_WITH_AOT else "-XX:SharedArchiveFile"
        kept = self.directory / _name(server, java)
        return [_QUIET, f"{option}={kept}"] if kept.is_file() else [_QUIET]

    def use_or_write(self, server: str, java: Java, workplace: Path) -> list[str]:
        """As `use`; without an archive, options that make Java write one into `workplace`, its current directory."""
        for stale in workplace.glob(f"*{_SUFFIX}"):
            stale.unlink()
        if (self.directory / _name(server, java)).is_file():
            return self.use(server, java)
        option = "-XX:AOTCacheOutput" if java.major >= _FIRST_WITH_AOT else "-XX:ArchiveClassesAtExit"
        return [_QUIET, f"{option}={_name(server, java)}"]

    def keep(self, workplace: Path) -> None:
        """Moves what a process that ended in order has written in `workplace` to its place."""
        for written in workplace.glob(f"*{_SUFFIX}"):
            self.directory.mkdir(parents=True, exist_ok=True)
            fresh = self.directory / f"{workplace.stat().st_ino}-{written.name}.new"
            shutil.move(written, fresh)
            fresh.replace(self.directory / written.name)


def _name(server: str, java: Java) -> str:
    return f"{server}-java-{java.version}{_SUFFIX}"
