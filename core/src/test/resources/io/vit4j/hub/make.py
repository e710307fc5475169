"""Wrote the files of this folder, with PyTorch 2.12: state dicts in every form and dtype, and what we refuse."""

import numpy as np
import torch
from safetensors.torch import save_file

torch.manual_seed(0)
base = torch.arange(24, dtype=torch.float32).reshape(4, 6)
tensors = {
    "plain": base,
    "same_storage": base.view(-1)[6:18].view(2, 6),
    "transposed": base.t(),
    "column": base[:, 2],
    "every_second": base[::2, 1::2],
    "permuted": torch.arange(24, dtype=torch.int16).reshape(2, 3, 4).permute(2, 0, 1),
    "parameter": torch.nn.Parameter(torch.randn(3, 5)),
    "double": torch.randn(2, dtype=torch.float64),
    "half": torch.randn(3, 3).half(),
    "bfloat16": torch.randn(7).bfloat16(),
    "int64": torch.tensor([[-1, 2**62]]),
    "int32": torch.tensor([-5, 7], dtype=torch.int32),
    "int8": torch.tensor([-5, 7, 9], dtype=torch.int8),
    "uint8": torch.tensor([250, 7], dtype=torch.uint8),
    "bool": torch.tensor([True, False, True]),
    "complex": torch.tensor([1 + 2j, 3 - 4j]),
    "scalar": torch.tensor(3.5),
    "empty": torch.zeros(0, 3),
    "one_expanded": torch.arange(5.0).expand(1, 5),
    "näme ☃": torch.ones(1),
}
module = torch.nn.Linear(3, 2)
old = module.state_dict()  # an OrderedDict with _metadata
old.update(tensors)
new = module.state_dict()
new.update(tensors)
new["uint16"] = torch.tensor([65535, 1], dtype=torch.uint16)
new["float8_e4m3fn"] = torch.tensor([1.0, 2.0]).to(torch.float8_e4m3fn)
save_file({name: tensor.detach().clone().contiguous() for name, tensor in new.items()}, "expected.safetensors")
new["epoch"], new["rate"], new["note"], new["nothing"], new["list"] = 3, 0.5, "text", None, [1, (2, {"a": 3})]

torch.save(new, "zip.bin")
torch.save(new, "zip-protocol4.bin", pickle_protocol=4)
torch.save(new, "zip-protocol5.bin", pickle_protocol=5)
torch.save(old, "legacy.bin", _use_new_zipfile_serialization=False)
torch.save(dict(old), "legacy-protocol3.bin", _use_new_zipfile_serialization=False, pickle_protocol=3)

torch.save({"model": old, "epoch": 1}, "nested.bin")
torch.save({"network": old, "epoch": 1}, "elsewhere.bin")
torch.save(module, "module.bin")
torch.save({"conj": torch.tensor([1 + 2j]).conj()}, "conj.bin")
torch.save({"s": torch.eye(3).to_sparse()}, "sparse.bin")
torch.jit.save(torch.jit.trace(module, torch.ones(1, 3)), "script.bin")
torch.save({"big": torch.ones(1).expand(1 << 40)}, "expanded.bin")

# NumPy's archives, by NumPy 2.4
rows = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
arrays = {
    "plain": rows,
    "by/columns": np.asfortranarray(rows),
    "half": rows[0].astype(np.float16),
    "double": rows[0].astype(np.float64),
    "bfloat16": (rows[0].view(np.uint32) >> 16).astype(np.uint16).view("V2"),
    "int64": np.array([-1, 2**62]),
    "bool": np.array([True, False]),
    "scalar": np.float32(3.5),
    "empty": np.zeros((0, 3), np.float32),
}
np.savez("arrays.npz", **arrays)
np.savez_compressed("compressed.npz", **arrays)
np.savez("objects.npz", thing=np.array([{"a": 1}, None], dtype=object))
np.savez("big-endian.npz", thing=rows.astype(">f4"))
np.savez("structured.npz", thing=np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]))
