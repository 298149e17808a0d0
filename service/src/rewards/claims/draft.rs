//! A claim on its way through the gate, in one batch with sales and payments: the reward as it stands, the
//! member, one of the stock, the payment, the claim and its voucher, all or nothing. There is no moment at
//! which points are gone and nothing was got for them.

use chrono::{DateTime, Utc};
use entity::amount::Points;
use entity::day::Day;
use entity::ids::{EntryId, MemberId, ProgrammeId, RewardClaimId, RewardId, VoucherId};
use entity::members::member;
use entity::rewards::definition::{Cost, Definition};
use entity::rewards::reward::RewardKind;
use entity::rewards::reward_claim::{self, ClaimStatus};
use entity::rewards::{pool_code, reward_claim_step, voucher};

use super::known::Known;
use super::price::{chosen, is_there, needs_judging, price_changed};
use super::shelves::{First, Got, Shelves, Wanted, stocks};
use crate::earning::decide::By;
use crate::error::{Error, Result};
use crate::lanes::Name;
use crate::ledger::Opened;
use crate::ledger::core::{Acceptance, Action, Command, Key, Receipt};
use crate::ledger::reason::{Cause, Supplied};
use crate::members::{MemberRef, Resolved, may_spend};
use crate::partners::Role;
use crate::refusal::{Code, Refusal};
use crate::rewards::Written;
use crate::rewards::rules;
use crate::rewards::vouchers::Minted;
use crate::tiers::begins;
use crate::tx::Tx;
use crate::writes::{Rows, Verdicts};

/// What a reward is to a member, as was read before: it needs what only other tables know.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    pub(super) version: i32,
    pub(super) is_eligible: bool,
    /// What each option costs.
    pub(super) prices: Vec<(String, Cost)>,
}

/// One member's claim.
#[derive(Clone)]
pub(crate) struct Claiming {
    pub(super) actor: String,
    pub(super) origin: String,
    pub(super) key: Key,
    pub(super) names: Vec<Name>,
    pub(super) member: MemberRef,
    pub(super) reward: RewardId,
    pub(super) price: Option<String>,
    pub(super) expected: Cost,
    pub(super) claim: RewardClaimId,
    pub(super) minted: Minted,
    pub(super) judged: Option<Judged>,
    pub(super) now: DateTime<Utc>,
}

/// A claim whose command is on its way through the gate.
pub(crate) struct Draft {
    /// What it will have made; none if it has to be judged anew.
    made: Option<Box<Making>>,
}

struct Making {
    row: reward_claim::Model,
    definition: Definition,
    voucher: Option<voucher::Model>,
    actor: String,
    place: usize,
    is_later: bool,
    is_first: bool,
    code: Option<pool_code::Model>,
}

/// What became of a claim.
pub(crate) enum Outcome {
    /// It was made.
    Made(Box<reward_claim::Model>),
    /// An earlier request with the same key had made it.
    Before(Receipt),
    /// What it was judged by has changed, or isn't known yet: judge it, and ask again.
    Again,
}

impl Claiming {
    /// Whom it is about.
    pub(crate) fn place(&self) -> Name {
        Name::of(&self.member)
    }

    /// Its key, and its member, whose limits count one claim after the other.
    pub(crate) fn names(&self) -> &[Name] {
        &self.names
    }

    /// Who claims.
    pub(crate) fn member(&self) -> &MemberRef {
        &self.member
    }

    /// What is to be done.
    pub(crate) fn draft(
        &self,
        by: By<'_>,
        (known, members): (&Known, &Resolved),
        commands: &mut Vec<Command>,
    ) -> Result<Draft> {
        let member = members
            .member(&self.member)
            .and_then(|member| may_spend(member.status).map(|()| member))?;
        let Some(written) = known.get(self.reward) else {
            return Err(Refusal::new(Code::RewardNotFound).at("rewardId").into());
        };
        is_there(&written.row, self.now).map_err(|refusal| refusal.at("rewardId"))?;
        let Some(price) = self.priced(written)? else { return Ok(Draft { made: None }) };
        let (code, cost) = price;
        if cost != self.expected {
            return Err(price_changed(by, cost).into());
        }
        let row = self.row(by, written, member, (code, cost));
        let acceptance = accepts(by, &row).map_err(|refusal| refusal.at("rewardId"))?;
        let voucher = (written.row.kind != RewardKind::Donation)
            .then(|| self.voucher(&row, written.version.definition.delivery.uses));
        let place = commands.len();
        let supply = supplied(by, &row, &written.version.definition)?;
        commands.push(self.command(&row, written, (acceptance, supply))?);
        let definition = written.version.definition.clone();
        let actor = self.actor.clone();
        let (is_later, is_first) = (false, false);
        let made =
            Making { row, definition, voucher, actor, place, is_later, is_first, code: None };
        Ok(Draft { made: Some(Box::new(made)) })
    }

    /// What the member pays by the option it chose; nothing where it has to be judged first.
    fn priced(&self, written: &Written) -> Result<Option<(String, Cost)>, Refusal> {
        let definition = &written.version.definition;
        let own = self.judged.as_ref().filter(|own| own.version == written.row.version);
        let prices: Vec<(String, Cost)> = match own {
            Some(own) if !own.is_eligible => {
                return Err(Refusal::new(Code::RewardNotForMember).at("rewardId"));
            }
            Some(own) => own.prices.clone(),
            None if needs_judging(definition) => return Ok(None),
            None => definition.prices.iter().map(|own| (own.code.clone(), own.cost)).collect(),
        };
        chosen(prices, self.price.as_deref()).map(Some)
    }

    fn row(
        &self,
        by: By<'_>,
        written: &Written,
        member: &member::Model,
        (price_code, cost): (String, Cost),
    ) -> reward_claim::Model {
        let day = Day::of(self.now, &by.programme.zone);
        let last = written.version.definition.delivery.valid_days.map(|days| day.plus(days));
        reward_claim::Model {
            programme_id: by.programme.id(),
            id: self.claim,
            reward_id: written.row.id,
            version: written.row.version,
            member_id: member.id,
            wallet_id: member.wallet_id,
            partner_id: written.row.partner_id,
            price_code,
            points: cost.points,
            money_minor: cost.money_minor,
            status: ClaimStatus::Fulfilled,
            entry_id: EntryId::at(self.now),
            reversal_id: None,
            day,
            claimed_at: self.now,
            expires_at: last.map(|last| begins(last.plus(1), by.programme.zone)),
            closed_at: None,
        }
    }

    fn voucher(&self, row: &reward_claim::Model, uses_max: i32) -> voucher::Model {
        voucher::Model {
            programme_id: row.programme_id,
            id: VoucherId::at(self.now),
            claim_id: row.id,
            partner_id: row.partner_id,
            code_hash: self.minted.hash.clone(),
            code_sealed: self.minted.sealed.clone(),
            pool_code_id: None,
            uses_max,
            uses: 0,
            expires_at: row.expires_at,
            issued_at: self.now,
        }
    }

    fn command(
        &self,
        row: &reward_claim::Model,
        written: &Written,
        (acceptance, supply): (Acceptance, Option<Supplied>),
    ) -> Result<Command> {
        let points = Points::new(row.points).map_err(Error::internal)?;
        let said = rules::wording(&written.version.definition, std::iter::empty());
        let title = said.map(|said| said.title.clone()).unwrap_or_default();
        Ok(Command {
            entry: row.entry_id,
            wallet: row.wallet_id,
            key: Some(self.key.clone()),
            actor: self.actor.clone(),
            origin: self.origin.clone(),
            partner: row.partner_id,
            store: None,
            purchase: None,
            occurred_at: self.now,
            recorded_at: self.now,
            is_history: false,
            cause: Cause::Claim { claim: row.id, title, supply },
            action: Action::Pay { points, acceptance },
        })
    }
}

impl Draft {
    /// What it takes from, unless it was made before.
    fn wanted(&self, opened: &Opened, commands: &[Command]) -> Option<Wanted<'_>> {
        let made = self.made.as_ref()?;
        let is_known = commands.get(made.place).is_some_and(|own| opened.is_known(own));
        (!is_known).then(|| made.wanted())
    }

    /// Whether there is one for it.
    pub(crate) fn decide(
        &mut self,
        shelves: &mut Shelves,
        opened: &Opened,
        commands: &mut [Command],
    ) {
        let Some(wanted) = self.wanted(opened, commands) else { return };
        let got = shelves.take(&wanted);
        let Some(made) = &mut self.made else { return };
        let Some(command) = commands.get_mut(made.place) else { return };
        let refusal = match got {
            Got::One { is_first, code } => {
                made.is_first = is_first;
                made.takes(code);
                return;
            }
            Got::No(refusal) => refusal,
            Got::Later => {
                made.is_later = true;
                Refusal::new(Code::RewardOutOfStock)
            }
        };
        command.action = Action::Refused(refusal);
    }

    /// The answer, once the gate has decided.
    pub(crate) fn finish(self, verdicts: &mut Verdicts, rows: &mut Rows) -> Result<Outcome> {
        let Some(made) = self.made else { return Ok(Outcome::Again) };
        let verdict = verdicts.next()?;
        if made.is_later {
            return Ok(Outcome::Again);
        }
        let receipt = verdict?;
        if receipt.is_replay {
            return Ok(Outcome::Before(receipt));
        }
        let Making { row, voucher, actor, is_first, definition, code, .. } = *made;
        rows.claimed.codes.extend(code);
        if is_first {
            let first = First { version: row.version, stock: definition.stock };
            rows.claimed.firsts.insert((row.reward_id, row.day), first);
        }
        for stock in stocks(row.reward_id, row.day) {
            *rows.claimed.stock.entry(stock).or_default() += 1;
        }
        let step = |place: i32, status: ClaimStatus| reward_claim_step::Model {
            programme_id: row.programme_id,
            claim_id: row.id,
            place,
            status,
            made_by: actor.clone(),
            note: None,
            made_at: row.claimed_at,
        };
        rows.claimed.steps.extend([step(1, ClaimStatus::Reserved), step(2, row.status)]);
        rows.claimed.vouchers.extend(voucher);
        rows.claimed.claims.push(row.clone());
        Ok(Outcome::Made(Box::new(row)))
    }
}

impl Making {
    /// Its voucher has a pool's code.
    fn takes(&mut self, code: Option<pool_code::Model>) {
        let (Some(code), Some(voucher)) = (code, &mut self.voucher) else { return };
        voucher.code_hash.clone_from(&code.code_hash);
        voucher.code_sealed.clone_from(&code.code_sealed);
        voucher.pool_code_id = Some(code.id);
        self.code = Some(pool_code::Model { claim_id: Some(self.row.id), ..code });
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            reward: self.row.reward_id,
            member: self.row.member_id,
            day: self.row.day,
            definition: &self.definition,
        }
    }
}

/// What these claims may take from; called once their wallets are locked.
pub(crate) async fn shelves<'a>(
    tx: &Tx,
    programme: ProgrammeId,
    drafts: impl Iterator<Item = &'a Draft>,
    (opened, commands): (&Opened, &[Command]),
) -> Result<Shelves> {
    let wanted: Vec<Wanted<'_>> =
        drafts.filter_map(|draft| draft.wanted(opened, commands)).collect();
    Shelves::read(tx, programme, &wanted).await
}

/// Whoever gets the points: the reward's partner at what its contract says, or the programme.
fn accepts(by: By<'_>, row: &reward_claim::Model) -> Result<Acceptance, Refusal> {
    let Some(partner) = row.partner_id else {
        return Ok(Acceptance { partner: None, price_micros: 0 });
    };
    by.directory.in_role(partner, Role::Accepts)?;
    let contract = by.directory.contract_at(partner, row.claimed_at)?;
    Ok(Acceptance { partner: Some(partner), price_micros: contract.acceptance_price_micros })
}

/// Who is owed what for delivering it.
fn supplied(
    by: By<'_>,
    row: &reward_claim::Model,
    definition: &Definition,
) -> Result<Option<Supplied>, Refusal> {
    let Some(supply) = definition.supply else { return Ok(None) };
    let unfit = |refusal: Refusal| refusal.at("rewardId");
    by.directory.in_role(supply.partner, Role::Supplies).map_err(unfit)?;
    by.directory.contract_at(supply.partner, row.claimed_at).map_err(unfit)?;
    let micros = 1_000_000 / by.programme.programme.currency.minor_per_unit();
    let cost_micros = supply.cost_minor.checked_mul(micros).ok_or(Refusal::new(Code::Overflow))?;
    Ok(Some(Supplied { partner: supply.partner, cost_micros }))
}

/// The names of a claim: no two of a member share a batch.
pub(super) fn names(key: &Key, member: MemberId) -> Vec<Name> {
    vec![Name::of(&key.identity()), Name::of(&("claims", member))]
}
