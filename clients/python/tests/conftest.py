"""A small synthetic store, made by the program itself, and the program."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from iris_episodes import EpisodeStream

ROOT = Path(__file__).resolve().parents[3]
CONFIGURATION = """\
format: 1
modalityGroups: [[CT, MR]]
split:
  use: [train, validation, none]
shots: [1, 2]
classes:
  perEpisode: [1, 3]
patch:
  size: [40, 32, 24]
spatial:
  rotation: {probability: 1, degrees: [-20, 20]}
  scale: {probability: 0.5, factor: [0.8, 1.2]}
intensity:
  - brightnessMultiply: {probability: 0.5, factor: [0.8, 1.2]}
  - gaussianNoise: {probability: 0.5, sigma: [0, 0.2]}
"""


@pytest.fixture(scope="session")
def iris() -> str:
    """The program: IRIS, or what was built last in this repository."""
    named = os.environ.get("IRIS")
    if named:
        if not os.access(named, os.X_OK):
            pytest.fail(f"IRIS names {named}, which is no program")
        return named
    built = [path for kind in ("release", "debug") if (path := ROOT / ".build" / kind / "iris").is_file()]
    if not built:
        pytest.skip("there is no iris program: run make build, or name one with IRIS")
    return str(max(built, key=lambda path: path.stat().st_mtime))


@pytest.fixture(scope="session")
def store(iris: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    raw = folder / "raw"
    subprocess.run([iris, "phantom", "amos22", "--output", raw, "--cases", "6", "--size", "tiny"], check=True, cwd=ROOT)
    coarse = folder / "prepare.yaml"
    coarse.write_text("spacing: [4, 4, 4]\n")
    # Status 1 tells of a case that was set aside, as the synthetic data intend.
    prepare = [iris, "prepare", "amos22", "--source", raw, "--store", folder / "store", "--config", coarse]
    assert subprocess.run(prepare, cwd=ROOT).returncode in (0, 1)
    return folder / "store"


@pytest.fixture(scope="session")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("configuration") / "episodes.yaml"
    file.write_text(CONFIGURATION)
    return file


@pytest.fixture
def open_stream(iris: str, store: Path, configuration: Path) -> Callable[..., EpisodeStream]:
    """Makes streams of seed 7; any argument can be changed."""

    def make(**options: object) -> EpisodeStream:
        arguments: dict[str, object] = {"store": store, "config": configuration, "seed": 7, "iris": iris}
        return EpisodeStream(**(arguments | options))  # type: ignore[arg-type]

    return make


@pytest.fixture(autouse=True)
def nothing_left_behind():
    """Whatever a test does to either side, it leaves nothing where named shared memory lives."""
    before = set(os.listdir("/dev/shm"))
    yield
    left = [name for name in set(os.listdir("/dev/shm")) - before if "iris" in name]
    assert not left
