"""Trains ResNet-20 on CIFAR-10 in PyTorch's float32 as configs/jobs/cifar10-resnet20.toml
does with 8-bit weights and activations, to tell what quantization, and what data, costs:
python3 pytorch_cifar10.py DATA EPOCHS THREADS

DATA holds cifar-10-batches-bin. The same 45,000 training and 5,000 validation images,
flips, crops by 4, batches of 128, one-cycle rate up to 0.1 with a warm-up of 0.2,
momentum 0.9, decay 0.0005 of weights alone, uniform He initialisation.
"""
import math
import pathlib
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from pytorch_float import resnet20

BATCH, RATE, WARMUP, CROP, TRAINING = 128, 0.1, 0.2, 4, 45000
MEAN = torch.tensor([125.0, 123.0, 114.0]).view(1, 3, 1, 1)


def load(folder, names):
    rows = np.concatenate([np.fromfile(folder / name, dtype=np.uint8).reshape(-1, 3073) for name in names])
    pixels = torch.from_numpy(rows[:, 1:].reshape(-1, 3, 32, 32)).float()
    return (pixels - MEAN) / 64, torch.from_numpy(rows[:, 0].astype(np.int64))


def augment(images, random):
    """Flips each image with probability 1/2 and cuts it at a random place out of its padded self."""
    padded = F.pad(images, (CROP,) * 4)
    out = torch.empty_like(images)
    for i, (top, left, flip) in enumerate(zip(random.integers(0, 2 * CROP + 1, len(images)),
                                              random.integers(0, 2 * CROP + 1, len(images)),
                                              random.integers(0, 2, len(images)))):
        cut = padded[i, :, top:top + 32, left:left + 32]
        out[i] = cut.flip(2) if flip else cut
    return out.contiguous(memory_format=torch.channels_last)


def rate(done):
    """The learning rate after that share of all steps."""
    if done < WARMUP:
        return RATE * (1 / 25 + 24 / 25 * done / WARMUP)
    return RATE * (1 + math.cos(math.pi * (done - WARMUP) / (1 - WARMUP))) / 2


def accuracy(net, images, labels):
    net.eval()
    with torch.no_grad():
        right = sum((net(images[i:i + 500]).argmax(1) == labels[i:i + 500]).sum().item() for i in range(0, len(images), 500))
    net.train()
    return 100 * right / len(images)


def main():
    folder, epochs = pathlib.Path(sys.argv[1]) / "cifar-10-batches-bin", int(sys.argv[2])
    torch.set_num_threads(int(sys.argv[3]))
    torch.manual_seed(1)
    random = np.random.default_rng(1)
    images, labels = load(folder, [f"data_batch_{i}.bin" for i in range(1, 6)])
    test, test_labels = load(folder, ["test_batch.bin"])
    net = resnet20().to(memory_format=torch.channels_last)
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_uniform_(layer.weight)
    weights = [p for p in net.parameters() if p.dim() > 1]
    others = [p for p in net.parameters() if p.dim() == 1]
    descent = torch.optim.SGD([{"params": weights, "weight_decay": 5e-4}, {"params": others}], lr=RATE, momentum=0.9)
    steps = -(-TRAINING // BATCH)
    for epoch in range(epochs):
        order, loss, right = random.permutation(TRAINING), 0.0, 0
        for step in range(steps):
            for group in descent.param_groups:
                group["lr"] = rate((epoch + step / steps) / epochs)
            chosen = order[step * BATCH:(step + 1) * BATCH]
            out = net(augment(images[chosen], random))
            wanted = labels[chosen]
            step_loss = F.cross_entropy(out, wanted)
            descent.zero_grad()
            step_loss.backward()
            descent.step()
            loss += step_loss.item() * len(chosen)
            right += (out.argmax(1) == wanted).sum().item()
        print(f"epoch {epoch + 1}/{epochs} loss {loss / TRAINING:.4f} training {100 * right / TRAINING:.2f} % "
              f"validation {accuracy(net, images[TRAINING:], labels[TRAINING:]):.2f} %", flush=True)
    print(f"test {accuracy(net, test, test_labels):.2f} %", flush=True)


if __name__ == "__main__":
    main()
