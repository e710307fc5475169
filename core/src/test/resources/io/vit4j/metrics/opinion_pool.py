"""Writes opinion-pool.json: logits of three models, and the weights of their probabilities' mean that SciPy finds to have the
lowest log loss.

Run in this folder: python3 opinion_pool.py
"""
import json

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, softmax

r = np.random.default_rng(20250412)
n = 24


def fitted(likelihood):
    """likelihood: [observations, models], the probability that each model gives to the truth."""
    m = likelihood.shape[1]
    found = minimize(lambda w: -np.log(likelihood @ w).mean(), np.full(m, 1 / m), method="SLSQP", bounds=[(0, 1)] * m,
                     constraints={"type": "eq", "fun": lambda w: w.sum() - 1}, options={"ftol": 1e-15, "maxiter": 1000})
    return found.x.tolist(), float(found.fun)


signal = r.normal(size=(n, 2))
truth = (r.random((n, 2)) < expit(1.5 * signal)).astype(float)
multi = np.stack([1.2 * signal + r.normal(size=(n, 2)), 2.5 * signal + 2 * r.normal(size=(n, 2)),
                  r.normal(size=(n, 2)) * 3]).round(3)
truth[r.random((n, 2)) < 0.1] = np.nan
known = ~np.isnan(truth)
sign = np.where(truth[known] == 1, 1, -1)
weights, loss = fitted(np.stack([expit(sign * m[known].astype(float)) for m in multi], axis=1))
out = {"multi": {"logits": multi.reshape(3, -1).tolist(), "truth": [None if np.isnan(v) else v for v in truth.ravel()],
                 "weights": weights, "loss": loss}}

signal = r.normal(size=(n, 3))
label = np.array([r.choice(3, p=softmax(2 * s)) for s in signal])
single = np.stack([signal + r.normal(size=(n, 3)) * 0.5, 2 * signal + r.normal(size=(n, 3)),
                   signal + 2 * r.normal(size=(n, 3))]).round(3)
weights, loss = fitted(np.stack([softmax(m.astype(float), axis=1)[np.arange(n), label] for m in single], axis=1))
out["single"] = {"logits": single.reshape(3, -1).tolist(), "truth": label.tolist(), "weights": weights, "loss": loss}
json.dump(out, open("opinion-pool.json", "w"))
