//! Use cases. Knows the tables; knows nothing of GraphQL or HTTP.
//!
//! Every public use case takes the actor first and checks it in its first line.

pub mod activity;
pub mod actor;
mod audit;
pub mod auth;
pub mod background;
pub mod bank;
pub mod cashback;
pub mod clock;
pub mod coupons;
pub mod db;
pub mod earning;
pub mod error;
mod fresh;
pub mod hot;
mod keys;
mod lanes;
pub mod ledger;
pub mod live;
pub mod members;
pub mod memberships;
pub mod migrate;
mod outside;
pub mod page;
pub mod partners;
pub mod payments;
pub mod programmes;
pub mod proposals;
pub mod purchases;
pub mod reconciliation;
pub mod refusal;
pub mod replica;
pub mod rewards;
mod rows;
#[cfg(test)]
mod scratch;
mod seal;
mod sequencer;
pub mod settlement;
pub mod sheet;
pub mod text;
pub mod tiers;
mod tx;
mod writes;

use std::sync::Arc;

pub use actor::{Actor, Scope, Who};
pub use clock::Clock;
pub use db::{Db, Location};
pub use error::{Error, Result};
pub use refusal::{Code, Refusal};

use auth::Auth;
use cashback::Cashback;
use coupons::Coupons;
use earning::Earning;
use earning::ask::Ask;
use hot::HotStore;
use ledger::Ledger;
use live::Live;
use members::Members;
use memberships::Memberships;
use partners::Partners;
use payments::Payments;
use programmes::Programmes;
use proposals::Proposals;
use purchases::Purchases;
use reconciliation::Reconciliation;
use replica::Reads;
use rewards::Rewards;
use settlement::Settlement;
use tiers::Tiers;
use writes::Writes;

/// All use cases, one field a context. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    /// Programmes and their operators.
    pub programmes: Arc<Programmes>,
    /// What takes two operators.
    pub proposals: Arc<Proposals>,
    /// Partners, stores, contracts, API clients.
    pub partners: Arc<Partners>,
    /// Members, cards, households.
    pub members: Arc<Members>,
    /// Balances, history, transfers, adjustments.
    pub ledger: Arc<Ledger>,
    /// Rules, campaigns, events.
    pub earning: Arc<Earning>,
    /// Receipts.
    pub purchases: Arc<Purchases>,
    /// A partner's own record, compared with the books.
    pub reconciliation: Arc<Reconciliation>,
    /// Paying with points.
    pub payments: Arc<Payments>,
    /// Money back, and how it is paid out.
    pub cashback: Arc<Cashback>,
    /// Plans that members pay for, and who has.
    pub memberships: Arc<Memberships>,
    /// What points are spent on.
    pub rewards: Arc<Rewards>,
    /// What takes something off a sale.
    pub coupons: Arc<Coupons>,
    /// Ladders and where wallets stand.
    pub tiers: Arc<Tiers>,
    /// Who owes whom.
    pub settlement: Arc<Settlement>,
    /// Tokens and keys.
    pub auth: Arc<Auth>,
    /// Live updates.
    pub live: Arc<Live>,
    /// Who may read from the replica.
    pub reads: Reads,
    /// Disposable shared state.
    pub hot: Arc<dyn HotStore>,
    /// The time.
    pub clock: Clock,
    writes: Arc<Writes>,
    db: Db,
}

impl Services {
    /// All use cases over this database and shared state.
    pub fn new(db: Db, clock: Clock, hot: Arc<dyn HotStore>, auth: auth::Settings) -> Self {
        let programmes = Arc::new(Programmes::new(db.clone(), clock.clone()));
        let partners = Arc::new(Partners::new(db.clone(), clock.clone()));
        let members = Arc::new(Members::new(db.clone(), clock.clone()));
        let tiers = Arc::new(Tiers::new(db.clone(), clock.clone(), Arc::clone(&programmes)));
        let ask = Ask {
            db: db.clone(),
            tiers: Arc::clone(&tiers),
            programmes: Arc::clone(&programmes),
            partners: Arc::clone(&partners),
            catalogue: Arc::default(),
        };
        let writes = Arc::new(Writes::new(db.clone(), ask.clone()));
        let (p, q, w) =
            (|| Arc::clone(&programmes), || Arc::clone(&partners), || Arc::clone(&writes));
        let ledger = Arc::new(Ledger::new(db.clone(), clock.clone(), p(), w()));
        let l = Arc::clone(&ledger);
        let earning = Earning::new(clock.clone(), ask.clone(), w());
        let purchases = Arc::new(Purchases::new(db.clone(), clock.clone(), ask.clone(), l, w()));
        let reconciliation = Reconciliation {
            db: db.clone(),
            clock: clock.clone(),
            programmes: p(),
            partners: q(),
            purchases: Arc::clone(&purchases),
        };
        let key = auth.master_key.clone();
        let rewards = Rewards::new(clock.clone(), ask.clone(), w(), Arc::clone(&hot), key);
        let coupons = Coupons::new(clock.clone(), ask.clone());
        let proposals = Proposals::new(db.clone(), clock.clone(), ask);
        let payments = Payments::new(db.clone(), clock.clone(), p(), q(), w());
        let cashback = Cashback::new(db.clone(), clock.clone(), p(), auth.master_key.clone());
        Self {
            cashback: Arc::new(cashback),
            ledger,
            earning: Arc::new(earning),
            purchases,
            reconciliation: Arc::new(reconciliation),
            payments: Arc::new(payments),
            proposals: Arc::new(proposals),
            memberships: Arc::new(Memberships::new(db.clone(), clock.clone(), p())),
            rewards: Arc::new(rewards),
            coupons: Arc::new(coupons),
            tiers,
            settlement: Arc::new(Settlement::new(db.clone(), clock.clone(), p())),
            auth: Arc::new(Auth::new(db.clone(), Arc::clone(&hot), auth)),
            live: Arc::new(Live::new(db.clone(), Arc::clone(&members))),
            programmes,
            partners,
            members,
            reads: Reads::new(&db, &hot),
            hot,
            clock,
            writes,
            db,
        }
    }

    /// Says what the services count, for whoever collects it.
    pub fn describe_metrics() {
        lanes::measure::describe();
        replica::describe();
        settlement::credit::describe();
    }

    /// Whether requests can be served: the database answers.
    pub async fn ready(&self) -> Result<()> {
        self.db.ping().await
    }

    /// Settles what is due in every programme by now; says in how many wallets. A programme that fails
    /// holds up no other; the first failure is told when all had their turn.
    pub async fn settle_due(&self) -> Result<u64> {
        let (mut settled, mut failed) = (0, None);
        for programme in self.programmes.all().await? {
            match self.ledger.settle_due(programme.id, self.clock.now()).await {
                Ok(wallets) => settled += wallets,
                Err(error) => failed = failed.or(Some(error)),
            }
            match self.cashback.settle_due(programme.id, self.clock.now()).await {
                Ok(wallets) => settled += wallets,
                Err(error) => failed = failed.or(Some(error)),
            }
            match self.memberships.settle_due(programme.id).await {
                Ok(lapsed) => settled += lapsed,
                Err(error) => failed = failed.or(Some(error)),
            }
            match self.rewards.settle_due(programme.id).await {
                Ok(ended) => settled += ended,
                Err(error) => failed = failed.or(Some(error)),
            }
            match self.tiers.settle_due(programme.id).await {
                Ok(wallets) => settled += wallets,
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(settled), Err)
    }

    /// Has standings follow what was sequenced, a step a programme; says how many facts there were.
    pub async fn follow_tiers(&self) -> Result<u64> {
        let mut taken = 0;
        for programme in self.programmes.all().await? {
            taken += self.tiers.follow(programme.id).await?;
        }
        Ok(taken)
    }

    /// Has the money books follow what was sequenced, a step a programme; says how many facts there were.
    pub async fn follow_money(&self) -> Result<u64> {
        let mut taken = 0;
        for programme in self.programmes.all().await? {
            taken += self.settlement.follow(programme.id).await?;
        }
        Ok(taken)
    }

    /// Works out a cycle under other terms for who asked; says whether something was done.
    pub async fn advance_contract_simulations(&self) -> Result<bool> {
        let mut is_done = false;
        for programme in self.programmes.all().await? {
            is_done |= self.settlement.advance_simulation(programme.id).await?;
        }
        Ok(is_done)
    }

    /// Fills partners' credit anew from what they owe, where contracts say something about it; says for how many
    /// something had changed.
    pub async fn refill_credit(&self) -> Result<usize> {
        let mut changed = 0;
        for programme in self.programmes.all().await? {
            changed += self.settlement.refill_credit(programme.id).await?;
        }
        Ok(changed)
    }

    /// Goes on with cycles whose calculation was asked for; says whether something was done.
    pub async fn advance_cycles(&self) -> Result<bool> {
        let mut is_done = false;
        for programme in self.programmes.all().await? {
            is_done |= self.settlement.advance_calculation(programme.id).await?;
        }
        Ok(is_done)
    }

    /// Gives all committed facts their place in the sequence; says how many there were.
    pub async fn sequence(&self) -> Result<u64> {
        let mut moved = 0;
        loop {
            match sequencer::advance(&self.db).await? {
                0 => return Ok(moved),
                more => moved += more,
            }
        }
    }

    /// Moves each programme's checkpoint on, a step each; says how many facts there were in all.
    pub async fn advance_checkpoints(&self) -> Result<u64> {
        let mut taken = 0;
        for programme in self.programmes.all().await? {
            taken += ledger::checkpoints::advance(&self.db, programme.id).await?;
        }
        Ok(taken)
    }

    /// Waits for writes that are under way, and lets the database go.
    pub async fn close(self) -> Result<()> {
        self.writes.drain().await;
        self.db.close().await
    }
}
