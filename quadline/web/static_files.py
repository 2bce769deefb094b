"""Static files with a hash in their name, so that browsers keep them forever and
never see an old one.
"""

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Django's own pattern for `import … from`; the ones beside it also find import().
IMPORTS = HashedFilesMixin._js_module_import_aggregation_patterns[1]  # type: ignore[attr-defined]  # not in the stubs


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise is untyped
    """Our own ES modules import each other by hashed name; files
    of libraries are left as they are.

    Django's switch for this would also follow the ``import()`` in the type comments of
    libraries, and fail.
    """

    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("js/*.js", IMPORTS))
