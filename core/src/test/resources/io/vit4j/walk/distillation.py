"""Writes distillation.json: DeiT's DistillationLoss (losses.py of its repository, from its formula) for classes, the same of each
label alone for several labels, and the gradients that PyTorch finds. Run with: python3 distillation.py > distillation.json"""

import json

import torch
import torch.nn.functional as F
from torch.distributions import Bernoulli, kl_divergence

torch.set_default_dtype(torch.float64)
N, C, ALPHA, TAU = 3, 4, 0.7, 3.0
i = torch.arange(N * C, dtype=torch.float64)
STUDENT = (2 * torch.sin(1.7 * i + 0.3)).view(N, C)
SECOND = (2 * torch.cos(2.3 * i)).view(N, C)
TEACHER = (3 * torch.sin(0.9 * i - 1)).view(N, C)
CLASSES = torch.tensor([2, 0, 3])
LABELS = (torch.sin(5.0 * i) > 0).double().view(N, C)


def of_teacher(kind, logits, several):
    if several and kind == "soft":
        there, here = Bernoulli(logits=TEACHER / TAU), Bernoulli(logits=logits / TAU)
        return TAU * TAU * kl_divergence(there, here).mean()
    if several:
        return F.binary_cross_entropy_with_logits(logits, (TEACHER.sigmoid() > 0.5).double())
    if kind == "soft":
        here, there = F.log_softmax(logits / TAU, dim=1), F.log_softmax(TEACHER / TAU, dim=1)
        return F.kl_div(here, there, reduction="sum", log_target=True) * (TAU * TAU) / logits.numel()
    return F.cross_entropy(logits, TEACHER.argmax(dim=1))


def case(kind, several, two):
    logits = torch.cat([STUDENT, SECOND], 1) if two else STUDENT
    logits = logits.clone().requires_grad_()
    first, last = logits[:, :C], logits[:, -C:]
    base = F.binary_cross_entropy_with_logits(first, LABELS) if several else F.cross_entropy(first, CLASSES)
    loss = base * (1 - ALPHA) + of_teacher(kind, last, several) * ALPHA
    loss.backward()
    gradient = [round(g, 9) for g in logits.grad.flatten().tolist()]
    return {"hard": kind == "hard", "several": several, "two": two, "loss": loss.item(), "gradient": gradient}


print(json.dumps([case(kind, several, two) for kind in ("soft", "hard") for several in (False, True) for two in (False, True)]))
