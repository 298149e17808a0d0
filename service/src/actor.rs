//! Who asks: the first argument of every use case, which checks it in its first line.

use std::fmt;

use chrono::{DateTime, Utc};
use entity::ids::{ApiClientId, MemberId, OperatorId, PartnerId, ProgrammeId};

use crate::error::{Error, Result};

macro_rules! scopes {
    ($($variant:ident $name:literal $description:literal;)*) => {
        /// What a token may be used for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Scope {
            $(#[doc = $description] $variant,)*
        }

        impl Scope {
            /// All scopes.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// As RFC 6749 tokens spell it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The scope of that name.
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|scope| scope.name() == name)
            }
        }
    };
}

scopes! {
    PurchasesWrite "purchases:write" "Record, quote and return purchases.";
    PurchasesRead "purchases:read" "Read own purchases, live too.";
    PaymentsWrite "payments:write" "Hold, capture, release, pay and reverse.";
    MembersWrite "members:write" "Enrol members, link cards and customer numbers.";
    MembersRead "members:read" "Look up members.";
    ProgrammeWrite "programme:write" "Amend the programme.";
    PartnersWrite "partners:write" "Onboard partners, sign contracts, register clients.";
    LedgerAdjust "ledger:adjust" "Propose adjustments and write-offs.";
    LedgerApprove "ledger:approve" "Approve what another operator proposed.";
    PayoutsWrite "payouts:write" "Run and confirm payouts, and see their files.";
    TiersWrite "tiers:write" "Define tiers, grant and revoke them.";
    SettlementRead "settlement:read" "See cycles, statements, payments and disputes; a partner its own.";
    SettlementWrite "settlement:write" "Calculate and review cycles, record payments, resolve disputes.";
    SettlementApprove "settlement:approve" "Approve what another operator calculated.";
    DisputesWrite "disputes:write" "Dispute lines of own statements.";
    MembershipsWrite "memberships:write" "Define membership plans; report payments, cancellations and refunds.";
    Backfill "ledger:backfill" "Bring in history.";
    RulesWrite "rules:write" "Write earning rules and campaigns, define segments and event types.";
    RewardsWrite "rewards:write" "Write the catalogue of rewards; a partner its own.";
    EventsWrite "events:write" "Report what members do besides buying.";
}

/// What an API client can be given.
pub const PARTNER_SCOPES: &[Scope] = &[
    Scope::PurchasesWrite,
    Scope::PurchasesRead,
    Scope::PaymentsWrite,
    Scope::MembersWrite,
    Scope::MembersRead,
    Scope::EventsWrite,
    Scope::MembershipsWrite,
    Scope::RewardsWrite,
    Scope::SettlementRead,
    Scope::DisputesWrite,
];

/// The person or machine behind a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// Nobody we know.
    Anonymous,
    /// A member, in an app.
    Member(MemberId),
    /// A partner's API client.
    Partner(PartnerId, ApiClientId),
    /// A person who runs the programme.
    Operator(OperatorId),
    /// Florin's own background work.
    System,
}

/// Who asks, in which programme, with which scopes, through which request.
#[derive(Clone, Debug)]
pub struct Actor {
    programme: Option<ProgrammeId>,
    who: Who,
    scopes: Vec<Scope>,
    is_limited: bool,
    may_lag: bool,
    origin: String,
    expires_at: Option<DateTime<Utc>>,
}

impl Actor {
    /// Somebody without a token.
    pub fn anonymous() -> Self {
        Self {
            programme: None,
            who: Who::Anonymous,
            scopes: Vec::new(),
            is_limited: false,
            may_lag: false,
            origin: String::new(),
            expires_at: None,
        }
    }

    /// Somebody whose token said so, until it expires.
    pub fn new(
        programme: ProgrammeId,
        who: Who,
        scopes: Vec<Scope>,
        expires_at: DateTime<Utc>,
    ) -> Self {
        Self {
            programme: Some(programme),
            who,
            scopes,
            is_limited: false,
            may_lag: false,
            origin: String::new(),
            expires_at: Some(expires_at),
        }
    }

    /// Florin's own background work in a programme.
    pub fn system(programme: ProgrammeId) -> Self {
        Self {
            programme: Some(programme),
            who: Who::System,
            scopes: Scope::ALL.to_vec(),
            is_limited: false,
            may_lag: false,
            origin: "background".to_owned(),
            expires_at: None,
        }
    }

    /// The same, asking through the request with this id.
    #[must_use]
    pub fn through(mut self, origin: impl Into<String>) -> Self {
        self.origin = origin.into();
        self
    }

    /// The same with these of its scopes and no others, for as long as its partner is suspended.
    #[must_use]
    pub(crate) fn limited_to(mut self, scopes: &[Scope]) -> Self {
        let before = self.scopes.len();
        self.scopes.retain(|scope| scopes.contains(scope));
        self.is_limited = self.scopes.len() < before;
        self
    }

    /// The same, who may be shown what is a little old.
    #[must_use]
    pub(crate) fn with_leave_to_lag(self) -> Self {
        Self { may_lag: true, ..self }
    }

    /// Whether it may be shown what is a little old.
    pub fn may_lag(&self) -> bool {
        self.may_lag
    }

    /// Who it is.
    pub fn who(&self) -> Who {
        self.who
    }

    /// The request's id.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// When its token ends.
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.expires_at
    }

    /// Whether its token has the scope.
    pub fn has(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// The programme it belongs to.
    pub fn programme(&self) -> Result<ProgrammeId> {
        self.programme.ok_or(Error::Unauthenticated("a bearer token is needed"))
    }

    /// The programme and member, if it is one.
    pub fn member(&self) -> Result<(ProgrammeId, MemberId)> {
        let programme = self.programme()?;
        match self.who {
            Who::Member(member) => Ok((programme, member)),
            _ => Err(Error::Forbidden("only a member may do this".to_owned())),
        }
    }

    /// The programme and partner, if it is one whose token has the scope.
    pub fn partner(&self, scope: Scope) -> Result<(ProgrammeId, PartnerId)> {
        let programme = self.programme()?;
        match self.who {
            Who::Partner(partner, _) => self.with(scope).map(|()| (programme, partner)),
            _ => Err(Error::Forbidden("only a partner may do this".to_owned())),
        }
    }

    /// The programme and operator, if it is one whose token has the scope.
    pub fn operator(&self, scope: Scope) -> Result<(ProgrammeId, OperatorId)> {
        let programme = self.programme()?;
        match self.who {
            Who::Operator(operator) => self.with(scope).map(|()| (programme, operator)),
            _ => Err(Error::Forbidden("only an operator may do this".to_owned())),
        }
    }

    /// An error unless its token has the scope.
    pub fn with(&self, scope: Scope) -> Result<()> {
        if self.has(scope) {
            return Ok(());
        }
        let message = match self.is_limited {
            true => "the partner is suspended: it can take goods back and undo payments, no more"
                .to_owned(),
            false => format!("the token lacks the scope {}", scope.name()),
        };
        Err(Error::Forbidden(message))
    }
}

/// As the audit trail and the entries name it: `partner:ptn_…/cli_…`. Also the caller of an
/// idempotency key, so that two callers' keys never meet.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.who {
            Who::Anonymous => f.write_str("anonymous"),
            Who::Member(member) => write!(f, "member:{member}"),
            Who::Partner(partner, client) => write!(f, "partner:{partner}/{client}"),
            Who::Operator(operator) => write!(f, "operator:{operator}"),
            Who::System => f.write_str("system"),
        }
    }
}

impl Actor {
    /// Whose idempotency keys these are: a partner's clients share theirs, so that a second till
    /// server may repeat what the first one lost.
    pub fn caller(&self) -> String {
        match self.who {
            Who::Partner(partner, _) => format!("partner:{partner}"),
            _ => self.to_string(),
        }
    }
}
