"""Microsoft's Tabular Object Model reads the TMDL folder and the template of each given build folder.

usage: model.py DIST...        a folder that `build` wrote
Fails when either does not load or validate, or when the two are not the same model.
"""
import json
import os
import sys
import zipfile
from pathlib import Path


def start():
    """Starts .NET and loads the object model; only assemblies are loaded, none of the wheel's own Python."""
    site = next(Path(p) for p in sys.path if p.endswith("site-packages"))
    root = site / "dnv/net/runtime/.net"
    os.environ.setdefault("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1")
    os.environ["DOTNET_ROOT"] = str(root)
    from clr_loader import get_coreclr
    from pythonnet import load

    load(get_coreclr(runtime_config=str(site / "dnv/net/runtime/runtimeconfig.json"), dotnet_root=str(root)))
    import clr

    library = site / "sempy/lib"
    sys.path.append(str(library))
    for name in ("Core", "Tabular.Json", "Tabular"):
        clr.AddReference(str(library / f"Microsoft.AnalysisServices.{name}.dll"))
    import Microsoft.AnalysisServices as services
    import Microsoft.AnalysisServices.Tabular as tabular

    return tabular, services


TABULAR, SERVICES = start()


def first_line(error):
    return str(getattr(error, "Message", None) or error).strip().splitlines()[0]


def from_tmdl(folder):
    return TABULAR.TmdlSerializer.DeserializeDatabaseFromFolder(str(folder))


def from_template(path):
    with zipfile.ZipFile(path) as package:
        text = package.read("DataModelSchema").decode("utf-16-le")
    return TABULAR.JsonSerializer.DeserializeDatabase(text, TABULAR.DeserializeOptions(), SERVICES.CompatibilityMode.PowerBI)


def canonical(database):
    options = TABULAR.SerializeOptions()
    options.IgnoreInferredObjects = options.IgnoreInferredProperties = options.IgnoreTimestamps = True
    model = json.loads(TABULAR.JsonSerializer.SerializeDatabase(database, options))["model"]

    def sort(value):
        if isinstance(value, dict):
            return {key: sort(value[key]) for key in sorted(value)}
        if isinstance(value, list):
            if value and all(isinstance(item, str) for item in value):
                return "\n".join(value)
            return sorted((sort(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
        return value

    return sort(model)


def engine_rules(model):
    """What the engine refuses when it takes a model over, though the object model loads it."""
    seen = {}
    for table in model.Tables:
        names = {column.Name.lower() for column in table.Columns}
        for measure in table.Measures:
            key = measure.Name.lower()
            if key in seen:
                yield f"measure [{measure.Name}] is in {seen[key]} and {table.Name}"
            if key in names:
                yield f"measure [{measure.Name}] has the name of a column of {table.Name}"
            seen[key] = table.Name
        if table.Partitions.Count == 0:
            yield f"table {table.Name} has no partition"
        for partition in table.Partitions:
            text = getattr(partition.Source, "Expression", "x")
            if not (text or "").strip():
                yield f"partition {table.Name}/{partition.Name} is empty"
    pairs = set()
    for relationship in model.Relationships:
        one, many = relationship.ToColumn, relationship.FromColumn
        if one.DataType != many.DataType:
            yield f"{many.Table.Name}[{many.Name}] and {one.Table.Name}[{one.Name}] have different types"
        pair = (many.Table.Name, one.Table.Name)
        if relationship.IsActive and pair in pairs:
            yield f"two active relationships between {pair[0]} and {pair[1]}"
        if relationship.IsActive:
            pairs.add(pair)


def judge(dist):
    found = []
    models = {}
    sources = [("TMDL", from_tmdl, next(Path(dist).glob("*.SemanticModel")) / "definition"),
               ("template", from_template, next(Path(dist).glob("*.pbit")))]
    for kind, read, path in sources:
        try:
            database = read(path)
        except Exception as error:
            found.append(f"{kind} does not load: {first_line(error)}")
            continue
        result = database.Model.Validate()
        if result.ContainsErrors:
            found += [f"{kind}: {error.Message}" for error in result.Errors]
            continue
        found += [f"{kind}: {problem}" for problem in engine_rules(database.Model)]
        models[kind] = canonical(database)
        if not 1500 <= database.CompatibilityLevel <= 1800:
            found.append(f"{kind}: compatibility level {database.CompatibilityLevel}")
    if len(models) == 2 and models["TMDL"] != models["template"]:
        for key in models["TMDL"]:
            if models["TMDL"].get(key) != models["template"].get(key):
                found.append(f"TMDL and template differ in `{key}`")
    return found


def main():
    failed = False
    for dist in sys.argv[1:]:
        problems = judge(dist)
        failed |= bool(problems)
        print(f"model: {dist}: {'ok' if not problems else ''}")
        for problem in problems:
            print(f"  error: {problem}")
    return 1 if failed else 0


sys.exit(main())
