#!/usr/bin/env python3
"""Single grouped statements against DuckDB, and what many-to-one contexts cost, on the data of run.py.

usage: single.py --data DIR --engine target/release/xero-pbit [--threads 2] [--repeats 5]

Each statement must give the same rows as DuckDB before its time is taken. Times are process CPU (all threads), medians of the
repeats. Statements without SQL have no peer: their own bound is printed. Needs `pip install duckdb`.
"""
import argparse, statistics, sys, time

from run import Engine, compare, plain

LINES = "InvoiceLineItems"
# name, DAX, SQL
STATEMENTS = [
    ("SUM by month of the date table", "EVALUATE SUMMARIZECOLUMNS ( 'Date'[MonthIndex], \"v\", SUM ( InvoiceLineItems[LineAmount] ) ) ORDER BY 'Date'[MonthIndex]",
     'SELECT d.MonthIndex, SUM(l.LineAmount) FROM InvoiceLineItems l JOIN "Date" d ON l."Date" = d."Date" GROUP BY 1 ORDER BY 1'),
    ("SUM by contact", "EVALUATE SUMMARIZECOLUMNS ( Contacts[Name], \"v\", SUM ( InvoiceLineItems[LineAmount] ) ) ORDER BY Contacts[Name]",
     "SELECT c.Name, SUM(l.LineAmount) FROM InvoiceLineItems l JOIN Contacts c ON l.ContactId = c.ContactId GROUP BY 1 ORDER BY 1"),
    ("SUM by column of the lines", "EVALUATE SUMMARIZECOLUMNS ( InvoiceLineItems[Status], \"v\", SUM ( InvoiceLineItems[LineAmount] ) ) ORDER BY InvoiceLineItems[Status]",
     "SELECT Status, SUM(LineAmount) FROM InvoiceLineItems GROUP BY 1 ORDER BY 1"),
    ("SUM in all", "EVALUATE ROW ( \"v\", SUM ( InvoiceLineItems[LineAmount] ) )", "SELECT SUM(LineAmount) FROM InvoiceLineItems"),
    ("SUMX in all", "EVALUATE ROW ( \"v\", SUMX ( InvoiceLineItems, InvoiceLineItems[Quantity] * InvoiceLineItems[UnitAmount] ) )",
     "SELECT SUM(CAST(Quantity AS DOUBLE) * CAST(UnitAmount AS DOUBLE)) FROM InvoiceLineItems"),
    ("SUMX by fiscal year", "EVALUATE SUMMARIZECOLUMNS ( 'Date'[FY], \"v\", SUMX ( InvoiceLineItems, InvoiceLineItems[Quantity] * InvoiceLineItems[UnitAmount] ) ) ORDER BY 'Date'[FY]",
     'SELECT d.FY, SUM(CAST(l.Quantity AS DOUBLE) * CAST(l.UnitAmount AS DOUBLE)) FROM InvoiceLineItems l JOIN "Date" d ON l."Date" = d."Date" GROUP BY 1 ORDER BY 1'),
    ("CALCULATE by a value", "EVALUATE ROW ( \"v\", CALCULATE ( SUM ( InvoiceLineItems[LineAmount] ), InvoiceLineItems[Type] = \"ACCREC\" ) )",
     "SELECT SUM(LineAmount) FROM InvoiceLineItems WHERE Type = 'ACCREC'"),
    ("CALCULATE by a value, by month", "EVALUATE SUMMARIZECOLUMNS ( 'Date'[MonthIndex], \"v\", CALCULATE ( SUM ( InvoiceLineItems[LineAmount] ), InvoiceLineItems[Type] = \"ACCREC\" ) ) ORDER BY 'Date'[MonthIndex]",
     "SELECT d.MonthIndex, SUM(l.LineAmount) FROM InvoiceLineItems l JOIN \"Date\" d ON l.\"Date\" = d.\"Date\" WHERE l.Type = 'ACCREC' GROUP BY 1 ORDER BY 1"),
    ("CALCULATE by a year", "EVALUATE ROW ( \"v\", CALCULATE ( SUM ( InvoiceLineItems[LineAmount] ), 'Date'[FY] = 2026 ) )",
     "SELECT SUM(l.LineAmount) FROM InvoiceLineItems l JOIN \"Date\" d ON l.\"Date\" = d.\"Date\" WHERE d.FY = 2026"),
    ("CALCULATE with FILTER of amounts", "EVALUATE ROW ( \"v\", CALCULATE ( SUM ( InvoiceLineItems[LineAmount] ), FILTER ( InvoiceLineItems, InvoiceLineItems[LineAmount] > 100 ) ) )",
     "SELECT SUM(LineAmount) FROM InvoiceLineItems WHERE LineAmount > 100"),
    ("DISTINCTCOUNT in all", "EVALUATE ROW ( \"v\", DISTINCTCOUNT ( InvoiceLineItems[InvoiceId] ) )", "SELECT COUNT(DISTINCT InvoiceId) FROM InvoiceLineItems"),
    ("DISTINCTCOUNT by month", "EVALUATE SUMMARIZECOLUMNS ( 'Date'[MonthIndex], \"v\", DISTINCTCOUNT ( InvoiceLineItems[ContactId] ) ) ORDER BY 'Date'[MonthIndex]",
     'SELECT d.MonthIndex, COUNT(DISTINCT l.ContactId) FROM InvoiceLineItems l JOIN "Date" d ON l."Date" = d."Date" GROUP BY 1 ORDER BY 1'),
    ("running total by month", "EVALUATE SUMMARIZECOLUMNS ( 'Date'[MonthIndex], \"v\", CALCULATE ( SUM ( InvoiceLineItems[LineAmount] ), FILTER ( ALL ( 'Date' ), 'Date'[Date] <= MAX ( 'Date'[Date] ) ) ) ) ORDER BY 'Date'[MonthIndex]",
     'SELECT k, SUM(v) OVER (ORDER BY k) FROM (SELECT d.MonthIndex k, SUM(l.LineAmount) v FROM InvoiceLineItems l JOIN "Date" d ON l."Date" = d."Date" GROUP BY 1) ORDER BY 1'),
    ("running total by day", "EVALUATE SUMMARIZECOLUMNS ( 'Date'[Date], \"v\", CALCULATE ( SUM ( InvoiceLineItems[LineAmount] ), FILTER ( ALL ( 'Date'[Date] ), 'Date'[Date] <= MAX ( 'Date'[Date] ) ) ) ) ORDER BY 'Date'[Date]", None),
    ("year to date by month", "EVALUATE SUMMARIZECOLUMNS ( 'Date'[MonthIndex], \"v\", TOTALYTD ( SUM ( InvoiceLineItems[LineAmount] ), 'Date'[Date], \"6-30\" ) ) ORDER BY 'Date'[MonthIndex]",
     'SELECT k, SUM(v) OVER (PARTITION BY y ORDER BY k) FROM (SELECT d.MonthIndex k, d.FY y, SUM(l.LineAmount) v FROM InvoiceLineItems l JOIN "Date" d ON l."Date" = d."Date" GROUP BY 1, 2) ORDER BY 1'),
    ("share of all by contact", "EVALUATE SUMMARIZECOLUMNS ( Contacts[Name], \"v\", DIVIDE ( [Sales], CALCULATE ( [Sales], ALL ( Contacts ) ) ) )", None),
    ("rank of contacts", "EVALUATE TOPN ( 20, ADDCOLUMNS ( VALUES ( Contacts[Name] ), \"v\", [Sales], \"r\", RANKX ( ALL ( Contacts[Name] ), [Sales] ) ), [v] )", None),
    ("contacts above a sum", "EVALUATE ROW ( \"v\", COUNTROWS ( FILTER ( VALUES ( Contacts[ContactId] ), [Sales] > 100000 ) ) )", None),
    ("both-way filter by category", "EVALUATE SUMMARIZECOLUMNS ( Items[Category], \"v\", CALCULATE ( COUNTROWS ( Contacts ), CROSSFILTER ( InvoiceLineItems[ContactId], Contacts[ContactId], BOTH ) ) )", None),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--engine", default="target/release/xero-pbit")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    import duckdb

    peer = duckdb.connect(":memory:")
    peer.execute(f"SET threads = {options.threads}")
    for table in ("Date", "Contacts", LINES):
        peer.execute(f"CREATE TABLE \"{table}\" AS SELECT * FROM read_parquet('{options.data}/{table}.parquet')")
    engine = Engine(options.engine, options.data, options.threads)
    failed = []
    print(f"{'statement':36}{'CPU ms':>10}{'DuckDB':>10}{'ratio':>8}")
    for name, query, sql in STATEMENTS:
        answer, _ = engine.ask(query)
        if not answer.get("ok"):
            failed.append(f"{name}: {answer.get('error')}")
            continue
        ours = statistics.median(engine.ask(query)[1] for _ in range(options.repeats)) * 1e3
        if sql is None:
            print(f"{name:36}{ours:10.2f}")
            continue
        expected = [[plain(cell) for cell in row] for row in peer.execute(sql).fetchall()]
        failed += filter(None, [compare(name, expected, answer)])
        times = []
        for _ in range(options.repeats):
            before = time.process_time()
            peer.execute(sql).fetchall()
            times.append(time.process_time() - before)
        theirs = statistics.median(times) * 1e3
        print(f"{name:36}{ours:10.2f}{theirs:10.2f}{ours / theirs:8.2f}")
    print(f"peak {engine.peak_mb():.0f} MB")
    if failed:
        sys.exit("\n".join(failed))


if __name__ == "__main__":
    main()
