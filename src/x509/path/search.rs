//! Which paths there are.
//!
//! A certificate stands above another when its subject is the other's issuer and its key made the other's signature. Each
//! certificate is signed by one key, so that paths part only where one name and key has several certificates: of 16
//! there are a few hundred paths at most, where names alone would allow for millions.

use jiff::Timestamp;

use super::super::Certificate;
use super::super::name::FoldedName;
use super::anchor::Anchor;
use super::revocation::Revocation;
use super::rules::{self, IssuerFacts};
use super::signatures::Signatures;
use super::validate::{Candidate, Link};
use super::{PathError, PathProblem};

/// `webpki` goes no further.
const MOST_BETWEEN: usize = 6;
/// How many paths are validated that have the right signatures.
const MOST_PATHS: usize = 8;

pub(super) struct Search<'a> {
    anchors: &'a [Anchor],
    links: Vec<Link<'a>>,
    /// What stands above each of them, in the same order.
    above: Vec<Above>,
    now: Timestamp,
    signatures: &'a Signatures,
    revocation: Option<&'a Revocation<'a>>,
    tried: usize,
    /// What the path said that was nearest to be right.
    nearest: PathError,
}

/// What stands above a certificate, by places.
#[derive(Default)]
struct Above {
    anchors: Vec<usize>,
    links: Vec<usize>,
    /// The first certificate of the same name and key.
    same: usize,
}

/// How the search goes on.
enum Next {
    Found,
    GoOn,
    Stop,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        anchors: &'a [Anchor],
        chain: &'a [Certificate<'a>],
        now: Timestamp,
        signatures: &'a Signatures,
        revocation: Option<&'a Revocation<'a>>,
    ) -> Self {
        let link = |(place, certificate): (usize, &'a Certificate<'a>)| Link {
            place,
            certificate,
            issuer: FoldedName::read(certificate.issuer).ok(),
            subject: FoldedName::read(certificate.subject).ok(),
            facts: IssuerFacts::of_presented(certificate),
        };
        let links = chain.iter().enumerate().map(link).collect();
        let nearest = PathError::new(PathProblem::NoPath, "no path leads from the certificate to a trust anchor");
        Self { anchors, links, above: Vec::new(), now, signatures, revocation, tried: 0, nearest }
    }

    pub(super) fn run(mut self) -> Result<(), PathError> {
        let Some(client) = self.links.first() else { return Err(self.nearest) };
        rules::check_client(client.certificate, self.now).map_err(|fault| fault.of("certificate 0"))?;
        self.join();
        match self.climb(&mut vec![0]) {
            Next::Found => Ok(()),
            Next::GoOn | Next::Stop => Err(self.nearest),
        }
    }

    /// Finds what stands above the client's certificate, above that, and so on. Signatures are verified where a way leads.
    fn join(&mut self) {
        self.above = self.links.iter().map(|link| Above { same: self.first_like(link), ..Above::default() }).collect();
        let mut waiting = vec![0];
        let mut met = vec![false; self.links.len()];
        while let Some(at) = waiting.pop() {
            let (Some(link), Some(met_here)) = (self.links.get(at), met.get_mut(at)) else { continue };
            if std::mem::replace(met_here, true) {
                continue;
            }
            let is_named = |anchor: &Anchor| link.issuer.as_ref() == Some(&anchor.subject);
            let anchors = self.anchors.iter().enumerate();
            let anchors = anchors.filter(|(_, anchor)| is_named(anchor) && self.is_signed(link, &anchor.spki));
            let anchors = anchors.map(|(at, _)| at).collect();
            let issued = |above: &&Link<'_>| {
                above.certificate.subject == link.certificate.issuer && self.is_signed(link, above.certificate.spki)
            };
            // The first is the client's.
            let links: Vec<_> = self.links.iter().skip(1).filter(issued).map(|above| above.place).collect();
            waiting.extend_from_slice(&links);
            if let Some(above) = self.above.get_mut(at) {
                (above.anchors, above.links) = (anchors, links);
            }
        }
    }

    fn first_like(&self, link: &Link<'_>) -> usize {
        let like = |other: &Link<'_>| {
            other.certificate.subject == link.certificate.subject && other.certificate.spki == link.certificate.spki
        };
        self.links.iter().position(like).unwrap_or(link.place)
    }

    fn is_signed(&self, link: &Link<'_>, spki: &[u8]) -> bool {
        let Certificate { signature_algorithm, tbs, signature, .. } = link.certificate;
        self.signatures.verify(spki, signature_algorithm, tbs, signature)
    }

    /// Goes up from the last of `path`, by places in the chain.
    fn climb(&mut self, path: &mut Vec<usize>) -> Next {
        let Some(Above { anchors, links, .. }) = path.last().and_then(|at| self.above.get(*at)) else {
            return Next::GoOn;
        };
        let (anchors, links) = (anchors.clone(), links.clone());
        for anchor in anchors {
            match self.try_path(path, anchor) {
                Next::GoOn => {}
                end => return end,
            }
        }
        for at in links {
            let same = |at: &usize| self.above.get(*at).map(|above| above.same);
            if path.iter().any(|met| same(met) == same(&at)) {
                continue;
            }
            if let Some(Err(fault)) = self.links.get(at).map(|link| link.facts.check(self.now)) {
                self.note(fault.of(&format!("certificate {at}")));
                continue;
            }
            if path.len() > MOST_BETWEEN {
                let message =
                    format!("the path has more than {MOST_BETWEEN} CAs between the certificate and the anchor");
                self.note(PathError::new(PathProblem::NoPath, message));
                continue;
            }
            path.push(at);
            let next = self.climb(path);
            path.pop();
            match next {
                Next::GoOn => {}
                end => return end,
            }
        }
        Next::GoOn
    }

    fn note(&mut self, error: PathError) {
        if error.problem > self.nearest.problem || self.nearest.problem == PathProblem::NoPath {
            self.nearest = error;
        }
    }

    fn try_path(&mut self, path: &[usize], at: usize) -> Next {
        if self.tried == MOST_PATHS {
            let message = format!("more than {MOST_PATHS} paths lead to trust anchors, none of those tried is right");
            self.note(PathError::new(PathProblem::NoPath, message));
            return Next::Stop;
        }
        self.tried += 1;
        let Some(anchor) = self.anchors.get(at) else { return Next::GoOn };
        let links = path.iter().filter_map(|place| self.links.get(*place)).collect();
        let candidate = Candidate { links, anchor, anchor_place: at };
        match candidate.validate(self.now, self.revocation, self.signatures) {
            Ok(()) => Next::Found,
            Err(error) => {
                let next = if error.ends_search { Next::Stop } else { Next::GoOn };
                self.note(error);
                next
            }
        }
    }
}
