#!/usr/bin/env python3
"""CPU seconds of the M engine on small queries, and of a whole refresh.
usage: run.py ENGINE [COMPANY]      ENGINE: target/release/xero-pbit; COMPANY: a folder of raw pages
Each figure is the least of five runs, process CPU of all threads."""
import json, os, resource, subprocess, sys, tempfile, time

engine = sys.argv[1]


def cpu(*args, stdin=None):
    best = None
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([engine, *args], input=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        best = spent if best is None else min(best, spent)
    return best


start = cpu("m", "eval", "1")
print(f"start to first result        {start * 1000:8.1f} ms")
million = 1_000_000
for name, count, query in [
    ("List.Generate, numbers", 2, "List.Count(List.Generate(() => 0, each _ < 2000000, each _ + 1))"),
    ("List.Generate, records", 1, "List.Count(List.Generate(() => [i = 0], each [i] < 1000000, each [i = [i] + 1]))"),
    ("AddColumn and SelectRows", 3, 'let t = Table.FromList({1..3000000}, Splitter.SplitByNothing(), {"a"}), u = Table.AddColumn(t, "b", '
                                    'each [a] * 2), v = Table.SelectRows(u, each [b] > 1000000) in Table.RowCount(v)'),
]:
    spent = cpu("m", "eval", query) - start
    print(f"{name:28} {count / spent:8.2f} million a second")
text = "let " + ", ".join(f'f{i} = (x as number, optional y) => if x > {i} then [a = x, b = {{1..x}}][b]{{0}} ?? "t{i}" else @f{i}(x + 1)' for i in range(100_000)) + " in f0"
spent = cpu("m", "parse", "--jsonl", stdin=json.dumps({"code": text}).encode()) - start
print(f"parse                        {len(text) / 1e6 / spent:8.1f} MB a second")
if len(sys.argv) > 2:
    with tempfile.TemporaryDirectory() as out:
        began = time.time()
        done = subprocess.run(["/usr/bin/time", "-v", engine, "refresh-tables", "--company", sys.argv[2], "--out", out], capture_output=True, text=True, check=True)
        peak = next(line for line in done.stderr.splitlines() if "Maximum resident" in line)
        print(f"all tables of {os.path.basename(sys.argv[2]):14} {time.time() - began:8.2f} s,{peak.strip().split(':')[1]} KB")
