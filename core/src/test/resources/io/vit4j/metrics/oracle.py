"""Writes oracle.json: seeded data, and what scikit-learn 1.9, SciPy and NumPy make of it.

Run in this folder: python3 oracle.py   (then Rscript oracle.R, which reads delong.csv and writes delong.json)
"""
import json

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit, softmax
from scipy.stats import binomtest, norm
from sklearn.calibration import calibration_curve
from sklearn.metrics import (accuracy_score, average_precision_score, brier_score_loss, confusion_matrix, f1_score,
                             hamming_loss, log_loss, precision_recall_curve, precision_score, recall_score,
                             roc_auc_score, roc_curve)
from sklearn.utils.class_weight import compute_class_weight

r = np.random.default_rng(20240611)
floats = lambda a: [None if np.isnan(v) else float(v) for v in np.asarray(a, dtype=np.float64).ravel()]


def curve(y, s, drop):
    fpr, tpr, t = roc_curve(y, s, drop_intermediate=drop)
    return {"fpr": floats(fpr), "tpr": floats(tpr), "thresholds": floats(t[1:])}  # the first is infinite


# Multi-label: four labels, ties by rounding, unknown truth in the second label, one class only in the last.
names = ["Atelectasis", "Mass", "No Finding", "Hernia"]
n = 160
truth = (r.random((n, 4)) < [0.15, 0.3, 0.5, 0.0]).astype(np.float32)
first = np.round(r.normal(size=(n, 4)) * 1.5 + 1.2 * truth - 0.8, 1).astype(np.float32)
second = np.round(0.6 * first + r.normal(size=(n, 4)) + 0.3 * truth, 2).astype(np.float32)
known = truth.copy()
known[r.random(n) < 0.1, 1] = np.nan
per_label = {}
for j, name in enumerate(names[:3]):
    keep = ~np.isnan(known[:, j])
    y, s = known[keep, j], first[keep, j]
    p, rec, t = precision_recall_curve(y, s)
    fpr, tpr, thr = roc_curve(y, s, drop_intermediate=False)
    best = int(np.argmax(np.round((tpr - fpr) * (y == 1).sum() * (y == 0).sum())))
    sens, spec = np.where(tpr >= 0.9)[0][0], np.where(1 - fpr >= 0.8)[0][-1]
    per_label[name] = {
        "roc_auc": roc_auc_score(y, s), "average_precision": average_precision_score(y, s),
        "roc_curve": curve(y, s, False), "roc_curve_dropped": curve(y, s, True),
        "precision_recall_curve": {"precision": floats(p), "recall": floats(rec), "thresholds": floats(t)},
        "youden": {"threshold": float(thr[best]), "sensitivity": tpr[best], "specificity": 1 - fpr[best]},
        "sensitivity_0.9": {"threshold": float(thr[sens]), "sensitivity": tpr[sens], "specificity": 1 - fpr[sens]},
        "specificity_0.8": {"threshold": float(thr[spec]), "sensitivity": tpr[spec], "specificity": 1 - fpr[spec]}}
flat = ~np.isnan(known).ravel()
called = (first >= 0).astype(int)
whole = truth.astype(int)
multi = {"names": names, "truth": floats(known), "complete_truth": floats(truth), "first": floats(first),
         "second": floats(second), "per_label": per_label,
         "micro": roc_auc_score(known.ravel()[flat], first.ravel()[flat]),
         "macro_complete": roc_auc_score(whole[:, :3], first[:, :3]),
         "weighted_complete": roc_auc_score(whole[:, :3], first[:, :3], average="weighted"),
         "macro_softmax_complete": roc_auc_score(whole[:, :3], softmax(first, axis=1)[:, :3]),
         "average_precision_complete": average_precision_score(whole[:, :3], first[:, :3]),
         "accuracy_score": accuracy_score(whole, called), "hamming_loss": hamming_loss(whole, called),
         "f1_macro": f1_score(whole, called, average="macro", zero_division=0),
         "f1_micro": f1_score(whole, called, average="micro"),
         "precision": floats(precision_score(whole, called, average=None, zero_division=0)),
         "recall": floats(recall_score(whole, called, average=None, zero_division=0))}

# Single-label: four classes, the last neither true nor predicted.
m = 150
classes = r.choice(3, m, p=[0.6, 0.3, 0.1])
logits = r.normal(size=(m, 4)).astype(np.float32) * np.float32(2)
logits[np.arange(m), classes] += np.float32(1.5)
logits[:, 3] -= np.float32(30)
soft = softmax(logits, axis=1)
top = soft.argmax(1)
single = {"classes": floats(classes), "logits": floats(logits), "accuracy": accuracy_score(classes, top),
          "f1_macro": f1_score(classes, top, average="macro"),
          "precision_macro": precision_score(classes, top, average="macro"),
          "recall_macro": recall_score(classes, top, average="macro"),
          "confusion_matrix": confusion_matrix(classes, top, labels=range(4)).tolist(),
          "roc_auc_ovr": [roc_auc_score(classes == c, soft[:, c]) for c in range(3)],
          "balanced": floats(compute_class_weight("balanced", classes=np.arange(3), y=classes))}


def calibration(y, p, bins, strategy):
    true, pred = calibration_curve(y, p, n_bins=bins, strategy=strategy)
    edges = (np.linspace(0, 1, bins + 1) if strategy == "uniform" else
             np.percentile(p, np.linspace(0, 1, bins + 1) * 100))
    count = np.bincount(np.searchsorted(edges[1:-1], p), minlength=bins)
    count = count[count > 0]
    gap = np.abs(true - pred)
    return {"frequency": floats(true), "mean_probability": floats(pred), "samples": count.tolist(),
            "expected_error": float((gap * count).sum() / count.sum()), "maximum_error": float(gap.max()),
            "brier": float(brier_score_loss(y, p))}


# The probabilities are float32 values, since that is what a model gives; everything is computed of them in float64.
prob = expit(2.5 * first[:, 0].astype(np.float64)).astype(np.float32).astype(np.float64)
right = (classes == top).astype(int)
confidence = soft.max(1).astype(np.float64)
calibrated = {"probabilities": floats(prob), "uniform_10": calibration(whole[:, 0], prob, 10, "uniform"),
              "quantile_7": calibration(whole[:, 0], prob, 7, "quantile"),
              "top_label_uniform_10": calibration(right, confidence, 10, "uniform")}

keep = ~np.isnan(known).ravel()
ys, zs = known.ravel()[keep].astype(np.float64), first.ravel()[keep].astype(np.float64) * 3
bce = lambda b: float(np.mean(np.logaddexp(0, b * zs) - ys * b * zs))
ce = lambda b: float(log_loss(classes, softmax(b * logits.astype(np.float64), axis=1), labels=range(4)))
fit = lambda f: minimize_scalar(f, bounds=(0.01, 100), method="bounded", options={"xatol": 1e-12})
temperature = {k: {"temperature": 1 / fit(f).x, "loss_before": f(1.0), "loss_after": float(fit(f).fun)}
               for k, f in (("sigmoid_of_3_times_first", bce), ("softmax", ce))}

wilson = []
for k, t, level in [(0, 10, 0.95), (10, 10, 0.95), (3, 17, 0.95), (81, 263, 0.9), (1, 1, 0.99), (5000, 5001, 0.95)]:
    ci = binomtest(k, t).proportion_ci(confidence_level=level, method="wilson")
    wilson.append([k, t, level, float(ci.low), float(ci.high)])
normal = [[z, float(norm.sf(z))] for z in (-3.0, -0.5, 0.0, 0.1, 0.999, 1.001, 1.96, 3.0, 6.0, 12.0, 30.0)]
width = [[c, float(norm.isf((1 - c) / 2))] for c in (0.5, 0.9, 0.95, 0.99, 0.999)]

json.dump({"multi": multi, "single": single, "calibration": calibrated, "temperature": temperature, "wilson": wilson,
           "normal_upper_tail": normal, "normal_half_width": width}, open("oracle.json", "w"))
with open("delong.csv", "w") as out:
    out.write("label,truth,first,second\n")
    for j in range(3):
        for i in range(n):
            if not np.isnan(known[i, j]):
                out.write(f"{names[j]},{int(known[i, j])},{first[i, j]},{second[i, j]}\n")
