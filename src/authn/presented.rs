//! What an application presents.

use std::fmt;

use uuid::Uuid;

use crate::model::{AccessReason, AppId, GroupPermission};

/// Fetches a JWK set from a URL: the library itself has no network. An error is a text for people.
pub type FetchKeys<'a> = dyn Fn(&str) -> Result<Vec<u8>, String> + 'a;

/// What an application presents to be let in.
///
/// ```
/// use keystead::authn::Presented;
///
/// let presented = Presented::new().authorization("Basic NzgwZTFkNWI6aHVudGVyMg==");
/// assert_eq!(format!("{presented:?}"), "Presented(authorization)");
/// ```
#[derive(Clone, Default)]
pub struct Presented<'a> {
    pub(crate) app: Option<AppId>,
    pub(crate) authorization: Option<&'a str>,
    pub(crate) certificate_chain: Vec<&'a [u8]>,
    pub(crate) crls: Vec<&'a [u8]>,
    pub(crate) jwt: Option<&'a str>,
    pub(crate) audience: Option<&'a str>,
    pub(crate) fetch: Option<&'a FetchKeys<'a>>,
    pub(crate) request: Option<&'a SignedRequest>,
    pub(crate) google: Option<GoogleAccess>,
}

impl<'a> Presented<'a> {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The app that it says it is. An API key and the `sub` of a JWT say it too; where several do, they must agree.
    #[must_use]
    pub fn app(mut self, app: AppId) -> Self {
        self.app = Some(app);
        self
    }

    /// The value of the HTTP header `Authorization`, `Basic` with base64 of `app_id:secret`.
    #[must_use]
    pub fn authorization(mut self, value: &'a str) -> Self {
        self.authorization = Some(value);
        self
    }

    /// The certificates of the client, in DER, its own first. That it has the private key, TLS has proved.
    #[must_use]
    pub fn certificate_chain(mut self, chain: impl IntoIterator<Item = &'a [u8]>) -> Self {
        self.certificate_chain = chain.into_iter().collect();
        self
    }

    /// Certificate revocation lists in DER, in any order.
    #[must_use]
    pub fn crls(mut self, crls: impl IntoIterator<Item = &'a [u8]>) -> Self {
        self.crls = crls.into_iter().collect();
        self
    }

    /// A JWT in the compact form (RFC 7515, section 3.1).
    #[must_use]
    pub fn jwt(mut self, jwt: &'a str) -> Self {
        self.jwt = Some(jwt);
        self
    }

    /// Whom the JWT must be meant for: the `aud` must hold it.
    #[must_use]
    pub fn audience(mut self, audience: &'a str) -> Self {
        self.audience = Some(audience);
        self
    }

    /// Fetches the keys of an app whose credential names a URL.
    #[must_use]
    pub fn fetch(mut self, fetch: &'a FetchKeys<'a>) -> Self {
        self.fetch = Some(fetch);
        self
    }

    /// A request signed with AWS Signature Version 4.
    #[must_use]
    pub fn request(mut self, request: &'a SignedRequest) -> Self {
        self.request = Some(request);
        self
    }

    /// What Google asks for, and why.
    #[must_use]
    pub fn google(mut self, access: GoogleAccess) -> Self {
        self.google = Some(access);
        self
    }
}

impl fmt::Debug for Presented<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let there = [
            ("app", self.app.is_some()),
            ("authorization", self.authorization.is_some()),
            ("certificate_chain", !self.certificate_chain.is_empty()),
            ("crls", !self.crls.is_empty()),
            ("jwt", self.jwt.is_some()),
            ("audience", self.audience.is_some()),
            ("fetch", self.fetch.is_some()),
            ("request", self.request.is_some()),
            ("google", self.google.is_some()),
        ];
        let names: Vec<_> = there.into_iter().filter_map(|(name, there)| there.then_some(name)).collect();
        write!(f, "Presented({})", names.join(", "))
    }
}

/// An HTTP request as it came in.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedRequest {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl SignedRequest {
    /// A request by its method and its path, which stands as it came in, percent-encoding and all.
    #[must_use]
    pub fn new(method: impl Into<String>, path: impl Into<String>) -> Self {
        let (method, path) = (method.into(), path.into());
        Self { method, path, query: String::new(), headers: Vec::new(), body: Vec::new() }
    }

    /// What stands behind the `?`, as it came in.
    #[must_use]
    pub fn query(mut self, query: impl Into<String>) -> Self {
        self.query = query.into();
        self
    }

    /// One more header; a name may come more than once.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }
}

impl fmt::Debug for SignedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (headers, body) = (self.headers.len(), self.body.len());
        write!(f, "SignedRequest({} {}, {headers} headers, {body} bytes)", self.method, self.path)
    }
}

/// What Google asks for, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GoogleAccess {
    pub(crate) reason: Option<AccessReason>,
    pub(crate) permission: Option<(Uuid, GroupPermission)>,
}

impl GoogleAccess {
    /// A request, with the reason that it gives.
    #[must_use]
    pub fn new(reason: Option<AccessReason>) -> Self {
        Self { reason, permission: None }
    }

    /// What it needs in a group of keys.
    #[must_use]
    pub fn permission(mut self, group: Uuid, permission: GroupPermission) -> Self {
        self.permission = Some((group, permission));
        self
    }
}
