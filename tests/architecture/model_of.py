"""Which model an expression is about, as far as its module
and the house's signatures tell.
"""

import ast
import re
from collections.abc import Iterable, Mapping
from enum import Enum

House = Mapping[str, str]  # what functions of the house return: name → annotation


class Model(Enum):
    MESSAGE = "message"
    EVENT = "event"
    OTHER = "other"
    UNKNOWN = "unknown"
    NONE = "none"  # says nothing of a name: it leads back to it


RELATED = {
    "messages": Model.MESSAGE,
    "message": Model.MESSAGE,
    "last_message": Model.MESSAGE,
}
PASSED_ON = ("list", "next", "iter", "sorted", "reversed", "get_object_or_404")


def house_of(trees: Iterable[ast.Module]) -> dict[str, str]:
    return {
        node.name: ast.unparse(node.returns)
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns
    }


class Names:
    """The names of one module. One that is given more than
    one thing is about any of them.
    """

    def __init__(self, tree: ast.Module, house: House) -> None:
        self._house = house
        self._modules: dict[str, str] = {}  # imported name → where from
        self._values: dict[str, ast.expr] = {}  # of the module itself
        self._given: dict[str, list[ast.expr]] = {}
        self._annotated: dict[str, set[str]] = {}
        self._asked: set[str] = set()  # names that are being looked up
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                self._values[node.targets[0].id] = node.value
        for inside in ast.walk(tree):
            self._learn(inside)

    def come_from(self, name: str, module: str) -> bool:
        return self._modules.get(name, "").startswith(module)

    def value_of(self, name: str) -> ast.expr | None:
        return self._values.get(name)

    def model_named(self, name: str) -> Model:
        """Of a class."""
        if not self.come_from(name, "quadline.conversations.models"):
            return Model.UNKNOWN
        return _model_in(self._modules[name].rpartition(".")[2])

    def model_of(self, node: ast.expr) -> Model:
        match node:
            case ast.Name(id=name):
                return self._of_name(name)
            case (
                ast.Attribute(attr="objects", value=value) | ast.Subscript(value=value)
            ):
                return self.model_of(value)
            case ast.Attribute(attr="events", value=value):
                return (
                    Model.OTHER if self.model_of(value) is Model.OTHER else Model.EVENT
                )
            case ast.Attribute(attr=name):
                return RELATED.get(name, Model.UNKNOWN)
            case ast.Call(func=ast.Name(id=name), args=[first, *_]) if (
                name in PASSED_ON
            ):
                return self.model_of(first)
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if (
                name in self._house
            ):
                return _model_in(self._house[name])
            case (
                ast.Call(func=ast.Attribute(value=value))
                | ast.Call(func=ast.Name() as value)
            ):
                return self.model_of(value)
            case ast.IfExp(body=value):
                return self.model_of(value)
            case (
                ast.GeneratorExp(elt=value)
                | ast.ListComp(elt=value)
                | ast.NamedExpr(value=value)
            ):
                return self.model_of(value)
        return Model.UNKNOWN

    def _of_name(self, name: str) -> Model:
        if name in self._asked:
            return Model.NONE
        if name in self._modules:
            return _model_in(self._modules[name].rpartition(".")[2])
        self._asked.add(name)
        found = {_model_in(annotation) for annotation in self._annotated.get(name, ())}
        found |= {self.model_of(value) for value in self._given.get(name, ())}
        self._asked.remove(name)
        if found == {Model.NONE}:
            return Model.NONE
        order = (Model.MESSAGE, Model.EVENT, Model.UNKNOWN, Model.OTHER)
        return next((model for model in order if model in found), Model.UNKNOWN)

    def _learn(self, node: ast.AST) -> None:
        match node:
            case ast.ClassDef(name=name):
                self._modules[name] = f".{name}"
                self._annotated.setdefault("self", set()).add(name)
            case ast.ImportFrom(module=str() as module, names=names):
                for alias in names:
                    self._modules[alias.asname or alias.name] = f"{module}.{alias.name}"
            case ast.arg(arg=name, annotation=ast.expr() as annotation):
                self._annotated.setdefault(name, set()).add(ast.unparse(annotation))
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._given.setdefault(name, []).append(value)
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                self._given.setdefault(name, []).append(value)
            case (
                ast.For(target=ast.Name(id=name), iter=value)
                | ast.comprehension(target=ast.Name(id=name), iter=value)
            ):
                self._given.setdefault(name, []).append(value)
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                self._annotated.setdefault(name, set()).add(ast.unparse(annotation))


def _model_in(annotation: str) -> Model:
    names = set(re.findall(r"\w+", annotation))
    if names & {"Message", "MessageQuerySet"}:
        return Model.MESSAGE
    if "MessageEvent" in names:
        return Model.EVENT
    is_class = any(name[0].isupper() and name not in ("None", "Any") for name in names)
    return Model.OTHER if is_class else Model.UNKNOWN
