//! Which pieces belong together: a private key, its public half, its certificate and the chain above it.

use super::open::{Checked, Piece};
use super::{Kind, Material, refuse};
use crate::codec::Hints;
use crate::crypto::{self, CheckedPublic};
use crate::error::Result;
use crate::model::{Algorithm, Certificates, Form, Structure};
use crate::x509::CertificateFacts;

/// The longest chain that is kept, the key's own certificate included.
const MOST_IN_CHAIN: usize = 16;
/// All chains together: each end of a chain gets its own copy of what is above it.
const MOST_CHAIN_BYTES: usize = 8 << 20;

struct Certificate {
    field: &'static str,
    form: Form,
    der: Box<[u8]>,
    facts: CertificateFacts,
    hints: Hints,
}

/// Puts pieces together to keys. Every private key is one, every secret is one. A public key or certificate goes to the
/// private key that it fits; what is left over is a key of its own when there is no private key, else it is a
/// certificate of a chain, or it does not belong there.
pub(in crate::keystore) fn group(pieces: Vec<Piece>) -> Result<Vec<Material>> {
    let mut keys: Vec<Material> = Vec::new();
    let mut publics = Vec::new();
    let mut certificates = Vec::new();
    for Piece { field, form, content, hints } in pieces {
        let kind = match content {
            Checked::Private(key, public) => Kind::Private(key, public),
            Checked::Secret(secret) => Kind::Secret(secret),
            Checked::Public(public) => {
                publics.push((field, form, public, hints));
                continue;
            }
            Checked::Certificate(der, facts) => {
                certificates.push(Certificate { field, form, der, facts, hints });
                continue;
            }
        };
        // The same key once more, as some tools write it in two forms.
        let twice = kind.public().is_some_and(|public| with_key(&mut keys, public).is_some());
        if is_set(form) || !twice {
            keys.push(Material::new(field, form, kind, hints));
        }
    }
    let private_keys = keys.iter().filter(|key| key.kind.public().is_some()).count();
    for (field, form, public, hints) in publics {
        if !is_set(form) && with_key(&mut keys, &public).is_some() {
            continue;
        }
        if !is_set(form) && private_keys == 1 {
            return Err(refuse(field, "the public key is not that of the private key"));
        }
        keys.push(Material::new(field, form, Kind::Public(public), hints));
    }
    pass_over_other_algorithms(&mut keys);
    take_inner_certificates(&mut keys)?;
    take_certificates(&mut keys, certificates)?;
    Ok(keys)
}

impl Material {
    fn new(field: &'static str, form: Form, kind: Kind, hints: Hints) -> Self {
        Self { field, form, kind, certificates: None, facts: None, hints }
    }
}

/// Each member of a set is a key of its own.
fn is_set(form: Form) -> bool {
    form.structure == Structure::Jwks
}

fn with_key<'a>(keys: &'a mut [Material], public: &CheckedPublic) -> Option<&'a mut Material> {
    keys.iter_mut().find(|key| key.kind.public().is_some_and(|own| own.spki == public.spki))
}

/// Members of a set that are for something else than signatures, as RSA-OAEP keys are, belong to others (RFC 7517, section
/// 5). When none is left, the refusal says why.
fn pass_over_other_algorithms(keys: &mut Vec<Material>) {
    let for_signatures =
        |key: &Material| key.hints.algorithm.as_deref().is_none_or(|alg| Algorithm::parse(alg).is_ok());
    if keys.iter().any(for_signatures) {
        keys.retain(|key| !is_set(key.form) || for_signatures(key));
    }
}

/// The certificates that a JWK brings along in `x5c`, leaf first.
fn take_inner_certificates(keys: &mut [Material]) -> Result<()> {
    for material in keys {
        let field = material.field;
        let ders = std::mem::take(&mut material.hints.certificates);
        let Some(first) = ders.first() else { continue };
        if ders.len() > MOST_IN_CHAIN {
            return Err(refuse(field, format!("x5c has {} certificates, at most {MOST_IN_CHAIN}", ders.len())));
        }
        let facts = CertificateFacts::read(first).map_err(|error| refuse(field, format!("x5c: {error}")))?;
        let own = crypto::check_public(&facts.spki)
            .is_ok_and(|public| material.kind.public().is_some_and(|key| key.spki == public.spki));
        if !own {
            return Err(refuse(field, "the first certificate of x5c is for another key"));
        }
        for der in ders.iter().skip(1) {
            CertificateFacts::read(der).map_err(|error| refuse(field, format!("x5c: {error}")))?;
        }
        if let Some(name) = other_thumbprint(&material.hints, first) {
            return Err(refuse(field, format!("{name} is not the thumbprint of the first certificate of x5c")));
        }
        material.certificates = Certificates::new(ders.concat());
        material.facts = Some(facts);
    }
    Ok(())
}

/// The thumbprint of a JWK that is another certificate's.
fn other_thumbprint(Hints { x5t, x5t_s256, .. }: &Hints, certificate: &[u8]) -> Option<&'static str> {
    if x5t.is_some_and(|x5t| x5t != crypto::sha1(certificate)) {
        return Some("x5t");
    }
    x5t_s256.is_some_and(|x5t| x5t != crypto::sha256(certificate)).then_some("x5t#S256")
}

/// Gives each certificate its place: a key's own, or one above it.
fn take_certificates(keys: &mut Vec<Material>, certificates: Vec<Certificate>) -> Result<()> {
    if certificates.is_empty() {
        return Ok(());
    }
    let publics: Vec<_> =
        certificates.iter().map(|certificate| crypto::check_public(&certificate.facts.spki)).collect();
    let mut leaves = Vec::new();
    // A store of secrets may hold certificates for other purposes.
    if keys.iter().all(|key| key.kind.public().is_none()) {
        // Nobody else's issuer: the ends of the chains.
        for (at, certificate) in certificates.iter().enumerate() {
            let is_above = certificates.iter().enumerate().any(|(other, below)| {
                other != at && below.facts.is_issued_by(&certificate.facts) && !below.facts.is_self_issued()
            });
            let seen = leaves
                .iter()
                .any(|(seen, _): &(usize, _)| certificates.get(*seen).is_some_and(|seen| seen.der == certificate.der));
            if !is_above && !seen {
                leaves.push((at, None));
            }
        }
        if let (true, Some(first)) = (leaves.is_empty(), certificates.first()) {
            return Err(refuse(first.field, "each of its certificates is issued by another of them"));
        }
    } else {
        for (place, key) in keys.iter().enumerate() {
            let own = publics.iter().position(|public| {
                let spki = public.as_ref().ok().map(|public| &public.spki);
                spki.is_some() && spki == key.kind.public().map(|own| &own.spki)
            });
            leaves.extend(own.map(|at| (at, Some(place))));
        }
        if let (true, Some(first)) = (leaves.is_empty(), certificates.first()) {
            let message = if certificates.len() == 1 {
                "the certificate is for another key than the one it came with"
            } else {
                "none of the certificates is for the key that they came with"
            };
            return Err(refuse(first.field, message));
        }
    }
    let ways: Vec<_> = leaves.iter().map(|(at, _)| chain(&certificates, *at)).collect();
    refuse_strangers(&certificates, &ways)?;
    let mut chains = Vec::with_capacity(leaves.len());
    let mut len = 0;
    for ((at, _), way) in leaves.iter().zip(&ways) {
        let chain: Vec<u8> = members(&certificates, way).flat_map(|member| member.der.iter().copied()).collect();
        len += chain.len();
        if let (true, Some(leaf)) = (len > MOST_CHAIN_BYTES, certificates.get(*at)) {
            let message = format!("the chains of its {} keys are more than {MOST_CHAIN_BYTES} bytes", leaves.len());
            return Err(refuse(leaf.field, message));
        }
        chains.push(chain);
    }
    let mut publics: Vec<_> = publics.into_iter().map(Some).collect();
    let mut taken: Vec<_> = certificates.into_iter().map(Some).collect();
    for ((at, place), chain) in leaves.into_iter().zip(chains) {
        let (Some(certificate), Some(public)) =
            (taken.get_mut(at).and_then(Option::take), publics.get_mut(at).and_then(Option::take))
        else {
            continue;
        };
        let Certificate { field, form, facts, hints, der } = certificate;
        match place.and_then(|place| keys.get_mut(place)) {
            Some(key) => {
                if let Some(name) = other_thumbprint(&key.hints, &der) {
                    return Err(refuse(field, format!("the key's {name} is not the thumbprint of its certificate")));
                }
                key.certificates = Certificates::new(chain);
                key.facts = Some(facts);
            }
            None => {
                let public = public.map_err(|error| super::crypto_failed(field, error))?;
                let mut material = Material::new(field, form, Kind::Public(public), hints);
                material.certificates = Certificates::new(chain);
                material.facts = Some(facts);
                keys.push(material);
            }
        }
    }
    Ok(())
}

/// What somebody handed over as a key's certificates is all of it the key's or above it. A file of several things may hold
/// others.
fn refuse_strangers(certificates: &[Certificate], ways: &[Vec<usize>]) -> Result<()> {
    let kept = |der: &[u8]| ways.iter().any(|way| members(certificates, way).any(|member| *member.der == *der));
    let mut strangers = certificates.iter().filter(|other| other.field == "certificate" && !kept(&other.der));
    match (strangers.next(), strangers.count()) {
        (None, _) => Ok(()),
        (Some(first), others) => {
            let message = format!("{} of its certificates are neither the key's nor above it", others + 1);
            Err(refuse(first.field, message))
        }
    }
}

fn members<'a>(certificates: &'a [Certificate], way: &'a [usize]) -> impl Iterator<Item = &'a Certificate> {
    way.iter().filter_map(|at| certificates.get(*at))
}

/// The certificate at `leaf` and, one behind the other, those that issued it.
fn chain(certificates: &[Certificate], leaf: usize) -> Vec<usize> {
    let mut way = Vec::new();
    let mut next = Some(leaf);
    while let Some((at, certificate)) = next.and_then(|at| Some((at, certificates.get(at)?))) {
        way.push(at);
        next = certificates.iter().enumerate().find_map(|(above, other)| {
            let fits = !certificate.facts.is_self_issued() && certificate.facts.is_issued_by(&other.facts);
            (fits && !way.contains(&above) && way.len() < MOST_IN_CHAIN).then_some(above)
        });
    }
    way
}
