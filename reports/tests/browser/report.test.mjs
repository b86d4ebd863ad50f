// Opens a report from disk in a real browser and uses it. Any request but the file itself, any console error and
// any exception fails the test in which it happens.
//   REPORT=report.html CHROMIUM=/path/to/chromium SHOTS=folder-for-pictures node --test report.test.mjs

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";

import { chromium } from "playwright-core";

const HOSTILE_TITLE = "<script>alert(1)</script>";
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
const address = pathToFileURL(process.env.REPORT).href;
const own = mkdtempSync(join(tmpdir(), "flowreport-browser-"));
const shots = process.env.SHOTS ?? own;
let browser;

before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
});

after(async () => {
  await browser?.close();
  rmSync(own, { recursive: true });
});

// Runs `use` with a fresh page and fails on whatever the page should not have done.
const onPage = (options, use, hash = "") => async () => {
  const context = await browser.newContext({ viewport: { width: 1300, height: 900 }, offline: true, ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on("console", (message) => wrong.push(`console ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`exception: ${error}`));
  page.on("dialog", (dialog) => wrong.push(`dialog: ${dialog.message()}`) && dialog.dismiss());
  page.on("request", (request) => request.url().split("#")[0] === address || wrong.push(`request: ${request.url()}`));
  await page.goto(`${address}${hash}`);
  try {
    await use(page, wrong);
  } finally {
    await context.close();
  }
  assert.deepEqual(wrong, []);
};

// What a click saves, as bytes.
const saved = async (page, selector, name) => {
  const arriving = page.waitForEvent("download");
  await page.locator(selector).click();
  const download = await arriving;
  assert.equal(download.suggestedFilename(), name);
  return readFileSync(await download.path());
};

const column = (page, table, place) =>
  page.$$eval(`#${table} tbody tr`, (rows, i) => rows.map((row) => row.cells[i].dataset.sort), place);

const hiddenOf = (page, place) =>
  page.$$eval(`main [data-subject="${place}"]`, (all) => all.map((e) => getComputedStyle(e).display === "none"));

test("a head sorts its column, up and down, by mouse and by keyboard", onPage({}, async (page) => {
  const head = page.locator("#w0-all thead th").nth(2);
  const before = (await column(page, "w0-all", 2)).map(Number);
  assert.ok(before.length > 10);
  await head.locator("button").click();
  assert.equal(await head.getAttribute("aria-sort"), "ascending");
  const ascending = [...before].sort((a, b) => a - b);
  assert.notDeepEqual(before, ascending);
  assert.deepEqual((await column(page, "w0-all", 2)).map(Number), ascending);
  await head.locator("button").press("Enter");
  assert.equal(await head.getAttribute("aria-sort"), "descending");
  assert.deepEqual((await column(page, "w0-all", 2)).map(Number), [...ascending].reverse());
  await page.locator("#w0-all thead th").nth(1).locator("button").press("Space");
  assert.equal(await page.locator("#w0-all [aria-sort]").count(), 1);
  const titles = await page.$$eval("#w0-all tbody tr", (rows) => rows.map((row) => row.cells[1].textContent.trim()));
  assert.deepEqual(titles, [...titles].sort((a, b) => a.localeCompare(b, "en", { numeric: true })));
}));

test("cells without a number go last in both directions", onPage({}, async (page) => {
  const head = page.locator("#not-counted thead th").nth(6).locator("button");
  for (const direction of ["up", "down"]) {
    await head.click();
    const texts = await page.$$eval("#not-counted tbody tr", (rows) => rows.map((row) => row.cells[6].textContent));
    assert.equal(texts[0], "32,741", direction);
    assert.deepEqual(new Set(texts.slice(1)), new Set(["–"]), direction);
  }
}));

test("a mark is no part of what a column is sorted by", onPage({}, async (page) => {
  await page.$eval("#overview tbody tr", (row) => { // as where no row has the same work
    row.cells[3].removeAttribute("data-sort");
    row.cells[3].firstChild.data = "–";
    row.dataset.first = "";
  });
  const head = page.locator("#overview thead th").nth(3).locator("button");
  for (const direction of ["up", "down"]) {
    await head.click();
    const last = page.locator("#overview tbody tr").last();
    assert.equal(await last.getAttribute("data-first"), "", direction);
    assert.equal((await last.locator(":nth-child(4)").textContent()).trim(), "–†", direction);
  }
}));

test("a box hides a subject in tables, legends and charts", onPage({}, async (page) => {
  const shown = await hiddenOf(page, 4);
  assert.ok(shown.length > 100 && !shown.includes(true));
  assert.ok((await page.locator('#w0 svg [data-subject="4"]').count()) > 0);
  await page.locator('#filter input[value="4"]').uncheck();
  assert.ok(!(await hiddenOf(page, 4)).includes(false));
  assert.ok(!(await hiddenOf(page, 0)).includes(true));
  await page.locator("#filter-all").click();
  assert.ok(!(await hiddenOf(page, 4)).includes(true));
}));

test("the mark of unlike work leads to how it differs, by keyboard too", onPage({}, async (page) => {
  const mark = page.locator("#overview tbody tr").first().getByRole("link", { name: "not quite the same work" });
  await mark.focus();
  await mark.press("Enter");
  const [, target] = page.url().split("#");
  const note = page.locator("li:target");
  assert.equal(await note.getAttribute("id"), target);
  assert.ok((await note.innerText()).includes("nothing is scheduled"));
  assert.ok(await note.evaluate((e) => e.getBoundingClientRect().top >= 0 && e.getBoundingClientRect().bottom <= innerHeight));
  await page.locator('#filter input[value="1"]').uncheck();
  assert.ok(!(await note.isVisible()));
}));

test("text finds subjects", onPage({}, async (page) => {
  await page.locator("#filter-text").fill("ALPHA");
  assert.deepEqual(new Set(await hiddenOf(page, 0)), new Set([false]));
  assert.deepEqual(new Set(await hiddenOf(page, 4)), new Set([true]));
  await page.locator("#filter-text").press("Enter");
  assert.equal(page.url(), `${address}#find=ALPHA`);
}));

test("a hostile name stays text", onPage({}, async (page) => {
  assert.equal(await page.locator("script").count(), 2);
  assert.equal(await page.locator("img, b[onclick], [onerror]").count(), 0);
  assert.ok((await page.locator(".filter").innerText()).includes(HOSTILE_TITLE));
  assert.ok((await page.locator("#w0-all").innerText()).includes(HOSTILE_TITLE));
}));

test("the policy stops a script that is not the page's own", onPage({}, async (page, wrong) => {
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.foreign = true";
    document.body.append(script);
    const image = document.createElement("img");
    image.src = "https://example.invalid/x.png";
    document.body.append(image);
  });
  await page.waitForFunction(() => document.querySelector("img").complete);
  assert.equal(await page.evaluate(() => window.foreign), undefined);
  const refusals = wrong.splice(0).filter((w) => w.includes("Content Security Policy"));
  assert.equal(refusals.length, 2);
}));

test("without JavaScript everything is there to read", onPage({ javaScriptEnabled: false }, async (page) => {
  assert.ok(await page.locator("h1").isVisible());
  assert.ok((await page.locator("#overview tbody tr").count()) >= 30);
  assert.ok(await page.locator("#w0 svg.chart").first().isVisible());
  assert.ok((await page.locator("#reading dt").count()) > 5);
  assert.ok(await page.locator(".filter").isVisible()); // as the legend
  assert.ok(!(await page.locator("#filter-text").isVisible()));
  assert.ok(!(await page.locator("#csv-download").isVisible()));
}));

test("light and dark differ, in the page and in the lines of charts", async () => {
  const look = {};
  for (const colorScheme of ["light", "dark"]) {
    await onPage({ colorScheme }, async (page) => {
      const [paper, ink, line] = await page.evaluate(() => [
        getComputedStyle(document.body).backgroundColor,
        getComputedStyle(document.querySelector("svg.chart.scale-logarithmic text")).fill,
        getComputedStyle(document.querySelector('svg.chart [data-subject="0"] .line-k0, svg.chart [data-subject="0"].line-k0')).stroke,
      ]);
      const picture = await page.screenshot({ path: join(shots, `${colorScheme}.png`) });
      look[colorScheme] = { paper, ink, line, picture };
    })();
  }
  const brightness = (colour) => colour.match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0);
  assert.ok(brightness(look.light.paper) > brightness(look.light.ink) + 300);
  assert.ok(brightness(look.dark.ink) > brightness(look.dark.paper) + 300);
  assert.notEqual(look.light.line, look.dark.line);
  for (const { picture } of Object.values(look)) assert.ok(picture.length > 30_000, "the picture is not empty");
  assert.notDeepEqual(look.light.picture, look.dark.picture);
});

test("a narrow window scrolls tables, not the page", onPage({ viewport: { width: 380, height: 800 } }, async (page) => {
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 380);
  const [table, frame] = await page.$eval("#w0-all", (t) => [t.scrollWidth, t.parentElement.clientWidth]);
  assert.ok(table > frame);
}));

test("print leaves out what only a screen can use", onPage({}, async (page) => {
  await page.emulateMedia({ media: "print" });
  for (const selector of [".filter", "nav", ".buttons"]) assert.ok(!(await page.locator(selector).isVisible()), selector);
  assert.ok((await page.pdf()).length > 100_000);
  // What is folded on the screen is unfolded for the print, and folded again.
  await page.evaluate(() => {
    window.unfolded = [];
    addEventListener("beforeprint", () => window.unfolded.push(document.querySelectorAll("details:not([open])").length));
    addEventListener("afterprint", () => window.unfolded.push(document.querySelectorAll("details[open]").length));
    dispatchEvent(new Event("beforeprint"));
    dispatchEvent(new Event("afterprint"));
  });
  assert.deepEqual(await page.evaluate(() => window.unfolded), [0, 0]);
}));

const overviewRow = (page, workload, tasks) =>
  page.$$eval("#overview tbody tr", (rows, [w, n]) => {
    const row = rows.find((r) => r.cells[0].textContent.trim() === w && r.cells[1].textContent.trim() === n);
    return Array.from(row.cells, (cell) => cell.textContent.trim());
  }, [workload, tasks]);

const median = (page, table, tasks, subject) =>
  page.$$eval(`#${table} tbody tr`, (rows, [n, s]) =>
    Number(rows.find((r) => r.cells[0].textContent.trim() === n && r.cells[1].textContent.trim() === s).cells[2].dataset.sort),
  [tasks, subject]);

test("ratios follow the chosen base, in tables, means and forests, and come back", onPage({}, async (page) => {
  const before = await overviewRow(page, "Compute", "10K");
  const [forest] = await page.$$("#w2 svg.forest");
  const drawn = await forest.evaluate((svg) => svg.outerHTML);
  const [alpha, gamma, pool] = await Promise.all(["Alpha", "Gamma", "Thread pool"].map((s) => median(page, "w2-all", "10K", s)));
  await page.locator("#base").selectOption({ label: "Gamma" });
  const after = await overviewRow(page, "Compute", "10K");
  assert.equal(after[6], "● 1.00×");
  assert.equal(after[5], `▲ ${(pool / gamma).toPrecision(3)}×`);
  assert.equal(after[2], `▼ ${(alpha / gamma).toPrecision(3)}×`);
  assert.match(await page.locator("#overview caption").innerText(), /as a multiple of Gamma$/);
  assert.match(await page.locator("#w2-all thead").innerText(), /to Gamma/);
  const cell = await page.$$eval("#w2-all tbody tr", (rows) => {
    const row = rows.find((r) => r.cells[0].textContent === "10K" && r.cells[1].textContent.trim() === "Thread pool");
    const ratio = row.querySelector("[data-key]");
    return [ratio.firstChild.data.trim(), ratio.querySelector("small").textContent];
  });
  assert.equal(cell[0], after[5]);
  assert.match(cell[1], /^[\d.]+ to [\d.]+$/);
  const rows = await forest.$$eval("g.row", (all) => all.map((row) => [
    row.querySelector("text.name").textContent, row.querySelector("text.numbers").textContent,
    row.querySelector("title").textContent, Array.from(row.querySelectorAll("path"), (path) => path.getAttribute("class")),
  ]));
  const row = (name) => rows.find(([label]) => label === name);
  assert.deepEqual(row("10K · Gamma").slice(1), ["1.00×", "10K · Gamma: 1.00×, the base itself", ["fill-pass"]]);
  assert.ok(row("10K · Thread pool")[1].startsWith(`${(pool / gamma).toPrecision(3)}× (`));
  assert.ok(row("10K · Thread pool")[2].endsWith("slower"));
  assert.deepEqual(row("10K · Alpha")[3], ["line-improvement", "fill-improvement"]);
  const places = await forest.$$eval("g.row", (all) => all.map((r) => r.querySelector("path:last-of-type").getBoundingClientRect().x));
  const values = rows.map(([, numbers]) => Math.log(parseFloat(numbers.replace(",", ""))));
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
  for (let i = 1; i < order.length; i++) assert.ok(places[order[i]] >= places[order[i - 1]] - 3, "a larger ratio lies to the right");
  const means = await page.$$eval("#means tbody tr", (all) => all.map((r) => [r.cells[0].textContent.trim(), r.cells[1].textContent.trim()]));
  assert.deepEqual(means.find(([name]) => name === "Gamma"), ["Gamma", "● 1.00×"].map((t, i) => (i ? "1.00×" : t)));
  assert.match(page.url(), /#rel=4$/);
  assert.match(await page.locator("#filter-status").innerText(), /relative to Gamma/);
  await page.locator("#base").selectOption({ label: "Alpha" });
  assert.deepEqual(await overviewRow(page, "Compute", "10K"), before);
  assert.equal(await forest.evaluate((svg) => svg.outerHTML), drawn);
  assert.equal(page.url(), address);
}));

test("linear axes take the place of logarithmic ones, in every chart", onPage({}, async (page) => {
  const shown = () => page.evaluate(() => Object.fromEntries(["scale-logarithmic", "scale-linear"].map((name) =>
    [name, Array.from(document.querySelectorAll(`main .${name}`)).filter((e) => getComputedStyle(e).display !== "none").length])));
  const before = await shown();
  assert.ok(before["scale-logarithmic"] > 100);
  assert.equal(before["scale-linear"], 0);
  await page.locator("#linear").focus();
  await page.keyboard.press("Space");
  const after = await shown();
  assert.equal(after["scale-logarithmic"], 0);
  assert.equal(after["scale-linear"], before["scale-logarithmic"]);
  assert.equal(page.url(), `${address}#linear=1`);
}));

test("an address brings back what was chosen, and a link within the page keeps it", onPage({}, async (page) => {
  await page.locator("#base").selectOption({ label: "Gamma" });
  await page.locator("#linear").check();
  await page.locator('#filter input[value="2"]').uncheck();
  await page.locator("#filter-text").fill("alpha, gamma, pool, compute");
  await page.locator("#open-all").click();
  const head = page.locator("#overview thead th").nth(5).locator("button");
  await head.click();
  await head.click();
  await page.locator('nav a[href="#w2"]').click();
  await page.waitForFunction(() => location.hash.startsWith("#w2&"));
  const look = () => page.evaluate(() => ({
    hidden: Array.from(document.querySelectorAll("main .off"), (e) => e.dataset.subject ?? `w${e.dataset.workload}`).join(),
    overview: Array.from(document.querySelectorAll("#overview tbody tr"), (r) => r.textContent.replace(/\s+/g, " ")),
    sorted: document.querySelectorAll("#overview th")[5].getAttribute("aria-sort"),
    linear: document.documentElement.classList.contains("linear"),
    open: document.querySelectorAll("main details[open]").length,
    base: document.getElementById("base").value,
    top: document.getElementById("w2").getBoundingClientRect().top < innerHeight,
  }));
  const chosen = await look();
  assert.equal(chosen.sorted, "descending");
  assert.ok(chosen.linear && chosen.open >= 20 && chosen.base === "4" && chosen.top);
  const url = page.url();
  await page.goto("about:blank");
  await page.goto(url);
  assert.deepEqual(await look(), chosen);
  assert.equal(page.url(), url);
  await page.locator("#filter-all").click();
  assert.equal(await page.locator("main .off").count(), 0);
  assert.equal(await page.locator("#base").inputValue(), "0");
}));

test("an address that nobody wrote changes nothing", onPage({}, async (page) => {
  assert.equal(await page.locator("#base").inputValue(), "0");
  assert.equal(await page.locator("main .off").count(), 0);
  assert.ok(await page.locator("#w0-all").isVisible());
}, "#%E0%A4%A&rel=%22%3E%3Cb%3E&rel=99&hide=x&sort=overview.99.up,nothing.1.down,%3Cimg%3E.0.up&find=&linear=2"));

test("text finds workloads, and says what is shown", onPage({}, async (page) => {
  await page.locator("#filter-text").fill("compute, fan");
  const shown = await page.$$eval("section.workload", (all) => all.filter((s) => getComputedStyle(s).display !== "none").map((s) => s.querySelector("h2").textContent));
  assert.deepEqual(shown, ["Fan out", "Compute"]);
  const rows = await page.$$eval("#overview tbody tr", (all) => all.filter((r) => getComputedStyle(r).display !== "none").length);
  assert.equal(rows, 6);
  const status = page.locator("#filter-status");
  assert.equal(await status.getAttribute("role"), "status");
  assert.equal(await status.innerText(), "8 of 8 subjects and 2 of 10 workloads are shown");
  await page.locator("#filter-text").fill("there is no such thing");
  assert.equal(await status.innerText(), "0 of 8 subjects and 0 of 10 workloads are shown");
}));

test("every control is reached by keyboard, in the order in which it is read", onPage({}, async (page) => {
  await page.locator('#filter input[value="0"]').focus();
  const reached = [];
  for (let i = 0; i < 13; i++) {
    reached.push(await page.evaluate(() => document.activeElement.id || `box ${document.activeElement.value}`));
    await page.keyboard.press("Tab");
  }
  assert.deepEqual(reached, [...Array.from({ length: 8 }, (_, i) => `box ${i}`), "filter-text", "base", "linear", "open-all", "filter-all"]);
  const unnamed = await page.$$eval("button, input, select, [role=img], [role=region], summary", (all) =>
    all.filter((e) => !(e.textContent.trim() || e.getAttribute("aria-label") || e.labels?.length || e.getAttribute("aria-labelledby"))).length);
  assert.equal(unnamed, 0);
}));

test("the CSV has every sample, and no cell that a spreadsheet would run", onPage({}, async (page) => {
  const text = (await saved(page, "#csv-download", "trials.csv")).toString();
  const lines = text.split("\r\n");
  assert.equal(lines.pop(), "");
  const data = JSON.parse(await saved(page, "#json-download", "run.json"));
  const samples = data.trials.map((trial) => Math.max(trial.at(-1).length, 1));
  assert.equal(lines.length, 1 + samples.reduce((sum, n) => sum + n, 0));
  assert.ok(lines[0].startsWith("trial,round,order,subject,workload,tasks,"));
  assert.ok(lines[0].endsWith(",sample_i,sample_wall_ns,sample_cpu_ns,sample_rss_before_bytes,sample_peak_rss_bytes,sample_max_in_flight"));
  assert.ok(text.includes(`"'=cmd()|""/c calc""!A1 \ufffd[31mred`));
  assert.doesNotMatch(text, /(^|,|\r\n)"?[=+@\t-]/);
  await page.locator("#csv-copy").click();
  const status = page.locator("#raw-status", { hasText: /copied|download it/ });
  await status.waitFor();
}));

test("the raw data is saved without JavaScript, and is what the script unpacks", async () => {
  const compressed = {};
  for (const javaScriptEnabled of [false, true]) {
    await onPage({ javaScriptEnabled }, async (page) => {
      compressed[javaScriptEnabled] = gunzipSync(await saved(page, "#raw-data", "run.json.gz"));
      if (javaScriptEnabled) compressed.script = await saved(page, "#json-download", "run.json");
    })();
  }
  assert.ok(JSON.parse(compressed.false).trials.length > 100);
  assert.deepEqual(compressed.true, compressed.false);
  assert.deepEqual(compressed.script, compressed.false);
});

test("a browser that cannot unpack the raw data says what to do", onPage({}, async (page) => {
  await page.evaluate(() => { delete window.DecompressionStream; });
  await page.locator("#csv-download").click();
  await page.locator("#raw-status", { hasText: "this browser cannot unpack gzip: save the compressed JSON instead" }).waitFor();
}));
