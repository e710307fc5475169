"""Writes samples.gz beside it: small drawn pictures in every coding that is read, and what other programs decode from them.

    apt-get install dcmtk libgdcm-tools libopenjp2-tools python3-pydicom python3-gdcm python3-numpy && python3 make.py

NAME.dcm or NAME.j2k is an input. NAME.raw holds its values, and NAME.pic its picture as pydicom makes it, as little-endian
numbers of 16 or 32 bits, after width, height, components and the bits; or only the name of a sample with the same values. The
encoders are dcmtk's (dcmcjpls, dcmcjpeg, dcmcrle, dcmconv), GDCM's (gdcmconv) and OpenJPEG's (opj_compress); of lossy codings the
values are those that dcmdjpeg, dcmdjpls or opj_decompress give.
"""
import gzip
import os
import struct
import subprocess
import tempfile
import warnings

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.pixel_data_handlers.util import apply_modality_lut, apply_voi_lut
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

warnings.simplefilter("ignore")
W, H = 21, 17
here = os.path.dirname(os.path.abspath(__file__))
work = tempfile.mkdtemp()
samples = {}


def drawn(bits, signed=False, components=1):
    """Smooth shades, an edge, a flat stretch and some noise."""
    y, x = np.mgrid[0:H, 0:W]
    noise = np.random.RandomState(7)
    planes = []
    for c in range(components):
        p = 0.5 + 0.3 * np.sin(x / 5 + c) * np.cos(y / 4 - c) + noise.normal(0, 0.01, (H, W))
        p[10:14, 3:15] = 0.9 - 0.2 * c
        p[2:6, 15:] = 0
        planes.append(np.clip(p, 0, 1))
    a = np.round(np.stack(planes, -1) * (2**bits - 1)).astype(np.int64)
    if signed:
        a -= 2 ** (bits - 1)
    return a[..., 0] if components == 1 else a


def dicom(name, a, bits, signed=False, photometric="MONOCHROME2", planar=0, allocated=None, **more):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    meta.MediaStorageSOPInstanceUID = "2.25.7"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    d = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    d.is_little_endian, d.is_implicit_VR = True, False
    d.SOPClassUID, d.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "2.25.7"
    d.PatientID, d.StudyInstanceUID, d.SeriesInstanceUID = "drawn", "2.25.8", "2.25.9"
    frames = a.shape[0] if more.pop("frames", False) else 1
    if frames > 1:
        d.NumberOfFrames = frames
    d.Rows, d.Columns = H, W
    d.SamplesPerPixel = 3 if photometric in ("RGB", "YBR_FULL", "YBR_FULL_422") else 1
    d.PhotometricInterpretation = photometric
    if d.SamplesPerPixel == 3:
        d.PlanarConfiguration = planar
    d.BitsAllocated = allocated or (8 if bits <= 8 else 16)
    d.BitsStored, d.HighBit, d.PixelRepresentation = bits, more.pop("high", bits - 1), int(signed)
    stored = np.moveaxis(a, -1, 0) if planar else a
    stored = (stored & (2**bits - 1)) << (d.HighBit + 1 - bits)
    raw = stored.astype({8: "<u1", 16: "<u2", 32: "<u4"}[d.BitsAllocated]).tobytes()
    for key, value in more.items():
        setattr(d, key, value)
    d.PixelData = raw + b"\0" * (len(raw) % 2)
    path = f"{work}/{name}.dcm"
    d.save_as(path, write_like_original=False)
    return path


def values(a):
    a = np.asarray(a)
    shape = (a.shape[1], a.shape[0], 1 if a.ndim == 2 else a.shape[2])
    wide = a.min() < -32768 or a.max() > 32767
    return struct.pack("<4i", *shape, 32 if wide else 16) + a.astype("<i4" if wide else "<i2").tobytes()


def add(path, raw=None, pic=None):
    name = os.path.basename(path)
    stem = name.rsplit(".", 1)[0]
    samples[name] = open(path, "rb").read()
    if raw is not None:
        samples[stem + ".raw"] = values(raw)
    if pic is not None:
        samples[stem + ".pic"] = values(np.round(pic))


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def coded(source, name, *command):
    """`command` with the source's path and the new one."""
    target = f"{work}/{name}.dcm"
    run(*command, source, target)
    return target


def pixels(path, bits, signed=False):
    a = pydicom.dcmread(path).pixel_array.astype(np.int64)
    return a


def decoded(path, decoder):
    plain = f"{work}/plain.dcm"
    run(decoder, path, plain)
    return pydicom.dcmread(plain).pixel_array.astype(np.int64)


# --- grey values in every coding
grey12, signed16, grey8, rgb = drawn(12), drawn(16, True), drawn(8), drawn(8, components=3)
odd = drawn(11)
for stem, a, bits, signed in (("grey12", grey12, 12, False), ("signed16", signed16, 16, True), ("grey8", grey8, 8, False)):
    plain = dicom(stem, a, bits, signed)
    add(plain, a)
    for suffix, command in {
        "rle": ["dcmcrle"],
        "jpls": ["dcmcjpls"],
        "jpll": ["dcmcjpeg", "+e1"],
        "jpll1": ["dcmcjpeg", "+el", "+sv", "1"],
        "jpll2": ["dcmcjpeg", "+el", "+sv", "2"],
        "jpll3": ["dcmcjpeg", "+el", "+sv", "3"],
        "jpll4": ["dcmcjpeg", "+el", "+sv", "4"],
        "jpll5": ["dcmcjpeg", "+el", "+sv", "5"],
        "jpll6": ["dcmcjpeg", "+el", "+sv", "6"],
        "jpll7": ["dcmcjpeg", "+el", "+sv", "7"],
        "j2k": ["gdcmconv", "--j2k"],
    }.items():
        if suffix[4:] and stem != "grey12":
            continue
        add(coded(plain, f"{stem}-{suffix}", *command), a)
plain = f"{work}/grey12.dcm"
for suffix, command in {"implicit": ["+ti"], "big-endian": ["+tb"], "deflated": ["+td"]}.items():
    add(coded(plain, f"grey12-{suffix}", "dcmconv", *command), grey12)
add(dicom("high-bit", odd, 11, high=13), odd)
add(dicom("bits32", drawn(20), 20, allocated=32), drawn(20))
near = coded(plain, "grey12-near", "dcmcjpls", "+en", "+md", "3")
add(near, decoded(near, "dcmdjpls"))
extended = coded(plain, "grey12-extended", "dcmcjpeg", "+ee", "+q", "95")
add(extended, decoded(extended, "dcmdjpeg"))
baseline = coded(f"{work}/grey8.dcm", "grey8-baseline", "dcmcjpeg", "+eb", "+q", "95")
add(baseline, decoded(baseline, "dcmdjpeg"))
thresholds = coded(plain, "grey12-thresholds", "dcmcjpls", "+t1", "9", "+t2", "30", "+t3", "99", "+rs", "31")
add(thresholds, grey12)
many = np.stack([grey12, grey12[::-1], grey12[:, ::-1]])
frames = dicom("frames", many, 12, frames=True)
add(frames, many[0])
for suffix, command in {"rle": ["dcmcrle"], "jpls": ["dcmcjpls"], "fragments": ["dcmcjpls", "+fs", "1", "-ot"]}.items():
    add(coded(frames, f"frames-{suffix}", *command), many[0])

# --- colours
colour = dicom("rgb", rgb, 8, photometric="RGB")
add(colour, rgb, rgb)
add(dicom("rgb-planar", rgb, 8, photometric="RGB", planar=1), rgb, rgb)
rgb16 = drawn(16, components=3)
add(dicom("rgb16", rgb16, 16, photometric="RGB"), rgb16, np.round(rgb16 / 257.0))
for suffix, command in {
    "rle": ["dcmcrle"],
    "jpls-line": ["dcmcjpls", "+il"],
    "jpls-sample": ["dcmcjpls", "+is"],
    "jpls-none": ["dcmcjpls", "+in"],
    "jpll": ["dcmcjpeg", "+e1"],
    "j2k": ["gdcmconv", "--j2k"],
}.items():
    add(coded(colour, f"rgb-{suffix}", *command), rgb, rgb)
for suffix, options in {"ybr422": ["+cy", "+s2"], "ybr444": ["+cy", "+s4"], "rgb-lossy": ["+cr"]}.items():
    path = coded(colour, f"jpeg-{suffix}", "dcmcjpeg", "+eb", "+q", "95", *options)
    plain_rgb = f"{work}/plain.dcm"
    run("dcmdjpeg", "+cp", path, plain_rgb)
    add(path, None, pydicom.dcmread(plain_rgb).pixel_array)
y = 0.299 * rgb[..., 0] + 0.587 * rgb[..., 1] + 0.114 * rgb[..., 2]
ybr = np.round(np.stack([y, (rgb[..., 2] - y) / 1.772 + 128, (rgb[..., 0] - y) / 1.402 + 128], -1)).astype(np.int64)
back = [ybr[..., 0] + 1.402 * (ybr[..., 2] - 128.0)]
back.append(ybr[..., 0] - 0.344136 * (ybr[..., 1] - 128.0) - 0.714136 * (ybr[..., 2] - 128.0))
back.append(ybr[..., 0] + 1.772 * (ybr[..., 1] - 128.0))
add(dicom("ybr", np.clip(ybr, 0, 255), 8, photometric="YBR_FULL"), None, np.clip(np.round(np.stack(back, -1)), 0, 255))


def palette(name, entries, bits, dtype, segmented=None):
    more = {}
    for c, colour_name in enumerate(("Red", "Green", "Blue")):
        more[f"{colour_name}PaletteColorLookupTableDescriptor"] = [len(entries), 0, bits]
        if segmented:
            more[f"Segmented{colour_name}PaletteColorLookupTableData"] = segmented[c].astype("<u2").tobytes()
        else:
            more[f"{colour_name}PaletteColorLookupTableData"] = entries[:, c].astype(dtype).tobytes()
    shown = (entries >> (bits - 8))[grey8]
    add(dicom(name, grey8, 8, photometric="PALETTE COLOR", **more), grey8, shown)


ramp = np.arange(256)
entries = np.stack([ramp, 255 - ramp, (ramp * 7) % 256], -1)
palette("palette16", entries << 8, 16, "<u2")
palette("palette8", entries, 8, "<u1")
line = np.stack([ramp * 128, 32640 - ramp * 128, ramp * 0 + 512], -1)
parts = [np.array([0, 1, line[0, c], 1, 255, line[255, c]]) for c in range(3)]
palette("palette-segmented", line, 16, "<u2", parts)

# --- what a reader sees


def shown(name, a, bits, signed=False, photometric="MONOCHROME2", **more):
    path = dicom(name, a, bits, signed, photometric, **more)
    d = pydicom.dcmread(path)
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    m = apply_modality_lut(d.pixel_array, d)
    v = apply_voi_lut(m, d).astype(float)
    if "VOILUTSequence" in d:
        low, high = 0, 2 ** d.VOILUTSequence[0].LUTDescriptor[2] - 1
    elif "WindowCenter" not in d and "ModalityLUTSequence" in d:
        low, high = 0, 2 ** d.ModalityLUTSequence[0].LUTDescriptor[2] - 1
    elif "ModalityLUTSequence" in d:
        low, high = 0, 2 ** d.ModalityLUTSequence[0].LUTDescriptor[2] - 1
    elif "RescaleSlope" in d:
        low, high = (float(d.RescaleSlope) * x + float(d.RescaleIntercept) for x in (low, high))
    if "WindowCenter" not in d and "VOILUTSequence" not in d and bits > 8:
        low, high = v.min(), v.max()
    g = np.clip((v - low) / (high - low), 0, 1) * 255
    add(path, None, 255 - g if photometric == "MONOCHROME1" else g)


def lut(first, table, bits):
    item = Dataset()
    item.add_new(0x00283002, "US" if first >= 0 else "SS", [len(table), first, bits])
    item.add_new(0x00283006, "OW", np.asarray(table).astype("<u2").tobytes())
    return Sequence([item])


gamma = np.round((np.arange(4096) / 4095.0) ** 2 * 1023)
shown("no-window-8", grey8, 8)
shown("no-window-12", grey12, 12)
shown("inverted", grey12, 12, photometric="MONOCHROME1", WindowCenter="2047.5", WindowWidth="4096")
shown("inverted-shape", grey12, 12, photometric="MONOCHROME1", WindowCenter=2000, WindowWidth=3000,
      PresentationLUTShape="INVERSE")
shown("inverted-8", grey8, 8, photometric="MONOCHROME1")
shown("linear", grey12, 12, WindowCenter=1500, WindowWidth=2001)
shown("linear-first", grey12, 12, WindowCenter=[1500, 100], WindowWidth=[2001, 50])
shown("linear-exact", grey12, 12, WindowCenter=1500, WindowWidth=2001, VOILUTFunction="LINEAR_EXACT")
shown("sigmoid", grey12, 12, WindowCenter=1500, WindowWidth=2001, VOILUTFunction="SIGMOID")
shown("rescaled", drawn(12, True), 16, True, WindowCenter=40, WindowWidth=400, RescaleSlope="0.5", RescaleIntercept="-100")
shown("rescaled-down", grey12, 12, WindowCenter=-2000, WindowWidth=3000, RescaleSlope="-1", RescaleIntercept="0")
shown("voi-lut", grey12, 12, VOILUTSequence=lut(0, gamma, 10))
shown("voi-lut-offset", grey12, 12, VOILUTSequence=lut(1000, gamma[:2000], 10))
shown("modality-lut", grey12, 12, ModalityLUTSequence=lut(0, gamma * 64, 16), WindowCenter=32000,
      WindowWidth=40000)

# --- what JPEG 2000 can do beyond what GDCM writes
for name, a, bits, signed in (("grey12", grey12, 12, False), ("signed12", drawn(12, True), 12, True), ("rgb", rgb, 8, False)):
    components = 1 if a.ndim == 2 else 3
    raw = f"{work}/{name}.rawl"
    interleaved = a if components == 1 else np.moveaxis(a, -1, 0)
    interleaved.astype("<i1" if bits <= 8 and signed else "<u1" if bits <= 8 else "<i2").tofile(raw)
    form = f"{W},{H},{components},{bits},{'s' if signed else 'u'}"
    kinds = {
        "plain": [],
        "tiles": ["-t", "10,9", "-p", "RPCL"],
        "offset": ["-d", "5,3", "-T", "2,1", "-t", "13,11", "-p", "PCRL"],
        "precincts": ["-c", "[16,8],[8,8],[4,4]", "-p", "CPRL", "-b", "4,4", "-n", "4"],
        "markers": ["-SOP", "-EPH", "-p", "RLCP", "-n", "3"],
        "bypass": ["-M", "1"],
        "modes": ["-M", "62", "-b", "16,16"],
        "all-modes": ["-M", "63", "-n", "2"],
        "layers": ["-r", "8,4,1", "-n", "4"],
        "one-level": ["-n", "1"],
    }
    for kind, options in kinds.items():
        if name != "grey12" and kind not in ("plain", "tiles", "layers"):
            continue
        path = f"{work}/{name}-{kind}.j2k"
        levels = [] if "-n" in options else ["-n", "3"]  # no more than the size allows
        run("opj_compress", "-i", raw, "-F", form, "-o", path, *levels, *options)
        add(path, a)
    for kind, options in {"lossy": ["-r", "6", "-n", "4"], "lossy-tiles": ["-r", "5", "-t", "16,16", "-n", "3"]}.items():
        path = f"{work}/{name}-{kind}.j2k"
        run("opj_compress", "-i", raw, "-F", form, "-o", path, "-I", *options)
        out = f"{work}/out.rawl"
        run("opj_decompress", "-i", path, "-o", out)
        wide = np.fromfile(out, ("<i1" if signed else "<u1") if bits <= 8 else "<i2")
        back = wide.astype(np.int64).reshape((components, H, W)) & (2**bits - 1)
        back = (back ^ 2 ** (bits - 1)) - 2 ** (bits - 1) if signed else back
        add(path, back[0] if components == 1 else np.moveaxis(back, 0, -1))

# One stream, in which what is alike stands close together and so takes little room; raw values that were there are named.
stream, seen = b"", {}
for name, content in samples.items():
    if not name.endswith((".dcm", ".j2k")):
        content = seen[content].encode() if content in seen else seen.setdefault(content, name) and content
    stream += f"{name} {len(content)}\n".encode() + content
with open(f"{here}/samples.gz", "wb") as file:
    file.write(gzip.compress(stream, 9, mtime=0))
