//! Names of files, and how they are told from domains.

use std::fmt;
use std::str::FromStr;

use crate::{Reason, Refusal};

/// Longest name of a file, in bytes.
const FILE_NAME_BYTES_MAX: usize = 255;

/// Extensions that make a dotted word the name of a file.
///
/// Some are top-level domains too (`zip`, `mov`, `sh`, `py`, `pl`, `ps`, `rs`, `md`, `so`, `cab`,
/// `cat`, `pub`). Left out are those that are domains far more often than files: `com`, `app`, `net`,
/// `ai`, `in`, `info`, `ml`, `cc`.
const FILE_EXTENSIONS: &[&str] = &[
    "7z",
    "accdb",
    "apk",
    "arj",
    "asp",
    "aspx",
    "avi",
    "bak",
    "bash",
    "bat",
    "bin",
    "bmp",
    "bz2",
    "c",
    "cab",
    "cat",
    "cer",
    "cfg",
    "cgi",
    "chm",
    "class",
    "cmd",
    "conf",
    "config",
    "cpl",
    "cpp",
    "crt",
    "cs",
    "css",
    "csv",
    "dat",
    "db",
    "deb",
    "dll",
    "dmg",
    "dmp",
    "doc",
    "docm",
    "docx",
    "dot",
    "dotm",
    "dotx",
    "drv",
    "dylib",
    "ear",
    "elf",
    "eml",
    "eps",
    "evtx",
    "exe",
    "gif",
    "go",
    "gz",
    "gzip",
    "h",
    "hpp",
    "hta",
    "htm",
    "html",
    "icns",
    "ico",
    "img",
    "inf",
    "ini",
    "ipa",
    "iso",
    "jar",
    "java",
    "jpeg",
    "jpg",
    "js",
    "jse",
    "json",
    "jsonl",
    "jsp",
    "jspx",
    "key",
    "ko",
    "lib",
    "lnk",
    "lock",
    "log",
    "lua",
    "lzh",
    "md",
    "mdb",
    "mht",
    "mhtml",
    "mov",
    "mp3",
    "mp4",
    "msc",
    "msg",
    "msi",
    "msix",
    "msp",
    "mst",
    "obj",
    "ocx",
    "odt",
    "one",
    "ost",
    "pcap",
    "pcapng",
    "pdb",
    "pdf",
    "pem",
    "pfx",
    "php",
    "pif",
    "pl",
    "png",
    "potm",
    "ppam",
    "pps",
    "ppsm",
    "ppt",
    "pptm",
    "pptx",
    "ps",
    "ps1",
    "psd1",
    "psm1",
    "pst",
    "pub",
    "py",
    "pyc",
    "pyd",
    "r",
    "rar",
    "rb",
    "reg",
    "rpm",
    "rs",
    "rtf",
    "scf",
    "scr",
    "sct",
    "settingcontent-ms",
    "sh",
    "sldm",
    "slk",
    "so",
    "sql",
    "sqlite",
    "svg",
    "swf",
    "sys",
    "tar",
    "tgz",
    "tiff",
    "tmp",
    "toml",
    "ts",
    "tsv",
    "ttf",
    "txt",
    "url",
    "vb",
    "vbe",
    "vbs",
    "vhd",
    "vhdx",
    "vmdk",
    "vsdx",
    "war",
    "wasm",
    "wav",
    "webp",
    "wim",
    "wmf",
    "ws",
    "wsc",
    "wsf",
    "wsh",
    "xap",
    "xht",
    "xhtml",
    "xla",
    "xlam",
    "xll",
    "xls",
    "xlsb",
    "xlsm",
    "xlsx",
    "xlt",
    "xltm",
    "xml",
    "xsl",
    "xz",
    "yaml",
    "yar",
    "yara",
    "yml",
    "z",
    "zip",
    "zst",
];

/// The name of a file without its folder, such as `evil.exe`. Kept in lower case.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileName(Box<str>);

impl FileName {
    /// The name in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn parse(text: &str) -> Result<Self, Reason> {
        if text.len() > FILE_NAME_BYTES_MAX {
            return Err(Reason::TooLong {
                bytes: text.len(),
                bytes_max: FILE_NAME_BYTES_MAX,
            });
        }
        if text.contains(['/', '\\']) {
            return Err(Reason::FilePath);
        }
        if let Some(strange) = text
            .chars()
            .find(|c| c.is_control() || ":*?\"<>|".contains(*c))
        {
            return Err(Reason::NameCharacter(strange));
        }
        match text.trim_matches(['.', ' ']).is_empty() {
            true => Err(Reason::Empty),
            false => Ok(Self(text.to_lowercase().into())),
        }
    }
}

/// Whether `name` ends in the extension of a file.
pub(crate) fn has_file_extension(name: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, extension)| is_file_extension(extension))
}

fn is_file_extension(text: &str) -> bool {
    // Extensions are short; this keeps long labels from being copied.
    text.len() <= 17
        && FILE_EXTENSIONS
            .binary_search(&&*text.to_ascii_lowercase())
            .is_ok()
}

/// Whether a dotted word that could be a domain is rather taken for the name of a file.
///
/// It is, when it ends in the extension of a file and either has only two parts (`update.zip`), or
/// another part is an extension or a number too (`invoice.pdf.zip`, `setup.2.sh`), or a part holds an
/// underscore (`my_tool.v.py`). `www.evil.zip` and `cdn.evil.sh` are domains.
pub(crate) fn is_rather_a_file(name: &str) -> bool {
    let Some((stem, extension)) = name.rsplit_once('.') else {
        return false;
    };
    let speaks_for_file = |part: &str| {
        is_file_extension(part)
            || part.contains('_')
            || part.bytes().all(|byte| byte.is_ascii_digit())
    };
    is_file_extension(extension) && (!stem.contains('.') || stem.split('.').any(speaks_for_file))
}

impl FromStr for FileName {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text).map_err(|reason| reason.of(text))
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for FileName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "FileName({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_for_binary_search() {
        assert!(FILE_EXTENSIONS.is_sorted());
    }

    #[test]
    fn files_are_told_from_domains() {
        let cases = [
            ("update.zip", true),
            ("Update.ZIP", true),
            ("run.sh", true),
            ("invoice.pdf.zip", true),
            ("setup.2.sh", true),
            ("my_tool.v.py", true),
            ("www.evil.zip", false),
            ("cdn.evil.sh", false),
            ("evil.com", false),
            ("evil", false),
        ];
        for (name, expected) in cases {
            assert_eq!(is_rather_a_file(name), expected, "{name}");
        }
    }

    #[test]
    fn file_names() {
        assert_eq!(
            FileName::parse("Évil (1).EXE").unwrap().as_str(),
            "évil (1).exe"
        );
        let cases = [
            ("a/b", "file-path"),
            ("a\\b", "file-path"),
            ("a|b", "name-character"),
            ("..", "empty"),
        ];
        for (given, code) in cases {
            assert_eq!(FileName::parse(given).unwrap_err().code(), code, "{given}");
        }
        assert_eq!(
            FileName::parse(&"a".repeat(256)).unwrap_err().code(),
            "too-long"
        );
    }
}
