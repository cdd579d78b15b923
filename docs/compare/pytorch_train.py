"""Images per second of PyTorch's float32 training, to compare with BenchmarkStep:
python3 pytorch_train.py THREADS [channels_last]

Batches of 128 random images, gradient descent with momentum, the median of eight
steps after two; also by second of processor time, which a busy machine disturbs
less.
"""
import sys
import time

import torch
from torch import nn

from pytorch_float import resnet20, vgg11


def measure(name, model, layout):
    model = model.to(memory_format=layout)
    images = torch.randn(128, 3, 32, 32).contiguous(memory_format=layout)
    labels = torch.randint(0, 10, (128,))
    descent = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    walls, processors = [], []
    for _ in range(10):
        wall, processor = time.time(), time.process_time()
        descent.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        descent.step()
        walls.append(time.time() - wall)
        processors.append(time.process_time() - processor)
    wall, processor = sorted(walls[2:])[4], sorted(processors[2:])[4]
    print(f"{name}: {128 / wall:.1f} images/s, {128 / processor:.1f} images/core-s", flush=True)


torch.set_num_threads(int(sys.argv[1]))
chosen = torch.channels_last if sys.argv[2:] == ["channels_last"] else torch.contiguous_format
measure("resnet-20", resnet20(), chosen)
measure("vgg-11", vgg11(), chosen)
