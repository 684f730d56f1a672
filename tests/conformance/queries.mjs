// Microsoft's M parser on every query and on the connector of each given build folder.
// usage: queries.mjs DIST...
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const home = process.env.CONFORMANCE_HOME ?? join(homedir(), ".cache/xero-pbit-conformance");
if (!existsSync(join(home, "node/node_modules"))) {
  console.error("run tests/conformance/install first");
  process.exit(2);
}
const parser = createRequire(join(home, "node/package.json"))("@microsoft/powerquery-parser");
const here = dirname(fileURLToPath(import.meta.url));
let failed = false;
for (const dist of process.argv.slice(2)) {
  const archives = readdirSync(dist).filter((name) => name.endsWith(".pbit") || name.endsWith(".mez"));
  const listed = execFileSync("python3", [join(here, "package.py"), "--queries", ...archives.map((name) => join(dist, name))], { maxBuffer: 1 << 28 });
  const queries = JSON.parse(listed.toString());
  const problems = [];
  for (const { name, text } of queries) {
    const result = await parser.TaskUtils.tryLexParse(parser.DefaultSettings, text);
    if (!parser.TaskUtils.isParseStageOk(result)) problems.push(`${name}: ${result.error?.message ?? result.resultKind}`);
  }
  if (queries.length === 0) problems.push("no query found");
  console.log(`queries: ${dist}: ${queries.length} queries, ${problems.length} errors`);
  for (const problem of problems) console.log(`  error: ${problem}`);
  failed ||= problems.length > 0;
}
process.exit(failed ? 1 : 0);
