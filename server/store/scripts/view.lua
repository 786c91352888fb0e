-- Everything a card shows of a conversation, as raw records: Python decodes them (store/conversations.py, _Answer, names the positions).

-- Up to `limit` conversations of the sorted sets `keys` below score `before`, newest first: ids and scores.
local function newest_of(keys, before, limit)
  local seen, all = {}, {}
  for k = 1, #keys do
    local got = call('ZREVRANGEBYSCORE', keys[k], before, '-inf', 'WITHSCORES', 'LIMIT', 0, limit)
    for i = 1, #got, 2 do
      if not seen[got[i]] then
        seen[got[i]] = true
        all[#all + 1] = { got[i], tonumber(got[i + 1]), got[i + 1] }
      end
    end
  end
  if #keys > 1 then table.sort(all, function(x, y) return x[2] > y[2] end) end
  for i = #all, limit + 1, -1 do all[i] = nil end
  return all
end

-- The lists of one person's conversations, one for each team that the viewer sees.
local function shelves_of(r, digest)
  local keys = {}
  for t = 1, #r.see do keys[t] = r.p .. 'ha:' .. digest .. ':' .. r.see[t] end
  return keys
end

local function fetch(r, list, skip, out, limit)
  local keys = {}
  for i = 1, #list do
    if list[i][1] ~= skip and #keys < limit then keys[#keys + 1] = r.p .. 'c:' .. list[i][1] end
  end
  if #keys == 0 then return end
  local raws = call('MGET', unpack(keys))
  for i = 1, #raws do
    if raws[i] then out[#out + 1] = raws[i] end
  end
end

-- A page of history: the person's conversations, then the company's. Each lookup is bounded by the page, never by the history.
-- The cursor is "p<score>" or "d<score>": where the next page begins, in which of the two lists.
local function history(r, c, customer)
  local person, company, more, limit = {}, {}, '', r.rows
  local digests = customer and customer.digests or (c.cd ~= '' and { c.cd } or {})
  local phase, score = 'p', '+inf'
  if r.cursor and r.cursor ~= '' then
    phase, score = string.sub(r.cursor, 1, 1), '(' .. string.sub(r.cursor, 2)
  end
  if phase == 'p' and #digests > 0 then
    local keys = {}
    for i = 1, #digests do
      for t = 1, #r.see do keys[#keys + 1] = r.p .. 'ha:' .. digests[i] .. ':' .. r.see[t] end
    end
    local list = newest_of(keys, score, limit + 2)
    fetch(r, list, c.id, person, limit)
    local shown = 0
    for i = 1, #list do
      if list[i][1] ~= c.id then
        shown = shown + 1
        if shown == limit and i < #list then more = 'p' .. list[i][3] end
      end
    end
    score = '+inf'
  end
  if more == '' and c.dd ~= '' then
    local room = limit - #person
    local keys = {}
    for t = 1, #r.see do keys[t] = r.p .. 'hd:' .. c.dd .. ':' .. r.see[t] end
    local scan = limit + 24
    local list, others, last = newest_of(keys, score, scan), {}, nil
    for i = 1, #list do
      local own = list[i][1] == c.id
      for d = 1, #digests do
        for t = 1, #r.see do
          own = own or call('ZSCORE', r.p .. 'ha:' .. digests[d] .. ':' .. r.see[t], list[i][1])
          if own then break end
        end
        if own then break end
      end
      if not own then
        if #others >= room then
          more = last and 'd' .. last or 'd+inf'
          break
        end
        others[#others + 1] = list[i]
      end
      last = list[i][3]
    end
    if more == '' and #list >= scan then more = 'd' .. last end
    fetch(r, others, c.id, company, limit)
  end
  return person, company, more
end

local function tail(r, c, family, count)
  local out, parts = {}, parts_of(c)
  for i = 1, #parts do
    local got = call('LRANGE', r.p .. family .. ':' .. parts[i], 0, count - 1)
    for j = 1, #got do out[#out + 1] = got[j] end
  end
  return out
end

local function view(r, c, message)
  local customer, record
  if c.cd ~= '' then customer, record = customer_of(r, c.cd) end
  record = record or ''
  local person, company, more = {}, {}, ''
  if r.rows > 0 then person, company, more = history(r, c, customer) end
  local parts, notes, mails = parts_of(c), 0, {}
  for i = 1, #parts do
    notes = notes + call('LLEN', r.p .. 'n:' .. parts[i])
    local got = call('ZREVRANGE', r.p .. 'ms:' .. parts[i], 0, 4)
    for j = 1, #got do mails[#mails + 1] = got[j] end
  end
  local told = call('HGET', r.p .. 'o:' .. r.me, c.id)
  if told and not r.quiet then call('HDEL', r.p .. 'o:' .. r.me, c.id) end
  local firm = c.dd ~= '' and (call('GET', r.p .. 'd:' .. c.dd) or encode({ domain = c.domain, name = '' })) or ''
  local newest, events = tail(r, c, 'n', r.notes or 3), tail(r, c, 't', r.events or 8)
  local sheet, kept, returning = '', '', #person > 0
  local answers = answers_of(r, c, message, customer)
  local crm, crm_seen = crm_of(r, c, message, customer)
  if r.sheet and crm_seen then
    -- Named by all that it was drawn from, so that it can never be out of date.
    sheet = drawings(r) .. ':' .. redis.sha1hex(table.concat({
      r.sheet, record, firm, more, notes, c.subject, c.mails, c.customer, message and message.key or '',
      c.claim and c.claim.owner or '', c.kind, table.concat(person),
      '|', table.concat(company), '|', table.concat(newest), '|', table.concat(events), '|', table.concat(mails), '|', answers, '|', crm_seen,
    }, '|'))
    kept = call('HGET', r.p .. 'b:' .. c.id, sheet) or ''
    if kept ~= '' then person, company, events, mails = {}, {}, {}, {} end
  end
  -- One msgpack array out of records that are msgpack already, in the order of store.conversations._Answer.
  local nothing = encode(nil)
  return {
    joined({
      encode(r.now), message and encode(message) or nothing, r.raw[c.id], record ~= '' and record or nothing,
      firm ~= '' and firm or nothing, joined(person), joined(company), encode(more), joined(newest), encode(notes), joined(events),
      encode(call('HGETALL', r.p .. 'v:' .. c.id)), told or nothing, joined(mails),
      encode(tonumber(call('GET', r.p .. 'rev') or '0')), encode(sheet), encode(returning),
      encode(feed_of(r)), answers, crm,
    }),
    kept,
  }
end

-- The viewer looks: their lease and presence are renewed, and what waited for them here has been seen.
local function look(r, c)
  lapse(r, c)
  renew(r, c)
  present(r, c)
  call('ZREM', r.p .. 'x:' .. r.me, c.id, unpack(c.parts))
  if c.dirty then save(r, c) end
end
