//! The people of the tenant and the accounts that processes run under.

use super::random::{Stream, Topic};

/// The tenant's mail and directory domain.
pub(super) const DOMAIN: &str = "contoso.com";
/// The short name of its directory.
pub(super) const DIRECTORY: &str = "contoso";

const FIRST_NAMES: [&str; 64] = [
    "Adele",
    "Alex",
    "Amina",
    "Amr",
    "Anna",
    "Ayşe",
    "Bart",
    "Beatriz",
    "Ben",
    "Carla",
    "Chen",
    "Clara",
    "Daniel",
    "Dina",
    "Diego",
    "Elif",
    "Emil",
    "Enrico",
    "Farah",
    "Felix",
    "Fiona",
    "Grady",
    "Hana",
    "Hassan",
    "Henrietta",
    "Ines",
    "Irvin",
    "Isaiah",
    "Ivan",
    "Jamal",
    "Johanna",
    "Jonas",
    "Karim",
    "Kenji",
    "Lars",
    "Layla",
    "Lee",
    "Lidia",
    "Lynne",
    "Marco",
    "Mei",
    "Megan",
    "Miriam",
    "Mona",
    "Nestor",
    "Nina",
    "Noor",
    "Omar",
    "Patti",
    "Pradeep",
    "Priya",
    "Rania",
    "Reto",
    "Sara",
    "Seif",
    "Simone",
    "Sofia",
    "Tarek",
    "Thandi",
    "Urs",
    "Vera",
    "Wei",
    "Yara",
    "Zoltan",
];
const LAST_NAMES: [&str; 64] = [
    "Abbas", "Adams", "Aebi", "Ahmed", "Baker", "Bauer", "Berger", "Bianchi", "Brunner", "Castro",
    "Chan", "Costa", "Deyoung", "Diaz", "Egli", "Farouk", "Fischer", "Frei", "Gamal", "Garcia",
    "Goh", "Graf", "Gupta", "Haddad", "Hansen", "Hassan", "Huber", "Ibrahim", "Ivanov", "Jansen",
    "Johnson", "Kamal", "Keller", "Khalil", "Kim", "Koh", "Kowalski", "Langer", "Lim", "Lopez",
    "Mansour", "Meier", "Moser", "Nasser", "Novak", "Okafor", "Osman", "Pace", "Patel", "Rossi",
    "Sadek", "Saleh", "Santos", "Schmid", "Silva", "Sutter", "Tan", "Vance", "Weber", "Wilber",
    "Wong", "Yilmaz", "Zaki", "Zhang",
];
const DEPARTMENTS: [Department; 8] = [
    Department::Finance,
    Department::Sales,
    Department::Sales,
    Department::Engineering,
    Department::Engineering,
    Department::Marketing,
    Department::Operations,
    Department::Support,
];

/// Where a person works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Department {
    Finance,
    Sales,
    Engineering,
    Marketing,
    Operations,
    Support,
}

/// An account as events name it; parts that an account does not have are empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) domain: String,
    pub(super) name: String,
    pub(super) sid: String,
    pub(super) upn: String,
    pub(super) object_id: String,
}

impl Account {
    /// An account of the machine itself, known by a fixed SID.
    pub(super) fn built_in(domain: &str, name: &str, sid: &str) -> Self {
        Self {
            domain: domain.to_owned(),
            name: name.to_owned(),
            sid: sid.to_owned(),
            upn: String::new(),
            object_id: String::new(),
        }
    }

    /// An account of the directory; `relative` is the last part of its SID.
    pub(super) fn directory(seed: u64, name: &str, relative: u64) -> Self {
        let mut stream = Stream::new(seed, relative, 0, Topic::Person);
        Self {
            domain: DIRECTORY.to_owned(),
            name: name.to_owned(),
            sid: format!("{}-{relative}", directory_sid(seed)),
            upn: format!("{name}@{DOMAIN}"),
            object_id: stream.guid(),
        }
    }
}

/// The accounts that no person owns.
#[derive(Debug)]
pub(super) struct ServiceAccounts {
    pub(super) system: Account,
    pub(super) local_service: Account,
    pub(super) network_service: Account,
    pub(super) root: Account,
    pub(super) daemon: Account,
    pub(super) database: Account,
    pub(super) web: Account,
    pub(super) administrator: Account,
}

impl ServiceAccounts {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            system: Account::built_in("nt authority", "system", "S-1-5-18"),
            local_service: Account::built_in("nt authority", "local service", "S-1-5-19"),
            network_service: Account::built_in("nt authority", "network service", "S-1-5-20"),
            root: Account::built_in("", "root", ""),
            daemon: Account::built_in("", "www-data", ""),
            database: Account::directory(seed, "svc-sql", 1_110),
            web: Account::built_in("iis apppool", "defaultapppool", "S-1-5-82-3006700770"),
            administrator: Account::directory(seed, "adm-it", 1_111),
        }
    }
}

/// A person with a mailbox and a workstation.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) account: Account,
    pub(super) display_name: String,
    pub(super) department: Department,
    /// Number of the office, also of the workstation's.
    pub(super) site: usize,
    /// Minutes after local midnight at which a day's work usually begins.
    pub(super) begins: i64,
    /// Minutes after local midnight at which it usually ends.
    pub(super) ends: i64,
}

impl Person {
    /// The person who owns the workstation with this number.
    pub(super) fn new(seed: u64, number: u32, site: usize) -> Self {
        let mut stream = Stream::new(seed, u64::from(number), 0, Topic::Device);
        let (first, last) = name_of(seed, number);
        let name = account_name(first, last, number);
        let begins = 7 * 60 + 15 + stream.between(0, 120);
        Self {
            account: Account::directory(seed, &name, 2_000 + u64::from(number)),
            display_name: format!("{first} {last}"),
            department: *stream.pick(&DEPARTMENTS),
            site,
            begins,
            ends: begins + 8 * 60 + stream.between(15, 120),
        }
    }
}

/// A pair of names that no other number below 4,096 has: the step is odd, so it visits every pair.
fn name_of(seed: u64, number: u32) -> (&'static str, &'static str) {
    let offset = (seed % 4_096) as usize;
    let place = (number as usize * 1_637 + offset) % 4_096;
    (FIRST_NAMES[place % 64], LAST_NAMES[place / 64])
}

/// `first.last`, in ASCII; later namesakes get a number.
fn account_name(first: &str, last: &str, number: u32) -> String {
    let plain = format!("{first}.{last}").to_lowercase().replace('ş', "s");
    match number / 4_096 {
        0 => plain,
        again => format!("{plain}{}", again + 1),
    }
}

fn directory_sid(seed: u64) -> String {
    let mut stream = Stream::new(seed, 0, 0, Topic::Person);
    let mut part = || 1_000_000_000 + stream.below(3_000_000_000);
    format!("S-1-5-21-{}-{}-{}", part(), part(), part())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_people_share_an_account() {
        let people: Vec<Person> = (0..5_000).map(|number| Person::new(1, number, 0)).collect();
        let names: BTreeSet<_> = people.iter().map(|person| &person.account.upn).collect();
        let sids: BTreeSet<_> = people.iter().map(|person| &person.account.sid).collect();
        assert_eq!((names.len(), sids.len()), (5_000, 5_000));
        assert!(names.iter().all(|name| name.is_ascii()));
    }

    #[test]
    fn a_day_of_work_lies_within_the_day() {
        for number in 0..500 {
            let person = Person::new(3, number, 0);
            assert!(
                person.begins >= 7 * 60 && person.ends <= 20 * 60,
                "{person:?}"
            );
            assert!(person.ends - person.begins >= 8 * 60);
        }
    }
}
