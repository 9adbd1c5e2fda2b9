//! Google service accounts: access reasons and permissions.
//!
//! Who calls, Google has signed in a token whose keys lie in the network: that is left to the application. What stands in the
//! credential is checked here, from what the application read in the request.

use super::checker::Passed;
use super::outcome::{External, Reason, Refusal};
use super::presented::{GoogleAccess, Presented};
use crate::model::{AccessReason, CredentialKind, GoogleServiceAccount};

pub(super) struct GoogleCheck(GoogleServiceAccount);

impl GoogleCheck {
    pub(super) fn new(account: GoogleServiceAccount) -> Self {
        Self(account)
    }

    /// A request of which nothing was said is one that gives no reason and needs no permission.
    pub(super) fn check(&self, presented: &Presented<'_>) -> Result<Passed, Refusal> {
        let access = presented.google.unwrap_or_default();
        self.check_reason(access.reason)?;
        self.check_permission(access)?;
        Ok(Passed::but(External::GoogleServiceAccount))
    }

    fn check_reason(&self, reason: Option<AccessReason>) -> Result<(), Refusal> {
        let Some(policy) = self.0.access_reason_policy() else { return Ok(()) };
        let got = match reason {
            Some(reason) if policy.allow.contains(&reason) => return Ok(()),
            None if policy.allow_missing_reason => return Ok(()),
            Some(reason) => format!("the access reason is {}", reason.as_str()),
            None => "no access reason was given".into(),
        };
        let mut allowed: Vec<_> = policy.allow.iter().map(|reason| reason.as_str()).collect();
        if policy.allow_missing_reason {
            allowed.push("none at all");
        }
        let allowed = if allowed.is_empty() { "nothing".into() } else { allowed.join(", ") };
        Err(refused(Reason::AccessReason, format!("{got}, the policy allows {allowed}")))
    }

    fn check_permission(&self, access: GoogleAccess) -> Result<(), Refusal> {
        let Some((group, needed)) = access.permission else { return Ok(()) };
        let granted = self.0.groups().and_then(|groups| groups.get(&group));
        let needed_name = needed.as_str();
        let message = match granted {
            Some(granted) if granted.contains(&needed) => return Ok(()),
            Some(_) => format!("{needed_name} is not among the permissions in the group {group}"),
            None => format!("{needed_name} is needed in the group {group}, in which there are no permissions"),
        };
        Err(refused(Reason::Permission, message))
    }
}

fn refused(reason: Reason, message: String) -> Refusal {
    Refusal::new(CredentialKind::GoogleServiceAccount, reason, message)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use uuid::Uuid;

    use super::*;
    use crate::model::{AccessReasonPolicy, GroupPermission};

    const GROUP: Uuid = Uuid::from_u128(7);

    fn check(account: GoogleServiceAccount, access: Option<GoogleAccess>) -> String {
        let presented = access.map_or_else(Presented::new, |access| Presented::new().google(access));
        match GoogleCheck::new(account).check(&presented) {
            Ok(passed) => {
                assert_eq!(passed, Passed::but(External::GoogleServiceAccount));
                "passed".into()
            }
            Err(refusal) => {
                assert_eq!(refusal.part, Some(CredentialKind::GoogleServiceAccount));
                refusal.to_string()
            }
        }
    }

    fn with_policy(allow: &[AccessReason], allow_missing_reason: bool) -> GoogleServiceAccount {
        let policy = AccessReasonPolicy::new(allow.iter().copied(), allow_missing_reason);
        GoogleServiceAccount::parse(Some(policy), None).unwrap()
    }

    /// Every reason and none, against every policy of at most one reason.
    #[test]
    fn reasons() {
        let given: Vec<_> = AccessReason::ALL.iter().copied().map(Some).chain([None]).collect();
        for reason in &given {
            let access = Some(GoogleAccess::new(*reason));
            assert_eq!(check(GoogleServiceAccount::default(), access), "passed");
            for allowed in &given {
                for missing in [false, true] {
                    let account = with_policy(&Vec::from_iter(*allowed), missing);
                    let right = if reason.is_none() { missing } else { reason == allowed };
                    let said = check(account, access);
                    assert_eq!(said == "passed", right, "{said}");
                    assert!(right || said.starts_with("access_reason: "), "{said}");
                }
            }
        }
        let two = [AccessReason::CustomerInitiatedAccess, AccessReason::NotExpected];
        insta::assert_snapshot!(check(with_policy(&two, false), None), @"access_reason: no access reason was given, the policy allows CUSTOMER_INITIATED_ACCESS, REASON_NOT_EXPECTED");
        let other = Some(GoogleAccess::new(Some(AccessReason::Unspecified)));
        insta::assert_snapshot!(check(with_policy(&two, true), other), @"access_reason: the access reason is REASON_UNSPECIFIED, the policy allows CUSTOMER_INITIATED_ACCESS, REASON_NOT_EXPECTED, none at all");
        insta::assert_snapshot!(check(with_policy(&[], false), other), @"access_reason: the access reason is REASON_UNSPECIFIED, the policy allows nothing");
        assert_eq!(check(with_policy(&[], true), None), "passed");
    }

    #[test]
    fn permissions() {
        let [info, key] = [GroupPermission::CryptoSpaceGetInfo, GroupPermission::CryptoSpaceGetPublicKey];
        let with = |granted: &[GroupPermission]| {
            let groups = BTreeMap::from([(GROUP, BTreeSet::from_iter(granted.iter().copied()))]);
            GoogleServiceAccount::parse(None, Some(groups)).unwrap()
        };
        let needs = |group, permission| Some(GoogleAccess::new(None).permission(group, permission));
        assert_eq!(check(with(&[info]), needs(GROUP, info)), "passed");
        assert_eq!(check(with(&[key, info]), needs(GROUP, key)), "passed");
        insta::assert_snapshot!(check(with(&[info]), needs(GROUP, key)), @"permission: CRYPTO_SPACE_GET_PUBLIC_KEY is not among the permissions in the group 00000000-0000-0000-0000-000000000007");
        insta::assert_snapshot!(check(with(&[]), needs(GROUP, info)), @"permission: CRYPTO_SPACE_GET_INFO is not among the permissions in the group 00000000-0000-0000-0000-000000000007");
        insta::assert_snapshot!(check(with(&[info]), needs(Uuid::from_u128(8), info)), @"permission: CRYPTO_SPACE_GET_INFO is needed in the group 00000000-0000-0000-0000-000000000008, in which there are no permissions");
        assert!(check(GoogleServiceAccount::default(), needs(GROUP, info)).starts_with("permission: "));
        // No permission is asked for.
        assert_eq!(check(with(&[]), None), "passed");
    }

    /// What is wrong first is told first, and both must be right.
    #[test]
    fn reason_comes_before_permission() {
        let access = GoogleAccess::new(None).permission(GROUP, GroupPermission::CryptoSpaceGetInfo);
        assert!(check(with_policy(&[], false), Some(access)).starts_with("access_reason: "));
        assert!(check(with_policy(&[], true), Some(access)).starts_with("permission: "));
    }
}
