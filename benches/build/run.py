#!/usr/bin/env python3
"""What `build` and `check` cost: process CPU (user and system), wall time and peak memory, medians of the repeats.

usage: run.py [--engine target/release/xero-pbit] [--repeats 9]

Cases: the shipped model, everything, into a new folder and over an earlier build; the same with 1,000 more measures and 200 more visuals;
`check`, also of 10,000 more measures. A new folder is one that never was: right after files were deleted, ext4 makes new ones at several times the cost.
"""
import argparse, os, pathlib, resource, shutil, statistics, subprocess, tempfile, time


def measure(command):
    """User, system and wall seconds and peak MB of one run."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{' '.join(map(str, command))} failed")
    return usage.ru_utime, usage.ru_stime, time.perf_counter() - start, usage.ru_maxrss / 1024


def larger_model(folder, measures, visuals):
    """An overlay of the shipped model with more measures and pages of cards."""
    (folder / "measures").mkdir(parents=True)
    (folder / "pages").mkdir()
    (folder / "model.yaml").write_text("extends: shipped\n")
    lines = ["folder: Many", "add:"]
    for i in range(measures):
        lines += [f"  - name: Extra {i}", f"    description: Figure number {i}.",
                  f"    expression: CALCULATE ( [Invoiced sales], 'Contacts'[Is Customer] = TRUE () ) + {i}", "    format: '#,0'"]
    (folder / "measures/many.yaml").write_text("\n".join(lines) + "\n")
    for page in range(visuals // 40):
        lines = [f"name: Page {page}", f"order: {20 + page}", "frame: Standard", "visuals:"]
        for i in range(40):
            x, y = 1 + 20 * (i % 8), 12 + 15 * (i // 8)
            n = page * 40 + i
            lines.append(f"  - {{name: Card {n}, type: card, at: [{x}, {y}, 19, 14], data: {{values: Extra {n}}}, alt: Figure number {n}}}")
        (folder / f"pages/page-{page}.yaml").write_text("\n".join(lines) + "\n")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--engine", default="target/release/xero-pbit")
    options.add_argument("--repeats", type=int, default=9)
    options = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        larger_model(folder / "large", 1000, 200)
        larger_model(folder / "huge", 10000, 0)
        build = [options.engine, "build", "--quiet"]
        large = [*build, "--model", folder / "large"]
        check = [options.engine, "check", "--quiet"]
        # What, the command, and where it writes: a folder of its own each time, the same, or nowhere.
        cases = [
            ("build, new folder", build, "new"),
            ("build, over an earlier one", build, "same"),
            ("1,000 measures and 200 visuals more, new folder", large, "new"),
            ("1,000 measures and 200 visuals more, over an earlier one", large, "same"),
            ("check", check, None),
            ("check, 10,000 measures more", [*check, "--model", folder / "huge"], None),
        ]
        print(f"{'case':58}{'user ms':>8}{'system':>8}{'CPU ms':>8}{'wall ms':>9}{'peak MB':>9}")
        for number, (what, command, where) in enumerate(cases):
            runs = []
            if where == "same":
                measure([*command, "--out", folder / f"out-{number}"])
            for repeat in range(options.repeats):
                out = f"out-{number}-{repeat}" if where == "new" else f"out-{number}"
                runs.append(measure([*command, "--out", folder / out] if where else command))
            user, system, wall, memory = (statistics.median(column) for column in zip(*runs))
            cpu = statistics.median(run[0] + run[1] for run in runs)
            print(f"{what:58}{user * 1000:8.0f}{system * 1000:8.0f}{cpu * 1000:8.0f}{wall * 1000:9.0f}{memory:9.1f}")


main()
