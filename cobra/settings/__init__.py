"""Every setting of the experiment: typed, bounded, documented, one module per section.

Jobs get their section as one canonical JSON string with every value spelled out.
"""
