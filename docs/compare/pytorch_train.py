"""Training steps of ResNet-20 and VGG-11 at batch 128 in PyTorch, float32: images
per second of processor time. Random images; the same layers as configs/networks.

    python3 docs/compare/pytorch_train.py THREADS
"""

import sys
import time

import torch
from torch import nn

from pytorch_float import resnet20, vgg11

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(1)


def measure(name, net, steps):
    optimizer = torch.optim.SGD(net.parameters(), lr=0.001, momentum=0.9)
    images, labels = torch.randn(128, 3, 32, 32), torch.randint(10, (128,))

    def step():
        optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(net(images), labels).backward()
        optimizer.step()

    step()
    wall, processor = time.perf_counter(), time.process_time()
    for _ in range(steps):
        step()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(f"{name}: {128 * steps / wall:.0f} images/s, {128 * steps / processor:.0f} images a second of processor time")


measure("resnet-20", resnet20(), 12)
measure("vgg-11", vgg11(), 6)
measure("vgg-11-bn", vgg11(norm=True), 6)
