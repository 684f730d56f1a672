// The preview in a real browser: opens, filters, navigates, is read aloud. usage: check.mjs BINARY [WORD…]; see `run`.
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { request } from "node:http";
import { networkInterfaces, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const [, , binary, ...words] = process.argv;
const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../../..");
const need = createRequire(join(process.env.BROWSER_HOME, "package.json"));
const puppeteer = (await import(pathToFileURL(need.resolve("puppeteer-core")))).default;
const axe = readFileSync(need.resolve("axe-core/axe.min.js"), "utf8");
const { PNG } = need("pngjs");

const work = mkdtempSync(join(tmpdir(), "xero-pbit-browser-"));
const run = (...args) => execFileSync(binary, args, { encoding: "utf8", maxBuffer: 1 << 28 });
const data = join(work, "tables");
run("refresh-tables", "--quiet", "--format", "parquet", "--out", data);
const file = join(work, "preview.html");
run("preview", "--quiet", "--data", data, "--out", file);
const payloadOf = (html) => JSON.parse(html.split('id="data">')[1].split("</script>")[0]);
const payload = payloadOf(readFileSync(file, "utf8"));
const pages = payload.outline.pages;
const pageAt = (name) => pages.findIndex((page) => page.name === name);

/** One row of values by DAX. */
const query = (dax) => JSON.parse(run("query", "--data", data, "--format", "json", dax)).results[0].rows;
const text = (measure, filters = "") =>
  `CALCULATE ( FORMAT ( [${measure}], [Money Format] )${filters && `, ${filters}`} )`;
const figure = (dax) => query(`EVALUATE ROW ( "x", ${dax} )`)[0][0];

const browser = await puppeteer.launch({
  executablePath: process.env.XERO_PBIT_CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1"],
});
/** A tab that fails on console errors and on requests that leave the disk (or the given address). */
async function open(address, { width = 1280, height = 800, dark = false, page = 0, extra = "" } = {}) {
  const tab = await browser.newPage();
  tab.errors = [];
  await tab.setViewport({ width, height });
  await tab.emulateMediaFeatures([{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }]);
  tab.on("console", (message) => { if (["error", "warn"].includes(message.type())) tab.errors.push(message.text()); });
  tab.on("pageerror", (error) => tab.errors.push(error.message));
  const own = address.startsWith("http") ? new URL(address).origin : "file://";
  tab.on("request", (one) => { if (!one.url().startsWith(own) && !one.url().startsWith("data:")) tab.errors.push(`asks for ${one.url()}`); });
  await tab.goto(`${address}#page=${page}${extra}`);
  await ready(tab, page);
  return tab;
}
const ready = (tab, page) => tab.waitForFunction((n) => document.body.dataset.ready === String(n), { timeout: 30_000, polling: 20 }, page);
const address = pathToFileURL(file).href;
const settle = (tab) => tab.evaluate(() => new Promise((done) => setTimeout(done, 80)));
const figures = (tab) =>
  tab.$$eval("#view [data-figure]", (all) => Object.fromEntries(all.map((one) => [one.closest("[data-v]").dataset.v, one.textContent])));
const shownPage = (tab) => tab.$eval("#view h1, #view [data-v='Contact name'] .cv", (one) => one.textContent);
const goTo = async (tab, page) => { await tab.evaluate((n) => { location.hash = `page=${n}`; }, page); await ready(tab, page); await settle(tab); };
async function waitFor(tab, visual, wanted, what) {
  const read = () => tab.$eval(`[data-v="${visual}"] [data-figure]`, (one) => one.textContent).catch(() => null);
  let last = null;
  for (let i = 0; i < 100; i++) { last = await read(); if (last === wanted) return; await settle(tab); }
  throw new Error(`${what}: ${visual} shows ${last}, the engine says ${wanted}`);
}
function ensure(holds, why) { if (!holds) throw new Error(why); }
const equal = (found, wanted, what) => ensure(JSON.stringify(found) === JSON.stringify(wanted), `${what}: found ${JSON.stringify(found)}, expected ${JSON.stringify(wanted)}`);

/** A server over the same data. */
async function serve(...args) {
  const child = spawn(binary, ["preview", "--serve", "--data", data, ...args], { stdio: ["ignore", "pipe", "ignore"] });
  const line = await new Promise((done, failed) => { child.stdout.once("data", (chunk) => done(String(chunk).trim())); child.once("exit", () => failed(new Error("the server ended"))); });
  return { url: line, stop: () => child.kill("SIGINT") };
}
const raw = (url, options) => new Promise((done, failed) => {
  const { hostname, port, pathname } = new URL(url);
  const asked = request({ hostname, port, path: pathname, ...options }, (answer) => { answer.resume(); answer.on("end", () => done(answer.statusCode)); });
  asked.on("error", failed);
  asked.end(options.body);
});

// Every selection is at hand with a server; the file has what its budget allowed.
const server = await serve();
const live = server.url;

const tests = {
  async "every page opens from disk without an error"() {
    for (const [n, page] of pages.entries()) {
      const tab = await open(address, { page: n });
      equal(tab.errors, [], page.name);
      equal(await tab.$$eval("#view .err", (all) => all.map((one) => one.textContent)), [], page.name);
      await tab.close();
    }
  },
  async "cards show the engine's figures in the measure's format"() {
    const tab = await open(address, { page: pageAt("Balance Sheet") });
    const shown = await figures(tab);
    for (const measure of ["Total assets", "Total liabilities", "Equity", "Working capital", "Accounting equation check"]) {
      equal(shown[measure], figure(text(measure)), measure);
    }
    await goTo(tab, pageAt("Health"));
    const closed = "'Date'[Is Closed Month] = TRUE ()";
    const last = figure(`VAR d = CALCULATE ( MAX ( 'Date'[Month Order] ), ${closed} ) RETURN CALCULATE ( FORMAT ( [Gross profit percentage], "0.0%" ), 'Date'[Month Order] = d )`);
    equal((await figures(tab))["Gross profit percentage"], last, "KPI");
    await tab.close();
  },
  async "every figure of every page is what its query gives"() {
    // Numbers: each visual's query, run by `query`.
    const asked = [];
    for (const [n, page] of pages.entries()) {
      for (const visual of page.visuals) {
        const found = payload.base[n][visual.id]?.data;
        if (found?.dax) asked.push({ id: `${n}/${visual.id}`, query: found.dax[0], found });
      }
    }
    ensure(asked.length > 100, `only ${asked.length} visuals have a query`);
    const jsonl = (requests) => execFileSync(binary, ["query", "--data", data, "--jsonl"], { input: requests.map((one) => JSON.stringify(one)).join("\n"), encoding: "utf8", maxBuffer: 1 << 28, stdio: ["pipe", "pipe", "ignore"] }).trim().split("\n").map((line) => JSON.parse(line));
    const answered = jsonl(asked.map(({ id, query }) => ({ id, query })));
    const written = [];
    for (const [i, { id, query, found }] of asked.entries()) {
      ensure(answered[i].ok, `${id}: ${answered[i].error?.message}`);
      if (found.rows >= found.limit) continue;
      const { columns, rows } = answered[i].results[0];
      const core = query.slice(query.lastIndexOf("SUMMARIZECOLUMNS ("));
      const names = [...core.matchAll(/^\t\t\t"([^"]+)", (?!IGNORE)/gm)].map((one) => one[1]);
      const groups = found.columns.filter((one) => one.column).length;
      const depthOf = (row) => row.length - 2 * names.length - found.styles.filter((one) => one.at !== undefined).length;
      const shown = [...found.levels, ...found.totals.filter(([kind]) => kind !== "order").map(([, list]) => list)].flat();
      const sort = (list) => list.filter((one) => typeof one === "number").sort((a, b) => a - b);
      names.forEach((name, at) => {
        const column = columns.findIndex((one) => one.name === `[${name}]`);
        const engine = sort(rows.map((row) => (columns[column].type === "currency" && row[column] !== null ? Number(row[column]) : row[column])));
        const page = sort(shown.map((row) => row[depthOf(row) + 2 * at]));
        equal([page.length, page.find((one, k) => Math.abs(one - engine[k]) > 1e-9 * Math.max(1, Math.abs(one)))], [engine.length, undefined], `${id}, ${name}`);
        // A dynamic format is in the answer: its text is FORMAT of the figure.
        const format = columns.findIndex((one) => one.name === `[v_${name}_FormatString]`);
        if (format >= 0 && groups === 0 && typeof rows[0]?.[column] !== "object" && rows[0]) written.push({ id: `${id}, ${name}`, expr: `FORMAT ( ${rows[0][column]}, "${String(rows[0][format]).replaceAll('"', '""')}" )`, text: shown[0][depthOf(shown[0]) + 2 * at + 1] });
      });
    }
    ensure(written.length > 40, `only ${written.length} cards have a dynamic format`);
    for (const [i, one] of jsonl(written.map(({ id, expr }) => ({ id, expr }))).entries()) equal(written[i].text, one.results[0].rows[0][0], written[i].id);
    // Texts: what the page draws is what the answer says, on every page.
    const tab = await open(address);
    for (const [n, page] of pages.entries()) {
      if (page.kind === "tooltip") continue;
      await goTo(tab, n);
      const drawn = await tab.$$eval("#view [data-v]", (all) => all.map((one) => [one.dataset.v, [...one.querySelectorAll("[data-figure]")].map((figure) => figure.textContent), [...one.querySelectorAll("table.t:not(.m) tbody tr:first-child td, table.t:not(.m) tfoot td.n")].map((cell) => cell.textContent)]));
      for (const [visual, cards, cells] of drawn) {
        const found = payload.base[n][visual]?.data;
        const type = page.visuals.find((one) => one.id === visual)?.type;
        if (!found || /slicer/i.test(type)) continue;
        const texts = [...found.levels, ...found.totals.map(([, list]) => list)].flat().flat().filter((one) => one !== null).map(String);
        for (const text of cards.filter((one) => one && one !== "–")) ensure(texts.includes(text), `${page.name}, ${visual}: the card shows ${text}`);
        for (const text of cells.filter((one) => /[0-9][.,][0-9]{2}$|%$/.test(one))) ensure(texts.includes(text), `${page.name}, ${visual}: a cell shows ${text}`);
      }
    }
    await tab.close();
  },
  async "each slicer changes the figures to what the engine says"() {
    const tab = await open(live, { page: pageAt("Profit and Loss") });
    const pick = async (visual, label) => {
      await tab.click(`[data-v="${visual}"] summary`);
      const box = await tab.evaluateHandle((v, l) => [...document.querySelectorAll(`[data-v="${v}"] .menu label`)].find((one) => one.textContent === l).firstChild, visual, label);
      await box.click();
      await settle(tab);
    };
    const months = payload.base[0].Month.data.levels[0].map((row) => row[0]);
    const years = payload.base[0]["Fiscal year"].data.levels[0].map((row) => row[0]);
    ensure(months.length > 12 && years.length > 1, "there are too few periods to choose");
    const month = months[months.length - 3];
    await pick("Month", month);
    await waitFor(tab, "Trading income", figure(text("Trading income", `'Date'[Month] = "${month}"`)), month);
    // The slicer is in step on every page.
    await goTo(tab, pageAt("Customer"));
    await waitFor(tab, "Invoiced sales", figure(text("Invoiced sales", `'Date'[Month] = "${month}"`)), `${month} on another page`);
    await tab.keyboard.press("Escape");
    await tab.evaluate(() => [...document.querySelectorAll(".bar .tool")].find((one) => !one.hidden && /Clear/.test(one.textContent)).click());
    await waitFor(tab, "Invoiced sales", figure(text("Invoiced sales")), "cleared");
    const year = years[years.length - 2];
    await pick("Fiscal year", year);
    await waitFor(tab, "Invoiced sales", figure(text("Invoiced sales", `'Date'[Fiscal Year] = "${year}"`)), year);
    const organisation = payload.base[0].Organisation.data.levels[0][0][0];
    await tab.select('[data-v="Organisation"] select', "0");
    await settle(tab);
    await tab.evaluate(() => [...document.querySelectorAll(".bar .tool")].find((one) => /Clear/.test(one.textContent)).click());
    await tab.select('[data-v="Organisation"] select', "0");
    await waitFor(tab, "Invoiced sales", figure(text("Invoiced sales", `Organisation[Organisation Name] = "${organisation}"`)), organisation);
    equal(tab.errors, [], "console");
    await tab.close();
  },
  async "with a server any selection is answered"() {
    const tab = await open(live, { page: pageAt("Bank Accounts") });
    const days = await tab.$$('[data-v="Days"] input');
    const set = (input, value) => input.evaluate((one, v) => { one.value = v; one.dispatchEvent(new Event("change")); }, value);
    await set(days[0], "2026-03-01");
    await settle(tab);
    await set((await tab.$$('[data-v="Days"] input'))[1], "2026-04-15");
    const between = "'Date'[Date] >= DATE ( 2026, 3, 1 ) && 'Date'[Date] <= DATE ( 2026, 4, 15 )";
    await waitFor(tab, "Cash in", figure(text("Cash in", between)), "a range of days");
    // Two months at once.
    await goTo(tab, pageAt("Profit and Loss"));
    await tab.evaluate(() => [...document.querySelectorAll(".bar .tool")].find((one) => /Clear/.test(one.textContent)).click());
    await settle(tab);
    for (const label of ["Mar 2026", "Apr 2026"]) {
      if (!(await tab.$('[data-v="Month"] details[open]'))) await tab.click('[data-v="Month"] summary');
      const box = await tab.evaluateHandle((l) => [...document.querySelectorAll('[data-v="Month"] .menu label')].find((one) => one.textContent === l).firstChild, label);
      await box.click();
      await settle(tab);
    }
    await waitFor(tab, "Trading income", figure(text("Trading income", "'Date'[Month] IN { \"Mar 2026\", \"Apr 2026\" }")), "two months");
    equal(tab.errors, [], "console");
    const times = await tab.evaluate(async (count) => {
      const times = [];
      for (let page = 0; page < count; page++) {
        const body = JSON.stringify({ page, selections: [{ column: "'Date'[Month]", values: ["Feb 2026"] }] });
        const start = performance.now();
        await (await fetch("/api/query", { method: "POST", headers: { "content-type": "application/json" }, body })).json();
        times.push(Math.round(performance.now() - start));
      }
      return times;
    }, pages.length);
    console.log(`   a month by the server, ms per page: ${times.join(" ")}`);
    await tab.close();
  },
  async "the file answers what it carries and says where it stops"() {
    const at = pageAt("Profit and Loss");
    const months = payload.base[at].Month.data.levels[0].map((row) => row[0]);
    const key = (month) => `${at}|'Date'[Month]=${JSON.stringify([month])}`;
    const known = months.filter((month) => payload.variants[key(month)]);
    ensure(known.length > 0, "no month is pre-computed");
    const tab = await open(address, { page: at });
    const pick = (label) => tab.evaluate((l) => [...document.querySelectorAll('[data-v="Month"] .menu label')].find((one) => one.textContent === l).firstChild.click(), label);
    await pick(known.at(-1));
    await waitFor(tab, "Trading income", figure(text("Trading income", `'Date'[Month] = "${known.at(-1)}"`)), known.at(-1));
    ensure(await tab.$eval(".note", (one) => one.hidden), "a note on a selection that is there");
    await pick(months[0]);
    await settle(tab);
    ensure(!(await tab.$eval(".note", (one) => one.hidden)), "two months are not in the file and nothing says so");
    await tab.close();
  },
  async "a click on a mark filters the other visuals"() {
    const tab = await open(live, { page: pageAt("Customer") });
    const name = payload.base[pageAt("Customer")].Customers.data.levels[0][0][0];
    await tab.click('[data-v="Customers"] tbody tr');
    await waitFor(tab, "Invoiced sales", figure(text("Invoiced sales", `Contacts[Contact Name] = "${name}"`)), name);
    equal(await tab.$$eval('[data-v="Customers"] tbody tr.sel', (all) => all.length), 1, "selected rows");
    await tab.click('[data-v="Customers"] tbody tr');
    await waitFor(tab, "Invoiced sales", figure(text("Invoiced sales")), "selected again");
    // A bar, with the mouse.
    const box = await (await tab.$('[data-v="Invoiced sales by customer"] canvas')).boundingBox();
    await tab.mouse.click(box.x + box.width * 0.42, box.y + 14);
    await waitFor(tab, "Invoiced sales", figure(text("Invoiced sales", `Contacts[Contact Name] = "${name}"`)), "a bar");
    await tab.close();
  },
  async "several marks are chosen with Ctrl"() {
    const tab = await open(live, { page: pageAt("Customer") });
    const [a, b] = payload.base[pageAt("Customer")].Customers.data.levels[0].slice(0, 2).map((row) => row[0]);
    await tab.click('[data-v="Customers"] tbody tr');
    await tab.waitForSelector('[data-v="Customers"] tr.sel');
    await tab.keyboard.down("Control");
    await tab.click('[data-v="Customers"] tbody tr:nth-child(2)');
    await waitFor(tab, "Invoiced sales", figure(text("Invoiced sales", `Contacts[Contact Name] IN { "${a}", "${b}" }`)), "two customers");
    equal(await tab.$$eval('[data-v="Customers"] tbody tr.sel', (all) => all.length), 2, "selected rows");
    await tab.click('[data-v="Customers"] tbody tr');
    await tab.keyboard.up("Control");
    await waitFor(tab, "Invoiced sales", figure(text("Invoiced sales", `Contacts[Contact Name] = "${b}"`)), "one taken away");
    await tab.close();
  },
  async "every kind of chart filters the page by a mark"() {
    const tab = await open(live);
    let tried = 0;
    const kinds = new Set();
    for (const [n, page] of pages.entries()) {
      if (page.kind !== "report") continue;
      await goTo(tab, n);
      for (const visual of page.visuals) {
        const keys = `[data-v="${visual.id}"] [role=application]`;
        if (kinds.has(visual.type) || !(await tab.$(keys))) continue;
        kinds.add(visual.type);
        await tab.focus(keys);
        await tab.keyboard.press("ArrowRight");
        const before = await tab.evaluate(() => document.body.dataset.drawn);
        await tab.keyboard.press("Enter");
        await tab.waitForFunction((was) => document.body.dataset.drawn !== was, { polling: 20 }, before);
        ensure(await tab.evaluate(() => !document.querySelector(".bar .tool").hidden), `${visual.type}: nothing is selected`);
        equal(await tab.$$eval("#view .err", (all) => all.map((one) => one.textContent)), [], visual.type);
        await tab.keyboard.press("Escape");
        await tab.waitForFunction(() => document.querySelector(".bar .tool").hidden, { polling: 20 });
        tried++;
      }
    }
    ensure(tried >= 7, `only ${[...kinds].join(", ")}`);
    equal(tab.errors, [], "console");
    await tab.close();
  },
  async "tiles open their pages"() {
    const tab = await open(live);
    const tiles = pages[0].visuals.filter((visual) => visual.action?.page && visual.mobile !== undefined && visual.type !== "pageNavigator");
    equal(tiles.length, 29, "tiles that open a page");
    for (const tile of tiles) {
      const wanted = pages[pageAt(tile.action.page)].title;
      await tab.click(`[data-v="${tile.id}"] button`);
      await ready(tab, pageAt(tile.action.page));
      equal(await shownPage(tab), wanted, tile.id);
      await goTo(tab, 0);
    }
    await tab.close();
  },
  async "the navigator, drill-through and the way back"() {
    const tab = await open(live, { page: pageAt("Customer") });
    const button = '[data-v="Contact details"] button';
    equal(await tab.$eval(button, (one) => one.getAttribute("aria-disabled")), "true", "drill-through without a contact");
    const name = await tab.$eval('[data-v="Customers"] tbody tr:nth-child(2) td', (one) => one.textContent);
    await tab.click('[data-v="Customers"] tbody tr:nth-child(2)');
    await tab.waitForFunction((b) => !document.querySelector(b).hasAttribute("aria-disabled"), {}, button);
    await tab.click(button);
    await ready(tab, pageAt("Contact"));
    equal(await shownPage(tab), name, "the contact");
    equal((await figures(tab))["Invoiced sales"], figure(text("Invoiced sales", `Contacts[Contact Name] = "${name}"`)), "sales of the contact");
    await tab.click('[data-v="Back"] button');
    await ready(tab, pageAt("Customer"));
    await tab.evaluate(() => [...document.querySelectorAll("nav .btn")].find((one) => one.textContent === "Inventory").click());
    await ready(tab, pageAt("Inventory"));
    await tab.close();
  },
  async "a tooltip page appears over a mark"() {
    const tab = await open(live, { page: pageAt("Customer") });
    const box = await (await tab.$('[data-v="Invoiced sales by customer"] canvas')).boundingBox();
    await tab.mouse.move(box.x + box.width * 0.4, box.y + 30);
    await tab.mouse.move(box.x + box.width * 0.42, box.y + 14);
    await tab.waitForSelector(".tip [data-figure]");
    const shown = await tab.$eval('.tip [data-v="Invoiced sales"] [data-figure]', (one) => one.textContent);
    const name = payload.base[pageAt("Customer")]["Invoiced sales by customer"].data.levels[0][0][0];
    equal(shown, figure(text("Invoiced sales", `Contacts[Contact Name] = "${name}"`)), "the tooltip");
    await tab.close();
  },
  async "everything is reached with the keyboard"() {
    const tab = await open(live);
    const seen = [];
    for (let i = 0; i < 400; i++) {
      await tab.keyboard.press("Tab");
      const at = await tab.evaluate(() => {
        const one = document.activeElement;
        if (!one || one === document.body) return null;
        const style = getComputedStyle(one);
        return { visual: one.closest("[data-v]")?.dataset.v ?? "", tag: one.tagName, outline: style.outlineStyle !== "none" || style.boxShadow !== "none" };
      });
      if (!at) break;
      seen.push(at);
    }
    ensure(seen.every((one) => one.outline), `focus is not seen on ${JSON.stringify(seen.find((one) => !one.outline))}`);
    const reached = new Set(seen.map((one) => one.visual));
    for (const visual of pages[0].visuals.filter((v) => v.action?.page || v.type === "slicer" || v.type === "pageNavigator")) {
      ensure(reached.has(visual.id), `${visual.id} is not reached with Tab`);
    }
    await tab.evaluate(() => document.querySelector("[role=tab][aria-selected=true]").focus());
    await tab.keyboard.press("ArrowRight");
    await ready(tab, 1);
    await tab.keyboard.press("End");
    await tab.waitForFunction(() => document.querySelector("#view h1")?.textContent.startsWith("Glossary"));
    await goTo(tab, pageAt("Customer"));
    await tab.focus('[data-v="Customers"] tbody tr');
    await tab.keyboard.press("ArrowDown");
    await tab.keyboard.press("Enter");
    await tab.waitForSelector('[data-v="Customers"] tr.sel');
    await tab.evaluate(() => [...document.querySelectorAll(".bar .tool")].find((one) => /Clear/.test(one.textContent)).click());
    await tab.waitForFunction(() => !document.querySelector('[data-v="Customers"] tr.sel'));
    const chart = '[data-v="Invoiced sales by customer"] [role=application]';
    await tab.focus(chart);
    await tab.keyboard.press("ArrowRight");
    await tab.keyboard.press("Enter");
    await settle(tab);
    const first = payload.base[pageAt("Customer")]["Invoiced sales by customer"].data.levels[0][0][0];
    await waitFor(tab, "Invoiced sales", figure(text("Invoiced sales", `Contacts[Contact Name] = "${first}"`)), "a mark by keyboard");
    await goTo(tab, 0);
    await tab.focus('[data-v="Total assets link"] button');
    await tab.keyboard.press("Enter");
    await ready(tab, pageAt("Balance Sheet"));
    await tab.close();
  },
  async "every chart has a table that is read aloud"() {
    const tab = await open(address);
    for (const [n, page] of pages.entries()) {
      if (page.kind === "tooltip") continue;
      await goTo(tab, n);
      const missing = await tab.$$eval("#view .chart[aria-hidden]", (all) => all.filter((one) => {
        const table = one.parentElement.querySelector("table.sr");
        return !table || !table.caption.textContent || table.querySelectorAll("tbody tr").length === 0;
      }).map((one) => one.closest("[data-v]").dataset.v));
      equal(missing, [], page.name);
    }
    await tab.close();
  },
  async "no serious finding of axe, light, dark and on a phone"() {
    for (const [what, options] of [["light", {}], ["dark", { dark: true }], ["phone", { width: 390, height: 844 }]]) {
      const tab = await open(address, options);
      await tab.evaluate(axe);
      for (const [n, page] of pages.entries()) {
        if (page.kind === "tooltip") continue;
        await goTo(tab, n);
        const found = await tab.evaluate(async () => (await axe.run(document, { resultTypes: ["violations"] })).violations.filter((one) => ["serious", "critical"].includes(one.impact)).map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`));
        equal(found, [], `${what}, ${page.name}`);
      }
      await tab.close();
    }
  },
  async "on a phone nothing is wider than the screen"() {
    const tab = await open(address, { width: 390, height: 844 });
    for (const [n, page] of pages.entries()) {
      if (page.kind === "tooltip") continue;
      await goTo(tab, n);
      const wide = await tab.evaluate(() => [...document.querySelectorAll("#view .v")].filter((one) => { const box = one.getBoundingClientRect(); return box.right > innerWidth + 1 || box.left < -1; }).map((one) => one.dataset.v));
      equal(wide, [], page.name);
      const overlap = await tab.evaluate(() => { const all = [...document.querySelectorAll("#view .v")].filter((one) => !one.querySelector(".over")).map((one) => [one.dataset.v, one.getBoundingClientRect()]); return all.flatMap(([a, p], i) => all.slice(i + 1).filter(([, q]) => p.left < q.right - 2 && q.left < p.right - 2 && p.top < q.bottom - 2 && q.top < p.bottom - 2).map(([b]) => `${a} and ${b}`)); });
      equal(overlap, [], `overlaps on ${page.name}`);
    }
    await tab.close();
  },
  async "no text is cut on the pages"() {
    for (const locale of ["en", "fr", "nl"]) {
      const other = join(work, `cut-${locale}.html`);
      run("preview", "--quiet", "--data", data, "--out", other, "--locale", locale);
      const tab = await open(pathToFileURL(other).href, { height: 720, extra: "&picture" });
      for (const [n, page] of pages.entries()) {
        if (n) await tab.goto("about:blank");
        if (n) { await tab.goto(`${pathToFileURL(other).href}#page=${n}&picture`); await ready(tab, n); }
        const cut = await tab.$$eval("#view .v > h2, #view .cv, #view .btn, #view .v > p.s", (all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 3).map((one) => one.textContent));
        equal(cut, [], `${locale}, ${page.name}`);
      }
      await tab.close();
    }
  },
  async "three languages"() {
    const seen = {};
    for (const locale of ["en", "fr", "nl"]) {
      const other = join(work, `${locale}.html`);
      run("preview", "--quiet", "--data", data, "--out", other, "--locale", locale);
      const tab = await open(pathToFileURL(other).href);
      seen[locale] = await tab.evaluate(() => [document.documentElement.lang, document.querySelector("#view h1").textContent, document.querySelector(".bar .tool:nth-of-type(2)").textContent, [...document.querySelectorAll("[role=tab]")].map((one) => one.textContent).join()]);
      equal(tab.errors, [], locale);
      await tab.close();
    }
    equal(seen.fr.slice(0, 2), ["fr", "Tableau de bord"], "French");
    equal(seen.nl[0], "nl", "Dutch");
    ensure(new Set(Object.values(seen).map((one) => one[3])).size === 3 && new Set(Object.values(seen).map((one) => one[2])).size === 3, `pages and tools are not translated: ${JSON.stringify(seen)}`);
  },
  async "foreign script does not run and names are text"() {
    const tab = await open(address, { page: pageAt("Customer") });
    const ran = await tab.evaluate(() => { const script = document.createElement("script"); script.textContent = "window.ran = true"; document.body.append(script); const image = document.createElement("img"); image.setAttribute("onerror", "window.ran = true"); image.src = "data:,"; document.body.append(image); return new Promise((done) => setTimeout(() => done(window.ran === true), 200)); });
    ensure(!ran, "an inline script ran");
    const names = await tab.$$eval("#view td", (all) => all.map((one) => one.textContent));
    ensure(names.some((name) => name.includes("<b>")), "the hostile name of the sample is not shown as text");
    equal(await tab.$$eval("#view td b, #view td img, #view td script", (all) => all.length), 0, "markup in cells");
    await tab.close();
  },
  async "the server answers this computer's own page only"() {
    const { port } = new URL(server.url);
    const body = JSON.stringify({ page: 0, selections: [] });
    const json = { "content-type": "application/json" };
    equal(await raw(server.url, { headers: { host: `127.0.0.1:${port}` } }), 200, "its own host");
    equal(await raw(server.url, { headers: { host: "evil.example" } }), 403, "another host");
    equal(await raw(`${server.url}api/query`, { method: "POST", headers: { ...json, origin: "http://evil.example" }, body }), 403, "another origin");
    equal(await raw(`${server.url}api/query`, { method: "POST", headers: { ...json, origin: "null" }, body }), 403, "origin null");
    equal(await raw(`${server.url}api/query`, { method: "POST", headers: { "content-type": "text/plain" }, body }), 415, "a form");
    equal(await raw(`${server.url}api/query`, { method: "POST", headers: json, body: "{" }), 400, "broken JSON");
    for (const one of Object.values(networkInterfaces()).flat().filter((one) => one.family === "IPv4" && !one.internal)) {
      const refused = await raw(`http://${one.address}:${port}/`, { headers: { host: `127.0.0.1:${port}` } }).then(() => false, () => true);
      ensure(refused, `the server listens on ${one.address}`);
    }
  },
  async "many tabs are answered at once, each its own"() {
    const months = payload.base[0].Month.data.levels[0].map((row) => row[0]).slice(-8, -2);
    const at = pageAt("Profit and Loss");
    const wanted = Object.fromEntries(months.map((month) => [month, figure(text("Trading income", `'Date'[Month] = "${month}"`))]));
    const tabs = await Promise.all(Array.from({ length: 8 }, () => open(live, { page: at })));
    const shown = await Promise.all(tabs.map(async (tab, i) => {
      const month = months[i % months.length];
      await tab.evaluate((l) => [...document.querySelectorAll('[data-v="Month"] .menu label')].find((one) => one.textContent === l).firstChild.click(), month);
      await waitFor(tab, "Trading income", wanted[month], `tab ${i}, ${month}`);
      return tab.errors;
    }));
    equal(shown.flat(), [], "console");
    await Promise.all(tabs.map((tab) => tab.close()));
  },
  async "only what changed is drawn again, and scrolling stays"() {
    const tab = await open(live, { page: pageAt("Customer") });
    await tab.evaluate(() => { for (const one of document.querySelectorAll("#view [data-v]")) one.kept = true; document.querySelector('[data-v="Open documents"] .scroll').scrollTop = 60; });
    await tab.click('[data-v="Customers"] tbody tr');
    await tab.waitForSelector('[data-v="Customers"] tr.sel');
    const kept = await tab.$$eval("#view [data-v]", (all) => all.filter((one) => one.kept).map((one) => one.dataset.v));
    ensure(kept.includes("Pages") && kept.includes("Header band") && !kept.includes("Invoiced sales"), `drawn again or not: ${kept.join(", ")}`);
    await tab.click('[data-v="Customers"] tbody tr');
    await tab.waitForFunction(() => !document.querySelector('[data-v="Customers"] tr.sel'));
    await tab.close();
  },
  async "tables in slices give the same figures"() {
    const [slices, made] = [join(work, "slices"), join(work, "slices.html")];
    run("refresh-tables", "--quiet", "--partition", "--out", slices);
    ensure(existsSync(join(slices, "Invoices")) && !existsSync(join(slices, "Invoices.parquet")), "the tables are not in slices");
    run("preview", "--quiet", "--data", slices, "--out", made);
    const timeless = (base) => JSON.stringify(base, (key, value) => (key === "ms" ? undefined : value));
    const other = payloadOf(readFileSync(made, "utf8"));
    for (const [n, page] of pages.entries()) for (const visual of Object.keys(payload.base[n])) equal(timeless(other.base[n][visual]), timeless(payload.base[n][visual]), `${page.name}, ${visual}`);
  },
  async "a page of one's own with every type and format"() {
    const model = join(work, "own");
    mkdirSync(join(model, "pages"), { recursive: true });
    writeFileSync(join(model, "model.yaml"), "name: Own\nextends: shipped\n");
    cpSync(join(here, "zoo.yaml"), join(model, "pages/zoo.yaml"));
    const own = await serve("--quiet", "--model", model);
    try {
      const listed = payloadOf(await (await fetch(own.url)).text()).outline.pages;
      const tab = await open(own.url, { page: listed.findIndex((page) => page.name === "Zoo") });
      equal(await tab.$$eval("#view .err", (all) => all.map((one) => one.textContent)), [], "queries that fail");
      const texts = (selector) => tab.$$eval(selector, (all) => all.map((one) => one.textContent));
      const visual = (name) => `[data-v="${name}"]`;
      // What is not drawn says so.
      equal((await texts("#view .more")).filter((text) => /cannot draw/.test(text)).map((text) => text.split(" ").at(-1)), ["ribbonChart"], "types that are not drawn");
      // A slicer that has chosen something from the start.
      const year = "'Date'[Fiscal Year] = \"FY2026\"";
      equal(await texts(`${visual("Years")} summary`), ["FY2026"], "chosen at first");
      equal(await texts(`${visual("Multi card")} [data-figure]`), ["Cash in", "Cash out", "Equity"].map((measure) => figure(text(measure, year))), "a card of several figures");
      ensure((await tab.$$eval(`${visual("Multi card")} .cv`, (all) => all.every((one) => one.scrollWidth <= one.clientWidth))), "a figure is cut");
      // The goal of a KPI is that of its last period.
      const last = figure(`VAR d = CALCULATE ( MAX ( 'Date'[Month Order] ), ${year}, 'Date'[Is To Date] = TRUE () ) RETURN CALCULATE ( FORMAT ( [Gross profit], [Money Format] ), 'Date'[Month Order] = d )`);
      ensure((await texts(`${visual("KPI")} .cl`))[0].includes(last), `the goal is ${last}, the page says ${await texts(`${visual("KPI")} .cl`)}`);
      // Top N and relative dates.
      const heads = (await texts(`${visual("Area")} table.sr thead th`)).length;
      ensure(heads >= 3 && heads <= 5, `the month and at most four contacts, not ${heads} columns`);
      const months = (await texts(`${visual("Combo")} table.sr tbody tr`)).length;
      ensure(months >= 6 && months <= 13, `${months} months of the last twelve within the year`);
      // Marks in the colour of their figure.
      const marks = await tab.$eval(`${visual("Column signs")} .chart[aria-hidden]`, (one) => echarts.getInstanceByDom(one).getOption().series[0].data.map((mark) => [mark.value < 0, mark.itemStyle.color]));
      ensure(new Set(marks.map(String)).size === 2 && new Set(marks.map(([, color]) => color)).size === 2, `colours by sign: ${JSON.stringify(marks)}`);
      // Details, breakdown, small multiples.
      const children = await tab.$eval(`${visual("Treemap")} .chart[aria-hidden]`, (one) => echarts.getInstanceByDom(one).getOption().series[0].data.map((parent) => parent.children.length));
      ensure(children.length === 1 && children[0] >= 11, `months within the year: ${children}`);
      const classes = query("EVALUATE VALUES ( 'Xero Accounts'[Class] )").length;
      const small = await texts(`${visual("Small")} .multiple > .cl`);
      ensure(small.length >= 5 && small.length <= classes, `${small.length} small multiples of ${classes} classes`);
      // Buttons choose, and the others follow.
      await tab.evaluate(() => [...document.querySelectorAll('[data-v="Buttons"] .chip')].find((one) => one.textContent === "FY2025").click());
      await waitFor(tab, "Multi card", figure(text("Cash in", "'Date'[Fiscal Year] = \"FY2025\"")), "a button");
      equal(await texts(`${visual("Buttons")} [aria-pressed=true]`), ["FY2025"], "the button that is on");
      // A mark of a tree of two levels and a dot.
      for (const name of ["Treemap", "Scatter", "Pie"]) {
        await tab.focus(`${visual(name)} [role=application]`);
        await tab.keyboard.press("ArrowRight");
        const before = await tab.evaluate(() => document.body.dataset.drawn);
        await tab.keyboard.press("Enter");
        await tab.waitForFunction((was) => document.body.dataset.drawn !== was, { polling: 20 }, before);
        equal(await texts("#view .err"), [], name);
        await tab.keyboard.press("Escape");
        await settle(tab);
      }
      await tab.evaluate(axe);
      const found = await tab.evaluate(async () => (await axe.run(document, { resultTypes: ["violations"] })).violations.filter((one) => ["serious", "critical"].includes(one.impact)).map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`));
      equal(found, [], "axe");
      equal(tab.errors, [], "console");
      await tab.close();
    } finally {
      own.stop();
    }
  },
  async "a project of somebody else, with what cannot be drawn"() {
    const folder = join(work, "foreign");
    const put = (path, content) => { mkdirSync(dirname(join(folder, path)), { recursive: true }); writeFileSync(join(folder, path), typeof content === "string" ? content : JSON.stringify(content)); };
    const visual = (name, type, x, roles, extra = {}) => put(`Shop.Report/definition/pages/p1/visuals/${name}/visual.json`, { $schema: "https://developer.microsoft.com/json-schemas/fabric/item/report/definition/visualContainer/2.4.0/schema.json", name, position: { x, y: 20, z: 0, width: 300, height: 300, tabOrder: x }, visual: { visualType: type, query: { queryState: roles } }, ...extra });
    const measure = (name) => ({ field: { Measure: { Expression: { SourceRef: { Entity: "Sales" } }, Property: name } }, queryRef: `Sales.${name}`, nativeQueryRef: name });
    const column = (name) => ({ field: { Column: { Expression: { SourceRef: { Entity: "Sales" } }, Property: name } }, queryRef: `Sales.${name}`, nativeQueryRef: name });
    put("Shop.pbip", { version: "1.0", artifacts: [{ report: { path: "Shop.Report" } }] });
    put("Shop.Report/definition.pbir", { version: "4.0", datasetReference: { byPath: { path: "../Shop.SemanticModel" } } });
    put("Shop.Report/definition/version.json", { version: "2.0.0" });
    put("Shop.Report/definition/report.json", { themeCollection: {} });
    put("Shop.Report/definition/pages/pages.json", { pageOrder: ["p1"], activePageName: "p1" });
    put("Shop.Report/definition/pages/p1/page.json", { name: "p1", displayName: "Shop", displayOption: "FitToPage", height: 720, width: 1280 });
    visual("script", "scriptVisual", 20, { Values: { projections: [column("Customer"), measure("Total")] } });
    visual("broken", "card", 340, { Values: { projections: [measure("Broken")] } });
    visual("map", "shapeMap", 660, { Category: { projections: [column("Customer")] }, Y: { projections: [measure("Total")] } });
    put("Shop.SemanticModel/definition/database.tmdl", "database\n\tcompatibilityLevel: 1601\n");
    put("Shop.SemanticModel/definition/model.tmdl", "model Model\n\tculture: en-US\n\nref table Sales\n");
    put("Shop.SemanticModel/definition/tables/Sales.tmdl", "table Sales\n\tmeasure Total = SUM ( Sales[Amount] )\n\t\tformatString: #,0.00\n\n\tmeasure Broken = NOSUCH ( 1 )\n\n\tcolumn Customer\n\t\tdataType: string\n\t\tsourceColumn: Customer\n\n\tcolumn Amount\n\t\tdataType: double\n\t\tsourceColumn: Amount\n\n\tpartition Sales = m\n\t\tmode: import\n\t\tsource = #table({}, {})\n");
    put("rows/Sales.csv", 'Customer,Amount\n"</script><img src=x onerror=alert(1)>",1234.5\nPlain,10\n');
    const made = join(work, "foreign.html");
    for (const model of ["Shop.pbip", "Shop.Report", "."]) {
      try { run("preview", "--quiet", "--model", join(folder, model), "--data", join(folder, "rows"), "--out", made); } catch (error) { equal(error.status, 1, `${model}: ${error.stderr}`); }
      const tab = await open(pathToFileURL(made).href);
      const shown = await tab.$$eval("#view [data-v]", (all) => Object.fromEntries(all.map((one) => [one.dataset.v, one.textContent])));
      ensure(/scriptVisual/.test(shown.script) && shown.script.includes("1,234.50") && shown.script.includes("<img src=x"), `${model}: no table for what is not drawn: ${shown.script}`);
      ensure(/shapeMap/.test(shown.map) && shown.map.includes("10.00"), `${model}: ${shown.map}`);
      ensure(/NOSUCH/.test(shown.broken), `${model}: the error is not in the visual: ${shown.broken}`);
      equal(tab.errors, [], model);
      await tab.close();
    }
  },
  async "the query log holds queries that run"() {
    await browser.defaultBrowserContext().overridePermissions(new URL(live).origin, ["clipboard-read", "clipboard-write"]).catch(() => {});
    const tab = await open(live, { page: pageAt("Customer"), extra: "&log" });
    const logged = () => tab.$$eval(".log details", (all) => all.map((one) => [one.querySelector("summary").textContent, one.querySelector("pre").textContent]));
    const all = await logged();
    ensure(all.length >= 12, "queries are missing");
    for (const [title, dax] of all) {
      ensure(/ms|rows/.test(title), `${title} has neither time nor rows`);
      ensure(/SUMMARIZECOLUMNS/.test(dax), `${title}: ${dax}`);
    }
    const table = all.find(([title]) => title.startsWith("Customers"));
    ensure(/TOPN/.test(table[1]) && /ROLLUPADDISSUBTOTAL/.test(table[1]), "a table has no window or no total");
    ensure(query(table[1]).length > 3, "the query gives no rows");
    await tab.click('[data-v="Customers"] tbody tr');
    await settle(tab);
    const name = payload.base[pageAt("Customer")].Customers.data.levels[0][0][0];
    const filtered = (await logged()).find(([title]) => title.startsWith("Invoiced sales ·"))[1];
    ensure(filtered.includes(name), "the query does not hold the selection");
    equal(query(filtered)[0][0], query(`EVALUATE ROW ( "x", CALCULATE ( [Invoiced sales], Contacts[Contact Name] = "${name}" ) )`)[0][0], "the query with the selection");
    await tab.click(".log summary");
    await tab.click(".log details[open] .tool");
    await tab.waitForFunction(() => document.querySelector(".log details[open] .tool").textContent === "Copied");
    await tab.close();
  },
  async "a matrix opens and closes, and its colours follow the figures"() {
    const tab = await open(address, { page: pageAt("Profit and Loss") });
    const rows = () => tab.$$eval('[data-v="Statement"] tbody tr', (all) => all.length);
    const before = await rows();
    await tab.click('[data-v="Statement"] tbody button.x');
    await settle(tab);
    ensure((await rows()) > before, "the line does not open");
    equal(await tab.$eval('[data-v="Statement"] tbody button.x', (one) => one.getAttribute("aria-expanded")), "true", "aria-expanded");
    await tab.click('[data-v="Statement"] tbody button.x');
    await settle(tab);
    equal(await rows(), before, "rows after closing");
    const colours = await tab.$$eval('[data-v="Statement"] tbody td', (all) => all.filter((one) => one.textContent).map((one) => [one.textContent.startsWith("-"), one.style.color]));
    const of = (negative) => new Set(colours.filter(([is]) => is === negative).map(([, colour]) => colour));
    ensure(of(true).size === 1 && ![...of(true)].some((colour) => of(false).has(colour)), `negative amounts are not told by colour: ${JSON.stringify([[...of(true)], [...of(false)]])}`);
    const total = await tab.$$eval('[data-v="Statement"] tbody tr:last-child td', (all) => all.at(-1).textContent);
    const filters = "'Date'[Is To Date] = TRUE (), 'Statement Lines'[Line Order] = 6";
    equal(total, figure(text("Statement amount", filters)), "net profit in the last column");
    await tab.close();
  },
  async "a saved file is seen at once"() {
    const model = join(work, "model");
    run("init", "--quiet", "--full", model);
    const child = spawn(binary, ["preview", "--serve", "--quiet", "--model", model, "--data", data], { stdio: ["ignore", "pipe", "ignore"] });
    const url = await new Promise((done) => child.stdout.once("data", (chunk) => done(String(chunk).trim())));
    const tab = await open(url, { page: pageAt("Inventory") });
    const path = join(model, "pages/05-inventory.yaml");
    const before = readFileSync(path, "utf8");
    writeFileSync(path, before.replace("title: Share of products in sales", "title: Products by sales"));
    const start = Date.now();
    const has = (wanted) => tab.waitForFunction((w) => [...document.querySelectorAll("#view h2")].some((one) => one.textContent === w), { timeout: 20_000, polling: 20 }, wanted);
    await has("Products by sales");
    console.log(`   ${Date.now() - start} ms from saving to the new page in the browser`);
    writeFileSync(path, before.replace("type: treemap", "type: treemop"));
    await tab.waitForFunction(() => !document.querySelector(".trouble").hidden && /treemop/.test(document.querySelector(".trouble").textContent) && /05-inventory.yaml/.test(document.querySelector(".trouble").textContent), { timeout: 20_000 });
    writeFileSync(path, before);
    await has("Share of products in sales");
    await tab.waitForFunction(() => document.querySelector(".trouble").hidden, { timeout: 20_000 });
    await tab.close();
    child.kill("SIGINT");
  },
  async "the file is small and soon there"() {
    const bytes = readFileSync(file).length;
    ensure(bytes <= 3_000_000, `the file has ${bytes} bytes`);
    const tab = await open(address);
    const paint = await tab.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0);
    const click = await tab.evaluate(async () => {
      const start = performance.now();
      const box = document.querySelector('[data-v="Month"] .menu input:last-of-type');
      box.click();
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
      return performance.now() - start;
    });
    console.log(`   ${bytes} bytes, first paint after ${Math.round(paint)} ms, a slicer click ${Math.round(click)} ms`);
    ensure(paint <= 5_000, `first paint after ${paint} ms`);
    await tab.close();
  },
  async "pages look as their reference pictures"() {
    const shots = join(work, "pictures");
    run("preview", "--quiet", "--data", data, "--out", join(work, "shots.html"), "--png", shots);
    const kept = join(root, "docs/pictures");
    for (const [n, page] of pages.entries()) {
      if (page.kind !== "report") continue;
      const name = `${String(n + 1).padStart(2, "0")}-${page.name.toLowerCase().replace(/[^a-z0-9]/g, "-")}.png`;
      ensure(existsSync(join(shots, name)), `no picture of ${page.name}`);
      if (process.env.UPDATE) { mkdirSync(kept, { recursive: true }); cpSync(join(shots, name), join(kept, name)); continue; }
      const [a, b] = [join(shots, name), join(kept, name)].map((path) => PNG.sync.read(readFileSync(path)));
      equal([a.width, a.height], [b.width, b.height], `size of ${name}`);
      // Squares of 8 × 8 pixels are compared by their mean, so that smoothing of letters does not count.
      let far = 0, all = 0;
      for (let y = 0; y + 8 <= a.height; y += 8) for (let x = 0; x + 8 <= a.width; x += 8) {
        const mean = (image) => { let sum = [0, 0, 0]; for (let j = 0; j < 8; j++) for (let i = 0; i < 8; i++) for (let c = 0; c < 3; c++) sum[c] += image.data[((y + j) * image.width + x + i) * 4 + c] / 64; return sum; };
        const [p, q] = [mean(a), mean(b)];
        all++;
        if (Math.max(...p.map((value, c) => Math.abs(value - q[c]))) > 40) far++;
      }
      ensure(far / all < 0.03, `${name}: ${((far / all) * 100).toFixed(1)} % of the picture differs from docs/pictures; UPDATE=1 keeps the new ones after a look`);
    }
  },
};

let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  if (words.length && !words.some((word) => name.includes(word))) continue;
  const start = Date.now();
  try {
    await test();
    console.log(`ok   ${name} (${Date.now() - start} ms)`);
  } catch (error) {
    failed++;
    console.log(`FAIL ${name}\n     ${error.message}`);
  }
}
await browser.close();
server.stop();
rmSync(work, { recursive: true, force: true });
console.log(failed ? `preview in a browser: ${failed} failed` : "preview in a browser: all fine");
process.exit(failed ? 1 : 0);
