"""The floors of docs/concepts/architecture.md, what each floor may not do, and what stays free of torch."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "i2v_cli"
FLOORS = (
    {"__init__", "errors", "request", "geometry", "events", "plain"},
    {"media", "weights", "presets"},
    {"sampling", "runtime", "encoders", "control"},
    {"families", "checkpoint", "history", "naming"},
    {"plan", "resolve", "doctor", "recipe", "clips"},
    {"generate"},
    {"jobs", "training"},
    {"cli"},
    {"__main__"},
)
HEAVY = {"huggingface_hub", "torch", "numpy", "PIL", "cv2", "safetensors", "sentencepiece", "tokenizers"}
LIGHT = {
    "errors",
    "request",
    "geometry",
    "events",
    "presets",
    "plain",
    "naming",
    "control",
    "resolve",
    "jobs",
    "cli",
    "__main__",
}
LIGHT_MODULES = {
    ("families", "__init__"),
    *(
        ("weights", name)
        for name in (
            "component",
            "digest",
            "header",
            "hub",
            "library",
            "published",
            "pull",
            "remove",
            "verify",
        )
    ),
}
DEVICE_CALLS = ("torch.device", "torch.autocast", "torch.set_default_")
# EfficientNet's package ships nothing but a .pth. It is read when training, without running what it says.
EXEMPT = {("training", "teacher"): "torch.load(path, map_location='cpu', weights_only=True)"}
UNSAFE_CALLS = ("torch.load", "pickle.", "marshal.", "eval", "exec", "os.system", "print")

MODULES = sorted(PACKAGE.rglob("*.py"))


def parts(path: Path) -> tuple[str, ...]:
    return path.relative_to(PACKAGE).with_suffix("").parts


def floor(name: str) -> int:
    return next(number for number, names in enumerate(FLOORS) if name in names)


def imports(tree: ast.AST) -> Iterator[str]:
    """Dotted names, one for each imported name: it may be a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def at_import(tree: ast.Module) -> ast.Module:
    """The statements that run when the module is imported."""
    body = [
        node
        for node in tree.body
        if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test))
    ]
    body = [node for node in body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return ast.Module(body, [])


@pytest.mark.parametrize("path", MODULES, ids=lambda path: ".".join(parts(path)))
def test_module_keeps_to_its_floor(path: Path) -> None:
    own, tree = parts(path), ast.parse(path.read_text(encoding="utf-8"))
    here = floor(own[0])
    for name in imports(tree):
        if not name.startswith("i2v_cli."):
            assert name.split(".")[0] != "click", "Typer brings its own"
            continue
        other = name.split(".")[1:]
        if other[0] == "__version__":
            continue
        if other[0] == own[0] == "families":
            assert other[1] in ("base", own[1]), f"{name}: a family imports another"
        elif other[0] != own[0]:
            assert floor(other[0]) < here or here == floor(other[0]) == 0, f"{name} is not below floor {here}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: ".".join(parts(path)))
def test_module_does_nothing_that_is_forbidden(path: Path) -> None:
    own, tree = parts(path), ast.parse(path.read_text(encoding="utf-8"))
    light = own[0] in LIGHT or own in LIGHT_MODULES or (own[0], own[-1]) == ("families", "config")
    if light:
        heavy = {name.split(".")[0] for name in imports(at_import(tree))} & HEAVY
        assert not heavy, f"{heavy} at import"
    for node in ast.walk(tree):
        where = f"line {getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert not called.endswith(".cuda"), where
            for name in UNSAFE_CALLS if ast.unparse(node) != EXEMPT.get(own) else ():
                assert called != name and not (name.endswith(".") and called.startswith(name)), where
            meta = ast.unparse(node) == "torch.device('meta')"  # where networks are built, and no device
            assert own[0] == "runtime" or meta or not called.startswith(DEVICE_CALLS), where
        if isinstance(node, ast.FunctionDef) and own[0] != "cli":
            assert node.args.kwarg is None, f"{where}: **{node.name}"
        if isinstance(node, ast.ExceptHandler) and own != ("cli", "app"):
            caught = "" if node.type is None else ast.unparse(node.type)
            assert caught and caught != "Exception", f"{where}: except {caught}"
