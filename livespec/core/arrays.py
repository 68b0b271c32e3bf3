"""Names for arrays by their numbers; shapes are said where each is used."""

import numpy as np
import numpy.typing as npt

Float32Array = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]
RealArray = npt.NDArray[np.floating]
Int16Array = npt.NDArray[np.int16]
Int32Array = npt.NDArray[np.int32]
Int64Array = npt.NDArray[np.int64]
Uint8Array = npt.NDArray[np.uint8]
Uint32Array = npt.NDArray[np.uint32]
ComplexArray = npt.NDArray[np.complexfloating]
BoolArray = npt.NDArray[np.bool_]
