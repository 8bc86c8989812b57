r"""Recognize Windows paths, in which `\n` and `\t` are the first letters of names, not escapes."""

from __future__ import annotations

# Everything here means the same to `re` and to Oniguruma, which tokenizers use. A line break that
# an export writes as `\n` is followed by a capital, a digit or a blank far more often than by a
# small letter; in a path, a small letter follows.
_WORD = "[A-Za-z0-9_\u00c0-\u024f]"
_SEPARATOR = r"\\{1,2}(?![nt](?![a-z_-])|r\\n)"
_NAME = r'[^\\/:*?"<>|,;\s]+'
_EXTENSIONS = {  # by length, as a lookbehind needs them
    2: "7z gz js md pl ps py sh",
    3: "avi bak bat bmp cab cer cfg cmd cpp css csv dat dll dmp doc dot dwg eml exe gif htm ico "
    "ini iso jar jpg lnk log mdb mov mp3 mp4 msg msi odt ost pdf pem pfx php png ppt ps1 pst rar "
    "rdp reg rpt rtf sql svg sys tar tif tmp txt vbs vsd wav xls xml yml zip",
    4: "conf docx evtx html java jpeg json pptx tiff vhdx vsdx webp xlsb xlsm xlsx yaml",
}
_FILE = rf"{_NAME}\.(?:{'|'.join(' '.join(_EXTENSIONS.values()).split())})(?!{_WORD})"
# Blanks in a name that is followed by another one: "Program Files (x86)", "New folder", and after
# any word where it cannot be the end of a sentence.
_BLANKS = (
    rf"(?: (?:(?=[A-Z0-9(&-]|(?:and|carpeta|dossier|files|folder|of|pasta)(?!{_WORD})){_NAME}"
    rf"|{_NAME}(?=\\{{1,2}}(?:[^\\nt]|{_FILE}))))*(?=\\)"
)
_FOLDER = f"{_NAME}(?:{_BLANKS})?"
# After a file's name there is nothing left to be in: `notes.txt\nplease` is two lines.
_NO_FILE = "".join(rf"(?<!\.(?:{'|'.join(names.split())}))" for names in _EXTENSIONS.values())
_DRIVE = rf"(?<=[C-Zc-z]:)(?:(?<!{_WORD}[C-Zc-z]:)|(?<=\\[nt][C-Zc-z]:))"
_VARIABLE = (
    r"(?<=[A-Za-z)_]%)(?<!\\[nt]%)"
    r"|(?<=HKLM)|(?<=HKCU)|(?<=HKEY_CURRENT_USER)|(?<=HKEY_LOCAL_MACHINE)"
)
_SERVER = (
    r"(?<!\\)(?:\\\\\\\\[A-Za-z0-9][A-Za-z0-9.$_-]+\\\\|\\\\[A-Za-z0-9][A-Za-z0-9.$_-]+\\)(?!\\)"
)

WINDOWS_PATH = (
    rf"(?:(?:{_DRIVE}|{_VARIABLE}){_SEPARATOR}|{_SERVER}){_FOLDER}"
    rf"(?:(?:(?=\\{{1,2}}[^\\nt])|{_NO_FILE}){_SEPARATOR}{_FOLDER})*"
)
r"""A path from its first backslash on, of a drive (`C:\new`), a server (`\\server\new`), a variable
(`%TEMP%\new`) or the registry (`HKLM\network`)."""

PATH_SIGNS = (":\\", "\\\\", "%\\", "HK")
"""A text with none of them holds no path."""
