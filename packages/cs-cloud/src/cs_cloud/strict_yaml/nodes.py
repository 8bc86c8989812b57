"""Read a YAML file as nodes that know their lines; what the nodes mean is decided elsewhere."""

from __future__ import annotations

from pathlib import Path

import yaml

from cs_cloud.errors import CloudError


def compose(path: Path) -> yaml.Node | None:
    """Compose the one document of a file into nodes, None if the file is empty.

    Raises:
        CloudError: as `compose_all` does, and if there is a second document.
    """
    roots = compose_all(path)
    if len(roots) > 1:
        line = roots[0].end_mark.line + 1
        raise CloudError(f"{path}:{line}: a second document begins here; keep one here")
    return roots[0] if roots else None


def compose_all(path: Path) -> list[yaml.Node]:
    """Compose each document of a file that is not empty into nodes.

    A document is never constructed: no tag in it can make an object.

    Raises:
        CloudError: the file cannot be read, is not YAML, or a value of it contains itself.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        roots = [root for root in yaml.compose_all(text, Loader=yaml.SafeLoader) if root]
        for root in roots:
            _refuse_loops(path, root, frozenset(), set())
    except OSError as error:
        raise CloudError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise CloudError(f"{path}:{line}: is not UTF-8 text; save it as UTF-8") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{path}:{mark.line + 1}" if mark else path
        raise CloudError(f"{where}: is not YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise CloudError(f"{path}: is not YAML: {str(error).splitlines()[0]}") from error
    except RecursionError as error:
        raise CloudError(f"{path}: is nested too deeply to be read") from error
    return roots


def entries(path: Path, mapping: yaml.MappingNode) -> dict[str, tuple[int, yaml.Node]]:
    """Return the line of each key of a mapping, and the node of its value.

    Raises:
        CloudError: a key is not a plain name, is repeated, or merges another mapping.
    """
    found: dict[str, tuple[int, yaml.Node]] = {}
    for key, value in mapping.value:
        where = f"{path}:{line_of(key)}"
        if not isinstance(key, yaml.ScalarNode):
            raise CloudError(f"{where}: a key must be a plain name")
        if kind_of(key) == "merge":
            raise CloudError(f"{where}: `<<` would merge keys from elsewhere; write them out here")
        if key.value in found:
            raise CloudError(
                f"{where}: `{key.value}` is already set in line {found[key.value][0]};"
                " keep one of them"
            )
        found[key.value] = line_of(key), value
    return found


def line_of(node: yaml.Node) -> int:
    """Return the line (counted from 1) that a node begins in."""
    return int(node.start_mark.line) + 1


def kind_of(node: yaml.Node) -> str:
    """Return the type that YAML reads a node as, such as `int`; a foreign tag as it is written."""
    return str(node.tag).removeprefix("tag:yaml.org,2002:")


def _refuse_loops(path: Path, node: yaml.Node, above: frozenset[int], seen: set[int]) -> None:
    if id(node) in above:
        raise CloudError(f"{path}:{line_of(node)}: holds itself through an alias; write it out")
    if id(node) in seen or isinstance(node, yaml.ScalarNode):
        return
    seen.add(id(node))
    for child in node.value:
        for part in child if isinstance(child, tuple) else (child,):
            _refuse_loops(path, part, above | {id(node)}, seen)
