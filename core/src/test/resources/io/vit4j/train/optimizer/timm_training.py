"""Writes timm_training.json: how timm groups the weights of the models in ../../../../../fixtures/timm for layer-wise decay of the
learning rate and for weight decay, the decay of ModelEmaV3 at some steps, and the rates of stochastic depth.
Run with: python3 timm_training.py FIXTURES > timm_training.json"""

import json
import pathlib
import sys

import timm
import torch
from timm.optim._param_groups import param_groups_layer_decay
from timm.utils import ModelEmaV3

DECAY = 0.5


def groups(folder):
    config = json.loads((folder / "config.json").read_text())
    pool = {"global_pool": config["global_pool"]} if "global_pool" in config else {}
    model = timm.create_model(config["architecture"], num_classes=3, **pool, **config["model_args"])
    names = {id(p): name for name, p in model.named_parameters()}
    lines = []
    without = getattr(model, "no_weight_decay", set)()
    made = param_groups_layer_decay(model, weight_decay=1.0, no_weight_decay_list=without, layer_decay=DECAY)
    for group in made:
        for p in group["params"]:
            name = names[id(p)]
            if not name.endswith("bias") or name.endswith("norm.bias"):
                below = round(-torch.log2(torch.tensor(group["lr_scale"])).item())
                lines.append(f"{name} {below} {int(group['weight_decay'])}")
    return sorted(lines)


def ema(**settings):
    average = ModelEmaV3(torch.nn.Linear(1, 1), **settings)
    return {step: average.get_decay(step) for step in (1, 2, 3, 10, 1000, 10**6)}


vit = timm.create_model("vit_tiny_patch16_224", depth=4, embed_dim=12, drop_path_rate=0.3)
print(
    json.dumps(
        {
            "groups": {folder.name: groups(folder) for folder in sorted(pathlib.Path(sys.argv[1]).iterdir())},
            "ema": ema(decay=0.9998),
            "ema_warmup": ema(decay=0.9998, use_warmup=True),
            "drop_path": [getattr(block.drop_path1, "drop_prob", 0.0) for block in vit.blocks],
        },
        indent=0,
    )
)
