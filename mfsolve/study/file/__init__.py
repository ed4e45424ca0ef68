"""Study files: sections, what varies, and the points that result; read, checked and written."""
