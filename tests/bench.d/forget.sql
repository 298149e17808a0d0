-- The money books are as before the first entry. They are made of the ledger alone, and can be made again.
set session_replication_role = replica;
truncate money_posting, money_day, money_cycle, carried_points, lot_fate, cohort_day, cohort_due,
    settlement_cursor, settlement_cycle cascade;
