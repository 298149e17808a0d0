-- What was spent on the last day, on each day of the year: what a year's matrix has to add up. The books
-- don't hold afterwards.
set session_replication_role = replica;
insert into money_day
    select d.programme_id, c.first_day, d.day - n, d.kind, d.from_account, d.to_account, d.partner_id, d.contract_id,
        d.with_id, d.price_micros, d.factor, d.points, d.postings
    from money_day d, generate_series(1, 360) n, settlement_cycle c
    where d.kind in ('BURN', 'FUNDING') and d.day = (select max(day) from money_day where kind = 'BURN')
        and c.programme_id = d.programme_id and d.day - n >= c.first_day and d.day - n < c.end_day
    on conflict do nothing;
truncate money_cycle;
insert into money_cycle (programme_id, cycle, kind, partner_id, contract_id, with_id, from_account, to_account,
        price_micros, factor, points)
    select programme_id, cycle, kind, partner_id, contract_id, with_id, from_account, to_account, price_micros, factor, sum(points)
    from money_day group by programme_id, cycle, kind, partner_id, contract_id, with_id, from_account, to_account, price_micros, factor;
analyze money_day, money_cycle;
