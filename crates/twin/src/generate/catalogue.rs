//! The well-known programs and libraries, and the releases they come in.

use super::certificate::Certificate;
use super::digest::Digests;

/// One file in one version: the same facts wherever it shows up.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) name: String,
    /// The folder without a closing separator; `{user}` stands for the account's name.
    pub(super) folder: String,
    pub(super) digests: Digests,
    pub(super) size: i64,
    pub(super) company: String,
    pub(super) product: String,
    pub(super) version: String,
    pub(super) description: String,
    pub(super) certificate: Option<Certificate>,
}

impl File {
    /// The whole path for an account.
    pub(super) fn path(&self, user: &str) -> String {
        let folder = self.folder.replace("{user}", user);
        let separator = if folder.starts_with('/') { '/' } else { '\\' };
        format!("{folder}{separator}{}", self.name)
    }
}

/// How often new releases come, and how their versions are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Releases {
    /// Part of Windows: monthly, one build per flavour of the system.
    Windows,
    /// A browser or the like: weekly; the number is the first part of the version.
    Weekly(u32),
    /// Monthly; the number is the first part of the version.
    Monthly(u32),
    /// A few times a year; the number is the first part of the version.
    Rare(u32),
}

impl Releases {
    /// The first flavour of each build of Windows, as in `System::flavour`.
    const WINDOWS_BUILDS: [u32; 3] = [26_100, 19_041, 20_348];

    fn period(self) -> i64 {
        match self {
            Self::Windows | Self::Monthly(_) => 30,
            Self::Weekly(_) => 7,
            Self::Rare(_) => 120,
        }
    }

    fn flavours(self) -> usize {
        match self {
            Self::Windows => Self::WINDOWS_BUILDS.len(),
            _ => 1,
        }
    }

    fn version(self, release: i64, flavour: usize) -> String {
        match self {
            Self::Windows => format!(
                "10.0.{}.{}",
                Self::WINDOWS_BUILDS[flavour],
                1_000 + release * 3
            ),
            Self::Weekly(first) => format!("{first}.0.{}.{}", 4_000 + release, release * 11 % 200),
            Self::Monthly(first) => {
                format!("{first}.{}.{}.0", release % 100, 10_000 + release * 17)
            }
            Self::Rare(first) => format!("{first}.{}", release % 100),
        }
    }
}

/// What never changes about a program.
#[derive(Debug)]
struct Facts {
    name: &'static str,
    folder: &'static str,
    signer: &'static str,
    product: &'static str,
    description: &'static str,
    kilobytes: i64,
    releases: Releases,
}

macro_rules! catalogue {
    ($($app:ident: $name:literal in $folder:expr, $signer:expr, $product:expr, $description:literal, $kilobytes:literal, $releases:expr;)*) => {
        /// A well-known program or library.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum App { $($app),* }

        const FACTS: &[Facts] = &[$(Facts {
            name: $name, folder: $folder, signer: $signer, product: $product, description: $description,
            kilobytes: $kilobytes, releases: $releases,
        }),*];
    };
}

const SYSTEM32: &str = r"C:\Windows\System32";
const OFFICE: &str = r"C:\Program Files\Microsoft Office\root\Office16";
const EDGE: &str = r"C:\Program Files (x86)\Microsoft\Edge\Application";
const CHROME: &str = r"C:\Program Files\Google\Chrome\Application";
const DEFENDER: &str = r"C:\Program Files\Windows Defender Advanced Threat Protection";
const MS: &str = "Microsoft Windows";
const CORP: &str = "Microsoft Corporation";
const OS: &str = "Microsoft® Windows® Operating System";
const SUITE: &str = "Microsoft Office";
const WINDOWS: Releases = Releases::Windows;

catalogue! {
    Smss: "smss.exe" in SYSTEM32, MS, OS, "Windows Session Manager", 152, WINDOWS;
    Wininit: "wininit.exe" in SYSTEM32, MS, OS, "Windows Start-Up Application", 420, WINDOWS;
    Winlogon: "winlogon.exe" in SYSTEM32, MS, OS, "Windows Logon Application", 890, WINDOWS;
    Services: "services.exe" in SYSTEM32, MS, OS, "Services and Controller app", 714, WINDOWS;
    Lsass: "lsass.exe" in SYSTEM32, MS, OS, "Local Security Authority Process", 58, WINDOWS;
    Svchost: "svchost.exe" in SYSTEM32, MS, OS, "Host Process for Windows Services", 57, WINDOWS;
    Userinit: "userinit.exe" in SYSTEM32, MS, OS, "Userinit Logon Application", 36, WINDOWS;
    Explorer: "explorer.exe" in r"C:\Windows", MS, OS, "Windows Explorer", 5_560, WINDOWS;
    RuntimeBroker: "RuntimeBroker.exe" in SYSTEM32, MS, OS, "Runtime Broker", 111, WINDOWS;
    Taskhostw: "taskhostw.exe" in SYSTEM32, MS, OS, "Host Process for Windows Tasks", 98, WINDOWS;
    Dllhost: "dllhost.exe" in SYSTEM32, MS, OS, "COM Surrogate", 21, WINDOWS;
    Conhost: "conhost.exe" in SYSTEM32, MS, OS, "Console Window Host", 867, WINDOWS;
    Cmd: "cmd.exe" in SYSTEM32, MS, OS, "Windows Command Processor", 289, WINDOWS;
    PowerShell: "powershell.exe" in r"C:\Windows\System32\WindowsPowerShell\v1.0", MS, OS, "Windows PowerShell", 452, WINDOWS;
    Rundll32: "rundll32.exe" in SYSTEM32, MS, OS, "Windows host process (Rundll32)", 70, WINDOWS;
    Schtasks: "schtasks.exe" in SYSTEM32, MS, OS, "Task Scheduler Configuration Tool", 230, WINDOWS;
    Whoami: "whoami.exe" in SYSTEM32, MS, OS, "whoami - displays logged on user information", 72, WINDOWS;
    Net: "net.exe" in SYSTEM32, MS, OS, "Net Command", 60, WINDOWS;
    Ipconfig: "ipconfig.exe" in SYSTEM32, MS, OS, "IP Configuration Utility", 34, WINDOWS;
    Gpupdate: "gpupdate.exe" in SYSTEM32, MS, OS, "Microsoft® Group Policy Update Utility", 30, WINDOWS;
    Wuauclt: "wuauclt.exe" in SYSTEM32, MS, OS, "Windows Update", 60, WINDOWS;
    MpCmdRun: "MpCmdRun.exe" in r"C:\ProgramData\Microsoft\Windows Defender\Platform", CORP, OS, "Microsoft Malware Protection Command Line Utility", 1_720, Releases::Monthly(4);
    MsMpEng: "MsMpEng.exe" in r"C:\ProgramData\Microsoft\Windows Defender\Platform", CORP, OS, "Antimalware Service Executable", 278, Releases::Monthly(4);
    MsSense: "MsSense.exe" in DEFENDER, CORP, OS, "Windows Defender Advanced Threat Protection Service Executable", 510, WINDOWS;
    BackgroundTaskHost: "backgroundTaskHost.exe" in SYSTEM32, MS, OS, "Background Task Host", 20, WINDOWS;
    Notepad: "notepad.exe" in SYSTEM32, MS, OS, "Notepad", 352, WINDOWS;
    Mmc: "mmc.exe" in SYSTEM32, MS, OS, "Microsoft Management Console", 1_870, WINDOWS;
    Ngen: "ngen.exe" in r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319", CORP, "Microsoft® .NET Framework", "Microsoft Common Language Runtime native compiler", 174, WINDOWS;
    Chrome: "chrome.exe" in CHROME, "Google LLC", "Google Chrome", "Google Chrome", 3_100, Releases::Weekly(142);
    GoogleUpdater: "updater.exe" in r"C:\Program Files (x86)\Google\GoogleUpdater", "Google LLC", "Google Updater", "Google Updater", 4_900, Releases::Monthly(144);
    Edge: "msedge.exe" in EDGE, CORP, "Microsoft Edge", "Microsoft Edge", 4_060, Releases::Weekly(142);
    EdgeUpdate: "MicrosoftEdgeUpdate.exe" in r"C:\Program Files (x86)\Microsoft\EdgeUpdate", CORP, "Microsoft Edge Update", "Microsoft Edge Update", 214, Releases::Rare(1);
    WebView: "msedgewebview2.exe" in r"C:\Program Files (x86)\Microsoft\EdgeWebView\Application", CORP, "Microsoft Edge WebView2", "Microsoft Edge WebView2", 3_900, Releases::Weekly(142);
    Outlook: "OUTLOOK.EXE" in OFFICE, CORP, SUITE, "Microsoft Outlook", 42_000, Releases::Monthly(16);
    Word: "WINWORD.EXE" in OFFICE, CORP, SUITE, "Microsoft Word", 1_620, Releases::Monthly(16);
    Excel: "EXCEL.EXE" in OFFICE, CORP, SUITE, "Microsoft Excel", 63_000, Releases::Monthly(16);
    PowerPoint: "POWERPNT.EXE" in OFFICE, CORP, SUITE, "Microsoft PowerPoint", 1_840, Releases::Monthly(16);
    ClickToRun: "OfficeClickToRun.exe" in r"C:\Program Files\Common Files\Microsoft Shared\ClickToRun", CORP, SUITE, "Microsoft Office Click-to-Run (SxS)", 11_800, Releases::Monthly(16);
    Teams: "ms-teams.exe" in r"C:\Program Files\WindowsApps\MSTeams_8wekyb3d8bbwe", CORP, "Microsoft Teams", "Microsoft Teams", 380, Releases::Weekly(25);
    OneDrive: "OneDrive.exe" in r"C:\Users\{user}\AppData\Local\Microsoft\OneDrive", CORP, "Microsoft OneDrive", "Microsoft OneDrive", 4_200, Releases::Monthly(25);
    AcrobatReader: "AcroRd32.exe" in r"C:\Program Files (x86)\Adobe\Acrobat Reader DC\Reader", "Adobe Inc.", "Adobe Acrobat Reader", "Adobe Acrobat Reader", 5_100, Releases::Rare(25);
    Zip7: "7zG.exe" in r"C:\Program Files\7-Zip", "", "7-Zip", "7-Zip GUI", 695, Releases::Rare(24);
    Code: "Code.exe" in r"C:\Users\{user}\AppData\Local\Programs\Microsoft VS Code", CORP, "Visual Studio Code", "Visual Studio Code", 180_000, Releases::Monthly(1);
    Git: "git.exe" in r"C:\Program Files\Git\cmd", "Johannes Schindelin", "Git", "Git for Windows", 44, Releases::Rare(2);
    Python: "python.exe" in r"C:\Users\{user}\AppData\Local\Programs\Python\Python313", "Python Software Foundation", "Python", "Python", 104, Releases::Rare(3);
    Node: "node.exe" in r"C:\Program Files\nodejs", "OpenJS Foundation", "Node.js", "Node.js JavaScript Runtime", 82_000, Releases::Rare(22);
    W3wp: "w3wp.exe" in r"C:\Windows\System32\inetsrv", MS, "Internet Information Services", "IIS Worker Process", 32, WINDOWS;
    SqlServer: "sqlservr.exe" in r"C:\Program Files\Microsoft SQL Server\MSSQL16.MSSQLSERVER\MSSQL\Binn", CORP, "Microsoft SQL Server", "SQL Server Windows NT - 64 Bit", 720, Releases::Rare(16);
    SqlAgent: "SQLAGENT.EXE" in r"C:\Program Files\Microsoft SQL Server\MSSQL16.MSSQLSERVER\MSSQL\Binn", CORP, "Microsoft SQL Server", "SQL Server Agent", 830, Releases::Rare(16);
    Dns: "dns.exe" in SYSTEM32, MS, OS, "Domain Name System (DNS) Server", 2_500, WINDOWS;
    Ntoskrnl: "ntoskrnl.exe" in SYSTEM32, MS, OS, "NT Kernel & System", 11_600, WINDOWS;
    Robocopy: "Robocopy.exe" in SYSTEM32, MS, OS, "Microsoft Robocopy", 140, WINDOWS;
    AmsiDll: "amsi.dll" in SYSTEM32, MS, OS, "Anti-Malware Scan Interface", 102, WINDOWS;
    ClrDll: "clr.dll" in r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319", CORP, "Microsoft® .NET Framework", "Microsoft .NET Runtime Common Language Runtime", 11_200, WINDOWS;
    WinhttpDll: "winhttp.dll" in SYSTEM32, MS, OS, "Windows HTTP Services", 1_100, WINDOWS;
    WininetDll: "wininet.dll" in SYSTEM32, MS, OS, "Internet Extensions for Win32", 2_900, WINDOWS;
    SamlibDll: "samlib.dll" in SYSTEM32, MS, OS, "SAM Library DLL", 132, WINDOWS;
    VaultcliDll: "vaultcli.dll" in SYSTEM32, MS, OS, "Credential Vault Client Library", 330, WINDOWS;
    DbghelpDll: "dbghelp.dll" in SYSTEM32, MS, OS, "Windows Image Helper", 2_200, WINDOWS;
    TaskschdDll: "taskschd.dll" in SYSTEM32, MS, OS, "Task Scheduler COM API", 640, WINDOWS;
    WbemDll: "wbemcomn.dll" in SYSTEM32, MS, OS, "WMI", 480, WINDOWS;
    CryptDll: "cryptsp.dll" in SYSTEM32, MS, OS, "Cryptographic Service Provider API", 98, WINDOWS;
    MsoDll: "mso.dll" in r"C:\Program Files\Common Files\Microsoft Shared\OFFICE16", CORP, SUITE, "Microsoft Office component", 21_000, Releases::Monthly(16);
    VbeDll: "VBE7.DLL" in r"C:\Program Files\Common Files\Microsoft Shared\VBA\VBA7.1", CORP, "Visual Basic Environment", "Visual Basic Design Time Environment", 3_200, Releases::Monthly(7);
    Systemd: "systemd" in "/usr/lib/systemd", "", "systemd", "", 98, Releases::Rare(255);
    Sshd: "sshd" in "/usr/sbin", "", "OpenSSH", "", 920, Releases::Rare(9);
    Cron: "cron" in "/usr/sbin", "", "cron", "", 56, Releases::Rare(3);
    Bash: "bash" in "/usr/bin", "", "bash", "", 1_396, Releases::Rare(5);
    Curl: "curl" in "/usr/bin", "", "curl", "", 301, Releases::Rare(8);
    Apt: "apt-get" in "/usr/bin", "", "apt", "", 51, Releases::Rare(2);
    Nginx: "nginx" in "/usr/sbin", "", "nginx", "", 1_250, Releases::Rare(1);
    Python3: "python3.12" in "/usr/bin", "", "python3", "", 7_800, Releases::Rare(3);
    Dash: "dash" in "/usr/bin", "", "dash", "", 126, Releases::Rare(1);
    RunParts: "run-parts" in "/usr/bin", "", "debianutils", "", 27, Releases::Rare(1);
    Wdavdaemon: "wdavdaemon" in "/opt/microsoft/mdatp/sbin", "", "Microsoft Defender", "", 4_300, Releases::Monthly(101);
    Launchd: "launchd" in "/sbin", "Software Signing", "macOS", "", 1_800, Releases::Rare(15);
    Safari: "Safari" in "/Applications/Safari.app/Contents/MacOS", "Software Signing", "Safari", "", 260, Releases::Rare(18);
    SafariNetworking: "com.apple.WebKit.Networking" in "/System/Library/Frameworks/WebKit.framework/XPCServices", "Software Signing", "WebKit", "", 230, Releases::Rare(18);
    MacChrome: "Google Chrome" in "/Applications/Google Chrome.app/Contents/MacOS", "Google LLC", "Google Chrome", "", 320, Releases::Weekly(142);
    MacOutlook: "Microsoft Outlook" in "/Applications/Microsoft Outlook.app/Contents/MacOS", CORP, "Microsoft Outlook", "", 980, Releases::Monthly(16);
    MacWord: "Microsoft Word" in "/Applications/Microsoft Word.app/Contents/MacOS", CORP, "Microsoft Word", "", 870, Releases::Monthly(16);
    Zsh: "zsh" in "/bin", "Software Signing", "macOS", "", 1_350, Releases::Rare(5);
    SoftwareUpdated: "softwareupdated" in "/System/Library/CoreServices/Software Update.app/Contents/Resources", "Software Signing", "macOS", "", 2_100, Releases::Rare(15);
    Mdworker: "mdworker_shared" in "/System/Library/Frameworks/CoreServices.framework/Support", "Software Signing", "macOS", "", 480, Releases::Rare(15);
}

/// Every release of every program that a device can have had in the window.
#[derive(Debug)]
pub(super) struct Catalogue {
    programs: Vec<Program>,
}

#[derive(Debug)]
struct Program {
    releases: Releases,
    first: i64,
    /// By release, then by flavour.
    files: Vec<File>,
}

impl Catalogue {
    /// The releases that are at most `update_delay_max` days old at some time from `first_day` to `last_day`.
    pub(super) fn new(first_day: i64, last_day: i64, update_delay_max: i64) -> Self {
        let build = |facts: &Facts| {
            let first = (first_day - update_delay_max).div_euclid(facts.releases.period());
            let last = last_day.div_euclid(facts.releases.period());
            let files = (first..=last)
                .flat_map(|release| {
                    (0..facts.releases.flavours()).map(move |flavour| (release, flavour))
                })
                .map(|(release, flavour)| file(facts, release, flavour))
                .collect();
            Program {
                releases: facts.releases,
                first,
                files,
            }
        };
        Self {
            programs: FACTS.iter().map(build).collect(),
        }
    }

    /// Every file of every release.
    pub(super) fn files(&self) -> impl Iterator<Item = &File> {
        self.programs.iter().flat_map(|program| &program.files)
    }

    /// The file of `app` that a device has on `day`, where updates reach it `update_delay` days after their release.
    pub(super) fn file(&self, app: App, flavour: usize, day: i64, update_delay: i64) -> &File {
        let program = &self.programs[app as usize];
        let flavours = program.releases.flavours();
        let release = (day - update_delay).div_euclid(program.releases.period()) - program.first;
        let place = usize::try_from(release).unwrap_or(0) * flavours + flavour.min(flavours - 1);
        &program.files[place.min(program.files.len() - 1)]
    }
}

fn file(facts: &Facts, release: i64, flavour: usize) -> File {
    let version = facts.releases.version(release, flavour);
    let digests = Digests::of(&format!("{} {version}", facts.name));
    let jitter = i64::from(u8::from_str_radix(&digests.md5[..2], 16).unwrap_or(0));
    File {
        name: facts.name.to_owned(),
        folder: facts.folder.to_owned(),
        digests,
        size: facts.kilobytes * 1_024 + jitter * 8,
        company: facts
            .signer
            .replace("Microsoft Windows", "Microsoft Corporation"),
        product: facts.product.to_owned(),
        version,
        description: facts.description.to_owned(),
        certificate: (!facts.signer.is_empty()).then(|| Certificate::of(facts.signer, true)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_name_and_a_version_make_one_file() {
        let catalogue = Catalogue::new(20_000, 20_030, 10);
        let mut seen: BTreeMap<(&str, &str), &Digests> = BTreeMap::new();
        let files = catalogue.programs.iter().flat_map(|program| &program.files);
        for file in files {
            let before = seen.insert((&file.name, &file.version), &file.digests);
            assert!(before.is_none(), "{} {}", file.name, file.version);
        }
    }

    #[test]
    fn updates_arrive_in_time_and_late() {
        let catalogue = Catalogue::new(20_000, 20_030, 10);
        let version = |day, delay| catalogue.file(App::Chrome, 0, day, delay).version.clone();
        assert_ne!(version(20_000, 0), version(20_014, 0));
        assert_eq!(version(20_000, 0), version(20_009, 9));
        assert_eq!(
            catalogue
                .file(App::Svchost, 2, 20_000, 0)
                .version
                .split('.')
                .nth(2),
            Some("20348")
        );
    }

    #[test]
    fn paths_name_the_user() {
        let catalogue = Catalogue::new(20_000, 20_030, 10);
        let path = |app| catalogue.file(app, 0, 20_000, 0).path("mona.tan");
        assert_eq!(
            path(App::OneDrive),
            r"C:\Users\mona.tan\AppData\Local\Microsoft\OneDrive\OneDrive.exe"
        );
        assert_eq!(path(App::Bash), "/usr/bin/bash");
    }
}
