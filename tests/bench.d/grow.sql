-- Books of ten million entries, from books of two hundred thousand that Florin itself wrote:
-- every wallet with all that happened in it is copied as often as is asked, each copy under ids, card
-- numbers, receipt numbers and keys of its own.
--
-- A copy of true books is true: what holds within a wallet holds in its copy, whatever the columns
-- mean, so that this needs to know only which columns name something. Every value of the copies, the
-- JSON of reasons and terms too, is as production writes it. An import takes half an hour for as many
-- (it decides and writes each receipt for itself); this takes minutes.
--
-- While the copies are written the large tables have no indexes and keys; these are made again from
-- their own definitions, which also checks that no key came twice. CHECKs and triggers stay.
--
--   call growth.strip();              once
--   call growth.copy(1, 49, 2);       copies 1, 3, 5 … 49; another session makes the even ones
--   call growth.restore('entry');     for each table of growth.stripped_table, in any order
--   call growth.multiply(50);         the checkpoint's sums, of the first books and 49 copies
--   drop schema growth cascade;
create schema growth;

-- The tables that are copied; the large ones lose their indexes meanwhile.
create table growth.copied (table_name text primary key, place int, is_large boolean);
insert into growth.copied values
    ('wallet', 1, false), ('member', 2, false), ('card', 3, false),
    ('entry', 4, true), ('posting', 5, true), ('lot', 6, true), ('allocation', 7, true),
    ('hold', 8, false), ('purchase', 9, true), ('receipt_key', 10, true),
    ('purchase_return', 11, false), ('idempotency_key', 12, true), ('fact', 13, true);

create table growth.definition (table_name text, place serial, is_constraint boolean, name text, sql text);

-- How much there was before: copies of positions and card numbers go on behind it.
create table growth.base as
    select (select max(position) from fact) as positions, (select count(*) from card) as cards;

-- Another id for each copy, that sorts beside the first: one byte of the 62 random bits changes.
create function growth.id(id uuid, copy int) returns uuid language sql immutable parallel safe as
    $$ select encode(set_byte(uuid_send(id), 10, get_byte(uuid_send(id), 10) # copy), 'hex')::uuid $$;

-- What a copy has in a column: another id where it names something of a wallet's own, or the same.
create function growth.value(table_name text, column_name text, copy int) returns text language sql as $$
    select case
        when table_name = 'posting' and column_name in ('from_owner', 'to_owner') then format(
            'case when %s in (''AVAILABLE'', ''PENDING'', ''HELD'', ''DEBT'') then growth.id(%I, %s) else %I end',
            replace(column_name, 'owner', 'account'), column_name, copy, column_name)
        when column_name in ('id', 'wallet_id', 'successor_id', 'member_id', 'entry_id', 'lot_id', 'origin_lot_id',
            'hold_id', 'purchase_id', 'related_entry_id', 'related_wallet_id', 'subject_id', 'stream_id')
            then format('growth.id(%I, %s)', column_name, copy)
        when (table_name, column_name) in (('card', 'number'), ('purchase', 'card_number')) then format(
            $q$'BENCH-' || lpad((substr(%I, 7)::bigint + %s * (select cards from growth.base))::text, 7, '0')$q$, column_name, copy)
        when column_name in ('receipt_number', 'key') then format('%I || %L', column_name, '~' || copy)
        when column_name = 'position' then format('position + %s * (select positions from growth.base)', copy)
        -- A copied key leads to no entry: its outcome spells ids in another way, and nobody asks again.
        when (table_name, column_name) = ('idempotency_key', 'outcome') then
            $q$(outcome::jsonb || '{"entry": null, "wallet": null}')::json$q$
        else quote_ident(column_name)
    end
$$;

-- The base is kept aside, so that copies are never copied.
create procedure growth.strip() language plpgsql as $$
declare
    item record;
begin
    for item in select table_name from growth.copied loop
        execute format('create unlogged table growth.%I as select * from %I', 'base_' || item.table_name, item.table_name);
    end loop;
    insert into growth.definition (table_name, is_constraint, name, sql)
        select copied.table_name, true, conname, format('alter table %I add constraint %I %s', copied.table_name, conname, pg_get_constraintdef(c.oid))
        from growth.copied join pg_constraint c on c.conrelid = copied.table_name::regclass
        where copied.is_large and c.contype in ('p', 'u') order by c.contype, conname;
    insert into growth.definition (table_name, is_constraint, name, sql)
        select copied.table_name, false, i.indexrelid::regclass::text, replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ')
        from growth.copied join pg_index i on i.indrelid = copied.table_name::regclass
        where copied.is_large and not exists (select 1 from pg_constraint c where c.conindid = i.indexrelid)
        order by 3;
    for item in select * from growth.definition order by place desc loop
        execute case when item.is_constraint
            then format('alter table %I drop constraint %I', item.table_name, item.name)
            else format('drop index %s', item.name) end;
    end loop;
end $$;

create procedure growth.copy(first int, last int, step int) language plpgsql as $$
declare
    item record;
    columns text;
    values text;
begin
    for copy in first..last by step loop
        for item in select table_name from growth.copied order by place loop
            select string_agg(quote_ident(column_name), ', ' order by ordinal_position),
                   string_agg(growth.value(item.table_name, column_name::text, copy), ', ' order by ordinal_position)
                into columns, values
                from information_schema.columns
                where table_schema = 'public' and table_name = item.table_name and is_generated = 'NEVER';
            execute format('insert into %I (%s) select %s from growth.%I', item.table_name, columns, values, 'base_' || item.table_name);
        end loop;
        commit;
    end loop;
end $$;

create procedure growth.restore(which text) language plpgsql as $$
declare
    item record;
begin
    for item in select sql from growth.definition where table_name = which order by place loop
        execute item.sql;
        commit;
    end loop;
end $$;

-- Each copy adds to an account what the first books hold in it; `florin verify` adds all of it up anew.
create procedure growth.multiply(books int) language sql as $$
    update checkpoint_sum set points = points * books;
    update checkpoint set position = (select max(position) from fact);
$$;
