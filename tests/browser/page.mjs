// The reports in a real browser. Arguments: the folder with the reports, and where screenshots belong.
import assert from "node:assert/strict";
import { readFile, copyFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { marked } from "marked";

const [work, docs] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const axe = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: process.getuid() === 0 ? ["--no-sandbox"] : [],
});

/** Opens a file; whatever it asks for, says or pops up is noted. */
async function open(file, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 900 }, ...options });
  const page = await context.newPage();
  const seen = { requests: [], said: [] };
  page.on("request", (request) => seen.requests.push(request.url()));
  page.on("console", (message) => seen.said.push(message.text()));
  page.on("pageerror", (error) => seen.said.push(String(error)));
  page.on("dialog", (dialog) => { seen.said.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  const url = pathToFileURL(join(work, file)).href;
  await page.goto(url);
  return { page, seen, url, close: () => context.close() };
}

/** Nothing was asked of any other place, and nothing went wrong. */
function silent({ seen, url }) {
  assert.deepEqual(seen.requests, [url]);
  assert.deepEqual(seen.said, []);
}

async function accessible(page, what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const told = violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.slice(0, 3).map((node) => node.html).join(" | ")}`);
  assert.deepEqual(told, [], what);
}

async function shot(page, name) {
  // What is off the screen is drawn when one comes to it; a picture shows all at once.
  await page.evaluate(() => document.querySelectorAll("article").forEach((article) => { article.style.contentVisibility = "visible"; }));
  await page.screenshot({ path: join(work, name), fullPage: true });
  if (process.env.UPDATE_SCREENSHOTS) await copyFile(join(work, name), join(docs, name));
}

async function test(name, run) {
  const began = performance.now();
  await run();
  console.log(`ok ${name} (${Math.round(performance.now() - began)} ms)`);
}

await test("light, dark and narrow: complete, readable, nothing for axe to complain of", async () => {
  for (const [name, options] of [
    ["report-light.png", { colorScheme: "light" }],
    ["report-dark.png", { colorScheme: "dark" }],
    ["report-narrow.png", { colorScheme: "light", viewport: { width: 360, height: 740 } }],
  ]) {
    const opened = await open("examples/plan.html", options);
    const { page } = opened;
    await shot(page, name);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= options.viewport?.width || !options.viewport, `${width} px wide`);
    assert.equal(await page.locator("article.change").count(), 5);
    // That a guard refuses it, and what gets weaker, is named before anything else.
    const first = await page.locator("main h2").allTextContents();
    assert.match(first[0], /A guard refuses this plan/);
    assert.match(first[1], /2 changes make enforcement weaker/);
    silent(opened);
    await page.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
    await accessible(page, name);
    await opened.close();
  }
});

/** The pages besides the plan's, and what stands on each. */
const others = {
  drift: [/2 policies were changed in the service/, "by Ada Night <b>Shift"],
  apply: [/7 done, 2 failed, 0 undecided, 0 not tried/, "Ada Night <b>Shift changed it in the service"],
  findings: [/\d errors/, "riskType \"HIHG\" is not LOW"],
};

await test("drift, apply and findings: light, dark, narrow and in print, as the plan is", async () => {
  for (const [name, [title, said]] of Object.entries(others)) {
    for (const [form, options] of [
      ["light", { colorScheme: "light" }],
      ["dark", { colorScheme: "dark" }],
      ["narrow", { colorScheme: "light", viewport: { width: 360, height: 740 } }],
    ]) {
      const what = `${name}-${form}.png`;
      const opened = await open(`examples/${name}.html`, options);
      const { page } = opened;
      await page.evaluate(() => document.querySelectorAll("article").forEach((article) => { article.style.contentVisibility = "visible"; }));
      await page.screenshot({ path: join(work, what), fullPage: true });
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= (options.viewport?.width ?? 1100), `${what}: ${width} px wide`);
      assert.match(await page.locator("h1, .lead, main h2").allTextContents().then((all) => all.join(" ")), title, what);
      assert.ok((await page.locator("body").textContent()).includes(said), `${what} says ${said}`);
      silent(opened);
      await page.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
      await accessible(page, what);
      if (form === "light") {
        await page.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = false; }));
        await page.emulateMedia({ media: "print" });
        assert.equal(await page.locator("#filter:visible").count(), 0, what);
        for (const shown of ["article", ".row", ".finding"]) {
          const all = await page.locator(shown).count();
          assert.equal(await page.locator(`${shown}:visible`).count(), all, `${what}: ${shown} in print`);
        }
        await page.screenshot({ path: join(work, `${name}-print.png`), fullPage: true });
      }
      await opened.close();
    }
    const plain = await open(`examples/${name}.html`, { javaScriptEnabled: false });
    assert.ok((await plain.page.locator("body").textContent()).includes(said), `${name} without JavaScript`);
    await plain.close();
  }
});

await test("by keyboard: skip, filter, fold", async () => {
  const opened = await open("examples/plan.html");
  const { page } = opened;
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.name), "kind");
  await page.keyboard.press("Space");
  assert.match(await page.locator("#shown").textContent(), /^4 of 5 changes$/);
  await page.locator("#filter button").press("Enter");
  await page.waitForFunction(() => document.getElementById("shown").value === "5 of 5 changes");
  const fold = page.locator("details.unchanged summary").first();
  await fold.focus();
  await page.keyboard.press("Enter");
  assert.ok(await page.locator("details.unchanged").first().evaluate((details) => details.open));
  const link = page.locator(".change a").first();
  assert.match(await link.getAttribute("href"), /^https:\/\/github\.com\/northwind-pay\/policies\/blob\/main\/policies\/.*\.yaml#L\d+$/);
  silent(opened);
  await opened.close();
});

await test("filters by kind, direction, scope and words", async () => {
  const opened = await open("examples/plan.html");
  const { page } = opened;
  const visible = () => page.locator("article.change:visible h3, article.change:visible h4, article.change:visible h5").allTextContents();
  for (const name of ["stronger", "unclear"]) await page.locator(`input[value=${name}]`).uncheck();
  assert.equal((await visible()).length, 2);
  assert.ok((await visible()).every((heading) => heading.includes("weaker")));
  await page.locator("#filter button").click();
  await page.selectOption("#scope", "northwind-pay/production");
  assert.equal((await visible()).length, 2);
  assert.equal(await page.locator('details.scope[data-scope="northwind-pay"]').isVisible(), true);
  await page.locator("#words").fill("TRACK vault");
  assert.equal((await visible()).length, 1);
  // A link to a change that is filtered out shows it.
  await page.evaluate(() => { location.hash = "change-1"; });
  await page.waitForFunction(() => !document.getElementById("change-1").hidden);
  await opened.close();
});

await test("in print nothing is folded away or left out", async () => {
  const opened = await open("examples/plan.html");
  const { page } = opened;
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator("#filter").isVisible(), false);
  assert.ok(await page.locator("details.fold .row").first().isVisible());
  await opened.close();
});

await test("without JavaScript the page is whole", async () => {
  const opened = await open("examples/plan.html", { javaScriptEnabled: false });
  assert.equal(await opened.page.locator("article.change:visible").count(), 5);
  assert.equal(await opened.page.locator("#filter").isVisible(), false);
  await opened.close();
});

/** Tries what a text that got through would try: a script, a handler, a picture. Answers what came of it. */
function tries() {
  return new Promise((done) => {
    const script = document.createElement("script");
    script.textContent = "globalThis.pwned = true";
    document.body.append(script);
    const button = document.createElement("button");
    button.setAttribute("onclick", "globalThis.pwned = true");
    document.body.append(button);
    button.click();
    const image = new Image();
    image.onerror = () => done([globalThis.pwned ?? false, "image refused"]);
    image.onload = () => done([globalThis.pwned ?? false, "image loaded"]);
    image.src = "data:image/gif;base64,R0lGODlhAQABAAAAACw=";
  });
}

await test("a hostile text is text, and the content policy stands behind it", async () => {
  for (const [name, says] of [
    ["plan", ["<script>alert(1)</script>", "</details></div></main>", "&lt;b&gt;", "{{ 7 * 7 }}"]],
    ["drift", ["by Ada Night <b>Shift", "Unless it is urgent. <i>Or not.</i>"]],
    ["apply", ["<script>alert(1)</script>", "</details></div></main>", "{{ 7 * 7 }}"]],
    ["findings", ["<script>alert(1)</script>", "<svg/onload=alert(1)>", "javascript:alert(1)"]],
  ]) {
    const opened = await open(`hostile/${name}.html`);
    const { page } = opened;
    silent(opened);
    const elements = await page.evaluate(() => ["img", "svg", "iframe", "style", "b", "i"].map((name) => document.querySelectorAll(name).length));
    assert.deepEqual(elements, [0, 0, 0, 1, 0, 0], name);
    assert.ok(await page.locator("script").count() <= 1, name);
    assert.equal(await page.evaluate(() => [...document.querySelectorAll("*")].some((element) => element.getAttributeNames().some((name) => name.startsWith("on")))), false, name);
    const links = await page.evaluate(() => [...document.querySelectorAll("[href]")].map((link) => link.getAttribute("href")));
    assert.ok(links.every((link) => link.startsWith("#")), `${name}: ${links}`);
    const text = await page.evaluate(() => document.body.textContent);
    for (const said of says) assert.ok(text.includes(said), `${name}: ${said}`);
    assert.deepEqual(await page.evaluate(tries), [false, "image refused"], name);
    assert.ok(opened.seen.said.some((said) => said.includes("Content Security Policy")), name);
    assert.deepEqual(opened.seen.requests.filter((request) => !request.startsWith("data:")), [opened.url], name);
    await opened.close();
  }
});

await test("2,000 changes open and filter without lag", async () => {
  const began = performance.now();
  const opened = await open("many/plan.html");
  const { page } = opened;
  const opens = performance.now() - began;
  const count = await page.locator("article.change").count();
  assert.equal(count, 2000);
  const filters = await page.evaluate(async () => {
    const times = [];
    const form = document.getElementById("filter");
    for (const act of [
      () => form.querySelector("input[value=update]").click(),
      () => form.querySelector("input[value=update]").click(),
      () => { form.elements.words.value = "policy-19"; form.elements.words.dispatchEvent(new Event("input", { bubbles: true })); },
      () => { form.elements.words.value = ""; form.elements.words.dispatchEvent(new Event("input", { bubbles: true })); },
      () => { form.elements.scope.value = "acme/workspace-3"; form.elements.scope.dispatchEvent(new Event("input", { bubbles: true })); },
    ]) {
      const start = performance.now();
      act();
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      times.push(Math.round(performance.now() - start));
    }
    return times;
  });
  const { size } = await readFile(join(work, "many/plan.html")).then((bytes) => ({ size: bytes.length }));
  console.log(`   ${size} bytes; opens in ${Math.round(opens)} ms (bound 10000); filters in ${filters.join(", ")} ms (bound 1500 each)`);
  assert.ok(opens < 10_000);
  assert.ok(filters.every((time) => time < 1_500));
  silent(opened);
  await opened.close();
});

/** A comment as a reader of GitHub's Markdown shows it. */
async function comment(folder, options) {
  const css = await readFile(require.resolve("github-markdown-css/github-markdown.css"), "utf8");
  let html = await marked.parse(await readFile(join(work, folder, "plan.markdown"), "utf8"), { gfm: true });
  // GitHub's boxes and the colours of its differences, which are no part of the Markdown reader.
  html = html.replace(/<blockquote>\s*<p>\[!(\w+)\]\s*/g, (_, kind) => `<blockquote class="markdown-alert markdown-alert-${kind.toLowerCase()}"><p class="markdown-alert-title">${kind[0]}${kind.slice(1).toLowerCase()}</p><p>`);
  html = html.replace(/<code class="language-diff">([\s\S]*?)<\/code>/g, (_, text) => `<code>${text.split("\n").map((line) => (line.startsWith("+") ? `<span class="a">${line}</span>` : line.startsWith("-") ? `<span class="d">${line}</span>` : line)).join("\n")}</code>`);
  const context = await browser.newContext({ viewport: { width: 900, height: 800 }, ...options });
  const page = await context.newPage();
  await page.setContent(`<!doctype html><meta charset="utf-8"><style>${css}
    body.markdown-body{margin:0 auto;padding:24px;max-width:860px}.a{background:#2da44e33}.d{background:#cf222e33}.a,.d{display:inline-block;width:100%}</style><body class="markdown-body">${html}</body>`);
  return { page, close: () => context.close() };
}

await test("the comment, as Markdown is shown", async () => {
  for (const [name, options] of [["comment-light.png", { colorScheme: "light" }], ["comment-dark.png", { colorScheme: "dark" }]]) {
    const { page, close } = await comment("examples", options);
    await shot(page, name);
    await close();
  }
  const { page, close } = await comment("hostile", {});
  const elements = await page.evaluate(() => ["script", "img", "svg", "a", "h1"].map((name) => document.body.querySelectorAll(name).length));
  assert.deepEqual(elements, [0, 0, 0, 0, 0]);
  assert.equal(await page.evaluate(() => [...document.querySelectorAll("body > details")].length), 17);
  await close();
});

await test("the recording of the terminal: it moves, stands still for who asked for that, and keeps to its cells", async () => {
  const markup = await readFile(join(docs, "recording.svg"), "utf8");
  const context = await browser.newContext({ viewport: { width: 900, height: 700 } });
  const page = await context.newPage();
  // As on a page of GitHub: an image, which may run nothing and ask for nothing.
  await page.setContent(`<!doctype html><img alt="" src="data:image/svg+xml;base64,${Buffer.from(markup).toString("base64")}">`);
  await page.waitForFunction(() => document.images[0].complete && document.images[0].naturalWidth > 0);
  const seen = async () => (await page.screenshot()).toString("base64");
  const first = await seen();
  let moved = false;
  for (let times = 0; times < 300 && !moved; times += 1) moved = (await seen()) !== first;
  assert.ok(moved);
  await page.setContent(`<!doctype html>${markup}`);
  const animation = () => page.evaluate(() => getComputedStyle(document.querySelector(".film")).animationName);
  assert.equal(await animation(), "film");
  await page.emulateMedia({ reducedMotion: "reduce" });
  assert.equal(await animation(), "none");
  const beyond = await page.evaluate(() => {
    const { width } = document.querySelector("svg").getBoundingClientRect();
    return [...document.querySelectorAll("svg .film text")].filter((text) => text.getBoundingClientRect().right > width).length;
  });
  assert.equal(beyond, 0);
  assert.deepEqual(await page.evaluate(() => ["script", "image", "a", "foreignObject"].map((name) => document.querySelectorAll(`svg ${name}`).length)), [0, 0, 0, 0]);
  await context.close();
});

await browser.close();
