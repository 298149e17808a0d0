//! Members as clients see them: who they are to whom, their cards, wallet and household.

mod inputs;
mod mutation;
mod query;
mod types;

pub use inputs::MemberBy;
pub use mutation::MembersMutation;
pub use query::MembersQuery;
pub use types::{Card, Household, Member};
