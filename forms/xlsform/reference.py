"""Ask pyxform, the reference reader of XLSForm, whether it takes a workbook: in memory, without Java or files."""

from __future__ import annotations

from dataclasses import dataclass

from forms.words import safe_to_show
from forms.xlsform.sheets import Book
from uptake.contract.errors import Fault, SystemPartError


@dataclass(frozen=True, slots=True)
class XForm:
    """What pyxform made of a workbook: the XForm, and what it remarks."""

    xml: str
    remarks: tuple[str, ...]


def converted(book: Book, faults: list[Fault]) -> XForm | None:
    """Return the XForm of a workbook; None where pyxform refuses it, with its reason in `faults`.

    Raises SystemPartError where pyxform is not installed.
    """
    try:
        from pyxform.errors import PyXFormError
        from pyxform.xls2xform import convert
    except ImportError:
        raise SystemPartError(
            "XLSForms are read with pyxform, which is not installed. Install the extra: pip install 'uptake[xlsform]'."
        ) from None
    try:
        made = convert(book.for_pyxform(), validate=False)
    except PyXFormError as error:
        faults.append(Fault(book.name, f"pyxform, the reference reader of XLSForm, refuses it: {_said(error)}"))
    except Exception as error:  # a stranger's sheet may reach any corner of a library that expects friends
        faults.append(Fault(book.name, "pyxform, the reference reader of XLSForm, stops at it"
                            f" ({type(error).__name__}: {_said(error)}). Look for cells that are out of the"
                            " ordinary."))  # fmt: skip
    else:
        return XForm(made.xform, tuple(safe_to_show(remark, 300) for remark in made.warnings))
    return None


def _said(error: Exception) -> str:
    return safe_to_show(" ".join(str(error).split()), 300)
