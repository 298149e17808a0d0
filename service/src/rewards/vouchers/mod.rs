//! Vouchers: what a member shows to have what it claimed, and what a till does with them.
//!
//! The code is the voucher: whoever has it may use it. So it is drawn, not counted up, kept as a hash and
//! sealed, and shown to its member alone. A wrong code, one of another partner and one that can't be a code
//! answer alike, and whoever tries many has to wait.

mod code;
mod held;
mod read;
mod redeem;
mod secret;

pub use self::redeem::{Redeem, Redeemed, Reserve};

pub(super) use self::secret::{Minted, pooled};
