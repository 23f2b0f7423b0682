"""A model version as a folder that needs nothing of Driftmill: what was signed, and what scores with it."""

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from string import Template
from tempfile import mkdtemp
from typing import Any

import orjson

from services.chassis.recorded import Recorded
from services.chassis.settings import ChassisSettings
from services.chassis.store import STORE_ERRORS, Store
from services.cli.domain.feature_contract import feature_contract
from services.cli.failure import USAGE, Failure
from services.contracts.manifest import Manifest
from services.contracts.record import Value

_SCRIPTS = {"model.py": "model.py", "score.py": "score.py", "requirements.txt": "score.txt"}
_OF_IMAGE = {"serve.py": "serve.py", "requirements-serve.txt": "serve.txt", "Dockerfile": "Dockerfile"}
_IGNORED = "*\n!*.py\n!*.json\n!*.sig\n!*.pub\n!model.onnx\n!requirements-serve.txt\n"
"""Files of the build context; pages and what is put into the folder later stay out."""

Files = Mapping[str, bytes]


def bundle(settings: ChassisSettings, version: str, state: str, with_image: bool) -> Files:
    """The files of a bundle by name. state: of the version. with_image: also what an image is built of.

    Raises Refused, Failure, TransientError.
    """
    recorded = Recorded(settings)
    candidate = recorded.candidate(version)
    manifest: Manifest = orjson.loads(candidate["manifest"])
    pipeline = recorded.pipeline(manifest["pipeline_digest"])
    contract = feature_contract(manifest, pipeline, (one.resolved.layout for one in recorded.pipelines()))
    key = recorded.public_key(candidate["key_id"])
    found = {
        "model.onnx": _content(Store(settings.store_url), candidate["model_uri"], manifest["model_digest"]),
        "manifest.json": candidate["manifest"],
        "manifest.sig": candidate["signature"],
        "manifest.pub": key,
        "features.json": orjson.dumps(contract, option=orjson.OPT_INDENT_2) + b"\n",
    }
    found |= _policy(recorded, candidate) | _files(_SCRIPTS)
    if with_image:
        found |= _files(_OF_IMAGE) | {".dockerignore": _IGNORED.encode()}
    told = {"version": version, "state": state, "key": key.hex(), "pipeline": manifest["pipeline"]}
    return found | {"README.md": _page(told, manifest, with_image)}


def put(found: Files, folder: Path) -> None:
    """Make the folder, whole or not at all. Raises Failure if something is there already."""
    if folder.exists() or folder.is_symlink():
        raise Failure(f"{folder} is there already: name another directory with --to.", USAGE)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            for name, content in found.items():
                (draft / name).write_bytes(content)
                (draft / name).chmod(0o644)
            draft.chmod(0o755)
            draft.rename(folder)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
    except OSError as error:
        raise Failure(f"{folder} can't be written: {error.strerror}.") from error


def _content(store: Store, uri: str, digest: str) -> bytes:
    try:
        content = store.get(uri)
    except FileNotFoundError:
        raise Failure(f"{uri} isn't in the object store {store.url}.") from None
    except STORE_ERRORS as error:
        raise Failure(f"{uri} can't be read from the object store {store.url}: {error}") from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise Failure(f"{uri} in the object store {store.url} isn't the file that was signed: it was changed or cut.")
    return content


def _policy(recorded: Recorded, candidate: Value) -> dict[str, bytes]:
    """Nothing of a version whose policy came with its model."""
    if candidate.get("policy") is None:
        return {}
    signed: Sequence[Any] = candidate["policy"], candidate["policy_signature"]
    key = recorded.public_key(candidate["policy_key_id"])
    return {"policy.json": signed[0], "policy.sig": signed[1], "policy.pub": key}


def _page(told: Mapping[str, str], manifest: Manifest, with_image: bool) -> bytes:
    end = datetime.fromtimestamp(manifest["trained_through"] / 1e6, UTC)
    inputs = ", ".join(f"`{name}`" for name in (*manifest["numbers"], *manifest["categories"]))
    pages = _files({name: name for name in ("README.md", *(["README-serve.md"] if with_image else []))})
    text = b"".join(pages.values()).decode()
    return Template(text).substitute(told, inputs=inputs, trained_through=f"{end:%Y-%m-%d %H:%M} UTC").encode()


def _files(named: Mapping[str, str]) -> dict[str, bytes]:
    """Files that come with this package, by their names in a bundle, where scripts stand side by side."""
    here = files("services.cli.edge")
    texts = {name: here.joinpath(source).read_text("utf-8") for name, source in named.items()}
    return {name: text.replace("from services.cli.edge.", "from ").encode() for name, text in texts.items()}
