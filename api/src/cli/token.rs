//! `florin token`: a token for trying things out. Whoever has a shell here and the master key could
//! make one anyway; real callers get theirs at the gateway.

use std::process::ExitCode;

use chrono::{SecondsFormat, TimeDelta};
use clap::{Args, Subcommand};
use entity::ids::{ApiClientId, PartnerId};
use entity::programmes::programme;
use service::actor::PARTNER_SCOPES;
use service::auth::Issued;
use service::members::MemberRef;
use service::page::{PAGE_MAX, Window};
use service::partners::RegisterClient;
use service::{Actor, Code, Error, Refusal, Scope, Services, Who};

use super::{Failure, books};
use crate::config::{Site, Storage};

/// The operator and the API client in whose names this command acts.
const NAME: &str = "command line";

/// Print a token, for development
///
/// The last line is the token alone. It goes into the header `Authorization: Bearer TOKEN`, and in
/// GraphiQL into the headers.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  florin token operator
  florin token partner grocer
  TOKEN=$(florin token member H0900 | tail -n 1)")]
pub(super) struct Token {
    #[command(subcommand)]
    whose: Whose,
}

#[derive(Debug, Subcommand)]
enum Whose {
    /// For a person who runs the programme
    Operator {
        /// Who; made if there is none of that name
        #[arg(long, default_value = "operator")]
        name: String,
        #[command(flatten)]
        terms: Terms,
    },
    /// For a till of a partner
    Partner {
        /// The partner's code
        code: String,
        #[command(flatten)]
        terms: Terms,
    },
    /// For a member, as its app has one
    Member {
        /// One of the member's cards
        card: String,
        #[command(flatten)]
        terms: Terms,
    },
}

#[derive(Args, Debug)]
struct Terms {
    /// How long it holds, 1 to 1440
    #[arg(long, value_name = "MINUTES", default_value = "60", value_parser = clap::value_parser!(u16).range(1..=1440))]
    minutes: u16,
    /// The code of the programme; needed where there are several
    #[arg(long, value_name = "CODE")]
    programme: Option<String>,
    #[command(flatten)]
    storage: Storage,
    #[command(flatten)]
    site: Site,
}

impl Token {
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        let (Whose::Operator { terms, .. }
        | Whose::Partner { terms, .. }
        | Whose::Member { terms, .. }) = &self.whose;
        let services = books::open(&terms.storage, &terms.site).await?;
        let programme = books::programme(&services, terms.programme.as_deref()).await?;
        let life = TimeDelta::minutes(terms.minutes.into());
        let mint = Mint { services: &services, programme: &programme, life };
        let issued = match &self.whose {
            Whose::Operator { name, .. } => mint.operator(name).await?,
            Whose::Partner { code, .. } => mint.partner(code).await?,
            Whose::Member { card, .. } => mint.member(card).await?,
        };
        println!("good until {}", issued.expires_at.to_rfc3339_opts(SecondsFormat::Secs, true));
        println!("{}", issued.token);
        Ok(ExitCode::SUCCESS)
    }
}

/// Makes tokens in a programme.
pub(super) struct Mint<'services> {
    pub(super) services: &'services Services,
    pub(super) programme: &'services programme::Model,
    pub(super) life: TimeDelta,
}

impl Mint<'_> {
    /// For the operator of this name, with every scope.
    pub(super) async fn operator(&self, name: &str) -> Result<Issued, Error> {
        let operator = self.services.programmes.operator_named(self.programme.id, name).await?;
        self.issue(Who::Operator(operator.id), Scope::ALL).await
    }

    /// For a till of the partner with this code.
    pub(super) async fn partner(&self, code: &str) -> Result<Issued, Error> {
        let directory = self.services.partners.directory(self.programme.id).await?;
        let partner =
            directory.by_code(code).ok_or(Refusal::new(Code::PartnerNotFound).at("code"))?;
        let client = self.client(partner.id).await?;
        self.issue(Who::Partner(partner.id, client), PARTNER_SCOPES).await
    }

    /// For the member with this card.
    pub(super) async fn member(&self, card: &str) -> Result<Issued, Error> {
        let (system, card) = (Actor::system(self.programme.id), MemberRef::Card(card.to_owned()));
        let member = self.services.members.find(&system, card).await?;
        let member = member.ok_or(Refusal::new(Code::CardNotFound).at("card"))?;
        self.issue(Who::Member(member.id), &[]).await
    }

    /// The partner's client in whose name this command asks, registered when there is none yet.
    async fn client(&self, partner: PartnerId) -> Result<ApiClientId, Error> {
        let actor = self.acting().await?;
        let window = Window { limit: PAGE_MAX, after: None, before: None, is_backward: false };
        let known = self.services.partners.clients(&actor, partner, window).await?.items;
        let own = known.iter().find(|client| client.name == NAME && client.revoked_at.is_none());
        if let Some(own) = own {
            return Ok(own.id);
        }
        let scopes = PARTNER_SCOPES.iter().map(|scope| scope.name().to_owned()).collect();
        let wish = RegisterClient { partner, name: NAME.to_owned(), scopes };
        Ok(self.services.partners.register_client(&actor, wish).await?.client.id)
    }

    /// The operator that this command is, in the audit trail.
    async fn acting(&self) -> Result<Actor, Error> {
        let operator = self.services.programmes.operator_named(self.programme.id, NAME).await?;
        let until = self.services.clock.now() + self.life;
        Ok(Actor::new(self.programme.id, Who::Operator(operator.id), Scope::ALL.to_vec(), until))
    }

    async fn issue(&self, who: Who, scopes: &[Scope]) -> Result<Issued, Error> {
        let now = self.services.clock.now();
        self.services.auth.issue(self.programme.id, who, scopes.to_vec(), self.life, now).await
    }
}
