"""Writes optimizers.json: weights after some steps of PyTorch's optimizers, of transformers' Adafactor and timm's Lion, and of
LAMB and of AdamW without bias correction written out in float64 with NumPy. PyTorch's Muon is made to iterate in float32
instead of bfloat16. Run with: python3 optimizers.py > optimizers.json"""

import json

import numpy as np
import torch
from timm.optim import Lion
from transformers.optimization import Adafactor

torch.Tensor.bfloat16 = lambda self: self.clone()  # of what this script does, Muon alone calls it

SHAPES = {"layer.weight": (280, 251), "layer.bias": (37,)}
SHOWN = {"layer.weight": [0, 1, 2, 17, 65534, 65535, 65536, 65537, 70278, 70279], "layer.bias": [0, 1, 35, 36]}
STEPS = [1, 2, 3, 30]
FACTOR = 0.25


def start(name):
    i = np.arange(np.prod(SHAPES[name]), dtype=np.float64)
    return np.cos(0.11 * i + len(name)).astype(np.float32)


def gradient(name, step):
    i = np.arange(np.prod(SHAPES[name]), dtype=np.float64)
    return (0.1 * np.sin(0.37 * i + 1.3 * step + len(name)) + 0.02).astype(np.float32)


def rate(step):
    return 0.01 * (1 + 0.5 * np.cos(0.4 * step))


def adam(weights, decay, step, state, correct=True, lamb=False, max_norm=np.inf, b1=0.9, b2=0.98, eps=1e-6):
    for name, w in weights.items():
        g = gradient(name, step).astype(np.float64) * FACTOR
        m, v = state.setdefault(name, [np.zeros_like(w), np.zeros_like(w)])
        m[:] = b1 * m + (1 - b1) * g
        v[:] = b2 * v + (1 - b2) * g * g
        mh = m / (1 - b1**step) if correct else m
        vh = v / (1 - b2**step) if correct else v
        u = mh / (np.sqrt(vh) + eps)
        d = decay if name.endswith("weight") else 0.0
        if lamb:
            u = u + d * w
            norm = np.linalg.norm(w)
            w -= rate(step) * min(norm, max_norm) / np.linalg.norm(u) * u
        else:
            w -= rate(step) * d * w
            w -= rate(step) * u


def run_numpy(decay, **kwargs):
    weights = {name: start(name).astype(np.float64) for name in SHAPES}
    state, shown = {}, {}
    for step in range(1, max(STEPS) + 1):
        adam(weights, decay, step, state, **kwargs)
        if step in STEPS:
            shown[step] = {name: weights[name][SHOWN[name]].tolist() for name in SHAPES}
    return shown


def run_torch(decay, make):
    weights = {name: torch.nn.Parameter(torch.from_numpy(start(name)).view(SHAPES[name])) for name in SHAPES}
    groups = [
        {"params": [weights["layer.weight"]], "weight_decay": decay},
        {"params": [weights["layer.bias"]], "weight_decay": 0.0},
    ]
    optimizer, shown = make(groups), {}
    for step in range(1, max(STEPS) + 1):
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
        for name, w in weights.items():
            w.grad = torch.from_numpy(gradient(name, step)).view(SHAPES[name]) * FACTOR
        optimizer.step()
        if step in STEPS:
            shown[step] = {name: weights[name].detach().flatten()[SHOWN[name]].tolist() for name in SHAPES}
    return shown


class MuonAndAdamW:
    """The matrix by Muon, the bias by AdamW."""

    def __init__(self, groups, **settings):
        self.both = [
            torch.optim.Muon(groups[:1], **settings),
            torch.optim.AdamW(groups[1:], betas=(0.9, 0.98), eps=1e-6),
        ]
        self.param_groups = [group for one in self.both for group in one.param_groups]

    def step(self):
        for one in self.both:
            one.step()


def adafactor(**settings):
    return lambda p: Adafactor(p, **{"lr": None if settings.get("relative_step") else 1.0, "scale_parameter": False, "relative_step": False, **settings})


def case(optim, args, decay, shown):
    return {"optim": optim, "optim_args": args, "weight_decay": decay, "weights": shown}


o = torch.optim
cases = [
    case("sgd", {}, 0.0, run_torch(0.0, lambda p: o.SGD(p))),
    case("sgd", {}, 0.1, run_torch(0.1, lambda p: o.SGD(p))),
    case("sgd", {"momentum": 0.9}, 0.1, run_torch(0.1, lambda p: o.SGD(p, momentum=0.9))),
    case(
        "sgd",
        {"momentum": 0.8, "dampening": 0.3},
        0.0,
        run_torch(0.0, lambda p: o.SGD(p, momentum=0.8, dampening=0.3)),
    ),
    case(
        "sgd",
        {"momentum": 0.9, "nesterov": True},
        0.1,
        run_torch(0.1, lambda p: o.SGD(p, momentum=0.9, nesterov=True)),
    ),
    case("rmsprop", {}, 0.0, run_torch(0.0, lambda p: o.RMSprop(p))),
    case(
        "rmsprop",
        {"alpha": 0.9, "eps": 1e-5, "momentum": 0.7},
        0.1,
        run_torch(0.1, lambda p: o.RMSprop(p, alpha=0.9, eps=1e-5, momentum=0.7)),
    ),
    case(
        "rmsprop",
        {"alpha": 0.95, "centered": True, "momentum": 0.5},
        0.1,
        run_torch(0.1, lambda p: o.RMSprop(p, alpha=0.95, centered=True, momentum=0.5)),
    ),
    case("adamw_torch", {}, 0.0, run_torch(0.0, lambda p: o.AdamW(p, betas=(0.9, 0.98), eps=1e-6))),
    case("adamw_torch", {}, 0.1, run_torch(0.1, lambda p: o.AdamW(p, betas=(0.9, 0.98), eps=1e-6))),
    case("adamw_no_bias_correction", {}, 0.1, run_numpy(0.1, correct=False)),
    case("lamb", {}, 0.1, run_numpy(0.1, lamb=True)),
    case("lamb", {"max_weight_norm": 10.0}, 0.1, run_numpy(0.1, lamb=True, max_norm=10.0)),
    case("lamb_no_bias_correction", {}, 0.1, run_numpy(0.1, lamb=True, correct=False)),
    case("adafactor", {}, 0.1, run_torch(0.1, adafactor())),
    case(
        "adafactor",
        {"scale_parameter": True, "relative_step": True, "warmup_init": True, "clip_threshold": 0.5},
        0.1,
        run_torch(0.1, adafactor(scale_parameter=True, relative_step=True, warmup_init=True, clip_threshold=0.5)),
    ),
    case("adafactor", {"beta1": 0.8, "decay_rate": -0.6}, 0.0, run_torch(0.0, adafactor(beta1=0.8, decay_rate=-0.6))),
    case("lion_32bit", {}, 0.1, run_torch(0.1, lambda p: Lion(p, betas=(0.9, 0.98)))),
    case("muon", {}, 0.1, run_torch(0.1, lambda p: MuonAndAdamW(p))),
    case(
        "muon",
        {"momentum": 0.8, "nesterov": False, "ns_steps": 3, "adjust_lr_fn": "match_rms_adamw"},
        0.0,
        run_torch(
            0.0, lambda p: MuonAndAdamW(p, momentum=0.8, nesterov=False, ns_steps=3, adjust_lr_fn="match_rms_adamw")
        ),
    ),
]
print(json.dumps({"adam_beta1": 0.9, "adam_beta2": 0.98, "adam_epsilon": 1e-6, "gradient_factor": FACTOR, "shown": SHOWN, "cases": cases}))
