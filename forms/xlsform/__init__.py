"""XLSForm, the format of ODK and Kobo, both ways: import of what strangers wrote, export that comes back unchanged."""

from __future__ import annotations

from forms.xlsform.exporting import Exported, export_xlsform
from forms.xlsform.importing import Imported, import_xlsform

__all__ = ["Exported", "Imported", "export_xlsform", "import_xlsform"]
