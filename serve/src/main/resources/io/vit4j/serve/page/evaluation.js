// A model's evaluation: by label, how well it ranks, what its thresholds come to, and whether its probabilities are frequencies.

import { drawn, el } from "./elements.js";

const figure = value => Number.isFinite(value) ? value.toFixed(3) : "";
const STORED = "Stored with the model";

/** An estimate's interval: over patients where there is one, since pictures of a patient are alike. */
const interval = estimate => estimate && (estimate.by_patient || estimate.delong || estimate.wilson);

const words = range => range ? figure(range[0]) + " to " + figure(range[1]) : "";

/** A value with its interval from 0 to 1. */
function whisker(estimate) {
  const range = interval(estimate);
  const at = value => 4 + 92 * Math.min(1, Math.max(0, value));
  const parts = [drawn("path", { class: "axis", d: "M4 12h92M50 8v8" })];
  if (range) parts.push(drawn("path", { class: "range", d: "M" + at(range[0]) + " 12H" + at(range[1]) }));
  parts.push(drawn("circle", { class: "point", cx: at(estimate.value), cy: 12, r: 4 }));
  return drawn("svg", { class: "whisker", viewBox: "0 0 100 24", "aria-hidden": "true" }, ...parts);
}

function table(caption, heads, rows) {
  return el("div", { className: "scroll" }, el("table", {},
    el("caption", {}, caption),
    el("thead", {}, el("tr", {}, ...heads.map((head, i) => el("th", { scope: "col", className: i ? "number" : "" }, head)))),
    el("tbody", {}, ...rows.map(cells => el("tr", {}, ...cells.map((cell, i) =>
      el(i ? "td" : "th", { className: i ? "number" : "", ...(i ? {} : { scope: "row" }) }, cell ?? "")))))));
}

/** Value, interval, drawing. */
const cells = estimate => estimate ? [figure(estimate.value), words(interval(estimate)), whisker(estimate)] : ["", "", ""];

const NAMES = { macro: "Mean of all labels", findings: "Mean of the findings", weighted: "Mean weighted by positives", micro: "All decisions together" };

function ranking(labels, averages) {
  const rows = Object.entries(labels).map(([name, label]) => [name, String(label.positives), ...cells(label.roc_auc), figure(label.average_precision?.value), words(interval(label.average_precision))]);
  for (const [name, average] of Object.entries(averages || {})) {
    rows.push([NAMES[name] || name, "", ...cells(average.roc_auc), figure(average.average_precision?.value), words(interval(average.average_precision))]);
  }
  return table("How well it ranks", ["Label", "Positives", "AUROC", "Interval", "0 to 1", "Average precision", "Interval"], rows);
}

/** What the thresholds that decide come to: those kept with the model, or else Youden's. */
function thresholds(labels) {
  const chosen = Object.entries(labels).map(([name, label]) => [name, label.thresholds?.[STORED] || label.thresholds?.Youden]).filter(([, point]) => point);
  if (!chosen.length) return "";
  const stored = Object.values(labels).some(label => label.thresholds?.[STORED]);
  const share = estimate => estimate ? figure(estimate.value) : "";
  return table("What its thresholds come to" + (stored ? "" : " (Youden's, since none are kept with the model)"),
    ["Label", "Threshold", "Sensitivity", "Interval", "Specificity", "Interval", "Positive predictive value", "Negative predictive value"],
    chosen.map(([name, point]) => [name, figure(point.threshold), share(point.sensitivity), words(interval(point.sensitivity)),
      share(point.specificity), words(interval(point.specificity)), share(point.ppv), share(point.npv)]));
}

/** Probabilities against frequencies: on the diagonal, they are equal. */
function calibration(bins, expectedError, title) {
  const at = value => 30 + 160 * value;
  const up = value => 190 - 160 * value;
  const parts = [drawn("path", { class: "axis", d: "M30 30V190H190M30 190L190 30" })];
  for (const bin of bins) {
    const range = interval(bin.frequency);
    if (range) parts.push(drawn("path", { class: "range", d: "M" + at(bin.mean_probability) + " " + up(range[0]) + "V" + up(range[1]) }));
  }
  parts.push(drawn("polyline", { class: "curve", points: bins.map(bin => at(bin.mean_probability) + "," + up(bin.frequency.value)).join(" ") }));
  parts.push(...bins.map(bin => drawn("circle", { class: "point", cx: at(bin.mean_probability), cy: up(bin.frequency.value), r: 4 })));
  const said = bins.map(bin => figure(bin.mean_probability) + " said, " + figure(bin.frequency.value) + " true of " + bin.pictures).join("; ");
  parts.push(drawn("text", { x: 110, y: 207, "text-anchor": "middle" }, "probability"), drawn("text", { x: 34, y: 24 }, "frequency"));
  return el("figure", {},
    drawn("svg", { class: "plot", viewBox: "0 0 200 212", role: "img", "aria-label": title + ": " + said }, ...parts),
    el("figcaption", { className: "fine" }, title + "; expected error " + figure(expectedError)));
}

/** Errors of a regression, by output. */
function regression(outputs, means) {
  const metrics = Object.keys(means);
  const rows = [...Object.entries(outputs), ...(Object.keys(outputs).length > 1 ? [["Mean of all outputs", means]] : [])];
  return table("How close its numbers are", ["Output", ...metrics.flatMap(metric => [metric.toUpperCase(), "Interval"])],
    rows.map(([name, scores]) => [name, ...metrics.flatMap(metric => [figure(scores[metric]?.value), words(interval(scores[metric]))])]));
}

/** The elements of an evaluation. */
export function evaluationView(evaluation) {
  const labels = evaluation.labels || {};
  const level = Number.isFinite(evaluation.level) ? "; intervals of " + Math.round(100 * evaluation.level) + "%" : "";
  const parts = [el("p", {}, evaluation.pictures + " pictures of the split " + evaluation.split
    + (evaluation.patients ? ", of " + evaluation.patients + " patients" : "") + level + (evaluation.bootstrap_rounds ? ", by resampling patients where there are enough" : "") + ".")];
  if (evaluation.outputs) {
    parts.push(regression(evaluation.outputs, evaluation.means));
    return parts;
  }
  parts.push(ranking(labels, evaluation.averages), thresholds(labels));
  const plots = [];
  if (evaluation.calibration?.bins?.length) plots.push(calibration(evaluation.calibration.bins, evaluation.calibration.expected_error, "Probabilities before the temperature"));
  const scaled = evaluation.temperature?.calibration;
  if (scaled?.bins?.length) plots.push(calibration(scaled.bins, scaled.expected_error, "Probabilities as they are shown"));
  if (plots.length) parts.push(el("h4", {}, "Whether its probabilities are frequencies"), el("div", { className: "plots" }, ...plots));
  return parts;
}
