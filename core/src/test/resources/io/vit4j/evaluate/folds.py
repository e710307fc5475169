"""Writes folds.json: patients with the classes of their pictures, and the folds that scikit-learn's StratifiedGroupKFold makes.

Run in this folder: python3 folds.py
"""
import json

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

r = np.random.default_rng(20250309)
cases = []
for patients, classes, folds in [(40, 3, 5), (90, 4, 3), (25, 2, 10)]:
    group, label = [], []
    for patient in range(patients):
        kind = r.choice(classes, p=np.arange(classes, 0, -1) / np.arange(classes, 0, -1).sum())
        for _ in range(r.integers(1, 8)):
            group.append(patient)
            label.append(int(kind if r.random() < 0.7 else r.integers(classes)))
    group, label = np.array(group), np.array(label)
    fold = np.zeros(patients, dtype=int)
    for number, (_, held_out) in enumerate(StratifiedGroupKFold(folds).split(label, label, group)):
        fold[group[held_out]] = number
    counts = [[int(((group == p) & (label == c)).sum()) for c in range(classes)] for p in range(patients)]
    cases.append({"folds": folds, "counts": counts, "fold": fold.tolist()})
json.dump(cases, open("folds.json", "w"))
