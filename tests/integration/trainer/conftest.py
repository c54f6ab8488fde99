import sys
from pathlib import Path

# The files of trainer/ are no package: a job starts them where they lie.
sys.path.insert(0, str(Path(__file__).parents[3] / "trainer"))
