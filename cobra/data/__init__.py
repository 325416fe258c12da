"""Data sets, in the order in which images pass: `catalog` (what exists), `sources` (where its files lie),
`download`, `checksums`; `readers` (a function per layout) and `raw` (what they give), `counts`, `prepare`,
`prepared_writer` (one array per data set); `prepared`, `one_class` (what training and tests are given).
"""
