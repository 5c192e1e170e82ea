//! What is the same on every day: offices, people, devices, programs, the Internet.

use super::GenerateOptions;
use super::calendar::{Day, Window};
use super::catalogue::{App, Catalogue, File};
use super::device::Device;
use super::person::{Person, ServiceAccounts};
use super::random::{Stream, Topic, Zipf};
use super::site::Zones;
use super::story::Cast;
use super::tool;
use super::web::Web;

/// Days after a release by which every device has it.
const UPDATE_DELAY_MAX: i64 = 10;

/// The tenant, without its events.
#[derive(Debug)]
pub(super) struct Tenant {
    pub(super) seed: u64,
    /// Routine events of a workstation and day.
    pub(super) activity: u32,
    pub(super) window: Window,
    pub(super) devices: Vec<Device>,
    /// One for each device that one person works at, in the order of the devices.
    pub(super) people: Vec<Person>,
    /// For each device the place of its owner in `people`.
    owners: Vec<Option<usize>>,
    pub(super) accounts: ServiceAccounts,
    catalogue: Catalogue,
    tools: Vec<File>,
    tool_popularity: Zipf,
    /// Programs that a single device has, [`tool::RARE_A_DEVICE`] for each; none without routine events.
    rare: Vec<File>,
    pub(super) web: Web,
    pub(super) zones: Zones,
    pub(super) cast: Cast,
}

impl Tenant {
    pub(super) fn new(options: &GenerateOptions) -> Self {
        let window = Window::new(options.until, options.days);
        let seed = options.seed;
        let devices: Vec<Device> = (0..options.devices)
            .map(|number| Device::new(seed, number))
            .collect();
        let mut people = Vec::new();
        let mut owners = Vec::with_capacity(devices.len());
        for device in &devices {
            owners.push(device.role.is_personal().then_some(people.len()));
            if device.role.is_personal() {
                people.push(Person::new(seed, device.number, device.site_number));
            }
        }
        let tools = tool::long_tail();
        let rare = match options.activity {
            0 => Vec::new(),
            _ => tool::rare(seed, options.devices),
        };
        Self {
            seed,
            activity: options.activity,
            rare,
            window,
            cast: Cast::choose(&devices, options.days),
            devices,
            people,
            owners,
            accounts: ServiceAccounts::new(seed),
            catalogue: Catalogue::new(window.first_day().0, window.last_day().0, UPDATE_DELAY_MAX),
            tool_popularity: Zipf::new(tools.len()),
            tools,
            web: Web::new(),
            zones: Zones::bundled(),
        }
    }

    /// Who works at a device; none for servers.
    pub(super) fn owner(&self, device: &Device) -> Option<&Person> {
        self.owners
            .get(device.number as usize)
            .copied()
            .flatten()
            .map(|place| &self.people[place])
    }

    /// The file of a program in the version that a device has on a day.
    pub(super) fn file(&self, device: &Device, day: Day, app: App) -> &File {
        self.catalogue
            .file(app, device.system.flavour, day.0, device.update_delay)
    }

    /// The intruders' files and every release of every well-known program.
    pub(super) fn known_files(&self) -> impl Iterator<Item = &File> {
        self.cast.payloads.all().chain(self.catalogue.files())
    }

    /// Whether an intruder brought a file.
    pub(super) fn is_payload(&self, file: &File) -> bool {
        self.cast
            .payloads
            .harmful()
            .any(|payload| payload.digests.sha1 == file.digests.sha1)
    }

    /// A program of the long tail, popular ones more often.
    pub(super) fn tool(&self, stream: &mut Stream) -> &File {
        &self.tools[self.tool_popularity.draw(stream)]
    }

    /// A program that no other device has; one of the long tail when there are none.
    pub(super) fn rare(&self, device: &Device, stream: &mut Stream) -> &File {
        let place =
            device.number as usize * tool::RARE_A_DEVICE + stream.index(tool::RARE_A_DEVICE);
        self.rare.get(place).unwrap_or_else(|| self.tool(stream))
    }

    /// Someone of the tenant.
    pub(super) fn colleague(&self, stream: &mut Stream) -> Option<&Person> {
        self.people.get(stream.index(self.people.len()))
    }

    /// A device whose owner works at the same office as `device`, or any device when there is none.
    pub(super) fn neighbour(&self, device: &Device, stream: &mut Stream) -> &Device {
        let near = |candidate: &&Device| {
            candidate.site_number == device.site_number && candidate.role.is_personal()
        };
        let first = stream.index(self.devices.len());
        let around = self.devices[first..].iter().chain(&self.devices[..first]);
        around
            .clone()
            .find(near)
            .or_else(|| around.clone().next())
            .unwrap_or(&self.devices[0])
    }

    /// The stream of a topic for a device and a day.
    pub(super) fn stream(&self, device: &Device, day: Day, topic: Topic) -> Stream {
        Stream::new(self.seed, u64::from(device.number), day.0, topic)
    }
}
