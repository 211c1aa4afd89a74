// Run beside the report, which is in a frame: each check throws what is wrong.
"use strict";
const frame = document.querySelector("iframe");
const results = [];
const check = async (name, run) => {
  try { await run(); results.push({ check: name, problem: null }); }
  catch (problem) { results.push({ check: name, problem: String(problem) }); }
};
const equal = (actual, expected, what) => {
  if (String(actual) !== String(expected)) throw `${what}: ${actual} instead of ${expected}`;
};
const holds = (condition, what) => { if (!condition) throw what; };

const luminance = (color) => {
  const channels = color.match(/[\d.]+/g).slice(0, 3).map((value) => value / 255);
  const [red, green, blue] = channels.map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const contrast = (one, other) => {
  const [dark, light] = [luminance(one), luminance(other)].sort((left, right) => left - right);
  return (light + 0.05) / (dark + 0.05);
};

frame.addEventListener("load", async () => {
  const page = frame.contentDocument;
  const view = frame.contentWindow;
  const byId = (id) => page.getElementById(id);
  const cases = [...page.querySelectorAll("details.case")];
  const shown = () => cases.filter((item) => item.getClientRects().length > 0);
  const choose = (id, value) => { byId(id).value = value; byId(id).dispatchEvent(new view.Event("input", { bubbles: true })); };
  const reset = () => new Promise((done) => { page.querySelector("form").reset(); setTimeout(done, 10); });
  const key = (name) => (page.activeElement || page.body).dispatchEvent(new view.KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
  const until = async (condition, what) => {
    for (let turn = 0; turn < 200; turn += 1) { if (condition()) return; await new Promise((done) => setTimeout(done, 10)); }
    throw what;
  };

  await check("every case is shown first", () => { holds(cases.length > 300, cases.length); equal(shown().length, cases.length, "shown"); });
  await check("search finds names", () => {
    choose("search", "nomanifest-s2-basic");
    const names = shown().map((item) => item.id);
    holds(names.includes("single-image::nomanifest-s2-basic") && names.length < 10, names);
    equal(byId("shown").textContent, `${names.length} of ${cases.length} cases`, "the count");
  });
  await check("search takes several words in any case, also of causes", () => {
    choose("search", "`$.KIND` fault::");
    holds(shown().length > 20 && shown().every((item) => item.dataset.suite === "fault"), shown().length);
  });
  await check("reset shows all", async () => { await reset(); equal(shown().length, cases.length, "shown"); });
  await check("the filter for failures shows exactly those", async () => {
    choose("verdict", "bad");
    const failed = cases.filter((item) => item.dataset.verdict === "fail");
    holds(failed.length > 200 && failed.length < cases.length, failed.length);
    equal(shown().map((item) => item.id), failed.map((item) => item.id), "shown");
    await reset();
  });
  await check("the filter for a suite hides the others and their headings", async () => {
    choose("suite", "dry-run");
    holds(shown().length > 10 && shown().every((item) => item.dataset.suite === "dry-run"), shown().length);
    equal([...page.querySelectorAll("section.suite:not([hidden]) h3")].map((item) => item.id), "dry-run", "headings");
    await reset();
  });
  await check("the filter for a requirement shows the cases that point to it", async () => {
    const wanted = byId("requirement").options[1].value;
    choose("requirement", wanted);
    const pointing = cases.filter((item) => item.querySelector(".requirements").textContent.split(" ").includes(wanted));
    equal(shown().length, pointing.length, wanted);
    await reset();
  });
  await check("a cause shows its cases only", async () => {
    const cause = page.querySelector("details.cause");
    cause.querySelector("button.only").click();
    equal(shown().length, cause.querySelector(".verdict").textContent, "shown");
    await reset();
  });
  await check("a case whose checks are left out names all its causes", async () => {
    const item = cases.find((item) => item.querySelector("p.causes") && item.dataset.causes.includes(" "));
    holds(item, "there is no such case: too few failures for this check");
    item.open = true;
    const count = item.dataset.causes.split(" ").length;
    await until(() => item.querySelectorAll("p.causes a").length === count, `${item.innerHTML}`);
    item.open = false;
  });
  await check("every link leads somewhere", () => {
    const dead = [...page.querySelectorAll("a[href^='#']")].filter((link) => !byId(decodeURIComponent(link.hash.slice(1))));
    equal(dead.map((link) => link.hash), "", "dead links");
  });
  await check("a link to a case that is filtered out opens it", async () => {
    choose("suite", "dry-run");
    const item = byId("single-image::nomanifest-s2-basic");
    holds(item.getClientRects().length === 0, "it is shown already");
    view.location.hash = "#single-image::nomanifest-s2-basic";
    await until(() => item.open && item.getClientRects().length > 0, "it stays closed or hidden");
    item.open = false;
  });
  await check("differences stand side by side, or one below the other on a narrow screen", () => {
    const item = cases.find((item) => item.querySelector(".sides"));
    item.open = true;
    const [left, right] = [...item.querySelector(".sides").children].map((side) => side.getBoundingClientRect());
    const beside = left.top === right.top;
    equal(beside, view.innerWidth > 640, `beside each other at ${view.innerWidth} px`);
    holds(item.querySelector(".expected mark") && item.querySelector(".actual mark"), "what differs is not marked");
    item.open = false;
  });
  await check("keys search, walk and reset", async () => {
    key("/");
    equal(page.activeElement.id, "search", "focus after /");
    page.activeElement.blur();
    key("j"); key("j");
    equal(page.activeElement.closest("details.case").id, cases[1].id, "focus after j j");
    key("k");
    equal(page.activeElement.closest("details.case").id, cases[0].id, "focus after k");
    choose("search", "nomanifest");
    key("Escape");
    await until(() => shown().length === cases.length, "Escape does not show all");
  });
  await check("nothing is wider than the screen, also with everything open", () => {
    page.querySelectorAll("details").forEach((item) => { item.open = true; });
    holds(page.documentElement.scrollWidth <= view.innerWidth, `${page.documentElement.scrollWidth} > ${view.innerWidth}`);
    page.querySelectorAll("details").forEach((item) => { item.open = false; });
  });
  await check("names in tables are broken between words at most", () => {
    const names = [...page.querySelectorAll("td.name, th.name")].filter((cell) => cell.textContent.trim());
    holds(names.length > 5, `${names.length} names`);
    for (const cell of names) {
      const text = page.createRange();
      text.selectNodeContents(cell);
      const lines = new Set([...text.getClientRects()].map((box) => Math.round(box.top))).size;
      const name = cell.textContent.trim();
      holds(lines <= name.split(/[\s-]+/).length, `${name} stands on ${lines} lines`);
    }
  });
  await check("texts stand out from what is behind them", () => {
    const back = view.getComputedStyle(page.body).backgroundColor;
    for (const selector of ["body", "a", ".quiet", ".fail", ".pass"]) {
      const color = view.getComputedStyle(page.querySelector(selector)).color;
      holds(contrast(color, back) >= 4.5, `${selector}: ${color} on ${back}`);
    }
    const dark = view.matchMedia("(prefers-color-scheme: dark)").matches;
    equal(luminance(back) < 0.5, dark, "a dark page for who wants it");
  });
  const list = document.createElement("pre");
  list.textContent = JSON.stringify(results);
  document.body.append(list);
});
frame.srcdoc = report;
