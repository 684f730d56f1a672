#!/usr/bin/env python3
"""Throughput and memory of `xero-pbit pull` without limits, on loopback.

    cargo build --release
    python3 benches/pull/run.py --program target/release/xero-pbit --megabytes 100 1000

A small server answers like Xero: pages of 1,000 invoices, everything else empty. Prints megabytes of JSON on disk per second of wall clock and of
processor time, and the most memory that the program used. What it writes goes into a temporary folder and is removed.
"""

import argparse
import datetime
import json
import multiprocessing
import os
import pathlib
import shutil
import socket
import socketserver
import subprocess
import tempfile
import time
from urllib.parse import parse_qs, urlparse

ROWS = 1000


def invoice(n):
    line = {
        "Description": "Consulting services as agreed",
        "UnitAmount": 10.0,
        "TaxType": "OUTPUT2",
        "TaxAmount": 1.5,
        "LineAmount": 10.0,
        "AccountCode": "200",
        "Tracking": [],
        "Quantity": 1.0,
        "AccountID": "11111111-1111-4111-8111-111111111111",
    }
    return {
        "Type": "ACCREC",
        "InvoiceID": "@@@@@@@@-0000-4000-8000-%012x" % n,
        "InvoiceNumber": "INV-%07d" % n,
        "Payments": [],
        "CreditNotes": [],
        "AmountDue": 0.0,
        "AmountPaid": 57.5,
        "CurrencyRate": 1.0,
        "Contact": {"ContactID": "00000000-0000-4000-8000-00000000000%d" % (n % 10), "Name": "Contact %d" % (n % 10)},
        "DateString": "2026-05-01T00:00:00",
        "Date": "/Date(1777593600000+0000)/",
        "DueDate": "/Date(1780272000000+0000)/",
        "Status": "PAID",
        "LineAmountTypes": "Exclusive",
        "LineItems": [line | {"LineItemID": "%08x-%04x-4000-8000-000000000000" % (n, i)} for i in range(5)],
        "SubTotal": 50.0,
        "TotalTax": 7.5,
        "Total": 57.5,
        "UpdatedDateUTC": "/Date(1777593600000+0000)/",
        "CurrencyCode": "NZD",
    }


BODY = json.dumps([invoice(n) for n in range(ROWS)], separators=(",", ":")).replace("/Date(", "\\/Date(").replace("+0000)/", "+0000)\\/").encode()
HEADER = [{"Value": text} for text in ("Account", "Debit", "Credit", "YTD Debit", "YTD Credit")]


class Handler(socketserver.StreamRequestHandler):
    pages = 1

    def send(self, body):
        self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body))
        self.wfile.write(body)

    def handle(self):
        while line := self.rfile.readline():
            length, changes = 0, False
            while header := self.rfile.readline().strip().lower():
                if header.startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
                changes |= header.startswith(b"if-modified-since:")
            self.rfile.read(length)
            url = urlparse(line.decode().split()[1])
            query, name = parse_qs(url.query), url.path.rsplit("/", 1)[1]
            if name == "token":
                self.send(b'{"access_token":"t","expires_in":1800,"token_type":"Bearer"}')
            elif name == "Organisation":
                self.send(b'{"Organisations":[{"OrganisationID":"o","Name":"Bench"}]}')
            elif name == "TrialBalance":
                day = datetime.date.fromisoformat(query.get("date", ["2026-05-31"])[0])
                titles = ["Trial Balance", "Bench", day.strftime("As at %d %B %Y")]
                self.send(json.dumps({"Reports": [{"ReportTitles": titles, "Rows": [{"RowType": "Header", "Cells": HEADER}]}]}).encode())
            elif name == "Invoices" and "page" in query and not changes:
                # Distinct ids on every page; the number of records stays below what is asked for in slices.
                page = int(query["page"][0])
                items = self.pages * ROWS if self.pages * ROWS <= 90_000 else 90_000
                head = b'{"pagination":{"page":%d,"pageSize":1000,"pageCount":%d,"itemCount":%d},"Invoices":' % (page, self.pages, items)
                self.send(head + BODY.replace(b"@@@@@@@@", b"%08x" % page) + b"}")
            else:
                self.send(b'{"%s":[]}' % name.encode())


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def serve(port, pages):
    Handler.pages = pages
    Server(("127.0.0.1", port), Handler).serve_forever()


def measure(program, megabytes):
    pages = max(1, round(megabytes * 1e6 / len(BODY)))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = multiprocessing.Process(target=serve, args=(port, pages), daemon=True)
    server.start()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="xero-pbit-bench-"))
    base = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "XERO_PBIT_HOME": str(folder / "home"),
        "XERO_PBIT_CLIENT_ID": "bench",
        "XERO_PBIT_CLIENT_SECRET": "bench",
        "XERO_PBIT_API_URL": base + "/api.xro/2.0",
        "XERO_PBIT_CONNECTIONS_URL": base + "/connections",
        "XERO_PBIT_IDENTITY_URL": base,
        "XERO_PBIT_LOGIN_URL": base,
        "XERO_PBIT_CALLS_A_MINUTE": "1000000",
    }
    try:
        for _ in range(100):
            if socket.socket().connect_ex(("127.0.0.1", port)) == 0:
                break
            time.sleep(0.1)
        subprocess.run([program, "--quiet", "login", "bench", "--client-credentials"], env=environment, check=True)
        started = time.monotonic()
        child = subprocess.Popen([program, "--quiet", "pull", "--organisation", "bench", "--out", str(folder / "books")], env=environment)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.monotonic() - started
        if status != 0:
            raise SystemExit(f"the pull failed with status {status}")
        size = sum(file.stat().st_size for file in (folder / "books" / "Invoices").iterdir()) / 1e6
        processor = usage.ru_utime + usage.ru_stime
        print(
            f"{size:7.0f} MB in {pages} pages: {seconds:6.1f} s, {size / seconds:6.1f} MB/s; "
            f"processor {processor:5.1f} s, {size / processor:6.1f} MB/s; memory {usage.ru_maxrss / 1024:5.0f} MB",
            flush=True,
        )
    finally:
        server.terminate()
        shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="target/release/xero-pbit")
    parser.add_argument("--megabytes", type=float, nargs="+", default=[100, 1000])
    arguments = parser.parse_args()
    for megabytes in arguments.megabytes:
        measure(arguments.program, megabytes)


if __name__ == "__main__":
    main()
