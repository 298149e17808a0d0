//! Whom rules are for: segments, and what is kept of a member by name.

use std::collections::BTreeSet;

use entity::earning::member_profile::{self as profile, Texts};
use entity::earning::{segment, segment_member};
use entity::ids::{MemberId, ProgrammeId};
use entity::members::member;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};

use super::Earning;
use crate::actor::{Actor, Scope, Who};
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::refusal::{Code, Refusal};
use crate::rows::{find_among, insert_all};
use crate::text;
use crate::tx::{Tx, retrying};

/// The most members that one request puts into a segment or takes out.
pub const MEMBERS_MAX: usize = 1000;
/// The most segments of a programme, and names of a member's attributes.
const NAMES_MAX: usize = 500;
const ATTRIBUTES_MAX: usize = 50;

/// What rules may know of a member; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// Month and day of birth; none forgets them.
    pub birthday: Option<Option<(i32, i32)>>,
    /// Texts by name; a name without a text is forgotten.
    pub attributes: Vec<(String, Option<String>)>,
}

impl Earning {
    /// Names a segment. To name it again changes its name.
    pub async fn define_segment(
        &self,
        actor: &Actor,
        code: &str,
        name: &str,
    ) -> Result<segment::Model> {
        let (programme, _) = actor.operator(Scope::RulesWrite)?;
        let at = self.clock.now();
        let (code, name) = (text::code(code)?, text::name(name)?);
        retrying(|| async {
            let tx = self.ask.db.begin().await?;
            let all = segment::Entity::find().filter(segment::Column::ProgrammeId.eq(programme));
            let all = all.all(tx.connection()).await?;
            let before = all.iter().find(|row| row.code == code);
            let row = segment::Model {
                programme_id: programme,
                code: code.clone(),
                name: name.clone(),
                created_at: before.map_or(at, |row| row.created_at),
            };
            if before == Some(&row) {
                return Ok(row);
            }
            let change = row.clone().into_active_model();
            if before.is_some() {
                change.reset_all().update(tx.connection()).await?;
            } else if all.len() < NAMES_MAX {
                change.insert(tx.connection()).await?;
            } else {
                let message = format!("A programme has at most {NAMES_MAX} segments.");
                return Err(Refusal::new(Code::ValueOutOfRange).because(message).at("code").into());
            }
            let after = serde_json::json!({ "name": row.name });
            let subject = row.code.clone();
            let change =
                Change { action: "segment.defined", subject, before: None, after: Some(&after) };
            audit::append(&tx, actor, programme, at, change).await?;
            tx.commit(row).await
        })
        .await
    }

    /// Puts members into a segment and takes others out; says how many it changed. Doing it again changes
    /// nothing.
    pub async fn assign_segment(
        &self,
        actor: &Actor,
        code: &str,
        (add, remove): (&[MemberId], &[MemberId]),
    ) -> Result<u64> {
        let (programme, _) = actor.operator(Scope::RulesWrite)?;
        if add.len() + remove.len() > MEMBERS_MAX {
            let message = format!("a request has at most {MEMBERS_MAX} members");
            return Err(Error::bad_input("memberIds", message));
        }
        retrying(|| async {
            let tx = self.ask.db.begin().await?;
            let segment = segment::Entity::find_by_id((programme, code.to_owned()));
            if segment.one(tx.connection()).await?.is_none() {
                return Err(Refusal::new(Code::SegmentNotFound).at("segmentCode").into());
            }
            are_members(&tx, programme, (add, "add")).await?;
            let removed = segment_member::Entity::delete_many()
                .filter(segment_member::Column::ProgrammeId.eq(programme))
                .filter(segment_member::Column::SegmentCode.eq(code))
                .filter(segment_member::Column::MemberId.is_in(remove.iter().copied()))
                .exec(tx.connection())
                .await?
                .rows_affected;
            let rows = missing(&tx, programme, code, add).await?;
            insert_all::<segment_member::Entity>(&tx, &rows).await?;
            let added = u64::try_from(rows.len()).unwrap_or(u64::MAX);
            tx.commit(added + removed).await
        })
        .await
    }

    /// A programme's segments by code. For operators.
    pub async fn segments(&self, actor: &Actor) -> Result<Vec<segment::Model>> {
        let (programme, _) = actor.operator(Scope::RulesWrite)?;
        let query = segment::Entity::find()
            .filter(segment::Column::ProgrammeId.eq(programme))
            .order_by_asc(segment::Column::Code);
        Ok(query.all(self.ask.db.reader_for(actor)).await?)
    }

    /// Notes what rules may know of a member: the member itself its birthday, an operator everything.
    pub async fn note_profile(
        &self,
        actor: &Actor,
        member: MemberId,
        wish: Profile,
    ) -> Result<profile::Model> {
        let programme = may_note(actor, member, &wish)?;
        let wish = checked(wish)?;
        let at = self.clock.now();
        retrying(|| async {
            let tx = self.ask.db.begin().await?;
            are_members(&tx, programme, (&[member], "memberId")).await?;
            let before = profile::Entity::find_by_id((programme, member));
            let before = before.one(tx.connection()).await?;
            let row = noted(programme, member, before.as_ref(), &wish)?;
            let change = row.clone().into_active_model();
            if before.is_some() {
                change.reset_all().update(tx.connection()).await?;
            } else {
                change.insert(tx.connection()).await?;
            }
            // What is known of a person stays out of the trail: it can't be erased from there.
            let subject = member.to_string();
            let change = Change { action: "member.noted", subject, before: None, after: None };
            audit::append(&tx, actor, programme, at, change).await?;
            tx.commit(row).await
        })
        .await
    }
}

fn may_note(actor: &Actor, member: MemberId, wish: &Profile) -> Result<ProgrammeId> {
    if let Who::Member(own) = actor.who() {
        let programme = actor.programme()?;
        if own != member {
            return Err(Refusal::new(Code::MemberNotFound).at("memberId").into());
        }
        if !wish.attributes.is_empty() {
            return Err(Error::Forbidden("members note their birthday alone".to_owned()));
        }
        return Ok(programme);
    }
    Ok(actor.operator(Scope::MembersWrite)?.0)
}

fn checked(mut wish: Profile) -> Result<Profile, Refusal> {
    if let Some(Some((month, day))) = wish.birthday {
        let (m, d) = (u32::try_from(month).unwrap_or(0), u32::try_from(day).unwrap_or(0));
        // A leap year has them all.
        if chrono::NaiveDate::from_ymd_opt(2024, m, d).is_none() {
            let message = format!("There is no day {day} in month {month}.");
            return Err(Refusal::new(Code::ValueOutOfRange).because(message).at("birthday"));
        }
    }
    for (place, (name, value)) in wish.attributes.iter_mut().enumerate() {
        let at = |field: &str| format!("attributes.{place}.{field}");
        *name = text::code(name).map_err(|refusal| refusal.at(&at("name")))?;
        *value = text::clean_option(value.as_deref(), 200, Code::NameInvalid)
            .map_err(|refusal| refusal.at(&at("value")))?;
    }
    Ok(wish)
}

fn noted(
    programme: ProgrammeId,
    member: MemberId,
    before: Option<&profile::Model>,
    wish: &Profile,
) -> Result<profile::Model, Refusal> {
    let mut row = before.cloned().unwrap_or_else(|| profile::Model {
        programme_id: programme,
        member_id: member,
        birth_month: None,
        birth_day: None,
        attributes: Texts::default(),
    });
    if let Some(birthday) = wish.birthday {
        (row.birth_month, row.birth_day) = birthday.unzip();
    }
    for (name, value) in &wish.attributes {
        match value {
            Some(value) => drop(row.attributes.0.insert(name.clone(), value.clone())),
            None => drop(row.attributes.0.remove(name)),
        }
    }
    if row.attributes.0.len() > ATTRIBUTES_MAX {
        let message = format!("A member has at most {ATTRIBUTES_MAX} attributes.");
        return Err(Refusal::new(Code::ValueOutOfRange).because(message).at("attributes"));
    }
    Ok(row)
}

/// Refuses the first that is no member of the programme.
async fn are_members(
    tx: &Tx,
    programme: ProgrammeId,
    (ids, field): (&[MemberId], &str),
) -> Result<()> {
    let (column, all) = (member::Column::Id, ids.iter().map(|id| id.uuid()));
    let rows = find_among::<member::Entity, _>(tx.connection(), programme, column, all, "").await?;
    let known: BTreeSet<MemberId> = rows.into_iter().map(|row| row.id).collect();
    match ids.iter().position(|id| !known.contains(id)) {
        None => Ok(()),
        Some(_) if field == "memberId" => Err(Refusal::new(Code::MemberNotFound).at(field).into()),
        Some(place) => {
            Err(Refusal::new(Code::MemberNotFound).at(&format!("{field}.{place}")).into())
        }
    }
}

/// Those who aren't in the segment yet.
async fn missing(
    tx: &Tx,
    programme: ProgrammeId,
    code: &str,
    add: &[MemberId],
) -> Result<Vec<segment_member::Model>> {
    let (column, ids) = (segment_member::Column::MemberId, add.iter().map(|id| id.uuid()));
    let there =
        find_among::<segment_member::Entity, _>(tx.connection(), programme, column, ids, "")
            .await?;
    let there: BTreeSet<MemberId> =
        there.into_iter().filter(|row| row.segment_code == code).map(|row| row.member_id).collect();
    let add: BTreeSet<MemberId> = add.iter().copied().collect();
    let row = |member_id: &MemberId| segment_member::Model {
        programme_id: programme,
        member_id: *member_id,
        segment_code: code.to_owned(),
    };
    Ok(add.difference(&there).map(row).collect())
}
