"""An independent reader of templates: parts, encodings, and the objects of the model against the TMDL beside it.

usage: package.py DIST...                 judge the templates and connectors of build folders
       package.py --queries FILE...       print every M text of templates and connectors as JSON
Only Python's own libraries.
"""
import json
import re
import sys
import zipfile
from pathlib import Path
from urllib.parse import unquote

WIDE = ["Version", "DataModelSchema", "DiagramLayout", "Settings", "Metadata"]


def text_of(value):
    return "\n".join(value) if isinstance(value, list) else value or ""


def queries(path):
    with zipfile.ZipFile(path) as package:
        if path.endswith(".mez"):
            return [{"name": f"{path}/{n}", "text": package.read(n).decode("utf-8-sig")} for n in package.namelist() if n.endswith(".pq")]
        model = json.loads(package.read("DataModelSchema").decode("utf-16-le"))["model"]
    found = [{"name": e["name"], "text": text_of(e["expression"])} for e in model.get("expressions", [])]
    for table in model["tables"]:
        for partition in table.get("partitions", []):
            if partition["source"]["type"] == "m":
                found.append({"name": table["name"], "text": text_of(partition["source"]["expression"])})
    return found


def judge_template(path, dist):
    with zipfile.ZipFile(path) as package:
        if package.testzip():
            yield "the archive is damaged"
        infos = package.infolist()
        names = [info.filename for info in infos]
        for info in infos:
            if info.is_dir() or "\\" in info.filename or info.filename.startswith("/"):
                yield f"`{info.filename}` is not a part name"
            if info.compress_type != zipfile.ZIP_DEFLATED or info.flag_bits & ~0x800 or info.extra:
                yield f"`{info.filename}` is not packed as Power BI Desktop packs"
        if len(set(names)) != len(names):
            yield "a part comes twice"
        for part in ("SecurityBindings", "DataModel", "Connections", "DataMashup", "Report/Layout"):
            if part in names:
                yield f"part `{part}` must not be there"
        for part in WIDE:
            if part not in names:
                yield f"part `{part}` is missing"
                continue
            data = package.read(part)
            if data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:3] == b"\xef\xbb\xbf" or b"\0" not in data[:4]:
                yield f"part `{part}` is not UTF-16LE without a mark"
            elif part != "Version":
                json.loads(data.decode("utf-16-le"))
        if package.read("Version").decode("utf-16-le") != "1.32":
            yield "Version is not 1.32"
        types = package.read("[Content_Types].xml").decode("utf-8-sig")
        overrides = set(re.findall(r'PartName="/([^"]+)"', types))
        extensions = set(re.findall(r'Extension="([^"]+)"', types))
        for name in names:
            if name == "[Content_Types].xml":
                continue
            base = name.rsplit("/", 1)[-1]
            if name not in overrides and base.rsplit(".", 1)[-1] not in extensions:
                yield f"`{name}` has no content type"
        for part in overrides - set(names):
            yield f"a content type names `{part}`, which is missing"
        report = json.loads(package.read("Report/definition/report.json"))
        for bundle in report["resourcePackages"]:
            for item in bundle["items"]:
                part = f"Report/StaticResources/{bundle['name']}/{item['path']}"
                if part not in [unquote(name) for name in names]:
                    yield f"report.json names `{part}`, which is missing"
        model = json.loads(package.read("DataModelSchema").decode("utf-16-le"))["model"]
        for name in names:
            if not name.startswith("Report/"):
                continue
            beside = next(dist.glob("*.Report")) / unquote(name.removeprefix("Report/"))
            if not beside.is_file() or beside.read_bytes() != package.read(name):
                yield f"`{name}` is not the file of the project"
    yield from judge_model(model, dist)


def judge_model(model, dist):
    """Counts objects in the TMDL text with regular expressions and compares."""
    folder = next(dist.glob("*.SemanticModel")) / "definition"
    tables = "\n".join(p.read_text("utf-8") for p in (folder / "tables").glob("*.tmdl"))
    relationships = folder / "relationships.tmdl"
    expected = {
        "tables": len(re.findall(r"(?m)^table ", tables)),
        "measures": len(re.findall(r"(?m)^\tmeasure ", tables)),
        "columns": len(re.findall(r"(?m)^\tcolumn ", tables)),
        "relationships": len(re.findall(r"(?m)^relationship ", relationships.read_text("utf-8"))) if relationships.exists() else 0,
    }
    found = {
        "tables": len(model["tables"]),
        "measures": sum(len(t.get("measures", [])) for t in model["tables"]),
        "columns": sum(len(t.get("columns", [])) for t in model["tables"]),
        "relationships": len(model.get("relationships", [])),
    }
    if expected != found:
        yield f"the project has {expected}, the template {found}"
    if model.get("defaultPowerBIDataSourceVersion") != "powerBI_V3":
        yield "the model is not of version 3"
    columns = {(t["name"], c["name"]) for t in model["tables"] for c in t.get("columns", [])}
    for relationship in model.get("relationships", []):
        for end in ("from", "to"):
            if (relationship[f"{end}Table"], relationship[f"{end}Column"]) not in columns:
                yield f"a relationship names {relationship[f'{end}Table']}[{relationship[f'{end}Column']}], which is missing"


def judge_connector(path):
    with zipfile.ZipFile(path) as package:
        names = package.namelist()
        text = "".join(package.read(n).decode("utf-8") for n in names if n.endswith(".pq"))
        for wanted in re.findall(r'Extension\.Contents\("([^"]+)"\)', text):
            if wanted not in names:
                yield f"the connector reads `{wanted}`, which is missing"
        texts = package.read("resources.resx").decode("utf-8")
        for wanted in set(re.findall(r'Extension\.LoadString\("([^"]+)"\)', text)):
            if f'name="{wanted}"' not in texts:
                yield f"the connector's text `{wanted}` is missing"
        for name in names:
            if name.endswith(".png") and not package.read(name).startswith(b"\x89PNG"):
                yield f"`{name}` is not a picture"


def main():
    arguments = sys.argv[1:]
    if arguments and arguments[0] == "--queries":
        print(json.dumps([query for path in arguments[1:] for query in queries(path)]))
        return 0
    failed = False
    for argument in arguments:
        dist = Path(argument)
        problems = []
        for path in sorted(dist.glob("*.pbit")):
            try:
                problems += judge_template(path, dist)
            except (KeyError, ValueError, OSError, StopIteration, zipfile.BadZipFile) as error:
                problems.append(f"{path.name} cannot be read: {error!r}")
        for path in sorted(dist.glob("*.mez")):
            problems += judge_connector(path)
        if not list(dist.glob("*.pbit")):
            problems.append("no template here")
        print(f"package: {dist}: {len(problems)} errors")
        for problem in problems[:50]:
            print(f"  error: {problem}")
        failed |= bool(problems)
    return 1 if failed else 0


sys.exit(main())
