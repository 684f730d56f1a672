#!/usr/bin/env python3
"""What `build` and `check` cost: process CPU (user and system), wall time and peak memory, medians of the repeats.

usage: run.py [--engine target/release/xero-pbit] [--repeats 9]

Cases: the shipped model, everything, into a new folder and over an earlier build; 1,000 more measures and 200 more visuals;
`check` of 10,000 more measures.
"""
import argparse, os, pathlib, resource, shutil, statistics, subprocess, tempfile, time


def measure(command):
    """CPU seconds, wall seconds and peak MB of one run."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{' '.join(map(str, command))} failed")
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - start, usage.ru_maxrss / 1024


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
        out = folder / "out"
        again = [options.engine, "build", "--quiet", "--out", out]
        cases = [
            ("build, new folder", again, True),
            ("build, over an earlier one", again, False),
            ("build, 1,000 measures and 200 visuals more", [options.engine, "build", "--quiet", "--model", folder / "large", "--out", out], True),
            ("check", [options.engine, "check", "--quiet"], False),
            ("check, 10,000 measures more", [options.engine, "check", "--quiet", "--model", folder / "huge"], False),
        ]
        print(f"{'case':46}{'CPU ms':>8}{'wall ms':>9}{'peak MB':>9}")
        for what, command, fresh in cases:
            runs = []
            for _ in range(options.repeats):
                if fresh:
                    shutil.rmtree(out, ignore_errors=True)
                runs.append(measure(command))
            cpu, wall, memory = (statistics.median(column) for column in zip(*runs))
            print(f"{what:46}{cpu * 1000:8.0f}{wall * 1000:9.0f}{memory:9.0f}")


main()
