-- Customers whom the workspace keeps itself (server/domain/own.py). {p}oc:<digest of the id> is a hash: r, the record as Python packed it
-- (never unpacked here: Lua cannot tell an empty map from an empty list); v, its version; n, its number; a and d, the digests of its
-- addresses and domain, by which {p}oa:<digest> and {p}od:<digest> lead to it; cut:<kind>, that older items were let go.
-- {p}oi:<digest>:<kind> holds a customer's items by id, {p}ot:<digest>:<kind> their times; {p}ou:<digest> how features were used.

local OWN_KINDS = { 'order', 'subscription', 'event' }

local function own_index(r, family, list, n, key)
  for digest in string.gmatch(list, '[^,]+') do
    local index = r.p .. family .. digest
    if n then call('ZADD', index, n, key) else call('ZREM', index, key) end
  end
end

-- own_put: r.rows of {k = digest, a = digests with commas, d = digest or '', seen = version}, each row's record in ARGV after the request
-- (this server's msgpack knows no bytes). Answers for each {code, what it was before}.
redis.register_function(PREFIX .. 'own_put', function(_, args)
  local r = request(args)
  local answers = {}
  for i = 1, #r.rows do
    local row, blob = r.rows[i], args[i + 1]
    local key = r.p .. 'oc:' .. row.k
    local held = call('HMGET', key, 'r', 'v', 'a', 'd', 'n')
    local before = held[1] or ''
    if before == blob then
      answers[i] = { 'same', before }
    elseif (held[2] or '0') ~= row.seen then
      answers[i] = { 'stale', before }
    else
      local n = held[5]
      if n then
        own_index(r, 'oa:', held[3], nil, row.k)
        own_index(r, 'od:', held[4], nil, row.k)
      else
        n = call('HINCRBY', r.p .. 'seq', 'own', 1)
        call('ZADD', r.p .. 'on', n, row.k)
      end
      own_index(r, 'oa:', row.a, n, row.k)
      own_index(r, 'od:', row.d, n, row.k)
      call('HSET', key, 'r', blob, 'a', row.a, 'd', row.d, 'n', n)
      call('HINCRBY', key, 'v', 1)
      answers[i] = { before == '' and 'new' or 'changed', before }
    end
  end
  return answers
end)

local function own_item(r, row, key, blob)
  local items, times = r.p .. 'oi:' .. row.k .. ':' .. row.kind, r.p .. 'ot:' .. row.k .. ':' .. row.kind
  local before = call('HGET', items, row.id)
  if before == blob then return 'same' end
  call('HSET', items, row.id, blob)
  call('ZADD', times, row.at, row.id)
  if call('ZCARD', times) > r.most[row.kind] then
    local oldest = call('ZPOPMIN', times)[1]
    call('HDEL', items, oldest)
    call('HSET', key, 'cut:' .. row.kind, 1)
    if oldest == row.id then return 'too_old' end
  end
  return before and 'changed' or 'new'
end

local function own_use(r, row)
  local key = r.p .. 'ou:' .. row.k
  local raw = call('HGET', key, row.feature)
  if not raw and call('HLEN', key) >= r.features then return 'too_many' end
  local used = raw and decode(raw) or { last = 0, months = {} }
  local was = used.months[row.month]
  if was == row.count and used.last >= row.last then return 'same' end
  used.months[row.month] = row.count
  used.last = math.max(used.last, row.last)
  local months = {}
  for month in pairs(used.months) do months[#months + 1] = month end
  table.sort(months)
  if #months > r.months then
    used.months[months[1]] = nil
    if months[1] == row.month then return 'too_old' end
  end
  call('HSET', key, row.feature, encode(used))
  return was and 'changed' or 'new'
end

-- own_bring: r.rows of {k, kind, id, at}, the item in ARGV as in own_put, or {k, kind = 'use', feature, month, count, last}; r.most,
-- r.features, r.months: how many are kept. Answers {codes, records of the customers of whom anything has changed}.
redis.register_function(PREFIX .. 'own_bring', function(_, args)
  local r = request(args)
  local codes, moved, records = {}, {}, {}
  for i = 1, #r.rows do
    local row = r.rows[i]
    local key = r.p .. 'oc:' .. row.k
    if call('EXISTS', key) == 0 then
      codes[i] = 'no_customer'
    else
      codes[i] = row.kind == 'use' and own_use(r, row) or own_item(r, row, key, args[i + 1])
      if (codes[i] == 'new' or codes[i] == 'changed') and not moved[row.k] then
        moved[row.k] = true
        records[#records + 1] = call('HGET', key, 'r')
      end
    end
  end
  return { codes, records }
end)

-- own_known: the customers of r.ks (digests of ids), each {record, version} or {'', '0'}.
redis.register_function(PREFIX .. 'own_known', function(_, args)
  local r = request(args)
  local found = {}
  for i = 1, #r.ks do
    local held = call('HMGET', r.p .. 'oc:' .. r.ks[i], 'r', 'v')
    found[i] = { held[1] or '', held[2] or '0' }
  end
  return found
end)

-- own_holders: for each of r.as (digests of addresses) up to two records.
redis.register_function(PREFIX .. 'own_holders', function(_, args)
  local r = request(args)
  local found = {}
  for i = 1, #r.as do
    found[i] = {}
    local keys = call('ZRANGE', r.p .. 'oa:' .. r.as[i], 0, 1)
    for j = 1, #keys do found[i][j] = call('HGET', r.p .. 'oc:' .. keys[j], 'r') end
  end
  return found
end)

-- own_find: who has one of the addresses (r.as, digests), then the companies of the domain (r.d, a digest or ''), r.most at most.
redis.register_function(PREFIX .. 'own_find', function(_, args)
  local r = request(args)
  local found, seen = {}, {}
  local function take(index)
    local keys = call('ZRANGE', index, 0, r.most - 1)
    for i = 1, #keys do
      if #found < r.most and not seen[keys[i]] then
        seen[keys[i]] = true
        found[#found + 1] = call('HGET', r.p .. 'oc:' .. keys[i], 'r')
      end
    end
  end
  for i = 1, #r.as do take(r.p .. 'oa:' .. r.as[i]) end
  if r.d ~= '' then take(r.p .. 'od:' .. r.d) end
  return found
end)

-- own_load: one customer (r.k): {record, orders, subscriptions, events, uses, kinds that were cut}, or {} when there is none.
redis.register_function(PREFIX .. 'own_load', function(_, args)
  local r = request(args)
  local key = r.p .. 'oc:' .. r.k
  local record = call('HGET', key, 'r')
  if not record then return {} end
  local whole, cut = { record }, {}
  for i = 1, #OWN_KINDS do
    whole[#whole + 1] = call('HVALS', r.p .. 'oi:' .. r.k .. ':' .. OWN_KINDS[i])
    if call('HEXISTS', key, 'cut:' .. OWN_KINDS[i]) == 1 then cut[#cut + 1] = OWN_KINDS[i] end
  end
  whole[#whole + 1] = call('HGETALL', r.p .. 'ou:' .. r.k)
  whole[#whole + 1] = cut
  return whole
end)

-- own_remove: a customer (r.k) with everything. With r.seen only at that version. Answers the record, '' when there was none to remove.
redis.register_function(PREFIX .. 'own_remove', function(_, args)
  local r = request(args)
  local key = r.p .. 'oc:' .. r.k
  local held = call('HMGET', key, 'r', 'a', 'd', 'v')
  if not held[1] or (r.seen and r.seen ~= held[4]) then return '' end
  own_index(r, 'oa:', held[2], nil, r.k)
  own_index(r, 'od:', held[3], nil, r.k)
  call('ZREM', r.p .. 'on', r.k)
  local gone = { key, r.p .. 'ou:' .. r.k }
  for i = 1, #OWN_KINDS do
    gone[#gone + 1] = r.p .. 'oi:' .. r.k .. ':' .. OWN_KINDS[i]
    gone[#gone + 1] = r.p .. 'ot:' .. r.k .. ':' .. OWN_KINDS[i]
  end
  call('DEL', unpack(gone))
  return held[1]
end)

-- own_page: r.most records after number r.after, in the order in which they came. Answers {number of the last one, or 0 at the end, records}.
redis.register_function(PREFIX .. 'own_page', function(_, args)
  local r = request(args)
  local rows = call('ZRANGEBYSCORE', r.p .. 'on', '(' .. r.after, '+inf', 'WITHSCORES', 'LIMIT', 0, r.most)
  local records = {}
  for i = 1, #rows, 2 do records[#records + 1] = call('HGET', r.p .. 'oc:' .. rows[i], 'r') end
  return { #records == r.most and tonumber(rows[#rows]) or 0, records }
end)
