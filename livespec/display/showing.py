"""Which columns a frame shows: of now, or of the past that is looked at; and older ones until these are there."""

from livespec.display.scene import Columns
from livespec.session.analysis import Analysis


class Showing:
    """The GUI thread's. After a change the picture that was there stands under the new one until that is whole."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._top: Columns | None = None
        self._under: Columns | None = None
        self.waits = False  # for the past to be there: what is on top is a picture that stands

    def of(self, live: Columns, *, browsing: bool) -> tuple[Columns, ...]:
        """The lowest first. live: what there is of now; browsing: the past is looked at."""
        past = self._analysis.past if browsing else None
        self.waits = browsing and past is None and self._top is not None
        if not self.waits:
            wanted = live if past is None else Columns.now(past)
            if self._top is not None and wanted.store is not self._top.store:
                self._under = self._top
            self._top = wanted
        assert self._top is not None
        whole = self._analysis.past_is_full if browsing else not self._analysis.filling
        under = self._under
        if under is not None and (whole or under.store.shown != self._top.store.shown or not _alike(under, self._top)):
            self._under = under = None
        return (self._top,) if under is None else (under, self._top)


def _alike(one: Columns, other: Columns) -> bool:
    """Whether one may stand beside the other: the same kind of picture."""
    return one.store.picture == other.store.picture
