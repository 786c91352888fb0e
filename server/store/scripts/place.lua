-- Finding or making the conversation of a mail.
--
-- r.mail: key, key2 (digests of the id alone, and with sender and date), id digests (own first, then references), parties
-- ("p:<address digest>", "d:<domain digest>", or "o:" for internal mail), teams, sender, name, date (seconds), direction,
-- subject, sd (digest of the bare one), snippet, kind, fp, by, customer, cname, cscore, cd (its digest), domain, dd (its digest), language, asks,
-- job (its text, sealed, for the worker that reads it), reply (an answer of ours, sealed, kept for r.replies seconds).

-- The record of a customer by address digest, and its text as it stands in the store.
local function customer_of(r, digest)
  local pointer = call('GET', r.p .. 'a:' .. digest)
  if not pointer then return nil end
  local raw = call('GET', r.p .. 'p:' .. string.match(pointer, '^[^\n]*'))
  if not raw then return nil end
  return decode(raw), raw
end

local function save_customer(r, k)
  call('SET', r.p .. 'p:' .. k.id, encode(k))
end

local function new_customer(r, address, digest, name, score, language)
  local k = {
    id = 'k' .. call('HINCRBY', r.p .. 'seq', 'k', 1), name = name, reading = '', company = '', role = '', note = '',
    language = language, addresses = { address }, digests = { digest }, since = r.now, edited = false, score = score,
  }
  call('SET', r.p .. 'a:' .. digest, k.id .. '\n' .. name)
  save_customer(r, k)
  return k
end

local function meet_customer(r, m)
  if m.customer == '' then return end
  local k = customer_of(r, m.cd)
  if not k then
    new_customer(r, m.customer, m.cd, m.cname, m.cscore, m.language)
    return
  end
  local changed = false
  if not k.edited and m.cname ~= '' and m.cscore > (k.score or 0) then
    k.name, k.score, changed = m.cname, m.cscore, true
    call('SET', r.p .. 'a:' .. m.cd, k.id .. '\n' .. m.cname)
  end
  if k.language == '' and m.language ~= '' then k.language, changed = m.language, true end
  if changed then save_customer(r, k) end
end

-- The same mail may be known under its id; the same id with another sender and date is another mail.
-- One mail can stand in two circles, as two conversations: field = circle.
local function known(r, m, circle)
  local keys = { m.key, m.key2 }
  for i = 1, 2 do
    local all = call('HGETALL', r.p .. 'm:' .. keys[i])
    if #all == 0 then return keys[i], nil end
    local found, same = nil, false
    for f = 1, #all, 2 do
      if string.sub(all[f], 1, 1) ~= '#' then
        local one = decode(all[f + 1])
        if one.sender == m.sender or one.date == m.date or m.date == 0 or one.date == 0 then
          same = true
          if all[f] == circle then
            found = one
          elseif circle == '' and not found then
            local c = load(r, one.conversation)
            if c and visible(r, c.teams) then found = one end
          end
        end
      end
    end
    if same then return keys[i], found end
  end
  return m.key2, nil
end

local function parts_of(c)
  return #c.parts > 0 and c.parts or { c.id }
end

-- Counts and the newest mail, from the mails themselves (after a split or an erasure).
local function recount(r, c)
  local parts, mails, newest = parts_of(c), 0, nil
  for i = 1, #parts do
    mails = mails + call('ZCARD', r.p .. 'ms:' .. parts[i])
    local last = call('ZREVRANGE', r.p .. 'ms:' .. parts[i], 0, 0)[1]
    if last then
      local one = decode(last)
      if not newest or one.date > newest.date then newest = one end
    end
  end
  c.mails = mails
  if newest then
    c.newest, c.direction, c.snippet = newest.date * 1000, newest.direction, newest.snippet
  end
end

-- `b`, the newer, becomes an alias of `a`; its own record stays as it was, so that the merge can be undone.
local function merge(r, a, b)
  lapse(r, a)
  lapse(r, b)
  unshelve(r, b)
  if #a.parts == 0 then a.parts = { a.id } end
  local theirs = parts_of(b)
  for i = 1, #theirs do add(a.parts, theirs[i]) end
  for i = 1, #b.teams do add(a.teams, b.teams[i]) end
  a.own = a.own or { pa = without(a.pa, ''), pd = without(a.pd, '') }
  for i = 1, #b.pa do add(a.pa, b.pa[i]) end
  for i = 1, #b.pd do add(a.pd, b.pd[i]) end
  for i = 1, #b.tags do add(a.tags, b.tags[i]) end
  a.draft, a.double = a.draft or b.draft, a.double or b.double
  a.asked = math.max(a.asked or 0, b.asked or 0)
  if b.answered and (not a.answered or b.answered.at > a.answered.at) then a.answered = b.answered end
  local claim = b.claim
  if claim then
    if a.claim then
      if claim.owner ~= a.claim.owner then
        local ended = { owner = claim.owner, at = r.now, how = 'taken_over', by = a.claim.owner, reason = '' }
        call('HSET', r.p .. 'o:' .. claim.owner, a.id, encode(ended))
        happen(r, a, r.now, '', 'claim_lost_in_merge', { owner = claim.owner })
      end
    else
      a.fence = math.max(a.fence, b.fence) + 1
      a.claim = { owner = claim.owner, since = claim.since, expires = claim.expires, fence = a.fence, drafting = claim.drafting }
      a.before = b.before
      a.status, a.kind = b.status, b.kind
    end
    b.claim, b.before = nil, nil
    call('HDEL', r.p .. 'v:' .. b.id, claim.owner)
  end
  if a.kind == 'done' and b.kind ~= 'done' then
    a.status, a.kind, a.closed_by, a.closed_at = b.status, b.kind, '', 0
  end
  if a.customer == '' then a.customer, a.cd, a.domain, a.dd = b.customer, b.cd, b.domain, b.dd end
  if a.due == 0 then a.due = b.due end
  if a.priority == '' then a.priority = b.priority end
  if a.assignee == '' then a.assignee = b.assignee end
  a.active = math.max(a.active, b.active)
  b.alias = a.id
  b.moved = 'state' -- who has it open must look again, at `a`
  save(r, b)
  happen(r, a, r.now, '', 'merged', { part = b.id })
  recount(r, a)
  bump(a, true)
  shelve(r, a)
end

local function apart(a, b)
  local mine, theirs = parts_of(a), parts_of(b)
  for i = 1, #mine do
    if has(b.apart or {}, mine[i]) then return true end
  end
  for i = 1, #theirs do
    if has(a.apart or {}, theirs[i]) then return true end
  end
  return false
end

local function new_conversation(r, m, teams)
  local num = call('HINCRBY', r.p .. 'seq', 'c', 1)
  return {
    id = 'c' .. num, num = num, subject = m.subject, sd = m.sd, asked = 0, teams = teams, status = r.status.open, kind = 'open', customer = m.customer,
    cd = m.cd, domain = m.domain, dd = m.dd, created = r.now, active = 0, version = 0, state = 0, hold = '', priority = '',
    assignee = '', tags = {}, due = 0, fence = 0, closed_by = '', closed_at = 0, handler = '', direction = m.direction,
    snippet = m.snippet, newest = 0, mails = 0, parts = {}, alias = '', pa = {}, pd = {}, first = m.date, dirty = true,
  }
end

-- The histories a conversation belongs to; `own` remembers those of its own mails while others are merged into it.
local function enlist(c, address, domain)
  if address ~= '' and #c.pa < 8 then add(c.pa, address) end
  if domain ~= '' and #c.pd < 8 then add(c.pd, domain) end
  if c.own then
    if address ~= '' and #c.own.pa < 8 then add(c.own.pa, address) end
    if domain ~= '' and #c.own.pd < 8 then add(c.own.pd, domain) end
  end
end

-- What a mail that was not there yet changes in its conversation.
local function receive(r, c, m)
  local at = m.date * 1000
  c.mails = c.mails + 1
  if c.first == 0 or (m.date > 0 and m.date < c.first) then
    c.first, c.subject = m.date, m.subject
  end
  if c.customer == '' and m.customer ~= '' then
    c.customer, c.cd, c.domain, c.dd = m.customer, m.cd, m.domain, m.dd
  end
  enlist(c, m.cd, m.dd)
  local newer = at >= c.newest
  if newer then
    c.newest, c.direction, c.snippet = at, m.direction, m.snippet
  end
  if m.direction == 'out' and m.by ~= '' and newer then c.handler = m.by end
  local asks = m.asks
  -- By a clock of the customer's that is ahead, no answer of ours would ever come after the question.
  local asked_at = math.min(at, r.now)
  if asks and asked_at > (c.asked or 0) then
    c.asked = asked_at
    c.moods = nil -- of the question before this one
    if c.double and c.double.at < asked_at then c.double = nil end
  end
  if m.direction == 'out' and m.kind == 'ordinary' then
    if not r.import then
      replied(r, c, m.by, at, 'mail')
    elseif not c.answered or at > c.answered.at then
      c.answered = { by = m.by, at = at }
    end
  end
  c.active = math.max(c.active, at)
  if m.date > tonumber(call('HGET', r.p .. 'seq', 'newest') or '0') and at <= r.now then
    call('HSET', r.p .. 'seq', 'newest', m.date)
  end
  if r.import then
    -- The past is settled: what we answered last is done, what the customer asked last is open (and see settle).
    if newer and not c.touched then
      if asks then
        c.status, c.kind, c.closed_by, c.closed_at = r.status.open, 'open', '', 0
      elseif m.kind == 'ordinary' or c.mails == 1 then
        c.status, c.kind, c.closed_by, c.closed_at = r.status.done, 'done', m.by, at
      end
    end
    c.imported = true
  elseif c.mails == 1 and m.direction == 'in' and not asks then
    -- A robot's mail that belongs to nothing is no question: nobody waits for an answer.
    c.status, c.kind, c.closed_at = r.status.done, 'done', at
  elseif asks and c.mails > 1 then
    if c.kind == 'done' and at > c.closed_at then
      c.status, c.kind, c.closed_by, c.closed_at = r.status.open, 'open', '', 0
      happen(r, c, r.now, '', 'reopened_by_customer', nil)
    end
    if c.hold ~= '' and newer and at > (c.held_at or 0) then
      happen(r, c, r.now, '', 'hold_ended_by_customer', { hold = c.hold })
      c.hold = ''
    end
  end
  bump(c, true)
end

-- Writes the mail down: the record, the conversation's list, and every id it brings under each of its parties.
local function record(r, m, c, born, key, circle, ids)
  local blob = encode({
    key = key, conversation = born, sender = m.sender, name = m.name, date = m.date, direction = m.direction,
    subject = m.subject, snippet = m.snippet, kind = m.kind, fingerprinted = m.fp, by = m.by, circle = circle,
    cd = m.cd, domain = m.domain, dd = m.dd, asks = m.asks, via = m.via, also = m.also,
  })
  call('HSET', r.p .. 'm:' .. key, circle, blob, '#' .. circle, encode({ ids = m.ids, parties = m.parties }))
  call('ZADD', r.p .. 'ms:' .. born, m.date, blob)
  for i = 1, #m.ids do
    local values, writes = ids[i], {}
    for p = 1, #m.parties do
      local list = values[p]
      if not list or list == '' then
        writes[#writes + 1] = m.parties[p]
        writes[#writes + 1] = born
      elseif not string.find(',' .. list .. ',', ',' .. born .. ',', 1, true) then
        -- Eight conversations of one party under one id are more than threads make; older ones stay reachable by their own ids.
        local kept, n = born, 1
        for one in string.gmatch(list, '[^,]+') do
          if n >= 8 then break end
          kept, n = kept .. ',' .. one, n + 1
        end
        writes[#writes + 1] = m.parties[p]
        writes[#writes + 1] = kept
      end
    end
    if #writes > 0 then call('HSET', r.p .. 'i:' .. m.ids[i], unpack(writes)) end
  end
  return decode(blob)
end

-- Returns conversation, message, circle; or nil when the mail is none of the viewer's teams'.
local function place(r, m)
  local circle = circle_of(m.teams, r.private)
  if circle ~= '' and not visible(r, m.teams) then
    m.teams, circle = {}, ''
  end
  local key, message, found = known(r, m, circle)
  if message then
    local c = load(r, message.conversation)
    if not c or not visible(r, c.teams) then return nil end
    if circle ~= '' and circle_of(c.teams, r.private) == circle then
      local before = #c.teams
      for i = 1, #m.teams do add(c.teams, m.teams[i]) end
      if #c.teams > before then
        bump(c, false)
        shelve(r, c)
      end
    end
    to_be_read(r, m, key)
    return c, message, circle == '' and circle_of(c.teams, r.private) or circle, key
  end
  local ids, roots, born_of = {}, {}, {}
  for i = 1, #m.ids do
    ids[i] = call('HMGET', r.p .. 'i:' .. m.ids[i], unpack(m.parties))
    for p = 1, #m.parties do
      if ids[i][p] and (circle ~= '' or m.parties[p] ~= 'o:') then
        for cid in string.gmatch(ids[i][p], '[^,]+') do
          if not born_of[cid] then
            local c = load(r, cid)
            if c then
              local own = circle_of(c.teams, r.private)
              if own == circle or (circle == '' and visible(r, c.teams)) then
                born_of[cid] = c.id
                if not roots[c.id] then
                  roots[c.id] = { c = c, born = cid }
                  roots[#roots + 1] = roots[c.id]
                end
              end
            end
          end
        end
      end
    end
  end
  local c, born
  if #roots == 0 then
    if circle == '' then return nil end
    c = new_conversation(r, m, m.teams)
    born = c.id
  else
    table.sort(roots, function(x, y) return x.c.num < y.c.num end)
    c, born = roots[1].c, roots[1].born
    circle = circle == '' and circle_of(c.teams, r.private) or circle
    for i = 2, #roots do
      if circle_of(roots[i].c.teams, r.private) == circle and not apart(c, roots[i].c) then merge(r, c, roots[i].c) end
    end
    for i = 1, #m.teams do add(c.teams, m.teams[i]) end
  end
  meet_customer(r, m)
  receive(r, c, m)
  message = record(r, m, c, born, key, circle, ids)
  to_be_read(r, m, key)
  if m.reply and m.reply ~= '' and r.replies > 0 then call('SET', r.p .. 'rt:' .. c.id, m.reply, 'EX', r.replies) end
  shelve(r, c)
  return c, message, circle, key
end
