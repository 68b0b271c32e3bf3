"""The picture: one description of a frame (`scene`), drawn by the GPU (`canvas`) or by numpy (`image`).

`axes`, `layout`, `scene`, `playhead` and `image` know neither OpenGL nor Qt; `text` asks Qt for glyphs;
`waterfall` and `canvas` speak OpenGL through vispy; `window` is Qt.
"""
