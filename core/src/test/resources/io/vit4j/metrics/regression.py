"""Writes regression.json: seeded numbers, and what SciPy and NumPy make of them.

Run in this folder: python3 regression.py
Pearson and Spearman are SciPy's; the errors and R2 are scikit-learn's definitions, written out in NumPy's float64.
"""
import json

import numpy as np
from scipy.stats import pearsonr, spearmanr

r = np.random.default_rng(20240612)
floats = lambda a: [None if np.isnan(v) else float(v) for v in np.asarray(a, dtype=np.float64).ravel()]

n = 120
target = np.stack([np.round(r.gamma(4, 12, n)), r.normal(size=n) * 3 - 40], axis=1).astype(np.float32)  # ties, then none
predicted = np.stack([np.round(0.7 * target[:, 0] + r.normal(size=n) * 9 + 14), -0.4 * target[:, 1] + r.normal(size=n)],
                     axis=1).astype(np.float32)
known = target.copy()
known[r.random(n) < 0.15, 1] = np.nan


def scores(y, p):
    y, p = y.astype(np.float64), p.astype(np.float64)
    return {"mse": float(np.mean((p - y) ** 2)), "mae": float(np.mean(np.abs(p - y))),
            "r2": float(1 - np.sum((p - y) ** 2) / np.sum((y - y.mean()) ** 2)),
            "pearson": float(pearsonr(y, p)[0]), "spearman": float(spearmanr(y, p)[0])}


per_output = []
for j in range(2):
    keep = ~np.isnan(known[:, j])
    per_output.append(scores(known[keep, j], predicted[keep, j]))
drawn = r.integers(0, n, n)  # one resample, written out
resample = scores(known[drawn, 0], predicted[drawn, 0])
json.dump({"targets": floats(known), "predictions": floats(predicted), "per_output": per_output,
           "drawn": np.bincount(drawn, minlength=n).tolist(), "resample_of_first": resample},
          open("regression.json", "w"))
