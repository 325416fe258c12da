"""Residual networks by name, and the multiply-adds in them; without torch, for planning."""

from typing import NamedTuple

EXPANSION = 4  # a bottleneck's outputs over the channels of its stage


class Outline(NamedTuple):
    """Blocks per stage; 3x3 channels of a bottleneck over those of its stage, 0 for two 3x3 convolutions."""

    blocks: tuple[int, int, int, int]
    bottleneck: int = 0

    @property
    def expansion(self) -> int:
        """A block's outputs over the channels of its stage."""
        return EXPANSION if self.bottleneck else 1


OUTLINES = {
    "resnet10": Outline((1, 1, 1, 1)),
    "resnet18": Outline((2, 2, 2, 2)),
    "resnet34": Outline((3, 4, 6, 3)),
    "resnet50": Outline((3, 4, 6, 3), bottleneck=1),
    "wide_resnet50_2": Outline((3, 4, 6, 3), bottleneck=2),  # Zagoruyko and Komodakis 2016, as torchvision
}
STEMS = {"low": (3, 1), "high": (7, 2)}  # kernel and stride; a high one is followed by pooling of stride 2


def multiply_adds(name: str, width: int, stem: str, side: int) -> int:
    """Multiply-adds of the convolutions for one image of side x side pixels."""
    outline = OUTLINES[name]
    kernel, stride = STEMS[stem]
    side = -(-side // stride)
    total = kernel**2 * 3 * width * side**2
    side, inputs = -(-side // stride), width
    for stage, blocks in enumerate(outline.blocks):
        channels = width * 2**stage
        for block in range(blocks):
            outputs = channels * outline.expansion
            after = -(-side // 2) if stage and not block else side
            total += _block(outline, inputs, channels, side, after)
            total += 0 if (inputs, side) == (outputs, after) else inputs * outputs * after**2
            inputs, side = outputs, after
    return total


def _block(outline: Outline, inputs: int, channels: int, side: int, after: int) -> int:
    """Of a block's convolutions; the stride is in a bottleneck's second, as torchvision has it."""
    if not outline.bottleneck:
        return 9 * channels * (inputs + channels) * after**2
    middle = channels * outline.bottleneck
    last = middle * channels * outline.expansion
    return inputs * middle * side**2 + (9 * middle**2 + last) * after**2
