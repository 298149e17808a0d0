//! The sink that counts: receipts into the purchases of a programme, as a partner would send them.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::TimeDelta;
use chrono_tz::Tz;
use entity::amount::Currency;
use entity::partners::partner;
use entity::programmes::programme;
use entity::purchases::purchase::{Channel, Line};
use service::members::{Enrol, MemberRef};
use service::partners::Directory;
use service::purchases::{Mode, Recorded};
use service::{Actor, Code, Error, Refusal, Services};
use tokio::sync::Mutex;

use super::line::{Item, Reason};
use super::receipts::Receipt;
use super::run::{Sink, Verdict};
use super::scopes::Scopes;

/// A programme's books, open for receipts.
pub(in crate::cli) struct Books<'services> {
    services: &'services Services,
    directory: Arc<Directory>,
    actor: Actor,
    currency: Currency,
    zone: Tz,
    mode: Mode,
    shift: TimeDelta,
    enrols: Option<fn(&str) -> bool>,
    enrolled: Mutex<HashSet<String>>,
}

impl<'services> Books<'services> {
    /// The books of a programme. What the files call a partner is its code.
    pub(in crate::cli) async fn open(
        services: &'services Services,
        programme: &programme::Model,
        mode: Mode,
    ) -> Result<Self, Error> {
        Ok(Self {
            services,
            directory: services.partners.directory(programme.id).await?,
            actor: Actor::system(programme.id).through("import"),
            currency: programme.currency,
            zone: programme.time_zone.parse().map_err(Error::internal)?,
            mode,
            shift: TimeDelta::zero(),
            enrols: None,
            enrolled: Mutex::default(),
        })
    }

    /// The same, with all dates moved.
    pub(in crate::cli) fn moved_by(self, shift: TimeDelta) -> Self {
        Self { shift, ..self }
    }

    /// The same, enrolling a member for each of the cards that nobody has yet.
    pub(in crate::cli) fn enrolling(self, which: fn(&str) -> bool) -> Self {
        Self { enrols: Some(which), ..self }
    }

    /// Enrols whoever these receipts are the first of.
    async fn enrol(&self, receipts: &[Receipt]) -> Result<(), Error> {
        let Some(enrols) = self.enrols else { return Ok(()) };
        let mut enrolled = self.enrolled.lock().await;
        for receipt in receipts {
            let card = &receipt.head.card_no;
            if card.is_empty() || !enrols(card) || !enrolled.insert(card.clone()) {
                continue;
            }
            let wish = Enrol { card_number: card.clone(), partner_reference: None };
            match self.services.members.enrol(&self.actor, wish).await {
                // What is wrong with the card, the receipt's own refusal says.
                Ok(_) | Err(Error::Refused(_)) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    /// The receipt as the use case takes it, or `None` for a partner that the programme hasn't.
    fn wish(&self, receipt: &Receipt) -> Option<service::purchases::Receipt> {
        let partner = self.directory.by_code(&receipt.key.partner)?;
        Some(service::purchases::Receipt {
            partner: partner.id,
            store_code: filled(&receipt.head.store_no),
            receipt_number: receipt.key.receipt_no.clone(),
            member: filled(&receipt.head.card_no).map(MemberRef::Card),
            channel: Channel::Store,
            occurred_at: receipt.head.occurred_at + self.shift,
            currency: self.currency,
            // A sum beyond i64 is no total either: the use case finds that the lines don't add up.
            total_minor: receipt
                .lines
                .iter()
                .fold(0, |total: i64, (_, item)| total.saturating_add(item.amount_minor)),
            lines: receipt.lines.iter().map(|(_, item)| line(item)).collect(),
            coupons: Vec::new(),
            coupon_minor: Vec::new(),
        })
    }
}

impl Sink for Books<'_> {
    fn scopes(&self) -> Scopes {
        let of = |partner: &partner::Model| (partner.code.clone(), partner.receipt_scope);
        Scopes::new(self.zone, self.directory.partners().map(of).collect())
    }

    async fn record(&self, receipts: &[Receipt]) -> Result<Vec<Verdict>, Error> {
        self.enrol(receipts).await?;
        let wishes: Vec<_> = receipts.iter().map(|receipt| self.wish(receipt)).collect();
        let known: Vec<_> = wishes.iter().flatten().cloned().collect();
        let mut answers = match known.is_empty() {
            true => Vec::new(),
            false => self.services.purchases.record_many(&self.actor, known, self.mode).await?,
        }
        .into_iter();
        let verdict = |wish: &Option<_>| match wish {
            None => Ok(refused(&Refusal::new(Code::PartnerNotFound).at("partner"))),
            Some(_) => answers
                .next()
                .map(told)
                .ok_or_else(|| Error::internal("a receipt without an answer")),
        };
        wishes.iter().map(verdict).collect()
    }
}

fn line(item: &Item) -> Line {
    Line {
        sku: item.sku.clone(),
        category: filled(&item.category),
        brand: filled(&item.brand),
        quantity: item.quantity,
        amount_minor: item.amount_minor,
        discount_minor: item.discount_minor,
    }
}

fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn told(answer: Result<Recorded, Refusal>) -> Verdict {
    match answer {
        Ok(recorded) if recorded.is_replay => Verdict::Replayed,
        Ok(_) => Verdict::Recorded,
        Err(refusal) => refused(&refusal),
    }
}

fn refused(refusal: &Refusal) -> Verdict {
    let message = match refusal.path.is_empty() {
        true => refusal.message.clone(),
        false => format!("{}: {}", refusal.path.join("."), refusal.message),
    };
    Verdict::Refused(Reason::new(refusal.code.name(), message))
}
