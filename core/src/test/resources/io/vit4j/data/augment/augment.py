"""Writes augment.json: magnitudes, policies, mixing and erasing of torchvision.

Run in this folder: python3 augment.py
"""
import json
import math
import zlib

import numpy as np
import torch
import torchvision.transforms.autoaugment as A
import torchvision.transforms.v2 as V
from PIL import Image
from torchvision.transforms import InterpolationMode, RandomErasing

HEIGHT, WIDTH = 17, 23
OPERATIONS = ["Identity", "ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate", "Brightness", "Color", "Contrast",
              "Sharpness", "Posterize", "Solarize", "AutoContrast", "Equalize", "Invert"]


def short(values):
    """The fewest digits that tell float32 numbers apart."""
    return [float(str(np.float32(v))) for v in values.reshape(-1).tolist()]


def numbers(space):
    return {name: short(values) for name, (values, signed) in space.items()}


def signed(space):
    return sorted(name for name, (values, signed) in space.items() if signed)


def formula(width, height, channels):
    i = np.arange(width * height * channels, dtype=np.int64)
    pixels = ((31 * i * i + 17 * i + 5) % 256).astype(np.uint8).reshape(height, width, channels)
    return Image.fromarray(pixels if channels == 3 else pixels[:, :, 0])


rand, trivial = A.RandAugment(), A.TrivialAugmentWide()
auto = A.AutoAugment()
space = rand._augmentation_space(31, (HEIGHT, WIDTH))
result = {
    "randaugment": numbers(space),
    "randaugment_5": numbers(rand._augmentation_space(5, (HEIGHT, WIDTH))),
    "trivialaugment": numbers(trivial._augmentation_space(31)),
    "autoaugment": numbers(auto._augmentation_space(10, (HEIGHT, WIDTH))),
    "signed": signed(auto._augmentation_space(10, (HEIGHT, WIDTH))),
    "choice": list(space),
    "policies": {p.name: auto._get_policies(p) for p in A.AutoAugmentPolicy},
}

applied = []
for name in OPERATIONS:
    wide = trivial._augmentation_space(31) | {"Invert": (torch.tensor(0.0), False)}
    values, sign = wide[name]
    for bin in (3, 19, 30) if values.ndim else (0,):
        for negative in (False, True) if sign else (False,):
            magnitude = float(values.reshape(-1)[bin]) * (-1 if negative else 1)
            for filter, fill in (("nearest", None), ("bilinear", 99)):
                pixels = A._apply_op(formula(WIDTH, HEIGHT, 3), name, magnitude, InterpolationMode(filter),
                                     None if fill is None else [float(fill)] * 3)
                applied.append([name, magnitude, filter, fill or 0, f"{zlib.crc32(np.asarray(pixels).tobytes()):08x}"])
result["applied"] = applied


def drawn(transform, ratio, centre=None):
    """Two pictures and their labels, mixed with numbers that are given instead of drawn."""
    i = torch.arange(2 * 5 * 7, dtype=torch.float32)
    pictures = torch.sin(i).reshape(2, 1, 5, 7)
    labels = torch.tensor([2, 0])
    transform._dist = type("Given", (), {"sample": staticmethod(lambda shape: torch.tensor([ratio]))})()
    randint, queue = torch.randint, list(centre or [])
    torch.randint = lambda *a, **k: torch.tensor([queue.pop(0)])
    try:
        pixels, targets = transform(pictures, labels)
    finally:
        torch.randint = randint
    return {"ratio": ratio, "centre": centre, "pixels": short(pixels),
            "labels": short(targets)}


result["mixup"] = drawn(V.MixUp(num_classes=3), 0.3)
# CutMix draws the column and the row of the rectangle's middle
result["cutmix"] = [drawn(V.CutMix(num_classes=3), ratio, centre)
                    for ratio, centre in ((0.3, [5, 1]), (0.75, [3, 2]), (0.02, [0, 4]))]

# erasing: areas and aspects that torchvision draws, for their distribution
torch.manual_seed(0)
areas, aspects, found = [], [], 0
for _ in range(4000):
    i, j, h, w, _v = RandomErasing.get_params(torch.zeros(1, 64, 48), (0.02, 0.33), (0.3, 3.3), [0.0])
    areas.append(h * w / (64 * 48))
    aspects.append(math.log(h / w))
result["erasing"] = {"area_mean": float(np.mean(areas)), "area_std": float(np.std(areas)),
                     "aspect_mean": float(np.mean(aspects)), "aspect_std": float(np.std(aspects))}
json.dump(result, open("augment.json", "w"), separators=(",", ":"))
