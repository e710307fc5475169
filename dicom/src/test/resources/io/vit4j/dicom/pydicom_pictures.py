"""Writes the first frame of each grey DICOM file that pydicom reads, in 8 bits: pydicom_pictures.py FOLDER FILE..."""
import os
import sys
import warnings

import numpy as np
import pydicom
from pydicom.pixel_data_handlers.util import apply_modality_lut, apply_voi_lut

warnings.simplefilter("ignore")
for path in sys.argv[2:]:
    try:
        d = pydicom.dcmread(path, force=True)
        a = d.pixel_array
    except Exception:
        continue  # broken, or without pixels
    if not d.PhotometricInterpretation.startswith("MONOCHROME") or "PixelPaddingValue" in d:
        continue  # pydicom does not know padding
    if int(d.get("NumberOfFrames") or 1) > 1:
        a = a[0]
    v = apply_voi_lut(apply_modality_lut(a, d), d).astype(float)
    bits = d.BitsStored
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if d.PixelRepresentation else (0, 2**bits - 1)
    if "VOILUTSequence" in d:
        low, high = 0, 2 ** d.VOILUTSequence[0].LUTDescriptor[2] - 1
    elif "WindowCenter" in d and d.WindowCenter is not None:
        low, high = (x * float(d.get("RescaleSlope", 1)) + float(d.get("RescaleIntercept", 0)) for x in (low, high))
    elif bits > 8:
        low, high = v.min(), v.max()
    g = np.clip((v - low) / (high - low), 0, 1) * 255
    if d.PhotometricInterpretation == "MONOCHROME1":
        g = 255 - g
    np.round(g).astype("u1").tofile(os.path.join(sys.argv[1], os.path.basename(path)))
