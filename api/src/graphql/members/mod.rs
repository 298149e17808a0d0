//! Members as clients see them: who they are to whom, their cards, wallet and household.

pub mod enrolment;
pub mod former;
pub mod inputs;
pub mod mutation;
pub mod query;
pub mod types;

pub use enrolment::EnrolmentMutation;
pub use inputs::MemberBy;
pub use mutation::MembersMutation;
pub use query::MembersQuery;
pub use types::{Card, Household, Member};
