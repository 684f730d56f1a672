#!/usr/bin/env python3
"""The 29 tiles in DAX against hand-written SQL in DuckDB, on the same Parquet files, in one run.

usage: run.py --data DIR --sql tiles.sql --engine target/release/xero-pbit [--threads 2] [--repeats 5]

DIR holds the nine tables of model.bim as Parquet. The SQL file has one statement per `-- name:` block, named as in queries.dax.
Both engines load everything first. Every tile must give the same rows (numbers to 1e-6 relative) before any time is printed;
times are process CPU (all threads), medians of the repeats. Needs `pip install duckdb`.
"""
import argparse, json, math, os, pathlib, re, statistics, subprocess, sys, time

HERE = pathlib.Path(__file__).parent


def blocks(text):
    return {name: body.strip() for name, body in re.findall(r"-- name: (\w+)\n(.*?)(?=\n-- name:|\Z)", text, re.S)}


class Engine:
    """One `xero-pbit query --jsonl` process, asked one query at a time."""

    def __init__(self, command, data, threads):
        environment = dict(os.environ, RAYON_NUM_THREADS=str(threads))
        self.process = subprocess.Popen(
            [command, "query", "--model", str(HERE / "model.bim"), "--data", data, "--jsonl"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        # CPU clock of another process: see clock_getcpuclockid(3).
        self.clock = (~self.process.pid << 3) | 2

    def cpu(self):
        return time.clock_gettime(self.clock)

    def ask(self, query):
        before = self.cpu()
        self.process.stdin.write(json.dumps({"id": "q", "query": query}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        spent = self.cpu() - before
        if not line:
            sys.exit("the engine ended early")
        return json.loads(line), spent

    def peak_mb(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


def plain(value, kind=None):
    """Cells of both engines in one form: numbers as float, dates as text."""
    if value is None or isinstance(value, (bool, float)):
        return value
    if kind == "currency":
        return float(value)
    if kind == "datetime":
        return str(value)[:10]
    if isinstance(value, str):
        return value
    try:
        return float(value)
    except TypeError:
        return str(value)[:10]


def same(a, b):
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9)
    return a == b


def compare(name, expected, answer):
    if not answer.get("ok"):
        return f"{name}: {answer.get('error')}"
    result = answer["results"][0]
    kinds = [column["type"] for column in result["columns"]]
    rows = [[plain(cell, kind) for cell, kind in zip(row, kinds)] for row in result["rows"]]
    # SQL sorts NULL last, DAX sorts BLANK first: compare as sets of rows where a key is missing.
    order = lambda row: [(cell is None, str(type(cell)), cell if cell is not None else 0) for cell in row if isinstance(cell, str) or cell is None] + [row[0] if isinstance(row[0], float) else 0]
    if [r[0] for r in rows] != [r[0] for r in expected] or any(None in r for r in expected):
        rows, expected = sorted(rows, key=lambda r: repr(order(r))), sorted(expected, key=lambda r: repr(order(r)))
    if len(rows) != len(expected):
        return f"{name}: {len(rows)} rows, {len(expected)} expected"
    for index, (row, wanted) in enumerate(zip(rows, expected)):
        if len(row) != len(wanted) or not all(map(same, row, wanted)):
            return f"{name}: row {index + 1} is {row}, expected {wanted}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--sql", required=True)
    parser.add_argument("--engine", default="target/release/xero-pbit")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    import duckdb

    tiles = blocks((HERE / "queries.dax").read_text())
    statements = blocks(pathlib.Path(options.sql).read_text())
    peer = duckdb.connect(":memory:")
    peer.execute(f"SET threads = {options.threads}")
    tables = [t["name"] for t in json.loads((HERE / "model.bim").read_text())["model"]["tables"] if "partitions" not in t]
    started = time.process_time()
    for table in tables:
        peer.execute(f"CREATE TABLE \"{table}\" AS SELECT * FROM read_parquet('{options.data}/{table}.parquet')")
    peer_load = time.process_time() - started
    engine = Engine(options.engine, options.data, options.threads)

    differences = []
    for name, query in tiles.items():
        expected = [[plain(cell) for cell in row] for row in peer.execute(statements[name]).fetchall()]
        answer, _ = engine.ask(query)
        differences += filter(None, [compare(name, expected, answer)])
    load = engine.cpu()
    if differences:
        print("\n".join(differences))
        sys.exit(f"{len(differences)} of {len(tiles)} tiles differ")

    ours, theirs = {}, {}
    for name, query in tiles.items():
        ours[name] = statistics.median(engine.ask(query)[1] for _ in range(options.repeats)) * 1e3
        times = []
        for _ in range(options.repeats):
            before = time.process_time()
            peer.execute(statements[name]).fetchall()
            times.append(time.process_time() - before)
        theirs[name] = statistics.median(times) * 1e3
    print(f"{'tile':28}{'CPU ms':>10}{'DuckDB':>10}{'ratio':>8}")
    for name in tiles:
        print(f"{name:28}{ours[name]:10.2f}{theirs[name]:10.2f}{ours[name] / theirs[name]:8.2f}")
    mine, other = sum(ours.values()), sum(theirs.values())
    print(f"{'total':28}{mine:10.1f}{other:10.1f}{mine / other:8.2f}")
    print(f"first answers incl. load {load:.2f} s CPU, peak {engine.peak_mb():.0f} MB; DuckDB {duckdb.__version__} load {peer_load:.2f} s CPU")


if __name__ == "__main__":
    main()
