"""Times training and inference steps of the network beside PyTorch eager, on all cores, and prints tables.

    python Benchmarks/model/run.py [--cases NAME ...] [--repetitions N]

Each case is run in float32 and, where the processor has it, bfloat16 by `iris-bench-model`; PyTorch runs contiguous and
channels-last in both types, and its best counts.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILT = ROOT / ".build" / "release"

# Name: model configuration, edge of the patches, episodes in a batch.
CASES = {
    "paper-64": (ROOT / "configs/model/paper.yaml", 64, 1),
    "train-small": (ROOT / "configs/model/small.yaml", 64, 2),
}


def run(command):
    """The JSON document that a program prints."""
    # How idle threads wait is each program's own choice.
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment).stdout)


def has_bfloat16():
    return "avx512_bf16" in pathlib.Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")


def case(name, mode, repetitions, folder):
    model, edge, batch = CASES[name]
    checkpoint = folder / f"{name}.safetensors"
    if not checkpoint.exists():
        subprocess.run([BUILT / "iris", "model", "init", "--config", model, "--output", checkpoint], check=True,
                       stdout=subprocess.DEVNULL)
    size = ["--edge", str(edge), "--batch", str(batch), "--repetitions", str(repetitions), *mode]
    types = ["float32"] + (["bfloat16"] if has_bfloat16() else [])
    ours = {kind: run([BUILT / "iris-bench-model", "--config", model, "--compute", kind, *size]) for kind in types}
    peer = run([sys.executable, HERE / "torch_step.py", checkpoint, *size])
    best = peer["best"]
    print(f"\n{name}, {'inference' if mode else 'training'}: patches of {edge}^3, batch {batch}; PyTorch {peer['torch']} "
          f"at best {best['fastest'] * 1e3:.0f} ms ({best['layout']}, {best['type']}), "
          f"{peer['peakResidentBytes'] / 2**30:.2f} GiB")
    print("  type      fastest  median   PyTorch/iris  of peak in convolutions, in all  allocations (system)  "
          "page faults  peak GiB")
    for kind, entry in ours.items():
        print(f"  {kind:9} {entry['fastestSeconds'] * 1e3:5.0f} ms {entry['medianSeconds'] * 1e3:5.0f} ms  "
              f"{best['fastest'] / entry['fastestSeconds']:12.2f}  "
              f"{entry['convolutionShareOfPeak']:23.0%} {entry['stepShareOfPeak']:7.0%}  "
              f"{entry['allocationsPerStep']:11.0f} {'(' + format(entry['systemAllocationsPerStep'], '.1f') + ')':8}  "
              f"{entry['pageFaultsPerStep']:11.0f}  {entry['peakResidentBytes'] / 2**30:8.2f}", flush=True)
    for entry in peer["all"]:
        print(f"  PyTorch {entry['layout']:16} {entry['type']:9} {entry['fastest'] * 1e3:5.0f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--repetitions", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name in options.cases:
            for mode in [], ["--inference"]:
                case(name, mode, options.repetitions, pathlib.Path(folder))


if __name__ == "__main__":
    main()
