//! Reading `googleserviceaccount`.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::super::Failure;
use super::super::fields::{Fields, elements_of, text_of, uuid, wrong_type};
use crate::api::json::Value;
use crate::model::{AccessReason, AccessReasonPolicy, GoogleServiceAccount, GroupPermission, Invalid};

pub(super) fn read(mut fields: Fields) -> Result<GoogleServiceAccount, Failure> {
    let path = fields.path_of("access_reason_policy");
    let policy = fields.take("access_reason_policy")?.map(|value| policy(Fields::of(path, value)?)).transpose()?;
    let path = fields.path_of("groups");
    let groups = fields.take("groups")?.map(|value| groups(&path, value)).transpose()?;
    Ok(GoogleServiceAccount::new(policy, groups)?)
}

fn policy(mut fields: Fields) -> Result<AccessReasonPolicy, Failure> {
    let mut allow = BTreeSet::new();
    for (path, value) in fields.needed_array("allow", "an array of strings")? {
        let reason = named(&path, value, AccessReason::ALL, AccessReason::as_str)?;
        if !allow.insert(reason) {
            return Err(Failure::invalid(format!("{path} is {} once more, allowed is once", reason.as_str())));
        }
    }
    let Some(allow_missing_reason) = fields.boolean("allow_missing_reason")? else {
        let path = fields.path_of("allow_missing_reason");
        return Err(Failure::invalid(format!("{path} is missing, a boolean is needed")));
    };
    Ok(AccessReasonPolicy::new(allow, allow_missing_reason))
}

fn groups(path: &str, value: Value) -> Result<BTreeMap<Uuid, BTreeSet<GroupPermission>>, Failure> {
    let mut groups = BTreeMap::new();
    for (name, value) in Fields::of(path.into(), value)?.into_members() {
        let group = uuid(&format!("a name in {path}"), &name)?;
        let path = format!("{path}.{group}");
        let permissions = match value {
            Value::Twice => return Err(wrong_type(&path, &value, "")),
            value => elements_of(&path, value, "an array of strings")?.into_iter(),
        };
        let named = |(path, value): (String, _)| named(&path, value, GroupPermission::ALL, GroupPermission::as_str);
        if groups.insert(group, permissions.map(named).collect::<Result<_, _>>()?).is_some() {
            return Err(wrong_type(&path, &Value::Twice, ""));
        }
    }
    Ok(groups)
}

fn named<T: Copy>(path: &str, value: Value, all: &[T], name: fn(T) -> &'static str) -> Result<T, Failure> {
    let text = text_of(path, value)?;
    all.iter().copied().find(|value| name(*value) == text).ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|value| name(*value)).collect();
        Failure::invalid(format!("{path} is {}, allowed are {}", Invalid::quote(&text), names.join(", ")))
    })
}
