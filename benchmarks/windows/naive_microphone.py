"""What one writes first: sounddevice's callback, an FFT of what came, vispy's Image.set_data at each tick."""

import signal

import numpy as np
import sounddevice
from vispy import app, scene

RATE, N_FFT, HOP, COLUMNS = 48_000, 4096, 512, 938

app.use_app("pyside6")
canvas = scene.SceneCanvas(size=(1280, 800), show=True)
view = canvas.central_widget.add_view()
picture = np.full((N_FFT // 2 + 1, COLUMNS), -200, np.float32)
image = scene.visuals.Image(picture, cmap="grays", clim=(-100, -20), parent=view.scene)
view.camera = scene.PanZoomCamera(rect=(0, 0, *picture.shape[::-1]))
window = np.hanning(N_FFT)
blocks: list = []
sound = np.zeros(0, np.float32)


def callback(samples, _count, _time, _status):
    blocks.append(samples[:, 0].copy())


def tick(_event):
    global sound  # noqa: PLW0603 - naive it is
    while blocks:
        sound = np.concatenate([sound, blocks.pop(0)])
    while len(sound) >= N_FFT:
        spectrum = np.abs(np.fft.rfft(sound[:N_FFT] * window)) * 2 / window.sum()
        picture[:, :-1] = picture[:, 1:]
        picture[:, -1] = 20 * np.log10(np.maximum(spectrum, 1e-10))
        sound = sound[HOP:]
    image.set_data(picture)
    canvas.update()


timer = app.Timer(1 / 60, connect=tick, start=True)
signal.signal(signal.SIGTERM, lambda *_: canvas.app.quit())
with sounddevice.InputStream(samplerate=RATE, channels=1, blocksize=HOP, dtype="float32", callback=callback):
    canvas.app.run()
