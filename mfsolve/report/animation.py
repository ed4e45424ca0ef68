"""Content over time as an animated GIF: a frame per snapshot, a panel per place of the grid."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from mfsolve.report.look import COLOURS, LINES, new_figure, place_text, pyplot
from mfsolve.report.sample import mean_over_replicates
from mfsolve.study.file.source import StudyError
from mfsolve.study.storage.files import write_bytes
from mfsolve.study.storage.store import RunDirectory

FRAMES_PER_SECOND = 2


def animate(run: RunDirectory) -> Path:
    """Draw `content.gif` into the run directory.

    Raises
    ------
    StudyError
        Where the study kept no snapshots, or fewer than two.
    """
    plt = pyplot()
    from matplotlib.animation import FuncAnimation, PillowWriter

    experiment = run.study.experiment
    points = [p for p in run.study.points if experiment.coordinates(p.case).get("snapshot", np.zeros(0)).size > 1]
    if not points:
        raise StudyError(f"{run.path}: an animation needs at least two record.snapshots")
    places = list(run.study.places())
    drawing, axes = new_figure(1, len(places), 4.6 * len(places), 3.6, sharey=True)
    lines: list[tuple[Any, Any]] = []
    top = 0.0
    for axis, place in zip(axes.flat, places):
        for i, point in enumerate(p for p in points if p.coordinates.items() <= place.items()):
            where = experiment.outputs(point.case)["content"].dims[1]
            x, content = experiment.coordinates(point.case)[where], mean_over_replicates(run, point, "content")
            top = max(top, float(content.max()))
            (line,) = axis.plot(x, content[0], ls=LINES[i % 8], color=COLOURS[i % 8], label=run.study.words(point.arm))
            lines.append((line, content))
            if i == 0 and experiment.views.human is not None:
                axis.plot(x, experiment.views.human(point.case, x), ":", color="black", lw=1.0, label="human")
            if where == "token":
                axis.set(xscale="log", yscale="log")
        axis.set_title(place_text(place))
        axis.legend(frameon=False, fontsize=8, loc="upper right")
    axes.flat[0].set_ylim(top=1.05 * top)
    times = experiment.coordinates(points[0].case)["snapshot"]

    def frame(number: int) -> list[Any]:
        drawing.suptitle(f"{run.study.title}: {experiment.path} {times[number]:g}")
        for line, content in lines:
            line.set_ydata(content[number])
        return [line for line, _ in lines]

    movie = FuncAnimation(drawing, frame, frames=len(times))
    path = run.path / "content.gif"
    try:
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / path.name  # the writer goes by the ending
            movie.save(target, writer=PillowWriter(fps=FRAMES_PER_SECOND), dpi=110)
            write_bytes(path, target.read_bytes())
    finally:
        plt.close(drawing)
    return path
