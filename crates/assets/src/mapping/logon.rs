//! Users who signed in on a machine.

use tesem_defender::MachineId;
use tesem_defender::endpoint::User;

use super::account::{Account, AccountWords};
use super::{AccountIds, Facts, RecordKind};
use crate::collection::{EdgeKind, NodeKind};
use crate::graph::{EdgeKey, NodeKey};
use crate::millis::Millis;
use crate::property::{
    DOMAINS, Draft, FIRST_SEEN, IS_DOMAIN_ADMIN, IS_NETWORK_ONLY, LAST_SEEN, LOGON_TYPES,
    Properties, SIDS, texts,
};

/// Maps a user whom a machine saw: a person, an account, and that it signed in. What differs from machine to machine stands at the edge.
pub(crate) fn logon(machine: &MachineId, user: &User, ids: AccountIds) -> Facts {
    let mut facts = Facts::default();
    let words = AccountWords {
        name: user.account_name.as_deref(),
        domain: user.account_domain.as_deref(),
        id: Some(user.id.as_str()),
        sid: user.account_sid.as_deref(),
    };
    match Account::of(words, ids) {
        Ok(account) => {
            put_account(&account, &mut facts);
            let said = said(user, &account);
            let edge = EdgeKey::new(EdgeKind::AssetAccount, machine.as_str(), &*account.key);
            facts.edge(edge, &said);
        }
        Err(reason) => facts.refuse(RecordKind::Logon, reason, format!("{machine} {}", user.id)),
    }
    facts
}

/// An account and its person.
pub(super) fn put_account(account: &Account, facts: &mut Facts) {
    for kind in [NodeKind::User, NodeKind::Account] {
        facts.node(NodeKey::new(kind, &*account.key), &account.properties);
    }
}

fn said(user: &User, account: &Account) -> Properties {
    let types = user.logon_types.as_deref().unwrap_or_default();
    let types = types.split(',').map(|kind| kind.trim().into());
    Draft::default()
        .with(FIRST_SEEN, user.first_seen.map(Millis::from))
        .with(LAST_SEEN, user.last_seen.map(Millis::from))
        .with(LOGON_TYPES, texts(types))
        .with(DOMAINS, texts(account.domain.as_deref().map(Into::into)))
        .with(SIDS, texts(account.sid.as_deref().map(Into::into)))
        .with(IS_DOMAIN_ADMIN, user.is_domain_admin)
        .with(IS_NETWORK_ONLY, user.is_only_network_user)
        .done()
}
