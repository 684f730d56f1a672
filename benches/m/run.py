#!/usr/bin/env python3
"""CPU seconds of the M engine on small queries, of 1,000 invoices as one JSON page, of a whole refresh, and against pqtools.
usage: run.py ENGINE [--company DIR] [--peer PQ]
    ENGINE   target/release/xero-pbit
    DIR      a folder of raw pages, for a whole refresh
    PQ       the `pq` program of pqtools (pip install pqtools; it wants Node.js 22 on the PATH), for ratios
Each figure is the least of five runs, process CPU of all threads."""
import argparse, glob, json, os, resource, subprocess, tempfile, time

args = argparse.ArgumentParser()
args.add_argument("engine")
args.add_argument("--company")
args.add_argument("--peer")
args = args.parse_args()
engine = os.path.abspath(args.engine)


def cpu(*command, stdin=None, runs=5):
    best = None
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, input=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        best = spent if best is None else min(best, spent)
    return best


start = cpu(engine, "m", "eval", "1")
print(f"start to first result        {start * 1000:8.1f} ms")
million = 1_000_000
for name, count, query in [
    ("List.Generate, numbers", 2, "List.Count(List.Generate(() => 0, each _ < 2000000, each _ + 1))"),
    ("List.Generate, records", 1, "List.Count(List.Generate(() => [i = 0], each [i] < 1000000, each [i = [i] + 1]))"),
    ("AddColumn and SelectRows", 3, 'let t = Table.FromList({1..3000000}, Splitter.SplitByNothing(), {"a"}), u = Table.AddColumn(t, "b", '
                                    'each [a] * 2), v = Table.SelectRows(u, each [b] > 1000000) in Table.RowCount(v)'),
]:
    spent = cpu(engine, "m", "eval", query) - start
    print(f"{name:28} {count / spent:8.2f} million a second")
text = "let " + ", ".join(f'f{i} = (x as number, optional y) => if x > {i} then [a = x, b = {{1..x}}][b]{{0}} ?? "t{i}" else @f{i}(x + 1)' for i in range(100_000)) + " in f0"
spent = cpu(engine, "m", "parse", "--jsonl", stdin=json.dumps({"code": text}).encode()) - start
print(f"parse                        {len(text) / 1e6 / spent:8.1f} MB a second")

# One page as Xero sends it, with every second column of an invoice, typed, every cell evaluated.
with tempfile.TemporaryDirectory() as folder:
    subprocess.run([engine, "sample", "--size", "2000", "--out", f"{folder}/company"], check=True, capture_output=True)
    pages = sorted(glob.glob(f"{folder}/company/Invoices/*.json"), key=os.path.getsize)
    page = pages[-1]
    count = len(json.load(open(page))["Invoices"])
    query = f'''let
    Day = (value as nullable text) => if value = null then null else #date(1970, 1, 1) + #duration(Number.RoundDown(Number.FromText(Text.BetweenDelimiters(value, "(", "+"), "en-US") / 86400000), 0, 0, 0),
    Rows = List.Transform(Json.Document(File.Contents("{page}"))[Invoices], each [
        Id = [InvoiceID], Number = [InvoiceNumber]?, Type = [Type], Contact = [Contact][Name], Date = Day([Date]?), Due = Day([DueDate]?),
        Status = [Status], Currency = [CurrencyCode], Rate = [CurrencyRate]?, SubTotal = [SubTotal], Tax = [TotalTax], Total = [Total],
        Open = [AmountDue], Lines = List.Count([LineItems]), Net = List.Sum(List.Transform([LineItems], each [LineAmount]))]),
    Typed = Table.TransformColumnTypes(Table.FromRecords(Rows, null, MissingField.UseNull), {{{{"Date", type date}}, {{"Due", type date}}, {{"Rate", type number}},
        {{"SubTotal", Currency.Type}}, {{"Tax", Currency.Type}}, {{"Total", Currency.Type}}, {{"Open", Currency.Type}}, {{"Lines", Int64.Type}}, {{"Net", Currency.Type}}}}, "en-US")
in
    Table.RowCount(Table.Buffer(Typed))'''
    spent = cpu(engine, "m", "eval", "--allow-io", query) - start
    print(f"{count} invoices, {os.path.getsize(page) / 1e6:.1f} MB of JSON {spent * 1000:8.1f} ms")

if args.peer:
    generated = "List.Generate(() => 0, each _ < {n}, each _ + 1)"
    table = "Table.FromRecords(List.Transform(" + generated + ", each [n = _, k = Number.Mod(_, 7)]))"
    peer_start = None
    for name, n, query in [
        ("start", 1, "1"),
        ("List.Generate", 50_000, "List.Count(" + generated + ")"),
        ("List.Transform", 50_000, "List.Sum(List.Transform(" + generated + ", each _ * 2 + 1))"),
        ("AddColumn and SelectRows", 20_000, "Table.RowCount(Table.SelectRows(Table.AddColumn(" + table + ', "b", each [n] * 2), each [b] > 10000))'),
        ("Table.Group", 20_000, "Table.RowCount(Table.Group(" + table + ', {{"k"}}, {{{{"s", each List.Sum([n]), type number}}}}))'),
    ]:
        with tempfile.NamedTemporaryFile("w", suffix=".pq") as file:
            file.write(query.format(n=n) if "{n}" in query else query)
            file.flush()
            answers = [subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() for command in
                       ([engine, "m", "eval", "-f", file.name], [args.peer, "eval", file.name])]
            assert answers[0] == answers[1], (name, answers)
            own, theirs = cpu(engine, "m", "eval", "-f", file.name), cpu(args.peer, "eval", file.name, runs=2)
        print(f"pqtools: {name:24} {theirs * 1000:8.1f} ms, here {own * 1000:6.1f} ms: {theirs / own:6.0f} ×")
        if peer_start is None:
            peer_start = theirs, own
        else:
            print(f"    without starting                     {(theirs - peer_start[0]) / max(own - peer_start[1], 1e-4):6.0f} ×")

if args.company:
    with tempfile.TemporaryDirectory() as out:
        for _ in range(3):
            began, before = time.time(), resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run(["/usr/bin/time", "-v", engine, "refresh-tables", "--company", args.company, "--out", out], capture_output=True, text=True, check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            peak = int(next(line for line in done.stderr.splitlines() if "Maximum resident" in line).split(":")[1])
            spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(f"all tables of {os.path.basename(os.path.abspath(args.company)):14} {time.time() - began:8.2f} s, {spent:.1f} s of CPU, {peak / 1024:.0f} MB")
