//! What a decision goes by, gathered: the programme's settings, its partners with their contracts, its
//! rules. All of it is in memory, at most five seconds old.

use std::sync::Arc;

use entity::ids::{ProgrammeId, RuleId};

use super::catalogue::Catalogue;
use super::decide::By;
use super::ruleset::RuleSet;
use crate::db::Db;
use crate::error::Result;
use crate::partners::{Directory, Partners};
use crate::programmes::{Programmes, Rules};
use crate::tiers::{Set, Tiers};

/// Where it is gathered from. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Ask {
    pub(crate) db: Db,
    pub(crate) programmes: Arc<Programmes>,
    pub(crate) partners: Arc<Partners>,
    pub(crate) tiers: Arc<Tiers>,
    pub(crate) catalogue: Arc<Catalogue>,
}

/// What a programme's decisions go by for now.
#[derive(Clone)]
pub(crate) struct Terms {
    pub(crate) programme: Arc<Rules>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) rules: Arc<RuleSet>,
    /// The ladders that wallets climb.
    pub(crate) sets: Arc<Vec<Set>>,
    /// Whether members may pay for more points.
    pub(crate) has_plans: bool,
}

impl Ask {
    /// The programme's terms.
    pub(crate) async fn terms(&self, programme: ProgrammeId) -> Result<Terms> {
        Ok(Terms {
            programme: self.programmes.rules(programme).await?,
            directory: self.partners.directory(programme).await?,
            rules: self.catalogue.rules(&self.db, programme).await?,
            sets: self.tiers.sets(programme).await?,
            has_plans: self.catalogue.has_plans(&self.db, programme).await?,
        })
    }

    /// Sees to it that these versions are among the rules: a receipt may name one that another gateway
    /// has learnt of a moment ago.
    pub(crate) async fn cover(&self, terms: &mut Terms, named: &[(RuleId, i32)]) -> Result<()> {
        if !named.is_empty() {
            let programme = terms.programme.id();
            terms.rules = self.catalogue.with(&self.db, programme, named).await?;
        }
        Ok(())
    }
}

impl Terms {
    /// Borrowed, as decisions take them.
    pub(crate) fn by(&self) -> By<'_> {
        By {
            programme: &self.programme,
            directory: &self.directory,
            rules: &self.rules,
            sets: &self.sets,
            has_plans: self.has_plans,
        }
    }
}
