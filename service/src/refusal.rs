//! What the domain says no with: one closed vocabulary of codes, each with what it means.
//!
//! A code is part of the schema: never renamed, never reused. A refusal writes nothing, so every
//! code here means *not applied*.

use std::fmt;

macro_rules! codes {
    ($($variant:ident $name:literal $description:literal;)*) => {
        /// Why a wish was refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $description] $variant,)*
        }

        impl Code {
            /// All codes, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code as clients see it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it means and what would be right.
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => $description,)* }
            }
        }
    };
}

codes! {
    AdjustmentAlreadyDecided "ADJUSTMENT_ALREADY_DECIDED" "The adjustment was approved or rejected before.";
    AdjustmentNotFound "ADJUSTMENT_NOT_FOUND" "No adjustment of this programme has that id.";
    AmountInvalid "AMOUNT_INVALID" "An amount of money is below zero, too large, or has more digits after the point than its currency.";
    ApiClientNotFound "API_CLIENT_NOT_FOUND" "The partner has no API client with that id, or it is revoked.";
    ApproverIsCalculator "APPROVER_IS_CALCULATOR" "Whoever calculated a cycle can't approve it; another operator can.";
    ApproverIsProposer "APPROVER_IS_PROPOSER" "Whoever proposed it can't approve it: a second operator must.";
    BackfillCycleClosed "BACKFILL_CYCLE_CLOSED" "The settlement cycle in which it occurred is calculated already: history can only come before.";
    BackfillOutOfOrder "BACKFILL_OUT_OF_ORDER" "History must come in the order of time; this happened before what the wallet holds already.";
    BankAccountMissing "BANK_ACCOUNT_MISSING" "There is no bank account to pay to; set one first.";
    BankStatementInvalid "BANK_STATEMENT_INVALID" "The file isn't a camt.053 statement of account that can be read; the message says where, and what would be right.";
    BankTransactionAlreadyDecided "BANK_TRANSACTION_ALREADY_DECIDED" "The bank transaction was booked or ignored before.";
    BankTransactionNotFound "BANK_TRANSACTION_NOT_FOUND" "No bank transaction of this programme has that id.";
    BankTransactionUnfit "BANK_TRANSACTION_UNFIT" "The bank transaction can't be a payment of that: it came back, went the other way, or is in another currency.";
    BenefitInvalid "BENEFIT_INVALID" "A percentage off has a share, an amount off and a gift card an amount, and nothing else has either.";
    BicInvalid "BIC_INVALID" "A BIC has 8 or 11 capital letters and digits, as ISO 9362 has it.";
    BudgetBelowGiven "BUDGET_BELOW_GIVEN" "A budget can't be less than what was given of it.";
    CalculationRuns "CALCULATION_RUNS" "The cycle is being calculated; wait until that is done.";
    CalculationStale "CALCULATION_STALE" "The cycle was calculated anew since, or what it rests on has changed; look at what it comes to now.";
    CampaignNotFound "CAMPAIGN_NOT_FOUND" "No campaign of this programme has that id.";
    CancellationTooLate "CANCELLATION_TOO_LATE" "The member can't give it back any more, or not by itself; the message says until when it could.";
    CaptureExceedsHold "CAPTURE_EXCEEDS_HOLD" "More was to be captured than the hold set aside.";
    CardBlocked "CARD_BLOCKED" "The card was blocked; the member's other cards still work.";
    CardNotFound "CARD_NOT_FOUND" "No member of this programme has that card.";
    CardNumberInvalid "CARD_NUMBER_INVALID" "A card number has 1 to 64 letters, digits, hyphens or dots.";
    CardTaken "CARD_TAKEN" "Another member has that card number; numbers never change hands.";
    CardsTooMany "CARDS_TOO_MANY" "A member has at most 10 cards.";
    ClaimLimitReached "CLAIM_LIMIT_REACHED" "The member has claimed as many of this reward as it gets in that period.";
    ClaimPeriodOver "CLAIM_PERIOD_OVER" "The programme's days for claiming this receipt are over.";
    CodeFileInvalid "CODE_FILE_INVALID" "A file of codes has one a line, 1 to 10,000 of them, of 4 to 64 characters each; the message says which line isn't.";
    CodeInvalid "CODE_INVALID" "A code has 1 to 64 lower-case letters, digits or hyphens and begins with a letter or digit.";
    CodePoolNotFound "CODE_POOL_NOT_FOUND" "No such code pool in this programme, or none that this caller may write.";
    CodePoolUnfit "CODE_POOL_UNFIT" "The reward can't have codes of that pool; the message says why.";
    CodeTaken "CODE_TAKEN" "The code is in use.";
    ConditionInvalid "CONDITION_INVALID" "A condition that can't be read, doesn't say yes or no, asks for what isn't there, or costs too much; the message says at which character.";
    ContractMissing "CONTRACT_MISSING" "The partner had no contract in force when this occurred.";
    ConversionNotOffered "CONVERSION_NOT_OFFERED" "The programme doesn't turn cashback into points.";
    CouponBatchReused "COUPON_BATCH_REUSED" "A batch of that name was made before with another number of codes.";
    CouponCodesInvalid "COUPON_CODES_INVALID" "The coupon isn't given out by single-use codes.";
    CouponEnded "COUPON_ENDED" "The coupon has ended, for good; write a new one.";
    CouponNotFound "COUPON_NOT_FOUND" "No such coupon in this programme, or none that this caller may write.";
    CouponScopeInvalid "COUPON_SCOPE_INVALID" "A coupon is about at most 20,000 articles and 1,000 categories with printable names, and a multiplier of points about the whole receipt.";
    CouponsTooMany "COUPONS_TOO_MANY" "A receipt names at most 10 coupons, each by 1 to 64 characters.";
    CreditorIdInvalid "CREDITOR_ID_INVALID" "Not a SEPA creditor identifier; the message tells whether its length, its beginning or its check digits are wrong.";
    CreditorIdMissing "CREDITOR_ID_MISSING" "The programme's settings don't say under which creditor identifier money is fetched.";
    CurrencyMismatch "CURRENCY_MISMATCH" "Amounts must be in the programme's settlement currency.";
    CurrencyUnknown "CURRENCY_UNKNOWN" "Not an ISO 4217 currency code.";
    CycleClosed "CYCLE_CLOSED" "The cycle is approved and never opened again; what is wrong with it is adjusted in the next.";
    CycleNotCalculated "CYCLE_NOT_CALCULATED" "The cycle isn't calculated yet.";
    CycleNotFound "CYCLE_NOT_FOUND" "No settlement cycle of this programme has that id.";
    CycleNotInReview "CYCLE_NOT_IN_REVIEW" "The cycle wasn't reviewed since it was calculated.";
    CycleNotNext "CYCLE_NOT_NEXT" "An earlier cycle isn't approved; each goes on from the one before it.";
    CycleRuns "CYCLE_RUNS" "The cycle hasn't ended yet.";
    DebtorMissing "DEBTOR_MISSING" "The programme's settings don't say from which account payouts are paid.";
    DisputeAlreadyResolved "DISPUTE_ALREADY_RESOLVED" "The dispute was accepted, rejected or withdrawn before.";
    DisputeEntryNotFound "DISPUTE_ENTRY_NOT_FOUND" "An entry that is named isn't behind that line of the statement.";
    DisputeExceedsLine "DISPUTE_EXCEEDS_LINE" "More is disputed than the line comes to, other disputes about it counted.";
    DisputeNotFound "DISPUTE_NOT_FOUND" "No such dispute, or none that this caller may see.";
    DisputeTooLate "DISPUTE_TOO_LATE" "The days in which the statement can be disputed are over.";
    EffectInvalid "EFFECT_INVALID" "The effect doesn't go with what the rule looks at, or says nothing; the message says why.";
    EventAttributeInvalid "EVENT_ATTRIBUTE_INVALID" "An event has the attributes that its type declares, of their kinds, and no others.";
    EventTypeInvalid "EVENT_TYPE_INVALID" "Attributes of an event type have different names, and never change; take another code.";
    EventTypeNotFound "EVENT_TYPE_NOT_FOUND" "No event type of that code is declared, or none that the caller may report.";
    FundingInvalid "FUNDING_INVALID" "A funding split names each funder once, each partner with a contract, and its shares sum to 10,000 basis points.";
    GroupMixed "GROUP_MIXED" "Rules of one stacking group all give points or all give money.";
    HoldAlreadyCaptured "HOLD_ALREADY_CAPTURED" "The hold was captured before; a hold is captured once.";
    HoldAlreadyReleased "HOLD_ALREADY_RELEASED" "The hold was released before.";
    HoldLapsed "HOLD_LAPSED" "The hold's time was over and its points went back.";
    HoldNotFound "HOLD_NOT_FOUND" "The partner has no hold with that id.";
    HouseholdNotEmpty "HOUSEHOLD_NOT_EMPTY" "The last member can't leave while the household's wallet holds points or cashback, or owes some.";
    HouseholdNotFound "HOUSEHOLD_NOT_FOUND" "No household of this programme has that id.";
    IbanInvalid "IBAN_INVALID" "Not an IBAN; the message tells whether its country, length, letters or check digits are wrong.";
    IdempotencyKeyInvalid "IDEMPOTENCY_KEY_INVALID" "An idempotency key has 1 to 255 printable characters.";
    IdempotencyKeyReused "IDEMPOTENCY_KEY_REUSED" "The key was used for another request; take a new key for a new wish.";
    IdentityProviderInvalid "IDENTITY_PROVIDER_INVALID" "Not an OpenID provider: its issuer is an https:// address without query whose /.well-known/openid-configuration names that issuer and its keys.";
    IdentityProviderNotFound "IDENTITY_PROVIDER_NOT_FOUND" "No identity provider of this programme has that id.";
    IdentityProviderTaken "IDENTITY_PROVIDER_TAKEN" "That issuer and audience are registered already.";
    IdentityProviderUnreachable "IDENTITY_PROVIDER_UNREACHABLE" "The OpenID provider doesn't answer as it should; nothing was done, try again later.";
    IdentityTokenInvalid "IDENTITY_TOKEN_INVALID" "Not an ID token of a provider that the programme trusts, or one that has ended: sign in anew.";
    InstructionNotFound "INSTRUCTION_NOT_FOUND" "Nothing is to be paid under that reference.";
    InsufficientCashback "INSUFFICIENT_CASHBACK" "The wallet has less available cashback than that.";
    InsufficientPoints "INSUFFICIENT_POINTS" "The wallet has fewer available points than that.";
    LanguageInvalid "LANGUAGE_INVALID" "A language is a tag of BCP 47 such as de or pt-BR; each is written once, the default among them.";
    LimitInvalid "LIMIT_INVALID" "A rule limits each period once, by a count or by points.";
    LineInvalid "LINE_INVALID" "A line's SKU, category or brand is empty, too long or has control characters.";
    LineNotFound "LINE_NOT_FOUND" "The receipt has no line at that place, or the return names it twice.";
    LinesMissing "LINES_MISSING" "A receipt has at least one line.";
    LinesTooMany "LINES_TOO_MANY" "A receipt has at most 1,000 lines.";
    MandateInvalid "MANDATE_INVALID" "A mandate's reference has 1 to 35 letters, digits and signs that every bank takes; it was signed between 1970 and today.";
    MemberAlreadyPooled "MEMBER_ALREADY_POOLED" "The member shares a household's wallet already; it must leave that first.";
    MemberClosed "MEMBER_CLOSED" "The membership is closed.";
    MemberNotFound "MEMBER_NOT_FOUND" "No such member in this programme, or none that this caller may see.";
    MemberSuspended "MEMBER_SUSPENDED" "The member is suspended: it earns, and can't spend or transfer.";
    MembershipEnded "MEMBERSHIP_ENDED" "The membership is over: lapsed, or refunded before.";
    MembershipFeeMismatch "MEMBERSHIP_FEE_MISMATCH" "What was paid isn't what the plan costs.";
    MembershipNotFound "MEMBERSHIP_NOT_FOUND" "No such membership in this programme, or none that was paid through this caller.";
    MembershipPlanNotFound "MEMBERSHIP_PLAN_NOT_FOUND" "No membership plan of this programme has that id.";
    MembershipPlanRetired "MEMBERSHIP_PLAN_RETIRED" "The membership plan is retired: nobody can pay for it any more.";
    MembershipRuns "MEMBERSHIP_RUNS" "The membership runs, and its plan can't be paid again before it ends.";
    NameInvalid "NAME_INVALID" "A name has 1 to 200 printable characters.";
    OccurredBeforeHold "OCCURRED_BEFORE_HOLD" "A hold can't be captured more than five minutes before it was placed.";
    OccurredBeforePurchase "OCCURRED_BEFORE_PURCHASE" "Goods can't come back before they were bought.";
    OccurredInFuture "OCCURRED_IN_FUTURE" "It is said to have occurred more than five minutes from now.";
    OccurredTooLongAgo "OCCURRED_TOO_LONG_AGO" "It occurred longer ago than the programme accepts.";
    OpenHolds "OPEN_HOLDS" "Points are set aside in the wallet; capture or release its holds first.";
    Overflow "OVERFLOW" "A sum is larger than a number may be; nothing was written.";
    PartnerNotFound "PARTNER_NOT_FOUND" "No such partner in this programme.";
    PartnerRoleMissing "PARTNER_ROLE_MISSING" "The partner's roles don't include what this needs.";
    PartnerSuspended "PARTNER_SUSPENDED" "The partner is suspended: only its returns are taken.";
    PaymentAlreadyReversed "PAYMENT_ALREADY_REVERSED" "The payment was reversed before.";
    PaymentCurrencyMismatch "PAYMENT_CURRENCY_MISMATCH" "The payment isn't in the currency that partners settle in.";
    PaymentExceedsDue "PAYMENT_EXCEEDS_DUE" "More would be paid than is due.";
    PaymentNotFound "PAYMENT_NOT_FOUND" "The partner has no payment with that id.";
    PaymentReferenceReused "PAYMENT_REFERENCE_REUSED" "The reference is known for another payment.";
    PayoutAlreadyClosed "PAYOUT_ALREADY_CLOSED" "The payout failed or was cancelled before.";
    PayoutAlreadyRun "PAYOUT_ALREADY_RUN" "The payout is on its way to the bank; it can't be taken back any more.";
    PayoutBelowMinimum "PAYOUT_BELOW_MINIMUM" "The programme pays no such small amount out.";
    PayoutNotFound "PAYOUT_NOT_FOUND" "No such payout, or none that this caller may see.";
    PayoutNotInRun "PAYOUT_NOT_IN_RUN" "The payout isn't in that run, or is named twice.";
    PayoutRunNotFound "PAYOUT_RUN_NOT_FOUND" "No payout run of this programme has that id.";
    PayoutsMissing "PAYOUTS_MISSING" "No payout waits to be run, or none was named.";
    PayoutsTooMany "PAYOUTS_TOO_MANY" "At most 500 payouts are confirmed at once.";
    PeriodInvalid "PERIOD_INVALID" "A period ends after it begins and no later than now, and lasts at most 92 days.";
    PeriodTooLarge "PERIOD_TOO_LARGE" "The books hold more than 10,000 sales, returns and payments of that period; take a shorter one.";
    PictureInvalid "PICTURE_INVALID" "A picture is named by an https URL of at most 2,000 characters; a reward has at most 10.";
    PointsInvalid "POINTS_INVALID" "Points must be a whole number above zero and at most 9007199254740991.";
    PriceChanged "PRICE_CHANGED" "It costs something else than was expected; the message says what. Show it, and ask again.";
    PriceInvalid "PRICE_INVALID" "A reward has 1 to 10 price options with codes of their own, each of at least a point; the message says what is wrong.";
    PriceOptionNotFound "PRICE_OPTION_NOT_FOUND" "The reward has no such option, or several and none was named.";
    ProposalAlreadyDecided "PROPOSAL_ALREADY_DECIDED" "The proposal was approved or rejected before.";
    ProposalNotFound "PROPOSAL_NOT_FOUND" "No proposal of this programme has that id.";
    ProposalsTooMany "PROPOSALS_TOO_MANY" "An operator has at most 20 proposals that wait; have some approved or rejected first.";
    ProposerSuspended "PROPOSER_SUSPENDED" "Whoever proposed it is suspended: reject it, and propose anew.";
    PurchaseAlreadyClaimed "PURCHASE_ALREADY_CLAIMED" "The receipt belongs to a member already.";
    PurchaseNotFound "PURCHASE_NOT_FOUND" "No such receipt, or none that this caller may see.";
    QuantityInvalid "QUANTITY_INVALID" "A quantity is below zero or above 1,000,000,000.";
    ReasonInvalid "REASON_INVALID" "A reason of 1 to 500 printable characters is needed.";
    ReceiptNumberInvalid "RECEIPT_NUMBER_INVALID" "A receipt number has 1 to 64 printable characters.";
    ReceiptReused "RECEIPT_REUSED" "The receipt number was used for other content.";
    ReconciliationItemMatched "RECONCILIATION_ITEM_MATCHED" "The record and the books agree on the item: there is nothing to dispute.";
    ReconciliationItemNotFound "RECONCILIATION_ITEM_NOT_FOUND" "The reconciliation has no item with that id, or it is named twice.";
    ReconciliationItemNotMissing "RECONCILIATION_ITEM_NOT_MISSING" "Only a sale that was missing here can be recorded.";
    ReconciliationNotFound "RECONCILIATION_NOT_FOUND" "The partner has no reconciliation with that id.";
    RecordInvalid "RECORD_INVALID" "The record isn't CSV with a header that names the columns it needs, and lines below it.";
    RecordLineInvalid "RECORD_LINE_INVALID" "A line of the record can't be understood; the message says at which line and column, and what would be right.";
    RecordTooLarge "RECORD_TOO_LARGE" "A record has at most 10,000 lines and 3 MiB.";
    ReferenceInvalid "REFERENCE_INVALID" "A customer number has 1 to 64 printable characters.";
    ReferenceTaken "REFERENCE_TAKEN" "The partner's customer number belongs to another member.";
    ReturnEmpty "RETURN_EMPTY" "A return names at least one line with a quantity or an amount.";
    ReturnExceedsPurchase "RETURN_EXCEEDS_PURCHASE" "More would come back than was bought, earlier returns counted.";
    RewardClaimCancelled "REWARD_CLAIM_CANCELLED" "The claim was given back before.";
    RewardClaimExpired "REWARD_CLAIM_EXPIRED" "The claim's time is over.";
    RewardClaimNotFound "REWARD_CLAIM_NOT_FOUND" "No such claim in this programme, or none of this caller's.";
    RewardClaimUsed "REWARD_CLAIM_USED" "The claim was used, or a till has it set aside.";
    RewardEnded "REWARD_ENDED" "The reward has ended, for good; write a new one.";
    RewardNotAvailable "REWARD_NOT_AVAILABLE" "The reward can't be claimed now: it is paused, over, or not there yet.";
    RewardNotForMember "REWARD_NOT_FOR_MEMBER" "The reward isn't for this member.";
    RewardNotFound "REWARD_NOT_FOUND" "No such reward in this programme, or none that this caller may write.";
    RewardOutOfStock "REWARD_OUT_OF_STOCK" "None of the reward is left, in all or for today.";
    RuleEnded "RULE_ENDED" "It has ended, for good; write a new one.";
    RuleNotFound "RULE_NOT_FOUND" "No earning rule of this programme has that id.";
    SameWallet "SAME_WALLET" "Points can't be transferred to the wallet they are in.";
    ScheduleInvalid "SCHEDULE_INVALID" "A schedule ends after it begins, names weekdays from 1 to 7, and hours within a day.";
    ScopeUnknown "SCOPE_UNKNOWN" "There is no such scope for an API client.";
    SegmentNotFound "SEGMENT_NOT_FOUND" "The programme has no segment of that code.";
    StatementLineNotFound "STATEMENT_LINE_NOT_FOUND" "The statement has no such line.";
    StatementNotFound "STATEMENT_NOT_FOUND" "No such statement, or none that this caller may see.";
    StatusInvalid "STATUS_INVALID" "It can't become that from what it is.";
    StockBelowClaimed "STOCK_BELOW_CLAIMED" "There can't be fewer of a reward than were claimed.";
    StoreClosed "STORE_CLOSED" "The store was closed before this occurred.";
    StoreNotFound "STORE_NOT_FOUND" "The partner has no such store.";
    StoreRequired "STORE_REQUIRED" "The partner's receipt numbers are unique within a store: name it.";
    SupplierInvalid "SUPPLIER_INVALID" "The supplier isn't an active partner that supplies rewards, or somebody else than an operator named it.";
    TaxRateTaken "TAX_RATE_TAKEN" "That code has another rate from that day on already; take another day.";
    TextInvalid "TEXT_INVALID" "A text has 1 to 5,000 printable characters, on several lines if need be.";
    TierNotFound "TIER_NOT_FOUND" "The tier set has no tier with that code.";
    TierSetArchived "TIER_SET_ARCHIVED" "The tier set is archived: nobody stands in it any more.";
    TierSetNotFound "TIER_SET_NOT_FOUND" "No tier set of this programme has that id.";
    TierWindowInvalid "TIER_WINDOW_INVALID" "A rolling window has 1 to 60 months; another has none.";
    TiersInvalid "TIERS_INVALID" "A set has 1 to 20 tiers with codes of their own and thresholds that rise from 0 or more; later terms keep them all, in order.";
    TimeZoneInUse "TIME_ZONE_IN_USE" "Purchases are counted by day in the time zone that the programme has; it can't change any more.";
    TimeZoneUnknown "TIME_ZONE_UNKNOWN" "Not an IANA time zone such as Europe/Berlin.";
    TotalMismatch "TOTAL_MISMATCH" "The lines don't add up to the total.";
    ValidFromInvalid "VALID_FROM_INVALID" "A contract version begins no earlier than the one before it and, unless it is the first, not in the past.";
    ValueOutOfRange "VALUE_OUT_OF_RANGE" "A setting is outside its bounds; the message names them.";
    VoucherCancelled "VOUCHER_CANCELLED" "What the voucher is shown for was given back.";
    VoucherExpired "VOUCHER_EXPIRED" "The voucher's time is over.";
    VoucherNotFound "VOUCHER_NOT_FOUND" "No voucher that this partner takes has that code.";
    VoucherSetAside "VOUCHER_SET_ASIDE" "Tills have set aside all that is left of the voucher; it is free again when they give it back.";
    VoucherUseCancelled "VOUCHER_USE_CANCELLED" "The use was given back before.";
    VoucherUseLapsed "VOUCHER_USE_LAPSED" "The use was set aside for too long; show the voucher again.";
    VoucherUseNotFound "VOUCHER_USE_NOT_FOUND" "This partner has no use of a voucher with that id.";
    VoucherUsed "VOUCHER_USED" "The voucher was used as often as it can be.";
}

/// A business no: what, why in words, and which input field it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The code that clients switch over.
    pub code: Code,
    /// One sentence for a person, with the figures.
    pub message: String,
    /// The field, from the input's root; empty when no single field is to blame.
    pub path: Vec<String>,
}

impl Refusal {
    /// A refusal that says what its code says.
    pub fn new(code: Code) -> Self {
        Self { code, message: code.description().to_owned(), path: Vec::new() }
    }

    /// The same with a sentence of its own.
    #[must_use]
    pub fn because(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// The same about the field at `path`, its parts separated by dots.
    #[must_use]
    pub fn at(mut self, path: &str) -> Self {
        self.path = path.split('.').map(str::to_owned).collect();
        self
    }

    /// The same with `parent` put before its path.
    #[must_use]
    pub fn under(mut self, parent: &str) -> Self {
        let mut path: Vec<String> = parent.split('.').map(str::to_owned).collect();
        path.append(&mut self.path);
        self.path = path;
        self
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.message)
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_its_own_name_and_a_sentence() {
        let names: std::collections::BTreeSet<_> = Code::ALL.iter().map(|c| c.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|code| code.description().ends_with('.')));
    }

    #[test]
    fn a_path_grows_from_its_root() {
        let refusal =
            Refusal::new(Code::QuantityInvalid).at("lines.2.quantity").under("purchases.7");
        assert_eq!(refusal.path.join("."), "purchases.7.lines.2.quantity");
    }
}
