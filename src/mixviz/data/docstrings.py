"""Documents everyone has: the docstrings of the installed NumPy, SciPy and scikit-learn, read from their sources."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np
import scipy.special

from mixviz.data.corpus import Corpus

PACKAGES = {"numpy": "numpy", "scipy": "scipy", "sklearn": "scikit-learn"}
"""Import name and distribution name."""

SKIPPED_FOLDERS = frozenset("tests testing externals _external _lib f2py distutils typing _pyinstaller".split())

REFERENCES = re.compile(r"^References\n-+\n.*?(?=^\S[^\n]*\n---|\Z)", re.MULTILINE | re.DOTALL)
"""The section with names of authors and journals."""

CODE = re.compile(
    r"^\s*(?:>>>|\.\.).*$|``[^`]*``|:[\w:]+:`[^`]*`|(?<![^\s`])(?:[^\s._(\[=]*+[._(\[=])+?(?<=\w.)\w\S*", re.MULTILINE
)
"""Examples, directives, literals, cross references, and identifiers such as ``n_samples`` or ``np.sum``.

Identifiers are looked for where a word starts, or right after a literal, but not again inside each word.
"""

FUNCTION = re.compile(
    rb"""
    (?>(\"{3}|'{3}).*?\1)                                  # a string of several lines: kept, whatever it contains
    | ^(?P<indent>\ *)(?P<head>
        def\ \w++\((?:[^\n]*+\n(?P=indent)[ )])*?          # name and arguments, on a line or more,
        [^\n]*:\ *(?:\#[^\n]*)?\n                          # up to a colon that ends a line
        (?:\ *(?:\#[^\n]*)?\n)*+                           # comments and empty lines
        (?=(?P<inner>\ +))(?:\ +r?(?>\"{3}.*?\"{3})\n)?    # the docstring, if there is one
    )(?!\ *\w{0,2}["'])                                    # no other string, which could be a docstring
    (?:(?P=indent)\ [^\n]*+\n|\n)*+                        # the rest: empty or indented lines
    """,
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)
"""A function, and what can be left out of it."""

STOP_WORDS = frozenset(
    """
    able absolute accept accepted accepts access according actual actually add added addition additional
    additionally advanced allocated allow allowed allows alternative alternatively api appear applied applies apply
    applying appropriate arbitrary arg args argument arguments array arrays assign assigned associated assume
    assumed assumes atol attribute attributes auto automatically available avoid axes axis backend backends based
    behave behavior behaviour best better bitgenerator bool boolean brief broadcast broadcastable bytes calculate
    calculated calculates calculating calculation call callable callables called calling calls care case cases
    cephes change changed changes check checked choice choose chosen class classes classmethod clone close code
    combinations common compare compared compatible computation compute computed computes computing concrete
    condition consider considered consistent constructor contain contained containing contains content context
    contiguous control controls convenience convention convert converted copied copies copy copying corr correct
    correctly correspond corresponding corresponds cpu create created creates creating cupy current currently custom
    dask data deep def default defaults define defined defines definition deg delegates depending depends deprecated
    described describes description desired detail detailed details determine determined determines device dict
    dictionary difference different differs dimensional direct directly discussion display doc docs documentation
    documented does doing don done double dtype dtypes eager earlier effect efficient either element elements empty
    end ensure entire entry equal equals equivalent error errors especially estimator estimators evaluate evaluated
    exact exactly example examples except exception exceptions exist existing exists expected experimental explicit
    explicitly expression extra false faster file files fit fits fitted fitting fixed flattened float floating
    floats follow followed following follows force form format formats fortran frac freshly func function functions
    future gallery general generally generate generated generic get gets getting give given gives giving good gpu
    guide half hand handle handled handling helper hence hidden higher identical ignore ignored immediately
    implement implementation implementations implemented implementing implements implies import important include
    included includes including incorrect indicate indicated indicates indicating individual inf infinite
    information inherits initialised initialize inp inplace input inputs inside instance instances instead int
    integer integers intended interface internal internally interpreted ints invalid issue item items iterable jax
    jit jobs just keep keepdims kept key keys keyword keywords kind known kwarg kwargs kwds large larger latter lead
    leads learn leave left length let library like likely limited line link list listed lists literal lmbda loaded
    location locations low lower make makes making manner match matches matching matplotlib maximum mean meaning
    means mentioned meta metadata method methods minimum mode modified modify module modules multi multiple mutable
    mutually name named names nan nans narray ndarray ndarrays ndim necessary need needed needs negative new non
    noqa normally note noted notes nparray null num number numbers numeric numpy object objects obtain obtained
    omitted one ones operation operations opposed optimized option optional optionally options order ordered orders
    original otherwise output outputs outside overridden override overwrite overwritten pair pandas parallel param
    parameter parameters params particular pass passed passes passing path perform performed performing performs
    place plot plt point points polars position positional positive possible possibly potential potentially
    precomputed present preserve prevent previous previously print printed private problem processors produce
    produced produces properties property provide provided provides providing pseudo public purpose purposes python
    pytorch raise raised raises ran randomstate range read reason recommended refer reference references referred
    regardless relevant remain remaining remains removed replace replaced represent representation represented
    representing represents reproducibility reproducible request requested require required requires res respect
    respective respectively result resulting results retain return returned returning returns right routine routines
    routing row rtol run safe said sake scalar scalars scikit scipy second section seen self separate sequence
    sequences set sets setting shape shapes shown shows signature similar similarly simple simply single size sizes
    sklearn slow slower small smaller sort specific specifically specified specifies specify specifying sphinx
    standard start starting store stored str strictly string strings sub subclass subclasses subset suitable support
    supported supports sure table take taken takes taking temporary term terms test tested testing text thing things
    thread time times toctree tol tolerance torch total treat treated true try tuple tuples tutorial type types
    typical typically ufunc unchanged undefined underlying uninitialized unique unless unlike unsupported update
    updated usage use used useful user users uses using usual usually val valid value valued valueerror values
    variable variables various vary verbose verbosity version versionadded versions view want warning warnings way
    ways wide wise with work works wrapper write written wrong yield zero zeros
    """.split()
)
"""What documentation says about arguments and arrays whatever the subject, found by looking at topics of it."""

WORD = r"\b[a-z]{3,}\b"


def versions() -> dict[str, str]:
    """Return the installed version of each package whose documentation is used."""
    return {name: version(distribution) for name, distribution in PACKAGES.items()}


def harvest() -> Iterator[tuple[str, str, str]]:
    """Yield (qualified name, package, docstring), in an order that depends on nothing but the versions.

    The sources are parsed, not imported, which would take longer; only compiled functions are asked for their
    docstring. Private functions are left out; private modules are not part of the name.
    """
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        for root in map(Path, (spec and spec.submodule_search_locations) or ()):
            for path in sorted(root.rglob("*.py")):
                parts = path.relative_to(root).with_suffix("").parts
                if SKIPPED_FOLDERS.isdisjoint(parts):
                    module = ".".join((package, *(part for part in parts if not part.startswith("_"))))
                    for name, text in _in_source(_parsed(path.read_bytes()), module):
                        yield name, package, text
    yield from _compiled()


def _parsed(source: bytes) -> ast.Module:
    """Return the syntax tree without the insides of functions, for they take most of the time.

    Where the cut leaves no valid source, as with strings that reach back to the margin, nothing is left out.
    """
    try:
        return ast.parse(FUNCTION.sub(_without_body, source))
    except SyntaxError:
        return ast.parse(source)


def _without_body(match: re.Match[bytes]) -> bytes:
    indent, head, inner = match.group("indent", "head", "inner")
    if head is None:
        return match[0]
    return indent + (b"def _(): 0\n" if head.startswith(b"def _") else head + inner + b"0\n")


def _in_source(tree: ast.Module, module: str) -> Iterator[tuple[str, str]]:
    if text := ast.get_docstring(tree):
        yield module, text
    yield from _in_body(tree, module)
    for statement in tree.body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "add_newdoc":
            strings = [part.value for part in ast.walk(call) if isinstance(part, ast.Constant)]
            *names, text = [string for string in strings if isinstance(string, str)] or [""]
            yield ".".join([module, *(name for name in names[-2:] if "." not in name)]), text


def _in_body(parent: ast.Module | ast.ClassDef, prefix: str) -> Iterator[tuple[str, str]]:
    for node in parent.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_"):
            if text := ast.get_docstring(node):
                yield f"{prefix}.{node.name}", text
            if isinstance(node, ast.ClassDef):
                yield from _in_body(node, f"{prefix}.{node.name}")


def _compiled() -> Iterator[tuple[str, str, str]]:
    """Yield what has no Python source: the ufuncs of NumPy and SciPy, NumPy's random distributions."""
    owners = {"numpy": np, "numpy.random.Generator": np.random.Generator, "scipy.special": scipy.special}
    for prefix, owner in owners.items():
        for name, item in sorted(vars(owner).items()):
            is_compiled = isinstance(item, np.ufunc) or owner is np.random.Generator
            if is_compiled and not name.startswith("_") and item.__doc__:
                yield f"{prefix}.{name}", prefix.split(".")[0], item.__doc__


def prose(docstring: str) -> str:
    """Return the words of a docstring that are language: no references, no code, no identifiers."""
    return CODE.sub(" ", REFERENCES.sub("", docstring))


def build() -> Corpus:
    """Return the corpus: a document per docstring, its name as title, its package as label."""
    sources: dict[str, tuple[str, str]] = {}
    for name, package, text in harvest():
        sources.setdefault(" ".join(prose(text).split()), (name, package))
    titles, labels = zip(*sources.values(), strict=True)
    every = Corpus.from_texts(list(sources), titles, labels, token_pattern=WORD, min_length=3)
    return every.prune(STOP_WORDS, min_df=5, max_df=0.3, min_tokens=8)
