"""Audits of many small scans, `--fast` and whole: time, memory, and what was found.

    python Benchmarks/audit/many.py [--scans 10000] [--jobs 2] [--program .build/release/iris]

The tree holds synthetic scans of hippocampus size, a hundred of each seed, in the layout of the Decathlon. All look alike, which is
the hardest for the search for copies. Beside them lie copies of some under other names, with other intensities, or parts of that.
It is made once, under .build-bench/audit.
"""
import argparse
import array
import gzip
import json
import os
import pathlib
import shutil
import struct
import subprocess
import time

PROJECT = pathlib.Path(__file__).resolve().parents[2]
WORK = PROJECT / ".build-bench" / "audit"
OF_ONE_SEED = 100
# Of each kind.
COPIES = 20


def make(program, folder, scans):
    """Joins trees of a hundred scans each; names begin with the seed."""
    shutil.rmtree(folder, ignore_errors=True)
    joined = None
    for seed in range(1, -(-scans // OF_ONE_SEED) + 1):
        part = folder / "part"
        cases = min(OF_ONE_SEED, scans - (seed - 1) * OF_ONE_SEED)
        subprocess.run([program, "phantom", "msd", "--output", part, "--cases", str(cases), "--seed", str(seed), "--jobs", "2"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        task, = (path for path in part.iterdir() if path.is_dir())
        description = json.loads((task / "dataset.json").read_text())

        def moved(path):
            source = pathlib.PurePosixPath(path)
            target = folder / source.parent / f"{seed:03}_{source.name}"
            target.parent.mkdir(parents=True, exist_ok=True)
            (task / source).rename(target)
            return f"./{source.parent}/{target.name}"

        training = [{key: moved(path) for key, path in entry.items()} for entry in description["training"]]
        test = [moved(path) for path in description["test"]]
        if joined is None:
            joined = {**description, "training": [], "test": []}
        joined["training"] += training
        joined["test"] += test
        shutil.rmtree(part)
    originals = sorted((folder / "imagesTr").glob("*.nii.gz"))
    originals = [path for path in originals if not path.name.startswith("._")][::max(1, scans // (2 * COPIES))]
    joined["test"] += [copied(path, folder, "rescaled") for path in originals[:COPIES]]
    joined["test"] += [copied(path, folder, "part") for path in originals[COPIES:2 * COPIES]]
    joined |= {"numTraining": len(joined["training"]), "numTest": len(joined["test"])}
    (folder / "dataset.json").write_text(json.dumps(joined))


def copied(path, folder, kind):
    """Writes a copy of a scan as a test case: with other intensities, and of a part 70 % of each axis."""
    content = bytearray(gzip.decompress(path.read_bytes()))
    i, j, k = struct.unpack_from("<3h", content, 42)
    code, start = struct.unpack_from("<h", content, 70)[0], int(struct.unpack_from("<f", content, 108)[0])
    values = array.array({2: "B", 4: "h", 512: "H", 16: "f"}[code], bytes(content[start:]))
    if kind == "part":
        sizes = [size * 7 // 10 for size in (i, j, k)]
        low = [(size - part) // 3 for size, part in zip((i, j, k), sizes)]
        part = array.array(values.typecode)
        for z in range(low[2], low[2] + sizes[2]):
            for y in range(low[1], low[1] + sizes[1]):
                row = (z * j + y) * i + low[0]
                part.extend(values[row:row + sizes[0]])
        values = part
        struct.pack_into("<3h", content, 42, *sizes)
    number = float if code == 16 else int
    values = array.array(values.typecode, (number(value * 0.7 + 11) for value in values))
    name = f"{kind}_{path.name}"
    (folder / "imagesTs" / name).write_bytes(gzip.compress(bytes(content[:start]) + values.tobytes(), 1))
    return f"./imagesTs/{name}"


def stretch(path):
    """Rewrites a volume, whose header must have an sform, with voxels of 1.2 times the size."""
    content = bytearray(gzip.decompress(path.read_bytes()))
    # pixdim along i, j, k, and the matrix of the sform.
    for start in [80, 84, 88, 280, 284, 288, 296, 300, 304, 312, 316, 320]:
        struct.pack_into("<f", content, start, 1.2 * struct.unpack_from("<f", content, start)[0])
    path.unlink()
    path.write_bytes(gzip.compress(bytes(content), 1))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--scans", type=int, default=10_000)
    arguments.add_argument("--jobs", type=int, default=2)
    arguments.add_argument("--program", type=pathlib.Path, default=PROJECT / ".build" / "release" / "iris")
    arguments.add_argument("--mixed", action="store_true",
                           help="one scan has voxels of another size, so that all are compared on lattices too")
    options = arguments.parse_args()
    folder = WORK / f"many-{options.scans}"
    if not (folder / "dataset.json").exists():
        make(options.program.resolve(), folder, options.scans)
    if options.mixed:
        plain, folder = folder, WORK / f"many-{options.scans}-mixed"
        if not folder.exists():
            part = folder.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)
            shutil.copytree(plain, part, copy_function=os.link)
            case, = (part / "labelsTr").glob("001_hippocampus_002.nii.gz")
            stretch(case)
            stretch(part / "imagesTr" / case.name)
            part.rename(folder)
    audit = [options.program.resolve(), "audit", "msd", "--source", folder, "--jobs", str(options.jobs), "--json"]
    for what in [["--fast"], []]:
        start = time.monotonic()
        run = subprocess.Popen([*audit, *what], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=PROJECT)
        report = run.stdout.read()
        _, status, usage = os.wait4(run.pid, 0)
        seconds = time.monotonic() - start
        if os.waitstatus_to_exitcode(status) == 2:
            raise SystemExit("iris audit could not run")
        report = json.loads(report)
        print(f"{options.scans} scans, {report['summary']['files']} files, {options.jobs} jobs {' '.join(what)}: {seconds:.1f} s, "
              f"{usage.ru_utime + usage.ru_stime:.1f} s of processor time, {usage.ru_maxrss / 1024:.0f} MB at most")
    duplicates = {finding["case"]: finding["found"] for finding in report["findings"] if finding["code"] == "near-duplicate-image"}
    for kind in ["rescaled", "part"]:
        copies = [path.name.removesuffix(".nii.gz") for path in (folder / "imagesTs").glob(f"{kind}_*")]
        found = sum(f"the scan of {copy.removeprefix(kind + '_')}:" in duplicates.get(copy, "") for copy in copies)
        print(f"  {kind}: {found} of {len(copies)} copies recognised")
    codes = [finding["code"] for finding in report["findings"]]
    for code in sorted(set(codes)):
        print(f"  {code}: {codes.count(code)}")


if __name__ == "__main__":
    main()
