//! The calls about rings.

use std::time::Duration;

use base64ct::{Base64, Encoding};
use jiff::Timestamp;
use keystead::{
    Algorithm, Due, KeySpec, KeyUse, Keystore, Kid, Ring, RingKey, RingName, RingPlan, RingState, Schedule,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::answer::{Answer, quoted};
use crate::native::{binary, parse};

/// Does a call, if it is one about rings; `now` is its time.
pub(crate) fn call(store: &Keystore, call: &str, body: &str, now: Timestamp) -> Option<Result<Answer, Answer>> {
    Some(match call {
        "rings" => list(store, body),
        "ring" => state(store, body),
        "ring.create" => create(store, body),
        "ring.rotate" => rotate(store, body),
        "ring.retire" => retire(store, body),
        "ring.revoke" => revoke(store, body),
        "ring.due" => due(store, body, now),
        "ring.apply_due" => apply_due(store, body, now),
        "ring.schedule" => schedule(store, body),
        "ring.keep" => keep(store, body),
        "ring.sign" => sign(store, body),
        "ring.verify" => verify(store, body),
        "ring.jwks" => jwks(store, body),
        "ring.delete" => delete(store, body),
        _ => return None,
    })
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// Seconds, with a fraction or without.
#[derive(Deserialize)]
struct Times {
    every: f64,
    publish: f64,
    grace: f64,
}

impl Times {
    fn read(self) -> Result<Schedule, Answer> {
        let seconds = |field: &str, seconds: f64| {
            Duration::try_from_secs_f64(seconds).map_err(|_| {
                Answer::invalid(format!("schedule.{field} is {seconds:?} s, allowed is a time from 0 s on"))
            })
        };
        let (every, publish) = (seconds("every", self.every)?, seconds("publish", self.publish)?);
        Ok(Schedule::new(every, publish, seconds("grace", self.grace)?)?)
    }
}

fn ring(store: &Keystore, name: String) -> Result<Ring, Answer> {
    Ok(store.ring(&RingName::new(name)?)?)
}

fn named(store: &Keystore, body: &str) -> Result<Ring, Answer> {
    let Named { name } = parse(body)?;
    ring(store, name)
}

fn list(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    #[derive(Deserialize)]
    struct Nothing {}
    let Nothing {} = parse(body)?;
    let names: Vec<_> = store.rings()?.iter().map(|ring| ring.name().as_str().to_owned()).collect();
    Ok(Answer::ok(&json!({ "rings": names })))
}

fn state(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    Ok(shown(&named(store, body)?.state()?))
}

fn create(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    #[derive(Deserialize)]
    struct Body {
        name: String,
        algorithm: String,
        length: Option<u32>,
        common_name: Option<String>,
        key_use: Option<String>,
        exportable: Option<bool>,
        keep: Option<u16>,
        schedule: Option<Times>,
    }
    let body: Body = parse(body)?;
    let spec = KeySpec::new(body.algorithm.parse::<Algorithm>()?, body.length)?;
    let mut plan = RingPlan::new(RingName::new(body.name)?, spec).exportable(body.exportable.unwrap_or(false));
    if let Some(name) = body.common_name {
        plan = plan.common_name(RingName::new(name)?);
    }
    plan = match body.key_use.as_deref() {
        None | Some("signing") => plan,
        Some("encryption") => plan.key_use(KeyUse::Encryption),
        Some(other) => {
            return Err(Answer::invalid(format!("key_use is {}, allowed are signing and encryption", quoted(other))));
        }
    };
    if let Some(keep) = body.keep {
        plan = plan.keep(keep);
    }
    if let Some(times) = body.schedule {
        plan = plan.schedule(times.read()?);
    }
    Ok(shown(&store.create_ring(&plan)?.state()?))
}

fn rotate(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    #[derive(Deserialize)]
    struct Body {
        name: String,
        algorithm: Option<String>,
        length: Option<u32>,
    }
    let body: Body = parse(body)?;
    let ring = ring(store, body.name)?;
    Ok(shown(&match (body.algorithm, body.length) {
        (Some(algorithm), length) => ring.rotate_to(KeySpec::new(algorithm.parse::<Algorithm>()?, length)?)?,
        (None, None) => ring.rotate()?,
        (None, Some(_)) => return Err(Answer::invalid("length comes without algorithm, which it belongs to")),
    }))
}

fn retire(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    Ok(shown(&named(store, body)?.retire_previous()?))
}

fn revoke(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    #[derive(Deserialize)]
    struct Body {
        name: String,
        kid: String,
    }
    let Body { name, kid } = parse(body)?;
    Ok(shown(&ring(store, name)?.revoke(&Kid::new(kid)?)?))
}

fn due(store: &Keystore, body: &str, now: Timestamp) -> Result<Answer, Answer> {
    #[derive(Deserialize)]
    struct Body {
        name: String,
        at: Option<Timestamp>,
    }
    let Body { name, at } = parse(body)?;
    let state = ring(store, name)?.state()?;
    Ok(Answer::ok(&json!({ "due": dues(&state.due(at.unwrap_or(now))), "next_due": state.next_due() })))
}

fn apply_due(store: &Keystore, body: &str, now: Timestamp) -> Result<Answer, Answer> {
    Ok(Answer::ok(&json!({ "done": dues(&named(store, body)?.apply_due(now)?) })))
}

fn schedule(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    #[derive(Deserialize)]
    struct Body {
        name: String,
        // Whoever leaves it out has not said that there shall be none.
        schedule: Value,
    }
    let Body { name, schedule } = parse(body)?;
    let times: Option<Times> =
        serde_json::from_value(schedule).map_err(|error| Answer::invalid(format!("body, field schedule: {error}")))?;
    let schedule = times.map(Times::read).transpose()?;
    Ok(shown(&ring(store, name)?.set_schedule(schedule)?))
}

fn keep(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    #[derive(Deserialize)]
    struct Body {
        name: String,
        keep: u16,
    }
    let Body { name, keep } = parse(body)?;
    Ok(shown(&ring(store, name)?.set_keep(keep)?))
}

fn sign(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    #[derive(Deserialize)]
    struct Body {
        name: String,
        data: String,
    }
    let Body { name, data } = parse(body)?;
    let signed = ring(store, name)?.signer()?.sign(&binary("data", &data)?)?;
    let signature = Base64::encode_string(signed.signature.as_bytes());
    Ok(Answer::ok(&json!({ "kid": signed.kid.as_str(), "signature": signature })))
}

fn verify(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    #[derive(Deserialize)]
    struct Body {
        name: String,
        kid: String,
        data: String,
        signature: String,
    }
    let Body { name, kid, data, signature } = parse(body)?;
    let (data, signature) = (binary("data", &data)?, binary("signature", &signature)?);
    let valid = ring(store, name)?.verify(&Kid::new(kid)?, &data, &signature)?;
    Ok(Answer::ok(&json!({ "valid": valid })))
}

fn jwks(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    match RawValue::from_string(named(store, body)?.jwks()?) {
        Ok(set) => Ok(Answer::ok(&set)),
        Err(error) => Err(Answer::invalid(error)),
    }
}

fn delete(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    named(store, body)?.delete()?;
    Ok(Answer::ok(&json!({})))
}

fn shown(state: &RingState) -> Answer {
    let key = |ring_key: &RingKey| {
        let key = ring_key.key();
        json!({
            "kid": key.kid().as_str(),
            "id": key.id().to_string(),
            "algorithm": key.algorithm().map(Algorithm::name),
            "length": key.bits(),
            "place": ring_key.place().name(),
            "published_at": ring_key.published_at(),
            "current_since": ring_key.current_since(),
            "replaced_at": ring_key.replaced_at(),
            "ended_at": ring_key.ended_at(),
        })
    };
    let schedule = state.schedule().map(|schedule| {
        let seconds = [schedule.every(), schedule.publish(), schedule.grace()].map(|time| time.as_secs_f64());
        json!({ "every": seconds[0], "publish": seconds[1], "grace": seconds[2] })
    });
    Answer::ok(&json!({
        "name": state.name().as_str(),
        "common_name": state.common_name().as_str(),
        "key_use": state.key_use().name(),
        "algorithm": state.spec().algorithm().name(),
        "length": state.spec().bits(),
        "exportable": state.is_exportable(),
        "created_at": state.created_at(),
        "schedule": schedule,
        "next_due": state.next_due(),
        "keep": state.keep(),
        "keys": state.keys().map(key).collect::<Vec<_>>(),
    }))
}

fn dues(dues: &[Due]) -> Vec<Value> {
    let shown = |due: &Due| {
        let what = match due {
            Due::RetirePrevious { .. } => "retire_previous",
            Due::Rotate { .. } => "rotate",
            _ => "unknown",
        };
        json!({ "due": what, "since": due.since() })
    };
    dues.iter().map(shown).collect()
}
