// Opens the report of a run with hundreds of cases. Reads how long the page took from the browser's own clock.
//   REPORT=report.html CHROMIUM=/path/to/chromium LIMIT_MS=2000 node --test large.test.mjs

import assert from "node:assert/strict";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

const limit = Number(process.env.LIMIT_MS);

test("hundreds of cases open in time, and what the reader does then is done in time", async () => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
  try {
    const page = await browser.newPage({ viewport: { width: 1300, height: 900 } });
    const wrong = [];
    page.on("pageerror", (error) => wrong.push(String(error)));
    await page.goto(pathToFileURL(process.env.REPORT).href);
    const [loaded, painted] = await page.evaluate(async () => {
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      const [navigation] = performance.getEntriesByType("navigation");
      return [navigation.loadEventEnd, performance.getEntriesByName("first-contentful-paint")[0].startTime];
    });
    console.log(`loaded after ${loaded.toFixed(0)} ms, painted after ${painted.toFixed(0)} ms`);
    assert.ok(await page.locator("h1").isVisible());
    assert.ok(loaded < limit && painted < limit, `loaded ${loaded} ms, painted ${painted} ms, at most ${limit} ms`);
    const acted = await page.evaluate(() => {
      const times = {};
      const time = (name, act) => {
        const before = performance.now();
        act();
        void document.body.offsetHeight; // the layout that follows is part of it
        times[name] = performance.now() - before;
      };
      const change = (id, value) => {
        const element = document.getElementById(id);
        element.value = value;
        element.dispatchEvent(new Event(id === "filter-text" ? "input" : "change"));
      };
      time("another base", () => change("base", "4"));
      time("a filter", () => change("filter-text", "alpha"));
      time("linear axes", () => document.getElementById("linear").click());
      return times;
    });
    console.log(JSON.stringify(acted));
    for (const [name, ms] of Object.entries(acted)) assert.ok(ms < limit, `${name}: ${ms} ms`);
    assert.deepEqual(wrong, []);
  } finally {
    await browser.close();
  }
});
