"""What arrives: shapes, content, order, resume, shards, lifetimes."""

from __future__ import annotations

import hashlib
import json
import subprocess

import numpy as np
import pytest

from iris_episodes import Episode, EpisodeStreamError, ProducerError, SlotsInUseError


def digest(episode: Episode) -> str:
    """As `iris episodes render` takes it: each reference's image and masks, then the query's image and masks."""
    sha = hashlib.sha256()
    for image, masks in zip(episode.references, episode.reference_masks):
        sha.update(image)
        sha.update(masks)
    sha.update(episode.query)
    sha.update(episode.query_masks)
    return sha.hexdigest()


def digests(stream) -> dict[int, str]:
    with stream:
        return {episode.index: digest(episode) for episode in stream}


def test_shapes_and_content(open_stream):
    seen_references, seen_classes = set(), set()
    with open_stream(count=12) as stream:
        assert stream.hello["seed"] == 7 and stream.hello["world"] == 1
        for number, episode in enumerate(stream):
            assert episode.index == number
            references, classes = len(episode.plan["references"]), len(episode.classes)
            seen_references.add(references)
            seen_classes.add(classes)
            # The configuration says 40, 32, 24 along i, j, k; arrays are [.., k, j, i].
            assert episode.query.shape == (1, 24, 32, 40) and episode.query.dtype == np.float32
            assert episode.references.shape == (references, 1, 24, 32, 40)
            assert episode.reference_masks.shape == (references, classes, 24, 32, 40)
            assert episode.query_masks.shape == (classes, 24, 32, 40) and episode.query_masks.dtype == np.uint8
            assert np.isfinite(episode.query).all() and episode.query.std() > 0.01
            assert set(np.unique(episode.reference_masks)) == {0, 1}
            # What every plan promises: each class shows in each reference with at least 8 voxels.
            assert (episode.reference_masks.sum(axis=(2, 3, 4)) >= 8).all()
            # The masks of an episode are classes of one label map, so they do not overlap.
            assert episode.query_masks.sum(axis=0).max() <= 1
            assert episode.plan["index"] == number and json.loads(episode.plan_json) == episode.plan
    assert seen_references == {1, 2} and len(seen_classes) > 1


def test_same_bytes_as_the_program_renders(open_stream, iris, store, tmp_path):
    """The plans that came with the episodes, replayed without stream or shared memory."""
    plans, expected = tmp_path / "plans.jsonl", {}
    with open_stream(count=6) as stream, plans.open("w") as file:
        for episode in stream:
            file.write(episode.plan_json + "\n")
            expected[episode.index] = digest(episode)
    command = [iris, "episodes", "render", "--store", store, "--plan", plans]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    assert {line["index"]: line["digest"] for line in map(json.loads, lines)} == expected


def test_arrays_are_views_that_cannot_be_written(open_stream):
    with open_stream(count=1) as stream:
        (episode,) = stream
        for array in (episode.query, episode.references, episode.reference_masks, episode.query_masks):
            assert not array.flags.writeable and not array.flags.owndata
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0
        copy = episode.copy()
        assert digest(copy) == digest(episode)
        assert not np.shares_memory(copy.query, episode.query)


def test_same_bytes_whatever_the_number_of_workers_and_slots(open_stream):
    expected = digests(open_stream(count=8, workers=1, slots=2))
    assert len(set(expected.values())) == 8
    assert digests(open_stream(count=8, workers=3, slots=5)) == expected


def test_resume_goes_on(open_stream):
    whole = digests(open_stream(count=9))
    with open_stream() as first:
        part = {}
        for episode in first:
            part[episode.index] = digest(episode)
            if episode.index == 3:
                break
        token = first.resume_token
    assert token == episode.resume_token
    rest = digests(open_stream(resume=token, count=5))
    assert list(rest) == [4, 5, 6, 7, 8]
    assert part | rest == whole


def test_ranks_share_the_whole(open_stream):
    whole = digests(open_stream(count=10))
    ranks = [digests(open_stream(rank=rank, world=2, count=5)) for rank in range(2)]
    assert list(ranks[0]) == [0, 2, 4, 6, 8] and list(ranks[1]) == [1, 3, 5, 7, 9]
    assert ranks[0] | ranks[1] == whole


def test_a_slot_lives_as_long_as_its_arrays(open_stream):
    """Two slots, one held: everything else goes through the other, and the held content does not change."""
    with open_stream(slots=2, count=8) as stream:
        first = next(stream)
        view = first.query[0, 3:9]
        first.release()
        with pytest.raises(EpisodeStreamError, match="episode 0 has been released"):
            first.query  # noqa: B018
        before = view.copy()
        for _ in range(5):
            next(stream)
        np.testing.assert_array_equal(view, before)
        assert len(stream._connection.ring.in_use) == 1
        del view
        next(stream), next(stream)
        assert list(stream) == []


def test_keeping_every_slot_is_an_error_that_passes(open_stream):
    with open_stream(slots=3) as stream:
        kept = [next(stream) for _ in range(3)]
        with pytest.raises(SlotsInUseError, match="all 3 slots hold episodes that are still in use"):
            next(stream)
        del kept[1]
        assert next(stream).index == 3


def test_copies_may_be_kept(open_stream):
    with open_stream(slots=2, count=8, copy=True) as stream:
        kept = list(stream)
    assert {episode.index: digest(episode) for episode in kept} == digests(open_stream(count=8))


def test_arrays_outlive_the_stream(open_stream):
    with open_stream(count=1) as stream:
        episode = next(stream)
        before = digest(episode)
    assert digest(episode) == before
    with pytest.raises(StopIteration):
        next(stream)


def test_torch_tensors_share_the_memory(open_stream):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    with open_stream(count=1) as stream:
        episode = next(stream)
        tensors = episode.torch()
        np.testing.assert_array_equal(tensors["query"].numpy(), episode.query)
        assert np.shares_memory(tensors["query"].numpy(), episode.query)
        assert tensors["query_masks"].dtype == torch.uint8
        copies = episode.torch(copy=True)
        tensors["query"].zero_()  # allowed: the slot is filled anew before it comes again
        assert copies["query"].abs().sum() > 0 and np.abs(episode.query).sum() == 0


def test_data_loader_workers_share_the_stream(iris, store, configuration, open_stream):
    data = pytest.importorskip("torch.utils.data", reason="torch is not installed")
    from iris_episodes.torch import EpisodeDataset

    dataset = EpisodeDataset(store, configuration, seed=7, count=4, iris=iris)
    loader = data.DataLoader(dataset, batch_size=None, num_workers=2)
    batches = list(loader)
    assert sorted(batch["index"] for batch in batches) == list(range(8))
    expected = {episode.index: episode for episode in open_stream(count=8, copy=True)}
    for batch in batches:
        np.testing.assert_array_equal(batch["query"].numpy(), expected[batch["index"]].query)
        assert batch["classes"] == expected[batch["index"]].classes


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"store": "/nowhere"}, "/nowhere: expected a store"),
        ({"config": "/nowhere.yaml"}, "/nowhere.yaml: cannot be read as text"),
        ({"rank": 2, "world": 2}, "rank"),
        ({"slots": 1}, "expected at least 2 slots"),
        ({"resume": "nonsense"}, "nonsense"),
    ],
)
def test_errors_of_the_producer_surface(open_stream, options, text):
    with pytest.raises(ProducerError) as caught:
        with open_stream(**options):
            pass
    assert text in str(caught.value)


def test_resume_token_of_another_seed_is_refused(open_stream):
    with open_stream(count=1) as stream:
        token = next(stream).resume_token
    with pytest.raises(ProducerError, match="seed"):
        next(open_stream(seed=8, resume=token))


def test_program_that_is_not_there(open_stream):
    with pytest.raises(ProducerError, match="/nowhere/iris: cannot be started"):
        next(open_stream(iris="/nowhere/iris"))
