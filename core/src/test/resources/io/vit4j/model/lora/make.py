"""Makes the files here: a tiny ViT of transformers, an adapter for it laid out as peft 0.19 writes it, and what PyTorch computes.

The adapter is written out with torch.nn.functional, from the definition of LoRA (Hu et al. 2021): W x + scale * B A x, with scale
alpha / r. Run it in this folder, with PyTorch, transformers 5.12 and safetensors.
"""
import json, os, torch
import torch.nn.functional as F
from safetensors.torch import save_file
from transformers import ViTConfig, ViTForImageClassification

torch.manual_seed(3)
config = ViTConfig(hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16, image_size=16, patch_size=8,
                   initializer_range=0.3, num_labels=3, problem_type="multi_label_classification",
                   hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
model = ViTForImageClassification(config).eval()
with torch.no_grad():
    for weight in model.parameters():
        weight.add_(torch.randn_like(weight) * 0.1)
model.save_pretrained("base")

HUB = {"attention.q_proj": "attention.attention.query", "attention.k_proj": "attention.attention.key",
       "attention.v_proj": "attention.attention.value", "attention.o_proj": "attention.output.dense",
       "mlp.fc1": "intermediate.dense", "mlp.fc2": "output.dense"}
TARGETS, RANK, ALPHA = ["query", "value", "dense"], 2, 6.0
RANKS, ALPHAS = {"value": 3}, {"intermediate.dense": 5.0}


def of(pattern, name, otherwise):
    return next((value for key, value in pattern.items() if name == key or name.endswith("." + key)), otherwise)


class Adapted(torch.nn.Module):
    def __init__(self, linear, name):
        super().__init__()
        self.base_layer = linear
        rank = of(RANKS, name, RANK)
        self.scale = of(ALPHAS, name, ALPHA) / rank
        self.A = torch.nn.Parameter(torch.randn(rank, linear.in_features) * 0.3)
        self.B = torch.nn.Parameter(torch.randn(linear.out_features, rank) * 0.3)

    def forward(self, x):
        return self.base_layer(x) + self.scale * F.linear(F.linear(x, self.A), self.B)


adapted = {}
for i, layer in enumerate(model.vit.layers):
    for inner, hub in HUB.items():
        name = f"vit.encoder.layer.{i}.{hub}"
        if any(name.endswith("." + target) for target in TARGETS):
            path, last = inner.rsplit(".", 1)
            parent = layer.get_submodule(path)
            adapted[name] = Adapted(getattr(parent, last), name)
            setattr(parent, last, adapted[name])
trained = {}
for weight in model.parameters():
    weight.requires_grad = False
for name, module in adapted.items():
    trained[f"{name}.lora_A.weight"], trained[f"{name}.lora_B.weight"] = module.A, module.B
    trained[f"{name}.base_layer.bias"] = module.base_layer.bias
with torch.no_grad():  # as training would have moved them
    for module in adapted.values():
        module.base_layer.bias.add_(torch.randn_like(module.base_layer.bias) * 0.1)
    for weight in model.classifier.parameters():
        weight.add_(torch.randn_like(weight) * 0.1)
trained["classifier.weight"], trained["classifier.bias"] = model.classifier.weight, model.classifier.bias
for weight in trained.values():
    weight.requires_grad = True

pixels = torch.rand(2, 3, 16, 16) * 2 - 1
labels = torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
output = model(pixel_values=pixels, labels=labels)
output.loss.backward()
values = {"pixels": pixels, "labels": labels, "logits": output.logits.detach(), "loss": output.loss.detach()}
for name, weight in trained.items():
    values["gradient." + name.replace(".base_layer", "")] = weight.grad
for name, module in adapted.items():
    values["merged." + name + ".weight"] = (module.base_layer.weight + (module.B @ module.A) * module.scale).detach()
save_file({name: value.contiguous() for name, value in values.items()}, "values.safetensors")

os.makedirs("adapter", exist_ok=True)
save_file({"base_model.model." + name: weight.detach().contiguous() for name, weight in trained.items()},
          "adapter/adapter_model.safetensors", metadata={"format": "pt"})
json.dump({"auto_mapping": None, "base_model_name_or_path": "base", "bias": "lora_only", "fan_in_fan_out": False,
           "inference_mode": True, "init_lora_weights": True, "layers_pattern": None, "layers_to_transform": None,
           "lora_alpha": 6, "lora_dropout": 0.1, "modules_to_save": ["classifier"], "peft_type": "LORA", "r": RANK,
           "rank_pattern": RANKS, "alpha_pattern": ALPHAS, "revision": None, "target_modules": TARGETS,
           "task_type": None, "use_dora": False, "use_rslora": False}, open("adapter/adapter_config.json", "w"), indent=2)
