// A model's scores of one picture, as a list to choose a label from.

import { el, figure } from "./elements.js";

const FEW = 20;

/** Labels in the order of another model's list as far as it has them, then the others. */
function inOrderOf(labels, names) {
  const place = new Map(names.map((name, i) => [name, i]));
  return labels.slice().sort((a, b) => (place.get(a.label) ?? Infinity) - (place.get(b.label) ?? Infinity));
}

function bar(score, isNumber) {
  if (isNumber) return el("span", { className: "track none" });
  const fill = el("span", { className: "fill" });
  fill.style.width = 100 * score.score + "%";
  const track = el("span", { className: "track", "aria-hidden": "true" }, fill);
  if (hasThreshold(score)) {
    const tick = el("span", { className: "tick" });
    tick.style.left = 100 * score.threshold + "%";
    track.append(tick);
  }
  return track;
}

/** A threshold of 0 is that of single-label models: the highest score is the answer. */
const hasThreshold = score => score.threshold > 0 && score.threshold < 1;

function inWords(score, isNumber) {
  if (isNumber) return "";
  return (hasThreshold(score) ? ", threshold " + figure(score.threshold) : "") + (score.present ? ", present" : ", not present");
}

/**
 * The list.
 *
 * group: name of the radio buttons; order: labels' names whose order is taken, or empty; chosen: a label's name; choose: called with one
 */
export function scoreList(prediction, { group, order, chosen, choose, isNumber }) {
  const labels = order.length ? inOrderOf(prediction.labels, order) : prediction.labels;
  const list = el("fieldset", { className: "scores" }, el("legend", { className: "unseen" }, "Scores; choose a label to see where the model looked"));
  const rows = labels.map((score, i) => {
    const radio = el("input", { type: "radio", name: group, value: score.label, checked: score.label === chosen, className: "unseen" });
    radio.addEventListener("click", () => choose(score.label)); // also of the one that is chosen already
    const row = el("label", { className: "score" + (score.present ? " present" : ""), hidden: i >= FEW && score.label !== chosen, title: inWords(score, isNumber).replace(/^, /, "") },
      radio,
      el("span", { className: "label" }, score.label),
      bar(score, isNumber),
      el("span", { className: "value" }, figure(score.score)),
      el("span", { className: "unseen" }, inWords(score, isNumber)),
      el("span", { className: "verdict", "aria-hidden": "true" }, score.present && !isNumber ? "✓" : ""));
    return row;
  });
  list.append(...rows);
  if (rows.some(row => row.hidden)) {
    const all = el("button", { type: "button", className: "quiet" }, "Show all " + rows.length + " labels");
    all.addEventListener("click", () => {
      rows.forEach(row => { row.hidden = false; });
      all.remove();
      rows[FEW].querySelector("input").focus();
    });
    list.append(all);
  }
  return list;
}

/** What a prediction says in a few words. */
export function summary(prediction, isNumber) {
  const top = prediction.labels[0];
  if (isNumber) return top.label + " " + figure(top.score);
  if (prediction.present.length === 0) return "Nothing above its threshold";
  const first = prediction.labels.find(score => score.present);
  return first.label + " " + figure(first.score) + (prediction.present.length > 1 ? " and " + (prediction.present.length - 1) + " more" : "");
}
