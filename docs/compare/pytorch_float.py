"""Images per second of PyTorch's float32 inference, to compare with
BenchmarkFloat and BenchmarkReplay: python3 pytorch_float.py THREADS

Random weights, batches of 100, the best of 12 rounds of three batches.
"""
import sys
import time

import torch
from torch import nn


class Block(nn.Module):
    """A residual block whose shortcut is a 1x1 convolution where shapes change."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        return torch.relu(self.body(x) + self.shortcut(x))


def resnet20():
    layers = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    channels = 16
    for outputs, stride in ((16, 1), (32, 2), (64, 2)):
        for block in range(3):
            layers.append(Block(channels, outputs, stride if block == 0 else 1))
            channels = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def vgg11(norm=False):
    layers, channels = [], 3
    for width in (64, 0, 128, 0, 256, 256, 0, 512, 512, 0, 512, 512, 0):
        if width == 0:
            layers.append(nn.MaxPool2d(2))
        else:
            layers.append(nn.Conv2d(channels, width, 3, 1, 1, bias=not norm))
            if norm:
                layers.append(nn.BatchNorm2d(width))
            layers.append(nn.ReLU())
            channels = width
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(512, 512), nn.ReLU(),
                         nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))


def main():
    torch.set_num_threads(int(sys.argv[1]))
    for name, net in (("resnet-20", resnet20()), ("vgg-11", vgg11())):
        net.eval()
        images, best = torch.randn(100, 3, 32, 32), float("inf")
        with torch.no_grad():
            for _ in range(12):
                start = time.time()
                for _ in range(3):
                    net(images)
                best = min(best, (time.time() - start) / 3)
        print(name, round(100 / best), "images/s")


if __name__ == "__main__":
    main()
