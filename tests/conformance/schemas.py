"""Every JSON file of each given build folder fits the schema that it names.

usage: schemas.py DIST...      schemas come from $PBI_SCHEMAS or ../shared/schemas; without them: exit 77 (skipped)
"""
import json
import os
import sys
from pathlib import Path

BASE = "https://developer.microsoft.com/json-schemas/"


def main():
    from jsonschema import Draft7Validator
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT7

    root = Path(os.environ.get("PBI_SCHEMAS", Path(__file__).resolve().parents[3] / "shared/schemas"))
    if not root.is_dir():
        print("schemas: skipped, no copy of the schemas here")
        return 77

    def load(url):
        return json.loads((root / url.removeprefix(BASE).split("#")[0]).read_text(encoding="utf-8-sig"))

    registry = Registry(retrieve=lambda url: Resource.from_contents(load(url), default_specification=DRAFT7))
    validators = {}
    failed = False
    for dist in sys.argv[1:]:
        problems, count = [], 0
        files = [p for p in Path(dist).rglob("*") if p.suffix in (".json", ".pbip", ".pbir", ".pbism") or p.name == ".platform"]
        for path in files:
            if "StaticResources" in path.parts or path.name == "diagramLayout.json":
                continue
            try:
                data = json.loads(path.read_bytes().decode("utf-8"))
            except ValueError as error:
                problems.append(f"{path}: {error}")
                continue
            url = data.get("$schema", "")
            if url not in validators:
                try:
                    validators[url] = Draft7Validator(load(url), registry=registry)
                except (OSError, ValueError):
                    problems.append(f"{path}: unknown schema `{url}`")
                    continue
            count += 1
            for error in validators[url].iter_errors(data):
                problems.append(f"{path}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")
        if count == 0:
            problems.append("no file with a schema")
        print(f"schemas: {dist}: {count} files, {len(problems)} errors")
        for problem in problems[:50]:
            print(f"  error: {problem}")
        failed |= bool(problems)
    return 1 if failed else 0


sys.exit(main())
