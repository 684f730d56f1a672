// Speed of the preview: see `run`.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [, , binary, ...options] = process.argv;
const large = options.includes("--large") ? options[options.indexOf("--large") + 1] : null;
const only = options.includes("--only") ? options[options.indexOf("--only") + 1] : null;
const wanted = (part) => !only || only === part;
const need = createRequire(join(process.env.BROWSER_HOME, "package.json"));
const puppeteer = (await import(pathToFileURL(need.resolve("puppeteer-core")))).default;
const work = mkdtempSync(join(tmpdir(), "xero-pbit-bench-"));
const run = (...args) => execFileSync(binary, args, { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] });
const sorted = (list) => [...list].sort((a, b) => a - b);
const median = (list) => sorted(list)[Math.floor(list.length / 2)];
const pad = (value, width) => String(Math.round(value)).padStart(width);

const browser = await puppeteer.launch({ executablePath: process.env.XERO_PBIT_CHROMIUM, args: ["--no-sandbox", "--disable-gpu", "--hide-scrollbars"] });
const open = async (address) => {
  const tab = await browser.newPage();
  await tab.setViewport({ width: 1280, height: 800 });
  tab.cdp = await tab.createCDPSession();
  // Processor time of the page's main thread instead of wall clock.
  await tab.cdp.send("Performance.enable", { timeDomain: "threadTicks" });
  await tab.goto(address);
  return tab;
};
const busy = async (tab) => (await tab.cdp.send("Performance.getMetrics")).metrics.find((one) => one.name === "TaskDuration").value * 1000;
const ready = (tab, page) => tab.waitForFunction((n) => document.body.dataset.ready === String(n), { timeout: 300_000, polling: 20 }, page);
const serve = async (...args) => {
  const child = spawn(binary, ["preview", "--serve", "--quiet", ...args], { stdio: ["ignore", "pipe", "ignore"] });
  const url = await new Promise((done) => child.stdout.once("data", (chunk) => done(String(chunk).trim())));
  // Clock ticks of 10 ms; Linux only.
  const cpu = () => { try { const parts = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1].split(" "); return (Number(parts[11]) + Number(parts[12])) * 10; } catch { return NaN; } };
  const memory = () => { try { return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))[1]) / 1024; } catch { return NaN; } };
  return { url, cpu, memory, stop: () => child.kill("SIGINT") };
};

/** Chooses other months on each page, and undoes it: milliseconds from the click until everything is drawn, processor time of one of the two. */
async function clicks(title, server, repeats) {
  const tab = await open(server.url);
  await ready(tab, 0);
  const pages = await tab.evaluate(() => JSON.parse(document.getElementById("data").textContent).outline.pages);
  console.log(`\n${title}\n${"page".padEnd(30)} open: wall  program   page | click: median   max  program   page   (ms)`);
  let all = [];
  for (const [n, page] of pages.entries()) {
    if (page.kind !== "report") continue;
    let [program, thread, start] = [server.cpu(), await busy(tab), Date.now()];
    await tab.evaluate((at) => { location.hash = `page=${at}`; }, n);
    await ready(tab, n);
    const opened = [Date.now() - start, server.cpu() - program, (await busy(tab)) - thread];
    const times = [];
    [program, thread] = [server.cpu(), await busy(tab)];
    for (let i = 0; i < repeats; i++) {
      times.push(await tab.evaluate(async (back) => {
        const before = document.body.dataset.drawn;
        const start = performance.now();
        const boxes = [...document.querySelectorAll('[data-v="Month"] .menu input')];
        // One month at a time: the one that is chosen goes, another comes.
        const chosen = boxes.findIndex((one) => one.checked);
        boxes[boxes.length - 4 - back].click();
        while (document.body.dataset.drawn === before) await new Promise((done) => setTimeout(done, 1));
        return performance.now() - start;
      }, i));
      await tab.evaluate(async () => { const before = document.body.dataset.drawn; const on = document.querySelector('[data-v="Month"] .menu input:checked'); if (on) { on.click(); while (document.body.dataset.drawn === before) await new Promise((done) => setTimeout(done, 1)); } });
    }
    all = all.concat(times);
    console.log(`${page.name.padEnd(30)}  ${pad(opened[0], 9)} ${pad(opened[1], 8)} ${pad(opened[2], 6)} | ${pad(median(times), 13)} ${pad(Math.max(...times), 5)} ${pad((server.cpu() - program) / repeats / 2, 8)} ${pad(((await busy(tab)) - thread) / repeats / 2, 6)}`);
  }
  console.log(`all clicks: median ${Math.round(median(all))} ms, most ${Math.round(Math.max(...all))} ms; memory of the program ${Math.round(server.memory())} MB`);
  await tab.close();
}

console.log(`${cpus().length} cores, load ${loadavg().map((one) => one.toFixed(1)).join(" ")}`);
const data = join(work, "tables");
run("refresh-tables", "--quiet", "--format", "parquet", "--out", data);
for (const locale of wanted("files") ? ["en", "fr", "nl"] : []) {
  const file = join(work, `${locale}.html`);
  const start = Date.now();
  run("preview", "--quiet", "--data", data, "--out", file, "--locale", locale);
  const made = Date.now() - start;
  const paints = [];
  for (let i = 0; i < 3; i++) {
    const tab = await open(pathToFileURL(file).href);
    await ready(tab, 0);
    paints.push(await tab.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? performance.now()));
    await tab.close();
  }
  console.log(`file ${locale}: ${(statSync(file).size / 1e6).toFixed(2)} MB, made in ${made} ms, first paint after ${Math.round(median(paints))} ms`);
}

if (wanted("small")) {
  const small = await serve("--data", data);
  await clicks("sample company, --serve", small, 7);
  small.stop();
}
if (large && wanted("large")) {
  const big = await serve("--data", large);
  await clicks(`${large}, --serve`, big, 5);
  big.stop();
}

// A saved file until the new picture is there.
const model = join(work, "model");
run("init", "--quiet", "--full", model);
const edited = await serve("--model", model, "--data", data);
for (const [what, page, path, from, to] of !wanted("saving") ? [] : [
  ["a page", "Inventory", "pages/05-inventory.yaml", "title: Share of products in sales", (n) => `title: Share of products, edition ${n}`],
  ["a measure", "Balance Sheet", null, null, null],
]) {
  const tab = await open(edited.url);
  await ready(tab, 0);
  const pages = await tab.evaluate(() => JSON.parse(document.getElementById("data").textContent).outline.pages);
  const at = pages.findIndex((one) => one.name === page);
  await tab.evaluate((n) => { location.hash = `page=${n}`; }, at);
  await ready(tab, at);
  const file = path ? join(model, path) : execFileSync("grep", ["-rl", "name: Equity$", join(model, "measures")], { encoding: "utf8" }).trim().split("\n")[0];
  const before = readFileSync(file, "utf8");
  const times = [];
  const program = edited.cpu();
  const thread = await busy(tab);
  for (let n = 1; n <= 6; n++) {
    const text = path ? before.replace(from, to(n)) : before.replace(/(name: Equity\n(?: {4}.*\n)*? {4}expression: \|?\n? *)/, (found) => `${found}${n} + `);
    if (text === before) throw new Error(`${file} has no place to edit`);
    const wanted = path ? to(n).slice("title: ".length) : null;
    const old = await tab.evaluate(() => document.querySelector('[data-v="Equity"] [data-figure]')?.textContent ?? "");
    const start = Date.now();
    writeFileSync(file, text);
    await tab.waitForFunction((title, figure) => title ? [...document.querySelectorAll("#view h2")].some((one) => one.textContent === title) : document.querySelector('[data-v="Equity"] [data-figure]').textContent !== figure, { timeout: 60_000, polling: 5 }, wanted, old);
    times.push(Date.now() - start);
    await new Promise((done) => setTimeout(done, 300));
  }
  console.log(`saving ${what}: median ${median(times)} ms, least ${Math.min(...times)} ms, most ${Math.max(...times)} ms until the new picture; program ${Math.round((edited.cpu() - program) / 6)} ms, page ${Math.round(((await busy(tab)) - thread) / 6)} ms of processor time`);
  writeFileSync(file, before);
  await tab.close();
}
edited.stop();
await browser.close();
rmSync(work, { recursive: true, force: true });
process.exit(0);
