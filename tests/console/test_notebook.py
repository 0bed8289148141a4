"""The notebook of the examples runs from its first cell to its last, on the demo's run."""

import shutil
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).resolve().parents[2] / "examples" / "explore.ipynb"


def test_the_notebook_runs_on_the_demo(copy, monkeypatch):
    kernel = copy / "kernels" / "kernels" / "here"
    kernel.mkdir(parents=True)
    command = f'["{sys.executable}", "-m", "ipykernel_launcher", "-f", "{{connection_file}}"]'
    (kernel / "kernel.json").write_text(f'{{"argv": {command}, "display_name": "here", "language": "python"}}')
    monkeypatch.setenv("JUPYTER_PATH", str(copy / "kernels"))
    monkeypatch.setenv("IPYTHONDIR", str(copy / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(copy / "runtime"))
    shutil.copy(NOTEBOOK, copy)
    notebook = nbformat.read(copy / NOTEBOOK.name, as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells)
    NotebookClient(notebook, timeout=100, kernel_name="here", resources={"metadata": {"path": str(copy)}}).execute()
    printed = ["".join(o.get("text", "") for o in cell.outputs) for cell in notebook.cells if cell.cell_type == "code"]
    assert printed[0].startswith("40 articles, ") or printed[0].startswith("39 articles, ")
    assert "contradiction" in printed[1]
    assert printed[3].count("as of") > 4
    count, _, total = printed[5].partition(" of ")
    assert int(count) > 0.9 * int(total.split()[0])
