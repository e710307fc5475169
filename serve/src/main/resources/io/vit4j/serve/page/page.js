// The page: pictures on the left, what the models say of the chosen one on the right.

import { card, describe, evaluation, explain, models, predict } from "./server.js";
import { markdown } from "./card.js";
import { evaluationView } from "./evaluation.js";
import { listen } from "./intake.js";
import { scoreList, summary } from "./scores.js";
import { scrollTogether, Viewer } from "./viewer.js";
import { byId, el } from "./elements.js";

const AT_ONCE = 4; // requests for scores
const MOST_LOOKS = 16; // overlays that are kept
const SETTLED = 200; // milliseconds without another choice before a model is asked where it looked

const known = new Map(); // models by name, as the server describes them
const pictures = []; // { id, file, url, item, results: of models by name }
const looks = new Map(); // addresses of overlays, the oldest first
const coming = new Map(); // those that the server has been asked for
let panels = []; // { name, viewer, scores }, one for each chosen model
let current = null;
let label = ""; // that the user chose; empty: none yet
let running = 0;
let lastId = 0;
let lastLook = 0;

const isNumber = name => known.get(name)?.problem_type === "regression";

function complain(words) {
  byId("message").textContent = words;
  byId("message").hidden = !words;
}

function announce(words) {
  byId("status").textContent = words;
}

// Models

async function begin() {
  try {
    const names = await models();
    await Promise.all(names.map(async name => known.set(name, await describe(name))));
    byId("model").replaceChildren(...names.map(name => el("option", {}, name)));
    byId("other").replaceChildren(el("option", { value: "" }, "no other"), ...names.map(name => el("option", {}, name)));
    byId("other-choice").hidden = names.length < 2;
    choose();
    document.documentElement.dataset.ready = "true";
  } catch (e) {
    complain(e.message);
  }
}

const chosen = () => {
  const [one, other] = [byId("model").value, byId("other").value];
  return [one, other].filter((name, i) => name && (i === 0 || name !== one));
};

function choose() {
  const names = chosen();
  for (const option of byId("other").options) option.disabled = option.value === names[0];
  if (byId("other").value === names[0]) byId("other").value = "";
  byId("about").hidden = !names.some(name => known.get(name).has_card);
  byId("evaluated").hidden = !names.some(name => known.get(name).has_evaluation);
  panels = names.map(name => {
    const viewer = new Viewer();
    const scores = el("div", { className: "card list" });
    const element = el("article", { className: "panel", "aria-label": "Model " + name },
      el("h3", { hidden: names.length === 1 }, name), viewer.element, scores);
    return { name, viewer, scores, element };
  });
  scrollTogether(panels.map(panel => panel.viewer));
  byId("panels").replaceChildren(...panels.map(panel => panel.element));
  byId("panels").classList.toggle("two", names.length > 1);
  setStrength();
  setActual();
  pictures.forEach(drawItem);
  drawDetail();
  work();
}

// Pictures

function take(files, note) {
  complain(note);
  for (const file of files) {
    const picture = { id: ++lastId, file, url: URL.createObjectURL(file), results: new Map() };
    picture.item = item(picture);
    pictures.push(picture);
    byId("gallery").append(picture.item.row);
    drawItem(picture);
  }
  if (!current && pictures.length) select(pictures[0]);
  drawDesk();
  work();
}

function item(picture) {
  const image = el("img", { alt: "", loading: "lazy", decoding: "async" });
  image.addEventListener("error", () => image.classList.add("blank"));
  image.src = picture.url;
  const words = el("span", { className: "fine" });
  const button = el("button", { type: "button" }, image, el("span", { className: "text" }, el("span", { className: "file" }, picture.file.name), words));
  button.addEventListener("click", () => select(picture));
  return { row: el("li", {}, button), button, words };
}

/** What the first of the chosen models says. */
function drawItem(picture) {
  const name = chosen()[0];
  const result = picture.results.get(name);
  const { words, button } = picture.item;
  words.textContent = !result ? "…" : result.labels ? summary(result, isNumber(name)) : result.error;
  words.classList.toggle("error", Boolean(result && !result.labels));
  words.classList.toggle("found", Boolean(result && result.present && result.present.length));
  if (picture === current) button.setAttribute("aria-current", "true");
  else button.removeAttribute("aria-current");
}

function drawDesk() {
  byId("desk").hidden = pictures.length === 0;
  document.body.classList.toggle("full", pictures.length > 0);
  const names = chosen();
  const done = pictures.filter(picture => names.every(name => picture.results.has(name))).length;
  byId("progress").textContent = done < pictures.length ? done + " of " + pictures.length + " scored" : String(pictures.length);
}

function select(picture) {
  const before = current;
  current = picture;
  if (before) drawItem(before);
  drawItem(picture);
  picture.item.row.scrollIntoView({ block: "nearest", inline: "nearest" });
  drawDetail();
  work();
}

function forget(picture) {
  const at = pictures.indexOf(picture);
  pictures.splice(at, 1);
  URL.revokeObjectURL(picture.url);
  picture.item.row.remove();
  for (const key of Array.from(looks.keys())) {
    if (key.startsWith(picture.id + " ")) dropLook(key);
  }
  if (picture === current) {
    current = null;
    if (pictures.length) {
      select(pictures[Math.min(at, pictures.length - 1)]);
      current.item.button.focus();
    } else {
      document.querySelector('[data-input="files"]').focus();
    }
  }
  drawDesk();
}

// Scores

/** Asks for scores that are missing, those of the current picture first. */
function work() {
  const names = chosen();
  while (running < AT_ONCE) {
    const next = [current, ...pictures].flatMap(picture => picture ? names.map(name => ({ picture, name })) : [])
      .find(({ picture, name }) => !picture.results.has(name) && !picture.asked?.has(name));
    if (!next) return;
    running++;
    score(next.picture, next.name).finally(() => {
      running--;
      work();
    });
  }
}

async function score(picture, name) {
  picture.asked = (picture.asked || new Set()).add(name);
  let result;
  try {
    result = await predict(name, picture.file);
  } catch (e) {
    result = { error: e.message, canRetry: e.status === 0 || e.status >= 401 && e.status !== 413 };
  }
  picture.asked.delete(name);
  if (!pictures.includes(picture)) return;
  picture.results.set(name, result);
  drawItem(picture);
  drawDesk();
  if (picture === current) {
    drawDetail();
    if (result.labels) announce(picture.file.name + ", model " + name + ": " + summary(result, isNumber(name)));
  }
}

function drawDetail() {
  if (!current) return;
  byId("name").textContent = current.file.name;
  const first = current.results.get(panels[0].name);
  const order = panels.length > 1 && first?.labels ? first.labels.map(score => score.label) : [];
  for (const panel of panels) {
    if (panel.shown !== current) {
      panel.viewer.show(current);
      panel.shown = current;
    }
    drawScores(panel, order);
  }
  drawLooks();
}

function drawScores(panel, order) {
  const result = current.results.get(panel.name);
  if (result && panel.drawn === result && panel.drawnOrder === order.join("\n")) return;
  panel.drawn = result;
  panel.drawnOrder = order.join("\n");
  if (!result) {
    panel.scores.replaceChildren(el("p", { className: "fine" }, "Computing…"));
  } else if (!result.labels) {
    panel.scores.replaceChildren(el("p", { className: "error" }, result.error));
    if (result.canRetry) panel.scores.append(again(panel));
  } else {
    panel.scores.replaceChildren(
      scoreList(result, { group: "label-" + panel.name, order, chosen: labelOf(panel), choose: chooseLabel, isNumber: isNumber(panel.name) }),
      legend(panel.name, result));
  }
}

function again(panel) {
  const button = el("button", { type: "button" }, "Try again");
  const picture = current;
  button.addEventListener("click", () => {
    picture.results.delete(panel.name);
    drawItem(picture);
    drawDetail();
    work();
  });
  return button;
}

function legend(name, result) {
  const parts = [el("span", {}, "Choose a label to see where the model looked for it.")];
  if (!isNumber(name) && result.labels.some(score => score.threshold > 0)) {
    parts.unshift(el("span", {}, el("i", { className: "tick", "aria-hidden": "true" }), "threshold"), el("span", {}, el("i", { "aria-hidden": "true" }, "✓"), "present"));
  }
  return el("p", { className: "fine legend" }, ...parts);
}

/** The label to look for: the chosen one, or what the first model says, or else this one. */
function labelOf(panel) {
  const labels = current.results.get(panel.name)?.labels;
  if (!labels) return "";
  const own = leading(labels);
  return [label, leading(current.results.get(panels[0].name)?.labels || []), own].find(name => labels.some(score => score.label === name));
}

const leading = labels => (labels.find(score => score.present) || labels[0])?.label;

function chooseLabel(name) {
  label = name;
  for (const radio of byId("panels").querySelectorAll("input[type=radio]")) {
    if (radio.value === name) radio.checked = true;
  }
  byId("looks").checked = true;
  drawLooks();
}

// Where the models looked

function dropLook(key) {
  URL.revokeObjectURL(looks.get(key));
  looks.delete(key);
}

async function drawLooks() {
  const turn = ++lastLook;
  const isOn = byId("looks").checked;
  byId("strength-choice").hidden = !isOn;
  if (!isOn) {
    panels.forEach(panel => panel.viewer.hide());
    return;
  }
  const picture = current;
  const wanted = panels.map(panel => ({ panel, name: labelOf(panel) })).filter(({ name }) => name);
  const missing = wanted.filter(({ panel, name }) => !draw(panel, name, looks.get(key(picture, panel, name))));
  if (missing.length === 0) return;
  missing.forEach(({ panel, name }) => {
    panel.viewer.hide();
    panel.viewer.say("Finding where " + panel.name + " looked for " + name + "…");
  });
  await new Promise(done => setTimeout(done, SETTLED));
  for (const { panel, name } of missing) {
    if (turn !== lastLook) return;
    try {
      const url = await look(picture, panel, name);
      if (turn === lastLook) draw(panel, name, url);
    } catch (e) {
      if (turn === lastLook) panel.viewer.say(e.message, true);
    }
  }
}

const key = (picture, panel, name) => [picture.id, panel.name, name].join(" ");

/** Asks where a model looked, once however often it is wanted meanwhile. */
function look(picture, panel, name) {
  const what = key(picture, panel, name);
  if (!coming.has(what)) {
    coming.set(what, explain(panel.name, picture.file, name).then(url => {
      looks.set(what, url);
      if (!pictures.includes(picture)) dropLook(what);
      while (looks.size > MOST_LOOKS) dropLook(looks.keys().next().value);
      return url;
    }).finally(() => coming.delete(what)));
  }
  return coming.get(what);
}

function draw(panel, name, url) {
  if (!url) return false;
  panel.viewer.look(url, "Where " + panel.name + " looked for " + name);
  return true;
}

// Controls

function setStrength() {
  panels.forEach(panel => panel.viewer.strength(Number(byId("strength").value)));
}

function setActual() {
  panels.forEach(panel => panel.viewer.actual(byId("actual").checked));
}

/** What the chosen models have of a kind, one after the other. */
async function showOf(what, has, elements) {
  const parts = [];
  const names = chosen().filter(each => known.get(each)[has]);
  for (const name of names) {
    try {
      parts.push(el("section", { "aria-label": name }, el("p", { className: "of", hidden: names.length === 1 }, name), ...await elements(name)));
    } catch (e) {
      parts.push(el("p", { className: "error" }, name + ": " + e.message));
    }
  }
  byId("card-title").textContent = what + (names.length > 1 ? "s of " : " of ") + names.join(" and ");
  byId("card-text").replaceChildren(...parts);
  byId("card").showModal();
  byId("card-text").scrollTop = 0;
}

const showCards = () => showOf("Model card", "has_card", async name => markdown(await card(name)));

const showEvaluations = () => showOf("Evaluation", "has_evaluation", async name => evaluationView(await evaluation(name)));

/** Arrow keys move through the pictures while one of them has the focus. */
function moveInGallery(event) {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
  if (step !== undefined && current) {
    event.preventDefault();
    const at = Math.max(0, Math.min(pictures.length - 1, pictures.indexOf(current) + step));
    select(pictures[at]);
    current.item.button.focus();
  } else if (event.key === "Delete" && current) {
    forget(current);
  }
}

function theme() {
  const themes = ["auto", "light", "dark"];
  let name = "auto";
  try { name = localStorage.getItem("vit4j-theme") || "auto"; } catch (e) { /* then it lasts until the page is closed */ }
  const set = () => {
    if (name === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
    byId("theme").textContent = "Theme: " + name;
  };
  byId("theme").addEventListener("click", () => {
    name = themes[(themes.indexOf(name) + 1) % themes.length];
    try { localStorage.setItem("vit4j-theme", name); } catch (e) { /* as above */ }
    set();
  });
  set();
}

theme();
listen(take);
byId("model").addEventListener("change", choose);
byId("other").addEventListener("change", choose);
byId("about").addEventListener("click", showCards);
byId("evaluated").addEventListener("click", showEvaluations);
byId("looks").addEventListener("change", drawLooks);
byId("strength").addEventListener("input", setStrength);
byId("actual").addEventListener("change", setActual);
byId("gallery").addEventListener("keydown", moveInGallery);
byId("remove").addEventListener("click", () => forget(current));
byId("clear").addEventListener("click", () => pictures.slice().reverse().forEach(forget));
for (const button of document.querySelectorAll("[data-close]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}
begin();
