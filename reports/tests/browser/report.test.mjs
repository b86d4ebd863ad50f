// Opens a report from disk in a real browser and uses it. Any request but the file itself, any console error and
// any exception fails the test in which it happens.
//   REPORT=report.html CHROMIUM=/path/to/chromium SHOTS=folder-for-pictures node --test report.test.mjs

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

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
const onPage = (options, use) => async () => {
  const context = await browser.newContext({ viewport: { width: 1300, height: 900 }, offline: true, ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on("console", (message) => wrong.push(`console ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`exception: ${error}`));
  page.on("dialog", (dialog) => wrong.push(`dialog: ${dialog.message()}`) && dialog.dismiss());
  page.on("request", (request) => request.url().split("#")[0] === address || wrong.push(`request: ${request.url()}`));
  await page.goto(address);
  try {
    await use(page, wrong);
  } finally {
    await context.close();
  }
  assert.deepEqual(wrong, []);
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
  assert.equal(page.url(), address);
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
        getComputedStyle(document.querySelector("svg.chart text")).fill,
        getComputedStyle(document.querySelector('svg.chart [data-subject="0"] .line-k0')).stroke,
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
}));

test("the CSV has every sample, and no cell that a spreadsheet would run", onPage({}, async (page) => {
  const arriving = page.waitForEvent("download");
  await page.locator("#csv-download").click();
  const download = await arriving;
  assert.equal(download.suggestedFilename(), "trials.csv");
  const text = readFileSync(await download.path(), "utf8");
  const lines = text.split("\r\n");
  assert.equal(lines.pop(), "");
  const data = JSON.parse(await page.locator("#raw-data").textContent());
  const samples = data.trials.map((trial) => Math.max(trial.at(-1).length, 1));
  assert.equal(lines.length, 1 + samples.reduce((sum, n) => sum + n, 0));
  assert.ok(lines[0].startsWith("trial,round,order,subject,workload,tasks,"));
  assert.ok(lines[0].endsWith(",sample_i,sample_wall_ns,sample_cpu_ns,sample_rss_before_bytes,sample_peak_rss_bytes,sample_max_in_flight"));
  assert.ok(text.includes(`"'=cmd()|""/c calc""!A1 \ufffd[31mred`));
  assert.doesNotMatch(text, /(^|,|\r\n)"?[=+@\t-]/);
  await page.locator("#csv-copy").click();
  assert.match(await page.locator("#raw-status").innerText(), /copied|download it/);
}));
