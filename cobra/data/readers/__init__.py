"""Layouts in which data sets are distributed, one module each: `read(root, settings) -> RawImages`.

`root` is a folder with the data as their authors lay them out. `cobra.data.reading` imports a module by the
name that the settings give.
"""
