"""Writes operations.txt: what torchvision's functional transforms make of small PIL pictures.

Run in this folder: python3 operations.py
A line is the picture (width, height, channels, darker or not), the operation with its numbers, and the CRC-32 of the result's
bytes; of the elastic transform, which is computed in float32, the bytes themselves.
"""
import sys
import zlib

import numpy as np
import PIL
import torch
import torchvision
from PIL import Image, ImageFilter, ImageOps
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F

NEAREST, BILINEAR = InterpolationMode.NEAREST, InterpolationMode.BILINEAR


def formula(width, height, channels, dark):
    i = np.arange(width * height * channels, dtype=np.int64)
    pixels = (31 * i * i + 17 * i + 5) % 256
    if dark:
        pixels = pixels // 3 + 40
    pixels = pixels.astype(np.uint8).reshape(height, width, channels)
    return Image.fromarray(pixels if channels == 3 else pixels[:, :, 0])


def affine(degrees, right, down, scale, shear_x, shear_y, middle, bilinear, fill):
    center = None if middle else [0, 0]
    return lambda p: F.affine(p, degrees, [int(right), int(down)], scale, [shear_x, shear_y],
                              BILINEAR if bilinear else NEAREST, [fill] * len(p.getbands()), center)


def rotate(degrees, bilinear, fill):
    return lambda p: F.rotate(p, degrees, BILINEAR if bilinear else NEAREST, fill=[fill] * len(p.getbands()))


OPERATIONS = {
    "affine": affine,
    "rotate": rotate,
    "brightness": lambda f: lambda p: F.adjust_brightness(p, f),
    "contrast": lambda f: lambda p: F.adjust_contrast(p, f),
    "color": lambda f: lambda p: F.adjust_saturation(p, f),
    "sharpness": lambda f: lambda p: F.adjust_sharpness(p, f),
    "hue": lambda f: lambda p: F.adjust_hue(p, f),
    "posterize": lambda bits: lambda p: F.posterize(p, int(bits)),
    "solarize": lambda threshold: lambda p: F.solarize(p, threshold),
    "autocontrast": lambda: F.autocontrast,
    "equalize": lambda: F.equalize,
    "invert": lambda: F.invert,
    "grey": lambda: lambda p: p.convert("L"),
    "blur": lambda radius: lambda p: p.filter(ImageFilter.GaussianBlur(radius)),
}
ASKED = {
    "affine": [(0, 0, 0, 1, s, 0, 0, b, 0) for s in (16.7, -9.25) for b in (0, 1)]
    + [(0, 0, 0, 1, 0, s, 0, b, 0) for s in (16.7, -9.25) for b in (0, 1)]
    + [(0, 5, 0, 1, 0, 0, 1, 0, 0), (0, -7, 0, 1, 0, 0, 1, 0, 128), (0, 0, 4, 1, 0, 0, 1, 1, 0), (0, 0, -100, 1, 0, 0, 1, 0, 0)]
    + [(25.5, 3, -2, 0.8, 7, 4, 1, b, 9) for b in (0, 1)] + [(-70, 0, 1, 1.3, -12, 0, 1, b, 0) for b in (0, 1)]
    + [(0, 0, 0, 1.21, 0, 0, 1, 0, 0)],
    "rotate": [(a, b, f) for a in (9.0, -30.0, 135.0, 90.0, 180.0, -90.0) for b, f in ((0, 0), (1, 77))],
    "brightness": [(f,) for f in (0.1, 0.73, 1.0, 1.9)],
    "contrast": [(f,) for f in (0.1, 0.73, 1.0, 1.9)],
    "color": [(f,) for f in (0.1, 0.73, 1.0, 1.9)],
    "sharpness": [(f,) for f in (0.1, 0.73, 1.0, 1.9)],
    "hue": [(f,) for f in (-0.5, -0.13, 0.0, 0.2, 0.5)],
    "posterize": [(b,) for b in (0, 1, 4, 7, 8)],
    "solarize": [(t,) for t in (0, 76.5, 128, 255, 256)],
    "autocontrast": [()],
    "equalize": [()],
    "invert": [()],
    "grey": [()],
    "blur": [(r,) for r in (0.1, 0.6, 1.37, 2.0, 9.0)],
}
PICTURES = [(23, 17, 3, 0), (30, 30, 3, 1), (40, 31, 1, 1), (16, 9, 1, 0), (5, 4, 3, 0)]

with open("operations.txt", "w") as out:
    for picture in PICTURES:
        for name, calls in ASKED.items():
            for numbers in calls:
                pixels = np.asarray(OPERATIONS[name](*numbers)(formula(*picture)))
                call = " ".join([name, *(repr(n) for n in numbers)])
                print(*picture, call, f"{zlib.crc32(pixels.tobytes()):08x}", file=out)
    for width, height, channels in ((13, 9, 1), (9, 12, 3)):
        for alpha, sigma in ((50.0, 0.7), (20.0, 1.0), (3.0, 0.0)):
            size = [height, width]
            i = torch.arange(height * width, dtype=torch.float64)
            noise = [(torch.sin(i * k) * 0.999).float().reshape(1, 1, *size) for k in (1.3, 2.1)]
            if sigma > 0:
                kernel = int(8 * sigma + 1) | 1
                noise = [F.gaussian_blur(n, [kernel, kernel], [sigma, sigma]) for n in noise]
            displacement = torch.concat([noise[0] * alpha / size[0], noise[1] * alpha / size[1]], 1).permute([0, 2, 3, 1])
            moved = F.elastic_transform(formula(width, height, channels, 0), displacement, BILINEAR, 0)
            print(width, height, channels, 0, "elastic", alpha, sigma, np.asarray(moved).tobytes().hex(), file=out)
print("Pillow", PIL.__version__, "torchvision", torchvision.__version__, file=sys.stderr)
