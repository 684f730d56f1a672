"""Copies of a build, each broken in one way, must be refused by the judge that is meant to see it.

usage: broken.py DIST
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
HOME = Path(os.environ.get("CONFORMANCE_HOME", Path.home() / ".cache/xero-pbit-conformance"))
PYTHON = HOME / "py/bin/python"
JUDGES = {
    "model": [str(PYTHON), str(HERE / "model.py")],
    "report": ["node", str(HERE / "report.mjs")],
    "schemas": [str(PYTHON), str(HERE / "schemas.py")],
    "queries": ["node", str(HERE / "queries.mjs")],
    "package": [sys.executable, str(HERE / "package.py")],
}


def changed(before, after, path):
    """A change that finds nothing to change would leave the judge nothing to refuse."""
    if before == after:
        raise SystemExit(f"broken: nothing to change in {path}")
    return after


def edit(path, change):
    text = path.read_text("utf-8")
    path.write_text(changed(text, change(text), path), "utf-8", newline="\n")


def some(dist, pattern):
    return sorted(dist.glob(pattern))[0]


def with_text(dist, pattern, needle):
    return next(p for p in sorted(dist.glob(pattern)) if needle in p.read_text("utf-8"))


def repack(path, change):
    """Rewrites an archive; `change` maps (name, bytes) to (name, bytes) or None."""
    with zipfile.ZipFile(path) as package:
        parts = [(name, package.read(name)) for name in package.namelist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts:
            changed = change(name, data)
            if changed:
                package.writestr(zipfile.ZipInfo(changed[0]), changed[1], zipfile.ZIP_DEFLATED)


def schema_part(path, change):
    def apply(name, data):
        if name != "DataModelSchema":
            return name, data
        text = data.decode("utf-16-le")
        return name, changed(text, change(text), path).encode("utf-16-le")

    repack(path, apply)


def unknown_property(dist):
    edit(some(dist, "*.SemanticModel/definition/tables/*.tmdl"), lambda t: t.replace("\tlineageTag:", "\tlineageTagg: x\n\tlineageTag:", 1))


def dangling_relationship(dist):
    edit(dist / f"{some(dist, '*.SemanticModel').name}/definition/relationships.tmdl", lambda t: re.sub(r"toColumn: .*", "toColumn: Nowhere.Nothing", t, count=1))


def expression_on_two_lines(dist):
    path = with_text(dist, "*.SemanticModel/definition/tables/*.tmdl", "\tmeasure ")
    edit(path, lambda t: re.sub(r"(?m)^\tmeasure .*$", "\tmeasure Bad = 1 +\n2", t, count=1))


def same_measure_twice(dist):
    def change(text):
        data = json.loads(text)
        home = next(t for t in data["model"]["tables"] if t.get("measures"))
        other = next(t for t in data["model"]["tables"] if t is not home)
        other.setdefault("measures", []).append({"name": home["measures"][0]["name"], "expression": "1"})
        return json.dumps(data)

    schema_part(some(dist, "*.pbit"), change)


def other_model(dist):
    schema_part(some(dist, "*.pbit"), lambda t: re.sub(r'("summarizeBy": ?)"none"', r'\1"sum"', t, count=1))


def wrong_visual_type(dist):
    path = with_text(dist, "*.Report/definition/pages/*/visuals/*/visual.json", '"visualType"')
    edit(path, lambda t: re.sub(r'"visualType": "[^"]+"', '"visualType": "pieceOfCake"', t, count=1))


def wrong_role(dist):
    path = with_text(dist, "*.Report/definition/pages/*/visuals/*/visual.json", '"Category": {')
    edit(path, lambda t: t.replace('"Category": {', '"Categories": {', 1))


def unknown_key(dist):
    edit(some(dist, "*.Report/definition/pages/*/page.json"), lambda t: t.replace("{", '{"nonsense": 1,', 1))


def unknown_schema(dist):
    edit(some(dist, "*.Report/definition/report.json"), lambda t: re.sub(r"report/[0-9.]+/schema", "report/9.9.9/schema", t, count=1))


def broken_query(dist):
    def change(text):
        data = json.loads(text)
        data["model"]["expressions"].append({"name": "Bad", "kind": "m", "expression": "let a = in a"})
        return json.dumps(data)

    schema_part(some(dist, "*.pbit"), change)


def broken_connector(dist):
    repack(some(dist, "*.mez"), lambda n, d: (n, d + b"\nshared x = ;") if n.endswith(".pq") else (n, d))


def marked_part(dist):
    repack(some(dist, "*.pbit"), lambda n, d: (n, b"\xff\xfe" + d) if n == "Settings" else (n, d))


def missing_theme(dist):
    repack(some(dist, "*.pbit"), lambda n, d: None if "StaticResources" in n else (n, d))


def lost_part(dist):
    repack(some(dist, "*.pbit"), lambda n, d: None if n == "DiagramLayout" else (n, d))


def other_report(dist):
    repack(some(dist, "*.pbit"), lambda n, d: (n, d + b" ") if n.endswith("page.json") else (n, d))


def missing_icon(dist):
    repack(some(dist, "*.mez"), lambda n, d: None if n == "Xero32.png" else (n, d))


CASES = {
    "model": [unknown_property, dangling_relationship, expression_on_two_lines, same_measure_twice, other_model],
    "report": [wrong_visual_type, wrong_role],
    "schemas": [unknown_key, unknown_schema],
    "queries": [broken_query, broken_connector],
    "package": [marked_part, missing_theme, lost_part, other_report, missing_icon],
}


def main():
    source = Path(sys.argv[1])
    skip = set(sys.argv[2:])
    failed = 0
    for judge, cases in CASES.items():
        if judge in skip:
            print(f"broken: {judge}: skipped")
            continue
        for case in cases:
            with tempfile.TemporaryDirectory() as folder:
                dist = Path(folder) / "dist"
                shutil.copytree(source, dist)
                case(dist)
                result = subprocess.run([*JUDGES[judge], str(dist)], capture_output=True, text=True)
                refused = result.returncode == 1
                print(f"broken: {judge}: {case.__name__}: {'refused' if refused else 'NOT REFUSED'}")
                if not refused:
                    print(result.stdout[-500:], result.stderr[-500:])
                    failed += 1
    return 1 if failed else 0


sys.exit(main())
