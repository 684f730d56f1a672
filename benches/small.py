#!/usr/bin/env python3
"""What small questions cost: start-up, one cell, 6,000 measures, a running total over 4,000 dates.

usage: small.py --engine target/release/xero-pbit [--repeats 5]

Data are made in a temporary folder. Times are process CPU in milliseconds (user and system, all threads), medians of the repeats;
the bound that each line is held against stands beside it.
"""
import argparse, json, os, pathlib, resource, statistics, subprocess, tempfile

import sys
sys.path.insert(0, str(pathlib.Path(__file__).parent / "star"))


def spent(command, environment):
    """CPU of a whole run, start-up included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(done.stderr)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3


def column(name, kind, **more):
    return {"name": name, "dataType": kind, "sourceColumn": name, **more}


def write(folder, tables, data, relationships=()):
    model = {"name": "m", "compatibilityLevel": 1567, "model": {"tables": tables, "relationships": list(relationships)}}
    (folder / "data").mkdir(parents=True)
    (folder / "model.bim").write_text(json.dumps(model))
    for name, lines in data.items():
        (folder / "data" / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return ["query", "--model", str(folder / "model.bim"), "--data", str(folder / "data")]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", default="target/release/xero-pbit")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        environment = dict(os.environ, XERO_PBIT_HOME=str(folder / "home"), RAYON_NUM_THREADS="2")

        def show(name, bound, *command, runs=options.repeats):
            took = statistics.median(spent([options.engine, *command], environment) for _ in range(runs))
            print(f"{name:62}{took:10.1f}{bound:>8}")
            return took

        print(f"{'':62}{'CPU ms':>10}{'bound':>8}")
        sales = {"name": "Sales", "columns": [column("Product", "string"), column("Amount", "int64")],
                 "measures": [{"name": "Total", "expression": "SUM ( Sales[Amount] )"}]}
        small = write(folder / "small", [sales], {"Sales": ["Product,Amount"] + [f"p{i % 7},{i}" for i in range(1000)]})
        show("one cell, small .bim with CSV, start-up included", 5, *small, "EVALUATE { [Total] }")
        show("one cell, shipped model and its sample, first run", "", "query", "EVALUATE { [Cash in] }", runs=1)
        show("one cell, shipped model and its sample, start-up included", 20, "query", "EVALUATE { [Cash in] }")

        measures = [{"name": f"m{i}", "expression": f"VAR a = CALCULATE ( SUM ( F[x] ), F[c] = {i % 9}, KEEPFILTERS ( F[d] IN {{ {i}, {i + 1} }} ) ) RETURN DIVIDE ( a - [n{i}], COUNTROWS ( F ) + {i} )"} for i in range(3000)]
        measures += [{"name": f"n{i}", "expression": f"IF ( HASONEVALUE ( F[c] ), SUMX ( F, F[x] * F[d] + {i} ), MAX ( F[x] ) )"} for i in range(3000)]
        all_of_them = " + ".join(f"[m{i}]" for i in range(3000))
        measures.append({"name": "all", "expression": all_of_them})
        table = {"name": "F", "columns": [column("c", "int64"), column("d", "int64"), column("x", "int64")], "measures": measures}
        many = write(folder / "many", [table], {"F": ["c,d,x"]})
        nothing = statistics.median(spent([options.engine, *many, "EVALUATE { 1 }"], environment) for _ in range(options.repeats))
        for name, bound, question in [
            # The branch that is not taken is bound, and never evaluated.
            ("6,000 measures parsed and bound", 100, "EVALUATE { IF ( FALSE (), [all], 1 ) }"),
            ("6,000 measures parsed, bound and evaluated without rows", "", "EVALUATE { [all] }"),
        ]:
            took = statistics.median(spent([options.engine, *many, question], environment) for _ in range(options.repeats))
            print(f"{name:62}{took - nothing:10.1f}{bound:>8}")

        dates = {"name": "Dates", "dataCategory": "Time", "columns": [column("Day", "dateTime", isKey=True), column("N", "int64")]}
        facts = {"name": "Facts", "columns": [column("Day", "dateTime"), column("Amount", "decimal")], "measures": [
            {"name": "Total", "expression": "SUM ( Facts[Amount] )"},
            {"name": "Running", "expression": "CALCULATE ( [Total], FILTER ( ALL ( Dates[Day] ), Dates[Day] <= MAX ( Dates[Day] ) ) )"}]}
        import datetime
        day = [(datetime.date(2014, 1, 1) + datetime.timedelta(days=i)).isoformat() for i in range(4000)]
        join = {"fromTable": "Facts", "fromColumn": "Day", "toTable": "Dates", "toColumn": "Day"}
        running = write(folder / "running", [dates, facts],
                        {"Dates": ["Day,N"] + [f"{d},{i}" for i, d in enumerate(day)],
                         "Facts": ["Day,Amount"] + [f"{day[i * 7919 % 4000]},{i % 997}.25" for i in range(100_000)]}, [join])
        import run
        run.HERE = folder / "running"
        os.environ["XERO_PBIT_HOME"] = str(folder / "home")
        engine = run.Engine(options.engine, str(folder / "running" / "data"), 2)
        query = "EVALUATE ROW ( \"v\", SUMX ( VALUES ( Dates[Day] ), [Running] ) )"
        engine.ask(query)
        took = statistics.median(engine.ask(query)[1] for _ in range(options.repeats)) * 1e3
        print(f"{'running total, 4,000 dates over 100,000 rows':62}{took:10.1f}{20:>8}")


if __name__ == "__main__":
    main()
