"""Backbones, images -> features: residual networks of ours, and networks of timm's."""
