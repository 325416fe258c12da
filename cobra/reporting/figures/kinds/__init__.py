"""Kinds of figures, one module each, which says in constants what it is made from and what settings it takes.

    MADE_OF   scores, sweep, history, geometry: files of results of each detector shown; tables: their csv;
              pictures: prepared images and detectors
    NEEDS     the settings that say what it shows
    MAY       those that it may have besides; left out: none
    IMAGES    of pictures, how many are shown unless said
    CAPTION   what to see in it, reST of the report; {attack} and {sweep} are those shown

Of results or tables `collect(settings, pattern)` makes a frame from the files, whose path has {dataset},
{normal} ... in it, and `draw(frame, settings)` a figure. Of pictures `collect(settings, files)` makes what
`numbers` (a frame) and `draw` take.
"""
