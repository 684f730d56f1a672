// Microsoft's report validator on the report of each given build folder.
// usage: report.mjs DIST...   fails on any error or warning.
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const home = process.env.CONFORMANCE_HOME ?? join(homedir(), ".cache/xero-pbit-conformance");
const library = join(home, "node/node_modules/@microsoft/powerbi-report-authoring-cli/dist/index.js");
if (!existsSync(library)) {
  console.error("run tests/conformance/install first");
  process.exit(2);
}
const { getMetadataProvider, locateReport, runReportValidation } = await import(pathToFileURL(library));
const provider = await getMetadataProvider();
let failed = false;
for (const dist of process.argv.slice(2)) {
  for (const name of readdirSync(dist).filter((entry) => entry.endsWith(".Report"))) {
    const folder = join(dist, name);
    try {
      // Schemas are another script's part; here they would be fetched from the network.
      const result = await runReportValidation({ ...(await locateReport(folder)), provider, skipSchema: true });
      const count = result.errorCount + result.warningCount;
      console.log(`report: ${folder}: ${result.errorCount} errors, ${result.warningCount} warnings`);
      for (const [code, { severity, items = [{}], message }] of Object.entries(result.diagnostics ?? {})) {
        for (const item of items) console.log(`  ${severity}: ${code} ${item.file ?? ""} ${item.message ?? message ?? ""}`);
      }
      failed ||= count > 0;
    } catch (error) {
      console.log(`report: ${folder}: ${error.message}`);
      failed = true;
    }
  }
}
process.exit(failed ? 1 : 0);
